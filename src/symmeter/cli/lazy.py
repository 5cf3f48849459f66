"""A group of commands whose modules are imported only when a command runs."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from symmeter.errors import nearest_name

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A click group that knows each command's place and one-line help, and imports it when it is called.

    Parameters
    ----------
    commands_at : mapping
        Command name to ``("module:attribute", "one-line help")``, in the order in which help shows them.
    """

    def __init__(self, *args: Any, commands_at: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands_at = dict(commands_at)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(self.commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self.commands_at:
            return None
        module, attribute = self.commands_at[cmd_name][0].split(":")
        return getattr(import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.commands_at.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with the nearest name."""
        name = args[0]
        if name not in self.commands_at and not name.startswith("-"):
            near = nearest_name(name, self.commands_at, cutoff=0.5)
            right = f"did you mean {near}?" if near else f"there are {', '.join(self.commands_at)}"
            raise click.UsageError(f"no command is called {name!r}; {right}", ctx)
        return super().resolve_command(ctx, args)

"""``symmeter bench``: our code timed beside its peers, one topic a command, one file a topic."""

from __future__ import annotations

import click

from symmeter.cli.lazy import LazyGroup

__all__ = ["bench"]

_COMMANDS = {
    "gaunt": ("symmeter.cli.bench_gaunt:gaunt", "Gaunt tensor products against Clebsch-Gordan products."),
}


@click.group(cls=LazyGroup, commands_at=_COMMANDS, epilog="A first look:  symmeter bench gaunt --lmax 1-4")
def bench() -> None:
    """Time our code beside its peers, in one run and one thread."""

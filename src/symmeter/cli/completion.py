"""``symmeter completion``: the script that completes commands and options in a shell."""

from __future__ import annotations

import click

__all__ = ["completion"]

_EPILOG = """\b
bash:  symmeter completion bash > ~/.local/share/bash-completion/completions/symmeter
zsh:   symmeter completion zsh > ~/.zfunc/_symmeter      (with ~/.zfunc in fpath)
fish:  symmeter completion fish > ~/.config/fish/completions/symmeter.fish"""


@click.command(epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell."""
    from click.shell_completion import get_completion_class

    from symmeter.cli.app import COMPLETION_VARIABLE, app

    script = get_completion_class(shell)
    if script is None:
        raise click.UsageError(f"this click has no completion for {shell}")
    # The class's own source() starts the shell to ask for its version; the template needs no shell.
    made = script(app, {}, "symmeter", COMPLETION_VARIABLE)
    print(made.source_template % made.source_vars())

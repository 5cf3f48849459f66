"""The ``symmeter`` command: its table of commands, and what happens when one of them fails.

Exit status: 0 done, 1 a claim fell short, 2 bad input, 70 a defect of ours, 130 interrupted
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from symmeter import __version__
from symmeter.cli.lazy import LazyGroup
from symmeter.errors import SymmeterError

__all__ = ["app", "main"]

BAD_INPUT = 2
OUR_DEFECT = 70
INTERRUPTED = 130
COMPLETION_VARIABLE = "_SYMMETER_COMPLETE"

_COMMANDS = {
    "find": ("symmeter.cli.find:find", "Find the symmetries of data, models, shapes, equations, ..."),
    "measure": ("symmeter.cli.measure:measure", "Measure how exactly a model has a group."),
    "groups": ("symmeter.cli.groups:groups", "Finite groups: character tables, names, point groups."),
    "nn": ("symmeter.cli.nn:nn", "Neural networks with symmetry: train and check them."),
    "optim": ("symmeter.cli.optim:optim", "Optimizers that respect symmetry; charges of training."),
    "shapes": ("symmeter.cli.shapes:shapes", "Polyhedra: names, numbers, groups, meshes."),
    "quantum": ("symmeter.cli.quantum:quantum", "Quantum many-body physics: operators, spectra, hidden groups."),
    "signals": ("symmeter.cli.signals:signals", "Gravitational waves: the sky of pulsars, echoes after a merger."),
    "spacetime": (
        "symmeter.cli.spacetime:spacetime",
        "Equations of physics: symmetries and conservation laws, exactly.",
    ),
    "bench": ("symmeter.cli.bench:bench", "Time our code beside its peers, in one run and one thread."),
    "papers": ("symmeter.cli.papers:papers", "List the papers that symmeter is built from."),
    "reproduce": ("symmeter.cli.reproduce:reproduce", "Run a paper's experiment and check its claims."),
    "cite": ("symmeter.cli.cite:cite", "Print BibTeX for symmeter and for the papers a result rests on."),
    "conventions": ("symmeter.cli.conventions:conventions", "Print the conventions: indices, signs, directions."),
    "doctor": ("symmeter.cli.doctor:doctor", "Print versions, threads, GPU and which extras are present."),
    "completion": ("symmeter.cli.completion:completion", "Print the completion script for bash, zsh or fish."),
}


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A first look:  symmeter find samples.npy --grid 8x8 --html report.html",
)
@click.version_option(__version__, prog_name="symmeter", message="%(prog)s %(version)s")
def app() -> None:
    """A meter for symmetry: find it, measure how exact it is, and use it."""


def _one_line(text: str) -> str:
    return " ".join(str(text).split())


def _say(text: str) -> None:
    try:
        print(_one_line(text), file=sys.stderr, flush=True)
    except (BrokenPipeError, ValueError):
        return


def _run(arguments: list[str]) -> int:
    try:
        with app.make_context("symmeter", arguments) as ctx:
            app.invoke(ctx)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        sys.stdout.flush()
        return end.exit_code
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after ``symmeter``; the process's own when omitted.

    Returns
    -------
    int
        The exit status.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets a question mark, not a traceback.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    if COMPLETION_VARIABLE in os.environ:
        app(prog_name="symmeter", complete_var=COMPLETION_VARIABLE)
    debug = os.environ.get("SYMMETER_DEBUG", "") not in ("", "0")
    try:
        return _run(words)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        return 0
    except click.ClickException as error:
        where = getattr(getattr(error, "ctx", None), "command_path", None)
        _say(f"error: {error.format_message()}" + (f" (see {where} --help)" if where else ""))
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort) as stop:
        if debug:
            raise
        kept = _one_line(str(stop))
        _say("interrupted" + (f"; {kept}" if kept else ""))
        return INTERRUPTED
    except BrokenPipeError:
        # The reader left (`| head`); point the stream elsewhere so that the interpreter's last flush is quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SymmeterError as error:
        if debug:
            raise
        _say(f"error: {error}")
        return BAD_INPUT
    except Exception as error:
        if debug:
            raise
        kind = type(error).__name__
        _say(f"error: a defect in symmeter ({kind}: {error}); SYMMETER_DEBUG=1 shows where, please report it")
        return OUR_DEFECT

"""What commands print: JSON alone on standard output, or tables for people."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

__all__ = ["check_json_path", "json_option", "print_json", "print_table", "save_json", "say", "width_of_output"]

json_option: Callable[..., Any] = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON on standard output; text for people goes to standard error."
)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    utf8 = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "") == "utf8"
    print(json.dumps(value, indent=2, ensure_ascii=not utf8, allow_nan=False))


def say(text: str, quiet: bool = False) -> None:
    """Print a line for people on standard error."""
    if not quiet:
        print(text, file=sys.stderr)


def width_of_output(in_a_pipe: int) -> int | None:
    """The width to draw for: None leaves it to the terminal; in a pipe COLUMNS, else ``in_a_pipe``."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given) > 0:
        return int(given)
    return None if sys.stdout.isatty() else in_a_pipe


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> None:
    """Print a table on standard output, folded to the terminal's width (in a pipe 100); blank columns have no head."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, width=width_of_output(100))
    headed = any(columns)
    table = Table(
        title=title, box=SIMPLE_HEAD if headed else None, show_header=headed, title_justify="left", pad_edge=False
    )
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)


def check_json_path(out: Path | None) -> None:
    """Refuse files that cannot be written before the work begins.

    Raises
    ------
    InputError, OutputError
    """
    from symmeter.errors import InputError, OutputError

    if out is None:
        return
    if out.suffix != ".json":
        raise InputError(f"{out}: results are saved as .json; change the extension")
    if out.is_dir():
        raise OutputError(f"{out} is a folder; give the name of a file to write")
    if not out.parent.is_dir():
        raise OutputError(f"{out} cannot be written: the folder {out.parent} does not exist; make it first")


def save_json(out: Path | None, value: object) -> None:
    """Write a JSON file, whole or not at all."""
    if out is not None:
        from symmeter.files import write_atomic

        write_atomic(out, json.dumps(value, indent=2) + "\n")

"""``symmeter conventions``: the table of what indices, signs and directions mean."""

from __future__ import annotations

import click

from symmeter.cli.output import json_option, print_json, print_table

__all__ = ["conventions"]


@click.command()
@json_option
def conventions(as_json: bool) -> None:
    """Print the conventions that hold everywhere: indices, signs, directions."""
    from symmeter.conventions import CONVENTIONS, VERSION, to_json

    if as_json:
        print_json(to_json())
        return
    rows = [(c.matter, c.ours, c.others) for c in CONVENTIONS]
    print_table(("matter", "in symmeter", "elsewhere, and how to convert"), rows, title=f"conventions, table {VERSION}")

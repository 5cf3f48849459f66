"""``symmeter papers``: the nineteen works, and which of them run."""

from __future__ import annotations

import click

from symmeter.cli.output import json_option, print_json, print_table

__all__ = ["papers"]


@click.command()
@json_option
@click.option("--cite", "cite_slug", metavar="SLUG", help="Print the BibTeX of one paper instead.")
def papers(as_json: bool, cite_slug: str | None) -> None:
    """List the papers that symmeter is built from, newest first, and say which of them run."""
    from symmeter.papers.catalogue import CATALOGUE, bibtex

    if cite_slug is not None:
        print(bibtex(cite_slug))
        return
    entries = sorted(CATALOGUE, key=lambda entry: entry.date, reverse=True)
    if as_json:
        print_json([entry.to_json() for entry in entries])
        return
    rows = [(e.slug, f"{e.title} ({e.credit}, {e.date})\n{e.summary}", e.status) for e in entries]
    print_table(("slug", "paper", "status"), rows)
    built = sum(e.status == "built" for e in entries)
    print(f"{built} of {len(entries)} built; run one with: symmeter reproduce SLUG --scale smoke")

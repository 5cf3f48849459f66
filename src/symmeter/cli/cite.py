"""``symmeter cite``: BibTeX for the software and for the papers that a result rests on."""

from __future__ import annotations

import click

__all__ = ["cite"]


@click.command()
@click.argument("what", required=False, metavar="[find|SLUG]")
def cite(what: str | None) -> None:
    """Print BibTeX: of symmeter, and of what WHAT rests on.

    WHAT is `find` or the slug of a paper; `symmeter papers` lists the slugs.
    """
    from symmeter.papers.catalogue import FIND_RESTS_ON, bibtex, software_bibtex

    entries = [software_bibtex()]
    if what == "find":
        entries += [bibtex(slug) for slug in FIND_RESTS_ON]
    elif what is not None:
        entries.append(bibtex(what))
    print("\n\n".join(entries))

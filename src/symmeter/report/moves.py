"""What a group that was found without a name moves: the cycles of a generator, with the names of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symmeter.report.text import shorten

if TYPE_CHECKING:
    from symmeter.findings import Finding

__all__ = ["moves_text"]

#: What the search without candidates calls its finding; other names say themselves what is moved.
_UNNAMED = "found group"


def moves_text(finding: Finding, width: int) -> str:
    """The first generator in at most about ``width`` characters, and how many more there are.

    Empty when the finding's own name says what is moved.
    """
    if finding.name != _UNNAMED or not finding.generators:
        return ""
    first, *rest = finding.generators
    names = getattr(finding.action.space, "names", None)
    more = f" and {len(rest)} more generator{'s' if len(rest) > 1 else ''}" if rest else ""
    return shorten(first.describe(names), max(width - len(more), 20)) + more

"""Character tables as text, laid out like the Atlas: classes, centralizers, power maps, indicators, values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from symmeter.groups.cyclotomic_text import SYMBOLS

if TYPE_CHECKING:
    from symmeter.groups.character_table import CharacterTable

__all__ = ["written"]

_SIGNS = {1: "+", 0: "o", -1: "-"}


def written(table: CharacterTable) -> str:
    """The table and the meaning of its symbols."""
    from symmeter.groups.character_table import _primes_of

    g = table.group
    rows = [["", "", *g.class_names]]
    rows.append(["size", "", *(str(s) for s in g.class_sizes)])
    rows.append(["|C(g)|", "", *(str(g.order // s) for s in g.class_sizes)])
    for p in _primes_of(g):
        rows.append([f"{p}P", "", *(g.class_names[c] for c in g.power_map(p))])
    head = len(rows)
    for name, indicator, row in zip(table.names, table.indicators.tolist(), table.exact):
        rows.append([name, _SIGNS[indicator], *(str(x).replace(" ", "") for x in row)])
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    lines = []
    for k, r in enumerate(rows):
        if k == head:
            lines.append("")
        cells = [r[0].ljust(widths[0]), r[1].rjust(1), *(x.rjust(w) for x, w in zip(r[2:], widths[2:]))]
        lines.append("  ".join(cells[:2]) + "  " + "  ".join(cells[2:]))
    foot = legend(" ".join(x for r in rows[head:] for x in r[2:]))
    return "\n".join([f"{g.name}, order {g.order}", "", *lines, *([""] if foot else []), *foot])


def legend(text: str) -> list[str]:
    """Meaning of the symbols that a text uses."""
    lines = [meaning for symbol, meaning in SYMBOLS.items() if re.search(rf"(?<![a-z]){symbol}(?![a-z(])", text)]
    if re.search(r"z\d", text):
        lines.append("zn = exp(2 pi i/n)")
    return lines

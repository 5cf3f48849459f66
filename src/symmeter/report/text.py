"""Text that came from outside (names of columns and files) made fit to print."""

from __future__ import annotations

import unicodedata

__all__ = ["printable", "printable_lines", "shorten"]

# Direction marks, embeddings and isolates; the two code points that are no characters.
_UNFIT = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")


def printable(text: object) -> str:
    """The text with control, surrogate and direction-changing characters replaced.

    Terminals obey control sequences, XML forbids them, and direction marks can make a name read as another.

    Examples
    --------
    >>> printable("a\\x1b[31mb"), printable("tab\\there")
    ('a�[31mb', 'tab here')
    """
    plain = " ".join(str(text).split()) if any(c in "\t\r\n" for c in str(text)) else str(text)
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cs") or c in _UNFIT else c for c in plain)


def printable_lines(text: str) -> str:
    """Program text made fit to print: lines and their indentation stay.

    Examples
    --------
    >>> printable_lines("if x:\\n\\ty()\\x1b")
    'if x:\\n    y()�'
    """
    return "\n".join(printable(line.expandtabs(4)) for line in text.split("\n"))


def shorten(text: object, width: int) -> str:
    """The text in at most ``width`` characters: the middle gives way, since names often differ at the end.

    Examples
    --------
    >>> shorten("temperature_inlet_07", 12), shorten("x", 12)
    ('tempera…t_07', 'x')
    """
    plain = printable(text)
    if len(plain) <= width:
        return plain
    tail = max((width - 1) // 3 + 1, 0)
    return f"{plain[: width - 1 - tail]}…{plain[len(plain) - tail :]}"

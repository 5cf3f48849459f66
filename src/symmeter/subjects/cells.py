"""One cell of a text table: a number, a complex number, a missing value, or text."""

from __future__ import annotations

import re
from math import nan

__all__ = ["MISSING", "is_decimal_comma", "read_cell"]

MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "#na", "nan", "<na>", "null", "none", "missing", "?", ".", "-", "--", "nat")
)

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# NumPy has written 1-2j as (1+-2j); a lone i or j without digits is text.
_COMPLEX = re.compile(
    rf"\(?\s*(?:(?P<real>[+-]?{_NUMBER})\s*(?P<signs>[+]|[-]|[+]-)\s*(?P<imag>{_NUMBER})?|(?P<only>[+-]?{_NUMBER}))"
    r"\s*\*?[ij]\s*\)?"
)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")


def read_cell(text: str) -> float | complex | None:
    """The number in a cell, NaN for a missing value, None for text.

    Examples
    --------
    >>> read_cell(" 1.5e3"), read_cell("1-2j"), read_cell("(1+-2j)"), read_cell("0.5i")
    (1500.0, (1-2j), (1-2j), 0.5j)
    >>> read_cell("NA"), read_cell("red"), read_cell("1_000")
    (nan, None, None)
    """
    # float() takes 1_000, which no table means as a number.
    if "_" not in text:
        try:
            return float(text)
        except ValueError:
            pass
    stripped = text.strip()
    if stripped.lower() in MISSING:
        return nan
    if stripped[-1:] in ("i", "j", ")") and (match := _COMPLEX.fullmatch(stripped)):
        if match["only"] is not None:
            return complex(0.0, float(match["only"]))
        imag = float(match["imag"] or "1")
        return complex(float(match["real"]), -imag if match["signs"].endswith("-") else imag)
    return None


def is_decimal_comma(text: str) -> bool:
    """Whether a cell looks like a number with a decimal comma.

    Examples
    --------
    >>> is_decimal_comma("1,5"), is_decimal_comma("1.5")
    (True, False)
    """
    return _DECIMAL_COMMA.fullmatch(text.strip()) is not None

"""Operators and coefficients as plain text."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any

from symmeter.quantum.ops.coefficients import Coefficient, Gaussian, is_symbolic

if TYPE_CHECKING:
    from symmeter.quantum.ops.operator import Operator

__all__ = ["coefficient_text", "joined_terms", "operator_text"]


def coefficient_text(value: Coefficient) -> str:
    """A number for people; sums come in brackets.

    Examples
    --------
    >>> coefficient_text(Gaussian(0, -1)), coefficient_text(Gaussian(1, 2)), coefficient_text(0.5), coefficient_text(2j)
    ('-i', '(1 + 2 i)', '0.5', '2.0 i')
    """
    if isinstance(value, (Gaussian, complex)):
        re, im = (value.re, value.im) if isinstance(value, Gaussian) else (value.real, value.imag)
        size = "" if abs(im) == 1 and not isinstance(im, float) else f"{abs(im)!s} "
        imaginary = f"{size}i"
        if not re:
            return f"-{imaginary}" if im < 0 else imaginary
        return f"({re} {'-' if im < 0 else '+'} {imaginary})"
    if is_symbolic(value):
        text = str(value)
        return f"({text})" if value.is_Add else text
    return str(value) if isinstance(value, (int, Fraction)) else repr(value)


def joined_terms(pieces: Iterable[tuple[str, str]], one: str = "1", times: str = " ") -> str:
    """Sum of (coefficient, word) with signs between them."""
    out = ""
    for coefficient, word in pieces:
        negative = coefficient.startswith("-")
        size = coefficient[1:].lstrip() if negative else coefficient
        body = (word or one) if size == "1" else f"{size}{times}{word}" if word else size
        if not out:
            out = ("-" if negative else "") + body
        else:
            out += (" - " if negative else " + ") + body
    return out or "0"


def sorted_terms(operator: Operator) -> list[tuple[Any, Coefficient]]:
    """Terms in the order in which they are printed: fewer factors first."""

    def place(item: tuple[Any, Coefficient]) -> Any:
        word = operator.word(item[0])
        return len(word), [(s.name, mode, name) for s, (name, mode) in word]

    return sorted(operator.terms.items(), key=place)


def operator_text(operator: Operator) -> str:
    """The sum, terms with fewer factors first."""
    pieces = []
    for key, value in sorted_terms(operator):
        words = []
        for (s, factor), group in groupby(operator.word(key)):
            n = len(list(group))
            prefix = f"{s.name}." if s.name != s.letter else ""
            words.append(prefix + s.text(*factor) + (f"^{n}" if n > 1 else ""))
        pieces.append((coefficient_text(value), " ".join(words)))
    return joined_terms(pieces)

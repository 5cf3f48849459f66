"""Operators and coefficients as LaTeX that the reader of this package reads back."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING, Any

from symmeter.errors import InputTypeError
from symmeter.quantum.ops.coefficients import Coefficient, Gaussian, is_coefficient, is_symbolic
from symmeter.quantum.ops.index_forms import index_latex
from symmeter.quantum.ops.text import joined_terms, sorted_terms

if TYPE_CHECKING:
    from symmeter.quantum.ops.operator import Operator

__all__ = ["coefficient_latex", "latex", "operator_latex"]


def latex(value: Any) -> str:
    """LaTeX of an operator, an expression or a number.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(["up", "dn"])
    >>> print(ops.latex(f.ann(0, "up") * f.cre(0, "up") * Fraction(1, 2)))
    \\frac{1}{2} - \\frac{1}{2} c^{\\dagger}_{0\\uparrow} c_{0\\uparrow}
    """
    if is_coefficient(value):
        return coefficient_latex(value)
    if hasattr(value, "latex"):
        return value.latex()
    raise InputTypeError(f"LaTeX is written for operators, expressions and numbers; got {type(value).__name__}")


def coefficient_latex(value: Coefficient) -> str:
    """LaTeX of a number; sums come in brackets.

    Examples
    --------
    >>> print(coefficient_latex(Fraction(-1, 2)), coefficient_latex(Gaussian(0, 1)), coefficient_latex(1e-9))
    -\\frac{1}{2} i 1 \\times 10^{-9}
    """
    if isinstance(value, Gaussian):
        return _complex(value.re, value.im)
    if isinstance(value, complex):
        return _complex(value.real, value.imag)
    if is_symbolic(value):
        import sympy

        text = sympy.latex(value)
        return rf"\left({text}\right)" if value.is_Add else text
    return _real(value)


def _real(value: int | Fraction | float) -> str:
    if isinstance(value, Fraction) and value.denominator != 1:
        return rf"{'-' if value < 0 else ''}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return re.sub(r"e([+-]?)0*(\d+)", lambda m: rf" \times 10^{{{m[1].strip('+')}{m[2]}}}", str(value))


def _complex(re_part: Any, im_part: Any) -> str:
    size = "" if im_part in (1, -1) and not isinstance(im_part, float) else _real(abs(im_part)) + " "
    imaginary = f"{size}i"
    if not re_part:
        return f"-{imaginary}" if im_part < 0 else imaginary
    return rf"\left({_real(re_part)} {'-' if im_part < 0 else '+'} {imaginary}\right)"


def _mode_latex(label: Any) -> str:
    if not isinstance(label, tuple):
        return index_latex(str(label))
    texts = [index_latex(str(x)) for x in label]
    return ",".join(texts) if sum(isinstance(x, int) for x in label) > 1 else "".join(texts)


def operator_latex(operator: Operator) -> str:
    """LaTeX of the sum, terms with fewer factors first."""
    pieces = []
    for key, value in sorted_terms(operator):
        words = []
        for (s, (kind, mode)), group in groupby(operator.word(key)):
            n = len(list(group))
            symbol = s.symbol(kind, _mode_latex(s.label(mode)))
            words.append(symbol if n == 1 else rf"\left({symbol}\right)^{{{n}}}")
        pieces.append((coefficient_latex(value), " ".join(words)))
    return joined_terms(pieces)

"""Rational functions on jet space as Python numbers, so that arrays of them go through the same algebra as floats."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, constant, exponents, scaled

__all__ = ["ExactScalar", "determinant_of", "exact_array", "inverse_of"]


@dataclass(frozen=True, eq=False)
class ExactScalar:
    """One rational function, in normal form: zero if and only if its polynomial is empty.

    Attributes
    ----------
    space : JetSpace
    poly : dict
    """

    space: JetSpace
    poly: Poly

    @classmethod
    def of(cls, space: JetSpace, poly: Poly) -> ExactScalar:
        """Brought to normal form."""
        return cls(space, canonical(space, poly))

    def _other(self, other: Any) -> Poly | None:
        if isinstance(other, ExactScalar):
            return other.poly
        if isinstance(other, (int, Fraction, np.integer)):
            return constant(int(other) if isinstance(other, np.integer) else other)
        return None

    def __add__(self, other: Any) -> ExactScalar:
        value = self._other(other)
        if value is None:
            return NotImplemented
        if not value:
            return self
        out = dict(self.poly)
        add_to(out, value)
        return ExactScalar.of(self.space, out)

    __radd__ = __add__

    def __neg__(self) -> ExactScalar:
        return ExactScalar(self.space, scaled(self.poly, -1))

    def __sub__(self, other: Any) -> ExactScalar:
        value = self._other(other)
        return NotImplemented if value is None else self + ExactScalar(self.space, scaled(value, -1))

    def __rsub__(self, other: Any) -> ExactScalar:
        return (-self) + other

    def __mul__(self, other: Any) -> ExactScalar:
        value = self._other(other)
        if value is None:
            return NotImplemented
        if not value or not self.poly:
            return ExactScalar(self.space, {})
        if not isinstance(other, ExactScalar):
            return ExactScalar(self.space, scaled(self.poly, value[0]))
        return ExactScalar.of(self.space, self.space.times(self.poly, value))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> ExactScalar:
        if isinstance(other, ExactScalar):
            return self * other.reciprocal()
        return self * Fraction(1, other)

    def reciprocal(self) -> ExactScalar:
        """``1 / self``: its own denominators come back as numerators.

        Raises
        ------
        InputError
            Of zero.
        """
        if not self.poly:
            raise InputError("division by zero")
        space = self.space
        sums = set(space.factors.values())
        first = next(iter(self.poly))
        below = {v: e for v, e in exponents(first) if v in sums}
        shift = sum(e << (WIDTH * v) for v, e in below.items())
        out = space.inverse({m - shift: c for m, c in self.poly.items()})
        for v, e in below.items():
            for _ in range(e):
                out = space.times(out, space.functions[v].argument)
        return ExactScalar.of(space, out)

    def derivative(self, i: int) -> ExactScalar:
        """By coordinate number ``i``."""
        return ExactScalar.of(self.space, self.space.derivative(self.poly, i))

    def is_zero(self) -> bool:
        """Exact."""
        return not self.poly

    def __eq__(self, other: object) -> bool:
        value = self._other(other)
        return NotImplemented if value is None else (self - ExactScalar(self.space, value)).is_zero()

    __hash__ = None  # type: ignore[assignment]

    def equals(self, text: str) -> bool:
        """Whether it is the function that a text says.

        Raises
        ------
        InputError
            For text that cannot be read; the character is pointed at.
        """
        from symmeter.spacetime.parsing import parse_expression

        return self == ExactScalar.of(self.space, parse_expression(text, self.space))

    @property
    def text(self) -> str:
        """As it can be typed again."""
        return self.space.text(self.poly)

    @property
    def latex(self) -> str:
        """As it is typeset."""
        from symmeter.spacetime.latex import polynomial_latex

        return polynomial_latex(self.space, self.poly)

    def to_sympy(self) -> Any:
        """As an expression of SymPy.

        Raises
        ------
        MissingDependencyError
        """
        from symmeter.spacetime.sympy_exchange import to_sympy

        return to_sympy(self.space, self.poly)

    def _repr_latex_(self) -> str:
        return f"${self.latex}$"

    def __repr__(self) -> str:
        return self.text


def exact_array(space: JetSpace, components: dict[tuple[int, ...], Poly], shape: tuple[int, ...]) -> np.ndarray:
    """An array of exact scalars; components that are missing are zero."""
    out = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        out[index] = ExactScalar.of(space, components.get(index, {}))
    return out


def determinant_of(m: np.ndarray) -> ExactScalar:
    """By expansion; small matrices."""
    n = len(m)
    if n == 1:
        return m[0, 0]
    total: Any = 0
    for j in range(n):
        if not m[0, j].is_zero():
            minor = determinant_of(np.delete(m[1:], j, axis=1))
            total = total + m[0, j] * minor * (-1) ** j
    return total if isinstance(total, ExactScalar) else ExactScalar(m[0, 0].space, {})


def inverse_of(m: np.ndarray, name: str) -> np.ndarray:
    """The inverse of a small matrix.

    Raises
    ------
    InputError
        Where its determinant is zero.
    """
    n = len(m)
    det = determinant_of(m)
    if det.is_zero():
        raise InputError(f"{name} is singular: its determinant is zero everywhere")
    over = det.reciprocal()
    out = np.empty_like(m)
    for i in range(n):
        for j in range(n):
            minor = np.delete(np.delete(m, j, axis=0), i, axis=1)
            cofactor = determinant_of(minor) if n > 1 else ExactScalar(m[0, 0].space, {0: 1})
            out[i, j] = cofactor * over * (-1) ** (i + j)
    return out

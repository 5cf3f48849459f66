"""Exact numbers a + b sqrt(d) with rational a and b: coordinates of most uniform polyhedra and their duals."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

from symmeter.errors import InputError

__all__ = ["Quadratic", "recognised"]


@dataclass(frozen=True)
class Quadratic:
    """a + b sqrt(d).

    Examples
    --------
    >>> golden = Quadratic(Fraction(1, 2), Fraction(1, 2), 5)
    >>> golden * golden - golden, str(golden)
    (Quadratic(a=Fraction(1, 1), b=Fraction(0, 1), d=5), '(1 + sqrt(5))/2')
    """

    a: Fraction
    b: Fraction
    d: int

    def __add__(self, other: Quadratic) -> Quadratic:
        return Quadratic(self.a + other.a, self.b + other.b, self._common(other))

    def __sub__(self, other: Quadratic) -> Quadratic:
        return Quadratic(self.a - other.a, self.b - other.b, self._common(other))

    def __mul__(self, other: Quadratic) -> Quadratic:
        d = self._common(other)
        return Quadratic(self.a * other.a + d * self.b * other.b, self.a * other.b + self.b * other.a, d)

    def __neg__(self) -> Quadratic:
        return Quadratic(-self.a, -self.b, self.d)

    def __float__(self) -> float:
        return float(self.a) + float(self.b) * sqrt(self.d)

    def __bool__(self) -> bool:
        # d is no square: both parts must vanish.
        return bool(self.a or self.b)

    def __str__(self) -> str:
        bottom = max(self.a.denominator, self.b.denominator)
        if bottom % self.a.denominator or bottom % self.b.denominator:
            bottom = self.a.denominator * self.b.denominator
        a, b = int(self.a * bottom), int(self.b * bottom)
        root = f"sqrt({self.d})" if abs(b) == 1 else f"{abs(b)} sqrt({self.d})"
        if not b:
            return str(self.a)
        text = f"{'-' if b < 0 else ''}{root}" if not a else f"{a} {'-' if b < 0 else '+'} {root}"
        return text if bottom == 1 else f"({text})/{bottom}" if a else f"{text}/{bottom}"

    def _common(self, other: Quadratic) -> int:
        if self.d != other.d:
            raise InputError(f"numbers of different fields: sqrt({self.d}) and sqrt({other.d})")
        return self.d


_BOTTOMS = np.array([1, 2, 4, 3, 6, 5, 10, 20, 8, 7, 14, 9, 18, 11, 22, 12, 19, 38, 41, 82, 31, 62, 44, 76, 29, 58])
_LARGEST = 130


def recognised(value: float, d: int) -> Quadratic | None:
    """The simplest number of the field within rounding of a value; None if there is none with small figures.

    A guess: whoever uses it proves it in exact arithmetic.
    """
    b = np.arange(-_LARGEST, _LARGEST + 1)
    a = np.rint(value * _BOTTOMS[:, None] - b * sqrt(d))
    off = np.abs(a + b * sqrt(d) - value * _BOTTOMS[:, None])
    off[np.abs(a) > 4 * _LARGEST] = np.inf
    good = off < 2e-13 * (1 + np.abs(value)) * _BOTTOMS[:, None] + 3e-14
    if not good.any():
        return None
    i = int(np.flatnonzero(good.any(axis=1))[0])
    j = int(np.flatnonzero(good[i])[np.abs(b[good[i]]).argmin()])
    bottom = int(_BOTTOMS[i])
    return Quadratic(Fraction(int(a[i, j]), bottom), Fraction(int(b[j]), bottom), d)

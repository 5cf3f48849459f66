"""Single Wigner 3j, 6j and Clebsch-Gordan coefficients in exact integer arithmetic, whole or half-odd spins.

Each is a signed square root of a rational number; Racah's sums are taken over integers, so that nothing cancels.
Varshalovich, Moskalev, Khersonskii, Quantum Theory of Angular Momentum, chapters 8 and 9.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb, factorial, sqrt

from symmeter.errors import InputError

__all__ = ["clebsch_gordan", "gaunt", "wigner_3j", "wigner_3j_square", "wigner_6j", "wigner_6j_square"]

#: The exact sums take many seconds beyond.
_LARGEST = 2_000


def _doubled(*values: float) -> list[int]:
    out = []
    for v in values:
        if isinstance(v, str) or not abs(v) <= _LARGEST:
            raise InputError(f"an angular momentum is {v!r}; it must be a number, at most {_LARGEST} in size")
        twice = 2 * Fraction(v)
        if twice.denominator != 1:
            raise InputError(f"an angular momentum is {v}; it must be whole or half-odd")
        out.append(int(twice))
    return out


def _signed_root(square: Fraction) -> float:
    # Squares of symbols at high degree underflow before the symbols do: the root is taken of a scaled fraction.
    if square == 0:
        return 0.0
    size = abs(square)
    shift = max(0, (size.denominator.bit_length() - size.numerator.bit_length()) // 2 * 2)
    root = sqrt(size * 2**shift) * 2.0 ** -(shift // 2) if shift < 2000 else 0.0
    return root if square > 0 else -root


def _triangle(a: int, b: int, c: int) -> bool:
    return abs(a - b) <= c <= a + b and (a + b + c) % 2 == 0


def wigner_3j_square(j1: float, j2: float, j3: float, m1: float, m2: float, m3: float) -> Fraction:
    """The square of a 3j symbol with the symbol's sign, exactly.

    Examples
    --------
    >>> wigner_3j_square(1, 1, 2, 0, 0, 0), wigner_3j_square(2, 2, 2, 0, 0, 0)
    (Fraction(2, 15), Fraction(-2, 35))
    """
    return _three_j(*_doubled(j1, j2, j3, m1, m2, m3))


@lru_cache(maxsize=65536)
def _three_j(a: int, b: int, c: int, p: int, q: int, r: int) -> Fraction:
    """Doubled arguments."""
    if min(a, b, c) < 0:
        raise InputError(f"spins are {a / 2}, {b / 2}, {c / 2}; they must be >= 0")
    if p + q + r or not _triangle(a, b, c):
        return Fraction(0)
    if any(abs(m) > j or (j - m) % 2 for j, m in ((a, p), (b, q), (c, r))):
        return Fraction(0)
    x, y, z = (a + b - c) // 2, (a - b + c) // 2, (b + c - a) // 2
    s, t = (a - p) // 2, (b + q) // 2
    total = sum(
        (-1) ** k * comb(x, k) * comb(y, s - k) * comb(z, t - k) for k in range(max(0, s - y, t - z), min(x, s, t) + 1)
    )
    top = 1
    for j, m in ((a, p), (b, q), (c, r)):
        top *= factorial((j + m) // 2) * factorial((j - m) // 2)
    bottom = factorial((a + b + c) // 2 + 1) * factorial(x) * factorial(y) * factorial(z)
    sign = (-1) ** ((a - b - r) // 2 % 2) * (1 if total >= 0 else -1)
    return sign * Fraction(total * total * top, bottom)


def wigner_3j(j1: float, j2: float, j3: float, m1: float, m2: float, m3: float) -> float:
    """The Wigner 3j symbol (j1 j2 j3; m1 m2 m3), zero outside the selection rules.

    Examples
    --------
    >>> round(wigner_3j(2, 6, 4, 0, 0, 0), 12)  # sqrt(715) / 143
    0.186989398002
    >>> round(wigner_3j(0.5, 0.5, 1, 0.5, -0.5, 0), 12)
    0.408248290464
    """
    return _signed_root(wigner_3j_square(j1, j2, j3, m1, m2, m3))


def clebsch_gordan(j1: float, m1: float, j2: float, m2: float, j3: float, m3: float) -> float:
    """The Clebsch-Gordan coefficient <j1 m1 j2 m2 | j3 m3> in the phases of Condon and Shortley.

    Examples
    --------
    >>> round(clebsch_gordan(0.5, 0.5, 0.5, -0.5, 0, 0), 12)
    0.707106781187
    """
    a, b, c, p, q, r = _doubled(j1, j2, j3, m1, m2, m3)
    square = _three_j(a, b, c, p, q, -r)
    return 0.0 if square == 0 else (-1) ** ((a - b + r) // 2 % 2) * _signed_root(square * (c + 1))


def gaunt(l1: int, l2: int, l3: int, m1: int, m2: int, m3: int) -> float:
    """The integral of three complex spherical harmonics Y_l1m1 Y_l2m2 Y_l3m3 over the sphere (none conjugated).

    Examples
    --------
    >>> round(gaunt(1, 1, 2, 1, -1, 0), 12)  # 1 / sqrt(20 pi)
    0.126156626101
    """
    a, b, c, p, q, r = _doubled(l1, l2, l3, m1, m2, m3)
    if any(v % 2 for v in (a, b, c, p, q, r)):
        raise InputError("harmonics on the sphere have whole degrees and orders; half-odd ones do not exist there")
    first, second = _three_j(a, b, c, 0, 0, 0), _three_j(a, b, c, p, q, r)
    if first == 0 or second == 0:
        return 0.0
    sign = 1 if (first > 0) == (second > 0) else -1
    square = sign * abs(first) * abs(second) * (a + 1) * (b + 1) * (c + 1)
    return _signed_root(square) / sqrt(4 * 3.141592653589793)


def wigner_6j_square(j1: float, j2: float, j3: float, j4: float, j5: float, j6: float) -> Fraction:
    """The square of a 6j symbol with the symbol's sign, exactly.

    Examples
    --------
    >>> wigner_6j_square(1, 1, 1, 1, 1, 1)
    Fraction(1, 36)
    """
    return _six_j(*_doubled(j1, j2, j3, j4, j5, j6))


@lru_cache(maxsize=65536)
def _six_j(a: int, b: int, c: int, d: int, e: int, f: int) -> Fraction:
    triads = ((a, b, c), (a, e, f), (d, b, f), (d, e, c))
    if min(a, b, c, d, e, f) < 0:
        raise InputError("a 6j symbol was asked with a negative spin; spins must be >= 0")
    if not all(_triangle(*t) for t in triads):
        return Fraction(0)
    sums = [sum(t) // 2 for t in triads]
    squares = [(a + b + d + e) // 2, (b + c + e + f) // 2, (c + a + f + d) // 2]
    total = Fraction(0)
    for k in range(max(sums), min(squares) + 1):
        bottom = 1
        for s in sums:
            bottom *= factorial(k - s)
        for s in squares:
            bottom *= factorial(s - k)
        total += Fraction((-1) ** k * factorial(k + 1), bottom)
    delta = Fraction(1)
    for x, y, z in triads:
        top = factorial((x + y - z) // 2) * factorial((x - y + z) // 2) * factorial((y + z - x) // 2)
        delta *= Fraction(top, factorial((x + y + z) // 2 + 1))
    return (1 if total >= 0 else -1) * total * total * delta


def wigner_6j(j1: float, j2: float, j3: float, j4: float, j5: float, j6: float) -> float:
    """The Wigner 6j symbol {j1 j2 j3; j4 j5 j6}, zero outside the selection rules.

    Examples
    --------
    >>> round(wigner_6j(0.5, 0.5, 1, 0.5, 0.5, 1), 12)
    0.166666666667
    """
    return _signed_root(wigner_6j_square(j1, j2, j3, j4, j5, j6))

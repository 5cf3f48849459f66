"""Sparse polynomials with rational coefficients, as dictionaries from packed monomials to numbers.

A monomial is one Python integer with twelve bits for the exponent of each variable, so that the product of two
monomials is their sum. Coefficients are integers, and fractions where there is no other way. Nothing is ever
simplified: the dictionary is the normal form, and a polynomial is zero when it is empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import gcd, lcm

__all__ = [
    "HIGHEST",
    "LARGE",
    "MASK",
    "WIDTH",
    "Number",
    "Poly",
    "add_to",
    "constant",
    "degree_in",
    "exponents",
    "frozen",
    "monomial",
    "over",
    "plain",
    "power",
    "primitive",
    "scaled",
    "total",
    "times",
    "whole",
]

Number = int | Fraction
Poly = dict[int, Number]

#: Bits of one exponent.
WIDTH = 12
MASK = (1 << WIDTH) - 1
#: Products of more terms than this may be left to :mod:`symmeter.spacetime.exact_backend`.
LARGE = 50_000
#: Exponents of what is read; products of a few such still fit.
HIGHEST = 500


def constant(value: Number) -> Poly:
    """A number as a polynomial."""
    return {0: plain(value)} if value else {}


def plain(value: Number) -> Number:
    """A fraction that is whole as an integer."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def monomial(powers: Iterable[tuple[int, int]]) -> int:
    """Packed from pairs (number of the variable, exponent)."""
    return sum(e << (WIDTH * v) for v, e in powers)


def exponents(packed: int) -> Iterator[tuple[int, int]]:
    """Pairs (number of the variable, exponent) of a packed monomial, ascending.

    Examples
    --------
    >>> list(exponents(monomial([(0, 2), (3, 1)])))
    [(0, 2), (3, 1)]
    """
    v = 0
    while packed:
        # Skips to the next variable that is there, many at a time.
        low = (packed & -packed).bit_length() - 1
        skip = low // WIDTH
        v += skip
        packed >>= WIDTH * skip
        yield v, packed & MASK
        packed >>= WIDTH
        v += 1


def frozen(p: Poly) -> tuple[tuple[int, Number], ...]:
    """A polynomial as a key of a dictionary."""
    return tuple(sorted(p.items()))


def degree_in(packed: int, v: int) -> int:
    """Exponent of one variable."""
    return (packed >> (WIDTH * v)) & MASK


def add_to(target: Poly, other: Poly, factor: Number = 1, shift: int = 0) -> None:
    """``target += factor * monomial(shift) * other``, in place.

    Examples
    --------
    >>> p = {0: 1, 1: 2}
    >>> add_to(p, {1: 1}, -2)
    >>> p
    {0: 1}
    """
    for m, c in other.items():
        key = m + shift
        value = target.get(key, 0) + c * factor
        if value:
            target[key] = value
        else:
            target.pop(key, None)


def total(polys: Iterable[Poly]) -> Poly:
    """The sum."""
    out: Poly = {}
    for p in polys:
        add_to(out, p)
    return out


def scaled(p: Poly, factor: Number) -> Poly:
    """A multiple."""
    return {m: plain(c * factor) for m, c in p.items()} if factor else {}


def whole(p: Poly) -> tuple[Poly, int]:
    """A multiple with integers for coefficients, and the factor that it was multiplied by.

    Examples
    --------
    >>> whole({0: Fraction(1, 2), 1: Fraction(4, 3)})
    ({0: 3, 1: 8}, 6)
    """
    if int in (kinds := set(map(type, p.values()))) and len(kinds) == 1:
        return p, 1
    factor = lcm(*(c.denominator for c in p.values()))
    return {m: c.numerator * (factor // c.denominator) for m, c in p.items()}, factor


def over(p: Poly, divisor: int) -> Poly:
    """A polynomial with integers for coefficients divided by an integer."""
    if divisor == 1:
        return p
    return {m: c // divisor if c % divisor == 0 else Fraction(c, divisor) for m, c in p.items()}  # type: ignore[operator]


def times(a: Poly, b: Poly) -> Poly:
    """The product.

    Examples
    --------
    >>> times({0: 1, 1: 1}, {0: 1, 1: -1})
    {0: 1, 2: -1}
    """
    if len(a) > len(b):
        a, b = b, a
    if len(a) == 1:
        ((m, c),) = a.items()
        return {m + n: c * d for n, d in b.items()}
    a, first = whole(a)
    b, second = whole(b)
    if first * second != 1:
        # Fractions are ten times slower than integers: one division for each term of the product instead.
        return over(times(a, b), first * second)
    if len(a) * len(b) > LARGE:
        from symmeter.spacetime.exact_backend import product

        found = product(a, b)
        if found is not None:
            return found
    out: Poly = {}
    get = out.get
    for m, c in a.items():
        for n, d in b.items():
            key = m + n
            out[key] = get(key, 0) + c * d
    return {m: c for m, c in out.items() if c}


def power(p: Poly, exponent: int) -> Poly:
    """A power with exponent >= 0."""
    out: Poly = {0: 1}
    while exponent:
        if exponent & 1:
            out = times(out, p)
        exponent >>= 1
        if exponent:
            p = times(p, p)
    return out


def primitive(values: Iterable[Number]) -> list[int]:
    """Coprime integers in the same proportions, the first of them positive.

    Examples
    --------
    >>> primitive([Fraction(-1, 2), Fraction(1, 3), 0])
    [3, -2, 0]
    """
    found = list(values)
    denominator = lcm(*(v.denominator for v in found)) if found else 1
    whole = [int(v * denominator) for v in found]
    common = gcd(*whole) if whole else 1
    first = next((v for v in whole if v), 1)
    common = (common or 1) * (1 if first > 0 else -1)
    return [v // common for v in whole]

"""SU(N) sites: Hubbard operators ``X^ab = |a><b|`` with ``X^ab X^cd = delta^bc X^ad``, and the generators made of them.

The identity is the empty part; ``X^00`` is written as ``1 - sum_a>0 X^aa``, so that every operator of a site has one
form.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.coefficients import Gaussian, require_sympy
from symmeter.quantum.ops.species import Factor, Parts, Species

__all__ = ["SUN"]

_Part = tuple[tuple[int, int, int], ...]


class SUN(Species):
    """Sites of N colours in the fundamental representation; a part is a sorted tuple of (site, a, b).

    Parameters
    ----------
    colours : int
        N, at least 2.
    sites, name, periodic
        See :class:`Species`; the name is ``"X"`` when none is given.

    Examples
    --------
    >>> s = SUN(3)
    >>> p = s.swap(0, 1)
    >>> p * p == 1
    True
    >>> print(s.X(0, 1, 5) * s.X(1, 2, 5))
    E02[5]
    """

    letter = "X"
    identity = ()

    def __init__(self, colours: int, sites: Any = None, **names: Any) -> None:
        super().__init__(None, sites, **names)
        if isinstance(colours, bool) or not isinstance(colours, int) or not 2 <= colours <= 64:
            raise InputError(f"SU(N) has a whole number of colours from 2 to 64; got {colours!r}")
        self.colours = colours

    @property
    def signature(self) -> tuple[Any, ...]:
        return (*super().signature, self.colours)

    def __repr__(self) -> str:
        return f"SUN({self.colours}, {super().__repr__()[len('SUN(') :]}"

    def X(self, a: int, b: int, site: Any) -> Any:
        """``|a><b|`` of a site."""
        for colour in (a, b):
            if not 0 <= colour < self.colours:
                raise InputError(f"colour {colour} does not exist; colours are 0 to {self.colours - 1}")
        return self._make(self.kind(a, b), (site,))

    def kind(self, a: int, b: int) -> str:
        """The name of ``|a><b|``: ``"E01"``, with a comma from eleven colours on."""
        return f"E{a}{',' if self.colours > 10 else ''}{b}"

    def swap(self, i: Any, j: Any) -> Any:
        """The exchange of the colours of two different sites, ``sum_ab X_i^ab X_j^ba``."""
        pairs = list(product(range(self.colours), repeat=2))
        a, b = pairs[0]
        return sum((self.X(a, b, i) * self.X(b, a, j) for a, b in pairs[1:]), self.X(a, b, i) * self.X(b, a, j))

    def T(self, number: int, site: Any) -> Any:
        """Generator ``lambda_number / 2``: generalised Gell-Mann matrices, numbered from 0 to N^2 - 2.

        The order is symmetric and antisymmetric of the pairs (0, 1), (0, 2), (1, 2), ..., each pair before the diagonal
        that its larger colour closes, as Gell-Mann ordered them.
        """
        if not 0 <= number < self.colours**2 - 1:
            raise InputError(f"SU({self.colours}) has generators 0 to {self.colours**2 - 2}; got {number}")
        half = Fraction(1, 2)
        k = 0
        for b in range(1, self.colours):
            for a in range(b):
                if number == k:
                    return half * (self.X(a, b, site) + self.X(b, a, site))
                if number == k + 1:
                    return Gaussian(0, -half) * (self.X(a, b, site) - self.X(b, a, site))
                k += 2
            if number == k:
                total = sum((self.X(a, a, site) for a in range(1, b)), self.X(0, 0, site)) - b * self.X(b, b, site)
                return total * _root(Fraction(1, 2 * b * (b + 1)))
            k += 1
        raise AssertionError(number)

    def generator(self, kind: str, mode: int) -> Parts:
        text = kind[1:].split(",") if "," in kind else list(kind[1:])
        return self._unit(mode, int(text[0]), int(text[1]))

    def _unit(self, mode: int, a: int, b: int) -> Parts:
        if a or b:
            return [(1, ((mode, a, b),))]
        return [(1, ()), *((-1, ((mode, k, k),)) for k in range(1, self.colours))]

    def multiply(self, left: _Part, right: _Part) -> Parts:
        if not left or not right:
            return ((1, left or right),)
        mine, other = {x[0]: x[1:] for x in left}, {x[0]: x[1:] for x in right}
        shared = sorted(mine.keys() & other.keys())
        if any(mine[m][1] != other[m][0] for m in shared):
            return ()
        alone = [x for x in left + right if x[0] not in shared]
        tables = [self._unit(m, mine[m][0], other[m][1]) for m in shared]
        out = []
        for choice in product(*tables):
            sign = 1
            kept = list(alone)
            for s, p in choice:
                sign *= s
                kept += p
            out.append((sign, tuple(sorted(kept))))
        return out

    def adjoint(self, part: _Part) -> Parts:
        return ((1, tuple((m, b, a) for m, a, b in part)),)

    def factors(self, part: _Part) -> tuple[Factor, ...]:
        return tuple((self.kind(a, b), m) for m, a, b in part)

    def symbol(self, kind: str, mode: str) -> str:
        return f"{self.name}^{{{kind[1:]}}}_{{{mode}}}"


@lru_cache(maxsize=256)
def _root(value: Fraction) -> Any:
    """The square root of a fraction, exact: a fraction where it is one, else a SymPy radical."""
    from math import isqrt

    p, q = isqrt(value.numerator), isqrt(value.denominator)
    if p * p == value.numerator and q * q == value.denominator:
        return Fraction(p, q)
    sympy = require_sympy()

    return sympy.sqrt(sympy.Rational(value.numerator, value.denominator))

"""Spins of any length in the Poincare-Birkhoff-Witt basis ``S-^a Sz^b S+^c``, reduced when the length S is given.

Products are closed forms. With e = S+, f = S-, h = 2 Sz (Kostant's formula; Humphreys, Introduction to Lie Algebras,
section 26.2),

    e^c f^a = sum_k c! a! / ((c-k)! (a-k)!) f^(a-k) binomial(h - a - c + 2k, k) e^(c-k),

and polynomials of Sz pass the ladder operators by shifting, ``g(Sz) S-^n = S-^n g(Sz - n)``. For given S the ladder
pairs are reduced by ``S- S+ = S(S+1) - Sz(Sz+1)``, which leaves ``S-^q g(Sz)`` or ``g(Sz) S+^q``, and g is reduced by
the polynomial that vanishes on every m it can meet; what remains is a basis of all matrices of dimension 2S+1.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product
from math import comb, factorial
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.coefficients import Coefficient, Gaussian
from symmeter.quantum.ops.species import Factor, Parts, Species

__all__ = ["Spins"]

_Part = tuple[tuple[int, int, int, int], ...]
_Polynomial = tuple[Fraction, ...]


class Spins(Species):
    """Spin operators on sites; a part is a sorted tuple of (site, a, b, c) for ``S-^a Sz^b S+^c``.

    Parameters
    ----------
    spin : number or str, optional
        The length S: a multiple of 1/2. When omitted only the commutation relations are used.
    flavours, sites, name, periodic
        See :class:`Species`; the name is ``"S"`` when none is given.

    Examples
    --------
    >>> s = Spins(1)
    >>> d = s.dot(0, 1)
    >>> d**3 == -2 * d**2 + d + 2
    True
    >>> print(Spins().plus(0) * Spins().minus(0))
    2 Sz[0] + S-[0] S+[0]
    """

    letter = "S"
    kinds = ("S-", "Sz", "S+")
    identity = ()

    def __init__(self, spin: Any = None, flavours: Any = None, sites: Any = None, **names: Any) -> None:
        super().__init__(flavours, sites, **names)
        self.spin = None if spin is None else _length(spin)

    @property
    def signature(self) -> tuple[Any, ...]:
        return (*super().signature, self.spin)

    def __repr__(self) -> str:
        rest = super().__repr__()[len("Spins(") :]
        return f"Spins({self.spin}, {rest}" if self.spin is not None else f"Spins({rest}"

    def plus(self, *labels: Any) -> Any:
        """``S+ = Sx + i Sy``."""
        return self._make("S+", labels)

    def minus(self, *labels: Any) -> Any:
        """``S- = Sx - i Sy``."""
        return self._make("S-", labels)

    def z(self, *labels: Any) -> Any:
        """Sz."""
        return self._make("Sz", labels)

    def x(self, *labels: Any) -> Any:
        """Sx."""
        return self._make("Sx", labels)

    def y(self, *labels: Any) -> Any:
        """Sy."""
        return self._make("Sy", labels)

    def dot(self, i: Any, j: Any) -> Any:
        """The scalar product of the spins of two sites."""
        i, j = (x if isinstance(x, tuple) and self.flavours else (x,) for x in (i, j))
        flips = self.plus(*i) * self.minus(*j) + self.minus(*i) * self.plus(*j)
        return self.z(*i) * self.z(*j) + flips * Fraction(1, 2)

    def generator(self, kind: str, mode: int) -> Parts:
        half = Fraction(1, 2)
        raising, lowering = ((mode, 0, 0, 1),), ((mode, 1, 0, 0),)
        parts = {
            "S+": [(1, raising)],
            "S-": [(1, lowering)],
            "Sz": [(1, ((mode, 0, 1, 0),))],
            "Sx": [(half, raising), (half, lowering)],
            "Sy": [(Gaussian(0, -half), raising), (Gaussian(0, half), lowering)],
        }[kind]
        out = []
        for coefficient, ((site, *powers),) in parts:
            out += [(coefficient * k, ((site, *p),) if any(p) else ()) for k, p in _reduced(*powers, self.spin)]
        return out

    def multiply(self, left: _Part, right: _Part) -> Parts:
        if not left or not right:
            return ((1, left or right),)
        mine, other = {x[0]: x[1:] for x in left}, {x[0]: x[1:] for x in right}
        shared = mine.keys() & other.keys()
        alone = [x for x in left + right if x[0] not in shared]
        tables = [[(k, (m, *p)) for k, p in _one_site(mine[m], other[m], self.spin)] for m in sorted(shared)]
        out = []
        for choice in product(*tables):
            coefficient: Coefficient = 1
            for k, _ in choice:
                coefficient = coefficient * k
            out.append((coefficient, tuple(sorted(alone + [x for _, x in choice if any(x[1:])]))))
        return out

    def adjoint(self, part: _Part) -> Parts:
        # (S-^a Sz^b S+^c)^+ = S-^c Sz^b S+^a: already in order.
        return ((1, tuple((m, c, b, a) for m, a, b, c in part)),)

    def factors(self, part: _Part) -> tuple[Factor, ...]:
        return tuple((kind, m) for m, *powers in part for kind, n in zip(("S-", "Sz", "S+"), powers) for _ in range(n))

    def symbol(self, kind: str, mode: str) -> str:
        return f"{self.name}^{{{kind[1]}}}_{{{mode}}}"


def _length(spin: Any) -> Fraction:
    try:
        s = Fraction(spin)
    except (TypeError, ValueError, ZeroDivisionError):
        s = Fraction(-1)
    if s <= 0 or (2 * s).denominator != 1 or s > 64:
        raise InputError(f"a spin is a positive multiple of 1/2 up to 64, such as 1/2, 1 or '3/2'; got {spin!r}"[:200])
    return s


@lru_cache(maxsize=65536)
def _one_site(
    left: tuple[int, int, int], right: tuple[int, int, int], spin: Fraction | None
) -> tuple[tuple[Fraction | int, tuple[int, int, int]], ...]:
    """The product of two ordered monomials of one site."""
    a, b, c = left
    a2, b2, c2 = right
    total: dict[tuple[int, int, int], Fraction] = {}
    for k in range(min(c, a2) + 1):
        weight = Fraction(factorial(c) * factorial(a2), factorial(c - k) * factorial(a2 - k))
        middle = times(_power_of_shift(b, -(a2 - k)), _power_of_shift(b2, -(c - k)))
        middle = times(middle, _binomial(a2 + c - 2 * k, k))
        for power, coefficient in enumerate(middle):
            if coefficient:
                for factor, key in _reduced(a + a2 - k, power, c - k + c2, spin):
                    total[key] = total.get(key, Fraction(0)) + weight * coefficient * factor
    return tuple((int(v) if v.denominator == 1 else v, key) for key, v in total.items() if v)


@lru_cache(maxsize=65536)
def _reduced(a: int, b: int, c: int, spin: Fraction | None) -> tuple[tuple[Fraction, tuple[int, int, int]], ...]:
    """``S-^a Sz^b S+^c`` in the basis that is left for a given length."""
    if spin is None:
        return ((Fraction(1), (a, b, c)),)
    g: _Polynomial = (Fraction(0),) * b + (Fraction(1),)
    while a and c:
        # S- g(Sz) S+ = g(Sz + 1) (S(S+1) - Sz(Sz+1))
        g = times(shifted(g, 1), (spin * (spin + 1), Fraction(-1), Fraction(-1)))
        a, c = a - 1, c - 1
    q = max(a, c)
    if q > 2 * spin:
        return ()
    # Both g(Sz) S+^q and S-^q g(Sz) see Sz on the levels m = -S+q, ..., S only.
    levels = [-spin + q + j for j in range(int(2 * spin) - q + 1)]
    return tuple((v, (a, power, c)) for power, v in enumerate(_remainder(g, tuple(levels))) if v)


def times(left: _Polynomial, right: _Polynomial) -> _Polynomial:
    """Product of two polynomials given by their coefficients, lowest first."""
    out = [Fraction(0)] * (len(left) + len(right) - 1)
    for i, x in enumerate(left):
        if x:
            for j, y in enumerate(right):
                out[i + j] += x * y
    return tuple(out)


def shifted(g: _Polynomial, by: int) -> _Polynomial:
    """``g(x + by)``."""
    out = [Fraction(0)] * len(g)
    for n, v in enumerate(g):
        for k in range(n + 1):
            out[k] += v * comb(n, k) * Fraction(by) ** (n - k)
    return tuple(out)


@lru_cache(maxsize=4096)
def _power_of_shift(n: int, by: int) -> _Polynomial:
    """``(x + by)^n``."""
    return shifted((Fraction(0),) * n + (Fraction(1),), by)


@lru_cache(maxsize=4096)
def _binomial(n: int, k: int) -> _Polynomial:
    """``binomial(2x - n, k)``."""
    g: _Polynomial = (Fraction(1),)
    for j in range(k):
        g = times(g, (Fraction(-n - j, j + 1), Fraction(2, j + 1)))
    return g


def _remainder(g: _Polynomial, roots: tuple[Fraction, ...]) -> _Polynomial:
    modulus: _Polynomial = (Fraction(1),)
    for r in roots:
        modulus = times(modulus, (-r, Fraction(1)))
    out = list(g)
    while len(out) >= len(modulus):
        lead = out.pop()
        if lead:
            start = len(out) - len(modulus) + 1
            for j, v in enumerate(modulus[:-1]):
                out[start + j] -= lead * v
    return tuple(out)

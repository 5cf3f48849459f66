"""Bosons: monomials are exponents of each mode, with ``b^m b^+^n = sum_k k! C(m, k) C(n, k) b^+^(n-k) b^(m-k)``."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import comb, factorial
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.species import Factor, Parts, Species

__all__ = ["Bosons"]

_Part = tuple[tuple[int, int, int], ...]


class Bosons(Species):
    """Boson modes with ``[b_i, b_j^+] = delta_ij``; a part is a sorted tuple of (mode, creators, annihilators).

    Parameters
    ----------
    flavours, sites, name, periodic
        See :class:`Species`; the name is ``"b"`` when none is given.

    Examples
    --------
    >>> m = Bosons()
    >>> print(m.ann(0) ** 3 * m.cre(0) ** 2)
    6 a[0] + 6 ad[0] a[0]^2 + ad[0]^2 a[0]^3
    """

    letter = "b"
    kinds = ("ad", "a")
    identity = ()

    def ann(self, *labels: Any) -> Any:
        """The annihilation operator of a mode (an Expression when a label is an Index)."""
        return self._make("a", labels)

    def cre(self, *labels: Any) -> Any:
        """The creation operator of a mode."""
        return self._make("ad", labels)

    def n(self, *labels: Any) -> Any:
        """The occupation of a mode, or of a site: without a flavour, the flavours are summed."""
        if self.flavours and len(labels) == 1 and self.sites != 1:
            return sum((self.n(labels[0], s) for s in self.flavours[1:]), self.n(labels[0], self.flavours[0]))
        return self.cre(*labels) * self.ann(*labels)

    def number(self) -> Any:
        """The number of particles."""
        if self.number_of_modes is None:
            raise InputError(f"{self.name} has sites without end; say sites= to sum over them")
        return self._sum([(1, ((m, 1, 1),)) for m in range(self.number_of_modes)])

    def generator(self, kind: str, mode: int) -> Parts:
        return [(1, ((mode, int(kind != "a"), int(kind != "ad")),))]  # "n" is both

    def multiply(self, left: _Part, right: _Part) -> Parts:
        if not left or not right:
            return ((1, left or right),)
        mine, other = {m: (p, q) for m, p, q in left}, {m: (p, q) for m, p, q in right}
        shared = mine.keys() & other.keys()
        if not shared:
            return ((1, tuple(sorted(left + right))),)
        alone = [x for x in left + right if x[0] not in shared]
        tables = [[(k, (m, p, q)) for k, p, q in _one_mode(*mine[m], *other[m])] for m in sorted(shared)]
        out = []
        for choice in product(*tables):
            coefficient = 1
            for k, _ in choice:
                coefficient *= k
            kept = [x for _, x in choice if x[1] or x[2]]
            out.append((coefficient, tuple(sorted(alone + kept))))
        return out

    def adjoint(self, part: _Part) -> Parts:
        return ((1, tuple((m, q, p) for m, p, q in part)),)

    def factors(self, part: _Part) -> tuple[Factor, ...]:
        creators = tuple(("ad", m) for m, p, _ in part for _ in range(p))
        return creators + tuple(("a", m) for m, _, q in part for _ in range(q))

    def symbol(self, kind: str, mode: str) -> str:
        return f"{self.name}^{{\\dagger}}_{{{mode}}}" if kind == "ad" else f"{self.name}_{{{mode}}}"


@lru_cache(maxsize=65536)
def _one_mode(p1: int, q1: int, p2: int, q2: int) -> tuple[tuple[int, int, int], ...]:
    """``(b^+^p1 b^q1)(b^+^p2 b^q2)`` as (coefficient, creators, annihilators)."""
    return tuple((factorial(k) * comb(q1, k) * comb(p2, k), p1 + p2 - k, q1 + q2 - k) for k in range(min(q1, p2) + 1))

"""Fermions: monomials are two bit masks, and the product of two of them is a sum over contractions in closed form.

The part (C, A) is ``prod_{i in C, ascending} c_i^+ prod_{j in A, descending} c_j``; its adjoint is (A, C). With
``inv(x, y)`` the number of pairs i in x, j in y with i > j,

    (C1, A1)(C2, A2) = sum over S within A1 & C2 of (-1)^p (C1 | c, a | A2),    a = A1 - S,  c = C2 - S,
    p = |a||c| + sum_{s in S} (#A1 below s + #C2 below s) + inv(C1, c) + inv(A2, a),

where terms with C1 & c or a & A2 not empty vanish: the pairs that C1 & C2 or A1 & A2 force into S are taken out first.
Wick, Phys. Rev. 80, 268 (1950); Negele and Orland, Quantum Many-Particle Systems, chapter 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.species import Factor, Parts, Species, bits

__all__ = ["Fermions"]


@lru_cache(maxsize=65536)
def above(mask: int) -> int:
    """The mask whose bit j says whether an odd number of bits of ``mask`` lies above j."""
    y = mask >> 1
    step = 1
    while step < mask.bit_length():
        y ^= y >> step
        step *= 2
    return y


def below(mask: int) -> int:
    """The mask, as far as ``mask`` reaches, whose bit j says whether an odd number of bits lies below j."""
    # Above, below and the bit itself add up to the parity of the whole.
    full = (1 << mask.bit_length()) - 1
    whole = full if mask.bit_count() & 1 else 0
    return whole ^ mask ^ above(mask)


class Fermions(Species):
    """Fermion modes with ``{c_i, c_j^+} = delta_ij``.

    Parameters
    ----------
    flavours, sites, name, periodic
        See :class:`Species`; the name is ``"c"`` when none is given.

    Examples
    --------
    >>> f = Fermions(["up", "dn"], sites=2)
    >>> c, cd = f.ann, f.cre
    >>> print(c(0, "up") * cd(0, "up") + c(0, "up") * cd(1, "dn"))
    1 - cd[0,up] c[0,up] - cd[1,dn] c[0,up]
    """

    fermionic = True
    letter = "c"
    kinds = ("cd", "c")
    identity = (0, 0)

    def ann(self, *labels: Any) -> Any:
        """The annihilation operator of a mode (an Expression when a label is an Index)."""
        return self._make("c", labels)

    def cre(self, *labels: Any) -> Any:
        """The creation operator of a mode."""
        return self._make("cd", labels)

    def n(self, *labels: Any) -> Any:
        """The occupation of a mode, or of a site: without a flavour, the flavours are summed."""
        if self.flavours and len(labels) == 1 and self.sites != 1:
            return sum((self.n(labels[0], s) for s in self.flavours[1:]), self.n(labels[0], self.flavours[0]))
        return self.cre(*labels) * self.ann(*labels)

    def number(self) -> Any:
        """The number of particles."""
        if self.number_of_modes is None:
            raise InputError(f"{self.name} has sites without end; say sites= to sum over them")
        return self._sum([(1, (1 << m, 1 << m)) for m in range(self.number_of_modes)])

    def generator(self, kind: str, mode: int) -> Parts:
        if kind == "n":
            return [(1, (1 << mode, 1 << mode))]
        return [(1, (1 << mode, 0) if kind == "cd" else (0, 1 << mode))]

    def multiply(self, left: tuple[int, int], right: tuple[int, int]) -> Parts:
        c1, a1 = left
        c2, a2 = right
        joint = a1 & c2
        forced = (c1 & c2) | (a1 & a2)
        if forced & ~joint:
            return ()
        free = joint ^ forced
        if not (a1 and c2):
            sign = ((above(c1) & c2).bit_count() + (above(a2) & a1).bit_count()) & 1
            return (((-1) ** sign, (c1 | c2, a1 | a2)),)
        order, ups, downs = below(a1) ^ below(c2), above(c1), above(a2)
        out = []
        choice = free
        while True:
            s = forced | choice
            a, c = a1 ^ s, c2 ^ s
            odd = (a.bit_count() & c.bit_count()) ^ ((s & order) ^ (ups & c)).bit_count() ^ (downs & a).bit_count()
            out.append((-1 if odd & 1 else 1, (c1 | c, a | a2)))
            if not choice:
                return out
            choice = (choice - 1) & free

    def adjoint(self, part: tuple[int, int]) -> Parts:
        return ((1, (part[1], part[0])),)

    def parity(self, part: tuple[int, int]) -> int:
        return (part[0].bit_count() + part[1].bit_count()) & 1

    def factors(self, part: tuple[int, int]) -> tuple[Factor, ...]:
        return tuple(("cd", m) for m in bits(part[0])) + tuple(("c", m) for m in reversed(bits(part[1])))

    def modes(self, part: tuple[int, int]) -> Iterable[int]:
        return bits(part[0] | part[1])

    def symbol(self, kind: str, mode: str) -> str:
        return f"{self.name}^{{\\dagger}}_{{{mode}}}" if kind == "cd" else f"{self.name}_{{{mode}}}"

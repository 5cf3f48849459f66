"""Majorana operators, ``{g_i, g_j} = 2 delta_ij``: a product is a bit mask, multiplying an exclusive or and a sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from symmeter.quantum.ops.fermions import above
from symmeter.quantum.ops.species import Factor, Parts, Species, bits

__all__ = ["Majoranas"]


class Majoranas(Species):
    """Hermitian fermion operators with ``g_i^2 = 1``; the part is the mask of a product in ascending order.

    Parameters
    ----------
    flavours, sites, name, periodic
        See :class:`Species`; the name is ``"\\gamma"`` when none is given.

    Examples
    --------
    >>> m = Majoranas()
    >>> print(m.g(1) * m.g(0), "and", m.g(2) * m.g(0) * m.g(2))
    -g[0] g[1] and -g[0]
    """

    fermionic = True
    letter = r"\gamma"
    kinds = ("g",)
    identity = 0

    def g(self, *labels: Any) -> Any:
        """The Majorana operator of a mode."""
        return self._make("g", labels)

    def generator(self, kind: str, mode: int) -> Parts:
        return [(1, 1 << mode)]

    def multiply(self, left: int, right: int) -> Parts:
        return ((-1 if (above(left) & right).bit_count() & 1 else 1, left ^ right),)

    def adjoint(self, part: int) -> Parts:
        n = part.bit_count()
        return ((-1 if n * (n - 1) // 2 & 1 else 1, part),)

    def parity(self, part: int) -> int:
        return part.bit_count() & 1

    def factors(self, part: int) -> tuple[Factor, ...]:
        return tuple(("g", m) for m in bits(part))

    def modes(self, part: int) -> Iterable[int]:
        return bits(part)

    def symbol(self, kind: str, mode: str) -> str:
        return f"{self.name}_{{{mode}}}"

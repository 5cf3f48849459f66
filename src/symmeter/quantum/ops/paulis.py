"""Pauli matrices: a product of them is two bit masks, and multiplying two products is an exclusive or and a phase.

The part (x, z) is the Hermitian string with X where only x is set, Z where only z is, Y where both are:
``prod_j i^(x_j z_j) X_j^x_j Z_j^z_j``. Then ``P1 P2 = i^k P(x1^x2, z1^z2)`` with
``k = |x1 & z1| + |x2 & z2| + 2 |z1 & x2| - |x3 & z3|`` modulo 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from symmeter.quantum.ops.coefficients import Coefficient, Gaussian
from symmeter.quantum.ops.species import Factor, Parts, Species, bits

__all__ = ["Paulis"]

I_POWERS: tuple[Coefficient, ...] = (1, Gaussian(0, 1), -1, Gaussian(0, -1))


class Paulis(Species):
    """Pauli matrices on sites (qubits); +1 of Z is state 0.

    Parameters
    ----------
    flavours, sites, name, periodic
        See :class:`Species`; the name is ``"\\sigma"`` when none is given.

    Examples
    --------
    >>> q = Paulis()
    >>> print(q.X(0) * q.Y(0), "and", q.plus(1) * q.minus(1))
    i Z[0] and 1/2 + 1/2 Z[1]
    """

    letter = r"\sigma"
    kinds = ("p-", "pz", "p+")
    identity = (0, 0)

    def X(self, *labels: Any) -> Any:
        """Pauli X."""
        return self._make("X", labels)

    def Y(self, *labels: Any) -> Any:
        """Pauli Y."""
        return self._make("Y", labels)

    def Z(self, *labels: Any) -> Any:
        """Pauli Z."""
        return self._make("Z", labels)

    def plus(self, *labels: Any) -> Any:
        """``(X + i Y)/2``, which raises Z."""
        return self._make("p+", labels)

    def minus(self, *labels: Any) -> Any:
        """``(X - i Y)/2``, which lowers Z."""
        return self._make("p-", labels)

    def string(self, text: str) -> Any:
        """A product from text such as ``"XIZ"``: site 0 is leftmost."""
        from symmeter.errors import InputError

        x = z = 0
        for k, letter in enumerate(text.upper()):
            if letter not in "IXYZ":
                raise InputError(
                    f"column {k + 1} of the Pauli string {text!r} is {letter!r}; letters are I, X, Y, Z"[:200]
                )
            m = self.mode(k)
            x |= (letter in "XY") << m
            z |= (letter in "YZ") << m
        return self._sum([(1, (x, z))])

    def generator(self, kind: str, mode: int) -> Parts:
        b = 1 << mode
        if kind in ("p+", "p-"):
            half = Gaussian(0, Fraction(1, 2) if kind == "p+" else Fraction(-1, 2))
            return [(Fraction(1, 2), (b, 0)), (half, (b, b))]
        return [(1, {"X": (b, 0), "Y": (b, b), "Z": (0, b), "pz": (0, b)}[kind])]

    def multiply(self, left: tuple[int, int], right: tuple[int, int]) -> Parts:
        (x1, z1), (x2, z2) = left, right
        x, z = x1 ^ x2, z1 ^ z2
        k = (x1 & z1).bit_count() + (x2 & z2).bit_count() + 2 * (z1 & x2).bit_count() - (x & z).bit_count()
        return ((I_POWERS[k & 3], (x, z)),)

    def adjoint(self, part: tuple[int, int]) -> Parts:
        return ((1, part),)

    def factors(self, part: tuple[int, int]) -> tuple[Factor, ...]:
        x, z = part
        return tuple(("IXZY"[(x >> m & 1) + 2 * (z >> m & 1)], m) for m in bits(x | z))

    def modes(self, part: tuple[int, int]) -> Iterable[int]:
        return bits(part[0] | part[1])

    def symbol(self, kind: str, mode: str) -> str:
        upper = {"p-": "-", "p+": "+", "pz": "z"}.get(kind, kind.lower())
        return f"{self.name}^{{{upper}}}_{{{mode}}}"

"""Irreducible parts of torsion and nonmetricity, the distortion of a connection, and the pure-trace theory.

Everything here is algebra at a point, for numbers and for exact rational functions alike: components come first in
arrays, points last. Without metrics the frame is orthonormal; in any other frame all indices are down and contractions
take the inverse metric. ``T_abc`` is antisymmetric in bc, ``Q_abc`` symmetric in ab, and c is the index of the form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

__all__ = ["Frame", "NonmetricityParts", "TorsionParts", "epsilon"]


def epsilon(n: int) -> np.ndarray:
    """The antisymmetric symbol in n = 2 or 3 dimensions, integers.

    Examples
    --------
    >>> epsilon(2).tolist()
    [[0, 1], [-1, 0]]
    """
    out = np.zeros((n,) * n, dtype=int)
    for index in np.ndindex(*out.shape):
        out[index] = round(float(np.prod([np.sign(b - a) for k, a in enumerate(index) for b in index[k + 1 :]])))
    return out


class _Parts:
    """Parts in their order, and by name."""

    norms: dict[str, Any]

    def __iter__(self) -> Iterator[Any]:
        return (getattr(self, name) for name in self.norms)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@dataclass(frozen=True, eq=False)
class TorsionParts(_Parts):
    """Torsion as the sum of three parts.

    Attributes
    ----------
    trace : array (n, ...)
        ``T_b = T^a_ab``.
    vector, axial, tensor : array (n, n, n, ...)
        Parts of ``T_abc``: made of the trace, totally antisymmetric, and the rest.
    norms : dict
        Squares of the three at every point.
    """

    trace: Any
    vector: Any
    axial: Any
    tensor: Any
    norms: dict[str, Any]


@dataclass(frozen=True, eq=False)
class NonmetricityParts(_Parts):
    """Nonmetricity as the sum of three parts.

    Attributes
    ----------
    trace, S, H : array (n, n, n, ...)
        Parts of ``Q_abc``: ``A_c g_ab + B_a g_bc + B_b g_ac``, totally symmetric without trace, and the hook.
    Q, P : array (n, ...)
        Traces of the first and second kind, ``Q^a_ac`` and ``Q_ab^b``.
    A, B : array (n, ...)
        The irreducible pair.
    norms : dict
        Squares of the three at every point.
    """

    trace: Any
    S: Any
    H: Any
    Q: Any
    P: Any
    A: Any
    B: Any
    norms: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Frame:
    """The algebra of tensors at a point.

    Attributes
    ----------
    n : int
    metric, inverse : array (n, n, ...), optional
        Of the frame; orthonormal without.
    number : callable
        Makes a coefficient of a fraction: ``float`` for numbers, nothing for exact fields.
    """

    n: int
    metric: Any = None
    inverse: Any = None
    number: Callable[[Fraction], Any] = float

    def ratio(self, p: int, q: int = 1) -> Any:
        """A coefficient."""
        return self.number(Fraction(p, q))

    def contract(self, x: Any, i: int, j: int) -> Any:
        """The trace over two lower indices."""
        moved = np.moveaxis(x, (i, j), (0, 1))
        if self.inverse is None:
            return sum(moved[a, a] for a in range(1, self.n)) + moved[0, 0]
        return np.einsum("ab...,ab...->...", self.inverse, moved)

    def times_metric(self, x: Any, letters: str) -> Any:
        """``x`` times the metric with indices placed as in ``letters``: ``"ab,c"`` is ``g_ab x_c``, an array abc."""
        pair, own = letters.split(",")
        if self.metric is None:
            shape = (self.n,) * (2 + len(own))
            out = np.zeros((*shape, *x.shape[len(own) :]), dtype=x.dtype)
            if x.dtype == object:
                out = out + x.flat[0] * 0
            order = sorted(pair + own)
            where = np.moveaxis(out, [order.index(c) for c in pair + own], range(len(order)))
            for a in range(self.n):
                where[a, a] = x
            return out
        target = "".join(sorted(pair + own))
        return np.einsum(f"{pair}...,{own}...->{target}...", self.metric, x)

    def raised(self, x: Any) -> Any:
        """The first index up."""
        return x if self.inverse is None else np.einsum("ae...,e...->a...", self.inverse, x)

    def all_raised(self, x: Any, rank: int) -> Any:
        """All indices up."""
        for k in range(rank):
            x = np.moveaxis(self.raised(np.moveaxis(x, k, 0)), 0, k)
        return x

    def product(self, x: Any, y: Any, rank: int) -> Any:
        """``x_ab.. y^ab..`` at every point."""
        return (x * self.all_raised(y, rank)).sum(axis=tuple(range(rank)))

    def norm(self, x: Any, rank: int) -> Any:
        """The square at every point."""
        return self.product(x, x, rank)

    # -- parts ---------------------------------------------------------------------------------------------------------

    def vector_torsion(self, trace: Any) -> Any:
        """``(g_ab T_c - g_ac T_b) / (n - 1)``."""
        return (self.times_metric(trace, "ab,c") - self.times_metric(trace, "ac,b")) * self.ratio(1, self.n - 1)

    def torsion_parts(self, T: Any) -> TorsionParts:
        """Trace, axial and tensor part of ``T_abc``."""
        trace = self.contract(T, 0, 1)
        vector = self.vector_torsion(trace)
        axial = (T + np.moveaxis(T, (0, 1, 2), (2, 0, 1)) + np.moveaxis(T, (0, 1, 2), (1, 2, 0))) * self.ratio(1, 3)
        tensor = T - vector - axial
        parts = {"vector": vector, "axial": axial, "tensor": tensor}
        return TorsionParts(trace, vector, axial, tensor, {k: self.norm(v, 3) for k, v in parts.items()})

    def nonmetricity_traces(self, Q: Any) -> tuple[Any, Any, Any, Any]:
        """``Q_c = Q^a_ac``, ``P_a = Q_ab^b``, and A and B."""
        n = self.n
        first, second = self.contract(Q, 0, 1), self.contract(Q, 1, 2)
        below = (n + 2) * (n - 1)
        A = first * self.ratio(n + 1, below) - second * self.ratio(2, below)
        B = second * self.ratio(n, below) - first * self.ratio(1, below)
        return first, second, A, B

    def trace_nonmetricity(self, A: Any, B: Any) -> Any:
        """``A_c g_ab + B_a g_bc + B_b g_ac``."""
        return self.times_metric(A, "ab,c") + self.times_metric(B, "bc,a") + self.times_metric(B, "ac,b")

    def nonmetricity_parts(self, Q: Any) -> NonmetricityParts:
        """Trace, totally symmetric and hook part of ``Q_abc``."""
        first, second, A, B = self.nonmetricity_traces(Q)
        trace = self.trace_nonmetricity(A, B)
        rest = Q - trace
        S = (rest + np.moveaxis(rest, (0, 1, 2), (2, 0, 1)) + np.moveaxis(rest, (0, 1, 2), (1, 2, 0))) * self.ratio(
            1, 3
        )
        parts = {"trace": trace, "S": S, "H": rest - S}
        norms = {k: self.norm(v, 3) for k, v in parts.items()}
        return NonmetricityParts(trace, S, rest - S, first, second, A, B, norms)

    # -- connection ----------------------------------------------------------------------------------------------------

    def contortion(self, T: Any) -> Any:
        """``K_abc``, ``2 K_ab = i_a T_b - i_b T_a - (i_a i_b T_c) e^c``."""
        return (np.swapaxes(T, 0, 1) - T - np.swapaxes(T, 0, 2)) * self.ratio(1, 2)

    @staticmethod
    def antisymmetric_from(Q: Any) -> Any:
        """``q_abc``, ``q_ab = -(i_a Q_bc) e^c + (i_b Q_ac) e^c``."""
        # Q_acb - Q_bca.
        return np.swapaxes(Q, 1, 2) - np.moveaxis(Q, (0, 1, 2), (1, 2, 0))

    def distortion(self, T: Any, Q: Any) -> Any:
        """``L = K + q + Q``: what is added to the Levi-Civita connection."""
        return self.contortion(T) + self.antisymmetric_from(Q) + Q

    def pure_trace_distortion(self, T: Any, A: Any, B: Any, axial: Any) -> Any:
        """``U_b g_ac - W_a g_bc + A_c g_ab`` minus half the axial torsion, with ``U = T/(n-1) + A``, ``W = U - 2B``."""
        U = T * self.ratio(1, self.n - 1) + A
        W = U - B * self.ratio(2)
        plain = self.times_metric(U, "ac,b") - self.times_metric(W, "bc,a") + self.times_metric(A, "ab,c")
        return plain - axial * self.ratio(1, 2)

    def quadratic_curvature(self, L: Any) -> Any:
        """``-(L^a_ea L^eb_b - L^a_eb L^eb_a)``: what the curvature scalar is up to a divergence."""
        first = self.contract(L, 0, 2)
        second = self.contract(L, 1, 2)
        # L^a_eb L^eb_a: first factor a e b, second e b a.
        mixed = (self.all_raised(L, 3) * np.moveaxis(L, (0, 1, 2), (1, 2, 0))).sum(axis=(0, 1, 2))
        return mixed - self.product(first, second, 1)

    def divergence_vector(self, L: Any) -> Any:
        """``L^ab_b - L^ba_b``, whose divergence, with a minus sign, is the rest of the curvature scalar; index down."""
        return self.contract(L, 1, 2) - self.contract(L, 0, 2)

"""Fusion rings over a frame: propagation of linear constraints, branching, and associativity as an interval test.

Unknown are the numbers ``N(x, y, z) = dim Hom(1, x y z)`` among irreps of dimension two and more; products with linear
characters are fixed by the frame. Symmetry under permutations, conjugation and pairs of linear characters leaves few
of them. Restriction to N gives linear equations with non-negative coefficients; associativity is quadratic.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.budget import Budget
from symmeter.quantum.symmetry_bootstrap.linear_action import Frame
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["fusion_rings"]


def fusion_rings(known: KnownSubgroup, frame: Frame, budget: Budget) -> Iterator[Int[np.ndarray, "r r r"]]:
    """Every symmetric tensor ``N_RST`` that solves all constraints; rows as in ``frame.branching``."""
    problem = _Problem(known, frame)
    if problem.impossible:
        return
    yield from problem.solve(problem.low, problem.high, budget)


class _Problem:
    def __init__(self, known: KnownSubgroup, frame: Frame) -> None:
        self.m, self.s = frame.action.shape
        self.r = self.m + self.s
        self.base = self._fixed(frame)
        self.dual = self._dual(frame)
        self.labels, count = _variables(frame)
        self.equations, self.right = self._restriction(known, frame, count)
        dims = (frame.branching @ known.dims)[self.m :]
        self.low = np.zeros(count, dtype=np.int64)
        self.high = _upper_bounds(dims, self.labels, count)
        self.impossible = bool((self.right < 0).any())

    def _fixed(self, frame: Frame) -> np.ndarray:
        """The tensor with all entries that involve a linear character."""
        m, r = self.m, self.r
        group = frame.pointed.group
        tensor = np.zeros((r, r, r), dtype=np.int64)
        i, j = np.meshgrid(np.arange(m), np.arange(m), indexing="ij")
        tensor[i, j, group.inverses[group.table]] = 1
        if self.s:
            x = np.arange(self.s)
            for g in range(m):
                # lambda x y holds the trivial irrep when y is the conjugate of lambda x.
                y = frame.conjugate[frame.action[g]]
                for a, b, c in ((g, m + x, m + y), (m + x, g, m + y), (m + x, m + y, g)):
                    tensor[a, b, c] = 1
        return tensor

    def _dual(self, frame: Frame) -> np.ndarray:
        return np.concatenate([frame.pointed.group.inverses, self.m + frame.conjugate]).astype(np.intp)

    def _restriction(self, known: KnownSubgroup, frame: Frame, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Equations ``sum_z N(x, y, z) B(z*, c) = (rho_x rho_y)_c - linear part`` for orbit representatives x, y."""
        m, s = self.m, self.s
        if not s:
            return np.zeros((0, count), dtype=np.int64), np.zeros(0, dtype=np.int64)
        b = frame.branching
        others = b[m:]
        product = np.einsum("xa,yb,abc->xyc", others, others, known.fusion)
        # The part of x y that is linear: lambda with N(x, y, lambda*) = 1.
        linear = np.einsum("xyl,lc->xyc", self.base[m:, m:, :m], b[self.dual[:m]])
        right = product - linear
        bases = np.unique(frame.action.min(axis=0))
        rows, sides = [], []
        onehot = np.eye(count, dtype=np.int64)
        for x in bases.tolist():
            for y in range(s):
                # Coefficient of each variable in each sector c.
                coefficients = onehot[self.labels[x, y]].T @ others[frame.conjugate]
                rows.append(coefficients.T)
                sides.append(right[x, y])
        whole = np.concatenate([np.concatenate(rows), np.concatenate(sides)[:, None]], axis=1)
        whole = np.unique(whole, axis=0)
        return whole[:, :-1], whole[:, -1]

    def solve(self, low: np.ndarray, high: np.ndarray, budget: Budget) -> Iterator[np.ndarray]:
        budget.spend()
        bounds = self._propagate(low, high)
        if bounds is None:
            return
        low, high = bounds
        if not self._may_associate(low, high):
            return
        width = high - low
        if not width.any():
            yield self._tensor(low)
            return
        open_ = np.flatnonzero(width)
        v = int(open_[np.lexsort((-self.equations[:, open_].sum(axis=0), width[open_]))[0]])
        for value in range(int(high[v]), int(low[v]) - 1, -1):
            below, above = low.copy(), high.copy()
            below[v] = above[v] = value
            yield from self.solve(below, above, budget)

    def _propagate(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        e, right = self.equations, self.right
        if not len(right):
            return low, high
        divisor = np.where(e > 0, e, 1)
        unused = e == 0
        while True:
            spare = right - e @ low
            excess = e @ high - right
            if spare.min() < 0 or excess.min() < 0:
                return None
            up = np.where(unused, np.iinfo(np.int64).max // 4, low + spare[:, None] // divisor).min(axis=0)
            down = np.where(unused, 0, high - excess[:, None] // divisor).max(axis=0)
            new_high, new_low = np.minimum(high, up), np.maximum(low, down)
            if (new_low > new_high).any():
                return None
            if np.array_equal(new_high, high) and np.array_equal(new_low, low):
                return low, high
            low, high = new_low, new_high

    def _tensor(self, values: np.ndarray) -> np.ndarray:
        tensor = self.base.copy()
        if self.s:
            tensor[self.m :, self.m :, self.m :] = values[self.labels]
        return tensor

    def _may_associate(self, low: np.ndarray, high: np.ndarray) -> bool:
        """Whether ``sum_e N(a,b,e*) N(e,c,d)`` can be symmetric in b and c between the bounds."""
        r = self.r
        least, most = self._tensor(low).astype(float), self._tensor(high).astype(float)
        left = (least[:, :, self.dual].reshape(r * r, r) @ least.reshape(r, r * r)).reshape(r, r, r, r)
        right = (most[:, :, self.dual].reshape(r * r, r) @ most.reshape(r, r * r)).reshape(r, r, r, r)
        return bool((left <= right.transpose(0, 2, 1, 3) + 1e-9).all())


def _variables(frame: Frame) -> tuple[np.ndarray, int]:
    """Label of the variable of each triple of irreps of dimension two and more."""
    s = frame.action.shape[1]
    labels = np.arange(s**3).reshape(s, s, s)
    if not s:
        return labels, 0
    inverses = frame.pointed.group.inverses
    moves = [(frame.action[g], frame.action[inverses[g]]) for g in frame.pointed.group.generators]
    everything = np.arange(s)
    c = frame.conjugate
    while True:
        new = np.minimum(labels, labels.transpose(1, 0, 2))
        new = np.minimum(new, new.transpose(0, 2, 1))
        new = np.minimum(new, new[np.ix_(c, c, c)])
        for forth, back in moves:
            moved = new[np.ix_(forth, back, everything)]
            new = np.minimum(new, moved)
            # Both directions, so that the smallest label spreads over the whole class.
            spread = np.full_like(new, np.iinfo(np.int64).max)
            spread[np.ix_(forth, back, everything)] = new
            new = np.minimum(new, spread)
        if np.array_equal(new, labels):
            break
        labels = new
    values, labels = np.unique(labels, return_inverse=True)
    return labels.reshape(s, s, s), len(values)


def _upper_bounds(dims: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """``N(x, y, z) <= min(d_x d_y / d_z, ...)``: no irrep exceeds the room in a product."""
    s = len(dims)
    high = np.full(count, np.iinfo(np.int64).max)
    if s:
        x, y, z = np.meshgrid(dims, dims, dims, indexing="ij")
        bound = np.minimum(np.minimum(x * y // z, x * z // y), y * z // x)
        np.minimum.at(high, labels.ravel(), bound.ravel())
    return high

"""Irreducible representations of SU(N) as matrices, in the basis of Gelfand and Tsetlin.

A pattern is a triangle of integers whose rows interlace, the top row being the Young diagram. Raising and lowering
operators have square roots of rational numbers as entries, in closed form (Gelfand and Tsetlin 1950; Alex, Kalus,
Huckleberry and von Delft, J. Math. Phys. 52, 023507, 2011), and E_ij follow from commutators.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from itertools import product as cartesian
from math import prod

import numpy as np
from jaxtyping import Complex, Float, Int, Num

from symmeter.errors import ClosureError, InputError, ShapeError
from symmeter.groups.lie.generators import gell_mann

__all__ = ["SUIrrep"]

_CAP = 4_000


@dataclass(frozen=True)
class SUIrrep:
    """The irreducible representation of SU(N) with a given Young diagram.

    Attributes
    ----------
    partition : tuple of N int
        Lengths of the rows, falling; full columns are dropped, so that the last one is 0.

    Examples
    --------
    >>> octet = SUIrrep.from_dynkin((1, 1), 3)
    >>> octet, octet.dimension, octet.casimir
    (SUIrrep(partition=(2, 1, 0)), 8, Fraction(3, 1))
    >>> SUIrrep((1, 1, 0, 0)).dimension
    6
    """

    partition: tuple[int, ...]

    def __post_init__(self) -> None:
        rows = tuple(self.partition)
        if len(rows) < 2 or any(isinstance(x, bool) or not isinstance(x, (int, np.integer)) for x in rows):
            raise InputError(f"a Young diagram of SU(N) is N >= 2 integers, the lengths of its rows; got {rows!r}")
        if any(a < b for a, b in pairwise(rows)):
            raise InputError(f"the rows of a Young diagram must not grow: {rows}")
        object.__setattr__(self, "partition", tuple(int(x - rows[-1]) for x in rows))

    @classmethod
    def from_dynkin(cls, labels: tuple[int, ...], n: int | None = None) -> SUIrrep:
        """From the N - 1 Dynkin labels, differences of neighbouring rows."""
        if n is not None and len(labels) != n - 1:
            raise ShapeError(f"SU({n}) has {n - 1} Dynkin labels; got {len(labels)}: {tuple(labels)}")
        if any(int(x) != x or x < 0 for x in labels):
            raise InputError(f"Dynkin labels are integers >= 0; got {tuple(labels)}")
        return cls(tuple(int(sum(labels[k:])) for k in range(len(labels) + 1)))

    @property
    def n(self) -> int:
        """N of SU(N)."""
        return len(self.partition)

    @property
    def dynkin(self) -> tuple[int, ...]:
        return tuple(a - b for a, b in pairwise(self.partition))

    @cached_property
    def dimension(self) -> int:
        """Dimension, by Weyl's formula."""
        rows, n = self.partition, self.n
        pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
        return prod(rows[i] - rows[j] + j - i for i, j in pairs) // prod(j - i for i, j in pairs)

    @property
    def casimir(self) -> Fraction:
        """Quadratic Casimir ``sum_a T_a T_a`` with tr T_a T_b = 1/2 in the fundamental representation."""
        n, boxes = self.n, sum(self.partition)
        total = sum(x * (x - 2 * (i + 1) + n + 1) for i, x in enumerate(self.partition))
        return (total - Fraction(boxes**2, n)) / 2

    @property
    def n_ality(self) -> int:
        """Boxes modulo N: how the centre acts."""
        return sum(self.partition) % self.n

    @property
    def is_self_conjugate(self) -> bool:
        return self.dynkin == self.dynkin[::-1]

    @property
    def conjugate(self) -> SUIrrep:
        """The dual representation."""
        return SUIrrep.from_dynkin(self.dynkin[::-1])

    def tensor(self, other: SUIrrep) -> dict[SUIrrep, int]:
        """Irreducible parts of the tensor product with multiplicities, large ones first."""
        from symmeter.groups.lie.weights import RootSystem

        if other.n != self.n:
            raise InputError(f"the factors belong to SU({self.n}) and SU({other.n}); they must belong to one group")
        found = RootSystem("A", self.n - 1).tensor_product(self.dynkin, other.dynkin)
        return {SUIrrep.from_dynkin(labels): m for labels, m in found.items()}

    @cached_property
    def patterns(self) -> Int[np.ndarray, "d p"]:
        """Gelfand-Tsetlin patterns as rows of integers, the top row of the triangle first; state 0 is the highest."""
        if self.dimension > _CAP:
            raise ClosureError(f"the representation has dimension {self.dimension}; patterns are listed up to {_CAP}")
        found: list[tuple[int, ...]] = [self.partition]
        start = 0
        for length in range(self.n - 1, 0, -1):
            longer = []
            for p in found:
                row = p[start : start + length + 1]
                below = cartesian(*(range(row[k], row[k + 1] - 1, -1) for k in range(length)))
                longer += [(*p, *b) for b in below]
            found, start = longer, start + length + 1
        out = np.array(found)
        out.setflags(write=False)
        return out

    def _row(self, length: int) -> slice:
        start = sum(range(length + 1, self.n + 1))
        return slice(start, start + length)

    @cached_property
    def weights(self) -> Int[np.ndarray, "d n"]:
        """Eigenvalues of E_11, ..., E_NN on each state, as for the polynomial representation of U(N)."""
        sums = [np.zeros(len(self.patterns), dtype=int)]
        sums += [self.patterns[:, self._row(length)].sum(axis=1) for length in range(1, self.n + 1)]
        return np.diff(np.array(sums), axis=0).T

    @cached_property
    def _lowering(self) -> list[np.ndarray]:
        """E_(l+1, l) for l = 1, ..., N - 1."""
        place = {tuple(p): i for i, p in enumerate(self.patterns.tolist())}
        out = []
        for length in range(1, self.n):
            m = np.zeros((self.dimension, self.dimension))
            # Shifted entries, in which all differences of the formula are plain.
            mine = self.patterns[:, self._row(length)] - np.arange(length)
            above = self.patterns[:, self._row(length + 1)] - np.arange(length + 1)
            below = self.patterns[:, self._row(length - 1)] - np.arange(length - 1) if length > 1 else mine[:, :0]
            for k in range(length):
                x = mine[:, k, None]
                others = np.delete(mine, k, axis=1)
                top = -np.prod(above - x + 1, axis=1, dtype=float) * np.prod(below - x, axis=1, dtype=float)
                bottom = np.prod((others - x + 1) * (others - x), axis=1, dtype=float)
                moved = self.patterns.copy()
                moved[:, self._row(length).start + k] -= 1
                for i, target in enumerate(map(tuple, moved.tolist())):
                    j = place.get(target)
                    if j is not None:
                        m[j, i] = np.sqrt(top[i] / bottom[i])
            out.append(m)
        return out

    @cached_property
    def elementary(self) -> Float[np.ndarray, "n n d d"]:
        """Images of the matrix units, ``E[i, j]``; traces are those of U(N), to be combined tracelessly."""
        n, d = self.n, self.dimension
        e = np.zeros((n, n, d, d))
        for i in range(n):
            e[i, i] = np.diag(self.weights[:, i])
        for low, m in enumerate(self._lowering):
            e[low + 1, low] = m
        for gap in range(2, n):
            for j in range(n - gap):
                i = j + gap
                e[i, j] = e[i, i - 1] @ e[i - 1, j] - e[i - 1, j] @ e[i, i - 1]
        for i in range(n):
            for j in range(i + 1, n):
                e[i, j] = e[j, i].T
        e.setflags(write=False)
        return e

    def algebra(self, X: Num[np.ndarray, "... n n"]) -> Complex[np.ndarray, "... d d"]:
        """Image of traceless matrices X, linear in X.

        Raises
        ------
        InputError
            For a matrix with a trace.
        """
        from symmeter.groups.lie.batches import as_matrices

        X = as_matrices(X, "X", self.n)
        trace = np.abs(np.einsum("...ii->...", X)).max(initial=0.0)
        if trace > 1e-9 * max(1.0, np.abs(X).max(initial=0.0)):
            raise InputError(f"elements of the algebra of SU({self.n}) are traceless; the trace is {trace:.3g}")
        return np.tensordot(X.astype(complex), self.elementary, axes=2)

    @cached_property
    def generators(self) -> Complex[np.ndarray, "k d d"]:
        """Hermitian images T_a of half the Gell-Mann matrices; ``[T_a, T_b] = i f_abc T_c``."""
        return self.algebra(gell_mann(self.n) / 2)

    def __call__(self, g: Complex[np.ndarray, "... n n"]) -> Complex[np.ndarray, "... d d"]:
        """Unitary matrices of elements of SU(N)."""
        from symmeter.groups.lie.compact import SU
        from symmeter.groups.lie.exponential import exp_skew
        from symmeter.groups.lie.rotations import log_special_unitary

        # Any of the logarithms gives the same matrix, since the group is simply connected.
        X = log_special_unitary(SU(self.n).check(g), on_cut="choose")
        return exp_skew(self.algebra(X))

    def character(self, angles: Float[np.ndarray, "... n"]) -> Complex[np.ndarray, "..."]:
        """Trace at ``diag(exp(i angles))``, whose angles must add up to a multiple of 2 pi."""
        angles = np.asarray(angles, dtype=float)
        return np.exp(1j * angles @ self.weights.T).sum(axis=-1)

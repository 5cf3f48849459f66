"""Weights of the irreducible representations of simple Lie algebras, from the Cartan matrix alone.

Weights are written by Dynkin labels, integers; the numbering of the simple roots is Bourbaki's. Dimensions are exact
integers (Weyl), multiplicities come from Freudenthal's recursion and tensor products from Klimyk's formula (Humphreys,
Introduction to Lie Algebras and Representation Theory, sections 13, 22, 24).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import prod

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, InputError, ShapeError, UnknownNameError, nearest_name

__all__ = ["RootSystem"]

Weight = tuple[int, ...]

_SIZES = {"A": 1, "B": 1, "C": 1, "D": 2, "E": 6, "F": 4, "G": 2}
_CLASSICAL = [
    *(("su", n) for n in range(2, 10)),
    *(("so", n) for n in range(3, 11)),
    *(("sp", n) for n in (2, 4, 6, 8)),
]
_ALIASES = re.compile(r"(su|so|sp|SU|SO|Sp|SP)\((\d+)\)")


@dataclass(frozen=True)
class RootSystem:
    """Root system of type A to G, by its Cartan name; :meth:`of` also reads "su(3)", "so(5)" and "sp(4)".

    Attributes
    ----------
    series : str
    rank : int

    Examples
    --------
    >>> su3 = RootSystem.of("su(3)")
    >>> su3, su3.dimension((1, 1)), su3.weights((1, 0))
    (RootSystem(series='A', rank=2), 8, {(1, 0): 1, (-1, 1): 1, (0, -1): 1})
    """

    series: str
    rank: int

    def __post_init__(self) -> None:
        most = {"E": 8, "F": 4, "G": 2}.get(self.series, 10**6)
        if self.series not in _SIZES or not _SIZES[self.series] <= self.rank <= most:
            raise UnknownNameError(
                f"{self.series}{self.rank} is not a simple type; choose A1.., B1.., C1.., D2.. (D2 is A1 + A1), "
                "E6-E8, F4 or G2"
            )

    @classmethod
    def of(cls, name: str) -> RootSystem:
        """From "A2", "su(3)", "so(5)", "sp(4)", "G2" and the like."""
        text = name.strip()
        classical = _ALIASES.fullmatch(text)
        if classical:
            kind, n = classical[1].lower(), int(classical[2])
            if kind == "su" and n >= 2:
                return cls("A", n - 1)
            if kind == "so" and n >= 3:
                return cls("B", n // 2) if n % 2 else cls("D", n // 2)
            if kind == "sp" and n >= 2 and n % 2 == 0:
                return cls("C", n // 2)
        plain = re.fullmatch(r"([A-Ga-g])(\d+)", text)
        if not plain:
            close = nearest_name(text, [f"{k}({n})" for k, n in _CLASSICAL])
            hint = f"did you mean {close!r}? " if close else ""
            raise UnknownNameError(
                f'no simple Lie algebra is called {name!r}; {hint}names are written "A2", "su(3)", "so(5)", "sp(4)"'
            )
        return cls(plain[1].upper(), int(plain[2]))

    @cached_property
    def cartan_matrix(self) -> Int[np.ndarray, "r r"]:
        """``A[i, j] = 2 <a_i, a_j> / <a_j, a_j>``: row i holds the Dynkin labels of the simple root a_i."""
        r, s = self.rank, self.series
        a = 2 * np.eye(r, dtype=int)

        def join(i: int, j: int, down: int = -1, up: int = -1) -> None:
            a[i, j], a[j, i] = down, up

        if s == "E":
            chain = [0, 2, 3, 4, 5, 6, 7][: r - 1]
            for i, j in pairwise(chain):
                join(i, j)
            join(1, 3)
            return a
        for i in range(r - 1):
            join(i, i + 1)
        if s == "B" and r > 1:
            join(r - 2, r - 1, down=-2)
        elif s == "C" and r > 1:
            join(r - 2, r - 1, up=-2)
        elif s == "D":
            join(r - 2, r - 1, 0, 0)
            if r > 2:
                join(r - 3, r - 1)
        elif s == "F":
            join(1, 2, down=-2)
        elif s == "G":
            join(0, 1, up=-3)
        return a

    @cached_property
    def _half_lengths(self) -> tuple[Fraction, ...]:
        """Half the squared length of each simple root, long ones having 1."""
        half: list[Fraction | None] = [None] * self.rank
        a = self.cartan_matrix
        for start in range(self.rank):
            if half[start] is not None:
                continue
            half[start], queue = Fraction(1), [start]
            while queue:
                i = queue.pop()
                for j in range(self.rank):
                    if i != j and a[i, j] and half[j] is None:
                        # A[i, j] <a_j, a_j> = A[j, i] <a_i, a_i>.
                        half[j] = half[i] * Fraction(int(a[j, i]), int(a[i, j]))  # type: ignore[operator]
                        queue.append(j)
        longest = max(h for h in half if h is not None)
        return tuple(h / longest for h in half if h is not None)

    @cached_property
    def _positive(self) -> list[tuple[int, ...]]:
        """Positive roots as sums of simple ones, by height."""
        a, r = self.cartan_matrix, self.rank
        level = [tuple(int(i == j) for j in range(r)) for i in range(r)]
        known, out = set(level), list(level)
        while level:
            upper = []
            for root in level:
                labels = np.array(root) @ a
                for i in range(r):
                    # How far the string through this root goes down decides whether it goes up.
                    down, below = 0, list(root)
                    while True:
                        below[i] -= 1
                        if tuple(below) not in known:
                            break
                        down += 1
                    if down - labels[i] > 0:
                        above = tuple(root[j] + (i == j) for j in range(r))
                        if above not in known:
                            known.add(above)
                            upper.append(above)
            out += upper
            level = upper
        return out

    @property
    def positive_roots(self) -> Int[np.ndarray, "p r"]:
        """Dynkin labels of the positive roots, simple ones first."""
        return np.array(self._positive) @ self.cartan_matrix

    @property
    def algebra_dimension(self) -> int:
        """Dimension of the Lie algebra."""
        return self.rank + 2 * len(self._positive)

    def inner(self, one: Weight, other: Weight) -> Fraction:
        """Inner product of two weights; long roots have squared length 2."""
        return sum(
            (Fraction(int(x)) * self._half_lengths[i] * c for i, (x, c) in enumerate(zip(one, self._in_roots(other)))),
            Fraction(0),
        )

    @cached_property
    def _inverse_cartan(self) -> list[list[Fraction]]:
        r = self.rank
        both = np.concatenate([self.cartan_matrix, np.eye(r, dtype=int)], axis=1)
        rows = [[Fraction(int(x)) for x in row] for row in both]
        for i in range(r):
            pivot = next(k for k in range(i, r) if rows[k][i])
            rows[i], rows[pivot] = rows[pivot], rows[i]
            rows[i] = [x / rows[i][i] for x in rows[i]]
            for k in range(r):
                if k != i and rows[k][i]:
                    rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i])]
        return [row[r:] for row in rows]

    def _in_roots(self, weight: Weight) -> list[Fraction]:
        columns = zip(*self._inverse_cartan)
        return [sum((int(w) * x for w, x in zip(weight, column)), Fraction(0)) for column in columns]

    def _highest(self, labels: Weight) -> Weight:
        try:
            weight = tuple(int(x) for x in labels)
        except (TypeError, ValueError):
            raise InputError(f"Dynkin labels are {self.rank} integers; got {labels!r}") from None
        if len(weight) != self.rank:
            raise ShapeError(f"{self.series}{self.rank} has {self.rank} Dynkin labels; got {len(weight)}: {weight}")
        if weight != tuple(labels) or min(weight) < 0:
            raise InputError(f"the Dynkin labels of an irreducible representation are integers >= 0; got {labels!r}")
        return weight

    def dimension(self, labels: Weight) -> int:
        """Dimension of the representation with this highest weight, by Weyl's formula.

        Examples
        --------
        >>> RootSystem("E", 8).dimension((0, 0, 0, 0, 0, 0, 0, 1))
        248
        """
        weight = self._highest(labels)
        half = self._half_lengths
        top = prod((sum((w + 1) * c * h for w, c, h in zip(weight, root, half)) for root in self._positive), start=1)
        bottom = prod((sum(c * h for c, h in zip(root, half)) for root in self._positive), start=1)
        return int(Fraction(top) / Fraction(bottom))

    def casimir(self, labels: Weight) -> Fraction:
        """Quadratic Casimir ``<w, w + 2 rho> / 2``: j (j + 1) for su(2), (N^2 - 1) / 2N for the fundamental of su(N).

        Examples
        --------
        >>> RootSystem.of("su(3)").casimir((1, 0))
        Fraction(4, 3)
        """
        weight = self._highest(labels)
        return self.inner(weight, tuple(w + 2 for w in weight)) / 2

    def index(self, labels: Weight) -> Fraction:
        """Dynkin index T, ``tr T_a T_b = T delta_ab``: 1/2 for the fundamental of su(N)."""
        return self.casimir(labels) * self.dimension(labels) / self.algebra_dimension

    def weights(self, labels: Weight, cap: int = 20_000) -> dict[Weight, int]:
        """Weights with multiplicities, the highest first, in order of falling height.

        Raises
        ------
        ClosureError
            If there are more than ``cap`` different weights.
        """
        highest = self._highest(labels)
        rows = [tuple(int(x) for x in row) for row in self.cartan_matrix]
        # Lengths in units in which all are integers: short roots have 1.
        unit = min(self._half_lengths)
        half = [int(h / unit) for h in self._half_lengths]
        roots = [
            (tuple(int(x) for x in root), [c * h for c, h in zip(simple, half)])
            for root, simple in zip(self.positive_roots, self._positive)
        ]
        out: dict[Weight, int] = {highest: 1}
        level: dict[Weight, tuple[int, ...]] = {highest: (0,) * self.rank}
        while level:
            lower: dict[Weight, tuple[int, ...]] = {}
            for weight, depth in level.items():
                for i, row in enumerate(rows):
                    below = tuple(w - a for w, a in zip(weight, row))
                    if below not in lower:
                        lower[below] = (*depth[:i], depth[i] + 1, *depth[i + 1 :])
            level = {}
            for weight, depth in lower.items():
                total = 0
                for root, scaled in roots:
                    above = tuple(w + r for w, r in zip(weight, root))
                    while above in out:
                        total += out[above] * sum(w * x for w, x in zip(above, scaled))
                        above = tuple(w + r for w, r in zip(above, root))
                if total:
                    # |highest + rho|^2 - |weight + rho|^2, their difference being a sum of simple roots.
                    gap = sum(d * h * (x + w + 2) for d, h, x, w in zip(depth, half, highest, weight))
                    out[weight], level[weight] = 2 * total // gap, depth
            if len(out) > cap:
                raise ClosureError(f"the representation {highest} has more than cap={cap} weights; raise cap=")
        return out

    def tensor_product(self, one: Weight, other: Weight) -> dict[Weight, int]:
        """Highest weights in the product of two irreducible representations, with multiplicities.

        Examples
        --------
        >>> RootSystem.of("su(3)").tensor_product((1, 0), (0, 1))
        {(1, 1): 1, (0, 0): 1}
        """
        one, other = self._highest(one), self._highest(other)
        if self.dimension(one) < self.dimension(other):
            one, other = other, one
        found: Counter[Weight] = Counter()
        for weight, multiplicity in self.weights(other).items():
            shifted = [a + b + 1 for a, b in zip(one, weight)]
            sign = self._to_chamber(shifted)
            if sign:
                found[tuple(x - 1 for x in shifted)] += sign * multiplicity
        kept = {w: m for w, m in found.items() if m}
        return dict(sorted(kept.items(), key=lambda item: (-self.dimension(item[0]), [-x for x in item[0]])))

    def _to_chamber(self, weight: list[int]) -> int:
        """Reflect into the dominant chamber, in place; the sign of the Weyl element, 0 on a wall."""
        sign = 1
        while True:
            if 0 in weight:
                return 0
            negative = next((i for i, w in enumerate(weight) if w < 0), None)
            if negative is None:
                return sign
            step = weight[negative]
            for j in range(self.rank):
                weight[j] -= step * int(self.cartan_matrix[negative, j])
            sign = -sign

    def conjugate(self, labels: Weight) -> Weight:
        """Highest weight of the dual representation.

        Examples
        --------
        >>> RootSystem("A", 3).conjugate((2, 1, 0))
        (0, 1, 2)
        """
        weight = self._highest(labels)
        lowest = [-w for w in weight]
        # The dual's highest weight is minus the lowest weight, which is the reflection of the highest one.
        while (i := next((i for i, w in enumerate(lowest) if w < 0), None)) is not None:
            step = lowest[i]
            lowest = [w - step * int(a) for w, a in zip(lowest, self.cartan_matrix[i])]
        return tuple(lowest)

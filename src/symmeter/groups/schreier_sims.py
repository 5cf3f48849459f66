"""Base and strong generating set of a permutation group, without listing its elements.

A random Schreier-Sims pass builds the chain quickly; a deterministic pass then sifts every Schreier generator, in
batches of rows, so that the result is certain (Seress, Permutation Group Algorithms 2003, sections 4.2 and 4.5). Two
certain shortcuts: transpositions generate symmetric groups of their components, and a transitive group that holds an
element with a cycle of prime length p, n/2 < p < n - 2, contains the alternating group (Jordan 1873).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial, prod

import numpy as np
from jaxtyping import Int

from symmeter.groups.orbits import UnionFind, orbit_labels
from symmeter.groups.stabilizer_chain import ShortTransversal, StabilizerChain, Transversal, sift, transversal

__all__ = ["alternating_chain", "schreier_sims", "symmetric_chain"]

_GIANT_TRIALS = 100
_QUIET_SIFTS = 10
_BATCH_ENTRIES = 1 << 21


def schreier_sims(
    generators: Int[np.ndarray, "g n"],
    degree: int,
    base: Sequence[int] = (),
    order: int | None = None,
    sampler: Callable[[], np.ndarray] | None = None,
) -> StabilizerChain:
    """Stabilizer chain of the group that the rows generate.

    Parameters
    ----------
    generators : int array of shape (g, n)
    degree : int
    base : sequence of int
        Points that the base shall start with, redundant ones included.
    order : int, optional
        The order where it is known; no deterministic pass is needed then.
    sampler : callable, optional
        Gives uniform random elements of the group; made from the generators when omitted.
    """
    base = list(base)
    moving = generators[(generators != np.arange(degree)).any(axis=1)]
    if not len(moving):
        return _empty_chain(degree, base)
    labels = orbit_labels(moving, degree)
    if (moving != np.arange(degree)).sum(axis=1).max() == 2:
        return symmetric_chain(labels, base)
    if sampler is None:
        sampler = _ProductReplacement(moving, np.random.default_rng(20_605))
    bound = prod(factorial(int(size)) for size in np.bincount(labels))
    one_orbit = (np.bincount(labels) > 1).sum() == 1
    if order is None and one_orbit and _holds_alternating(labels, sampler):
        odd = any((g.size - len(_cycle_lengths(g))) % 2 for g in moving)
        order = bound if odd else bound // 2
    if order == bound:
        return symmetric_chain(labels, base)
    if order is not None and 2 * order == bound and one_orbit:
        # The alternating group is the only subgroup of index two in a symmetric group.
        return alternating_chain(labels, base)
    return _Builder(degree, base, moving).run(sampler, order, bound)


def symmetric_chain(labels: Int[np.ndarray, " n"], base: Sequence[int] = ()) -> StabilizerChain:
    """Direct product of the symmetric groups of the classes of points with equal labels."""
    degree = len(labels)
    sequence = [*base, *(int(i) for i in np.setdiff1d(np.arange(degree), base))]
    levels: list[Transversal] = []
    rest = np.ones(degree, dtype=bool)
    for at, b in enumerate(sequence):
        rest[b] = False
        others = np.flatnonzero(rest & (labels == labels[b]))
        if others.size or at < len(base):
            levels.append(ShortTransversal(b, np.concatenate([[b], others]), degree))
    rows, depths = [], []
    for depth, t in enumerate(levels):
        # The next base point of the class, so that deeper generators complete the symmetric group.
        deeper = (u.base for u in levels[depth + 1 :] if t.position[u.base] > 0)
        partner = next(deeper, int(t.orbit[-1]))
        if partner != t.base:
            row = np.arange(degree)
            row[[t.base, partner]] = partner, t.base
            rows.append(row)
            depths.append(depth)
    return _chain(degree, levels, rows, depths)


def alternating_chain(labels: Int[np.ndarray, " n"], base: Sequence[int] = ()) -> StabilizerChain:
    """Alternating group of the one class of points with equal labels that has more than two points."""
    degree = len(labels)
    domain = np.flatnonzero(labels == np.bincount(labels).argmax())
    sequence = [*base, *(int(i) for i in np.setdiff1d(domain, base))]
    levels: list[Transversal] = []
    rows, depths = [], []
    rest = domain
    for at, b in enumerate(sequence):
        inside = b in rest
        rest = rest[rest != b]
        if inside and rest.size >= 2:
            levels.append(ShortTransversal(b, np.concatenate([[b], rest]), degree, even=True))
            # The cycles (b y z) with consecutive y generate, with those of deeper levels, the alternating group.
            rows.extend(levels[-1].elements(np.array([1])))
            depths.append(len(levels) - 1)
        elif at < len(base):
            levels.append(ShortTransversal(b, np.array([b]), degree))
    return _chain(degree, levels, rows, depths)


def _chain(degree: int, levels: Sequence[Transversal], rows: list, depths: list) -> StabilizerChain:
    return StabilizerChain(
        degree,
        tuple(t.base for t in levels),
        np.array(rows, dtype=np.intp).reshape(-1, degree),
        np.array(depths, dtype=np.intp),
        tuple(t.orbit.size for t in levels),
        tuple(levels),
    )


def _empty_chain(degree: int, base: Sequence[int]) -> StabilizerChain:
    return _chain(degree, [ShortTransversal(b, np.array([b]), degree) for b in base], [], [])


class _ProductReplacement:
    """Nearly uniform random elements by product replacement with an accumulator (Leedham-Green and Murray 2002).

    The pool starts from random subproducts, which mixes quickly when there are many generators of small support; a
    step also multiplies in one of the generators, so that no proper subgroup holds all that is drawn.
    """

    def __init__(self, generators: np.ndarray, rng: np.random.Generator) -> None:
        self._generators = generators
        self._rng = rng
        self._pool = [self._subproduct() for _ in range(12)]
        self._accumulator = np.arange(generators.shape[1])
        for _ in range(40):
            self()

    def _subproduct(self) -> np.ndarray:
        chosen = self._rng.permutation(len(self._generators))[self._rng.random(len(self._generators)) < 0.5]
        product = self._generators[self._rng.integers(len(self._generators))]
        for k in chosen:
            product = product[self._generators[k]]
        return product

    def __call__(self) -> np.ndarray:
        pool, rng = self._pool, self._rng
        i = int(rng.integers(len(pool)))
        j = (i + 1 + int(rng.integers(len(pool) - 1))) % len(pool)
        other = pool[j] if rng.random() < 0.5 else np.argsort(pool[j])
        pool[i] = pool[i][other] if rng.random() < 0.5 else other[pool[i]]
        pool[j] = pool[j][self._generators[rng.integers(len(self._generators))]]
        self._accumulator = self._accumulator[pool[i]]
        return self._accumulator


def _holds_alternating(labels: np.ndarray, sampler: Callable[[], np.ndarray]) -> bool:
    """Whether a group with one non-trivial orbit certainly holds the alternating group of it; False may be wrong."""
    n = int(np.bincount(labels).max())
    lengths = set(_primes(n // 2 + 1, n - 3))
    return bool(lengths) and any(lengths.intersection(_cycle_lengths(sampler())) for _ in range(_GIANT_TRIALS))


def _primes(low: int, high: int) -> list[int]:
    return [p for p in range(max(low, 2), high + 1) if all(p % q for q in range(2, int(p**0.5) + 1))]


def _cycle_lengths(images: np.ndarray) -> list[int]:
    left = images.tolist()
    lengths = []
    for start in range(len(left)):
        point, length = start, 0
        while left[point] >= 0:
            left[point], point = -1, left[point]
            length += 1
        if length:
            lengths.append(length)
    return lengths


class _Level:
    """A basic orbit that grows as generators are added."""

    def __init__(self, base: int, degree: int) -> None:
        self.base = base
        self.degree = degree
        self.generators: list[np.ndarray] = []
        self.transversal: Transversal = ShortTransversal(base, np.array([base]), degree)

    def add(self, generator: np.ndarray) -> None:
        self.generators.append(generator)
        t = self.transversal
        if (t.position[generator[t.orbit]] < 0).any():
            self.transversal = transversal(self.base, np.array(self.generators))

    @property
    def size(self) -> int:
        return self.transversal.orbit.size


class _Builder:
    def __init__(self, degree: int, base: Sequence[int], generators: np.ndarray) -> None:
        self.degree = degree
        self.given = generators
        self.identity = np.arange(degree)
        self.levels = [_Level(b, degree) for b in base]
        self.rows: list[np.ndarray] = []
        self.depths: list[int] = []

    def run(self, sampler: Callable[[], np.ndarray], order: int | None, bound: int) -> StabilizerChain:
        for g in self.given:
            self.insert(g)
        while True:
            self.random_pass(sampler, order if order is not None else bound)
            if self.order() == order or self.order() == bound:
                break
            if order is None:
                self.prune()
                if self.verify():
                    break
        return _chain(self.degree, [level.transversal for level in self.levels], self.rows, self.depths)

    def order(self) -> int:
        return prod(level.size for level in self.levels)

    def insert(self, row: np.ndarray) -> bool:
        """Sift a member of the group and keep what is left as a strong generator; whether anything was left."""
        residues, depths = sift([level.transversal for level in self.levels], row[None, :])
        residue, depth = residues[0], int(depths[0])
        moved = np.flatnonzero(residue != self.identity)
        if not moved.size:
            return False
        if depth == len(self.levels):
            self.levels.append(_Level(int(moved[0]), self.degree))
        self.rows.append(residue)
        self.depths.append(depth)
        for level in self.levels[: depth + 1]:
            level.add(residue)
        return True

    def random_pass(self, sampler: Callable[[], np.ndarray], target: int) -> None:
        quiet = 0
        while quiet < _QUIET_SIFTS and self.order() != target:
            quiet = 0 if self.insert(sampler()) else quiet + 1

    def prune(self) -> None:
        """Drop strong generators that no basic orbit needs: verification costs one sift a generator and point."""
        union = UnionFind(self.degree)
        kept: list[int] = []
        for depth in reversed(range(len(self.levels))):
            orbit = self.levels[depth].transversal.orbit.tolist()
            for at in (i for i, d in enumerate(self.depths) if d == depth):
                if len({union.find(x) for x in orbit}) == 1:
                    break
                if union.merge_orbits(self.rows[at]):
                    kept.append(at)
        self.rows = [self.rows[i] for i in kept]
        self.depths = [self.depths[i] for i in kept]
        for depth, level in enumerate(self.levels):
            level.generators = [r for r, d in zip(self.rows, self.depths) if d >= depth]
            if level.generators:
                level.transversal = transversal(level.base, np.array(level.generators))

    def verify(self) -> bool:
        """Sift the Schreier generators of every level, deepest first, and the given generators; insert a failure."""
        transversals = [level.transversal for level in self.levels]
        for depth in reversed(range(len(self.levels))):
            level = self.levels[depth]
            t = level.transversal
            step = max(1, _BATCH_ENTRIES // self.degree)
            for first in range(0, t.orbit.size, step):
                u = t.elements(np.arange(first, min(first + step, t.orbit.size)))
                for s in level.generators:
                    if not self._absorb(sift(transversals, s[u], depth)):
                        return False
        return self._absorb(sift(transversals, self.given))

    def _absorb(self, sifted: tuple[np.ndarray, np.ndarray]) -> bool:
        residues, _ = sifted
        bad = np.flatnonzero((residues != self.identity).any(axis=1))
        for i in bad[:3]:
            self.insert(residues[i])
        return not bad.size

"""Roots from weight diagrams: the reflections that keep every diagram, and Freudenthal's formula to check them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Roots", "find_roots", "weight_diagram"]

Weight = tuple[int, ...]
_CLOSE = 1e-8
_MOST_DIRECTIONS = 400


@dataclass(frozen=True, eq=False)
class Roots:
    """A root system in the coordinates of the charges.

    Attributes
    ----------
    vectors : int array of shape (n, r)
        All roots, positive and negative, in units in which charges are integers.
    form : array of shape (r, r)
        An inner product that the reflections keep.
    """

    vectors: Int[np.ndarray, "n r"]
    form: Float[np.ndarray, "r r"]

    @cached_property
    def _height(self) -> np.ndarray:
        """A generic functional: it tells positive roots from negative ones."""
        return np.random.default_rng(5).random(self.vectors.shape[1]) + 0.5 ** np.arange(self.vectors.shape[1]) * 4

    @cached_property
    def positive(self) -> Int[np.ndarray, "n r"]:
        return self.vectors[self.vectors @ self._height > 0]

    @cached_property
    def simple(self) -> Int[np.ndarray, "l r"]:
        """Positive roots that are no sum of two positive ones."""
        rows = {tuple(v) for v in self.positive.tolist()}
        sums = {tuple(np.add(a, b).tolist()) for a, b in combinations(rows, 2)}
        return np.array(sorted(rows - sums))

    @property
    def rank(self) -> int:
        return len(self.simple)

    def height(self, weight: Sequence[int]) -> float:
        return float(np.dot(weight, self._height))

    @cached_property
    def components(self) -> list[Roots]:
        """Irreducible parts."""
        left = list(range(len(self.vectors)))
        gram = np.abs(self.vectors @ self.form @ self.vectors.T) > _CLOSE * np.abs(self.form).max()
        parts = []
        while left:
            queue = [left.pop(0)]
            for i in queue:
                joined = [j for j in left if gram[i, j]]
                queue += joined
                left = [j for j in left if j not in joined]
            parts.append(Roots(self.vectors[sorted(queue)], self.form))
        return parts


def find_roots(diagrams: Sequence[Mapping[Weight, int]]) -> Roots | None:
    """The largest root system whose reflections keep all diagrams and make each the diagram of one irrep.

    Parameters
    ----------
    diagrams : sequence of mappings
        Weight (integers) to multiplicity.
    """
    form = _invariant_form(diagrams)
    candidates = _directions(diagrams)
    kept = [a for a in candidates if all(_keeps(a, form, d) for d in diagrams)]
    if not kept:
        return None
    whole = np.array([v for a in kept for v in (a, [-x for x in a])])
    # Diagrams that look alike in several ways may keep too many reflections: drop lengths until all are irreps.
    length = np.round(np.einsum("ni,ij,nj->n", whole, form, whole), 9)
    for subset in _subsets(sorted(set(length.tolist()))):
        part = whole[np.isin(length, subset)]
        roots = Roots(part, form)
        if _is_closed(part, form) and all(weight_diagram(roots, d)[1] == dict(d) for d in diagrams):
            return roots
    return None


def _subsets(lengths: list[float]):
    for size in range(len(lengths), 0, -1):
        yield from combinations(lengths, size)


def _invariant_form(diagrams: Sequence[Mapping[Weight, int]]) -> np.ndarray:
    """The inverse of the second moments of all weights: reflections keep both."""
    rank = len(next(iter(diagrams[0])))
    moments = np.zeros((rank, rank))
    for d in diagrams:
        w = np.array(list(d), dtype=float)
        m = np.array(list(d.values()), dtype=float)
        w = w - (m @ w) / m.sum()
        # Diagrams of each size weigh the same, so that no factor of the group dominates.
        moments += (w * m[:, None]).T @ w / m.sum()
    return np.linalg.pinv(moments / max(np.trace(moments), 1e-300) * rank, rcond=1e-9)


def _directions(diagrams: Sequence[Mapping[Weight, int]]) -> list[Weight]:
    """The shortest difference of two weights of one diagram along each line."""
    shortest: dict[Weight, Weight] = {}
    for d in sorted(diagrams, key=len):
        for u, v in combinations(d, 2):
            difference = np.subtract(u, v)
            g = int(np.gcd.reduce(difference))
            line = difference // g
            first = line[np.flatnonzero(line)[0]]
            key = tuple((line * np.sign(first)).tolist())
            step = tuple((np.abs(g) * np.array(key)).tolist())
            if key not in shortest or sum(map(abs, step)) < sum(map(abs, shortest[key])):
                shortest[key] = step
        if len(shortest) > _MOST_DIRECTIONS:
            break
    return list(shortest.values())


def _keeps(root: Weight, form: np.ndarray, diagram: Mapping[Weight, int]) -> bool:
    """Whether the reflection along a root maps a diagram to itself, about its centre."""
    a = np.array(root, dtype=float)
    norm = a @ form @ a
    if norm < _CLOSE:
        return False
    w = np.array(list(diagram), dtype=float)
    m = np.array(list(diagram.values()))
    centre = (m @ w) / m.sum()
    shifted = w - centre
    image = w - np.multiply.outer(2 * (shifted @ form @ a) / norm, a)
    whole = np.rint(image)
    if np.abs(image - whole).max() > 1e-6:
        return False
    return all(diagram.get(tuple(int(x) for x in row)) == n for row, n in zip(whole, m.tolist()))


def _is_closed(vectors: np.ndarray, form: np.ndarray) -> bool:
    """The axioms of a root system: reflections permute the roots, and all Cartan numbers are integers."""
    gram = vectors @ form @ vectors.T
    cartan = 2 * gram / np.diag(gram)[None, :]
    if np.abs(cartan - np.rint(cartan)).max() > 1e-6 or (np.abs(cartan).max() > 3.5 and np.abs(cartan).max() > 4):
        return False
    rows = {tuple(v) for v in vectors.tolist()}
    images = vectors[:, None, :] - np.rint(cartan).astype(np.int64)[:, :, None] * vectors[None, :, :]
    return {tuple(v) for v in images.reshape(-1, vectors.shape[1]).tolist()} <= rows


def weight_diagram(roots: Roots, diagram: Mapping[Weight, int]) -> tuple[Weight, dict[Weight, int]]:
    """Highest weight of a set of weights, and the weight diagram of the irrep with that highest weight.

    Weights outside the given set count as absent, so that the result equals the given diagram only if that is the
    irrep; Freudenthal's formula with the sums over ``mu + k alpha``.
    """
    high = max(diagram, key=roots.height)
    positive, form = roots.positive.astype(float), roots.form
    rho = positive.sum(axis=0) / 2
    centre = _fixed_part(roots, np.array(high, dtype=float))

    def inner(u: np.ndarray, v: np.ndarray) -> float:
        return float(u @ form @ v)

    top = np.array(high, dtype=float) - centre
    shifted = top + rho
    reference = inner(shifted, shifted)
    found: dict[Weight, int] = {high: 1}
    level = [high]
    seen = {high}
    most = 4 * sum(diagram.values()) + 16
    while level and len(found) <= most:
        following = []
        for w in level:
            for s in roots.simple.tolist():
                mu = tuple(a - b for a, b in zip(w, s))
                if mu in seen:
                    continue
                seen.add(mu)
                m = _multiplicity(mu, centre, found, positive, roots, rho, reference, inner)
                if m > 0:
                    found[mu] = m
                    following.append(mu)
        # Weights one step lower all need the weights above them first.
        level = sorted(following, key=roots.height, reverse=True)
    return high, found


def _multiplicity(mu, centre, found, positive, roots, rho, reference, inner) -> int:
    vector = np.array(mu, dtype=float) - centre
    gap = reference - inner(vector + rho, vector + rho)
    if gap < _CLOSE:
        return 0
    total = 0.0
    for a in roots.positive.tolist():
        up = tuple(x + y for x, y in zip(mu, a))
        k = 1
        while up in found:
            total += inner(np.array(up, dtype=float) - centre, np.array(a, dtype=float)) * found[up]
            k += 1
            up = tuple(x + k * y for x, y in zip(mu, a))
    return round(2 * total / gap)


def _fixed_part(roots: Roots, weight: np.ndarray) -> np.ndarray:
    """The part of a weight that is orthogonal to all roots: charges of a U(1) factor."""
    s = roots.simple.astype(float)
    gram = s @ roots.form @ s.T
    return weight - s.T @ np.linalg.solve(gram, s @ roots.form @ weight)

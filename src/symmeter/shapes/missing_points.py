"""Shapes that lack some points: the group of the whole, and where what is missing would be.

A missing point takes away every operation that moves it, and shifts the centroid. So maps are sought without a centre:
three points and three others at the same distances fix a turn or a rotation-reflection and a shift (as in the
registration of scans by sampled triples), and a map counts when all points but a few meet others. The maps are added
one by one as long as the images of all points close to a set that is larger by a few points only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.shapes.detection_shells import Cloud, cloud_of
from symmeter.shapes.point_group import DetectedPointGroup, point_group

__all__ = ["Completed", "complete"]

_LARGEST = 1_000
_MOST_TRIPLES = 20_000
_MOST_TRIANGLES = 13
_MOST_COMPLETIONS = 12
_POLISH = 3


@dataclass(frozen=True, eq=False)
class Completed:
    """A shape with what it lacked.

    Attributes
    ----------
    group : DetectedPointGroup
        Of the completed points.
    points : array of shape (n + m, 3)
        Those that were given, then those that were added.
    labels : tuple of n + m labels, or None
    added : array of shape (m, 3)
    """

    group: DetectedPointGroup
    points: Float[np.ndarray, "k 3"]
    labels: tuple[Any, ...] | None
    added: Float[np.ndarray, "m 3"]

    def __repr__(self) -> str:
        return f"Completed({self.group.symbol} with {len(self.added)} of {len(self.points)} points added)"


def complete(points: Any, labels: Sequence[Any] | None = None, tol: float = 1e-3, missing: int = 1) -> Completed:
    """Find the largest point group that a shape has when a few missing points are put in.

    Parameters
    ----------
    points : array of shape (n, 3)
        At most a thousand.
    labels : sequence of length n, optional
        Only points of equal label can be exchanged.
    tol : float
        How far a point may be from its ideal place, relative to the largest distance from the centroid.
    missing : int
        How many points may be put in at most, fewer than half of those that are there.

    Returns
    -------
    Completed
        With no point added when nothing larger was found than the group that the points have as they are.

    Examples
    --------
    >>> cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    >>> point_group(cube[1:]).symbol, complete(cube[1:])
    ('C3v', Completed(Oh with 1 of 8 points added))
    >>> complete(cube[1:]).added.round(9).tolist()
    [[-1.0, -1.0, -1.0]]
    """
    own = point_group(points, labels, tol)
    cloud = cloud_of(points, labels, None, None, tol)
    n = len(cloud.points)
    if isinstance(missing, bool) or not isinstance(missing, (int, np.integer)) or not 0 <= missing < max(n / 2, 1):
        raise InputError(f"missing is {missing!r}; it is a whole number from 0 to less than half of the {n} points")
    if n > _LARGEST:
        raise InputError(f"{n:,} points; what is missing is looked for among {_LARGEST:,} at most")
    given = np.array(points, dtype=float)
    kept = tuple(labels) if labels is not None else None
    best = Completed(own, given, kept, np.zeros((0, 3)))
    if missing == 0 or n < 4 or cloud.rank < 2:
        return best
    reach = 3.0 * tol * cloud.radius
    maps = _partial_maps(cloud, reach, missing)
    for whole, kinds in _closed_sets(cloud, maps, reach, n + missing):
        names = None if kept is None else (*kept, *(kept[int(np.flatnonzero(cloud.kinds == k)[0])] for k in kinds[n:]))
        try:
            group = point_group(whole + cloud.centre, names, tol)
        except InputError:
            # An image fell upon another point: no completion.
            continue
        if (group.order or 0, -len(whole)) > (best.group.order or 0, -len(best.points)):
            added = group.symmetrized[n:]
            best = Completed(group, np.concatenate([given, added]), names, added)
    return best


def _partial_maps(cloud: Cloud, reach: float, missing: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Turns with shifts that take all points but so many to others of their kind, those of most points first."""
    x, kinds = cloud.points, cloud.kinds
    matcher, least = _Matcher(x, kinds), len(x) - missing
    found: list[tuple[int, float, np.ndarray, np.ndarray]] = []
    for reference in _triangles(x, kinds, missing):
        start = _frame_of(x[reference])
        for images in _alike(x, kinds, reference, 2.0 * reach):
            target = _frame_of(x[images])
            for sign in (1.0, -1.0):
                r = target @ np.diag([1.0, 1.0, sign]) @ start.T
                shift = x[images].mean(0) - r @ x[reference].mean(0)
                polished = _polished(x, matcher, r, shift, sign, reach, least)
                if polished is not None and not any(
                    np.abs(polished[2] - known).max() < 1e-6 for _, _, known, _ in found
                ):
                    found.append(polished)
    found.sort(key=lambda item: (-item[0], item[1]))
    return [(r, shift) for _, _, r, shift in found]


def _polished(
    x: np.ndarray, matcher: _Matcher, r: np.ndarray, shift: np.ndarray, sign: float, reach: float, least: int
) -> tuple[int, float, np.ndarray, np.ndarray] | None:
    """A map after fitting and matching in turn: points that meet others, the worst of them, turn, shift."""
    for _ in range(_POLISH):
        there, distance = matcher(x @ r.T + shift)
        good = distance <= 2.0 * reach
        if good.sum() < max(least, 3):
            return None
        r, shift = _fit(x[good], x[there[good]], sign)
    there, distance = matcher(x @ r.T + shift)
    good = distance <= reach
    return (int(good.sum()), float(distance[good].max()), r, shift) if good.sum() >= max(least, 3) else None


def _triangles(x: np.ndarray, kinds: np.ndarray, missing: int) -> list[np.ndarray]:
    """Triangles of which one keeps clear of any few points: those are the ones whose images may be missing."""
    chosen: list[np.ndarray] = []
    waiting: list[frozenset[int]] = [frozenset()]
    seen = set(waiting)
    while waiting and len(chosen) < _MOST_TRIANGLES:
        without = waiting.pop(0)
        rest = np.array([i for i in range(len(x)) if i not in without])
        if len(rest) < 3:
            continue
        found = rest[_triangle(x[rest], kinds[rest])]
        chosen.append(found)
        if len(without) < missing:
            further = [without | {int(i)} for i in found]
            waiting += [w for w in further if w not in seen]
            seen |= set(further)
    radius = float(np.linalg.norm(x, axis=1).max())
    area = [np.linalg.norm(np.cross(x[b] - x[a], x[c] - x[a])) for a, b, c in chosen]
    return [t for t, s in zip(chosen, area) if s > 0.05 * radius**2]


class _Matcher:
    """Nearest points of the same kind: kinds are a fourth coordinate, far apart."""

    def __init__(self, x: np.ndarray, kinds: np.ndarray) -> None:
        from scipy.spatial import KDTree

        self.far = 10.0 * float(np.linalg.norm(x, axis=1).max() + 1.0)
        self.kinds = kinds
        self.tree = KDTree(np.column_stack([x, self.far * kinds]))

    def __call__(self, y: np.ndarray, kinds: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        own = self.kinds if kinds is None else kinds
        distance, place = self.tree.query(np.column_stack([y, self.far * own]))
        return np.asarray(place), np.asarray(distance)


def _triangle(x: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Three points far apart and not in a line, of kinds with few points where these make a good triangle."""
    size = np.bincount(kinds)[kinds]
    radius = float(np.linalg.norm(x, axis=1).max())
    best, chosen = -1.0, np.arange(3)
    for most in np.unique(size):
        near = np.flatnonzero(size <= most)
        if len(near) < 3:
            continue
        a = near[int(np.linalg.norm(x[near], axis=1).argmax())]
        b = near[int(np.linalg.norm(x[near] - x[a], axis=1).argmax())]
        area = np.linalg.norm(np.cross(x[near] - x[a], x[near] - x[b]), axis=1)
        if area.max() > best:
            best, chosen = float(area.max()), np.array([a, b, near[int(area.argmax())]])
        if best > 0.5 * radius**2:
            break
    return chosen


def _alike(x: np.ndarray, kinds: np.ndarray, reference: np.ndarray, slack: float) -> np.ndarray:
    """Triples of points of the same kinds and at the same distances."""
    d = np.linalg.norm(x[:, None] - x[None], axis=2)
    a, b, c = reference
    first, second = np.nonzero(
        (np.abs(d - d[a, b]) <= slack) & (kinds[:, None] == kinds[a]) & (kinds[None, :] == kinds[b])
    )
    found = []
    for i, j in zip(first, second):
        third = np.flatnonzero(
            (np.abs(d[i] - d[a, c]) <= slack) & (np.abs(d[j] - d[b, c]) <= slack) & (kinds == kinds[c])
        )
        found += [(i, j, k) for k in third]
        if len(found) > _MOST_TRIPLES:
            raise InputError(f"more than {_MOST_TRIPLES:,} triangles are alike within the tolerance; make it smaller")
    return np.array(found, dtype=np.int64).reshape(-1, 3)


def _frame_of(corners: np.ndarray) -> np.ndarray:
    """Orthonormal columns that go along with a triangle."""
    first = corners[1] - corners[0]
    first = first / np.linalg.norm(first)
    second = corners[2] - corners[0]
    second = second - (second @ first) * first
    second = second / np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def _fit(a: np.ndarray, b: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """The turn (of this determinant) and shift that take points a closest to points b."""
    u, _, vh = np.linalg.svd((b - b.mean(0)).T @ (a - a.mean(0)))
    flip = np.diag([1.0, 1.0, sign * np.sign(np.linalg.det(u @ vh))])
    r = u @ flip @ vh
    return r, b.mean(0) - r @ a.mean(0)


def _closed_sets(
    cloud: Cloud, maps: list[tuple[np.ndarray, np.ndarray]], reach: float, most: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Completions: each begins with a map that needs a point no completion so far has, and takes in all that agree."""
    n = len(cloud.points)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for first in maps:
        begun = _closure(cloud.points, cloud.kinds, [first], reach, most)
        if begun is None or len(begun[0]) == n:
            continue
        if any((_Matcher(w, k)(begun[0][n:], begun[1][n:])[1] <= 2.0 * reach).all() for w, k in found):
            continue
        (whole, kinds), chosen = begun, [first]
        for candidate in maps:
            tried = _closure(whole, kinds, [*chosen, candidate], reach, most)
            if tried is not None:
                whole, kinds = tried
                # Maps that add nothing are kept: later points must obey them too.
                chosen.append(candidate)
        found.append((whole, kinds))
        if len(found) == _MOST_COMPLETIONS:
            break
    return found


def _closure(
    whole: np.ndarray, kinds: np.ndarray, maps: list[tuple[np.ndarray, np.ndarray]], reach: float, most: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Add images until every map takes every point to another; None when they become too many."""
    new = True
    while new:
        new = False
        for r, shift in maps:
            for y in (whole @ r.T + shift, (whole - shift) @ r):
                _, distance = _Matcher(whole, kinds)(y, kinds)
                # The maps are off by some tolerances where points were left out of their fit.
                lone = np.flatnonzero(distance > 2.0 * reach)
                if len(lone):
                    if len(whole) + len(lone) > most:
                        return None
                    whole = np.concatenate([whole, y[lone]])
                    kinds = np.concatenate([kinds, kinds[lone]])
                    new = True
                    break
    return whole, kinds

"""Which points can be images of which: equal labels, equal weights, equal distance from the centre.

Points of a group's orbit lie in one shell. Small shells make the search short, so that the frame of three points whose
images are tried comes from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError

__all__ = ["Cloud", "closest_of", "closest_pair", "cloud_of"]

#: More points are refused: every operation would be compared with all of them.
LARGEST = 200_000
#: Up to so many points all distances are taken at once.
_FEW = 300
#: Coordinates beyond these have no squares in double precision.
_EXTREMES = (1e-140, 1e140)
#: Points within this many tolerances of a plane are searched as planar: three of them make no frame that noise leaves
#: alone. Deviations are measured in space all the same.
FLAT = 6.0
#: Thicker shapes are never taken for planar, whatever the tolerance: a cube has no plane.
FLATTEST = 0.25


@dataclass(frozen=True, eq=False)
class Cloud:
    """Centred points, their shells and how many dimensions they span.

    Attributes
    ----------
    points : array of shape (n, 3)
        Relative to the centre, in the unit that was given.
    centre : array of shape (3,)
    radius : float
        Largest distance from the centre.
    kinds : array of shape (n,)
        Points that may be exchanged have equal numbers.
    rank : int
        Dimension of the space that they span: 3, 2 (within some tolerances of a plane), 1 (within the tolerance of a
        line) or 0.
    directions : array of shape (3, 3)
        Orthonormal rows, the most extended direction first; for planar sets the last one is the normal.
    """

    points: Float[np.ndarray, "n 3"]
    centre: Float[np.ndarray, " 3"]
    radius: float
    kinds: Int[np.ndarray, " n"]
    rank: int
    directions: Float[np.ndarray, "3 3"]

    @cached_property
    def closest(self) -> tuple[float, int, int]:
        """Smallest distance between two points of one kind, and which two they are; infinite without two."""
        if len(self.points) <= _FEW:
            return closest_pair(self.points, self.kinds)
        best = (np.inf, 0, 0)
        for kind in np.unique(self.kinds):
            members = np.flatnonzero(self.kinds == kind)
            distance, i, j = closest_pair(self.points[members])
            if distance < best[0]:
                best = (distance, int(members[i]), int(members[j]))
        return best

    def shells(self, tolerance: float) -> list[Int[np.ndarray, " k"]]:
        """Indices of each shell, smallest first; points within the tolerance of the centre stand alone in the last."""
        distance = np.linalg.norm(self.points, axis=1)
        order = np.lexsort((distance, self.kinds))
        jump = (np.diff(self.kinds[order]) != 0) | (np.diff(distance[order]) > tolerance)
        parts = np.split(order, np.flatnonzero(jump) + 1)
        outer = sorted((p for p in parts if distance[p].max() > tolerance), key=len)
        return outer + [p for p in parts if distance[p].max() <= tolerance]


def closest_pair(x: Float[np.ndarray, "n 3"], kinds: Int[np.ndarray, " n"] | None = None) -> tuple[float, int, int]:
    """Smallest distance between two points, of one kind if kinds are given, and which two they are."""
    if len(x) < 2:
        return np.inf, 0, 0
    if len(x) <= _FEW:
        lengths = (x * x).sum(axis=1)
        squares = lengths[:, None] - 2.0 * (x @ x.T) + lengths
        # Near each other the differences of squares are rounding; those pairs are measured again.
        close = squares < 1e-10 * lengths.max()
        squares[close] = ((x[np.nonzero(close)[0]] - x[np.nonzero(close)[1]]) ** 2).sum(axis=1)
        if kinds is not None:
            squares[kinds[:, None] != kinds] = np.inf
        np.fill_diagonal(squares, np.inf)
        i, j = divmod(int(squares.argmin()), len(x))
        return (float(np.linalg.norm(x[i] - x[j])) if squares[i, j] < np.inf else np.inf), i, j
    from scipy.spatial import KDTree

    near, other = (np.asarray(v) for v in KDTree(x).query(x, k=2))
    k = int(near[:, 1].argmin())
    # Of two points in one place the tree may name the second first.
    return float(near[k, 1]), k, int(other[k, 1] if other[k, 1] != k else other[k, 0])


def cloud_of(points: Any, labels: Sequence[Any] | None, weights: Any, centre: Any, tolerance: float) -> Cloud:
    """Read and check points, labels and weights.

    Raises
    ------
    InputError, ShapeError, NonFiniteError
    """
    x = _real_table(points)
    if x.ndim != 2 or x.shape[1] != 3:
        raise ShapeError(f"points have shape {x.shape}; give one row (x, y, z) for each point")
    if not len(x):
        raise InputError("there are no points; give at least one row (x, y, z)")
    if len(x) > LARGEST:
        raise InputError(f"{len(x):,} points are more than the {LARGEST:,} that are compared; thin them out first")
    bad = ~np.isfinite(x).all(axis=1)
    if bad.any():
        raise NonFiniteError(
            f"{int(bad.sum())} of {len(x)} points are NaN or infinite, the first in row {int(bad.argmax())}"
        )
    largest = float(np.abs(x).max())
    if largest > 0 and not _EXTREMES[0] < largest < _EXTREMES[1]:
        raise InputError(f"the largest coordinate is {largest:.3g}; choose a unit in which it is nearer to 1")
    mass = _weights(weights, len(x))
    middle = (mass @ x) / mass.sum() if centre is None else np.array(centre, dtype=float)
    if middle.shape != (3,) or not np.isfinite(middle).all():
        raise ShapeError(f"the centre is {centre!r}; give three numbers, or nothing for the centroid")
    kinds = _kinds(labels, mass if weights is not None else None, len(x))
    x -= middle
    radius = float(np.linalg.norm(x, axis=1).max())
    padded = x if len(x) >= 3 else np.vstack([x, np.zeros((3 - len(x), 3))])
    directions = np.linalg.svd(padded, full_matrices=False)[2]
    extent = np.abs(x @ directions.T).max(axis=0)
    rank = int((extent > tolerance * max(radius, 1e-300)).sum()) if radius > 0 else 0
    if rank == 3 and extent[2] <= min(FLAT * tolerance, FLATTEST) * radius:
        rank = 2
    return Cloud(x, middle, radius, kinds, rank, directions)


def closest_of(
    points: Any, labels: Sequence[Any] | None = None, weights: Any = None, centre: Any = None
) -> tuple[float, float]:
    """Smallest distance between points that may be exchanged, over the radius, and the radius.

    Raises
    ------
    InputError
        If two of them lie in one place.
    """
    cloud = cloud_of(points, labels, weights, centre, 1e-3)
    distance, first, second = cloud.closest
    if cloud.radius == 0.0 or distance > 1e-9 * cloud.radius:
        return distance / max(cloud.radius, 1e-300), cloud.radius
    raise InputError(
        f"points {min(first, second)} and {max(first, second)} lie in one place; leave one of them out, or give labels"
    )


def _real_table(points: Any) -> np.ndarray:
    try:
        given = np.asarray(points)
        if given.dtype.kind == "c":
            raise TypeError
        return np.array(given, dtype=float)
    except (TypeError, ValueError):
        raise InputTypeError("points are real numbers, one row (x, y, z) for each point") from None


def _weights(weights: Any, n: int) -> Float[np.ndarray, " n"]:
    if weights is None:
        return np.ones(n)
    mass = np.array(weights, dtype=float)
    if mass.shape != (n,):
        raise ShapeError(f"weights have shape {mass.shape}; give one for each of the {n} points")
    if not np.isfinite(mass).all() or (mass <= 0).any():
        raise InputError("weights must be positive and finite; leave out points of weight 0")
    return mass


def _kinds(labels: Sequence[Any] | None, mass: np.ndarray | None, n: int) -> Int[np.ndarray, " n"]:
    """Numbers of the classes of equal label and equal weight (to a relative 1e-6)."""
    kinds = np.zeros(n, dtype=np.int64)
    if labels is not None:
        labels = tuple(labels)
        if len(labels) != n:
            raise ShapeError(f"there are {len(labels)} labels for {n} points; give one each")
        known: dict[Any, int] = {}
        kinds = np.array([known.setdefault(str(label), len(known)) for label in labels], dtype=np.int64)
    if mass is not None:
        order = np.argsort(mass, kind="stable")
        steps = np.diff(mass[order]) > 1e-6 * mass.max()
        classes = np.empty(n, dtype=np.int64)
        classes[order] = np.concatenate([[0], np.cumsum(steps)])
        kinds = kinds * (int(classes.max()) + 1) + classes
    return kinds

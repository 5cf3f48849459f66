"""Where the faces of one plane meet those of other planes: segments on lines, all lines at once.

Everything is in one plane for each line: where the line starts, which way it runs, and the polygons there. What belongs
to one line stands in a row of flat arrays, with the number of the line beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Lines", "Polygons", "common_intervals", "covered_intervals"]


@dataclass(frozen=True)
class Polygons:
    """The polygons that lie in the plane of each line.

    Attributes
    ----------
    corners : array of shape (c, 2)
    following : array of shape (c,)
        Number of the next corner of the same polygon.
    polygon : array of shape (c,)
        Number of the polygon of each corner, from 0 in each plane.
    first, count : arrays of shape (l,)
        The corners of each line's plane: so many from this number on. Lines may share them.
    """

    corners: Float[np.ndarray, "c 2"]
    following: Int[np.ndarray, " c"]
    polygon: Int[np.ndarray, " c"]
    first: Int[np.ndarray, " l"]
    count: Int[np.ndarray, " l"]


@dataclass(frozen=True)
class Lines:
    """Lines in the planes of their polygons: a point and a unit vector of each.

    Attributes
    ----------
    start, way : arrays of shape (l, 2)
    """

    start: Float[np.ndarray, "l 2"]
    way: Float[np.ndarray, "l 2"]

    @property
    def across(self) -> Float[np.ndarray, "l 2"]:
        """To the left of each line."""
        return np.stack([-self.way[:, 1], self.way[:, 0]], axis=1)


def _runs(first: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers first, first + 1, ... of each run, and the run of each."""
    run = np.repeat(np.arange(len(count)), count)
    return np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count) + first[run], run


def covered_intervals(
    lines: Lines, polygons: Polygons, tolerance: float
) -> tuple[Float[np.ndarray, "k 2"], Int[np.ndarray, " k"]]:
    """Where each line runs in the part that some polygon covers, its rim included; and the line of each interval."""
    corner, line = _runs(polygons.first, polygons.count)
    away = polygons.corners[corner] - lines.start[line]
    side = (away * lines.across[line]).sum(axis=1)
    along = (away * lines.way[line]).sum(axis=1)
    # A run holds whole polygons in order, so that the next corner is as far away as in the list of corners.
    following = np.arange(len(corner)) + polygons.following[corner] - corner
    touches = np.abs(side) < tolerance
    after, further = side[following], along[following]
    k = (side * after < 0) & ~(touches | touches[following])
    crossed = along[k] + (further[k] - along[k]) * side[k] / (side[k] - after[k])
    t, line = np.concatenate([along[touches], crossed]), np.concatenate([line[touches], line[k]])
    order = np.lexsort((t, line))
    t, line = t[order], line[order]
    new = np.ones(len(t), dtype=bool)
    new[1:] = (line[1:] != line[:-1]) | (np.diff(t) > tolerance)
    t, line = t[new], line[new]
    pair = np.flatnonzero(line[1:] == line[:-1])
    ends, line = np.stack([t[pair], t[pair + 1]], axis=1), line[pair]
    middle = lines.start[line] + ends.mean(axis=1)[:, None] * lines.way[line]
    aside = 3 * tolerance * lines.across[line]
    inside = _covered(middle + aside, line, polygons) | _covered(middle - aside, line, polygons)
    return ends[inside], line[inside]


def _covered(points: np.ndarray, line: np.ndarray, polygons: Polygons) -> np.ndarray:
    """Whether some polygon of the line's plane turns around each point."""
    corner, which = _runs(polygons.first[line], polygons.count[line])
    a, b, q = polygons.corners[corner], polygons.corners[polygons.following[corner]], points[which]
    below, after = a[:, 1] <= q[:, 1], b[:, 1] <= q[:, 1]
    side = b - a
    left = side[:, 0] * (q[:, 1] - a[:, 1]) - (q[:, 0] - a[:, 0]) * side[:, 1]
    turn = (below & ~after & (left > 0)).astype(np.int64) - (~below & after & (left < 0))
    most = int(polygons.polygon.max(initial=0)) + 1
    winding = np.bincount(which * most + polygons.polygon[corner], weights=turn, minlength=len(points) * most)
    return (winding.reshape(-1, most) != 0).any(axis=1)


def common_intervals(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray], count: int, tolerance: float
) -> tuple[Float[np.ndarray, "k 2"], Int[np.ndarray, " k"]]:
    """Intersections of two lists of intervals on each of so many lines, each list in the order of the lines."""
    (ends, line), (others, of) = first, second
    many = np.bincount(of, minlength=count)
    there, here = _runs((np.cumsum(many) - many)[line], many[line])
    low = np.maximum(ends[here, 0], others[there, 0])
    high = np.minimum(ends[here, 1], others[there, 1])
    keep = high - low > tolerance
    return np.stack([low[keep], high[keep]], axis=1), line[here[keep]]

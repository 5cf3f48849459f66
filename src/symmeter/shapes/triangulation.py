"""Triangles of planar polygons: fans for convex ones, ears for others, bridges to holes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError

__all__ = ["joined_with_holes", "triangulate"]


def _cross(o: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[..., 0] - o[..., 0]) * (b[..., 1] - o[..., 1]) - (a[..., 1] - o[..., 1]) * (b[..., 0] - o[..., 0])


def triangulate(points: Float[np.ndarray, "n 2"], cycle: list[int]) -> list[tuple[int, int, int]]:
    """Triangles of a simple polygon that runs counter-clockwise; every corner stays a corner of some triangle.

    The polygon may touch itself, as one does that is joined to its holes by bridges.
    """
    left = list(cycle)
    size = float(np.ptp(points[cycle], axis=0).max()) ** 2
    triangles: list[tuple[int, int, int]] = []
    while len(left) > 3:
        ear = _best_ear(points[left], left, 1e-10 * size)
        if ear is None:
            raise InputError(f"a polygon of {len(cycle)} corners cannot be cut into triangles: it crosses itself")
        k = len(left)
        triangles.append((left[ear - 1], left[ear], left[(ear + 1) % k]))
        del left[ear]
    triangles.append((left[0], left[1], left[2]))
    return triangles


def _best_ear(p: np.ndarray, names: list[int], smallest: float) -> int | None:
    """The corner that cuts off the best-shaped triangle with no other corner in it."""
    before, after = np.roll(p, 1, axis=0), np.roll(p, -1, axis=0)
    area = _cross(before, p, after)
    worst_side = np.maximum(
        np.maximum(((p - before) ** 2).sum(1), ((after - p) ** 2).sum(1)), ((after - before) ** 2).sum(1)
    )
    quality = np.where(area > smallest, area / worst_side, -1)
    n = len(p)
    # A triangle of three corners in line cannot be the last one.
    for ear in np.argsort(-quality):
        if quality[ear] < 0:
            return None
        a, b, c = before[ear], p[ear], after[ear]
        slack = -1e-9 * worst_side[ear]
        inside = (_cross(a, b, p) > slack) & (_cross(b, c, p) > slack) & (_cross(c, a, p) > slack)
        corners = {names[ear - 1], names[ear], names[(ear + 1) % n]}
        if not any(names[i] not in corners for i in np.flatnonzero(inside)) and (n > 4 or _leaves_area(p, int(ear))):
            return int(ear)
    return None


def _leaves_area(p: np.ndarray, ear: int) -> bool:
    rest = np.delete(p, ear, axis=0)
    return bool(_cross(rest[0], rest[1], rest[2]) > 1e-10 * np.ptp(p, axis=0).max() ** 2)


def joined_with_holes(points: Float[np.ndarray, "n 2"], outer: list[int], holes: list[list[int]]) -> list[int]:
    """One boundary that runs to each hole and back along a bridge between corners that see each other."""
    boundary = list(outer)
    left = sorted(holes, key=lambda h: points[h][:, 0].min())
    while left:
        hole = left.pop(0)
        walls = _sides(boundary) + [s for h in (hole, *left) for s in _sides(h)]
        i, j = _bridge(points, boundary, hole, np.array(walls))
        boundary = [*boundary[: i + 1], *hole[j:], *hole[: j + 1], *boundary[i:]]
    return boundary


def _sides(cycle: list[int]) -> list[tuple[int, int]]:
    return list(zip(cycle, [*cycle[1:], cycle[0]]))


def _bridge(points: np.ndarray, boundary: list[int], hole: list[int], walls: Int[np.ndarray, "m 2"]) -> tuple[int, int]:
    a, b = points[boundary], points[hole]
    distance = ((a[:, None] - b[None]) ** 2).sum(-1)
    p, q = points[walls[:, 0]], points[walls[:, 1]]
    for flat in np.argsort(distance, axis=None):
        i, j = divmod(int(flat), len(hole))
        x, y = a[i], b[j]
        free = ~np.isin(walls, [boundary[i], hole[j]]).any(axis=1)
        crossed = (_cross(x, y, p) * _cross(x, y, q) <= 0) & (_cross(p, q, x) * _cross(p, q, y) <= 0)
        if not (crossed & free).any():
            return i, j
    raise InputError("a hole of a face sees no corner of its boundary")

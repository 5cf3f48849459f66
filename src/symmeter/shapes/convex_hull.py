"""Faces of the convex hull of some points, triangles in one plane joined to polygons.

For convex solids alone: the faces of a star polyhedron are never those of its hull.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError

__all__ = ["hull_faces"]


def hull_faces(points: Float[np.ndarray, "n 3"], tolerance: float = 1e-7) -> tuple[tuple[int, ...], ...]:
    """Cycles of point numbers, counter-clockwise from outside.

    Parameters
    ----------
    points : array of shape (n, 3)
        Not all in one plane.
    tolerance : float
        How far a corner may be off the plane of its face, relative to the size.

    Raises
    ------
    InputError
        If some point is no vertex of the hull, or all lie in a plane.

    Examples
    --------
    >>> from itertools import product
    >>> sorted(map(len, hull_faces(np.array(list(product((0.0, 1.0), repeat=3))))))
    [4, 4, 4, 4, 4, 4]
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(points)
    except QhullError:
        raise InputError(f"{len(points)} points have no convex hull with a volume: they lie in one plane") from None
    if len(hull.vertices) < len(points):
        inside = sorted(set(range(len(points))) - set(hull.vertices.tolist()))
        raise InputError(f"point {inside[0]} is no vertex of the convex hull")
    slack = tolerance * float(np.ptp(points, axis=0).max())
    centre = points.mean(axis=0)
    faces: list[tuple[int, ...]] = []
    near = np.abs(hull.equations[:, :3] @ points.T + hull.equations[:, 3:]) < slack
    known: set[bytes] = set()
    for normal, row in zip(hull.equations[:, :3], near):
        key = row.tobytes()
        if key in known:
            continue
        known.add(key)
        on = np.flatnonzero(row)
        away = points[on]
        middle = away.mean(axis=0)
        if normal @ (middle - centre) < 0:
            normal = -normal
        away = away - middle
        (x, y, z), (a, b, c) = normal.tolist(), away[0].tolist()
        second = np.array([y * c - z * b, z * a - x * c, x * b - y * a])
        angle = np.arctan2(away @ second, away @ away[0])
        faces.append(tuple(on[np.argsort(angle)].tolist()))
    return tuple(faces)

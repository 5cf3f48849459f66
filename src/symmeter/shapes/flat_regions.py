"""A mesh without the marks of its making: faces that lie in one plane and touch are one face, and corners on flats go.

A cube cut into triangles has the group of a cube only when the diagonals do not count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from symmeter.shapes.face_geometry import area_vectors, face_centres
from symmeter.shapes.topology import directed_edges

__all__ = ["true_corners"]

#: Faces whose normals differ by less than this angle (radians), and whose planes do by less than this share of the
#: size, are in one plane; single precision of the files leaves some 1e-6.
_FLAT = 1e-4
_OFFSET = 1e-5


def true_corners(
    vertices: Float[np.ndarray, "n 3"], faces: Sequence[Sequence[int]]
) -> tuple[Int[np.ndarray, " k"], tuple[tuple[int, ...], ...]]:
    """The vertices at which edges meet that are none inside a flat, and the flats as sets of these.

    Returns
    -------
    corners : int array
        Numbers of the vertices that stay.
    flats : tuple of tuples of int
        Places in ``corners``, sorted; three or more each.

    Examples
    --------
    >>> square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0, 0]]
    >>> corners, flats = true_corners(np.array(square, dtype=float), [(0, 4, 3), (4, 1, 2), (4, 2, 3)])
    >>> corners.tolist(), flats
    ([0, 1, 2, 3], ((0, 1, 2, 3),))
    """
    x = np.asarray(vertices, dtype=float)
    cycles = [tuple(int(v) for v in f) for f in faces]
    region = _regions(x, cycles)
    sides = directed_edges(cycles)
    ends = np.sort(sides[:, :2], axis=1)
    edges, which = np.unique(ends, axis=0, return_inverse=True)
    which = which.reshape(-1)
    low = np.full(len(edges), len(cycles))
    high = np.full(len(edges), -1)
    np.minimum.at(low, which, region[sides[:, 2]])
    np.maximum.at(high, which, region[sides[:, 2]])
    count = np.bincount(which, minlength=len(edges))
    rim = edges[(low != high) | (count == 1)]
    keep = _bends(x, rim)
    corners = np.flatnonzero(keep)
    place = np.full(len(x), -1)
    place[corners] = np.arange(len(corners))
    members: dict[int, set[int]] = {}
    for f, r in zip(cycles, region.tolist()):
        members.setdefault(r, set()).update(int(place[v]) for v in f if place[v] >= 0)
    return corners, tuple(tuple(sorted(m)) for m in members.values() if len(m) >= 3)


def _regions(x: np.ndarray, cycles: list[tuple[int, ...]]) -> np.ndarray:
    """A number for each face, equal for faces that touch along an edge in one plane."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    normals = area_vectors(x, cycles)
    length = np.linalg.norm(normals, axis=1)
    size = float(np.ptp(x, axis=0).max())
    empty = length <= 1e-12 * size * size
    normals = normals / np.where(empty, 1.0, length)[:, None]
    offset = (normals * face_centres(x, cycles)).sum(1)
    sides = directed_edges(cycles)
    ends = np.sort(sides[:, :2], axis=1)
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    same = (np.diff(ends[order], axis=0) == 0).all(axis=1)
    a, b = sides[order[:-1][same], 2], sides[order[1:][same], 2]
    cosine = (normals[a] * normals[b]).sum(1)
    sign = np.where(cosine < 0, -1.0, 1.0)
    apart = np.linalg.norm(normals[a] - sign[:, None] * normals[b], axis=1)
    flat = (apart < _FLAT) & (np.abs(offset[a] - sign * offset[b]) < _OFFSET * size)
    flat |= empty[a] | empty[b]
    n = len(cycles)
    graph = coo_matrix((np.ones(int(flat.sum())), (a[flat], b[flat])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def _bends(x: np.ndarray, rim: np.ndarray) -> np.ndarray:
    """Vertices at which the rims of regions do more than run straight on."""
    degree = np.bincount(rim.reshape(-1), minlength=len(x))
    keep = degree > 0
    away = np.zeros((len(x), 3))
    for here, there in ((rim[:, 0], rim[:, 1]), (rim[:, 1], rim[:, 0])):
        step = x[there] - x[here]
        step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-300)
        np.add.at(away, here, step)
    # Of two edges that go on straight the directions cancel.
    keep &= ~((degree == 2) & (np.linalg.norm(away, axis=1) < _FLAT))
    return keep

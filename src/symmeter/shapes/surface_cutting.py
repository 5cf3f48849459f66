"""The surface of a self-intersecting polyhedron that can be reached from outside, watertight.

Each plane of faces is cut along the other faces, a region of it is kept if some face covers it (a star polygon covers
its core), and the two sides of each region are joined across edges to the sides that bound the same cell of space. The
sides of the outer cell are the visible surface. Planes that the symmetry carries into each other are cut once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.shapes.cut_surface import CutSurface, half_edges
from symmeter.shapes.face_geometry import face_planes
from symmeter.shapes.frames import plane_axes
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.planar_subdivision import Regions, cut_segments, regions_of, weld, winding_numbers

__all__ = ["visible_surface"]

_TOLERANCE = 1e-7
_MOST_PAIRS = 10**6


@dataclass(frozen=True)
class _Plane:
    """A plane n . x = d, axes in it, and the polygons of its faces."""

    normal: np.ndarray
    offset: float
    axes: np.ndarray
    polygons: list[np.ndarray]

    def covered(self, points: np.ndarray) -> np.ndarray:
        """Whether some face covers each point."""
        return np.any([winding_numbers(p, points) != 0 for p in self.polygons], axis=0)

    def flat(self, points: np.ndarray) -> np.ndarray:
        return points @ self.axes

    def lifted(self, points: np.ndarray) -> np.ndarray:
        return points @ self.axes.T + self.offset * self.normal


def visible_surface(
    vertices: Float[np.ndarray, "n 3"],
    faces: Sequence[tuple[int, ...]],
    operations: Float[np.ndarray, "g 3 3"] | None = None,
    name: str = "mesh",
) -> Mesh:
    """The outer surface of faces that may cross each other.

    Parameters
    ----------
    vertices : array of shape (n, 3)
    faces : sequence of tuples
        Planar; star polygons as cycles. An even number meets along every edge.
    operations : array of shape (g, 3, 3), optional
        Maps about the origin that carry the faces into each other; they save work.
    name : str
        Of the mesh.

    Returns
    -------
    Mesh
        Watertight; faces run counter-clockwise seen from outside.

    Raises
    ------
    InputError
        If the faces enclose nothing, do not meet at their edges, or are far too many.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> p = poly("tetrahemihexahedron")
    >>> mesh = visible_surface(p.vertices, p.faces)
    >>> len(mesh.faces), mesh.is_watertight
    (16, True)
    """
    scale = float(np.abs(vertices).max())
    points = np.asarray(vertices) / scale
    planes = _planes(points, faces)
    orbits = _orbits(planes, np.eye(3)[None] if operations is None else operations)
    if len(orbits) * len(planes) > _MOST_PAIRS:
        raise InputError(
            f"{name} has {len(planes)} planes in {len(orbits)} classes; cutting stops at {_MOST_PAIRS} pairs of planes"
        )
    pieces = [_cut(planes, first) for first, _ in orbits]
    surface = _assembled([(planes[i], r) for (i, _), r in zip(orbits, pieces)], [m for _, m in orbits])
    return surface.mesh(surface.outer_sides(), scale, name)


def _planes(points: np.ndarray, faces: Sequence[tuple[int, ...]]) -> list[_Plane]:
    normals, offsets = face_planes(points, faces)
    keys = np.concatenate([normals, offsets[:, None]], axis=1)
    keys[np.abs(keys) < 1e-9] = 0
    lead = np.where(keys[:, 3] != 0, keys[:, 3], 0)
    for column in range(3):
        lead = np.where(lead == 0, keys[:, column], lead)
    keys *= np.sign(lead)[:, None]
    joint, label = weld(keys, _TOLERANCE)
    found = []
    for k, (x, y, z, d) in enumerate(joint):
        normal = np.array([x, y, z])
        axes = plane_axes(normal)
        found.append(
            _Plane(normal, d, axes, [points[list(faces[i])] @ axes for i in np.flatnonzero(label == k).tolist()])
        )
    return found


def _orbits(planes: list[_Plane], operations: np.ndarray) -> list[tuple[int, list[np.ndarray]]]:
    """A plane of each class, with one operation for each plane of the class."""
    table = np.array([[*p.normal, p.offset] for p in planes])
    left, orbits = set(range(len(planes))), []
    while left:
        first = min(left)
        images = operations @ table[first, :3]
        offset = table[first, 3]
        chosen = []
        for image, m in zip(images, operations):
            misses = np.abs(table[:, :3] - image).max(1) + np.abs(table[:, 3] - offset)
            back = np.abs(table[:, :3] + image).max(1) + np.abs(table[:, 3] + offset)
            k = int(np.minimum(misses, back).argmin())
            if k in left and min(misses[k], back[k]) < 10 * _TOLERANCE:
                left.discard(k)
                chosen.append(m)
        orbits.append((first, chosen))
    return orbits


def _cut(planes: list[_Plane], which: int) -> tuple[np.ndarray, Regions]:
    """The covered regions of a plane, cut by its own sides and by all other faces."""
    own = planes[which]
    starts = list(own.polygons)
    ends = [np.roll(p, -1, axis=0) for p in own.polygons]
    for i, other in enumerate(planes):
        direction = np.cross(own.normal, other.normal)
        sine = np.linalg.norm(direction)
        if i == which or sine < 1e-6:
            continue
        direction /= sine
        cosine = own.normal @ other.normal
        a, b = (own.offset - cosine * other.offset) / sine**2, (other.offset - cosine * own.offset) / sine**2
        base = a * own.normal + b * other.normal
        spans = _common(_spans(own, base, direction), _spans(other, base, direction))
        if len(spans):
            ends_3d = base + spans[..., None] * direction
            starts.append(own.flat(ends_3d[:, 0]))
            ends.append(own.flat(ends_3d[:, 1]))
    points, edges = cut_segments(np.concatenate(starts), np.concatenate(ends), _TOLERANCE)
    regions = regions_of(points, edges)
    keep = np.flatnonzero(own.covered(regions.samples))
    kept = Regions([regions.outer[k] for k in keep], [regions.holes[k] for k in keep], regions.samples[keep])
    return points, kept


def _spans(plane: _Plane, base: np.ndarray, direction: np.ndarray) -> Float[np.ndarray, "k 2"]:
    """Where a line runs in the covered part of a plane, its rim included."""
    start, way = plane.flat(base), plane.flat(direction)
    across = np.array([-way[1], way[0]])
    cuts = []
    for p in plane.polygons:
        side = (p - start) @ across
        along = (p - start) @ way
        cuts.append(along[np.abs(side) < _TOLERANCE])
        following, further = np.roll(side, -1), np.roll(along, -1)
        k = (side * following < 0) & (np.minimum(np.abs(side), np.abs(following)) >= _TOLERANCE)
        cuts.append(along[k] + (further[k] - along[k]) * side[k] / (side[k] - following[k]))
    t = np.sort(np.concatenate(cuts))
    t = t[np.concatenate([[True], np.diff(t) > _TOLERANCE])] if len(t) else t
    if len(t) < 2:
        return np.zeros((0, 2))
    middle = start + ((t[:-1] + t[1:]) / 2)[:, None] * way
    inside = plane.covered(middle + 3 * _TOLERANCE * across) | plane.covered(middle - 3 * _TOLERANCE * across)
    return np.stack([t[:-1], t[1:]], axis=1)[inside]


def _common(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Intersections of two lists of intervals."""
    low = np.maximum(first[:, None, 0], second[None, :, 0])
    high = np.minimum(first[:, None, 1], second[None, :, 1])
    keep = high - low > _TOLERANCE
    return np.stack([low[keep], high[keep]], axis=1)


def _assembled(cut: list[tuple[_Plane, tuple[np.ndarray, Regions]]], maps: list[list[np.ndarray]]) -> CutSurface:
    """Carry the regions of each class of planes to all its planes, and make points that coincide one."""
    blocks, normals, plane, halves, copies = [], [], [], [], []
    start, number, region = 0, 0, 0
    for (p, (flat, regions)), operations in zip(cut, maps):
        lifted = p.lifted(flat)
        own = half_edges([[c, *h] for c, h in zip(regions.outer, regions.holes)])
        count, first = len(regions.outer), region
        for m in operations:
            blocks.append(lifted @ m.T)
            # A reflection turns the sense of a boundary about the carried normal.
            ways = own if np.linalg.det(m) > 0 else own[:, [1, 0, 2]]
            halves.append(ways + np.array([start, start, region]))
            normals.append(np.broadcast_to(m @ p.normal, (count, 3)))
            plane.append(np.full(count, number))
            copies.append(first + np.arange(count))
            start += len(flat)
            region += count
            number += 1
    points, label = weld(np.concatenate(blocks), 10 * _TOLERANCE)
    sides = np.concatenate(halves)
    sides[:, :2] = label[sides[:, :2]]
    return CutSurface(points, sides, np.concatenate(normals), np.concatenate(plane), np.concatenate(copies))

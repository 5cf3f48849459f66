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
from symmeter.shapes.cut_surface import Carried, CutSurface, half_edges
from symmeter.shapes.face_crossings import Lines, Polygons, common_intervals, covered_intervals
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
        first, *others = self.polygons
        found = winding_numbers(first, points) != 0
        for polygon in others:
            found |= winding_numbers(polygon, points) != 0
        return found

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
        there = np.abs(table[:, :3] - images[:, None]).max(axis=2) + np.abs(table[:, 3] - offset)
        back = np.abs(table[:, :3] + images[:, None]).max(axis=2) + np.abs(table[:, 3] + offset)
        misses = np.minimum(there, back)
        nearest = misses.argmin(axis=1)
        good = misses[np.arange(len(nearest)), nearest] < 10 * _TOLERANCE
        chosen = []
        for k, m in zip(nearest[good].tolist(), operations[good]):
            if k in left:
                left.discard(k)
                chosen.append(m)
        orbits.append((first, chosen))
    return orbits


def _cut(planes: list[_Plane], which: int) -> tuple[np.ndarray, Regions]:
    """The covered regions of a plane, cut by its own sides and by all other faces."""
    own = planes[which]
    across = _crossings(planes, which)
    starts = [*own.polygons, own.flat(across[:, 0])]
    ends = [*(np.roll(p, -1, axis=0) for p in own.polygons), own.flat(across[:, 1])]
    points, edges = cut_segments(np.concatenate(starts), np.concatenate(ends), _TOLERANCE)
    regions = regions_of(points, edges)
    keep = np.flatnonzero(own.covered(regions.samples))
    kept = Regions([regions.outer[k] for k in keep], [regions.holes[k] for k in keep], regions.samples[keep])
    return points, kept


def _crossings(planes: list[_Plane], which: int) -> Float[np.ndarray, "k 2 3"]:
    """Segments in which the faces of a plane meet those of all other planes."""
    own = planes[which]
    normals, offsets = np.array([p.normal for p in planes]), np.array([p.offset for p in planes])
    directions = np.cross(own.normal, normals)
    sine = np.linalg.norm(directions, axis=1)
    sine[which] = 0.0
    met = np.flatnonzero(sine >= 1e-6)
    if not len(met):
        return np.zeros((0, 2, 3))
    sine, normals, offsets = sine[met], normals[met], offsets[met]
    ways = directions[met] / sine[:, None]
    cosine = normals @ own.normal
    a, b = (own.offset - cosine * offsets) / sine**2, (offsets - cosine * own.offset) / sine**2
    base = a[:, None] * own.normal + b[:, None] * normals
    axes = np.array([planes[i].axes for i in met.tolist()])
    here = covered_intervals(
        Lines(base @ own.axes, ways @ own.axes), _polygons([own], np.zeros(len(met), dtype=np.int64)), _TOLERANCE
    )
    flat = [np.einsum("li,lij->lj", v, axes) for v in (base, ways)]
    there = covered_intervals(
        Lines(*flat), _polygons([planes[i] for i in met.tolist()], np.arange(len(met))), _TOLERANCE
    )
    spans, line = common_intervals(here, there, len(met), _TOLERANCE)
    return base[line][:, None] + spans[:, :, None] * ways[line][:, None]


def _polygons(planes: list[_Plane], plane_of_line: np.ndarray) -> Polygons:
    sizes = [[len(p) for p in plane.polygons] for plane in planes]
    count = np.array([n for row in sizes for n in row])
    end = np.cumsum(count)
    following = np.arange(1, end[-1] + 1)
    following[end - 1] = end - count
    number = np.repeat([k for row in sizes for k in range(len(row))], count)
    total = np.array([sum(row) for row in sizes])
    first = np.cumsum(total) - total
    corners = np.concatenate([p for plane in planes for p in plane.polygons])
    return Polygons(corners, following, number, first[plane_of_line], total[plane_of_line])


def _assembled(cut: list[tuple[_Plane, tuple[np.ndarray, Regions]]], maps: list[list[np.ndarray]]) -> CutSurface:
    """Carry the regions of each class of planes to all its planes, and make points that coincide one."""
    blocks, normals, plane, halves, copies, images = [], [], [], [], [], []
    start, number, region = 0, 0, 0
    for (p, (flat, regions)), operations in zip(cut, maps):
        lifted = p.lifted(flat)
        own = half_edges([[c, *h] for c, h in zip(regions.outer, regions.holes)])
        count, first, first_plane = len(regions.outer), region, number
        proper = np.linalg.det(operations) > 0
        for k, m in enumerate(operations):
            blocks.append(lifted @ m.T)
            images.append((first_plane, start + np.arange(len(flat)), bool(proper[k] != proper[0])))
            # A reflection turns the sense of a boundary about the carried normal.
            ways = own if proper[k] else own[:, [1, 0, 2]]
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
    carried = tuple(Carried(of, label[members], reflected) for of, members, reflected in images)
    return CutSurface(points, sides, np.concatenate(normals), np.concatenate(plane), np.concatenate(copies), carried)

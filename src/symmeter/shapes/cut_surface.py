"""Regions of planes in space that bound cells: which sides are outside, and the surface that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError
from symmeter.shapes.face_geometry import density, signed_volume
from symmeter.shapes.frames import plane_axes
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.planar_subdivision import regions_of, windings
from symmeter.shapes.topology import distinct_pairs
from symmeter.shapes.triangulation import joined_with_holes, triangulate

__all__ = ["Carried", "CutSurface", "half_edges"]


@dataclass(frozen=True)
class Carried:
    """A plane as the image of another under a symmetry of the whole surface.

    Attributes
    ----------
    plane : int
        Number of the plane that is carried here, the first of its class.
    points : array of shape (k,)
        Numbers of the points of this plane, those of all planes of a class in one order.
    reflected : bool
        Whether the symmetry is improper, so that boundaries run the other way.
    """

    plane: int
    points: Int[np.ndarray, " k"]
    reflected: bool


@dataclass(frozen=True)
class CutSurface:
    """Regions of planes in space, by their half edges.

    Side 2 i of region i is that of its normal, side 2 i + 1 the other.

    Attributes
    ----------
    points : array of shape (n, 3)
    halves : array of shape (m, 3)
        Rows (from, to, region), the region on the left seen against its normal.
    normals : array of shape (r, 3)
        Of each region.
    plane : array of shape (r,)
        Number of the plane of each region.
    copy_of : array of shape (r,)
        Number of the region of which each is the image under a symmetry of the whole surface.
    carried : tuple of Carried, optional
        For each plane, of which it is the image.
    """

    points: Float[np.ndarray, "n 3"]
    halves: Int[np.ndarray, "m 3"]
    normals: Float[np.ndarray, "r 3"]
    plane: Int[np.ndarray, " r"]
    copy_of: Int[np.ndarray, " r"]
    carried: tuple[Carried, ...] = ()

    def outer_sides(self) -> Bool[np.ndarray, " s"]:
        """Which sides bound the outer cell."""
        shells = self._shells()
        a, b = self.points[self.halves[:, 0]], self.points[self.halves[:, 1]]
        region = self.halves[:, 2]
        normal = self.normals[region]
        # Six times the volume of the pyramid from the origin over each region.
        pyramid = (np.cross(a, b) * normal).sum(1) * (a * normal).sum(1)
        volume = np.bincount(region, weights=pyramid, minlength=len(self.plane))
        # Seen from the outer cell the solid has a positive volume; seen from inner cells it is negative.
        total = np.bincount(shells, weights=np.stack([volume, -volume], axis=1).reshape(-1))
        outer = self._not_enclosed([int(s) for s in np.flatnonzero(total > 1e-9)], shells)
        return np.isin(shells, outer)

    def _shells(self) -> Int[np.ndarray, " s"]:
        """A common number for all sides that bound the same cell, or cells that the symmetry makes of each other."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        # Up to symmetry every edge lies on a plane that was cut itself: these edges say enough.
        low, high = self.halves[:, :2].min(1), self.halves[:, :2].max(1)
        key = low * len(self.points) + high
        first = self.copy_of[self.halves[:, 2]] == self.halves[:, 2]
        some = np.isin(key, np.unique(key[first]))
        halves, low, high, key = self.halves[some], low[some], high[some], key[some]
        side = 2 * self.copy_of[halves[:, 2]]
        along = self.points[high] - self.points[low]
        along /= np.linalg.norm(along, axis=1)[:, None]
        forwards = halves[:, 0] == low
        inward = np.cross(self.normals[halves[:, 2]], along) * np.where(forwards, 1, -1)[:, None]
        first = np.cross(along, np.eye(3)[np.abs(along).argmin(1)])
        first /= np.linalg.norm(first, axis=1)[:, None]
        second = np.cross(along, first)
        angle = np.arctan2((inward * second).sum(1), (inward * first).sum(1))
        order = np.lexsort((angle, key))
        # Counter-clockwise about the edge comes the side of the normal if the half edge runs forwards.
        ccw, cw = side + ~forwards, side + forwards
        key = key[order]
        start = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        following = np.arange(1, len(key) + 1)
        following[np.concatenate([start[1:], [len(key)]]) - 1] = start
        n = 2 * len(self.plane)
        links = coo_array((np.ones(len(order)), (ccw[order], cw[order[following]])), shape=(n, n))
        label = connected_components(links, directed=False)[1]
        return label[np.stack([2 * self.copy_of, 2 * self.copy_of + 1], axis=1).reshape(-1)]

    def _not_enclosed(self, found: list[int], shells: np.ndarray) -> list[int]:
        """Of several pieces that do not touch, those that lie in no other."""
        if len(found) == 0:
            raise InputError("the faces enclose nothing: there is no surface to see")
        if len(found) == 1:
            return found
        kept = []
        for s in found:
            probe = self.points[self.halves[np.isin(self.halves[:, 2], np.flatnonzero(shells == s) // 2)][0, 0]]
            others = (self._polygons_of(shells == t) for t in found if t != s)
            if not any(density(self.points, faces, probe) for faces in others):
                kept.append(s)
        return kept

    def mesh(self, sides: Bool[np.ndarray, " s"], scale: float, name: str) -> Mesh:
        """Regions of a plane joined where no edge shows, corners without an angle dropped."""
        faces = self._straightened(self._polygons_of(sides))
        used = sorted({v for f in faces for v in f})
        number = {v: i for i, v in enumerate(used)}
        mesh = Mesh(self.points[used] * scale, tuple(tuple(number[v] for v in f) for f in faces), name)
        if not mesh.is_watertight or signed_volume(mesh.vertices, mesh.faces) <= 0:
            raise InputError(f"the surface of {name} could not be closed: its faces do not meet at their edges")
        return mesh

    def _polygons_of(self, sides: np.ndarray) -> list[tuple[int, ...]]:
        """Sides of one plane that meet along an edge where nothing else is visible become one polygon."""
        rows, edge, hidden = self._visible_halves(sides)
        # One figure for each side of each plane.
        figure = 2 * self.plane[self.halves[rows // 2, 2]] + rows % 2
        order = np.argsort(figure, kind="stable")
        cuts = np.flatnonzero(np.diff(figure[order])) + 1
        faces: list[tuple[int, ...]] = []
        known: dict[tuple[int, int], list[tuple[int, ...]]] = {}
        for group in np.split(order, cuts):
            plane, back = divmod(int(figure[group[0]]), 2)
            image = self.carried[plane] if self.carried else None
            if image is not None and (image.plane, back) in known:
                faces.extend(self._image(known[image.plane, back], image))
                continue
            traced = self._traced(self.halves[rows[group] // 2], ~hidden[edge[group]], back)
            known[plane, back] = traced
            faces.extend(traced)
        return faces

    def _image(self, faces: list[tuple[int, ...]], image: Carried) -> list[tuple[int, ...]]:
        """Polygons of the first plane of a class, carried to another one; the sides that show are the same there."""
        place = dict(zip(self.carried[image.plane].points.tolist(), image.points.tolist()))
        carried = [tuple(place[v] for v in f) for f in faces]
        return [f[::-1] for f in carried] if image.reflected else carried

    def _visible_halves(self, sides: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half edges of the visible sides as 2 h + back, the edge of each, and which edges do not show."""
        shown = np.stack([sides[0::2], sides[1::2]], axis=1)[self.halves[:, 2]]
        rows = np.flatnonzero(shown.reshape(-1))
        ends = np.sort(self.halves[rows // 2, :2], axis=1)
        _, edge = np.unique(ends[:, 0] * len(self.points) + ends[:, 1], return_inverse=True)
        edge = edge.reshape(-1)
        region = self.halves[rows // 2, 2]
        figure = 2 * self.plane[region] + rows % 2
        count = np.bincount(edge)
        low, high = np.full(len(count), 2 * len(self.plane) + 2), np.full(len(count), -1)
        np.minimum.at(low, edge, figure)
        np.maximum.at(high, edge, figure)
        first, last = np.full(len(count), len(self.plane)), np.full(len(count), -1)
        np.minimum.at(first, edge, region)
        np.maximum.at(last, edge, region)
        return rows, edge, (count == 2) & (low == high) & (first != last)

    def _traced(self, halves: np.ndarray, shows: np.ndarray, back: int) -> list[tuple[int, ...]]:
        """Polygons of some regions of one plane, traced without the edges that do not show."""
        kept = distinct_pairs(halves[shows, :2])
        names, local = np.unique(kept, return_inverse=True)
        normal = self.normals[halves[0, 2]]
        axes = plane_axes(normal)
        flat = self.points[names] @ axes
        regions = regions_of(flat, local.reshape(-1, 2))
        a, b = self.points[halves[:, 0]] @ axes, self.points[halves[:, 1]] @ axes
        covered = windings(a, b, regions.samples) != 0
        found: list[tuple[int, ...]] = []
        for k in np.flatnonzero(covered):
            outer, holes = regions.outer[k], regions.holes[k]
            if holes or len(set(outer)) < len(outer):
                pieces = triangulate(flat, joined_with_holes(flat, outer, holes))
            else:
                pieces = [tuple(outer)]
            found.extend(tuple(int(names[v]) for v in (p[::-1] if back else p)) for p in pieces)
        return found

    def _straightened(self, faces: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Drop the vertices that lie on a straight side of all their faces."""
        at = np.concatenate([np.array(f) for f in faces])
        before = np.concatenate([np.array((f[-1], *f[:-1])) for f in faces])
        after = np.concatenate([np.array((*f[1:], f[0])) for f in faces])
        u, v = self.points[at] - self.points[before], self.points[after] - self.points[at]
        bend = np.linalg.norm(np.cross(u, v), axis=1)
        sharp = bend > 1e-6 * np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1)
        corners = set(at[sharp].tolist())
        return [tuple(v for v in f if v in corners) for f in faces]


def half_edges(regions: Sequence[Sequence[Sequence[int]]]) -> Int[np.ndarray, "m 3"]:
    """Rows (from, to, region) of regions given by their boundary cycles."""
    rows = [(a, b, i) for i, cycles in enumerate(regions) for c in cycles for a, b in zip(c, (*c[1:], c[0]))]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)

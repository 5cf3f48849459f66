"""All planes of a solid's faces extended without end, and the regions and cells into which they cut space.

A cell is known by the side of each plane on which it lies; a facet is a bounded region of one plane and separates two
cells. Everything is found on one plane of each class and carried to the others by the symmetry.

References
----------
T. Zaslavsky, Facing up to arrangements (1975), for the counts; H. S. M. Coxeter, P. Du Val, H. T. Flather,
J. F. Petrie, The fifty-nine icosahedra (1938), for cells and facets.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError
from symmeter.shapes.frames import plane_axes
from symmeter.shapes.planar_subdivision import cut_segments, regions_of, weld

__all__ = ["Arrangement", "ArrangementCounts"]

_TOLERANCE = 1e-7


@dataclass(frozen=True)
class ArrangementCounts:
    """How many planes there are, lines in which they meet, points where three meet, and cells."""

    planes: int
    lines: int
    points: int
    bounded_cells: int
    all_cells: int


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The planes n . x = d with d > 0, and a group that permutes them.

    Parameters
    ----------
    normals : array of shape (p, 3)
        Unit vectors.
    offsets : array of shape (p,)
        Above zero.
    operations : array of shape (g, 3, 3)
        A group of orthogonal matrices that permutes the planes.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> a = Arrangement.of(poly("octahedron"))
    >>> a.counts()
    ArrangementCounts(planes=8, lines=24, points=14, bounded_cells=9, all_cells=59)
    """

    normals: Float[np.ndarray, "p 3"]
    offsets: Float[np.ndarray, " p"]
    operations: Float[np.ndarray, "g 3 3"]

    @classmethod
    def of(cls, core) -> Arrangement:
        """The arrangement of the face planes of a polyhedron."""
        normals, offsets = core.planes
        if np.abs(offsets).min() < 1e-9:
            raise InputError(f"{core.name} has a face through its centre; a core of stellations has none")
        planes = np.concatenate([normals * np.sign(offsets)[:, None], np.abs(offsets)[:, None]], axis=1)
        planes, _ = weld(planes, _TOLERANCE)
        return cls(planes[:, :3], planes[:, 3], core.operations)

    @cached_property
    def plane_permutations(self) -> Int[np.ndarray, "g p"]:
        """Where each operation takes each plane."""
        images = np.einsum("gij,pj->gpi", self.operations, self.normals)
        return (images @ self.normals.T - np.abs(self.offsets[:, None] - self.offsets)).argmax(axis=2)

    @cached_property
    def plane_classes(self) -> list[Int[np.ndarray, " k"]]:
        """Planes that the group carries into each other, the nearest to the centre first."""
        classes = {tuple(np.unique(column).tolist()) for column in self.plane_permutations.T}
        return [np.array(c) for c in sorted(classes, key=lambda c: (round(float(self.offsets[c[0]]), 6), c))]

    def counts(self) -> ArrangementCounts:
        """Count lines, points and cells; the cells by the characteristic polynomial."""
        lines: dict[bytes, set[int]] = {}
        n, d = self.normals, self.offsets
        for i in range(len(n)):
            for j in range(i):
                way = np.cross(n[i], n[j])
                length = float(np.linalg.norm(way))
                if length < 1e-9:
                    continue
                base = np.linalg.solve(np.array([n[i], n[j], way / length]), [d[i], d[j], 0.0])
                on = (np.abs(n @ base - d) < 1e-8) & (np.abs(n @ way) < 1e-8 * length)
                lines.setdefault(np.flatnonzero(on).tobytes(), set(np.flatnonzero(on).tolist()))
        of_lines = list(lines.values())
        points = self._points()
        on_point = [set(np.flatnonzero(np.abs(n @ p - d) < 1e-7).tolist()) for p in points]
        # Moebius numbers: m - 1 for a line on m planes; for a point what makes the sum over all flats below it vanish.
        line_sum = sum(len(s) - 1 for s in of_lines)
        point_sum = sum(sum(len(s) - 1 for s in of_lines if s <= p) - len(p) + 1 for p in on_point)
        p = len(n)
        return ArrangementCounts(
            p, len(of_lines), len(points), abs(-1 + p - line_sum + point_sum), 1 + p + line_sum + point_sum
        )

    def _points(self) -> np.ndarray:
        """Points where three planes or more meet."""
        found = [self._plane_points(k) for k in range(len(self.normals))]
        return weld(np.concatenate(found), _TOLERANCE)[0]

    def _lines_in(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Base points and directions of the lines in which the other planes meet one."""
        n, d = self.normals, self.offsets
        way = np.cross(n[k], n)
        sine2 = (way**2).sum(1)
        meets = sine2 > 1e-9
        cosine = n @ n[k]
        a, b = d[k] - cosine * d, d - cosine * d[k]
        base = (a[:, None] * n[k] + b[:, None] * n)[meets] / sine2[meets, None]
        return base, way[meets] / np.sqrt(sine2[meets])[:, None]

    def _plane_points(self, k: int) -> np.ndarray:
        base, way = self._lines_in(k)
        side = np.cross(self.normals[k], way)
        # Where line i meets line j.
        turn = way @ side.T
        reach = ((base[None] - base[:, None]) * side[None]).sum(-1)
        i, j = np.nonzero(np.abs(turn) > 1e-9)
        return base[i] + (reach[i, j] / turn[i, j])[:, None] * way[i]

    @cached_property
    def facets(self) -> _Facets:
        """All bounded regions of all planes, with the two cells that each separates."""
        return _facets_of(self)

    @cached_property
    def cells(self) -> _Cells:
        """The bounded cells."""
        return _cells_of(self)


@dataclass(frozen=True, eq=False)
class _Facets:
    """Bounded regions of the planes: corners in space, plane, and the sides of their points."""

    points: Float[np.ndarray, "n 3"]
    cycles: list[list[int]]
    plane: Int[np.ndarray, " f"]
    kind: Int[np.ndarray, " f"]
    signs: Bool[np.ndarray, "f p"]
    area_vectors: Float[np.ndarray, "f 3"]


def _facets_of(a: Arrangement) -> _Facets:
    points: list[np.ndarray] = []
    cycles: list[list[int]] = []
    plane: list[int] = []
    kind: list[int] = []
    samples: list[np.ndarray] = []
    areas: list[np.ndarray] = []
    start = kinds = 0
    for members in a.plane_classes:
        first = int(members[0])
        lifted, regions = _regions_in(a, first)
        kind_of = _kinds(a, first, lifted, regions)
        middle = np.array([lifted[c].mean(axis=0) for c in regions])
        area = np.array([np.cross(lifted[c], np.roll(lifted[c], -1, axis=0)).sum(0) / 2 for c in regions])
        for target in members:
            m = a.operations[int(np.flatnonzero(a.plane_permutations[:, first] == target)[0])]
            proper = np.linalg.det(m) > 0
            points.append(lifted @ m.T)
            samples.append(middle @ m.T)
            areas.append((area if proper else -area) @ m.T * (1 if proper else -1))
            cycles.extend([start + v for v in (c if proper else c[::-1])] for c in regions)
            plane.extend([int(target)] * len(regions))
            kind.extend(kinds + k for k in kind_of)
            start += len(lifted)
        kinds += max(kind_of) + 1
    joint, label = weld(np.concatenate(points), 10 * _TOLERANCE)
    inside = np.concatenate(samples)
    return _Facets(
        joint,
        [[int(label[v]) for v in c] for c in cycles],
        np.array(plane),
        np.array(kind),
        inside @ a.normals.T > a.offsets,
        np.concatenate(areas),
    )


def _regions_in(a: Arrangement, k: int) -> tuple[np.ndarray, list[list[int]]]:
    """Corners in space and bounded regions of one plane, counter-clockwise seen against its normal's direction."""
    base, way = a._lines_in(k)
    normal = a.normals[k]
    axes = plane_axes(normal)
    side = np.cross(normal, way)
    turn = way @ side.T
    reach = ((base[None] - base[:, None]) * side[None]).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(np.abs(turn) > 1e-9, reach / turn, np.nan)
    low, high = np.nanmin(t, axis=1), np.nanmax(t, axis=1)
    starts, ends = (base + low[:, None] * way) @ axes, (base + high[:, None] * way) @ axes
    points, edges = cut_segments(starts, ends, _TOLERANCE)
    regions = regions_of(points, edges)
    return points @ axes.T + a.offsets[k] * normal, regions.outer


def _kinds(a: Arrangement, k: int, lifted: np.ndarray, regions: list[list[int]]) -> list[int]:
    """A common number for regions that the symmetry of the plane carries into each other."""
    middle = np.array([lifted[c].mean(axis=0) for c in regions])
    fixing = a.operations[a.plane_permutations[:, k] == k]
    images = np.einsum("gij,rj->gri", fixing, middle)
    to = ((images[:, :, None] - middle[None, None]) ** 2).sum(-1).argmin(-1)
    smallest = to.min(axis=0)
    _, number = np.unique(smallest, return_inverse=True)
    return number.reshape(-1).tolist()


@dataclass(frozen=True, eq=False)
class _Cells:
    """Bounded cells: signs, the cells on the outer and inner side of each facet (-1: unbounded), orbits."""

    signs: Bool[np.ndarray, "c p"]
    beyond: Int[np.ndarray, " f"]
    within: Int[np.ndarray, " f"]
    permutations: Int[np.ndarray, "g c"]

    @property
    def layers(self) -> Int[np.ndarray, " c"]:
        """How many planes separate each cell from the core."""
        return self.signs.sum(axis=1)

    def orbits(self, proper: Bool[np.ndarray, " g"] | None = None) -> Int[np.ndarray, " c"]:
        """A common number for the cells that the group, or some of its elements, carry into each other."""
        some = self.permutations if proper is None else self.permutations[proper]
        _, number = np.unique(some.min(axis=0), return_inverse=True)
        return number.reshape(-1)


def _cells_of(a: Arrangement) -> _Cells:
    f = a.facets
    count, planes = f.signs.shape
    rows = np.arange(count)
    outer, inner = f.signs.copy(), f.signs.copy()
    outer[rows, f.plane] = True
    inner[rows, f.plane] = False
    signs, label = np.unique(np.concatenate([outer, inner]), axis=0, return_inverse=True)
    label = label.reshape(-1)
    beyond, within = label[:count], label[count:]
    # The bounded facets of an unbounded cell all face away from where it is open, so their areas cannot cancel.
    total = np.zeros((len(signs), 3))
    np.add.at(total, beyond, -f.area_vectors)
    np.add.at(total, within, f.area_vectors)
    bounded = np.abs(total).max(axis=1) < 1e-6 * np.abs(f.area_vectors).max()
    number = np.where(bounded, np.cumsum(bounded) - 1, -1)
    kept = signs[bounded]
    mixed = np.random.default_rng(0).integers(1, 2**62, planes)
    words = kept @ mixed
    order = np.argsort(words)
    permutations = np.empty((len(a.operations), len(kept)), int)
    for g, p in enumerate(a.plane_permutations):
        permutations[g] = order[np.searchsorted(words[order], kept @ mixed[p])]
    return _Cells(kept, number[beyond], number[within], permutations)

"""A polygon mesh as a value: what is drawn, measured, written to files and read from them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError
from symmeter.shapes import face_geometry, topology
from symmeter.shapes.triangulation import triangulate

__all__ = ["Mesh"]


@dataclass(frozen=True, eq=False, repr=False)
class Mesh:
    """Vertices and polygons, in their order.

    Parameters
    ----------
    vertices : array of shape (n, 3)
        Read-only float64.
    faces : tuple of tuples of int
        Cycles of vertex numbers, counter-clockwise from outside where there is an outside.
    name : str
        Written into files that have room for it.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> mesh = poly("great icosahedron").mesh(visible=True)
    >>> mesh, mesh.is_watertight
    (Mesh(great icosahedron, 92 vertices, 180 faces), True)
    """

    vertices: Float[np.ndarray, "n 3"]
    faces: tuple[tuple[int, ...], ...]
    name: str = "mesh"

    def __post_init__(self) -> None:
        vertices = np.array(self.vertices, dtype=np.float64)
        if vertices.ndim != 2 or vertices.shape[1:] != (3,):
            raise ShapeError(f"vertices of a mesh have shape (n, 3); got {vertices.shape}")
        if not np.isfinite(vertices).all():
            bad = int(np.flatnonzero(~np.isfinite(vertices).all(axis=1))[0])
            raise InputError(f"vertex {bad} of {self.name} is not finite: {vertices[bad].tolist()}")
        for i, f in enumerate(self.faces):
            if len(f) < 3 or min(f) < 0 or max(f) >= len(vertices):
                raise InputError(
                    f"face {i} of {self.name} is {tuple(f)}: it needs 3 or more vertices, numbered 0 to "
                    f"{len(vertices) - 1}"
                )
        vertices.setflags(write=False)
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", tuple(tuple(int(v) for v in f) for f in self.faces))

    def __repr__(self) -> str:
        return f"Mesh({self.name}, {len(self.vertices)} vertices, {len(self.faces)} faces)"

    @cached_property
    def is_watertight(self) -> bool:
        """Whether every edge is run as often one way as the other: a surface without holes, consistently oriented."""
        return bool(self.faces) and topology.is_oriented(self.faces)

    @cached_property
    def volume(self) -> float:
        """Enclosed volume.

        Raises
        ------
        InputError
            If the mesh is not watertight.
        """
        if not self.is_watertight:
            a, b, f = self.first_open_side()
            raise InputError(
                f"{self.name} is not closed: side ({a}, {b}) of face {f} is run more often this way than back; "
                "a volume needs a watertight mesh"
            )
        return face_geometry.signed_volume(self.vertices, self.faces)

    def first_open_side(self) -> tuple[int, int, int]:
        """Of a mesh that is not watertight a side (from, to, face) that is run more often this way than back."""
        balance: dict[tuple[int, int], int] = {}
        sides = topology.directed_edges(self.faces).tolist()
        for a, b, _ in sides:
            key = (min(a, b), max(a, b))
            balance[key] = balance.get(key, 0) + (1 if a < b else -1)
        return next((a, b, f) for a, b, f in sides if balance[min(a, b), max(a, b)] * (1 if a < b else -1) > 0)

    @cached_property
    def area(self) -> float:
        """Total area of the faces."""
        return float(np.linalg.norm(face_geometry.area_vectors(self.vertices, self.faces), axis=1).sum())

    @cached_property
    def triangles(self) -> Int[np.ndarray, "t 3"]:
        """The faces cut into triangles, as rows of vertex numbers of :meth:`triangulated`."""
        return np.array(self.triangulated().faces, dtype=np.int64).reshape(-1, 3)

    def triangulated(self) -> Mesh:
        """A mesh of triangles; a star polygon gets its centre as a further vertex, other polygons only diagonals."""
        return self._triangulated

    @cached_property
    def _triangulated(self) -> Mesh:
        if all(len(f) == 3 for f in self.faces):
            return self
        normals, _ = face_geometry.face_planes(self.vertices, self.faces)
        turns = face_geometry.turning_numbers(self.vertices, self.faces)
        centres: list[np.ndarray] = []
        found: list[tuple[int, ...]] = []
        for f, normal, turn in zip(self.faces, normals, turns.tolist()):
            if len(f) == 3:
                found.append(f)
                continue
            flat = _flattened(self.vertices[list(f)], normal)
            if abs(turn) == 1 and _is_convex(flat):
                found.extend((f[0], f[i], f[i + 1]) for i in range(1, len(f) - 1))
            elif abs(turn) == 1 and _is_simple(flat):
                found.extend((f[i], f[j], f[k]) for i, j, k in triangulate(flat, list(range(len(f)))))
            else:
                middle = len(self.vertices) + len(centres)
                centres.append(self.vertices[list(f)].mean(axis=0))
                found.extend((a, b, middle) for a, b in zip(f, (*f[1:], f[0])))
        vertices = np.concatenate([self.vertices, np.array(centres).reshape(-1, 3)])
        return Mesh(vertices, tuple(found), self.name)

    def export(self, path: str | os.PathLike[str]) -> Path:
        """Write the mesh to a file; the extension decides the format: .obj, .off, .stl, .ply or .glb.

        The file appears whole or not at all. OBJ, OFF and PLY keep the polygons; STL and GLB hold triangles.
        """
        from symmeter.shapes.mesh_files import write_mesh

        return write_mesh(self, path)


def _flattened(corners: np.ndarray, normal: np.ndarray) -> np.ndarray:
    first = corners[1] - corners[0]
    first = first - (first @ normal) * normal
    first /= np.linalg.norm(first)
    return (corners - corners[0]) @ np.stack([first, np.cross(normal, first)], axis=1)


def _is_convex(polygon: np.ndarray) -> bool:
    side = np.roll(polygon, -1, axis=0) - polygon
    following = np.roll(side, -1, axis=0)
    return bool((side[:, 0] * following[:, 1] - side[:, 1] * following[:, 0] > 1e-9 * (side**2).sum(1).max()).all())


def _is_simple(polygon: np.ndarray) -> bool:
    """Whether no two sides cross."""
    a, b = polygon, np.roll(polygon, -1, axis=0)
    side = b - a

    def over(p: np.ndarray) -> np.ndarray:
        return side[:, None, 0] * (p[None, :, 1] - a[:, None, 1]) - side[:, None, 1] * (p[None, :, 0] - a[:, None, 0])

    slack = 1e-9 * (side**2).sum(1).max()
    start, end = over(a), over(b)
    apart = ((start > slack) & (end < -slack)) | ((start < -slack) & (end > slack))
    return not bool((apart & apart.T).any())

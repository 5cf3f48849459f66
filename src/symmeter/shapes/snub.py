"""Snub polyhedra "|p q r": the point that three rotations carry equally far, and two figures beyond.

With rotations rho_i about the corners of a Schwarz triangle and rho_1 rho_2 rho_3 = 1, a vertex v solves
|v - rho_1 v| = |v - rho_2 v| = |v - rho_3 v|, |v| = 1. There are several real solutions; two symbols can share them.

References
----------
J. Skilling, The complete set of uniform polyhedra (1975).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.shapes.frames import symmetry_matrices
from symmeter.shapes.wythoff import Faces, SchwarzTriangle, distinct_cycles, orbit_of_cycle, wythoff

__all__ = ["great_dirhombicosidodecahedron", "great_disnub_dirhombidodecahedron", "snub", "snub_solutions"]

_STARTS = 160


def snub_solutions(triangle: SchwarzTriangle) -> Float[np.ndarray, "k 3"]:
    """All real unit vectors that the three rotations carry equally far, up to sign, found by Newton's method."""
    turns = [a @ b for a, b in (triangle.through(i) for i in range(3))]
    # |v - rho v|^2 = v^T Q v with Q = 2 - rho - rho^T.
    q = [2 * np.eye(3) - t - t.T for t in turns]
    first, second = q[0] - q[1], q[1] - q[2]
    k = np.arange(_STARTS) + 0.5
    z, angle = 1 - k / _STARTS, np.pi * (1 + 5**0.5) * k
    v = np.stack([np.cos(angle) * np.sqrt(1 - z * z), np.sin(angle) * np.sqrt(1 - z * z), z], axis=1)
    for _ in range(60):
        residual = np.stack(
            [np.einsum("ni,ij,nj->n", v, first, v), np.einsum("ni,ij,nj->n", v, second, v), (v * v).sum(1) - 1], axis=1
        )
        jacobian = 2 * np.stack([v @ first, v @ second, v], axis=1)
        good = np.abs(np.linalg.det(jacobian)) > 1e-12
        v, residual, jacobian = v[good], residual[good], jacobian[good]
        v = v - np.linalg.solve(jacobian, residual[..., None])[..., 0]
        v = v[np.abs(v).max(1) < 1e6]
    worst = np.abs(np.stack([np.einsum("ni,ij,nj->n", v, m, v) for m in (first, second)])).max(0)
    v = v[(worst < 1e-12) & (np.abs((v * v).sum(1) - 1) < 1e-12)]
    kept: list[np.ndarray] = []
    for x in v:
        if all(min(np.abs(x - y).max(), np.abs(x + y).max()) > 1e-7 for y in kept):
            kept.append(x)
    return np.array(kept).reshape(-1, 3)


def snub(triangle: SchwarzTriangle, circumradius: float | None) -> tuple[Float[np.ndarray, "n 3"], Faces]:
    """Vertices (unit edges) and faces of the snub polyhedron whose circumradius is the wanted one.

    Without a wanted one, the solution inside the triangle is taken.
    """
    turns = [a @ b for a, b in (triangle.through(i) for i in range(3))]
    solutions = snub_solutions(triangle)
    lengths = np.linalg.norm(solutions - solutions @ turns[0].T, axis=1) if len(solutions) else np.zeros(0)
    solutions, lengths = solutions[lengths > 1e-6], lengths[lengths > 1e-6]
    text = " ".join(map(str, triangle.numbers))
    if not len(solutions):
        raise InputError(f"|{text} has no snub polyhedron: its equations have no real solution")
    if circumradius is None:
        # Inside the triangle all three products with the mirrors' normals are positive.
        inside = np.abs(solutions @ triangle.normals.T @ np.ones(3))
        chosen = int(inside.argmax())
    else:
        chosen = int(np.abs(1 / lengths - circumradius).argmin())
        if abs(1 / lengths[chosen] - circumradius) > 1e-6:
            found = ", ".join(f"{x:.8f}" for x in sorted(1 / lengths))
            raise InputError(f"|{text} has no solution of circumradius {circumradius:g}; there are {found}")
    v = solutions[chosen]
    cycles = [np.array([v, turns[0].T @ v, turns[1] @ v])]
    for turn, number in zip(turns, triangle.numbers):
        if number.numerator > 2:
            cycles.append(np.array([np.linalg.matrix_power(turn, k) @ v for k in range(number.numerator)]))
    vertices, faces = orbit_of_cycle(symmetry_matrices(triangle.symbol[0]), v, cycles)
    return vertices / lengths[chosen], faces


@lru_cache(maxsize=1)
def great_dirhombicosidodecahedron() -> tuple[Float[np.ndarray, "60 3"], Faces, str]:
    """The figure "|3/2 5/3 3 5/2", the one uniform polyhedron that no Schwarz triangle makes.

    Its vertices, and its pentagrams, are those of "|5/3 5/2 3", whose unit distances between vertices are all its
    edges. Its squares are all squares among these edges; its triangles are the class that leaves two faces per edge.
    """
    vertices, others, orbits = _skilling_faces()
    two = np.where(_edge_counts(len(vertices), others) > 0, 2, 0)
    for orbit in orbits:
        if np.array_equal(_edge_counts(len(vertices), [*others, *orbit]), two):
            return vertices, (*others, *orbit), "Ih"
    raise AssertionError("no class of triangles closes the great dirhombicosidodecahedron")


@lru_cache(maxsize=1)
def great_disnub_dirhombidodecahedron() -> tuple[Float[np.ndarray, "60 3"], Faces, str]:
    """Skilling's figure: uniform but for its edges, of which every other one has four faces.

    Vertices, pentagrams and squares of "|3/2 5/3 3 5/2" with the other class of triangles; together the two classes
    are the faces of twenty octahedra.

    References
    ----------
    J. Skilling, The complete set of uniform polyhedra (1975).
    """
    vertices, others, orbits = _skilling_faces()
    for orbit in orbits:
        counts = _edge_counts(len(vertices), [*others, *orbit])
        if set(np.unique(counts).tolist()) == {0, 2, 4}:
            return vertices, (*others, *orbit), "Ih"
    raise AssertionError("no class of triangles closes the great disnub dirhombidodecahedron")


def _skilling_faces() -> tuple[np.ndarray, list[tuple[int, ...]], list[list[tuple[int, ...]]]]:
    """Vertices, pentagrams and squares that both figures have, and the classes of triangles."""
    vertices, faces, _ = wythoff("|5/3 5/2 3", 0.5**0.5)
    group = symmetry_matrices("Ih")
    pentagrams = [f for f in faces if len(f) == 5]
    unit = np.abs(((vertices[:, None] - vertices[None]) ** 2).sum(-1) - 1) < 1e-9
    corners = np.argwhere(unit[:, :, None] & unit[:, None, :] & unit[None])
    triangles = distinct_cycles(corners[(corners[:, 0] < corners[:, 1]) & (corners[:, 1] < corners[:, 2])])
    return vertices, [*pentagrams, *_squares(vertices, unit)], _orbits(vertices, triangles, group)


def _squares(vertices: np.ndarray, unit: np.ndarray) -> list[tuple[int, ...]]:
    """All planar unit squares: a, b, c, d with the sums of opposite corners equal."""
    found = set()
    for a in range(len(vertices)):
        near = np.flatnonzero(unit[a])
        for i, b in enumerate(near):
            for d in near[i + 1 :]:
                if abs(((vertices[b] - vertices[d]) ** 2).sum() - 2) < 1e-9:
                    c = np.abs(vertices - (vertices[b] + vertices[d] - vertices[a])).max(1)
                    if c.min() < 1e-9:
                        found.update(distinct_cycles(np.array([[a, b, int(c.argmin()), d]])))
    return sorted(found)


def _edge_counts(n: int, faces: list[tuple[int, ...]]) -> np.ndarray:
    counts = np.zeros((n, n), int)
    for f in faces:
        for a, b in zip(f, (*f[1:], f[0])):
            counts[a, b] += 1
            counts[b, a] += 1
    return counts


def _orbits(vertices: np.ndarray, faces: list[tuple[int, ...]], group: np.ndarray) -> list[list[tuple[int, ...]]]:
    images = np.einsum("gij,nj->gni", group, vertices)
    where = np.array([((x[:, None] - vertices[None]) ** 2).sum(-1).argmin(1) for x in images])
    left, orbits = dict.fromkeys(faces), []
    while left:
        orbit = distinct_cycles(where[:, list(next(iter(left)))])
        orbits.append(orbit)
        for f in orbit:
            left.pop(f)
    return orbits

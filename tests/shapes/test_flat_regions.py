"""Corners and flats of meshes: cutting faces into triangles, and those into more, changes no group."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.shapes import poly
from symmeter.shapes.flat_regions import true_corners
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.point_group import point_group


def refined(mesh: Mesh, times: int) -> Mesh:
    """Every triangle cut into four, again and again."""
    x, faces = list(map(tuple, mesh.vertices)), [tuple(f) for f in mesh.triangulated().faces]
    for _ in range(times):
        middle: dict[tuple[int, int], int] = {}

        def half(a, b, middle=middle, x=x):
            key = (min(a, b), max(a, b))
            if key not in middle:
                middle[key] = len(x)
                x.append(tuple((np.array(x[a]) + np.array(x[b])) / 2))
            return middle[key]

        faces = [
            f
            for a, b, c in faces
            for p, q, r in [(half(a, b), half(b, c), half(c, a))]
            for f in ((a, p, r), (p, b, q), (r, q, c), (p, q, r))
        ]
    return Mesh(np.array(x), tuple(faces))


@pytest.mark.parametrize(
    "name", ["cube", "snub cube", "truncated tetrahedron", "prism 5", "J44", "J1", "rhombic dodecahedron"]
)
def test_triangles_do_not_count(name):
    solid = poly(name)
    mesh = refined(solid.mesh(), 2)
    assert len(mesh.vertices) > 4 * solid.V
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    # Single precision, as STL files have it.
    vertices = (mesh.vertices @ turn.T).astype(np.float32).astype(float)
    corners, flats = true_corners(vertices, mesh.faces)
    assert sorted(corners.tolist()) == list(range(solid.V))
    assert {frozenset(f) for f in flats} == {frozenset(f) for f in solid.faces}
    assert point_group(vertices[corners], faces=flats).symbol == solid.group


@pytest.mark.parametrize("name", ["U4", "U18", "U34", "W26", "W47"])
def test_star_polyhedra_keep_their_group(name):
    solid = poly(name)
    for mesh in (solid.mesh(), solid.mesh(visible=True), solid.mesh().triangulated()):
        corners, flats = true_corners(mesh.vertices, mesh.faces)
        assert point_group(mesh.vertices[corners], faces=flats).symbol == solid.group


def test_a_face_with_another_height_is_another_face():
    # An L: two squares at one height, joined; a third higher up.
    x = np.array(
        [[0, 0, 0], [1, 0, 0], [2, 0, 0], [0, 1, 0], [1, 1, 0], [2, 1, 0], [0, 2, 0], [1, 2, 0.5]], dtype=float
    )
    corners, flats = true_corners(x, [(0, 1, 4, 3), (1, 2, 5, 4), (3, 4, 7, 6)])
    assert {frozenset(corners[list(f)].tolist()) for f in flats} == {
        frozenset({0, 2, 3, 4, 5}),
        frozenset({3, 4, 6, 7}),
    }


def test_triangles_without_area_belong_to_their_neighbours():
    x = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0.5, 0, 0]], dtype=float)
    corners, flats = true_corners(x, [(0, 1, 4), (0, 4, 3), (4, 1, 2), (4, 2, 3)])
    assert corners.tolist() == [0, 1, 2, 3]
    assert flats == ((0, 1, 2, 3),)

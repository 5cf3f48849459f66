"""Closed forms: dihedral angles, volumes, surfaces, Skilling's figure, and names that were wrong before."""

from __future__ import annotations

from math import acos, degrees, pi, sqrt

import numpy as np
import pytest

from symmeter.errors import UnknownNameError
from symmeter.shapes import families, poly, stellate, uniform
from symmeter.shapes.snub import great_dirhombicosidodecahedron
from symmeter.shapes.uniform_table import UNIFORM

GOLDEN = (1 + sqrt(5)) / 2

#: Cosines of the dihedral angles, sizes of the two faces with them.
COSINES = {
    "tetrahedron": {("3", "3"): 1 / 3},
    "cube": {("4", "4"): 0.0},
    "octahedron": {("3", "3"): -1 / 3},
    "dodecahedron": {("5", "5"): -1 / sqrt(5)},
    "icosahedron": {("3", "3"): -sqrt(5) / 3},
    "great dodecahedron": {("5", "5"): 1 / sqrt(5)},
    "small stellated dodecahedron": {("5/2", "5/2"): -1 / sqrt(5)},
    "great stellated dodecahedron": {("5/2", "5/2"): 1 / sqrt(5)},
    "great icosahedron": {("3", "3"): sqrt(5) / 3},
    "cuboctahedron": {("3", "4"): -1 / sqrt(3)},
    "icosidodecahedron": {("3", "5"): -sqrt((5 + 2 * sqrt(5)) / 15)},
    "truncated tetrahedron": {("6", "6"): 1 / 3, ("3", "6"): -1 / 3},
    "truncated octahedron": {("6", "6"): -1 / 3, ("4", "6"): -1 / sqrt(3)},
    "truncated cube": {("8", "8"): 0.0, ("3", "8"): -1 / sqrt(3)},
    "truncated icosahedron": {("6", "6"): -sqrt(5) / 3, ("5", "6"): -sqrt((5 + 2 * sqrt(5)) / 15)},
    "rhombicuboctahedron": {("4", "4"): -1 / sqrt(2), ("3", "4"): -sqrt(2 / 3)},
    "rhombic dodecahedron": {("4", "4"): -1 / 2},
    "rhombic triacontahedron": {("4", "4"): -GOLDEN / 2},
    "deltoidal icositetrahedron": {("4", "4"): -(7 + 4 * sqrt(2)) / 17},
    "triakis octahedron": {("3", "3"): -(3 + 8 * sqrt(2)) / 17},
    "pentakis dodecahedron": {("3", "3"): -(80 + 9 * sqrt(5)) / 109},
}
#: At unit edge.
VOLUMES = {
    "tetrahedron": sqrt(2) / 12,
    "octahedron": sqrt(2) / 3,
    "dodecahedron": (15 + 7 * sqrt(5)) / 4,
    "icosahedron": 5 * (3 + sqrt(5)) / 12,
    "cuboctahedron": 5 * sqrt(2) / 3,
    "icosidodecahedron": (45 + 17 * sqrt(5)) / 6,
    "truncated tetrahedron": 23 * sqrt(2) / 12,
    "truncated cube": (21 + 14 * sqrt(2)) / 3,
    "truncated octahedron": 8 * sqrt(2),
    "rhombicuboctahedron": (12 + 10 * sqrt(2)) / 3,
    "truncated cuboctahedron": 22 + 14 * sqrt(2),
    "truncated icosahedron": (125 + 43 * sqrt(5)) / 4,
    "truncated dodecahedron": 5 * (99 + 47 * sqrt(5)) / 12,
    "rhombicosidodecahedron": (60 + 29 * sqrt(5)) / 3,
    "truncated icosidodecahedron": 95 + 50 * sqrt(5),
    "J1": sqrt(2) / 6,
    "J4": 1 + 2 * sqrt(2) / 3,
    "J6": (45 + 17 * sqrt(5)) / 12,
    "J26": sqrt(3) / 2,
    "prism 6": 3 * sqrt(3) / 2,
    "antiprism 4": sqrt(4 + 3 * sqrt(2)) / 3,
}


@pytest.mark.parametrize("name", COSINES)
def test_dihedral_angles(name):
    found = {a.faces: a.degrees for a in poly(name).dihedral_angles}
    assert found.keys() == COSINES[name].keys()
    for faces, cosine in COSINES[name].items():
        assert found[faces] == pytest.approx(degrees(acos(cosine)), abs=1e-9)


@pytest.mark.parametrize("name", VOLUMES)
def test_volumes(name):
    assert poly(name).volume == pytest.approx(VOLUMES[name], rel=1e-12)


@pytest.mark.parametrize("number", [e.number for e in UNIFORM if e.wenninger <= 18])
def test_angles_of_convex_solids_add_up(number):
    """Descartes: what is missing to a full turn at the vertices adds up to two full turns."""
    p = uniform(number)
    turns = sum((len(f) - 2) * pi for f in p.faces)
    assert 2 * pi * p.V - turns == pytest.approx(4 * pi)


@pytest.mark.parametrize("name", ["U12", "U28", "C13", "J48", "J92"])
def test_vectors_of_area_close(name):
    """Minkowski: areas times outward normals of a closed surface add up to zero."""
    p = poly(name)
    triangles = p.mesh().triangulated()
    a, b, c = triangles.vertices[np.array(triangles.faces)].transpose(1, 0, 2)
    np.testing.assert_allclose(np.cross(b - a, c - a).sum(axis=0), 0, atol=1e-12)
    assert (p.planes[1] > 0).all()


def test_skillings_figure():
    p = poly("great disnub dirhombidodecahedron")
    assert p is poly("Skilling's figure")
    assert (p.V, p.E, p.F, p.group) == (60, 240, 204, "Ih")
    assert p.face_counts == {"3": 120, "4": 60, "5/2": 24}
    np.testing.assert_allclose(p.edge_lengths, 1, atol=1e-12)
    sides = [tuple(sorted(s)) for f in p.faces for s in zip(f, (*f[1:], f[0]))]
    counts = [sides.count(s) for s in set(sides)]
    assert (counts.count(2), counts.count(4), len(counts)) == (120, 120, 240)
    # Edges that coincide counted as two: 360 edges and an Euler characteristic of -96.
    assert p.V - len(sides) // 2 + p.F == -96
    # All vertices are alike.
    assert len(np.unique(p.permutations[:, 0])) == 60
    assert p.is_closed


def test_skillings_figure_and_u75_together_hold_twenty_octahedra():
    """What one has and the other has not are the triangles of a compound: six corners each, at 1 and sqrt(2)."""
    vertices, faces, _ = great_dirhombicosidodecahedron()
    first = {frozenset(f) for f in faces if len(f) == 3}
    second = {frozenset(f) for f in poly("great disnub").faces if len(f) == 3}
    assert (len(first), len(second), first & second) == (40, 120, set())
    left, octahedra = first | second, []
    distance = np.linalg.norm(vertices[:, None] - vertices, axis=2)
    while left:
        a, b, c = sorted(next(iter(left)))
        # Opposite corners: sqrt(2) away from one corner and 1 from the two others.
        opposite = []
        for x, y, z in ((a, b, c), (b, a, c), (c, a, b)):
            far = np.abs(distance[x] - sqrt(2)) < 1e-9
            near = far & (np.abs(distance[[y, z]] - 1) < 1e-9).all(axis=0)
            opposite.append(np.flatnonzero(near).tolist())
        found = [
            {frozenset((p, q, r)) for p in (a, x) for q in (b, y) for r in (c, z)}
            for x in opposite[0]
            for y in opposite[1]
            for z in opposite[2]
        ]
        whole = [o for o in found if o <= left]
        assert len(whole) == 1
        octahedra.append(whole[0])
        left -= whole[0]
    assert len(octahedra) == 20


def test_layers_that_are_not_there():
    with pytest.raises(UnknownNameError, match="no layer 'Z'; the last one is H"):
        stellate("icosahedron", "Z")
    with pytest.raises(UnknownNameError, match="no layer 'B'; the last one is A"):
        poly("stellation B of the cube")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("compound of 5 tetrahedra", "compound of five tetrahedra"),
        ("compound of 10 tetrahedra", "compound of ten tetrahedra"),
        ("tetragonal trapezohedron", "dual of square antiprism"),
        ("trigonal bipyramid", "triangular bipyramid"),
        ("great disnub", "great disnub dirhombidodecahedron"),
        ("great triambic icosahedron", "ninth stellation of the icosahedron"),
    ],
)
def test_other_spellings(asked, name):
    assert poly(asked).name == name


def test_families_hold_every_name_once():
    names = [n for found in families().values() for n in found]
    assert len(names) == len(set(names))
    assert "great disnub dirhombidodecahedron" in names

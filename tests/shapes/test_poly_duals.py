"""Duals: Catalan solids, duals of star polyhedra, vertices at infinity."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from symmeter.errors import InputError
from symmeter.shapes import Polyhedron, johnson, poly, projective_dual, uniform

HEMIPOLYHEDRA = (3, 4, 15, 49, 51, 62, 65, 70, 71, 75)
# Name, faces, corners of a face, group.
CATALAN = [
    ("triakis tetrahedron", 12, 3, "Td"),
    ("tetrakis hexahedron", 24, 3, "Oh"),
    ("triakis octahedron", 24, 3, "Oh"),
    ("pentakis dodecahedron", 60, 3, "Ih"),
    ("triakis icosahedron", 60, 3, "Ih"),
    ("rhombic dodecahedron", 12, 4, "Oh"),
    ("rhombic triacontahedron", 30, 4, "Ih"),
    ("deltoidal icositetrahedron", 24, 4, "Oh"),
    ("deltoidal hexecontahedron", 60, 4, "Ih"),
    ("disdyakis dodecahedron", 48, 3, "Oh"),
    ("disdyakis triacontahedron", 120, 3, "Ih"),
    ("pentagonal icositetrahedron", 24, 5, "O"),
    ("pentagonal hexecontahedron", 60, 5, "I"),
]


@pytest.mark.parametrize("number", [n for n in range(1, 76) if n not in HEMIPOLYHEDRA])
def test_dual_of_dual_is_the_original(number):
    p = uniform(number)
    d = p.dual()
    assert (d.V, d.E, d.F, d.group) == (p.F, p.E, p.V, p.group)
    again = d.dual()
    assert (again.V, again.E, again.F) == (p.V, p.E, p.F)
    assert cKDTree(p.vertices).query(again.vertices)[0].max() < 1e-9
    # Corresponding edges cross at right angles on the midsphere.
    assert d.midradius == pytest.approx(p.midradius)
    assert d.is_convex == p.is_convex
    assert d.density == p.density


@pytest.mark.parametrize(("row", "number"), [(row, k) for k, row in enumerate(CATALAN, start=1)])
def test_catalan_solids(row, number):
    name, faces, corners, group = row
    p = poly(f"C{number}")
    assert (p.name, p.F, {len(f) for f in p.faces}, p.group) == (name, faces, {corners}, group)
    assert p.is_convex
    assert p.inradius is not None
    assert len(np.unique(np.round([a.degrees for a in p.dihedral_angles], 6))) == 1
    assert poly(name).indices.catalan == number


def test_rhombic_solids_have_their_diagonals():
    for name, ratio in (("rhombic dodecahedron", 2**0.5), ("rhombic triacontahedron", (1 + 5**0.5) / 2)):
        a, b, c, d = (poly(name).vertices[v] for v in poly(name).faces[0])
        diagonals = sorted((np.linalg.norm(a - c), np.linalg.norm(b - d)))
        assert diagonals[1] / diagonals[0] == pytest.approx(ratio)


@pytest.mark.parametrize("number", HEMIPOLYHEDRA)
def test_hemipolyhedra_have_projective_duals_alone(number):
    p = uniform(number)
    with pytest.raises(InputError, match="at infinity"):
        p.dual()
    d = projective_dual(p)
    through = np.abs(p.planes[1]) < 1e-9
    np.testing.assert_array_equal(d.at_infinity, through)
    assert len(d.faces) == p.V
    # Polar planes: the vertex of a face lies on the plane of each of the face's corners.
    for point, face in zip(d.vertices, p.faces):
        values = p.vertices[list(face)] @ point[:3] - point[3] * (1 if point[3] == 0 else p.midradius**2)
        assert np.abs(values).max() < 1e-9


def test_duals_of_johnson_solids():
    for number in (1, 12, 27, 44, 72, 84, 92):
        p = johnson(number)
        d = p.dual()
        assert (d.V, d.E, d.F, d.group) == (p.F, p.E, p.V, p.group)
    assert johnson(12).dual().group == "D3h"
    # The dual of the triangular bipyramid has the faces of a triangular prism.
    assert johnson(12).dual().face_counts == {"3": 2, "4": 3}


def test_names_of_duals():
    assert poly("dual of cube").name == "dual of cube"
    assert poly("cube").dual().dual().name == "cube"
    assert poly("dual of U12").name == "pentagonal icositetrahedron"
    assert poly("bipyramid 5").F == 10
    assert poly("trapezohedron 5").face_counts == {"4": 10}
    with pytest.raises(InputError, match="not two faces"):
        Polyhedron(poly("cube").vertices, poly("cube").faces[1:], "box").dual()


@pytest.mark.parametrize("name", ["J1", "J13", "J44", "J62", "J87", "J92", "C8"])
def test_canonical_form_touches_the_sphere_with_its_edges(name):
    p = poly(name)
    q = p.canonical()
    assert q.midradius == pytest.approx(1, abs=1e-10)
    assert q.is_convex
    assert q.group == p.group
    assert sorted(q.face_counts.values()) == sorted(p.face_counts.values())
    a, b = q.vertices[q.edges[:, 0]], q.vertices[q.edges[:, 1]]
    along = (b - a) / q.edge_lengths[:, None]
    contact = a - (a * along).sum(1)[:, None] * along
    np.testing.assert_allclose(contact.mean(axis=0), 0, atol=1e-10)
    # Its dual about the sphere is canonical as well.
    assert q.dual().midradius == pytest.approx(1, abs=1e-9)


def test_only_convex_polyhedra_have_a_canonical_form():
    with pytest.raises(InputError, match="not convex"):
        poly("U34").canonical()

"""The 75 uniform polyhedra: counts, unit edges, radii, groups, densities, symbols."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, UnknownNameError
from symmeter.shapes import uniform, wythoff_polyhedron
from symmeter.shapes.snub import snub_solutions
from symmeter.shapes.uniform_table import UNIFORM
from symmeter.shapes.wythoff import SchwarzTriangle, WythoffSymbol

# Number, vertices, edges, faces, Euler characteristic, faces by number of corners, circumradius for unit edges.
TABLE = [
    (1, 4, 6, 4, 2, "4x3", 0.61237244),
    (2, 12, 18, 8, 2, "4x3+4x6", 1.17260394),
    (3, 12, 24, 12, 0, "8x3+4x6", 1.0),
    (4, 6, 12, 7, 1, "4x3+3x4", 0.70710678),
    (5, 6, 12, 8, 2, "8x3", 0.70710678),
    (6, 8, 12, 6, 2, "6x4", 0.8660254),
    (7, 12, 24, 14, 2, "8x3+6x4", 1.0),
    (8, 24, 36, 14, 2, "6x4+8x6", 1.58113883),
    (9, 24, 36, 14, 2, "8x3+6x8", 1.77882365),
    (10, 24, 48, 26, 2, "8x3+18x4", 1.39896633),
    (11, 48, 72, 26, 2, "12x4+8x6+6x8", 2.31761091),
    (12, 24, 60, 38, 2, "32x3+6x4", 1.34371337),
    (13, 24, 48, 20, -4, "8x3+6x4+6x8", 1.39896633),
    (14, 24, 48, 20, -4, "8x3+6x4+6x8", 0.73681288),
    (15, 12, 24, 10, -2, "6x4+4x6", 1.0),
    (16, 48, 72, 20, -4, "8x6+12x8", 1.32287566),
    (17, 24, 48, 26, 2, "8x3+18x4", 0.73681288),
    (18, 24, 48, 18, -6, "12x4+6x8", 1.39896633),
    (19, 24, 36, 14, 2, "8x3+6x8", 0.57947083),
    (20, 48, 72, 26, 2, "12x4+8x6+6x8", 1.06239336),
    (21, 24, 48, 18, -6, "12x4+6x8", 0.73681288),
    (22, 12, 30, 20, 2, "20x3", 0.95105652),
    (23, 20, 30, 12, 2, "12x5", 1.40125854),
    (24, 30, 60, 32, 2, "20x3+12x5", 1.61803399),
    (25, 60, 90, 32, 2, "12x5+20x6", 2.47801866),
    (26, 60, 90, 32, 2, "20x3+12x10", 2.96944902),
    (27, 60, 120, 62, 2, "20x3+30x4+12x5", 2.23295051),
    (28, 120, 180, 62, 2, "30x4+20x6+12x10", 3.8023945),
    (29, 60, 150, 92, 2, "80x3+12x5", 2.15583738),
    (30, 20, 60, 32, -8, "20x3+12x5", 0.8660254),
    (31, 60, 120, 52, -8, "20x3+12x5+20x6", 1.72148932),
    (32, 60, 180, 112, -8, "100x3+12x5", 1.45819033),
    (33, 60, 120, 44, -16, "20x3+12x5+12x10", 2.23295051),
    (34, 12, 30, 12, -6, "12x5", 0.58778525),
    (35, 12, 30, 12, -6, "12x5", 0.95105652),
    (36, 30, 60, 24, -6, "24x5", 1.0),
    (37, 60, 90, 24, -6, "12x5+12x10", 1.87684376),
    (38, 60, 120, 54, -6, "30x4+24x5", 1.32287566),
    (39, 60, 120, 42, -18, "30x4+12x10", 2.23295051),
    (40, 60, 150, 84, -6, "60x3+24x5", 1.27443988),
    (41, 20, 60, 24, -16, "24x5", 0.8660254),
    (42, 60, 120, 44, -16, "20x3+12x5+12x10", 1.1342286),
    (43, 60, 120, 44, -16, "20x3+12x5+12x10", 1.72148932),
    (44, 60, 120, 44, -16, "24x5+20x6", 1.32287566),
    (45, 120, 180, 44, -16, "20x6+24x10", 2.0),
    (46, 60, 180, 104, -16, "80x3+24x5", 1.12689791),
    (47, 20, 60, 32, -8, "20x3+12x5", 0.8660254),
    (48, 60, 120, 52, -8, "20x3+12x5+20x6", 1.1342286),
    (49, 30, 60, 26, -4, "20x3+6x10", 1.61803399),
    (50, 60, 120, 32, -28, "20x6+12x10", 1.72148932),
    (51, 30, 60, 18, -12, "12x5+6x10", 1.61803399),
    (52, 20, 30, 12, 2, "12x5", 0.53523313),
    (53, 12, 30, 20, 2, "20x3", 0.58778525),
    (54, 30, 60, 32, 2, "20x3+12x5", 0.61803399),
    (55, 60, 90, 32, 2, "12x5+20x6", 1.05329176),
    (56, 60, 120, 50, -10, "30x4+20x6", 1.32287566),
    (57, 60, 150, 92, 2, "80x3+12x5", 0.81608067),
    (58, 60, 90, 24, -6, "12x5+12x10", 0.8529112),
    (59, 120, 180, 54, -6, "30x4+24x10", 1.6583124),
    (60, 60, 150, 84, -6, "60x3+24x5", 0.85163023),
    (61, 60, 120, 44, -16, "20x3+12x5+12x10", 0.71689052),
    (62, 30, 60, 22, -8, "12x5+10x6", 1.0),
    (63, 60, 120, 32, -28, "20x6+12x10", 1.1342286),
    (64, 60, 180, 104, -16, "80x3+24x5", 0.70710678),
    (65, 30, 60, 22, -8, "12x5+10x6", 1.0),
    (66, 60, 90, 32, 2, "20x3+12x10", 0.65755041),
    (67, 60, 120, 62, 2, "20x3+30x4+12x5", 0.71689052),
    (68, 120, 180, 62, 2, "30x4+20x6+12x10", 1.02068412),
    (69, 60, 150, 92, 2, "80x3+12x5", 0.64502024),
    (70, 30, 60, 18, -12, "12x5+6x10", 0.61803399),
    (71, 30, 60, 26, -4, "20x3+6x10", 0.61803399),
    (72, 60, 180, 112, -8, "100x3+12x5", 0.5806948),
    (73, 60, 120, 42, -18, "30x4+12x10", 0.71689052),
    (74, 60, 150, 92, 2, "80x3+12x5", 0.5800015),
    (75, 60, 240, 124, -56, "40x3+60x4+24x5", 0.70710678),
]
#: Densities as Coxeter, Longuet-Higgins and Miller list them, for two-sided ones with no face through the centre.
DENSITIES = {
    13: 2,
    14: 4,
    16: 4,
    17: 5,
    19: 7,
    20: 1,
    30: 2,
    31: 2,
    32: 2,
    33: 2,
    34: 3,
    35: 3,
    36: 3,
    37: 3,
    38: 3,
    40: 3,
    41: 4,
    42: 4,
    43: 4,
    44: 4,
    45: 4,
    46: 4,
    47: 6,
    48: 6,
    52: 7,
    53: 7,
    54: 7,
    55: 7,
    57: 7,
    58: 9,
    59: 3,
    60: 9,
    61: 10,
    64: 10,
    66: 13,
    67: 13,
    68: 13,
    69: 13,
    72: 38,
    74: 37,
}
HEMIPOLYHEDRA = (3, 4, 15, 49, 51, 62, 65, 70, 71, 75)
ONE_SIDED = (4, 15, 18, 21, 39, 49, 50, 51, 56, 62, 63, 65, 70, 71, 73)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"U{row[0]}")
def test_table(row):
    number, v, e, f, euler, faces, radius = row
    p = uniform(number)
    sizes = [len(x) for x in p.faces]
    counted = "+".join(f"{sizes.count(k)}x{k}" for k in sorted(set(sizes)))
    assert (p.V, p.E, p.F, p.euler, counted) == (v, e, f, euler, faces)
    assert p.circumradius == pytest.approx(radius, abs=2e-8)


@pytest.mark.parametrize("number", range(1, 76))
def test_unit_edges_two_faces_each_and_regular_flat_faces(number):
    p = uniform(number)
    np.testing.assert_allclose(p.edge_lengths, 1, atol=1e-9)
    sides = [tuple(sorted(s)) for f in p.faces for s in zip(f, (*f[1:], f[0]))]
    assert all(sides.count(s) == 2 for s in set(sides))
    for f in p.faces:
        corners = p.vertices[list(f)]
        centred = corners - corners.mean(axis=0)
        assert np.linalg.svd(centred)[1][2] < 1e-9
        assert np.ptp(np.linalg.norm(centred, axis=1)) < 1e-9


@pytest.mark.parametrize("number", range(1, 76))
def test_group_acts_transitively_on_the_vertices(number):
    p = uniform(number)
    assert len(np.unique(p.permutations[:, 0])) == p.V
    images = np.einsum("gij,nj->gni", p.operations, p.vertices)
    np.testing.assert_allclose(images, p.vertices[p.permutations], atol=1e-9)
    expected = "Ih" if number > 21 else "Oh"
    expected = {1: "Td", 2: "Td", 4: "Td", 12: "O"}.get(number, expected)
    assert p.group == ("I" if number in (29, 40, 46, 57, 60, 64, 69, 74) else expected)


@pytest.mark.parametrize("number", range(1, 76))
def test_density_sides_and_centres(number):
    p = uniform(number)
    assert p.is_orientable == (number not in ONE_SIDED)
    assert p.is_hemipolyhedron == (number in HEMIPOLYHEDRA)
    wanted = 1 if p.is_convex else DENSITIES.get(number)
    assert p.density == wanted
    assert p.is_convex == (UNIFORM[number - 1].wenninger <= 18)
    # Faces that wind d times around the centre: a star sphere of genus g has V - E + F = 2 - 2 g.
    assert p.genus == (2 - p.euler if number in ONE_SIDED else (2 - p.euler) // 2)


def test_volumes_and_dihedral_angles_at_unit_edge():
    known = {22: 2.181695, 23: 7.663119, 25: 55.287731, 12: 7.889477, 29: 37.616650}
    for number, volume in known.items():
        assert uniform(number).volume == pytest.approx(volume, abs=5e-7)
    angles = [(round(a.degrees, 6), a.count) for a in uniform(29).dihedral_angles]
    assert angles == [(164.175366, 90), (152.92992, 60)]
    golden = (1 + 5**0.5) / 2
    assert uniform(34).dihedral_angles[0].degrees == pytest.approx(np.degrees(np.arccos(-1 / 5**0.5)))
    assert uniform(22).volume == pytest.approx(5 * golden**2 / 6)


def test_numbers_of_the_lists_are_used_once():
    assert sorted(e.wenninger for e in UNIFORM) == [*range(1, 19), 20, 21, 22, 41, *range(67, 120)]
    assert sorted(e.coxeter for e in UNIFORM) == [n for n in range(15, 93) if n not in (33, 34, 35)]
    assert [e.number for e in UNIFORM] == list(range(1, 76))


@pytest.mark.parametrize(
    ("number", "wythoff", "schlaefli", "configuration", "kinds"),
    [
        (6, "3|2 4", "{4,3}", "4.4.4", {"4": 6}),
        (34, "5|2 5/2", "{5/2,5}", "5/2.5/2.5/2.5/2.5/2", {"5/2": 12}),
        (53, "5/2|2 3", "{3,5/2}", "(3.3.3.3.3)/2", {"3": 20}),
        (19, "2 3|4/3", "t{4/3,3}", "8/3.3.8/3", {"3": 8, "8/3": 6}),
        (12, "|2 3 4", "sr{3,4}", "3.3.3.3.4", {"3": 32, "4": 6}),
        (36, "2|5/2 5", "r{5/2,5}", "5/2.5.5/2.5", {"5": 12, "5/2": 12}),
    ],
)
def test_symbols(number, wythoff, schlaefli, configuration, kinds):
    p = uniform(number)
    assert (p.wythoff, p.indices.schlaefli, p.vertex_configuration) == (wythoff, schlaefli, configuration)
    assert p.face_counts == kinds


def test_vertex_configuration_counts_the_faces_at_a_vertex():
    for p in map(uniform, range(1, 76)):
        listed = p.vertex_configuration.strip("()").split(")")[0].split(".")
        at_first = sorted(len(f) for f in p.faces if 0 in f)
        assert sorted(int(x.split("/")[0]) for x in listed) == at_first, p.name


def test_snub_equations_have_several_solutions():
    numbers = WythoffSymbol.parse("|2 5/2 3").numbers
    triangle = SchwarzTriangle.of(*numbers)
    found = snub_solutions(triangle)
    turns = [a @ b for a, b in (triangle.through(i) for i in range(3))]
    np.testing.assert_allclose(turns[0] @ turns[1] @ turns[2], np.eye(3), atol=1e-12)
    lengths = np.linalg.norm(found[:, None] - np.einsum("kij,nj->nki", turns, found), axis=2)
    assert np.ptp(lengths, axis=1).max() < 1e-9
    radii = 1 / lengths[lengths[:, 0] > 1e-6, 0]
    for number in (57, 69, 74):
        assert np.abs(radii - uniform(number).circumradius).min() < 1e-8


def test_wrong_symbols():
    with pytest.raises(InputError, match="no triangle on a sphere"):
        wythoff_polyhedron("2|3 7")
    with pytest.raises(InputError, match="three numbers and a bar"):
        wythoff_polyhedron("2|3")
    with pytest.raises(InputError, match="fractions above 1"):
        wythoff_polyhedron("1/2|3 4")
    with pytest.raises(InputError, match="fractions above 1"):
        wythoff_polyhedron("2|3 4/0")
    with pytest.raises(UnknownNameError, match="U1 to U75"):
        uniform(76)

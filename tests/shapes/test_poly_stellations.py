"""Arrangements, Miller's rules, the fifty-nine icosahedra, Wenninger's stellations, and compounds made in two ways."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, UnknownNameError
from symmeter.shapes import Arrangement, compound, fifty_nine, poly, stellate
from symmeter.shapes.miller import cell_classes, miller_stellations
from symmeter.shapes.stellation_surface import invariants
from symmeter.shapes.stellations import FIFTY_NINE, cells_named, named_classes

# Planes, lines, points, bounded cells, all regions.
ARRANGEMENTS = {
    "tetrahedron": (4, 6, 4, 1, 15),
    "cube": (6, 12, 8, 1, 27),
    "octahedron": (8, 24, 14, 9, 59),
    "dodecahedron": (12, 60, 52, 63, 185),
    "icosahedron": (20, 180, 274, 473, 835),
    "cuboctahedron": (14, 84, 106, 119, 289),
    "icosidodecahedron": (32, 480, 1736, 2577, 3539),
}
# Group, outermost vertex over nearest plane, number of outermost vertices.
WENNINGER = {
    19: ("Oh", 3.0, 8),
    20: ("Ih", 2.236068, 12),
    21: ("Ih", 2.236068, 12),
    22: ("Ih", 5.330704, 20),
    23: ("Ih", 1.732051, 30),
    24: ("I", 3.0, 20),
    25: ("Ih", 3.0, 20),
    26: ("Ih", 1.341641, 20),
    27: ("Ih", 5.330704, 12),
    28: ("Ih", 3.0, 20),
    29: ("Ih", 3.0, 20),
    30: ("Ih", 5.330704, 12),
    31: ("Ih", 5.330704, 12),
    32: ("Ih", 3.0, 20),
    33: ("Ih", 5.330704, 12),
    34: ("Ih", 5.330704, 12),
    35: ("I", 3.0, 20),
    36: ("I", 3.0, 20),
    37: ("Ih", 3.0, 20),
    38: ("I", 5.330704, 12),
    39: ("I", 3.0, 20),
    40: ("I", 3.0, 20),
    41: ("Ih", 5.330704, 12),
    42: ("Ih", 10.519773, 60),
    43: ("Oh", 2.0, 6),
    44: ("Oh", 2.44949, 24),
    45: ("Oh", 3.162278, 24),
    46: ("Oh", 4.242641, 24),
    47: ("Ih", 1.381966, 12),
    48: ("Ih", 1.381966, 72),
    49: ("Ih", 1.520882, 60),
    50: ("Ih", 2.236068, 12),
    51: ("Ih", 2.236068, 12),
    52: ("Ih", 2.236068, 12),
    53: ("Ih", 3.294556, 20),
    54: ("I", 3.294556, 20),
    55: ("Ih", 3.294556, 20),
    56: ("Ih", 3.294556, 20),
    57: ("Ih", 2.689994, 60),
    58: ("Ih", 3.618034, 60),
    59: ("Ih", 5.854102, 12),
    60: ("Ih", 5.854102, 12),
    61: ("Ih", 5.854102, 12),
    62: ("Ih", 3.618034, 60),
    63: ("Ih", 2.236068, 12),
    64: ("Ih", 5.330704, 20),
    65: ("Ih", 5.854102, 12),
    66: ("Ih", 11.552662, 60),
}
NEAREST_PLANE = {"cuboctahedron": 0.5**0.5, "icosidodecahedron": 1.3763819204711735}


@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_counts_of_arrangements(name):
    arrangement = Arrangement.of(poly(name))
    counts = arrangement.counts()
    found = (counts.planes, counts.lines, counts.points, counts.bounded_cells, counts.all_cells)
    assert found == ARRANGEMENTS[name]
    # A second way: cells found by crossing facets.
    assert len(arrangement.cells.signs) == counts.bounded_cells


def test_cells_of_the_icosahedron_by_class():
    sizes = {k: int(v.sum()) for k, v in named_classes(Arrangement.of(poly("icosahedron"))).items()}
    assert sizes == {
        "a": 1, "b": 20, "c": 30, "d": 60, "e1": 20, "e2": 60, "f1": 120, "f2": 12, "g1": 30, "g2": 60, "h": 60,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "count"), [("tetrahedron", 1), ("cube", 1), ("octahedron", 2), ("dodecahedron", 4), ("cuboctahedron", 21)]
)
def test_numbers_of_miller_stellations(name, count):
    assert len(miller_stellations(Arrangement.of(poly(name)))) == count


def test_fifty_nine_icosahedra_are_those_of_the_list():
    arrangement = Arrangement.of(poly("icosahedron"))
    found = miller_stellations(arrangement)
    assert [sum(s.is_chiral == c for s in found) for c in (False, True)] == [32, 27]
    label, mirror = cell_classes(arrangement)
    sets = {s.classes for s in found}
    named = set()
    for k, cells in enumerate(FIFTY_NINE):
        classes = frozenset(label[cells_named(arrangement, cells, k >= 32)].tolist())
        image = frozenset(int(mirror[c]) for c in classes)
        named.add(classes if classes in sets else image)
    assert named == sets
    assert len(set(FIFTY_NINE[:32])) == 32
    assert len(set(FIFTY_NINE[32:])) == 27


def test_too_many_classes_are_refused():
    with pytest.raises(InputError, match="50 classes"):
        miller_stellations(Arrangement.of(poly("icosidodecahedron")))


@pytest.mark.parametrize("number", sorted(WENNINGER))
def test_invariants_of_wenningers_models(number):
    group, reach, outermost = WENNINGER[number]
    p = poly(f"W{number}")
    core = "cuboctahedron" if 43 <= number <= 46 else "icosidodecahedron" if number >= 47 else ""
    nearest = NEAREST_PLANE.get(core, float(np.abs(p.planes[1]).min()))
    radii = np.linalg.norm(p.mesh(visible=True).vertices, axis=1)
    assert p.group == group
    assert radii.max() / nearest == pytest.approx(reach, abs=2e-6)
    assert (radii > radii.max() * (1 - 1e-7)).sum() == outermost
    assert p.mesh(visible=True).is_watertight


@pytest.mark.parametrize(
    ("number", "core", "cells", "chiral"),
    [
        (19, "octahedron", "B", False),
        (20, "dodecahedron", "B", False),
        (21, "dodecahedron", "C", False),
        (22, "dodecahedron", "D", False),
        (23, "icosahedron", "C", False),
        (24, "icosahedron", "Ef1", True),
        (25, "icosahedron", "Ef1", False),
        (41, "icosahedron", "G", False),
        (43, "cuboctahedron", "B", False),
        (47, "icosidodecahedron", "B", False),
        (50, "icosidodecahedron", "De1e3f2g1", False),
        (51, "icosidodecahedron", "Ef1f2g1", False),
        (61, "icosidodecahedron", "Kl1l2l3l5m1m2n1", False),
    ],
)
def test_stars_and_compounds_equal_their_cells(number, core, cells, chiral):
    """Faces cut along their intersections, and cells of an arrangement: two ways to one surface."""
    cut, union = poly(f"W{number}").mesh(visible=True), stellate(core, cells, chiral)
    factor = np.linalg.norm(union.vertices, axis=1).max() / np.linalg.norm(cut.vertices, axis=1).max()
    assert cut.volume * factor**3 == pytest.approx(union.volume, rel=1e-12)
    assert cut.area * factor**2 == pytest.approx(union.mesh().area, rel=1e-12)
    assert len(cut.faces) == union.F


def test_medial_and_great_triambic_icosahedra_look_alike():
    """The duals of U41 and U47 are different inside; from outside both are W34."""
    outside = [poly(n).mesh(visible=True) for n in ("dual of U41", "dual of U47")]
    outside.append(poly("W34").mesh())
    shape = [m.volume / np.linalg.norm(m.vertices, axis=1).max() ** 3 for m in outside]
    np.testing.assert_allclose(shape, shape[0], rtol=1e-10)
    assert len({len(m.faces) for m in outside}) == 1


def test_small_triambic_icosahedron_is_a_dual_and_the_excavated_dodecahedron_has_a_dodecahedrons_vertices():
    dual, star = poly("dual of U30").mesh(visible=True), poly("W26")
    assert dual.area**1.5 / dual.volume == pytest.approx(star.mesh().area ** 1.5 / star.volume, rel=1e-12)
    outer = poly("excavated dodecahedron").vertices
    radii = np.linalg.norm(outer, axis=1)
    corners = outer[radii > radii.max() - 1e-9]
    distances = np.sort(np.linalg.norm(corners[0] - corners, axis=1)) / np.linalg.norm(corners[0])
    wanted = poly("dodecahedron")
    reference = np.sort(np.linalg.norm(wanted.vertices[0] - wanted.vertices, axis=1)) / wanted.circumradius
    np.testing.assert_allclose(distances, reference, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "pieces", "group", "faces"),
    [
        ("stella octangula", 2, "Oh", 8),
        ("compound of five octahedra", 5, "Ih", 40),
        ("compound of five tetrahedra", 5, "I", 20),
        ("compound of ten tetrahedra", 10, "Ih", 40),
        ("compound of five cubes", 5, "Ih", 30),
        ("compound of cube and octahedron", 2, "Oh", 14),
        ("compound of dodecahedron and icosahedron", 2, "Ih", 32),
        ("W54", 6, "I", 32),
        ("W61", 2, "Ih", 32),
    ],
)
def test_compounds(name, pieces, group, faces):
    p = poly(name)
    assert (len(p.components), p.group, p.F) == (pieces, group, faces)
    assert p.is_compound
    assert p.genus is None


def test_chiral_icosahedra():
    for number in (33, 40, 47, 59):
        assert fifty_nine(number).group == "I"
    for number in (2, 22, 30, 32):
        assert fifty_nine(number).group == "Ih"


def test_volumes_add_up_to_the_final_stellation():
    arrangement = Arrangement.of(poly("icosahedron"))
    names = named_classes(arrangement)
    parts = sum(stellate("icosahedron", name).volume for name in names)
    assert parts == pytest.approx(stellate("icosahedron", "H").volume, rel=1e-12)
    assert invariants(arrangement, cells_named(arrangement, "A")).reach == pytest.approx(1.258409, abs=1e-6)


def test_wrong_names_of_cells():
    with pytest.raises(UnknownNameError, match="no cells 'e3'"):
        stellate("icosahedron", "De3")
    with pytest.raises(InputError, match="names no cells"):
        stellate("icosahedron", "?")
    with pytest.raises(InputError, match="face through its centre"):
        stellate(poly("U4"), "B")
    with pytest.raises(UnknownNameError, match="1 to 59"):
        fifty_nine(60)
    with pytest.raises(InputError, match="has no parts"):
        compound([], "nothing")

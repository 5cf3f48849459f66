"""Names, numbers, families, prisms, and what is known of all 224 solids of the benchmark."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.shapes import Polyhedron, antiprism, families, missing, poly, prism

BENCHMARK = [*(f"W{n}" for n in range(1, 120)), *(f"C{n}" for n in range(1, 14)), *(f"J{n}" for n in range(1, 93))]
CONVEX = [n for n in BENCHMARK if n[0] != "W" or int(n[1:]) <= 18]
CHIRAL = {
    *(f"U{n}" for n in (12, 29, 40, 46, 57, 60, 64, 69, 74)),
    *(f"J{n}" for n in range(44, 49)),
    *(f"W{n}" for n in (24, 35, 36, 38, 39, 40, 54)),
}


def test_nothing_is_missing():
    assert missing() == ()
    assert len(BENCHMARK) == 224
    counts = {k: len(v) for k, v in families().items()}
    assert counts["johnson"] == 92
    assert counts["nonconvex uniform"] + counts["platonic"] + counts["archimedean"] + counts["kepler-poinsot"] == 75


def test_all_solids_of_the_benchmark_are_different_and_chiral_where_expected():
    names = {}
    for number in BENCHMARK:
        p = poly(number)
        names.setdefault(p.name, number)
        chiral = number in CHIRAL or p.aliases[0] in CHIRAL or number in ("C12", "C13")
        assert p.is_chiral == chiral, number
    assert len(names) == 224


def test_exact_symmetries_of_the_convex_solids():
    inversion = fourfold = fivefold = 0
    assert len(CONVEX) == 123
    for number in CONVEX:
        o = poly(number).operations
        inversion += bool((np.abs(o + np.eye(3)).max(axis=(1, 2)) < 1e-6).any())
        proper = np.linalg.det(o) > 0
        angles = np.degrees(np.arccos(np.clip((np.trace(o[proper], axis1=1, axis2=2) - 1) / 2, -1, 1)))
        fourfold += bool((np.abs(angles - 90) < 1e-3).any())
        fivefold += bool((np.abs(angles - 72) < 1e-3).any())
    assert (inversion, fourfold, fivefold) == (37, 29, 48)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("U29", "snub dodecahedron"),
        ("u 29", "snub dodecahedron"),
        ("w047", "compound of dodecahedron and icosahedron"),
        ("wid 5", "dodecahedron"),
        ("Snub-Cube", "snub cube"),
        ("hexahedron", "cube"),
        ("regular octahedron", "octahedron"),
        ("C7", "rhombic triacontahedron"),
        ("C92", "great dirhombicosidodecahedron"),
        ("| 2 3 4", "snub cube"),
        ("{3, 5/2}", "great icosahedron"),
        ("3.4.4.4", "rhombicuboctahedron"),
        ("stella octangula", "compound of two tetrahedra"),
        ("miller's monster", "great dirhombicosidodecahedron"),
        ("De2f2", "ninth stellation of the icosahedron"),
        ("echidnahedron", "final stellation of the icosahedron"),
        ("prism 7", "heptagonal prism"),
        ("5/2 antiprism", "pentagrammic antiprism"),
        ("pentagrammic crossed antiprism", "pentagrammic crossed antiprism"),
        ("hexagonal bipyramid", "dual of hexagonal prism"),
        ("12-gonal prism", "dodecagonal prism"),
        ("dual of dual of cube", "cube"),
        ("stellation Fg1 of the icosahedron", "stellation Fg1 of the icosahedron"),
    ],
)
def test_names(asked, name):
    assert poly(asked).name == name


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("snub kube", "did you mean snub cube?"),
        ("great snub icosidodecahedrn", "great snub icosidodecahedron"),
        ("U76", "numbers run from U1 to U75"),
        ("xyzzy", "try a name such as"),
        ("", "try a name such as"),
    ],
)
def test_unknown_names_propose_the_nearest(asked, hint):
    with pytest.raises(UnknownNameError, match="no polyhedron is called") as error:
        poly(asked)
    assert hint in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("n", range(3, 21))
def test_groups_of_prisms_and_antiprisms(n):
    assert prism(n).group == {4: "Oh"}.get(n, f"D{n}h")
    assert antiprism(n).group == {3: "Oh"}.get(n, f"D{n}d")
    for p in (prism(n), antiprism(n)):
        np.testing.assert_allclose(p.edge_lengths, 1, atol=1e-12)
        assert p.is_convex
        assert p.euler == 2


@pytest.mark.parametrize(
    ("n", "d", "group", "density"),
    [(5, 2, "D5h", 2), (5, 3, "D5d", 3), (7, 2, "D7h", 2), (7, 3, "D7d", 3), (7, 4, "D7h", 4), (8, 3, "D8d", 3)],
)
def test_star_and_crossed_antiprisms(n, d, group, density):
    p = antiprism(n, d)
    assert (p.group, p.density, p.V, p.E, p.F) == (group, density, 2 * n, 4 * n, 2 * n + 2)
    np.testing.assert_allclose(p.edge_lengths, 1, atol=1e-12)
    assert p.mesh(visible=True).is_watertight
    assert p.circumradius == pytest.approx(np.linalg.norm(p.vertices[0]))


def test_star_prisms():
    for n, d in ((5, 2), (7, 3), (8, 3), (9, 4)):
        p = prism(n, d)
        assert (p.group, p.density, p.euler) == (f"D{n}h", d, 2)
        assert p.mesh(visible=True).is_watertight


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prism 6/2", "common factor"),
        ("prism 5/3", "below 2.5"),
        ("antiprism 6/4", "common factor"),
        ("antiprism 5/4", "below 3.33"),
        ("prism 2", "3 corners or more"),
        ("prism 9999", "refused"),
    ],
)
def test_wrong_prisms(name, text):
    with pytest.raises(InputError, match=text):
        poly(name)


def test_a_polyhedron_is_a_value():
    p = poly("cube")
    with pytest.raises(ValueError, match="read-only"):
        p.vertices[0, 0] = 2
    assert repr(p) == "Polyhedron(cube, 6 x 4)"
    assert p.scaled(3).volume == pytest.approx(27)
    assert (p.midradius, p.inradius) == (pytest.approx(0.5**0.5), pytest.approx(0.5))
    with pytest.raises(InputError, match="number above 0"):
        p.scaled(0)
    with pytest.raises(ShapeError, match=r"shape \(V, 3\)"):
        Polyhedron(np.zeros((4, 2)), ())
    with pytest.raises(InputError, match="face 0 of odd"):
        Polyhedron(np.eye(4)[:, :3], ((0, 1, 7),), "odd")
    with pytest.raises(InputError, match="vertex 1 of odd is not finite"):
        Polyhedron(np.array([[0, 0, 0], [np.nan, 0, 0], [0, 1, 0], [0, 0, 1]]), ((0, 1, 2),), "odd")


def test_groups_survive_rotation_scale_and_renumbering():
    rng = np.random.default_rng(3)
    for name in ("U12", "U3", "J44", "J78", "C13", "W24", "prism 5", "antiprism 4"):
        p = poly(name)
        q, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        order = rng.permutation(p.V)
        number = np.argsort(order)
        moved = Polyhedron(7.5 * p.vertices[order] @ q.T, tuple(tuple(number[list(f)].tolist()) for f in p.faces))
        assert moved.group == p.group
        assert len(moved.operations) == len(p.operations)


@pytest.mark.parametrize("name", ["U12", "U4", "J1", "J78", "U75", "prism 6", "W24"])
def test_generators_generate_the_group(name):
    p = poly(name)
    found = [np.eye(3)]
    for x in found:
        for g in p.generators:
            if all(np.abs(x @ g - y).max() > 1e-6 for y in found):
                found.append(x @ g)
    assert len(found) == len(p.operations)
    assert len(p.generators) <= 4


def test_faces_decide_the_group_where_vertices_do_not():
    star = poly("U3")
    same = poly("cuboctahedron")
    np.testing.assert_allclose(
        np.sort(np.linalg.norm(star.vertices[0] - star.vertices, axis=1)),
        np.sort(np.linalg.norm(same.vertices[0] - same.vertices, axis=1)),
        atol=1e-12,
    )
    assert (poly("U4").group, poly("octahedron").group) == ("Td", "Oh")


def test_import_is_light():
    code = (
        "import sys, symmeter.shapes; print([m for m in ('scipy', 'torch', 'matplotlib', 'click') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_stay_functions_when_their_modules_were_loaded_first():
    code = "import symmeter.shapes.point_group; from symmeter.shapes import point_group; print(callable(point_group))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_every_public_name_has_a_home():
    import symmeter.shapes

    for name in symmeter.shapes.__all__:
        assert callable(getattr(symmeter.shapes, name)), name
    with pytest.raises(AttributeError, match="no attribute 'polly'"):
        _ = symmeter.shapes.polly

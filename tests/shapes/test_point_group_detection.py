"""Point groups found from coordinates: generic orbits of every group, textbook molecules, noise, and invariance."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.groups import point_group as named
from symmeter.shapes.point_group import point_group

GOLDEN = (1 + 5**0.5) / 2
SYMBOLS = [
    *("C1", "Ci", "Cs", "C2", "C3", "C4", "C5", "C6", "C7", "C2v", "C3v", "C4v", "C5v", "C6v", "C2h", "C3h", "C4h"),
    *("C5h", "C6h", "S4", "S6", "S8", "S10", "D2", "D3", "D4", "D5", "D6", "D2h", "D3h", "D4h", "D5h", "D6h", "D8h"),
    *("D2d", "D3d", "D4d", "D5d", "D6d", "T", "Td", "Th", "O", "Oh", "I", "Ih"),
]


def rotation(seed: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def ring(n: int, z: float = 0.0, radius: float = 1.0, turn: float = 0.0) -> np.ndarray:
    t = 2 * np.pi * np.arange(n) / n + turn
    return np.column_stack([radius * np.cos(t), radius * np.sin(t), np.full(n, z)])


def icosahedron() -> np.ndarray:
    return np.array(
        [p for a, b in product((-1, 1), repeat=2) for p in ((0, a, b * GOLDEN), (a, b * GOLDEN, 0), (b * GOLDEN, 0, a))]
    )


def snub_cube() -> np.ndarray:
    # The tribonacci constant t solves t^3 = t^2 + t + 1; even permutations with an even number of plus signs and so on.
    t = 1.839286755214161
    points = []
    for even, flips in ((True, 0), (False, 1)):
        for signs in product((-1, 1), repeat=3):
            if (signs.count(1) % 2 == 1) != bool(flips):
                continue
            x = np.array([1.0, 1 / t, t]) * signs
            orders = [(0, 1, 2), (1, 2, 0), (2, 0, 1)] if even else [(1, 0, 2), (0, 2, 1), (2, 1, 0)]
            points += [x[list(o)] for o in orders]
    return np.array(points)


def orbits(symbol: str, seed: int = 0) -> tuple[np.ndarray, list[int]]:
    """Four generic points of four kinds and all their images."""
    matrices = named(symbol).matrices
    seeds = np.random.default_rng(seed).standard_normal((4, 3)) * [[1.0], [1.3], [1.7], [0.6]]
    points = np.concatenate([matrices @ x for x in seeds])
    return points, [k for k in range(4) for _ in matrices]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_generic_orbits_have_their_group(symbol: str) -> None:
    points, labels = orbits(symbol)
    turned = points @ rotation(1).T * 7.0 + [1.0, -2.0, 30.0]
    shuffled = np.random.default_rng(2).permutation(len(points))
    found = point_group(turned[shuffled], [labels[i] for i in shuffled], tol=1e-5)
    assert found.symbol == symbol
    assert found.order == named(symbol).order
    assert found.relative_deviation < 1e-12
    x = turned[shuffled] - found.centre
    for g, p in zip(found.ops, found.permutations):
        np.testing.assert_allclose(x @ g.T, x[p], atol=1e-10)
    # The matrices multiply as a group and the first of them is the identity.
    np.testing.assert_allclose(found.ops[0], np.eye(3), atol=1e-12)
    products = found.ops[:, None] @ found.ops[None]
    nearest = np.abs(products[:, :, None] - found.ops).max(axis=(-2, -1)).min(axis=2)
    assert nearest.max() < 1e-12


@pytest.mark.parametrize("n", range(3, 21))
def test_prisms_antiprisms_and_twisted_ones(n: int) -> None:
    top, bottom = ring(n, 0.6), ring(n, -0.6)
    assert point_group(np.vstack([top, bottom])).symbol == f"D{n}h"
    assert point_group(np.vstack([top, ring(n, -0.6, turn=np.pi / n)])).symbol == f"D{n}d"
    assert point_group(np.vstack([top, ring(n, -0.6, turn=0.4 * np.pi / n)])).symbol == f"D{n}"


def methane() -> tuple[np.ndarray, list[str]]:
    h = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 0.629
    return np.vstack([[0, 0, 0], h]), ["C", *"HHHH"]


def benzene() -> tuple[np.ndarray, list[str]]:
    return np.vstack([ring(6, radius=1.397), ring(6, radius=2.481)]), ["C"] * 6 + ["H"] * 6


def ammonia() -> tuple[np.ndarray, list[str]]:
    return np.vstack([[0, 0, 0.1173], ring(3, -0.2738, 0.9377)]), ["N", *"HHH"]


def boric_acid() -> tuple[np.ndarray, list[str]]:
    # Hydrogens turned out of the mirrors: C3h, all in one plane.
    return np.vstack([[0, 0, 0], ring(3, radius=1.36), ring(3, radius=1.9, turn=0.5)]), ["B", *"OOO", *"HHH"]


def ferrocene(turn: float) -> tuple[np.ndarray, list[str]]:
    rings = [ring(5, 1.66, 1.2), ring(5, -1.66, 1.2, turn), ring(5, 1.65, 2.29), ring(5, -1.65, 2.29, turn)]
    return np.vstack([[0, 0, 0], *rings]), ["Fe"] + ["C"] * 10 + ["H"] * 10


def allene() -> tuple[np.ndarray, list[str]]:
    h = [[0, 0.927, 1.871], [0, -0.927, 1.871], [0.927, 0, -1.871], [-0.927, 0, -1.871]]
    return np.array([[0, 0, 0], [0, 0, 1.309], [0, 0, -1.309], *h]), ["C", "C", "C", *"HHHH"]


def sulphur_hexafluoride() -> tuple[np.ndarray, list[str]]:
    return np.vstack([np.zeros((1, 3)), 1.56 * np.eye(3), -1.56 * np.eye(3)]), ["S", *"FFFFFF"]


MOLECULES = {
    "CH4": (methane(), "Td"),
    "benzene": (benzene(), "D6h"),
    "NH3": (ammonia(), "C3v"),
    "boric acid": (boric_acid(), "C3h"),
    "ferrocene, eclipsed": (ferrocene(0.0), "D5h"),
    "ferrocene, staggered": (ferrocene(np.pi / 5), "D5d"),
    "ferrocene, between": (ferrocene(0.2), "D5"),
    "allene": (allene(), "D2d"),
    "SF6": (sulphur_hexafluoride(), "Oh"),
    "CO2": (([[0, 0, 0], [0, 0, 1.16], [0, 0, -1.16]], ["C", "O", "O"]), "D*h"),
    "HF": (([[0, 0, 0], [0.3, 0.4, 0.5]], ["H", "F"]), "C*v"),
    "N2": (([[0, 0, 0], [0.3, 0.4, 0.5]], ["N", "N"]), "D*h"),
    "an atom": (([[1.0, 2.0, 3.0]], ["He"]), "Kh"),
    "HOCl": (([[0, 0, 0], [1.69, 0, 0], [-0.24, 0.93, 0]], ["O", "Cl", "H"]), "Cs"),
}


@pytest.mark.parametrize("name", MOLECULES)
def test_textbook_molecules(name: str) -> None:
    (points, labels), symbol = MOLECULES[name]
    found = point_group(np.asarray(points) @ rotation(5).T + [3, 1, 4], labels)
    assert found.symbol == symbol
    assert found.relative_deviation < 1e-12
    assert (found.order is None) == (symbol in ("C*v", "D*h", "Kh"))


def test_axes_and_planes_of_known_shapes() -> None:
    found = point_group(*MOLECULES["benzene"][0])
    counts = {(e.kind, e.order): 0 for e in found.elements}
    for e in found.elements:
        counts[e.kind, e.order] += 1
    assert counts == {("C", 6): 1, ("C", 2): 6, ("S", 6): 1, ("mirror", 2): 7, ("inversion", 2): 1}
    np.testing.assert_allclose(found.axes[0].direction, [0, 0, 1], atol=1e-12)
    tetrahedron = point_group(*MOLECULES["CH4"][0])
    kinds = [(e.kind, e.order) for e in tetrahedron.elements]
    assert [kinds.count(k) for k in (("C", 3), ("C", 2), ("S", 4), ("mirror", 2))] == [4, 3, 3, 6]
    assert point_group(icosahedron()).axes[0].order == 5
    assert [len(point_group(icosahedron()).axes), len(point_group(icosahedron()).planes)] == [6 + 10 + 15, 15]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["C3v", "D2d", "S4", "Td", "Oh", "C2h"]))
def test_moving_turning_scaling_and_renumbering_change_nothing(seed: int, symbol: str) -> None:
    rng = np.random.default_rng(seed)
    points, labels = orbits(symbol, seed)
    order = rng.permutation(len(points))
    moved = np.exp(rng.uniform(-5, 5)) * points[order] @ rotation(seed).T + 10 * rng.standard_normal(3)
    if rng.random() < 0.5:
        moved[:, 0] *= -1
    found = point_group(moved, [labels[i] for i in order], tol=1e-6)
    assert found.symbol == symbol


def test_a_noisy_snub_cube_keeps_its_group_in_every_draw() -> None:
    exact = snub_cube()
    assert point_group(exact).symbol == "O"
    radius = np.linalg.norm(exact[0])
    for seed in range(20):
        noisy = exact + 0.003 * radius * np.random.default_rng(seed).standard_normal(exact.shape)
        found = point_group(noisy, tol=0.01)
        assert found.symbol == "O"
        assert 0.003 < found.relative_deviation < 0.03


@pytest.mark.parametrize("size", [1e-6, 1e-5, 1e-4, 1e-3, 3e-3])
@pytest.mark.parametrize("symbol", ["C3v", "D3d", "Td", "Oh", "Ih"])
def test_noise_up_to_three_in_a_thousand_keeps_the_group(symbol: str, size: float) -> None:
    points, labels = orbits(symbol, 5)
    radius = np.linalg.norm(points, axis=1).max()
    noisy = points + size * radius * np.random.default_rng(1).standard_normal(points.shape)
    found = point_group(noisy, labels, tol=max(4 * size, 1e-5))
    assert found.symbol == symbol
    assert found.ladder[0][:2] == ("C1", 1)
    assert [d for _, _, d in found.ladder] == sorted(d for _, _, d in found.ladder)
    assert found.symbol in [s for s, _, _ in found.ladder]


def test_the_ladder_names_the_group_that_a_small_distortion_breaks() -> None:
    # A cube stretched by 1 % along z: D4h exactly, Oh from a deviation of about a third of a per cent on.
    cube = np.array(list(product((-1.0, 1.0), repeat=3)))
    stretched = cube * [1, 1, 1.01]
    strict, forgiving = point_group(stretched, tol=1e-4), point_group(stretched, tol=1e-2)
    assert (strict.symbol, forgiving.symbol) == ("D4h", "Oh")
    assert strict.next_larger is not None
    assert strict.next_larger[0] == "Oh"
    assert strict.next_larger[1] == pytest.approx(forgiving.relative_deviation, rel=1e-6)
    assert strict.margin > 1e5
    # A quarter turn takes (1, 1, 1.01) to (1, 1.01, -1), or as near as it can.
    assert 0.3e-2 < forgiving.relative_deviation < 1.1e-2
    symbols = [s for s, _, _ in strict.ladder]
    assert symbols[0] == "C1"
    assert symbols[-2:] == ["D4h", "Oh"]


def test_symmetrised_coordinates_have_the_group_and_are_the_nearest() -> None:
    points, labels = orbits("D3d", 4)
    rng = np.random.default_rng(0)
    noisy = points + 0.003 * rng.standard_normal(points.shape)
    found = point_group(noisy, labels, tol=1e-2)
    clean = found.symmetrized
    again = point_group(clean, labels, tol=1e-9)
    assert again.symbol == found.symbol == "D3d"
    assert again.relative_deviation < 1e-12
    # The residual is orthogonal to every set that the same matrices leave alone.
    other = rng.standard_normal(points.shape)
    symmetric = (other[found.permutations] @ found.ops).mean(axis=0)
    assert abs(((noisy - clean) * symmetric).sum()) < 1e-10
    assert point_group(points, labels).symmetry_measure < 1e-25


def test_continuous_symmetry_measure_of_a_rectangle() -> None:
    a, b = 1.02, 0.98
    corners = np.array([[a, b, 0], [-a, b, 0], [-a, -b, 0], [a, -b, 0]])
    square = point_group(corners, tol=0.05)
    assert square.symbol == "D4h"
    # The nearest square has its corners at the means of the coordinates.
    assert square.symmetry_measure == pytest.approx(100 * (a - b) ** 2 / 2 / (a**2 + b**2), rel=1e-10)
    assert point_group(corners, tol=1e-3).symbol == "D2h"


def test_labels_weights_and_faces_lower_the_group() -> None:
    cube = np.array(list(product((-1.0, 1.0), repeat=3)))
    assert point_group(cube).symbol == "Oh"
    assert point_group(cube, labels=[int(np.prod(p) > 0) for p in cube]).symbol == "Td"
    heavy = np.ones(8)
    heavy[0] = 2.0
    assert point_group(cube, weights=heavy, centre=np.zeros(3)).symbol == "C3v"
    # Vertices of a cube, but with one face cut into two triangles: a twofold axis and two mirrors are left.
    quads = [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4]]
    assert point_group(cube, faces=[*quads, [1, 3, 7, 5]]).symbol == "Oh"
    assert point_group(cube, faces=[*quads, [1, 3, 7], [1, 7, 5]]).symbol == "C2v"


def test_a_plane_of_points_has_the_mirror_of_its_plane() -> None:
    assert point_group(ring(5)).symbol == "D5h"
    assert point_group(np.vstack([ring(4), ring(4, radius=2.0, turn=0.3)])).symbol == "C4h"
    assert point_group([[0, 0, 0], [1, 0, 0], [0, 2, 0]]).symbol == "Cs"


def test_more_than_a_thousand_generic_points() -> None:
    points, labels = orbits("C4v", 7)
    many = np.random.default_rng(0).standard_normal((150, 3))
    cloud = np.concatenate([many @ g.T for g in named("C4v").matrices])
    assert point_group(cloud, tol=1e-6).symbol == "C4v"
    shell = cloud / np.linalg.norm(cloud, axis=1, keepdims=True)  # one shell of 1200 points
    assert point_group(shell, tol=1e-6).symbol == "C4v"
    assert len(labels) == len(points)


@pytest.mark.parametrize(
    ("points", "options", "error", "words"),
    [
        (np.zeros((0, 3)), {}, InputError, "no points"),
        (np.zeros((4, 2)), {}, ShapeError, r"shape \(4, 2\)"),
        ([[0, 0, np.nan]], {}, NonFiniteError, "1 of 1 points are NaN or infinite, the first in row 0"),
        (np.eye(3), {"labels": ["A"]}, ShapeError, "1 labels for 3 points"),
        (np.eye(3), {"tol": 1.5}, InputError, "tol is 1.5"),
        (np.eye(3), {"tol": 0}, InputError, "tol is 0"),
        (np.eye(3), {"weights": [1, 2, -1]}, InputError, "positive"),
        (np.eye(3), {"weights": [1, 2]}, ShapeError, "one for each of the 3"),
        (np.eye(3), {"centre": [0, 0]}, ShapeError, "three numbers"),
        (np.eye(3), {"faces": [[0, 1]]}, InputError, "face 0 is"),
        ([[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]], {}, InputError, "points 0 and 2 lie in one place; leave one"),
        ([[0, 0, 1], [1, 0, 0], [0, 0.01, 1]], {"tol": 0.1}, InputError, "points 0 and 2 .* choose tol below"),
        (np.zeros((200_001, 3)), {}, InputError, "200,001 points"),
    ],
)
def test_bad_input(points: object, options: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        point_group(points, **options)

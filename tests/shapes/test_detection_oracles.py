"""Point groups against all permutations, against the search without products, and on thin noisy shapes."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError, SymmeterError
from symmeter.groups import point_group as named
from symmeter.shapes import detection_search
from symmeter.shapes.detection_shells import cloud_of
from symmeter.shapes.mesh_ply import decode_ply
from symmeter.shapes.point_group import point_group
from symmeter.shapes.shape_noise import calibrated_tolerance

SMALL = ["C1", "Ci", "Cs", "C2", "C3", "C4", "C2v", "C3v", "C4v", "C2h", "C3h", "S4"]
SMALL += ["D2", "D3", "D2h", "D3h", "D2d", "D3d", "T", "Td", "Oh"]


def turned(seed: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    return q * np.sign(np.diag(r))


def few_points(seed: int) -> tuple[np.ndarray, list[int]] | None:
    """Orbits of a group at places general and special, some of them of one kind; None when two come too near."""
    rng = np.random.default_rng(seed)
    matrices = np.array(named(str(rng.choice(SMALL))).matrices)
    points, labels = [], []
    for _ in range(rng.integers(1, 4)):
        a, b, c = rng.standard_normal(3)
        place = ((a, b, c), (0, 0, c), (a, 0, c), (a, a, a))[rng.integers(4)]
        orbit = np.unique(np.round(matrices @ np.array(place), 9), axis=0)
        points.append(orbit)
        labels += [int(rng.integers(2))] * len(orbit)
    x = np.concatenate(points)
    if not 3 <= len(x) <= 7 or min(np.linalg.norm(p - q) for p, q in combinations(x, 2)) < 0.15:
        return None
    return x @ turned(seed).T + rng.standard_normal(3), labels


def counted(x: np.ndarray, labels: list[int], tolerance: float) -> int | None:
    """Operations, by fitting a map to every permutation; None for points on a line."""
    x = x - x.mean(0)
    radius = np.linalg.norm(x, axis=1).max()
    rank = int((np.linalg.svd(x)[1] > 1e-9 * radius).sum())
    kinds = np.array(labels)
    images = np.array(list(permutations(range(len(x)))))
    images = images[(kinds[images] == kinds).all(axis=1)]
    u, _, vh = np.linalg.svd(np.einsum("kni,nj->kij", x[images], x))
    off = np.linalg.norm(np.einsum("kij,nj->kni", u @ vh, x) - x[images], axis=2).max(axis=1)
    # Points in a plane are mirrored in it without moving.
    return None if rank < 2 else int((off <= 3 * tolerance * radius).sum()) * (2 if rank == 2 else 1)


def test_every_permutation_is_tried_on_few_points() -> None:
    tried = 0
    for seed in range(500):
        drawn = few_points(seed)
        order = None if drawn is None else counted(*drawn, 1e-4)
        if drawn is not None and order is not None:
            assert point_group(*drawn, tol=1e-4).order == order, seed
            tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    "symbol", ["C1", "Cs", "C3", "C3v", "S6", "D4", "D5h", "D6d", "T", "Td", "Th", "O", "Oh", "I", "Ih"]
)
@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_products_of_a_few_maps_give_what_matching_all_of_them_gives(symbol, noise, monkeypatch) -> None:
    rng = np.random.default_rng(5)
    matrices = np.array(named(symbol).matrices)
    seeds = rng.standard_normal((400, 3))
    seeds /= np.linalg.norm(seeds, axis=1)[:, None]
    gaps = np.linalg.norm(seeds @ (matrices[1:] - np.eye(3)), axis=2).min(axis=0) if len(matrices) > 1 else seeds[:, 0]
    a, b = seeds[np.argsort(gaps)[-2:]]
    x = np.concatenate([matrices @ a, 1.4 * matrices @ b, np.tile([0.1, 0.2, 0.3], (len(matrices) < 3, 1))])
    x = x + noise * rng.standard_normal(x.shape)
    labels = ["a"] * len(matrices) + ["b"] * len(matrices) + ["c"] * (len(matrices) < 3)
    cloud = cloud_of(x, labels, None, None, 1e-2)
    if cloud.rank < 3:
        pytest.skip("a plane has its own search")
    accept = 3e-2 * cloud.radius
    few = detection_search.search(cloud, accept / 3, accept)
    # In these many triples are alike by chance, and few points tell them apart: all maps are matched at once.
    assert (few.table is None) == (symbol in ("S6", "T", "Td"))
    assert few.table is None or np.array_equal(few.permutations[:, few.permutations], few.permutations[few.table])
    monkeypatch.setattr(detection_search, "group_from_a_few", lambda *_: None)
    every = detection_search.search(cloud, accept / 3, accept)
    assert every.table is None
    assert {p.tobytes() for p in few.permutations} == {p.tobytes() for p in every.permutations}
    one, other = (o.take(np.lexsort(o.permutations.T)) for o in (few, every))
    np.testing.assert_allclose(one.matrices, other.matrices, atol=1e-12)
    np.testing.assert_allclose(one.deviations, other.deviations, atol=1e-12)


@pytest.mark.parametrize("symbol", ["Cs", "C3v", "C2h", "D3d"])
def test_thin_noisy_shapes_keep_their_group(symbol) -> None:
    # A flat frame once magnified the noise across it, so that true operations were left out.
    matrices = np.array(named(symbol).matrices)
    noise, kept = 1e-3, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = np.concatenate([matrices @ v for v in [(1, 0.35, 0.03), (0.4, 0.8, 0.045), (-0.7, 0.25, 0.035)]])
        labels = [k for k in "abc" for _ in matrices]
        radius = np.linalg.norm(x - x.mean(0), axis=1).max()
        noisy = x + noise * radius * rng.standard_normal(x.shape)
        found = point_group(noisy, labels, calibrated_tolerance(noise * radius, len(x), radius))
        # A group that holds the true one may fit as well.
        kept += (found.order or 0) % len(matrices) == 0
    assert kept >= 39


@pytest.mark.parametrize("height", [0.05, 0.1])
def test_long_noisy_rectangles_keep_their_group(height) -> None:
    x = np.array([(a, b * height, 0) for a in (-1, 1) for b in (-1, 1)] + [(a, 0, 0) for a in (-0.4, 0.4)])
    tol = calibrated_tolerance(1e-3, len(x), 1.0)
    found = [
        point_group(x + 1e-3 * np.random.default_rng(s).standard_normal(x.shape), "AAAABB", tol).symbol
        for s in range(40)
    ]
    assert found.count("D2h") >= 39


def test_the_symmetrised_shape_is_the_nearest_of_all_orientations() -> None:
    from scipy.optimize import minimize
    from scipy.spatial.transform import Rotation

    matrices = np.array(named("D3").matrices)
    x = np.concatenate([matrices @ v for v in ([1, 0.3, 0.4], [0.2, 0.9, -0.7])])
    x = x + 0.02 * np.random.default_rng(2).standard_normal(x.shape)
    found = point_group(x, "AAAAAABBBBBB", 0.05)
    assert found.symbol == "D3"

    def left(turn: np.ndarray) -> float:
        a = Rotation.from_rotvec(turn).as_matrix()
        folded = (found.points[found.permutations] @ (a @ found.ops @ a.T)).mean(axis=0)
        return float(((found.points - folded) ** 2).sum())

    best = minimize(left, np.full(3, 0.05), method="BFGS", options={"gtol": 1e-10}).fun
    assert left(np.zeros(3)) == pytest.approx(best, rel=1e-3)


def test_accidental_spherical_tops_have_no_symmetry() -> None:
    for seed in range(10):
        x = np.random.default_rng(seed).standard_normal((9, 3))
        x = np.linalg.svd(x - x.mean(0), full_matrices=False)[0]
        assert point_group(x).symbol == "C1"


@pytest.mark.parametrize(
    ("points", "options", "error", "words"),
    [
        (np.eye(3) * 1e200, {}, InputError, r"largest coordinate is 1e\+200"),
        (np.eye(3) * 1e-200, {}, InputError, "largest coordinate is 1e-200"),
        (np.eye(3) * 1j, {}, InputTypeError, "real numbers"),
        ([["a", 1, 2]], {}, InputTypeError, "real numbers"),
        ([[1, 2, 3], [1, 2, 3]], {"labels": "ab"}, InputError, "all 2 points lie in one place"),
        (np.eye(3), {"tol": 1e-16}, InputError, "rounding of coordinates"),
    ],
)
def test_values_that_no_shape_has(points, options, error, words) -> None:
    with pytest.raises(error, match=words):
        point_group(points, **options)


@pytest.mark.parametrize("n", [600, 3000])
def test_circles_are_refused(n) -> None:
    t = 2 * np.pi * np.arange(n) / n
    with pytest.raises(SymmeterError, match="thin"):
        point_group(np.column_stack([np.cos(t), np.sin(t), 0 * t]), tol=1e-4)


def test_a_corner_of_a_ply_face_is_a_whole_number() -> None:
    head = "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
    head += "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n"
    assert decode_ply((head + "3 0 1 2\n").encode(), "a").faces == ((0, 1, 2),)
    with pytest.raises(SymmeterError, match="face 0 has a corner that is no number"):
        decode_ply((head + "3 0 1.5 2\n").encode(), "a")

"""Noise: constraints against numerical ranks, p-values against draws, tolerances against detection rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.groups import point_group as named
from symmeter.shapes import poly
from symmeter.shapes.point_group import point_group
from symmeter.shapes.shape_action import ShapeAction
from symmeter.shapes.shape_files import read_shape
from symmeter.shapes.shape_finder import examine, noise_test
from symmeter.shapes.shape_noise import (
    asymmetry_interval,
    calibrated_tolerance,
    constraints,
    noise_p_value,
    random_map_deviation,
)
from symmeter.subjects import Shape

SEEDS = range(20)


def orbits(symbol: str, kinds: int = 3) -> tuple[np.ndarray, list[str]]:
    """Generic points far enough from every axis and plane, and their images."""
    matrices = np.array(named(symbol).matrices)
    rng = np.random.default_rng(3)
    points: list[np.ndarray] = []
    draws = rng.standard_normal((300, 3))
    draws = draws / np.linalg.norm(draws, axis=1, keepdims=True)
    moved = np.linalg.norm(draws @ (matrices[1:] - np.eye(3)), axis=2)
    apart = moved.min(axis=0) if len(matrices) > 1 else np.ones(len(draws))
    good = draws[(apart > 0.5 * apart.max()) & (np.abs(draws[:, 2]) > 0.3)]
    for k in range(kinds):
        points.append(matrices @ (good[k] * (1 + 0.3 * k)))
    return np.concatenate(points), [str(k) for k in range(kinds) for _ in matrices]


GROUPS = [
    "Cs",
    "Ci",
    "C2",
    "C3",
    "C2v",
    "C3v",
    "C4v",
    "C2h",
    "C3h",
    "S4",
    "D2",
    "D3",
    "D2d",
    "D3d",
    "D3h",
    "D4h",
    "D5h",
]
GROUPS += ["D6h", "T", "Td", "Th", "O", "Oh", "I", "Ih"]


@pytest.mark.parametrize("symbol", GROUPS[:20])
def test_constraints_are_the_codimension_of_the_symmetric_shapes(symbol):
    points, labels = orbits(symbol)
    found = point_group(points, labels, 1e-5)
    assert found.symbol == symbol
    action = ShapeAction(found.symbol, found.ops, found.permutations)
    n = len(points)
    # Symmetric displacements, and motions of the whole: their span is the tangent of all shapes with this group.
    spins = [np.cross(e, found.points).reshape(-1) for e in np.eye(3)]
    shifts = [np.tile(e, n) for e in np.eye(3)]
    tangent = np.vstack([action.projector().matrix(), spins, shifts])
    assert constraints(found.ops, found.permutations) == 3 * n - np.linalg.matrix_rank(tangent, tol=1e-8)


def test_constraints_of_linear_shapes():
    # CO2: two angles are one (both bends), one length; HCN: bends alone. Bends count twice.
    for z, labels, count in (((0.0, 1.16, -1.16), "OOC"[::-1], 3), ((0.0, 1.15, -1.06), "CNH", 2)):
        points = np.column_stack([np.zeros((3, 2)), z])
        found = examine(Shape(points, tuple(labels)))
        assert found.group.order is None
        from symmeter.shapes.detection_noise import constraints_of

        assert constraints_of(found.group) == count


@pytest.mark.parametrize("symbol", ["C3v", "D2d", "D3h", "Td"])
def test_p_values_are_uniform_when_the_group_is_exact(symbol):
    points, labels = orbits(symbol)
    values = []
    for seed in range(60):
        noisy = points + 0.004 * np.random.default_rng(seed).standard_normal(points.shape)
        found = examine(Shape(noisy, labels), noise=0.004, alpha=1e-6)
        assert found.group.symbol == symbol
        values.append(noise_test(found))
    u = np.sort(values)
    steps = np.arange(1, 61) / 60
    # Kolmogorov's distance; 0.21 is its 1 % point for 60 draws.
    assert max(np.abs(u - steps).max(), np.abs(u - steps + 1 / 60).max()) < 0.21


@pytest.mark.parametrize("symbol", ["C2v", "C3v", "D3d", "D5h", "Td", "Oh", "Ih"])
@pytest.mark.parametrize("noise", [1e-4, 1e-3, 5e-3])
def test_the_calibrated_tolerance_finds_the_group_in_every_draw(symbol, noise):
    points, labels = orbits(symbol, 2 if symbol in ("Oh", "Ih") else 3)
    found = []
    for seed in SEEDS:
        noisy = points + noise * np.random.default_rng(seed).standard_normal(points.shape)
        tol = calibrated_tolerance(noise, len(points), float(np.linalg.norm(points - points.mean(0), axis=1).max()))
        found.append(point_group(noisy, labels, tol).symbol)
    assert found == [symbol] * len(found)


@pytest.mark.parametrize("name", ["water", "ammonia", "allene", "methane", "benzene", "ferrocene-staggered", "cubane"])
@pytest.mark.parametrize("noise", [1e-4, 3e-3, 1e-2, 3e-2])
def test_noisy_molecules_are_found_in_every_draw(name, noise):
    # Atoms near the centre and heights near the tolerance made bad frames once; 3 % of the radius is no trouble.
    shape = read_shape(Path(__file__).parents[2] / "examples" / "molecules" / f"{name}.xyz")
    true = point_group(shape.points, shape.labels, 1e-4).symbol
    radius = float(np.linalg.norm(shape.points - shape.points.mean(0), axis=1).max())
    tol = calibrated_tolerance(noise * radius, shape.n, radius)
    found = []
    for seed in SEEDS:
        noisy = shape.points + noise * radius * np.random.default_rng(seed).standard_normal(shape.points.shape)
        found.append(point_group(noisy, shape.labels, tol).symbol)
    assert found == [true] * len(found)


@pytest.mark.parametrize("name", ["snub cube", "truncated icosahedron", "cube", "J27"])
def test_noise_can_be_estimated_from_the_shape(name):
    solid = poly(name)
    radius = float(np.linalg.norm(solid.vertices - solid.vertices.mean(0), axis=1).max())
    for seed in range(5):
        noise = 0.01 * radius
        noisy = solid.vertices + noise * np.random.default_rng(seed).standard_normal(solid.vertices.shape)
        found = examine(Shape(noisy), noise="estimate")
        vertices_alone = point_group(solid.vertices).symbol
        assert found.group.symbol == vertices_alone
        # Relative standard error of a standard deviation from k numbers: 1 / sqrt(2 k), four of these.
        count = constraints(found.group.ops, found.group.permutations)
        assert abs(found.noise / noise - 1) < 4 / np.sqrt(2 * count)


def test_a_distortion_beyond_the_noise_is_seen():
    cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    lost = {0.0: 0, 0.006: 0, 0.06: 0}
    for stretch in lost:
        for seed in SEEDS:
            noisy = cube * [1, 1, 1 + stretch] + 0.005 * np.random.default_rng(seed).standard_normal(cube.shape)
            lost[stretch] += examine(Shape(noisy), noise=0.005).group.symbol != "Oh"
    assert lost[0.0] <= 1
    assert lost[0.006] < 10
    assert lost[0.06] == 20


def test_missing_points_leave_the_stabiliser_of_the_gap():
    solid = poly("truncated icosahedron")
    x = solid.vertices
    # One atom away: the mirror through it stays. The centroid moves along that mirror, and a mirror holds it.
    assert point_group(x[1:]).symbol == "Cs"
    # The centre is known: the same. Two opposite atoms away: the centre stays as well.
    far = int(np.argmin(x @ x[0]))
    assert point_group(np.delete(x, [0, far], axis=0)).symbol == "C2h"
    cube = np.array([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=float)
    assert point_group(cube[1:]).symbol == "C3v"
    for seed in SEEDS:
        noisy = cube[1:] + 0.003 * np.random.default_rng(seed).standard_normal((7, 3))
        assert point_group(noisy, tol=calibrated_tolerance(0.003, 7, 2.0)).symbol == "C3v"


def test_a_noisy_shape_that_is_nearly_flat_keeps_its_axis():
    # Three arms rise above their middle by about the noise times three: no three points make a good frame.
    t = 2 * np.pi * np.arange(3) / 3
    arms = [
        np.column_stack([r * np.cos(t + s), r * np.sin(t + s), np.full(3, z)])
        for r, s, z in ((1, 0, 0), (1.6, 0.4, 0.02))
    ]
    kept = 0
    for seed in SEEDS:
        noisy = np.concatenate(arms) + 0.004 * np.random.default_rng(seed).standard_normal((6, 3))
        kept += examine(Shape(noisy, "AAABBB"), noise=0.004).group.symbol in ("C3", "C3h")
        assert point_group(noisy, "AAABBB", 0.01).symbol in ("C3", "C3h")
    # Each draw may be lost with a probability of 0.01.
    assert kept >= 19
    assert point_group(np.concatenate(arms), "AAABBB").symbol == "C3"


def test_intervals_cover_the_asymmetry():
    rng = np.random.default_rng(7)
    count, noise, covered = 20, 0.3, 0
    truth = rng.standard_normal(count)
    for _ in range(300):
        squares = float(((truth + noise * rng.standard_normal(count)) ** 2).sum())
        estimate, low, high = asymmetry_interval(squares, noise, count)
        assert low <= estimate <= high
        covered += low <= np.linalg.norm(truth) <= high
    # 95 % of 300, four standard errors either way.
    assert 270 <= covered <= 300
    # Large values by the normal law join the exact ones.
    below, above = asymmetry_interval(9_999.0, 1.0, 5), asymmetry_interval(10_001.0, 1.0, 5)
    np.testing.assert_allclose(below, above, rtol=5e-4)
    assert asymmetry_interval(4.0, 0.0, 3) == (2.0, 2.0, 2.0)
    assert noise_p_value(1.0, 0.1, 0) is None


def test_chance_is_what_random_maps_do():
    # One point of each kind at radius 1: a random map takes it to a random place of the sphere, mean square 2.
    points = np.eye(3)
    value = random_map_deviation(points, np.arange(3), 4_000)
    assert value == pytest.approx(2**0.5, rel=0.03)
    assert random_map_deviation(points, np.zeros(3, dtype=int)) < value


@pytest.mark.parametrize("noise", [-1, 0, np.nan, np.inf, True, "little", 5.0])
def test_wrong_noise(noise):
    with pytest.raises(InputError, match="noise"):
        examine(Shape(np.eye(3) + 0.1), noise=noise)


def test_tolerance_and_noise_exclude_each_other():
    with pytest.raises(InputError, match="both given"):
        examine(Shape(np.eye(3)), 0.1, 0.1)

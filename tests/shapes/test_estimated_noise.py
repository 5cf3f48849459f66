"""Noise of unknown size: the group and the noise are found together, over point groups, sizes of noise and draws."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.groups import point_group as named
from symmeter.shapes import poly
from symmeter.shapes.detection_noise import constraints_of
from symmeter.shapes.point_group import point_group
from symmeter.shapes.shape_finder import examine
from symmeter.subjects import Shape

SEEDS = 10
GROUPS = ["C1", "Ci", "Cs", "C2", "C3", "C5", "C2v", "C3v", "C6v", "C2h", "C3h", "C4h", "S4", "S6", "S8", "D2", "D3"]
GROUPS += ["D6", "D2h", "D3h", "D4h", "D5h", "D6h", "D2d", "D3d", "D5d", "T", "Td", "Th", "O", "Oh", "I", "Ih"]


def turned(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    return q * np.sign(np.diag(r))


def generic(symbol: str, kinds: int, apart: float) -> tuple[np.ndarray, list[int]]:
    """Random orbits of radius about 1: only pairs nearer than asked are drawn again, and points near axes are not."""
    matrices = np.array(named(symbol).matrices)
    rng = np.random.default_rng(sum(map(ord, symbol)) + kinds)
    points, labels = [], []
    while len(points) < kinds:
        v = rng.standard_normal(3)
        orbit = matrices @ (v / np.linalg.norm(v)) * (1.0 - 0.12 * len(points))
        gaps = np.linalg.norm(orbit - orbit[0], axis=1)[1:]
        if gaps.min(initial=9.0) > apart:
            labels += [len(points)] * len(orbit)
            points.append(orbit)
    return np.concatenate(points), labels


def radius_of(x: np.ndarray) -> float:
    return float(np.linalg.norm(x - x.mean(0), axis=1).max())


@pytest.mark.parametrize("symbol", GROUPS)
@pytest.mark.parametrize("noise", [0.0, pytest.param(1e-3, marks=pytest.mark.slow), 3e-3])
def test_group_and_noise_are_found_together(symbol, noise) -> None:
    kinds = 6 if len(named(symbol).matrices) < 3 else 3 if len(named(symbol).matrices) < 60 else 1
    points, labels = generic(symbol, kinds, 0.09)
    assert point_group(points, labels, 1e-6).symbol == symbol
    found, sizes = [], []
    draws = 2 if not noise else 4 if symbol == "Ih" else SEEDS
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        noisy = points + noise * radius_of(points) * rng.standard_normal(points.shape)
        group = point_group(noisy @ turned(rng).T, labels, noise="estimate")
        found.append(group.symbol)
        sizes.append(group.noise_needed / radius_of(points))
    # A true group is lost in one of a hundred draws: two of ten have a probability of 0.4 %.
    assert sum(s == symbol for s in found) >= len(found) - (1 if noise else 0), found
    assert all(len(named(s).matrices) <= len(named(symbol).matrices) for s in found)
    count = constraints_of(point_group(points, labels, 1e-6))
    if noise and count:
        # Chi over its root mean square: a standard error of sqrt(1 / 2k) in each draw.
        assert np.sqrt(np.mean(np.square(sizes))) == pytest.approx(noise, rel=4.0 / np.sqrt(2 * count * draws))


@pytest.mark.parametrize("symbol", ["Cs", "C2v", "C3v", "S4", "D3", "D4h", "D5h", "Td", "Th", "Oh", "I", "Ih"])
def test_one_per_cent_of_noise_with_points_close_together(symbol) -> None:
    # Points are 0.09 apart or more, nine standard deviations: a third of it once was the end of the search.
    points, labels = generic(symbol, 6 if symbol == "Cs" else 3 if symbol not in ("I", "Ih") else 1, 0.09)
    exact = point_group(points, labels, 1e-6)
    right, draws = 0, 4 if symbol == "Ih" else SEEDS
    for seed in range(draws):
        noisy = points + 0.01 * radius_of(points) * np.random.default_rng(seed).standard_normal(points.shape)
        group = point_group(noisy, labels, noise="estimate")
        # A larger group whose own distortion is lost in the noise is as good an answer.
        nearly = exact.next_larger is not None and group.symbol == exact.next_larger[0]
        right += group.symbol == symbol or (nearly and exact.next_larger[1] < 0.04)
    assert right >= draws - 1


@pytest.mark.parametrize("symbol", ["Th", "Ih", "D4h", "D5h"])
def test_close_pairs_do_not_end_the_search(symbol) -> None:
    # Pairs at 12 standard deviations: deviations of true operations are more than a third of that.
    tried = right = 0
    for seed in range(2 * SEEDS):
        rng = np.random.default_rng(seed)
        matrices = np.array(named(symbol).matrices)
        v = rng.standard_normal(3)
        v /= np.linalg.norm(v)
        mirror = next(m for m in matrices if np.linalg.det(m) < 0 and np.trace(m) > 0.9)
        normal = np.linalg.eigh(mirror)[1][:, 0]
        v = v - (v @ normal) * normal
        v = v / np.linalg.norm(v) + 0.018 * normal
        points = matrices @ v
        if tried == 8 or min(np.linalg.norm(points[1:] - v, axis=1)) < 0.035:
            continue
        tried += 1
        right += point_group(points + 0.003 * rng.standard_normal(points.shape), noise="estimate").symbol == symbol
    assert tried >= 8
    assert right >= tried - 1


def test_ways_to_act_are_counted() -> None:
    from itertools import permutations

    from symmeter.shapes.detection_noise import _ways

    for symbol, place in (("C3v", (1.0, 0.0, 0.0)), ("D2", (0.3, 0.5, 0.7)), ("C4v", (1.0, 0.0, 0.2))):
        matrices = np.array(named(symbol).matrices)
        points = np.unique((matrices @ place).round(9), axis=0)
        moved = (matrices @ points.T).swapaxes(1, 2)
        action = np.linalg.norm(moved[:, :, None] - points, axis=3).argmin(axis=2)
        renamed = {
            tuple(map(tuple, (np.array(p)[a[np.argsort(p)]] for a in action))) for p in permutations(range(len(points)))
        }
        assert np.exp(_ways(np.zeros(len(points), dtype=int), action)) == pytest.approx(len(renamed))


def test_shapes_without_symmetry_get_none() -> None:
    # With few points every group can be had for some deviation; chance explains it.
    larger = 0
    for n in (4, 5, 6, 8, 12, 20):
        for seed in range(SEEDS):
            rng = np.random.default_rng([n, seed])
            larger += point_group(rng.standard_normal((n, 3)), noise="estimate").order != 1
    # Of 60; each with a probability of a tenth at most.
    assert larger <= 8


def test_a_distortion_beyond_the_noise_is_seen_without_knowing_the_noise() -> None:
    solid = poly("truncated octahedron").vertices
    solid = solid / radius_of(solid)
    found: dict[float, list[str]] = {0.0: [], 0.002: [], 0.03: []}
    for stretch in found:
        for seed in range(SEEDS):
            noisy = solid * [1, 1, 1 + stretch] + 0.003 * np.random.default_rng(seed).standard_normal(solid.shape)
            found[stretch].append(point_group(noisy, noise="estimate").symbol)
    assert found[0.0].count("Oh") >= SEEDS - 1
    assert found[0.002].count("Oh") >= SEEDS // 2
    assert found[0.03].count("D4h") >= SEEDS - 1


def test_rounded_coordinates_are_no_distortion() -> None:
    # Zeros are exact where the axes lie along x, y, z, and other coordinates are rounded: C2v is exact, C3v nearly.
    t = 2 * np.pi * np.arange(3) / 3
    points = np.column_stack([np.cos(t), np.sin(t), np.full(3, 0.4)]).round(3)
    points = np.concatenate([points, 2.1 * points + [0, 0, 0.3], [[0, 0, -0.7]]]).round(3)
    shape = Shape(points, ["A"] * 3 + ["B"] * 3 + ["C"], molecule=True)
    assert examine(shape, noise="estimate").group.symbol == "C3v"
    single = np.float32(poly("icosahedron").vertices).astype(float)
    assert point_group(single, noise="estimate").symbol == "Ih"


def test_lines_planes_and_weights() -> None:
    rng = np.random.default_rng(1)
    line = np.column_stack([np.zeros((3, 2)), [0.0, 1.16, -1.16]]) + 0.002 * rng.standard_normal((3, 3))
    assert point_group(line, "COO", noise="estimate").symbol == "D*h"
    t = 2 * np.pi * np.arange(6) / 6
    ring = np.concatenate([np.column_stack([r * np.cos(t), r * np.sin(t), 0 * t]) for r in (1.4, 2.5)])
    ring = ring + 0.01 * rng.standard_normal(ring.shape)
    assert point_group(ring, "C" * 6 + "H" * 6, noise="estimate").symbol == "D6h"
    assert point_group(ring, weights=[12.0] * 6 + [1.0] * 6, noise="estimate").symbol == "D6h"
    assert point_group(ring, "C" * 6 + "H" * 6, noise=0.01).symbol == "D6h"
    assert point_group([[1.0, 2.0, 3.0]], noise="estimate").symbol == "Kh"


@pytest.mark.parametrize("noise", ["guess", -0.1, 0.0, float("nan"), True, [0.1]])
def test_wrong_noise_is_named(noise) -> None:
    with pytest.raises(InputError, match="noise is"):
        point_group(np.eye(3), noise=noise)


def test_points_in_one_place_are_named() -> None:
    with pytest.raises(InputError, match="points 1 and 3 lie in one place"):
        point_group([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]], noise="estimate")


def test_the_ladder_of_a_loose_tolerance_can_be_read() -> None:
    # Points nearer together than three tolerances once made the margins fail, with what was found at hand.
    points, labels = generic("Ih", 1, 0.05)
    noisy = points + 0.004 * np.random.default_rng(0).standard_normal(points.shape)
    group = point_group(noisy, labels, 0.02)
    assert group.symbol == "Ih"
    assert group.margin > 0
    assert group.ladder[-1][0] == "Ih"

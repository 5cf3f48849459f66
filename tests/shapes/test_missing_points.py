"""Shapes that lack points: the group of the whole and where the missing ones are, against removed points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.shapes import poly
from symmeter.shapes.missing_points import complete
from symmeter.shapes.point_group import point_group
from symmeter.shapes.shape_files import read_shape

MOLECULES = Path(__file__).parents[2] / "examples" / "molecules"


@pytest.mark.parametrize(
    ("name", "symbol", "missing"),
    [
        ("methane", "Td", 1),
        ("allene", "D2d", 1),
        ("benzene", "D6h", 2),
        ("ethane", "D3d", 1),
        ("sulfur-hexafluoride", "Oh", 1),
        ("cubane", "Oh", 2),
        ("ferrocene-staggered", "D5d", 2),
        ("ferrocene-eclipsed", "D5h", 1),
        ("xenon-tetrafluoride", "D4h", 1),
        ("sulfur-ring", "D4d", 1),
    ],
)
def test_molecules_without_their_last_atoms(name, symbol, missing):
    shape = read_shape(MOLECULES / f"{name}.xyz")
    n = shape.n - missing
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    for seed in range(3):
        noise = 0.002 * np.random.default_rng(seed).standard_normal((n, 3))
        x = (shape.points[:n] + noise) @ turn.T + [1.0, 2.0, 3.0]
        assert point_group(x, shape.labels[:n], 0.01).order < point_group(shape.points, shape.labels).order
        whole = complete(x, shape.labels[:n], 0.01, missing)
        assert whole.group.symbol == symbol
        assert len(whole.added) == missing
        assert sorted(whole.labels) == sorted(shape.labels)
        true = shape.points[n:] @ turn.T + [1.0, 2.0, 3.0]
        gaps = np.linalg.norm(whole.added[:, None] - true, axis=2)
        assert gaps.min(axis=0).max() < 0.02
        np.testing.assert_array_equal(whole.points[:n], x)


@pytest.mark.parametrize("name", ["cube", "snub cube", "icosahedron", "J27", "prism 7"])
@pytest.mark.parametrize("missing", [1, 2])
def test_solids_without_random_corners(name, missing):
    solid = poly(name).vertices
    true = point_group(solid).symbol
    for seed in range(1 if name == "icosahedron" else 3):
        gone = np.random.default_rng(seed).choice(len(solid), missing, replace=False)
        whole = complete(np.delete(solid, gone, axis=0), missing=missing)
        assert whole.group.symbol == true
        assert np.linalg.norm(whole.added[:, None] - solid[gone], axis=2).min(axis=0).max() < 1e-6


def test_nothing_is_invented():
    rng = np.random.default_rng(0)
    for n in (8, 15):
        cloud = rng.standard_normal((n, 3))
        whole = complete(cloud, missing=2)
        assert (whole.group.symbol, len(whole.added)) == ("C1", 0)
    full = poly("snub cube").vertices
    assert len(complete(full, missing=3).added) == 0
    # A mirror image would need more points than may be put in.
    half = np.array([[1.0, 0, 0], [0, 1.5, 0], [0, 0, 2], [1, 1, 1.3], [0.3, 2, 1]])
    assert len(complete(half, missing=1).added) == 0
    linear = [[0, 0, 0.0], [0, 0, 1], [0, 0, 2.5]]
    assert complete(linear, missing=1).group.symbol == "C*v"


@pytest.mark.parametrize("missing", [-1, 4, 1.5, True])
def test_wrong_numbers(missing):
    with pytest.raises(InputError, match="missing is"):
        complete(poly("cube").vertices, missing=missing)
    with pytest.raises(InputError, match="1,001 points"):
        complete(np.random.default_rng(0).standard_normal((1_001, 3)), tol=1e-6)

"""Orientation maps: known components against closed forms, unknown ones NaN, grains apart."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import SymmeterError
from symmeter.spacetime import defects


def rotations(vector):
    """Matrices of rotation vectors."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(vector.reshape(-1, 3)).as_matrix().reshape(*vector.shape[:-1], 3, 3)


def smooth(n=40, size=0.02):
    x, y = np.meshgrid(np.arange(n) * 0.1, np.arange(n) * 0.1, indexing="ij")
    return x, y, size * np.stack([np.sin(x + 0.3 * y), np.cos(0.5 * x - y), np.sin(x) * np.cos(y)], axis=-1)


def test_known_components_follow_the_rotations() -> None:
    *_, theta = smooth()
    found = defects.from_orientations(rotations(theta), 0.1)
    inner = (slice(2, -2), slice(2, -2))
    # e = R^T = 1 - [theta]: e_ay, e_ax to first order; alpha_az = d_x e_ay - d_y e_ax.
    t = theta
    dx = np.stack(np.gradient(t, 0.1, axis=0)[..., None].transpose(3, 0, 1, 2))[0]
    dy = np.gradient(t, 0.1, axis=1)
    right = np.stack([dx[..., 2], -0 * dx[..., 0] + dy[..., 2], -dx[..., 0] - dy[..., 1]], axis=-1)
    assert np.abs(found.alpha[inner][..., 2] - right[inner]).max() < 0.03 * np.abs(right).max()
    assert np.isnan(found.alpha[..., :2]).all()
    assert np.isfinite(found.alpha[..., 2]).all()
    assert np.abs(found.lower_bound - np.linalg.norm(found.alpha[..., 2], axis=-1)).max() == 0
    assert np.isnan(found.curvature[..., 2]).all()
    assert np.abs(found.curvature[inner][..., 0] - dx[inner]).max() < 0.03 * np.abs(dx).max()
    assert np.abs(found.curvature[inner][..., 1] - dy[inner]).max() < 0.03 * np.abs(dy).max()


def test_symmetric_copies_and_notations_change_nothing() -> None:
    _, _, theta = smooth(12)
    r = rotations(theta) @ rotations(np.full((12, 12, 3), 0.4))
    found = defects.from_orientations(r, 0.1)
    rng = np.random.default_rng(0)
    own = defects.reference_lattice("fcc", 1.0).rotations
    copies = r @ own[rng.integers(24, size=(12, 12))].swapaxes(-1, -2)
    other = defects.from_orientations(copies, 0.1)
    assert np.abs(other.lower_bound - found.lower_bound).max() < 1e-12
    from scipy.spatial.transform import Rotation

    flat = Rotation.from_matrix(r.reshape(-1, 3, 3))
    quaternions = flat.as_quat()[:, [3, 0, 1, 2]].reshape(12, 12, 4)
    assert np.nanmax(np.abs(defects.from_orientations(quaternions, 0.1).alpha - found.alpha)) < 1e-12
    bunge = flat.as_euler("ZXZ", degrees=True).reshape(12, 12, 3)
    assert np.nanmax(np.abs(defects.from_orientations(bunge, 0.1).alpha - found.alpha)) < 1e-11


def test_grains_are_not_compared() -> None:
    theta = np.zeros((10, 10, 3))
    theta[5:, :, 2] = np.radians(25)
    found = defects.from_orientations(rotations(theta), 1.0)
    # One-sided differences within each grain: nothing is bent.
    assert np.nanmax(found.lower_bound) < 1e-12
    theta[5:, :, 2] = np.radians(5)
    low = defects.from_orientations(rotations(theta), 1.0)
    # A wall of edges: theta / step, smeared over two points.
    assert low.lower_bound[5, 5] == pytest.approx(2 * np.sin(np.radians(2.5)) / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("spacing= is missing", lambda: defects.from_orientations(np.zeros((4, 4, 3)))),
        ("orientations have shape", lambda: defects.from_orientations(np.zeros((4, 3)), 1.0)),
        ("no rotations", lambda: defects.from_orientations(np.zeros((4, 4, 3, 3)), 1.0)),
        ("rotations have 1", lambda: defects.from_orientations(np.ones((4, 4, 4)), 1.0)),
        ("NaN", lambda: defects.from_orientations(np.full((4, 4, 3), np.nan), 1.0)),
        ("between 0 and 90", lambda: defects.from_orientations(np.zeros((4, 4, 3)), 1.0, boundary=100)),
    ],
)
def test_bad_input_gets_one_line(words, call) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        call()
    assert "\n" not in str(caught.value)

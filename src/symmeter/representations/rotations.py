"""Rotations of space as matrices, quaternions and Euler angles; active, on column vectors, matrices first.

Quaternions are (w, x, y, z); Euler angles are ZYZ, ``R = Rz(alpha) Ry(beta) Rz(gamma)``, or e3nn's YXY.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.linalg.array_namespace import as_floating, is_torch, namespace_of

__all__ = ["euler_from_matrix", "matrix_from_euler", "matrix_from_quaternion", "random_rotations"]

_TURNS = {"ZYZ": (2, 1, 2), "YXY": (1, 0, 1)}


def _turn(xp: Any, angle: Any, axis: int) -> Any:
    c, s, one, zero = xp.cos(angle), xp.sin(angle), xp.ones_like(angle), xp.zeros_like(angle)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    entries = [[zero] * 3 for _ in range(3)]
    entries[axis][axis] = one
    entries[i][i], entries[i][j], entries[j][i], entries[j][j] = c, -s, s, c
    return xp.stack([xp.stack(row, -1) for row in entries], -2)


def matrix_from_euler(alpha: Any, beta: Any, gamma: Any, order: str = "ZYZ") -> Any:
    """Rotation matrices (..., 3, 3) from Euler angles in radians.

    Parameters
    ----------
    alpha, beta, gamma : float, array or torch tensor
    order : {"ZYZ", "YXY"}
        ``Rz(alpha) Ry(beta) Rz(gamma)``, or ``Ry(alpha) Rx(beta) Ry(gamma)`` as in e3nn.

    Examples
    --------
    >>> matrix_from_euler(np.pi / 2, 0.0, 0.0).round(12) @ np.array([1.0, 0.0, 0.0])
    array([0., 1., 0.])
    """
    if order not in _TURNS:
        raise UnknownNameError(f"Euler angles {order!r} are not known; use 'ZYZ' or 'YXY'")
    xp = namespace_of(alpha, beta, gamma)
    angles = [as_floating(a, "an Euler angle") for a in (alpha, beta, gamma)]
    if xp is not np:
        like = next(a for a in angles if is_torch(a))
        angles = [a if is_torch(a) else xp.as_tensor(a, dtype=like.dtype, device=like.device) for a in angles]
    first, second, third = (_turn(xp, a, axis) for a, axis in zip(angles, _TURNS[order]))
    return first @ second @ third


def euler_from_matrix(
    rotation: Float[np.ndarray, "*batch 3 3"], order: str = "ZYZ"
) -> tuple[Float[np.ndarray, "*batch"], Float[np.ndarray, "*batch"], Float[np.ndarray, "*batch"]]:
    """Euler angles of rotation matrices, beta in 0..pi; at beta = 0 or pi, gamma is 0.

    Examples
    --------
    >>> [float(a.round(12)) for a in euler_from_matrix(matrix_from_euler(0.1, 0.2, 0.3))]
    [0.1, 0.2, 0.3]
    """
    if order not in _TURNS:
        raise UnknownNameError(f"Euler angles {order!r} are not known; use 'ZYZ' or 'YXY'")
    r = as_floating(rotation, "the rotation")
    if tuple(r.shape[-2:]) != (3, 3):
        raise ShapeError(f"the rotation has shape {tuple(r.shape)}; it must be (..., 3, 3)")
    xp = namespace_of(r)
    if order == "YXY":
        # The cyclic change of names y -> z, z -> x, x -> y makes it ZYZ.
        r = r[..., [2, 0, 1], :][..., [2, 0, 1]]
    sine = xp.hypot(r[..., 0, 2], r[..., 1, 2])
    beta = xp.arctan2(sine, r[..., 2, 2])
    locked = sine < 1e-15
    alpha = xp.where(locked, xp.arctan2(r[..., 1, 0], r[..., 1, 1]), xp.arctan2(r[..., 1, 2], r[..., 0, 2]))
    gamma = xp.where(locked, 0.0 * sine, xp.arctan2(r[..., 2, 1], -r[..., 2, 0]))
    return alpha, beta, gamma


def matrix_from_quaternion(quaternion: Any) -> Any:
    """Rotation matrices (..., 3, 3) from quaternions (w, x, y, z) of any length but zero.

    Examples
    --------
    >>> matrix_from_quaternion([0.0, 0.0, 0.0, 1.0])  # half a turn about z
    array([[-1.,  0.,  0.],
           [ 0., -1.,  0.],
           [ 0.,  0.,  1.]])
    """
    xp = namespace_of(quaternion)
    q = as_floating(quaternion, "the quaternion")
    if q.ndim == 0 or q.shape[-1] != 4:
        raise ShapeError(f"quaternions have shape {tuple(q.shape)}; the last axis must be (w, x, y, z)")
    norm = (q * q).sum(-1)
    if not bool((norm > 0).all()):
        raise NotAGroupElementError("a quaternion is zero or NaN; it must have a length to be a rotation")
    w, x, y, z = (q[..., k] for k in range(4))
    rows = [
        [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
    ]
    return xp.stack([xp.stack(row, -1) for row in rows], -2) / norm[..., None, None]


def random_rotations(n: int, rng: np.random.Generator | int | None = None) -> Float[np.ndarray, "n 3 3"]:
    """Rotation matrices drawn from the Haar measure: normalised Gaussian quaternions.

    Examples
    --------
    >>> random_rotations(5, rng=0).shape
    (5, 3, 3)
    """
    return matrix_from_quaternion(np.random.default_rng(rng).standard_normal((n, 4)))

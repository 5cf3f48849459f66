"""Logarithms of rotations and unitary matrices: real, in the algebra, and refused where they are not unique.

The logarithm of a rotation jumps where an angle is pi, and that of an element of SU(n) where its largest and smallest
angles differ by 2 pi; these are the cuts. There ``on_cut="raise"`` says which matrix is at fault, and
``on_cut="choose"`` takes one of the logarithms, always the same one.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError
from symmeter.groups.lie.batches import adjoint_of, check_choice, which

__all__ = ["log_rotation", "log_special_unitary", "log_unitary", "unitary_angles"]

#: Distance of an angle from pi, in radians, below which rounding decides the sign.
CUT = 1e-11


def log_rotation(r: Float[np.ndarray, "... n n"], on_cut: str = "raise") -> Float[np.ndarray, "... n n"]:
    """Skew logarithm of rotations with all angles in (-pi, pi].

    Raises
    ------
    InputError
        On the cut, unless ``on_cut="choose"``.

    Examples
    --------
    >>> log_rotation(np.array([[0.0, -1.0], [1.0, 0.0]])) / np.pi
    array([[ 0. , -0.5],
           [ 0.5,  0. ]])
    """
    check_choice(on_cut, ("raise", "choose"), "on_cut")
    n = r.shape[-1]
    if n == 1:
        return np.zeros_like(r)
    if n == 2:
        angle = np.arctan2(r[..., 1, 0] - r[..., 0, 1], r[..., 0, 0] + r[..., 1, 1])
        cut = np.pi - np.abs(angle) <= CUT
        _refuse(cut, on_cut)
        angle = np.where(cut, np.pi, angle)
        out = np.zeros_like(r)
        out[..., 1, 0], out[..., 0, 1] = angle, -angle
        return out
    if n == 3:
        return _log_3x3(r, on_cut)
    angles, vectors = unitary_angles(r.astype(complex))
    out = np.real((vectors * (1j * angles)[..., None, :]) @ adjoint_of(vectors))
    out = (out - np.swapaxes(out, -1, -2)) / 2
    # Near pi an angle and its negative nearly meet; the real Schur form keeps their plane together.
    near = (np.abs(angles) > np.pi - 1e-3).any(axis=-1)
    _refuse((np.pi - np.abs(angles) <= CUT).any(axis=-1), on_cut)
    if near.any():
        out[near] = np.array([_log_by_schur(one) for one in r[near]])
    return out


def _refuse(cut: np.ndarray | np.bool, on_cut: str, what: str = "it turns a plane by pi, in either sense") -> None:
    if on_cut == "raise" and np.asarray(cut, dtype=bool).any():
        raise InputError(
            f"the logarithm of {which(cut)} is on the cut: {what}; on_cut='choose' takes one of the values"
        )


def _log_3x3(r: np.ndarray, on_cut: str) -> np.ndarray:
    """By the unit quaternion, from its largest component, which keeps the axis exact up to angle pi."""
    t = np.einsum("...ii->...i", r)
    trace = t.sum(axis=-1)
    skew = np.stack([r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], axis=-1)
    # Rows of 4 q q^T; each is the quaternion up to a positive or negative factor.
    table = np.empty((*trace.shape, 4, 4))
    table[..., 0, 0] = 1 + trace
    table[..., 0, 1:] = table[..., 1:, 0] = skew
    table[..., 1:, 1:] = r + np.swapaxes(r, -1, -2)
    for i in range(3):
        table[..., i + 1, i + 1] = 1 + 2 * t[..., i] - trace
    largest = np.argmax(np.einsum("...ii->...i", table), axis=-1)
    q = np.take_along_axis(table, largest[..., None, None], axis=-2)[..., 0, :]
    q = q / np.linalg.norm(q, axis=-1, keepdims=True)
    cut = 2 * np.abs(q[..., 0]) <= CUT
    _refuse(cut, on_cut)
    first = np.take_along_axis(q[..., 1:], np.argmax(np.abs(q[..., 1:]) > 1e-8, axis=-1)[..., None], axis=-1)[..., 0]
    sign = np.where(cut, np.where(first < 0, -1.0, 1.0), np.where(q[..., 0] < 0, -1.0, 1.0))
    q = q * sign[..., None]
    size = np.linalg.norm(q[..., 1:], axis=-1)
    tiny = size < 1e-150
    factor = np.where(tiny, 2.0, 2 * np.arctan2(size, q[..., 0]) / np.where(tiny, 1.0, size))
    x, y, z = np.moveaxis(q[..., 1:] * factor[..., None], -1, 0)
    out = np.zeros_like(r)
    out[..., 2, 1], out[..., 1, 2] = x, -x
    out[..., 0, 2], out[..., 2, 0] = y, -y
    out[..., 1, 0], out[..., 0, 1] = z, -z
    return out


def _log_by_schur(r: np.ndarray) -> np.ndarray:
    from scipy.linalg import schur

    n = len(r)
    t, z = schur(r, output="real")[:2]
    logarithm = np.zeros((n, n))
    i, alone = 0, []
    while i < n:
        if i + 1 < n and abs(t[i + 1, i]) > 1e-14:
            angle = np.arctan2(t[i + 1, i] - t[i, i + 1], t[i, i] + t[i + 1, i + 1])
            logarithm[i + 1, i], logarithm[i, i + 1] = angle, -angle
            i += 2
        else:
            if t[i, i] < 0:
                alone.append(i)
            i += 1
    # Eigenvalues -1 come in pairs in SO(n); each pair is a plane turned by pi.
    for a, b in zip(alone[::2], alone[1::2]):
        logarithm[b, a], logarithm[a, b] = np.pi, -np.pi
    return z @ logarithm @ z.T


def unitary_angles(
    u: Complex[np.ndarray, "... n n"],
) -> tuple[Float[np.ndarray, "... n"], Complex[np.ndarray, "... n n"]]:
    """Angles in (-pi, pi] and orthonormal eigenvectors of unitary matrices, degenerate ones included."""
    # A generic Hermitian function of u has the same eigenvectors, and eigh keeps them orthonormal.
    tilt = 0.6180339887
    adjoint = adjoint_of(u)
    h = np.cos(tilt) * (u + adjoint) / 2 + np.sin(tilt) * (u - adjoint) / 2j
    vectors = np.linalg.eigh(h)[1]
    angles = np.angle(np.einsum("...ji,...jk,...ki->...i", vectors.conj(), u, vectors, optimize=True))
    error = np.abs((vectors * np.exp(1j * angles)[..., None, :]) @ adjoint_of(vectors) - u).max(axis=(-2, -1))
    doubtful = np.asarray(error > 1e-13 * u.shape[-1])
    if doubtful.any():
        from scipy.linalg import schur

        for index in np.argwhere(doubtful):
            place = tuple(index)
            t, z = schur(u[place], output="complex")[:2]
            angles[place], vectors[place] = np.angle(np.diag(t)), z
    return angles, vectors


def log_unitary(u: Complex[np.ndarray, "... n n"], on_cut: str = "raise") -> Complex[np.ndarray, "... n n"]:
    """Skew-Hermitian logarithm of unitary matrices with all angles in (-pi, pi].

    Raises
    ------
    InputError
        If an eigenvalue is -1, unless ``on_cut="choose"``.
    """
    check_choice(on_cut, ("raise", "choose"), "on_cut")
    angles, vectors = unitary_angles(u)
    cut = np.pi - np.abs(angles) <= CUT
    _refuse(cut.any(axis=-1), on_cut, "it has the eigenvalue -1")
    angles = np.where(cut, np.pi, angles)
    out = (vectors * (1j * angles)[..., None, :]) @ adjoint_of(vectors)
    return (out - adjoint_of(out)) / 2


def log_special_unitary(u: Complex[np.ndarray, "... n n"], on_cut: str = "raise") -> Complex[np.ndarray, "... n n"]:
    """Shortest traceless logarithm of matrices of SU(n).

    The principal logarithm can have trace 2 pi i k; k angles are then moved by a full turn, the extreme ones.

    Raises
    ------
    InputError
        If two angles differ by 2 pi, so that the shortest logarithm is not unique, unless ``on_cut="choose"``.
    """
    check_choice(on_cut, ("raise", "choose"), "on_cut")
    angles, vectors = unitary_angles(u)
    order = np.argsort(angles, axis=-1)
    rank = np.argsort(order, axis=-1)
    n = u.shape[-1]
    turns = np.rint(angles.sum(axis=-1) / (2 * np.pi)).astype(int)[..., None]
    angles = angles - 2 * np.pi * (rank >= n - turns) + 2 * np.pi * (rank < -turns)
    spread = angles.max(axis=-1) - angles.min(axis=-1)
    _refuse(2 * np.pi - spread <= 2 * CUT, on_cut, "two of its angles differ by 2 pi")
    angles = angles - angles.mean(axis=-1, keepdims=True)
    out = (vectors * (1j * angles)[..., None, :]) @ adjoint_of(vectors)
    return (out - adjoint_of(out)) / 2

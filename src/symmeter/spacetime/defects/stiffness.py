"""Stiffness tensors: isotropic from Lame's constants, cubic, or any from Voigt's 6 x 6."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError

__all__ = ["cubic_stiffness", "isotropic_tensor", "stiffness_tensor"]

_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def stiffness_tensor(C: Any) -> Float[np.ndarray, "3 3 3 3"]:
    """A stiffness as ``C[i, j, k, l]``.

    Parameters
    ----------
    C : array of shape (6, 6) or (3, 3, 3, 3), or (lambda, mu)

    Raises
    ------
    ShapeError, InputError
        If it is not symmetric or not positive.

    Examples
    --------
    >>> stiffness_tensor((1.5, 1.0))[0, 0, 0, 0].item()
    3.5
    """
    try:
        given = np.array(C, dtype=float)
    except (TypeError, ValueError):
        raise ShapeError("C is a stiffness of shape (6, 6) or (3, 3, 3, 3), or Lame's (lambda, mu)") from None
    if not np.isfinite(given).all():
        raise InputError("C has entries that are NaN or infinite")
    if given.shape == (2,):
        given = isotropic_tensor(*given)
    elif given.shape == (6, 6):
        full = np.empty((3, 3, 3, 3))
        for p, (i, j) in enumerate(_VOIGT):
            for q, (k, m) in enumerate(_VOIGT):
                full[i, j, k, m] = full[j, i, k, m] = full[i, j, m, k] = full[j, i, m, k] = given[p, q]
        given = full
    elif given.shape != (3, 3, 3, 3):
        raise ShapeError(f"C has shape {given.shape}; give (6, 6) in Voigt's order, (3, 3, 3, 3), or (lambda, mu)")
    size = np.abs(given).max()
    for axes, what in (((1, 0, 2, 3), "ij"), ((0, 1, 3, 2), "kl"), ((2, 3, 0, 1), "ij and kl exchanged")):
        off = np.abs(given - given.transpose(axes)).max()
        if off > 1e-8 * max(size, 1e-300):
            raise InputError(f"C is not symmetric in {what}: entries differ by {off:.3g}")
    voigt = np.array([[given[i, j, k, m] for k, m in _VOIGT] for i, j in _VOIGT])
    weight = np.sqrt([1, 1, 1, 2, 2, 2])
    lowest = float(np.linalg.eigvalsh(voigt * weight[:, None] * weight)[0])
    if not lowest > 1e-10 * size:
        raise InputError(
            f"C is not positive: a strain has the energy {lowest:.3g}; a stable medium resists every strain"
        )
    return given


def isotropic_tensor(lam: float, mu: float) -> Float[np.ndarray, "3 3 3 3"]:
    """``lambda d_ij d_kl + mu (d_ik d_jl + d_il d_jk)``, whatever the numbers."""
    e = np.eye(3)
    turned = np.einsum("ik,jl->ijkl", e, e) + np.einsum("il,jk->ijkl", e, e)
    return lam * np.einsum("ij,kl->ijkl", e, e) + mu * turned


def cubic_stiffness(c11: float, c12: float, c44: float) -> Float[np.ndarray, "6 6"]:
    """Voigt matrix of a cubic crystal along its axes.

    Examples
    --------
    >>> cubic_stiffness(168.4, 121.4, 75.4)[0, :3].tolist()
    [168.4, 121.4, 121.4]
    """
    out = np.diag([c11] * 3 + [c44] * 3).astype(float)
    out[:3, :3] += c12 - np.diag([c12] * 3)
    return out

"""What correlations tell of a sky: their noise, the response to single directions, and Fisher's matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.signals.pta.array import Array
from symmeter.signals.pta.conventions import BETA

__all__ = ["correlations_of", "fisher_matrix", "noise_factor", "point_kernel", "point_response", "whiten"]


def noise_factor(sigma: Any, pairs: int) -> np.ndarray:
    """Deviations of the pairs, or the Cholesky factor of their covariance.

    Raises
    ------
    InputError, NonFiniteError, ShapeError
    """
    s = _numbers(sigma, "sigma")
    if not np.isfinite(s).all():
        raise NonFiniteError("sigma must be positive and finite for every pair; it contains NaN or infinity")
    if s.ndim == 2:
        if s.shape != (pairs, pairs):
            raise ShapeError(f"the covariance has shape {s.shape}; it must have one row for each of {pairs} pairs")
        if np.abs(s - s.T).max() > 1e-8 * np.abs(s).max():
            raise InputError("the covariance of the pairs is not symmetric; give (C + C.T) / 2")
        try:
            return np.linalg.cholesky(s)
        except np.linalg.LinAlgError as error:
            least = np.linalg.eigvalsh(s)[0]
            raise InputError(
                f"the covariance of the pairs is not positive definite: its least eigenvalue is {least:.3g}"
            ) from error
    s = np.full(pairs, s) if s.ndim == 0 else s
    if s.shape != (pairs,):
        raise ShapeError(f"sigma has shape {s.shape}; one for each of {pairs} pairs, or their covariance, is needed")
    if not (s > 0).all():
        raise InputError("sigma must be positive and finite for every pair")
    return s


def _numbers(values: Any, name: str) -> np.ndarray:
    if np.iscomplexobj(values):
        raise InputError(f"{name} is complex; give real numbers, of correlations the real parts")
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers; got {type(values).__name__}") from None


def whiten(noise: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Rows of pairs in units in which their noise is independent and of deviation 1."""
    if noise.ndim == 2:
        from scipy.linalg import solve_triangular

        return solve_triangular(noise, x, lower=True)
    return x / (noise if x.ndim == 1 else noise[:, None])


def correlations_of(rho: Any, array: Array) -> np.ndarray:
    """Checked correlations, one for each pair."""
    rho = _numbers(rho, "rho")
    if rho.shape != (len(array.pairs),):
        raise ShapeError(f"rho has shape {rho.shape}; the array has {len(array.pairs)} pairs")
    if not np.isfinite(rho).all():
        raise NonFiniteError("rho contains NaN or infinity")
    return rho


def fisher_matrix(array: Array, lmax: int, sigma: Any, amplitude2: float = 1.0) -> Float[np.ndarray, "k k"]:
    """What the correlations tell of each pair of coefficients: ``A^4 B^T N^-1 B``.

    Parameters
    ----------
    array : Array
    lmax : int
    sigma : float, array of shape (pairs,), or covariance of shape (pairs, pairs)
        Of the correlations.
    amplitude2 : float
        Squared amplitude of the background in the units of sigma.

    Raises
    ------
    InputError, NonFiniteError, ShapeError
    """
    noise = noise_factor(sigma, len(array.pairs))
    b = whiten(noise, BETA * amplitude2 * array.orf_basis(lmax))
    return b.T @ b


def point_kernel(array: Array, k: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "p n"]:
    """``F+ F+ + Fx Fx`` of each pair for each direction of propagation, free of any polarisation basis."""
    k = np.asarray(k, dtype=float)
    if k.ndim != 2 or k.shape[1] != 3:
        raise ShapeError(f"directions have shape {k.shape}; give one row (x, y, z) for each")
    length = np.linalg.norm(k, axis=1, keepdims=True)
    if not np.isfinite(length).all() or not (length > 0).all():
        raise InputError("a direction is zero or not finite")
    k = k / length
    p = array.directions
    along = p @ k.T
    a, b = array.pairs.T
    # With p-perp the part across k: (2 (p_a.p_b)-perp^2 - |p_a|-perp^2 |p_b|-perp^2) / (4 (1 + ..) (1 + ..)).
    across = (p @ p.T)[a, b][:, None] - along[a] * along[b]
    size = 1 - along**2
    bottom = 4 * (1 + along[a]) * (1 + along[b])
    top = 2 * across**2 - size[a] * size[b]
    return np.where(bottom > 1e-14, top / np.where(bottom > 1e-14, bottom, 1.0), 0.0)


def point_response(array: Array, k: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "p n"]:
    """Correlations if all power came along one direction, for each: of mean power 1 over the sky."""
    return 4 * np.pi * BETA * point_kernel(array, k)

"""Densities of Haar measure in the coordinates of each decomposition.

With ``g = exp(X) k`` and the measure of k normalised, Haar measure of GL+(n), SL(n) and SO+(1, d) is ``J(X) dX dk``.
``dX`` is Lebesgue measure of the entries of X on and above the diagonal (without the last diagonal one for SL(n)), or
of the rapidity. Densities are relative: only their products with these differentials are measures.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Num

from symmeter.groups.lie.batches import as_matrices, check_choice
from symmeter.groups.lie.exponential import expm

__all__ = ["HAAR_COORDINATES", "exponential_density", "haar_density", "multivariate_gamma", "sinhc"]

HAAR_COORDINATES = ("polar", "spd-log", "kak", "kan", "kna", "ldu")


def sinhc(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """``sinh(x) / x``, 1 at 0.

    Examples
    --------
    >>> float(sinhc(np.array(0.0)))
    1.0
    """
    x = np.abs(x)
    tiny = x < 1e-4
    return np.where(tiny, 1 + x * x / 6, np.sinh(x) / np.where(tiny, 1.0, x))


def haar_density(x: Num[np.ndarray, "..."], coordinates: str = "polar") -> Float[np.ndarray, "..."]:
    """Density of the Haar measure of GL+(n, R) and SL(n, R), which are unimodular.

    Parameters
    ----------
    x : array of shape (..., n, n) or (..., n)
        The coordinates on which the density depends.
    coordinates : str
        ==========  ==============================  ============================================  ==================
        name        x                               density                                       against
        ==========  ==============================  ============================================  ==================
        "polar"     X = log P, g = P R              prod_{i<j} sinh(x_i - x_j) / (x_i - x_j)      dX dR
        "spd-log"   Y = log g g^T                   prod_{i<j} 2 sinh((y_i - y_j)/2)/(y_i - y_j)  dY dR
        "kak"       a, g = k1 diag(exp a) k2        prod_{i<j} \\|sinh(a_i - a_j)\\|                da dk1 dk2
        "kan"       a, g = k diag(exp a) n          exp(sum_{i<j} (a_i - a_j))                    dk da dn
        "kna"       a, g = k n diag(exp a)          1                                             dk dn da
        "ldu"       log \\|d\\|, g = L diag(d) U      exp(sum_{i<j} (a_i - a_j))                    dL dlog\\|d\\| dU
        ==========  ==============================  ============================================  ==================

        (x_i and y_i are eigenvalues.)

    Returns
    -------
    array of shape (...)

    References
    ----------
    Knapp, Lie Groups Beyond an Introduction, sections VIII.3-5.

    Examples
    --------
    >>> haar_density(np.zeros((2, 2))), haar_density(np.array([0.5, -0.5]), "kan").round(6)
    (array(1.), np.float64(2.718282))
    """
    check_choice(coordinates, HAAR_COORDINATES, "coordinates")
    if coordinates in ("polar", "spd-log"):
        x = as_matrices(x, "X")
        if x.shape[-1] == 2 and not np.iscomplexobj(x):
            gap = np.hypot(x[..., 0, 0] - x[..., 1, 1], 2 * x[..., 0, 1])
            return sinhc(gap if coordinates == "polar" else gap / 2)
        gaps = _gaps(np.linalg.eigvalsh(x))
        return np.prod(sinhc(gaps if coordinates == "polar" else gaps / 2), axis=-1)
    gaps = _gaps(np.asarray(x, dtype=float))
    if coordinates == "kak":
        return np.prod(np.abs(np.sinh(gaps)), axis=-1)
    return np.exp(gaps.sum(axis=-1)) if coordinates in ("kan", "ldu") else np.ones(gaps.shape[:-1])


def _gaps(values: np.ndarray) -> np.ndarray:
    i, j = np.triu_indices(values.shape[-1], 1)
    return values[..., i] - values[..., j]


def exponential_density(ad: Float[np.ndarray, "... k k"], side: str = "left") -> Float[np.ndarray, "..."]:
    """Density of Haar measure in exponential coordinates c of ``g = exp(sum_a c_a E_a)``, 1 at the identity.

    ``|det (1 - exp(-ad)) / ad|`` for the left measure, with the other sign of ad for the right one; against dc.

    Parameters
    ----------
    ad : array of shape (..., K, K)
        The adjoint representation of the element of the algebra.
    side : {"left", "right"}

    References
    ----------
    Helgason, Differential Geometry, Lie Groups and Symmetric Spaces, theorem II.1.7.
    """
    check_choice(side, ("left", "right"), "side")
    k = ad.shape[-1]
    block = np.zeros((*ad.shape[:-2], 2 * k, 2 * k))
    block[..., :k, :k] = -ad if side == "left" else ad
    block[..., :k, k:] = np.eye(k)
    return np.abs(np.linalg.det(expm(block)[..., :k, k:]))


def multivariate_gamma(s: float, n: int) -> float:
    """``pi^(n(n-1)/4) prod_k Gamma(s - k/2)``: the integral of ``det(S)^s exp(-tr S)`` over S positive definite.

    The measure is ``det(S)^(-(n+1)/2) prod_{i<=j} dS_ij``; s > (n - 1) / 2.

    Examples
    --------
    >>> round(multivariate_gamma(2.0, 2) / np.pi, 12)
    0.5
    """
    from math import lgamma, log, pi

    from symmeter.errors import InputError

    if n < 1 or not s > (n - 1) / 2:
        raise InputError(f"the multivariate gamma function of size {n} needs s > {(n - 1) / 2}; got s = {s}")
    return float(np.exp(n * (n - 1) / 4 * log(pi) + sum(lgamma(s - k / 2) for k in range(n))))

"""Eigenvalues of spin-weighted spheroidal harmonics, from their matrix in the basis of spherical ones.

Convention of Teukolsky: at frequency zero ``A = l (l + 1) - s (s + 1)``; his separation constant is
``lambda = A + (a omega)**2 - 2 m a omega``.

References
----------
S. A. Teukolsky, *Perturbations of a rotating black hole I*, Astrophys. J. 185, 635 (1973); S. A. Hughes,
Phys. Rev. D 61, 084004 (2000), appendix A.
"""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Num

__all__ = ["spheroidal_eigenvalue", "spheroidal_eigenvalues"]


def _cosine(s: int, m: int, lmin: int, size: int) -> np.ndarray:
    """``<l m s| cos(theta) |l' m s>`` for l from lmin on."""
    ell = lmin + np.arange(size, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = np.where(ell > 0, -m * s / (ell * (ell + 1)), 0.0)
    up = ell[:-1] + 1.0
    beside = np.sqrt((up**2 - m**2) * (up**2 - s**2) / (4.0 * up**2 - 1.0)) / up
    return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)


def spheroidal_eigenvalues(
    c: Num[np.ndarray, " n"],
    s: int,
    l: int,
    m: int,
) -> Complex[np.ndarray, " n"]:
    """Eigenvalues A for spheroidicity ``c = a omega``.

    Parameters
    ----------
    c : array of shape (n,)
        Real or complex, of order one.
    s, l, m : int
        Spin weight, degree, order.

    Returns
    -------
    complex array of shape (n,)

    Examples
    --------
    >>> spheroidal_eigenvalues(np.array([0.0, 0.1]), -2, 2, 2).real.round(6)
    array([4.     , 3.72592])
    """
    c = np.atleast_1d(np.asarray(c))
    lmin = max(abs(m), abs(s))
    size = l - lmin + 14 + int(2 * np.abs(c).max(initial=0.0))
    # One row more, so that the square of the cosine is right in the last row kept.
    cosine = _cosine(s, m, lmin, size + 1)
    squared = (cosine @ cosine)[:size, :size]
    ell = lmin + np.arange(size)
    start = np.diag((ell * (ell + 1) - s * (s + 1)).astype(float))
    scaled = c[:, None, None]
    matrices = start - scaled**2 * squared + 2.0 * scaled * s * cosine[:size, :size]
    if np.any(np.imag(c) != 0):
        values = np.linalg.eigvals(matrices)
        values = np.take_along_axis(values, np.argsort(values.real, axis=1), axis=1)
    else:
        values = np.linalg.eigvalsh(matrices.real).astype(complex)
    return values[:, l - lmin]


def spheroidal_eigenvalue(c: complex, s: int, l: int, m: int) -> complex:
    """One eigenvalue A; see :func:`spheroidal_eigenvalues`."""
    return complex(spheroidal_eigenvalues(np.array([c]), s, l, m)[0])

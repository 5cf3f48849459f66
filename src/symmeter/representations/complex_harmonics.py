"""Complex spherical harmonics with the Condon-Shortley phase, as in SciPy, HEALPix and quantum mechanics texts."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.linalg.array_namespace import as_floating, constant_like, is_torch, namespace_of
from symmeter.representations.harmonic_conventions import degree_of
from symmeter.representations.spherical_harmonics import real_sph_harm

__all__ = ["complex_from_real", "complex_sph_harm"]


def complex_sph_harm(
    points: Float[np.ndarray, "*batch 3"],
    degree: int,
    axis: str = "z",
    normalization: str = "integral",
    normalize: bool = True,
) -> Complex[np.ndarray, "*batch k"]:
    """Complex spherical harmonics Y_lm of all degrees 0..``degree``, with the Condon-Shortley phase.

    Parameters
    ----------
    points : array or torch tensor of shape (..., 3)
        Directions (x, y, z); from angles with :func:`symmeter.representations.unit_vectors`.
    degree : int
    axis : {"z", "y"}
        Polar axis. Unlike for the real harmonics the default is z, because every tool with complex ones has it.
    normalization, normalize
        As in :func:`symmeter.representations.real_sph_harm`.

    Returns
    -------
    array of shape (..., (L+1)^2)
        Component l*l + l + m; ``Y_l,-m = (-1)^m conj(Y_lm)``.

    Examples
    --------
    >>> from symmeter.representations import unit_vectors
    >>> complex_sph_harm(unit_vectors(np.pi / 2, np.pi / 2), 1).round(6)[3]  # -sqrt(3 / 8 pi) i
    np.complex128(-0-0.345494j)
    """
    return complex_from_real(real_sph_harm(points, degree, axis, normalization, normalize))


def complex_from_real(real: Any) -> Any:
    """Complex harmonics from the values of all real ones with the same polar axis, ``(..., (L+1)^2)``.

    Examples
    --------
    >>> complex_from_real(np.array([1.0, 0.0, 0.0, np.sqrt(2)])).real.round(12)
    array([ 1.,  1.,  0., -1.])
    """
    xp = namespace_of(real)
    real = as_floating(real, "the real harmonics")
    n = real.shape[-1] if real.ndim else 0
    top = degree_of(n) + 1
    ell = np.repeat(np.arange(top), 2 * np.arange(top) + 1)
    m = np.arange(n) - ell * ell - ell
    partner = ell * ell + ell - m
    size = np.where(m == 0, 1.0, np.where(m > 0, (-1.0) ** m, 1.0) / np.sqrt(2))
    cosine, sine = np.where(m >= 0, np.arange(n), partner), np.where(m >= 0, partner, np.arange(n))
    first = real[..., constant_like(cosine, real)] * constant_like(size, real)
    second = real[..., constant_like(sine, real)] * constant_like(np.sign(m) * size, real)
    return xp.complex(first, second) if is_torch(real) else first + 1j * second

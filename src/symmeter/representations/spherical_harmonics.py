"""Real spherical harmonics of all degrees at once, on NumPy arrays and (differentiably) on torch tensors.

Conventions: orthonormal unless told otherwise, no Condon-Shortley phase, flat index l*l + l + m, polar axis y, so that
degree 1 is proportional to (x, y, z); ``axis="z"`` is the order of physics texts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.array_namespace import as_floating, constant_like, is_torch, namespace_of
from symmeter.representations.harmonic_conventions import checked_degree, normalization_factors, polar_axis
from symmeter.representations.real_harmonics_kernel import (
    LARGEST_DEGREE,
    LARGEST_SINGLE_DEGREE,
    fill_solid_harmonics,
    gradient_matrices,
    legendre_factors,
)

__all__ = ["real_sph_harm", "real_sph_harm_gradient", "unit_vectors"]

#: Column numbers of (polar, first, second) coordinate for each axis: Y^{axis y}(x, y, z) = Y^{axis z}(z, x, y).
COLUMNS = {"z": (2, 0, 1), "y": (1, 2, 0)}
# Work arrays of about a megabyte stay in the cache of one core.
_BLOCK_NUMBERS = 120_000


def real_sph_harm(
    points: Float[np.ndarray, "*batch 3"],
    degree: int,
    axis: str = "y",
    normalization: str = "integral",
    normalize: bool = True,
) -> Float[np.ndarray, "*batch k"]:
    """Real spherical harmonics of all degrees 0..``degree``.

    Parameters
    ----------
    points : array or torch tensor of shape (..., 3)
        Directions as Cartesian vectors (x, y, z) of any length. A tensor gives a tensor, differentiable to any order.
    degree : int
        Largest degree L, up to 1400.
    axis : {"y", "z"}
        Polar axis; ``"e3nn"`` and ``"standard"`` are other names for them.
    normalization : {"integral", "component", "norm"}
        The integral of Y^2 over the sphere is 1; the sum over m of Y^2 is 2l+1; it is 1.
    normalize : bool
        Divide the vectors by their length. Otherwise the solid harmonics r^l Y_lm are returned.

    Returns
    -------
    array of shape (..., (L+1)^2)
        Component l*l + l + m, float32 for float32 points, otherwise float64. A zero vector has no direction and gets
        zeros for l >= 1.

    Raises
    ------
    ShapeError, InputError, UnknownNameError

    Examples
    --------
    >>> real_sph_harm([0.0, 1.0, 0.0], 1).round(6)
    array([0.282095, 0.      , 0.488603, 0.      ])
    >>> real_sph_harm([[1.0, 2.0, 2.0]], 2, normalization="norm").shape
    (1, 9)
    """
    degree = checked_degree(degree)
    columns = COLUMNS[polar_axis(axis)]
    if degree > LARGEST_DEGREE:
        raise InputError(f"degree is {degree}; beyond {LARGEST_DEGREE} the recursion leaves the range of float64")
    array = as_floating(points, "points")
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ShapeError(f"points have shape {tuple(array.shape)}; Cartesian vectors (x, y, z) along the last axis do")
    scale = None if normalization == "integral" else normalization_factors(degree, normalization)
    if is_torch(array):
        from symmeter.representations.torch_harmonics import torch_real_sph_harm

        return torch_real_sph_harm(array, degree, columns, scale, normalize)
    kind = array.dtype if array.dtype in (np.float32, np.float64) else np.dtype(float)
    single_fits = kind == np.float64 or degree <= LARGEST_SINGLE_DEGREE
    work = array.astype(kind if single_fits else float, copy=False).reshape(-1, 3)
    out = np.empty((len(work), (degree + 1) ** 2), dtype=kind)
    fill_rows(work, degree, columns, normalize, scale, out)
    return out.reshape(*array.shape[:-1], (degree + 1) ** 2)


def fill_rows(points: np.ndarray, degree: int, columns: tuple, normalize: bool, scale: Any, out: np.ndarray) -> None:
    """Harmonics of points (n, 3) into ``out`` of shape (n, (L+1)^2), block by block."""
    block = max(64, _BLOCK_NUMBERS // (degree + 1) ** 2)
    for start in range(0, len(points), block):
        _fill_block(points[start : start + block], degree, columns, normalize, scale, out[start : start + block])


def _fill_block(points: np.ndarray, degree: int, columns: tuple, normalize: bool, scale: Any, out: np.ndarray) -> None:
    coordinates = np.array(points.T, order="C")
    with np.errstate(over="ignore", under="ignore"):
        r2 = coordinates[0] ** 2 + coordinates[1] ** 2 + coordinates[2] ** 2
    if normalize:
        safe = (r2 > 1e-30) & (r2 < 1e30)
        if not safe.all():
            # Squares that leave the range of the type: divide by the largest coordinate first.
            largest = np.abs(coordinates).max(axis=0)
            with np.errstate(invalid="ignore"):
                coordinates = coordinates / np.where(largest > 0, largest, 1)
            r2 = coordinates[0] ** 2 + coordinates[1] ** 2 + coordinates[2] ** 2
        coordinates /= np.sqrt(np.where(r2 == 0, 1, r2))
        # The unit recursion takes r = 1; the zero vector needs r = 0, or its harmonics of even degree would not vanish.
        r2 = None if r2.all() else (r2 != 0).astype(points.dtype)
    z, x, y = (coordinates[c] for c in columns)
    values = np.empty((out.shape[1], len(points)), dtype=points.dtype)
    fill_solid_harmonics(np, degree, z, x, y, r2, _factors(degree, points.dtype.str), values)
    if scale is not None:
        values *= scale.astype(points.dtype)[:, None]
    out[:] = values.T


@lru_cache(maxsize=64)
def _factors(degree: int, kind: str) -> tuple:
    diagonal, first, second = legendre_factors(degree)
    return diagonal.astype(kind), tuple(a.astype(kind) for a in first), tuple(a.astype(kind) for a in second)


def real_sph_harm_gradient(
    points: Float[np.ndarray, "*batch 3"],
    degree: int,
    axis: str = "y",
    normalization: str = "integral",
    normalize: bool = True,
) -> tuple[Float[np.ndarray, "*batch k"], Float[np.ndarray, "*batch 3 k"]]:
    """Real spherical harmonics and their derivatives by x, y and z.

    Parameters are those of :func:`real_sph_harm`; with ``normalize`` the derivative is that of Y(r / |r|), tangent to
    the sphere.

    A tensor gives tensors, themselves differentiable.

    Returns
    -------
    values : array of shape (..., (L+1)^2)
    gradient : array of shape (..., 3, (L+1)^2)

    Examples
    --------
    >>> values, gradient = real_sph_harm_gradient([0.0, 1.0, 0.0], 1)
    >>> gradient[:, 1:].round(6)  # the sphere is flat along y at its pole
    array([[0.488603, 0.      , 0.      ],
           [0.      , 0.      , 0.      ],
           [0.      , 0.      , 0.488603]])
    """
    r = as_floating(points, "points")
    if r.ndim == 0 or r.shape[-1] != 3:
        raise ShapeError(f"points have shape {tuple(r.shape)}; Cartesian vectors (x, y, z) along the last axis do")
    xp = namespace_of(r)
    length = xp.linalg.norm(r, axis=-1)[..., None]
    if normalize and not bool((length > 0).all()):
        raise InputError("points contain a zero vector, which has no direction; remove it or use normalize=False")
    unit = r / length if normalize else r
    values = real_sph_harm(unit, degree, axis, "integral", normalize=False)
    z, x, y = COLUMNS[polar_axis(axis)]
    parts = [xp.zeros_like(values[..., None, :1] + unit[..., :, None])]
    for ell, matrices in enumerate(gradient_matrices(checked_degree(degree))[1:], start=1):
        lower = values[..., (ell - 1) ** 2 : ell * ell]
        # The kernel's x, y, z are the columns x, y, z of the points.
        ours = constant_like(matrices[np.argsort([x, y, z])], values)
        parts.append(xp.einsum("amk,...k->...am", ours, lower))
    gradient = xp.concatenate(parts, -1)
    if normalize:
        radial = xp.einsum("...a,...ak->...k", unit, gradient)
        gradient = (gradient - unit[..., :, None] * radial[..., None, :]) / length[..., None]
    scale = constant_like(normalization_factors(degree, normalization), values)
    return values * scale, gradient * scale


def unit_vectors(theta: Any, phi: Any, axis: str = "z") -> Any:
    """Unit vectors with these angles from the polar axis (theta, 0..pi) and around it (phi), in radians.

    Around z the azimuth starts at x towards y; around y it starts at z towards x.

    Examples
    --------
    >>> unit_vectors(np.pi / 2, 0.0).round(12)
    array([1., 0., 0.])
    >>> unit_vectors(np.pi / 2, 0.0, axis="y").round(12)
    array([0., 0., 1.])
    """
    xp: Any = namespace_of(theta, phi)
    theta, phi = as_floating(theta, "theta"), as_floating(phi, "phi")
    if is_torch(theta) != is_torch(phi):
        like = theta if is_torch(theta) else phi
        theta, phi = (a if is_torch(a) else constant_like(a, like) for a in (theta, phi))
    s = xp.sin(theta)
    standard = (s * xp.cos(phi), s * xp.sin(phi), xp.cos(theta) + 0 * phi)
    order = (0, 1, 2) if polar_axis(axis) == "z" else (1, 2, 0)
    return xp.stack([standard[k] for k in order], -1)

"""The power of a sky: real coefficients, spectra, maps, positive skies as squares, and populations of sources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import gauss_legendre_grid, real_sph_harm

__all__ = ["SkyPower", "population", "square"]

_ISOTROPIC = np.sqrt(4 * np.pi)


@dataclass(frozen=True, eq=False)
class SkyPower:
    """Power over the directions in which waves propagate, mean 1 over the sphere.

    Attributes
    ----------
    c : array of shape ((lmax+1)^2,)
        Real coefficients with polar axis z, component l*l + l + m; ``c_00 = sqrt(4 pi)``.
    """

    c: Float[np.ndarray, " k"]

    def __post_init__(self) -> None:
        c = np.array(self.c, dtype=float)
        if c.ndim != 1 or round(np.sqrt(c.size)) ** 2 != c.size or not c.size:
            raise ShapeError(f"coefficients have shape {c.shape}; there must be (lmax + 1)^2 of them")
        if not np.isfinite(c).all():
            raise InputError("a coefficient is NaN or infinite")
        if not c[0] > 0:
            raise InputError(f"c_00 is {c[0]:.3g}; the mean power must be positive")
        c.setflags(write=False)
        object.__setattr__(self, "c", c)

    @property
    def lmax(self) -> int:
        """The largest degree."""
        return round(np.sqrt(self.c.size)) - 1

    @property
    def normalised(self) -> SkyPower:
        """The same sky with mean power 1."""
        return SkyPower(self.c * (_ISOTROPIC / self.c[0]))

    @property
    def spectrum(self) -> Float[np.ndarray, " l"]:
        """``C_l / C_0``: mean square of the coefficients of each degree over that of degree 0."""
        return spectrum_of(self.c) / self.c[0] ** 2

    def values(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, " n"]:
        """Power in some directions."""
        return real_sph_harm(np.asarray(points, dtype=float), self.lmax, axis="z") @ self.c

    @property
    def least(self) -> float:
        """The smallest power on a grid that the degree needs."""
        return float(self.values(gauss_legendre_grid(4 * self.lmax + 4, axis="z").points).min())


def spectrum_of(c: Float[np.ndarray, "*batch k"]) -> Float[np.ndarray, "*batch l"]:
    """Mean square over the orders of each degree."""
    c = np.asarray(c, dtype=float)
    lmax = round(np.sqrt(c.shape[-1])) - 1
    starts = np.arange(lmax + 1) ** 2
    return np.add.reduceat(c**2, starts, axis=-1) / (2 * np.arange(lmax + 1) + 1)


@lru_cache(maxsize=16)
def _grid(degree: int, lmax: int) -> tuple[np.ndarray, np.ndarray]:
    grid = gauss_legendre_grid(degree, axis="z")
    return real_sph_harm(grid.points, lmax, axis="z"), np.asarray(grid.weights)


def square(b: Float[np.ndarray, " k"]) -> SkyPower:
    """The square of a real function on the sphere, mean 1: every positive sky of its degree is near one.

    Parameters
    ----------
    b : array of shape ((bmax+1)^2,)
        Real coefficients of the function; the power has degrees up to 2 bmax. By quadrature, exactly.

    Examples
    --------
    >>> square([1.0, 0.0, 0.0, 0.0]).spectrum.round(12)
    array([1., 0., 0.])
    """
    b = np.asarray(b, dtype=float)
    bmax = round(np.sqrt(b.size)) - 1 if b.ndim == 1 and b.size else -1
    if bmax < 0 or (bmax + 1) ** 2 != b.size:
        raise ShapeError(f"the function has coefficients of shape {b.shape}; there must be (bmax + 1)^2 of them")
    if not (b**2).sum() > 0:
        raise InputError("the function is zero; its square is no sky")
    y, w = _grid(4 * bmax, 2 * bmax)
    values = (y[:, : b.size] @ b) ** 2
    return SkyPower(y.T @ (w * values) * (4 * np.pi / (b**2).sum()))


def population(
    n_sources: int,
    slope: float = -4.0,
    lmax: int = 8,
    weights: Float[np.ndarray, " n"] | None = None,
    rng: np.random.Generator | None = None,
    seed: int | None = None,
) -> tuple[SkyPower, float]:
    """The sky of a finite number of sources in random directions.

    Parameters
    ----------
    n_sources : int
    slope : float
        Of the number of sources by amplitude, dN/dh ~ h^slope; -4 for sources spread evenly in space. Their power is
        the square of the amplitude.
    lmax : int
    weights : array of shape (n_sources,), optional
        Powers in place of drawn ones.
    rng : numpy Generator, optional
    seed : int, optional
        Makes a generator.

    Returns
    -------
    SkyPower
    float
        1 / N_eff, the expected ``C_l / C_0`` of every degree for these powers.

    Raises
    ------
    InputError, ShapeError
    """
    if n_sources < 1:
        raise InputError(f"n_sources is {n_sources}; at least one is needed")
    if weights is None and not slope < -1:
        raise InputError(f"slope is {slope}; the number of sources must fall faster than 1 / h")
    rng = np.random.default_rng(seed) if rng is None else rng
    x = rng.standard_normal((n_sources, 3))
    if weights is None:
        # Amplitudes above 1 by inversion.
        weights = (1 - rng.random(n_sources)) ** (2 / (slope + 1))
    w = np.asarray(weights, dtype=float)
    if w.shape != (n_sources,):
        raise ShapeError(f"weights have shape {w.shape}; one for each of {n_sources} sources is needed")
    if not (w >= 0).all() or not w.sum() > 0:
        raise InputError("weights must be >= 0 and not all zero")
    y: Any = real_sph_harm(x, lmax, axis="z")
    return SkyPower(4 * np.pi * (w @ y) / w.sum()), float((w**2).sum() / w.sum() ** 2)

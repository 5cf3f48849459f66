"""The power of a sky: real coefficients, spectra, maps, and positive skies as squares of functions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import gauss_legendre_grid, real_sph_harm
from symmeter.signals.pta.conventions import real_coefficients
from symmeter.signals.pta.pixels import coefficients_of_map, healpix_directions

__all__ = ["SkyPower", "product_grid", "sky_of", "spectrum_of", "square"]

_ISOTROPIC = np.sqrt(4 * np.pi)


@dataclass(frozen=True, eq=False)
class SkyPower:
    """Power over the directions in which waves propagate, mean 1 over the sphere.

    Attributes
    ----------
    c : array of shape ((lmax+1)^2,)
        Real coefficients with polar axis z, component l*l + l + m; ``c_00 = sqrt(4 pi)``. Complex ones that obey
        ``c_l,-m = (-1)^m conj(c_lm)`` become real.
    """

    c: Float[np.ndarray, " k"]

    def __post_init__(self) -> None:
        c = np.array(real_coefficients(self.c))
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
        return real_sph_harm(np.array(points, dtype=float), self.lmax, axis="z") @ self.c

    def map(self, nside: int = 16) -> Float[np.ndarray, " n"]:
        """Power at the centres of HEALPix pixels, ring after ring: directions in which waves propagate."""
        return self.values(healpix_directions(nside))

    @classmethod
    def from_map(cls, values: Float[np.ndarray, " n"], lmax: int = 8, nested: bool = False) -> SkyPower:
        """The sky of a HEALPix map of power over directions of propagation.

        Parameters
        ----------
        values : array of shape (12 nside^2,)
        lmax : int
            Up to 2 nside.
        nested : bool
            Numbered by quarters rather than rings; takes the package healpix.

        Raises
        ------
        InputError, ShapeError, MissingDependencyError

        Examples
        --------
        >>> sky = SkyPower([np.sqrt(4 * np.pi), 0.0, 1.0, 0.0])
        >>> SkyPower.from_map(sky.map(8), lmax=1).c.round(6) + 0.0
        array([3.544908, 0.      , 1.      , 0.      ])
        """
        return cls(coefficients_of_map(values, lmax, nested))

    @property
    def least(self) -> float:
        """The smallest power on a grid that the degree needs."""
        return float(self.values(gauss_legendre_grid(4 * self.lmax + 4, axis="z").points).min())


def sky_of(sky: Any) -> SkyPower:
    """A sky from one, or from its coefficients."""
    return sky if isinstance(sky, SkyPower) else SkyPower(sky)


def spectrum_of(c: Float[np.ndarray, "*batch k"]) -> Float[np.ndarray, "*batch l"]:
    """Mean square over the orders of each degree."""
    c = np.asarray(c, dtype=float)
    lmax = round(np.sqrt(c.shape[-1])) - 1
    starts = np.arange(lmax + 1) ** 2
    return np.add.reduceat(c**2, starts, axis=-1) / (2 * np.arange(lmax + 1) + 1)


@lru_cache(maxsize=16)
def product_grid(bmax: int) -> tuple[Float[np.ndarray, "n k"], Float[np.ndarray, " n"]]:
    """Harmonics up to degree 2 bmax and weights on a grid where squares of degree bmax are projected exactly."""
    grid = gauss_legendre_grid(4 * bmax, axis="z")
    # A copy: the harmonics of a single point are normalised in its own array.
    return real_sph_harm(np.array(grid.points), 2 * bmax, axis="z"), np.asarray(grid.weights)


def square(b: Float[np.ndarray, " k"]) -> SkyPower:
    """The square of a real function on the sphere, mean 1: every positive sky of its degree is near one.

    Parameters
    ----------
    b : array of shape ((bmax+1)^2,)
        Real coefficients of the function (or complex ones of a real function); the power has degrees up to 2 bmax. By
        quadrature, exactly.

    Examples
    --------
    >>> square([1.0, 0.0, 0.0, 0.0]).spectrum.round(12)
    array([1., 0., 0.])
    """
    b = np.asarray(b)
    b = real_coefficients(b) if np.iscomplexobj(b) else b.astype(float)
    bmax = round(np.sqrt(b.size)) - 1 if b.ndim == 1 and b.size else -1
    if bmax < 0 or (bmax + 1) ** 2 != b.size:
        raise ShapeError(f"the function has coefficients of shape {b.shape}; there must be (bmax + 1)^2 of them")
    if not (b**2).sum() > 0:
        raise InputError("the function is zero; its square is no sky")
    y, w = product_grid(bmax)
    values = (y[:, : b.size] @ b) ** 2
    return SkyPower(y.T @ (w * values) * (4 * np.pi / (b**2).sum()))

"""Pixels of HEALPix, numbered ring after ring: centres, maps from files, and their harmonics.

All pixels have one area, so that the mean over them is the mean over the sphere. The centres are written here from the
published construction (Gorski et al. 2005); the package healpix (BSD) is asked only for maps numbered by quarters.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, MissingDependencyError, NonFiniteError, ShapeError
from symmeter.representations import real_sph_harm

__all__ = ["coefficients_of_map", "healpix_directions", "nside_of"]


def _checked_nside(nside: Any) -> int:
    if isinstance(nside, bool) or not isinstance(nside, (int, np.integer)) or not 1 <= nside <= 1024:
        raise InputError(f"nside is {nside!r}; it must be a whole number from 1 to 1024, such as 16")
    return int(nside)


def nside_of(pixels: int) -> int:
    """The nside of a map with this many pixels.

    Raises
    ------
    ShapeError

    Examples
    --------
    >>> nside_of(3072)
    16
    """
    nside = round(np.sqrt(pixels / 12))
    if nside < 1 or 12 * nside * nside != pixels:
        raise ShapeError(f"a map of {pixels} pixels is none of HEALPix; there must be 12 nside^2, such as 3072")
    return nside


@lru_cache(maxsize=8)
def healpix_directions(nside: int) -> Float[np.ndarray, "n 3"]:
    """Unit vectors to the centres of the 12 nside^2 pixels, ring after ring from the north pole.

    Examples
    --------
    >>> healpix_directions(1).shape, healpix_directions(1)[4].round(12)
    ((12, 3), array([1., 0., 0.]))
    """
    nside = _checked_nside(nside)
    rings = np.arange(1, 4 * nside)
    cap = np.minimum(rings, 4 * nside - rings)
    size = 4 * np.minimum(cap, nside)
    belt = (cap >= nside).astype(int)
    z = np.where(belt, 4 / 3 - 2 * rings / (3 * nside), np.sign(2 * nside - rings) * (1 - cap**2 / (3 * nside**2)))
    # Rings of the belt begin at half a pixel every second time; those of the caps always do.
    shift = np.where(belt & ((rings - nside) % 2), 0.0, 0.5)
    ring = np.repeat(np.arange(len(rings)), size)
    place = np.arange(len(ring)) - np.repeat(np.cumsum(size) - size, size)
    phi = (place + shift[ring]) * 2 * np.pi / size[ring]
    height = z[ring]
    # 1 - z^2 without cancellation at the poles.
    near = cap[ring] ** 2 / (3 * nside**2)
    flat = np.sqrt(np.where(belt[ring], 1 - height**2, near * (2 - near)))
    out = np.column_stack((flat * np.cos(phi), flat * np.sin(phi), height))
    out.setflags(write=False)
    return out


def coefficients_of_map(values: Float[np.ndarray, " n"], lmax: int, nested: bool = False) -> Float[np.ndarray, " k"]:
    """Real coefficients of a HEALPix map, the least-squares ones.

    Raises
    ------
    InputError, MissingDependencyError, NonFiniteError, ShapeError
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1:
        raise ShapeError(f"a map has one axis; got shape {values.shape}")
    nside = nside_of(len(values))
    if not np.isfinite(values).all():
        raise NonFiniteError("the map contains NaN or infinity; fill or mask such pixels")
    if not 0 <= lmax <= 2 * nside:
        raise InputError(f"lmax is {lmax}; a map of nside {nside} tells degrees up to {2 * nside}")
    if nested:
        try:
            import healpix
        except ImportError as error:
            raise MissingDependencyError("healpix", "pta", "reading maps numbered by quarters") from error
        values = values[healpix.ring2nest(nside, np.arange(len(values)))]
    y = real_sph_harm(healpix_directions(nside), lmax, axis="z")
    return np.linalg.lstsq(y, values, rcond=None)[0]

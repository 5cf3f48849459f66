"""Skies of a finite number of sources: their places, their powers, and how anisotropic they must be.

Coefficients are ``c_lm = 4 pi sum w_i Y_lm(k_i) / sum w_i``, so that every degree above 0 has the same expected
``C_l / C_0 = sum w^2 / (sum w)^2 = 1 / N_eff``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.representations import real_sph_harm
from symmeter.signals.pta.conventions import checked_lmax
from symmeter.signals.pta.power import SkyPower

__all__ = ["Population", "population", "sources_by_frequency"]


@dataclass(frozen=True, eq=False)
class Population(SkyPower):
    """The sky of some sources: a SkyPower that knows them.

    Attributes
    ----------
    c : array of shape ((lmax+1)^2,)
        Coefficients up to the degree that was asked for; the power of the sources themselves has all degrees.
    directions : array of shape (n, 3)
        In which their waves propagate.
    weights : array of shape (n,)
        Their shares of the power, of sum 1.
    """

    directions: Float[np.ndarray, "n 3"] = ()  # type: ignore[assignment]
    weights: Float[np.ndarray, " n"] = ()  # type: ignore[assignment]

    @property
    def shot_noise(self) -> float:
        """1 / N_eff, the expected ``C_l / C_0`` of every degree for these powers."""
        return float((self.weights**2).sum())

    @property
    def effective_number(self) -> float:
        """N_eff: so many equal sources would be as anisotropic."""
        return 1 / self.shot_noise


def population(
    n_sources: int,
    slope: float = -4.0,
    lmax: int = 8,
    weights: Float[np.ndarray, " n"] | None = None,
    rng: np.random.Generator | None = None,
    seed: int | None = None,
) -> Population:
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
    Population

    Raises
    ------
    InputError, ShapeError

    Examples
    --------
    >>> sky = population(n_sources=2000, slope=-4, seed=1)
    >>> sky.spectrum.shape, round(sky.effective_number)
    ((9,), 631)
    """
    if isinstance(n_sources, bool) or not isinstance(n_sources, (int, np.integer)) or n_sources < 1:
        raise InputError(f"n_sources is {n_sources}; a whole number, at least one, is needed")
    if weights is None and not slope < -1:
        raise InputError(f"slope is {slope}; the number of sources must fall faster than 1 / h")
    lmax = checked_lmax(lmax)
    rng = np.random.default_rng(seed) if rng is None else rng
    x = rng.standard_normal((n_sources, 3))
    if weights is None:
        # Amplitudes above 1 by inversion.
        weights = (1 - rng.random(n_sources)) ** (2 / (slope + 1))
    w = np.asarray(weights, dtype=float)
    if w.shape != (n_sources,):
        raise ShapeError(f"weights have shape {w.shape}; one for each of {n_sources} sources is needed")
    if not np.isfinite(w).all() or not (w >= 0).all() or not w.sum() > 0:
        raise InputError("weights must be finite, >= 0 and not all zero")
    w = w / w.sum()
    c: Any = 4 * np.pi * (w @ real_sph_harm(x, lmax, axis="z"))
    return Population(c, x / np.linalg.norm(x, axis=1, keepdims=True), w)


def sources_by_frequency(
    frequencies: Float[np.ndarray, " f"], total: float, exponent: float = -11 / 3
) -> Float[np.ndarray, " f"]:
    """Expected number of binaries in each of some equal bins of frequency, ``N(f) ~ f^exponent``.

    Binaries that shrink by radiation alone spend ``f^(-11/3)`` of their time at f, so that high frequencies have few,
    and the sky there is far more anisotropic.

    Parameters
    ----------
    frequencies : array of shape (f,)
        Centres of the bins, in any unit.
    total : float
        Number in all of them.
    exponent : float

    Examples
    --------
    >>> sources_by_frequency([1.0, 2.0, 4.0], 1000.0).round(1)
    array([921.7,  72.6,   5.7])
    """
    f = np.asarray(frequencies, dtype=float)
    if f.ndim != 1 or not len(f) or not (f > 0).all() or not total > 0:
        raise InputError("frequencies must be positive, in one row, and the total number of sources > 0")
    shares = f**exponent
    return total * shares / shares.sum()

"""The power of the sky from correlations of pairs: linear, positive, and pixel by pixel, with their uncertainties.

Data are correlations in units of the overlap function times the squared amplitude of the background,
``rho = A^2 B c + n``. After Mingarelli et al., arXiv:1306.5394, and Taylor, van Haasteren, Sesana, arXiv:2006.04810.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError, UnknownNameError, nearest_name
from symmeter.representations import real_sph_harm
from symmeter.signals.pta.array import Array
from symmeter.signals.pta.conventions import BETA, checked_lmax, real_coefficients
from symmeter.signals.pta.information import correlations_of, noise_factor, point_response, whiten
from symmeter.signals.pta.pixels import healpix_directions
from symmeter.signals.pta.positive import SquareModel, best_squares, square_posterior
from symmeter.signals.pta.power import SkyPower, spectrum_of
from symmeter.signals.pta.significance import Significance, simulated_gains

__all__ = ["BASES", "AnisotropyFit", "radiometer_map"]

#: Ways to write the power.
BASES = ("linear", "sqrt", "pixel", "radiometer")
_CONDITION = 1e8
#: Modes of pixels that are kept when nothing is said.
_CUT = 0.01
_MEAN = np.sqrt(4 * np.pi)


def radiometer_map(
    array: Array, rho: Float[np.ndarray, " p"], sigma: Any, points: Float[np.ndarray, "n 3"], amplitude2: float = 1.0
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Power of one direction at a time as if nothing else shone, and its deviation.

    Parameters
    ----------
    array : Array
    rho : array of shape (pairs,)
    sigma : as in :func:`fisher_matrix`
    points : array of shape (n, 3)
        Directions of propagation.
    amplitude2 : float
        Squared amplitude in the units of rho.

    Returns
    -------
    power, deviation : arrays of shape (n,)
        Where no pulsar of the array answers the power is 0 and the deviation infinite.
    """
    noise = noise_factor(sigma, len(array.pairs))
    kernel = amplitude2 * whiten(noise, point_response(array, points))
    weight = (kernel**2).sum(0)
    seen = np.where(weight > 0, weight, 1.0)
    dirty = kernel.T @ whiten(noise, correlations_of(rho, array))
    return dirty / seen, np.where(weight > 0, 1 / np.sqrt(seen), np.inf)


@dataclass(frozen=True, eq=False)
class AnisotropyFit:
    """The best sky for some correlations.

    Attributes
    ----------
    array : Array
    rho : array of shape (pairs,)
    sigma : float, array or covariance
    lmax : int
        Largest degree; of pixels, of the coefficients that are taken from their map.
    basis : str
        ``"linear"``: every coefficient free; ``"sqrt"``: the square of a function of half the degree, positive;
        ``"pixel"``: power of all pixels of a HEALPix map together, in the modes that the array tells best;
        ``"radiometer"``: each pixel as if it shone alone.
    amplitude2 : float
        Squared amplitude in the units of rho; coefficients are relative to it.
    fixed_monopole : bool, optional
        Hold ``c_00 = sqrt(4 pi)``; otherwise it is fitted too and measures the amplitude. When omitted it is held for
        ``"sqrt"``, as published, and fitted for ``"linear"``. Pixels are free.
    nside : int
        Of the pixels.
    prior : array of shape (lmax+1,), optional
        Expected ``C_l`` of an anisotropic sky, for Wiener's filter (``linear``); entry 0 is not used. Equal numbers
        make a ridge.
    cut : float, optional
        Modes whose information is less than this share of the best one's are left out (``linear``, and ``pixel``, where
        it is 0.01 when omitted).

    Raises
    ------
    InputError, NonFiniteError, ShapeError, UnknownNameError

    Examples
    --------
    >>> from symmeter.signals.pta.example_arrays import SIXTY_EIGHT
    >>> array = Array.from_jnames(SIXTY_EIGHT)
    >>> fit = AnisotropyFit(array, array.orf(), 0.1, lmax=2)
    >>> fit.c_lm.round(6)[:4] + 0.0
    array([3.544908, 0.      , 0.      , 0.      ])
    """

    array: Array
    rho: Float[np.ndarray, " p"]
    sigma: Any
    lmax: int = 4
    basis: str = "linear"
    amplitude2: float = 1.0
    fixed_monopole: bool | None = None
    nside: int = 8
    prior: Float[np.ndarray, " l"] | None = None
    cut: float | None = None

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            close = nearest_name(self.basis, BASES)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"no basis is called {self.basis!r}; known are {', '.join(BASES)}{hint}")
        object.__setattr__(self, "lmax", checked_lmax(self.lmax))
        if self.basis == "sqrt" and self.lmax % 2:
            raise InputError(f"lmax is {self.lmax}; it must be even for the square of a function")
        if not 0 < self.amplitude2 < np.inf:
            raise InputError(f"amplitude2 is {self.amplitude2}; it must be positive")
        object.__setattr__(self, "rho", correlations_of(self.rho, self.array))
        if self._is_pixels:
            if self.fixed_monopole:
                raise InputError("fixed_monopole goes with harmonics; pixels are free")
            if self.lmax > 2 * self.nside:
                raise InputError(f"nside {self.nside} tells degrees up to {2 * self.nside}; lmax is {self.lmax}")
            healpix_directions(self.nside)
        self._check_filters()
        if self.condition > _CONDITION and self.prior is None and self.cut is None:
            warnings.warn(
                f"{len(self.array)} pulsars hardly tell degrees up to {self.lmax}: condition number "
                f"{self.condition:.1e}; lower lmax, or give cut or prior",
                stacklevel=3,
            )

    def _check_filters(self) -> None:
        if self.cut is not None and not (self.basis in ("linear", "pixel") and 0 < self.cut < 1):
            raise InputError(f"cut is {self.cut} for {self.basis!r}; it is between 0 and 1, for linear and pixel")
        if self.prior is None:
            return
        prior = np.asarray(self.prior, dtype=float)
        if self.basis != "linear":
            raise InputError(f"a prior goes with basis='linear'; got {self.basis!r}")
        if prior.shape != (self.lmax + 1,):
            raise ShapeError(f"prior has shape {prior.shape}; give C_l for l = 0 to {self.lmax}")
        if not (prior[1:] > 0).all() or not np.isfinite(prior[1:]).all():
            raise InputError("the prior C_l must be positive and finite for every l above 0")

    # ---- what is fitted ----------------------------------------------------------------------------------------------

    @property
    def _is_pixels(self) -> bool:
        return self.basis in ("pixel", "radiometer")

    @property
    def _held(self) -> bool:
        return self.basis == "sqrt" if self.fixed_monopole is None else self.fixed_monopole

    @cached_property
    def noise(self) -> np.ndarray:
        """Deviations of the pairs, or the Cholesky factor of their covariance."""
        return noise_factor(self.sigma, len(self.array.pairs))

    @cached_property
    def _design(self) -> np.ndarray:
        return whiten(self.noise, BETA * self.amplitude2 * self.array.orf_basis(self.lmax))

    @cached_property
    def _data(self) -> np.ndarray:
        return whiten(self.noise, self.rho)

    @cached_property
    def _compressed(self) -> tuple[np.ndarray, np.ndarray]:
        """Orthonormal columns that span the design, and the design in them."""
        return np.linalg.qr(self._design)

    @property
    def _free(self) -> np.ndarray:
        free = np.ones((self.lmax + 1) ** 2, dtype=bool)
        free[0] = not self._held
        return free

    @cached_property
    def _responses(self) -> np.ndarray:
        """Whitened correlations if all power came along the direction of a pixel."""
        return whiten(self.noise, self.amplitude2 * point_response(self.array, healpix_directions(self.nside)))

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Singular vectors and values of the pixels that are kept."""
        u, s, v = np.linalg.svd(self._responses / self._responses.shape[1], full_matrices=False)
        keep = s**2 > (_CUT if self.cut is None else self.cut) * s[0] ** 2
        return u[:, keep], s[keep], v[keep]

    @property
    def _wiener(self) -> np.ndarray:
        """Covariance of the free coefficients of the posterior with the prior."""
        design = self._design[:, self._free]
        ell = np.repeat(np.arange(self.lmax + 1), 2 * np.arange(self.lmax + 1) + 1)
        precision = np.append(0.0, 1 / np.asarray(self.prior, dtype=float)[ell[1:]])[self._free]
        return np.linalg.inv(design.T @ design + np.diag(precision))

    @cached_property
    def _estimator(self) -> np.ndarray:
        """Matrix from whitened data to free coefficients, or to pixels."""
        if self.basis == "radiometer":
            weight = (self._responses**2).sum(0)
            return (self._responses / np.where(weight > 0, weight, 1.0)).T
        if self.basis == "pixel":
            # The best isotropic sky, and the modes in what it leaves: where nothing is seen the power is the mean.
            u, s, v = self._modes
            mean = self._responses.mean(1)
            level = mean / (mean @ mean)
            return level + v.T @ ((u - np.outer(level, mean @ u)) / s).T
        design = self._design[:, self._free]
        if self.prior is not None:
            return self._wiener @ design.T
        # Squares of singular values are information. Positive fits begin here.
        return np.linalg.pinv(design, rcond=1e-13 if self.cut is None else np.sqrt(self.cut))

    @cached_property
    def condition(self) -> float:
        """Condition number of the Fisher matrix of what is free; of pixels, of the modes that are kept."""
        if self.basis == "radiometer":
            return 1.0
        if self.basis == "pixel":
            return float((self._modes[1][0] / self._modes[1][-1]) ** 2)
        if not self._free.any():
            return 1.0
        values = np.linalg.svd(self._compressed[1][:, self._free], compute_uv=False)
        small = values[-1] if len(values) == self._free.sum() else 0.0
        return float((values[0] / small) ** 2) if small > 0 else float("inf")

    # ---- results -----------------------------------------------------------------------------------------------------

    @cached_property
    def pixels(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Power of each pixel and its deviation, for the bases of pixels."""
        if not self._is_pixels:
            raise InputError(f"the basis {self.basis!r} has no pixels of its own; use map and map_deviation")
        return self._estimator @ self._data, np.sqrt((self._estimator**2).sum(1))

    @cached_property
    def c_lm(self) -> Float[np.ndarray, " k"]:
        """Real coefficients of the power; for pixels those of the map."""
        if self.basis == "sqrt":
            return self._square[1]
        if self._is_pixels:
            return self._projection @ self.pixels[0]
        return self._linear(self._data)

    @cached_property
    def _projection(self) -> np.ndarray:
        return np.linalg.pinv(real_sph_harm(healpix_directions(self.nside), self.lmax, axis="z"))

    def _linear(self, data: np.ndarray) -> np.ndarray:
        """Coefficients for whitened data, one set a row."""
        free = self._free
        c = np.zeros((*data.shape[:-1], len(free)))
        c[..., 0] = _MEAN
        estimator = self._estimator
        c[..., free] = (data - c[..., ~free] @ self._design[:, ~free].T) @ estimator.T
        return c

    @property
    def _model(self) -> SquareModel:
        return SquareModel(self.lmax // 2, self._held)

    @cached_property
    def _square(self) -> tuple[np.ndarray, np.ndarray]:
        data = (self._compressed[0].T @ self._data)[None]
        free, power = best_squares(self._model, self._compressed[1], data, self._linear(self._data)[None])
        return free[0], power[0]

    @cached_property
    def cov(self) -> Float[np.ndarray, "k k"]:
        """Covariance of the coefficients (zeros for what is held); of the positive fit to first order."""
        size = (self.lmax + 1) ** 2
        if self._is_pixels:
            root = self._projection @ self._estimator
            return root @ root.T
        if self.basis == "sqrt":
            slope = self._model.slope(self._square[0])
            information = self._compressed[1] @ slope
            return slope @ np.linalg.pinv(information.T @ information, hermitian=True) @ slope.T
        out = np.zeros((size, size))
        some = np.ix_(self._free, self._free)
        out[some] = self._estimator @ self._estimator.T if self.prior is None else self._wiener
        return out

    @property
    def power(self) -> SkyPower:
        """The fitted sky.

        Raises
        ------
        InputError
            When noise made the mean power negative.
        """
        return SkyPower(self.c_lm)

    @property
    def C_l(self) -> Float[np.ndarray, " l"]:
        """Mean square of the coefficients of each degree, noise taken off but from positive fits; can be negative."""
        noise = spectrum_of(np.sqrt(np.diag(self.cov))) if self.basis != "sqrt" else 0.0
        return spectrum_of(self.c_lm) - noise

    @property
    def dirty(self) -> Float[np.ndarray, " k"]:
        """``B^T N^-1 rho``, the dirty map in harmonics."""
        return self._design.T @ self._data

    def map(self, nside: int = 16) -> Float[np.ndarray, " n"]:
        """Power at the centres of HEALPix pixels, ring after ring: directions in which waves propagate.

        Parameters
        ----------
        nside : int
            The radiometer looks at these pixels anew; a pixel fit of another nside gives the nearest pixel's power.

        Returns
        -------
        array of shape (12 nside^2,)
        """
        points = healpix_directions(nside)
        if self.basis == "radiometer":
            return radiometer_map(self.array, self.rho, self.sigma, points, self.amplitude2)[0]
        if self.basis == "pixel":
            return self.pixels[0][self._nearest(points)]
        return real_sph_harm(points, self.lmax, axis="z") @ self.c_lm

    def map_deviation(self, nside: int = 16) -> Float[np.ndarray, " n"]:
        """Standard deviation of each pixel of :meth:`map`."""
        points = healpix_directions(nside)
        if self.basis == "radiometer":
            return radiometer_map(self.array, self.rho, self.sigma, points, self.amplitude2)[1]
        if self.basis == "pixel":
            return self.pixels[1][self._nearest(points)]
        y = real_sph_harm(points, self.lmax, axis="z")
        return np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", y, self.cov, y), 0.0))

    def _nearest(self, points: np.ndarray) -> np.ndarray:
        own = healpix_directions(self.nside)
        parts = np.array_split(points, max(1, len(points) // 2000))
        return np.concatenate([(part @ own.T).argmax(1) for part in parts])

    def draw(self, path: Any = None, nside: int = 32) -> Any:
        """A picture of the sky with the pulsars, as :func:`symmeter.signals.pta.draw_sky` makes it."""
        from symmeter.signals.pta.sky_picture import draw_sky

        title = {"linear": "Linear fit", "sqrt": "Positive fit", "pixel": "Pixels", "radiometer": "Radiometer"}
        words = {"radiometer": "each direction as if it shone alone", "pixel": f"nside {self.nside}"}
        # Harmonics are drawn as they are; the mean power may be negative, which no SkyPower has.
        sky = self.map(nside) if self._is_pixels or not self.c_lm[0] > 0 else self.power
        return draw_sky(
            sky, self.array, path, title=f"{title[self.basis]}, {words.get(self.basis, f'l up to {self.lmax}')}"
        )

    # ---- is the sky isotropic? ---------------------------------------------------------------------------------------

    def chi2(self, c: Float[np.ndarray, " k"] | None = None) -> float:
        """Weighted sum of squared differences, for the fit or for coefficients up to lmax."""
        if c is None and self._is_pixels:
            if self.basis == "radiometer":
                raise InputError("the radiometer looks at one pixel at a time, and has no chi squared of its own")
            return float(((self._data - self._responses @ self.pixels[0] / len(self.pixels[0])) ** 2).sum())
        c = self.c_lm if c is None else real_coefficients(c)
        size = self._design.shape[1]
        if c.shape != (size,):
            raise ShapeError(f"coefficients have shape {c.shape}; degrees up to {self.lmax} have {size}")
        return float(((self._design @ c - self._data) ** 2).sum())

    @cached_property
    def delta_chi2(self) -> float:
        """By how much the anisotropic fit beats the best isotropic one.

        Of the radiometer: the square of the largest excess of a pixel over the isotropic sky, in deviations.
        """
        return float(self._gains(self._data[None])[0])

    def _gains(self, data: Float[np.ndarray, "s p"]) -> Float[np.ndarray, " s"]:
        """The gain for rows of whitened data."""
        first = self._design[:, 0]
        if self._held:
            rest = data - _MEAN * first
        else:
            rest = data - np.outer(data @ first / (first @ first), first)
        base = (rest**2).sum(1)
        if self.basis == "radiometer":
            return (rest @ self._unit_responses).max(1) ** 2
        if self.basis == "pixel":
            # The same modes, for what the isotropic sky of the pixels leaves.
            mean = self._responses.mean(1)
            rest = data - np.outer(data @ mean / (mean @ mean), mean)
            return ((rest @ self._modes[0]) ** 2).sum(1)
        linear = self._linear(data)
        if self.basis == "linear":
            return base - ((data - linear @ self._design.T) ** 2).sum(1)
        inside = data @ self._compressed[0]
        outside = (data**2).sum(1) - (inside**2).sum(1)
        fitted = best_squares(self._model, self._compressed[1], inside, linear)[1]
        return base - ((fitted @ self._compressed[1].T - inside) ** 2).sum(1) - outside

    @cached_property
    def _unit_responses(self) -> np.ndarray:
        """Responses to single pixels less what is isotropic in them, of unit length."""
        first = self._design[:, 0] / np.linalg.norm(self._design[:, 0])
        response = self._estimator.T - np.outer(first, first @ self._estimator.T)
        length = np.linalg.norm(response, axis=0)
        return response / np.where(length > 0, length, 1.0)

    def p_value(self, n_sim: int = 0, rng: np.random.Generator | None = None) -> float:
        """Chance of as large a gain for an isotropic sky with this noise.

        Parameters
        ----------
        n_sim : int
            Isotropic skies to simulate and fit; 0 for the chi-squared law, which is exact for linear fits alone.
        rng : numpy Generator, optional

        Raises
        ------
        InputError
        """
        if n_sim:
            return self.detection_snr(n_sim, rng).p_value
        from scipy.special import gammaincc

        if self.basis != "linear" or self.prior is not None or self.cut is not None:
            raise InputError(f"the gain in the basis {self.basis!r} has no simple law here; give n_sim, such as 1000")
        degrees = int(np.linalg.matrix_rank(self._design)) - 1
        return float(gammaincc(degrees / 2, max(self.delta_chi2, 0.0) / 2)) if degrees > 0 else 1.0

    def detection_snr(
        self, n_sim: int = 0, rng: np.random.Generator | None = None, level: float = 0.997
    ) -> Significance:
        """``sqrt(delta chi^2)``, 0 where the isotropic sky is as good, and what isotropic skies give.

        Parameters
        ----------
        n_sim : int
            Isotropic skies of the best amplitude, with this noise, that are simulated and fitted; 0 for none.
        rng : numpy Generator, optional
            Seed 0 when omitted.
        level : float
            Share of isotropic skies below the threshold.

        Returns
        -------
        Significance
            A float, with ``p_value``, ``threshold`` and ``null``, the values of the simulated skies.
        """
        if n_sim < 0 or not 0 < level < 1:
            raise InputError(f"n_sim is {n_sim} and level {level}; n_sim must be >= 0 and level between 0 and 1")
        gain = max(self.delta_chi2, 0.0)
        if not n_sim:
            return Significance(np.sqrt(gain), np.zeros(0), level)
        rng = np.random.default_rng(0) if rng is None else rng
        # What is isotropic drops out when the monopole is free; the positive fit needs it.
        first = self._design[:, 0]
        mean = _MEAN if self._held else max(float(self._data @ first / (first @ first)), 0.0)
        null = simulated_gains(self._gains, mean * first, n_sim, rng)
        return Significance(np.sqrt(gain), np.sqrt(np.maximum(null, 0.0)), level)

    # ---- limits ------------------------------------------------------------------------------------------------------

    def posterior(self, n: int = 2000, rng: np.random.Generator | None = None) -> Float[np.ndarray, "n k"]:
        """Coefficients drawn from their posterior: normal for linear fits (flat prior), a chain for positive ones.

        Parameters
        ----------
        n : int
        rng : numpy Generator, optional
            Seed 0 when omitted.
        """
        if n < 1:
            raise InputError(f"n is {n}; at least one draw is needed")
        rng = np.random.default_rng(0) if rng is None else rng
        if self.basis == "linear" and self.prior is None and not np.isfinite(self.condition):
            raise InputError(
                f"{len(self.array)} pulsars leave some harmonics up to degree {self.lmax} unseen, and nothing limits "
                "them; lower lmax, give a prior, or use basis='sqrt'"
            )
        if self.basis == "radiometer":
            raise InputError("the radiometer has no posterior of the sky; use basis='linear', 'sqrt' or 'pixel'")
        if self.basis == "sqrt":
            if not self._model.size:
                return np.tile(self.c_lm, (n, 1))
            data = self._compressed[0].T @ self._data
            return square_posterior(self._model, self._compressed[1], data, self._square[0], n, rng)
        values, vectors = np.linalg.eigh(self.cov)
        root = vectors * np.sqrt(np.maximum(values, 0))
        return self.c_lm + rng.standard_normal((n, len(root))) @ root.T

    def upper_limit(
        self,
        l: int,  # noqa: E741
        level: float = 0.95,
        n_sim: int = 2000,
        rng: np.random.Generator | None = None,
    ) -> float:
        """Upper limit on ``C_l / C_0``: a quantile of the posterior.

        Parameters
        ----------
        l : int
            Degree.
        level : float
        n_sim : int
            Draws of the posterior.
        rng : numpy Generator, optional

        Raises
        ------
        InputError
        """
        if not 1 <= l <= self.lmax:
            raise InputError(f"l is {l}; it must be from 1 to lmax = {self.lmax}")
        if not 0 < level < 1:
            raise InputError(f"level is {level}; it must be between 0 and 1")
        draws = self.posterior(n_sim, rng)
        ratio = (draws[:, l * l : (l + 1) ** 2] ** 2).mean(1) / draws[:, 0] ** 2
        return float(np.quantile(ratio, level))

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
from symmeter.representations import fibonacci_grid, real_sph_harm
from symmeter.signals.pta.array import Array
from symmeter.signals.pta.conventions import BETA
from symmeter.signals.pta.power import SkyPower, spectrum_of, square

__all__ = ["BASES", "AnisotropyFit", "fisher_matrix", "radiometer_map"]

#: Ways to write the power.
BASES = ("linear", "sqrt")
_CONDITION = 1e8


def _noise(sigma: Any, pairs: int) -> np.ndarray:
    """Cholesky factor of the covariance of the pairs, or their deviations."""
    s = np.asarray(sigma, dtype=float)
    if s.ndim == 2:
        if s.shape != (pairs, pairs) or not np.allclose(s, s.T, rtol=1e-8):
            raise ShapeError(
                f"the covariance has shape {s.shape}; it must be symmetric, one row for each of {pairs} pairs"
            )
        try:
            return np.linalg.cholesky(s)
        except np.linalg.LinAlgError as error:
            raise InputError("the covariance of the pairs is not positive definite") from error
    s = np.broadcast_to(s, (pairs,)) if s.ndim == 0 else s
    if s.shape != (pairs,):
        raise ShapeError(f"sigma has shape {s.shape}; one for each of {pairs} pairs, or their covariance, is needed")
    if not (s > 0).all() or not np.isfinite(s).all():
        raise InputError("sigma must be positive and finite for every pair")
    return s


def _whiten(noise: np.ndarray, x: np.ndarray) -> np.ndarray:
    if noise.ndim == 2:
        from scipy.linalg import solve_triangular

        return solve_triangular(noise, x, lower=True)
    return x / (noise if x.ndim == 1 else noise[:, None])


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
    """
    b = _whiten(_noise(sigma, len(array.pairs)), BETA * amplitude2 * array.orf_basis(lmax))
    return b.T @ b


def radiometer_map(
    array: Array, rho: Float[np.ndarray, " p"], sigma: Any, points: Float[np.ndarray, "n 3"]
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Power of one direction at a time as if nothing else shone, and its deviation.

    Parameters
    ----------
    array : Array
    rho : array of shape (pairs,)
    sigma : as in :func:`fisher_matrix`
    points : array of shape (n, 3)
        Directions of propagation.
    """
    rho = _correlations(rho, array)
    noise = _noise(sigma, len(array.pairs))
    kernel = _whiten(noise, 4 * np.pi * BETA * _point_kernel(array, np.asarray(points, dtype=float)))
    weight = (kernel**2).sum(0)
    return kernel.T @ _whiten(noise, rho) / weight, 1 / np.sqrt(weight)


def _point_kernel(array: Array, k: np.ndarray) -> np.ndarray:
    """``F+ F+ + Fx Fx`` of each pair for each direction of propagation, free of any polarisation basis."""
    k = k / np.linalg.norm(k, axis=1, keepdims=True)
    p = array.directions
    along = p @ k.T
    a, b = array.pairs.T
    # With p-perp the part across k: (2 (p_a.p_b)-perp^2 - |p_a|-perp^2 |p_b|-perp^2) / (4 (1 + ..) (1 + ..)).
    across = (p @ p.T)[a, b][:, None] - along[a] * along[b]
    size = 1 - along**2
    bottom = 4 * (1 + along[a]) * (1 + along[b])
    top = 2 * across**2 - size[a] * size[b]
    return np.where(bottom > 1e-14, top / np.where(bottom > 1e-14, bottom, 1.0), 0.0)


def _correlations(rho: Any, array: Array) -> np.ndarray:
    rho = np.asarray(rho, dtype=float)
    if rho.shape != (len(array.pairs),):
        raise ShapeError(f"rho has shape {rho.shape}; the array has {len(array.pairs)} pairs")
    if not np.isfinite(rho).all():
        raise InputError("rho contains NaN or infinity")
    return rho


@dataclass(frozen=True, eq=False)
class AnisotropyFit:
    """The best sky for some correlations.

    Attributes
    ----------
    array : Array
    rho : array of shape (pairs,)
    sigma : float, array or covariance
    lmax : int
    basis : str
        ``"linear"``: every coefficient free; ``"sqrt"``: the square of a function of half the degree, positive.
    amplitude2 : float
        Squared amplitude in the units of rho; coefficients are relative to it.
    fixed_monopole : bool
        Hold ``c_00 = sqrt(4 pi)``; otherwise it is fitted too (``linear`` only), and measures the amplitude.
    """

    array: Array
    rho: Float[np.ndarray, " p"]
    sigma: Any
    lmax: int
    basis: str = "linear"
    amplitude2: float = 1.0
    fixed_monopole: bool = False

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            close = nearest_name(self.basis, BASES)
            hint = f"; did you mean {close!r}?" if close else ""
            raise UnknownNameError(f"no basis is called {self.basis!r}; known are {', '.join(BASES)}{hint}")
        if self.lmax < 0 or (self.basis == "sqrt" and self.lmax % 2):
            raise InputError(f"lmax is {self.lmax}; it must be >= 0, and even for the square of a function")
        if not self.amplitude2 > 0:
            raise InputError(f"amplitude2 is {self.amplitude2}; it must be positive")
        object.__setattr__(self, "rho", _correlations(self.rho, self.array))
        condition = self.condition
        if condition > _CONDITION:
            warnings.warn(
                f"{len(self.array)} pulsars hardly tell degrees up to {self.lmax}: condition number {condition:.1e}; "
                "lower lmax",
                stacklevel=3,
            )

    @cached_property
    def _design(self) -> np.ndarray:
        basis = BETA * self.amplitude2 * self.array.orf_basis(self.lmax)
        return _whiten(_noise(self.sigma, len(self.array.pairs)), basis)

    @cached_property
    def _data(self) -> np.ndarray:
        return _whiten(_noise(self.sigma, len(self.array.pairs)), self.rho)

    @property
    def _free(self) -> np.ndarray:
        free = np.ones((self.lmax + 1) ** 2, dtype=bool)
        free[0] = not self.fixed_monopole
        return free

    @cached_property
    def condition(self) -> float:
        """Condition number of the Fisher matrix of the free coefficients."""
        if not self._free.any():
            return 1.0
        values = np.linalg.svd(self._design[:, self._free], compute_uv=False)
        small = values[-1] if len(values) == self._free.sum() else 0.0
        return float((values[0] / small) ** 2) if small > 0 else float("inf")

    @cached_property
    def c_lm(self) -> Float[np.ndarray, " k"]:
        """Real coefficients of the power."""
        return self._linear() if self.basis == "linear" else self._square().c * 1.0

    def _linear(self) -> np.ndarray:
        free = self._free
        c = np.zeros(len(free))
        c[0] = np.sqrt(4 * np.pi)
        data = self._data - self._design[:, ~free] @ c[~free]
        c[free] = np.linalg.lstsq(self._design[:, free], data, rcond=None)[0]
        return c

    def _square(self) -> SkyPower:
        """Gauss-Newton on the function, from the linear solution's dipole and from a constant; the better one."""
        from scipy.optimize import least_squares

        size = (self.lmax // 2 + 1) ** 2

        def residual(b: np.ndarray) -> np.ndarray:
            return self._design @ square(np.append(1.0, b)).c - self._data

        starts = [np.zeros(size - 1)]
        if size > 1:
            linear = self._linear()
            # To first order the square of 1 + b has twice its coefficients.
            starts.append(np.clip(linear[1:size] / linear[0] / 2, -1, 1))
        fits = [least_squares(residual, s, method="trf", xtol=1e-12, ftol=1e-12) for s in starts]
        return square(np.append(1.0, min(fits, key=lambda f: f.cost).x))

    @cached_property
    def cov(self) -> Float[np.ndarray, "k k"]:
        """Covariance of the coefficients of the linear fit (zeros for what is held)."""
        free = self._free
        out = np.zeros((len(free), len(free)))
        some = np.ix_(free, free)
        out[some] = np.linalg.pinv(self._design[:, free].T @ self._design[:, free], hermitian=True)
        return out

    @property
    def power(self) -> SkyPower:
        """The fitted sky."""
        return SkyPower(self.c_lm)

    @property
    def C_l(self) -> Float[np.ndarray, " l"]:
        """Mean square of the coefficients of each degree, noise taken off (linear), which can be negative."""
        noise = spectrum_of(np.sqrt(np.diag(self.cov))) if self.basis == "linear" else 0.0
        return spectrum_of(self.c_lm) - noise

    def chi2(self, c: Float[np.ndarray, " k"] | None = None) -> float:
        """Weighted sum of squared differences, for the fit or for other coefficients."""
        c = self.c_lm if c is None else np.asarray(c, dtype=float)
        return float(((self._design @ c - self._data) ** 2).sum())

    @cached_property
    def delta_chi2(self) -> float:
        """By how much the anisotropic fit beats the best isotropic one."""
        first = self._design[:, 0]
        if self.fixed_monopole or self.basis == "sqrt":
            best = np.sqrt(4 * np.pi)
        else:
            best = float(first @ self._data / (first @ first))
        return float(((first * best - self._data) ** 2).sum()) - self.chi2()

    def p_value(self, n_sim: int = 0, rng: np.random.Generator | None = None) -> float:
        """Chance of as large a gain for an isotropic sky with this noise.

        Parameters
        ----------
        n_sim : int
            Isotropic skies to simulate and fit; 0 for the chi-squared law, which is exact for linear fits alone.
        rng : numpy Generator, optional
        """
        degrees = (self.lmax + 1) ** 2 - 1
        if not n_sim:
            from scipy.special import gammaincc

            if self.basis != "linear":
                raise InputError("the gain of a positive fit has no simple law; give n_sim, such as 1000")
            return float(gammaincc(degrees / 2, self.delta_chi2 / 2)) if degrees else 1.0
        rng = np.random.default_rng() if rng is None else rng
        noise = _noise(self.sigma, len(self.array.pairs))
        iso = BETA * self.amplitude2 * self.array.orf_basis(0)[:, 0] * np.sqrt(4 * np.pi)
        above = 0
        for _ in range(n_sim):
            draw = rng.standard_normal(len(iso))
            rho = iso + (noise @ draw if noise.ndim == 2 else noise * draw)
            fit = AnisotropyFit(
                self.array, rho, self.sigma, self.lmax, self.basis, self.amplitude2, self.fixed_monopole
            )  # fmt: skip
            above += fit.delta_chi2 >= self.delta_chi2
        return (above + 1) / (n_sim + 1)

    def detection_snr(self) -> float:
        """``sqrt(delta chi^2)``, 0 where the isotropic sky is as good."""
        return float(np.sqrt(max(self.delta_chi2, 0.0)))

    def upper_limit(
        self,
        l: int,  # noqa: E741
        level: float = 0.95,
        n_sim: int = 2000,
        rng: np.random.Generator | None = None,
    ) -> float:
        """Upper limit on ``C_l / C_0`` from the linear fit: quantile over coefficients drawn about the estimate.

        Parameters
        ----------
        l : int
            Degree.
        level : float
        n_sim : int
        rng : numpy Generator, optional
        """
        if self.basis != "linear":
            raise InputError("upper limits are drawn from the linear fit; give basis='linear'")
        if not 1 <= l <= self.lmax:
            raise InputError(f"l is {l}; it must be from 1 to lmax = {self.lmax}")
        rng = np.random.default_rng() if rng is None else rng
        root = np.linalg.cholesky(self.cov + 1e-300 * np.eye(len(self.cov))) if not self.fixed_monopole else None
        if root is None:
            values, vectors = np.linalg.eigh(self.cov)
            root = vectors * np.sqrt(np.maximum(values, 0))
        draws = self.c_lm + rng.standard_normal((n_sim, len(self.c_lm))) @ root.T
        some = slice(l * l, (l + 1) ** 2)
        ratio = (draws[:, some] ** 2).mean(1) / draws[:, 0] ** 2
        return float(np.quantile(ratio, level))

    def map(self, n: int = 3072) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, " n"]]:
        """Directions of propagation spread evenly, and the power there."""
        points = np.asarray(fibonacci_grid(n, axis="z").points)
        return points, real_sph_harm(points, self.lmax, axis="z") @ self.c_lm

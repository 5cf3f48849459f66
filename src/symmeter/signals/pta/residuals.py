"""Timing residuals of an array under a sky of power: simulation, and their likelihood frequency by frequency.

Fourier amplitudes of residuals at frequency f are complex normal with covariance ``ORF_ab Phi(f) + delta_ab S_a(f)``;
derivatives along coefficients of the sky are traces with the inverse, so one factorisation a frequency serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.representations import fibonacci_grid
from symmeter.signals.pta.array import Array
from symmeter.signals.pta.conventions import BETA, real_coefficients
from symmeter.signals.pta.populations import Population
from symmeter.signals.pta.power import sky_of

__all__ = ["ResidualLikelihood", "Residuals", "power_law", "simulate"]

_YEAR = 365.25 * 86400.0


def power_law(
    frequencies: Float[np.ndarray, " f"], amplitude: float = 2e-15, gamma: float = 13 / 3
) -> Float[np.ndarray, " f"]:
    """One-sided spectral density of residuals, s^2 / Hz: ``A^2 / (12 pi^2) (f yr)^-gamma yr^3``.

    Parameters
    ----------
    frequencies : array of shape (f,)
        Hz.
    amplitude : float
        Of the characteristic strain at one a year.
    gamma : float
        13/3 for binaries that shrink by radiation alone.
    """
    f = np.asarray(frequencies, dtype=float)
    if not (f > 0).all():
        raise InputError("frequencies must be positive")
    return amplitude**2 / (12 * np.pi**2) * (f * _YEAR) ** -gamma * _YEAR**3


class Residuals(NamedTuple):
    """Simulated residuals, frequency by frequency.

    Attributes
    ----------
    frequencies : array of shape (f,)
        Hz.
    amplitudes : complex array of shape (f, n)
        s / sqrt(Hz), with ``<r_a conj(r_b)>`` the one-sided spectral density.
    """

    frequencies: Float[np.ndarray, " f"]
    amplitudes: Complex[np.ndarray, "f n"]

    def at(self, days: Float[np.ndarray, " t"]) -> Float[np.ndarray, "n t"]:
        """Residuals in seconds at some times, the sum of the waves of all frequencies.

        Parameters
        ----------
        days : array of shape (t,)
            Since the beginning.
        """
        turns = np.exp(2j * np.pi * np.outer(self.frequencies, np.asarray(days, dtype=float) * 86400.0))
        # Frequencies are k / T, so that the first is the width of a bin.
        return np.sqrt(self.frequencies[0]) * np.real(self.amplitudes.T @ turns)


def simulate(
    array: Array,
    sky: Any,
    T_years: float = 15.0,
    bins: int = 10,
    amplitude: float = 2e-15,
    gamma: float = 13 / 3,
    white: float = 0.0,
    red: tuple[float, float] | None = None,
    pulsar_term: bool = True,
    directions: int = 3000,
    rng: np.random.Generator | None = None,
    seed: int | None = None,
) -> Residuals:
    """Fourier amplitudes of residuals: waves from all directions with the power of the sky there, and noise.

    Parameters
    ----------
    array : Array
    sky : SkyPower, Population or coefficients
        Nowhere negative. Of a population the sources themselves shine, with all degrees.
    T_years : float
        Time that is observed.
    bins : int
        Frequencies k / T, k = 1..bins.
    amplitude, gamma : float
        See :func:`power_law`.
    white : float
        Deviation of a residual measured every two weeks, s.
    red : (float, float), optional
        Amplitude and gamma of each pulsar's own red noise.
    pulsar_term : bool
        The part of each pulsar's own that no other sees.
    directions : int
        Points on the sphere.
    rng : numpy Generator, optional
    seed : int, optional

    Returns
    -------
    Residuals
        ``frequencies, amplitudes``.

    Raises
    ------
    InputError
    """
    if bins < 1 or not 0 < T_years < np.inf or not 0 <= white < np.inf or directions < 100:
        raise InputError("bins must be >= 1, T_years > 0, white >= 0 and directions >= 100")
    rng = np.random.default_rng(seed) if rng is None else rng
    points, power = _shining(sky, directions)
    f = np.arange(1, bins + 1) / (T_years * _YEAR)
    plus, cross = _antennas(array, points)
    # Mean over directions of the product of antennas, times 4 pi BETA, is the correlation.
    weight = np.sqrt(power * 4 * np.pi * BETA)
    waves = _complex_normal(rng, (2, bins, len(points))) * weight
    together = waves[0] @ plus.T + waves[1] @ cross.T
    if pulsar_term:
        # Phases at the pulsars, many turns away and so independent.
        shifted = np.empty_like(together)
        for a in range(len(array)):
            phase = np.exp(2j * np.pi * rng.random((bins, len(points))))
            shifted[:, a] = (waves[0] * phase) @ plus[a] + (waves[1] * phase) @ cross[a]
        together = together - shifted
    out = together * np.sqrt(power_law(f, amplitude, gamma))[:, None]
    noise = np.full(bins, 2 * white**2 * 14 * 86400.0)
    if red is not None:
        noise = noise + power_law(f, *red)
    return Residuals(f, out + np.sqrt(noise)[:, None] * _complex_normal(rng, out.shape))


def _shining(sky: Any, directions: int) -> tuple[np.ndarray, np.ndarray]:
    """Directions and their shares of the power, of mean sum 1."""
    if isinstance(sky, Population):
        return sky.directions, sky.weights
    sky = sky_of(sky)
    points = np.asarray(fibonacci_grid(directions, axis="z").points)
    power = sky.values(points)
    if power.min() < -1e-9 * power.max():
        raise InputError(f"the sky has power {power.min():.3g} somewhere; only positive skies can be simulated")
    return points, np.maximum(power, 0) / directions


def _complex_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def _antennas(array: Array, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """F+ and Fx, (pulsars, directions), with theta and phi as polarisation basis."""
    theta, phi = np.arctan2(np.hypot(k[:, 0], k[:, 1]), k[:, 2]), np.arctan2(k[:, 1], k[:, 0])
    e1 = np.stack((np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)), -1)
    e2 = np.stack((-np.sin(phi), np.cos(phi), np.zeros_like(phi)), -1)
    a, b = array.directions @ e1.T, array.directions @ e2.T
    bottom = np.maximum(1 + array.directions @ k.T, 1e-14)
    return (a * a - b * b) / (2 * bottom), a * b / bottom


@dataclass(frozen=True, eq=False)
class ResidualLikelihood:
    """Likelihood of Fourier amplitudes for skies of power.

    Attributes
    ----------
    array : Array
    amplitudes : complex array of shape (f, n)
        As :func:`simulate` gives them.
    density : array of shape (f,)
        Spectral density of the background.
    noise : array of shape (f, n)
        Of each pulsar's own noise.
    lmax : int
    """

    array: Array
    amplitudes: Complex[np.ndarray, "f n"]
    density: Float[np.ndarray, " f"]
    noise: Float[np.ndarray, "f n"]
    lmax: int

    def __post_init__(self) -> None:
        r, phi = np.asarray(self.amplitudes), np.asarray(self.density, dtype=float)
        s = np.broadcast_to(np.asarray(self.noise, dtype=float), r.shape)
        if r.ndim != 2 or r.shape[1] != len(self.array) or phi.shape != r.shape[:1]:
            raise ShapeError(
                f"amplitudes have shape {r.shape} and densities {phi.shape}; give {len(self.array)} pulsars at each "
                "frequency"
            )
        if not np.isfinite(r).all():
            raise NonFiniteError("amplitudes contain NaN or infinity")
        if not (phi > 0).all() or not (s >= 0).all():
            raise InputError("the density must be positive and the noise >= 0")
        basis = BETA * self.array.orf_basis(self.lmax, auto=True)
        n, pairs = len(self.array), self.array.pairs
        full = np.empty((basis.shape[1], n, n))
        full[:, pairs[:, 0], pairs[:, 1]] = full[:, pairs[:, 1], pairs[:, 0]] = basis[: len(pairs)].T
        full[:, np.arange(n), np.arange(n)] = basis[len(pairs) :].T
        for name, value in (("amplitudes", r), ("density", phi), ("noise", s), ("_basis", full)):
            object.__setattr__(self, name, value)

    def __call__(self, c: Float[np.ndarray, " k"]) -> tuple[float, Float[np.ndarray, " k"]]:
        """Logarithm of the likelihood up to a constant, and its gradient.

        Parameters
        ----------
        c : array of shape ((lmax+1)^2,)

        Raises
        ------
        InputError
            When the covariance of a frequency is not positive definite: the sky is negative somewhere.
        """
        root, solved = self._factors(c)
        value = -float((np.abs(solved) ** 2).sum() + 2 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum())
        inverse = np.linalg.inv(root)
        precision = inverse.swapaxes(1, 2) @ inverse
        x = np.einsum("fab,fb->fa", inverse.swapaxes(1, 2), solved)
        outer = np.einsum("f,fa,fb->ab", self.density, x, x.conj()).real - np.einsum(
            "f,fab->ab", self.density, precision
        )
        return value, np.tensordot(self._basis, outer, axes=([1, 2], [0, 1]))  # type: ignore[attr-defined]

    def _factors(self, c: Any) -> tuple[np.ndarray, np.ndarray]:
        c = real_coefficients(c)
        size = (self.lmax + 1) ** 2
        if c.shape != (size,):
            raise ShapeError(f"coefficients have shape {c.shape}; degrees up to {self.lmax} have {size}")
        orf = np.tensordot(c, self._basis, axes=1)  # type: ignore[attr-defined]
        cov = self.density[:, None, None] * orf
        index = np.arange(len(self.array))
        cov[:, index, index] += self.noise
        try:
            root = np.linalg.cholesky(cov)
        except np.linalg.LinAlgError as error:
            raise InputError("a covariance is not positive definite: this sky is negative somewhere") from error
        # Real triangular factors of complex data.
        return root, np.linalg.solve(root, self.amplitudes[..., None])[..., 0]

    def fisher(self, c: Float[np.ndarray, " k"]) -> Float[np.ndarray, "k k"]:
        """Expected information: sum over frequencies of ``tr(C^-1 dC_i C^-1 dC_j)``."""
        root, _ = self._factors(c)
        basis: Any = self._basis  # type: ignore[attr-defined]
        out = np.zeros((len(basis), len(basis)))
        for f, r in enumerate(root):
            half = np.linalg.inv(r)
            turned = self.density[f] * (half @ basis @ half.T)
            out += np.einsum("iab,jba->ij", turned, turned)
        return out

"""The four benchmark echoes, constant, damped, Boltzmann and Xin: sums of pulses that leak through the light ring.

A source in front of the wall, ``Z(omega)``, becomes ``K Z`` far away (:mod:`symmeter.signals.echoes.cavity`). Spectra
follow the convention of the search, ``h(f) = integral h(t) exp(-2 pi i f t) dt``, the complex conjugate of the one that
the theory of black holes uses, and data start with the first echo.

The walls of the constant and damped benchmarks are the published ones. Boltzmann's temperature, taken as Hawking's, the
weak wall of Xin and the sources are reconstructed: a smooth low-pass stands in for what falls to the horizon, which was
published as pictures (for Xin, of a simulation of numerical relativity). ``source=`` takes your own.

References
----------
Wu, Gao, Ren, Afshordi, arXiv:2308.01017 (2023); S. Xin and others, Phys. Rev. D 104, 104005 (2021).
"""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError, nearest_name
from symmeter.signals.echoes.cavity import (
    Reflectivity,
    boltzmann_reflectivity,
    cavity_modes,
    cavity_response,
    constant_reflectivity,
    damped_reflectivity,
)
from symmeter.signals.echoes.quasinormal_modes import quasinormal_frequency
from symmeter.signals.echoes.radial_equations import Hole
from symmeter.signals.echoes.remnant import SOLAR_MASS_SECONDS, echo_delay, ringdown_frequency
from symmeter.signals.echoes.transfer_functions import TransferFunction, check_spin, transfer_function

__all__ = ["BENCHMARKS", "EchoWaveform", "benchmark", "low_pass_source", "ringdown_source"]

#: From angular frequencies times the mass to complex amplitudes at the horizon.
Source = Callable[[Float[np.ndarray, " n"]], Complex[np.ndarray, " n"]]

BENCHMARKS = ("constant", "damped", "boltzmann", "xin")

_LOWEST = 1.5e-3
_NODES = 1200
#: Masses before the first pulse, so that its rise is not cut off.
_LEAD = 12.0


@dataclass(frozen=True, eq=False)
class EchoWaveform:
    """A train of echoes, as a spectrum and in time.

    Attributes
    ----------
    name : str
    frequencies : array of shape (n,)
        Hertz (or one over the mass), ``j / duration``.
    spectrum : complex array of shape (n,)
        ``h(f)``, strain per hertz.
    duration : float
        Seconds (or masses): the number of echoes times their delay.
    delay : float
    mode_frequencies, mode_widths : arrays of shape (q,)
        The comb: frequencies as above, and ``w = 1 / tau`` of each line in radians per unit of time.
    mass : float or None
        Solar masses as we see them; None for units of the mass.
    spin : float
    echoes : int
    """

    name: str
    frequencies: Float[np.ndarray, " n"]
    spectrum: Complex[np.ndarray, " n"]
    duration: float
    delay: float
    mode_frequencies: Float[np.ndarray, " q"]
    mode_widths: Float[np.ndarray, " q"]
    mass: float | None
    spin: float
    echoes: int

    @property
    def spacing(self) -> float:
        """One over the delay."""
        return 1.0 / self.delay

    @property
    def highest(self) -> float:
        """Frequency of the ringdown, where the light ring opens."""
        scale = 1.0 if self.mass is None else self.mass * SOLAR_MASS_SECONDS
        return float(ringdown_frequency(abs(self.spin))) / scale

    def time_series(self, sample_rate: float) -> Float[np.ndarray, " k"]:
        """Strain in time, ``round(duration * sample_rate)`` samples.

        Raises
        ------
        InputError
            If the rate is too low for the highest frequency of the spectrum.
        """
        if not (np.isfinite(sample_rate) and sample_rate > 0):
            raise InputError(f"the sample rate is {sample_rate:g}; it must be positive")
        k = round(self.duration * sample_rate)
        rate = k / self.duration
        if rate < 2.0 * self.frequencies[-1]:
            raise InputError(
                f"{sample_rate:g} samples a second hold frequencies up to {sample_rate / 2:.4g}, the waveform reaches "
                f"{self.frequencies[-1]:.4g}; sample faster"
            )
        bins = np.zeros(k // 2 + 1, dtype=complex)
        bins[: len(self.spectrum)] = self.spectrum
        return np.fft.irfft(bins, k) * rate

    def on(self, frequencies: Float[np.ndarray, " k"]) -> Complex[np.ndarray, " k"]:
        """The spectrum of the same train, padded with silence, at other frequencies.

        By the exact (band-limited, finite) Fourier sum; costs ``n * k`` when the grids do not fit, so keep them short.
        """
        wanted = np.asarray(frequencies, dtype=float)
        step = 1.0 / self.duration
        nearest = np.rint(wanted / step).astype(int)
        if np.allclose(nearest * step, wanted, rtol=0, atol=1e-9 * step):
            inside = (nearest >= 0) & (nearest < len(self.spectrum))
            return np.where(inside, self.spectrum[np.clip(nearest, 0, len(self.spectrum) - 1)], 0.0)
        rate = 2.2 * max(self.frequencies[-1], float(wanted.max(initial=0.0)))
        series = self.time_series(rate)
        times = np.arange(len(series)) * (self.duration / len(series))
        out = np.empty(len(wanted), dtype=complex)
        for first in range(0, len(wanted), 256):
            part = wanted[first : first + 256]
            out[first : first + 256] = np.exp(-2j * np.pi * part[:, None] * times) @ series
        return out * (self.duration / len(series))

    def snr(self, psd: Float[np.ndarray, " n"] | float) -> float:
        """Optimal signal-to-noise ratio, ``sqrt(4 df sum |h|**2 / S)``, for a one-sided density on ``frequencies``."""
        density = np.broadcast_to(np.asarray(psd, dtype=float), self.frequencies.shape)
        if not np.all(density > 0):
            raise InputError("the spectral density has values that are not positive")
        return float(np.sqrt(4.0 / self.duration * np.sum(np.abs(self.spectrum) ** 2 / density)))

    def scaled(self, factor: float) -> EchoWaveform:
        """The same train, louder or fainter."""
        return replace(self, spectrum=self.spectrum * factor)

    def scaled_to(self, snr: float, psd: Float[np.ndarray, " n"] | float) -> EchoWaveform:
        """The same train with this signal-to-noise ratio."""
        return self.scaled(snr / self.snr(psd))

    def __repr__(self) -> str:
        unit = "M" if self.mass is None else "s"
        return (
            f"EchoWaveform({self.name}, {self.echoes} echoes every {self.delay:.5g} {unit}, spin {self.spin:g}, "
            f"{len(self.frequencies)} frequencies)"
        )


def ringdown_source(spin: float, l: int = 2, m: int = 2) -> Source:
    """The hole's own ringdown, started at time zero: ``i / (omega - omega_QNM)``."""
    mode = quasinormal_frequency(spin, l, m)
    return lambda omega: 1j / (omega - mode)


def low_pass_source(width: float = 0.15) -> Source:
    """A smooth source of low frequencies, ``exp(-(omega / width)**2)``, whose pulse begins about time zero.

    The light ring keeps low frequencies in and lets high ones out at once, so that this width makes trains whose energy
    comes out over many echoes.
    """
    return lambda omega: np.exp(-((np.asarray(omega) / width) ** 2) + 5j * np.asarray(omega) / width)


@lru_cache(maxsize=8)
def _nodes(spin: float, l: int, m: int, s: int, highest: float) -> TransferFunction:
    return transfer_function(np.linspace(_LOWEST, highest, _NODES), spin, l, m, s)


def benchmark(
    name: str,
    *,
    reflectivity: float | Reflectivity | None = None,
    spin: float = 0.69,
    delay_eta: float = 2.0,
    n_echoes: int = 100,
    mass: float | None = 50.0,
    redshift: float = 0.0,
    source: Source | None = None,
    temperature: float = 1.0,
    amplitude: float = 1.0,
    l: int = 2,
    m: int = 2,
) -> EchoWaveform:
    """One of the benchmark trains of echoes.

    Parameters
    ----------
    name : {"constant", "damped", "boltzmann", "xin"}
    reflectivity : float or callable, optional
        Of the wall, in place of the benchmark's own: a number (0.99 for ``"constant"``, 0.5 for ``"xin"``), or a
        function of (omega, k), both times the mass.
    spin : float
    delay_eta : float
        Delay over that of a wall a proper Planck length from the horizon.
    n_echoes : int
        How many pulses; the duration is as many delays.
    mass : float, optional
        Solar masses in the frame of the source; None keeps units of the mass (and takes 50 for the logarithm).
    redshift : float
    source : callable, optional
        Complex amplitude at the horizon, of angular frequencies times the mass (``exp(-i omega t)``).
    temperature : float
        Of Boltzmann's wall, over Hawking's.
    amplitude : float
        Largest strain in time.
    l, m : int

    Returns
    -------
    EchoWaveform

    Raises
    ------
    SymmeterError
        Unknown names, spins of one or more, delays and numbers of echoes that are not positive.

    Warns
    -----
    ErgoregionInstability
        If superradiance wins over the losses of the wall.

    Examples
    --------
    >>> train = benchmark("constant", reflectivity=0.9, n_echoes=10, mass=None)
    >>> train
    EchoWaveform(constant, 10 echoes every 869.94 M, spin 0.69, 1470 frequencies)
    >>> round(train.spacing, 6), len(train.mode_frequencies[train.mode_frequencies < train.highest])
    (0.00115, 73)
    """
    if name not in BENCHMARKS:
        near = nearest_name(str(name), BENCHMARKS)
        right = f"did you mean {near}?" if near else f"there are {', '.join(BENCHMARKS)}"
        raise UnknownNameError(f"no benchmark is called {name!r}; {right}")
    spin = check_spin(spin)
    if isinstance(n_echoes, bool) or not isinstance(n_echoes, (int, np.integer)) or n_echoes < 1:
        raise InputError(f"n_echoes is {n_echoes!r}; give a whole number of one or more")
    unit = 1.0 if mass is None else float(mass) * SOLAR_MASS_SECONDS * (1.0 + redshift)
    seconds = float(echo_delay(50.0 if mass is None else mass, abs(spin), delay_eta))
    delay = seconds / ((50.0 if mass is None else float(mass)) * SOLAR_MASS_SECONDS)
    wall = _wall(name, reflectivity, spin, temperature)
    opening = 2.0 * np.pi * float(ringdown_frequency(abs(spin)))
    barrier = _nodes(spin, l, m, -2, 2.0 * opening)
    steps = np.arange(int(2.0 * opening / (2.0 * np.pi) * n_echoes * delay) + 1)
    omega = 2.0 * np.pi * steps / (n_echoes * delay)
    used = omega >= barrier.omega[0]
    at = barrier.at(omega[used])
    source = source if source is not None else low_pass_source()
    emitted = np.asarray(source(at.omega), dtype=complex)
    if emitted.shape != at.omega.shape:
        raise ShapeError(f"the source gave shape {emitted.shape} for {len(at.omega)} frequencies; give one number each")
    if not np.all(np.isfinite(emitted)):
        raise NonFiniteError("the source gave numbers that are not finite")
    response = cavity_response(at, wall, -0.5 * delay, echoes=int(n_echoes))
    # The first pulse has gone in and back once: data start with it. Above the light ring the band fades out.
    fade = np.clip((2.0 * opening - at.omega) / (0.2 * opening), 0.0, 1.0)
    spectrum = np.zeros(len(omega), dtype=complex)
    onset = np.exp(1j * at.omega * (_LEAD - delay))
    spectrum[used] = np.conj(response * emitted * onset) * np.sin(0.5 * np.pi * fade) ** 2
    with np.errstate(all="ignore"):
        modes, widths = _comb(barrier, wall, delay)
    train = EchoWaveform(
        name, omega / (2.0 * np.pi) / unit, spectrum * unit, n_echoes * delay * unit, delay * unit,
        modes / (2.0 * np.pi) / unit, widths / unit,
        None if mass is None else float(mass) * (1.0 + redshift), spin, int(n_echoes),
    )  # fmt: skip
    peak = np.abs(train.time_series(4.0 * train.frequencies[-1])).max()
    return train.scaled(amplitude / peak)


def _wall(name: str, reflectivity: Any, spin: float, temperature: float) -> Reflectivity:
    if callable(reflectivity):
        own: Any = reflectivity
        return own
    if reflectivity is not None:
        if isinstance(reflectivity, bool) or not isinstance(reflectivity, (int, float, np.integer, np.floating)):
            raise InputTypeError(f"reflectivity is a number or a function; got {type(reflectivity).__name__}")
        return constant_reflectivity(float(reflectivity))
    if name == "damped":
        return damped_reflectivity()
    if name == "boltzmann":
        return boltzmann_reflectivity(abs(spin), temperature)
    return constant_reflectivity(0.5 if name == "xin" else 0.99)


def _comb(barrier: TransferFunction, wall: Reflectivity, delay: float) -> tuple[np.ndarray, np.ndarray]:
    """Modes up to the light ring; beyond it the cavity keeps nothing and its phase means nothing."""
    ring = 2.0 * np.pi * float(ringdown_frequency(Hole(abs(barrier.spin)).spin))
    fine = barrier.at(np.linspace(barrier.omega[0], 1.15 * ring, max(_NODES, int(4 * 1.15 * ring * delay))))
    return cavity_modes(fine, wall, -0.5 * delay)

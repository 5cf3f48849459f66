"""Spectra of the data of one or more detectors, weighted by their noise, on one grid of frequencies.

A wave that reaches detector I with the complex antenna factor ``C_I``, ``delay_I`` seconds late, adds ``C_I h(f)
exp(-2 pi i f delay_I)`` to it. Coherent networks act as one detector with data ``sum_I C_I* exp(2 pi i f delay_I) 4 df
d_I / S_I`` and weight ``sum_I |C_I|**2 4 df / S_I``; of incoherent ones each detector is a channel with phases of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Complex, Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.signals.echoes.comb import even_grid

__all__ = ["DetectorData"]


@dataclass(frozen=True, eq=False)
class DetectorData:
    """What the likelihoods see of the data.

    Attributes
    ----------
    spectra : complex array of shape (detectors, n)
        ``dt * FFT``, strain per hertz, from frequency zero.
    inverse_psd : array of shape (detectors, n)
        One over the one-sided density; zero where a bin is masked.
    df : float
        Hertz; the duration is ``1 / df``.
    delays : array of shape (detectors,)
        Seconds by which the wave reaches each detector late.
    antenna : complex array of shape (detectors,)
        Antenna factors.
    names : tuple of str
    """

    spectra: Complex[np.ndarray, "d n"]
    inverse_psd: Float[np.ndarray, "d n"]
    df: float
    delays: Float[np.ndarray, " d"]
    antenna: Complex[np.ndarray, " d"]
    names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        frequencies: Float[np.ndarray, " n"],
        spectra: Any,
        psd: Any,
        *,
        mask: Any = None,
        delays: Any = None,
        antenna: Any = None,
        names: Sequence[str] = (),
    ) -> DetectorData:
        """From spectra and densities on one grid.

        Parameters
        ----------
        frequencies : array of shape (n,)
            ``j df``, from zero, hertz.
        spectra : complex array of shape (n,) or (detectors, n)
            ``dt * FFT`` of the data.
        psd : float, or array of shape (n,) or (detectors, n)
            One-sided; infinite where a bin carries nothing.
        mask : bool array of shape (n,) or (detectors, n), optional
            True for bins to leave out.
        delays, antenna : arrays of shape (detectors,), optional
            Zero and one when omitted.
        names : sequence of str, optional

        Raises
        ------
        SymmeterError
            Shapes that do not fit, values that are not finite, densities that are not positive.
        """
        f, df = even_grid(frequencies)
        if abs(f[0]) > 1e-6 * df:
            raise InputError(f"frequencies of spectra start at zero; these start at {f[0]:.6g} Hz")
        d = np.atleast_2d(np.asarray(spectra, dtype=complex))
        if d.ndim != 2 or d.shape[1] != len(f):
            raise ShapeError(f"spectra have shape {np.shape(spectra)}, the grid has {len(f)} frequencies")
        if not np.all(np.isfinite(d)):
            raise NonFiniteError("the data are not finite (NaN or infinite); cut the gap out")
        s = np.asarray(psd, dtype=float)
        if s.ndim and s.shape[-1] != len(f):
            raise ShapeError(
                f"the psd has {s.shape[-1]} frequencies and the data {len(f)}; interpolate it to their grid"
            )
        if s.ndim == 2 and s.shape[0] not in (1, len(d)):
            raise ShapeError(f"there are {s.shape[0]} densities for {len(d)} detectors")
        s = np.broadcast_to(s, d.shape)
        if np.any(np.isnan(s)):
            raise NonFiniteError("the psd has NaN values")
        # Frequency zero carries nothing: means are removed, and design curves have no value there.
        inside = np.arange(len(f)) > 0
        masked = ~np.broadcast_to(inside, d.shape)
        if mask is not None:
            m = np.asarray(mask, dtype=bool)
            if m.shape[-1:] != (len(f),):
                raise ShapeError(f"the mask has shape {m.shape}, the grid has {len(f)} frequencies")
            masked = masked | m
        bad = ~masked & ~(s > 0)
        if np.any(bad):
            where = f[np.flatnonzero(bad.any(0))[0]]
            raise InputError(f"the psd is zero or negative at {where:.6g} Hz; mask such bins, or make the psd positive")
        with np.errstate(divide="ignore"):
            inverse = np.where(masked, 0.0, 1.0 / np.where(masked, 1.0, s))
        late = np.zeros(len(d)) if delays is None else np.asarray(delays, dtype=float).ravel()
        factors = np.ones(len(d), dtype=complex) if antenna is None else np.asarray(antenna, dtype=complex).ravel()
        for what, value in (("delays", late), ("antenna factors", factors)):
            if len(value) != len(d):
                raise ShapeError(f"there are {len(value)} {what} for {len(d)} detectors")
            if not np.all(np.isfinite(value)):
                raise NonFiniteError(f"{what} are not finite")
        shown = tuple(names) if names else tuple(f"detector {i + 1}" for i in range(len(d)))
        return cls(d, inverse, df, late, factors, shown)

    @property
    def detectors(self) -> int:
        return len(self.spectra)

    @property
    def duration(self) -> float:
        """Seconds."""
        return 1.0 / self.df

    @cached_property
    def frequencies(self) -> Float[np.ndarray, " n"]:
        return np.arange(self.spectra.shape[1]) * self.df

    @property
    def highest(self) -> float:
        """Largest frequency of the grid."""
        return (self.spectra.shape[1] - 1) * self.df

    def only(self, detector: int) -> DetectorData:
        """The data of one detector."""
        pick = slice(detector, detector + 1)
        return replace(
            self, spectra=self.spectra[pick], inverse_psd=self.inverse_psd[pick], delays=self.delays[pick],
            antenna=self.antenna[pick], names=self.names[pick],
        )  # fmt: skip

    def plus(self, signal: Complex[np.ndarray, " n"]) -> DetectorData:
        """The data with a wave added, as each detector sees it."""
        if np.shape(signal) != self.frequencies.shape:
            raise ShapeError(f"the signal has shape {np.shape(signal)}, the grid {self.frequencies.shape}")
        late = np.exp(-2j * np.pi * self.frequencies * self.delays[:, None])
        return replace(self, spectra=self.spectra + self.antenna[:, None] * late * signal)

    def channels(self, coherent: bool = True) -> tuple[Complex[np.ndarray, "c n"], Float[np.ndarray, "c n"]]:
        """``4 df d / S`` and ``4 df / S`` by channel: one of a coherent network, one a detector otherwise."""
        weight = 4.0 * self.df * self.inverse_psd
        # A silent bin of an infinite density may hold anything.
        data = weight * np.where(weight > 0, self.spectra, 0.0)
        if self.detectors > 1 or np.any(self.delays != 0):
            data = data * np.exp(2j * np.pi * self.frequencies * self.delays[:, None])
        data = self.antenna.conj()[:, None] * data
        weight = np.abs(self.antenna[:, None]) ** 2 * weight
        if coherent and self.detectors > 1:
            data, weight = data.sum(0, keepdims=True), weight.sum(0, keepdims=True)
        return np.ascontiguousarray(data), np.ascontiguousarray(weight)

    def snr(self, signal: Complex[np.ndarray, " n"]) -> float:
        """Optimal signal-to-noise ratio of a wave in the network."""
        weight = np.sum(np.abs(self.antenna[:, None]) ** 2 * self.inverse_psd, axis=0)
        return float(np.sqrt(4.0 * self.df * np.sum(np.abs(signal) ** 2 * weight)))

    def __repr__(self) -> str:
        names = ", ".join(self.names)
        return f"DetectorData({names}: {self.duration:g} s, {self.spectra.shape[1]} frequencies to {self.highest:g} Hz)"

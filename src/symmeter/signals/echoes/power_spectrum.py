"""The power spectral density of noise, by Welch's method, unbiased where the likelihood needs it.

A mean of K periodograms overestimates one over the density by ``K / (K - 1)``, and with it every likelihood ratio: the
estimate is multiplied by that factor. Medians are divided by the median of exponential variables. Overlapping segments
count for less than their number, by the correlation of their windows.

References
----------
P. D. Welch, IEEE Trans. Audio Electroacoust. 15, 70 (1967); B. Allen and others, Phys. Rev. D 85, 122006 (2012), on
medians.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError
from symmeter.signals.echoes.strain import Strain

__all__ = ["PowerSpectrum", "median_bias", "welch_psd"]


@dataclass(frozen=True, eq=False)
class PowerSpectrum:
    """A one-sided power spectral density.

    Attributes
    ----------
    frequencies, values : arrays of shape (n,)
        Hertz; strain squared per hertz.
    averages : float
        How many independent periodograms it is worth; infinite for a design.
    method : str
    """

    frequencies: Float[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]
    averages: float = np.inf
    method: str = "given"

    @property
    def asd(self) -> Float[np.ndarray, " n"]:
        """Its square root."""
        return np.sqrt(self.values)

    def on(self, frequencies: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        """Values at other frequencies: straight lines in the logarithm between points, infinite beyond the last."""
        f = np.asarray(frequencies, dtype=float)
        if f.shape == self.frequencies.shape and np.array_equal(f, self.frequencies):
            return self.values
        if np.any(~(self.values > 0)):
            where = self.frequencies[np.flatnonzero(~(self.values > 0))[0]]
            raise InputError(f"the psd is zero or negative at {where:.6g} Hz; mask such bins, or make the psd positive")
        with np.errstate(invalid="ignore"):
            out = np.exp(np.interp(f, self.frequencies, np.log(self.values)))
        step = self.frequencies[1] - self.frequencies[0]
        return np.where(np.isnan(out) | (f > self.frequencies[-1] + step), np.inf, out)

    def masked(self, mask: Any) -> PowerSpectrum:
        """With infinite values where the mask is True."""
        return replace(self, values=np.where(np.asarray(mask, dtype=bool), np.inf, self.values))

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.values, dtype=dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        grid = f"{len(self)} frequencies to {self.frequencies[-1]:g} Hz"
        return f"PowerSpectrum({self.method}, {grid}, {self.averages:.3g} averages)"


def median_bias(count: int) -> float:
    """Mean of the median of ``count`` exponential variables of mean one.

    Examples
    --------
    >>> median_bias(1), round(median_bias(3), 6), round(median_bias(100_001), 4)
    (1.0, 0.833333, 0.6932)
    """
    half = count // 2
    terms = 1.0 / np.arange(half + 1, count + 1)
    return float(terms.sum() + (0.5 / half if count % 2 == 0 else 0.0))


def _window(name: str, n: int) -> np.ndarray:
    from scipy.signal import get_window

    try:
        return np.asarray(get_window(name, n))
    except ValueError:
        raise UnknownNameError(f"no window is called {name!r}; try blackman, hann or boxcar") from None


def _worth(window: np.ndarray, step: int, count: int) -> float:
    """Independent averages that ``count`` overlapping segments are worth."""
    n = len(window)
    lost = 0.0
    for k in range(1, count):
        if k * step >= n:
            break
        shared = float(window[: n - k * step] @ window[k * step :] / (window @ window))
        lost += 2.0 * (1.0 - k / count) * shared**2
    return count / (1.0 + lost)


def welch_psd(
    strain: Any,
    sample_rate: float | None = None,
    *,
    segment: int | float = 2048,
    window: str = "blackman",
    overlap: float = 0.5,
    method: str = "mean",
    correct: bool = True,
) -> PowerSpectrum:
    """One-sided power spectral density of noise.

    Parameters
    ----------
    strain : Strain, or array of shape (n,) with ``sample_rate``
        Best of noise alone, next to what is searched.
    sample_rate : float, optional
        Hertz, of an array.
    segment : int, or float
        Samples of a segment; a float is seconds.
    window : str
    overlap : float
        Share of a segment that the next one repeats.
    method : {"mean", "median"}
        Medians stand glitches.
    correct : bool
        Multiply by ``K / (K - 1)`` (of a median, by its counterpart) so that one over the estimate is unbiased.

    Raises
    ------
    SymmeterError
        Strain shorter than two segments, silent strain, unknown names.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(size=400 * 1024)
    >>> psd = welch_psd(noise, 1024.0)
    >>> psd
    PowerSpectrum(Welch, mean, 1025 frequencies to 512 Hz, 393 averages)
    >>> round(float(psd.values[1:-1].mean() * 512.0), 2)
    1.0
    """
    x = Strain.of(strain) if sample_rate is None else Strain.from_array(strain, sample_rate)
    if method not in ("mean", "median"):
        raise UnknownNameError(f"no average is called {method!r}; use mean or median")
    n = round(segment * x.sample_rate) if isinstance(segment, float) else int(segment)
    if n < 8 or len(x.values) < 2 * n:
        raise InputError(f"{len(x.values)} samples hold no two segments of {n}; use shorter segments or more data")
    if not 0 <= overlap < 1:
        raise InputError(f"the overlap is {overlap:g}; it is a share of a segment, in [0, 1)")
    taper = _window(window, n)
    step = max(1, round(n * (1.0 - overlap)))
    pieces = np.lib.stride_tricks.sliding_window_view(x.values, n)[::step]
    power = np.empty((len(pieces), n // 2 + 1))
    for i in range(0, len(pieces), 256):
        part = pieces[i : i + 256]
        power[i : i + 256] = np.abs(np.fft.rfft((part - part.mean(1, keepdims=True)) * taper)) ** 2
    power *= 2.0 / (x.sample_rate * float(taper @ taper))
    power[:, 0] *= 0.5
    if n % 2 == 0:
        power[:, -1] *= 0.5
    worth = _worth(taper, step, len(pieces))
    if method == "mean":
        values = power.mean(0)
    else:
        values = np.median(power, axis=0) / median_bias(len(pieces))
        # Relative variance of a median of n exponentials: 1 / (n ln(2)**2), against 1 / n of a mean.
        worth *= np.log(2.0) ** 2
    if not np.any(values > 0):
        raise InputError("the strain is silent (its psd is zero); is it the right stretch?")
    if correct:
        if worth <= 1.5:
            raise InputError(f"{len(pieces)} segments are too few to correct one over the psd; take 3 or more")
        values = values * (worth / (worth - 1.0))
    return PowerSpectrum(np.arange(n // 2 + 1) * (x.sample_rate / n), values, worth, f"Welch, {method}")

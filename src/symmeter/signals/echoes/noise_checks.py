"""Do the data look like the noise that a search assumes: of the given density, and of its own in every detector?

Low frequencies that leak into the band, or the density of other noise, raise the power of most bins, which no comb
does. Noise that detectors share (or one detector given twice) adds up like a signal: the phases of bins off the comb's
lines then agree between detectors, at some lag. Phases alone are compared, so that loud bins rule nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from symmeter.errors import InputError
from symmeter.signals.echoes.comb import Comb
from symmeter.signals.echoes.detector_data import DetectorData

__all__ = ["SharedNoise", "UnlikelyNoise", "excess_power", "noise_notes", "refuse_the_same_noise", "shared_noise"]

#: Times the power of noise that the median bin of a part of the band may have.
_EXCESS = 1.5
#: Chance of an agreement of phases below which detectors are said to share something.
_RARE = 1e-4
#: Seconds by which noise may reach one detector later than another.
_LONGEST_LAG = 0.1
#: Agreement of phases beyond which two detectors hold one and the same noise.
_THE_SAME = 0.9


class UnlikelyNoise(UserWarning):
    """Data whose noise is not what the search assumes, so that its Bayes factor means little."""


@dataclass(frozen=True)
class SharedNoise:
    """How far the phases of two detectors agree.

    Attributes
    ----------
    detectors : (str, str)
    agreement : float
        Modulus of the mean of ``exp(i phase difference)`` at the best lag: 1 for the same noise.
    lag : float
        Seconds by which the second is late.
    chance : float
        That independent noise agrees as much at any of the lags.
    """

    detectors: tuple[str, str]
    agreement: float
    lag: float
    chance: float


def _whitened(data: DetectorData, band: tuple[float, float]) -> tuple[slice, np.ndarray]:
    low, high = (round(v / data.df) for v in band)
    kept = slice(max(low, 1), min(high + 1, data.spectra.shape[1]))
    return kept, data.spectra[:, kept] * np.sqrt(2.0 * data.df * data.inverse_psd[:, kept])


def _between_lines(data: DetectorData, band: tuple[float, float], comb: Comb | None, kept: slice) -> np.ndarray:
    """Bins of the band that hold nothing of a comb; all of them where its lines leave too few."""
    every = np.ones(kept.stop - kept.start, dtype=bool)
    if comb is None:
        return every
    # The cut of a line keeps most of its power; twice as far nothing to speak of is left.
    wide = comb.replace(fmin=band[0], fmax=band[1], width=2.0 * comb.width, amplitude=1.0)
    free = np.abs(wide.template(data.frequencies)[kept]) == 0
    return free if free.mean() > 0.3 else every


def excess_power(
    data: DetectorData, band: tuple[float, float], comb: Comb | None = None
) -> list[tuple[float, float, float]]:
    """For each detector the part of the band whose median bin has most power, and that over the median of noise.

    Parameters
    ----------
    data : DetectorData
    band : (float, float)
        Hertz.
    comb : Comb, optional
        Its lines are left out.

    Returns
    -------
    list of (low, high, ratio)
        Hertz; one on the average where the density is right.
    """
    kept, u = _whitened(data, band)
    free = _between_lines(data, band, comb, kept)
    out = []
    for i in range(data.detectors):
        at = np.flatnonzero((data.inverse_psd[i, kept] > 0) & free)
        parts = np.array_split(at, int(np.clip(len(at) / 100, 1, 8)))
        ratios = [float(np.median(np.abs(u[i, p]) ** 2)) / np.log(2.0) if len(p) else 0.0 for p in parts]
        worst = int(np.argmax(ratios))
        ends = parts[worst][[0, -1]] if len(at) else np.zeros(2, dtype=int)
        out.append((*(float(v) for v in (ends + kept.start) * data.df), ratios[worst]))
    return out


def shared_noise(data: DetectorData, band: tuple[float, float], comb: Comb | None = None) -> list[SharedNoise]:
    """How far the detectors' phases agree off the lines of a comb, pair by pair.

    Parameters
    ----------
    data : DetectorData
    band : (float, float)
        Hertz.
    comb : Comb, optional
        Its lines are left out.

    Examples
    --------
    >>> d = np.random.default_rng(0).standard_normal((2, 2, 4000)) @ np.eye(4000)
    >>> d = d[0] + 1j * d[1]
    >>> f = np.arange(4000) / 4
    >>> apart, twice = (shared_noise(DetectorData.of(f, x, 1.0), (0.0, 900.0))[0] for x in (d, d[[0, 0]]))
    >>> apart.chance > 1e-3, round(twice.agreement, 6), twice.lag
    (True, 1.0, 0.0)
    """
    kept, u = _whitened(data, band)
    f = data.frequencies[kept]
    free = _between_lines(data, band, comb, kept)
    out = []
    for i, k in combinations(range(data.detectors), 2):
        cross = u[i].conj() * u[k] * free
        size = np.abs(cross)
        count = int(np.count_nonzero(size))
        if count < 50:
            continue
        phasors = np.where(size > 0, cross / np.where(size > 0, size, 1.0), 0.0)
        total = 1 << int(np.ceil(np.log2(4 * len(phasors))))
        # exp(-2 pi i f lag) of a wave that is late is undone by its conjugate.
        sums = np.abs(np.fft.ifft(phasors, total)) * total / count
        lags = np.fft.fftfreq(total, data.df)
        near = np.flatnonzero(np.abs(lags) <= _LONGEST_LAG)
        best = near[np.argmax(sums[near])]
        # Exponential at one lag; over all of them, Rice's rate of rising through a level, of a flat band.
        x = count * sums[best] ** 2
        trials = 1.0 + 2.0 * _LONGEST_LAG * (f[-1] - f[0]) * np.sqrt(np.pi * x / 3.0)
        chance = float(min(1.0, trials * np.exp(-x)))
        out.append(SharedNoise((data.names[i], data.names[k]), float(sums[best]), float(lags[best]), chance))
    return out


def refuse_the_same_noise(data: DetectorData, band: tuple[float, float]) -> None:
    """Raise if two detectors hold one and the same noise.

    Raises
    ------
    InputError
    """
    if data.detectors < 2:
        return
    # Signals without noise are the same in detectors that are alike, and may be.
    noisy = {n for n, (_, _, ratio) in zip(data.names, excess_power(data, band)) if ratio > 0.1}
    for pair in shared_noise(data, band):
        if pair.agreement > _THE_SAME and noisy.issuperset(pair.detectors):
            one, other = pair.detectors
            raise InputError(
                f"{one} and {other} hold the same noise (their phases agree to {pair.agreement:.3f}): a network needs "
                "noise of its own in each detector; leave one of them out"
            )


def noise_notes(data: DetectorData, band: tuple[float, float], comb: Comb | None = None) -> tuple[str, ...]:
    """What is unlike the noise that a search assumes, one line each."""
    notes = []
    for name, (low, high, ratio) in zip(data.names, excess_power(data, band, comb)):
        if ratio > _EXCESS:
            notes.append(
                f"{name}: from {low:.4g} to {high:.4g} Hz the noise has {ratio:.3g} times the power of its psd (median "
                "bin): low frequencies leak, or the psd is of other noise; high-pass the strain before it is cut, and "
                "measure the psd beside it"
            )
    for pair in shared_noise(data, band, comb):
        if pair.chance < _RARE:
            one, other = pair.detectors
            notes.append(
                f"{one} and {other} share more than this comb: off its lines their phases agree to "
                f"{pair.agreement:.2g} at a lag of {pair.lag:.4f} s (chance {pair.chance:.0e}); the Bayes factor "
                "assumes independent noise, ask time slides what such noise does"
            )
    return tuple(notes)

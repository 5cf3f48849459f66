"""What noise alone makes of the search: stretches off source, time slides between detectors, or noise drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, SampleSizeError, UnknownNameError
from symmeter.progress import Progress, silent
from symmeter.signals.echoes.detector_data import DetectorData
from symmeter.signals.echoes.importance import evidence
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.preparation import as_list, prepare
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import comb_transform
from symmeter.signals.echoes.strain import Strain

__all__ = ["Background", "background", "noise_background"]

STATISTICS = ("ln-bayes", "scan")


@dataclass(frozen=True, eq=False)
class Background:
    """Values of a statistic in noise.

    Attributes
    ----------
    values : array of shape (n,)
    statistic : {"ln-bayes", "scan"}
    method : str
    """

    values: Float[np.ndarray, " n"]
    statistic: str
    method: str

    def false_alarm_probability(self, value: float) -> float:
        """Chance that noise reaches a value: ``(1 + how many did) / (1 + n)``, never zero, so that tests are honest."""
        return float((1 + np.sum(self.values >= value)) / (1 + len(self.values)))

    def threshold(self, probability: float = 0.01) -> float:
        """The value that noise reaches with this probability."""
        if not 0 < probability < 1:
            raise InputError(f"the probability is {probability:g}; it lies between 0 and 1")
        if probability * (len(self.values) + 1) < 1:
            raise SampleSizeError(
                f"{len(self.values)} realisations tell no probability of {probability:g}; take "
                f"{int(np.ceil(1 / probability))}"
            )
        rank = int(np.floor(probability * (len(self.values) + 1)))
        return float(np.sort(self.values)[::-1][rank - 1])

    def curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Values, growing, and the chance that noise reaches each."""
        ordered = np.sort(self.values)
        return ordered, 1.0 - np.arange(len(ordered)) / (len(ordered) + 1.0)

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        told = f"median {self.median:.2f}, largest {self.values.max():.2f}"
        return f"Background({self.method}, {len(self)} values of {self.statistic}, {told})"


def _check_statistic(name: str) -> None:
    if name not in STATISTICS:
        raise UnknownNameError(f"no statistic is called {name!r}; use ln-bayes or scan")


def _value(
    data: DetectorData, prior: UniEwPrior, statistic: str, rng: np.random.Generator, options: dict[str, Any]
) -> float:
    settings = dict(options)
    draws = settings.pop("draws", 8000)
    like = EchoLikelihood(data, settings.pop("likelihood", "per-mode"), **settings)
    scan = comb_transform(like, prior, peaks=24 if statistic == "ln-bayes" else 4, rng=rng)
    if statistic == "scan":
        return scan.best_value
    return evidence(like, prior, scan, draws=draws, rng=rng).ln_bayes_factor


def noise_background(
    data: DetectorData,
    prior: UniEwPrior,
    realisations: int = 200,
    *,
    statistic: str = "ln-bayes",
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
    **options: Any,
) -> Background:
    """The statistic in Gaussian noise of the same density.

    Parameters
    ----------
    data : DetectorData
        Whose densities, masks and network are used; not its data.
    prior : UniEwPrior
    realisations : int
    statistic : {"ln-bayes", "scan"}
        The evidence, or the best ln likelihood ratio of the comb transform, some times faster.
    rng : numpy Generator or int
    progress : callable, optional
    **options
        ``likelihood``, ``coherent``, ``draws``, ...: as of the search.
    """
    _check_statistic(statistic)
    if realisations < 1:
        raise InputError(f"realisations is {realisations}; give one or more")
    rng = np.random.default_rng(rng)
    values = np.empty(realisations)
    for i in range(realisations):
        values[i] = _value(gaussian_noise(data, rng), prior, statistic, rng, options)
        progress((i + 1) / realisations, "searching noise")
    return Background(values, statistic, "Gaussian noise")


def gaussian_noise(data: DetectorData, rng: np.random.Generator | int | None = 0) -> DetectorData:
    """The same detectors with Gaussian noise of their densities in place of their data."""
    draws = np.random.default_rng(rng).standard_normal((2, *data.spectra.shape))
    with np.errstate(divide="ignore"):
        sizes = np.where(
            data.inverse_psd > 0, 1.0 / np.sqrt(np.where(data.inverse_psd > 0, data.inverse_psd, 1.0)), 0.0
        )
    # Each part of a bin has the variance T S / 4.
    return replace(data, spectra=np.sqrt(data.duration / 4.0) * sizes * (draws[0] + 1j * draws[1]))


def background(
    strains: Any,
    psd: Any,
    prior: UniEwPrior,
    duration: float,
    *,
    method: str = "off-source",
    onset: float | None = None,
    count: int | None = None,
    guard: float = 0.5,
    statistic: str = "ln-bayes",
    mask: Any = None,
    delays: Any = None,
    antenna: Any = None,
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
    **options: Any,
) -> Background:
    """The statistic in the detectors' own noise.

    Parameters
    ----------
    strains : Strain or list of Strain
        Long stretches, with or without the event. Of strain that was high-passed the ends, where the filter rings, are
        left out.
    psd, mask, delays, antenna
        As of the search.
    prior : UniEwPrior
    duration : float
        Seconds that are searched each time.
    method : {"off-source", "time-slides"}
        Stretches one after the other; or, of two detectors and more, all pairs of different stretches, which no wave
        that reaches both can fill. Slides share their data: their values are not independent.
    onset : float, optional
        Time of the event: stretches that meet ``(onset - guard, onset + duration + guard)`` are left out.
    count : int, optional
        At most so many.
    guard : float
        Seconds.
    statistic, rng, progress, **options
        As in :func:`noise_background`.
    """
    _check_statistic(statistic)
    if method not in ("off-source", "time-slides"):
        raise UnknownNameError(f"no background is called {method!r}; use off-source or time-slides")
    series = [Strain.of(s) for s in as_list(strains)]
    if method == "time-slides" and len(series) < 2:
        raise InputError("time slides need two detectors or more; use off-source stretches")
    begin = max(s.start + s.spoilt for s in series)
    end = min(s.start + s.duration - s.spoilt for s in series)
    starts = begin + duration * np.arange(max(0, int((end - begin) / duration + 1e-9)))
    if onset is not None:
        clear = (starts + duration <= onset - guard) | (starts >= onset + duration + guard)
        starts = starts[clear]
    slides = _slides(len(starts), len(series), method)
    if count is not None:
        slides = slides[:count]
    if not len(slides):
        raise SampleSizeError(f"{end - begin:g} s of strain leave no stretch of {duration:g} s off source; give more")
    rng = np.random.default_rng(rng)
    values = np.empty(len(slides))
    for i, places in enumerate(slides):
        pieces = [s.cut(starts[k], duration) for s, k in zip(series, places)]
        data = prepare(pieces, psd, mask=mask, delays=delays, antenna=antenna)
        values[i] = _value(data, prior, statistic, rng, options)
        progress((i + 1) / len(slides), "searching off source")
    return Background(values, statistic, method)


def _slides(stretches: int, detectors: int, method: str) -> list[tuple[int, ...]]:
    """Which stretch of each detector goes with which."""
    if method == "off-source":
        return [(k,) * detectors for k in range(stretches)]
    place: Callable[[int, int, int], int] = lambda k, shift, d: (k + shift * d) % stretches  # noqa: E731
    return [
        tuple(place(k, shift, d) for d in range(detectors))
        for shift in range(1, stretches)
        for k in range(stretches)
        if len({place(k, shift, d) for d in range(detectors)}) == detectors
    ]

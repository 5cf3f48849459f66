"""How exactly a spectrum repeats along the frequency axis: the defect of a translation, free of the scatter of noise.

The expected power is what may repeat; what is measured scatters about it. The share of the structure that teeth have in
common is estimated from products of different teeth at the same place, which scatter independently, and the whole
structure from squares, less what scatter adds to them: of a random spectrum (the squared modulus of Gaussian noise of
that power) half; of a wave ``s`` in Gaussian noise of unit power, ``x = |s + n|**2``, the mean of ``(x - 1)**2`` is
``(1 + |s|**2)**2``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.groups.group import Group
from symmeter.representations.actions import Action, Space
from symmeter.signals.echoes.comb import Comb, cut_of_lines
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.spacing_scan import _sums_plain

__all__ = ["SpectrumShift", "TranslationDefect", "comb_defect", "echelle", "translation_defect"]


@dataclass(frozen=True)
class TranslationDefect:
    """How far a spectrum is from repeating.

    Attributes
    ----------
    defect : float
        ``sqrt(1 - r)``, r the share of the structure that all teeth have in common: 0 repeats exactly, 1 not at all.
    interval : (float, float)
        Where it lies with probability 0.95, by leaving out teeth at random.
    teeth : int
    phases : int
        Bins of one period.
    profile : array of shape (phases,)
        Mean whitened power by place in the period.
    """

    defect: float
    interval: tuple[float, float]
    teeth: int
    phases: int
    profile: Float[np.ndarray, " p"]


def _shares(
    folded: Float[np.ndarray, "t p"], weights: Float[np.ndarray, "b t"], wave: bool = False
) -> Float[np.ndarray, " b"]:
    """``r`` for weighted sets of teeth; weights are counts, ``wave`` says that noise alone is random."""
    total = weights.sum(1)
    mean = (weights @ folded).mean(1) / total
    first = weights @ folded
    squares = (folded - 1.0) ** 2 if wave else 0.5 * folded**2
    # Products of different teeth at one place; a tooth drawn twice is still one tooth.
    pairs = first**2 - (weights**2) @ folded**2
    # Draws of one tooth alone have no pairs, and tell of nothing in common.
    pairs = pairs.mean(1) / np.maximum(total**2 - (weights**2).sum(1), 1.0)
    whole = (weights @ squares).mean(1) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (pairs - mean**2) / (whole - mean**2)
    # A spectrum without structure repeats nothing that could be told from noise.
    return np.where(whole - mean**2 > 0, np.clip(share, 0.0, 1.0), 0.0)


def translation_defect(
    power: Float[np.ndarray, " n"],
    frequencies: Float[np.ndarray, " n"],
    spacing: float,
    offset: float,
    width: float,
    rng: np.random.Generator | int | None = 0,
) -> TranslationDefect:
    """The defect of the translation by ``spacing``.

    Parameters
    ----------
    power : array of shape (n,)
        Whitened: one on the average for noise alone. Bins that are masked are NaN.
    frequencies : array of shape (n,)
        Evenly spaced, hertz.
    spacing : float
        Hertz.
    offset : float
        Frequency of any tooth.
    width : float
        Of a line, hertz: places in the period are told apart to this, and not finer than bins.
    rng : numpy Generator or int

    Raises
    ------
    InputError
        If fewer than three periods fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> f = np.arange(4000) / 16.0
    >>> comb = 1.0 + 30.0 * (np.abs((f + 2.0) % 4.0 - 2.0) < 0.1)
    >>> found = translation_defect(comb * rng.exponential(size=4000), f, 4.0, 0.0, 0.2)
    >>> found.teeth, found.defect < 0.25
    (62, True)
    """
    df = float(frequencies[1] - frequencies[0])
    phases = int(np.clip(round(spacing / max(width, df)), 4, max(4, int(spacing / df))))
    turn = (frequencies - offset) / spacing
    tooth = np.floor(turn + 0.5).astype(int)
    place = np.minimum(((turn - tooth + 0.5) * phases).astype(int), phases - 1)
    tooth -= tooth[0]
    size = (tooth[-1] + 1, phases)
    counts, sums = np.zeros(size), np.zeros(size)
    good = np.isfinite(power)
    np.add.at(counts, (tooth[good], place[good]), 1.0)
    np.add.at(sums, (tooth[good], place[good]), power[good])
    whole = np.all(counts > 0, axis=1)
    if whole.sum() < 3:
        raise InputError(f"{int(whole.sum())} whole periods of {spacing:.4g} Hz lie in the band; three are needed")
    # One bin from each place, so that the scatter stays that of an exponential.
    folded = _one_of_each(power, tooth, place, good, size)[whole]
    profile = sums[whole].sum(0) / counts[whole].sum(0)
    return _of_teeth(folded, profile, False, rng)


def _of_teeth(
    folded: Float[np.ndarray, "t p"], profile: Float[np.ndarray, " p"], wave: bool,
    rng: np.random.Generator | int | None,
) -> TranslationDefect:  # fmt: skip
    teeth, phases = folded.shape
    share = float(_shares(folded, np.ones((1, teeth)), wave)[0])
    draws = np.random.default_rng(rng).multinomial(teeth, np.full(teeth, 1.0 / teeth), size=400).astype(float)
    low, high = np.quantile(_shares(folded, draws, wave), (0.025, 0.975))
    defect = float(np.sqrt(1.0 - share))
    ends = (min(float(np.sqrt(1.0 - high)), defect), max(float(np.sqrt(1.0 - low)), defect))
    return TranslationDefect(defect, ends, teeth, phases, profile)


def echelle(likelihood: EchoLikelihood, comb: Comb) -> Float[np.ndarray, "t p"]:
    """The spectrum as a matched filter of one line sees it, one period a row and a line's width a column.

    Lines stand in the middle. Values are one on the average for noise alone, and NaN where bins are masked; of a
    network the first detector's data are shown.
    """
    data = likelihood.data
    alone = EchoLikelihood(data.only(0), cut=likelihood.cut, engine=likelihood.engine)
    wide = max(comb.width / np.pi, 2.0 * data.df)
    phases = int(np.clip(comb.spacing / wide, 4, 400))
    first = int(np.ceil(comb.fmin / comb.spacing - comb.phase))
    last = int(np.floor(comb.fmax / comb.spacing - comb.phase))
    places = first + comb.phase + np.arange(last - first + 1)[:, None] + (np.arange(phases) - phases // 2) / phases
    reach = float(cut_of_lines(comb.width, comb.spacing, data.duration, likelihood.cut))
    square, power = _sums_plain((places * comb.spacing).ravel(), comb.width, reach, alone)
    with np.errstate(invalid="ignore", divide="ignore"):
        # Noise has E|z|**2 = 4 r; next to nothing of a line left in unmasked bins says nothing.
        seen = np.where(power[0] > 0.25 * np.median(power[0]), square[0] / (4.0 * power[0]), np.nan)
    return seen.reshape(places.shape)


def comb_defect(likelihood: EchoLikelihood, comb: Comb, rng: np.random.Generator | int | None = 0) -> TranslationDefect:
    """The defect of the translation by a comb's spacing, within its band, of the wave beneath the noise.

    Parameters
    ----------
    likelihood : EchoLikelihood
        Of whitened noise of unit power: the density must be right.
    comb : Comb
    rng : numpy Generator or int

    Raises
    ------
    InputError
        If fewer than three periods fit, or are unmasked.

    Examples
    --------
    >>> from symmeter.signals.echoes.detector_data import DetectorData
    >>> rng, f = np.random.default_rng(0), np.arange(2048) / 4
    >>> noise = (rng.normal(size=2048) + 1j * rng.normal(size=2048)) * np.sqrt(4 / 1024 / 2)
    >>> comb = Comb(0.5, 0.4, 0.3, 8.0, 60.0, 300.0)
    >>> found = comb_defect(EchoLikelihood(DetectorData.of(f, noise + comb.template(f), 2 / 1024)), comb)
    >>> found.teeth, found.defect < 0.3
    (30, True)
    """
    table = echelle(likelihood, comb)
    table = table[np.all(np.isfinite(table), axis=1)]
    if len(table) < 3:
        raise InputError(
            f"{len(table)} whole periods of {comb.spacing:.4g} Hz lie in the band unmasked; three are needed"
        )
    return _of_teeth(table, table.mean(0), True, rng)


def _one_of_each(
    power: np.ndarray, tooth: np.ndarray, place: np.ndarray, good: np.ndarray, size: tuple[int, int]
) -> Float[np.ndarray, "t p"]:
    out = np.full(size, np.nan)
    out[tooth[good], place[good]] = power[good]
    return out


class _Translations(Group):
    """The integers, as translations by whole periods."""

    @property
    def is_discrete(self) -> bool:
        return True

    def __init__(self, spacing: float) -> None:
        self.spacing = spacing

    @property
    def order(self) -> None:
        return None

    @property
    def generators(self) -> tuple[Any, ...]:
        return (self.spacing,)

    @property
    def is_abelian(self) -> bool:
        return True

    @property
    def name(self) -> str:  # type: ignore[override]
        return "Z"

    def __contains__(self, element: object) -> bool:
        if isinstance(element, bool) or not isinstance(element, (int, float)):
            return False
        return abs(element / self.spacing - round(element / self.spacing)) < 1e-9

    def elements(self, cap: int = 20_000) -> Iterator[float]:
        raise InputError(f"there are infinitely many translations by {self.spacing:g} Hz; multiply the spacing")


class SpectrumShift(Action):
    """Translations of a power spectrum by whole periods; the average over them folds it.

    Attributes
    ----------
    spacing, offset : float
        Hertz.
    """

    def __init__(self, frequencies: Float[np.ndarray, " n"], spacing: float, offset: float) -> None:
        self.spacing, self.offset = float(spacing), float(offset)
        self.group = _Translations(self.spacing)
        low, high = float(frequencies[0]), float(frequencies[-1])
        self.space = Space(len(frequencies), title=f"the spectrum from {low:.4g} to {high:.4g} Hz")
        self.generators = ()
        df = float(frequencies[1] - frequencies[0])
        count = max(1, round(self.spacing / df))
        turn = (np.asarray(frequencies) - self.offset) / self.spacing
        # Bins on the edge of a place must not fall to either side by rounding.
        self._places: Int[np.ndarray, " n"] = np.floor((turn - np.floor(turn)) * count + 1e-6).astype(int) % count

    def project(self, x: Any) -> Any:
        """Every bin becomes the mean of the bins at the same place of the period."""
        x = np.asarray(x)
        sizes = np.maximum(np.bincount(self._places), 1)
        flat = x.reshape(-1, x.shape[-1])
        means = np.array([np.bincount(self._places, weights=row, minlength=len(sizes)) / sizes for row in flat])
        return means[:, self._places].reshape(x.shape)

    def average(self, operator: Any) -> Any:
        raise InputError("operators on a spectrum are not averaged over translations; project spectra instead")

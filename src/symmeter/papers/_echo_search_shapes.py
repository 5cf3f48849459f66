"""The part of the experiment on echoes with the four benchmark waveforms, by number of echoes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.papers._echo_search_combs import each
from symmeter.signals import echoes as ec
from symmeter.signals.echoes.remnant import comb_spacing, ringdown_frequency

__all__ = ["evidence_of"]

#: Signal-to-noise ratio of 200 echoes in the band of the search; the paper's ratios lie between 6 and 19.
_RATIO = {"constant": 15.0, "damped": 22.0, "boltzmann": 11.5, "xin": 13.0}


def evidence_of(name: str, numbers: Sequence[int], draws: int, seed: int) -> dict[str, Any]:
    """ln Bayes factors of one waveform, six free parameters, units of the mass (of 50 suns) and unit noise density."""
    highest = float(ringdown_frequency(0.69))
    largest = float(comb_spacing(50.0, 0.69))
    long = _train(name, 200, highest)
    scale = _RATIO[name] / long[2]
    out: dict[str, Any] = {"echoes": list(numbers)}
    out |= {key: [] for key in ("new", "old", "snr", "spacing_scatter", "spacing_error", "drift")}
    for number in numbers:
        f, wave, ratio, train = _train(name, number, highest)
        duration = 1.0 / f[1]
        prior = ec.UniEwPrior(
            width=(1.0 / duration, max(largest, 2.0 / duration)), amplitude=(0.01, 10.0),
            spacing=(largest / 4.0, largest), band=(0.0, highest), free_band=True, amplitude_unit="noise",
        )  # fmt: skip
        modes = train.mode_frequencies
        found = each(_factors, [(f, scale * wave, prior, modes, (seed, number, k)) for k in range(draws)])
        out["new"].append([row[0] for row in found])
        out["old"].append([row[1] for row in found])
        out["snr"].append(scale * ratio)
        for k, key in enumerate(("spacing_scatter", "spacing_error", "drift"), 2):
            out[key].append([row[k] for row in found])
        out["comb"] = train.spacing
    return out


def _factors(
    f: np.ndarray, wave: np.ndarray, prior: Any, modes: np.ndarray, key: tuple[int, ...]
) -> tuple[float, float, float, float, float]:
    """ln Bayes factors, new and old; of the spacing the relative width of an even comb's posterior, and error and drift
    of the uneven comb, beside the cavity's own modes where it knows the spacing best."""
    rng = np.random.default_rng(key)
    noise = rng.standard_normal((2, len(f))) * np.sqrt(0.25 / f[1])
    data = ec.DetectorData.of(f, wave + noise[0] + 1j * noise[1], 1.0)
    new, old = (ec.search(data, None, prior, name, draws=10_000, rng=key[-1]) for name in ("per-mode", "per-bin"))
    spread = np.quantile(new.samples["spacing"], (0.16, 0.84))
    width = float(spread[1] - spread[0]) / 2.0 / new.best.spacing
    uneven = new.uneven
    true = float(np.interp(uneven.reference, 0.5 * (modes[1:] + modes[:-1]), np.diff(modes)))
    return (
        float(new.ln_bayes_factor), float(old.ln_bayes_factor), width, uneven.spacing / true - 1.0,
        uneven.drift / true,
    )  # fmt: skip


def _train(name: str, number: int, highest: float) -> tuple[np.ndarray, np.ndarray, float, Any]:
    with warnings.catch_warnings():
        # The damped wall loses less than rotation gives; the sum of finitely many pulses is finite.
        warnings.simplefilter("ignore", ec.ErgoregionInstability)
        train = ec.benchmark(name, n_echoes=int(number), mass=None)
    inside = train.frequencies < highest
    f, wave = train.frequencies[inside], train.spectrum[inside]
    return f, wave, float(np.sqrt(4.0 * f[1] * np.sum(np.abs(wave) ** 2))), train

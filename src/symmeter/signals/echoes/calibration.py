"""Are posteriors honest? Combs drawn from the prior, put into noise and searched: the truth's ranks must be uniform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.progress import Progress, silent
from symmeter.signals.echoes.comb import PARAMETERS, Comb, comb_template
from symmeter.signals.echoes.detector_data import DetectorData
from symmeter.signals.echoes.importance import evidence
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.off_source import gaussian_noise
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import comb_transform

__all__ = ["Ranks", "inject_comb", "posterior_ranks", "uniform_p_value"]


def inject_comb(
    data: DetectorData, comb: Comb | Any, rng: np.random.Generator | int | None = None, likelihood: str = "per-mode"
) -> DetectorData:
    """Data with a comb added, as a likelihood has it in mind.

    Parameters
    ----------
    data : DetectorData
    comb : Comb
    rng : numpy Generator or int, optional
        For the phases; none are drawn when it is omitted, and lines start together.
    likelihood : {"per-mode", "per-bin", "amplitude-free"}
        A phase for each line, for each bin, or a complex Gaussian amplitude for each line.
    """
    comb = Comb.of(comb)
    f = data.frequencies
    h = comb_template(comb, f, data.duration)
    if rng is None:
        return data.plus(h)
    rng = np.random.default_rng(rng)
    line = comb.modes(f)
    line -= line.min()
    if likelihood == "per-bin":
        return data.plus(h * np.exp(2j * np.pi * rng.random(len(h))))
    if likelihood == "amplitude-free":
        factors = rng.standard_normal(line.max() + 1) + 1j * rng.standard_normal(line.max() + 1)
    else:
        factors = np.exp(2j * np.pi * rng.random(line.max() + 1))
    return data.plus(h * factors[line])


def uniform_p_value(ranks: Float[np.ndarray, " n"]) -> float:
    """Kolmogorov and Smirnov's probability that numbers in [0, 1] are uniform.

    Examples
    --------
    >>> uniform_p_value((np.arange(100) + 0.5) / 100) > 0.99, uniform_p_value(np.full(50, 0.4)) < 1e-6
    (True, True)
    """
    from scipy.special import kolmogorov

    x = np.sort(np.asarray(ranks, dtype=float))
    n = len(x)
    steps = np.arange(n)
    gap = max(float(np.max(x - steps / n)), float(np.max((steps + 1) / n - x)))
    # Stephens' correction of the asymptotic law, good to 1 % from a handful on.
    return float(kolmogorov(gap * (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n))))


@dataclass(frozen=True, eq=False)
class Ranks:
    """Where true values lie in their posteriors.

    Attributes
    ----------
    ranks : dict
        By parameter, array of shape (draws,): the posterior's share below the truth.
    p_values : dict
        That they are uniform.
    """

    ranks: dict[str, Float[np.ndarray, " d"]]
    p_values: dict[str, float]

    def __repr__(self) -> str:
        shown = ", ".join(f"{k} {v:.3f}" for k, v in self.p_values.items())
        return f"Ranks({len(next(iter(self.ranks.values())))} draws; p: {shown})"


def posterior_ranks(
    data: DetectorData,
    prior: UniEwPrior,
    draws: int = 100,
    *,
    likelihood: str = "per-mode",
    coherent: bool = True,
    parameters: Sequence[str] = PARAMETERS[:4],
    evidence_draws: int = 6000,
    peaks: int = 24,
    rng: np.random.Generator | int | None = 0,
    progress: Progress = silent,
) -> Ranks:
    """Probability-probability calibration.

    Parameters
    ----------
    data : DetectorData
        Whose densities and network are used; not its data.
    prior : UniEwPrior
    draws : int
        Combs to draw, inject and search.
    likelihood, coherent
        As of the search.
    parameters : sequence of str
    evidence_draws, peaks : int
    rng : numpy Generator or int
    progress : callable, optional
    """
    rng = np.random.default_rng(rng)
    prior = prior.settled(data)
    truths = prior.sample(draws, rng)
    out = {name: np.empty(draws) for name in parameters}
    for i, truth in enumerate(truths):
        loud = inject_comb(gaussian_noise(data, rng), truth, rng, likelihood)
        like = EchoLikelihood(loud, likelihood, coherent=coherent)
        scan = comb_transform(like, prior, peaks=peaks, rng=rng)
        found = evidence(like, prior, scan, draws=evidence_draws, rng=rng)
        for name in parameters:
            k = PARAMETERS.index(name)
            out[name][i] = float(found.weights[found.theta[:, k] < truth[k]].sum())
        progress((i + 1) / draws, "calibrating")
    return Ranks(out, {name: uniform_p_value(ranks) for name, ranks in out.items()})

"""What a search for a comb found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.signals.echoes.comb import PARAMETERS, Comb
from symmeter.signals.echoes.harmonics import HarmonicFamily
from symmeter.signals.echoes.importance import Evidence
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import CombTransform
from symmeter.signals.echoes.uneven_lines import UnevenComb, uneven_comb

__all__ = ["Consistency", "SearchResult"]


@dataclass(frozen=True)
class Consistency:
    """Whether each detector saw the power that the best comb predicts for it.

    Attributes
    ----------
    detectors : tuple of str
    expected, measured : tuples of float
        Squared signal-to-noise ratios.
    deviations : tuple of float
        Differences over what noise makes of them; beyond three, a detector sees something else.
    """

    detectors: tuple[str, ...]
    expected: tuple[float, ...]
    measured: tuple[float, ...]
    deviations: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class SearchResult:
    """The answer of a search.

    Attributes
    ----------
    likelihood : EchoLikelihood
    prior : UniEwPrior
        Settled.
    periodogram : CombTransform
    harmonic_family : HarmonicFamily
    evidence : Evidence
    best : Comb
        The best comb, its harmonic resolved.
    best_ln_likelihood : float
    samples : dict of arrays
        Draws of the posterior by name of the parameter, with ``"snr"`` and ``"ln_likelihood"``.
    notes : tuple of str
        What in the data is unlike the noise that the search assumes.
    """

    likelihood: EchoLikelihood
    prior: UniEwPrior
    periodogram: CombTransform
    harmonic_family: HarmonicFamily
    evidence: Evidence
    best: Comb
    best_ln_likelihood: float
    samples: Mapping[str, Float[np.ndarray, " s"]]
    notes: tuple[str, ...] = ()

    @property
    def ln_bayes_factor(self) -> float:
        """ln of the evidence of a comb over that of noise."""
        return self.evidence.ln_bayes_factor

    @property
    def ln_bayes_error(self) -> float:
        return self.evidence.error

    @property
    def effective_samples(self) -> float:
        return self.evidence.effective_samples

    @property
    def snr(self) -> float:
        """Optimal signal-to-noise ratio of the best comb."""
        return self.likelihood.snr(self.best)

    def upper_limit(self, name: str = "snr", credibility: float = 0.9) -> float:
        """Below which the posterior has this much of its weight: of ``"snr"``, or of any parameter."""
        return float(np.quantile(self.samples[name], credibility))

    @property
    def limits(self) -> dict[str, float]:
        """Upper limits of 90 %: signal-to-noise ratio and amplitude."""
        return {name: self.upper_limit(name) for name in ("snr", "amplitude")}

    def interval(self, name: str, credibility: float = 0.9) -> tuple[float, float]:
        """The middle of the posterior of a parameter."""
        low, high = np.quantile(self.samples[name], (0.5 - credibility / 2, 0.5 + credibility / 2))
        return float(low), float(high)

    @cached_property
    def uneven(self) -> UnevenComb:
        """The best comb followed as far as its lines go, with a spacing that drifts as the light ring has it."""
        return uneven_comb(self.likelihood, self.best, self.prior)

    @cached_property
    def consistency(self) -> Consistency:
        """Detector by detector."""
        data = self.likelihood.data
        best = self.best
        names, expected, measured, deviations = [], [], [], []
        for i in range(data.detectors):
            alone = EchoLikelihood(data.only(i), cut=self.likelihood.cut)
            _, z, r = alone.modes(best.replace(amplitude=1.0))
            seen = r[0] > 0
            power = float(np.sum(np.abs(z[0][seen]) ** 2 / (2.0 * r[0][seen])))
            factor = 2.0 if self.likelihood.likelihood == "amplitude-free" else 1.0
            wanted = float(factor * best.amplitude**2 * np.sum(2.0 * r[0][seen]))
            lines = int(seen.sum())
            names.append(data.names[i])
            expected.append(wanted)
            measured.append(power - 2.0 * lines)
            deviations.append((power - 2.0 * lines - wanted) / np.sqrt(2.0 * (2.0 * lines + 2.0 * wanted)))
        return Consistency(tuple(names), tuple(expected), tuple(measured), tuple(float(d) for d in deviations))

    def summary(self) -> dict[str, Any]:
        """Numbers for people and for files."""
        family = self.harmonic_family
        return {
            "ln_bayes_factor": self.ln_bayes_factor,
            "ln_bayes_error": self.ln_bayes_error,
            "best": {k: float(v) for k, v in zip(PARAMETERS[:6], self.best.array())},
            "best_ln_likelihood": self.best_ln_likelihood,
            "snr": self.snr,
            "delay": self.best.delay,
            "upper_limits": self.limits,
            "harmonics": {f"{r:.4g}": float(v) for r, v in zip(family.ratios, family.ln_likelihoods)},
            "effective_samples": self.effective_samples,
            "likelihood": self.likelihood.likelihood,
            "detectors": list(self.likelihood.data.names),
            "notes": list(self.notes),
        }  # fmt: skip

    def __repr__(self) -> str:
        return (
            f"SearchResult(ln B = {self.ln_bayes_factor:.2f} +- {self.ln_bayes_error:.2f}, "
            f"spacing {self.best.spacing:.6g} Hz, width {self.best.width:.3g}/s, snr {self.snr:.2f})"
        )

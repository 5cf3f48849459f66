"""Which of a family of harmonics is the comb: a comb of half the spacing holds every line, and as many empty ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.signals.echoes.comb import Comb
from symmeter.signals.echoes.likelihood import EchoLikelihood
from symmeter.signals.echoes.prior import UniEwPrior
from symmeter.signals.echoes.spacing_scan import tuned

__all__ = ["RATIOS", "HarmonicFamily", "harmonic_family"]

#: Spacings over that of the comb found.
RATIOS = (0.25, 1.0 / 3.0, 0.5, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True, eq=False)
class HarmonicFamily:
    """Combs whose spacings are simple multiples of each other.

    Attributes
    ----------
    ratios : array of shape (k,)
        Spacings over that of the comb that was asked about.
    combs : tuple of Comb
    ln_likelihoods : array of shape (k,)
        Each at the top of its peak.
    """

    ratios: Float[np.ndarray, " k"]
    combs: tuple[Comb, ...]
    ln_likelihoods: Float[np.ndarray, " k"]

    @property
    def chosen(self) -> int:
        """Index of the best."""
        return int(np.argmax(self.ln_likelihoods))

    @property
    def best(self) -> Comb:
        return self.combs[self.chosen]

    @property
    def margin(self) -> float:
        """By how much it beats the next."""
        others = np.delete(self.ln_likelihoods, self.chosen)
        return float(self.ln_likelihoods[self.chosen] - others.max())

    def __repr__(self) -> str:
        rows = ", ".join(f"x{r:.4g}: {v:.1f}" for r, v in zip(self.ratios, self.ln_likelihoods))
        return f"HarmonicFamily({self.best.spacing:.6g} Hz; {rows})"


def harmonic_family(
    likelihood: EchoLikelihood, comb: Comb | Any, prior: UniEwPrior, rng: np.random.Generator | int | None = 0
) -> HarmonicFamily:
    """Compare a comb with those of a quarter to four times its spacing.

    Parameters
    ----------
    likelihood : EchoLikelihood
    comb : Comb
    prior : UniEwPrior
        Its widths and amplitudes bound the combs; spacings outside it are compared as well.
    rng : numpy Generator or int
    """
    comb = Comb.of(comb)
    prior = prior.settled(likelihood.data)
    trials: list[tuple[int, Comb]] = []
    for i, ratio in enumerate(RATIOS):
        spacing = comb.spacing * ratio
        if spacing < 4.0 * likelihood.data.df or spacing > 0.5 * (comb.fmax - comb.fmin):
            continue
        if ratio <= 1:
            fold = round(1.0 / ratio)
            trials.append((i, comb.replace(spacing=spacing, phase=(comb.phase * fold) % 1.0)))
            continue
        # Every second (third, fourth) line: two (three, four) ways to choose them.
        fold = round(ratio)
        trials += [(i, comb.replace(spacing=spacing, phase=((comb.phase + m) / fold) % 1.0)) for m in range(fold)]
    combs, values = tuned(likelihood, prior, [c for _, c in trials], rng)
    kept: dict[int, int] = {}
    for j, (i, _) in enumerate(trials):
        if i not in kept or values[j] > values[kept[i]]:
            kept[i] = j
    order = list(kept.values())
    return HarmonicFamily(np.array([RATIOS[i] for i in kept]), tuple(combs[j] for j in order), values[order])

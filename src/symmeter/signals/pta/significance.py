"""How large a statistic is beside those of simulated isotropic skies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

__all__ = ["Significance", "simulated_gains"]

_BATCH = 256


class Significance(float):
    """A signal-to-noise ratio that knows what isotropic skies give.

    Attributes
    ----------
    null : array of shape (n_sim,)
        The same number for simulated isotropic skies; empty when none were simulated.
    level : float
        Share of them below the threshold.

    Examples
    --------
    >>> found = Significance(3.0, np.array([1.0, 2.0, 2.5]), 0.5)
    >>> found > 2, found.p_value, found.threshold
    (True, 0.25, 2.0)
    """

    null: Float[np.ndarray, " s"]
    level: float

    def __new__(cls, value: float, null: Float[np.ndarray, " s"], level: float) -> Significance:
        out = super().__new__(cls, value)
        out.null, out.level = null, level
        return out

    @property
    def p_value(self) -> float:
        """Share of simulated skies at least as large, the sky itself counted in; NaN without any."""
        return float((1 + (self.null >= self).sum()) / (1 + len(self.null))) if len(self.null) else float("nan")

    @property
    def threshold(self) -> float:
        """What has to be exceeded to be called anisotropic at the level; NaN without simulated skies."""
        return float(np.quantile(self.null, self.level)) if len(self.null) else float("nan")


def simulated_gains(
    gains: Callable[[np.ndarray], np.ndarray], mean: Float[np.ndarray, " p"], n: int, rng: np.random.Generator
) -> Float[np.ndarray, " n"]:
    """Gains of n isotropic skies: whitened data of this mean, with noise of deviation 1."""
    parts = [
        gains(mean + rng.standard_normal((min(_BATCH, n - low), len(mean)))) for low in range(0, n, _BATCH)
    ]  # fmt: skip
    return np.concatenate(parts)

"""Unfolding: levels to a scale on which their mean density is constant, the same map for all sectors.

The staircase of all levels of one realisation is fitted: first the Gaussian of their mean and variance, which is close
for many-body spectra, then a polynomial of low degree on top. One map for all sectors keeps coinciding levels together,
which the cross form factor needs; a low degree leaves the fluctuations alone that make the ramp.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

__all__ = ["DEGREE", "unfold"]

#: Degree of the polynomial; the ramp is trusted at more than about as many oscillations over the band.
DEGREE = 5


def unfold(levels: Sequence[Float[np.ndarray, " d"]], degree: int = DEGREE) -> list[Float[np.ndarray, " d"]]:
    """Levels of several sectors on [0, 1], where the density of a sector with D levels is about D.

    Parameters
    ----------
    levels : sequence of arrays
        Sorted, of one realisation.
    degree : int
        Of the polynomial; lowered when there are few levels.
    """
    from scipy.special import ndtr

    merged = np.sort(np.concatenate(list(levels)))
    n = len(merged)
    if n < 4 or merged[-1] <= merged[0]:
        return [np.zeros_like(np.asarray(a, dtype=float)) for a in levels]
    mean, width = merged.mean(), merged.std()
    stairs = (np.arange(n) + 0.5) / n
    coarse = 2 * ndtr((merged - mean) / width) - 1
    fit = np.polynomial.Chebyshev.fit(coarse, stairs, min(degree, max(n // 12, 1)), domain=[-1, 1])
    grid = np.linspace(-1, 1, 2001)
    # A staircase never falls; the fit may, by a little, at the edges.
    rising = np.maximum.accumulate(fit(grid))
    return [np.interp(2 * ndtr((np.asarray(a) - mean) / width) - 1, grid, rising) for a in levels]

"""Tails and quantiles of the normal, chi-square and beta distributions, and exact binomial intervals.

Thin names over ``scipy.special``; ``scipy.stats`` costs half a second of start-up and is not used in this library.
All functions are accurate in the far tail and accept arrays.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from symmeter.errors import InputError

__all__ = [
    "beta_quantile",
    "chi2_quantile",
    "chi2_sf",
    "clopper_pearson",
    "normal_quantile",
    "normal_sf",
]


def normal_sf(z: ArrayLike) -> Float[np.ndarray, "..."]:
    """Probability that a standard normal exceeds ``z``.

    Examples
    --------
    >>> float(normal_sf(0.0)), round(float(normal_sf(1.959963984540054)), 12)
    (0.5, 0.025)
    """
    from scipy.special import ndtr

    return ndtr(-np.asarray(z, dtype=float))


def normal_quantile(p: ArrayLike) -> Float[np.ndarray, "..."]:
    """The value that a standard normal stays below with probability ``p``.

    Examples
    --------
    >>> round(float(normal_quantile(0.975)), 6)
    1.959964
    """
    from scipy.special import ndtri

    return ndtri(_probability(p))


def chi2_sf(x: ArrayLike, df: ArrayLike) -> Float[np.ndarray, "..."]:
    """Probability that a chi-square with ``df`` degrees of freedom exceeds ``x``; zero degrees are a point at 0.

    Examples
    --------
    >>> round(float(chi2_sf(3.841458820694124, 1)), 12)
    0.05
    """
    from scipy.special import gammaincc

    x, df = np.broadcast_arrays(np.asarray(x, dtype=float), np.asarray(df, dtype=float))
    if (df < 0).any():
        raise InputError(f"degrees of freedom must not be negative; got {float(df.min()):g}")
    positive = df > 0
    tail = gammaincc(np.where(positive, df, 1.0) / 2, np.maximum(x, 0.0) / 2)
    return np.where(positive, tail, (x < 0).astype(float))[()]


def chi2_quantile(p: ArrayLike, df: ArrayLike) -> Float[np.ndarray, "..."]:
    """The value that a chi-square with ``df`` degrees of freedom stays below with probability ``p``.

    Examples
    --------
    >>> round(float(chi2_quantile(0.95, 1)), 6)
    3.841459
    """
    from scipy.special import gammaincinv

    return 2 * gammaincinv(np.asarray(df, dtype=float) / 2, _probability(p))


def beta_quantile(p: ArrayLike, a: ArrayLike, b: ArrayLike) -> Float[np.ndarray, "..."]:
    """The value that a Beta(a, b) variable stays below with probability ``p``.

    Examples
    --------
    >>> round(float(beta_quantile(0.5, 2.0, 2.0)), 12)
    0.5
    """
    from scipy.special import betaincinv

    return betaincinv(np.asarray(a, dtype=float), np.asarray(b, dtype=float), _probability(p))


def clopper_pearson(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Exact (conservative) interval for a binomial probability.

    Parameters
    ----------
    k, n : int
        Successes and trials.
    level : float
        Coverage, between 0 and 1.

    Returns
    -------
    (float, float)
        Lower and upper end.

    Raises
    ------
    InputError

    References
    ----------
    C. J. Clopper and E. S. Pearson, Biometrika 26 (1934) 404.

    Examples
    --------
    >>> [round(x, 4) for x in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    if n < 1 or not 0 <= k <= n:
        raise InputError(f"a binomial count needs 0 <= k <= n and n >= 1; got k = {k}, n = {n}")
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, for example 0.95; got {level}")
    half = (1 - level) / 2
    low = 0.0 if k == 0 else float(beta_quantile(half, k, n - k + 1))
    high = 1.0 if k == n else float(beta_quantile(1 - half, k + 1, n - k))
    return low, high


def _probability(p: ArrayLike) -> Float[np.ndarray, "..."]:
    p = np.asarray(p, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise InputError(f"a probability lies between 0 and 1; got {p.reshape(-1)[:3].tolist()}")
    return p

"""Bootstrap intervals, the block jackknife, Monte Carlo p-values and Holm's correction.

Follows Efron and Tibshirani, An Introduction to the Bootstrap (1993), and Phipson and Smyth (2010) for p-values of
random permutations, which are never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Num
from numpy.typing import ArrayLike

from symmeter.errors import InputError, NonFiniteError, SampleSizeError
from symmeter.statistics.distributions import clopper_pearson, normal_quantile, normal_sf

__all__ = [
    "Interval",
    "JackknifeEstimate",
    "bootstrap_interval",
    "holm",
    "jackknife_blocks",
    "p_value_interval",
    "permutation_p_value",
]

# Null values that differ from the observed one by rounding only are ties, and ties count against significance.
_TIE = 1e-10


class Interval(NamedTuple):
    """An interval with the estimate it belongs to."""

    low: float
    high: float
    estimate: float
    level: float


class JackknifeEstimate(NamedTuple):
    """Delete-one-block jackknife of a statistic.

    Attributes
    ----------
    estimate : float
        The statistic of all samples.
    bias_corrected : float
        Estimate minus the jackknife bias.
    standard_error : float
    leave_out : array of shape (blocks,)
        The statistic without each block.
    """

    estimate: float
    bias_corrected: float
    standard_error: float
    leave_out: Float[np.ndarray, " blocks"]


def bootstrap_interval(
    data: Num[np.ndarray, "n ..."],
    statistic: Callable[[np.ndarray], float],
    level: float = 0.95,
    draws: int = 999,
    method: Literal["bca", "percentile"] = "bca",
    rng: np.random.Generator | int | None = None,
) -> Interval:
    """Bootstrap confidence interval of a scalar statistic.

    Parameters
    ----------
    data : array of shape (n, ...)
        Independent samples along the first axis.
    statistic : callable
        From an array like ``data`` to a number.
    level : float
        Coverage.
    draws : int
        Number of resamples.
    method : "bca" or "percentile"
        Bias-corrected and accelerated (needs n more evaluations), or plain percentiles.
    rng : numpy Generator, int or None

    Returns
    -------
    Interval

    Raises
    ------
    SampleSizeError, InputError, NonFiniteError

    Examples
    --------
    >>> found = bootstrap_interval(np.arange(50.0), np.mean, rng=0)
    >>> bool(found.low < 24.5 < found.high), found.estimate
    (True, 24.5)
    """
    x = np.asarray(data)
    n = len(x)
    if n < 2:
        raise SampleSizeError(f"a bootstrap interval needs at least 2 samples; got {n}")
    if not 0 < level < 1 or draws < 1:
        raise InputError(f"a bootstrap needs 0 < level < 1 and draws >= 1; got level {level}, draws {draws}")
    if method not in ("bca", "percentile"):
        raise InputError(f'method must be "bca" or "percentile"; got {method!r}')
    rng = np.random.default_rng(rng)
    estimate = float(statistic(x))
    values = np.array([float(statistic(x[rng.integers(0, n, n)])) for _ in range(draws)])
    if not np.isfinite(values).all():
        raise NonFiniteError(
            f"the statistic is NaN or infinite on {int((~np.isfinite(values)).sum())} of {draws} resamples"
        )
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        ends = _bca_levels(ends, estimate, values, jackknife_blocks(x, statistic, blocks=n).leave_out)
    low, high = np.quantile(values, ends)
    return Interval(float(low), float(high), estimate, level)


def _bca_levels(
    ends: Float[np.ndarray, " 2"],
    estimate: float,
    values: Float[np.ndarray, " draws"],
    leave_out: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " 2"]:
    """Percentiles at which the bias-corrected and accelerated interval ends."""
    below = (np.count_nonzero(values < estimate) + 0.5 * np.count_nonzero(values == estimate)) / len(values)
    shift = float(normal_quantile(np.clip(below, 0.5 / len(values), 1 - 0.5 / len(values))))
    deviation = leave_out.mean() - leave_out
    square = float((deviation**2).sum())
    acceleration = float((deviation**3).sum()) / (6 * square**1.5) if square > 0 else 0.0
    z = shift + normal_quantile(ends)
    return normal_sf(-(shift + z / (1 - acceleration * z)))


def jackknife_blocks(
    data: Num[np.ndarray, "n ..."], statistic: Callable[[np.ndarray], float], blocks: int = 20
) -> JackknifeEstimate:
    """Jackknife over contiguous blocks of samples.

    Parameters
    ----------
    data : array of shape (n, ...)
        Samples along the first axis; neighbours may be correlated over less than a block.
    statistic : callable
        From an array like ``data`` to a number.
    blocks : int
        Number of blocks, at most n; ``blocks=n`` deletes one sample at a time.

    Returns
    -------
    JackknifeEstimate

    Examples
    --------
    >>> found = jackknife_blocks(np.arange(10.0), np.mean, blocks=10)
    >>> round(found.standard_error, 6), found.bias_corrected
    (0.957427, 4.5)
    """
    x = np.asarray(data)
    if not 2 <= blocks <= len(x):
        raise SampleSizeError(f"the jackknife needs 2 <= blocks <= n; got {blocks} blocks and n = {len(x)}")
    label = np.arange(len(x)) * blocks // len(x)
    estimate = float(statistic(x))
    leave_out = np.array([float(statistic(x[label != b])) for b in range(blocks)])
    mean = float(leave_out.mean())
    error = float(np.sqrt((blocks - 1) / blocks * ((leave_out - mean) ** 2).sum()))
    return JackknifeEstimate(estimate, blocks * estimate - (blocks - 1) * mean, error, leave_out)


def _at_least(null: Float[np.ndarray, " b"], observed: float) -> Bool[np.ndarray, " b"]:
    return null >= observed - _TIE * max(abs(observed), float(np.abs(null).max(initial=0.0)))


def permutation_p_value(observed: float, null: ArrayLike) -> float:
    """P-value of an observed statistic against random draws from its null distribution.

    ``(1 + number of draws at least as large) / (1 + draws)``: exact when the observed value is exchangeable with the
    draws under the hypothesis.

    Parameters
    ----------
    observed : float
    null : array of shape (draws,)

    Returns
    -------
    float

    References
    ----------
    B. Phipson and G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.

    Examples
    --------
    >>> permutation_p_value(2.0, [0.0, 1.0, 2.0, 3.0])
    0.6
    """
    draws = _null(null)
    if np.isnan(observed):
        raise NonFiniteError("the observed statistic is NaN")
    return (1 + int(_at_least(draws, observed).sum())) / (1 + draws.size)


def p_value_interval(observed: float, null: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Clopper-Pearson interval for the p-value that infinitely many draws would give.

    Examples
    --------
    >>> [round(x, 3) for x in p_value_interval(5.0, np.zeros(99))]
    [0.0, 0.037]
    """
    draws = _null(null)
    return clopper_pearson(int(_at_least(draws, observed).sum()), draws.size, level)


def _null(null: ArrayLike) -> Float[np.ndarray, " b"]:
    draws = np.asarray(null, dtype=float).reshape(-1)
    if draws.size == 0:
        raise SampleSizeError("a permutation p-value needs at least one draw of the null distribution")
    if np.isnan(draws).any():
        raise NonFiniteError(f"{int(np.isnan(draws).sum())} of {draws.size} null draws are NaN")
    return draws


def holm(p_values: ArrayLike) -> Float[np.ndarray, " k"]:
    """Holm's step-down adjustment: p-values that control the family-wise error rate under any dependence.

    Parameters
    ----------
    p_values : array of shape (k,)

    Returns
    -------
    array of shape (k,)
        Adjusted p-values in the same order; reject those at most alpha.

    References
    ----------
    S. Holm, Scand. J. Statist. 6 (1979) 65.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p_values, dtype=float).reshape(-1)
    if not ((p >= 0) & (p <= 1)).all():
        raise InputError(f"p-values lie between 0 and 1; got {p[:5].tolist()}")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    out = np.empty_like(p)
    out[order] = np.minimum(stepped, 1.0)
    return out

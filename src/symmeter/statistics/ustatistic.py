"""Squared norm of a mean, estimated without bias, with an error, and tested against zero.

Let D_1, ..., D_n be independent vectors with mean Delta: differences between a block of samples and its image, matrix
valued residuals, embedded features. Everything here needs only their Gram matrix K_bc = <D_b, D_c>, so D may be as
long as it likes. The U-statistic (mean of the off-diagonal entries) estimates |Delta|^2 without bias.

Null distribution. Q = sum_{b != c} K_bc / n has mean 0 when Delta = 0. Given K up to signs of the D_b, its cumulants
2 and 3 are 2 tr(K0^2) / n^2 and 8 tr(K0^3) / n^3 with K0 the Gram matrix without its diagonal: exact moments under
random signs, and unbiased estimates of the true ones for any distribution. Removing the diagonal matters: the plain
eigenvalues of a Gram matrix of few long vectors are far more spread than those of the covariance behind it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError
from symmeter.statistics.weighted_chi2 import cumulant_sf, weighted_chi2_sf

__all__ = ["SquaredNormEstimate", "SquaredNormTest", "squared_norm_test", "squared_norm_ustatistic"]

_LARGEST_SPECTRUM = 1000


class SquaredNormEstimate(NamedTuple):
    """Unbiased estimate of a squared norm.

    Attributes
    ----------
    estimate : float
        Unbiased, so it may be negative.
    standard_error : float
        Delete-one jackknife.
    interval : (float, float)
        The squared norms that the estimate does not reject (score interval), cut at 0.
    level : float
    """

    estimate: float
    standard_error: float
    interval: tuple[float, float]
    level: float


class SquaredNormTest(NamedTuple):
    """Test of a zero mean.

    Attributes
    ----------
    statistic : float
        ``n`` times the unbiased estimate of the squared norm, times ``(n - 1) / n``.
    p_value : float
    method : str
    """

    statistic: float
    p_value: float
    method: str


def squared_norm_ustatistic(K: Num[np.ndarray, "n n"], level: float = 0.95) -> SquaredNormEstimate:
    """Unbiased estimate of ``|E D|^2`` from the Gram matrix of independent copies of D.

    Parameters
    ----------
    K : array of shape (n, n)
        ``K[b, c] = <D_b, D_c>``; of a complex Hermitian Gram matrix the real part is used. n >= 3.
    level : float
        Coverage of the interval.

    Returns
    -------
    SquaredNormEstimate

    Raises
    ------
    SampleSizeError, ShapeError, NonFiniteError, InputError

    Notes
    -----
    The variance of the U-statistic depends on the truth: ``v0 + 4 k |Delta|^2 / n`` with v0 = 2 tr(Sigma^2) / n^2 and
    k the noise along Delta. The usual interval, estimate plus or minus two jackknife errors, ignores this and covers
    85 to 90 % instead of 95 % near zero. The interval here solves for the values within two of *their own* errors;
    measured coverage at 95 % is 91 % or more for 15 vectors and above (Gaussian, exponential, Student t3).

    Examples
    --------
    >>> D = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, -0.1]])
    >>> round(squared_norm_ustatistic(D @ D.T).estimate, 6)
    0.996667
    """
    from scipy.special import stdtrit

    gram = _gram(K)
    if not 0 < level < 1:
        raise InputError(f"level must lie between 0 and 1, for example 0.95; got {level}")
    n = len(gram)
    rows = gram.sum(axis=1)
    total = float(rows.sum())
    estimate = total / (n * (n - 1))
    leave_out = (total - 2 * rows) / ((n - 1) * (n - 2))
    error = float(np.sqrt((n - 1) / n * ((leave_out - leave_out.mean()) ** 2).sum()))
    # Student's quantile: both variances are estimated from n vectors.
    quantile = float(stdtrit(n - 1, (1 + level) / 2))
    interval = _score_interval(np.real(K), rows / (n - 1), estimate, quantile)
    return SquaredNormEstimate(estimate, error, interval, level)


def _score_interval(
    K: Float[np.ndarray, "n n"], rows: Float[np.ndarray, " n"], estimate: float, z: float
) -> tuple[float, float]:
    """All theta >= 0 with ``(estimate - theta)^2 <= z^2 (v0 + 4 k theta / n)``.

    ``rows`` holds the product of each vector with the mean of the others.
    """
    n = len(K)
    centred = K - K.mean(axis=0)[None, :] - K.mean(axis=1)[:, None] + K.mean()
    trace = float(np.trace(centred)) / (n - 1)
    # Off the diagonal the centred Gram matrix has mean -tr(Sigma) / n and second moment tr(Sigma^2).
    off_diagonal = centred[~np.eye(n, dtype=bool)] + trace / n
    trace_square = float((off_diagonal**2).mean())
    if trace <= 0 or trace_square <= 0:
        return max(0.0, estimate), max(0.0, estimate)
    null_variance = 2 * trace_square / (n * (n - 1))
    null_error = float(np.sqrt(null_variance))
    along = max(float(rows.var(ddof=1)) - trace_square / (n - 1), 0.0) / max(estimate, null_error)
    # Near zero the direction of Delta is unknown: assume typical noise along it. Never more than the largest possible.
    typical = trace_square / trace * min(1.0, z * null_error / max(estimate, null_error))
    k = min(max(along, typical), float(np.sqrt(trace_square)))
    half = 2 * k * z**2 / n
    root = float(np.sqrt(max((estimate + half) ** 2 - estimate**2 + z**2 * null_variance, 0.0)))
    return max(0.0, estimate + half - root), max(0.0, estimate + half + root)


def squared_norm_test(K: Num[np.ndarray, "n n"], cumulants: bool | None = None) -> SquaredNormTest:
    """P-value of the hypothesis that the mean of independent vectors is zero.

    Parameters
    ----------
    K : array of shape (n, n)
        ``K[b, c] = <D_b, D_c>``; n >= 3.
    cumulants : bool, optional
        True: match three cumulants (matrix products only; p-values below 1e-3 come out too small). False: invert the
        weighted chi-square law of the eigenvalues, accurate far in the tail. By default eigenvalues up to n = 1000.

    Returns
    -------
    SquaredNormTest

    Raises
    ------
    SampleSizeError, ShapeError, NonFiniteError

    Notes
    -----
    The null scale is estimated without subtracting the mean, as in a score test: the p-value is honest for few
    samples but cannot fall below about ``exp(-n / 2)``.

    References
    ----------
    S. X. Chen and Y.-L. Qin, Ann. Statist. 38 (2010) 808; J.-T. Zhang, J. Amer. Statist. Assoc. 100 (2005) 273.

    Examples
    --------
    >>> D = np.random.default_rng(0).normal(size=(40, 5))
    >>> squared_norm_test(D @ D.T).p_value > 0.05, squared_norm_test((D + 1) @ (D + 1).T).p_value < 1e-6
    (True, True)
    """
    gram = _gram(K) / len(K)
    if cumulants is None:
        cumulants = len(gram) > _LARGEST_SPECTRUM
    statistic = float(gram.sum())
    if cumulants:
        square = gram @ gram
        k2, k3 = 2.0 * float(np.trace(square)), 8.0 * float((square * gram).sum())
        p = float(cumulant_sf(statistic, 0.0, k2, k3)) if k2 > 0 else 1.0
        return SquaredNormTest(statistic, p, "three cumulants of the sign-randomised U-statistic")
    weights = np.linalg.eigvalsh(gram)
    p = float(weighted_chi2_sf(statistic, weights)) if np.abs(weights).max() > 0 else 1.0
    return SquaredNormTest(statistic, p, "weighted chi-squares with the eigenvalues of the off-diagonal Gram matrix")


def _gram(K: Num[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """The real symmetric Gram matrix with its diagonal set to zero."""
    gram = np.array(np.real(K), dtype=float)
    if gram.ndim != 2 or gram.shape[0] != gram.shape[1]:
        raise ShapeError(f"a Gram matrix is square; got shape {gram.shape}")
    if len(gram) < 3:
        raise SampleSizeError(f"a squared norm with an error needs at least 3 independent vectors; got {len(gram)}")
    if not np.isfinite(gram).all():
        raise NonFiniteError(f"the Gram matrix has {int((~np.isfinite(gram)).sum())} entries that are NaN or infinite")
    if np.abs(gram - gram.T).max() > 1e-8 * np.abs(gram).max():
        raise InputError("a Gram matrix is symmetric (its real part, for complex vectors); this one is not")
    gram = (gram + gram.T) / 2
    np.fill_diagonal(gram, 0.0)
    return gram

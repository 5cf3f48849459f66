r"""Likelihood-ratio test of a group-symmetric Gaussian covariance: Bartlett's correction and the exact p-value.

The covariance S of n samples is compared with its average S_G over a group. Up to the group's isotypic
decomposition (component i: an irreducible of dimension d_i, multiplicity m_i, commuting with a division algebra of
real dimension beta_i = 1, 2, 4 for the reals, complex numbers, quaternions) S_G holds one Wishart matrix of size m_i
over that algebra with nu_i = n d_i / beta_i degrees of freedom, repeated d_i times (Andersson 1975). The
log-determinant of a Wishart matrix is a sum of logarithms of independent chi-squares (Bartlett), so under the
hypothesis

    log det S_G - log det Sigma  =  sum_i d_i sum_{k=1..m_i} log( chi2_{beta_i (nu_i - k + 1)} / (beta_i nu_i) )

in law, and the same with the one component (1, M, 1) for S itself. S_G is complete and sufficient and the
likelihood ratio is ancillary, so the two are independent (Basu), and the cumulant generating function of the ratio is
the *difference* of two explicit sums of log-gamma functions. Its first cumulant gives Bartlett's correction, contour
inversion the exact p-value for every n >= M.

Conventions: real data are Gaussian, complex data proper complex Gaussian, where every beta is 2 with nu_i = n d_i and
d_i is the complex dimension. n is the effective sample count, already reduced by one when a mean was subtracted;
covariances are divided by n. S_G must be the group average of S (or maximise the likelihood otherwise), so that
tr(S_G^-1 S) = M.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, SampleSizeError, ShapeError, UnidentifiableError
from symmeter.statistics.distributions import chi2_sf
from symmeter.statistics.inversion import tail_probability

__all__ = [
    "IsotypicComponent",
    "LikelihoodRatioTest",
    "bic",
    "expected_log_determinant",
    "gaussian_log_likelihood",
    "likelihood_ratio_test",
    "lrt_statistic",
    "parameter_count",
]

Field = Literal["real", "complex"]


class IsotypicComponent(NamedTuple):
    """One isotypic component of a representation.

    Attributes
    ----------
    dimension : int
        d, of the irreducible (over the reals for real data, over the complex numbers for complex data).
    multiplicity : int
        m, how often it occurs.
    division : int
        beta, real dimension of the division algebra that commutes with the irreducible: 1 real, 2 complex,
        4 quaternionic. Not used for complex data.
    """

    dimension: int
    multiplicity: int
    division: int = 1


@dataclass(frozen=True)
class LikelihoodRatioTest:
    """Outcome of a likelihood-ratio test.

    Attributes
    ----------
    statistic : float
        Twice the difference of maximal log-likelihoods.
    corrected_statistic : float
        The statistic times ``degrees_of_freedom`` over its exact mean under the hypothesis (Bartlett).
    degrees_of_freedom : int
        Difference of the parameter counts.
    p_value : float
    method : str
        How the p-value was computed.
    """

    statistic: float
    corrected_statistic: float
    degrees_of_freedom: int
    p_value: float
    method: str


def gaussian_log_likelihood(S: Num[np.ndarray, "m m"], Sigma: Num[np.ndarray, "m m"], n: float) -> float:
    """Log-likelihood of n centred Gaussian samples with sample covariance S under the covariance Sigma.

    Parameters
    ----------
    S : array of shape (M, M)
        Sum of ``x x^H`` over the samples divided by n. A complex S or Sigma means proper complex Gaussian data.
    Sigma : array of shape (M, M)
        Positive definite.
    n : float
        Number of samples.

    Returns
    -------
    float

    Examples
    --------
    >>> round(gaussian_log_likelihood(np.eye(1), np.eye(1), 2), 6)
    -2.837877
    """
    S, Sigma = np.asarray(S), np.asarray(Sigma)
    if S.shape != Sigma.shape:
        raise ShapeError(f"S and Sigma must have the same shape; got {S.shape} and {Sigma.shape}")
    trace = float(np.real(np.trace(np.linalg.solve(Sigma, S))))
    if np.iscomplexobj(S) or np.iscomplexobj(Sigma):
        return float(-n * (len(S) * np.log(np.pi) + _log_determinant(Sigma, "Sigma") + trace))
    return float(-n / 2 * (len(S) * np.log(2 * np.pi) + _log_determinant(Sigma, "Sigma") + trace))


def lrt_statistic(S: Num[np.ndarray, "m m"], S0: Num[np.ndarray, "m m"], n: float) -> float:
    """Twice the log-likelihood ratio of S against its symmetrised version S0.

    ``n (log det S0 - log det S)`` for real data, twice that for complex data.

    Examples
    --------
    >>> round(lrt_statistic(np.diag([1.0, 3.0]), np.diag([2.0, 2.0]), 10), 6)
    2.876821
    """
    S, S0 = np.asarray(S), np.asarray(S0)
    if S.shape != S0.shape:
        raise ShapeError(f"S and S0 must have the same shape; got {S.shape} and {S0.shape}")
    factor = 2.0 if np.iscomplexobj(S) or np.iscomplexobj(S0) else 1.0
    return factor * n * (_log_determinant(S0, "S0") - _log_determinant(S, "S"))


def parameter_count(components: Iterable[tuple[int, ...]], field: Field = "real") -> int:
    """Number of real parameters of a covariance that commutes with a group.

    Parameters
    ----------
    components : iterable of (dimension, multiplicity[, division])
        Isotypic decomposition; ``[(1, M)]`` is the unrestricted covariance.
    field : "real" or "complex"

    Returns
    -------
    int
        ``sum_i m_i + beta_i m_i (m_i - 1) / 2`` for real, ``sum_i m_i^2`` for complex data.

    Examples
    --------
    >>> parameter_count([(1, 4)]), parameter_count([(1, 1), (1, 1), (2, 1, 2)])
    (10, 3)
    """
    parts = _components(components, field)
    if field == "complex":
        return sum(c.multiplicity**2 for c in parts)
    return sum(c.multiplicity + c.division * c.multiplicity * (c.multiplicity - 1) // 2 for c in parts)


def expected_log_determinant(components: Iterable[tuple[int, ...]], n: float, field: Field = "real") -> float:
    """Exact mean of ``log det S_G - log det Sigma`` for Gaussian data.

    Parameters
    ----------
    components : iterable of (dimension, multiplicity[, division])
    n : float
        Effective number of samples.
    field : "real" or "complex"

    Returns
    -------
    float

    Raises
    ------
    SampleSizeError
        If a component has fewer degrees of freedom than its multiplicity, so that S_G is singular.

    Examples
    --------
    One variance from n = 2 samples: the mean of log(chi2_2 / 2) is minus Euler's constant.

    >>> round(expected_log_determinant([(1, 1)], 2), 6)
    -0.577216
    """
    from scipy.special import psi

    power, shape, scale = _gamma_factors(_components(components, field), n, field)
    return float((power * (psi(shape) - np.log(scale))).sum())


def likelihood_ratio_test(
    S: Num[np.ndarray, "m m"],
    S0: Num[np.ndarray, "m m"],
    n: float,
    components: Iterable[tuple[int, ...]],
    alternative: Iterable[tuple[int, ...]] | None = None,
    method: Literal["exact", "bartlett", "chi2"] = "exact",
) -> LikelihoodRatioTest:
    """Test whether a Gaussian covariance is symmetric under a group.

    Parameters
    ----------
    S : array of shape (M, M)
        Sample covariance, or its average over the smaller group when ``alternative`` is given.
    S0 : array of shape (M, M)
        Average of S over the group under test.
    n : float
        Effective number of samples (reduced by one when the mean was subtracted).
    components : iterable of (dimension, multiplicity[, division])
        Isotypic decomposition under the group under test.
    alternative : iterable of (dimension, multiplicity[, division]), optional
        Isotypic decomposition under a subgroup, to test the group against the subgroup; unrestricted when omitted.
    method : "exact", "bartlett" or "chi2"
        Exact distribution under the hypothesis by contour inversion; chi-square of the corrected statistic; or
        chi-square of the raw one.

    Returns
    -------
    LikelihoodRatioTest

    Raises
    ------
    SampleSizeError
        If n is too small for S to be positive definite.
    UnidentifiableError
        If both models have the same parameters.

    Notes
    -----
    All p-values assume Gaussian data; "exact" is exact at any n then.

    References
    ----------
    S. Andersson, Ann. Statist. 3 (1975) 132; P. Shah and V. Chandrasekaran, Electron. J. Statist. 6 (2012) 1600;
    T. W. Anderson, Multivariate Statistical Analysis, chapter 10.

    Examples
    --------
    >>> S = np.array([[1.0, 0.2], [0.2, 1.6]])
    >>> S0 = (S + S[::-1, ::-1]) / 2
    >>> test = likelihood_ratio_test(S, S0, 40, [(1, 1), (1, 1)])
    >>> test.degrees_of_freedom, round(test.statistic, 3), round(test.p_value, 3)
    (1, 2.244, 0.142)
    """
    S, S0 = np.asarray(S), np.asarray(S0)
    field: Field = "complex" if np.iscomplexobj(S) or np.iscomplexobj(S0) else "real"
    m = len(S)
    null = _components(components, field)
    free = _components([(1, m)] if alternative is None else alternative, field)
    for parts in (null, free):
        size = sum(c.dimension * c.multiplicity for c in parts)
        if size != m:
            raise ShapeError(f"the isotypic components fill {size} dimensions; the covariance has {m}")
    df = parameter_count(free, field) - parameter_count(null, field)
    if df <= 0:
        raise UnidentifiableError(f"the two models differ by {df} parameters: there is nothing to test")
    factors = _gamma_factors(free, n, field), _gamma_factors(null, n, field)
    statistic = lrt_statistic(S, S0, n)
    unit = n if field == "real" else 2 * n
    mean = unit * (expected_log_determinant(null, n, field) - expected_log_determinant(free, n, field))
    corrected = statistic * df / mean
    if method == "exact":
        p = _exact_p_value(statistic, factors, unit, mean)
    elif method in ("bartlett", "chi2"):
        p = float(chi2_sf(corrected if method == "bartlett" else statistic, df))
    else:
        raise InputError(f'method must be "exact", "bartlett" or "chi2"; got {method!r}')
    return LikelihoodRatioTest(statistic, corrected, df, p, method)


def bic(log_likelihood: float, parameters: int, n: float) -> float:
    """Bayesian information criterion, ``-2 log L + parameters log n``; smaller is better.

    Examples
    --------
    >>> round(bic(-10.0, 3, 100), 6)
    33.815511
    """
    return -2.0 * log_likelihood + parameters * float(np.log(n))


_Factors = tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"], Float[np.ndarray, " k"]]


def _components(components: Iterable[tuple[int, ...]], field: Field) -> list[IsotypicComponent]:
    if field not in ("real", "complex"):
        raise InputError(f'field must be "real" or "complex"; got {field!r}')
    parts = [IsotypicComponent(*(int(v) for v in c)) for c in components]
    for c in parts:
        if c.dimension < 1 or c.multiplicity < 1:
            raise InputError(f"an isotypic component needs dimension and multiplicity of at least 1; got {tuple(c)}")
        if field == "real" and (c.division not in (1, 2, 4) or c.dimension % c.division):
            raise InputError(
                f"a division algebra has dimension 1, 2 or 4 and divides that of the irreducible; got {tuple(c)}"
            )
    if not parts:
        raise InputError("the isotypic decomposition is empty; give one (dimension, multiplicity) for each irreducible")
    return parts


def _gamma_factors(parts: list[IsotypicComponent], n: float, field: Field) -> _Factors:
    """Powers, shapes and scales of the independent gamma variables whose logarithms sum to the log-determinant."""
    power, shape, scale = [], [], []
    for c in parts:
        beta = 2 if field == "complex" else c.division
        freedom = n * c.dimension / (1 if field == "complex" else c.division)
        if freedom <= c.multiplicity - 1:
            least = int(np.floor((c.multiplicity - 1) * n / freedom)) + 1
            raise SampleSizeError(
                f"{n:g} effective samples leave the covariance singular; a likelihood-ratio test needs {least} or more"
            )
        k = np.arange(c.multiplicity)
        power.append(np.full(c.multiplicity, float(c.dimension)))
        shape.append(beta * (freedom - k) / 2)
        scale.append(np.full(c.multiplicity, beta * freedom / 2))
    return np.concatenate(power), np.concatenate(shape), np.concatenate(scale)


def _exact_p_value(statistic: float, factors: tuple[_Factors, _Factors], unit: float, mean: float) -> float:
    """Tail of ``unit (log det S0 - log det S)`` from the Mellin transforms of the two determinants."""
    from scipy.special import loggamma, psi

    if statistic <= 1e-9 * mean:  # rounding of an exactly symmetric S; the inversion has no saddle point there
        return 1.0
    # Components of one kind give the same gamma variables: count them instead of repeating them.
    kinds = Counter()
    for sign, (power, shape, scale) in zip((1, -1), factors):
        for kind in zip(power.tolist(), shape.tolist(), scale.tolist()):
            kinds[kind] += sign
    power, shape, scale = np.array(list(kinds)).T
    q, weight = unit * power, np.array(list(kinds.values()), dtype=float)

    def cumulant_function(s: np.ndarray) -> np.ndarray:
        shift = q * s[..., None]
        return (weight * (loggamma(shape - shift) - loggamma(shape) + shift * np.log(scale))).sum(-1)

    def derivative(s: np.ndarray) -> np.ndarray:
        return (weight * q * (np.log(scale) - psi(shape - q * s[..., None]))).sum(-1)

    upper = float((shape / q)[weight > 0].min())
    return float(tail_probability(np.array([statistic]), cumulant_function, derivative, mean, (-np.inf, upper))[0])


def _log_determinant(a: Num[np.ndarray, "m m"], name: str) -> float:
    sign, value = np.linalg.slogdet(a)
    if not (np.real(sign) > 0 and np.isfinite(value)):
        raise SampleSizeError(
            f"{name} is singular or not positive definite, so it has no Gaussian likelihood; "
            f"use more samples than the {len(a)} columns or a test that does not need the inverse"
        )
    return float(value)

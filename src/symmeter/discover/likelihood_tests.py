"""The Gaussian likelihood-ratio test of a group: exact where n > M, through the isotypic decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from symmeter.discover.covariance_tests import CovarianceTest, group_test
from symmeter.discover.moments import Moments
from symmeter.errors import SampleSizeError
from symmeter.representations import Action, isotypic_decomposition

if TYPE_CHECKING:
    from symmeter.statistics import LikelihoodRatioTest

__all__ = ["likelihood_ratio_group_test", "likelihood_ratio_p_value"]


def likelihood_ratio_group_test(moments: Moments | Sequence[Moments], action: Action) -> CovarianceTest:
    """Gaussian likelihood-ratio test of a group, exact at any n > M through the isotypic decomposition.

    The defect and its interval are those of :func:`group_test`; only statistic, noise (its mean under the hypothesis)
    and p-value are the likelihood ratio's. For several covariances the Bartlett-corrected statistics add up.

    Raises
    ------
    SampleSizeError
        If some covariance has n <= M or is exact.
    """

    all_moments = [moments] if isinstance(moments, Moments) else list(moments)
    tests = _likelihood_ratios(all_moments, action, "exact")
    df = sum(t.degrees_of_freedom for t in tests)
    corrected = sum(t.corrected_statistic for t in tests)
    p_value = tests[0].p_value if len(tests) == 1 else _summed_p_value(tests)
    # Only its defect and interval are used: its own p-value need not be exact.
    distance = group_test(all_moments, action, tail=False)
    sizes = ", ".join(str(m.n) for m in all_moments)
    method = f"Gaussian likelihood ratio, {df} degrees of freedom, exact null; n = {sizes}"
    return CovarianceTest(corrected, float(df), p_value, distance.defect, distance.interval, method)


def likelihood_ratio_p_value(moments: Sequence[Moments], action: Action) -> float:
    """The Bartlett-corrected p-value alone: what a search over many groups needs."""
    return _summed_p_value(_likelihood_ratios(moments, action, "bartlett"))


def _summed_p_value(tests: Sequence[LikelihoodRatioTest]) -> float:
    from symmeter.statistics import chi2_sf

    df = sum(t.degrees_of_freedom for t in tests)
    return float(np.asarray(chi2_sf(sum(t.corrected_statistic for t in tests), df)).item()) if df else 1.0


def _likelihood_ratios(
    moments: Sequence[Moments], action: Action, method: Literal["exact", "bartlett"]
) -> list[LikelihoodRatioTest]:
    from symmeter.statistics import likelihood_ratio_test

    for moment in moments:
        if moment.n is None or moment.n <= moment.dimension:
            n = "unknown" if moment.n is None else moment.n
            raise SampleSizeError(
                f"the likelihood-ratio test needs more than M = {moment.dimension} degrees of freedom; n is {n}; "
                'use test="frobenius"'
            )
    field = any(m.is_complex for m in moments)
    parts = [(c.dimension, c.multiplicity, c.division) for c in isotypic_decomposition(action, complex=field)]
    if [part[:2] for part in parts] == [(1, moments[0].dimension)]:
        # Only multiples of the identity act (as x -> -x does): every covariance has this symmetry.
        return []
    return [
        likelihood_ratio_test(m.covariance, action.symmetrize(m.covariance), m.n or 0, parts, method=method)
        for m in moments
    ]

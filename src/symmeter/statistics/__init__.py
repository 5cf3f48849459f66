"""Ground floor: p-values, intervals and nulls for measurements of symmetry. NumPy and scipy.special only."""

from __future__ import annotations

from symmeter.statistics.distributions import (
    beta_quantile,
    chi2_quantile,
    chi2_sf,
    clopper_pearson,
    normal_quantile,
    normal_sf,
)
from symmeter.statistics.group_invariance import InvarianceTest, invariance_test
from symmeter.statistics.likelihood_ratio import (
    IsotypicComponent,
    LikelihoodRatioTest,
    bic,
    expected_log_determinant,
    gaussian_log_likelihood,
    likelihood_ratio_test,
    lrt_statistic,
    parameter_count,
)
from symmeter.statistics.resampling import (
    Interval,
    JackknifeEstimate,
    bootstrap_interval,
    holm,
    jackknife_blocks,
    p_value_interval,
    permutation_p_value,
)
from symmeter.statistics.two_sample import TwoSampleTest, energy_distance_test, mmd_test
from symmeter.statistics.ustatistic import (
    SquaredNormEstimate,
    SquaredNormTest,
    squared_norm_test,
    squared_norm_ustatistic,
)
from symmeter.statistics.weighted_chi2 import cumulant_sf, weighted_chi2_cumulants, weighted_chi2_sf

__all__ = [
    "Interval",
    "InvarianceTest",
    "IsotypicComponent",
    "JackknifeEstimate",
    "LikelihoodRatioTest",
    "SquaredNormEstimate",
    "SquaredNormTest",
    "TwoSampleTest",
    "beta_quantile",
    "bic",
    "bootstrap_interval",
    "chi2_quantile",
    "chi2_sf",
    "clopper_pearson",
    "cumulant_sf",
    "energy_distance_test",
    "expected_log_determinant",
    "gaussian_log_likelihood",
    "holm",
    "invariance_test",
    "jackknife_blocks",
    "likelihood_ratio_test",
    "lrt_statistic",
    "mmd_test",
    "normal_quantile",
    "normal_sf",
    "p_value_interval",
    "parameter_count",
    "permutation_p_value",
    "squared_norm_test",
    "squared_norm_ustatistic",
    "weighted_chi2_cumulants",
    "weighted_chi2_sf",
]

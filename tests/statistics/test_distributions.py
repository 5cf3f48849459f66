import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError
from symmeter.statistics import (
    beta_quantile,
    chi2_quantile,
    chi2_sf,
    clopper_pearson,
    normal_quantile,
    normal_sf,
)


def test_tails_and_quantiles_agree_with_scipy_far_out():
    z = np.array([-40.0, -3.0, 0.0, 2.0, 10.0, 37.0])
    np.testing.assert_allclose(normal_sf(z), scipy.stats.norm.sf(z), rtol=1e-12)
    p = np.array([1e-300, 1e-10, 0.3, 0.5, 0.999])
    np.testing.assert_allclose(normal_quantile(p), scipy.stats.norm.ppf(p), rtol=1e-12, atol=1e-15)
    x = np.array([-1.0, 0.0, 1.0, 30.0, 900.0])
    for df in (1, 5, 200):
        np.testing.assert_allclose(chi2_sf(x, df), scipy.stats.chi2.sf(x, df), rtol=1e-10)
        np.testing.assert_allclose(chi2_quantile(p[1:], df), scipy.stats.chi2.ppf(p[1:], df), rtol=1e-10)
    np.testing.assert_allclose(beta_quantile(p[2:], 2.5, 7), scipy.stats.beta.ppf(p[2:], 2.5, 7), rtol=1e-12)


def test_zero_degrees_of_freedom_is_a_point_at_zero():
    assert chi2_sf(np.array([-1.0, 0.0, 2.0]), 0).tolist() == [1.0, 0.0, 0.0]


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 60), data=st.data(), level=st.sampled_from([0.8, 0.95, 0.999]))
def test_clopper_pearson_inverts_the_binomial_tails(n, data, level):
    k = data.draw(st.integers(0, n))
    low, high = clopper_pearson(k, n, level)
    assert 0 <= low <= k / n <= high <= 1
    half = (1 - level) / 2
    if k > 0:
        assert scipy.stats.binom.sf(k - 1, n, low) == pytest.approx(half, rel=1e-8)
    if k < n:
        assert scipy.stats.binom.cdf(k, n, high) == pytest.approx(half, rel=1e-8)


@pytest.mark.parametrize(
    "call",
    [
        lambda: clopper_pearson(3, 2),
        lambda: clopper_pearson(0, 0),
        lambda: clopper_pearson(1, 2, level=1.0),
        lambda: normal_quantile(1.5),
        lambda: chi2_sf(1.0, -1),
    ],
)
def test_impossible_arguments_are_refused(call):
    with pytest.raises(InputError):
        call()

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError
from symmeter.statistics import cumulant_sf, weighted_chi2_cumulants, weighted_chi2_sf


def exponential_sum_sf(t, weights):
    """P(sum_i w_i chi2_2 > t) for t >= 0 and distinct weights of any sign, by partial fractions in 120 digits."""
    with mpmath.workdps(120):
        w, t = [mpmath.mpf(float(v)) for v in weights], mpmath.mpf(float(t))
        terms = (
            mpmath.exp(-t / (2 * x)) * mpmath.fprod(x / (x - y) for j, y in enumerate(w) if j != i)
            for i, x in enumerate(w)
            if x > 0
        )
        return float(mpmath.fsum(terms))


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100, 1000])
def test_equal_weights_are_a_chi_square_from_both_ends(k):
    p = np.array([1 - 1e-6, 0.9, 0.5, 0.05, 1e-5, 1e-12, 1e-50, 1e-290])
    t = scipy.stats.chi2.isf(p, k)
    np.testing.assert_allclose(weighted_chi2_sf(3.0 * t, np.full(k, 3.0)), scipy.stats.chi2.sf(t, k), rtol=1e-10)
    low = scipy.stats.chi2.ppf(1e-6, k)
    assert 1 - weighted_chi2_sf(low, np.ones(k)) == pytest.approx(1e-6, rel=1e-6)


SPECTRA = {
    "geometric": 0.5 ** np.arange(20),
    "eight decades": 10.0 ** -np.linspace(0, 8, 12),
    "one above many": np.r_[10.0, 1 + 1e-4 * np.arange(20)],
    "one far above many": np.r_[1000.0, 1 + 1e-3 * np.arange(24)],
    "mixed signs": np.r_[3.0, -2.0, 1.0, -0.5, 0.2],
    "one negative among many": np.r_[-300.0, 1 + 0.01 * np.arange(20), 7.0],
    "many negative": np.r_[1.0, -0.1 - 1e-3 * np.arange(20)],
}


@pytest.mark.parametrize("name", SPECTRA)
def test_weights_in_pairs_are_sums_of_exponentials(name):
    w = SPECTRA[name]
    mean, sd = 2 * w.sum(), 2 * np.sqrt((w**2).sum())
    t = mean + sd * np.array([-1, -0.3, -0.01, 0, 0.01, 0.3, 1, 3, 10, 40])
    t = t[t > 0]
    expected = np.array([exponential_sum_sf(v, w) for v in t])
    found = weighted_chi2_sf(t, np.repeat(w, 2))
    above = (t >= mean) & (expected > 1e-300)
    np.testing.assert_allclose(found[above], expected[above], rtol=1e-9)
    np.testing.assert_allclose(found[t < mean], expected[t < mean], atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    exponents=st.lists(st.integers(-60, 0), min_size=1, max_size=10, unique=True),
    signs=st.lists(st.booleans(), min_size=10, max_size=10),
    z=st.floats(-1.0, 12.0),
)
def test_random_spectra_in_pairs(exponents, signs, z):
    w = 10.0 ** (np.array(exponents) / 10) * np.where(signs[: len(exponents)], 1.0, -1.0)
    mean, sd = 2 * w.sum(), 2 * np.sqrt((w**2).sum())
    t = mean + z * sd
    if t <= 0 or not (w > 0).any():
        assert weighted_chi2_sf(t, np.repeat(w, 2)) == pytest.approx(
            1 - weighted_chi2_sf(-t, np.repeat(-w, 2)), abs=1e-9
        )
        return
    expected = exponential_sum_sf(t, w)
    found = weighted_chi2_sf(t, np.repeat(w, 2))
    assert found == pytest.approx(expected, rel=1e-9 if z >= 0 else 0, abs=0 if z >= 0 else 1e-10)


def test_agrees_with_monte_carlo_for_odd_weights():
    rng = np.random.default_rng(0)
    w = np.array([5.0, 2.0, 1.0, 0.3, -0.7])
    draws = rng.standard_normal((200_000, 5)) ** 2 @ w
    t = np.array([-1.0, 0.0, 1.0, 5.0, 10.0, 30.0])
    found = weighted_chi2_sf(t, w)
    measured = (draws[:, None] > t).mean(axis=0)
    assert np.all(np.abs(measured - found) < 4.5 * np.sqrt(found * (1 - found) / 200_000))


def test_one_positive_and_one_negative_weight_is_symmetric():
    t = np.array([0.0, 1e-9, 0.1, 3.0])
    np.testing.assert_allclose(weighted_chi2_sf(t, [1, -1]) + weighted_chi2_sf(-t, [1, -1]), 1.0, atol=1e-12)
    # The difference of two chi-squares is a product of two normals: its density is K_0(|t| / 2) / (2 pi).
    from scipy.integrate import quad
    from scipy.special import k0

    assert weighted_chi2_sf(3.0, [1, -1]) == pytest.approx(quad(lambda x: k0(x / 2) / (2 * np.pi), 3, 200)[0], rel=1e-8)
    assert weighted_chi2_sf(0.0, [1, -1]) == pytest.approx(0.5, abs=1e-8)


def test_shapes_edges_and_zero_weights():
    assert weighted_chi2_sf(1.0, [1.0, 0.0]) == pytest.approx(scipy.stats.chi2.sf(1.0, 1), rel=1e-10)
    assert weighted_chi2_sf(np.ones((2, 3)), [1.0]).shape == (2, 3)
    assert weighted_chi2_sf([-1.0, 0.0, np.inf], [1.0, 2.0]).tolist() == [1.0, 1.0, 0.0]
    assert weighted_chi2_sf([-1.0, 1.0], []).tolist() == [1.0, 0.0]
    assert weighted_chi2_sf(-1.0, [-1.0]) == pytest.approx(scipy.stats.chi2.cdf(1.0, 1), rel=1e-10)
    assert weighted_chi2_sf(5000.0, [1.0, 1.0]) == 0.0
    with pytest.raises(NonFiniteError):
        weighted_chi2_sf(1.0, [np.nan])
    with pytest.raises(NonFiniteError):
        weighted_chi2_sf(np.nan, [1.0])
    with pytest.raises(InputError, match="real"):
        weighted_chi2_sf(1.0, [1j])


def test_cumulants_match_those_of_gamma_sums():
    rng = np.random.default_rng(2)
    w = rng.standard_normal(6)
    expected = [sum(scipy.stats.gamma(0.5).stats("mvsk")[0] * 2 * w)]
    expected += [2 * (w**2).sum(), 8 * (w**3).sum(), 48 * (w**4).sum()]
    np.testing.assert_allclose(weighted_chi2_cumulants(w), expected)


def test_cumulant_match_is_exact_for_its_own_family():
    t = np.array([0.1, 5.0, 40.0])
    np.testing.assert_allclose(cumulant_sf(t, 5, 10, 40), scipy.stats.chi2.sf(t, 5), rtol=1e-12)
    np.testing.assert_allclose(cumulant_sf(-t, -5, 10, -40), scipy.stats.chi2.cdf(t, 5), rtol=1e-9)
    z = np.array([-2.0, 0.0, 3.0, 6.0])
    np.testing.assert_allclose(cumulant_sf(1 + 2 * z, 1, 4, 0), scipy.stats.norm.sf(z), rtol=1e-12)
    np.testing.assert_allclose(cumulant_sf(1 + 2 * z, 1, 4, 8e-6), scipy.stats.norm.sf(z), rtol=1e-3)
    for skewness in (0.02, 0.5, -0.3):
        found = cumulant_sf(1 + 2 * z, 1, 4, 8 * skewness)
        np.testing.assert_allclose(found, scipy.stats.pearson3.sf(z, skewness), rtol=1e-8)
    assert cumulant_sf(np.array([0.0, 2.0]), 1, 0, 0).tolist() == [1.0, 0.0]
    with pytest.raises(InputError):
        cumulant_sf(1.0, 0, -1, 0)


def test_cumulant_match_holds_what_its_documentation_says():
    for w in (0.5 ** np.arange(20), 1 / np.arange(1, 200), np.r_[10.0, np.ones(100)]):
        k = weighted_chi2_cumulants(w, 3)
        t = k[0] + np.sqrt(k[1]) * np.linspace(0, 12, 80)
        exact, approximate = weighted_chi2_sf(t, w), cumulant_sf(t, *k)
        ordinary = exact > 0.01
        assert np.all(np.abs(approximate[ordinary] / exact[ordinary] - 1) < 0.16)
        assert np.all(approximate[exact < 1e-5] < exact[exact < 1e-5])

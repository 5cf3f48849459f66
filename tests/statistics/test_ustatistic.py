from itertools import permutations

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError
from symmeter.statistics import squared_norm_test, squared_norm_ustatistic
from symmeter.statistics.weighted_chi2 import weighted_chi2_sf


def test_estimate_and_jackknife_by_their_definitions():
    d = np.random.default_rng(0).standard_normal((7, 4)) + 0.3

    def u(rows):
        return np.mean([a @ b for a, b in permutations(rows, 2)])

    found = squared_norm_ustatistic(d @ d.T)
    assert found.estimate == pytest.approx(u(d))
    leave_out = np.array([u(np.delete(d, i, axis=0)) for i in range(7)])
    assert found.standard_error == pytest.approx(np.sqrt(6 / 7 * ((leave_out - leave_out.mean()) ** 2).sum()))


@pytest.mark.parametrize("size", [0.0, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("skewed", [False, True])
def test_unbiased_with_a_covering_interval(size, skewed):
    rng = np.random.default_rng(1)
    delta = size * np.array([1.0, -0.4, 0.2])
    truth = float(delta @ delta)
    estimates, hits = [], 0
    for _ in range(500):
        noise = rng.exponential(size=(40, 3)) - 1 if skewed else rng.standard_normal((40, 3))
        d = delta + noise * [0.5, 1.0, 2.0]
        found = squared_norm_ustatistic(d @ d.T)
        estimates.append(found.estimate)
        hits += found.interval[0] <= truth <= found.interval[1]
    error = np.std(estimates) / np.sqrt(500)
    assert abs(np.mean(estimates) - truth) < 4.5 * error
    assert hits / 500 > 0.91


def test_interval_tends_to_the_normal_one_far_from_zero():
    d = np.random.default_rng(11).standard_normal((200, 3)) + 5
    found = squared_norm_ustatistic(d @ d.T)
    reach = 1.959963984540054 * found.standard_error
    assert found.interval == pytest.approx((found.estimate - reach, found.estimate + reach), rel=0.01)


def test_jackknife_error_is_about_right_away_from_zero_and_too_wide_at_zero():
    rng = np.random.default_rng(2)
    for delta, low, high in ((1.0, 0.85, 1.2), (0.0, 1.2, 1.7)):
        found = [squared_norm_ustatistic(d @ d.T) for d in rng.standard_normal((400, 60, 5)) + delta]
        ratio = np.mean([f.standard_error for f in found]) / np.std([f.estimate for f in found])
        assert low < ratio < high


def vectors(kind, rng, n):
    if kind == "gaussian":
        return rng.standard_normal((n, 4)) * [3, 1, 1, 0.3]
    if kind == "skewed":
        return (rng.exponential(size=(n, 6)) - 1) * [3, 1, 1, 1, 0.5, 0.2]
    if kind == "heavy":
        return rng.standard_t(3, (n, 5))
    return rng.standard_normal((n, 100)) @ np.diag(1 / np.arange(1, 101) ** 0.3)


@pytest.mark.parametrize("cumulants", [True, False])
@pytest.mark.parametrize(("kind", "n"), [("gaussian", 20), ("skewed", 60), ("heavy", 40), ("long", 25)])
def test_size_under_the_null(kind, n, cumulants):
    rng = np.random.default_rng(3)
    trials = 800 if cumulants else 400
    p = np.empty(trials)
    for b in range(trials):
        d = vectors(kind, rng, n)
        p[b] = squared_norm_test(d @ d.T, cumulants=cumulants).p_value
    assert 0.025 < (p < 0.05).mean() < 0.085
    assert (p < 0.01).mean() < 0.03


def test_cumulants_are_those_of_random_signs():
    rng = np.random.default_rng(4)
    d = rng.standard_normal((6, 3))
    k = d @ d.T / 6
    np.fill_diagonal(k, 0)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1)
    q = ((k @ signs) * signs).sum(axis=0)
    assert q.mean() == pytest.approx(0, abs=1e-12)
    assert (q**2).mean() == pytest.approx(2 * np.trace(k @ k))
    assert (q**3).mean() == pytest.approx(8 * np.trace(k @ k @ k))


def test_power_grows_with_n_and_both_methods_reject():
    rng = np.random.default_rng(5)
    d = rng.standard_normal((80, 5)) + 0.5
    for cumulants in (True, False, None):
        assert squared_norm_test(d @ d.T, cumulants=cumulants).p_value < 1e-6
    few, many = (squared_norm_test(d[:n] @ d[:n].T).p_value for n in (20, 80))
    assert many < few


def test_one_dimensional_case_is_a_score_test():
    x = np.random.default_rng(6).standard_normal(500) + 0.1
    found = squared_norm_test(np.outer(x, x), cumulants=False)
    expected = weighted_chi2_sf(x.sum() ** 2 / (x**2).sum(), [1.0])
    assert found.p_value == pytest.approx(float(expected), rel=0.05)


def test_complex_gram_matrices_use_their_real_part():
    rng = np.random.default_rng(7)
    z = rng.standard_normal((30, 4)) + 1j * rng.standard_normal((30, 4))
    real = np.hstack([z.real, z.imag])
    assert squared_norm_test(z @ z.conj().T).p_value == pytest.approx(squared_norm_test(real @ real.T).p_value)
    assert squared_norm_ustatistic(z @ z.conj().T).estimate == pytest.approx(
        squared_norm_ustatistic(real @ real.T).estimate
    )


def test_zero_differences_are_no_evidence():
    assert squared_norm_test(np.zeros((5, 5))).p_value == 1.0
    assert squared_norm_ustatistic(np.zeros((5, 5))).interval == (0.0, 0.0)


@pytest.mark.parametrize(
    ("k", "error"),
    [
        (np.eye(2), SampleSizeError),
        (np.ones((2, 3)), ShapeError),
        (np.full((3, 3), np.nan), NonFiniteError),
        (np.triu(np.ones((4, 4))), InputError),
    ],
)
def test_bad_gram_matrices_are_refused(k, error):
    with pytest.raises(error):
        squared_norm_ustatistic(k)

import numpy as np
import pytest
import scipy.stats

from symmeter.errors import InputError, NonFiniteError, SampleSizeError
from symmeter.statistics import bootstrap_interval, holm, jackknife_blocks, p_value_interval, permutation_p_value


def test_jackknife_of_the_mean_is_the_standard_error():
    x = np.random.default_rng(0).standard_normal(40)
    found = jackknife_blocks(x, np.mean, blocks=40)
    assert found.standard_error == pytest.approx(x.std(ddof=1) / np.sqrt(40))
    assert found.bias_corrected == pytest.approx(x.mean())


def test_jackknife_removes_the_bias_of_the_plug_in_variance():
    x = np.random.default_rng(1).standard_normal(15)
    assert jackknife_blocks(x, np.var, blocks=15).bias_corrected == pytest.approx(x.var(ddof=1))


def test_block_jackknife_sees_correlation_that_single_deletion_misses():
    rng = np.random.default_rng(2)
    x = np.repeat(rng.standard_normal(30), 10)
    single, blocked = jackknife_blocks(x, np.mean, blocks=300), jackknife_blocks(x, np.mean, blocks=30)
    assert blocked.standard_error == pytest.approx(x[::10].std(ddof=1) / np.sqrt(30))
    assert single.standard_error < 0.4 * blocked.standard_error


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_bootstrap_agrees_with_scipy(method):
    x = np.random.default_rng(3).exponential(size=30)
    found = bootstrap_interval(x, np.mean, draws=4000, method=method, rng=0)
    peer = scipy.stats.bootstrap(
        (x,), np.mean, n_resamples=4000, method="BCa" if method == "bca" else "percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    width = peer.high - peer.low
    assert found.low == pytest.approx(peer.low, abs=0.05 * width)
    assert found.high == pytest.approx(peer.high, abs=0.05 * width)


def test_bootstrap_coverage_of_a_skewed_mean():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        found = bootstrap_interval(rng.exponential(size=40), np.mean, level=0.9, draws=300, rng=rng)
        hits += found.low <= 1.0 <= found.high
    assert 0.82 < hits / 200 < 0.96


def test_bootstrap_is_deterministic_and_survives_a_constant():
    x = np.arange(20.0)
    assert bootstrap_interval(x, np.median, rng=5) == bootstrap_interval(x, np.median, rng=5)
    constant = bootstrap_interval(np.ones(5), np.mean, rng=0)
    assert (constant.low, constant.high) == (1.0, 1.0)


def test_permutation_p_values_count_ties_and_are_never_zero():
    assert permutation_p_value(10.0, np.zeros(99)) == pytest.approx(0.01)
    assert permutation_p_value(1.0, [1.0, 1.0, 0.0]) == pytest.approx(0.75)
    assert permutation_p_value(1.0, [1.0 - 1e-13, 0.0, 0.0]) == pytest.approx(0.5)
    low, high = p_value_interval(1.0, [2.0] * 30 + [0.0] * 70)
    assert low < 0.3 < high
    expected = scipy.stats.binomtest(30, 100).proportion_ci(method="exact")
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_permutation_p_value_is_super_uniform_at_its_own_levels():
    rng = np.random.default_rng(6)
    p = np.array([permutation_p_value(d[0], d[1:]) for d in rng.standard_normal((4000, 20))])
    for level in (0.05, 0.25, 0.5):
        assert abs((p <= level + 1e-12).mean() - level) < 4.5 * np.sqrt(level * (1 - level) / 4000)


def test_holm_by_its_definition():
    rng = np.random.default_rng(7)
    for _ in range(20):
        p = rng.uniform(0, 0.3, size=rng.integers(1, 8))
        adjusted = holm(p)
        for alpha in (0.01, 0.05, 0.2):
            rejected, order = np.zeros(p.size, dtype=bool), np.argsort(p)
            for rank, k in enumerate(order):
                if p[k] * (p.size - rank) > alpha:
                    break
                rejected[k] = True
            np.testing.assert_array_equal(adjusted <= alpha, rejected)
    assert holm([]).size == 0


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: bootstrap_interval([1.0], np.mean), SampleSizeError),
        (lambda: bootstrap_interval([1.0, 2.0], np.mean, level=2), InputError),
        (lambda: bootstrap_interval([1.0, 2.0], np.mean, method="magic"), InputError),
        (lambda: bootstrap_interval([1.0, 2.0], lambda x: float("nan")), NonFiniteError),
        (lambda: jackknife_blocks([1.0, 2.0], np.mean, blocks=3), SampleSizeError),
        (lambda: permutation_p_value(1.0, []), SampleSizeError),
        (lambda: permutation_p_value(float("nan"), [1.0]), NonFiniteError),
        (lambda: permutation_p_value(1.0, [float("nan")]), NonFiniteError),
        (lambda: holm([2.0]), InputError),
    ],
)
def test_bad_input_is_refused(call, error):
    with pytest.raises(error):
        call()

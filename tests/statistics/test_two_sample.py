import numpy as np
import pytest
import scipy.stats
from scipy.spatial.distance import cdist

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError
from symmeter.statistics import energy_distance_test, mmd_test
from symmeter.statistics.distances import pairwise_distances


def test_distances_agree_with_scipy_after_a_large_shift():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 4)) + 1e4, rng.standard_normal((20, 4)) + 1e4
    np.testing.assert_allclose(pairwise_distances(x, y), cdist(x, y), rtol=1e-10)
    d = pairwise_distances(x, x)
    np.testing.assert_array_equal(np.diagonal(d), 0)


def test_energy_statistic_by_its_definition():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((13, 3)), rng.standard_normal((9, 3)) + 0.5
    expected = 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()
    assert energy_distance_test(x, y, rng=0).statistic == pytest.approx(expected, rel=1e-10)
    one, other = rng.standard_normal(15), rng.standard_normal(12)
    # In one dimension SciPy's energy distance is the square root of the same number.
    peer = scipy.stats.energy_distance(one, other) ** 2
    assert energy_distance_test(one, other, rng=0).statistic == pytest.approx(peer, rel=1e-10)


def test_mmd_statistic_by_its_definition():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((11, 2)), rng.standard_normal((7, 2))
    k = [np.exp(-(cdist(a, b) ** 2) / (2 * 0.7**2)).mean() for a, b in ((x, x), (y, y), (x, y))]
    assert mmd_test(x, y, bandwidth=0.7, rng=0).statistic == pytest.approx(k[0] + k[1] - 2 * k[2], rel=1e-9)
    z = np.concatenate([x, y])
    median = np.median(cdist(z, z)[np.triu_indices(18, 1)])
    assert mmd_test(x, y, rng=0).statistic == pytest.approx(mmd_test(x, y, bandwidth=median, rng=0).statistic)


@pytest.mark.parametrize("test", [energy_distance_test, mmd_test])
def test_p_values_are_uniform_under_the_hypothesis(test):
    rng = np.random.default_rng(3)
    p = [
        test(rng.standard_t(3, (15, 2)), rng.standard_t(3, (10, 2)), permutations=99, rng=rng).p_value
        for _ in range(300)
    ]
    # P-values live on multiples of 1/100; smear them to compare with the continuous law.
    smeared = np.array(p) - rng.uniform(0, 0.01, 300)
    assert scipy.stats.kstest(smeared, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("test", [energy_distance_test, mmd_test])
def test_differences_in_mean_scale_and_shape_are_seen(test):
    rng = np.random.default_rng(4)
    x = rng.standard_normal((300, 3))
    assert test(x, rng.standard_normal((300, 3)) + 0.5, rng=0).p_value < 0.01
    assert test(x, 1.6 * rng.standard_normal((300, 3)), rng=0).p_value < 0.01
    skewed = rng.exponential(size=(300, 3)) - 1
    assert test(x, skewed, rng=0).p_value < 0.01
    assert test(x, rng.standard_normal((300, 3)), rng=0).p_value > 0.01


def test_complex_samples_are_compared_as_planes():
    rng = np.random.default_rng(5)
    proper = (rng.standard_normal((200, 2)) + 1j * rng.standard_normal((200, 2))) / np.sqrt(2)
    real = rng.standard_normal((200, 2)).astype(complex)
    assert energy_distance_test(proper, real, rng=0).p_value < 0.01
    # A real table against a complex one is compared in the complex plane too.
    assert energy_distance_test(real.real, proper, rng=0).p_value < 0.01


def test_large_samples_are_thinned_in_proportion_and_reproducibly():
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((3000, 2)), rng.standard_normal((1000, 2))
    a, b = (energy_distance_test(x, y, permutations=50, rng=7, max_points=400) for _ in range(2))
    assert (a.n_x, a.n_y, a.subsampled) == (300, 100, True)
    assert a == b
    assert not energy_distance_test(x[:50], y[:50], rng=0).subsampled


def test_identical_samples_are_never_different():
    x = np.zeros((10, 2))
    for test in (energy_distance_test, mmd_test):
        assert test(x, x, rng=0).p_value == 1.0


@pytest.mark.parametrize(
    ("x", "y", "error"),
    [
        (np.zeros((5, 2)), np.zeros((5, 3)), ShapeError),
        (np.zeros((1, 2)), np.zeros((5, 2)), SampleSizeError),
        (np.array([[np.nan], [1.0]]), np.zeros((5, 1)), NonFiniteError),
        (np.zeros((0, 2)), np.zeros((5, 2)), ShapeError),
    ],
)
def test_bad_tables_are_refused(x, y, error):
    with pytest.raises(error):
        energy_distance_test(x, y)


def test_bad_settings_are_refused():
    x = np.arange(8.0)
    with pytest.raises(InputError, match="permutation"):
        energy_distance_test(x, x, permutations=0)
    with pytest.raises(InputError, match="bandwidth"):
        mmd_test(x, x, bandwidth=-1.0)
    with pytest.raises(SampleSizeError, match="max_points"):
        energy_distance_test(x, x, max_points=3)

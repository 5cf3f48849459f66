from itertools import product

import numpy as np
import pytest
import scipy.stats

from symmeter.errors import InputError, SampleSizeError, ShapeError, UnidentifiableError
from symmeter.statistics import (
    bic,
    chi2_sf,
    expected_log_determinant,
    gaussian_log_likelihood,
    likelihood_ratio_test,
    lrt_statistic,
    parameter_count,
)

# Left multiplication by 1, i, j, k on the quaternions as 4 x 4 real matrices.
QUATERNIONS = np.array(
    [
        np.eye(4),
        [[0, -1, 0, 0], [1, 0, 0, 0], [0, 0, 0, -1], [0, 0, 1, 0]],
        [[0, 0, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, -1, 0, 0]],
        [[0, 0, 0, -1], [0, 0, -1, 0], [0, 1, 0, 0], [1, 0, 0, 0]],
    ]
)


def cyclic(m, copies=1):
    return [np.kron(np.roll(np.eye(m), k, axis=0), np.eye(copies)) for k in range(m)]


def dihedral(m):
    return [p @ f for p in cyclic(m) for f in (np.eye(m), np.eye(m)[::-1])]


def quaternion(copies):
    return [s * np.kron(np.eye(copies), q) for s, q in product((1, -1), QUATERNIONS)]


# name: (group matrices, real isotypic components, complex isotypic components)
GROUPS = {
    "C8": (cyclic(8), [(1, 1), (1, 1)] + [(2, 1, 2)] * 3, [(1, 1)] * 8),
    "D8": (dihedral(8), [(1, 1), (1, 1)] + [(2, 1, 1)] * 3, [(1, 1)] * 2 + [(2, 1)] * 3),
    "three copies of C3": (cyclic(3, copies=3), [(1, 3), (2, 3, 2)], [(1, 3)] * 3),
    "two copies of Q8": (quaternion(2), [(4, 2, 4)], [(2, 4)]),
    "exchange": (cyclic(2, copies=4), [(1, 4), (1, 4)], [(1, 4)] * 2),
}


def average(s, group):
    return sum(p @ s @ p.T for p in group) / len(group)


def samples(group, n, trials, is_complex, seed):
    """Sample covariances of data whose covariance is a random member of the model, and their averages."""
    rng = np.random.default_rng(seed)
    m = len(group[0])
    a = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if is_complex else 0)
    sigma = average(a @ a.conj().T + np.eye(m), group)
    root = np.linalg.cholesky(sigma)
    x = rng.standard_normal((trials, n, m))
    if is_complex:
        x = (x + 1j * rng.standard_normal(x.shape)) / np.sqrt(2)
    x = x @ root.T
    s = np.einsum("bni,bnj->bij", x, x.conj()) / n
    return s, average(s, group), sigma


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("n", [12, 30])
def test_mean_of_the_log_determinants_by_monte_carlo(name, is_complex, n):
    group, *components = GROUPS[name]
    components = components[is_complex]
    field = "complex" if is_complex else "real"
    trials = 3000
    s, s_g, sigma = samples(group, n, trials, is_complex, seed=1)
    for matrices, parts in ((s, [(1, len(sigma))]), (s_g, components)):
        values = np.linalg.slogdet(matrices)[1] - np.linalg.slogdet(sigma)[1]
        error = values.std() / np.sqrt(trials)
        assert abs(values.mean() - expected_log_determinant(parts, n, field)) < 4.5 * error


@pytest.mark.parametrize("name", GROUPS)
def test_parameter_counts_are_dimensions_of_the_commutant(name):
    group, real, unitary = GROUPS[name]
    m = len(group[0])
    i, j = np.triu_indices(m)
    basis = np.zeros((len(i), m, m))
    basis[np.arange(len(i)), i, j] = basis[np.arange(len(i)), j, i] = 1
    symmetric = np.linalg.matrix_rank(average(basis, group).reshape(len(i), -1))
    assert parameter_count(real) == symmetric
    i, j = np.triu_indices(m, 1)
    skew = np.zeros((len(i), m, m))
    skew[np.arange(len(i)), i, j], skew[np.arange(len(i)), j, i] = 1, -1
    rank = np.linalg.matrix_rank(average(skew, group).reshape(len(i), -1))
    assert parameter_count(unitary, "complex") == symmetric + rank


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize(("name", "n"), [("C8", 8), ("three copies of C3", 10), ("two copies of Q8", 9), ("D8", 20)])
def test_exact_p_values_are_uniform_at_any_sample_size(name, n, is_complex):
    group, *components = GROUPS[name]
    s, s_g, _ = samples(group, n, 200, is_complex, seed=3)
    p = [likelihood_ratio_test(a, b, n, components[is_complex]).p_value for a, b in zip(s, s_g)]
    assert scipy.stats.kstest(p, "uniform").pvalue > 1e-3


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize(("n", "low", "high"), [(20, 0.035, 0.075), (100, 0.03, 0.08)])
def test_bartlett_corrected_size(name, is_complex, n, low, high):
    group, *components = GROUPS[name]
    trials = 4000
    s, s_g, _ = samples(group, n, trials, is_complex, seed=5)
    factor = 2 * n if is_complex else n
    statistic = factor * (np.linalg.slogdet(s_g)[1] - np.linalg.slogdet(s)[1])
    one = likelihood_ratio_test(s[0], s_g[0], n, components[is_complex], method="bartlett")
    assert one.statistic == pytest.approx(statistic[0], rel=1e-9)
    scale = one.corrected_statistic / one.statistic
    size = (chi2_sf(statistic * scale, one.degrees_of_freedom) < 0.05).mean()
    assert low < size < high
    if n == 20:
        raw = (chi2_sf(statistic, one.degrees_of_freedom) < 0.05).mean()
        assert raw > size


def test_exact_p_value_of_two_variances_is_the_f_test():
    # Equality of two variances (exchange of two uncorrelated coordinates): the ratio of determinants is a function
    # of an F variable. Here the subgroup is the sign change of one coordinate.
    s = np.diag([1.0, 2.2])
    n = 7
    test = likelihood_ratio_test(s, np.eye(2) * 1.6, n, [(2, 1)], alternative=[(1, 1), (1, 1)])
    f = 2.2
    statistic = n * (2 * np.log((1 + f) / 2) - np.log(f))
    assert test.statistic == pytest.approx(statistic)
    assert test.p_value == pytest.approx(2 * scipy.stats.f.sf(f, n, n), rel=1e-9)
    assert test.degrees_of_freedom == 1


def test_exact_p_value_of_sphericity_in_two_dimensions():
    # Mauchly: for two coordinates the criterion W = det S / (tr S / 2)^2 satisfies P(W < w) = w^((n - 1) / 2).
    rng = np.random.default_rng(1)
    x = rng.standard_normal((11, 2))
    s = x.T @ x / 11
    s0 = np.eye(2) * np.trace(s) / 2
    w = np.linalg.det(s) / np.linalg.det(s0)
    test = likelihood_ratio_test(s, s0, 11, [(2, 1)])
    assert test.p_value == pytest.approx(w ** ((11 - 1) / 2), rel=1e-9)


def test_independence_of_two_coordinates_is_the_correlation_test():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((9, 2)) @ [[1.0, 0.6], [0.0, 1.0]]
    s = x.T @ x / 9
    test = likelihood_ratio_test(s, np.diag(np.diag(s)), 9, [(1, 1), (1, 1)])
    r2 = s[0, 1] ** 2 / (s[0, 0] * s[1, 1])
    assert test.p_value == pytest.approx(scipy.stats.beta.sf(r2, 0.5, (9 - 1) / 2), rel=1e-9)


def test_methods_agree_for_large_samples_and_power_is_there():
    group, components, _ = GROUPS["D8"]
    rng = np.random.default_rng(8)
    x = rng.standard_normal((4000, 8))
    s = x.T @ x / 4000
    p = [likelihood_ratio_test(s, average(s, group), 4000, components, method=m).p_value for m in ("exact", "bartlett")]
    assert p[0] == pytest.approx(p[1], rel=1e-3)
    assert likelihood_ratio_test(s, average(s, group), 4000, components, method="chi2").p_value == pytest.approx(
        p[0], rel=0.1
    )
    broken = x * np.r_[1.5, np.ones(7)]
    s = broken.T @ broken / 4000
    assert likelihood_ratio_test(s, average(s, group), 4000, components).p_value < 1e-12


def test_log_likelihood_agrees_with_scipy_and_gives_the_ratio():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20, 3))
    s = x.T @ x / 20
    sigma = s + np.eye(3)
    expected = scipy.stats.multivariate_normal(np.zeros(3), sigma).logpdf(x).sum()
    assert gaussian_log_likelihood(s, sigma, 20) == pytest.approx(expected)
    s0 = average(s, cyclic(3))
    ratio = 2 * (gaussian_log_likelihood(s, s, 20) - gaussian_log_likelihood(s, s0, 20))
    assert lrt_statistic(s, s0, 20) == pytest.approx(ratio)
    z = x + 1j * rng.standard_normal((20, 3))
    s = z.T @ z.conj() / 20
    s0 = average(s, cyclic(3))
    ratio = 2 * (gaussian_log_likelihood(s, s, 20) - gaussian_log_likelihood(s, s0, 20))
    assert lrt_statistic(s, s0, 20) == pytest.approx(ratio)
    # Proper complex data are real data of twice the dimension with the covariance of (Re, Im).
    real = np.block([[s.real, -s.imag], [s.imag, s.real]]) / 2
    rows = np.hstack([z.real, z.imag])
    direct = scipy.stats.multivariate_normal(np.zeros(6), real).logpdf(rows).sum()
    assert gaussian_log_likelihood(s, s, 20) == pytest.approx(direct)
    assert bic(-3.0, 4, 20) == pytest.approx(6 + 4 * np.log(20))


def test_unusable_input_is_refused_with_a_reason():
    s = np.eye(8) + 0.01 * np.ones((8, 8))
    components = GROUPS["D8"][1]
    with pytest.raises(SampleSizeError, match="needs 8 or more"):
        likelihood_ratio_test(s, s, 7, components)
    with pytest.raises(SampleSizeError, match="singular"):
        likelihood_ratio_test(np.ones((8, 8)), s, 20, components)
    with pytest.raises(ShapeError, match="fill 3 dimensions"):
        likelihood_ratio_test(s, s, 20, [(1, 1), (2, 1)])
    with pytest.raises(UnidentifiableError):
        likelihood_ratio_test(s, s, 20, [(1, 8)])
    with pytest.raises(InputError, match="division algebra"):
        parameter_count([(3, 1, 2)])
    with pytest.raises(InputError, match="empty"):
        parameter_count([])
    with pytest.raises(InputError, match="method"):
        likelihood_ratio_test(s, s, 20, components, method="guess")
    with pytest.raises(InputError, match="field"):
        parameter_count([(1, 1)], "quaternion")
    with pytest.raises(ShapeError):
        lrt_statistic(np.eye(2), np.eye(3), 5)

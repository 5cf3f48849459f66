import numpy as np
import pytest
import scipy.stats
from scipy.spatial.distance import cdist

from symmeter.errors import InputError, NonFiniteError, NotAGroupElementError, SampleSizeError, ShapeError
from symmeter.statistics import energy_distance_test, invariance_test
from symmeter.statistics.group_invariance import _degenerate_kernel, _orbit_kernels, _randomised_statistics


def flip(x, k):
    return (-1.0) ** k * x


def shift(x, k):
    return np.roll(x, k, axis=1)


def phase(m):
    return lambda x, k: np.exp(2j * np.pi * k / m) * x


def real_rows(x):
    return np.hstack([x.real, x.imag]) if np.iscomplexobj(x) else x


def direct_statistic(x, orbit, m):
    """mean |x_i - P^a x_j| over all a, minus mean |x_i - x_j|."""
    across = np.mean([cdist(real_rows(x), real_rows(orbit(x, a))).mean() for a in range(m)])
    return across - cdist(real_rows(x), real_rows(x)).mean()


@pytest.mark.parametrize(
    ("orbit", "m", "columns", "is_complex"),
    [(flip, 2, 3, False), (shift, 3, 3, False), (shift, 4, 4, False), (shift, 6, 6, True), (phase(5), 5, 2, True)],
)
def test_randomised_statistics_by_moving_the_samples(orbit, m, columns, is_complex):
    rng = np.random.default_rng(m)
    x = rng.standard_normal((9, columns)) + (1j * rng.standard_normal((9, columns)) if is_complex else 0)
    turns = rng.integers(0, m, size=(9, 12))
    found = _randomised_statistics(_orbit_kernels(x, orbit, m, ()), m, turns)
    for values, column in zip(found, turns.T):
        moved = np.concatenate([orbit(x[i : i + 1], int(g)) for i, g in enumerate(column)])
        assert values == pytest.approx(direct_statistic(moved, orbit, m), abs=1e-12)
    assert invariance_test(x, orbit, m, rng=0).statistic == pytest.approx(direct_statistic(x, orbit, m), abs=1e-12)
    assert direct_statistic(x, orbit, m) >= 0


SHIFTS_OF_FOUR = [lambda rows, k=k: np.roll(rows, k, axis=1) for k in range(4)]


def reverse(x, k):
    return x[:, ::-1] if k % 2 else x


def test_modulo_a_group_is_the_statistic_of_the_averaged_laws():
    """Energy distance between two mixtures: every sample together with all of its images under the group."""
    rng = np.random.default_rng(5)
    x = rng.exponential(size=(8, 4))
    turns = rng.integers(0, 2, size=(8, 6))
    found = _randomised_statistics(_orbit_kernels(x, reverse, 2, SHIFTS_OF_FOUR), 2, turns)
    for value, column in zip(found, turns.T):
        moved = np.concatenate([reverse(x[i : i + 1], int(g)) for i, g in enumerate(column)])
        orbit = np.concatenate([h(moved) for h in SHIFTS_OF_FOUR])
        assert value == pytest.approx(direct_statistic(orbit, reverse, 2), abs=1e-12)


def test_modulo_a_group_keeps_the_size_and_gains_power():
    """Cyclic words with a sense of rotation: reversal changes the law, but only modulo the shifts is it easy to see."""
    rng = np.random.default_rng(6)

    def words(handed):
        base = np.array([0.0, 1.0, 3.0, 9.0])
        rows = [np.roll(base if handed or rng.random() < 0.5 else base[::-1], rng.integers(4)) for _ in range(24)]
        return np.array(rows) + 2.0 * rng.standard_normal((24, 4))

    def p_values(handed, modulo):
        return [
            invariance_test(words(handed), reverse, 2, draws=99, rng=rng, modulo=modulo).p_value for _ in range(150)
        ]

    assert uniformity(p_values(False, SHIFTS_OF_FOUR), 99, rng) > 1e-3
    plain = np.mean(np.array(p_values(True, ())) <= 0.05)
    averaged = np.mean(np.array(p_values(True, SHIFTS_OF_FOUR)) <= 0.05)
    assert averaged > plain + 0.2


def test_degenerate_kernel_is_half_the_energy_distance_to_the_image():
    rng = np.random.default_rng(1)
    x = rng.exponential(size=(40, 5))
    turn = 0.3

    def rotate(rows, k):
        c, s = np.cos(turn * k), np.sin(turn * k)
        out = rows.copy()
        out[:, :2] = rows[:, :2] @ np.array([[c, s], [-s, c]])
        return out

    h, _ = _degenerate_kernel(x, rotate, ())
    full = energy_distance_test(x, rotate(x, 1), permutations=1, rng=0).statistic
    assert h.mean() == pytest.approx(full / 2, rel=1e-9)
    found = invariance_test(x, rotate, None, rng=0)
    assert found.statistic == pytest.approx(full / 2, rel=1e-9)
    assert "wild bootstrap" in found.method
    assert found.order is None


def uniformity(p, draws, rng):
    return scipy.stats.kstest(np.array(p) - rng.uniform(0, 1 / (draws + 1), len(p)), "uniform").pvalue


@pytest.mark.parametrize("m", [2, 3, 4])
def test_p_values_are_uniform_under_the_hypothesis_for_tiny_samples(m):
    rng = np.random.default_rng(10 + m)
    p = []
    for _ in range(250):
        if m == 2:
            x = rng.standard_cauchy((6, 2))
            p.append(invariance_test(x, flip, 2, draws=99, rng=rng).p_value)
        else:
            # Independent, equally distributed, heavily skewed columns: invariant under every permutation.
            x = rng.pareto(1.5, (7, m))
            p.append(invariance_test(x, shift, m, draws=99, rng=rng).p_value)
    assert uniformity(p, 99, rng) > 1e-3


def test_wild_bootstrap_has_roughly_its_size():
    rng = np.random.default_rng(20)
    p = [invariance_test(rng.standard_t(4, (60, 20)), shift, 20, draws=99, rng=rng).p_value for _ in range(250)]
    assert (np.array(p) <= 0.05).mean() < 0.1
    assert (np.array(p) <= 0.5).mean() > 0.35


def test_sees_what_second_moments_cannot():
    rng = np.random.default_rng(30)
    skewed = rng.exponential(size=(200, 2)) - 1
    found = invariance_test(skewed, flip, 2, rng=0)
    assert found.p_value == pytest.approx(1 / 500)
    assert found.relative > 0.01
    assert "exact" in found.method
    # Whitened columns with different kurtosis: equal covariance, not exchangeable.
    mixed = np.column_stack([rng.choice([-1.0, 1.0], 400), rng.laplace(size=400) / np.sqrt(2)])
    assert invariance_test(mixed, shift, 2, rng=0).p_value < 0.01
    # One direction of time: a travelling asymmetric pulse is shift invariant but not reflection invariant.
    pulse = np.array([shift(np.array([[0, 1.0, 2.0, 4.0, 0, 0, 0, 0]]), int(k))[0] for k in rng.integers(0, 8, 300)])
    assert invariance_test(pulse, shift, 8, rng=0).p_value > 0.01
    assert invariance_test(pulse, lambda x, k: x[:, ::-1] if k % 2 else x, 2, rng=0).p_value < 0.01


def test_complex_phase_invariance():
    rng = np.random.default_rng(40)
    proper = rng.standard_normal((150, 2)) + 1j * rng.standard_normal((150, 2))
    # Four points on the circle: moments up to the third are those of proper noise.
    quartic = rng.choice([1, 1j, -1, -1j], (150, 1)) + 0.1 * proper[:, :1]
    assert invariance_test(proper, phase(8), 8, rng=0).p_value > 0.01
    assert invariance_test(quartic, phase(4), 4, rng=0).p_value > 0.01
    assert invariance_test(quartic, phase(8), 8, rng=0).p_value < 0.01


def test_thinning_determinism_and_order_limit():
    x = np.random.default_rng(50).standard_normal((300, 20))
    a, b = (invariance_test(x, shift, 20, rng=1, max_points=100, draws=50) for _ in range(2))
    assert a == b
    assert (a.n, a.subsampled, a.draws) == (100, True, 50)
    assert "asymptotic" in a.method
    assert "exact" in invariance_test(x, shift, 20, rng=1, max_points=50, draws=20, max_order=20).method


def test_invariant_samples_give_p_one_for_a_trivial_action():
    x = np.ones((5, 4))
    assert invariance_test(x, shift, 4, rng=0).p_value == 1.0


@pytest.mark.parametrize(
    ("x", "orbit", "m", "error"),
    [
        (np.ones((1, 2)), flip, 2, SampleSizeError),
        (np.ones((3, 2)), flip, 1, InputError),
        (np.ones((3, 2)), lambda x, k: 2.0**k * x, 2, NotAGroupElementError),
        (np.eye(3), shift, 2, NotAGroupElementError),
        (np.eye(3), lambda x, k: x[:, :2], 3, ShapeError),
        (np.array([[np.inf, 0.0], [1.0, 1.0]]), flip, 2, NonFiniteError),
    ],
)
def test_bad_actions_and_samples_are_refused(x, orbit, m, error):
    with pytest.raises(error):
        invariance_test(x, orbit, m)

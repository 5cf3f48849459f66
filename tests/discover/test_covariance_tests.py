"""Tests of one map and of a group: size, defect, chance level, intervals, heavy tails, complex data, dense groups."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.chance import chance_distance
from symmeter.discover.covariance_tests import CovarianceTest, group_test, sphericity_p_value, transformation_test
from symmeter.discover.likelihood_tests import likelihood_ratio_group_test, likelihood_ratio_p_value
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.errors import SampleSizeError
from symmeter.groups import LieAlgebra
from symmeter.representations import (
    Action,
    Dense,
    FlowAction,
    Monomial,
    MonomialAction,
    Transformation,
    action_of,
    isotypic_decomposition,
)
from symmeter.statistics import clopper_pearson, likelihood_ratio_test

LAG = np.abs(np.arange(8)[:, None] - np.arange(8))
RING = 0.6 ** np.minimum(LAG, 8 - LAG)
SHIFT = dictionary.ring_shifts(8)[0]
Z8 = MonomialAction([SHIFT])
D8 = MonomialAction([SHIFT, *dictionary.ring_reflection(8)])


def draw(r: np.ndarray, n: int, seed: int, law: str = "gaussian") -> np.ndarray:
    rng = np.random.default_rng([seed, n])
    root = np.linalg.cholesky(r)
    z = rng.standard_normal((n, len(r)))
    if np.iscomplexobj(r):
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2)
    if law == "student":
        z = z / np.sqrt(rng.chisquare(6, (n, 1)) / 6)
    if law == "mixture":
        z = z * rng.choice([0.4, 1.4], (n, 1)) / np.sqrt(1.06)
    return z @ root.T


def check_size(p_values: list[float], level: float = 0.05, low: float = 0.03, high: float = 0.08) -> None:
    """The counted rejections do not exclude (99 %) that the size lies in [low, high]."""
    rejected = int((np.array(p_values) < level).sum())
    lower, upper = clopper_pearson(rejected, len(p_values), 0.99)
    assert lower <= high
    assert upper >= low
    # Beyond not being excluded: the estimate itself is near the range.
    assert rejected <= (high + 2.6 * np.sqrt(high * (1 - high) / len(p_values))) * len(p_values)


# Size.


@pytest.mark.parametrize("action", [Z8, D8], ids=["Z8", "D8"])
@pytest.mark.parametrize("n", [30, 100])
def test_likelihood_ratio_has_its_size_where_the_raw_chi_square_has_not(action: MonomialAction, n: int) -> None:
    trials = 400
    moments = [moments_of_samples(draw(RING, n, seed), gaussian=True) for seed in range(trials)]
    check_size([likelihood_ratio_p_value([m], action) for m in moments])
    if n == 30:
        parts = [(c.dimension, c.multiplicity, c.division) for c in isotypic_decomposition(action)]
        raw = [
            likelihood_ratio_test(m.covariance, action.symmetrize(m.covariance), m.n, parts, method="chi2").p_value
            for m in moments
        ]
        # The dossier measured 0.135.
        assert 0.09 < np.mean(np.array(raw) < 0.05) < 0.19


def test_exact_likelihood_ratio_agrees_with_bartlett() -> None:
    exact = [
        likelihood_ratio_group_test(moments_of_samples(draw(RING, 100, seed), gaussian=True), D8).p_value
        for seed in range(40)
    ]
    bartlett = [
        likelihood_ratio_p_value([moments_of_samples(draw(RING, 100, seed), gaussian=True)], D8) for seed in range(40)
    ]
    np.testing.assert_allclose(exact, bartlett, atol=0.01)
    check_size(exact)


@pytest.mark.parametrize("law", ["gaussian", "student", "mixture"])
@pytest.mark.parametrize("n", [30, 100])
def test_frobenius_tests_have_their_size_for_any_law(law: str, n: int) -> None:
    moments = [moments_of_samples(draw(RING, n, seed, law)) for seed in range(300)]
    low = 0.03 if law == "gaussian" or n == 100 else 0.0
    check_size([transformation_test(m, SHIFT).p_value for m in moments], low=low)
    check_size([group_test(m, D8).p_value for m in moments], low=low)


def test_gaussian_formulas_have_their_size_for_gaussian_data() -> None:
    moments = [moments_of_covariance(np.cov(draw(RING, 100, seed).T), 99) for seed in range(120)]
    check_size([transformation_test(m, SHIFT).p_value for m in moments])
    check_size([group_test(m, Z8).p_value for m in moments])


def test_gaussian_formulas_reject_true_symmetries_of_heavy_tails() -> None:
    x = [draw(RING, 200, seed, "student") for seed in range(60)]
    wrong = np.mean([transformation_test(moments_of_samples(y, gaussian=True), SHIFT).p_value < 0.05 for y in x])
    right = np.mean([transformation_test(moments_of_samples(y), SHIFT).p_value < 0.05 for y in x])
    assert wrong > 0.3
    assert right < 0.15


def test_fewer_samples_than_columns_keep_the_size() -> None:
    m = 24
    lag = np.abs(np.arange(m)[:, None] - np.arange(m))
    r = 0.8 ** np.minimum(lag, m - lag)
    action = MonomialAction(dictionary.ring_shifts(m))
    moments = [moments_of_samples(draw(r, 16, seed)) for seed in range(200)]
    check_size([group_test(x, action).p_value for x in moments], low=0.0)
    broken = r * np.exp(0.5 * np.random.default_rng(0).standard_normal((m, 1)))
    broken = broken * (broken[:, :1] / r[:, :1]).T
    moments = [moments_of_samples(draw(broken, 22, seed)) for seed in range(50)]
    assert np.mean([group_test(x, action).p_value < 0.05 for x in moments]) > 0.5
    with pytest.raises(SampleSizeError, match=r"needs more than M = 24 degrees of freedom; n is 21; use test=\"frob"):
        likelihood_ratio_group_test(moments[0], action)


@pytest.mark.slow
@pytest.mark.parametrize("n", [30, 100, 400])
@pytest.mark.parametrize("law", ["gaussian", "student"])
def test_sizes_with_many_trials(law: str, n: int) -> None:
    moments = [moments_of_samples(draw(RING, n, seed, law)) for seed in range(2000)]
    for p in (
        [transformation_test(m, SHIFT).p_value for m in moments],
        [group_test(m, Z8).p_value for m in moments],
        [group_test(m, D8).p_value for m in moments],
    ):
        size = np.mean(np.array(p) < 0.05)
        assert size < 0.08
        assert size > (0.03 if n >= 100 else 0.015)
    if law == "gaussian":
        for action in (Z8, D8):
            size = np.mean([likelihood_ratio_p_value([m], action) < 0.05 for m in moments])
            assert 0.03 < size < 0.08


# Power, complex data, other maps.


def circulant(m: int, seed: int) -> np.ndarray:
    spectrum = np.random.default_rng(seed).uniform(0.5, 3.0, m)
    u = np.exp(2j * np.pi * np.outer(np.arange(m), np.arange(m)) / m) / np.sqrt(m)
    r = (u * spectrum) @ u.conj().T
    return 0.5 * (r + r.conj().T)


def test_complex_data() -> None:
    r = circulant(7, 0)
    shift, flip = dictionary.ring_shifts(7)[0], dictionary.ring_reflection(7)[0]
    cyclic, dihedral = MonomialAction([shift]), MonomialAction([shift, flip])
    moments = [moments_of_samples(draw(r, 100, seed)) for seed in range(200)]
    check_size([transformation_test(m, shift).p_value for m in moments])
    check_size([group_test(m, cyclic).p_value for m in moments])
    check_size([likelihood_ratio_p_value([m], cyclic) for m in moments])
    gaussian = [moments_of_samples(draw(r, 100, seed), gaussian=True) for seed in range(100)]
    check_size([transformation_test(m, shift).p_value for m in gaussian])
    assert all(transformation_test(m, flip).p_value < 1e-3 for m in moments[:20])
    assert all(likelihood_ratio_p_value([m], dihedral) < 1e-3 for m in moments[:20])
    # Its real part has the reversal.
    assert transformation_test(moments_of_covariance(r.real), flip).defect < 1e-7
    assert transformation_test(moments_of_covariance(r), flip).defect > 0.1


def test_signs_phases_and_orthogonal_maps() -> None:
    rng = np.random.default_rng(3)
    m = 6
    images = np.array([1, 2, 0, 4, 5, 3])
    q = np.linalg.qr(rng.standard_normal((m, m)))[0]
    maps: list[Transformation] = [
        Monomial(images, rng.choice([-1.0, 1.0], m)),
        Monomial(images, np.exp(2j * np.pi * rng.integers(0, 4, m) / 4)),
        Dense(q @ Monomial(images).matrix() @ q.T),
    ]
    for p in maps:
        a = rng.standard_normal((m, m)) + (0.0 if p.is_real else 1j * rng.standard_normal((m, m)))
        action = action_of([p])
        r = action.symmetrize(a @ a.conj().T + 0.3 * np.eye(m))
        exact = moments_of_covariance(r)
        assert transformation_test(exact, p).defect < 1e-7
        assert group_test(exact, action).defect < 1e-7
        moments = [moments_of_samples(draw(r, 100, seed)) for seed in range(150)]
        check_size([transformation_test(x, p).p_value for x in moments])
        check_size([group_test(x, action).p_value for x in moments])
        decoy = Monomial(rng.permutation(m), rng.choice([-1.0, 1.0], m))
        large = moments_of_samples(draw(r, 2000, 0))
        assert transformation_test(large, decoy).p_value < 1e-3


def test_flows() -> None:
    single = [np.zeros((3, 3)) for _ in range(3)]
    for a, (i, j) in zip(single, [(1, 2), (2, 0), (0, 1)]):
        a[j, i], a[i, j] = 1.0, -1.0
    action = FlowAction(LieAlgebra([np.kron(np.eye(2), a) for a in single]))
    r = np.kron(np.array([[2.0, 0.5], [0.5, 1.0]]), np.eye(3))
    p_values = [group_test(moments_of_samples(draw(r, 80, seed)), action, rows=80).p_value for seed in range(40)]
    check_size(p_values, low=0.0)
    broken = r + np.diag([1.5, 0, 0, 0, 0, 0])
    assert group_test(moments_of_samples(draw(broken, 200, 0)), action, rows=100).p_value < 1e-3


def test_several_covariances_are_tested_together() -> None:
    """Two samples, each too small to reject, reject together; under the hypothesis the size stays."""
    rng = np.random.default_rng(1)
    scale = np.exp(0.16 * rng.standard_normal(8))
    broken = RING * scale[:, None] * scale
    alone, joint = [], []
    for seed in range(40):
        pair = [moments_of_samples(draw(broken, 100, k)) for k in (2 * seed, 2 * seed + 1)]
        alone.append(transformation_test(pair[0], SHIFT).p_value < 0.01)
        joint.append(transformation_test(pair, SHIFT).p_value < 0.01)
    assert np.mean(joint) > np.mean(alone) + 0.05
    null = [[moments_of_samples(draw(RING, n, seed)) for n in (70, 100)] for seed in range(250)]
    check_size([transformation_test(p, SHIFT).p_value for p in null])
    check_size([group_test(p, Z8).p_value for p in null])
    check_size([likelihood_ratio_p_value(p, Z8) for p in null])
    single = [transformation_test(m, SHIFT) for m in null[0]]
    both = transformation_test(null[0], SHIFT)
    assert both.statistic == pytest.approx(sum(t.statistic for t in single))
    assert both.noise == pytest.approx(sum(t.noise for t in single))


# The defect.


def test_chance_of_permutations_is_the_mean_over_all_of_them() -> None:
    rng = np.random.default_rng(0)
    for complex_data in (False, True):
        a = rng.standard_normal((5, 5)) + (1j * rng.standard_normal((5, 5)) if complex_data else 0.0)
        r = a @ a.conj().T
        moments = moments_of_covariance(r)
        distances = [np.linalg.norm(r - Monomial(p).conjugate(r)) ** 2 for p in permutations(range(5))]
        assert chance_distance([moments], "permutation") == pytest.approx(np.mean(distances))
        # A random permutation has the defect one on average (of squares, before it is capped).
        defects = [transformation_test(moments, Monomial(p)) for p in permutations(range(5))]
        chance = chance_distance([moments], "permutation")
        assert np.mean([t.statistic for t in defects]) / chance == pytest.approx(1.0)


def test_chance_of_signed_permutations_and_rotations() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((3, 3))
    r = a @ a.T
    moments = moments_of_covariance(r)
    signed = [
        np.linalg.norm(r - Monomial(p, s).conjugate(r)) ** 2
        for p in permutations(range(3))
        for s in product([1.0, -1.0], repeat=3)
    ]
    assert chance_distance([moments], "isometry") == pytest.approx(np.mean(signed))
    rotated = []
    for _ in range(3000):
        q, t = np.linalg.qr(rng.standard_normal((3, 3)))
        q = q * np.sign(np.diag(t))
        rotated.append(np.linalg.norm(r - q @ r @ q.T) ** 2)
    error = np.std(rotated) / np.sqrt(3000)
    assert abs(np.mean(rotated) - chance_distance([moments], "isometry")) < 4 * error


def test_defect_of_an_exact_covariance() -> None:
    exact = moments_of_covariance(RING)
    test = transformation_test(exact, SHIFT)
    assert (test.defect, test.interval, test.p_value, test.noise) == (0.0, (0.0, 0.0), None, 0.0)
    test = group_test(exact, D8)
    assert test.defect < 1e-12
    broken = transformation_test(exact, Monomial([1, 0, *range(2, 8)]))
    assert 0.0 < broken.defect < 1.0
    assert broken.interval == (broken.defect, broken.defect)
    assert broken.ratio == np.inf


def test_defect_knows_neither_units_nor_a_multiple_of_the_identity() -> None:
    p = Monomial(np.random.default_rng(1).permutation(8))
    plain = transformation_test(moments_of_covariance(RING), p).defect
    for r in (7.0 * RING, RING + 3.0 * np.eye(8), 1e-9 * RING):
        assert transformation_test(moments_of_covariance(r), p).defect == pytest.approx(plain, rel=1e-6)
    x = draw(RING, 100, 0)
    here, there = (transformation_test(moments_of_samples(y), p) for y in (x, 1e5 * x + 10.0))
    assert here.defect == pytest.approx(there.defect, rel=1e-6)
    assert here.p_value == pytest.approx(there.p_value, abs=1e-9)


def test_squared_distance_is_freed_from_noise() -> None:
    """E(statistic - noise) is the true squared distance, for any law."""
    scale = np.exp(0.1 * np.random.default_rng(3).standard_normal(8))
    r = RING * scale[:, None] * scale
    truth = float(np.linalg.norm(r - SHIFT.conjugate(r)) ** 2)
    for law, gaussian in (("gaussian", True), ("gaussian", False), ("mixture", False)):
        found = []
        trials = 60 if gaussian else 300
        for seed in range(trials):
            test = transformation_test(moments_of_samples(draw(r, 60, seed, law), gaussian), SHIFT)
            found.append(test.statistic - test.noise)
        assert abs(np.mean(found) - truth) < 4.5 * np.std(found) / np.sqrt(trials)


def coverage(
    r: np.ndarray, test: Callable[[Moments], CovarianceTest], n: int, law: str, trials: int
) -> tuple[float, float]:
    true = test(moments_of_covariance(r)).defect
    hits, widths = 0, []
    for seed in range(trials):
        low, high = test(moments_of_samples(draw(r, n, seed, law))).interval
        hits += low - 1e-9 <= true <= high + 1e-9
        widths.append(high - low)
    return hits / trials, float(np.mean(widths))


@pytest.mark.parametrize("law", ["gaussian", "mixture"])
@pytest.mark.parametrize("violation", [0.0, 0.05, 0.1])
def test_intervals_cover_the_true_defect(violation: float, law: str) -> None:
    """Nominal 0.95: at least 0.90 is reached, within the binomial error of the trials."""
    trials = 60
    scale = np.exp(violation * np.random.default_rng(3).standard_normal(8))
    r = RING * scale[:, None] * scale
    widths = []
    for n in (60, 600):
        rate, width = coverage(r, lambda m: transformation_test(m, SHIFT), n, law, trials)
        assert clopper_pearson(round(rate * trials), trials, 0.99)[1] >= 0.95
        assert rate >= 0.88
        widths.append(width)
        rate, _ = coverage(r, lambda m: group_test(m, Z8), n, law, trials)
        assert rate >= 0.88
    # More samples, narrower intervals: they say something.
    assert widths[1] < 0.6 * widths[0]


@pytest.mark.slow
@pytest.mark.parametrize("law", ["gaussian", "student", "mixture"])
@pytest.mark.parametrize("violation", [0.0, 0.03, 0.05, 0.1, 0.2, 0.4])
def test_intervals_with_many_trials(violation: float, law: str) -> None:
    scale = np.exp(violation * np.random.default_rng(3).standard_normal(8))
    r = RING * scale[:, None] * scale
    for n in (60, 200, 1000):
        assert coverage(r, lambda m: transformation_test(m, SHIFT), n, law, 300)[0] >= 0.90
        assert coverage(r, lambda m: group_test(m, Z8), n, law, 200)[0] >= 0.90


# Sphericity, degenerate input, determinism.


def test_sphericity() -> None:
    for law in ("gaussian", "student"):
        p = [sphericity_p_value(moments_of_samples(draw(np.eye(6), 100, seed, law))) for seed in range(150)]
        check_size(p, low=0.02)
    assert sphericity_p_value(moments_of_samples(draw(np.diag([1.0, 1, 1, 1, 1, 2.5]), 200, 0))) < 1e-3
    assert sphericity_p_value(moments_of_covariance(2.0 * np.eye(4))) == 1.0
    assert sphericity_p_value(moments_of_covariance(np.diag([1.0, 2.0]))) == 0.0
    given = [sphericity_p_value(moments_of_covariance(np.cov(draw(np.eye(6), 80, s).T), 79)) for s in range(60)]
    check_size(given, low=0.02)
    complex_white = [sphericity_p_value(moments_of_samples(draw(np.eye(5) + 0j, 80, s))) for s in range(100)]
    check_size(complex_white, low=0.02)


@pytest.mark.parametrize("transformation", [Monomial([1, 0, 2]), Monomial([0, 1, 2])])
def test_constant_data_and_the_identity_are_symmetric(transformation: Monomial) -> None:
    x = np.zeros((30, 3))
    x[:, 2] = np.arange(30.0)
    test = transformation_test(moments_of_samples(x), transformation)
    assert (test.defect, test.p_value, test.ratio) == (0.0, 1.0, 1.0)


def test_exchanging_a_live_and_a_dead_column_is_rejected() -> None:
    x = np.zeros((40, 3))
    x[:, :2] = np.random.default_rng(0).standard_normal((40, 2))
    test = transformation_test(moments_of_samples(x), Monomial([2, 1, 0]))
    assert test.p_value is not None
    assert test.p_value < 1e-3
    assert test.defect > 0.5


def test_methods_say_what_was_done() -> None:
    free = transformation_test(moments_of_samples(draw(RING, 50, 0)), SHIFT).method
    assert "no law assumed; n = 49" in free
    given = transformation_test(moments_of_covariance(RING, 77), SHIFT).method
    assert "Gaussian noise formulas; n = 77" in given
    ratio = likelihood_ratio_group_test(moments_of_covariance(RING, 77), D8)
    assert "31 degrees of freedom, exact null; n = 77" in ratio.method
    # df = M (M + 1) / 2 less the orbits on unordered pairs: 36 - 5.
    assert ratio.noise == 31.0


def test_determinism() -> None:
    m = moments_of_covariance(np.cov(draw(RING, 60, 0).T), 59)
    assert group_test(m, Z8, rng=4) == group_test(m, Z8, rng=4)


def test_actions_of_the_same_group_agree() -> None:
    """Monomial, dense and flow code paths give one answer where the groups are the same."""
    m = moments_of_samples(draw(RING[:4, :4] + 0.1 * np.diag(np.arange(4.0)), 60, 0))
    turn = Monomial([1, 2, 3, 0])
    actions: list[Action] = [MonomialAction([turn]), action_of([Dense(turn.matrix())])]
    tests = [group_test(m, a) for a in actions]
    assert tests[0].statistic == pytest.approx(tests[1].statistic)
    assert tests[0].noise == pytest.approx(tests[1].noise)
    assert tests[0].p_value == pytest.approx(tests[1].p_value)


def test_heavy_tails_keep_their_level_when_only_some_rows_are_used_for_the_law() -> None:
    """Noise levels come from all rows: with heavy tails the first few hundred do not carry the level of thousands."""
    rng = np.random.default_rng(11)
    lag = np.abs(np.arange(8)[:, None] - np.arange(8))
    root = np.linalg.cholesky(0.6 ** np.minimum(lag, 8 - lag))
    shift, reversal = dictionary.ring_shifts(8)[0], dictionary.ring_reflection(8)[0]
    group = MonomialAction([shift, reversal])
    trials, rejected = 40, np.zeros(2, dtype=int)
    for _ in range(trials):
        x = rng.standard_normal((3000, 8)) @ root.T * np.sqrt(5.0 / rng.chisquare(5.0, (3000, 1)))
        moments = moments_of_samples(x)
        rejected += [
            (transformation_test(moments, shift, rows=300).p_value or 0.0) < 0.01,
            (group_test(moments, group, rows=300).p_value or 0.0) < 0.01,
        ]
    # At level 0.01 four or more of forty happen with probability below 1e-3.
    assert (rejected <= 3).all()

"""The double-commutator eigenproblem: spectra, invariances, metrics, p-values, several covariances, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import eigh

from symmeter.discover import DoubleCommutator, dictionary
from symmeter.discover.generators import generators_of
from symmeter.discover.moments import moments_of_samples
from symmeter.discover.problem import build_problem
from symmeter.errors import (
    EmptyDictionaryError,
    InputError,
    NonFiniteError,
    NotHermitianError,
    SampleSizeError,
    ShapeError,
    UnidentifiableError,
)
from symmeter.representations import Dense, Monomial, Space
from symmeter.statistics import clopper_pearson


def ring_covariance(m: int, rho: float = 0.6) -> np.ndarray:
    lag = np.abs(np.arange(m)[:, None] - np.arange(m))
    return rho ** np.minimum(lag, m - lag)


def elementary(m: int) -> list[np.ndarray]:
    out = []
    for i in range(m):
        for j in range(m):
            e = np.zeros((m, m))
            e[i, j] = 1.0
            out.append(e)
    return out


def covariance_with_spectrum(values: list[float], seed: int, complex_data: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    m = len(values)
    z = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if complex_data else 0.0)
    q = np.linalg.qr(z)[0]
    r = (q * np.array(values)) @ q.conj().T
    return 0.5 * (r + r.conj().T)


def samples(r: np.ndarray, n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(r)
    z = rng.standard_normal((n, len(r)))
    if np.iscomplexobj(r):
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2)
    return (z * np.sqrt(np.clip(values, 0, None))) @ vectors.T


# Spectra.


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=2, max_size=4).filter(lambda c: sum(c) <= 6), st.integers(0, 2**32 - 1))
def test_full_basis_spectrum_is_all_squared_gaps(multiplicities: list[int], seed: int) -> None:
    levels = np.cumsum(1.0 + np.random.default_rng(seed).random(len(multiplicities)))
    values = np.repeat(levels, multiplicities)
    m = len(values)
    r = covariance_with_spectrum(values.tolist(), seed)
    scale = float(np.ptp(values)) ** 2
    gaps = np.sort(((values[:, None] - values[None, :]) ** 2).ravel())
    full = DoubleCommutator(elementary(m), metric="frobenius", remove_trivial=False).fit(cov=r)
    np.testing.assert_allclose(full.eigenvalues, gaps, atol=1e-11 * scale)
    assert full.nullity == sum(k * k for k in multiplicities)
    skew = DoubleCommutator(dictionary.skew_basis(m), metric="frobenius").fit(cov=r)
    pairs = np.sort(((values[:, None] - values[None, :]) ** 2)[np.triu_indices(m, 1)])
    np.testing.assert_allclose(skew.eigenvalues, pairs, atol=1e-11 * scale)
    assert skew.nullity == sum(k * (k - 1) // 2 for k in multiplicities)
    if skew.nullity:
        assert skew.relative_gap < 1e-6
    else:
        assert skew.relative_gap == pytest.approx(np.sqrt(pairs[0] / scale))


def test_hermitian_data_have_the_same_squared_gaps() -> None:
    values = [1.0, 1.0, 2.0, 4.0]
    r = covariance_with_spectrum(values, 1, complex_data=True)
    basis = [*elementary(4), *(1j * e for e in elementary(4))]
    fit = DoubleCommutator(basis, metric="frobenius", remove_trivial=False).fit(cov=r)
    gaps = np.subtract.outer(values, values).ravel() ** 2
    np.testing.assert_allclose(fit.eigenvalues, np.sort(np.tile(gaps, 2)), atol=1e-12)
    # Real coefficients: M^2 complex matrices span 2 M^2 real dimensions.
    assert fit.nullity == 2 * (4 + 1 + 1)


def test_circulant_of_eight() -> None:
    r = ring_covariance(8)
    values = np.linalg.eigvalsh(r)
    fit = DoubleCommutator(dictionary.skew_basis(8), metric="frobenius").fit(cov=r)
    assert fit.nullity == 3
    pairs = np.sort(((values[:, None] - values[None, :]) ** 2)[np.triu_indices(8, 1)])
    np.testing.assert_allclose(fit.eigenvalues, pairs, atol=1e-13)
    # Each eigen-generator has norm one and the residual that its eigenvalue says.
    for value, a in zip(fit.eigenvalues, fit.generators):
        assert np.linalg.norm(a) == pytest.approx(1.0)
        assert np.linalg.norm(r @ a - a @ r) ** 2 == pytest.approx(value, abs=1e-12)


def test_full_skew_basis_on_white_samples_is_meaningless() -> None:
    """The lowest eigenvalue is the smallest squared gap of the spectrum: tiny whatever the data (M = 32, n = 400)."""
    x = np.random.default_rng(0).standard_normal((400, 32))
    fit = DoubleCommutator(dictionary.skew_basis(32), metric="frobenius", draws=1).fit(x)
    gaps = np.diff(np.linalg.eigvalsh(fit.covariance_))
    assert fit.eigenvalues[0] == pytest.approx(gaps.min() ** 2, abs=1e-12)
    assert fit.eigenvalues[0] < 1e-3


@pytest.mark.parametrize("channels", [2, 5])
def test_three_vectors_have_a_rotation_group_per_channel(channels: int) -> None:
    """R = A (x) I_3: the skew commutant is so(3)^k of dimension 3 k, not the diagonal so(3)."""
    a = covariance_with_spectrum(list(np.arange(1.0, channels + 1.0)), 2)
    fit = DoubleCommutator(dictionary.skew_basis(3 * channels), metric="frobenius").fit(cov=np.kron(a, np.eye(3)))
    assert fit.nullity == 3 * channels
    algebra = fit.lie_algebra
    assert algebra is not None
    assert algebra.closure_residual < 1e-7
    assert algebra.name == ("so(3)^5" if channels == 5 else "so(3) + so(3)")


# Invariances.


def random_dictionary(rng: np.random.Generator, m: int) -> list[np.ndarray]:
    out = [Monomial(rng.permutation(m)).matrix() for _ in range(3)]
    a = rng.standard_normal((m, m))
    return [*(p - p.T for p in out[:2]), out[2], a - a.T, a + a.T]


@settings(max_examples=25, deadline=None)
@given(st.integers(3, 6), st.floats(0.2, 20.0), st.floats(-5.0, 5.0), st.integers(0, 2**32 - 1))
def test_scaling_shifting_and_rotating(m: int, scale: float, shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    r = covariance_with_spectrum((1.0 + np.arange(m) + rng.random(m) / 2).tolist(), seed)
    b = random_dictionary(rng, m)

    def solve(cov: np.ndarray, elements: list[np.ndarray]) -> DoubleCommutator:
        return DoubleCommutator(elements, metric="frobenius", remove_trivial=False).fit(cov=cov)

    plain = solve(r, b)
    top = float(plain.eigenvalues[-1])
    moved = solve(scale * r + shift * np.eye(m), b)
    np.testing.assert_allclose(moved.eigenvalues, scale**2 * plain.eigenvalues, atol=1e-9 * scale**2 * top)
    assert moved.relative_gap == pytest.approx(plain.relative_gap, rel=1e-5, abs=1e-7)
    q = np.linalg.qr(rng.standard_normal((m, m)))[0]
    turned_covariance = q @ r @ q.T
    turned = solve(0.5 * (turned_covariance + turned_covariance.T), [q @ x @ q.T for x in b])
    np.testing.assert_allclose(turned.eigenvalues, plain.eigenvalues, atol=1e-9 * top)


@settings(max_examples=10, deadline=None)
@given(st.integers(4, 6), st.integers(0, 2**32 - 1))
def test_dependent_elements_change_nothing(m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    b = random_dictionary(rng, m)
    extra = [*b, b[0] - 2.0 * b[3], b[1] + b[2], b[4]]
    x = samples(covariance_with_spectrum(list(np.arange(1.0, m + 1.0)), seed), 60, seed)
    for metric in ("frobenius", "noise"):
        plain, more = (DoubleCommutator(e, metric=metric, draws=1).fit(x) for e in (b, extra))
        assert len(more.eigenvalues) == len(plain.eigenvalues)
        np.testing.assert_allclose(more.eigenvalues, plain.eigenvalues, rtol=1e-6, atol=1e-8)
    assert len(more.dependent) >= 2
    assert set(more.dependent) <= set(range(len(more._problem.generators)))


def test_noise_metric_does_not_know_the_units() -> None:
    x = samples(ring_covariance(6), 80, 0)
    shifts = [*dictionary.ring_shifts(6, (1, 2)), *dictionary.column_exchanges(6)[:3]]
    here, there = (DoubleCommutator(shifts).fit(y) for y in (x, 1e4 * x + 3.0))
    np.testing.assert_allclose(here.eigenvalues, there.eigenvalues, rtol=1e-6)
    np.testing.assert_allclose(here.p_values, there.p_values, atol=0.02)


# Metrics, unbiased form and p-values.


def test_the_certificate_is_the_distance_to_the_span() -> None:
    """lambda_1 = 0 exactly when the span meets the commutant; otherwise it is a Rayleigh quotient nobody undercuts."""
    rng = np.random.default_rng(4)
    r = ring_covariance(6)
    decoys = [Monomial(rng.permutation(6)) for _ in range(3)]
    fit = DoubleCommutator(decoys, metric="frobenius").fit(cov=r)
    assert fit.nullity == 0
    assert 0.0 < fit.relative_gap <= 1.0
    generators = [g.matrix() for g in build_problem(fit._problem.generators, fit.moments_).generators]
    for _ in range(300):
        a = np.tensordot(rng.standard_normal(len(generators)), generators, axes=1)
        quotient = np.linalg.norm(r @ a - a @ r) ** 2 / np.linalg.norm(a) ** 2
        assert quotient >= fit.eigenvalues[0] * (1 - 1e-12)
    assert DoubleCommutator([*decoys, *dictionary.ring_shifts(6)], metric="frobenius").fit(cov=r).nullity == 2


def test_noise_eigenvalues_are_of_order_one_for_symmetries_and_grow_with_n_otherwise() -> None:
    r = ring_covariance(8)
    candidates = [*dictionary.ring_shifts(8, (1, 2)), Monomial([1, 0, *range(2, 8)], name="swap")]
    swap_ratio, lowest = [], []
    for n in (200, 3200):
        fits = [DoubleCommutator(candidates, draws=1).fit(samples(r, n, seed)) for seed in range(12)]
        lowest.append(np.mean([f.eigenvalues[:4] for f in fits], axis=0))
        swap_ratio.append(np.mean([f.eigenvalues[-1] for f in fits]))
    assert np.all(np.array(lowest) > 0.2)
    assert np.all(np.array(lowest) < 2.5)
    # The mean over null directions is one; a broken one grows like n.
    assert np.abs(np.mean(lowest) - 1.0) < 0.2
    assert 10.0 < (swap_ratio[1] - 1.0) / (swap_ratio[0] - 1.0) < 25.0


def test_unbiased_form() -> None:
    r = ring_covariance(6)
    shifts = dictionary.ring_shifts(6, (1, 2))
    x = samples(r, 100, 3)
    biased, unbiased = (DoubleCommutator(shifts, draws=1, unbiased=u).fit(x) for u in (False, True))
    np.testing.assert_allclose(unbiased.eigenvalues, biased.eigenvalues - 1.0)
    frobenius = DoubleCommutator(shifts, metric="frobenius", draws=1, unbiased=True).fit(x)
    problem = frobenius._problem
    np.testing.assert_allclose(
        frobenius.eigenvalues, eigh(problem.commutator - problem.noise, problem.gram, eigvals_only=True), rtol=1e-9
    )
    # Their sum is an unbiased estimate of the true one, zero here, where that of L_hat alone is not.
    unbiased_sum, plain_sum = [], []
    generators = generators_of(shifts, 6)
    for seed in range(600):
        p = build_problem(generators, [moments_of_samples(samples(r, 40, seed))])
        plain_sum.append(np.trace(np.linalg.solve(p.gram, p.commutator)))
        unbiased_sum.append(np.trace(np.linalg.solve(p.gram, p.commutator - p.noise)))
    error = np.std(unbiased_sum) / np.sqrt(len(unbiased_sum))
    assert abs(np.mean(unbiased_sum)) < 4 * error
    assert np.mean(plain_sum) > 10 * error


def test_p_values_hold_their_level_for_null_directions() -> None:
    """Four null directions: the level is kept although the smallest noise eigenvalue lies well below one."""
    r = ring_covariance(8)
    shifts = dictionary.ring_shifts(8, (1, 2))
    trials, first, all_four = 80, 0, 0
    for seed in range(trials):
        fit = DoubleCommutator(shifts, draws=99, alpha=0.05, gaussian=True).fit(samples(r, 100, 100 + seed))
        assert np.all(np.diff(fit.p_values) <= 1e-12)
        first += fit.p_values[0] < 0.05
        all_four += fit.nullity < 4
    # Clopper-Pearson, 99.9 %: the count does not exclude the level 0.05.
    assert clopper_pearson(all_four, trials, 0.999)[0] <= 0.05
    assert first <= all_four


def test_p_values_reject_what_is_broken() -> None:
    r = ring_covariance(8)
    candidates = [*dictionary.ring_shifts(8, (1, 2)), *dictionary.column_exchanges(8)[:2]]
    for gaussian in (True, "auto"):
        fit = DoubleCommutator(candidates, gaussian=gaussian).fit(samples(r, 400, 1))
        assert fit.nullity == 4
        assert np.all(fit.p_values[4:] < 0.01)
        assert len(fit.accepted) == 4
        for a in fit.accepted:
            assert np.linalg.norm(a) == pytest.approx(1.0)


def test_accepted_generators_are_sparse_in_the_dictionary() -> None:
    r = ring_covariance(8)
    shifts = dictionary.ring_shifts(8, (1, 3))
    fit = DoubleCommutator([*shifts, *dictionary.column_exchanges(8)[:3]], metric="frobenius").fit(cov=r)
    parts = {
        tuple(np.round(np.abs(g.matrix() / np.linalg.norm(g.matrix())), 6).ravel()) for g in fit._problem.generators
    }
    for a in fit.accepted:
        assert tuple(np.round(np.abs(a), 6).ravel()) in parts


def test_gaussian_formula_is_for_gaussian_data() -> None:
    """A scale mixture with twice the fourth moments: Gaussian noise levels reject true symmetries."""
    r = ring_covariance(6)
    shifts = dictionary.ring_shifts(6, (1, 2))
    wrong = right = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        x = samples(r, 300, seed) * rng.choice([0.3, 2.0], (300, 1), p=[0.8, 0.2])
        wrong += DoubleCommutator(shifts, gaussian=True, alpha=0.05, draws=99).fit(x).nullity < 4
        right += DoubleCommutator(shifts, alpha=0.05, draws=99).fit(x).nullity < 4
    assert wrong > 15
    assert right <= 6


# What may be put in.


def test_several_covariances_remove_ambiguity() -> None:
    """Each covariance has a larger commutant of its own; together only the common rotation is left."""
    rng = np.random.default_rng(6)
    q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    first = q @ np.diag([1.0, 1.0, 2.0, 2.0]) @ q.T  # rotations of planes (0,1) and (2,3)
    second = q @ np.diag([1.0, 1.0, 2.0, 5.0]) @ q.T  # of plane (0,1) alone
    third = q @ np.diag([1.0, 1.0, 1.0, 3.0]) @ q.T  # so(3) on 0, 1, 2
    basis = dictionary.skew_basis(4)

    def nullity(*matrices: np.ndarray) -> int:
        cov = list(matrices) if len(matrices) > 1 else matrices[0]
        return DoubleCommutator(basis, metric="frobenius").fit(cov=cov).nullity

    assert [nullity(first), nullity(second), nullity(third)] == [2, 1, 3]
    assert nullity(first, third) == nullity(first, second) == nullity(second, third) == 1
    fit = DoubleCommutator(basis, metric="frobenius").fit(cov=[first, third])
    expected = (np.outer(q[:, 0], q[:, 1]) - np.outer(q[:, 1], q[:, 0])) / np.sqrt(2)
    assert abs(np.vdot(fit.generators[0], expected)) == pytest.approx(1.0)


def test_lists_of_samples_and_of_covariances_agree() -> None:
    xs = [samples(ring_covariance(5), n, n) for n in (60, 90)]
    shifts = [*dictionary.ring_shifts(5), *dictionary.column_exchanges(5)[:2]]
    from_samples = DoubleCommutator(shifts, gaussian=True).fit(xs)
    covariances = [np.cov(x.T) for x in xs]
    from_moments = DoubleCommutator(shifts).fit(cov=covariances, n=[59, 89])
    np.testing.assert_allclose(from_samples.eigenvalues, from_moments.eigenvalues, rtol=1e-9)
    one = DoubleCommutator(shifts).fit(cov=covariances[0], n=59)
    np.testing.assert_allclose(one.covariance_, covariances[0])


def test_fewer_samples_than_columns() -> None:
    m, n = 60, 14
    r = ring_covariance(m, 0.8)
    candidates = [
        *dictionary.ring_shifts(m),
        *dictionary.ring_shifts(m, (7,)),
        Monomial(np.random.default_rng(0).permutation(m)),
    ]
    fit = DoubleCommutator(candidates).fit(samples(r, n, 1))
    assert fit._problem.route == "lowrank"
    assert np.linalg.matrix_rank(fit.covariance_) == n - 1
    assert fit.eigenvalues[0] < 2.5
    s = fit.covariance_
    for c, value in zip(fit.coefficients.T, fit.eigenvalues):
        a = fit._problem.combine(c)
        size = float(np.linalg.norm(s @ a - a @ s) ** 2)
        assert size == pytest.approx(value * (c @ fit._problem.noise @ c), rel=1e-6)


def test_complex_data_accept_a_cyclic_shift_and_reject_the_reversal() -> None:
    m = 7
    rng = np.random.default_rng(0)
    spectrum = rng.uniform(0.5, 3.0, m)
    u = np.exp(2j * np.pi * np.outer(np.arange(m), np.arange(m)) / m) / np.sqrt(m)
    r = (u * spectrum) @ u.conj().T
    shift, flip = dictionary.ring_shifts(m)[0], dictionary.ring_reflection(m)[0]
    exact = DoubleCommutator([shift, flip], metric="frobenius").fit(cov=r)
    assert exact.nullity == 2
    assert DoubleCommutator([flip], metric="frobenius").fit(cov=r).nullity == 0
    assert DoubleCommutator([flip], metric="frobenius").fit(cov=r.real).nullity == 1
    noisy = DoubleCommutator([shift, flip]).fit(samples(r, 400, 1))
    assert noisy.nullity == 2
    assert np.iscomplexobj(noisy.covariance_)


@pytest.mark.parametrize("kind", ["signed", "phased", "orthogonal", "unitary"])
def test_any_norm_preserving_map_may_be_a_candidate(kind: str) -> None:
    rng = np.random.default_rng(1)
    m = 6
    images = np.array([1, 2, 0, 4, 5, 3])
    if kind == "signed":
        p = Monomial(images, rng.choice([-1.0, 1.0], m))
    elif kind == "phased":
        p = Monomial(images, np.exp(2j * np.pi * rng.integers(0, 4, m) / 4))
    else:
        z = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if kind == "unitary" else 0.0)
        q = np.linalg.qr(z)[0]
        p = Dense(q @ Monomial(images).matrix() @ q.conj().T)
    complex_data = not p.is_real
    a = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if complex_data else 0.0)
    start = a @ a.conj().T
    r = sum(p.power(k).conjugate(start) for k in range(12)) / 12
    np.testing.assert_allclose(p.conjugate(r), r, atol=1e-10)
    r = 0.5 * (r + r.conj().T)
    decoy = Monomial(rng.permutation(m), rng.choice([-1.0, 1.0], m))
    parts = len(DoubleCommutator([p], metric="frobenius").fit(cov=r).eigenvalues)
    fit = DoubleCommutator([p, decoy], metric="frobenius").fit(cov=r)
    assert fit.nullity == parts
    assert DoubleCommutator([decoy], metric="frobenius").fit(cov=r).nullity == 0
    assert DoubleCommutator([p, decoy]).fit(samples(r, 1500, 2)).nullity == parts


def test_reflections_are_polynomials_in_the_covariance_and_are_kept() -> None:
    """With simple eigenvalues the reversal lies in the bicommutant; projecting that out would delete it."""
    rng = np.random.default_rng(0)
    flip = dictionary.ring_reflection(6)[0]
    a = rng.standard_normal((6, 6))
    r = a @ a.T + flip.conjugate(a @ a.T)
    values = np.linalg.eigvalsh(r)
    assert np.diff(values).min() > 1e-3
    powers = np.array([np.linalg.matrix_power(r / values[-1], k).ravel() for k in range(6)]).T
    fitted = powers @ np.linalg.lstsq(powers, flip.matrix().ravel(), rcond=None)[0]
    np.testing.assert_allclose(fitted, flip.matrix().ravel(), atol=1e-6)
    fit = DoubleCommutator([flip, *dictionary.column_exchanges(6)[:3]], metric="frobenius").fit(cov=r)
    assert fit.nullity == 1
    assert fit.to_group().generators[0] == flip


def test_the_direction_of_the_covariance_itself_is_removed() -> None:
    r = covariance_with_spectrum([1.0, 2.0, 4.0], 0)
    decoy = np.random.default_rng(1).standard_normal((3, 3))
    with_r = DoubleCommutator([r, decoy - decoy.T], metric="frobenius").fit(cov=r)
    assert with_r.nullity == 0
    assert len(with_r.eigenvalues) == 1
    assert DoubleCommutator([r, decoy], metric="frobenius", remove_trivial=False).fit(cov=r).nullity == 1
    with pytest.raises(UnidentifiableError, match="spans nothing but R itself"):
        DoubleCommutator([r + 3.0 * np.eye(3)], metric="frobenius").fit(cov=r)


@pytest.mark.parametrize("metric", ["noise", "frobenius"])
def test_constant_columns_commute_trivially_and_are_left_out(metric: str) -> None:
    x = np.zeros((80, 6))
    x[:, :4] = samples(np.diag([1.0, 1.0, 4.0, 9.0]), 80, 0)
    x[:, 4:] = 2.5
    fit = DoubleCommutator(dictionary.column_exchanges(6), metric=metric).fit(x)
    assert fit.unsupported >= 1
    assert fit.eigenvalues[0] > 0.0
    dead = dictionary.column_exchanges(6)[-1:]
    with pytest.raises(UnidentifiableError, match="moves only columns in which the data vanish"):
        DoubleCommutator(dead, metric=metric).fit(x)


def test_a_dictionary_that_spans_the_identity_by_a_combination() -> None:
    """P and P + I are no multiples of the identity, their difference is: it must not win."""
    x = samples(ring_covariance(6), 60, 0)
    p = Monomial(np.random.default_rng(0).permutation(6)).matrix()
    raw = p + np.eye(6) + 0.5 * p @ p
    plain = DoubleCommutator([p, p @ p], metric="frobenius").fit(x)
    more = DoubleCommutator([p, p @ p, raw], metric="frobenius").fit(x)
    np.testing.assert_allclose(more.eigenvalues, plain.eigenvalues, rtol=1e-8)


def test_determinism() -> None:
    x = samples(ring_covariance(6), 60, 0)
    shifts = dictionary.ring_shifts(6)
    a, b = (DoubleCommutator(shifts, rng=5).fit(x) for _ in range(2))
    np.testing.assert_array_equal(a.p_values, b.p_values)
    np.testing.assert_array_equal(a.eigenvalues, b.eigenvalues)


def test_generator_list() -> None:
    fit = DoubleCommutator(dictionary.ring_shifts(5), metric="frobenius").fit(cov=ring_covariance(5))
    listed = fit.generators
    assert len(listed) == 2
    np.testing.assert_array_equal(listed[-1], listed[1])
    assert [a.shape for a in listed[:1]] == [(5, 5)]
    assert repr(listed) == "2 generators of shape (5, 5)"
    with pytest.raises(IndexError, match="there are 2 generators; index 2 is out of range"):
        listed[2]


# White data.


def test_white_covariance_is_refused_or_called_unidentifiable() -> None:
    shifts = dictionary.ring_shifts(6)
    for cov in (np.eye(6), 3.7 * np.eye(6)):
        with pytest.raises(UnidentifiableError, match="times the identity: fully symmetric / unidentifiable"):
            DoubleCommutator(shifts, metric="frobenius").fit(cov=cov)
    x = np.random.default_rng(1).standard_normal((300, 6))
    fit = DoubleCommutator([*shifts, *dictionary.column_exchanges(6)]).fit(x)
    assert fit.identifiability == "fully symmetric / unidentifiable"
    group = fit.to_group()
    assert group.verdict == "unidentifiable"
    assert group.identifiability == "fully symmetric / unidentifiable"
    assert group.order is None
    assert group.group.name == "O(6)"
    np.testing.assert_allclose(group.symmetrize(fit.covariance_), np.trace(fit.covariance_) / 6 * np.eye(6))
    z = x[:, :3] + 1j * x[:, 3:]
    assert DoubleCommutator(dictionary.ring_shifts(3)).fit(z).to_group().group.name == "U(3)"


def test_white_samples_hardly_ever_name_a_group() -> None:
    named = 0
    for seed in range(60):
        x = np.random.default_rng(seed).standard_normal((100, 6))
        named += DoubleCommutator(dictionary.ring_shifts(6), draws=1).fit(x).identifiability == ""
    # The sphericity test at 5 %: at most what the upper Clopper-Pearson bound of the level allows.
    assert clopper_pearson(named, 60, 0.999)[0] <= 0.05


# Errors.


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda d: DoubleCommutator(d, metric="l2"), InputError, 'metric must be "noise" or "frobenius"; got \'l2\''),
        (lambda d: DoubleCommutator(d, alpha=1.5), InputError, "alpha must lie between 0 and 1; got 1.5"),
        (lambda d: DoubleCommutator(d).fit(), InputError, r"give either samples, fit\(X\), or a covariance"),
        (lambda d: DoubleCommutator(d).fit(np.eye(4), cov=np.eye(4)), InputError, "give either samples"),
        (
            lambda d: DoubleCommutator(d).fit(cov=np.diag([1.0, 2, 3, 4])),
            SampleSizeError,
            r'metric="noise" needs the sample size: fit\(cov=R, n=\.\.\.\), or metric="frobenius"',
        ),
        (lambda d: DoubleCommutator(d).fit(cov=np.diag([1.0, 2, 3, 4]), n=2), SampleSizeError, "n = 2"),
        (lambda d: DoubleCommutator(d).fit(np.zeros((2, 4))), SampleSizeError, "give at least 3"),
        (lambda d: DoubleCommutator(d).fit(np.full((9, 4), np.nan)), NonFiniteError, "samples: 36 values are NaN"),
        (
            lambda d: DoubleCommutator(d).fit(np.zeros((9, 5))),
            ShapeError,
            "moves 4 coordinates, the data have 5 columns",
        ),
        (lambda d: DoubleCommutator([]).fit(np.eye(4)), EmptyDictionaryError, "the dictionary is empty"),
        (lambda d: DoubleCommutator([np.eye(4)]).fit(np.eye(4)), EmptyDictionaryError, "multiple of the identity"),
        (
            lambda d: DoubleCommutator(d).fit(cov=np.triu(np.ones((4, 4))), n=10),
            NotHermitianError,
            r"entries \(0,1\) and \(1,0\) differ by 1",
        ),
        (
            lambda d: DoubleCommutator(d).fit(cov=[np.eye(4), np.eye(4)], n=[9]),
            ShapeError,
            "1 sample sizes for 2 covariances",
        ),
        (
            lambda d: DoubleCommutator(d).fit([np.random.default_rng(0).random((9, 4)), np.ones((9, 5))]),
            ShapeError,
            "data set 1 has 5 columns, the first has 4",
        ),
    ],
)
def test_errors(build, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        build(dictionary.ring_shifts(4))
    assert "\n" not in str(caught.value)


def test_the_full_symmetric_basis_is_refused() -> None:
    r = covariance_with_spectrum([1.0, 2.0, 4.0], 0)
    symmetric = [e + e.T for e in elementary(3)]
    with pytest.raises(UnidentifiableError, match="spans all symmetric 3 x 3 matrices, R among them"):
        DoubleCommutator(symmetric, metric="frobenius").fit(cov=r)
    with pytest.raises(UnidentifiableError, match="spans all symmetric 3 x 3 matrices"):
        DoubleCommutator(elementary(3), metric="frobenius").fit(cov=r)
    # One direction short of all is no longer refused.
    DoubleCommutator(symmetric[:2], metric="frobenius").fit(cov=r)


def test_a_skew_basis_cannot_see_reflections_and_says_so() -> None:
    rng = np.random.default_rng(0)
    flip = dictionary.ring_reflection(4)[0]
    a = rng.standard_normal((4, 4))
    r = a @ a.T + flip.conjugate(a @ a.T)
    fit = DoubleCommutator(dictionary.skew_basis(4), metric="frobenius").fit(cov=r)
    assert fit.nullity == 0
    assert fit.lie_algebra is None
    assert fit.accepted == []
    with pytest.raises(InputError, match=r"a skew basis cannot see reflections: add dictionary\.reflections"):
        fit.to_group()


def test_space_is_kept() -> None:
    # A random field on the torus of 2 x 3 cells, with the spectrum that its shifts need.
    spectrum = np.fft.fft2(np.random.default_rng(0).standard_normal((50, 2, 3))) * np.array([[3.0, 1, 1], [2, 1, 1]])
    x = np.fft.ifft2(spectrum).real.reshape(50, 6)
    space = Space(6, grid=(2, 3))
    fit = DoubleCommutator(dictionary.grid_shifts((2, 3))).fit(x, space=space)
    assert fit.space_ is space
    assert fit.to_group().action.space is space
    assert repr(fit) == "DoubleCommutator(2 candidates, metric='noise')"

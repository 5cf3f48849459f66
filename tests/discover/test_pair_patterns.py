"""Orbit partitions of pairs: averages and counts against listing the group, scores against their definitions."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.discover.moments import moments_of_samples
from symmeter.discover.pair_patterns import PairPattern, cover_matrix, few_generators, lowered, raised
from symmeter.discover.pattern_scores import PatternScore
from symmeter.discover.selection import bayes_information
from symmeter.groups import PermutationGroup, dihedral
from symmeter.representations import Monomial, MonomialAction, Space


def random_monomials(rng: np.random.Generator, m: int, signed: bool, count: int) -> list[Monomial]:
    return [Monomial(rng.permutation(m), rng.choice([-1.0, 1.0], size=m) if signed else None) for _ in range(count)]


def listed(generators: list[Monomial], m: int) -> list[np.ndarray]:
    """Matrices of the whole group."""
    elements = {np.eye(m).tobytes(): np.eye(m)}
    queue = [np.eye(m)]
    while queue:
        a = queue.pop()
        for g in generators:
            b = g.matrix() @ a
            if b.tobytes() not in elements and (-b + 0.0).tobytes() not in elements:
                elements[(b + 0.0).tobytes()] = b
                queue.append(b)
    return list(elements.values())


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_averages_and_parameters_are_those_of_the_whole_group(seed: int, signed: bool, is_complex: bool) -> None:
    rng = np.random.default_rng(seed)
    m = 4
    generators = random_monomials(rng, m, signed, 2)
    pattern = PairPattern.trivial(m, not is_complex, signed).joined([raised(g, signed) for g in generators])
    group = listed(generators, m)
    basis = []
    for i, j in itertools.product(range(m), repeat=2):
        for unit in (1.0, 1j) if is_complex else (1.0,):
            a = np.zeros((m, m), dtype=complex if is_complex else float)
            a[i, j] = unit
            a = a + a.conj().T
            average = sum(g @ a @ g.T for g in group) / len(group)
            np.testing.assert_allclose(pattern.average(a), average, atol=1e-12)
            basis.append(np.concatenate([np.real(average).ravel(), np.imag(average).ravel()]))
    assert pattern.parameters == np.linalg.matrix_rank(np.array(basis), tol=1e-9)
    assert all(pattern.allows(raised(g, signed)) for g in generators)


@pytest.mark.parametrize("signed", [False, True])
def test_points_and_columns_convert_both_ways(signed: bool) -> None:
    rng = np.random.default_rng(0)
    r = rng.standard_normal((5, 5))
    for g in random_monomials(rng, 5, signed, 5):
        assert lowered(raised(g, signed), signed) == g
        if signed:
            images = raised(g, True)
            moved = np.empty((10, 10))
            moved[np.ix_(images, images)] = cover_matrix(r)
            np.testing.assert_array_equal(moved, cover_matrix(g.conjugate(r)))


def test_the_group_of_a_pattern_is_its_closure() -> None:
    shift = np.roll(np.arange(7), -1)
    real = PairPattern.trivial(7, True, False).joined([shift])
    hermitian = PairPattern.trivial(7, False, False).joined([shift])
    assert real.group() == dihedral(7)
    assert hermitian.group().order == 7


def test_few_generators_generate_the_group_and_keep_the_known_ones_first() -> None:
    reflection = Monomial((-np.arange(8)) % 8)
    chosen = few_generators(dihedral(8), [reflection], signed=False)
    assert chosen[0] is reflection
    assert PermutationGroup([g.images for g in chosen]) == dihedral(8)


@pytest.mark.parametrize("is_complex", [False, True])
def test_the_likelihood_score_is_the_difference_of_bic(is_complex: bool) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((200, 6)) + (1j * rng.standard_normal((200, 6)) if is_complex else 0.0)
    moments = [moments_of_samples(x, gaussian=True), moments_of_samples(2.0 * x[:90] + 1.0, gaussian=True)]
    score = PatternScore(moments, "lrt", False, rng)
    trivial = PairPattern.trivial(6, not is_complex, False)
    nothing = bayes_information(moments, MonomialAction([], Space(6)))
    trials = [Monomial(rng.permutation(6)) for _ in range(8)]
    together = score.many(trivial, np.stack([p.images for p in trials]))
    for p, value in zip(trials, together):
        expected = bayes_information(moments, MonomialAction([p])) - nothing
        assert value == pytest.approx(expected, abs=1e-7)
        assert score(trivial.joined([p.images])) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("signed", [False, True])
def test_the_distance_score_agrees_with_averaging_every_row(signed: bool) -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_t(5, size=(61, 5))
    moments = moments_of_samples(x)
    score = PatternScore([moments], "frobenius", signed, rng)
    trivial = PairPattern.trivial(5, True, signed)
    assert moments.rows is not None
    rows = moments.rows * np.sqrt(moments.trace / (moments.rows**2).sum(1).mean())
    s, n = moments.covariance, 60
    total = ((rows**2).sum(1) ** 2).mean() - (s**2).sum()
    trials = random_monomials(rng, 5, signed, 6)
    together = score.many(trivial, np.stack([raised(p, signed) for p in trials]))
    for p, value in zip(trials, together):
        pattern = trivial.joined([raised(p, signed)])
        statistic = ((s - pattern.average(s)) ** 2).sum()
        parts = [((np.outer(y, y) - pattern.average(np.outer(y, y))) ** 2).sum() for y in rows]
        expected = (statistic - np.log(n) * (np.mean(parts) - statistic) / n) / (total / n)
        # The reward for fewer parameters that breaks ties is at most 1e-6.
        assert value == pytest.approx(expected, abs=2e-6)
        assert score(pattern) == pytest.approx(value, abs=1e-12)


def test_step_p_values_are_calibrated() -> None:
    """The reflections of a ring, given its half turn: uniform p-values for Gaussian and for heavy-tailed samples."""
    lag = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    root = np.linalg.cholesky(0.5 ** np.minimum(lag, 6 - lag))
    half, mirror = (np.arange(6) + 3) % 6, (-np.arange(6)) % 6
    trivial = PairPattern.trivial(6, True, False)
    before = trivial.joined([half])
    after = before.joined([mirror])
    for method in ("lrt", "frobenius"):
        p = []
        for seed in range(200):
            rng = np.random.default_rng(seed)
            x = rng.standard_normal((300, 6)) @ root.T
            if method == "frobenius":
                x = x / np.sqrt(rng.chisquare(9, size=300) / 9)[:, None]
            p.append(PatternScore([moments_of_samples(x)], method, False, rng).step_p_value(before, after))
        rejected = (np.array(p) < 0.1).mean()
        # Binomial with 200 trials at 0.1: standard deviation 0.021.
        assert 0.03 < rejected < 0.18, (method, rejected)

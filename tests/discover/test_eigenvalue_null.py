"""The simulated null of the lowest eigenvalues: Wishart draws against weighted rows, and against their mean N."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.eigenvalue_null import _multiplier_grams, eigenvalue_p_values, simulated_commutators
from symmeter.discover.generators import generators_of
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.discover.problem import build_problem
from symmeter.linalg import generalized_eigh

LAG = np.abs(np.arange(6)[:, None] - np.arange(6))
RING = 0.6 ** np.minimum(LAG, 6 - LAG)


def shift_problem(moments: Moments):
    generators = generators_of(dictionary.ring_shifts(6, (1, 2)), 6)
    problem = build_problem(generators, [moments])
    basis = np.stack([g.matrix() for g in generators])
    return problem, basis


def draw(n: int, seed: int, complex_data: bool = False, heavy: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 6))
    if complex_data:
        z = (z + 1j * rng.standard_normal((n, 6))) / np.sqrt(2)
    if heavy:
        z = z * rng.choice([0.4, 1.4], (n, 1)) / np.sqrt(1.06)
    return z @ np.linalg.cholesky(RING).T


@pytest.mark.parametrize("complex_data", [False, True])
def test_simulated_gram_matrices_have_the_noise_matrix_as_their_mean(complex_data: bool) -> None:
    r = RING + 0j if complex_data else RING
    moments = moments_of_covariance(r, 60)
    problem, basis = shift_problem(moments)
    draws = simulated_commutators(moments, basis, 3000, np.random.default_rng(0))
    error = draws.std(0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(0) - problem.noise) < 4.5 * np.maximum(error, 1e-12))
    assert np.linalg.eigvalsh(draws[0])[0] > -1e-12


def test_weighted_rows_have_the_distribution_free_noise_as_their_mean() -> None:
    moments = moments_of_samples(draw(300, 0, heavy=True))
    problem, basis = shift_problem(moments)
    draws = simulated_commutators(moments, basis, 3000, np.random.default_rng(0))
    # Weighted rows know the sample only: their mean is N up to the commutator of the sample itself.
    np.testing.assert_allclose(draws.mean(0), problem.noise, atol=0.12 * np.abs(problem.noise).max())


def test_weighted_rows_against_dense_errors() -> None:
    """The quadratic forms are the commutators of ``E = (s n)^-1/2 sum e_i y_i y_i^H``, built densely here."""
    rng = np.random.default_rng(1)
    for complex_data in (False, True):
        y = draw(7, 2, complex_data)
        basis = rng.standard_normal((3, 6, 6)) + (1j * rng.standard_normal((3, 6, 6)) if complex_data else 0.0)
        multipliers = rng.standard_normal((7, 2))
        got = _multiplier_grams(y, basis, multipliers, 40)
        for t in range(2):
            e = np.einsum("i,ij,ik->jk", multipliers[:, t], y, y.conj()) / np.sqrt(7 * 40)
            c = [e @ a - a @ e for a in basis]
            dense = np.array([[np.vdot(p, q).real for q in c] for p in c])
            np.testing.assert_allclose(got[t], dense, atol=1e-12)


def lowest_p_values(x: np.ndarray, gaussian: bool) -> np.ndarray:
    moments = moments_of_samples(x, gaussian)
    problem, _ = shift_problem(moments)
    step = generalized_eigh(problem.commutator, problem.noise)
    basis = np.stack([problem.combine(c) for c in step.vectors.T])
    return eigenvalue_p_values(
        step.eigenvalues, step.vectors, basis, problem.noise, (moments,), 99, np.random.default_rng(0)
    )


@pytest.mark.parametrize(("heavy", "gaussian"), [(False, True), (False, False), (True, False)])
def test_p_values_of_null_directions_are_spread_evenly(heavy: bool, gaussian: bool) -> None:
    """Comparing the k-th smallest with its own null, not with one: means near one half, few small ones."""
    p = np.array([lowest_p_values(draw(80, seed, heavy=heavy), gaussian) for seed in range(60)])
    assert np.all(np.diff(p, axis=1) <= 1e-12)
    last = p[:, -1]
    # The mean of 60 uniforms is 0.5 with a standard error of 0.037.
    assert 0.38 < last.mean() < 0.66
    assert (last < 0.05).mean() <= 0.15


def test_thousands_of_samples_are_imitated_by_weighted_rows() -> None:
    moments = moments_of_covariance(np.kron(RING, np.eye(8)) + 0.1 * np.eye(48), 100_000)
    basis = np.random.default_rng(0).standard_normal((2, 48, 48))
    fast = simulated_commutators(moments, basis, 199, np.random.default_rng(0))
    generators = generators_of(list(basis), 48, remove_trivial=False)
    noise = build_problem(generators, [moments]).noise
    np.testing.assert_allclose(np.diag(fast.mean(0)), np.diag(noise), rtol=0.15)

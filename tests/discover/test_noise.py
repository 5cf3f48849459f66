"""The noise of a finite sample on L: the fixed oracle, and Monte Carlo for Gaussian, complex and heavy-tailed data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from symmeter.discover.generators import generators_of, parities
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.discover.noise import quadratic_forms
from symmeter.discover.problem import build_problem
from symmeter.representations import Monomial

#: Deviations are compared with their Monte-Carlo standard error; 5 covers every entry of the tables tested here.
SIGMAS = 5.0


def oracle_generators() -> list[np.ndarray]:
    b = [np.zeros((3, 3)) for _ in range(3)]
    b[0][0, 1], b[0][1, 0] = 1.0, -1.0
    b[1][0, 2], b[1][2, 0] = 1.0, -1.0
    b[2][0, 1] = b[2][1, 2] = b[2][2, 0] = 1.0
    return b


ORACLE_COVARIANCE = np.array([[1.0, 0.5, 0.0], [0.5, 2.0, 0.0], [0.0, 0.0, 3.0]])


def test_fixed_oracle() -> None:
    generators = generators_of(oracle_generators(), 3, remove_trivial=False)
    problem = build_problem(generators, [moments_of_covariance(ORACLE_COVARIANCE, 10)])
    np.testing.assert_allclose(problem.commutator, [[4, 0, 2], [0, 8.5, -5.75], [2, -5.75, 7]], atol=1e-12)
    np.testing.assert_allclose(problem.gram, [[2, 0, 1], [0, 2, -1], [1, -1, 3]], atol=1e-14)
    np.testing.assert_allclose(problem.noise, [[5.4, 0, 2.7], [0, 8.05, -3.275], [2.7, -3.275, 9.4]], atol=1e-12)


def test_formula_with_dense_matrices() -> None:
    """N for real Gaussian data as the trace formula states it, for matrices of every kind."""
    rng = np.random.default_rng(1)
    m, n = 5, 17
    root = rng.standard_normal((m, m))
    r = root @ root.T
    b = [rng.standard_normal((m, m)) for _ in range(3)] + [Monomial(rng.permutation(m)).matrix()]
    generators = generators_of(b, m, remove_trivial=False)
    problem = build_problem(generators, [moments_of_covariance(r, n)])
    w = r @ r + np.trace(r) * r
    expected = np.empty((4, 4))
    for k in range(4):
        for j in range(4):
            expected[k, j] = (
                np.trace(b[k].T @ w @ b[j])
                + np.trace(b[k] @ w @ b[j].T)
                - 2 * np.trace(r @ b[k].T @ r @ b[j].T)
                - 2 * np.trace(r @ b[k]) * np.trace(r @ b[j])
            ) / n
    np.testing.assert_allclose(problem.noise, 0.5 * (expected + expected.T), rtol=1e-10, atol=1e-10)


def gaussian(rng: np.random.Generator, n: int, root: np.ndarray) -> np.ndarray:
    return rng.standard_normal((n, len(root))) @ root.T


def complex_gaussian(rng: np.random.Generator, n: int, root: np.ndarray) -> np.ndarray:
    z = (rng.standard_normal((n, len(root))) + 1j * rng.standard_normal((n, len(root)))) / np.sqrt(2)
    return z @ root.T


def heavy(rng: np.random.Generator, n: int, root: np.ndarray) -> np.ndarray:
    """Student t with 9 degrees of freedom, scaled to unit variance."""
    return gaussian(rng, n, root) / np.sqrt(rng.chisquare(9, (n, 1)) / 9) * np.sqrt(7 / 9)


def mixture(rng: np.random.Generator, n: int, root: np.ndarray) -> np.ndarray:
    """Loud and quiet samples: a scale mixture with fourth moments 1.72 times the Gaussian ones."""
    return gaussian(rng, n, root) * rng.choice([0.4, 1.4], (n, 1), p=[0.5, 0.5]) / np.sqrt(1.06)


def skewed(rng: np.random.Generator, n: int, root: np.ndarray) -> np.ndarray:
    """Independent exponential columns, mixed: no symmetry of the law beyond its covariance."""
    return (rng.exponential(size=(n, len(root))) - 1.0) @ root.T


def monte_carlo(
    draw: Callable, gaussian_formula: bool, trials: int, n: int, complex_root: bool = False, centred: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of L_hat - N_hat - L, in units of its standard error, and the mean of N_hat."""
    rng = np.random.default_rng(2)
    m = 5
    root = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if complex_root else 0.0)
    r = root @ root.conj().T
    elements = [Monomial(rng.permutation(m)), Monomial(rng.permutation(m), rng.choice([-1.0, 1.0], m))]
    if complex_root:
        elements.append(Monomial(rng.permutation(m), np.exp(2j * np.pi * rng.integers(0, 4, m) / 4)))
    generators = generators_of([*elements, rng.standard_normal((m, m))], m)
    truth = build_problem(generators, [moments_of_covariance(r)]).commutator
    samples, noises = [], []
    for _ in range(trials):
        x = draw(rng, n, root)
        problem = build_problem(generators, [moments_of_samples(x, gaussian_formula, center=centred)])
        assert problem.noise is not None
        samples.append(problem.commutator - problem.noise - truth)
        noises.append(problem.noise)
    error = np.std(samples, axis=0) / np.sqrt(trials)
    return np.mean(samples, axis=0) / np.maximum(error, 1e-12 * np.abs(truth).max()), np.mean(noises, axis=0)


@pytest.mark.parametrize(
    ("draw", "complex_root"),
    [(gaussian, False), (complex_gaussian, True), (heavy, False), (mixture, False), (skewed, False)],
)
def test_per_sample_noise_is_unbiased_for_any_law(draw: Callable, complex_root: bool) -> None:
    deviation, noise = monte_carlo(draw, False, 1500, 40, complex_root, centred=False)
    assert np.abs(deviation).max() < SIGMAS
    assert np.linalg.eigvalsh(noise)[0] > 0


def exact_gaussian(draw: Callable, complex_root: bool, trials: int) -> np.ndarray:
    """E L_hat - L - N with the true N, in standard errors."""
    rng = np.random.default_rng(3)
    m, n = 6, 50
    root = rng.standard_normal((m, m)) + (1j * rng.standard_normal((m, m)) if complex_root else 0.0)
    r = root @ root.conj().T
    elements = [Monomial(rng.permutation(m)), rng.standard_normal((m, m))]
    if complex_root:
        elements += [Monomial(rng.permutation(m), np.exp(1j * rng.standard_normal(m)))]
    generators = generators_of(elements, m, remove_trivial=False)
    truth = build_problem(generators, [moments_of_covariance(r, n)])
    assert truth.noise is not None
    total = []
    for _ in range(trials):
        x = draw(rng, n, root)
        s = x.T @ x.conj() / n
        total.append(build_problem(generators, [moments_of_covariance(s)]).commutator)
    deviation = np.mean(total, axis=0) - truth.commutator - truth.noise
    return deviation / (np.std(total, axis=0) / np.sqrt(trials))


@pytest.mark.parametrize(("draw", "complex_root"), [(gaussian, False), (complex_gaussian, True)])
def test_gaussian_noise_is_what_sampling_adds(draw: Callable, complex_root: bool) -> None:
    assert np.abs(exact_gaussian(draw, complex_root, 2000)).max() < SIGMAS


@pytest.mark.slow
def test_gaussian_noise_to_one_percent() -> None:
    """The dossier's run: 20 000 draws, M = 6, n = 50, largest deviation 0.5 % there."""
    rng = np.random.default_rng(4)
    root = rng.standard_normal((6, 6))
    r = root @ root.T
    generators = generators_of([rng.standard_normal((6, 6)) for _ in range(3)], 6, remove_trivial=False)
    truth = build_problem(generators, [moments_of_covariance(r, 50)])
    total, draws = np.zeros((3, 3)), 20_000
    for _ in range(draws):
        x = gaussian(rng, 50, root)
        total += build_problem(generators, [moments_of_covariance(x.T @ x / 50)]).commutator
    noise = total / draws - truth.commutator
    assert np.abs(noise - truth.noise).max() < 0.01 * np.abs(truth.noise).max()


def test_the_gaussian_formula_fails_for_heavy_tails_and_the_per_sample_one_does_not() -> None:
    wrong, low = monte_carlo(mixture, True, 3000, 40, centred=False)
    assert np.abs(wrong).max() > 1.5 * SIGMAS
    _, true_noise = monte_carlo(mixture, False, 500, 40, centred=False)
    # Fourth moments of the mixture are 1.72 times Gaussian ones, and so is most of the noise.
    assert 1.4 < np.median(np.diag(true_noise) / np.diag(low)) < 1.8


def test_removing_the_mean_costs_one_degree_of_freedom_and_no_bias() -> None:
    # For Gaussian data the centred rows, rescaled, have exactly the law that the formula assumes.
    deviation, _ = monte_carlo(gaussian, False, 2500, 12)
    assert np.abs(deviation).max() < SIGMAS
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 5))
    generators = generators_of([Monomial(rng.permutation(5)) for _ in range(3)], 5)
    here, there = (build_problem(generators, [moments_of_samples(y)]) for y in (x, x + 100.0))
    np.testing.assert_allclose(here.noise, there.noise, rtol=1e-9)
    np.testing.assert_allclose(here.commutator, there.commutator, rtol=1e-9)


def test_quadratic_forms() -> None:
    rng = np.random.default_rng(0)
    y = rng.standard_normal((7, 4)) + 1j * rng.standard_normal((7, 4))
    parts, _ = parities(generators_of([Monomial([1, 2, 3, 0]), rng.standard_normal((4, 4))], 4))
    got = quadratic_forms(y, parts)
    for k, g in enumerate(parts):
        np.testing.assert_allclose(got[:, k], [v.conj() @ g.matrix() @ v for v in y], atol=1e-12)
    # x^T B x vanishes for real x and skew B.
    skew = [k for k, g in enumerate(parts) if g.parity == -1]
    np.testing.assert_array_equal(quadratic_forms(y.real, parts)[:, skew], 0.0)


def test_several_covariances_add_up() -> None:
    rng = np.random.default_rng(0)
    generators = generators_of([Monomial(rng.permutation(5)) for _ in range(3)], 5)
    both: list[Moments] = [moments_of_samples(rng.standard_normal((n, 5))) for n in (40, 90)]
    single = [build_problem(generators, [m]) for m in both]
    joint = build_problem(generators, both)
    np.testing.assert_allclose(joint.commutator, single[0].commutator + single[1].commutator)
    np.testing.assert_allclose(joint.noise, single[0].noise + single[1].noise)
    exact = build_problem(generators, [both[0], moments_of_covariance(np.diag(np.arange(5.0)))])
    assert exact.noise is None

"""The problems that the assembly benchmarks solve: a Wishart covariance and generators ``P - P^T`` of random P."""

from __future__ import annotations

import numpy as np

from symmeter.discover.generators import Generator
from symmeter.discover.moments import moments_of_covariance
from symmeter.discover.problem import build_problem
from symmeter.linalg import generalized_eigh
from symmeter.representations import Monomial

__all__ = ["random_problem", "solution"]


def random_problem(m: int, d: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """A covariance of full rank and d permutations of m points."""
    rng = np.random.default_rng(m + d)
    factor = rng.standard_normal((m, 2 * m))
    return factor @ factor.T / (2 * m), [rng.permutation(m) for _ in range(d)]


def solution(covariance: np.ndarray, permutations: list[np.ndarray], n: int | None) -> np.ndarray:
    """Eigenvalues by symmeter, from the covariance and the permutations on."""
    generators = [Generator(f"g{k}", Monomial(p), -1) for k, p in enumerate(permutations)]
    problem = build_problem(generators, [moments_of_covariance(covariance, n)])
    return generalized_eigh(problem.commutator, problem.gram if n is None else problem.noise).eigenvalues

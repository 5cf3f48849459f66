"""Time of assembly and solution, ours beside a dense assembly of the same problem, on one thread.

Both get the same covariance, the same sample size and the same d generators (Hermitian and skew parts of d/2 random
permutations), and return the eigenvalues of ``L c = lambda N c``. Processor time is taken, so that other work on the
machine counts less.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.discover.generators import generators_of
from symmeter.discover.moments import moments_of_covariance
from symmeter.discover.problem import build_problem
from symmeter.linalg import generalized_eigh
from symmeter.representations import Monomial

__all__ = ["SAMPLES", "dense_eigenvalues", "timed", "workload"]

#: Sample size behind the covariance; the time does not depend on it.
SAMPLES = 1000


def workload(size: int, generators: int, seed: int) -> tuple[Float[np.ndarray, "m m"], list[Monomial]]:
    """A generic covariance and half as many permutations as there shall be generators."""
    rng = np.random.default_rng([seed, size, generators])
    factor = rng.standard_normal((size, size))
    permutations = [Monomial(rng.permutation(size), name=f"p{k}") for k in range(generators // 2)]
    return factor @ factor.T / size, permutations


def dense_eigenvalues(
    covariance: Float[np.ndarray, "m m"], permutations: Sequence[Monomial]
) -> Float[np.ndarray, " d"]:
    """The same eigenproblem by the definitions: dense matrices, all products, one Gram product each, one solve.

    ``N_kl = (1/n) {tr(B_k^T W B_l) + tr(B_k W B_l^T) - 2 tr(R B_k^T R B_l^T) - 2 tr(R B_k) tr(R B_l)}`` with
    ``W = R^2 + tr(R) R``, for Gaussian data.
    """
    from scipy.linalg import eigh

    r, m = covariance, len(covariance)
    basis = []
    for p in permutations:
        matrix = p.matrix()
        symmetric = matrix + matrix.T
        basis += [matrix - matrix.T, symmetric - np.trace(symmetric) / m * np.eye(m)]
    stack = np.stack(basis)
    d = len(stack)
    w = r @ r + np.trace(r) * r
    flat = stack.reshape(d, -1)
    left, right = (r @ stack), (stack @ r)
    commutators = (left - right).reshape(d, -1)
    # <R B_l^T R, B_k> is the transpose's product with B_k^T R: the third term for any B.
    turned = (left @ r).swapaxes(1, 2).reshape(d, -1)
    traces = np.trace(left, axis1=1, axis2=2)
    noise = (w @ stack).reshape(d, -1) @ flat.T + (stack @ w).reshape(d, -1) @ flat.T
    noise -= 2.0 * turned @ flat.T + 2.0 * np.outer(traces, traces)
    return np.asarray(eigh(commutators @ commutators.T, 0.5 * (noise + noise.T) / SAMPLES, eigvals_only=True))


def _ours(covariance: np.ndarray, permutations: Sequence[Monomial]) -> np.ndarray:
    moments = moments_of_covariance(covariance, SAMPLES)
    problem = build_problem(generators_of(permutations, len(covariance)), [moments])
    assert problem.noise is not None
    return generalized_eigh(problem.commutator, problem.noise).eigenvalues


def timed(size: int, generators: int, repeats: int, seed: int, dense: bool = True) -> dict[str, Any]:
    """Best processor time of a few repetitions, and whether both answers agree.

    Returns
    -------
    dict
        ``seconds``, ``dense_seconds``, ``disagreement`` (largest difference of eigenvalues, relative to the largest).
    """
    covariance, permutations = workload(size, generators, seed)
    seconds, ours = _best(_ours, covariance, permutations, repeats)
    out: dict[str, Any] = {"size": size, "generators": generators, "seconds": seconds}
    if dense:
        out["dense_seconds"], theirs = _best(dense_eigenvalues, covariance, permutations, repeats)
        out["disagreement"] = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    return out


def _best(call: Any, covariance: np.ndarray, permutations: Sequence[Monomial], repeats: int) -> tuple[float, Any]:
    call(covariance, permutations[:2])  # imports and first-use set-up are not part of the work
    best, result = np.inf, None
    for _ in range(repeats):
        start = time.process_time()
        result = call(covariance, permutations)
        best = min(best, time.process_time() - start)
    return float(best), result

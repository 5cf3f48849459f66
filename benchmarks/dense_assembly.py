"""The baseline for assembly: the same L, G and N, and the same solution, from dense matrices and plain products.

N is the Gaussian formula for real data as it stands in the literature on Wishart matrices,
``N_kl = (1/n) {tr(B_k^T W B_l) + tr(B_k W B_l^T) - 2 tr(R B_k^T R B_l^T) - 2 tr(R B_k) tr(R B_l)}``, W = R^2 + tr(R) R.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import eigh

__all__ = ["dense_gram_matrices", "dense_solution"]


def dense_gram_matrices(
    covariance: np.ndarray, permutations: Sequence[np.ndarray], n: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """L, G and (with n) N of the generators ``P - P^T``."""
    r, m, d = covariance, len(covariance), len(permutations)
    basis = np.zeros((d, m, m))
    for b, p in zip(basis, permutations):
        b[p, np.arange(m)] += 1.0
        b[np.arange(m), p] -= 1.0
    left, right = np.empty_like(basis), np.empty_like(basis)
    for k, b in enumerate(basis):
        left[k], right[k] = r @ b, b @ r
    rows = basis.reshape(d, -1)
    commutators = (left - right).reshape(d, -1)
    commutator, gram = commutators @ commutators.T, rows @ rows.T
    if n is None:
        return commutator, gram, None
    # tr(R B_k^T R B_l^T) = -tr(B_k^T R B_l R) for skew generators.
    cross = -left.reshape(d, -1) @ right.reshape(d, -1).T
    traces = rows @ r.reshape(-1)
    w = r @ r + np.trace(r) * r
    for k, b in enumerate(basis):
        left[k], right[k] = w @ b, b @ w
    noise = rows @ left.reshape(d, -1).T + rows @ right.reshape(d, -1).T
    noise = (noise - 2.0 * cross - 2.0 * np.outer(traces, traces)) / n
    return commutator, gram, 0.5 * (noise + noise.T)


def dense_solution(covariance: np.ndarray, permutations: Sequence[np.ndarray], n: int | None) -> np.ndarray:
    """Eigenvalues of ``L c = lambda N c`` (with n) or ``L c = lambda G c``."""
    commutator, gram, noise = dense_gram_matrices(covariance, permutations, n)
    return eigh(commutator, gram if noise is None else noise, eigvals_only=False)[0]

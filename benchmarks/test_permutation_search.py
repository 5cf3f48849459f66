"""The dictionary-free search beside the plain seed heuristic: every pair of images, assignment, refinement."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symmeter.discover.moments import Moments, moments_of_samples
from symmeter.discover.noisy_automorphisms import noisy_automorphisms
from symmeter.groups import PermutationGroup


def ring(m: int, rho: float = 0.6) -> np.ndarray:
    lag = np.abs(np.subtract.outer(np.arange(m), np.arange(m)))
    return rho ** np.minimum(lag, m - lag)


def sampled(r: np.ndarray, n: int) -> Moments:
    return moments_of_samples(np.random.default_rng(0).standard_normal((n, len(r))) @ np.linalg.cholesky(r).T)


def seed_heuristic(moments: Moments, c: float = 1.8) -> PermutationGroup:
    """All pairs (0 -> j, 1 -> k), then ``cost_kj = sum_m (R_km - R_{j, p_m})^2`` until stable."""
    from scipy.optimize import linear_sum_assignment

    r, n, m = moments.covariance, moments.n, moments.dimension
    assert n is not None
    squares = (r**2).sum(1)
    accepted: set[tuple[int, ...]] = set()
    for j in range(m):
        for k in range(m):
            if j == k:
                continue
            cost = (r[:, [0]] - r[[j], :]) ** 2 + (r[:, [1]] - r[[k], :]) ** 2
            p = linear_sum_assignment(cost)[1]
            for _ in range(10):
                following = linear_sum_assignment(squares[:, None] + squares[None, :] - 2.0 * r @ r[:, p].T)[1]
                if np.array_equal(following, p):
                    break
                p = following
            moved = np.empty_like(r)
            moved[np.ix_(p, p)] = r
            rp = r[:, p]
            null = (r**2).sum() + np.trace(r) ** 2 - (rp * rp.T).sum() - np.trace(rp) ** 2
            if ((r - moved) ** 2).sum() <= c * 2.0 * null / n:
                accepted.add(tuple(p.tolist()))
    return PermutationGroup([list(p) for p in accepted], degree=m)


@pytest.mark.parametrize(
    ("name", "r", "n", "order"),
    [
        ("ring of 32, n=1000", ring(32), 1000, 64),
        ("ring of 64, n=1000", ring(64), 1000, 128),
        ("torus 8 x 8, n=2000", np.kron(ring(8), ring(8, 0.4)), 2000, 256),
    ],
)
def test_search_beside_the_seed_heuristic(beside: Any, name: str, r: np.ndarray, n: int, order: int) -> None:
    moments = sampled(r, n)
    outcome = beside(
        f"permutation search, {name}",
        lambda: noisy_automorphisms([moments]),
        lambda: seed_heuristic(moments),
        "all pairs of seeds",
        seconds=3.0,
        rounds=3,
        baseline_rounds=2,
    )
    assert outcome.pattern.group().order == order


def test_search_without_symmetry(benchmark: Any) -> None:
    """The costly case: every image has to fail."""
    a = np.random.default_rng(1).standard_normal((64, 128))
    moments = sampled(a @ a.T / 128 + 0.5 * np.eye(64), 1000)
    outcome = benchmark.pedantic(lambda: noisy_automorphisms([moments]), rounds=3, warmup_rounds=1)
    assert outcome.generators == ()
    assert benchmark.stats.stats.median < 3.0

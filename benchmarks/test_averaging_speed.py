"""Averaging a covariance over a group: one pass over orbits beside a loop over the group's elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from symmeter.discover import dictionary
from symmeter.representations import MonomialAction

GRID = (16, 16)


def test_average_over_the_symmetries_of_a_torus(beside: Any) -> None:
    generators = dictionary.grid_shifts(GRID) + dictionary.reflections(GRID) + dictionary.transposes(GRID)
    elements = _closure([g.images for g in generators])
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((256, 300))
    covariance = factor @ factor.T / 300

    def loop() -> np.ndarray:
        total = np.zeros_like(covariance)
        for p in elements:
            total += covariance[np.ix_(p, p)]
        return total / len(elements)

    averaged = beside(
        f"average of a covariance, M=256, group of order {len(elements)}, orbits included",
        lambda: MonomialAction(generators).symmetrize(covariance),
        loop,
        "loop over elements",
        baseline_rounds=2,
    )
    assert MonomialAction(generators).group.order == len(elements) == 2048
    np.testing.assert_allclose(averaged, loop(), atol=1e-12)


def _closure(generators: list[np.ndarray]) -> list[np.ndarray]:
    """Every element, by multiplying out; not timed."""
    first = np.arange(len(generators[0]))
    seen, queue = {first.tobytes(): first}, [first]
    while queue:
        p = queue.pop()
        for g in generators:
            q = g[p]
            if q.tobytes() not in seen:
                seen[q.tobytes()] = q
                queue.append(q)
    return list(seen.values())

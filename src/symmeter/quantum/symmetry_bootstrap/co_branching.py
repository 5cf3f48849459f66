"""Readings of a ramp matrix in GUE units with an anti-unitary: rows that count twice, and rows that count once.

In these units the ramp is ``sum over co-irreps w rho rho^T``: w = 2 for a real irrep (rho = B_R), w = 1 for a complex
pair (rho = B_R + B_tau(R)), w = 2 again for a quaternionic one with B_R in place of the doubled pattern.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.antiunitary import Hypothesis, hypotheses
from symmeter.quantum.symmetry_bootstrap.branching_candidates import _rows
from symmeter.quantum.symmetry_bootstrap.budget import Budget
from symmeter.quantum.symmetry_bootstrap.dyson import BlockClass
from symmeter.quantum.symmetry_bootstrap.identities import ramp_matrix
from symmeter.quantum.symmetry_bootstrap.seed import PatternRow
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["co_branchings"]


def co_branchings(
    known: KnownSubgroup, ramp: Int[np.ndarray, "k k"], order: int, budget: Budget
) -> Iterator[Hypothesis]:
    """Every reading whose irreps have squared dimensions that add up to the order."""
    k = len(known)
    trivial = np.zeros(k, dtype=np.int64)
    trivial[known.trivial] = 1
    rest = ramp - 2 * np.outer(trivial, trivial)
    if rest.min() < 0:
        return
    # A complex pair may be twice as large as an irrep: rows of the raw matrix, not of half of it.
    options = [_rows(known, rest, a, 4 * order) for a in range(k)]
    seen = set()
    for rows in _extend(rest, options, 0, 0, [], budget):
        patterns: dict[tuple[tuple[int, ...], str], int] = {(tuple(trivial.tolist()), "GOE"): 1}
        for row, weight in rows:
            key = (tuple(row.tolist()), "GOE" if weight == 2 else "GUE")
            patterns[key] = patterns.get(key, 0) + 1
        seeds = [
            PatternRow(row, 0.0, m, BlockClass(kind, m, float("nan"), float("inf"), None))
            for (row, kind), m in patterns.items()
        ]
        for h in hypotheses(known, seeds, True):
            dims = h.branching @ known.dims
            a = ramp_matrix(h.branching)
            if int(dims @ dims) != order or not np.array_equal(a @ known.dims * known.order, order * known.dims):
                continue
            key = (h.branching.tobytes(), None if h.pairing is None else h.pairing.tobytes())
            if key not in seen:
                seen.add(key)
                # Slopes do not tell real from quaternionic irreps: classes stay open.
                yield Hypothesis(h.branching, h.pairing, None)


def _extend(
    rest: np.ndarray,
    options: list[list[np.ndarray]],
    sector: int,
    position: int,
    rows: list[tuple[np.ndarray, int]],
    budget: Budget,
) -> Iterator[list[tuple[np.ndarray, int]]]:
    k = len(rest)
    while sector < k and rest[sector, sector] == 0:
        if rest[sector].any():
            return
        sector, position = sector + 1, 0
    if sector == k:
        yield rows
        return
    for i in range(position, 2 * len(options[sector])):
        budget.spend()
        row, weight = options[sector][i // 2], 2 - i % 2
        left = rest - weight * np.outer(row, row)
        if left.min() >= 0:
            yield from _extend(left, options, sector, i, [*rows, (row, weight)], budget)

"""All branching matrices B with B^T B equal to a ramp matrix, by backtracking over rows.

A row is the restriction of one irrep of G: its entries are at most sqrt(A_aa), its outer product stays below A entry
by entry, its dimension divides |G| and is at most [G:N] d_a for each of its constituents, and one row is the trivial
irrep alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.budget import Budget
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["branching_matrices", "why_not_branching"]


def branching_matrices(
    known: KnownSubgroup, ramp: Int[np.ndarray, "k k"], order: int, budget: Budget
) -> Iterator[Int[np.ndarray, "r k"]]:
    """Every B, rows in descending order, the trivial irrep first.

    Parameters
    ----------
    known : KnownSubgroup
    ramp : int array of shape (k, k)
    order : int
        |G|, from the index identity.
    budget : Budget
        One unit a row that is tried.
    """
    k = len(known)
    trivial = np.zeros(k, dtype=np.int64)
    trivial[known.trivial] = 1
    rest = ramp - np.outer(trivial, trivial)
    if rest.min() < 0:
        return
    candidates = [_rows(known, rest, a, order) for a in range(k)]
    yield from (np.array([trivial, *rows]) for rows in _extend(known, rest, order, candidates, 0, 0, [], budget))


def _rows(known: KnownSubgroup, rest: np.ndarray, first: int, order: int) -> list[np.ndarray]:
    """Rows with their first constituent in sector ``first``, in descending order."""
    k, d = len(known), known.dims
    index = order // known.order
    found: list[np.ndarray] = []
    row = np.zeros(k, dtype=np.int64)

    def fill(a: int) -> None:
        size = int(row @ d)
        if size * size > order:
            return
        if a == k:
            if order % size == 0 and all(size <= index * int(d[b]) for b in np.flatnonzero(row)):
                found.append(row.copy())
            return
        low = 1 if a == first else 0
        for value in range(isqrt(int(rest[a, a])), low - 1, -1):
            row[a] = value
            if value == 0 or (value * row[:a] <= rest[a, :a]).all():
                fill(a + 1)
        row[a] = 0

    if rest[first, first] > 0:
        fill(first)
    return found


def _extend(
    known: KnownSubgroup,
    rest: np.ndarray,
    order: int,
    candidates: list[list[np.ndarray]],
    sector: int,
    position: int,
    rows: list[np.ndarray],
    budget: Budget,
) -> Iterator[list[np.ndarray]]:
    k = len(known)
    while sector < k and rest[sector, sector] == 0:
        if rest[sector].any():
            return
        sector, position = sector + 1, 0
    if sector == k:
        yield rows
        return
    options = candidates[sector]
    for i in range(position, len(options)):
        budget.spend()
        row = options[i]
        # Rows that begin in this sector must use up its diagonal, in descending order of their first entry.
        left = rest - np.outer(row, row)
        if left.min() < 0:
            continue
        yield from _extend(known, left, order, candidates, sector, i, [*rows, row], budget)


def why_not_branching(known: KnownSubgroup, branching: Int[np.ndarray, "r k"], order: int) -> str:
    """What rules a branching matrix out before fusion is looked at; empty when nothing does."""
    b = branching
    dims = b @ known.dims
    if int(dims @ dims) != order:
        return "the squared dimensions do not add up to |G|"
    keys = sorted(map(tuple, b.tolist()))
    if sorted(map(tuple, b[:, known.conjugate].tolist())) != keys:
        return "the rows are not closed under complex conjugation"
    linear = b[dims == 1]
    if order % len(linear):
        return f"{len(linear)} one-dimensional irreps do not divide the order {order}"
    sectors = linear.argmax(axis=1)
    counts = np.bincount(sectors, minlength=len(known))
    image = np.flatnonzero(counts)
    if len(set(counts[image].tolist())) > 1:
        return "one-dimensional irreps restrict unevenly to N"
    rows_of = {a: i for i, a in enumerate(known.linear)}
    for a in image.tolist():
        moved = np.zeros_like(b)
        moved[:, known.twist[rows_of[a]]] = b
        if sorted(map(tuple, moved.tolist())) != keys:
            return "the rows are not closed under products with one-dimensional irreps"
    if order % 2 and (order - len(b)) % 16:
        # Burnside: a group of odd order has as many classes as its order modulo 16.
        return "an odd order and the number of irreps differ by no multiple of 16"
    return ""

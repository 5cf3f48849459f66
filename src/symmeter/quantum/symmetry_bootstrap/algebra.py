"""The search without a library: from a branching matrix to all fusion rings, and from those to character tables.

For each B: linear characters, frames, fusion rings, columns, tests. Rings that differ by a relabelling are found once;
every ring that is dropped keeps the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.branching_candidates import why_not_branching
from symmeter.quantum.symmetry_bootstrap.budget import Budget, BudgetExceeded
from symmeter.quantum.symmetry_bootstrap.fusion_search import fusion_rings
from symmeter.quantum.symmetry_bootstrap.linear_action import frames
from symmeter.quantum.symmetry_bootstrap.pointed import pointed_groups
from symmeter.quantum.symmetry_bootstrap.ring_characters import RingCharacters, ring_characters, why_no_group
from symmeter.quantum.symmetry_bootstrap.ring_isomorphism import ring_colours, ring_isomorphism
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["AlgebraSearch", "Ring", "search_rings"]


@dataclass(frozen=True, eq=False)
class Ring:
    """A branched fusion ring that passed every test.

    Attributes
    ----------
    branching : int array of shape (r, k)
    fusion : int array of shape (r, r, r)
        ``dim Hom(1, R S T)``.
    characters : RingCharacters
    colours : array of shape (r,)
        See :func:`~symmeter.quantum.symmetry_bootstrap.ring_isomorphism.ring_colours`.
    """

    branching: Int[np.ndarray, "r k"]
    fusion: Int[np.ndarray, "r r r"]
    characters: RingCharacters
    colours: np.ndarray


@dataclass
class AlgebraSearch:
    """What a search found.

    Attributes
    ----------
    rings : list of Ring
    rejected : Counter
        How often each reason ruled out a branching matrix or a ring.
    complete : bool
        Whether the whole space was searched.
    branchings : int
        Number of branching matrices that were looked at.
    """

    rings: list[Ring] = field(default_factory=list)
    rejected: Counter = field(default_factory=Counter)
    complete: bool = True
    branchings: int = 0


def search_rings(
    known: KnownSubgroup, branchings: Iterable[Int[np.ndarray, "r k"]], order: int, budget: Budget
) -> AlgebraSearch:
    """All character tables over branching matrices, each once.

    Parameters
    ----------
    known : KnownSubgroup
    branchings : iterable of int arrays
        May be a generator that spends from the same budget.
    order : int
    budget : Budget
    """
    found = AlgebraSearch()
    buckets: dict[bytes, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    try:
        for b in branchings:
            found.branchings += 1
            reason = why_not_branching(known, b, order)
            if reason:
                found.rejected[reason] += 1
                continue
            any_ring = _search_one(known, b, budget, found, buckets)
            if not any_ring:
                found.rejected["no fusion ring restricts to N with these branching rules"] += 1
    except BudgetExceeded:
        found.complete = False
    return found


def _search_one(known: KnownSubgroup, b: np.ndarray, budget: Budget, found: AlgebraSearch, buckets: dict) -> bool:
    any_ring = False
    for pointed in pointed_groups(known, b):
        for frame in frames(known, b, pointed, budget):
            for fusion in fusion_rings(known, frame, budget):
                any_ring = True
                budget.spend()
                colours = ring_colours(frame.branching, fusion)
                bucket = buckets.setdefault(np.sort(colours).tobytes(), [])
                ring = (frame.branching, fusion)
                if any(ring_isomorphism(ring, (b2, f2), (colours, c2)) is not None for b2, f2, c2 in bucket):
                    continue
                bucket.append((*ring, colours))
                characters = ring_characters(known, *ring)
                reason = characters if isinstance(characters, str) else why_no_group(known, characters, fusion)
                if reason:
                    found.rejected[reason] += 1
                else:
                    assert isinstance(characters, RingCharacters)
                    found.rings.append(Ring(*ring, characters, colours))
    return any_ring

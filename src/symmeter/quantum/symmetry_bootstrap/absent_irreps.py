"""Spaces too small to hold every irrep of the group: the least groups that have the irreps which occur.

A pattern is the restriction of some irrep of G, but the numbers of levels say nothing of the irreps that no level
carries, so that the order of G stays open. Of the library, the groups of the least order are told whose irreps restrict
to all patterns seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from symmeter.groups.library import LARGEST_ORDER
from symmeter.quantum.symmetry_bootstrap.antiunitary import hypotheses, plain
from symmeter.quantum.symmetry_bootstrap.library_pairs import LibraryPair, pairs_of_order
from symmeter.quantum.symmetry_bootstrap.patterns import pattern_text
from symmeter.quantum.symmetry_bootstrap.ring_isomorphism import ring_colours, ring_isomorphism
from symmeter.quantum.symmetry_bootstrap.seed import Seed
from symmeter.quantum.symmetry_bootstrap.solutions import BootstrapResult, Solution

__all__ = ["least_groups", "unresolved_result"]

_MOST_ROWS = 12


def unresolved_result(seed: Seed, present: bool | None, max_order: int = LARGEST_ORDER) -> BootstrapResult:
    """Status "unresolved", with the least groups that have irreps of these restrictions."""
    known = seed.known
    rows = [replace(r, plateau_blocks=1, statistics=None) for r in seed.rows]
    readings = [] if present else [plain(known, rows)]
    if present is not False and len(rows) <= _MOST_ROWS:
        # Without classes real irreps are among the readings, so that the plain one comes first here too.
        readings += list(hypotheses(known, rows, True))
    solutions: list[Solution] = []
    orders: set[int] = set()
    seen: set[frozenset[tuple[int, ...]]] = set()
    for h in readings:
        wanted = frozenset(map(tuple, h.branching.tolist()))
        if wanted in seen:
            continue
        seen.add(wanted)
        pairs = least_groups(seed, wanted, max_order)
        for s in _grouped(seed, pairs, h.pairing):
            orders.add(s.order)
            solutions.append(s)
    listed = ", ".join(
        f"{pattern_text(r.pattern, known.labels)} in {r.levels:g}"
        for r in sorted(seed.rows, key=lambda r: r.levels)[:6]
    )
    notes = [
        f"irreps are absent from this space or too rare in it, so that its levels ({listed}) leave the order of the "
        "group open; a larger system, or the ramp of many realisations, decides"
    ]
    if solutions:
        notes.append("listed are the groups of the least order that have irreps with these restrictions")
    else:
        notes.append(
            f"no group up to order {min(max_order, LARGEST_ORDER)} has linear irreps with these restrictions; some may "
            "be accidental, or projective"
        )
    solutions.sort(key=lambda s: s.order)
    index = None if len(orders) != 1 else orders.pop() // known.order
    return BootstrapResult(
        "unresolved", seed, tuple(solutions), index, present, {}, complete=False, notes=tuple(notes)
    )  # fmt: skip


def least_groups(seed: Seed, wanted: frozenset[tuple[int, ...]], max_order: int) -> list[LibraryPair]:
    """All pairs (G, N) of the least order that have irreps with each of these restrictions."""
    known = seed.known
    rows = np.array(sorted(wanted))
    least = 1 + sum(int(r) ** 2 for r in (rows @ known.dims) if r > 1)
    for order in range(known.order, min(max_order, LARGEST_ORDER) + 1, known.order):
        if order < least - 1:
            continue
        found = [p for p in pairs_of_order(order, known) if wanted <= frozenset(map(tuple, p.branching.tolist()))]
        if found:
            return found
    return []


def _grouped(seed: Seed, pairs: Iterable[LibraryPair], pairing: np.ndarray | None) -> list[Solution]:
    """One solution for each ring over N."""
    solutions: list[tuple[list[LibraryPair], np.ndarray]] = []
    for p in pairs:
        colours = ring_colours(p.branching, p.fusion)
        for same, other in solutions:
            q = same[0]
            if ring_isomorphism((p.branching, p.fusion), (q.branching, q.fusion), (colours, other)) is not None:
                same.append(p)
                break
        else:
            solutions.append(([p], colours))
    out = []
    for same, _ in solutions:
        first, group = same[0], same[0].group
        values, sizes = group.character_table.values, group.class_sizes
        kind = "" if pairing is None else "untried"
        out.append(
            Solution(seed.known, first.branching, first.fusion, values, sizes, tuple(same), ("library",), pairing, kind)
        )
    return out

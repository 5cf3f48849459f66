"""Anti-unitary symmetries: how they merge irreps of G into patterns, and which groups allow the classes that are seen.

T pairs the irrep R with tau(R) = conj(R o phi), phi the conjugation by T. With nu the Frobenius-Schur indicator of
Wigner, ``nu(R) = sum_g chi_R(phi(g) z g) / |G|`` for T^2 = z, levels carry B_R (nu = +1, GOE), B_R + B_tau(R) (nu = 0,
GUE) or 2 B_R (nu = -1, GSE). On the sectors of N, T acts as a permutation tau of the same form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import prod

import numpy as np
from jaxtyping import Int

from symmeter.groups import FiniteGroup
from symmeter.quantum.symmetry_bootstrap.dyson import BlockClass
from symmeter.quantum.symmetry_bootstrap.seed import PatternRow, Seed
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["Hypothesis", "hypotheses", "kind_of_antiunitary", "rows_with_classes", "sector_pairings"]

_MOST = 3000
_MOST_CLASSES = 128
_MOST_AUTOMORPHISMS = 3000

Types = Counter  # (row, nu) -> how many irreps


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One reading of the patterns as restrictions of irreps.

    Attributes
    ----------
    branching : int array of shape (r, k)
        Rows in descending order, that of the trivial irrep first where there is one.
    pairing : int array of shape (k,) or None
        Sector that T takes each sector to; None without T.
    types : Counter or None
        How many irreps have each (row, nu); None when classes are not known.
    """

    branching: Int[np.ndarray, "r k"]
    pairing: Int[np.ndarray, " k"] | None
    types: Types | None

    @property
    def has_antiunitary(self) -> bool:
        return self.pairing is not None


def sector_pairings(known: KnownSubgroup) -> list[Int[np.ndarray, " k"]]:
    """All ways in which an anti-unitary that normalises N can permute its sectors; conjugation first."""
    found = {}
    for p in known.relabellings:
        tau = known.conjugate[p]
        if np.array_equal(tau[tau], np.arange(len(tau))):
            found.setdefault(tau.tobytes(), tau)
    return list(found.values())


def plain(known: KnownSubgroup, rows: Sequence[PatternRow]) -> Hypothesis:
    """Every pattern is the restriction of as many irreps as it has blocks."""
    return Hypothesis(_sorted(known, [np.array(r.pattern) for r in rows for _ in range(r.blocks)]), None, None)


def hypotheses(known: KnownSubgroup, rows: Sequence[PatternRow], antiunitary: bool) -> Iterator[Hypothesis]:
    """All readings of patterns, with an anti-unitary present or absent."""
    if not antiunitary:
        yield plain(known, rows)
        return
    seen = set()
    for tau in sector_pairings(known):
        options = [_readings(r, tau) for r in rows]
        if not all(options) or prod(map(len, options)) > _MOST:
            continue
        for choice in product(*options):
            irreps = [x for part in choice for x in part]
            types = Counter((tuple(row.tolist()), nu) for row, nu in irreps)
            key = (tau.tobytes(), frozenset(types.items()))
            if key not in seen:
                seen.add(key)
                yield Hypothesis(_sorted(known, [row for row, _ in irreps]), tau, types)


def rows_with_classes(seed: Seed, merging: bool) -> Iterator[list[PatternRow]]:
    """Patterns with every choice of classes that the data leave open; ``merging`` leaves out that nothing is merged."""
    from symmeter.quantum.symmetry_bootstrap.xsff import least_blocks

    known, rows = seed.known, seed.rows
    only = tuple(int(a == known.trivial) for a in range(len(known)))
    options = []
    for r in rows:
        free = ("GOE", "GUE", "GSE") if all(m % 2 == 0 for m in r.pattern) else ("GOE", "GUE")
        options.append(("GOE",) if r.pattern == only else (r.ensemble,) if r.ensemble else free)
    if prod(map(len, options)) > _MOST_CLASSES:
        return
    patterns = np.array([r.pattern for r in rows])
    counts = np.array([r.levels for r in rows])
    for kinds in product(*options):
        if merging and set(kinds) == {"GOE"}:
            continue
        mu = np.array([r.blocks for r in rows])
        if counts.all() and seed.source == "levels":
            least = least_blocks(known, patterns, counts, np.rint(counts @ patterns).astype(np.int64), kinds)
            if least is None:
                continue
            mu = least
        yield [
            PatternRow(r.pattern, r.levels, int(m), BlockClass(kind, int(m), float("nan"), float("inf"), None))
            for r, m, kind in zip(rows, mu, kinds)
        ]


def _sorted(known: KnownSubgroup, rows: list[np.ndarray]) -> np.ndarray:
    ordered = sorted(rows, key=lambda r: (int(r @ known.dims), r[known.trivial] == 0, tuple((-r).tolist())))
    return np.array(ordered, dtype=np.int64)


def _readings(row: PatternRow, tau: np.ndarray) -> list[list[tuple[np.ndarray, int]]]:
    """Lists of (restriction, nu) that a pattern with its blocks can stand for."""
    pattern = np.array(row.pattern)
    if not np.array_equal(pattern[tau], pattern):
        return []
    real = [(pattern, 1)]
    doubled = [(pattern // 2, -1)] if (pattern % 2 == 0).all() else None
    splits = [[(b, 0), (b[tau], 0)] for b in _splits(pattern, tau)]
    one: list[list[tuple[np.ndarray, int]]] = []
    if row.ensemble in (None, "GOE"):
        one.append(real)
    if row.ensemble in (None, "GUE"):
        one += splits
    if row.ensemble in (None, "GSE") and doubled:
        one.append(doubled)
    # Blocks of one pattern have one class, but may split differently.
    same = [one] if row.ensemble is not None else [[o] for o in one]
    readings = []
    for kind in same:
        for chosen in combinations_with_replacement(range(len(kind)), row.blocks):
            readings.append([x for i in chosen for x in kind[i]])
    return readings


def _splits(pattern: np.ndarray, tau: np.ndarray) -> list[np.ndarray]:
    """All b with ``b + b[tau] = pattern``, each with its partner once."""
    choices: list[tuple[int, ...]] = []
    for a, m in enumerate(pattern.tolist()):
        partner = int(tau[a])
        if partner == a:
            if m % 2:
                return []
            choices.append((m // 2,))
        elif partner > a:
            choices.append(tuple(range(m + 1)))
        else:
            choices.append((-1,))
    if prod(map(len, choices)) > _MOST:
        return []
    found: dict[bytes, np.ndarray] = {}
    for values in product(*choices):
        b = np.array(values, dtype=np.int64)
        late = b < 0
        b[late] = pattern[late] - b[tau[late]]
        if b.any() and b[tau].tobytes() not in found:
            found[b.tobytes()] = b
    return list(found.values())


def kind_of_antiunitary(
    group: FiniteGroup,
    branching: Int[np.ndarray, "r k"],
    members: Int[np.ndarray, " n"],
    pairing: Int[np.ndarray, " k"],
    conjugate: Int[np.ndarray, " k"],
    types: Types,
) -> str:
    """Which kind of anti-unitary of a group makes the observed Wigner classes.

    ``"commuting"``: T commutes with G and T^2 = 1 or -1, the usual time reversal; ``"twisted"``: T acts on G by an
    automorphism, or squares to an element of G; ``"none"``; ``"untried"`` when there are too many automorphisms.

    Parameters
    ----------
    group : FiniteGroup
    branching : int array of shape (r, k)
        Row R: restriction of irrep R of its character table.
    members : int array
        Elements of N.
    pairing, conjugate : int arrays of shape (k,)
        What T and complex conjugation do to the sectors.
    types : Counter
        Observed number of irreps for each (row, nu).
    """
    table = group.character_table
    rows = [tuple(r) for r in branching.tolist()]

    def fits(nu: np.ndarray) -> bool:
        return any(Counter(zip(rows, (sign * nu).tolist())) == types for sign in (1, -1))

    # T commutes with everything and squares to a sign.
    if np.array_equal(pairing, conjugate) and fits(table.indicators):
        return "commuting"
    if not _same_restrictions(rows, types):
        return "none"
    automorphisms = group.automorphism_group
    if automorphisms.order > _MOST_AUTOMORPHISMS:
        return "untried"
    values = table.values[:, group.class_labels]
    inside = np.zeros(group.order, dtype=bool)
    inside[members] = True
    conjugations: dict[bytes, list[int]] = {}
    for g in range(group.order):
        conjugations.setdefault(np.ascontiguousarray(group.conjugation[g], dtype=np.intp).tobytes(), []).append(g)
    everything = np.arange(group.order)
    for p in automorphisms.elements(_MOST_AUTOMORPHISMS):
        phi = np.asarray(getattr(p, "images", p), dtype=np.intp)
        if not inside[phi[members]].all():
            continue
        for z in conjugations.get(np.ascontiguousarray(phi[phi]).tobytes(), ()):
            if phi[z] != z:
                continue
            squares = group.table[group.table[phi, z], everything]
            nu = np.rint((values[:, squares].sum(axis=1) / group.order).real).astype(int)
            if fits(nu) and _pairs_as(values, phi, branching, pairing):
                return "twisted"
    return "none"


def _same_restrictions(rows: list[tuple[int, ...]], types: Types) -> bool:
    """Whether the restrictions agree, classes apart."""
    observed: Counter = Counter()
    for (row, _), n in types.items():
        observed[row] += n
    return observed == Counter(rows)


def _pairs_as(values: np.ndarray, phi: np.ndarray, branching: np.ndarray, pairing: np.ndarray) -> bool:
    """Whether R -> conj(R o phi) moves restrictions as T moves sectors."""
    moved = values[:, phi].conj()
    partner = np.abs(moved[:, None, :] - values[None]).sum(axis=2).argmin(axis=1)
    return bool(np.array_equal(branching[partner], branching[:, pairing]))

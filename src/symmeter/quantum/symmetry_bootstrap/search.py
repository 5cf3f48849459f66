"""``bootstrap``: from a seed to every group that fits it.

Each reading of the seed as restrictions of irreps goes through the index identity, the search over fusion rings, and
the library of all groups up to order 63. The two ways check each other; where the search is cut short the library
still makes the list complete.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError
from symmeter.groups.library import LARGEST_ORDER
from symmeter.quantum.symmetry_bootstrap.absent_irreps import unresolved_result
from symmeter.quantum.symmetry_bootstrap.algebra import Ring, search_rings
from symmeter.quantum.symmetry_bootstrap.antiunitary import (
    Hypothesis,
    hypotheses,
    kind_of_antiunitary,
    rows_with_classes,
)
from symmeter.quantum.symmetry_bootstrap.branching_candidates import branching_matrices
from symmeter.quantum.symmetry_bootstrap.budget import Budget, BudgetExceeded
from symmeter.quantum.symmetry_bootstrap.co_branching import co_branchings
from symmeter.quantum.symmetry_bootstrap.identities import centralizer_orders, index_test, ramp_matrix
from symmeter.quantum.symmetry_bootstrap.library_pairs import LibraryPair, pairs_with_ramp
from symmeter.quantum.symmetry_bootstrap.patterns import pattern_text
from symmeter.quantum.symmetry_bootstrap.projective import projective_result
from symmeter.quantum.symmetry_bootstrap.ring_isomorphism import ring_colours, ring_isomorphism
from symmeter.quantum.symmetry_bootstrap.seed import PatternRow, Seed
from symmeter.quantum.symmetry_bootstrap.solutions import BootstrapResult, Solution
from symmeter.quantum.symmetry_bootstrap.spectra import SectorSpectra
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup
from symmeter.quantum.symmetry_bootstrap.weights import ChargeSpectra, analyse_weights

__all__ = ["bootstrap"]

_STEPS = 20_000


def bootstrap(
    seed: Seed | SectorSpectra | ChargeSpectra,
    max_order: int = 120,
    antiunitary: bool | Literal["auto"] = "auto",
    max_steps: int = _STEPS,
) -> BootstrapResult:
    """Recover the full symmetry group from what the sectors of a subgroup show.

    Parameters
    ----------
    seed : Seed, SectorSpectra or ChargeSpectra
        What ``xsff.seed`` gives, or :meth:`Seed.from_ramp`; spectra are seeded first. Levels under the charges of a
        torus are read as weight diagrams.
    max_order : int
        Largest |G|.
    antiunitary : bool or "auto"
        Whether there is an anti-unitary symmetry; as the seed says when "auto".
    max_steps : int
        Steps of the search over fusion rings, after which it is cut short (and says so).

    Returns
    -------
    BootstrapResult
        With *all* groups that fit, and how often each reason ruled something out.

    Raises
    ------
    InputError
        If a ramp matrix violates ``A d = [G:N] d``, with the offending sectors, or the order exceeds ``max_order``.

    Examples
    --------
    >>> from symmeter.quantum.symmetry_bootstrap.seed import PatternRow, Seed
    >>> bootstrap(Seed.from_ramp([[2, 0, 0], [0, 1, 1], [0, 1, 1]], "Z3"))
    BootstrapResult(unique: S3, 1 solution(s))
    """
    if isinstance(seed, ChargeSpectra):
        return _continuous(seed)
    if isinstance(seed, SectorSpectra):
        from symmeter.quantum.symmetry_bootstrap import xsff

        seed = xsff.seed(seed, antiunitary=None if antiunitary == "auto" else antiunitary)
    if not isinstance(seed, Seed):
        raise InputError(f"bootstrap takes a Seed or SectorSpectra; got {type(seed).__name__}")
    if antiunitary not in ("auto", True, False):
        raise InputError(f"antiunitary is True, False or 'auto'; got {antiunitary!r}")
    present = seed.antiunitary if antiunitary == "auto" else bool(antiunitary)
    if seed.rows:
        return _of_rows(seed, present, max_order, Budget(max_steps))
    return _of_ramp(seed, bool(present), max_order, Budget(max_steps))


def _continuous(spectra: ChargeSpectra) -> BootstrapResult:
    found = analyse_weights(spectra)
    if found is None:
        return BootstrapResult(
            "inconsistent", None, notes=("no reflection of the charges keeps the patterns of levels",)
        )
    return BootstrapResult("continuous", None, weights=found)


def _of_ramp(seed: Seed, present: bool, max_order: int, budget: Budget) -> BootstrapResult:
    """From a ramp matrix alone."""
    known, ramp = seed.known, seed.ramp
    assert ramp is not None
    test = index_test(known, ramp)
    if test.index is None or (present and test.index % 2):
        raise InputError(_offence(known, test, present))
    index = test.index // 2 if present else test.index
    order = _checked_order(index * known.order, max_order)
    if not present:
        problem = centralizer_orders(known, ramp)[1]
        if problem:
            return BootstrapResult("inconsistent", seed, (), index, False, {problem: 1}, notes=(problem,))
        return _searched(seed, index, branching_matrices(known, ramp, order, budget), [ramp], None, budget)
    try:
        options = list(co_branchings(known, ramp, order, budget))
    except BudgetExceeded:
        options = []
    return _merged(seed, index, options, budget, True)


def _of_rows(seed: Seed, present: bool | None, max_order: int, budget: Budget) -> BootstrapResult:
    """From patterns with numbers of blocks."""
    if present and any(r.ensemble is None for r in seed.rows):
        options = [_read_rows(seed, rows, True, max_order, budget)[0] for rows in rows_with_classes(seed, False)]
        fitting = [r for r in options if r.solutions or r.status == "projective"]
        if fitting or (options and seed.is_regular):
            return _with_notes(_usual_first(_joined(fitting or options[:1])), _caveats(seed))
    if not seed.is_regular:
        return _irregular(seed, present, max_order, budget)
    if present is not None:
        result, _ = _read_rows(seed, seed.rows, present, max_order, budget)
        return _with_notes(_usual_first(result), _caveats(seed))
    plain, offence = _read_rows(seed, seed.rows, False, max_order, budget)
    if plain.status == "projective":
        return _with_notes(replace(plain, antiunitary=None), _caveats(seed))
    merged = [
        r
        for rows in rows_with_classes(seed, True)
        if (r := _read_rows(seed, rows, True, max_order, budget)[0]).solutions
    ]
    if not merged:
        return _with_notes(replace(plain, antiunitary=None), _caveats(seed))
    with_t = _usual_first(_joined(merged))
    if not plain.solutions:
        why = f"without an anti-unitary the numbers of blocks fit no group ({offence})" if offence else ""
        return _with_notes(replace(with_t, antiunitary=True), [why] * bool(why) + _caveats(seed))
    listed = ", ".join(map(str, with_t.groups[:6])) + (", ..." if len(with_t.groups) > 6 else "")
    both = _joined([replace(plain, antiunitary=None), with_t])
    note = (
        f"whether there is an anti-unitary symmetry was not decided: without one {plain.name}; with one that merges "
        f"irreps also {listed}. Statistics of more realisations decide, or antiunitary=True or False"
    )
    return _with_notes(replace(both, status="ambiguous", index=plain.index, antiunitary=None), [note, *_caveats(seed)])


def _irregular(seed: Seed, present: bool | None, max_order: int, budget: Budget) -> BootstrapResult:
    """From numbers of levels that are not those of a space near a multiple of the regular representation."""
    merged = []
    if present is None:
        # Levels of complex pairs are as many as those of half of their irreps: with classes the numbers may fit.
        kinds = rows_with_classes(seed, True)
        merged = [r for rows in kinds if (r := _read_rows(seed, rows, True, max_order, budget)[0]).solutions]
    if merged:
        barred = [x.order for x in unresolved_result(seed, False, max_order).solutions]
        if barred and 2 * min(barred) > seed.dimension:
            # The space may just be too small to show the group without an anti-unitary.
            return unresolved_result(seed, None, max_order)
        why = "without an anti-unitary the numbers of levels are those of no nearly regular space"
        return _with_notes(replace(_usual_first(_joined(merged)), antiunitary=True), [why, *_caveats(seed)])
    return unresolved_result(seed, present, max_order)


def _read_rows(
    seed: Seed, rows: Sequence[PatternRow], present: bool, max_order: int, budget: Budget
) -> tuple[BootstrapResult, str]:
    """All groups behind patterns, with or without an anti-unitary, and the first violation of the index identity."""
    known = seed.known
    by_index: dict[int, list[Hypothesis]] = {}
    offence = ""
    for h in hypotheses(known, rows, present):
        test = index_test(known, ramp_matrix(h.branching)) if h.branching.any(axis=0).all() else None
        if test is None or test.index is None:
            offence = offence or ("" if test is None else _offence(known, test, present))
            continue
        dims = h.branching @ known.dims
        if int(dims @ dims) == test.index * known.order:
            by_index.setdefault(test.index, []).append(h)
    if not by_index:
        why = offence or _no_reading(seed)
        return BootstrapResult("inconsistent", seed, antiunitary=present, notes=(why,)), offence
    results = []
    for index, options in sorted(by_index.items()):
        _checked_order(index * known.order, max_order)
        linear = [h for h in options if _has_trivial(known, h.branching)]
        if linear:
            results.append(_merged(seed, index, linear, budget, present))
        else:
            results.append(projective_result(seed, index, options, ()))
    return _joined(results), offence


def _caveats(seed: Seed) -> list[str]:
    if seed.source == "levels" and seed.patterns is not None:
        return [
            "numbers of irreps rest on numbers of levels alone: a hidden factor that acts inside every sector would "
            "multiply them"
        ]
    return []


def _no_reading(seed: Seed) -> str:
    listed = ", ".join(pattern_text(r.pattern, seed.known.labels) for r in seed.rows[:6])
    return f"the patterns {listed} are restrictions of irreps of no group of any order"


def _has_trivial(known: KnownSubgroup, branching: np.ndarray) -> bool:
    dims = branching @ known.dims
    return bool(((dims == 1) & (branching[:, known.trivial] == 1)).any())


def _offence(known: KnownSubgroup, test, present: bool) -> str:
    rows = ", ".join(f"{known.labels[a]}: {test.rows[a]:g}" for a in (known.trivial, *test.offending[:5]))
    if not test.offending:
        wanted = "an even integer" if present else "a positive integer"
        return f"(A d)_a / d_a is {test.rows[known.trivial]:g}, which is not {wanted}: [G:N] must be whole"
    return f"(A d)_a / d_a must be the index [G:N] in every sector, but it is {rows}"


def _checked_order(order: int, max_order: int) -> int:
    if order > max_order:
        raise InputError(f"the group has order {order}, more than max_order={max_order}; raise max_order to search it")
    return order


def _merged(seed: Seed, index: int, options: list[Hypothesis], budget: Budget, present: bool | None) -> BootstrapResult:
    """Results of several readings with one index."""
    results = []
    for h in options:
        results.append(_searched(seed, index, [h.branching], [ramp_matrix(h.branching)], h, budget))
    result = _joined(results) if results else BootstrapResult("inconsistent", seed, index=index)
    return BootstrapResult(
        result.status, seed, result.solutions, index, present, result.rejected, result.complete, notes=result.notes
    )


def _joined(results: list[BootstrapResult]) -> BootstrapResult:
    """All solutions of several results; a single one stays as it is."""
    if len(results) == 1:
        return results[0]
    kept = [r for r in results if r.solutions] or [r for r in results if r.status == "projective"] or results
    rejected: Counter = Counter()
    for r in results:
        rejected.update(r.rejected or {})
    solutions = _without_copies([s for r in kept for s in r.solutions])
    complete = all(r.complete for r in results)
    head = kept[0]
    if head.status == "projective":
        return head
    status = _status(solutions, complete)
    notes = tuple(dict.fromkeys(n for r in kept for n in r.notes))
    return BootstrapResult(status, head.seed, solutions, head.index, head.antiunitary, rejected, complete, notes=notes)


def _without_copies(solutions: list[Solution]) -> tuple[Solution, ...]:
    """Solutions of different pairings of sectors that have the same ring are one."""
    kept: list[Solution] = []
    for s in solutions:
        same = [
            t
            for t in kept
            if t.groups == s.groups
            and ring_isomorphism((s.branching, s.fusion), (t.branching, t.fusion)) is not None
            and (t.antiunitary == "commuting" or t.antiunitary == s.antiunitary)
        ]
        if not same:
            kept.append(s)
    return tuple(kept)


def _status(solutions: tuple[Solution, ...], complete: bool) -> str:
    if not solutions:
        return "inconsistent"
    groups = {g for s in solutions for g in s.groups}
    if all(s.groups for s in solutions):
        return "unique" if len(groups) == 1 and complete else "ambiguous"
    return "unique" if len(solutions) == 1 and complete else "ambiguous"


def _with_notes(result: BootstrapResult, notes: Iterable[str]) -> BootstrapResult:
    return replace(result, notes=tuple(dict.fromkeys([*result.notes, *notes])))


def _searched(
    seed: Seed,
    index: int,
    branchings: Iterable[np.ndarray] | Iterator[np.ndarray],
    ramps: list[Int[np.ndarray, "k k"]],
    hypothesis: Hypothesis | None,
    budget: Budget,
) -> BootstrapResult:
    """Search and library together, for one ramp matrix or one branching matrix."""
    known = seed.known
    order = index * known.order
    algebra = search_rings(known, branchings, order, budget)
    rejected = Counter(algebra.rejected)
    pairs = pairs_with_ramp(order, known, ramps[0])
    if hypothesis is not None:
        wanted = sorted(map(tuple, hypothesis.branching.tolist()))
        pairs = [p for p in pairs if sorted(map(tuple, p.branching.tolist())) == wanted]
    solutions = _identified(known, algebra.rings, pairs, order, rejected)
    if hypothesis is not None and hypothesis.pairing is not None and hypothesis.types is not None:
        solutions = _allowed(known, solutions, hypothesis, rejected)
    complete = algebra.complete or order <= LARGEST_ORDER
    notes = []
    if not algebra.complete:
        notes.append(
            "the search over fusion rings was cut short; "
            + (
                f"the list is complete by the library of all groups of order {order}"
                if complete
                else "more groups may fit: raise max_steps"
            )
        )
    found = tuple(solutions)
    return BootstrapResult(_status(found, complete), seed, found, index, False, rejected, complete, notes=tuple(notes))


def _identified(
    known: KnownSubgroup, rings: list[Ring], pairs: list[LibraryPair], order: int, rejected: Counter
) -> list[Solution]:
    """Rings of the search beside pairs of the library; what is in one but not the other is told or added."""
    colours = [ring_colours(p.branching, p.fusion) for p in pairs]
    left = set(range(len(pairs)))
    solutions = []
    for ring in rings:
        same = _alike((ring.branching, ring.fusion), ring.colours, pairs, colours, left)
        left -= set(same)
        if not same and order <= LARGEST_ORDER:
            rejected["no group has this character table: the library holds all of this order"] += 1
            continue
        if same:
            solutions.append(_of_library(known, [pairs[i] for i in same], ("algebra", "library")))
        else:
            table = ring.characters
            solutions.append(
                Solution(known, ring.branching, ring.fusion, table.values, table.class_sizes, (), ("algebra",))
            )
    while left:
        pair = pairs[min(left)]
        same = _alike((pair.branching, pair.fusion), colours[min(left)], pairs, colours, left)
        left -= set(same)
        solutions.append(_of_library(known, [pairs[i] for i in same], ("library",)))
    return solutions


def _of_library(known: KnownSubgroup, pairs: list[LibraryPair], found_by: tuple[str, ...]) -> Solution:
    """A solution with its rows and columns as in the exact table of the first group."""
    first = pairs[0]
    table = first.group.character_table
    return Solution(known, first.branching, first.fusion, table.values, first.group.class_sizes, tuple(pairs), found_by)


def _alike(
    ring: tuple[np.ndarray, np.ndarray],
    colours: np.ndarray,
    pairs: list[LibraryPair],
    pair_colours: list[np.ndarray],
    among: set[int],
) -> list[int]:
    return [
        i
        for i in sorted(among)
        if ring_isomorphism(ring, (pairs[i].branching, pairs[i].fusion), (colours, pair_colours[i])) is not None
    ]


def _allowed(
    known: KnownSubgroup, solutions: list[Solution], hypothesis: Hypothesis, rejected: Counter
) -> list[Solution]:
    """Keep groups that have an anti-unitary with the observed Wigner classes, apart by its kind."""
    assert hypothesis.pairing is not None
    assert hypothesis.types is not None
    kept = []
    for s in solutions:
        kinds: dict[str, list[LibraryPair]] = {}
        for p in s.pairs:
            kind = kind_of_antiunitary(
                p.group, p.branching, p.subgroup.members, hypothesis.pairing, known.conjugate, hypothesis.types
            )
            kinds.setdefault(kind, []).append(p)
        if "none" in kinds:
            rejected["no anti-unitary of this group makes the observed random-matrix classes"] += len(kinds["none"])
        for kind in ("commuting", "twisted", "untried"):
            if kind in kinds:
                part = _of_library(known, kinds[kind], s.found_by)
                kept.append(replace(part, pairing=hypothesis.pairing, antiunitary=kind))
        if not s.pairs:
            kept.append(replace(s, pairing=hypothesis.pairing, antiunitary="untried"))
    return kept


def _usual_first(result: BootstrapResult) -> BootstrapResult:
    """Of groups with one character table, those with the usual time reversal; stranger ones are told in a note.

    Groups with different tables are never dropped in this way.
    """
    usual = [s for s in result.solutions if s.antiunitary == "commuting"]
    kept = tuple(
        s
        for s in result.solutions
        if s.antiunitary == "commuting"
        or all(ring_isomorphism((s.branching, s.fusion), (t.branching, t.fusion)) is None for t in usual)
    )
    if len(kept) == len(result.solutions):
        return result
    groups = {g for s in kept for g in s.groups}
    others = dict.fromkeys(g for s in result.solutions for g in s.groups if g not in groups)
    notes = [*result.notes]
    if others:
        listed = ", ".join(map(str, list(others)[:6])) + (", ..." if len(others) > 6 else "")
        notes.append(
            "taken: an anti-unitary that commutes with the group and squares to 1 or -1; one that acts on the group by "
            f"an automorphism, or squares to an element of it, would also allow {listed}"
        )
    return replace(result, solutions=kept, status=_status(kept, result.complete), notes=tuple(notes))

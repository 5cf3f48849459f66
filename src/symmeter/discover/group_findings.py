"""Findings for whole groups: what accepted candidates generate together, and what a search without dictionary finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from symmeter.discover.candidate_findings import DOUBTFUL, UNSURE, verdict_of
from symmeter.discover.confirmation import confirm
from symmeter.discover.covariance_tests import CovarianceTest
from symmeter.discover.identifiability import identifiability_of
from symmeter.discover.search_data import SearchData, picture_of
from symmeter.discover.selection import best_step, chosen_test, explored, holds_exactly, joint_test
from symmeter.finders import FindOptions
from symmeter.findings import Finding, Level
from symmeter.representations import Action, MonomialAction, Transformation

__all__ = ["FOUND", "free_search", "joint_findings", "not_known"]

#: The dictionary-free search takes up to this many columns.
_LARGEST_FREE_SEARCH = 128
#: From this many samples per column on, the criterion that chooses among groups is trusted beyond the interval.
_SAMPLES_PER_COLUMN = 4
#: Groups of dense maps are closed up to this order; a map without a smaller order counts as one of infinite order.
_LARGEST_GROUP = 5_000
#: Name of the finding of the dictionary-free search.
FOUND = "found group"


def joint_findings(
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    findings: Sequence[Finding],
    data: SearchData,
    options: FindOptions,
) -> tuple[list[Finding], list[str]]:
    """The groups that accepted candidates generate together, as far as the joint test allows, and what was left out.

    ``joint group``: of the candidates that second moments accept. ``confirmed group``: of those that the whole
    distribution accepts as well, when these are fewer.
    """
    method = chosen_test("auto", data.moments)
    options.report_progress(0.62, "joint test")
    sound = [
        (t, test)
        for t, test in tested
        if holds_exactly(test, max(options.alpha, DOUBTFUL)) and (test.p_value is None or test.interval[1] < UNSURE)
    ]
    endless = [t.name for t, _ in sound if t.order(_LARGEST_GROUP) is None]
    sound = [(t, test) for t, test in sound if t.name not in endless]
    failed = {id(f.generators[0]) for f in findings if any(not level.passed for level in f.levels)}
    out = []
    for name, members in (
        ("joint group", sound),
        ("confirmed group", [(t, test) for t, test in sound if id(t) not in failed]),
    ):
        if name == "confirmed group" and len(members) == len(sound):
            continue
        steps = explored(
            data.moments, members, data.space, method, options.alpha, _LARGEST_GROUP, not data.is_exact, True
        )
        action = best_step(steps, None if data.is_exact else "bic").action
        if len(action.generators) < 2:
            continue
        parts = [f for f in findings if any(f.generators[0] is g for g in action.generators)]
        test = joint_test(data.moments, action, method)
        out.append(_group_finding(name, action, test, _joint_level(parts, options.alpha), data, options))
    said = f"left out of the joint group, for it has no finite order: {', '.join(endless)}"
    return out, [said] if endless else []


def _joint_level(parts: Sequence[Finding], alpha: float) -> Level | None:
    levels = [level for f in parts for level in f.levels if level.name == "whole distribution"]
    return None if not levels or len(levels) < len(parts) else _worst(levels, alpha)


def _worst(levels: Sequence[Level], alpha: float) -> Level:
    """One level for a group from those of its generators."""
    worst = min(levels, key=lambda level: level.p_value if level.p_value is not None else 1.0)
    p = min(1.0, len(levels) * (worst.p_value or 0.0))
    # Simulated p-values cannot fall below 1/(draws + 1): a generator that fails on its own fails the group.
    passed = p >= alpha and all(level.passed for level in levels)
    return Level(
        "whole distribution", passed, p, worst.statistic, f"worst of its {len(levels)} generators, times their number"
    )


def _group_finding(
    name: str, action: Action, test: CovarianceTest, whole: Level | None, data: SearchData, options: FindOptions
) -> Finding:
    answer = identifiability_of(action, data.is_complex)
    level = Level("second moments", holds_exactly(test, options.alpha), test.p_value, test.statistic, test.method)
    notes = [answer.sentence] if answer.sentence else []
    n = min((m.n for m in data.moments if m.n is not None), default=None)
    if n is not None and n < 2 * data.space.dimension:
        notes.append(
            f"Only {n} degrees of freedom for {data.space.dimension} columns: not being rejected is weak evidence."
        )
    verdict = verdict_of(test, options.alpha, whole)
    if verdict == "undecided" and not _is_unsure(test.interval, data):
        verdict = "borderline" if (test.p_value or 0.0) < DOUBTFUL else "symmetric"
    generator = action.generators[-1] if action.generators else None
    return Finding(
        name=name,
        action=action,
        defect=test.defect,
        interval=test.interval,
        p_value=test.p_value,
        verdict=verdict,
        how=test.method,
        levels=(level,) if whole is None else (level, whole),
        identifiability=answer.verdict,
        notes=tuple(notes),
        evidence={"statistic": test.statistic, "noise": test.noise, "closure_order": answer.closure_order},
        picture=None if generator is None else picture_of(data, generator),
    )


def not_known(found: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """Leave out a found group that another finding has already, under its own name."""
    known = [f for f in others if isinstance(f.action, MonomialAction) and f.holds]
    return [f for f in found if not any(f.order == k.order and _same_group(f.action, k.action) for k in known)]


def _same_group(a: Action, b: Action) -> bool:
    return (
        isinstance(a, MonomialAction)
        and isinstance(b, MonomialAction)
        and a.phase_order == b.phase_order
        and a.group.is_subgroup_of(b.group)
    )


def _is_unsure(interval: tuple[float, float], data: SearchData) -> bool:
    """Whether a group rests on too little: a wide interval, and too few samples for the criterion that chose it."""
    n = min((m.n for m in data.moments if m.n is not None), default=None)
    return n is not None and interval[1] >= UNSURE and n < _SAMPLES_PER_COLUMN * data.space.dimension


def free_search(
    data: SearchData, options: FindOptions, rng: np.random.Generator, standing: Sequence[Transformation]
) -> tuple[list[Finding], list[str]]:
    """Permutation symmetries without any dictionary, confirmed like the others."""
    from symmeter.discover.permutation_symmetry import PermutationSymmetry

    m = data.space.dimension
    if m > _LARGEST_FREE_SEARCH:
        return [], [
            f"the dictionary-free search was left out: {m} columns, and it takes up to {_LARGEST_FREE_SEARCH}; "
            "run symmeter.discover.PermutationSymmetry for more"
        ]
    search = PermutationSymmetry(alpha=options.alpha, rng=options.rng).fit_moments(data.moments, data.space)
    notes = [f"dictionary-free search: {note}" for note in search.notes_]
    if search.order_ == 1:
        return [], [*notes, "dictionary-free search: no permutation of the columns leaves the covariance invariant"]
    finding = search.finding_
    whole = None
    if data.held_out:
        generators = finding.generators[:8]
        # Without symmetries that stand already, the long cycles among the generators are what to average over.
        others = standing or [g for g in generators if (g.order() or 0) > 2]
        whole = _worst([confirm(data.held_out, g, options.alpha, rng, others) for g in generators], options.alpha)
    verdict = finding.verdict
    if whole is not None and not whole.passed and finding.holds:
        verdict = "second moments only"
    elif verdict in ("symmetric", "borderline") and _is_unsure(finding.interval, data):
        verdict = "undecided"
    levels_all = finding.levels if whole is None else (*finding.levels, whole)
    picture = picture_of(data, finding.generators[0]) if finding.generators else None
    return [replace(finding, name=FOUND, verdict=verdict, levels=levels_all, picture=picture)], notes

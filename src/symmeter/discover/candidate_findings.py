"""One finding for each candidate: second moments decide, held-out samples confirm, words say what follows from what."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from symmeter.discover.confirmation import confirm
from symmeter.discover.covariance_tests import CovarianceTest, transformation_test
from symmeter.discover.identifiability import SUPERGROUP, implied_by
from symmeter.discover.search_data import SearchData, constant_columns, picture_of
from symmeter.discover.selection import holds_exactly
from symmeter.finders import FindOptions
from symmeter.findings import Finding, Level
from symmeter.representations import Monomial, Transformation, cyclic_action

__all__ = ["DOUBTFUL", "UNSURE", "candidate_findings", "verdict_of"]

#: A broken symmetry whose defect is surely below this is called "nearly".
NEARLY = 0.1
#: Beyond this many accepted candidates only the first are confirmed on the whole distribution.
_MOST_CONFIRMED = 40
#: A symmetry that is not rejected, but whose defect could be this large, is undecided.
UNSURE = 0.6
#: With more accepted candidates than this, how they follow from each other is not worked out.
_MOST_LINKED = 12
#: A candidate that is not rejected but has a p-value below this is borderline, and does not enter the joint group.
DOUBTFUL = 0.05


def verdict_of(test: CovarianceTest, alpha: float, whole: Level | None) -> str:
    """The word for a candidate, from its test on second moments and, if made, on the whole distribution."""
    if test.p_value is None:
        return "exact" if holds_exactly(test, alpha) else "nearly" if test.defect <= NEARLY else "broken"
    if test.p_value < alpha:
        return "nearly" if test.interval[1] <= NEARLY else "broken"
    if whole is not None and not whole.passed:
        return "second moments only"
    if test.interval[1] >= UNSURE:
        return "undecided"
    return "borderline" if test.p_value < DOUBTFUL else "symmetric"


def candidate_findings(
    candidates: Sequence[Transformation], data: SearchData, options: FindOptions, rng: np.random.Generator
) -> tuple[list[Finding], list[tuple[Transformation, CovarianceTest]]]:
    tested = []
    rows = 800 if len(candidates) <= 40 else 300
    dead = constant_columns(data.moments)
    for index, t in enumerate(candidates):
        if t.distance_to_identity() == 0.0 or _moves_only(t, dead):
            continue
        tested.append((t, transformation_test(data.moments, t, rows)))
        options.report_progress(0.1 + 0.3 * (index + 1) / len(candidates), f"tested {t.name}")
    accepted = [t for t, test in tested if holds_exactly(test, max(options.alpha, DOUBTFUL))]
    levels = _confirmations(tested, accepted, data, options, rng)
    findings = []
    for t, test in tested:
        holds = holds_exactly(test, options.alpha)
        findings.append(_candidate_finding(t, test, levels.get(id(t)), accepted if holds else (), data, options))
    return findings, tested


def _moves_only(t: Transformation, columns: Bool[np.ndarray, " m"]) -> bool:
    """Whether a monomial map leaves all other columns as they are."""
    if not isinstance(t, Monomial):
        return False
    still = t.images == np.arange(t.dimension)
    if t.phases is not None:
        still &= np.abs(t.phases - 1.0) < 1e-12
    return bool(still[~columns].all())


def _confirmations(
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    accepted: Sequence[Transformation],
    data: SearchData,
    options: FindOptions,
    rng: np.random.Generator,
) -> dict[int, Level]:
    """The whole-distribution test of each candidate worth it, modulo the symmetries that stand without it.

    Candidates that the others imply come last: a half turn must be judged modulo the shifts, not the other way round.
    """
    if not data.held_out:
        return {}
    worth = [t for t, test in tested if holds_exactly(test, options.alpha) or test.interval[1] <= NEARLY]
    linked = accepted if len(accepted) <= _MOST_LINKED else ()
    implied = {id(t) for t in worth if implied_by(t, linked, data.is_complex)[0] == "supergroup"}
    solid = [t for t in accepted if id(t) not in implied]
    ordered = sorted(worth, key=lambda t: (id(t) in implied, not any(t is a for a in accepted)))[:_MOST_CONFIRMED]
    levels: dict[int, Level] = {}
    for t in ordered:
        standing = [s for s in solid if id(s) not in levels or levels[id(s)].passed][:_MOST_LINKED]
        levels[id(t)] = confirm(data.held_out, t, options.alpha, rng, modulo=standing)
        options.report_progress(0.4 + 0.2 * len(levels) / len(ordered), f"confirmed {t.name}")
    return levels


def _candidate_finding(
    t: Transformation,
    test: CovarianceTest,
    whole: Level | None,
    accepted: Sequence[Transformation],
    data: SearchData,
    options: FindOptions,
) -> Finding:
    action = cyclic_action(t, data.space)
    level = Level("second moments", holds_exactly(test, options.alpha), test.p_value, test.statistic, test.method)
    verdict = verdict_of(test, options.alpha, whole)
    notes = []
    identifiability = ""
    if 0 < len(accepted) <= _MOST_LINKED:
        link, reasons = implied_by(t, accepted, data.is_complex)
        names = ", ".join(a.name for a in reasons)
        if link == "supergroup":
            identifiability = SUPERGROUP
            kind = "complex Hermitian" if data.is_complex else "real"
            notes.append(
                f"Supergroup: implied by {names}. Every {kind} covariance with those symmetries has {t.name} too, "
                "whether or not the data have it" + _whole_words(whole)
            )
        elif link == "member":
            notes.append(f"It lies in the group that {names} generate{'s' if len(reasons) == 1 else ''}.")
    if verdict == "second moments only":
        notes.append("The held-out samples and their images follow different laws: only the covariance is symmetric.")
    if whole is None and verdict == "symmetric":
        notes.append("Checked on second moments only.")
    if verdict == "undecided":
        notes.append("Too few samples: it is not rejected, but its defect could be large.")
    return Finding(
        name=t.name,
        action=action,
        defect=test.defect,
        interval=test.interval,
        p_value=test.p_value,
        verdict=verdict,
        how=test.method,
        levels=(level,) if whole is None else (level, whole),
        identifiability=identifiability,
        notes=tuple(notes),
        evidence={"ratio_to_noise": test.ratio, "statistic": test.statistic, "noise": test.noise},
        picture=picture_of(data, t),
    )


def _whole_words(whole: Level | None) -> str:
    if whole is None:
        return "."
    return (
        "; the whole distribution shows no violation either."
        if whole.passed
        else "; the whole distribution rejects it."
    )

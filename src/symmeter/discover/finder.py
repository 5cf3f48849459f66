"""The finder for samples and covariances: tests candidates, confirms them, joins them, searches without a dictionary.

Second moments decide first (on the larger part of the samples), the whole distribution confirms (on the rest). Nothing
is a bare yes or no: each candidate gets a defect with an interval, and the ladder tells which group holds at which
tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Num

from symmeter.discover import dictionary as dictionaries
from symmeter.discover.confirmation import confirm, split_rows
from symmeter.discover.continuous import continuous_findings
from symmeter.discover.covariance_tests import CovarianceTest, sphericity_p_value, transformation_test
from symmeter.discover.identifiability import SUPERGROUP, identifiability_of, implied_by
from symmeter.discover.ladder import ladder_of
from symmeter.discover.moments import Moments, moments_of_covariance, moments_of_samples
from symmeter.discover.selection import best_step, chosen_test, explored, holds_exactly, joint_test
from symmeter.discover.unidentifiable import white_finding
from symmeter.errors import EmptyDictionaryError, InputError, SampleSizeError, ShapeError
from symmeter.finders import Finder, FindOptions
from symmeter.findings import VERDICTS, Finding, Level, Picture, Report
from symmeter.representations import (
    Action,
    Monomial,
    MonomialAction,
    Space,
    Transformation,
    action_of,
    as_transformation,
)
from symmeter.subjects import Covariance, Samples, SeveralSamples, Subject

__all__ = ["SecondMomentFinder", "verdict_of"]

#: A broken symmetry whose defect is surely below this is called "nearly".
NEARLY = 0.1
#: Beyond this many accepted candidates only the first are confirmed on the whole distribution.
_MOST_CONFIRMED = 40
#: The dictionary-free search takes up to this many columns.
_LARGEST_FREE_SEARCH = 128
#: A symmetry that is not rejected, but whose defect could be this large, is undecided.
UNSURE = 0.6
#: From this many samples per column on, the criterion that chooses among groups is trusted beyond the interval.
_SAMPLES_PER_COLUMN = 4
#: With more accepted candidates than this, how they follow from each other is not worked out.
_MOST_LINKED = 12
#: A candidate that is not rejected but has a p-value below this is borderline, and does not enter the joint group.
DOUBTFUL = 0.05
#: Largest order of a dense map that is taken as an element of a finite group.
_LARGEST_ORDER = 2000
#: Name of the finding of the dictionary-free search.
FOUND = "found group"
_RANK = {verdict: rank for rank, verdict in enumerate(VERDICTS)}


@dataclass(frozen=True, eq=False)
class _Data:
    """What the finder works on: moments of the searched part, rows held out, and a sample to show."""

    moments: tuple[Moments, ...]
    held_out: tuple[Num[np.ndarray, "n m"], ...]
    space: Space
    sample: Num[np.ndarray, " m"] | None

    @property
    def is_complex(self) -> bool:
        return any(m.is_complex for m in self.moments)

    @property
    def is_exact(self) -> bool:
        return any(m.is_exact for m in self.moments)


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


class SecondMomentFinder(Finder):
    """Symmetries of the second moments of a table or a covariance, confirmed on the whole distribution.

    Examples
    --------
    >>> from symmeter.finders import FindOptions
    >>> R = np.array([[2.0, 0.5, 0.1], [0.5, 2.0, 0.1], [0.1, 0.1, 1.0]])
    >>> report = SecondMomentFinder().find(Covariance(R), FindOptions(dictionary="exchanges"))
    >>> report.best.name, report.best.verdict
    ('swap(0,1)', 'exact')
    """

    name = "second moments"

    def accepts(self, subject: Subject) -> bool:
        return isinstance(subject, (Samples, Covariance, SeveralSamples))

    def find(self, subject: Subject, options: FindOptions) -> Report:
        rng = np.random.default_rng(options.rng)
        data, notes = _prepare(subject, options, rng)
        described = subject.describe()
        shown = {"alpha": options.alpha, "holdout": options.holdout, "dictionary": _dictionary_text(options)}
        if isinstance(options.rng, (int, np.integer)):
            shown["seed"] = int(options.rng)
        candidates, matrices, said = _candidates(options.dictionary, data.space)
        if all(sphericity_p_value(m) >= options.alpha for m in data.moments):
            finding = white_finding(data.moments, data.space)
            return Report(described, (finding,), (), tuple(notes), shown, ("group-selection",))
        notes += said
        options.report_progress(0.1, f"testing {len(candidates)} candidates")
        findings, tested = _test_candidates(candidates, data, options, rng)
        findings += _joint_findings(tested, findings, data, options)
        if matrices or options.dictionary is None:
            flows, said = continuous_findings(
                matrices, data.moments, data.space, options.alpha, options.rng, data.held_out
            )
            findings += flows
            notes += said
        if options.dictionary is None:
            options.report_progress(0.7, "searching without a dictionary")
            standing = [f.generators[0] for f in findings if f.verdict == "symmetric" and len(f.generators) == 1]
            free, said = _free_search(data, options, rng, standing)
            findings += _not_known(free, findings)
            notes += said
        options.report_progress(0.95, "ladder")
        ladder = ladder_of(tested, data.space, data.moments, UNSURE)
        findings = [_with_code(f, data, options) for f in findings]
        findings.sort(key=_order)
        options.report_progress(1.0, "done")
        return Report(described, tuple(findings), ladder, tuple(notes), shown, ("group-selection",))


def _order(finding: Finding) -> tuple:
    # Flows and unnamed permutations come after named finite groups of the same standing.
    size = finding.order if finding.order is not None else 1
    unnamed = finding.name == FOUND
    return (_RANK[finding.verdict], -size if finding.holds else 0, unnamed, finding.defect, finding.name)


def _dictionary_text(options: FindOptions) -> str:
    if options.dictionary is None:
        return "chosen from the shape"
    return options.dictionary if isinstance(options.dictionary, str) else f"{len(options.dictionary)} given elements"


def _prepare(subject: Subject, options: FindOptions, rng: np.random.Generator) -> tuple[_Data, list[str]]:
    given = list(subject.items) if isinstance(subject, SeveralSamples) else [subject]
    items = [item for item in given if isinstance(item, (Samples, Covariance))]
    unknown = [item.source for item in items if isinstance(item, Covariance) and item.n is None]
    if unknown and len(unknown) < len(items):
        raise SampleSizeError(
            f"{unknown[0]}: a covariance without its number of samples cannot be tested together with samples; give n"
        )
    moments, held, notes = [], [], []
    sample = None
    for item in items:
        if isinstance(item, Covariance):
            moments.append(moments_of_covariance(_at_scale(item.matrix), item.n))
            continue
        assert isinstance(item, Samples)
        searched, kept = split_rows(_at_scale(item.values), options.holdout, rng)
        moments.append(moments_of_samples(searched, rng=rng))
        if kept is not None:
            held.append(kept)
        if sample is None:
            sample = _typical_row(item.values)
    first = items[0]
    names = tuple(first.names) if first.names else None
    space = Space(first.dimension, names, first.grid)
    if held:
        sizes = ", ".join(f"{len(h)}" for h in held)
        notes.append(f"{sizes} samples were held out to confirm findings on the whole distribution")
    elif any(isinstance(i, Samples) for i in items):
        why = "nothing was held out" if options.holdout == 0.0 else "too few samples to hold some out"
        notes.append(f"{why}: findings rest on second moments alone")
    else:
        notes.append("a covariance shows second moments only; the whole distribution was not looked at")
    if all(m.trace <= 0.0 for m in moments):
        raise InputError(f"{first.source}: every column is constant; a symmetry shows in what varies")
    notes += _dead_columns(moments, space)
    return _Data(tuple(moments), tuple(held), space, sample), notes


def _at_scale(values: Num[np.ndarray, "n m"]) -> Num[np.ndarray, "n m"]:
    """Values divided by their largest modulus when their fourth powers would leave the range of numbers."""
    largest = float(np.abs(values).max(initial=0.0))
    return values if largest == 0.0 or 1e-12 < largest < 1e12 else values / largest


def _typical_row(x: np.ndarray) -> np.ndarray:
    """A sample worth showing: of those with much contrast, the first."""
    contrast = np.abs(x[:500] - x[:500].mean(1, keepdims=True)).sum(1)
    return np.real(x[int(np.argmax(contrast >= np.quantile(contrast, 0.7)))])


def _constant(moments: Sequence[Moments]) -> Bool[np.ndarray, " m"]:
    """Which columns do not vary."""
    scale = np.mean([np.real(np.diag(m.covariance)) for m in moments], axis=0)
    return scale <= 1e-12 * max(float(scale.max()), 1e-300)


def _moves_only(t: Transformation, columns: Bool[np.ndarray, " m"]) -> bool:
    """Whether a monomial map leaves all other columns as they are."""
    if not isinstance(t, Monomial):
        return False
    still = t.images == np.arange(t.dimension)
    if t.phases is not None:
        still &= np.abs(t.phases - 1.0) < 1e-12
    return bool(still[~columns].all())


def _dead_columns(moments: Sequence[Moments], space: Space) -> list[str]:
    dead = np.flatnonzero(_constant(moments))
    if not len(dead):
        return []
    label = [space.names[i] if space.names else str(i) for i in dead[:6]]
    more = ", ..." if len(dead) > 6 else ""
    return [
        f"{len(dead)} column{'s are' if len(dead) > 1 else ' is'} constant ({', '.join(label)}{more}); "
        "moving them among themselves changes nothing"
    ]


def _candidates(
    given: str | Sequence[Any] | None, space: Space
) -> tuple[list[Transformation], list[np.ndarray], list[str]]:
    """Group elements to test, other matrices for the eigenproblem, and what to tell the user."""
    if given is None:
        chosen, sentence = dictionaries.default_for(space)
        return list(chosen), [], [sentence]
    if isinstance(given, str):
        return list(dictionaries.by_name(given, space)), [], []
    elements, matrices = [], []
    for index, element in enumerate(given):
        if isinstance(element, str):
            elements += dictionaries.by_name(element, space)
            continue
        shape = (element.dimension,) if isinstance(element, Transformation) else np.shape(element)
        if not shape or shape[-1] != space.dimension:
            what = f"moves {shape[-1]} coordinates" if shape else f"is {element!r}, neither a map nor a matrix"
            raise ShapeError(f"dictionary element {index} {what}; the data have {space.dimension} columns")
        try:
            elements.append(as_transformation(element, name=f"map {index}"))
        except InputError:
            matrices.append(np.asarray(element))
    if not elements and not matrices:
        raise EmptyDictionaryError("the dictionary is empty; give at least one transformation, or leave it out")
    return elements, matrices, []


def _picture(data: _Data, transformation: Transformation) -> Picture | None:
    if data.sample is None or not transformation.is_real:
        return None
    return Picture(data.sample, np.real(transformation.apply(data.sample)), data.space.grid)


def _test_candidates(
    candidates: Sequence[Transformation], data: _Data, options: FindOptions, rng: np.random.Generator
) -> tuple[list[Finding], list[tuple[Transformation, CovarianceTest]]]:
    tested = []
    rows = 800 if len(candidates) <= 40 else 300
    dead = _constant(data.moments)
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


def _confirmations(
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    accepted: Sequence[Transformation],
    data: _Data,
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
    data: _Data,
    options: FindOptions,
) -> Finding:
    action = _cyclic_action(t, data.space)
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
        picture=_picture(data, t),
    )


def _cyclic_action(t: Transformation, space: Space) -> Action:
    """The action of the powers of one map."""
    if not isinstance(t, Monomial) and t.order(_LARGEST_ORDER) is None:
        raise InputError(
            f"{t.name}: no power up to {_LARGEST_ORDER} of this map is the identity, so that it generates no finite "
            "group; to look for a continuous symmetry give the skew matrix A with P = exp(A) instead"
        )
    return action_of([t], space)


def _whole_words(whole: Level | None) -> str:
    if whole is None:
        return "."
    return (
        "; the whole distribution shows no violation either."
        if whole.passed
        else "; the whole distribution rejects it."
    )


def _joint_findings(
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    findings: Sequence[Finding],
    data: _Data,
    options: FindOptions,
) -> list[Finding]:
    """The groups that accepted candidates generate together, as far as the joint test allows.

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
    failed = {id(f.generators[0]) for f in findings if any(not level.passed for level in f.levels)}
    out = []
    for name, members in (
        ("joint group", sound),
        ("confirmed group", [(t, test) for t, test in sound if id(t) not in failed]),
    ):
        if name == "confirmed group" and len(members) == len(sound):
            continue
        steps = explored(data.moments, members, data.space, method, options.alpha, 20_000, not data.is_exact)
        action = best_step(steps, None if data.is_exact else "bic").action
        if len(action.generators) < 2:
            continue
        parts = [f for f in findings if any(f.generators[0] is g for g in action.generators)]
        test = joint_test(data.moments, action, method)
        out.append(_group_finding(name, action, test, _joint_level(parts, options.alpha), data, options))
    return out


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
    name: str, action: Action, test: CovarianceTest, whole: Level | None, data: _Data, options: FindOptions
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
        picture=None if generator is None else _picture(data, generator),
    )


def _not_known(found: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
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


def _is_unsure(interval: tuple[float, float], data: _Data) -> bool:
    """Whether a group rests on too little: a wide interval, and too few samples for the criterion that chose it."""
    n = min((m.n for m in data.moments if m.n is not None), default=None)
    return n is not None and interval[1] >= UNSURE and n < _SAMPLES_PER_COLUMN * data.space.dimension


def _free_search(
    data: _Data, options: FindOptions, rng: np.random.Generator, standing: Sequence[Transformation]
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
    picture = _picture(data, finding.generators[0]) if finding.generators else None
    return [replace(finding, name=FOUND, verdict=verdict, levels=levels_all, picture=picture)], notes


def _with_code(finding: Finding, data: _Data, options: FindOptions) -> Finding:
    """Lines that a user can paste: the same search, and the covariance with exactly this symmetry."""
    if finding.verdict in ("broken", "unidentifiable", "undecided"):
        return replace(finding, code="")
    item = "data.items[0]" if len(data.moments) > 1 else "data"
    moments = f"{item}.matrix" if data.sample is None else f"np.cov({item}.values.T)"
    load, search = options.call
    found = f"sm.find(data{search})[{finding.name!r}]"
    return replace(finding, code=f"data = sm.load({load}); S = {found}.symmetrize({moments})")

"""From a permutation group to a :class:`~symmeter.findings.Finding`: its tests, and what to say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from symmeter.discover.covariance_tests import CovarianceTest, transformation_test
from symmeter.discover.identifiability import identifiability_of
from symmeter.discover.moments import Moments
from symmeter.discover.pair_patterns import MANY_GENERATORS
from symmeter.discover.selection import EXACT_DEFECT, holds_exactly, joint_test
from symmeter.findings import Finding, Level
from symmeter.groups import PermutationGroup
from symmeter.groups.stabilizer_chain import StabilizerChain
from symmeter.representations import Monomial, MonomialAction, Space

__all__ = ["Answer", "embedded_group", "permutation_finding"]

#: Largest defect of what is called nearly a symmetry.
_NEARLY = 0.1
_LARGEST_SUBGROUP_SEARCH = 100


@dataclass(frozen=True, eq=False)
class Answer:
    """What a search found.

    Attributes
    ----------
    group : PermutationGroup
        On the points (columns, or columns with signs).
    generators : tuple of Monomial
    test : CovarianceTest or None
        Joint test, when it was made already.
    method : str
        ``"exact"``, ``"lrt"``, ``"frobenius"``, ``"white"`` or empty.
    nearest : tuple of (Monomial, CovarianceTest) or None
        The least broken transformation, when the group is trivial.
    notes : tuple of str
    """

    group: PermutationGroup
    generators: tuple[Monomial, ...]
    test: CovarianceTest | None
    method: str
    nearest: tuple[Monomial, CovarianceTest] | None
    notes: tuple[str, ...]

    def named(self, names: Sequence[str] | None) -> Answer:
        """The same with the generators named by their cycles."""
        return replace(self, generators=tuple(g.rename(_text(g, names)) for g in self.generators))

    def embedded(self, live: Int[np.ndarray, " k"], columns: int, signed: bool) -> Answer:
        """The same for all columns, those outside ``live`` fixed."""
        if len(live) == columns:
            return self

        def widen(g: Monomial) -> Monomial:
            images = np.arange(columns)
            images[live] = live[g.images]
            phases = None
            if g.phases is not None:
                phases = np.ones(columns)
                phases[live] = np.real(g.phases)
            return Monomial(images, phases, name=g.name)

        points = np.concatenate([live, live + columns]) if signed else live
        nearest = None if self.nearest is None else (widen(self.nearest[0]), self.nearest[1])
        group = embedded_group(self.group, points, columns * (2 if signed else 1))
        return replace(self, group=group, generators=tuple(widen(g) for g in self.generators), nearest=nearest)


def _text(g: Monomial, names: Sequence[str] | None, most: int = 6) -> str:
    """Cycles, and which columns change their sign."""
    cycles = Monomial(g.images).describe(names)
    if g.phases is None:
        return cycles
    changed = np.flatnonzero(np.real(g.phases) < 0).tolist()
    shown = ", ".join(str(i) if names is None else str(names[i]) for i in changed[:most])
    more = f" and {len(changed) - most} more" if len(changed) > most else ""
    signs = f"signs of {shown}{more} changed"
    return signs if cycles == "()" else f"{cycles}, {signs}"


def embedded_group(group: PermutationGroup, points: Int[np.ndarray, " k"], degree: int) -> PermutationGroup:
    """The group on more points, the new ones fixed; ``points[i]`` is what point i becomes."""
    rows = np.tile(np.arange(degree), (len(group.strong_generators), 1))
    depths = []
    for row, g in zip(rows, group.strong_generators):
        row[points] = points[g.images]
        moved = [k for k, b in enumerate(group.base) if g.images[b] != b]
        depths.append(moved[0])
    base = tuple(int(points[b]) for b in group.base)
    return PermutationGroup.from_chain(
        StabilizerChain(degree, base, rows, np.array(depths, dtype=np.intp), group.basic_orders)
    )


def permutation_finding(
    answer: Answer,
    moments: Sequence[Moments],
    space: Space,
    alpha: float,
    select: str | None,
    signed: bool,
) -> Finding:
    """The finding of :class:`~symmeter.discover.PermutationSymmetry`."""
    generators = answer.generators
    action = MonomialAction(generators, space, answer.group)
    if all(np.array_equal(g.images, np.arange(g.dimension)) and _is_scalar(g) for g in generators):
        return _nothing(answer, action, space)
    method = "lrt" if answer.method == "lrt" else "frobenius"
    test = answer.test or joint_test(moments, action, method)
    complex_data = any(m.is_complex for m in moments)
    known = identifiability_of(action, complex_data)
    notes = [*answer.notes, *([known.sentence] if known.sentence else [])]
    if not signed:
        notes += _smaller_groups(answer.group, complex_data)
    else:
        notes.append("Minus the identity leaves every covariance unchanged; it counts in the order.")
    n = min((m.n for m in moments if m.n is not None), default=None)
    if n is not None and n < 10 * space.dimension:
        choice = "BIC chose among the groups that were left" if select else "the largest group that was left is shown"
        notes.append(f"Only {n} degrees of freedom for {space.dimension} columns: little can be rejected; {choice}.")
    levels = [Level("second moments", holds_exactly(test, alpha), test.p_value, test.statistic, test.method)]
    if test.p_value is not None and len(generators) <= MANY_GENERATORS:
        levels.append(_each_generator(generators, moments, alpha))
    verdict, identifiability = _verdict(test, alpha), known.verdict
    if answer.method == "white":
        verdict = identifiability = "unidentifiable"
        notes = [
            *answer.notes,
            "The data cannot be told from white noise: fully symmetric / unidentifiable. Every orthogonal map, not "
            "only every permutation, leaves such a covariance invariant.",
        ]
    return Finding(
        name=answer.group.name if not signed else f"{answer.group.name} with signs",
        action=action,
        defect=test.defect,
        interval=test.interval,
        p_value=test.p_value,
        verdict=verdict,
        how=test.method,
        levels=tuple(levels),
        identifiability=identifiability,
        notes=tuple(notes),
        code="S = fit.finding_.symmetrize(covariance)",
        evidence={
            "statistic": test.statistic,
            "noise": test.noise,
            "ratio": test.ratio,
            "n": n,
            "method": answer.method,
            "closure_order": known.closure_order,
        },
    )


def _is_scalar(g: Monomial) -> bool:
    """Whether signs, if any, are the same for all columns: minus the identity says nothing about a covariance."""
    return g.phases is None or bool((g.phases == g.phases[0]).all())


def _verdict(test: CovarianceTest, alpha: float) -> str:
    if test.p_value is None:
        return "exact" if test.defect <= EXACT_DEFECT else "nearly" if test.defect <= _NEARLY else "broken"
    if test.p_value < alpha:
        return "nearly" if test.interval[1] <= _NEARLY else "broken"
    return "borderline" if test.p_value < 0.05 else "symmetric"


def _each_generator(generators: Sequence[Monomial], moments: Sequence[Moments], alpha: float) -> Level:
    tests = [transformation_test(moments, g) for g in generators]
    worst = min(tests, key=lambda t: 1.0 if t.p_value is None else t.p_value)
    p = min(1.0, len(tests) * (1.0 if worst.p_value is None else worst.p_value))
    method = f"worst of {len(tests)}, times their number; {worst.method}"
    return Level("single generators", p >= alpha, p, worst.statistic, method)


def _nothing(answer: Answer, action: MonomialAction, space: Space) -> Finding:
    notes = [*answer.notes, "No permutation of the columns leaves the covariance invariant."]
    defect, interval, p_value, how = 1.0, (0.0, 1.0), None, "no transformation came near enough to be measured"
    if answer.nearest is not None:
        nearest, test = answer.nearest
        defect, interval, p_value, how = test.defect, test.interval, test.p_value, test.method
        notes.append(f"The nearest that was met is {nearest.describe(space.names)}, with a defect of {defect:.2g}.")
    return Finding(
        name="no permutation symmetry",
        action=action,
        defect=defect,
        interval=interval,
        p_value=p_value,
        verdict="broken",
        how=how,
        notes=tuple(notes),
        evidence={"method": answer.method},
    )


def _smaller_groups(group: PermutationGroup, complex_data: bool, trials: int = 30) -> list[str]:
    """A subgroup that shows the same second moments, if one is met among those of one or two random elements."""
    if group.order < 3 or group.degree > _LARGEST_SUBGROUP_SEARCH:
        return []
    count = group.number_of_orbitals(symmetric=not complex_data)
    rng = np.random.default_rng(0)
    best: PermutationGroup | None = None
    for trial in range(trials):
        subgroup = PermutationGroup([group.random(rng) for _ in range(1 + trial % 2)], degree=group.degree)
        if subgroup.number_of_orbitals(symmetric=not complex_data) != count or subgroup.order >= group.order:
            continue
        if best is None or subgroup.order < best.order:
            best = subgroup
    if best is None:
        return []
    return [
        f"A smaller group inside it, {best.name} (order {best.order}), makes the same second moments: "
        "they cannot tell which of the two generated the data."
    ]

"""A finding as the page shows it: every number written out, every picture drawn, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symmeter.report.moves import moves_text
from symmeter.report.numbers import defect_text, evidence_text, interval_text, order_text, p_text
from symmeter.report.pictures import Panel, panels
from symmeter.report.svg import gauge, strip
from symmeter.report.text import printable, printable_lines, shorten
from symmeter.report.verdicts import LOOKS, Look, identifiability_text, meaning

if TYPE_CHECKING:
    from markupsafe import Markup

    from symmeter.findings import Finding, Level

__all__ = ["Card", "Mark", "card", "folds"]

_USUAL_LEVELS = ("second moments", "whole distribution")


@dataclass(frozen=True)
class Mark:
    """One test, as a labelled mark."""

    name: str
    state: str
    sign: str
    word: str
    p: str
    method: str


@dataclass(frozen=True)
class Card:
    """Everything that the templates print about one finding; texts are raw, pictures are markup."""

    anchor: str
    name: str
    verdict: str
    look: Look
    meaning: str
    group: str
    order: str
    acts_on: str
    moves: str
    defect: str
    interval: str
    p: str
    marks: tuple[Mark, ...]
    notes: tuple[str, ...]
    code: str
    how: str
    evidence: tuple[tuple[str, str], ...]
    generators: tuple[tuple[str, str], ...]
    gauge: Markup
    strip: Markup
    panels: tuple[Panel, ...]

    @property
    def broad(self) -> bool:
        """Whether the pictures need a row of their own instead of the column at the right."""
        return (
            any(p.kind in ("stack", "shape", "formulas") for p in self.panels)
            or sum(len(p.pictures) for p in self.panels) > 3
        )


def folds(finding: Finding) -> bool:
    """Whether the finding goes to the section of things looked at and broken."""
    return finding.verdict == "broken"


def card(finding: Finding, number: int) -> Card:
    """The card of a finding; a folded one carries the small meter and no pictures."""
    look, small = LOOKS[finding.verdict], folds(finding)
    space, order = finding.action.space, order_text(finding.order, getattr(finding.group, "is_discrete", False))
    # What the data can single out is beside the point once they reject the symmetry.
    says = finding.identifiability if finding.holds or finding.verdict == "unidentifiable" else ""
    failed = any(level.name == "whole distribution" and not level.passed for level in finding.levels)
    plain = identifiability_text(says, failed)
    return Card(
        anchor=f"finding-{number}",
        name=printable(finding.name),
        verdict=finding.verdict,
        look=look,
        meaning=meaning(finding.verdict),
        group=printable(finding.group.name),
        order=order if finding.order is None else f"order {order}",
        acts_on=printable(space.describe()),
        moves=moves_text(finding, 240),
        defect=defect_text(finding.defect, finding.interval),
        interval=interval_text(finding.defect, finding.interval),
        p=p_text(finding.p_value, superscripts=True, relation=True),
        marks=_marks(finding.levels),
        notes=tuple(printable(n) for n in (plain, *finding.notes) if n),
        code=printable_lines(finding.code.rstrip()),
        how=printable(finding.how),
        evidence=tuple((printable(k).replace("_", " "), evidence_text(v)) for k, v in finding.evidence.items()),
        generators=tuple(
            (printable(g.name), shorten(g.describe(getattr(space, "names", None)), 240)) for g in finding.generators[:8]
        ),
        gauge=gauge(finding.defect, finding.interval, look.tone, small=small),
        strip=strip(finding.defect, finding.interval, look.tone),
        panels=() if small else panels(finding),
    )


def _marks(levels: tuple[Level, ...]) -> tuple[Mark, ...]:
    if not levels:
        return ()
    by_name = {level.name: level for level in levels}
    # A test of samples that was not made is said to be missing; tests of other subjects stand alone.
    usual = _USUAL_LEVELS if any(n in by_name for n in _USUAL_LEVELS) else ()
    names = [*usual, *(n for n in by_name if n not in usual)]
    marks = []
    for name in names:
        level = by_name.get(name)
        if level is None:
            marks.append(Mark(name, "untested", "–", "not tested", "", ""))
            continue
        state, sign, word = ("passed", "✓", "passed") if level.passed else ("failed", "✕", "failed")
        p = "" if level.p_value is None else p_text(level.p_value, superscripts=True, relation=True)
        marks.append(Mark(printable(name), state, sign, word, p, printable(level.method)))
    return tuple(marks)

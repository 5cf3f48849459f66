"""What a paper claims, what was measured, and the experiment that compares the two.

An experiment module ``symmeter/papers/<slug with underscores>.py`` exposes ``PAPER``, a :class:`Paper`. Its ``run``
does the work at one of three scales and returns an :class:`Outcome`; :func:`symmeter.papers.run.run_paper` writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Protocol

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.papers.catalogue import Entry
from symmeter.papers.checkpoints import Checkpoints
from symmeter.progress import Progress

__all__ = ["KINDS", "OUTCOMES", "SCALES", "Claim", "Experiment", "Measured", "Outcome", "Paper", "Part"]

#: Where a claim comes from, and what the word promises.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "paper": "stated by the paper",
        "derived": "proved from the paper's definitions",
        "measured": "measured earlier with an independent prototype",
        "goal": "our own aim",
    }
)

#: What can become of a claim.
OUTCOMES = ("passed", "falls short", "not run")

#: Sizes of an experiment: seconds, minutes on two cores, the paper's own.
SCALES = ("smoke", "laptop", "full")


@dataclass(frozen=True)
class Claim:
    """One statement that an experiment checks.

    Attributes
    ----------
    statement : str
        What is claimed, in one sentence.
    expected : str
        The value or inequality: ``">= 0.9"``, ``"16, 24, 32"``.
    source : str
        Where it comes from: a section, a theorem, a table.
    kind : str
        A key of ``KINDS``.
    """

    statement: str
    expected: str
    source: str
    kind: str = "paper"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"claim kind {self.kind!r} is unknown; use one of {', '.join(KINDS)}")

    def judge(self, passed: bool, value: Any, detail: str = "") -> Measured:
        """What was measured for this claim, and whether it passed."""
        return Measured(self, value, "passed" if passed else "falls short", detail)

    def skipped(self, why: str) -> Measured:
        """The claim was not run at this scale."""
        return Measured(self, None, "not run", why)


@dataclass(frozen=True, eq=False)
class Measured:
    """A claim beside what was measured.

    Attributes
    ----------
    claim : Claim
    value : plain value or None
        What was measured; anything that JSON can hold after encoding (numbers, text, lists, arrays).
    outcome : str
        One of ``OUTCOMES``.
    detail : str
        How it was measured: trials, sizes, error bars.
    """

    claim: Claim
    value: Any
    outcome: str
    detail: str = ""

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise InputError(f"outcome {self.outcome!r} is unknown; use one of {', '.join(OUTCOMES)}")

    @property
    def shown(self) -> str:
        """The value as people read it, with the detail."""
        value = self.value
        text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
        return " ".join(part for part in (text, f"({self.detail})" if self.detail and text else self.detail) if part)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment hands back.

    Attributes
    ----------
    measured : tuple of Measured
        One for every claim of the paper.
    figure : callable, optional
        Draws the figure when called: a matplotlib figure, or SVG text.
    tables : mapping
        Numbers worth keeping beside the claims, under their names.
    """

    measured: tuple[Measured, ...]
    figure: Callable[[], Any] | None = None
    tables: Mapping[str, Any] = field(default_factory=dict)


class Experiment(Protocol):
    """The work behind a paper's claims."""

    def __call__(self, scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
        """Do the work; finished parts go through ``checkpoints.get_or_compute``."""
        ...


@dataclass(frozen=True, eq=False)
class Part:
    """A group of claims with an experiment of its own, as ``symmeter reproduce --part`` runs it.

    Attributes
    ----------
    summary : str
        What it is about, one line.
    claims : tuple of Claim
    run : Experiment
        Names its finished parts on disk unlike any other part of the paper.
    """

    summary: str
    claims: tuple[Claim, ...]
    run: Experiment


@dataclass(frozen=True, eq=False)
class Paper:
    """A paper with its claims and the experiment that checks them.

    Attributes
    ----------
    slug, title, date, summary : str
    authors : int
        How many authors the paper has.
    implements : tuple of str
        Import paths of what in the library implements it.
    claims : tuple of Claim
    run : Experiment
    parts : mapping of str to Part
        What can be run alone; empty where the experiment is one.
    part : str
        The part that this is, or empty.
    """

    slug: str
    title: str
    authors: int
    date: str
    summary: str
    implements: tuple[str, ...]
    claims: tuple[Claim, ...]
    run: Experiment
    parts: Mapping[str, Part] = field(default_factory=dict)
    part: str = ""

    @classmethod
    def of(cls, entry: Entry, implements: tuple[str, ...], claims: tuple[Claim, ...], run: Experiment) -> Paper:
        """A paper whose facts stand in the catalogue."""
        return cls(entry.slug, entry.title, entry.authors, entry.date, entry.summary, implements, claims, run)

    @classmethod
    def of_parts(cls, entry: Entry, implements: tuple[str, ...], parts: Mapping[str, Part]) -> Paper:
        """A paper whose claims fall into parts; as a whole it runs them one after another."""
        claims = tuple(claim for part in parts.values() for claim in part.claims)
        return replace(cls.of(entry, implements, claims, _one_after_another(parts)), parts=dict(parts))

    def only(self, name: str) -> Paper:
        """One part of the paper.

        Raises
        ------
        UnknownNameError
            If it has no such part; the text lists those it has.
        """
        if name not in self.parts:
            if not self.parts:
                raise UnknownNameError(f"{self.slug} is one piece and has no part {name!r}; leave --part out")
            near = nearest_name(name, self.parts)
            right = f"did you mean {near}?" if near else f"its parts are {', '.join(self.parts)}"
            raise UnknownNameError(f"{self.slug} has no part {name!r}; {right}")
        part = self.parts[name]
        return replace(self, summary=part.summary, claims=part.claims, run=part.run, parts={}, part=name)


def _one_after_another(parts: Mapping[str, Part]) -> Experiment:
    """The parts' claims together, their tables by the names of the parts, and the first part's figure."""

    def run(scale: str, checkpoints: Checkpoints, progress: Progress, seed: int) -> Outcome:
        outcomes: dict[str, Outcome] = {}
        for k, (name, part) in enumerate(parts.items()):

            def told(share: float, what: str, k: int = k) -> None:
                progress((k + share) / len(parts), what)

            outcomes[name] = part.run(scale=scale, checkpoints=checkpoints, progress=told, seed=seed)
        return Outcome(
            measured=tuple(m for outcome in outcomes.values() for m in outcome.measured),
            figure=next((o.figure for o in outcomes.values() if o.figure is not None), None),
            tables={name: o.tables for name, o in outcomes.items()},
        )

    # Where the sources of the experiment are: finished parts on disk belong to them.
    run.__wrapped__ = next(iter(parts.values())).run  # pyright: ignore[reportFunctionMemberAccess]
    return run

"""Claims beside the functions that judge them from an experiment's tables.

A module of claims makes one :class:`Judges`, writes each judgement under the claim that it decides, and hands out
``judges.claims`` and ``judges.judge``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symmeter.papers.paper import Claim, Measured

__all__ = ["Judgement", "Judges", "NotMeasured", "Tables"]

Tables = Mapping[str, Any]
Judgement = Callable[[Tables, Claim], Measured]


class NotMeasured(Exception):
    """The numbers behind a claim are not in the tables of this scale; the text says why, if there is more to say."""


class Judges:
    """The claims of one paper, in the order in which they are written, each with what decides it.

    Examples
    --------
    >>> judges = Judges()
    >>> @judges.claim("Two and two are four", "4", "arithmetic", "derived")
    ... def _sum(tables, claim):
    ...     return claim.judge(tables["sum"] == 4, tables["sum"])
    >>> judges.judge({"sum": 4}, "smoke")[0].outcome
    'passed'
    """

    def __init__(self) -> None:
        self._pairs: list[tuple[Claim, Judgement]] = []

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All claims."""
        return tuple(claim for claim, _ in self._pairs)

    def claim(self, statement: str, expected: str, source: str, kind: str) -> Callable[[Judgement], Judgement]:
        """Enter a claim, judged by the decorated function; see :class:`~symmeter.papers.paper.Claim`."""

        def enter(judgement: Judgement) -> Judgement:
            self._pairs.append((Claim(statement, expected, source, kind), judgement))
            return judgement

        return enter

    def judge(self, tables: Tables, scale: str) -> tuple[Measured, ...]:
        """One result for every claim; those that this scale is too small for are not run."""
        return tuple(_judged(claim, judgement, tables, scale) for claim, judgement in self._pairs)


def _judged(claim: Claim, judgement: Judgement, tables: Tables, scale: str) -> Measured:
    try:
        return judgement(tables, claim)
    except NotMeasured as missing:
        return claim.skipped(str(missing) or f"needs more than scale {scale}")

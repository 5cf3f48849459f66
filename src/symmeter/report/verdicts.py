"""What a verdict looks like: its mark, its tone, and what to do next. Words, mark and colour always go together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from symmeter.findings import VERDICTS

__all__ = ["IDENTIFIABILITY", "LOOKS", "Look", "identifiability_text", "meaning"]


@dataclass(frozen=True)
class Look:
    """How a verdict is drawn.

    Attributes
    ----------
    mark : str
        One character, different for every tone.
    ascii : str
        The mark where only ASCII can be written.
    tone : str
        Name of the colour: ``good``, ``part``, ``warn``, ``bad`` or ``mute``.
    style : str
        The colour's name in a terminal.
    next : str
        What to do with such a finding, in two or three words.
    """

    mark: str
    ascii: str
    tone: str
    style: str
    next: str


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "exact": Look("●", "*", "good", "green", "impose it"),
        "symmetric": Look("●", "*", "good", "green", "impose it"),
        "second moments only": Look("◐", "o", "part", "cyan", "average the covariance"),
        "borderline": Look("◇", "?", "warn", "yellow", "bring more data"),
        "nearly": Look("▲", "~", "warn", "yellow", "relax it"),
        "broken": Look("✕", "x", "bad", "red", "leave it"),
        "undecided": Look("◌", "-", "mute", "dim", "bring more samples"),
        "unidentifiable": Look("○", ".", "mute", "dim", "bring more samples"),
    }
)

#: The identifiability statements, in plain words.
IDENTIFIABILITY: Mapping[str, str] = MappingProxyType(
    {
        "generative subgroup possible": (
            "The second moments can tell this group from every larger one, "
            "so the data may have been generated with exactly this symmetry."
        ),
        "supergroup only": (
            "Every covariance that has this group's symmetry has a larger group's as well: "
            "what is seen here may be more than what generated the data."
        ),
        "unidentifiable": "Many different groups fit the data equally well; nothing here singles out one of them.",
    }
)


_COVARIANCE_ALONE = (
    "The second moments can tell this group from every larger one, "
    "but the whole distribution lacks it: it is a symmetry of the covariance alone."
)


def identifiability_text(statement: str, whole_distribution_failed: bool) -> str:
    """The statement in plain words; nothing is said to have generated data whose whole distribution lacks it."""
    if whole_distribution_failed and statement == "generative subgroup possible":
        return _COVARIANCE_ALONE
    return IDENTIFIABILITY.get(statement, statement)


def meaning(verdict: str) -> str:
    """What the word claims, as a sentence."""
    text = VERDICTS[verdict]
    return f"{text[0].upper()}{text[1:]}."

"""A spacetime metric as a subject: a text with its line element, as ``ds^2 = -dt^2 + dx^2`` or ``metric: ...``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

from symmeter.errors import FileFormatError

from .headed_text import HeadedText, heading_of, lines_of_small_text
from .values import Subject

__all__ = ["LineElement", "is_metric_file", "read_metric"]

_KEYS = ("metric", "coordinates", "functions", "parameters", "factors", "degree")
_HEAD = heading_of(_KEYS)
_START = re.compile(r"^\s*ds\s*(\^|\*\*)\s*2\s*=")
#: dt^2 or dt dx, but no derivative such as D(u, t).
_SQUARE = re.compile(r"(?<![A-Za-z_])d[A-Za-z][A-Za-z0-9]*\s*(\^|\*\*)\s*2")


@dataclass(frozen=True, eq=False, repr=False)
class LineElement(Subject):
    """A metric as it is typed.

    Parameters
    ----------
    text : str
        Quadratic in differentials.
    options : mapping
        ``coordinates``, ``functions``, ``parameters``, ``factors`` and ``degree`` for the search, as texts.
    source : str
    notes : tuple of str
    """

    text: str
    options: Mapping[str, str]
    source: str = "metric"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "metric"

    @property
    def dimension(self) -> int:
        """Number of different differentials in the text."""
        return len(set(re.findall(r"(?<![A-Za-z_])d([A-Za-z][A-Za-z0-9]*)", self.text)))

    def describe(self) -> str:
        return "; ".join([f"read a metric in {self.dimension} dimensions from {self.source}", *self.notes])

    def __repr__(self) -> str:
        return f"LineElement({self.source})"


def is_metric_file(source: Any) -> bool:
    """Whether a path is a text with a line element, told by its content."""
    lines = lines_of_small_text(source)
    return any(_START.match(line) or re.match(r"^\s*metric\s*:", line, re.IGNORECASE) for line in lines) or (
        bool(lines) and all(_SQUARE.search(line) or _HEAD.match(line) for line in lines)
    )


def read_metric(source: str | PurePath) -> LineElement:
    """The metric of a text file.

    Lines are parts of the line element, or say ``coordinates: t r``, ``functions: f(r)``, ``parameters: m``,
    ``factors: sin(phi), cos(phi)`` or ``degree: 2``; what follows ``#`` is a comment.

    Raises
    ------
    UnknownNameError, FileFormatError
    """
    read = HeadedText(source, _KEYS, "metric")
    text = " ".join(p for line in read.lines if (p := _START.sub("", line).strip()))
    if not text:
        raise FileFormatError(f"{source}: has no line element; write one such as ds^2 = -dt^2 + dx^2")
    return LineElement(text, read.options, str(source))

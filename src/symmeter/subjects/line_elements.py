"""A spacetime metric as a subject: a text with its line element, as ``ds^2 = -dt^2 + dx^2`` or ``metric: ...``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar

from symmeter.errors import FileFormatError, UnknownNameError, nearest_name

from .equations import lines_of
from .values import Subject

__all__ = ["LineElement", "is_metric_file", "read_metric"]

_KEYS = ("metric", "coordinates", "functions", "parameters", "factors", "degree")
_HEAD = re.compile(rf"^\s*({'|'.join(_KEYS)})\s*:(.*)$", re.IGNORECASE)
_START = re.compile(r"^\s*ds\s*(\^|\*\*)\s*2\s*=")
#: dt^2 or dt dx, but no derivative such as D(u, t).
_SQUARE = re.compile(r"(?<![A-Za-z_])d[A-Za-z][A-Za-z0-9]*\s*(\^|\*\*)\s*2")
_LARGEST = 100_000


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
    if not isinstance(source, (str, PurePath)) or not str(source).lower().endswith(".txt"):
        return False
    path = Path(source)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        lines = _lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
    return any(_START.match(line) or re.match(r"^\s*metric\s*:", line, re.IGNORECASE) for line in lines) or (
        bool(lines) and all(_SQUARE.search(line) or _HEAD.match(line) for line in lines)
    )


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.split("#")[0].strip())]


def read_metric(source: str | PurePath) -> LineElement:
    """The metric of a text file.

    Lines are parts of the line element, or say ``coordinates: t r``, ``functions: f(r)``, ``parameters: m``,
    ``factors: sin(phi), cos(phi)`` or ``degree: 2``; what follows ``#`` is a comment.

    Raises
    ------
    UnknownNameError, FileFormatError
    """
    options: dict[str, str] = {}
    parts: list[str] = []
    for line in lines_of(source):
        head = _HEAD.match(line)
        if head is not None and head[1].lower() != "metric":
            key = head[1].lower()
            if key in options:
                raise FileFormatError(f"{source}: {key!r} is said twice")
            options[key] = head[2].strip()
        elif head is None and re.match(r"^\s*[A-Za-z]{3,}\s*:", line):
            word = line.split(":")[0].strip()
            close = nearest_name(word.lower(), _KEYS)
            raise UnknownNameError(
                f"{source}: {word!r} says nothing here" + (f"; did you mean {close!r}?" if close else "")
            )
        else:
            parts.append(_START.sub("", head[2] if head else line).strip())
    text = " ".join(p for p in parts if p)
    if not text:
        raise FileFormatError(f"{source}: has no line element; write one such as ds^2 = -dt^2 + dx^2")
    return LineElement(text, options, str(source))

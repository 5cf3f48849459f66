"""Differential equations as a subject: text with one equation on each line, or a Lagrangian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar

from symmeter.errors import FileFormatError, UnknownNameError, nearest_name

from .values import Subject

__all__ = ["Equations", "is_equation_file", "lines_of", "read_equations"]

_KEYS = ("independent", "dependent", "parameters", "functions", "lagrangian", "equation", "order", "degree")
_HEAD = re.compile(rf"^\s*({'|'.join(_KEYS)})s?\s*:(.*)$", re.IGNORECASE)
#: A derivative written u_x, u_{tx} or u'', in something with an equals sign or more than a name.
_DERIVATIVE = re.compile(r"[A-Za-z]_(\{[A-Za-z,]+\}|[a-z]+)\b|[A-Za-z]'|\bD\s*\(")
_NUMBERS = re.compile(r"^[-+.\d][-+.\deE]*([\s,;]+[-+.\d][-+.\deE]*)+$")
_LARGEST = 100_000


@dataclass(frozen=True, eq=False, repr=False)
class Equations(Subject):
    """Differential equations, or the Lagrangian that they come from.

    Parameters
    ----------
    texts : tuple of str
        Equations; empty for a Lagrangian.
    options : mapping
        ``independent``, ``dependent``, ``parameters``, ``functions`` (names), ``lagrangian`` (text), ``order`` and
        ``degree`` of multipliers.
    source : str
    notes : tuple of str
    """

    texts: tuple[str, ...]
    options: Mapping[str, str]
    source: str = "equations"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "equations"

    @property
    def dimension(self) -> int:
        """Number of dependent variables."""
        return len(self.options["dependent"].replace(",", " ").split())

    def describe(self) -> str:
        what = (
            "a Lagrangian"
            if "lagrangian" in self.options
            else f"{len(self.texts)} equation{'s' * (len(self.texts) > 1)}"
        )
        names = f"{self.options['dependent']} of {self.options['independent']}"
        return "; ".join([f"read {what} for {names} from {self.source}", *self.notes])

    def __repr__(self) -> str:
        return f"Equations({self.source})"


def is_equation_file(source: Any) -> bool:
    """Whether a path is a text of differential equations, told by its content."""
    if not isinstance(source, (str, PurePath)) or not str(source).lower().endswith(".txt"):
        return False
    path = Path(source)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        lines = _lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
    # A table may have names like u_x at the heads of its columns.
    if any(_NUMBERS.match(line) for line in lines):
        return False
    return any(_HEAD.match(line) or _DERIVATIVE.search(line) for line in lines[:4])


def lines_of(source: str | PurePath) -> list[str]:
    """Lines of a text file without comments and empty ones.

    Raises
    ------
    FileFormatError
        For a file that is no text.
    """
    try:
        return _lines(Path(source).read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise FileFormatError(
            f"{source} is no text in UTF-8; give a text file with one equation on each line"
        ) from None


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.split("#")[0].strip())]


def read_equations(source: str | PurePath, independent: str = "t x", dependent: str = "u") -> Equations:
    """The equations of a text file.

    Lines are equations, or say ``independent: t x``, ``dependent: u``, ``parameters: k``, ``functions: f``,
    ``lagrangian: u_t^2/2 - u_x^2/2``; what follows ``#`` is a comment.

    Parameters
    ----------
    source : path
    independent, dependent : str
        Variables of a file that names none.

    Raises
    ------
    UnknownNameError, FileFormatError
    """
    options: dict[str, str] = {}
    texts: list[str] = []
    for line in lines_of(source):
        head = _HEAD.match(line)
        if head is not None:
            key, value = head[1].lower(), head[2].strip()
            if key == "equation":
                texts.append(value)
            elif key in options:
                raise FileFormatError(f"{source}: {key!r} is said twice")
            else:
                options[key] = value
        elif re.match(r"^\s*[A-Za-z]{3,}\s*:", line):
            word = line.split(":")[0].strip()
            close = nearest_name(word.lower(), _KEYS)
            raise UnknownNameError(
                f"{source}: {word!r} says nothing here" + (f"; did you mean {close!r}?" if close else "")
            )
        else:
            texts.append(line)
    notes = []
    for key, usual in (("independent", independent), ("dependent", dependent)):
        if key not in options:
            options[key] = usual
            notes.append(f"taken for {key} variable{'s' * (' ' in usual)}: {usual}")
    if "lagrangian" in options and texts:
        raise FileFormatError(f"{source}: has a Lagrangian and equations; give one of them")
    if "lagrangian" not in options and not texts:
        raise FileFormatError(f"{source}: has no equation; write one on a line, such as u_t = u_xx")
    return Equations(tuple(texts), options, str(source), tuple(notes))

"""Differential equations as a subject: text with one equation on each line, or a Lagrangian."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

from symmeter.errors import FileFormatError

from .headed_text import HeadedText, heading_of, lines_of_small_text
from .values import Subject

__all__ = ["Equations", "is_equation_file", "read_equations"]

_KEYS = ("independent", "dependent", "parameters", "functions", "lagrangian", "gauge", "equation", "order", "degree")
_HEAD = heading_of(_KEYS)
#: A derivative written u_x, u_{tx}, (u^2)_x, u'' or diff(u, x).
_DERIVATIVE = re.compile(r"[A-Za-z)]_(\{[A-Za-z,]+\}|[a-z]+)\b|[A-Za-z]'|\b(D|[Dd]iff|Derivative)\s*\(")
_NUMBERS = re.compile(r"^[-+.\d][-+.\deE]*([\s,;]+[-+.\d][-+.\deE]*)+$")


@dataclass(frozen=True, eq=False, repr=False)
class Equations(Subject):
    """Differential equations, or the Lagrangian that they come from.

    Parameters
    ----------
    texts : tuple of str
        Equations; empty for a Lagrangian.
    options : mapping
        ``independent``, ``dependent``, ``parameters``, ``functions`` (names), ``lagrangian`` (text), ``gauge`` (changes
        of the dependent variables with free functions), ``order`` and ``degree`` of multipliers.
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
    lines = lines_of_small_text(source)
    # A table may have names like u_x at the heads of its columns.
    if any(_NUMBERS.match(line) for line in lines):
        return False
    return any(_HEAD.match(line) or _DERIVATIVE.search(line) for line in lines[:4])


def read_equations(source: str | PurePath, independent: str = "t x", dependent: str = "u") -> Equations:
    """The equations of a text file.

    Lines are equations, or say ``independent: t x``, ``dependent: u``, ``parameters: k``, ``functions: f``,
    ``lagrangian: u_t^2/2 - u_x^2/2``, ``gauge: lambda_t; lambda_x``; what follows ``#`` is a comment.

    Parameters
    ----------
    source : path
    independent, dependent : str
        Variables of a file that names none.

    Raises
    ------
    UnknownNameError, FileFormatError
    """
    read = HeadedText(source, _KEYS, "equation")
    options, texts = read.options, read.lines
    notes = []
    for key, usual in (("independent", independent), ("dependent", dependent)):
        if key not in options:
            options[key] = usual
            notes.append(f"taken for {key} variable{'s' * (' ' in usual)}: {usual}")
    if "lagrangian" in options and texts:
        raise FileFormatError(f"{source}: has a Lagrangian and equations; give one of them")
    if "gauge" in options and "lagrangian" not in options:
        raise FileFormatError(
            f"{source}: has a gauge symmetry, which is one of a Lagrangian; say lagrangian: ... as well"
        )
    if "lagrangian" not in options and not texts:
        raise FileFormatError(f"{source}: has no equation; write one on a line, such as u_t = u_xx")
    return Equations(tuple(texts), options, str(source), tuple(notes))

"""The tree of a LaTeX expression: what the parser makes and the reader evaluates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symmeter.quantum.ops.latex_tokens import Token

__all__ = [
    "Add",
    "BigSum",
    "Bracket",
    "Call",
    "Colons",
    "Derivative",
    "Fraction_",
    "HermitianConjugate",
    "Integral",
    "Mean",
    "Multiply",
    "Name",
    "Node",
    "Number",
    "Scripted",
    "walk",
]


@dataclass(frozen=True)
class Node:
    """A piece of the tree; ``column`` counts from 1."""

    column: int


@dataclass(frozen=True)
class Number(Node):
    """A number."""

    value: int | Fraction | float


@dataclass(frozen=True)
class Name(Node):
    """A letter or command; accent is "", "bar", "tilde", "over" or "bold"."""

    text: str
    accent: str = ""


@dataclass(frozen=True)
class Scripted(Node):
    """A base with scripts, which stay tokens."""

    base: Any
    lower: tuple[Token, ...] = ()
    upper: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Add(Node):
    """A sum of signed terms."""

    terms: tuple[tuple[int, Any], ...]


@dataclass(frozen=True)
class Multiply(Node):
    """A product; each factor has the mark before it: "", "\\cdot" or "/"."""

    factors: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Fraction_(Node):
    """``\\frac{above}{below}``."""

    above: Any
    below: Any


@dataclass(frozen=True)
class Call(Node):
    """A function or root of a scalar; ``extra`` is its power, the degree of a root or the lower binomial entry.

    The argument of a function without brackets is ``bare``: it ends before the first operator in it.
    """

    function: str
    argument: Any
    extra: Any = None
    bare: bool = False


@dataclass(frozen=True)
class Derivative(Node):
    """A derivative by a symbol; ``plain`` is the fraction that ``\\frac{d}{dx}`` is when d is a symbol."""

    inside: Any
    variable: Any
    times: int = 1
    plain: Any = None


@dataclass(frozen=True)
class Integral(Node):
    """A definite integral, with the tokens of its limits."""

    inside: Any
    variable: Any
    lower: tuple[Token, ...]
    upper: tuple[Token, ...]


@dataclass(frozen=True)
class Bracket(Node):
    """A commutator (sign -1) or anticommutator (+1)."""

    left: Any
    right: Any
    sign: int


@dataclass(frozen=True)
class BigSum(Node):
    """A sum or product over indices, with the tokens of its limits."""

    kind: str
    lower: tuple[Token, ...]
    upper: tuple[Token, ...]
    body: Any


@dataclass(frozen=True)
class Mean(Node):
    """An expectation value."""

    inside: Any


@dataclass(frozen=True)
class Colons(Node):
    """A product without contractions."""

    inside: Any


@dataclass(frozen=True)
class HermitianConjugate(Node):
    """ "h.c.": the adjoint of what stands before it in the sum."""


def walk(node: Any) -> Iterator[Any]:
    """A node and everything below it."""
    yield node
    for value in vars(node).values() if isinstance(node, Node) else ():
        for item in _nodes(value):
            yield from walk(item)


def _nodes(value: Any) -> Iterator[Any]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for v in value:
            yield from _nodes(v)

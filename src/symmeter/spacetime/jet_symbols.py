"""The symbols of a jet space: variables, derivatives, parameters, and functions with a derivative of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from symmeter.spacetime.polynomials import Poly

__all__ = ["Function", "Index", "Variable"]

#: How often each independent variable is differentiated by.
Index = tuple[int, ...]


@dataclass(frozen=True)
class Variable:
    """One symbol.

    Attributes
    ----------
    kind : {"independent", "jet", "parameter", "function"}
    name : str
        As it is written.
    number : int
        Of the independent or dependent variable.
    index : tuple of int
        Of a jet.
    """

    kind: str
    name: str
    number: int = -1
    index: Index = ()


@dataclass
class Function:
    """A function of one polynomial argument: its derivative by that argument, and what it depends on.

    Attributes
    ----------
    argument : Poly
    derivative : callable
    kind : str
        ``sin``, ``exp``, ``root``, ``inverse``, ``inverse sum``, ``free0`` for f, ``free1`` for its derivative, ...
    key : tuple
        What tells it from others of its kind: begins with the name of a free function; ends with an exponent.
    """

    argument: Poly
    derivative: Callable[[], Poly]
    kind: str
    key: tuple

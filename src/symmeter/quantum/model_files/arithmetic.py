"""Arithmetic with named parameters, without eval: numbers, + - * / **, parentheses, a few functions and constants."""

from __future__ import annotations

import cmath
import re
from collections.abc import Callable, Mapping

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["evaluate"]

_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\*\*|[-+*/()]))")
_FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    "sqrt": cmath.sqrt,
    "exp": cmath.exp,
    "cos": cmath.cos,
    "sin": cmath.sin,
}
_CONSTANTS: dict[str, complex] = {"pi": cmath.pi, "i": 1j}
_LONGEST, _DEEPEST = 1_000, 60


def evaluate(text: str, parameters: Mapping[str, complex]) -> complex:
    """Value of an expression; ``i`` is the imaginary unit unless it is a parameter.

    Raises
    ------
    UnknownNameError
        If a name is neither a parameter nor a function or constant.
    InputError
        If the text is no expression, or its value is not finite.

    Examples
    --------
    >>> evaluate("-J*(1 + d)/2", {"J": 2.0, "d": 0.5}), evaluate("cos(pi/3)**2", {}).real.__round__(12)
    ((-1.5+0j), 0.25)
    """
    if len(text) > _LONGEST:
        raise InputError(f"an expression has {len(text)} characters; at most {_LONGEST} are read")
    parser = _Parser(text, parameters)
    try:
        value = parser.sum(0)
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{text!r} has no finite value") from None
    if parser.kind != "end":
        raise InputError(f"{text!r}: {parser.token!r} at position {parser.start} is not expected there")
    if not cmath.isfinite(value):
        raise InputError(f"{text!r} has no finite value")
    return value


class _Parser:
    def __init__(self, text: str, parameters: Mapping[str, complex]) -> None:
        self.text, self.parameters = text, parameters
        self.at = self.start = 0
        self.kind, self.token = "start", ""
        self.advance()

    def advance(self) -> None:
        rest = self.text[self.at :]
        if not rest.strip():
            self.kind, self.token, self.start = "end", "", len(self.text)
            return
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            place = self.at + len(rest) - len(rest.lstrip())
            raise InputError(f"{self.text!r}: {self.text[place]!r} at position {place} belongs to no number or name")
        number, name, sign = match.groups()
        self.kind = "number" if number else "name" if name else "sign"
        self.token = number or name or sign
        self.start, self.at = match.end() - len(self.token), match.end()

    def take(self, *signs: str) -> str | None:
        if self.kind == "sign" and self.token in signs:
            found = self.token
            self.advance()
            return found
        return None

    def sum(self, depth: int) -> complex:
        value = self.product(depth)
        while sign := self.take("+", "-"):
            other = self.product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def product(self, depth: int) -> complex:
        value = self.signed(depth)
        while sign := self.take("*", "/"):
            other = self.signed(depth)
            value = value * other if sign == "*" else value / other
        return value

    def signed(self, depth: int) -> complex:
        if depth > _DEEPEST:
            raise InputError(f"{self.text[:40]!r}... is nested more than {_DEEPEST} deep")
        if sign := self.take("+", "-"):
            value = self.signed(depth + 1)
            return value if sign == "+" else -value
        base = self.atom(depth + 1)
        return base ** self.signed(depth + 1) if self.take("**") else base

    def atom(self, depth: int) -> complex:
        kind, token = self.kind, self.token
        if self.take("("):
            value = self.sum(depth)
            if not self.take(")"):
                raise InputError(f"{self.text!r}: a parenthesis is not closed")
            return value
        if kind == "number":
            self.advance()
            return complex(float(token))
        if kind == "name":
            self.advance()
            if token in self.parameters:
                return complex(self.parameters[token])
            if token in _FUNCTIONS and self.kind == "sign" and self.token == "(":
                return _FUNCTIONS[token](self.atom(depth))
            if token in _CONSTANTS:
                return _CONSTANTS[token]
            near = nearest_name(token, [*self.parameters, *_FUNCTIONS, *_CONSTANTS])
            hint = f"; did you mean {near!r}?" if near else "; give it under parameters"
            raise UnknownNameError(f"{self.text!r}: there is no parameter {token!r}{hint}")
        raise InputError(f"{self.text!r}: a number, name or parenthesis is missing at position {self.start}")

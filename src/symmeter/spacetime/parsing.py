"""Equations as people type them, read by a parser of our own: nothing is evaluated, and errors point at the character.

``u_t + 6*u*u_x + u_xxx = 0``, ``u_tt = u_xx + sin(u)``, ``D(u, t, x)``, ``u_{tx}``, ``u''``, ``2 u u_x``, ``u**2`` and
``u^2``; derivatives of more than a name as ``(u^2/2)_x``, ``log(u)_xx`` or ``D_x(u u_x)``. Names of several letters are
written with commas where they meet: ``rho_{t1,x}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symmeter.errors import InputError, InputTypeError, nearest_name
from symmeter.spacetime.jets import ELEMENTARY, Index, JetSpace
from symmeter.spacetime.polynomials import HIGHEST, Poly, add_to, constant, exponents, power, scaled

__all__ = ["FUNCTION_NAMES", "LONGEST", "constants_in", "parse_equation", "parse_expression"]

LONGEST = 20_000
_NESTED = 60
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-zα-ωΑ-Ω][A-Za-z0-9α-ωΑ-Ω]*)"
    r"(?:_(?:\{(?P<braced>[^}]*)\}|(?P<index>[A-Za-z0-9α-ω]+)))?(?P<primes>'*)|(?P<sign>\*\*|[-+*/^(),=])"
    r"|(?P<mark>_(?:\{(?P<marks>[^}]*)\}|(?P<letters>[A-Za-z0-9α-ω]+))))"
)
#: Functions that are known by name.
FUNCTION_NAMES = (*ELEMENTARY, "sqrt")
_DERIVATIVES = ("D", "Diff", "diff", "Derivative")


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int
    index: str | None = None
    primes: int = 0


def parse_expression(
    text: str, space: JetSpace, functions: tuple[str, ...] = (), given: Mapping[str, Poly] | None = None
) -> Poly:
    """A differential polynomial.

    Parameters
    ----------
    text : str
    space : JetSpace
        Knows the variables, dependent variables and parameters.
    functions : tuple of str
        Names of arbitrary functions, f in ``f(u)``.
    given : mapping, optional
        Names that stand for something else, such as old coordinates in terms of new ones.

    Raises
    ------
    InputTypeError
    InputError
        With a line that points at the character.

    Examples
    --------
    >>> space = JetSpace(("t", "x"), ("u",))
    >>> space.text(parse_expression("u_t + 6 u u_x + u_xxx", space))
    'u_xxx + 6*u*u_x + u_t'
    """
    reader = _Reader(text, space, functions, given or {})
    found = reader.sum()
    reader.end()
    # A part of an angle, met late, changes what stands before it.
    return space.reduced(found)


def parse_equation(text: str, space: JetSpace, functions: tuple[str, ...] = ()) -> Poly:
    """Left side minus right side; what has no ``=`` is set to zero."""
    reader = _Reader(text, space, functions, {})
    found = dict(reader.sum())
    if reader.take("="):
        add_to(found, reader.sum(), -1)
    reader.end()
    return found


class _Reader:
    def __init__(self, text: str, space: JetSpace, functions: tuple[str, ...], given: Mapping[str, Poly]) -> None:
        if not isinstance(text, str):
            raise InputTypeError(f"an equation is a {type(text).__name__}; give text such as 'u_t = u_xx'")
        if len(text) > LONGEST:
            raise InputError(f"an equation of {len(text)} characters is too long; at most {LONGEST}")
        self.text, self.space, self.functions, self.given = text, space, functions, given
        self.tokens = self._cut()
        self.at, self.depth = 0, 0

    def fail(self, what: str, place: int) -> InputError:
        start = max(0, place - 40)
        shown = self.text[start : place + 40].replace("\n", " ")
        return InputError(f"{what}, at character {place + 1}: {shown[: place - start]}\u25b8{shown[place - start :]}")

    def _cut(self) -> list[_Token]:
        out, at = [], 0
        text = self.text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                place = at + len(text[at:]) - len(text[at:].lstrip())
                raise self.fail(f"{text[place]!r} has no meaning here", place)
            kind = next(k for k in ("number", "sign", "mark", "name") if found[k] is not None)
            place = found.start(kind)
            index = next((found[k] for k in ("braced", "index", "marks", "letters") if found[k] is not None), None)
            if kind == "mark" and not (out and out[-1].text == ")"):
                raise self.fail("'_' has no meaning here", place)
            out.append(_Token(kind, found[kind], place, index, len(found["primes"] or "")))
            at = found.end()
        return out

    def peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, *signs: str) -> _Token | None:
        token = self.peek()
        if token is not None and token.kind == "sign" and token.text in signs:
            self.at += 1
            return token
        return None

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            token = self.peek()
            place = len(self.text.rstrip()) if token is None else token.place
            raise self.fail(f"a {sign!r} is missing", place)

    def end(self) -> None:
        token = self.peek()
        if token is not None:
            raise self.fail(f"{token.text!r} is not expected", token.place)

    # -- grammar -------------------------------------------------------------------------------------------------------

    def sum(self) -> Poly:
        self.depth += 1
        if self.depth > _NESTED:
            raise self.fail(f"more than {_NESTED} brackets inside one another", self.tokens[self.at - 1].place)
        sign = self.take("+", "-")
        out = dict(scaled(self.product(), -1 if sign and sign.text == "-" else 1))
        while True:
            sign = self.take("+", "-")
            if sign is None:
                self.depth -= 1
                return out
            add_to(out, self.product(), -1 if sign.text == "-" else 1)

    def product(self) -> Poly:
        out = self.factor()
        while True:
            token = self.peek()
            sign = self.take("*", "/")
            if sign is not None and sign.text == "/":
                place = sign.place
                try:
                    out = self.space.times(out, self.space.inverse(self.factor()))
                except InputError as error:
                    raise error if "at character" in str(error) else self.fail(str(error), place) from None
            elif sign is not None or (token is not None and (token.kind != "sign" or token.text == "(")):
                # Two things side by side are multiplied.
                out = self.space.times(out, self.factor())
            else:
                return out

    def factor(self) -> Poly:
        sign = self.take("-", "+")
        if sign is not None:
            return scaled(self.factor(), -1 if sign.text == "-" else 1)
        base = self.atom()
        caret = self.take("^", "**")
        if caret is None:
            return base
        exponent = self._exponent()
        if not isinstance(exponent, Fraction):
            return self._symbolic_power(base, exponent, caret.place)
        if abs(exponent) > HIGHEST:
            raise self.fail(f"exponent {exponent} is too large; at most {HIGHEST}", caret.place)
        try:
            if exponent.denominator != 1:
                return self.space.root(base, exponent)
            whole = int(exponent)
            return self.space.reduced(power(base if whole >= 0 else self.space.inverse(base), abs(whole)))
        except InputError as error:
            raise self.fail(str(error), caret.place) from None

    def _exponent(self) -> Fraction | Poly:
        sign = self.take("-", "+")
        minus = sign is not None and sign.text == "-"
        token = self.peek()
        value = scaled(self.atom(), -1 if minus else 1)
        if not any(value):
            return Fraction(value.get(0, 0))
        if any(self.space.variables[v].kind != "parameter" for m in value for v, _ in exponents(m)):
            raise self.fail("an exponent is a number or a constant", token.place if token else len(self.text))
        return value

    def _symbolic_power(self, base: Poly, exponent: Poly, place: int) -> Poly:
        """``u^m`` as exp(m log(u)), whose derivative is ``m u^m / u``."""
        try:
            logarithm = self.space.function("log", base)
            return self.space.function("exp", self.space.times(exponent, logarithm))
        except InputError as error:
            raise self.fail(str(error), place) from None

    def atom(self) -> Poly:
        token = self.peek()
        if token is None:
            raise self.fail("the text ends where something is expected", len(self.text.rstrip()))
        if self.take("("):
            out = self.sum()
            self.need(")")
            return self._marked(out)
        self.at += 1
        if token.kind == "number":
            return constant(Fraction(token.text))
        if token.kind == "name":
            return self._name(token)
        raise self.fail(f"{token.text!r} is not expected", token.place)

    def _name(self, token: _Token) -> Poly:
        space, name = self.space, token.text
        if name in self.given and token.index is None and not token.primes:
            return self.given[name]
        if name in space.dependent:
            index = self._index(token)
            self._skip_arguments(token)
            return space.poly(space.jet(space.dependent.index(name), index))
        if name in _DERIVATIVES and self.take("("):
            return self._derivative(token)
        if token.index is not None:
            # A parameter may have an underscore in its name.
            full = f"{name}_{token.index}"
            if full in space.parameters:
                return space.poly(space.parameter(full))
            raise self.fail(f"{name!r} is no dependent variable{self._hint(name, space.dependent)}", token.place)
        if name in space.independent:
            return space.poly(space.independent.index(name))
        if name in FUNCTION_NAMES or name in self.functions:
            return self._applied(token)
        if token.primes:
            raise self.fail(
                f"{name!r} is no dependent variable or function{self._hint(name, space.dependent)}", token.place
            )
        if name in space.parameters:
            return space.poly(space.parameter(name))
        known = [*space.independent, *space.dependent, *space.parameters, *FUNCTION_NAMES, *self.functions]
        raise self.fail(f"{name!r} is unknown{self._hint(name, known)}", token.place)

    def _applied(self, token: _Token) -> Poly:
        """A function of what follows in brackets; ``sin^2(x)`` is its square."""
        space, name = self.space, token.text
        raised = 1
        caret = self.take("^", "**")
        if caret is not None:
            number = self.peek()
            if number is None or number.kind != "number" or not number.text.isdigit():
                raise self.fail(f"a power before the argument is 2, 3, ...; write {name}(x)^n for others", caret.place)
            self.at += 1
            raised = int(number.text)
            if raised > HIGHEST:
                raise self.fail(f"exponent {raised} is too large; at most {HIGHEST}", caret.place)
        self.need("(")
        argument = self.sum()
        self.need(")")
        if name == "sqrt":
            out = space.root(argument, Fraction(1, 2))
        else:
            out = self._primed(token, name, argument) if token.primes else space.function(name, argument)
        return self._marked(space.reduced(power(out, raised)) if raised != 1 else out)

    def _marked(self, out: Poly) -> Poly:
        """The derivative of what stands in brackets, where an index follows them: ``(u^2)_x``."""
        token = self.peek()
        if token is None or token.kind != "mark":
            return out
        self.at += 1
        return self.space.derivatives(out, self._index(token))

    def _skip_arguments(self, unknown: _Token) -> None:
        """The arguments of u(t, x), where they are just the independent variables: all that u depends on."""
        at, wants_name, names = self.at, True, set()
        if self.take("(") is None:
            return
        while (token := self.peek()) is not None:
            self.at += 1
            if not wants_name and token.text == ")":
                known = self.space.depends.get(unknown.text, self.space.independent)
                if names != set(known):
                    raise self.fail(
                        f"{unknown.text} is a function of {', '.join(known)}; for a product write *", unknown.place
                    )
                return
            names |= {token.text} - {","}
            right = token.text in self.space.independent if wants_name else token.text == ","
            if not right:
                break
            wants_name = not wants_name
        self.at = at

    def _primed(self, token: _Token, name: str, argument: Poly) -> Poly:
        if name in FUNCTION_NAMES:
            raise self.fail(f"write the derivative of {name} out", token.place)
        return self.space.free(name, token.primes, argument)

    @staticmethod
    def _hint(name: str, known: object) -> str:
        close = nearest_name(name, known)  # type: ignore[arg-type]
        return f"; did you mean {close!r}?" if close else "; name it among the variables, parameters or functions"

    def _index(self, token: _Token) -> Index:
        independent = self.space.independent
        counts = [0] * len(independent)
        if token.primes:
            known = self.space.depends.get(token.text, independent)
            if len(known) != 1:
                raise self.fail("a prime needs a single independent variable", token.place)
            counts[independent.index(known[0])] += token.primes
        rest = (token.index or "").replace(" ", "")
        parts = rest.split(",") if "," in rest else [rest]
        for part in filter(None, parts):
            if part in independent:
                counts[independent.index(part)] += 1
                continue
            for letter in part:
                if letter not in independent:
                    raise self.fail(f"{part!r} names no independent variables ({', '.join(independent)})", token.place)
                counts[independent.index(letter)] += 1
        return tuple(counts)

    def _derivative(self, token: _Token) -> Poly:
        out = self.sum()
        while self.take(","):
            inner = self.peek()
            if inner is None or inner.kind != "name" or inner.text not in self.space.independent:
                place = len(self.text.rstrip()) if inner is None else inner.place
                raise self.fail(f"differentiate by one of {', '.join(self.space.independent)}", place)
            self.at += 1
            times, number = 1, self.peek()
            if number is not None and number.kind == "sign" and number.text == ",":
                following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
                if following is not None and following.kind == "number" and following.text.isdigit():
                    times = int(following.text)
                    self.at += 2
            for _ in range(times):
                out = self.space.derivative(out, self.space.independent.index(inner.text))
        self.need(")")
        return self._marked(self.space.derivatives(out, self._index(token)) if token.index else out)


def constants_in(text: str, known: Iterable[str], *, indexed: bool = False) -> list[str]:
    """Names of a text that stand alone and are not known: taken for constants where none are named.

    What has arguments, as ``f(r)``, is no constant; what has an index or a prime neither, where it is not asked for.

    Examples
    --------
    >>> constants_in("m^2 u^2/2 - k u_x^2 + f(u)", ["u", "x"])
    ['m', 'k']
    """
    passed = {*known, *FUNCTION_NAMES, *_DERIVATIVES}
    found: dict[str, None] = {}
    for token in _TOKEN.finditer(text):
        called = text[token.end() : token.end() + 1] == "("
        marked = token["braced"] is not None or token["index"] or token["primes"]
        if token["name"] and token["name"] not in passed and not called and (indexed or not marked):
            found[token["name"]] = None
    return list(found)

"""Elementary functions of differential polynomials, with the rules that make zero decidable.

Sines of sums and multiples are expanded by addition theorems, exponentials become products, and what is a ratio of two
functions is one: no two symbols of the ring stand for things that are related.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from symmeter.errors import InputError
from symmeter.spacetime.polynomials import (
    Number,
    Poly,
    add_to,
    constant,
    exponents,
    frozen,
    plain,
    power,
    scaled,
    times,
)

if TYPE_CHECKING:
    from symmeter.spacetime.jets import JetSpace

__all__ = ["ELEMENTARY", "elementary_function", "power_base"]

#: Arguments n a with larger n are functions of their own.
_LARGEST_MULTIPLE = 16


def elementary_function(space: JetSpace, name: str, argument: Poly) -> Poly | None:
    """``name(argument)`` in the symbols of a space; None for a name of which nothing is known.

    Examples
    --------
    >>> from symmeter.spacetime.jets import JetSpace
    >>> space = JetSpace(("x",), ())
    >>> space.text(elementary_function(space, "sin", {1: 2}))
    '2*sin(x)*cos(x)'
    """
    if not argument or all(m == 0 for m in argument):
        value = _at_number(name, argument.get(0, 0))
        if value is not None:
            return constant(value)
    builder = _BUILDERS.get(name)
    return None if builder is None else builder(space, (name, frozen(argument)), argument)


def _at_number(name: str, value: Number) -> Number | None:
    if value == 0:
        return {"sin": 0, "sinh": 0, "tan": 0, "cos": 1, "cosh": 1, "exp": 1}.get(name)
    return 0 if name == "log" and value == 1 else None


def _sine(sign: int, names: tuple[str, str]) -> Callable[[JetSpace, tuple, Poly], Poly]:
    """Sine and cosine (sign -1) or their hyperbolic twins (sign 1), as one pair with ``c^2 - sign s^2 = 1``.

    Sums and whole multiples in the argument are expanded by the addition theorems, so that sin(2x) and sin(x) cos(x)
    are not two things.
    """

    def pair(space: JetSpace, argument: Poly) -> tuple[Poly, Poly]:
        text = space.text(argument)
        where = (names[0], frozen(argument))
        s = space.define(names[0], f"{names[0]}({text})", where, argument, lambda: space.poly(c))
        c = space.define(names[1], f"{names[1]}({text})", where, argument, lambda: scaled(space.poly(s), sign))
        # sin^2 = 1 - cos^2, sinh^2 = cosh^2 - 1.
        cc = times(space.poly(c), space.poly(c))
        space.powers.setdefault(s, (2, {0: -sign, next(iter(cc)): sign}))
        return space.poly(s), space.poly(c)

    def unit_of(space: JetSpace, m: int, coefficient: Number) -> tuple[int, Number]:
        """A number as a multiple of 1/q, where sines of m/q are the finest there are; coarser ones become sums."""
        whole, unit = _multiple(coefficient)
        q, own = Fraction(unit).denominator, Fraction(unit).numerator
        known = space.finest.get((names[0], m)) if own == 1 else None
        if own == 1 and (known is None or known[0] % q):
            fine = q if known is None else lcm(q, known[0])
            ((made, _),) = exponents(next(iter(pair(space, {m: plain(Fraction(1, fine))})[0])))
            space.finest[names[0], m] = fine, made
            if known is not None:
                old = (known[1], space.number_of(names[1], space.functions[known[1]].key))
                if any(v in space.inverses for v in old):
                    raise InputError(f"1/{space.variables[old[0]].name} beside a part of that angle has no rule")
                for v, value in zip(old, multiple(space, m, fine // known[0], plain(Fraction(1, fine)))):
                    space.powers[v] = 1, value
            known = fine, made
        if known is None:
            return whole, unit
        return whole * (known[0] // q), plain(Fraction(1, known[0]))

    def multiple(space: JetSpace, m: int, whole: int, unit: Number) -> tuple[Poly, Poly]:
        one = pair(space, {m: unit})
        if whole < 0:
            one = scaled(one[0], -1), one[1]
        total: tuple[Poly, Poly] = ({}, {0: 1})
        for _ in range(abs(whole)):
            total = added(space, total, one)
        return total

    def added(space: JetSpace, a: tuple[Poly, Poly], b: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
        s = dict(space.times(a[0], b[1]))
        add_to(s, space.times(a[1], b[0]))
        c = dict(space.times(a[1], b[1]))
        add_to(c, space.times(a[0], b[0]), sign)
        return s, c

    def build(space: JetSpace, key: tuple, argument: Poly) -> Poly:
        total: tuple[Poly, Poly] = ({}, {0: 1})
        for m, coefficient in sorted(argument.items()):
            total = added(space, total, multiple(space, m, *unit_of(space, m, coefficient)))
        return total[0 if key[0] == names[0] else 1]

    return build


def _multiple(coefficient: Number) -> tuple[int, Number]:
    """A number as a whole multiple of 1/q; as a multiple of itself where that is too large to be expanded."""
    q = Fraction(coefficient)
    if abs(q.numerator) > _LARGEST_MULTIPLE:
        return (1, plain(q)) if q > 0 else (-1, plain(-q))
    return q.numerator, plain(Fraction(1, q.denominator))


def _ratio(above: str, below: str) -> Callable[[JetSpace, tuple, Poly], Poly]:
    """A function that is a ratio of two: a symbol of its own would hide that tan cos is sin."""

    def build(space: JetSpace, key: tuple, argument: Poly) -> Poly:
        one: Poly = {0: 1}
        top = space.function(above, argument) if above else one
        return space.times(top, space.inverse(space.function(below, argument)))

    return build


def _exponential(space: JetSpace, key: tuple, argument: Poly) -> Poly:
    """``exp(a + 2 b) = exp(a) exp(b)^2``, exp(-a) is the inverse of exp(a), and exp(2 log x) is x^2."""
    out: Poly = {0: 1}
    for m, coefficient in sorted(argument.items()):
        inner = next((space.functions[v] for v, _ in exponents(m) if m == next(iter(space.poly(v)))
                      and v in space.functions), None)  # fmt: skip
        if inner is not None and inner.kind == "log" and Fraction(coefficient).denominator == 1:
            base = inner.argument if coefficient > 0 else space.inverse(inner.argument)
            out = space.times(out, space.reduced(power(base, abs(int(coefficient)))))
            continue
        whole, unit = _multiple(coefficient)
        number, times_finest = _single_exponential(space, m, unit)
        factor = space.poly(number)
        out = space.times(out, power(factor if whole > 0 else space.inverse(factor), abs(whole) * times_finest))
    return space.reduced(out)


def _single_exponential(space: JetSpace, m: int, unit: Number) -> tuple[int, int]:
    """The finest exp(m/q) so far, and which power of it is exp(unit m); one that is finer still has a rule."""
    q, own = Fraction(unit).denominator, Fraction(unit).numerator
    known = space.finest.get(("exp", m)) if own == 1 else None
    fine = q if known is None else lcm(q, known[0])
    if known is None or fine != known[0]:
        argument = {m: plain(Fraction(own, fine))}
        where = ("exp", frozen(argument))
        text = _exponential_text(space, argument)
        number = space.define("exp", text, where, argument, lambda: space.poly(number))
        if known is not None:
            space.powers[number] = fine // known[0], space.poly(known[1])
        known = fine, number
        if own == 1:
            space.finest["exp", m] = known
    return known[1], known[0] // q


def _exponential_text(space: JetSpace, argument: Poly) -> str:
    found = power_base(space, argument)
    if found is None:
        return f"exp({space.text(argument)})"
    base = space.text(found[0])
    return f"{base if base.replace('_', '').isalnum() else f'({base})'}^({space.text(found[1])})"


def power_base(space: JetSpace, argument: Poly) -> tuple[Poly, Poly] | None:
    """Base and exponent where exp(argument) is a power with a parameter in its exponent, as ``u^m``."""
    ((m, c),) = argument.items() if len(argument) == 1 else ((0, 0),)
    logs = [v for v, e in exponents(m) if e == 1 and v in space.functions and space.functions[v].kind == "log"]
    if len(logs) != 1:
        return None
    rest = m - next(iter(space.poly(logs[0])))
    if not rest or any(space.variables[v].kind != "parameter" for v, _ in exponents(rest)):
        return None
    return space.functions[logs[0]].argument, {rest: c}


def _logarithm(space: JetSpace, key: tuple, argument: Poly) -> Poly:
    """``log(x^2 y) = 2 log(x) + log(y)``, and log(exp(a)) is a."""
    if not argument:
        raise InputError("log(0) has no value")
    ((m, c),) = argument.items() if len(argument) == 1 else ((0, 0),)
    if c == 1 and m and argument != space.poly(next(v for v, _ in exponents(m))):
        out: Poly = {}
        for v, e in exponents(m):
            add_to(out, space.function("log", space.poly(v)), e)
        return out
    for v, _ in exponents(m) if c == 1 else ():
        f = space.functions.get(v)
        if f is not None and f.kind == "exp":
            return f.argument
        if f is not None and f.kind in ("inverse", "root"):
            return scaled(space.function("log", f.argument), f.key[-1] if f.kind == "root" else -1)
    # Its derivative needs 1/argument: where the ring has none, that is said before anything is built on it.
    space.inverse(argument)
    number = space.define("log", f"log({space.text(argument)})", key, argument, lambda: space.inverse(argument))
    return space.poly(number)


_BUILDERS: dict[str, Callable[[JetSpace, tuple, Poly], Poly]] = {
    "sin": _sine(-1, ("sin", "cos")),
    "cos": _sine(-1, ("sin", "cos")),
    "sinh": _sine(1, ("sinh", "cosh")),
    "cosh": _sine(1, ("sinh", "cosh")),
    "tan": _ratio("sin", "cos"),
    "cot": _ratio("cos", "sin"),
    "sec": _ratio("", "cos"),
    "csc": _ratio("", "sin"),
    "tanh": _ratio("sinh", "cosh"),
    "coth": _ratio("cosh", "sinh"),
    "sech": _ratio("", "cosh"),
    "csch": _ratio("", "sinh"),
    "exp": _exponential,
    "log": _logarithm,
}
#: Functions of which rules are known.
ELEMENTARY = tuple(_BUILDERS)

"""Antiderivatives by one variable, for polynomials with sines, exponentials, powers and arbitrary functions of it."""

from __future__ import annotations

from fractions import Fraction

from symmeter.errors import InputError
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import WIDTH, Number, Poly, add_to, exponents, plain, power, scaled

__all__ = ["antiderivative"]


def antiderivative(space: JetSpace, p: Poly, v: int) -> Poly:
    """A polynomial whose partial derivative by variable ``v`` is p.

    Raises
    ------
    InputError
        Where no rule gives one.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("t", "x"), ("u",))
    >>> u = space.jet(0, (0, 0))
    >>> space.text(antiderivative(space, parse_expression("u sin(2u) + u^3", space), u))
    '(1/4)*u^4 - u*cos(u)^2 + (1/2)*sin(u)*cos(u) + (1/2)*u'
    """
    out: Poly = {}
    for m, c in p.items():
        add_to(out, _of_monomial(space, m, c, v))
    return {m: plain(Fraction(c)) for m, c in space.reduced(out).items()}


def _of_monomial(space: JetSpace, m: int, c: Number, v: int) -> Poly:
    powers = dict(exponents(m))
    inside = [w for w in powers if w in space.functions and space.depends_on(w, v)]
    n = powers.get(v, 0)
    if not inside:
        return {m + (1 << (WIDTH * v)): Fraction(c) / (n + 1)}
    own = sum(powers[w] << (WIDTH * w) for w in inside)
    rest: Poly = {m - (n << (WIDTH * v)) - own: c}
    first = inside[0]
    if len(inside) == 1 and space.functions[first].kind == "root":
        # v^n (v^e)^k, where e is a fraction.
        exponent = n + 1 + powers[first] * space.functions[first].key[-1]
        if exponent == 0:
            return space.times(rest, space.function("log", space.poly(v)))
        raised: Poly = {((n + 1) << (WIDTH * v)) + own: 1}
        return space.times(rest, scaled(space.reduced(raised), 1 / Fraction(exponent)))
    whole = _whole(space, {w: powers[w] for w in inside}, v)
    own_power: Poly = {n << (WIDTH * v): 1}
    out = space.times(own_power, whole)
    if n:
        # By parts: v^n g = (v^n G)' - n v^(n-1) G.
        lower: Poly = {(n - 1) << (WIDTH * v): n}
        add_to(out, antiderivative(space, space.times(lower, whole), v), -1)
    return space.times(rest, out)


def _whole(space: JetSpace, powers: dict[int, int], v: int) -> Poly:
    """An antiderivative of a product of functions of v, without v itself."""
    names = {space.functions[w].kind for w in powers}
    text = "*".join(space.variables[w].name for w in powers)
    no_rule = InputError(f"{text} has no antiderivative by a rule for {space.variables[v].name}")
    w = next(iter(powers))
    if len(powers) == 1 and names == {"inverse"}:
        if powers[w] == 1:
            return space.function("log", space.poly(v))
        return {(powers[w] - 1) << (WIDTH * w): Fraction(1, 1 - powers[w])}
    argument = space.functions[w].argument
    slope = space.partial(argument, v)
    if any(space.functions[u].argument != argument for u in powers) or list(slope) != [0]:
        raise no_rule
    factor = Fraction(1) / slope[0]
    for pair, sign in ((("sin", "cos"), -1), (("sinh", "cosh"), 1)):
        if names <= set(pair):
            return scaled(_of_sines(space, powers, pair, sign), factor)
    if len(powers) > 1:
        raise no_rule
    if names == {"exp"}:
        return {powers[w] << (WIDTH * w): factor / powers[w]}
    (name,) = names
    if name.startswith("free") and powers[w] == 1:
        order = int(name[4:])
        if order:
            return scaled(space.free(space.functions[w].key[0], order - 1, argument), factor)
        raise InputError(f"{text} has no antiderivative by name; write the equation with its derivative instead")
    raise no_rule


def _of_sines(space: JetSpace, powers: dict[int, int], pair: tuple[str, str], sign: int) -> Poly:
    """``s^a c^b`` with a = 0 or 1 over a unit argument; sign -1 for circles, 1 for hyperbolas."""
    by_name = {space.functions[w].kind: w for w in powers}
    w = next(iter(powers))
    one = space.function(pair[0], space.functions[w].argument), space.function(pair[1], space.functions[w].argument)
    a, b = (powers.get(by_name.get(name, -1), 0) for name in pair)
    if a:
        return scaled(power(one[1], b + 1), Fraction(sign, b + 1))
    out: Poly = {}
    factor = Fraction(1)
    while b > 1:
        # c^b = (c^(b-1) s)' / b + (b - 1)/b c^(b-2).
        add_to(out, space.times(power(one[1], b - 1), one[0]), factor / b)
        factor, b = factor * Fraction(b - 1, b), b - 2
    if b == 1:
        add_to(out, one[0], factor)
        return out
    # The argument itself has the slope that is divided by.
    add_to(out, space.functions[w].argument, factor)
    return out

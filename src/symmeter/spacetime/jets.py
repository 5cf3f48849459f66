"""Jet space: independent and dependent variables, derivatives of any order, parameters and functions with rules.

Every symbol is a numbered variable of one polynomial ring, made when it is first met. Functions such as sin(u), exp(u),
1/u or an arbitrary f(u) are variables as well, whose derivatives are polynomials in such variables; relations like
``s^2 + c^2 = 1`` are applied at once, so that zero is tested exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm

from symmeter.errors import InputError
from symmeter.spacetime.polynomials import (
    WIDTH,
    Number,
    Poly,
    add_to,
    constant,
    degree_in,
    exponents,
    plain,
    power,
    scaled,
    times,
)

__all__ = ["ELEMENTARY", "Function", "Index", "JetSpace", "Variable"]

#: How often each independent variable is differentiated by.
Index = tuple[int, ...]
_ONE: Poly = {0: 1}
#: Arguments n a with larger n are functions of their own.
_LARGEST_MULTIPLE = 16


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


@dataclass(eq=False)
class JetSpace:
    """The ring of differential polynomials in some variables.

    Parameters
    ----------
    independent, dependent, parameters : sequence of str
    depends : mapping, optional
        From dependent variables to the independent ones that they are functions of; of all, where nothing is said.

    Examples
    --------
    >>> space = JetSpace(("t", "x"), ("u",))
    >>> u = space.jet(0, (0, 0))
    >>> p = space.times(space.poly(u), space.poly(u))
    >>> space.text(space.derivative(p, 1))
    '2*u*u_x'
    """

    independent: tuple[str, ...]
    dependent: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    depends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Whether sums may be divided by; zero is then tested by :func:`symmeter.spacetime.denominators.canonical`.
    denominators: bool = False
    variables: list[Variable] = field(default_factory=list, init=False)
    #: Functions of one argument, by their variable.
    functions: dict[int, Function] = field(default_factory=dict, init=False)
    #: Pairs of variables whose product is 1; variables of which a power is a polynomial, sin^2 = 1 - cos^2.
    inverses: dict[int, int] = field(default_factory=dict, init=False)
    powers: dict[int, tuple[int, Poly]] = field(default_factory=dict, init=False)
    #: Variables that are 1/(sum), by the sum.
    factors: dict[tuple, int] = field(default_factory=dict, init=False)
    _numbers: dict[tuple, int] = field(default_factory=dict, init=False)
    _total: dict[tuple[int, int], Poly] = field(default_factory=dict, init=False)
    #: Of exp, sin and roots, by argument a: the largest q for which there is a symbol of a/q, and that symbol.
    _finest: dict[tuple, tuple[int, int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        names = [*self.independent, *self.dependent, *self.parameters]
        for k, name in enumerate(names):
            if name in names[:k]:
                raise InputError(f"{name!r} is named twice; variables and parameters need names of their own")
        for k, name in enumerate(self.independent):
            self._new(("x", k), Variable("independent", name, k))
        for a in range(len(self.dependent)):
            self.jet(a, (0,) * len(self.independent))
        for name in self.parameters:
            self.parameter(name)

    # -- symbols -------------------------------------------------------------------------------------------------------

    def _new(self, key: tuple, variable: Variable) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.variables)
            self.variables.append(variable)
        return number

    def jet(self, a: int, index: Index) -> int:
        """Number of the derivative ``u^a_J``; of ``u^a`` itself for J = 0."""
        key = ("u", a, index)
        number = self._numbers.get(key)
        if number is None:
            name = self.dependent[a]
            if any(index):
                letters = [v for v, n in zip(self.independent, index) for _ in range(n)]
                short = all(len(v) == 1 for v in self.independent)
                name += "_" + "".join(letters) if short else "_{" + ",".join(letters) + "}"
            number = self._new(key, Variable("jet", name, a, index))
        return number

    def parameter(self, name: str) -> int:
        """Number of a constant."""
        return self._new(("c", name), Variable("parameter", name))

    def function(self, name: str, argument: Poly) -> Poly:
        """``name(argument)`` for a name in :data:`ELEMENTARY`, or a function of which nothing is known."""
        if not argument or all(m == 0 for m in argument):
            value = _at_number(name, argument.get(0, 0))
            if value is not None:
                return constant(value)
        key, builder = (name, _key(argument)), _BUILDERS.get(name)
        return builder(self, key, argument) if builder else self.free(name, 0, argument)

    def _define(self, kind: str, text: str, key: tuple, argument: Poly, derivative: Callable[[], Poly]) -> int:
        fresh = ("f", kind, *key) not in self._numbers
        number = self._new(("f", kind, *key), Variable("function", text))
        if fresh:
            self.functions[number] = Function(argument, derivative, kind, key)
        return number

    def free(self, name: str, order: int, argument: Poly) -> Poly:
        marks = "'" * order if order < 4 else f"^({order})"
        text = f"{name}{marks}({self.text(argument)})"
        number = self._define(f"free{order}", text, (name, _key(argument)), argument,
                              lambda: self.free(name, order + 1, argument))  # fmt: skip
        return self.poly(number)

    def inverse(self, p: Poly) -> Poly:
        """1/p for a number times variables; of a sum where ``denominators`` are allowed.

        Raises
        ------
        InputError
            For zero, and for a sum, whose inverse has no rule.
        """
        if not p or (self.denominators and not _nonzero(self, p)):
            raise InputError("nothing can be divided by zero")
        if len(p) != 1:
            if self.denominators:
                return self._inverse_of_sum(p)
            raise InputError(f"1/({self.text(p)}) has no rule; multiply the equation by it")
        ((m, c),) = p.items()
        out: Poly = {0: Fraction(1) / c}
        sums = set(self.factors.values())
        for v, e in exponents(m):
            value = self.functions[v].argument if v in sums else self.poly(self._inverse_of(v))
            for _ in range(e):
                out = times(out, value)
        return self.reduced(out)

    def _inverse_of_sum(self, p: Poly) -> Poly:
        from symmeter.spacetime.denominators import split_factors

        content, factors = split_factors(self, p)
        out = self.inverse(content)
        for factor, e in factors:

            def derivative(factor: Poly = factor) -> Poly:
                r = self.poly(self.factors[_key(factor)])
                return scaled(times(r, r), -1)

            number = self._define("inverse sum", f"1/({self.text(factor)})", (_key(factor),), factor, derivative)
            self.factors[_key(factor)] = number
            for _ in range(e):
                out = times(out, self.poly(number))
        return self.reduced(out)

    def _inverse_of(self, v: int) -> int:
        if v in self.inverses:
            return self.inverses[v]

        def derivative() -> Poly:
            r = self.poly(twin)
            return scaled(times(r, r), -1)

        twin = self._define("inverse", f"1/{self.variables[v].name}", (v,), self.poly(v), derivative)
        self.inverses[v], self.inverses[twin] = twin, v
        return twin

    def root(self, base: Poly, exponent: Fraction) -> Poly:
        """``base^exponent`` for a fraction: powers of one w with dw = w / (q base), so that x^(3/2) is x x^(1/2).

        The base is a product of variables; a sum where ``denominators`` are allowed.
        """
        if not base and exponent > 0:
            return {}
        if len(base) != 1:
            if not self.denominators or not base:
                raise InputError(f"({self.text(base)})^({exponent}) has no rule; powers are of a single variable")
            return self._single_root(base, exponent)
        ((m, c),) = base.items()
        out = _root_of_number(c, exponent)
        if out is None:
            if not self.denominators:
                raise InputError(f"({self.text(base)})^({exponent}) has no rule; powers are of a single variable")
            out = self._single_root({0: c}, exponent)
        for v, e in exponents(m):
            inner = self.functions.get(v)
            if inner is not None and inner.kind == "inverse":
                factor = self.root(inner.argument, -exponent * e)
            elif inner is not None and inner.kind == "exp":
                factor = self.function("exp", scaled(inner.argument, exponent * e))
            else:
                factor = self._single_root(self.poly(v), exponent * e)
            out = self.times(out, factor)
        return out

    def _single_root(self, base: Poly, exponent: Fraction) -> Poly:
        whole, rest = divmod(exponent.numerator, exponent.denominator)
        out = power(base if whole >= 0 else self.inverse(base), abs(whole))
        if not rest:
            return self.reduced(out)
        finer = self._finest.get(("root", _key(base)))
        q = exponent.denominator if finer is None else lcm(exponent.denominator, finer[0])
        if finer is None or q != finer[0]:
            share = Fraction(1, q)

            def derivative() -> Poly:
                return scaled(self.times(self.poly(number), self.inverse(base)), share)

            text = f"({self.text(base)})^({share})"
            number = self._define("root", text, (_key(base), share), base, derivative)
            self.powers[number] = (q, base) if finer is None else (q // finer[0], self.poly(finer[1]))
            self._finest["root", _key(base)] = finer = q, number
        return self.times(out, power(self.poly(finer[1]), rest * (q // exponent.denominator)))

    @staticmethod
    def poly(number: int) -> Poly:
        """A variable as a polynomial."""
        return {1 << (WIDTH * number): 1}

    # -- arithmetic ----------------------------------------------------------------------------------------------------

    def times(self, a: Poly, b: Poly) -> Poly:
        """The product, with relations applied."""
        out = times(a, b)
        return self.reduced(out) if self.inverses or self.powers else out

    def reduced(self, p: Poly) -> Poly:
        """Relations applied: ``u * 1/u = 1`` and ``sin^2 = 1 - cos^2``."""
        if not self.inverses and not self.powers:
            return p
        out: Poly = {}
        changed = False
        for m, c in p.items():
            n = m
            for v, twin in self.inverses.items():
                if v < twin:
                    both = min(degree_in(n, v), degree_in(n, twin))
                    if both:
                        n -= (both << (WIDTH * v)) + (both << (WIDTH * twin))
            found = next((v for v, (e, _) in self.powers.items() if degree_in(n, v) >= e), None)
            split = None if found is not None or self.denominators else self._beside_inverse(n)
            if split is not None:
                changed = True
                add_to(out, self.reduced(scaled(split, c)))
            elif found is None:
                changed |= n != m
                add_to(out, {n: c})
            else:
                changed = True
                exponent, value = self.powers[found]
                rest = n - (exponent << (WIDTH * found))
                add_to(out, self.reduced(times({rest: c}, value)))
        return out if changed else p

    def _beside_inverse(self, n: int) -> Poly | None:
        """``c^2/s = 1/s - s`` and ``1/(s c) = s/c + c/s``: what is left of a monomial in a sine and its inverse."""
        for s, twin in self.inverses.items():
            f = self.functions.get(s)
            if f is None or f.kind not in ("sin", "sinh") or not degree_in(n, twin):
                continue
            c = self._numbers["f", "cos" if f.kind == "sin" else "cosh", *f.key]
            sign = -1 if f.kind == "sin" else 1
            other = self.inverses.get(c)
            if degree_in(n, c) >= 2:
                rest = n - (2 << (WIDTH * c))
                return times({rest: 1}, {0: 1, 2 << (WIDTH * s): sign})
            if other is not None and degree_in(n, other):
                # 1 = c^2 + s^2, or c^2 - s^2.
                return times({n: 1}, {2 << (WIDTH * c): 1, 2 << (WIDTH * s): -sign})
        return None

    def partial(self, p: Poly, v: int) -> Poly:
        """The derivative by variable number ``v``, through functions that depend on it."""
        out: Poly = {}
        for m, c in p.items():
            for w, e in exponents(m):
                if w == v:
                    add_to(out, {m - (1 << (WIDTH * v)): c * e})
                elif w in self.functions and self._depends(w, v):
                    inner = self.functions[w]
                    rest = {m - (1 << (WIDTH * w)): c * e}
                    add_to(out, self.times(rest, self.times(inner.derivative(), self.partial(inner.argument, v))))
        return out

    def _depends(self, w: int, v: int) -> bool:
        return any(
            u == v or (u in self.functions and self._depends(u, v))
            for m in self.functions[w].argument
            for u, _ in exponents(m)
        )

    def derivative(self, p: Poly, i: int) -> Poly:
        """The total derivative D_i."""
        out: Poly = {}
        for m, c in p.items():
            for v, e in exponents(m):
                inner = self._derivative_of(v, i)
                if inner:
                    add_to(out, inner, c * e, m - (1 << (WIDTH * v)))
        return self.reduced(out)

    def _derivative_of(self, v: int, i: int) -> Poly:
        key = (v, i)
        if key not in self._total:
            variable = self.variables[v]
            if variable.kind == "independent":
                self._total[key] = dict(_ONE) if variable.number == i else {}
            elif variable.kind == "jet" and not self._varies(variable.number, i):
                self._total[key] = {}
            elif variable.kind == "jet":
                index = list(variable.index)
                index[i] += 1
                self._total[key] = self.poly(self.jet(variable.number, tuple(index)))
            elif variable.kind == "parameter":
                self._total[key] = {}
            else:
                inner = self.functions[v]
                self._total[key] = self.times(inner.derivative(), self.derivative(inner.argument, i))
        return self._total[key]

    def _varies(self, a: int, i: int) -> bool:
        known = self.depends.get(self.dependent[a])
        return known is None or self.independent[i] in known

    def derivatives(self, p: Poly, index: Index) -> Poly:
        """``D_J p``."""
        for i, n in enumerate(index):
            for _ in range(n):
                p = self.derivative(p, i)
        return p

    # -- what a polynomial has -----------------------------------------------------------------------------------------

    def jets_of(self, p: Poly) -> dict[tuple[int, Index], int]:
        """Jets of a polynomial with their variables' numbers, also inside functions."""
        found: dict[tuple[int, Index], int] = {}
        seen: set[int] = set()

        def visit(q: Poly) -> None:
            for m in q:
                for v, _ in exponents(m):
                    if v in seen:
                        continue
                    seen.add(v)
                    variable = self.variables[v]
                    if variable.kind == "jet":
                        found[variable.number, variable.index] = v
                    elif v in self.functions:
                        visit(self.functions[v].argument)

        visit(p)
        return found

    def order(self, p: Poly) -> int:
        """Largest order of a derivative; -1 without dependent variables."""
        return max((sum(index) for _, index in self.jets_of(p)), default=-1)

    # -- text ----------------------------------------------------------------------------------------------------------

    def text(self, p: Poly) -> str:
        """As it can be typed again."""
        if not p:
            return "0"
        parts = []
        for m, c in sorted(p.items(), key=lambda mc: self.place(mc[0])):
            c = plain(c)
            sign = "-" if c < 0 else "+"
            factors = [self._factor(v, e) for v, e in exponents(m)]
            if abs(c) != 1 or not factors:
                factors.insert(0, str(abs(c)) if isinstance(c, int) or not factors else f"({abs(c)})")
            parts.append((sign, "*".join(factors)))
        first = ("-" if parts[0][0] == "-" else "") + parts[0][1]
        return first + "".join(f" {s} {t}" for s, t in parts[1:])

    def _factor(self, v: int, e: int) -> str:
        name = self.variables[v].name
        if name.startswith("1/"):
            return f"({name[2:]})^-{e}" if "^(" in name else f"{name[2:]}^-{e}"
        return name if e == 1 else f"({name})^{e}" if "^(" in name else f"{name}^{e}"

    def place(self, m: int) -> tuple:
        """Where a monomial stands in a text: high derivatives first, then high degrees."""
        powers = list(exponents(m))
        return (-max((sum(self.variables[v].index) for v, _ in powers), default=0), -sum(e for _, e in powers), powers)


def _nonzero(space: JetSpace, p: Poly) -> bool:
    from symmeter.spacetime.denominators import canonical

    return len(p) == 1 or bool(canonical(space, p))


def _root_of_number(c: Number, exponent: Fraction) -> Poly | None:
    """``c^exponent`` where that is rational."""
    q, parts = exponent.denominator, []
    for n in (Fraction(c).numerator, Fraction(c).denominator):
        root = round(n ** (1 / q)) if 0 < n < 10**12 else 0
        if root**q != n:
            return None
        parts.append(root)
    return constant(plain(Fraction(*parts) ** exponent.numerator))


def _key(p: Poly) -> tuple:
    return tuple(sorted(p.items()))


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
        where = (names[0], _key(argument))
        s = space._define(names[0], f"{names[0]}({text})", where, argument, lambda: space.poly(c))
        c = space._define(names[1], f"{names[1]}({text})", where, argument, lambda: scaled(space.poly(s), sign))
        # sin^2 = 1 - cos^2, sinh^2 = cosh^2 - 1.
        cc = times(space.poly(c), space.poly(c))
        space.powers.setdefault(s, (2, {0: -sign, next(iter(cc)): sign}))
        return space.poly(s), space.poly(c)

    def unit_of(space: JetSpace, m: int, coefficient: Number) -> tuple[int, Number]:
        """A number as a multiple of 1/q, where sines of m/q are the finest there are; coarser ones become sums."""
        whole, unit = _multiple(coefficient)
        q, own = Fraction(unit).denominator, Fraction(unit).numerator
        known = space._finest.get((names[0], m)) if own == 1 else None
        if own == 1 and (known is None or known[0] % q):
            fine = q if known is None else lcm(q, known[0])
            ((made, _),) = exponents(next(iter(pair(space, {m: plain(Fraction(1, fine))})[0])))
            space._finest[names[0], m] = fine, made
            if known is not None:
                old = (known[1], space._numbers["f", names[1], *space.functions[known[1]].key])
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
        top = space.function(above, argument) if above else dict(_ONE)
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
    known = space._finest.get(("exp", m)) if own == 1 else None
    fine = q if known is None else lcm(q, known[0])
    if known is None or fine != known[0]:
        argument = {m: plain(Fraction(own, fine))}
        where = ("exp", _key(argument))
        number = space._define("exp", f"exp({space.text(argument)})", where, argument, lambda: space.poly(number))
        if known is not None:
            space.powers[number] = fine // known[0], space.poly(known[1])
        known = fine, number
        if own == 1:
            space._finest["exp", m] = known
    return known[1], known[0] // q


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
    number = space._define("log", f"log({space.text(argument)})", key, argument, lambda: space.inverse(argument))
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

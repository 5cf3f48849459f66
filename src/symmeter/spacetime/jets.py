"""Jet space: independent and dependent variables, derivatives of any order, parameters and functions with rules.

Every symbol is a numbered variable of one polynomial ring, made when it is first met. Functions such as sin(u), exp(u),
1/u or an arbitrary f(u) are variables as well, whose derivatives are polynomials in such variables; relations like
``s^2 + c^2 = 1`` are applied at once, so that zero is tested exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from operator import or_

from symmeter.errors import InputError
from symmeter.spacetime.elementary_functions import ELEMENTARY, elementary_function
from symmeter.spacetime.inverses_and_roots import inverse, root
from symmeter.spacetime.jet_relations import reduced
from symmeter.spacetime.jet_symbols import Function, Index, Variable
from symmeter.spacetime.jet_text import place, polynomial_text
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents, frozen, times

__all__ = ["ELEMENTARY", "Function", "Index", "JetSpace", "Variable"]


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
    #: Of exp, sin and roots, by argument a: the largest q for which there is a symbol of a/q, and that symbol.
    finest: dict[tuple, tuple[int, int]] = field(default_factory=dict, init=False)
    _numbers: dict[tuple, int] = field(default_factory=dict, init=False)
    _total: dict[tuple[int, int], Poly] = field(default_factory=dict, init=False)

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
        out = elementary_function(self, name, argument)
        return self.free(name, 0, argument) if out is None else out

    def define(self, kind: str, text: str, key: tuple, argument: Poly, derivative: Callable[[], Poly]) -> int:
        """Number of the function of that kind and key; new where it is met for the first time."""
        fresh = ("f", kind, *key) not in self._numbers
        number = self._new(("f", kind, *key), Variable("function", text))
        if fresh:
            self.functions[number] = Function(argument, derivative, kind, key)
        return number

    def number_of(self, kind: str, key: tuple) -> int:
        """Number of a function that has been defined."""
        return self._numbers["f", kind, *key]

    def free(self, name: str, order: int, argument: Poly) -> Poly:
        """The derivative of that order of a function of which nothing is known."""
        marks = "'" * order if order < 4 else f"^({order})"
        text = f"{name}{marks}({self.text(argument)})"
        number = self.define(f"free{order}", text, (name, frozen(argument)), argument,
                              lambda: self.free(name, order + 1, argument))  # fmt: skip
        return self.poly(number)

    def inverse(self, p: Poly) -> Poly:
        """1/p for a number times variables; of a sum where ``denominators`` are allowed.

        Raises
        ------
        InputError
            For zero, and for a sum, whose inverse has no rule.
        """
        return inverse(self, p)

    def root(self, base: Poly, exponent: Fraction) -> Poly:
        """``base^exponent`` for a fraction: powers of one w with dw = w / (q base), so that x^(3/2) is x x^(1/2).

        The base is a product of variables; a sum where ``denominators`` are allowed.
        """
        return root(self, base, exponent)

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
        return reduced(self, p) if self.inverses or self.powers else p

    def partial(self, p: Poly, v: int) -> Poly:
        """The derivative by variable number ``v``, through functions that depend on it."""
        out: Poly = {}
        for m, c in p.items():
            for w, e in exponents(m):
                if w == v:
                    add_to(out, {m - (1 << (WIDTH * v)): c * e})
                elif w in self.functions and self.depends_on(w, v):
                    inner = self.functions[w]
                    rest = {m - (1 << (WIDTH * w)): c * e}
                    add_to(out, self.times(rest, self.times(inner.derivative(), self.partial(inner.argument, v))))
        return out

    def depends_on(self, w: int, v: int) -> bool:
        """Whether function number ``w`` has variable number ``v`` in its argument."""
        return any(
            u == v or (u in self.functions and self.depends_on(u, v))
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
                self._total[key] = {0: 1} if variable.number == i else {}
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
            # Bits of all monomials together say which variables there are.
            for v, _ in exponents(reduce(or_, q, 0)):
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
        return polynomial_text(self, p)

    def place(self, m: int) -> tuple:
        """Where a monomial stands in a text: high derivatives first, then high degrees."""
        return place(self, m)

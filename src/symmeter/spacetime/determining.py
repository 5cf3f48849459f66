"""The linear equations that the coefficients of a symmetry must satisfy.

A vector field ``xi^i(x, u) d/dx^i + eta^a(x, u) d/du^a`` is prolonged to derivatives, applied to the equations, and
reduced on solutions; what is left is multiplied by what it is divided by, and split by the monomials in derivatives.
All that time the p + q unknown functions enter linearly: an expression is a dictionary from (function, how often
differentiated by each of x and u) to a polynomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symmeter.spacetime.denominators import common_numerators, divided
from symmeter.spacetime.genericity import derivative_mask, divides_by_derivatives
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.orthonomic import Orthonomic
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents, plain, primitive

__all__ = ["Linear", "Prolongation", "determining_equations"]

#: From (unknown function, derivatives by x and u) to the polynomial that multiplies it.
Linear = dict[tuple[int, Index], Poly]


class Prolongation:
    """Coefficients ``eta^a_J`` of a general vector field at every derivative."""

    def __init__(self, space: JetSpace) -> None:
        self.space = space
        self.p, self.q = len(space.independent), len(space.dependent)
        none = (0,) * (self.p + self.q)
        self._zero = (0,) * self.p
        self._unit = [tuple(int(j == k) for j in range(self.p + self.q)) for k in range(self.p + self.q)]
        self.unknown: list[Linear] = [{(k, none): {0: 1}} for k in range(self.p + self.q)]
        self._known: dict[tuple[int, Index], Linear] = {}
        self._first = [[space.jet(a, self._unit[i][: self.p]) for i in range(self.p)] for a in range(self.q)]

    def derivative(self, e: Linear, i: int) -> Linear:
        """D_i of a linear expression."""
        out: Linear = {}
        for (k, index), c in e.items():
            _add(out, (k, index), self.space.derivative(c, i))
            _add(out, (k, _raised(index, i)), c)
            for a in range(self.q):
                _add(out, (k, _raised(index, self.p + a)), c, 1 << (WIDTH * self._first[a][i]))
        return {key: c for key, c in out.items() if c}

    def eta(self, a: int, index: Index) -> Linear:
        """``eta^a_J = D_i eta^a_(J - i) - sum_j (D_i xi^j) u^a_(J - i + j)``."""
        if index == self._zero:
            return self.unknown[self.p + a]
        key = (a, index)
        if key not in self._known:
            i = next(i for i, n in enumerate(index) if n)
            lower = (*index[:i], index[i] - 1, *index[i + 1 :])
            out: Linear = {k: dict(c) for k, c in self.derivative(self.eta(a, lower), i).items()}
            for j in range(self.p):
                jet = 1 << (WIDTH * self.space.jet(a, _raised(lower, j)))
                for inner, c in self.derivative(self.unknown[j], i).items():
                    _add(out, inner, c, jet, -1)
            self._known[key] = {k: c for k, c in out.items() if c}
        return self._known[key]

    def applied(self, delta: Poly) -> Linear:
        """The prolonged field applied to a differential polynomial."""
        space = self.space
        out: Linear = {}
        for i in range(self.p):
            factor = space.partial(delta, i)
            for key, c in self.unknown[i].items():
                _add(out, key, space.times(factor, c))
        for (a, index), v in space.jets_of(delta).items():
            factor = space.partial(delta, v)
            for key, c in self.eta(a, index).items():
                _add(out, key, space.times(factor, c))
        return {key: c for key, c in out.items() if c}


def _raised(index: Index, k: int) -> Index:
    return (*index[:k], index[k] + 1, *index[k + 1 :])


def _add(out: Linear, key: tuple[int, Index], c: Poly, shift: int = 0, factor: int = 1) -> None:
    if c:
        add_to(out.setdefault(key, {}), c, factor, shift)


def determining_equations(system: Orthonomic, equations: Sequence[Poly] = ()) -> list[Linear]:
    """All linear equations for the unknown functions, without repetition, with coprime integers where they are numbers.

    Parameters
    ----------
    system : Orthonomic
        Says what vanishes on solutions.
    equations : sequence of Poly
        What the prolonged field is applied to, from which all that vanishes follows; the solved equations, when
        omitted.

    Returns
    -------
    list of dict
        Each says ``sum of polynomial * derivative of unknown = 0``, with polynomials in x, u, parameters and functions
        of them.
    """
    space = system.space
    fields = Prolongation(space)
    found: dict[tuple, Linear] = {}
    for delta in equations or [_solved(space, key, right) for key, right in system.rules.items()]:
        expression = {key: system.rewritten(space.reduced(c)) for key, c in fields.applied(delta).items()}
        if space.factors or divides_by_derivatives(space):
            expression = _cleared(space, expression)
        for equation in _split(space, expression):
            scaled_down = _primitive(equation)
            found.setdefault(_fingerprint(scaled_down), scaled_down)
    return sorted(found.values(), key=lambda e: (len(e), sum(len(c) for c in e.values()), sorted(e)))


def _solved(space: JetSpace, key: tuple[int, Index], right: Poly) -> Poly:
    delta = space.poly(space.jet(*key))
    add_to(delta, right, -1)
    return delta


def _cleared(space: JetSpace, expression: Linear) -> Linear:
    """Multiplied by what derivatives are in the denominator of; sums that all of it has are left out."""
    found = common_numerators(space, list(expression.values()))
    for v in space.factors.values():
        factor = space.functions[v].argument
        while any(found) and None not in (smaller := [divided(p, factor) if p else p for p in found]):
            found = [p for p in smaller if p is not None]
    return {key: p for key, p in zip(expression, found, strict=True) if p}


def _split(space: JetSpace, expression: Linear) -> list[Linear]:
    """One equation for each monomial in derivatives, and in functions of them such as exp(u_x)."""
    parts: dict[int, Linear] = {}
    mask = derivative_mask(space)
    for key, c in expression.items():
        for m, value in c.items():
            jets = m & mask
            add_to(parts.setdefault(jets, {}).setdefault(key, {}), {m - jets: value})
    cleaned = ({key: c for key, c in e.items() if c} for e in parts.values())
    return [e for e in cleaned if e]


def _primitive(equation: Linear) -> Linear:
    keys = sorted(equation)
    flat = [(key, m) for key in keys for m in sorted(equation[key])]
    if len(flat) == 1:
        return {keys[0]: {0: 1}}
    numbers = primitive(equation[key][m] for key, m in flat)
    # A factor that all terms share says nothing.
    shared = 0
    if all(m for _, m in flat):
        common = None
        for _, m in flat:
            powers = dict(exponents(m))
            common = powers if common is None else {v: min(e, powers[v]) for v, e in common.items() if v in powers}
        shared = sum(e << (WIDTH * v) for v, e in (common or {}).items())
    out: Linear = {}
    for (key, m), c in zip(flat, numbers):
        out.setdefault(key, {})[m - shared] = plain(Fraction(c))
    return out


def _fingerprint(equation: Linear) -> tuple:
    return tuple((key, tuple(sorted(c.items()))) for key, c in sorted(equation.items()))

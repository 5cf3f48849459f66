"""Systems of differential equations solved for their leading derivatives, and completed until nothing more follows.

Each equation is solved for the derivative that is highest in a ranking; no right-hand side has a principal derivative,
that is, a leading one or a derivative of it. Where two rules meet, cross-derivatives must agree. If they do not, what
follows is a new equation (an integrability condition, as the Poisson equation for the pressure of an incompressible
fluid), and it is added.

What a leading derivative is multiplied by may be a sum, as in ``(1 + u_y^2) u_xx = ...``. Right-hand sides are then
rational functions, in the normal form of :mod:`symmeter.spacetime.denominators`, and results hold where no such factor
vanishes. Where no ranking makes an equation linear in its leading derivative, as ``u_x^2 + u_y^2 = 1``, it is solved by
a root: the symmetries are those of this branch, near points where the root does not vanish. A connected group that
keeps the equation keeps its branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from itertools import combinations
from operator import or_

from symmeter.errors import InputError
from symmeter.spacetime.denominators import canonical, common_numerators
from symmeter.spacetime.genericity import conditions
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, degree_in, exponents, scaled

__all__ = ["Orthonomic", "Ranking", "rankings", "solved"]

#: A key by which jets (a, J) are compared; it must keep its order when both are differentiated.
Ranking = Callable[[int, Index], tuple]
_MOST_CONDITIONS = 24
_MOST_TERMS = 20_000


@dataclass(eq=False)
class Orthonomic:
    """Rules ``u^a_J = right side``, closed under differentiation.

    Attributes
    ----------
    space : JetSpace
    rules : dict
        From jets (a, J) to polynomials without principal derivatives, which may have symbols for 1/(sum).
    added : tuple of Poly
        Integrability conditions that were not among the equations.
    divisors : tuple of Poly
        Factors that the equations were divided by and that may vanish: the results hold where none of them does.
    ranking : Ranking
    branches : bool
        Whether an equation was solved by a root, so that the rules describe one branch of its solutions.
    """

    space: JetSpace
    rules: dict[tuple[int, Index], Poly]
    ranking: Ranking
    added: tuple[Poly, ...] = ()
    divisors: tuple[Poly, ...] = ()
    branches: bool = False
    _derived: dict[tuple[int, Index], Poly | None] = field(default_factory=dict)

    def is_principal(self, a: int, index: Index) -> bool:
        """Whether a jet is a leading derivative, or a derivative of one."""
        return any(b == a and all(j >= k for j, k in zip(index, lead)) for b, lead in self.rules)

    def reduced_jet(self, a: int, index: Index) -> Poly | None:
        """A principal jet in terms of the others; None for one that is not principal."""
        key = (a, index)
        if key in self._derived:
            return self._derived[key]
        found = None
        if key in self.rules:
            found = self.rules[key]
        else:
            for i, n in enumerate(index):
                lower = (*index[:i], n - 1, *index[i + 1 :])
                if n and self.is_principal(a, lower):
                    inner = self.reduced_jet(a, lower)
                    assert inner is not None
                    found = self.reduced(self.space.derivative(inner, i))
                    break
        self._derived[key] = found
        return found

    def reduced(self, p: Poly) -> Poly:
        """A polynomial without principal derivatives, equal on solutions: empty where it vanishes on them."""
        p = self.rewritten(p)
        return canonical(self.space, p) if self.space.factors or self.space.powers else p

    def rewritten(self, p: Poly) -> Poly:
        """The same, with denominators as they come: a sum that is zero over its common denominator may stay."""
        space = self.space
        while True:
            principal = {v: r for key, v in space.jets_of(p).items() if (r := self.reduced_jet(*key)) is not None}
            if not principal:
                return p
            # Others are in functions, whose own derivatives follow them.
            together = reduce(or_, p, 0)
            present = [v for v in principal if degree_in(together, v)]
            if not present:
                return p
            v = max(present, key=lambda v: self.ranking(space.variables[v].number, space.variables[v].index))
            p = substituted(space, p, v, principal[v])
            if len(p) > _MOST_TERMS:
                raise InputError(f"an equation has grown to {len(p)} terms; the system is too large to be completed")

    def leading(self) -> list[str]:
        """Names of the leading derivatives."""
        return [self.space.variables[self.space.jet(*key)].name for key in self.rules]


def substituted(space: JetSpace, p: Poly, v: int, value: Poly) -> Poly:
    """``p`` with a variable replaced by a polynomial."""
    powers: list[Poly] = [{0: 1}]
    out: Poly = {}
    for m, c in p.items():
        e = degree_in(m, v)
        if not e:
            add_to(out, {m: c})
            continue
        while len(powers) <= e:
            powers.append(space.times(powers[-1], value))
        add_to(out, space.times({m - (e << (WIDTH * v)): c}, powers[e]))
    return out


def rankings(p: int) -> list[Ranking]:
    """Rankings that are tried: by each variable as time first, then by order alone."""

    def by_time(i: int) -> Ranking:
        return lambda a, index: (index[i], sum(index), index[::-1], a)

    def by_order(a: int, index: Index) -> tuple:
        return (sum(index), index, a)

    return [*(by_time(i) for i in range(p)), by_order]


def solved(
    space: JetSpace, equations: Sequence[Poly], choice: Ranking | None = None, *, complete: bool = True
) -> Orthonomic:
    """The equations in orthonomic form, with all that follows from them.

    Raises
    ------
    InputError
        Where no ranking tried makes every equation linear in its leading derivative, or the completion does not end.

    Notes
    -----
    Rankings are preferred that divide by no sums; of those for a single equation, one that divides by nothing that may
    vanish, then by sums that cannot.
    """
    left = [choice] if choice is not None else rankings(len(space.independent))
    reasons: list[str] = []
    conditional: list[Orthonomic] = []
    curved: list[Ranking] = []
    for stage in ("plain", "sums", "roots"):
        stopped = []
        for ranking in left if stage != "roots" else curved:
            try:
                system = _completed(space, equations, ranking, complete, stage)
            except _SumError:
                stopped.append(ranking)
            except InputError as error:
                reasons.append(str(error))
                if isinstance(error, _PowerError):
                    curved.append(ranking)
            else:
                if len(equations) > 1 or not any(_of_points(space, p) for p in system.divisors):
                    return system
                conditional.append(system)
        left = stopped
        if conditional and stage != "plain":
            break
    if conditional:
        return min(conditional, key=lambda system: len(system.divisors))
    raise InputError(reasons[0])


class _SumError(InputError):
    """A leading derivative has a sum for its factor."""


class _PowerError(InputError):
    """A leading derivative has a power that can be solved for by a root."""


def _of_points(space: JetSpace, p: Poly) -> bool:
    """Whether it is not a matter of constants alone if a polynomial vanishes."""
    kinds = {space.variables[v].kind for m in p for v, _ in exponents(m)}
    return not kinds <= {"parameter"}


def _completed(space: JetSpace, equations: Sequence[Poly], ranking: Ranking, complete: bool, stage: str) -> Orthonomic:
    system = Orthonomic(space, {}, ranking)
    waiting = [(dict(p), False) for p in equations]
    checked: set[tuple] = set()
    while True:
        while waiting:
            # Lowest leaders first: they reduce the most.
            waiting.sort(key=lambda item: _top(space, item[0], ranking), reverse=True)
            p, follows = waiting.pop()
            p = _without_sums(space, system.reduced(_without_sums(space, p)))
            if not p:
                continue
            waiting += [(q, f) for q, f in _enter(system, p, stage)]
            if follows:
                system.added = (*system.added, p)
                if len(system.added) > _MOST_CONDITIONS:
                    raise InputError(
                        f"more than {_MOST_CONDITIONS} integrability conditions follow, the first of them "
                        f"{space.text(system.added[0])} = 0; the system may be inconsistent"
                    )
        if not complete:
            return system
        for (a, j1), (b, j2) in combinations(system.rules, 2):
            if a != b or (a, j1, j2) in checked:
                continue
            checked.add((a, j1, j2))
            condition = _cross(system, a, j1, j2)
            if condition:
                waiting.append((condition, True))
                break
        if not waiting:
            return system


def _top(space: JetSpace, p: Poly, ranking: Ranking) -> tuple:
    return max((ranking(*key) for key in space.jets_of(p)), default=(-1,))


def _without_sums(space: JetSpace, p: Poly) -> Poly:
    """The numerator, where sums are divided by: principal derivatives are then in sight."""
    return common_numerators(space, [p])[0] if space.factors and p else p


def _enter(system: Orthonomic, p: Poly, stage: str) -> list[tuple[Poly, bool]]:
    """Solve a reduced equation for its leading derivative; rules that it makes reducible come back as equations."""
    space, ranking = system.space, system.ranking
    jets = space.jets_of(p)
    if not jets:
        raise InputError(f"{space.text(p)} = 0 follows, which has no dependent variable: there are no solutions")
    lead = max(jets, key=lambda key: ranking(*key))
    v = jets[lead]
    name = space.variables[v].name
    powers: dict[int, Poly] = {}
    for m, c in p.items():
        e = degree_in(m, v)
        add_to(powers.setdefault(e, {}), {m - (e << (WIDTH * v)): c})
    inside = [w for q in powers.values() for m in q for w, _ in exponents(m) if space.variables[w].kind == "function"]
    if any(v in space.jets_of(space.poly(w)).values() for w in inside):
        raise InputError(f"{space.text(p)} = 0 has its leading derivative {name} inside a function")
    highest = max(powers)
    if highest > 1:
        said = f"{space.text(p)} = 0 is not linear in its leading derivative {name}"
        if highest > 2 and set(powers) - {0, highest}:
            raise InputError(said)
        if stage != "roots":
            raise _PowerError(said)
        right, divided_by = _by_root(space, powers)
        system.branches = True
    else:
        coefficient = powers[1]
        if len(coefficient) != 1 and stage == "plain":
            raise _SumError(f"{space.text(p)} = 0 has the factor {space.text(coefficient)} of {name}")
        right = scaled(space.times(powers.get(0, {}), _inverse(space, coefficient)), -1)
        divided_by = [coefficient]
    if space.factors or space.powers:
        right = canonical(space, right)
    for factor in divided_by:
        if any(factor):
            new = [q for q in conditions(space, factor) if q not in system.divisors]
            system.divisors = (*system.divisors, *new)
    again = []
    for key in list(system.rules):
        changed = key[0] == lead[0] and all(k >= j for k, j in zip(key[1], lead[1]))
        uses = any(
            a == lead[0] and all(k >= j for k, j in zip(index, lead[1]))
            for a, index in space.jets_of(system.rules[key])
        )
        if changed or uses:
            old = system.rules.pop(key)
            equation = space.poly(space.jet(*key))
            add_to(equation, old, -1)
            again.append((equation, False))
    system.rules[lead] = right
    system._derived.clear()
    return again


def _by_root(space: JetSpace, powers: dict[int, Poly]) -> tuple[Poly, list[Poly]]:
    """A root of ``a v^n + c = 0`` or ``a v^2 + b v + c = 0``, and what must not vanish."""
    # Roots of sums, and what is divided by them, belong to the wider ring.
    space.denominators = True
    highest = max(powers)
    a, b, c = powers[highest], powers.get(1, {}), powers.get(0, {})
    if not b:
        square = canonical(space, scaled(space.times(c, space.inverse(a)), -1))
        return space.root(square, Fraction(1, highest)), [a, common_numerators(space, [square])[0]]
    square = space.times(b, b)
    add_to(square, space.times(a, c), -4)
    square = space.reduced(square)
    right = dict(space.root(square, Fraction(1, 2)))
    add_to(right, b, -1)
    return scaled(space.times(right, space.inverse(a)), Fraction(1, 2)), [a, square]


def _inverse(space: JetSpace, p: Poly) -> Poly:
    """1/p, also of a sum in a space of polynomials."""
    allowed = space.denominators
    space.denominators = allowed or len(p) > 1
    try:
        return space.inverse(p)
    finally:
        space.denominators = allowed


def _cross(system: Orthonomic, a: int, j1: Index, j2: Index) -> Poly:
    """The difference of a common derivative found from two rules, reduced."""
    space = system.space
    both = tuple(max(m, n) for m, n in zip(j1, j2))
    first, second = (space.derivatives(system.rules[a, j], tuple(n - m for m, n in zip(j, both))) for j in (j1, j2))
    out = dict(first)
    add_to(out, second, -1)
    return system.reduced(out)

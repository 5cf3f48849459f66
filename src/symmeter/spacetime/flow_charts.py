"""Coordinates in which the flow of a vector field moves one of them only, the clock: what stays are its invariants.

For scalings, for shifts along one coordinate with polynomials of it and of those that rest, for rotations and boosts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from symmeter.spacetime.antiderivatives import antiderivative
from symmeter.spacetime.jet_maps import JetMap
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents, power, scaled
from symmeter.spacetime.vector_fields import VectorField, coordinates_of

__all__ = ["FlowChart", "flow_chart"]


@dataclass(frozen=True, eq=False)
class FlowChart:
    """New variables: the clock first, then the invariants.

    Attributes
    ----------
    jets : JetMap
        From the old variables to the new ones.
    section : Poly
        A value of the clock at which everything is regular.
    ansatz : tuple of str
        The invariants in terms of the old variables, and the old unknowns in terms of the new.
    """

    jets: JetMap
    section: Poly
    ansatz: tuple[str, ...]


def flow_chart(field: VectorField) -> FlowChart | None:
    """A chart for a field that moves an independent variable; None where its form is not known."""
    space = field.space
    p = len(space.independent)
    moved = [i for i in range(p) if field.coefficients[i]]
    for clock in moved:
        found = _scaling(field, clock) or _shifts(field, clock, moved)
        if found is not None:
            return found
    return _turn(field, moved) if len(moved) == 2 else None


def _names(space: JetSpace, clock: str, kept: Mapping[int, str | None]) -> tuple[JetSpace, dict[int, int]]:
    """The new ring, and where each old coordinate's invariant is in it; None in ``kept`` stands for a new name."""
    taken = {*space.independent, *space.dependent, *space.parameters, clock}

    def fresh(stem: str, many: bool, k: int) -> str:
        name = f"{stem}{k + 1}" if many else stem
        while name in taken:
            name += "0"
        return name

    new = [i for i, name in kept.items() if name is None]
    names = {i: fresh("z", len(new) > 1, new.index(i)) if name is None else name for i, name in kept.items()}
    q = len(space.dependent)
    unknown = tuple(fresh("w", q > 1, a) for a in range(q))
    invariants = tuple(names.values())
    target = JetSpace((clock, *invariants), unknown, space.parameters, depends=dict.fromkeys(unknown, invariants))
    return target, {i: k + 1 for k, i in enumerate(names)}


def _unknown(target: JetSpace, a: int) -> Poly:
    return target.poly(target.jet(a, (0,) * len(target.independent)))


# -- scalings ----------------------------------------------------------------------------------------------------------


def _scaling(field: VectorField, clock: int) -> FlowChart | None:
    """``z = x t^-k`` and ``u = t^k w``, with ``t = s^d`` so that all powers are whole."""
    space, numbers = field.space, coordinates_of(field.space)
    rates: dict[int, Fraction] = {}
    for n, c in enumerate(field.coefficients):
        if set(c) - {1 << (WIDTH * numbers[n])}:
            return None
        rates[n] = Fraction(next(iter(c.values()), 0))
    if not rates[clock]:
        return None
    k = {n: r / rates[clock] for n, r in rates.items()}
    d = lcm(*(e.denominator for e in k.values()))
    p = len(space.independent)
    kept = {i: None if k[i] else space.independent[i] for i in range(p) if i != clock}
    target, place = _names(space, f"{space.independent[clock]}s", kept)
    s = target.poly(0)

    def whole(exponent: Fraction) -> Poly:
        n = int(exponent * d)
        return target.reduced(power(s if n >= 0 else target.inverse(s), abs(n)))

    independent: list[Poly] = []
    slopes: list[dict[int, Poly]] = []
    along = {0: scaled(whole(Fraction(1, d) - 1), Fraction(1, d))}
    for i in range(p):
        if i == clock:
            independent.append(whole(Fraction(1)))
            slopes.append(along)
            continue
        z = target.poly(place[i])
        independent.append(target.times(z, whole(k[i])))
        slopes.append({place[i]: whole(-k[i])})
        if k[i]:
            along[place[i]] = scaled(target.times(z, whole(Fraction(-1))), -k[i])
    q = len(space.dependent)
    dependent = [target.times(_unknown(target, a), whole(k[p + a])) for a in range(q)]
    t = space.independent[clock]
    ansatz = [f"{target.independent[place[i]]} = {space.independent[i]}{_power(t, -k[i])}" for i in place if k[i]]
    ansatz += [f"{u} = {target.dependent[a]}{_power(t, k[p + a])}" for a, u in enumerate(space.dependent)]
    return FlowChart(JetMap(space, target, independent, dependent, slopes), {0: 1}, tuple(ansatz))


def _power(name: str, exponent: Fraction) -> str:
    if exponent in (0, 1):
        return f"*{name}" if exponent else ""
    return f"*{name}^{exponent}" if exponent.denominator == 1 else f"*{name}^({exponent})"


# -- shifts ------------------------------------------------------------------------------------------------------------


def _shifts(field: VectorField, clock: int, moved: list[int]) -> FlowChart | None:
    """``x = z + P(s)`` and ``u = w exp(R(s)) + Q(s)``, where P, Q, R are integrals along the clock."""
    space, numbers = field.space, coordinates_of(field.space)
    p, q = len(space.independent), len(space.dependent)
    resting = {numbers[i] for i in range(p) if i not in moved}
    speed = field.coefficients[clock]
    if len(speed) != 1 or not _depends_on(space, speed, resting):
        return None
    allowed = resting | {numbers[clock]}
    shift: dict[int, Poly] = {}
    rate: dict[int, Poly] = {}
    for n, c in enumerate(field.coefficients):
        if n == clock or not c:
            continue
        own = 1 << (WIDTH * numbers[n])
        linear = {m - own: v for m, v in c.items() if n >= p and m & (own * ((1 << WIDTH) - 1)) == own}
        rest = {m: v for m, v in c.items() if m - own not in linear}
        if not (_depends_on(space, linear, allowed) and _depends_on(space, rest, allowed)) or (linear and rest):
            return None
        values = rate if linear else shift
        values[n] = antiderivative(space, space.times(linear or rest, space.inverse(speed)), numbers[clock])
    kept = {i: None if i in moved else space.independent[i] for i in range(p) if i != clock}
    target, place = _names(space, space.independent[clock], kept)
    place_of = {clock: 0, **place}
    plain = JetMap(space, target, [target.poly(place_of[i]) for i in range(p)], [{}] * q, [{}] * p)
    independent: list[Poly] = []
    slopes: list[dict[int, Poly]] = [{place_of[i]: {0: 1}} for i in range(p)]
    for i in range(p):
        x = dict(target.poly(place_of[i]))
        if i in shift:
            drift = plain(shift[i])
            add_to(x, drift)
            for j in range(p):
                if j != i and (slope := target.derivative(drift, place_of[j])):
                    slopes[j][place_of[i]] = scaled(slope, -1)
        independent.append(x)
    dependent = []
    for a in range(q):
        u = _unknown(target, a)
        if p + a in rate:
            u = target.times(u, target.function("exp", plain(rate[p + a])))
        u = dict(u)
        add_to(u, plain(shift.get(p + a, {})))
        dependent.append(u)
    ansatz = []
    for i in place:
        if kept[i] is None:
            z = dict(space.poly(i))
            add_to(z, shift.get(i, {}), -1)
            ansatz.append(f"{target.independent[place[i]]} = {space.text(z)}")
    ansatz += [f"{name} = {target.text(u)}" for name, u in zip(space.dependent, dependent)]
    return FlowChart(JetMap(space, target, independent, dependent, slopes), {}, tuple(ansatz))


def _depends_on(space: JetSpace, p: Poly, allowed: set[int]) -> bool:
    return all(v in allowed or space.variables[v].kind == "parameter" for m in p for v, _ in exponents(m))


# -- rotations and boosts ----------------------------------------------------------------------------------------------


def _turn(field: VectorField, moved: list[int]) -> FlowChart | None:
    """``x = z cos s, y = z sin s`` for ``-y d_x + x d_y``, with hyperbolic functions for ``y d_x + x d_y``."""
    space = field.space
    p, q = len(space.independent), len(space.dependent)
    i, j = moved
    a, b = field.coefficients[i], field.coefficients[j]
    x, y = space.poly(i), space.poly(j)
    if a.keys() != y.keys() or b.keys() != x.keys() or any(field.coefficients[p:]):
        return None
    ratio = Fraction(next(iter(a.values()))) / Fraction(next(iter(b.values())))
    if ratio not in (1, -1):
        return None
    kept = {i: None} | {k: space.independent[k] for k in range(p) if k not in moved}
    target, place = _names(space, "s" if "s" not in space.independent else "s0", kept)
    z, over = target.poly(1), target.inverse(target.poly(1))
    names = ("cos", "sin") if ratio < 0 else ("cosh", "sinh")
    c, s = (target.function(name, target.poly(0)) for name in names)
    independent = [dict(target.poly(place[k])) if k in place else {} for k in range(p)]
    independent[i], independent[j] = target.times(z, c), target.times(z, s)
    slopes: list[dict[int, Poly]] = [{place[k]: {0: 1}} if k in place else {} for k in range(p)]
    slopes[i] = {1: c, 0: scaled(target.times(s, over), -1)}
    slopes[j] = {1: scaled(s, 1 if ratio < 0 else -1), 0: target.times(c, over)}
    dependent = [_unknown(target, k) for k in range(q)]
    sign = "+" if ratio < 0 else "-"
    ansatz = [f"{target.independent[1]} = sqrt({space.independent[i]}^2 {sign} {space.independent[j]}^2)"]
    ansatz += [f"{u} = {target.dependent[k]}" for k, u in enumerate(space.dependent)]
    return FlowChart(JetMap(space, target, independent, dependent, slopes), {}, tuple(ansatz))

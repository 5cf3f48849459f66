"""Killing and conformal Killing vectors of a metric, with a statement of how many there are.

``L_xi g = 0``, or ``L_xi g = 2 kappa g`` with the function kappa eliminated, are linear equations as those of point
symmetries are, and are solved and counted in the same way. Free functions of a metric are taken as general ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, product
from math import prod
from typing import ClassVar

from symmeter.errors import InputError
from symmeter.spacetime.ansatz import polynomial_solutions
from symmeter.spacetime.denominators import common_numerators, divided
from symmeter.spacetime.determining import Linear
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.metrics import Metric, reciprocal
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, degree_in, exponents, scaled
from symmeter.spacetime.symmetry_fields import SymmetryFields, search, simplicity
from symmeter.spacetime.taylor_size import SolutionSize
from symmeter.spacetime.vector_fields import VectorField

__all__ = [
    "ConformalKillingVectors",
    "KillingVectors",
    "boosting_factors",
    "conformal_killing_vectors",
    "killing_vectors",
    "stretching_factors",
    "turning_factors",
]

_MOST_FACTORS = 64


@dataclass(frozen=True, eq=False)
class KillingVectors(SymmetryFields):
    """Vector fields whose flows keep a metric as it is.

    Attributes
    ----------
    generators, size, by_degree
        As for :class:`SymmetryFields`.
    functions : tuple of str
        Free functions of the metric: the vectors are those that do for every choice of them, and depend on none.
    """

    functions: tuple[str, ...] = ()
    called: ClassVar[str] = "Killing vectors"

    @property
    def statement(self) -> str:
        """One sentence on how many there are."""
        for_all = f", of those that are the same for every {' and '.join(self.functions)}" if self.functions else ""
        return super().statement + for_all


@dataclass(frozen=True, eq=False)
class ConformalKillingVectors(KillingVectors):
    """Vector fields whose flows stretch a metric by a factor at each point."""

    called: ClassVar[str] = "conformal Killing vectors"


def killing_vectors(
    metric: Metric, degree: int | None = None, *, factors: Sequence[str] | None = None, size: bool = True, seed: int = 0
) -> KillingVectors:
    """Killing vectors whose components are polynomials, and the number of all.

    Parameters
    ----------
    metric : Metric
    degree : int, optional
        Largest total degree; raised until all are found, when omitted.
    factors : sequence of str, optional
        Functions that polynomials may also be multiplied by, such as ``"sin(phi)"``. When omitted, and polynomials are
        too few, those that turn spheres and spaces of constant curvature are tried.
    size : bool
        Count all by Taylor series, without which nothing is said on completeness.
    seed : int
        Of the random points for counting.

    Examples
    --------
    >>> found = killing_vectors(Metric("-dt^2 + dx^2 + dy^2"))
    >>> found.statement, found.algebra.name
    ('all 6 Killing vectors found', 'sl(2,R) + radical of dimension 3')
    """
    return KillingVectors(*_found(metric, False, degree, factors, size, seed), tuple(metric.space.depends))


def conformal_killing_vectors(
    metric: Metric, degree: int | None = None, *, factors: Sequence[str] | None = None, size: bool = True, seed: int = 0
) -> ConformalKillingVectors:
    """Conformal Killing vectors whose components are polynomials, and the number of all.

    Parameters
    ----------
    metric, degree, factors, size, seed
        As for :func:`killing_vectors`.

    Examples
    --------
    >>> len(conformal_killing_vectors(Metric("-dt^2 + dx^2 + dy^2")))
    10
    """
    if metric.dimension < 2:
        raise InputError("every vector field on a line is conformal; give a metric of at least two dimensions")
    return ConformalKillingVectors(*_found(metric, True, degree, factors, size, seed), tuple(metric.space.depends))


def _found(
    metric: Metric, conformal: bool, degree: int | None, factors: Sequence[str] | None, size: bool, seed: int
) -> tuple[tuple[VectorField, ...], SolutionSize | None, tuple[int, ...]]:
    if not metric.determinant:
        raise InputError("the metric is degenerate: its determinant is zero")
    space, equations = _equations(metric, conformal=conformal)
    n, chosen = metric.dimension, factors or ()
    found, counted, numbers = search(
        space, equations, n, degree, lambda: [parse_expression(f, space) for f in chosen], size, seed
    )
    whole = 0 if factors is not None or counted is None else counted.dimension or 0
    for guess, usual in ((turning_factors, 1), (stretching_factors, 2), (boosting_factors, 1)):
        if whole <= len(found):
            break
        guessed = [parse_expression(f, space) for f in guess(metric)]
        highest = usual if degree is None else degree
        more = polynomial_solutions(space, equations, n, highest, guessed) if guessed else []
        if len(found) < len(more) <= whole:
            found, numbers = more, (*numbers, len(more))
    return tuple(sorted((VectorField(space, c) for c in found), key=simplicity)), counted, numbers


def stretching_factors(metric: Metric) -> list[str]:
    """Powers of the exponentials that a metric has, as expanding spaces and homogeneous ones have them.

    Examples
    --------
    >>> stretching_factors(Metric("-dt^2 + exp(2t) dx^2"))
    ['exp(t)', 'exp(-t)', 'exp(2*(t))', 'exp(-2*(t))']
    """
    space = metric.space
    arguments = [space.text(f.argument) for f in space.functions.values() if f.kind == "exp"]
    return [w for a in arguments for w in (f"exp({a})", f"exp(-{a})", f"exp(2*({a}))", f"exp(-2*({a}))")]


def boosting_factors(metric: Metric) -> list[str]:
    """Those of turns with hyperbolic functions in place of sines and cosines of the angle, as horizons have them.

    Examples
    --------
    >>> boosting_factors(Metric("-x^2 dt^2 + dx^2"))
    ['1/x', 'sinh(t)', 'sinh(t)*1/x', 'cosh(t)', 'cosh(t)*1/x']
    """
    return turning_factors(metric, ("sinh", "cosh"))


def turning_factors(metric: Metric, pair: tuple[str, str] = ("sin", "cos")) -> list[str]:
    """Functions that the rotations of spheres, and of spaces of constant curvature, have in them.

    For an angle phi with ``sin(theta)^2`` or ``1 - y^2`` in its component: sines and cosines of phi, and of theta or
    the root of ``1 - y^2``; for other denominators such as ``1 - k r^2`` their roots. None where there would be many.

    Examples
    --------
    >>> turning_factors(Metric("dr^2 + r^2 dphi^2"))
    ['1/r', 'sin(phi)', 'sin(phi)*1/r', 'cos(phi)', 'cos(phi)*1/r']
    """
    space, n = metric.space, metric.dimension
    names = space.independent
    bases = [b for f in space.factors.values() if _is_even_square(space, b := space.functions[f].argument)]
    angles, polar, radial, groups = [], [], [], []
    for c in range(n):
        own = metric.g(c, c)
        if not own or any(space.derivative(p, c) for p in metric.components.values()):
            continue
        numerator = common_numerators(space, [own])[0]
        heights = [b for b in bases if divided(numerator, b) is not None]
        around = _around_axis(metric, c)
        thetas = [
            t
            for t in range(n)
            if _has_sine_squared(space, numerator, names[t])
            or (space.partial(own, t) and _has_sine_squared(space, around, names[t]))
        ]
        radii = [r for r in range(n) if all(degree_in(m, r) for m in numerator)]
        if heights or thetas or radii:
            angles.append(["1", f"{pair[0]}({names[c]})", f"{pair[1]}({names[c]})"])
            polar += [b for b in heights if b not in polar]
            for t in thetas:
                sine, cosine = f"sin({names[t]})", f"cos({names[t]})"
                groups.append(["1", sine, cosine, f"1/{sine}", f"{cosine}/{sine}"])
            for r in radii:
                root = [
                    f"sqrt({_at_zero(space, b)})" for b in bases if b not in heights and any(degree_in(m, r) for m in b)
                ]
                radial.append(["1", f"1/{names[r]}", *root, *(f"{w}/{names[r]}" for w in root)])
    groups += [["1", f"sqrt({_at_zero(space, b)})", f"1/sqrt({_at_zero(space, b)})"] for b in polar]
    # Angles alone turn the spheres; functions of the radius move their centres as well.
    if prod(map(len, [*angles, *groups, *radial])) <= _MOST_FACTORS:
        groups += radial
    if not angles or prod(map(len, [*angles, *groups])) > _MOST_FACTORS:
        return []
    chosen = ["*".join(f for f in picked if f != "1") for picked in product(*angles, *groups)]
    return [f for f in chosen if f]


def _is_even_square(space: JetSpace, p: Poly) -> bool:
    """Whether a polynomial is ``a + b x^2`` for one coordinate x and constants a, b."""
    found = {(v, e) for m in p for v, e in exponents(m) if space.variables[v].kind != "parameter"}
    return len(found) == 1 and next(iter(found))[1] == 2 and all(
        space.variables[v].kind == "independent" for v, _ in found
    )  # fmt: skip


def _at_zero(space: JetSpace, p: Poly) -> str:
    """``1 - x^2`` where the denominator is written ``x^2 - 1``: positive where x is small."""
    constant = next(
        (c for m, c in p.items() if all(space.variables[v].kind == "parameter" for v, _ in exponents(m))), 1
    )
    return space.text(p if constant > 0 else scaled(p, -1))


def _around_axis(metric: Metric, c: int) -> Poly:
    """The numerator of ``1/g^cc``: with other terms in ``g_cc``, as a dual mass gives, it has the sine alone."""
    other = metric.inverse()[c, c]
    return common_numerators(metric.space, [reciprocal(metric.space, other)])[0] if other else {}


def _has_sine_squared(space: JetSpace, p: Poly, angle: str) -> bool:
    """Whether ``sin(angle)^2``, which is written ``1 - cos(angle)^2``, divides a polynomial."""
    cosine = next((v for v in space.functions if space.variables[v].name == f"cos({angle})"), None)
    return cosine is not None and bool(p) and divided(p, {0: 1, 2 << (WIDTH * cosine): -1}) is not None


def _equations(metric: Metric, *, conformal: bool) -> tuple[JetSpace, list[Linear]]:
    """``(L_xi g)_ij = 0`` in a ring of the coordinates alone, without denominators.

    For conformal fields ``g_ab (L_xi g)_ij = g_ij (L_xi g)_ab``, with one component g_ab that is not zero: no factor is
    left in the equations, so that it need not be a polynomial.
    """
    n, source = metric.dimension, metric.space
    differentials = {f"d{x}" for x in source.independent}
    plain = JetSpace(
        source.independent, (), tuple(p for p in source.parameters if p not in differentials), denominators=True
    )
    pairs = list(combinations_with_replacement(range(n), 2))
    lines = {(i, j): _lie_derivative(metric, i, j) for i, j in pairs}
    if conformal:
        first = next(pair for pair in pairs if metric.g(*pair))
        reference, g = lines.pop(first), metric.g(*first)
        lines = {pair: _crossed(source, line, g, reference, metric.g(*pair)) for pair, line in lines.items()}
    out: list[Linear] = []
    for line in lines.values():
        keys = [key for key, p in line.items() if p]
        numerators = dict(zip(keys, common_numerators(source, [line[key] for key in keys])))
        for part in _by_functions(source, numerators):
            out.append({key: parse_expression(source.text(p), plain) for key, p in part.items()})
    return plain, out


def _lie_derivative(metric: Metric, i: int, j: int) -> Linear:
    """``(L_xi g)_ij`` of a field that is not known yet."""
    n = metric.dimension
    none = (0,) * n
    out: Linear = {}
    for k in range(n):
        add_to(out.setdefault((k, none), {}), metric.space.derivative(metric.g(i, j), k))
        for one, other in ((i, j), (j, i)):
            unit = tuple(int(one == b) for b in range(n))
            add_to(out.setdefault((k, unit), {}), metric.g(k, other))
    return out


def _crossed(space: JetSpace, line: Linear, g: Poly, reference: Linear, own: Poly) -> Linear:
    """``g line - own reference``."""
    out: Linear = {}
    for key in line.keys() | reference.keys():
        p = dict(space.times(g, line.get(key, {})))
        add_to(p, space.times(own, reference.get(key, {})), -1)
        out[key] = p
    return out


def _by_functions(space: JetSpace, equation: Linear) -> list[Linear]:
    """One equation for each monomial in the free functions of the metric and their derivatives."""
    parts: dict[int, Linear] = {}
    for key, p in equation.items():
        for m, c in p.items():
            jets = sum(e << (WIDTH * v) for v, e in exponents(m) if space.variables[v].kind == "jet")
            add_to(parts.setdefault(jets, {}).setdefault(key, {}), {m - jets: c})
    return [part for e in parts.values() if (part := {k: p for k, p in e.items() if p})]

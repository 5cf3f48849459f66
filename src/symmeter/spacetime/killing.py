"""Killing and conformal Killing vectors of a metric, with a statement of how many there are.

``L_xi g = 0``, or ``L_xi g = 2 kappa g`` with the function kappa eliminated, are linear equations as those of point
symmetries are, and are solved and counted in the same way. Free functions of a metric are taken as general ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import ClassVar

from symmeter.errors import InputError
from symmeter.spacetime.ansatz import independent, polynomial_solutions
from symmeter.spacetime.denominators import common_numerators
from symmeter.spacetime.determining import Linear
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.killing_factors import GUESSES
from symmeter.spacetime.metrics import Metric
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents
from symmeter.spacetime.symmetry_fields import SymmetryFields, search, simplicity
from symmeter.spacetime.taylor_size import SolutionSize
from symmeter.spacetime.vector_fields import VectorField

__all__ = [
    "ConformalKillingVectors",
    "KillingVectors",
    "conformal_killing_vectors",
    "killing_vectors",
]


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
    for guess, usual in GUESSES:
        if whole <= len(found):
            break
        highest = usual if degree is None else degree
        try:
            guessed = [parse_expression(f, space) for f in guess(metric)]
            others = polynomial_solutions(space, equations, n, highest, guessed) if guessed else []
        except InputError:
            # A guess with free functions in it, or too large: the next one may do.
            continue
        # Each guess may find others than those before it.
        more = independent(space, [*found, *others])
        if len(found) < len(more) <= whole:
            found, numbers = more, (*numbers, len(more))
    return tuple(sorted((VectorField(space, c) for c in found), key=simplicity)), counted, numbers


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
    """One equation for each monomial in the free functions of the metric, their derivatives and functions of them."""
    parts: dict[int, Linear] = {}
    free: dict[int, bool] = {}
    for key, p in equation.items():
        for m, c in p.items():
            for v, _ in exponents(m):
                if v not in free:
                    free[v] = bool(space.jets_of(space.poly(v)))
            jets = sum(e << (WIDTH * v) for v, e in exponents(m) if free[v])
            add_to(parts.setdefault(jets, {}).setdefault(key, {}), {m - jets: c})
    return [part for e in parts.values() if (part := {k: p for k, p in e.items() if p})]

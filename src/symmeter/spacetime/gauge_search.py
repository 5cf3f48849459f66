"""Gauge symmetries of a Lagrangian that nobody has named: all identities of its field equations of some form.

A gauge symmetry is the adjoint of an identity ``sum_J S^aJ D_J E_a = 0``. For coefficients S that are polynomials in
the fields and their slopes, identities are the null space of a matrix of rational numbers; multiples and derivatives of
what has been found, and identities such as ``E_b E_a - E_a E_b = 0``, are no new ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING

from symmeter.errors import InputError
from symmeter.linalg.rational import rational_null_space
from symmeter.spacetime.ansatz import indices_up_to, monomials_up_to
from symmeter.spacetime.denominators import common_numerators, tidy
from symmeter.spacetime.gauge_currents import GaugeCurrent, gauge_current
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import Poly, add_to, exponents, primitive, scaled

if TYPE_CHECKING:
    from symmeter.spacetime.lagrangians import Lagrangian

__all__ = ["gauge_symmetries"]

_MOST_UNKNOWNS = 20_000
#: The coefficients S of an identity, by dependent variable and derivative.
Identity = dict[tuple[int, Index], Poly]
Vector = dict[int, Fraction]


def gauge_symmetries(lagrangian: Lagrangian, order: int = 1, degree: int = 1) -> tuple[GaugeCurrent, ...]:
    """Generators of the gauge symmetries whose identities have some order and degree.

    Parameters
    ----------
    lagrangian : Lagrangian
    order : int
        Of the derivatives of the field equations in an identity.
    degree : int
        Of its coefficients, in the fields and their first derivatives.

    Raises
    ------
    InputError
        For too many unknown coefficients.
    """
    for name, value in (("order", order), ("degree", degree)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InputError(f"{name} is {value!r}; it must be a whole number >= 0")
    found: list[Identity] = []
    for n, d in sorted(product(range(order + 1), range(degree + 1)), key=lambda nd: (sum(nd), nd)):
        found += _Stage(lagrangian, n, d).new(found)
    name = _name(lagrangian)
    return tuple(gauge_current(lagrangian, _changes(lagrangian.space, s, name), name) for s in found)


class _Stage:
    """Identities of one order and degree."""

    def __init__(self, lagrangian: Lagrangian, order: int, degree: int) -> None:
        self.lagrangian, self.space, self.euler = lagrangian, lagrangian.space, lagrangian.euler_expressions
        space = self.space
        number = len(space.independent)
        self.indices = indices_up_to(number, order)
        self.derived = {
            (a, j): tidy(space, space.derivatives(e, j)) for a, e in enumerate(self.euler) for j in self.indices
        }
        monomials = monomials_up_to(self._variables(), degree)
        # Coupling constants are numbers, to the first power.
        constants = [0, *(next(iter(space.poly(space.parameter(c)))) for c in space.parameters)]
        self.monomials = [m + c for c in constants for m in monomials]
        columns = [(a, j, m) for a in range(len(self.euler)) for j in self.indices for m in self.monomials]
        if len(columns) > _MOST_UNKNOWNS:
            raise InputError(
                f"identities have {len(columns):,} coefficients; at most {_MOST_UNKNOWNS:,}: lower order or degree"
            )
        # Long terms become pivots, so that short identities stand alone.
        columns.sort(key=lambda c: (sum(e for _, e in exponents(c[2])), sum(c[1])), reverse=True)
        self.columns = columns
        self.place = {c: k for k, c in enumerate(columns)}

    def _variables(self) -> list[int]:
        """What coefficients may have: fields and slopes, and x, as far as they are in the field equations.

        Identities with anything else are combinations of such.
        """
        space, seen = self.space, set()
        for p in self.derived.values():
            seen |= {v for m in p for v, _ in exponents(m) if space.variables[v].kind == "independent"}
            seen |= {v for (_, index), v in space.jets_of(p).items() if sum(index) <= 1}
        return sorted(seen)

    def new(self, known: Sequence[Identity]) -> list[Identity]:
        span = _Span()
        for identity in known:
            self._add_multiples(span, identity)
        for identity in self._trivial():
            # Only where its coefficients are such as are looked for.
            if all((a, j, m) in self.place for (a, j), p in identity.items() for m in p):
                self._add_multiples(span, identity)
        vectors = rational_null_space(self._rows(), len(self.columns))
        out = []
        for v in sorted(vectors, key=lambda v: (len(v), -min(v))):
            if span.add(v):
                identity = self._identity(v)
                self._add_multiples(span, identity)
                if not self._is_trivial(identity):
                    out.append(identity)
        return out

    def _is_trivial(self, identity: Identity) -> bool:
        """Whether all coefficients vanish on solutions, as those of ``E_b E_a - E_a E_b`` do."""
        if self.space.denominators:
            return False
        try:
            return not any(self.lagrangian.field_equations.on_solutions(p) for p in identity.values())
        except InputError:
            # No leading derivatives; products of pairs have been left out all the same.
            return False

    def _rows(self) -> list[dict[int, int | Fraction]]:
        space = self.space
        terms = [space.times({m: 1}, self.derived[a, j]) for a, j, m in self.columns]
        terms = common_numerators(space, terms) if space.denominators else [space.reduced(p) for p in terms]
        rows: dict[int, dict[int, int | Fraction]] = {}
        for k, p in enumerate(terms):
            for m, c in p.items():
                rows.setdefault(m, {})[k] = c
        return list(rows.values())

    def _trivial(self) -> Iterator[Identity]:
        """``D_K E_b D_J E_a - D_J E_a D_K E_b = 0``."""
        keys = [key for key, p in self.derived.items() if p]
        for k, one in enumerate(keys):
            for two in keys[:k]:
                yield {one: self.derived[two], two: scaled(self.derived[one], -1)}

    def _add_multiples(self, span: _Span, identity: Identity) -> None:
        for j in self.indices:
            derived = identity
            for i, times in enumerate(j):
                for _ in range(times):
                    derived = _derivative(self.space, derived, i)
            for m in self.monomials:
                span.add(self._vector({key: self.space.times({m: 1}, p) for key, p in derived.items()}))

    def _vector(self, identity: Identity) -> Vector:
        """The coefficients of an identity; what is beyond this order and degree has columns at the end."""
        return {
            self.place.setdefault((a, j, m), len(self.place)): Fraction(c)
            for (a, j), p in identity.items()
            for m, c in p.items()
        }

    def _identity(self, v: Vector) -> Identity:
        ordered = sorted(v, key=lambda k: (self.columns[k][0], -sum(self.columns[k][1]), k))
        out: Identity = {}
        for k, value in zip(ordered, primitive(v[k] for k in ordered)):
            a, j, m = self.columns[k]
            out.setdefault((a, j), {})[m] = value
        return out


class _Span:
    """Vectors up to linear combination, by elimination over the rationals."""

    def __init__(self) -> None:
        self.pivots: dict[int, Vector] = {}

    def add(self, v: Vector) -> bool:
        """Whether a vector is no combination of those before it."""
        left = dict(v)
        while left:
            lead = min(left)
            other = self.pivots.get(lead)
            if other is None:
                self.pivots[lead] = {k: c / left[lead] for k, c in left.items()}
                return True
            add_to(left, other, -left[lead])  # type: ignore[arg-type]
        return False


def _derivative(space: JetSpace, identity: Identity, i: int) -> Identity:
    out: Identity = {}
    for (a, j), p in identity.items():
        for key, q in (((a, j), space.derivative(p, i)), ((a, (*j[:i], j[i] + 1, *j[i + 1 :])), p)):
            add_to(out.setdefault(key, {}), q)
    return {key: p for key, p in out.items() if p}


def _name(lagrangian: Lagrangian) -> str:
    space = lagrangian.space
    taken = {*space.independent, *space.dependent, *space.parameters, *lagrangian.functions}
    return next(n for n in ("lambda", "epsilon", "chi", *(f"lambda{k}" for k in range(1, 999))) if n not in taken)


def _changes(space: JetSpace, identity: Identity, name: str) -> list[str]:
    """``Q^a = sum_J (-D)_J (S^aJ lambda)``, the adjoint of an identity, signed so that it begins with a plus."""
    x = space.independent
    out = [""] * len(space.dependent)
    first = min(identity, key=lambda key: (key[0], -sum(key[1])))
    for (a, j), p in identity.items():
        sign = "-" if (sum(j) - sum(first[1])) % 2 else "+"
        letters = "".join(f", {v}" for v, n in zip(x, j) for _ in range(n))
        inner = f"({space.text(p)})*{name}"
        out[a] += f" {sign} D({inner}{letters})" if letters else f" {sign} {inner}"
    return [text or "0" for text in out]

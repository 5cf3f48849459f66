"""Polynomial solutions of linear determining equations, exactly.

Unknown functions are polynomials of bounded degree in x and u, times functions that the user names; their coefficients
solve a sparse rational system. Parameters such as a viscosity stay symbols: coefficients may be polynomials in them, of
as low a degree as spans the solutions at a general value.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import comb, perm

from symmeter.errors import InputError
from symmeter.linalg.rational import echelon_modulo, rational_null_space
from symmeter.spacetime.denominators import common_numerators
from symmeter.spacetime.determining import Linear
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents, primitive

__all__ = ["MOST_UNKNOWNS", "independent", "indices_up_to", "monomials_up_to", "polynomial_solutions"]

MOST_UNKNOWNS = 60_000
_PRIME = 2305843009213693951
_HIGHEST_IN_PARAMETERS = 3


def monomials_up_to(variables: Sequence[int], degree: int) -> list[int]:
    """Packed monomials of some variables up to a total degree, ascending in degree."""
    return [
        sum(1 << (WIDTH * v) for v in chosen)
        for n in range(degree + 1)
        for chosen in combinations_with_replacement(variables, n)
    ]


def indices_up_to(p: int, order: int) -> list[Index]:
    """How often each of p variables is differentiated by, up to a total order, ascending in it."""
    out: list[Index] = [()]
    for _ in range(p):
        out = [(*j, n) for j in out for n in range(order + 1 - sum(j))]
    return sorted(out, key=sum)


def polynomial_solutions(
    space: JetSpace, equations: Sequence[Linear], unknowns: int, degree: int, factors: Sequence[Poly] = ()
) -> list[tuple[Poly, ...]]:
    """A basis of solutions whose unknown functions are polynomials of total degree ``degree`` in x and u.

    Parameters
    ----------
    space : JetSpace
    equations : sequence of Linear
    unknowns : int
        Number of unknown functions.
    degree : int
    factors : sequence of Poly
        Functions of x and u that polynomials may be multiplied by, such as sin(x).

    Returns
    -------
    list of tuples of Poly
        One polynomial for each unknown function, with coprime integers.

    Raises
    ------
    InputError
        Where there would be too many unknown coefficients; the text says how many.
    """
    if isinstance(degree, bool) or not isinstance(degree, int) or degree < 0:
        raise InputError(f"degree is {degree!r}; it must be a whole number >= 0")
    coordinates = [*range(len(space.independent)), *(space.jet(a, _none(space)) for a in range(len(space.dependent)))]
    number = comb(len(coordinates) + degree, degree) * unknowns * (1 + len(factors))
    if number > MOST_UNKNOWNS:
        raise InputError(
            f"polynomials of degree {degree} in {len(coordinates)} variables have {number:,} coefficients, about "
            f"{number * 2e-6:.1f} GB of equations; at most {MOST_UNKNOWNS:,}: take a lower degree"
        )
    basis: list[Poly] = [{m: 1} for m in monomials_up_to(coordinates, degree)]
    basis += [space.reduced({m + n: c for n, c in f.items()}) for f in factors for b in basis for m in b]
    # 1/r times r is there already.
    basis = list({tuple(sorted(b.items())): b for b in basis}.values())
    parameters = _parameters(space, equations)
    wanted = len(_solved(space, equations, unknowns, basis, coordinates, _values(parameters))) if parameters else None
    for power in range(_HIGHEST_IN_PARAMETERS + 1):
        wide: list[Poly] = [{n + m: c for m, c in b.items()} for n in monomials_up_to(parameters, power) for b in basis]
        found = _solved(space, equations, unknowns, wide, coordinates, {})
        if factors and space.denominators:
            found = independent(space, found)
        if wanted is None:
            return found
        # Multiples by a parameter are no solutions of their own.
        chosen = _independent_at(found, _values(parameters))
        if len(chosen) >= wanted or power == _HIGHEST_IN_PARAMETERS:
            return chosen
    raise AssertionError("unreachable")


def independent(space: JetSpace, fields: list[tuple[Poly, ...]]) -> list[tuple[Poly, ...]]:
    """Fields none of which is a combination of those before: products of factors may be the same function."""
    number = len(fields[0]) if fields else 0
    numerators = common_numerators(space, [p for f in fields for p in f])
    columns: dict[tuple[int, int], int] = {}
    chosen: list[tuple[Poly, ...]] = []
    rows: list[dict[int, int | Fraction]] = []
    for n, field in enumerate(fields):
        row = {
            columns.setdefault((k, m), len(columns)): c
            for k, p in enumerate(numerators[n * number : (n + 1) * number])
            for m, c in p.items()
        }
        if len(echelon_modulo([*rows, row], _PRIME)) > len(rows):
            rows.append(row)
            chosen.append(field)
    return chosen


def _none(space: JetSpace) -> tuple[int, ...]:
    return (0,) * len(space.independent)


def _parameters(space: JetSpace, equations: Sequence[Linear]) -> list[int]:
    found = {v for e in equations for c in e.values() for m in c for v, _ in exponents(m)}
    return sorted(v for v in found if space.variables[v].kind == "parameter")


def _values(parameters: Sequence[int]) -> dict[int, int]:
    """Numbers without small relations for parameters."""
    return {v: 1_000_003 + 7919 * k * k + 104_729 * k for k, v in enumerate(parameters)}


def _solved(
    space: JetSpace,
    equations: Sequence[Linear],
    unknowns: int,
    basis: Sequence[Poly],
    coordinates: Sequence[int],
    values: dict[int, int],
) -> list[tuple[Poly, ...]]:
    # High degrees become pivots, so that free coefficients, which are set to 1, are low ones.
    order = sorted(range(unknowns * len(basis)), key=lambda n: -_degree(basis[n % len(basis)]))
    place = {n: k for k, n in enumerate(order)}
    rows = _rows(space, equations, basis, coordinates, place, values)
    out = []
    for x in rational_null_space(rows, len(order)):
        fields: list[Poly] = [{} for _ in range(unknowns)]
        columns = sorted(x, reverse=True)
        for c, value in zip(columns, primitive(x[c] for c in columns)):
            n = order[c]
            add_to(fields[n // len(basis)], basis[n % len(basis)], value)
        out.append(tuple(fields))
    return out[::-1]


def _degree(p: Poly) -> int:
    return max(sum(e for _, e in exponents(m)) for m in p)


def _rows(
    space: JetSpace,
    equations: Sequence[Linear],
    basis: Sequence[Poly],
    coordinates: Sequence[int],
    place: dict[int, int],
    values: dict[int, int],
) -> list[dict[int, int | Fraction]]:
    derived: dict[tuple[int, tuple[int, ...]], Poly] = {}

    def derivative(b: int, index: tuple[int, ...]) -> Poly:
        key = (b, index)
        if key not in derived:
            p = _derivative(space, basis[b], coordinates, index)
            derived[key] = p
        return derived[key]

    found: dict[tuple, dict[int, int | Fraction]] = {}
    for equation in equations:
        rows: dict[int, dict[int, int | Fraction]] = {}
        terms: dict[int, Poly] = {}
        for (k, index), c in equation.items():
            for b in range(len(basis)):
                inner = derivative(b, index)
                if inner:
                    add_to(terms.setdefault(place[k * len(basis) + b], {}), space.times(c, inner))
        if space.denominators:
            # Over one denominator, so that what is the same has the same monomials.
            terms = dict(zip(terms, common_numerators(space, list(terms.values()))))
        for column, p in terms.items():
            for m, value in p.items():
                packed, number = _evaluated(m, value, values)
                row = rows.setdefault(packed, {})
                row[column] = row.get(column, 0) + number
        for row in rows.values():
            kept = {c: v for c, v in row.items() if v}
            if kept:
                found.setdefault(tuple(sorted(kept.items())), kept)
    return list(found.values())


def _derivative(space: JetSpace, p: Poly, coordinates: Sequence[int], index: tuple[int, ...]) -> Poly:
    if any(v in space.functions for m in p for v, _ in exponents(m)):
        for v, n in zip(coordinates, index):
            for _ in range(n):
                p = space.partial(p, v)
        return p
    out: Poly = {}
    for m, c in p.items():
        factor, shift = 1, 0
        for v, n in zip(coordinates, index):
            if n:
                factor *= perm((m >> (WIDTH * v)) & ((1 << WIDTH) - 1), n)
                shift += n << (WIDTH * v)
        if factor:
            out[m - shift] = c * factor
    return out


def _evaluated(m: int, value: int | Fraction, values: dict[int, int]) -> tuple[int, int | Fraction]:
    for v, number in values.items():
        e = (m >> (WIDTH * v)) & ((1 << WIDTH) - 1)
        if e:
            m -= e << (WIDTH * v)
            value = value * number**e
    return m, value


def _independent_at(fields: Sequence[tuple[Poly, ...]], values: dict[int, int]) -> list[tuple[Poly, ...]]:
    """The first fields that are independent at general values of the parameters."""
    columns: dict[tuple[int, int], int] = {}
    chosen: list[tuple[Poly, ...]] = []
    rows: list[dict[int, int | Fraction]] = []
    for field in sorted(fields, key=lambda f: (_size(f, values), sum(len(p) for p in f))):
        row: dict[int, int | Fraction] = {}
        for k, p in enumerate(field):
            for m, c in p.items():
                packed, number = _evaluated(m, c, values)
                column = columns.setdefault((k, packed), len(columns))
                row[column] = row.get(column, 0) + number
        if len(echelon_modulo([*rows, row], _PRIME)) > len(rows):
            rows.append(row)
            chosen.append(field)
    return chosen


def _size(field: tuple[Poly, ...], values: dict[int, int]) -> int:
    return max((sum(e for v, e in exponents(m) if v in values) for p in field for m in p), default=0)

"""How many solutions linear differential equations have, without solving them.

Unknown functions are expanded in Taylor series at a random point, modulo a prime. The equations and their derivatives
are linear in the coefficients; those of high order are eliminated first, and what is left counts the solutions by their
coefficients up to order m. A number that no longer changes with m, nor with a longer series, is the dimension; one that
grows like a polynomial of degree k tells of arbitrary functions of k variables (Reid and Wittkopf).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from math import comb, factorial
from operator import add, sub

from symmeter.errors import InputError
from symmeter.linalg.rational import echelon_modulo
from symmeter.spacetime.determining import Linear
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import Poly, exponents

__all__ = ["SolutionSize", "solution_size", "taylor_counts"]

_PRIME = 2147483647
_MOST_COLUMNS = 4_000


@dataclass(frozen=True)
class SolutionSize:
    """The number of solutions.

    Attributes
    ----------
    counts : tuple of int
        Solutions told apart by Taylor coefficients up to order 0, 1, 2, ..., as far as it can be trusted.
    dimension : int or None
        The dimension, when it is finite and found.
    functions_of : int or None
        There are arbitrary functions of so many variables; None where the number is finite or not decided.
    order : int
        Of the series that were used.
    """

    counts: tuple[int, ...]
    dimension: int | None
    functions_of: int | None
    order: int

    def __str__(self) -> str:
        if self.dimension is not None:
            return f"{self.dimension} solutions"
        if self.functions_of is not None:
            plural = "s" if self.functions_of > 1 else ""
            return f"infinitely many solutions, with arbitrary functions of {self.functions_of} variable{plural}"
        counts = ", ".join(map(str, self.counts))
        return f"solutions whose number is undecided with series of order {self.order}: {counts}, ..."


def solution_size(
    space: JetSpace, equations: Sequence[Linear], unknowns: int, *, most: int = 9, seed: int = 0
) -> SolutionSize:
    """The number of solutions of determining equations.

    Parameters
    ----------
    space : JetSpace
    equations : sequence of Linear
    unknowns : int
        Number of unknown functions of x and u.
    most : int
        Largest order of the series.
    seed : int
        Of the random points; two are taken, which must agree.
    """
    variables = len(space.independent) + len(space.dependent)
    highest = max((sum(index) for e in equations for _, index in e), default=0)
    before: list[int] | None = None
    trusted: list[int] = []
    used = highest
    for order in range(highest + 1, max(most, highest + 2) + 1):
        if order > highest + 2 and _number_of_columns(equations, unknowns, variables, order) > _MOST_COLUMNS:
            break
        used = order
        counts = taylor_counts(space, equations, unknowns, order, seed)
        if before is not None:
            # Only what a longer series does not change is trusted.
            trusted = [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, counts))]
            finite = len(trusted) >= 3 and trusted[-1] == trusted[-2] == trusted[-3]
            growth = _growth(trusted)
            if finite or (growth is not None and len(trusted) >= 5):
                # A second point must agree; one without meaning is possible, two are not.
                if taylor_counts(space, equations, unknowns, order - 1, seed + 1)[: len(trusted)] != trusted:
                    before = None
                    continue
                if finite:
                    return SolutionSize(tuple(trusted), trusted[-1], None, order)
                return SolutionSize(tuple(trusted), None, growth, order)
        before = counts
    return SolutionSize(tuple(trusted), None, _growth(trusted), used)


def _number_of_columns(equations: Sequence[Linear], unknowns: int, variables: int, order: int) -> int:
    if comb(variables + order, order) > 10 * _MOST_COLUMNS:
        return 10 * _MOST_COLUMNS
    _, vanishing = _pruned(equations)
    indices = _indices(variables, order)
    return sum(not _covers(vanishing, k, j) for k in range(unknowns) for j in indices)


def _growth(counts: Sequence[int]) -> int | None:
    """The degree of the polynomial that the counts end in; None where they are too few to tell, or end in a number."""
    steps = list(counts)
    for degree in range(len(counts)):
        if len(steps) < 3:
            return None
        if steps[-1] == steps[-2] == steps[-3] != 0:
            return degree or None
        steps = [b - a for a, b in pairwise(steps)]
    return None


def taylor_counts(space: JetSpace, equations: Sequence[Linear], unknowns: int, order: int, seed: int = 0) -> list[int]:
    """For m = 0, 1, ...: how many solutions their Taylor coefficients up to order m tell apart.

    Numbers for m near ``order`` are too large: equations that would bind them are missing.

    Raises
    ------
    InputError
        Where the coefficient functions have no value at a random point, modulo the prime.
    """
    none = (0,) * len(space.independent)
    coordinates = [*range(len(space.independent)), *(space.jet(a, none) for a in range(len(space.dependent)))]
    left, vanishing = _pruned(equations)
    indices = _indices(len(coordinates), order)
    columns = [
        (j, k) for j in sorted(indices, key=lambda j: -sum(j)) for k in range(unknowns) if not _covers(vanishing, k, j)
    ]
    place: list[dict[tuple[int, ...], int]] = [{} for _ in range(unknowns)]
    for n, (j, k) in enumerate(columns):
        place[k][j] = n
    factorials = _factorials(indices)
    values = _random_point(space, seed)
    rows = []
    memo: dict[tuple, dict[tuple[int, ...], int]] = {}
    for equation in left:
        reach = order - max(sum(index) for _, index in equation)
        expansions = {key: _expanded(space, c, coordinates, reach, values, memo) for key, c in equation.items()}
        for beta in (j for j in indices if sum(j) <= reach):
            row = _row(expansions, beta, place, factorials)
            if row:
                rows.append(row)
    pivots = list(echelon_modulo(rows, _PRIME))
    out = []
    for m in range(order + 1):
        first = next((n for n, (j, _) in enumerate(columns) if sum(j) <= m), len(columns))
        out.append(len(columns) - first - sum(c >= first for c in pivots))
    return out


def _row(
    expansions: dict[tuple[int, tuple[int, ...]], dict[tuple[int, ...], int]],
    beta: tuple[int, ...],
    place: list[dict[tuple[int, ...], int]],
    factorials: dict[tuple[int, ...], tuple[int, int]],
) -> dict[int, int]:
    """The coefficient of z^beta in one equation."""
    row: dict[int, int] = {}
    for (k, index), series in expansions.items():
        columns = place[k]
        for gamma, value in series.items():
            rest = beta
            if any(gamma):
                rest = tuple(map(sub, beta, gamma))
                if min(rest) < 0:
                    continue
            # The coefficient of z^rest in the derivative is that of z^(rest + index), times a ratio of factorials.
            source = tuple(map(add, rest, index))
            column = columns.get(source)
            if column is not None:
                factor = value * factorials[source][0] * factorials[rest][1]
                row[column] = (row.get(column, 0) + factor) % _PRIME
    return {c: v for c, v in row.items() if v}


def _factorials(indices: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], tuple[int, int]]:
    """``J!`` and its inverse modulo the prime."""
    out = {}
    for index in indices:
        value = 1
        for n in index:
            value = value * factorial(n) % _PRIME
        out[index] = value, pow(value, -1, _PRIME)
    return out


def _pruned(equations: Sequence[Linear]) -> tuple[list[Linear], dict[int, list[tuple[int, ...]]]]:
    """Equations of one term say that a derivative vanishes, and with it all of its derivatives; the others without."""
    vanishing: dict[int, list[tuple[int, ...]]] = {}
    left = list(equations)
    while True:
        left = [{key: c for key, c in e.items() if not _covers(vanishing, *key)} for e in left]
        single = [next(iter(e)) for e in left if len(e) == 1]
        if not single:
            return [e for e in left if e], vanishing
        for k, index in single:
            vanishing.setdefault(k, []).append(index)


def _covers(vanishing: dict[int, list[tuple[int, ...]]], k: int, index: tuple[int, ...]) -> bool:
    return any(all(a >= b for a, b in zip(index, low)) for low in vanishing.get(k, ()))


def _indices(variables: int, order: int) -> list[tuple[int, ...]]:
    out: list[tuple[int, ...]] = [()]
    for _ in range(variables):
        out = [(*j, n) for j in out for n in range(order + 1 - sum(j))]
    return sorted(out, key=sum)


def _random_point(space: JetSpace, seed: int, tries: int = 200) -> dict[int, int]:
    """Values of all variables modulo the prime that keep relations between functions."""
    rng = random.Random(seed)
    values: dict[int, int] = {}
    number = 0
    # Functions that appear while others are differentiated come at the end of the list.
    while number < len(space.variables):
        v, number = number, number + 1
        if v in values:
            continue
        values[v] = rng.randrange(2, _PRIME)
    for s, (_, square) in space.powers.items():
        if space.functions[s].kind in ("sin", "sinh") and 0 in square:
            ((c, _),) = exponents(next(m for m in square if m))
            sign = int(square[0])
            # c^2 + sign s^2 = 1: points of a conic by its rational parametrisation.
            t = rng.randrange(2, _PRIME)
            inverse = pow(1 + sign * t * t, -1, _PRIME)
            values[s], values[c] = 2 * t * inverse % _PRIME, (1 - sign * t * t) * inverse % _PRIME
    # Fine roots and exponentials first: their powers are the coarser ones.
    for w, (e, value) in reversed(space.powers.items()):
        kind, (base, *more) = space.functions[w].kind, value
        plainly = not more and value[base] == 1 and [n for _, n in exponents(base)] == [1]
        if kind in ("exp", "root") and plainly:
            ((v, _),) = exponents(base)
            if v not in space.functions or space.functions[v].kind in ("exp", "root", "log"):
                values[v] = pow(values[w], e, _PRIME)
    for v, twin in space.inverses.items():
        if v < twin:
            values[twin] = pow(values[v], -1, _PRIME)
    for w in space.factors.values():
        values[w] = pow(_value(space, space.functions[w].argument, values), -1, _PRIME)
    if all(_is_power(space, w, values) for w in space.powers):
        return values
    # A number is a square with probability one half; other roots of sums are rarely there.
    if tries == 0:
        raise InputError("roots of sums have no values at random points; solutions are not counted")
    return _random_point(space, seed + 7919, tries - 1)


def _is_power(space: JetSpace, w: int, values: dict[int, int]) -> bool:
    """Whether a relation ``w^e = value`` holds, or can be made to by the choice of a square root."""
    e, value = space.powers[w]
    number = _value(space, value, values)
    if e == 1:
        values[w] = number
    elif pow(values[w], e, _PRIME) != number and e == 2:
        # The prime is 3 modulo 4.
        values[w] = pow(number, (_PRIME + 1) // 4, _PRIME)
    return pow(values[w], e, _PRIME) == number


def _expanded(
    space: JetSpace, c: Poly, coordinates: Sequence[int], reach: int, values: dict[int, int], memo: dict
) -> dict[tuple[int, ...], int]:
    """Taylor coefficients of a polynomial at the point, up to an order."""
    key = (tuple(sorted(c.items())), reach)
    if key in memo:
        return memo[key]
    out: dict[tuple[int, ...], int] = {}
    front: dict[tuple[int, ...], Poly] = {(0,) * len(coordinates): c}
    seen = set(front)
    while front:
        following: dict[tuple[int, ...], Poly] = {}
        for index, p in front.items():
            value = _value(space, p, values)
            for n in index:
                value = value * pow(factorial(n), -1, _PRIME) % _PRIME
            if value:
                out[index] = value
            if sum(index) == reach:
                continue
            for k, v in enumerate(coordinates):
                raised = (*index[:k], index[k] + 1, *index[k + 1 :])
                if raised not in seen:
                    seen.add(raised)
                    inner = space.partial(p, v)
                    if inner:
                        following[raised] = inner
        front = following
    memo[key] = out
    return out


def _value(space: JetSpace, p: Poly, values: dict[int, int]) -> int:
    total = 0
    for m, c in p.items():
        if isinstance(c, int):
            term = c % _PRIME
        else:
            term = c.numerator * pow(c.denominator, -1, _PRIME) % _PRIME
        for v, e in exponents(m):
            if v not in values:
                # A derivative of an arbitrary function, met only now.
                values[v] = random.Random(v).randrange(2, _PRIME)
            term = term * pow(values[v], e, _PRIME) % _PRIME
        total += term
    return total % _PRIME

"""Expressions linear in free functions: what integration by parts leaves of them, and the curls that closed ones are.

A current that is linear in free functions and conserved whatever they are is a curl ``D_j k^ij``: the coefficients of
the highest derivatives vanish when symmetrised, so that each step takes one order away (Wald 1990). Nothing is assumed
on how the fields themselves enter, and no integral is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from itertools import combinations

from symmeter.errors import InputError
from symmeter.spacetime.denominators import tidy
from symmeter.spacetime.jets import Index, JetSpace
from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, exponents

__all__ = ["by_parts", "curl_of", "divergence_of_curl", "linear_parts"]

#: From (number of the free function, derivative) to the coefficient.
Parts = dict[tuple[int, Index], Poly]


def linear_parts(space: JetSpace, p: Poly, free: Collection[int]) -> Parts:
    """Coefficients of the free functions and their derivatives.

    Parameters
    ----------
    space : JetSpace
    p : Poly
    free : collection of int
        Numbers of the dependent variables that are free.

    Raises
    ------
    InputError
        Where a term is not linear in them.
    """
    out: Parts = {}
    for m, c in p.items():
        found = []
        for v, e in exponents(m):
            variable = space.variables[v]
            if variable.kind == "jet" and variable.number in free:
                found += [(variable.number, variable.index, v)] * e
            elif v in space.functions and any(a in free for a, _ in space.jets_of(space.poly(v))):
                found += [()] * 2
        if len(found) != 1:
            names = ", ".join(space.dependent[a] for a in sorted(free))
            raise InputError(f"{space.text({m: c})} is not linear in {names} and derivatives")
        a, index, v = found[0]
        add_to(out.setdefault((a, index), {}), {m - (1 << (WIDTH * v)): c})
    return {key: q for key, q in out.items() if q}


def by_parts(space: JetSpace, p: Poly, free: Collection[int]) -> tuple[tuple[Poly, ...], Poly]:
    """``p = D_i B^i + rest`` with no derivative of a free function in the rest, which is zero for divergences.

    Derivatives of several kinds are taken off evenly, so that no variable is preferred.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("t", "x"), ("u", "f"))
    >>> current, rest = by_parts(space, parse_expression("u f_x + 2 f_t", space), [1])
    >>> [space.text(j) for j in current], space.text(rest)
    (['2*f', 'u*f'], '-f*u_x')
    """
    parts = linear_parts(space, p, free)
    current: list[Poly] = [{} for _ in space.independent]
    while derivatives := [key for key in parts if any(key[1])]:
        key = max(derivatives, key=lambda k: (sum(k[1]), k))
        coefficient, (a, index) = tidy(space, parts.pop(key)), key
        for i, n in enumerate(index):
            if n and coefficient:
                share, lower = Fraction(n, sum(index)), _moved(index, i, -1)
                add_to(current[i], coefficient, share, _mark(space, a, lower))
                add_to(parts.setdefault((a, lower), {}), space.derivative(coefficient, i), -share)
    return tuple(tidy(space, j) for j in current), tidy(space, _joined(space, parts))


def curl_of(space: JetSpace, current: Sequence[Poly], free: Collection[int]) -> dict[tuple[int, int], Poly]:
    """k with ``J^i = D_j k^ij`` and ``k^ij = -k^ji``, for a J that is conserved for all free functions.

    Returns
    -------
    dict
        The components ``k^ij`` with i < j.

    Raises
    ------
    InputError
        Where J is not linear in the free functions, or not conserved.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("t", "x"), ("u", "f"))
    >>> k = curl_of(space, [parse_expression(s, space) for s in ("u_x f + u f_x", "-u_t f - u f_t")], [1])
    >>> {ij: space.text(p) for ij, p in k.items()}
    {(0, 1): 'u*f'}
    """
    number = len(space.independent)
    parts = [linear_parts(space, j, free) for j in current]
    out: dict[tuple[int, int], Poly] = {}
    for order in range(max((sum(k[1]) for part in parts for k in part), default=0), 0, -1):
        lowers = {
            (a, _moved(index, j, -1))
            for part in parts
            for a, index in part
            if sum(index) == order
            for j, n in enumerate(index)
            if n
        }
        step: dict[tuple[int, int], Poly] = {}
        for (a, lower), (i, j) in ((k, ij) for k in sorted(lowers) for ij in combinations(range(number), 2)):
            # The top coefficients W^i_(j1..jn) vanish when symmetrised: n/(n+1) of their antisymmetric part gives them.
            k: Poly = {}
            add_to(k, parts[i].get((a, _moved(lower, j, 1)), {}), Fraction(lower[j] + 1, order + 1))
            add_to(k, parts[j].get((a, _moved(lower, i, 1)), {}), -Fraction(lower[i] + 1, order + 1))
            if k:
                add_to(step.setdefault((i, j), {}), k, 1, _mark(space, a, lower))
        for ij, k in step.items():
            add_to(out.setdefault(ij, {}), k)
        for i, d in enumerate(divergence_of_curl(space, step)):
            left = _joined(space, parts[i])
            add_to(left, d, -1)
            parts[i] = linear_parts(space, tidy(space, left), free)
    if any(parts):
        raise InputError("the current is not conserved for all free functions: it is no curl")
    return {ij: p for ij in sorted(out) if (p := tidy(space, out[ij]))}


def divergence_of_curl(space: JetSpace, k: dict[tuple[int, int], Poly]) -> tuple[Poly, ...]:
    """``D_j k^ij`` of components with i < j."""
    out: list[Poly] = [{} for _ in space.independent]
    for (i, j), p in k.items():
        add_to(out[i], space.derivative(p, j))
        add_to(out[j], space.derivative(p, i), -1)
    return tuple(out)


def _moved(index: Index, i: int, by: int) -> Index:
    return (*index[:i], index[i] + by, *index[i + 1 :])


def _mark(space: JetSpace, a: int, index: Index) -> int:
    return 1 << (WIDTH * space.jet(a, index))


def _joined(space: JetSpace, parts: Parts) -> Poly:
    out: Poly = {}
    for (a, index), q in parts.items():
        add_to(out, q, 1, _mark(space, a, index))
    return out

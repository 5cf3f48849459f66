"""The current of a divergence with roots or other functions of derivatives, by linear algebra.

Antiderivatives of such functions need a rule for each. Here components are combinations of monomials, alone and times
each function and inverse that occurs in the divergence; their coefficients solve a linear system over the rationals.
"""

from __future__ import annotations

from collections.abc import Iterator

from symmeter.linalg.rational import rational_solution
from symmeter.spacetime.ansatz import indices_up_to, monomials_up_to
from symmeter.spacetime.denominators import common_numerators
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import WIDTH, Number, Poly, add_to, exponents

__all__ = ["current_by_ansatz"]

_HIGHEST_DEGREE = 4
_MOST_COLUMNS = 2500


def current_by_ansatz(space: JetSpace, p: Poly) -> tuple[Poly, ...] | None:
    """A current with ``D_i J^i = p``, of the lowest degree that has one; None where none is found.

    Examples
    --------
    >>> from symmeter.spacetime.parsing import parse_expression
    >>> space = JetSpace(("x",), ("u",), denominators=True)
    >>> p = parse_expression("u_xx/sqrt(1 + u_x^2)^3", space)
    >>> space.text(current_by_ansatz(space, p)[0])
    'u_x*((u_x^2 + 1)^(1/2))^-1'
    """
    number = len(space.independent)
    coordinates = [
        *range(number),
        *(space.jet(a, j) for a in range(len(space.dependent)) for j in indices_up_to(number, space.order(p) - 1)),
    ]
    functions = sorted(_functions(space, p))
    for degree in range(1, _HIGHEST_DEGREE + 1):
        monomials = monomials_up_to(coordinates, degree)
        if number * len(monomials) * (1 + len(functions)) > _MOST_COLUMNS:
            return None
        basis: list[Poly] = [{m: 1} for m in monomials]
        basis += [space.reduced({m + (1 << (WIDTH * v)): 1}) for v in functions for m in monomials]
        columns = [space.derivative(b, i) for i in range(number) for b in basis]
        *left, right = common_numerators(space, [*columns, p]) if space.denominators else [*columns, space.reduced(p)]
        rows: dict[int, dict[int, Number]] = {m: {} for m in right}
        for k, q in enumerate(left):
            for m, c in q.items():
                rows.setdefault(m, {})[k] = c
        found = rational_solution(list(rows.values()), [right.get(m, 0) for m in rows], len(columns))
        if found is not None:
            out: list[Poly] = [{} for _ in range(number)]
            for k, c in found.items():
                add_to(out[k // len(basis)], basis[k % len(basis)], c)
            return tuple(out)
    return None


def _functions(space: JetSpace, p: Poly) -> Iterator[int]:
    """Numbers of functions in a polynomial, and of the inverses of its roots."""
    found = {v for m in p for v, _ in exponents(m) if v in space.functions}
    yield from found | {space.inverses[v] for v in space.powers if v in space.inverses}

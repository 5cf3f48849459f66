"""Linear equations: solutions may be added, so that f d/du is a symmetry for every solution f of the homogeneous part.

There are infinitely many of these, with arbitrary functions in them, and a search in polynomials finds only those whose
solution is a polynomial. They form an ideal of the Lie algebra and are listed apart from the other symmetries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import Poly, add_to
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["added_solution", "homogeneous_part", "is_superposition"]


def homogeneous_part(space: JetSpace, equations: Iterable[Poly]) -> tuple[Poly, ...] | None:
    """Linear equations without the terms that have no dependent variable; None where one is not linear.

    Examples
    --------
    >>> from symmeter.spacetime import PDESystem
    >>> forced = PDESystem("u_t = u_xx + sin(x)")
    >>> [forced.space.text(p) for p in homogeneous_part(forced.space, forced.equations)]
    ['-u_xx + u_t']
    >>> burgers = PDESystem("u_t = u_xx + u u_x")
    >>> homogeneous_part(burgers.space, burgers.equations) is None
    True
    """
    parts = []
    for p in equations:
        linear: Poly = {}
        for v in space.jets_of(p).values():
            slope = space.partial(p, v)
            if space.order(slope) >= 0:
                return None
            add_to(linear, space.times(slope, space.poly(v)))
        parts.append(linear)
    return tuple(parts)


def is_superposition(field: VectorField) -> bool:
    """Whether a field adds a function of x to u and moves nothing else."""
    space = field.space
    n = len(space.independent)
    moves, adds = field.coefficients[:n], field.coefficients[n:]
    return not any(moves) and all(space.order(c) < 0 for c in adds)


def added_solution(dependent: Sequence[str]) -> str:
    """The field that adds a solution, as a text.

    Examples
    --------
    >>> added_solution("u"), added_solution("uv")
    ('f ∂_u', 'f_u ∂_u + f_v ∂_v')
    """
    if len(dependent) == 1:
        return f"f ∂_{dependent[0]}"
    return " + ".join(f"f_{u} ∂_{u}" for u in dependent)

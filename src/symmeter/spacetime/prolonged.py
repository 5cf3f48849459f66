"""A given vector field on jet space: its prolongation applied to differential polynomials."""

from __future__ import annotations

from collections.abc import Sequence

from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import Poly, add_to
from symmeter.spacetime.vector_fields import VectorField

__all__ = ["evolved", "prolonged"]


def evolved(space: JetSpace, characteristics: Sequence[Poly], p: Poly) -> Poly:
    """``sum D_J Q^a dp/du^a_J``: the change of p when u changes by Q."""
    out: Poly = {}
    for (a, index), v in space.jets_of(p).items():
        change = space.derivatives(characteristics[a], index)
        if change:
            add_to(out, space.times(change, space.partial(p, v)))
    return out


def prolonged(field: VectorField, p: Poly) -> Poly:
    """``pr X (p) = xi^i D_i p + sum D_J Q^a dp/du^a_J``."""
    space = field.space
    out = evolved(space, field.characteristics, p)
    for i in range(len(space.independent)):
        if field.coefficients[i]:
            add_to(out, space.times(field.coefficients[i], space.derivative(p, i)))
    return out

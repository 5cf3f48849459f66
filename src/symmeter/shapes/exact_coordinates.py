"""Exact coordinates: guessed from float64, then proven by exact arithmetic.

The proof covers what the solid is: all faces are flat, and all edges that are 1 long in float64 are so exactly.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from symmeter.shapes.quadratic_field import Quadratic, recognised

if TYPE_CHECKING:
    from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["ExactVertices", "exact_vertices", "proves"]

ExactVertices = tuple[tuple[Quadratic, Quadratic, Quadratic], ...]


def exact_vertices(p: Polyhedron) -> ExactVertices | None:
    """Coordinates in a field a + b sqrt(d) with d = 2, 5 or 3; None if they are in none of these.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> sorted({str(x) for row in exact_vertices(poly("truncated cube")) for x in row})
    ['(-1 - sqrt(2))/2', '(1 + sqrt(2))/2', '-1/2', '1/2']
    """
    rounded: np.ndarray = np.rint(p.vertices * 1e10).astype(np.int64)
    values, where = np.unique(np.abs(rounded), return_inverse=True)
    first = np.unique(where.reshape(-1), return_index=True)[1]
    samples = np.abs(p.vertices.reshape(-1)[first])
    rows = np.stack([where.reshape(p.vertices.shape), rounded], axis=2).tolist()
    for d in (2, 5, 3):
        found: list[Quadratic] = []
        for x in samples.tolist():
            guess = recognised(x, d) if x > 1e-12 else Quadratic(Fraction(0), Fraction(0), d)
            if guess is None:
                break
            found.append(guess)
        if len(found) < len(values):
            continue
        exact = tuple(tuple(-found[k] if sign < 0 else found[k] for k, sign in row) for row in rows)
        if proves(exact, p):
            return exact  # pyright: ignore[reportReturnType]
    return None


def proves(exact, p: Polyhedron) -> bool:
    """Whether exact coordinates make all faces flat and keep unit edges exactly so."""
    one = Quadratic(Fraction(1), Fraction(0), exact[0][0].d)
    unit = np.abs(p.edge_lengths - 1) < 1e-9
    for a, b in p.edges[unit].tolist():
        side = _minus(exact[a], exact[b])
        if _dot(side, side) != one:
            return False
    for face in p.faces:
        u, v = _minus(exact[face[1]], exact[face[0]]), _minus(exact[face[2]], exact[face[0]])
        normal = _cross(u, v)
        if any(_dot(normal, _minus(exact[w], exact[face[0]])) for w in face[3:]):
            return False
    return True


def _minus(x, y):
    return tuple(a - b for a, b in zip(x, y))


def _dot(x, y) -> Quadratic:
    return x[0] * y[0] + x[1] * y[1] + x[2] * y[2]


def _cross(x, y):
    return (x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0])

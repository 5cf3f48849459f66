"""The canonical form of a convex polyhedron: all edges touch the unit sphere, faces flat, the contacts centred.

It exists for every convex polyhedron and is unique up to rotations and reflections. Relaxation brings the vertices
near it, Gauss-Newton steps onto it.

References
----------
G. M. Ziegler, Lectures on polytopes (1995), theorem 4.13; G. W. Hart, Calculating canonical polyhedra (1997).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["canonical_form"]

_ROUNDS = 400
_STEPS = 20


def canonical_form(p: Polyhedron) -> Polyhedron:
    """The canonical polyhedron with the faces of a convex one.

    Raises
    ------
    InputError
        If the polyhedron is not convex.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> round(canonical_form(poly("J1")).midradius, 12)
    1.0
    """
    if not p.is_convex:
        raise InputError(f"{p.name} is not convex; only convex polyhedra have a canonical form")
    edges = p.edges
    faces = [np.array(f) for f in p.faces]
    quads = np.array([(f[0], f[1], f[2], v) for f in p.faces for v in f[3:]], dtype=int).reshape(-1, 4)
    x = p.vertices / np.linalg.norm(_contacts(p.vertices, edges), axis=1).mean()
    for _ in range(_ROUNDS):
        x = _relaxed(x, edges, faces)
        if np.abs(_residual(x, edges, quads)).max() < 1e-4:
            break
    for _ in range(_STEPS):
        residual = _residual(x, edges, quads)
        step = np.linalg.lstsq(_jacobian(x, edges, quads), residual, rcond=1e-8)[0]
        x = x - step.reshape(-1, 3)
        if np.abs(step).max() < 1e-13:
            break
    if np.abs(_residual(x, edges, quads)).max() > 1e-10:
        raise InputError(f"the canonical form of {p.name} was not reached; its edges are of very different lengths")
    return replace(p, vertices=x, name=f"canonical {p.name}", aliases=())


def _contacts(x: np.ndarray, edges: Int[np.ndarray, "e 2"]) -> Float[np.ndarray, "e 3"]:
    """The point of each edge line that is nearest to the origin."""
    a, b = x[edges[:, 0]], x[edges[:, 1]]
    side = b - a
    t = -(a * side).sum(1) / (side * side).sum(1)
    return a + t[:, None] * side


def _relaxed(x: np.ndarray, edges: np.ndarray, faces: list[np.ndarray]) -> np.ndarray:
    contact = _contacts(x, edges)
    pull = 0.5 * (1 - np.linalg.norm(contact, axis=1))[:, None] * contact
    moved = x.copy()
    valence = np.bincount(edges.reshape(-1), minlength=len(x))[:, None]
    for k in (0, 1):
        np.add.at(moved, edges[:, k], 2 * pull / valence[edges[:, k]])
    moved -= _contacts(moved, edges).mean(axis=0)
    flat = moved.copy()
    for f in faces:
        corners = moved[f]
        middle = corners.mean(axis=0)
        normal = np.cross(corners - middle, np.roll(corners, -1, axis=0) - middle).sum(axis=0)
        normal /= np.linalg.norm(normal)
        flat[f] -= 0.3 * ((corners - middle) @ normal)[:, None] * normal
    return flat


def _residual(x: np.ndarray, edges: np.ndarray, quads: np.ndarray) -> np.ndarray:
    contact = _contacts(x, edges)
    a, b, c = (x[quads[:, k]] - x[quads[:, 0]] for k in (1, 2, 3))
    return np.concatenate([(contact**2).sum(1) - 1, (np.cross(a, b) * c).sum(1), contact.mean(axis=0)])


def _jacobian(x: np.ndarray, edges: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Central differences; the equations are smooth and few."""
    h = 1e-6
    columns = []
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = h
        ahead, behind = (_residual(x + s * step.reshape(-1, 3), edges, quads) for s in (1, -1))
        columns.append((ahead - behind) / (2 * h))
    return np.stack(columns, axis=1)

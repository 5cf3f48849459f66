"""Polar reciprocals: Catalan solids and the duals of star polyhedra, with vertices at infinity where there must be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import InputError
from symmeter.shapes.indices import Indices
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.uniform_table import UNIFORM

__all__ = ["CATALAN", "ProjectiveDual", "catalan", "dual", "projective_dual"]

#: Wenninger numbers of the Archimedean solids, and the names of their duals.
CATALAN = {
    6: ("triakis tetrahedron",),
    7: ("tetrakis hexahedron", "tetrakis cube"),
    8: ("triakis octahedron",),
    9: ("pentakis dodecahedron",),
    10: ("triakis icosahedron",),
    11: ("rhombic dodecahedron",),
    12: ("rhombic triacontahedron",),
    13: ("deltoidal icositetrahedron", "trapezoidal icositetrahedron"),
    14: ("deltoidal hexecontahedron", "trapezoidal hexecontahedron"),
    15: ("disdyakis dodecahedron", "hexakis octahedron"),
    16: ("disdyakis triacontahedron", "hexakis icosahedron"),
    17: ("pentagonal icositetrahedron",),
    18: ("pentagonal hexecontahedron",),
}


@dataclass(frozen=True, eq=False)
class ProjectiveDual:
    """A dual in projective space: vertices (x, y, z, w) stand for (x, y, z) / w, and for a direction where w is 0."""

    vertices: Float[np.ndarray, "n 4"]
    faces: tuple[tuple[int, ...], ...]
    name: str

    @property
    def at_infinity(self) -> Bool[np.ndarray, " n"]:
        """Which vertices are directions."""
        return self.vertices[:, 3] == 0


def projective_dual(p: Polyhedron) -> ProjectiveDual:
    """The polar reciprocal about the midsphere, faces through the centre allowed.

    A sphere of radius 1 serves for a solid without a midsphere.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> d = projective_dual(poly("tetrahemihexahedron"))
    >>> len(d.vertices), int(d.at_infinity.sum())
    (7, 3)
    """
    normals, offsets = p.planes
    radius = p.midradius or 1.0
    w = np.where(np.abs(offsets) < 1e-9 * np.abs(p.vertices).max(), 0.0, offsets)
    scale = np.where(w == 0, 1.0, radius**2)
    vertices = np.concatenate([normals * scale[:, None], w[:, None]], axis=1)
    return ProjectiveDual(vertices, tuple(_faces_around(p)), f"dual of {p.name}")


def dual(p: Polyhedron) -> Polyhedron:
    """The polar reciprocal about the midsphere; an error for faces through the centre."""
    whole = projective_dual(p)
    if whole.at_infinity.any():
        face = int(np.flatnonzero(whole.at_infinity)[0])
        raise InputError(
            f"{p.name} has no dual in space: face {face} passes through the centre, so its vertex is at infinity; "
            "projective_dual gives it in projective space"
        )
    vertices = whole.vertices[:, :3] / whole.vertices[:, 3:]
    name, family, aliases, catalan_number = f"dual of {p.name}", "dual", (), None
    if p.name.startswith("dual of "):
        name = p.name.removeprefix("dual of ")
    w = p.indices.wenninger
    if p.family == "archimedean" and w in CATALAN:
        catalan_number = w - 5
        name, *others = CATALAN[w]
        family, aliases = "catalan", (f"C{catalan_number}", f"dual of {p.name}", *others)
    return Polyhedron(vertices, whole.faces, name, family, aliases, Indices(catalan=catalan_number))


def catalan(number: int) -> Polyhedron:
    """The Catalan solid C1 to C13: the dual of the Archimedean solid of Wenninger's number 5 + n."""
    from symmeter.shapes.uniform_polyhedra import uniform

    if not 1 <= number <= len(CATALAN):
        raise InputError(f"there is no Catalan solid C{number}; they run from C1 to C13")
    source = next(e.number for e in UNIFORM if e.wenninger == number + 5)
    return dual(uniform(source))


def _faces_around(p: Polyhedron) -> list[tuple[int, ...]]:
    """For each vertex the faces around it in order; several rounds where several pieces meet."""
    wedges: dict[int, list[tuple[int, tuple[int, int]]]] = defaultdict(list)
    for number, face in enumerate(p.faces):
        for a, v, b in zip((face[-1], *face[:-1]), face, (*face[1:], face[0])):
            wedges[v].append((number, (a, b)))
    rounds: list[tuple[int, ...]] = []
    for v in range(p.V):
        at: dict[int, list[int]] = defaultdict(list)
        for k, (_, ends) in enumerate(wedges[v]):
            for w in ends:
                at[w].append(k)
        if any(len(pair) != 2 for pair in at.values()):
            raise InputError(f"{p.name} has no dual: vertex {v} lies on an edge that has not two faces")
        left = set(range(len(wedges[v])))
        while left:
            k = min(left)
            cycle, leaving = [], wedges[v][k][1][1]
            while k in left:
                left.discard(k)
                cycle.append(wedges[v][k][0])
                i, j = at[leaving]
                k = j if k == i else i
                a, b = wedges[v][k][1]
                leaving = a if leaving == b else b
            rounds.append(tuple(cycle))
    return rounds

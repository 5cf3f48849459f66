"""Compounds: copies of a polyhedron under the cosets of a group, and unions of different ones on a core's planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError
from symmeter.shapes.duals import dual
from symmeter.shapes.frames import symmetry_matrices
from symmeter.shapes.indices import Indices
from symmeter.shapes.planar_subdivision import weld
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.stellations import FIFTY_NINE
from symmeter.shapes.uniform_polyhedra import uniform

__all__ = ["COMPOUNDS", "compound", "named_compound", "orbit_compound"]


def compound(parts: Sequence[Polyhedron], name: str, **labels) -> Polyhedron:
    """The union of some polyhedra; vertices that coincide become one.

    Parameters
    ----------
    parts : sequence of Polyhedron
    name : str
    **labels
        Further fields of the result: aliases, indices.
    """
    if not parts:
        raise InputError(f"{name} has no parts")
    points = np.concatenate([p.vertices for p in parts])
    scale = float(np.abs(points).max())
    vertices, number = weld(points, 1e-7 * scale)
    starts = np.cumsum([0, *(p.V for p in parts)])
    faces = tuple(tuple(int(number[start + v]) for v in f) for start, p in zip(starts.tolist(), parts) for f in p.faces)
    return Polyhedron(vertices, faces, name, "compound", **labels)


def orbit_compound(part: Polyhedron, group: str | Float[np.ndarray, "g 3 3"], name: str, **labels) -> Polyhedron:
    """All different images of a polyhedron under a group: one for each coset of the part's own symmetry in it.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> c = orbit_compound(poly("cube"), "Ih", "compound of five cubes")
    >>> len(c.components), c.group
    (5, 'Ih')
    """
    matrices = symmetry_matrices(group) if isinstance(group, str) else group
    found: list[np.ndarray] = []
    parts: list[Polyhedron] = []
    scale = float(np.abs(part.vertices).max())
    for m in matrices:
        image = part.vertices @ m.T
        if all(_differs(image, other, 1e-6 * scale) for other in found):
            found.append(image)
            faces = part.faces if np.linalg.det(m) > 0 else tuple(f[::-1] for f in part.faces)
            parts.append(Polyhedron(image, faces))
    return compound(parts, name, **labels)


def _differs(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    return bool((((a[:, None] - b[None]) ** 2).sum(-1).min(axis=1) > tolerance**2).any())


class CompoundEntry(NamedTuple):
    """A compound with a name."""

    name: str
    build: Callable[[], list[Polyhedron]]
    wenninger: int | None = None
    aliases: tuple[str, ...] = ()


def _orbit(part: Polyhedron, group: str) -> list[Polyhedron]:
    whole = orbit_compound(part, group, "orbit")
    return [Polyhedron(*_compact(whole, piece)) for piece in whole.components]


def _compact(p: Polyhedron, piece: tuple[int, ...]) -> tuple[np.ndarray, tuple[tuple[int, ...], ...]]:
    used = sorted({v for i in piece for v in p.faces[i]})
    number = {v: k for k, v in enumerate(used)}
    return p.vertices[used], tuple(tuple(number[v] for v in p.faces[i]) for i in piece)


def _on_planes(p: Polyhedron, core: Polyhedron) -> Polyhedron:
    """Scaled so that its face planes are among those of a core."""
    normals, offsets = core.planes
    mine, distance = p.planes
    alike = np.abs(normals @ mine[0]) > 1 - 1e-9
    return p.scaled(float(np.abs(offsets[alike]).max()) / float(np.abs(distance[0])))


def _all_on_planes(parts: list[Polyhedron], core_number: int) -> list[Polyhedron]:
    core = uniform(core_number)
    return [_on_planes(p, core) for p in parts]


def _dual_pair(number: int) -> list[Polyhedron]:
    """A regular polyhedron and its dual, with common edge lines' midsphere."""
    p = uniform(number)
    return [p, dual(p)]


_TETRAHEDRON, _OCTAHEDRON, _CUBE, _ICOSAHEDRON, _DODECAHEDRON = 1, 5, 6, 22, 23
_SMALL_STELLATED, _GREAT_DODECAHEDRON, _GREAT_STELLATED, _GREAT_ICOSAHEDRON = 34, 35, 52, 53
_CUBOCTAHEDRON, _ICOSIDODECAHEDRON, _SMALL_DITRIGONAL = 7, 24, 30

COMPOUNDS: tuple[CompoundEntry, ...] = (
    CompoundEntry(
        "compound of two tetrahedra",
        lambda: _orbit(uniform(_TETRAHEDRON), "Oh"),
        19,
        ("stella octangula", "stellated octahedron"),
    ),
    CompoundEntry("compound of five octahedra", lambda: _orbit(uniform(_OCTAHEDRON), "Ih"), 23),
    CompoundEntry("compound of five tetrahedra", lambda: _orbit(uniform(_TETRAHEDRON), "I"), 24),
    CompoundEntry("compound of ten tetrahedra", lambda: _orbit(uniform(_TETRAHEDRON), "Ih"), 25),
    CompoundEntry(
        "compound of cube and octahedron",
        lambda: _all_on_planes([uniform(_CUBE), uniform(_OCTAHEDRON)], _CUBOCTAHEDRON),
        43,
        ("first stellation of the cuboctahedron",),
    ),
    CompoundEntry(
        "compound of dodecahedron and icosahedron",
        lambda: _all_on_planes([uniform(_DODECAHEDRON), uniform(_ICOSAHEDRON)], _ICOSIDODECAHEDRON),
        47,
        ("first stellation of the icosidodecahedron",),
    ),
    CompoundEntry(
        "compound of small stellated dodecahedron and triakis icosahedron",
        lambda: _all_on_planes([uniform(_SMALL_STELLATED), dual(uniform(_SMALL_DITRIGONAL))], _ICOSIDODECAHEDRON),
        50,
        ("fourth stellation of the icosidodecahedron",),
    ),
    CompoundEntry(
        "compound of small stellated dodecahedron and five octahedra",
        lambda: _all_on_planes([uniform(_SMALL_STELLATED), *_orbit(uniform(_OCTAHEDRON), "Ih")], _ICOSIDODECAHEDRON),
        51,
        ("fifth stellation of the icosidodecahedron",),
    ),
    CompoundEntry(
        "compound of great dodecahedron and five tetrahedra",
        lambda: _all_on_planes([uniform(_GREAT_DODECAHEDRON), *_orbit(uniform(_TETRAHEDRON), "I")], _ICOSIDODECAHEDRON),
        54,
        ("eighth stellation of the icosidodecahedron", "compound of five tetrahedra and great dodecahedron"),
    ),
    CompoundEntry(
        "compound of great stellated dodecahedron and great icosahedron",
        lambda: _all_on_planes([uniform(_GREAT_STELLATED), uniform(_GREAT_ICOSAHEDRON)], _ICOSIDODECAHEDRON),
        61,
        ("compound of great icosahedron and great stellated dodecahedron",),
    ),
    CompoundEntry("compound of five cubes", lambda: _orbit(uniform(_CUBE), "Ih"), None, ("rhombihedron",)),
    CompoundEntry("compound of two dual tetrahedra", lambda: _dual_pair(_TETRAHEDRON)),
    CompoundEntry(
        "compound of small stellated dodecahedron and great dodecahedron", lambda: _dual_pair(_SMALL_STELLATED)
    ),
)


@lru_cache(maxsize=32)
def named_compound(name: str) -> Polyhedron:
    """A compound of the list.

    Examples
    --------
    >>> p = named_compound("compound of ten tetrahedra")
    >>> len(p.components), p.group, p.indices.wenninger
    (10, 'Ih', 25)
    """
    entry = next((e for e in COMPOUNDS if e.name == name), None)
    if entry is None:
        raise UnknownNameError(f"there is no compound {name!r}; there are {', '.join(e.name for e in COMPOUNDS)}")
    icosahedron = {23: 3, 24: 47, 25: 22}.get(entry.wenninger or 0)
    indices = Indices(
        wenninger=entry.wenninger,
        crennell=icosahedron,
        du_val=None if icosahedron is None else FIFTY_NINE[icosahedron - 1],
    )
    aliases = entry.aliases if entry.wenninger is None else (f"W{entry.wenninger}", *entry.aliases)
    return compound(entry.build(), entry.name, aliases=aliases, indices=indices)

"""A shape made ready for pictures: triangles, the polygons they belong to, edges that show, colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.shapes import face_geometry, topology
from symmeter.shapes.colours import COLOURINGS, NAMED_COLOURS, PALETTE, kind_colour, linear_colour
from symmeter.shapes.mesh import Mesh
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.rasteriser import MOST_TRIANGLES

__all__ = ["Scene"]

#: Neighbouring polygons whose normals differ by less than this (cosine) show no edge between them.
_FLAT = float(np.cos(np.radians(1.0)))


@dataclass(frozen=True, eq=False, repr=False)
class Scene:
    """Geometry that many pictures share.

    Attributes
    ----------
    name : str
    vertices : array of shape (n, 3)
    triangles : array of shape (t, 3)
    polygon : array of shape (t,)
        The polygon of each triangle.
    normals : array of shape (p, 3)
        Of the polygons.
    kinds : tuple of str
        "3", "5/2" ... of the face that each polygon is (a part of).
    parts : array of shape (p,)
        The component of a compound that each polygon belongs to.
    edges : array of shape (m, 2)
        Those between polygons of different planes, and borders.
    sides : array of shape (s, 2)
        (edge, polygon) for each polygon at each edge.
    closed : bool
        Whether the surface is watertight, so that backs of polygons are never seen.
    centre : array of shape (3,)
    radius : float
    bodies : bool
        Whether it is the surface of a body, so that planes tell more than kinds of polygons.

    Examples
    --------
    >>> Scene.of("cube")
    Scene(cube, 12 triangles, 12 edges)
    """

    name: str
    vertices: Float[np.ndarray, "n 3"]
    triangles: Int[np.ndarray, "t 3"]
    polygon: Int[np.ndarray, " t"]
    normals: Float[np.ndarray, "p 3"]
    kinds: tuple[str, ...]
    parts: Int[np.ndarray, " p"]
    edges: Int[np.ndarray, "m 2"]
    sides: Int[np.ndarray, "s 2"]
    closed: bool
    centre: Float[np.ndarray, " 3"]
    radius: float
    bodies: bool

    def __repr__(self) -> str:
        return f"Scene({self.name}, {len(self.triangles)} triangles, {len(self.edges)} edges)"

    @classmethod
    def of(cls, shape: str | Polyhedron | Mesh | Scene) -> Scene:
        """Prepare a shape; of a polyhedron whose faces cross, the surface that one sees.

        Parameters
        ----------
        shape : str, Polyhedron, Mesh or Scene
            A name is looked up by :func:`symmeter.shapes.poly`; a scene is returned as it is.

        Raises
        ------
        InputTypeError, UnknownNameError
        InputError
            If there is nothing to draw, or more than eight million triangles.
        """
        if isinstance(shape, Scene):
            return shape
        if isinstance(shape, str):
            return _named(shape)
        if isinstance(shape, Polyhedron):
            mesh = shape.mesh(visible=True)
            faces = _faces_of_pieces(shape, mesh)
            part_of_face = np.zeros(shape.F, np.int64)
            if shape.is_compound:
                for k, piece in enumerate(shape.components):
                    part_of_face[list(piece)] = k
            kinds = tuple(shape.face_kinds[i] for i in faces.tolist())
            bodies = shape.is_solid_surface or (not shape.is_convex and len(set(kinds)) == 1)
            return cls._made(mesh, kinds, part_of_face[faces], bodies, mesh.vertices.mean(axis=0))
        if isinstance(shape, Mesh):
            kinds = tuple(str(len(f)) for f in shape.faces)
            parts = np.zeros(len(kinds), np.int64)
            for k, piece in enumerate(topology.components(shape.faces) if len(kinds) < 10**5 else ()):
                parts[list(piece)] = k
            corners = shape.vertices[np.unique(np.concatenate([*map(np.array, shape.faces), np.empty(0, int)]))]
            middle = (corners.max(axis=0) + corners.min(axis=0)) / 2 if len(corners) else np.zeros(3)
            return cls._made(shape, kinds, parts, True, middle)
        raise InputTypeError(
            f"a picture is made of a polyhedron, a mesh or a name; got {type(shape).__name__}. For points, draw "
            "poly(...) or read_mesh(...)"
        )

    @classmethod
    def _made(cls, mesh: Mesh, kinds: tuple[str, ...], parts: np.ndarray, bodies: bool, centre: np.ndarray) -> Scene:
        if not mesh.faces:
            raise InputError(f"{mesh.name} has no faces, so there is nothing to draw")
        whole = mesh.triangulated()
        if len(whole.faces) > MOST_TRIANGLES:
            raise InputError(
                f"{mesh.name} has {len(whole.faces)} triangles; pictures are made of {MOST_TRIANGLES} at most"
            )
        normals, _ = face_geometry.face_planes(mesh.vertices, mesh.faces)
        edges, sides = _edges_that_show(mesh, normals)
        used = np.unique(np.array(whole.faces))
        radius = float(np.linalg.norm(whole.vertices[used] - centre, axis=1).max())
        if not radius > 0:
            raise InputError(f"{mesh.name} is a single point, so there is nothing to draw")
        return cls(
            mesh.name,
            whole.vertices,
            np.array(whole.faces, np.int64),
            _owners(mesh, whole),
            normals,
            kinds,
            parts,
            edges,
            sides,
            mesh.is_watertight,
            centre,
            radius,
            bodies,
        )

    def colours(self, colouring: str) -> Float[np.ndarray, "p 3"]:
        """Colour of each polygon in linear light: by kind, part or plane, or one colour for all.

        ``"auto"`` colours the parts of compounds, the planes of stellations and of stars with one kind of face, and
        else the kinds of faces.
        """
        if colouring == "auto":
            colouring = "part" if self.parts.max() > 0 else "plane" if self.bodies else "kind"
        if colouring == "kind":
            table = {k: linear_colour(kind_colour(k)) for k in set(self.kinds)}
            return np.array([table[k] for k in self.kinds])
        if colouring in ("part", "plane"):
            number = self.parts if colouring == "part" else _plane_numbers(self.normals)
            return np.array([linear_colour(c) for c in PALETTE])[number % len(PALETTE)]
        try:
            one = linear_colour(colouring)
        except UnknownNameError:
            near = nearest_name(colouring, [*COLOURINGS, *NAMED_COLOURS])
            known = f"{', '.join(COLOURINGS)}, #rrggbb or a name such as {', '.join(list(NAMED_COLOURS)[5:9])}"
            right = f"did you mean {near}?" if near else f"use {known}"
            raise UnknownNameError(f"no colouring is called {colouring!r}; {right}") from None
        return np.tile(one, (len(self.normals), 1))

    def facing(self, eye: Float[np.ndarray, " 3"] | None, direction: Float[np.ndarray, " 3"]) -> Bool[np.ndarray, " p"]:
        """Which polygons turn their front to an eye at a place, or, without one, to a far away one."""
        if eye is None:
            return self.normals @ direction > 0
        corner = np.empty(len(self.normals), np.int64)
        corner[self.polygon] = self.triangles[:, 0]
        return (self.normals * (eye - self.vertices[corner])).sum(axis=1) > 0


@lru_cache(maxsize=128)
def _named(name: str) -> Scene:
    from symmeter.shapes.catalogue import poly

    return Scene.of(poly(name))


def _plane_numbers(normals: np.ndarray) -> np.ndarray:
    """Parallel planes have the same number; numbers in the order in which planes occur."""
    rounded = np.round(normals, 6) + 0.0
    lead = np.argmax(np.abs(rounded) > 1e-5, axis=1)
    signs = np.sign(rounded[np.arange(len(normals)), lead])
    _, first, number = np.unique(rounded * signs[:, None], axis=0, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[number.reshape(-1)]


def _owners(mesh: Mesh, whole: Mesh) -> np.ndarray:
    """The polygon of each triangle: they come in the order of the polygons."""
    counts = []
    at = 0
    for f in mesh.faces:
        # Star polygons have one triangle a side, about a corner of their own.
        star = len(f) > 3 and max(whole.faces[at]) >= len(mesh.vertices)
        counts.append(len(f) if star else len(f) - 2)
        at += counts[-1]
    return np.repeat(np.arange(len(mesh.faces)), counts)


def _edges_that_show(mesh: Mesh, normals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    directed = topology.directed_edges(mesh.faces)
    ends = np.sort(directed[:, :2], axis=1)
    edges, where = np.unique(ends, axis=0, return_inverse=True)
    where = where.reshape(-1)
    sides = np.stack([where, directed[:, 2]], axis=1)
    counts = np.bincount(where, minlength=len(edges))
    # Of edges with two polygons the two normals: an edge shows where they differ.
    order = np.argsort(where, kind="stable")
    first = np.cumsum(counts) - counts
    double = np.flatnonzero(counts == 2)
    i, j = sides[order[first[double]], 1], sides[order[first[double] + 1], 1]
    shows = np.ones(len(edges), bool)
    shows[double] = (normals[i] * normals[j]).sum(axis=1) < _FLAT
    number = np.cumsum(shows) - 1
    kept = sides[shows[where]]
    return edges[shows], np.stack([number[kept[:, 0]], kept[:, 1]], axis=1)


def _faces_of_pieces(p: Polyhedron, mesh: Mesh) -> np.ndarray:
    """For each polygon of the visible surface the face of the polyhedron that it is a part of."""
    if mesh.faces == p.faces:
        return np.arange(p.F)
    from symmeter.shapes.frames import plane_axes
    from symmeter.shapes.planar_subdivision import winding_numbers

    normals, offsets = p.planes
    scale = float(np.abs(p.vertices).max())
    mine, distance = face_geometry.face_planes(mesh.vertices, mesh.faces)
    whole = mesh.triangulated()
    first = np.unique(_owners(mesh, whole), return_index=True)[1]
    inner = whole.vertices[np.array(whole.faces)[first]].mean(axis=1)
    along = mine @ normals.T
    same = (np.abs(np.abs(along) - 1) < 1e-7) & (np.abs(np.sign(along) * offsets - distance[:, None]) < 1e-6 * scale)
    found = np.argmax(same, axis=1)
    kinds, parts = p.face_kinds, np.zeros(p.F, int)
    for k, piece in enumerate(p.components):
        parts[list(piece)] = k
    for i in range(len(mesh.faces)):
        candidates = np.flatnonzero(same[i])
        if len({(kinds[c], parts[c]) for c in candidates}) < 2:
            continue
        axes = plane_axes(mine[i])
        for c in candidates.tolist():
            if winding_numbers(p.vertices[list(p.faces[c])] @ axes, (inner[i] @ axes)[None])[0] != 0:
                found[i] = c
                break
    return found

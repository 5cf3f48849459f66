"""One immutable value for every solid: vertices, faces (star polygons with their winding), names and numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError
from symmeter.shapes import face_geometry, topology
from symmeter.shapes.indices import Indices

if TYPE_CHECKING:
    from symmeter.shapes.mesh import Mesh
    from symmeter.shapes.quadratic_field import Quadratic

__all__ = ["DihedralAngle", "Polyhedron"]


@dataclass(frozen=True)
class DihedralAngle:
    """A dihedral angle and how often it occurs: degrees, number of edges, sizes of the two faces."""

    degrees: float
    count: int
    faces: tuple[str, str]


@dataclass(frozen=True, eq=False, repr=False)
class Polyhedron:
    """A polyhedron, star polyhedron or compound, centred at the origin.

    Made by :func:`symmeter.shapes.poly`.

    Parameters
    ----------
    vertices : array of shape (V, 3)
        Read-only float64. Solids with regular faces have edges of length 1.
    faces : tuple of tuples of int
        Cycles of vertex numbers. A star polygon is its cycle in the order in which the edges run: a pentagram turns
        twice. Faces of a two-sided surface are oriented, outwards where that has a meaning.
    name, family, aliases, indices
        How people call it.
    is_solid_surface : bool
        Whether the faces are the surface of a body (as of a stellation), rather than faces that may cross.

    Examples
    --------
    >>> from symmeter.shapes import poly
    >>> p = poly("U34")
    >>> p, p.V, p.E, p.F, p.euler, p.density, p.group
    (Polyhedron(small stellated dodecahedron, 12 x 5/2), 12, 30, 12, -6, 3, 'Ih')
    """

    vertices: Float[np.ndarray, "V 3"]
    faces: tuple[tuple[int, ...], ...]
    name: str = "polyhedron"
    family: str = ""
    aliases: tuple[str, ...] = ()
    indices: Indices = field(default_factory=Indices)
    is_solid_surface: bool = False

    def __post_init__(self) -> None:
        vertices = np.array(self.vertices, dtype=np.float64)
        if vertices.ndim != 2 or vertices.shape[1] != 3 or len(vertices) < 4:
            raise ShapeError(f"vertices of a polyhedron have shape (V, 3) with V > 3; got {vertices.shape}")
        if not np.isfinite(vertices).all():
            bad = int(np.flatnonzero(~np.isfinite(vertices).all(axis=1))[0])
            raise InputError(f"vertex {bad} of {self.name} is not finite: {vertices[bad].tolist()}")
        for i, f in enumerate(self.faces):
            if len(f) < 3 or min(f) < 0 or max(f) >= len(vertices):
                raise InputError(f"face {i} of {self.name} is {f}: it needs 3 or more vertices below {len(vertices)}")
        vertices.setflags(write=False)
        object.__setattr__(self, "vertices", vertices)
        object.__setattr__(self, "faces", self._oriented(vertices))

    def _oriented(self, vertices: np.ndarray) -> tuple[tuple[int, ...], ...]:
        try:
            oriented = topology.oriented_faces(self.faces)
        except InputError:
            oriented = None
        if oriented is None:
            return tuple(tuple(f) for f in self.faces)
        turned = set()
        for piece in topology.components(oriented):
            if face_geometry.signed_volume(vertices, [oriented[i] for i in piece]) < -1e-12:
                turned.update(piece)
        return tuple(f[::-1] if i in turned else f for i, f in enumerate(oriented))

    def __repr__(self) -> str:
        parts = ", ".join(f"{n} x {k}" for k, n in self.face_counts.items())
        return f"Polyhedron({self.name}, {parts})"

    @property
    def V(self) -> int:
        """Number of vertices."""
        return len(self.vertices)

    @property
    def E(self) -> int:
        """Number of edges."""
        return len(self.edges)

    @property
    def F(self) -> int:
        """Number of faces."""
        return len(self.faces)

    @cached_property
    def edges(self) -> Int[np.ndarray, "E 2"]:
        """Sorted pairs of vertex numbers."""
        return topology.edges_of(self.faces)

    @property
    def euler(self) -> int:
        """Euler characteristic V - E + F."""
        return self.V - self.E + self.F

    @cached_property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """Face numbers of each connected piece: more than one for a compound."""
        return topology.components(self.faces)

    @property
    def is_compound(self) -> bool:
        """Whether it consists of several polyhedra; the surface of a body counts as one, in pieces or not."""
        return not self.is_solid_surface and len(self.components) > 1

    @cached_property
    def is_closed(self) -> bool:
        """Whether an even number of faces meets along every edge."""
        return topology.is_closed(self.faces)

    @cached_property
    def is_orientable(self) -> bool:
        """Whether the surface has two sides."""
        return topology.is_oriented(self.faces)

    @property
    def genus(self) -> int | None:
        """Handles of a connected two-sided surface, or cross-caps of a one-sided one; None for compounds."""
        if len(self.components) > 1 or not self._two_faces_at_each_edge:
            return None
        return (2 - self.euler) // 2 if self.is_orientable else 2 - self.euler

    @cached_property
    def _two_faces_at_each_edge(self) -> bool:
        return sum(map(len, self.faces)) == 2 * self.E and self.is_closed

    @cached_property
    def edge_lengths(self) -> Float[np.ndarray, " E"]:
        """Length of each edge."""
        return np.linalg.norm(self.vertices[self.edges[:, 0]] - self.vertices[self.edges[:, 1]], axis=1)

    @cached_property
    def turning_numbers(self) -> Int[np.ndarray, " F"]:
        """How often each face turns around: 2 for a pentagram."""
        return np.abs(face_geometry.turning_numbers(self.vertices, self.faces))

    @cached_property
    def face_kinds(self) -> tuple[str, ...]:
        """ "3", "4", "5/2" ... of each face."""
        return tuple(f"{len(f)}" if t == 1 else f"{len(f)}/{t}" for f, t in zip(self.faces, self.turning_numbers))

    @cached_property
    def face_counts(self) -> dict[str, int]:
        """Number of faces of each kind."""
        counts = Counter(self.face_kinds)
        return {k: counts[k] for k in sorted(counts, key=lambda k: (int(k.split("/")[0]), k))}

    @cached_property
    def circumradius(self) -> float | None:
        """Radius of the sphere through all vertices; None if there is none about the origin."""
        radii = np.linalg.norm(self.vertices, axis=1)
        return float(radii.mean()) if np.ptp(radii) < 1e-8 * radii.max() else None

    @cached_property
    def midradius(self) -> float | None:
        """Radius of the sphere that touches the lines of all edges; None if there is none about the origin."""
        a, b = self.vertices[self.edges[:, 0]], self.vertices[self.edges[:, 1]]
        radii = np.linalg.norm(np.cross(a, b), axis=1) / self.edge_lengths
        return float(radii.mean()) if np.ptp(radii) < 1e-8 * max(1e-8, radii.max()) else None

    @cached_property
    def planes(self) -> tuple[Float[np.ndarray, "F 3"], Float[np.ndarray, " F"]]:
        """Unit normals n and offsets d of the planes n . x = d of the faces."""
        return face_geometry.face_planes(self.vertices, self.faces)

    @cached_property
    def inradius(self) -> float | None:
        """Radius of the sphere that touches the planes of all faces; None if there is none about the origin."""
        radii = np.abs(self.planes[1])
        return float(radii.mean()) if np.ptp(radii) < 1e-8 * max(1e-8, radii.max()) else None

    @cached_property
    def is_hemipolyhedron(self) -> bool:
        """Whether the plane of some face passes through the centre."""
        return bool(np.abs(self.planes[1]).min() < 1e-9 * np.abs(self.vertices).max())

    @cached_property
    def is_convex(self) -> bool:
        """Whether it is a convex body with all its faces."""
        return not self.is_compound and face_geometry.is_convex(self.vertices, self.faces)

    @cached_property
    def density(self) -> int | None:
        """How often the faces wind around the centre; None for one-sided surfaces and faces through the centre."""
        if not self.is_orientable:
            return None
        found = face_geometry.density(self.vertices, self.faces)
        return None if found is None else abs(found)

    @cached_property
    def volume(self) -> float | None:
        """Volume, parts that are enclosed several times counted as often; None for one-sided surfaces.

        The body that one sees has the volume of ``mesh(visible=True)``.
        """
        return abs(face_geometry.signed_volume(self.vertices, self.faces)) if self.is_orientable else None

    @cached_property
    def dihedral_angles(self) -> tuple[DihedralAngle, ...]:
        """The different angles between neighbouring faces, the largest first; above 180 only on surfaces of bodies."""
        body = self.is_solid_surface or self.is_convex
        _, angles, pairs = face_geometry.dihedral_angles(self.vertices, self.faces, through_inside=body)
        kinds = self.face_kinds
        found: dict[tuple[float, str, str], list[float]] = {}
        for x, (i, j) in zip(np.degrees(angles).tolist(), pairs.tolist()):
            k, m = sorted((kinds[i], kinds[j]))
            found.setdefault((round(x, 6), k, m), []).append(x)
        return tuple(
            DihedralAngle(sum(xs) / len(xs), len(xs), (k, m)) for (_, k, m), xs in sorted(found.items(), reverse=True)
        )

    @cached_property
    def _own(self) -> tuple[np.ndarray, np.ndarray]:
        from symmeter.shapes.own_operations import own_operations

        return own_operations(self.vertices, self.faces)

    @property
    def operations(self) -> Float[np.ndarray, "g 3 3"]:
        """All rotations and reflections that map the vertices and the faces onto themselves."""
        return self._own[0]

    @cached_property
    def generators(self) -> Float[np.ndarray, "k 3 3"]:
        """A few operations that generate the group: none for a group of one."""
        from symmeter.shapes.own_operations import generating_elements

        return self.operations[generating_elements(self.permutations)]

    @property
    def permutations(self) -> Int[np.ndarray, "g V"]:
        """Where each operation takes each vertex."""
        return self._own[1]

    @cached_property
    def group(self) -> str:
        """Schoenflies symbol of the group of all operations."""
        from symmeter.groups.point_groups import point_group_symbol

        return point_group_symbol(self.operations)

    @property
    def is_chiral(self) -> bool:
        """Whether it differs from its mirror image."""
        return bool((np.linalg.det(self.operations) > 0).all())

    @property
    def wythoff(self) -> str | None:
        """Wythoff symbol of a uniform polyhedron."""
        return self.indices.wythoff

    @property
    def vertex_configuration(self) -> str | None:
        """Faces around a vertex of a uniform polyhedron, such as "3.4.4.4"."""
        return self.indices.vertex_configuration

    @cached_property
    def exact_vertices(self) -> tuple[tuple[Quadratic, Quadratic, Quadratic], ...] | None:
        """Coordinates as numbers a + b sqrt(d), proven by exact arithmetic; None where they are of another kind."""
        from symmeter.shapes.exact_coordinates import exact_vertices

        return exact_vertices(self)

    def dual(self) -> Polyhedron:
        """Polar reciprocal about the midsphere.

        Raises
        ------
        InputError
            If a face passes through the centre: its vertex would be at infinity, see
            :func:`symmeter.shapes.projective_dual`.
        """
        from symmeter.shapes.duals import dual

        return dual(self)

    def canonical(self) -> Polyhedron:
        """The form of a convex polyhedron whose edges touch the unit sphere, their mean point of contact its centre."""
        from symmeter.shapes.canonical_form import canonical_form

        return canonical_form(self)

    def mirror(self) -> Polyhedron:
        """The mirror image: the twin of a chiral solid."""
        flipped = self.vertices * np.array([-1.0, 1.0, 1.0])
        faces = tuple(f[::-1] for f in self.faces)
        return replace(self, vertices=flipped, faces=faces, name=f"{self.name} (mirror image)", aliases=())

    def scaled(self, factor: float) -> Polyhedron:
        """Larger or smaller by a factor above 0."""
        if not 0 < factor < float("inf"):
            raise InputError(f"{self.name} cannot be scaled by {factor}; take a number above 0")
        return replace(self, vertices=self.vertices * factor)

    def mesh(self, visible: bool = False) -> Mesh:
        """The faces as a mesh, or the surface that one sees from outside.

        Parameters
        ----------
        visible : bool
            Cut all faces along their intersections and keep what can be reached from outside: a watertight mesh.
            A star polygon counts as filled, its core included.
        """
        from symmeter.shapes.mesh import Mesh

        if not visible or self.is_convex or self.is_solid_surface:
            return Mesh(self.vertices, self.faces, self.name)
        return self._visible

    @cached_property
    def _visible(self) -> Mesh:
        from symmeter.shapes.surface_cutting import visible_surface

        return visible_surface(self.vertices, self.faces, self.operations, self.name)

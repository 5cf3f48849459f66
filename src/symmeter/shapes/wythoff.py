"""Wythoff's kaleidoscopic construction of uniform polyhedra from a symbol such as "3|2 5/2" or "|2 3 4".

The corners of a Schwarz triangle are P1, P2, P3 with angles pi/p, pi/q, pi/r; mirror i lies opposite corner i. Edges
have length one, the centre is the origin, and the axes are those of ``symmeter.shapes.frames``.

References
----------
H. S. M. Coxeter, M. S. Longuet-Higgins, J. C. P. Miller, Uniform polyhedra (1954); Z. Har'El, Uniform solution for
uniform polyhedra (1993).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import cos, pi

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.shapes.frames import reflection, rotation_to_setting, symmetry_matrices

__all__ = ["Faces", "SchwarzTriangle", "WythoffSymbol", "nearest_vertices", "orbit_of_cycle", "wythoff"]

#: Faces as cycles of vertex numbers.
Faces = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class WythoffSymbol:
    """A parsed symbol: the numbers before and after the bar, and the fourth one of "p q (r s)|".

    Examples
    --------
    >>> WythoffSymbol.parse("3 | 2 5/2")
    WythoffSymbol(before=(Fraction(3, 1),), after=(Fraction(2, 1), Fraction(5, 2)), alternative=None)
    """

    before: tuple[Fraction, ...]
    after: tuple[Fraction, ...]
    alternative: Fraction | None = None

    @classmethod
    def parse(cls, text: str) -> WythoffSymbol:
        """Read a symbol; numbers are fractions above 1."""
        number = r"\d{1,4}(?:/\d{1,4})?"
        shape = rf"\s*((?:{number}\s*)*)(?:\(\s*({number})\s+({number})\s*\)\s*)?\|\s*((?:{number}\s*)*)"
        found = re.fullmatch(shape, text)
        before = [] if found is None else found[1].split()
        after = [] if found is None else found[4].split()
        if found is not None and found[2]:
            before.append(found[2])
        if found is None or len(before) + len(after) != 3 or (found[2] and after):
            raise InputError(f"{text!r} is no Wythoff symbol; write three numbers and a bar, such as '3|2 5/2'")
        try:
            values = [Fraction(x) for x in (*before, *after, *([found[3]] if found[2] else []))]
        except ZeroDivisionError:
            values = [Fraction(0)]
        if min(values) <= 1:
            raise InputError(f"{text!r}: the numbers of a Wythoff symbol are fractions above 1")
        k = len(before)
        return cls(tuple(values[:k]), tuple(values[k:3]), values[3] if len(values) > 3 else None)

    @property
    def numbers(self) -> tuple[Fraction, Fraction, Fraction]:
        """p, q, r."""
        p, q, r = (*self.before, *self.after)
        return p, q, r


@dataclass(frozen=True, eq=False)
class SchwarzTriangle:
    """The three mirrors, the corners, and the group that they generate, in the setting of the library."""

    numbers: tuple[Fraction, Fraction, Fraction]
    symbol: str
    normals: Float[np.ndarray, "3 3"]
    corners: Float[np.ndarray, "3 3"]

    @classmethod
    def of(cls, p: Fraction, q: Fraction, r: Fraction) -> SchwarzTriangle:
        """The triangle with angles pi/p, pi/q, pi/r.

        Raises
        ------
        InputError
            If no triangle on the sphere has these angles, or if its mirrors generate no polyhedral group.
        """
        c = [cos(pi / float(x)) for x in (r, q, p)]
        gram = np.array([[1, -c[0], -c[1]], [-c[0], 1, -c[2]], [-c[1], -c[2], 1]])
        values, vectors = np.linalg.eigh(gram)
        if values[0] < 1e-9:
            raise InputError(
                f"({p} {q} {r}) is no triangle on a sphere: its Gram matrix has the eigenvalue {values[0]:.3g}; "
                "the angles pi/p, pi/q, pi/r must add up to more than pi and satisfy the triangle inequalities"
            )
        normals = (vectors * np.sqrt(values)) @ vectors.T
        symbol = _group_of((p, q, r))
        corners = _corners(normals)
        turn = rotation_to_setting(symbol, *_neighbouring_axes(symbol, (p, q, r), normals, corners))
        normals = normals @ turn.T
        return cls((p, q, r), symbol, normals, _corners(normals))

    @property
    def mirrors(self) -> Float[np.ndarray, "3 3 3"]:
        """The three reflections."""
        return np.array([reflection(n) for n in self.normals])

    def through(self, corner: int) -> tuple[np.ndarray, np.ndarray]:
        """The mirrors a, b through a corner, in the order in which R_a R_b turns about it."""
        m = self.mirrors
        return m[(corner + 1) % 3], m[(corner + 2) % 3]


def _group_of(numbers: tuple[Fraction, ...]) -> str:
    tops = sorted(x.numerator for x in numbers)
    known = {
        "Td": [[2, 3, 3], [3, 3, 3]],
        "Oh": [[2, 3, 4], [3, 4, 4], [2, 4, 4], [4, 4, 4]],
        "Ih": [[2, 3, 5], [2, 5, 5], [3, 3, 5], [3, 5, 5], [5, 5, 5]],
    }
    for symbol, lists in known.items():
        if tops in lists:
            return symbol
    text = " ".join(map(str, numbers))
    raise InputError(f"({text}) is no Schwarz triangle of a polyhedral group; prisms are made by prism(n)")


def _corners(normals: np.ndarray) -> np.ndarray:
    raw = np.cross(normals[[1, 2, 0]], normals[[2, 0, 1]])
    raw *= np.sign((raw * normals).sum(1))[:, None]
    return raw / np.linalg.norm(raw, axis=1)[:, None]


def _neighbouring_axes(symbol: str, numbers, normals: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two axes of the highest order at the angle that neighbours have in the setting."""
    top = {"Td": 3, "Oh": 4, "Ih": 5}[symbol]
    axis = corners[[x.numerator for x in numbers].index(top)]
    wanted = {"Td": -1 / 3, "Oh": 0.0, "Ih": 5**-0.5}[symbol]
    mirrors = [reflection(n) for n in normals]
    for length in (1, 2, 3):
        for word in product(mirrors, repeat=length):
            image = axis
            for m in word:
                image = m @ image
            if symbol == "Ih" and axis @ image < 0:
                image = -image
            if abs(axis @ image - wanted) < 1e-6:
                return axis, image
    raise AssertionError("no neighbouring axis")


def wythoff(
    symbol: str | WythoffSymbol, circumradius: float | None = None
) -> tuple[Float[np.ndarray, "n 3"], Faces, str]:
    """Vertices (unit edges), faces and kaleidoscopic group of the uniform polyhedron with a Wythoff symbol.

    Parameters
    ----------
    symbol : str or WythoffSymbol
        "p|q r", "p q|r", "p q r|", "p q (r s)|" or "|p q r".
    circumradius : float, optional
        The wanted one, for unit edges: snub symbols have several solutions.

    Raises
    ------
    InputError
        If the triangle is not spherical, or the snub equations have no real solution.

    Examples
    --------
    >>> vertices, faces, group = wythoff("3|2 5/2")
    >>> len(vertices), len(faces), len(faces[0]), group
    (20, 12, 5, 'Ih')
    """
    s = WythoffSymbol.parse(symbol) if isinstance(symbol, str) else symbol
    triangle = SchwarzTriangle.of(*s.numbers)
    if not s.before:
        from symmeter.shapes.snub import snub

        vertices, faces = snub(triangle, circumradius)
        return vertices, faces, triangle.symbol[0]
    v = _generating_point(triangle, len(s.before))
    cycles = [c for corner in range(3) if not (s.alternative and corner == 2) for c in _cycles_at(triangle, corner, v)]
    vertices, faces = orbit_of_cycle(symmetry_matrices(triangle.symbol), v, cycles)
    edge = np.linalg.norm(vertices[faces[0][0]] - vertices[faces[0][1]])
    return vertices / edge, faces, triangle.symbol


def _generating_point(triangle: SchwarzTriangle, before: int) -> np.ndarray:
    """The point whose images are the vertices: at a corner, on a side, or inside the triangle."""
    n1, n2, n3 = triangle.normals
    if before == 1:
        return triangle.corners[0]
    v = np.cross(n3, n1 - n2) if before == 2 else np.cross(n1 - n2, n2 - n3)
    v = v * np.sign(v @ (n1 + n2))
    return v / np.linalg.norm(v)


def _cycles_at(triangle: SchwarzTriangle, corner: int, v: np.ndarray) -> list[np.ndarray]:
    """The face about a corner as points, once around; none if it is a point or a digon."""
    a, b = triangle.through(corner)
    m = triangle.numbers[corner].numerator
    on_a, on_b = (np.abs(x @ v - v).max() < 1e-9 for x in (a, b))
    if on_a and on_b:
        return []
    step = a @ b
    points, x = [], np.eye(3)
    for _ in range(m):
        points.append(x @ v)
        if not (on_a or on_b):
            points.append(x @ a @ v)
        x = x @ step
    cycle = np.array(points)
    period = next(k for k in range(1, len(cycle) + 1) if np.abs(cycle - np.roll(cycle, -k, axis=0)).max() < 1e-9)
    return [cycle[:period]] if period > 2 else []


def nearest_vertices(vertices: Float[np.ndarray, "n 3"], points: Float[np.ndarray, "... 3"]) -> np.ndarray:
    """Number of the vertex at each point."""
    flat = points.reshape(-1, 3)
    squared = (vertices**2).sum(1) - 2 * flat @ vertices.T
    return squared.argmin(1).reshape(points.shape[:-1])


def orbit_of_cycle(
    group: Float[np.ndarray, "g 3 3"], start: Float[np.ndarray, " 3"], cycles: list[np.ndarray]
) -> tuple[Float[np.ndarray, "n 3"], Faces]:
    """Vertices and faces that a group makes of one vertex and some cycles of points; equal ones are merged."""
    images = group @ start
    same = ((images[:, None] - images[None]) ** 2).sum(-1) < 1e-14
    vertices = images[np.unique(same.argmax(1))]
    faces: dict[tuple[int, ...], None] = {}
    for cycle in cycles:
        numbers = nearest_vertices(vertices, np.einsum("gij,kj->gki", group, cycle))
        for face in distinct_cycles(numbers):
            faces.setdefault(face)
    return vertices, tuple(faces)


def distinct_cycles(numbers: np.ndarray) -> list[tuple[int, ...]]:
    """Cycles with the smallest number first and its smaller neighbour second, each once."""
    width = numbers.shape[1]
    order = (numbers.argmin(1)[:, None] + np.arange(width)) % width
    forward = np.take_along_axis(numbers, order, 1)
    backward = np.concatenate([forward[:, :1], forward[:, :0:-1]], axis=1)
    turned = np.where((forward[:, 1] <= forward[:, -1])[:, None], forward, backward)
    return [tuple(row) for row in np.unique(turned, axis=0).tolist()]

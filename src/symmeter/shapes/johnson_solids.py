"""The 92 Johnson solids: convex, all faces regular, not uniform.

Each is put together from pyramids, cupolas, rotundas, prisms and antiprisms, or by cutting and turning caps of uniform
solids; nine are sporadic and start from one vertex of each class under their group. The faces are those of the convex
hull, and a Gauss-Newton polish brings edges and planes to rounding error.

References
----------
N. W. Johnson, Convex polyhedra with regular faces (1966); V. A. Zalgaller (1967).
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError
from symmeter.shapes.convex_hull import hull_faces
from symmeter.shapes.frames import GOLDEN
from symmeter.shapes.indices import Indices
from symmeter.shapes.johnson_names import JOHNSON_NAMES
from symmeter.shapes.johnson_pieces import cap_on_face, ring, stack, turned
from symmeter.shapes.polyhedron import Polyhedron
from symmeter.shapes.regular_polish import polished
from symmeter.shapes.wythoff import wythoff

__all__ = ["johnson"]

Points = Float[np.ndarray, "n 3"]

#: Cap above, n, band, cap below, turn of the lower cap in units of pi / n.
_STACKS: dict[int, tuple[str, int, str, str, float]] = {
    1: ("pyramid", 4, "", "", 0),
    2: ("pyramid", 5, "", "", 0),
    3: ("cupola", 3, "", "", 0),
    4: ("cupola", 4, "", "", 0),
    5: ("cupola", 5, "", "", 0),
    6: ("rotunda", 5, "", "", 0),
    **{6 + n - 2: ("pyramid", n, "prism", "", 0) for n in (3, 4, 5)},
    10: ("pyramid", 4, "antiprism", "", 0),
    11: ("pyramid", 5, "antiprism", "", 0),
    12: ("pyramid", 3, "", "pyramid", 0),
    13: ("pyramid", 5, "", "pyramid", 0),
    **{11 + n: ("pyramid", n, "prism", "pyramid", 0) for n in (3, 4, 5)},
    17: ("pyramid", 4, "antiprism", "pyramid", 0),
    **{15 + n: ("cupola", n, "prism", "", 0) for n in (3, 4, 5)},
    21: ("rotunda", 5, "prism", "", 0),
    **{19 + n: ("cupola", n, "antiprism", "", 0) for n in (3, 4, 5)},
    25: ("rotunda", 5, "antiprism", "", 0),
    27: ("cupola", 3, "", "cupola", 0),
    28: ("cupola", 4, "", "cupola", 0),
    29: ("cupola", 4, "", "cupola", 1),
    30: ("cupola", 5, "", "cupola", 0),
    31: ("cupola", 5, "", "cupola", 1),
    # The end pentagons point the same way: the squares of the cupola meet the triangles of the rotunda.
    32: ("rotunda", 5, "", "cupola", 0),
    33: ("rotunda", 5, "", "cupola", 1),
    34: ("rotunda", 5, "", "rotunda", 0),
    35: ("cupola", 3, "prism", "cupola", 0),
    36: ("cupola", 3, "prism", "cupola", 1),
    37: ("cupola", 4, "prism", "cupola", 1),
    38: ("cupola", 5, "prism", "cupola", 0),
    39: ("cupola", 5, "prism", "cupola", 1),
    40: ("rotunda", 5, "prism", "cupola", 0),
    41: ("rotunda", 5, "prism", "cupola", 1),
    42: ("rotunda", 5, "prism", "rotunda", 0),
    43: ("rotunda", 5, "prism", "rotunda", 1),
    **{41 + n: ("cupola", n, "antiprism", "cupola", 0) for n in (3, 4, 5)},
    47: ("rotunda", 5, "antiprism", "cupola", 0),
    48: ("rotunda", 5, "antiprism", "rotunda", 0),
}

#: Prism, and the sides that carry a pyramid.
_AUGMENTED_PRISMS = {
    49: (3, (0,)),
    50: (3, (0, 1)),
    51: (3, (0, 1, 2)),
    52: (5, (0,)),
    53: (5, (0, 2)),
    54: (6, (0,)),
    55: (6, (0, 3)),
    56: (6, (0, 2)),
    57: (6, (0, 2, 4)),
}

#: Fivefold axes no two of which are neighbours: two opposite ones, or three at 116.6 degrees.
_OPPOSITE = np.array([[0, 1, GOLDEN], [0, -1, -GOLDEN]])
_APART = np.array([[0, 1, GOLDEN], [GOLDEN, 0, -1], [-1, -GOLDEN, 0]])

#: Wythoff symbol, size of the face, kind of cap, axes of the faces that carry one.
_AUGMENTED = {
    58: ("3|2 5", 5, "pyramid", _OPPOSITE[:1]),
    59: ("3|2 5", 5, "pyramid", _OPPOSITE),
    60: ("3|2 5", 5, "pyramid", _APART[:2]),
    61: ("3|2 5", 5, "pyramid", _APART),
    65: ("2 3|3", 6, "cupola", np.array([[1.0, 1, 1]])),
    66: ("2 3|4", 8, "cupola", np.array([[0.0, 0, 1]])),
    67: ("2 3|4", 8, "cupola", np.array([[0.0, 0, 1], [0, 0, -1]])),
    68: ("2 3|5", 10, "cupola", _OPPOSITE[:1]),
    69: ("2 3|5", 10, "cupola", _OPPOSITE),
    70: ("2 3|5", 10, "cupola", _APART[:2]),
    71: ("2 3|5", 10, "cupola", _APART),
}

#: Rhombicosidodecahedra: axes of the caps that are turned by 36 degrees, and of those that are cut off.
_NONE = _APART[:0]
_GYRATE = {
    72: (_OPPOSITE[:1], _NONE),
    73: (_OPPOSITE, _NONE),
    74: (_APART[:2], _NONE),
    75: (_APART, _NONE),
    76: (_NONE, _OPPOSITE[:1]),
    77: (_OPPOSITE[:1], _OPPOSITE[1:]),
    78: (_APART[:1], _APART[1:2]),
    79: (_APART[:2], _APART[2:]),
    80: (_NONE, _OPPOSITE),
    81: (_NONE, _APART[:2]),
    82: (_APART[:1], _APART[1:]),
    83: (_NONE, _APART),
}

#: A vertex of each class under a group about the z axis that holds the mirror x = 0; edges of length 1.
_SPORADIC: dict[int, tuple[str, tuple[tuple[float, float, float], ...]]] = {
    84: ("D2d", ((0.5, 0, -0.783930924233), (0.644584273224, 0, 0.205561565853))),
    85: ("D4d", ((0.707106781187, 0, -0.676868509031), (1.213205545866, 0, 0.185607021282))),
    86: (
        "C2v",
        (
            (0, 0.5, -0.650253587899),
            (0.789427626661, 0, -0.294158063827),
            (0.5, 0.852726942846, 0.140684907681),
            (0.5, 0, 0.663041836364),
        ),
    ),
    88: (
        "C2v",
        (
            (0, 0.5, 0.90337078377),
            (0.594633335633, 0.5, 0.099373771242),
            (0, 1.283102338831, 0.281477925701),
            (0.5, 0, -0.76146566314),
            (0, 0.854743082489, -0.622130588815),
        ),
    ),
    89: (
        "C2v",
        (
            (0.5, 0.5, -0.853947634843),
            (0.5, 0.716844815713, 0.122258452978),
            (1.101296042047, 0, -0.230695623359),
            (0, 0.5, 0.960696480442),
            (0.835659071722, 0, 0.733377506645),
        ),
    ),
    90: (
        "D2d",
        ((0.5, 0, -1.10443794208), (0.767131113983, 0.5, 0.462947603915), (1.126483147079, 0, -0.32500297595)),
    ),
    91: ("D2h", ((0.809016994375, 0.5, 0.5), (0.5, 1.309016994375, 0), (0, 0, 0.809016994375))),
    92: (
        "C3v",
        (
            (0, 0.57735026919, 0.851986358941),
            (0.5, 1.222847493558, 0.274636089751),
            (1.309016994375, 0.755761314076, -0.082186000022),
            (1, 0, -0.659536269211),
        ),
    ),
}


@lru_cache(maxsize=128)
def johnson(number: int) -> Polyhedron:
    """The Johnson solid with a number from 1 to 92; edges of length 1, the mean of the vertices at the origin.

    Examples
    --------
    >>> p = johnson(44)
    >>> p.name, p.group, p.is_convex, p.V, p.E, p.F
    ('gyroelongated triangular bicupola', 'D3', True, 18, 42, 26)
    """
    if number not in JOHNSON_NAMES:
        raise UnknownNameError(f"there is no Johnson solid J{number}; they run from J1 to J92")
    points = _points(number)
    points = points - points.mean(axis=0)
    faces = hull_faces(points, tolerance=1e-6)
    vertices, misfit = polished(points, faces)
    if misfit > 1e-13:
        raise AssertionError(f"J{number} does not close: an edge or face is off by {misfit:.1e}")
    vertices = vertices - vertices.mean(axis=0)
    name, *aliases = JOHNSON_NAMES[number]
    return Polyhedron(vertices, faces, name, "johnson", (f"J{number}", *aliases), Indices(johnson=number))


def _points(number: int) -> Points:
    if number in _STACKS:
        top, n, band, bottom, turn = _STACKS[number]
        return stack(top, n, band, bottom, turn * pi / n)
    if number in _AUGMENTED_PRISMS:
        n, sides = _AUGMENTED_PRISMS[number]
        prism = np.concatenate([ring(n, 0.5), ring(n, -0.5)])
        faces = [prism[[i, (i + 1) % n, n + (i + 1) % n, n + i]] for i in sides]
        return np.concatenate([prism, *(cap_on_face(f, np.zeros(3)) for f in faces)])
    if number in _AUGMENTED:
        return _augmented(*_AUGMENTED[number])
    if number in _GYRATE:
        return _gyrate(*_GYRATE[number])
    if number in _SPORADIC:
        return _sporadic(*_SPORADIC[number])
    if number == 26:
        square = np.array([[x, y, 0.0] for x in (-0.5, 0.5) for y in (-0.5, 0.5)])
        h = sqrt(0.75)
        return np.concatenate([square, [[0.5, 0, h], [-0.5, 0, h], [0, 0.5, -h], [0, -0.5, -h]]])
    if number == 87:
        return _with_pyramid_on_a_square(_points(86))
    return _diminished_icosahedron(number)


def _augmented(symbol: str, size: int, kind: str, axes: np.ndarray) -> Points:
    """A uniform solid with caps on some faces; a cupola sits so that the solid stays convex with regular faces."""
    vertices, faces, _ = wythoff(symbol)
    large = [vertices[list(f)] for f in faces if len(f) == size]
    chosen = [max(large, key=lambda c: float(c.mean(axis=0) @ a)) for a in axes]
    caps = []
    for corners in chosen:
        options = [
            cap_on_face(corners, np.zeros(3), kind, s) for s in ((False, True) if kind == "cupola" else (False,))
        ]
        options = [c for c in options if _has_regular_faces(np.concatenate([vertices, c]))]
        assert len(options) == 1, f"{len(options)} ways to put a cap on {symbol}"
        caps.append(options[0])
    return np.concatenate([vertices, *caps])


def _has_regular_faces(points: Points) -> bool:
    """Whether all points are corners of their hull, and all its faces regular with unit edges."""
    try:
        faces = hull_faces(points)
    except InputError:
        return False
    for f in faces:
        # Two triangles in one plane would make a rhombus: unit edges alone do not suffice.
        corners = points[list(f)]
        radii = np.linalg.norm(corners - corners.mean(axis=0), axis=1)
        lengths = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
        if max(np.abs(lengths - 1).max(), np.ptp(radii)) > 1e-9:
            return False
    return True


def _gyrate(turned_axes: np.ndarray, cut_axes: np.ndarray) -> Points:
    """A rhombicosidodecahedron with some pentagons, and what surrounds them, turned or cut off."""
    vertices, _, _ = wythoff("3 5|2")
    points = np.array(vertices)
    keep = np.ones(len(points), bool)
    for axis in turned_axes:
        top = _five_nearest(vertices, axis)
        points[top] = turned(vertices[top], pi / 5, axis)
    for axis in cut_axes:
        keep[_five_nearest(vertices, axis)] = False
    return points[keep]


def _five_nearest(vertices: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.argsort(vertices @ axis)[-5:]


def _diminished_icosahedron(number: int) -> Points:
    """J62 to J64: two or three vertices cut off, and a tetrahedron on the face between the three cuts."""
    vertices, _, _ = wythoff("5|2 3")
    cut = [int((vertices @ a).argmax()) for a in _APART[: 2 if number == 62 else 3]]
    points = np.delete(vertices, cut, axis=0)
    if number < 64:
        return points
    middle = vertices[cut].sum(axis=0)
    face = points[np.argsort(points @ middle)[-3:]]
    return np.concatenate([points, cap_on_face(face, np.zeros(3))])


def _sporadic(group: str, representatives: tuple[tuple[float, float, float], ...]) -> Points:
    mirror = np.diag([-1.0, 1.0, 1.0])
    generators = {
        "C2v": [mirror, np.diag([1.0, -1.0, 1.0])],
        "D2h": [mirror, np.diag([1.0, -1.0, 1.0]), np.diag([1.0, 1.0, -1.0])],
        "D2d": [mirror, _rotoreflection(4)],
        "D4d": [mirror, _rotoreflection(8)],
        "C3v": [mirror, _rotoreflection(3) * [1, 1, -1]],
    }[group]
    points: list[np.ndarray] = []
    for start in representatives:
        orbit = [np.array(start)]
        for x in orbit:
            for g in generators:
                if all(np.abs(g @ x - y).max() > 1e-6 for y in orbit):
                    orbit.append(g @ x)
        points.extend(orbit)
    return np.array(points)


def _rotoreflection(n: int) -> np.ndarray:
    c, s = np.cos(2 * pi / n), np.sin(2 * pi / n)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, -1]])


def _with_pyramid_on_a_square(points: Points) -> Points:
    square = next(f for f in hull_faces(points, tolerance=1e-6) if len(f) == 4)
    return np.concatenate([points, cap_on_face(points[list(square)], points.mean(axis=0))])

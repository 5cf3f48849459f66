"""Prisms and antiprisms on regular polygons, stars included, with unit edges.

The antiprism on {n/d} has its two polygons turned by pi d / n against each other; beyond d = n/2 its triangles cross
the axis (a crossed antiprism, written n/(n - d) in the literature), and beyond d = 2 n / 3 there is none.
"""

from __future__ import annotations

from math import cos, gcd, pi, sin, sqrt

import numpy as np

from symmeter.errors import InputError
from symmeter.shapes.indices import Indices
from symmeter.shapes.polyhedron import Polyhedron

__all__ = ["POLYGON_ADJECTIVES", "antiprism", "prism"]

#: As far as axes of point groups go.
_LARGEST = 500
#: Adjectives of {n/d}.
POLYGON_ADJECTIVES = {
    (3, 1): "triangular",
    (4, 1): "square",
    (5, 1): "pentagonal",
    (6, 1): "hexagonal",
    (7, 1): "heptagonal",
    (8, 1): "octagonal",
    (9, 1): "enneagonal",
    (10, 1): "decagonal",
    (11, 1): "hendecagonal",
    (12, 1): "dodecagonal",
    (5, 2): "pentagrammic",
    (7, 2): "heptagrammic",
    (8, 3): "octagrammic",
    (9, 2): "enneagrammic",
    (10, 3): "decagrammic",
}


def _checked(n: int, d: int, what: str, largest: float) -> None:
    if n != int(n) or d != int(d) or n < 3 or d < 1 or gcd(n, d) != 1:
        raise InputError(f"there is no {what} on {{{n}/{d}}}: n is 3 or more, d is 1 or more, without common factor")
    if n > _LARGEST:
        raise InputError(f"a {what} on {n} corners is refused; {_LARGEST} is the largest")
    if d >= largest:
        raise InputError(f"there is no uniform {what} on {{{n}/{d}}}; d must be below {largest:g}")


def _adjective(n: int, d: int) -> str:
    return POLYGON_ADJECTIVES.get((n, d), f"{n}-gonal" if d == 1 else f"{n}/{d}-gonal")


def prism(n: int, d: int = 1) -> Polyhedron:
    """The uniform prism on the regular polygon {n/d}; n = 4 gives the cube.

    Examples
    --------
    >>> prism(6).group, prism(5, 2)
    ('D6h', Polyhedron(pentagrammic prism, 5 x 4, 2 x 5/2))
    """
    _checked(n, d, "prism", n / 2)
    angle = 2 * pi * d * np.arange(n) / n
    r = 1 / (2 * sin(pi * d / n))
    ring = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    vertices = np.concatenate([np.column_stack([ring, np.full(n, h)]) for h in (0.5, -0.5)])
    sides = tuple((i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n))
    kind = f"{n}" if d == 1 else f"{n}/{d}"
    return Polyhedron(
        vertices,
        (tuple(range(n)), tuple(range(2 * n - 1, n - 1, -1)), *sides),
        f"{_adjective(n, d)} prism",
        "prism",
        (f"prism {kind}", f"{kind} prism"),
        Indices(wythoff=f"2 {kind}|2", schlaefli=f"t{{2,{kind}}}", vertex_configuration=f"4.4.{kind}"),
    )


def antiprism(n: int, d: int = 1) -> Polyhedron:
    """The uniform antiprism on the regular polygon {n/d}; n = 3 gives the octahedron.

    Examples
    --------
    >>> antiprism(7).group, antiprism(5, 2).group, antiprism(5, 3).name
    ('D7d', 'D5h', 'pentagrammic crossed antiprism')
    """
    _checked(n, d, "antiprism", 2 * n / 3)
    half = pi * d / n
    r = 1 / (2 * sin(half))
    height = sqrt(1 - 0.25 / cos(half / 2) ** 2) / 2
    k = np.arange(n)
    rows = [(2 * half * k, height), (2 * half * k + half, -height)]
    vertices = np.concatenate([np.stack([r * np.cos(t), r * np.sin(t), np.full(n, h)], axis=1) for t, h in rows])
    down = tuple((i, n + i, (i + 1) % n) for i in range(n))
    up = tuple(((i + 1) % n, n + i, n + (i + 1) % n) for i in range(n))
    crossed = 2 * d > n
    kind = f"{n}" if d == 1 else f"{n}/{d}"
    name = f"{_adjective(n, n - d if crossed else d)}{' crossed' if crossed else ''} antiprism"
    return Polyhedron(
        vertices,
        (tuple(range(n)), tuple(range(2 * n - 1, n - 1, -1)), *down, *up),
        name,
        "antiprism",
        (f"antiprism {kind}", f"{kind} antiprism"),
        Indices(wythoff=f"|2 2 {kind}", vertex_configuration=f"3.3.3.{kind}"),
    )

"""The pieces that Johnson solids are put together from: rings of vertices at heights along an axis, and caps on faces.

A ring with an even number 2n of corners has the middles of its edges at multiples of pi / n; a cap turned by pi / n
then sits on the other edges.
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np
from jaxtyping import Float

from symmeter.shapes.frames import GOLDEN

__all__ = ["antiprism_height", "cap", "cap_on_face", "ring", "stack"]


def ring(n: int, height: float = 0.0, phase: float = 0.0, radius: float | None = None) -> Float[np.ndarray, "n 3"]:
    """Corners of a regular polygon about the z axis; unit edges unless a radius is given."""
    angle = phase + 2 * pi * np.arange(n) / n
    r = 1 / (2 * sin(pi / n)) if radius is None else radius
    return np.stack([r * np.cos(angle), r * np.sin(angle), np.full(n, height)], axis=1)


def antiprism_height(n: int) -> float:
    """Distance of the two n-gons of a uniform antiprism with unit edges."""
    return sqrt(1 - 0.25 / cos(pi / (2 * n)) ** 2)


def cap(kind: str, n: int) -> Float[np.ndarray, "k 3"]:
    """Vertices above the base of a pyramid on an n-gon, or of a cupola or the rotunda on a 2n-gon."""
    if kind == "pyramid":
        return np.array([[0.0, 0.0, sqrt(1 - 0.25 / sin(pi / n) ** 2)]])
    if kind == "cupola":
        return ring(n, sqrt(1 - 0.25 / sin(pi / n) ** 2), pi / n)
    top = 1 / (2 * sin(pi / 5))
    # Half an icosidodecahedron, whose circumradius is the golden ratio.
    below = GOLDEN * top
    return np.concatenate([ring(5, top, 0.0, below), ring(5, below, pi / 5)])


def stack(top: str, n: int, band: str = "", bottom: str = "", turn: float = 0.0) -> Float[np.ndarray, "k 3"]:
    """Vertices of a cap, a band ("", "prism" or "antiprism"), and perhaps a second cap below, turned by an angle."""
    corners = n if top == "pyramid" else 2 * n
    phase = 0.0 if top == "pyramid" else pi / corners
    if band == "prism":
        high, shift = 0.5, 0.0
    elif band == "antiprism":
        high, shift = antiprism_height(corners) / 2, pi / corners
    else:
        high, shift = 0.0, 0.0
    parts = [ring(corners, high, phase), cap(top, n) + np.array([0, 0, high])]
    if band:
        parts.append(ring(corners, -high, phase + shift))
    if bottom:
        parts.append(turned(cap(bottom, n) * [1, 1, -1] - [0, 0, high], shift + turn))
    return np.concatenate(parts)


def turned(points: Float[np.ndarray, "n 3"], angle: float, axis: np.ndarray | None = None) -> Float[np.ndarray, "n 3"]:
    """Points turned about an axis through the origin, the z axis unless given."""
    u = np.array([0.0, 0.0, 1.0]) if axis is None else axis / np.linalg.norm(axis)
    along = (points @ u)[:, None] * u
    return along + cos(angle) * (points - along) + sin(angle) * np.cross(u, points)


def cap_on_face(
    corners: Float[np.ndarray, "k 3"], centre: Float[np.ndarray, " 3"], kind: str = "pyramid", shifted: bool = False
) -> Float[np.ndarray, "m 3"]:
    """Vertices of a cap put on a face of a solid with unit edges.

    Parameters
    ----------
    corners : array of shape (k, 3)
        In their order around the face.
    centre : array of shape (3,)
        Of the solid: the cap goes to the other side.
    kind : str
        ``"pyramid"`` or ``"cupola"``.
    shifted : bool
        Whether the squares of a cupola sit on the second, fourth ... side instead of the first, third ...
    """
    middle = corners.mean(axis=0)
    outward = np.cross(corners[1] - corners[0], corners[2] - corners[1])
    outward *= np.sign(outward @ (middle - centre)) / np.linalg.norm(outward)
    if kind == "pyramid":
        radius = float(np.linalg.norm(corners[0] - middle))
        return (middle + sqrt(1 - radius**2) * outward)[None]
    n = len(corners) // 2
    height = sqrt(1 - 0.25 / sin(pi / n) ** 2)
    ways = (np.roll(corners, -1, axis=0) + corners)[int(shifted) :: 2] / 2 - middle
    # The corners of the small polygon are above the sides without a square.
    between = ways + np.roll(ways, -1, axis=0)
    between /= np.linalg.norm(between, axis=1)[:, None]
    return middle + height * outward + between / (2 * sin(pi / n))

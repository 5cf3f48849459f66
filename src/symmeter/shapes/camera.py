"""Cameras: where one looks from, how three dimensions become two, and sets of viewpoints.

Axes of the camera: x to the right, y up, z towards the eye. Pixels count from the upper left corner; the centre of the
first is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite, pi, radians, sin, tan

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["PROJECTIONS", "Camera", "Framing", "random_camera", "viewpoints"]

PROJECTIONS = ("perspective", "orthographic")
#: Room in front of and behind the sphere around a shape, for lines that are lifted off its surface.
_ROOM = 1.05


@dataclass(frozen=True)
class Camera:
    """A camera that looks at the centre of a shape and holds all of it.

    Parameters
    ----------
    direction : sequence of 3 numbers
        From the shape to the eye; its length does not matter.
    up : sequence of 3 numbers
        What is up in the picture; where it is parallel to the direction, the next axis takes its place.
    projection : str
        ``"perspective"`` or ``"orthographic"``.
    field_of_view : float
        Full angle over the shorter side of the picture, degrees; perspective only.
    roll : float
        Turns the picture counter-clockwise, degrees.
    margin : float
        Half the shorter side over the radius of the sphere around the shape: 1 fills the picture.

    Examples
    --------
    >>> Camera((0, 0, 1), up=(0, 1, 0)).axes.tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    direction: Sequence[float] = (2.6, 1.0, 1.35)
    up: Sequence[float] = (0.0, 0.0, 1.0)
    projection: str = "perspective"
    field_of_view: float = 30.0
    roll: float = 0.0
    margin: float = 1.08

    def __post_init__(self) -> None:
        for name in ("direction", "up"):
            given = getattr(self, name)
            try:
                vector = tuple(float(v) for v in given)
            except (TypeError, ValueError):
                vector = ()
            if len(vector) != 3 or not all(map(isfinite, vector)) or not any(vector):
                raise InputError(f"{name} of a camera is {given!r}; it needs three finite numbers, not all zero")
            object.__setattr__(self, name, vector)
        if self.projection not in PROJECTIONS:
            near = nearest_name(self.projection, PROJECTIONS)
            right = f"did you mean {near}?" if near else f"use {' or '.join(PROJECTIONS)}"
            raise UnknownNameError(f"no projection is called {self.projection!r}; {right}")
        if not 1.0 <= self.field_of_view <= 150.0:
            raise InputError(f"the field of view is {self.field_of_view:g} degrees; it lies between 1 and 150")
        if not isfinite(self.roll):
            raise InputError(f"roll is {self.roll}; it is an angle in degrees")
        if not 0.05 <= self.margin <= 100.0:
            raise InputError(f"margin is {self.margin:g}; it lies between 0.05 and 100, and 1 fills the picture")

    @cached_property
    def axes(self) -> Float[np.ndarray, "3 3"]:
        """The camera's x, y and z in the coordinates of the shape, one a row."""
        back = np.array(self.direction)
        back = back / np.linalg.norm(back)
        up = np.array(self.up) / np.linalg.norm(self.up)
        if np.linalg.norm(np.cross(up, back)) < 1e-6:
            up = np.roll(up, -1) if abs(np.roll(up, -1) @ back) < 0.9 else np.roll(up, 1)
        right = np.cross(up, back)
        right /= np.linalg.norm(right)
        up = np.cross(back, right)
        if self.roll:
            c, s = np.cos(radians(self.roll)), np.sin(radians(self.roll))
            right, up = c * right - s * up, s * right + c * up
        return np.stack([right, up, back]) + 0.0

    def turned(self, roll: float) -> Camera:
        """The same camera, its picture turned further by some degrees."""
        return replace(self, roll=self.roll + roll)

    def framed(self, centre: Float[np.ndarray, " 3"], radius: float, width: int, height: int) -> Framing:
        """The camera set up so that a sphere fits into a picture of some pixels."""
        half = min(width, height) / 2.0
        reach = radius * self.margin
        if self.projection == "orthographic":
            return Framing(self.axes, np.asarray(centre), 2.0 * radius, half / reach, radius, width, height, False)
        angle = radians(self.field_of_view) / 2.0
        # A margin below 1 crops the picture; the eye never enters the sphere.
        distance = max(reach / sin(angle), radius * (_ROOM + 0.05))
        focus = half / tan(angle)
        return Framing(self.axes, np.asarray(centre), distance, focus, radius, width, height, True)


@dataclass(frozen=True, eq=False)
class Framing:
    """How points become pixels.

    Attributes
    ----------
    axes : array of shape (3, 3)
        Of the camera, one a row.
    centre : array of shape (3,)
        The point at the middle of the picture.
    distance : float
        From the eye to the centre; of an orthographic camera, from the plane where depth is zero.
    scale : float
        Pixels per unit of length (orthographic) or per unit of slope (perspective).
    radius : float
        Of the sphere around the shape.
    width, height : int
        Pixels.
    perspective : bool
    """

    axes: Float[np.ndarray, "3 3"]
    centre: Float[np.ndarray, " 3"]
    distance: float
    scale: float
    radius: float
    width: int
    height: int
    perspective: bool

    @property
    def near(self) -> float:
        """Depth in front of which there is nothing."""
        return self.distance - _ROOM * self.radius

    @property
    def far(self) -> float:
        """Depth behind which there is nothing."""
        return self.distance + _ROOM * self.radius

    def towards_camera(self, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 3"]:
        """Coordinates in the camera's axes, about the centre."""
        return (points - self.centre) @ self.axes.T

    def project(
        self, points: Float[np.ndarray, "n 3"], lift: float = 0.0
    ) -> tuple[Float[np.ndarray, "n 2"], Float[np.ndarray, " n"]]:
        """Pixel coordinates, and the depth as it is interpolated: 0 near, 1 far, straight along straight lines.

        Parameters
        ----------
        points : array of shape (n, 3)
        lift : float
            Depth by which the points count as nearer than they are.
        """
        seen = self.towards_camera(points)
        depth = self.distance - seen[:, 2]
        factor = self.scale / depth if self.perspective else np.full(len(points), self.scale)
        xy = np.stack([self.width / 2.0 + factor * seen[:, 0], self.height / 2.0 - factor * seen[:, 1]], axis=1)
        return xy, self.levels(depth - lift)

    def levels(self, depth: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Depth, the distance along the line of sight, as a number from 0 (near) to 1 (far)."""
        if self.perspective:
            return (1.0 / self.near - 1.0 / depth) / (1.0 / self.near - 1.0 / self.far)
        return (depth - self.near) / (self.far - self.near)

    def depths(self, levels: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The inverse of :meth:`levels`."""
        if self.perspective:
            return 1.0 / (1.0 / self.near - levels * (1.0 / self.near - 1.0 / self.far))
        return self.near + levels * (self.far - self.near)

    @property
    def pixel_area(self) -> float:
        """Area that a pixel covers in the plane through the centre."""
        side = self.distance / self.scale if self.perspective else 1.0 / self.scale
        return side * side


def viewpoints(count: int, seed: int | None = None) -> Float[np.ndarray, "count 3"]:
    """Directions of view over the whole sphere.

    Parameters
    ----------
    count : int
    seed : int, optional
        Independent uniform draws; without it the points of a spiral, as even as the count allows.

    Examples
    --------
    >>> bool(np.abs(viewpoints(1000).mean(axis=0)).max() < 1e-3)
    True
    """
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or not 1 <= count <= 10**7:
        raise InputError(f"the number of viewpoints is {count!r}; it is a whole number from 1 to ten million")
    if seed is not None:
        drawn = np.random.default_rng(seed).standard_normal((int(count), 3))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    k = np.arange(int(count)) + 0.5
    z = 1.0 - 2.0 * k / count
    turn = pi * (1.0 + 5.0**0.5) * k
    ring = np.sqrt(1.0 - z * z)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1)


def random_camera(
    rng: np.random.Generator, projection: str = "perspective", field_of_view: tuple[float, float] = (25.0, 50.0)
) -> Camera:
    """A camera in a uniformly random pose, its roll included.

    Examples
    --------
    >>> a, b = (random_camera(np.random.default_rng(3)) for _ in range(2))
    >>> a == b
    True
    """
    direction = rng.standard_normal(3)
    angle = float(rng.uniform(*field_of_view))
    roll = float(rng.uniform(0.0, 360.0))
    return Camera(tuple(direction.tolist()), projection=projection, field_of_view=angle, roll=roll)

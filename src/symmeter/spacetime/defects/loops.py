"""Closed loops around defects: polygons with their corners in coordinates, counter-clockwise about their normal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime.defects.checked_numbers import array_of, finite, numbers

__all__ = ["Loop", "circle", "rectangle", "segment_distances"]


@dataclass(frozen=True, eq=False)
class Loop:
    """A closed polygon; the last corner is joined to the first.

    Attributes
    ----------
    points : array (m, n)
    """

    points: Float[np.ndarray, "m n"]

    @classmethod
    def of(cls, loop: Any, n: int) -> Loop:
        """A loop from itself or from corners; corners with two coordinates lie in the plane z = 0.

        Raises
        ------
        ShapeError, InputError
        """
        points = array_of(loop.points if isinstance(loop, Loop) else loop, "corners of a loop")
        if n == 3 and points.ndim == 2 and points.shape[1] == 2:
            points = np.column_stack((points, np.zeros(len(points))))
        if points.ndim != 2 or points.shape[1] != n:
            raise ShapeError(f"a loop has corners of shape {points.shape}; it should be (m, {n})")
        if len(points) > 1 and np.array_equal(points[0], points[-1]):
            points = points[:-1]
        if len(points) < 3 or not np.isfinite(points).all():
            raise InputError(f"a loop needs three corners or more, all finite; there are {len(points)}")
        return cls(points)

    def segments(self, step: float) -> tuple[np.ndarray, np.ndarray]:
        """Starts and vectors (k, n) of pieces no longer than ``step``."""
        starts, vectors = [], []
        for a, b in zip(self.points, np.roll(self.points, -1, axis=0)):
            k = max(1, int(np.ceil(np.linalg.norm(b - a) / step)))
            starts.append(a + (b - a) * np.arange(k)[:, None] / k)
            vectors.append(np.broadcast_to((b - a) / k, (k, len(a))))
        return np.concatenate(starts), np.concatenate(vectors)

    @property
    def reversed(self) -> Loop:
        """The other way around."""
        return Loop(self.points[::-1])

    @property
    def length(self) -> float:
        """Of all edges together."""
        return float(np.linalg.norm(self.points - np.roll(self.points, -1, axis=0), axis=1).sum())

    def distance_to(self, point: Sequence[float], direction: Sequence[float] | None = None) -> float:
        """From a point, or from the straight line through it."""
        return float(segment_distances(self.points, np.roll(self.points, -1, axis=0), point, direction).min())


def segment_distances(
    starts: Float[np.ndarray, "k n"],
    ends: Float[np.ndarray, "k n"],
    point: Sequence[float],
    direction: Sequence[float] | None = None,
) -> Float[np.ndarray, " k"]:
    """From each straight piece to a point, or to the straight line through it."""
    a, b = starts - np.asarray(point, float), ends - np.asarray(point, float)
    if direction is not None:
        d = np.asarray(direction, float) / np.linalg.norm(direction)
        a, b = a - np.outer(a @ d, d), b - np.outer(b @ d, d)
    edge = b - a
    t = np.clip(-(a * edge).sum(1) / np.maximum((edge**2).sum(1), 1e-300), 0, 1)
    return np.linalg.norm(a + t[:, None] * edge, axis=1)


def _middle(center: Any, axes: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """A centre in two or three dimensions, and the two axes of its plane."""
    middle = array_of(center, "coordinates of a centre")
    if middle.shape not in ((2,), (3,)) or not np.isfinite(middle).all():
        raise InputError(f"center={center!r:.60}: give two or three finite numbers")
    if len(axes) != 2 or axes[0] == axes[1] or any(a not in range(len(middle)) for a in axes):
        raise InputError(f"axes={axes!r:.60}: a plane has two different axes of 0 to {len(middle) - 1}")
    return middle, (int(axes[0]), int(axes[1]))


def rectangle(center: Sequence[float], half_widths: float | Sequence[float], axes: tuple[int, int] = (0, 1)) -> Loop:
    """A rectangle in the plane of two axes, counter-clockwise from the first to the second.

    Examples
    --------
    >>> rectangle((0, 0, 0), 1).points[0].tolist()
    [1.0, -1.0, 0.0]
    """
    middle, axes = _middle(center, axes)
    a, b = numbers(np.broadcast_to(array_of(half_widths, "half widths"), (2,)), 2, "half_widths")
    points = np.tile(middle, (4, 1))
    points[:, axes[0]] += [a, a, -a, -a]
    points[:, axes[1]] += [-b, b, b, -b]
    return Loop(points)


def circle(center: Sequence[float], radius: float, axes: tuple[int, int] = (0, 1), corners: int = 64) -> Loop:
    """A regular polygon in the plane of two axes, counter-clockwise from the first to the second.

    Examples
    --------
    >>> circle((0, 0), 2.0, corners=4).points.round(12)[1].tolist()
    [0.0, 2.0]
    """
    middle, axes = _middle(center, axes)
    finite(radius, "radius", above=0)
    angle = 2 * np.pi * np.arange(corners) / corners
    points = np.tile(middle, (corners, 1))
    points[:, axes[0]] += radius * np.cos(angle)
    points[:, axes[1]] += radius * np.sin(angle)
    return Loop(points)

"""Flows that shift a grid: translations, rotations and scalings of signals sampled on polar and log-polar grids.

A rotation of a signal sampled on rings is a shift along the angle, a scaling of one sampled at exponentially growing
radii a shift along the logarithm of the radius. All of them act by :func:`~symmeter.nn.flow.shifts.moved`.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import torch

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.nn.flow.flow import Flow, Velocity, checked_velocities
from symmeter.nn.flow.grid_convolution import GridConvolution
from symmeter.nn.flow.shifts import Axis, axes_of, moved, whole_steps

__all__ = ["GridFlow", "ScalingFlow", "TranslationFlow", "polar_rotation"]


class GridFlow(Flow):
    """Velocities that shift the axes of a grid.

    Parameters
    ----------
    velocities : sequence of velocities
    generators : sequence of vectors
        For each generator, the shift in points along all axes that one unit of velocity makes in one frame.
    axes : sequence of Axis
    modulus : sequence, optional
        For each generator, the velocity that is as good as none.
    """

    def __init__(
        self,
        velocities: Iterable[Any],
        generators: Sequence[Sequence[float]],
        axes: Sequence[Axis],
        modulus: Sequence[float | None] | None = None,
    ) -> None:
        self.velocities = checked_velocities(velocities, len(generators))
        self.generators = tuple(tuple(float(v) for v in g) for g in generators)
        self.axes = tuple(axes)
        self.ndim = len(self.axes)
        self.modulus = tuple(modulus) if modulus is not None else (None,) * len(self.generators)
        for k, nu in enumerate(self.velocities):
            if self.index(nu) != k:
                raise InputError(f"velocities {nu} and {self.velocities[self.index(nu) or 0]} are one, modulo the grid")
        moving = [any(g[k] for g in self.generators) for k in range(self.ndim)]
        self.periodic = all(axis.boundary == "circular" for axis, m in zip(self.axes, moving) if m)

    def shift(self, velocity: Velocity, steps: float = 1.0) -> tuple[float, ...]:
        """Points along each axis after ``steps`` frames."""
        return tuple(steps * sum(v * g[k] for v, g in zip(velocity, self.generators)) for k in range(self.ndim))

    def move(self, values: torch.Tensor, velocity: Velocity, steps: float, *, features: bool) -> torch.Tensor:
        return moved(values, self.shift(velocity, steps), self.axes)

    def whole_shifts(self, steps: float) -> list[tuple[int, ...]] | None:
        """Shifts of all velocities when all are whole points, else None."""
        found = []
        for nu in self.velocities:
            whole = [whole_steps(s) for s in self.shift(nu, steps)]
            if None in whole:
                return None
            found.append(tuple(int(w) for w in whole if w is not None))
        return found

    def check_frames(self, frames: Any) -> None:
        super().check_frames(frames)
        for k, (size, axis) in enumerate(zip(frames.shape[3:], self.axes)):
            if axis.boundary == "reflect" and size < 2:
                raise ShapeError(f"axis {k} of the grid has {size} point; a mirror image needs two")

    def _convolution(self, first: int, second: int, kernel_size: int, bias: bool) -> GridConvolution:
        return GridConvolution(first, second, kernel_size, [axis.boundary for axis in self.axes], bias=bias)

    def lifting(self, channels: int, features: int, kernel_size: int, *, bias: bool = False) -> GridConvolution:
        return self._convolution(channels, features, kernel_size, bias)

    def convolution(self, features: int, out_features: int, kernel_size: int, *, bias: bool = False) -> GridConvolution:
        return self._convolution(features, out_features, kernel_size, bias)

    def projection(self, features: int, channels: int, kernel_size: int, *, bias: bool = False) -> GridConvolution:
        return self._convolution(features, channels, kernel_size, bias)


class TranslationFlow(GridFlow):
    """Translations of a line, an image or a volume by some points each frame.

    Parameters
    ----------
    ndim : int
        1, 2 or 3.
    velocities : int, list, or "group"
        ``n`` for all vectors with entries in {-n..n}; a list of vectors (of numbers, in one dimension); ``"group"`` for
        every vector of a periodic grid, whose ``size`` must then be given.
    boundary : str, or one for each axis
        ``"circular"``; ``"zero"`` and ``"reflect"`` lose what leaves the frame, so that nothing holds near the border.
    size : tuple of int, optional
        Points of the grid. Velocities are then equal modulo the size.
    interpolation : {"fourier", "linear"}
        For velocities that are no whole points, on periodic axes.

    Raises
    ------
    InputError
        For an empty list of velocities, or one that is given twice.

    Examples
    --------
    >>> flow = TranslationFlow(ndim=2, velocities=1)
    >>> len(flow), flow.velocities[0], flow.closed
    (9, (-1.0, -1.0), False)
    >>> TranslationFlow(ndim=1, velocities="group", size=(7,)).closed
    True
    """

    def __init__(
        self,
        ndim: int = 2,
        velocities: int | str | Sequence[Any] = 2,
        boundary: str | Sequence[str] = "circular",
        *,
        size: Sequence[int] | int | None = None,
        interpolation: str = "fourier",
    ) -> None:
        if ndim not in (1, 2, 3):
            raise InputError(f"ndim is {ndim!r}; translations move grids of 1, 2 or 3 dimensions")
        axes = axes_of(ndim, boundary, interpolation)
        sizes = None if size is None else (size,) * ndim if isinstance(size, int) else tuple(size)
        if sizes is not None and (len(sizes) != ndim or not all(isinstance(n, int) and n >= 1 for n in sizes)):
            raise InputError(f"size is {size!r}; give {ndim} whole numbers of points, at least 1 each")
        modulus = None
        if sizes is not None:
            modulus = [float(n) if axis.boundary == "circular" else None for n, axis in zip(sizes, axes)]
        self.size = sizes
        generators = [[float(i == k) for i in range(ndim)] for k in range(ndim)]
        super().__init__(_translations(ndim, velocities, sizes, axes), generators, axes, modulus)
        self._warned = False

    def check_frames(self, frames: Any) -> None:
        super().check_frames(frames)
        grid = tuple(frames.shape[3:])
        if self.size is not None and grid != self.size:
            raise ShapeError(f"frames have a grid of {grid} points; the velocities were made for size {self.size}")
        if self.size is None and not self._warned:
            for nu in self.velocities:
                if any(abs(v) >= n for v, n in zip(nu, grid)):
                    self._warned = True
                    warnings.warn(
                        f"velocity {nu} crosses a grid of {grid} points in one frame: it is the same as a slower one",
                        UserWarning,
                        stacklevel=3,
                    )
                    break


def _translations(
    ndim: int, velocities: int | str | Sequence[Any], size: tuple[int, ...] | None, axes: Sequence[Axis]
) -> Iterable[Any]:
    if isinstance(velocities, str):
        if velocities != "group":
            raise InputError(f"velocities are {velocities!r}; give a number, a list of vectors, or 'group'")
        if size is None or any(axis.boundary != "circular" for axis in axes):
            raise InputError("velocities='group' needs a periodic grid and its size, such as size=(28, 28)")
        return itertools.product(*(_centred(n) for n in size))
    if isinstance(velocities, Integral) and not isinstance(velocities, bool):
        if velocities < 0:
            raise InputError(f"velocities is {velocities}; give 0 or more points per frame")
        velocities = int(velocities)
        return itertools.product(range(-velocities, velocities + 1), repeat=ndim)
    if isinstance(velocities, Iterable):
        return velocities
    raise InputTypeError(f"velocities are {velocities!r}; give a whole number, a list of vectors, or 'group'")


def _centred(n: int) -> range:
    return range(-((n - 1) // 2), n // 2 + 1)


def polar_rotation(angles: int, velocities: Sequence[float], interpolation: str = "fourier") -> GridFlow:
    """Rotations of signals (..., radius, angle) with ``angles`` samples of the circle; velocities in degrees."""
    axes = (*axes_of(1, "zero", interpolation), *axes_of(1, "circular", interpolation))
    _check_angles(angles)
    return GridFlow(velocities, [(0.0, angles / 360)], axes, [360.0])


def _check_angles(angles: Any) -> None:
    if not isinstance(angles, int) or isinstance(angles, bool) or angles < 1:
        raise InputError(f"angles is {angles!r}; give the number of points on each ring, at least 1")


class ScalingFlow(GridFlow):
    """Scalings, and rotations with them, of signals sampled at radii ``r0 ratio^i``: (..., radius, angle).

    Content that grows leaves at the outermost radius, and nothing is known of what enters from the centre: only
    channels that stand still are exact near the ends.

    Parameters
    ----------
    ratio : float
        Quotient of neighbouring radii, above 1.
    velocities : sequence of float, or of pairs
        Natural logarithm of the growth per frame; with ``angles``, pairs (growth, degrees).
    angles : int, optional
        Samples of the circle, if signals also turn.
    boundary : {"zero", "reflect", "circular"}
        Of the radius.

    Examples
    --------
    >>> growth = math.log(1.25)
    >>> round(ScalingFlow(1.25, [-growth, 0, growth]).shift((growth,))[0], 12)
    1.0
    """

    def __init__(
        self,
        ratio: float,
        velocities: Sequence[Any],
        angles: int | None = None,
        *,
        boundary: str = "zero",
        interpolation: str = "fourier",
    ) -> None:
        if not (isinstance(ratio, Real) and 1 < ratio < math.inf):
            raise InputError(f"ratio is {ratio!r}; radii grow by a quotient above 1")
        axes = (*axes_of(1, boundary, interpolation), Axis("circular", interpolation))
        generators = [(1 / math.log(ratio), 0.0)]
        modulus: list[float | None] = [None]
        if angles is not None:
            _check_angles(angles)
            generators.append((0.0, angles / 360))
            modulus.append(360.0)
        super().__init__(velocities, generators, axes, modulus)

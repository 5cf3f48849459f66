"""Regular grids and derivatives on them: spectral on periodic boxes, or by finite differences of fourth order.

Components come first and points last: a coframe on a grid of shape (N1, N2, N3) is an array (3, 3, N1, N2, N3). A
direction with a single point is one in which nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError, UnknownNameError, nearest_name
from symmeter.spacetime.defects.checked_numbers import array_of

__all__ = ["METHODS", "Grid", "line_weights"]

METHODS = ("spectral", "finite-difference")
#: Up to this many points a product with the matrix of the derivative is faster than a transform.
_DENSE = 96
#: A step across the boundary that is this many times the largest step inside, on more than one line in ten.
_JUMP, _LINES = 3.0, 0.1


@dataclass(frozen=True, eq=False)
class Grid:
    """Points of a box, with derivatives.

    Attributes
    ----------
    shape : tuple of int
    spacing : tuple of float
        Of neighbouring points, in the unit of length of the coframe.
    method : {"spectral", "finite-difference"}
    periodic : bool
        Always so for the spectral method.
    origin : tuple of float
        Coordinates of the first point.

    Examples
    --------
    >>> grid = Grid.of((32,), method="spectral")
    >>> x = grid.points[0]
    >>> float(abs(grid.derivative(np.sin(x), 0) - np.cos(x)).max()) < 1e-13
    True
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    method: str = "spectral"
    periodic: bool = True
    origin: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        shape: Sequence[int],
        spacing: float | Sequence[float] | None = None,
        method: str = "spectral",
        periodic: bool | None = None,
        origin: Sequence[float] | None = None,
    ) -> Grid:
        """A grid; without a spacing, a box of 2 pi for the spectral method.

        One number is the spacing of all directions with more than one point; a single point stands for unit length.

        Raises
        ------
        InputError, ShapeError, UnknownNameError
        """
        if method not in METHODS:
            near = nearest_name(method, METHODS)
            hint = f"did you mean {near!r}?" if near else f"use one of {', '.join(METHODS)}"
            raise UnknownNameError(f"{method!r} is no way to differentiate; {hint}")
        n = len(shape)
        if not all(isinstance(k, (int, np.integer)) and k > 0 for k in shape):
            raise ShapeError(f"shape {shape!r}: how many points in each direction, whole numbers above zero")
        if spacing is None:
            if method != "spectral":
                raise InputError("the unit of length is missing: give spacing=, the distance of neighbouring points")
            step = tuple(2 * np.pi / k for k in shape)
        else:
            # Where nothing changes, integrals are per unit of length.
            given = [spacing if k > 1 else 1.0 for k in shape] if np.ndim(spacing) == 0 else spacing
            step = tuple(float(h) for h in array_of(given, "spacings of a grid").ravel())
        if len(step) != n or not all(np.isfinite(h) and h > 0 for h in step):
            raise InputError(f"spacing {spacing!r} is not {n} positive lengths, one for each direction of the grid")
        wraps = method == "spectral" if periodic is None else periodic
        if method == "spectral" and not wraps:
            raise InputError("the spectral method needs a periodic box; use method='finite-difference'")
        first = (0.0,) * n if origin is None else array_of(origin, "coordinates of an origin").ravel()
        start = tuple(float(o) for o in first)
        if len(start) != n:
            raise ShapeError(f"origin has {len(start)} numbers for a grid of {n} directions")
        if method == "finite-difference" and any(1 < k < 6 for k in shape):
            raise ShapeError(f"a grid of shape {tuple(shape)} is too small for differences of fourth order; 6 at least")
        return cls(tuple(int(k) for k in shape), step, method, bool(wraps), start)

    @property
    def dimension(self) -> int:
        """How many directions."""
        return len(self.shape)

    @property
    def lengths(self) -> tuple[float, ...]:
        """Edges of the box."""
        return tuple(h * k for h, k in zip(self.spacing, self.shape))

    @property
    def cell(self) -> float:
        """Volume that one point stands for; directions with a single point count their spacing."""
        return float(np.prod(self.spacing))

    def axis(self, i: int) -> Float[np.ndarray, " k"]:
        """Coordinates along one direction."""
        return self.origin[i] + self.spacing[i] * np.arange(self.shape[i])

    @property
    def points(self) -> Float[np.ndarray, "n *grid"]:
        """Coordinates of all points."""
        return np.array(np.meshgrid(*(self.axis(i) for i in range(self.dimension)), indexing="ij"))

    # -- derivatives ---------------------------------------------------------------------------------------------------

    @cached_property
    def _matrices(self) -> dict[int, np.ndarray]:
        return {
            i: _spectral(np.eye(k), k * h)
            for i, (k, h) in enumerate(zip(self.shape, self.spacing))
            if self.method == "spectral" and 1 < k <= _DENSE
        }

    def derivative(self, field: Float[np.ndarray, "*c *grid"], i: int) -> Float[np.ndarray, "*c *grid"]:
        """Along direction ``i``; the Nyquist mode, whose derivative has no phase, is dropped."""
        k = self.shape[i]
        if k == 1:
            return np.zeros_like(field)
        place = field.ndim - self.dimension + i
        if self.method == "spectral":
            if i in self._matrices:
                lead = int(np.prod(field.shape[:place]))
                flat = field.reshape(lead, k, -1)
                out = flat[:, :, 0] @ self._matrices[i].T if flat.shape[2] == 1 else self._matrices[i] @ flat
                return out.reshape(field.shape)
            moved = np.moveaxis(field, place, 0)
            return np.moveaxis(_spectral(moved, k * self.spacing[i]), 0, place)
        return np.moveaxis(_differences(np.moveaxis(field, place, 0), self.spacing[i], self.periodic), 0, place)

    def transposed(self, field: Float[np.ndarray, "*c *grid"], i: int) -> Float[np.ndarray, "*c *grid"]:
        """The transpose of the derivative as a matrix: minus the derivative on periodic grids."""
        if self.periodic or self.shape[i] == 1:
            return -self.derivative(field, i)
        matrix = _differences(np.eye(self.shape[i]), self.spacing[i], False)
        place = field.ndim - self.dimension + i
        return np.moveaxis(np.tensordot(matrix.T, field, (1, place)), 0, place)

    def gradient(self, field: Float[np.ndarray, "*c *grid"]) -> Float[np.ndarray, "*c n *grid"]:
        """All derivatives; their index comes last among the components."""
        parts = [self.derivative(field, i) for i in range(self.dimension)]
        return np.stack(parts, axis=field.ndim - self.dimension)

    def weights(self) -> Float[np.ndarray, "*grid"]:
        """Volumes of the points for integrals: all alike on periodic grids, with corrections at ends elsewhere."""
        out = np.ones(self.shape)
        for i, (k, h) in enumerate(zip(self.shape, self.spacing)):
            w = np.full(k, h) if self.periodic else h * line_weights(k)
            out *= w.reshape([-1 if j == i else 1 for j in range(self.dimension)])
        return out

    def check_periodic(self, field: Float[np.ndarray, "*c *grid"], name: str) -> None:
        """Refuse a field that jumps at the boundary of a periodic box.

        Raises
        ------
        InputError
        """
        scale = float(np.abs(field).max(initial=0.0))
        for i, k in enumerate(self.shape):
            if k < 4:
                continue
            lines = np.moveaxis(field, field.ndim - self.dimension + i, 0)
            # Component by component: constant ones hide no jump of another.
            lines = lines.reshape(k, int(np.prod(field.shape[: field.ndim - self.dimension], dtype=int)), -1)
            inside = np.abs(np.diff(lines, axis=0)).max(axis=0)
            across = np.abs(lines[0] - lines[-1])
            jumps = across > np.maximum(_JUMP * inside, 1e-9 * scale)
            if jumps.mean(axis=1).max() > _LINES:
                where = "xyzw"[i] if i < 4 else str(i)
                raise InputError(
                    f"{name} is not periodic along {where}: it jumps by {across.max():.3g} at the boundary; "
                    "use method='finite-difference'"
                )


def line_weights(k: int) -> Float[np.ndarray, " k"]:
    """Weights of k points for the integral from the first to the last, in units of their distance: Gregory's rule.

    Six corrections at each end, fewer for few points; one point stands for unit length.

    Examples
    --------
    >>> x = np.linspace(0, 1, 13)
    >>> abs(float(line_weights(13) @ x**5) / 12 - 1 / 6) < 1e-15
    True
    """
    w = np.ones(k)
    m = min(6, k // 2)
    if m:
        # sum_j c_j j^p = B_(p + 1) / (p + 1), by Euler and Maclaurin.
        right = np.array([-1 / 2, 1 / 12, 0.0, -1 / 120, 0.0, 1 / 252])[:m]
        ends = np.linalg.solve(np.vander(np.arange(float(m)), m, increasing=True).T, right)
        w[:m] += ends
        w[-m:] += ends[::-1]
    return w


def _spectral(lines: np.ndarray, length: float) -> np.ndarray:
    """Derivative along the first axis."""
    from scipy.fft import irfft, rfft

    k = len(lines)
    waves = 2j * np.pi / length * np.arange(k // 2 + 1)
    if k % 2 == 0:
        waves[-1] = 0
    hat: Any = rfft(lines, axis=0)
    return np.asarray(irfft(hat * waves.reshape(-1, *[1] * (lines.ndim - 1)), k, axis=0))


def _differences(f: np.ndarray, h: float, periodic: bool) -> np.ndarray:
    """Of fourth order along the first axis, one-sided at ends that do not wrap."""
    out = np.empty_like(f)
    out[2:-2] = (8 * (f[3:-1] - f[1:-3]) - (f[4:] - f[:-4])) / (12 * h)
    if periodic:
        wide = np.concatenate((f[-4:], f[:4]))
        out[-2:] = ((8 * (wide[3:-1] - wide[1:-3]) - (wide[4:] - wide[:-4])) / (12 * h))[:2]
        out[:2] = ((8 * (wide[3:-1] - wide[1:-3]) - (wide[4:] - wide[:-4])) / (12 * h))[2:]
        return out
    out[0] = (-25 * f[0] + 48 * f[1] - 36 * f[2] + 16 * f[3] - 3 * f[4]) / (12 * h)
    out[1] = (-3 * f[0] - 10 * f[1] + 18 * f[2] - 6 * f[3] + f[4]) / (12 * h)
    out[-1] = (25 * f[-1] - 48 * f[-2] + 36 * f[-3] - 16 * f[-4] + 3 * f[-5]) / (12 * h)
    out[-2] = (3 * f[-1] + 10 * f[-2] - 18 * f[-3] + 6 * f[-4] - f[-5]) / (12 * h)
    return out

"""Integrals of one-forms around loops, and parallel transport along them.

Transport is a product of exponentials, two Gauss points to a piece, with Magnus' commutator, so that its error is of
fourth order. A Frank vector is the rotation by which the Levi-Civita connection turns what is carried around.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.groups.lie import expm, log_rotation
from symmeter.spacetime.defects.grids import Grid
from symmeter.spacetime.defects.loops import Loop

__all__ = ["Form", "Frank", "GridForm", "line_integral", "transport"]

#: Points beyond the outermost that a spline looks at: what is left out is smaller by 0.43 to this power.
_MARGIN = 28

#: Components (..., n, k) of one-forms at points (k, n).
Form = Callable[[np.ndarray], np.ndarray]

_GAUSS = (0.5 - np.sqrt(3 / 20), 0.5, 0.5 + np.sqrt(3 / 20))
_WEIGHTS = (5 / 18, 8 / 18, 5 / 18)
_MAGNUS = (0.5 - np.sqrt(3) / 6, 0.5 + np.sqrt(3) / 6)


class Frank(float):
    """A rotation that is left over after a loop: its angle in radians, which knows the rest.

    Attributes
    ----------
    rotation : array (n, n)
        In the orthonormal frame at the base point.
    axis : array (3,)
        Unit vector of a right-handed rotation.
    base : array (n,)
        Where the loop begins; the frame of transport is the coframe there.
    """

    rotation: Float[np.ndarray, "n n"]
    axis: Float[np.ndarray, "3"]
    base: Float[np.ndarray, " n"]

    def __new__(cls, angle: float, rotation: np.ndarray, axis: np.ndarray, base: Sequence[float]) -> Frank:
        """With an angle, signed in two dimensions and in 0..pi in three."""
        out = super().__new__(cls, angle)
        out.rotation, out.axis, out.base = rotation, axis, np.asarray(base, float)
        return out

    def __reduce__(self) -> tuple[object, ...]:
        return Frank, (float(self), self.rotation, self.axis, self.base)

    @classmethod
    def of(cls, rotation: Float[np.ndarray, "n n"], base: Sequence[float]) -> Frank:
        """From a rotation matrix.

        Raises
        ------
        InputError
            For a matrix that is no rotation.
        """
        n = len(rotation)
        off = np.abs(rotation @ rotation.T - np.eye(n)).max()
        if off > 1e-6:
            raise InputError(f"what is carried around the loop is no rotation (by {off:.2g}); use a finer grid or loop")
        if n == 2:
            angle = float(np.arctan2(rotation[1, 0], rotation[0, 0]))
            return cls(angle, rotation, np.array([0.0, 0.0, 1.0]), base)
        left, _, right = np.linalg.svd(rotation)
        generator = log_rotation(left @ right, on_cut="choose")
        vector = np.array([generator[2, 1], generator[0, 2], generator[1, 0]])
        angle = float(np.linalg.norm(vector))
        axis = vector / angle if angle > 0 else np.array([0.0, 0.0, 1.0])
        return cls(angle, rotation, axis, base)

    @property
    def angle(self) -> float:
        """In radians."""
        return float(self)

    @property
    def vector(self) -> Float[np.ndarray, "3"]:
        """Angle times axis; along a wedge line it is the deficit angle."""
        return self.angle * self.axis

    def __repr__(self) -> str:
        return f"<rotation by {np.degrees(self.angle):.4g} degrees about {np.round(self.axis, 4).tolist()}>"


class GridForm:
    """A one-form on a grid, between its points by splines of fifth degree, made near the points that are asked for.

    Parameters
    ----------
    grid : Grid
    components : array (..., n, *grid)
    """

    def __init__(self, grid: Grid, components: Float[np.ndarray, "*c *grid"]) -> None:
        self.grid = grid
        self.shape = components.shape[: components.ndim - grid.dimension]
        self.fields = components.reshape(-1, *grid.shape)

    def __call__(self, points: Float[np.ndarray, "k n"]) -> Float[np.ndarray, "*c k"]:
        from scipy.ndimage import map_coordinates

        grid = self.grid
        where = (points - np.array(grid.origin)) / np.array(grid.spacing)
        near: list[np.ndarray] = []
        beyond: list[tuple[int, int]] = []
        for i, k in enumerate(grid.shape):
            if k == 1:
                near.append(np.zeros(1, dtype=int))
                beyond.append((0, 0))
                where[:, i] = 0
                continue
            low, high = int(np.floor(where[:, i].min())), int(np.ceil(where[:, i].max()))
            if not grid.periodic and (where[:, i].min() < -1e-9 or where[:, i].max() > k - 1 + 1e-9):
                ends = grid.axis(i)[[0, -1]]
                span = f"{ends[0]:g} .. {ends[1]:g}"
                raise InputError(f"the loop leaves the grid along direction {i}; keep it inside {span}")
            first, last = low - _MARGIN, high + _MARGIN
            around = np.arange(first, last + 1)
            near.append(around % k if grid.periodic else around[(around >= 0) & (around < k)])
            beyond.append((0, 0) if grid.periodic else (max(0, -first), max(0, last - k + 1)))
            where[:, i] -= first
        kept = [i for i, k in enumerate(grid.shape) if k > 1]
        out = np.zeros((len(self.fields), len(points)))
        for row, f in zip(out, self.fields):
            block = f[np.ix_(*near)]
            if block.min() == block.max():
                row[:] = block.flat[0]
            else:
                # Beyond the ends the field goes on with its slope.
                block = np.pad(block, beyond, mode="reflect", reflect_type="odd").squeeze()
                row[:] = map_coordinates(block, where[:, kept].T, order=5, mode="mirror")
        return out.reshape(*self.shape, len(points))


def line_integral(form: Form, loop: Loop, step: float) -> Float[np.ndarray, " *c"]:
    """``oint form`` by three Gauss points to a piece no longer than ``step``."""
    starts, vectors = loop.segments(step)
    total: np.ndarray | float = 0.0
    for at, weight in zip(_GAUSS, _WEIGHTS):
        values = form(starts + at * vectors)
        if not np.isfinite(values).all():
            raise InputError("the loop passes through the core of a defect, where its field is infinite; move the loop")
        total = total + weight * np.einsum("...ik,ki->...", values, vectors)
    return np.asarray(total)


def transport(form: Form, loop: Loop, step: float) -> Float[np.ndarray, "n n"]:
    """Parallel transport around a loop: the solution of ``dU = -omega U``, which starts as the identity.

    Parameters
    ----------
    form : callable
        Components (n, n, n, k) of a connection, the index of the form last but one.
    loop : Loop
    step : float
        Longest piece.
    """
    starts, vectors = loop.segments(step)
    first, second = (-np.einsum("abik,ki->kab", form(starts + at * vectors), vectors) for at in _MAGNUS)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError("the loop passes through the core of a defect, where its field is infinite; move the loop")
    magnus = (first + second) / 2 + np.sqrt(3) / 12 * (second @ first - first @ second)
    steps = expm(magnus)
    # Neighbours are multiplied in pairs: a product of k matrices in log k batched steps.
    while len(steps) > 1:
        odd = steps[-1:] if len(steps) % 2 else steps[:0]
        steps = np.concatenate((steps[1 : len(steps) - len(odd) : 2] @ steps[0 : len(steps) - len(odd) : 2], odd))
    return steps[0]

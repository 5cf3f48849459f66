"""Dislocation densities on periodic grids: their shape, spacing and waves, and straight lines with soft cores."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.spacetime.defects.checked_numbers import finite, numbers

__all__ = ["checked_spacing", "content_of", "density_field", "line_density", "plastic_mean", "wave_vectors"]


def density_field(alpha: Any) -> tuple[Float[np.ndarray, "3 3 *grid"], bool]:
    """A density with components first, and whether they stood there.

    Raises
    ------
    ShapeError, InputTypeError
    """
    try:
        values = np.array(alpha)
    except (TypeError, ValueError):
        raise InputTypeError("alpha is an array of shape (3, 3, nx, ny) or (3, 3, nx, ny, nz)") from None
    if values.dtype.kind not in "fiu":
        raise InputTypeError(f"alpha holds {values.dtype}; a dislocation density is real")
    values = values.astype(float)
    if values.ndim not in (4, 5):
        raise ShapeError(f"alpha has shape {values.shape}; give (3, 3, nx, ny) or (3, 3, nx, ny, nz)")
    first = values.shape[:2] == (3, 3)
    if not first:
        if values.shape[-2:] != (3, 3):
            raise ShapeError(f"alpha has shape {values.shape}; give (3, 3, nx, ny) or (3, 3, nx, ny, nz)")
        values = np.ascontiguousarray(np.moveaxis(values, (-2, -1), (0, 1)))
    if min(values.shape[2:]) < 2:
        raise ShapeError(f"the grid of alpha is {values.shape[2:]}; it needs 2 or more points along each axis")
    return values, first


def checked_spacing(spacing: Any, grid: tuple[int, ...]) -> tuple[float, ...]:
    """One step for each axis.

    Raises
    ------
    InputError
        If it is missing or not positive.
    """
    if spacing is None:
        raise InputError(
            "spacing= is missing: the distance of grid points, in the unit of length in which alpha is 1 / length"
        )
    try:
        steps = np.broadcast_to(np.asarray(spacing, dtype=float), (len(grid),))
    except (TypeError, ValueError):
        raise InputError(
            f"spacing={spacing!r}: give one number, or {len(grid)} for a grid of {len(grid)} axes"
        ) from None
    if not (np.isfinite(steps).all() and (steps > 0).all()):
        raise InputError(f"spacing={spacing!r}: distances of grid points are positive")
    return tuple(float(s) for s in steps)


def wave_vectors(grid: tuple[int, ...], spacing: tuple[float, ...]) -> Float[np.ndarray, "3 *waves"]:
    """Wave vectors of a real transform; zero at the grid's limit, as odd derivatives are, in 2-d along z too."""
    parts = []
    for d, (n, h) in enumerate(zip(grid, spacing)):
        k = 2 * np.pi * (np.fft.rfftfreq(n, h) if d == len(grid) - 1 else np.fft.fftfreq(n, h))
        if n % 2 == 0:
            k[n // 2] = 0.0
        parts.append(k)
    parts += [np.zeros(1)] if len(grid) == 2 else []
    k = np.stack([np.broadcast_to(p, [len(q) for q in parts]) for p in np.meshgrid(*parts, indexing="ij", sparse=True)])
    return np.ascontiguousarray(k[..., 0] if len(grid) == 2 else k)


def _quiet_walls(alpha: np.ndarray, axis: int) -> bool:
    """Whether no line comes near the two walls across an axis."""
    walls = max(float(np.abs(np.take(alpha, end, axis=axis)).max()) for end in (0, -1))
    return walls < 0.05 * float(np.abs(alpha).max())


def plastic_mean(alpha: Float[np.ndarray, "3 3 *grid"], spacing: tuple[float, ...]) -> Float[np.ndarray, "3 3"]:
    """Mean plastic distortion ``P[a, k]`` of lines that lie inside the box: from the first moments of the density.

    ``int x_j alpha_ai = eps_ijk int P_ak`` when cuts stay off the walls across j. Along a direction in which lines run
    from wall to wall (always z in two dimensions) moments mean nothing, and those along the other direction suffice.
    """
    grid = alpha.shape[2:]
    cell = np.prod(spacing)
    volume = cell * np.prod(grid)
    moment = np.zeros((3, 3, 3))
    for j, (n, h) in enumerate(zip(grid, spacing)):
        # About the middle: the mean of the density is zero, the origin does not matter.
        x = (np.arange(n) - (n - 1) / 2) * h
        moment[:, :, j] = np.tensordot(alpha.sum(tuple(d for d in range(2, alpha.ndim) if d != j + 2)), x, 1) * cell
    trust = [0 if d >= len(grid) else 1 + _quiet_walls(alpha, d + 2) for d in range(3)]
    out = np.zeros((3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        plus, minus = moment[:, i, j], -moment[:, j, i]
        # The first has moments along j, the second along i.
        out[:, k] = 0.5 * (plus + minus) if trust[i] == trust[j] else plus if trust[j] > trust[i] else minus
    return out / volume


def line_density(
    grid: tuple[int, int],
    spacing: float | tuple[float, float],
    lines: Iterable[tuple[tuple[float, float], tuple[float, float, float]]],
    core: float,
) -> Float[np.ndarray, "3 3 nx ny"]:
    """Straight lines along z with Gaussian cores, ``alpha = b exp(-r^2 / c^2) / (pi c^2)``, in a periodic box.

    Parameters
    ----------
    grid : (int, int)
    spacing : float or (float, float)
    lines : sequence of ((x, y), (bx, by, bz))
        Where each line stands, and its Burgers vector; the corner of the box is at the origin.
    core : float
        c; a step and a half of the grid or more, else waves ring.

    Raises
    ------
    InputError

    Examples
    --------
    >>> alpha = line_density((64, 64), 1.0, [((16, 32), (0, 0, 1.0)), ((48, 32), (0, 0, -1.0))], core=2.0)
    >>> float(round(alpha[2, 2, :32].sum(), 6))
    1.0
    """
    steps = checked_spacing(spacing, grid)
    if len(grid) != 2 or len(steps) != 2:
        raise ShapeError(f"grid={grid!r}: lines along z stand on a grid of two directions")
    if not finite(core, "core") >= 1.5 * max(steps):
        raise InputError(f"core={core!r} is below 1.5 steps of the grid ({1.5 * max(steps):g}): its waves would ring")
    out = np.zeros((3, 3, *grid))
    for line in lines:
        if not isinstance(line, (tuple, list)) or len(line) != 2:
            raise InputError(f"line {line!r:.60}: give ((x, y), (bx, by, bz)) for each")
        where, b = numbers(line[0], 2, "(x, y) of a line"), numbers(line[1], 3, "Burgers vector")
        shape = np.ones(grid)
        for d, (n, h) in enumerate(zip(grid, steps)):
            length = n * h
            gap = np.arange(n) * h - where[d]
            # Images beyond the nearest walls matter for wide cores alone.
            reach = int(np.ceil(7 * core / length))
            images = gap[:, None] + length * np.arange(-reach - 1, reach + 2)
            profile = np.exp(-((images / core) ** 2)).sum(1) / (np.sqrt(np.pi) * core)
            shape = shape * profile.reshape(-1, *[1] * (1 - d))
        out[:, 2] += b[:, None, None] * shape
    return out


def content_of(alpha: Float[np.ndarray, "3 3 *grid"], spacing: tuple[float, ...]) -> dict[str, Any]:
    """What a density holds, as plain values: integrals, and the shares of the parts of torsion.

    The trace of ``alpha`` is the axial part (screws), its antisymmetric part the vector part (edges), the rest tensor.
    """
    if not np.isfinite(alpha).all():
        raise NonFiniteError(
            f"alpha has {int((~np.isfinite(alpha)).sum())} values that are NaN or infinite; fill them first"
        )
    cell = float(np.prod(spacing))
    axes = tuple(range(2, alpha.ndim))
    trace = np.einsum("aa...->...", alpha)
    odd = 0.5 * (alpha - alpha.swapaxes(0, 1))
    parts = {"axial": (trace**2).sum() / 3, "vector": (odd**2).sum()}
    parts["tensor"] = (alpha**2).sum() - sum(parts.values())
    whole = max(sum(parts.values()), 1e-300)
    return {
        "grid": list(alpha.shape[2:]),
        "spacing": list(spacing),
        "total": (alpha.sum(axes) * cell).tolist(),
        "absolute": (np.abs(alpha).sum(axes) * cell).tolist(),
        "shares": {name: float(max(v, 0.0) / whole) for name, v in parts.items()},
        "plastic_mean": plastic_mean(alpha, spacing).tolist(),
        "largest": float(np.linalg.norm(alpha.reshape(9, -1), axis=0).max()),
    }

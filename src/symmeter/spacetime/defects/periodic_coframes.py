"""Coframes in a periodic box from a density of dislocations, and the density of straight lines with smooth cores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.spacetime.defects.checked_numbers import array_of, finite, numbers
from symmeter.spacetime.defects.grids import Grid

__all__ = ["coframe_of_density", "gaussian_line"]


def gaussian_line(
    grid: Grid, burgers: Sequence[float], at: Sequence[float], core: float, direction: int = 2
) -> Float[np.ndarray, "3 3 *grid"]:
    """``alpha_ai = b_a t_i exp(-r^2 / core^2) / (pi core^2)`` of a straight line along an axis, nearest images too.

    Parameters
    ----------
    grid : Grid
    burgers : sequence of 3 floats
    at : sequence of 3 floats
        A point of the line.
    core : float
    direction : {0, 1, 2}
    """
    numbers(burgers, 3, "burgers")
    numbers(at, 3, "at")
    finite(core, "core", above=0)
    if direction not in (0, 1, 2):
        raise InputError(f"direction={direction!r}: the axis that a line runs along is 0, 1 or 2")
    square: np.ndarray | float = 0.0
    for i in range(3):
        if i != direction:
            d = grid.points[i] - at[i]
            d -= grid.lengths[i] * np.rint(d / grid.lengths[i])
            square = square + d**2
    out = np.zeros((3, 3, *grid.shape))
    profile = np.exp(-square / core**2) / (np.pi * core**2)
    for a in range(3):
        out[a, direction] = burgers[a] * profile
    return out


def coframe_of_density(grid: Grid, density: Float[np.ndarray, "3 3 *grid"]) -> Float[np.ndarray, "3 3 *grid"]:
    """The coframe ``delta + beta`` with ``curl beta = alpha`` and ``div beta = 0`` in a periodic box, zero on average.

    Raises
    ------
    InputError
        For a density with a mean, or one that is not free of divergence.
    """
    from scipy.fft import irfftn, rfftn

    if not grid.periodic:
        raise InputError("a density has one coframe in a periodic box only; make the grid periodic")
    density = array_of(density, "densities")
    if density.shape != (3, 3, *grid.shape):
        raise ShapeError(f"the density has shape {density.shape}; it should be {(3, 3, *grid.shape)}")
    if not np.isfinite(density).all():
        raise NonFiniteError(f"the density has {int((~np.isfinite(density)).sum())} values that are NaN or infinite")
    axes = (1, 2, 3)
    scale = float(np.abs(density).max()) + 1e-300
    mean = float(np.abs(density.mean(axis=(2, 3, 4))).max())
    if mean > 1e-9 * scale:
        raise InputError(f"the density has the mean {mean:.3g}; lines in a periodic box must come in opposite pairs")
    waves = []
    for i, (k, length) in enumerate(zip(grid.shape, grid.lengths)):
        w = 2 * np.pi / length * np.fft.fftfreq(k, 1 / k)
        if k % 2 == 0:
            w[k // 2] = 0
        if i == 2:
            w = np.abs(w[: k // 2 + 1])
        waves.append(w.reshape([-1 if j == i else 1 for j in range(3)]))
    square = sum(w**2 for w in waves)
    square = np.where(square == 0, 1.0, square)
    out = np.zeros_like(density)
    for a in range(3):
        hat: Any = rfftn(density[a], axes=axes)
        off = float(np.abs(sum(w * h for w, h in zip(waves, hat))).max())
        if off > 1e-8 * float(np.abs(hat).max() + 1e-300) * max(float(np.abs(w).max()) for w in waves):
            raise InputError(f"row {a} of the density is not free of divergence; lines may not end inside the crystal")
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            # beta_k = i eps_kij k_i alpha_j / k^2.
            out[a, k] = irfftn(1j * (waves[i] * hat[j] - waves[j] * hat[i]) / square, grid.shape)
        out[a, a] += 1
    return out

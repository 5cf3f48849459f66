"""Moving a signal on a grid by a vector of pixels, along each axis in its own manner.

On a periodic axis whole steps roll the signal, and others turn the phases of its Fourier series, which is an exact
action of the translations on signals without the Nyquist frequency (every signal on an odd number of points); on an
even number that one frequency is multiplied by cos(pi s). Elsewhere, and with ``interpolation="linear"``, values
between points are interpolated, and what enters from outside is zero or a mirror image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float

from symmeter.errors import UnknownNameError

__all__ = ["BOUNDARIES", "Axis", "axes_of", "moved", "whole_steps"]

BOUNDARIES = ("circular", "zero", "reflect")
#: A sum of velocities this close to whole steps is whole.
_WHOLE = 1e-9


class Axis(NamedTuple):
    """How one axis of the grid ends, and how values between its points are found."""

    boundary: str = "circular"
    interpolation: str = "fourier"


def axes_of(ndim: int, boundary: str | Sequence[str], interpolation: str) -> tuple[Axis, ...]:
    """One :class:`Axis` for each axis of the grid.

    Raises
    ------
    UnknownNameError
    """
    if not isinstance(boundary, (str, Sequence)):
        raise UnknownNameError(f"boundary is {boundary!r}; it must be one of {', '.join(BOUNDARIES)}")
    names = (boundary,) * ndim if isinstance(boundary, str) else tuple(boundary)
    for name in names:
        if name not in BOUNDARIES:
            raise UnknownNameError(f"boundary is {name!r}; it must be one of {', '.join(BOUNDARIES)}")
    if len(names) != ndim:
        raise UnknownNameError(f"boundary names {len(names)} axes; the flow moves {ndim}")
    if interpolation not in ("fourier", "linear"):
        raise UnknownNameError(f"interpolation is {interpolation!r}; it must be 'fourier' or 'linear'")
    return tuple(Axis(name, interpolation if name == "circular" else "linear") for name in names)


def whole_steps(shift: float) -> int | None:
    """The shift as a whole number of points, or None."""
    nearest = round(shift)
    return nearest if abs(shift - nearest) <= _WHOLE * max(1.0, abs(shift)) else None


def moved(
    values: Float[torch.Tensor, "*lead_and_grid"], shift: Sequence[float], axes: Sequence[Axis]
) -> Float[torch.Tensor, "*lead_and_grid"]:
    """``values(g - shift)``: the signal moved by ``shift`` points along the last axes.

    Parameters
    ----------
    values : tensor (..., *grid)
    shift : sequence of float
        One number for each axis of the grid, towards larger indices.
    axes : sequence of Axis

    Examples
    --------
    >>> moved(torch.tensor([1.0, 2.0, 3.0]), [1], axes_of(1, "circular", "fourier")).tolist()
    [3.0, 1.0, 2.0]
    >>> moved(torch.tensor([1.0, 2.0, 3.0]), [1], axes_of(1, "zero", "linear")).tolist()
    [0.0, 1.0, 2.0]
    """
    n = len(axes)
    whole = [whole_steps(s) for s in shift]
    rolls = [
        (k - n, w)
        for k, (w, axis) in enumerate(zip(whole, axes))
        if w is not None and axis.boundary == "circular" and w % values.shape[k - n]
    ]
    if rolls:
        values = torch.roll(values, [w for _, w in rolls], [dim for dim, _ in rolls])
    for k, (s, w, axis) in enumerate(zip(shift, whole, axes)):
        dim = k - n
        if axis.boundary == "circular" and w is not None:
            continue
        if axis.interpolation == "fourier":
            values = _turned(values, s, dim)
        else:
            values = _interpolated(values, s, w, dim, axis.boundary)
    return values


def _turned(values: torch.Tensor, shift: float, dim: int) -> torch.Tensor:
    n = values.shape[dim]
    frequencies = torch.arange(n // 2 + 1, dtype=torch.float64, device=values.device)
    phase = torch.polar(torch.ones_like(frequencies), -2 * torch.pi * frequencies * (shift / n))
    if n % 2 == 0:
        phase[-1] = torch.cos(torch.pi * torch.tensor(shift, dtype=torch.float64))
    wide = values if values.dtype == torch.float64 else values.float()
    spectrum = torch.fft.rfft(wide, dim=dim)
    shape = [1] * values.ndim
    shape[dim] = len(phase)
    return torch.fft.irfft(spectrum * phase.to(spectrum.dtype).view(shape), n=n, dim=dim).to(values.dtype)


def _interpolated(values: torch.Tensor, shift: float, whole: int | None, dim: int, boundary: str) -> torch.Tensor:
    if whole is not None:
        return _taken(values, whole, dim, boundary)
    low = int(torch.floor(torch.tensor(shift, dtype=torch.float64)))
    part = shift - low
    return (1 - part) * _taken(values, low, dim, boundary) + part * _taken(values, low + 1, dim, boundary)


def _taken(values: torch.Tensor, shift: int, dim: int, boundary: str) -> torch.Tensor:
    n = values.shape[dim]
    source = torch.arange(n, device=values.device) - shift
    if boundary == "circular":
        return values.index_select(dim, source % n)
    if boundary == "reflect":
        # Mirrored at the centres of the outermost points, as often as it takes.
        period = max(2 * (n - 1), 1)
        folded = source % period
        return values.index_select(dim, torch.minimum(folded, period - folded))
    inside = (source >= 0) & (source < n)
    shape = [1] * values.ndim
    shape[dim] = n
    return values.index_select(dim, source.clamp(0, n - 1)) * inside.to(values.dtype).view(shape)

"""How long a step is: scales that let one learning rate serve every role, and the published ones.

``rms`` gives every update the root mean square 0.2, which is what AdamW's updates usually have (Liu et al. 2025).
"""

from __future__ import annotations

import math

import torch

from symmeter.errors import UnknownNameError, nearest_name

__all__ = ["SCALES", "check_scale", "scaled"]

#: Names of scales, and what each does.
SCALES = {
    "rms": "root mean square 0.2 for every matrix",
    "muon": "sqrt(max(1, rows / columns)) of the polar factor",
    "rms_to_rms": "sqrt(outputs / inputs), as in spectral parametrisations",
    "nuclear": "<momentum, direction>^alpha, as in PolarGrad",
    "none": "the direction as it is",
}
_RMS = 0.2
_LEAST = 1e-8


def check_scale(name: str) -> None:
    """Whether a scale of this name exists.

    Raises
    ------
    UnknownNameError
    """
    if name not in SCALES:
        close = nearest_name(name, SCALES)
        hint = f"; did you mean {close!r}?" if close else ""
        raise UnknownNameError(f"no scale is called {name!r}; known are {', '.join(SCALES)}{hint}")


def scaled(
    direction: torch.Tensor, momentum: torch.Tensor, scale: str, alpha: float, axes: int, turned: bool
) -> torch.Tensor:
    """The direction with the length that the scale gives it.

    Parameters
    ----------
    direction, momentum : tensors of shape (..., m, n)
    scale : str
        A key of :data:`SCALES`.
    alpha : float
        Power of ``nuclear``.
    axes : int
        How many axes, from the last, belong to one weight: 2, or 3 with heads. Others are experts or layers.
    turned : bool
        Whether rows are inputs, so that the sides of the weight are exchanged.
    """
    if scale == "none":
        return direction
    over = tuple(range(-axes, 0))
    if scale == "rms":
        numel = math.prod(direction.shape[-axes:])
        kind = torch.promote_types(direction.dtype, torch.float32)
        length = torch.linalg.vector_norm(direction, dim=over, keepdim=True, dtype=kind)
        factor = torch.where(length > 0, _RMS * math.sqrt(numel) / length, torch.zeros_like(length))
        return direction * factor.to(direction.dtype)
    if scale == "nuclear":
        overlap = (direction * momentum).sum(over, keepdim=True).clamp_min(_LEAST)
        return direction * overlap**alpha
    rows, columns = direction.shape[-2:]
    outputs, inputs = (columns, rows) if turned else (rows, columns)
    ratio = outputs / inputs
    return direction * math.sqrt(max(1.0, ratio) if scale == "muon" else ratio)

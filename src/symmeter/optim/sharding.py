"""Updates of weights that are spread over processes (DTensor, FSDP2): equal to those of the whole weight.

Rules that look at rows one by one stay on their shard; the mean row and the length of the update are summed over
processes, a vector and a number. Spectral rules gather the weight, and every process computes the same factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from symmeter.optim.directions import row_norm
from symmeter.optim.plan import PlanEntry
from symmeter.optim.rules import DirectionSettings

__all__ = ["is_sharded", "placed_like", "sharded_update", "whole"]

#: Root mean square of updates under scale "rms".
_RMS = 0.2


def is_sharded(tensor: torch.Tensor) -> bool:
    """Whether it is a DTensor."""
    return hasattr(tensor, "full_tensor") and hasattr(tensor, "placements")


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """The tensor on this process, gathered if it is spread."""
    return tensor.full_tensor() if is_sharded(tensor) else tensor  # type: ignore[attr-defined]


def sharded_update(
    entry: PlanEntry,
    source: Any,
    gradient: Any,
    settings: DirectionSettings,
    scale: str,
    plain: Callable[[PlanEntry, torch.Tensor, torch.Tensor | None], torch.Tensor],
) -> torch.Tensor:
    """The update as a DTensor placed like ``source``.

    Parameters
    ----------
    entry : PlanEntry
    source, gradient : DTensor
        ``gradient`` may be None.
    settings : DirectionSettings
    scale : str
    plain : callable
        The update of whole tensors.
    """
    if gradient is None and _by_rows(entry, source, settings, scale):
        return _rows(entry, source, settings, scale)
    full = plain(entry, whole(source), None if gradient is None else whole(gradient))
    return placed_like(full, source)


def placed_like(full: torch.Tensor, like: Any) -> torch.Tensor:
    """A tensor that every process has, spread as another is."""
    from torch.distributed.tensor import DTensor, Replicate

    mesh = like.device_mesh
    same = DTensor.from_local(full, mesh, [Replicate()] * mesh.ndim, run_check=False)
    return same.redistribute(mesh, like.placements)


def _by_rows(entry: PlanEntry, source: Any, settings: DirectionSettings, scale: str) -> bool:
    from torch.distributed.tensor import Shard

    by_rows = entry.direction.name in ("row", "centered_row") and entry.view.plain and len(entry.shape) == 2
    return by_rows and scale in ("rms", "none") and settings.row_eps != "relative" and source.placements == (Shard(0),)


def _rows(entry: PlanEntry, source: Any, settings: DirectionSettings, scale: str) -> torch.Tensor:
    from torch.distributed.tensor import DTensor

    local, group = source.to_local(), source.device_mesh.get_group()
    centered = entry.direction.centered
    m, n = entry.shape
    x = local - _summed(local.sum(0), group) / m if centered else local
    x = row_norm(x, settings.row_eps)
    if centered:
        x = x - _summed(x.sum(0), group) / m
    if scale == "rms":
        square = _summed(x.to(torch.promote_types(x.dtype, torch.float32)).pow(2).sum(), group)
        factor = torch.where(square > 0, _RMS * math.sqrt(m * n) / square.sqrt(), torch.zeros_like(square))
        x = x * factor.to(x.dtype)
    return DTensor.from_local(
        x, source.device_mesh, source.placements, run_check=False, shape=source.shape, stride=source.stride()
    )


def _summed(x: torch.Tensor, group: Any) -> torch.Tensor:
    import torch.distributed as dist

    total = x.clone()
    dist.all_reduce(total, group=group)
    return total

"""Minimal frames: of all candidate poses keep those in which the unlabelled cloud looks alike, a coset of symmetries.

The frame then has as many poses as the cloud has symmetries (Lin, Helwig, Gui and Ji 2024): one for a generic cloud.
Candidates are compared by moments of the cloud in the pose, which do not depend on the order of its points; the
smallest wins. Which one that is jumps as the cloud moves, so that the average is exact but not continuous.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from jaxtyping import Float

__all__ = ["minimal_poses"]

Listed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
_MOMENTS = 12
#: Moments, of order 1, that agree to this are those of one and the same cloud.
_ALIKE = 1e-8
#: Candidates of less weight than this share of the largest are not looked at; chosen away from simple ratios.
_HEAVY = 0.37


@cache
def _directions(d: int) -> np.ndarray:
    return np.random.default_rng(20_240_601).standard_normal((_MOMENTS, d))


def minimal_poses(listed: Listed, y: Float[torch.Tensor, "B n d"], mass: Float[torch.Tensor, "B n"] | None) -> Listed:
    """The coset of poses with the smallest moments, each once, with equal weights.

    Parameters
    ----------
    listed : (axes, weight, cloud)
        Poses sorted by cloud.
    y : tensor of shape (B, n, d)
        Centred positions.
    mass : tensor of shape (B, n), optional
        0 for padding.
    """
    axes, weight, cloud = listed
    number, dtype = len(y), torch.float64
    heaviest = _least(-weight.detach(), cloud, number)
    kept = torch.nonzero(weight.detach() > -_HEAVY * heaviest[cloud]).squeeze(1)
    moments = _moments(axes[kept].detach(), y.detach(), mass, cloud[kept])
    for k in range(_MOMENTS):
        value = moments[:, k]
        alive = value <= _least(value, cloud[kept], number)[cloud[kept]] + _ALIKE
        kept, moments = kept[alive], moments[alive]
    kept = kept[_first_of_equals(axes[kept].detach(), cloud[kept])]
    counts = torch.bincount(cloud[kept], minlength=number).to(dtype)
    return axes[kept], (1.0 / counts)[cloud[kept]], cloud[kept]


def _least(value: torch.Tensor, cloud: torch.Tensor, number: int) -> torch.Tensor:
    worst = torch.full((number,), torch.inf, dtype=value.dtype, device=value.device)
    return worst.scatter_reduce(0, cloud, value, "amin")


def _moments(axes: torch.Tensor, y: torch.Tensor, mass: torch.Tensor | None, cloud: torch.Tensor) -> torch.Tensor:
    """``sum_i m_i exp(u_k . z_i)`` for fixed directions u_k and positions z in units of the cloud's size."""
    share = torch.ones_like(y[..., 0]) if mass is None else mass
    share = share / share.sum(1, keepdim=True)
    size = y.norm(dim=-1).amax(1)
    z = y / torch.where(size > 0, size, torch.ones_like(size))[:, None, None]
    turned = axes @ torch.from_numpy(_directions(y.shape[-1])).to(axes).T
    return (share[cloud][..., None] * torch.exp(z[cloud] @ turned)).sum(1)


def _first_of_equals(axes: torch.Tensor, cloud: torch.Tensor) -> torch.Tensor:
    """Rows that no earlier row of the same cloud equals."""
    order = torch.arange(len(cloud), device=cloud.device)
    place = order - torch.searchsorted(cloud, cloud)
    kept = torch.ones(len(cloud), dtype=torch.bool, device=cloud.device)
    for back in range(1, int(place.max()) + 1 if len(place) else 1):
        before = (order - back).clamp(min=0)
        same = (place >= back) & ((axes - axes[before]).abs().amax((1, 2)) < 1e-6)
        kept &= ~same
    return torch.nonzero(kept).squeeze(1)

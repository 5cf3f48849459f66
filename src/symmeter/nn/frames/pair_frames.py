"""Weighted frames from the points themselves, which stay continuous where principal axes jump.

In space every ordered pair of points gives axes, ``e1`` along the first and ``e3`` across both, with a weight that
grows with the area that they span; in the plane every point gives axes by its direction. No finite frame without
weights can be continuous (Dym, Lawrence and Siegel 2024); with them symmetric clouds need no special care, because
points that a symmetry exchanges have equal weights.
"""

from __future__ import annotations

import torch
from jaxtyping import Float

from symmeter.errors import InputError

__all__ = ["relative_weights", "weighted_axes"]

#: Exponent of the relative area; from 2 on the average is continuously differentiable where pairs appear.
_POWER = 2
#: Squared areas below this share of the largest count as none; their weights would be far below rounding.
_NOTHING = 1e-12
Listed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def weighted_axes(y: Float[torch.Tensor, "B n d"], mass: Float[torch.Tensor, "B n"], proper: bool, most: int) -> Listed:
    """(axes, weight, cloud) of every pair (plane: point) that spans something.

    Parameters
    ----------
    y : tensor of shape (B, n, d)
        Centred positions, d = 2 or 3, of clouds that span at least d - 1 dimensions.
    mass : tensor of shape (B, n)
        Weights of the points, 0 for padding.
    proper : bool
        Rotations only; otherwise each set of axes comes with its mirror image.
    most : int
        Largest number of poses of one cloud.

    Raises
    ------
    InputError
        If a cloud needs more than ``most`` poses: so many of its points are alike.
    """
    share = mass / mass.amax(1, keepdim=True)
    axes, size = (_of_points if y.shape[-1] == 2 else _of_pairs)(y, share)
    number = len(y)
    flat = size.reshape(number, -1)
    sides = 1 if proper else 2
    weight = relative_weights(flat, max(most // sides, 1))
    at, which = torch.nonzero(weight.detach() > 0, as_tuple=True)
    chosen = axes(at, which)
    listed = weight[at, which]
    if proper:
        return chosen, listed, at
    mirrored = torch.cat([chosen[..., :-1], -chosen[..., -1:]], dim=-1)
    return torch.cat([chosen, mirrored]), torch.cat([listed, listed]) / 2, torch.cat([at, at])


def relative_weights(size: Float[torch.Tensor, "B K"], most: int) -> Float[torch.Tensor, "B K"]:
    """Weights that grow with squared areas or volumes, sum to 1, and are positive for at most ``most`` of them."""
    relative = size / size.amax(1, keepdim=True).clamp(min=torch.finfo(size.dtype).tiny)
    relative = relative - _cut(relative, most)
    # Parallel pairs span rounding errors, not exactly nothing.
    weight = torch.where(relative > _NOTHING, relative, torch.zeros_like(relative)) ** _POWER
    return weight / weight.sum(1, keepdim=True)


def _cut(relative: Float[torch.Tensor, "B K"], most: int) -> Float[torch.Tensor, "B 1"]:
    """What is taken off so that at most ``most`` stay positive: an order statistic, which moves continuously."""
    if relative.shape[1] <= most:
        return torch.zeros_like(relative[:, :1])
    cut = relative.topk(most + 1, dim=1).values[:, -1:]
    if float(cut.detach().max()) > 0.98:
        alike = int((relative > 0.98).sum(1).max())
        raise InputError(
            f"a degenerate cloud has {alike} sets of points that span nearly the same, but max_frames leaves room for "
            f'{most}; raise it, draw samples=, or use degenerate="block" (approximate) or "error"'
        )
    return cut


def _unit(v: torch.Tensor) -> torch.Tensor:
    length = v.norm(dim=-1, keepdim=True)
    return v / torch.where(length > 0, length, torch.ones_like(length))


def _of_points(y: torch.Tensor, share: torch.Tensor):
    size = (y**2).sum(-1) * share

    def axes(at: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
        first = _unit(y[at, which])
        return torch.stack([first, torch.stack([-first[:, 1], first[:, 0]], dim=-1)], dim=-1)

    return axes, size


def _of_pairs(y: torch.Tensor, share: torch.Tensor):
    n = y.shape[1]
    # The squared area, so that its gradient exists where it vanishes; from the cross product, since the difference
    # |x|^2 |y|^2 - (x y)^2 would lose all digits for pairs that are nearly parallel.
    area = (torch.linalg.cross(y[:, :, None], y[:, None, :], dim=-1) ** 2).sum(-1)
    scale = (y**2).sum(-1).amax(1).clamp(min=torch.finfo(y.dtype).tiny)[:, None, None]
    size = area / scale**2 * share[:, :, None] * share[:, None, :]

    def axes(at: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
        one, two = y[at, which // n], y[at, which % n]
        first, third = _unit(one), _unit(torch.linalg.cross(one, two))
        return torch.stack([first, torch.linalg.cross(third, first), third], dim=-1)

    return axes, size

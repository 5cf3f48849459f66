"""Frame averages point by point: each point's neighbours are a cloud of their own, with a frame of their own."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import nn

from symmeter.errors import InputError
from symmeter.nn.frames.average import FrameAverage
from symmeter.nn.frames.calling import takes_argument

__all__ = ["LocalFrameAverage", "neighbourhoods"]


def neighbourhoods(
    points: Float[torch.Tensor, "B n d"], k: int, mask: Bool[torch.Tensor, "B n"] | None = None
) -> tuple[Float[torch.Tensor, "B n m d"], Int[torch.Tensor, "B n m"], Bool[torch.Tensor, "B n m"]]:
    """Positions of the nearest points of each point, itself among them, relative to it.

    Points as far away as the k-th are taken as well, so that rounding never chooses between them.

    Parameters
    ----------
    points : tensor of shape (B, n, d)
    k : int
        Number of neighbours where no distances are equal.
    mask : bool tensor of shape (B, n), optional
        False for padding, which is nobody's neighbour.

    Returns
    -------
    positions, numbers, taken
        The third says which of the m entries are neighbours; where no distances are equal, m = k and all are.
    """
    n = points.shape[1]
    fewest = n if mask is None else int(mask.sum(1).min())
    if not 1 <= k <= fewest:
        raise InputError(f"k is {k}; a cloud of {fewest} points has from 1 to that many neighbours")
    still = points.detach()
    distance = torch.cdist(still, still, compute_mode="donot_use_mm_for_euclid_dist")
    if mask is not None:
        distance = distance.masked_fill(~mask[:, None], torch.inf)
    far = distance.kthvalue(k, dim=2, keepdim=True).values
    scale = torch.where(distance.isfinite(), distance, torch.zeros_like(distance)).amax((1, 2), keepdim=True)
    # Coordinates round in units of their own size, which far from the origin is more than that of the cloud.
    reach = still.abs() if mask is None else still.abs().masked_fill(~mask[..., None], 0.0)
    scale = torch.maximum(scale, reach.amax((1, 2), keepdim=True))
    taken = distance <= far + (1e-9 if points.dtype == torch.float64 else 5e-7) * scale
    most = int(taken.sum(2).max())
    near = distance.topk(most, dim=2, largest=False).indices
    rows = torch.arange(len(points), device=points.device)[:, None, None]
    return points[rows, near] - points[:, :, None], near, taken.gather(2, near)


class LocalFrameAverage(nn.Module):
    """One output a point, from its neighbourhood alone, equivariant under rotations about the point.

    Parameters
    ----------
    backbone : callable
        Takes neighbourhoods of shape (M, k, d), relative to their point, to one output each; with an argument ``mask``
        also of shape (M, m, d) for m >= k, where points beside the k-th are equally far.
    group : str
        ``"O(d)"`` or ``"SO(d)"``; translations are removed by taking differences.
    k : int
        Number of neighbours.
    output : str
        ``"scalars"`` or ``"vectors"``, such as normals.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(18, 3))
    >>> normals = LocalFrameAverage(net, "O(3)", k=6, output="vectors")
    >>> normals(torch.randn(2, 50, 3, generator=torch.Generator().manual_seed(0))).shape
    torch.Size([2, 50, 3])
    """

    def __init__(
        self, backbone: Any, group: str = "O(3)", k: int = 16, output: str = "scalars", **options: Any
    ) -> None:
        super().__init__()
        if str(group).replace(" ", "").upper().startswith(("E(", "SE(")):
            raise InputError(f"neighbourhoods are taken relative to their point; choose O(d) or SO(d), got {group!r}")
        self.k = k
        self._takes_mask = takes_argument(backbone, "mask")
        self.average = FrameAverage(backbone, group, {"x": "points"}, output, **options)

    def forward(
        self, points: Float[torch.Tensor, "B n d"], mask: Bool[torch.Tensor, "B n"] | None = None
    ) -> torch.Tensor:
        """One output for each point, shape (B, n, ...); 0 for padding.

        Raises
        ------
        InputError
            If some neighbourhood has equal distances at its edge and the backbone takes no ``mask``.
        """
        near, _, taken = neighbourhoods(points, self.k, mask)
        real = torch.ones_like(taken[..., 0]) if mask is None else mask
        some = near[real], taken[real]
        whole = bool(some[1].all())
        if not whole and not self._takes_mask:
            raise InputError(
                f"the {self.k} nearest of some point are not decided: more are equally far. Choose another k, or give "
                "a backbone that takes mask="
            )
        y = self.average(some[0]) if whole and not self._takes_mask else self.average(some[0], mask=some[1])
        return y.new_zeros(*real.shape, *y.shape[1:]).index_put(tuple(real.nonzero().T), y)

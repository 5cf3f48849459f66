"""Networks that read point clouds as ordered lists, averaged over orders: the inner factor of S(n) x E(d).

In a pose the points are sorted by their coordinates, points with equal coordinates in every order; poses come from
:class:`~symmeter.nn.frames.euclidean_average.EuclideanAverage`, whose frames do not depend on the order.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from symmeter.nn.frames.permutation import SortingFrame
from symmeter.nn.frames.permutation_average import PermutationAverage

__all__ = ["OrderedPoints"]


class OrderedPoints(nn.Module):
    """Any network of a cloud made invariant, or equivariant, to the order of its points.

    Parameters
    ----------
    backbone : callable
        Takes clouds of shape (M, n, d), with ``mask`` where there is one.
    per_point : bool
        Whether its output has a row a point, which goes back to its place.
    limit : int
        Largest number of orders of one cloud.
    tol : float
        Coordinates are equal when they are this near, relative to the largest.
    chunk : int, optional
        Largest number of ordered clouds evaluated at once.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
    >>> model = OrderedPoints(net)
    >>> x = torch.randn(3, 4, 3)
    >>> bool(torch.equal(model(x), model(x[:, [2, 0, 3, 1]])))
    True
    """

    def __init__(
        self, backbone: Any, per_point: bool = False, limit: int = 1000, tol: float = 1e-6, chunk: int | None = None
    ) -> None:
        super().__init__()
        output = "nodes" if per_point else "scalar"
        self.average = PermutationAverage(backbone, SortingFrame(tol), output=output, limit=limit, chunk=chunk)

    def forward(self, x: Float[torch.Tensor, "M n d"], mask: torch.Tensor | None = None) -> torch.Tensor:
        """The average over the orders of each cloud."""
        return self.average(None, x, mask)

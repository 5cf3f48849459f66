"""Plain networks for point clouds, to be made equivariant by a frame: PointNet-like, DGCNN-like, point transformer.

All take ``x`` of shape (B, n, d) and, optionally, ``features`` of shape (B, n, f) and a ``mask`` of shape (B, n); none
is equivariant to anything but the order of the points. They follow the published designs in small: Qi et al. 2017,
Wang et al. 2019, Zhao et al. 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int
from torch import nn

from symmeter.errors import InputError

__all__ = ["DGCNN", "MLP", "PointNet", "PointTransformer", "nearest_neighbours"]


class MLP(nn.Module):
    """Fully connected layers on the last axis, or on everything but the batch axis.

    Parameters
    ----------
    widths : sequence of int
        Input, hidden and output widths.
    activation : Module, optional
        SiLU by default; none after the last layer.
    flatten : bool
        Join all axes but the first before the first layer: the network then depends on the order of the points too.
    """

    def __init__(self, widths: Sequence[int], activation: nn.Module | None = None, flatten: bool = False) -> None:
        super().__init__()
        self.activation = nn.SiLU() if activation is None else activation
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.flatten = flatten

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the layers."""
        h = x.flatten(1) if self.flatten else x
        for k, layer in enumerate(self.layers):
            h = layer(h if k == 0 else self.activation(h))
        return h


class PointNet(nn.Module):
    """A shared perceptron on the points, its maximum over the cloud, and a perceptron on both.

    Parameters
    ----------
    dimension, features : int
        Columns of ``x`` and of ``features``.
    outputs : int
    width : int
        Of the first layer; the others are its multiples.
    per_point : bool
        One output row a point, or one a cloud.
    """

    def __init__(
        self, dimension: int = 3, features: int = 0, outputs: int = 3, width: int = 64, per_point: bool = True
    ) -> None:
        super().__init__()
        self.local = MLP((dimension + features, width, 2 * width, 2 * width), nn.ReLU())
        self.whole = MLP((2 * width, 4 * width), nn.ReLU())
        self.per_point = per_point
        both = 6 * width if per_point else 4 * width
        self.head = MLP((both, 2 * width, 2 * width, outputs), nn.ReLU())

    def forward(
        self,
        x: Float[torch.Tensor, "B n d"],
        features: Float[torch.Tensor, "B n f"] | None = None,
        mask: Bool[torch.Tensor, "B n"] | None = None,
    ) -> torch.Tensor:
        """Shape (B, n, outputs), or (B, outputs) for whole clouds."""
        h = torch.relu(self.local(x if features is None else torch.cat([x, features], -1)))
        whole = _largest(self.whole(h), mask)
        if not self.per_point:
            return self.head(whole)
        # The first layer of the head sees the whole once a cloud, not once a point.
        first = self.head.layers[0]
        assert isinstance(first, nn.Linear)
        width = h.shape[-1]
        y = h @ first.weight[:, :width].T + nn.functional.linear(whole, first.weight[:, width:], first.bias)[:, None]
        for layer in self.head.layers[1:]:
            y = layer(torch.relu(y))
        return y


def _largest(h: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
    return (h if mask is None else h.masked_fill(~mask[..., None], -torch.inf)).amax(1)


def nearest_neighbours(
    x: Float[torch.Tensor, "B n d"], k: int, mask: Bool[torch.Tensor, "B n"] | None = None
) -> Int[torch.Tensor, "B n k"]:
    """Indices of the k nearest points of each point, itself among them; the same in every frame.

    Raises
    ------
    InputError
        If the clouds have fewer than k points.
    """
    if k > x.shape[1]:
        raise InputError(f"{k} neighbours were asked for, the clouds have {x.shape[1]} points; choose k below that")
    squared = (x**2).sum(-1)
    distance = squared[:, :, None] + squared[:, None, :] - 2.0 * x @ x.transpose(1, 2)
    if mask is not None:
        distance = distance.masked_fill(~mask[:, None, :], torch.inf)
    return distance.detach().topk(k, dim=-1, largest=False).indices


def _neighbours(x: torch.Tensor, k: int, mask: torch.Tensor | None, near: torch.Tensor | None) -> torch.Tensor:
    # Neighbours found without the mask could be padding.
    return near if near is not None and mask is None else nearest_neighbours(x, k, mask)


def _gather(h: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
    """Rows of h (B, n, c) at near (B, n, k): shape (B, n, k, c)."""
    return h[torch.arange(len(h), device=h.device)[:, None, None], near]


class DGCNN(nn.Module):
    """Edge convolutions ``max_u MLP(h_v, h_u - h_v)`` over nearest neighbours, then a head that sees the whole cloud.

    Parameters
    ----------
    dimension, features, outputs, width : int
    layers : int
        Number of edge convolutions.
    neighbours : int
        k, a point itself included; clouds of fewer points use all.
    dynamic : bool
        Look for neighbours anew in every layer, among the features; otherwise among the points once.
    per_point : bool
    """

    def __init__(
        self,
        dimension: int = 3,
        features: int = 0,
        outputs: int = 3,
        width: int = 32,
        layers: int = 3,
        neighbours: int = 16,
        dynamic: bool = True,
        per_point: bool = True,
    ) -> None:
        super().__init__()
        self.neighbours, self.dynamic, self.per_point = neighbours, dynamic, per_point
        first = dimension + features
        # MLP(h_v, h_u - h_v) = W_1 h_v + W_2 h_u: two products a point instead of one an edge.
        self.own = nn.ModuleList(nn.Linear(first if k == 0 else width, width) for k in range(layers))
        self.other = nn.ModuleList(nn.Linear(first if k == 0 else width, width, bias=False) for k in range(layers))
        self.edge = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        self.whole = nn.Linear(layers * width, 4 * width)
        self.head = MLP(
            (layers * width + 4 * width if per_point else 4 * width, 4 * width, 2 * width, outputs), nn.ReLU()
        )

    def shared(self, x: torch.Tensor, features: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Neighbours, which are the same in every pose: :class:`FrameAverage` looks for them once."""
        return {"near": nearest_neighbours(x, min(self.neighbours, x.shape[1]))}

    def forward(
        self,
        x: Float[torch.Tensor, "B n d"],
        features: Float[torch.Tensor, "B n f"] | None = None,
        mask: Bool[torch.Tensor, "B n"] | None = None,
        near: Int[torch.Tensor, "B n k"] | None = None,
    ) -> torch.Tensor:
        """Shape (B, n, outputs), or (B, outputs) for whole clouds."""
        h = x if features is None else torch.cat([x, features], -1)
        k = min(self.neighbours, x.shape[1])
        near = _neighbours(x, k, mask, near)
        levels = []
        for number, (own, other, edge) in enumerate(zip(self.own, self.other, self.edge)):
            if self.dynamic and number:
                near = nearest_neighbours(h, k, mask)
            pairs = torch.relu(own(h)[:, :, None] + _gather(other(h), near))
            messages = edge(pairs)
            if mask is not None:
                messages = messages.masked_fill(~_gather(mask[..., None], near), -torch.inf)
            h = torch.relu(messages.amax(2))
            levels.append(h)
        joined = torch.cat(levels, -1)
        whole = _largest(self.whole(joined), mask)
        if not self.per_point:
            return self.head(whole)
        return self.head(torch.cat([joined, whole[:, None].expand(-1, x.shape[1], -1)], -1))


class PointTransformer(nn.Module):
    """Vector attention among nearest neighbours, with the offset between the points in weights and values.

    Parameters
    ----------
    dimension, features, outputs, width : int
    layers : int
        Number of attention blocks.
    neighbours : int
        k, a point itself included; clouds of fewer points use all.
    per_point : bool
    """

    def __init__(
        self,
        dimension: int = 3,
        features: int = 0,
        outputs: int = 3,
        width: int = 32,
        layers: int = 2,
        neighbours: int = 16,
        per_point: bool = True,
    ) -> None:
        super().__init__()
        self.neighbours, self.per_point = neighbours, per_point
        self.embedding = nn.Linear(dimension + features, width)
        self.blocks = nn.ModuleList(_VectorAttention(dimension, width) for _ in range(layers))
        self.head = MLP((2 * width if per_point else width, 2 * width, outputs))

    def shared(self, x: torch.Tensor, features: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        """Neighbours, which are the same in every pose: :class:`FrameAverage` looks for them once."""
        return {"near": nearest_neighbours(x, min(self.neighbours, x.shape[1]))}

    def forward(
        self,
        x: Float[torch.Tensor, "B n d"],
        features: Float[torch.Tensor, "B n f"] | None = None,
        mask: Bool[torch.Tensor, "B n"] | None = None,
        near: Int[torch.Tensor, "B n k"] | None = None,
    ) -> torch.Tensor:
        """Shape (B, n, outputs), or (B, outputs) for whole clouds."""
        near = _neighbours(x, min(self.neighbours, x.shape[1]), mask, near)
        offsets = x[:, :, None] - _gather(x, near)
        real = None if mask is None else _gather(mask[..., None], near)
        h = self.embedding(x if features is None else torch.cat([x, features], -1))
        for block in self.blocks:
            h = h + block(h, offsets, near, real)
        whole = h.mean(1) if mask is None else (h * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        if not self.per_point:
            return self.head(whole)
        return self.head(torch.cat([h, whole[:, None].expand_as(h)], -1))


class _VectorAttention(nn.Module):
    def __init__(self, dimension: int, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.place = MLP((dimension, width, width))
        self.weight = MLP((width, width, width))

    def forward(
        self, h: torch.Tensor, offsets: torch.Tensor, near: torch.Tensor, real: torch.Tensor | None
    ) -> torch.Tensor:
        h = self.norm(h)
        place = self.place(offsets)
        score = self.weight(self.query(h)[:, :, None] - _gather(self.key(h), near) + place)
        if real is not None:
            score = score.masked_fill(~real, -torch.inf)
        return (score.softmax(2) * (_gather(self.value(h), near) + place)).sum(2)

"""Networks for graphs given as dense matrices, and the two that the frame makes universal: FA-MLP and FA-GIN+ID.

A multilayer perceptron on the flattened matrix, or message passing with the number of the vertex as a feature, can tell
all graphs apart but depends on the numbering; averaged over a permutation frame it no longer does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, ShapeError
from symmeter.nn.frames.permutation import PermutationFrame
from symmeter.nn.frames.permutation_average import PermutationAverage

__all__ = ["GIN", "GraphMLP", "fa_gin", "fa_mlp"]


class GraphMLP(nn.Module):
    """Fully connected layers on the adjacency matrix and the vertex features, written out as one vector.

    Parameters
    ----------
    vertices : int
        Size to which smaller graphs are padded.
    features : int
        Columns of the vertex features.
    hidden : sequence of int
        Widths; ``(128, 64)`` for GRAPH8c, ``(2048, 4096, 2048)`` for EXP in the paper.
    outputs : int
    activation : callable
    """

    def __init__(
        self,
        vertices: int,
        features: int = 0,
        hidden: Sequence[int] = (128, 64),
        outputs: int = 10,
        activation: Callable[[torch.Tensor], torch.Tensor] = torch.tanh,
    ) -> None:
        super().__init__()
        widths = [vertices * (vertices + features), *hidden, outputs]
        self.vertices, self.features, self.activation = vertices, features, activation
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(
        self, adjacency: Float[torch.Tensor, "B N N"], x: Any = None, mask: Any = None
    ) -> Float[torch.Tensor, "B outputs"]:
        """One row a graph."""
        adjacency = _real(adjacency, self.layers[0])
        n = adjacency.shape[-1]
        if n > self.vertices:
            raise ShapeError(f"a graph has {n} vertices; this network takes {self.vertices} at most")
        if (0 if x is None else x.shape[-1]) != self.features:
            raise ShapeError(
                f"this network takes {self.features} vertex features; got {x if x is None else x.shape[-1]}"
            )
        pad = self.vertices - n
        parts = [nn.functional.pad(adjacency, (0, pad, 0, pad)).flatten(1)]
        if x is not None:
            parts.append(nn.functional.pad(x, (0, 0, 0, pad)).flatten(1))
        h = torch.cat(parts, dim=1)
        for k, layer in enumerate(self.layers):
            h = layer(h if k == 0 else self.activation(h))
        return h


class GIN(nn.Module):
    """Graph isomorphism network on dense matrices (Xu et al. 2019): ``h_v <- act(W((1 + eps) h_v + sum_u A_vu h_u))``.

    Parameters
    ----------
    features : int
        Columns of the vertex features; without features every vertex gets the feature 1.
    ids : int
        Append the number of the vertex as a one-hot vector of this length (GIN+ID), which makes the network depend on
        the numbering; 0 for plain GIN.
    width, layers, outputs : int
    pooling : str
        ``"sum"`` or ``"mean"`` over vertices.
    head : sequence of int
        Widths of hidden layers after pooling.
    activation : callable
    output : str
        ``"scalar"``, or ``"nodes"`` for one row a vertex without pooling.
    """

    def __init__(
        self,
        features: int = 0,
        ids: int = 0,
        width: int = 64,
        layers: int = 3,
        outputs: int = 10,
        pooling: str = "sum",
        head: Sequence[int] = (),
        activation: Callable[[torch.Tensor], torch.Tensor] = torch.tanh,
        output: str = "scalar",
    ) -> None:
        super().__init__()
        if pooling not in ("sum", "mean"):
            raise InputError(f'pooling must be "sum" or "mean"; got {pooling!r}')
        self.ids, self.pooling, self.activation, self.output = ids, pooling, activation, output
        self.features = features
        first = max(features, 0 if ids else 1) + ids
        self.layers = nn.ModuleList(nn.Linear(first if k == 0 else width, width) for k in range(layers))
        self.eps = nn.Parameter(torch.rand(layers))
        widths = [width, *head, outputs]
        self.head = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(
        self, adjacency: Float[torch.Tensor, "B N N"], x: torch.Tensor | None = None, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """One row a graph, or a vertex."""
        adjacency = _real(adjacency, self.layers[0])
        h = self._first(adjacency, x)
        for k, layer in enumerate(self.layers):
            # Multiply by W before the sum over neighbours: the narrower of the two goes through the matrix product.
            assert isinstance(layer, nn.Linear)
            if layer.in_features > layer.out_features:
                u = h @ layer.weight.T
                h = (1 + self.eps[k]) * u + adjacency @ u + layer.bias
            else:
                h = layer((1 + self.eps[k]) * h + adjacency @ h)
            h = self.activation(h)
        if self.output == "scalar":
            h = h if mask is None else h * mask[..., None]
            h = h.sum(1)
            if self.pooling == "mean":
                h = h / (adjacency.shape[1] if mask is None else mask.sum(1, keepdim=True))
        for k, layer in enumerate(self.head):
            h = layer(h if k == 0 else self.activation(h))
        return h

    def _first(self, adjacency: torch.Tensor, x: torch.Tensor | None) -> torch.Tensor:
        number, n, _ = adjacency.shape
        if (0 if x is None else x.shape[-1]) != self.features:
            raise ShapeError(
                f"this network takes {self.features} vertex features; got {x if x is None else x.shape[-1]}"
            )
        parts = [] if x is None else [x]
        if self.ids:
            if n > self.ids:
                raise ShapeError(f"a graph has {n} vertices; this network numbers {self.ids} at most")
            parts.append(torch.eye(n, self.ids, dtype=adjacency.dtype, device=adjacency.device).expand(number, -1, -1))
        if not parts:
            parts.append(adjacency.new_ones(number, n, 1))
        return torch.cat(parts, dim=-1)


def _real(adjacency: torch.Tensor, layer: nn.Module) -> torch.Tensor:
    """Matrices of true and false, or of whole numbers, as numbers of the network's kind."""
    assert isinstance(layer, nn.Linear)
    return adjacency if adjacency.is_floating_point() else adjacency.to(layer.weight.dtype)


def fa_mlp(
    vertices: int,
    features: int = 0,
    *,
    frame: PermutationFrame | None = None,
    limit: int = 1000,
    samples: int | None = None,
    stochastic_train: bool = False,
    **options: Any,
) -> PermutationAverage:
    """FA-MLP: a :class:`GraphMLP` averaged over the permutation frame, invariant to the numbering of the vertices.

    Parameters
    ----------
    vertices, features : int
        As in :class:`GraphMLP`, which takes the other ``options``.
    frame, limit, samples, stochastic_train
        As in :class:`symmeter.nn.frames.PermutationAverage`.

    Examples
    --------
    >>> model = fa_mlp(5)
    >>> model(torch.ones(2, 5, 5)).shape
    torch.Size([2, 10])
    """
    backbone = GraphMLP(vertices, features, **options)
    return PermutationAverage(backbone, frame, limit=limit, samples=samples, stochastic_train=stochastic_train)


def fa_gin(
    vertices: int,
    features: int = 0,
    *,
    frame: PermutationFrame | None = None,
    limit: int = 1000,
    samples: int | None = None,
    stochastic_train: bool = False,
    **options: Any,
) -> PermutationAverage:
    """FA-GIN+ID: a :class:`GIN` that sees the place of each vertex in the ordering, averaged over the frame.

    Parameters
    ----------
    vertices, features : int
        Largest graph, and columns of features; :class:`GIN` takes the other ``options``.
    frame, limit, samples, stochastic_train
        As in :class:`symmeter.nn.frames.PermutationAverage`.

    Examples
    --------
    >>> fa_gin(5, width=8)(torch.ones(2, 5, 5)).shape
    torch.Size([2, 10])
    """
    backbone = GIN(features, ids=vertices, **options)
    return PermutationAverage(
        backbone,
        frame,
        output=options.get("output", "scalar"),
        limit=limit,
        samples=samples,
        stochastic_train=stochastic_train,
    )

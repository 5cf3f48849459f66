"""Weights projected onto the equivariant maps of a group, block by block, as a step that gradients pass through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from symmeter.nn.soft.blocks import BlockRows, LinearMap, at_least_single
from symmeter.nn.soft.candidates import Candidate
from symmeter.nn.soft.null_space import projector

__all__ = ["WeightProjection"]


class WeightProjection(torch.nn.Module):
    """``P_G`` on all weights and biases of some linear maps at once.

    Parameters
    ----------
    maps : sequence of LinearMap
        They say which features weights lead between; any tensors of the same shapes can be projected.
    group : Candidate

    Examples
    --------
    >>> from symmeter.nn.soft.candidates import named_candidate
    >>> from symmeter.representations import V
    >>> w = torch.diag(torch.tensor([2.0, 2.0, 3.0]))
    >>> WeightProjection([LinearMap("w", w, None, V, V)], named_candidate("O3"))(w)[0].diagonal()
    tensor([2.3333, 2.3333, 2.3333])
    """

    def __init__(self, maps: Sequence[LinearMap], group: Candidate) -> None:
        super().__init__()
        self.rows = BlockRows(maps, group.dimension, group.is_orthogonal)
        self._exact = tuple(torch.from_numpy(projector(group, signs)) for signs in self.rows.signs)
        for k in range(len(self._exact)):
            self.register_buffer(f"block{k}", None, persistent=False)
        self._refresh(torch.get_default_dtype(), torch.device("cpu"))

    def _refresh(self, dtype: torch.dtype, device: torch.device) -> None:
        for k, m in enumerate(self._exact):
            self._buffers[f"block{k}"] = m.to(device=device, dtype=at_least_single(dtype))

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        """Follow the network to another type or device, from the exact projectors: types round, and never unround."""
        if self._exact:
            like = fn(self.block0)
            self._refresh(like.dtype, like.device)
        return self

    def _matrices(self) -> list[torch.Tensor]:
        return [getattr(self, f"block{k}") for k in range(len(self._exact))]

    def forward(self, *parameters: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The projection of weights and biases, in the order of the maps."""
        return _Project.apply(self.rows, self._matrices(), *parameters)  # type: ignore[return-value]


class _Project(torch.autograd.Function):
    """All parameters projected block by block; symmetric, so that the gradient is projected in the same way."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, rows: BlockRows, matrices: list[torch.Tensor], *parameters: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        ctx.rows, ctx.matrices = rows, matrices
        flat = rows.flat(parameters)
        with torch.autocast(flat.device.type, enabled=False):
            projected = rows.flattened([b @ m.to(flat) for b, m in zip(rows.rows(flat), matrices)], flat)
        return tuple(v.to(p.dtype) for v, p in zip(rows.split(projected), parameters))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return (None, None, *_Project.apply(ctx.rows, ctx.matrices, *grads))

"""Weights projected onto the equivariant maps of a group, block by block, as a step that gradients pass through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from symmeter.nn.soft.blocks import BlockRows, LinearMap
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
        self._refreshed = False
        for k, m in enumerate(self._exact):
            self.register_buffer(f"block{k}", m.to(torch.get_default_dtype()), persistent=False)

    def _matrices(self) -> list[torch.Tensor]:
        """The projectors as buffers; exact again after ``.double()``, which only widens single precision."""
        found = [getattr(self, f"block{k}") for k in range(len(self._exact))]
        is_double = bool(found) and found[0].dtype == torch.float64
        if is_double and not self._refreshed:
            for f, e in zip(found, self._exact):
                f.copy_(e)
        self._refreshed = is_double
        return found

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
        return tuple(rows.split(rows.flattened([b @ m for b, m in zip(rows.rows(flat), matrices)], flat)))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        return (None, None, *_Project.apply(ctx.rows, ctx.matrices, *grads))

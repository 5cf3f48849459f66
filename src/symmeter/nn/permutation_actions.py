"""Actions that permute nodes, tokens, and the rows and columns of adjacency matrices."""

from __future__ import annotations

from typing import Any, final

import torch

from symmeter.errors import InputTypeError
from symmeter.groups import PermutationGroup
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import Elements

__all__ = ["AdjacencyAction", "NodeAction"]


def _checked(group: Any, kind: str) -> PermutationGroup:
    if not isinstance(group, PermutationGroup):
        raise InputTypeError(f"{kind} are moved by a PermutationGroup such as symmetric(5); got {group!r}")
    return group


@final
class NodeAction(TensorAction):
    """Nodes or tokens along axis 1: ``(B, n)`` or ``(B, n, features...)``; point i goes to ``images[i]``."""

    def __init__(self, group: PermutationGroup, kind: str = "nodes") -> None:
        self.group = _checked(group, kind)
        self.dimension = group.degree
        self.kind = kind

    def expects(self) -> str:
        return f"(B, {self.dimension}, ...)"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 2 and shape[1] == self.dimension

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        return _permuted(x, elements, 2)


@final
class AdjacencyAction(TensorAction):
    """Rows and columns of ``(B, ..., n, n)`` permuted together."""

    kind = "adjacency"

    def __init__(self, group: PermutationGroup) -> None:
        self.group = _checked(group, "adjacency matrices")
        self.dimension = group.degree

    def expects(self) -> str:
        return f"(B, ..., {self.dimension}, {self.dimension})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 3 and tuple(shape[-2:]) == (self.dimension, self.dimension)

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        return _permuted(_permuted(x, elements, x.ndim - 1), elements, x.ndim - 2)


def _permuted(x: torch.Tensor, elements: Elements, axis: int) -> torch.Tensor:
    """Entry i of ``x[k]`` along an axis moved to place ``images[k, i]``."""
    assert elements.images is not None
    sources = torch.argsort(elements.images, dim=1).to(x.device)
    shape = [1] * x.ndim
    shape[0], shape[axis] = sources.shape
    return torch.gather(x, axis, sources.reshape(shape).expand(x.shape))

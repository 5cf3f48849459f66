"""A weight as the matrices that its symmetry group acts on: heads, experts, fused parts and orientations taken apart.

Rows of every matrix are what permutations exchange (tokens, neurons, experts) or what a rotation turns (one head).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from symmeter.errors import ShapeError

__all__ = ["WHOLE", "MatrixView"]


@dataclass(frozen=True)
class MatrixView:
    """How one parameter is read as stacks of matrices, step by step, and put together again.

    Attributes
    ----------
    flatten : bool
        Axes behind the first become one: kernels of convolutions are (out, in k k).
    parts : tuple of int
        Sizes of fused parts along ``axis``: queries, keys and values, or gates and ups; empty for one part.
    axis : int
        -2 or -1.
    interleaved : bool
        Entries of the parts take turns (g0 u0 g1 u1 ...) in place of following each other.
    transpose : tuple of bool
        For each part, whether rows and columns change places.
    heads : tuple of int
        For each part, into how many heads the rows split; 0 for none.
    paired : bool
        Two parts stand side by side in one matrix, so that a neuron's gate and up are one row.
    """

    flatten: bool = False
    parts: tuple[int, ...] = ()
    axis: int = -2
    interleaved: bool = False
    transpose: tuple[bool, ...] = (False,)
    heads: tuple[int, ...] = (0,)
    paired: bool = False

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Whether a tensor of this shape can be read so.

        Raises
        ------
        ShapeError
            With the name of the tensor.
        """
        if len(shape) < 2:
            raise ShapeError(f"{name} has shape {shape}; a matrix rule needs at least two axes")
        size = shape[self.axis]
        if self.parts and sum(self.parts) != size:
            raise ShapeError(
                f"{name} has shape {shape}: {size} along axis {self.axis} do not split into parts of {self.parts}"
            )
        if self.interleaved and len(set(self.parts)) > 1:
            raise ShapeError(f"{name} has shape {shape}: parts that take turns must be equal, not {self.parts}")
        rows = self.parts if self.parts and self.axis == -2 else (shape[-2],) * max(1, len(self.parts))
        columns = self.parts if self.parts and self.axis == -1 else (shape[-1],) * max(1, len(self.parts))
        for r, c, turned, heads in zip(rows, columns, self.transpose, self.heads, strict=True):
            along = c if turned else r
            if heads and along % heads:
                raise ShapeError(f"{name} has shape {shape}: {along} rows do not split into {heads} heads")

    def split(self, tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Stacks of matrices (..., m, n), one for each part; views wherever strides allow."""
        x = tensor.flatten(1) if self.flatten else tensor
        if not self.parts:
            pieces = (x,)
        elif self.interleaved:
            n = len(self.parts)
            pieces = tuple(x[..., k::n] if self.axis == -1 else x[..., k::n, :] for k in range(n))
        else:
            pieces = x.split(self.parts, dim=self.axis)
        pieces = tuple(p.mT if turned else p for p, turned in zip(pieces, self.transpose))
        pieces = tuple(p.unflatten(-2, (heads, -1)) if heads else p for p, heads in zip(pieces, self.heads))
        return (torch.cat(pieces, -1),) if self.paired else pieces

    def join(self, matrices: tuple[torch.Tensor, ...], shape: tuple[int, ...]) -> torch.Tensor:
        """The tensor of this shape whose ``split`` gives these matrices."""
        pieces = matrices
        if self.paired:
            whole = matrices[0]
            pieces = tuple(whole.chunk(2, -1))
        pieces = tuple(p.flatten(-3, -2) if heads else p for p, heads in zip(pieces, self.heads))
        pieces = tuple(p.mT if turned else p for p, turned in zip(pieces, self.transpose))
        if len(pieces) == 1:
            return pieces[0].reshape(shape)
        if self.interleaved:
            whole = torch.stack(pieces, -1 if self.axis == -1 else -2)
            return whole.reshape(shape)
        return torch.cat(pieces, self.axis).reshape(shape)

    @property
    def plain(self) -> bool:
        """Whether the parameter itself is the one matrix."""
        return self == WHOLE

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MatrixView:
        """The inverse of :meth:`to_json`."""
        plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**plain)


#: The parameter itself is the one matrix.
WHOLE = MatrixView()

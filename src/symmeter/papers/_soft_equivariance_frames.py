"""The MLP of the comparison, averaged over frames: exactly equivariant under O(3), or under O(2) of a plane.

Under O(2) of a plane, the coordinates along its axis do not move: vectors split into a vector of the plane and a
number, rank-2 tensors into a tensor of the plane, two vectors and a number.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError
from symmeter.nn.frames import FrameAverage
from symmeter.nn.soft import MLP
from symmeter.representations import TensorType

__all__ = ["FrameAveragedMLP"]


class FrameAveragedMLP(nn.Module):
    """An MLP from vectors to vectors or one rank-2 tensor, averaged over the frames of its input vectors.

    Parameters
    ----------
    rep_in, rep_out : str
        ``"kT1"``; ``"T2"`` or ``"mT1"``.
    width : int
        Of the two hidden layers.
    plane : (int, int), optional
        Axes of the plane whose O(2) is respected; all of O(3) when omitted.
    """

    def __init__(self, rep_in: str, rep_out: str, width: int, plane: tuple[int, int] | None = None) -> None:
        super().__init__()
        source, target = TensorType.parse(rep_in), TensorType.parse(rep_out)
        self.is_tensor = target.ranks == (2,)
        if set(source.ranks) != {1} or not (self.is_tensor or set(target.ranks) == {1}):
            raise InputError(
                f"frames are taken of vectors that lead to vectors or one tensor; got {rep_in} -> {rep_out}"
            )
        self.plane = plane
        self.axis = None if plane is None else 3 - sum(plane)
        backbone = _Parts([source.size(3), width, width, target.size(3)], self.is_tensor, 3 if plane is None else 2)
        whole = "tensors" if self.is_tensor else "vectors"
        if plane is None:
            self.average = FrameAverage(backbone, "O(3)", inputs={"moving": "points"}, output=whole)
        else:
            rest = {"row": "vectors", "column": "vectors"} if self.is_tensor else {}
            inputs = {"moving": "points", "still": "scalars"}
            self.average = FrameAverage(
                backbone, "O(2)", inputs=inputs, output={"whole": whole, **rest, "axis": "scalars"}
            )

    def forward(self, x: Float[torch.Tensor, "b n"]) -> Float[torch.Tensor, "b m"]:
        vectors = x.unflatten(1, (-1, 3))
        if self.plane is None:
            return self.average(vectors).flatten(1)
        i, j = self.plane
        parts = self.average(vectors[..., [i, j]], vectors[..., self.axis])
        out = x.new_zeros(len(x), 3, 3) if self.is_tensor else x.new_zeros(len(x), parts["axis"].shape[1], 3)
        inside = torch.tensor([i, j], device=x.device)
        if self.is_tensor:
            out[:, inside[:, None], inside] = parts["whole"]
            out[:, self.axis, inside] = parts["row"]
            out[:, inside, self.axis] = parts["column"]
            out[:, self.axis, self.axis] = parts["axis"]
        else:
            out[..., inside] = parts["whole"]
            out[..., self.axis] = parts["axis"]
        return out.flatten(1)

    def decay(self, weight_decay: float = 0.0) -> Float[torch.Tensor, ""]:
        """``weight_decay / 2 * sum(|W|^2 + |b|^2)``."""
        return self.average.backbone.net.decay(weight_decay)


class _Parts(nn.Module):
    """The MLP in one frame, its output cut into what moves and what does not."""

    def __init__(self, sizes: list[int], is_tensor: bool, d: int) -> None:
        super().__init__()
        self.net = MLP(sizes)
        self.is_tensor, self.d = is_tensor, d

    def forward(self, moving: torch.Tensor, still: torch.Tensor | None = None) -> Any:
        flat = moving.flatten(1) if still is None else torch.cat([moving.flatten(1), still], dim=1)
        y = self.net(flat)
        if self.d == 3:
            return y.unflatten(1, (3, 3) if self.is_tensor else (-1, 3))
        if self.is_tensor:
            whole, row, column, axis = y.split([4, 2, 2, 1], dim=1)
            return {"whole": whole.unflatten(1, (2, 2)), "row": row, "column": column, "axis": axis[:, 0]}
        m = y.shape[1] // 3
        return {"whole": y[:, : 2 * m].unflatten(1, (m, 2)), "axis": y[:, 2 * m :]}

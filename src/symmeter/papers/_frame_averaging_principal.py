"""The frame of principal axes as the paper's reference has it: eight signs of whatever eigenvectors are returned."""

from __future__ import annotations

import itertools

import torch
from jaxtyping import Float
from torch import nn

__all__ = ["PrincipalAxes"]


class PrincipalAxes(nn.Module):
    """Average a network over the frame of O(3) on centred clouds.

    Parameters
    ----------
    backbone : Module
        Takes clouds of shape (B, n, 3).
    output : str
        ``"scalar"`` or ``"vectors"`` (last axis of length 3).

    Notes
    -----
    Exact for clouds with distinct eigenvalues only; kept as the baseline that degenerate clouds break.
    """

    signs: torch.Tensor

    def __init__(self, backbone: nn.Module, output: str = "vectors") -> None:
        super().__init__()
        self.backbone, self.output = backbone, output
        self.register_buffer("signs", torch.tensor(list(itertools.product((1.0, -1.0), repeat=3))))

    def forward(self, x: Float[torch.Tensor, "B n 3"]) -> torch.Tensor:
        """The average over the eight frames."""
        x = x - x.mean(1, keepdim=True)
        wide = x.detach().double()
        axes = torch.linalg.eigh(wide.transpose(1, 2) @ wide).eigenvectors.to(x)
        signs = self.signs.to(x)[:, None]
        framed = (x @ axes)[:, None] * signs
        y = self.backbone(framed.flatten(0, 1)).unflatten(0, (len(x), len(signs)))
        if self.output == "scalar":
            return y.mean(1)
        return (y * signs).mean(1) @ axes.transpose(1, 2)

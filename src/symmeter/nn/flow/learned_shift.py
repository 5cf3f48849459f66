"""Learned kernels in the place of shifts: the control that has the channels of a flow network but no symmetry."""

from __future__ import annotations

import torch
from torch.nn import functional

from symmeter.errors import InputError
from symmeter.nn.flow.flow import Flow

__all__ = ["LearnedShift"]


class LearnedShift(torch.nn.Module):
    """A kernel of 5 points along each axis for every velocity and channel (G-RNN+ of T. A. Keller, NeurIPS 2025).

    Parameters
    ----------
    flow : Flow
        Gives the number of velocities, and whether the grid is periodic.
    hidden : int
    """

    def __init__(self, flow: Flow, hidden: int, kernel_size: int = 5) -> None:
        super().__init__()
        if flow.orbit > 1:
            raise InputError("learned shifts are for grids without orientations")
        self.velocities, self.ndim, self.kernel_size = len(flow), flow.ndim, kernel_size
        self.circular = flow.periodic
        shape = (self.velocities * hidden, 1, *[kernel_size] * flow.ndim)
        bound = kernel_size ** (-flow.ndim / 2)
        self.weight = torch.nn.Parameter(torch.empty(shape).uniform_(-bound, bound))

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """(B, V, K, *grid) to the same."""
        reach = (self.kernel_size - 1) // 2
        flat = h.flatten(1, 2)
        wide = functional.pad(flat, [reach] * (2 * self.ndim), "circular" if self.circular else "constant")
        convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[self.ndim - 1]
        return convolve(wide, self.weight, groups=flat.shape[1]).unflatten(1, h.shape[1:3])

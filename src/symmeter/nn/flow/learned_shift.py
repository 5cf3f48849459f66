"""Learned kernels in the place of shifts: the control that has the channels of a flow network but no symmetry."""

from __future__ import annotations

import torch
from torch.nn import functional

from symmeter.errors import InputError
from symmeter.nn.flow.flow import Flow
from symmeter.nn.flow.grid_convolution import padded
from symmeter.nn.flow.grid_flows import GridFlow

__all__ = ["LearnedShift"]


class LearnedShift(torch.nn.Module):
    """One kernel of 5 points along each axis for every velocity, for all features alike, as a shift would be
    (G-RNN+ of T. A. Keller, NeurIPS 2025).

    Parameters
    ----------
    flow : Flow
        Gives the number of velocities, and how each axis of the grid ends.
    kernel_size : int
    """

    def __init__(self, flow: Flow, kernel_size: int = 5) -> None:
        super().__init__()
        if flow.orbit > 1 or not isinstance(flow, GridFlow):
            raise InputError("learned shifts are for grids without orientations")
        self.velocities, self.ndim, self.kernel_size = len(flow), flow.ndim, kernel_size
        self.boundaries = tuple(axis.boundary for axis in flow.axes)
        shape = (self.velocities, 1, *[kernel_size] * flow.ndim)
        # Of norm 1 on average, as the kernel of a shift is.
        self.weight = torch.nn.Parameter(torch.randn(shape) * kernel_size ** (-flow.ndim / 2))

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """(B, V, K, *grid) to the same."""
        turned = h.transpose(1, 2).flatten(0, 1)
        wide = padded(turned, (self.kernel_size - 1) // 2, self.boundaries)
        convolve = (functional.conv1d, functional.conv2d, functional.conv3d)[self.ndim - 1]
        moved = convolve(wide, self.weight, groups=self.velocities)
        return moved.unflatten(0, (h.shape[0], h.shape[2])).transpose(1, 2)

"""Flows that turn the plane about its centre, for images on a square grid.

Features have N orientations, which a turn by omega permutes by ``omega N / 360`` places while it turns the plane.
Quarter turns move pixels onto pixels and are exact; other angles are interpolated bilinearly, by an error that falls
with the resolution. Rotations of signals sampled on rings need no interpolation: :meth:`RotationFlow.polar`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch.nn import functional

from symmeter.errors import InputError, ShapeError
from symmeter.nn.flow.flow import Flow, Velocity, checked_velocities
from symmeter.nn.flow.grid_convolution import checked_kernel
from symmeter.nn.flow.grid_flows import GridFlow, polar_rotation

__all__ = ["RotationConvolution", "RotationFlow", "turned", "turned_basis"]

#: Width of a ring, in pixels: wide enough that its samples tell little of where the pixels are.
_RING = 0.6


def turned(images: torch.Tensor, degrees: float) -> torch.Tensor:
    """Images (..., n, n) turned anticlockwise about their centre (x to the right, y up).

    Examples
    --------
    >>> turned(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), 90.0).tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    quarters = degrees / 90
    if abs(quarters - round(quarters)) < 1e-9:
        return torch.rot90(images, round(quarters) % 4, (-2, -1))
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    # Rows count downwards: in the grid's own coordinates the inverse turn has these entries.
    back = images.new_tensor([[[cosine, -sine, 0.0], [sine, cosine, 0.0]]])
    flat = images.reshape(1, -1, *images.shape[-2:])
    grid = functional.affine_grid(back, [1, 1, *images.shape[-2:]], align_corners=False)
    return functional.grid_sample(flat, grid, "bilinear", "zeros", align_corners=False).view(images.shape)


class RotationFlow(Flow):
    """Angular velocities of images on a square grid.

    Parameters
    ----------
    velocities : int or sequence of float
        Degrees per frame, anticlockwise; ``n`` stands for all multiples of ``step`` from -n to n.
    orientations : int
        Orientations N of each feature; every velocity is a multiple of 360 / N.
    step : float

    Raises
    ------
    InputError
        For velocities between two orientations.

    Examples
    --------
    >>> RotationFlow(1, orientations=4, step=90).velocities
    ((-90.0,), (0.0,), (90.0,))
    >>> RotationFlow.polar(36, [-10, 0, 10]).shift((10.0,))
    (0.0, 1.0)
    """

    ndim = 2
    modulus = (360.0,)

    def __init__(self, velocities: int | Sequence[float] = 2, *, orientations: int = 36, step: float = 10.0) -> None:
        if isinstance(velocities, int):
            velocities = [step * k for k in range(-velocities, velocities + 1)]
        self.velocities = checked_velocities(velocities, 1)
        if not isinstance(orientations, int) or orientations < 1:
            raise InputError(f"orientations is {orientations!r}; give a whole number of them, such as 36")
        self.orbit = orientations
        for k, (omega,) in enumerate(self.velocities):
            places = omega * orientations / 360
            if abs(places - round(places)) > 1e-9:
                raise InputError(
                    f"velocity {omega:g} degrees is {places:g} of the {orientations} orientations; take multiples of "
                    f"{360 / orientations:g} degrees, or more orientations"
                )
            if self.index((omega,)) != k:
                raise InputError(f"velocity {omega:g} is given twice, modulo 360 degrees")

    @staticmethod
    def polar(angles: int, velocities: Sequence[float], interpolation: str = "fourier") -> GridFlow:
        """Rotations of signals (..., radius, angle) that are sampled on ``angles`` points of each ring: exact."""
        return polar_rotation(angles, velocities, interpolation)

    def move(self, values: torch.Tensor, velocity: Velocity, steps: float, *, features: bool) -> torch.Tensor:
        degrees = velocity[0] * steps
        if features and self.orbit > 1:
            oriented = values.unflatten(-3, (-1, self.orbit))
            values = oriented.roll(round(degrees * self.orbit / 360), -3).flatten(-4, -3)
        return turned(values, degrees)

    def check_frames(self, frames: Any) -> None:
        super().check_frames(frames)
        if frames.shape[-1] != frames.shape[-2]:
            raise ShapeError(f"frames have {tuple(frames.shape[-2:])} pixels; turning needs square ones")

    def lifting(self, channels: int, features: int, kernel_size: int, *, bias: bool = False) -> torch.nn.Module:
        return RotationConvolution("lifting", channels, features, self.orbit, kernel_size, bias=bias)

    def convolution(self, features: int, out_features: int, kernel_size: int, *, bias: bool = False) -> torch.nn.Module:
        return RotationConvolution("group", features, out_features, self.orbit, kernel_size, bias=bias)

    def projection(self, features: int, channels: int, kernel_size: int, *, bias: bool = False) -> torch.nn.Module:
        return RotationConvolution("projection", features, channels, self.orbit, kernel_size, bias=bias)


def turned_basis(kernel_size: int, orientations: int) -> Float[torch.Tensor, "r p q"]:
    """Functions that kernels are made of, turned to each orientation and sampled on the kernel's pixels.

    Gaussian rings at radii 0, 1, ... times cos(m phi) and sin(m phi), m up to twice the radius: a turn only changes
    their phase, where turning pixels would have to interpolate, by an error that no finer image makes smaller.

    Returns
    -------
    tensor (orientations, functions, kernel_size^2)
        Each function of norm 1, in the mean over orientations.
    """
    reach = (kernel_size - 1) // 2
    line = torch.arange(-reach, reach + 1, dtype=torch.float64)
    y, x = torch.meshgrid(-line, line, indexing="ij")
    radius, phi = torch.hypot(x, y).flatten(), torch.atan2(y, x).flatten()
    turn = 2 * math.pi * torch.arange(orientations, dtype=torch.float64)[:, None] / orientations
    found = []
    for ring in range(reach + 1):
        height = torch.exp(-((radius - ring) ** 2) / (2 * _RING**2)) * (radius < reach + 0.75)
        found.append(height.expand(orientations, -1))
        for m in range(1, 2 * ring + 1):
            height = torch.where(radius > 0, height, torch.zeros_like(height))
            found += [height * torch.cos(m * (phi - turn)), height * torch.sin(m * (phi - turn))]
    functions = torch.stack(found, 1)
    norms = functions.square().sum(-1).mean(0).sqrt()
    return functions / norms[:, None]


class RotationConvolution(torch.nn.Module):
    """Convolution of the plane with the N orientations of one kernel; outside the image is zero.

    Parameters
    ----------
    kind : {"lifting", "group", "projection"}
        From images to features, between features, from features to images.
    channels, out_channels : int
        Channels of images, or features, each of which has N channels.
    orientations, kernel_size : int
    """

    def __init__(
        self, kind: str, channels: int, out_channels: int, orientations: int, kernel_size: int, *, bias: bool = False
    ) -> None:
        super().__init__()
        self.kind, self.orientations, self.kernel_size = kind, orientations, checked_kernel(kernel_size)
        inside = orientations if kind == "group" else 1
        turns = turned_basis(kernel_size, orientations)
        self.register_buffer("turns", turns, persistent=False)
        self.weight = torch.nn.Parameter(torch.empty(out_channels, channels, inside, turns.shape[1]))
        fan = channels * inside * turns.shape[1] * (orientations if kind == "projection" else 1)
        torch.nn.init.uniform_(self.weight, -(fan**-0.5), fan**-0.5)
        self.bias = torch.nn.Parameter(torch.zeros(out_channels)) if bias else None

    def expanded(self) -> torch.Tensor:
        """The kernel of the ordinary convolution that this is."""
        n, k = self.orientations, self.kernel_size
        w = self.weight
        turned_kernels = torch.einsum("oisp,rpq->orisq", w, self.turns.to(w.dtype))  # type: ignore[operator]
        if self.kind == "group":
            # The output of orientation r hears the input of orientation s through the entry s - r.
            place = torch.arange(n, device=w.device)
            index = (place[None, :] - place[:, None]) % n
            turned_kernels = torch.stack([turned_kernels[:, r].index_select(2, index[r]) for r in range(n)], 1)
        elif self.kind == "projection":
            # (out, r, in, 1, q): here r counts orientations of the input.
            return turned_kernels.squeeze(3).transpose(1, 2).reshape(w.shape[0], -1, k, k)
        return turned_kernels.reshape(w.shape[0] * n, -1, k, k)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, n, n) to (B, C', n, n); channels of one feature lie side by side."""
        bias = self.bias
        if bias is not None and self.kind != "projection":
            bias = bias.repeat_interleave(self.orientations)
        return functional.conv2d(x, self.expanded(), bias, padding=(self.kernel_size - 1) // 2)

    def extra_repr(self) -> str:
        out, inside = self.weight.shape[:2]
        return f"{self.kind}, {inside} -> {out}, {self.orientations} orientations, kernel {self.kernel_size}"

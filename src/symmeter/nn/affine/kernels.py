"""Kernels as small networks of coordinates: where in the plane or in space, and which group element.

A kernel is any module ``forward(u, c)`` of points u of shape (..., n) and coordinates c of shape (..., K) or None, with
leading axes that broadcast, that gives (..., out * in) numbers. :class:`CoordinateNetwork` has sines (SIREN) or
Gabor waves (WIRE); its first layer acts on u and c apart, so that it is not evaluated once for every pair.
"""

from __future__ import annotations

from math import sqrt

import torch
from jaxtyping import Float
from torch import nn

from symmeter.errors import InputError, UnknownNameError, nearest_name

__all__ = ["KERNELS", "CoordinateNetwork", "kernel_network"]

KERNELS = ("siren", "wire")


class CoordinateNetwork(nn.Module):
    """A network of point and group coordinates.

    Parameters
    ----------
    points, coordinates : int
        Numbers n and K of coordinates; either may be 0.
    outputs : int
    width : int
    layers : int
        Hidden layers after the first.
    kind : {"siren", "wire"}
    first, hidden : float
        Frequencies of the first layer and of the others.
    spread : float
        Scale of the last layer's weights; the variance of an output is about ``spread^2``.

    References
    ----------
    Sitzmann, Martel, Bergman, Lindell and Wetzstein, Implicit neural representations with periodic activation
    functions (2020). Saragadam et al., WIRE: Wavelet implicit neural representations (2023).

    Examples
    --------
    >>> net = CoordinateNetwork(2, 3, 4, width=8)
    >>> net(torch.zeros(5, 1, 2), torch.zeros(1, 7, 3)).shape
    torch.Size([5, 7, 4])
    """

    def __init__(
        self,
        points: int,
        coordinates: int,
        outputs: int,
        width: int = 60,
        layers: int = 2,
        kind: str = "siren",
        first: float = 10.0,
        hidden: float = 10.0,
        spread: float = 1.0,
    ) -> None:
        super().__init__()
        if kind not in KERNELS:
            near = nearest_name(kind, KERNELS)
            hint = f"did you mean {near!r}" if near else f"choose from {', '.join(KERNELS)}"
            raise UnknownNameError(f"kernel is {kind!r}; {hint}, or give a module")
        for name, value, least in (("width", width, 1), ("layers", layers, 0), ("outputs", outputs, 1)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"{name} of a kernel is {value!r}; it must be an integer of at least {least}")
        self.kind, self.first, self.hidden = kind, float(first), float(hidden)
        count = points + coordinates
        self.of_points = nn.Linear(points, width) if points else None
        self.of_coordinates = nn.Linear(coordinates, width, bias=not points) if coordinates else None
        for part in (self.of_points, self.of_coordinates):
            if part is not None:
                nn.init.uniform_(part.weight, -1 / count, 1 / count)
        self.inner = nn.ModuleList(nn.Linear(width, width) for _ in range(layers))
        for layer in self.inner:
            bound = sqrt(6 / width) / self.hidden
            nn.init.uniform_(layer.weight, -bound, bound)  # type: ignore[arg-type]
        self.last = nn.Linear(width, outputs)
        nn.init.uniform_(self.last.weight, -sqrt(6 / width) * spread, sqrt(6 / width) * spread)
        nn.init.zeros_(self.last.bias)

    def _wave(self, y: torch.Tensor, frequency: float) -> torch.Tensor:
        wave = torch.sin(frequency * y)
        return wave if self.kind == "siren" else wave * torch.exp(-((frequency * y / 4) ** 2))

    def forward(
        self, u: Float[torch.Tensor, "... n"] | None, c: Float[torch.Tensor, "... k"] | None = None
    ) -> Float[torch.Tensor, "... outputs"]:
        """Values at all pairs of the two, by broadcasting."""
        y: torch.Tensor | float = 0.0
        if self.of_points is not None:
            y = self.of_points(u)
        if self.of_coordinates is not None:
            y = y + self.of_coordinates(c)
        assert isinstance(y, torch.Tensor)
        y = self._wave(y, self.first)
        for layer in self.inner:
            y = self._wave(layer(y), self.hidden)
        return self.last(y)


def kernel_network(
    kind: str | nn.Module, points: int, coordinates: int, outputs: int, inputs: int, cells: int, **options: object
) -> nn.Module:
    """The kernel of a layer: a module of the caller as it is, or a new network with the published initial scale.

    Parameters
    ----------
    inputs, cells : int
        Channels that one output sums over, and pixels of the window.
    """
    if isinstance(kind, nn.Module):
        return kind
    return CoordinateNetwork(points, coordinates, outputs, kind=kind, spread=1 / sqrt(inputs * cells), **options)  # type: ignore[arg-type]

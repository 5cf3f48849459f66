"""Convolutions on grids of one to three axes, each of which ends in its own manner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from symmeter.errors import InputError, InputTypeError

__all__ = ["GridConvolution", "checked_kernel", "padded"]

_CONVOLUTIONS: Any = (functional.conv1d, functional.conv2d, functional.conv3d)
_MODES = {"circular": "circular", "zero": "constant", "reflect": "reflect"}


class GridConvolution(torch.nn.Module):
    """Cross-correlation with one kernel at every point of the grid; the output has the grid of the input.

    Parameters
    ----------
    channels, out_channels : int
    kernel_size : int
        Odd.
    boundaries : sequence of str
        For each axis ``"circular"``, ``"zero"`` or ``"reflect"``.
    bias : bool

    Raises
    ------
    InputError
        For an even kernel, which has no centre.
    """

    def __init__(
        self, channels: int, out_channels: int, kernel_size: int, boundaries: Sequence[str], *, bias: bool = False
    ) -> None:
        super().__init__()
        self.kernel_size = checked_kernel(kernel_size)
        self.boundaries = tuple(boundaries)
        n = len(self.boundaries)
        self.weight = torch.nn.Parameter(torch.empty(out_channels, channels, *[kernel_size] * n))
        self.bias = torch.nn.Parameter(torch.zeros(out_channels)) if bias else None
        torch.nn.init.kaiming_uniform_(self.weight, a=5**0.5)

    @property
    def reach(self) -> int:
        """Points on each side that an output depends on."""
        return (self.kernel_size - 1) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, C, *grid) to (B, C', *grid)."""
        return self.valid(padded(x, self.reach, self.boundaries))

    def valid(self, x: torch.Tensor) -> torch.Tensor:
        """The same of a signal that is already extended by ``reach`` points on all sides."""
        return _CONVOLUTIONS[len(self.boundaries) - 1](x, self.weight, self.bias)

    def extra_repr(self) -> str:
        out, inside = self.weight.shape[:2]
        return f"{inside} -> {out}, kernel {self.kernel_size}, {', '.join(self.boundaries)}"


def padded(x: torch.Tensor, reach: int, boundaries: Sequence[str]) -> torch.Tensor:
    """The grid extended by ``reach`` points on all sides."""
    n = len(boundaries)
    if reach == 0:
        return x
    for mode in _MODES:
        axes = [k for k in range(n) if boundaries[k] == mode]
        if not axes:
            continue
        widths = [reach if n - 1 - j // 2 in axes else 0 for j in range(2 * n)]
        if mode == "zero":
            x = functional.pad(x, widths)
        else:
            for k in axes:
                x = _extended(x, reach, k - n, mode)
    return x


def _extended(x: torch.Tensor, reach: int, dim: int, mode: str) -> torch.Tensor:
    n = x.shape[dim]
    source = torch.arange(-reach, n + reach)
    if mode == "reflect":
        period = max(2 * (n - 1), 1)
        folded = source % period
        return x.index_select(dim, torch.minimum(folded, period - folded).to(x.device))
    if reach > n:
        return x.index_select(dim, (source % n).to(x.device))
    return torch.cat((x.narrow(dim, n - reach, reach), x, x.narrow(dim, 0, reach)), dim)


def checked_kernel(size: Any) -> int:
    """An odd positive number.

    Raises
    ------
    InputTypeError, InputError
    """
    if not isinstance(size, int) or isinstance(size, bool):
        raise InputTypeError(f"kernel_size is {size!r}; give one odd number")
    if size < 1 or size % 2 == 0:
        raise InputError(f"kernel_size is {size}; an odd one has a centre: take {max(size - 1, 1)} or {size + 1}")
    return size

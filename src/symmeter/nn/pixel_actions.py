"""Actions on images (B, ..., H, W): quarter turns, flips and cyclic shifts exactly, other motions by interpolation.

The plane has x to the right and y up, with the centre of the image as origin; an element g moves the image actively,
``(g f)(p) = f(g^-1 p)``, so that element 1 of C4 is ``torch.rot90(x, 1, (-2, -1))``.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.groups import FiniteGroup, PermutationGroup, cyclic, direct_product
from symmeter.groups.lie import MatrixLieGroup, SemidirectGroup
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import Elements
from symmeter.nn.linear_actions import _Matrices, _space_representation

__all__ = ["InterpolatedPixelAction", "PixelAction", "ShiftAction", "shift_group"]


@final
class PixelAction(TensorAction):
    """Quarter turns and flips: a finite group of signed permutation matrices of the plane. Exact.

    Parameters
    ----------
    group : FiniteGroup
        With 2 x 2 matrices of entries 0 and +-1.
    """

    kind = "pixels"

    def __init__(self, group: FiniteGroup) -> None:
        matrices = getattr(group, "matrices", None)
        if matrices is None or matrices.shape[-1] != 2:
            raise InputTypeError(f"pixels are moved by a finite group of 2 x 2 matrices; got {group!r}")
        whole = np.rint(np.real(matrices))
        if np.abs(whole - matrices).max() > 1e-9:
            raise InputError(f"{group} does not map the pixel grid onto itself; only C2, C4, D2, D4 and flips do")
        self.group = group
        self._whole = torch.from_numpy(whole.astype(np.int64))
        self._needs_square = bool((whole[:, 0, 1] != 0).any())

    def expects(self) -> str:
        return "(B, ..., n, n)" if self._needs_square else "(B, ..., H, W)"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 3 and (not self._needs_square or shape[-1] == shape[-2])

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        assert elements.index is not None
        h, w = x.shape[-2:]
        # Doubled coordinates stay whole for even sides.
        row, column = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        p = torch.stack([2 * column - (w - 1), (h - 1) - 2 * row], dim=-1).reshape(-1, 2)
        source = p @ self._whole[elements.index]  # g^-1 p = g^T p, and rows times g are g^T times columns
        index = ((h - 1) - source[..., 1]) // 2 * w + (source[..., 0] + (w - 1)) // 2
        flat = x.reshape(*x.shape[:-2], h * w)
        index = index.to(x.device).reshape(len(elements), *[1] * (flat.ndim - 2), h * w)
        return torch.gather(flat, -1, index.expand(flat.shape)).reshape(x.shape)


def shift_group(height: int, width: int) -> PermutationGroup:
    """Cyclic shifts of rows and of columns, as permutations of the ``height + width`` row and column numbers."""
    return direct_product(cyclic(height), cyclic(width))


@final
class ShiftAction(TensorAction):
    """Cyclic shifts of an H x W image. Exact.

    Parameters
    ----------
    grid : tuple of int
        (H, W).
    """

    kind = "pixels"

    def __init__(self, grid: tuple[int, int]) -> None:
        self.grid = (int(grid[0]), int(grid[1]))
        self.group = shift_group(*self.grid)

    def expects(self) -> str:
        return f"(B, ..., {self.grid[0]}, {self.grid[1]})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 3 and tuple(shape[-2:]) == self.grid

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        assert elements.images is not None
        h, w = self.grid
        down, right = elements.images[:, 0], elements.images[:, h] - h
        rows = (torch.arange(h) - down[:, None]) % h
        columns = (torch.arange(w) - right[:, None]) % w
        index = (rows[:, :, None] * w + columns[:, None, :]).reshape(len(elements), *[1] * (x.ndim - 3), h * w)
        flat = x.reshape(*x.shape[:-2], h * w)
        return torch.gather(flat, -1, index.to(x.device).expand(flat.shape)).reshape(x.shape)

    def describe_element(self, elements: Elements, which: int) -> str:
        assert elements.images is not None
        h = self.grid[0]
        down, right = int(elements.images[which, 0]), int(elements.images[which, h]) - h
        words = [f"down {down}"] * (down > 0) + [f"right {right}"] * (right > 0)
        return f"shift {' and '.join(words)}" if words else "identity"

    def __repr__(self) -> str:
        return f"cyclic shifts ({self.group.name}) on pixels"


@final
class InterpolatedPixelAction(TensorAction):
    """Images turned, scaled or moved by bilinear interpolation; approximate, and zero comes in from outside.

    Parameters
    ----------
    group : MatrixLieGroup or FiniteGroup
        Of 2 x 2 matrices, or of homogeneous 3 x 3 ones, whose unit of length is half the shorter side.
    """

    kind = "pixels, by interpolation"
    exact = False

    def __init__(self, group: Any) -> None:
        self.group = group
        given = _space_representation(group)
        self.translates = isinstance(group, SemidirectGroup)
        if given.dimension - self.translates != 2 or not given.is_real:
            raise ShapeError(f"{group} moves {given.dimension - self.translates} coordinates; a picture has 2")
        self._matrices = _Matrices(given, group)

    def expects(self) -> str:
        return "(B, ..., H, W)"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 3

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        if not x.is_floating_point():
            raise InputTypeError(f"interpolation needs a floating tensor; got {x.dtype}")
        h, w = x.shape[-2:]
        inverse = torch.linalg.inv(self._matrices._float64(elements))
        linear = inverse[:, :2, :2]
        shift = inverse[:, :2, 2:] if self.translates else torch.zeros(len(inverse), 2, 1, dtype=inverse.dtype)
        # torch's picture coordinates run from -1 to 1 along each side, with y down.
        side = torch.tensor([w, h], dtype=inverse.dtype) / min(h, w) * torch.tensor([1.0, -1.0], dtype=inverse.dtype)
        theta = torch.cat([linear * side / side[:, None], shift / side[:, None]], dim=2).to(x.device, x.dtype)
        flat = x.reshape(len(x), -1, h, w)
        grid = affine_grid(theta, [len(x), 1, h, w], align_corners=False)
        return grid_sample(flat, grid, align_corners=False).reshape(x.shape)

    def infinitesimal(self, x: torch.Tensor) -> torch.Tensor:
        """By central differences of neighbouring pixels: ``-(A p) . grad f``."""
        if not isinstance(self.group, MatrixLieGroup):
            return super().infinitesimal(x)
        a = self._matrices.algebra(x)
        h, w = x.shape[-2:]
        unit = min(h, w) / 2
        across = (torch.arange(w, device=x.device, dtype=x.dtype) - (w - 1) / 2) / unit
        up = ((h - 1) / 2 - torch.arange(h, device=x.device, dtype=x.dtype)) / unit
        p = torch.stack([across.expand(h, w), up[:, None].expand(h, w)])
        velocity = torch.einsum("kij,jhw->kihw", a[:, :2, :2], p)
        if self.translates:
            velocity = velocity + a[:, :2, 2, None, None]
        down, right = torch.gradient(x, dim=(-2, -1))
        shape = (len(a), *[1] * (x.ndim - 2), h, w)
        return -unit * (velocity[:, 0].reshape(shape) * right - velocity[:, 1].reshape(shape) * down)

"""The product as a trilinear form on a grid, with its derivatives: T(x, y, z) = sum_p w_p X_p Y_p Z_p.

Each of the three factors has a way to sample coefficients on the grid and the transposed way, with the weights, to
project grid values on coefficients. The product projects X Y on the third factor. Its derivative along x projects Y Z
on the first: again such a product, so that derivatives of any order exist. Rows are taken in blocks, whose grid values
are kept for backward while they are few. Of many rows nothing is kept, and backward samples again: beside inputs,
outputs and gradients, memory then does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import torch
from torch.autograd import forward_ad

from symmeter.nn.gaunt.constant_products import FEWEST_MULTIPLICATIONS, transforms_active
from symmeter.nn.gaunt.degrees import autocast_active
from symmeter.nn.gaunt.grid_transforms import Grid, multiply, project, sample

__all__ = ["trilinear_product"]

#: Grid values of a block of rows in each array: half a megabyte, and no fewer rows than start a matrix product well.
_BLOCK_VALUES = 130_000
_BLOCK_ROWS = 128
#: Grid values, in each array, that are kept for backward at most.
_KEPT_VALUES = 600_000


def trilinear_product(x: torch.Tensor, y: torch.Tensor, grid: Grid) -> torch.Tensor:
    """The product of coefficients x (..., K1) and y (..., K2), whose leading axes broadcast.

    Parameters
    ----------
    x, y : tensors
        Of one floating type, that of the grid's constants.
    grid : Grid
    """
    if x.ndim != y.ndim:
        # Grid values may have an axis in front, so both factors need as many.
        x, y = (t.reshape(*[1] * (max(x.ndim, y.ndim) - t.ndim), *t.shape) for t in (x, y))
    if torch.compiler.is_compiling():
        # Compilers differentiate the plain composition themselves.
        return _whole(x, y, grid)
    return _apply(x, y, grid)


def _apply(x: Any, y: Any, grid: Grid) -> torch.Tensor:
    transformed = _transformed()
    if not transformed and not ((x.requires_grad or y.requires_grad) and torch.is_grad_enabled()):
        return _product(x, y, grid)
    # Slices of shapes take longer than their comparison; mostly the shapes are one and the same.
    if transformed or (x.shape != y.shape and x.shape[:-1] != y.shape[:-1]):
        return TrilinearProduct.apply(x, y, grid, None)
    if x.numel() * grid.points < FEWEST_MULTIPLICATIONS and grid.route == "dense" and not _forward_mode():
        return _small_product(x, y, grid)
    values = _rows(x) * grid.points
    return TrilinearProduct.apply(x, y, grid, [] if values <= _KEPT_VALUES else None)


def _rows(x: torch.Tensor) -> int:
    return x.numel() // x.shape[-1]


def _transformed() -> bool:
    return transforms_active is None or transforms_active()


def _forward_mode() -> bool:
    # The number of the innermost level of dual numbers, -1 outside; where PyTorch does not tell, there may be one.
    return getattr(forward_ad, "_current_level", 0) >= 0


def _whole(x: Any, y: Any, grid: Grid) -> torch.Tensor:
    """Without blocks, and differentiable by autograd; the smaller factor is sampled once, not for every partner."""
    route = grid.route
    return project(multiply(sample(x, route, grid.first), sample(y, route, grid.second)), route, grid.out)


def _product(x: Any, y: Any, grid: Grid) -> torch.Tensor:
    if x.shape[:-1] != y.shape[:-1]:
        return _whole(x, y, grid)
    return _in_blocks(lambda a, b: (_whole(a, b, grid),), (x, y), grid.points)[0]


def _gradients(grad: torch.Tensor, fx: Any, fy: Any, grid: Grid) -> tuple[torch.Tensor, torch.Tensor]:
    """Gradients along x and y from their grid values."""
    fg = sample(grad, grid.route, grid.out)
    gx = project(multiply(fg, fy), grid.route, grid.first)
    return gx, project(multiply(fg, fx, spend=True), grid.route, grid.second)


def _exchanged(grad: Any, x: Any, y: Any, grid: Grid, along_x: bool, along_y: bool) -> tuple[Any, Any]:
    """Gradients as the same operation with its factors exchanged; derivatives of this derivative may follow."""
    call = _apply if torch.is_grad_enabled() else _product
    gx = call(grad, y, grid.along_first()).sum_to_size(x.shape) if along_x else None
    return gx, call(x, grad, grid.along_second()).sum_to_size(y.shape) if along_y else None


def _in_blocks(
    work: Callable[..., tuple[torch.Tensor, ...]], tensors: tuple[torch.Tensor, ...], points: int
) -> tuple[torch.Tensor, ...]:
    """Row by row work on tensors with equal leading axes, block by block."""
    rows = _rows(tensors[0])
    size = max(_BLOCK_ROWS, _BLOCK_VALUES // points)
    # Rather one block that is larger than a small remainder; other devices are best given all rows at once.
    if rows <= size + size // 2 or tensors[0].device.type != "cpu":
        return work(*tensors)
    lead = tensors[0].shape[:-1]
    flat = [t.reshape(rows, t.shape[-1]) for t in tensors]
    found = list(zip(*(work(*(t[start : start + size] for t in flat)) for start in range(0, rows, size))))
    out = []
    while found:
        whole = torch.cat(found.pop(0))
        out.append(whole.view(*lead, whole.shape[-1]))
    return tuple(out)


class TrilinearProduct(torch.autograd.Function):
    """The product with hand-written derivatives; into a list ``kept`` go the grid values for backward."""

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """As the base class does it, without matching arguments with a signature: that takes as long as a product."""
        if _transformed():
            return super().apply(*args)
        direct: Any = super(torch.autograd.Function, cls)
        return direct.apply(*args)

    @staticmethod
    def forward(x: Any, y: Any, grid: Grid, kept: Any) -> Any:  # type: ignore[override]
        if kept is None:
            return _product(x, y, grid)

        def product(a: Any, b: Any) -> tuple[torch.Tensor]:
            fx, fy = sample(a, grid.route, grid.first), sample(b, grid.route, grid.second)
            kept.extend((*fx, *fy))
            return (project(multiply(fx, fy), grid.route, grid.out),)

        return _in_blocks(product, (x, y), grid.points)[0]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        # Constants need no derivative, and stay what they are: the context may hold them as they come.
        x, y, ctx.grid, kept = inputs
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x, y, *(kept or ()))
        ctx.save_for_forward(x, y)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        x, y, *kept = ctx.saved_tensors
        grid = ctx.grid
        along_x, along_y = ctx.needs_input_grad[:2]
        if grad is None:
            return None, None, None, None
        if autocast_active(grad):
            with torch.autocast(grad.device.type, enabled=False):
                return TrilinearProduct.backward(ctx, grad)
        if torch.is_grad_enabled() or not (along_x and along_y) or x.shape[:-1] != y.shape[:-1] or _transformed():
            return *_exchanged(grad, x, y, grid, along_x, along_y), None, None
        values = iter(kept)
        half = 2 if grid.route == "paired" else 1

        def both(a: Any, b: Any, g: Any) -> tuple[torch.Tensor, torch.Tensor]:
            if kept:
                fx, fy = tuple(islice(values, half)), tuple(islice(values, half))
            else:
                fx, fy = sample(a, grid.route, grid.first), sample(b, grid.route, grid.second)
            return _gradients(g, fx, fy, grid)

        return *_in_blocks(both, (x, y, grad), grid.points), None, None

    @staticmethod
    def jvp(ctx: Any, dx: Any, dy: Any, *_: Any) -> Any:  # type: ignore[override]
        x, y = ctx.saved_tensors[:2]
        pairs = ((dx, y, dx), (x, dy, dy))
        parts = [_apply(a, b, ctx.grid) for a, b, moved in pairs if moved is not None]
        return sum(parts[1:], parts[0])

    @staticmethod
    def vmap(info: Any, in_dims: tuple, x: Any, y: Any, grid: Grid, kept: Any) -> Any:
        leading = max(t.ndim - (d is not None) for t, d in zip((x, y), in_dims))
        x, y = (_batch_first(t, d, leading) for t, d in zip((x, y), in_dims))
        return TrilinearProduct.apply(x, y, grid, kept), 0


class SmallProduct(torch.autograd.Function):
    """The same for few rows on few points of a dense grid, where the shortest way through Python counts."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, grid: Grid) -> Any:  # type: ignore[override]
        fx, fy = x @ grid.first[0], y @ grid.second[0]
        ctx.grid = grid
        ctx.save_for_backward(x, y, fx, fy)
        return _projected(fx * fy, grid.small[2], grid.out[2])

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        if autocast_active(grad):
            with torch.autocast(grad.device.type, enabled=False):
                return SmallProduct.backward(ctx, grad)
        x, y, fx, fy = ctx.saved_tensors
        grid = ctx.grid
        needs = ctx.needs_input_grad
        if not (needs[0] and needs[1]) or torch.is_grad_enabled():
            return *_exchanged(grad, x, y, grid, needs[0], needs[1]), None
        fg = grad @ grid.out[0]
        gx = _projected(fg * fy, grid.small[0], grid.first[2])
        return gx, _projected(fg.mul_(fx), grid.small[1], grid.second[2]), None


def _projected(values: torch.Tensor, matrix: torch.Tensor, narrow: torch.Tensor | None) -> torch.Tensor:
    found = values @ matrix
    return found if narrow is None else found[..., : narrow.shape[1]].contiguous()


_small_product: Callable[[Any, Any, Grid], torch.Tensor] = super(torch.autograd.Function, SmallProduct).apply  # type: ignore[misc]


def _batch_first(t: torch.Tensor, dim: int | None, leading: int) -> torch.Tensor:
    """The mapped axis in front, and single axes behind it so that the others broadcast as they did."""
    t = t[None] if dim is None else t.movedim(dim, 0)
    return t.reshape(t.shape[0], *[1] * (leading - t.ndim + 1), *t.shape[1:])

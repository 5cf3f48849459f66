"""The product as a trilinear form on a grid, with its derivatives: T(x, y, z) = sum_p w_p X_p Y_p Z_p.

Each of the three factors has a way to sample coefficients on the grid and the transposed way, with the weights, to
project grid values on coefficients. The product projects X Y on the third factor. Its derivative along x projects Y Z
on the first: again such a product, so that derivatives of any order exist. Grid values of few rows are kept for
backward. Many rows are taken in blocks that stay in the cache, and backward samples again: beside inputs, outputs and
gradients, memory then does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from symmeter.nn.gaunt.grid_transforms import grid_points, multiply, project, sample

__all__ = ["trilinear_product"]

#: Grid values of a block of rows, and fewest rows of a block: half a megabyte or less for each array.
_BLOCK_VALUES = 100_000
_BLOCK_ROWS = 128
#: Up to so many points, calling Python once more in backward costs more than it saves.
_FEW_POINTS = 32

Constants = tuple[torch.Tensor, ...]


def trilinear_product(
    x: torch.Tensor, y: torch.Tensor, route: str, first: Constants, second: Constants, out: Constants
) -> torch.Tensor:
    """The product of coefficients x (..., K1) and y (..., K2), whose leading axes broadcast.

    Parameters
    ----------
    x, y : tensors
        Of one floating type, that of the constants.
    route : {"dense", "paired", "separable"}
        See :mod:`symmeter.nn.gaunt.grid_transforms`.
    first, second, out : tuples of tensors
        The constants of the three factors.
    """
    if x.ndim != y.ndim:
        # Grid values may have an axis in front, so both factors need as many.
        x, y = (t.reshape(*[1] * (max(x.ndim, y.ndim) - t.ndim), *t.shape) for t in (x, y))
    # Compilers differentiate the plain composition themselves.
    if torch.compiler.is_compiling() or _is_small(x, y, route, out):
        return _whole(x, y, route, first, second, out)
    if not torch.is_grad_enabled() or not (x.requires_grad or y.requires_grad):
        return _product(x, y, route, first, second, out)
    return _apply(x, y, route, first, second, out)


def _is_small(x: torch.Tensor, y: torch.Tensor, route: str, out: Constants) -> bool:
    """Whether the plain composition, which autograd differentiates, is quicker than a function of our own."""
    points = grid_points(route, out)
    return route == "dense" and points <= _FEW_POINTS and x.shape[:-1].numel() <= _block_rows(x, points)


def _apply(x: Any, y: Any, route: str, first: Any, second: Any, out: Any) -> torch.Tensor:
    equal = x.shape[:-1] == y.shape[:-1]
    keep = equal and x.shape[:-1].numel() <= _block_rows(x, grid_points(route, out))
    return TrilinearProduct.apply(x, y, route, keep, (first, second, out))[0]  # type: ignore[index]


def _block_rows(x: torch.Tensor, points: int) -> int:
    size = max(_BLOCK_ROWS, _BLOCK_VALUES // points)
    # Rather one block that is larger than a small remainder; other devices are best given all rows at once.
    return size + size // 2 if x.device.type == "cpu" else max(size, x.shape[:-1].numel())


def _whole(x: Any, y: Any, route: str, first: Any, second: Any, out: Any) -> torch.Tensor:
    if x.ndim > 2 and x.shape[:-1] == y.shape[:-1]:
        # Once, and not before and after every matrix product.
        flat = (t.reshape(-1, t.shape[-1]) for t in (x, y))
        return _whole(*flat, route, first, second, out).view(*x.shape[:-1], -1)
    return project(multiply(sample(x, route, first), sample(y, route, second)), route, out)


def _product(x: Any, y: Any, route: str, first: Any, second: Any, out: Any) -> torch.Tensor:
    if x.shape[:-1] != y.shape[:-1]:
        # The smaller factor is sampled once, not for every row that it meets.
        return _whole(x, y, route, first, second, out)
    return _in_blocks(lambda a, b: (_whole(a, b, route, first, second, out),), (x, y), grid_points(route, out))[0]


def _in_blocks(
    work: Callable[..., tuple[torch.Tensor, ...]], tensors: tuple[torch.Tensor, ...], points: int
) -> tuple[torch.Tensor, ...]:
    """Row by row work on tensors with equal leading axes, block by block."""
    lead = tensors[0].shape[:-1]
    rows = lead.numel()
    if rows <= _block_rows(tensors[0], points):
        return work(*tensors)
    size = max(_BLOCK_ROWS, _BLOCK_VALUES // points)
    flat = [t.reshape(rows, t.shape[-1]) for t in tensors]
    found = list(zip(*(work(*block) for block in _blocks(flat, rows, size))))
    out = []
    while found:
        whole = torch.cat(found.pop(0))
        out.append(whole.view(*lead, whole.shape[-1]))
    return tuple(out)


def _blocks(tensors: list[torch.Tensor], rows: int, size: int) -> Iterator[list[torch.Tensor]]:
    for start in range(0, rows, size):
        yield [t[start : start + size] for t in tensors]


class TrilinearProduct(torch.autograd.Function):
    """The product with hand-written derivatives; few rows keep their grid values as further outputs."""

    @staticmethod
    def forward(x: Any, y: Any, route: str, keep: bool, constants: Any) -> Any:  # type: ignore[override]
        first, second, out = constants
        if not keep:
            return (_product(x, y, route, first, second, out),)
        fx, fy = sample(x, route, first), sample(y, route, second)
        return project(multiply(fx, fy), route, out), *fx, *fy

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        # Constants need no derivative, and stay what they are: the context may hold them as they come.
        x, y, ctx.route, _, ctx.constants = inputs
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.kept = len(output) - 1
        ctx.save_for_backward(x, y, *output[1:])
        ctx.save_for_forward(x, y)

    @staticmethod
    def backward(ctx: Any, grad: Any, *_: Any) -> Any:  # type: ignore[override]
        x, y, *values = ctx.saved_tensors
        first, second, out = ctx.constants
        route = ctx.route
        along_x, along_y = ctx.needs_input_grad[:2]
        gx = gy = None
        if grad is None:
            return None, None, None, None, None
        if torch.is_grad_enabled() or not (along_x and along_y) or x.shape[:-1] != y.shape[:-1]:
            # The same operation with its factors exchanged; derivatives of this derivative may follow.
            call = _apply if torch.is_grad_enabled() else _product
            if along_x:
                gx = call(grad, y, route, out, second, first).sum_to_size(x.shape)
            if along_y:
                gy = call(x, grad, route, first, out, second).sum_to_size(y.shape)
            return gx, gy, None, None, None
        if values:
            half = len(values) // 2
            fg, fx, fy = sample(grad, route, out), tuple(values[:half]), tuple(values[half:])
            gx = project(multiply(fg, fy), route, first)
            return gx, project(multiply(fg, fx), route, second), None, None, None

        def both(a: Any, b: Any, g: Any) -> tuple[torch.Tensor, torch.Tensor]:
            fg = sample(g, route, out)
            ga = project(multiply(fg, sample(b, route, second)), route, first)
            return ga, project(multiply(fg, sample(a, route, first)), route, second)

        return *_in_blocks(both, (x, y, grad), grid_points(route, out)), None, None, None

    @staticmethod
    def jvp(ctx: Any, dx: Any, dy: Any, *_: Any) -> Any:  # type: ignore[override]
        x, y = ctx.saved_tensors[:2]
        pairs = ((dx, y, dx), (x, dy, dy))
        parts = [_apply(a, b, ctx.route, *ctx.constants) for a, b, moved in pairs if moved is not None]
        return sum(parts[1:], parts[0]), *(None,) * ctx.kept

    @staticmethod
    def vmap(info: Any, in_dims: tuple, x: Any, y: Any, route: str, keep: bool, constants: Any) -> Any:
        leading = max(t.ndim - (d is not None) for t, d in zip((x, y), in_dims))
        x, y = (_batch_first(t, d, leading) for t, d in zip((x, y), in_dims))
        out, *values = TrilinearProduct.apply(x, y, route, keep, constants)  # type: ignore[misc]
        # Separated grids have longitudes in front of the batch; a factor that is not mapped has one sample.
        axis = 1 if route == "separable" else 0
        values = [v.expand(*v.shape[:axis], info.batch_size, *v.shape[axis + 1 :]) for v in values]
        return (out, *values), (0, *(axis,) * len(values))


def _batch_first(t: torch.Tensor, dim: int | None, leading: int) -> torch.Tensor:
    """The mapped axis in front, and single axes behind it so that the others broadcast as they did."""
    t = t[None] if dim is None else t.movedim(dim, 0)
    return t.reshape(t.shape[0], *[1] * (leading - t.ndim + 1), *t.shape[1:])

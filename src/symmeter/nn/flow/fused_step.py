"""One frame of the plain cell in the moving frame, with as little copying as the convolution allows.

The state is kept with a margin that continues it periodically, channels last in memory, so that the convolution takes
it as it lies. One pass adds the moved feature map (a window of a doubled copy, no copy of its own for any velocity),
applies the nonlinearity and writes the next state; the margin is filled from its edges. Backward goes the same way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.autograd import forward_ad

from symmeter.nn.flow.grid_convolution import GridConvolution
from symmeter.nn.flow.grid_flows import GridFlow

if TYPE_CHECKING:
    from symmeter.nn.flow.cell import FlowRNNCell
    from symmeter.nn.flow.state import FlowState

__all__ = ["fused_step", "may_fuse"]

_transforms: Any = getattr(torch._C, "_are_functorch_transforms_active", None)


def may_fuse(cell: FlowRNNCell, values: torch.Tensor, state: FlowState | None) -> bool:
    """Whether the step is a plain one: whole shifts on a periodic grid, derivatives in reverse."""
    if state is None or not cell.moving or cell.lifted or cell.activation not in ("relu", "tanh"):
        return False
    flow, stay = cell.flow, cell.stay
    if not isinstance(flow, GridFlow) or not isinstance(stay, GridConvolution) or stay.bias is not None:
        return False
    if any(axis.boundary != "circular" for axis in flow.axes) or stay.reach > min(values.shape[3:]):
        return False
    if torch.compiler.is_compiling() or _transforms is None or _transforms():
        return False
    if getattr(forward_ad, "_current_level", 0) >= 0:
        return False
    return values.dtype == state.values.dtype and flow.whole_shifts(state.time) is not None


def fused_step(cell: FlowRNNCell, values: torch.Tensor, state: FlowState) -> tuple[torch.Tensor, torch.Tensor]:
    """The next values, in the moving frame: ``sigma(W * values + psi_(-t) u)``, (B, V, K, *grid), and with margin.

    Parameters
    ----------
    cell : FlowRNNCell
    values : tensor (B, 1, K, *grid)
        What the frame gives, not yet moved.
    state : FlowState
    """
    flow, stay = cell.flow, cell.stay
    assert isinstance(flow, GridFlow)
    assert isinstance(stay, GridConvolution)
    wide = _with_margin(state, stay.reach)
    known = stay.valid(wide.flatten(0, 1)).unflatten(0, wide.shape[:2])
    shifts = flow.whole_shifts(state.time)
    out = _MovedSum.apply(known, values[:, 0], shifts, stay.reach, cell.activation)
    return _inner(out, stay.reach), out


def _inner(wide: torch.Tensor, reach: int) -> torch.Tensor:
    for dim in range(3, wide.ndim):
        wide = wide.narrow(dim, reach, wide.shape[dim] - 2 * reach)
    return wide


def _with_margin(state: FlowState, reach: int) -> torch.Tensor:
    values, wide = state.values, state.margin
    if wide is not None and all(w == n + 2 * reach for w, n in zip(wide.shape[3:], values.shape[3:])):
        return wide
    for dim in range(3, values.ndim):
        n = values.shape[dim]
        values = torch.cat((values.narrow(dim, n - reach, reach), values, values.narrow(dim, 0, reach)), dim)
    return _channels_last(values)


def _channels_last(values: torch.Tensor) -> torch.Tensor:
    return values.movedim(2, -1).contiguous().movedim(-1, 2)


class _MovedSum(torch.autograd.Function):
    """``act(known(nu, g) + u(g + shift(nu)))`` with a periodic margin around it."""

    @staticmethod
    def forward(ctx: Any, known: Any, u: Any, shifts: Sequence[tuple[int, ...]], reach: int, act: str) -> Any:  # type: ignore[override]
        grid = known.shape[3:]
        known = known.movedim(2, -1)
        windows = _windows(shifts, grid)
        doubled = u.movedim(1, -1)
        for dim in range(len(grid)):
            doubled = torch.cat((doubled, doubled), dim + 1)
        batch, features = u.shape[:2]
        wide = known.new_empty(batch, len(shifts), *(n + 2 * reach for n in grid), features)
        inner = wide[(slice(None), slice(None), *(slice(reach, reach + n) for n in grid))]
        apply = torch.relu_ if act == "relu" else torch.tanh_
        for v, window in enumerate(windows):
            target = inner[:, v]
            torch.add(known[:, v if known.shape[1] > 1 else 0], doubled[window], out=target)
            apply(target)
        _fill_margin(wide, reach, grid)
        ctx.windows, ctx.reach, ctx.act, ctx.shared = windows, reach, act, known.shape[1] == 1 < len(shifts)
        out = wide.movedim(-1, 2)
        # The output itself, so that its own derivatives are known where second ones are wanted.
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        (saved,) = ctx.saved_tensors
        reach = ctx.reach
        wide = saved.movedim(2, -1)
        grid = tuple(n - 2 * reach for n in wide.shape[2:-1])
        inner = wide[(slice(None), slice(None), *(slice(reach, reach + n) for n in grid))]
        folded = _folded(grad.movedim(2, -1), reach, grid)
        if ctx.act == "relu":
            before = torch.ops.aten.threshold_backward(folded, inner, 0)
        else:
            before = torch.ops.aten.tanh_backward(folded, inner)
        if torch.is_grad_enabled():
            # Derivatives of derivatives are wanted: the same sums, in steps that can be differentiated.
            moves = [tuple(window[1 + k].start for k in range(len(grid))) for window in ctx.windows]
            dims = tuple(range(1, 1 + len(grid)))
            of_u: Any = sum(torch.roll(before[:, v], move, dims) for v, move in enumerate(moves))
            before = before.sum(1, keepdim=True) if ctx.shared else before
            return before.movedim(-1, 2), of_u.movedim(-1, 1), None, None, None
        doubled = before.new_zeros(wide.shape[0], *(2 * n for n in grid), wide.shape[-1])
        for v, window in enumerate(ctx.windows):
            doubled[window] += before[:, v]
        for dim, n in enumerate(grid):
            doubled = doubled.narrow(dim + 1, 0, n) + doubled.narrow(dim + 1, n, n)
        if ctx.shared:
            before = before.sum(1, keepdim=True)
        return before.movedim(-1, 2), doubled.movedim(-1, 1), None, None, None


def _windows(shifts: Sequence[tuple[int, ...]], grid: Sequence[int]) -> list[tuple[slice, ...]]:
    """Where in the doubled feature map each velocity looks."""
    return [(slice(None), *(slice(s % n, s % n + n) for s, n in zip(shift, grid))) for shift in shifts]


def _fill_margin(wide: torch.Tensor, reach: int, grid: Sequence[int]) -> None:
    """Edges copied to the margin, axis by axis, so that corners come along."""
    if reach == 0:
        return
    for dim, n in enumerate(grid, start=2):
        inside: list[slice] = [slice(None)] * wide.ndim
        # Axes that are still to come have no margin yet.
        for later, size in enumerate(grid[dim - 1 :], start=dim + 1):
            inside[later] = slice(reach, reach + size)
        for target, source in ((0, n), (n + reach, reach)):
            inside[dim] = slice(target, target + reach)
            to = wide[tuple(inside)]
            inside[dim] = slice(source, source + reach)
            to.copy_(wide[tuple(inside)])


def _folded(grad: torch.Tensor, reach: int, grid: Sequence[int]) -> torch.Tensor:
    """Derivatives by the inner points: what the margin received belongs to the edge that it copies."""
    if reach == 0:
        return grad
    for step, (dim, n) in enumerate(zip(itertools.count(2), grid)):
        inner = grad.narrow(dim, reach, n)
        # The first axis makes the copy; the incoming gradient may be in other hands.
        inner = inner.clone() if step == 0 else inner
        inner.narrow(dim, 0, reach).add_(grad.narrow(dim, n + reach, reach))
        inner.narrow(dim, n - reach, reach).add_(grad.narrow(dim, 0, reach))
        grad = inner
    return grad

"""What is read from the channels of all velocities: their maximum, mean or sum, and which of them resonates."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputTypeError, UnknownNameError
from symmeter.nn.flow.flow import Flow
from symmeter.nn.flow.grid_flows import GridFlow
from symmeter.nn.flow.state import FlowState

__all__ = ["POOLS", "channel_energies", "estimate_velocity", "pooled", "resonances"]

POOLS = ("max", "mean", "sum")


def pooled(state: FlowState, kind: str = "max", ahead: int = 0) -> torch.Tensor:
    """One field (B, K, *grid) from those of all velocities, each where its motion has taken it.

    A motion of the input permutes the velocities, which leaves this as it is, and moves it along.

    Parameters
    ----------
    state : FlowState
    kind : {"max", "mean", "sum"}
    ahead : int
        Frames that each channel is carried on first. A prediction of the next frame moves as that frame does only with
        1: with 0 it is one frame behind, by an amount that depends on the velocity, which the pool forgets.

    Raises
    ------
    UnknownNameError
    """
    if kind not in POOLS:
        raise UnknownNameError(f"pool is {kind!r}; it must be one of {', '.join(POOLS)}")
    steps = state.time - 1 + ahead if state.moving else ahead
    values, flow = state.values, state.flow
    if kind == "max" and values.shape[1] > 1 and isinstance(flow, GridFlow) and not torch.compiler.is_compiling():
        shifts = flow.whole_shifts(steps)
        if shifts is not None and all(axis.boundary == "circular" for axis in flow.axes) and not _transformed():
            return _LargestMoved.apply(values, shifts)
    moved = state.hidden(ahead)
    if kind == "max":
        return moved.amax(1)
    return moved.mean(1) if kind == "mean" else moved.sum(1)


def _transformed() -> bool:
    ask: Any = getattr(torch._C, "_are_functorch_transforms_active", None)
    return ask is None or ask()


class _LargestMoved(torch.autograd.Function):
    """The largest of all moved channels, one after another: none of the moved copies stays."""

    @staticmethod
    def forward(ctx: Any, values: Any, shifts: Any) -> Any:  # type: ignore[override]
        dims = tuple(range(2, values.ndim - 1))
        best = torch.roll(values[:, 0], shifts[0], dims)
        winner = torch.empty_like(best, dtype=torch.int16).zero_()
        for v, shift in enumerate(shifts[1:], start=1):
            moved = torch.roll(values[:, v], shift, dims)
            winner.masked_fill_(moved > best, v)
            torch.maximum(best, moved, out=best)
        ctx.shifts, ctx.count = shifts, values.shape[1]
        ctx.save_for_backward(winner)
        return best

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        (winner,) = ctx.saved_tensors
        dims = tuple(range(2, grad.ndim))
        parts = [torch.roll(grad * (winner == v), tuple(-s for s in shift), dims) for v, shift in enumerate(ctx.shifts)]
        return torch.stack(parts, 1), None


def channel_energies(state: FlowState) -> Float[torch.Tensor, "b v"]:
    """Squared norm of each velocity's channel."""
    return state.whole.flatten(2).square().sum(-1)


def resonances(frames: torch.Tensor, flow: Flow, memory: float = 0.5) -> Float[torch.Tensor, "b v"]:
    """Energies of ``h_(t+1)(nu) = psi_1(nu) memory h_t(nu) + f_t``, a cell without weights.

    Frames that move rigidly with velocity nu add up in its channel to ``(1 - memory^T) / (1 - memory)`` times one
    frame, and to less in all others, by the triangle inequality.

    Parameters
    ----------
    frames : tensor (B, T, C, *grid)
    flow : Flow
    memory : float
        In (0, 1].
    """
    flow.check_frames(frames)
    h = frames[:, 0][:, None].expand(-1, len(flow), *frames.shape[2:])
    for t in range(1, frames.shape[1]):
        moved = torch.stack([flow.move(h[:, k], nu, 1, features=False) for k, nu in enumerate(flow.velocities)], 1)
        h = memory * moved + frames[:, t][:, None]
    return h.flatten(2).square().sum(-1)


def estimate_velocity(
    model: Any, frames: Float[torch.Tensor, "b t *channels_and_grid"]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The velocity of each sequence: that of the channel with the most energy.

    Parameters
    ----------
    model : a flow network, or a Flow
        A flow alone is read by linear resonance (:func:`resonances`), which is exact for a noiseless rigid motion whose
        velocity is in the set.
    frames : tensor (B, T, C, *grid)

    Returns
    -------
    velocity : tensor (B, generators)
    confidence : tensor (B,)
        1 - E2 / E1 for the largest and the second energy: 0 where two channels tell equally much.

    Examples
    --------
    >>> from symmeter.nn.flow import TranslationFlow
    >>> flow = TranslationFlow(ndim=1, velocities=2)
    >>> frames = flow.sequence(torch.arange(8.0)[None, None, None].expand(1, 4, 1, 8), 1)
    >>> estimate_velocity(flow, frames)[0].tolist()
    [[1.0]]
    """
    if isinstance(model, Flow):
        flow, energies = model, resonances(frames, model)
    elif hasattr(model, "last_state") and isinstance(getattr(model, "flow", None), Flow):
        flow = model.flow
        with torch.no_grad():
            energies = channel_energies(model.last_state(frames))
    else:
        raise InputTypeError(f"{type(model).__name__} has no channels of velocities; give a flow network or a Flow")
    top = energies.topk(min(2, energies.shape[1]), 1)
    velocities = torch.tensor(flow.velocities, dtype=frames.dtype, device=frames.device)[top.indices[:, 0]]
    if energies.shape[1] == 1:
        return velocities, torch.ones_like(energies[:, 0])
    first, second = top.values.unbind(1)
    return velocities, torch.where(first > 0, 1 - second / first.clamp_min(torch.finfo(first.dtype).tiny), 0.0)

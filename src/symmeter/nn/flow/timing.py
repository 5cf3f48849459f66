"""Flow cells beside a cell that shifts its state by rolling and stacking, the convolutions alone, and a ConvGRU.

One thread; all are run turn by turn, and the smallest time of each counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.nn import functional

from symmeter.nn.flow.cell import FlowRNNCell
from symmeter.nn.flow.costs import cell_multiplications, matched_width
from symmeter.nn.flow.grid_flows import TranslationFlow

__all__ = ["FlowSpeed", "bare_convolutions", "equal_gru", "flow_speed", "roll_and_stack", "sequence_step"]


@dataclass(frozen=True)
class FlowSpeed:
    """Milliseconds of forward and backward over some frames.

    Attributes
    ----------
    velocities, channels, size, batch, frames : int
    ours, rolled, bare, gru : float
        Our cell; the same network with its state rolled and stacked; its recurrent convolutions alone, on inputs that
        are ready; a gated cell without velocities that needs as many multiplications.
    gru_channels : int
        Of the state of that cell.
    """

    velocities: int
    channels: int
    size: int
    batch: int
    frames: int
    ours: float
    rolled: float
    bare: float
    gru: float
    gru_channels: int

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the ratios."""
        return {
            **asdict(self),
            "faster": self.rolled / self.ours,
            "over_bare": self.ours / self.bare,
            "over_gru": self.ours / self.gru,
        }


def sequence_step(cell: FlowRNNCell, x: torch.Tensor, frames: int) -> Callable[[], None]:
    """Forward over ``frames`` times the frame x, and backward to the weights."""

    def step() -> None:
        state = None
        for _ in range(frames):
            state = cell(x, state)
        assert state is not None
        state.values.sum().backward()

    return step


def roll_and_stack(cell: FlowRNNCell, x: torch.Tensor, frames: int) -> Callable[[], None]:
    """The same with the state rolled velocity by velocity, padded and convolved, with the weights of ``cell``."""
    assert isinstance(cell.flow, TranslationFlow)
    shifts = [tuple(int(v) for v in nu) for nu in cell.flow.velocities]
    hidden, enter = cell.stay.weight, cell.enter.weight
    reach = cell.stay.reach
    pads = [reach] * 4

    def step() -> None:
        h = x.new_zeros(x.shape[0], len(shifts), cell.hidden, *x.shape[2:])
        for _ in range(frames):
            rolled = torch.stack([torch.roll(h[:, i], s, (-2, -1)) for i, s in enumerate(shifts)], 1)
            wide = functional.pad(rolled.flatten(0, 1), pads, mode="circular")
            u = functional.conv2d(functional.pad(x, pads, mode="circular"), enter)
            known = functional.conv2d(wide, hidden).unflatten(0, h.shape[:2])
            h = functional.relu(known + u[:, None].expand_as(known))
        h.sum().backward()

    return step


def bare_convolutions(cell: FlowRNNCell, x: torch.Tensor, frames: int) -> Callable[[], None]:
    """As many recurrent convolutions, forward and backward, of states that lie ready with their margins."""
    reach = cell.stay.reach
    shape = (x.shape[0] * len(cell.flow), *(n + 2 * reach for n in x.shape[2:]), cell.hidden)
    states = [torch.randn(shape).movedim(-1, 1).requires_grad_() for _ in range(frames)]

    def step() -> None:
        for h in states:
            h.grad = None
            functional.conv2d(h, cell.stay.weight).sum().backward()

    return step


def equal_gru(velocities: int, channels: int) -> FlowRNNCell:
    """A ConvGRU that needs as many multiplications as a plain cell with all velocities of {-n..n}^2."""
    target = cell_multiplications("rnn", channels, channels, (2 * velocities + 1) ** 2, 9)
    width = matched_width(lambda hidden: cell_multiplications("gru", channels, hidden, 1, 9), target)
    return FlowRNNCell(TranslationFlow(2, 0), channels, width, cell="gru")


def flow_speed(
    velocities: int, channels: int, size: int, *, batch: int = 4, frames: int = 6, rounds: int = 8
) -> FlowSpeed:
    """All four, for images with velocities from {-n..n}^2."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        flow = TranslationFlow(2, velocities)
        cell, gated = FlowRNNCell(flow, channels, channels), equal_gru(velocities, channels)
        x = torch.randn(batch, channels, size, size)
        calls = [make(cell, x, frames) for make in (sequence_step, roll_and_stack, bare_convolutions)]
        calls.append(sequence_step(gated, x, frames))
        for call in calls:
            call()
        best = [float("inf")] * 4
        for _ in range(rounds):
            for k, call in enumerate(calls):
                start = time.thread_time()
                call()
                best[k] = min(best[k], time.thread_time() - start)
    finally:
        torch.set_num_threads(before)
    ours, rolled, bare, gru = (1e3 * b for b in best)
    return FlowSpeed(len(flow), channels, size, batch, frames, ours, rolled, bare, gru, gated.hidden)

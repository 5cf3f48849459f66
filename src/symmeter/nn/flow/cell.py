"""Recurrent cells whose hidden state has a channel for each velocity, which moves with it.

``h_(t+1)(nu) = sigma(psi_1(nu) [W * h_t](nu) + U * f_t)`` and its gated relatives (T. A. Keller, NeurIPS 2025). Where
moving loses nothing the state is kept in the frame that moves with its channel, counted from the first frame: then only
the feature map of each frame is moved, by ``-t nu``, and the state itself never. This is the same network, and more:
with velocities between grid points no interpolation piles up, and equivariance stays exact, since what moves by one
linear map meets the nonlinearity only after all channels agree on the frame.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError
from symmeter.nn.flow.coupling import VelocityCoupling
from symmeter.nn.flow.flow import Flow, check_flow
from symmeter.nn.flow.fused_step import fused_step, may_fuse
from symmeter.nn.flow.learned_shift import LearnedShift
from symmeter.nn.flow.state import FlowState

__all__ = ["ACTIVATIONS", "CELLS", "FlowRNNCell"]

ACTIVATIONS: Any = {"relu": functional.relu, "tanh": torch.tanh, "identity": lambda x: x}
#: Kinds of cell, with the number of gates whose recurrent part is one convolution.
CELLS = {"rnn": 1, "gru": 2, "lstm": 4}


class FlowRNNCell(torch.nn.Module):
    """One recurrent layer on velocities times positions.

    Parameters
    ----------
    flow : Flow
    in_channels : int
        Channels of the frames; features, for a layer above another (``lifted=True``).
    hidden : int
        Features of the state; a flow with orientations has that many times ``flow.orbit`` channels.
    kernel_size : int
        Odd.
    cell : {"rnn", "gru", "lstm"}
    coupling : bool or sequence of velocities
        Whether channels of different velocities hear one another, and over which differences.
    activation : {"relu", "tanh", "identity"}
        Of the plain cell; gated cells use tanh.
    bias : bool
    lifted : bool
        Inputs come from a layer below: states instead of frames.
    shifts : {"flow", "learned"}
        ``"learned"`` replaces the motion of the state by a learned kernel for each velocity, 5 points along each axis:
        as many channels and more parameters, but no symmetry. It is there to be compared with.
    frame : {"auto", "moving", "lab"}
        Where the state is kept; ``"auto"`` takes the moving frame where that is exact.

    Examples
    --------
    >>> from symmeter.nn.flow import TranslationFlow
    >>> cell = FlowRNNCell(TranslationFlow(velocities=1), in_channels=1, hidden=4)
    >>> state = None
    >>> for frame in torch.randn(5, 2, 1, 9, 9):
    ...     state = cell(frame, state)
    >>> state.hidden().shape
    torch.Size([2, 9, 4, 9, 9])
    """

    #: Convolutions of frames, of the state, and of the reset state of a GRU.
    enter: Any
    stay: Any
    renew: Any

    def __init__(
        self,
        flow: Flow,
        in_channels: int,
        hidden: int,
        kernel_size: int = 3,
        *,
        cell: str = "rnn",
        coupling: Any = False,
        activation: str = "relu",
        bias: bool = False,
        lifted: bool = False,
        shifts: str = "flow",
        frame: str = "auto",
    ) -> None:
        super().__init__()
        check_flow(flow)
        if cell not in CELLS:
            raise UnknownNameError(f"cell is {cell!r}; it must be one of {', '.join(CELLS)}")
        if activation not in ACTIVATIONS:
            raise UnknownNameError(f"activation is {activation!r}; it must be one of {', '.join(ACTIVATIONS)}")
        if shifts not in ("flow", "learned"):
            raise UnknownNameError(f"shifts is {shifts!r}; it must be 'flow' or 'learned'")
        for name, n in (("in_channels", in_channels), ("hidden", hidden)):
            if not isinstance(n, int) or n < 1:
                raise InputError(f"{name} is {n!r}; give a whole number of at least 1")
        self.flow, self.in_channels, self.hidden, self.lifted = flow, in_channels, hidden, lifted
        self.cell, self.activation = cell, activation
        exact = flow.periodic and coupling is False and shifts == "flow"
        self.moving = _chosen_frame(frame, exact)
        gates = CELLS[cell]
        inputs = hidden * (3 if cell == "gru" else gates)
        enter = flow.convolution if lifted else flow.lifting
        self.enter = enter(in_channels, inputs, kernel_size, bias=bias)
        self.stay = self._recurrent(coupling, hidden * gates, kernel_size)
        self.renew = self._recurrent(coupling, hidden, kernel_size) if cell == "gru" else None
        self.learned = LearnedShift(flow) if shifts == "learned" else None

    def _recurrent(self, coupling: Any, features: int, kernel_size: int) -> torch.nn.Module:
        if coupling is False:
            return self.flow.convolution(self.hidden, features, kernel_size, bias=False)
        return VelocityCoupling(self.flow, self.hidden, features, kernel_size, coupling)

    # -- one frame -----------------------------------------------------------------------------------------------------

    def forward(self, x: torch.Tensor | FlowState, state: FlowState | None = None) -> FlowState:
        """The state after one more frame.

        Parameters
        ----------
        x : tensor (B, C, *grid), or the FlowState of the layer below
        state : FlowState, optional
            None before the first frame: zero everywhere.
        """
        if state is not None and not isinstance(state, FlowState):
            raise InputTypeError(f"the state is a {type(state).__name__}; give what the cell returned, or None")
        time = 0 if state is None else state.time
        values = self._entering(x)
        if state is not None and state.values.shape[0] != values.shape[0]:
            raise ShapeError(f"a batch of {values.shape[0]} meets a state of {state.values.shape[0]} sequences")
        if self.cell == "rnn" and may_fuse(self, values, state):
            hidden, margin = fused_step(self, values, state)  # type: ignore[arg-type]
            return FlowState(self.flow, hidden, None, time + 1, True, margin)
        if not self.lifted and self.moving and time:
            values = self.flow.align(values[:, 0], time)
        if self.cell == "lstm":
            hidden, memory = self._lstm(values, state)
        else:
            hidden, memory = (self._gru if self.cell == "gru" else self._rnn)(values, state), None
        return FlowState(self.flow, hidden, memory, time + 1, self.moving)

    def _entering(self, x: Any) -> torch.Tensor:
        """What the input gives to all gates, (B, V or 1, K, *grid)."""
        if isinstance(x, FlowState):
            if not self.lifted:
                raise InputError("the input is a state; make the cell with lifted=True for a layer above another")
            below = x.values if x.moving == self.moving else (x.hidden() if x.moving else None)
            if below is None:
                raise InputError("the layer below keeps its state in the lab frame; make this one with frame='lab'")
            return self.enter(below.flatten(0, 1)).unflatten(0, below.shape[:2])
        if self.lifted:
            raise InputError("a cell with lifted=True takes the state of the layer below, not a frame")
        if not isinstance(x, torch.Tensor) or x.ndim != self.flow.ndim + 2 or x.shape[1] != self.in_channels:
            shape = tuple(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__
            raise ShapeError(f"a frame is {shape}; this cell takes (batch, {self.in_channels} channels, *grid)")
        return self.enter(x)[:, None]

    def _rnn(self, values: torch.Tensor, state: FlowState | None) -> torch.Tensor:
        if state is not None:
            values = values + self._carried(self._across(self.stay, state.values))
        return ACTIVATIONS[self.activation](values)

    def _gru(self, values: torch.Tensor, state: FlowState | None) -> torch.Tensor:
        k = self.hidden * self.flow.orbit
        reset, keep, new = values.split(k, 2)
        if state is None:
            return (1 - torch.sigmoid(keep)) * torch.tanh(new)
        held = self._carried(state.values)
        gates = self._carried(self._across(self.stay, state.values))
        r, z = torch.sigmoid(reset + gates[:, :, :k]), torch.sigmoid(keep + gates[:, :, k:])
        new = torch.tanh(new + self._across(self.renew, r * held))
        return (1 - z) * new + z * held

    def _lstm(self, values: torch.Tensor, state: FlowState | None) -> tuple[torch.Tensor, torch.Tensor]:
        if state is not None:
            values = values + self._carried(self._across(self.stay, state.values))
        enter, forget, out, new = values.split(self.hidden * self.flow.orbit, 2)
        memory = torch.sigmoid(enter) * torch.tanh(new)
        if state is not None:
            assert state.memory is not None
            # A bias of one keeps memory while the gates are not yet trained (Jozefowicz and others, 2015).
            memory = memory + torch.sigmoid(forget + 1) * self._carried(state.memory)
        return torch.sigmoid(out) * torch.tanh(memory), memory

    def _across(self, layer: Any, values: torch.Tensor) -> torch.Tensor:
        """A layer applied to every velocity, or to all of them together where they are coupled."""
        if isinstance(layer, VelocityCoupling):
            return layer(values.expand(-1, len(self.flow), *values.shape[2:]))
        return layer(values.flatten(0, 1)).unflatten(0, values.shape[:2])

    def _carried(self, values: torch.Tensor) -> torch.Tensor:
        """Moved by one frame, each channel with its velocity; nothing to do in the moving frame."""
        if self.moving:
            return values
        whole = values.expand(-1, len(self.flow), *values.shape[2:])
        return self.flow.carry(whole, 1) if self.learned is None else self.learned(whole)

    def extra_repr(self) -> str:
        return f"{self.flow.extra_repr()}, {self.cell}, kept in the {'moving' if self.moving else 'lab'} frame"


def _chosen_frame(frame: str, exact: bool) -> bool:
    if frame not in ("auto", "moving", "lab"):
        raise UnknownNameError(f"frame is {frame!r}; it must be 'auto', 'moving' or 'lab'")
    if frame == "moving" and not exact:
        raise InputError(
            "the moving frame needs periodic axes, no coupling of velocities and no learned shifts; take frame='lab'"
        )
    return exact if frame == "auto" else frame == "moving"

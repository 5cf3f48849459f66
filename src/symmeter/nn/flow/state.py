"""The hidden state of a flow-equivariant cell: one field for each velocity, and the frame in which it is kept."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from symmeter.nn.flow.flow import Flow

__all__ = ["FlowState"]


@dataclass(frozen=True, eq=False)
class FlowState:
    """Hidden values after some frames.

    In the moving frame a channel is stored as it looks from its own motion: ``h_T(nu) = psi_(T-1)(nu) values(nu)``
    after T frames. While all channels are alike the axis of velocities has one entry.

    Attributes
    ----------
    flow : Flow
    values : tensor (B, V or 1, K, *grid)
    memory : tensor of that shape, or None
        The cell of an LSTM.
    time : int
        Frames seen.
    moving : bool
        Whether ``values`` are kept in the moving frame.
    margin : tensor, optional
        The same values with a periodic margin around them, of which ``values`` are a view.
    """

    flow: Flow
    values: torch.Tensor
    memory: torch.Tensor | None
    time: int
    moving: bool
    margin: torch.Tensor | None = None

    @property
    def whole(self) -> torch.Tensor:
        """``values`` with all velocities."""
        return self.values.expand(-1, len(self.flow), *self.values.shape[2:])

    def hidden(self, ahead: int = 0) -> torch.Tensor:
        """The hidden state h_T(nu, g) of the theorem, shape (B, V, K, *grid).

        Parameters
        ----------
        ahead : int
            Frames that each channel is carried on beyond the last one seen: 1 puts what it holds where its velocity
            takes it by the next frame.
        """
        steps = self.time - 1 + ahead if self.moving else ahead
        return self.flow.carry(self.whole, steps) if steps else self.whole

    def detach(self) -> FlowState:
        """Without the history of its derivatives."""
        memory = None if self.memory is None else self.memory.detach()
        return FlowState(self.flow, self.values.detach(), memory, self.time, self.moving)

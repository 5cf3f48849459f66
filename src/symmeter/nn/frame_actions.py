"""Flows on sequences of images (B, T, ..., H, W): frame t is moved by t times a velocity, around a torus."""

from __future__ import annotations

import re
from typing import Any, final

import torch

from symmeter.errors import InputError
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import Elements
from symmeter.nn.pixel_actions import shift_group

__all__ = ["FrameAction", "frame_action"]


@final
class FrameAction(TensorAction):
    """Every velocity of whole pixels per frame. Exact.

    Parameters
    ----------
    grid : tuple of int
        (H, W).
    lead : int
        Number of the first frame: 0 for what is given, and the number of frames given for predictions that follow.

    Examples
    --------
    >>> action = FrameAction((1, 4))
    >>> x = torch.tensor([1.0, 0, 0, 0]).expand(1, 3, 1, 1, 4)
    >>> action.apply(action.elements(), x)[1, 0, :, 0, 0].int().tolist()
    [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    """

    kind = "frames"

    def __init__(self, grid: tuple[int, int], lead: int = 0) -> None:
        self.grid, self.lead = (int(grid[0]), int(grid[1])), lead
        self.group = shift_group(*self.grid)
        if lead:
            self.kind = f"frames+{lead}"

    def expects(self) -> str:
        return f"(B, time, ..., {self.grid[0]}, {self.grid[1]})"

    def fits(self, shape: tuple[int, ...]) -> bool:
        return len(shape) >= 4 and tuple(shape[-2:]) == self.grid

    def _act(self, elements: Elements, x: torch.Tensor) -> torch.Tensor:
        assert elements.images is not None
        h, w = self.grid
        time = torch.arange(x.shape[2]) + self.lead
        down = elements.images[:, :1] * time
        right = (elements.images[:, h : h + 1] - h) * time
        rows = (torch.arange(h) - down[..., None]) % h
        columns = (torch.arange(w) - right[..., None]) % w
        index = rows[..., :, None] * w + columns[..., None, :]
        index = index.reshape(len(elements), 1, x.shape[2], *[1] * (x.ndim - 5), h * w)
        flat = x.reshape(*x.shape[:-2], h * w)
        return torch.gather(flat, -1, index.to(x.device).expand(flat.shape)).reshape(x.shape)

    def describe_element(self, elements: Elements, which: int) -> str:
        assert elements.images is not None
        h = self.grid[0]
        velocity = (int(elements.images[which, 0]), int(elements.images[which, h]) - h)
        return f"velocity {velocity}" if any(velocity) else "identity"

    def __repr__(self) -> str:
        return f"flows ({self.group.name}) on frames{f' from number {self.lead}' if self.lead else ''}"


def frame_action(name: str, shape: tuple[int, ...] | None) -> FrameAction | None:
    """The action called ``"frames"``, or ``"frames+6"`` for frames from number 6 on; None for other names.

    Raises
    ------
    InputError
    """
    found: Any = re.fullmatch(r"frames(?:\+(\d+))?", name)
    if found is None:
        return None
    if shape is None or len(shape) < 4:
        raise InputError("frames are (batch, time, ..., height, width); give like=x with that shape")
    return FrameAction((shape[-2], shape[-1]), int(found[1] or 0))

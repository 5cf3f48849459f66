"""What sequences of images are classified with when nothing is recurrent: convolutions over time and space."""

from __future__ import annotations

import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, ShapeError

__all__ = ["VideoCNN"]


class VideoCNN(torch.nn.Module):
    """A 3-D convolutional classifier: five convolutions of 3 x 3 x 3 with batch normalisation and ReLU, then the mean.

    Time is halved once, space twice; channels double where space is halved (the baseline of T. A. Keller, 2025).

    Parameters
    ----------
    in_channels, classes : int
    base : int
        Channels of the first convolution.

    Examples
    --------
    >>> VideoCNN(base=4)(torch.rand(2, 6, 1, 16, 16)).shape
    torch.Size([2, 10])
    """

    def __init__(self, in_channels: int = 1, classes: int = 10, base: int = 16) -> None:
        super().__init__()
        for name, n in (("in_channels", in_channels), ("classes", classes), ("base", base)):
            if not isinstance(n, int) or isinstance(n, bool) or n < 1:
                raise InputError(f"{name} is {n!r}; give a whole number of at least 1")
        self.in_channels = in_channels
        plan = [
            (in_channels, base, (2, 1, 1)),
            (base, 2 * base, (1, 2, 2)),
            (2 * base, 2 * base, (1, 1, 1)),
            (2 * base, 4 * base, (1, 2, 2)),
            (4 * base, 4 * base, (1, 1, 1)),
        ]
        layers: list[torch.nn.Module] = []
        for inside, out, stride in plan:
            layers += [torch.nn.Conv3d(inside, out, 3, stride, padding=1, bias=False), torch.nn.BatchNorm3d(out)]
            layers.append(torch.nn.ReLU())
        self.layers = torch.nn.Sequential(*layers)
        self.head = torch.nn.Linear(4 * base, classes)

    def forward(self, frames: Float[torch.Tensor, "b t c h w"]) -> Float[torch.Tensor, "b classes"]:
        """Logits."""
        if not isinstance(frames, torch.Tensor):
            raise InputTypeError(f"frames are {type(frames).__name__}; give a torch tensor")
        if frames.ndim != 5 or frames.shape[2] != self.in_channels or 0 in frames.shape:
            layout = f"(batch, time, {self.in_channels} channels, height, width)"
            raise ShapeError(f"frames have shape {tuple(frames.shape)}; the layout is {layout}")
        return self.head(self.layers(frames.transpose(1, 2)).mean((2, 3, 4)))

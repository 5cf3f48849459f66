"""Sequence models on flow-equivariant cells: prediction of what comes next, and classification."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.nn.flow.cell import FlowRNNCell
from symmeter.nn.flow.flow import Flow, check_flow
from symmeter.nn.flow.readout import POOLS, pooled
from symmeter.nn.flow.state import FlowState

__all__ = ["OUTPUTS", "FlowClassifier", "FlowRecurrence", "FlowSeq2Seq"]

OUTPUTS: Any = {"linear": lambda x: x, "sigmoid": torch.sigmoid, "clamp": lambda x: x.clamp(0.0, 1.0)}


class FlowRecurrence(torch.nn.Module):
    """Cells above one another; what the two kinds of model share.

    Parameters are those of :class:`~symmeter.nn.flow.FlowRNNCell`, and

    layers : int
    pool : {"max", "mean", "sum"}
        Over velocities, for everything that is read out.
    """

    def __init__(
        self,
        flow: Flow,
        in_channels: int,
        hidden: int,
        kernel_size: int,
        *,
        layers: int = 1,
        pool: str = "max",
        **cell: Any,
    ) -> None:
        super().__init__()
        check_flow(flow)
        if not isinstance(layers, int) or layers < 1:
            raise InputError(f"layers is {layers!r}; give a whole number of at least 1")
        if pool not in POOLS:
            raise UnknownNameError(f"pool is {pool!r}; it must be one of {', '.join(POOLS)}")
        self.flow, self.in_channels, self.hidden, self.pool = flow, in_channels, hidden, pool
        self.cells = torch.nn.ModuleList(
            FlowRNNCell(flow, hidden if k else in_channels, hidden, kernel_size, lifted=k > 0, **cell)
            for k in range(layers)
        )

    def check_frames(self, frames: Any) -> None:
        """Raise unless frames are (B, T, C, *grid) with the channels of this model.

        Raises
        ------
        InputTypeError, ShapeError
        """
        self.flow.check_frames(frames)
        if frames.shape[2] != self.in_channels:
            have = f"{frames.shape[2]} channels, shape {tuple(frames.shape)}"
            raise ShapeError(f"frames have {have}; the model takes {self.in_channels}")

    def advance(self, frame: torch.Tensor, states: Sequence[FlowState] | None = None) -> list[FlowState]:
        """The states of all layers after one more frame (B, C, *grid), for streams without end."""
        out: list[FlowState] = []
        for k, cell in enumerate(self.cells):
            out.append(cell(out[-1] if k else frame, None if states is None else states[k]))
        return out

    def _after(self, frames: torch.Tensor) -> list[FlowState]:
        states = None
        for t in range(frames.shape[1]):
            states = self.advance(self._stem(frames[:, t]), states)
        assert states is not None
        return states

    def _stem(self, frame: torch.Tensor) -> torch.Tensor:
        return frame

    def last_state(self, frames: Float[torch.Tensor, "b t *channels_and_grid"]) -> FlowState:
        """State of the uppermost layer after all frames."""
        self.check_frames(frames)
        return self._after(frames)[-1]

    def encode(self, frames: Float[torch.Tensor, "b t *channels_and_grid"]) -> torch.Tensor:
        """Hidden states h_t(nu, g) of the uppermost layer after each frame, shape (B, T, V, K, *grid)."""
        self.check_frames(frames)
        found, states = [], None
        for t in range(frames.shape[1]):
            states = self.advance(self._stem(frames[:, t]), states)
            found.append(states[-1].hidden())
        return torch.stack(found, 1)

    def equivariance_error(self, frames: torch.Tensor, velocities: Any = None) -> Any:
        """:func:`~symmeter.nn.flow.flow_equivariance_error` of the hidden states."""
        from symmeter.nn.flow.meter import flow_equivariance_error

        return flow_equivariance_error(self.encode, self.flow, sample=frames, velocities=velocities)


class FlowSeq2Seq(FlowRecurrence):
    """Predict the frames that follow: encode what is given, then feed each prediction back.

    Parameters
    ----------
    flow : Flow
        A single velocity 0 makes this the ordinary group-equivariant recurrent network.
    in_channels, hidden, kernel_size : int
    cell, coupling, activation, shifts, frame
        As in :class:`~symmeter.nn.flow.FlowRNNCell`.
    pool : {"max", "mean", "sum"}
    layers : int
        Recurrent layers.
    decoder_layers : int
        Convolutions with ReLU between the pooled state and the last convolution.
    look_ahead : bool
        Carry each channel on by its own velocity before pooling, to where its content will be in the frame that is to
        be predicted. Predictions are then equivariant as the frames themselves; without, they lag by one frame, as in
        the published networks.
    repeat_last : bool
        Feed the last given frame a second time before the first prediction, as many sequence-to-sequence networks do.
        The state is then carried on by one frame more than what it hears, so that nothing is equivariant exactly.
    output : {"linear", "sigmoid", "clamp"}
        What becomes of the last convolution; ``"clamp"`` keeps pixels in [0, 1].

    Examples
    --------
    >>> from symmeter.nn.flow import TranslationFlow
    >>> model = FlowSeq2Seq(TranslationFlow(velocities=1), hidden=4)
    >>> model(torch.rand(2, 5, 1, 8, 8), steps=3).shape
    torch.Size([2, 3, 1, 8, 8])
    """

    def __init__(
        self,
        flow: Flow,
        in_channels: int = 1,
        hidden: int = 128,
        kernel_size: int = 3,
        *,
        cell: str = "rnn",
        coupling: Any = False,
        pool: str = "max",
        layers: int = 1,
        decoder_layers: int = 4,
        look_ahead: bool = False,
        repeat_last: bool = False,
        output: str = "linear",
        activation: str = "relu",
        bias: bool = False,
        shifts: str = "flow",
        frame: str = "auto",
    ) -> None:
        options: dict[str, Any] = {"cell": cell, "coupling": coupling, "activation": activation, "bias": bias}
        super().__init__(
            flow, in_channels, hidden, kernel_size, layers=layers, pool=pool, shifts=shifts, frame=frame, **options
        )
        if output not in OUTPUTS:
            raise UnknownNameError(f"output is {output!r}; it must be one of {', '.join(OUTPUTS)}")
        if not isinstance(decoder_layers, int) or decoder_layers < 0:
            raise InputError(f"decoder_layers is {decoder_layers!r}; give 0 or more")
        self.look_ahead, self.repeat_last, self.output = look_ahead, repeat_last, output
        blocks: list[torch.nn.Module] = []
        for _ in range(decoder_layers):
            blocks += [flow.convolution(hidden, hidden, kernel_size, bias=bias), torch.nn.ReLU()]
        self.decoder = torch.nn.Sequential(*blocks, flow.projection(hidden, in_channels, kernel_size, bias=bias))

    def read(self, states: Sequence[FlowState]) -> torch.Tensor:
        """The frame that is expected next, (B, C, *grid)."""
        features = pooled(states[-1], self.pool, ahead=int(self.look_ahead))
        return OUTPUTS[self.output](self.decoder(features))

    def forward(
        self,
        frames: Float[torch.Tensor, "b t *channels_and_grid"],
        steps: int = 10,
        targets: torch.Tensor | None = None,
        *,
        teacher_forcing: bool = False,
    ) -> torch.Tensor:
        """The next ``steps`` frames, (B, steps, C, *grid).

        Parameters
        ----------
        frames : tensor (B, T, C, *grid)
        steps : int
        targets : tensor (B, steps, C, *grid), optional
        teacher_forcing : bool
            Feed back ``targets`` in place of predictions, which are otherwise fed back without their derivatives.

        Raises
        ------
        InputError, ShapeError
        """
        self.check_frames(frames)
        if not isinstance(steps, int) or steps < 1:
            raise InputError(f"steps is {steps!r}; give a whole number of frames, at least 1")
        if teacher_forcing and (targets is None or not isinstance(targets, torch.Tensor)):
            have = "no targets" if targets is None else f"targets of type {type(targets).__name__}"
            raise InputError(f"teacher forcing of {steps} frames with {have}; give the frames that follow as targets")
        if teacher_forcing and targets is not None:
            wanted = (len(frames), *frames.shape[2:])
            have = (*targets.shape[:1], *targets.shape[2:])
            if have != wanted or targets.shape[1] < steps - 1:
                raise ShapeError(
                    f"targets have shape {tuple(targets.shape)}; {steps} frames after these are "
                    f"{(len(frames), steps, *frames.shape[2:])}"
                )
        states = self._after(frames)
        if self.repeat_last:
            states = self.advance(frames[:, -1], states)
        found = [self.read(states)]
        for k in range(1, steps):
            fed = targets[:, k - 1] if teacher_forcing and targets is not None else found[-1].detach()
            states = self.advance(fed, states)
            found.append(self.read(states))
        return torch.stack(found, 1)


class FlowClassifier(FlowRecurrence):
    """Classify a sequence by what it shows, whatever its motion: pooled over velocities, positions and orientations.

    Parameters
    ----------
    flow : Flow
        With a group of velocities the logits do not change under any motion of the group.
    in_channels, classes, hidden, kernel_size : int
    stem : sequence of int
        Channels of convolutions of every frame, with batch normalisation and ReLU; none for flows with orientations.
    stem_kernel : int
        Kernel of the first of them.
    cell, coupling, activation, shifts, frame, layers, pool
        As in :class:`FlowSeq2Seq`.

    Examples
    --------
    >>> from symmeter.nn.flow import TranslationFlow
    >>> FlowClassifier(TranslationFlow(velocities=1), classes=6, hidden=4)(torch.rand(2, 5, 1, 8, 8)).shape
    torch.Size([2, 6])
    """

    def __init__(
        self,
        flow: Flow,
        in_channels: int = 1,
        classes: int = 10,
        hidden: int = 24,
        kernel_size: int = 3,
        *,
        stem: Sequence[int] = (),
        stem_kernel: int = 5,
        cell: str = "rnn",
        coupling: Any = False,
        pool: str = "max",
        layers: int = 1,
        activation: str = "relu",
        bias: bool = False,
        shifts: str = "flow",
        frame: str = "auto",
    ) -> None:
        check_flow(flow)
        if not isinstance(classes, int) or isinstance(classes, bool) or classes < 1:
            raise InputError(f"classes is {classes!r}; give a whole number of at least 1")
        if not all(isinstance(width, int) and width >= 1 for width in stem):
            raise InputError(f"stem is {stem!r}; give the channels of its convolutions, such as (32, 64)")
        if stem and flow.orbit > 1:
            raise InputError("a stem makes images of images; a flow with orientations lifts its frames itself")
        widths = [in_channels, *stem]
        options: dict[str, Any] = {"cell": cell, "coupling": coupling, "activation": activation, "bias": bias}
        super().__init__(
            flow, widths[-1], hidden, kernel_size, layers=layers, pool=pool, shifts=shifts, frame=frame, **options
        )
        self.in_channels = in_channels
        blocks: list[torch.nn.Module] = []
        for k, (a, b) in enumerate(pairwise(widths)):
            blocks += [flow.lifting(a, b, 3 if k else stem_kernel, bias=False), _norm(b, flow.ndim), torch.nn.ReLU()]
        self.stem = torch.nn.Sequential(*blocks)
        self.head = torch.nn.Linear(hidden, classes)

    def _stem(self, frame: torch.Tensor) -> torch.Tensor:
        return self.stem(frame)

    def features(self, frames: Float[torch.Tensor, "b t *channels_and_grid"]) -> Float[torch.Tensor, "b hidden"]:
        """What the logits are made of: the pooled state, averaged over the grid and over orientations."""
        field = pooled(self.last_state(frames), self.pool)
        return field.flatten(2).mean(-1).unflatten(1, (self.hidden, self.flow.orbit)).mean(-1)

    def forward(self, frames: Float[torch.Tensor, "b t *channels_and_grid"]) -> Float[torch.Tensor, "b classes"]:
        """Logits."""
        return self.head(self.features(frames))


def _norm(channels: int, ndim: int) -> torch.nn.Module:
    return (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)[ndim - 1](channels)

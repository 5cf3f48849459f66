"""FrameAverage: any network made exactly invariant or equivariant, by averaging it over a frame of its input.

The group decides the frame: poses of point clouds, orderings of graphs and sets, shifts of signals, angles of circles,
or all elements of a finite group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError
from symmeter.nn.frames.average_choice import average_over
from symmeter.nn.frames.euclidean_average import EuclideanAverage, FrameSpread
from symmeter.nn.frames.shift_average import ShiftAverage
from symmeter.nn.frames.torus_average import TorusAverage

__all__ = ["EuclideanAverage", "FrameAverage", "FrameSpread"]


class FrameAverage(nn.Module):
    """Make any network exactly invariant or equivariant.

    Parameters
    ----------
    backbone : callable or Module
    group : str, Group, Action or Finding
        ``"O(3)"``, ``"SO(3)"``, ``"E(3)"``, ``"SE(3)"`` (any dimension from 2): poses of a point cloud. ``"S(n)"`` or
        ``"permutations"``: orderings of graphs and sets; ``"S(n) x E(3)"``: of point clouds and their poses, for
        networks that treat neither alike (outputs of type points are then one a point). ``"shifts(1)"`` and
        ``"shifts"``: cyclic shifts along the last axis, or the last two. A finite group by name, an ``Action`` such as
        ``finding.action`` or a ``TensorAction``: the average over its elements; a flow that closes: over its angles.
    inputs : mapping of str to str, optional
        Types of the inputs by name: ``"points"``, ``"vectors"``, ``"pseudovectors"``, ``"tensors"``, ``"scalars"``;
        for orderings ``"adjacency"`` and ``"nodes"``, which sets need to say; for finite groups what ``tensor_action``
        takes.
    output : str or mapping
        Type of the output, or of each by name; ``"scalars"`` makes it invariant.
    degenerate : str
        What to do where principal axes do not exist, see :class:`EuclideanFrame`.
    stochastic_train : bool
        One element of the frame while training, all of them in evaluation mode.
    max_frames : int
        Largest number of evaluations of one sample; where two kinds of poses are blended, of each. The completions of
        clouds on a line or at one place, at most 120 in space, come on top.
    differentiable_frame : bool
        Let gradients flow through the frame, as conservative forces need.
    chunk : int, optional
        Largest number of elements evaluated at once.
    samples : int, optional
        Frames of more than ``max_frames`` elements: average over that many random ones, which is right in the mean
        only. Without it such a frame is an error, but for orderings, where a smaller one, of a canonical order, takes
        its place and stays exact.
    frames : {"full", "minimal"}
        For the Euclidean groups: ``"minimal"`` evaluates a generic cloud once, at the price of continuity.
    shared : mapping of str to callable, optional
        For the Euclidean groups: tensors that no pose changes, such as distances, made once from the inputs by name
        and passed to the backbone under these names.
    kind : str, optional
        For finite groups by name: what is moved, ``"pixels"``, ``"nodes"`` or ``"vectors"``; all elements are then
        evaluated, of shifts as well.

    Raises
    ------
    UnknownNameError
        With the nearest name.
    InputError
        For groups without a frame, for frames that are too large, and for choices that the group's frame does not have.

    Examples
    --------
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(15, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    >>> model = FrameAverage(net, "E(3)").double()
    >>> x = torch.randn(2, 5, 3, dtype=torch.float64)
    >>> turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    >>> bool(torch.allclose(model(x), model(x @ turn + 7.0), atol=1e-12))
    True
    """

    def __init__(
        self,
        backbone: Any,
        group: Any = "E(3)",
        inputs: Mapping[str, str] | None = None,
        output: str | Mapping[str, str] = "scalars",
        *,
        degenerate: str = "blend",
        stochastic_train: bool = False,
        max_frames: int = 1024,
        differentiable_frame: bool = False,
        chunk: int | None = None,
        samples: int | None = None,
        frames: str = "full",
        shared: Mapping[str, Callable[..., torch.Tensor]] | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__()
        if not callable(backbone):
            raise InputTypeError(f"the backbone is a {type(backbone).__name__}; give a module or a function")
        for what, value in (("max_frames", max_frames), ("chunk", chunk), ("samples", samples)):
            number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
            if not number and (value is not None or what == "max_frames"):
                raise InputError(f"{what} is {value!r}; it is a number of evaluations, at least 1")
        if inputs is not None and not isinstance(inputs, Mapping):
            raise InputTypeError(f"inputs is a {type(inputs).__name__}; give types by name, such as {{'x': 'points'}}")
        self.average: Any = average_over(
            backbone,
            group,
            inputs=inputs,
            output=output,
            degenerate=degenerate,
            stochastic_train=stochastic_train,
            max_frames=max_frames,
            differentiable_frame=differentiable_frame,
            chunk=chunk,
            samples=samples,
            frames=frames,
            shared=shared,
            kind=kind,
        )

    @property
    def backbone(self) -> Any:
        """The network that is averaged."""
        return self.average.backbone

    @property
    def group(self) -> Any:
        """The group, by name or as a value."""
        if isinstance(self.average, (ShiftAverage, TorusAverage)):
            return "shifts" if isinstance(self.average, ShiftAverage) else "torus"
        return getattr(self.average, "group", "S(n)")

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The average, called like the backbone."""
        return self.average(*args, **kwargs)

    def spread(self, *args: Any, **kwargs: Any) -> FrameSpread:
        """How much the answers differ over the frame (Euclidean groups)."""
        if not isinstance(self.average, EuclideanAverage):
            raise InputError("the spread over poses is reported for the Euclidean groups")
        return self.average.spread(*args, **kwargs)

    def equivariance_error(self, *args: Any, **options: Any) -> float:
        """Sampled equivariance error at some inputs, see :func:`symmeter.nn.equivariance_error`."""
        return self.average.equivariance_error(*args, **options)

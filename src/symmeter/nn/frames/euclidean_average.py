"""The average of a network over the poses of point clouds, exact for O(d), SO(d), E(d) and SE(d).

``<phi>(x) = sum over poses of w . (pose applied to phi(x in the pose))``. All poses of all clouds are evaluated as one
batch, in chunks when it is large; nothing loops over the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.nn.frames.calling import check_answer, check_takes_mask
from symmeter.nn.frames.euclidean import EuclideanFrame
from symmeter.nn.frames.poses import Poses
from symmeter.nn.frames.transforms import folds_vmap, not_compiled
from symmeter.nn.frames.typed_values import check_typed, directions_of, from_pose, into_pose, value_type

__all__ = ["EuclideanAverage", "FrameSpread"]

#: For inputs that every pose shares, whatever their first axis is, such as an edge list.
_CONSTANT = "constant"


@dataclass(frozen=True, eq=False)
class FrameSpread:
    """An average with how much the network's answers differ between poses.

    Attributes
    ----------
    value : tensor or dict
        The average.
    spread : tensor of shape (B,)
        Weighted root mean square difference of the answers from it: 0 for a network that is equivariant already. With
        the ``block`` policy it bounds what the finite number of turns leaves undecided.
    poses : int tensor of shape (B,)
        How many poses each cloud has.
    standard_error : tensor of shape (B,)
        What sampling leaves uncertain; 0 where all poses were evaluated.
    """

    value: Any
    spread: torch.Tensor
    poses: torch.Tensor
    standard_error: torch.Tensor


class EuclideanAverage(nn.Module):
    """The average over poses of a point cloud; made by :func:`FrameAverage` for O(d), SO(d), E(d) and SE(d).

    Parameters
    ----------
    backbone : callable
        Called with the inputs as they came, by position or by name, all in one pose. A method
        ``shared(**inputs)`` of it, if there is one, is called once with the inputs in space; what it returns (a
        dictionary of tensors that do not depend on the pose, such as distances) is passed to every pose by name.
    frame : EuclideanFrame
    inputs : mapping of str to str
        Type of each input by name; the first of type ``"points"`` decides the poses. Inputs that are not named are
        passed as they are, repeated for each pose where their first axis is the batch; those of type ``"constant"``
        (an edge list) are never repeated.
    output : str or mapping
        Type of the answer, or of each part of it by name.
    stochastic_train : bool
        One pose drawn by weight while training, all of them in evaluation mode.
    chunk : int, optional
        Largest number of poses that are evaluated at once.
    shared : mapping of str to callable, optional
        As the method ``shared``, for backbones without one: each is called with the inputs in space by name.
    limit, samples, seed : int
        Clouds of more than ``limit`` poses are averaged over that many random ones, which is right in the mean only.

    Notes
    -----
    Points on one line, or at one place, leave a turn undecided that other inputs may decide: the vectors of such a
    cloud then take part in choosing its poses.
    """

    def __init__(
        self,
        backbone: Any,
        frame: EuclideanFrame,
        *,
        inputs: Mapping[str, str] | None = None,
        output: str | Mapping[str, str] = "scalars",
        stochastic_train: bool = False,
        chunk: int | None = None,
        shared: Mapping[str, Callable[..., torch.Tensor]] | None = None,
        limit: int | None = None,
        samples: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.frame = frame
        given = dict(inputs or {"x": "points"})
        self.inputs = {n: k if k == _CONSTANT else value_type(k) for n, k in given.items()}
        self.output = value_type(output) if isinstance(output, str) else {k: value_type(v) for k, v in output.items()}
        if "points" not in self.inputs.values():
            raise InputError(f"no input is of type 'points', which decide the poses; inputs are {dict(self.inputs)}")
        for name, value in (("chunk", chunk), ("limit", limit), ("samples", samples)):
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it is a number of poses, at least 1")
        self.stochastic_train, self.chunk = stochastic_train, chunk
        self.limit, self.samples, self.seed = limit, samples, seed
        self._shared = dict(shared or {})
        self._points = next(name for name, kind in self.inputs.items() if kind == "points")

    @property
    def group(self) -> str:
        """Name of the group."""
        return self.frame.group

    @folds_vmap
    def forward(self, *args: Any, mask: torch.Tensor | None = None, masses: torch.Tensor | None = None, **kwargs: Any):
        """The average; arguments are the backbone's.

        Parameters
        ----------
        mask, masses : tensors of shape (B, n), optional
            Padding and weights of the points; the mask is passed on to the backbone, which sees 0 in padding.
        """
        values, names = self._named(args, kwargs)
        poses, _ = self._poses(values, mask, masses)
        return self._combined(self._answers(values, names, poses, mask), poses)

    def spread(self, *args: Any, mask: torch.Tensor | None = None, masses: torch.Tensor | None = None, **kwargs: Any):
        """The average with the spread of the answers over the poses, see :class:`FrameSpread`."""
        values, names = self._named(args, kwargs)
        poses, drawn = self._poses(values, mask, masses)
        answers = self._answers(values, names, poses, mask)
        mean = self._combined(answers, poses)
        square = torch.zeros(len(poses.centroid), dtype=poses.weight.dtype, device=poses.weight.device)
        for y, m in zip(_parts(answers), _parts(mean)):
            off = ((y - m[poses.cloud]).reshape(len(y), -1).to(square) ** 2).mean(1)
            square = square.index_add(0, poses.cloud, poses.weight.to(square) * off)
        spread = square.sqrt()
        # One draw says nothing about its error.
        count = self.samples or 2
        error = spread / (count - 1) ** 0.5 if count > 1 else torch.full_like(spread, torch.inf)
        return FrameSpread(mean, spread, poses.sizes, torch.where(drawn, error, torch.zeros_like(spread)))

    def equivariance_error(self, *args: Any, **kwargs: Any) -> float:
        """Sampled equivariance error, see :func:`symmeter.nn.equivariance_error`.

        Parameters
        ----------
        *args, **kwargs
            The inputs, as in a call; every other keyword goes to :func:`symmeter.nn.equivariance_error`.
        """
        from symmeter.nn.actions import tensor_action
        from symmeter.nn.measure import equivariance_error

        given = {n: kwargs.pop(n) for n in list(kwargs) if n in self.inputs}
        fixed = {n: kwargs.pop(n) for n in ("mask", "masses") if n in kwargs}
        values, positional = self._named(args, given)
        kinds = {n: "scalars" if self.inputs[n] == _CONSTANT else self.inputs[n] for n in values}
        there = {n: tensor_action(k, self.frame.group) for n, k in kinds.items()}
        if isinstance(self.output, str):
            back: Any = tensor_action(self.output, self.frame.group)
        else:
            back = tuple(tensor_action(k, self.frame.group) for k in self.output.values())
            kwargs.setdefault("output", list(self.output))

        def call(**inputs: torch.Tensor) -> Any:
            copies = len(inputs[self._points]) // len(values[self._points])
            repeated = {n: v.repeat(copies, *[1] * (v.ndim - 1)) for n, v in fixed.items()}
            ordered = [inputs.pop(n) for n in positional]
            return self(*ordered, **inputs, **repeated)

        return equivariance_error(call, values, there, back, **kwargs)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _named(self, args: tuple, kwargs: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Inputs by name, and the names of those that came by position."""
        names = list(self.inputs)
        if len(args) > len(names):
            raise InputTypeError(f"{len(args)} inputs by position, but only {names} are declared; give others by name")
        positional = names[: len(args)]
        clash = set(positional) & set(kwargs)
        if clash:
            raise InputTypeError(f"input {sorted(clash)[0]!r} came twice, by position and by name")
        values = {**dict(zip(positional, args)), **kwargs}
        missing = [n for n in names if n not in values]
        if missing:
            raise InputTypeError(f"input {missing[0]!r} is missing; declared are {names}")
        for name, kind in self.inputs.items():
            if kind == _CONSTANT:
                continue
            if not isinstance(values[name], torch.Tensor):
                raise InputTypeError(f"input {name!r} is a {type(values[name]).__name__}; it must be a tensor")
            check_typed(values[name], kind, self.frame.dimension, f"input {name!r}")
            if len(values[name]) != len(values[self._points]):
                raise ShapeError(
                    f"input {name!r} has shape {tuple(values[name].shape)}; its first axis must be the batch of "
                    f"{len(values[self._points])}"
                )
        return values, positional

    @not_compiled
    def _poses(self, values: dict[str, Any], mask: Any, masses: Any) -> tuple[Poses, torch.Tensor]:
        """The poses to evaluate, and which clouds have a random sample of theirs."""
        kinds = [self.output] if isinstance(self.output, str) else list(self.output.values())
        # A mirror that keeps all points of a line turns pseudovectors along it round.
        turning = any(kind != "scalars" for kind in kinds) or "pseudovectors" in self.inputs.values()
        points = values[self._points]
        # Vectors without translations are clouds of one point; with them a cloud without its batch axis is meant.
        if points.ndim == 2 and not self.frame.translations:
            points = points[:, None]
        others = {n: k for n, k in self.inputs.items() if n != self._points and k not in ("scalars", _CONSTANT)}
        sides = [partial(directions_of, values[n], k, mask, n) for n, k in others.items()]
        if mask is not None:
            check_takes_mask(self.backbone)
        poses = self.frame.compute(points, mask, masses, turning=turning, beside=sides)
        drawn = torch.zeros(len(points), dtype=torch.bool, device=points.device)
        if self.stochastic_train and self.training:
            return poses.one_each(), drawn
        if self.samples is None or self.limit is None:
            return poses, drawn
        drawn = poses.sizes > self.limit
        return poses.drawn(self.samples, drawn, torch.Generator().manual_seed(self.seed)), drawn

    def _answers(self, values: dict[str, Any], positional: list[str], poses: Poses, mask: Any) -> Any:
        shared = self.backbone.shared(**values) if hasattr(self.backbone, "shared") else {}
        shared = {**shared, **{name: make(**values) for name, make in self._shared.items()}}
        number = len(poses.centroid)
        total = len(poses.cloud)
        step = total if self.chunk is None else self.chunk
        pieces = []
        for start in range(0, total, step):
            at = poses.cloud[start : start + step]
            axes, origin = poses.axes[start : start + step], poses.centroid[at]
            moved = {n: self._repeated(n, v, at, number) for n, v in {**values, **shared}.items()}
            for name, kind in self.inputs.items():
                if kind != _CONSTANT:
                    moved[name] = into_pose(moved[name], self._turning(kind), axes, origin)
            if mask is not None:
                moved["mask"] = mask[at]
                moved |= {n: _without_padding(moved[n], mask[at]) for n, k in self.inputs.items() if k != _CONSTANT}
            ordered = [moved.pop(n) for n in positional]
            y = self.backbone(*ordered, **moved)
            pieces.append(self._returned(y, axes, origin, len(at)))
        return _merged(pieces)

    def _repeated(self, name: str, value: Any, at: torch.Tensor, number: int) -> Any:
        if self.inputs.get(name) == _CONSTANT or not isinstance(value, torch.Tensor):
            return value
        return value[at] if value.ndim and len(value) == number else value

    def _returned(self, y: Any, axes: torch.Tensor, origin: torch.Tensor, number: int) -> Any:
        if isinstance(self.output, str):
            return self._back(y, self.output, axes, origin, number, "the answer")
        if not isinstance(y, Mapping):
            raise InputTypeError(
                f"the backbone returned a {type(y).__name__}; outputs are declared by name: {self.output}"
            )
        absent = [k for k in self.output if k not in y]
        if absent:
            raise InputError(f"the backbone returned {sorted(y)}, without the declared output {absent[0]!r}")
        return {k: self._back(y[k], kind, axes, origin, number, f"output {k!r}") for k, kind in self.output.items()}

    def _back(
        self, y: Any, kind: str, axes: torch.Tensor, origin: torch.Tensor, number: int, name: str
    ) -> torch.Tensor:
        check_answer(y, number, f"{name} of the backbone is", "{} poses it was given")
        check_typed(y, kind, self.frame.dimension, f"{name} of the backbone")
        return from_pose(y, self._turning(kind), axes, origin)

    def _turning(self, kind: str) -> str:
        """Points turn as vectors do where the group has no translations: nothing is to be taken off them."""
        return "vectors" if kind == "points" and not self.frame.translations else kind

    @staticmethod
    def _combined(answers: Any, poses: Poses) -> Any:
        sizes = poses.sizes
        even = bool((sizes == sizes[0]).all())

        def mean(y: torch.Tensor) -> torch.Tensor:
            number = len(poses.centroid)
            w = poses.weight.to(y.dtype)
            if even:
                # As many poses for every cloud: one product in place of a scattered sum.
                return (w.reshape(number, 1, -1) @ y.reshape(number, len(w) // number, -1)).reshape(
                    number, *y.shape[1:]
                )
            return y.new_zeros(number, *y.shape[1:]).index_add(0, poses.cloud, w.reshape(-1, *[1] * (y.ndim - 1)) * y)

        return {k: mean(y) for k, y in answers.items()} if isinstance(answers, dict) else mean(answers)


def _without_padding(value: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Zeros, the centre of the cloud, in the place of whatever stands in padding, which may be anything."""
    if value.shape[:2] != mask.shape:
        return value
    return torch.where(mask.reshape(*mask.shape, *[1] * (value.ndim - 2)), value, torch.zeros_like(value))


def _parts(answers: Any) -> list[torch.Tensor]:
    return list(answers.values()) if isinstance(answers, dict) else [answers]


def _merged(pieces: list[Any]) -> Any:
    if len(pieces) == 1:
        return pieces[0]
    if isinstance(pieces[0], dict):
        return {k: torch.cat([p[k] for p in pieces]) for k in pieces[0]}
    return torch.cat(pieces)

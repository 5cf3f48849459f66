"""Averages over finite groups, for which the frame of every input is the group itself.

Elements are evaluated as one batch. Large groups are refused rather than sampled in silence: a sample is right in the
mean only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError
from symmeter.nn.actions import TensorAction, draw_elements, enumerate_elements, tensor_action
from symmeter.nn.elements import Elements
from symmeter.nn.frames.calling import check_answer
from symmeter.nn.frames.transforms import is_mapped, not_compiled
from symmeter.representations import Action

__all__ = ["GroupAverage"]


class GroupAverage(nn.Module):
    """``mean over g of g phi(g^-1 x)`` for a finite group.

    Parameters
    ----------
    backbone : callable
        Called with the inputs in their order.
    group : str, Group, Action or TensorAction
        An action says by itself what it moves; a group or a name needs ``kind`` or ``inputs``.
    inputs : mapping of str to str, optional
        What each input is, by name, in order.
    output : str, TensorAction or mapping
        ``"scalars"`` (invariant), ``"same"`` (moves as the input does), or what ``tensor_action`` takes;
        by name for a backbone that returns a dictionary.
    max_frames : int
        Larger groups need ``samples``.
    samples : int, optional
        Average over that many random elements.

    Raises
    ------
    InputError
        For infinite groups without a frame, and for large groups without ``samples``.
    """

    def __init__(
        self,
        backbone: Any,
        group: Any,
        *,
        inputs: Mapping[str, str] | None = None,
        output: str | TensorAction | Mapping[str, Any] = "scalars",
        stochastic_train: bool = False,
        max_frames: int = 1024,
        chunk: int | None = None,
        samples: int | None = None,
        kind: str | None = None,
    ) -> None:
        super().__init__()
        self.backbone, self._group, self._kind, self._output = backbone, group, kind, output
        self._inputs = dict(inputs or {})
        self.stochastic_train, self.max_frames, self.chunk, self.samples = stochastic_train, max_frames, chunk, samples
        if isinstance(group, (Action, TensorAction)):
            self._check_size(tensor_action(group))

    @property
    def group(self) -> Any:
        """The group or action that was given."""
        return self._group

    def forward(self, *args: torch.Tensor, **kwargs: Any) -> Any:
        """The average; declared inputs are moved, other keyword arguments are repeated where they follow the batch."""
        values, options = self._values(args, kwargs)
        actions = self._actions(values)
        there = actions[0]
        number = len(values[0])
        self._check_size(there)
        if self.stochastic_train and self.training:
            # One element for each sample: the same for all would make the steps of training noisier.
            drawn = draw_elements(there.group, number, None)
            moved = [a.apply_each(drawn.inverse(), v) for a, v in zip(actions, values)]
            y = self._checked(self.backbone(*moved, **options), number)
            return _each(y, lambda name, t: self._output_action(name, there, t).apply_each(drawn, t))
        elements = self._elements(there)
        back = elements.inverse()
        step = max(1, len(elements) if self.chunk is None else self.chunk // max(number, 1))
        total: Any = None
        for start in range(0, len(elements), step):
            here, away = elements[start : start + step], back[start : start + step]
            moved = [a.apply(away, v).flatten(0, 1) for a, v in zip(actions, values)]
            repeated = {n: _repeated(v, number, len(here)) for n, v in options.items()}
            y = self._checked(self.backbone(*moved, **repeated), len(moved[0]))
            part = _each(y, lambda name, t, here=here: self._summed(name, there, here, t, number))
            total = part if total is None else _each(part, lambda name, t, sofar=total: t + _at(sofar, name))
        return _each(total, lambda _, t: t / len(elements))

    def equivariance_error(self, *args: torch.Tensor, **options: Any) -> float:
        """Sampled equivariance error, see :func:`symmeter.nn.equivariance_error`."""
        from symmeter.nn.measure import equivariance_error

        given = {n: options.pop(n) for n in list(options) if n in self._inputs}
        values, _ = self._values(args, given)
        actions = self._actions(values)
        y = self(*values)
        if isinstance(y, dict):
            options.setdefault("output", list(y))
            outputs: Any = tuple(self._output_action(n, actions[0], t) for n, t in y.items())
        else:
            outputs = self._output_action(None, actions[0], y)
        single = len(values) == 1
        return equivariance_error(
            self, values[0] if single else tuple(values), actions[0] if single else tuple(actions), outputs, **options
        )

    @not_compiled
    def _values(self, args: tuple, kwargs: dict[str, Any]) -> tuple[list[torch.Tensor], dict[str, Any]]:
        """Inputs that are moved, in their order, and everything else."""
        options = dict(kwargs)
        names = list(self._inputs)
        missing = [n for n in names[len(args) :] if n not in options]
        if missing:
            raise InputTypeError(f"input {missing[0]!r} is missing; declared are {names}")
        values = [*args, *(options.pop(n) for n in names[len(args) :])]
        if not values or not all(isinstance(v, torch.Tensor) for v in values):
            raise InputError("give the inputs as tensors, first axis the batch")
        for k, v in enumerate(values):
            if not is_mapped(v) and not bool(torch.isfinite(v).all()):
                raise NonFiniteError(f"input {names[k] if names else k} has NaN or infinite entries; remove them")
        return values, options

    def _checked(self, y: Any, rows: int) -> Any:
        if isinstance(self._output, Mapping):
            absent = [k for k in self._output if not isinstance(y, Mapping) or k not in y]
            if absent:
                raise InputError(f"the backbone returned no output {absent[0]!r}; declared are {list(self._output)}")
            y = {k: y[k] for k in self._output}
        for t in y.values() if isinstance(y, dict) else [y]:
            check_answer(t, rows)
        return y

    def _summed(self, name: str | None, there: TensorAction, here: Elements, y: torch.Tensor, number: int):
        y = y.unflatten(0, (len(here), number))
        return self._output_action(name, there, y[0]).apply_stack(here, y).sum(0)

    @not_compiled
    def _actions(self, values: list[torch.Tensor]) -> list[TensorAction]:
        kinds = list(self._inputs.values()) or [self._kind] * len(values)
        if len(kinds) < len(values):
            raise InputError(f"{len(values)} inputs, but only {list(self._inputs)} are declared")
        return [self._action(k, v) for k, v in zip(kinds, values)]

    def _action(self, kind: Any, value: torch.Tensor) -> TensorAction:
        if kind is None:
            if isinstance(self._group, (Action, TensorAction)):
                return tensor_action(self._group)
            from symmeter.nn.candidates import usual_kind

            kind = usual_kind(tuple(value.shape), self._group if isinstance(self._group, str) else "")
        group = tensor_action(self._group) if isinstance(self._group, Action) else self._group
        return tensor_action(kind, group, like=value)

    def _output_action(self, name: str | None, there: TensorAction, y: torch.Tensor) -> TensorAction:
        output = self._output[name] if name is not None and isinstance(self._output, Mapping) else self._output
        if isinstance(output, TensorAction):
            return output
        if output == "same":
            return there
        if output in ("scalars", "scalar", "invariant"):
            return there.trivial()
        return tensor_action(output, there, like=y)

    def _check_size(self, action: TensorAction) -> None:
        if action.order is None:
            raise InputError(
                f"{action!r} is infinite and has no frame here; frames exist for O(d), SO(d), E(d) and SE(d) on "
                "points: name one of these, or relax the symmetry with SoftEquivariance"
            )
        if action.order > self.max_frames and self.samples is None:
            raise InputError(
                f"{action!r} has {action.order} elements, more than max_frames = {self.max_frames}; raise it, or "
                "average over random ones with samples=, which is right in the mean only"
            )

    @not_compiled
    def _elements(self, action: TensorAction) -> Elements:
        if action.order is not None and action.order <= self.max_frames:
            return enumerate_elements(action.group)
        assert self.samples is not None
        return draw_elements(action.group, self.samples, torch.Generator().manual_seed(0))


def _each(y: Any, change: Callable[[str | None, torch.Tensor], torch.Tensor]) -> Any:
    return {n: change(n, t) for n, t in y.items()} if isinstance(y, dict) else change(None, y)


def _at(y: Any, name: str | None) -> torch.Tensor:
    return y if name is None else y[name]


def _repeated(value: Any, number: int, times: int) -> Any:
    """A tensor of the whole batch once for each element, in the order in which inputs were flattened."""
    if isinstance(value, torch.Tensor) and value.ndim and len(value) == number:
        return value.repeat(times, *[1] * (value.ndim - 1))
    return value

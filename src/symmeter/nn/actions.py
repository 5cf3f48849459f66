"""How a group moves tensors: :func:`tensor_action` makes the action from what is moved and the name of the group.

``tensor_action("points", "E(3)")``, ``tensor_action("pixels", "C4")``, ``tensor_action("nodes", "S5")`` and
``tensor_action(finding.action)`` are all one kind of value, a :class:`TensorAction`. Two actions of one group share
their elements, which is what an equivariance error needs of the pair (input, output).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name
from symmeter.groups import FiniteGroup, Group, PermutationGroup
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import Elements, draw_elements, enumerate_elements, same_group
from symmeter.nn.frame_actions import frame_action
from symmeter.nn.group_of_kind import group_of_kind
from symmeter.nn.linear_actions import (
    ColumnAction,
    PointAction,
    ScalarAction,
    TensorTwoAction,
    VectorAction,
    linear_part,
)
from symmeter.nn.permutation_actions import AdjacencyAction, NodeAction
from symmeter.nn.pixel_actions import InterpolatedPixelAction, PixelAction, ShiftAction
from symmeter.representations import Action, Representation

__all__ = [
    "KINDS",
    "AdjacencyAction",
    "ColumnAction",
    "Elements",
    "InterpolatedPixelAction",
    "NodeAction",
    "PixelAction",
    "PointAction",
    "ScalarAction",
    "ShiftAction",
    "TensorAction",
    "TensorTwoAction",
    "VectorAction",
    "draw_elements",
    "enumerate_elements",
    "same_group",
    "tensor_action",
]


def _pixels(group: Any) -> TensorAction:
    if isinstance(group, FiniteGroup):
        try:
            return PixelAction(group)
        except InputError:
            return InterpolatedPixelAction(group)
    return InterpolatedPixelAction(group)


def _vectors(group: Any) -> TensorAction:
    return VectorAction(linear_part(group), group)


def _pseudovectors(group: Any) -> TensorAction:
    return VectorAction(linear_part(group, signed=True), group, kind="pseudovectors")


#: What can be moved, with the action that moves it.
KINDS: dict[str, Callable[[Any], TensorAction]] = {
    "scalars": ScalarAction,
    "vectors": _vectors,
    "pseudovectors": _pseudovectors,
    "points": PointAction,
    "tensors": TensorTwoAction,
    "pixels": _pixels,
    "nodes": NodeAction,
    "tokens": lambda group: NodeAction(group, "tokens"),
    "adjacency": AdjacencyAction,
}
_OTHER_NAMES = {
    "scalar": "scalars",
    "invariant": "scalars",
    "trivial": "scalars",
    "vector": "vectors",
    "pseudovector": "pseudovectors",
    "pseudo-vectors": "pseudovectors",
    "point": "points",
    "positions": "points",
    "tensor": "tensors",
    "images": "pixels",
    "image": "pixels",
    "node": "nodes",
    "token": "tokens",
    "adjacencies": "adjacency",
}


def tensor_action(
    kind: str | Representation | Action | TensorAction | Any,
    group: str | Group | TensorAction | None = None,
    *,
    like: torch.Tensor | Sequence[int] | None = None,
) -> TensorAction:
    """The action of a group on tensors of some kind.

    Parameters
    ----------
    kind : str, Representation, tensor symbol, Action or TensorAction
        ``"scalars"``, ``"vectors"``, ``"pseudovectors"`` or ``"points"`` (last axis), ``"tensors"`` (rank 2, last two
        axes), ``"pixels"`` (last two axes), ``"nodes"`` or ``"tokens"`` (axis 1), ``"adjacency"`` (last two axes),
        ``"frames"`` (time on axis 1, pixels on the last two; ``"frames+6"`` from number 6 on). A representation, or a
        symbol such as ``V + T(2)``, moves the last axis by its matrices; so does a ground-floor action such as
        ``finding.action``, which brings its group along.
    group : str or Group
        ``"SO(3)"``, ``"E(3)"``, ``"C4"``, ``"S5"``, ``"Oh"``; for pixels also ``"flips"`` and ``"shifts"``, for frames
        ``"flows"``, whole velocities; for points also ``"translations"`` and ``"scalings"``; for nodes and tokens
        ``"permutations"``. A TensorAction stands for its group.
    like : tensor or shape, optional
        What will be moved; tells the dimension where the name of the group does not.

    Raises
    ------
    UnknownNameError
        With the nearest name.
    InputError
        If the group cannot move tensors of this kind.

    Examples
    --------
    >>> x = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> c4 = tensor_action("pixels", "C4")
    >>> c4, c4.apply(c4.elements(), x)[1, 0, 0]
    (C4 on pixels, tensor([[1., 3.],
            [0., 2.]]))
    """
    if isinstance(kind, TensorAction):
        return kind
    if isinstance(kind, Action):
        return ColumnAction(kind)
    shape = None if like is None else tuple(like.shape) if isinstance(like, torch.Tensor) else tuple(like)
    if isinstance(group, TensorAction):
        group = group.group
    if isinstance(kind, Representation):
        return VectorAction(kind, group if group is None else _as_group(group, "vectors", shape))
    if not isinstance(kind, str):
        if not callable(kind):
            raise InputTypeError(f"what is moved is a {type(kind).__name__}; give one of {', '.join(KINDS)}")
        symbol_group = _as_group(_needed(group, str(kind)), "vectors", shape)
        made: Any = kind(symbol_group)
        return VectorAction(made, symbol_group, kind=str(kind))
    name = kind.strip().lower()
    name = _OTHER_NAMES.get(name, name)
    frames = frame_action(name, shape)
    if frames is not None:
        if isinstance(group, str) and group.strip().lower() not in ("flows", "flow"):
            raise InputError(f"frames are moved by the group 'flows'; {group!r} moves pictures or nodes")
        return frames
    if name not in KINDS:
        near = nearest_name(name, [*KINDS, *_OTHER_NAMES])
        hint = f"did you mean {near!r}?" if near else f"known are {', '.join(KINDS)}, frames"
        raise UnknownNameError(f"nothing called {kind!r} can be moved; {hint}")
    if isinstance(group, str) and name == "pixels" and group.strip().lower() in ("shifts", "translations"):
        if shape is None or len(shape) < 2:
            raise InputError("cyclic shifts need the size of the picture; give like=x")
        return ShiftAction((shape[-2], shape[-1]))
    found = _as_group(_needed(group, name), name, shape)
    if name == "pixels" and isinstance(found, PermutationGroup) and shape is not None:
        height, width = shape[-2:]
        if found.degree == height + width:
            return ShiftAction((height, width))
    return KINDS[name](found)


def _needed(group: Any, name: str) -> Any:
    if group is None:
        raise InputError(f"which group moves the {name}? Give its name, such as 'SO(3)', 'C4' or 'S5', or a Group")
    return group


def _as_group(group: Any, kind: str, shape: tuple[int, ...] | None) -> Any:
    if isinstance(group, str):
        return group_of_kind(group, kind, shape)
    if isinstance(group, Action):
        return group.group
    if not isinstance(group, (Group, Representation)):
        raise InputTypeError(f"the group is a {type(group).__name__}; give a name such as 'SO(3)', or a Group")
    return group

"""Groups worth trying on a model, from the shape of its input alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.groups import LieAlgebra
from symmeter.nn.actions import (
    AdjacencyAction,
    NodeAction,
    PixelAction,
    ShiftAction,
    TensorAction,
    tensor_action,
)
from symmeter.representations import FlowAction, V

__all__ = ["candidate_actions", "usual_kind"]

_AXES = ("x", "y", "z")
_MOVING_PLACES = (AdjacencyAction, NodeAction, PixelAction, ShiftAction)


def usual_kind(shape: Sequence[int], group: str = "") -> str:
    """What a tensor of this shape, batch first, is taken for.

    Parameters
    ----------
    shape : sequence of int
    group : str
        Name of the group that should move it: one that translates moves points, one of permutations moves nodes.

    Examples
    --------
    >>> usual_kind((8, 3, 32, 32)), usual_kind((8, 5, 3), "E(3)"), usual_kind((8, 5, 3), "S5"), usual_kind((8, 3))
    ('pixels', 'points', 'nodes', 'vectors')
    """
    text = group.strip()
    permuting = (text[:1] in ("S", "A") and text[1:].isdigit()) or text.lower() in ("permutations", "sn", "s_n")
    if len(shape) == 3 and permuting and shape[1] == shape[2] and shape[1] != 3:
        return "adjacency"
    if permuting and len(shape) in (2, 3):
        return "nodes"
    if len(shape) >= 4 or (len(shape) == 3 and min(shape[1:]) > 4):
        return "pixels"
    moves = text.startswith(("E(", "SE(", "Sim(", "R^", "Aff")) or text.lower() == "translations"
    return "points" if moves or len(shape) == 3 else "vectors"


def candidate_actions(shape: Sequence[int], whole: bool = False) -> dict[str, TensorAction]:
    """Sensible candidates for inputs of this shape, batch first.

    Parameters
    ----------
    shape : sequence of int
        ``(B, C, H, W)`` or ``(B, H, W)`` pictures, ``(B, n, d)`` points or features of n nodes, ``(B, n, n)`` adjacency
        matrices, ``(B, d)`` vectors.
    whole : bool
        For whole numbers, such as tokens: actions that only change their places.

    Returns
    -------
    dict of TensorAction
        By name; empty where nothing is sensible.

    Examples
    --------
    >>> list(candidate_actions((8, 1, 6, 6)))
    ['flip left-right', 'flip up-down', 'C2', 'C4', 'D4', 'shifts', 'SO(2)']
    """
    shape = tuple(int(n) for n in shape)
    if whole:
        return {name: a for name, a in candidate_actions(shape).items() if isinstance(a, _MOVING_PLACES)}
    if len(shape) >= 4 or (len(shape) == 3 and min(shape[1:]) > 4 and shape[1] != shape[2]):
        return _of_pictures(shape)
    if len(shape) == 3:
        return _of_sets(shape)
    return _of_vectors(shape) if len(shape) == 2 else {}


def _named(kind: str, groups: dict[str, str], shape: tuple[int, ...]) -> dict[str, TensorAction]:
    return {name: tensor_action(kind, group, like=shape) for name, group in groups.items()}


def _of_pictures(shape: tuple[int, ...]) -> dict[str, TensorAction]:
    groups = {"flip left-right": "flip x", "flip up-down": "flip y", "C2": "C2"}
    if shape[-1] == shape[-2]:
        groups |= {"C4": "C4", "D4": "D4"}
    return _named("pixels", groups | {"shifts": "shifts", "SO(2)": "SO(2)"}, shape)


def _of_sets(shape: tuple[int, ...]) -> dict[str, TensorAction]:
    _, n, d = shape
    found: dict[str, TensorAction] = {}
    if d in (2, 3):
        groups = {name: f"{name}({d})" for name in ("SO", "O", "SE", "E")}
        found |= {f"{group}": tensor_action("points", group) for group in groups.values()}
        found |= _named("points", {"translations": "translations", "scalings": "scalings"}, shape)
        if d == 3:
            found |= _about_axes()
    if n > 1:
        found["permutations of nodes"] = tensor_action("nodes", "permutations", like=shape)
    if n == d and n > 3:
        found["permutations of nodes"] = tensor_action("adjacency", "permutations", like=shape)
        return found | {f"{k} of pixels": a for k, a in _of_pictures(shape).items()}
    if n > 2:
        found["cyclic shifts of nodes"] = tensor_action("nodes", "shifts", like=shape)
    return found


def _about_axes() -> dict[str, TensorAction]:
    from symmeter.groups.lie import SO

    return {f"SO(2) about {a}": tensor_action(FlowAction(LieAlgebra([SO(3).basis[k]]))) for k, a in enumerate(_AXES)}


def _of_vectors(shape: tuple[int, ...]) -> dict[str, TensorAction]:
    d = shape[1]
    found: dict[str, TensorAction] = {}
    if d in (2, 3, 4):
        found |= {f"{g}({d})": tensor_action("vectors", f"{g}({d})") for g in ("SO", "O")}
    if d == 3:
        found |= _about_axes()
    if d == 4:
        found["SO+(1,3)"] = tensor_action("vectors", "SO+(1,3)")
    if d > 3 and d % 3 == 0:
        found |= {f"{g} on {d // 3} vectors": tensor_action(_copies(d // 3), g) for g in ("SO(3)", "O(3)")}
    if d > 1:
        found["scalings"] = tensor_action("vectors", "scalings", like=shape)
        found["permutations of columns"] = tensor_action("nodes", "permutations", like=shape)
    if d > 2:
        found["cyclic shifts of columns"] = tensor_action("nodes", "shifts", like=shape)
    return found


def _copies(count: int) -> Any:
    return count * V


def random_inputs(shape: Sequence[int], batch: int, seed: int) -> np.ndarray:
    """Standard normal float32 inputs of a shape without its batch axis; for want of data."""
    return np.random.default_rng(seed).standard_normal((batch, *shape)).astype(np.float32)

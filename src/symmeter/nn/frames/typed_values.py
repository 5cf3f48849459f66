"""How values of each type follow a pose: points, vectors, pseudovectors, rank-2 tensors, and numbers that stay.

Row convention: with the axes of a pose as the columns of R and its origin t, a point x has the coordinates
``(x - t) R`` in the pose, and coordinates y in the pose are the point ``y R^T + t``.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Shaped

from symmeter.errors import InputError, ShapeError, UnknownNameError, nearest_name

__all__ = ["TYPES", "check_typed", "directions_of", "from_pose", "into_pose", "value_type"]

#: Number of trailing axes that turn, for each type of value.
TYPES: dict[str, int] = {"scalars": 0, "points": 1, "vectors": 1, "pseudovectors": 1, "tensors": 2}
_OTHER = {"scalar": "scalars", "invariant": "scalars", "invariants": "scalars", "point": "points", "vector": "vectors"}
_OTHER |= {"positions": "points", "pseudovector": "pseudovectors", "tensor": "tensors"}


def value_type(name: str) -> str:
    """The type in the one writing used here.

    Raises
    ------
    UnknownNameError
        With the nearest name.
    """
    found = _OTHER.get(str(name), str(name))
    if found not in TYPES:
        near = nearest_name(found, [*TYPES, *_OTHER])
        hint = f"did you mean {near!r}?" if near else f"known are {', '.join(TYPES)}"
        raise UnknownNameError(f"no type of value is called {name!r}; {hint}")
    return found


def into_pose(
    value: Shaped[torch.Tensor, "M ..."],
    kind: str,
    axes: Float[torch.Tensor, "M d d"],
    origin: Float[torch.Tensor, "M d"],
) -> Shaped[torch.Tensor, "M ..."]:
    """Coordinates in each pose of values that are given in space."""
    if TYPES[kind] == 0:
        return value
    axes, origin = axes.to(value.dtype), origin.to(value.dtype)
    if kind == "points":
        value = value - _spread(origin, value, 1)
    if kind == "tensors":
        r = _spread(axes, value, 2)
        return r.mT @ value @ r
    out = _turned(value, axes)
    return out * _sign(axes, out) if kind == "pseudovectors" else out


def from_pose(
    value: Shaped[torch.Tensor, "M ..."],
    kind: str,
    axes: Float[torch.Tensor, "M d d"],
    origin: Float[torch.Tensor, "M d"],
) -> Shaped[torch.Tensor, "M ..."]:
    """Values in space from their coordinates in each pose, the inverse of :func:`into_pose`."""
    if TYPES[kind] == 0:
        return value
    axes, origin = axes.to(value.dtype), origin.to(value.dtype)
    if kind == "tensors":
        r = _spread(axes, value, 2)
        return r @ value @ r.mT
    out = _turned(value, axes.mT)
    if kind == "points":
        return out + _spread(origin, value, 1)
    return out * _sign(axes, out) if kind == "pseudovectors" else out


def check_typed(value: torch.Tensor, kind: str, d: int, name: str) -> None:
    """Raise unless the trailing axes of a value have the size of the space.

    Raises
    ------
    ShapeError
    """
    turning = TYPES[kind]
    if turning and (value.ndim < 1 + turning or any(size != d for size in value.shape[-turning:])):
        shape = f"(B, ..., {', '.join([str(d)] * turning)})"
        raise ShapeError(f"{name} has shape {tuple(value.shape)}; {kind} in {d} dimensions have shape {shape}")


def directions_of(
    value: Float[torch.Tensor, "B ... d"], kind: str, mask: torch.Tensor | None, name: str
) -> tuple[Float[torch.Tensor, "B k d"], bool]:
    """Vectors that a value of some type holds, and whether they are positions.

    Pseudovectors are given with both signs, a set that reflections move as they move vectors.

    Raises
    ------
    InputError
        For tensors, which hold no vectors; call it where vectors are needed only.
    """
    if kind == "tensors":
        raise InputError(
            f"a cloud lies on one line or at one place, and its tensors {name!r} may tell the turns about it "
            "apart, which frames of points and vectors cannot: give more points"
        )
    if mask is not None and value.ndim > 2 and value.shape[1] == mask.shape[1]:
        value = torch.where(mask.reshape(*mask.shape, *[1] * (value.ndim - 2)), value, torch.zeros_like(value))
    listed = value.reshape(len(value), -1, value.shape[-1])
    return (torch.cat([listed, -listed], dim=1) if kind == "pseudovectors" else listed), kind == "points"


def _spread(per_pose: torch.Tensor, value: torch.Tensor, turning: int) -> torch.Tensor:
    """One matrix or vector a pose, with axes of size 1 for what lies between the batch and the turning axes."""
    between = value.ndim - 1 - turning
    return per_pose.reshape(len(per_pose), *[1] * between, *per_pose.shape[1:])


def _turned(value: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    # One product a pose for all its rows; a broadcast product of single rows is some fifty times slower.
    return (value.reshape(len(value), -1, value.shape[-1]) @ matrix).reshape(value.shape)


def _sign(axes: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    return torch.linalg.det(axes).sign().reshape(-1, *[1] * (value.ndim - 1))

"""What averages ask of a network and of its answers, and the one line that says what is wrong."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputTypeError, ShapeError

__all__ = ["check_answer", "check_takes_mask", "takes_argument"]


def takes_argument(backbone: Any, name: str) -> bool:
    """Whether a network can be called with an argument of that name; True where its signature is not to be had.

    Examples
    --------
    >>> takes_argument(nn.Linear(3, 1), "mask"), takes_argument(lambda x, **options: x, "mask")
    (False, True)
    """
    called = backbone.forward if isinstance(backbone, nn.Module) else backbone
    try:
        parameters = signature(called).parameters
    except (TypeError, ValueError):
        return True
    return name in parameters or any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())


def check_takes_mask(backbone: Any) -> None:
    """Raise when a network cannot be told which points, or vertices, are padding.

    Raises
    ------
    InputTypeError
    """
    if not takes_argument(backbone, "mask"):
        name = getattr(backbone, "__name__", None) or type(backbone).__name__
        raise InputTypeError(
            f"a mask was given, but the backbone {name} has no argument mask; add one, or wrap it as "
            "lambda x, mask: net(x) if what stands in padding does not matter to it"
        )


def check_answer(y: Any, rows: int, what: str = "the backbone returned", given: str = "batch of {}") -> torch.Tensor:
    """The answer of a network, which must be a tensor of real or complex numbers with one row for each of its inputs.

    Raises
    ------
    ShapeError, InputTypeError
        Whole numbers are refused: weights below 1 would all become 0 among them.
    """
    if not isinstance(y, torch.Tensor) or y.ndim < 1 or len(y) != rows:
        shape = tuple(y.shape) if isinstance(y, torch.Tensor) else type(y).__name__
        raise ShapeError(f"{what} {shape}; its first axis must be the {given.format(rows)}")
    if not (y.is_floating_point() or y.is_complex()):
        raise InputTypeError(f"{what} {str(y.dtype).removeprefix('torch.')}; averages need real or complex numbers")
    return y

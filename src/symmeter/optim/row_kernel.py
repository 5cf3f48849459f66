"""Row rules on large tables in one to three passes over memory, with numba where it is installed (extra ``fast``).

Gradient, momentum and weight are read as often as they must be, and nothing of their size is written beside them.
Gradient descent with momentum has 5 accesses for each entry. Normalised rows have as many while the length of the
whole direction stays what it was at the step before, up to rounding; else that length must be known before anything
moves, and there are 7, or 6 without looking ahead. Centred rows need the mean of the gradient first, and the mean of
their normalised rows before any weight moves. Where the last gradient's columns added up to zero, as those of a softmax
do, they are taken to do so again and added up on the way; then a survey, which reads momentum and gradient (2), also
tells whether the gradient is finite, and one pass moves everything (5): 7 in all. Where nobody asks and nothing looks
ahead there are 6: new momenta (3) and the move (3). A gradient whose columns do not vanish costs one access more. The
mean row of the momentum is kept from step to step, since means of gradients determine it. The numbers are those of the
plain rule up to rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from symmeter.optim.plan import PlanEntry
from symmeter.optim.row_passes import passes
from symmeter.optim.rules import DirectionSettings

__all__ = ["KEPT", "Survey", "kernel_fits", "kernel_step", "large_table", "survey"]

#: What is kept of a parameter from step to step, beside its momentum.
KEPT = ("mean_row", "row_square", "row_steady", "columns_vanish")

#: Below this many entries compiling is not worth it, and everything stays in the cache anyway.
_LEAST = 1 << 20
_RMS = 0.2
#: Relative change of the scale below which a step with that of the step before is right up to rounding.
_STEADY = 1e-6
#: Length of the gradient's mean row, over the mean length of rows, below which it is rounding.
_NIL = 4e-7


@lru_cache(maxsize=1)
def _available() -> bool:
    return find_spec("numba") is not None


def large_table(p: torch.Tensor) -> bool:
    """Whether a parameter is a matrix in main memory, so large that passes over it are worth counting."""
    plain = type(p) in (torch.Tensor, torch.nn.Parameter)
    return p.numel() >= _LEAST and plain and p.ndim == 2 and p.device.type == "cpu" and p.dtype == torch.float32


def kernel_fits(entry: PlanEntry, p: torch.Tensor, settings: DirectionSettings, scale: str, masked: bool) -> bool:
    """Whether a parameter can be stepped here."""
    return (
        large_table(p)
        and p.is_contiguous()
        and p.grad is not None
        and p.grad.is_contiguous()
        and p.grad.dtype == p.dtype
        and entry.view.plain
        and entry.direction.name in ("row", "centered_row")
        and scale in ("rms", "none")
        and not isinstance(settings.row_eps, str)
        and not masked
        and _available()
    )


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of a large table under centred rows before anything moves.

    Attributes
    ----------
    columns : tensor of shape (width,)
        Sums of the columns of the gradient; finite when the gradient is, unless they overflow.
    rows : array of shape (v,), or None
        One over the length of each row; None where rows were not looked at, or with a mean that was wrong.
    mean_row, mean : arrays of shape (width,), or None
        Mean of the normalised rows, and what was taken off each row before.
    square : float
        Sum of the squares of the normalised rows.
    vanish : bool
        Whether the sums of the columns are rounding beside the lengths of the rows.
    """

    columns: torch.Tensor
    rows: np.ndarray | None = None
    mean_row: np.ndarray | None = None
    mean: np.ndarray | None = None
    square: float = 0.0
    vanish: bool = False


def survey(p: torch.Tensor, state: dict[str, Any], group: dict[str, Any]) -> Survey:
    """Look at a large table under centred rows: its rows where columns are taken to vanish, else the columns alone."""
    assert p.grad is not None
    if not _available() or not p.grad.is_contiguous() or p.grad.dtype != torch.float32:
        return Survey(p.grad.sum(0))
    g = p.grad.numpy()
    # The first is kept by kernel_step alone; a user may have changed the second since.
    if not state.get("columns_vanish", False) or isinstance(group["row_eps"], str):
        return Survey(torch.from_numpy(passes().columns(g)))
    return _rows_surveyed(state, g, group, None)


def _rows_surveyed(state: dict[str, Any], g: np.ndarray, group: dict[str, Any], columns: torch.Tensor | None) -> Survey:
    """With sums of columns that are known, or are taken to vanish and added up on the way."""
    m = state["momentum"].numpy()
    a, b = _weights(group)
    mean = torch.zeros_like(state["mean_row"]) if columns is None else columns / len(m)
    off = (a * state["mean_row"] + b * mean).numpy()
    rows, mean_row, square, sums, lengths = passes().survey(m, g, a, b, off, float(group["row_eps"]))
    sums = torch.from_numpy(sums) if columns is None else columns
    vanish = _vanish(sums, lengths)
    if columns is None and not vanish:
        return Survey(sums)
    return Survey(sums, rows, mean_row, off, square, vanish)


def _vanish(columns: torch.Tensor, lengths: float) -> bool:
    return float(columns.norm()) <= _NIL * lengths


def kernel_step(
    entry: PlanEntry, p: torch.Tensor, state: dict[str, Any], group: dict[str, Any], seen: Survey | None = None
) -> None:
    """Update the momentum and the weight in place.

    Parameters
    ----------
    entry : PlanEntry
    p : tensor
    state : dict
        Of the parameter: ``momentum``; what :data:`KEPT` lists is made when missing.
    group : dict
        The parameter group: ``lr``, ``momentum``, ``nesterov``, ``weight_decay``, ``scale``, ``row_eps``.
    seen : Survey, optional
        Of a table under centred rows, where one was made.
    """
    assert p.grad is not None
    momentum = state["momentum"]
    arrays = p.detach().numpy(), momentum.numpy(), p.grad.numpy()
    if not entry.direction.centered:
        _row_step(state, arrays, group)
    elif seen is None and not group["nesterov"] and state.get("columns_vanish", False):
        _gliding_step(state, arrays, group)
    else:
        _centered_step(state, arrays, group, seen or survey(p, state, group))
    for changed in (p, momentum):
        torch.autograd.graph.increment_version(changed)


def _look_ahead(group: dict[str, Any]) -> float:
    return group["momentum"] if group["nesterov"] else 1.0


def _weights(group: dict[str, Any]) -> tuple[float, float]:
    """Of old momentum and gradient in a direction."""
    a = _look_ahead(group) * group["momentum"]
    return a, 1.0 - a


def _shrink(group: dict[str, Any]) -> float:
    return 1.0 - group["lr"] * group["weight_decay"]


def _factor(group: dict[str, Any], size: int, square: float) -> float:
    if group["scale"] != "rms":
        return 1.0
    return _RMS * math.sqrt(size / square) if square > 0 else 0.0


def _row_step(state: dict[str, Any], arrays: tuple[Any, Any, Any], group: dict[str, Any]) -> None:
    """Normalised rows: at once with the scale of the step before while that is steady, else in two passes."""
    weight, m, g = arrays
    rate, ahead, eps, shrink = 1.0 - group["momentum"], _look_ahead(group), float(group["row_eps"]), _shrink(group)
    none = np.zeros(weight.shape[1], dtype=weight.dtype)
    guess = _factor(group, weight.size, state.get("row_square", 0.0))
    if state.get("row_steady", False) or group["scale"] != "rms":
        rows, square = passes().sweep(weight, m, g, rate, ahead, eps, group["lr"] * guess, shrink)
        factor = _factor(group, weight.size, square)
        steady = abs(guess - factor) <= _STEADY * factor
        if not steady:
            passes().move(weight, m, g, ahead, none, rows, none, group["lr"] * (factor - guess), 1.0)
    else:
        rows, square = passes().lengthen(m, g, rate, ahead, eps)
        factor = _factor(group, weight.size, square)
        steady = abs(guess - factor) <= _STEADY * factor
        passes().move(weight, m, g, ahead, none, rows, none, group["lr"] * factor, shrink)
    state["row_square"], state["row_steady"] = float(square), bool(steady)


def _centered_step(state: dict[str, Any], arrays: tuple[Any, Any, Any], group: dict[str, Any], seen: Survey) -> None:
    """Centred normalised rows, after a survey."""
    weight, m, g = arrays
    if "mean_row" not in state:
        state["mean_row"] = state["momentum"].mean(0)
    if seen.rows is None:
        seen = _rows_surveyed(state, g, group, seen.columns)
    assert seen.mean_row is not None
    a, b = _weights(group)
    passes().finish(
        weight, m, g, 1.0 - group["momentum"], a, b, seen.mean, seen.rows, seen.mean_row,
        group["lr"] * _factor(group, weight.size, _centered_square(seen.square, seen.mean_row, weight)), _shrink(group),
    )  # fmt: skip
    state["mean_row"].lerp_(seen.columns / weight.shape[0], 1.0 - group["momentum"])
    state["columns_vanish"] = seen.vanish


def _centered_square(square: float, mean_row: np.ndarray, weight: np.ndarray) -> float:
    return square - len(weight) * float(mean_row @ mean_row)


def _gliding_step(state: dict[str, Any], arrays: tuple[Any, Any, Any], group: dict[str, Any]) -> None:
    """Centred rows that nobody surveyed, without looking ahead, where columns are taken to vanish."""
    weight, m, g = arrays
    rate, eps = 1.0 - group["momentum"], float(group["row_eps"])
    state["mean_row"].mul_(1.0 - rate)
    rows, mean_row, square, sums, lengths = passes().glide(m, g, rate, state["mean_row"].numpy(), eps)
    columns = torch.from_numpy(sums)
    state["mean_row"] += rate / len(weight) * columns
    state["columns_vanish"] = _vanish(columns, lengths)
    mean = state["mean_row"].numpy()
    if not state["columns_vanish"]:
        # The momentum has moved already, and the gradient has no part in the direction.
        rows, mean_row, square, *_ = passes().survey(m, g, 1.0, 0.0, mean, eps)
    step = group["lr"] * _factor(group, weight.size, _centered_square(square, mean_row, weight))
    passes().move(weight, m, g, 1.0, mean, rows, mean_row, step, _shrink(group))

"""Row rules on large tables in one to three passes over memory, with numba where it is installed (extra ``fast``).

Gradient, momentum and weight are read as often as they must be, and nothing of their size is written beside them.
Gradient descent with momentum has 5 accesses for each entry. Normalised rows have as many while the length of the
whole direction stays what it was at the step before, up to rounding; else that length must be known before anything
moves, and there are 7. Centred rows have 8: the mean gradient (1), new momenta and the mean of their normalised rows
(3), the move (4). The mean row of the momentum is kept from step to step, since means of gradients determine it. The
numbers are those of the plain rule up to rounding.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from symmeter.optim.plan import PlanEntry
from symmeter.optim.rules import DirectionSettings

__all__ = ["KEPT", "column_sums", "kernel_fits", "kernel_step", "large_table"]

#: What is kept of a parameter from step to step, beside its momentum.
KEPT = ("mean_row", "row_square", "row_steady")

#: Below this many entries compiling is not worth it, and everything stays in the cache anyway.
_LEAST = 1 << 20
_RMS = 0.2
#: Relative change of the scale below which a step with that of the step before is right up to rounding.
_STEADY = 1e-6


@lru_cache(maxsize=1)
def _available() -> bool:
    return find_spec("numba") is not None


def large_table(p: torch.Tensor) -> bool:
    """Whether a parameter is a matrix in main memory, so large that passes over it are worth counting."""
    plain = type(p) in (torch.Tensor, torch.nn.Parameter)
    return p.numel() >= _LEAST and plain and p.ndim == 2 and p.device.type == "cpu" and p.dtype == torch.float32


def column_sums(gradient: torch.Tensor) -> torch.Tensor:
    """Sums of the columns of the gradient of a large table."""
    if not _available() or not gradient.is_contiguous() or gradient.dtype != torch.float32:
        return gradient.sum(0)
    return torch.from_numpy(_kernels()[3](gradient.numpy()))


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


def kernel_step(
    entry: PlanEntry,
    p: torch.Tensor,
    state: dict[str, Any],
    settings: DirectionSettings,
    group: dict[str, Any],
    columns: torch.Tensor | None = None,
) -> None:
    """Update the momentum and the weight in place.

    Parameters
    ----------
    entry : PlanEntry
    p : tensor
    state : dict
        Of the parameter: ``momentum``; ``mean_row`` of it, ``row_square`` and ``row_steady`` are made when missing.
    settings : DirectionSettings
    group : dict
        The parameter group: ``lr``, ``momentum``, ``nesterov``, ``weight_decay``, ``scale``.
    columns : tensor, optional
        Sums of the columns of the gradient, where they are known.
    """
    assert p.grad is not None
    momentum = state["momentum"]
    weight, m, g = p.detach().numpy(), momentum.numpy(), p.grad.numpy()
    shrink = 1.0 - group["lr"] * group["weight_decay"]
    if entry.direction.centered:
        sums = column_sums(p.grad) if columns is None else columns
        _centered_step(sums / weight.shape[0], state, (weight, m, g), float(settings.row_eps), group, shrink)
    else:
        _row_step(state, (weight, m, g), float(settings.row_eps), group, shrink)
    for changed in (p, momentum):
        torch.autograd.graph.increment_version(changed)


def _look_ahead(group: dict[str, Any]) -> float:
    return group["momentum"] if group["nesterov"] else 1.0


def _factor(group: dict[str, Any], size: int, square: float) -> float:
    if group["scale"] != "rms":
        return 1.0
    return _RMS * math.sqrt(size / square) if square > 0 else 0.0


def _row_step(
    state: dict[str, Any], arrays: tuple[Any, Any, Any], eps: float, group: dict[str, Any], shrink: float
) -> None:
    """Normalised rows: at once with the scale of the step before while that is steady, else in two passes."""
    lengthen, move, sweep, _ = _kernels()
    weight, m, g = arrays
    rate, ahead = 1.0 - group["momentum"], _look_ahead(group)
    none = np.zeros(weight.shape[1], dtype=weight.dtype)
    guess = _factor(group, weight.size, state.get("row_square", 0.0))
    if state.get("row_steady", False) or group["scale"] != "rms":
        rows, square = sweep(weight, m, g, rate, ahead, eps, group["lr"] * guess, shrink)
        factor = _factor(group, weight.size, square)
        steady = abs(guess - factor) <= _STEADY * factor
        if not steady:
            move(weight, m, g, ahead, none, rows, none, group["lr"] * (factor - guess), 1.0)
    else:
        rows, _, square = lengthen(m, g, rate, ahead, none, eps, False)
        factor = _factor(group, weight.size, square)
        steady = abs(guess - factor) <= _STEADY * factor
        move(weight, m, g, ahead, none, rows, none, group["lr"] * factor, shrink)
    state["row_square"], state["row_steady"] = float(square), bool(steady)


def _centered_step(
    gradient_mean: torch.Tensor, state: dict[str, Any], arrays: tuple[Any, Any, Any], eps: float,
    group: dict[str, Any], shrink: float,
) -> None:  # fmt: skip
    lengthen, move, *_ = _kernels()
    weight, m, g = arrays
    beta, ahead = group["momentum"], _look_ahead(group)
    if "mean_row" not in state:
        state["mean_row"] = state["momentum"].mean(0)
    state["mean_row"].lerp_(gradient_mean, 1 - beta)
    mean = torch.lerp(gradient_mean, state["mean_row"], ahead).numpy()
    rows, mean_row, square = lengthen(m, g, 1.0 - beta, ahead, mean, eps, True)
    square -= weight.shape[0] * float(mean_row @ mean_row)
    move(weight, m, g, ahead, mean, rows, mean_row, group["lr"] * _factor(group, weight.size, square), shrink)


@lru_cache(maxsize=1)
def _kernels() -> tuple[Any, Any, Any, Any]:
    import numba

    # Sums may be taken in any order, so that they fill whole registers; nothing else is relaxed.
    compiled = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
    return compiled(_lengthen), compiled(_move), compiled(_sweep), compiled(_columns)


def _lengthen(m, g, rate, ahead, mean, eps, centered):  # pragma: no cover - compiled
    """New momentum in place; one over the length of each row, mean of the normalised rows, sum of their squares."""
    v, d = m.shape
    kind = m.dtype.type
    rate, ahead = kind(rate), kind(ahead)
    rows = np.empty(v, dtype=m.dtype)
    total = np.zeros(d, dtype=np.float64)
    some = np.zeros(d, dtype=m.dtype)
    squares = 0.0
    for i in range(v):
        mi, gi = m[i], g[i]
        square = kind(0)
        for j in range(d):
            new = mi[j] + rate * (gi[j] - mi[j])
            mi[j] = new
            s = gi[j] + ahead * (new - gi[j]) - mean[j]
            square += s * s
        size = np.sqrt(square)
        w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
        rows[i] = w
        squares += float(size * w) ** 2
        if centered:
            for j in range(d):
                some[j] += w * (gi[j] + ahead * (mi[j] - gi[j]) - mean[j])
            # Single precision for 256 rows, double between them.
            if i % 256 == 255 or i == v - 1:
                for j in range(d):
                    total[j] += some[j]
                    some[j] = 0
    out = np.empty(d, dtype=m.dtype)
    for j in range(d):
        out[j] = total[j] / v
    return rows, out, squares


def _move(p, m, g, ahead, mean, rows, mean_row, step, shrink):  # pragma: no cover - compiled
    """The weight less its update, in place."""
    v, d = p.shape
    kind = m.dtype.type
    ahead, step, shrink = kind(ahead), kind(step), kind(shrink)
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        w = rows[i]
        for j in range(d):
            s = gi[j] + ahead * (mi[j] - gi[j]) - mean[j]
            pi[j] = shrink * pi[j] - step * (w * s - mean_row[j])


def _sweep(p, m, g, rate, ahead, eps, step, shrink):  # pragma: no cover - compiled
    """Momentum and weight in place, row by row; one over the length of each row, sum of squares of the directions."""
    v, d = m.shape
    kind = m.dtype.type
    rate, ahead, step, shrink = kind(rate), kind(ahead), kind(step), kind(shrink)
    rows = np.empty(v, dtype=m.dtype)
    squares = 0.0
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        square = kind(0)
        for j in range(d):
            new = mi[j] + rate * (gi[j] - mi[j])
            mi[j] = new
            s = gi[j] + ahead * (new - gi[j])
            square += s * s
        size = np.sqrt(square)
        w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
        rows[i] = w
        squares += float(size * w) ** 2
        for j in range(d):
            pi[j] = shrink * pi[j] - step * (w * (gi[j] + ahead * (mi[j] - gi[j])))
    return rows, squares


def _columns(g):  # pragma: no cover - compiled
    """Sums of columns, single precision for 256 rows and double between them."""
    v, d = g.shape
    total = np.zeros(d, dtype=np.float64)
    some = np.zeros(d, dtype=g.dtype)
    for i in range(v):
        gi = g[i]
        for j in range(d):
            some[j] += gi[j]
        if i % 256 == 255 or i == v - 1:
            for j in range(d):
                total[j] += some[j]
                some[j] = 0
    out = np.empty(d, dtype=g.dtype)
    for j in range(d):
        out[j] = total[j]
    return out

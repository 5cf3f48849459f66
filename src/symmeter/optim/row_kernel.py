"""Row rules on large tables in one to three passes over memory, with numba where it is installed (extra ``fast``).

Gradient, momentum and weight are read as often as they must be, and nothing of their size is written beside them.
Gradient descent with momentum has 5 accesses for each entry. Normalised rows have as many while the length of the
whole direction stays what it was at the step before, up to rounding; else that length must be known before anything
moves, and there are 7, or 6 without looking ahead. Centred rows have 8: the sums of the gradient's columns (1), which
tell whether it is finite as well, new momenta and the mean of their normalised rows (3), the move (4, or 3 without
looking ahead). Where nobody asks whether gradients are finite, and the last gradient's columns added up to zero, as
those of a softmax do, they are taken to do so again and added up on the way: 6 without looking ahead. The mean row of
the momentum is kept from step to step, since means of gradients determine it. The numbers are those of the plain rule
up to rounding.
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
        _centered_step(columns, state, (weight, m, g), float(settings.row_eps), group, shrink)
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
    lengthen, move, sweep, *_ = _kernels()
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
    columns: torch.Tensor | None, state: dict[str, Any], arrays: tuple[Any, Any, Any], eps: float,
    group: dict[str, Any], shrink: float,
) -> None:  # fmt: skip
    """Centred normalised rows; without ``columns`` they are added up before, or on the way when they vanish."""
    lengthen, move, _, add_up, glide = _kernels()
    weight, m, g = arrays
    beta, ahead = group["momentum"], _look_ahead(group)
    if "mean_row" not in state:
        state["mean_row"] = state["momentum"].mean(0)
    guessing = columns is None and bool(state.get("columns_vanish", False))
    if guessing:
        gradient_mean = torch.zeros_like(state["mean_row"])
    else:
        gradient_mean = (torch.from_numpy(add_up(g)) if columns is None else columns) / weight.shape[0]
    state["mean_row"].lerp_(gradient_mean, 1 - beta)
    mean = torch.lerp(gradient_mean, state["mean_row"], ahead).numpy()
    if not guessing:
        rows, mean_row, square = lengthen(m, g, 1.0 - beta, ahead, mean, eps, True)
    else:
        rows, mean_row, square, sums = glide(m, g, 1.0 - beta, ahead, mean, eps)
        gradient_mean = torch.from_numpy(sums) / weight.shape[0]
        state["mean_row"] += (1 - beta) * gradient_mean
    # Lengths of rows are one over what they were multiplied by.
    typical = float(np.mean(1.0 / np.maximum(rows, np.finfo(rows.dtype).tiny)))
    vanish = float(gradient_mean.norm()) <= _NIL * typical
    if guessing and not vanish:
        mean = torch.lerp(gradient_mean, state["mean_row"], ahead).numpy()
        # The momentum has moved already: at a rate of zero it stays.
        rows, mean_row, square = lengthen(m, g, 0.0, ahead, mean, eps, True)
    state["columns_vanish"] = vanish
    square -= weight.shape[0] * float(mean_row @ mean_row)
    move(weight, m, g, ahead, mean, rows, mean_row, group["lr"] * _factor(group, weight.size, square), shrink)


@lru_cache(maxsize=1)
def _kernels() -> tuple[Any, Any, Any, Any, Any]:
    import numba

    # Sums may be taken in any order, so that they fill whole registers; nothing else is relaxed.
    compiled = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
    return compiled(_lengthen), compiled(_move), compiled(_sweep), compiled(_columns), compiled(_glide)


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


def _glide(m, g, rate, ahead, mean, eps):  # pragma: no cover - compiled
    """As :func:`_lengthen` for centred rows whose mean is nearly nil, and the sums of the gradient's columns besides.

    Four rows at a time, so that sums are loaded and stored a quarter as often; the mean row is taken off at the end,
    which loses digits only where it is large.
    """
    v, d = m.shape
    kind = m.dtype.type
    rate, ahead = kind(rate), kind(ahead)
    rows = np.empty(v, dtype=m.dtype)
    total, columns = np.zeros(d, dtype=np.float64), np.zeros(d, dtype=np.float64)
    some, part = np.zeros(d, dtype=m.dtype), np.zeros(d, dtype=m.dtype)
    squares = weights = 0.0
    plain, rest = ahead == kind(1), kind(1) - ahead
    for first in range(0, v, 4):
        last = min(first + 4, v)
        for i in range(first, last):
            mi, gi = m[i], g[i]
            square = kind(0)
            for j in range(d):
                part[j] += gi[j]
                new = mi[j] + rate * (gi[j] - mi[j])
                mi[j] = new
                s = gi[j] + ahead * (new - gi[j]) - mean[j]
                square += s * s
            size = np.sqrt(square)
            w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
            rows[i] = w
            squares += float(size * w) ** 2
            weights += float(w)
        if last - first == 4:
            w0, w1, w2, w3 = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
            m0, m1, m2, m3 = m[first], m[first + 1], m[first + 2], m[first + 3]
            g0, g1, g2, g3 = g[first], g[first + 1], g[first + 2], g[first + 3]
            # A loop for each sum: compilers give up on many arrays that might overlap.
            for j in range(d):
                some[j] += ahead * (w0 * m0[j] + w1 * m1[j] + w2 * m2[j] + w3 * m3[j])
            if not plain:
                for j in range(d):
                    some[j] += rest * (w0 * g0[j] + w1 * g1[j] + w2 * g2[j] + w3 * g3[j])
        else:
            for i in range(first, last):
                for j in range(d):
                    some[j] += rows[i] * (g[i, j] + ahead * (m[i, j] - g[i, j]))
        # Single precision for 256 rows, double between them.
        if first % 256 == 252 or last == v:
            for j in range(d):
                total[j] += some[j]
                columns[j] += part[j]
                some[j] = 0
                part[j] = 0
    out, sums = np.empty(d, dtype=m.dtype), np.empty(d, dtype=m.dtype)
    for j in range(d):
        out[j] = (total[j] - weights * mean[j]) / v
        sums[j] = columns[j]
    return rows, out, squares, sums


def _move(p, m, g, ahead, mean, rows, mean_row, step, shrink):  # pragma: no cover - compiled
    """The weight less its update, in place."""
    v, d = p.shape
    kind = m.dtype.type
    ahead, step, shrink = kind(ahead), kind(step), kind(shrink)
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        w = rows[i]
        if ahead == kind(1):
            # Without looking ahead the gradient is not read.
            for j in range(d):
                pi[j] = shrink * pi[j] - step * (w * (mi[j] - mean[j]) - mean_row[j])
        else:
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

"""Row rules on large tables in two or three passes over memory, with numba where it is installed (extra ``fast``).

Gradient, momentum and weight are read as often as they must be, and nothing of their size is written beside them: 7
accesses for each entry with normalised rows, 8 with centred ones, where gradient descent with momentum has 5. The mean
row of the momentum is kept from step to step, since means of gradients determine it. The numbers are those of the plain
rule up to rounding.
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

__all__ = ["kernel_fits", "kernel_step"]

#: Below this many entries compiling is not worth it, and everything stays in the cache anyway.
_LEAST = 1 << 20
_RMS = 0.2


@lru_cache(maxsize=1)
def _available() -> bool:
    return find_spec("numba") is not None


def kernel_fits(entry: PlanEntry, p: torch.Tensor, settings: DirectionSettings, scale: str, masked: bool) -> bool:
    """Whether a parameter can be stepped here."""
    return (
        p.numel() >= _LEAST
        and type(p) in (torch.Tensor, torch.nn.Parameter)
        and p.ndim == 2
        and p.device.type == "cpu"
        and p.dtype == torch.float32
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
) -> None:
    """Update the momentum and the weight in place.

    Parameters
    ----------
    entry : PlanEntry
    p : tensor
    state : dict
        Of the parameter: ``momentum``, and ``mean_row`` of it, which is made when missing.
    settings : DirectionSettings
    group : dict
        The parameter group: ``lr``, ``momentum``, ``nesterov``, ``weight_decay``, ``scale``.
    """
    lengthen, move = _kernels()
    assert p.grad is not None
    momentum = state["momentum"]
    weight, m, g = p.detach().numpy(), momentum.numpy(), p.grad.numpy()
    beta = group["momentum"]
    ahead = beta if group["nesterov"] else 1.0
    centered = entry.direction.centered
    mean = np.zeros(weight.shape[1], dtype=weight.dtype)
    if centered:
        if "mean_row" not in state:
            state["mean_row"] = momentum.mean(0)
        gradient_mean = p.grad.mean(0)
        state["mean_row"].lerp_(gradient_mean, 1 - beta)
        mean = torch.lerp(gradient_mean, state["mean_row"], ahead).numpy()
    rows, mean_row, square = lengthen(m, g, 1.0 - beta, ahead, mean, float(settings.row_eps), centered)
    factor = 1.0
    if group["scale"] == "rms":
        square -= weight.shape[0] * float(mean_row @ mean_row)
        factor = _RMS * math.sqrt(weight.size / square) if square > 0 else 0.0
    shrink = 1.0 - group["lr"] * group["weight_decay"]
    move(weight, m, g, ahead, mean, rows, mean_row, group["lr"] * factor, shrink)
    for changed in (p, momentum):
        torch.autograd.graph.increment_version(changed)


@lru_cache(maxsize=1)
def _kernels() -> tuple[Any, Any]:
    import numba

    # Sums may be taken in any order, so that they fill whole registers; nothing else is relaxed.
    compiled = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
    return compiled(_lengthen), compiled(_move)


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

"""What the penalties cost beside a training step, on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from symmeter.papers import _soft_equivariance_tasks as tasks

__all__ = ["step_times"]


def step_times(channels: int, layers: int, batch: int, rep_in: str, repeats: int = 5, steps: int = 20) -> dict:
    """Seconds of one training step: without penalty, with it, of an MLP of the same widths, and of it with the penalty.

    Steps of the four kinds take turns, and the least mean over ``steps`` of the ``repeats`` rounds counts, so that
    other work on the machine disturbs all alike.
    """
    import torch

    from symmeter.groups import O
    from symmeter.nn.soft import MLP, PER, SoftEMLP

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    net = SoftEMLP(rep_in, "T2", O(3), tasks.planes(), channels=channels, layers=layers, generator=generator)
    per = PER(net, strength=1.0)
    size = net.source.size(3)
    torch.manual_seed(0)
    plain = MLP([size, *[channels] * (layers - 1), 9])
    x = torch.randn(batch, size, generator=generator)
    y = torch.randn(batch, 9, generator=generator)
    penalised = MLP([size, *[channels] * (layers - 1), 9])
    hidden = [str(net.hidden)] * (layers - 1)
    features = [str(net.source), *hidden, str(net.target)]
    rep_map = {str(2 * k): pair for k, pair in enumerate(pairwise(features))}
    around = PER.for_module(penalised, tasks.planes(), rep_map)
    work = {
        "without": _step(net, x, y, lambda: net.decay(2e-4)),
        "with": _step(net, x, y, lambda: per.penalty() + net.decay(2e-4)),
        "mlp": _step(plain, x, y, lambda: plain.decay(2e-4)),
        "penalised_mlp": _step(penalised, x, y, lambda: around.penalty() + penalised.decay(2e-4)),
    }
    best = dict.fromkeys(work, np.inf)
    for _ in range(repeats):
        for name, step in work.items():
            step()
            start = time.perf_counter()
            for _ in range(steps):
                step()
            best[name] = min(best[name], (time.perf_counter() - start) / steps)
    torch.set_num_threads(threads)
    return {k: float(v) for k, v in best.items()}


def _step(net: Any, x: Any, y: Any, extra: Callable[[], Any]) -> Callable[[], None]:
    import torch

    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        (torch.nn.functional.mse_loss(net(x), y) + extra()).backward()
        optimizer.step()

    return step

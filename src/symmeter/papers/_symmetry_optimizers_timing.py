"""One optimizer step on a transformer of 21 million parameters, beside torch's Muon and AdamW on the same roles."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

__all__ = ["step_times"]


def step_times(large: bool, rounds: int) -> dict[str, Any]:
    """Smallest times of a step in seconds, turn by turn, on one thread, and numbers kept between steps."""
    from symmeter.optim import SymmetryStack
    from symmeter.optim.pretraining import LanguageModel, NetworkShape

    shape = NetworkShape(16384, 384, 6, 5, 1024) if large else NetworkShape(512, 64, 4, 2, 128)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        net = LanguageModel(shape)
        generator = torch.Generator().manual_seed(0)
        for p in net.parameters():
            p.grad = 1e-3 * torch.randn(p.shape, generator=generator)
        hidden = [p for n, p in net.named_parameters() if p.ndim == 2 and n.startswith("layers")]
        other = [p for n, p in net.named_parameters() if not (p.ndim == 2 and n.startswith("layers"))]
        stack = SymmetryStack(net, lr=1e-5)
        muon, adamw = torch.optim.Muon(hidden, lr=1e-5), torch.optim.AdamW(other, lr=1e-5)

        def both() -> None:
            muon.step()
            adamw.step()

        calls: dict[str, Callable[[], Any]] = {"stack": stack.step, "muon and adamw": both}
        best = dict.fromkeys(calls, float("inf"))
        for _ in range(rounds):
            for name, call in calls.items():
                began = time.perf_counter()
                call()
                best[name] = min(best[name], time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return {
        "seconds": best,
        "parameters": sum(p.numel() for p in net.parameters()),
        "kept": {"stack": _kept(stack), "muon and adamw": _kept(muon) + _kept(adamw)},
        "tables": 2 * shape.vocabulary * shape.width,
    }


def _kept(optimizer: torch.optim.Optimizer) -> int:
    return sum(v.numel() for s in optimizer.state.values() for v in s.values() if isinstance(v, torch.Tensor))

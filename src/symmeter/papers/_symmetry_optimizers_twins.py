"""Symmetric twins for the experiment on optimizers: two networks that a group element relates, trained side by side."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

__all__ = ["TWIN_STACKS", "twin_trajectories"]

V, D, F = 48, 16, 24

#: Rules of the stacks that are compared, by their names in tables.
TWIN_STACKS: dict[str, dict[str, str]] = {
    "row": {"mlp_gate_up": "polar", "mlp_down": "polar"},
    "hybrid": {"embedding": "row_hybrid", "lm_head": "centered_hybrid"},
    "row-aware": {},
}


class _Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(D, F, bias=False), nn.Linear(D, F, bias=False)
        self.down_proj = nn.Linear(F, D, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class _Network(nn.Module):
    """Embedding, gated block on the residual stream, causal mean, output projection; norms without gain."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, D)
        self.mlp = _Gated()
        self.lm_head = nn.Linear(D, V, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        x = x + self.mlp(_rms(x))
        steps = torch.arange(1, x.shape[1] + 1, dtype=x.dtype)
        return self.lm_head(_rms(x.cumsum(1) / steps[:, None]))


def _rms(x: torch.Tensor) -> torch.Tensor:
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()


class _Element:
    """Tokens and neurons permuted, the residual basis turned, the rows of the output projection shifted."""

    def __init__(self, generator: torch.Generator, permutations_only: bool) -> None:
        self.tokens = torch.randperm(V, generator=generator)
        self.neurons = torch.randperm(F, generator=generator)
        turned = torch.linalg.qr(torch.randn(D, D, generator=generator, dtype=torch.float64))[0]
        shift = torch.randn(D, generator=generator, dtype=torch.float64)
        self.basis = torch.eye(D, dtype=torch.float64) if permutations_only else turned
        self.shift = torch.zeros_like(shift) if permutations_only else shift

    def __call__(self, net: _Network) -> dict[str, torch.Tensor]:
        p = {n: q.detach() for n, q in net.named_parameters()}
        return {
            "embed.weight": (p["embed.weight"] @ self.basis)[self.tokens],
            "mlp.gate_proj.weight": (p["mlp.gate_proj.weight"] @ self.basis)[self.neurons],
            "mlp.up_proj.weight": (p["mlp.up_proj.weight"] @ self.basis)[self.neurons],
            "mlp.down_proj.weight": (self.basis.T @ p["mlp.down_proj.weight"])[:, self.neurons],
            "lm_head.weight": (p["lm_head.weight"] @ self.basis)[self.tokens] + self.shift,
        }


def twin_trajectories(
    make: Callable[[nn.Module], torch.optim.Optimizer], steps: int, seed: int, permutations_only: bool = False
) -> dict[str, Any]:
    """Train both and compare after every step.

    Parameters
    ----------
    make : callable
        An optimizer for a network.
    steps, seed : int
    permutations_only : bool

    Returns
    -------
    dict
        ``parameters``: relative mismatch after mapping over, at every step; ``losses``: largest difference of losses;
        ``drift``: movement of the mean row of the output projection.
    """
    state = torch.random.get_rng_state()
    torch.manual_seed(seed)
    net = _Network().double()
    torch.random.set_rng_state(state)
    element = _Element(torch.Generator().manual_seed(seed + 1), permutations_only)
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for name, value in element(net).items():
            twin.get_parameter(name).copy_(value)
    renamed = torch.argsort(element.tokens)
    start = net.lm_head.weight.detach().mean(0).clone()
    optimizers = make(net), make(twin)
    g = torch.Generator().manual_seed(seed + 2)
    mismatch, apart = [], 0.0
    for _ in range(steps):
        tokens = torch.randint(V, (8, 12), generator=g)
        losses = []
        for model, opt, t in zip((net, twin), optimizers, (tokens, renamed[tokens]), strict=True):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())
            loss.backward()
            opt.step()
            losses.append(float(loss.detach()))
        apart = max(apart, abs(losses[0] - losses[1]))
        expected = element(net)
        gap = [float((twin.get_parameter(n).detach() - v).norm() / v.norm()) for n, v in expected.items()]
        mismatch.append(max(gap))
    drift = float((net.lm_head.weight.detach().mean(0) - start).norm())
    return {"parameters": mismatch, "losses": apart, "drift": drift}

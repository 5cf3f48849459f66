"""Charged particles: where will they be after 1000 steps? Plain networks against frame averaging, several seeds."""

from __future__ import annotations

import time
from typing import Any

import torch

from symmeter.nn.frames.backbones_particles import FrameAveragedGNN, ParticleGNN
from symmeter.nn.nbody import simulate_charges

__all__ = ["METHODS", "constant_velocity", "simulated", "trained"]

#: Rows of the table: model, and how it is trained.
METHODS = {
    "plain": "GNN",
    "rotated": "GNN, rotated at random in training",
    "rotated-longer": "GNN, rotated, five times the epochs",
    "stochastic": "FA-GNN, one random frame in training",
    "stochastic-longer": "FA-GNN, one random frame, five times the epochs",
    "averaged": "FA-GNN",
}
_BATCH = 100


def simulated(train: int, test: int, seed: int) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Training and test data, in single precision."""
    out = []
    for systems, offset in ((train, 0), (test, 500_000)):
        found = simulate_charges(systems, rng=seed + offset).forecast()
        out.append({name: torch.tensor(a, dtype=torch.float32) for name, a in found.items()})
    return out[0], out[1]


def constant_velocity(data: dict[str, torch.Tensor]) -> float:
    """Mean squared error of moving on without forces for one unit of time."""
    return float(((data["x"] + data["v"] - data["target"]) ** 2).mean())


def _network(name: str, width: int, layers: int) -> torch.nn.Module:
    if name.startswith(("stochastic", "averaged")):
        return FrameAveragedGNN(width, layers, stochastic_train=name.startswith("stochastic"))
    return ParticleGNN(width, layers)


def trained(name: str, train: int, test: int, epochs: int, width: int, layers: int, seed: int) -> dict[str, float]:
    """Train one row with one seed; data and weights depend on the seed, data not on the row.

    Returns
    -------
    dict
        Test error, largest violation of E(3) equivariance in a coordinate, the relative equivariance error, and
        training time in seconds of one processor.
    """
    torch.set_num_threads(1)
    data, held_out = simulated(train, test, seed)
    torch.manual_seed(seed)
    net = _network(name, width, layers)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-12)
    start = time.process_time()
    net.train()
    for _ in range(epochs * (5 if name.endswith("longer") else 1)):
        for some in torch.randperm(train).split(_BATCH):
            x, v, charges, target = (data[key][some] for key in ("x", "v", "charges", "target"))
            if name.startswith("rotated"):
                turn = _orthogonal(len(some))
                x, v, target = x @ turn, v @ turn, target @ turn
            optimizer.zero_grad()
            loss = ((net(x, v, charges) - target) ** 2).mean()
            loss.backward()
            optimizer.step()
    seconds = time.process_time() - start
    return _tested(net, held_out, seed) | {"seconds": seconds}


def _orthogonal(number: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Random orthogonal matrices with determinants of both signs, by Haar measure."""
    q, r = torch.linalg.qr(torch.randn(number, 3, 3, dtype=torch.float64))
    return (q * torch.diagonal(r, dim1=1, dim2=2).sign()[:, None]).to(dtype)


@torch.no_grad()
def _tested(net: torch.nn.Module, data: dict[str, torch.Tensor], seed: int) -> dict[str, Any]:
    from symmeter.nn.actions import tensor_action
    from symmeter.nn.measure import equivariance_error

    net.eval()
    x, v, charges = data["x"], data["v"], data["charges"]
    y = net(x, v, charges)
    torch.manual_seed(seed + 1)
    turn, shift = _orthogonal(len(x)), torch.randn(len(x), 1, 3)
    moved = net(x @ turn + shift, v @ turn, charges)
    group = tensor_action("points", "E(3)")
    relative = equivariance_error(
        net,
        {"x": x[:100], "v": v[:100], "charges": charges[:100]},
        {"x": group, "v": tensor_action("vectors", group), "charges": None},
        group,
        samples=8,
        generator=torch.Generator().manual_seed(seed),
    )
    return {
        "error": float(((y - data["target"]) ** 2).mean()),
        "largest_violation": float((moved - (y @ turn + shift)).abs().max()),
        "equivariance_error": relative,
    }

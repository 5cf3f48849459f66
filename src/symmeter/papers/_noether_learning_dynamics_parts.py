"""Parts of the experiment on charges: a network on digits, scalar laws, normalised weights, discovery, two layers."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from symmeter.optim.noether import Member, NoetherTracker, ParameterSymmetry, StepRule, discover_symmetries

__all__ = [
    "SETTINGS",
    "budgets",
    "digits_run",
    "discovery",
    "dense_errors",
    "drifts",
    "overhead",
    "rayleigh",
    "rotations",
    "scalars",
]

_CROSS = nn.functional.cross_entropy

#: Learning rate, momentum and decay of the runs on digits, by their names in tables.
SETTINGS: dict[str, tuple[float, float, float]] = {
    "plain": (0.1, 0.0, 5e-3),
    "momentum": (0.1, 0.9, 5e-4),
    "strong decay": (0.05, 0.9, 5e-3),
}


def _digits(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits

    found: Any = load_digits()
    order = np.random.default_rng(seed).permutation(len(found.target))
    images = torch.tensor(found.images[order] / 8.0 - 1.0, dtype=torch.float64)
    return images[:, None], torch.tensor(found.target[order])


def _network(seed: int) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8, eps=1e-12), nn.ReLU(), nn.Conv2d(8, 12, 3), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(48, 10),
        )  # fmt: skip
    return net.double()


def digits_run(setting: str, steps: int, seed: int) -> dict[str, Any]:
    """Train a convolutional network on digits and follow its charges.

    Returns
    -------
    dict
        For each family its errors and, for a few units, curves; accuracy; and for the first convolution the effective
        learning rate of each channel, measured and as RMSProp would have it.
    """
    lr, momentum, decay = SETTINGS[setting]
    x, y = _digits(seed)
    train = len(x) - 360
    net = _network(seed)
    batches = [(x[:64], y[:64]), (x[64:128], y[64:128])]
    found = discover_symmetries(net, _CROSS, batches, method="structure", tol=1e-6)
    opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay)
    tracker = NoetherTracker(net, opt, found)
    rng = np.random.default_rng(seed + 1)
    weight: Any = net.get_submodule("0").weight
    unit_gradients = []
    for _ in range(steps):
        some = torch.from_numpy(rng.choice(train, 64, replace=False))
        opt.zero_grad()
        _CROSS(net(x[some]), y[some]).backward()
        lengths = weight.detach().flatten(1).pow(2).sum(1)
        unit_gradients.append((weight.grad.flatten(1).pow(2).sum(1) * lengths).numpy().copy())
        opt.step()
    net.eval()
    with torch.no_grad():
        accuracy = float((net(x[train:]).argmax(1) == y[train:]).double().mean())
    families = {}
    for r in tracker.records():
        keep = np.unique(np.linspace(0, len(r.steps) - 1, 201).astype(int))
        flat = r.measured.reshape(len(r.steps), -1)
        units = np.argsort(-np.abs(flat).max(0))[:4]
        families[r.symmetry.name] = {
            "kind": r.symmetry.kind, "errors": r.errors(), "steps": r.steps[keep].tolist(), "note": r.note,
            "measured": flat[keep][:, units].tolist(),
            **{law: p.reshape(len(r.steps), -1)[keep][:, units].tolist() for law, p in r.predicted.items()},
        }  # fmt: skip
    rates = tracker.effective_lr("0 scale")
    return {
        "setting": [lr, momentum, decay], "families": families, "accuracy": accuracy,
        "rates": _rates(rates, np.array(unit_gradients), lr, momentum, decay),
    }  # fmt: skip


def _rates(rates: np.ndarray, unit: np.ndarray, lr: float, momentum: float, decay: float) -> dict[str, Any]:
    """Effective learning rates beside RMSProp on the squared gradients at unit length.

    With momentum the smooth-gradient limit is used, which noise violates; the text of the claim says so.
    """
    slow = 1 - momentum
    rho = math.exp(-4 * lr * decay / slow)
    # r^4 = lr (1 + beta) s / (2 decay (1 - beta)^2), smoothed.
    factor = 2 * decay * slow**2 / (lr * (1 + momentum))
    s = factor * (lr / rates[1]) ** 2
    predicted = np.empty_like(rates[1:])
    for k in range(len(unit)):
        predicted[k] = lr * np.sqrt(factor / s)
        s = rho * s + (1 - rho) * unit[k]
    measured = np.vstack((rates[1:2], rates[1:-1])) if len(rates) > 2 else rates[1:]
    keep = np.unique(np.linspace(0, len(unit) - 1, 201).astype(int))
    worst = np.abs(np.log(predicted[1:] / measured[1:])).max() if len(unit) > 1 else float("nan")
    return {
        "steps": keep.tolist(), "measured": measured[keep][:, :4].tolist(),
        "predicted": predicted[keep][:, :4].tolist(),
        "worst": float(np.expm1(worst)),
    }  # fmt: skip


def dense_errors(steps: int, seed: int) -> list[dict[str, Any]]:
    """Largest errors of the laws for four settings on a dense network with a normalisation."""
    out = []
    for lr, momentum, decay in ((0.1, 0.0, 5e-3), (0.05, 0.9, 5e-3), (0.01, 0.9, 5e-3), (0.1, 0.0, 0.0)):
        g = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = nn.Sequential(
                nn.Linear(20, 32), nn.BatchNorm1d(32, eps=1e-30), nn.ReLU(), nn.Linear(32, 24), nn.ReLU(),
                nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 6),
            ).double()  # fmt: skip
        data = [
            (torch.randn(32, 20, generator=g, dtype=torch.float64), torch.randint(6, (32,), generator=g))
            for _ in range(20)
        ]
        found = discover_symmetries(net, _CROSS, data[:3], method="structure")
        opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay)
        tracker = NoetherTracker(net, opt, found)
        for k in range(steps):
            inputs, targets = data[k % 20]
            opt.zero_grad()
            _CROSS(net(inputs), targets).backward()
            opt.step()
        worst: dict[str, dict[str, float]] = {}
        for r in tracker.records():
            kind = worst.setdefault(r.symmetry.kind, {"exact": 0.0, "continuous": 0.0, "naive": 0.0})
            for law, error in r.errors().items():
                kind[law] = max(kind[law], error)
        out.append({"setting": [lr, momentum, decay], "worst": worst})
    return out


def scalars() -> list[dict[str, float]]:
    """The charge of a translation from the laws alone."""
    from symmeter.optim.noether.continuous_laws import continuous_after
    from symmeter.optim.noether.discrete_laws import translation_after

    out = []
    for lr, momentum, decay, steps in ((0.1, 0.9, 0.005, 100), (0.05, 0.9, 0.1, 40), (0.1, 0.0, 0.01, 100)):
        rule = StepRule(lr, momentum, weight_decay=decay)
        exact: Any = translation_after(1.0, rule, steps)
        out.append({"exact": float(exact), "continuous": continuous_after(1.0, rule, steps)})
    return out


def rayleigh(steps: int, seed: int) -> list[dict[str, float]]:
    """Noisy losses of the direction alone: relative steps at equilibrium, and effective rates beside RMSProp."""
    out = []
    h = torch.linspace(0, 1, 64, dtype=torch.float64)
    family = ParameterSymmetry("w scale", "scale", (Member("w"),), 1)
    for lr, momentum, decay in ((0.05, 0.0, 0.02), (0.05, 0.5, 0.02), (0.02, 0.9, 0.01)):
        g = torch.Generator().manual_seed(seed)
        holder = nn.Module()
        holder.w = nn.Parameter(torch.randn(64, generator=g, dtype=torch.float64))
        w: Any = holder.w
        opt = torch.optim.SGD([w], lr=lr, momentum=momentum, weight_decay=decay)
        tracker = NoetherTracker(holder, opt, [family], predict=("exact",))
        relative, unit = [], []
        for _ in range(steps):
            u = w / w.norm()
            loss = (h * u * u).sum() + (torch.randn(64, generator=g, dtype=torch.float64) * u).sum()
            opt.zero_grad()
            loss.backward()
            before = w.detach().clone()
            unit.append(float(w.grad.pow(2).sum() * before.pow(2).sum()))
            opt.step()
            relative.append(float((w.detach() - before).pow(2).sum() / before.pow(2).sum()))
        record = tracker.record("w scale")
        late = np.array(relative[steps // 3 :])
        row = {
            "measured": float(np.sqrt(late.mean())), "theory": math.sqrt(2 * lr * decay / (1 + momentum)),
            "exact": record.errors()["exact"], "r4": float((record.measured[steps // 3 :, 0] ** 2).mean()),
            "white": lr * float(np.mean(unit[steps // 3 :])) / (2 * decay * (1 - momentum)),
            "smooth": lr * (1 + momentum) * float(np.mean(unit[steps // 3 :])) / (2 * decay * (1 - momentum) ** 2),
        }  # fmt: skip
        if momentum == 0:
            row["rmsprop"] = _rmsprop_error(record.measured[:, 0], unit, lr, decay)
        out.append(row)
    return out


def _rmsprop_error(r2: np.ndarray, unit: Sequence[float], lr: float, decay: float) -> float:
    rho, s = math.exp(-4 * lr * decay), 2 * decay * r2[0] ** 2 / lr
    worst = 0.0
    for k, value in enumerate(unit):
        s = rho * s + (1 - rho) * value
        worst = max(worst, abs(math.sqrt(2 * lr * decay / s) / (lr / r2[k + 1]) - 1))
    return worst


def rotations(steps: int, seed: int) -> dict[str, float]:
    """Angular momentum of queries and keys from rest, and with a start."""
    g = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=g, dtype=torch.float64)

    net = nn.Module()
    net.q, net.k = nn.Parameter(drawn(5, 8) / 3), nn.Parameter(drawn(5, 8) / 3)
    family = ParameterSymmetry("q | k", "linear", (Member("q"), Member("k", sign=-1)), 25)
    x, y = drawn(12, 8), drawn(12, 12)
    start = {p: drawn(5, 8) for p in (net.q, net.k)}
    out = {}
    for name, from_rest in (("from rest", True), ("with a start", False)):
        opt = torch.optim.SGD([net.q, net.k], lr=0.02, momentum=0.9, weight_decay=0.01)
        if not from_rest:
            for p in (net.q, net.k):
                opt.state[p]["momentum_buffer"] = start[p].clone()
        zero, worst = _angular(net, family, opt), 0.0
        for k in range(1, steps + 1):
            opt.zero_grad()
            ((x @ net.q.T) @ (net.k @ x.T) - y).pow(2).mean().backward()
            opt.step()
            now = _angular(net, family, opt)
            gap = float(now.abs().max()) if from_rest else float((now - 0.9**k * zero).abs().max() / zero.abs().max())
            worst = max(worst, gap)
        out[name] = worst
    return out


def _angular(net: Any, family: ParameterSymmetry, opt: torch.optim.Optimizer) -> torch.Tensor:
    at = {"q": net.q.detach(), "k": net.k.detach()}
    speeds = {n: opt.state[p].get("momentum_buffer", torch.zeros_like(p)) for n, p in (("q", net.q), ("k", net.k))}
    return family.angular_momentum(at, speeds)


def drifts(seed: int) -> dict[str, list[float]]:
    """How far charges of two linear maps move in a fixed time, for steps that are halved."""
    out: list[float] = []
    rates = (0.08, 0.04, 0.02, 0.01)
    g = torch.Generator().manual_seed(seed)
    x, y, first, second = (
        torch.randn(*s, generator=g, dtype=torch.float64) / d
        for s, d in (((32, 6), 1), ((32, 4), 1), ((5, 6), 2.5), ((4, 5), 2.5))
    )
    for lr in rates:
        w1, w2 = first.clone().requires_grad_(), second.clone().requires_grad_()
        opt = torch.optim.SGD([w1, w2], lr=lr)
        start = (w1 @ w1.T - w2.T @ w2).detach()
        for _ in range(round(8 / lr)):
            opt.zero_grad()
            ((x @ w1.T) @ w2.T - y).pow(2).mean().backward()
            opt.step()
        out.append(float((w1 @ w1.T - w2.T @ w2 - start).detach().norm()))
    return {"rates": list(rates), "drifts": out, "ratios": [a / b for a, b in pairwise(out)]}


def discovery(seed: int) -> dict[str, Any]:
    """What gradients alone find in a small network, for three activations."""
    out = {}
    g = torch.Generator().manual_seed(seed)
    data = [
        (torch.randn(16, 5, generator=g, dtype=torch.float64), torch.randint(3, (16,), generator=g)) for _ in range(6)
    ]
    for name, activation in (("ReLU", nn.ReLU), ("tanh", nn.Tanh), ("GELU", nn.GELU)):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = nn.Sequential(
                nn.Linear(5, 4),
                nn.BatchNorm1d(4, eps=1e-30),
                activation(),
                nn.Linear(4, 6),
                activation(),
                nn.Linear(6, 3),
            )
        began = time.perf_counter()
        found = discover_symmetries(net, _CROSS, data, method="numeric", seed=seed)
        combined = [s for s in found if s.kind == "rescale"]
        facts: Any = found.facts
        out[name] = {
            **facts, "seconds": time.perf_counter() - began, "rescalings": len(combined),
            "three_by_one": all(
                len(s.members) == 3 and max(abs(m.weight - 1) for m in s.members) < 1e-9 for s in combined
            ),
            "finite": max(s.finite for s in found),
        }  # fmt: skip
    return out


def budgets(steps: int, seed: int) -> dict[str, dict[str, float]]:
    """For four optimizers: how well the parts of a charge's change add up, and the part of first order."""
    out = {}
    for name in ("SGD", "AdamW", "RMSprop", "Adam"):
        g = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)).double()
        data = [
            (torch.randn(16, 8, generator=g, dtype=torch.float64), torch.randint(4, (16,), generator=g))
            for _ in range(8)
        ]
        found = discover_symmetries(net, _CROSS, data[:3], method="structure")
        opt = getattr(torch.optim, name)(net.parameters(), lr=0.01)
        tracker = NoetherTracker(net, opt, found, budget=True)
        for k in range(steps):
            opt.zero_grad()
            _CROSS(net(data[k % 8][0]), data[k % 8][1]).backward()
            opt.step()
        parts = tracker.budget("0 | 2")
        total = parts["decay"] + parts["first order"] + parts["finite step"]
        size = float(np.abs(tracker.record("0 | 2").measured).max())
        out[name] = {
            "gap": float(np.abs(total - parts["change"]).max()) / size,
            "first order": float(np.abs(parts["first order"]).max()) / size,
        }
    return out


def overhead(rounds: int) -> dict[str, float]:
    """Times of a training step of a million parameters with and without a tracker, one thread, turn by turn."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        g = torch.Generator().manual_seed(0)
        x, y = torch.randn(256, 512, generator=g), torch.randint(10, (256,), generator=g)
        steps = {}
        for name, every in (("plain", 0), ("every step", 1), ("every tenth", 10)):
            with torch.random.fork_rng():
                torch.manual_seed(0)
                net = nn.Sequential(
                    nn.Linear(512, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(),
                    nn.Linear(512, 10),
                )  # fmt: skip
            opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
            tracker = None
            if every:
                found = discover_symmetries(net, _CROSS, [(x, y)] * 2, method="structure", tol=1e-3)
                tracker = NoetherTracker(net, opt, found, every=every)
            steps[name] = (net, opt, tracker)
        best = {name: [] for name in steps}
        for _ in range(rounds):
            for name, (net, opt, _) in steps.items():
                began = time.perf_counter()
                for _ in range(10):
                    opt.zero_grad()
                    _CROSS(net(x), y).backward()
                    opt.step()
                best[name].append((time.perf_counter() - began) / 10)
    finally:
        torch.set_num_threads(threads)
    return {name: float(np.min(t)) for name, t in best.items()}

"""Training of the two small models, engines side by side, step by step in turn; times are those of the one thread."""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch

from symmeter.nn.gaunt.timing import one_thread
from symmeter.papers._gaunt_tensor_products_data import clusters, rms, tetris_clouds
from symmeter.papers._gaunt_tensor_products_models import CloudClassifier, Potential

__all__ = ["train_classifiers", "train_potentials"]


def train_potentials(
    engines: tuple[str, ...], train: int, test: int, steps: int, lmax: int, channels: int, seed: int
) -> dict[str, Any]:
    """Force errors on unseen clusters, and seconds per training step, of each engine."""
    positions, energies, forces = (t.float() for t in clusters(train + test, seed))
    size, mean = rms(forces[:train]), energies[:train].mean()
    with one_thread():
        models = {e: Potential(e, lmax, channels, seed) for e in engines}
        optimizers = {e: torch.optim.Adam(m.parameters(), lr=4e-3) for e, m in models.items()}
        schedules = {e: torch.optim.lr_scheduler.CosineAnnealingLR(o, steps) for e, o in optimizers.items()}
        seconds: dict[str, list[float]] = {e: [] for e in engines}
        generator = torch.Generator().manual_seed(seed)
        for _ in range(steps):
            rows = torch.randint(train, (10,), generator=generator)
            for e in engines:
                start = time.thread_time()
                energy, force = _energy_and_forces(models[e], positions[rows], training=True)
                loss = (force - forces[rows] / size).square().mean()
                loss = loss + 0.01 * (energy - (energies[rows] - mean) / size).square().mean()
                optimizers[e].zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(models[e].parameters(), 10.0)
                optimizers[e].step()
                schedules[e].step()
                seconds[e].append(time.thread_time() - start)
        out: dict[str, Any] = {"lmax": lmax, "channels": channels, "train": train, "test": test, "steps": steps}
        out["force_rms"] = rms(forces[train:])
        for e, m in models.items():
            _, found = _energy_and_forces(m, positions[train:], training=False)
            out[e] = {
                "force_rmse": rms(found * size - forces[train:]),
                "step_seconds": statistics.median(seconds[e]),
                "fastest_step": min(seconds[e]),
                "weights": sum(p.numel() for p in m.parameters()),
            }
    return out


def _energy_and_forces(model: Potential, positions: torch.Tensor, training: bool) -> tuple[torch.Tensor, torch.Tensor]:
    x = positions.clone().requires_grad_()
    energy = model(x)
    return energy, -torch.autograd.grad(energy.sum(), x, create_graph=training)[0]


def train_classifiers(kinds: dict[str, tuple[str, bool]], steps: int, seed: int) -> dict[str, Any]:
    """Accuracy on the clean and on shaken Tetris shapes in new poses, and seconds per step."""
    clean, labels = tetris_clouds(8, 0.0, seed + 1000)
    shaken, shaken_labels = tetris_clouds(40, 0.05, seed + 2000)
    out: dict[str, Any] = {"steps": steps}
    with one_thread():
        models = {k: CloudClassifier(engine, odd, seed) for k, (engine, odd) in kinds.items()}
        optimizers = {k: torch.optim.Adam(m.parameters(), lr=1e-2) for k, m in models.items()}
        schedules = {k: torch.optim.lr_scheduler.CosineAnnealingLR(o, steps) for k, o in optimizers.items()}
        seconds: dict[str, list[float]] = {k: [] for k in kinds}
        for step in range(steps):
            points, wanted = tetris_clouds(8, 0.05 if step % 2 else 0.0, 10_000 * (seed + 1) + step)
            for k, m in models.items():
                start = time.thread_time()
                loss = torch.nn.functional.cross_entropy(m(points), wanted)
                optimizers[k].zero_grad()
                loss.backward()
                optimizers[k].step()
                schedules[k].step()
                seconds[k].append(time.thread_time() - start)
        with torch.no_grad():
            for k, m in models.items():
                out[k] = {
                    "clean": float((m(clean).argmax(-1) == labels).float().mean()),
                    "shaken": float((m(shaken).argmax(-1) == shaken_labels).float().mean()),
                    "step_seconds": statistics.median(seconds[k]),
                    "weights": sum(p.numel() for p in m.parameters()),
                }
    return out

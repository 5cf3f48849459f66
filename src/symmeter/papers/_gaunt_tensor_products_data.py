"""Data made on the fly: clusters of 12 atoms in the Stillinger-Weber potential, and the eight Tetris shapes.

Reduced units of Stillinger and Weber, Phys. Rev. B 31, 5262 (1985): the three-body term wants tetrahedral angles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["TETRIS", "clusters", "stillinger_weber", "tetris_clouds"]

#: Names and cells of the eight shapes; the first two are mirror images of each other.
TETRIS = {
    "chiral": ((0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 1, 0)),
    "mirrored": ((1, 1, 1), (1, 1, 2), (2, 1, 1), (2, 0, 1)),
    "square": ((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)),
    "line": ((0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 0, 3)),
    "corner": ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0)),
    "L": ((0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 0)),
    "T": ((0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 1)),
    "zigzag": ((0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 1, 0)),
}
ATOMS = 12
CUTOFF = 1.8


def stillinger_weber(positions: torch.Tensor) -> torch.Tensor:
    """Energies (B,) of clusters (B, n, 3) in units of the well's depth and size."""
    n = positions.shape[1]
    apart = positions[:, None] - positions[:, :, None]
    eye = torch.eye(n, dtype=torch.bool)
    r = (apart.square().sum(-1) + eye.to(apart.dtype)).sqrt()
    near = (r < CUTOFF - 1e-6) & ~eye
    gap = torch.where(near, r - CUTOFF, -torch.ones_like(r))
    pair = torch.where(near, 7.049556277 * (0.6022245584 * r**-4 - 1) * torch.exp(1 / gap), torch.zeros_like(r))
    reach = torch.where(near, torch.exp(1.2 / gap), torch.zeros_like(r))
    unit = apart / r[..., None]
    cosine = unit @ unit.mT
    # Both orders of the two neighbours are in the sum, and none with itself.
    triple = (cosine + 1 / 3).square() * reach[..., :, None] * reach[..., None, :] * (~eye).to(r.dtype)
    return 0.5 * pair.sum((1, 2)) + 0.5 * 21.0 * triple.sum((1, 2, 3))


def clusters(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Positions (count, 12, 3), energies and forces: random packings, partly relaxed, then shaken; float64."""
    rng = np.random.default_rng(seed)
    start = np.stack([_packing(rng) for _ in range(count)])
    x = torch.from_numpy(start)
    for _ in range(60):
        _, force = _with_forces(x)
        step = 0.01 * force
        x = x + step * (0.06 / step.norm(dim=-1, keepdim=True).clamp_min(0.06))
    x = x + 0.05 * torch.from_numpy(rng.standard_normal(x.shape))
    energy, force = _with_forces(x)
    return x, energy, force


def _with_forces(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    x = x.detach().requires_grad_()
    energy = stillinger_weber(x)
    return energy.detach(), -torch.autograd.grad(energy.sum(), x)[0]


def _packing(rng: np.random.Generator) -> np.ndarray:
    """Points in a ball, none closer than the potential's core."""
    points: list[np.ndarray] = []
    while len(points) < ATOMS:
        p = rng.uniform(-1.9, 1.9, 3)
        if np.linalg.norm(p) < 1.9 and all(np.linalg.norm(p - q) > 0.95 for q in points):
            points.append(p)
    return np.array(points)


def tetris_clouds(copies: int, jitter: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Shapes (8 copies, 4, 3), centred, each in a random pose, cells shaken by ``jitter``; and their labels."""
    from symmeter.representations import random_rotations

    rng = np.random.default_rng(seed)
    cells = np.array(list(TETRIS.values()), dtype=float)
    cells -= cells.mean(1, keepdims=True)
    labels = np.tile(np.arange(len(cells)), copies)
    shapes = cells[labels] + jitter * rng.standard_normal((len(labels), 4, 3))
    shapes -= shapes.mean(1, keepdims=True)
    posed = np.einsum("bij,bnj->bni", random_rotations(len(labels), rng=rng), shapes)
    return torch.from_numpy(posed).to(torch.get_default_dtype()), torch.from_numpy(labels)


def rms(values: Any) -> float:
    """Root mean square."""
    return float(values.square().mean().sqrt())

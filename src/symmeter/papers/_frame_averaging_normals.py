"""Unoriented normals of sampled surfaces: networks trained on aligned clouds and tested on rotated ones (I/SO(3))."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch

from symmeter.nn.frames.backbones import DGCNN, PointNet
from symmeter.nn.point_clouds import sample_surfaces
from symmeter.papers._frame_averaging_principal import PrincipalAxes

__all__ = ["METHODS", "trained"]

#: Setting by name: how it is trained.
METHODS = {
    "pointnet": "PointNet, aligned",
    "pointnet-rotated": "PointNet, rotated at random in training",
    "fa-pointnet": "FA-PointNet, aligned",
    "dgcnn": "DGCNN, aligned",
    "dgcnn-rotated": "DGCNN, rotated at random in training",
    "fa-dgcnn": "FA-DGCNN, aligned",
}
_BATCH = 8


def _network(name: str, width: int) -> torch.nn.Module:
    if "pointnet" in name:
        backbone: torch.nn.Module = PointNet(width=width)
    else:
        backbone = DGCNN(width=width, layers=2, neighbours=12, dynamic=False)
    # Clouds sampled at random have distinct eigenvalues, so that the plain frame is exact.
    return PrincipalAxes(backbone) if name.startswith("fa-") else backbone


def _loss(y: torch.Tensor, normals: torch.Tensor) -> torch.Tensor:
    """``1 - cos^2`` of each point: normals have no sign."""
    cosine = (torch.nn.functional.normalize(y, dim=-1, eps=1e-8) * normals).sum(-1)
    return 1.0 - cosine**2


def trained(name: str, clouds: int, points: int, epochs: int, width: int, seed: int) -> dict[str, Any]:
    """Train one setting, and test it on aligned and on rotated clouds.

    Returns
    -------
    dict
        Mean loss aligned and rotated, mean angle in degrees of both, the largest change of a predicted axis under
        rotation (1 - cos^2), seconds of one processor.
    """
    torch.set_num_threads(1)
    data = sample_surfaces(clouds, points, rng=seed)
    test = sample_surfaces(max(clouds // 3, 5), points, rng=seed + 10_000)
    x, normals = (torch.tensor(a, dtype=torch.float32) for a in (data.points, data.normals))
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net = _network(name, width)
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * -(-clouds // _BATCH))
    start = time.process_time()
    net.train()
    for _ in range(epochs):
        for some in torch.randperm(clouds, generator=generator).split(_BATCH):
            moved, wanted = x[some], normals[some]
            if name.endswith("rotated"):
                turn = _rotations(len(some), generator).float()
                moved, wanted = moved @ turn, wanted @ turn
            optimizer.zero_grad()
            _loss(net(moved), wanted).mean().backward()
            optimizer.step()
            schedule.step()
    return _tested(net, test, seed) | {"seconds": time.process_time() - start}


@torch.no_grad()
def _tested(net: torch.nn.Module, test: Any, seed: int) -> dict[str, Any]:
    net.eval()
    x, normals = (torch.tensor(a, dtype=torch.float32) for a in (test.points, test.normals))
    turn = _rotations(len(x), torch.Generator().manual_seed(seed + 1))
    # Rotated in double precision, so that the data are as exact as the network.
    rotated = (x.double() @ turn).float()
    y = torch.cat([net(part) for part in x.split(_BATCH)])
    z = torch.cat([net(part) for part in rotated.split(_BATCH)])
    aligned, turned = _loss(y, normals), _loss(z, normals @ turn.float())
    change = _loss(z, torch.nn.functional.normalize(y, dim=-1) @ turn.float())
    by_kind = {
        kind: [float(e[[k == kind for k in test.kinds]].mean()) for e in (aligned, turned)] for kind in set(test.kinds)
    }
    return {
        "aligned": float(aligned.mean()),
        "rotated": float(turned.mean()),
        "angle": [float(np.degrees(np.arcsin(np.sqrt(e.clamp(0, 1).numpy())).mean())) for e in (aligned, turned)],
        "change": float(change.max()),
        "by_kind": dict(sorted(by_kind.items())),
    }


def _rotations(number: int, generator: torch.Generator) -> torch.Tensor:
    """Rotations from Haar measure, by unit quaternions."""
    q = torch.nn.functional.normalize(torch.randn(number, 4, generator=generator, dtype=torch.float64), dim=1)
    w, x, y, z = q.unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]  # fmt: skip
    return torch.stack(rows, 1).reshape(-1, 3, 3)

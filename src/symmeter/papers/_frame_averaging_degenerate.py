"""What frames do at equal eigenvalues: invariance of random networks on symmetric clouds, continuity beside them."""

from __future__ import annotations

from typing import Any

import torch

from symmeter.papers._frame_averaging_principal import PrincipalAxes

__all__ = ["CLOUDS", "POLICIES", "SIZES", "measured"]

#: Sizes of the perturbations of a cube.
SIZES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
POLICIES = ("naive", "weighted", "blend")
CLOUDS = ("generic", "box", "cube")


def _corners(a: float, b: float, c: float) -> torch.Tensor:
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 3)
    return signs * torch.tensor([a, b, c], dtype=torch.float64)


def _cloud(name: str, generator: torch.Generator) -> torch.Tensor:
    if name == "generic":
        return torch.randn(8, 3, generator=generator, dtype=torch.float64)
    return _corners(1.0, 1.0, 2.0 if name == "box" else 1.0)


def _network(generator: torch.Generator) -> torch.nn.Module:
    """A random perceptron on all coordinates, written out in the order of the points."""
    from symmeter.nn.frames.backbones import MLP

    net = MLP((24, 32, 1), torch.nn.Tanh(), flatten=True).double()
    for p in net.parameters():
        torch.nn.init.uniform_(p, -0.2, 0.2, generator=generator)
    return net


def _model(policy: str, net: torch.nn.Module) -> torch.nn.Module:
    if policy == "naive":
        return PrincipalAxes(net, "scalar")
    from symmeter.nn.frames import FrameAverage

    return FrameAverage(net, "E(3)", inputs={"x": "points"}, output="scalar", degenerate=policy)


@torch.no_grad()
def measured(poses: int, seed: int) -> dict[str, Any]:
    """Spread over poses for three clouds, and oscillation about a cube for five sizes, for every policy.

    Returns
    -------
    dict
        By policy: ``spread`` by cloud (largest minus smallest output over random motions), ``oscillation`` by size
        (largest minus smallest output while the direction of a stretch by ``1 + size`` turns).
    """
    out: dict[str, Any] = {"sizes": list(SIZES), "poses": poses}
    for policy in POLICIES:
        generator = torch.Generator().manual_seed(seed)
        net = _network(generator)
        try:
            model = _model(policy, net).eval()
        except ImportError:
            continue
        spread = {}
        for name in CLOUDS:
            q, _ = torch.linalg.qr(torch.randn(poses, 3, 3, generator=generator, dtype=torch.float64))
            shift = torch.randn(poses, 1, 3, generator=generator, dtype=torch.float64)
            y = model(_cloud(name, generator) @ q + shift)
            spread[name] = float(y.max() - y.min())
        # A frame may not depend on which way a cube is stretched by next to nothing.
        direction = torch.nn.functional.normalize(
            torch.randn(poses, 3, generator=generator, dtype=torch.float64), dim=1
        )
        oscillation = []
        for size in SIZES:
            stretch = torch.eye(3, dtype=torch.float64) + size * direction[:, :, None] * direction[:, None, :]
            y = model(_corners(1.0, 1.0, 1.0) @ stretch)
            oscillation.append(float(y.max() - y.min()))
        out[policy] = {"spread": spread, "oscillation": oscillation, "typical": float(y.abs().mean())}
    return out

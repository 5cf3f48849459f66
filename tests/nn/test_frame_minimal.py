"""Minimal frames have as many poses as the unlabelled cloud has symmetries, and are exact."""

from __future__ import annotations

from itertools import product

import pytest

torch = pytest.importorskip("torch")

from symmeter.errors import InputError  # noqa: E402
from symmeter.nn.frames import EuclideanFrame, FrameAverage  # noqa: E402

DOUBLE = torch.float64
CUBE = torch.tensor(list(product((-1.0, 1.0), repeat=3)), dtype=DOUBLE)
TURN = torch.arange(6, dtype=DOUBLE) * torch.pi / 3
GOLD = (1 + 5**0.5) / 2
ICOSAHEDRON = torch.cat(
    [
        torch.tensor([[0.0, a, b * GOLD]], dtype=DOUBLE).roll(k, 1)
        for a, b in product((-1, 1), repeat=2)
        for k in range(3)
    ]
)
#: Cloud, and the orders of its symmetries with and without reflections.
CLOUDS = {
    "generic": (torch.randn(7, 3, dtype=DOUBLE, generator=torch.Generator().manual_seed(0)), 1, 1),
    "cube": (CUBE, 48, 24),
    "tetragonal box": (CUBE * torch.tensor([1.0, 1.0, 2.0], dtype=DOUBLE), 16, 8),
    "brick": (CUBE * torch.tensor([1.0, 1.5, 2.0], dtype=DOUBLE), 8, 4),
    "octahedron": (torch.cat([torch.eye(3, dtype=DOUBLE), -torch.eye(3, dtype=DOUBLE)]), 48, 24),
    "hexagon": (torch.stack([TURN.cos(), TURN.sin(), 0 * TURN], 1), 24, 12),
    "tetrahedron": (CUBE[[0, 3, 5, 6]], 24, 12),
    "icosahedron": (ICOSAHEDRON, 120, 60),
}


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("group", ["O(3)", "SO(3)", "E(3)"])
def test_as_many_poses_as_symmetries(name: str, group: str) -> None:
    cloud, whole, proper = CLOUDS[name]
    frame = EuclideanFrame(group, frames="minimal").compute(cloud[None])
    assert frame.sizes.tolist() == [proper if group.startswith("S") else whole]
    torch.testing.assert_close(frame.weights.sum(1), torch.ones(1, dtype=DOUBLE))


@pytest.mark.parametrize("name", CLOUDS)
@pytest.mark.parametrize("degenerate", ["blend", "weighted"])
def test_exact_for_networks_that_treat_points_alike(name: str, degenerate: str) -> None:
    torch.manual_seed(0)
    each = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    cloud, _, _ = CLOUDS[name]
    model = FrameAverage(lambda x: each(x).sum(1), "E(3)", output="vectors", frames="minimal", degenerate=degenerate)
    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        q = torch.linalg.qr(torch.randn(3, 3, dtype=DOUBLE, generator=generator))[0]
        order = torch.randperm(len(cloud), generator=generator)
        moved = (cloud @ q.T + torch.randn(3, dtype=DOUBLE, generator=generator))[order]
        torch.testing.assert_close(model(moved[None]), model(cloud[None]) @ q.T, atol=1e-11, rtol=0)


def test_masses_break_symmetries() -> None:
    masses = torch.ones(1, 8, dtype=DOUBLE)
    masses[0, 0] = 3.0
    frame = EuclideanFrame("O(3)", frames="minimal")
    # What is left of the cube are the turns and mirrors about one of its diagonals.
    assert frame.compute(CUBE[None], masses=masses).sizes.tolist() == [6]
    mask = torch.ones(1, 9, dtype=torch.bool)
    mask[0, 8] = False
    padded = torch.cat([CUBE, torch.full((1, 3), torch.nan, dtype=DOUBLE)])[None]
    assert frame.compute(padded, mask).sizes.tolist() == [48]


def test_unknown_choice() -> None:
    with pytest.raises(InputError, match="use 'full' or 'minimal'"):
        EuclideanFrame("O(3)", frames="smallest")

"""Frames of point clouds and averages over them, one thread, beside the least that they can cost and the peer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.groups import point_group  # noqa: E402
from symmeter.nn.frames import EuclideanFrame, FrameAverage  # noqa: E402

GENERATOR = torch.Generator().manual_seed(0)
STRETCH = torch.tensor([1.0, 2.0, 3.0])


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with torch.no_grad():
        yield
    torch.set_num_threads(before)


def clouds(number: int, points: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return (torch.randn(number, points, 3, generator=GENERATOR) * STRETCH).to(dtype)


def network(*widths: int) -> torch.nn.Module:
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    for a, b in pairwise(widths):
        layers += [torch.nn.Linear(a, b), torch.nn.SiLU()]
    return torch.nn.Sequential(*layers[:-1])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("group", ["E(3)", "SO(3)"])
def test_frames_beside_covariance_and_eigenvectors(beside, group, dtype):
    x = clouds(256, 1024, dtype)
    frame = EuclideanFrame(group)

    def floor() -> torch.Tensor:
        y = x - x.mean(1, keepdim=True) if "E" in group else x
        return torch.linalg.eigh(y.mT @ y).eigenvectors

    poses = beside(
        f"{group} frames of 256 clouds of 1024 points, {str(dtype)[6:]}",
        lambda: frame.compute(x),
        floor,
        "covariance + eigh",
        speedup=0.5,
        rounds=41,
        baseline_rounds=40,
    )
    assert len(poses.sizes) == 256


@pytest.mark.parametrize("output", ["scalars", "vectors"])
def test_frame_averaging_beside_a_grid_of_120(beside, output):
    x, net = clouds(64, 64), network(3, 128, 128, 3)
    grid = torch.from_numpy(np.array(point_group("Ih").matrices)).float()

    def over_the_grid() -> torch.Tensor:
        # Eight poses at a time, as the frame has: one batch of 120 leaves the cache, which would flatter the frame.
        total = torch.zeros(64, 64, 3)
        for some in grid.split(8):
            y = net((x[:, None] @ some).flatten(0, 1)).unflatten(0, (64, 8))
            total += (y @ some.mT if output == "vectors" else y).sum(1)
        return total / len(grid)

    model = FrameAverage(net, "O(3)", output=output)
    # 120 passes against 8, and nine tenths of that for the frame itself.
    y = beside(
        f"average over O(3), {output}, 64 clouds of 64 points",
        lambda: model(x),
        over_the_grid,
        "120 icosahedral poses",
        speedup=0.9 * 120 / 8,
        rounds=15,
        baseline_rounds=4,
    )
    assert y.shape == (64, 64, 3)


def test_frame_averaging_beside_the_peer(beside):
    peer = pytest.importorskip("frame_averaging_pytorch")
    x, net = clouds(256, 64), network(3, 64, 3)
    ours, theirs = FrameAverage(net, "E(3)", output="points"), peer.FrameAverage(net, dim=3)
    y = beside(
        "FA of a 3-64-3 network, 256 clouds of 64 points",
        lambda: ours(x),
        lambda: theirs(x),
        "frame-averaging-pytorch",
        speedup=1.0,
        rounds=25,
        baseline_rounds=24,
    )
    # The peer leaves out the centroid; apart from it the two agree.
    torch.testing.assert_close(y - x.mean(1, keepdim=True), theirs(x), atol=1e-4, rtol=0)


class Filters(torch.nn.Module):
    """Continuous filters of the distances between all pairs, then one mixing of coordinates."""

    def __init__(self, share: bool) -> None:
        super().__init__()
        self.radial, self.into, self.out = network(1, 32, 32), network(3, 32), network(32, 32, 3)
        if share:
            self.shared = lambda x: {"filters": self.filters(x)}

    def filters(self, x: torch.Tensor) -> torch.Tensor:
        return self.radial(torch.cdist(x, x)[..., None])

    def forward(self, x: torch.Tensor, filters: torch.Tensor | None = None) -> torch.Tensor:
        filters = self.filters(x) if filters is None else filters
        return self.out(torch.einsum("bijc,bjc->bic", filters, self.into(x)))


def test_what_no_pose_changes_made_once(beside):
    x = clouds(32, 24)
    once = FrameAverage(Filters(True), "O(3)", output="vectors")
    each = FrameAverage(Filters(False), "O(3)", output="vectors")
    y = beside(
        "FA of filters of distances, 32 clouds of 24 points",
        lambda: once(x),
        lambda: each(x),
        "made in every pose",
        speedup=2.0,
        rounds=15,
        baseline_rounds=8,
    )
    torch.testing.assert_close(y, each(x), atol=1e-4, rtol=0)

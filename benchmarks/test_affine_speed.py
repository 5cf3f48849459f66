"""Affine convolutions: a training step beside the published arrangement, coordinates beside eigenvectors, one thread.

The published arrangement (written anew in ``symmeter.papers._lie_decompositions_timing``) computes the coordinates of
all pairs of samples by eigenvectors in every layer and evaluates the kernel networks densely, before masking. The
convolution itself is most of a step and the same in both.
"""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from symmeter.nn.affine import AffineResNet, GroupSampler, polar  # noqa: E402
from symmeter.papers._lie_decompositions_timing import dense  # noqa: E402


@pytest.fixture(autouse=True)
def _one_torch_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("group", ["sl2", "gl2"])
def test_training_step_beside_the_dense_arrangement(beside: Any, group: str) -> None:
    x = torch.rand(16, 1, 24, 24)
    torch.manual_seed(0)
    ours = AffineResNet(group, width=10, samples=10, mode="frozen", seed=0, hidden=64)
    theirs = AffineResNet(group, width=10, samples=10, mode="frozen", seed=0, hidden=64)
    theirs.load_state_dict(ours.state_dict())
    dense(theirs)

    def step(net: AffineResNet) -> torch.Tensor:
        net.zero_grad()
        out = net(x)
        out.square().sum().backward()
        return out.detach()

    ours.eval()
    theirs.eval()
    found = beside(
        f"training step on {group}, width 10, 10 samples",
        lambda: step(ours),
        lambda: step(theirs),
        "kernels evaluated densely",
        speedup=1,
    )
    torch.testing.assert_close(found, step(theirs), atol=1e-4, rtol=1e-3)


def test_separable_kernels_beside_full_ones(beside: Any) -> None:
    x = torch.rand(16, 1, 24, 24)
    nets = [AffineResNet("gl2", width=10, samples=10, hidden=64, rank=rank) for rank in (1, None)]

    def step(net: AffineResNet) -> int:
        net.zero_grad()
        net(x).square().sum().backward()
        return 1

    assert beside(
        "training step on gl2 with kernels of rank 1", lambda: step(nets[0]), lambda: step(nets[1]), "full kernels"
    )


def test_coordinates_of_100_000_matrices_in_torch(beside: Any) -> None:
    g = GroupSampler("gl2", 100_000, mode="frozen", seed=0).draw().elements

    def by_eigenvectors() -> torch.Tensor:
        values, vectors = torch.linalg.eigh(g @ g.mT)
        log = (vectors * values.log()[..., None, :] / 2) @ vectors.mT
        _ = (vectors * values.rsqrt()[..., None, :]) @ vectors.mT @ g
        return log

    found = beside(
        "polar coordinates of 100,000 2 x 2 matrices, torch",
        lambda: polar(g)[0],
        by_eigenvectors,
        "eigenvectors of g g^T",
        speedup=5,
    )
    torch.testing.assert_close(found, by_eigenvectors(), atol=1e-10, rtol=0)

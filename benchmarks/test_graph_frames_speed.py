"""Graph frames, lists of graphs and the particle simulator, one thread, beside the obvious way to do the same.

No package at hand computes permutation frames; networkx's refinement hashes and a loop over steps stand in.
"""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.nn.frames import DGCNN, FrameAverage, PermutationFrame  # noqa: E402
from symmeter.nn.graphs import all_graphs, canonical_codes, connected_graphs, wl_colours  # noqa: E402
from symmeter.nn.nbody import simulate_charges  # noqa: E402


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.benchmark(group="graphs on eight vertices")
def test_canonical_codes(benchmark):
    graphs = all_graphs(8)
    assert len(np.unique(benchmark(canonical_codes, graphs))) == 12346


@pytest.mark.benchmark(group="graphs on eight vertices")
def test_laplacian_frames(benchmark):
    graphs = connected_graphs(8)
    assert sum(benchmark(lambda: PermutationFrame().compute(graphs).all_sizes)) == 588694


@pytest.mark.benchmark(group="graphs on eight vertices")
def test_elements_up_to_automorphisms(benchmark):
    frames = PermutationFrame().compute(connected_graphs(8))
    assert len(benchmark(lambda: frames.elements(limit=40_320))) == 39725


@pytest.mark.benchmark(group="colour refinement of 853 graphs")
def test_refinement_here(benchmark):
    graphs = connected_graphs(7)
    assert benchmark(wl_colours, graphs).shape == (853, 7)


@pytest.mark.benchmark(group="colour refinement of 853 graphs")
def test_refinement_networkx(benchmark):
    nx = pytest.importorskip("networkx")
    graphs = [nx.from_numpy_array(a) for a in connected_graphs(7)]
    call = lambda: [nx.weisfeiler_lehman_graph_hash(g, iterations=7) for g in graphs]  # noqa: E731
    assert len(benchmark(call)) == 853


@pytest.mark.benchmark(group="ten charged systems, 1000 steps")
def test_simulator_here(benchmark):
    assert len(benchmark(lambda: simulate_charges(10, steps=1000, rng=0))) == 10


@pytest.mark.benchmark(group="ten charged systems, 1000 steps")
def test_simulator_one_system_at_a_time(benchmark):
    found = simulate_charges(10, steps=0, rng=0)

    def each():
        for x, v, q in zip(found.positions[:, 0].copy(), found.velocities[:, 0].copy(), found.charges):
            products = q[:, None] * q[None]
            for _ in range(1000):
                apart = x[:, None] - x[None]
                cubed = np.linalg.norm(apart, axis=-1) ** 3 + np.eye(5)
                v += 1e-3 * np.clip((products / cubed)[..., None] * apart, -100, 100).sum(1)
                x += 1e-3 * v

    benchmark(each)


@pytest.mark.benchmark(group="frame-averaged DGCNN, four clouds of 256")
@pytest.mark.parametrize("way", ["neighbours once", "neighbours in every pose"])
def test_shared_neighbours(benchmark, way):
    net = DGCNN(width=24, layers=2, neighbours=12, dynamic=False)
    backbone = net if way == "neighbours once" else lambda x: net(x)
    model = FrameAverage(backbone, "O(3)", inputs={"x": "points"}, output="vectors", degenerate="warn")
    x = torch.randn(4, 256, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert benchmark(model, x).shape == (4, 256, 3)

"""Exactness of permutation averages: every kind of graph, key, network and output, in double precision."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch")
nx = pytest.importorskip("networkx")

from symmeter.errors import InputError, InputTypeError, ShapeError  # noqa: E402
from symmeter.nn.frames import (  # noqa: E402
    GIN,
    FrameAverage,
    GraphMLP,
    OrderedPoints,
    PermutationAverage,
    PermutationFrame,
    SortingFrame,
    fa_gin,
    fa_mlp,
)

DOUBLE = torch.float64


def matrix(graph: nx.Graph) -> torch.Tensor:
    return torch.tensor(nx.to_numpy_array(graph), dtype=DOUBLE)


def shrikhande() -> nx.Graph:
    """Strongly regular with the parameters of the rook's graph, and not isomorphic to it."""
    steps = [(0, 1), (1, 0), (1, 1)]
    g = nx.Graph()
    for a, b in itertools.product(range(4), repeat=2):
        g.add_edges_from(((a, b), ((a + s) % 4, (b + t) % 4)) for s, t in steps)
    return g


def weighted(n: int, nearly: float = 0.0) -> torch.Tensor:
    """Weights of a ring, all different, or equal but for differences that keys cannot see."""
    draw = torch.rand(n, dtype=DOUBLE, generator=torch.Generator().manual_seed(n))
    weights = 1.0 + (nearly * draw if nearly else draw)
    a = torch.zeros(n, n, dtype=DOUBLE)
    for i in range(n):
        a[i, (i + 1) % n] = a[(i + 1) % n, i] = weights[i]
    return a


LOOPS = matrix(nx.path_graph(5)) + torch.diag(torch.tensor([1.0, 0, 0, 2.0, 0], dtype=DOUBLE))
GRAPHS: dict[str, torch.Tensor] = {
    "no edges": torch.zeros(6, 6, dtype=DOUBLE),
    "one vertex": torch.zeros(1, 1, dtype=DOUBLE),
    "complete": matrix(nx.complete_graph(6)),
    "copies": matrix(nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(3))),
    "isolated": matrix(nx.disjoint_union(nx.path_graph(4), nx.empty_graph(3))),
    "Petersen": matrix(nx.petersen_graph()),
    "cube": matrix(nx.hypercube_graph(3)),
    "rook": matrix(nx.line_graph(nx.complete_bipartite_graph(4, 4))),
    "Shrikhande": matrix(shrikhande()),
    "Frucht": matrix(nx.frucht_graph()),
    "cubic": matrix(nx.random_regular_graph(3, 14, seed=1)),
    "loops": LOOPS,
    "weights": weighted(7),
    "nearly equal weights": weighted(6, 1e-8),
    "weights within rounding": weighted(6, 1e-15),
    "signs": matrix(nx.cycle_graph(5)) - 2.0 * matrix(nx.path_graph(5)),
}


class Pairs(torch.nn.Module):
    """One number a pair of vertices, from all entries."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.net = GraphMLP(n, hidden=(16,), outputs=n * n)

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        return self.net(a).unflatten(1, a.shape[1:])


class Tokens(torch.nn.Module):
    """A transformer whose tokens are rows of the matrix with a code of their place."""

    def __init__(self, n: int, nodes: bool) -> None:
        super().__init__()
        self.embed, self.place = torch.nn.Linear(n, 8), torch.nn.Parameter(torch.randn(n, 8))
        self.block = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        self.nodes = nodes

    def forward(self, a: torch.Tensor) -> torch.Tensor:
        h = self.block(self.embed(a) + self.place)
        return h if self.nodes else h.mean(1)


BACKBONES: dict[str, tuple[Callable[[int], torch.nn.Module], str]] = {
    "mlp": (lambda n: GraphMLP(n, hidden=(16,), outputs=3), "scalar"),
    "gin": (lambda n: GIN(ids=n, width=8, outputs=3), "scalar"),
    "gin nodes": (lambda n: GIN(ids=n, width=8, outputs=3, output="nodes"), "nodes"),
    "transformer": (lambda n: Tokens(n, False), "scalar"),
    "transformer nodes": (lambda n: Tokens(n, True), "nodes"),
    "pairs": (Pairs, "adjacency"),
}


def moved(y: torch.Tensor, p: torch.Tensor, output: str) -> torch.Tensor:
    if output == "scalar":
        return y
    return y[:, p] if output == "nodes" else y[:, p][:, :, p]


@pytest.mark.parametrize("keys", ["laplacian", "refinement", "wl", "degree"])
@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("name", GRAPHS)
def test_renumbering(name: str, backbone: str, keys: str) -> None:
    a = GRAPHS[name][None]
    make, output = BACKBONES[backbone]
    torch.manual_seed(0)
    model = PermutationAverage(make(a.shape[1]).double().eval(), PermutationFrame(keys), output=output, limit=130)
    with torch.no_grad():
        y = model(a)
        assert bool(model.estimate(a).exact.all())
        for seed in range(3):
            p = torch.randperm(a.shape[1], generator=torch.Generator().manual_seed(seed))
            z = model(a[:, p][:, :, p])
            assert (z - moved(y, p, output)).abs().max() <= 1e-12 * y.abs().max()


def test_graphs_that_refinement_confuses_are_told_apart() -> None:
    both = torch.stack([GRAPHS["rook"], GRAPHS["Shrikhande"]])
    torch.manual_seed(0)
    y = fa_mlp(16).double()(both)
    assert (y[0] - y[1]).abs().max() > 1e-3
    plain = GIN().double()(both)
    assert (plain[0] - plain[1]).abs().max() < 1e-12


# ---- against the definition -----------------------------------------------------------------------------------------


def definition(net: Callable, a: torch.Tensor, frame: PermutationFrame, output: str) -> torch.Tensor:
    found = frame.compute(a).enumerate(limit=50_000)
    total = torch.zeros(())
    for p in found:
        y = net(a[p][:, p][None])
        back = torch.argsort(p)
        total = total + moved(y, back, output)
    return total / len(found)


@pytest.mark.parametrize("name", ["nearly equal weights", "weights within rounding", "copies", "no edges", "isolated"])
@pytest.mark.parametrize("backbone", ["mlp", "gin nodes", "pairs"])
def test_merged_orderings_change_nothing(name: str, backbone: str) -> None:
    a = GRAPHS[name]
    make, output = BACKBONES[backbone]
    torch.manual_seed(0)
    net = make(len(a)).double()
    with torch.no_grad():
        model = PermutationAverage(net, output=output, limit=50_000)
        torch.testing.assert_close(model(a[None]), definition(net, a, model.frame, output), rtol=0, atol=1e-12)


def test_vertices_that_differ_by_less_than_the_tolerance_are_not_taken_for_the_same() -> None:
    a, x = matrix(nx.cycle_graph(6)), torch.tensor([0.0, 1e-8, 2e-8, -1e-8, 1.0, 1.0 + 1e-8], dtype=DOUBLE)[:, None]
    frames = PermutationFrame().compute(a, x)
    assert frames.blocks == (4, 2)
    assert frames.automorphisms().order == 2
    assert frames.automorphisms(strict=True).order == 1
    assert len(frames.elements()) == frames.size == 48
    # In single precision such differences may be rounding, and the two are one.
    assert len(PermutationFrame().compute(a.float(), x.float()).elements()) == 24
    model = fa_mlp(6, 1, outputs=2).double()
    p = torch.tensor([3, 0, 5, 2, 1, 4])
    assert (model(a[None], x[None]) - model(a[p][:, p][None], x[p][None])).abs().max() < 1e-13


def test_a_canonical_order_in_place_of_a_large_frame_belongs_to_it() -> None:
    a = GRAPHS["isolated"]
    frames = PermutationFrame().compute(a)
    few = frames.elements(limit=1)
    assert len(few) == 1
    assert bool(few.exact.all())
    [order] = few.permutations
    assert (np.diff(frames.block_of[0][order]) >= 0).all()
    sets = SortingFrame().compute(features=1e-9 * torch.rand(9, 2, dtype=DOUBLE) + 1.0)
    assert sets.blocks == (9,)
    assert len(sets.elements(limit=100)) == 1


def test_near_duplicates_of_a_set() -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.ones(1, 9, 2, dtype=DOUBLE) + 1e-9 * torch.rand(1, 9, 2, dtype=DOUBLE, generator=g)
    x[:, 7:] = torch.tensor([5.0, 6.0], dtype=DOUBLE)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(18, 2)).double()
    for limit in (10, 10_000):
        model = OrderedPoints(net, limit=limit)
        p = torch.randperm(9, generator=g)
        torch.testing.assert_close(model(x[:, p]), model(x), rtol=0, atol=1e-14)


# ---- batches --------------------------------------------------------------------------------------------------------


def padded(graphs: list[torch.Tensor], n: int, filling: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    a, mask = torch.full((len(graphs), n, n), filling, dtype=DOUBLE), torch.zeros(len(graphs), n, dtype=torch.bool)
    for k, g in enumerate(graphs):
        a[k, : len(g), : len(g)], mask[k, : len(g)] = g, True
    return a, mask


@pytest.mark.parametrize("filling", [0.0, 7.0, float("nan")])
def test_what_stands_in_padding_does_not_matter(filling: float) -> None:
    some = [GRAPHS[k] for k in ("isolated", "one vertex", "cube", "loops")]
    a, mask = padded(some, 9, filling)
    x = torch.randn(4, 9, 2, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    for model in (fa_mlp(9, 2, limit=50).double(), fa_gin(9, 2, limit=50, width=8).double()):
        y = model(a, torch.where(mask[..., None], x, filling), mask)
        for k, g in enumerate(some):
            torch.testing.assert_close(model(g[None], x[k : k + 1, : len(g)])[0], y[k], rtol=0, atol=1e-12)


@pytest.mark.parametrize("keys", ["laplacian", "refinement"])
def test_samples_do_not_depend_on_what_stands_beside(keys: str) -> None:
    some = [GRAPHS[k] for k in ("Petersen", "cube", "no edges")]
    a, mask = padded(some, 11)
    torch.manual_seed(0)
    model = PermutationAverage(Pairs(11).double(), PermutationFrame(keys), output="adjacency", limit=3, samples=4)
    model.backbone.forward = lambda a, mask: Pairs.forward(model.backbone, a)
    together = model(a, mask=mask)
    for k in range(3):
        torch.testing.assert_close(model(a[k : k + 1], mask=mask[k : k + 1])[0], together[k], rtol=0, atol=1e-13)


def test_chunks_change_nothing() -> None:
    a, mask = padded([GRAPHS["isolated"], GRAPHS["loops"]], 7)
    torch.manual_seed(0)
    net = GIN(ids=7, width=8, output="nodes").double()
    whole = PermutationAverage(net, output="nodes", limit=5000)
    some = PermutationAverage(net, output="nodes", limit=5000, chunk=3)
    torch.testing.assert_close(some(a, mask=mask), whole(a, mask=mask), rtol=0, atol=1e-14)
    assert FrameAverage(net, "S(n)", chunk=3).average.chunk == 3


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32, torch.bfloat16])
def test_numbers_of_other_kinds(dtype: torch.dtype) -> None:
    a = torch.stack([GRAPHS["cube"], matrix(nx.path_graph(8))]).to(dtype)
    kind = dtype if dtype.is_floating_point else torch.float32
    p = torch.randperm(8, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    for model in (fa_mlp(8).to(kind), fa_gin(8, width=8).to(kind)):
        y = model(a)
        assert y.dtype == kind
        bound = 0.05 if dtype == torch.bfloat16 else 1e-4
        assert (model(a[:, p][:, :, p]) - y).abs().max() <= bound * y.abs().max()


# ---- training -------------------------------------------------------------------------------------------------------


def test_gradients_of_entries_and_features_move_with_them() -> None:
    torch.manual_seed(0)
    model = fa_mlp(7, 2, hidden=(8,), outputs=1, limit=200).double()
    a, x = GRAPHS["isolated"][None], torch.randn(1, 7, 2, dtype=DOUBLE)
    p = torch.randperm(7)

    def slopes(a: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        a, x = a.clone().requires_grad_(), x.clone().requires_grad_()
        return torch.autograd.grad(model(a, x).sum(), (a, x))

    (of_a, of_x), (of_moved_a, of_moved_x) = slopes(a, x), slopes(a[:, p][:, :, p], x[:, p])
    torch.testing.assert_close(of_moved_a, of_a[:, p][:, :, p], rtol=0, atol=1e-13)
    torch.testing.assert_close(of_moved_x, of_x[:, p], rtol=0, atol=1e-13)
    weights = torch.autograd.grad(model(a, x).sum(), list(model.parameters()))
    others = torch.autograd.grad(model(a[:, p][:, :, p], x[:, p]).sum(), list(model.parameters()))
    for one, other in zip(weights, others):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-13)


def test_samples_drawn_anew() -> None:
    some = [GRAPHS[k] for k in ("Petersen", "loops", "cube")]
    a, mask = padded(some, 10)
    frames = PermutationFrame().compute(a, mask=mask)
    elements = frames.elements(limit=10, samples=5, rng=0)
    assert elements.exact.tolist() == [False, True, False]
    again = frames.redrawn(elements, 1)
    still = elements.exact[elements.graph]
    assert np.array_equal(again.permutations[still], elements.permutations[still])
    assert (again.permutations[~still] != elements.permutations[~still]).any()
    for p, b in zip(again.permutations, again.graph):
        assert (np.diff(frames.block_of[b][p]) >= 0).all()
    whole = frames.elements(limit=50_000)
    assert frames.redrawn(whole) is whole


def test_one_random_ordering_is_right_in_the_mean() -> None:
    torch.manual_seed(0)
    net = GraphMLP(5, hidden=(8,), outputs=1).double()
    model = PermutationAverage(net, PermutationFrame("wl"), stochastic_train=True)
    x = matrix(nx.cycle_graph(5)).expand(3000, 5, 5)
    with torch.no_grad():
        whole = model.eval()(x[:1]).item()
        drawn = model.train()(x)[:, 0]
        # Twelve ordered graphs: all orders of a ring, up to turns and mirrors.
        assert len(drawn.round(decimals=9).unique()) == 12
        assert not torch.equal(drawn, model(x)[:, 0])
    assert abs(drawn.mean().item() - whole) <= 5 * drawn.std().item() / 3000**0.5


# ---- the front door -------------------------------------------------------------------------------------------------


def test_sets_and_graphs_by_name() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2)).double()
    x = torch.randn(3, 4, 3, dtype=DOUBLE)
    p = torch.randperm(4)
    model = FrameAverage(net, "S(n)", {"x": "nodes"})
    assert torch.equal(model(x), model(x[:, p]))
    assert torch.equal(model(x=x), model(x))
    assert model.equivariance_error(x) < 1e-12
    both = FrameAverage(GraphMLP(4, 3).double(), "permutations", {"x": "nodes", "a": "adjacency"})
    a = matrix(nx.path_graph(4)).expand(3, 4, 4)
    assert (both(x, a) - both(a=a[:, p][:, :, p], x=x[:, p])).abs().max() < 1e-13
    with pytest.raises(InputTypeError, match="'a' is missing"):
        both(x)
    with pytest.raises(InputTypeError, match="'y' is unknown"):
        both(x, a, y=x)
    with pytest.raises(InputError, match="orderings move 'adjacency' and 'nodes'"):
        FrameAverage(net, "S(n)", {"x": "points"})


@pytest.mark.parametrize("output", ["scalars", "nodes", "adjacency"])
def test_measured_through_the_front_door(output: str) -> None:
    make = {"scalars": "mlp", "nodes": "gin nodes", "adjacency": "pairs"}[output]
    torch.manual_seed(0)
    model = FrameAverage(BACKBONES[make][0](6).double(), "S(n)", output=output)
    graphs = torch.stack([GRAPHS[k] for k in ("no edges", "complete", "copies", "nearly equal weights")])
    assert model.equivariance_error(graphs) < 1e-11


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m(np.zeros((1, 4, 4))), InputTypeError, "given as a ndarray; give tensors"),
        (lambda m: m([torch.zeros(4, 4)]), InputTypeError, "given as a list; give tensors"),
        (lambda m: m(torch.zeros(4, 4)), ShapeError, r"give a batch: .* got \(4, 4\)"),
        (lambda m: m(torch.zeros(1, 4, 4).to_sparse()), InputTypeError, "dense"),
        (lambda m: PermutationAverage(lambda a: a.sum())(torch.zeros(2, 3, 3)), ShapeError, "must be the batch of 2"),
        (lambda m: PermutationAverage(lambda a: a.sum(2).long())(torch.zeros(2, 3, 3)), InputTypeError, "int64"),
        (lambda m: PermutationAverage(3), InputTypeError, "backbone is a int"),
        (lambda m: PermutationAverage(GraphMLP(3), chunk=0), InputError, "chunk is 0"),
        (lambda m: FrameAverage(GraphMLP(3), "S(n)", degenerate="error"), InputError, "orderings has no such choice"),
        (lambda m: FrameAverage(GraphMLP(3), "S(n)", shared={"a": abs}), InputError, "orderings has no such choice"),
        (lambda m: m.frame.compute(torch.zeros(3, 3)).elements(0), InputError, "limit is 0"),
        (
            lambda m: PermutationAverage(lambda a: a[:, :2], output="adjacency")(torch.zeros(1, 4, 4)),
            ShapeError,
            r"shape \(1, 4, 4, ...\)",
        ),
        (
            lambda m: PermutationAverage(torch.nn.Flatten())(torch.zeros(1, 2, 2), mask=torch.ones(1, 2)),
            InputTypeError,
            "backbone Flatten has no argument mask",
        ),
    ],
)
def test_bad_input(call: Callable, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(fa_mlp(4))

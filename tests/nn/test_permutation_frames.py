"""Permutation frames: sizes known in closed form, invariance under renumbering, and brute force as a second method."""

import itertools
from math import factorial

import numpy as np
import pytest

torch = pytest.importorskip("torch")
nx = pytest.importorskip("networkx")

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.nn.frames import (  # noqa: E402
    GIN,
    FrameAverage,
    GraphMLP,
    PermutationAverage,
    PermutationFrame,
    SortingFrame,
    fa_gin,
    fa_mlp,
    load_exp,
)
from symmeter.nn.frames.permutation_keys import KEYS, cluster_ranks  # noqa: E402
from symmeter.nn.graphs import connected_graphs  # noqa: E402

LAPLACIAN = PermutationFrame(keys="laplacian", tol=1e-6)


def matrix(graph):
    return nx.to_numpy_array(graph)


#: Graph, blocks under Laplacian keys, |F|, |Aut|.
NAMED = {
    "P4": (nx.path_graph(4), (2, 2), 4, 2),
    "P5": (nx.path_graph(5), (1, 2, 2), 4, 2),
    "star": (nx.star_graph(6), (1, 6), 720, 720),
    "C6": (nx.cycle_graph(6), (6,), 720, 12),
    "K33": (nx.complete_bipartite_graph(3, 3), (6,), 720, 72),
    "prism": (nx.circular_ladder_graph(3), (6,), 720, 12),
    "Petersen": (nx.petersen_graph(), (10,), factorial(10), 120),
    "Frucht": (nx.frucht_graph(), (1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1), 2, 1),
}


@pytest.mark.parametrize("name", NAMED)
def test_sizes_of_named_graphs(name):
    graph, blocks, size, automorphisms = NAMED[name]
    P = LAPLACIAN.compute(matrix(graph))
    assert sorted(P.blocks) == sorted(blocks)
    assert P.size == size
    assert P.automorphisms().order == automorphisms
    assert not P.ambiguous.any()
    # Orbit and stabiliser: this many different matrices, no more.
    assert len(P.elements(limit=40_000)) == size // automorphisms
    canonical = PermutationFrame(keys="refinement").compute(matrix(graph))
    assert canonical.size == automorphisms
    assert len(canonical.elements()) == 1


def moved(graphs, rng):
    p = rng.permuted(np.tile(np.arange(graphs.shape[1]), (len(graphs), 1)), axis=1)
    return graphs[np.arange(len(graphs))[:, None, None], p[:, :, None], p[:, None, :]], p


def ordered(graphs, order):
    return graphs[np.arange(len(graphs))[:, None, None], order[:, :, None], order[:, None, :]]


# ---- all connected graphs on seven vertices -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seven():
    graphs = connected_graphs(7)
    return graphs, LAPLACIAN.compute(graphs)


def test_sizes_on_seven_vertices(seven):
    _, P = seven
    sizes = np.array(P.size)
    order = np.array([P.automorphisms(b).order for b in range(len(sizes))])
    assert (sizes.sum(), sizes.max(), np.median(sizes), order.sum()) == (29792, 5040, 4, 11338)
    assert round(sizes.mean(), 2) == 34.93
    assert round(order.mean(), 2) == 13.29
    assert (sizes == order).sum() == 528
    assert round(sizes.mean() / 5040, 4) == 0.0069
    assert (sizes % order == 0).all()
    elements = P.elements(limit=5040)
    np.testing.assert_array_equal(np.bincount(elements.graph), sizes // order)
    np.testing.assert_allclose(np.bincount(elements.graph, elements.weights), 1.0, atol=1e-12)
    for b in range(0, len(sizes), 7):
        labels = P.automorphisms(b).orbit_labels
        pairs = set(zip(labels.tolist(), elements.orbits[b].tolist()))
        assert len(pairs) == len(set(labels.tolist())) == len(set(elements.orbits[b].tolist()))


@pytest.mark.parametrize("keys", ["laplacian", "degree,laplacian,triangles", "projectors", "laplacian,wl", "wl"])
def test_keys_do_not_depend_on_the_numbering(seven, keys):
    graphs, _ = seven
    frame = PermutationFrame(keys)
    here = frame.compute(graphs)
    for seed in range(3):
        other, p = moved(graphs, np.random.default_rng(seed))
        there = frame.compute(other)
        clear = ~here.ambiguous
        assert clear.mean() > 0.99
        np.testing.assert_array_equal(there.block_of[clear], np.take_along_axis(here.block_of, p, 1)[clear])


def test_equality_of_floats_would_depend_on_the_numbering(seven):
    # The trap: eigenspaces by equality of eigenvalues. Their number alone changes with the numbering.
    graphs, _ = seven
    other, _ = moved(graphs, np.random.default_rng(0))

    def spaces(a):
        a = a.astype(float)
        values = np.linalg.eigvalsh(a.sum(2)[:, :, None] * np.eye(7) - a)
        return np.array([len(np.unique(row)) for row in values])

    assert (spaces(graphs) != spaces(other)).sum() > 50


def test_more_keys_never_enlarge_a_frame(seven):
    graphs, P = seven
    sizes = np.array(P.size)
    for keys in ("laplacian,degree,triangles", "laplacian,wl", "laplacian,projectors"):
        assert (np.array(PermutationFrame(keys).compute(graphs).size) <= sizes).all()


def test_a_network_that_reads_entries_becomes_invariant_bit_by_bit(seven):
    graphs, _ = seven
    torch.manual_seed(0)
    model = fa_mlp(7, limit=5040).double()
    y = model(torch.tensor(graphs, dtype=torch.float64))
    for seed in range(2):
        other, _ = moved(graphs, np.random.default_rng(seed))
        z = model(torch.tensor(other, dtype=torch.float64))
        assert (y - z).abs().max() <= 1e-15
    distance = torch.cdist(torch.tanh(y), torch.tanh(y), p=1).fill_diagonal_(1.0)
    assert distance.min() > 1e-3


def test_canonical_orderings_are_canonical(seven):
    graphs, _ = seven
    some = graphs[::9]
    for keys in ("refinement", "laplacian,refinement"):
        frame = PermutationFrame(keys)
        forms = ordered(some, frame.compute(some).order)
        other, _ = moved(some, np.random.default_rng(1))
        np.testing.assert_array_equal(forms, ordered(other, frame.compute(other).order))
        assert len(np.unique(forms.reshape(len(some), -1), axis=0)) == len(some)


# ---- elements -------------------------------------------------------------------------------------------------------


def test_enumeration_against_brute_force():
    graph = nx.Graph([(0, 1), (1, 2), (2, 3), (3, 4), (1, 3)])
    P = LAPLACIAN.compute(matrix(graph))
    found = {tuple(p) for p in P.enumerate().tolist()}
    sorted_blocks = sorted(P.block_of[0])
    brute = {p for p in itertools.permutations(range(5)) if [P.block_of[0][v] for v in p] == sorted_blocks}
    assert found == brute
    assert len(found) == P.size


def test_a_frame_contains_the_automorphisms():
    a = matrix(nx.cycle_graph(6))
    P = LAPLACIAN.compute(a)
    found = {tuple(p) for p in P.enumerate().tolist()}
    first = P.enumerate()[0]
    for g in P.automorphisms().elements_array():
        assert tuple(g[first]) in found


@pytest.mark.parametrize("keys", ["laplacian", "refinement"])
def test_samples_are_uniform(keys):
    P = PermutationFrame(keys).compute(matrix(nx.cycle_graph(4)))
    draws = P.sample(12_000, np.random.default_rng(0))
    _, counts = np.unique(draws, axis=0, return_counts=True)
    assert len(counts) == P.size
    expected = 12_000 / P.size
    chi = ((counts - expected) ** 2 / expected).sum()
    # Mean n - 1, standard deviation sqrt(2 (n - 1)): four of these.
    assert chi < (P.size - 1) + 4 * np.sqrt(2 * (P.size - 1))


def test_samples_follow_the_seed_and_the_kind_of_array():
    a = torch.tensor(matrix(nx.cycle_graph(5)))
    P = LAPLACIAN.compute(a)
    one = P.sample(16, torch.Generator().manual_seed(3))
    two = P.sample(16, torch.Generator().manual_seed(3))
    assert isinstance(one, torch.Tensor)
    assert one.shape == (16, 5)
    assert torch.equal(one, two)
    np.testing.assert_array_equal(LAPLACIAN.compute(a.numpy()).sample(4, 7), LAPLACIAN.compute(a.numpy()).sample(4, 7))


def test_elements_of_some_graphs():
    graphs = connected_graphs(5)
    elements = LAPLACIAN.compute(graphs).elements()
    some = elements.of([7, 2, 7])
    alone = LAPLACIAN.compute(graphs[[7, 2, 7]]).elements()
    np.testing.assert_array_equal(some.permutations, alone.permutations)
    np.testing.assert_array_equal(some.graph, alone.graph)
    np.testing.assert_allclose(some.weights, alone.weights)


# ---- averages -------------------------------------------------------------------------------------------------------


def brute_force(net, a, P, x=None, nodes=False):
    """The definition: every element of the frame by itself."""
    total = 0.0
    for p in P.enumerate():
        p = torch.as_tensor(np.asarray(p))
        inputs = [a[p][:, p][None]] + ([] if x is None else [x[p][None]])
        y = net(*inputs)[0]
        if nodes:
            y = y[torch.argsort(p)]
        total = total + y
    return total / P.size


@pytest.mark.parametrize("name", ["P4", "C6", "prism", "Frucht"])
@pytest.mark.parametrize("keys", ["laplacian", "refinement"])
def test_merged_averages_are_the_averages(name, keys):
    a = torch.tensor(matrix(NAMED[name][0]))
    frame = PermutationFrame(keys)
    P = frame.compute(a)
    torch.manual_seed(1)
    net = GraphMLP(len(a), outputs=3).double()
    model = PermutationAverage(net, frame)
    torch.testing.assert_close(model(a[None])[0], brute_force(net, a, P), rtol=0, atol=1e-13)
    node_net = GIN(ids=len(a), outputs=2, width=8, output="nodes").double()
    nodes = PermutationAverage(node_net, frame, output="nodes")
    torch.testing.assert_close(nodes(a[None])[0], brute_force(node_net, a, P, nodes=True), rtol=0, atol=1e-12)


def test_node_outputs_move_with_the_nodes():
    torch.manual_seed(0)
    model = fa_gin(7, 2, output="nodes", outputs=3, width=16, limit=5040).double()
    graphs = torch.tensor(connected_graphs(7)[::40], dtype=torch.float64)
    x = torch.randn(len(graphs), 7, 2, dtype=torch.float64)
    p = torch.randperm(7)
    y = model(graphs, x)
    assert (model(graphs[:, p][:, :, p], x[:, p]) - y[:, p]).abs().max() < 1e-12
    # Vertices that an automorphism exchanges get equal outputs.
    star = torch.tensor(matrix(nx.star_graph(6)))[None]
    out = fa_gin(7, output="nodes", outputs=3, width=16).double()(star)[0]
    assert (out[1:] - out[1]).abs().max() < 1e-13


def test_pair_outputs_move_with_the_pairs():
    class Reader(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = GraphMLP(5, outputs=25).double()

        def forward(self, a):
            return self.net(a).reshape(-1, 5, 5)

    torch.manual_seed(0)
    graphs = torch.tensor(connected_graphs(5), dtype=torch.float64)
    for keys in ("laplacian", "refinement"):
        model = PermutationAverage(Reader(), PermutationFrame(keys), output="adjacency")
        p = torch.randperm(5)
        y = model(graphs)
        assert (model(graphs[:, p][:, :, p]) - y[:, p][:, :, p]).abs().max() < 1e-13
        star = torch.tensor(matrix(nx.star_graph(4)))[None]
        q = torch.tensor([0, 2, 1, 3, 4])
        z = model(star)
        assert (z - z[:, q][:, :, q]).abs().max() < 1e-13


def test_what_is_equivariant_already_stays_as_it_is():
    torch.manual_seed(0)
    net = GIN(outputs=4).double()
    graphs = torch.tensor(connected_graphs(6), dtype=torch.float64)
    torch.testing.assert_close(PermutationAverage(net)(graphs), net(graphs), rtol=0, atol=1e-12)
    nodes = GIN(outputs=4, output="nodes").double()
    torch.testing.assert_close(PermutationAverage(nodes, output="nodes")(graphs), nodes(graphs), rtol=0, atol=1e-12)
    once = PermutationAverage(GraphMLP(6).double())
    torch.testing.assert_close(PermutationAverage(once)(graphs), once(graphs), rtol=0, atol=1e-12)


def test_padding_changes_nothing():
    torch.manual_seed(0)
    graphs = [matrix(nx.path_graph(4)), matrix(nx.cycle_graph(6)), matrix(nx.star_graph(2))]
    model = fa_gin(6, width=16).double()
    alone = [model(torch.tensor(a)[None])[0] for a in graphs]
    padded = np.stack([np.pad(a, (0, 6 - len(a))) for a in graphs])
    mask = np.arange(6) < np.array([4, 6, 3])[:, None]
    # Padding in between, not only at the end.
    shuffle = np.random.default_rng(0).permutation(6)
    together = model(torch.tensor(padded[:, shuffle][:, :, shuffle]), mask=torch.tensor(mask[:, shuffle]))
    for y, z in zip(alone, together):
        torch.testing.assert_close(y, z, rtol=0, atol=1e-12)
    assert PermutationFrame().compute(graphs).size == (4, 720, 2)


def test_sampled_averages_are_unbiased_and_know_their_error():
    torch.manual_seed(0)
    a = torch.tensor(matrix(nx.petersen_graph()))[None]
    net = GraphMLP(10, outputs=1).double()
    exact = PermutationAverage(net, limit=40_000).estimate(a)
    assert bool(exact.exact.all())
    assert float(exact.standard_error.detach()) == 0.0
    scores = []
    for seed in range(40):
        found = PermutationAverage(net, limit=10, samples=64, seed=seed).estimate(a)
        assert not found.exact.any()
        scores.append(float(((found.value - exact.value) / found.standard_error).detach()))
    scores = np.array(scores)
    assert abs(scores.mean()) < 4 / np.sqrt(40)
    assert 0.6 < scores.std() < 1.5


def test_one_random_ordering_while_training():
    a = torch.tensor(matrix(nx.cycle_graph(6)))[None]
    model = fa_mlp(6, stochastic_train=True, limit=720).double()
    model.train()
    assert len(model.elements(a)) == 1
    draws = torch.stack([model(a) for _ in range(8)])
    assert draws.std(0).max() > 0
    model.eval()
    assert torch.equal(model(a), model(a))


def test_gradients_against_finite_differences():
    torch.manual_seed(0)
    a = torch.tensor(matrix(nx.frucht_graph()), dtype=torch.float64)
    x = torch.randn(12, 2, dtype=torch.float64, requires_grad=True)
    model = fa_mlp(12, 2, hidden=(8,), outputs=1).double()
    assert torch.autograd.gradcheck(lambda v: model(a[None], v[None]), (x,))
    assert torch.autograd.gradgradcheck(lambda v: model(a[None], v[None]), (x,))


def test_frame_average_takes_permutations():
    torch.manual_seed(0)
    graphs = torch.tensor(connected_graphs(5), dtype=torch.float64)
    model = FrameAverage(GraphMLP(5).double(), "permutations")
    p = torch.randperm(5)
    assert (model(graphs) - model(graphs[:, p][:, :, p])).abs().max() < 1e-14


def test_the_measured_error_is_zero():
    from symmeter.nn.measure import check_equivariance, equivariance_error

    torch.manual_seed(0)
    graphs = torch.tensor(connected_graphs(6)[::5], dtype=torch.float64)
    net = GraphMLP(6, outputs=3).double()
    assert equivariance_error(PermutationAverage(net, limit=720), graphs, _nodes(), "scalars") < 1e-12
    check_equivariance(fa_mlp(6, outputs=3).double(), _nodes(), graphs, action_out="scalars", tol=1e-12)
    assert equivariance_error(net, graphs, _nodes(), "scalars") > 1e-3


def _nodes():
    from symmeter.nn.actions import tensor_action

    return tensor_action("adjacency", "S6")


# ---- sets, weights, directions --------------------------------------------------------------------------------------


def test_sorting_a_set():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (6, 8, 2)).astype(float)
    P = SortingFrame().compute(features=x)
    for b in range(6):
        rows = [tuple(r) for r in x[b]]
        assert [tuple(r) for r in x[b][P.order[b]]] == sorted(rows)
        assert P.size[b] == np.prod([factorial(rows.count(r)) for r in set(rows)])
    model = PermutationAverage(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3))).double()
    t = torch.tensor(x)
    p = torch.randperm(8)
    assert torch.equal(model(features=t), model(features=t[:, p]))


def test_features_sort_first_and_split_blocks():
    a = matrix(nx.cycle_graph(6))
    x = np.array([[1.0], [0.0], [1.0], [0.0], [1.0], [0.0]])
    P = LAPLACIAN.compute(a, x)
    assert P.blocks == (3, 3)
    assert P.automorphisms().order == 6
    assert sorted(P.order[0][:3].tolist()) == [1, 3, 5]


def test_weighted_graphs():
    rng = np.random.default_rng(0)
    a = rng.random((5, 6, 6))
    a = a + a.swapaxes(1, 2)
    P = LAPLACIAN.compute(a)
    assert P.size == (1,) * 5
    other, _ = moved(a, rng)
    np.testing.assert_array_equal(ordered(a, P.order), ordered(other, LAPLACIAN.compute(other).order))


@pytest.mark.parametrize("keys", ["degree", "refinement"])
def test_directed_graphs(keys):
    ring = np.roll(np.eye(5), 1, 1)
    P = PermutationFrame(keys).compute(ring)
    assert P.size == (5 if keys == "refinement" else 120)
    assert P.automorphisms().order == 5
    rng = np.random.default_rng(0)
    a = (rng.random((20, 6, 6)) < 0.4) * (1.0 - np.eye(6))
    torch.manual_seed(0)
    model = PermutationAverage(GraphMLP(6).double(), PermutationFrame(keys), limit=720)
    other, _ = moved(a, rng)
    assert (model(torch.tensor(a)) - model(torch.tensor(other))).abs().max() < 1e-14


# ---- documented behaviour on odd input ------------------------------------------------------------------------------


def test_disconnected_and_empty_graphs():
    empty = np.zeros((5, 5))
    P = LAPLACIAN.compute(empty)
    assert (P.size, P.components.tolist()) == (120, [5])
    assert len(P.elements()) == 1
    two = matrix(nx.disjoint_union(nx.path_graph(3), nx.path_graph(3)))
    P = LAPLACIAN.compute(two)
    assert P.components.tolist() == [2]
    assert (P.blocks, P.automorphisms().order) == ((2, 4), 8)
    torch.manual_seed(0)
    model = fa_mlp(6).double()
    p = torch.randperm(6)
    t = torch.tensor(two)
    assert (model(t[None]) - model(t[p][:, p][None])).abs().max() < 1e-14
    assert LAPLACIAN.compute(np.zeros((1, 1))).size == 1


def test_bad_input_is_refused():
    with pytest.raises(InputError, match=r'adjacency\[0, 1\] is 1 but adjacency\[1, 0\] is 0; the key "laplacian"'):
        LAPLACIAN.compute(np.triu(np.ones((3, 3)), 1))
    with pytest.raises(InputError, match="graph 1: adjacency"):
        LAPLACIAN.compute(np.stack([np.zeros((3, 3)), np.triu(np.ones((3, 3)), 1)]))
    with pytest.raises(UnknownNameError, match="did you mean 'laplacian'"):
        PermutationFrame("laplace")
    with pytest.raises(InputError, match="tol"):
        PermutationFrame(tol=0.0)
    with pytest.raises(ShapeError, match="shape"):
        LAPLACIAN.compute(np.zeros((2, 3)))
    with pytest.raises(NonFiniteError, match="NaN"):
        LAPLACIAN.compute(np.full((2, 2), np.nan))
    with pytest.raises(InputError, match="no vertices"):
        LAPLACIAN.compute(np.zeros((0, 0)))
    with pytest.raises(InputError, match="no vertices"):
        LAPLACIAN.compute(np.zeros((1, 2, 2)), mask=np.zeros((1, 2), dtype=bool))
    with pytest.raises(ShapeError, match="features"):
        LAPLACIAN.compute(np.zeros((3, 3)), np.zeros((4, 1)))
    with pytest.raises(InputError, match="3628800 elements"):
        LAPLACIAN.compute(matrix(nx.petersen_graph())).enumerate(limit=10_000)
    with pytest.raises(InputError, match="give an adjacency"):
        LAPLACIAN.compute()
    with pytest.raises(ShapeError, match="8 vertices"):
        GraphMLP(7)(torch.zeros(1, 8, 8))
    with pytest.raises(InputError, match="output"):
        PermutationAverage(GraphMLP(3), output="edges")


def test_clusters_not_roundings():
    # A value that sits on a boundary of rounding to six digits, seen with noise of either sign.
    values = np.array([[0.1234565 - 1e-12, 0.1234565 + 1e-12, 0.5, 0.1234565]])
    assert len(np.unique(np.round(values, 6))) == 3
    assert cluster_ranks(values, 1e-9).tolist() == [[0, 0, 1, 0]]


def test_steps_beside_the_tolerance_are_reported():
    x = np.array([[0.0], [1.0], [1.0 - 1.0001e-6]])
    assert SortingFrame(tol=1e-6).compute(features=x).ambiguous.tolist() == [True]
    assert SortingFrame(tol=1e-8).compute(features=x).ambiguous.tolist() == [False]
    assert set(KEYS) >= {"degree", "laplacian", "triangles", "wl", "refinement", "projectors", "features"}


# ---- files ----------------------------------------------------------------------------------------------------------


def test_exp_files(tmp_path):
    file = tmp_path / "GRAPHSAT.txt"
    file.write_text("2\n3 1\n0 1 1\n1 2 0 2\n0 1 1\n2 0\n5 1 1\n0 1 0\n")
    found = load_exp(file)
    assert found.counts.tolist() == [3, 2]
    assert found.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(found.adjacency[0], matrix(nx.path_graph(3)))
    np.testing.assert_array_equal(found.kinds[1], [[0, 0, 1], [1, 0, 0], [0, 0, 0]])
    assert found.mask.sum() == 5
    from symmeter.errors import FileFormatError, MissingFileError

    with pytest.raises(FileFormatError, match="pickle"):
        load_exp(tmp_path / "GRAPHSAT.pkl")
    with pytest.raises(MissingFileError):
        load_exp(tmp_path / "none.txt")
    file.write_text("1\n2 0\n0 1 1\n0 1 5\n")
    with pytest.raises(FileFormatError, match="line 4"):
        load_exp(file)
    file.write_text("1\n2 0\n0 x 1\n")
    with pytest.raises(FileFormatError, match="line 3"):
        load_exp(file)
    file.write_text("1\n2 0\n0 1 1\n")
    with pytest.raises(FileFormatError, match="line 4"):
        load_exp(file)

"""Lists of small graphs: numbers known from the literature, networkx as a second method, 1-WL by its definition."""

import itertools

import numpy as np
import pytest

pytest.importorskip("torch")

from symmeter.errors import InputError, ShapeError
from symmeter.nn.graphs import (
    CONNECTED_GRAPHS,
    GRAPHS,
    all_graphs,
    canonical_codes,
    connected_graphs,
    is_connected,
    wl_colours,
    wl_equivalent_pairs,
)


def renumbered(a, rng):
    p = rng.permuted(np.tile(np.arange(a.shape[1]), (len(a), 1)), axis=1)
    return a[np.arange(len(a))[:, None, None], p[:, :, None], p[:, None, :]], p


@pytest.mark.parametrize("n", range(9))
def test_numbers_of_graphs(n):
    assert len(all_graphs(n)) == GRAPHS[n]
    assert len(connected_graphs(n)) == CONNECTED_GRAPHS[n]


@pytest.mark.slow
def test_numbers_of_graphs_on_nine_vertices():
    assert len(all_graphs(9)) == GRAPHS[9]
    assert len(connected_graphs(9)) == CONNECTED_GRAPHS[9]


@pytest.mark.parametrize("n", range(2, 8))
def test_labelled_graphs_are_counted_by_automorphisms(n):
    # Orbit and stabiliser: sum of n! / |Aut| over classes is the number of labelled graphs.
    from math import factorial

    from symmeter.groups.automorphisms import automorphism_group

    total = sum(factorial(n) // automorphism_group(a.astype(int)).order for a in all_graphs(n))
    assert total == 2 ** (n * (n - 1) // 2)


def test_the_list_is_the_atlas_of_networkx():
    nx = pytest.importorskip("networkx")
    from networkx.generators.atlas import graph_atlas_g

    atlas = [g for g in graph_atlas_g() if len(g) == 6]
    ours = np.sort(canonical_codes(all_graphs(6)))
    theirs = np.sort(canonical_codes(np.stack([nx.to_numpy_array(g, dtype=int) for g in atlas])))
    np.testing.assert_array_equal(ours, theirs)


def test_codes_do_not_depend_on_the_numbering_and_tell_classes_apart():
    rng = np.random.default_rng(0)
    graphs = all_graphs(7)
    codes = canonical_codes(graphs)
    assert len(np.unique(codes)) == len(graphs)
    for _ in range(3):
        np.testing.assert_array_equal(canonical_codes(renumbered(graphs, rng)[0]), codes)


def test_codes_do_not_depend_on_the_company():
    graphs = all_graphs(7)
    codes = canonical_codes(graphs)
    np.testing.assert_array_equal(np.concatenate([canonical_codes(a) for a in graphs[::5]]), codes[::5])
    # Nine vertices need more rounds than eight: stacks of every size must agree.
    rng = np.random.default_rng(0)
    larger = np.triu(rng.random((300, 9, 9)) < rng.uniform(0.1, 0.9, (300, 1, 1)), 1).astype(int)
    larger = larger + larger.swapaxes(1, 2)
    whole = canonical_codes(larger)
    np.testing.assert_array_equal(np.concatenate([canonical_codes(a) for a in renumbered(larger, rng)[0]]), whole)


def test_codes_of_strongly_regular_graphs():
    # Vertex-transitive and triangle-free of one degree: only individualisation tells these two apart.
    cube = np.array([[bin(i ^ j).count("1") == 1 for j in range(8)] for i in range(8)]).astype(int)
    moebius = np.zeros((8, 8), dtype=int)
    for i in range(8):
        for step in (1, 4, 7):
            moebius[i, (i + step) % 8] = 1
    p = np.random.default_rng(1).permutation(8)
    codes = canonical_codes(np.stack([cube, cube[p][:, p], moebius, moebius[p][:, p]]))
    assert codes[0] == codes[1] != codes[2] == codes[3]


def test_connectedness_against_networkx():
    nx = pytest.importorskip("networkx")
    graphs = all_graphs(6)
    np.testing.assert_array_equal(is_connected(graphs), [nx.is_connected(nx.from_numpy_array(a)) for a in graphs])


@pytest.mark.parametrize(("n", "pairs"), [(5, 0), (6, 3), (7, 17), (8, 312)])
def test_pairs_that_weisfeiler_leman_cannot_tell_apart(n, pairs):
    assert len(wl_equivalent_pairs(connected_graphs(n))) == pairs


def test_pairs_against_refinement_by_dictionaries():
    # The same by the definition: whole unfolded trees as nested tuples instead of hashes.
    def histogram(a):
        colour = [()] * len(a)
        for _ in range(len(a)):
            colour = [tuple(sorted(colour[u] for u in np.flatnonzero(row))) for row in a]
        return tuple(sorted(colour))

    graphs = connected_graphs(6)
    found = [histogram(a) for a in graphs]
    pairs = [(i, j) for i, j in itertools.combinations(range(len(graphs)), 2) if found[i] == found[j]]
    assert pairs == [tuple(p) for p in wl_equivalent_pairs(graphs).tolist()]


def test_colours_move_with_the_vertices():
    rng = np.random.default_rng(2)
    graphs = connected_graphs(7)[::10]
    moved, p = renumbered(graphs, rng)
    np.testing.assert_array_equal(wl_colours(moved), np.take_along_axis(wl_colours(graphs), p, 1))


def test_features_split_what_is_alike():
    ring = np.roll(np.eye(4, dtype=int), 1, 0)
    ring = (ring + ring.T)[None]
    assert np.unique(wl_colours(ring)).size == 1
    assert np.unique(wl_colours(ring, np.array([[1, 0, 0, 0]]))).size == 3


def test_lists_cannot_be_spoiled():
    with pytest.raises(ValueError, match="read-only"):
        all_graphs(4)[0, 0, 1] = 1


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="0 to 9"):
        all_graphs(10)
    with pytest.raises(InputError, match="simple graphs"):
        canonical_codes(np.triu(np.ones((1, 3, 3), dtype=int), 1))
    with pytest.raises(InputError, match="64 bits"):
        canonical_codes(np.zeros((1, 12, 12), dtype=int))
    with pytest.raises(ShapeError, match="shape"):
        wl_colours(np.zeros((2, 3), dtype=int))
    with pytest.raises(ShapeError, match="features"):
        wl_colours(np.zeros((2, 3, 3), dtype=int), np.zeros((2, 4), dtype=int))

"""Automorphisms of a weighted circulant: our search beside igraph's (BLISS) on the same matrix.

BLISS colours vertices only, so an edge-coloured graph is given to it as layers: layer b holds the edges whose colour
number has bit b set, and the copies of a vertex are joined from layer to layer (nauty user's guide, section 14).
"""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.groups import automorphism_group

SIZES = (64, 128)


def circulant(m: int) -> np.ndarray:
    """A generic real symmetric circulant: every lag has a colour of its own, in random order."""
    lag = np.subtract.outer(np.arange(m), np.arange(m)) % m
    return (np.random.default_rng(m).permutation(m // 2 + 1) + 1)[np.minimum(lag, m - lag)]


def layered_graph(colours: np.ndarray) -> tuple[object, list[int]]:
    igraph = pytest.importorskip("igraph")
    m = len(colours)
    layers = int(colours.max()).bit_length()
    i, j = np.triu_indices(m, 1)
    edges = [(b * m + v, (b + 1) * m + v) for b in range(layers - 1) for v in range(m)]
    for b in range(layers):
        set_ = (colours[i, j] >> b) & 1 == 1
        edges.extend(zip((b * m + i[set_]).tolist(), (b * m + j[set_]).tolist()))
    return igraph.Graph(n=layers * m, edges=edges), np.repeat(np.arange(layers), m).tolist()


@pytest.mark.parametrize("m", SIZES)
@pytest.mark.benchmark(group="automorphisms of a weighted circulant")
def test_symmeter(benchmark, m: int) -> None:
    colours = circulant(m)
    group = benchmark(automorphism_group, colours)
    assert group.order == 2 * m


@pytest.mark.parametrize("m", SIZES)
@pytest.mark.benchmark(group="automorphisms of a weighted circulant")
def test_igraph_with_the_layered_graph_made(benchmark, m: int) -> None:
    """BLISS alone: making the layered graph is not timed."""
    graph, layer = layered_graph(circulant(m))
    generators = benchmark(lambda: graph.automorphism_group(color=layer))
    assert len(generators) >= 2
    assert int(graph.count_automorphisms(color=layer)) == 2 * m

"""Automorphism search against brute force, igraph and graphs with known groups."""

from __future__ import annotations

from itertools import combinations, permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, ShapeError
from symmeter.groups import PermutationGroup, automorphism_group, cyclic, dihedral


def circulant(n: int, directed: bool = False) -> np.ndarray:
    """A weight of its own for every lag, with or without its sign."""
    lag = np.subtract.outer(np.arange(n), np.arange(n)) % n
    return 7 + 3 * (lag if directed else np.minimum(lag, n - lag))


def ring_distance(a: np.ndarray, n: int) -> np.ndarray:
    lag = np.subtract.outer(a, a) % n
    return np.minimum(lag, n - lag)


def torus(h: int, weight: int) -> np.ndarray:
    i = np.arange(h * h)
    return ring_distance(i // h, h) + weight * ring_distance(i % h, h)


def kneser(n: int, k: int) -> np.ndarray:
    subsets = [set(c) for c in combinations(range(n), k)]
    return np.array([[int(not a & b) for b in subsets] for a in subsets])


def cube(k: int) -> np.ndarray:
    i = np.arange(2**k)
    return (np.bitwise_count(i[:, None] ^ i) == 1).astype(int)


def rook(h: int) -> np.ndarray:
    i = np.arange(h * h)
    return (np.equal.outer(i // h, i // h) ^ np.equal.outer(i % h, i % h)).astype(int)


def shrikhande() -> np.ndarray:
    i = np.arange(16)
    step = np.subtract.outer(i // 4, i // 4) % 4 * 4 + np.subtract.outer(i % 4, i % 4) % 4
    return np.isin(step, [1, 3, 4, 12, 5, 15]).astype(int)


def paley(q: int) -> np.ndarray:
    squares = [a * a % q for a in range(1, q)]
    return np.isin(np.subtract.outer(np.arange(q), np.arange(q)) % q, squares).astype(int)


def blocks(*colours: int) -> np.ndarray:
    """Blocks of four exchangeable points, with the given colour inside each."""
    c = np.zeros((4 * len(colours),) * 2, dtype=int)
    for k, colour in enumerate(colours):
        c[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] = colour
    return c


def bipartite(n: int) -> np.ndarray:
    side = np.arange(2 * n) // n
    return np.not_equal.outer(side, side).astype(int)


def union(*graphs: np.ndarray) -> np.ndarray:
    n = sum(len(g) for g in graphs)
    out, at = np.zeros((n, n), dtype=int), 0
    for g in graphs:
        out[at : at + len(g), at : at + len(g)] = g
        at += len(g)
    return out


def latin_square_graph(n: int) -> np.ndarray:
    i = np.arange(n * n)
    row, column, symbol = i // n, i % n, (i // n + i % n) % n
    return (np.equal.outer(row, row) | np.equal.outer(column, column) | np.equal.outer(symbol, symbol)).astype(int)


KNOWN = {
    "circulant 8": (circulant(8), 16),
    "circulant 12": (circulant(12), 24),
    "circulant 16": (circulant(16), 32),
    "circulant 128": (circulant(128), 256),
    "directed circulant 7": (circulant(7, directed=True), 7),
    "directed circulant 12": (circulant(12, directed=True), 12),
    "directed circulant 128": (circulant(128, directed=True), 128),
    "anisotropic torus 4x4": (torus(4, 10), 64),
    "isotropic torus 32x32": (torus(32, 1), 8 * 1024),
    "two different blocks of 4": (blocks(2, 3), factorial(4) ** 2),
    "two like blocks of 4": (blocks(2, 2), 2 * factorial(4) ** 2),
    "S4 wr S16": (blocks(*[1] * 16), factorial(4) ** 16 * factorial(16)),
    "Petersen": (kneser(5, 2), 120),
    "Kneser 7 3": (kneser(7, 3), factorial(7)),
    "4-cube": (cube(4), 384),
    "7-cube": (cube(7), 2**7 * factorial(7)),
    "K33": (bipartite(3), 72),
    "constant 4": (np.zeros((4, 4), dtype=int), 24),
    "constant 128": (np.ones((128, 128), dtype=int), factorial(128)),
    "Shrikhande": (shrikhande(), 192),
    "rook 4": (rook(4), 1152),
    "rook 11": (rook(11), 2 * factorial(11) ** 2),
    "Paley 13": (paley(13), 78),
    "Paley 29": (paley(29), 29 * 14),
    "Paley tournament 7": (paley(7), 21),
    "Paley tournament 11": (paley(11), 55),
    "Shrikhande and rook": (union(shrikhande(), rook(4)), 192 * 1152),
    "Shrikhande and three rooks": (union(rook(4), shrikhande(), rook(4), rook(4)), 192 * 1152**3 * 6),
    "two Petersens": (union(kneser(5, 2), kneser(5, 2)), 2 * 120**2),
    "Latin square 7": (latin_square_graph(7), 7 * 7 * 6 * 6),
    "diagonal": (np.diag([1, 1, 2, 2, 2]), 12),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_groups(name: str) -> None:
    colours, order = KNOWN[name]
    group = automorphism_group(colours)
    assert group.order == order
    for g in group.generators:
        assert np.array_equal(colours[np.ix_(g.images, g.images)], colours)
    # The order by an independent route: Schreier-Sims from the bare generators.
    assert len(colours) > 200 or PermutationGroup(group.generators, degree=len(colours)).order == order


@pytest.mark.parametrize("name", ["circulant 128", "7-cube", "rook 11", "Shrikhande and three rooks", "S4 wr S16"])
def test_the_answer_does_not_depend_on_the_numbering(name: str) -> None:
    colours, order = KNOWN[name]
    rng = np.random.default_rng(11)
    for _ in range(3):
        p = rng.permutation(len(colours))
        renumbered = np.empty_like(colours)
        renumbered[np.ix_(p, p)] = colours
        group = automorphism_group(renumbered)
        assert group.order == order
        g = group.random(rng).images
        assert np.array_equal(renumbered[np.ix_(g, g)], renumbered)


@st.composite
def colourings(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 6))
    palette = st.integers(-2, draw(st.integers(-2, 0)))
    c = np.array(draw(st.lists(palette, min_size=n * n, max_size=n * n))).reshape(n, n)
    if draw(st.booleans()):
        c = np.minimum(c, c.T)
    return c, np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))


@settings(max_examples=150, deadline=None)
@given(colourings())
def test_against_all_permutations(coloured: tuple[np.ndarray, np.ndarray]) -> None:
    colours, vertex_colours = coloured
    expected = {
        p
        for p in permutations(range(len(colours)))
        if np.array_equal(colours[np.ix_(p, p)], colours) and np.array_equal(vertex_colours[list(p)], vertex_colours)
    }
    group = automorphism_group(colours, vertex_colours)
    assert group.order == len(expected)
    assert {tuple(r) for r in group.elements_array().tolist()} == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 24), st.sampled_from(["orbitals", "sparse", "bipartite double"]))
def test_order_against_igraph(seed: int, n: int, kind: str) -> None:
    igraph = pytest.importorskip("igraph")
    rng = np.random.default_rng(seed)
    if kind == "sparse":
        upper = np.triu(rng.random((n, n)) < 1.2 / n, 1).astype(int)
        colours = upper + upper.T
    elif kind == "orbitals":
        row = np.arange(n)
        chosen = rng.choice(n, size=4, replace=False)
        row[chosen] = np.roll(chosen, 1)
        labels = PermutationGroup([row, rng.permutation(row)]).orbitals(symmetric=True)
        colours = (labels % 2) * (1 - np.eye(n, dtype=int))
    else:
        upper = np.triu(rng.random((n, n)) < 0.5, 1).astype(int)
        colours = np.kron(1 - np.eye(2, dtype=int), upper + upper.T)
    graph = igraph.Graph.Adjacency(colours.tolist(), mode="undirected")
    assert automorphism_group(colours).order == int(graph.count_automorphisms())


@pytest.mark.parametrize("n", [6, 9])
def test_groups_as_groups_and_not_only_orders(n: int) -> None:
    assert automorphism_group(circulant(n)) == dihedral(n)
    assert automorphism_group(circulant(n, directed=True)) == cyclic(n)
    marked = np.zeros(n, dtype=int)
    marked[2] = 1
    reflection = automorphism_group(circulant(n), vertex_colours=marked)
    assert reflection.generators[0].images.tolist() == [(4 - i) % n for i in range(n)]
    assert reflection.order == 2


def test_large_and_unusual_colours() -> None:
    assert automorphism_group(circulant(9).astype(np.int64) * 10**15).order == 18
    assert automorphism_group(circulant(9) > 10).order == 18
    assert automorphism_group([[5]]).order == 1


def test_errors() -> None:
    with pytest.raises(InputError, match="give integers"):
        automorphism_group(np.eye(3))
    with pytest.raises(ShapeError, match="square"):
        automorphism_group(np.zeros((2, 3), dtype=int))
    with pytest.raises(ShapeError, match="3 vertices need one colour each"):
        automorphism_group(np.zeros((3, 3), dtype=int), vertex_colours=[0, 1])
    with pytest.raises(InputError, match="gave up after 3 refinements"):
        automorphism_group(cube(5), max_nodes=3)

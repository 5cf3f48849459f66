"""All graphs on a few vertices, one of each isomorphism class, and what colour refinement (1-WL) can tell apart.

Graphs come in stacks: arrays of shape (N, n, n) with entries 0 and 1. Classes are listed by adding a vertex in every
way to every smaller graph and keeping one graph of each canonical form. The canonical form is the smallest adjacency
matrix among the orderings that individualisation and refinement leaves; of twins (vertices with the same neighbours)
only one is tried, since exchanging two is an automorphism that moves nothing else. Everything runs over the stack.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Int, UInt8

from symmeter.errors import InputError, ShapeError
from symmeter.groups.refinement import scramble

__all__ = [
    "CONNECTED_GRAPHS",
    "GRAPHS",
    "all_graphs",
    "canonical_codes",
    "connected_graphs",
    "is_connected",
    "wl_colours",
    "wl_equivalent_pairs",
]

#: Numbers of graphs and of connected graphs on n = 0, 1, ... vertices (OEIS A000088 and A001349).
GRAPHS = (1, 1, 2, 4, 11, 34, 156, 1044, 12346, 274668)
CONNECTED_GRAPHS = (1, 1, 1, 2, 6, 21, 112, 853, 11117, 261080)
# A code has one bit a pair of vertices and must fit 64 bits.
_MOST_VERTICES = 11
_MOST_LISTED = 9
_CHUNK = 100_000


def _stack(adjacency: np.ndarray) -> np.ndarray:
    a = np.asarray(adjacency)
    if a.ndim == 2:
        a = a[None]
    if a.ndim != 3 or a.shape[1] != a.shape[2]:
        raise ShapeError(f"a stack of graphs has shape (N, n, n); got shape {np.shape(adjacency)}")
    return a


def _refined(a: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Colour refinement of every graph: labels of 64 bits that depend on the coloured graph alone."""
    labels = labels.copy()
    count = _cells(labels)
    # Each graph stops on its own: labels may not depend on which other graphs are in the stack.
    busy = np.arange(len(a))
    while len(busy):
        here = labels[busy]
        sums = (a[busy] * scramble(here)[:, None, :]).sum(-1, dtype=np.uint64)
        labels[busy] = scramble(here ^ scramble(sums + np.uint64(1)))
        now = _cells(labels[busy])
        grew = now > count[busy]
        count[busy] = now
        busy = busy[grew]
    return labels


def _cells(labels: np.ndarray) -> np.ndarray:
    return 1 + (np.diff(np.sort(labels, axis=1), axis=1) != 0).sum(1)


def wl_colours(
    adjacency: Int[np.ndarray, "N n n"], features: Int[np.ndarray, "N n"] | None = None
) -> Int[np.ndarray, "N n"]:
    """Stable colours of the vertices under 1-WL, comparable between graphs of the stack.

    Parameters
    ----------
    adjacency : array of shape (N, n, n) or (n, n)
        Entries 0 and 1 (or small counts).
    features : int array of shape (N, n), optional
        Colours to begin with.

    Returns
    -------
    uint64 array of shape (N, n)
        Equal for vertices that colour refinement cannot tell apart, after n rounds.

    Examples
    --------
    >>> hexagon = np.eye(6, k=1, dtype=int) + np.eye(6, k=5, dtype=int)
    >>> triangles = np.kron(np.eye(2, dtype=int), 1 - np.eye(3, dtype=int))
    >>> colours = wl_colours(np.stack([hexagon + hexagon.T, triangles]))
    >>> int(np.unique(colours).size)
    1
    """
    a = _stack(adjacency).astype(np.uint64)
    labels = np.ones(a.shape[:2], dtype=np.uint64) if features is None else np.asarray(features).astype(np.uint64)
    if labels.shape != a.shape[:2]:
        raise ShapeError(f"features have shape {labels.shape}; {a.shape[0]} graphs need {a.shape[:2]}")
    labels = scramble(labels)
    # A fixed number of rounds, so that labels of different graphs have seen the same depth.
    for _ in range(a.shape[1]):
        sums = (a * scramble(labels)[:, None, :]).sum(-1, dtype=np.uint64)
        labels = scramble(labels ^ scramble(sums + np.uint64(1)))
    return labels


def wl_equivalent_pairs(
    adjacency: Int[np.ndarray, "N n n"], features: Int[np.ndarray, "N n"] | None = None
) -> Int[np.ndarray, "pairs 2"]:
    """All pairs of graphs in a stack that 1-WL cannot tell apart, as index pairs i < j.

    Examples
    --------
    >>> len(wl_equivalent_pairs(connected_graphs(6)))
    3
    """
    histograms = np.sort(wl_colours(adjacency, features), axis=1)
    _, classes = np.unique(histograms, axis=0, return_inverse=True)
    order = np.argsort(classes.ravel(), kind="stable")
    bounds = np.flatnonzero(np.diff(classes.ravel()[order])) + 1
    pairs = [
        np.stack([members[i] for i in np.triu_indices(len(members), 1)], axis=1)
        for members in np.split(order, bounds)
        if len(members) > 1
    ]
    found = np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.intp)
    return found[np.lexsort(found.T[::-1])]


def is_connected(adjacency: Int[np.ndarray, "N n n"]) -> np.ndarray:
    """Whether each graph of a stack is connected; the graph without vertices counts as connected."""
    a = _stack(adjacency)
    n = a.shape[1]
    reach = (a != 0) | np.eye(n, dtype=bool)
    for _ in range(max(n - 1, 1).bit_length()):
        reach = (reach.astype(np.float32) @ reach.astype(np.float32)) > 0
    return reach.all((1, 2))


def canonical_codes(adjacency: Int[np.ndarray, "N n n"]) -> np.ndarray:
    """A 64-bit integer for each simple graph, equal exactly for isomorphic ones.

    Parameters
    ----------
    adjacency : array of shape (N, n, n)
        Symmetric, entries 0 and 1, at most 11 vertices.

    Returns
    -------
    uint64 array of shape (N,)

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> codes = canonical_codes(np.stack([path, path[[1, 0, 2]][:, [1, 0, 2]], 1 - np.eye(3, dtype=int)]))
    >>> bool(codes[0] == codes[1]), bool(codes[0] == codes[2])
    (True, False)
    """
    a = _stack(adjacency)
    n = a.shape[1]
    if n > _MOST_VERTICES:
        raise InputError(f"canonical codes have 64 bits, enough for {_MOST_VERTICES} vertices; got {n}")
    if not np.isin(a, (0, 1)).all() or not np.array_equal(a, a.swapaxes(1, 2)) or a.diagonal(0, 1, 2).any():
        raise InputError("canonical codes need simple graphs: symmetric matrices of 0 and 1 with zero diagonal")
    best = np.full(len(a), np.iinfo(np.uint64).max)
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        best[part] = _codes(a[part].astype(np.uint64))
    return best


def _codes(a: np.ndarray) -> np.ndarray:
    graphs, n, _ = a.shape
    best = np.full(graphs, np.iinfo(np.uint64).max)
    twins = _twin_classes(a)
    index = np.arange(graphs)
    labels = _refined(a, np.ones((graphs, n), dtype=np.uint64))
    while len(index):
        ordered = np.sort(labels, axis=1)
        same = ordered[:, 1:] == ordered[:, :-1]
        discrete = ~same.any(1)
        leaves = index[discrete]
        np.minimum.at(best, leaves, _bits(a[leaves], np.argsort(labels[discrete], axis=1)))
        index, labels, ordered, same = index[~discrete], labels[~discrete], ordered[~discrete], same[~discrete]
        if not len(index):
            break
        # The cell with the smallest label among those with two or more vertices, and one vertex of each twin class.
        cell = np.take_along_axis(ordered, same.argmax(1)[:, None], axis=1)
        inside = labels == cell
        twin = np.where(inside, twins[index], n + np.arange(n))
        first = inside & ~(np.tril(twin[:, :, None] == twin[:, None, :], -1).any(2))
        rows, vertices = np.nonzero(first)
        children = labels[rows]
        children[np.arange(len(rows)), vertices] = scramble(cell[rows, 0] ^ np.uint64(0xD6E8FEB86659FD93))
        index, labels = index[rows], _refined(a[index[rows]], children)
        index, labels = _smallest_type(index, labels)
    return best


def _smallest_type(index: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each graph only the branches with the smallest sorted labels, which is an invariant choice."""
    kind = scramble(np.sort(labels, axis=1) + np.arange(labels.shape[1], dtype=np.uint64)).sum(1, dtype=np.uint64)
    smallest = np.full(index.max() + 1, np.iinfo(np.uint64).max)
    np.minimum.at(smallest, index, kind)
    keep = kind == smallest[index]
    return index[keep], labels[keep]


def _twin_classes(a: np.ndarray) -> np.ndarray:
    """For each vertex the smallest vertex with the same neighbours, apart from the two themselves."""
    n = a.shape[1]
    differ = (a[:, :, None, :] != a[:, None, :, :]).astype(np.int8)
    v = np.arange(n)
    differ[:, v, :, v] = 0
    differ[:, :, v, v] = 0
    return (differ.sum(-1) == 0).argmax(-1)


def _bits(a: np.ndarray, order: np.ndarray) -> np.ndarray:
    n = a.shape[1]
    upper, lower = np.triu_indices(n, 1)
    entries = np.take_along_axis(np.take_along_axis(a, order[:, :, None], 1), order[:, None, :], 2)[:, upper, lower]
    return (entries << np.arange(entries.shape[1], dtype=np.uint64)).sum(1, dtype=np.uint64)


def _from_bits(codes: np.ndarray, n: int) -> np.ndarray:
    upper, lower = np.triu_indices(n, 1)
    a = np.zeros((len(codes), n, n), dtype=np.uint8)
    a[:, upper, lower] = (codes[:, None] >> np.arange(len(upper), dtype=np.uint64)) & np.uint64(1)
    return a | a.swapaxes(1, 2)


@lru_cache(maxsize=_MOST_LISTED + 1)
def all_graphs(n: int) -> UInt8[np.ndarray, "N n n"]:
    """One graph of each isomorphism class on n vertices, by number of edges and then by canonical code.

    Parameters
    ----------
    n : int
        At most 9.

    Returns
    -------
    read-only uint8 array of shape (N, n, n)

    Raises
    ------
    InputError

    Examples
    --------
    >>> [len(all_graphs(n)) for n in range(7)]
    [1, 1, 2, 4, 11, 34, 156]
    """
    if not 0 <= n <= _MOST_LISTED:
        raise InputError(f"graphs are listed on 0 to {_MOST_LISTED} vertices; got n = {n}")
    if n == 0:
        found = np.zeros((1, 0, 0), dtype=np.uint8)
    else:
        smaller = all_graphs(n - 1)
        subsets = (np.arange(2 ** (n - 1))[:, None] >> np.arange(n - 1)) & 1
        per = max(1, _CHUNK // len(subsets))
        codes = np.zeros(0, dtype=np.uint64)
        for start in range(0, len(smaller), per):
            some = smaller[start : start + per]
            a = np.zeros((len(some), len(subsets), n, n), dtype=np.uint8)
            a[:, :, :-1, :-1] = some[:, None]
            a[:, :, -1, :-1] = a[:, :, :-1, -1] = subsets
            codes = np.union1d(codes, canonical_codes(a.reshape(-1, n, n)))
        found = _from_bits(codes, n)
        found = found[np.lexsort((codes, found.sum((1, 2))))]
    found.flags.writeable = False
    return found


@lru_cache(maxsize=_MOST_LISTED + 1)
def connected_graphs(n: int) -> UInt8[np.ndarray, "N n n"]:
    """One graph of each isomorphism class of connected graphs on n vertices; ``n = 8`` is the set GRAPH8c.

    Examples
    --------
    >>> [len(connected_graphs(n)) for n in range(7)]
    [1, 1, 1, 2, 6, 21, 112]
    """
    graphs = all_graphs(n)
    found = graphs[is_connected(graphs)]
    found.flags.writeable = False
    return found

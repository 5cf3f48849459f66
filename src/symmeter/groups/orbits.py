"""Orbits of permutations on points and on pairs of points, by connected components.

The orbits on ordered pairs (orbitals) are the classes of entries that an invariant matrix cannot tell apart; their
number is the dimension of the commutant of the permutation matrices (Wielandt 1964; Cameron, Permutation Groups 1999).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Int

__all__ = ["UnionFind", "orbit_labels", "orbital_labels"]


class UnionFind:
    """A partition of 0..n-1 that only grows coarser."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def find(self, i: int) -> int:
        """Smallest point of the class of i."""
        parent = self._parent
        root = i
        while parent[root] != root:
            root = parent[root]
        while parent[i] != root:
            parent[i], i = root, parent[i]
        return root

    def merge(self, i: int, j: int) -> bool:
        """Unite two classes; whether they were different."""
        a, b = self.find(i), self.find(j)
        if a == b:
            return False
        self._parent[max(a, b)] = min(a, b)
        return True

    def merge_orbits(self, images: Int[np.ndarray, " n"]) -> bool:
        """Unite the points that one permutation connects; whether anything changed."""
        moved = np.flatnonzero(images != np.arange(images.size))
        changed = False
        for i, j in zip(moved.tolist(), images[moved].tolist()):
            changed |= self.merge(i, j)
        return changed

    def labels(self) -> Int[np.ndarray, " n"]:
        """Class of each point, classes numbered in the order of their smallest points."""
        return np.unique([self.find(i) for i in range(len(self._parent))], return_inverse=True)[1]


def orbit_labels(generators: Iterable[Int[np.ndarray, " n"]], degree: int) -> Int[np.ndarray, " n"]:
    """Number of the orbit of each point, orbits numbered in the order of their smallest points."""
    labels = np.arange(degree)
    for p in generators:
        labels = _merge_along(labels, labels[p])
    return labels


def orbital_labels(
    generators: Iterable[Int[np.ndarray, " n"]], degree: int, symmetric: bool = False
) -> Int[np.ndarray, "n n"]:
    """Number of the orbit of each pair (i, j); with ``symmetric`` the pairs (i, j) and (j, i) count as one.

    Costs O(n^2) per generator: a generator that respects the partition made so far, which most do, is one comparison.
    """
    labels = np.arange(degree * degree).reshape(degree, degree)
    for p in generators:
        # Entry (i, j) takes the label of the pair (p[i], p[j]) to which it is moved.
        labels = _merge_along(labels, labels[np.ix_(p, p)])
    if symmetric:
        labels = _merge_along(labels, labels.T)
    return labels


def _merge_along(labels: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Unite each label with its partner; numbering stays that of first appearance."""
    if np.array_equal(labels, partners):
        return labels
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = int(labels.max()) + 1
    a, b = labels.ravel(), partners.ravel()
    differ = a != b
    a, b = a[differ], b[differ]
    graph = coo_array((np.ones(a.size, dtype=np.int32), (a, b)), shape=(n, n))
    count, component = connected_components(graph, directed=False)
    # Labels are numbered by first appearance, so the smallest old label of a component appears first.
    first = np.full(count, n)
    np.minimum.at(first, component, np.arange(n))
    rank = np.empty(count, dtype=np.intp)
    rank[np.argsort(first)] = np.arange(count)
    return rank[component][labels]

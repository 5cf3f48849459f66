"""Pairs of graphs that 1-WL cannot tell apart, in endless variety: one ring against two, with the same decorations.

Both graphs of a pair are twofold covers of one decorated ring of k vertices, closed with a twist (a single ring of 2k)
or without (two rings of k). Hubs, joined to both copies of a vertex, keep the two rings together; pendant vertices and
a random tree make pairs differ from each other. Every vertex has the same surroundings as its partner at any depth that
message passing sees, and the task is to say which of the two a graph is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["MOST_VERTICES", "PairSet", "ring_pair", "ring_pairs"]

MOST_VERTICES = 20


@dataclass(frozen=True, eq=False)
class PairSet:
    """Graphs 2i and 2i + 1 are a pair.

    Attributes
    ----------
    adjacency : array of shape (2 pairs, N, N)
    counts : int array of shape (2 pairs,)
        Numbers of vertices; the rest is padding.
    kinds : array of shape (2 pairs, N, 3)
        One-hot: vertex of a ring, hub, any other; zero for padding.
    labels : array of shape (2 pairs,)
        1 for the single ring.
    """

    adjacency: Float[np.ndarray, "graphs N N"]
    counts: Int[np.ndarray, " graphs"]
    kinds: Float[np.ndarray, "graphs N 3"]
    labels: Float[np.ndarray, " graphs"]

    @property
    def mask(self) -> np.ndarray:
        """True for vertices."""
        return np.arange(self.adjacency.shape[1]) < self.counts[:, None]


def ring_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two graphs of one size, two rings of k and a ring of 2k, and the kinds of their vertices (0, 1, 2)."""
    k = int(rng.integers(3, 6))
    decoration = rng.integers(0, 3, size=k)
    decoration[rng.integers(k)] = 2
    edges = [(2 * j + s, 2 * ((j + 1) % k) + s) for j in range(k - 1) for s in (0, 1)]
    n = 2 * k
    hubs = []
    for j in np.flatnonzero(decoration):
        if decoration[j] == 1:
            edges += [(2 * j, n), (2 * j + 1, n + 1)]
            n += 2
        else:
            edges += [(2 * j, n), (2 * j + 1, n)]
            hubs.append(n)
            n += 1
    ends = [hubs[rng.integers(len(hubs))]]
    for _ in range(int(rng.integers(0, MOST_VERTICES - n + 1))):
        edges.append((ends[rng.integers(len(ends))], n))
        ends.append(n)
        n += 1
    last = 2 * (k - 1)
    closed = ([(last, 0), (last + 1, 1)], [(last, 1), (last + 1, 0)])
    out = []
    for closing in closed:
        a = np.zeros((n, n))
        for i, j in [*edges, *closing]:
            a[i, j] = a[j, i] = 1.0
        out.append(a)
    kinds = np.full(n, 2)
    kinds[: 2 * k] = 0
    kinds[hubs] = 1
    return out[0], out[1], kinds


def ring_pairs(pairs: int, rng: np.random.Generator | int | None = None) -> PairSet:
    """Random pairs, each graph numbered at random."""
    rng = np.random.default_rng(rng)
    adjacency = np.zeros((2 * pairs, MOST_VERTICES, MOST_VERTICES))
    features = np.zeros((2 * pairs, MOST_VERTICES, 3))
    counts = np.zeros(2 * pairs, dtype=np.int64)
    for i in range(pairs):
        *both, kinds = ring_pair(rng)
        for s, a in enumerate(both):
            p = rng.permutation(len(a))
            counts[2 * i + s] = len(a)
            adjacency[2 * i + s, : len(a), : len(a)] = a[p][:, p]
            features[2 * i + s, np.arange(len(a)), kinds[p]] = 1.0
    return PairSet(adjacency, counts, features, np.tile([0.0, 1.0], pairs))

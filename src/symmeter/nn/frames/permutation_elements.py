"""Elements of permutation frames as one flat list, each ordered graph once.

Orderings that an automorphism connects give one and the same matrix. They are merged: by comparing matrices where a
frame is small enough to be listed, by orbits and stabilisers where the automorphism group makes it small enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError
from symmeter.groups.refinement import scramble
from symmeter.nn.frames.permutation_canonical import coset_representatives

if TYPE_CHECKING:
    from symmeter.nn.frames.permutation_frames import PermutationFrames

__all__ = ["PermutationElements", "frame_elements", "orders_within_blocks", "uniform"]

# Entries of permuted matrices that are compared at a time.
_CHUNK = 8_000_000


@dataclass(frozen=True, eq=False)
class PermutationElements:
    """Weighted orderings of the graphs of a batch.

    Attributes
    ----------
    permutations : int array of shape (T, N)
    graph : int array of shape (T,)
        The graph that each ordering belongs to; ascending.
    weights : array of shape (T,)
        They sum to one over each graph.
    exact : bool array of shape (B,)
        Whether all of the frame is there; otherwise it is a sample.
    orbits : int array of shape (B, N)
        Vertices that automorphisms connect share a number: what the merged orderings would have averaged.
    pair_orbits : int array of shape (B, N, N), optional
        The same for ordered pairs of vertices, where it was asked for.
    """

    permutations: Int[np.ndarray, "T N"]
    graph: Int[np.ndarray, " T"]
    weights: Float[np.ndarray, " T"]
    exact: Bool[np.ndarray, " B"]
    orbits: Int[np.ndarray, "B N"]
    pair_orbits: Int[np.ndarray, "B N N"] | None = None

    def __len__(self) -> int:
        return len(self.permutations)

    def of(self, graphs: Sequence[int] | np.ndarray) -> PermutationElements:
        """The elements of some of the graphs, which are numbered anew in the order given."""
        graphs = np.asarray(graphs, dtype=np.int64)
        starts = np.searchsorted(self.graph, graphs)
        lengths = np.searchsorted(self.graph, graphs, side="right") - starts
        new = np.repeat(np.arange(len(graphs)), lengths)
        rows = np.arange(len(new)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + starts[new]
        pairs = None if self.pair_orbits is None else self.pair_orbits[graphs]
        return PermutationElements(
            self.permutations[rows], new, self.weights[rows], self.exact[graphs], self.orbits[graphs], pairs
        )


def uniform(shape: tuple[int, ...], rng: Any) -> np.ndarray:
    """Uniform numbers in [0, 1) from a NumPy or a torch generator, or a seed."""
    if isinstance(rng, torch.Generator):
        return torch.rand(shape, generator=rng, dtype=torch.float64, device=rng.device).cpu().numpy()
    return np.random.default_rng(rng).random(shape)


@lru_cache(maxsize=128)
def orders_within_blocks(sizes: tuple[int, ...]) -> Int[np.ndarray, "K n"]:
    """All permutations that keep consecutive blocks of the given sizes, the identity first.

    Examples
    --------
    >>> orders_within_blocks((1, 2)).tolist()
    [[0, 1, 2], [0, 2, 1]]
    """
    found = np.zeros((1, 0), dtype=np.int64)
    for m in sizes:
        block = np.array(list(permutations(range(m))), dtype=np.int64).reshape(-1, m) + found.shape[1]
        found = np.concatenate([np.repeat(found, len(block), axis=0), np.tile(block, (len(found), 1))], axis=1)
    found.flags.writeable = False
    return found


def frame_elements(
    frames: PermutationFrames, limit: int, samples: int | None, rng: Any, stochastic: bool, pairs: bool = False
) -> PermutationElements:
    """See :meth:`symmeter.nn.frames.PermutationFrames.elements`."""
    for name, value in (("limit", limit), ("samples", 1 if samples is None else samples)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise InputError(f"{name} is {value!r}; it is a number of orderings, at least 1")
    rng = rng if isinstance(rng, torch.Generator) else np.random.default_rng(rng)
    number, width = frames.block_of.shape
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    exact = np.zeros(number, dtype=bool)
    orbits = np.tile(np.arange(width), (number, 1))
    drawn = list(range(number)) if stochastic else []
    if not stochastic:
        fits = [size <= limit and not frames.canonical for size in frames.all_sizes]
        small = [b for b in range(number) if fits[b]]
        parts += [_merged(frames, which, orbits) for which in _chunks(frames, small)]
        exact[small] = True
        for b in (b for b in range(number) if not fits[b]):
            rows = _up_to_automorphisms(frames, b, limit)
            if rows is None and samples is None:
                rows = frames._canonical_order(b, strict=True)[None]
            if rows is None:
                drawn.append(b)
                continue
            parts.append((rows, np.full(len(rows), b), np.full(len(rows), 1.0 / len(rows))))
            orbits[b], exact[b] = _orbits(frames, b), True
    if drawn:
        each = samples or 1
        rows = frames._sample(each, rng, np.array(drawn), alike=not stochastic).reshape(-1, width)
        parts.append((rows, np.repeat(drawn, each), np.full(len(rows), 1.0 / each)))
    permuted, graph, weights = (np.concatenate([p[k] for p in parts]) for k in range(3))
    order = np.argsort(graph, kind="stable")
    of_pairs = np.stack([_pair_orbits(frames, b, bool(exact[b])) for b in range(number)]) if pairs else None
    return PermutationElements(permuted[order], graph[order], weights[order], exact, orbits, of_pairs)


def _orbits(frames: PermutationFrames, b: int) -> np.ndarray:
    """Vertices that automorphisms connect share a number."""
    if frames.batch.adjacency is not None:
        return frames.automorphisms(b, strict=True).orbit_labels
    real = frames.batch.mask[b]
    labels = np.where(real, frames.identical[1][b], len(real) + np.arange(len(real)))
    return np.unique(labels, return_inverse=True)[1].reshape(-1)


def _pair_orbits(frames: PermutationFrames, b: int, exact: bool) -> np.ndarray:
    """Ordered pairs of vertices that automorphisms connect share a number; all differ where nothing was merged."""
    n = frames.block_of.shape[1]
    pair = np.arange(n * n).reshape(n, n)
    if not exact:
        return pair
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    moves = frames.automorphisms(b, strict=True).generator_array
    there = pair[moves[:, :, None], moves[:, None, :]].reshape(-1)
    here = np.tile(pair.ravel(), len(moves))
    links = coo_array((np.ones(len(here), dtype=bool), (here, there)), shape=(n * n, n * n))
    return connected_components(links, directed=False)[1].reshape(n, n)


def _up_to_automorphisms(frames: PermutationFrames, b: int, limit: int) -> np.ndarray | None:
    """One ordering of each coset, or None when there are too many."""
    if frames.batch.adjacency is None:
        # The points of a block are one and the same, or there is no telling how to order them.
        blocks = set(zip(frames.block_of[b].tolist(), _orbits(frames, b).tolist()))
        width = len(frames.block_of[b])
        same = len(blocks) == len(frames.all_blocks[b]) + width - sum(frames.all_blocks[b])
        return frames.order[b][None] if same else None
    if frames.canonical:
        if frames._is_clear(b):
            return frames.order[b][None]
        return _distinct(frames, b) if frames.all_sizes[b] <= limit else None
    group = frames.automorphisms(b, strict=True)
    if frames.all_sizes[b] > limit * group.order:
        return None
    return coset_representatives(frames._separate_padding(b), group, limit)


def _distinct(frames: PermutationFrames, b: int) -> np.ndarray:
    """One of the orderings of a frame for each of the ordered graphs that they make."""
    colours, vertices = (part[b] for part in frames.identical)
    made = {(colours[np.ix_(p, p)].tobytes(), vertices[p].tobytes()): p for p in frames._enumerated(b)}
    return np.array(list(made.values()))


def _chunks(frames: PermutationFrames, which: list[int]) -> list[list[int]]:
    """Graphs with the same sizes of blocks, which share a table of orders, in portions that fit memory."""
    padded: dict[tuple[int, ...], list[int]] = {}
    width = frames.block_of.shape[1]
    for b in which:
        sizes = frames.all_blocks[b]
        padded.setdefault((*sizes, *(1,) * (width - sum(sizes))), []).append(b)
    out = []
    for sizes, graphs in padded.items():
        per = max(1, _CHUNK // (prod(_factorials(sizes)) * width * width))
        out += [graphs[k : k + per] for k in range(0, len(graphs), per)]
    return out


def _factorials(sizes: tuple[int, ...]) -> list[int]:
    from math import factorial

    return [factorial(m) for m in sizes]


def _merged(
    frames: PermutationFrames, which: list[int], orbits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All orderings of graphs that share their sizes of blocks, equal matrices once; fills in the orbits."""
    width = frames.block_of.shape[1]
    sizes = frames.all_blocks[which[0]]
    table = orders_within_blocks((*sizes, *(1,) * (width - sum(sizes))))
    graphs = np.array(which)
    rows = frames.order[graphs][:, table].reshape(-1, width)
    if len(table) == 1:
        return rows, graphs, np.ones(len(graphs))
    graph = np.repeat(graphs, len(table))
    colours, vertices = frames.identical
    matrices = np.zeros((len(rows), 0), dtype=np.uint8)
    if frames.batch.adjacency is not None:
        colours = colours[graphs]
        # Few colours fit a byte, and small matrices the cache.
        colours = colours.astype(np.uint8) if colours.max() < 256 else colours
        flat = (rows[:, :, None] * width + rows[:, None, :]).reshape(len(graphs), -1)
        matrices = np.take_along_axis(colours.reshape(len(graphs), -1), flat, 1).reshape(len(rows), -1)
    if frames.batch.features is not None:
        matrices = np.concatenate([matrices, vertices[graph[:, None], rows]], axis=1)
    salt = scramble(np.arange(matrices.shape[1], dtype=np.uint64))
    names = matrices.astype(np.uint64) @ salt
    order = np.lexsort((names, graph))
    new = np.ones(len(rows), dtype=bool)
    ahead, behind = order[1:], order[:-1]
    new[1:] = (graph[ahead] != graph[behind]) | (names[ahead] != names[behind])
    # Two matrices with one name are compared entry by entry; if they differ they stay apart.
    doubtful = np.flatnonzero(~new[1:])
    new[1:][doubtful] = (matrices[ahead[doubtful]] != matrices[behind[doubtful]]).any(1)
    number = new.cumsum() - 1
    first = order[new]
    _connect(rows[order], graph[order], number, rows[first], orbits)
    return rows[first], graph[first], np.bincount(number) / len(table)


def _connect(rows: np.ndarray, graph: np.ndarray, number: np.ndarray, first: np.ndarray, orbits: np.ndarray) -> None:
    """Orbits of the automorphisms: orderings of one class have vertices of one orbit in the same place."""
    # One class of each graph holds a whole coset of its automorphism group.
    opens = np.ones(len(graph), dtype=bool)
    opens[1:] = graph[1:] != graph[:-1]
    leading = number == np.repeat(number[opens], np.diff(np.flatnonzero(np.append(opens, True))))
    place = first[number[leading]]
    np.minimum.at(orbits, (graph[leading, None], place), rows[leading])

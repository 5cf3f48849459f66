"""Colour refinement of the vertices of an edge-coloured complete graph, in NumPy and independent of vertex numbers.

A partition is an array of 64-bit labels. A round adds up, for every vertex i, the products of a random number of the
edge colour (i, j) with the label of j, modulo 2^64: exact integer sums, so two vertices that some automorphism of the
partition connects always get the same sum, whatever the order of summation. Vertices that share a label but not the sum
are split; the largest part keeps the label and the others get a hash of label and sum, so labels depend on the
colours alone and can be compared between branches of a search. A collision of hashes only makes a partition coarser.
After the first round a sum is updated from the vertices whose label changed, which costs O(M) a changed vertex.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["ColourRefinement", "Partition", "scramble"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MARK = np.uint64(0xD6E8FEB86659FD93)


def scramble(x: np.ndarray) -> np.ndarray:
    """A bijection of 64-bit integers that looks random (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    x = x + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@dataclass(frozen=True, eq=False)
class Partition:
    """Labels of the vertices, the sums that belong to them, and the sorted labels, which name the partition's type."""

    labels: np.ndarray
    sums: np.ndarray
    sorted_labels: np.ndarray

    number_of_cells: int

    @property
    def is_discrete(self) -> bool:
        return self.number_of_cells == self.labels.size

    def target_cell(self) -> np.uint64:
        """Label of the smallest cell of two or more vertices: small cells keep failing searches narrow."""
        starts = np.flatnonzero(np.concatenate([[True], self.sorted_labels[1:] != self.sorted_labels[:-1]]))
        sizes = np.diff(starts, append=self.sorted_labels.size)
        return np.uint64(self.sorted_labels[starts[np.where(sizes > 1, sizes, sizes.max() + 1).argmin()]])


class ColourRefinement:
    """Refinement over fixed edge colours.

    Parameters
    ----------
    colours : int array of shape (M, M)
        Colour of the ordered pair (i, j).
    vertex_colours : int array of shape (M,)
    """

    def __init__(self, colours: np.ndarray, vertex_colours: np.ndarray) -> None:
        weights = scramble(colours.astype(np.uint64))
        if not np.array_equal(colours, colours.T):
            weights = scramble(weights + (weights.T << np.uint64(1)))
        # Row j holds the weights with which the label of j enters the sums of all vertices.
        self._columns = np.ascontiguousarray(weights.T)
        labels = scramble(scramble(vertex_colours.astype(np.uint64)) ^ scramble(np.diagonal(colours).astype(np.uint64)))
        self.root = self._refine(labels, labels @ self._columns, 1)

    def individualise(self, partition: Partition, vertex: int) -> Partition:
        """Give one vertex a label of its own and refine."""
        labels = partition.labels.copy()
        old = labels[vertex : vertex + 1]
        # The rest of the cell keeps its label, so the new one must differ from that of a vertex taken earlier: mix in
        # how many cells there are.
        new = scramble(old ^ scramble(_MARK + np.array([partition.number_of_cells], dtype=np.uint64)))
        sums = partition.sums + (new - old) * self._columns[vertex]
        labels[vertex] = new[0]
        return self._refine(labels, sums, partition.number_of_cells + 1)

    def _refine(self, labels: np.ndarray, sums: np.ndarray, expected: int) -> Partition:
        while True:
            order = np.lexsort((sums, labels))
            ordered, ordered_sums = labels[order], sums[order]
            cell_starts = ordered[1:] != ordered[:-1]
            part_starts = cell_starts | (ordered_sums[1:] != ordered_sums[:-1])
            cells, parts = int(cell_starts.sum()) + 1, int(part_starts.sum()) + 1
            # Fewer cells than parts were made would be a collision of 64-bit labels, which would spoil exactness.
            assert cells >= expected, "two cells got the same 64-bit label"
            if cells == parts:
                return Partition(labels, sums, ordered, cells)
            expected = parts
            change = _split(ordered, ordered_sums, cell_starts, part_starts)
            at = np.flatnonzero(change != ordered)
            moved = order[at]
            sums = sums + (change[at] - ordered[at]) @ self._columns[moved]
            labels = labels.copy()
            labels[moved] = change[at]


def _split(ordered: np.ndarray, sums: np.ndarray, cell_starts: np.ndarray, part_starts: np.ndarray) -> np.ndarray:
    """New labels, in sorted order: the largest part of a cell keeps its label (the first of equals, by sum)."""
    starts = np.concatenate([[0], np.flatnonzero(part_starts) + 1])
    sizes = np.diff(starts, append=ordered.size)
    cell_of_part = np.concatenate([[0], np.cumsum(cell_starts)])[starts]
    by_size = np.lexsort((np.arange(starts.size), -sizes, cell_of_part))
    leaders = by_size[np.concatenate([[True], cell_of_part[by_size][1:] != cell_of_part[by_size][:-1]])]
    part_labels = scramble(ordered[starts] ^ scramble(sums[starts]))
    part_labels[leaders] = ordered[starts[leaders]]
    return np.repeat(part_labels, sizes)

"""When two branched fusion rings are the same: a relabelling of irreps that keeps branching rules and fusion.

Irreps are coloured by their branching and refined by how they fuse; where colours are shared, one irrep is singled out
and every candidate for its image is tried (individualisation and refinement, as for graphs).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

__all__ = ["ring_colours", "ring_isomorphism"]

Ring = tuple[np.ndarray, np.ndarray]
_TAG = np.uint64(0xD1B54A32D192ED03)


def ring_colours(branching: Int[np.ndarray, "r k"], fusion: Int[np.ndarray, "r r r"]) -> Int[np.ndarray, " r"]:
    """Colour of each irrep, the same in every labelling of the ring (up to collisions of a 64-bit hash)."""
    return _refined(_hashed(np.asarray(branching, dtype=np.int64)), fusion)


def ring_isomorphism(
    first: Ring, second: Ring, colours: tuple[np.ndarray, np.ndarray] | None = None
) -> Int[np.ndarray, " r"] | None:
    """Rows of the second ring that the rows of the first go to; None when the rings differ.

    Parameters
    ----------
    first, second : (branching, fusion)
        Integer arrays of shapes (r, k) and (r, r, r), fusion totally symmetric.
    colours : pair of arrays, optional
        What :func:`ring_colours` gives for both.
    """
    if first[0].shape != second[0].shape:
        return None
    c1, c2 = colours if colours is not None else (ring_colours(*first), ring_colours(*second))
    return _search(first, second, c1, c2)


def _search(first: Ring, second: Ring, c1: np.ndarray, c2: np.ndarray) -> np.ndarray | None:
    if not np.array_equal(np.sort(c1), np.sort(c2)):
        return None
    kinds, counts = np.unique(c1, return_counts=True)
    shared = kinds[counts > 1]
    if not len(shared):
        image = np.argsort(c2)[np.argsort(np.argsort(c1))]
        same = np.array_equal(first[0], second[0][image])
        return image if same and np.array_equal(first[1], second[1][np.ix_(image, image, image)]) else None
    kind = kinds[np.where(counts > 1, counts, counts.max() + 1).argmin()]
    i = int(np.flatnonzero(c1 == kind)[0])
    tag = _mix(kind, _TAG)
    marked = c1.copy()
    marked[i] = tag
    marked = _refined(marked, first[1])
    for j in np.flatnonzero(c2 == kind).tolist():
        other = c2.copy()
        other[j] = tag
        image = _search(first, second, marked, _refined(other, second[1]))
        if image is not None:
            return image
    return None


def _refined(colours: np.ndarray, fusion: np.ndarray) -> np.ndarray:
    tensor = fusion.astype(np.uint64)
    seen = len(np.unique(colours))
    while True:
        with np.errstate(over="ignore"):
            pair = _mix(tensor, colours[None, None, :]).sum(axis=2, dtype=np.uint64)
            row = _mix(pair, colours[None, :]).sum(axis=1, dtype=np.uint64)
            square = _mix(np.einsum("iij->ij", tensor), colours[None, :]).sum(axis=1, dtype=np.uint64)
        colours = _mix(_mix(row, square), colours)
        now = len(np.unique(colours))
        if now == seen:
            return colours
        seen = now


def _mix(a: Any, b: Any) -> Any:
    """A 64-bit mixing of two arrays (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        x = np.asarray(a, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.asarray(b, dtype=np.uint64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def _hashed(rows: np.ndarray) -> np.ndarray:
    colours = np.zeros(len(rows), dtype=np.uint64)
    for column in rows.T:
        colours = _mix(colours, column.astype(np.uint64))
    return colours

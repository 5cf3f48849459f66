"""Keys that sort the vertices of a graph: numbers that do not depend on how the vertices are numbered.

Two vertices with equal keys fall into one block. Floating-point keys are equal when they belong to one cluster: sorted
values are cut where neighbours lie further apart than a tolerance. Rounding, or testing floats for equality, would let
the last bits decide, and with them the numbering of the vertices. How far the cuts lie from the tolerance is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError, UnknownNameError

__all__ = [
    "KEYS",
    "KeyTable",
    "checked_keys",
    "cluster_ranks",
    "key_table",
    "lexicographic_blocks",
    "needs_symmetry",
]

#: Names of keys, with what they are. All but ``features``, ``degree`` and ``refinement`` need a symmetric matrix.
KEYS: dict[str, str] = {
    "features": "the columns of the vertex features",
    "degree": "row and column sums of the adjacency matrix",
    "triangles": "closed walks of length three",
    "laplacian": "diagonals of the projectors on the eigenspaces of the Laplacian",
    "projectors": "sorted rows of those projectors",
    "wl": "colours of 1-WL, started from all keys before it",
    "refinement": "individualisation and refinement to the end: the frame is a coset of the automorphism group",
}
_SYMMETRIC = ("triangles", "laplacian", "projectors", "wl")
# A step between neighbouring values within this factor of the tolerance could fall on either side of it.
_CLOSE = 1.05


@dataclass(frozen=True, eq=False)
class KeyTable:
    """Blocks of vertices.

    Attributes
    ----------
    blocks : int array of shape (B, n)
        Number of the block of each vertex; vertices are sorted by it.
    below, above : array of shape (B,)
        Largest step between neighbouring key values that was taken for equality, and smallest that was not, in units
        of the tolerance.
    """

    blocks: Int[np.ndarray, "B n"]
    below: Float[np.ndarray, " B"]
    above: Float[np.ndarray, " B"]

    @property
    def ambiguous(self) -> np.ndarray:
        """Whether some step lies so near the tolerance that another numbering of the vertices might decide it anew."""
        return (self.below > 1.0 / _CLOSE) | (self.above < _CLOSE)


def checked_keys(keys: str | Sequence[str]) -> tuple[str, ...]:
    """Names of keys in the order in which they sort.

    Raises
    ------
    UnknownNameError
        With the nearest name.
    """
    names = tuple(part.strip() for part in keys.split(",")) if isinstance(keys, str) else tuple(keys)
    for name in names:
        if name not in KEYS:
            near = get_close_matches(str(name), KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(KEYS)}"
            raise UnknownNameError(f"no vertex key is called {name!r}; {hint}")
    if not names:
        raise InputError(f"a permutation frame needs at least one key; known are {', '.join(KEYS)}")
    return names


def needs_symmetry(keys: Sequence[str]) -> str | None:
    """The first key that is defined for symmetric matrices only."""
    return next((k for k in keys if k in _SYMMETRIC), None)


def key_table(
    adjacency: Float[np.ndarray, "B n n"] | None,
    features: Float[np.ndarray, "B n f"] | None,
    keys: Sequence[str],
    tol: float,
) -> KeyTable:
    """Blocks of vertices with equal keys, for graphs of one size.

    Parameters
    ----------
    adjacency : array of shape (B, n, n) or None
    features : array of shape (B, n, f) or None
        They sort first, whatever ``keys`` says.
    keys : sequence of str
        See ``KEYS``.
    tol : float
        Relative to the largest value of the same kind in the same graph.

    Returns
    -------
    KeyTable
    """
    given = adjacency if features is None else features
    assert given is not None
    table = _Builder(np.zeros(given.shape[:2], dtype=np.int64), tol)
    if features is not None:
        table.add_values(features)
    if adjacency is not None:
        for name in keys:
            _ADDERS[name](table, adjacency)
    return KeyTable(table.blocks, table.below, table.above)


class _Builder:
    """Blocks that become finer with every column of keys."""

    def __init__(self, blocks: np.ndarray, tol: float) -> None:
        self.blocks, self.tol = blocks, tol
        self.below = np.zeros(len(blocks))
        self.above = np.full(len(blocks), np.inf)
        self._eigen: tuple[np.ndarray, np.ndarray] | None = None

    def clustered(self, values: np.ndarray, scale: np.ndarray | None = None) -> np.ndarray:
        """Ranks of values along the last axis, equal within clusters; shape (B, m)."""
        ranks, below, above = _clustered(values, self.tol, scale)
        self.below, self.above = np.maximum(self.below, below), np.minimum(self.above, above)
        return ranks

    def add_values(self, values: np.ndarray) -> None:
        """Real keys of shape (B, n, q), column by column."""
        scale = np.abs(values).max(axis=(1, 2), initial=0.0)
        ranks = [self.clustered(values[:, :, k], scale) for k in range(values.shape[2])]
        if ranks:
            self.add_integers(np.stack(ranks, axis=-1))

    def add_integers(self, keys: np.ndarray) -> None:
        """Integer keys of shape (B, n, q)."""
        self.blocks = lexicographic_blocks(np.concatenate([self.blocks[:, :, None], keys], axis=-1))

    def eigenspaces(self, adjacency: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvectors of the Laplacian, shape (B, n, n), and the eigenspace of each, shape (B, n)."""
        if self._eigen is None:
            laplacian = adjacency.sum(2)[:, :, None] * np.eye(adjacency.shape[1]) - adjacency
            values, vectors = np.linalg.eigh(laplacian)
            self._eigen = vectors, self.clustered(values)
        return self._eigen


def cluster_ranks(
    values: Float[np.ndarray, "B m"], tol: float, scale: Float[np.ndarray, " B"] | None = None
) -> Int[np.ndarray, "B m"]:
    """Rank of the cluster of each value along the last axis; ``tol`` is relative to ``scale`` or the largest modulus.

    Examples
    --------
    >>> cluster_ranks(np.array([[0.3, 0.1, 0.1 + 1e-12, 0.2]]), 1e-6).tolist()
    [[2, 0, 0, 1]]
    """
    return _clustered(values, tol, scale)[0]


def _clustered(values: np.ndarray, tol: float, scale: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Also the largest step below, and the smallest above the tolerance, in its units."""
    largest = np.abs(values).max(axis=1, initial=0.0) if scale is None else scale
    order = np.argsort(values, axis=1, kind="stable")
    unit = tol * np.where(largest > 0, largest, 1.0)[:, None]
    steps = np.diff(np.take_along_axis(values, order, 1), axis=1) / unit
    cut = steps > 1.0
    sorted_ranks = np.zeros(values.shape, dtype=np.int64)
    sorted_ranks[:, 1:] = cut.cumsum(1)
    ranks = np.empty_like(sorted_ranks)
    np.put_along_axis(ranks, order, sorted_ranks, 1)
    below = np.where(cut, 0.0, steps).max(axis=1, initial=0.0)
    return ranks, below, np.where(cut, steps, np.inf).min(axis=1, initial=np.inf)


def lexicographic_blocks(keys: Int[np.ndarray, "B n q"]) -> Int[np.ndarray, "B n"]:
    """Rank of each row of integers among the distinct rows of its graph, in lexicographic order.

    Examples
    --------
    >>> lexicographic_blocks(np.array([[[1, 5], [0, 7], [1, 2], [0, 7]]])).tolist()
    [[2, 0, 1, 0]]
    """
    number, n, columns = keys.shape
    blocks = np.zeros((number, n), dtype=np.int64)
    for k in range(columns):
        column = keys[:, :, k] - keys[:, :, k].min(axis=1, keepdims=True, initial=0)
        code = blocks * (column.max(initial=0) + 1) + column
        order = np.argsort(code, axis=1, kind="stable")
        ordered = np.take_along_axis(code, order, 1)
        ranks = np.zeros_like(blocks)
        ranks[:, 1:] = (np.diff(ordered, axis=1) != 0).cumsum(1)
        np.put_along_axis(blocks, order, ranks, 1)
    return blocks


def _degree(table: _Builder, a: np.ndarray) -> None:
    table.add_values(np.stack([a.sum(2), a.sum(1)], axis=-1))


def _triangles(table: _Builder, a: np.ndarray) -> None:
    table.add_values(np.einsum("bij,bji->bi", a @ a, a)[:, :, None])


def _laplacian(table: _Builder, a: np.ndarray) -> None:
    vectors, space = table.eigenspaces(a)
    member = space[:, :, None] == np.arange(a.shape[1])
    table.add_values(vectors**2 @ member)


def _projectors(table: _Builder, a: np.ndarray) -> None:
    vectors, space = table.eigenspaces(a)
    number, n, _ = a.shape
    colours = np.zeros((number, n * n), dtype=np.int64)
    for k in range(n):
        part = vectors * (space == k)[:, None, :]
        entries = (part @ vectors.swapaxes(1, 2)).reshape(number, n * n)
        ranks = table.clustered(entries, np.ones(number))
        colours = lexicographic_blocks(np.stack([colours, ranks], axis=-1))
    table.add_integers(np.sort(colours.reshape(number, n, n), axis=2))


def _weisfeiler_leman(table: _Builder, a: np.ndarray) -> None:
    number, n, _ = a.shape
    colours = table.clustered(a.reshape(number, n * n)).reshape(a.shape)
    for _ in range(n):
        before = table.blocks
        table.add_integers(np.sort(colours * n + table.blocks[:, None, :], axis=2))
        if np.array_equal(before, table.blocks):
            break


def _nothing(table: _Builder, a: np.ndarray) -> None:
    """Features are added first; refinement is a search of its own."""


_ADDERS = {
    "features": _nothing,
    "degree": _degree,
    "triangles": _triangles,
    "laplacian": _laplacian,
    "projectors": _projectors,
    "wl": _weisfeiler_leman,
    "refinement": _nothing,
}

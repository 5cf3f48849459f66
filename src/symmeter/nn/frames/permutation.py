"""Frames of the permutation group: the orderings of the vertices of a graph, or of the points of a set, by given keys.

Vertices with equal keys form a block and may stand in any order within it, so the frame of a graph has
``prod(m_b!)`` elements for blocks of m_b vertices; it always contains the automorphisms (Puny et al., ICLR 2022).
A permutation p is an array that lists the vertices in their new order: ``x[p]`` and ``A[p][:, p]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.nn.frames.permutation_frames import PermutationFrames
from symmeter.nn.frames.permutation_input import graph_batch
from symmeter.nn.frames.permutation_keys import checked_keys, key_table, needs_symmetry

__all__ = ["PermutationFrame", "PermutationFrames", "SortingFrame"]


@dataclass(frozen=True)
class PermutationFrame:
    """How to order vertices.

    Parameters
    ----------
    keys : str or sequence of str
        ``"laplacian"`` (the default: diagonals of the projectors on the eigenspaces of the Laplacian), ``"degree"``,
        ``"triangles"``, ``"projectors"``, ``"wl"``, or several, which sort one after another; ``"refinement"`` searches
        a canonical order, so that the frame is as small as the automorphism group. Vertex features, where given,
        always sort first; ``"features"`` uses nothing else.
    tol : float
        Keys are equal when they are at most this far apart, neighbour by neighbour, relative to the largest; likewise
        eigenvalues, entries and features. Vertices of one block may thus differ a little, and the average over their
        orders is exact all the same: only orderings that differ by rounding are evaluated once for all.

    Raises
    ------
    UnknownNameError, InputError

    Notes
    -----
    Disconnected graphs and graphs without edges are allowed: eigenvalue 0 then has the number of components as
    multiplicity, copies of one component share their keys, and the frame is exact but large.

    References
    ----------
    O. Puny et al., "Frame Averaging for Invariant and Equivariant Network Design" (ICLR 2022).

    Examples
    --------
    >>> path = np.diag([1, 1, 1], 1) + np.diag([1, 1, 1], -1)
    >>> P = PermutationFrame(keys="laplacian", tol=1e-6).compute(path)
    >>> P.size, P.blocks, P.enumerate(limit=10).shape
    (4, (2, 2), (4, 4))
    """

    keys: str | Sequence[str] = "laplacian"
    tol: float = 1e-6

    def __post_init__(self) -> None:
        checked_keys(self.keys)
        if not 0 < self.tol < 1:
            raise InputError(f"tol is relative and must lie between 0 and 1; got {self.tol!r}")

    def compute(self, adjacency: Any = None, features: Any = None, mask: Any = None) -> PermutationFrames:
        """The frame of one graph, or of each of a batch.

        Parameters
        ----------
        adjacency : array of shape (n, n) or (B, n, n), or a list of square arrays of any sizes, or None
            NumPy or torch; weights are allowed. A list is padded. None for sets, which are sorted by features.
        features : array of shape (n, f) or (B, n, f), or a list, optional
        mask : bool array of shape (n,) or (B, n), optional
            True for vertices, False for padding, which is sorted to the end and never permuted.

        Returns
        -------
        PermutationFrames

        Raises
        ------
        ShapeError, NonFiniteError
        InputError
            For graphs without vertices, and for asymmetric matrices where a key needs symmetric ones.
        """
        names = checked_keys(self.keys)
        batch = graph_batch(adjacency, features, mask)
        key = needs_symmetry(names)
        if key is not None:
            batch.check_symmetric(key, self.tol)
        number, width = batch.mask.shape
        blocks = np.full((number, width), width, dtype=np.int64)
        ambiguous = np.zeros(number, dtype=bool)
        for n in np.unique(batch.counts):
            some = np.flatnonzero(batch.counts == n)
            here = batch.positions[some][:, :n]
            table = key_table(batch.part(some, n), batch.feature_part(some, n), names, self.tol)
            rows = np.repeat(some[:, None], n, axis=1)
            blocks[rows, here] = table.blocks
            ambiguous[some] = table.ambiguous
        return PermutationFrames(batch, blocks, ambiguous, self.tol, "refinement" in names)


def SortingFrame(tol: float = 1e-6) -> PermutationFrame:
    """The frame of a set: its points in lexicographic order, equal points in any order.

    Examples
    --------
    >>> x = np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0]])
    >>> P = SortingFrame().compute(features=x)
    >>> P.size, P.blocks, P.order[0].tolist()
    (2, (2, 1, 1), [1, 3, 2, 0])
    """
    return PermutationFrame(keys="features", tol=tol)

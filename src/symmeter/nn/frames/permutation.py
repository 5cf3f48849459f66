"""Frames of the permutation group: the orderings of the vertices of a graph, or of the points of a set, by given keys.

Vertices with equal keys form a block and may stand in any order within it, so the frame of a graph has
``prod(m_b!)`` elements for blocks of m_b vertices; it always contains the automorphisms (Puny et al., ICLR 2022).
A permutation p is an array that lists the vertices in their new order: ``x[p]`` and ``A[p][:, p]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial, prod
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Int

from symmeter.errors import InputError
from symmeter.groups.permutation_group import PermutationGroup
from symmeter.nn.frames.permutation_canonical import canonical_order, graph_automorphisms
from symmeter.nn.frames.permutation_elements import (
    PermutationElements,
    frame_elements,
    orders_within_blocks,
    uniform,
)
from symmeter.nn.frames.permutation_input import GraphBatch, graph_batch
from symmeter.nn.frames.permutation_keys import checked_keys, key_table, needs_symmetry

__all__ = ["PermutationFrame", "PermutationFrames", "SortingFrame"]

Rng = np.random.Generator | torch.Generator | int | None


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
        eigenvalues, entries and features.

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


@dataclass(frozen=True, eq=False)
class PermutationFrames:
    """The frames of a batch of graphs; made by :meth:`PermutationFrame.compute`.

    Attributes
    ----------
    batch : GraphBatch
        What they were computed from.
    block_of : int array of shape (B, N)
        Block of each vertex; padding has the number N.
    ambiguous : bool array of shape (B,)
        Whether some step between keys lies so near the tolerance that rounding could decide it.
    tol : float
    canonical : bool
        Whether each frame is a coset of the automorphism group.
    """

    batch: GraphBatch
    block_of: Int[np.ndarray, "B N"]
    ambiguous: Bool[np.ndarray, " B"]
    tol: float
    canonical: bool = False

    def __len__(self) -> int:
        return len(self.block_of)

    @cached_property
    def all_sizes(self) -> tuple[int, ...]:
        """Number of frame elements of every graph, as exact integers."""
        if self.canonical:
            return tuple(self.automorphisms(b).order for b in range(len(self)))
        return tuple(prod(factorial(m) for m in sizes) for sizes in self.all_blocks)

    @cached_property
    def all_blocks(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the blocks of every graph, in the order in which they sort."""
        return tuple(tuple(int(m) for m in np.bincount(row[real])) for row, real in zip(self.block_of, self.batch.mask))

    @property
    def size(self) -> int | tuple[int, ...]:
        """Number of elements: an integer for one graph, a tuple for a batch."""
        return self.all_sizes[0] if self.batch.single else self.all_sizes

    @property
    def blocks(self) -> tuple[Any, ...]:
        """Sizes of the blocks: a tuple for one graph, a tuple of tuples for a batch."""
        return self.all_blocks[0] if self.batch.single else self.all_blocks

    @cached_property
    def order(self) -> Int[np.ndarray, "B N"]:
        """One element of each frame."""
        if not self.canonical:
            return np.argsort(self.block_of, axis=1, kind="stable")
        return np.stack([self._canonical_order(b) for b in range(len(self))])

    @cached_property
    def colours(self) -> Int[np.ndarray, "B N N"]:
        """Adjacency entries as integers, equal within the tolerance; zero without adjacency."""
        return self.batch.colours(self.tol)

    @cached_property
    def vertex_colours(self) -> Int[np.ndarray, "B N"]:
        """Ranks of the distinct feature rows; zero without features."""
        return self.batch.vertex_colours(self.tol)

    def automorphisms(self, b: int = 0) -> PermutationGroup:
        """Automorphism group of graph b, which keeps its features; padding stays where it is."""
        if b not in self._groups:
            real = self.batch.mask[b]
            fixed = np.where(real, self.vertex_colours[b], 1 + self.vertex_colours[b].max() + np.arange(len(real)))
            self._groups[b] = graph_automorphisms(self.colours[b], fixed)
        return self._groups[b]

    @cached_property
    def _groups(self) -> dict[int, PermutationGroup]:
        return {}

    def _canonical_order(self, b: int) -> np.ndarray:
        return canonical_order(self.colours[b], self._separate_padding(b), self.automorphisms(b))

    def _separate_padding(self, b: int) -> np.ndarray:
        return self.block_of[b] + np.where(self.batch.mask[b], 0, np.arange(self.block_of.shape[1]))

    # -- elements ------------------------------------------------------------------------------------------------------

    def sample(self, k: int, rng: Rng = None) -> Int[Any, "... k N"]:
        """Independent uniform elements.

        Parameters
        ----------
        k : int
            How many of each frame.
        rng : numpy or torch Generator, or int

        Returns
        -------
        int array of shape (k, N) or (B, k, N), of the kind that was given to ``compute``
        """
        return self.batch.like(self._sample(k, rng, np.arange(len(self))))

    def _sample(self, k: int, rng: Rng, which: np.ndarray) -> np.ndarray:
        if k < 1:
            raise InputError(f"a sample needs one element or more; got k = {k}")
        width = self.block_of.shape[1]
        if self.canonical:
            rng = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(_seed(rng))
            out = np.empty((len(which), k, width), dtype=np.int64)
            for row, b in enumerate(which):
                group = self.automorphisms(int(b))
                for j in range(k):
                    out[row, j] = np.asarray(group.random(rng).images)[self.order[b]]
            return out
        ticket = uniform((len(which), k, width), rng)
        # Padding keeps its order at the end.
        place = np.where(self.batch.mask[which], self.block_of[which], width + np.arange(width))
        return np.argsort(place[:, None, :] + ticket * self.batch.mask[which][:, None, :], axis=-1, kind="stable")

    def enumerate(self, limit: int = 10_000) -> Any:
        """All elements.

        Parameters
        ----------
        limit : int
            Largest number of elements of one frame.

        Returns
        -------
        int array of shape (size, N), or a tuple of such arrays for a batch

        Raises
        ------
        InputError
            Quoting the size, when a frame is larger.
        """
        too_many = next((b for b, size in enumerate(self.all_sizes) if size > limit), None)
        if too_many is not None:
            where = "the frame" if self.batch.single else f"the frame of graph {too_many}"
            raise InputError(
                f"{where} has {self.all_sizes[too_many]} elements, more than limit={limit}; raise it or use .sample(k)"
            )
        found = tuple(self._enumerated(b) for b in range(len(self)))
        return self.batch.like(found[0][None]) if self.batch.single else tuple(self.batch.like(f, False) for f in found)

    def _enumerated(self, b: int) -> np.ndarray:
        if self.canonical:
            group = self.automorphisms(b)
            return group.elements_array(cap=group.order)[:, self.order[b]]
        padding = len(self.batch.mask[b]) - int(self.batch.counts[b])
        return self.order[b][orders_within_blocks((*self.all_blocks[b], *(1,) * padding))]

    def elements(
        self, limit: int = 1000, samples: int = 16, rng: Rng = None, *, stochastic: bool = False, merge: bool = True
    ) -> PermutationElements:
        """What an average over the frames has to evaluate, as one flat list for the whole batch.

        Parameters
        ----------
        limit : int
            Frames of at most this many elements, or of as many up to automorphisms, are taken whole.
        samples : int
            Drawn at random from every other frame.
        rng : Generator or int
        stochastic : bool
            Draw from every frame, whatever its size; for training.
        merge : bool
            Let orderings that give the same matrix appear once, with their joint weight.

        Returns
        -------
        PermutationElements
        """
        return frame_elements(self, limit, samples, rng, stochastic, merge)

    @property
    def components(self) -> Int[np.ndarray, " B"]:
        """Number of connected components of every graph."""
        from scipy.sparse.csgraph import connected_components

        if self.batch.adjacency is None:
            return self.batch.counts.copy()
        padding = (~self.batch.mask).sum(1)
        return np.array([connected_components(a != 0)[0] for a in self.batch.adjacency]) - padding


def _seed(rng: Rng) -> int | None:
    return int(torch.randint(2**62, (1,), generator=rng)) if isinstance(rng, torch.Generator) else rng  # type: ignore


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

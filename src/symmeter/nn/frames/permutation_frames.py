"""The orderings of the vertices of each graph of a batch: how many there are, all of them, a sample, or one alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from symmeter.nn.frames.permutation_input import GraphBatch

__all__ = ["PermutationFrames"]

Rng = np.random.Generator | torch.Generator | int | None


@dataclass(frozen=True, eq=False)
class PermutationFrames:
    """The frames of a batch of graphs; made by :meth:`symmeter.nn.frames.PermutationFrame.compute`.

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

    @cached_property
    def identical(self) -> tuple[Int[np.ndarray, "B N N"], Int[np.ndarray, "B N"]]:
        """The same two where equal means equal up to rounding, whatever the tolerance of the keys."""
        tol = min(self.tol, self.batch.rounding)
        return self.batch.colours(tol), self.batch.vertex_colours(tol)

    def automorphisms(self, b: int = 0, strict: bool = False) -> PermutationGroup:
        """Automorphism group of graph b, which keeps its features; padding stays where it is.

        Parameters
        ----------
        b : int
        strict : bool
            Entries and features are kept up to rounding, not up to ``tol``.
        """
        if (b, strict) not in self._groups:
            colours, vertices = self.identical if strict else (self.colours, self.vertex_colours)
            if strict and self._is_clear(b):
                return self.automorphisms(b)
            real = self.batch.mask[b]
            fixed = np.where(real, vertices[b], 1 + vertices[b].max() + np.arange(len(real)))
            self._groups[b, strict] = graph_automorphisms(colours[b], fixed)
        return self._groups[b, strict]

    @cached_property
    def _groups(self) -> dict[tuple[int, bool], PermutationGroup]:
        return {}

    def _is_clear(self, b: int) -> bool:
        """Whether entries and features that are equal within the tolerance are equal up to rounding."""
        colours, vertices = self.identical
        real = self.batch.mask[b]
        return np.array_equal(colours[b], self.colours[b]) and np.array_equal(
            vertices[b][real], self.vertex_colours[b][real]
        )

    def _canonical_order(self, b: int, strict: bool = False) -> np.ndarray:
        blocks = self._separate_padding(b)
        if strict:
            blocks = np.unique(np.stack([blocks, self.identical[1][b]]), axis=1, return_inverse=True)[1].reshape(-1)
        if self.batch.adjacency is None:
            return np.argsort(blocks, kind="stable")
        colours = (self.identical[0] if strict else self.colours)[b]
        return canonical_order(colours, blocks, self.automorphisms(b, strict))

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

    def _sample(self, k: int, rng: Rng, which: np.ndarray, alike: bool = False) -> np.ndarray:
        """With ``alike`` the draws of a graph do not depend on those that stand beside it in the batch."""
        if k < 1:
            raise InputError(f"a sample needs one element or more; got k = {k}")
        width = self.block_of.shape[1]
        if self.canonical:
            rng = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(_seed(rng))
            seed = int(rng.integers(2**62))
            out = np.empty((len(which), k, width), dtype=np.int64)
            for row, b in enumerate(which):
                draws = np.random.default_rng(seed) if alike else rng
                group = self.automorphisms(int(b))
                for j in range(k):
                    out[row, j] = np.asarray(group.random(draws).images)[self.order[b]]
            return out
        # Vertex by vertex, so that more padding changes nothing either.
        ticket = uniform((width, k), rng).T[None] if alike else uniform((len(which), k, width), rng)
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
        self,
        limit: int = 1000,
        samples: int | None = None,
        rng: Rng = None,
        *,
        stochastic: bool = False,
        pairs: bool = False,
    ) -> PermutationElements:
        """What an average over the frames has to evaluate, as one flat list for the whole batch.

        Parameters
        ----------
        limit : int
            Frames of at most this many elements, or of as many up to automorphisms, are taken whole.
        samples : int, optional
            Drawn at random from every other frame, which is right in the mean only. Without it one canonical ordering
            stands for such a frame, with all that its automorphisms make of it: smaller, and exact as well.
        rng : Generator or int
        stochastic : bool
            Draw from every frame, whatever its size (one element without ``samples``); for training.
        pairs : bool
            Also find which pairs of vertices automorphisms connect, as outputs of pairs need it.

        Returns
        -------
        PermutationElements
            Orderings that give one and the same matrix appear once, with their joint weight.

        Raises
        ------
        InputError
            Where the search for a canonical ordering gives up; then give ``samples``.
        """
        return frame_elements(self, limit, samples, rng, stochastic, pairs)

    def redrawn(self, elements: PermutationElements, rng: Rng = None) -> PermutationElements:
        """The same elements with new random orderings where a frame was sampled, as training wants them each epoch."""
        some = np.flatnonzero(~elements.exact)
        if not len(some):
            return elements
        each = int((elements.graph == some[0]).sum())
        rows = elements.permutations.copy()
        rows[~elements.exact[elements.graph]] = self._sample(each, rng, some).reshape(-1, rows.shape[1])
        return replace(elements, permutations=rows)

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

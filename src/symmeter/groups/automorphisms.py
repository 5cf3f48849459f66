"""Automorphisms of an edge-coloured complete graph, exactly: the permutations that leave an integer matrix unchanged.

Individualisation and refinement along one leftmost path gives a base; at each of its points, deepest first, one
vertex of every orbit found so far is tried as its image (McKay 1981; McKay and Piperno, J. Symb. Comput. 60, 2014). At
every node the permutation that moves as little as the two partitions allow is tried at once, as in saucy (Darga,
Sakallah and Markov 2008), so that swaps of a few vertices need no descent to a leaf. Every generator is compared with
the matrix entry by entry; the basic orbits give the order exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, ShapeError
from symmeter.groups.orbits import UnionFind
from symmeter.groups.permutation_group import PermutationGroup
from symmeter.groups.refinement import ColourRefinement, Partition
from symmeter.groups.stabilizer_chain import StabilizerChain

__all__ = ["automorphism_group"]


def automorphism_group(
    colours: Int[np.ndarray, "m m"],
    vertex_colours: Int[np.ndarray, " m"] | Sequence[int] | None = None,
    max_nodes: int = 1_000_000,
) -> PermutationGroup:
    """All permutations p with ``colours[p[i], p[j]] == colours[i, j]`` for every i and j.

    Parameters
    ----------
    colours : int array of shape (M, M)
        Colour of each ordered pair; the matrix need not be symmetric, and its diagonal colours the vertices. Real
        matrices are clustered into colours first.
    vertex_colours : int array of shape (M,), optional
        Further colours that the permutations must keep.
    max_nodes : int
        Refinements after which the search gives up; only specially made graphs need so many.

    Returns
    -------
    PermutationGroup
        With base and strong generators, so that its order is known without further work.

    Raises
    ------
    InputError
        If the colours are no integers, or the search gives up.

    Examples
    --------
    A ring of six with weights that depend on the distance, and the same ring with a sense of rotation:

    >>> lag = np.subtract.outer(np.arange(6), np.arange(6)) % 6
    >>> automorphism_group(np.minimum(lag, 6 - lag)).name, automorphism_group(lag).name
    ('D6', 'C6')
    """
    c, v = _checked(colours, vertex_colours)
    search = _Search(c, v, max_nodes)
    return PermutationGroup.from_chain(search.chain())


def _checked(colours: np.ndarray, vertex_colours: Sequence[int] | np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    c = np.asarray(colours)
    if c.ndim != 2 or c.shape[0] != c.shape[1] or c.size == 0:
        raise ShapeError(f"colours is a square matrix, one row and column a vertex; got shape {c.shape}")
    v = np.zeros(len(c), dtype=np.int64) if vertex_colours is None else np.asarray(vertex_colours)
    if v.shape != (len(c),):
        raise ShapeError(f"vertex_colours has shape {v.shape}; {len(c)} vertices need one colour each")
    for name, a in (("colours", c), ("vertex_colours", v)):
        if a.size and a.dtype.kind not in "biu":
            raise InputError(f"{name} are of type {a.dtype}; give integers, one for each cluster of equal entries")
    # Smaller integers make the exact comparisons cheaper.
    narrow = np.int32 if c.min() >= -(2**31) and c.max() < 2**31 else c.dtype
    return np.ascontiguousarray(c, dtype=narrow), v


class _Search:
    def __init__(self, colours: np.ndarray, vertex_colours: np.ndarray, max_nodes: int) -> None:
        self.colours = colours
        self.vertex_colours = vertex_colours
        self.max_nodes = max_nodes
        self.nodes = 0
        self.refinement = ColourRefinement(colours, vertex_colours)
        self.identity = np.arange(len(colours))
        self.is_symmetric = np.array_equal(colours, colours.T)

    def chain(self) -> StabilizerChain:
        self.path = [self.refinement.root]
        self.base: list[int] = []
        self.targets: list[np.uint64] = []
        while self.path[-1].labels.size and not self.path[-1].is_discrete:
            self.targets.append(self.path[-1].target_cell())
            first = int(np.argmax(self.path[-1].labels == self.targets[-1]))
            self.base.append(first)
            self.path.append(self.refinement.individualise(self.path[-1], first))
        generators: list[np.ndarray] = []
        depths: list[int] = []
        sizes = [1] * len(self.base)
        union = UnionFind(len(self.identity))
        for depth in reversed(range(len(self.base))):
            b = self.base[depth]
            cell = np.flatnonzero(self.path[depth].labels == self.targets[depth]).tolist()
            excluded: set[int] = set()
            for w in cell:
                if union.find(w) == union.find(b) or any(union.find(x) == union.find(w) for x in excluded):
                    continue
                p = self.image_of_base(depth, w, generators)
                if p is None:
                    excluded.add(w)
                else:
                    generators.append(p)
                    depths.append(depth)
                    union.merge_orbits(p)
            sizes[depth] = sum(union.find(w) == union.find(b) for w in cell)
        return self._without_trivial_levels(generators, depths, sizes)

    def _without_trivial_levels(self, generators: list, depths: list, sizes: list) -> StabilizerChain:
        kept = [k for k, size in enumerate(sizes) if size > 1]
        level = {k: i for i, k in enumerate(kept)}
        n = len(self.identity)
        return StabilizerChain(
            n,
            tuple(self.base[k] for k in kept),
            np.array(generators, dtype=np.intp).reshape(-1, n),
            np.array([level[d] for d in depths], dtype=np.intp),
            tuple(sizes[k] for k in kept),
        )

    def image_of_base(self, depth: int, w: int, known: Sequence[np.ndarray]) -> np.ndarray | None:
        """An automorphism that fixes the base up to ``depth`` and moves ``base[depth]`` to w, or None if there is none.

        A depth-first search below the node that individualises w, with the open alternatives of each node on a stack.
        """
        fixed = [*self.base[:depth], w]
        node = self._child(self.path[depth], w, depth + 1)
        if node is None:
            return None
        stack: list[_Branch] = []
        while True:
            p = self._guess(self.path[depth + 1 + len(stack)], node)
            if p is not None:
                return p
            at = depth + 1 + len(stack)
            if at < len(self.path) - 1:
                stack.append(_Branch(node, np.flatnonzero(node.labels == self.targets[at]).tolist()))
            node = None
            while stack and node is None:
                x = stack[-1].next(fixed + [b.vertex for b in stack[:-1]], known)
                if x is None:
                    stack.pop()
                else:
                    node = self._child(stack[-1].node, x, depth + 1 + len(stack))
            if node is None:
                return None

    def _child(self, node: Partition, vertex: int, depth: int) -> Partition | None:
        """The refined partition, or None when it is not of the type that the first path has at this depth."""
        self.nodes += 1
        if self.nodes > self.max_nodes:
            raise InputError(
                f"the search for automorphisms gave up after {self.max_nodes} refinements; "
                "raise max_nodes=, or distinguish vertices by vertex_colours="
            )
        child = self.refinement.individualise(node, vertex)
        return child if np.array_equal(child.sorted_labels, self.path[depth].sorted_labels) else None

    def _guess(self, left: Partition, right: Partition) -> np.ndarray | None:
        """The map between two partitions of one type that moves fewest vertices, if it is an automorphism."""
        p = self.identity.copy()
        differ = np.flatnonzero(left.labels != right.labels)
        source = differ[np.argsort(left.labels[differ], kind="stable")]
        target = differ[np.argsort(right.labels[differ], kind="stable")]
        p[source] = target
        moved = source[source != target]
        return p if self._is_automorphism(p, moved) else None

    def _is_automorphism(self, p: np.ndarray, moved: np.ndarray) -> bool:
        c, v = self.colours, self.vertex_colours
        if not np.array_equal(v[p[moved]], v[moved]):
            return False
        # Two rows refute most wrong maps; rows and columns of fixed vertices need no comparison among themselves.
        for rows in (moved[:2], moved):
            if not np.array_equal(c[p[rows]][:, p], c[rows]):
                return False
            if not self.is_symmetric and not np.array_equal(c[:, p[rows]][p], c[:, rows]):
                return False
        return True


class _Branch:
    """The untried vertices of a node's target cell, one for each orbit of the known automorphisms that fix the path."""

    def __init__(self, node: Partition, cell: list[int]) -> None:
        self.node = node
        self.cell = cell
        self.tried: list[int] = []
        self.vertex = -1
        self._union: UnionFind | None = None

    def next(self, path: Sequence[int], known: Sequence[np.ndarray]) -> int | None:
        if self.tried and self._union is None:
            self._union = UnionFind(len(self.node.labels))
            for p in known:
                if all(p[i] == i for i in path):
                    self._union.merge_orbits(p)
        while self.cell:
            x = self.cell.pop(0)
            union = self._union
            if union is None or all(union.find(x) != union.find(y) for y in self.tried):
                self.tried.append(x)
                self.vertex = x
                return x
        return None

"""One ordering of the vertices that depends on the graph alone, up to automorphisms, and orderings up to automorphisms.

The permutations that lead to one and the same ordered graph are a coset of the automorphism group. A frame is a union
of such cosets, so an average over a frame needs one ordering of each coset only (orbit and stabiliser).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError
from symmeter.groups.automorphisms import automorphism_group
from symmeter.groups.permutation_group import PermutationGroup
from symmeter.groups.refinement import ColourRefinement, Partition

__all__ = ["canonical_order", "coset_representatives", "graph_automorphisms"]

#: Refinements after which the search for a canonical ordering gives up.
_MOST_NODES = 100_000


def graph_automorphisms(colours: Int[np.ndarray, "n n"], blocks: Int[np.ndarray, " n"]) -> PermutationGroup:
    """Permutations that leave the edge colours and the blocks of the vertices as they are."""
    return automorphism_group(colours, blocks)


def canonical_order(
    colours: Int[np.ndarray, "n n"], blocks: Int[np.ndarray, " n"], group: PermutationGroup | None = None
) -> Int[np.ndarray, " n"]:
    """Vertices in an order such that isomorphic graphs become equal matrices.

    Parameters
    ----------
    colours : int array of shape (n, n)
        Colour of each ordered pair of vertices.
    blocks : int array of shape (n,)
        Vertices of lower blocks come first.
    group : PermutationGroup, optional
        The automorphisms, when they are known.

    Returns
    -------
    int array of shape (n,)
        ``colours[order][:, order]`` is the canonical form.

    Raises
    ------
    InputError
        If the search gives up; only specially made graphs need so many nodes.

    Examples
    --------
    >>> path = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> order = canonical_order(path, np.zeros(3, dtype=int))
    >>> other = path[[1, 0, 2]][:, [1, 0, 2]]
    >>> again = canonical_order(other, np.zeros(3, dtype=int))
    >>> bool((path[order][:, order] == other[again][:, again]).all())
    True
    """
    group = graph_automorphisms(colours, blocks) if group is None else group
    refinement = ColourRefinement(colours, blocks)
    best: tuple[bytes, tuple[int, ...]] | None = None
    left = _MOST_NODES
    stack: list[tuple[Partition, tuple[int, ...], PermutationGroup]] = [(refinement.root, (), group)]
    while stack:
        node, path, stabiliser = stack.pop()
        if node.is_discrete:
            order = np.lexsort((node.labels, blocks))
            code = np.ascontiguousarray(colours[np.ix_(order, order)]).tobytes()
            if best is None or code < best[0]:
                best = code, path
            continue
        cell = np.flatnonzero(node.labels == node.target_cell())
        # Vertices in one orbit of what fixes the path lead to the same forms.
        _, first = np.unique(stabiliser.orbit_labels[cell], return_index=True)
        children = [(refinement.individualise(node, int(v)), int(v)) for v in cell[first]]
        left -= len(children)
        if left < 0:
            raise InputError(
                f"the canonical order of a graph on {len(colours)} vertices was not found in {_MOST_NODES} steps; "
                'use keys="laplacian" and samples instead'
            )
        smallest = min(child.sorted_labels.tobytes() for child, _ in children)
        for child, v in children:
            if child.sorted_labels.tobytes() == smallest:
                deeper = stabiliser if stabiliser.order == 1 else stabiliser.stabilizer(v)
                stack.append((child, (*path, v), deeper))
    assert best is not None
    return _ordered_along(colours, blocks, best[1])


def _ordered_along(colours: np.ndarray, blocks: np.ndarray, path: tuple[int, ...]) -> np.ndarray:
    """Vertices sorted by what they see of the vertices taken out along a path, one after another.

    Labels of the search are hashes, whose order means nothing; similar graphs should get similar orders.
    """
    n = len(blocks)
    place = _stable(colours, blocks)
    for v in path:
        # The vertex goes before the others of its block.
        place = 2 * place
        place[v] -= 1
        place = _stable(colours, np.unique(place, return_inverse=True)[1])
    return np.lexsort((np.arange(n), place))


def _stable(colours: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Blocks split by sorted rows of (colour, block of the other vertex) until nothing splits, sorted by them."""
    n = len(blocks)
    narrow = (colours - colours.min()) * n
    directed = not np.array_equal(narrow, narrow.T)
    own = np.diagonal(narrow)
    number = len(set(blocks.tolist()))
    while True:
        columns = [blocks[:, None], own[:, None], np.sort(narrow + blocks[None, :], axis=1)]
        if directed:
            columns.append(np.sort(narrow.T + blocks[None, :], axis=1))
        rows = [tuple(row) for row in np.concatenate(columns, axis=1).tolist()]
        ranks = {row: rank for rank, row in enumerate(sorted(set(rows)))}
        blocks = np.array([ranks[row] for row in rows])
        if len(ranks) in (number, n):
            return blocks
        number = len(ranks)


def coset_representatives(
    blocks: Int[np.ndarray, " n"], group: PermutationGroup, limit: int
) -> Int[np.ndarray, "cosets n"] | None:
    """One ordering of each class of orderings by blocks that automorphisms carry into each other.

    Parameters
    ----------
    blocks : int array of shape (n,)
    group : PermutationGroup
        Must keep the blocks.
    limit : int
        Give up, and return None, when there are more.
    """
    order = np.argsort(blocks, kind="stable")
    runs = [order[blocks[order] == b].tolist() for b in range(int(blocks.max(initial=-1)) + 1)]
    found: list[list[int]] = []
    for representative in _fill([], runs, group):
        found.append(representative)
        if len(found) > limit:
            return None
    return np.array(found, dtype=np.int64)


def _fill(chosen: list[int], runs: list[list[int]], group: PermutationGroup) -> Iterator[list[int]]:
    if not runs:
        yield chosen
        return
    if not runs[0]:
        yield from _fill(chosen, runs[1:], group)
        return
    if group.order == 1:
        yield from _all_orders(chosen, runs)
        return
    run = runs[0]
    _, first = np.unique(group.orbit_labels[run], return_index=True)
    for at in first:
        v = run[at]
        yield from _fill([*chosen, v], [[u for u in run if u != v], *runs[1:]], group.stabilizer(v))


def _all_orders(chosen: list[int], runs: list[list[int]]) -> Iterator[list[int]]:
    if not runs:
        yield chosen
        return
    for some in permutations(runs[0]):
        yield from _all_orders([*chosen, *some], runs[1:])

"""The group of a shape whose points are far apart against what its operations are off: a few maps give all the others.

Three points of a frame have as many images as there are maps. A few maps are matched with the points; products of their
permutations reach the other images, and no further map needs to be matched or compared. What this gives is exactly a
group of permutations; where it is in doubt (images that no product reaches, points too near) nothing is given, and all
maps are matched one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

__all__ = ["group_from_a_few", "is_multiplicative"]

#: Images that may prove no symmetry before all maps are matched together.
_MOST_MATCHED = 12
#: Numbers that a table of images may hold.
_LARGEST_TABLE = 1_000_000
#: Orders above this are left to the search that needs no table of products.
_LARGEST_GROUP = 500
#: Entries of products of fitted matrices that agree so well need no further averaging.
_MULTIPLICATIVE = 5e-15

Match = Callable[[Int[np.ndarray, "k 3"]], tuple[Int[np.ndarray, " m"], Int[np.ndarray, "m n"]]]


class _Images:
    """Numbers of the triples of images, looked up for whole tables of triples."""

    def __init__(self, n: int, parts: list[np.ndarray], images: Int[np.ndarray, "k 3"]) -> None:
        self.place = np.zeros((3, n), dtype=np.int64)
        for row, part in zip(self.place, parts):
            row[part] = np.arange(len(part))
        self.sizes = [len(p) for p in parts]
        first, second, third = (row[column] for row, column in zip(self.place, images.T))
        pairs = first * self.sizes[1] + second
        used = np.zeros(self.sizes[0] * self.sizes[1], dtype=bool)
        used[pairs] = True
        known = np.flatnonzero(used)
        # Pairs that no triple begins with share a number past the last.
        self.pair = np.full(len(used), len(known))
        self.pair[known] = np.arange(len(known))
        self.triple = np.full((len(known) + 1) * self.sizes[2], -1)
        self.triple[self.pair[pairs] * self.sizes[2] + third] = np.arange(len(images))

    def __call__(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        pair = self.pair[self.place[0][a] * self.sizes[1] + self.place[1][b]]
        return self.triple[pair * self.sizes[2] + self.place[2][c]]


def group_from_a_few(
    n: int,
    frame: Int[np.ndarray, " 3"],
    parts: list[np.ndarray],
    images: Int[np.ndarray, "k 3"],
    match: Match,
    promising: Callable[[Int[np.ndarray, "k 3"]], Int[np.ndarray, " m"]],
) -> tuple[Int[np.ndarray, "g n"], Int[np.ndarray, "g g"], Int[np.ndarray, " s"]] | None:
    """Permutations, table of products and the places of the generators in it; None when in doubt.

    Parameters
    ----------
    n : int
        Number of points.
    frame : int array of shape (3,)
        Points whose images tell maps apart.
    parts : list of three int arrays
        The shells of the frame's points.
    images : int array of shape (k, 3)
        Where the frame may go.
    match : callable
        Gives, for some triples of images, which of their maps take all points near to others, and the permutations of
        these.
    promising : callable
        Gives, for some triples, those whose maps pass a quick test that all symmetries pass.

    Returns
    -------
    permutations, table, generators, or None
        ``table[h, g]`` is h after g.
    """
    size = len(parts[0]) * len(parts[1])
    if not len(images) or size > _LARGEST_TABLE or (size + 1) * len(parts[2]) > 100 * _LARGEST_TABLE:
        return None
    number = _Images(n, parts, images)
    # Where each triple's map stands among the permutations: -1 not yet, -2 it is no symmetry.
    at = np.full(len(images), -1)
    start = int(number(*frame))
    if start < 0:
        return None
    at[start] = 0
    group, table = np.arange(n)[None], np.array([[start]])
    generators: list[np.ndarray] = []
    matched = 0
    tested = False
    while (open_ := np.flatnonzero(at == -1)).size:
        if matched and not tested:
            # Triples alike by chance lead nowhere, and there may be many of them.
            at[open_] = -2
            at[open_[promising(images[open_])]] = -1
            tested = True
            continue
        # Three elements of a group nearly always generate it, or much of it.
        chosen = open_[sorted({0, len(open_) // 2, len(open_) - 1})]
        matched += len(chosen)
        if matched > _MOST_MATCHED:
            return None
        at[chosen] = -2
        alive, permutations = match(images[chosen])
        if not np.array_equal(permutations[:, frame], images[chosen[alive]]):
            return None
        if not len(alive):
            continue
        generators += list(permutations)
        at[chosen[alive]] = len(group) + np.arange(len(alive))
        closed = _closed(np.concatenate([group, permutations]), at, number, frame)
        if closed is None:
            return None
        group, table = closed
    table = at[table]
    where = at[number(*np.array(generators).reshape(-1, n)[:, frame].T)] if generators else np.zeros(0, dtype=np.int64)
    # Triples alone were compared: whole permutations of the generators' products make it a proof.
    for g, row in zip(generators, where):
        if not np.array_equal(g[group], group[table[row]]):
            return None
    return group, table, where


def _closed(group: np.ndarray, at: np.ndarray, number: _Images, frame: np.ndarray) -> tuple[np.ndarray, ...] | None:
    """All products, and the triple of each product of two; None when one is no triple of images, or no symmetry."""
    while True:
        table = number(*(group[:, group[:, f]] for f in frame))
        reached = at[table]
        if table.min() < 0 or reached.min() == -2:
            return None
        new = np.flatnonzero(reached.ravel() == -1)
        if not new.size:
            return group, table
        way = np.full(len(at), -1)
        way[table.ravel()[new]] = new
        triples = np.flatnonzero(way >= 0)
        left, right = np.divmod(way[triples], len(group))
        at[triples] = len(group) + np.arange(len(triples))
        group = np.concatenate([group, np.take_along_axis(group[left], group[right], axis=1)])
        if len(group) > _LARGEST_GROUP:
            return None


def is_multiplicative(
    matrices: Float[np.ndarray, "g 3 3"], table: Int[np.ndarray, "g g"], generators: Int[np.ndarray, " s"]
) -> bool:
    """Whether the generators' matrices multiply with all others as the table says, to rounding."""
    return all(float(np.abs(matrices[s] @ matrices - matrices[table[s]]).max()) < _MULTIPLICATIVE for s in generators)

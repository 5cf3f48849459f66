"""Bonds of atoms in free or periodic space: cells of any shape, images of small cells included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec

import numpy as np
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError

__all__ = ["Bonds", "compiled", "neighbours_of"]

#: Bins beyond which cells are made larger: few atoms in much empty space need no more.
_MOST_BINS = 50_000_000


#: Fewer atoms are done sooner without waiting for compiled code to load.
_WORTH_COMPILING = 20_000


def compiled(wanted: bool | None, n: int) -> bool:
    """Whether loops are compiled: when asked for, else where numba is there (extra ``fast``) and atoms are many."""
    if wanted is not None:
        return wanted
    return n >= _WORTH_COMPILING and find_spec("numba") is not None


@dataclass(frozen=True, eq=False)
class Bonds:
    """Bonds of every atom, one after another, nearest first.

    Attributes
    ----------
    start : array of shape (n + 1,)
        Bonds ``start[i]`` to ``start[i + 1]`` are those of atom i.
    index : array of shape (m,)
        The atom at the other end.
    vector : array of shape (m, 3)
        From the atom to the other end, across periodic walls where that is nearer.
    """

    start: Int[np.ndarray, " n1"]
    index: Int[np.ndarray, " m"]
    vector: Float[np.ndarray, "m 3"]

    @property
    def counts(self) -> Int[np.ndarray, " n"]:
        """Number of bonds of each atom."""
        return np.diff(self.start)

    def nearest(self, most: int) -> Bonds:
        """Of each atom the nearest alone."""
        counts = self.counts
        if counts.max(initial=0) <= most:
            return self
        # Few atoms have more than that.
        over = np.flatnonzero(counts > most)
        extra = counts[over] - most
        first = self.start[over] + most - np.concatenate([[0], np.cumsum(extra)[:-1]])
        kept = np.ones(len(self.index), dtype=bool)
        kept[np.repeat(first, extra) + np.arange(int(extra.sum()))] = False
        start = np.concatenate([[0], np.cumsum(np.minimum(counts, most))])
        return Bonds(start, self.index[kept], self.vector[kept])

    @cached_property
    def owner(self) -> Int[np.ndarray, " m"]:
        """The atom whose bond it is."""
        return np.repeat(np.arange(len(self.start) - 1), self.counts)


def whole_cell(points: np.ndarray, cell: np.ndarray | None, periodic: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A cell of full rank and an origin; free directions are as long as the atoms need."""
    frame = np.zeros((3, 3)) if cell is None else np.array(cell, dtype=float)
    for d in np.flatnonzero(~periodic):
        # A free direction stands across the periodic ones, as far as there is room.
        frame[d] = 0.0
    for d in np.flatnonzero(~periodic):
        across = np.linalg.svd(frame)[2][int(np.linalg.matrix_rank(frame)) :]
        axis = np.eye(3)[d]
        direction = across.T @ (across @ axis)
        if np.linalg.norm(direction) < 1e-6:
            direction = across[0]
        frame[d] = direction / np.linalg.norm(direction)
    if abs(np.linalg.det(frame)) < 1e-9 * np.prod(np.linalg.norm(frame, axis=1) + 1e-300):
        raise InputError("the periodic cell vectors are not independent; give three that span a volume")
    inside = points @ np.linalg.inv(frame)
    low, high = inside.min(0), inside.max(0)
    origin = np.where(periodic, 0.0, low) @ frame
    for d in np.flatnonzero(~periodic):
        frame[d] *= (high[d] - low[d]) * (1 + 1e-9) + 1e-6
    return frame, origin


def neighbours_of(
    points: Float[np.ndarray, "n 3"],
    cell: Float[np.ndarray, "3 3"] | None,
    periodic: Bool[np.ndarray, "3"],
    cutoff: float,
    most: int,
    use_compiled: bool | None = None,
) -> Bonds:
    """Bonds shorter than ``cutoff``, of each atom the ``most`` nearest.

    Parameters
    ----------
    points : array of shape (n, 3)
    cell : array of shape (3, 3), optional
        Rows are the periodic translations; rows of free directions may be anything.
    periodic : array of 3 bool
    cutoff : float
    most : int
    use_compiled : bool, optional
        Whether numba does it; where it is installed when omitted.

    Examples
    --------
    >>> bonds = neighbours_of(np.zeros((1, 3)), np.eye(3), np.array([True] * 3), 1.1, 6)
    >>> bonds.counts.tolist(), bonds.vector.sum(0).tolist()
    ([6], [0.0, 0.0, 0.0])
    """
    frame, origin = whole_cell(points, cell, periodic)
    fractions = (points - origin) @ np.linalg.inv(frame)
    shifts = np.where(periodic, np.floor(fractions), 0.0)
    # Rounding may leave a fraction at exactly one.
    inside = np.where(periodic, np.minimum(fractions - shifts, 1 - 1e-16), fractions)
    wrapped = points - shifts @ frame
    heights = 1.0 / np.linalg.norm(np.linalg.inv(frame), axis=0)
    if compiled(use_compiled, len(points)):
        from symmeter.spacetime.defects.atoms_kernel import cell_neighbours

        counts = np.maximum(np.floor(heights / cutoff), 1).astype(np.int64)
        while np.prod(counts.astype(float)) > min(_MOST_BINS, 8 * len(points) + 64):
            counts = np.maximum(counts // 2, 1)
        reach = np.ceil(cutoff / (heights / counts) - 1e-12).astype(np.int64)
        reach = np.where(periodic, reach, np.minimum(reach, counts))
        found = cell_neighbours(
            np.ascontiguousarray(wrapped), np.ascontiguousarray(inside), frame, periodic, counts, reach, cutoff, most
        )
        return Bonds(*found)
    return _by_tree(wrapped, inside, frame, periodic, heights, cutoff, most)


def _by_tree(
    points: np.ndarray, inside: np.ndarray, frame: np.ndarray, periodic: np.ndarray, heights: np.ndarray,
    cutoff: float, most: int,
) -> Bonds:  # fmt: skip
    """The same with a KD-tree of the atoms and those images that lie near the walls."""
    from scipy.spatial import KDTree

    n = len(points)
    ghosts, names = [points], [np.arange(n)]
    span = np.where(periodic, np.ceil(cutoff / heights), 0).astype(int)
    edge = cutoff / heights
    for shift in np.ndindex(*(2 * span + 1)):
        step = np.array(shift) - span
        if not step.any():
            continue
        moved = inside + step
        near = (((moved > -edge - 1e-9) & (moved < 1 + edge + 1e-9)) | ~periodic).all(axis=1)
        ghosts.append(points[near] + step @ frame)
        names.append(np.flatnonzero(near))
    every, name = np.concatenate(ghosts), np.concatenate(names)
    pairs = KDTree(every).query_pairs(cutoff, output_type="ndarray")
    pairs = pairs[pairs[:, 0] < n]
    back = pairs[pairs[:, 1] < n]
    owner = np.concatenate([pairs[:, 0], back[:, 1]])
    other = np.concatenate([pairs[:, 1], back[:, 0]])
    vector = every[other] - every[owner]
    order = np.lexsort((np.einsum("ij,ij->i", vector, vector), owner))
    owner, other, vector = owner[order], other[order], vector[order]
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))])
    kept = np.arange(len(owner)) - start[owner] < most
    start = np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=n))])
    return Bonds(start, name[other[kept]].astype(np.int32), np.ascontiguousarray(vector[kept]))

"""Vertices that a file lists more than once, for every face that has a colour or a normal of its own there."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

__all__ = ["joined"]


def joined(vertices: Float[np.ndarray, "n 3"]) -> tuple[Int[np.ndarray, " k"], Int[np.ndarray, " n"]]:
    """The first vertex of each place, in order, and the number among these of every vertex's place.

    Examples
    --------
    >>> first, place = joined(np.array([[1.0, 0, 0], [0, 0, 0], [1, 0, 0]]))
    >>> first.tolist(), place.tolist()
    ([0, 1], [0, 1, 0])
    """
    _, first, label = np.unique(np.asarray(vertices) + 0.0, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[label.reshape(-1)]

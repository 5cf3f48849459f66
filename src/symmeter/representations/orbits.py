"""Orbits of points that carry a phase: what lets a group average cost one pass, whatever the order of the group.

A monomial map sends point i to ``images[i]`` and multiplies by the root of unity ``omega^turn[i]``. Points linked to
(point, phase) copies of themselves with two different phases must average to zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, Num

__all__ = ["connected_labels", "phased_orbits"]


def connected_labels(maps: Sequence[Int[np.ndarray, " n"]], size: int) -> Int[np.ndarray, " n"]:
    """Label the orbits of ``size`` points under some permutations of them, in order of first appearance."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not maps:
        return np.arange(size)
    rows = np.tile(np.arange(size), len(maps))
    columns = np.concatenate([np.asarray(m) for m in maps])
    graph = coo_array((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def phased_orbits(
    maps: Sequence[Int[np.ndarray, " n"]], turns: Sequence[Int[np.ndarray, " n"]], size: int, phase_order: int
) -> tuple[Int[np.ndarray, " n"], Num[np.ndarray, " n"]]:
    """Orbits of points under maps that also multiply by roots of unity.

    Parameters
    ----------
    maps : sequence of int arrays of shape (n,)
        Where each point goes.
    turns : sequence of int arrays of shape (n,)
        The exponent of the root ``exp(2 pi i / phase_order)`` that it is multiplied by.
    size, phase_order : int

    Returns
    -------
    labels : int array of shape (n,)
        Orbit of each point; -1 where the orbit meets itself with another phase, so that only zero is invariant.
    phases : array of shape (n,)
        An invariant vector takes the value ``c * phases[i]`` on its orbit; real when ``phase_order <= 2``.
    """
    if phase_order == 1:
        return connected_labels(maps, size), np.ones(size)
    lifted = []
    shifts = np.arange(phase_order)[:, None]
    for images, turn in zip(maps, turns, strict=True):
        lifted.append((((shifts + np.asarray(turn)[None, :]) % phase_order) * size + images[None, :]).reshape(-1))
    cover = connected_labels(lifted, phase_order * size).reshape(phase_order, size)
    vanishing = (cover[1:] == cover[:1]).any(0)
    # Name each orbit by the smallest label among its phase copies; the copy that carries the name gives the phase.
    names = cover.min(0)
    exponent = cover.argmin(0)
    root = np.exp(2j * np.pi * np.arange(phase_order) / phase_order)
    # (i, r) is joined to (image, r + turn), so the exponents along one component obey e(image) = e(i) + turn(i).
    phases = root[exponent]
    if phase_order == 2:
        phases = np.sign(np.real(phases))
    labels = np.full(size, -1, dtype=np.int64)
    kept = ~vanishing
    labels[kept] = np.unique(names[kept], return_inverse=True)[1]
    return labels, phases

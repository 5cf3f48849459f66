"""Permutations of columns that leave given matrices exactly unchanged: equal entries become colours, and all
automorphisms of the colours are found.

Complex Hermitian matrices colour ordered pairs, so that a circulant one shows Z_M where its real part shows D_M. With
signs the points are (column, sign), the matrix is ``[[R, -R], [-R, R]]``, and a colour of its own keeps opposite signs
together. Several matrices are coloured jointly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Num

from symmeter.discover.pair_patterns import cover_matrix
from symmeter.groups import PermutationGroup, automorphism_group
from symmeter.linalg import EntryColours, cluster_entries

__all__ = ["clusters_cleanly", "matrix_automorphisms"]


def matrix_automorphisms(
    matrices: Sequence[Num[np.ndarray, "m m"]], tol: float | Literal["auto"] = "auto", signed: bool = False
) -> tuple[PermutationGroup, list[EntryColours]]:
    """All (signed) permutations P with ``P R P^T = R`` for each of some matrices, entries equal within ``tol``.

    Parameters
    ----------
    matrices : sequence of arrays of shape (M, M)
        Real symmetric or complex Hermitian.
    tol : float or "auto"
        Absolute tolerance for entries; see :func:`symmeter.linalg.cluster_entries`.
    signed : bool
        Allow changes of sign; the group then acts on 2M points, ``M + i`` being minus column i.

    Returns
    -------
    group : PermutationGroup
    colours : list of EntryColours
        One for each matrix.

    Raises
    ------
    InputError
        If the search for automorphisms gives up, which only specially made matrices bring about.

    Examples
    --------
    >>> lag = np.abs(np.subtract.outer(np.arange(7), np.arange(7)))
    >>> R = 0.6 ** np.minimum(lag, 7 - lag)
    >>> matrix_automorphisms([R])[0].name
    'D7'
    >>> flow = np.sin(2 * np.pi * np.subtract.outer(np.arange(7), np.arange(7)) / 7)
    >>> matrix_automorphisms([R + 0.1j * flow])[0].name
    'C7'
    """
    found, layers = [], []
    for matrix in matrices:
        found.append(cluster_entries(matrix, tol))
        layers.append(cluster_entries(cover_matrix(matrix), found[-1].tol).colours if signed else found[-1].colours)
    points = len(layers[0])
    stacked = np.stack([layer.reshape(-1) for layer in layers], axis=1)
    colours = np.unique(stacked, axis=0, return_inverse=True)[1].reshape(points, points)
    if signed:
        m = points // 2
        k = np.arange(m)
        colours[k, k + m] = colours[k + m, k] = int(colours.max()) + 1
    return automorphism_group(colours), found


def clusters_cleanly(matrices: Sequence[Num[np.ndarray, "m m"]]) -> bool:
    """Whether the entries of every matrix repeat up to rounding, as those of an estimate never do."""
    return all(cluster_entries(matrix).clean for matrix in matrices)

"""Cholesky factor of a positive semidefinite matrix with diagonal pivoting: rank, and which elements are dependent.

Follows Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix" (1990): the largest remaining
diagonal entry is taken first, and the factorisation stops when it falls below a fraction of the largest one.

Conventions: the factor keeps the row order of the input, ``G = L L^H``; it is lower trapezoidal after the rows are
put in pivot order, ``L[pivots]``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError
from symmeter.linalg.hermitian import as_hermitian

__all__ = ["PivotedCholesky", "dependent_columns", "pivoted_cholesky"]

# A diagonal entry this far below zero, relative to the largest, is not rounding.
_NEGATIVE_TOLERANCE = 1e-7


class PivotedCholesky(NamedTuple):
    """``G = L L^H`` up to the tolerance.

    Attributes
    ----------
    factor : array of shape (d, rank)
        L, in the row order of G.
    pivots : int array of shape (d,)
        The first ``rank`` entries are the indices chosen, in the order chosen; the rest follow by falling remainder.
    rank : int
    """

    factor: Num[np.ndarray, "d rank"]
    pivots: Int[np.ndarray, " d"]
    rank: int


def pivoted_cholesky(G: Num[np.ndarray, "d d"], rtol: float = 1e-10, max_rank: int | None = None) -> PivotedCholesky:
    """Cholesky factor of a Hermitian positive semidefinite matrix, with diagonal pivoting.

    Parameters
    ----------
    G : array of shape (d, d)
        Hermitian and positive semidefinite, for example a Gram matrix.
    rtol : float
        Stop when the largest remaining diagonal entry is at most ``rtol`` times the largest diagonal entry of G. For
        a Gram matrix this compares squared lengths: 1e-10 means 1e-5 in length.
    max_rank : int, optional
        Stop after this many columns at the latest.

    Returns
    -------
    PivotedCholesky
        The triple (factor, pivots, rank).

    Raises
    ------
    InputError
        If G has a clearly negative direction.
    ShapeError, NonFiniteError, NotHermitianError

    Examples
    --------
    >>> L, pivots, rank = pivoted_cholesky(np.array([[4.0, 2.0, 6.0], [2.0, 1.0, 3.0], [6.0, 3.0, 10.0]]))
    >>> rank, pivots.tolist(), bool(np.allclose(L @ L.T, [[4, 2, 6], [2, 1, 3], [6, 3, 10]]))
    (2, [2, 0, 1], True)
    """
    a = as_hermitian(G, "G")
    d = len(a)
    rest = np.real(np.diagonal(a)).copy()
    top = float(rest.max(initial=0.0))
    floor = -_NEGATIVE_TOLERANCE * max(top, float(np.abs(rest).max(initial=0.0)))
    limit = d if max_rank is None else min(d, max_rank)
    factor = np.zeros((d, limit), dtype=a.dtype)
    pivots: list[int] = []
    open_rows = np.ones(d, dtype=bool)
    while True:
        if open_rows.any() and rest[open_rows].min() < floor:
            worst = int(np.where(open_rows, rest, np.inf).argmin())
            raise InputError(
                f"G must be positive semidefinite: element {worst} is left with squared length {rest[worst]:.3g}; "
                f"the largest is {top:.3g}"
            )
        if len(pivots) == limit or not open_rows.any():
            break
        p = int(np.where(open_rows, rest, -np.inf).argmax())
        if rest[p] <= rtol * top:
            break
        k = len(pivots)
        column = a[:, p] - factor[:, :k] @ factor[p, :k].conj()
        column[~open_rows] = 0.0
        root = np.sqrt(rest[p])
        column = column / root
        column[p] = root
        factor[:, k] = column
        rest = rest - np.abs(column) ** 2
        open_rows[p] = False
        pivots.append(p)
    left = np.flatnonzero(open_rows)
    order = np.concatenate([np.array(pivots, dtype=np.intp), left[np.argsort(-rest[left], kind="stable")]])
    return PivotedCholesky(factor[:, : len(pivots)], order, len(pivots))


def dependent_columns(
    G: Num[np.ndarray, "d d"], rtol: float = 1e-10, scaled: bool = True
) -> Int[np.ndarray, " dependent"]:
    """Indices of the elements of a basis that are combinations of the others, from their Gram matrix.

    Parameters
    ----------
    G : array of shape (d, d)
        Gram matrix, ``G[k, l] = <B_k, B_l>``.
    rtol : float
        Tolerance on squared lengths, see :func:`pivoted_cholesky`.
    scaled : bool
        Give every non-zero element length one first, so that a short element is not mistaken for a dependent one.

    Returns
    -------
    int array
        Sorted. The elements that are not listed are linearly independent and span everything. Which element of a
        dependent set is listed is a choice: the pivoting keeps those that stand out most, and the first among equals.

    Examples
    --------
    >>> B = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1e-8]])
    >>> dependent_columns(B @ B.T), dependent_columns(B @ B.T, scaled=False)
    (array([1]), array([0, 2]))
    """
    a = as_hermitian(G, "G")
    if scaled:
        a, _, _ = unit_diagonal(a)
    result = pivoted_cholesky(a, rtol)
    return np.sort(result.pivots[result.rank :])


def unit_diagonal(
    a: Num[np.ndarray, "d d"],
) -> tuple[Num[np.ndarray, "d d"], Num[np.ndarray, " d"], Num[np.ndarray, " d"]]:
    """``D a D`` with ones on the diagonal, the scale D, and which elements count as zero (their D is 0).

    An element counts as zero when its length is below ``d eps`` of the longest: that is what is left of an element
    that cancelled to nothing, and scaling it up to length one would promote rounding noise to a basis element.
    """
    diagonal = np.real(np.diagonal(a))
    top = float(diagonal.max(initial=0.0))
    zero = diagonal <= (len(a) * np.finfo(float).eps) ** 2 * top
    scale = np.where(zero, 0.0, 1.0 / np.sqrt(np.where(zero, 1.0, diagonal)))
    return a * scale[:, None] * scale[None, :], scale, zero

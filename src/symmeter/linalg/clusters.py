"""Which floating-point numbers are the same number: clusters of values, of eigenvalues, and of matrix entries.

All clusterings are single linkage on the line: sorted values belong together while neighbours are at most ``tol``
apart. Rounding, never equality of floats, decides; and every result says how wide its clusters are against how far
apart they lie, so that a caller can see whether the question had a clear answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.errors import InputError, NonFiniteError, ShapeError

__all__ = [
    "DegenerateClusters",
    "EntryColours",
    "ValueClusters",
    "cluster_entries",
    "cluster_values",
    "degenerate_clusters",
]

# Entries are called equal up to rounding of this size, tried in turn, relative to the largest entry.
_ROUNDING_LEVELS = (1e-13, 1e-12, 1e-11, 1e-10, 1e-9)
_CLEAN_RATIO = 1e3


@dataclass(frozen=True, eq=False)
class ValueClusters:
    """Single-linkage clusters of numbers.

    Attributes
    ----------
    labels : int array, one per value
        Cluster of each value; clusters are numbered by rising value.
    centres : array
        Mean of each cluster.
    gap : float
        Smallest distance between neighbouring clusters; infinite when there is one.
    spread : float
        Largest width of a cluster.
    """

    labels: Int[np.ndarray, " n"]
    centres: Float[np.ndarray, " clusters"]
    gap: float
    spread: float

    @property
    def number(self) -> int:
        """Number of clusters."""
        return len(self.centres)


def cluster_values(values: Float[np.ndarray, " n"], tol: float) -> ValueClusters:
    """Group real numbers that are at most ``tol`` apart, neighbour by neighbour.

    Parameters
    ----------
    values : array of shape (n,)
        Real, in any order.
    tol : float
        Absolute tolerance, in the unit of the values.

    Returns
    -------
    ValueClusters

    Examples
    --------
    >>> found = cluster_values([1.0, 3.0, 1.0 + 1e-12, 2.0], tol=1e-9)
    >>> found.labels, found.number, bool(found.gap > 0.99)
    (array([0, 2, 0, 1]), 3, True)
    """
    x = _finite(np.asarray(values, dtype=float).reshape(-1), "values")
    if x.size == 0:
        return ValueClusters(np.zeros(0, dtype=np.intp), np.zeros(0), np.inf, 0.0)
    order = np.argsort(x, kind="stable")
    steps = np.diff(x[order])
    split = steps > tol
    ranks = np.concatenate([[0], np.cumsum(split)])
    labels = np.empty(x.size, dtype=np.intp)
    labels[order] = ranks
    starts = np.concatenate([[0], np.flatnonzero(split) + 1])
    ends = np.concatenate([starts[1:] - 1, [x.size - 1]])
    ordered = x[order]
    low, high = ordered[starts], ordered[ends]
    # Mean of the deviations from the lower end: bit-equal values keep exactly their value.
    centres = low + np.bincount(ranks, weights=ordered - low[ranks]) / np.bincount(ranks)
    gap = float(steps[split].min()) if split.any() else np.inf
    return ValueClusters(labels, centres, gap, float((high - low).max()))


@dataclass(frozen=True, eq=False)
class DegenerateClusters:
    """Runs of equal eigenvalues in a sorted list.

    Attributes
    ----------
    ranges : tuple of range
        Index ranges, in the order of the list.
    centres : array
        Mean eigenvalue of each run.
    gaps : array of shape (len(ranges) - 1,)
        Distance between each run and the next.
    spreads : array
        Width of each run.
    """

    ranges: tuple[range, ...]
    centres: Float[np.ndarray, " clusters"]
    gaps: Float[np.ndarray, " gaps"]
    spreads: Float[np.ndarray, " clusters"]

    @property
    def multiplicities(self) -> tuple[int, ...]:
        """Length of each run."""
        return tuple(len(r) for r in self.ranges)


def degenerate_clusters(eigenvalues: Float[np.ndarray, " n"], rtol: float = 1e-8) -> DegenerateClusters:
    """Index ranges of equal eigenvalues, with the gaps between them.

    Parameters
    ----------
    eigenvalues : array of shape (n,)
        Real and sorted, ascending or descending.
    rtol : float
        Neighbours at most ``rtol`` times the largest modulus apart belong together.

    Raises
    ------
    InputError
        If the list is not sorted.

    Examples
    --------
    >>> found = degenerate_clusters([0.0, 1.0, 1.0 + 1e-13, 3.0])
    >>> found.ranges, found.multiplicities
    ((range(0, 1), range(1, 3), range(3, 4)), (1, 2, 1))
    """
    x = _finite(np.asarray(eigenvalues, dtype=float).reshape(-1), "eigenvalues")
    steps = np.diff(x)
    if (steps > 0).any() and (steps < 0).any():
        raise InputError("eigenvalues must be sorted, ascending or descending; sort them first")
    steps = np.abs(steps)
    split = steps > rtol * np.abs(x).max(initial=0.0)
    bounds = [0, *(np.flatnonzero(split) + 1).tolist(), x.size] if x.size else [0]
    ranges = tuple(range(a, b) for a, b in pairwise(bounds))
    return DegenerateClusters(
        ranges,
        np.array([x[r.start : r.stop].mean() for r in ranges]),
        steps[split],
        np.array([abs(x[r.stop - 1] - x[r.start]) for r in ranges]),
    )


@dataclass(frozen=True, eq=False)
class EntryColours:
    """Entries of a matrix as colours.

    Attributes
    ----------
    colours : int array of shape (m, m)
        Equal colours for equal entries, numbered from 0 by rising value (real part first).
    centres : array
        Value of each colour.
    gap, spread : float
        Smallest distance between two colours, largest width of one (larger of real and imaginary part).
    tol : float
        Absolute tolerance that was used.
    separated : bool
        Whether ``gap >= 1000 spread`` (and above rounding when entries are equal bit by bit).
    repeated : bool
        Whether as many entries coincide as a non-trivial permutation symmetry needs at least.
    """

    colours: Int[np.ndarray, "m m"]
    centres: Num[np.ndarray, " colours"]
    gap: float
    spread: float
    tol: float
    separated: bool
    repeated: bool

    @property
    def clean(self) -> bool:
        """Whether the colours can be taken as exact: they are separated and some repeat.

        A sample covariance has no two equal entries. Its "colours" are separated, trivially, but say nothing about
        the matrix behind it; that is why repetition is asked for.
        """
        return self.separated and self.repeated

    @property
    def number(self) -> int:
        """Number of colours."""
        return len(self.centres)


def cluster_entries(matrix: Num[np.ndarray, "m m"], tol: float | Literal["auto"] = "auto") -> EntryColours:
    """Colour the entries of a square matrix so that equal entries get equal colours.

    Parameters
    ----------
    matrix : array of shape (m, m)
        Real or complex; symmetric, Hermitian or general. Complex entries are equal when real and imaginary parts are.
    tol : float or "auto"
        Absolute tolerance. ``"auto"`` tries rounding levels from 1e-13 to 1e-9 of the largest entry and then equality
        bit by bit, and keeps the first at which the entries cluster cleanly; when none does, the loosest level is
        returned with ``clean`` false. Bit equality serves matrices such as ``0.6**distance`` whose smallest entries
        lie below rounding of the largest.

    Returns
    -------
    EntryColours

    Notes
    -----
    Columns without any signal (dead pixels) give rows of zeros, which repeat: remove them first, or they are found
    to be interchangeable.

    Examples
    --------
    >>> found = cluster_entries([[2.0, 1.0, 0.5], [1.0, 2.0, 1.0 + 1e-15], [0.5, 1.0, 2.0]])
    >>> found.colours
    array([[2, 1, 0],
           [1, 2, 1],
           [0, 1, 2]])
    >>> found.clean
    True
    """
    a = np.asarray(matrix)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise ShapeError(f"the matrix must be square; got shape {a.shape}")
    a = _finite(a.astype(complex if np.iscomplexobj(a) else float), "the matrix")
    scale = float(np.abs(a).max(initial=0.0))
    if tol != "auto":
        if not tol >= 0:
            raise InputError(f'tol must be a non-negative number or "auto"; got {tol!r}')
        return _coloured(a, float(tol), scale)
    levels = [level * scale for level in _ROUNDING_LEVELS]
    for level in [*levels, 0.0]:
        found = _coloured(a, level, scale)
        if found.clean:
            return found
    return _coloured(a, levels[-1], scale)


def _coloured(a: Num[np.ndarray, "m m"], tol: float, scale: float) -> EntryColours:
    flat = a.reshape(-1)
    parts = [np.real(flat), np.imag(flat)] if np.iscomplexobj(a) else [flat]
    labels = np.zeros(flat.size, dtype=np.intp)
    gap, number = np.inf, 1
    # A chain along one part may fall apart once the other part has split it, so alternate until nothing splits.
    while True:
        before = number
        for part in parts:
            labels, number, smallest = _split(labels, part, tol)
            gap = min(gap, smallest)
        if number == before or len(parts) == 1:
            break
    counts = np.bincount(labels, minlength=1).clip(min=1)
    centres, spread = np.zeros(number, dtype=a.dtype), 0.0
    for part, unit in zip(parts, (1.0, 1j)):
        low, high = np.full(number, np.inf), np.full(number, -np.inf)
        np.minimum.at(low, labels, part)
        np.maximum.at(high, labels, part)
        spread = max(spread, float((high - low).max(initial=0.0)))
        centres = centres + unit * (low + np.bincount(labels, weights=part - low[labels]) / counts)
    colours = labels.reshape(a.shape)
    if tol > 0:
        separated = gap >= _CLEAN_RATIO * spread
    else:
        separated = gap == np.inf or _bitwise_separated(flat, labels)
    return EntryColours(colours, centres, gap, spread, tol, bool(separated), _repeats(colours, a))


def _split(
    labels: Int[np.ndarray, " n"], part: Float[np.ndarray, " n"], tol: float
) -> tuple[Int[np.ndarray, " n"], int, float]:
    """Split every cluster where its sorted ``part`` jumps by more than ``tol``; also the smallest such jump."""
    if labels.size == 0:
        return labels, 0, np.inf
    order = np.lexsort((part, labels))
    new_cluster = np.diff(labels[order]) != 0
    steps = np.diff(part[order])
    jump = ~new_cluster & (steps > tol)
    ranks = np.concatenate([[0], np.cumsum(new_cluster | jump)])
    out = np.empty_like(labels)
    out[order] = ranks
    return out, int(ranks[-1]) + 1, float(steps[jump].min()) if jump.any() else np.inf


def _bitwise_separated(flat: Num[np.ndarray, " n"], labels: Int[np.ndarray, " n"]) -> bool:
    """Whether distinct entries differ by far more than rounding of their own size."""
    first = np.zeros(labels.max() + 1, dtype=np.intp)
    first[labels] = np.arange(labels.size)
    values = flat[first]
    re, im = np.real(values), np.imag(values)
    for keys in ((im, re), (re, im)):
        v = values[np.lexsort(keys)]
        size = np.maximum(np.abs(v[1:]), np.abs(v[:-1]))
        if (np.abs(np.diff(v)) < _CLEAN_RATIO * np.finfo(float).eps * size).any():
            return False
    return True


def _repeats(colours: Int[np.ndarray, "m m"], a: Num[np.ndarray, "m m"]) -> bool:
    """Whether as many entries coincide as under an exchange of two coordinates, the smallest symmetry there is."""
    m = len(colours)
    if m < 2:
        return True
    off = colours[~np.eye(m, dtype=bool)]
    symmetric = not np.iscomplexobj(a) and np.allclose(a, a.T, rtol=0, atol=1e-8 * np.abs(a).max(initial=0.0))
    if symmetric:
        most = m * (m - 1) // 2 - (m - 2)
    else:
        most = m * (m - 1) - 2 * (m - 2) - 1
    number_off = np.count_nonzero(np.bincount(off))
    number_on = np.count_nonzero(np.bincount(np.diagonal(colours)))
    return bool(number_off <= max(most, 1) and number_on < m)


def _finite(x: np.ndarray, name: str) -> np.ndarray:
    bad = ~np.isfinite(x)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise NonFiniteError(f"{name}: {int(bad.sum())} entries are NaN or infinite, the first at {first}")
    return x

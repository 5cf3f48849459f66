"""Euclidean distances between samples, and which samples to keep when there are too many."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.errors import NonFiniteError, SampleSizeError, ShapeError

__all__ = ["as_real_samples", "pairwise_distances", "subsample"]


def as_real_samples(x: Num[np.ndarray, "n m"], name: str = "x") -> Float[np.ndarray, "n q"]:
    """Samples as real rows; a complex column becomes two, which keeps every Euclidean distance."""
    a = np.asarray(x)
    if a.ndim == 1:
        a = a[:, None]
    if a.ndim != 2 or a.size == 0:
        raise ShapeError(f"{name} must be a table of samples, one per row; got shape {a.shape}")
    if np.iscomplexobj(a):
        a = np.concatenate([np.real(a), np.imag(a)], axis=1)
    a = a.astype(float)
    bad = ~np.isfinite(a)
    if bad.any():
        row = int(np.argwhere(bad)[0, 0])
        raise NonFiniteError(f"{name} has {int(bad.sum())} values that are NaN or infinite, the first in row {row}")
    return a


def pairwise_distances(x: Float[np.ndarray, "n q"], y: Float[np.ndarray, "k q"]) -> Float[np.ndarray, "n k"]:
    """Euclidean distance of every row of x from every row of y.

    Computed as one matrix product after a common shift; distances below 1e-7 of the size of the rows are rounding and
    are returned as 0.

    Examples
    --------
    >>> pairwise_distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[5., 0.]])
    """
    centre = (x.mean(axis=0) + y.mean(axis=0)) / 2
    x, y = x - centre, y - centre
    xx, yy = (x**2).sum(axis=1), (y**2).sum(axis=1)
    size = xx[:, None] + yy[None, :]
    squares = size - 2.0 * (x @ y.T)
    squares[squares <= 1e-14 * size] = 0.0
    return np.sqrt(squares)


def subsample(n: int, most: int, rng: np.random.Generator) -> Int[np.ndarray, " k"]:
    """Sorted indices of at most ``most`` of n samples, drawn without replacement."""
    if most < 2:
        raise SampleSizeError(f"at least 2 points must be kept; got max_points = {most}")
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))

"""Integrals over matrix Lie groups with an honest error, by random, stratified, lattice or Halton points.

Haar measure has total mass 1 on compact groups. On the others it is ``J(X) dX dk`` with k normalised, see
:mod:`symmeter.groups.lie.density`; on semidirect products that of the linear part times ``dx / |det h|``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.groups.lie.batches import check_choice
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup, _check_count
from symmeter.groups.lie.points import METHODS, cube_points

__all__ = ["Integral", "integrate"]

_REPLICATES = 16


class Integral(NamedTuple):
    """Value and standard error, of the shape that the integrand has per element."""

    value: Any
    error: Any


def integrate(
    f: Callable[[np.ndarray], np.ndarray],
    G: MatrixLieGroup,
    n: int = 20_000,
    seed: np.random.Generator | int | None = None,
    *,
    method: str = "random",
    radius: float | None = None,
    scale: float = 1.0,
    side: str = "left",
) -> Integral:
    """Integral of f over the group for Haar measure.

    Parameters
    ----------
    f : callable
        Takes elements, shape (B, M, M), and gives an array of shape (B, ...), real or complex.
    G : MatrixLieGroup
    n : int
        Number of elements, about.
    seed : numpy Generator or int, optional
    method : {"random", "stratified", "lattice", "halton"}
        Stratified points are a Latin hypercube. For smooth f and few dimensions, lattice and Halton points have an
        error that falls almost like 1/n.
    radius : float, optional
        Integrate over the ball of this size only, see :meth:`MatrixLieGroup.sample`; groups that are not compact.
    scale : float
        Where f has its weight, when there is no radius: about half of the points have coordinates below it.
    side : {"left", "right"}
        Which Haar measure, where they differ.

    Returns
    -------
    Integral
        ``value, error``: the error is the standard error, from 16 independent sets of points, or from single points
        for "random".

    Raises
    ------
    InputError, NonFiniteError, SampleSizeError, ShapeError

    Examples
    --------
    >>> from symmeter.groups.lie import SO
    >>> value, error = integrate(lambda g: g[:, 0, 0] ** 2, SO(3), n=4_000, seed=0, method="lattice")
    >>> bool(abs(value - 1 / 3) < 1e-4), bool(error < 1e-4)
    (True, True)
    """
    check_choice(method, METHODS, "method")
    if not callable(f):
        raise InputTypeError(f"the integrand is a {type(f).__name__}; give a function of elements (B, M, M)")
    if not isinstance(G, MatrixLieGroup):
        raise InputError(f"integrate needs a matrix Lie group such as SL(2); got {G!r}")
    _check_count(n)
    if n < 2 * _REPLICATES:
        raise InputError(f"n is {n}; an integral with an error needs at least {2 * _REPLICATES} elements")
    if G.is_compact and radius is not None:
        raise InputError(f"{G.name} is compact and is integrated as a whole: leave out radius=")
    rng = np.random.default_rng(seed)
    means, spreads, counts = [], [], []
    for k in range(_REPLICATES):
        size = n // _REPLICATES + (k < n % _REPLICATES)
        u = cube_points(size, G.cube_dimension, method, rng)
        g, w = G.chart(u, radius, scale, side)
        terms = _values(f, g) if G.is_compact else _weighted(_values(f, g), w)
        means.append(terms.mean(axis=0))
        spreads.append(np.var(terms, axis=0))
        counts.append(len(terms))
    stack, share = np.array(means), np.array(counts) / np.sum(counts)
    value = np.tensordot(share, stack, axes=1)
    if method == "random":
        inside = np.tensordot(share, np.array(spreads) + np.abs(stack - value) ** 2, axes=1)
        error = np.sqrt(inside / (np.sum(counts) - 1))
    else:
        error = np.sqrt((np.abs(stack - stack.mean(axis=0)) ** 2).sum(axis=0) / (_REPLICATES * (_REPLICATES - 1)))
    return Integral(value[()], error[()])


def _values(f: Callable[[np.ndarray], np.ndarray], g: np.ndarray) -> np.ndarray:
    values = np.asarray(f(g))
    if values.dtype.kind not in "biufc" or values.ndim < 1 or len(values) != len(g):
        raise ShapeError(
            f"the integrand must give one number or array per element, shape ({len(g)}, ...); got {values.shape}"
        )
    if not np.isfinite(values).all():
        bad = int(np.argmin(np.isfinite(values.reshape(len(values), -1)).all(axis=1)))
        raise NonFiniteError(f"the integrand is NaN or infinite at element {bad}: {g[bad].tolist()}")
    return values


def _weighted(values: np.ndarray, w: np.ndarray) -> np.ndarray:
    # Far out both the weight and the vanishing integrand are beyond the range of floats; their product is 0.
    w = w.reshape(-1, *[1] * (values.ndim - 1))
    return np.where(values == 0, 0, values * np.where(values == 0, 0, w))

"""The relative error by which two outputs that equivariance makes equal differ: the bare formula, on arrays.

``|a - b| / (|a| + |b|)``, with the norm over everything but the batch, is 0 where the outputs agree and 1 where one is
the negative of the other or vanishes (Kim, Lee, Yang and Lee, ICML 2023, evaluation metric). With ``a = f(g x)`` and
``b = g f(x)``, averaged over samples x and elements g, it is the equivariance error of f. NumPy or torch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.array_namespace import is_torch, namespace_of

__all__ = ["mean_discrepancy", "relative_discrepancy"]


def relative_discrepancy(
    first: Num[Any, "*batch_and_features"], second: Num[Any, "*batch_and_features"], batch_axes: int = 1
) -> Any:
    """``|a - b| / (|a| + |b|)`` of each sample, in [0, 1].

    Parameters
    ----------
    first, second : arrays of one shape
        ``f(g x)`` and ``g f(x)``; NumPy arrays or torch tensors, real or complex. Gradients pass through.
    batch_axes : int
        How many leading axes count samples (and group elements); the norm runs over the others.

    Returns
    -------
    array of the shape of the leading axes
        0 where both vanish: they agree.

    Raises
    ------
    ShapeError
        If the shapes differ, or have fewer axes than ``batch_axes``.

    Examples
    --------
    >>> a = np.array([[3.0, 4.0], [1.0, 0.0], [0.0, 0.0]])
    >>> relative_discrepancy(a, a * [[1.0], [-1.0], [1.0]])
    array([0., 1., 0.])
    """
    xp = namespace_of(first, second)
    a, b = (v if is_torch(v) else np.asarray(v) for v in (first, second))
    if tuple(a.shape) != tuple(b.shape):
        raise ShapeError(f"outputs of shapes {tuple(a.shape)} and {tuple(b.shape)} cannot be compared; give one shape")
    if not 0 <= batch_axes <= a.ndim:
        raise ShapeError(f"batch_axes is {batch_axes}; the outputs have {a.ndim} axes, shape {tuple(a.shape)}")
    lead = tuple(a.shape[:batch_axes])
    flat = (*lead, math.prod(a.shape[batch_axes:]))
    a, b = _wide(a).reshape(flat), _wide(b).reshape(flat)
    apart = _norm(xp, a - b)
    size = _norm(xp, a) + _norm(xp, b)
    return apart / xp.where(size > 0, size, xp.ones_like(size))


def mean_discrepancy(first: Any, second: Any, batch_axes: int = 1) -> float:
    """The mean of :func:`relative_discrepancy` over all samples, as a plain number.

    Raises
    ------
    InputError
        If there is no sample.

    Examples
    --------
    >>> mean_discrepancy(np.array([[1.0], [2.0]]), np.array([[1.0], [-2.0]]))
    0.5
    """
    each = relative_discrepancy(first, second, batch_axes)
    if math.prod(each.shape) == 0:
        raise InputError(f"the outputs of shape {tuple(each.shape)} hold no sample; give at least one")
    return float(each.mean())


def _wide(a: Any) -> Any:
    """At least 32 bits: squares of half-precision numbers overflow at 256."""
    if is_torch(a):
        return a if a.is_complex() else a.to(namespace_of(a).promote_types(a.dtype, namespace_of(a).float32))
    return a if a.dtype.kind in "fc" and a.dtype.itemsize >= 4 else a.astype(float)


def _norm(xp: Any, flat: Any) -> Any:
    # torch's vector norm has gradient zero at zero, where a square root would give NaN.
    return xp.linalg.norm(flat, axis=-1) if xp is np else xp.linalg.vector_norm(flat, dim=-1)

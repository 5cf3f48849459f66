"""How far a random transformation of the same kind takes a covariance: what a defect of 1 means.

For ``Delta = R - Q R Q^H`` the mean of ``||Delta||^2`` over all permutations Q, or over all signed permutations and all
orthogonal or unitary matrices (which have the same second moments), in closed form and without its noise bias.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symmeter.discover.moments import Moments
from symmeter.representations import Monomial, Transformation

__all__ = ["chance_distance", "kind_of"]


def kind_of(transformations: Sequence[Transformation]) -> str:
    if all(isinstance(t, Monomial) and t.is_permutation for t in transformations):
        return "permutation"
    return "isometry"


def _chance_raw(covariance: np.ndarray, kind: str) -> float:
    """``E_Q ||R - Q R Q^H||^2`` in closed form."""
    m = len(covariance)
    squared = float(np.vdot(covariance, covariance).real)
    trace = float(np.trace(covariance).real)
    if kind == "permutation":
        total = complex(covariance.sum())
        off = total - trace
        kept = trace**2 / m + abs(off) ** 2 / (m * (m - 1)) if m > 1 else squared
        return max(2.0 * (squared - kept), 0.0)
    # Signs, phases and rotations kill all but the multiple of the identity.
    return max(2.0 * (squared - trace**2 / m), 0.0)


def _chance_noise(moments: Moments, kind: str, raw: float) -> float:
    """Noise level of a random Q, averaged over Q."""
    assert moments.n is not None
    if not moments.is_distribution_free:
        c = 1.0 if moments.is_complex else 2.0
        # tr(RQ) and tr(RQRQ) of a random Q are of relative order 1/M beside the two terms that are kept.
        return 2.0 / moments.n * (moments.trace**2 + (c - 1.0) * moments.squared)
    y = moments.rows
    assert y is not None
    m = y.shape[1]
    square = (np.abs(y) ** 2).sum(1)
    if kind == "permutation":
        mean = np.abs(y.sum(1)) ** 2 / m
        quadratic = mean**2 + (square - mean) ** 2 / (m - 1)
    else:
        quadratic = square**2 / m
    fourth = float((2.0 * square**2 - 2.0 * quadratic).mean())
    return max((fourth - raw) / (moments.n - 1), 0.0)


def chance_distance(moments: Sequence[Moments], kind: str) -> float:
    """``E_Q ||R - Q R Q^H||^2`` for random Q of a kind, less what sampling noise adds, summed over covariances."""
    total = 0.0
    for moment in moments:
        raw = _chance_raw(moment.covariance, kind)
        total += raw if moment.is_exact else max(raw - _chance_noise(moment, kind, raw), 0.02 * raw)
    return total

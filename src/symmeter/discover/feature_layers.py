"""Correlations and partial correlations of columns with their standard errors: what a symmetry keeps, and how closely.

Partial correlations show what correlations hide, such as who is next to whom on a ring. Variances are read off the
influence of single samples, so that no law is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

__all__ = ["Layer", "feature_layers", "stabilised"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One matrix that a symmetry leaves invariant, with its noise.

    Attributes
    ----------
    values : array of shape (M, M)
        Correlations or partial correlations; ones on the diagonal.
    variance : array of shape (M, M)
        Variance of each entry.
    log_scale : array of shape (M,)
        Logarithm of each column's variance (or partial variance).
    log_scale_variance : array of shape (M,)
    """

    values: Num[np.ndarray, "m m"]
    variance: Float[np.ndarray, "m m"]
    log_scale: Float[np.ndarray, " m"]
    log_scale_variance: Float[np.ndarray, " m"]


def feature_layers(rows: Num[np.ndarray, "s m"], covariance: Num[np.ndarray, "m m"], n: int) -> list[Layer]:
    """Correlations, and partial correlations when n is large enough, with the variances that the rows show.

    Parameters
    ----------
    rows : array of shape (s, M)
        Centred samples behind the covariance, or draws from it.
    covariance : array of shape (M, M)
    n : int
        Degrees of freedom of the covariance.
    """
    layers = [_layer(rows, covariance, n)]
    m = len(covariance)
    if 2 * n > 3 * m:
        values, vectors = np.linalg.eigh(covariance)
        if values[0] > 1e-4 * values[-1]:
            precision = (vectors / values) @ vectors.conj().T
            layers.append(_layer(rows @ precision.T, 0.5 * (precision + precision.conj().T), n - m))
    return layers


def _layer(rows: np.ndarray, matrix: np.ndarray, n: int) -> Layer:
    scale = np.sqrt(np.real(np.diagonal(matrix)))
    values = matrix / np.outer(scale, scale)
    u = rows / scale
    square = np.abs(u) ** 2
    s = len(u)
    # Variance of the influence u_i conj(u_j) - C_ij (|u_i|^2 + |u_j|^2) / 2 of one sample on a correlation.
    second = square.T @ square / s
    fourth = (square**2).mean(0)
    third = (u * square).T @ u.conj() / s
    spread = second - np.real(values.conj() * (third + third.conj().T))
    spread += 0.25 * np.abs(values) ** 2 * (fourth[:, None] + fourth[None, :] + 2.0 * second)
    # Columns that repeat each other have no noise between them; differences up to rounding must not count.
    variance = np.maximum(spread, 1e-14) / n
    return Layer(values, variance, 2.0 * np.log(scale), np.maximum(fourth - 1.0, 1e-14) / n)


def stabilised(layer: Layer) -> tuple[np.ndarray, float]:
    """The entries on a scale where all have about the same noise (Fisher's when real), and its variance."""
    off = ~np.eye(len(layer.values), dtype=bool)
    values, variance = layer.values, layer.variance
    if not np.iscomplexobj(values):
        c = np.clip(values, -1.0 + 1e-12, 1.0 - 1e-12)
        values, variance = np.arctanh(c), variance / (1.0 - c**2) ** 2
    return np.where(off, values, 0.0), float(np.median(variance[off]))

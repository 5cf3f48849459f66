"""A readable basis of a null space: rotate eigenvectors, which are arbitrary mixtures, to sparse coefficients.

H. F. Kaiser, Psychometrika 23 (1958) 187 (varimax); the iteration by singular value decompositions is standard.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["varimax"]


def varimax(loadings: Float[np.ndarray, "d k"], iterations: int = 200) -> Float[np.ndarray, "d k"]:
    """Rotate the columns so that the variance of their squared entries is as large as possible.

    Columns come out with their largest entry positive, ordered by where that entry stands.

    Examples
    --------
    >>> mixed = np.array([[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]]) / np.sqrt(2)
    >>> np.round(np.abs(varimax(mixed)), 6)
    array([[1., 0.],
           [0., 1.],
           [0., 0.]])
    """
    k = loadings.shape[1]
    # An even mixture of two columns is a saddle point: a start off the axes is needed to leave it.
    rng = np.random.default_rng(0)
    starts = [np.eye(k), *(np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(3))]
    turned = max((_ascended(loadings, start, iterations) for start in starts), key=_criterion)
    peak = np.abs(turned).argmax(0)
    turned = turned * np.where(turned[peak, np.arange(k)] < 0, -1.0, 1.0)
    return turned[:, np.argsort(peak, kind="stable")]


def _criterion(loadings: np.ndarray) -> float:
    squares = loadings**2
    return float(((squares**2).mean(0) - squares.mean(0) ** 2).sum())


def _ascended(loadings: np.ndarray, rotation: np.ndarray, iterations: int) -> np.ndarray:
    objective = 0.0
    for _ in range(iterations):
        turned = loadings @ rotation
        gradient = loadings.T @ (turned**3 - turned * (turned**2).sum(0) / len(loadings))
        u, s, vh = np.linalg.svd(gradient)
        rotation = u @ vh
        if s.sum() <= objective * (1.0 + 1e-12):
            break
        objective = float(s.sum())
    return loadings @ rotation

"""How much better a covariance estimate gets when it is averaged over the known group, and what shrinkage does instead.

For Gaussian data the errors are known in closed form: the sample covariance misses by ``((tr R)^2 + tr R^2) / nu`` in
squared Frobenius norm, its group average by ``(2 / nu) sum_a tr(X_a R X_a R)`` with X_a an orthonormal basis of the
invariant symmetric matrices (nu degrees of freedom). The gain does not depend on n.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from symmeter.representations import MonomialAction

__all__ = ["METHODS", "expected_gain", "graphical_lasso_errors", "ledoit_wolf", "squared_errors"]

#: Estimators in the order of the columns.
METHODS = ("sample", "symmetrised", "ledoit_wolf")


def ledoit_wolf(x: Float[np.ndarray, "*trials n m"]) -> Float[np.ndarray, "*trials m m"]:
    """Ledoit and Wolf's shrinkage towards a multiple of the identity, for a stack of centred samples.

    References
    ----------
    O. Ledoit and M. Wolf, J. Multivar. Anal. 88 (2004) 365.
    """
    n, m = x.shape[-2:]
    s = np.swapaxes(x, -1, -2) @ x / n
    mean = np.trace(s, axis1=-2, axis2=-1)[..., None, None] / m
    away = s - mean * np.eye(m)
    distance = (away**2).sum((-2, -1))
    norms = (x**2).sum(-1)
    # mean over samples of ||x x^T - S||^2, over n
    noise = ((norms**2).mean(-1) - (s**2).sum((-2, -1))) / n
    weight = (np.minimum(noise, distance) / np.maximum(distance, 1e-300))[..., None, None]
    return weight * mean * np.eye(m) + (1.0 - weight) * s


def _averaged(s: Float[np.ndarray, "trials m m"], action: MonomialAction) -> Float[np.ndarray, "trials m m"]:
    """Group averages of a stack: means over the orbits of pairs."""
    labels = action.pair_labels.reshape(-1)
    share = np.zeros((labels.size, int(labels.max()) + 1))
    share[np.arange(labels.size), labels] = 1.0
    share /= np.sqrt(share.sum(0))
    flat = s.reshape(len(s), -1) @ share @ share.T
    averaged = flat.reshape(s.shape)
    return 0.5 * (averaged + np.swapaxes(averaged, 1, 2))


def squared_errors(
    covariance: Float[np.ndarray, "m m"], action: MonomialAction, n: int, count: int, seed: int
) -> Float[np.ndarray, "count 3"]:
    """Squared Frobenius errors of the three estimators, one row for each trial of n Gaussian samples."""
    x = _samples(covariance, n, count, seed)
    s = np.swapaxes(x, 1, 2) @ x / (n - 1)
    estimates = (s, _averaged(s, action), ledoit_wolf(x))
    return np.stack([((e - covariance) ** 2).sum((1, 2)) for e in estimates], axis=1)


def _samples(covariance: np.ndarray, n: int, count: int, seed: int) -> Float[np.ndarray, "count n m"]:
    rng = np.random.default_rng([seed, n, 0xC0])
    x = rng.standard_normal((count, n, len(covariance))) @ np.linalg.cholesky(covariance).T
    return x - x.mean(1, keepdims=True)


def graphical_lasso_errors(
    covariance: Float[np.ndarray, "m m"], n: int, count: int, seed: int
) -> Float[np.ndarray, " done"] | None:
    """Squared errors of the graphical lasso with penalty ``sqrt(log M / n)``; None without scikit-learn."""
    try:
        from sklearn.covariance import graphical_lasso
    except ImportError:
        return None
    errors = []
    for x in _samples(covariance, n, count, seed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                estimate, _ = graphical_lasso(x.T @ x / (n - 1), alpha=float(np.sqrt(np.log(len(covariance)) / n)))
            except FloatingPointError:
                continue
        errors.append(float(((estimate - covariance) ** 2).sum()))
    return np.array(errors)


def expected_gain(covariance: Float[np.ndarray, "m m"], action: MonomialAction) -> float:
    """Mean squared error of the sample covariance over that of its group average, in closed form."""
    labels = action.pair_labels
    merged = np.minimum(labels, labels.T)
    sample = float(np.trace(covariance) ** 2 + (covariance**2).sum())
    averaged = 0.0
    for label in np.unique(merged):
        basis = (merged == label).astype(float)
        moved = basis @ covariance
        averaged += 2.0 * float((moved * moved.T).sum()) / float(basis.sum())
    return sample / averaged


def error_table(errors: Float[np.ndarray, "count 3"], names: Sequence[str] = METHODS) -> dict[str, float]:
    """Mean squared error of each method."""
    return {name: float(value) for name, value in zip(names, errors.mean(0), strict=True)}

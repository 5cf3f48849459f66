"""What noise of known size can explain: how many constraints a group puts on coordinates, and how far they may be off.

Coordinates x of n points about their centroid have a point group G when they lie in the subspace that G leaves alone,
after the best turn of G. With independent normal errors of standard deviation s, ``|x - P x|^2 / s^2`` is distributed
as chi-squared with as many degrees of freedom as G puts constraints; with a true asymmetry d it is non-central with
parameter ``|d|^2 / s^2``, which gives an interval for ``|d|``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import InputError
from symmeter.statistics.distributions import chi2_quantile, chi2_sf

__all__ = ["asymmetry_interval", "calibrated_tolerance", "constraints", "noise_p_value", "random_map_deviation"]

#: Above this value of chi-squared the square root is as good as normal.
_LARGE = 1e4
_MOST_POINTS = 1_000


def constraints(
    matrices: Float[np.ndarray, "g 3 3"], permutations: Int[np.ndarray, "g n"], linear: bool = False
) -> int:
    """How many independent conditions a point group puts on the coordinates of n points.

    Moving and turning the whole shape breaks none of them, and does not count.

    Parameters
    ----------
    linear : bool
        Whether the group is infinite and the matrices are those of its finite stand-in.

    Examples
    --------
    >>> mirror = np.stack([np.eye(3), np.diag([1.0, -1.0, 1.0])])
    >>> constraints(mirror, np.array([[0, 1, 2], [0, 2, 1]]))  # equal arms
    1
    """
    traces = np.trace(matrices, axis1=1, axis2=2)
    fixed = (permutations == np.arange(permutations.shape[1])).sum(axis=1)
    invariant = float((traces * fixed).mean()) - float(traces.mean())
    # Axial vectors that the group leaves alone are turns that change none of its operations.
    turns = 2.0 if linear else 3.0 - float((np.linalg.det(matrices) * traces).mean())
    n = permutations.shape[1]
    return max(0, round(3 * n - 3 - invariant - turns))


def noise_p_value(squares: float, noise: float, count: int) -> float | None:
    """Probability that noise alone leaves at least this sum of squares over so many constraints; None without any."""
    if count == 0:
        return None
    return float(chi2_sf(squares / noise**2, count)) if noise > 0 else float(squares == 0.0)


def asymmetry_interval(squares: float, noise: float, count: int, level: float = 0.95) -> tuple[float, float, float]:
    """The length of the true asymmetry: estimate and interval, in the unit of the coordinates.

    Parameters
    ----------
    squares : float
        Sum of squared distances from the symmetrised coordinates.
    noise : float
        Standard deviation of each coordinate.
    count : int
        Constraints of the group.

    Examples
    --------
    >>> [round(v, 3) for v in asymmetry_interval(4.0, 0.1, 10)]
    [1.975, 1.78, 2.174]
    >>> asymmetry_interval(0.0, 0.0, 10)
    (0.0, 0.0, 0.0)
    """
    if count == 0 or noise <= 0:
        d = float(np.sqrt(squares))
        return d, d, d
    ratio = squares / noise**2
    estimate = noise * float(np.sqrt(max(ratio - count * (1 + 1e-9), 0.0)))
    tail = (1.0 - level) / 2.0
    low, high = (noise * float(np.sqrt(_noncentrality(ratio, count, q))) for q in (1.0 - tail, tail))
    return min(max(estimate, low), max(high, low)), low, high


def _noncentrality(x: float, count: int, share: float) -> float:
    """The non-centrality at which a chi-squared variable is below x with this probability; 0 when none is."""
    if x > _LARGE:
        from symmeter.statistics.distributions import normal_quantile

        root = float(np.sqrt(max(x - count + 0.5, 0.0))) - float(normal_quantile(share))
        return max(root, 0.0) ** 2
    from scipy.optimize import brentq
    from scipy.special import chndtr

    if chndtr(x, count, 0.0) <= share:
        return 0.0
    top = x + 100.0 + 10.0 * np.sqrt(x)
    root: Any = brentq(lambda nc: chndtr(x, count, nc) - share, 0.0, top, xtol=1e-9 * top)
    return float(root)


def calibrated_tolerance(noise: float, n: int, radius: float, alpha: float = 0.01, order: int = 120) -> float:
    """The ``tol`` of :func:`~symmeter.shapes.point_group` that keeps a true group in all but a share alpha of draws.

    Parameters
    ----------
    noise : float
        Standard deviation of each coordinate.
    n : int
        Number of points.
    radius : float
        Largest distance from the centre, in the same unit.
    alpha : float
    order : int
        Operations that must all pass.

    Examples
    --------
    >>> 0.015 < calibrated_tolerance(0.01, 60, 1.0) < 0.03
    True
    """
    if not noise >= 0 or not np.isfinite(noise):
        raise InputError(f"noise is {noise!r}; it is the standard deviation of a coordinate, 0 or more")
    # An image and the point that it meets are both off: each coordinate by sqrt(2) of the noise.
    worst = float(np.sqrt(2.0 * float(chi2_quantile(1.0 - alpha / (n * order), 3)))) * noise
    # point_group accepts operations that are off by up to three tolerances.
    return worst / (3.0 * radius)


def random_map_deviation(points: Float[np.ndarray, "n 3"], kinds: Int[np.ndarray, " n"], count: int = 64) -> float:
    """Root mean square distance from the images under random orthogonal maps to the nearest points of their kind.

    It is what chance gives, the unit of the defect. Of more than a thousand points every k-th one is moved.
    """
    from scipy.spatial import KDTree

    rng = np.random.default_rng(0)
    maps = (
        np.linalg.qr(rng.standard_normal((count, 3, 3)))[0]
        * np.where(rng.random(count) < 0.5, 1.0, -1.0)[:, None, None]
    )
    total, weight = 0.0, 0
    step = max(1, len(points) // _MOST_POINTS)
    for kind in np.unique(kinds):
        own = points[kinds == kind]
        moved = np.concatenate([own[::step] @ m.T for m in maps])
        total += float((np.asarray(KDTree(own).query(moved)[0]) ** 2).sum())
        weight += len(moved)
    return float(np.sqrt(total / weight))

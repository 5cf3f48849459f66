"""Two-sample tests on whole distributions: energy distance and kernel mean discrepancy, with permutation p-values.

Follows Szekely and Rizzo (2004) for the energy distance and Gretton, Borgwardt, Rasch, Schoelkopf, Smola (2012) for
the maximum mean discrepancy. Both statistics are quadratic forms ``w^T K w`` in the vector of labels
w = (1/n_x, ..., -1/n_y, ...), so all permutations together are one matrix product.

Conventions: the V-statistic, diagonal included, which is never negative. P-values are exact for any sample size when
the pooled samples are exchangeable under the hypothesis, that is, independent rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import InputError, SampleSizeError, ShapeError
from symmeter.statistics.distances import as_real_samples, pairwise_distances, subsample
from symmeter.statistics.resampling import permutation_p_value

__all__ = ["TwoSampleTest", "energy_distance_test", "mmd_test"]


@dataclass(frozen=True)
class TwoSampleTest:
    """Outcome of a two-sample test.

    Attributes
    ----------
    statistic : float
        Squared distance between the two distributions, in the units of the method.
    p_value : float
    n_x, n_y : int
        Samples used.
    subsampled : bool
        Whether some were left out to bound the work.
    method : str
    permutations : int
    """

    statistic: float
    p_value: float
    n_x: int
    n_y: int
    subsampled: bool
    method: str
    permutations: int


def energy_distance_test(
    x: Num[np.ndarray, "nx m"],
    y: Num[np.ndarray, "ny m"],
    permutations: int = 500,
    rng: np.random.Generator | int | None = None,
    max_points: int = 2000,
) -> TwoSampleTest:
    """Test whether two samples come from one distribution, by the energy distance.

    The statistic is ``2 E|X - Y| - E|X - X'| - E|Y - Y'|``, zero only for equal distributions; it is invariant under
    rotations and has no parameter to tune.

    Parameters
    ----------
    x, y : arrays of shape (n_x, M) and (n_y, M)
        Real or complex samples, one per row.
    permutations : int
    rng : numpy Generator, int or None
    max_points : int
        Largest pooled size; larger samples are thinned at random, keeping their proportion.

    Returns
    -------
    TwoSampleTest

    Raises
    ------
    ShapeError, SampleSizeError, NonFiniteError, InputError

    References
    ----------
    G. J. Szekely and M. L. Rizzo, InterStat 5 (2004); J. Statist. Plann. Inference 143 (2013) 1249.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> energy_distance_test(rng.normal(size=(80, 2)), rng.normal(size=(80, 2)) + 1.0, rng=1).p_value < 0.01
    True
    """
    rng = np.random.default_rng(rng)
    pooled, n_x, n_y, thinned = _pool(x, y, max_points, rng)
    return _permutation_test(
        -pairwise_distances(pooled, pooled), n_x, n_y, thinned, permutations, rng, "energy distance"
    )


def mmd_test(
    x: Num[np.ndarray, "nx m"],
    y: Num[np.ndarray, "ny m"],
    permutations: int = 500,
    rng: np.random.Generator | int | None = None,
    max_points: int = 2000,
    bandwidth: float | None = None,
) -> TwoSampleTest:
    """Test whether two samples come from one distribution, by the maximum mean discrepancy of a Gaussian kernel.

    Parameters
    ----------
    x, y : arrays of shape (n_x, M) and (n_y, M)
        Real or complex samples, one per row.
    permutations : int
    rng : numpy Generator, int or None
    max_points : int
        Largest pooled size; larger samples are thinned at random, keeping their proportion.
    bandwidth : float, optional
        Standard deviation of the kernel; the median distance between pooled samples when omitted.

    Returns
    -------
    TwoSampleTest

    Raises
    ------
    ShapeError, SampleSizeError, NonFiniteError, InputError

    References
    ----------
    A. Gretton et al., J. Mach. Learn. Res. 13 (2012) 723.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> mmd_test(rng.normal(size=(80, 2)), 3 * rng.normal(size=(80, 2)), rng=1).p_value < 0.01
    True
    """
    rng = np.random.default_rng(rng)
    pooled, n_x, n_y, thinned = _pool(x, y, max_points, rng)
    distances = pairwise_distances(pooled, pooled)
    if bandwidth is None:
        bandwidth = float(np.median(distances[np.triu_indices(len(pooled), 1)]))
        # Half of all pairs coincide: fall back on the scale of the others.
        bandwidth = bandwidth or float(distances.max()) or 1.0
    if not bandwidth > 0:
        raise InputError(f"bandwidth must be positive; got {bandwidth}")
    kernel = np.exp(-0.5 * (distances / bandwidth) ** 2)
    return _permutation_test(kernel, n_x, n_y, thinned, permutations, rng, "maximum mean discrepancy, Gaussian kernel")


def _pool(
    x: Num[np.ndarray, "nx m"], y: Num[np.ndarray, "ny m"], max_points: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "n q"], int, int, bool]:
    if np.iscomplexobj(x) != np.iscomplexobj(y):
        x, y = np.asarray(x, dtype=complex), np.asarray(y, dtype=complex)
    a, b = as_real_samples(x, "x"), as_real_samples(y, "y")
    if a.shape[1] != b.shape[1]:
        raise ShapeError(f"x and y must have the same columns; got {np.shape(x)} and {np.shape(y)}")
    if min(len(a), len(b)) < 2:
        raise SampleSizeError(f"a two-sample test needs 2 rows in each sample; got {len(a)} and {len(b)}")
    thinned = len(a) + len(b) > max_points
    if thinned:
        keep_a = min(max(2, round(max_points * len(a) / (len(a) + len(b)))), max_points - 2)
        a, b = a[subsample(len(a), keep_a, rng)], b[subsample(len(b), max_points - keep_a, rng)]
    return np.concatenate([a, b]), len(a), len(b), thinned


def _permutation_test(
    kernel: Float[np.ndarray, "n n"],
    n_x: int,
    n_y: int,
    thinned: bool,
    permutations: int,
    rng: np.random.Generator,
    method: str,
) -> TwoSampleTest:
    if permutations < 1:
        raise InputError(f"a permutation test needs at least one permutation; got {permutations}")
    # Labels sum to zero, so centring changes no statistic; it keeps small ones from drowning in rounding.
    centred = kernel - kernel.mean(axis=0)[None, :] - kernel.mean(axis=1)[:, None] + kernel.mean()
    label = np.concatenate([np.full(n_x, 1.0 / n_x), np.full(n_y, -1.0 / n_y)])
    columns = np.column_stack([label, rng.permuted(np.tile(label, (permutations, 1)), axis=1).T])
    values = ((centred @ columns) * columns).sum(axis=0)
    p = permutation_p_value(float(values[0]), values[1:])
    return TwoSampleTest(float(values[0]), p, n_x, n_y, thinned, method, permutations)

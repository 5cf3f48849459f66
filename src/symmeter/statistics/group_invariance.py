r"""Exact randomisation test of distributional invariance: does X have the same law as P X, for a cyclic group <P>?

Statistic: the energy distance between the sample and its average over the group,

    T = mean_ij [ K_0(i, j) - (1/m) sum_a K_a(i, j) ],      K_a(i, j) = -|x_i - P^a x_j|,

with all pairs, the diagonal included (so that T >= 0). If X and P X have the same law, replacing each x_i by
P^{g_i} x_i with independent uniform g_i in Z_m leaves the joint law of the sample unchanged, so the p-value of T among
its randomised copies is exact for every sample size and distribution. Randomising turns K_0(i, j) into
K_{g_j - g_i}(i, j) and leaves the average alone. In characters, with w = exp(2 pi i / m) and
Khat_c = (1/m) sum_a w^{c a} K_a (a Hermitian matrix),

    T(g) = mean_ij sum_{c != 0} conj(z_i) Khat_c(i, j) z_j,   z_i = w^{-c g_i},

where the term of c and of m - c are equal: one matrix product for each pair of characters gives all draws. The
diagonal contributes the same constant to every draw, so the p-value does not depend on whether it is included.

For groups too large to enumerate the kernel h(x, y) = k(x, y) - (k(x, P y) + k(P x, y)) / 2 is used instead. Its
expectation over either argument vanishes under the hypothesis, and random signs give its null distribution for large
n (wild bootstrap; Dehling and Mikosch 1994): asymptotic, no longer exact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Num

from symmeter.errors import InputError, NotAGroupElementError, SampleSizeError, ShapeError
from symmeter.statistics.distances import as_real_samples, pairwise_distances, subsample
from symmeter.statistics.resampling import permutation_p_value

__all__ = ["InvarianceTest", "invariance_test"]

Orbit = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class InvarianceTest:
    """Outcome of a test of distributional invariance.

    Attributes
    ----------
    statistic : float
        Energy distance between the law of X and its average over the group (wild bootstrap: half the energy distance
        between X and P X), in the unit of the data; zero for an invariant law up to sampling.
    relative : float
        The statistic over ``mean |x_i - P^a x_j|``: a dimensionless size of the violation.
    p_value : float
    n : int
        Samples used.
    order : int or None
        Order of the cyclic group.
    draws : int
    subsampled : bool
    method : str
        Which test, and whether it is exact.
    """

    statistic: float
    relative: float
    p_value: float
    n: int
    order: int | None
    draws: int
    subsampled: bool
    method: str


def invariance_test(
    x: Num[np.ndarray, "n m"],
    orbit: Orbit,
    m: int | None,
    draws: int = 499,
    rng: np.random.Generator | int | None = None,
    max_points: int = 800,
    max_order: int = 16,
    modulo: Sequence[Callable[[np.ndarray], np.ndarray]] = (),
) -> InvarianceTest:
    """Test whether the law of independent samples is invariant under a norm-preserving map P.

    Parameters
    ----------
    x : array of shape (n, M)
        Real or complex samples, one per row. If a mean was subtracted, use one that P leaves alone (the average of
        the mean over the group), or the test is exact only asymptotically.
    orbit : callable
        ``orbit(x, k)`` returns ``P^k`` applied to every row. P must preserve distances.
    m : int or None
        Order of P, ``P^m = 1``; None when unknown or infinite.
    draws : int
        Number of randomisations.
    rng : numpy Generator, int or None
    max_points : int
        Larger samples are thinned at random. Memory is about ``8 max_points^2 m`` bytes.
    max_order : int
        Above this order the wild bootstrap of x against P x replaces the exact test.
    modulo : sequence of callables
        All elements h of a finite group H of norm-preserving maps that P normalises (``P H P^-1 = H``), the identity
        among them. Distances become means over h of ``|x_i - h y_j|``: laws are compared after averaging them over H.
        The test stays exact, for the hypothesis is about P alone; but where H is a symmetry too, nothing is lost by
        averaging and much noise is, so that fine violations show at sizes where they would not otherwise.

    Returns
    -------
    InvarianceTest

    Raises
    ------
    SampleSizeError, ShapeError, NonFiniteError, InputError
    NotAGroupElementError
        If P changes the length of a sample, or ``P^m`` is not the identity on the samples.

    References
    ----------
    J. P. Romano, J. Amer. Statist. Assoc. 85 (1990) 686 (randomisation tests); G. J. Szekely and M. L. Rizzo,
    J. Statist. Plann. Inference 143 (2013) 1249; H. Dehling and T. Mikosch, J. Multivariate Anal. 51 (1994) 392.

    Examples
    --------
    Skewed noise has the covariance of its mirror image, but not its law:

    >>> x = np.random.default_rng(0).exponential(size=(300, 1)) - 1.0
    >>> invariance_test(x, lambda rows, k: (-1.0) ** k * rows, m=2, rng=1).p_value
    0.002
    """
    x = np.asarray(x)
    x = x[:, None] if x.ndim == 1 else x
    as_real_samples(x, "x")
    if len(x) < 2:
        raise SampleSizeError(f"an invariance test needs at least 2 samples; got {len(x)}")
    if draws < 1:
        raise InputError(f"a randomisation test needs at least one draw; got {draws}")
    if m is not None and m < 2:
        raise InputError(f"the order of P must be at least 2 (or None when unknown); got {m}")
    rng = np.random.default_rng(rng)
    chosen = subsample(len(x), max_points, rng)
    subsampled = len(chosen) < len(x)
    x = x[chosen]
    _check_orbit(x, orbit, m)
    averaged = f" modulo a group of order {len(modulo)}" if len(modulo) > 1 else ""
    if m is not None and m <= max_order:
        kernels = _orbit_kernels(x, orbit, m, modulo)
        turns = rng.integers(0, m, size=(len(x), draws))
        # The observed sample is the draw in which nothing is moved.
        turns = np.column_stack([np.zeros(len(x), dtype=turns.dtype), turns])
        values = _randomised_statistics(kernels, m, turns)
        average = -float(_mean_over_group(kernels, m).mean())
        method = f"energy statistic over a cyclic group of order {m}{averaged}, exact randomisation"
    else:
        h, average = _degenerate_kernel(x, orbit, modulo)
        signs = np.where(rng.random((len(x), draws)) < 0.5, -1.0, 1.0)
        signs = np.column_stack([np.ones(len(x)), signs])
        values = ((h @ signs) * signs).sum(axis=0) / len(x) ** 2
        method = f"energy statistic of x against P x{averaged}, wild bootstrap (asymptotic)"
    statistic = float(values[0])
    relative = statistic / average if average > 0 else 0.0
    p = permutation_p_value(statistic, values[1:])
    return InvarianceTest(statistic, relative, p, len(x), m, draws, subsampled, method)


def _check_orbit(x: Num[np.ndarray, "n m"], orbit: Orbit, m: int | None) -> None:
    moved = np.asarray(orbit(x, 1))
    if moved.shape != x.shape:
        raise ShapeError(f"orbit(x, 1) must keep the shape {x.shape} of the samples; it returned {moved.shape}")
    before, after = np.linalg.norm(x, axis=1), np.linalg.norm(moved, axis=1)
    largest = float(before.max()) or 1.0
    change = float(np.abs(after - before).max())
    if not change <= 1e-6 * largest:
        raise NotAGroupElementError(f"P must preserve distances: it changes the length of a sample by {change:.3g}")
    if m is not None:
        error = float(np.abs(np.asarray(orbit(x, m)) - x).max())
        if not error <= 1e-6 * largest:
            raise NotAGroupElementError(f"P^{m} must be the identity: it moves the samples by up to {error:.3g}")


def _orbit_kernels(
    x: Num[np.ndarray, "n m"], orbit: Orbit, m: int, modulo: Sequence[Callable[[np.ndarray], np.ndarray]]
) -> list[Float[np.ndarray, "n n"]]:
    """``K_a`` for a = 0 .. m // 2; the others follow from ``K_{-a} = K_a^T``."""
    return [-_mean_distances(x, x if a == 0 else np.asarray(orbit(x, a)), modulo) for a in range(m // 2 + 1)]


def _mean_distances(
    x: Num[np.ndarray, "n m"], y: Num[np.ndarray, "n m"], modulo: Sequence[Callable[[np.ndarray], np.ndarray]]
) -> Float[np.ndarray, "n n"]:
    """``|x_i - h y_j|``, averaged over the maps h (y itself when there are none)."""
    total = np.zeros((len(x), len(y)))
    for h in modulo or (np.asarray,):
        moved = np.asarray(h(y))
        complex_rows = np.iscomplexobj(x) or np.iscomplexobj(moved)
        left, right = (x.astype(complex), moved.astype(complex)) if complex_rows else (x, moved)
        total += pairwise_distances(as_real_samples(left), as_real_samples(right))
    return total / max(len(modulo), 1)


def _mean_over_group(kernels: list[Float[np.ndarray, "n n"]], m: int) -> Float[np.ndarray, "n n"]:
    return np.real(_character_kernel(kernels, m, 0))


def _character_kernel(kernels: list[Float[np.ndarray, "n n"]], m: int, c: int) -> Complex[np.ndarray, "n n"]:
    """``Khat_c = (1/m) sum_a exp(2 pi i c a / m) K_a``."""
    total = kernels[0].astype(complex)
    for a in range(1, m // 2 + 1):
        root = np.exp(2j * np.pi * c * a / m)
        total += root * kernels[a]
        if 2 * a != m:
            total += np.conj(root) * kernels[a].T
    return total / m


def _randomised_statistics(
    kernels: list[Float[np.ndarray, "n n"]], m: int, turns: Num[np.ndarray, "n draws"]
) -> Float[np.ndarray, " draws"]:
    """T after x_i -> P^turns_i x_i, one value per column of ``turns``."""
    n = len(turns)
    total = np.zeros(turns.shape[1])
    for c in range(1, m // 2 + 1):
        kernel = _character_kernel(kernels, m, c)
        if 2 * c == m:
            signs = 1.0 - 2.0 * (turns % 2)
            total += ((np.real(kernel) @ signs) * signs).sum(axis=0)
        else:
            z = np.exp(-2j * np.pi * c * turns / m)
            total += 2.0 * np.real((kernel @ z) * z.conj()).sum(axis=0)
    return total / n**2


def _degenerate_kernel(
    x: Num[np.ndarray, "n m"], orbit: Orbit, modulo: Sequence[Callable[[np.ndarray], np.ndarray]]
) -> tuple[Float[np.ndarray, "n n"], float]:
    within, across = _mean_distances(x, x, modulo), _mean_distances(x, np.asarray(orbit(x, 1)), modulo)
    return (across + across.T) / 2 - (within + within.T) / 2, float(across.mean())

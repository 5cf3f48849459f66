"""Does one transformation, or a whole group, leave a covariance invariant? Distance, noise level, p-value, defect.

For ``Delta = R - P R P^H`` (or R minus its group average) the statistic is ``T = ||Delta_hat||^2``. Its mean under the
hypothesis is the noise level, and its law is a weighted sum of chi-squares whose first three cumulants are estimated
from pairs and triples of samples (no assumption on the law) or known in closed form (Gaussian).

The defect is ``sqrt(||Delta||^2 / mean_Q ||R - Q R Q^H||^2)``, both without noise bias, where Q runs over all
permutations (signed permutations, orthogonal or unitary matrices) when P is one: 0 exact, 1 as broken as chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from symmeter.discover.chance import chance_distance, kind_of
from symmeter.discover.moments import Moments
from symmeter.discover.null_laws import (
    Piece,
    closed_cumulants,
    cumulants,
    gaussian_law,
    gaussian_rows,
    gaussian_table,
    hollow,
    row_distance_table,
    stretched,
    totals,
    unknowns,
    upper_tail,
)
from symmeter.representations import Action, FiniteMatrixAction, MonomialAction, Transformation

__all__ = ["CovarianceTest", "group_test", "sphericity_p_value", "transformation_test"]

#: A covariance whose distance to chance is below this share of its norm is a multiple of the identity.
_ROUNDING = 1e-12
#: Rows that the width of an interval is estimated from.
_INTERVAL_ROWS = 4000


@dataclass(frozen=True)
class CovarianceTest:
    """How a covariance answers to one transformation or group.

    Attributes
    ----------
    statistic : float
        ``||R - P R P^H||^2`` (summed over the covariances), or the likelihood ratio.
    noise : float
        Its expectation if the symmetry were exact; 0 for an exact covariance.
    p_value : float or None
        None for an exact covariance.
    defect : float
        In [0, 1].
    interval : tuple of float
        0.95 interval of the defect.
    method : str
    """

    statistic: float
    noise: float
    p_value: float | None
    defect: float
    interval: tuple[float, float]
    method: str

    @property
    def ratio(self) -> float:
        """Statistic over noise level: near 1 for a true symmetry."""
        return self.statistic / self.noise if self.noise > 0 else float("inf" if self.statistic > 0 else 1.0)


def _noise_of(moments: Moments, p: Transformation, statistic: float) -> float:
    """``N_kk`` for B = P: the noise level of ``||R - P R P^H||^2``."""
    assert moments.n is not None
    if not moments.is_distribution_free:
        return closed_cumulants(moments, p)[0]
    y = moments.rows
    assert y is not None
    q = np.einsum("sm,sm->s", y.conj(), p.apply(y))
    fourth = 2.0 * moments.fourth_norm - 2.0 * float((np.abs(q) ** 2).mean())
    return max((fourth - statistic) / (moments.n - 1), 0.0)


def transformation_test(
    moments: Moments | Sequence[Moments], transformation: Transformation, rows: int = 800
) -> CovarianceTest:
    """Test ``P R P^H = R`` for one transformation.

    Parameters
    ----------
    moments : Moments or sequence of Moments
        Several covariances are tested together (their statistics add up).
    transformation : Transformation
    rows : int
        How many samples the cumulants are estimated from, without a Gaussian assumption.

    Returns
    -------
    CovarianceTest
    """
    p = transformation
    all_moments = [moments] if isinstance(moments, Moments) else list(moments)

    def difference(a: np.ndarray) -> np.ndarray:
        return a - p.conjugate(a)

    def adjoint(a: np.ndarray) -> np.ndarray:
        return a - p.inverse().conjugate(a)

    pieces = []
    for moment in all_moments:
        delta = difference(moment.covariance)
        statistic = float(np.vdot(delta, delta).real)
        if moment.is_exact:
            pieces.append(Piece(statistic))
            continue
        assert moment.n is not None
        noise = _noise_of(moment, p, statistic)
        if moment.is_distribution_free:
            centred = stretched(row_distance_table(moment.subset(rows), p), moment, noise, statistic)
            second, third = cumulants(centred, moment.n)
            table = partial(np.asarray, centred)
        else:
            second, third = closed_cumulants(moment, p)[1:]
            table = partial(gaussian_table, moment, p, rows)
        law = None
        if not moment.is_distribution_free and unknowns(moment, p) <= rows:
            law = partial(gaussian_law, moment, p)
        variance = _variance(moment, adjoint(delta), second)
        pieces.append(Piece(statistic, noise, second, third, variance, table, moment.n, law))
    return _verdict(pieces, chance_distance(all_moments, kind_of([p])), all_moments, "||R - P R P^T||^2")


def _variance(moments: Moments, slope: np.ndarray, second: float) -> float:
    """Sampling variance of the squared distance: its quadratic part, and the part linear in the error.

    The slope is itself noisy: without any violation its plug-in variance would still come out as twice the quadratic
    part, which is taken off.
    """
    return second + max(_linear_variance(moments, slope) - 2.0 * second, 0.0)


def _linear_variance(moments: Moments, slope: np.ndarray) -> float:
    """Variance of ``2 <slope, E>``: what makes a violated symmetry's distance uncertain."""
    assert moments.n is not None
    if moments.is_distribution_free:
        y = moments.subset(_INTERVAL_ROWS)
        h = np.einsum("sm,sm->s", y.conj(), y @ slope.T).real
        return 4.0 * float(h.var()) / moments.n
    moved = slope @ moments.covariance
    return (4.0 if moments.is_complex else 8.0) * float(np.vdot(moved.conj().T, moved).real) / moments.n


def _verdict(
    pieces: Sequence[Piece], chance: float, moments: Sequence[Moments], what: str, tail: bool = True
) -> CovarianceTest:
    statistic, noise, second, _, variance = totals(pieces)
    floor = _ROUNDING * sum(m.squared for m in moments)
    exact = all(m.is_exact for m in moments)
    p_value = None
    if not exact:
        if statistic <= floor:
            p_value = 1.0
        elif noise <= floor or second <= 0.0:
            p_value = 0.0
        else:
            p_value = upper_tail(pieces, tail)
    scale = max(chance, floor, 1e-300)
    excess = max(statistic - noise, 0.0) if statistic > floor else 0.0
    spread = 1.96 * np.sqrt(max(variance, 0.0))
    low, high = max(statistic - noise - spread, 0.0), excess + spread
    defect, bounds = np.sqrt(excess / scale), (np.sqrt(low / scale), np.sqrt(high / scale))
    if exact:
        bounds = (defect, defect)
    free = all(m.is_distribution_free for m in moments)
    method = f"{what} without its noise, relative to random transformations of the same kind"
    if not exact:
        sizes = ", ".join(str(m.n) for m in moments)
        law = "noise level and p-value from the samples, no law assumed" if free else "Gaussian noise formulas"
        method += f"; {law}; n = {sizes}"
    return CovarianceTest(
        statistic,
        noise,
        p_value,
        float(min(1.0, defect)),
        (float(min(1.0, bounds[0])), float(min(1.0, bounds[1]))),
        method,
    )


def sphericity_p_value(moments: Moments) -> float:
    """P-value of ``R = (tr R / M) I``: can the data be told from white noise at all?

    The statistic is the squared distance to the multiple of the identity, the average over all orthogonal maps.
    """
    from symmeter.statistics import chi2_sf

    m = moments.dimension
    distance = moments.squared - moments.trace**2 / m
    if moments.n is None or distance <= _ROUNDING * moments.squared:
        return 1.0 if distance <= _ROUNDING * moments.squared else 0.0
    # Rows of any lengths in random directions: every direction of the traceless Hermitian (symmetric) matrices has the
    # same variance, so that the law is one chi-square whose scale is the mean of |x|^4.
    directions = m * m - 1 if moments.is_complex else m * (m + 1) // 2 - 1
    scale = moments.fourth_norm * (1.0 - 1.0 / m) / directions / moments.n
    return float(np.asarray(chi2_sf(distance / scale, directions)).item())


def _averaged_rows(action: Action, y: np.ndarray) -> np.ndarray:
    """Rows whose inner products are ``<S_G y_i y_i^H, S_G y_j y_j^H>``: orbit sums over pairs of coordinates."""
    from scipy.sparse import coo_array

    assert isinstance(action, MonomialAction)
    labels, phases = action._pair_orbits
    inside = np.flatnonzero(labels >= 0)
    count = int(labels.max()) + 1
    sizes = np.bincount(labels[inside], minlength=count)
    values = phases[inside].conj() / np.sqrt(sizes[labels[inside]])
    gather = coo_array((values, (inside, labels[inside])), shape=(labels.size, count)).tocsr()
    step = max(1, int(2e7) // labels.size)
    blocks = []
    for start in range(0, len(y), step):
        part = y[start : start + step]
        outer = (part[:, :, None] * part[:, None, :].conj()).reshape(len(part), -1)
        blocks.append(np.asarray(outer @ gather))
    return np.concatenate(blocks)


def _group_table(action: Action, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    plain = np.abs(y @ y.conj().T) ** 2
    if isinstance(action, MonomialAction):
        features = _averaged_rows(action, y)
        return plain - np.real(features @ features.conj().T)
    if isinstance(action, FiniteMatrixAction):
        elements = action.matrices.elements_array()
        if len(elements) > 500:
            elements = elements[rng.permutation(len(elements))[:500]]
        mean = np.mean([np.abs(y.conj() @ (y @ g.T).T) ** 2 for g in elements], axis=0)
        return plain - 0.5 * (mean + mean.T)
    averaged = np.stack([action.average(np.outer(row, row.conj())).reshape(-1) for row in y])
    return plain - np.real(averaged @ averaged.conj().T)


def group_test(
    moments: Moments | Sequence[Moments],
    action: Action,
    rows: int = 600,
    rng: np.random.Generator | int | None = 0,
    tail: bool = True,
) -> CovarianceTest:
    """Joint test of a whole group: ``R = mean_g P_g R P_g^H``, by the squared Frobenius distance.

    Works for any n, also below M, and for any law of the samples; with Gaussian noise formulas the null distribution
    comes from draws of the symmetrised covariance. Without ``tail`` small p-values rest on three cumulants alone.
    """
    generator = np.random.default_rng(rng)
    all_moments = [moments] if isinstance(moments, Moments) else list(moments)
    pieces = []
    for moment in all_moments:
        averaged = action.symmetrize(moment.covariance)
        delta = moment.covariance - averaged
        statistic = float(np.vdot(delta, delta).real)
        if moment.is_exact:
            pieces.append(Piece(statistic))
            continue
        assert moment.n is not None
        y = moment.subset(rows) if moment.is_distribution_free else gaussian_rows(averaged, rows, generator)
        table = _group_table(action, y, generator)
        # The mean squared distance of one row, less the distance of the mean row, over n.
        spare = statistic if moment.is_distribution_free else 0.0
        per_row = float(np.trace(table)) / len(y)
        # Which share of |y|^4 a row keeps under averaging hardly depends on its length; the lengths come from all rows,
        # for with heavy tails a few of them carry most of the noise.
        own = float(((np.abs(y) ** 2).sum(1) ** 2).mean())
        stretch = moment.fourth_norm / own if moment.is_distribution_free and own > 0.0 else 1.0
        noise = max((per_row * stretch - spare) / (moment.n - 1), 0.0)
        centred = stretch * hollow(table)
        second, third = cumulants(centred, moment.n, tail)
        variance = _variance(moment, delta, second)
        pieces.append(Piece(statistic, noise, second, third, variance, partial(np.asarray, centred), moment.n))
    # A random group of this order would average R nearly to its random mean: half of the random-element distance.
    chance = 0.5 * chance_distance(all_moments, kind_of(action.generators))
    return _verdict(pieces, chance, all_moments, "||R - R_G||^2", tail)

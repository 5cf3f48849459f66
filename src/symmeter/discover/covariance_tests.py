"""Does one transformation, or a whole group, leave a covariance invariant? Distance, noise level, p-value, defect.

For ``Delta = R - P R P^H`` (or R minus its group average) the statistic is ``T = ||Delta_hat||^2``. Its mean under the
hypothesis is the noise level, and its law is a weighted sum of chi-squares whose first three cumulants are estimated
from pairs and triples of samples (no assumption on the law) or known in closed form (Gaussian).

The defect is ``sqrt(||Delta||^2 / mean_Q ||R - Q R Q^H||^2)``, both without noise bias, where Q runs over all
permutations (signed permutations, orthogonal or unitary matrices) when P is one: 0 exact, 1 as broken as chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from jaxtyping import Num

from symmeter.discover.moments import Moments
from symmeter.errors import InputError, SampleSizeError
from symmeter.representations import (
    Action,
    FiniteMatrixAction,
    Monomial,
    MonomialAction,
    Transformation,
    action_of,
    isotypic_decomposition,
)

if TYPE_CHECKING:
    from symmeter.statistics import LikelihoodRatioTest

__all__ = [
    "CovarianceTest",
    "chance_distance",
    "group_test",
    "likelihood_ratio_group_test",
    "likelihood_ratio_p_value",
    "sphericity_p_value",
    "transformation_test",
]

#: A covariance whose distance to chance is below this share of its norm is a multiple of the identity.
_ROUNDING = 1e-12
#: Rows that the width of an interval is estimated from.
_INTERVAL_ROWS = 4000
#: Below this a p-value only says "never"; its size is not worth an eigendecomposition.
_FAR_TAIL = 1e-15


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


def _kind(transformations: Sequence[Transformation]) -> str:
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


def _row_distance_table(y: np.ndarray, p: Transformation) -> np.ndarray:
    """``<Delta(y_i y_i^H), Delta(y_j y_j^H)>`` for the map R -> R - P R P^H: three squared inner products."""
    plain = np.abs(y @ y.conj().T) ** 2
    moved = np.abs(y.conj() @ p.apply(y).T) ** 2
    return 2.0 * plain - moved - moved.T


class _Piece(NamedTuple):
    """One covariance's part of a statistic and of its null distribution."""

    statistic: float
    noise: float = 0.0
    second: float = 0.0
    third: float = 0.0
    variance: float = 0.0
    table: Callable[[], np.ndarray] | None = None
    n: int = 0
    law: Callable[[], np.ndarray] | None = None

    def weights(self) -> np.ndarray:
        """Weights w of the null law ``sum_i w_i chi2_1``; those from a table sum to zero, the noise level is apart."""
        if self.law is not None:
            return self.law()
        assert self.table is not None
        table = self.table()
        s = len(table)
        return np.linalg.eigvalsh(0.5 * (table + table.T)) / (np.sqrt(s * (s - 1.0)) * self.n)


def _totals(pieces: Sequence[_Piece]) -> tuple[float, ...]:
    """Statistic, noise, second and third cumulant and variance, summed over independent covariances."""
    return tuple(float(total) for total in np.sum([piece[:5] for piece in pieces], axis=0))


def _hollow(table: np.ndarray) -> np.ndarray:
    """Centred Gram table of rows without its diagonal, which would bias every power sum."""
    centred = table - table.mean(0)[None, :] - table.mean(1)[:, None] + table.mean()
    np.fill_diagonal(centred, 0.0)
    return centred


def _stretched(table: np.ndarray, moments: Moments, noise: float, statistic: float) -> np.ndarray:
    """The hollow table, scaled so that its diagonal's mean agrees with the noise level of all rows."""
    assert moments.n is not None
    own = float(np.trace(table)) / len(table)
    every = noise * (moments.n - 1) + statistic
    return _hollow(table) * (every / own if own > 0.0 else 1.0)


def _gaussian_table(moments: Moments, p: Transformation, count: int) -> np.ndarray:
    """The table of :func:`_row_distance_table` for Gaussian rows of the symmetrised covariance."""
    y = _gaussian_rows(_half_symmetrized(moments.covariance, p), count, np.random.default_rng(0))
    return _hollow(_row_distance_table(y, p))


def _unknowns(moments: Moments, p: Transformation) -> int:
    """Real parameters of a covariance: the size of the eigenproblem behind the Gaussian null law."""
    m = moments.dimension
    return m * m if moments.is_complex or not p.is_real else m * (m + 1) // 2


def _gaussian_law(moments: Moments, p: Transformation) -> np.ndarray:
    """Weights of ``||E - P E P^H||^2`` for Gaussian data under the hypothesis, exactly.

    With X_a an orthonormal basis of the Hermitian (symmetric) matrices the error is
    ``sqrt(c/n) sum_a z_a R^1/2 X_a R^1/2``, z_a independent standard normal and c = 1 (2 for real data).
    """
    assert moments.n is not None
    r = _half_symmetrized(moments.covariance, p)
    m = len(r)
    complex_data = np.iscomplexobj(r) or not p.is_real
    values, vectors = np.linalg.eigh(r)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.conj().T
    i, j = np.triu_indices(m)
    scale = np.where(i == j, 0.5, np.sqrt(0.5))[:, None, None]
    # R^1/2 (e_i e_j^T + e_j e_i^T) R^1/2, and i times the difference when the data are complex.
    half = root.T[i][:, :, None] * root[j][:, None, :]
    images = scale * (half + half.conj().swapaxes(1, 2))
    if complex_data:
        apart = i != j
        images = np.concatenate([images, 1j * scale[apart] * (half[apart] - half[apart].conj().swapaxes(1, 2))])
    moved = images - np.stack([p.conjugate(x) for x in images])
    flat = moved.reshape(len(moved), -1)
    c = 1.0 if complex_data else 2.0
    return c / moments.n * np.clip(np.linalg.eigvalsh(np.real(flat.conj() @ flat.T)), 0.0, None)


def _half_symmetrized(covariance: np.ndarray, p: Transformation) -> np.ndarray:
    """R averaged over the powers of P, or over P alone when it has no small order."""
    try:
        return action_of([p]).average(covariance)
    except InputError:
        return 0.5 * (covariance + p.conjugate(covariance))


def _cumulants(hollow: np.ndarray, n: int, tail: bool = True) -> tuple[float, float]:
    """Second and third cumulant of ``||mean||^2`` from pairs and triples of rows; without tail only the second."""
    s = len(hollow)
    second = 2.0 * float((hollow**2).sum()) / (s * (s - 1)) / n**2
    if not tail:
        return second, 1e-12 * second**1.5
    third = 8.0 * float(np.einsum("ij,ji->", hollow @ hollow, hollow)) / (s * (s - 1) * (s - 2)) / n**3
    return second, max(third, 1e-12 * second**1.5)


def _closed_cumulants(moments: Moments, p: Transformation) -> tuple[float, float, float]:
    """Gaussian cumulants of ``||E - P E P^H||^2`` under the hypothesis: traces of ``(c/n R x R (2 - P - P^-1))^k``.

    On real symmetric matrices the map ``X -> A X A^T`` has trace ``((tr A)^2 + tr A^2) / 2``; on Hermitian ones
    ``|tr A|^2``.
    """
    assert moments.n is not None
    r = _half_symmetrized(moments.covariance, p)
    complex_data = np.iscomplexobj(r) or not p.is_real

    def weight(a: np.ndarray) -> float:
        trace = np.trace(a)
        return float(abs(trace) ** 2) if complex_data else float(0.5 * (trace**2 + np.vdot(a.T, a)).real)

    expansions = ((2.0, -2.0), (6.0, -8.0, 2.0), (20.0, -30.0, 12.0, -2.0))
    c = 1.0 if complex_data else 2.0
    power, out = np.eye(len(r)), []
    for k, coefficients in enumerate(expansions, start=1):
        power = power @ r
        moved, total = power, 0.0
        for coefficient in coefficients:
            total += coefficient * weight(moved)
            moved = p.apply(moved.T).T  # P R^k: rows move
        factor = 2.0 ** (k - 1) * (1.0, 1.0, 2.0)[k - 1]
        out.append(max(factor * (c / moments.n) ** k * total, 0.0))
    return out[0], out[1], out[2]


def _noise_of(moments: Moments, p: Transformation, statistic: float) -> float:
    """``N_kk`` for B = P: the noise level of ``||R - P R P^H||^2``."""
    assert moments.n is not None
    if not moments.is_distribution_free:
        return _closed_cumulants(moments, p)[0]
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
            pieces.append(_Piece(statistic))
            continue
        assert moment.n is not None
        noise = _noise_of(moment, p, statistic)
        if moment.is_distribution_free:
            hollow = _stretched(_row_distance_table(moment.subset(rows), p), moment, noise, statistic)
            second, third = _cumulants(hollow, moment.n)
            table = partial(np.asarray, hollow)
        else:
            second, third = _closed_cumulants(moment, p)[1:]
            table = partial(_gaussian_table, moment, p, rows)
        law = None
        if not moment.is_distribution_free and _unknowns(moment, p) <= rows:
            law = partial(_gaussian_law, moment, p)
        variance = _variance(moment, adjoint(delta), second)
        pieces.append(_Piece(statistic, noise, second, third, variance, table, moment.n, law))
    return _verdict(pieces, chance_distance(all_moments, _kind([p])), all_moments, "||R - P R P^T||^2")


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


def _p_value(pieces: Sequence[_Piece], tail: bool) -> float:
    """Upper tail of the null law: three cumulants, and in the tail, where they do not suffice, the weights."""
    from symmeter.statistics import cumulant_sf, weighted_chi2_sf

    statistic, noise, second, third, _ = _totals(pieces)
    p = float(np.asarray(cumulant_sf(statistic, noise, second, third)).item())
    if tail and _FAR_TAIL < p < 0.05 and all(piece.table is not None for piece in pieces):
        weights = np.concatenate([piece.weights() for piece in pieces])
        apart = sum(piece.noise for piece in pieces if piece.law is None)
        p = float(np.asarray(weighted_chi2_sf(statistic - apart, weights)).item())
    return min(1.0, max(0.0, p))


def _verdict(
    pieces: Sequence[_Piece], chance: float, moments: Sequence[Moments], what: str, tail: bool = True
) -> CovarianceTest:
    statistic, noise, second, _, variance = _totals(pieces)
    floor = _ROUNDING * sum(m.squared for m in moments)
    exact = all(m.is_exact for m in moments)
    p_value = None
    if not exact:
        if statistic <= floor:
            p_value = 1.0
        elif noise <= floor or second <= 0.0:
            p_value = 0.0
        else:
            p_value = _p_value(pieces, tail)
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
) -> CovarianceTest:
    """Joint test of a whole group: ``R = mean_g P_g R P_g^H``, by the squared Frobenius distance.

    Works for any n, also below M, and for any law of the samples; with Gaussian noise formulas the null distribution
    comes from draws of the symmetrised covariance.
    """
    return _group_test(moments, action, rows, rng, tail=True)


def _group_test(
    moments: Moments | Sequence[Moments],
    action: Action,
    rows: int,
    rng: np.random.Generator | int | None,
    tail: bool,
) -> CovarianceTest:
    generator = np.random.default_rng(rng)
    all_moments = [moments] if isinstance(moments, Moments) else list(moments)
    pieces = []
    for moment in all_moments:
        averaged = action.symmetrize(moment.covariance)
        delta = moment.covariance - averaged
        statistic = float(np.vdot(delta, delta).real)
        if moment.is_exact:
            pieces.append(_Piece(statistic))
            continue
        assert moment.n is not None
        y = moment.subset(rows) if moment.is_distribution_free else _gaussian_rows(averaged, rows, generator)
        table = _group_table(action, y, generator)
        # The mean squared distance of one row, less the distance of the mean row, over n.
        spare = statistic if moment.is_distribution_free else 0.0
        per_row = float(np.trace(table)) / len(y)
        # Which share of |y|^4 a row keeps under averaging hardly depends on its length; the lengths come from all rows,
        # for with heavy tails a few of them carry most of the noise.
        own = float(((np.abs(y) ** 2).sum(1) ** 2).mean())
        stretch = moment.fourth_norm / own if moment.is_distribution_free and own > 0.0 else 1.0
        noise = max((per_row * stretch - spare) / (moment.n - 1), 0.0)
        hollow = stretch * _hollow(table)
        second, third = _cumulants(hollow, moment.n, tail)
        variance = _variance(moment, delta, second)
        pieces.append(_Piece(statistic, noise, second, third, variance, partial(np.asarray, hollow), moment.n))
    # A random group of this order would average R nearly to its random mean: half of the random-element distance.
    chance = 0.5 * chance_distance(all_moments, _kind(action.generators))
    return _verdict(pieces, chance, all_moments, "||R - R_G||^2", tail)


def _gaussian_rows(covariance: np.ndarray, count: int, rng: np.random.Generator) -> Num[np.ndarray, "s m"]:
    values, vectors = np.linalg.eigh(covariance)
    z = rng.standard_normal((count, len(values)))
    if np.iscomplexobj(covariance):
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2.0)
    return (z * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def likelihood_ratio_group_test(moments: Moments | Sequence[Moments], action: Action) -> CovarianceTest:
    """Gaussian likelihood-ratio test of a group, exact at any n > M through the isotypic decomposition.

    The defect and its interval are those of :func:`group_test`; only statistic, noise (its mean under the hypothesis)
    and p-value are the likelihood ratio's. For several covariances the Bartlett-corrected statistics add up.

    Raises
    ------
    SampleSizeError
        If some covariance has n <= M or is exact.
    """

    all_moments = [moments] if isinstance(moments, Moments) else list(moments)
    tests = _likelihood_ratios(all_moments, action, "exact")
    df = sum(t.degrees_of_freedom for t in tests)
    corrected = sum(t.corrected_statistic for t in tests)
    p_value = tests[0].p_value if len(tests) == 1 else _summed_p_value(tests)
    # Only its defect and interval are used: its own p-value need not be exact.
    distance = _group_test(all_moments, action, 600, 0, tail=False)
    sizes = ", ".join(str(m.n) for m in all_moments)
    method = f"Gaussian likelihood ratio, {df} degrees of freedom, exact null; n = {sizes}"
    return CovarianceTest(corrected, float(df), p_value, distance.defect, distance.interval, method)


def likelihood_ratio_p_value(moments: Sequence[Moments], action: Action) -> float:
    """The Bartlett-corrected p-value alone: what a search over many groups needs."""
    return _summed_p_value(_likelihood_ratios(moments, action, "bartlett"))


def _summed_p_value(tests: Sequence[LikelihoodRatioTest]) -> float:
    from symmeter.statistics import chi2_sf

    df = sum(t.degrees_of_freedom for t in tests)
    return float(np.asarray(chi2_sf(sum(t.corrected_statistic for t in tests), df)).item()) if df else 1.0


def _likelihood_ratios(
    moments: Sequence[Moments], action: Action, method: Literal["exact", "bartlett"]
) -> list[LikelihoodRatioTest]:
    from symmeter.statistics import likelihood_ratio_test

    for moment in moments:
        if moment.n is None or moment.n <= moment.dimension:
            n = "unknown" if moment.n is None else moment.n
            raise SampleSizeError(
                f"the likelihood-ratio test needs more than M = {moment.dimension} degrees of freedom; n is {n}; "
                'use test="frobenius"'
            )
    field = any(m.is_complex for m in moments)
    parts = [(c.dimension, c.multiplicity, c.division) for c in isotypic_decomposition(action, complex=field)]
    if [part[:2] for part in parts] == [(1, moments[0].dimension)]:
        # Only multiples of the identity act (as x -> -x does): every covariance has this symmetry.
        return []
    return [
        likelihood_ratio_test(m.covariance, action.symmetrize(m.covariance), m.n or 0, parts, method=method)
        for m in moments
    ]

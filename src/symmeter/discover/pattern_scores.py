"""How well a group-symmetric model fits against how much it saves: the number that ranks groups in a search.

``score = statistic - log(n) * saved``, smaller is better, 0 for no symmetry at all. For Gaussian data with n > M the
statistic is the likelihood ratio against the free covariance and ``saved`` counts the parameters that the symmetry
saves, which is BIC up to a constant. Otherwise the statistic is ``||S - S_G||^2`` and ``saved`` is its expectation if
the symmetry is exact, read off the samples: the same trade with distance in the place of likelihood. Either way a true
symmetry lowers the score by about ``log n - 1`` for everything it saves, and a broken one raises it in proportion to n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Num

from symmeter.discover.moments import Moments
from symmeter.discover.pair_patterns import PairPattern, cover_matrix

__all__ = ["PatternScore", "representative_rows"]

_MOST_ROWS = 200
_MOST_NUMBERS = 500_000
_SIMPLER = 1e-6


def representative_rows(moments: Moments, most: int, rng: np.random.Generator) -> Num[np.ndarray, "s m"]:
    """Samples behind a covariance: the kept ones, or Gaussian draws when a covariance is all there is."""
    if moments.rows is not None and not moments.gaussian:
        return moments.subset(most)
    values, vectors = np.linalg.eigh(moments.covariance)
    z = rng.standard_normal((most, len(values)))
    if moments.is_complex:
        z = (z + 1j * rng.standard_normal(z.shape)) / np.sqrt(2.0)
    return (z * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


@dataclass(frozen=True, eq=False)
class _Data:
    covariance: np.ndarray
    n: int
    log_determinant: float
    outer: np.ndarray | None
    fourth: float
    noise: float


class PatternScore:
    """Scores orbit partitions of one or several covariances.

    Parameters
    ----------
    moments : sequence of Moments
    method : {"lrt", "frobenius"}
    signed : bool
    rng : numpy Generator
    """

    def __init__(self, moments: Sequence[Moments], method: str, signed: bool, rng: np.random.Generator) -> None:
        self.method = method
        self.signed = signed
        self._data = [self._prepared(m, rng) for m in moments]
        m = moments[0].dimension
        rows = 0 if self._data[0].outer is None else self._data[0].outer.shape[1]
        #: Work of one score, in the units of :class:`~symmeter.discover.column_matching.Matcher`.
        self.cost = len(moments) * (100 + 5 * rows) * (m * (2 if signed else 1)) ** 2
        self._free = (m * m if moments[0].is_complex else m * (m + 1) // 2) * len(moments)

    def _prepared(self, moments: Moments, rng: np.random.Generator) -> _Data:
        assert moments.n is not None
        s = moments.covariance
        if self.method == "lrt":
            return _Data(s, moments.n, float(np.linalg.slogdet(s)[1]), None, 0.0, 0.0)
        points = moments.dimension * (2 if self.signed else 1)
        count = int(np.clip(_MOST_NUMBERS // points**2, 40, _MOST_ROWS))
        y = representative_rows(moments, count, rng)
        # The kept rows are a subsample; rescaled, their mean square agrees with the covariance.
        y = y * np.sqrt(moments.trace / max(float((np.abs(y) ** 2).sum(1).mean()), 1e-300))
        fourth = float(((np.abs(y) ** 2).sum(1) ** 2).mean())
        if self.signed:
            s, y, fourth = cover_matrix(s), np.concatenate([y, -y], axis=1), 4.0 * fourth
        outer = np.ascontiguousarray((y[:, :, None] * y[:, None, :].conj()).reshape(len(y), -1).T)
        noise = max(fourth - float(np.vdot(s, s).real), 1e-300) / moments.n
        return _Data(s, moments.n, 0.0, outer, fourth, noise)

    def __call__(self, pattern: PairPattern) -> float:
        if self.method == "lrt":
            return self._by_likelihood(pattern)
        return sum(self._by_distance(pattern, data) for data in self._data)

    def many(self, pattern: PairPattern, images: Int[np.ndarray, "k points"]) -> Float[np.ndarray, " k"]:
        """Scores of the pattern joined with each of k permutations, in one pass over all of them."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        classes = int(pattern.labels.max()) + 1
        partners = pattern.labels[images[:, :, None], images[:, None, :]]
        differ = partners != pattern.labels
        trial = np.nonzero(differ)[0] * classes
        a = trial + np.broadcast_to(pattern.labels, partners.shape)[differ]
        b = trial + partners[differ]
        size = classes * len(images)
        graph = coo_array((np.ones(a.size, dtype=np.int8), (a, b)), shape=(size, size))
        count, component = connected_components(graph, directed=False)
        component = component.reshape(len(images), classes)
        # Components are numbered in the order of their first node, hence trial by trial.
        first = np.concatenate([component.min(axis=1), [count]])
        if self.method == "lrt" and not self.signed:
            return self._likelihoods(component[:, pattern.labels], np.diff(first))
        labels = (row[pattern.labels] - start for row, start in zip(component, first))
        return np.array([self(PairPattern(x, pattern.symmetric, pattern.signed)) for x in labels])

    def _likelihoods(self, labels: Int[np.ndarray, "k m m"], parameters: Int[np.ndarray, " k"]) -> np.ndarray:
        total = np.zeros(len(labels))
        flat = labels.reshape(-1)
        sizes = np.bincount(flat)
        for data in self._data:
            s = np.broadcast_to(data.covariance, labels.shape).reshape(-1)
            means = np.bincount(flat, weights=np.real(s)) / sizes
            if np.iscomplexobj(s):
                means = means + 1j * np.bincount(flat, weights=np.imag(s)) / sizes
            sign, value = np.linalg.slogdet(means[labels])
            factor = 2.0 if np.iscomplexobj(s) else 1.0
            part = factor * data.n * (value - data.log_determinant)
            part -= np.log(data.n) * (self._free / len(self._data) - parameters)
            total += np.where(np.real(sign) > 0, part, np.inf)
        return total

    def is_hopeless(self, pattern: PairPattern, score: float) -> bool:
        """Whether the likelihood ratio exceeds what it can be under any symmetry, whatever the exact null.

        ``E log det S_G <= log det Sigma`` (Jensen), so the mean under the hypothesis is at most that of
        ``n (log det Sigma - log det S)``.
        """
        logs = sum(float(np.log(d.n)) for d in self._data)
        statistic = score + logs * (self._free / len(self._data) - pattern.parameters)
        return statistic > self._largest_mean + 8.0 * np.sqrt(2.0 * self._largest_mean)

    @cached_property
    def _largest_mean(self) -> float:
        from symmeter.statistics import expected_log_determinant

        total = 0.0
        for d in self._data:
            field = "complex" if np.iscomplexobj(d.covariance) else "real"
            unit = 2.0 if field == "complex" else 1.0
            total -= unit * d.n * expected_log_determinant([(1, len(d.covariance))], d.n, field)
        return total

    def _by_likelihood(self, pattern: PairPattern) -> float:
        total = 0.0
        saved = self._free / len(self._data) - pattern.parameters
        for data in self._data:
            sign, value = np.linalg.slogdet(pattern.average(data.covariance))
            if not np.real(sign) > 0:
                return float("inf")
            factor = 2.0 if np.iscomplexobj(data.covariance) else 1.0
            total += factor * data.n * (float(value) - data.log_determinant) - np.log(data.n) * saved
        return total

    def _by_distance(self, pattern: PairPattern, data: _Data) -> float:
        assert data.outer is not None
        statistic, features = self._projected(pattern, data)
        kept = float((np.abs(features) ** 2).sum()) / features.shape[1]
        saved = max(data.fourth - kept - statistic, 0.0) / data.n
        # Columns that repeat each other cost nothing and save no noise; the simpler model is still the better one.
        simpler = _SIMPLER * (1.0 - pattern.parameters * len(self._data) / self._free)
        return (statistic - np.log(data.n) * saved) / data.noise - simpler

    def _projected(self, pattern: PairPattern, data: _Data) -> tuple[float, np.ndarray]:
        """Squared distance of the covariance to the pattern, and every row's ``x x^H`` in the pattern's own basis."""
        from scipy.sparse import csc_array

        flat = pattern.labels.reshape(-1)
        count = int(flat.max()) + 1
        scale = 1.0 / np.sqrt(np.bincount(flat, minlength=count))
        gather = csc_array((scale[flat], flat, np.arange(flat.size + 1)), shape=(count, flat.size))
        s = data.covariance.reshape(-1)
        statistic = max(float(np.vdot(s, s).real) - float((np.abs(gather @ s) ** 2).sum()), 0.0)
        return statistic, gather @ data.outer

    def step_p_value(self, before: PairPattern, after: PairPattern) -> float:
        """P-value of the larger group with the smaller one taken for granted, by distance.

        A joint test against the free covariance has so many degrees of freedom that one wrong generator hides among
        right ones; this test has only those of the step.
        """
        from symmeter.statistics import chi2_sf, cumulant_sf

        if self.method == "lrt":
            freedom = before.parameters - after.parameters
            if freedom <= 0:
                return 1.0
            difference = self(after) - self(before) + freedom * sum(float(np.log(d.n)) for d in self._data)
            return float(np.asarray(chi2_sf(max(difference, 0.0), freedom * len(self._data))).item())

        statistic = mean = second = third = 0.0
        for data in self._data:
            t0, f0 = self._projected(before, data)
            t1, f1 = self._projected(after, data)
            table = np.real(f0.conj().T @ f0 - f1.conj().T @ f1)
            s = len(table)
            noise = max(float(np.trace(table)) / s - (t1 - t0), 0.0) / data.n
            centred = table - table.mean(0)[None, :] - table.mean(1)[:, None] + table.mean()
            # Without the diagonal the power sums have no bias.
            np.fill_diagonal(centred, 0.0)
            unit = data.n * data.noise
            statistic += (t1 - t0) / data.noise
            mean += noise / data.noise
            second += 2.0 * float((centred**2).sum()) / (s * (s - 1)) / unit**2
            third += 8.0 * float(np.einsum("ij,ji->", centred @ centred, centred)) / (s * (s - 1) * (s - 2)) / unit**3
        if mean <= 0.0 or second <= 0.0:
            return 1.0 if statistic <= 0.0 else 0.0
        third = max(third, 1e-12 * second**1.5)
        return float(np.clip(np.asarray(cumulant_sf(statistic, mean, second, third)).item(), 0.0, 1.0))

"""Transformations met in a search for symmetries, each with its distance over noise and, when asked for, its test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Num

from symmeter.discover.covariance_tests import CovarianceTest, transformation_test
from symmeter.discover.moments import Moments
from symmeter.discover.pair_patterns import raised
from symmeter.representations import Monomial

__all__ = ["CandidatePool"]

#: Statistic over noise level below which a transformation is good enough to stop looking for a better one nearby.
_GOOD = 1.5
#: Limits of that ratio for the pool: a base and what is added for few moved columns, divided by their number.
_LIMIT, _FOR_FEW = 3.0, 18.0
_ROWS = 400


class CandidatePool:
    """Keeps what may be a symmetry.

    Parameters
    ----------
    moments : sequence of Moments
        Sample covariances.
    rows : sequence of arrays of shape (s, M)
        Samples behind each, or draws from it.
    signed : bool

    Attributes
    ----------
    found : dict
        Single transformations whose distance noise may explain.
    sets : list of tuple of Monomial
        Transformations that belong together, such as the exchanges within a block.
    good : int
        How many of ``found`` are close to the noise level.
    """

    def __init__(self, moments: Sequence[Moments], rows: Sequence[Num[np.ndarray, "s m"]], signed: bool) -> None:
        self.moments = list(moments)
        self.signed = signed
        self.found: dict[bytes, Monomial] = {}
        self.sets: list[tuple[Monomial, ...]] = []
        self.good = 0
        self._rows = [y[:_ROWS] for y in rows]
        self._fourth = [float(((np.abs(y) ** 2).sum(1) ** 2).mean()) for y in self._rows]
        self._ratios: dict[bytes, float] = {}
        self._tests: dict[bytes, CovarianceTest] = {}

    def _key(self, p: Monomial) -> bytes:
        return raised(p, self.signed).tobytes()

    def __contains__(self, p: Monomial) -> bool:
        return self._key(p) in self.found

    def ratio(self, p: Monomial) -> float:
        """``||S - P S P^T||^2`` over its expectation if P were a symmetry, read off the rows."""
        key = self._key(p)
        if key not in self._ratios:
            statistic, noise = 0.0, 0.0
            for m, y, fourth in zip(self.moments, self._rows, self._fourth, strict=True):
                assert m.n is not None
                delta = m.covariance - p.conjugate(m.covariance)
                t = float(np.vdot(delta, delta).real)
                q = np.einsum("sm,sm->s", y.conj(), p.apply(y))
                statistic += t
                noise += max(2.0 * (fourth - float((np.abs(q) ** 2).mean())) - t, 1e-12 * fourth) / m.n
            self._ratios[key] = statistic / max(noise, 1e-300)
        return self._ratios[key]

    def test(self, p: Monomial) -> CovarianceTest:
        """The test of one transformation, remembered."""
        key = self._key(p)
        if key not in self._tests:
            self._tests[key] = transformation_test(self.moments, p)
        return self._tests[key]

    def offer(self, p: Monomial) -> bool:
        """Keep a transformation if noise may explain its distance; whether it is good.

        The fewer columns move, the fewer entries are compared and the further their sum may stray from its mean.
        """
        if p.distance_to_identity() == 0.0:
            return False
        ratio = self.ratio(p)
        moved = int((p.images != np.arange(p.dimension)).sum())
        if ratio < _LIMIT + _FOR_FEW / max(moved, 1) and p not in self:
            self.found[self._key(p)] = p
            self.good += ratio < _GOOD
        return ratio < _GOOD

    def best(self, most: int) -> list[Monomial]:
        """The transformations nearest to the noise level."""
        return sorted(self.found.values(), key=self.ratio)[:most]

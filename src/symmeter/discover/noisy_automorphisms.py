"""Permutations of columns that a sample covariance allows: candidates of three kinds, then one group by joint tests.

1. Entries that cluster at the level of noise give colours, and colours an exact automorphism group.
2. Exchanges of two columns, all of them at once (both :mod:`symmeter.discover.candidate_sources`).
3. A search along a base by matching (:mod:`symmeter.discover.base_search`), in turns with growing a group
   (:mod:`symmeter.discover.group_growth`) whose orbits need not be searched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symmeter.discover.base_search import BaseSearch
from symmeter.discover.candidate_pool import CandidatePool
from symmeter.discover.candidate_sources import offer_coloured_automorphisms, offer_exchanges
from symmeter.discover.column_matching import Matcher
from symmeter.discover.covariance_tests import CovarianceTest
from symmeter.discover.feature_layers import Layer, feature_layers
from symmeter.discover.group_growth import GroupGrowth, Grown
from symmeter.discover.moments import Moments
from symmeter.discover.pair_patterns import PairPattern
from symmeter.discover.pattern_scores import PatternScore, representative_rows
from symmeter.discover.selection import chosen_test
from symmeter.representations import Monomial

__all__ = ["SearchOutcome", "noisy_automorphisms"]

_ROWS = 2000
#: Turns of searching and growing, and searches made again when the group that shortened them did not stand its test.
_TURNS, _SECOND_LOOKS = 12, 3


@dataclass(frozen=True, eq=False)
class SearchOutcome:
    """What the search ended with.

    Attributes
    ----------
    pattern : PairPattern
    generators : tuple of Monomial
    test : CovarianceTest or None
        Joint test; None for the trivial group.
    method : str
        ``"lrt"`` or ``"frobenius"``.
    nearest : tuple of (Monomial, CovarianceTest) or None
        The least broken transformation that was met, when the group is trivial.
    notes : tuple of str
    """

    pattern: PairPattern
    generators: tuple[Monomial, ...]
    test: CovarianceTest | None
    method: str
    nearest: tuple[Monomial, CovarianceTest] | None
    notes: tuple[str, ...]


def noisy_automorphisms(
    moments: Sequence[Moments],
    alpha: float = 0.01,
    select: str | None = "bic",
    signed: bool = False,
    max_work: float = 1e9,
    rng: np.random.Generator | int | None = 0,
) -> SearchOutcome:
    """The group of (signed) permutations of the columns that some sample covariances allow.

    Parameters
    ----------
    moments : sequence of Moments
        None of them exact; every column must vary.
    alpha : float
        Level of the joint test.
    select : {"bic", None}
        With None the largest group that is not rejected wins.
    signed : bool
    max_work : float
        Bound on the search and, again, on growing groups, in units of about a nanosecond; it holds for up to 64
        columns and is raised with the square root of their number beyond.
    rng : numpy Generator or int

    Examples
    --------
    >>> from symmeter.discover.moments import moments_of_samples
    >>> x = np.random.default_rng(0).standard_normal((400, 5)) @ np.diag([1.0, 2.0, 3.0, 2.0, 1.0])
    >>> noisy_automorphisms([moments_of_samples(x)]).pattern.group().name
    'C2 x C2'
    """
    generator = np.random.default_rng(rng)
    moments = list(moments)
    rows = [representative_rows(m, _ROWS, generator) for m in moments]
    layers: list[Layer] = []
    for m, y in zip(moments, rows, strict=True):
        assert m.n is not None
        layers += feature_layers(y, m.covariance, m.n)
    matcher = Matcher(layers, signed)
    pool = CandidatePool(moments, rows, signed)
    score = PatternScore(moments, chosen_test("auto", moments), signed, generator)
    trivial = PairPattern.trivial(moments[0].dimension, not any(m.is_complex for m in moments), signed)
    bound = max_work * max(1.0, float(np.sqrt(trivial.columns / 64)))
    growth = GroupGrowth(pool, matcher, score, trivial, alpha, select, bound)
    search = BaseSearch(pool, matcher, bound)
    offer_coloured_automorphisms(pool, matcher)
    offer_exchanges(pool, matcher)
    group, test = _searched(search, growth)
    notes = ()
    if search.capped:
        notes = (
            f"The search stopped at its work cap (max_work={max_work:.3g}): symmetries may have been missed; "
            "raise max_work to look further.",
        )
    if group is None:
        best = pool.best(1)
        nearest = (best[0], pool.test(best[0])) if best else None
        return SearchOutcome(trivial, (), None, score.method, nearest, notes)
    return SearchOutcome(group.pattern, group.generators, test, score.method, None, notes)


def _searched(search: BaseSearch, growth: GroupGrowth) -> tuple[Grown | None, CovarianceTest | None]:
    """Search and grow in turns, then choose; again where the search was cut short by a group that did not stand."""
    found = search.pool.found
    known = growth.provisional() if search.prunes else None
    for _ in range(_TURNS):
        before, last = len(found), known
        paused = search.run(known)
        growth.climb(known or growth.trivial)
        if len(found) == before:
            break
        known = growth.provisional()
        if not paused and (known is None or known == last):
            break
    group, test = growth.choose()
    for _ in range(_SECOND_LOOKS):
        stands = group.pattern if group else None
        if known is None or known == stands:
            break
        before, known = len(found), stands
        search.run(known)
        growth.climb(known or growth.trivial)
        if len(found) == before:
            break
        group, test = growth.choose()
    return group, test

"""From candidate transformations to one group: grow from several starts while the score falls, then test jointly.

Testing generators one by one is not enough, and not rejecting is no evidence for symmetry. So the score
(:mod:`symmeter.discover.pattern_scores`) decides what is added, a quick form of the joint test what is dropped, and the
best group that passes its joint test is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from symmeter.discover.candidate_pool import CandidatePool
from symmeter.discover.column_matching import Matcher
from symmeter.discover.covariance_tests import CovarianceTest
from symmeter.discover.likelihood_tests import likelihood_ratio_p_value
from symmeter.discover.pair_patterns import PairPattern, few_generators, raised
from symmeter.discover.pattern_scores import PatternScore
from symmeter.discover.selection import grow_chain, holds_exactly, joint_test
from symmeter.representations import Monomial, MonomialAction, Space

__all__ = ["GroupGrowth", "Grown"]

#: Starts, steps from a start, candidates tried for a step, groups put to the joint test; a third for many columns.
_STARTS, _STEPS, _TRIALS, _FINALISTS = 8, 36, 12, 12
_MANY_COLUMNS = 64
_POOL = 60
#: Ratio to the noise level that no member of a set may exceed.
_SET_LIMIT = 12.0
#: Share of alpha that the quick form of the joint test asks for.
_ROOM = 0.2
#: Share of alpha at which single steps are tested, of which there are many.
_MARGIN = 0.2
#: Steps that save at most so many parameters are judged by their p-value too: BIC is no better than chance there.
_CLOSE = 3
#: Candidates that are improved by exchanges, columns up to which all exchanges are tried, and the share of work for it.
_CLIMBS, _CLIMBED_COLUMNS, _CLIMB_SHARE = 16, 24, 0.1
_CHAIN = 12


@dataclass(frozen=True, eq=False)
class Grown:
    """A group as some generators of it, the partition of pairs that they make, and its score."""

    generators: tuple[Monomial, ...]
    pattern: PairPattern
    score: float


class GroupGrowth:
    """Grows and chooses groups.

    Parameters
    ----------
    pool : CandidatePool
    matcher : Matcher
        Tells which columns fit a candidate worst.
    score : PatternScore
    trivial : PairPattern
    alpha : float
        Level of the joint test.
    select : {"bic", None}
    max_work : float
    """

    def __init__(
        self,
        pool: CandidatePool,
        matcher: Matcher,
        score: PatternScore,
        trivial: PairPattern,
        alpha: float,
        select: str | None,
        max_work: float,
    ) -> None:
        self.pool, self.matcher, self.score, self.trivial = pool, matcher, score, trivial
        self.alpha, self.select, self.max_work = alpha, select, max_work
        self.space = Space(trivial.columns)
        #: In the units of ``Matcher.work``.
        self.work = 0.0
        self._thrift = 1 if trivial.columns <= _MANY_COLUMNS else 3
        self._quick: dict[bytes, float] = {}
        #: Generators, as permutations of points, of groups that a test rejected: nothing that contains them stands.
        self._refuted: list[list[np.ndarray]] = []
        self._candidates: tuple[int, list[Grown]] = (-1, [])

    # Scores ------------------------------------------------------------------------------------------------------

    def _points(self, generators: Iterable[Monomial]) -> list[Int[np.ndarray, " points"]]:
        return [raised(p, self.pool.signed) for p in generators]

    def _joined(self, pattern: PairPattern, generators: Sequence[Monomial]) -> PairPattern:
        self.work += 10 * len(generators) * pattern.points**2
        return pattern.joined(self._points(generators))

    def _scores(self, pattern: PairPattern, images: Int[np.ndarray, "k points"]) -> Float[np.ndarray, " k"]:
        self.work += self.score.cost * len(images)
        step = max(1, 4_000_000 // pattern.points**2)
        parts = [self.score.many(pattern, images[k : k + step]) for k in range(0, len(images), step)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _single_scores(self, pattern: PairPattern, singles: Sequence[Monomial]) -> Float[np.ndarray, " k"]:
        return self._scores(pattern, np.array(self._points(singles), dtype=np.intp).reshape(-1, pattern.points))

    def _score_of(self, pattern: PairPattern) -> float:
        self.work += self.score.cost
        return self.score(pattern)

    # Growth ------------------------------------------------------------------------------------------------------

    def candidates(self) -> list[Grown]:
        """What was found, each by itself; best score first."""
        if self._candidates[0] == len(self.pool.found):
            return self._candidates[1]
        out = []
        for generators in self.pool.sets:
            if all(self.pool.ratio(p) < _SET_LIMIT for p in generators):
                pattern = self._joined(self.trivial, generators)
                out.append(Grown(generators, pattern, self._score_of(pattern)))
        # Scores cost more than ratios, and more so for many columns.
        effort = min(1.0, (_MANY_COLUMNS / self.trivial.columns) ** 2)
        singles = self.pool.best(max(_POOL, int(400 * effort)))
        scores = self._single_scores(self.trivial, singles)
        for k in np.argsort(scores, kind="stable")[: max(20, int(_POOL * effort))].tolist():
            pattern = self._joined(self.trivial, [singles[k]])
            if self._step_holds(self.trivial, pattern):
                out.append(Grown((singles[k],), pattern, float(scores[k])))
        self._candidates = len(self.pool.found), sorted(out, key=lambda c: c.score)
        return self._candidates[1]

    def grown(self, share: float) -> list[Grown]:
        """Groups grown from the best starts by the steepest fall of the score; best first, all that were met.

        Parameters
        ----------
        share : float
            Of the bound on work that may be spent.
        """
        candidates = self.candidates()
        end = self.work + share * self.max_work
        met: list[Grown] = []
        starts = _STARTS // self._thrift
        for start in candidates:
            if starts == 0 or (met and self.work > end):
                break
            if any(start.pattern == c.pattern for c in met) or not self._quickly_holds(start):
                continue
            starts -= 1
            group: Grown | None = start
            for _ in range(_STEPS // self._thrift):
                if group is None or any(group.pattern == c.pattern for c in met) or (met and self.work > end):
                    break
                met.append(group)
                group = self._extended(group, candidates)
        return sorted(met, key=lambda c: c.score)

    def _extended(self, group: Grown, candidates: Sequence[Grown]) -> Grown | None:
        """The best group that one more candidate makes and that is not rejected; None when the score does not fall."""
        fresh = [c for c in candidates if not all(group.pattern.allows(p) for p in self._points(c.generators))]
        singles = [c for c in fresh if len(c.generators) == 1]
        scores = self._single_scores(group.pattern, [c.generators[0] for c in singles])
        trials = list(zip(scores.tolist(), singles))
        for c in fresh:
            if len(c.generators) > 1:
                trials.append((self._score_of(self._joined(group.pattern, c.generators)), c))
        trials.sort(key=lambda pair: pair[0])
        for score, c in trials[:_TRIALS]:
            joined = self._joined(group.pattern, c.generators)
            worse = score >= group.score - 1e-9
            if worse and group.pattern.parameters - joined.parameters > _CLOSE:
                return None
            if worse and self.score.step_p_value(group.pattern, joined) < _MARGIN * self.alpha:
                continue
            extended = Grown((*group.generators, *c.generators), joined, score)
            if self._step_holds(group.pattern, joined) and self._quickly_holds(extended):
                return extended
        return None

    def _step_holds(self, before: PairPattern, after: PairPattern) -> bool:
        # BIC weighs steps by itself.
        return self.score.method == "lrt" or self.score.step_p_value(before, after) >= _MARGIN * self.alpha

    def _quickly_holds(self, group: Grown) -> bool:
        """A cheaper form of the joint test, with some room; false for groups that contain a refuted one."""
        if any(all(group.pattern.allows(p) for p in generators) for generators in self._refuted):
            return False
        key = group.pattern.labels.tobytes()
        if key not in self._quick:
            if self.score.method == "frobenius":
                self._quick[key] = self.score.step_p_value(self.trivial, group.pattern)
            elif self.score.is_hopeless(group.pattern, group.score):
                self._quick[key] = 0.0
            else:
                self.work += 500 * self.trivial.columns**2
                action = MonomialAction(group.generators, self.space)
                self._quick[key] = likelihood_ratio_p_value(self.pool.moments, action)
        return self._quick[key] >= _ROOM * self.alpha

    # Improvement of single candidates ----------------------------------------------------------------------------

    def climb(self, pattern: PairPattern) -> None:
        """Improve the candidates with the best scores, which may be true but for a few columns."""
        if self.pool.signed:
            return
        end = self.work + _CLIMB_SHARE * self.max_work
        few = [p for p in self.pool.best(200) if not pattern.allows(p.images)]
        for k in np.argsort(self._single_scores(pattern, few), kind="stable")[:_CLIMBS].tolist():
            if self.work > end:
                return
            self.pool.offer(self._climbed(pattern, few[k]))

    def _climbed(self, pattern: PairPattern, p: Monomial) -> Monomial:
        """Exchange two images, or two columns, as long as the score falls; of many columns those that fit worst."""
        images, m = p.images, self.trivial.columns
        best = float(self._scores(pattern, images[None])[0])
        for _ in range(2 * m):
            suspects = np.arange(m)
            if m > _CLIMBED_COLUMNS:
                suspects = np.argsort(-self.matcher.misfit(images), kind="stable")[: _CLIMBED_COLUMNS // 2]
            i, j = (suspects[k] for k in np.triu_indices(len(suspects), 1))
            trial = np.arange(len(i))
            exchange = np.tile(np.arange(m), (len(i), 1))
            exchange[trial, i], exchange[trial, j] = j, i
            conjugated = np.take_along_axis(exchange, images[exchange], axis=1)
            trials = np.concatenate([images[exchange], conjugated])
            values = self._scores(pattern, trials)
            at = int(values.argmin())
            if values[at] >= best - 1e-9:
                break
            best, images = float(values[at]), trials[at]
        return Monomial(images, name="permutation")

    # Choice ------------------------------------------------------------------------------------------------------

    def provisional(self) -> PairPattern | None:
        """The best group so far, before its official joint test."""
        met = self.grown(0.1)
        return met[0].pattern if met and met[0].score < 0.0 else None

    def choose(self) -> tuple[Grown | None, CovarianceTest | None]:
        """The group with the best score among those that pass the joint test; without ``select`` the largest.

        A group that fails is refuted together with all that contain it, and growth starts again.
        """
        met: list[Grown] = []
        for trial in range(_FINALISTS // self._thrift):
            finalists = self.grown(0.5 if trial == 0 else 0.1)
            if self.select is None:
                finalists.sort(key=lambda c: c.pattern.parameters)
            else:
                finalists = [c for c in finalists if c.score < 0.0]
            if not finalists:
                return None, None
            met = finalists
            group = self._widened(finalists[0], finalists)
            test = joint_test(self.pool.moments, MonomialAction(group.generators, self.space), self.score.method)
            failing = [] if not holds_exactly(test, self.alpha) else self._failing(group)
            if holds_exactly(test, self.alpha) and not failing:
                return group, test
            self._refuted.append(self._points(failing[:1] or group.generators))
        return self._chain(met)

    def _widened(self, group: Grown, met: Sequence[Grown]) -> Grown:
        """A larger group that fits worse by no more than chance.

        A group L has up to [L : G] conjugates of a subgroup G, and if L is true the one that happens to fit best is
        compared with L; its step is judged at a level divided by that number.
        """
        for larger in sorted(met, key=lambda other: other.pattern.parameters):
            saved = group.pattern.parameters - larger.pattern.parameters
            if saved <= 0:
                return group
            if saved > _CLOSE or not all(larger.pattern.allows(p) for p in self._points(group.generators)):
                continue
            index = min(1000, max(1, self._closure(larger).order // self._closure(group).order))
            if self.score.step_p_value(group.pattern, larger.pattern) >= _MARGIN * self.alpha / index:
                return larger
        return group

    def _closure(self, group: Grown):
        return group.pattern.group(self._points(group.generators))

    def _failing(self, group: Grown) -> list[Monomial]:
        """Generators that fail a test of their own, also those that the pattern implies though nobody put them in."""
        generators = few_generators(self._closure(group), group.generators, self.pool.signed)
        level = self.alpha / max(len(generators), 1)
        return [p for p in generators if not holds_exactly(self.pool.test(p), level)]

    def _chain(self, finalists: Sequence[Grown]) -> tuple[Grown | None, CovarianceTest | None]:
        """When every group that was grown is rejected: one generator after the other, with a joint test each time."""
        singles = dict.fromkeys(p for c in finalists for p in c.generators)
        tested = [(p, self.pool.test(p)) for p in list(singles)[:_CHAIN]]
        moments, method = self.pool.moments, self.score.method
        chain = grow_chain(moments, tested, self.space, method, self.alpha, information=False)
        members = tuple(step.added for step in chain if isinstance(step.added, Monomial))
        if not members:
            return None, None
        pattern = self._joined(self.trivial, members)
        group = Grown(members, pattern, self._score_of(pattern))
        if (self.select is not None and group.score >= 0.0) or self._failing(group):
            return None, None
        return group, joint_test(moments, MonomialAction(members, self.space), method)

"""From tested candidates to one group: joint tests along a chain of nested groups, then BIC.

Testing generators one by one is not enough (each may pass while the group they generate does not), and not rejecting is
not evidence for symmetry: with few samples nothing is rejected and every permutation would be let in. Hence the joint
test of each closure, and BIC to choose among those that pass.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from symmeter.discover.covariance_tests import CovarianceTest, group_test, transformation_test
from symmeter.discover.identifiability import identifiability_of
from symmeter.discover.likelihood_tests import likelihood_ratio_group_test, likelihood_ratio_p_value
from symmeter.discover.moments import Moments
from symmeter.discover.rounding import permutations_on_flow
from symmeter.errors import ClosureError, InputError
from symmeter.findings import Finding, Level
from symmeter.representations import (
    Action,
    Monomial,
    MonomialAction,
    Space,
    Transformation,
    action_of,
    isotypic_decomposition,
)

if TYPE_CHECKING:
    from symmeter.discover.double_commutator import DoubleCommutator

__all__ = [
    "Step",
    "bayes_information",
    "best_step",
    "chosen_test",
    "distance_information",
    "explored",
    "grow_chain",
    "holds_exactly",
    "joint_test",
    "looks_gaussian",
    "select_group",
]

#: Below this an exact covariance has the symmetry to rounding.
EXACT_DEFECT = 1e-7


@dataclass(frozen=True, eq=False)
class Step:
    """One group of the chain, the transformation that was added, and how the whole fares in the joint test."""

    action: Action
    added: Transformation | None
    p_value: float | None
    bic: float


def looks_gaussian(moments: Moments) -> bool:
    """Mardia's kurtosis within its sampling error; True when only a covariance is known."""
    if moments.rows is None:
        return True
    m, n = moments.dimension, len(moments.rows)
    if moments.n is None or moments.n <= m + 10 or moments.spectrum[0] <= 1e-10 * moments.spectrum[-1]:
        return False
    distances = np.einsum("sm,sm->s", moments.rows.conj(), np.linalg.solve(moments.covariance, moments.rows.T).T).real
    expected = m * (m + 1) if moments.is_complex else m * (m + 2)
    spread = np.sqrt((4.0 if moments.is_complex else 8.0) * m * (m + 2) / n)
    # The sample covariance pulls the mean of the squares down by a factor (n - 1) / (n + 1).
    return bool(abs(float((distances**2).mean()) - expected * (n - 1) / (n + 1)) < 4.0 * spread)


def chosen_test(test: str, moments: Sequence[Moments]) -> str:
    """``"lrt"`` or ``"frobenius"``: what ``"auto"`` means for these data.

    Raises
    ------
    InputError
        For an unknown name.
    """
    if test not in ("auto", "lrt", "frobenius"):
        raise InputError(f'test must be "auto", "lrt" or "frobenius"; got {test!r}')
    if test != "auto":
        return test
    able = all(m.n is not None and m.n > m.dimension and m.spectrum[0] > 1e-10 * m.spectrum[-1] for m in moments)
    return "lrt" if able and all(looks_gaussian(m) for m in moments) else "frobenius"


def joint_test(moments: Sequence[Moments], action: Action, test: str) -> CovarianceTest:
    """The joint test of a group by the chosen method; exact covariances are compared directly."""
    if not action.generators:
        exact = any(m.is_exact for m in moments)
        return CovarianceTest(0.0, 0.0, None if exact else 1.0, 0.0, (0.0, 0.0), "the trivial group holds always")
    if test == "lrt" and not any(m.is_exact for m in moments):
        return likelihood_ratio_group_test(moments, action)
    return group_test(moments, action)


def holds_exactly(test: CovarianceTest, alpha: float) -> bool:
    """Whether a test was passed: p >= alpha, or no defect beyond rounding when the covariance is exact."""
    return test.defect <= EXACT_DEFECT if test.p_value is None else test.p_value >= alpha


def bayes_information(moments: Sequence[Moments], action: Action) -> float:
    """BIC of the Gaussian model with this symmetry; infinite when its covariance estimate is singular."""
    from symmeter.statistics import bic, gaussian_log_likelihood

    total = 0.0
    for m in moments:
        if m.n is None:
            return float("nan")
        symmetric = action.symmetrize(m.covariance)
        values = np.linalg.eigvalsh(symmetric)
        if values[0] <= 1e-10 * values[-1]:
            return float("inf")
        components = isotypic_decomposition(action, complex=m.is_complex)
        parameters = sum(c.commutant_dimension for c in components)
        total += bic(gaussian_log_likelihood(m.covariance, symmetric, m.n), parameters, m.n)
    return total


def distance_information(moments: Sequence[Moments], action: Action) -> float:
    """What BIC trades, with squared distance in the place of likelihood: ``T - log(n) N``; smaller is better.

    T is the squared distance to the symmetrised covariance and N its expectation if the symmetry is exact, so that a
    true symmetry lowers the score by about ``(log n - 1) N`` and a broken one raises it in proportion to n.
    """
    if not action.generators or any(m.n is None for m in moments):
        return 0.0
    total = 0.0
    for m in moments:
        test = group_test(m, action)
        total += (test.statistic - np.log(float(m.n or 1)) * test.noise) / max(m.squared, 1e-300)
    return total


def grow_chain(
    moments: Sequence[Moments],
    candidates: Sequence[tuple[Transformation, CovarianceTest]],
    space: Space,
    test: str,
    alpha: float,
    cap: int = 20_000,
    information: bool = True,
    first: Transformation | None = None,
    judge: _Judge | None = None,
    leave_open: bool = False,
) -> list[Step]:
    """Add candidates, most symmetric first, as long as the joint test of what they generate is passed.

    Parameters
    ----------
    moments : sequence of Moments
    candidates : sequence of (Transformation, CovarianceTest)
        With the test of each alone; those that fail it are left out.
    space : Space
    test : {"lrt", "frobenius"}
    alpha : float
    cap : int
    information : bool
        Whether to compute BIC along the way.
    first : Transformation, optional
        A member to start from.
    judge : optional
        Remembers tests between chains on the same moments.
    leave_open : bool
        Pass over a candidate that makes the group larger than the cap, or infinite, instead of raising ClosureError.

    Returns
    -------
    list of Step
        Nested groups, the trivial one first.
    """
    judge = judge or _Judge(moments, test, alpha, information)
    trivial = MonomialAction([], space)
    chain = [Step(trivial, None, None if moments[0].is_exact else 1.0, judge.information_of(trivial))]
    passing = [(t, c) for t, c in candidates if holds_exactly(c, alpha)]
    passing.sort(key=lambda pair: (-(pair[1].p_value if pair[1].p_value is not None else 1.0), pair[1].defect))
    members: list[Transformation] = []
    for transformation in [*([first] if first is not None else []), *(t for t, _ in passing)]:
        if members and _contained(transformation, chain[-1].action):
            continue
        try:
            action = action_of([*members, transformation], space, cap)
        except ClosureError:
            if leave_open:
                continue
            raise
        passed, p_value = judge.verdict(action)
        if not passed:
            continue
        members.append(transformation)
        chain.append(Step(action, transformation, p_value, judge.information_of(action)))
    return chain


class _Judge:
    """Joint tests and BIC of groups, remembered by commutant: chains from different starts meet the same groups."""

    def __init__(self, moments: Sequence[Moments], test: str, alpha: float, information: bool) -> None:
        self.moments, self.test, self.alpha, self.information = moments, test, alpha, information
        self._verdicts: dict[Hashable, tuple[bool, float | None]] = {}
        self._scores: dict[Hashable, float] = {}
        self._likelihood = _has_likelihood(moments)

    @staticmethod
    def _key(action: Action) -> Hashable:
        # Groups with the same orbits on pairs average every covariance alike.
        return action.commutant_key() if isinstance(action, MonomialAction) else id(action)

    def verdict(self, action: Action) -> tuple[bool, float | None]:
        key = self._key(action)
        if key not in self._verdicts:
            if self.test == "lrt" and not any(m.is_exact for m in self.moments):
                p: float | None = likelihood_ratio_p_value(self.moments, action)
                self._verdicts[key] = (p >= self.alpha, p)
            else:
                result = group_test(self.moments, action)
                self._verdicts[key] = (holds_exactly(result, self.alpha), result.p_value)
        return self._verdicts[key]

    def information_of(self, action: Action) -> float:
        if not self.information:
            return float("nan")
        key = self._key(action)
        if key not in self._scores:
            score = bayes_information if self._likelihood else distance_information
            self._scores[key] = score(self.moments, action)
        return self._scores[key]


def _has_likelihood(moments: Sequence[Moments]) -> bool:
    """Whether a Gaussian likelihood means something: more samples than columns, full rank, no sign of another law."""
    for m in moments:
        if m.n is None or m.n <= m.dimension or m.spectrum[0] <= 1e-10 * m.spectrum[-1]:
            return False
        if m.rows is not None and m.n > m.dimension + 10 and not looks_gaussian(m):
            return False
    return True


def _contained(transformation: Transformation, action: Action) -> bool:
    if isinstance(transformation, Monomial) and isinstance(action, MonomialAction):
        own = transformation.phase_order
        if own is None or action.phase_order % own:
            return False
        if action.phase_order == 1:
            # A member keeps the orbits of pairs; the orbits are known already, a strong generating set is not.
            labels, p = action.pair_labels, transformation.images
            if not np.array_equal(labels[np.ix_(p, p)], labels):
                return False
        images = transformation.images if action.phase_order == 1 else transformation.lifted(action.phase_order)
        return images in action.group
    return False


def select_group(fit: DoubleCommutator, test: str, alpha: float, select: str | None, cap: int) -> Finding:
    """The group behind :meth:`DoubleCommutator.to_group`."""
    if select not in ("bic", None):
        raise InputError(f'select must be "bic" or None; got {select!r}')
    moments = fit.moments_
    candidates: list[Transformation] = fit.candidates()
    if not candidates:
        candidates = _rounded(fit)
    method = chosen_test(test, moments)
    tested = [(t, transformation_test(moments, t)) for t in candidates]
    steps = explored(moments, tested, fit.space_, method, alpha, cap, select == "bic")
    return _finding(best_step(steps, select), moments, alpha, method)


def explored(
    moments: Sequence[Moments],
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    space: Space,
    test: str,
    alpha: float,
    cap: int,
    information: bool,
    leave_open: bool = False,
) -> list[Step]:
    """Every group met while growing chains from several first members.

    One greedy chain can be led astray: a near-symmetry that passes by luck, taken first, keeps true ones out.
    """
    judge = _Judge(moments, test, alpha, information)
    steps = grow_chain(moments, tested, space, test, alpha, cap, information, judge=judge, leave_open=leave_open)
    passing = [(t, c) for t, c in tested if holds_exactly(c, alpha)]
    if len(passing) < 2 or moments[0].is_exact:
        return steps
    most = 8 if space.dimension <= 64 else 2
    # Starts that move many coordinates constrain the covariance most, and are the least likely to pass by luck.
    starts = sorted(passing, key=lambda pair: -_moved(pair[0]))[:most]
    for start in starts:
        rest = [pair for pair in passing if pair[0] is not start[0]]
        steps += grow_chain(moments, rest, space, test, alpha, cap, information, start[0], judge, leave_open)[1:]
    return steps


def _moved(t: Transformation) -> int:
    return int((t.images != np.arange(t.dimension)).sum()) if isinstance(t, Monomial) else t.dimension


def best_step(steps: Sequence[Step], select: str | None) -> Step:
    def size(step: Step) -> float:
        return float("inf") if step.action.group.order is None else float(step.action.group.order)

    finite = [s for s in steps if np.isfinite(s.bic)]
    if select == "bic" and finite:
        lowest = min(s.bic for s in finite)
        # Groups with one commutant have one likelihood and one parameter count; the largest stands for the class.
        tied = [s for s in finite if s.bic <= lowest + 1e-6 * abs(lowest)]
        return max(tied, key=size)
    return max(steps, key=size)


def _rounded(fit: DoubleCommutator) -> list[Transformation]:
    found: list[Transformation] = []
    for a in fit.accepted:
        if not np.iscomplexobj(a) and np.abs(a + a.T).max() < 1e-9:
            found += [p for _, p in permutations_on_flow(a)[:4]]
    if not found:
        raise InputError(
            "the dictionary holds no group element and no accepted generator rounds to a permutation; a skew basis "
            "cannot see reflections: add dictionary.reflections(grid), dictionary.column_exchanges(M) or your own maps"
        )
    return found


def _finding(step: Step, moments: Sequence[Moments], alpha: float, method: str) -> Finding:
    complex_data = any(m.is_complex for m in moments)
    answer = identifiability_of(step.action, complex_data)
    notes = [answer.sentence] if answer.sentence else []
    result = joint_test(moments, step.action, method)
    exact = result.p_value is None
    if not exact and min(m.n or 0 for m in moments) < 2 * moments[0].dimension:
        notes.append("Few samples: not being rejected is weak evidence; BIC chose among the groups that were left.")
    level = Level("second moments", holds_exactly(result, alpha), result.p_value, result.statistic, result.method)
    doubtful = result.p_value is not None and result.p_value < 0.05
    return Finding(
        name=step.action.group.name,
        action=step.action,
        defect=result.defect,
        interval=result.interval,
        p_value=result.p_value,
        verdict="exact" if exact else "borderline" if doubtful else "symmetric",
        how=result.method,
        levels=(level,),
        identifiability=answer.verdict,
        notes=tuple(notes),
        code="S = group.symmetrize(fit.covariance_)",
        evidence={"bic": step.bic, "test": method, "closure_order": answer.closure_order},
    )

"""The ladder: which group the data have as the tolerance grows, so that nobody has to guess a tolerance."""

from __future__ import annotations

from collections.abc import Sequence

from symmeter.discover.covariance_tests import CovarianceTest, group_test
from symmeter.discover.moments import Moments
from symmeter.errors import InputError
from symmeter.findings import Rung
from symmeter.representations import Monomial, MonomialAction, Space, Transformation, action_of

__all__ = ["ladder_of"]

#: Steps that are drawn; a chain of nested groups rarely has more.
_MOST_RUNGS = 12
#: The defect of whole groups is measured up to this many columns.
_LARGEST_GROUP_TEST = 128
#: Dense generators are closed up to this order only.
_CAP = 2000


def ladder_of(
    tested: Sequence[tuple[Transformation, CovarianceTest]],
    space: Space,
    moments: Sequence[Moments] = (),
    unsure: float = 2.0,
) -> tuple[Rung, ...]:
    """Add the tested transformations by growing defect and note each time the group they generate grows.

    A step is taken at the larger of the defects of the transformation that is added and of the whole group that it
    makes; never below the step before. Where the interval of a transformation reaches ``unsure`` its upper end counts:
    few samples must not make a group look exact.
    """
    trivial = MonomialAction([], space)
    rungs = [Rung(0.0, trivial.group.name, 1, "")]
    members: list[Transformation] = []
    order: int | None = 1
    reach = 0.0
    for own, t in sorted(((_tolerance(test, unsure), t) for t, test in tested), key=lambda pair: pair[0]):
        if len(rungs) > _MOST_RUNGS:
            break
        if members and _inside(t, members):
            continue
        try:
            action = action_of([*members, t], space, _CAP)
            new_order, name = action.group.order, action.group.name
        except InputError:
            continue
        if new_order == order:
            continue
        members.append(t)
        order = new_order
        reach = max(reach, own)
        if moments and space.dimension <= _LARGEST_GROUP_TEST:
            reach = max(reach, group_test(moments, action, rows=300).defect)
        rungs.append(Rung(reach, name, new_order, t.name))
    # Steps taken at the same tolerance are one step; the trivial group stays in front.
    merged: list[Rung] = []
    for rung in rungs:
        if merged and merged[-1].added and rung.tolerance <= merged[-1].tolerance:
            merged[-1] = Rung(rung.tolerance, rung.group, rung.order, f"{merged[-1].added}, {rung.added}")
        else:
            merged.append(rung)
    return tuple(merged)


def _tolerance(test: CovarianceTest, unsure: float) -> float:
    return test.interval[1] if test.interval[1] >= unsure > test.defect else test.defect


def _inside(t: Transformation, members: Sequence[Transformation]) -> bool:
    plain = [m for m in members if isinstance(m, Monomial)]
    if not isinstance(t, Monomial) or len(plain) < len(members):
        return False
    action = MonomialAction(plain)
    own = t.phase_order
    if own is None or action.phase_order % own:
        return False
    images = t.images if action.phase_order == 1 else t.lifted(action.phase_order)
    return images in action.group

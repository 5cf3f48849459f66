"""Whether one action's group lies in another's, by the matrices or permutations of its generators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from symmeter.errors import SymmeterError
from symmeter.findings import Finding, Rung
from symmeter.groups import FiniteGroup, LieGroup, MatrixGroup, PermutationGroup
from symmeter.groups.lie import MatrixLieGroup, SemidirectGroup
from symmeter.nn.action_base import TensorAction
from symmeter.nn.elements import presentation, same_group

__all__ = ["is_subgroup", "ladder_of_models"]

_TOLERANCE = 1e-8


def is_subgroup(small: TensorAction, big: TensorAction) -> bool:
    """Whether every motion of ``small`` is one of ``big``, as far as their generators tell; False in doubt.

    Examples
    --------
    >>> from symmeter.nn.actions import tensor_action
    >>> is_subgroup(tensor_action("points", "SO(3)"), tensor_action("points", "E(3)"))
    True
    >>> is_subgroup(tensor_action("pixels", "D4"), tensor_action("pixels", "C4"))
    False
    """
    if small.kind.split(",")[0] != big.kind.split(",")[0] and "columns" not in (small.kind, big.kind):
        return False
    one, other = small.group, big.group
    if same_group(one, other):
        # Two groups of one structure may still move differently, as the flips along x and along y do.
        return _same_matrices(one, other)
    if isinstance(one, PermutationGroup) and isinstance(other, PermutationGroup):
        return one.degree == other.degree and one.is_subgroup_of(other)
    try:
        matrices = _generator_matrices(one)
        return bool(matrices) and all(_has(other, m) for m in matrices)
    except (SymmeterError, NotImplementedError):
        return False


def _same_matrices(one: Any, other: Any) -> bool:
    a, b = getattr(one, "matrices", None), getattr(other, "matrices", None)
    if a is None or b is None:
        return True
    return a.shape == b.shape and bool(np.abs(a - b).max() < _TOLERANCE)


def _generator_matrices(group: Any) -> list[np.ndarray]:
    """A few elements that generate the group, homogeneous where it translates."""
    if isinstance(group, FiniteGroup):
        return [] if group.matrices is None else [group.matrices[g] for g in group.generators]
    if isinstance(group, MatrixGroup):
        return list(group.generators)
    if isinstance(group, PermutationGroup):
        return [g.matrix().astype(float) for g in group.generators]
    from scipy.linalg import expm

    given = presentation(group)
    return [*(expm(0.37 * a) for a in given.algebra), *given.discrete]


def _has(group: Any, m: np.ndarray) -> bool:
    if isinstance(group, SemidirectGroup):
        if len(m) == group.size - 1:
            m = np.block([[m, np.zeros((len(m), 1))], [np.zeros((1, len(m))), np.ones((1, 1))]])
        return m in group
    if isinstance(group, FiniteGroup):
        stack = group.matrices
        return (
            stack is not None
            and stack.shape[1:] == m.shape
            and bool((np.abs(stack - m).max(axis=(1, 2)) < _TOLERANCE).any())
        )
    if isinstance(group, (MatrixLieGroup, MatrixGroup, LieGroup)):
        return m in group
    return False


def ladder_of_models(findings: Sequence[Finding]) -> tuple[Rung, ...]:
    """Which groups a model has as the tolerance grows: a step for each candidate that adds something."""
    rungs = [Rung(0.0, "C1", 1, "")]
    held: list[Finding] = []
    # Where two candidates are equally exact the larger one goes first and takes the smaller one along.
    for f in sorted(findings, key=lambda f: (_step(f), *_smallness(f))):
        if any(is_subgroup(f.action, h.action) for h in held):  # type: ignore[arg-type]
            continue
        held = [*(h for h in held if not is_subgroup(h.action, f.action)), f]  # type: ignore[arg-type]
        group = " and ".join(h.name for h in held)
        order, added = held[0].order if len(held) == 1 else None, f.name
        if rungs[-1].added and _step(f) <= rungs[-1].tolerance:
            added = f"{rungs.pop().added}, {added}"
        rungs.append(Rung(_step(f), group, order, added))
    return tuple(rungs)


def _step(f: Finding) -> float:
    """The defect, without the rounding of groups that are exact."""
    return 0.0 if f.verdict == "exact" else f.defect


def _smallness(f: Finding) -> tuple[int, int]:
    """Sorts large groups first: by dimension, then by the number of elements or components."""
    count = f.order if f.order is not None else getattr(f.group, "components", 1)
    return -getattr(f.action, "algebra_dimension", 0), -count

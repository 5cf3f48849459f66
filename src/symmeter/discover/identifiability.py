"""What second moments can say about a group, and what they cannot.

Only the commutant of R is identifiable, so that groups with the same commutant cannot be told apart. For a permutation
group G and generic R in its commutant, the automorphisms of R are the 2-closure of G (orbits on ordered pairs) when R
is complex Hermitian, and the symmetrised 2-closure (orbits on unordered pairs) when R is real. Wielandt, Permutation
Groups through Invariant Relations (1969).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symmeter.groups import PermutationGroup
from symmeter.representations import Action, Monomial, MonomialAction, Transformation

__all__ = ["GENERATIVE", "SUPERGROUP", "Identifiability", "identifiability_of", "implied_by"]

GENERATIVE = "generative subgroup possible"
SUPERGROUP = "supergroup only"

#: Automorphism searches of larger colourings are skipped in reports; ask PermutationGroup.two_closure directly.
_LARGEST_SEARCH = 400


@dataclass(frozen=True)
class Identifiability:
    """Whether the group found can be the group that generated the data.

    Attributes
    ----------
    verdict : str
        ``"generative subgroup possible"``: generic data with exactly this group would show exactly this group.
        ``"supergroup only"``: second moments with this group always show more.
        Empty when the question was not decided (too large, or not a permutation group).
    closure_order : int or None
    sentence : str
    """

    verdict: str
    closure_order: int | None
    sentence: str


def _is_plain(action: Action) -> bool:
    return isinstance(action, MonomialAction) and action.phase_order == 1


def identifiability_of(action: Action, complex: bool = False) -> Identifiability:
    """The 2-closure test of an action's group.

    Examples
    --------
    >>> from symmeter.discover.dictionary import ring_shifts
    >>> ring = MonomialAction(ring_shifts(7))
    >>> identifiability_of(ring).verdict, identifiability_of(ring, complex=True).verdict
    ('supergroup only', 'generative subgroup possible')
    """
    if not _is_plain(action) or action.dimension > _LARGEST_SEARCH:
        return Identifiability("", None, "")
    group = action.group
    assert isinstance(group, PermutationGroup)
    if group.order == 1:
        return Identifiability("", 1, "")
    closure = group.two_closure(symmetric=not complex)
    kind = "complex Hermitian" if complex else "real"
    if closure.order == group.order:
        return Identifiability(
            GENERATIVE,
            closure.order,
            f"A generic {kind} covariance with this symmetry has no further permutation symmetry: "
            f"{group.name} itself may have generated the data.",
        )
    return Identifiability(
        SUPERGROUP,
        closure.order,
        f"Every {kind} covariance with {group.name} symmetry also has {closure.name} symmetry (order {closure.order}): "
        "second moments cannot tell which of the two generated the data.",
    )


def implied_by(
    transformation: Transformation, others: Sequence[Transformation], complex: bool = False
) -> tuple[str, tuple[Transformation, ...]]:
    """How a transformation follows from others, and from which of them.

    Returns
    -------
    link : {"member", "supergroup", ""}
        ``"member"``: it lies in the group that the others generate. ``"supergroup"``: it does not, but every covariance
        with their symmetry has it too.
    reasons : tuple of Transformation
        A smallest set of the others (none can be left out) from which this follows.

    Examples
    --------
    >>> from symmeter.discover.dictionary import grid_shifts, rotations
    >>> half_turn = rotations((4, 4))[0]
    >>> link, reasons = implied_by(half_turn, grid_shifts((4, 4)))
    >>> link, [r.name for r in reasons]
    ('supergroup', ['shift_y', 'shift_x'])
    """
    plain = [t for t in others if _is_permutation(t) and t is not transformation]
    if not plain or not _is_permutation(transformation):
        return "", ()
    link = _link(transformation, plain, complex)
    if not link:
        return "", ()
    reasons = plain
    for t in list(plain):
        fewer = [r for r in reasons if r is not t]
        if fewer and _link(transformation, fewer, complex) == link:
            reasons = fewer
    return link, tuple(reasons)


def _is_permutation(t: Transformation) -> bool:
    return isinstance(t, Monomial) and t.is_permutation


def _link(t: Transformation, others: Sequence[Transformation], complex: bool) -> str:
    assert isinstance(t, Monomial)
    group = PermutationGroup([o.images for o in others if isinstance(o, Monomial)], degree=t.dimension)
    if t.images in group:
        return "member"
    labels = group.orbitals(symmetric=not complex)
    return "supergroup" if np.array_equal(labels[np.ix_(t.images, t.images)], labels) else ""

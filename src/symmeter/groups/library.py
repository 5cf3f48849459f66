"""All groups of order up to 63: by order and number, by name, and the identification of a given group.

The number within an order is that of the SmallGroups library (Besche, Eick and O'Brien 2002), so that
``small_group(32, 49)`` is the group that papers cite as SmallGroup(32, 49). The data
are made by ``scripts/build_group_library.py``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from symmeter.errors import InputError
from symmeter.groups.cayley import table_from_left_multiplications
from symmeter.groups.cyclic_extensions import group_of_chain
from symmeter.groups.fingerprints import fingerprint
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.group import Group

__all__ = [
    "LARGEST_ORDER",
    "NUMBERS_OF_GROUPS",
    "GroupIdentity",
    "identify",
    "number_of_groups",
    "small_group",
    "small_groups",
]

LARGEST_ORDER = 63
DATA_PATH = Path(__file__).parent / "data" / "small_groups.json"

#: Numbers of groups of order 1, 2, ..., 63 (OEIS A000001).
NUMBERS_OF_GROUPS = (
    *(1, 1, 1, 2, 1, 2, 1, 5, 2, 2, 1, 5, 1, 2, 1, 14, 1, 5, 1, 5, 2),
    *(2, 1, 15, 2, 2, 5, 4, 1, 4, 1, 51, 1, 2, 1, 14, 1, 2, 2, 14, 1, 6),
    *(1, 4, 2, 2, 1, 52, 2, 5, 1, 5, 1, 15, 2, 13, 2, 2, 1, 13, 1, 2, 4),
)


@dataclass(frozen=True)
class GroupIdentity:
    """Which group of the library a group is.

    Attributes
    ----------
    order : int
    number : int
        Number within the order, as in the SmallGroups library.
    name : str
        Structure description; several groups may share one that is a product.
    """

    order: int
    number: int
    name: str

    @property
    def group(self) -> FiniteGroup:
        """The library's copy."""
        return small_group(self.order, self.number)

    def to_json(self) -> dict:
        return {"order": self.order, "number": self.number, "name": self.name}

    def __str__(self) -> str:
        return f"{self.name} (SmallGroup({self.order}, {self.number}))"


@lru_cache(maxsize=1)
def _records() -> dict[int, list[dict]]:
    with DATA_PATH.open(encoding="utf-8") as stream:
        return {int(n): entries for n, entries in json.load(stream)["groups"].items()}


def number_of_groups(order: int) -> int:
    """How many groups of an order there are, up to isomorphism.

    Examples
    --------
    >>> number_of_groups(32), number_of_groups(48)
    (51, 52)
    """
    return NUMBERS_OF_GROUPS[_checked_order(order) - 1]


@lru_cache(maxsize=512)
def small_group(order: int, number: int) -> FiniteGroup:
    """Group ``number`` (from 1) of an order, numbered as in the SmallGroups library.

    Examples
    --------
    >>> small_group(8, 4).name
    'Q8'
    """
    many = number_of_groups(order)
    if not 1 <= number <= many:
        raise InputError(f"there is no group {number} of order {order}; they are numbered 1..{many}")
    record = _records()[order][number - 1]
    if "chain" in record:
        return group_of_chain(record["chain"], record["name"])
    rows = [np.array(r, dtype=np.intp) for r in record["permutations"]]
    return FiniteGroup.trusted(table_from_left_multiplications(rows, order), record["name"])


def small_groups(order: int) -> tuple[FiniteGroup, ...]:
    """All groups of an order, up to isomorphism."""
    return tuple(small_group(order, k) for k in range(1, number_of_groups(order) + 1))


def identities(order: int) -> tuple[GroupIdentity, ...]:
    """Numbers and names of all groups of an order, without making them."""
    _checked_order(order)
    return tuple(GroupIdentity(order, e["number"], e["name"]) for e in _records()[order])


def identify(group: Group) -> GroupIdentity:
    """The number and name of a group of order up to 63.

    Parameters
    ----------
    group : FiniteGroup, PermutationGroup or MatrixGroup

    Raises
    ------
    InputError
        If the order is larger than 63.

    Examples
    --------
    >>> from symmeter.groups import dihedral
    >>> print(identify(dihedral(4)))
    D4 (SmallGroup(8, 3))
    """
    from symmeter.groups.matrix_group import MatrixGroup
    from symmeter.groups.permutation_group import PermutationGroup

    if group.order is None:
        raise InputError("the group is infinite; identify names finite groups")
    _checked_order(group.order)
    if isinstance(group, (PermutationGroup, MatrixGroup)):
        group = group.to_finite()
    if not isinstance(group, FiniteGroup):
        raise InputError(f"identify reads finite groups; got {type(group).__name__}")
    digest = fingerprint(group)
    for record in _records()[group.order]:
        # The fingerprints of the library are all different, so that equality is isomorphism up to order 63.
        if record["fingerprint"] == digest:
            return GroupIdentity(group.order, record["number"], record["name"])
    raise InputError(f"no group of order {group.order} has this table; check it with FiniteGroup(table)")


def _checked_order(order: int) -> int:
    if order != int(order) or order < 1:
        raise InputError(f"the order of a group is a positive integer; got {order}")
    if order > LARGEST_ORDER:
        raise InputError(f"the library holds the groups of order 1..{LARGEST_ORDER}; this one has order {order}")
    return int(order)

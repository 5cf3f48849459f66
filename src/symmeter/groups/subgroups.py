"""Subgroups up to conjugacy, normal subgroups and quotients of a finite group given by its table.

Every subgroup is reached from a smaller one by joining one cyclic subgroup of prime-power order (the cyclic extension
method without its restriction to solvable groups; Neubueser 1960). Members are kept as bit masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, InputError, NotAGroupElementError
from symmeter.groups.cayley import close_under, generators_of
from symmeter.groups.finite_group import FiniteGroup

__all__ = ["Subgroup", "normal_subgroups", "quotient", "subgroup_classes"]

_MOST = 50_000


@dataclass(frozen=True, eq=False)
class Subgroup:
    """A subgroup of a finite group.

    Attributes
    ----------
    parent : FiniteGroup
    members : int array of shape (k,)
        Its elements, increasing.
    """

    parent: FiniteGroup
    members: Int[np.ndarray, " k"]

    def __post_init__(self) -> None:
        members = np.asarray(self.members, dtype=np.intp)
        members.setflags(write=False)
        object.__setattr__(self, "members", members)

    @property
    def order(self) -> int:
        return len(self.members)

    @property
    def index(self) -> int:
        """Number of cosets."""
        return self.parent.order // self.order

    @cached_property
    def group(self) -> FiniteGroup:
        """The subgroup as a group of its own; its element k is ``members[k]`` of the parent."""
        number = np.zeros(self.parent.order, dtype=np.int32)
        number[self.members] = np.arange(self.order)
        matrices = self.parent.matrices
        return FiniteGroup.trusted(
            number[self.parent.table[np.ix_(self.members, self.members)]],
            matrices=None if matrices is None else matrices[self.members],
        )

    @property
    def name(self) -> str:
        return self.group.name

    @cached_property
    def normalizer_order(self) -> int:
        """Number of elements g with ``g H g^-1 = H``."""
        return len(self.parent.normalizer(self.members.tolist()))

    @property
    def is_normal(self) -> bool:
        return self.normalizer_order == self.parent.order

    @property
    def number_of_conjugates(self) -> int:
        """Size of its conjugacy class of subgroups."""
        return self.parent.order // self.normalizer_order

    @cached_property
    def class_fusion(self) -> Int[np.ndarray, " k"]:
        """Class of the parent that holds each class of the subgroup."""
        return self.parent.class_labels[self.members[self.group.class_representatives]]

    def __contains__(self, element: object) -> bool:
        return isinstance(element, (int, np.integer)) and bool(np.isin(int(element), self.members))

    def __le__(self, other: Subgroup) -> bool:
        return self.parent == other.parent and bool(np.isin(self.members, other.members).all())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Subgroup):
            return NotImplemented
        return self.parent == other.parent and np.array_equal(self.members, other.members)

    def __hash__(self) -> int:
        return hash((self.parent.order, self.members.tobytes()))

    def __repr__(self) -> str:
        return (
            f"Subgroup({self.name} of order {self.order} in {self.parent.name}, {self.number_of_conjugates} conjugates)"
        )


def subgroup_classes(group: FiniteGroup) -> tuple[Subgroup, ...]:
    """One subgroup of each conjugacy class, smallest first.

    Examples
    --------
    >>> from symmeter.groups.families import symmetric_group
    >>> [h.name for h in subgroup_classes(symmetric_group(4))]
    ['C1', 'C2', 'C2', 'C3', 'C2 x C2', 'C2 x C2', 'C4', 'S3', 'D4', 'A4', 'S4']
    """
    n, t = group.order, group.table
    cyclic = _prime_power_cyclic(group)
    seen: set[bytes] = set()
    found: list[np.ndarray] = []
    queue = [np.zeros(1, dtype=np.intp)]
    seen.add(_mask(n, queue[0]))
    while queue:
        members = queue.pop()
        found.append(members)
        covered = np.zeros(n, dtype=bool)
        covered[members] = True
        few = generators_of(t, members)
        for z in cyclic:
            if covered[z]:
                continue
            joined = close_under(t, [*few, z])
            if _is_prime(len(joined) // len(members)):
                # No group lies between: every other element of the join gives the same join.
                covered[joined] = True
            if _mask(n, joined) in seen:
                continue
            for conjugate in _conjugate_masks(group, joined):
                seen.add(conjugate)
            queue.append(joined)
            if len(seen) > _MOST:
                raise ClosureError(f"the group has more than {_MOST} subgroups, too many to list")
    found.sort(key=lambda m: (len(m), tuple(sorted(group.element_orders[m].tolist())), m.tolist()))
    return tuple(Subgroup(group, m) for m in found)


def _prime_power_cyclic(group: FiniteGroup) -> list[int]:
    """One generator of each cyclic subgroup of prime-power order."""
    chosen, covered = [], np.zeros(group.order, dtype=bool)
    for x in range(1, group.order):
        o = int(group.element_orders[x])
        if covered[x] or not _is_prime_power(o):
            continue
        chosen.append(x)
        y = x
        for _ in range(o - 1):
            if group.element_orders[y] == o:
                covered[y] = True
            y = int(group.table[y, x])
    return chosen


def _mask(n: int, members: np.ndarray) -> bytes:
    inside = np.zeros(n, dtype=bool)
    inside[members] = True
    return np.packbits(inside).tobytes()


def _conjugate_masks(group: FiniteGroup, members: np.ndarray) -> set[bytes]:
    if group.is_abelian:
        return {_mask(group.order, members)}
    images = np.unique(np.sort(group.conjugation[:, members], axis=1), axis=0)
    inside = np.zeros((len(images), group.order), dtype=bool)
    np.put_along_axis(inside, images, True, axis=1)
    return {row.tobytes() for row in np.packbits(inside, axis=1)}


def _is_prime(k: int) -> bool:
    return k > 1 and all(k % p for p in range(2, int(k**0.5) + 1))


def _is_prime_power(k: int) -> bool:
    p = next((p for p in range(2, k + 1) if k % p == 0), 0)
    while p and k % p == 0:
        k //= p
    return p > 0 and k == 1


def normal_subgroups(group: FiniteGroup, cap: int = _MOST) -> tuple[Subgroup, ...]:
    """All normal subgroups, smallest first: joins of normal closures of single classes."""
    n = group.order
    atoms = {_mask(n, m): m for m in (group.normal_closure([int(x)]) for x in group.class_representatives)}
    found = dict(atoms)
    queue = list(atoms.values())
    while queue:
        members = queue.pop()
        for atom in atoms.values():
            # A product of normal subgroups is their join.
            inside = np.zeros(n, dtype=bool)
            inside[group.table[members[:, None], atom[None, :]]] = True
            mask = np.packbits(inside).tobytes()
            if mask not in found:
                joined = np.flatnonzero(inside)
                found[mask] = joined
                queue.append(joined)
                if len(found) > cap:
                    raise ClosureError(f"the group has more than {cap} normal subgroups, too many to list")
    ordered = sorted(found.values(), key=lambda m: (len(m), m.tolist()))
    return tuple(Subgroup(group, m) for m in ordered)


def quotient(group: FiniteGroup, normal: Subgroup | Sequence[int]) -> tuple[FiniteGroup, Int[np.ndarray, " n"]]:
    """Factor group and the coset of each element.

    Raises
    ------
    NotAGroupElementError
        If the subgroup is not normal.
    """
    if isinstance(normal, Subgroup):
        if normal.parent != group:
            raise InputError("the normal subgroup belongs to another group")
        members = normal.members
    else:
        members = group.closure(normal)
    inside = np.zeros(group.order, dtype=bool)
    inside[members] = True
    for g in group.some_generators:
        moved = group.conjugation[g, members]
        if not inside[moved].all():
            x = int(members[np.flatnonzero(~inside[moved])[0]])
            raise NotAGroupElementError(f"the subgroup is not normal: element {g} conjugates its element {x} out of it")
    lowest = group.table[:, members].min(axis=1)
    representatives, cosets = np.unique(lowest, return_inverse=True)
    table = cosets[group.table[np.ix_(representatives, representatives)]]
    generators = list(dict.fromkeys(int(cosets[g]) for g in group.some_generators))
    return FiniteGroup.trusted(table, generators=generators), cosets.astype(np.intp)

"""Every way in which the known subgroup N sits in a group of the library, with the branching rules of each.

Copies of N that are conjugate in G, and identifications of a copy with N that give every irrep of G the same
restriction, are listed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from symmeter.groups import FiniteGroup, GroupIdentity, small_group
from symmeter.groups.library import LARGEST_ORDER, identities
from symmeter.groups.subgroups import Subgroup
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["LibraryPair", "pairs_of_order", "pairs_with_ramp"]


@dataclass(frozen=True, eq=False)
class LibraryPair:
    """A group G of the library with N inside it.

    Attributes
    ----------
    identity : GroupIdentity
    subgroup : Subgroup
        The copy of N in ``identity.group``.
    branching : int array of shape (r, k)
        Row R: how often each sector's irrep occurs in irrep R of the character table of G.
    """

    identity: GroupIdentity
    subgroup: Subgroup
    branching: Int[np.ndarray, "r k"]

    @property
    def group(self) -> FiniteGroup:
        return self.subgroup.parent

    @cached_property
    def fusion(self) -> Int[np.ndarray, "r r r"]:
        """``fusion[R, S, T] = dim Hom(1, R S T)``, totally symmetric."""
        table = self.group.character_table
        return table.fusion[:, :, table.dual]

    @property
    def is_normal(self) -> bool:
        return self.subgroup.is_normal

    def __repr__(self) -> str:
        return f"LibraryPair({self.subgroup.name} in {self.identity})"


def _embeddings(order: int, number: int, known: KnownSubgroup) -> list[tuple[Subgroup, np.ndarray]]:
    """Copies of N up to conjugacy, each with one branching matrix; other identifications permute its columns."""
    group = small_group(order, number)
    key = ("embeddings of", known.group, known.irreps.tobytes())
    if key not in group.memo:
        found = []
        for h in group.subgroup_classes:
            if h.order != known.order:
                continue
            images = known.group.isomorphism(h.group)
            if images is None:
                continue
            classes = group.class_labels[h.members[images[known.group.class_representatives]]]
            values = group.character_table.values[:, classes]
            inner = (values * known.group.class_sizes) @ known.characters.conj().T / known.order
            found.append((h, np.rint(inner.real).astype(np.int64)))
        group.memo[key] = found
    return group.memo[key]


def _distinct(matrices: np.ndarray) -> list[np.ndarray]:
    """Different ones. Equal up to the order of rows is not enough to be the same: fusion tells the rows apart."""
    return list({b.tobytes(): b for b in matrices}.values())


def pairs_of_order(order: int, known: KnownSubgroup) -> list[LibraryPair]:
    """All pairs (G, N) with G of an order up to 63."""
    found = []
    if order <= LARGEST_ORDER and order % known.order == 0:
        for identity in identities(order):
            for h, b in _embeddings(order, identity.number, known):
                many = b[:, known.relabellings].transpose(1, 0, 2)
                found += [LibraryPair(identity, h, c) for c in _distinct(many)]
    return found


def pairs_with_ramp(order: int, known: KnownSubgroup, ramp: Int[np.ndarray, "k k"]) -> list[LibraryPair]:
    """All pairs (G, N) of the library with ``B^T B`` equal to a given matrix."""
    found = []
    if order > LARGEST_ORDER or order % known.order:
        return found
    for identity in identities(order):
        for h, b in _embeddings(order, identity.number, known):
            a = b.T @ b
            if not np.array_equal(np.sort(a.diagonal()), np.sort(ramp.diagonal())):
                continue
            p = known.relabellings
            fits = (a[p[:, :, None], p[:, None, :]] == ramp).all(axis=(1, 2))
            if fits.any():
                many = b[:, p[fits]].transpose(1, 0, 2)
                found += [LibraryPair(identity, h, c) for c in _distinct(many)]
    return found

"""The one-dimensional irreps of G: an abelian group Gamma with a homomorphism, restriction, to those of N.

Gamma is enumerated as an abstract abelian group with all homomorphisms of the right fibres, up to automorphisms of
Gamma: names of the linear characters of G carry no meaning, and keeping them apart would multiply the search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import prod

import numpy as np
from jaxtyping import Int

from symmeter.groups import FiniteGroup, direct_product_group
from symmeter.groups.families import cyclic_group
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["Pointed", "abelian_groups", "pointed_groups"]

#: Homomorphisms that are listed before equivalent ones are dropped.
_MOST_MAPS = 70_000
_MOST_AUTOMORPHISMS = 25_000


@dataclass(frozen=True, eq=False)
class Pointed:
    """The group of linear characters and where each restricts to.

    Attributes
    ----------
    group : FiniteGroup
        Abelian, element 0 the trivial character.
    restriction : int array of shape (m,)
        Position in ``KnownSubgroup.linear`` of the restriction of each element.
    """

    group: FiniteGroup
    restriction: Int[np.ndarray, " m"]

    @property
    def order(self) -> int:
        return self.group.order

    @cached_property
    def symmetries(self) -> list[np.ndarray]:
        """Automorphisms of the group that keep the restriction; only the identity when there are too many to list."""
        automorphisms = self.group.automorphism_group
        if automorphisms.order > _MOST_AUTOMORPHISMS:
            return [np.arange(self.order)]
        images = [np.asarray(getattr(p, "images", p)) for p in automorphisms.elements(_MOST_AUTOMORPHISMS)]
        return [p for p in images if np.array_equal(self.restriction[p], self.restriction)]

    @cached_property
    def subgroups(self) -> list[np.ndarray]:
        """Members of every subgroup."""
        return [np.asarray(h.members) for h in self.group.subgroup_classes]


@lru_cache(maxsize=128)
def abelian_groups(order: int) -> tuple[FiniteGroup, ...]:
    """One abelian group of each isomorphism type.

    Examples
    --------
    >>> [g.name for g in abelian_groups(8)]
    ['C8', 'C2 x C4', 'C2^3']
    """
    from symmeter.groups.names import _prime_divisors

    choices = []
    for p in _prime_divisors(order):
        e, n = 0, order
        while n % p == 0:
            e, n = e + 1, n // p
        choices.append([[p**k for k in parts] for parts in _partitions(e, e)])
    groups = []
    for choice in product(*choices):
        factors = [cyclic_group(q) for part in choice for q in sorted(part)]
        group = factors[0] if len(factors) == 1 else direct_product_group(*factors) if factors else cyclic_group(1)
        groups.append(FiniteGroup.trusted(group.table))
    return tuple(groups)


def _partitions(n: int, largest: int) -> Iterator[list[int]]:
    if n == 0:
        yield []
    for k in range(min(n, largest), 0, -1):
        for rest in _partitions(n - k, k):
            yield [k, *rest]


def pointed_groups(known: KnownSubgroup, branching: Int[np.ndarray, "r k"]) -> list[Pointed]:
    """All (Gamma, restriction) with the fibres that the one-dimensional rows of B have."""
    rows = branching[branching @ known.dims == 1]
    places = {a: i for i, a in enumerate(known.linear)}
    counts: dict[int, int] = {}
    for a in rows.argmax(axis=1).tolist():
        counts[places[a]] = counts.get(places[a], 0) + 1
    image = sorted(counts)
    fibre = counts[image[0]]
    # Products of linear characters of N, by position in ``known.linear``.
    inside = np.array([[places[int(known.twist[i, known.linear[j]])] for j in image] for i in image])
    if not set(inside.ravel().tolist()) <= set(image):
        return []
    return list(_cached(prod((len(image), fibre)), fibre, tuple(image), inside.tobytes()))


@lru_cache(maxsize=4096)
def _cached(order: int, fibre: int, image: tuple[int, ...], table: bytes) -> tuple[Pointed, ...]:
    size = len(image)
    number = {a: i for i, a in enumerate(image)}
    inside = np.vectorize(number.__getitem__)(np.frombuffer(table, dtype=np.int64).reshape(size, size))
    names = np.array(image)
    if fibre == 1:
        return (Pointed(FiniteGroup.trusted(inside.astype(np.int32)), names),)
    found = []
    for group in abelian_groups(order):
        if size == 1:
            found.append(Pointed(group, np.full(order, image[0])))
        else:
            found += [Pointed(group, names[f]) for f in _surjections(group, inside)]
    return tuple(found)


def _surjections(group: FiniteGroup, target: np.ndarray) -> list[np.ndarray]:
    """Homomorphisms onto the group with a table, one of each orbit of the automorphisms of the source."""
    onto = FiniteGroup.trusted(target.astype(np.int32))
    maps = group.homomorphisms(onto, cap=_MOST_MAPS)
    maps = maps[[len(np.unique(f)) == len(target) for f in maps]] if len(maps) else maps
    generators = [np.asarray(getattr(p, "images", p)) for p in group.automorphism_group.generators]
    seen: set[bytes] = set()
    kept = []
    for f in maps:
        if f.tobytes() in seen:
            continue
        kept.append(np.asarray(f))
        queue = [np.asarray(f)]
        seen.add(f.tobytes())
        for g in queue:
            for p in generators:
                moved = g[p]
                if moved.tobytes() not in seen:
                    seen.add(moved.tobytes())
                    queue.append(moved)
    return kept

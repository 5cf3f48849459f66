"""Structure names of finite groups, given only where they are certain; otherwise "order 384".

Groups of order up to 63 that the tests below leave without a name are looked up in the library of all groups, whose
structure descriptions ("C5 : C4", "SD16") follow :mod:`symmeter.groups.structure`.

Tests, from cheap to dear: disjoint supports split a direct product; abelian groups by their invariant factors, from the
orders of their power subgroups; n! and n!/2 permutations of n points; full wreath products by order and block system;
dihedral groups by a rotation of half the order and a reflection; a few groups by the orders of their elements, where
these determine the group (Conway et al., ATLAS 1985; Hall and Senior 1964).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import exp, factorial, log, prod, sqrt
from typing import TYPE_CHECKING

import numpy as np

from symmeter.errors import ClosureError

if TYPE_CHECKING:
    from symmeter.groups.group import Group
    from symmeter.groups.permutation_group import PermutationGroup

__all__ = ["abelian_invariants", "structure_name"]

# How many elements there are of each order; no other group of the same order has these numbers.
_BY_ELEMENT_ORDERS = {
    "Q8": {1: 1, 2: 1, 4: 6},
    "A4": {1: 1, 2: 3, 3: 8},
    "S4": {1: 1, 2: 9, 3: 8, 4: 6},
    "A5": {1: 1, 2: 15, 3: 20, 5: 24},
    "S5": {1: 1, 2: 25, 3: 20, 4: 30, 5: 24, 6: 20},
}
_DIHEDRAL_TRIALS = 100


def structure_name(group: Group) -> str:
    """Name of a finite group, such as "C8", "D4", "C2^3", "S4 x S4" or "S4 wr C2"; "order n" when none is certain.

    Examples
    --------
    >>> from symmeter.groups.permutation_group import PermutationGroup
    >>> structure_name(PermutationGroup([[1, 2, 0, 3, 4], [1, 0, 2, 3, 4], [0, 1, 2, 4, 3]]))
    'C2 x S3'
    >>> structure_name(PermutationGroup([[1, 2, 3, 4, 0], [0, 2, 4, 1, 3]]))
    'C5 : C4'
    """
    from symmeter.groups.matrix_group import MatrixGroup
    from symmeter.groups.permutation_group import PermutationGroup

    if isinstance(group, MatrixGroup):
        try:
            group = group.as_permutation_group()
        except ClosureError:
            return _looked_up(group)
    if not isinstance(group, PermutationGroup):
        return "infinite" if group.order is None else f"order {group.order}"
    if group.order == 1:
        return "C1"
    if group.is_abelian:
        return _abelian_name(abelian_invariants(group))
    parts = _parts(group)
    if parts is None:
        return _looked_up(group)
    cyclic_orders, names = parts
    abelian = [_abelian_name(_invariant_factors(cyclic_orders))] if cyclic_orders else []
    if len(names) + len(abelian) > 1:
        names = [f"({n})" if " wr " in n else n for n in names]
    return " x ".join(abelian + _with_powers(names))


def _looked_up(group: Group) -> str:
    # Only when all else failed: the library takes tens of milliseconds to load.
    from symmeter.groups.library import LARGEST_ORDER, identify

    if group.order is None or group.order > LARGEST_ORDER:
        return f"order {group.order}"
    return identify(group).name


def _parts(group: PermutationGroup) -> tuple[list[int], list[str]] | None:
    """Orders of cyclic direct factors and names of other ones; None when one of them has no certain name."""
    if group.is_abelian:
        return list(abelian_invariants(group)), []
    cyclic_orders: list[int] = []
    names: list[str] = []
    for factor in _direct_factors(group):
        name = None if factor.is_abelian else _name_of_factor(factor)
        if name is not None:
            names.append(name)
            continue
        commuting = [factor] if factor.is_abelian else _commuting_factors(factor)
        for part in commuting:
            found = _parts(part)
            if found is None:
                return None
            cyclic_orders.extend(found[0])
            names.extend(found[1])
        if not commuting:
            return None
    return cyclic_orders, names


def abelian_invariants(group: PermutationGroup) -> tuple[int, ...]:
    """Invariant factors d_1 | d_2 | ... of an abelian permutation group, without listing its elements."""
    from symmeter.groups.permutation_group import PermutationGroup

    prime_powers: list[int] = []
    for p in _prime_divisors(group.order):
        # |p^k G| / |p^(k+1) G| is p to the number of cyclic factors whose p-part exceeds p^k.
        ranks = []
        powers = group
        while True:
            smaller = PermutationGroup([g**p for g in powers.generators], degree=group.degree)
            rank = round(log(powers.order // smaller.order, p)) if powers.order > smaller.order else 0
            if rank == 0:
                break
            ranks.append(rank)
            powers = smaller
        for k, rank in enumerate(ranks):
            following = ranks[k + 1] if k + 1 < len(ranks) else 0
            prime_powers.extend([p ** (k + 1)] * (rank - following))
    return _invariant_factors(prime_powers)


def _invariant_factors(cyclic_orders: Iterable[int]) -> tuple[int, ...]:
    by_prime: dict[int, list[int]] = {}
    for n in cyclic_orders:
        for p in _prime_divisors(n):
            part = 1
            while n % (part * p) == 0:
                part *= p
            by_prime.setdefault(p, []).append(part)
    length = max((len(parts) for parts in by_prime.values()), default=0)
    columns = [[1] * (length - len(parts)) + sorted(parts) for parts in by_prime.values()]
    return tuple(prod(column[i] for column in columns) for i in range(length))


def _abelian_name(invariants: Iterable[int]) -> str:
    return " x ".join(_with_powers([f"C{d}" for d in invariants])) or "C1"


def _with_powers(names: list[str]) -> list[str]:
    counts = Counter(names)
    written: list[str] = []
    for name in sorted(counts, key=lambda n: (names.index(n) if n[0] == "C" else 10**6, n)):
        written.extend([f"{name}^{counts[name]}"] if counts[name] > 2 else [name] * counts[name])
    return written


def _direct_factors(group: PermutationGroup) -> list[PermutationGroup]:
    """Factors with disjoint supports: certain because the generators of different factors move different points."""
    from symmeter.groups.orbits import UnionFind

    labels = group.orbit_labels
    moving = np.flatnonzero(np.bincount(labels)[labels] > 1)
    if np.unique(labels[moving]).size == 1:
        return [group.restricted_to_support()]
    union = UnionFind(int(labels.max()) + 1)
    rows = [g.images for g in (group.strong_generators or group.generators)]
    touched = [np.unique(labels[r != np.arange(group.degree)]).tolist() for r in rows]
    for orbits in touched:
        for other in orbits[1:]:
            union.merge(orbits[0], other)
    factors = []
    for root in sorted({union.find(orbits[0]) for orbits in touched}):
        mine = [r for r, orbits in zip(rows, touched) if union.find(orbits[0]) == root]
        orbits = sorted({o for t in touched if union.find(t[0]) == root for o in t})
        factors.extend(_split_orbits(mine, [np.flatnonzero(labels == o) for o in orbits]))
    return factors


def _commuting_factors(group: PermutationGroup) -> list[PermutationGroup]:
    """Direct factors generated by sets of generators that commute with each other; empty when there are none.

    Shifts and reflections along the two axes of a grid are such sets. The product is direct when the orders multiply.
    """
    from symmeter.groups.orbits import UnionFind
    from symmeter.groups.permutation_group import PermutationGroup

    generators = group.generators
    union = UnionFind(len(generators))
    for i, g in enumerate(generators):
        for j in range(i):
            if g * generators[j] != generators[j] * g:
                union.merge(i, j)
    roots = [union.find(i) for i in range(len(generators))]
    if len(set(roots)) < 2:
        return []
    parts = [
        PermutationGroup([g for g, r in zip(generators, roots) if r == root], degree=group.degree)
        for root in dict.fromkeys(roots)
    ]
    return parts if prod(p.order for p in parts) == group.order else []


def _split_orbits(rows: list[np.ndarray], orbits: list[np.ndarray]) -> list[PermutationGroup]:
    whole = _restricted(rows, np.sort(np.concatenate(orbits)))
    if len(orbits) == 1:
        return [whole]
    parts = [_restricted(rows, orbit) for orbit in orbits]
    if prod(p.order for p in parts) == whole.order:
        return parts
    faithful = [p for p in parts if p.order == whole.order]
    return [min(faithful, key=lambda p: p.degree)] if faithful else [whole]


def _restricted(rows: list[np.ndarray], points: np.ndarray) -> PermutationGroup:
    from symmeter.groups.permutation_group import PermutationGroup

    return PermutationGroup([np.searchsorted(points, r[points]) for r in rows], degree=points.size)


def _name_of_factor(group: PermutationGroup) -> str | None:
    """Name of a non-abelian group that is not split further."""
    n, order = group.degree, group.order
    if order == factorial(n):
        return f"S{n}"
    if 2 * order == factorial(n):
        return f"A{n}"
    if order == 6:
        return "S3"
    for name, counts in _BY_ELEMENT_ORDERS.items():
        if order == sum(counts.values()) and counts == Counter(g.order for g in group.elements()):
            return name
    if _is_dihedral(group):
        return f"D{order // 2}"
    return _wreath_name(group)


def _is_dihedral(group: PermutationGroup) -> bool:
    half, odd = divmod(group.order, 2)
    # Landau's bound on the order of a permutation, with Massias's constant, leaves most large groups out at once.
    if odd or half > exp(1.06 * sqrt(group.degree * log(group.degree))):
        return False
    rng = np.random.default_rng(3_571)
    draws = (group.random(rng) for _ in range(_DIHEDRAL_TRIALS))
    rotation = next((r for r in (*group.generators, *draws) if r.order == half), None)
    if rotation is None:
        return False
    inverse = ~rotation
    return any(s.order == 2 and s * rotation == inverse * s for s in group.generators)


def _wreath_name(group: PermutationGroup) -> str | None:
    """Full wreath product of symmetric groups: its order determines it once the blocks are known."""
    if not group.is_transitive or group.degree > 1024:
        return None
    orbitals = group.orbitals()
    if orbitals.max() != 2:
        return None
    n = group.degree
    for label in (1, 2):
        related = (orbitals == label) | np.eye(n, dtype=bool)
        first = related.argmax(axis=1)
        if np.array_equal(related, first[:, None] == first[None, :]):
            a = int(related[0].sum())
            b = n // a
            if group.order == factorial(a) ** b * factorial(b):
                return f"{_symmetric_name(a)} wr {_symmetric_name(b)}"
    return None


def _symmetric_name(n: int) -> str:
    return "C2" if n == 2 else f"S{n}"


def _prime_divisors(n: int) -> list[int]:
    found, p = [], 2
    while p * p <= n:
        if n % p == 0:
            found.append(p)
            while n % p == 0:
                n //= p
        p += 1
    return [*found, n] if n > 1 else found

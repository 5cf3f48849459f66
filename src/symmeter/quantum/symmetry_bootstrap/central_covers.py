"""Central extensions of a finite group by Z_p as covers of its Cayley graph, and the projective irreps that they carry.

An extension puts a number a(s, g) modulo p on every edge g -> s g, such that a relation of the group adds up to the
same number wherever it begins: that its lift is central. These are linear equations; numbers that vanish on a spanning
tree, up to the choice of the generators' lifts, stand one to one for H^2(G, Z_p) (Brown, Cohomology of Groups, ch. IV).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from jaxtyping import Int

from symmeter.groups import FiniteGroup, GroupIdentity
from symmeter.groups.cayley import table_from_left_multiplications
from symmeter.groups.library import LARGEST_ORDER, identities
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["central_covers", "cohomology", "groups_with_projective_irreps"]

_PRIMES = (2, 3)
_MOST_CLASSES = 1024


def cohomology(group: FiniteGroup, p: int) -> tuple[Int[np.ndarray, "d s n"], int]:
    """Edge numbers modulo p that stand for a basis of H^2(G, Z_p), and its dimension.

    Examples
    --------
    >>> from symmeter.groups import named_group
    >>> [cohomology(named_group(name), 2)[1] for name in ("Z2", "Z3", "Z2xZ2", "D4", "Q8")]
    [1, 0, 3, 3, 2]
    """
    s, n = len(group.generators), group.order
    if n == 1:
        return np.zeros((0, s, n), dtype=np.int64), 0
    table = group.table
    parent, order = _tree(group)
    unknowns = s * n
    # phi[x, g]: the numbers along the tree's path from 1 to g, moved to begin at x.
    phi = np.zeros((n, n, unknowns), dtype=np.int8)
    for g in order[1:]:
        before, k = parent[g]
        phi[:, g] = phi[:, before]
        phi[np.arange(n), g, k * n + table[before]] += 1
    rows = []
    for k, letter in enumerate(group.generators):
        for g in range(n):
            h = int(table[letter, g])
            row = phi[:, g].astype(np.int16) - phi[:, h]
            row[np.arange(n), k * n + table[g]] += 1
            # The same relation from 1; tree edges vanish there.
            row[:, k * n + g] -= 1
            rows.append(np.unique(row % p, axis=0))
    fixed = np.zeros((n - 1, unknowns), dtype=np.int16)
    for i, g in enumerate(order[1:]):
        before, k = parent[g]
        fixed[i, k * n + before] = 1
    solutions = _kernel(np.unique(np.concatenate([*rows, fixed]), axis=0), p)
    shifts = []
    for k in range(s):
        f = np.zeros(n, dtype=np.int64)
        for g in order[1:]:
            before, j = parent[g]
            f[g] = f[before] + (j == k)
        shift = np.array([f - f[table[letter]] + (j == k) for j, letter in enumerate(group.generators)])
        shifts.append(shift.ravel() % p)
    basis = _complement(solutions, np.array(shifts), p)
    return basis.reshape(len(basis), s, n), len(basis)


def _tree(group: FiniteGroup) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Parents and generators of a spanning tree under left multiplication, and its elements in order."""
    parent: dict[int, tuple[int, int]] = {}
    order = [0]
    for g in order:
        for k, letter in enumerate(group.generators):
            h = int(group.table[letter, g])
            if h and h not in parent:
                parent[h] = (g, k)
                order.append(h)
    return parent, order


def _echelon(rows: np.ndarray, p: int) -> tuple[np.ndarray, list[int]]:
    """Reduced rows modulo p, and their pivots."""
    a = np.asarray(rows, dtype=np.int64) % p
    pivots: list[int] = []
    top = 0
    for column in range(a.shape[1]):
        found = np.flatnonzero(a[top:, column])
        if not len(found):
            continue
        a[[top, top + found[0]]] = a[[top + found[0], top]]
        a[top] = a[top] * pow(int(a[top, column]), -1, p) % p
        others = np.flatnonzero(a[:, column])
        others = others[others != top]
        a[others] = (a[others] - a[others, column][:, None] * a[top]) % p
        pivots.append(column)
        top += 1
        if top == len(a):
            break
    return a[:top], pivots


def _kernel(rows: np.ndarray, p: int) -> np.ndarray:
    reduced, pivots = _echelon(rows, p)
    free = [c for c in range(rows.shape[1]) if c not in set(pivots)]
    out = np.zeros((len(free), rows.shape[1]), dtype=np.int64)
    for i, c in enumerate(free):
        out[i, c] = 1
        out[i, pivots] = -reduced[:, c] % p
    return out


def _complement(vectors: np.ndarray, inside: np.ndarray, p: int) -> np.ndarray:
    """Vectors that extend a basis of a subspace to one of the whole space."""
    together = np.concatenate([inside, vectors]) % p
    _, pivots = _echelon(together.T, p)
    return together[[c for c in pivots if c >= len(inside)]]


def central_covers(group: FiniteGroup, p: int, most: int = _MOST_CLASSES) -> Iterator[FiniteGroup]:
    """All central extensions by Z_p; element ``e n + g`` of each lies over g, and n is the generator of Z_p.

    Parameters
    ----------
    group : FiniteGroup
    p : int
        A prime.
    most : int
        Most classes; with more nothing is given.
    """
    basis, dimension = cohomology(group, p)
    n = group.order
    if p**dimension > most:
        return
    e, g = np.divmod(np.arange(p * n), n)
    for coefficients in product(range(p), repeat=dimension):
        numbers = np.tensordot(np.array(coefficients, dtype=np.int64), basis, axes=1) % p
        rows = [(e + numbers[k][g]) % p * n + group.table[s][g] for k, s in enumerate(group.generators)]
        # The centre, in case that the generators' lifts do not reach it.
        table = table_from_left_multiplications([*rows, (e + 1) % p * n + g], p * n)
        yield FiniteGroup.trusted(table)


def groups_with_projective_irreps(
    known: KnownSubgroup, branching: Int[np.ndarray, "r k"], order: int
) -> list[tuple[GroupIdentity, int]]:
    """Groups with a projective class by Z_2 or Z_3 whose irreps restrict to N as given, and that prime.

    Only extensions beyond the library are built: the others are found there.

    Parameters
    ----------
    known : KnownSubgroup
    branching : int array of shape (r, k)
        Restrictions of all irreps of one projective class.
    order : int
        Of the group, up to 63.
    """
    if order > LARGEST_ORDER:
        return []
    wanted = sorted(map(tuple, branching.tolist()))
    found: list[tuple[GroupIdentity, int]] = []
    for identity in identities(order):
        group = identity.group
        copies = _copies(group, known)
        if not copies:
            continue
        for p in _PRIMES:
            if order % p or p * order <= LARGEST_ORDER:
                continue
            if any(_carries(cover, group, p, known, copies, wanted) for cover in central_covers(group, p)):
                found.append((identity, p))
    return found


def _copies(group: FiniteGroup, known: KnownSubgroup) -> list[np.ndarray]:
    """For each copy of N up to conjugacy, the element of the group that each element of N is."""
    out = []
    for h in group.subgroup_classes:
        if h.order == known.order and (images := known.group.isomorphism(h.group)) is not None:
            out.append(h.members[images])
    return out


def _carries(
    cover: FiniteGroup,
    group: FiniteGroup,
    p: int,
    known: KnownSubgroup,
    copies: list[np.ndarray],
    wanted: list[tuple[int, ...]],
) -> bool:
    """Whether the irreps of one faithful character of the centre restrict as wanted to some lift of N."""
    n = group.order
    # Commuting pairs count the classes, before any character is known.
    classes = int((cover.table == cover.table.T).sum()) // cover.order
    below = int((group.table == group.table.T).sum()) // n
    if classes - below != (p - 1) * len(wanted):
        return False
    table = cover.character_table
    central = table.values[:, cover.class_labels[n]] / table.degrees
    values = table.values[np.abs(central - np.exp(2j * np.pi / p)) < 1e-9]
    for images in copies:
        generators = [int(images[g]) for g in known.group.generators]
        for shifts in product(range(p), repeat=len(generators)):
            members = np.asarray(cover.closure([g + e * n for g, e in zip(generators, shifts)]))
            if len(members) != known.order:
                continue
            lift = np.empty(n, dtype=np.intp)
            lift[members % n] = members
            chosen = lift[images[known.group.class_representatives]]
            inner = (values[:, cover.class_labels[chosen]] * known.group.class_sizes) @ known.characters.conj().T
            b = np.rint(np.real(inner) / known.order).astype(np.int64)
            if any(sorted(map(tuple, b[:, q].tolist())) == wanted for q in known.relabellings):
                return True
    return False

"""How linear characters multiply the other irreps, and which of those are conjugate: the frame of a fusion ring.

Gamma acts on the irreps of dimension two and more by ``R -> lambda R``, over its known action on their restrictions.
An orbit is Gamma/S, with S the characters that R R* contains; the conjugate of an orbit has the same S. All actions
and all conjugations are enumerated up to relabelling.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, product

import numpy as np
from jaxtyping import Int

from symmeter.quantum.symmetry_bootstrap.budget import Budget
from symmeter.quantum.symmetry_bootstrap.pointed import Pointed
from symmeter.quantum.symmetry_bootstrap.subgroup_sectors import KnownSubgroup

__all__ = ["Frame", "frames"]


@dataclass(frozen=True, eq=False)
class Frame:
    """What is fixed of a fusion ring before its structure constants.

    Attributes
    ----------
    pointed : Pointed
    branching : int array of shape (r, k)
        Rows of Gamma in its order, then the others.
    action : int array of shape (m, s)
        ``action[l, x]``: number, among the s others, of ``lambda_l x``.
    conjugate : int array of shape (s,)
    """

    pointed: Pointed
    branching: Int[np.ndarray, "r k"]
    action: Int[np.ndarray, "m s"]
    conjugate: Int[np.ndarray, " s"]


@dataclass(frozen=True)
class _Orbit:
    """Gamma/S over an orbit of restrictions with base row ``base``."""

    base: bytes
    stabilizer: tuple[int, ...]


def frames(known: KnownSubgroup, branching: np.ndarray, pointed: Pointed, budget: Budget) -> Iterator[Frame]:
    """All frames of a branching matrix with a given group of linear characters."""
    others = branching[branching @ known.dims > 1]
    types = Counter(row.tobytes() for row in others)
    moves = _moves(known, pointed, types)
    if moves is None:
        return
    choices = [_orbit_choices(known, pointed, moves, base, types[base]) for base in _bases(types, moves)]
    seen: set = set()
    for choice in product(*choices):
        budget.spend()
        orbits = tuple(o for part in choice for o in part)
        key = _canonical(orbits, pointed)
        if key in seen:
            continue
        seen.add(key)
        yield from _with_conjugations(known, pointed, moves, orbits, budget)


def _moves(known: KnownSubgroup, pointed: Pointed, types: Counter) -> dict[bytes, list[bytes]] | None:
    """Where each linear character takes each restriction; None when it leaves the rows."""
    moves = {}
    for key, count in types.items():
        row = np.frombuffer(key, dtype=np.int64)
        images = []
        for linear in pointed.restriction.tolist():
            moved = np.zeros_like(row)
            moved[known.twist[linear]] = row
            images.append(moved.tobytes())
        if any(types.get(image) != count for image in images):
            return None
        moves[key] = images
    return moves


def _bases(types: Counter, moves: dict[bytes, list[bytes]]) -> list[bytes]:
    """One restriction of each orbit of restrictions."""
    bases, covered = [], set()
    for key in types:
        if key not in covered:
            bases.append(key)
            covered.update(moves[key])
    return bases


def _orbit_choices(
    known: KnownSubgroup, pointed: Pointed, moves: dict[bytes, list[bytes]], base: bytes, count: int
) -> list[tuple[_Orbit, ...]]:
    """Multisets of orbits with ``count`` irreps of each restriction."""
    row = np.frombuffer(base, dtype=np.int64)
    d = int(row @ known.dims)
    keeps = np.array([image == base for image in moves[base]])
    square = np.einsum("a,b,abc->c", row, row[known.conjugate], known.fusion)
    fitting = []
    for members in pointed.subgroups:
        if not keeps[members].all() or len(members) > d * d or (pointed.group.element_orders[members] > d).any():
            continue
        # det(lambda R) = lambda^d det R, so that lambda^d = 1 on the stabiliser.
        if (pointed.group.power(d)[members] != 0).any():
            continue
        linear = np.array(known.linear)[pointed.restriction[members]]
        if (np.bincount(linear, minlength=len(known)) <= square).all():
            fitting.append((tuple(members.tolist()), int(keeps.sum()) // len(members)))
    chosen: list[tuple[_Orbit, ...]] = []

    def fill(start: int, left: int, sofar: list[_Orbit]) -> None:
        if left == 0:
            chosen.append(tuple(sofar))
        for i in range(start, len(fitting)):
            if fitting[i][1] <= left:
                fill(i, left - fitting[i][1], [*sofar, _Orbit(base, fitting[i][0])])

    fill(0, count, [])
    return chosen


def _canonical(orbits: tuple[_Orbit, ...], pointed: Pointed) -> tuple:
    """The smallest form of a choice of orbits under relabellings of Gamma."""
    return min(
        tuple(sorted((o.base, tuple(sorted(p[list(o.stabilizer)].tolist()))) for o in orbits))
        for p in pointed.symmetries
    )


def _with_conjugations(
    known: KnownSubgroup,
    pointed: Pointed,
    moves: dict[bytes, list[bytes]],
    orbits: tuple[_Orbit, ...],
    budget: Budget,
) -> Iterator[Frame]:
    """All ways to conjugate, for orbits in a fixed order."""
    m = pointed.order
    table = pointed.group.table
    elements: list[tuple[int, tuple[int, ...]]] = []
    number: dict[tuple[int, tuple[int, ...]], int] = {}
    coset_of: list[list[int]] = []
    rows = []
    for i, orbit in enumerate(orbits):
        where = []
        for g in range(m):
            coset = tuple(sorted(table[g, list(orbit.stabilizer)].tolist()))
            if (i, coset) not in number:
                number[(i, coset)] = len(elements)
                elements.append((i, coset))
                rows.append(np.frombuffer(moves[orbit.base][g], dtype=np.int64))
            where.append(number[(i, coset)])
        coset_of.append(where)
    k = len(known)
    others = np.array(rows).reshape(-1, k)
    linear = np.zeros((m, k), dtype=np.int64)
    linear[np.arange(m), np.array(known.linear)[pointed.restriction]] = 1
    action = np.array([[coset_of[i][table[g, c[0]]] for i, c in elements] for g in range(m)], dtype=np.intp)
    action = action.reshape(m, len(elements))
    for partners in _pairings(known, pointed, moves, orbits):
        budget.spend()
        conjugate = np.full(len(elements), -1, dtype=np.intp)
        for i, (j, shift) in enumerate(partners):
            for g in range(m):
                # The conjugate of g x is the inverse of g times the conjugate of x.
                conjugate[coset_of[i][g]] = coset_of[j][table[pointed.group.inverses[g], shift]]
        if len(elements) and not np.array_equal(conjugate[conjugate], np.arange(len(elements))):
            continue
        if len(elements) and not np.array_equal(others[conjugate], others[:, known.conjugate]):
            continue
        yield Frame(pointed, np.concatenate([linear, others]), action, conjugate)


def _pairings(
    known: KnownSubgroup, pointed: Pointed, moves: dict[bytes, list[bytes]], orbits: tuple[_Orbit, ...]
) -> Iterator[list[tuple[int, int]]]:
    """For each orbit the orbit of its conjugates, and the element that takes that one's base to the conjugate base."""

    def conjugated(key: bytes) -> bytes:
        return np.ascontiguousarray(np.frombuffer(key, dtype=np.int64)[known.conjugate]).tobytes()

    kinds: dict[_Orbit, list[int]] = {}
    for i, orbit in enumerate(orbits):
        kinds.setdefault(orbit, []).append(i)
    parts: list[list[dict[int, tuple[int, int]]]] = []
    done: set[_Orbit] = set()
    for orbit, members in kinds.items():
        if orbit in done:
            continue
        image = conjugated(orbit.base)
        partner = next((o for o in kinds if o.stabilizer == orbit.stabilizer and image in moves[o.base]), None)
        if partner is None or len(kinds[partner]) != len(members):
            return
        shift = moves[partner.base].index(image)
        done |= {orbit, partner}
        if partner != orbit:
            # With x* = shift y, the conjugate of y is shift x.
            parts.append([{a: (b, shift) for i, j in zip(members, kinds[partner]) for a, b in ((i, j), (j, i))}])
            continue
        parts.append(_inside(pointed, moves, orbit, members, image))
    for choice in product(*parts):
        merged: dict[int, tuple[int, int]] = {}
        for part in choice:
            merged |= part
        yield [merged[i] for i in range(len(orbits))]


def _inside(
    pointed: Pointed, moves: dict[bytes, list[bytes]], orbit: _Orbit, members: list[int], image: bytes
) -> list[dict[int, tuple[int, int]]]:
    """Conjugations among orbits of one kind: some are swapped in pairs, the others map to themselves with a shift."""
    table, stabilizer = pointed.group.table, list(orbit.stabilizer)
    shifts = [g for g in range(pointed.order) if moves[orbit.base][g] == image]
    keeps = [g for g in range(pointed.order) if moves[orbit.base][g] == orbit.base]
    # A new base mu x changes the shift by mu^-2; S acts trivially.
    squares = np.unique(table[np.ix_([int(table[g, g]) for g in keeps], stabilizer)])
    classes: dict[tuple[int, ...], int] = {}
    for g in shifts:
        classes.setdefault(tuple(sorted(table[g, squares].tolist())), g)
    options = []
    for pairs in range(len(members) // 2 + 1):
        swapped = {}
        for a, b in zip(members[: 2 * pairs : 2], members[1 : 2 * pairs : 2]):
            swapped |= {a: (b, shifts[0]), b: (a, shifts[0])}
        for alone in combinations_with_replacement(classes.values(), len(members) - 2 * pairs):
            options.append(swapped | {i: (i, g) for i, g in zip(members[2 * pairs :], alone)})
    return options

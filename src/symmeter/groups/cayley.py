"""Cayley tables: built from generators' left multiplications, or checked entry by entry.

``table[a, b]`` is the product a b; for permutations and matrices the right factor acts first. Associativity is decided
by Light's test (Clifford and Preston, The Algebraic Theory of Semigroups, 1961, section 1.2): it is enough to test
(a g) b = a (g b) for g in a generating set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from symmeter.errors import ClosureError, NotAGroupElementError, ShapeError

__all__ = [
    "DEFAULT_CAP",
    "checked_table",
    "close_under",
    "generators_of",
    "short_generators",
    "table_from_left_multiplications",
]

#: Largest order for which a Cayley table is made unless a larger cap is asked for (100 MB of table).
DEFAULT_CAP = 5_040


def table_from_left_multiplications(rows: Sequence[Int[np.ndarray, " n"]], order: int) -> Int[np.ndarray, "n n"]:
    """Table of the group whose generators map element x to ``rows[k][x]``; element 0 is the identity."""
    table = np.empty((order, order), dtype=np.int32)
    known = np.zeros(order, dtype=bool)
    table[0], known[0] = np.arange(order), True
    frontier = [0]
    while frontier:
        following = []
        for x in frontier:
            for row in rows:
                y = int(row[x])
                if not known[y]:
                    table[y] = row[table[x]]
                    known[y] = True
                    following.append(y)
        frontier = following
    if not known.all():
        raise NotAGroupElementError(
            f"the generators reach {int(known.sum())} of {order} elements; add the missing generators"
        )
    return table


def checked_table(table: Int[np.ndarray, "n n"]) -> Int[np.ndarray, "n n"]:
    """The table with its identity moved to position 0, after every group axiom has been checked.

    Raises
    ------
    ShapeError
        If the table is not square.
    NotAGroupElementError
        If an entry is out of range, a row or column repeats an element, there is no identity, or a triple is not
        associative; the text names the place.
    """
    given = np.asarray(table)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or given.size == 0:
        raise ShapeError(f"a Cayley table is a square array of shape (n, n); got {given.shape}")
    if given.dtype.kind not in "iu":
        raise NotAGroupElementError(f"a Cayley table holds integers from 0; got entries of type {given.dtype}")
    n = len(given)
    if n > DEFAULT_CAP * 2:
        raise ClosureError(f"the table has {n} elements; tables beyond {DEFAULT_CAP * 2} do not fit the memory")
    outside = np.argwhere((given < 0) | (given >= n))
    if len(outside):
        a, b = outside[0].tolist()
        raise NotAGroupElementError(
            f"entry ({a}, {b}) of the table is {given[a, b]}; products of {n} elements are numbered 0..{n - 1}"
        )
    t = given.astype(np.int32)
    _check_latin(t)
    t = _identity_first(t)
    for g in _magma_generators(t):
        left, right = t[t[:, g]], t[:, t[g]]
        wrong = np.argwhere(left != right)
        if len(wrong):
            a, b = wrong[0].tolist()
            raise NotAGroupElementError(
                f"the table is not associative: (a b) c = {left[a, b]} but a (b c) = {right[a, b]} for the triple "
                f"(a, b, c) = ({a}, {g}, {b})" + _moved_note(given)
            )
    return t


def _moved_note(given: np.ndarray) -> str:
    moved = not np.array_equal(given[0], np.arange(len(given)))
    return " (numbered after the identity was swapped with element 0)" if moved else ""


def _check_latin(t: np.ndarray) -> None:
    n = len(t)
    for axis, word in ((1, "row"), (0, "column")):
        ordered = np.sort(t, axis=axis)
        target = np.arange(n) if axis == 1 else np.arange(n)[:, None]
        bad = np.flatnonzero((ordered != target).any(axis=axis))
        if bad.size:
            k = int(bad[0])
            line = t[k] if axis == 1 else t[:, k]
            repeated = int(np.flatnonzero(np.bincount(line, minlength=n) > 1)[0])
            first, second = np.flatnonzero(line == repeated)[:2].tolist()
            raise NotAGroupElementError(
                f"{word} {k} of the table holds element {repeated} twice, at {first} and {second}; in a group every "
                f"{word} holds every element once"
            )


def _identity_first(t: np.ndarray) -> np.ndarray:
    n = len(t)
    rows = np.flatnonzero((t == np.arange(n)).all(axis=1))
    columns = np.flatnonzero((t == np.arange(n)[:, None]).all(axis=0))
    both = np.intersect1d(rows, columns)
    if both.size == 0:
        raise NotAGroupElementError("the table has no identity: no element e has e x = x e = x for all x")
    e = int(both[0])
    if e == 0:
        return t
    swap = np.arange(n)
    swap[[0, e]] = e, 0
    return swap[t[np.ix_(swap, swap)]].astype(np.int32)


def _magma_generators(t: np.ndarray) -> list[int]:
    """Elements whose products, in any bracketing, are everything; it does not assume associativity."""
    n = len(t)
    reached = np.zeros(n, dtype=bool)
    reached[0] = True
    chosen = []
    while not reached.all():
        g = int(np.flatnonzero(~reached)[0])
        chosen.append(g)
        reached[g] = True
        while True:
            members = np.flatnonzero(reached)
            before = members.size
            reached[np.unique(t[np.ix_(members, members)])] = True
            if int(reached.sum()) == before:
                break
    return chosen or [0]


def close_under(table: Int[np.ndarray, "n n"], generators: Sequence[int]) -> Int[np.ndarray, " k"]:
    """Elements of the subgroup that some elements generate, increasing.

    Dimino's algorithm: the subgroup of the first generators, then coset by coset with each further one.
    """
    members = np.zeros(1, dtype=np.intp)
    inside = np.zeros(len(table), dtype=bool)
    inside[0] = True
    used: list[int] = []
    for g in generators:
        if inside[g]:
            continue
        used.append(int(g))
        block = members
        cosets = [block]
        frontier = [0]
        while frontier:
            x = frontier.pop()
            for s in used:
                y = int(table[s, x])
                if not inside[y]:
                    coset = table[y, block]
                    inside[coset] = True
                    cosets.append(coset)
                    frontier.append(y)
        members = np.concatenate(cosets)
    return np.flatnonzero(inside)


def generators_of(table: Int[np.ndarray, "n n"], members: Int[np.ndarray, " k"]) -> list[int]:
    """A few elements that generate the subgroup with these members."""
    chosen: list[int] = []
    reached = np.zeros(1, dtype=np.intp)
    for x in members[::-1].tolist():
        if len(reached) == len(members):
            break
        if not (reached == x).any():
            chosen.append(x)
            reached = close_under(table, chosen)
    return chosen


def short_generators(table: Int[np.ndarray, "n n"], element_orders: Int[np.ndarray, " n"]) -> tuple[int, ...]:
    """A short generating sequence: each time the element that makes the subgroup largest, of a few candidates."""
    n = len(table)
    members = np.zeros(1, dtype=np.intp)
    chosen: list[int] = []
    while members.size < n:
        outside = np.setdiff1d(np.arange(n), members)
        # Elements of high order first: they generate more, and the order of an image prunes homomorphisms most.
        candidates = outside[np.argsort(-element_orders[outside], kind="stable")]
        best, best_members = -1, members
        for g in _spread(candidates, element_orders):
            grown = close_under(table, [*chosen, int(g)])
            if grown.size > best_members.size:
                best, best_members = int(g), grown
            if grown.size == n:
                break
        chosen.append(best)
        members = best_members
    return tuple(chosen)


def _spread(candidates: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """Up to 24 candidates: a few of each element order."""
    picked: list[int] = []
    for o in np.unique(orders[candidates])[::-1]:
        same = candidates[orders[candidates] == o]
        picked.extend(same[np.linspace(0, same.size - 1, min(8, same.size)).astype(int)].tolist())
    return np.array(picked[:24])

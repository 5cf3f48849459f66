"""Isomorphism invariants of a finite group: colours of its elements, refined until they separate, and one digest.

The first colour holds the order, class size, numbers of roots, and membership in the centre and the derived subgroup;
each refinement adds the multiset of (colour of y, colour of x y, colour of [x, y]) over all y, in the manner of the
Weisfeiler-Leman refinement of graphs (Brachter and Schweitzer, 2020). Equal digests do not prove isomorphism.
"""

from __future__ import annotations

import hashlib

import numpy as np
from jaxtyping import Int

from symmeter.groups.finite_group import FiniteGroup

__all__ = ["element_colours", "fingerprint"]

_ROUNDS = 2


def element_colours(group: FiniteGroup, rounds: int = _ROUNDS) -> Int[np.ndarray, " n"]:
    """Colours that every isomorphism preserves, comparable between groups with equal :func:`fingerprint`."""
    return _refined(group, rounds)[0]


def fingerprint(group: FiniteGroup, rounds: int = _ROUNDS) -> str:
    """Sixteen hexadecimal digits that isomorphic groups share, the same on every machine."""
    return _refined(group, rounds)[1]


def _refined(group: FiniteGroup, rounds: int) -> tuple[np.ndarray, str]:
    key = ("colours", rounds)
    if key not in group.memo:
        group.memo[key] = _refine(group, rounds)
    return group.memo[key]


def _refine(group: FiniteGroup, rounds: int) -> tuple[np.ndarray, str]:
    n, t = group.order, group.table
    digest = hashlib.blake2b(str(n).encode(), digest_size=8)
    columns = [group.element_orders, group.class_sizes[group.class_labels]]
    power = np.arange(n)
    for exponent in range(2, min(group.exponent, 12) + 1):
        power = t[power, np.arange(n)]
        if group.exponent % exponent == 0:
            columns.append(np.bincount(power, minlength=n))
    for members in (group.center, group.derived_subgroup):
        columns.append(np.isin(np.arange(n), members).astype(np.intp))
    colours = _named(np.stack(columns, axis=1), digest)
    if n > 4096:
        return colours, digest.hexdigest()
    inverse = group.inverses
    commutators = None if group.is_abelian else t[t, inverse[t.T]]
    for _ in range(rounds):
        many = int(colours.max()) + 1
        if many == n:
            break
        pairs = colours[None, :] * many + colours[t]
        if commutators is not None:
            pairs = pairs * many + colours[commutators]
        pairs = np.sort(pairs, axis=1)
        finer = _named(np.concatenate([colours[:, None], pairs], axis=1), digest)
        if int(finer.max()) + 1 == many:
            break
        colours = finer
    return colours, digest.hexdigest()


def _named(rows: np.ndarray, digest: hashlib.blake2b) -> np.ndarray:  # type: ignore[valid-type]
    """Number of each row in the sorted list of different rows, which is fed to the digest with its counts."""
    different, numbers, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    digest.update(np.ascontiguousarray(different, dtype="<i8").tobytes())
    digest.update(np.ascontiguousarray(counts, dtype="<i8").tobytes())
    return numbers.reshape(-1)

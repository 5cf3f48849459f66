"""Pfaffians and hafnians: sums over all perfect matchings, with and without signs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from symmeter.quantum.ops.coefficients import Coefficient

__all__ = ["matched_sum", "matchings"]

Pairs = tuple[tuple[int, int], ...]


def matchings(
    places: Sequence[int], allowed: Callable[[int, int], bool] = lambda p, q: True
) -> Iterator[tuple[int, Pairs]]:
    """All perfect matchings of some places whose pairs are allowed, each with its sign.

    Examples
    --------
    >>> list(matchings(range(4)))
    [(1, ((0, 1), (2, 3))), (-1, ((0, 2), (1, 3))), (1, ((0, 3), (1, 2)))]
    """
    places = list(places)
    if not places:
        yield 1, ()
        return
    if len(places) % 2:
        return
    first = places[0]
    for k in range(1, len(places)):
        if allowed(first, places[k]):
            for sign, pairs in matchings(places[1:k] + places[k + 1 :], allowed):
                yield (sign if k % 2 else -sign), ((first, places[k]), *pairs)


def matched_sum(entry: Callable[[int, int], Coefficient], n: int, signed: bool) -> Coefficient:
    """The Pfaffian (``signed``) or hafnian of ``entry(p, q)``, p < q, expanded along rows with its minors remembered.

    Examples
    --------
    >>> matched_sum(lambda p, q: 1, 6, False), matched_sum(lambda p, q: q - p, 4, True)
    (15, 0)
    """
    if n % 2:
        return 0
    table: dict[tuple[int, int], Any] = {}
    known: dict[int, Coefficient] = {0: 1}

    def minor(mask: int) -> Coefficient:
        if mask in known:
            return known[mask]
        p = (mask & -mask).bit_length() - 1
        rest = mask & (mask - 1)
        total: Coefficient = 0
        sign = 1
        left = rest
        while left:
            low = left & -left
            q = low.bit_length() - 1
            if (p, q) not in table:
                table[p, q] = entry(p, q)
            if table[p, q] != 0:
                total = total + sign * table[p, q] * minor(rest ^ low)
            sign = -sign if signed else 1
            left ^= low
        known[mask] = total
        return total

    return minor((1 << n) - 1)

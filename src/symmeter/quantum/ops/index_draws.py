"""Which lattices and which values of free indices tell two expressions apart.

Random values seldom meet the deltas of a term. Each set of deltas that stands on a term of the difference therefore
gets values that fulfil it and, as far as the lattice allows, nothing else. Indices with whole multiples, such as
n_{5i}, get one lattice whose size the multiple divides and one that has no factor in common with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Any

import numpy as np

from symmeter.quantum.ops.body import Slot
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.index_forms import Index, IndexRange
from symmeter.quantum.ops.instantiation import slot_value

__all__ = ["draws", "lattice_sizes"]

_SEEDS = 3
_ATTEMPTS = 40
_MOST_SETS = 40
#: Terms that a lattice beyond the first three may make.
_MOST_STEPS = 20_000
Delta = tuple[Slot, Slot]


def lattice_sizes(*expressions: Expression) -> tuple[int, ...]:
    """Numbers of sites on which expressions with these shifts, numbers and multiples are compared."""
    slots = [s for e in expressions for b in e.terms for s in b.slots()]
    found = [s for s in slots if isinstance(s, Index)]
    reach = max((abs(s.offset) + len(s.parts) for s in found), default=1)
    # Different numbers and different shifts of one index must stay different places.
    numbers = [0, *(s for s in slots if isinstance(s, int))]
    span = max(numbers) - min(numbers)
    least = max(2 if reach <= 1 else 2 * reach + 1, span + reach)
    phases = [p for e in expressions for b in e.terms for p in b.phases]
    sizes = [4, 5, 8] if phases and least <= 4 else list(range(least, least + 3))
    multiples = {abs(c) for s in found if not s.range.labels for _, c in s.parts} | {abs(p.coefficient) for p in phases}
    multiples -= {0, 1}
    # Where every index can have a place of its own.
    more = [min(8, span + 1 + len({n for e in expressions for b in e.terms for n in b.free}))]
    for m in multiples:
        if all(size % m for size in sizes):
            more.append(m * -(-least // m))
    if multiples and all(any(gcd(size, m) > 1 for m in multiples) for size in sizes):
        more.append(next(n for n in range(least, least + 200) if all(gcd(n, m) == 1 for m in multiples)))
    deepest = max((len(b.bound) for e in expressions for b in e.terms), default=0)
    sizes += [n for n in sorted(set(more)) if n > sizes[0] and n not in sizes and n**deepest <= _MOST_STEPS]
    return tuple(sizes)


def draws(
    x: Expression, y: Expression, size: int, distinct: Sequence[tuple[Any, Any]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Seeds and values of the free indices; the first lets all indices of a range coincide, if they may."""
    free = {n: r for e in (x, y) for b in e.terms for n, r in b.free.items()}
    for seed in range(_SEEDS):
        rng = np.random.default_rng(1000 * size + seed)
        for attempt in range(20):
            values = _random(free, size, None if seed == 0 and attempt == 0 and not distinct else rng)
            if _apart(values, size, distinct):
                yield seed, values
                break
    rng = np.random.default_rng(size)
    sets = list(dict.fromkeys(b.deltas for b in (x - y).terms if _is_free(b.deltas, free)))[:_MOST_SETS]
    every = {d for deltas in sets for d in deltas}
    for number, wanted in enumerate(sets if free else ()):
        best: tuple[int, dict[str, Any]] | None = None
        for _ in range(_ATTEMPTS):
            values = _fulfilling(wanted, _random(free, size, rng), size)
            if not all(_holds(d, values, size) for d in wanted) or not _apart(values, size, distinct):
                continue
            score = sum(_holds(d, values, size) for d in every.difference(wanted))
            score += len(values) - len(set(map(repr, values.values())))
            if best is None or score < best[0]:
                best = score, values
        if best is not None:
            yield _SEEDS + number, best[1]


def _random(free: dict[str, IndexRange], size: int, rng: Any) -> dict[str, Any]:
    values = {}
    for n, r in sorted(free.items()):
        choices = r.labels or range(size)
        values[n] = choices[0 if rng is None else int(rng.integers(len(choices)))]
    return values


def _is_free(deltas: tuple[Delta, ...], free: dict[str, IndexRange]) -> bool:
    """Whether no summed index stands in the deltas."""
    return all(n in free for d in deltas for s in d if isinstance(s, Index) for n in s.names)


def _fulfilling(deltas: tuple[Delta, ...], values: dict[str, Any], size: int) -> dict[str, Any]:
    """The values after every delta with a bare index has set it to its other side."""
    for first, second in deltas:
        for x, y in ((first, second), (second, first)):
            names = y.names if isinstance(y, Index) else ()
            name = x.parts[0][0] if isinstance(x, Index) and _is_bare(x) else None
            if name is not None and name not in names:
                values = {**values, name: slot_value(y, values, size)}
                break
    return values


def _is_bare(index: Index) -> bool:
    return len(index.parts) == 1 and index.parts[0][1] == 1 and not index.offset


def _holds(delta: Delta, values: dict[str, Any], size: int) -> bool:
    return slot_value(delta[0], values, size) == slot_value(delta[1], values, size)


def _apart(values: dict[str, Any], size: int, distinct: Sequence[tuple[Any, Any]]) -> bool:
    def place(i: Any) -> Any:
        names = i.names if isinstance(i, Index) else (i,)
        if isinstance(i, str) or not all(n in values for n in names):
            return values.get(str(i), str(i))
        return slot_value(i, values, size)

    return all(place(i) != place(j) for i, j in distinct)

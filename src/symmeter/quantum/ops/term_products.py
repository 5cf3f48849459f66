"""Products and brackets of sums, term by term in plain Python: for any mixture of species and any coefficients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from symmeter.quantum.ops.coefficients import Coefficient
from symmeter.quantum.ops.species import Part, Parts, Species

__all__ = ["Key", "all_products", "bracket_terms", "combinations", "key_products"]

#: One part for each species.
Key = tuple[Part, ...]


def combinations(choices: list[Parts]) -> Iterator[tuple[Coefficient, Key]]:
    """All ways to take one part from each sum of parts."""
    if len(choices) == 1:
        for c, p in choices[0]:
            yield c, (p,)
        return
    found: list[tuple[Coefficient, Key]] = [(1, ())]
    for parts in choices:
        found = [(c * k, (*key, p)) for c, key in found for k, p in parts]
    yield from found


def key_products(species: tuple[Species, ...], left: Key, right: Key) -> Iterator[tuple[Coefficient, Key]]:
    """The product of two terms."""
    if len(species) == 1:
        for c, p in species[0].multiply(left[0], right[0]):
            yield c, (p,)
        return
    sign = 1
    later = 0
    for s, mine, theirs in zip(reversed(species), reversed(left), reversed(right)):
        # What stands at the right of this species in the left term is passed by this species of the right term.
        if later and s.parity(theirs):
            sign = -sign
        later ^= s.parity(mine)
    for c, key in combinations([s.multiply(p, q) for s, p, q in zip(species, left, right)]):
        yield c * sign, key


def all_products(
    species: tuple[Species, ...], left: Iterable[Any], right: Iterable[Any]
) -> Iterator[tuple[Key, Coefficient]]:
    right = list(right)
    for key, value in left:
        for other, factor in right:
            both = value * factor
            for c, found in key_products(species, key, other):
                yield found, both * c


def bracket_terms(
    species: tuple[Species, ...], left: Mapping[Key, Coefficient], right: Mapping[Key, Coefficient], sign: int
) -> Iterator[tuple[Key, Coefficient]]:
    others = list(right.items())
    at_mode: dict[tuple[int, int], set[int]] = {}
    odd_ones: set[int] = set()
    for k, (key, _) in enumerate(others):
        for place in _support(species, key):
            at_mode.setdefault(place, set()).add(k)
        if _odd(species, key):
            odd_ones.add(k)
    for key, value in left.items():
        if sign > 0:
            chosen: Iterable[int] = range(len(others))
        else:
            near = set(odd_ones) if _odd(species, key) else set()
            for place in _support(species, key):
                near |= at_mode.get(place, set())
            chosen = sorted(near)
        for k in chosen:
            other, factor = others[k]
            both = value * factor
            for c, found in key_products(species, key, other):
                yield found, both * c
            for c, found in key_products(species, other, key):
                yield found, both * c * sign


def _support(species: tuple[Species, ...], key: Key) -> Iterator[tuple[int, int]]:
    for k, (s, part) in enumerate(zip(species, key)):
        for mode in s.modes(part):
            yield k, mode


def _odd(species: tuple[Species, ...], key: Key) -> int:
    return sum(s.parity(p) for s, p in zip(species, key)) & 1

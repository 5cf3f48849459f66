"""A term with indices, apart from its number: sums, indexed symbols, Kronecker deltas, phases, a word of operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.index_forms import Index, IndexRange
from symmeter.quantum.ops.species import Species

__all__ = ["Body", "Letter", "Phase", "Slot", "TensorFactor", "slot_order"]

#: A place of an index: an index, a number or a label.
Slot = Index | int | str


def slot_order(slot: Slot) -> tuple[Any, ...]:
    """Sorting key of slots of any kind."""
    if isinstance(slot, Index):
        return 2, slot.parts, slot.offset, slot.range.name
    return (0, slot) if isinstance(slot, int) else (1, slot)


@dataclass(frozen=True)
class Letter:
    """One operator: its species, its kind ("cd", "S+", ...) and its indices."""

    species: Species
    kind: str
    slots: tuple[Slot, ...]

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorting key."""
        return self.species.name, self.kind, tuple(map(slot_order, self.slots))


@dataclass(frozen=True)
class TensorFactor:
    """A symbol with indices.

    Attributes
    ----------
    name : str
    slots : tuple of Slot
    conjugated : bool
    properties : frozenset of str
        Among "real", "hermitian" (two indices), "symmetric", "antisymmetric", "hollow" (zero when two indices agree),
        "step" (of two sites: 1 where the first has the smaller number).
    """

    name: str
    slots: tuple[Slot, ...]
    conjugated: bool = False
    properties: frozenset[str] = frozenset()

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorting key."""
        return self.name, self.conjugated, tuple(map(slot_order, self.slots))

    def conjugate(self) -> TensorFactor:
        """Its complex conjugate."""
        if "real" in self.properties:
            return self
        if "hermitian" in self.properties:
            return replace(self, slots=self.slots[::-1])
        return replace(self, conjugated=not self.conjugated)

    def ordered(self) -> tuple[int, TensorFactor]:
        """Sign and form with sorted indices, for (anti)symmetric symbols; sign 0 when it vanishes."""
        if "hollow" in self.properties and len(set(self.slots)) < len(self.slots):
            return 0, self
        if not self.properties & {"symmetric", "antisymmetric"}:
            return 1, self
        slots, sign = sorted_with_sign(self.slots, slot_order)
        if "antisymmetric" not in self.properties:
            return 1, replace(self, slots=slots)
        return (0 if len(set(slots)) < len(slots) else sign), replace(self, slots=slots)


@dataclass(frozen=True)
class Phase:
    """``exp(i coefficient first . second)`` of two single indices; ``second`` None stands for 1."""

    first: Index
    second: Index | None
    coefficient: int

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorting key."""
        return slot_order(self.first), slot_order(self.second) if self.second is not None else (), self.coefficient


@dataclass(frozen=True)
class Body:
    """Everything of a term but its number.

    Attributes
    ----------
    bound : tuple of (name, IndexRange)
        Indices that are summed.
    tensors : tuple of TensorFactor
    deltas : tuple of pairs of Slot
    phases : tuple of Phase
    word : tuple of Letter
        In normal order.
    """

    bound: tuple[tuple[str, IndexRange], ...] = ()
    tensors: tuple[TensorFactor, ...] = ()
    deltas: tuple[tuple[Slot, Slot], ...] = ()
    phases: tuple[Phase, ...] = ()
    word: tuple[Letter, ...] = ()

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorting key, terms with fewer operators first."""
        backwards = sum(isinstance(s, Index) and s.offset < 0 for s in self.slots())
        return (
            len(self.word),
            backwards,
            tuple(w.order for w in self.word),
            tuple(t.order for t in self.tensors),
            tuple((slot_order(x), slot_order(y)) for x, y in self.deltas),
            tuple(p.order for p in self.phases),
            tuple(n for n, _ in self.bound),
        )

    def slots(self) -> Iterable[Slot]:
        """Every slot in it."""
        for t in self.tensors:
            yield from t.slots
        for pair in self.deltas:
            yield from pair
        for p in self.phases:
            yield p.first
            if p.second is not None:
                yield p.second
        for w in self.word:
            yield from w.slots

    @property
    def free(self) -> dict[str, IndexRange]:
        """Names that no sum binds."""
        bound = {n for n, _ in self.bound}
        return {n: s.range for s in self.slots() if isinstance(s, Index) for n in s.names if n not in bound}

    def mapped(self, change: Callable[[Slot], Slot]) -> Body:
        """Change every slot outside phases."""
        return replace(
            self,
            tensors=tuple(replace(t, slots=tuple(map(change, t.slots))) for t in self.tensors),
            deltas=tuple((change(x), change(y)) for x, y in self.deltas),
            word=tuple(Letter(w.species, w.kind, tuple(map(change, w.slots))) for w in self.word),
        )

    def renamed(self, names: dict[str, str]) -> Body:
        """Other names for indices, bound ones included."""

        def change(slot: Slot) -> Slot:
            return slot.renamed(names) if isinstance(slot, Index) else slot

        phases = tuple(
            Phase(p.first.renamed(names), None if p.second is None else p.second.renamed(names), p.coefficient)
            for p in self.phases
        )
        bound = tuple((names.get(n, n), r) for n, r in self.bound)
        return replace(self.mapped(change), phases=merged_phases(phases), bound=bound)

    def substituted(self, name: str, value: Slot) -> Body:
        """Put a slot in the place of a name, which is no longer bound."""

        def change(slot: Slot) -> Slot:
            return slot.substitute(name, value) if isinstance(slot, Index) else slot

        phases: list[Phase] = []
        for p in self.phases:
            firsts, seconds = _linear(p.first, name, value), _linear(p.second, name, value)
            phases += [
                Phase(*_sorted_pair(a, b), p.coefficient * x * y) for a, x in firsts for b, y in seconds if a or b
            ]
        bound = tuple((n, r) for n, r in self.bound if n != name)
        return replace(self.mapped(change), phases=merged_phases(phases), bound=bound)


def _linear(index: Index | None, name: str, value: Slot) -> list[tuple[Index | None, int]]:
    """A single index after a substitution, as a sum of single indices (None for 1) with integers."""
    if index is None or index.coefficient(name) == 0:
        return [(index, 1)]
    if isinstance(value, str):
        raise InputError(f"the label {value!r} has no place in a phase; phases are made of sites and momenta")
    if isinstance(value, int):
        return [(None, value)]
    out: list[tuple[Index | None, int]] = [(Index.named(n, value.range), c) for n, c in value.parts]
    return out + ([(None, value.offset)] if value.offset else [])


def _sorted_pair(a: Index | None, b: Index | None) -> tuple[Any, Any]:
    if a is None:
        return b, None
    return (a, b) if b is None or slot_order(a) <= slot_order(b) else (b, a)


def merged_phases(phases: Iterable[Phase]) -> tuple[Phase, ...]:
    """Add the exponents of equal pairs."""
    total: dict[tuple[Any, Any], int] = {}
    for p in phases:
        pair = _sorted_pair(p.first, p.second)
        total[pair] = total.get(pair, 0) + p.coefficient
    return tuple(sorted((Phase(a, b, c) for (a, b), c in total.items() if c), key=lambda p: p.order))


def sorted_with_sign(items: Iterable[Any], key: Callable[[Any], Any]) -> tuple[tuple[Any, ...], int]:
    """Stable sort, and the sign of the permutation."""
    keyed = [(key(x), n, x) for n, x in enumerate(items)]
    keyed.sort(key=lambda t: t[:2])
    places = [n for _, n, _ in keyed]
    odd = sum(p > q for k, p in enumerate(places) for q in places[k + 1 :]) & 1
    return tuple(x for _, _, x in keyed), -1 if odd else 1

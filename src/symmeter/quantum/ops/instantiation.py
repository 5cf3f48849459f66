"""The second route to every identity with indices: a small concrete lattice, random numbers for every symbol.

Ranges get a size, indexed symbols get tables of random Gaussian integers, free indices random values; the result is an
exact Operator. Two expressions that agree for several sizes and seeds are equal with overwhelming probability
(Schwartz and Zippel for the coefficients), and one disagreement is a counterexample.
"""

from __future__ import annotations

import cmath
from collections.abc import Iterator, Mapping
from itertools import product as every
from typing import Any

import numpy as np

from symmeter.errors import InputError
from symmeter.quantum.ops.body import Body, Slot, TensorFactor, sorted_with_sign
from symmeter.quantum.ops.coefficients import (
    Coefficient,
    Gaussian,
    as_coefficient,
    conjugate,
    drawn_number,
    is_symbolic,
)
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.index_forms import Index, IndexRange
from symmeter.quantum.ops.majoranas import Majoranas
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.paulis import I_POWERS
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins
from symmeter.quantum.ops.words import letters_product

__all__ = ["Instance", "slot_value"]

_MOST_TERMS = 200_000


class Instance:
    """One concrete lattice with one draw of all numbers.

    Parameters
    ----------
    size : int
        Number of sites (and momenta) of every range without labels.
    seed : int
        Seed of the draw.
    values : mapping, optional
        Numbers for symbols and values for free indices, by name; what is missing is drawn.
    tensors : mapping, optional
        For the name of an indexed symbol a function of its indices.
    """

    def __init__(
        self,
        size: int,
        seed: int = 0,
        values: Mapping[str, Any] | None = None,
        tensors: Mapping[str, Any] | None = None,
    ) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise InputError(f"an instance has a positive number of sites; got {size!r}")
        self.size = size
        self.values: dict[str, Any] = dict(values or {})
        self.tensors = dict(tensors or {})
        self._rng = np.random.default_rng(seed)
        self._tables: dict[tuple[Any, ...], Coefficient] = {}

    def operator(self, expression: Expression) -> Operator:
        """The concrete operator."""
        return self.operators(expression)[0]

    def operators(self, *expressions: Expression) -> tuple[Operator, ...]:
        """Several expressions on one lattice, with the same numbers."""
        words = [list(self._words(e)) for e in expressions]
        labels: dict[Species, dict[Any, None]] = {}
        for found in words:
            for _, letters in found:
                for s, _, label in letters:
                    labels.setdefault(s, {})[label] = None
        concrete: dict[Species, tuple[Species, dict[Any, int]]] = {}
        for s, where in labels.items():
            ordered = sorted(where, key=repr)
            concrete[s] = (_on_sites(s, ordered), {label: k for k, label in enumerate(ordered)})
        species = tuple(sorted((s for s, _ in concrete.values()), key=lambda s: s.name))
        return tuple(Operator(species, collect(self._terms(species, concrete, found))) for found in words)

    @staticmethod
    def _terms(species: Any, concrete: Any, words: Any) -> Iterator[tuple[Any, Coefficient]]:
        for value, letters in words:
            modes = [(concrete[s][0], kind, concrete[s][1][label]) for s, kind, label in letters]
            wedge = [m for s, _, m in modes if isinstance(s, Majoranas)]
            # A Majorana word of an Expression is the antisymmetric product.
            if len(set(wedge)) == len(wedge):
                yield from letters_product(species, modes, value).items()

    def _words(self, expression: Expression) -> Iterator[tuple[Coefficient, list[tuple[Species, str, Any]]]]:
        for name, over in sorted({(n, r) for body in expression.terms for n, r in body.free.items()}):
            if name not in self.values:
                self.values[name] = self._draw(over)
        done = 0
        for body, coefficient in sorted(expression.terms.items(), key=lambda t: t[0].order):
            number = self._number(coefficient, {r.size for _, r in body.bound} | {r.size for r in body.free.values()})
            names = [n for n, _ in body.bound]
            for chosen in every(*(self._values(r) for _, r in body.bound)):
                done += 1
                if done > _MOST_TERMS:
                    raise InputError(f"{self.size} sites make more than {_MOST_TERMS} terms; take fewer sites")
                table = {**self.values, **dict(zip(names, chosen))}
                value = number * self._scalar(body, table)
                if value != 0:
                    yield value, [(w.species, w.kind, tuple(self._at(s, table) for s in w.slots)) for w in body.word]

    def _values(self, over: IndexRange) -> Any:
        return over.labels or range(self.size)

    def _draw(self, over: IndexRange) -> Any:
        values = self._values(over)
        return values[int(self._rng.integers(len(values)))]

    def _at(self, slot: Slot, table: Mapping[str, Any]) -> Any:
        return slot_value(slot, table, self.size)

    def _scalar(self, body: Body, table: Mapping[str, Any]) -> Coefficient:
        if any(self._at(x, table) != self._at(y, table) for x, y in body.deltas):
            return 0
        value: Coefficient = 1
        for t in body.tensors:
            value = value * self._entry(t, tuple(self._at(s, table) for s in t.slots))
        turns = sum(
            p.coefficient * self._at(p.first, table) * (1 if p.second is None else self._at(p.second, table))
            for p in body.phases
        )
        if turns % self.size == 0:
            return value
        if 4 * turns % self.size == 0:
            return value * I_POWERS[4 * turns // self.size % 4]
        return value * cmath.exp(2j * cmath.pi * (turns % self.size) / self.size)

    def _entry(self, t: TensorFactor, where: tuple[Any, ...]) -> Coefficient:
        if "step" in t.properties:
            return int(where[0] < where[1])
        if t.name in self.tensors:
            found = as_coefficient(self.tensors[t.name](*where))
            return conjugate(found) if t.conjugated else found
        sign = 1
        if "hollow" in t.properties and len(set(where)) < len(where):
            return 0
        if t.properties & {"symmetric", "antisymmetric"}:
            where, odd = sorted_with_sign(where, repr)
            sign = odd if "antisymmetric" in t.properties else 1
            if "antisymmetric" in t.properties and len(set(where)) < len(where):
                return 0
        key = (t.name, *where)
        if key not in self._tables:
            mirror = (t.name, *where[::-1])
            if "hermitian" in t.properties and mirror in self._tables:
                self._tables[key] = conjugate(self._tables[mirror])
            else:
                real = "real" in t.properties or ("hermitian" in t.properties and key == mirror)
                self._tables[key] = self._integer(real)
        found = self._tables[key] * sign
        return conjugate(found) if t.conjugated else found

    def _integer(self, real: bool) -> Coefficient:
        a, b = (int(x) for x in self._rng.integers(-9, 10, 2))
        return a if real else a + Gaussian(0, b)

    def _number(self, coefficient: Coefficient, sizes: set[str]) -> Coefficient:
        if not is_symbolic(coefficient):
            return coefficient
        table = {}
        for symbol in sorted(coefficient.free_symbols, key=str):
            name = str(symbol)
            if name not in self.values:
                is_size = symbol.is_integer and symbol.is_positive and (name in sizes or name == "N")
                drawn = self.size if is_size else drawn_number(symbol, self._rng, 10)
                if is_size:
                    table[symbol] = drawn
                    continue
                self.values[name] = drawn
            value = self.values[name]
            table[symbol] = value._sympy_() if isinstance(value, Gaussian) else value
        return as_coefficient(coefficient.subs(table).doit())


def slot_value(slot: Slot, table: Mapping[str, Any], size: int) -> Any:
    """The site or label of a slot when the names have values."""
    if not isinstance(slot, Index):
        return slot % size if isinstance(slot, int) else slot
    total = slot.offset
    labels = slot.range.labels
    for n, c in slot.parts:
        v = table[n]
        total += c * (labels.index(v) if labels else v)
    return labels[total % len(labels)] if labels else total % size


def _on_sites(s: Species, labels: list[Any]) -> Species:
    """The same species with these labels as its sites."""
    sites = tuple(label[0] if len(label) == 1 else label for label in labels)
    if isinstance(s, Spins):
        return Spins(s.spin, None, sites, name=s.name)
    if isinstance(s, SUN):
        return SUN(s.colours, sites, name=s.name)
    return type(s)(None, sites, name=s.name)

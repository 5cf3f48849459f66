"""Products of terms with indices: summed indices kept apart, letters brought to order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from symmeter.quantum.ops.body import Body, Letter, Slot, merged_phases
from symmeter.quantum.ops.coefficients import Coefficient
from symmeter.quantum.ops.symbolic_order import ordered_product

__all__ = ["fresh_names", "raw_products", "reordered"]


def reordered(
    word: tuple[Letter, ...],
) -> Iterator[tuple[Coefficient, tuple[tuple[Slot, Slot], ...], tuple[Letter, ...]]]:
    """A word whose letters were reversed, in the order of species and kinds again."""
    found: list[Any] = [(1, (), ())]
    for w in word:
        # Majorana letters of a word are antisymmetric: they have no contractions among themselves.
        found = [
            (c * k, d + e, rest)
            for c, d, have in found
            for k, e, rest in ordered_product(have, (w,))
            if w.kind != "g" or not e
        ]
    yield from found


fresh_names = count()


def raw_products(left: Any, right: Any, contract: bool = True) -> Iterator[tuple[Coefficient, Body]]:
    """The terms of a product of two expressions, before deltas are solved; without contractions if so asked."""
    mine = [(apart(b), v) for b, v in left.terms.items()]
    theirs = [(apart(b), v) for b, v in right.terms.items()]
    for a, v in mine:
        for b, w in theirs:
            b = apart(b)
            joint = Body(
                a.bound + b.bound, a.tensors + b.tensors, a.deltas + b.deltas, merged_phases(a.phases + b.phases)
            )
            for c, deltas, word in ordered_product(a.word, b.word):
                if not contract and len(word) < len(a.word) + len(b.word):
                    continue
                yield v * w * c, replace(joint, deltas=joint.deltas + deltas, word=word)


def apart(body: Body) -> Body:
    """Summed indices under names that nothing else has."""
    return body.renamed({n: f"#t{next(fresh_names)}" for n, _ in body.bound}) if body.bound else body

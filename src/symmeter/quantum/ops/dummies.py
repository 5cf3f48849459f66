"""One name for one thing: canonical names of summed indices, so that equal terms have equal bodies.

Colour refinement separates the indices by where they stand; among what it leaves equal every order is tried, and the
smallest body wins. A term that reaches its smallest body with both signs is zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from itertools import product as every
from math import factorial
from typing import Any

from symmeter.quantum.ops.body import Body, slot_order
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.symbolic_order import sorted_word

__all__ = ["canonical_body"]

_MOST_ORDERS = 5040
_MOST_SHIFTS = 64


def canonical_body(body: Body) -> tuple[int, Body]:
    """Sign and canonical form; sign 0 when the term vanishes."""
    if not body.bound:
        return _sorted_body(body)
    # Names in the order of appearance, so that the answer does not depend on what was computed before.
    appearing = dict.fromkeys(n for s in body.slots() if isinstance(s, Index) for n in s.names)
    bound = [n for n in appearing if n in dict(body.bound)] + [n for n, _ in body.bound if n not in appearing]
    body = body.renamed({n: f"#d{k:04d}" for k, n in enumerate(bound)})
    best: Body | None = None
    best_sign = 0
    shifts = _shifts(body)
    for shifted in shifts:
        for names in _numberings(shifted, _MOST_ORDERS // len(shifts)):
            sign, found = _sorted_body(shifted.renamed(names))
            if sign == 0:
                return 0, found
            if best is None or found.order < best.order:
                best, best_sign = found, sign
            elif sign != best_sign and found == best:
                return 0, best
    assert best is not None
    return best_sign, best


def _sorted_body(body: Body) -> tuple[int, Body]:
    sign, word = sorted_word(body.word)
    tensors = []
    for t in body.tensors:
        s, ordered = t.ordered()
        sign *= s
        tensors.append(ordered)
    deltas = tuple(sorted((tuple(sorted(d, key=slot_order)) for d in body.deltas), key=lambda d: [*map(slot_order, d)]))
    return sign, replace(
        body,
        bound=tuple(sorted(body.bound, key=lambda b: b[0])),
        tensors=tuple(sorted(tensors, key=lambda t: t.order)),
        deltas=deltas,  # type: ignore[arg-type]
        word=word,
    )


def _shifts(body: Body) -> list[Body]:
    """Every way to make each summed index bare in one of its places: sums over cyclic ranges may be shifted."""
    found = [body]
    for name, over in body.bound:
        if over.labels:
            continue
        more: list[Body] = []
        for b in found:
            places = {s for s in b.slots() if isinstance(s, Index) and abs(s.coefficient(name)) == 1}
            if not any(len(s.parts) > 1 or s.offset or s.coefficient(name) < 0 for s in places):
                more.append(b)
                continue
            single = Index.named(name, over)
            for s in sorted(places, key=slot_order):
                c = s.coefficient(name)
                rest = s - single.times(c)
                # s = c name + rest: with name -> c (name - rest) the place becomes the bare name.
                more.append(replace(b.substituted(name, (single - rest).times(c)), bound=b.bound))
        found = more[:_MOST_SHIFTS]
    return found


def _places(body: Body) -> Iterator[tuple[Any, ...]]:
    """Slots with what tells them apart: (where, position, slot)."""
    for t in body.tensors:
        ordered = not t.properties & {"symmetric", "antisymmetric"}
        for k, s in enumerate(t.slots):
            yield ("t", t.name, t.conjugated, k if ordered else -1), t.slots, s
    for w in body.word:
        for k, s in enumerate(w.slots):
            yield ("w", w.species.name, w.kind, k), w.slots, s
    for p in body.phases:
        slots = (p.first, p.second) if p.second is not None else (p.first,)
        for s in slots:
            yield ("p", "", str(p.coefficient), 0), slots, s


def _numberings(body: Body, most: int) -> Iterator[dict[str, str]]:
    """Namings ``#0, #1, ...`` of the summed indices that refinement allows."""
    colours: dict[str, Any] = {n: (r.name, r.size) for n, r in body.bound}
    for _ in range(len(colours)):
        marks: dict[str, list[Any]] = {n: [] for n in colours}
        for where, together, slot in _places(body):
            if isinstance(slot, Index):
                for n in slot.names:
                    if n in marks:
                        neighbours = tuple(repr(_seen(s, n, colours)) for s in together)
                        if where[3] == -1:
                            neighbours = tuple(sorted(neighbours))
                        marks[n].append((repr(where), repr(_seen(slot, n, colours)), neighbours))
        ranked = {n: (colours[n], tuple(sorted(m))) for n, m in marks.items()}
        order = {v: k for k, v in enumerate(sorted(set(ranked.values()), key=repr))}
        fresh = {n: order[v] for n, v in ranked.items()}
        if len(set(fresh.values())) == len(set(map(repr, colours.values()))) and _ > 0:
            colours = fresh
            break
        colours = fresh
    classes: dict[Any, list[str]] = {}
    for n in sorted(colours):
        classes.setdefault(colours[n], []).append(n)
    groups = [classes[c] for c in sorted(classes)]
    orders = 1
    for g in groups:
        orders *= factorial(len(g))
    choices = (list(permutations(g)) if orders <= most else [tuple(g)] for g in groups)
    for choice in every(*choices):
        yield {n: f"#{k}" for k, n in enumerate(n for group in choice for n in group)}


def _seen(slot: Any, me: str, colours: dict[str, Any]) -> tuple[Any, ...]:
    """A slot as an index sees it: itself, colours of summed indices, names of free ones."""
    if not isinstance(slot, Index):
        return ("v", str(slot))
    parts = sorted((repr("me" if n == me else colours.get(n, n)), c) for n, c in slot.parts)
    return ("i", tuple(parts), slot.offset)

"""Kronecker deltas under sums, sums over nothing, sums of phases, relations of one site: a term in its final form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symmeter.errors import InputError
from symmeter.quantum.ops.body import Body, Phase, Slot, TensorFactor
from symmeter.quantum.ops.coefficients import Coefficient, require_sympy
from symmeter.quantum.ops.dummies import canonical_body
from symmeter.quantum.ops.index_forms import Index, IndexRange
from symmeter.quantum.ops.symbolic_order import merged_letters

__all__ = ["settled"]


def settled(coefficient: Coefficient, body: Body) -> Iterator[tuple[Body, Coefficient]]:
    """The terms that a raw term becomes, canonical and without anything that can still be evaluated."""
    waiting = [(coefficient, body)]
    while waiting:
        value, raw = waiting.pop()
        kept = tuple(t for t in raw.tensors if _step(t) is None)
        if len(kept) < len(raw.tensors):
            if any(_step(t) == 0 for t in raw.tensors):
                continue
            raw = replace(raw, tensors=kept)
        solved = _without_deltas(raw)
        if solved is None:
            continue
        factor, solved = _without_idle_sums(solved)
        if factor is None:
            waiting.append((value, solved))
            continue
        sign, found = canonical_body(solved)
        if sign == 0:
            continue
        merged = merged_letters(found.word)
        if merged is None:
            yield found, value * factor * sign
        else:
            waiting += [(value * factor * sign * c, replace(found, word=word)) for c, word in merged]


def _step(t: TensorFactor) -> int | None:
    """The value of a step between two sites that are known."""
    if "step" not in t.properties:
        return None
    if t.slots[0] == t.slots[1]:
        return 0
    if not all(isinstance(s, int) and s >= 0 for s in t.slots):
        return None
    return int(t.slots[0] < t.slots[1])  # type: ignore[operator]


def _difference(x: Slot, y: Slot) -> Index | bool:
    """What must vanish for two slots to be equal; True when they are equal, False when they never are."""
    if x == y:
        return True
    if not isinstance(x, Index) and not isinstance(y, Index):
        return False
    if isinstance(x, str) or isinstance(y, str):
        label, index = (x, y) if isinstance(x, str) else (y, x)
        assert isinstance(index, Index)
        assert isinstance(label, str)
        labels = index.range.labels
        if label not in labels:
            raise InputError(f"the index {index} does not run over {label!r}; it runs over {_values(index.range)}")
        return index - labels.index(label)
    if isinstance(x, int):
        x, y = y, x
    assert isinstance(x, Index)
    d = x - y
    if not d.parts:
        return d.offset == 0
    return d


def _values(over: IndexRange) -> str:
    return ", ".join(over.labels) if over.labels else over.name


def _as_slot(index: Index) -> Slot:
    """A number or label where nothing but an offset is left."""
    if index.parts:
        return index
    return index.range.labels[index.offset % len(index.range.labels)] if index.range.labels else index.offset


def _without_deltas(body: Body) -> Body | None:
    """Solve every delta for a summed index, or else for a free one, which stays; None when one is 0."""
    waiting = list(body.deltas)
    body = replace(body, deltas=())
    kept: list[tuple[Slot, Slot]] = []
    while waiting:
        x, y = waiting.pop()
        d = _difference(x, y)
        if d is True:
            continue
        if d is False:
            return None
        assert isinstance(d, Index)
        bound = {n for n, _ in body.bound}
        solvable = [n for n, c in d.parts if abs(c) == 1]
        summed = [n for n in solvable if n in bound]
        if not solvable:
            kept.append((d, 0))
            continue
        name = max(summed or solvable)
        c = d.coefficient(name)
        value = _as_slot(Index.named(name, d.range) - d.times(c))
        whole = replace(body, deltas=(*waiting, *kept)).substituted(name, value)
        waiting = list(whole.deltas)
        kept = []
        body = replace(whole, deltas=())
        if not summed:
            # The substituted name is gone from everywhere else, so that this delta is final unless its rest changes.
            frozen = (Index.named(name, d.range), value)
            inner = _without_deltas(replace(body, deltas=tuple(waiting)))
            if inner is None:
                return None
            return replace(inner, deltas=(*inner.deltas, _followed(frozen, inner)))
    return replace(body, deltas=tuple(kept))


def _followed(delta: tuple[Index, Slot], body: Body) -> tuple[Slot, Slot]:
    """A solved delta after those that were solved later."""
    name, value = delta
    for x, y in body.deltas:
        if isinstance(value, Index) and isinstance(x, Index) and len(x.parts) == 1 and value.coefficient(x.parts[0][0]):
            value = value.substitute(x.parts[0][0], y)
    return name, value


def _without_idle_sums(body: Body) -> tuple[Coefficient | None, Body]:
    """Sums over indices that appear nowhere give their size; those in phases only give deltas (first item None)."""
    factor: Coefficient = 1
    inside = {n for t in (*body.tensors, *body.word) for s in t.slots if isinstance(s, Index) for n in s.names}
    inside |= {n for d in body.deltas for s in d if isinstance(s, Index) for n in s.names}
    for name, over in body.bound:
        if name in inside:
            continue
        mine = [p for p in body.phases if name in p.first.names or (p.second is not None and name in p.second.names)]
        bound = tuple(b for b in body.bound if b[0] != name)
        if not mine:
            factor = factor * _size(over)
            body = replace(body, bound=bound)
            continue
        form = _partner(name, mine)
        if form is None:
            continue
        rest = tuple(p for p in body.phases if p not in mine)
        with_size = replace(body, bound=bound, phases=rest, deltas=(*body.deltas, (form, 0)))
        # The size of the range comes back as a sum over nothing.
        spare = f"{name}'"
        return None, replace(with_size, bound=(*bound, (spare, over)))
    return factor, body


def _partner(name: str, phases: list[Phase]) -> Index | None:
    """The linear form f of ``exp(i name . f)``."""
    form: Index | None = None
    for p in phases:
        if p.second is None:
            return None
        other = p.second if name in p.first.names else p.first
        if name in other.names:
            return None
        piece = other.times(p.coefficient)
        form = piece if form is None else form + piece
    return form


def _size(over: IndexRange) -> Coefficient:
    if over.labels:
        return len(over.labels)
    if over.size.isdigit():
        return int(over.size)
    sympy = require_sympy()

    return sympy.Symbol(over.size, integer=True, positive=True)

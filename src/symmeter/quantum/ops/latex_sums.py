"""Sums and products over indices: over everything, over bonds, with relations such as i < j, with limits.

Sites of a range are 0 to N - 1, cyclic: the last site of a sum from 1 to N is site 0. A sum that leaves sites out is
the sum over all of them without those; ``i < j`` counts from the first site of the sum (site 0 when it has no limits).
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as every
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.coefficients import is_coefficient, is_symbolic
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.indexed_symbols import Sum, delta, tensor
from symmeter.quantum.ops.latex_indices import subscripts
from symmeter.quantum.ops.latex_names import summed_names
from symmeter.quantum.ops.latex_syntax import parse_tokens
from symmeter.quantum.ops.latex_tokens import Token
from symmeter.quantum.ops.latex_tree import BigSum

__all__ = ["big_value"]

_MOST_STEPS = 4096
_MOST_MISSING = 64
_RELATIONS = ("<", ">", r"\neq")
Relation = tuple[str, str, str]


def big_value(reader: Any, node: BigSum) -> Any:
    """The value of a sum or product."""
    lower = [t.text for t in node.lower]
    names = summed_names(node)
    relations = _relations(node, names)
    if "=" in lower:
        return _with_limits(reader, node, names, relations)
    if node.kind == "prod":
        raise _wrong(node, "a product needs limits that are numbers, as in \\prod_{i=1}^{4}")
    body = reader.value(node.body)
    over = [reader.names.indices[n] for n in names]
    if r"\langle" in lower:
        ends = [reader.names.indices[n] for n in _between_angles(node)]
        bonds = tensor("A", *ends, properties="real symmetric hollow")
        return Sum(reader.budget.product(bonds, body, node.column), *over) * Fraction(1, 2)
    return Sum(_weighted(reader, node, body, relations, 0), *over)


def _between_angles(node: BigSum) -> list[str]:
    """The two sites of ``\\langle i j\\rangle``; indices behind it, such as a spin, are no ends of a bond."""
    texts = [t.text for t in node.lower]
    if texts.count(r"\langle") != 1 or texts.count(r"\rangle") != 1:
        raise _wrong(
            node, "a sum over bonds has one pair of angle brackets, as in \\sum_{\\langle i j\\rangle,\\sigma}"
        )
    inside = tuple(t for t in node.lower[texts.index(r"\langle") + 1 : texts.index(r"\rangle")])
    names = [n for s in subscripts(inside) for n in s.names] if inside else []
    if len(names) != 2:
        raise _wrong(node, f"a bond has two ends; {len(names)} stand between the angle brackets")
    return names


def _wrong(node: BigSum, text: str) -> InputError:
    return InputError(f"column {node.column}: {text}")


def _relations(node: BigSum, names: list[str]) -> list[Relation]:
    """Neighbouring names with what stands between them; each mark has a name on both sides."""
    before = node.lower
    if "=" in (texts := [t.text for t in before]):
        before = before[: texts.index("=")]
    marks = [k for k, t in enumerate(before) if t.text in _RELATIONS]
    pieces = [before[a + 1 : b] for a, b in zip([-1, *marks], [*marks, len(before)])]
    ends = [[n for s in subscripts(p) for n in s.names] if p else [] for p in pieces] if marks else []
    found = []
    for k, left, right in zip(marks, ends, ends[1:]):
        if not left or not right:
            raise InputError(f"column {before[k].column}: {before[k].text} stands between two indices")
        found.append((left[-1], before[k].text, right[0]))
    return found


def _weighted(reader: Any, node: BigSum, body: Any, relations: list[Relation], first: int) -> Any:
    """The summand times what is 1 where the relations hold and 0 elsewhere."""
    for left, mark, right in relations:
        i, j = reader.names.indices[left], reader.names.indices[right]
        if mark != r"\neq" and len(relations) == 1 and _symmetric(body, i, j):
            body, mark = body * Fraction(1, 2), r"\neq"
        if mark == r"\neq":
            body = body - reader.budget.product(delta(i, j), body, node.column)
        else:
            if i.range.labels or j.range.labels:
                raise _wrong(node, f"{left} {mark} {right} is for sites; these indices run over names")
            i, j = (i, j) if mark == "<" else (j, i)
            step = tensor("Theta", i - first, j - first, properties="real hollow step")
            body = reader.budget.product(step, body, node.column)
    return body


def _symmetric(body: Any, i: Index, j: Index) -> bool:
    return is_coefficient(body) or (isinstance(body, Expression) and body.substitute({i.name: j, j.name: i}) == body)


def _with_limits(reader: Any, node: BigSum, names: list[str], relations: list[Relation]) -> Any:
    cut = next(k for k, t in enumerate(node.lower) if t.text == "=")
    first = node.lower[cut + 1 :]
    if not node.upper:
        values = [reader.names.slot(s) for s in subscripts(first)] if first else []
    else:
        start, end = (_limit(reader, node, tokens) for tokens in (first, node.upper))
        if not isinstance(start, int) or not isinstance(end, int):
            return _symbolic_limits(reader, node, names, relations, start, end)
        if end - start > _MOST_STEPS:
            raise _wrong(node, f"the sum has {end - start + 1} terms; the most is {_MOST_STEPS}")
        values = list(range(start, end + 1))
    if len(values) ** len(names) > _MOST_STEPS:
        raise _wrong(node, f"the sum has {len(values)}^{len(names)} terms; the most is {_MOST_STEPS}")
    body = reader.value(node.body)
    choices = [dict(zip(names, c)) for c in every(values, repeat=len(names))]
    choices = [c for c in choices if all(_holds(c[a], mark, c[b], node) for a, mark, b in relations)]
    if not is_coefficient(body) and hasattr(body, "__len__"):
        reader.budget.spend(len(body) * len(choices), node.column)
    pieces = [reader.simplest(body.substitute(c)) if isinstance(body, Expression) else body for c in choices]
    if node.kind == "sum":
        return _added(pieces)
    result: Any = 1
    for piece in pieces:
        result = reader.budget.product(result, piece, node.column)
    return result


def _limit(reader: Any, node: BigSum, tokens: tuple[Token, ...]) -> Any:
    if not tokens:
        raise _wrong(node, "the sum lacks a limit; write \\sum_{i=1}^{N}")
    return reader.value(parse_tokens(tokens))


def _holds(x: Any, mark: str, y: Any, node: BigSum) -> bool:
    if mark == r"\neq":
        return x != y
    if not isinstance(x, int) or not isinstance(y, int):
        raise _wrong(node, f"{x} and {y} have no order")
    return x < y if mark == "<" else x > y


def _symbolic_limits(
    reader: Any, node: BigSum, names: list[str], relations: list[Relation], start: Any, end: Any
) -> Any:
    if node.kind == "prod":
        raise _wrong(node, "a product needs limits that are numbers")
    symbols = list(end.free_symbols) if is_symbolic(end) else []
    last = end - symbols[0] if len(symbols) == 1 else None
    if last is None or not last.is_Integer or not isinstance(start, int) or not 0 <= start - last - 1 <= _MOST_MISSING:
        raise _wrong(node, "a sum runs from 1 to N, from 0 to N - 1 or over fewer sites, with one symbol N")
    missing = range(int(last) + 1, start)
    total = _weighted(reader, node, reader.value(node.body), relations, start)
    for n in names:
        index = reader.names.indices[n]
        if missing and index.range.labels:
            raise _wrong(node, f"{n} runs over {', '.join(index.range.labels)}, not over sites")
        whole = Sum(total, index)
        reader.budget.spend(10 * len(whole) * len(missing), node.column)
        lifted = Expression.lift(total)
        total = whole - sum((lifted.substitute({n: v}) for v in missing), Expression({}))
    return total


def _added(pieces: list[Any]) -> Any:
    """A sum of many values, halves first, so that a long sum is not copied for every term."""
    if len(pieces) < 3:
        return sum(pieces[1:], pieces[0]) if pieces else 0
    middle = len(pieces) // 2
    return _added(pieces[:middle]) + _added(pieces[middle:])

"""What expressions are made of besides operators: sums, deltas, symbols with indices, phases, normal products."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.body import Body, Phase, TensorFactor, merged_phases
from symmeter.quantum.ops.body_products import fresh_names, raw_products
from symmeter.quantum.ops.expression import Expression, as_slot
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.symbolic_order import is_ladder

__all__ = ["Sum", "delta", "normal_product", "phase", "tensor"]

_PROPERTIES = frozenset({"real", "hermitian", "symmetric", "antisymmetric", "hollow", "step"})


def Sum(expression: Any, *over: Index) -> Expression:
    """Sum over indices.

    Parameters
    ----------
    expression : Expression or Operator
    over : Index
        Single indices; they are no longer free.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> i, j = ops.indices("i j")
    >>> print(ops.Sum(ops.delta(i, j) * ops.Bosons().ann(i), i), "and", ops.Sum(1 + 0 * ops.delta(i, j), i))
    a[j] and N
    """
    lifted = Expression.lift(expression)
    names = {i.name: i.range for i in over}
    if len(names) < len(over):
        raise InputError(f"an index is summed twice: {', '.join(map(str, over))}")
    raw = []
    for body, value in lifted.terms.items():
        renaming = {n: f"#t{next(fresh_names)}" for n in names}
        renamed = body.renamed(renaming)
        raw.append((value, replace(renamed, bound=renamed.bound + tuple((renaming[n], r) for n, r in names.items()))))
    return Expression.of(raw)


def delta(first: Any, second: Any) -> Expression:
    """Kronecker's delta of two indices, numbers or labels.

    Examples
    --------
    >>> i, j = Index.named("i"), Index.named("j")
    >>> print(delta(i, j), "and", delta(i, i + 1), "and", delta(3, 3))
    delta[i,j] and 0 and 1
    """
    return Expression.of([(1, Body(deltas=((as_slot(first), as_slot(second)),)))])


def tensor(name: str, *slots: Any, properties: str = "") -> Expression:
    """A symbol with indices, such as a hopping amplitude.

    Parameters
    ----------
    name : str
        Its letter, a Greek one without the backslash.
    slots : Index, int or str
        Its indices.
    properties : str
        Words among "real", "hermitian", "symmetric", "antisymmetric", "hollow" (zero when two indices agree) and "step"
        (of two sites: 1 where the first has the smaller number, else 0).

    Examples
    --------
    >>> i, j = Index.named("i"), Index.named("j")
    >>> tensor("t", i, j, properties="hermitian").adjoint() == tensor("t", j, i, properties="hermitian")
    True
    """
    words = frozenset(properties.split())
    if words - _PROPERTIES:
        raise InputError(
            f"properties of a symbol are {', '.join(sorted(_PROPERTIES))}; got {', '.join(sorted(words - _PROPERTIES))}"
        )
    if words & {"hermitian", "step"} and len(slots) != 2:
        raise InputError(
            f"a {'Hermitian' if 'hermitian' in words else 'step'} symbol has two indices; {name} has {len(slots)}"
        )
    return Expression.of([(1, Body(tensors=(TensorFactor(name, tuple(map(as_slot, slots)), False, words),)))])


def phase(first: Index, second: Index, coefficient: int = 1) -> Expression:
    """``exp(i coefficient first . second)`` for a momentum and a site; a sum over one of them gives ``N delta``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> k = ops.indices("k", range="momentum")
    >>> i, j = ops.indices("i j")
    >>> print(ops.Sum(phase(k, i) * phase(k, j, -1), k))
    N delta[i,j]
    """
    phases: list[Phase] = []
    for a, x in first.parts:
        for b, y in second.parts:
            phases.append(Phase(Index.named(a, first.range), Index.named(b, second.range), coefficient * x * y))
        if second.offset:
            phases.append(Phase(Index.named(a, first.range), None, coefficient * x * second.offset))
    if first.offset:
        raise InputError(f"the momentum {first} has a fixed part; phases are made of momenta such as k or k + q")
    return Expression.of([(1, Body(phases=merged_phases(phases)))])


def normal_product(left: Any, right: Any) -> Expression:
    """The product without contractions, ``: left right :``, of fermions, bosons and Majorana operators.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f, (i, j) = ops.Fermions(), ops.indices("i j")
    >>> print(normal_product(f.ann(i), f.cre(j)))
    -cd[j] c[i]
    """
    a, b = Expression.lift(left), Expression.lift(right)
    for w in (w for e in (a, b) for body in e.terms for w in body.word):
        if not is_ladder(w.species):
            raise InputError(
                f"normal order between colons is for fermions, bosons and Majorana operators; got {w.species.name}"
            )
    return Expression.of(raw_products(a, b, contract=False))

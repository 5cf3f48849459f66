"""Sums over indices: ``sum_ij t_ij c_i^+ c_j`` with Kronecker deltas, canonical dummies and indexed symbols.

An Expression is always normal-ordered and canonical, like an Operator; its modes may be indices that are free or bound
by a sum. Ranges are cyclic. Coefficients without index are numbers or SymPy expressions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.body import Body, Letter, Phase, Slot
from symmeter.quantum.ops.body_products import raw_products, reordered
from symmeter.quantum.ops.coefficients import (
    Coefficient,
    as_coefficient,
    conjugate,
    is_coefficient,
    is_symbolic,
    is_zero,
)
from symmeter.quantum.ops.collecting import collect
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.operator import Operator, scalar
from symmeter.quantum.ops.settling import settled
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.symbolic_order import adjoint_kind, letters_of

__all__ = ["Expression", "as_slot"]

_LARGEST_POWER = 64
_MOST_TERMS = 100_000


class Expression:
    """An immutable sum of terms with indices.

    A product of Majorana operators in a term is antisymmetric, and printed between colons.

    Attributes
    ----------
    terms : mapping from Body to coefficient

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> i, j, k = ops.indices("i j k")
    >>> f = ops.Fermions()
    >>> hopping = ops.Sum(ops.tensor("t", i, j) * f.cre(i) * f.ann(j), i, j)
    >>> print(ops.commutator(hopping, f.cre(k)))
    sum_i t[i,k] cd[i]
    """

    __slots__ = ("terms",)
    __array_ufunc__ = None

    def __init__(self, terms: Mapping[Body, Coefficient]) -> None:
        if len(terms) > _MOST_TERMS:
            raise InputError(f"the expression has {len(terms)} terms; the most is {_MOST_TERMS}")
        self.terms: Mapping[Body, Coefficient] = MappingProxyType(dict(terms))

    @classmethod
    def of(cls, raw: Iterable[tuple[Coefficient, Body]]) -> Expression:
        """The canonical sum of raw terms."""
        return cls(collect((body, value) for c, b in raw for body, value in settled(c, b)))

    @classmethod
    def letter(cls, species: Species, kind: str, slots: Sequence[Any]) -> Expression:
        """One operator with these indices."""
        wanted = 2 if species.flavours else 1
        places = tuple(as_slot(s) for s in slots)
        if kind.startswith("E") and len(places) != 1:
            raise InputError(f"{species.name} takes one site; got {len(places)} indices")
        if species.flavours and len(places) != wanted:
            raise InputError(f"an operator of {species.name} takes {wanted} indices; got {len(places)}")
        return cls.of((c, Body(word=(Letter(species, k, places),))) for c, k in letters_of(species, kind))

    @classmethod
    def lift(cls, value: Any) -> Expression:
        """A number, an Operator or an Expression as an Expression."""
        if isinstance(value, Expression):
            return value
        if is_coefficient(value):
            value = scalar(value)
        if not isinstance(value, Operator):
            raise InputTypeError(
                f"an expression is made of operators, indexed symbols and numbers; got {type(value).__name__}"
            )
        total = cls({})
        for coefficient, word in value:
            term = cls({Body(): coefficient})
            for s, (kind, mode) in word:
                label = s.label(mode)
                term = term * cls.letter(s, kind, label if isinstance(label, tuple) else (label,))
            total = total + term
        return total

    def __iter__(self) -> Iterator[tuple[Coefficient, Body]]:
        for body, value in sorted(self.terms.items(), key=lambda t: t[0].order):
            yield value, body

    def __len__(self) -> int:
        return len(self.terms)

    # --- arithmetic ---------------------------------------------------------------------------------------------------

    def __add__(self, other: Any) -> Any:
        if not _joins(other):
            return NotImplemented
        return Expression(collect([*self.terms.items(), *Expression.lift(other).terms.items()]))

    __radd__ = __add__

    def __neg__(self) -> Expression:
        return Expression({k: -v for k, v in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        return self + (-other) if _joins(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other if _joins(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        if is_coefficient(other):
            factor = as_coefficient(other)
            return Expression(collect((k, v * factor) for k, v in self.terms.items()))
        if not _joins(other):
            return NotImplemented
        return Expression.of(raw_products(self, Expression.lift(other)))

    def __rmul__(self, other: Any) -> Any:
        if is_coefficient(other):
            return self * other
        return Expression.lift(other) * self if _joins(other) else NotImplemented

    def __truediv__(self, other: Any) -> Any:
        if not is_coefficient(other):
            return NotImplemented
        divisor = as_coefficient(other)
        if is_zero(divisor):
            raise InputError("an expression cannot be divided by 0")
        return self * (Fraction(1, divisor) if isinstance(divisor, int) else 1 / divisor)

    def __pow__(self, power: int) -> Expression:
        if isinstance(power, bool) or not isinstance(power, int) or not 0 <= power <= _LARGEST_POWER:
            raise InputError(f"powers of operators are whole numbers from 0 to {_LARGEST_POWER}; got {power!r}")
        result = Expression({Body(): 1})
        for _ in range(power):
            result = result * self
        return result

    def adjoint(self) -> Expression:
        """The Hermitian conjugate; symbols are complex unless they were declared real or Hermitian."""
        raw = []
        for body, value in self.terms.items():
            word = tuple(Letter(w.species, adjoint_kind(w.species, w.kind), w.slots) for w in reversed(body.word))
            phases = tuple(Phase(p.first, p.second, -p.coefficient) for p in body.phases)
            bare = replace(body, tensors=tuple(t.conjugate() for t in body.tensors), phases=phases)
            for c, deltas, ordered in reordered(word):
                raw.append((conjugate(value) * c, replace(bare, word=ordered, deltas=body.deltas + deltas)))
        return Expression.of(raw)

    def plus_hc(self) -> Expression:
        """The expression plus its Hermitian conjugate."""
        return self + self.adjoint()

    def is_zero(self) -> bool:
        """Whether every term of the canonical form is zero (see :func:`equivalent` for the full test)."""
        return all(is_zero(v) for v in self.terms.values())

    def __eq__(self, other: object) -> bool:
        return (self - other).is_zero() if _joins(other) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise InputTypeError("an expression is neither true nor false; ask is_zero() or compare with ==")

    # --- indices ------------------------------------------------------------------------------------------------------

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the indices that no sum binds."""
        return tuple(sorted({n for body in self.terms for n in body.free}))

    @property
    def constant(self) -> Coefficient:
        """The coefficient of the term without indices and operators."""
        return self.terms.get(Body(), 0)

    def substitute(self, values: Mapping[str, Slot]) -> Expression:
        """Put numbers, labels or indices in the place of free indices.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> i, j = ops.indices("i j")
        >>> print(ops.delta(i, j).substitute({"i": 2, "j": 2}))
        1
        """
        raw = []
        # All at once: i for j and j for i exchanges them.
        between = {name: f"#s{k}" for k, name in enumerate(values)}
        for body, value in self.terms.items():
            here = [name for name in values if name in body.free]
            body = body.renamed({name: between[name] for name in here})
            for name in here:
                body = body.substituted(between[name], as_slot(values[name]))
            raw.append((value, body))
        return Expression.of(raw)

    def assuming_distinct(self, *pairs: tuple[Index, Any]) -> Expression:
        """Use that two free indices are never equal.

        Examples
        --------
        >>> from symmeter.quantum import ops
        >>> i, j = ops.indices("i j")
        >>> f = ops.Fermions()
        >>> print((f.ann(i) * f.cre(j)).assuming_distinct((i, j)))
        -cd[j] c[i]
        """
        kept: dict[Body, Coefficient] = {}
        for body, value in self.terms.items():
            table = {d[0]: d[1] for d in body.deltas}
            table |= {d[1]: d[0] for d in body.deltas if d[1] not in table}
            if not any(_class_of(x, table) == _class_of(y, table) for x, y in pairs):
                kept[body] = value
        return Expression(kept)

    def operator(self) -> Operator:
        """The same as an Operator, when no index and no indexed symbol is left."""
        total = scalar(0)
        for body, value in self.terms.items():
            if body.bound or body.free or body.tensors:
                raise InputError(f"{self!r} still has indices; give them values, or instantiate() it"[:300])
            term = scalar(1)
            for w in body.word:
                term = term * w.species._make(w.kind, w.slots)
            total = total + term * value
        return total

    def instantiate(self, size: int, **options: Any) -> Operator:
        """The concrete operator on ``size`` sites with random values for everything that has none.

        See :class:`symmeter.quantum.ops.instantiation.Instance`; ``seed`` and ``values`` are its arguments.
        """
        from symmeter.quantum.ops.instantiation import Instance

        return Instance(size, **options).operator(self)

    @property
    def symbols(self) -> frozenset[Any]:
        """The SymPy symbols in the coefficients."""
        return frozenset().union(*(v.free_symbols for v in self.terms.values() if is_symbolic(v)))

    def subs(self, values: Mapping[Any, Any]) -> Expression:
        """Give values to symbols of the coefficients; keys are symbols or their names."""
        known = {str(s): s for s in self.symbols}
        table = {known[str(k)]: v for k, v in values.items() if str(k) in known}
        return Expression(
            collect((b, as_coefficient(v.subs(table)) if is_symbolic(v) else v) for b, v in self.terms.items())
        )

    def __str__(self) -> str:
        from symmeter.quantum.ops.expression_text import expression_text

        return expression_text(self)

    def __repr__(self) -> str:
        text = str(self)
        shown = text if len(text) <= 200 else text[:197] + "..."
        return f"<Expression of {len(self)} term{'s' * (len(self) != 1)}: {shown}>"

    def latex(self) -> str:
        """LaTeX of the normal-ordered sum."""
        from symmeter.quantum.ops.expression_text import expression_latex

        return expression_latex(self)

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def _class_of(slot: Any, table: Mapping[Any, Any]) -> Any:
    seen = set()
    while slot in table and slot not in seen:
        seen.add(slot)
        slot = table[slot]
    return min((*seen, slot), key=repr)


def _joins(value: Any) -> bool:
    return isinstance(value, (Expression, Operator)) or is_coefficient(value)


def as_slot(value: Any) -> Slot:
    """A place of an index."""
    if isinstance(value, (Index, str)):
        return value
    try:
        return value.__index__()
    except AttributeError:
        raise InputTypeError(f"an index is an Index, a whole number or a label; got {value!r}"[:200]) from None

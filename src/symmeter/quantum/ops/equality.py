"""Exact equality of operators, with a state or a number that tells them apart when they differ.

Concrete operators are compared in canonical form; symbolic coefficients are multiplied out, then tested at random
exact points, then simplified. Expressions with indices are compared in canonical form and, always, on small concrete
lattices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import Any

import numpy as np

from symmeter.errors import InputError, InputTypeError, NonFiniteError
from symmeter.quantum.ops.coefficients import (
    Coefficient,
    as_coefficient,
    conjugate,
    drawn_number,
    expanded,
    is_coefficient,
    is_symbolic,
    is_zero,
    symbolic,
)
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fock import State, apply, basis, distinguishing_states, state_text
from symmeter.quantum.ops.index_draws import draws, lattice_sizes
from symmeter.quantum.ops.instantiation import Instance
from symmeter.quantum.ops.operator import Operator, joined, scalar
from symmeter.quantum.ops.text import coefficient_text

__all__ = ["Counterexample", "Equivalence", "equivalent"]

#: Signs of the real and imaginary parts of all symbols at one point; None draws them one by one.
_SIGNS = ((1, 1), (-1, 1), (-1, -1), (1, -1), None, None, None, None)
_MOST_TO_SIMPLIFY = 60
_LARGEST_SECTOR = 1 << 16


@dataclass(frozen=True)
class Counterexample:
    """Where two operators differ.

    Attributes
    ----------
    left, right : number
        The amplitudes ``<bra|x|ket>`` and ``<bra|y|ket>`` (states of bosons and spins are not normalised).
    bra, ket : str
        The two states.
    values : dict
        Numbers that were put in for symbols and free indices.
    size : int or None
        Number of sites, for expressions with sums.
    """

    left: Coefficient
    right: Coefficient
    bra: str
    ket: str
    values: Mapping[str, Any] = field(default_factory=dict)
    size: int | None = None

    def __str__(self) -> str:
        left, right = (coefficient_text(v) for v in (self.left, self.right))
        text = f"between {self.bra} and {self.ket} the left side has {left} and the right side {right}"
        if self.values:
            known = {k: coefficient_text(v) if is_coefficient(v) else v for k, v in self.values.items()}
            text += " with " + ", ".join(f"{k} = {v}" for k, v in sorted(known.items()))
        return text + (f" on {self.size} sites" if self.size else "")


@dataclass(frozen=True)
class Equivalence:
    """The answer to whether two operators are equal; true or false as a condition.

    Attributes
    ----------
    equal : bool
    how : str
        What decided it.
    counterexample : Counterexample or None
    """

    equal: bool
    how: str
    counterexample: Counterexample | None = None

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        return f"equal ({self.how})" if self.equal else f"different: {self.counterexample}"


def equivalent(
    x: Any,
    y: Any,
    *,
    modulo: Sequence[Operator] = (),
    distinct: Sequence[tuple[Any, Any]] = (),
    up_to: str | None = None,
    tol: float = 0.0,
) -> Equivalence:
    """Whether two operators are equal.

    Parameters
    ----------
    x, y : Operator, Expression or number
        The two sides.
    modulo : sequence of Operator
        Constraints K, diagonal in occupations: only matrix elements between states with ``K |s> = 0`` count.
    distinct : sequence of pairs of Index
        Free indices that are never equal.
    up_to : {"phase", "factor", "adjoint"}, optional
        Also accept a phase or a number in front, or the Hermitian conjugate.
    tol : float
        Size up to which floating-point coefficients of the difference count as zero.

    Returns
    -------
    Equivalence

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions(["up", "dn"])
    >>> n = f.n
    >>> print(equivalent(n(0, "up") ** 2, n(0, "up")))
    equal (canonical forms agree)
    >>> print(equivalent(f.cre(0, "up") * f.ann(0, "up"), f.ann(0, "up") * f.cre(0, "up")))
    different: between |c: empty> and |c: empty> the left side has 0 and the right side 1
    >>> bool(equivalent(n(0, "up") * n(0, "dn"), 0, modulo=[n(0, "up") + n(0, "dn") - 1]))
    True
    """
    sides = []
    for side in (x, y):
        if not (isinstance(side, (Operator, Expression)) or is_coefficient(side)):
            raise InputTypeError(f"operators are compared with operators or numbers; got {type(side).__name__}")
        sides.append(scalar(side) if is_coefficient(side) else side)
    if up_to is not None:
        return _up_to(sides[0], sides[1], up_to, {"modulo": modulo, "distinct": distinct, "tol": tol})
    if any(isinstance(side, Expression) for side in sides):
        if modulo:
            raise InputError("constraints are used with concrete operators; instantiate() the expressions first")
        return _with_indices(Expression.lift(sides[0]), Expression.lift(sides[1]), tuple(distinct))
    return _concrete(sides[0], sides[1], tuple(modulo), tol)


def _up_to(x: Any, y: Any, what: str, options: Any) -> Equivalence:
    """Equality with one more freedom."""
    if what not in ("phase", "factor", "adjoint"):
        raise InputError(f"operators are compared up to a phase, a factor or the adjoint; got {what!r}"[:200])
    plain = equivalent(x, y, **options)
    if plain:
        return plain
    if what == "adjoint":
        turned = equivalent(x, y.adjoint(), **options)
        return Equivalence(True, f"the adjoint; {turned.how}") if turned else plain
    mine: Mapping[Any, Coefficient]
    theirs: Mapping[Any, Coefficient]
    if isinstance(x, Expression) or isinstance(y, Expression):
        mine, theirs = Expression.lift(x).terms, Expression.lift(y).terms
    else:
        _, mine, theirs = joined(x, y)
    shared = next((k for k in mine if k in theirs), None)
    if shared is None:
        return plain
    below = theirs[shared]
    factor = as_coefficient(mine[shared] * (Fraction(1, below) if isinstance(below, int) else 1 / below))
    if what == "phase" and not _is_phase(factor, max(options["tol"], 1e-12)):
        return plain
    scaled = equivalent(x, y * factor, **options)
    if not scaled:
        return plain
    return Equivalence(True, f"the factor {coefficient_text(factor)}; {scaled.how}")


def _is_phase(factor: Coefficient, tol: float) -> bool:
    if is_symbolic(factor):
        return is_zero(expanded(factor * conjugate(factor)) - 1)
    return abs(abs(factor) - 1) <= tol


def _concrete(x: Operator, y: Operator, modulo: tuple[Operator, ...], tol: float) -> Equivalence:
    difference = x - y
    if modulo:
        return _on_sector(x, y, modulo, tol)
    terms = {k: v for k, v in difference.terms.items() if is_symbolic(v) or abs(v) > tol}
    if not terms:
        return Equivalence(True, "canonical forms agree")
    values: dict[str, Any] = {}
    if any(map(is_symbolic, terms.values())):
        found = _point(Operator(difference.species, terms))
        if found is None:
            # Simplification may take for ever on large expressions; random points do not.
            small = all(not is_symbolic(v) or v.count_ops() <= _MOST_TO_SIMPLIFY for v in terms.values())
            if small and all(is_zero(v) for v in terms.values()):
                return Equivalence(True, "canonical forms agree after simplification of coefficients")
            return Equivalence(True, f"coefficients agree at {len(_SIGNS)} random points to 25 digits")
        values = found
        x, y, difference = (o.subs(values) for o in (x, y, difference))
    return Equivalence(False, "a counterexample", _counterexample(x, y, difference, values))


def _point(difference: Operator) -> dict[str, Any] | None:
    """Random values of the symbols at which some coefficient is not zero."""
    rng = np.random.default_rng(0)
    symbols = sorted(difference.symbols, key=str)
    seen: set[Any] = set()
    for signs in _SIGNS:
        values = {str(s): drawn_number(s, rng, 30, signs) for s in symbols}
        exact = {s: symbolic(values[str(s)]) for s in symbols}
        for key, v in difference.terms.items():
            differs = _differs(v, exact) if is_symbolic(v) else True
            if differs:
                return values
            if differs is not None:
                seen.add(key)
    for key, v in difference.terms.items():
        if key not in seen and not _simplifies_to_zero(v):
            term = Operator(difference.species, {key: 1})
            raise InputError(f"the coefficient of {term} in the difference has no value that can be computed"[:300])
    return None


def _simplifies_to_zero(value: Coefficient) -> bool:
    try:
        return is_zero(value)
    except OverflowError:
        return False


def _differs(value: Any, exact: Mapping[Any, Any]) -> bool | None:
    """Whether a coefficient is not zero at a point; None at poles and beyond all numbers."""
    try:
        number = abs(value.xreplace(exact).evalf(30, maxn=200))
        summands = value.args if value.is_Add else (value,)
        return bool(number > 1e-25 * (1 + sum(abs(t.xreplace(exact).evalf()) for t in summands)))
    except (TypeError, OverflowError, ValueError):
        return None


def _counterexample(
    x: Operator, y: Operator, difference: Operator, values: Mapping[str, Any], size: int | None = None
) -> Counterexample:
    species, mine, theirs = joined(x, y)
    left, right = Operator(species, dict(mine)), Operator(species, dict(theirs))
    _, terms, _ = joined(difference, Operator(species, {}))
    whole = Operator(species, dict(terms))
    for ket in distinguishing_states(whole):
        images = apply(whole, ket)
        if images:
            bra = max(images, key=lambda s: _size(images[s]))
            a, b = (_number(apply(side, ket).get(bra, 0)) for side in (left, right))
            return Counterexample(a, b, state_text(species, bra), state_text(species, ket), values, size)
    key = next(iter(whole.terms))
    name = str(Operator(species, {key: 1}))
    return Counterexample(
        left.terms.get(key, 0), right.terms.get(key, 0), f"the monomial {name}", "itself", values, size
    )


def _size(value: Coefficient) -> float:
    try:
        return abs(complex(value))
    except OverflowError:
        return inf


def _number(value: Coefficient) -> Coefficient:
    """A number without radicals and functions, for printing."""
    if not is_symbolic(value):
        # Python writes no longer whole numbers.
        return value if _size(value) < inf else symbolic(value).evalf(15)
    if value.free_symbols:
        return value
    return value.evalf(15) if _size(value) == inf else as_coefficient(complex(value.evalf()))


def _on_sector(x: Operator, y: Operator, modulo: tuple[Operator, ...], tol: float) -> Equivalence:
    total = x - y
    for constraint in modulo:
        total = total + 0 * constraint
    species = total.species
    embedded = [Operator(species, dict(joined(o, Operator(species, {}))[1])) for o in (x, y, *modulo)]
    modes: dict[str, tuple[int, ...]] = {}
    for o in embedded:
        for name, where in o.modes.items():
            modes[name] = tuple(sorted({*modes.get(name, ()), *where}))
    if any(o.symbols for o in embedded[2:]):
        raise InputError("a constraint has symbols; constraints need numbers")
    sector: list[State] = []
    for k, state in enumerate(basis(species, modes)):
        if k >= _LARGEST_SECTOR:
            raise InputError(f"the constraints act on more than {_LARGEST_SECTOR} states; compare fewer modes")
        if all(_vanishes(constraint, state) for constraint in embedded[2:]):
            sector.append(state)
    if not sector:
        raise InputError("no state satisfies the constraints; check their signs and constants")
    inside = set(sector)
    for ket in sector:
        a, b = apply(embedded[0], ket), apply(embedded[1], ket)
        for bra in sorted(inside & (a.keys() | b.keys()), key=repr):
            left, right = a.get(bra, 0), b.get(bra, 0)
            gap = left - right
            if not (is_zero(gap) if is_symbolic(gap) else abs(gap) <= tol):
                found = Counterexample(left, right, state_text(species, bra), state_text(species, ket))
                return Equivalence(False, "a counterexample in the sector", found)
    return Equivalence(True, f"all matrix elements in a sector of {len(sector)} states agree")


def _vanishes(constraint: Operator, state: State) -> bool:
    images = apply(constraint, state)
    if images.keys() - {state}:
        raise InputError(
            f"the constraint {constraint!r} is not diagonal in occupations; write it in densities or Sz"[:300]
        )
    return not images


def _with_indices(x: Expression, y: Expression, distinct: tuple[tuple[Any, Any], ...]) -> Equivalence:
    _check_ranges(x, y)
    same = (x - y).assuming_distinct(*distinct) if distinct else x - y
    canonical = same.is_zero()
    phases = any(b.phases for e in (x, y) for b in e.terms)
    sizes = lattice_sizes(x, y)
    compared = 0
    for size in sizes[:1] if canonical else sizes:
        for seed, values in draws(x, y, size, distinct):
            instance = Instance(size, seed=7919 * size + seed, values=values)
            try:
                a, b = instance.operators(x, y)
            except NonFiniteError:
                # A pole of a coefficient.
                continue
            compared += 1
            gap = a - b
            if not gap.is_zero(1e-9 if phases else 0.0):
                return Equivalence(False, "a counterexample", _counterexample(a, b, gap, instance.values, size))
    if not compared and not canonical:
        raise InputError("the two sides have no values that can be computed: a coefficient is infinite at every draw")
    if canonical:
        return Equivalence(True, "canonical forms agree, checked on a concrete lattice")
    return Equivalence(
        True, f"equal on lattices of {', '.join(map(str, dict.fromkeys(sizes)))} sites with random numbers"
    )


def _check_ranges(x: Expression, y: Expression) -> None:
    known: dict[str, Any] = {}
    for e in (x, y):
        for body in e.terms:
            for name, over in body.free.items():
                if known.setdefault(name, over).labels != over.labels:
                    raise InputError(f"the index {name} runs over {known[name].name} and over {over.name}; rename one")

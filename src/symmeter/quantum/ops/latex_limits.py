"""Products and powers that refuse to grow out of hand, for expressions that come from outside.

Every product is priced before it is made, by the number of terms it can have; one expression has one budget.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import comb, factorial
from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.bosons import Bosons
from symmeter.quantum.ops.coefficients import (
    Gaussian,
    as_coefficient,
    expanded,
    is_coefficient,
    is_symbolic,
    symbolic,
)
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.operator import Operator
from symmeter.quantum.ops.spins import Spins

__all__ = ["LARGEST_POWER", "Budget"]

LARGEST_POWER = 64
#: Python writes whole numbers of up to 4300 digits.
_MOST_BITS = 14_000
#: Pairs of terms, times the terms that one pair can make; a pair with indices costs more.
_MOST_WORK = 100_000
_WORK_OF_INDICES = 10


class Budget:
    """The work that one expression may make."""

    def __init__(self) -> None:
        self.left = _MOST_WORK

    def spend(self, work: int, column: int) -> None:
        """Take work from the budget."""
        self.left -= work
        if self.left < 0:
            raise InputError(f"column {column}: the product has too many terms; the most is about {_MOST_WORK}")

    def product(self, left: Any, right: Any, column: int) -> Any:
        """``left * right``, or an error when it has too many terms."""
        work = _terms(left) * _terms(right)
        if isinstance(left, Operator) and isinstance(right, Operator):
            work *= _growth(left, right)
        elif isinstance(left, Expression) or isinstance(right, Expression):
            work *= _WORK_OF_INDICES * _contractions(left, right)
        # A product of two numbers is cheap whatever they are.
        self.spend(work if work > 1 else 0, column)
        found = left * right
        if is_coefficient(found):
            if not is_symbolic(found) and _bits(found) > _MOST_BITS:
                raise InputError(f"column {column}: a number grows beyond {_MOST_BITS} bits")
            return as_coefficient(found)
        return found

    def power(self, value: Any, power: Any, column: int) -> Any:
        """``value ** power`` for numbers, symbols, operators and expressions."""
        if not is_coefficient(value):
            if not isinstance(power, int) or not 0 <= power <= LARGEST_POWER:
                raise InputError(f"column {column}: powers of operators are whole numbers from 0 to {LARGEST_POWER}")
            result: Any = 1
            for _ in range(power):
                result = self.product(result, value, column)
            return result
        if not is_coefficient(power):
            raise InputError(f"column {column}: an operator cannot be a power")
        if not isinstance(power, int):
            return as_coefficient(symbolic(value) ** symbolic(power))
        if abs(power) > LARGEST_POWER:
            raise InputError(f"column {column}: the power must be a number up to {LARGEST_POWER} in size")
        return self._scalar_power(value, power, column)

    def _scalar_power(self, value: Any, power: int, column: int) -> Any:
        if power < 0:
            value = expanded(value)
            if value == 0:
                raise InputError(f"column {column}: division by zero")
            value = Fraction(1, value) if isinstance(value, int) else 1 / value
        size = abs(power)
        if not is_symbolic(value) and _bits(value) * size > _MOST_BITS:
            raise InputError(f"column {column}: a number grows beyond {_MOST_BITS} bits")
        count = _terms(value)
        self.spend(comb(count + size - 1, size) if count > 1 else 0, column)
        return as_coefficient(value**size)


def _terms(value: Any) -> int:
    """How many terms a value has when it is multiplied out."""
    if is_symbolic(value):
        if value.is_Add:
            return sum(_terms(a) for a in value.args)
        if value.is_Mul:
            total = 1
            for a in value.args:
                total *= _terms(a)
            return total
        if value.is_Pow and value.exp.is_Integer and value.exp > 0 and value.base.is_Add:
            power = min(int(value.exp), 10**6)
            return comb(_terms(value.base) + power - 1, power)
        return 1
    if is_coefficient(value):
        return 1
    if not hasattr(value, "terms"):
        return 3
    return sum(_terms(v) for v in value.terms.values()) or 1


def _bits(value: Any) -> int:
    if isinstance(value, Gaussian):
        return _bits(value.re) + _bits(value.im)
    if isinstance(value, Fraction):
        return value.numerator.bit_length() + value.denominator.bit_length()
    return value.bit_length() if isinstance(value, int) else 64


def _growth(left: Operator, right: Operator) -> int:
    """Into how many terms a pair of terms can turn."""
    total = 1
    for s in left.species:
        if s not in right.species:
            continue
        mine = [key[left.species.index(s)] for key in left.terms]
        theirs = [key[right.species.index(s)] for key in right.terms]
        if isinstance(s, Fermions):
            total *= 2 ** _shared_fermions(mine, theirs)
        elif isinstance(s, (Bosons, Spins)):
            down, up = _largest(mine, -1), _largest(theirs, 1)
            for mode in down.keys() & up.keys():
                total *= min(down[mode], up[mode]) + 1
        elif isinstance(s, SUN):
            shared = {m for p in mine for m, *_ in p} & {m for p in theirs for m, *_ in p}
            total *= s.colours ** len(shared)
    return total


def _shared_fermions(mine: list[Any], theirs: list[Any]) -> int:
    down = up = 0
    for p in mine:
        down |= p[1]
    for p in theirs:
        up |= p[0]
    most = [max((p[k].bit_count() for p in parts), default=0) for parts, k in ((mine, 1), (theirs, 0))]
    return min(*most, (down & up).bit_count())


def _largest(parts: Iterable[Any], place: int) -> dict[int, int]:
    """The largest exponent of each mode."""
    found: dict[int, int] = {}
    for p in parts:
        for entry in p:
            found[entry[0]] = max(found.get(entry[0], 0), entry[place])
    return found


def _contractions(left: Any, right: Any) -> int:
    """How many sets of contractions a pair of words with indices can have."""
    counts = []
    for side, kinds in ((left, ("c", "a", "g")), (right, ("cd", "ad", "g"))):
        bodies = side.terms if isinstance(side, Expression) else ()
        counts.append(max((len({w for w in b.word if w.kind in kinds}) for b in bodies), default=1))
    m, n = counts
    return sum(comb(m, k) * comb(n, k) * factorial(k) for k in range(min(m, n) + 1))

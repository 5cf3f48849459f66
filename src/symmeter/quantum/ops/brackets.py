"""Commutators, anticommutators and what is built from them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import comb, factorial
from typing import Any

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum.ops.coefficients import is_coefficient
from symmeter.quantum.ops.operator import Operator, bracketed, scalar

__all__ = ["anticommutator", "baker_campbell_hausdorff", "commutator", "similarity"]


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    from symmeter.quantum.ops.expression import Expression

    out = []
    for x in (left, right):
        x = scalar(x) if is_coefficient(x) else x
        if not isinstance(x, (Operator, Expression)):
            raise InputTypeError(f"a bracket is made of two operators; got {type(x).__name__}")
        out.append(x)
    return out[0], out[1]


def commutator(left: Any, right: Any) -> Any:
    """``[left, right]``; terms that share no mode are never multiplied.

    Parameters
    ----------
    left, right : Operator, Expression or number

    Returns
    -------
    Operator or Expression

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> s = ops.Spins()
    >>> ops.commutator(s.x(0), s.y(0)) == 1j * s.z(0)
    True
    """
    left, right = _pair(left, right)
    if isinstance(left, Operator) and isinstance(right, Operator):
        return bracketed(left, right, -1)
    return left * right - right * left


def anticommutator(left: Any, right: Any) -> Any:
    """``{left, right} = left right + right left``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> f = ops.Fermions()
    >>> print(ops.anticommutator(f.ann(3), f.cre(3)))
    1
    """
    left, right = _pair(left, right)
    if isinstance(left, Operator) and isinstance(right, Operator):
        return bracketed(left, right, 1)
    return left * right + right * left


def similarity(generator: Any, operator: Any, order: int) -> Any:
    """``e^G O e^-G`` to an order in G: ``sum_n [G, [G, ..., [G, O]]]/n!``.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> b = ops.Bosons()
    >>> print(ops.similarity(b.cre(0) - b.ann(0), b.ann(0), 5))
    -1 + a[0]
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise InputError(f"the order of a series is a whole number from 0 on; got {order!r}")
    total = term = operator
    for n in range(1, order + 1):
        term = commutator(generator, term) * Fraction(1, n)
        total = total + term
    return total


def baker_campbell_hausdorff(x: Any, y: Any, order: int) -> Any:
    """``log(e^x e^y)`` with all nested commutators of a total order.

    The recursion over homogeneous parts Z_n: Varadarajan, Lie Groups, Lie Algebras and Their Representations, eq.
    (2.15.15); Casas and Murua, J. Math. Phys. 50, 033513 (2009).

    Parameters
    ----------
    x, y : Operator or Expression
    order : int
        Largest total number of x and y in a term, from 1 to 10.

    Examples
    --------
    >>> from symmeter.quantum import ops
    >>> b = ops.Bosons()
    >>> print(ops.baker_campbell_hausdorff(b.ann(0), b.cre(0), 4))
    1/2 + a[0] + ad[0]
    """
    if isinstance(order, bool) or not isinstance(order, int) or not 1 <= order <= 10:
        raise InputError(f"the series is kept to an order from 1 to 10; got {order!r}")
    both, difference = x + y, x - y
    parts = {1: both}
    for n in range(1, order):
        part = commutator(difference, parts[n]) * Fraction(1, 2)
        for p in range(1, n // 2 + 1):
            weight = _bernoulli(2 * p) / factorial(2 * p)
            for sizes in _compositions(n, 2 * p):
                nested = both
                for k in reversed(sizes):
                    nested = commutator(parts[k], nested)
                part = part + nested * weight
        parts[n + 1] = part * Fraction(1, n + 1)
    total = parts[1]
    for n in range(2, order + 1):
        total = total + parts[n]
    return total


def _bernoulli(n: int) -> Fraction:
    row = [Fraction(1)]
    for m in range(1, n + 1):
        row.append(-sum((comb(m + 1, k) * row[k] for k in range(m)), Fraction(0)) / (m + 1))
    return row[n]


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Positive integers in order with a sum."""
    if parts == 1:
        yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)

"""Exact character tables by the method of Burnside and Dixon.

The central characters are the common eigenvectors of the class algebra. They are found modulo a prime p = 1 mod e,
where all of them exist, and each value is lifted to the multiplicities of the eigenvalues of the matrix it is a trace
of (Dixon 1967; Schneider 1990; Holt, Eick and O'Brien 2005, section 7.7). A random element of the class algebra
separates them at once: its minimal polynomial on the space that they span splits over the prime field, and each root
gives one eigenvector. Where classes are many, linear characters come from G/G' directly and the others are sought in
the rest of the space.
"""

from __future__ import annotations

from itertools import accumulate, repeat
from math import isqrt, prod

import numpy as np

from symmeter.groups.character_table import CharacterTable
from symmeter.groups.finite_group import FiniteGroup

__all__ = ["character_table"]

#: With so few classes the class algebra gives the linear characters too, sooner than G/G' is found.
_FEW_CLASSES = 24
#: Up to this size the characteristic polynomial comes from traces of powers, which are all kept.
_KEPT_POWERS = 40
#: Powers of classes that are lifted together, by one matrix.
_LIFTED_TOGETHER = 128
_FIELD_AT_LEAST = 1 << 9
_TRIALS = 200


def character_table(group: FiniteGroup) -> CharacterTable:
    """The exact character table of a finite group.

    Examples
    --------
    >>> from symmeter.groups.families import alternating_group
    >>> print(character_table(alternating_group(5)))
    A5, order 60
    <BLANKLINE>
               1a  2a  3a     5a     5b
    size        1  15  20     12     12
    |C(g)|     60   4   3      5      5
    2P         1a  1a  3a     5b     5a
    3P         1a  2a  1a     5b     5a
    5P         1a  2a  3a     1a     1a
    <BLANKLINE>
    X1      +   1   1   1      1      1
    X2      +   3  -1   0    phi  1-phi
    X3      +   3  -1   0  1-phi    phi
    X4      +   4   0   1     -1     -1
    X5      +   5   1  -1      0      0
    <BLANKLINE>
    phi = (1 + sqrt(5))/2, the golden ratio
    """
    e = group.exponent
    few = group.number_of_classes <= _FEW_CLASSES and not group.is_abelian
    exponents = np.zeros((0, group.number_of_classes), dtype=np.int64) if few else _linear_exponents(group)
    linear = np.zeros((len(exponents), group.number_of_classes, e), dtype=np.int64)
    if len(exponents):
        np.put_along_axis(linear, exponents[:, :, None], 1, axis=2)
    if len(exponents) == group.number_of_classes:
        return CharacterTable.from_multiplicities(group, linear)
    p = _prime(e, 2 * isqrt(group.order) + 1, group.number_of_classes - len(exponents))
    root = _root_of_order(e, p)
    powers = np.array(list(accumulate(repeat(root, e - 1), lambda x, y: x * y % p, initial=1)), dtype=np.int64)
    others = _nonlinear(group, powers[exponents], p)
    lifted = _lifted(group, others, powers, p)
    return CharacterTable.from_multiplicities(group, np.concatenate([linear, lifted]))


def _linear_exponents(group: FiniteGroup) -> np.ndarray:
    """For each linear character and class the k with value exp(2 pi i k / e)."""
    e = group.exponent
    if group.is_abelian:
        factor, cosets = group, np.arange(group.order)
    else:
        factor, cosets = group.quotient(group.derived_subgroup.tolist())
    generators, orders = _independent_generators(factor)
    places = np.stack(np.unravel_index(np.arange(prod(orders)), orders or (1,))) if orders else np.zeros((0, 1), int)
    # Elements of the factor group, as products of powers of the independent generators.
    elements = np.zeros(1, dtype=np.intp)
    for g, o in zip(generators, orders):
        powers = [0]
        for _ in range(o - 1):
            powers.append(int(factor.table[powers[-1], g]))
        elements = factor.table[elements[:, None], np.array(powers)[None, :]].reshape(-1)
    where = np.empty(factor.order, dtype=np.intp)
    where[elements] = np.arange(factor.order)
    coordinates = places[:, where[cosets[group.class_representatives]]]
    scale = np.array([e // o for o in orders], dtype=np.int64)[:, None]
    return (places.T @ (coordinates * scale)) % e


def _independent_generators(group: FiniteGroup) -> tuple[list[int], tuple[int, ...]]:
    """Generators of an abelian group, prime by prime, of which it is the direct product of cyclic groups."""
    from symmeter.groups.names import _prime_divisors

    chosen: list[int] = []
    orders: list[int] = []
    for p in _prime_divisors(group.order):
        sylow = np.flatnonzero(np.isin(group.element_orders, [p**k for k in range(group.order.bit_length())]))
        span = np.zeros(1, dtype=np.intp)
        while len(span) < len(sylow):
            # In a finite abelian p-group an element of largest order modulo the span, of that same order, splits off.
            relative = _relative_orders(group, sylow, span)
            fitting = relative == group.element_orders[sylow]
            best = int(sylow[np.argmax(np.where(fitting, relative, 0))])
            chosen.append(best)
            orders.append(int(group.element_orders[best]))
            powers = [0]
            for _ in range(orders[-1] - 1):
                powers.append(int(group.table[powers[-1], best]))
            span = np.unique(group.table[span[:, None], np.array(powers)[None, :]])
    return chosen, tuple(orders)


def _relative_orders(group: FiniteGroup, elements: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Smallest k > 0 with ``x^k`` in the span."""
    inside = np.zeros(group.order, dtype=bool)
    inside[span] = True
    orders = np.zeros(len(elements), dtype=np.intp)
    power, k = elements.copy(), 1
    while not orders.all():
        orders[inside[power] & (orders == 0)] = k
        power = group.table[power, elements]
        k += 1
    return orders


def _nonlinear(group: FiniteGroup, linear: np.ndarray, p: int) -> np.ndarray:
    """Characters of degree above 1 on the classes, modulo p; all of them when no linear ones are given."""
    sizes, n = group.class_sizes, group.order
    conjugate = group.class_labels[group.inverses[group.class_representatives]]
    basis = _null_space(linear[:, conjugate] * sizes % p, p) if len(linear) else None
    rng = np.random.default_rng(1_967)
    for _ in range(_TRIALS):
        weights, start = rng.integers(0, p, (2, group.number_of_classes))
        acted = _convolution(group, weights) % p
        if basis is not None:
            acted = (basis @ acted % p)[:, np.argmax(basis != 0, axis=1)]
        vectors = _eigenvectors(acted, start[: len(acted)], p)
        if vectors is not None:
            break
    else:
        raise ArithmeticError("no element of the class algebra separated the characters")
    functions = vectors if basis is None else vectors @ basis % p
    at_identity = np.array([[pow(x, -1, p)] for x in functions[:, 0].tolist()], dtype=np.int64)
    functions = functions * at_identity % p
    norms = (functions * functions[:, conjugate] % p) @ sizes % p
    squares = {d * d % p: d for d in range(1, isqrt(n) + 1)}
    degrees = np.array([[squares[n * pow(x, -1, p) % p]] for x in norms.tolist()], dtype=np.int64)
    return functions * degrees % p


def _convolution(group: FiniteGroup, weights: np.ndarray) -> np.ndarray:
    """Matrix that multiplies class functions by one: ``(z * f)(x) = sum over y of z(y) f(y^-1 x)``."""
    k = group.number_of_classes
    labels = group.class_labels[group.table[group.inverses[:, None], group.class_representatives]]
    places = labels + k * np.arange(k)
    each = np.repeat(weights[group.class_labels].astype(float), k)
    # The sum of at most n weights below p stays far below 2^53.
    return np.bincount(places.ravel(), weights=each, minlength=k * k).astype(np.int64).reshape(k, k).T


def _null_space(a: np.ndarray, p: int) -> np.ndarray:
    """Reduced basis, one a row, of the vectors v with ``a v = 0``; each row is the only one not 0 at its pivot."""
    m = a.copy() % p
    rows, columns = m.shape
    pivots: list[int] = []
    for c in range(columns - 1, -1, -1):
        r = len(pivots)
        if r == rows:
            break
        nonzero = np.flatnonzero(m[r:, c])
        if nonzero.size == 0:
            continue
        swap = r + int(nonzero[0])
        m[[r, swap]] = m[[swap, r]]
        m[r] = m[r] * pow(int(m[r, c]), -1, p) % p
        others = np.flatnonzero(m[:, c])
        others = others[others != r]
        m[others] = (m[others] - m[others, c][:, None] * m[r]) % p
        pivots.append(c)
    # Pivots were taken from the right, so that the first nonzero entry of a basis vector is its free column.
    free = [c for c in range(columns) if c not in set(pivots)]
    basis = np.zeros((len(free), columns), dtype=np.int64)
    basis[np.arange(len(free)), free] = 1
    for r, c in enumerate(pivots):
        basis[:, c] = -m[r, free] % p
    return basis


def _eigenvectors(a: np.ndarray, start: np.ndarray, p: int) -> np.ndarray | None:
    """Left eigenvectors of a matrix over F_p, parts of a vector; None when some of its eigenvalues are equal."""
    m = len(a)
    found = _by_traces(a, start, p) if m <= _KEPT_POWERS else _by_relation(a, start, p)
    if found is None:
        return None
    polynomial, krylov = found
    roots = _roots(polynomial, p)
    if len(roots) != m:
        return None
    # v f(A)/(A - root) through the quotients by synthetic division.
    quotients = np.empty((m, m), dtype=np.int64)
    carry = np.ones(m, dtype=np.int64)
    for k in range(m - 1, 0, -1):
        quotients[:, k] = carry
        carry = (carry * roots + polynomial[k]) % p
    quotients[:, 0] = carry
    vectors = quotients @ krylov % p
    # The start may lack an eigenvector.
    return vectors if vectors.any(axis=1).all() else None


def _by_traces(a: np.ndarray, start: np.ndarray, p: int) -> tuple[list[int], np.ndarray]:
    """Characteristic polynomial, lowest coefficient first, by Newton's identities, and v A^k for k < m."""
    m = len(a)
    powers = np.empty((m + 1, m, m), dtype=np.int64)
    powers[0], powers[1] = np.eye(m, dtype=np.int64), a
    for k in range(2, m + 1):
        powers[k] = powers[k - 1] @ a % p
    sums = np.trace(powers, axis1=1, axis2=2).tolist()
    polynomial = [1]
    for k in range(1, m + 1):
        total = sum(c * s for c, s in zip(polynomial, reversed(sums[1 : k + 1])))
        polynomial.append(-total * pow(k, -1, p) % p)
    return polynomial[::-1], start @ powers[:m] % p


def _by_relation(a: np.ndarray, start: np.ndarray, p: int) -> tuple[list[int], np.ndarray] | None:
    """The same from the linear relation between the v A^k, or None when there is more than one."""
    m = len(a)
    krylov = np.empty((m + 1, m), dtype=np.int64)
    krylov[0] = start
    for k in range(m):
        krylov[k + 1] = krylov[k] @ a % p
    relation = _null_space(krylov.T, p)
    if len(relation) != 1 or not relation[0, m]:
        return None
    return (relation[0] * pow(int(relation[0, m]), -1, p) % p).tolist(), krylov[:m]


def _roots(polynomial: list[int], p: int) -> np.ndarray:
    """Roots in F_p, by values everywhere."""
    x = np.arange(p, dtype=np.int64)
    values, bits = np.full(p, polynomial[-1], dtype=np.int64), p.bit_length()
    size = bits
    for c in polynomial[-2::-1]:
        # Reduced only when the next step could pass 2^63.
        if size + bits > 62:
            values, size = values % p, bits
        values = values * x + c
        size += bits + 1
    return np.flatnonzero(values % p == 0)


def _lifted(group: FiniteGroup, values: np.ndarray, powers: np.ndarray, p: int) -> np.ndarray:
    """How often exp(2 pi i k / e) is an eigenvalue of each class in each character."""
    e, k = group.exponent, group.number_of_classes
    multiplicities = np.zeros((len(values), k, e), dtype=np.int64)
    orders, around = group.class_orders.tolist(), group.powers_of_representatives
    inverse = {o: pow(o, -1, p) for o in set(orders)}
    start = 0
    while start < k:
        stop, total = start + 1, orders[start]
        while stop < k and total + orders[stop] <= _LIFTED_TOGETHER:
            total += orders[stop]
            stop += 1
        # Every class with its powers: on each, the values go to multiplicities by a Fourier matrix of its order.
        elements = [x for c in range(start, stop) for x in around[c]]
        power = np.array([j for o in orders[start:stop] for j in range(o)])
        where, step, share = np.repeat(
            [range(start, stop), [e // o for o in orders[start:stop]], [inverse[o] for o in orders[start:stop]]],
            orders[start:stop],
            axis=1,
        )
        kernel = powers[np.multiply.outer(-power, power * step) % e] * (where[:, None] == where)
        # Products in floating point are faster, and exact below 2^53.
        kind = np.float64 if total * p * p < 1 << 53 else np.int64
        found = values[:, group.class_labels[elements]].astype(kind) @ kernel.astype(kind)
        multiplicities[:, where, power * step] = found.astype(np.int64) % p * share % p
        start = stop
    return multiplicities


def _prime(e: int, lowest: int, characters: int) -> int:
    """A prime p = 1 mod e, large enough to tell degrees apart and to make equal random eigenvalues rare."""
    lowest = max(lowest, _FIELD_AT_LEAST, min(8 * characters**2, 1 << 20))
    p = (lowest // e + 1) * e + 1
    while any(p % d == 0 for d in range(2, isqrt(p) + 1)):
        p += e
    return p


def _root_of_order(e: int, p: int) -> int:
    from symmeter.groups.names import _prime_divisors

    for g in range(2, p):
        root = pow(g, (p - 1) // e, p)
        if all(pow(root, e // q, p) != 1 for q in _prime_divisors(e)):
            return root
    return 1

"""Named finite groups: cyclic, dihedral, dicyclic, symmetric, alternating, elementary abelian, extraspecial, linear.

Numbering of elements: ``r^k s^j`` of a dihedral or dicyclic group of rotations of order m is element ``k + m j``.
"""

from __future__ import annotations

from itertools import product as tuples

import numpy as np

from symmeter.errors import ClosureError, InputError
from symmeter.groups.cayley import DEFAULT_CAP
from symmeter.groups.constructions import central_product, direct_product_group, semidirect_product
from symmeter.groups.finite_group import FiniteGroup

__all__ = [
    "alternating_group",
    "cyclic_group",
    "dicyclic_group",
    "dihedral_group",
    "elementary_abelian_group",
    "extraspecial_group",
    "general_linear_group",
    "metacyclic_group",
    "semidihedral_group",
    "special_linear_group",
    "symmetric_group",
]


def cyclic_group(n: int) -> FiniteGroup:
    """Integers modulo n under addition.

    Examples
    --------
    >>> cyclic_group(3).table
    array([[0, 1, 2],
           [1, 2, 0],
           [2, 0, 1]], dtype=int32)
    """
    _check("cyclic_group", n, 1, n)
    k = np.arange(n)
    return FiniteGroup.trusted((k[:, None] + k) % n, f"C{n}", generators=[1 % n])


def metacyclic_group(m: int, s: int, r: int, carry: int = 0, name: str | None = None) -> FiniteGroup:
    """``<a, b : a^m = 1, b^s = a^carry, b a b^-1 = a^r>``; element ``k + m j`` is ``a^k b^j``.

    Parameters
    ----------
    m, s : int
        Orders of the normal cyclic subgroup and of its factor group.
    r : int
        ``r^s = 1`` and ``(r - 1) carry = 0`` modulo m.

    Examples
    --------
    >>> metacyclic_group(7, 3, 2).name
    'C7 : C3'
    """
    _check("metacyclic_group", m, 1, m * s)
    if s < 1 or pow(r, s, m) != 1 % m or (r - 1) * carry % m:
        raise InputError(
            f"no group has a^{m} = 1, b^{s} = a^{carry}, b a b^-1 = a^{r}: r^s = 1 and (r - 1) carry = 0 must hold "
            f"modulo {m}"
        )
    k, j = np.arange(m * s) % m, np.arange(m * s) // m
    powers = np.array([pow(r, int(x), m) for x in range(s)])
    over = (j[:, None] + j) // s
    exponent = (k[:, None] + powers[j][:, None] * k + carry * over) % m
    table = exponent + m * ((j[:, None] + j) % s)
    return FiniteGroup.trusted(table, name, generators=[1 % m, m % (m * s)])


def dihedral_group(n: int) -> FiniteGroup:
    """Symmetries of a regular n-gon, order 2n; D1 is C2 and D2 is C2 x C2."""
    _check("dihedral_group", n, 1, 2 * n)
    return metacyclic_group(n, 2, -1, name={1: "C2", 2: "C2 x C2", 3: "S3"}.get(n, f"D{n}"))


def dicyclic_group(n: int) -> FiniteGroup:
    """``<a, b : a^2n = 1, b^2 = a^n, b a b^-1 = a^-1>``, order 4n: generalized quaternion for n a power of 2."""
    _check("dicyclic_group", n, 1, 4 * n)
    return metacyclic_group(2 * n, 2, -1, n, _dicyclic_name(n))


def _dicyclic_name(n: int) -> str:
    return "C4" if n == 1 else f"Q{4 * n}" if n & (n - 1) == 0 else f"Dic{n}"


def semidihedral_group(order: int) -> FiniteGroup:
    """``<a, b : a^(2^(k-1)) = b^2 = 1, b a b^-1 = a^(2^(k-2) - 1)>`` of order 2^k >= 16."""
    if order < 16 or order & (order - 1):
        raise InputError(f"a semidihedral group has an order 2^k of at least 16; got {order}")
    _check("semidihedral_group", 1, 1, order)
    return metacyclic_group(order // 2, 2, order // 4 - 1, name=f"SD{order}")


def symmetric_group(n: int) -> FiniteGroup:
    """All permutations of n points."""
    from symmeter.groups.permutation_group import symmetric

    if not 1 <= n <= 7:
        raise ClosureError(f"symmetric_group({n}) has no table below the cap of {DEFAULT_CAP}; n must be in 1..7")
    return symmetric(n).to_finite(name={1: "C1", 2: "C2"}.get(n, f"S{n}"))


def alternating_group(n: int) -> FiniteGroup:
    """All even permutations of n points."""
    from symmeter.groups.permutation_group import alternating

    if not 1 <= n <= 7:
        raise ClosureError(f"alternating_group({n}) has no table below the cap of {DEFAULT_CAP}; n must be in 1..7")
    return alternating(n).to_finite(name={1: "C1", 2: "C1", 3: "C3"}.get(n, f"A{n}"))


def elementary_abelian_group(p: int, k: int) -> FiniteGroup:
    """``C_p^k`` for a prime p."""
    _check_prime(p)
    _check("elementary_abelian_group", k, 0, p**k)
    name = "C1" if k == 0 else " x ".join([f"C{p}"] * k) if k < 3 else f"C{p}^{k}"
    if k == 0:
        return cyclic_group(1)
    return direct_product_group(*[cyclic_group(p)] * k, name=name)


def extraspecial_group(p: int, k: int = 1, sign: str = "+") -> FiniteGroup:
    """Extraspecial group ``p^(1+2k)`` of type + or -: centre C_p, factor group C_p^2k.

    Examples
    --------
    >>> extraspecial_group(2, 1, "-").name, extraspecial_group(3, 1, "+").exponent
    ('Q8', 3)
    """
    _check_prime(p)
    if sign not in ("+", "-"):
        raise InputError(f"an extraspecial group has type '+' or '-'; got {sign!r}")
    _check("extraspecial_group", k, 1, p ** (1 + 2 * k))
    plus = dihedral_group(4) if p == 2 else _heisenberg(p)
    minus = dicyclic_group(2) if p == 2 else metacyclic_group(p * p, p, 1 + p)
    group = plus if sign == "+" else minus
    for _ in range(k - 1):
        group = central_product(plus, group)
    if k == 1 and p == 2:
        return group
    return group.renamed(f"{p}^(1+{2 * k}){sign}")


def _heisenberg(p: int) -> FiniteGroup:
    """Upper unitriangular 3 x 3 matrices modulo p: (a, b, c)(a', b', c') = (a + a', b + b', c + c' + a b')."""
    a, b, c = np.unravel_index(np.arange(p**3), (p, p, p))
    first, second = (a[:, None] + a) % p, (b[:, None] + b) % p
    third = (c[:, None] + c + a[:, None] * b) % p
    return FiniteGroup.trusted(np.ravel_multi_index((first, second, third), (p, p, p)), generators=[p * p, p])


def special_linear_group(n: int, q: int) -> FiniteGroup:
    """n x n matrices of determinant 1 over the field of q elements, q prime."""
    return _linear_group(n, q, special=True)


def general_linear_group(n: int, q: int) -> FiniteGroup:
    """Invertible n x n matrices over the field of q elements, q prime."""
    return _linear_group(n, q, special=False)


def _linear_group(n: int, q: int, special: bool) -> FiniteGroup:
    _check_prime(q)
    order = 1
    for k in range(max(n, 1)):
        order *= q**n - q**k
    order //= q - 1 if special else 1
    name = f"{'S' if special else 'G'}L({n},{q})"
    if n < 1 or order > DEFAULT_CAP or q**n > DEFAULT_CAP:
        raise ClosureError(f"{name} has order {order}; n must be positive and the order at most {DEFAULT_CAP}")
    from symmeter.groups.permutation_group import PermutationGroup

    # Generators act on the column vectors: elementary matrices, and a diagonal one of determinant a primitive root.
    vectors = np.array(list(tuples(range(q), repeat=n)))
    matrices = []
    for i in range(n):
        for j in range(n):
            if i != j:
                m = np.eye(n, dtype=int)
                m[i, j] = 1
                matrices.append(m)
    if not special:
        root = next(r for r in range(1, q + 1) if len({pow(r, k, q) for k in range(q - 1)}) == q - 1)
        matrices.append(np.diag([root] + [1] * (n - 1)))
    weights = q ** np.arange(n)[::-1]
    rows = [(vectors @ m.T % q) @ weights for m in matrices]
    return PermutationGroup(rows, degree=q**n).to_finite(name=name)


def affine_group(q: int) -> FiniteGroup:
    """Maps x -> a x + b of the field of q elements, q prime: the Frobenius group C_q : C_(q-1)."""
    _check_prime(q)
    _check("affine_group", q, 2, q * (q - 1))
    root = next(r for r in range(1, q + 1) if len({pow(r, k, q) for k in range(q - 1)}) == q - 1)
    turned = [root * x % q for x in range(q)]
    acting = cyclic_group(q - 1)
    return semidirect_product(cyclic_group(q), acting, {1 % (q - 1): turned})


def _check(what: str, value: int, lowest: int, order: int) -> None:
    if value != int(value) or value < lowest:
        raise InputError(f"{what}: got {value}; it must be an integer of at least {lowest}")
    if order > DEFAULT_CAP * 2:
        raise ClosureError(f"{what}: the group has order {order}, more than the {DEFAULT_CAP * 2} that fit a table")


def _check_prime(p: int) -> None:
    if p < 2 or any(p % d == 0 for d in range(2, int(p**0.5) + 1)):
        raise InputError(f"{p} is not prime; the field or the exponent of the group must be a prime number")

"""What a finite group is called: abelian invariants, known families, direct, semidirect and other products.

Names: ``C6``, ``D4`` (order 8), ``Dic3``, ``Q8``, ``SD16``, ``S4``, ``A5``; ``A x B`` is direct, ``N : H`` a semidirect
product with normal N, and ``N . Q`` an extension of Q by N that is not split. A product name need not determine a
group.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from symmeter.errors import ClosureError
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.names import _abelian_name, _invariant_factors, _prime_divisors, _with_powers
from symmeter.groups.subgroups import Subgroup, normal_subgroups

__all__ = ["abelian_invariants_of_table", "structure_description"]

_LARGEST_SEARCHED = 200
_MOST_NORMAL = 2_000


def structure_description(group: FiniteGroup) -> str:
    """Name of a group by its structure; "order n" for a large one without a certain name."""
    from symmeter.groups.library import LARGEST_ORDER, identify

    if group.order <= LARGEST_ORDER:
        return identify(group).name
    return described(group)


def described(group: FiniteGroup) -> str:
    """As :func:`structure_description`, without the library."""
    if group.is_abelian:
        return _abelian_name(group.abelian_invariants)
    return _family_name(group) or _product_name(group) or f"order {group.order}"


def abelian_invariants_of_table(group: FiniteGroup) -> tuple[int, ...]:
    """Invariant factors of G/G', from the orders of its elements."""
    factor = group if group.is_abelian else group.quotient(group.derived_subgroup.tolist())[0]
    orders = factor.element_orders
    parts: list[int] = []
    for p in _prime_divisors(factor.order):
        # The number of x with x^(p^k) = 1 is p to the sum over cyclic factors p^a of min(a, k).
        exponents, previous, power = [], 0, p
        while True:
            solutions = int((power % orders == 0).sum())
            total = round(np.log(solutions) / np.log(p))
            if total == previous:
                break
            exponents.append(total - previous)
            previous, power = total, power * p
        for k, rank in enumerate(exponents):
            following = exponents[k + 1] if k + 1 < len(exponents) else 0
            parts.extend([p ** (k + 1)] * (rank - following))
    return _invariant_factors(parts)


def _family_name(group: FiniteGroup) -> str | None:
    n = group.order
    half = n // 2
    orders = group.element_orders
    if n % 2 == 0 and (orders == half).any():
        name = _cyclic_of_index_two(group, half)
        if name:
            return name
    for k in range(3, 8):
        if n == factorial(k) or 2 * n == factorial(k):
            from symmeter.groups.families import alternating_group, symmetric_group

            model = symmetric_group(k) if n == factorial(k) else alternating_group(k)
            if group.number_of_classes == model.number_of_classes and group.is_isomorphic(model):
                return model.name
    for (dimension, q, special), order in _LINEAR_ORDERS.items():
        if n == order:
            from symmeter.groups.families import general_linear_group, special_linear_group

            model = (special_linear_group if special else general_linear_group)(dimension, q)
            if group.is_isomorphic(model):
                return model.name
    if n == 48 and (orders == 2).sum() == 1 and group.derived_subgroup.size == 24:
        return "2O"
    return _extraspecial_name(group)


_LINEAR_ORDERS = {(2, 3, True): 24, (2, 3, False): 48, (2, 5, True): 120, (3, 2, False): 168, (2, 7, True): 336}


def _cyclic_of_index_two(group: FiniteGroup, half: int) -> str | None:
    """Dihedral, dicyclic, semidihedral and modular groups: ``b a b^-1 = a^r`` for a of order n/2."""
    from symmeter.groups.families import _dicyclic_name

    a = int(np.flatnonzero(group.element_orders == half)[0])
    powers = [0]
    for _ in range(half - 1):
        powers.append(int(group.table[powers[-1], a]))
    outside = np.setdiff1d(np.arange(group.order), powers)
    r = powers.index(int(group.conjugation[outside[0], a]))
    split = bool((group.element_orders[outside] == 2).any())
    if r == half - 1:
        if split:
            return "S3" if half == 3 else f"D{half}"
        return _dicyclic_name(half // 2)
    two_group = half & (half - 1) == 0 and half >= 8
    if two_group and split and r == half // 2 - 1:
        return f"SD{group.order}"
    if two_group and split and r == half // 2 + 1:
        return f"M{group.order}"
    return None


def _extraspecial_name(group: FiniteGroup) -> str | None:
    primes = _prime_divisors(group.order)
    if len(primes) != 1 or group.center.size != primes[0] or group.derived_subgroup.size != primes[0]:
        return None
    p, k = primes[0], 0
    while p ** (1 + 2 * k) < group.order:
        k += 1
    if p ** (1 + 2 * k) != group.order or set(group.abelian_invariants) != {p}:
        return None
    if p > 2:
        return f"{p}^(1+{2 * k}){'+' if group.exponent == p else '-'}"
    # Involutions and the identity: 2^2k + 2^k for type +, 2^2k - 2^k for type -.
    solutions = int((group.element_orders <= 2).sum())
    return f"2^(1+{2 * k}){'+' if solutions > 4**k else '-'}"


def _product_name(group: FiniteGroup) -> str | None:
    if group.order > _LARGEST_SEARCHED:
        return None
    try:
        normal = normal_subgroups(group, cap=_MOST_NORMAL)
    except ClosureError:
        return None
    return _direct(group, normal) or _semidirect(group, normal) or _extension(group, normal)


def _direct(group: FiniteGroup, normal: tuple[Subgroup, ...]) -> str | None:
    """Direct factors: the smallest one that has a normal complement, and what the complement is called."""
    by_order: dict[int, list[Subgroup]] = {}
    for s in normal:
        by_order.setdefault(s.order, []).append(s)
    for s in normal:
        if s.order == 1 or 2 * s.order > group.order or s.order**2 > group.order:
            continue
        for complement in by_order.get(group.order // s.order, ()):
            if np.intersect1d(s.members, complement.members).size == 1:
                return _joined([*_factors(described(s.group)), *_factors(described(complement.group))])
    return None


def _factors(name: str) -> list[str]:
    """Parts of a name at its outer " x "."""
    parts, depth, current = [], 0, ""
    for word in name.split(" "):
        depth += word.count("(") - word.count(")")
        if word == "x" and depth == 0:
            parts.append(current)
            current = ""
        else:
            current = f"{current} {word}".strip()
    parts.append(current)
    return parts if all(" " not in p or p.startswith("(") for p in parts) or len(parts) > 1 else [name]


def _joined(parts: list[str]) -> str:
    cyclic: list[int] = []
    others: list[str] = []
    for p in parts:
        base, _, power = p.partition("^")
        if p[0] == "C" and base[1:].isdigit() and (not power or power.isdigit()):
            cyclic.extend([int(base[1:])] * int(power or 1))
        else:
            others.append(p if " " not in p or (p.startswith("(") and p.endswith(")")) else f"({p})")
    abelian = [_abelian_name(_invariant_factors(cyclic))] if cyclic else []
    return " x ".join(abelian + _with_powers(sorted(others, key=lambda o: (len(o), o))))


def _bracketed(name: str) -> str:
    return f"({name})" if " " in name else name


def _semidirect(group: FiniteGroup, normal: tuple[Subgroup, ...]) -> str | None:
    """``N : H`` for a normal subgroup with a complement; a cyclic H and a simply named N are preferred."""
    names = []
    complements: dict[int, list[Subgroup]] = {}
    for h in group.subgroup_classes:
        complements.setdefault(h.order, []).append(h)
    for n in normal:
        if n.order in (1, group.order):
            continue
        for h in complements.get(n.index, ()):
            if np.intersect1d(n.members, h.members).size == 1:
                left, right = described(n.group), described(h.group)
                simple = (
                    len(left) + len(right),
                    not h.group.is_abelian,
                    not n.group.is_abelian,
                    -n.order,
                    left,
                    right,
                )
                names.append((simple, f"{_bracketed(left)} : {_bracketed(right)}"))
    return min(names)[1] if names else None


def _extension(group: FiniteGroup, normal: tuple[Subgroup, ...]) -> str | None:
    """``N . Q`` for the shortest pair of names."""
    names = []
    for n in normal:
        if n.order in (1, group.order):
            continue
        left, right = described(n.group), described(group.quotient(n)[0])
        names.append(((len(left) + len(right), -n.order, left, right), f"{_bracketed(left)} . {_bracketed(right)}"))
    return min(names)[1] if names else None

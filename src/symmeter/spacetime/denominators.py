"""Rational functions as polynomials over common denominators, in a form in which zero is the empty polynomial.

Denominators are products of factors that have been divided by before, each of which is a variable ``1/(factor)`` of the
ring. A sum is brought over its common denominator, and factors that divide the numerator are cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import heapify, heappop, heappush
from math import gcd

from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import (
    LARGE,
    MASK,
    WIDTH,
    Poly,
    add_to,
    degree_in,
    exponents,
    plain,
    primitive,
    scaled,
    times,
    whole,
)

__all__ = ["canonical", "common_numerators", "divided", "split_factors", "square_root", "tidy"]

#: Factors with fewer terms are divided by faster without converting what they divide.
_LONG = 50


def divided(p: Poly, factor: Poly) -> Poly | None:
    """``p / factor`` where that is a polynomial, else None.

    Examples
    --------
    >>> divided({2: 1, 0: -1}, {1: 1, 0: 1})
    {1: 1, 0: -1}
    """
    lead = max(factor)
    own = list(exponents(lead))
    value = factor[lead]
    rest = [(m - lead, c) for m, c in factor.items() if m != lead]
    left, out = dict(p), {}
    # By Gauss, integers divided by coprime integers are integers.
    integral = _is_primitive(factor) and all(type(c) is int for c in p.values())
    if integral and len(factor) >= _LONG and len(p) * len(factor) > LARGE:
        from symmeter.spacetime import exact_backend

        found = exact_backend.quotient(p, factor)
        if found is not None:
            return found or None
    heap = [-m for m in left]
    heapify(heap)
    while left:
        top = -heappop(heap)
        c = left.pop(top, 0)
        if not c:
            continue
        if any(degree_in(top, v) < e for v, e in own) or (integral and c % value):
            return None
        quotient = c // value if integral else plain(Fraction(c) / value)
        out[top - lead] = quotient
        for shift, b in rest:
            key = top + shift
            old = left.get(key)
            if old is None:
                left[key] = -quotient * b
                heappush(heap, -key)
            elif new := old - quotient * b:
                left[key] = new
            else:
                del left[key]
    return out


def _is_primitive(p: Poly) -> bool:
    return all(type(c) is int for c in p.values()) and gcd(*p.values()) == 1  # type: ignore[arg-type]


def canonical(space: JetSpace, p: Poly) -> Poly:
    """The same rational function as one numerator over one denominator, cancelled; empty if and only if it is zero."""
    roots = {v: twin for v, twin in space.inverses.items() if v in space.powers}
    if not p or not (space.factors or roots):
        return p
    p, divisor = whole(p)
    numerator, powers = _over_common(space, p)
    shift = 0
    for v, twin in roots.items():
        numerator, e = _without_root(space, numerator, v, twin)
        shift += e << (WIDTH * twin)
    if not numerator:
        return {}
    if powers:
        # r - 2 m divides 1 - 2 m/r only once that is (r - 2 m)/r.
        numerator, cleared = _cleared(space, numerator)
        shift += cleared
    for v, e in powers.items():
        factor = space.functions[v].argument
        while e:
            smaller = divided(numerator, factor)
            if smaller is None:
                break
            numerator, e = smaller, e - 1
        shift += e << (WIDTH * v)
    out = space.reduced({m + shift: c for m, c in numerator.items()})
    return out if divisor == 1 else scaled(out, Fraction(1, divisor))


def tidy(space: JetSpace, p: Poly) -> Poly:
    """The normal form of the space: over one denominator where sums may be divided by, else with relations applied."""
    out = canonical(space, p) if space.denominators else space.reduced(p)
    return {m: plain(c) for m, c in out.items()}


def common_numerators(space: JetSpace, polys: Sequence[Poly]) -> list[Poly]:
    """Rational functions over one common denominator: the numerators, which no denominator is left in.

    Examples
    --------
    >>> space = JetSpace(("x", "y"), (), denominators=True)
    >>> x, y = space.poly(0), space.poly(1)
    >>> [space.text(p) for p in common_numerators(space, [space.inverse(x), space.inverse(y)])]
    ['y', 'x']
    """
    tags = [space.parameter(f"#{k}") for k in range(len(polys))]
    whole: Poly = {}
    for tag, p in zip(tags, polys, strict=True):
        add_to(whole, p, 1, 1 << (WIDTH * tag))
    numerator, _ = _over_common(space, whole)
    for v, twin in list(space.inverses.items()):
        if v in space.powers:
            numerator, _ = _without_root(space, numerator, v, twin)
    numerator, _ = _cleared(space, numerator)
    out: list[Poly] = []
    for tag in tags:
        mark = 1 << (WIDTH * tag)
        out.append({m - mark: c for m, c in numerator.items() if degree_in(m, tag)})
    return out


def _without_root(space: JetSpace, p: Poly, v: int, twin: int) -> tuple[Poly, int]:
    """The numerator over a power of a variable s with a relation such as ``s^2 = 1 - c^2``, and that power."""
    e = max((degree_in(m, twin) for m in p), default=0)
    out: Poly = {}
    for m, c in p.items():
        have = degree_in(m, twin)
        add_to(out, {m - (have << (WIDTH * twin)) + ((e - have) << (WIDTH * v)): c})
    out = space.reduced(out)
    exponent, value = space.powers[v]
    while e and out:
        # N / s = N s^(k - 1) / s^k, where s^k is a polynomial.
        raised = space.reduced({m + ((exponent - 1) << (WIDTH * v)): c for m, c in out.items()})
        smaller = divided(raised, value)
        if smaller is None:
            break
        out, e = smaller, e - 1
    return out, e


def _over_common(space: JetSpace, p: Poly) -> tuple[Poly, dict[int, int]]:
    """The numerator over the product of all denominators, with the exponents of those."""
    mask = sum(MASK << (WIDTH * v) for v in space.factors.values())
    groups: dict[int, Poly] = {}
    for m, c in p.items():
        groups.setdefault(m & mask, {})[m & ~mask] = c
    largest: dict[int, int] = {}
    for powers in groups:
        for v, e in exponents(powers):
            largest[v] = max(largest.get(v, 0), e)
    out: Poly = {}
    for powers, part in groups.items():
        have = dict(exponents(powers))
        for v, e in largest.items():
            for _ in range(e - have.get(v, 0)):
                part = times(part, space.functions[v].argument)
        add_to(out, part)
    # Inverses of single variables are denominators as well: u * 1/u = 1.
    out = space.reduced(out)
    if any(m & mask for m in out):
        # A factor, or the square of a root in one, has a denominator of its own.
        out, more = _over_common(space, out)
        for v, e in more.items():
            largest[v] = largest.get(v, 0) + e
    return out, largest


def split_factors(space: JetSpace, p: Poly) -> tuple[Poly, list[tuple[Poly, int]]]:
    """``p = content * product of factors``: numbers and variables, then known factors, then what is left."""
    p, denominators = _over_common(space, p)
    p, cleared = _cleared(space, p)
    cleared += sum(e << (WIDTH * v) for v, e in denominators.items())
    common: dict[int, int] | None = None
    for m in p:
        powers = dict(exponents(m))
        common = powers if common is None else {v: min(e, powers[v]) for v, e in common.items() if v in powers}
    shift = sum(e << (WIDTH * v) for v, e in (common or {}).items())
    order = sorted(p, reverse=True)
    whole = primitive(p[m] for m in order)
    left: Poly = {m - shift: c for m, c in zip(order, whole)}
    content: Poly = {shift + cleared: plain(Fraction(p[order[0]]) / whole[0])}
    found: list[tuple[Poly, int]] = []
    for number in list(space.factors.values()):
        factor = space.functions[number].argument
        e = 0
        while len(left) > 1 and (smaller := divided(left, factor)) is not None:
            left, e = smaller, e + 1
        if e:
            found.append((factor, e))
    if len(left) > 1:
        root = _square_root(left)
        found.append((left, 1) if root is None else (root, 2))
    else:
        ((m, c),) = left.items()
        content = scaled({n + m: d for n, d in content.items()}, c)
    return content, found


def _cleared(space: JetSpace, p: Poly) -> tuple[Poly, int]:
    """``p = numerator * monomial`` with no inverse of a variable left in the numerator: 1 - 2m/r is (r - 2m)/r."""
    out = dict(p)
    shift = 0
    for v, twin in space.inverses.items():
        if v > twin or v in space.powers:
            continue
        e = max((degree_in(m, twin) for m in out), default=0)
        if e:
            lifted: Poly = {}
            for m, c in out.items():
                have = degree_in(m, twin)
                add_to(lifted, {m - (have << (WIDTH * twin)) + ((e - have) << (WIDTH * v)): c})
            out = space.reduced(lifted)
            shift += e << (WIDTH * twin)
    return out, shift


def _square_root(p: Poly) -> Poly | None:
    """The polynomial whose square is p, if there is one."""
    lead = max(p)
    if any(e % 2 for _, e in exponents(lead)) or p[lead] < 0:
        return None
    from math import isqrt

    c = Fraction(p[lead])
    n, d = isqrt(c.numerator), isqrt(c.denominator)
    if n * n != c.numerator or d * d != c.denominator:
        return None
    first = sum((e // 2) << (WIDTH * v) for v, e in exponents(lead))
    root: Poly = {first: plain(Fraction(n, d))}
    left = dict(p)
    add_to(left, times(root, root), -1)
    double = 2 * root[first]
    while left:
        top = max(left)
        if any(degree_in(top, v) < e for v, e in exponents(first)) or len(root) > len(p):
            return None
        c = plain(Fraction(left[top]) / double)
        m = top - first
        # 2 * first * new term + new term * terms found so far.
        step: Poly = {}
        add_to(step, root, 2 * c, m)
        add_to(step, {2 * m: c * c})
        add_to(left, step, -1)
        root[m] = c
    return root


def square_root(space: JetSpace, p: Poly) -> Poly | None:
    """The rational function whose square is p, if there is one, with a positive leading coefficient.

    Examples
    --------
    >>> space = JetSpace(("x", "y"), (), denominators=True)
    >>> space.text(square_root(space, {0: 1, 1: 2, 2: 1}))
    'x + 1'
    """
    numerator, powers = _over_common(space, canonical(space, p))
    for v, e in list(powers.items()):
        if e % 2:
            numerator = times(numerator, space.functions[v].argument)
            powers[v] = e + 1
    # Inverses of variables are made even too.
    for v, twin in space.inverses.items():
        if v < twin and v not in space.powers:
            odd = max((degree_in(m, twin) for m in numerator), default=0)
            odd += odd % 2
            lifted: Poly = {}
            for m, c in numerator.items():
                have = degree_in(m, twin)
                add_to(lifted, {m - (have << (WIDTH * twin)) + ((odd - have) << (WIDTH * v)): c})
            numerator = lifted
            powers[twin] = odd
    root = _square_root(numerator) if numerator else None
    if root is None:
        return None
    shift = sum((e // 2) << (WIDTH * v) for v, e in powers.items())
    return canonical(space, space.reduced({m + shift: c for m, c in root.items()}))

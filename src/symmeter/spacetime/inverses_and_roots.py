"""What a differential polynomial is divided by, and its fractional powers: symbols with rules, made when first met.

A product of variables has an inverse in the ring; a sum where the space allows denominators, each of which becomes one
symbol. Roots of one argument are whole powers of the finest one that is there.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

from symmeter.errors import InputError
from symmeter.spacetime.polynomials import Number, Poly, constant, exponents, frozen, plain, power, scaled, times

if TYPE_CHECKING:
    from symmeter.spacetime.jets import JetSpace

__all__ = ["inverse", "root"]

_LARGEST_PRIME = 10_000


def inverse(space: JetSpace, p: Poly) -> Poly:
    """1/p for a number times variables; of a sum where ``denominators`` are allowed.

    Raises
    ------
    InputError
        For zero, and for a sum, whose inverse has no rule.
    """
    if not p or (space.denominators and not _nonzero(space, p)):
        raise InputError("nothing can be divided by zero")
    if len(p) != 1:
        if space.denominators:
            return _inverse_of_sum(space, p)
        raise InputError(f"1/({space.text(p)}) has no rule; multiply the equation by it")
    ((m, c),) = p.items()
    out: Poly = {0: Fraction(1) / c}
    sums = set(space.factors.values())
    for v, e in exponents(m):
        value = space.functions[v].argument if v in sums else space.poly(_inverse_of(space, v))
        for _ in range(e):
            out = times(out, value)
    return space.reduced(out)


def _inverse_of_sum(space: JetSpace, p: Poly) -> Poly:
    from symmeter.spacetime.denominators import split_factors

    content, factors = split_factors(space, p)
    out = inverse(space, content)
    for factor, e in factors:

        def derivative(factor: Poly = factor) -> Poly:
            r = space.poly(space.factors[frozen(factor)])
            return scaled(times(r, r), -1)

        number = space.define("inverse sum", f"1/({space.text(factor)})", (frozen(factor),), factor, derivative)
        space.factors[frozen(factor)] = number
        for _ in range(e):
            out = times(out, space.poly(number))
    return space.reduced(out)


def _inverse_of(space: JetSpace, v: int) -> int:
    if v in space.inverses:
        return space.inverses[v]

    def derivative() -> Poly:
        r = space.poly(twin)
        return scaled(times(r, r), -1)

    twin = space.define("inverse", f"1/{space.variables[v].name}", (v,), space.poly(v), derivative)
    space.inverses[v], space.inverses[twin] = twin, v
    return twin


def root(space: JetSpace, base: Poly, exponent: Fraction) -> Poly:
    """``base^exponent`` for a fraction: powers of one w with dw = w / (q base), so that x^(3/2) is x x^(1/2).

    The base is a product of variables; a sum where ``denominators`` are allowed.
    """
    if not base and exponent > 0:
        return {}
    if len(base) != 1:
        if not space.denominators or not base:
            raise InputError(f"({space.text(base)})^({exponent}) has no rule; powers are of a single variable")
        return _root_of_sum(space, base, exponent)
    ((m, c),) = base.items()
    found = _root_of_number(c, exponent)
    if found is None and not space.denominators:
        raise InputError(f"({space.text(base)})^({exponent}) has no rule; powers are of a single variable")
    out: Poly = {0: 1} if found is None else found
    if found is None:
        for prime, e in _prime_powers(Fraction(c)):
            out = space.times(out, _single_root(space, {0: prime}, exponent * e))
    for v, e in exponents(m):
        inner = space.functions.get(v)
        if inner is not None and inner.kind in ("inverse", "inverse sum"):
            factor = root(space, inner.argument, -exponent * e)
        elif inner is not None and inner.kind == "exp":
            factor = space.function("exp", scaled(inner.argument, exponent * e))
        else:
            factor = _single_root(space, space.poly(v), exponent * e)
        out = space.times(out, factor)
    return out


def _root_of_sum(space: JetSpace, base: Poly, exponent: Fraction) -> Poly:
    """By factors that are known, so that sqrt(2 x + 2) is sqrt(2) sqrt(x + 1); signs stay inside."""
    from symmeter.spacetime.denominators import split_factors

    content, factors = split_factors(space, base)
    ((m, c),) = content.items()
    if c < 0:
        content = {m: -c}
        odd = next((k for k, (_, e) in enumerate(factors) if e % 2), None)
        if odd is None:
            return _single_root(space, base, exponent)
        factor, e = factors[odd]
        factors[odd] = scaled(factor, -1), e
    out = root(space, content, exponent)
    for factor, e in factors:
        out = space.times(out, _single_root(space, factor, exponent * e))
    return out


def _single_root(space: JetSpace, base: Poly, exponent: Fraction) -> Poly:
    whole, rest = divmod(exponent.numerator, exponent.denominator)
    out = power(base if whole >= 0 else inverse(space, base), abs(whole))
    if not rest:
        return space.reduced(out)
    finer = space.finest.get(("root", frozen(base)))
    q = exponent.denominator if finer is None else lcm(exponent.denominator, finer[0])
    if finer is None or q != finer[0]:
        share = Fraction(1, q)

        def derivative() -> Poly:
            return scaled(space.times(space.poly(number), inverse(space, base)), share)

        text = f"({space.text(base)})^({share})"
        number = space.define("root", text, (frozen(base), share), base, derivative)
        space.powers[number] = (q, base) if finer is None else (q // finer[0], space.poly(finer[1]))
        space.finest["root", frozen(base)] = finer = q, number
    return space.times(out, power(space.poly(finer[1]), rest * (q // exponent.denominator)))


def _prime_powers(c: Fraction) -> list[tuple[int, int]]:
    """A number as a product, with its sign as the factor -1; large primes may stay together."""
    out = [] if c > 0 else [(-1, 1)]
    for n, sign in ((abs(c.numerator), 1), (c.denominator, -1)):
        left, prime = n, 2
        while left > 1:
            if prime * prime > left or prime > _LARGEST_PRIME:
                prime = left
            e = 0
            while left % prime == 0:
                left, e = left // prime, e + 1
            if e:
                out.append((prime, sign * e))
            prime += 1
    return out


def _nonzero(space: JetSpace, p: Poly) -> bool:
    from symmeter.spacetime.denominators import canonical

    return len(p) == 1 or bool(canonical(space, p))


def _root_of_number(c: Number, exponent: Fraction) -> Poly | None:
    """``c^exponent`` where that is rational."""
    q, parts = exponent.denominator, []
    for n in (Fraction(c).numerator, Fraction(c).denominator):
        root = round(n ** (1 / q)) if 0 < n < 10**12 else 0
        if root**q != n:
            return None
        parts.append(root)
    return constant(plain(Fraction(*parts) ** exponent.numerator))

"""What equations are divided by when they are solved: on which open set results hold, in factors that may vanish."""

from __future__ import annotations

from fractions import Fraction

from symmeter.spacetime.denominators import canonical, common_numerators, split_factors
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.polynomials import MASK, WIDTH, Poly, add_to, degree_in, exponents, monomial, scaled, times

__all__ = ["conditions", "derivative_mask", "divides_by_derivatives", "never_vanishes", "numerator"]

_POSITIVE = ("exp", "cosh")


def never_vanishes(space: JetSpace, p: Poly) -> bool:
    """Whether a polynomial has no zeros for real values of its symbols; False where that is not seen.

    Squares are completed, variable by variable, which decides what is quadratic; what is left must be even powers with
    coefficients of one sign, a number among them. Exponentials count as positive, all else as a free real number.

    Examples
    --------
    >>> space = JetSpace(("x", "y"), ())
    >>> never_vanishes(space, {0: 1, 2: 1, 2 << 12: 3}), never_vanishes(space, {0: 1, 2: -1})
    (True, False)
    """
    if not p:
        return False
    left = p if p.get(0, max(p.values())) > 0 else scaled(p, -1)
    if len(p) == 1:
        return all(_is_positive(space, v) or _is_inverse(space, v) for v, _ in exponents(next(iter(p))))
    while not all(
        c > 0 and all(e % 2 == 0 or _is_positive(space, v) for v, e in exponents(m)) for m, c in left.items()
    ):
        completed = _square_completed(left)
        if completed is None:
            return False
        left = completed
    return any(all(_is_positive(space, v) for v, _ in exponents(m)) for m in left)


def _is_positive(space: JetSpace, v: int) -> bool:
    inner = space.functions.get(v)
    if inner is None:
        return False
    if _is_inverse(space, v):
        return all(_is_positive(space, w) for m in inner.argument for w, _ in exponents(m))
    return inner.kind in _POSITIVE


def _is_inverse(space: JetSpace, v: int) -> bool:
    return v in space.functions and space.functions[v].kind in ("inverse", "inverse sum")


def _square_completed(p: Poly) -> Poly | None:
    """The minimum of ``a v^2 + b v + c`` over v, ``c - b^2/(4 a)``, for a number a > 0 and some v with b not zero."""
    for v in sorted({v for m in p for v, e in exponents(m) if e == 1}):
        square = monomial([(v, 2)])
        a = p.get(square, 0)
        if a <= 0 or any(degree_in(m, v) > 1 and m != square for m in p):
            continue
        unit = monomial([(v, 1)])
        b = {m - unit: c for m, c in p.items() if degree_in(m, v) == 1}
        out = {m: c for m, c in p.items() if not degree_in(m, v)}
        add_to(out, times(b, b), -Fraction(1, 4) / a)
        return out
    return None


def conditions(space: JetSpace, p: Poly) -> tuple[Poly, ...]:
    """The factors of what was divided by that may vanish, each without its number and its exponent.

    Examples
    --------
    >>> space = JetSpace(("x", "y"), ())
    >>> [space.text(q) for q in conditions(space, {2: -3, 2 + (2 << 12): -3})]
    ['x']
    """
    content, factors = split_factors(space, p) if len(p) > 1 else (p, [])
    ((m, _),) = content.items()
    found = [space.poly(v) for v, _ in exponents(m)] + [_shorter(space, f) for f, _ in factors]
    return tuple(f for f in found if not never_vanishes(space, f))


def _shorter(space: JetSpace, p: Poly) -> Poly:
    """``1 - cos(u)^2`` is the square of sin(u)."""
    for s, (_, square) in space.powers.items():
        if space.functions[s].kind in ("sin", "sinh") and square in (p, scaled(p, -1)):
            return space.poly(s)
    return p


def numerator(space: JetSpace, p: Poly) -> Poly:
    """An expression that is zero where p is: without denominators, and without roots that all of its terms have."""
    if not canonical(space, p):
        return {}
    (out,) = common_numerators(space, [p])
    for v in space.powers:
        shared = min(degree_in(m, v) for m in out)
        out = {m - (shared << (WIDTH * v)): c for m, c in out.items()}
    return out


def divides_by_derivatives(space: JetSpace) -> bool:
    """Whether derivatives stand in a denominator of the ring."""
    return any(
        f.kind in ("inverse", "inverse sum") and any(any(index) for _, index in space.jets_of(f.argument))
        for f in space.functions.values()
    )


def derivative_mask(space: JetSpace) -> int:
    """The bits of all symbols that have derivatives in them: jets, and functions of such."""
    out = 0
    for v, variable in enumerate(space.variables):
        if variable.kind == "jet":
            derivatives = any(variable.index)
        else:
            f = space.functions.get(v)
            derivatives = f is not None and any(any(index) for _, index in space.jets_of(f.argument))
        if derivatives:
            out |= MASK << (WIDTH * v)
    return out

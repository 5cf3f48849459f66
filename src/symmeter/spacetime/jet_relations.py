"""Relations among the symbols of a jet space: ``u * 1/u = 1``, ``sin^2 = 1 - cos^2``, powers of roots.

They are applied as rules, in one direction, until none applies: what is left is the normal form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from symmeter.spacetime.polynomials import WIDTH, Poly, add_to, degree_in, scaled, times

if TYPE_CHECKING:
    from symmeter.spacetime.jets import JetSpace

__all__ = ["reduced"]


def reduced(space: JetSpace, p: Poly) -> Poly:
    """Relations applied: ``u * 1/u = 1`` and ``sin^2 = 1 - cos^2``."""
    out: Poly = {}
    changed = False
    for m, c in p.items():
        n = m
        for v, twin in space.inverses.items():
            if v < twin:
                both = min(degree_in(n, v), degree_in(n, twin))
                if both:
                    n -= (both << (WIDTH * v)) + (both << (WIDTH * twin))
        found = next((v for v, (e, _) in space.powers.items() if degree_in(n, v) >= e), None)
        split = None if found is not None or space.denominators else _beside_inverse(space, n)
        if split is not None:
            changed = True
            add_to(out, space.reduced(scaled(split, c)))
        elif found is None:
            changed |= n != m
            add_to(out, {n: c})
        else:
            changed = True
            exponent, value = space.powers[found]
            rest = n - (exponent << (WIDTH * found))
            add_to(out, space.reduced(times({rest: c}, value)))
    return out if changed else p


def _beside_inverse(space: JetSpace, n: int) -> Poly | None:
    """``c^2/s = 1/s - s`` and ``1/(s c) = s/c + c/s``: what is left of a monomial in a sine and its inverse."""
    for s, twin in space.inverses.items():
        f = space.functions.get(s)
        if f is None or f.kind not in ("sin", "sinh") or not degree_in(n, twin):
            continue
        c = space.number_of("cos" if f.kind == "sin" else "cosh", f.key)
        sign = -1 if f.kind == "sin" else 1
        other = space.inverses.get(c)
        if degree_in(n, c) >= 2:
            rest = n - (2 << (WIDTH * c))
            return times({rest: 1}, {0: 1, 2 << (WIDTH * s): sign})
        if other is not None and degree_in(n, other):
            # 1 = c^2 + s^2, or c^2 - s^2.
            return times({n: 1}, {2 << (WIDTH * c): 1, 2 << (WIDTH * s): -sign})
    return None

"""Differential polynomials as text that can be typed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from symmeter.spacetime.polynomials import Poly, exponents, plain

if TYPE_CHECKING:
    from symmeter.spacetime.jets import JetSpace

__all__ = ["place", "polynomial_text"]


def polynomial_text(space: JetSpace, p: Poly) -> str:
    """As it can be typed again."""
    if not p:
        return "0"
    parts = []
    for m, c in sorted(p.items(), key=lambda mc: place(space, mc[0])):
        c = plain(c)
        sign = "-" if c < 0 else "+"
        factors = [_factor(space, v, e) for v, e in exponents(m)]
        if abs(c) != 1 or not factors:
            factors.insert(0, str(abs(c)) if isinstance(c, int) or not factors else f"({abs(c)})")
        parts.append((sign, "*".join(factors)))
    first = ("-" if parts[0][0] == "-" else "") + parts[0][1]
    return first + "".join(f" {s} {t}" for s, t in parts[1:])


def _factor(space: JetSpace, v: int, e: int) -> str:
    name = space.variables[v].name
    if name.startswith("1/"):
        return f"({name[2:]})^-{e}" if "^(" in name else f"{name[2:]}^-{e}"
    return name if e == 1 else f"({name})^{e}" if "^(" in name else f"{name}^{e}"


def place(space: JetSpace, m: int) -> tuple:
    """Where a monomial stands in a text: high derivatives first, then high degrees."""
    powers = list(exponents(m))
    return (-max((sum(space.variables[v].index) for v, _ in powers), default=0), -sum(e for _, e in powers), powers)

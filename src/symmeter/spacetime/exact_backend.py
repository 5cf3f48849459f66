"""Large products and quotients of polynomials by FLINT where python-flint is installed; by Python otherwise.

Dictionaries of packed monomials are what everything else works on, so that a polynomial is converted before and after.
That pays only where many products of terms fall on the same monomial. Measured on one core against Python (python-flint
0.9, conversions included): products of 1000 by 1000 dense terms 3 to 6 times faster, quotients of such 3 to 4 times;
products of 10 by 10 terms 8 times slower, 1000 by 1000 terms without collisions 9 times slower. Curvature of known
metrics has no product large enough: Kerr takes 6 ms in Python and 15 ms with all products by FLINT, Kerr, Newman and de
Sitter 45 ms and 170 ms. Hence FLINT is asked only for large products in which collisions are frequent, by a sample.

Answers are the same. ``SYMMETER_EXACT=python`` in the environment forbids FLINT, and ``flint`` insists on it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from math import prod
from random import Random
from typing import Any

from symmeter.errors import InputError, MissingDependencyError
from symmeter.spacetime.polynomials import MASK, WIDTH, Poly, exponents

__all__ = ["ENVIRONMENT", "backend", "product", "quotient"]

#: ``python`` does without FLINT, ``flint`` is an error without it; nothing means that it is used where installed.
ENVIRONMENT = "SYMMETER_EXACT"
_SAMPLE = 1000
_FREQUENT = 10
_SPARSEST = 20


def backend() -> str:
    """Who does large products: ``flint`` or ``python``.

    Examples
    --------
    >>> backend() in ("flint", "python")
    True
    """
    return "python" if _flint() is None else "flint"


@lru_cache(maxsize=1)
def _installed() -> Any:
    try:
        import flint
    except ImportError:
        return None
    return flint if hasattr(flint, "fmpz_mpoly_ctx") else None


def _flint() -> Any:
    chosen = os.environ.get(ENVIRONMENT, "").strip().lower()
    if chosen not in ("", "python", "flint"):
        raise InputError(f"{ENVIRONMENT}={chosen!r} is no way to do exact arithmetic; use python or flint")
    if chosen == "flint" and _installed() is None:
        raise MissingDependencyError("python-flint", "exact", f"{ENVIRONMENT}=flint")
    return None if chosen == "python" else _installed()


def product(a: Poly, b: Poly) -> Poly | None:
    """The product of polynomials with integers for coefficients, or None where Python is the faster one."""
    flint = _flint()
    if flint is None or not _collide(a, b):
        return None
    ring, shifts = _ring(flint, a, b)
    return _from_flint(_in_ring(ring, shifts, a) * _in_ring(ring, shifts, b), shifts)


def quotient(p: Poly, factor: Poly) -> Poly | None:
    """``p / factor`` for integers, where the factor has no content: empty where it does not divide, None as above."""
    flint = _flint()
    if flint is None or not _is_dense(p):
        return None
    ring, shifts = _ring(flint, p, factor)
    try:
        found = _in_ring(ring, shifts, p) / _in_ring(ring, shifts, factor)
    except flint.utils.flint_exceptions.DomainError:
        return {}
    return _from_flint(found, shifts)


def _collide(a: Poly, b: Poly) -> bool:
    """Whether products of terms fall on a monomial ten times each, on average: told by a sample, as birthdays are."""
    draw = Random(0)
    one, two = list(a), list(b)
    sample = {m + n for m, n in zip(draw.choices(one, k=_SAMPLE), draw.choices(two, k=_SAMPLE))}
    coincide = _SAMPLE - len(sample)
    return coincide * len(one) * len(two) > _FREQUENT * _SAMPLE**2 / 2


def _is_dense(p: Poly) -> bool:
    """Whether many of the monomials are there that its degrees allow, by a sample: quotients then have fewer terms."""
    largest: dict[int, int] = {}
    for m in list(p)[:: 1 + len(p) // _SAMPLE]:
        for v, e in exponents(m):
            largest[v] = max(largest.get(v, 0), e)
    return len(p) * _SPARSEST > prod(e + 1 for e in largest.values())


def _ring(flint: Any, a: Poly, b: Poly) -> tuple[Any, list[int]]:
    used = 0
    for p in (a, b):
        for m in p:
            used |= m
    shifts = [WIDTH * v for v, _ in exponents(used)]
    return flint.fmpz_mpoly_ctx.get([f"x{k}" for k in range(len(shifts))], flint.Ordering.lex), shifts


def _in_ring(ring: Any, shifts: list[int], p: Poly) -> Any:
    return ring.from_dict({tuple([(m >> s) & MASK for s in shifts]): c for m, c in p.items()})


def _from_flint(p: Any, shifts: list[int]) -> Poly:
    # Exponents and coefficients are integers of FLINT's own type.
    return {int(sum([e << s for e, s in zip(powers, shifts)])): int(c) for powers, c in p.terms()}

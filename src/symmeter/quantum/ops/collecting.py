"""Adding up like terms, and what counts as zero: exact numbers that are 0, floating point that is only rounding.

A floating-point sum is dropped when it is below 32 machine epsilons of the sum of the sizes of what was added.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from symmeter.quantum.ops.coefficients import Coefficient, as_coefficient, is_symbolic

__all__ = ["ROUNDING", "collect"]

ROUNDING = 32 * 2.0**-52
Key = TypeVar("Key", bound=Hashable)


def collect(terms: Iterable[tuple[Key, Coefficient]]) -> dict[Key, Coefficient]:
    """Sum the coefficients of equal keys and leave out what is zero.

    Examples
    --------
    >>> collect([("x", 0.1), ("y", 2), ("x", 0.2), ("x", -0.3)])
    {'y': 2}
    """
    values: dict[Key, Coefficient] = {}
    sizes: dict[Key, float] = {}
    symbolic = False
    for key, value in terms:
        if key in values:
            values[key] = values[key] + value
        else:
            values[key] = value
        if isinstance(value, (float, complex)):
            sizes[key] = sizes.get(key, 0.0) + abs(value)
        elif not isinstance(value, int):
            symbolic = symbolic or is_symbolic(value)
    if symbolic:
        values = {k: as_coefficient(v.expand()) if is_symbolic(v) else v for k, v in values.items()}
    kept = {k: v for k, v in values.items() if v != 0}
    for key, size in sizes.items():
        value = kept.get(key)
        if isinstance(value, (float, complex)):
            if abs(value) <= ROUNDING * size:
                del kept[key]
            elif isinstance(value, complex):
                kept[key] = as_coefficient(value)
    return kept

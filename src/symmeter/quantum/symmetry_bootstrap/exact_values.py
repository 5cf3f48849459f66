"""Characters beyond the library as exact numbers: a value of an irrep of dimension d is a sum of d roots of unity."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from symmeter.groups import Cyclotomic

if TYPE_CHECKING:
    from symmeter.quantum.symmetry_bootstrap.solutions import Solution

__all__ = ["recognise", "table_text"]

_MOST = 60_000


def recognise(value: complex, dimension: int, order: int) -> Cyclotomic | complex:
    """The exact number next to a value, or the value itself when none is found.

    Examples
    --------
    >>> print(recognise(0.5 + 5**0.5 / 2, 3, 60))
    phi
    """
    if abs(value - round(value.real)) < 1e-7:
        return Cyclotomic(1, [round(value.real)])
    for e in range(3, order + 1):
        if order % e or comb(e + dimension - 1, dimension) > _MOST:
            continue
        sums, choices = _sums(e, dimension)
        i = int(np.abs(sums - value).argmin())
        if abs(sums[i] - value) < 1e-7:
            return Cyclotomic(e, choices[i].tolist())
    return complex(value)


@lru_cache(maxsize=64)
def _sums(e: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    picks = np.array(list(combinations_with_replacement(range(e), dimension)))
    choices = np.zeros((len(picks), e), dtype=np.int64)
    np.add.at(choices, (np.arange(len(picks))[:, None], picks), 1)
    return np.exp(2j * np.pi * picks / e).sum(axis=1), choices


def table_text(solution: Solution) -> str:
    """Character table as text, without names of classes."""
    shown = [[_shown(v) for v in row] for row in solution.exact_values()]
    rows = [["size", *map(str, solution.class_sizes.tolist())]]
    rows += [[f"X{i + 1}", *row] for i, row in enumerate(shown)]
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    lines = ["  ".join([r[0].ljust(widths[0]), *(x.rjust(w) for x, w in zip(r[1:], widths[1:]))]) for r in rows]
    return "\n".join([f"order {solution.order}", "", *lines])


def _shown(value: Cyclotomic | complex) -> str:
    return f"{value.real:.4g}{value.imag:+.4g}i" if isinstance(value, complex) else str(value).replace(" ", "")

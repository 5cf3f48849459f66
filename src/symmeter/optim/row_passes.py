"""Compiled passes over large tables: what :mod:`symmeter.optim.row_kernel` is made of.

Directions are ``s = a m + b g - mean`` in the momentum and gradient of a row. Loops are written so that the compiler
fills whole registers: one output and few arrays each, four rows at a time where sums over rows are kept, and factors
multiplied beforehand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Passes", "passes"]

#: Rows that are looked at together: few enough to stay near, so many that their roots are taken side by side.
_BLOCK = 32


class Passes(NamedTuple):
    """Compiled functions; what each does stands below."""

    lengthen: Any
    move: Any
    sweep: Any
    columns: Any
    glide: Any
    survey: Any
    finish: Any


@lru_cache(maxsize=1)
def passes() -> Passes:
    """Compiled when first asked for; numba keeps them for the next process."""
    import numba

    # Sums may be taken in any order, so that they fill whole registers; nothing else is relaxed.
    compiled = numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
    made = (_lengthen, _move, _sweep, _columns, _glide, _survey, _finish)
    return Passes(*(compiled(f) for f in made))


def _lengthen(m, g, rate, ahead, eps):  # pragma: no cover - compiled
    """New momentum in place; one over the length of each row, sum of squares of the normalised rows."""
    v, d = m.shape
    kind = m.dtype.type
    rate, ahead = kind(rate), kind(ahead)
    rows = np.empty(v, dtype=m.dtype)
    squares = 0.0
    for i in range(v):
        mi, gi = m[i], g[i]
        square = kind(0)
        for j in range(d):
            new = mi[j] + rate * (gi[j] - mi[j])
            mi[j] = new
            s = gi[j] + ahead * (new - gi[j])
            square += s * s
        size = np.sqrt(square)
        w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
        rows[i] = w
        squares += float(size * w) ** 2
    return rows, squares


def _survey(m, g, a, b, mean, eps):  # pragma: no cover - compiled
    """Nothing in place: one over the length of each row, mean of the normalised rows, sum of their squares, sums of the
    columns of the gradient and of the lengths; over rows in single precision for 256 of them and in double between.
    """
    v, d = m.shape
    kind = m.dtype.type
    a, b, eps = kind(a), kind(b), kind(eps)
    least = np.finfo(m.dtype).tiny
    rows = np.empty(v, dtype=m.dtype)
    total, columns = np.zeros(d, dtype=np.float64), np.zeros(d, dtype=np.float64)
    some, part = np.zeros(d, dtype=m.dtype), np.zeros(d, dtype=m.dtype)
    squares = lengths = 0.0
    for start in range(0, v, _BLOCK):
        stop = min(start + _BLOCK, v)
        for i in range(start, stop):
            mi, gi = m[i], g[i]
            square = kind(0)
            for j in range(d):
                s = a * mi[j] + b * gi[j] - mean[j]
                square += s * s
            rows[i] = square
        for i in range(start, stop):
            size = np.sqrt(rows[i])
            w = kind(1) / max(size + eps, least) if size + eps > 0 else kind(0)
            rows[i] = w
            squares += float(size * w) ** 2
            lengths += float(size)
        for first in range(start, stop, 4):
            if first + 4 <= stop:
                w0, w1, w2, w3 = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
                m0, m1, m2, m3 = m[first], m[first + 1], m[first + 2], m[first + 3]
                g0, g1, g2, g3 = g[first], g[first + 1], g[first + 2], g[first + 3]
                a0, a1, a2, a3 = a * w0, a * w1, a * w2, a * w3
                b0, b1, b2, b3 = b * w0, b * w1, b * w2, b * w3
                off = w0 + w1 + w2 + w3
                for j in range(d):
                    some[j] += (
                        (a0 * m0[j] + b0 * g0[j]) + (a1 * m1[j] + b1 * g1[j])
                        + (a2 * m2[j] + b2 * g2[j]) + (a3 * m3[j] + b3 * g3[j]) - off * mean[j]
                    )  # fmt: skip
                for j in range(d):
                    part[j] += (g0[j] + g1[j]) + (g2[j] + g3[j])
            else:
                for i in range(first, stop):
                    for j in range(d):
                        some[j] += rows[i] * (a * m[i, j] + b * g[i, j] - mean[j])
                        part[j] += g[i, j]
        if start % 256 == 224 or stop == v:
            for j in range(d):
                total[j] += some[j]
                columns[j] += part[j]
                some[j] = 0
                part[j] = 0
    return rows, (total / v).astype(m.dtype), squares, columns.astype(m.dtype), lengths


def _glide(m, g, rate, mean, eps):  # pragma: no cover - compiled
    """As :func:`_survey` without looking ahead, and new momentum in place."""
    v, d = m.shape
    kind = m.dtype.type
    rate = kind(rate)
    keep = kind(1) - rate
    rows = np.empty(v, dtype=m.dtype)
    total, columns = np.zeros(d, dtype=np.float64), np.zeros(d, dtype=np.float64)
    some, part = np.zeros(d, dtype=m.dtype), np.zeros(d, dtype=m.dtype)
    squares = lengths = 0.0
    # Where rows are written, more than four at a time go out of the nearest cache.
    for first in range(0, v, 4):
        last = min(first + 4, v)
        for i in range(first, last):
            mi, gi = m[i], g[i]
            square = kind(0)
            for j in range(d):
                new = keep * mi[j] + rate * gi[j]
                mi[j] = new
                s = new - mean[j]
                square += s * s
            size = np.sqrt(square)
            w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
            rows[i] = w
            squares += float(size * w) ** 2
            lengths += float(size)
        if last - first == 4:
            w0, w1, w2, w3 = rows[first], rows[first + 1], rows[first + 2], rows[first + 3]
            m0, m1, m2, m3 = m[first], m[first + 1], m[first + 2], m[first + 3]
            g0, g1, g2, g3 = g[first], g[first + 1], g[first + 2], g[first + 3]
            off = w0 + w1 + w2 + w3
            for j in range(d):
                some[j] += (w0 * m0[j] + w1 * m1[j]) + (w2 * m2[j] + w3 * m3[j]) - off * mean[j]
            for j in range(d):
                part[j] += (g0[j] + g1[j]) + (g2[j] + g3[j])
        else:
            for i in range(first, last):
                for j in range(d):
                    some[j] += rows[i] * (m[i, j] - mean[j])
                    part[j] += g[i, j]
        if first % 256 == 252 or last == v:
            for j in range(d):
                total[j] += some[j]
                columns[j] += part[j]
                some[j] = 0
                part[j] = 0
    return rows, (total / v).astype(m.dtype), squares, columns.astype(m.dtype), lengths


def _move(p, m, g, ahead, mean, rows, mean_row, step, shrink):  # pragma: no cover - compiled
    """The weight less its update, in place, after new momenta."""
    v, d = p.shape
    kind = m.dtype.type
    ahead, step, shrink = kind(ahead), kind(step), kind(shrink)
    rest = kind(1) - ahead
    shift = (step * mean_row).astype(m.dtype)
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        w = step * rows[i]
        if ahead == kind(1):
            # Without looking ahead the gradient is not read.
            for j in range(d):
                pi[j] = shrink * pi[j] - w * mi[j] + (w * mean[j] + shift[j])
        else:
            a, b = w * ahead, w * rest
            for j in range(d):
                pi[j] = shrink * pi[j] - a * mi[j] - b * gi[j] + (w * mean[j] + shift[j])


def _finish(p, m, g, rate, a, b, mean, rows, mean_row, step, shrink):  # pragma: no cover - compiled
    """Weight and momentum in place, after a survey."""
    v, d = p.shape
    kind = m.dtype.type
    rate, a, b, step, shrink = kind(rate), kind(a), kind(b), kind(step), kind(shrink)
    keep = kind(1) - rate
    shift = (step * mean_row).astype(m.dtype)
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        w = step * rows[i]
        wa, wb = w * a, w * b
        for j in range(d):
            x, y = mi[j], gi[j]
            pi[j] = shrink * pi[j] - wa * x - wb * y + (w * mean[j] + shift[j])
            mi[j] = keep * x + rate * y


def _sweep(p, m, g, rate, ahead, eps, step, shrink):  # pragma: no cover - compiled
    """Momentum and weight in place, row by row; one over the length of each row, sum of squares of the directions."""
    v, d = m.shape
    kind = m.dtype.type
    rate, ahead, step, shrink = kind(rate), kind(ahead), kind(step), kind(shrink)
    rows = np.empty(v, dtype=m.dtype)
    squares = 0.0
    for i in range(v):
        pi, mi, gi = p[i], m[i], g[i]
        square = kind(0)
        for j in range(d):
            new = mi[j] + rate * (gi[j] - mi[j])
            mi[j] = new
            s = gi[j] + ahead * (new - gi[j])
            square += s * s
        size = np.sqrt(square)
        w = kind(1.0 / (size + eps)) if size + eps > 0 else kind(0)
        rows[i] = w
        squares += float(size * w) ** 2
        for j in range(d):
            pi[j] = shrink * pi[j] - step * (w * (gi[j] + ahead * (mi[j] - gi[j])))
    return rows, squares


def _columns(g):  # pragma: no cover - compiled
    """Sums of columns, single precision for 256 rows and double between them."""
    v, d = g.shape
    total = np.zeros(d, dtype=np.float64)
    some = np.zeros(d, dtype=g.dtype)
    for i in range(v):
        gi = g[i]
        for j in range(d):
            some[j] += gi[j]
        if i % 256 == 255 or i == v - 1:
            for j in range(d):
                total[j] += some[j]
                some[j] = 0
    return total.astype(g.dtype)

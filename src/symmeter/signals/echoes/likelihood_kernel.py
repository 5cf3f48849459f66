"""Loops of the likelihoods and of the comb transform, compiled (numba, extra ``fast``).

One pass visits the bins of lines alone. With data of duration ``T = 1 / df`` the factor that ends a line with the data
is one number for all its bins, so that a bin costs one division. ``ln I0`` is a cubic of a table of steps of 1/64 below
64 (to 6e-11) and its asymptotic series above.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numba
import numpy as np

__all__ = [
    "FREE_AMPLITUDE", "PER_BIN", "PER_MODE", "band_draws", "bessel_table", "line_bins", "line_sums", "line_terms",
    "ln_likelihoods", "scan", "scan_bands",
]  # fmt: skip

PER_MODE, PER_BIN, FREE_AMPLITUDE = 0, 1, 2

_EDGE, _STEPS = 64, 64
_fast = {"reassoc", "contract", "nsz", "arcp"}
_compiled = numba.njit(error_model="numpy", cache=True, nogil=True, fastmath=_fast)
_inlined = numba.njit(error_model="numpy", cache=True, inline="always", fastmath=_fast)


@lru_cache(maxsize=1)
def bessel_table() -> Any:
    """Coefficients of cubics that match ``ln I0`` and its slope at the ends of each step."""
    from scipy.special import i0e, i1e

    x = np.arange(_EDGE * _STEPS + 1) / _STEPS
    value, slope = np.log(i0e(x)) + x, i1e(x) / i0e(x) / _STEPS
    rise = np.diff(value)
    a, b = slope[:-1], slope[1:]
    return np.ascontiguousarray(np.stack([value[:-1], a, 3 * rise - 2 * a - b, a + b - 2 * rise], axis=1))


@_inlined
def _ln_i0(x: float, table: Any) -> float:
    if x < 64.0:
        at = x * 64.0
        k = int(at)
        u = at - k
        return table[k, 0] + u * (table[k, 1] + u * (table[k, 2] + u * table[k, 3]))
    y = 1.0 / x
    series = y * (0.125 + y * (0.0625 + y * (25.0 / 384.0 + y * (13.0 / 128.0 + y * (1073.0 / 5120.0)))))
    return x - 0.5 * math.log(2.0 * math.pi * x) + series


@_inlined
def _tame(value: float, cap: float, nu: float) -> float:
    if nu > 0.0 and value > 0.0:
        value = nu * math.log1p(value / nu)
    return min(value, cap)


@_compiled
def _term(
    centre: float, w: float, amp: float, late: float, om_cut: float, low: int, high: int, re: Any, im: Any,
    weight: Any, df: float, kind: int, cap: float, nu: float, table: Any,
) -> float:  # fmt: skip
    """What one line adds to the ln likelihood ratio."""
    total = 1.0 / df
    two_pi = 2.0 * math.pi
    half = om_cut / two_pi
    j0 = max(math.ceil((centre - half) / df), low)
    j1 = min(math.floor((centre + half) / df) + 1, high)
    if j0 < j1 and abs(two_pi * (j0 * df - centre)) >= om_cut:
        j0 += 1
    if j0 < j1 and abs(two_pi * ((j1 - 1) * df - centre)) >= om_cut:
        j1 -= 1
    if j0 >= j1:
        return 0.0
    decay = math.exp(-total * w)
    w2, step = w * w, two_pi * df
    turn = two_pi * (centre * total - math.floor(centre * total))
    size = amp * amp * (1.0 - 2.0 * decay * math.cos(turn) + decay * decay) * w2
    base = two_pi * (j0 * df - centre)
    sums = 0.0
    for channel in range(weight.shape[0]):
        if kind == PER_BIN:
            for k in range(j1 - j0):
                om = base + step * k
                h2 = size / (w2 + om * om)
                j = j0 + k
                x = re[channel, j] * re[channel, j] + im[channel, j] * im[channel, j]
                if weight[channel, j] > 0.0:
                    sums += _tame(_ln_i0(math.sqrt(x * h2), table) - 0.5 * weight[channel, j] * h2, cap, nu)
            continue
        a, c, r = 0.0, 0.0, 0.0
        if late == 0.0:
            for k in range(j1 - j0):
                om = base + step * k
                q = 1.0 / (w2 + om * om)
                x, y = re[channel, j0 + k], im[channel, j0 + k]
                a += q * (x * w - y * om)
                c += q * (y * w + x * om)
                r += q * weight[channel, j0 + k]
        else:
            turned, back = math.cos(late * step), math.sin(late * step)
            p, s = math.cos(late * base), math.sin(late * base)
            for k in range(j1 - j0):
                om = base + step * k
                q = 1.0 / (w2 + om * om)
                x = re[channel, j0 + k] * p - im[channel, j0 + k] * s
                y = im[channel, j0 + k] * p + re[channel, j0 + k] * s
                a += q * (x * w - y * om)
                c += q * (y * w + x * om)
                r += q * weight[channel, j0 + k]
                p, s = p * turned - s * back, s * turned + p * back
        r *= 0.5
        if r == 0.0:
            continue
        if kind == PER_MODE:
            # size holds w**2 once for the template's square; (a, c) lack one factor w of the template.
            value = _ln_i0(math.sqrt(size * (a * a + c * c)), table) - size * r
        else:
            # The amplitude is the deviation of each part of the lines' complex amplitudes.
            gain = 1.0 + 2.0 * size * r
            value = 0.5 * size * (a * a + c * c) / gain - math.log(gain)
        sums += _tame(value, cap, nu)
    return sums


@_inlined
def _cut(w: float, space: float, df: float, cut: float) -> float:
    return min(max(w * math.sqrt(1.0 - cut * cut) / cut, 6.0 * math.pi * df), math.pi * space)


@_compiled
def ln_likelihoods(
    theta: Any, re: Any, im: Any, weight: Any, df: float, cut: float, kind: int, cap: float, nu: float, table: Any,
    out: Any,
) -> None:  # fmt: skip
    """ln likelihood ratios of combs.

    ``re + i im`` is ``4 df d / S`` and ``weight`` is ``4 df / S``, for each channel and bin; channels add up.
    """
    n = weight.shape[1]
    for b in range(theta.shape[0]):
        w, amp, q0, space, late = theta[b, 0], theta[b, 1], theta[b, 2], theta[b, 3], theta[b, 6]
        om_cut = _cut(w, space, df, cut)
        low = max(int(theta[b, 4] / df), 0)
        high = min(int(theta[b, 5] / df + 2.0), n)
        half = om_cut / (2.0 * math.pi)
        n0 = math.floor((low * df - half) / space - q0)
        n1 = math.floor((high * df + half) / space - q0) + 1
        sums = 0.0
        for mode in range(n0, n1 + 1):
            centre = (mode + q0) * space
            sums += _term(centre, w, amp, late, om_cut, low, high, re, im, weight, df, kind, cap, nu, table)
        out[b] = sums


@_compiled
def line_terms(
    centres: Any, widths: Any, amplitudes: Any, widest: Any, re: Any, im: Any, weight: Any, df: float, cut: float,
    kind: int, cap: float, nu: float, table: Any, out: Any,
) -> None:  # fmt: skip
    """What lines anywhere add, one row of centres for each set of parameters; none is wider than ``widest`` hertz."""
    for b in range(centres.shape[0]):
        om_cut = _cut(widths[b], widest[b], df, cut)
        for m in range(centres.shape[1]):
            out[b, m] = _term(
                centres[b, m], widths[b], amplitudes[b], 0.0, om_cut, 0, weight.shape[1], re, im, weight, df, kind,
                cap, nu, table,
            )  # fmt: skip


@_compiled
def band_draws(
    theta: Any, band_low: float, band_high: float, fewest: int, u: Any, re: Any, im: Any, weight: Any, df: float,
    cut: float, kind: int, cap: float, nu: float, table: Any, ln_density: Any,
) -> None:  # fmt: skip
    """Draw fmin and fmax (into columns 4 and 5) by the likelihood of whole lines between them.

    A band begins anywhere between two lines and ends anywhere between two later ones: the sum over all pairs of gaps
    takes one pass over sums of the lines' terms.
    """
    n = weight.shape[1]
    most = int((band_high - band_low) / theta[:, 3].min()) + 3
    sums, start, total = np.empty(most + 1), np.empty(most), np.empty(most)
    for b in range(theta.shape[0]):
        w, amp, q0, space = theta[b, 0], theta[b, 1], theta[b, 2], theta[b, 3]
        om_cut = _cut(w, space, df, cut)
        first = math.ceil(band_low / space - q0)
        count = math.floor(band_high / space - q0) - first + 1
        ln_density[b] = np.inf
        theta[b, 4], theta[b, 5] = band_low, band_high
        if count < fewest:
            continue
        sums[0] = 0.0
        for m in range(count):
            centre = (first + m + q0) * space
            sums[m + 1] = sums[m] + _term(centre, w, amp, 0.0, om_cut, 0, n, re, im, weight, df, kind, cap, nu, table)
        shift = -sums[0]
        for m in range(count):
            shift = max(shift, -sums[m])
        top = sums[0]
        for m in range(count + 1):
            top = max(top, sums[m])
        # start[m]: over first lines up to m, of gap times exp(-sum before it); total: over last lines, of both.
        begun, whole = 0.0, 0.0
        for m in range(count):
            f = (first + m + q0) * space
            begun += min(space, f - band_low) * math.exp(-sums[m] - shift)
            start[m] = begun
            if m >= fewest - 1:
                ends = min(space, band_high - f) * math.exp(sums[m + 1] - top)
                whole += ends * start[m - fewest + 1]
            total[m] = whole
        if not whole > 0.0:
            continue
        last = fewest - 1
        while last < count - 1 and total[last] < u[b, 0] * whole:
            last += 1
        begin = 0
        while begin < last - fewest + 1 and start[begin] < u[b, 1] * start[last - fewest + 1]:
            begin += 1
        f = (first + begin + q0) * space
        theta[b, 4] = f - u[b, 2] * min(space, f - band_low)
        f = (first + last + q0) * space
        theta[b, 5] = f + u[b, 3] * min(space, band_high - f)
        ln_density[b] = sums[last + 1] - sums[begin] - shift - top - math.log(whole)


@_compiled
def line_sums(
    frequencies: Any, w: float, om_cut: float, re: Any, im: Any, weight: Any, df: float, square: Any, power: Any
) -> None:
    """``|z|**2`` and ``r`` of single lines of unit amplitude at each frequency, for each channel."""
    total = 1.0 / df
    channels, n = weight.shape
    two_pi = 2.0 * math.pi
    # Bins on the edge itself are outside, whatever rounding makes of them.
    half = om_cut / two_pi * (1.0 - 1e-9)
    decay = math.exp(-total * w)
    w2, step = w * w, two_pi * df
    for i in range(len(frequencies)):
        centre = frequencies[i]
        j0 = max(math.ceil((centre - half) / df), 0)
        j1 = min(math.floor((centre + half) / df) + 1, n)
        turn = two_pi * (centre * total - math.floor(centre * total))
        size = (1.0 - 2.0 * decay * math.cos(turn) + decay * decay) * w2
        base = two_pi * (j0 * df - centre)
        for channel in range(channels):
            a, c, r = 0.0, 0.0, 0.0
            for k in range(j1 - j0):
                om = base + step * k
                q = 1.0 / (w2 + om * om)
                x, y = re[channel, j0 + k], im[channel, j0 + k]
                a += q * (x * w - y * om)
                c += q * (y * w + x * om)
                r += q * weight[channel, j0 + k]
            square[channel, i] = size * (a * a + c * c)
            power[channel, i] = 0.5 * size * r


@_compiled
def line_bins(
    frequencies: Any, w: float, om_cut: float, amp: float, re: Any, im: Any, weight: Any, df: float, table: Any,
    value: Any,
) -> None:  # fmt: skip
    """The per-bin statistic of single lines at each frequency, channels added."""
    total = 1.0 / df
    channels, n = weight.shape
    two_pi = 2.0 * math.pi
    # Bins on the edge itself are outside, whatever rounding makes of them.
    half = om_cut / two_pi * (1.0 - 1e-9)
    decay = math.exp(-total * w)
    w2, step = w * w, two_pi * df
    for i in range(len(frequencies)):
        centre = frequencies[i]
        j0 = max(math.ceil((centre - half) / df), 0)
        j1 = min(math.floor((centre + half) / df) + 1, n)
        turn = two_pi * (centre * total - math.floor(centre * total))
        size = amp * amp * (1.0 - 2.0 * decay * math.cos(turn) + decay * decay) * w2
        base = two_pi * (j0 * df - centre)
        sums = 0.0
        for channel in range(channels):
            for k in range(j1 - j0):
                om = base + step * k
                h2 = size / (w2 + om * om)
                j = j0 + k
                x = re[channel, j] * re[channel, j] + im[channel, j] * im[channel, j]
                sums += _ln_i0(math.sqrt(x * h2), table) - 0.5 * weight[channel, j] * h2
        value[i] = sums


@_inlined
def _place(line: int, spacing: float) -> int:
    """Where in a table a line lies that many spacings on."""
    return int(line * spacing + 0.5)


@_compiled
def scan(table: Any, spacings: Any, best: Any, place: Any, work: Any) -> None:
    """Over all offsets, the largest sum of the table's values at even steps; spacings in steps of the table.

    Four lines a pass: one addition for each value, and a quarter of a load and store of the sums.
    """
    n = len(table)
    for i in range(len(spacings)):
        p = spacings[i]
        width = int(p)
        for q in range(width):
            work[q] = np.float32(0.0)
        m = 0
        while _place(m + 3, p) + width <= n:
            a, b = table[_place(m, p) :], table[_place(m + 1, p) :]
            c, d = table[_place(m + 2, p) :], table[_place(m + 3, p) :]
            for q in range(width):
                work[q] += (a[q] + b[q]) + (c[q] + d[q])
            m += 4
        while _place(m, p) < n:
            a = table[_place(m, p) :]
            for q in range(min(width, len(a))):
                work[q] += a[q]
            m += 1
        top, where = work[0], 0
        for q in range(1, width):
            if work[q] > top:
                top, where = work[q], q
        best[i], place[i] = top, where


@_compiled
def scan_bands(table: Any, spacings: Any, fewest: int, best: Any, place: Any, first: Any, last: Any) -> None:
    """As ``scan``, over all stretches of at least ``fewest`` neighbouring lines.

    One pass over two running sums, of which one lags ``fewest`` lines behind: the least that it was so far starts the
    best stretch that ends here. Which lines those are is looked up afterwards, for the best offset alone.
    """
    n = len(table)
    widest = int(spacings.max()) + 1
    sums, lagging = np.empty(widest, dtype=np.float32), np.empty(widest, dtype=np.float32)
    least, top = np.empty(widest, dtype=np.float32), np.empty(widest, dtype=np.float32)
    for i in range(len(spacings)):
        p = spacings[i]
        width = int(p)
        for q in range(width):
            sums[q], lagging[q], least[q] = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            top[q] = np.float32(-1e30)
        m = 0
        while _place(m, p) < n:
            a = table[_place(m, p) :]
            stop = min(width, len(a))
            if m < fewest:
                for q in range(stop):
                    sums[q] += a[q]
                    if m == fewest - 1:
                        top[q] = sums[q]
                m += 1
                continue
            b = table[_place(m - fewest, p) :]
            if _place(m + 3, p) + width > n:
                for q in range(stop):
                    end, start = sums[q] + a[q], lagging[q] + b[q]
                    lowest = min(least[q], start)
                    sums[q], lagging[q], least[q] = end, start, lowest
                    top[q] = max(top[q], end - lowest)
                m += 1
                continue
            a1, b1 = table[_place(m + 1, p) :], table[_place(m + 1 - fewest, p) :]
            a2, b2 = table[_place(m + 2, p) :], table[_place(m + 2 - fewest, p) :]
            a3, b3 = table[_place(m + 3, p) :], table[_place(m + 3 - fewest, p) :]
            for q in range(width):
                end, start = sums[q] + a[q], lagging[q] + b[q]
                lowest = min(least[q], start)
                most = max(top[q], end - lowest)
                end, start = end + a1[q], start + b1[q]
                lowest = min(lowest, start)
                most = max(most, end - lowest)
                end, start = end + a2[q], start + b2[q]
                lowest = min(lowest, start)
                most = max(most, end - lowest)
                end, start = end + a3[q], start + b3[q]
                lowest = min(lowest, start)
                sums[q], lagging[q], least[q] = end, start, lowest
                top[q] = max(most, end - lowest)
            m += 4
        where = 0
        for q in range(1, width):
            if top[q] > top[where]:
                where = q
        best[i], place[i] = top[where], where
        first[i], last[i] = _stretch(table, p, where, fewest)


@_compiled
def _stretch(table: Any, p: float, q: int, fewest: int) -> tuple[int, int]:
    """First and last line of the stretch of the largest sum, of the lines at one offset."""
    end, start, lowest, most = np.float32(0.0), np.float32(0.0), np.float32(0.0), np.float32(-1e30)
    begin, first, last, m = 0, 0, fewest - 1, 0
    while _place(m, p) + q < len(table):
        end += table[_place(m, p) + q]
        if m >= fewest:
            start += table[_place(m - fewest, p) + q]
            if start < lowest:
                lowest, begin = start, m - fewest + 1
        if m >= fewest - 1 and end - lowest > most:
            most, first, last = end - lowest, begin, m
        m += 1
    return first, last

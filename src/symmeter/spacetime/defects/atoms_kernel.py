"""Loops over bonds, compiled (numba, extra ``fast``): neighbours by cells, matching from atom to atom, gradients.

Each has a vectorised twin in :mod:`~symmeter.spacetime.defects.atoms_neighbours` and
:mod:`~symmeter.spacetime.defects.atoms_matching`, with the same answer where numba is missing.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

__all__ = ["cell_neighbours", "gradients", "grow", "rotations_between"]

_compiled = numba.njit(error_model="numpy", cache=True, nogil=True)


@_compiled
def _bins(fractions: Any, counts: Any) -> tuple[Any, Any, Any]:
    """The bin of each atom, atoms ordered by bin, and where each bin starts."""
    n = len(fractions)
    total = counts[0] * counts[1] * counts[2]
    which = np.empty((n, 3), np.int64)
    start = np.zeros(total + 1, np.int64)
    flat = np.empty(n, np.int64)
    for i in range(n):
        for d in range(3):
            b = math.floor(fractions[i, d] * counts[d])
            which[i, d] = min(max(b, 0), counts[d] - 1)
        flat[i] = (which[i, 0] * counts[1] + which[i, 1]) * counts[2] + which[i, 2]
        start[flat[i] + 1] += 1
    for b in range(total):
        start[b + 1] += start[b]
    order = np.empty(n, np.int64)
    filled = start[:-1].copy()
    for i in range(n):
        order[filled[flat[i]]] = i
        filled[flat[i]] += 1
    return which, order, start


@_compiled
def cell_neighbours(
    points: Any, fractions: Any, cell: Any, periodic: Any, counts: Any, reach: Any, cutoff: float, most: int
) -> tuple[Any, Any, Any]:
    """Bonds of each atom as (start, index, vector), nearest first, at most ``most`` of them; images included."""
    n = len(points)
    which, order, first = _bins(fractions, counts)
    room = most * n
    start = np.zeros(n + 1, np.int64)
    index = np.empty(room, np.int32)
    vector = np.empty((room, 3), np.float64)
    near = np.empty(most, np.float64)
    near_index = np.empty(most, np.int64)
    near_vector = np.empty((most, 3), np.float64)
    limit = cutoff * cutoff
    at = 0
    for i in range(n):
        held = 0
        for ox in range(-reach[0], reach[0] + 1):
            bx = which[i, 0] + ox
            sx = bx // counts[0] if periodic[0] else 0
            bx -= sx * counts[0]
            if bx < 0 or bx >= counts[0]:
                continue
            for oy in range(-reach[1], reach[1] + 1):
                by = which[i, 1] + oy
                sy = by // counts[1] if periodic[1] else 0
                by -= sy * counts[1]
                if by < 0 or by >= counts[1]:
                    continue
                for oz in range(-reach[2], reach[2] + 1):
                    bz = which[i, 2] + oz
                    sz = bz // counts[2] if periodic[2] else 0
                    bz -= sz * counts[2]
                    if bz < 0 or bz >= counts[2]:
                        continue
                    tx = sx * cell[0, 0] + sy * cell[1, 0] + sz * cell[2, 0] - points[i, 0]
                    ty = sx * cell[0, 1] + sy * cell[1, 1] + sz * cell[2, 1] - points[i, 1]
                    tz = sx * cell[0, 2] + sy * cell[1, 2] + sz * cell[2, 2] - points[i, 2]
                    b = (bx * counts[1] + by) * counts[2] + bz
                    for p in range(first[b], first[b + 1]):
                        j = order[p]
                        x = points[j, 0] + tx
                        y = points[j, 1] + ty
                        z = points[j, 2] + tz
                        d = x * x + y * y + z * z
                        if d > limit or (j == i and sx == 0 and sy == 0 and sz == 0):
                            continue
                        if held == most:
                            if d >= near[held - 1]:
                                continue
                            held -= 1
                        k = held
                        while k > 0 and near[k - 1] > d:
                            near[k] = near[k - 1]
                            near_index[k] = near_index[k - 1]
                            for c in range(3):
                                near_vector[k, c] = near_vector[k - 1, c]
                            k -= 1
                        near[k] = d
                        near_index[k] = j
                        near_vector[k, 0] = x
                        near_vector[k, 1] = y
                        near_vector[k, 2] = z
                        held += 1
        for k in range(held):
            index[at + k] = near_index[k]
            for d in range(3):
                vector[at + k, d] = near_vector[k, d]
        at += held
        start[i + 1] = at
    return start, index[:at].copy(), vector[:at].copy()


@_compiled
def _copy(m: Any, out: Any) -> None:
    """Number by number: assigning slices takes the compiler seconds."""
    for i in range(3):
        for j in range(3):
            out[i, j] = m[i, j]


@_compiled
def _invert(m: Any, out: Any) -> float:
    """Inverse of a symmetric 3 x 3 matrix into ``out``; returns the product of both Frobenius norms."""
    c00 = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    c01 = m[1, 2] * m[2, 0] - m[1, 0] * m[2, 2]
    c02 = m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0]
    det = m[0, 0] * c00 + m[0, 1] * c01 + m[0, 2] * c02
    if det == 0.0:
        return np.inf
    out[0, 0] = c00 / det
    out[0, 1] = out[1, 0] = c01 / det
    out[0, 2] = out[2, 0] = c02 / det
    out[1, 1] = (m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]) / det
    out[1, 2] = out[2, 1] = (m[0, 2] * m[1, 0] - m[0, 0] * m[1, 2]) / det
    out[2, 2] = (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) / det
    a = 0.0
    b = 0.0
    for i in range(3):
        for j in range(3):
            a += m[i, j] * m[i, j]
            b += out[i, j] * out[i, j]
    return math.sqrt(a * b)


@_compiled
def _rotation(m: Any, out: Any) -> None:
    """The rotation nearest to a matrix of positive determinant, by Newton's iteration (Higham)."""
    _copy(m, out)
    for _ in range(12):
        c = np.empty((3, 3))
        for i in range(3):
            for j in range(3):
                a, b = (i + 1) % 3, (i + 2) % 3
                d, e = (j + 1) % 3, (j + 2) % 3
                c[i, j] = out[a, d] * out[b, e] - out[a, e] * out[b, d]
        det = out[0, 0] * c[0, 0] + out[0, 1] * c[0, 1] + out[0, 2] * c[0, 2]
        if det < 1e-9:
            _copy(m, out)
            return
        moved = 0.0
        for i in range(3):
            for j in range(3):
                new = 0.5 * (out[i, j] + c[i, j] / det)
                moved += abs(new - out[i, j])
                out[i, j] = new
        if moved < 1e-6:
            return


@_compiled
def _fit(
    first: int, last: int, vector: Any, refs: Any, guess: Any, flat: float, match: Any, fit: Any
) -> tuple[int, float, float]:  # fmt: skip
    """Least-squares coframe of matched bonds; how many there are, their mean square misfit, the condition."""
    m = np.zeros((3, 3))
    q = np.zeros((3, 3))
    held = 0
    for b in range(first, last):
        r = match[b]
        if r < 0:
            continue
        held += 1
        for j in range(3):
            for k in range(3):
                m[j, k] += vector[b, j] * vector[b, k]
                q[j, k] += refs[r, j] * vector[b, k]
    if flat > 0.0:
        m[2, 2] += flat
        q[2, 2] += flat
    inverse = np.empty((3, 3))
    condition = _invert(m, inverse) if held > 0 else np.inf
    if not condition < 1e12:
        _copy(guess, fit)
        return held, np.inf, condition
    for j in range(3):
        for k in range(3):
            fit[j, k] = q[j, 0] * inverse[0, k] + q[j, 1] * inverse[1, k] + q[j, 2] * inverse[2, k]
    misfit = 0.0
    for b in range(first, last):
        r = match[b]
        if r < 0:
            continue
        for j in range(3):
            e = refs[r, j] - fit[j, 0] * vector[b, 0] - fit[j, 1] * vector[b, 1] - fit[j, 2] * vector[b, 2]
            misfit += e * e
    return held, misfit / held, condition


@_compiled
def _attempt(
    i: Any,
    start: Any,
    vector: Any,
    refs: Any,
    units: Any,
    lengths: Any,
    guess: Any,
    settings: Any,
    match: Any,
    fit: Any,
) -> tuple[int, float, float]:
    """Match the bonds of one atom to reference vectors; its coframe goes to ``fit``.

    Returns how many match, the mean square misfit, and the condition of the fit.
    """
    threshold, shortest, longest, flat = settings[0], settings[1], settings[2], settings[3]
    first, last = start[i], start[i + 1]
    count = refs.shape[0]
    taken = np.full(count, -1, np.int64)
    gaps = np.empty(count)
    twice = False
    for b in range(first, last):
        match[b] = -1
        x = guess[0, 0] * vector[b, 0] + guess[0, 1] * vector[b, 1] + guess[0, 2] * vector[b, 2]
        y = guess[1, 0] * vector[b, 0] + guess[1, 1] * vector[b, 1] + guess[1, 2] * vector[b, 2]
        z = guess[2, 0] * vector[b, 0] + guess[2, 1] * vector[b, 1] + guess[2, 2] * vector[b, 2]
        length = math.sqrt(x * x + y * y + z * z)
        best = -1
        most = threshold * length
        low, high = length / longest, length / shortest
        for r in range(count):
            if lengths[r] < low or lengths[r] > high:
                continue
            c = x * units[r, 0] + y * units[r, 1] + z * units[r, 2]
            if c > most:
                most = c
                best = r
        if best < 0:
            continue
        match[b] = best
        gap = math.sqrt((x - refs[best, 0]) ** 2 + (y - refs[best, 1]) ** 2 + (z - refs[best, 2]) ** 2)
        twice = twice or taken[best] >= 0
        if taken[best] < 0 or gap < gaps[best] - 1e-9 * lengths[best]:
            taken[best] = b
            gaps[best] = gap
    held, misfit, condition = _fit(first, last, vector, refs, guess, flat, match, fit)
    if twice and misfit > settings[5]:
        # Where shells mix, one place holds one atom: the bond that ends nearest to it.
        spare = match[first:last].copy()
        for b in range(first, last):
            if match[b] >= 0 and taken[match[b]] != b:
                match[b] = -1
        second = np.empty((3, 3))
        fewer, better, cond = _fit(first, last, vector, refs, guess, flat, match, second)
        if better <= settings[5] and fewer >= settings[7] * (last - first):
            _copy(second, fit)
            return fewer, better, cond
        for b in range(first, last):
            match[b] = spare[b - first]
    return held, misfit, condition


@_compiled
def grow(
    seed: int, guess: Any, site: int, grain: int, start: Any, index: Any, vector: Any, refs: Any, targets: Any,
    units: Any, lengths: Any, settings: Any, match: Any, frame: Any, sites: Any, grains: Any, quality: Any,
    condition: Any,
) -> int:  # fmt: skip
    """Carry the orientation of a seed from atom to atom, breadth first; returns how many atoms joined the grain.

    ``grains`` is the grain of settled atoms and -1 of others, which keep the best match that a neighbour proposed.
    ``quality`` holds (matched, mean square misfit) of it.
    """
    least, allowed = settings[4], settings[5]
    n = len(start) - 1
    queue = np.empty(n, np.int64)
    trial = np.empty(index.shape[0], match.dtype)
    fit = np.empty((3, 3))
    turn = np.empty((3, 3))
    carried = np.empty((n, 3, 3))
    _copy(guess, carried[seed])
    steady = settings[6]
    queue[0] = seed
    head, tail = 0, 0
    _copy(guess, turn)
    held, misfit, cond = _attempt(
        seed, start, vector, refs[site], units[site], lengths[site], turn, settings, trial, fit
    )
    if held < least or misfit > allowed:
        return 0
    for k in range(start[seed], start[seed + 1]):
        match[k] = trial[k]
    _copy(fit, frame[seed])
    sites[seed] = site
    grains[seed] = grain
    quality[seed, 0] = held
    quality[seed, 1] = misfit
    condition[seed] = cond
    tail = 1
    joined = 1
    while head < tail:
        i = queue[head]
        head += 1
        # The orientation is carried as it is until the lattice has turned too far from it: cores are read in the
        # orientation of their surroundings.
        _rotation(frame[i], turn)
        trace = 0.0
        for a in range(3):
            for k in range(3):
                trace += turn[a, k] * carried[i, a, k]
        if trace > steady:
            _copy(carried[i], turn)
        for b in range(start[i], start[i + 1]):
            j = np.int64(index[b])
            if match[b] < 0 or grains[j] >= 0:
                continue
            s = targets[sites[i], match[b]]
            held, misfit, cond = _attempt(j, start, vector, refs[s], units[s], lengths[s], turn, settings, trial, fit)
            good = held >= least and misfit <= allowed and held >= 0.6 * (start[j + 1] - start[j])
            better = held > quality[j, 0] or (held == quality[j, 0] and misfit < quality[j, 1])
            if good or better:
                for k in range(start[j], start[j + 1]):
                    match[k] = trial[k]
                _copy(fit, frame[j])
                sites[j] = s
                quality[j, 0] = held
                quality[j, 1] = misfit
                condition[j] = cond
            if good:
                grains[j] = grain
                joined += 1
                # What fits badly, as in a boundary, says nothing about what lies behind it.
                if held >= settings[8] * (start[j + 1] - start[j]) and misfit <= settings[9]:
                    _copy(turn, carried[j])
                    queue[tail] = j
                    tail += 1
    return joined


@_compiled
def gradients(
    start: Any, index: Any, vector: Any, match: Any, frame: Any, rotations: Any, apart: float, flat: float, out: Any
) -> None:
    """Least-squares gradients ``out[n, a, j, k] = d_j G_ak`` over matched bonds, frames turned to the atom's own."""
    n = len(start) - 1
    m = np.empty((3, 3))
    inverse = np.empty((3, 3))
    moment = np.empty((3, 3, 3))
    other = np.empty((3, 3))
    least = apart * apart
    for i in range(n):
        for a in range(3):
            for k in range(3):
                m[a, k] = 0.0
                for c in range(3):
                    moment[a, k, c] = 0.0
        held = 0
        for b in range(start[i], start[i + 1]):
            if match[b] < 0:
                continue
            j = np.int64(index[b])
            gap = 0.0
            for a in range(3):
                for k in range(3):
                    other[a, k] = frame[j, a, k] - frame[i, a, k]
                    gap += other[a, k] * other[a, k]
            if gap > least:
                best = -1
                for r in range(1, len(rotations)):
                    g = 0.0
                    for a in range(3):
                        for k in range(3):
                            e = -frame[i, a, k]
                            for c in range(3):
                                e += rotations[r, a, c] * frame[j, c, k]
                            g += e * e
                    if g < gap:
                        gap = g
                        best = r
                if gap > least:
                    continue
                if best >= 0:
                    for a in range(3):
                        for k in range(3):
                            e = -frame[i, a, k]
                            for c in range(3):
                                e += rotations[best, a, c] * frame[j, c, k]
                            other[a, k] = e
            held += 1
            for j2 in range(3):
                x = vector[b, j2]
                for k in range(3):
                    m[j2, k] += x * vector[b, k]
                for a in range(3):
                    for k in range(3):
                        moment[a, j2, k] += other[a, k] * x
        m[2, 2] += flat
        if held < 3 or not _invert(m, inverse) < 1e12:
            for a in range(3):
                for k in range(3):
                    for c in range(3):
                        out[i, a, k, c] = np.nan
            continue
        for a in range(3):
            for j2 in range(3):
                for k in range(3):
                    e = 0.0
                    for c in range(3):
                        e += inverse[j2, c] * moment[a, c, k]
                    out[i, a, j2, k] = e


@_compiled
def rotations_between(frame: Any, first: Any, second: Any, rotations: Any) -> Any:
    """For each pair of atoms the rotation that turns the second's frame to the first's best, by number."""
    out = np.zeros(len(first), np.int64)
    for p in range(len(first)):
        least = np.inf
        for r in range(len(rotations)):
            g = 0.0
            for a in range(3):
                for k in range(3):
                    e = -frame[first[p], a, k]
                    for c in range(3):
                        e += rotations[r, a, c] * frame[second[p], c, k]
                    g += e * e
            if g < least - 1e-12:
                least = g
                out[p] = r
    return out

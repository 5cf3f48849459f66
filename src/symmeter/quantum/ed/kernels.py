"""Compiled loops over basis states: orbits of a symmetry group, rows of sector matrices, matrix-vector products.

numba compiles them (extra ``fast``); the same results come from NumPy in ``orbits`` and ``sector_rows``, which serve
small problems and machines without numba. Without numba the functions here stay plain Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import numba
except ImportError:  # pragma: no cover
    numba = None

__all__ = ["block_rows", "compiled", "dot_scalar_rows", "orbit_table", "scalar_rows"]


def compiled(**options: Any) -> Any:
    """Decorator that compiles a function with numba when it is there; the machine code is kept between runs.

    What the kernels never use is left out, since compiling it takes most of the time of the first run: entry points for
    C, and Python's errors for division by zero. ``inner=True`` says that only other kernels call the function.
    """
    if numba is None:
        return lambda function: function
    inner = options.pop("inner", False)
    options |= {"error_model": "numpy", "no_cfunc_wrapper": True, "no_cpython_wrapper": inner}
    return numba.njit(cache=True, nogil=True, **options)


#: Unsigned indices spare the compiled code the question whether they count from the end.
_u = np.uint64


@compiled(inner=True)
def _rank(code, codes, low_bits, offset, place, position):  # pragma: no cover
    """Place of a code in a product basis, -1 when it is not in it."""
    if offset.size == 0:
        low, high = 0, codes.size
        while low < high:
            middle = (low + high) >> 1
            if codes[middle] < code:
                low = middle + 1
            else:
                high = middle
        return low if low < codes.size and codes[low] == code else -1
    a = offset[_u(code >> low_bits)]
    b = place[_u(code & ((1 << low_bits) - 1))]
    if a < 0 or b < 0:
        return -1
    return position[_u(a + b)] if position.size else a + b


@compiled(inner=True)
def _parity(x):  # pragma: no cover
    x ^= x >> 32
    x ^= x >> 16
    x ^= x >> 8
    x ^= x >> 4
    return (0x6996 >> (x & 15)) & 1


@compiled(inner=True)
def _larger(array, used, size):  # pragma: no cover
    """A copy with more room."""
    out = np.empty(size, dtype=array.dtype)
    # A loop: the assignment of a slice brings texts of errors, which take seconds to compile.
    for k in range(used):
        out[k] = array[k]
    return out


@compiled()
def orbit_table(
    codes, low_bits, offset, place, position, parent, via, chunk_shift, chunk_mask, images, turns, crossings, turn,
    modulus, move_bits, packed,
):  # pragma: no cover  # fmt: skip
    """Fill ``packed`` with ``orbit << move_bits | element * modulus + phase`` for every state (-1 before).

    Element g is generator ``via[g]`` after element ``parent[g]``. Of generator h, ``images[h, c, v]`` are the bits to
    which it takes the value v of chunk c of the code, ``turns`` its phase, ``crossings`` the later modes that are
    passed. Returns the representatives, and for each of them the first entry of its stabilizer, elements, phases; and
    the place of a state that the group takes out of the basis, or -1.
    """
    elements, chunks = parent.size, images.shape[1]
    signs = crossings.size > 0
    phases = turns.size > 0
    capacity, held = 1024, 4096
    representatives = np.empty(capacity, dtype=np.int64)
    stabilizer_start = np.empty(capacity + 1, dtype=np.int64)
    stabilizer = np.empty(held, dtype=np.int32)
    stabilizer_turn = np.empty(held, dtype=np.int32)
    targets = np.empty(elements, dtype=np.int64)
    phase_of = np.zeros(elements, dtype=np.int64)
    places = np.empty(elements, dtype=np.int64)
    found, kept = 0, 0
    stabilizer_start[0] = 0
    for k in range(codes.size):
        if packed[k] >= 0:
            continue
        if found == capacity:
            capacity *= 2
            representatives = _larger(representatives, found, capacity)
            stabilizer_start = _larger(stabilizer_start, found + 1, capacity + 1)
        if kept + elements > held:
            held = 2 * held + elements
            stabilizer = _larger(stabilizer, kept, held)
            stabilizer_turn = _larger(stabilizer_turn, kept, held)
        representatives[found] = k
        targets[0] = codes[k]
        for g in range(elements):
            if g:
                code, h = targets[_u(parent[_u(g)])], via[_u(g)]
                target = 0
                for c in range(chunks):
                    target |= images[_u(h), _u(c), _u((code >> chunk_shift[_u(c)]) & chunk_mask[_u(c)])]
                targets[_u(g)] = target
                phase = 0
                if phases:
                    phase = turn[h]
                    for c in range(chunks):
                        phase += turns[_u(h), _u(c), _u((code >> chunk_shift[_u(c)]) & chunk_mask[_u(c)])]
                if signs:
                    crossed = 0
                    for c in range(chunks):
                        crossed ^= crossings[_u(h), _u(c), _u((code >> chunk_shift[_u(c)]) & chunk_mask[_u(c)])]
                    phase += (modulus >> 1) * _parity(crossed & code)
                if phases or signs:
                    phase = (phase + phase_of[parent[g]]) % modulus
                    phase_of[g] = phase
            places[_u(g)] = _rank(targets[_u(g)], codes, low_bits, offset, place, position)
        # A loop of its own: its memory accesses depend on nothing and overlap.
        for g in range(elements):
            at = places[_u(g)]
            if at < 0:
                return representatives[:0], stabilizer_start[:1], stabilizer[:0], stabilizer_turn[:0], k
            phase = phase_of[_u(g)]
            if packed[_u(at)] < 0:
                packed[_u(at)] = (found << move_bits) | (g * modulus + (modulus - phase if phase else 0))
            if at == k:
                stabilizer[kept] = g
                stabilizer_turn[kept] = phase
                kept += 1
        found += 1
        stabilizer_start[found] = kept
    return representatives[:found], stabilizer_start[: found + 1], stabilizer[:kept], stabilizer_turn[:kept], -1


@compiled(inner=True)
def _images(code, tables, ranking, codes, places, values):  # pragma: no cover
    """Diagonal entry of a state, and places and amplitudes of its images in the product basis; how many there are."""
    (
        field_start, field_shift, field_mask, field_place, table_column, table_parity, diagonal, entry_start,
        entry_flip, entry_value, factor_start, factor_shift, factor_mask, factor_flip, factor_value, string_value,
        string_parity,
    ) = tables  # fmt: skip
    low_bits, offset, place, position = ranking
    total = values.dtype.type(0)
    count = 0
    for t in range(table_column.size):
        column = table_column[_u(t)]
        for f in range(field_start[_u(t)], field_start[_u(t + 1)]):
            column += ((code >> field_shift[_u(f)]) & field_mask[_u(f)]) << field_place[_u(f)]
        sign = 1.0
        if table_parity[t] and _parity(code & table_parity[t]):
            sign = -1.0
        total += sign * diagonal[_u(column)]
        for e in range(entry_start[_u(column)], entry_start[_u(column + 1)]):
            at = _rank(code ^ entry_flip[_u(e)], codes, low_bits, offset, place, position)
            if at >= 0:
                places[_u(count)] = at
                values[_u(count)] = sign * entry_value[_u(e)]
                count += 1
    for s in range(string_value.size):
        target = code
        value = string_value[s]
        for f in range(factor_start[s], factor_start[s + 1]):
            level = _u((code >> factor_shift[_u(f)]) & factor_mask[_u(f)])
            value = value * factor_value[_u(f), level]
            if value == 0:
                break
            target ^= factor_flip[_u(f), level]
        if value == 0:
            continue
        if string_parity[s] and _parity(code & string_parity[s]):
            value = -value
        if target == code:
            total += value
            continue
        at = _rank(target, codes, low_bits, offset, place, position)
        if at >= 0:
            places[count] = at
            values[count] = value
            count += 1
    return total, count


@compiled(inner=True)
def _sorted_insert(column, value, columns, values, start, end):  # pragma: no cover
    """Add an entry to a row that is kept in order; the row's new end."""
    k = end
    while k > start and columns[_u(k - 1)] > column:
        k -= 1
    if k > start and columns[_u(k - 1)] == column:
        values[_u(k - 1)] += value
        return end
    for m in range(end, k, -1):
        columns[_u(m)] = columns[_u(m - 1)]
        values[_u(m)] = values[_u(m - 1)]
    columns[_u(k)] = column
    values[_u(k)] = value
    return end + 1


@compiled(inner=True)
def _without_zeros(columns, values, start, end, tiny):  # pragma: no cover
    """Drop entries of a row that are no larger than rounding; the row's new end."""
    kept = start
    for k in range(start, end):
        if abs(values[k]) > tiny:
            columns[kept] = columns[k]
            values[kept] = values[k]
            kept += 1
    return kept


@compiled()
def scalar_rows(
    first,
    last,
    tables,
    ranking,
    codes,
    states,
    packed,
    move_bits,
    number,
    weight,
    factor,
    tiny,
    columns,
    values,
    row_end,
):  # pragma: no cover
    """Rows first..last-1 of the matrix in a one-dimensional sector, sorted and summed; total number of entries.

    ``states`` are the codes of the representatives, ``packed`` orbit and move of every state of the basis,
    ``number[orbit]`` the places in the sector (-1: none), ``weight`` the square roots of the stabilizers' orders,
    ``factor[move]`` the irrep's value times the phase. Entries that cancel are dropped.
    """
    bound = columns.size // max(1, last - first)
    places = np.empty(bound, dtype=np.int64)
    amplitudes = np.empty(bound, dtype=values.dtype)
    end = 0
    plain = packed.size == 0
    mask = (1 << move_bits) - 1
    for i in range(first, last):
        start = end
        total, count = _images(states[i], tables, ranking, codes, places, amplitudes)
        columns[end] = i
        values[end] = np.conj(total)
        end += 1
        inverse = 1.0 / weight[i]
        for m in range(count):
            at = places[_u(m)]
            if plain:
                end = _sorted_insert(at, np.conj(amplitudes[_u(m)]), columns, values, start, end)
                continue
            mixed = packed[_u(at)]
            # One type of columns for the insertion: it is compiled once.
            j = np.int64(number[_u(mixed >> move_bits)])
            if j < 0:
                continue
            value = np.conj(amplitudes[_u(m)] * factor[_u(mixed & mask)]) * (weight[_u(j)] * inverse)
            end = _sorted_insert(j, value, columns, values, start, end)
        end = _without_zeros(columns, values, start, end, tiny)
        row_end[i - first] = end
    return end


@compiled()
def dot_scalar_rows(
    vector, out, tables, ranking, codes, states, packed, move_bits, number, weight, factor, bound
):  # pragma: no cover
    """Matrix-vector product in a one-dimensional sector without the matrix."""
    places = np.empty(bound, dtype=np.int64)
    amplitudes = np.empty(bound, dtype=factor.dtype)
    plain = packed.size == 0
    mask = (1 << move_bits) - 1
    for i in range(states.size):
        total, count = _images(states[i], tables, ranking, codes, places, amplitudes)
        result = np.conj(total) * vector[i]
        inverse = 1.0 / weight[i]
        for m in range(count):
            at = _u(places[_u(m)])
            if plain:
                result += np.conj(amplitudes[_u(m)]) * vector[at]
                continue
            mixed = packed[at]
            j = number[_u(mixed >> move_bits)]
            if j >= 0:
                value = np.conj(amplitudes[_u(m)] * factor[_u(mixed & mask)]) * (weight[_u(j)] * inverse)
                result += value * vector[_u(j)]
        out[i] = result


@compiled()
def block_rows(
    first, last, tables, ranking, codes, states, packed, move_bits, number, weight, turns, irrep, frames, frame, copies,
    start_of, tiny, columns, values, row_end,
):  # pragma: no cover  # fmt: skip
    """Rows of the orbits first..last-1 in a sector of dimension d > 1, for the first row of the irrep.

    ``irrep[g]`` are its matrices, ``turns`` the phases of a move, ``frames[frame[i]]`` the vectors that the stabilizer
    of representative i leaves alone (columns, ``copies[i]`` of them), ``start_of[i]`` the first index of the orbit.
    """
    modulus, degree, mask = turns.size, irrep.shape[1], (1 << move_bits) - 1
    bound = columns.size // max(1, (last - first) * degree)
    places = np.empty(bound, dtype=np.int64)
    amplitudes = np.empty(bound, dtype=values.dtype)
    end, row = 0, 0
    for i in range(first, last):
        total, count = _images(states[i], tables, ranking, codes, places, amplitudes)
        mine = frames[frame[i]]
        for a in range(copies[i]):
            start = end
            columns[end] = start_of[i] + a
            values[end] = np.conj(total)
            end += 1
            for m in range(count):
                at = places[m]
                mixed = packed[at]
                j = number[mixed >> move_bits]
                if j < 0:
                    continue
                g, phase = (mixed & mask) // modulus, (mixed & mask) % modulus
                scale = amplitudes[m] * turns[phase] * (weight[j] / weight[i])
                theirs = frames[frame[j]]
                for b in range(copies[j]):
                    overlap = values.dtype.type(0)
                    for p in range(degree):
                        for q in range(degree):
                            overlap += mine[p, a] * irrep[g, p, q] * np.conj(theirs[q, b])
                    if overlap != 0:
                        end = _sorted_insert(start_of[j] + b, np.conj(scale * overlap), columns, values, start, end)
            end = _without_zeros(columns, values, start, end, tiny)
            row_end[row] = end
            row += 1
    return end

"""Compiled loops of the fast products: compressed rows, and rows sliced eight at a time (see ``products``)."""

from __future__ import annotations

import numpy as np

from symmeter.quantum.ed.kernels import compiled

__all__ = ["dot_rows", "dot_slices", "fill_slices", "split_rows"]

_u = np.uint64


@compiled()
def dot_rows(rows, indptr, indices, data, vector, out):  # pragma: no cover
    """Add the product of some compressed sparse rows with a vector to ``out``; indices are unsigned."""
    for r in range(rows.size):
        row = _u(rows[_u(r)])
        total = out[row]
        for k in range(indptr[_u(r)], indptr[_u(r + 1)]):
            total += data[_u(k)] * vector[_u(indices[_u(k)])]
        out[row] = total


@compiled()
def split_rows(indptr, indices, data, diagonal, common, length, rest_ptr):  # pragma: no cover
    """Diagonal, number of entries equal to ``common`` in each row, and ends of the rows of the rest."""
    kept = 0
    for i in range(diagonal.size):
        for k in range(indptr[i], indptr[i + 1]):
            if indices[k] == i:
                diagonal[i] = data[k]
            elif data[k] == common:
                length[i] += 1
            else:
                kept += 1
        rest_ptr[i + 1] = kept


@compiled()
def fill_slices(indptr, indices, data, common, order, slices, packed, rest_indices, rest_data):  # pragma: no cover
    """Columns of the common entries, eight rows of ``order`` at a time, transposed; then the rest.

    ``packed`` comes filled with the index behind the last one, which stands for nothing.
    """
    for r in range(order.size):
        i, at = order[r], slices[r >> 3] + (r & 7)
        for k in range(indptr[i], indptr[i + 1]):
            if data[k] == common and indices[k] != i:
                packed[at] = indices[k]
                at += 8
    kept = 0
    for i in range(order.size):
        for k in range(indptr[i], indptr[i + 1]):
            if indices[k] != i and data[k] != common:
                rest_indices[kept] = indices[k]
                rest_data[kept] = data[k]
                kept += 1


@compiled()
def dot_slices(
    slices, packed, order, diagonal, common, rows, rest_ptr, rest_indices, rest_data, vector, out
):  # pragma: no cover
    """``out = diagonal * vector + common * (sum of the vector over the packed columns)``, plus the rest.

    ``vector`` has one entry more, zero, to which the padding points; ``order`` is padded with that index too.
    """
    one, two, three, four = _u(1), _u(2), _u(3), _u(4)
    five, six, seven, eight = _u(5), _u(6), _u(7), _u(8)
    zero = common * vector[vector.size - 1]
    for c in range(slices.size - 1):
        a0, a1, a2, a3, a4, a5, a6, a7 = zero, zero, zero, zero, zero, zero, zero, zero
        k, end = _u(slices[_u(c)]), _u(slices[_u(c + 1)])
        while k < end:
            a0 += vector[_u(packed[k])]
            a1 += vector[_u(packed[k + one])]
            a2 += vector[_u(packed[k + two])]
            a3 += vector[_u(packed[k + three])]
            a4 += vector[_u(packed[k + four])]
            a5 += vector[_u(packed[k + five])]
            a6 += vector[_u(packed[k + six])]
            a7 += vector[_u(packed[k + seven])]
            k += eight
        r = _u(8 * c)
        i0 = _u(order[r])
        out[i0] = common * a0 + diagonal[i0] * vector[i0]
        i1 = _u(order[r + one])
        out[i1] = common * a1 + diagonal[i1] * vector[i1]
        i2 = _u(order[r + two])
        out[i2] = common * a2 + diagonal[i2] * vector[i2]
        i3 = _u(order[r + three])
        out[i3] = common * a3 + diagonal[i3] * vector[i3]
        i4 = _u(order[r + four])
        out[i4] = common * a4 + diagonal[i4] * vector[i4]
        i5 = _u(order[r + five])
        out[i5] = common * a5 + diagonal[i5] * vector[i5]
        i6 = _u(order[r + six])
        out[i6] = common * a6 + diagonal[i6] * vector[i6]
        i7 = _u(order[r + seven])
        out[i7] = common * a7 + diagonal[i7] * vector[i7]
    dot_rows(rows, rest_ptr, rest_indices, rest_data, vector, out)

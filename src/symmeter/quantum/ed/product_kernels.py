"""Compiled loops of the fast products: compressed rows, and rows sliced four at a time (see ``products``)."""

from __future__ import annotations

import numpy as np

from symmeter.quantum.ed.kernels import compiled

__all__ = ["dot_rows", "dot_slices", "fill_slices", "split_rows"]

_u = np.uint64


@compiled()
def dot_rows(rows, indptr, indices, data, vector, out):  # pragma: no cover
    """Add the product of some compressed sparse rows with a vector to ``out``; indices are unsigned."""
    for r in range(rows.size):
        total = data[:1].sum() * 0
        for k in range(indptr[_u(r)], indptr[_u(r + 1)]):
            total += data[_u(k)] * vector[_u(indices[_u(k)])]
        out[_u(rows[_u(r)])] += total


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
    """Columns of the common entries, four rows of ``order`` at a time, transposed; then the rest.

    ``packed`` comes filled with the index behind the last one, which stands for nothing.
    """
    for r in range(order.size):
        i, at = order[r], slices[r >> 2] + (r & 3)
        for k in range(indptr[i], indptr[i + 1]):
            if data[k] == common and indices[k] != i:
                packed[at] = indices[k]
                at += 4
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
    for c in range(slices.size - 1):
        a0 = vector[:1].sum() * 0
        a1, a2, a3 = a0, a0, a0
        k, end = _u(slices[_u(c)]), _u(slices[_u(c + 1)])
        while k < end:
            a0 += vector[_u(packed[k])]
            a1 += vector[_u(packed[k + one])]
            a2 += vector[_u(packed[k + two])]
            a3 += vector[_u(packed[k + three])]
            k += four
        r = _u(4 * c)
        i0, i1 = _u(order[r]), _u(order[r + one])
        i2, i3 = _u(order[r + two]), _u(order[r + three])
        out[i0] = common * a0 + diagonal[i0] * vector[i0]
        out[i1] = common * a1 + diagonal[i1] * vector[i1]
        out[i2] = common * a2 + diagonal[i2] * vector[i2]
        out[i3] = common * a3 + diagonal[i3] * vector[i3]
    dot_rows(rows, rest_ptr, rest_indices, rest_data, vector, out)

"""Fast products of sector matrices with vectors.

Most off-diagonal entries of a lattice Hamiltonian are one number (J/2, say), and gathering the vector is all the work.
Rows are sorted by how many such entries they have and taken eight at a time, so that eight independent sums run at once
and no branch is guessed wrong (sliced ELLPACK; Monakov, Lokhmotov, Avetisyan 2010). What is left stays in compressed
rows. The sum of a row is taken in the order of its columns, as in the plain product. Up to 65535 rows a common entry
costs two bytes, its column; what then bounds a product is the one load of the vector that each entry needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.quantum.ed.orbits import compile_pays

__all__ = ["fast_product"]

#: Entries from which the conversion pays, and the share of them that must be equal.
_ENTRIES = 50_000
_SHARE = 0.5


def fast_product(matrix: Any) -> Callable[[Num[np.ndarray, " n"]], Num[np.ndarray, " n"]]:
    """``v -> matrix @ v`` for a sparse Hermitian matrix in compressed rows, twice as fast for large ones.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> fast_product(csr_array(np.diag([1.0, 2.0])))(np.array([1.0, 1.0]))
    array([1., 2.])
    """
    if matrix.nnz < _ENTRIES or not compile_pays(50.0 * matrix.nnz):
        return lambda vector: matrix @ vector
    common, share = _most_common(matrix.data)
    return _compressed(matrix) if share < _SHARE else _sliced(matrix, common)


def _most_common(data: np.ndarray) -> tuple[Any, float]:
    """The value that most of a sample of the entries have, and their share."""
    sample = data[:: max(1, len(data) // 4096)]
    values, counts = np.unique(sample, return_counts=True)
    return values[np.argmax(counts)], float(counts.max()) / len(sample)


def _narrowest(largest: int) -> type:
    """The unsigned integers that hold an index."""
    return next((t for t in (np.uint16, np.uint32) if largest <= np.iinfo(t).max), np.uint64)


def _unsigned(indices: np.ndarray) -> np.ndarray:
    return indices.view(np.uint32 if indices.dtype.itemsize == 4 else np.uint64)


def _compressed(matrix: Any) -> Callable[[np.ndarray], np.ndarray]:
    from symmeter.quantum.ed.product_kernels import dot_rows

    indptr, indices = matrix.indptr.astype(np.int64), _unsigned(matrix.indices)
    rows = np.arange(matrix.shape[0], dtype=indices.dtype)

    def product(vector: np.ndarray) -> np.ndarray:
        vector = np.ascontiguousarray(vector, dtype=np.result_type(vector, matrix.dtype))
        out = np.zeros(len(vector), dtype=vector.dtype)
        dot_rows(rows, indptr, indices, matrix.data, vector, out)
        return out

    return product


def _sliced(matrix: Any, common: Any) -> Callable[[np.ndarray], np.ndarray]:
    from symmeter.quantum.ed.product_kernels import dot_slices, fill_slices, split_rows

    n, data = matrix.shape[0], matrix.data
    diagonal = np.zeros(n + 1, dtype=data.dtype)
    length, rest_ptr = np.zeros(n, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
    split_rows(matrix.indptr, matrix.indices, data, diagonal[:n], common, length, rest_ptr)
    order = np.argsort(length, kind="stable")
    padded = np.append(order, np.full(-n % 8, n)).astype(_narrowest(n))
    longest = np.append(length[order], np.zeros(-n % 8, dtype=np.int64)).reshape(-1, 8).max(axis=1)
    slices = np.concatenate([[0], np.cumsum(8 * longest)])
    packed = np.full(slices[-1], n, dtype=padded.dtype)
    rest_indices, rest_data = np.empty(rest_ptr[-1], dtype=padded.dtype), np.empty(rest_ptr[-1], dtype=data.dtype)
    fill_slices(matrix.indptr, matrix.indices, data, common, order, slices, packed, rest_indices, rest_data)
    rows = np.flatnonzero(np.diff(rest_ptr)).astype(padded.dtype)
    rest_ptr = np.append(rest_ptr[rows], rest_ptr[-1])

    def product(vector: np.ndarray) -> np.ndarray:
        kind = np.result_type(vector, data.dtype)
        longer, out = np.empty(n + 1, dtype=kind), np.empty(n + 1, dtype=kind)
        longer[:n], longer[n] = vector, 0
        dot_slices(slices, packed, padded, diagonal, common, rows, rest_ptr, rest_indices, rest_data, longer, out)
        return out[:n]

    return product

"""Matrices of Hamiltonians in sectors, built by numba or NumPy, and their products with vectors without a matrix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.quantum.ed.orbits import compile_pays, ranking_arrays
from symmeter.quantum.ed.sectors import Sector
from symmeter.quantum.ed.tables import TermTables
from symmeter.quantum.ed.terms import ROUNDING

__all__ = ["apply_rows", "sector_matrix"]

#: Entries of the buffers that one call of a kernel fills.
_BUFFER = 1 << 22


def _typed(sector: Sector, tables: TermTables) -> tuple[TermTables, type]:
    real = tables.is_real and sector.is_real
    return (tables, float) if real else (tables.as_complex(), complex)


def _kernel_arguments(sector: Sector, kind: type) -> tuple[Any, ...]:
    """Ranking, codes, states, packed, move_bits, number, weight, factor of a sector or of a whole basis."""
    basis = sector.parent.basis
    common = (ranking_arrays(basis), basis.codes, sector.states)
    if sector.is_whole:
        empty = np.zeros(0, dtype=np.int32)
        return (*common, empty, 0, empty, sector.weight, np.ones(1, dtype=kind))
    orbits = sector.parent.orbits
    factor = sector.factor if sector.label.degree == 1 else np.ones(1)
    return (*common, orbits.packed, orbits.move_bits, sector.number, sector.weight, factor.astype(kind))


def sector_matrix(sector: Sector, tables: TermTables, compiled: bool | None = None) -> Any:
    """Compressed sparse rows of an operator in a sector (a ``scipy.sparse.csr_array``).

    Parameters
    ----------
    sector : Sector
    tables : TermTables
        Of an operator that commutes with the group; nothing is checked here.
    compiled : bool, optional
        Use numba, or not; chosen by size when omitted.
    """
    from scipy.sparse import csr_array

    tables, kind = _typed(sector, tables)
    n = sector.dimension
    bytes_needed = float(n) * (1 + tables.row_bound) * (4 + np.dtype(kind).itemsize)
    sector.parent.basis.require_memory(bytes_needed, f"the sparse matrix of {n} rows from a basis")
    if compiled is None:
        compiled = compile_pays(float(n) * (1 + tables.row_bound + len(tables.table_column)))
    if not n:
        return csr_array((0, 0), dtype=kind)
    rows = _compiled_rows if compiled else _plain_rows
    indptr, indices, data = rows(sector, tables, kind)
    return csr_array((data, indices, indptr), shape=(n, n))


def _compiled_rows(sector: Sector, tables: TermTables, kind: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from symmeter.quantum.ed.kernels import block_rows, scalar_rows

    d = sector.label.degree
    number = len(sector.states)
    bound = (1 + tables.row_bound) * d
    step = max(1, min(number, _BUFFER // (bound * d)))
    columns, values = np.empty(step * bound * d, dtype=np.int32), np.empty(step * bound * d, dtype=kind)
    row_end = np.empty(step * d, dtype=np.int64)
    arrays = tables.arrays()
    tiny = ROUNDING * tables.largest
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    ends: list[np.ndarray] = []
    total = 0
    extra: tuple[Any, ...] = ()
    ranking, codes, states, packed, move_bits, places, weight, factor = _kernel_arguments(sector, kind)
    if d > 1:
        copies, frame, frames = sector._carried
        kept = sector.orbit_numbers
        extra = (
            sector.turns.astype(kind), sector.irrep.astype(kind), frames.astype(kind), frame[kept], copies[kept],
            sector.start_of,
        )  # fmt: skip
    for first in range(0, number, step):
        last = min(number, first + step)
        if d == 1:
            end = scalar_rows(
                first,
                last,
                arrays,
                ranking,
                codes,
                states,
                packed,
                move_bits,
                places,
                weight,
                factor,
                tiny,
                columns,
                values,
                row_end,
            )
            rows = last - first
        else:
            end = block_rows(
                first,
                last,
                arrays,
                ranking,
                codes,
                states,
                packed,
                move_bits,
                places,
                weight,
                *extra,
                tiny,
                columns,
                values,
                row_end,
            )
            rows = int(copies[kept][first:last].sum())
        parts.append((columns[:end].copy(), values[:end].copy()))
        ends.append(row_end[:rows] + total)
        total += end
    indptr = np.concatenate([[0], *ends])
    if total < 1 << 31:
        indptr = indptr.astype(np.int32)
    if len(parts) == 1:
        return indptr, *parts[0]
    return indptr, np.concatenate([c for c, _ in parts]), np.concatenate([v for _, v in parts])


def _plain_rows(sector: Sector, tables: TermTables, kind: type) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    from scipy.sparse import coo_array

    n = sector.dimension
    rows, columns, values = [], [], []
    for row, column, value in _entries(sector, tables):
        rows.append(row)
        columns.append(np.broadcast_to(column, row.shape))
        values.append(np.broadcast_to(value, row.shape))
    matrix = coo_array(
        (np.concatenate(values).astype(kind), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n)
    ).tocsr()
    matrix.sum_duplicates()
    matrix.data[np.abs(matrix.data) <= ROUNDING * tables.largest] = 0
    matrix.eliminate_zeros()
    return matrix.indptr, matrix.indices, matrix.data


def _entries(sector: Sector, tables: TermTables) -> Iterator[tuple[np.ndarray, np.ndarray, Num[np.ndarray, " k"]]]:
    """Entries ``(row, column, value)`` of the matrix, a slot of a table at a time."""
    basis = sector.parent.basis
    if not sector.is_whole:
        orbits, d = sector.parent.orbits, sector.label.degree
        copies, frame, frames = sector._carried
        copies, frame = copies[sector.orbit_numbers], frame[sector.orbit_numbers]
    for source, target, value in tables.images(sector.states):
        if target is None:
            if sector.is_whole:
                yield source, source, value.conj()
            else:
                everyone = np.repeat(np.arange(len(copies)), copies)
                index = np.arange(sector.dimension)
                yield index, index, value[everyone].conj()
            continue
        at = basis.rank(target)
        inside = at >= 0
        if sector.is_whole:
            yield source[inside], at[inside], value[inside].conj()
            continue
        j = np.where(inside, sector.number[orbits.label[np.where(inside, at, 0)]], -1)
        kept = j >= 0
        source, at, j, value = source[kept], at[kept], j[kept], value[kept]
        g, turn = orbits.moves(at)
        value = value * sector.turns[turn] * (sector.weight[j] / sector.weight[source])
        if d == 1:
            yield source, j, (value * sector.irrep[g, 0, 0]).conj()
            continue
        overlap = np.einsum("npa,npq,nqb->nab", frames[frame[source]], sector.irrep[g], frames[frame[j]].conj())
        for a in range(d):
            for b in range(d):
                has = np.flatnonzero((copies[source] > a) & (copies[j] > b))
                row, column = sector.start_of[source[has]] + a, sector.start_of[j[has]] + b
                yield row, column, (value[has] * overlap[has, a, b]).conj()


def apply_rows(
    sector: Sector, tables: TermTables, vector: Num[np.ndarray, " n"], compiled: bool | None = None
) -> Num[np.ndarray, " n"]:
    """Product of an operator with a vector of a sector, without forming the matrix."""
    tables, kind = _typed(sector, tables)
    kind = np.result_type(kind, vector.dtype, float).type
    if compiled is None:
        compiled = compile_pays(float(sector.dimension) * (1 + tables.row_bound))
    if compiled and sector.label.degree == 1:
        from symmeter.quantum.ed.kernels import dot_scalar_rows

        if kind is np.complex128:
            tables = tables.as_complex()
        vector = np.ascontiguousarray(vector, dtype=kind)
        out = np.empty_like(vector)
        arguments = _kernel_arguments(sector, kind)
        dot_scalar_rows(vector, out, tables.arrays(), *arguments, 1 + tables.row_bound)
        return out
    out = np.zeros(sector.dimension, dtype=kind)
    for row, column, value in _entries(sector, tables):
        terms = value * vector[column]
        out += np.bincount(row, np.real(terms), minlength=len(out))
        if np.iscomplexobj(terms):
            out += 1j * np.bincount(row, np.imag(terms), minlength=len(out))
    return out

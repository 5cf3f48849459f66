"""A Hamiltonian as flat look-up tables: what it does to the few bit fields that each of its pieces touches.

The columns of the small matrices become lists of (bits to flip, amplitude), so that one gather of the fields gives the
diagonal entry and all images of a basis state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Int, Num

from symmeter.quantum.ed.hilbert import HilbertSpace
from symmeter.quantum.ed.pieces import Pieces
from symmeter.quantum.ed.terms import ROUNDING

__all__ = ["TermTables"]


@dataclass(frozen=True, eq=False)
class TermTables:
    """Flat arrays for the kernels; real when the operator is.

    Attributes
    ----------
    field_start : int array, one more than tables
        Fields of each table.
    field_shift, field_mask, field_place : int arrays
        Where a field lies in the code, and where in the index of the table.
    table_column, table_parity : int arrays
        First column of each table, and its parity mask.
    diagonal : array, one per column
    entry_start : int array, one more than columns
    entry_flip, entry_value : arrays
        Off-diagonal entries of each column.
    factor_start : int array, one more than strings
    factor_shift, factor_mask : int arrays
    factor_flip, factor_value : arrays of shape (factors, levels)
    string_value, string_parity : arrays
    """

    field_start: Int[np.ndarray, " tables1"]
    field_shift: Int[np.ndarray, " fields"]
    field_mask: Int[np.ndarray, " fields"]
    field_place: Int[np.ndarray, " fields"]
    table_column: Int[np.ndarray, " tables"]
    table_parity: Int[np.ndarray, " tables"]
    diagonal: Num[np.ndarray, " columns"]
    entry_start: Int[np.ndarray, " columns1"]
    entry_flip: Int[np.ndarray, " entries"]
    entry_value: Num[np.ndarray, " entries"]
    factor_start: Int[np.ndarray, " strings1"]
    factor_shift: Int[np.ndarray, " factors"]
    factor_mask: Int[np.ndarray, " factors"]
    factor_flip: Int[np.ndarray, "factors levels"]
    factor_value: Num[np.ndarray, "factors levels"]
    string_value: Num[np.ndarray, " strings"]
    string_parity: Int[np.ndarray, " strings"]

    @classmethod
    def of_pieces(cls, pieces: Pieces) -> TermTables:
        """Flatten pieces."""
        tiny = ROUNDING * pieces.scale
        tables = [_table(pieces.space, sites, m, tiny) for (sites, _), m in pieces.dense.items()]
        strings = [_string(pieces.space, key[0], ms) for key, (_, ms) in pieces.strings.items()]
        levels = max((v.shape[1] for _, _, _, v in strings), default=1)
        counts = [len(d) for _, d, _, _, _ in tables]
        columns = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        per_column = _joined_arrays([c for _, _, c, _, _ in tables], np.int64)
        real = all(np.isrealobj(x) for _, d, _, _, v in tables for x in (d, v))
        coefficients = np.array([c for c, _ in pieces.strings.values()], dtype=complex)
        values = _padded([v for _, _, _, v in strings], levels, complex)
        real = real and not np.imag(coefficients).any() and not np.imag(values).any()
        kind = float if real else complex
        fields = [f for f, _, _, _, _ in tables]
        return cls(
            field_start=_starts([len(f) for f in fields]),
            field_shift=_joined_arrays([[g[0] for g in f] for f in fields], np.int64),
            field_mask=_joined_arrays([[g[1] for g in f] for f in fields], np.int64),
            field_place=_joined_arrays([[g[2] for g in f] for f in fields], np.int64),
            table_column=columns[:-1],
            table_parity=np.array([parity for _, parity in pieces.dense], dtype=np.int64),
            diagonal=_joined_arrays([d for _, d, _, _, _ in tables], kind),
            entry_start=_starts(per_column.tolist()),
            entry_flip=_joined_arrays([f for _, _, _, f, _ in tables], np.int64),
            entry_value=_joined_arrays([v for _, _, _, _, v in tables], kind),
            factor_start=_starts([len(s) for s, _, _, _ in strings]),
            factor_shift=_joined_arrays([s for s, _, _, _ in strings], np.int64),
            factor_mask=_joined_arrays([m for _, m, _, _ in strings], np.int64),
            factor_flip=_padded([f for _, _, f, _ in strings], levels, np.int64),
            factor_value=np.real(values).copy() if real else values,
            string_value=np.real(coefficients).copy() if real else coefficients,
            string_parity=np.array([key[1] for key in pieces.strings], dtype=np.int64),
        )

    @property
    def is_real(self) -> bool:
        return not np.iscomplexobj(self.diagonal)

    @property
    def row_bound(self) -> int:
        """Most images of one basis state, the diagonal apart."""
        per_column = np.diff(self.entry_start)
        bounds = np.append(self.table_column, len(per_column))
        dense = sum(int(per_column[a:b].max(initial=0)) for a, b in pairwise(bounds.tolist()))
        return dense + len(self.string_value)

    @cached_property
    def largest(self) -> float:
        """Largest modulus of a diagonal entry or an amplitude."""
        found = [np.abs(a).max() for a in (self.diagonal, self.entry_value, self.string_value) if a.size]
        return float(max(found, default=0.0))

    def as_complex(self) -> TermTables:
        """The same tables with complex numbers."""
        if not self.is_real:
            return self
        names = ("diagonal", "entry_value", "factor_value", "string_value")
        return TermTables(**{**self.fields(), **{n: getattr(self, n).astype(complex) for n in names}})

    def fields(self) -> dict[str, np.ndarray]:
        """All arrays by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def arrays(self) -> tuple[np.ndarray, ...]:
        """All arrays, in the order of the kernels' arguments."""
        return tuple(self.fields().values())

    # The way without numba --------------------------------------------------------------------------------------------

    def images(
        self, codes: Int[np.ndarray, " n"]
    ) -> Iterator[tuple[Int[np.ndarray, " k"], Int[np.ndarray, " k"] | None, Num[np.ndarray, " k"]]]:
        """What the operator makes of basis states: (which states, codes of images or None, amplitudes), repeatedly.

        ``None`` stands for the diagonal, which comes first, once, for all states.
        """
        codes = np.asarray(codes, dtype=np.int64)
        everyone = np.arange(len(codes))
        diagonal = np.zeros(len(codes), dtype=self.diagonal.dtype)
        moved: list[Callable[[], Iterator]] = []
        for t in range(len(self.table_column)):
            column = np.full(len(codes), self.table_column[t])
            for f in range(self.field_start[t], self.field_start[t + 1]):
                column += ((codes >> self.field_shift[f]) & self.field_mask[f]) << self.field_place[f]
            signs = _signs(codes, self.table_parity[t])
            diagonal += self.diagonal[column] * signs
            first = self.entry_start[column]
            moved.append(_TableImages(self, codes, first, self.entry_start[column + 1] - first, signs))
        for s in range(len(self.string_value)):
            target, value = codes.copy(), self.string_value[s] * _signs(codes, self.string_parity[s])
            for f in range(self.factor_start[s], self.factor_start[s + 1]):
                level = (codes >> self.factor_shift[f]) & self.factor_mask[f]
                target ^= self.factor_flip[f][level]
                value = value * self.factor_value[f][level]
            still = target == codes
            diagonal += np.where(still, value, 0)
            chosen = np.flatnonzero(~still & (value != 0))
            moved.append(_StringImages(chosen, target[chosen], value[chosen]))
        yield everyone, None, diagonal
        for images in moved:
            yield from images()


@dataclass(frozen=True, eq=False)
class _TableImages:
    tables: TermTables
    codes: np.ndarray
    first: np.ndarray
    count: np.ndarray
    signs: np.ndarray | float

    def __call__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for slot in range(int(self.count.max(initial=0))):
            chosen = np.flatnonzero(self.count > slot)
            entry = self.first[chosen] + slot
            value = self.tables.entry_value[entry]
            if not np.isscalar(self.signs):
                value = value * np.asarray(self.signs)[chosen]
            yield chosen, self.codes[chosen] ^ self.tables.entry_flip[entry], value


@dataclass(frozen=True, eq=False)
class _StringImages:
    chosen: np.ndarray
    target: np.ndarray
    value: np.ndarray

    def __call__(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        if self.chosen.size:
            yield self.chosen, self.target, self.value


def _signs(codes: np.ndarray, mask: int) -> np.ndarray | float:
    return 1.0 - 2.0 * (np.bitwise_count(codes & mask) & 1) if mask else 1.0


def _table(space: HilbertSpace, sites: tuple[int, ...], matrix: np.ndarray, tiny: float) -> tuple:
    """Fields, diagonal, entries a column, flips and values of one small matrix."""
    fields: list[list[int]] = []
    place = 0
    spread: list[tuple[int, int, int]] = []
    for i in reversed(sites):
        shift, width = int(space.shifts[i]), space.sites[i].bits
        spread.append((shift, (1 << width) - 1, place))
        if fields and fields[-1][0] + fields[-1][3] == shift:
            fields[-1][3] += width
        else:
            fields.append([shift, 0, place, width])
        place += width
    index = np.arange(len(matrix))
    bits = sum((((index >> p) & m) << s for s, m, p in spread), start=np.zeros_like(index))
    cleaned = np.where(np.abs(matrix) > tiny, matrix, 0)
    if np.iscomplexobj(cleaned) and not np.imag(cleaned).any():
        cleaned = np.real(cleaned)
    diagonal = cleaned.diagonal().copy()
    off = cleaned - np.diag(diagonal)
    columns, rows = np.nonzero(off.T)
    return (
        [(s, (1 << w) - 1, p) for s, _, p, w in fields],
        diagonal,
        np.bincount(columns, minlength=len(matrix)),
        bits[rows] ^ bits[columns],
        off[rows, columns],
    )


def _string(space: HilbertSpace, sites: tuple[int, ...], matrices: tuple[np.ndarray, ...]) -> tuple:
    """Shifts, masks, flips and values of the factors of one string."""
    width = max(len(m) for m in matrices)
    flips = np.zeros((len(sites), width), dtype=np.int64)
    values = np.zeros((len(sites), width), dtype=complex)
    for k, (i, matrix) in enumerate(zip(sites, matrices)):
        rows, columns = np.nonzero(matrix)
        flips[k, columns] = (rows ^ columns) << int(space.shifts[i])
        values[k, columns] = matrix[rows, columns]
    return [int(space.shifts[i]) for i in sites], [int(space.masks[i]) for i in sites], flips, values


def _starts(counts: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _joined_arrays(parts: list, kind: type) -> np.ndarray:
    return np.concatenate([np.asarray(p) for p in parts]).astype(kind) if parts else np.zeros(0, dtype=kind)


def _padded(parts: list[np.ndarray], levels: int, kind: type) -> np.ndarray:
    out = np.zeros((sum(len(p) for p in parts), levels), dtype=kind)
    at = 0
    for p in parts:
        out[at : at + len(p), : p.shape[1]] = p
        at += len(p)
    return out

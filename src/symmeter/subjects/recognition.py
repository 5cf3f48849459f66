"""From a table to the subject it is: columns chosen, complex numbers paired, covariances told from samples."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Complex, Float, Int, Num

from symmeter.errors import InputError, NonFiniteError, NotHermitianError, ShapeError

from .columns import resolve_columns
from .grid import Grid, check_grid, parse_grid
from .table import Table
from .values import Covariance, Samples
from .wording import counted, quoted, shape_text

__all__ = ["ComplexLayout", "Options", "recognise"]

ComplexLayout = bool | Literal["interleaved", "split"]

_SYMMETRIC = 1e-8
# A table this close to symmetric is a covariance with rounding errors, never samples by chance.
_NEARLY_SYMMETRIC = 1e-3
# One this close may be either; it is read as samples with a note.
_DOUBTFUL = 0.3
# Six digits leave an error of up to 5e-6 of each real and imaginary part, so that no row of errors sums to more than
# sqrt(2) times that part of the largest row of entries: eigenvalues move by no more.
_NEGATIVE = 7.1e-6


@dataclass(frozen=True)
class Options:
    """What the caller said about a source."""

    grid: Any = None
    columns: Any = None
    complex: ComplexLayout = False
    n: Any = None
    kind: Literal["samples", "covariance"] | None = None

    def __post_init__(self) -> None:
        if self.kind not in (None, "samples", "covariance"):
            raise InputError(f"kind {quoted(self.kind)} is not known; it is 'samples', 'covariance' or None")
        if not (isinstance(self.complex, bool) or self.complex in ("interleaved", "split")):
            raise InputError(
                f"complex {quoted(self.complex)} is not known; it is True, False, 'interleaved' (re, im, re, im, ...) "
                "or 'split' (all real parts, then all imaginary parts)"
            )

    @property
    def are_given(self) -> bool:
        """Whether anything was said."""
        values = (self.grid, self.columns, self.n, self.kind)
        return self.complex is not False or any(value is not None for value in values)


def recognise(table: Table, options: Options) -> Samples | Covariance:
    """The samples or the covariance that a table holds.

    A square table that is symmetric or Hermitian to 1e-8 of its largest entry (or to the rounding of its numbers) and
    positive semidefinite is a covariance, unless ``options.kind`` says otherwise.

    Raises
    ------
    NonFiniteError, ShapeError, NotHermitianError, SampleSizeError, UnknownNameError, InputError
    """
    names = table.names or tuple(str(i) for i in range(table.columns))
    positions = None
    if options.columns is not None:
        positions = resolve_columns(options.columns, table.names, table.columns, table.source)
        names = tuple(names[i] for i in positions)
    notes = list(table.notes)
    values, locate = _chosen(table, positions, options)
    _check_finite(values, names, table.source, locate)
    if options.complex and not np.iscomplexobj(values):
        values, names = _paired(values, names, table, options.complex)
        order = "all real parts, then all imaginary parts" if options.complex == "split" else "re, im interleaved"
        notes.append(f"real columns paired into complex ones ({order})")
    covariance = _as_covariance(values, table, options, notes)
    grid = _grid(table, options, positions, len(names), notes)
    if covariance is not None:
        n = table.n if options.n is None else options.n
        return Covariance(covariance, n=n, names=names, grid=grid, source=table.source, notes=tuple(notes))  # type: ignore[arg-type]
    if options.n is not None:
        raise InputError(
            f"{table.source}: n is the sample size behind a covariance, but this was read as "
            f"{counted(len(values), 'sample')}; leave n out, or say kind='covariance'"
        )
    return Samples(values, names=names, grid=grid, source=table.source, notes=tuple(notes))


def _chosen(
    table: Table, positions: Int[np.ndarray, " k"] | None, options: Options
) -> tuple[Num[np.ndarray, "n k"], Callable[[int], str]]:
    if positions is None:
        return table.take(None), table.locate
    # Columns of a covariance are chosen together with its rows.
    if _may_be_covariance(table, options) and not options.complex and table.rows == table.columns:
        try:
            whole = table.take(None)
        except InputError:
            return table.take(positions), table.locate
        if options.kind == "covariance" or (
            np.isfinite(whole).all() and _asymmetry(whole) <= _tolerance(table) and _is_positive(whole)
        ):
            return whole[np.ix_(positions, positions)], lambda row: table.locate(int(positions[row]))
    return table.take(positions), table.locate


def _check_finite(
    values: Num[np.ndarray, "n m"], names: Sequence[str], source: str, locate: Callable[[int], str]
) -> None:
    # A finite sum proves finite values and costs no memory.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(values.sum()):
            return
    bad = ~np.isfinite(values)
    count = int(bad.sum())
    if not count:
        return
    row, column = (int(i) for i in np.unravel_index(int(bad.argmax()), bad.shape))
    what = "missing (NaN)" if np.isnan(values[row, column]) else "infinite"
    raise NonFiniteError(
        f"{source}: {count} of {counted(values.size, 'value')} {'is' if count == 1 else 'are'} NaN or infinite; the "
        f"first is {what}: {locate(row)}, column {quoted(names[column])}; fill or leave out such rows or columns"
    )


def _paired(
    values: Float[np.ndarray, "n mm"], names: Sequence[str], table: Table, layout: ComplexLayout
) -> tuple[Complex[np.ndarray, "n m"], tuple[str, ...]]:
    if table.grid is not None:
        raise ShapeError(
            f"{table.source}: pictures of real numbers are not paired into complex ones; give a complex array"
        )
    count = values.shape[1]
    if count % 2:
        raise ShapeError(
            f"{table.source}: {counted(count, 'real column')} cannot be paired into complex ones; give an even number "
            "(real and imaginary parts)"
        )
    half = count // 2
    real, imag = (slice(half), slice(half, None)) if layout == "split" else (slice(0, None, 2), slice(1, None, 2))
    pairs = zip(names[real], names[imag])
    if table.names is None:
        labels = tuple(str(i) for i in range(half))
    else:
        labels = tuple(_common_name(a, b) for a, b in pairs)
    return values[:, real] + 1j * values[:, imag], labels


def _common_name(real: str, imag: str) -> str:
    pattern = r"[\W_]*(?:{})[\W_]*$|^(?:{})[\W_]+"
    a = re.sub(pattern.format("real|re|r", "real|re|r"), "", real, flags=re.IGNORECASE).strip("() ")
    b = re.sub(pattern.format("imag|im|i", "imag|im|i"), "", imag, flags=re.IGNORECASE).strip("() ")
    return a if a and a == b else f"{real}+i*{imag}"


def _may_be_covariance(table: Table, options: Options) -> bool:
    return options.kind == "covariance" or (options.kind is None and table.grid is None)


def _as_covariance(
    values: Num[np.ndarray, "n m"], table: Table, options: Options, notes: list[str]
) -> Num[np.ndarray, "m m"] | None:
    """The exactly Hermitian matrix when the table is a covariance, None when it holds samples."""
    demanded = options.kind == "covariance"
    square = values.shape[0] == values.shape[1]
    if demanded and not square:
        raise ShapeError(f"{table.source}: a covariance is a square matrix; the table is {shape_text(values.shape)}")
    if not demanded and (not square or len(values) < 2 or not _may_be_covariance(table, options)):
        return None
    asymmetry, word = _asymmetry(values), "Hermitian" if np.iscomplexobj(values) else "symmetric"
    hermitian = (values + values.conj().T) / 2
    if asymmetry > _tolerance(table):
        nearly = _is_nearly_symmetric(values) and _is_positive(hermitian)
        if demanded or nearly:
            hint = "" if demanded else " or read the rows as samples with kind='samples'"
            raise NotHermitianError(
                f"{table.source}: {shape_text(values.shape)}, {'nearly' if nearly else 'not'} {word}: |R - R^H| "
                f"reaches {asymmetry:.2g} of its largest entry; a covariance must be {word} to 1e-8: symmetrise it, "
                f"(R + R.conj().T)/2{',' + hint if hint else ''}"
            )
        if len(values) > 2 and _off_diagonal_asymmetry(values) <= _DOUBTFUL and _is_positive(hermitian):
            notes.append(
                f"square and roughly {word} (|R - R^H| reaches {asymmetry:.2g} of its largest entry), but its rows "
                "were read as samples; if it is a covariance, symmetrise it, (R + R.conj().T)/2, and say "
                "kind='covariance'"
            )
        return None
    positive = _is_positive(hermitian)
    if not positive and not demanded:
        notes.append(
            f"square and {word} but not positive semidefinite, so its rows were read as samples; kind='covariance' "
            "reads it as a matrix"
        )
        return None
    if not positive:
        notes.append(f"it has a negative eigenvalue ({np.linalg.eigvalsh(hermitian)[0]:.3g}), as no covariance has")
    if not demanded:
        notes.append(f"square and {word}, so read as a covariance; kind='samples' reads its rows as samples")
    return hermitian


def _tolerance(table: Table) -> float:
    return max(_SYMMETRIC, 8 * table.resolution)


def _asymmetry(matrix: Num[np.ndarray, "m m"]) -> float:
    scale = float(np.abs(matrix).max())
    return float(np.abs(matrix - matrix.conj().T).max()) / scale if scale > 0 else 0.0


def _is_nearly_symmetric(matrix: Num[np.ndarray, "m m"]) -> bool:
    return _off_diagonal_asymmetry(matrix) <= _NEARLY_SYMMETRIC


def _off_diagonal_asymmetry(matrix: Num[np.ndarray, "m m"]) -> float:
    """|R - R^H| over |R| without the diagonal: about 1.4 for independent entries."""
    off = matrix - np.diag(np.diagonal(matrix))
    length = float(np.linalg.norm(off))
    return float(np.linalg.norm(off - off.conj().T)) / length if length > 0 else 0.0


def _is_positive(matrix: Num[np.ndarray, "m m"]) -> bool:
    # The largest row sum bounds the largest eigenvalue; a Cholesky factor exists only for positive matrices.
    bound = float(np.abs(matrix).sum(axis=1).max())
    if bound == 0:
        return True
    try:
        np.linalg.cholesky(matrix / bound + _NEGATIVE * np.eye(len(matrix)))
    except np.linalg.LinAlgError:
        return False
    return True


def _grid(
    table: Table, options: Options, positions: Int[np.ndarray, " k"] | None, columns: int, notes: list[str]
) -> Grid | None:
    inferred = table.grid
    if inferred is not None and positions is not None and not np.array_equal(positions, np.arange(table.columns)):
        notes.append(f"the grid {inferred[0]}x{inferred[1]} no longer holds for the chosen columns")
        inferred = None
    if options.grid is None:
        return inferred
    grid = parse_grid(options.grid)
    if inferred is not None and grid != inferred:
        raise ShapeError(
            f"{table.source}: grid {grid[0]}x{grid[1]} conflicts with its own pictures of {inferred[0]}x{inferred[1]} "
            "cells; leave the grid out or reshape the array"
        )
    check_grid(grid, columns)
    return grid

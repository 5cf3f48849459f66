"""What every reader hands on: a table whose numbers are taken only for the columns that were chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError, InputTypeError, ShapeError

from .grid import Grid
from .wording import counted, quoted, shape_text

__all__ = ["Table", "TextColumn", "as_float_or_complex", "names_made_unique", "table_from_array", "text_columns_error"]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows and columns of a source, before they are recognised as samples or a covariance.

    ``take(positions)`` gives the numbers of the chosen columns (all of them for None) and raises when one of them is
    no column of numbers. ``locate(row)`` says where a row stands in the source.
    """

    rows: int
    columns: int
    take: Callable[[Int[np.ndarray, " k"] | None], Num[np.ndarray, "n k"]]
    source: str
    names: tuple[str, ...] | None = None
    grid: Grid | None = None
    n: object = None
    notes: tuple[str, ...] = ()
    locate: Callable[[int], str] = "row {}".format
    # Rounding unit of the numbers in the source: a float32 covariance is symmetric to float32.
    resolution: float = 2.0**-53


@dataclass(frozen=True)
class TextColumn:
    """A column that holds text: where it stands, its first offending value and how many there are."""

    position: int
    first: str
    where: str
    count: int
    rows: int


def text_columns_error(
    source: str, troubles: Sequence[TextColumn], names: Sequence[str] | None, numeric: Sequence[int]
) -> InputError:
    """The error that names the text columns and says which columns hold numbers."""
    parts = []
    for column in troubles[:4]:
        label = f"{quoted(names[column.position])} (column {column.position})" if names else f"column {column.position}"
        share = "" if column.count == column.rows else f", {column.count} of {counted(column.rows, 'cell')}"
        parts.append(f"{label}: {quoted(column.first)} on {column.where}{share}")
    more = f" and {len(troubles) - 4} more" if len(troubles) > 4 else ""
    right = (
        f"choose columns of numbers with --columns {_slices(numeric)}" if len(numeric) else "no column is all numbers"
    )
    noun = "column holds" if len(troubles) == 1 else "columns hold"
    return InputError(f"{source}: {len(troubles)} {noun} text: {'; '.join(parts)}{more}; {right}")


def _slices(positions: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for i in positions:
        if runs and runs[-1][1] == i:
            runs[-1][1] = i + 1
        else:
            runs.append([i, i + 1])
    text = [str(a) if b == a + 1 else f"{a}:{b}" for a, b in runs]
    return ",".join(text[:6]) + (",..." if len(text) > 6 else "")


def as_float_or_complex(array: np.ndarray) -> np.ndarray:
    """float64 or complex128, C order; the same memory when it already is."""
    target = np.complex128 if array.dtype.kind == "c" else np.float64
    # A long double beyond the range becomes inf, which the check for finite numbers reports.
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype=target)


def names_made_unique(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names with ``.1``, ``.2`` ... on repetitions and positions for empty ones, and a note when that was needed."""
    taken: set[str] = {name.strip() for name in names}
    seen: set[str] = set()
    result = []
    for i, raw in enumerate(names):
        name = raw.strip() or str(i)
        if name in seen:
            k = 1
            while f"{name}.{k}" in taken or f"{name}.{k}" in seen:
                k += 1
            name = f"{name}.{k}"
        seen.add(name)
        result.append(name)
    repeated = sum(new != old.strip() and bool(old.strip()) for new, old in zip(result, names))
    notes = (f"{counted(repeated, 'repeated column name')} made unique (.1, .2, ...)",) if repeated else ()
    return tuple(result), notes


def table_from_array(
    array: Num[np.ndarray, "..."],
    source: str,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
    subscript: str = "a",
) -> Table:
    """A table from an array of numbers of two or three axes.

    Parameters
    ----------
    array : array of shape (n, M) or (n, h, w)
        Pictures (n, h, w) become rows with a grid.
    source : str
    names : sequence of str, optional
    notes : sequence of str
    subscript : str
        What the array is called in hints.

    Raises
    ------
    ShapeError
        If it has no or one axis, or four or more.
    InputError
        If it is empty.
    InputTypeError
        If it holds no numbers.
    """
    said = list(notes)
    kind = array.dtype.kind
    if kind not in "biufc":
        raise InputTypeError(
            f"{source}: an array of {_dtype_words(array.dtype)}; give numbers (dtype float or complex)"
        )
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        said.append(f"the single channel of the array {shape_text(array.shape)} was dropped")
        array = array.reshape([k for axis, k in enumerate(array.shape) if axis != (1 if array.shape[1] == 1 else 3)])
    _check_axes(array.shape, source, subscript)
    if array.size == 0:
        raise InputError(f"{source}: the array of shape {shape_text(array.shape)} is empty; at least one row is needed")
    if array.dtype not in (np.float64, np.complex128):
        said.append(f"converted from {array.dtype.newbyteorder('=')}")
    grid = (array.shape[1], array.shape[2]) if array.ndim == 3 else None
    flat = array.reshape(len(array), -1)

    def take(positions: Int[np.ndarray, " k"] | None) -> Num[np.ndarray, "n k"]:
        return as_float_or_complex(flat if positions is None else flat[:, positions])

    return Table(
        rows=flat.shape[0],
        columns=flat.shape[1],
        take=take,
        source=source,
        names=None if names is None else tuple(names),
        grid=grid,
        notes=tuple(said),
        resolution=float(np.finfo(array.dtype).eps) if kind in "fc" else 2.0**-53,
    )


def _check_axes(shape: Sequence[int], source: str, subscript: str) -> None:
    if len(shape) == 0:
        raise ShapeError(f"{source}: a single number (a 0-d array); give a table of n rows and M columns")
    if len(shape) == 1:
        raise ShapeError(
            f"{source}: a 1-d array of {counted(shape[0], 'number')}; samples are rows of a table: "
            f"{subscript}.reshape(-1, M) for M columns, or {subscript}.reshape(1, -1) for one sample"
        )
    if len(shape) == 4:
        raise ShapeError(
            f"{source}: a 4-d array of shape {shape_text(shape)}; pictures are (n, h, w): take one channel, such as "
            f"{subscript}[..., 0], or make columns with {subscript}.reshape(len({subscript}), -1)"
        )
    if len(shape) > 4:
        raise ShapeError(
            f"{source}: an array with {len(shape)} axes; give (n, M) or pictures (n, h, w), for example "
            f"{subscript}.reshape(len({subscript}), -1)"
        )


def _dtype_words(dtype: np.dtype) -> str:
    words = {"O": "Python objects", "U": "text", "S": "text", "M": "dates", "m": "time spans", "V": "records"}
    return words.get(dtype.kind, str(dtype))

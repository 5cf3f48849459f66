"""Tables that are kept by columns (data frames, Arrow tables): each column is turned to numbers only when chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from math import nan
from numbers import Number

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import InputError

from .table import Table, TextColumn, as_float_or_complex, names_made_unique, text_columns_error
from .wording import counted

__all__ = ["NotNumbers", "numbers_of_objects", "table_from_columns"]


class NotNumbers(Exception):
    """A column holds something else than numbers: where first, what, and how often."""

    def __init__(self, row: int, value: object, count: int) -> None:
        super().__init__(row, value, count)
        self.row, self.value, self.count = row, str(value), count


def numbers_of_objects(values: Iterable[object]) -> Num[np.ndarray, " n"]:
    """Numbers from Python objects; None and other missing values become NaN.

    Raises
    ------
    NotNumbers

    Examples
    --------
    >>> numbers_of_objects([1, None, 2.5, True])
    array([1. , nan, 2.5, 1. ])
    """
    result: list[complex | float] = []
    bad: list[tuple[int, object]] = []
    count = 0
    for row, value in enumerate(values):
        if value is None or type(value).__name__ in ("NAType", "NaTType"):
            result.append(nan)
        elif isinstance(value, Number | np.bool_):
            exact = isinstance(value, complex | np.complexfloating)
            try:
                result.append(complex(value) if exact else float(value))  # type: ignore[arg-type]
            except OverflowError:
                result.append(float("inf"))
        elif isinstance(value, Decimal):
            result.append(float(value))
        else:
            count += 1
            bad = bad or [(row, value)]
            result.append(nan)
    if bad:
        raise NotNumbers(*bad[0], count)
    return np.array(result, dtype=np.complex128 if any(isinstance(v, complex) for v in result) else np.float64)


def table_from_columns(
    names: Sequence[str],
    readers: Sequence[Callable[[], Num[np.ndarray, " n"]]],
    rows: int,
    source: str,
    notes: Sequence[str] = (),
    locate: Callable[[int], str] = "row {}".format,
) -> Table:
    """A table whose columns are read by one callable each.

    Parameters
    ----------
    names : sequence of M str
    readers : sequence of M callables
        Each returns the n numbers of its column or raises :class:`NotNumbers`.
    rows : int
        Number of rows n.
    source : str
    notes : sequence of str
    locate : callable
        What to call a row in error texts.

    Raises
    ------
    InputError
        If there is no row or no column.
    """
    if rows == 0 or not readers:
        size = f"{counted(rows, 'row')} and {counted(len(readers), 'column')}"
        raise InputError(f"{source}: the table is empty ({size}); at least one row and one column are needed")
    unique, more = names_made_unique(names)

    def take(positions: Int[np.ndarray, " k"] | None) -> Num[np.ndarray, "n k"]:
        chosen = range(len(readers)) if positions is None else positions.tolist()
        found: list[np.ndarray] = []
        troubles: list[TextColumn] = []
        for j in chosen:
            try:
                found.append(as_float_or_complex(readers[j]()))
            except NotNumbers as bad:
                troubles.append(TextColumn(j, bad.value, locate(bad.row), bad.count, rows))
        if troubles:
            raise text_columns_error(
                source, troubles, unique, [j for j in range(len(readers)) if _is_numeric(readers[j])]
            )
        return np.column_stack(found)

    return Table(rows, len(readers), take, source, names=unique, notes=(*notes, *more), locate=locate)


def _is_numeric(reader: Callable[[], np.ndarray]) -> bool:
    try:
        reader()
    except NotNumbers:
        return False
    return True

"""Choosing columns by name, by 0-based position or by slice."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Int

from symmeter.errors import InputError, InputTypeError, UnknownNameError, nearest_name

from .wording import counted, quoted

__all__ = ["ColumnChoice", "parse_columns", "resolve_columns"]

ColumnChoice = str | int | slice
_SLICE = re.compile(r"(-?[0-9]{0,9}):(-?[0-9]{0,9})(?::(-?[0-9]{1,9}))?")


def parse_columns(columns: Any) -> tuple[ColumnChoice, ...]:
    """Split a choice of columns into its items.

    Parameters
    ----------
    columns : str, int, slice, or list of these
        Text is cut at commas: ``"height,width,3:10"``. The items of a list are not cut, so that names may hold commas.

    Returns
    -------
    tuple of str, int or slice

    Examples
    --------
    >>> parse_columns("height, 3:10")
    ('height', '3:10')
    >>> parse_columns([0, "a,b"])
    (0, 'a,b')
    """
    if isinstance(columns, str):
        items: list[ColumnChoice] = [item.strip() for item in columns.split(",")]
        if not all(items):
            raise InputError(f"columns {quoted(columns)}: an item is empty; write names, positions or slices: a,b,3:10")
        return tuple(items)
    if isinstance(columns, slice):
        return (columns,)
    if not isinstance(columns, Iterable):
        columns = [columns]
    chosen: list[ColumnChoice] = []
    for item in columns:
        if isinstance(item, str | slice):
            chosen.append(item)
            continue
        try:
            if isinstance(item, bool | np.bool_):
                raise TypeError
            chosen.append(operator.index(item))
        except TypeError:
            raise InputTypeError(
                f"columns are chosen by name, 0-based position or slice; {quoted(item)} is none of these"
            ) from None
    return tuple(chosen)


def resolve_columns(
    columns: Any, names: Sequence[str] | None, count: int, where: str = "the table"
) -> Int[np.ndarray, " k"]:
    """The positions of the chosen columns, in the order in which they were asked for.

    Text that is exactly a column's name means that column, even if it looks like a position.

    Parameters
    ----------
    columns : see :func:`parse_columns`
    names : sequence of str or None
        Names of the columns, if they have any.
    count : int
        Number of columns of the table.
    where : str
        What the error text calls the table.

    Returns
    -------
    positions : int array

    Raises
    ------
    UnknownNameError
        If a name is not there; the text proposes the nearest one.
    InputError
        If a position is out of range, a column is chosen twice, or nothing is chosen.

    Examples
    --------
    >>> resolve_columns("b,0,3:5", ["a", "b", "c", "d", "e"], 5)
    array([1, 0, 3, 4])
    """
    named: dict[str, int] = {}
    for i, name in enumerate(names or ()):
        named.setdefault(name, i)
    positions: list[int] = []
    for item in parse_columns(columns):
        found = _positions(item, named, count, where)
        if not found:
            raise InputError(f"{where}: the slice {_slice_text(item)} takes none of the {counted(count, 'column')}")
        positions.extend(found)
    if not positions:
        raise InputError(f"{where}: no column is chosen; name at least one of its {counted(count, 'column')}")
    seen: set[int] = set()
    for i in positions:
        if i in seen:
            raise InputError(f"{where}: column {quoted(names[i]) if names else i} is chosen twice; name it once")
        seen.add(i)
    return np.array(positions, dtype=np.intp)


def _positions(item: ColumnChoice, named: dict[str, int], count: int, where: str) -> Sequence[int]:
    if isinstance(item, str):
        if item in named:
            return [named[item]]
        if re.fullmatch(r"-?[0-9]{1,9}", item):
            item = int(item)
        elif match := _SLICE.fullmatch(item):
            start, stop, step = (int(part) if part not in (None, "", "-") else None for part in match.groups())
            item = slice(start, stop, step)
        else:
            raise UnknownNameError(f"{where}: {_unknown(item, named, count)}")
    if isinstance(item, slice):
        try:
            return range(*item.indices(count))
        except (TypeError, ValueError):
            raise InputError(f"{where}: the slice {_slice_text(item)} needs whole numbers and a step not 0") from None
    if not -count <= item < count:
        raise InputError(f"{where}: column {item} does not exist; its {counted(count, 'column')} are 0 to {count - 1}")
    return [item % count]


def _unknown(item: str, named: dict[str, int], count: int) -> str:
    if not named:
        return f"no column named {quoted(item)}: the columns have no names, only positions 0 to {count - 1}"
    guess = nearest_name(item, named)
    hint = f"did you mean {quoted(guess)}? " if guess else ""
    listed = ", ".join(quoted(name, 20) for name in list(named)[:6]) + (", ..." if len(named) > 6 else "")
    return f"no column named {quoted(item)}; {hint}the {counted(count, 'column')}: {listed}"


def _slice_text(item: ColumnChoice) -> str:
    if isinstance(item, slice):
        parts = [item.start, item.stop] + ([item.step] if item.step is not None else [])
        return ":".join("" if part is None else str(part) for part in parts)
    return str(item)

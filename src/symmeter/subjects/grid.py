"""Image grids: which columns are the cells of an h x w picture, row by row (row major)."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from math import isqrt
from typing import SupportsIndex

from symmeter.errors import InputError, ShapeError

from .wording import counted, quoted

__all__ = ["Grid", "check_grid", "fitting_grids", "parse_grid"]

Grid = tuple[int, int]


def parse_grid(grid: str | Sequence[SupportsIndex]) -> Grid:
    """Read a grid given as text or as a pair of integers.

    Parameters
    ----------
    grid : str or pair of int
        ``"8x8"`` (height x width; ``×``, ``*`` and ``,`` also separate) or ``(8, 8)``.

    Returns
    -------
    (h, w) : tuple of int
        Number of rows and of columns of the picture.

    Raises
    ------
    InputError
        If it is not two whole numbers of 1 or more.

    Examples
    --------
    >>> parse_grid("8x16"), parse_grid((8, 16))
    ((8, 16), (8, 16))
    """
    right = "give height x width, such as 8x8"
    if isinstance(grid, str):
        match = re.fullmatch(r"\s*([0-9]{1,9})\s*[xX×*,]\s*([0-9]{1,9})\s*", grid)
        if match is None:
            raise InputError(f"grid {quoted(grid)} is not two whole numbers; {right}")
        sides = (int(match[1]), int(match[2]))
    else:
        try:
            h, w = (operator.index(side) for side in grid)
        except (TypeError, ValueError):
            raise InputError(f"grid {quoted(grid)} is not a pair of whole numbers; {right}") from None
        sides = (h, w)
    if min(sides) < 1:
        raise InputError(f"grid {sides[0]}x{sides[1]}: both sides must be 1 or more; {right}")
    return sides


def fitting_grids(cells: int, at_most: int = 3) -> tuple[Grid, ...]:
    """The factorisations h x w of a number of cells with h <= w, closest to square first.

    Examples
    --------
    >>> fitting_grids(64)
    ((8, 8), (4, 16), (2, 32))
    """
    sides = (h for h in range(isqrt(max(cells, 0)), 0, -1) if cells % h == 0)
    return tuple((h, cells // h) for h, _ in zip(sides, range(at_most)))


def check_grid(grid: Grid, columns: int) -> None:
    """Raise when a grid does not have as many cells as the data have columns.

    Raises
    ------
    ShapeError
        The text lists the grids that would fit.
    """
    h, w = grid
    if h * w != columns:
        fits = " or ".join(f"{a}x{b}" for a, b in fitting_grids(columns))
        raise ShapeError(
            f"grid {h}x{w} has {counted(h * w, 'cell')}, the data have {counted(columns, 'column')}; {fits} would fit"
        )

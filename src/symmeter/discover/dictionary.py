"""Dictionaries: the candidate transformations that a user thinks of, ready made for columns, rings and grids.

Every function returns a plain list, so that dictionaries add up with ``+`` and take a user's own matrices:
``grid_shifts((8, 8)) + reflections((8, 8)) + [my_matrix]``. Grids are row major: cell (y, x) is column ``y * w + x``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from symmeter.errors import EmptyDictionaryError, InputError, ShapeError, UnknownNameError, nearest_name
from symmeter.representations import Monomial, Space

__all__ = [
    "NAMES",
    "block_exchanges",
    "by_name",
    "column_exchanges",
    "default_for",
    "grid_shifts",
    "reflections",
    "ring_reflection",
    "ring_shifts",
    "rotations",
    "sign_flips",
    "skew_basis",
    "transposes",
]


def _check_grid(grid: tuple[int, int]) -> tuple[int, int]:
    try:
        h, w = (int(v) for v in grid)
    except (TypeError, ValueError):
        raise ShapeError(f"a grid is two whole numbers (height, width); got {grid!r}") from None
    if h < 1 or w < 1:
        raise ShapeError(f"a grid has at least one row and one column; got {h}x{w}")
    return h, w


def _on_grid(grid: tuple[int, int], move: Callable, name: str) -> Monomial:
    h, w = _check_grid(grid)
    y, x = np.divmod(np.arange(h * w), w)
    new_y, new_x = move(y, x, h, w)
    return Monomial(new_y * w + new_x, name=name)


def grid_shifts(grid: tuple[int, int], steps: Sequence[int] | str = (1,)) -> list[Monomial]:
    """Cyclic shifts of an h x w grid.

    Parameters
    ----------
    grid : (h, w)
    steps : sequence of int or "all"
        How far to shift along each axis; ``"all"`` gives every one of the h w - 1 shifts of the torus.

    Returns
    -------
    list of Monomial
        ``shift_y`` and ``shift_x`` (longer steps carry their length, as ``shift_x2``).

    Examples
    --------
    >>> [P.name for P in grid_shifts((8, 8))]
    ['shift_y', 'shift_x']
    """
    h, w = _check_grid(grid)
    if isinstance(steps, str):
        if steps != "all":
            raise InputError(f'steps is a list of whole numbers or "all"; got {steps!r}')
        return [
            _on_grid(grid, lambda y, x, h, w, a=a, b=b: ((y + a) % h, (x + b) % w), f"shift({a},{b})")
            for a in range(h)
            for b in range(w)
            if (a, b) != (0, 0)
        ]
    out = []
    for s in steps:
        suffix = "" if s == 1 else str(s)
        if s % h:
            out.append(_on_grid(grid, lambda y, x, h, w, s=s: ((y + s) % h, x), f"shift_y{suffix}"))
        if s % w:
            out.append(_on_grid(grid, lambda y, x, h, w, s=s: (y, (x + s) % w), f"shift_x{suffix}"))
    return out


def reflections(grid: tuple[int, int]) -> list[Monomial]:
    """``flip_x`` (left to right) and ``flip_y`` (top to bottom) of a grid."""
    h, w = _check_grid(grid)
    out = []
    if w > 1:
        out.append(_on_grid(grid, lambda y, x, h, w: (y, w - 1 - x), "flip_x"))
    if h > 1:
        out.append(_on_grid(grid, lambda y, x, h, w: (h - 1 - y, x), "flip_y"))
    return out


def rotations(grid: tuple[int, int]) -> list[Monomial]:
    """``rot180``, and ``rot90`` when the grid is square."""
    h, w = _check_grid(grid)
    out = [_on_grid(grid, lambda y, x, h, w: (h - 1 - y, w - 1 - x), "rot180")] if h * w > 1 else []
    if h == w and h > 1:
        out.append(_on_grid(grid, lambda y, x, h, w: (w - 1 - x, y), "rot90"))
    return out


def transposes(grid: tuple[int, int]) -> list[Monomial]:
    """``transpose`` (swap rows and columns) of a square grid.

    Raises
    ------
    ShapeError
        If the grid is not square.
    """
    h, w = _check_grid(grid)
    if h != w:
        raise ShapeError(f"only a square grid has a transpose; {h}x{w} is not square")
    return [_on_grid(grid, lambda y, x, h, w: (x, y), "transpose")] if h > 1 else []


def ring_shifts(size: int, steps: Sequence[int] | str = (1,)) -> list[Monomial]:
    """Cyclic shifts of M columns that stand in a ring: column i goes to i + step."""
    taken = range(1, size) if steps == "all" else steps
    return [
        Monomial((np.arange(size) + int(s)) % size, name="shift" if s == 1 else f"shift{s}")
        for s in taken
        if int(s) % size
    ]


def ring_reflection(size: int) -> list[Monomial]:
    """The reversal of M columns, ``i -> M - 1 - i``."""
    return [Monomial(np.arange(size)[::-1].copy(), name="reversal")] if size > 1 else []


def column_exchanges(size: int, names: Sequence[str] | None = None) -> list[Monomial]:
    """All M (M - 1) / 2 exchanges of two columns."""
    label = (lambda i: str(i)) if names is None else (lambda i: names[i])
    out = []
    for i in range(size):
        for j in range(i + 1, size):
            images = np.arange(size)
            images[[i, j]] = j, i
            out.append(Monomial(images, name=f"swap({label(i)},{label(j)})"))
    return out


def block_exchanges(size: int, block: int) -> list[Monomial]:
    """Exchanges of two neighbouring blocks of equally many columns.

    Raises
    ------
    ShapeError
        If the block length does not divide the number of columns.
    """
    if block < 1 or size % block:
        raise ShapeError(f"blocks of {block} columns do not divide {size} columns; use a divisor of {size}")
    out = []
    for start in range(0, size - block, block):
        images = np.arange(size)
        images[start : start + block] += block
        images[start + block : start + 2 * block] -= block
        out.append(Monomial(images, name=f"swap_blocks({start // block},{start // block + 1})"))
    return out


def sign_flips(size: int, names: Sequence[str] | None = None) -> list[Monomial]:
    """``x_i -> -x_i`` for each single column."""
    out = []
    for i in range(size):
        signs = np.ones(size)
        signs[i] = -1.0
        out.append(Monomial(np.arange(size), signs, name=f"negate({i if names is None else names[i]})"))
    return out


def skew_basis(size: int) -> list[np.ndarray]:
    """The full basis ``E_ij - E_ji`` of so(M), as matrices.

    With all of it the smallest eigenvalue is the smallest squared gap of the spectrum, which on any sample covariance
    is tiny and means nothing: use it for exact covariances, or select from it.
    """
    out = []
    for i in range(size):
        for j in range(i + 1, size):
            b = np.zeros((size, size))
            b[i, j], b[j, i] = 1.0, -1.0
            out.append(b)
    return out


def _grid_of(space: Space, name: str) -> tuple[int, int]:
    if space.grid is None:
        raise InputError(f"dictionary {name!r} moves the cells of a grid; say which, as in --grid 8x8 or grid=(8, 8)")
    return space.grid


def _shifts(space: Space) -> list[Monomial]:
    return grid_shifts(space.grid) if space.grid else ring_shifts(space.dimension)


def _flips(space: Space) -> list[Monomial]:
    return reflections(space.grid) if space.grid else ring_reflection(space.dimension)


#: The names that ``--dictionary`` takes, and what each stands for.
NAMES: dict[str, tuple[str, Callable[[Space], list[Monomial]]]] = {
    "shifts": ("cyclic shifts of the grid, or of the columns in a ring", _shifts),
    "flips": ("mirror images of the grid, or the reversal of the columns", _flips),
    "rotations": ("half turn, and quarter turn of a square grid", lambda s: rotations(_grid_of(s, "rotations"))),
    "transpose": ("exchange of rows and columns of a square grid", lambda s: transposes(_grid_of(s, "transpose"))),
    "exchanges": ("exchange of two columns, every pair", lambda s: column_exchanges(s.dimension, s.names)),
    "signs": ("change of sign of one column", lambda s: sign_flips(s.dimension, s.names)),
}


def by_name(names: str | Sequence[str], space: Space) -> list[Monomial]:
    """The union of dictionaries given by name.

    Parameters
    ----------
    names : str or sequence of str
        Names from ``NAMES``, as ``"shifts,flips"`` or a list.
    space : Space

    Raises
    ------
    UnknownNameError
        For a name that is not known, with the nearest one.
    """
    wanted = [n.strip().lower() for n in names.split(",")] if isinstance(names, str) else [str(n) for n in names]
    out: list[Monomial] = []
    for name in wanted:
        if name not in NAMES:
            near = nearest_name(name, NAMES)
            hint = f"did you mean {near!r}? " if near else ""
            raise UnknownNameError(f"no dictionary is called {name!r}; {hint}there are {', '.join(NAMES)}")
        out += NAMES[name][1](space)
    if not out:
        raise EmptyDictionaryError(f"dictionary {','.join(wanted)!r} has no element on {space.describe()}")
    return out


def default_for(space: Space) -> tuple[list[Monomial], str]:
    """Sensible candidates when the user names none, and a sentence that says which and why."""
    if space.grid is not None:
        names = ["shifts", "flips", "rotations"] + (["transpose"] if space.grid[0] == space.grid[1] else [])
        why = f"the data are images on {space.describe()}"
    elif space.dimension <= 24:
        names, why = ["shifts", "flips", "exchanges", "signs"], f"{space.dimension} columns without a grid"
    else:
        names, why = ["shifts", "flips"], f"{space.dimension} columns without a grid, too many for every exchange"
    return by_name(names, space), f"dictionaries chosen: {', '.join(names)} ({why}); --dictionary overrides"

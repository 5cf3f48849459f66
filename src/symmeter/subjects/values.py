"""The subjects that samples and covariances are: small immutable values that know their columns, grid and origin.

Conventions: samples are rows; a grid (h, w) numbers the columns row by row; a covariance is Hermitian,
``R[i, j] = <x_i conj(x_j)>``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, NotHermitianError, SampleSizeError, ShapeError

from .grid import Grid, check_grid, parse_grid
from .wording import counted, quoted, shape_text

__all__ = ["Covariance", "Samples", "SeveralSamples", "Subject", "check_sample_size"]


class Subject(ABC):
    """What the user brings: something that can have a symmetry.

    Attributes
    ----------
    kind : str
        ``"samples"``, ``"covariance"`` or ``"several"``.
    source : str
        Where it came from, for people.
    notes : tuple of str
        What was assumed or converted while reading.
    """

    kind: ClassVar[str]
    source: str
    notes: tuple[str, ...]

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Number of columns M."""

    @abstractmethod
    def describe(self) -> str:
        """One line that says what was read and what was assumed."""


@dataclass(frozen=True, eq=False, repr=False)
class Samples(Subject):
    """n samples of M real or complex numbers.

    Parameters
    ----------
    values : array of shape (n, M) or (n, h, w)
        Kept read-only as float64 or complex128; copied if it could be written to. Pictures (n, h, w) become rows of
        h*w columns with that grid.
    names : sequence of M str, optional
        Names of the columns; ``"0"`` to ``"M-1"`` when omitted.
    grid : (int, int), optional
        Height and width when the columns are the cells of a picture.
    source : str
    notes : sequence of str

    Raises
    ------
    ShapeError
        If the values are no table, or names or grid do not fit them.

    Examples
    --------
    >>> Samples(np.zeros((100, 4)), grid=(2, 2))
    Samples(100 x 4 float64, grid 2x2, array)
    """

    values: Num[np.ndarray, "n m"]
    names: tuple[str, ...] = ()
    grid: Grid | None = None
    source: str = "array"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "samples"

    def __post_init__(self) -> None:
        values = np.asarray(self.values)
        grid = self.grid
        if values.ndim == 3:
            picture = (values.shape[1], values.shape[2])
            if grid is not None and parse_grid(grid) != picture:
                raise ShapeError(f"grid {grid[0]}x{grid[1]} conflicts with pictures of {picture[0]}x{picture[1]} cells")
            grid = picture
            values = values.reshape(len(values), -1)
        if values.ndim != 2 or values.size == 0:
            raise ShapeError(f"samples are a table of n rows and M columns; got an array of shape {values.shape}")
        object.__setattr__(self, "values", _frozen(values))
        _settle(self, values.shape[1], grid)

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.values)

    @property
    def dimension(self) -> int:
        return self.values.shape[1]

    @property
    def is_complex(self) -> bool:
        """Whether the values are complex."""
        return np.iscomplexobj(self.values)

    @property
    def pictures(self) -> Num[np.ndarray, "n h w"]:
        """The samples as pictures; only for subjects with a grid."""
        if self.grid is None:
            raise ShapeError(f"{self.source}: the samples have no grid; load them with grid=(height, width)")
        return self.values.reshape(self.n, *self.grid)

    def describe(self) -> str:
        columns = counted(self.dimension, "complex column" if self.is_complex else "column")
        head = f"read {self.source}: {counted(self.n, 'sample')} x {columns}, {self.values.dtype}"
        return "; ".join([head + _grid_text(self.grid), *self.notes])

    def __repr__(self) -> str:
        size = shape_text(self.values.shape)
        return f"Samples({size} {self.values.dtype}{_grid_text(self.grid)}, {self.source})"


@dataclass(frozen=True, eq=False, repr=False)
class Covariance(Subject):
    """A covariance or correlation matrix of M columns, with the number of samples behind it when that is known.

    Parameters
    ----------
    matrix : array of shape (M, M)
        Hermitian; kept read-only as float64 or complex128.
    n : int, optional
        Number of samples it was estimated from, 3 or more.
    names, grid, source, notes : as for :class:`Samples`

    Raises
    ------
    ShapeError
        If the matrix is not square, or names or grid do not fit it.
    NotHermitianError
        If it is far from Hermitian (more than 1e-2 of its largest entry; :func:`load` is stricter).
    SampleSizeError
        If ``n`` is no whole number of 3 or more.

    Examples
    --------
    >>> Covariance(np.eye(3), n=50)
    Covariance(3 x 3 float64, n=50, array)
    """

    matrix: Num[np.ndarray, "m m"]
    n: int | None = None
    names: tuple[str, ...] = ()
    grid: Grid | None = None
    source: str = "array"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "covariance"

    def __post_init__(self) -> None:
        matrix = np.asarray(self.matrix)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
            raise ShapeError(f"a covariance is a square matrix; got an array of shape {matrix.shape}")
        asymmetry = float(np.abs(matrix - matrix.conj().T).max())
        if not asymmetry <= 1e-2 * float(np.abs(matrix).max()):
            raise NotHermitianError(f"a covariance is symmetric or Hermitian; |R - R^H| reaches {asymmetry:.2g}")
        object.__setattr__(self, "matrix", _frozen(matrix))
        object.__setattr__(self, "n", None if self.n is None else check_sample_size(self.n))
        _settle(self, len(matrix), self.grid)

    @property
    def dimension(self) -> int:
        return len(self.matrix)

    @property
    def is_complex(self) -> bool:
        """Whether the matrix is complex."""
        return np.iscomplexobj(self.matrix)

    def describe(self) -> str:
        matrix = self.matrix
        unit = bool(np.abs(np.diagonal(matrix) - 1.0).max() < 1e-8)
        traits = ["Hermitian" if self.is_complex else "symmetric"]
        # The note of the reader says so when the matrix has negative eigenvalues.
        traits += [] if any("negative eigenvalue" in note for note in self.notes) else ["positive semidefinite"]
        traits += ["unit diagonal: a correlation"] if unit else []
        size = f"{self.dimension} x {self.dimension}"
        exact = "taken as exact: give --n (in Python n=) if it was estimated from samples"
        count = exact if self.n is None else f"n = {self.n}"
        head = f"read {self.source}: covariance {size} ({', '.join(traits)}), {count}"
        return "; ".join([head + _grid_text(self.grid), *self.notes])

    def __repr__(self) -> str:
        count = "" if self.n is None else f", n={self.n}"
        size = shape_text(self.matrix.shape)
        return f"Covariance({size} {self.matrix.dtype}{count}{_grid_text(self.grid)}, {self.source})"


@dataclass(frozen=True, eq=False, repr=False)
class SeveralSamples(Subject):
    """Several samples or covariances of the same columns, to be analysed jointly.

    Parameters
    ----------
    items : sequence of Samples or Covariance
        All with the same number of columns, in the same order, and the same grid.
    source : str
        Made from the items when omitted.
    notes : sequence of str

    Raises
    ------
    ShapeError
        If the items do not have the same columns.

    Examples
    --------
    >>> several = SeveralSamples((Samples(np.ones((5, 3))), Covariance(np.eye(3), n=9)))
    >>> several.dimension, len(several)
    (3, 2)
    """

    items: tuple[Samples | Covariance, ...]
    source: str = ""
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "several"

    def __post_init__(self) -> None:
        items = tuple(self.items)
        if not items:
            raise InputError("several inputs were asked for, but the list is empty; give at least one")
        for item in items:
            _check_alike(items[0], item)
        object.__setattr__(self, "items", items)
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "source", self.source or ", ".join(item.source for item in items))

    @property
    def dimension(self) -> int:
        return self.items[0].dimension

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, those of the first item that names them."""
        default = _default_names(self.dimension)
        return next((item.names for item in self.items if item.names != default), default)

    @property
    def grid(self) -> Grid | None:
        """Height and width of the pictures, if any item has a grid."""
        return next((item.grid for item in self.items if item.grid is not None), None)

    @property
    def is_complex(self) -> bool:
        """Whether any item is complex."""
        return any(item.is_complex for item in self.items)

    def describe(self) -> str:
        parts = " | ".join(item.describe().removeprefix("read ") for item in self.items)
        return f"read {counted(len(self.items), 'input')} of {counted(self.dimension, 'column')}: {parts}"

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Samples | Covariance]:
        return iter(self.items)

    def __repr__(self) -> str:
        return f"SeveralSamples({', '.join(map(repr, self.items))})"


def check_sample_size(n: object) -> int:
    """The number of samples behind a covariance, as an int of 3 or more.

    Raises
    ------
    SampleSizeError
    """
    right = "give a whole number of 3 or more"
    given = quoted(n) if isinstance(n, str) else quoted(n)[1:-1]
    if isinstance(n, bool | np.bool_) or not isinstance(n, int | np.integer | float | np.floating | np.ndarray):
        raise SampleSizeError(f"sample size n = {given} is not a number; {right}")
    array = np.asarray(n)
    if array.size != 1 or array.dtype.kind not in "iuf" or not float(array.reshape(())) == np.rint(array.reshape(())):
        raise SampleSizeError(f"sample size n = {given} is not a whole number; {right}")
    if float(array.reshape(())) < 3:
        raise SampleSizeError(f"sample size n = {given} is too small: a covariance needs at least 3 samples; {right}")
    if float(array.reshape(())) >= 2**63:
        raise SampleSizeError(f"sample size n = {given} is too large; {right}")
    return int(array.reshape(()))


def _frozen(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind not in "biufc":
        raise InputError(f"values must be numbers; got an array of dtype {array.dtype}")
    target = np.complex128 if array.dtype.kind == "c" else np.float64
    result = np.ascontiguousarray(array, dtype=target)
    # A caller's writable array must not change under a value that promises not to.
    if result.flags.writeable and np.may_share_memory(result, array):
        result = result.copy()
    result.setflags(write=False)
    return result


def _default_names(count: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(count))


def _settle(subject: Samples | Covariance, count: int, grid: Grid | None) -> None:
    names: Sequence[str] = subject.names
    names = _default_names(count) if len(names) == 0 else tuple(str(name) for name in names)
    if len(names) != count:
        raise ShapeError(f"{counted(len(names), 'name')} for {counted(count, 'column')}; give one name a column")
    if grid is not None:
        grid = parse_grid(grid)
        check_grid(grid, count)
    object.__setattr__(subject, "names", names)
    object.__setattr__(subject, "grid", grid)
    object.__setattr__(subject, "notes", tuple(subject.notes))


def _grid_text(grid: Grid | None) -> str:
    return "" if grid is None else f", grid {grid[0]}x{grid[1]}"


def _check_alike(first: Samples | Covariance, other: Samples | Covariance) -> None:
    if other.dimension != first.dimension:
        raise ShapeError(
            f"several inputs need the same columns: {first.source} has {first.dimension}, "
            f"{other.source} has {other.dimension}"
        )
    if first.grid != other.grid and None not in (first.grid, other.grid):
        raise ShapeError(
            f"several inputs need the same grid: {first.source} has{_grid_text(first.grid)[1:]}, "
            f"{other.source} has{_grid_text(other.grid)[1:]}"
        )
    if first.names != other.names and sorted(first.names) == sorted(other.names):
        at = next(i for i, (a, b) in enumerate(zip(first.names, other.names)) if a != b)
        raise ShapeError(
            f"several inputs need the columns in the same order: column {at} is {quoted(first.names[at])} in "
            f"{first.source} and {quoted(other.names[at])} in {other.source}"
        )

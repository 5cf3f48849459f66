"""``load``: one door for files, arrays, data frames, labelled arrays, tensors, and several of them at once."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Number
from typing import Any, Literal

import numpy as np

from symmeter.errors import FileFormatError, InputError, InputTypeError, ShapeError

from .arrow import table_from_arrow
from .columnar import numbers_of_objects, table_from_columns
from .content import READABLE, is_known_suffix
from .labelled import is_instance_of, table_from_frame, table_from_tensor, table_from_xarray
from .models import Model, is_model
from .npy import table_from_npy
from .paths import table_from_path
from .recognition import ComplexLayout, Options, recognise
from .shapes import Shape, is_shape, is_shape_file, shape_of_object
from .table import Table, table_from_array
from .values import Covariance, Samples, SeveralSamples, Subject
from .wording import counted, quoted

__all__ = ["load", "load_many"]


def load(
    source: Any,
    *,
    grid: str | tuple[int, int] | None = None,
    columns: Any = None,
    complex: ComplexLayout = False,
    n: Any = None,
    kind: Literal["samples", "covariance"] | None = None,
    name: str | None = None,
) -> Samples | Covariance | SeveralSamples | Model | Shape:
    """Read what can have a symmetry: samples, a covariance, several of them, a model or a shape.

    Parameters
    ----------
    source : path, array, DataFrame, DataArray, tensor, Subject, or a list or dict of these
        Files are recognised by their content: ``.npy``, ``.npz`` (``file.npz:NAME`` chooses an array), text tables,
        Parquet, Feather. Samples are rows; arrays of pictures (n, h, w) carry their grid. A list or dict of several
        sources gives :class:`SeveralSamples`; a list of lists of numbers is one table. A torch module gives a
        :class:`Model`, which still needs inputs; atoms, molecules and meshes give a :class:`Shape`.
    grid : str or (int, int), optional
        Height and width when the columns are the cells of a picture, row by row: ``"8x8"`` or ``(8, 8)``.
    columns : str or list, optional
        Names, 0-based positions or slices: ``"height,width,3:10"``. A column of row labels has no position. Of a
        covariance the rows are chosen with the columns.
    complex : bool, "interleaved" or "split"
        Read 2M real columns as M complex ones: (re, im) side by side (also True), or all real parts first. Columns are
        chosen before they are paired. Complex arrays and cells such as ``1-2j`` are complex anyway.
    n : int, optional
        Sample size behind a covariance, 3 or more; for several covariances also a list.
    kind : "samples" or "covariance", optional
        Overrides the recognition of square, symmetric, positive semidefinite tables as covariances.
    name : str, optional
        What the reports call the source.

    Returns
    -------
    Samples, Covariance, SeveralSamples, Model or Shape

    Raises
    ------
    MissingFileError, FileFormatError, MissingDependencyError
        If a file cannot be opened or is not what is read.
    InputError, InputTypeError, ShapeError, NonFiniteError, NotHermitianError, SampleSizeError, UnknownNameError
        If its content cannot be used.

    Examples
    --------
    >>> pictures = load(np.arange(24.0).reshape(6, 2, 2))
    >>> pictures
    Samples(6 x 4 float64, grid 2x2, array)
    >>> print(load([[2.0, 1.0], [1.0, 2.0]], n=50, kind="covariance").describe())
    read list: covariance 2 x 2 (symmetric, positive semidefinite), n = 50
    """
    options = Options(grid=grid, columns=columns, complex=complex, n=n, kind=kind)
    if is_model(source):
        if options.are_given:
            raise InputError("grid, columns, complex, n and kind are about tables; a model takes none of them")
        return source if isinstance(source, Model) else Model(source, source=name or "")
    if is_shape(source):
        if options.are_given:
            raise InputError("grid, columns, complex, n and kind are about tables; a shape takes none of them")
        return shape_of_object(source, name)
    several = _several(source)
    if several is not None:
        items = load_many(several, grid=grid, columns=columns, complex=complex, n=n, kind=kind)
        return replace(items, source=name) if name is not None else items
    return _load_one(source, options, name)


def load_many(
    sources: Sequence[Any] | Mapping[str, Any],
    *,
    grid: str | tuple[int, int] | None = None,
    columns: Any = None,
    complex: ComplexLayout = False,
    n: Any = None,
    kind: Literal["samples", "covariance"] | None = None,
) -> SeveralSamples:
    """Read several sources of the same columns, for a joint analysis.

    Parameters
    ----------
    sources : sequence or mapping of sources
        The keys of a mapping name them.
    grid, columns, complex, kind : see :func:`load`
        They hold for every source.
    n : int or sequence of int or None, optional
        Sample size of every covariance, or one entry a source.

    Returns
    -------
    SeveralSamples

    Examples
    --------
    >>> len(load_many({"morning": np.ones((5, 3)), "evening": np.zeros((7, 3))}))
    2
    """
    if not isinstance(sources, Mapping | Sequence) or isinstance(sources, str | bytes):
        raise InputTypeError(f"several sources are given as a list or dict; got {_kind_name(sources)}")
    named = list(sources.items()) if isinstance(sources, Mapping) else [(None, source) for source in sources]
    sizes = _sample_sizes(n, len(named))
    options = Options(grid=grid, columns=columns, complex=complex, kind=kind)
    items: list[Samples | Covariance] = []
    for i, ((label, source), size) in enumerate(zip(named, sizes)):
        label = None if label is None else str(label)
        if label is None and not isinstance(source, str | os.PathLike | Subject):
            label = f"{_kind_name(source)} {i}"
        item = _load_one(source, options, label)
        if size is not None and isinstance(item, Covariance):
            item = replace(item, n=size)
        elif size is not None and isinstance(n, Sequence):
            raise InputError(f"{item.source}: n is the sample size behind a covariance, but this was read as samples")
        items.append(item)
    if n is not None and not any(isinstance(item, Covariance) for item in items):
        raise InputError("n is the sample size behind a covariance, but every source was read as samples; leave n out")
    return SeveralSamples(tuple(items))


def _sample_sizes(n: Any, count: int) -> list[Any]:
    if not isinstance(n, Sequence) or isinstance(n, str):
        return [n] * count
    if len(n) != count:
        raise ShapeError(
            f"{counted(len(n), 'sample size')} n for {counted(count, 'source')}; give one number, or one each"
        )
    return list(n)


def _load_one(source: Any, options: Options, name: str | None) -> Samples | Covariance:
    if isinstance(source, SeveralSamples):
        raise InputTypeError("several inputs inside several inputs; give one flat list")
    if isinstance(source, Samples | Covariance) and not options.are_given:
        return source if name is None else replace(source, source=name)
    if isinstance(source, Samples | Covariance) and options.kind is None:
        # Recognised once already; a square choice of columns does not turn samples into a covariance.
        options = replace(options, kind=source.kind)  # type: ignore[arg-type]
    subject = _read(source, name, options)
    if name is None and isinstance(source, str | os.PathLike):
        # Errors show the path as given; a report that travels shows the file's name only.
        head, colon, member = subject.source.partition(".npz:")
        name = os.path.basename(head) + colon + member
    return subject if name is None else replace(subject, source=name)


def _read(source: Any, name: str | None, options: Options) -> Samples | Covariance:
    try:
        return recognise(_table(source, name, options), options)
    except InputError as error:
        # A file that is not named as a table and does not read as one is most likely none.
        if not isinstance(source, str | os.PathLike) or type(error) not in (InputError, FileFormatError):
            raise
        suffix = os.path.splitext(os.fsdecode(source))[1].partition(":")[0]
        if is_known_suffix(suffix) or READABLE in str(error):
            raise
        hint = (
            "a molecule or mesh is opened by sm.find or symmeter.shapes.read_shape"
            if is_shape_file(source)
            else READABLE
        )
        raise type(error)(f"{error}; {hint}") from None


def _several(source: Any) -> Sequence[Any] | Mapping[str, Any] | None:
    """The sources when ``source`` is a collection of them, None when it is one."""
    if isinstance(source, SeveralSamples):
        return source.items
    if isinstance(source, Mapping) and not is_instance_of(source, "xarray", "Dataset"):
        if not source:
            raise InputError("an empty dict; give at least one source")
        return None if all(_is_column(value) for value in source.values()) else source
    if not isinstance(source, list | tuple):
        return None
    if not source:
        raise InputError("an empty list; give a table of n rows and M columns, or at least one source")
    return source if any(_is_source(item) for item in source) else None


def _is_source(item: Any) -> bool:
    """Whether an item of a list is a source of its own and not a row of numbers."""
    if isinstance(item, str | os.PathLike | Subject):
        return True
    return not isinstance(item, list | tuple | Number) and getattr(item, "ndim", 0) >= 2


def _is_column(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(cell, Number) or cell is None for cell in value)
    return getattr(value, "ndim", 0) == 1


def _kind_name(source: Any) -> str:
    if isinstance(source, np.ndarray):
        return "array"
    return type(source).__name__


def _table(source: Any, name: str | None, options: Options) -> Table:
    if isinstance(source, str | os.PathLike):
        return table_from_path(source)
    label = name or _kind_name(source)
    if isinstance(source, Samples | Covariance):
        return _table_from_subject(source, options)
    if isinstance(source, np.ndarray):
        return _table_from_ndarray(source, label)
    if isinstance(source, list | tuple):
        return _table_from_lists(source, label)
    if is_instance_of(source, "pandas", "DataFrame"):
        return table_from_frame(source, label)
    if is_instance_of(source, "pandas", "Series"):
        return table_from_array(np.empty(source.shape), label, subscript="series.to_numpy()")
    if is_instance_of(source, "xarray", "DataArray", "Dataset"):
        return table_from_xarray(source, name or (quoted(source.name) if getattr(source, "name", None) else label))
    if isinstance(source, Mapping):
        return _table_from_mapping(source, label)
    if is_instance_of(source, "torch", "Tensor"):
        return table_from_tensor(source, label)
    if is_instance_of(source, "pyarrow", "Table"):
        return table_from_arrow(source, label)
    if hasattr(source, "__array__"):
        names = getattr(source, "columns", None)
        table = _table_from_ndarray(np.asarray(source), label)
        named = isinstance(names, list) and len(names) == table.columns and all(isinstance(c, str) for c in names)
        return replace(table, names=tuple(names)) if named and names is not None else table
    hint = "; a sparse matrix becomes one with .toarray()" if hasattr(source, "toarray") else ""
    raise InputTypeError(
        f"an object of type {quoted(type(source).__name__)} is not readable as samples or a covariance; give a path, "
        f"a NumPy array, a list of rows, a pandas DataFrame, an xarray DataArray or a torch tensor{hint}"
    )


def _table_from_subject(subject: Samples | Covariance, options: Options) -> Table:
    values = subject.values if isinstance(subject, Samples) else subject.matrix
    table = table_from_array(values, subject.source, names=subject.names, notes=subject.notes)
    n = subject.n if isinstance(subject, Covariance) else None
    return replace(table, grid=subject.grid if options.grid is None else None, n=n)


def _table_from_ndarray(array: np.ndarray, source: str) -> Table:
    if isinstance(array, np.ma.MaskedArray) and array.dtype.kind in "biufc":
        array = np.ma.filled(array.astype(np.complex128 if array.dtype.kind == "c" else np.float64), np.nan)
    array = np.asarray(array)
    if array.dtype.names is not None:
        return table_from_npy(array, source)
    if array.dtype == object and array.ndim == 2:
        names = [str(i) for i in range(array.shape[1])]
        readers = [lambda j=j: numbers_of_objects(array[:, j]) for j in range(array.shape[1])]
        return table_from_columns(names, readers, len(array), source)
    return table_from_array(array, source, subscript="array")


def _table_from_lists(rows: Sequence[Any], source: str) -> Table:
    lengths = [len(row) if hasattr(row, "__len__") else None for row in rows]
    if None in lengths and any(length is not None for length in lengths):
        raise InputTypeError(
            f"{source}: row {lengths.index(None)} is no row of numbers; give a list of rows of equal length"
        )
    for i, length in enumerate(lengths):
        if length != lengths[0]:
            raise ShapeError(f"{source}: row {i} has {length} cells, row 0 has {lengths[0]}; give rows of equal length")
    try:
        array = np.array(rows)
    except (ValueError, TypeError, OverflowError):
        raise InputError(f"{source}: the rows do not form a table; give a list of rows of numbers") from None
    if array.dtype.kind in "US":
        array = np.array(rows, dtype=object)
    return _table_from_ndarray(array, source)


def _table_from_mapping(columns: Mapping[str, Any], source: str) -> Table:
    arrays = {str(key): list(value) for key, value in columns.items()}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) != 1:
        listed = ", ".join(f"{quoted(key, 20)} {len(array)}" for key, array in list(arrays.items())[:6])
        raise ShapeError(f"{source}: columns of unequal length ({listed}); every column needs one number a row")
    readers = [lambda a=array: numbers_of_objects(a) for array in arrays.values()]
    return table_from_columns(list(arrays), readers, lengths.pop(), source)

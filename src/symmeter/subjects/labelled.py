"""Data frames, labelled arrays and tensors in memory, recognised without importing their packages.

A class is looked up in ``sys.modules``: an object can only be of a class whose package its caller has imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import InputError, InputTypeError, ShapeError

from .columnar import NotNumbers, numbers_of_objects, table_from_columns
from .table import Table, table_from_array
from .wording import quoted

__all__ = ["is_instance_of", "table_from_frame", "table_from_tensor", "table_from_xarray"]

# Pairs of dimension names that are the rows and columns of a picture.
_PICTURE_AXES = (("y", "x"), ("row", "col"), ("rows", "cols"), ("row", "column"), ("lat", "lon"))
_PICTURE_AXES += (("latitude", "longitude"), ("h", "w"), ("height", "width"))
_SAMPLE_AXES = ("sample", "samples", "time", "n", "obs", "observation", "trial", "draw", "batch")


def is_instance_of(value: object, module: str, *classes: str) -> bool:
    """Whether ``value`` is of one of the named classes, without importing their module.

    Examples
    --------
    >>> is_instance_of(np.zeros(2), "numpy", "ndarray"), is_instance_of(1.0, "no_such_package", "Thing")
    (True, False)
    """
    loaded = sys.modules.get(module)
    kinds = (getattr(loaded, name, None) for name in classes) if loaded is not None else ()
    return any(isinstance(kind, type) and isinstance(value, kind) for kind in kinds)


def table_from_frame(frame: Any, source: str) -> Table:
    """A table from a pandas DataFrame; its index is no column.

    Raises
    ------
    InputError
        If it is empty.
    """
    names = ["/".join(map(str, label)) if isinstance(label, tuple) else str(label) for label in frame.columns]
    readers = [_frame_reader(frame, i) for i in range(frame.shape[1])]
    return table_from_columns(names, readers, frame.shape[0], source)


def _frame_reader(frame: Any, position: int) -> Callable[[], Num[np.ndarray, " n"]]:
    def read() -> Num[np.ndarray, " n"]:
        column = frame.iloc[:, position]
        types = sys.modules["pandas"].api.types
        if types.is_complex_dtype(column.dtype):
            return column.to_numpy()
        if types.is_numeric_dtype(column.dtype):
            # Nullable integers and booleans have a missing value of their own.
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
        if column.dtype == object:
            return numbers_of_objects(column.to_numpy())
        present = column.notna().to_numpy()
        first = int(present.argmax())
        raise NotNumbers(first, column.iloc[first], int(present.sum()))

    return read


def table_from_xarray(array: Any, source: str) -> Table:
    """A table from an ``xarray.DataArray``, or from a Dataset of one variable.

    Two dimensions named as the axes of a picture, such as (y, x) or (lat, lon), become the grid, and the third holds
    the samples; of two other dimensions, the one called sample, time, ... is the rows. Coordinates name the columns.

    Raises
    ------
    InputError
        If a Dataset has several variables.
    ShapeError
        If a single picture is given.
    """
    if hasattr(array, "data_vars"):
        variables = list(array.data_vars)
        if len(variables) != 1:
            listed = ", ".join(quoted(v, 20) for v in variables[:8])
            raise InputError(f"{source}: a Dataset of {len(variables)} variables ({listed}); choose one, ds[name]")
        array = array[variables[0]]
    dims = [str(d) for d in array.dims]
    picture = _picture_axes(dims)
    notes: list[str] = []
    if picture is not None and len(dims) == 2:
        raise ShapeError(
            f"{source}: one picture ({dims[0]}, {dims[1]}) without a dimension for samples; stack pictures along a "
            "third dimension, or rename the dimensions to (sample, feature)"
        )
    if picture is not None and len(dims) == 3:
        sample = next(i for i in range(3) if i not in picture)
        array = array.transpose(array.dims[sample], *(array.dims[i] for i in picture))
        notes.append(
            f"dimension {quoted(dims[sample])} read as samples, {dims[picture[0]]} x {dims[picture[1]]} as grid"
        )
    elif len(dims) == 2 and dims[1].lower() in _SAMPLE_AXES and dims[0].lower() not in _SAMPLE_AXES:
        array = array.transpose(*reversed(array.dims))
        notes.append(f"dimension {quoted(dims[1])} read as samples")
    elif len(dims) >= 2:
        notes.append(f"dimension {quoted(dims[0])} read as samples")
    names = None
    if array.ndim == 2 and array.dims[1] in array.coords:
        labels = array.coords[array.dims[1]].values
        names = [str(label) for label in labels] if labels.ndim == 1 else None
    return table_from_array(np.asarray(array.values), source, names=names, notes=notes, subscript="array")


def _picture_axes(dims: Sequence[str]) -> tuple[int, int] | None:
    lower = [d.lower() for d in dims]
    for down, across in _PICTURE_AXES:
        if down in lower and across in lower:
            return lower.index(down), lower.index(across)
    return None


def table_from_tensor(tensor: Any, source: str) -> Table:
    """A table from a torch tensor, which may need gradients, lie on a device, be sparse or of bfloat16.

    Raises
    ------
    InputTypeError
        If NumPy has no such numbers even as float32 (quantised tensors).
    """
    torch = sys.modules["torch"]
    notes: tuple[str, ...] = ()
    try:
        plain = tensor.detach().cpu()
        if plain.layout != torch.strided:
            plain = plain.to_dense()
        if plain.dtype == torch.bfloat16 or str(plain.dtype).startswith("torch.float8"):
            notes = (f"converted from {str(plain.dtype).removeprefix('torch.')}",)
            plain = plain.to(torch.float64)
        array = plain.resolve_conj().resolve_neg().numpy()
    except (TypeError, RuntimeError, NotImplementedError, AttributeError) as error:
        raise InputTypeError(f"{source}: a tensor of {tensor.dtype} is not readable ({quoted(error, 60)})") from None
    return table_from_array(array, source, notes=notes, subscript="tensor")

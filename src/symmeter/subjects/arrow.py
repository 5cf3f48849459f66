"""Parquet and Feather files, and Arrow tables in memory, when pyarrow is installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

import numpy as np
from jaxtyping import Num

from symmeter.errors import FileFormatError, MissingDependencyError

from .columnar import NotNumbers, table_from_columns
from .table import Table
from .wording import quoted, size_text

__all__ = ["read_feather", "read_parquet", "table_from_arrow"]

# Run-length encoding can announce billions of equal rows in a few bytes.
_UNPACKED_FREELY = 256 * 2**20
_RATIO_CAP = 1000


def read_parquet(file: IO[bytes], source: str) -> Table:
    """A table from a Parquet file.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    FileFormatError
        If the file is damaged, or unpacks to much more than its size.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise MissingDependencyError("pyarrow", "tables", f"{source}: reading Parquet") from None
    length = file.seek(0, 2)
    file.seek(0)
    try:
        opened = parquet.ParquetFile(file)
        announced = opened.metadata.num_rows * opened.metadata.num_columns * 8
        if announced > _UNPACKED_FREELY and announced > _RATIO_CAP * length:
            raise FileFormatError(
                f"{source}: {size_text(length)} that unpack to {size_text(announced)}, more than {_RATIO_CAP} times as "
                "much: refused as a decompression bomb; save it as .npy"
            )
        content = opened.read()
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(source, "Parquet", error) from None
    return table_from_arrow(content, source)


def read_feather(file: IO[bytes], source: str) -> Table:
    """A table from a Feather (Arrow IPC) file; raises as :func:`read_parquet`."""
    try:
        import pyarrow
        from pyarrow import feather
    except ImportError:
        raise MissingDependencyError("pyarrow", "tables", f"{source}: reading Feather") from None
    file.seek(0)
    try:
        content = feather.read_table(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(source, "Feather", error) from None
    return table_from_arrow(content, source)


def _damaged(source: str, what: str, error: BaseException) -> FileFormatError:
    return FileFormatError(f"{source}: a damaged {what} file ({quoted(error, 80)}); write it again")


def table_from_arrow(content: Any, source: str) -> Table:
    """A table from a ``pyarrow.Table``; the index that pandas stored beside the columns is left out."""
    index = _pandas_index(content)
    kept = [i for i, name in enumerate(content.column_names) if name not in index]
    notes = [f"index column {quoted(name)} left out" for name in content.column_names if name in index]
    readers = [_reader(content.column(i)) for i in kept]
    return table_from_columns([content.column_names[i] for i in kept], readers, content.num_rows, source, notes)


def _pandas_index(content: Any) -> set[str]:
    try:
        metadata = content.schema.pandas_metadata or {}
        return {name for name in metadata.get("index_columns", ()) if isinstance(name, str)}
    except (ValueError, AttributeError, TypeError):
        return set()


def _reader(column: Any) -> Callable[[], Num[np.ndarray, " n"]]:
    def read() -> Num[np.ndarray, " n"]:
        import pyarrow as pa

        kind, values = column.type, column
        if pa.types.is_dictionary(kind):
            values = pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], type=kind.value_type)
            kind = kind.value_type
        if pa.types.is_null(kind):
            return np.full(len(column), np.nan)
        numeric = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)
        if not any(test(kind) for test in numeric):
            rows = [i for i, value in enumerate(values.slice(0, 1000).to_pylist()) if value is not None]
            first = rows[0] if rows else 0
            raise NotNumbers(first, values[first].as_py(), len(values) - values.null_count)
        return values.cast(pa.float64(), safe=False).to_numpy()

    return read

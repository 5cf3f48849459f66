"""Reading .npy files that nobody vouches for: the header is checked against the bytes that follow before any memory
is taken, and pickled objects are refused.

Format: NumPy Enhancement Proposal 1 (magic, version, header length, a Python literal with descr, fortran_order, shape).
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import FileFormatError, InputError

from .table import Table, as_float_or_complex, names_made_unique, table_from_array
from .wording import counted, quoted, shape_text, size_text

__all__ = ["HEAD_BYTES", "NpyHeader", "read_npy", "read_npy_header", "table_from_npy"]

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 200_000
# What must be at hand to read any header that is accepted.
HEAD_BYTES = _LONGEST_HEADER + 12
_NUMBER = re.compile(r"[<>|=]?([?]|b1|[iu][1248]|f(?:2|4|8|12|16)|c(?:8|16|24|32))")


@dataclass(frozen=True)
class NpyHeader:
    """What the header of a .npy file announces."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran_order: bool
    offset: int

    @property
    def size(self) -> int:
        """Number of bytes that the array takes."""
        return prod(self.shape) * self.dtype.itemsize


def read_npy_header(head: bytes | memoryview, source: str) -> NpyHeader:
    """Read and check the header of a .npy file.

    Parameters
    ----------
    head : bytes
        The beginning of the file, :data:`HEAD_BYTES` of it or all.
    source : str
        What the error text calls the file.

    Raises
    ------
    FileFormatError
        If the header is damaged, or announces anything but numbers.
    """
    damaged = f"{source}: its .npy header is damaged"
    again = "write it again with np.save"
    start = bytes(head[:12])
    if not start.startswith(MAGIC) or len(start) < 10:
        raise FileFormatError(f"{damaged} (cut short after {counted(len(start), 'byte')}); {again}")
    major = start[6]
    if major not in (1, 2, 3):
        raise FileFormatError(f"{damaged} (format version {major}.{start[7]}; 1, 2 and 3 exist); {again}")
    width = 2 if major == 1 else 4
    length = int.from_bytes(start[8 : 8 + width], "little")
    offset = 8 + width + length
    if length > _LONGEST_HEADER:
        raise FileFormatError(f"{damaged} (it claims to be {size_text(length)} long); {again}")
    raw = bytes(head[8 + width : offset])
    if len(raw) < length:
        raise FileFormatError(f"{damaged} (cut short: {len(raw)} of {length} bytes); {again}")
    try:
        fields = _literal(raw.decode("utf-8" if major == 3 else "latin-1"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise FileFormatError(f"{damaged} (not readable as a description of an array); {again}") from None
    if not isinstance(fields, dict) or set(fields) != {"descr", "fortran_order", "shape"}:
        raise FileFormatError(f"{damaged} (it must give descr, fortran_order and shape); {again}")
    shape = fields["shape"]
    if not isinstance(shape, tuple) or not all(type(k) is int and 0 <= k < 2**63 for k in shape) or len(shape) > 64:
        raise FileFormatError(f"{damaged} (shape {quoted(shape)} is no tuple of sizes); {again}")
    if not isinstance(fields["fortran_order"], bool):
        raise FileFormatError(f"{damaged} (fortran_order must be True or False); {again}")
    return NpyHeader(_number_dtype(fields["descr"], source), shape, fields["fortran_order"], offset)


def _literal(text: str) -> Any:
    from ast import literal_eval

    # literal_eval reads constants only; deep nesting is the one thing that could exhaust the parser.
    if max(text.count("("), text.count("["), text.count("{")) > 5000:
        raise ValueError("nested too deep")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return literal_eval(text.strip())
        except SyntaxError:
            # Python 2 wrote long integers as 10L.
            return literal_eval(re.sub(r"([0-9])L\b", r"\1", text.strip()))


def _number_dtype(descr: Any, source: str) -> np.dtype:
    if isinstance(descr, str):
        return _scalar_dtype(descr, source)
    if not isinstance(descr, list) or not descr:
        raise FileFormatError(f"{source}: its dtype {quoted(descr)} is not known; save plain numbers (float64)")
    fields: list[tuple[str, np.dtype | str]] = []
    for field in descr:
        if not isinstance(field, tuple) or len(field) not in (2, 3):
            raise FileFormatError(f"{source}: its .npy header is damaged (field {quoted(field)}); write it again")
        title = field[0][-1] if isinstance(field[0], tuple) and field[0] else field[0]
        if not isinstance(title, str):
            raise FileFormatError(f"{source}: its .npy header is damaged (field {quoted(field)}); write it again")
        if title == "" and len(field) == 2 and re.fullmatch(r"\|V[0-9]{1,6}", str(field[1])):
            fields.append((f"\x00padding {len(fields)}", str(field[1])))
            continue
        if len(field) == 3 or not isinstance(field[1], str):
            raise FileFormatError(
                f"{source}: field {quoted(title)} of its records is itself an array; save a plain table (n, M)"
            )
        fields.append((title, _scalar_dtype(field[1], source, title)))
    try:
        return np.dtype(fields)
    except (TypeError, ValueError) as error:
        raise FileFormatError(f"{source}: its records are not readable ({quoted(error, 80)}); write it again") from None


def _scalar_dtype(text: str, source: str, field: str | None = None) -> np.dtype:
    part = f"{source}: " + ("" if field is None else f"field {quoted(field)} ")
    if _NUMBER.fullmatch(text):
        try:
            return np.dtype(text)
        except TypeError:
            raise FileFormatError(f"{part}holds {text}, which this machine does not have; save float64") from None
    kind = text.lstrip("<>|=")[:1]
    if kind == "O":
        raise FileFormatError(
            f"{part}holds pickled Python objects, which are not loaded because a pickle can run code; save plain "
            "numbers: np.save(path, np.asarray(data, dtype=float))"
        )
    words = {"U": "text", "S": "text", "a": "text", "M": "dates", "m": "time spans", "V": "raw bytes"}
    raise FileFormatError(f"{part}holds {words.get(kind, f'dtype {quoted(text)}')}; save plain numbers (float64)")


def read_npy(data: bytes | memoryview, source: str) -> Num[np.ndarray, "..."]:
    """The array in the bytes of a .npy file, without a copy.

    Raises
    ------
    FileFormatError
        If the header announces more than the bytes that follow; nothing is allocated then.
    """
    header = read_npy_header(data[:HEAD_BYTES], source)
    return array_after_header(header, memoryview(data)[header.offset :], source)


def check_announced(header: NpyHeader, available: int, source: str) -> None:
    """Raise when a header announces more bytes than there are."""
    if header.size > available:
        raise FileFormatError(
            f"{source}: its header announces {shape_text(header.shape)} {_dtype_text(header.dtype)} "
            f"({size_text(header.size)}), but only {size_text(available)} follow; the file is cut short or forged"
        )


def array_after_header(header: NpyHeader, body: bytes | memoryview, source: str) -> Num[np.ndarray, "..."]:
    """The array whose bytes are ``body``."""
    check_announced(header, len(body), source)
    count = prod(header.shape)
    if count == 0:
        raise InputError(
            f"{source}: the array of shape {shape_text(header.shape)} is empty; at least one row is needed"
        )
    flat = np.frombuffer(body, dtype=header.dtype, count=count)
    return flat.reshape(header.shape, order="F" if header.fortran_order else "C")


def table_from_npy(array: Num[np.ndarray, "..."], source: str) -> Table:
    """A table from an array of numbers, or from records whose fields become the columns."""
    if array.dtype.names is None:
        return table_from_array(array, source)
    if array.ndim != 1:
        raise FileFormatError(
            f"{source}: records in an array of shape {shape_text(array.shape)}; give a list of records"
        )
    fields = [field for field in array.dtype.names if not field.startswith("\x00padding")]
    if not fields:
        raise FileFormatError(f"{source}: its records have no named fields; save a plain table (n, M)")
    kind = np.result_type(np.float64, *(array.dtype[field] for field in fields))
    target = np.complex128 if kind.kind == "c" else np.float64
    names, notes = names_made_unique(fields)

    def take(positions: Int[np.ndarray, " k"] | None) -> Num[np.ndarray, "n k"]:
        chosen = range(len(fields)) if positions is None else positions
        values = np.empty((len(array), len(chosen)), dtype=target)
        for j, i in enumerate(chosen):
            values[:, j] = as_float_or_complex(array[fields[i]])
        return values

    return Table(len(array), len(fields), take, source, names=names, notes=("records read as columns", *notes))


def _dtype_text(dtype: np.dtype) -> str:
    return "records" if dtype.names else str(dtype.newbyteorder("="))

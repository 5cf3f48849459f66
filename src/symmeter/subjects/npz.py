"""Reading .npz archives that nobody vouches for: one array is chosen by its name or its shape, and members are
unpacked only as far as their checked header says.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import IO, TYPE_CHECKING

import numpy as np

from symmeter.errors import FileFormatError, InputError, UnknownNameError, nearest_name

from .npy import HEAD_BYTES, NpyHeader, array_after_header, check_announced, read_npy_header, table_from_npy
from .table import Table
from .wording import quoted, shape_text, size_text

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

__all__ = ["read_npz"]

_PREFERRED = ("x", "data", "samples", "values", "cov", "covariance")
_DEFLATE_LIMIT = 1032  # no deflate stream unpacks to more than this times its size
_UNPACKED_FREELY = 64 * 2**20
_RATIO_CAP = 200
_MOST_MEMBERS = 10_000


def read_npz(file: IO[bytes], source: str, member: str | None = None) -> Table:
    """Read one table from a .npz archive.

    With several arrays the one called X, data, samples, values, cov or covariance is taken (upper or lower case), or
    the only one of two or three axes; a lone whole number ``n`` is the sample size of a covariance.

    Parameters
    ----------
    file : binary file
    source : str
        What the error texts call the file.
    member : str, optional
        Name of the array to read.

    Raises
    ------
    FileFormatError
        If the archive is damaged, or unpacks to much more than its size.
    InputError
        If no array, or more than one, could be meant; the text lists them.
    """
    from struct import error as StructError
    from zipfile import BadZipFile, LargeZipFile, ZipFile

    length = file.seek(0, 2)
    try:
        archive = ZipFile(file)
    except (BadZipFile, LargeZipFile, NotImplementedError, ValueError, OSError, OverflowError, StructError) as error:
        raise _damaged(source, error) from None
    with archive:
        entries = archive.infolist()
        if any(entry.compress_size > length for entry in entries):
            raise _damaged(source, "a member larger than the file")
        if len(entries) > _MOST_MEMBERS:
            raise FileFormatError(f"{source}: {len(entries)} members; an archive of arrays has at most {_MOST_MEMBERS}")
        arrays = {entry.filename.removesuffix(".npy"): entry for entry in entries if entry.filename.endswith(".npy")}
        if not arrays:
            raise FileFormatError(f"{source}: {_foreign([entry.filename for entry in entries])}")
        if member is not None:
            name, n, notes = _named(member, arrays, source), None, ()
        elif len(arrays) == 1:
            name, n, notes = next(iter(arrays)), None, ()
        else:
            name, n, notes = _choose(archive, arrays, source)
        where = f"{source}:{name}" if name.isprintable() else f"{source}:{quoted(name)}"
        table = table_from_npy(_unpack(archive, arrays[name], where), where)
        return replace(table, n=n, notes=(*notes, *table.notes))


def _damaged(source: str, error: object) -> FileFormatError:
    return FileFormatError(f"{source}: a damaged zip archive ({quoted(error, 60)}); write it again with np.savez")


def _foreign(members: list[str]) -> str:
    if "[Content_Types].xml" in members:
        return "looks like an Excel or Office document, which is not read; export the table as .csv"
    if any(name.endswith("data.pkl") for name in members):
        return "looks like a torch.save archive, which holds a pickle and is not loaded; np.save the tensor's .numpy()"
    if not members:
        return "an empty zip archive; save arrays with np.savez"
    return f"a zip archive with no .npy array in it (it holds {quoted(members[0])}); save arrays with np.savez"


def _named(member: str, arrays: dict[str, ZipInfo], source: str) -> str:
    name = member.removesuffix(".npy")
    if name in arrays:
        return name
    guess = nearest_name(name, arrays)
    hint = f"did you mean {quoted(guess)}? " if guess else ""
    listed = ", ".join(quoted(key, 20) for key in list(arrays)[:8])
    raise UnknownNameError(f"{source}: no array named {quoted(member)}; {hint}it holds {listed}")


def _choose(archive: ZipFile, arrays: dict[str, ZipInfo], source: str) -> tuple[str, int | None, tuple[str, ...]]:
    shapes: dict[str, tuple[int, ...] | None] = {}
    for name, entry in arrays.items():
        try:
            shapes[name] = _header(archive, entry, f"{source}:{name}").shape
        except FileFormatError:
            shapes[name] = None
    tables = [name for name, shape in shapes.items() if shape is not None and len(shape) in (2, 3)]
    preferred = [name for name in tables if name.lower() in _PREFERRED]
    chosen = preferred if len(preferred) == 1 else tables if not preferred else []
    if len(chosen) != 1:
        listed = ", ".join(
            f"{quoted(name, 20)} ({'not numbers' if shape is None else shape_text(shape)})"
            for name, shape in list(shapes.items())[:8]
        )
        more = f" and {len(shapes) - 8} more" if len(shapes) > 8 else ""
        pick = (tables or list(shapes))[0]
        raise InputError(f"{source}: several arrays: {listed}{more}; choose one with {source}:{quoted(pick)[1:-1]}")
    n: int | None = None
    if "n" in shapes and shapes["n"] in ((), (1,)):
        value = _unpack(archive, arrays["n"], f"{source}:n").reshape(())
        n = int(value) if value.dtype.kind in "iu" else None
    left = [name for name in shapes if name != chosen[0] and (name != "n" or n is None)]
    names = ", ".join(quoted(name, 20) for name in left[:4]) + (", ..." if len(left) > 4 else "")
    return chosen[0], n, (f"read the array {quoted(chosen[0])}, not {names}",) if left else ()


def _header(archive: ZipFile, entry: ZipInfo, where: str) -> NpyHeader:
    return read_npy_header(_stream(archive, entry, min(HEAD_BYTES, entry.file_size), where), where)


def _unpack(archive: ZipFile, entry: ZipInfo, where: str) -> np.ndarray:
    header = _header(archive, entry, where)
    check_announced(header, entry.file_size - header.offset, where)
    size = header.offset + header.size
    if size > _UNPACKED_FREELY and size > _RATIO_CAP * max(entry.compress_size, 1):
        raise FileFormatError(
            f"{where}: {size_text(entry.compress_size)} that unpack to {size_text(size)}, more than {_RATIO_CAP} times "
            "as much: refused as a decompression bomb; save it with np.savez (not compressed)"
        )
    data = memoryview(_stream(archive, entry, size, where))
    return array_after_header(header, data[header.offset :], where)


def _stream(archive: ZipFile, entry: ZipInfo, size: int, where: str) -> bytes:
    from struct import error as StructError
    from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile
    from zlib import error as ZlibError

    if entry.flag_bits & 1:
        raise FileFormatError(f"{where}: encrypted; save it without a password")
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise FileFormatError(f"{where}: packed with method {entry.compress_type}; save it with np.savez")
    packed = entry.compress_size * (_DEFLATE_LIMIT if entry.compress_type == ZIP_DEFLATED else 1) + 64
    if entry.file_size > packed:
        raise FileFormatError(
            f"{where}: claims to unpack {size_text(entry.compress_size)} to {size_text(entry.file_size)}, which is "
            "impossible; the archive is damaged or forged"
        )
    try:
        with archive.open(entry) as stream:
            # Growing with what really arrives: a forged size is never allocated.
            buffer = io.BytesIO()
            while (left := size - buffer.tell()) > 0 and (block := stream.read(min(left, 2**20))):
                buffer.write(block)
            return buffer.getvalue()
    except (BadZipFile, ZlibError, StructError, EOFError, RuntimeError, ValueError, OSError) as error:
        raise _damaged(where, error) from None

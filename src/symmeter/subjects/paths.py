"""From a path to a table: opened with care, recognised by content, refused in one line."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import IO

from symmeter.errors import InputError, MissingFileError, nearest_name

from .arrow import read_feather, read_parquet
from .content import kind_of_content, suffix_note
from .npy import read_npy, table_from_npy
from .npz import read_npz
from .table import Table
from .text import read_text
from .wording import quoted, shown

__all__ = ["table_from_path"]

_HEAD = 4096


def table_from_path(given: str | os.PathLike[str]) -> Table:
    """A table from a file, recognised by its content; ``file.npz:NAME`` chooses an array of an archive.

    Raises
    ------
    MissingFileError
        If there is no such file, or it cannot be opened; the text proposes the nearest name in its folder.
    FileFormatError
        If its content is not what is read.
    """
    text = os.path.expanduser(os.fsdecode(given))
    path, member = _split_member(text)
    source = shown(path)
    with _opened(path, source) as file:
        head = file.read(_HEAD)
        kind = kind_of_content(head, source)
        if member is not None and kind != "npz":
            raise InputError(f"{source}: {quoted(':' + member)} chooses an array of a .npz file, which this is not")
        if kind == "npz":
            table = read_npz(file, source, member)
        elif kind == "parquet":
            table = read_parquet(file, source)
        elif kind == "feather":
            table = read_feather(file, source)
        else:
            data = _rest(file, head, source)
            table = table_from_npy(read_npy(data, source), source) if kind == "npy" else read_text(data, source)
    return replace(table, notes=(*suffix_note(Path(path).suffix, kind), *table.notes))


def _rest(file: IO[bytes], head: bytes, source: str) -> bytes:
    try:
        buffer = io.BytesIO()
        buffer.write(head)
        file.seek(len(head))
        buffer.write(file.read())
        return buffer.getvalue()
    except OSError as error:
        raise MissingFileError(f"{source}: cannot be read ({error.strerror or error})") from None


def _split_member(text: str) -> tuple[str, str | None]:
    """``file.npz:NAME`` in its parts, unless a file of that whole name exists."""
    head, colon, member = text.rpartition(":")
    if colon and member and head.lower().endswith(".npz") and not os.path.lexists(text):
        return head, member
    return text, None


def _opened(path: str, source: str) -> IO[bytes]:
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise MissingFileError(f"{source}: a folder, not a file{_files_inside(path)}")
        if not stat.S_ISREG(mode):
            raise MissingFileError(f"{source}: a pipe or device, not a file; save the data to a file first")
        return open(path, "rb")
    except MissingFileError:
        raise
    except FileNotFoundError:
        raise MissingFileError(f"{source}: no such file{_neighbour(path)}") from None
    except PermissionError:
        raise MissingFileError(f"{source}: no permission to read this file; change its mode or owner") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MissingFileError(f"{source}: cannot be opened ({reason}); give the path of a file") from None


def _files_inside(folder: str) -> str:
    names = sorted(name for name in _listing(folder) if not name.startswith("."))[:3]
    return f"; give one of its files, such as {', '.join(quoted(name) for name in names)}" if names else "; give a file"


def _neighbour(path: str) -> str:
    folder, name = os.path.split(path)
    if folder and not os.path.isdir(folder):
        return f" and no folder {shown(folder)}; check the path"
    guess = nearest_name(name, _listing(folder or "."))
    return (
        f"; did you mean {quoted(guess, 80)}?"
        if guess
        else f" in {shown(folder or 'the working folder')}; check the path"
    )


def _listing(folder: str) -> list[str]:
    from itertools import islice

    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in islice(entries, 2000)]
    except OSError:
        return []

"""Levels by sector from an ``.npz`` file: one array of numbers a sector, under its label."""

from __future__ import annotations

import os
from zipfile import BadZipFile

import numpy as np

from symmeter.errors import FileFormatError, InputError, MissingFileError

__all__ = ["read_levels", "write_levels"]


def read_levels(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Arrays of a file by name.

    Raises
    ------
    MissingFileError, FileFormatError, InputError
    """
    name = os.fspath(path)
    if not os.path.isfile(name):
        raise MissingFileError(f"{name} does not exist; give an .npz file with one array of levels a sector")
    try:
        with np.load(name, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise InputError(f"{name} holds one array; give an .npz file with one array of levels a sector")
            found = {key: np.asarray(archive[key]) for key in archive.files}
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise FileFormatError(f"{name} cannot be read as an .npz file of numbers: {error}") from error
    for key, a in found.items():
        if a.dtype.kind not in "iuf":
            raise InputError(f"{name}:{key} has entries of type {a.dtype}; levels are real numbers")
    return found


def write_levels(path: str | os.PathLike[str], levels: dict[str, np.ndarray]) -> None:
    """Write such a file, whole or not at all."""
    import io

    from symmeter.files import write_atomic

    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **levels)
    write_atomic(path, stream.getvalue())

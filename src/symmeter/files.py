"""Writing files so that a reader never sees half of one: beside, then renamed."""

from __future__ import annotations

import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from symmeter.errors import InputError, OutputError

__all__ = ["PICTURES", "check_picture", "write_arrays", "write_as", "write_atomic", "write_figure"]

#: Extensions of pictures.
PICTURES = (".svg", ".png", ".pdf")


def write_atomic(path: str | os.PathLike[str], data: bytes | str) -> Path:
    """Write a whole file or nothing.

    The data go to a new file in the same folder, which then takes the place of ``path``. An interruption at any time
    leaves the old file as it was. Pipes and devices such as ``/dev/stdout`` are written directly.

    Parameters
    ----------
    path : path
        A symbolic link is followed.
    data : bytes or str
        Text is written as UTF-8, line ends as they are.

    Returns
    -------
    pathlib.Path
        The path as given.

    Raises
    ------
    OutputError
        If the folder does not exist, the path is a folder, or writing is not allowed or fails.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomic(f"{folder}/report.html", "<p>done</p>").read_text()
    '<p>done</p>'
    """
    content = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    given = os.fspath(path)
    name = _shown(given)
    try:
        target = os.path.realpath(given)
        mode = _mode(target)
        if not given or (mode is not None and stat.S_ISDIR(mode)) or given.endswith(os.sep):
            raise OutputError(f"cannot write {name}: it is a folder; give the name of a file in it")
        folder = os.path.dirname(target)
        if not os.path.isdir(folder):
            raise OutputError(
                f"cannot write {name}: there is no folder {_shown(os.path.dirname(given) or folder)}; create it first"
            )
        if mode is not None and not os.access(target, os.W_OK):
            raise OutputError(f"cannot write {name}: the file is write-protected; choose another name")
        if mode is not None and not stat.S_ISREG(mode):
            with open(target, "wb") as stream:
                stream.write(content)
        else:
            _write_beside(target, folder, content, mode)
    except OutputError:
        raise
    except PermissionError:
        raise OutputError(f"cannot write {name}: no permission to write in that folder; choose another") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {name}: {reason}; choose another place") from None
    return Path(path)


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> Path:
    """Write named arrays as a compressed ``.npz``, whole or not at all.

    Raises
    ------
    InputError
        For arrays of objects, which could be read with pickle only.
    OutputError
        As :func:`write_atomic`.
    """
    import numpy as np

    found: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    for name, array in found.items():
        if array.dtype.hasobject:
            raise InputError(f"{name} is an array of objects; give numbers or text")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **found)
    return write_atomic(path, buffer.getvalue())


def check_picture(path: str | os.PathLike[str] | None) -> None:
    """Refuse a name that no picture can have, before it is drawn; None is not saved at all.

    Raises
    ------
    InputError
    """
    if path is not None and Path(path).suffix.lower() not in PICTURES:
        raise InputError(f"{path}: a picture is saved as {_either(PICTURES)}; change the extension")


def write_figure(figure: Any, path: str | os.PathLike[str], dpi: float = 150) -> Path:
    """Write a matplotlib figure, whole or not at all; the same figure twice is the same file.

    Raises
    ------
    InputError
        For extensions other than ``PICTURES``.
    OutputError
        As :func:`write_atomic`.
    """
    check_picture(path)
    kind = Path(path).suffix.lower()
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    from matplotlib import rc_context

    buffer = io.BytesIO()
    # Identifiers in an SVG are random without a salt.
    with rc_context({"svg.hashsalt": "symmeter"}):
        figure.savefig(buffer, format=kind[1:], dpi=dpi, metadata=undated.get(kind))
    return write_atomic(path, buffer.getvalue())


def write_as(path: str | os.PathLike[str], what: str, writers: Mapping[str, Callable[[], object]]) -> Path:
    """Write in the format that the extension names.

    Parameters
    ----------
    path : path
    what : str
        With its verb, for the message: "maps are".
    writers : mapping
        From each extension to what writes the file.

    Raises
    ------
    InputError
        For other extensions.

    Examples
    --------
    >>> write_as("map.doc", "maps are", {".npz": print, ".vtk": print})
    Traceback (most recent call last):
    symmeter.errors.InputError: map.doc: maps are saved as .npz or .vtk; change the extension
    """
    suffix = Path(path).suffix.lower()
    if suffix not in writers:
        raise InputError(f"{path}: {what} saved as {_either(writers)}; change the extension")
    writers[suffix]()
    return Path(path)


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _shown(path: str) -> str:
    return path if path.isprintable() and path else repr(path).encode("utf-8", "backslashreplace").decode()


def _mode(target: str) -> int | None:
    try:
        return os.stat(target).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write_beside(target: str, folder: str, content: bytes, mode: int | None) -> None:
    # The name does not depend on the target's, which may already be as long as the file system allows.
    beside = os.path.join(folder, f".symmeter-{secrets.token_hex(6)}.part")
    try:
        with open(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            os.chmod(beside, stat.S_IMODE(mode))
        os.replace(beside, target)
    except BaseException:
        # Also after Ctrl-C nothing half-written is left.
        with suppress(OSError):
            os.unlink(beside)
        raise

"""IDX files, in which MNIST and its relatives come: read as they are, or compressed by gzip."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Shaped

from symmeter.errors import FileFormatError, MissingFileError

__all__ = ["read_digits", "read_idx"]

_KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: No data set in this format is larger.
_LARGEST = 2 << 30
_PREFIXES = {"train": "train", "test": "t10k"}


def read_idx(path: str | Path) -> Shaped[np.ndarray, "..."]:
    """The array of an IDX file.

    Raises
    ------
    MissingFileError
    FileFormatError
        For another magic number, or a length that does not fit the header.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} is no file; give an IDX file, such as train-images-idx3-ubyte.gz")
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(path) as stream:
                data = stream.read(_LARGEST)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{path} cannot be read: {error}") from error
    if len(data) < 4 or data[0] or data[1] or data[2] not in _KINDS or not data[3]:
        raise FileFormatError(
            f"{path} starts with {data[:4].hex(' ')}; an IDX file starts with 00 00, a type and the axes"
        )
    axes = data[3]
    header = 4 + 4 * axes
    if len(data) < header:
        raise FileFormatError(f"{path} ends in its header of {header} bytes")
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", axes, 4))
    kind = np.dtype(_KINDS[data[2]])
    wanted = kind.itemsize
    for n in shape:
        wanted *= n
    if len(data) - header != wanted:
        raise FileFormatError(
            f"{path} has {len(data) - header} bytes of data; its header, shape {shape}, asks for {wanted}"
        )
    return np.frombuffer(data, kind, offset=header).reshape(shape).astype(kind.newbyteorder("="))


def read_digits(folder: Path, split: str) -> tuple[Float[np.ndarray, "n s s"], Int[np.ndarray, " n"]]:
    """Images in [0, 1] and labels of the files ``train-*`` or ``t10k-*`` in a folder.

    Raises
    ------
    MissingFileError, FileFormatError
    """
    if not folder.is_dir():
        raise MissingFileError(f"{folder} is no folder; give the one with the IDX files of MNIST")
    images, labels = (read_idx(_found(folder, split, part)) for part in ("images-idx3", "labels-idx1"))
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise FileFormatError(f"{folder}: images {images.shape} and labels {labels.shape} do not fit together")
    if images.shape[1] != images.shape[2]:
        raise FileFormatError(f"{folder}: images are {images.shape[1:]}; sprites are square")
    return images.astype(np.float32) / 255, labels.astype(np.int64)


def _found(folder: Path, split: str, part: str) -> Path:
    for joint in ("-", "."):
        for ending in ("", ".gz"):
            name = f"{_PREFIXES[split]}-{part.replace('-', joint)}-ubyte{ending}"
            if (folder / name).is_file():
                return folder / name
    raise MissingFileError(f"{folder} has no {_PREFIXES[split]}-{part}-ubyte, with or without .gz")

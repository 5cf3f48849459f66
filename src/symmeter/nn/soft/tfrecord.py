"""Reading TFRecord files of tf.train.Example messages, with nothing but the standard library and NumPy.

A record is its length (8 bytes), a masked CRC-32C of the length, the data, and a masked CRC-32C of the data. The data
are a protocol buffer: a map from names to lists of bytes, floats or integers. Both formats are TensorFlow's own. Sizes
and counts are checked before anything is read, since files are data that nobody vouches for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from symmeter.errors import FileFormatError, MissingFileError

__all__ = ["crc32c", "parse_example", "read_examples", "read_records", "write_records"]

_LARGEST_RECORD = 1 << 30
_MASK = 0xA282EAD8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
Values = np.ndarray | list[bytes]


def _table() -> tuple[int, ...]:
    entries = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        entries.append(value)
    return tuple(entries)


_CRC_TABLE = _table()


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum.

    Examples
    --------
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = _CRC_TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _masked(data: bytes) -> int:
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def read_records(path: str | Path, check: bool = True) -> Iterator[bytes]:
    """The records of a TFRecord file, one after another.

    Parameters
    ----------
    path : path
    check : bool
        Whether the checksums of the data are verified (slow for large files); those of the lengths always are.

    Raises
    ------
    MissingFileError
    FileFormatError
        Naming the record and what is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist; give a TFRecord file")
    with path.open("rb") as stream:
        left = path.stat().st_size
        number = 0
        while left > 0:
            data = _record(stream, left, f"{path}, record {number}", check)
            left -= len(data) + 16
            number += 1
            yield data


def _record(stream: IO[bytes], left: int, where: str, check: bool) -> bytes:
    head = stream.read(12)
    if len(head) < 12:
        raise FileFormatError(f"{where}: the file ends inside a length; it is cut off, copy it again")
    length, crc = struct.unpack("<QI", head)
    if _masked(head[:8]) != crc:
        raise FileFormatError(
            f"{where}: the checksum of the length is wrong; this is no TFRecord file, or a damaged one"
        )
    if length > min(left - 16, _LARGEST_RECORD):
        raise FileFormatError(f"{where}: a record of {length} bytes in {left - 16} that are left; the file is cut off")
    data = stream.read(length)
    tail = stream.read(4)
    if len(data) < length or len(tail) < 4:
        raise FileFormatError(f"{where}: the file ends inside a record; it is cut off, copy it again")
    if check and struct.unpack("<I", tail)[0] != _masked(data):
        raise FileFormatError(f"{where}: the checksum of the data is wrong; the file is damaged, copy it again")
    return data


def write_records(path: str | Path, records: list[bytes]) -> Path:
    """Write records in this format."""
    from symmeter.files import write_atomic

    parts = []
    for data in records:
        head = struct.pack("<Q", len(data))
        parts += [head, struct.pack("<I", _masked(head)), data, struct.pack("<I", _masked(data))]
    return write_atomic(path, b"".join(parts))


def read_examples(path: str | Path, check: bool = True) -> Iterator[dict[str, Values]]:
    """The features of each example of a TFRecord file, see :func:`parse_example`."""
    for number, data in enumerate(read_records(path, check)):
        try:
            yield parse_example(data)
        except FileFormatError as error:
            raise FileFormatError(f"{path}, record {number}: {error}") from None


def parse_example(data: bytes) -> dict[str, Values]:
    """The features of a serialised ``tf.train.Example``.

    Returns
    -------
    dict
        float32 and int64 arrays, and lists of bytes, by name.

    Raises
    ------
    FileFormatError
    """
    out: dict[str, Values] = {}
    for field, _, features in _fields(data):
        if field != 1 or not isinstance(features, bytes):
            continue
        for entry, _, pair in _fields(features):
            if entry == 1 and isinstance(pair, bytes):
                parts = {number: value for number, _, value in _fields(pair)}
                name, feature = parts.get(1, b""), parts.get(2, b"")
                if not isinstance(name, bytes) or not isinstance(feature, bytes):
                    raise FileFormatError(
                        "a feature has a name or a value of the wrong type; this is no tf.train.Example"
                    )
                out[name.decode("utf-8", "replace")] = _feature(feature)
    return out


def _feature(data: bytes) -> Values:
    for kind, _, content in _fields(data):
        if not isinstance(content, bytes) or kind not in (1, 2, 3):
            continue
        if kind == 1:
            return [v for n, _, v in _fields(content) if n == 1 and isinstance(v, bytes)]
        return _floats(content) if kind == 2 else _integers(content)
    return np.zeros(0, dtype=np.float32)


def _floats(content: bytes) -> np.ndarray:
    packed = []
    for number, wire, value in _fields(content):
        if number != 1:
            continue
        raw = value if isinstance(value, bytes) else b""
        if wire not in (_BYTES, _FIXED32) or len(raw) % 4:
            raise FileFormatError("a list of floats has a length that is no multiple of 4 bytes")
        packed.append(np.frombuffer(raw, dtype="<f4"))
    return np.concatenate(packed) if packed else np.zeros(0, dtype=np.float32)


def _integers(content: bytes) -> np.ndarray:
    values: list[int] = []
    for number, wire, value in _fields(content):
        if number != 1:
            continue
        if wire == _VARINT and isinstance(value, int):
            values.append(value)
        elif isinstance(value, bytes):
            place = 0
            while place < len(value):
                found, place = _varint(value, place)
                values.append(found)
    return np.array(values, dtype=np.uint64).astype(np.int64)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise FileFormatError("a number runs past the end of its message")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place += 1
        if not byte & 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, place
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Field number, wire type and content of each field of a message."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, wire, value
            continue
        if wire == _BYTES:
            size, place = _varint(data, place)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise FileFormatError(f"a field has wire type {wire}; this is no tf.train.Example")
        if size > len(data) - place:
            raise FileFormatError(f"a field of {size} bytes in {len(data) - place} that are left")
        yield number, wire, data[place : place + size]
        place += size

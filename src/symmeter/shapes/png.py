"""PNG pictures, written with zlib alone."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from jaxtyping import UInt8

from symmeter.errors import ShapeError

__all__ = ["png_bytes"]

_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
_UP = 2


def png_bytes(image: UInt8[np.ndarray, "h w c"], level: int = 6) -> bytes:
    """A picture as PNG.

    Parameters
    ----------
    image : array of shape (h, w, c) or (h, w)
        uint8; one channel is grey, two grey and opacity, three RGB (sRGB), four RGB and opacity.
    level : int
        Of compression, 0 to 9.

    Examples
    --------
    >>> png_bytes(np.zeros((2, 3, 3), np.uint8))[1:4]
    b'PNG'

    References
    ----------
    W3C, Portable Network Graphics (PNG) Specification, third edition.
    """
    pixels = np.ascontiguousarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in _COLOUR_TYPE or 0 in pixels.shape:
        raise ShapeError(
            f"a PNG picture is uint8 of shape (height, width) or (height, width, 1 to 4); got {pixels.dtype} of shape "
            f"{np.shape(image)}"
        )
    height, width, channels = pixels.shape
    rows = np.empty((height, 1 + width * channels), np.uint8)
    flat = pixels.reshape(height, -1)
    # Each row as its difference to the row above (modulo 256): flat faces become zeros.
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    rows[1:, 1:] = flat[1:] - flat[:-1]
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPE[channels], 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"sRGB", b"\x00"),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), level)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

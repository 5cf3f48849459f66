"""How file names, cell values and counts appear in one-line messages: quoted, shortened, never with a line break."""

from __future__ import annotations

import os
from collections.abc import Sequence

__all__ = ["counted", "quoted", "shape_text", "shown", "size_text"]


def quoted(value: object, limit: int = 40) -> str:
    """A value from outside in quotes, shortened, with line breaks and control characters escaped."""
    text = str(value)
    return repr(text if len(text) <= limit else text[: limit - 3] + "...").encode("utf-8", "backslashreplace").decode()


def shown(path: str | os.PathLike[str]) -> str:
    """A path as the user wrote it, or its escaped form when it cannot be printed on one line."""
    text = os.fspath(path)
    return text if text.isprintable() and text else repr(text).encode("utf-8", "backslashreplace").decode()


def counted(number: int, noun: str) -> str:
    """``1 column``, ``2 columns``.

    Examples
    --------
    >>> counted(1, "column"), counted(1797, "sample")
    ('1 column', '1797 samples')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def size_text(size: int) -> str:
    """A number of bytes for people.

    Examples
    --------
    >>> size_text(24), size_text(10_000_000_000)
    ('24 bytes', '10.0 GB')
    """
    if size < 1000:
        return counted(size, "byte")
    units = ("kB", "MB", "GB", "TB", "PB")
    exponent = min(len(units), (len(str(size)) - 1) // 3)
    # Integer arithmetic: a forged header may announce more bytes than a float can hold.
    tenths = size * 10 // 1000**exponent
    if tenths > 10**7:
        return "over 1000000 PB"
    return f"{tenths // 10}.{tenths % 10} {units[exponent - 1]}"


def shape_text(shape: Sequence[int]) -> str:
    """``1797 x 8 x 8``; sizes that no memory could hold are cut short."""
    return " x ".join(str(k) if k < 10**15 else "(over 10^15)" for k in shape) or "()"

"""Text files with lines such as ``functions: f`` before or between others; what follows ``#`` is a comment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from symmeter.errors import FileFormatError, UnknownNameError, nearest_name

__all__ = ["HeadedText", "heading_of", "lines_of", "lines_of_small_text"]

_LARGEST = 100_000


def lines_of_small_text(source: Any) -> list[str]:
    """Lines of a ``.txt`` file without comments and empty ones; none for anything else, for a guess at what it is."""
    if not isinstance(source, (str, PurePath)) or not str(source).lower().endswith(".txt"):
        return []
    path = Path(source)
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return []
        return _lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []


def lines_of(source: str | PurePath) -> list[str]:
    """Lines of a text file without comments and empty ones.

    Raises
    ------
    FileFormatError
        For a file that is no text.
    """
    try:
        return _lines(Path(source).read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise FileFormatError(f"{source} is no text in UTF-8; give a text file") from None


def _lines(text: str) -> list[str]:
    return [line for raw in text.splitlines() if (line := raw.split("#")[0].strip())]


class HeadedText:
    """The headings of a file by their key, and its other lines.

    Parameters
    ----------
    source : path
    keys : sequence of str
        What may be said, once each; an ``s`` more at the end is no other key.
    repeated : str
        The key whose lines count as lines without a heading.

    Attributes
    ----------
    options : dict
    lines : list of str

    Raises
    ------
    UnknownNameError, FileFormatError
    """

    def __init__(self, source: str | PurePath, keys: Sequence[str], repeated: str) -> None:
        heading = heading_of(keys)
        self.options: dict[str, str] = {}
        self.lines: list[str] = []
        for line in lines_of(source):
            head = heading.match(line)
            if head is not None and head[1].lower() != repeated:
                key = head[1].lower()
                if key in self.options:
                    raise FileFormatError(f"{source}: {key!r} is said twice")
                self.options[key] = head[2].strip()
            elif head is None and re.match(r"^\s*[A-Za-z]{3,}\s*:", line):
                word = line.split(":")[0].strip()
                close = nearest_name(word.lower(), keys)
                hint = f"; did you mean {close!r}?" if close else ""
                raise UnknownNameError(f"{source}: {word!r} says nothing here{hint}")
            else:
                self.lines.append(head[2].strip() if head else line)


def heading_of(keys: Sequence[str]) -> re.Pattern[str]:
    """What a line with one of the keys looks like: the key, and what is said."""
    return re.compile(rf"^\s*({'|'.join(keys)})s?\s*:(.*)$", re.IGNORECASE)

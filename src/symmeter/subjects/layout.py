"""The layout of a text table, guessed from its first lines: delimiter, header, row labels."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .cells import is_decimal_comma, read_cell

__all__ = ["Layout", "Lines", "guess_layout", "split_lines"]

DELIMITERS: tuple[str | None, ...] = (",", "\t", ";", None)
_EXCEL_ERRORS = ("#N/A", "#NA", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NAME?", "#NULL!")
_WHOLE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Layout:
    """How to read the lines of a text table.

    Attributes
    ----------
    delimiter : str or None
        None for any run of blanks.
    header : tuple of str or None
        The cells of the first line when it holds names.
    labels : ``"no"``, ``"yes"`` or ``"maybe"``
        Whether the first cell of a line labels the row; "maybe" if all looked at are text.
    width : int
        Number of cells on a line.
    """

    delimiter: str | None
    header: tuple[str, ...] | None
    labels: str
    width: int


class Lines:
    """The lines of a table without blank and comment lines, counting as the file does."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0
        self.comments = 0
        self.last_comment = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.number += 1
            # Most lines begin with a digit, a sign or a letter: neither blank nor comment.
            if line[0] > "#":
                yield line
                continue
            if line.isspace() and "\t" not in line:
                continue
            if line.lstrip().startswith("#") and not line.lstrip().startswith(_EXCEL_ERRORS):
                self.comments += 1
                self.last_comment = line
                continue
            yield line


def split_lines(lines: Iterable[str], delimiter: str | None, strict: bool = True) -> Iterator[list[str]]:
    """The cells of each line; quoted cells may hold delimiters and line breaks.

    Raises
    ------
    csv.Error
        If quotes do not match (when strict), or a cell is longer than 131,072 characters.
    """
    if delimiter is not None:
        yield from csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=delimiter != "\t")
        return
    for line in lines:
        if '"' in line:
            line = line.replace("\t", " ").strip()
            yield from csv.reader([line], delimiter=" ", strict=strict, skipinitialspace=True)
        else:
            yield line.split()


def guess_layout(sample: Sequence[str]) -> Layout | None:
    """The layout under which most cells of the first lines are numbers and the lines are equally long.

    Parameters
    ----------
    sample : sequence of str
        The first lines, without blank and comment lines.

    Returns
    -------
    Layout or None
        None when there is no line.

    Examples
    --------
    >>> guess_layout(["x;y", "1.5;2", "3;4"])
    Layout(delimiter=';', header=('x', 'y'), labels='no', width=2)
    """
    if not sample:
        return None
    best_score, best_rows, best = -2.0, [[line.strip()] for line in sample], ","
    # Comma first: it is what a table of one column is read with.
    for delimiter in DELIMITERS:
        try:
            rows = [row for row in split_lines(sample, delimiter, strict=False) if row]
        except csv.Error:
            continue
        score = _score(rows)
        if score > best_score:
            best_score, best_rows, best = score, rows, delimiter
    return _with_header(best_rows, best)


def _score(rows: list[list[str]]) -> float:
    if not rows:
        return -2.0
    width, lines = Counter(map(len, rows)).most_common(1)[0]
    if width < 2:
        return -1.0
    body = [cell for row in rows[1:] or rows for cell in row]
    numbers = sum(read_cell(cell) is not None or is_decimal_comma(cell) for cell in body)
    return lines / len(rows) * (0.01 + numbers / max(len(body), 1))


def _is_text(cell: str) -> bool:
    return read_cell(cell) is None and not is_decimal_comma(cell)


def _with_header(rows: list[list[str]], delimiter: str | None) -> Layout:
    first, body = rows[0], rows[1:]
    width = Counter(map(len, body or rows)).most_common(1)[0][0]
    if len(first) == width - 1 and body and any(_is_text(cell) for cell in first):
        if all(row[-1].strip() == "" for row in body if len(row) == width):
            return Layout(delimiter, (*first, ""), "no", width)
        # As R writes tables: the column of row labels has no name.
        return Layout(delimiter, ("", *first), "yes", width)
    header = _is_header(first, body)
    names = tuple(first) if header else None
    if header and len(first) >= 2 and (first[0].strip() == "" or first[0].startswith("Unnamed: ")):
        return Layout(delimiter, names, "yes", len(first))
    lines = body if header else rows
    text_first = [bool(row) and row[0].strip() != "" and _is_text(row[0]) for row in lines]
    numbers_follow = any(not _is_text(cell) for row in lines for cell in row[1:])
    labels = "maybe" if lines and all(text_first) and numbers_follow else "no"
    return Layout(delimiter, names, labels, len(first) if header else width)


def _is_header(first: list[str], body: list[list[str]]) -> bool:
    texts = [_is_text(cell) for cell in first]
    if not body:
        return any(texts)
    if all(text or not cell.strip() for text, cell in zip(texts, first)) and any(texts):
        return True
    for j, text in enumerate(texts):
        if text and any(j < len(row) and row[j].strip() and not _is_text(row[j]) for row in body):
            return True
    # pandas writes unnamed columns as 0,1,2,...
    unnamed = len(first) > 1 and first[0].strip() == ""
    counted = first[1:] if unnamed else first
    if [cell.strip() for cell in counted] == [str(i) for i in range(len(counted))]:
        return unnamed or any(cell.strip() and not _WHOLE.fullmatch(cell.strip()) for row in body for cell in row)
    return False

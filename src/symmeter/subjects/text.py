"""Reading text tables (.csv, .tsv, .txt): one pass that keeps numbers only and remembers where every row stood."""

from __future__ import annotations

import csv
import io
from array import array
from itertools import islice
from math import nan

import numpy as np
from jaxtyping import Int, Num

from symmeter.errors import FileFormatError, InputError

from .cells import is_decimal_comma, read_cell
from .layout import Layout, Lines, guess_layout, split_lines
from .table import Table, TextColumn, names_made_unique, text_columns_error
from .wording import counted, quoted

__all__ = ["read_text"]

_SAMPLE_LINES = 40


def read_text(data: bytes, source: str) -> Table:
    """A table from the bytes of a text file.

    Delimiter (comma, tab, semicolon or blanks), header and row labels are recognised from the first lines; lines
    that begin with ``#`` are skipped. Cells may be numbers, complex numbers such as ``1-2j``, or missing.

    Parameters
    ----------
    data : bytes
        UTF-8, UTF-16 with its mark, or Latin-1.
    source : str
        What the error texts call the file.

    Raises
    ------
    FileFormatError
        If lines differ in their number of cells, or quotes do not match; the text gives the line.
    InputError
        If there is no row.
    """
    text, notes = _decoded(data, source)
    layout = guess_layout(list(islice(Lines(io.StringIO(text, newline=None)), _SAMPLE_LINES)))
    if layout is None:
        raise InputError(
            f"{source}: the table is empty (no line but blank ones and comments); at least one row is needed"
        )
    # float() would read 1_000; looking for the sign in every row costs time that few tables need to spend.
    careful = text.count("_") > "".join(layout.header or ()).count("_")
    body = _Body(layout, source)
    lines = Lines(io.StringIO(text, newline=None))
    try:
        body.read(lines, careful)
    except csv.Error as error:
        raise FileFormatError(
            f"{source}: line {lines.number}: {_csv_words(error)}; write quotes in pairs around whole cells"
        ) from None
    return body.table(lines, notes)


def _decoded(data: bytes, source: str) -> tuple[str, list[str]]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise FileFormatError(f"{source}: begins as UTF-16 text but is not; save it as UTF-8") from None
        notes = ["decoded from UTF-16"]
    else:
        try:
            text, notes = data.decode("utf-8-sig"), []
        except UnicodeDecodeError:
            text, notes = data.decode("latin-1"), ["not UTF-8, decoded as Latin-1"]
    if "\x00" in text:
        raise FileFormatError(f"{source}: holds zero bytes, so it is no text table; save it as UTF-8 text or .npy")
    return text, notes


def _csv_words(error: csv.Error) -> str:
    text = str(error)
    if "field limit" in text:
        return "a cell of more than 131072 characters (a quote that is never closed?)"
    if "expected after" in text:
        return "characters after a closing quote"
    if "unexpected end" in text:
        return "a quote that is never closed"
    return quoted(text, 60)


class _Body:
    """The rows read so far."""

    def __init__(self, layout: Layout, source: str) -> None:
        self.layout = layout
        self.source = source
        self.labels: list[str] | None = None if layout.labels == "no" else []
        self.offset = 0 if layout.labels == "no" else 1
        self.width = layout.width - self.offset
        self.real = array("d")
        self.imag: array[float] | None = None
        self.line_of_row = array("q")
        self.empty_last = 0
        # Column -> [number of text cells, row of the first, its text]
        self.text: dict[int, list] = {}
        self.name_comment = ""

    def read(self, lines: Lines, careful: bool) -> None:
        rows = split_lines(lines, self.layout.delimiter)
        if self.layout.header is not None:
            next(rows, None)
        width, offset, real, line_of_row = self.layout.width, self.offset, self.real, self.line_of_row
        for row in rows:
            if len(row) != width:
                if not "".join(row).strip() and len(row) < 2:
                    continue
                self._ragged(row, lines.number)
            if not line_of_row:
                self.name_comment = lines.last_comment
            if offset:
                if self.labels is not None:
                    self.labels.append(row[0])
                row = row[1:]
            line_of_row.append(lines.number)
            start = len(real)
            try:
                if careful and "_" in "".join(row):
                    raise ValueError
                real.extend(map(float, row))
            except ValueError:
                del real[start:]
                self._slowly(row)
            else:
                if self.imag is not None:
                    self.imag.frombytes(bytes(8 * len(row)))

    def _ragged(self, row: list[str], line: int) -> None:
        words = {"\t": "tabs", ",": "commas", ";": "semicolons", None: "blanks"}
        raise FileFormatError(
            f"{self.source}: line {line} has {counted(len(row), 'cell')} where {self.layout.width} are expected "
            f"(cells are separated by {words[self.layout.delimiter]}); every line needs the same number of cells"
        )

    def _slowly(self, row: list[str]) -> None:
        self.empty_last += not row[-1].strip()
        for j, cell in enumerate(row):
            value = read_cell(cell)
            if value is None:
                trouble = self.text.setdefault(j, [0, len(self.line_of_row) - 1, cell.strip()])
                trouble[0] += 1
                value = nan
            if isinstance(value, complex):
                if self.imag is None:
                    self.imag = array("d", bytes(8 * len(self.real)))
                self.real.append(value.real)
                self.imag.append(value.imag)
            else:
                self.real.append(value)
                if self.imag is not None:
                    self.imag.append(0.0)

    def table(self, lines: Lines, notes: list[str]) -> Table:
        rows, names = len(self.line_of_row), self.layout.header
        if rows == 0:
            head = "nothing" if names is None else f"a header of {counted(len(names), 'name')}"
            raise InputError(f"{self.source}: the table is empty ({head} and no row); at least one row is needed")
        values = np.frombuffer(self.real, dtype=np.float64).reshape(rows, self.width)
        if self.imag is not None:
            imag = np.frombuffer(self.imag, dtype=np.float64).reshape(rows, self.width)
            values = values + 1j * imag
        if lines.comments:
            notes.append(f"{counted(lines.comments, 'comment line')} skipped")
        names = self._names(notes)
        values, names = self._without_empty_last(values, names, notes)
        text = {j + self.offset: trouble for j, trouble in self.text.items()}
        if self.offset and self._labels_are_labels(notes):
            text = self.text
            names = None if names is None else names[1:]
        elif self.offset:
            assert self.labels is not None
            text[0] = [rows, 0, self.labels[0].strip()]
            values = np.column_stack([np.full(rows, nan), values])
        unique = None
        if names is not None:
            unique, more = names_made_unique(names)
            notes.extend(more)
        values.setflags(write=False)
        return Table(
            rows=rows,
            columns=values.shape[1],
            take=_Taker(values, text, unique, self.source, self.line_of_row),
            source=self.source,
            names=unique,
            notes=tuple(notes),
            locate=lambda row: f"line {self.line_of_row[row]}",
        )

    def _labels_are_labels(self, notes: list[str]) -> bool:
        if self.width == 0:
            return False
        labels = self.labels or []
        certain = self.layout.labels == "yes"
        if not certain and (len(set(labels)) != len(labels) or any(read_cell(label) is not None for label in labels)):
            return False
        name = "" if self.layout.header is None else self.layout.header[0].strip()
        title = f" ({quoted(name)})" if name else ""
        notes.append(f"first column{title} read as row labels, such as {quoted(labels[0].strip(), 20)}")
        return True

    def _names(self, notes: list[str]) -> tuple[str, ...] | None:
        names = self.layout.header
        if names is not None:
            given = [name for name in names if name.strip()]
            if any(read_cell(name) is not None for name in given) and any(read_cell(name) is None for name in given):
                notes.append("the first line was read as column names")
            return names
        # np.savetxt(header=...) writes the names as a comment.
        if self.name_comment:
            text = self.name_comment.strip().lstrip("#").strip()
            for delimiter in dict.fromkeys((self.layout.delimiter, ",", None)):
                try:
                    cells = next(split_lines([text], delimiter), [])
                except csv.Error:
                    continue
                if len(cells) == self.layout.width and all(read_cell(cell) is None for cell in cells):
                    notes.append("column names taken from the comment above the table")
                    return tuple(cells)
        return None

    def _without_empty_last(
        self, values: np.ndarray, names: tuple[str, ...] | None, notes: list[str]
    ) -> tuple[np.ndarray, tuple[str, ...] | None]:
        # A delimiter at the end of every line makes a last column that nobody meant.
        last = self.width - 1
        unnamed = names is None or names[-1].strip() == ""
        if last < 1 or not unnamed or self.empty_last < len(values):
            return values, names
        notes.append("an empty last column was dropped")
        return values[:, :last], None if names is None else names[:-1]


class _Taker:
    """Gives the numbers of chosen columns, or says which of them hold text."""

    def __init__(
        self,
        values: np.ndarray,
        text: dict[int, list],
        names: tuple[str, ...] | None,
        source: str,
        line_of_row: array[int],
    ) -> None:
        self.values, self.text, self.names, self.source = values, text, names, source
        self.line_of_row = line_of_row

    def __call__(self, positions: Int[np.ndarray, " k"] | None) -> Num[np.ndarray, "n k"]:
        chosen = set(self.text) if positions is None else set(self.text) & set(positions.tolist())
        if not chosen:
            return self.values if positions is None else self.values[:, positions]
        for j in sorted(chosen):
            _, row, cell = self.text[j]
            if is_decimal_comma(cell):
                raise FileFormatError(
                    f"{self.source}: line {self.line_of_row[row]}, column {j}: {quoted(cell)} looks like a decimal or "
                    f"thousands comma; write {quoted(cell.replace(',', '.'))}"
                )
        troubles = [
            TextColumn(j, cell, f"line {self.line_of_row[row]}", count, len(self.values))
            for j, (count, row, cell) in sorted(self.text.items())
            if j in chosen
        ]
        numeric = [i for i in range(self.values.shape[1]) if i not in self.text]
        raise text_columns_error(self.source, troubles, self.names, numeric)

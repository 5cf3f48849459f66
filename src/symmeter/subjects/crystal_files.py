"""Text of extended XYZ files and LAMMPS dumps: one frame of it in memory, numbers by NumPy's reader, errors by line.

The keys of extended XYZ are those of its specification (``Lattice``, ``Properties``, ``pbc``); the boxes of LAMMPS are
orthogonal (``pp pp pp``), tilted (``xy xz yz``, bounds of the box around it) or general (``abc origin``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from sys import intern
from typing import IO, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import FileFormatError

from .wording import counted, quoted

__all__ = ["Frame", "read_frame"]

_PAIR = re.compile(r"""([A-Za-z_][\w.\-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|\{([^}]*)\}|(\S+))""")
_FIRST = ("the first of several frames",)


class Frame(NamedTuple):
    """What a file says of its atoms.

    Attributes
    ----------
    positions : array of shape (n, 3)
    cell : array of shape (3, 3)
    periodic : array of 3 bool
    symbols : tuple of n str
    notes : tuple of str
    """

    positions: Float[np.ndarray, "n 3"]
    cell: Float[np.ndarray, "3 3"]
    periodic: Bool[np.ndarray, "3"]
    symbols: tuple[str, ...]
    notes: tuple[str, ...]


def read_frame(stream: IO[str], given: str, frame: int) -> Frame:
    """A frame of a stream of text, by how it begins.

    Raises
    ------
    FileFormatError
        The text names the line.
    """
    head = stream.readline()
    if not head.strip() and not any(line.strip() for line in stream):
        raise FileFormatError(f"{given} is empty")
    return _dump(stream, head, given, frame) if head.startswith("ITEM:") else _extxyz(stream, head, given, frame)


def _extxyz(stream: IO[str], line: str, given: str, frame: int) -> Frame:
    at, n = 1, 0
    head, body = "", []
    for k in range(frame + 1):
        word = line.strip()
        if not word:
            raise FileFormatError(f"{given} has {counted(k, 'frame')}; frame {frame} was asked for (counted from 0)")
        if not (word.isascii() and word.isdigit()) or int(word) == 0:
            raise FileFormatError(f"{given}, line {at}: a number of atoms was expected, not {quoted(word)}")
        n = int(word)
        head, body = stream.readline(), []
        if k == frame:
            body = list(islice(stream, n))
            held = len(body)
        else:
            held = sum(1 for _ in islice(stream, n))
        if held < n:
            raise FileFormatError(
                f"{given} ends at line {at + bool(head) + held}; {n} atoms were announced in line {at}"
            )
        at += 2 + n
        line = stream.readline()
    first = at - n
    pairs = {m[1].lower(): next(g for g in m.groups()[1:] if g is not None) for m in _PAIR.finditer(head)}
    columns = _columns(pairs.get("properties", "species:S:1:pos:R:3"), f"{given}, line {first - 1}")
    if "pos" not in columns:
        raise FileFormatError(f"{given}, line {first - 1}: Properties has no pos:R:3")
    width = max(v.stop for v in columns.values())
    own = columns["pos"]
    positions = _table(body, range(own.start, own.stop), width, given, first)
    name = columns.get("species") or columns.get("element")
    cell = np.zeros((3, 3))
    if "lattice" in pairs:
        cell = _numbers([pairs["lattice"].split()], given, first - 1)
        if cell.size != 9:
            raise FileFormatError(f"{given}, line {first - 1}: Lattice has {cell.size} numbers; a box has 9")
        cell = cell.reshape(3, 3)
    periodic = np.array(["lattice" in pairs] * 3)
    if "pbc" in pairs:
        words = pairs["pbc"].split()
        if len(words) != 3 or any(w.upper() not in ("T", "F", "TRUE", "FALSE", "1", "0") for w in words):
            raise FileFormatError(f'{given}, line {first - 1}: pbc is {quoted(pairs["pbc"])}; write it as "T T F"')
        periodic = np.array([w.upper() in ("T", "TRUE", "1") for w in words])
    symbols = _words(body, name.start) if name else ("X",) * n
    return Frame(positions, cell, periodic, symbols, _FIRST if frame == 0 and line.strip() else ())


def _columns(text: str, where: str) -> dict[str, slice]:
    words = text.split(":")
    if len(words) % 3:
        raise FileFormatError(f"{where}: Properties={quoted(text)} is no list of name:type:number")
    out: dict[str, slice] = {}
    at = 0
    for name, _, number in zip(words[::3], words[1::3], words[2::3]):
        if not (number.isascii() and number.isdigit()) or int(number) == 0:
            raise FileFormatError(f"{where}: Properties has {quoted(number)} where a number of columns was expected")
        out[name.lower()] = slice(at, at + int(number))
        at += int(number)
    if "pos" in out and out["pos"].stop - out["pos"].start != 3:
        raise FileFormatError(f"{where}: pos has {out['pos'].stop - out['pos'].start} columns; positions have 3")
    return out


def _words(lines: list[str], column: int) -> tuple[str, ...]:
    return tuple(intern(line.split(None, column + 1)[column]) for line in lines)


def _table(lines: list[str], columns: range | list[int], width: int, given: str, first: int) -> np.ndarray:
    """Some columns of lines as numbers, by NumPy's reader, which holds nothing else in memory."""
    try:
        if all(line.strip() for line in lines) and (max(columns) == width - 1 or _wide(lines, width)):
            return np.loadtxt(lines, usecols=list(columns), comments=None, ndmin=2)
    except (ValueError, IndexError):
        # Said below, with the line.
        pass
    rows = [line.split() for line in lines]
    short = next((k for k, row in enumerate(rows) if len(row) < width), None)
    if short is not None:
        raise FileFormatError(f"{given}, line {first + short}: {len(rows[short])} columns where {width} were announced")
    return _numbers([[row[c] for c in columns] for row in rows], given, first)


def _wide(lines: list[str], width: int) -> bool:
    return all(len(line.split(None, width)) >= width for line in lines)


def _numbers(rows: list[list[str]], given: str, first: int) -> np.ndarray:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        for k, row in enumerate(rows):
            for word in row:
                try:
                    float(word)
                except ValueError:
                    raise FileFormatError(f"{given}, line {first + k}: {quoted(word)} is no number") from None
        raise


# -- LAMMPS ------------------------------------------------------------------------------------------------------------


def _frame_lines(stream: IO[str], head: str, frame: int) -> tuple[list[str], int, int, bool]:
    """Lines of a frame, the number of its first line, how many frames came, and whether one follows."""
    kept: list[str] = []
    began, seen, follows = 1, -1, False
    lines: Iterator[str] = iter([head])
    for source in (lines, stream):
        for at, line in enumerate(source, 1 if source is lines else 2):
            if line.startswith("ITEM: TIMESTEP"):
                seen += 1
                if seen == frame:
                    began = at
                elif seen > frame:
                    follows = True
                    break
            if seen == frame:
                kept.append(line)
    return kept, began, seen + 1, follows


def _dump(stream: IO[str], head: str, given: str, frame: int) -> Frame:
    lines, began, frames, follows = _frame_lines(stream, head, frame)
    if not lines:
        raise FileFormatError(f"{given} has {counted(frames, 'frame')}; frame {frame} was asked for (from 0)")
    items = {line[5:].split()[0]: k for k, line in enumerate(lines) if line.startswith("ITEM:") and line[5:].split()}
    if not {"NUMBER", "BOX", "ATOMS"} <= set(items):
        raise FileFormatError(f"{given}: frame {frame} lacks the number of atoms, the box or the atoms")
    count = lines[items["NUMBER"] + 1].strip() if items["NUMBER"] + 1 < len(lines) else ""
    if not (count.isascii() and count.isdigit()):
        raise FileFormatError(f"{given}, line {began + items['NUMBER'] + 1}: the number of atoms is {quoted(count)}")
    n = int(count)
    if n == 0:
        raise FileFormatError(f"{given}: frame {frame} has no atoms")
    at = items["ATOMS"]
    if at + 1 + n > len(lines):
        raise FileFormatError(
            f"{given}: frame {frame} ends at line {began + len(lines) - 1}; {n} atoms were announced in line "
            f"{began + items['NUMBER'] + 1}"
        )
    low, cell, periodic = _box(lines, items["BOX"], given, began)
    names, first = lines[at].split()[2:], began + at + 1
    body = lines[at + 1 : at + 1 + n]
    for suffix, scaled in (("", False), ("u", False), ("s", True), ("su", True)):
        if {f"{c}{suffix}" for c in "xyz"} <= set(names):
            x = _table(body, [names.index(f"{c}{suffix}") for c in "xyz"], len(names), given, first)
            x = x @ cell + low if scaled else x
            break
    else:
        raise FileFormatError(f"{given}, line {first - 1}: no columns x y z, xu yu zu or xs ys zs among {names}")
    label = next((names.index(w) for w in ("element", "type") if w in names), None)
    symbols = ("X",) * n if label is None else _words(body, label)
    return Frame(x, cell, periodic, symbols, _FIRST if frame == 0 and follows else ())


def _box(lines: list[str], at: int, given: str, began: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Origin, vectors and periodicity of a box."""
    words = lines[at].split()[3:]
    walls = [w for w in words if len(w) == 2 and set(w) <= set("pfsm")]
    periodic = np.array([w == "pp" for w in walls]) if len(walls) == 3 else np.array([True] * 3)
    general, tilted = words[:2] == ["abc", "origin"], words[:3] == ["xy", "xz", "yz"]
    rows = [line.split() for line in lines[at + 1 : at + 4]]
    width = 4 if general else 3 if tilted else len(rows[0]) if rows else 0
    what = "vectors of 3 numbers and the origin's" if general else "low, high and a tilt" if tilted else "low and high"
    for k, row in enumerate(rows):
        if len(row) != width or not (general or tilted or width in (2, 3)):
            raise FileFormatError(f"{given}, line {began + at + 1 + k}: {counted(len(row), 'number')}; a row of this "
                                  f"box has {what}")  # fmt: skip
    bounds = _numbers(rows, given, began + at + 1)
    if general:
        return bounds[:, 3], bounds[:, :3], periodic
    xy, xz, yz = bounds[:, 2] if width == 3 else np.zeros(3)
    low = bounds[:, 0] - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = bounds[:, 1] - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    bad = np.flatnonzero(~(high > low) & periodic)
    if len(bad):
        raise FileFormatError(
            f"{given}, line {began + at + 1 + int(bad[0])}: the box ends at {high[bad[0]]:g} and begins at "
            f"{low[bad[0]]:g}"
        )
    return low, np.array([[high[0] - low[0], 0, 0], [xy, high[1] - low[1], 0], [xz, yz, high[2] - low[2]]]), periodic

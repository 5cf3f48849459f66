"""Atoms of a crystal as a subject: extended XYZ text, LAMMPS dumps, and objects that behave like ASE's ``Atoms``.

A file ``.extxyz`` or ``.dump`` is a crystal by its name; an ``.xyz`` file is a molecule unless a reference lattice
comes with it. Files are read with a reader of our own; nothing in them can run code.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import FileFormatError, InputError, InputTypeError, MissingFileError, NonFiniteError, ShapeError

from .values import Subject
from .wording import counted, quoted

__all__ = ["CRYSTAL_FILES", "Crystal", "crystal_of", "is_crystal_file", "read_crystal"]

#: Extensions that mean atoms of a crystal.
CRYSTAL_FILES = (".extxyz", ".dump", ".lammpstrj")
_LARGEST = 4_000_000_000
_PAIR = re.compile(r"""([A-Za-z_][\w.\-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|\{([^}]*)\}|(\S+))""")


@dataclass(frozen=True, eq=False, repr=False)
class Crystal(Subject):
    """Atoms with the box that they repeat in.

    Attributes
    ----------
    positions : array of shape (n, 3)
    cell : array of shape (3, 3)
        Rows are the vectors of the box; zero where it is free and unknown.
    periodic : array of 3 bool
    symbols : tuple of n str
    lattice : mapping
        What ``find`` compares with: ``reference`` and ``a``.
    source : str
    notes : tuple of str

    Examples
    --------
    >>> Crystal(np.zeros((1, 3)), np.eye(3), np.array([True] * 3), ("Po",))
    Crystal(1 atom, periodic along 3 directions)
    """

    positions: Float[np.ndarray, "n 3"]
    cell: Float[np.ndarray, "3 3"]
    periodic: Bool[np.ndarray, "3"]
    symbols: tuple[str, ...]
    lattice: dict[str, Any] = field(default_factory=dict)
    source: str = "atoms"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "crystal"

    def __post_init__(self) -> None:
        x = np.array(self.positions, dtype=float)
        if x.ndim != 2 or x.shape[1] != 3 or not len(x):
            raise ShapeError(f"{self.source}: positions have shape {x.shape}; give one row (x, y, z) for each atom")
        cell, periodic = np.array(self.cell, dtype=float), np.array(self.periodic, dtype=bool)
        if cell.shape == (3,):
            cell = np.diag(cell)
        if cell.shape != (3, 3) or periodic.shape != (3,):
            raise ShapeError(
                f"{self.source}: the cell has shape {cell.shape} and pbc {periodic.shape}; give 3 x 3 and 3"
            )
        for what, values in (("positions", x), ("cell vectors", cell)):
            bad = ~np.isfinite(values).all(axis=1)
            if bad.any():
                raise NonFiniteError(
                    f"{self.source}: {int(bad.sum())} of {len(values)} {what} are NaN or infinite, first number "
                    f"{int(bad.argmax())}"
                )
        axes = cell[periodic]
        if len(axes) and np.linalg.matrix_rank(axes, tol=1e-9 * max(np.abs(axes).max(), 1e-300)) < len(axes):
            raise InputError(
                f"{self.source}: the periodic cell vectors are not independent; give three that span a box"
            )
        if len(self.symbols) != len(x):
            raise ShapeError(f"{self.source}: {counted(len(self.symbols), 'symbol')} for {len(x)} atoms; give one each")
        for name, value in (("positions", x), ("cell", cell), ("periodic", periodic)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    @property
    def n(self) -> int:
        """Number of atoms."""
        return len(self.positions)

    @property
    def dimension(self) -> int:
        """3, the coordinates of an atom."""
        return 3

    def describe(self) -> str:
        kinds = ", ".join(f"{c} {s}" for s, c in Counter(self.symbols).most_common(4))
        return "; ".join([f"read {counted(self.n, 'atom')} ({kinds}) from {self.source}, {self._walls()}", *self.notes])

    def _walls(self) -> str:
        k = int(self.periodic.sum())
        return "free on all sides" if not k else f"periodic along {k} direction{'s' * (k > 1)}"

    def __repr__(self) -> str:
        return f"Crystal({counted(self.n, 'atom')}, {self._walls()})"


def is_crystal_file(source: Any) -> bool:
    """Whether a text is the path of atoms of a crystal, by its extension.

    Examples
    --------
    >>> is_crystal_file("cu.extxyz"), is_crystal_file("water.xyz")
    (True, False)
    """
    if not isinstance(source, (str, os.PathLike)):
        return False
    return os.path.splitext(os.fsdecode(source))[1].lower() in CRYSTAL_FILES


def crystal_of(source: Any, cell: Any = None, periodic: Any = None) -> Crystal:
    """Atoms from a path, an object that behaves like ASE's ``Atoms``, or an array of positions.

    Parameters
    ----------
    source : path, Atoms, Crystal, or array of shape (n, 3)
    cell : array of shape (3, 3) or 3 lengths, optional
        Overrides the box.
    periodic : bool or 3 bool, optional
        Overrides which directions repeat; with ``cell`` and an array all do.
    """
    if isinstance(source, (str, os.PathLike)):
        made = read_crystal(source)
    elif isinstance(source, Crystal):
        made = source
    elif callable(getattr(source, "get_positions", None)):
        box = getattr(source, "cell", None)
        symbols = getattr(source, "get_chemical_symbols", lambda: ["X"] * len(source.get_positions()))()
        made = Crystal(
            np.array(source.get_positions(), dtype=float),
            np.zeros((3, 3)) if box is None else np.array(box, dtype=float).reshape(3, -1)[:, :3],
            np.broadcast_to(np.asarray(getattr(source, "pbc", False), dtype=bool), (3,)),
            tuple(str(s) for s in symbols),
            source=type(source).__name__,
        )
    elif isinstance(source, (np.ndarray, list, tuple)):
        try:
            x = np.array(source, dtype=float)
        except (TypeError, ValueError):
            raise InputTypeError("positions are numbers, one row (x, y, z) for each atom") from None
        box = np.zeros((3, 3)) if cell is None else np.array(cell, dtype=float)
        repeats = np.broadcast_to(np.asarray(cell is not None if periodic is None else periodic, dtype=bool), (3,))
        return Crystal(x, box, repeats, ("X",) * (len(x) if x.ndim else 0))
    else:
        raise InputTypeError(
            f"an object of type {quoted(type(source).__name__)} is no crystal; give a path, ASE atoms or positions"
        )
    if cell is None and periodic is None:
        return made
    box = made.cell if cell is None else np.array(cell, dtype=float)
    repeats = made.periodic if periodic is None else np.broadcast_to(np.asarray(periodic, dtype=bool), (3,))
    return Crystal(made.positions, box, repeats, made.symbols, made.lattice, made.source, made.notes)


def read_crystal(path: str | os.PathLike[str], frame: int = 0) -> Crystal:
    """Read extended XYZ text (``.extxyz``, ``.xyz``) or a LAMMPS text dump (``.dump``, ``.lammpstrj``).

    Parameters
    ----------
    path : path
    frame : int
        Which frame of several, counted from 0.

    Raises
    ------
    MissingFileError, FileFormatError
        The text names the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "po.extxyz")
    ...     head = 'Lattice="3.35 0 0 0 3.35 0 0 0 3.35" Properties=species:S:1:pos:R:3'
    ...     _ = path.write_text(f"1\\n{head}\\nPo 0 0 0\\n")
    ...     read_crystal(path)
    Crystal(1 atom, periodic along 3 directions)
    """
    given = os.path.expanduser(os.fsdecode(path))
    try:
        size = os.path.getsize(given)
        if size > _LARGEST:
            raise FileFormatError(f"{given} has {size / 1e9:.1f} GB of text; files above 4 GB are refused")
        with open(given, encoding="utf-8") as stream:
            text = stream.read()
    except UnicodeDecodeError:
        raise FileFormatError(f"{given} is no text; atoms are read from extended XYZ or LAMMPS dumps") from None
    except OSError as error:
        if isinstance(error, FileFormatError):
            raise
        raise MissingFileError(f"cannot read {given}: {error.strerror or error}") from None
    if not text.strip():
        raise FileFormatError(f"{given} is empty")
    lines = text.split("\n")
    return _read_dump(lines, given, frame) if text.startswith("ITEM:") else _read_extxyz(lines, given, frame)


def _read_extxyz(lines: list[str], given: str, frame: int) -> Crystal:
    at = 0
    for k in range(frame + 1):
        if at >= len(lines) or not lines[at].strip():
            raise FileFormatError(f"{given} has {counted(k, 'frame')}; frame {frame} was asked for (counted from 0)")
        word = lines[at].strip()
        if not word.isdigit() or int(word) == 0:
            raise FileFormatError(f"{given}, line {at + 1}: a number of atoms was expected, not {quoted(word[:40])}")
        n = int(word)
        if len(lines) < at + 2 + n:
            raise FileFormatError(f"{given} ends at line {len(lines)}; {n} atoms were announced in line {at + 1}")
        head, body, first = lines[at + 1], lines[at + 2 : at + 2 + n], at + 3
        at += 2 + n
    pairs = {m[1].lower(): next(g for g in m.groups()[1:] if g is not None) for m in _PAIR.finditer(head)}
    columns = _columns(pairs.get("properties", "species:S:1:pos:R:3"), f"{given}, line {first - 1}")
    if "pos" not in columns:
        raise FileFormatError(f"{given}, line {first - 1}: Properties has no pos:R:3")
    notes = ["the first of several frames"] if frame == 0 and at < len(lines) and lines[at].strip() else []
    width = max(v.stop for v in columns.values())
    rows = [line.split() for line in body]
    short = next((k for k, row in enumerate(rows) if len(row) < width), None)
    if short is not None:
        raise FileFormatError(f"{given}, line {first + short}: {len(rows[short])} columns where {width} were announced")
    positions = _numbers([row[columns["pos"]] for row in rows], given, first)
    name = columns.get("species") or columns.get("element")
    symbols = tuple(row[name.start] for row in rows) if name else ("X",) * n
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
    return Crystal(positions, cell, periodic, symbols, source=os.path.basename(given), notes=tuple(notes))


def _columns(text: str, where: str) -> dict[str, slice]:
    words = text.split(":")
    if len(words) % 3:
        raise FileFormatError(f"{where}: Properties={quoted(text[:60])} is no list of name:type:number")
    out: dict[str, slice] = {}
    at = 0
    for name, _, number in zip(words[::3], words[1::3], words[2::3]):
        if not number.isdigit():
            raise FileFormatError(f"{where}: Properties has {quoted(number)} where a number of columns was expected")
        out[name.lower()] = slice(at, at + int(number))
        at += int(number)
    if "pos" in out and out["pos"].stop - out["pos"].start != 3:
        raise FileFormatError(f"{where}: pos has {out['pos'].stop - out['pos'].start} columns; positions have 3")
    return out


def _numbers(rows: list[list[str]], given: str, first: int) -> np.ndarray:
    try:
        return np.array(rows, dtype=np.float64)
    except ValueError:
        for k, row in enumerate(rows):
            for word in row:
                try:
                    float(word)
                except ValueError:
                    raise FileFormatError(f"{given}, line {first + k}: {quoted(word[:40])} is no number") from None
        raise


def _read_dump(lines: list[str], given: str, frame: int) -> Crystal:
    starts = [k for k, line in enumerate(lines) if line.startswith("ITEM: TIMESTEP")]
    if frame >= len(starts):
        raise FileFormatError(f"{given} has {counted(len(starts), 'frame')}; frame {frame} was asked for (from 0)")
    items = {}
    end = starts[frame + 1] if frame + 1 < len(starts) else len(lines)
    for k in range(starts[frame], end):
        if lines[k].startswith("ITEM:"):
            items[lines[k][5:].split()[0]] = k
    if not {"NUMBER", "BOX", "ATOMS"} <= set(items):
        raise FileFormatError(f"{given}: frame {frame} lacks the number of atoms, the box or the atoms")
    count = lines[items["NUMBER"] + 1].strip()
    if not count.isdigit() or items["ATOMS"] + 1 + int(count) > len(lines):
        raise FileFormatError(f"{given}, line {items['NUMBER'] + 2}: the number of atoms is {quoted(count[:20])}")
    n = int(count)
    head = lines[items["BOX"]].split()
    bounds = _numbers([lines[items["BOX"] + 1 + d].split() for d in range(3)], given, items["BOX"] + 2)
    tilt = bounds[:, 2] if bounds.shape[1] == 3 else np.zeros(3)
    xy, xz, yz = tilt
    low = bounds[:, 0] - [min(0, xy, xz, xy + xz), min(0, yz), 0]
    high = bounds[:, 1] - [max(0, xy, xz, xy + xz), max(0, yz), 0]
    cell = np.array([[high[0] - low[0], 0, 0], [xy, high[1] - low[1], 0], [xz, yz, high[2] - low[2]]])
    walls = [w for w in head[3:] if len(w) == 2 and set(w) <= set("pfsm")]
    periodic = np.array([w == "pp" for w in walls]) if len(walls) == 3 else np.array([True] * 3)
    names = lines[items["ATOMS"]].split()[2:]
    first = items["ATOMS"] + 2
    rows = [line.split() for line in lines[items["ATOMS"] + 1 : items["ATOMS"] + 1 + n]]
    bad = next((k for k, row in enumerate(rows) if len(row) < len(names)), None)
    if bad is not None:
        raise FileFormatError(
            f"{given}, line {first + bad}: {len(rows[bad])} columns where {len(names)} were announced"
        )
    for suffix, scaled in (("", False), ("u", False), ("s", True), ("su", True)):
        if {f"{c}{suffix}" for c in "xyz"} <= set(names):
            where = [names.index(f"{c}{suffix}") for c in "xyz"]
            x = _numbers([[row[w] for w in where] for row in rows], given, first)
            x = x @ cell + low if scaled else x
            break
    else:
        raise FileFormatError(f"{given}, line {first - 1}: no columns x y z, xu yu zu or xs ys zs among {names}")
    label = next((names.index(w) for w in ("element", "type") if w in names), None)
    symbols = ("X",) * n if label is None else tuple(row[label] for row in rows)
    notes = ("the first of several frames",) if frame == 0 and len(starts) > 1 else ()
    return Crystal(x, cell, periodic, symbols, source=os.path.basename(given), notes=notes)

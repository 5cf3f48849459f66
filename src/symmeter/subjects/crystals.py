"""Atoms of a crystal as a subject: extended XYZ text, LAMMPS dumps, and objects that behave like ASE's ``Atoms``.

A file ``.extxyz`` or ``.dump`` is a crystal by its name; an ``.xyz`` file is a molecule unless a reference lattice
comes with it. Files are read with a reader of our own; nothing in them can run code.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import FileFormatError, InputError, InputTypeError, MissingFileError, NonFiniteError, ShapeError

from .crystal_files import read_frame
from .values import Subject
from .wording import counted, quoted

__all__ = ["CRYSTAL_FILES", "Crystal", "crystal_of", "is_crystal_file", "read_crystal"]

#: Extensions that mean atoms of a crystal.
CRYSTAL_FILES = (".extxyz", ".dump", ".lammpstrj")
_LARGEST = 4_000_000_000


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
        box = np.zeros((3, 3)) if cell is None else _box(cell)
        repeats = _walls(cell is not None if periodic is None else periodic)
        return Crystal(x, box, repeats, ("X",) * (len(x) if x.ndim else 0))
    else:
        raise InputTypeError(
            f"an object of type {quoted(type(source).__name__)} is no crystal; give a path, ASE atoms or positions"
        )
    if cell is None and periodic is None:
        return made
    box = made.cell if cell is None else _box(cell)
    repeats = made.periodic if periodic is None else _walls(periodic)
    return Crystal(made.positions, box, repeats, made.symbols, made.lattice, made.source, made.notes)


def _box(cell: Any) -> np.ndarray:
    try:
        return np.array(cell, dtype=float)
    except (TypeError, ValueError):
        raise InputTypeError(f"cell={quoted(cell)} is no box; give 3 x 3 numbers, one vector in each row") from None


def _walls(periodic: Any) -> np.ndarray:
    given = np.asarray(periodic)
    if given.dtype.kind not in "biu" or given.shape not in ((), (1,), (3,)):
        raise InputTypeError(f"periodic={quoted(periodic)}: which directions repeat, True or False or three of them")
    return np.broadcast_to(given.astype(bool), (3,))


def read_crystal(path: str | os.PathLike[str], frame: int = 0) -> Crystal:
    """Read extended XYZ text (``.extxyz``, ``.xyz``) or a LAMMPS text dump (``.dump``, ``.lammpstrj``).

    Parameters
    ----------
    path : path
    frame : int
        Which frame of several, counted from 0.

    Raises
    ------
    MissingFileError, FileFormatError, InputError
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
    if isinstance(frame, bool) or not isinstance(frame, (int, np.integer)) or frame < 0:
        raise InputError(f"frame={frame!r}: frames are counted from 0")
    try:
        size = os.path.getsize(given)
        if size > _LARGEST:
            raise FileFormatError(f"{given} has {size / 1e9:.1f} GB of text; files above 4 GB are refused")
        with open(given, encoding="utf-8") as stream:
            found = read_frame(stream, given, frame)
    except UnicodeDecodeError:
        raise FileFormatError(f"{given} is no text; atoms are read from extended XYZ or LAMMPS dumps") from None
    except OSError as error:
        if isinstance(error, FileFormatError):
            raise
        raise MissingFileError(f"cannot read {given}: {error.strerror or error}") from None
    x, cell, periodic, symbols, notes = found
    return Crystal(x, cell, periodic, symbols, source=os.path.basename(given), notes=notes)

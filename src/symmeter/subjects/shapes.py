"""Shapes as subjects: points in space, atoms or the corners of a mesh, recognised without importing what made them.

Files are recognised by their extension, since no table of samples is called ``.xyz`` or ``.stl``;
:mod:`symmeter.shapes.shape_files` opens them. Objects are recognised by what they can do: ASE's ``Atoms``, pymatgen's
``Molecule``, and anything with vertices and faces. An array of shape (n, 3) stays a table of n samples unless it is
said to hold points.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError

from .values import Subject
from .wording import counted, quoted

__all__ = ["SHAPE_FILES", "Shape", "is_shape", "is_shape_file", "shape_of_object"]

#: Extensions that mean a shape.
SHAPE_FILES = (".xyz", ".pdb", ".ent", ".ply", ".off", ".obj", ".stl")
_ATOMS = ("get_positions", "get_chemical_symbols")
#: Decimals of coordinates that are looked for: fewer say nothing, more are those of any double.
_DECIMALS = range(3, 10)


@dataclass(frozen=True, eq=False, repr=False)
class Shape(Subject):
    """Points in space, with what tells them apart and what joins them.

    Parameters
    ----------
    points : array of shape (n, 3)
        Coordinates in any unit; kept read-only as float64.
    labels : sequence of n str, optional
        Only points of equal label can be exchanged; for molecules the symbols of the elements.
    faces : sequence of sequences of int, optional
        Corners of each face of a mesh, numbered from 0.
    molecule : bool
        Whether the labels are symbols of elements and the coordinates angstroms.
    source : str
    notes : sequence of str

    Raises
    ------
    ShapeError, NonFiniteError, InputError

    Examples
    --------
    >>> Shape([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]], ["O", "H", "H"], molecule=True)
    Shape(molecule H2O, 3 atoms)
    """

    points: Float[np.ndarray, "n 3"]
    labels: tuple[str, ...] | None = None
    faces: tuple[tuple[int, ...], ...] | None = None
    molecule: bool = False
    source: str = "points"
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "shape"

    def __post_init__(self) -> None:
        points = _points(self.points, self.source)
        object.__setattr__(self, "points", points)
        if self.labels is not None:
            labels = tuple(str(label) for label in self.labels)
            if len(labels) != len(points):
                raise ShapeError(
                    f"{self.source}: {counted(len(labels), 'label')} for {len(points)} points; give one each"
                )
            object.__setattr__(self, "labels", labels)
        if self.faces is not None:
            faces = tuple(tuple(int(v) for v in f) for f in self.faces)
            for i, f in enumerate(faces):
                if len(f) < 3 or min(f) < 0 or max(f) >= len(points):
                    raise InputError(
                        f"{self.source}: face {i} is {f}; it needs 3 or more corners, numbered 0 to {len(points) - 1}"
                    )
            object.__setattr__(self, "faces", faces)
        object.__setattr__(self, "notes", tuple(self.notes))

    @property
    def n(self) -> int:
        """Number of points."""
        return len(self.points)

    @property
    def dimension(self) -> int:
        """3, the coordinates of a point."""
        return 3

    @property
    def formula(self) -> str:
        """Elements and their counts in the order of Hill; empty for what is no molecule."""
        if not self.molecule or self.labels is None:
            return ""
        counts = Counter(self.labels)
        first = [s for s in ("C", "H") if "C" in counts and s in counts]
        order = first + sorted(s for s in counts if s not in first)
        return "".join(f"{s}{counts[s] if counts[s] > 1 else ''}" for s in order)

    @property
    def resolution(self) -> float | None:
        """The unit of the last decimal, when all coordinates are written with so few that rounding shows; else None.

        Examples
        --------
        >>> Shape([[0, 0, 0.1190], [0, 0.7632, -0.4770]]).resolution, Shape([[0, 0, 1], [0, 1, 0]]).resolution
        (0.0001, None)
        """
        x = np.abs(self.points)
        if not (x != np.rint(x)).any():
            return None
        for d in _DECIMALS:
            # Beyond that doubles have no decimals left to tell.
            if x.max() * 10.0**d < 1e12 and np.abs(x * 10.0**d - np.rint(x * 10.0**d)).max(initial=0.0) < 1e-6:
                return 10.0**-d
        single = np.abs(x - x.astype(np.float32)).max(initial=0.0) == 0.0
        return float(np.spacing(np.float32(x.max()))) if single else None

    def describe(self) -> str:
        return "; ".join([f"read {self.source}: {self._what()}", *self.notes])

    def _what(self) -> str:
        if self.molecule:
            return f"molecule {self.formula}, {counted(self.n, 'atom')}"
        if self.faces is not None:
            return f"mesh of {self.n} corners and {counted(len(self.faces), 'face')}"
        kinds = "" if self.labels is None else f" of {counted(len(set(self.labels)), 'kind')}"
        return f"{counted(self.n, 'point')}{kinds} in space"

    def __repr__(self) -> str:
        return f"Shape({self._what()})"


def _points(values: Any, source: str) -> Float[np.ndarray, "n 3"]:
    try:
        x = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputTypeError(f"{source}: points are numbers, one row (x, y, z) for each point") from None
    if x.ndim != 2 or x.shape[1] != 3 or not len(x):
        raise ShapeError(f"{source}: points have shape {x.shape}; give one row (x, y, z) for each point")
    bad = ~np.isfinite(x).all(axis=1)
    if bad.any():
        raise NonFiniteError(
            f"{source}: {int(bad.sum())} of {len(x)} points are NaN or infinite, first {int(bad.argmax())}"
        )
    x.setflags(write=False)
    return x


def is_shape_file(source: Any) -> bool:
    """Whether a text is the path of a molecule or mesh, by its extension.

    Examples
    --------
    >>> is_shape_file("a/water.XYZ"), is_shape_file("points.npy"), is_shape_file(3)
    (True, False, False)
    """
    if not isinstance(source, (str, os.PathLike)):
        return False
    return os.path.splitext(os.fsdecode(source))[1].lower() in SHAPE_FILES


def is_shape(value: Any) -> bool:
    """Whether an object in memory is a shape: atoms, a molecule, or something with vertices and faces.

    Examples
    --------
    >>> is_shape(Shape([[0, 0, 0]])), is_shape(np.zeros((4, 3)))
    (True, False)
    """
    if isinstance(value, Shape):
        return True
    if isinstance(value, (type, np.ndarray)):
        return False
    return _is_atoms(value) or _is_pymatgen(value) or _is_mesh(value)


def _is_atoms(value: Any) -> bool:
    return all(callable(getattr(value, name, None)) for name in _ATOMS)


def _is_pymatgen(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pymatgen" and hasattr(value, "cart_coords")


def _is_mesh(value: Any) -> bool:
    return getattr(value, "vertices", None) is not None and getattr(value, "faces", None) is not None


def shape_of_object(value: Any, name: str | None = None) -> Shape:
    """The shape of ASE atoms, a pymatgen molecule, or an object with vertices and faces.

    Raises
    ------
    InputError
        If the object is a crystal: its group is a space group, which is another question.
    InputTypeError
        If it is none of these.
    """
    if isinstance(value, Shape):
        return value
    label = name or type(value).__name__
    if _is_atoms(value):
        if np.any(getattr(value, "pbc", False)):
            raise InputError(
                f"{label}: these atoms repeat (pbc is set), and a crystal has a space group; set atoms.pbc = False to "
                "ask for the point group of the atoms alone"
            )
        return Shape(value.get_positions(), tuple(value.get_chemical_symbols()), molecule=True, source=label)
    if _is_pymatgen(value):
        if hasattr(value, "lattice"):
            raise InputError(f"{label}: a crystal has a space group; give a Molecule to ask for its point group")
        symbols = [_symbol(site) for site in value]
        return Shape(value.cart_coords, tuple(symbols), molecule=True, source=label)
    if _is_mesh(value):
        name = name or str(getattr(value, "name", "") or label)
        return Shape(np.asarray(value.vertices), None, _face_tuples(value.faces), source=name)
    raise InputTypeError(f"an object of type {quoted(type(value).__name__)} is no shape; give atoms, a mesh or points")


def _symbol(site: Any) -> str:
    element = getattr(site, "specie", None)
    return str(getattr(element, "symbol", None) or getattr(element, "element", None) or element)


def _face_tuples(faces: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(v) for v in f) for f in faces)

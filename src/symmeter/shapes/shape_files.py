"""Shapes in files, molecules and meshes by one door, and the writing of symmetrised coordinates."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from symmeter.errors import FileFormatError, InputError, MissingFileError, ShapeError
from symmeter.subjects.shapes import SHAPE_FILES, Shape, is_shape, is_shape_file, shape_of_object
from symmeter.subjects.wording import size_text

__all__ = ["open_shape", "read_shape", "write_shape"]

#: Text of more atoms than are compared; larger files are refused before they are read.
LARGEST_TEXT = 100_000_000


def read_shape(path: str | os.PathLike[str]) -> Shape:
    """Read a molecule (.xyz, .pdb) or a mesh (.ply, .off, .obj, .stl).

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If the file is not what its extension says, or larger than can be compared; the text names the line or face.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "hf.xyz")
    ...     _ = path.write_text("2\\nhydrogen fluoride\\nH 0 0 0\\nF 0 0 0.9168\\n")
    ...     read_shape(path)
    Shape(molecule FH, 2 atoms)
    """
    given = os.path.expanduser(os.fsdecode(path))
    name = os.path.basename(given)
    extension = os.path.splitext(given)[1].lower()
    if not is_shape_file(given):
        raise InputError(f"{given}: a shape is read from {', '.join(SHAPE_FILES)}, not {extension or 'no extension'}")
    if extension not in (".xyz", ".pdb", ".ent"):
        from symmeter.shapes.mesh_files import read_mesh

        mesh = read_mesh(given)
        return Shape(mesh.vertices, None, mesh.faces, source=name)
    data = _bytes_of(given)
    from symmeter.shapes.molecule_files import decode_pdb, decode_xyz

    decode: Callable[[bytes, str], Shape] = decode_xyz if extension == ".xyz" else decode_pdb
    try:
        return decode(data, name)
    except FileFormatError as error:
        raise FileFormatError(f"{given}: {error}") from None


def open_shape(source: Any, **table: Any) -> Shape:
    """The shape that something means: a file, an object, or a table whose rows are points.

    Parameters
    ----------
    source : path, Shape, atoms, mesh, array, or what :func:`symmeter.load` reads as a table
    **table
        How a table is read, as for :func:`symmeter.load`.

    Examples
    --------
    >>> open_shape(np.eye(3))
    Shape(3 points in space)
    """
    if is_shape_file(source):
        return read_shape(source)
    if is_shape(source):
        return shape_of_object(source)
    from symmeter.subjects import Samples, load

    read = load(source, kind="samples", **table)
    if not isinstance(read, Samples) or read.is_complex or read.dimension != 3:
        what = f"{read.dimension} {'complex ' if getattr(read, 'is_complex', False) else ''}columns"
        raise ShapeError(f"{read.source} has {what}; points are one table of three real columns x, y, z")
    return Shape(read.values, source=read.source, notes=read.notes)


def _bytes_of(given: str) -> bytes:
    try:
        size = os.path.getsize(given)
        if size > LARGEST_TEXT:
            raise FileFormatError(
                f"{given} has {size_text(size)}; molecules above {size_text(LARGEST_TEXT)} are refused"
            )
        data = Path(given).read_bytes()
    except OSError as error:
        if isinstance(error, FileFormatError):
            raise
        raise MissingFileError(f"cannot read {given}: {error.strerror or error}") from None
    if not data.strip():
        raise FileFormatError(f"{given} is empty")
    return data


def write_shape(shape: Shape, points: Float[np.ndarray, "n 3"], path: str | os.PathLike[str], comment: str) -> Path:
    """Write a shape with other coordinates: .xyz for molecules and points, a mesh format for meshes, or .npy.

    Raises
    ------
    InputError
        If the extension does not fit the shape.
    """
    from symmeter.files import write_atomic

    extension = os.path.splitext(os.fspath(path))[1].lower()
    if extension == ".npy":
        import io

        buffer = io.BytesIO()
        np.save(buffer, points)
        return write_atomic(path, buffer.getvalue())
    if extension == ".xyz":
        from symmeter.shapes.molecule_files import encode_xyz

        return write_atomic(path, encode_xyz(points, shape.labels or ("X",) * shape.n, comment))
    if shape.faces is not None:
        from symmeter.shapes.mesh import Mesh

        return Mesh(points, shape.faces, os.path.splitext(shape.source)[0]).export(path)
    raise InputError(
        f"{path}: coordinates without faces are written as .xyz or .npy, not {extension or 'without extension'}"
    )

"""Meshes in files: the extension decides the format; a file appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from symmeter.errors import FileFormatError, InputError, MissingFileError, nearest_name
from symmeter.files import write_atomic

if TYPE_CHECKING:
    from symmeter.shapes.mesh import Mesh

__all__ = ["MESH_EXTENSIONS", "read_mesh", "write_mesh"]

#: Formats that are written; GLB is not read.
MESH_EXTENSIONS = (".obj", ".off", ".stl", ".ply", ".glb")
#: A larger file is refused before it is read.
LARGEST_FILE = 1 << 30


def _extension(path: str, known: tuple[str, ...], what: str) -> str:
    extension = os.path.splitext(path)[1].lower()
    if extension not in known:
        near = nearest_name(extension, known)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(known)}"
        raise InputError(f"{path}: meshes are not {what} {extension or 'a name without an extension'}; {hint}")
    return extension


def write_mesh(mesh: Mesh, path: str | os.PathLike[str]) -> Path:
    """Write a mesh as OBJ, OFF, STL, PLY or GLB.

    OBJ, OFF and PLY keep the polygons; STL and GLB hold triangles. OBJ, OFF and PLY keep every digit of the
    coordinates, STL and GLB single precision.

    Raises
    ------
    InputError
        If the extension is unknown, or the mesh has no faces.
    OutputError
        If the file cannot be written; nothing half-written is left.
    """
    extension = _extension(os.fspath(path), MESH_EXTENSIONS, "written as")
    if not mesh.faces:
        raise InputError(f"{mesh.name} has no faces to write")
    return write_atomic(path, _encoder(extension)(mesh))


def _encoder(extension: str) -> Callable[[Mesh], bytes]:
    if extension in (".obj", ".off"):
        from symmeter.shapes import mesh_text

        return mesh_text.encode_obj if extension == ".obj" else mesh_text.encode_off
    if extension == ".stl":
        from symmeter.shapes.mesh_stl import encode_stl

        return encode_stl
    if extension == ".ply":
        from symmeter.shapes.mesh_ply import encode_ply

        return encode_ply
    from symmeter.shapes.mesh_glb import encode_glb

    return encode_glb


def read_mesh(path: str | os.PathLike[str]) -> Mesh:
    """Read an OBJ, OFF, PLY or STL file; polygons and their order stay as they are.

    Corners of STL triangles with equal coordinates become one vertex.

    Raises
    ------
    MissingFileError
        If there is no such file.
    FileFormatError
        If the file is not what its extension says; the text names the line or the face.

    Examples
    --------
    >>> import tempfile
    >>> from symmeter.shapes import poly
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_mesh(poly("U36").mesh().export(f"{folder}/star.off")).faces == poly("U36").faces
    True
    """
    name = os.fspath(path)
    extension = _extension(name, MESH_EXTENSIONS[:-1], "read from")
    try:
        size = os.path.getsize(name)
        if size > LARGEST_FILE:
            raise FileFormatError(f"{name} has {size} bytes; meshes above {LARGEST_FILE} bytes are refused")
        data = Path(name).read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise MissingFileError(f"cannot read {name}: {reason}") from None
    if not data:
        raise FileFormatError(f"{name} is empty")
    try:
        return _decoder(extension)(data, os.path.splitext(os.path.basename(name))[0])
    except InputError as error:
        raise FileFormatError(f"{name}: {error}") from None


def _decoder(extension: str) -> Callable[[bytes, str], Mesh]:
    if extension in (".obj", ".off"):
        from symmeter.shapes import mesh_text

        return mesh_text.decode_obj if extension == ".obj" else mesh_text.decode_off
    if extension == ".stl":
        from symmeter.shapes.mesh_stl import decode_stl

        return decode_stl
    from symmeter.shapes.mesh_ply import decode_ply

    return decode_ply

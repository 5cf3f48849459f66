"""OBJ and OFF: meshes as text, polygons and order kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symmeter.errors import FileFormatError
from symmeter.shapes.mesh import Mesh

__all__ = ["decode_obj", "decode_off", "encode_obj", "encode_off"]


def _numbers(row: np.ndarray) -> str:
    # The shortest text that reads back as the same float64; minus zero would only confuse.
    return " ".join(repr(float(x) + 0.0) for x in row)


def _title(mesh: Mesh) -> str:
    return " ".join(mesh.name.split())


def encode_obj(mesh: Mesh) -> bytes:
    """Wavefront OBJ."""
    lines = [f"# {_title(mesh)}", "o " + (_title(mesh).replace(" ", "_") or "mesh")]
    lines += [f"v {_numbers(v)}" for v in mesh.vertices]
    lines += ["f " + " ".join(str(v + 1) for v in f) for f in mesh.faces]
    return ("\n".join(lines) + "\n").encode()


def encode_off(mesh: Mesh) -> bytes:
    """Geomview OFF, without colours."""
    lines = ["OFF", f"# {_title(mesh)}", f"{len(mesh.vertices)} {len(mesh.faces)} 0"]
    lines += [_numbers(v) for v in mesh.vertices]
    lines += [f"{len(f)} " + " ".join(map(str, f)) for f in mesh.faces]
    return ("\n".join(lines) + "\n").encode()


def _text_of(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _float_row(words: list[str], line: int) -> list[float]:
    try:
        return [float(w) for w in words]
    except ValueError:
        raise FileFormatError(f"line {line}: {' '.join(words)!r} is no point; it needs three numbers") from None


def decode_obj(data: bytes, name: str) -> Mesh:
    """Vertices and faces of an OBJ file; textures, normals, groups and materials are passed over."""
    vertices: list[list[float]] = []
    faces: list[tuple[int, ...]] = []
    for line, words in _obj_lines(_text_of(data)):
        if words[0] == "v":
            if len(words) < 4:
                raise FileFormatError(f"line {line}: a vertex has {len(words) - 1} coordinates; it needs three")
            vertices.append(_float_row(words[1:4], line))
        elif words[0] == "f":
            faces.append(_obj_face(words[1:], len(vertices), len(faces), line))
    _not_empty(vertices, faces, "v and f lines")
    top = max(max(f) for f in faces)
    if top >= len(vertices):
        bad = next(i for i, f in enumerate(faces) if max(f) >= len(vertices))
        raise FileFormatError(f"face {bad} uses vertex {top + 1}, but there are {len(vertices)}")
    return Mesh(np.array(vertices), tuple(faces), name)


def _obj_lines(text: str) -> Iterator[tuple[int, list[str]]]:
    waiting = ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = waiting + raw.split("#", 1)[0].rstrip()
        if line.endswith("\\"):
            waiting = line[:-1] + " "
            continue
        waiting = ""
        words = line.split()
        if words:
            yield number, words


def _obj_face(words: list[str], count: int, face: int, line: int) -> tuple[int, ...]:
    try:
        numbers = [int(w.split("/", 1)[0]) for w in words]
    except ValueError:
        raise FileFormatError(f"line {line}: face {face} has a corner that is no number: {' '.join(words)!r}") from None
    # Numbers start at 1; negative ones count back from the last vertex so far.
    corners = tuple(n - 1 if n > 0 else count + n for n in numbers)
    if len(corners) < 3 or 0 in numbers or min(corners) < 0:
        raise FileFormatError(
            f"line {line}: face {face} is {' '.join(words)!r}; it needs three corners or more, counted from 1 or, "
            "negative, from the last vertex"
        )
    return corners


def decode_off(data: bytes, name: str) -> Mesh:
    """Vertices and faces of an OFF file; colours and normals are passed over."""
    rows = [(number, line.split("#", 1)[0].split()) for number, line in enumerate(_text_of(data).splitlines(), start=1)]
    rows = [(n, w) for n, w in rows if w]
    if rows and rows[0][1][0].upper().endswith("OFF"):
        kind = rows[0][1][0].upper()
        if kind not in ("OFF", "COFF", "NOFF", "CNOFF", "STOFF"):
            raise FileFormatError(f"line {rows[0][0]}: {kind} files are not read; OFF, COFF and NOFF are")
        rows = ([(rows[0][0], rows[0][1][1:])] if len(rows[0][1]) > 1 else []) + rows[1:]
    if not rows:
        raise FileFormatError("there are no counts of vertices and faces")
    line, counts = rows[0]
    try:
        n_vertices, n_faces = int(counts[0]), int(counts[1])
    except (ValueError, IndexError):
        raise FileFormatError(f"line {line}: {' '.join(counts)!r} is no count of vertices, faces and edges") from None
    if n_vertices < 0 or n_faces < 0 or len(rows) - 1 < n_vertices + n_faces:
        raise FileFormatError(
            f"line {line} promises {n_vertices} vertices and {n_faces} faces; {len(rows) - 1} lines follow"
        )
    vertices = []
    for number, words in rows[1 : 1 + n_vertices]:
        if len(words) < 3:
            raise FileFormatError(f"line {number}: a vertex has {len(words)} coordinates; it needs three")
        vertices.append(_float_row(words[:3], number))
    faces = [
        _off_face(words, i, number, n_vertices)
        for i, (number, words) in enumerate(rows[1 + n_vertices : 1 + n_vertices + n_faces])
    ]
    _not_empty(vertices, faces, "vertices and faces")
    return Mesh(np.array(vertices), tuple(faces), name)


def _off_face(words: list[str], face: int, line: int, count: int) -> tuple[int, ...]:
    try:
        size = int(words[0])
        corners = tuple(int(w) for w in words[1 : 1 + size])
    except ValueError:
        raise FileFormatError(f"line {line}: face {face} has a corner that is no number") from None
    if size < 3 or len(corners) < size or min(corners) < 0 or max(corners) >= count:
        raise FileFormatError(
            f"line {line}: face {face} is {' '.join(words)!r}; it needs its size, 3 or more, and as many vertices "
            f"from 0 to {count - 1}"
        )
    return corners


def _not_empty(vertices: list, faces: list, what: str) -> None:
    if not vertices or not faces:
        raise FileFormatError(f"there are {len(vertices)} vertices and {len(faces)} faces; a mesh needs {what}")

"""PLY: polygons with double precision, binary when written, binary or text when read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symmeter.errors import FileFormatError
from symmeter.shapes.mesh import Mesh

__all__ = ["decode_ply", "encode_ply"]

_TYPES = {
    "char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "float": "f4",
    "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2", "int32": "i4", "uint32": "u4",
    "float32": "f4", "float64": "f8",
}  # fmt: skip


def encode_ply(mesh: Mesh) -> bytes:
    """Binary little-endian PLY with double coordinates and polygons."""
    size = "uchar" if max(map(len, mesh.faces)) < 256 else "uint"
    head = (
        f"ply\nformat binary_little_endian 1.0\ncomment {' '.join(mesh.name.split())}\n"
        f"element vertex {len(mesh.vertices)}\nproperty double x\nproperty double y\nproperty double z\n"
        f"element face {len(mesh.faces)}\nproperty list {size} int vertex_indices\nend_header\n"
    )
    kind = np.dtype("<" + _TYPES[size])
    rows = [np.array(len(f), kind).tobytes() + np.array(f, "<i4").tobytes() for f in mesh.faces]
    return head.encode("utf-8") + mesh.vertices.astype("<f8").tobytes() + b"".join(rows)


@dataclass
class _Element:
    """An element of the header: properties as (name, type, type of the count or None)."""

    name: str
    count: int
    properties: list[tuple[str, str, str | None]]


def decode_ply(data: bytes, name: str) -> Mesh:
    """Vertices and polygons of a PLY file; other elements and properties are passed over."""
    head, body = _split(data)
    style, elements = _header(head)
    source: _Words | _Bytes = _Words(body) if style == "ascii" else _Bytes(body, "<" if "little" in style else ">")
    vertices: np.ndarray | None = None
    faces: list[tuple[int, ...]] = []
    for element in elements:
        names = [p[0] for p in element.properties]
        if element.name == "vertex":
            if not {"x", "y", "z"} <= set(names):
                raise FileFormatError(f"vertices have {', '.join(names)}; they need x, y and z")
            wanted = [names.index(c) for c in "xyz"]
            rows = [source.row(element) for _ in range(_possible(element, body))]
            vertices = np.array([[r[k] for k in wanted] for r in rows], dtype=float).reshape(-1, 3)
        elif element.name == "face":
            lists = [i for i, p in enumerate(element.properties) if p[2] and p[0] in ("vertex_indices", "vertex_index")]
            if not lists:
                raise FileFormatError("faces have no list vertex_indices")
            for _ in range(_possible(element, body)):
                faces.append(_whole(source.row(element)[lists[0]], len(faces)))
        else:
            for _ in range(_possible(element, body)):
                source.row(element)
    if vertices is None or not len(vertices) or not faces:
        raise FileFormatError("there are no vertices or no faces; a mesh needs both")
    return Mesh(vertices, tuple(faces), name)


def _whole(values, face: int) -> tuple[int, ...]:
    try:
        corners = tuple(int(v) for v in values)
        if any(c != v for c, v in zip(corners, values)):
            raise ValueError
        return corners
    except (ValueError, OverflowError):
        raise FileFormatError(f"face {face} has a corner that is no number of a vertex") from None


def _possible(element: _Element, body: bytes) -> int:
    if element.count > len(body):
        raise FileFormatError(f"the head promises {element.count} of {element.name}, but {len(body)} bytes follow")
    return element.count


def _split(data: bytes) -> tuple[list[str], bytes]:
    found = data.find(b"end_header")
    if not data.startswith(b"ply") or found < 0:
        raise FileFormatError("no PLY: it starts with 'ply' and its head ends with 'end_header'")
    end = data.find(b"\n", found)
    return data[:found].decode("latin-1").splitlines(), data[end + 1 :] if end >= 0 else b""


def _header(lines: list[str]) -> tuple[str, list[_Element]]:
    style, elements = "", []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        try:
            if words[:1] == ["format"]:
                style = words[1]
            elif words[:1] == ["element"]:
                elements.append(_Element(words[1], int(words[2]), []))
            elif words[:2] == ["property", "list"]:
                elements[-1].properties.append((words[4], _TYPES[words[3]], _TYPES[words[2]]))
            elif words[:1] == ["property"]:
                elements[-1].properties.append((words[2], _TYPES[words[1]], None))
        except (IndexError, ValueError, KeyError):
            raise FileFormatError(f"line {number}: {line!r} is no line of a PLY head") from None
    if style not in ("ascii", "binary_little_endian", "binary_big_endian"):
        raise FileFormatError(f"PLY format {style!r} is not read; ascii and binary are")
    return style, elements


class _Words:
    """Rows of a text body."""

    def __init__(self, body: bytes) -> None:
        self.words = iter(body.split())

    def row(self, element: _Element) -> list:
        try:
            return [
                [float(next(self.words)) for _ in range(int(next(self.words)))] if count else float(next(self.words))
                for _, _, count in element.properties
            ]
        except (StopIteration, ValueError, OverflowError):
            raise FileFormatError(f"the rows of {element.name} end early or hold something that is no number") from None


class _Bytes:
    """Rows of a binary body."""

    def __init__(self, body: bytes, order: str) -> None:
        self.body, self.order, self.at = body, order, 0

    def take(self, kind: str, count: int) -> np.ndarray:
        dtype = np.dtype(self.order + kind)
        end = self.at + count * dtype.itemsize
        if count < 0 or end > len(self.body):
            raise FileFormatError(f"the file ends early: {len(self.body)} bytes follow the head, {end} are needed")
        values = np.frombuffer(self.body, dtype, count, self.at)
        self.at = end
        return values

    def row(self, element: _Element) -> list:
        return [
            self.take(kind, int(self.take(count, 1)[0])) if count else self.take(kind, 1)[0]
            for _, kind, count in element.properties
        ]

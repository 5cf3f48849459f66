"""STL: triangles with single precision, binary when written, binary or text when read."""

from __future__ import annotations

import numpy as np

from symmeter.errors import FileFormatError
from symmeter.shapes.coincident_vertices import joined
from symmeter.shapes.mesh import Mesh

__all__ = ["decode_stl", "encode_stl"]

_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEAD = 80


def encode_stl(mesh: Mesh) -> bytes:
    """Binary STL with unit normals."""
    whole = mesh.triangulated()
    corners = whole.vertices[mesh.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1)
    records = np.zeros(len(corners), _RECORD)
    records["normal"] = normal / np.where(length == 0, 1, length)[:, None]
    records["corners"] = corners
    # A head that starts with "solid" would pass for text.
    head = f"symmeter: {mesh.name}".encode("ascii", "replace")[:_HEAD].ljust(_HEAD)
    return head + np.uint32(len(records)).astype("<u4").tobytes() + records.tobytes()


def decode_stl(data: bytes, name: str) -> Mesh:
    """Triangles of an STL file; corners with equal coordinates become one vertex."""
    count = int(np.frombuffer(data[_HEAD : _HEAD + 4], "<u4")[0]) if len(data) >= _HEAD + 4 else -1
    if len(data) == _HEAD + 4 + count * _RECORD.itemsize:
        corners = np.frombuffer(data[_HEAD + 4 :], _RECORD)["corners"].reshape(-1, 3).astype(float)
    elif data.lstrip()[:5].lower() == b"solid":
        corners = _text_corners(data)
    else:
        raise FileFormatError(
            f"no STL: {len(data)} bytes, but {max(count, 0)} triangles take {_HEAD + 4 + max(count, 0) * 50}"
        )
    if not len(corners):
        raise FileFormatError("there are no triangles")
    if not np.isfinite(corners).all():
        bad = int(np.flatnonzero(~np.isfinite(corners).all(axis=1))[0]) // 3
        raise FileFormatError(f"face {bad} has a corner that is not finite")
    first, place = joined(corners)
    return Mesh(corners[first], tuple(map(tuple, place.reshape(-1, 3).tolist())), name)


def _text_corners(data: bytes) -> np.ndarray:
    rows = []
    for number, line in enumerate(data.decode("latin-1").splitlines(), start=1):
        words = line.split()
        if words and words[0].lower() == "vertex":
            try:
                x, y, z = (float(w) for w in words[1:4])
            except ValueError:
                raise FileFormatError(f"line {number}: {line.strip()!r} is no vertex of three numbers") from None
            rows.append((x, y, z))
    if len(rows) % 3:
        raise FileFormatError(f"face {len(rows) // 3} has {len(rows) % 3} corners; it needs three")
    return np.array(rows).reshape(-1, 3)

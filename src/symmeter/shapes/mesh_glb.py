"""GLB: one mesh of triangles in binary glTF 2.0, for viewers in browsers and phones."""

from __future__ import annotations

import json
import struct

import numpy as np

from symmeter.shapes.mesh import Mesh

__all__ = ["encode_glb"]

_FLOAT, _UINT, _POSITIONS, _INDICES = 5126, 5125, 34962, 34963
_JSON, _BIN = 0x4E4F534A, 0x004E4942


def encode_glb(mesh: Mesh) -> bytes:
    """Binary glTF 2.0; without normals, so that viewers shade every face flat."""
    whole = mesh.triangulated()
    positions = whole.vertices.astype("<f4")
    indices = mesh.triangles.astype("<u4")
    binary = positions.tobytes() + indices.tobytes()
    split = positions.nbytes
    document = {
        "asset": {"version": "2.0", "generator": "symmeter"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": mesh.name}],
        "meshes": [{"name": mesh.name, "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [
            {
                "name": "plain",
                "pbrMetallicRoughness": {"baseColorFactor": [0.8, 0.72, 0.5, 1], "metallicFactor": 0},
            }
        ],
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": split, "target": _POSITIONS},
            {"buffer": 0, "byteOffset": split, "byteLength": len(binary) - split, "target": _INDICES},
        ],
        "accessors": [
            {
                "bufferView": 0,
                "componentType": _FLOAT,
                "count": len(positions),
                "type": "VEC3",
                "min": positions.min(axis=0).astype(np.float64).tolist(),
                "max": positions.max(axis=0).astype(np.float64).tolist(),
            },
            {"bufferView": 1, "componentType": _UINT, "count": int(indices.size), "type": "SCALAR"},
        ],
    }
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    total = 12 + 8 + len(text) + 8 + len(binary)
    head = struct.pack("<4sII", b"glTF", 2, total)
    return head + struct.pack("<II", len(text), _JSON) + text + struct.pack("<II", len(binary), _BIN) + binary

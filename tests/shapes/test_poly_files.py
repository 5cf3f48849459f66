"""Mesh files: round trips, foreign files, bad files."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from symmeter.errors import FileFormatError, InputError, MissingFileError, OutputError
from symmeter.shapes import Mesh, poly, read_mesh

STAR = poly("U36").mesh()
CUT = poly("U36").mesh(visible=True)


@pytest.mark.parametrize("extension", ["obj", "off", "ply"])
@pytest.mark.parametrize("mesh", [STAR, CUT, poly("J92").mesh()], ids=["star", "cut", "J92"])
def test_polygons_order_and_digits_survive(tmp_path, extension, mesh):
    back = read_mesh(mesh.export(tmp_path / f"shape.{extension}"))
    np.testing.assert_array_equal(back.vertices, mesh.vertices)
    assert back.faces == mesh.faces
    assert back.name == "shape"


def test_stl_holds_the_triangles(tmp_path):
    back = read_mesh(CUT.export(tmp_path / "shape.stl"))
    assert back.is_watertight
    assert len(back.vertices) == len(CUT.vertices)
    assert len(back.faces) == len(CUT.triangles)
    assert back.volume == pytest.approx(CUT.volume, rel=1e-6)
    data = (tmp_path / "shape.stl").read_bytes()
    assert len(data) == 84 + 50 * len(CUT.triangles)
    normals = np.frombuffer(data[84:], np.dtype([("n", "<f4", 3), ("rest", "V38")]))["n"]
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)


def test_glb_is_whole(tmp_path):
    data = CUT.export(tmp_path / "shape.glb").read_bytes()
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack("<I4s", data[12:20])
    assert kind == b"JSON"
    document = json.loads(data[20 : 20 + size])
    n, kind = struct.unpack("<I4s", data[20 + size : 28 + size])
    assert kind == b"BIN\0"
    binary = data[28 + size :]
    assert len(binary) == n >= document["buffers"][0]["byteLength"]
    places, indices = document["bufferViews"]
    points = np.frombuffer(binary, "<f4", places["byteLength"] // 4).reshape(-1, 3)
    corners = np.frombuffer(binary, "<u4", indices["byteLength"] // 4, indices["byteOffset"]).reshape(-1, 3)
    a, b, c = (points[corners[:, k]] for k in range(3))
    assert (a * np.cross(b, c)).sum() / 6 == pytest.approx(CUT.volume, rel=1e-5)
    assert document["accessors"][0]["min"] == points.min(axis=0).tolist()


def test_obj_of_other_programs(tmp_path):
    path = tmp_path / "a.obj"
    path.write_text(
        "# made by hand\nmtllib a.mtl\nv 0 0 0 1\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvn 0 0 1\ng side\n"
        "f 1/1/1 2//1 3/1 4\nf -4 -3 \\\n -2\n"
    )
    assert read_mesh(path).faces == ((0, 1, 2, 3), (0, 1, 2))


def test_off_of_other_programs(tmp_path):
    path = tmp_path / "a.off"
    path.write_text(
        "COFF 4 1 0\n# corners\n0 0 0 255 0 0 255\n1 0 0 0 0 0 0\n\n1 1 0 1 1 1 1\n0 1 0 1 1 1 1\n"
        "4 0 1 2 3 0.5 0.5 0.5\n"
    )
    assert read_mesh(path).faces == ((0, 1, 2, 3),)
    path.write_text("3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    assert read_mesh(path).faces == ((0, 1, 2),)


def test_ply_text_big_endian_and_other_elements(tmp_path):
    head = (
        "ply\nformat {}\ncomment c\nelement camera 1\nproperty float focus\nelement vertex 3\nproperty uchar red\n"
        "property float x\nproperty float y\nproperty float z\nelement face 1\nproperty uchar flag\n"
        "property list uchar ushort vertex_index\nend_header\n"
    )
    text = tmp_path / "a.ply"
    text.write_text(head.format("ascii 1.0") + "0.5\n255 0 0 0\n0 1 0 0\n0 0 1 0\n7 3 0 1 2\n")
    binary = tmp_path / "b.ply"
    rows = b"".join(struct.pack(">Bfff", 1, *v) for v in ((0, 0, 0), (1, 0, 0), (0, 1, 0)))
    data = struct.pack(">f", 0.5) + rows + struct.pack(">BBHHH", 7, 3, 0, 1, 2)
    binary.write_bytes(head.format("binary_big_endian 1.0").encode() + data)
    for path in (text, binary):
        mesh = read_mesh(path)
        assert mesh.faces == ((0, 1, 2),)
        np.testing.assert_array_equal(mesh.vertices, [[0, 0, 0], [1, 0, 0], [0, 1, 0]])


def test_stl_as_text(tmp_path):
    path = tmp_path / "a.stl"
    facet = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
    path.write_text("solid a\n" + facet + "endsolid a\n")
    assert read_mesh(path).faces == ((0, 1, 2),)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.obj", b"v 0 0\n", "line 1: a vertex has 2 coordinates"),
        ("a.obj", b"v 0 0 x\n", "line 1: '0 0 x' is no point"),
        ("a.obj", b"v 0 0 0\nf 1 2\n", "line 2: face 0"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nf 1 2 3\n", "face 0 uses vertex 3, but there are 2"),
        ("a.obj", b"v 0 0 0\nf 1 0 1\n", "line 2: face 0"),
        ("a.obj", b"hello\n", "0 vertices and 0 faces"),
        ("a.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "vertex 0 of a is not finite"),
        ("a.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n", "promises 3 vertices and 1 faces; 2 lines follow"),
        ("a.off", b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 3\n", "line 6: face 0"),
        ("a.off", b"4OFF\n3 1 0\n", "4OFF files are not read"),
        ("a.off", b"OFF\nx y z\n", "no count of vertices"),
        ("a.ply", b"plx\n", "no PLY"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 9999999999\nproperty float x\nproperty float y\n"
                  b"property float z\nend_header\n0 0 0\n", "promises 9999999999 of vertex"),
        ("a.ply", b"ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\nproperty float y\n"
                  b"property float z\nend_header\n0123456789abcdef", "ends early"),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 1\nproperty quux x\nend_header\n0\n", "no line of a PLY"),
        ("a.stl", b"\0" * 90, "no STL: 90 bytes"),
        ("a.stl", b"solid\nvertex 0 0 0\n", "face 0 has 1 corners"),
        ("a.stl", b"", "is empty"),
    ],
)  # fmt: skip
def test_bad_files_say_where(tmp_path, name, data, text):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileFormatError) as error:
        read_mesh(path)
    assert text in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_files_and_extensions(tmp_path):
    with pytest.raises(MissingFileError, match="cannot read"):
        read_mesh(tmp_path / "none.off")
    with pytest.raises(InputError, match=r"did you mean \.obj"):
        STAR.export(tmp_path / "a.obi")
    with pytest.raises(InputError, match=r"not read from \.glb"):
        read_mesh(tmp_path / "a.glb")
    with pytest.raises(OutputError, match="there is no folder"):
        STAR.export(tmp_path / "no" / "a.obj")
    with pytest.raises(InputError, match="has no faces"):
        Mesh(np.zeros((1, 3)), ()).export(tmp_path / "a.obj")
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_is_refused_by_its_size(tmp_path, monkeypatch):
    from symmeter.shapes import mesh_files

    monkeypatch.setattr(mesh_files, "LARGEST_FILE", 10)
    path = STAR.export(tmp_path / "a.off")
    with pytest.raises(FileFormatError, match=rf"has {path.stat().st_size} bytes"):
        read_mesh(path)

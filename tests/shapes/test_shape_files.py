"""Molecules and meshes in files: what is read, and the line or the face that an error names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from symmeter.errors import FileFormatError, InputError, MissingFileError, ShapeError
from symmeter.shapes import poly
from symmeter.shapes.chemical_elements import SYMBOLS, bonds_between, colour_of, covalent_radius, element_symbol
from symmeter.shapes.shape_files import open_shape, read_shape, write_shape
from symmeter.subjects import Shape

WATER = "3\nwater\nO 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_xyz(tmp_path):
    shape = read_shape(written(tmp_path, "water.xyz", WATER + "\n\n"))
    assert (shape.labels, shape.formula, shape.source, shape.molecule) == (("O", "H", "H"), "H2O", "water.xyz", True)
    np.testing.assert_array_equal(shape.points[1], [0, 0.7572, -0.4692])
    assert shape.resolution == 1e-4
    # Atomic numbers, labels with numbers, upper case, further columns, exponents, a byte order mark.
    odd = "\ufeff2\n\n8 0.0 0.0 1.0e0 -0.3 x\nFE12 1 2 3\n"
    shape = read_shape(written(tmp_path, "odd.xyz", odd))
    assert shape.labels == ("O", "Fe")
    assert "numbers behind the elements were left out" in shape.notes
    several = read_shape(written(tmp_path, "path.xyz", WATER + WATER))
    assert several.n == 3
    assert several.notes == ("the first of several molecules of the file",)
    scan = read_shape(written(tmp_path, "scan.xyz", "0 0 1 0.5 0.5 0.5\n0 1 0 0 0 0\n\n1 0 0 0 0 0\n"))
    assert (scan.n, scan.labels, scan.molecule) == (3, None, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("water\nO 0 0 0\n", "line 1: 'water' is no number of atoms"),
        (
            "4\nwater\nO 0 0 0\nH 0 0 1\n",
            "line 1 promises 4 atoms; 2 lines follow the one for people, the last is line 4",
        ),
        ("1\nwater\nO 0 0 0\nH 0 0 1\n", "line 4: 'H 0 0 1' follows the 1 atoms that line 1 promises"),
        ("2\nwater\nO 0 0 0\nH 0 0\n", "line 4: 'H 0 0' is no atom; line 1 promises 2"),
        ("1\n\nO 0 zero 0\n", "line 3: '0 zero 0' are no three coordinates"),
        ("1\n\nO 0 nan 0\n", "line 3: '0 nan 0' are not finite coordinates"),
        ("0\n\n", "line 1 promises 0 atoms"),
        ("3000000\n\nO 0 0 0\n", "line 1 promises 3,000,000 atoms; more than 200,000 are refused"),
        ("0 0 1\n0 1\n", "line 2: '0 1' is no point"),
    ],
)
def test_a_wrong_xyz_names_the_line(tmp_path, text, said):
    with pytest.raises(FileFormatError) as caught:
        read_shape(written(tmp_path, "wrong.xyz", text))
    assert said in str(caught.value)
    assert "wrong.xyz" in str(caught.value)
    assert "\n" not in str(caught.value)


def pdb_line(serial, name, x, y, z, element="", alternative=" ", record="HETATM"):
    head = f"{record:<6}{serial:>5} {name:<4}{alternative}MOL A   1    "
    return f"{head}{x:8.3f}{y:8.3f}{z:8.3f}  1.00  0.00          {element:>2}\n"


def test_pdb(tmp_path):
    text = "REMARK a molecule\nMODEL        1\n"
    text += pdb_line(1, " O1 ", 0, 0, 0.117, "O") + pdb_line(2, " H1 ", 0, 0.757, -0.469, "H")
    text += pdb_line(3, " H2 ", 0, -0.757, -0.469, "H", "A") + pdb_line(4, " H2 ", 0, -0.8, -0.4, "H", "B")
    text += "ENDMDL\nMODEL        2\n" + pdb_line(1, " O1 ", 9, 9, 9, "O") + "ENDMDL\nEND\n"
    shape = read_shape(written(tmp_path, "water.pdb", text))
    assert shape.formula == "H2O"
    assert shape.notes == ("of atoms in several places the first is taken", "the first model of the file")
    # Without the element's columns the name decides: calcium stands further left than an alpha carbon.
    named = pdb_line(1, "CA  ", 0, 0, 0) + pdb_line(2, " CA ", 1, 0, 0) + pdb_line(3, "1HB ", 0, 1, 0, record="ATOM")
    assert read_shape(written(tmp_path, "names.pdb", named)).labels == ("Ca", "C", "H")
    with pytest.raises(FileFormatError, match="no line that begins with ATOM"):
        read_shape(written(tmp_path, "empty.pdb", "REMARK nothing\n"))
    broken = pdb_line(1, " O  ", 0, 0, 0).replace("   0.000   0.000", "   0.0x0   0.000", 1)
    with pytest.raises(FileFormatError, match=r"line 1: '0.0x0 0.000 0.000' are no three coordinates"):
        read_shape(written(tmp_path, "broken.pdb", broken))


def test_meshes_and_tables(tmp_path):
    cube = poly("cube").mesh()
    for name in ("cube.off", "cube.obj", "cube.ply", "cube.stl"):
        shape = read_shape(cube.export(tmp_path / name))
        assert shape.n == 8
        assert len(shape.faces) == (12 if name.endswith("stl") else 6)
    np.save(tmp_path / "points.npy", cube.vertices)
    assert open_shape(tmp_path / "points.npy").n == 8
    assert open_shape(cube).faces == cube.faces
    np.save(tmp_path / "wide.npy", np.ones((5, 4)))
    with pytest.raises(ShapeError, match=r"wide.npy has 4 columns; points are one table of three real columns"):
        open_shape(tmp_path / "wide.npy")
    with pytest.raises(MissingFileError, match="No such file"):
        read_shape(tmp_path / "nothing.xyz")
    with pytest.raises(InputError, match="a shape is read from"):
        read_shape(tmp_path / "points.npy")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.off", "OFF\n3 2 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n3 0 1 7\n", "face 1"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 1 2\n", "face 1"),
        ("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "face 0"),
        (
            "a.ply",
            "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
            "element face 2\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n"
            "3 0 1 2\n3 0 1 5\n",
            "face 1",
        ),
    ],
)
def test_a_broken_mesh_names_the_face(tmp_path, name, text, said):
    with pytest.raises(FileFormatError) as caught:
        read_shape(written(tmp_path, name, text))
    assert said in str(caught.value)
    assert name in str(caught.value)


def test_too_large_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "large.xyz"
    with path.open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(FileFormatError, match=r"has 200.0 MB; molecules above 100.0 MB are refused"):
        read_shape(path)


def test_writing(tmp_path):
    shape = read_shape(written(tmp_path, "water.xyz", WATER))
    moved = shape.points + 1e-7
    again = read_shape(write_shape(shape, moved, tmp_path / "new.xyz", "two\nlines"))
    np.testing.assert_allclose(again.points, moved, atol=1e-10)
    assert again.labels == shape.labels
    np.testing.assert_array_equal(np.load(write_shape(shape, moved, tmp_path / "new.npy", "")), moved)
    with pytest.raises(InputError, match=r"written as .xyz or .npy"):
        write_shape(shape, moved, tmp_path / "new.obj", "")
    cube = open_shape(poly("cube"))
    assert open_shape(write_shape(cube, 2 * cube.points, tmp_path / "two.ply", "")).faces == cube.faces


def test_shapes_check_what_they_are_given():
    with pytest.raises(ShapeError, match="2 labels for 1 points"):
        Shape([[0, 0, 0]], ["A", "B"])
    with pytest.raises(InputError, match="face 1 is"):
        Shape(np.eye(3), None, [(0, 1, 2), (0, 1, 3)])
    with pytest.raises(ShapeError, match="points have shape"):
        Shape(np.zeros((3, 2)))
    assert Shape(np.eye(3).astype(np.float32) * 0.1).resolution is not None
    assert Shape(np.random.default_rng(0).standard_normal((4, 3))).resolution is None


def test_elements():
    assert len(SYMBOLS) == 118
    assert len(set(SYMBOLS)) == 118
    assert [element_symbol(s) for s in ("CL", "Cl1", "119", "", "HE", "T", "1H")] == [
        "Cl",
        "Cl",
        None,
        None,
        "He",
        "T",
        None,
    ]
    assert covalent_radius("Cm") == 1.69
    assert covalent_radius("D") == covalent_radius("H") == 0.31
    assert len({colour_of(s) for s in ("H", "C", "N", "O", "F", "S", "P", "Fe", "Ne", "K", "Mg", "Pb", "W")}) == 13
    # Two molecules apart have no bond between them.
    points = np.array([[0, 0, 0], [0, 0, 0.74], [5, 0, 0], [5, 0, 0.74]])
    assert bonds_between(points, ("H",) * 4).tolist() == [[0, 1], [2, 3]]

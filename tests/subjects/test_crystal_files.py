"""Reading atoms: extended XYZ, LAMMPS dumps, objects like ASE's; errors that name the line."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import SymmeterError
from symmeter.subjects.crystals import Crystal, crystal_of, read_crystal

HEAD = (
    'Lattice="4 0 0 1 5 0 0 0.5 6" Properties=species:S:1:pos:R:3:charge:R:1 pbc="T T F" energy=-1.5 note="two words"'
)


def write(tmp_path, text, name="a.extxyz"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_extended_xyz_with_everything(tmp_path) -> None:
    path = write(tmp_path, f"2\n{HEAD}\nCu 0 0 0.25 0.1\nAu 1 2 3 -0.1\n2\n{HEAD}\nCu 9 9 9 0\nAu 1 2 3 0\n")
    found = read_crystal(path)
    assert found.positions.tolist() == [[0, 0, 0.25], [1, 2, 3]]
    assert found.cell.tolist() == [[4, 0, 0], [1, 5, 0], [0, 0.5, 6]]
    assert found.periodic.tolist() == [True, True, False]
    assert found.symbols == ("Cu", "Au")
    assert "first of several frames" in found.describe()
    assert read_crystal(path, 1).positions[0].tolist() == [9, 9, 9]


def test_columns_in_any_order_and_plain_xyz(tmp_path) -> None:
    found = read_crystal(write(tmp_path, "1\nProperties=id:I:1:pos:R:3:species:S:1\n7 1 2 3 W\n"))
    assert found.positions.tolist() == [[1, 2, 3]]
    assert found.symbols == ("W",)
    assert not found.periodic.any()
    assert read_crystal(write(tmp_path, "1\nwater without words\nO 0 0 1\n", "b.xyz")).symbols == ("O",)


def test_lammps_dump_scaled_and_tilted(tmp_path) -> None:
    box = "ITEM: BOX BOUNDS xy xz yz pp pp ff\n-1 12 2\n0 10 0\n0 8 0\n"
    text = (
        f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\n{box}ITEM: ATOMS id type xs ys zs\n1 1 0 0 0\n2 2 0.5 0.5 0.25\n"
    )
    found = read_crystal(write(tmp_path, text, "a.dump"))
    assert found.cell.tolist() == [[11, 0, 0], [2, 10, 0], [0, 0, 8]]
    assert found.positions.tolist() == [[-1, 0, 0], [5.5, 5, 2]]
    assert found.periodic.tolist() == [True, True, False]
    assert found.symbols == ("1", "2")


class Atoms:
    """As much of ASE's as is asked for."""

    pbc = np.array([True, False, True])
    cell = np.diag([2.0, 0.0, 3.0])

    def get_positions(self):
        return np.ones((2, 3))

    def get_chemical_symbols(self):
        return ["Cu", "Cu"]


def test_objects_and_arrays() -> None:
    found = crystal_of(Atoms())
    assert found.n == 2
    assert found.periodic.tolist() == [True, False, True]
    assert crystal_of(np.zeros((1, 3)), cell=[2, 3, 4]).cell.tolist() == [[2, 0, 0], [0, 3, 0], [0, 0, 4]]
    assert crystal_of(found, periodic=False).periodic.tolist() == [False] * 3
    assert repr(found) == "Crystal(2 atoms, periodic along 2 directions)"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("is empty", "  \n"),
        ("line 1: a number of atoms was expected, not 'x'", "x\n\n"),
        ("ends at line 3; 5 atoms were announced", "5\n\nCu 0 0 0"),
        ("line 3: 3 columns where 4", "1\n\nCu 0 0\n"),
        ("line 4: 'oops' is no number", "2\n\nCu 0 0 0\nCu 0 oops 0\n"),
        ("line 2: Lattice has 3 numbers", '1\nLattice="1 2 3"\nCu 0 0 0\n'),
        ('line 2: pbc is .*write it as "T T F"', '1\npbc="yes"\nCu 0 0 0\n'),
        ("no list of name:type:number", "1\nProperties=pos:R\nCu 0 0 0\n"),
        ("has no pos:R:3", "1\nProperties=species:S:1\nCu 0 0 0\n"),
        ("pos has 2 columns", "1\nProperties=species:S:1:pos:R:2\nCu 0 0 0\n"),
        ("NaN or infinite, first number 1", "2\n\nCu 0 0 0\nCu nan 0 0\n"),
        ("not independent", '1\nLattice="1 0 0 2 0 0 0 0 1"\nCu 0 0 0\n'),
        ("lacks the number", "ITEM: TIMESTEP\n0\n"),
        ("no columns x y z", "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n1\nITEM: BOX BOUNDS pp pp pp\n"
                             "0 1\n0 1\n0 1\nITEM: ATOMS id\n1\n"),
    ],
)  # fmt: skip
def test_errors_name_the_line(tmp_path, words, text) -> None:
    with pytest.raises(SymmeterError, match=words) as caught:
        read_crystal(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_what_is_no_text_or_not_there(tmp_path) -> None:
    (tmp_path / "b.extxyz").write_bytes(b"\xff\xfe\x00")
    for name, words in (("b.extxyz", "is no text"), ("c.extxyz", "cannot read")):
        with pytest.raises(SymmeterError, match=words):
            read_crystal(tmp_path / name)
    with pytest.raises(SymmeterError, match="one each"):
        Crystal(np.zeros((2, 3)), np.zeros((3, 3)), np.zeros(3, bool), ("Cu",))
    with pytest.raises(SymmeterError, match="frame 1 was asked for"):
        read_crystal(write(tmp_path, "1\n\nCu 0 0 0\n"), 1)

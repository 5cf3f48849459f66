"""LAMMPS dumps in each of their boxes, and what is said where they end early."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import FileFormatError
from symmeter.spacetime import defects
from symmeter.subjects.crystals import read_crystal

#: Primitive translations of fcc, in a general orientation.
_CELL = 3 * 3.61 * np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
_STEPS = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3) / 3


def _dump(path, box: str, columns: str, rows) -> None:
    body = "".join(f"{i + 1} 1 {a:.10f} {b:.10f} {c:.10f}\n" for i, (a, b, c) in enumerate(rows))
    count = f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{len(rows)}\n"
    path.write_text(f"{count}ITEM: BOX BOUNDS {box}\nITEM: ATOMS id type {columns}\n{body}")


@pytest.mark.parametrize("columns", ["x y z", "xs ys zs"])
def test_boxes_of_general_vectors(columns, tmp_path) -> None:
    origin = np.array([1.0, -2.0, 0.5])
    rows = _STEPS if columns.startswith("xs") else _STEPS @ _CELL + origin
    box = "\n".join(" ".join(f"{v:.10f}" for v in (*row, o)) for row, o in zip(_CELL, origin))
    _dump(tmp_path / "a.dump", f"abc origin pp pp ff\n{box}", columns, rows)
    found = read_crystal(tmp_path / "a.dump")
    np.testing.assert_allclose(found.cell, _CELL, atol=1e-9)
    np.testing.assert_allclose(found.positions, _STEPS @ _CELL + origin, atol=1e-8)
    assert found.periodic.tolist() == [True, True, False]
    _dump(tmp_path / "b.dump", f"abc origin pp pp pp\n{box}", columns, rows)
    report = defects.from_atoms(tmp_path / "b.dump", "fcc", 3.61)
    assert report.matched.tolist() == [12] * 27


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0\n0\n0\n", "line 6"),
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 1 2 3 4\n0 1\n0 1\n", "line 6"),
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 5\n0 5\n0 5 0\n", "line 8"),
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 1\n1 0\n0 1\n", "line 7"),
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n9\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n", "ends"),
        ("ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n0\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n", "no atoms"),
    ],
)
def test_broken_dumps_get_one_line(text, words, tmp_path) -> None:
    path = tmp_path / "a.dump"
    path.write_text(f"{text}ITEM: ATOMS id type x y z\n1 1 0 0 0\n2 1 1 1 1\n")
    with pytest.raises(FileFormatError, match=words) as caught:
        read_crystal(path)
    assert "\n" not in str(caught.value)


def test_a_dump_that_ends_at_a_heading(tmp_path) -> None:
    path = tmp_path / "a.dump"
    path.write_text("ITEM: TIMESTEP\n0\nITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\nITEM: ATOMS id x y z\nITEM: NUMBER")
    with pytest.raises(FileFormatError, match="number of atoms"):
        read_crystal(path)

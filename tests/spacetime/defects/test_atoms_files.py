"""What is found in atoms as files, pictures and reports: round trips, findings, one line for bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import SymmeterError
from symmeter.spacetime import defects
from symmeter.subjects.crystals import Crystal, read_crystal


@pytest.fixture(scope="module")
def edge():
    return defects.from_atoms(defects.dislocated_cylinder("edge", radius=9.0), "sc", 1.0)


def write(crystal, path):
    rows = "\n".join(f"Po {x:.8f} {y:.8f} {z:.8f}" for x, y, z in crystal.positions)
    cell = " ".join(str(v) for v in crystal.cell.ravel())
    walls = " ".join("FT"[int(p)] for p in crystal.periodic)
    path.write_text(f'{crystal.n}\nLattice="{cell}" Properties=species:S:1:pos:R:3 pbc="{walls}"\n{rows}\n')
    return path


def test_arrays_survive_a_round_trip(edge, tmp_path) -> None:
    path = edge.save(tmp_path / "out.extxyz")
    lines = path.read_text().splitlines()
    again = read_crystal(path)
    assert np.abs(again.positions - edge.crystal.positions).max() < 1e-8
    assert again.periodic.tolist() == [False, False, True]
    # Columns after the symbol and the position are the Nye tensor's.
    row = np.array(lines[2].split()[4:13], dtype=float)
    assert np.abs(row.reshape(3, 3) - edge.nye[0]).max() < 1e-6
    assert ":nye:R:9:" in lines[1]
    found = json.loads(edge.save(tmp_path / "out.json").read_text())
    assert found["loops"][0]["integers"] == [-1, 0, 0]
    assert found["total_burgers"] == [-1.0, 0.0, 0.0]


def test_vtk_has_every_atom(edge, tmp_path) -> None:
    text = edge.save(tmp_path / "out.vtk").read_text().splitlines()
    assert text[4] == f"POINTS {edge.n} double"
    x = np.array([line.split() for line in text[5 : 5 + edge.n]], dtype=float)
    assert np.abs(x - edge.crystal.positions).max() < 1e-8
    at = text.index("SCALARS alpha double 1") + 2
    assert np.abs(np.array(text[at : at + edge.n], dtype=float) - edge.density).max() < 1e-5


def test_other_extensions_are_refused_and_nothing_is_left(edge, tmp_path) -> None:
    for call in (
        lambda: edge.save(tmp_path / "a.bmp"),
        lambda: edge.plot(tmp_path / "a.bmp"),
        lambda: edge.plot(None, "alfa"),
    ):
        with pytest.raises(SymmeterError, match=r"change the extension|did you mean|there are"):
            call()
    assert list(tmp_path.iterdir()) == []


def test_pictures(edge, tmp_path) -> None:
    pytest.importorskip("matplotlib")
    edge.plot(tmp_path / "a.png")
    edge.plot(tmp_path / "a.svg", "rotation", direction=(1, 1, 0))
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "a.svg").read_text()[:400]
    with pytest.raises(SymmeterError, match="not all zero"):
        edge.plot(direction=(0, 0, 0))


def test_svg_for_reports_shows_columns_and_the_arrow(edge) -> None:
    import xml.etree.ElementTree as tree

    from symmeter.spacetime.defects.pictures_svg import svg_of_atoms

    text, note = svg_of_atoms(edge)
    root = tree.fromstring(text)
    dots = [e for e in root if e.tag.endswith("circle")]
    # Atoms behind one another are one dot: a quarter of the four layers.
    assert len(dots) == edge.n // 4
    assert note == ""
    assert any("a [-1 0 0]" in (e.text or "") for e in root)
    assert svg_of_atoms(edge, most=50)[1].startswith("The nearest 50 of")


def test_find_reports_the_broken_translation(tmp_path) -> None:
    path = write(defects.dislocated_cylinder("edge", radius=9.0), tmp_path / "po.extxyz")
    report = sm.find(path, lattice="sc", a=1.0)
    assert [f.verdict for f in report] == ["broken", "nearly", "broken"]
    assert 0 < report["translations of the lattice"].defect < 0.1
    assert "edge dislocation a [-1 0 0]" in report.summary
    assert report.to_json()["findings"][2]["evidence"]["integers"] == [-1, 0, 0]
    html = report.save(tmp_path / "r.html").read_text()
    assert "arrows are Burgers vectors" in html
    assert html.count("<svg") >= 2
    with pytest.raises(SymmeterError, match="no average"):
        report.best.action.project(np.zeros(3))
    # The same atoms as .xyz, which are a molecule without a lattice, and as an array.
    other = path.rename(tmp_path / "po.xyz")
    assert sm.find(other, lattice="sc").findings[2].name == report.findings[2].name


def test_find_says_that_a_perfect_crystal_is_one() -> None:
    block = defects.build_crystal("diamond", 5.43, (3, 3, 3))
    report = sm.find(block, lattice="diamond")
    assert [f.verdict for f in report] == ["exact", "exact"]
    assert report.summary.startswith("No defect was found")
    assert any("estimated" in note for note in report.notes)
    gone = Crystal(np.delete(block.positions, 100, axis=0), block.cell, block.periodic, block.symbols[1:])
    report = sm.find(gone, lattice="diamond", a=5.43)
    assert [f.verdict for f in report] == ["nearly", "exact", "broken"]
    assert "1 vacancy" in report.summary


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("say what it is compared with: --lattice", lambda p: sm.find(p)),
        ("did you mean 'fcc'", lambda p: sm.find(p, lattice="fccc")),
        ("grid= goes with a table; a crystal takes lattice and a", lambda p: sm.find(p, lattice="sc", grid=(2, 2))),
        ("lattice= goes with atoms", lambda p: sm.find("samples.csv", lattice="sc")),
        ("a= goes with atoms and lattice=", lambda p: sm.find("samples.csv", a=1.0)),
        ("goes with a model", lambda p: sm.find(p, lattice="sc", output=1)),
        ("it goes with lattice='fcc'", lambda p: sm.find(p, a=3.6)),
    ],
)
def test_bad_calls_of_find_get_one_line(words, call, tmp_path) -> None:
    path = write(defects.build_crystal("sc", 1.0, (4, 4, 4)), tmp_path / "po.extxyz")
    with pytest.raises(SymmeterError, match=words) as caught:
        call(path)
    assert "\n" not in str(caught.value)

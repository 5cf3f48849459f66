"""``symmeter spacetime defects`` and ``symmeter find`` on atoms: tables, files, and one line for bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest

from symmeter.cli.app import main
from symmeter.spacetime import defects


@pytest.fixture
def atoms(tmp_path):
    crystal = defects.dislocated_cylinder("screw", radius=9.0)
    rows = "\n".join(f"Po {x:.8f} {y:.8f} {z:.8f}" for x, y, z in crystal.positions)
    cell = " ".join(str(v) for v in crystal.cell.ravel())
    path = tmp_path / "po.extxyz"
    path.write_text(f'{crystal.n}\nLattice="{cell}" Properties=species:S:1:pos:R:3 pbc="F F T"\n{rows}\n')
    return path


@pytest.fixture
def density(tmp_path):
    alpha = defects.line_density((64, 64), 1.0, [((16, 32), (0, 0, 1)), ((48, 32), (0, 0, -1))], 2.0)
    path = tmp_path / "alpha.npz"
    np.savez(path, alpha=alpha, spacing=1.0)
    return path


def call(capsys, *words):
    status = main([str(w) for w in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_analyse_for_people_and_machines(capsys, atoms, tmp_path) -> None:
    outs = [tmp_path / f"out.{e}" for e in ("json", "extxyz", "vtk")]
    words = [w for out in outs for w in ("--out", out)]
    status, out, _ = call(capsys, "spacetime", "defects", "analyse", atoms, "--lattice", "sc", "--a", "1.0", *words)
    assert status == 0
    assert "screw" in out
    assert "a [0 0 -1]" in out
    assert "Burgers vectors add up to a [0, 0, -1]" in out.replace("-0,", "0,")
    assert all(p.stat().st_size > 100 for p in outs)
    status, out, _ = call(capsys, "spacetime", "defects", "analyse", atoms, "--lattice", "sc", "--json", "--quiet")
    found = json.loads(out)
    assert found["loops"][0]["integers"] == [0, 0, -1]
    assert found["a"] == pytest.approx(1.0, abs=0.01)
    assert json.loads(outs[0].read_text())["loops"][0]["integers"] == [0, 0, -1]


def test_field_and_its_stress(capsys, density, tmp_path) -> None:
    status, out, _ = call(capsys, "spacetime", "defects", "field", density)
    assert status == 0
    assert "64 x 64 points" in out
    assert "axial 33.3%" in out
    saved = tmp_path / "s.npz"
    status, out, _ = call(
        capsys,
        "spacetime",
        "defects",
        "field",
        density,
        "--stress",
        "--lame",
        "1.5,1.0",
        "--out",
        saved,
        "--json",
        "--quiet",
    )
    found = json.loads(out)
    assert found["curl_error"] < 1e-14
    assert found["energy"] > 0
    with np.load(saved) as data:
        assert data["stress"].shape == (3, 3, 64, 64)


def test_find_on_atoms(capsys, atoms, tmp_path) -> None:
    page = tmp_path / "r.html"
    status, out, _ = call(capsys, "find", atoms, "--lattice", "sc", "--a", "1", "--html", page)
    assert status == 0
    assert "screw dislocation" in out
    assert "Burgers vectors" in page.read_text()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["analyse", "nix.extxyz"], "cannot read nix.extxyz"),
        (["analyse", "ATOMS", "--lattice", "sc", "--a", "10"], "a is about"),
        (["analyse", "ATOMS", "--lattice", "cs"], "no reference lattice"),
        (["analyse", "ATOMS", "--map", "alfa"], "did you mean 'alpha'"),
        (["analyse", "ATOMS", "--out", "a.bmp"], "change the extension"),
        (["analyse", "ATOMS", "--out", "nowhere/a.json"], "does not exist; make it first"),
        (["field", "ATOMS"], "is no .npz file of numbers"),
        (["field", "nix.npz"], "cannot read nix.npz"),
        (["field", "DENSITY", "--stress"], "the stiffness is missing"),
        (["field", "DENSITY", "--stress", "--lame", "1"], "it takes 2"),
        (["field", "DENSITY", "--stress", "--lame", "1,x"], "no list of numbers"),
        (["field", "DENSITY", "--stress", "--lame", "1,1", "--cubic", "1,2,3"], "give one"),
        (["field", "DENSITY", "--out", "s.vtk"], "add --stress"),
        (["field", "DENSITY", "--spacing", "1,2,3"], "spacing"),
    ],
)
def test_bad_input_gets_one_line(capsys, atoms, density, monkeypatch, tmp_path, words, line) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(p.name for p in tmp_path.iterdir())
    filled = [{"ATOMS": atoms, "DENSITY": density}.get(w, w) for w in words]
    status, out, err = call(capsys, "spacetime", "defects", *filled)
    assert status == 2
    assert out == ""
    assert err.startswith("error: ")
    assert line in err
    assert err.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_arrays_that_are_missing_are_named(capsys, tmp_path) -> None:
    np.savez(tmp_path / "b.npz", beta=np.zeros(3))
    np.savez(tmp_path / "c.npz", alpha=np.zeros((3, 3, 8, 8)))
    _, _, err = call(capsys, "spacetime", "defects", "field", tmp_path / "b.npz")
    assert "has no array 'alpha' (it has beta)" in err
    _, _, err = call(capsys, "spacetime", "defects", "field", tmp_path / "c.npz")
    assert "spacing= is missing" in err


def test_one_array_and_empty_lists_are_refused(capsys, density, tmp_path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 3, 8, 8)))
    for words, line in (
        ([tmp_path / "a.npy"], "one array; save alpha"),
        ([density, "--spacing", ""], "no list of numbers"),
        ([density, "--spacing", " , "], "no list of numbers"),
    ):
        status, _, err = call(capsys, "spacetime", "defects", "field", *words)
        assert status == 2
        assert line in err
        assert err.count("\n") == 1


def test_density_of_a_coframe_has_the_opposite_stress(capsys, density, tmp_path) -> None:
    found = []
    for of in ("distortion", "coframe"):
        out = tmp_path / f"{of}.npz"
        words = ("--stress", "--lame", "1,1", "--of", of, "--out", out, "--quiet")
        assert call(capsys, "spacetime", "defects", "field", density, *words)[0] == 0
        with np.load(out) as data:
            found.append(data["stress"])
    np.testing.assert_array_equal(found[0], -found[1])
    assert np.abs(found[0]).max() > 0.05

"""`symmeter shapes point-group` and `symmeter find` on shapes: tables, JSON, files, one-line errors."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from symmeter.cli import main
from symmeter.shapes import poly
from symmeter.shapes.shape_files import read_shape

MOLECULES = Path(__file__).parents[2] / "examples" / "molecules"


def test_the_table_for_people(capsys):
    assert main(["shapes", "point-group", str(MOLECULES / "ammonia.xyz"), "--operations"]) == 0
    shown = capsys.readouterr().out
    for text in ("C3v (3m), order 6", "a C3 axis and 3 mirror planes", "none found", "C3^2", "(1,3,2)", "H3N"):
        assert text in shown
    assert main(["shapes", "point-group", str(MOLECULES / "carbon-dioxide.xyz")]) == 0
    assert "D*h (∞/mm), infinite" in capsys.readouterr().out


def test_json_files_and_pictures(tmp_path, capsys):
    noisy = tmp_path / "noisy.xyz"
    shape = read_shape(MOLECULES / "allene.xyz")
    rng = np.random.default_rng(1)
    rows = [
        f"{s} {' '.join(map(str, x))}" for s, x in zip(shape.labels, shape.points + 0.01 * rng.standard_normal((7, 3)))
    ]
    noisy.write_text("\n".join(["7", "allene", *rows]), encoding="utf-8")
    clean, picture = tmp_path / "clean.xyz", tmp_path / "allene.svg"
    words = [str(noisy), "--noise", "0.01", "--operations", "--json", "--out", str(clean), "--picture", str(picture)]
    assert main(["shapes", "point-group", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["group"], found["order"], found["noise_is"]) == ("D2d", 8, "given")
    assert found["p_value"] > 0.01
    assert len(found["operations"]) == 8
    assert found["operations"][0]["name"] == "E"
    assert found["next_smaller"]["relative_deviation"] <= found["relative_deviation"]
    assert found["file"] == str(clean)
    ElementTree.parse(picture)
    assert main(["shapes", "point-group", str(clean), "--tol", "1e-8", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["shapes", "point-group", str(clean), "--tol", "1e-8", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["group"] == "D2d"


def test_missing_points(tmp_path, capsys):
    lines = (MOLECULES / "allene.xyz").read_text(encoding="utf-8").splitlines()
    holed = tmp_path / "holed.xyz"
    holed.write_text("\n".join(["6", *lines[1:-1]]), encoding="utf-8")
    assert main(["shapes", "point-group", str(holed), "--missing", "1", "-o", str(tmp_path / "whole.xyz")]) == 0
    shown = capsys.readouterr().out
    assert "Cs (m), order 2" in shown
    assert "D2d (-42m), order 8" in shown
    assert "H (-0.9329, 0" in shown
    assert read_shape(tmp_path / "whole.xyz").formula == "C3H4"
    assert main(["shapes", "point-group", str(MOLECULES / "allene.xyz"), "--missing", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["completed"]["added"] == []


def test_meshes_and_points(tmp_path, capsys):
    poly("J44").mesh().export(tmp_path / "a.stl")
    assert main(["shapes", "point-group", str(tmp_path / "a.stl"), "--out", str(tmp_path / "b.obj")]) == 0
    assert "D3 (32), order 6" in capsys.readouterr().out
    assert (tmp_path / "b.obj").exists()
    np.save(tmp_path / "points.npy", poly("cube").vertices)
    assert main(["shapes", "point-group", str(tmp_path / "points.npy")]) == 0
    assert "Oh (m-3m), order 48" in capsys.readouterr().out


def test_find_reads_shapes(tmp_path, capsys):
    page = tmp_path / "r.html"
    assert main(["find", str(MOLECULES / "methane.xyz"), "--html", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["findings"][0]["group"] == "Td"
    assert "data-shape=" in page.read_text(encoding="utf-8")
    np.save(tmp_path / "points.npy", poly("cube").vertices * [1, 1, 1.01])
    for words, group in (
        ([], "D4h"),
        (["--tol", "0.01"], "Oh"),
        (["--noise", "0.004"], "Oh"),
        (["--noise", "estimate"], "D4h"),
    ):
        assert main(["find", str(tmp_path / "points.npy"), "--kind", "points", "--json", *words]) == 0
        assert json.loads(capsys.readouterr().out)["findings"][0]["group"] == group, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shapes", "point-group", "nothing.xyz"], "cannot read nothing.xyz: No such file or directory"),
        (["shapes", "point-group", "wrong.xyz"], "wrong.xyz: line 1 promises 9 atoms; 1 lines follow"),
        (["shapes", "point-group", "broken.off"], "broken.off: line 6: face 0 is '3 0 1 7'"),
        (["shapes", "point-group", "ok.xyz", "--tol", "2"], "tol is 2.0"),
        (["shapes", "point-group", "ok.xyz", "--noise", "much"], "neither a number nor 'estimate'"),
        (["shapes", "point-group", "ok.xyz", "--noise", "1", "--tol", "0.1"], "both given"),
        (["shapes", "point-group", "ok.xyz", "--out", "a.obj"], "written as .xyz or .npy"),
        (["shapes", "point-group", "ok.xyz", "--picture", "a.png"], "written as .svg"),
        (["shapes", "point-group", "wide.npy"], "wide.npy has 4 columns; points are one table of three"),
        (["find", "wide.npy", "--kind", "points"], "wide.npy has 4 columns"),
        (["find", "wide.npy", "--tol", "0.1"], "tol= goes with a shape"),
        (["find", "ok.xyz", "--grid", "2x2"], "grid= goes with a table"),
        (["find", "ok.xyz", "wide.npy"], "looked at one by one"),
    ],
)
def test_bad_input_is_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("wrong.xyz").write_text("9\n\nH 0 0 0\n", encoding="utf-8")
    Path("broken.off").write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 7\n", encoding="utf-8")
    Path("ok.xyz").write_text("2\n\nH 0 0 0\nF 0 0 0.92\n", encoding="utf-8")
    np.save("wide.npy", np.random.default_rng(0).standard_normal((9, 4)))
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err
    assert shown.err.count("\n") == 1

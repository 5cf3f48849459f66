"""`symmeter shapes`: the table, the file, JSON, and wrong names."""

from __future__ import annotations

import json

import pytest

from symmeter.cli import main
from symmeter.shapes import read_mesh


def test_poly_writes_a_file_and_prints_a_table(tmp_path, capsys):
    assert main(["shapes", "poly", "U29", "-o", str(tmp_path / "snub.obj")]) == 0
    shown = capsys.readouterr()
    assert "snub dodecahedron" in shown.out
    assert "I of order 60, chiral" in shown.out
    assert "snub.obj" in shown.err
    assert len(read_mesh(tmp_path / "snub.obj").faces) == 92


def test_poly_as_json_with_the_visible_surface(tmp_path, capsys):
    path = tmp_path / "star.stl"
    assert main(["shapes", "poly", "great", "icosahedron", "--visible", "--json", "-o", str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["group"], found["density"], found["indices"]["wenninger"]) == ("Ih", 7, 41)
    assert found["file"] == str(path)
    assert len(read_mesh(path).faces) == 180


def test_list(capsys):
    assert main(["shapes", "list", "johnson", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found["shapes"]) == 92
    assert found["missing"] == []
    assert main(["shapes", "list", "platonic"]) == 0
    assert "dodecahedron" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["poly", "snub", "kube"], "did you mean snub cube?"),
        (["poly", "U12", "-o", "a.xyz"], "meshes are not written as .xyz"),
        (["poly", "2|3 7"], "no triangle on a sphere"),
        (["list", "johnsen"], "did you mean johnson?"),
        (["pol"], "did you mean poly?"),
    ],
)
def test_bad_input_is_one_line(words, text, capsys):
    assert main(["shapes", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert text in shown.err
    assert shown.err.count("\n") == 1

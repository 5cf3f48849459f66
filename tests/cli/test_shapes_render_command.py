"""`symmeter shapes render`: the picture, its maps, JSON, and wrong words."""

from __future__ import annotations

import json

import pytest

from symmeter.cli import main
from symmeter.shapes import poly


def test_a_picture_of_the_asked_size(tmp_path, capsys):
    path = tmp_path / "snub.png"
    assert (
        main(["shapes", "render", "snub", "cube", "-o", str(path), "--size", "40x30", "--view", "4-fold", "--json"])
        == 0
    )
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert (found["name"], found["width"], found["height"], found["file"]) == ("snub cube", 40, 30, str(path))
    assert found["direction"] == [0.0, 0.0, 1.0]
    data = path.read_bytes()
    assert data[:4] == b"\x89PNG"
    assert int.from_bytes(data[16:20]) == 40
    assert int.from_bytes(data[20:24]) == 30


def test_a_mesh_file_and_a_map(tmp_path, capsys):
    mesh = poly("U34").mesh(visible=True).export(tmp_path / "star.stl")
    plain, depth = tmp_path / "a.png", tmp_path / "b.png"
    assert main(["shapes", "render", str(mesh), "-o", str(plain), "--size", "32", "--look", "wireframe"]) == 0
    assert main(["shapes", "render", str(mesh), "-o", str(depth), "--size", "32", "--map", "depth", "--quiet"]) == 0
    assert "picture: " in capsys.readouterr().err
    assert plain.read_bytes() != depth.read_bytes()


def test_the_same_words_give_the_same_picture(tmp_path):
    words = ["shapes", "render", "U29", "--size", "48", "--view", "random 5", "--look", "glass", "-o"]
    paths = [tmp_path / f"{k}.png" for k in range(2)]
    for path in paths:
        assert main([*words, str(path)]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["cub"], "did you mean cube?"),
        (["cube", "--view", "tpo"], "did you mean top?"),
        (["cube", "--view", "5-fold"], "it has 2-fold, 3-fold, 4-fold"),
        (["cube", "--look", "sold"], "did you mean solid?"),
        (["cube", "--colour", "tael"], "did you mean teal?"),
        (["cube", "--map", "dept"], "did you mean depth?"),
        (["cube", "--size", "5x"], "write 512, or 640x480"),
        (["cube", "--projection", "orth"], "perspective or orthographic"),
        (["cube", "--fov", "0"], "between 1 and 150"),
        (["nothing.stl"], "there is no file nothing.stl"),
    ],
)
def test_bad_words_are_one_line(words, text, tmp_path, capsys):
    assert main(["shapes", "render", *words, "-o", str(tmp_path / "a.png")]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert text in shown.err
    assert shown.err.count("\n") == 1
    assert not (tmp_path / "a.png").exists()


def test_another_ending_is_refused(tmp_path, capsys):
    assert main(["shapes", "render", "cube", "-o", str(tmp_path / "a.jpg")]) == 2
    assert "written as .png" in capsys.readouterr().err

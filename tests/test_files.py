"""Files are written whole or not at all, and what stands in the way is said in one line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import numpy as np
import pytest

from symmeter.errors import InputError, OutputError
from symmeter.files import check_picture, write_arrays, write_as, write_atomic, write_figure


def refusal(path: object, data: str | bytes = "x") -> str:
    with pytest.raises(OutputError) as caught:
        write_atomic(path, data)  # type: ignore[arg-type]
    text = str(caught.value)
    assert text.isprintable()
    assert text.startswith("cannot write ")
    return text


def test_text_and_bytes(tmp_path: Path) -> None:
    assert write_atomic(tmp_path / "a.html", "größe\r\n") == tmp_path / "a.html"
    assert (tmp_path / "a.html").read_bytes() == "größe\r\n".encode()
    write_atomic(str(tmp_path / "a.html"), b"\x00\x01")
    assert (tmp_path / "a.html").read_bytes() == b"\x00\x01"
    assert os.listdir(tmp_path) == ["a.html"]


def test_mode_is_kept_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    write_atomic(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_links_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_longest_possible_name(tmp_path: Path) -> None:
    write_atomic(tmp_path / ("n" * 255), "x")
    assert "name too long" in refusal(tmp_path / ("n" * 256)).lower()
    assert os.listdir(tmp_path) == ["n" * 255]


def test_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomic("here.txt", "x")
    assert (tmp_path / "here.txt").read_text() == "x"


def test_places_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"there is no folder {tmp_path / 'no'}; create it first" in refusal(tmp_path / "no" / "a.html")
    assert "it is a folder" in refusal(tmp_path)
    assert "it is a folder" in refusal(f"{tmp_path}/new/")
    (tmp_path / "file").touch()
    assert "there is no folder" in refusal(tmp_path / "file" / "a.html")
    assert "it is a folder" in refusal("")
    assert "null" in refusal("a\0b")
    assert "there is no folder" in refusal(str(tmp_path / "a\nb" / "c"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "write-protected" in refusal(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]


def test_folder_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "no permission to write" in refusal(tmp_path / "a")


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, step: str
) -> None:
    (tmp_path / "a").write_text("old")

    def broken(*_: object) -> None:
        raise failure

    monkeypatch.setattr(os, step, broken)
    expected = OutputError if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected) as caught:
        write_atomic(tmp_path / "a", "new")
    monkeypatch.undo()
    if expected is OutputError:
        assert "No space left on device" in str(caught.value)
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_devices_are_written_directly(tmp_path: Path) -> None:
    write_atomic("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_arrays_come_back_without_pickle(tmp_path: Path) -> None:
    path = write_arrays(tmp_path / "a.npz", {"x": [1.0, 2.0], "names": ("a", "b"), "n": 3})
    with np.load(path, allow_pickle=False) as data:
        assert data["x"].tolist() == [1.0, 2.0]
        assert data["names"].tolist() == ["a", "b"]
        assert int(data["n"]) == 3
    with pytest.raises(InputError, match="maps is an array of objects"):
        write_arrays(tmp_path / "b.npz", {"maps": [abs, max]})
    assert not (tmp_path / "b.npz").exists()


def test_a_figure_is_the_same_file_twice(tmp_path: Path) -> None:
    figure_module = pytest.importorskip("matplotlib.figure")

    def draw() -> object:
        figure = figure_module.Figure(figsize=(2, 2))
        # A line that is cut off has an identifier in an SVG.
        axes = figure.subplots()
        axes.plot([0, 5], [0, 5])
        axes.set(xlim=(0, 1), ylim=(0, 1))
        return figure

    starts = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    for suffix, start in starts.items():
        one, two = (write_figure(draw(), tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert one == two
        assert one.startswith(start)


def test_other_extensions_are_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    check_picture(None)
    check_picture("a.PDF")
    with pytest.raises(InputError, match=r"a picture is saved as \.svg, \.png or \.pdf; change the extension"):
        check_picture("a.bmp")
    asked: list[str] = []
    writers = {".npz": lambda: asked.append("npz"), ".vtk": lambda: asked.append("vtk")}
    assert write_as(tmp_path / "a.VTK", "maps are", writers) == tmp_path / "a.VTK"
    with pytest.raises(InputError, match=r"a\.doc: maps are saved as \.npz or \.vtk"):
        write_as("a.doc", "maps are", writers)
    assert asked == ["vtk"]

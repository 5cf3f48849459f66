"""What `symmeter find` passes to the library and prints, on a stand-in for the search."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

import symmeter
from symmeter.cli.app import main


class StandIn:
    """A report without the search behind it."""

    subject = "read x.npy: 5 samples of 4 columns"
    summary = "The data have everything."

    def __init__(self, found):
        self.found = found

    def to_json(self):
        return {"subject": self.subject, "findings": list(self.found)}

    def save(self, path):
        Path(path).write_text("saved")
        return Path(path)

    def __rich_console__(self, console, options):
        yield "a table for people"


@pytest.fixture
def search(monkeypatch):
    calls = []

    def find(source, **options):
        calls.append((source, options))
        options["progress"](0.5, "looking")
        return StandIn(find.found)

    find.found = ("shift x",)
    module = ModuleType("symmeter.find")
    module.find = find
    monkeypatch.setitem(sys.modules, "symmeter.find", module)
    monkeypatch.setitem(vars(symmeter), "find", find)
    find.calls = calls
    return find


def test_options_arrive(search, capsys):
    words = ["find", "a.npy", "--grid", "4x6", "--dictionary", "shifts,flips", "--alpha", "0.05"]
    words += ["--complex", "split", "--columns", "0,2", "--n", "7"]
    assert main([*words, "--kind", "covariance", "--seed", "3"]) == 0
    source, options = search.calls[0]
    assert source == "a.npy"
    options.pop("progress")
    assert options == {
        "grid": (4, 6),
        "dictionary": "shifts,flips",
        "alpha": 0.05,
        "complex": "split",
        "columns": "0,2",
        "n": 7,
        "kind": "covariance",
        "rng": 3,
    }
    captured = capsys.readouterr()
    assert captured.out == "a table for people\n"
    assert captured.err == ""


def test_complex_auto_is_the_default(search):
    main(["find", "a.npy", "--complex", "auto"])
    assert search.calls[0][1]["complex"] is False


def test_several_files_are_one_list(search):
    main(["find", "a.npy", "b.npy"])
    source, options = search.calls[0]
    assert source == ["a.npy", "b.npy"]
    assert options["grid"] is None
    assert options["complex"] is False


def test_nothing_found_is_no_error(search):
    search.found = ()
    assert main(["find", "a.npy"]) == 0


def test_json_is_alone_on_standard_output(search, capsys):
    assert main(["find", "a.npy", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["findings"] == ["shift x"]
    assert StandIn.subject in captured.err
    assert StandIn.summary in captured.err


def test_quiet_is_quiet(search, capsys, tmp_path):
    assert main(["find", "a.npy", "--quiet", "--html", str(tmp_path / "r.html")]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert (tmp_path / "r.html").read_text() == "saved"


def test_reports_are_saved_where_asked(search, capsys, tmp_path):
    html, out = tmp_path / "r.html", tmp_path / "r.json"
    assert main(["find", "a.npy", "--html", str(html), "--out", str(out)]) == 0
    assert html.exists()
    assert out.exists()
    assert str(html) in capsys.readouterr().err


def test_an_unwritable_output_is_refused_before_the_search(search, tmp_path, capsys):
    (tmp_path / "r.html").mkdir()
    assert main(["find", "a.npy", "--html", str(tmp_path / "r.html")]) == 2
    assert "is a folder" in capsys.readouterr().err
    assert search.calls == []


def test_examples_stand_before_the_options(capsys):
    main(["find", "--help"])
    out = capsys.readouterr().out
    assert out.count("symmeter find ") >= 3
    assert out.index("Examples:") < out.index("Options:")

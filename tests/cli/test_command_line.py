"""The command line as a user meets it: exit status, one-line errors, JSON alone on standard output."""

import json
import os
import re
import subprocess
import sys

import pytest

from symmeter.cli.app import _COMMANDS, main
from symmeter.errors import ShapeError


def run(*words, env=None, **kwargs):
    return subprocess.run(
        [sys.executable, "-m", "symmeter", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
        **kwargs,
    )


def call(capsys, *words):
    status = main(words)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_help_lists_every_command(capsys):
    status, out, err = call(capsys, "--help")
    assert (status, err) == (0, "")
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in _COMMANDS)


def test_no_words_show_the_help(capsys):
    status, out, _ = call(capsys)
    assert status == 0
    assert "Usage: symmeter" in out


def test_version(capsys):
    from symmeter import __version__

    assert call(capsys, "--version") == (0, f"symmeter {__version__}\n", "")


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_table_and_the_command_say_the_same(name):
    import click

    from symmeter.cli.app import app

    command = app.get_command(click.Context(app), name)
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["fnid"], "error: no command is called 'fnid'; did you mean find? (see symmeter --help)"),
        (["paper"], "error: no command is called 'paper'; did you mean papers? (see symmeter --help)"),
        (["find"], "error: Missing argument 'PATHS...'. (see symmeter find --help)"),
        (["find", "x.npy", "--grid", "8by8"], "8by8"),
        (["find", "x.npy", "--grid", "0x8"], "both sides must be 1 or more"),
        (["find", "x.npy", "--alpha", "2"], "2.0 is not in the range 0<x<1"),
        (["find", "x.npy", "--html", "report.pdf"], "a report is saved here as .html or .htm"),
        (["find", "x.npy", "--out", "nowhere/report.json"], "the folder nowhere does not exist"),
        (["reproduce", "group-selction"], "no paper is called 'group-selction'; did you mean group-selection?"),
        (["reproduce", "yukawa-unification"], "yukawa-unification is not built yet"),
        (["cite", "nonsense"], "no paper is called 'nonsense'"),
        (["completion", "csh"], "'csh' is not one of 'bash', 'zsh', 'fish'"),
        (["doctor", "--jsn"], "No such option"),
        (["bench", "gaunt", "--lmax", "0"], "start at 1"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, words, text):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(capsys, *words)
    assert status == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert text in err
    assert list(tmp_path.iterdir()) == []


class TestFailures:
    """What the wrapper makes of errors that a command raises."""

    @pytest.fixture(autouse=True)
    def _command(self, monkeypatch):
        import click

        from symmeter.cli import conventions as module

        def fail():
            raise self.error

        monkeypatch.delenv("SYMMETER_DEBUG", raising=False)
        monkeypatch.setattr(module, "conventions", click.command("conventions")(fail))

    def test_an_error_of_ours(self, capsys):
        self.error = ShapeError("grid 8x8 has 64 cells,\n the data have 63 columns")
        expected = (2, "", "error: grid 8x8 has 64 cells, the data have 63 columns\n")
        assert call(capsys, "conventions") == expected

    def test_a_defect_of_ours_names_itself(self, capsys):
        self.error = ZeroDivisionError("division by zero")
        status, out, err = call(capsys, "conventions")
        assert (status, out, err.count("\n")) == (70, "", 1)
        assert "ZeroDivisionError: division by zero" in err
        assert "Traceback" not in err

    def test_ctrl_c(self, capsys):
        self.error = KeyboardInterrupt()
        assert call(capsys, "conventions") == (130, "", "interrupted\n")

    def test_ctrl_c_with_what_was_kept(self, capsys):
        self.error = KeyboardInterrupt("2 finished parts are kept in here; the same command resumes")
        status, _, err = call(capsys, "conventions")
        assert status == 130
        assert err == "interrupted; 2 finished parts are kept in here; the same command resumes\n"

    def test_debug_shows_where(self, monkeypatch):
        monkeypatch.setenv("SYMMETER_DEBUG", "1")
        self.error = ShapeError("wrong")
        with pytest.raises(ShapeError):
            main(["conventions"])


@pytest.mark.parametrize("words", [["conventions"], ["papers", "--json"], ["cite", "find"]])
def test_a_reader_that_leaves_early_is_no_error(words):
    process = subprocess.Popen(
        [sys.executable, "-m", "symmeter", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert err == ""
    assert process.returncode in (0, 1)


def test_a_terminal_without_unicode_gets_no_traceback():
    done = run("papers", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert json.loads(run("papers", "--json", env={"PYTHONIOENCODING": "ascii"}).stdout)


def test_doctor_as_json(capsys):
    import numpy

    from symmeter import __version__

    status, out, err = call(capsys, "doctor", "--json")
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert found["symmeter"] == __version__
    assert found["packages"]["numpy"] == numpy.__version__
    assert found["cores"] >= 1
    assert set(found["gpu"]) == {"present", "kind", "torch", "torch_build"}


def test_doctor_does_not_import_what_it_reports():
    code = "import sys; from symmeter.cli.doctor import examine; examine(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_doctor_resolves_extras_of_extras(monkeypatch):
    from symmeter.cli import doctor

    lines = [
        "numpy>=2",
        'numba>=0.6; extra == "fast"',
        'symmeter[fast]; extra == "quantum"',
        'absent-package>=1; sys_platform == "linux" and extra == "chem"',
        'pytest; extra == "dev"',
    ]
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: lines)
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "absent-package" else "1.0")
    assert doctor._extras() == {
        "chem": {"absent-package": None},
        "fast": {"numba": "1.0"},
        "quantum": {"numba": "1.0"},
    }


def test_doctor_for_people(capsys):
    status, out, _ = call(capsys, "doctor")
    assert status == 0
    assert "linear algebra" in out


def test_conventions_as_json(capsys):
    from symmeter.conventions import CONVENTIONS, VERSION

    status, out, _ = call(capsys, "conventions", "--json")
    table = json.loads(out)
    assert status == 0
    assert table["version"] == VERSION
    assert [c["matter"] for c in table["conventions"]] == [c.matter for c in CONVENTIONS]


def test_conventions_for_people_names_every_matter(capsys):
    from symmeter.conventions import CONVENTIONS

    out = " ".join(call(capsys, "conventions")[1].split())
    assert all(c.matter.split()[0] in out for c in CONVENTIONS)


def test_papers_as_json(capsys):
    status, out, err = call(capsys, "papers", "--json")
    papers = json.loads(out)
    assert (status, err) == (0, "")
    assert len(papers) == 19
    assert all(list(p) == ["slug", "title", "date", "authors", "summary", "status"] for p in papers)


def test_cite_find_names_software_and_method(capsys):
    status, out, _ = call(capsys, "cite", "find")
    assert status == 0
    assert "@software{symmeter," in out
    assert "2605.00834" in out


def test_cite_option_of_papers_is_the_same_entry(capsys):
    one = call(capsys, "papers", "--cite", "group-selection")[1]
    assert one.strip() in call(capsys, "cite", "group-selection")[1]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(capsys, shell):
    status, out, _ = call(capsys, "completion", shell)
    assert status == 0
    assert "_SYMMETER_COMPLETE" in out


def test_completion_completes():
    done = run(env={"_SYMMETER_COMPLETE": "bash_complete", "COMP_WORDS": "symmeter pa", "COMP_CWORD": "1"})
    assert done.stdout.strip() == "plain,papers"

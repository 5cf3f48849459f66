"""Running a paper: results and figure on disk, claims that fall short shown as such, Ctrl-C and resume."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from symmeter.cli.app import main
from symmeter.errors import InputError, MissingDependencyError, OutputError, UnknownNameError
from symmeter.papers import Claim, Outcome, Paper
from symmeter.papers.run import run_paper

SQUARE = Claim("the squares add up", "14", "the formula n(n+1)(2n+1)/6", "derived")
NORMAL = Claim("the mean of the draws is small", "< 10", "our aim", "goal")
LARGE = Claim("it scales", "< 1 s", "section 3")

calls = []
interrupt_at = []


def experiment(scale, checkpoints, progress, seed):
    """Two parts, of which the second may be interrupted."""

    def squares():
        calls.append("squares")
        return [k * k for k in range(4)]

    def draws():
        if interrupt_at:
            raise KeyboardInterrupt
        calls.append("draws")
        return {"x": np.random.default_rng(seed).normal(size=5)}

    progress(0.0, "squares")
    total = sum(checkpoints.get_or_compute("squares", squares))
    progress(0.5, "draws")
    x = checkpoints.get_or_compute("draws", draws)["x"]
    return Outcome(
        measured=(
            LARGE.skipped("needs scale full"),
            NORMAL.judge(bool(abs(x.mean()) < 10), float(x.mean()), "5 draws"),
            SQUARE.judge(total == 14, total),
        ),
        figure=lambda: "<svg xmlns='http://www.w3.org/2000/svg'/>",
        tables={"draws": x, "worst": float("inf")},
    )


def fake(run=experiment, claims=(SQUARE, NORMAL, LARGE)):
    return Paper("fake", "A Fake Paper", 2, "2026-01-01", "It is not real.", ("symmeter.errors",), claims, run)


@pytest.fixture(autouse=True)
def _fresh():
    calls.clear()
    interrupt_at.clear()


def test_results_on_disk(tmp_path):
    seen = []
    record = run_paper(fake(), "smoke", tmp_path / "new" / "folder", seed=4, progress=lambda *a: seen.append(a))
    results = json.loads((tmp_path / "new" / "folder" / "results.json").read_text(encoding="utf-8"))
    assert results["schema"] == "symmeter/results/1"
    assert (results["slug"], results["scale"], results["seed"], results["passed"]) == ("fake", "smoke", 4, None)
    assert results["counts"] == {"passed": 2, "falls short": 0, "not run": 1}
    assert [c["statement"] for c in results["claims"]] == [c.statement for c in (SQUARE, NORMAL, LARGE)]
    assert [c["outcome"] for c in results["claims"]] == ["passed", "passed", "not run"]
    assert results["claims"][0]["measured"] == 14
    assert results["tables"]["worst"] == {"__float__": "inf"}
    assert set(results["versions"]) == {"symmeter", "conventions", "python", "numpy", "scipy"}
    assert results["wall_seconds"] >= 0
    assert results["figure"] == "figure.svg"
    assert record.figure_path.read_text().startswith("<svg")
    assert sorted(p.name for p in record.results_path.parent.iterdir()) == ["figure.svg", "results.json"]
    assert seen == [(0.0, "squares"), (0.5, "draws")]
    assert record.sentence.startswith("2 of 3 claims passed, none falls short, 1 not run at this scale")


def test_results_do_not_name_the_machine(tmp_path):
    import getpass
    import platform

    run_paper(fake(), "smoke", tmp_path)
    text = (tmp_path / "results.json").read_text(encoding="utf-8")
    assert platform.node() not in text
    assert str(tmp_path) not in text
    assert f'"{getpass.getuser()}"' not in text


def test_same_seed_same_results(tmp_path):
    first, second, other = (
        run_paper(fake(), "smoke", tmp_path / n, seed=s).to_json() for n, s in (("a", 1), ("b", 1), ("c", 2))
    )
    for results in (first, second, other):
        results.pop("wall_seconds")
        results.pop("summary")
    assert first == second
    assert first["tables"] != other["tables"]


def test_ctrl_c_keeps_finished_parts_and_the_same_call_resumes(tmp_path):
    interrupt_at.append("draws")
    with pytest.raises(KeyboardInterrupt, match=r"1 finished part is kept in .*; the same command resumes"):
        run_paper(fake(), "smoke", tmp_path)
    assert not (tmp_path / "results.json").exists()
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["squares.json"]
    interrupt_at.clear()
    record = run_paper(fake(), "smoke", tmp_path)
    assert calls == ["squares", "draws"]
    assert record.resumed == ("squares",)
    assert json.loads(record.results_path.read_text())["resumed_parts"] == ["squares"]
    assert not (tmp_path / "checkpoints").exists()


def test_resumed_results_equal_uninterrupted_ones(tmp_path):
    interrupt_at.append("draws")
    with pytest.raises(KeyboardInterrupt):
        run_paper(fake(), "smoke", tmp_path / "a", seed=5)
    interrupt_at.clear()
    resumed = run_paper(fake(), "smoke", tmp_path / "a", seed=5).to_json()
    straight = run_paper(fake(), "smoke", tmp_path / "b", seed=5).to_json()
    assert resumed["claims"] == straight["claims"]
    assert resumed["tables"] == straight["tables"]


def test_parts_of_another_seed_are_not_used(tmp_path):
    interrupt_at.append("draws")
    with pytest.raises(KeyboardInterrupt):
        run_paper(fake(), "smoke", tmp_path, seed=1)
    interrupt_at.clear()
    record = run_paper(fake(), "smoke", tmp_path, seed=2)
    assert record.resumed == ()
    assert len(record.notes) == 1
    assert "made with seed 1" in record.notes[0]


def test_a_finished_run_measures_anew(tmp_path):
    run_paper(fake(), "smoke", tmp_path)
    run_paper(fake(), "smoke", tmp_path)
    assert calls == ["squares", "draws"] * 2


def test_a_claim_that_falls_short_is_shown(tmp_path):
    def run(scale, checkpoints, progress, seed):
        return Outcome(measured=(SQUARE.judge(False, 15),))

    record = run_paper(fake(run, claims=(SQUARE,)), "smoke", tmp_path)
    assert not record.passed
    assert "1 fall short" in record.sentence
    results = json.loads(record.results_path.read_text())
    assert results["claims"][0]["outcome"] == "falls short"
    assert results["passed"] is False
    assert record.figure_path is None


def test_a_forgotten_claim_is_not_a_passed_one(tmp_path):
    record = run_paper(fake(lambda **_: Outcome(measured=())), "smoke", tmp_path)
    assert [m.outcome for m in record.measured] == ["not run"] * 3


def test_a_result_without_a_claim_is_refused(tmp_path):
    stranger = Claim("something else", "1", "nowhere")
    with pytest.raises(InputError, match="belongs to no claim"):
        run_paper(fake(lambda **_: Outcome(measured=(stranger.judge(True, 1),))), "smoke", tmp_path)


def test_a_missing_plotting_package_costs_the_figure_only(tmp_path):
    def figure():
        raise MissingDependencyError("matplotlib", "plot", "the figure")

    def run(**_):
        return Outcome(measured=(SQUARE.judge(True, 14),), figure=figure)

    record = run_paper(fake(run, claims=(SQUARE,)), "smoke", tmp_path)
    assert record.passed
    assert record.figure_path is None
    assert 'pip install "symmeter[plot]"' in record.notes[0]


def test_a_matplotlib_figure_is_saved_twice(tmp_path):
    figures = pytest.importorskip("matplotlib.figure")

    def run(**_):
        return Outcome(measured=(SQUARE.judge(True, 14),), figure=lambda: figures.Figure(figsize=(1, 1)))

    record = run_paper(fake(run, claims=(SQUARE,)), "smoke", tmp_path)
    assert record.figure_path.read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "figure.svg").read_text()


def test_bad_words_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="scale 'huge' is unknown"):
        run_paper(fake(), "huge", tmp_path)
    with pytest.raises(InputError, match="claim kind"):
        Claim("x", "1", "y", kind="rumour")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be used for results"):
        run_paper(fake(), "smoke", tmp_path / "file")


class TestCommand:
    """`symmeter reproduce`, with the fake paper in place of the catalogue's."""

    @pytest.fixture(autouse=True)
    def _catalogue(self, monkeypatch, tmp_path):
        import symmeter.papers

        self.paper = fake()
        monkeypatch.setattr(symmeter.papers, "load_paper", lambda slug: self.paper)
        monkeypatch.chdir(tmp_path)

    def test_for_people(self, capsys):
        assert main(["reproduce", "fake"]) == 0
        captured = capsys.readouterr()
        assert "the squares add up" in captured.out
        assert "passed" in captured.out
        assert os.path.join("reproductions", "fake-smoke", "results.json") in captured.err

    def test_for_machines(self, capsys, tmp_path):
        assert main(["reproduce", "fake", "--json", "--out", "here", "--seed", "3", "--scale", "laptop"]) == 0
        captured = capsys.readouterr()
        results = json.loads(captured.out)
        assert (results["seed"], results["scale"]) == (3, "laptop")
        assert results == json.loads((tmp_path / "here" / "results.json").read_text(encoding="utf-8"))

    def test_quiet(self, capsys):
        assert main(["reproduce", "fake", "--quiet"]) == 0
        assert capsys.readouterr() == ("", "")

    def test_falling_short_is_status_1(self, capsys):
        self.paper = fake(lambda **_: Outcome(measured=(SQUARE.judge(False, 15),)), claims=(SQUARE,))
        assert main(["reproduce", "fake"]) == 1
        assert "falls short" in capsys.readouterr().out

    def test_ctrl_c_is_one_line_and_130(self, capsys):
        interrupt_at.append("draws")
        assert main(["reproduce", "fake"]) == 130
        err = capsys.readouterr().err
        assert err.startswith("interrupted; 1 finished part is kept in ")
        assert err.count("\n") == 1


def test_a_real_signal_in_the_middle(tmp_path):
    """A child process that gets SIGINT while it works leaves its finished part, no half-written file, status 130."""
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, time
            import symmeter.papers
            from symmeter.cli import main
            from symmeter.papers import Claim, Outcome, Paper

            CLAIM = Claim("it ends", "yes", "here")

            def run(scale, checkpoints, progress, seed):
                def slow():
                    print("working", flush=True)
                    time.sleep(float(sys.argv[1]))
                    return 2
                total = checkpoints.get_or_compute("one", lambda: 1) + checkpoints.get_or_compute("two", slow)
                return Outcome(measured=(CLAIM.judge(total == 3, total),))

            PAPER = Paper("fake", "Fake", 1, "2026-01-01", "x", (), (CLAIM,), run)
            symmeter.papers.load_paper = lambda slug: PAPER
            sys.exit(main(["reproduce", "fake", "--out", sys.argv[2]]))
            """
        )
    )
    out = tmp_path / "out"
    command = [sys.executable, str(script)]
    with subprocess.Popen(
        [*command, "60", str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "working\n"
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130
    assert err.count("\n") == 1
    assert [p.name for p in out.rglob("*") if p.is_file()] == ["one.json"]
    done = subprocess.run([*command, "0", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "results.json").read_text())["resumed_parts"] == ["one"]

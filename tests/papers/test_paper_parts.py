"""Papers whose claims fall into parts: one part alone, all of them, and wrong names."""

from __future__ import annotations

import json

import pytest

from symmeter.cli import main
from symmeter.errors import UnknownNameError
from symmeter.papers import load_paper
from symmeter.papers.catalogue import entry
from symmeter.papers.paper import Claim, Outcome, Paper, Part
from symmeter.papers.run import run_paper

WEIGHT, LENGTH = (Claim(f"{what} is right", "yes", "test", "goal") for what in ("weight", "length"))


def experiment(claim, passes, name):
    def run(scale, checkpoints, progress, seed):
        progress(0.5, name)
        value = checkpoints.get_or_compute(f"{name}.value", lambda: seed + 1)
        return Outcome((claim.judge(passes, value),), tables={"value": value})

    return run


@pytest.fixture
def paper():
    parts = {
        "weight": Part("Weights.", (WEIGHT,), experiment(WEIGHT, True, "weight")),
        "length": Part("Lengths.", (LENGTH,), experiment(LENGTH, False, "length")),
    }
    return Paper.of_parts(entry("polyhedra-benchmark"), (), parts)


def test_one_part_has_its_own_claims_and_result(paper, tmp_path):
    record = run_paper(paper.only("weight"), "smoke", tmp_path, seed=4)
    found = json.loads(record.results_path.read_text())
    assert (found["slug"], found["part"]) == ("polyhedra-benchmark", "weight")
    assert [c["statement"] for c in found["claims"]] == ["weight is right"]
    assert found["tables"] == {"value": 5}
    assert record.passed


def test_the_whole_runs_all_parts_and_keeps_their_order(paper, tmp_path):
    told = []
    record = run_paper(paper, "smoke", tmp_path, progress=lambda share, what: told.append((share, what)))
    assert [m.claim for m in record.measured] == [WEIGHT, LENGTH]
    assert record.counts == {"passed": 1, "falls short": 1, "not run": 0}
    assert record.tables == {"weight": {"value": 1}, "length": {"value": 1}}
    assert told == [(0.25, "weight"), (0.75, "length")]
    assert "part" not in json.loads(record.results_path.read_text())


def test_wrong_parts_are_named(paper):
    with pytest.raises(UnknownNameError, match="did you mean weight"):
        paper.only("wieght")
    with pytest.raises(UnknownNameError, match="its parts are weight, length"):
        paper.only("xyz")
    with pytest.raises(UnknownNameError, match="is one piece and has no part"):
        paper.only("weight").only("weight")
    with pytest.raises(UnknownNameError, match="leave --part out"):
        load_paper("group-selection").only("shapes")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["polyhedra-benchmark", "--part", "shape"], "did you mean shapes?"),
        (["group-selection", "--part", "shapes"], "group-selection is one piece and has no part 'shapes'"),
    ],
)
def test_the_command_tells_wrong_parts_in_one_line(words, text, capsys):
    assert main(["reproduce", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert text in shown.err
    assert shown.err.count("\n") == 1

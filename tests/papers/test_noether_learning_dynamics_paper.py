"""The experiment on charges: a smoke run passes what it can judge; laws that are wrong would be seen."""

from __future__ import annotations

import copy
import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from symmeter.papers._noether_learning_dynamics_claims import CLAIMS, judge
from symmeter.papers.noether_learning_dynamics import PAPER
from symmeter.papers.run import run_paper


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("charges")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_what_is_too_short(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS)
    assert (words.count("passed"), words.count("falls short")) == (11, 0)
    assert (out / "figure.svg").stat().st_size > 1000


def test_a_law_that_is_off_falls_short(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables["dense"][1]["worst"]["scale"]["exact"] = 1e-6
    tables["drifts"]["ratios"][0] = 1.4
    tables["overhead"] = {"plain": 1.0, "every step": 1.2, "every tenth": 1.005}
    found = {m.claim.statement: m.outcome for m in judge(tables, "laptop")}
    short = [s for s, outcome in found.items() if outcome == "falls short"]
    assert len(short) == 3
    assert any("dense network" in s for s in short)
    assert any("drift in proportion" in s for s in short)
    assert any("every step" in s for s in short)

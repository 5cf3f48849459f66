"""The experiment on pulsar timing: a smoke run passes what it can judge; errors would be seen."""

from __future__ import annotations

import copy
import json

import pytest

from symmeter.papers._pta_anisotropy_claims import CLAIMS, judge
from symmeter.papers.pta_anisotropy import PAPER
from symmeter.papers.run import run_paper


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("pulsars")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_what_needs_more(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS)
    assert (words.count("passed"), words.count("falls short")) == (10, 0)
    assert (out / "figure.svg").stat().st_size > 1000


def test_what_is_off_falls_short(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables["closed"]["published"] = 1e-6
    tables["recovery"] = {**tables["recovery"], "draws": 500, "mean": 1.9, "error": 0.01}
    tables["times"] = {"a": 0.02, "b": 0.1, "c": 0.05}
    short = [m.claim.statement for m in judge(tables, "laptop") if m.outcome == "falls short"]
    assert len(short) == 3
    assert any("closed forms" in s for s in short)
    assert any("without bias" in s for s in short)
    assert any("milliseconds" in s for s in short)


def test_more_sources_are_harder_to_tell_from_isotropy(results):
    shares = results[1]["tables"]["detections"]["shares"]
    assert shares[0] > 0.9
    assert shares[0] >= shares[1] >= shares[2] >= shares[3]
    assert shares[3] < 0.5

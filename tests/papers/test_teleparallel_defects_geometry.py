"""The geometry of defects as an experiment: a smoke run passes what it can judge; errors would be seen."""

from __future__ import annotations

import copy
import json

import pytest

from symmeter.papers._teleparallel_defects_geometry_claims import CLAIMS, judge
from symmeter.papers.run import run_paper
from symmeter.papers.teleparallel_defects import PAPER


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("defects")
    run_paper(PAPER.only("geometry"), "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_what_needs_more(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS) == 16
    assert (words.count("passed"), words.count("falls short")) == (14, 0)
    assert (out / "figure.svg").stat().st_size > 1000


def test_every_part_of_every_defect_is_listed(results):
    catalogue = results[1]["tables"]["catalogue"]
    assert len(catalogue) == 11
    for row in catalogue.values():
        assert set(row["report"]["torsion"]) == {"vector", "axial", "tensor"}
        assert set(row["report"]["nonmetricity"]) == {"trace", "S", "H"}
        assert row["errors"]


def test_what_is_off_falls_short(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables["exact"]["cone: Q = 0"] = False
    tables["action"]["order 3"] = 4
    tables["identities"]["DT"] = 1e-3
    tables["hierarchy"][-1]["teleparallel"] = 1e-3
    tables["network"]["meetings"][0]["residual"] = 1.0
    tables["times"] = {"ours": 0.7, "plain": 3.0, "rounds": 5}
    tables["scale"] = "laptop"
    tables["catalogue"]["screw"]["errors"]["burgers"] = 0.1
    short = [m.claim.statement for m in judge(tables, "laptop") if m.outcome == "falls short"]
    assert len(short) == 7
    for words in ("second-kind", "conserved", "hierarchy", "Ostrogradsky", "Charges", "cubic complex", "half a second"):
        assert any(words in s for s in short)

"""The experiment on echoes: a smoke run passes what it can judge; errors would be seen."""

from __future__ import annotations

import copy
import json

import pytest

from symmeter.papers._echo_search_claims import CLAIMS, judge
from symmeter.papers._echo_search_published import BENCHMARKS, UNIFORM
from symmeter.papers.echo_search import PAPER
from symmeter.papers.run import run_paper


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("echoes")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_what_needs_more(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS)
    assert words.count("falls short") == 0
    assert words.count("passed") >= 6
    assert (out / "figure.svg").stat().st_size > 1000


def test_what_is_off_falls_short(results):
    tables = copy.deepcopy(results[1]["tables"])
    tables["oracles"]["gap"] = 1e-3
    tables["ring"]["flux"] = 1e-4
    tables["recovery"] = {"off": [1e-5, 0.5], "gain": [0.0, 0.0]}
    tables["noise"] = {"new": [0.9] * 50, "old": [-5.4] * 50, "draws": 50, "seconds_each": 1.0}
    short = [m.claim.statement for m in judge(tables, "laptop") if m.outcome == "falls short"]
    assert len(short) == 5


def test_published_numbers_meet_their_own_claims(results):
    tables = copy.deepcopy(results[1]["tables"])
    seconds = list(UNIFORM)
    evidence = {"seconds": seconds, "draws": 100}
    for k, name in enumerate(("new", "old")):
        evidence[f"{name}_median"] = [UNIFORM[t][k] for t in seconds]
        evidence[f"{name}_spread"] = [8.0] * len(seconds)
    shapes = {
        name: {
            "echoes": list(rows), "new": [[v[0]] * 100 for v in rows.values()], "spacing_scatter": [[5e-4]] * len(rows),
            "spacing_error": [[-5e-5, 7e-5]] * len(rows),
        }
        for name, rows in BENCHMARKS.items()
    }  # fmt: skip
    tables |= {"evidence": evidence, "shapes": {"draws": 100, "waveforms": shapes}}
    outcomes = {m.claim.statement: m.outcome for m in judge(tables, "full")}
    for word in ("Longer data", "Evidence for a comb", "One simple template", "With 100 echoes", "Six parameters"):
        assert next(v for k, v in outcomes.items() if k.startswith(word)) == "passed"


def test_samplers_are_compared_by_what_they_found(results):
    from symmeter.papers._echo_search_peers import DYNESTY, found

    assert [len(rows) for rows in DYNESTY.values()] == [20, 20]
    assert [[row[0] for row in rows] for rows in DYNESTY.values()] == [list(range(20))] * 2
    assert [found(rows) for rows in DYNESTY.values()] == [6, 13]
    tables = copy.deepcopy(results[1]["tables"])
    tables["recovery"] = {"off": [1e-4] * 13 + [0.5] * 7, "gain": [0.0] * 20}
    tables["times"] = {"search": 1.0, "call": 1e-5}

    def outcome() -> str:
        return next(m.outcome for m in judge(tables, "laptop") if m.claim.statement.startswith("No sampler"))

    assert outcome() == "passed"
    tables["recovery"]["off"][0] = 0.5
    assert outcome() == "falls short"
    tables["recovery"]["off"] = [1e-4] * 20
    tables["times"]["search"] = 100.0
    assert outcome() == "falls short"


def test_the_figure_shows_evidence_when_it_is_there(results):
    from symmeter.papers._echo_search_figure import draw

    tables = copy.deepcopy(results[1]["tables"])
    tables["evidence"] = {
        "seconds": [1, 12], "draws": 8, "new_median": [2.0, 50.0], "old_median": [0.5, 20.0],
        "new_quantiles": [[0, 4], [40, 60]], "old_quantiles": [[-1, 2], [10, 30]],
    }  # fmt: skip
    rows = {"echoes": [20, 50], "new": [[1.0, 2.0], [20.0, 21.0]]}
    tables["shapes"] = {"draws": 2, "waveforms": dict.fromkeys(BENCHMARKS, rows)}
    figure = draw(tables)
    assert len(figure.axes) == 6
    assert all(axes.lines for axes in figure.axes)

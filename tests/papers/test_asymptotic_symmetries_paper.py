"""The experiment on asymptotic symmetries: a smoke run passes what it can judge, judgements see what they should."""

from __future__ import annotations

import copy
import json

import pytest

from symmeter.papers._asymptotic_symmetries_claims import CLAIMS, judge
from symmeter.papers.asymptotic_symmetries import PAPER
from symmeter.papers.run import run_paper


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    pytest.importorskip("matplotlib")
    out = tmp_path_factory.mktemp("asymptotic")
    run_paper(PAPER, "smoke", out)
    return out, json.loads((out / "results.json").read_text())


def test_the_smoke_run_passes_all_but_the_simulated_wave(results):
    out, found = results
    words = [c["outcome"] for c in found["claims"]]
    assert len(words) == len(CLAIMS)
    assert words.count("passed") == len(CLAIMS) - 1
    assert words.count("not run") == 1
    assert (out / "figure.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    ("part", "change", "words"),
    [
        ("dimensions", lambda t: t[0].update(found=[4, 5]), "degree by degree"),
        ("dimensions", lambda t: t[0].update(equations=19), "determining equations"),
        ("conservation", lambda t: t["kdv"].append("u_x"), "Multipliers"),
        ("hierarchies", lambda t: t.update(commute=False), "commute"),
        ("gauge", lambda t: t.update({"wrong sign": True}), "Gauge"),
        ("bondi", lambda t: t.update(bracket=False), "Bondi family"),
        ("completion", lambda t: t.update(cuts=False), "without coordinates"),
        ("algebra", lambda t: t.update(c_M="6"), "Central"),
        ("vacua", lambda t: t.update(poincare=1e-3), "Distinct"),
        ("linking", lambda t: t.update(turn=90.0), "antipodal"),
        ("curved", lambda t: t[2].update(found=2), "Isometries"),
        ("four", lambda t: t.update(kernel=9), "four dimensions"),
    ],
)
def test_what_is_wrong_falls_short(results, part, change, words):
    tables = copy.deepcopy(results[1]["tables"])
    change(tables[part])
    found = [m for m in judge(tables, "smoke") if m.outcome == "falls short"]
    assert len(found) == 1
    assert words in found[0].claim.statement


def test_the_wave_leaves_at_the_antipode():
    from symmeter.papers._asymptotic_symmetries_scattering import scattering

    # At small radii the match is rough, and already far better at the antipode than at the same point.
    found = scattering((6.0, 10.0, 15.0))
    assert found["antipodal"] < 0.3 * found["same point"]
    assert abs(found["best turn"] - 180) < 3
    # Energy is conserved whatever the radius.
    past, future = found["energy"]
    assert past == pytest.approx(future, rel=1e-2)

"""Finding and Report: values that check themselves, plain JSON, and files that are whole or not there."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

import symmeter
from symmeter.discover.unidentifiable import FullAction
from symmeter.errors import InputError, OutputError
from symmeter.findings import SCHEMA, VERDICTS, Finding, Level, Picture, Report, Rung, ladder_text
from symmeter.groups import LieAlgebra
from symmeter.representations import Dense, FlowAction, Monomial, MonomialAction, Space, action_of

SHIFT = Monomial([1, 2, 3, 0], name="shift")
FLIP = Monomial([3, 2, 1, 0], name="flip")
ACTION = MonomialAction([SHIFT], Space(4, names=("a", "b", "c", "d")))


def finding(name: str = "shift", verdict: str = "symmetric", defect: float = 0.01, **more) -> Finding:
    values = {"action": ACTION, "interval": (0.0, 0.05), "p_value": 0.4, **more}
    return Finding(name=name, defect=defect, verdict=verdict, **values)


def report(*findings: Finding) -> Report:
    ladder = (Rung(0.0, "C1", 1, ""), Rung(0.01, "C4", 4, "shift"), Rung(0.3, "D4", 8, "flip"))
    options = {"alpha": 0.01, "seed": 0, "grid": (2, 2)}
    return Report("read x.npy: 10 samples", findings, ladder, ("a note",), options, ("group-selection",))


def strict(value) -> str:
    """JSON without NaN and infinity, which are no JSON."""
    return json.dumps(value, allow_nan=False)


# Finding.


def test_a_finding_says_what_it_is() -> None:
    f = finding()
    assert (f.group.name, f.order, f.holds) == ("C4", 4, True)
    assert f.generators == (SHIFT,)
    assert repr(f) == "shift: C4, defect 0.01 [0, 0.05], p = 0.4, symmetric"
    assert repr(finding(p_value=None)) == "shift: C4, defect 0.01 [0, 0.05], symmetric"


def test_a_finding_can_be_used() -> None:
    f = finding()
    x = np.array([1.0, 2.0, 3.0, 6.0])
    np.testing.assert_allclose(f.projector() @ x, np.full(4, 3.0))
    r = np.diag([1.0, 2.0, 3.0, 6.0])
    np.testing.assert_allclose(f.symmetrize(r), 3.0 * np.eye(4))


@pytest.mark.parametrize(
    ("verdict", "holds"),
    [
        ("exact", True),
        ("symmetric", True),
        ("second moments only", True),
        ("borderline", True),
        ("nearly", False),
        ("broken", False),
        ("unidentifiable", False),
    ],
)
def test_which_verdicts_hold(verdict: str, holds: bool) -> None:
    assert finding(verdict=verdict).holds is holds


def test_every_verdict_is_explained() -> None:
    assert len(VERDICTS) == 8
    assert all(len(text) > 10 for text in VERDICTS.values())
    with pytest.raises(TypeError):
        VERDICTS["other"] = "x"  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"verdict": "maybe"}, "verdict 'maybe' is unknown; use one of exact, symmetric, second moments only"),
        ({"defect": -0.01}, r"a defect lies in \[0, 1\]; got -0.01"),
        ({"defect": 1.5}, r"a defect lies in \[0, 1\]; got 1.5"),
        ({"defect": float("nan")}, r"a defect lies in \[0, 1\]; got nan"),
    ],
)
def test_impossible_findings_are_refused(changes: dict, text: str) -> None:
    with pytest.raises(InputError, match=text):
        finding(**changes)


def test_findings_are_immutable() -> None:
    numbers = {"ratio": 1.2}
    f = finding(evidence=numbers)
    numbers["ratio"] = 99.0
    assert f.evidence["ratio"] == 1.2
    with pytest.raises(TypeError):
        f.evidence["ratio"] = 2.0  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        f.name = "other"  # type: ignore[misc]
    assert dataclasses.replace(f, name="other").name == "other"


# JSON.


def test_json_of_a_finding_is_plain_and_complete() -> None:
    f = finding(
        levels=(Level("second moments", True, 0.4, np.float64(1.25), "test"),),
        notes=("one", "two"),
        code="S = 1",
        identifiability="supergroup only",
        evidence={
            "ratio": np.float32(0.5),
            "n": np.int64(7),
            "nan": np.nan,
            "inf": -np.inf,
            "z": 1 + 2j,
            "v": np.arange(2),
        },
        how="somehow",
        picture=Picture(np.zeros(4), np.zeros(4), (2, 2)),
    )
    out = f.to_json()
    assert json.loads(strict(out)) == out
    assert out["name"] == "shift"
    assert (out["group"], out["order"], out["acts_on"]) == ("C4", 4, "4 columns")
    assert (out["defect"], out["interval"], out["p_value"], out["verdict"]) == (0.01, [0.0, 0.05], 0.4, "symmetric")
    assert out["levels"] == [
        {"name": "second moments", "passed": True, "p_value": 0.4, "statistic": 1.25, "method": "test"}
    ]
    assert out["evidence"] == {
        "ratio": 0.5,
        "n": 7,
        "nan": "nan",
        "inf": "-inf",
        "z": {"re": 1.0, "im": 2.0},
        "v": [0, 1],
    }
    # Cycles carry the names of the columns, images their positions.
    assert out["generators"] == [{"name": "shift", "images": [1, 2, 3, 0], "cycles": "(a,b,c,d)"}]


def test_json_of_signs_phases_matrices_and_flows() -> None:
    signed = finding(action=MonomialAction([Monomial([1, 0], [1, -1], name="s")])).to_json()["generators"][0]
    assert (signed["images"], signed["phases"]) == ([1, 0], [1.0, -1.0])
    phased = finding(action=MonomialAction([Monomial([0, 1], [1, 1j], name="p")])).to_json()["generators"][0]
    assert phased["phases"][1]["im"] == pytest.approx(1.0)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]]) @ np.diag([1.0, 1.0])
    dense = finding(action=action_of([Dense(turn, name="quarter")])).to_json()["generators"][0]
    assert dense == {"name": "quarter", "matrix": [[0.0, -1.0], [1.0, 0.0]]}
    flow = finding(action=FlowAction(LieAlgebra([np.array([[0.0, -1.0], [1.0, 0.0]])]))).to_json()
    assert (flow["group"], flow["order"]) == ("U(1)", None)
    assert strict(flow)
    white = finding(action=FullAction(Space(3)), verdict="unidentifiable").to_json()
    assert (white["group"], white["generators"]) == ("O(3)", [])


def test_orders_beyond_exact_floats_are_text() -> None:
    m = 24
    action = MonomialAction([Monomial(np.roll(np.arange(m), 1)), Monomial([1, 0, *range(2, m)])])
    order = finding(action=action).to_json()["order"]
    assert order == str(math.factorial(m))
    assert finding().to_json()["order"] == 4


def test_json_of_a_report() -> None:
    r = report(finding(), finding("flip", "broken", 0.3))
    out = r.to_json()
    assert json.loads(strict(out)) == out
    assert out["schema"] == SCHEMA == "symmeter/report/1"
    assert out["symmeter"] == symmeter.__version__
    assert [f["name"] for f in out["findings"]] == ["shift", "flip"]
    assert out["ladder"][1] == {"tolerance": 0.01, "group": "C4", "order": 4, "added": "shift"}
    assert out["options"] == {"alpha": 0.01, "seed": 0, "grid": [2, 2]}
    assert out["citations"] == ["group-selection"]
    assert out["summary"] == r.summary


# Report.


def test_best_found_and_access() -> None:
    first, second, third = finding(), finding("flip", "broken", 0.3), finding("half", "second moments only", 0.02)
    r = report(first, second, third)
    assert r.best is first
    assert r.found == (first, third)
    assert len(r) == 3
    assert list(r) == [first, second, third]
    assert r["flip"] is second
    assert r[0] is first
    assert r[-1] is third
    with pytest.raises(InputError, match="no finding is called 'turn'; there are shift, flip, half"):
        r["turn"]
    empty = report()
    assert empty.found == ()
    with pytest.raises(InputError, match=r"the report has no findings; see report\.notes"):
        _ = empty.best
    with pytest.raises(InputError, match="there are none"):
        empty["shift"]


def test_summaries() -> None:
    assert report().summary == "No symmetry was looked for."
    broken = report(finding("flip", "broken", 0.3), finding("turn", "broken", 0.2))
    assert broken.summary == "No symmetry holds; the nearest is turn with a defect of 0.2."
    assert report(finding()).summary == "The data are symmetric under shift (C4), with a defect of 0.01."
    several = report(*(finding(f"map {k}") for k in range(7)))
    assert several.summary.endswith("; also map 1, map 2, map 3, map 4 and 2 more.")


def test_texts() -> None:
    r = report(finding(), finding("flip", "broken", 0.3))
    text = repr(r)
    assert text.splitlines()[0] == "read x.npy: 10 samples"
    assert "ladder: C1 < 0.01 < C4 < 0.3 < D4" in text
    assert text.endswith(r.summary)
    assert ladder_text(r.ladder) == "C1 < 0.01 < C4 < 0.3 < D4"


# Files.


def test_save_json(tmp_path) -> None:
    r = report(finding())
    path = tmp_path / "out.JSON"
    assert r.save(path) == path
    assert json.loads(path.read_text(encoding="utf-8")) == r.to_json()
    assert [p.name for p in tmp_path.iterdir()] == ["out.JSON"]


@pytest.mark.parametrize("name", ["out.html", "out.htm"])
def test_save_html(tmp_path, name: str) -> None:
    r = report(finding())
    text = r.save(tmp_path / name).read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "shift" in text
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.txt", "out", "out.html.gz"])
def test_other_extensions_are_refused_before_anything_is_written(tmp_path, name: str) -> None:
    with pytest.raises(InputError, match=r"a report is saved as \.html or \.json, not "):
        report(finding()).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_by_a_whole_one_or_not_at_all(tmp_path, monkeypatch) -> None:
    path = tmp_path / "out.json"
    path.write_text("old")
    good = report(finding())

    class Unwritable:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with pytest.raises(RuntimeError):
        dataclasses.replace(good, options={"x": Unwritable()}).save(path)
    assert path.read_text() == "old"
    with pytest.raises(OutputError, match="there is no folder"):
        good.save(tmp_path / "nowhere" / "out.json")
    good.save(path)
    assert json.loads(path.read_text())["subject"] == good.subject
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_notebook_and_terminal() -> None:
    from rich.console import Console

    r = report(finding(), finding("flip", "broken", 0.3))
    assert "shift" in r._repr_html_()
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(r)
    text = console.export_text()
    assert "shift" in text
    assert "C4" in text

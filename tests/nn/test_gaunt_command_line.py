"""``symmeter bench gaunt`` and ``symmeter nn gaunt check``: numbers for machines, and one clear line for bad input."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")

from symmeter.cli.app import main


def call(capsys, *words):
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("bench", "gaunt", "--lmax", "x"), "cannot be read at 'x'"),
        (("bench", "gaunt", "--lmax", "17"), "goes to 16"),
        (("bench", "gaunt", "--lmax", "3", "--against", "foo"), "no peer 'foo'"),
        (("bench", "gaunt", "--lmax", "3", "--rows", "9"), "multiple of 8"),
        (("bench", "gaunt", "--lmax", "3", "--rows", "0"), "x>=8"),
        (("bench", "gaunt", "--lmax", "3", "--seconds", "nan"), "number above 0"),
        (("bench", "gaunt", "--lmax", "3", "--seconds", "-1"), "number above 0"),
        (("bench", "gaunt", "--lmax", "3", "--out", "table.csv"), "saved as .json"),
        (("bench", "gaunt", "--lmax", "3", "--out", "nowhere/table.json"), "nowhere does not exist"),
        (("nn", "gaunt", "check", "--lmax", "5-2"), "write 2-5"),
        (("nn", "gaunt", "check", "--lmax", "-1"), "cannot be read"),
        (("nn", "gaunt", "check", "--lmax", "1.5"), "cannot be read"),
        (("nn", "gaunt", "check", "--lmax", "25"), "goes to 24"),
        (("nn", "gaunt", "check", "--samples", "0"), "x>=1"),
        (("nn", "gaunt", "check", "--seed", "-3"), "x>=0"),
        (("nn", "gaunt", "check", "--out", "nowhere/checks.json"), "nowhere does not exist"),
        (("nn", "gaunt", "chek"), "chek"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, tmp_path, monkeypatch, words, text):
    monkeypatch.chdir(tmp_path)
    status, out, err = call(capsys, *words)
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert text in err
    assert list(tmp_path.iterdir()) == []


def test_checks_hold_and_are_saved(capsys, tmp_path):
    path = tmp_path / "checks.json"
    status, out, _ = call(
        capsys, "nn", "gaunt", "check", "--lmax", "0,2", "--samples", "2", "--json", "--out", str(path)
    )
    assert status == 0
    found = json.loads(out)
    assert found == json.loads(path.read_text())
    assert {c["lmax"] for c in found} == {0, 2}
    assert all(c["passed"] for c in found)
    assert any(not c["below"] for c in found)


def test_a_failed_check_is_status_1(capsys, monkeypatch):
    from symmeter.nn.gaunt import self_check

    failed = self_check.Check(1, "invented", 2.0, 1.0)
    monkeypatch.setattr(self_check, "check_degree", lambda *_: [failed])
    status, out, err = call(capsys, "nn", "gaunt", "check", "--lmax", "1")
    assert status == 1
    assert "NO" in out
    assert "0 of 1 checks hold" in err


def test_both_sides_are_counted(capsys):
    words = ("bench", "gaunt", "--lmax", "1,3", "--rows", "16", "--seconds", "0.1", "--against", "cg")
    status, out, _ = call(capsys, *words, "--json")
    assert status == 0
    rows = json.loads(out)
    assert [(r["lmax"], r["paths"], r["peer_paths"]) for r in rows] == [(1, 4, 5), (3, 23, 34)]
    assert [(r["weights"], r["peer_weights"], r["same_weights"]) for r in rows] == [(12, 10, 8), (24, 68, 46)]
    for r in rows:
        assert r["ratios"]["backward"] == pytest.approx(r["peer_backward"] / r["backward"])
    status, out, err = call(capsys, *words)
    assert status == 0
    assert "23" in out
    assert "only the paths that both have" in " ".join(err.split())

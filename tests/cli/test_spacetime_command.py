"""``symmeter spacetime``: what it prints, what it saves, and one clear line for bad input."""

from __future__ import annotations

import json

import pytest

from symmeter.cli.app import main


def call(capsys, *words):
    status = main(["spacetime", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_symmetries_for_people_and_machines(capsys, tmp_path) -> None:
    status, out, _ = call(capsys, "symmetries", "u_t + 6 u u_x + u_xxx")
    assert status == 0
    assert "all 4 symmetries found" in out
    assert "18 determining equations" in out
    path = tmp_path / "heat.txt"
    path.write_text("# diffusion\nu_t = k u_xx\n")
    saved = tmp_path / "found.json"
    status, out, _ = call(capsys, "symmetries", str(path), "--parameters", "k", "--json", "--out", str(saved))
    found = json.loads(out)
    assert status == 0
    assert found["functions_of"] == 1
    assert json.loads(saved.read_text()) == found


def test_what_is_missing_is_said(capsys) -> None:
    status, out, err = call(capsys, "symmetries", "y'' + y", "--indep", "x", "--dep", "y")
    assert status == 0
    assert "2 of 8 symmetries found" in out
    assert "--factors" in out + err


def test_conserve(capsys) -> None:
    status, out, _ = call(capsys, "conserve", "u_t + 6 u u_x + u_xxx", "--order", "2", "--json")
    found = json.loads(out)
    assert status == 0
    assert [law["multipliers"] for law in found] == [["1"], ["u"], ["-6*t*u + x"], ["u_xx + 3*u^2"]]
    assert all(law["proved"] for law in found)


def test_ricci(capsys) -> None:
    status, out, _ = call(capsys, "ricci", "kerr")
    assert status == 0
    assert "exactly zero" in out
    status, out, _ = call(capsys, "ricci", "-f dt^2 + dr^2/f + r^2 dphi^2", "--functions", "f(r)", "--json")
    found = json.loads(out)
    assert status == 0
    assert not found["zero"]
    assert found["coordinates"] == ["t", "r", "phi"]
    words = ("ricci", "(-dt^2 + dx^2 + dz^2) l^2/z^2", "--einstein=-1/l^2")
    status, out, _ = call(capsys, *words)
    assert status == 0
    assert "exactly zero" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("ricci", "ker"), "did you mean 'kerr'"),
        (("ricci", "dx^2 + 2 dx dy + dy^2"), "degenerate"),
        (("ricci", "-dt^2 + (dx^2"), "is missing"),
        (("symmetries", "u_t = u_y"), "at character 7"),
        (("symmetries", "u_t = v"), "'v' is unknown"),
        (("symmetries", "nothing.txt"), "does not exist"),
        (("symmetries", "u_t^2 = u_x^2 + 1"), "not linear in its leading derivative"),
        (("conserve", "u_t", "--out", "nowhere/x.json"), "nowhere does not exist"),
        (("conserve", "u_t = u_xx", "--order", "9", "--degree", "9"), "lower order or degree"),
    ],
)
def test_bad_input(capsys, tmp_path, monkeypatch, words, text) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, *words)
    assert status == 2
    assert text in err
    assert len(err.strip().splitlines()) == 1

"""``symmeter spacetime``: what it prints, what it saves, and one clear line for bad input."""

from __future__ import annotations

import json

import numpy as np
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


def test_conserve_with_functions_and_without_a_rule(capsys) -> None:
    status, out, _ = call(capsys, "conserve", "u_tt + u_t = u_xx", "--factors", "exp(t)", "--degree", "0", "--json")
    laws = json.loads(out)
    assert status == 0
    assert [law["multipliers"] for law in laws] == [["1"], ["exp(t)"]]
    assert laws[1]["current"] == ["u_t*exp(t)", "-exp(t)*u_x"]
    status, out, _ = call(capsys, "conserve", "u_t + F(u)*u_x", "--functions", "F", "--degree", "1")
    assert status == 0
    assert "not integrated" in out
    assert "proved by the Euler operator, without a current: F(u) has no antiderivative" in out


def test_conserve(capsys) -> None:
    status, out, _ = call(capsys, "conserve", "u_t + 6 u u_x + u_xxx", "--order", "2", "--json")
    found = json.loads(out)
    assert status == 0
    assert [law["multipliers"] for law in found] == [["1"], ["u"], ["-6*t*u + x"], ["u_xx + 3*u^2"]]
    assert all(law["proved"] for law in found)


def test_gauge(capsys, tmp_path) -> None:
    words = ("gauge", "(a_x - b_t)^2/2", "--dep", "b a", "--change", "lambda_x; lambda_t")
    status, out, _ = call(capsys, *words, "--json")
    (found,) = json.loads(out)
    assert status == 0
    assert found["changes"] == ["lambda_x", "lambda_t"]
    assert found["surface"] == {"tx": "lambda*b_t - lambda*a_x"}
    assert found["vanishing"] == ["-lambda*E_a", "-lambda*E_b"]
    assert found["identities"] == ["-E_a_t - E_b_x"]
    assert found["proved"]
    status, out, _ = call(capsys, *words)
    assert status == 0
    assert "it is the zero polynomial" in out
    path = tmp_path / "maxwell.txt"
    path.write_text("dependent: b a\nlagrangian: (a_x - b_t)^2/2\ngauge: lambda_x; lambda_t\n")
    status, out, _ = call(capsys, "gauge", str(path), "--latex")
    assert status == 0
    assert "k^{t x} = \\lambda b_{t} - \\lambda a_{x}" in out
    words = ("gauge", "(x_s^2 - y_s^2)/(2e) - e/2", "--indep", "s", "--dep", "x y e", "--change", "0; 0; -e f_s")
    status, out, _ = call(capsys, *words, "--moved", "s: f")
    assert status == 0
    assert "no surface term" in out
    # Without a change, all of them are looked for.
    status, out, _ = call(capsys, *words[:6])
    assert status == 0
    assert "1 gauge symmetry with" in out
    assert "e*lambda_s + lambda*e_s" in out
    status, out, _ = call(capsys, "gauge", "u_t^2 - u_x^2 - u^2", "--json")
    assert json.loads(out) == []


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
        (("symmetries", "u_t^3 + u_t = u_x^3 + u_x^2"), "not linear in its leading derivative"),
        (("gauge", "u_t^2", "--change", "lambda_t"), "changes the action"),
        (("gauge", "nowhere.txt"), "does not exist"),
        (("gauge", "u_t^2", "--change", "lambda", "--moved", "t"), "write what each variable is moved by"),
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


def test_killing(capsys, tmp_path) -> None:
    status, out, _ = call(capsys, "killing", "schwarzschild")
    assert status == 0
    assert "all 4 Killing vectors found" in out
    assert "so(3) + R" in out
    path = tmp_path / "plane.txt"
    path.write_text("ds^2 = dx^2 + dy^2\n")
    status, out, _ = call(capsys, "killing", str(path), "--json")
    found = json.loads(out)
    assert status == 0
    assert found["dimension"] == 3
    assert found["latex"][0] == r"\partial_{x}"
    status, out, _ = call(capsys, "killing", "-(1-r^2) dt^2 + dr^2/(1-r^2)")
    assert "all 3 Killing vectors" in out
    assert "algebra: sl(2,R)" in out
    status, out, err = call(capsys, "killing", "dx^2/(1+x^2)^3 + dy^2")
    assert "1 of 3 Killing vectors" in out
    assert "--factors" in out + err
    status, out, _ = call(capsys, "killing", "-dt^2 + dx^2 + dy^2 + dz^2", "--conformal", "--json")
    assert json.loads(out)["algebra"] == "so(4,2)"
    status, _, err = call(capsys, "killing", str(tmp_path / "none.txt"))
    assert status == 2
    assert "does not exist" in err


def test_reduce_and_flows(capsys) -> None:
    status, out, _ = call(capsys, "reduce", "u_t + 6 u u_x + u_xxx", "--by", "1,4,0,0", "--json")
    assert status == 0
    assert json.loads(out) == [
        {"field": "∂_t + 4 ∂_x", "ansatz": ["z = -4*t + x", "u = w"], "equations": ["w_zzz + 6*w*w_z - 4*w_z"]}
    ]
    status, out, err = call(capsys, "reduce", "u_t = u_xx", "--degree", "2")
    assert status == 0
    assert "exp(" in out
    assert "left out: " in out + err
    status, _, err = call(capsys, "reduce", "u_t = u_xx", "--by", "1,x")
    assert status == 2
    assert "whole numbers" in err
    status, out, _ = call(capsys, "flows", "u_tx = sin(u)", "--degree", "3", "--json")
    found = json.loads(out)
    assert ["2*u_xxx + u_x^3"] in [f["characteristics"] for f in found]
    assert all(f["proved"] for f in found)


def test_bms3(capsys, tmp_path) -> None:
    phi = 2 * np.pi * np.arange(64) / 64
    path = tmp_path / "data.npz"
    np.savez(path, Theta=np.full(64, -0.36), Xi=0.3 + 0.1 * np.cos(2 * phi))
    status, out, _ = call(capsys, "bms3", "orbit", str(path), "--json")
    found = json.loads(out)
    assert status == 0
    assert found["orbit"] == "elliptic"
    # A cone with 1 - 4 G m = 0.6: its energy is -0.36/8.
    assert found["representative"] == pytest.approx(-0.36, abs=1e-9)
    assert found["energy"] == pytest.approx(-0.045)
    assert found["energy_at_past_infinity"] == pytest.approx(-0.045)
    assert found["J"]["0"][0] == pytest.approx(0.3 / 4)
    status, out, _ = call(capsys, "bms3", "algebra", "--modes", "4")
    assert "c_L = 0, c_M = 3/G" in out
    np.savez(path, Theta=phi)
    for words, said in (((str(path),), "no array 'Xi'"), ((str(tmp_path / "none.npz"),), "does not exist")):
        status, _, err = call(capsys, "bms3", "orbit", *words)
        assert status == 2
        assert said in err
    path.write_text("no numbers")
    status, _, err = call(capsys, "bms3", "orbit", str(path))
    assert status == 2
    assert "no .npz file" in err

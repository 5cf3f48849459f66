"""`symmeter quantum normal-order`: results, identities, options, errors in one line."""

import json

import pytest

from symmeter.cli import main


def run(capsys, *words):
    status = main(["quantum", "normal-order", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_an_expression_is_ordered(capsys):
    status, out, _ = run(capsys, r"c_1 c_1^\dagger")
    assert status == 0
    assert out.strip() == r"1 - c^{\dagger}_{1} c_{1}"


def test_a_leading_minus_and_other_letters(capsys):
    status, out, _ = run(capsys, r"-d_{1\uparrow} d_{1\uparrow}^\dagger", "--fermions", "d", "--flavours", "up,dn")
    assert status == 0
    assert out.strip() == r"-1 + d^{\dagger}_{1\uparrow} d_{1\uparrow}"
    status, out, _ = run(capsys, r"(S^z_1)^3", "--spin", "1")
    assert out.strip() == "S^{z}_{1}"


def test_json_and_a_file(capsys, tmp_path):
    path = tmp_path / "out.tex"
    status, out, _ = run(capsys, r"[S^+_i, S^-_j]", "--json", "--out", str(path))
    entry = json.loads(out)
    assert status == 0
    assert entry["latex"] == r"2 \delta_{ij} S^{z}_{i}"
    assert entry["terms"] == 1
    assert path.read_text() == entry["latex"] + "\n"


def test_identities_set_the_exit_status(capsys):
    status, out, _ = run(capsys, "n_1^2 = n_1")
    assert status == 0
    assert out.startswith("equal")
    status, out, _ = run(capsys, "c_1 c_2 = c_2 c_1")
    assert status == 1
    assert "different: between" in out
    status, out, _ = run(capsys, "c_1 c_2 = c_2 c_1", "--json")
    assert status == 1
    assert json.loads(out)["equal"] is False


def test_an_identity_is_written_to_a_file(capsys, tmp_path):
    path = tmp_path / "identity.tex"
    assert run(capsys, "n_1^2 = n_1", "--out", str(path))[0] == 0
    assert path.read_text() == "c^{\\dagger}_{1} c_{1} = c^{\\dagger}_{1} c_{1}\n"
    assert run(capsys, "n_1 = c_1", "--out", str(path))[0] == 1
    assert r"\neq" in path.read_text()


def test_a_definition_is_no_identity(capsys):
    status, out, err = run(
        capsys, r"H_0 = -t \sum_{\langle i,j\rangle,\sigma} (c_{i\sigma}^\dagger c_{j\sigma} + h.c.)"
    )
    assert status == 0
    assert "H_0 is read as the name" in err
    assert "c^{\\dagger}" in out


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["c_{1"], "column 3: this '{' is never closed"),
        (["x c_1", "--symbols", "t real"], "column 1: the symbol x is not declared"),
        (["c_1", "--spin", "1/3", "--spins", "S"], "multiple of 1/2"),
        (["c_1", "--out", "/nowhere/at/all.tex"], "/nowhere/at"),
    ],
)
def test_bad_input_is_one_line(capsys, words, text):
    status, _, err = run(capsys, *words)
    assert status == 2
    assert err.count("\n") == 1
    assert text in err


def test_declared_symbols(capsys):
    status, out, _ = run(capsys, r"t c_1^\dagger c_2 + h.c.", "--symbols", "t real")
    assert status == 0
    assert out.strip() == r"t c^{\dagger}_{1} c_{2} + t c^{\dagger}_{2} c_{1}"
    assert run(capsys, "c_1", "--quiet")[1] == ""

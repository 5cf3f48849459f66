"""`symmeter signals pta`: numbers as the library gives them, files, and input that cannot be right."""

from __future__ import annotations

import json

import numpy as np
import pytest

from symmeter.cli import main
from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT

NAMES = list(SIXTY_EIGHT[::4])


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("# an array\n" + "\n".join(NAMES) + "\n")
    return str(path)


def test_orf(names, tmp_path, capsys):
    out = tmp_path / "orf.npz"
    assert main(["signals", "pta", "orf", "--pulsars", names, "--lmax", "3", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    array = pta.Array.from_jnames(NAMES)
    assert np.allclose(found["basis"], array.orf_basis(3))
    with np.load(out, allow_pickle=False) as saved:
        assert np.allclose(saved["angles"], array.angles)
    assert main(["signals", "pta", "orf", "--pulsars", names]) == 0
    assert f"{len(array.pairs)} pairs in all" in capsys.readouterr().out


def test_fit_and_forecast(names, tmp_path, capsys):
    array = pta.Array.from_jnames(NAMES)
    rho = array.orf() + 0.05 * np.random.default_rng(0).standard_normal(len(array.pairs))
    np.savez(tmp_path / "pairs.npz", rho=rho, sigma=np.full(len(rho), 0.05))
    data = str(tmp_path / "pairs.npz")
    assert main(["signals", "pta", "fit", "--pulsars", names, "--data", data, "--lmax", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert np.allclose(found["c_lm"], pta.AnisotropyFit(array, rho, 0.05, 1).c_lm)
    assert found["p_value"] > 1e-3
    assert main(["signals", "pta", "fit", "--pulsars", names, "--data", data, "--lmax", "2", "--basis", "sqrt"]) == 0
    assert "gain over isotropic" in capsys.readouterr().out
    assert main(["signals", "pta", "forecast", "--pulsars", names, "--lmax", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["degrees"]
    expected = np.sqrt(np.linalg.inv(pta.fisher_matrix(array, 0, 0.1))[0, 0])
    assert rows[0]["deviation"] == pytest.approx(expected)
    assert rows[2]["condition"] > rows[1]["condition"] > 1


def test_angles_in_degrees(tmp_path, capsys):
    path = tmp_path / "places.txt"
    path.write_text("a, 0, 0\nb, 90, 0\n")
    assert main(["signals", "pta", "orf", "--pulsars", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["angles"][0] == pytest.approx(np.pi / 2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("J1713+0747\nJ19x9-3744\n", "line 2"),
        ("J1713+0747\n", "at least two"),
        ("J1713+0747\nJ1713+0747\n", "at one place"),
        ("a b\nc\n", "line 1: 2 words"),
    ],
)
def test_files_of_names_that_cannot_be_right(text, says, tmp_path, capsys):
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    assert main(["signals", "pta", "orf", "--pulsars", str(path)]) == 2
    error = capsys.readouterr().err.strip()
    assert says in error
    assert "\n" not in error


def test_data_that_do_not_fit(names, tmp_path, capsys):
    np.savez(tmp_path / "few.npz", rho=np.zeros(3), sigma=np.ones(3))
    np.savez(tmp_path / "none.npz", x=np.zeros(3))
    for file, says in (("few.npz", "pairs"), ("none.npz", "must hold rho"), ("nowhere.npz", "does not exist")):
        assert main(["signals", "pta", "fit", "--pulsars", names, "--data", str(tmp_path / file)]) == 2
        assert says in capsys.readouterr().err


def test_fit_of_a_table_with_a_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    array = pta.Array.from_jnames(NAMES)
    rho = array.orf([np.sqrt(4 * np.pi), 0, 2.0, 0]) + 0.02 * np.random.default_rng(0).standard_normal(len(array.pairs))
    path, picture = tmp_path / "pairs.csv", tmp_path / "sky.png"
    rows = [f"{array.names[a]},{array.names[b]},{r},0.02" for (a, b), r in zip(array.pairs, rho)]
    path.write_text("a,b,rho,sigma\n" + "\n".join(rows) + "\n")
    for basis in ("linear", "sqrt", "pixel", "radiometer"):
        asked = ["signals", "pta", "fit", "--data", str(path), "--lmax", "2", "--basis", basis, "--simulate", "50"]
        assert main([*asked, "--picture", str(picture)]) == 0
        assert "p = 0.0196" in capsys.readouterr().out
        assert picture.read_bytes()[:4] == b"\x89PNG"
    assert main(["find", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"][0]["verdict"] == "broken"
    np.savez(tmp_path / "bare.npz", rho=rho, sigma=0.05)
    assert main(["signals", "pta", "fit", "--data", str(tmp_path / "bare.npz")]) == 2
    assert "names no pulsars" in capsys.readouterr().err

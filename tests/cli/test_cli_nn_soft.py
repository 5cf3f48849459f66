"""``symmeter nn soft fit`` from the outside."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from symmeter.cli.app import main


@pytest.fixture
def data(tmp_path):
    rng = np.random.default_rng(0)
    r = rng.standard_normal((40, 2, 3))
    j = (r**2).sum((1, 2))[:, None, None] * np.eye(3) - np.einsum("nka,nkb->nab", r, r)
    j[:, :, 2] *= 1.3
    path = tmp_path / "data.npz"
    np.savez(path, X=r.reshape(40, 6), Y=j.reshape(40, 9))
    return path


SHORT = ["--epochs", "60", "--window", "5", "--channels", "27", "--quiet"]


def run(data, *more):
    return main(["nn", "soft", "fit", str(data), "--in", "2T1", "--out", "T2", *SHORT, *more])


def test_the_report_is_json_on_standard_output(data, capsys):
    assert run(data, "--json", "--harden") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"].startswith("symmeter/report/")
    assert {f["name"] for f in printed["findings"]} == {"O2_xy", "O2_yz", "O2_xz"}
    assert all(0 < f["evidence"]["level"] <= 1 for f in printed["findings"])
    assert printed["options"]["tuned"] is True
    assert printed["training"]["epochs"] == 60
    assert printed["hardened"]["group"] == printed["findings"][0]["name"]


def test_files_are_written_and_the_seed_decides(data, tmp_path, capsys):
    for name in ("a", "b"):
        assert (
            run(data, "--report", str(tmp_path / f"{name}.json"), "--weights", str(tmp_path / f"{name}.safetensors"))
            == 0
        )
    assert (tmp_path / "a.json").read_text() == (tmp_path / "b.json").read_text()
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    assert run(data, "--report", str(tmp_path / "c.json"), "--seed", "1") == 0
    assert (tmp_path / "a.json").read_text() != (tmp_path / "c.json").read_text()
    assert capsys.readouterr().out == ""


def test_people_get_a_table(data, capsys):
    words = [w for w in SHORT if w != "--quiet"]
    assert (
        main(["nn", "soft", "fit", str(data), "--in", "2T1", "--out", "T2", *words, "--candidates", "O3,SO2_xy"]) == 0
    )
    out = capsys.readouterr().out
    assert "equivariance error" in out
    assert "SO2_xy" in out


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (["--in", "3T1"], "9 coordinates over a space of dimension 3, but X has 6 columns"),
        (["--out", "T1"], "Y has 9 columns"),
        (["--in", "2Q"], "2Q"),
        (["--candidates", "O2_qq"], "O2_qq"),
        (["--candidates", "O3,S4"], "'S4' acts on 4 coordinates, the base space has 3"),
        (["--tune-at", "80"], "tune_at = 80"),
        (["--tune-at", "4"], "window of 5"),
        (["--report", "x.txt"], "x.txt"),
        (["--weights", "x.pt"], ".safetensors"),
        (["--base", "nothing"], "nothing"),
        (["--base", "O3", "--candidates", "Scale"], "joined_group"),
        (["--candidates", "O2_xx"], "different axes"),
        (["--candidates", ""], "no candidates"),
        (["--strength", "-1"], "--strength -1"),
        (["--strength", "nan"], "--strength nan"),
        (["--rate", "0"], "--rate 0"),
        (["--exponent", "inf"], "--exponent inf"),
        (["--weights", "none/x.safetensors"], "the folder none does not exist"),
        (["--checkpoint", "none/x.pt"], "the folder none does not exist"),
    ],
)
def test_bad_input_is_one_line(data, capsys, more, text):
    assert run(data, *more) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"X": np.zeros((4, 6))}, "no array Y"),
        ({"X": np.zeros((0, 6)), "Y": np.zeros((0, 9))}, "X is empty"),
        ({"X": np.full((4, 6), 1e200), "Y": np.zeros((4, 9))}, "torch.float32"),
        ({"X": np.zeros((4, 6)) + 1j, "Y": np.zeros((4, 9))}, "complex128"),
        ({"X": np.zeros((4, 6)), "Y": np.zeros((3, 9))}, "4 rows and Y 3"),
        ({"X": np.full((4, 6), np.nan), "Y": np.zeros((4, 9))}, "NaN"),
        ({"X": np.array([["a"]]), "Y": np.zeros((1, 9))}, "<U1"),
        ({"X": np.array([None, 1]), "Y": np.zeros((1, 9))}, "numbers"),
    ],
)
def test_bad_files_are_one_line(tmp_path, capsys, arrays, text):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    assert run(path) == 2
    error = capsys.readouterr().err
    assert text in error
    assert error.count("\n") == 1


def test_a_missing_file_is_named(tmp_path, capsys):
    assert run(tmp_path / "none.npz") == 2
    assert "none.npz" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"PK\x03\x04garbage", b"1,2,3\n", b"", b"PK\x05\x06" + bytes(18)])
def test_files_that_are_no_archives_are_one_line(tmp_path, capsys, content):
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    assert run(path) == 2
    error = capsys.readouterr().err
    assert "bad.npz" in error
    assert error.count("\n") == 1


def test_an_interrupted_command_goes_on_where_it_stopped(data, tmp_path, capsys, monkeypatch):
    from symmeter.nn.soft import training_state

    monkeypatch.setattr(training_state, "PAUSE", 0.0)
    assert run(data, "--report", str(tmp_path / "whole.json")) == 0
    state = ["--checkpoint", str(tmp_path / "state.pt")]
    kept = training_state.TrainingFile.save

    def stops(self, epoch, history, always=False):
        kept(self, epoch, history, always)
        if epoch == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(training_state.TrainingFile, "save", stops)
    assert run(data, *state) == 130
    assert "holds the training up to epoch 20" in capsys.readouterr().err
    monkeypatch.setattr(training_state.TrainingFile, "save", kept)
    assert run(data, *state, "--report", str(tmp_path / "parts.json")) == 0
    assert (tmp_path / "parts.json").read_text() == (tmp_path / "whole.json").read_text()


def test_saved_networks_are_loaded_with_their_strengths(data, tmp_path, capsys):
    from symmeter.nn.soft import load_soft

    path = tmp_path / "net.safetensors"
    assert run(data, "--weights", str(path), "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    per = load_soft(path)
    found = {f["name"]: f["evidence"]["strength"] for f in printed["findings"]}
    assert per.strengths() == pytest.approx(found)

"""`symmeter optim`: tables, JSON, files, a second run that goes on, and input that cannot be right."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch")

from symmeter.cli import main

SCRIPT = """
import torch
from torch import nn


def build():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8, eps=1e-30), nn.ReLU(), nn.Linear(8, 3)).double()
    data = [(torch.randn(16, 6).double(), torch.randint(3, (16,))) for _ in range(5)]
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    return {"model": net, "optimizer": opt, "loss": nn.functional.cross_entropy, "batches": data}


def once():
    parts = build()
    return {**parts, "batches": iter(parts["batches"])}


def language():
    return nn.Sequential(nn.Embedding(30, 8), nn.Linear(8, 8), nn.Linear(8, 30, bias=False))


def needs(width):
    return language()
"""
TINY = ["--steps", "6", "--sequences", "2", "--length", "16", "--width", "16", "--heads", "2", "--layers", "1",
        "--neurons", "16", "--check-every", "3"]  # fmt: skip


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return str(path)


@pytest.fixture
def text(tmp_path):
    folder = tmp_path / "text"
    folder.mkdir()
    (folder / "a.py").write_text("def f(x):\n    return x + 1\n" * 80)
    return ["--text", str(folder)]


def test_classify(script, capsys):
    assert main(["optim", "classify", f"{script}:language"]) == 0
    assert "lm_head" in capsys.readouterr().out
    assert main(["optim", "classify", f"{script}:language", "--rules", "lm_head=centered_hybrid", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [e["rule"] for e in found["entries"]] == ["row", "polar", "adamw", "centered_hybrid"]
    assert main(["optim", "classify", f"{script}:language", "--all", "--logit-z-loss"]) == 0
    assert "z-loss" in capsys.readouterr().out


def test_audit(script, tmp_path, capsys):
    out = tmp_path / "audit.json"
    assert main(["optim", "audit", f"{script}:language", "--tokens", "3x8", "--json", "--out", str(out)]) == 0
    adam = json.loads(capsys.readouterr().out)
    assert adam["error"] > 0.1
    assert json.loads(out.read_text()) == adam
    assert main(["optim", "audit", f"{script}:language", "--optimizer", "stack", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["error"] < 1e-9


def test_train_goes_on_and_reads_a_configuration(tmp_path, text, capsys):
    out = str(tmp_path / "run")
    command = ["optim", "train", *TINY, *text, "--out", out]
    assert main([*command, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert [first["checked"], first["plan"]["optimizer"]] == [[3, 6], "stack"]
    assert json.loads((tmp_path / "run" / "results.json").read_text())["held_out_loss"] == first["held_out_loss"]
    assert main(command) == 0
    shown = capsys.readouterr()
    assert "finished before" in shown.err
    assert "bits a byte" in shown.out
    config = tmp_path / "tiny.toml"
    config.write_text('optimizer = "adamw"\nlr = 0.001\nsteps = 4\nsequences = 2\nlength = 16\nlayers = 1\n'
                      "[lr_mult]\nembedding = 4.0\n")  # fmt: skip
    assert main(["optim", "train", "--config", str(config), *text, "--steps", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["plan"]["optimizer"], found["plan"]["steps"], found["plan"]["lr"]) == ("adamw", 3, 0.001)
    assert found["plan"]["settings"] == {"lr_mult": {"embedding": 4.0}}


def test_track(script, tmp_path, capsys):
    out = tmp_path / "charges"
    assert main(["optim", "noether", "track", f"{script}:build", "--steps", "12", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {s["kind"] for s in found["symmetries"]} == {"translation", "scale", "rescale"}
    assert max(c["errors"]["exact"] for c in found["charges"]) < 1e-12
    with np.load(out / "charges.npz", allow_pickle=False) as saved:
        assert saved["0 scale/measured"].shape == (13, 8)


def test_predict(capsys):
    args = ["--lr", "0.1", "--momentum", "0.9", "--wd", "0.005", "--steps", "100"]
    assert main(["optim", "noether", "predict", *args, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["translation_exact"] == pytest.approx(0.621951663420, abs=1e-11)
    assert found["translation_continuous"] == pytest.approx(0.623595964677, abs=1e-11)
    assert found["relative_step_at_equilibrium"] == pytest.approx((2 * 0.1 * 0.005 / 1.9) ** 0.5)
    assert main(["optim", "noether", "predict", *args]) == 0
    assert "0.62195166" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["classify", "SCRIPT:build"], "gives a dict"),
        (["classify", "SCRIPT:needs"], "needs width"),
        (["classify", "SCRIPT:language", "--rules", "lm_head"], "write role=value"),
        (["classify", "SCRIPT:language", "--rules", "lm_haed=row"], "did you mean 'lm_head'"),
        (["audit", "SCRIPT:language", "--optimizer", "AdamQ"], "did you mean 'Adam"),
        (["audit", "SCRIPT:language", "--tokens", "8by32"], "sequences x length"),
        (["train", "--optimizer", "stak"], "did you mean 'stack'"),
        (["train", "--vocabulary", "words:many"], "no size"),
        (["train", "--lr", "-1", "--steps", "2"], "lr is -1"),
        (["train", "--lr-mult", "embedding=big"], "is no number"),
        (["train", "--config", "nowhere.toml"], "does not exist"),
        (["noether", "track", "SCRIPT:language"], "return a mapping"),
        (["noether", "track", "SCRIPT:once", "--steps", "20"], "only once"),
        (["noether", "predict", "--lr", "0.1", "--momentum", "1", "--steps", "2"], "momentum is 1"),
    ],
)
def test_one_clear_line(arguments, says, script, capsys):
    assert main(["optim", *(a.replace("SCRIPT", script) for a in arguments)]) == 2
    error = capsys.readouterr().err.strip()
    assert says in error
    assert "\n" not in error


def test_configurations_with_unknown_words(tmp_path, capsys):
    config = tmp_path / "wrong.toml"
    config.write_text("stepz = 3\n")
    assert main(["optim", "train", "--config", str(config)]) == 2
    assert "did you mean 'steps'" in capsys.readouterr().err
    config.write_text("steps = = 3\n")
    assert main(["optim", "train", "--config", str(config)]) == 2
    assert "is no TOML" in capsys.readouterr().err

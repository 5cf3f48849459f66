"""``symmeter nn flow`` and flows in ``symmeter measure``: numbers for machines, and one clear line for bad input."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from symmeter.cli.app import main


def call(capsys, *words):
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_train_evaluate_and_again(capsys, tmp_path) -> None:
    run = tmp_path / "run"
    words = ("nn", "flow", "train", "--steps", "2", "--set", "hidden=3", "--set", "batch=2", "--out", str(run))
    status, out, _ = call(capsys, *words, "--json")
    assert status == 0
    first = json.loads(out)
    assert first["steps"] == 2
    status, out, err = call(capsys, *words)
    assert status == 0
    assert "finished before" in out + err
    status, out, _ = call(
        capsys, "nn", "flow", "evaluate", first["network"], "--count", "4", "--horizon", "8", "--json"
    )
    found = json.loads(out)
    assert status == 0
    assert [len(c) for c in found["errors"].values()] == [8, 8]
    assert found["equivariance"]["worst"] < 1e-5
    status, out, _ = call(capsys, "nn", "flow", "evaluate", first["network"], "--count", "4")
    assert status == 0
    assert "network.safetensors: mean squared error" in out


def test_every_command_takes_a_preset(capsys) -> None:
    tiny = ("--set", "hidden=2", "--set", "batch=1", "--set", "precision=bfloat16")
    status, out, _ = call(capsys, "nn", "flow", "train", "--preset", "digits-quick", "--steps", "1", *tiny)
    assert status == 0
    assert "was not kept" in out
    status, out, _ = call(capsys, "nn", "flow", "evaluate", "--preset", "digits-classify", "--count", "4")
    assert status == 0
    assert "untrained" in out
    status, out, _ = call(
        capsys, "nn", "flow", "evaluate", "--preset", "digits-quick", "--count", "2", "--horizon", "2", "--json"
    )
    assert status == 0
    assert json.loads(out)["equivariance"]["worst"] < 1e-5


@pytest.mark.parametrize("preset", ["digits-quick", "rotating-mnist"])
def test_check(capsys, preset) -> None:
    status, out, _ = call(capsys, "nn", "flow", "check", "--preset", preset, "--json")
    assert status == 0
    assert [c["passed"] for c in json.loads(out)] == [True, True]


def test_check_sees_a_flow_that_turns_features_the_wrong_way(capsys, monkeypatch) -> None:
    from symmeter.nn.flow import RotationFlow

    right = RotationFlow.move

    def wrong(self, values, velocity, steps, *, features):
        return right(self, values, (-velocity[0] if features else velocity[0],), steps, features=features)

    monkeypatch.setattr(RotationFlow, "carry", lambda self, values, steps: values)
    monkeypatch.setattr(RotationFlow, "move", wrong)
    status, out, _ = call(capsys, "nn", "flow", "check", "--preset", "rotating-mnist", "--json")
    assert status == 1
    assert not json.loads(out)[0]["passed"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("train", "--preset", "mnist-flowing", "--out", "x"), "no preset"),
        (("train", "--set", "hiden=3", "--out", "x"), "did you mean 'hidden'"),
        (("train", "--set", "hidden", "--out", "x"), "has no value"),
        (("train", "--set", "hidden=many", "--out", "x"), "a whole number"),
        (("train", "--set", "look_ahead=perhaps", "--out", "x"), "true or false"),
        (("train", "--source", "mnist:nowhere", "--out", "x"), "nowhere is no folder"),
        (("train", "--set", "precision=half", "--out", "x"), "float32, bfloat16"),
        (("train", "--device", "warp", "--out", "x"), "cannot be used here"),
        (("evaluate", "nothing.safetensors"), "does not exist"),
        (("evaluate",), "needs NETWORK"),
        (("evaluate", "--preset", "digits-quik"), "did you mean 'digits-quick'"),
        (("bench", "--out", "nowhere/x.json"), "nowhere does not exist"),
    ],
)
def test_bad_input(capsys, tmp_path, monkeypatch, words, text) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, "nn", "flow", *words)
    assert status == 2
    assert text in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "x").exists()


MODEL = """
import torch
from symmeter.nn.flow import FlowSeq2Seq, TranslationFlow

class Three(torch.nn.Module):
    def __init__(self, velocities, **options):
        super().__init__()
        torch.manual_seed(0)
        flow = TranslationFlow(2, velocities, size=5)
        self.model = FlowSeq2Seq(flow, hidden=3, decoder_layers=1, **options).double()

    def forward(self, frames):
        return self.model(frames, 3)

def right():
    return Three("group", look_ahead=True)

def without():
    return Three(0)
"""


def test_measure_flows(capsys, tmp_path) -> None:
    path = tmp_path / "nets.py"
    path.write_text(MODEL)
    defects = {}
    for name in ("right", "without"):
        words = ("measure", f"{path}:{name}()", "--group", "flows", "--input", "4x1x5x5:frames")
        status, out, _ = call(capsys, *words, "--output", "frames+4", "--batch", "4", "--json")
        assert status == 0
        defects[name] = json.loads(out)["findings"][0]["defect"]
    assert defects["right"] < 1e-12
    assert defects["without"] > 0.3
    status, _, err = call(capsys, "measure", f"{path}:right()", "--group", "C4", "--input", "4x1x5x5:frames")
    assert status == 2
    assert "flows" in err

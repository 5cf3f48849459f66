"""Parameter symmetries of a training as findings: names of groups, defects with intervals, charges, reports."""

from __future__ import annotations

import runpy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

import symmeter as sm  # noqa: E402
from symmeter.errors import InputError, InputTypeError  # noqa: E402
from symmeter.optim.noether import NoetherTracker  # noqa: E402
from symmeter.subjects import Training  # noqa: E402

SCRIPT = """
import torch

def build():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    batches = [(torch.randn(16, 6), torch.randint(3, (16,))) for _ in range(5)]
    return {"model": net, "loss": torch.nn.functional.cross_entropy, "batches": batches}

def half():
    return {"model": build()["model"]}

def other():
    return 3
"""


def _training(*layers: nn.Module, **more) -> Training:
    torch.manual_seed(0)
    data = [(torch.randn(16, 6), torch.randint(3, (16,))) for _ in range(5)]
    return Training(nn.Sequential(*layers), nn.functional.cross_entropy, data, **more)


def test_groups_defects_and_charges():
    report = sm.find(_training(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)))
    groups = {f.name: f.group.name for f in report}
    assert groups == {
        "3 shift": "R^8", "0 null bias": "R^8", "1 | 3": "R_+^8", "3 bias shift": "R", "0 scale": "R_+^8",
    }  # fmt: skip
    assert {f.name for f in report.found} == set(groups) - {"0 scale"}
    scale = report["0 scale"]
    # The eps of the normalisation breaks scale, in proportion.
    assert scale.verdict == "nearly"
    assert 1e-7 < scale.interval[0] + 1e-6 <= scale.defect + 1e-6
    assert scale.interval[0] <= scale.defect <= scale.interval[1] < 1e-3
    assert report["1 | 3"].verdict == "exact"
    assert report["1 | 3"].evidence["charge"] == "difference of the squares of two lengths"
    assert report["1 | 3"].levels[0].passed
    assert "25 directions" in report.summary


def test_linear_layers_have_gl():
    report = sm.find(_training(nn.Linear(6, 4, bias=False), nn.Linear(4, 3, bias=False)))
    assert report["0 = 1"].group.name == "GL(4)"
    assert report["0 = 1"].evidence["dimension"] == 16


def test_a_finding_can_be_tracked():
    training = _training(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    symmetry = sm.find(training)["0 | 2"].action.symmetry
    opt = torch.optim.SGD(training.model.parameters(), lr=0.1)
    tracker = NoetherTracker(training.model, opt, [symmetry])
    for x, y in training.batches:
        opt.zero_grad()
        training.loss(training.model(x), y).backward()
        opt.step()
    assert tracker.record("0 | 2").errors()["exact"] < 1e-5


def test_scripts_mappings_and_reports(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    report = sm.find(f"{script}:build")
    assert {f.name for f in report.found} == {"2 shift", "2 bias shift", "0 | 2"}
    assert sm.find(f"{script}:build").to_json() == report.to_json()
    for name in ("r.html", "r.json"):
        report.save(tmp_path / name)
    page = (tmp_path / "r.html").read_text()
    assert "R_+^8" in page
    assert "difference of the squares of two lengths" in page
    # The same functions, in memory.
    space = runpy.run_path(str(script))
    assert [f.name for f in sm.find(space["build"]())] == [f.name for f in report]


def test_the_model_is_left_as_it_was():
    training = _training(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    before = {n: t.clone() for n, t in training.model.state_dict().items()}
    sm.find(training)
    assert training.model.training
    assert all(torch.equal(before[n], t) for n, t in training.model.state_dict().items())


def test_endless_batches_are_not_exhausted():
    def forever():
        while True:
            yield torch.randn(16, 6), torch.randint(3, (16,))

    training = Training(nn.Sequential(nn.Linear(6, 3)), nn.functional.cross_entropy, forever())
    assert sm.find(training).options["batches"] == 8


def test_bad_input(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    with pytest.raises(InputError, match="has no loss, batches"):
        sm.find(f"{script}:half")
    with pytest.raises(InputTypeError, match="batches"):
        sm.find(_training(nn.Linear(6, 3)), input="6")
    with pytest.raises(InputTypeError, match=r"torch\.nn\.Module"):
        Training(3, abs, [])
    with pytest.raises(InputTypeError, match="loss is"):
        Training(nn.Linear(2, 2), 3, [])
    with pytest.raises(InputTypeError, match="batches is"):
        Training(nn.Linear(2, 2), abs, 3)
    with pytest.raises(InputError, match="batches is empty"):
        sm.find(Training(nn.Linear(2, 2), nn.functional.cross_entropy, []))
    with pytest.raises(InputError, match="not compact"):
        sm.find(_training(nn.Linear(6, 3)))["0 shift"].projector() @ np.ones(6)


def test_moves_of_parameters_are_tracked_and_not_imposed():
    pytest.importorskip("rich")
    from rich.console import Console

    report = sm.find(_training(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)))
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(report)
    text = " ".join(console.export_text().split())
    assert "impose" not in text
    assert "relax" not in text
    assert "track its" in text
    assert "see what" in text

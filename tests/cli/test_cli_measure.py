"""``symmeter measure`` and ``symmeter find`` on models, from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from symmeter.cli.app import main  # noqa: E402

NETS = """
import torch

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3))


class Conv(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(1, 6, 3, padding=1, padding_mode="circular")
        self.drop = torch.nn.Dropout(0.5)
        self.head = torch.nn.Linear(6, 4)

    def forward(self, x):
        h = torch.relu(self.conv(x)).mean((-1, -2))
        return {"logits": self.head(self.drop(h)), "map": self.conv(x)}


def factory():
    return Conv()


def lengths(x):
    return (x * x).sum(-1)


def forces(x, v, q):
    apart = x[:, :, None] - x[:, None]
    force = (apart * (q[:, :, None] * q[:, None])[..., None]).sum(2)
    return {"force": force, "energy": (q * (v * v).sum(-1)).sum(-1), "bent": force * force}


def both(x, y):
    return x + y, (x - y).square().sum((1, 2))


def arrays(x, v, q):
    assert type(x).__module__ == "numpy"
    return (q[..., None] * v).sum(1)


def sums(x, y):
    return x + y
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "cli_nets.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def _json(capsys, *words: str) -> dict:
    assert main([*words, "--json", "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


def test_the_contract_s_own_line(here, capsys) -> None:
    report = _json(capsys, "measure", "cli_nets:net", "--group", "SO(3)")
    assert [f["name"] for f in report["findings"]] == ["SO(3)"]
    assert report["findings"][0]["verdict"] == "broken"
    assert "shape was inferred" in report["subject"]


def test_table_for_people(here, capsys) -> None:
    assert main(["measure", "cli_nets:Conv", "--group", "C4,shifts", "--input", "1x8x8", "--layers", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["measure", "cli_nets:Conv", "--group", "C4,shifts", "--input", "1x8x8", "--layers"]) == 0
    out = capsys.readouterr().out
    assert "exact" in out
    assert "normal noise, not data" in out
    assert "shifts, layer by layer" in out
    assert "not defined" in out


def test_outputs_by_name_and_kind(here, capsys) -> None:
    words = ("measure", "cli_nets:factory()", "--group", "shifts", "--input", "1x8x8")
    logits = _json(capsys, *words)["findings"][0]
    assert logits["verdict"] == "exact"
    assert logits["evidence"]["output"] == "scalars"
    moved = _json(capsys, *words, "--select", "map", "--output", "same")["findings"][0]
    assert moved["evidence"]["output"] == "pixels"
    assert moved["verdict"] == "exact"
    still = _json(capsys, *words, "--select", "map", "--output", "scalar")["findings"][0]
    assert still["verdict"] == "broken"


def test_functions_files_and_weights(here, capsys) -> None:
    report = _json(capsys, "measure", "cli_nets:lengths", "--group", "O(3),scalings", "--input", "3")
    assert {f["name"]: f["verdict"] for f in report["findings"]} == {"O(3)": "exact", "scalings": "broken"}
    assert _json(capsys, "measure", "cli_nets.py:lengths", "--group", "O(3)", "--input", "3")["findings"]
    import cli_nets

    net = cli_nets.net
    torch.save(net.state_dict(), here / "w.pt")
    assert _json(capsys, "measure", "cli_nets:net", "--weights", "w.pt", "--group", "O(3)")["findings"]
    torch.jit.trace(net, torch.zeros(2, 3)).save(str(here / "net.ts"))
    assert _json(capsys, "measure", "net.ts", "--group", "O(3)", "--input", "3")["findings"]
    torch.export.save(torch.export.export(net, (torch.zeros(2, 3),)), here / "net.pt2")
    assert _json(capsys, "measure", "net.pt2", "--group", "O(3)", "--input", "3")["findings"]


def test_data_and_reports(here, capsys) -> None:
    np.save(here / "x.npy", np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32))
    words = ("measure", "cli_nets:net", "--group", "O(3)", "--data", "x.npy")
    assert main([*words, "--out", "r.json", "--html", "r.html", "--quiet"]) == 0
    assert json.loads((here / "r.json").read_text())["findings"][0]["evidence"]["samples"] == 32
    assert "O(3)" in (here / "r.html").read_text()


FORCES = ("--input", "x=5x3:points", "--input", "v=5x3:vectors", "--input", "q=5:scalar")


def test_several_inputs_and_outputs_by_name(here, capsys) -> None:
    words = ("measure", "cli_nets:forces", "--group", "E(3)", *FORCES)
    report = _json(capsys, *words, "--output", "force=vectors", "--output", "energy=scalar")
    assert [(f["name"], f["verdict"]) for f in report["findings"]] == [("E(3)", "exact")]
    assert "x=5x3 and v=5x3 and q=5" in report["subject"]
    assert _json(capsys, *words, "--output", "bent=vectors")["findings"][0]["verdict"] == "broken"
    nodes = ("--input", "x=5x3:nodes", "--input", "v=5x3:nodes", "--input", "q=5:nodes")
    swapped = _json(capsys, "measure", "cli_nets:forces", "--group", "S5", *nodes, "--output", "force=nodes")
    assert swapped["findings"][0]["verdict"] == "exact"
    # Charges that stay where they are while their particles are renumbered.
    still = (*nodes[:-1], "q=5:scalar", "--output", "force=nodes")
    left = _json(capsys, "measure", "cli_nets:forces", "--group", "S5", *still)
    assert left["findings"][0]["verdict"] == "broken"


def test_several_inputs_in_order_and_from_files(here, capsys) -> None:
    words = ("measure", "cli_nets:both", "--group", "SO(3)", "--output", "points", "--output", "scalar")
    drawn = _json(capsys, *words, "--input", "4x3:points", "--input", "4x3:points")
    assert drawn["findings"][0]["verdict"] == "exact"
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((2, 40, 5, 3))
    q = rng.standard_normal((40, 5))
    np.savez(here / "all.npz", x=x, v=v, q=q)
    for k, a in enumerate((x, v)):
        np.save(here / f"{k}.npy", a[:, :4])
    kinds = ("--kind", "x=points", "--kind", "v=vectors", "--kind", "q=scalar")
    found = _json(
        capsys, "measure", "cli_nets:arrays", "--group", "E(3)", "--data", "all.npz", *kinds, "--output", "vectors"
    )
    assert found["findings"][0]["verdict"] == "exact"
    two = ("--data", "x=0.npy", "--data", "y=1.npy", "--kind", "x=points", "--kind", "y=points")
    assert _json(capsys, "measure", "cli_nets:sums", "--group", "SO(3)", *two)["findings"][0]["verdict"] == "exact"


def test_seed_decides(here, capsys) -> None:
    words = ("measure", "cli_nets:net", "--group", "SO(3)")
    one, two, other = (_json(capsys, *words, "--seed", s)["findings"] for s in ("1", "1", "2"))
    assert one == two
    assert one != other


def test_find_takes_models(here, capsys) -> None:
    report = _json(capsys, "find", "cli_nets:Conv", "--input", "1x8x8")
    assert report["findings"][0]["name"] == "shifts"
    assert main(["find", "x.npy", "--input", "3"]) == 2
    assert "--input goes with a model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("cli_nets:net", "--group", "SO(3)", "--input", "4"), "the model fails on inputs of shape"),
        (("cli_nets:lengths", "--group", "SO(3)", "--input", "4"), "(32, 4)"),
        (("cli_nets:lengths", "--group", "SO(3)"), "give --input"),
        (("cli_nets:net", "--group", "SO3"), "SO3"),
        (("cli_nets:nothing", "--group", "C4"), "has no 'nothing'"),
        (("nowhere:net", "--group", "C4"), "no module 'nowhere'"),
        (("gone.pt2", "--group", "C4"), "does not exist"),
        (("cli_nets:net", "--input", "3xq"), "3xq"),
        (("cli_nets:net", "--group", "O(3)", "--data", "gone.npy"), "gone.npy does not exist"),
        (("cli_nets:net", "--group", "O(3)", "--out", "r.txt"), "r.txt"),
        (("cli_nets:Conv", "--group", "C4", "--input", "1x6x8"), "(B, ..., n, n)"),
        (("cli_nets:Conv", "--group", "C4", "--input", "1x8x8", "--select", "hidden"), "no output 'hidden'"),
        (("cli_nets:net", "--group", "O(3)", "--output", "vectros"), "did you mean"),
        (("cli_nets:both", "--input", "x=4x3", "--input", "4x3", "--group", "SO(3)"), "name all of them or none"),
        (("cli_nets:both", "--input", "x=4x3", "--input", "x=4x3", "--group", "SO(3)"), "given twice for 'x'"),
        (("cli_nets:both", "--input", "x=4x3", "--input", "y=4x3", "--group", "SO(3)"), "Give --kind x=points"),
        (("cli_nets:both", "--input", "x=4x3:points", "--kind", "z=points", "--group", "C4"), "inputs are x"),
        (("cli_nets:both", "--input", "x=4x3:points", "--kind", "x=points", "--group", "C4"), "is said twice"),
        (("cli_nets:both", "--input", "4x3:points", "--input", "4x3:points"), "give some, such as --group"),
        (
            ("cli_nets:both", "--input", "4x3:scalar", "--input", "4x3:none", "--group", "SO(3)", "--select", "0"),
            "no input is moved",
        ),
        (("cli_nets:net", "--kind", "points", "--kind", "points", "--group", "C4"), "2 times for 1 inputs"),
    ],
)
def test_mistakes_are_one_line_and_status_2(here, capsys, words, text) -> None:
    assert main(["measure", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = [e for e in captured.err.splitlines() if e.startswith("error: ")]
    assert text in line
    assert "a defect in symmeter" not in line


def test_forces_and_mistakes_on_the_command_line(here, capsys) -> None:
    (here / "cli_forces.py").write_text(
        "import torch\n"
        "def force(x):\n"
        "    x = x.detach().requires_grad_(True)\n"
        "    energy = (x**2).sum((-1, -2)).pow(2).sum()\n"
        "    return torch.autograd.grad(energy, x)[0]\n"
    )
    words = ["measure", "cli_forces:force", "--group", "O(3)", "--output", "vectors", "--kind", "vectors"]
    assert _json(capsys, *words, "--input", "5x3")["findings"][0]["verdict"] == "exact"
    for wrong, text in {("--group", ""): "names no group", ("--input", "3xx3"): "whole numbers such as"}.items():
        assert main(["measure", "cli_nets:net", *wrong, "--quiet"]) == 2
        assert text in capsys.readouterr().err

"""Reports on models: verdicts, ladders, layers, candidates, several precisions, and opening models safely."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import symmeter as sm  # noqa: E402
from symmeter.errors import FileFormatError, InputError, InputTypeError, MissingFileError  # noqa: E402
from symmeter.nn import measure, tensor_action  # noqa: E402
from symmeter.nn.candidates import candidate_actions  # noqa: E402
from symmeter.nn.exported_programs import _is_arithmetic, load_exported_program  # noqa: E402
from symmeter.nn.loading import load_model, load_weights  # noqa: E402
from symmeter.subjects import Model, is_model, load  # noqa: E402


class Pooled(torch.nn.Module):
    """Shifts exactly when the padding is circular, and D4 when the filters are symmetric."""

    def __init__(self, padding: str = "circular", symmetric: bool = False, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = torch.nn.Conv2d(1, 6, 3, padding=1, padding_mode=padding)
        self.second = torch.nn.Conv2d(6, 6, 3, padding=1, padding_mode=padding)
        self.head = torch.nn.Linear(6, 4)
        if symmetric:
            for conv in (self.first, self.second):
                w = conv.weight.data  # one value each for corners, edges and the centre
                w[..., ::2, ::2] = w[..., :1, :1].clone()
                w[..., 1, ::2] = w[..., ::2, 1] = w[..., 0, 1:2].clone()

    def forward(self, x):
        return self.head(torch.relu(self.second(torch.relu(self.first(x)))).mean((-1, -2)))


PICTURES = torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(3))


def test_trained_networks_are_told_by_the_groups_that_they_have() -> None:
    plain = measure(Pooled(), PICTURES, ["shifts", "C4", "D4"])
    assert {f.name: f.verdict for f in plain} == {"shifts": "exact", "C4": "broken", "D4": "broken"}
    both = measure(Pooled(symmetric=True), PICTURES, ["C2", "C4", "D4", "shifts"])
    assert {f.verdict for f in both} == {"exact"}
    assert [r.group for r in both.ladder] == ["C1", "shifts and D4"]
    assert both.ladder[-1].added in ("shifts, D4", "D4, shifts")
    padded = measure(Pooled("zeros"), PICTURES, ["shifts"]).best
    assert padded.verdict in ("nearly", "broken")
    assert 0.02 < padded.defect < 0.8


def test_defect_follows_the_size_of_the_breaking() -> None:
    exact, broken = Pooled(symmetric=True).double(), Pooled(symmetric=False, seed=1).double()
    weights = [p.detach().clone() for p in exact.parameters()]
    defects = []
    for share in (0.0, 0.001, 0.01, 0.1):
        for p, w, q in zip(exact.parameters(), weights, broken.parameters()):
            p.data = (1 - share) * w + share * q.detach()
        defects.append(measure(exact, PICTURES.double(), ["D4"]).best.defect)
    assert defects[0] < 1e-12
    # Linear in the share while it is small.
    assert defects[2] / defects[1] == pytest.approx(10, rel=0.2)
    assert defects[1] < defects[2] < defects[3]


def test_double_precision_tells_exact_from_nearly_exact() -> None:
    exact = measure(Pooled(symmetric=True), PICTURES, ["D4"]).best
    assert exact.verdict == "exact"
    assert exact.evidence["error_in_double_precision"] < 1e-14
    rounded = Pooled(symmetric=True)
    for conv in (rounded.first, rounded.second):
        w = conv.weight.data[..., 0, 0]
        w.copy_(torch.nextafter(w, torch.full_like(w, 9.0)))
    kept = measure(rounded, PICTURES, ["D4"]).best
    assert kept.verdict == "exact"
    assert any("rounding of the weights" in n for n in kept.notes)
    off = Pooled(symmetric=True)
    off.first.weight.data[0, 0, 0, 0] += 1e-4
    nearly = measure(off, PICTURES, ["D4"]).best
    assert nearly.verdict == "nearly"
    assert nearly.evidence["error"] < 1e-5  # which single precision alone could not tell from rounding


def test_layers_show_where_the_symmetry_is_lost() -> None:
    net = Pooled(symmetric=True)
    net.second.weight.data[0, 0, 0, 0] += 1.0
    best = measure(net, PICTURES, ["C4"], layers=True).best
    layers = best.evidence["layers"]
    assert list(layers) == ["first", "second", "head"]
    assert layers["first"] < 1e-6 < 1e-3 < layers["second"]
    assert layers["head"] == "not defined"
    assert best.evidence["layer_invariance"]["head"] == pytest.approx(best.evidence["error"], rel=0.5)
    told = measure(net, PICTURES, ["C4"], layer_actions={"head": "scalars"}).best.evidence["layers"]
    assert isinstance(told["head"], float)
    with pytest.raises(InputError, match="no layer 'third'"):
        measure(net, PICTURES, ["C4"], layer_actions={"third": "scalars"})
    with pytest.raises(InputError, match="torch modules only"):
        measure(lambda x: x, PICTURES, ["C4"], layers=True)


def test_elements_and_generators_that_break_most() -> None:
    # Only turning about z is respected: the generators say so, and no element about z is among the worst.
    def model(v):
        return torch.stack([v[:, :2].norm(dim=-1), v[:, 2]], -1)

    x = torch.randn(32, 3, generator=torch.Generator().manual_seed(0))
    best = measure(model, x, ["SO(3)"], "scalars").best
    assert best.evidence["generators"]["Lz"] < 1e-5
    assert best.evidence["rates"]["Lx"] > 0.2
    assert best.evidence["generators_by"] == "forward mode"
    quarter = measure(lambda p: p[..., 0, :].flatten(1), PICTURES, ["D4"], "scalars").best
    worst = quarter.evidence["worst_elements"]
    assert len(worst) == 7
    assert "identity" not in worst
    # Left-right flips move the top row within itself, the others bring in other rows: all differ.
    assert min(worst.values()) > 0.3


def test_axis_groups_single_out_the_axis() -> None:
    def model(v):
        return torch.stack([v[:, :2].norm(dim=-1), v[:, 2]], -1)

    report = sm.find(model, input=torch.randn(32, 3, generator=torch.Generator().manual_seed(0)))
    assert [f.name for f in report.found] == ["SO(2) about z"]
    assert report["SO(2) about z"].evidence["output"] == "scalars"


def test_interpolation_is_not_mistaken_for_a_broken_symmetry() -> None:
    # A radial profile of smooth pictures is invariant under rotations, but rotated pixels are interpolated.
    n = 33
    line = torch.linspace(-1, 1, n)
    r2 = line[None, :] ** 2 + line[:, None] ** 2
    window = torch.exp(-6 * r2)
    grid = torch.stack(torch.meshgrid(line, line, indexing="ij"))
    centres = 0.6 * torch.rand(24, 2, 1, 1, generator=torch.Generator().manual_seed(0)) - 0.3
    pictures = torch.exp(-12 * (grid[None] - centres).pow(2).sum(1, keepdim=True)) * window

    def radial(x):
        return torch.stack([(x * torch.exp(-k * r2)).sum((-1, -2)) for k in (1, 2, 4)], -1)[:, 0]

    best = measure(radial, pictures, ["SO(2)"], "scalars").best
    assert best.verdict == "symmetric"
    assert best.evidence["interpolation"] < 0.1
    assert any("interpolates" in n for n in best.notes)
    noise = measure(Pooled(), PICTURES, ["SO(2)"]).best
    assert noise.verdict in ("undecided", "broken")


def test_constant_models_say_so() -> None:
    best = measure(lambda x: torch.ones(len(x), 2), PICTURES, ["C4"]).best
    assert best.verdict == "exact"
    assert best.defect == 0.0
    assert any("constant" in n for n in best.notes)


def test_report_is_a_report(tmp_path) -> None:
    report = measure(Pooled(), PICTURES, ["shifts", "C4"], layers=True, subject="my net")
    saved = json.loads(report.save(tmp_path / "r.json").read_text())
    assert saved["schema"] == "symmeter/report/1"
    assert saved["findings"][0]["evidence"]["layers"]["first"] == 0.0
    page = report.save(tmp_path / "r.html").read_text()
    assert "my net" in page
    assert "shifts" in report.summary
    assert repr(report) == repr(measure(Pooled(), PICTURES, ["shifts", "C4"], layers=True, subject="my net"))
    again = measure(Pooled(), PICTURES, list(report))
    assert [f.name for f in again] == [f.name for f in report]


def test_findings_of_models_bring_their_action() -> None:
    best = measure(Pooled(), PICTURES, ["shifts"]).best
    assert tensor_action(best.action) is best.action
    assert best.order == 64
    assert sm.nn.check_equivariance(Pooled(), best.action, PICTURES) < 1e-6


# -- candidates and find -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(4, 3, 8, 8), (4, 1, 6, 9), (4, 5, 3), (4, 5, 2), (4, 6, 6), (4, 7, 10), (4, 2), (4, 3), (4, 4), (4, 9)]
)
def test_candidates_fit_the_shape_they_were_chosen_for(shape) -> None:
    found = candidate_actions(shape)
    assert found
    x = torch.randn(shape)
    for name, action in found.items():
        assert action.fits(shape), name
        assert action.apply(action.draw(2), x).shape == (2, *shape)
    if len(shape) == 4 and shape[2] != shape[3]:
        assert "C4" not in found


def test_find_recognises_models() -> None:
    report = sm.find(Pooled(), input="1x8x8")
    assert report.best.name == "shifts"
    assert "32 normal inputs of 1x8x8" in report.subject
    named = sm.find(Pooled(), input=PICTURES, dictionary="C4, shifts")
    assert {f.name for f in named} == {"C4", "shifts"}
    arrays = sm.find(lambda x: np.sum(x**2, axis=1), input=np.random.default_rng(0).standard_normal((16, 4)))
    assert arrays["O(4)"].verdict == "exact"
    program = torch.export.export(Pooled(), (PICTURES[:4],))
    assert sm.find(program, input=PICTURES, dictionary="shifts").best.verdict == "exact"
    with pytest.raises(InputError, match="input=x"):
        sm.find(Pooled())
    with pytest.raises(InputTypeError, match="goes with a model"):
        sm.find(np.zeros((9, 3)), input="3")
    assert is_model(torch.nn.Linear(2, 2))
    assert not is_model(np.sin)
    subject = load(torch.nn.Linear(2, 2))
    assert isinstance(subject, Model)
    assert sm.find(subject, input=(2,)).findings


def test_data_are_searched_without_importing_torch() -> None:
    code = (
        "import sys, numpy as np, symmeter as sm\n"
        "sm.find(np.random.default_rng(0).standard_normal((200, 3)))\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    )


# -- opening models ----------------------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "net.pt2"
    dynamic = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(Pooled(), (PICTURES[:4],), dynamic_shapes=dynamic), path)
    return path


def _tampered(path, part: str, change) -> None:
    with zipfile.ZipFile(path) as archive:
        contents = {n: archive.read(n) for n in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, change(content) if name.endswith(part) else content)


def test_exported_programs_open_with_any_batch(program, tmp_path) -> None:
    assert torch.allclose(load_model(program)(PICTURES), Pooled()(PICTURES), atol=1e-6)
    fixed = tmp_path / "fixed.pt2"
    torch.export.save(torch.export.export(Pooled(), (PICTURES[:5],)), fixed)
    model = load_model(fixed)
    assert model.fixed_batch == 5
    assert torch.allclose(model(PICTURES), Pooled()(PICTURES), atol=1e-6)
    assert measure(model, PICTURES, ["shifts"]).best.verdict == "exact"


def test_exported_programs_that_could_run_code_are_refused(program) -> None:
    class Harm:
        def __reduce__(self):
            return os.getpid, ()

    buffer = __import__("io").BytesIO()
    torch.save(Harm(), buffer)
    cases = {
        "model.json": (lambda b: b.replace(b"torch.ops.aten.relu.default", b"torch.os.system"), "torch.os.system"),
        "sample_inputs/model.pt": (lambda _: buffer.getvalue(), "more than tensors"),
        "weights_config.json": (lambda b: b.replace(b'"use_pickle": false', b'"use_pickle": true'), "pickled"),
    }
    original = program.read_bytes()
    for part, (change, text) in cases.items():
        program.write_bytes(original)
        _tampered(program, part, change)
        with pytest.raises(FileFormatError, match=text):
            load_exported_program(program)
    program.write_bytes(original)
    _tampered(program, "models/model.json", lambda b: b.replace(b"Symbol('s", b"__import__('os').getpid() + Symbol('s"))
    with pytest.raises(FileFormatError, match="more than arithmetic"):
        load_exported_program(program)


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Symbol('s31', positive=True, integer=True)", True),
        ("Add(Symbol('s0'), Integer(-1))", True),
        ("Max(1, s0) * 2", True),
        ("__import__('os')", False),
        ("open('x')", False),
        ("().__class__", False),
        ("Symbol('x').func", False),
        ("s0[0]", False),
        ("lambda: 1", False),
        ('Symbol("s0")', False),
    ],
)
def test_sizes_are_arithmetic_only(text: str, fine: bool) -> None:
    assert _is_arithmetic(text) is fine


def test_torch_script_opens(tmp_path) -> None:
    path = tmp_path / "net.ts"
    torch.jit.trace(Pooled().eval(), PICTURES[:2]).save(str(path))
    assert measure(load_model(path), PICTURES, ["shifts"]).best.verdict == "exact"


def test_weights_are_read_without_running_anything(tmp_path) -> None:
    from safetensors.torch import save_file

    source = Pooled(seed=5)
    save_file(source.state_dict(), tmp_path / "net.safetensors")
    torch.save({"epoch": 3, "state_dict": source.state_dict()}, tmp_path / "net.pt")
    for name in ("net.safetensors", "net.pt"):
        filled = load_model(Pooled(seed=1), weights=tmp_path / name)
        assert torch.equal(filled(PICTURES), source(PICTURES))
        with pytest.raises(InputError, match="--weights"):
            load_model(tmp_path / name)
    torch.save(source, tmp_path / "pickled.pt")
    with pytest.raises(FileFormatError, match=r"Pooled.*could run any code.*state_dict"):
        load_weights(tmp_path / "pickled.pt")
    with pytest.raises(MissingFileError):
        load_weights(tmp_path / "nowhere.pt")
    (tmp_path / "noise.pt").write_bytes(b"not weights at all")
    with pytest.raises(FileFormatError):
        load_weights(tmp_path / "noise.pt")
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "other.pt")
    with pytest.raises(InputError, match=r"lacks 'first\.weight'"):
        load_model(Pooled(), weights=tmp_path / "other.pt")
    torch.save(torch.zeros(3), tmp_path / "tensor.pt")
    with pytest.raises(FileFormatError, match="no state dict"):
        load_weights(tmp_path / "tensor.pt")


def test_names_that_lead_nowhere(tmp_path, monkeypatch) -> None:
    (tmp_path / "odd_nets.py").write_text("number = 3\nclass Net:\n    def __init__(self, width): ...\n")
    (tmp_path / "bad_nets.py").write_text("raise RuntimeError('no luck')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for spec, text in {
        "no_such_module:net": "no module 'no_such_module'",
        "odd_nets:nothing": "has no 'nothing'; it has Net",
        "odd_nets:number": "is a int",
        "odd_nets:Net": "without arguments",
        "bad_nets:net": "RuntimeError: no luck",
        "just text": "is no model",
    }.items():
        with pytest.raises((InputError, InputTypeError), match=text):
            load_model(spec)
    with pytest.raises(MissingFileError):
        load_model(str(tmp_path / "gone.pt2"))


def test_weights_of_parallel_or_compiled_training_fit(tmp_path) -> None:
    source = Pooled(seed=5)
    for prefix in ("module.", "_orig_mod.", "module._orig_mod."):
        torch.save({prefix + k: v for k, v in source.state_dict().items()}, tmp_path / "net.pt")
        assert torch.equal(load_model(Pooled(seed=1), weights=tmp_path / "net.pt")(PICTURES), source(PICTURES))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_narrow_precision_is_told_from_a_broken_symmetry(dtype) -> None:
    class Lengths(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = torch.nn.Linear(1, 4)

        def forward(self, x):
            return self.head(x.norm(dim=-1, keepdim=True)).mean(1)

    torch.manual_seed(0)
    best = measure(Lengths().to(dtype), torch.randn(16, 5, 3), ["SO(3)"]).best
    assert best.verdict == "exact"
    assert any("rounding of the numbers" in n for n in best.notes)
    crooked = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).to(dtype)
    assert measure(crooked, torch.randn(16, 5, 3), ["SO(3)"]).best.verdict == "broken"


def test_networks_of_tokens_get_tokens() -> None:
    torch.manual_seed(0)

    class Bag(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.head = torch.nn.Embedding(9, 4), torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.head(self.table(x).mean(1))

    report = sm.find(Bag().eval(), input=(6,))
    assert "tokens from 0 to 8" in report.subject
    assert {f.name: f.verdict for f in report} == {
        "permutations of columns": "exact",
        "cyclic shifts of columns": "exact",
    }


def test_arrays_for_modules_and_estimators() -> None:
    linear = torch.nn.Linear(3, 1, bias=False)
    x = np.random.default_rng(0).standard_normal((16, 3))
    assert measure(linear, x, ["SO(3)"]).best.verdict == "broken"

    class Estimator:
        def fit(self, x, y):
            return self

        def predict(self, x):
            return x.sum(1)

    assert measure(Estimator(), x, ["S3"]).best.verdict == "exact"
    assert sm.find(Estimator(), input=x, dictionary="S3").best.verdict == "exact"


def test_outputs_and_inputs_by_what_was_said_of_them() -> None:
    x = torch.randn(16, 5, 3)
    points = tensor_action("points", "E(3)")

    def both(x):
        return x.mean(1, keepdim=True), torch.cdist(x, x).sum((-1, -2))

    assert measure(both, x, [points], ("points", "scalars")).best.verdict == "exact"
    named = measure(lambda x: dict(zip("ab", both(x))), x, [points], {"b": "scalars"})
    assert named.best.verdict == "exact"
    with pytest.raises(InputError, match="action for 'posi', but the inputs are pos, vel"):
        measure(lambda pos, vel: pos + vel, {"pos": x, "vel": x}, {"posi": points, "vel": points})
    with pytest.raises(InputTypeError, match="returns None"):
        measure(lambda x: None, x, [points])


def test_names_of_groups_move_several_inputs_as_their_kinds_say() -> None:
    x, v, q = torch.randn(16, 5, 3), torch.randn(16, 5, 3), torch.randn(16, 5)

    def phi(x, v, q):
        return (q[..., None] * v).sum(1) + (x - x.mean(1, keepdim=True)).mean(1)

    given, kinds = {"x": x, "v": v, "q": q}, {"q": "scalars", "x": "points", "v": "vectors"}
    report = measure(phi, given, ["E(3)", "SO(3)"], "vectors", kind=kinds)
    assert report["E(3)"].verdict == "exact"
    by_hand = {"x": tensor_action("points", "E(3)"), "v": tensor_action("vectors", "E(3)")}
    assert measure(phi, given, by_hand, "vectors").best.defect == report["E(3)"].defect
    in_order = measure(phi, (x, v, q), ["SO(3)"], "vectors", kind=("points", "vectors", None))
    assert in_order.best.verdict == "exact"
    assert measure(phi, (x, v, q), ["SO(3)"], "vectors", kind=("points", None, None)).best.verdict == "broken"
    with pytest.raises(InputError, match="kind does not say 'q'; inputs are x, v, q"):
        measure(phi, given, "E(3)", "vectors", kind={"x": "points", "v": "vectors"})
    with pytest.raises(InputError, match="names an unknown input, 'w'"):
        measure(phi, given, "E(3)", "vectors", kind=kinds | {"w": "points"})
    with pytest.raises(InputError, match="2 entries for 3 inputs"):
        measure(phi, (x, v, q), "E(3)", "vectors", kind=("points", "vectors"))
    with pytest.raises(InputError, match="needs to be told the actions"):
        measure(phi, given)


def test_what_a_constant_output_means_is_said() -> None:
    assert "constant" in measure(lambda x: torch.ones(len(x), 2), PICTURES, ["C4"]).summary

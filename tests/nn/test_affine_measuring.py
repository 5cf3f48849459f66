"""Affine defects of image features: the report, its causes, and the two ways to ask for it."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError  # noqa: E402
from symmeter.groups.lie import SL, SO, Affine, GLp  # noqa: E402
from symmeter.nn.actions import tensor_action  # noqa: E402
from symmeter.nn.affine import AffineReport, AffineResNet, equivariance_report, move_images  # noqa: E402
from symmeter.nn.measure import equivariance_error, measure_groups  # noqa: E402
from symmeter.nn.measure_call import ModelCall, bundle_of  # noqa: E402


def blobs(count: int, size: int, seed: int = 0) -> torch.Tensor:
    """Smooth images that vanish towards the border."""
    rng = np.random.default_rng(seed)
    line = torch.linspace(-1, 1, size)
    y, x = torch.meshgrid(-line, line, indexing="ij")
    images = torch.zeros(count, 1, size, size)
    for k in range(count):
        for px, py, s in rng.uniform([-0.3, -0.3, 12], [0.3, 0.3, 25], (3, 3)):
            images[k, 0] += torch.exp(-s * ((x - px) ** 2 + (y - py) ** 2))
    return images


def small(group: str, **options) -> AffineResNet:
    torch.manual_seed(0)
    made = {
        "width": 4,
        "samples": 6,
        "kernel_width": 10,
        "hidden": 8,
        "padding": "same",
        "first": 3.0,
        "frequency": 3.0,
    }
    return AffineResNet(group, **{**made, "points": "stratified", **options}).eval()


def test_moving_images_agrees_with_the_action_on_pixels() -> None:
    x = torch.rand(3, 2, 9, 12)
    group = Affine(SL(2))
    action = tensor_action("pixels", group)
    elements = action.elements(4, torch.Generator().manual_seed(0))
    matrices = group.exp(elements.coefficients.numpy())
    for k in range(4):
        torch.testing.assert_close(move_images(x, torch.from_numpy(matrices[k])), action.apply(elements[k], x)[0])


def test_moving_volumes_by_turns_of_the_grid() -> None:
    x = torch.rand(1, 1, 6, 6, 6)
    about_z = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    torch.testing.assert_close(move_images(x, about_z), torch.rot90(x, 1, (-2, -1)))
    shifted = torch.eye(4)
    shifted[2, 3] = 1 / 3  # one pixel of six along z
    torch.testing.assert_close(move_images(x, shifted, ndim=3)[:, :, 1:], x[:, :, :-1], atol=1e-5, rtol=0)
    shifted = torch.eye(4)
    shifted[1, 3] = 1 / 3  # up, against the rows
    torch.testing.assert_close(move_images(x, shifted, ndim=3)[:, :, :, :-1], x[:, :, :, 1:], atol=1e-5, rtol=0)


def test_the_face_of_the_library_gives_the_report() -> None:
    net, x = small("sl2", seed=0).train(), blobs(3, 24)  # features have no dropout
    report = equivariance_error(net.features, group=Affine(SL(2)), images=x, moves=3, draws=3)
    assert isinstance(report, float)
    assert isinstance(report, AffineReport)
    assert 0 < report.error == float(report) < 0.5
    assert report.kind == "field"
    assert report.implementation < 1e-5
    assert report.worst >= report.error
    for name in ("interior", "interpolation", "grid", "sampling", "truncation"):
        assert 0 <= getattr(report, name) < 1, name
        assert name in str(report)
    json.dumps(report.to_json())
    assert report.error == equivariance_report(net.features, Affine(SL(2)), x, moves=3, draws=3).error


def test_rounding_is_all_that_is_wrong_with_the_implementation_in_double_precision() -> None:
    for group in ("sl2", "gl2", "so2"):
        net = small(group).double()
        assert equivariance_report(net.features, SL(2), blobs(2, 24).double(), moves=1, draws=1).implementation < 1e-12


class Broken(AffineResNet):
    """Ignores where it is on the plane: features times a ramp."""

    def features(self, x: torch.Tensor, stage: int | None = None) -> torch.Tensor:
        y = super().features(x, stage)
        return y * torch.linspace(0, 1, y.shape[-1], dtype=y.dtype)


def test_an_error_of_the_implementation_is_seen_as_one() -> None:
    torch.manual_seed(0)
    net = Broken("sl2", width=4, samples=6, kernel_width=10, hidden=8, padding="same").eval()
    assert equivariance_report(net.features, SL(2), blobs(2, 24), moves=1, draws=1).implementation > 0.1


class Lifted(nn.Module):
    """A lifting with kernels that end inside their windows, on a grid that is finer by a whole factor."""

    def __init__(self, finer: int) -> None:
        super().__init__()
        self.net = small("gl2", seed=1, mode="frozen", mask="hard", support=0.6)
        self.net.lift = self.net.lift.at_size(5 * finer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net.lift(x).amax(2)


def test_the_grid_part_falls_with_resolution() -> None:
    options = {"moves": 3, "spread": 0.1, "draws": 1, "seed": 0}
    coarse = equivariance_report(Lifted(1), GLp(2), blobs(2, 25), **options)
    fine = equivariance_report(Lifted(3), GLp(2), blobs(2, 75), **options)
    assert fine.grid < 0.5 * coarse.grid
    assert fine.interpolation < coarse.interpolation / 3


class Linear(nn.Module):
    """Lift, convolve, project, no nonlinearity: sums over samples, whose errors fall as their number grows."""

    def __init__(self, samples: int, points: str = "random") -> None:
        super().__init__()
        from symmeter.nn.affine import GroupConv2d, GroupSampler, Lift2d, Project2d

        torch.manual_seed(0)
        sampler = GroupSampler("sl2", samples, points=points)
        options = {"sampler": sampler, "width": 10, "padding": "same", "first": 3.0, "hidden": 3.0}
        self.layers = nn.Sequential(
            Lift2d(1, 4, 5, **options), GroupConv2d(4, 4, 5, **options), Project2d(4, 4, 5, **options)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def test_the_sampling_part_falls_with_the_number_of_samples() -> None:
    options = {"moves": 1, "draws": 8}
    few, many = (equivariance_report(Linear(n), SL(2), blobs(2, 20), **options) for n in (4, 32))
    assert many.sampling < 0.6 * few.sampling
    assert few.kind == "field"


def test_a_group_that_is_too_small_shows_as_truncation() -> None:
    """SO(2) has no shears: moving its samples along by one changes the answer, more than SL(2)'s own samples."""
    x, shear = blobs(2, 24), SL(2)
    options = {"moves": 3, "spread": 0.5, "draws": 6}
    so2 = equivariance_report(small("so2", samples=12, mode="frozen").features, shear, x, **options)
    rotations = equivariance_report(small("so2", samples=12, mode="frozen").features, SO(2), x, **options)
    assert so2.truncation > 2 * rotations.truncation


def test_plain_networks_have_a_total_only() -> None:
    conv = nn.Conv2d(1, 3, 3, padding=1).eval()
    report = equivariance_report(conv, SL(2), blobs(2, 16), moves=2)
    assert report.grid is report.sampling is report.truncation is report.implementation is None
    assert report.error > 0.01
    still = equivariance_report(lambda x: x.sum((1, 2, 3))[:, None] * 0 + 1, SL(2), blobs(2, 16), moves=2)
    assert still == 0


def test_a_translation_moves_features_by_their_own_pitch() -> None:
    """Average pooling by 2 without padding trouble: whole shifts by two pixels are exact."""

    class Pooled(nn.Module):
        pitch = 2

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.avg_pool2d(x, 2)[:, :, 2:-2, 2:-2]  # a smaller part of the image

    x = torch.zeros(1, 1, 24, 24)
    x[0, 0, 10:14, 9:15] = torch.rand(4, 6)
    g = torch.eye(3)
    g[0, 2] = 4 / 12  # four pixels
    moved = move_images(x, g, ndim=2)
    y = Pooled()(x)
    torch.testing.assert_close(Pooled()(moved), move_images(y, g, unit=12 / 2, ndim=2), atol=1e-6, rtol=0)


def test_the_usual_report_measures_features_and_logits() -> None:
    net, x = small("sl2", seed=0, mode="frozen"), blobs(6, 24)
    found = list(measure_groups(net, x, ["Aff(SL(2))", "SO(2)", "C4"], "scalars", samples=8))
    assert {f.name for f in found} == {"Aff(SL(2))", "SO(2)", "C4"}
    fields = next(iter(measure_groups(net.features, x, ["SL(2)"], "same", kind="pixels", samples=8)))
    assert 0 < fields.defect < 1
    closed = small("sl2", seed=0, mode="frozen", samples=8, turns=4)
    quarter = next(iter(measure_groups(closed.features, x, ["C4"], "same", kind="pixels")))
    assert quarter.verdict == "exact"


def test_redrawn_samples_are_held_while_they_are_measured() -> None:
    """Otherwise their noise would count as asymmetry, or forbid the measurement."""
    net, x = small("sl2"), blobs(4, 20)
    assert not torch.equal(net(x), net(x))
    call = ModelCall(net)
    one, two = (call(call.placed(bundle_of(x)))[0] for _ in range(2))
    assert torch.equal(one, two)
    averaged = ModelCall(net, averages=2)
    assert not torch.equal(averaged(bundle_of(x))[0], one)
    measure_groups(net, x, ["C4"], "scalars", averages=2)
    assert not torch.equal(net(x), net(x))


def test_the_command_line_measures_methods_of_networks(tmp_path, capsys) -> None:
    from symmeter.cli.app import main

    (tmp_path / "mine_affine.py").write_text(
        "import torch\nfrom symmeter.nn.affine import AffineResNet\ntorch.manual_seed(0)\n"
        'net = AffineResNet("sl2", width=3, samples=8, turns=4, kernel_width=8, hidden=8, padding="same")\n'
    )
    np.save(tmp_path / "x.npy", blobs(4, 20).numpy())
    words = [f"{tmp_path}/mine_affine.py:net.features", "--group", "C4,SL(2)", "--data", str(tmp_path / "x.npy")]
    assert main(["measure", *words, "--output", "pixels", "--samples", "4", "--json"]) in (0, None)
    report = json.loads(capsys.readouterr().out)
    found = {f["name"]: f for f in report["findings"]}
    assert found["C4"]["verdict"] == "exact"
    assert found["SL(2)"]["defect"] > 1e-3


def test_bad_input_has_one_clear_line() -> None:
    net, x = small("sl2"), blobs(2, 20)
    cases = [
        (lambda: equivariance_error(net, group=SL(2)), InputError, "belong together"),
        (lambda: equivariance_error(net, x, "pixels", images=x, group=SL(2)), InputError, "belong together"),
        (lambda: equivariance_error(net, x), InputError, "how the group moves them"),
        (lambda: equivariance_error(net, x, tensor_action("pixels", "C4"), moves=3), InputError, "moves="),
        (lambda: equivariance_report(net, SL(3), x), ShapeError, "moves 3 coordinates"),
        (lambda: equivariance_report(net, "SL(two)", x), UnknownNameError, "SL"),
        (lambda: equivariance_report(net, 2, x), InputTypeError, "the group is a int"),
        (lambda: equivariance_report(3, SL(2), x), InputTypeError, "the model is a int"),
        (lambda: equivariance_report(net, SL(2), x, moves=0), InputError, "moves is 0"),
        (lambda: equivariance_report(net, SL(2), x, spread=-1.0), InputError, "spread"),
        (lambda: equivariance_report(net, SL(2), x, kind="field"), InputError, "kind is 'field'"),
        (lambda: equivariance_report(small("sl2").train(), SL(2), x), InputError, "training mode"),
        (lambda: equivariance_report(small("sl2").train().forward, SL(2), x), InputError, "it is random"),
        (lambda: move_images(x, torch.ones(2, 3)), ShapeError, "homogeneous"),
    ]
    for call, error, text in cases:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_shears_of_the_whole_range_stay_finite() -> None:
    report = equivariance_report(small("gl2").features, Affine(2), blobs(1, 20), moves=2, spread=1.0, draws=1)
    assert math.isfinite(report)
    assert report.sampling is None

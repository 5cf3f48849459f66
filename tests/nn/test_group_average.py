"""Averages over finite groups: pixels, permutations, findings; exact, unbiased when sampled, refused when infinite."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import symmeter as sm  # noqa: E402
from symmeter.errors import InputError, ShapeError  # noqa: E402
from symmeter.groups import symmetric  # noqa: E402
from symmeter.nn import tensor_action  # noqa: E402
from symmeter.nn.frames import FrameAverage, GroupAverage  # noqa: E402


def small_network(inputs: int, outputs: int) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(inputs, 16), torch.nn.Tanh(), torch.nn.Linear(16, outputs)
    ).double()


@pytest.mark.parametrize("group", ["C4", "D4"])
def test_pictures_under_quarter_turns(group: str) -> None:
    net = small_network(36, 36)
    image = torch.randn(2, 1, 6, 6, dtype=torch.float64)
    still = FrameAverage(net, group, kind="pixels")
    turned = torch.rot90(image, 1, (-2, -1))
    torch.testing.assert_close(still(turned), still(image), atol=1e-13, rtol=0)
    same = FrameAverage(lambda x: net(x).reshape(-1, 1, 6, 6), group, output="same", kind="pixels", chunk=2)
    torch.testing.assert_close(same(turned), torch.rot90(same(image), 1, (-2, -1)), atol=1e-13, rtol=0)
    # Against the definition, four rotations by hand.
    if group == "C4":
        by_hand = sum(net(torch.rot90(image, k, (-2, -1))) for k in range(4)) / 4
        torch.testing.assert_close(still(image), by_hand, atol=1e-13, rtol=0)


def test_cyclic_shifts() -> None:
    net = small_network(16, 3)
    model = FrameAverage(net, "shifts", kind="pixels")
    x = torch.randn(2, 1, 4, 4, dtype=torch.float64)
    moved = torch.roll(x, (1, 3), (-2, -1))
    torch.testing.assert_close(model(moved), model(x), atol=1e-13, rtol=0)
    by_hand = sum(net(torch.roll(x, (a, b), (-2, -1))) for a in range(4) for b in range(4)) / 16
    torch.testing.assert_close(model(x), by_hand, atol=1e-13, rtol=0)


def test_the_group_of_a_finding() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2000, 4))
    x[:, 2:] *= 3.0
    finding = sm.find(x, dictionary="exchanges").best
    model = FrameAverage(small_network(4, 1), finding.action)
    rows = torch.tensor(rng.standard_normal((5, 4)))
    for g in finding.action.generators:
        torch.testing.assert_close(model(torch.tensor(g.apply(rows.numpy()))), model(rows), atol=1e-13, rtol=0)
    assert model.equivariance_error(rows) < 1e-13


def test_nodes_of_a_graph_by_all_their_orders() -> None:
    net = small_network(12, 12)
    model = FrameAverage(lambda x: net(x).reshape(-1, 4, 3), "S4", {"x": "nodes"}, output="same")
    x = torch.randn(2, 4, 3, dtype=torch.float64)
    p = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(model(x[:, p]), model(x)[:, p], atol=1e-13, rtol=0)


def test_sampled_averages_are_right_in_the_mean_and_asked_for() -> None:
    net = small_network(7, 1)
    action = tensor_action("nodes", symmetric(5))
    with pytest.raises(InputError, match="120 elements, more than max_frames = 20"):
        FrameAverage(net, action, max_frames=20)
    with pytest.raises(InputError, match="infinite and has no frame here"):
        FrameAverage(net, tensor_action("pixels", "SO(2)"))
    wide = torch.randn(1, 5, 1, dtype=torch.float64)
    deep = small_network(5, 1)
    whole = FrameAverage(deep, action)(wide)
    some = GroupAverage(deep, action, max_frames=20, samples=2000)(wide)
    assert (some - whole).abs().item() < 0.05 * max(1.0, whole.abs().item())
    one = GroupAverage(deep, action, stochastic_train=True).train()
    torch.manual_seed(3)
    assert len({round(one(wide).item(), 9) for _ in range(12)}) > 3


def test_bad_input() -> None:
    model = FrameAverage(lambda x: x.sum(), "C4", kind="pixels")
    with pytest.raises(ShapeError, match="first axis must be the batch of 4"):
        model(torch.zeros(1, 1, 3, 3))
    with pytest.raises(InputError, match="give the inputs as tensors"):
        model()
    with pytest.raises(InputError, match="no output 'a'"):
        FrameAverage(abs, "C4", output={"a": "scalars"}, kind="pixels")(torch.zeros(1, 1, 3, 3))
    with pytest.raises(ShapeError, match=r"\(1, 1, 3, 4\)"):
        model(torch.zeros(1, 1, 3, 4))


def test_findings_of_models_go_in_as_they_are() -> None:
    from symmeter.nn import equivariance_error, measure

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).double()
    x = torch.randn(8, 5, 3, dtype=torch.float64)
    report = measure(net, x)
    for name, output in {"SO(2) about z": "same", "SO(3)": "points", "cyclic shifts of nodes": "same"}.items():
        model = FrameAverage(net, report[name], output=output)
        assert equivariance_error(model, x, report[name].action) < 1e-12
    assert equivariance_error(net, x, report["SO(2) about z"].action) > 0.1

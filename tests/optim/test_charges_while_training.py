"""Charges that are predicted many steps at a time, and networks whose normalisations are not as training has them."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError  # noqa: E402
from symmeter.optim.noether import NoetherTracker, discover_symmetries  # noqa: E402

LOSS = nn.functional.cross_entropy


def _net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8, eps=1e-30), nn.ReLU(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3)
    ).double()


def _data():
    g = torch.Generator().manual_seed(1)
    return [(torch.randn(16, 6, generator=g, dtype=torch.float64), torch.randint(3, (16,), generator=g))
            for _ in range(5)]  # fmt: skip


def _tracked(steps, every, asked=(), **settings):
    net, data = _net(), _data()
    found = discover_symmetries(net, LOSS, data[:3], method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.05, weight_decay=5e-3, **settings)
    plan = torch.optim.lr_scheduler.StepLR(opt, 23, 0.7)
    tracker = NoetherTracker(net, opt, found, every=every)
    for k in range(steps):
        opt.zero_grad()
        LOSS(net(data[k % 5][0]), data[k % 5][1]).backward()
        opt.step()
        plan.step()
        if k in asked:
            tracker.records()
    return {r.symmetry.name: r for r in tracker.records()}


@pytest.mark.parametrize("settings", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True},
                                      {"momentum": 0.8, "dampening": 0.3}, {}])  # fmt: skip
def test_predictions_made_many_steps_at_a_time_stay_exact(settings):
    each = _tracked(150, 1, **settings)
    for r in each.values():
        assert r.errors()["exact"] < 1e-11
        assert len(r.steps) == len(r.measured) == len(r.predicted["exact"]) == 151
    # Neither the stride of readings nor looking in between changes a number.
    for other in (_tracked(150, 7, **settings), _tracked(150, 7, (0, 1, 40, 64, 65, 127), **settings)):
        for name, r in other.items():
            assert r.steps.tolist() == list(range(0, 151, 7))
            for law, values in r.predicted.items():
                assert np.array_equal(values, each[name].predicted[law][::7])


def test_readings_do_not_follow_the_parameters():
    r = _tracked(3, 1, momentum=0.9)
    shift = r["5 bias shift"].measured
    null = r["0 null bias"].measured
    assert len({*np.round(null[:, 0], 15).tolist()}) == 4
    assert shift.shape[0] == 4


def test_a_network_left_in_evaluation_mode_is_refused():
    net, data = _net(), _data()
    found = discover_symmetries(net, LOSS, data[:3], method="structure")
    net.eval()
    with pytest.raises(InputError, match=r"1 is a BatchNorm1d in evaluation mode.*model\.train\(\)"):
        discover_symmetries(net, LOSS, data[:3])
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    before = [p.detach().clone() for p in net.parameters()]
    with NoetherTracker(net, opt, found):
        LOSS(net(data[0][0]), data[0][1]).backward()
        with pytest.raises(InputError, match="in evaluation mode"):
            opt.step()
        assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before))
        net.train()
        opt.step()
    # Nothing to say about norms without running means, or networks without any.
    discover_symmetries(nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)).eval(), LOSS, data[:2])
    own = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4, eps=1e-30, track_running_stats=False), nn.Linear(4, 3))
    assert "0 scale" in {s.name for s in discover_symmetries(own.eval(), LOSS, data[:2], method="structure")}


def test_normalisations_that_training_holds_still_are_believed():
    net, data = _net(), _data()
    net.get_submodule("1").eval()
    names = {s.name for s in discover_symmetries(net, LOSS, data[:3], method="structure")}
    assert "0 scale" not in names
    assert "3 | 5" in names


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("compiled", [True, False])
def test_squares_of_rows_and_columns_are_those_in_double_precision(dtype, compiled, monkeypatch):
    from symmeter.optim.noether import unit_squares
    from symmeter.optim.noether.symmetries import Member, ParameterSymmetry

    monkeypatch.setattr(unit_squares, "_LEAST", 1 if compiled else 1 << 40)
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(259, 70, generator=generator, dtype=torch.float64).to(dtype) for _ in range(2))
    family = ParameterSymmetry("a", "rescale", (Member("w", 0), Member("w", 1, sign=-1, repeat=1)), 70)
    square = torch.randn(70, 70, generator=generator, dtype=torch.float64).to(dtype)
    rows = ParameterSymmetry("b", "scale", (Member("v", 0),), 259)
    plan = unit_squares.UnitPlan([family, rows], {"w": square, "v": x})
    moment, mixed = unit_squares.UnitSquares(plan), unit_squares.UnitSquares(plan)
    moment.measure(("w", "v"), {"w": square, "v": x})
    mixed.measure(("v",), {"v": x}, {"v": y})
    w, a, b = square.double(), x.double(), y.double()
    off = 1e-13 if dtype == torch.float64 else 2e-6
    assert torch.allclose(plan.charges(family, [moment])[0], (w**2).sum(1) - (w**2).sum(0), rtol=0, atol=100 * off)
    assert torch.allclose(plan.lengths(rows, [moment])[0], (a**2).sum(1), rtol=off, atol=0)
    assert torch.allclose(plan.charges(rows, [mixed])[0], (a * b).sum(1), rtol=0, atol=100 * off)

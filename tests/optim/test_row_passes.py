"""Rows in one pass with the scale of the step before: right when that scale holds, and put right when it does not."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")
from torch import nn  # noqa: E402

from symmeter.errors import NonFiniteError  # noqa: E402
from symmeter.optim import SymmetryStack, row_kernel, row_passes  # noqa: E402

ROWS, WIDTH = 96, 24


def _net(dtype=torch.float32):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(ROWS, WIDTH), nn.Linear(WIDTH, 8, bias=False))
    net[1].weight.requires_grad_(False)
    with torch.no_grad():
        # Small, so that rounding of the weights themselves does not hide the updates.
        net[0].weight.mul_(0.01)
    return net.to(dtype)


def _apart(net, other) -> float:
    return float((net[0].weight.detach().double() - other[0].weight.detach()).abs().max())


def _gradient(step: int) -> torch.Tensor:
    """Every row for twelve steps, then for twelve only half of them, then every row again."""
    g = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(step))
    if 12 <= step < 24:
        g[ROWS // 2 :] = 0
    return g


@pytest.fixture
def passes(monkeypatch):
    """Names of the passes that are made, in order."""
    made: list[str] = []
    monkeypatch.setattr(row_kernel, "_LEAST", 1)
    named = row_passes.passes()._asdict()

    def noting(name):
        return lambda *a: (made.append(name), named[name](*a))[1]

    monkeypatch.setattr(row_kernel, "passes", lambda: row_passes.Passes(*(noting(n) for n in named)))
    return made


def _run(net, steps, state=None, begin=0, **settings):
    opt = SymmetryStack(net, lr=0.02, weight_decay={"embedding": 0.1}, **settings)
    if state is not None:
        opt.load_state_dict(state)
    for k in range(begin, steps):
        net[0].weight.grad = _gradient(k).to(net[0].weight.dtype)
        opt.step()
    return opt


@pytest.mark.parametrize("row_eps", [1e-8, 1e-3])
def test_the_passes_are_the_rule_in_double_precision(passes, row_eps):
    ours, exact = _net(), _net(torch.float64)
    _run(ours, 30, row_eps=row_eps)
    _run(exact, 30, row_eps=row_eps)
    assert _apart(ours, exact) < 2e-6
    if row_eps == 1e-8:
        # Lengths are one to a part in 10^8 while every row is seen: one pass a step after the first two.
        assert passes[:6] == ["lengthen", "move", "lengthen", "move", "sweep", "sweep"]
        assert passes.count("sweep") > 10
    else:
        assert passes.count("lengthen") > 10


def test_a_step_whose_scale_changes_is_put_right(passes):
    """Rows that are zero from one step to the next: the optimizer's momentum is emptied in between."""
    ours, exact = _net(), _net(torch.float64)
    optimizers = [SymmetryStack(net, lr=0.02) for net in (ours, exact)]
    for k in range(8):
        for net, opt in zip((ours, exact), optimizers, strict=True):
            g = _gradient(k).to(net[0].weight.dtype)
            if k == 5:
                opt.state[net[0].weight]["momentum"][:40] = 0
                g[:40] = 0
            net[0].weight.grad = g
            opt.step()
    # Two steps to learn the scale, four at once of which the last is put right, and in two passes again.
    assert passes == ["lengthen", "move"] * 2 + ["sweep"] * 4 + ["move"] + ["lengthen", "move"] * 2
    assert _apart(ours, exact) < 1e-6


def test_resume_in_the_middle_is_bit_exact(passes):
    straight = _net()
    _run(straight, 20)
    net = _net()
    state = copy.deepcopy(_run(net, 9).state_dict())
    _run(net, 20, state, 9)
    assert torch.equal(net[0].weight, straight[0].weight)
    assert passes.count("sweep") > 10


def test_no_gradient_moves_nothing(passes):
    net = _net()
    opt = SymmetryStack(net, lr=0.02)
    before = net[0].weight.detach().clone()
    for _ in range(4):
        net[0].weight.grad = torch.zeros(ROWS, WIDTH)
        opt.step()
    assert torch.equal(net[0].weight, before)


@pytest.mark.parametrize("rows", [1, 3, 255, 256, 257, 3001])
def test_a_survey_is_its_definition_in_double_precision(rows):
    rng = np.random.default_rng(rows)
    m, g = (rng.normal(size=(rows, 40)).astype(np.float32) for _ in range(2))
    mean = rng.normal(size=40).astype(np.float32)
    s = 0.3 * m.astype(float) + 0.7 * g.astype(float) - mean
    lengths = np.linalg.norm(s, axis=1)
    inverse, mean_row, square, columns, total = row_passes.passes().survey(m, g, 0.3, 0.7, mean, 1e-8)
    assert np.abs(inverse * lengths - 1).max() < 1e-5
    assert np.abs(mean_row - (s / lengths[:, None]).mean(0)).max() < 1e-6
    assert (square, total) == pytest.approx((rows, lengths.sum()), rel=1e-5)
    bound = 1e-6 * rows**0.5 * 4
    assert np.abs(columns - g.astype(float).sum(0)).max() < bound
    assert np.abs(row_passes.passes().columns(g) - g.astype(float).sum(0)).max() < bound


def test_sums_of_columns_show_what_is_not_finite(monkeypatch):
    monkeypatch.setattr(row_kernel, "_LEAST", 1)
    p = nn.Parameter(torch.zeros(500, 8))
    p.grad = torch.randn(500, 8, generator=torch.Generator().manual_seed(0))
    p.grad[0, 3], p.grad[499, 4] = float("nan"), float("inf")
    kept = {"momentum": torch.zeros(500, 8), "mean_row": torch.zeros(8), "columns_vanish": True}
    group = {"momentum": 0.95, "nesterov": True, "row_eps": 1e-8}
    for state in ({}, kept):
        bad = ~torch.isfinite(row_kernel.survey(p, state, group).columns)
        assert bad.nonzero().flatten().tolist() == [3, 4]
    # In other forms than the passes take.
    p.grad = torch.randn(8, 500).t()
    assert torch.equal(row_kernel.survey(p, {}, group).columns, p.grad.sum(0))


def test_a_table_under_centred_rows_with_a_gradient_that_is_not_finite(monkeypatch):
    monkeypatch.setattr(row_kernel, "_LEAST", 1)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(ROWS, WIDTH), nn.Linear(WIDTH, ROWS, bias=False))
    opt = SymmetryStack(net, lr=0.02)
    before = [p.detach().clone() for p in net.parameters()]
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    # Sums that overflow are no reason to stop; one number that is infinite is.
    net[1].weight.grad.fill_(3e37)
    net[1].weight.grad[5, 5] = float("inf")
    with pytest.raises(NonFiniteError, match=r"gradient of 1\.weight is not finite"):
        opt.step()
    assert all(torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


def _balanced(step: int, off: float = 0.0) -> torch.Tensor:
    """A gradient of an output projection under softmax: its columns add up to zero, up to rounding and ``off``."""
    g = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(100 + step), dtype=torch.float64)
    return g - g.mean(0) + off


def _head(dtype=torch.float32):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Embedding(ROWS, WIDTH), nn.Linear(WIDTH, ROWS, bias=False))
    net[0].weight.requires_grad_(False)
    with torch.no_grad():
        net[1].weight.mul_(0.01)
    return net.to(dtype)


@pytest.mark.parametrize("nesterov", [False, True])
def test_columns_that_vanish_are_added_up_on_the_way(passes, nesterov):
    """Eight gradients of softmax, three that are off it, eight of softmax: the rule in double precision all along."""
    offs = [0.0] * 8 + [0.3] * 3 + [0.0] * 8
    ours, exact = _head(), _head(torch.float64)
    settings = {"lr": 0.02, "nesterov": nesterov, "non_finite": "ignore", "rules": {"lm_head": "centered_row"}}
    optimizers = [SymmetryStack(net, **settings) for net in (ours, exact)]
    for k, off in enumerate(offs):
        for net, opt in zip((ours, exact), optimizers, strict=True):
            net[1].weight.grad = _balanced(k, off).to(net[1].weight.dtype)
            opt.step()
    assert float((ours[1].weight.detach().double() - exact[1].weight.detach()).abs().max()) < 1e-6
    # One look to learn it, seven on the way; then once more over the momentum, and sums first until they vanish again.
    plain = ["columns", "survey", "finish"]
    guessed, wrong = ["glide", "move"], ["glide", "survey", "move"]
    if nesterov:
        guessed, wrong = ["survey", "finish"], ["survey", "survey", "finish"]
    assert passes == plain + guessed * 7 + wrong + plain * 2 + plain + guessed * 7
    # The mean row of the weights stays where it was, whichever way the columns were summed.
    start = _head()[1].weight.detach().mean(0)
    assert float((ours[1].weight.detach().mean(0) - start).abs().max()) < 1e-7


def test_asked_for_finite_gradients_one_survey_serves_both(passes):
    ours, exact = _head(), _head(torch.float64)
    optimizers = [SymmetryStack(net, lr=0.02, rules={"lm_head": "centered_row"}) for net in (ours, exact)]
    for k in range(4):
        for net, opt in zip((ours, exact), optimizers, strict=True):
            net[1].weight.grad = _balanced(k).to(net[1].weight.dtype)
            opt.step()
    assert passes == ["columns", "survey", "finish"] + ["survey", "finish"] * 3
    assert float((ours[1].weight.detach().double() - exact[1].weight.detach()).abs().max()) < 1e-6
    # Nothing moves when a gradient is not finite, not even what is kept of the momentum.
    opt, p = optimizers[0], ours[1].weight
    before = {k: copy.deepcopy(v) for k, v in opt.state[p].items()}
    weight = p.detach().clone()
    p.grad[7, 7] = float("nan")
    with pytest.raises(NonFiniteError, match=r"gradient of 1\.weight is not finite"):
        opt.step()
    assert torch.equal(p, weight)
    assert opt.state[p].keys() == before.keys()
    assert all(torch.equal(torch.as_tensor(opt.state[p][k]), torch.as_tensor(v)) for k, v in before.items())

"""Charges of parameter symmetries: discovery, exact laws, continuous models, budgets, normalised layers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError, NonFiniteError, OutputError, SampleSizeError, UnknownNameError  # noqa: E402
from symmeter.optim.noether import (  # noqa: E402
    Member,
    NoetherTracker,
    ParameterSymmetry,
    StepRule,
    discover_symmetries,
)
from symmeter.optim.noether.continuous_laws import ContinuousModel, continuous_after, continuous_step  # noqa: E402
from symmeter.optim.noether.discrete_laws import translation_after, translation_step  # noqa: E402

CROSS = nn.functional.cross_entropy


@pytest.fixture(autouse=True)
def _double():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def _net(eps: float = 1e-30) -> nn.Module:
    return nn.Sequential(
        nn.Linear(20, 32), nn.BatchNorm1d(32, eps=eps), nn.ReLU(), nn.Linear(32, 24), nn.ReLU(), nn.Linear(24, 16),
        nn.ReLU(), nn.Linear(16, 6),
    )  # fmt: skip


def _data(inputs: int = 20, classes: int = 6, size: int = 32, number: int = 12):
    g = torch.Generator().manual_seed(3)
    return [
        (torch.randn(size, inputs, generator=g), torch.randint(classes, (size,), generator=g)) for _ in range(number)
    ]


def _train(net, opt, data, steps, loss=CROSS):
    for k in range(steps):
        x, y = data[k % len(data)]
        opt.zero_grad()
        loss(net(x), y).backward()
        opt.step()


# ---- exact laws ------------------------------------------------------------------------------------------------------

SETTINGS = [
    {"lr": 0.1, "weight_decay": 5e-3},
    {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-3},
    {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-3},
    {"lr": 0.1},
    {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-3, "nesterov": True},
    {"lr": 0.05, "momentum": 0.9, "weight_decay": 5e-3, "dampening": 0.3},
    {"lr": 0.05, "momentum": 0.5},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{k}={v}" for k, v in s.items()))
def test_exact_laws_hold_to_rounding(settings):
    net, data = _net(), _data()
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
    opt = torch.optim.SGD(net.parameters(), **settings)
    tracker = NoetherTracker(net, opt, symmetries)
    _train(net, opt, data, 400)
    kinds = set()
    for r in tracker.records():
        kinds.add(r.symmetry.kind)
        assert len(r.steps) == 401
        assert r.errors()["exact"] < 1e-11, r.symmetry.name
    assert kinds == {"translation", "scale", "rescale"}


@pytest.mark.parametrize(
    ("settings", "bound", "ignoring"),
    [(SETTINGS[0], 3e-3, 4e-3), (SETTINGS[1], 2e-2, 0.15), (SETTINGS[2], 4e-3, 5e-3)],
)
def test_the_continuous_model_is_near_and_decay_alone_is_not(settings, bound, ignoring):
    net, data = _net(), _data()
    symmetries = [s for s in discover_symmetries(net, CROSS, data[:3], method="structure") if s.kind != "translation"]
    opt = torch.optim.SGD(net.parameters(), **settings)
    tracker = NoetherTracker(net, opt, symmetries)
    _train(net, opt, data, 400)
    errors = [r.errors() for r in tracker.records()]
    assert max(e["continuous"] for e in errors) < bound
    assert max(e["naive"] for e in errors) > ignoring


def test_schedules_and_groups():
    net, data = _net(), _data()
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
    early, late = [p for n, p in net.named_parameters() if n[0] in "01"], [
        p for n, p in net.named_parameters() if n[0] not in "01"
    ]  # fmt: skip
    opt = torch.optim.SGD([{"params": early, "lr": 0.02}, {"params": late}], lr=0.05, momentum=0.9, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 100)
    tracker = NoetherTracker(net, opt, symmetries)
    for k in range(100):
        _train(net, opt, data[k % 12 :], 1)
        schedule.step()
    for r in tracker.records():
        if r.symmetry.name == "1 | 3":
            assert not r.predicted
            assert "different learning rates" in r.note
        else:
            assert r.errors()["exact"] < 1e-12


def test_predictions_do_not_depend_on_how_often_charges_are_read():
    found = {}
    for every in (1, 7):
        torch.manual_seed(0)
        net, data = _net(), _data()
        symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
        opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
        tracker = NoetherTracker(net, opt, symmetries, every=every)
        _train(net, opt, data, 70)
        found[every] = tracker.record("0 scale")
    assert np.array_equal(found[7].steps, np.arange(0, 71, 7))
    for law in ("exact", "continuous", "naive"):
        assert np.array_equal(found[7].predicted[law], found[1].predicted[law][::7])


def test_clipping_and_accumulation_are_seen():
    net, data = _net(), _data()
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3)
    tracker = NoetherTracker(net, opt, symmetries)
    for k in range(40):
        opt.zero_grad()
        for x, y in data[k % 5 : k % 5 + 3]:
            CROSS(net(x), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        opt.step()
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-12


def test_single_precision_is_tracked_in_double():
    torch.set_default_dtype(torch.float32)
    net, data = _net(1e-12), [(x.float(), y) for x, y in _data()]
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure", tol=1e-6)
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-3)
    tracker = NoetherTracker(net, opt, symmetries)
    _train(net, opt, data, 200)
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-4


# ---- scalars ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lr", "momentum", "decay", "steps", "exact", "continuous", "naive"),
    [
        (0.1, 0.9, 0.005, 100, 0.621951663420, 0.623595964677, 0.606530660),
        (0.05, 0.9, 0.1, 40, 0.060577321727, 0.066518913279, None),
        (0.1, 0.0, 0.01, 100, 0.904792147114, 0.905245207793, None),
    ],
)
def test_translation_scalars(lr, momentum, decay, steps, exact, continuous, naive):
    rule = StepRule(lr, momentum, weight_decay=decay)
    s, p = 1.0, 0.0
    for k in range(steps):
        s, p = translation_step(s, p, rule, k == 0)
    assert s == pytest.approx(exact, abs=1e-12)
    assert translation_after(1.0, rule, steps) == pytest.approx(exact, abs=1e-12)
    assert continuous_after(1.0, rule, steps) == pytest.approx(continuous, abs=1e-12)
    if naive is not None:
        assert math.exp(-decay * lr * steps / (1 - momentum)) == pytest.approx(naive, abs=1e-9)


def test_the_eigenvalue_formula_at_a_double_root():
    # (1 + beta - eta lambda)^2 = 4 beta makes both eigenvalues sqrt(beta).
    beta, lr = 0.81, 0.1
    decay = (1 + beta - 2 * math.sqrt(beta)) / lr
    rule = StepRule(lr, beta, weight_decay=decay)
    s, p = 1.0, 0.0
    for k in range(30):
        assert translation_after(1.0, rule, k) == pytest.approx(s, rel=1e-6)
        s, p = translation_step(s, p, rule, k == 0)


def test_rates_on_a_quadratic_loss():
    x = 0.1
    discrete, flow = -math.log(1 - x), x
    lagrangian = 1 - math.sqrt(1 - 2 * x)
    assert (round(discrete, 6), flow, round(x + x**2 / 2, 6), round(lagrangian, 6)) == (0.105361, 0.1, 0.105, 0.105573)
    # The continuous model of translation with lambda in place of curvature has exactly the Lagrangian rate.
    rule = StepRule(0.1, weight_decay=1.0)
    late = continuous_after(1.0, rule, 301) / continuous_after(1.0, rule, 300)
    assert -math.log(late) == pytest.approx(lagrangian, abs=1e-9)


@pytest.mark.parametrize(("momentum", "decay"), [(0.9, 0.005), (0.9, 0.1), (0.0, 0.01), (0.9, 0.0)])
def test_the_two_state_recursion_solves_its_equation(momentum, decay):
    from scipy.integrate import solve_ivp

    rule = StepRule(0.05, momentum, weight_decay=decay)
    model = ContinuousModel.of(rule, quadratic=True)
    a, v = 1.0, 0.0
    for _ in range(200):
        a, v = continuous_step(a, v, 0.0, rule, True)
    end = 200 * model.dt

    def motion(_, y):
        return [y[1], -2 * model.gamma * y[1] - model.omega2 * y[0]]

    solved = solve_ivp(motion, (0, end), [1.0, 0.0], rtol=1e-11, atol=1e-13, method="DOP853")
    assert a == pytest.approx(solved.y[0, -1], abs=1e-9)


def test_long_steps_do_not_overflow():
    rule = StepRule(1e-6, 0.0, weight_decay=1e-3)
    model = ContinuousModel.of(rule, quadratic=False)
    assert all(math.isfinite(v) for v in model.matrix(1e6 * model.dt))


# ---- discovery -------------------------------------------------------------------------------------------------------


def _small(activation: type[nn.Module]) -> nn.Module:
    return nn.Sequential(
        nn.Linear(5, 4), nn.BatchNorm1d(4, eps=1e-30), activation(), nn.Linear(4, 6), activation(), nn.Linear(6, 3)
    )


@pytest.mark.parametrize(("activation", "nullity", "families"), [(nn.ReLU, 16, 10), (nn.Tanh, 6, 0), (nn.GELU, 6, 0)])
def test_gradients_alone_find_every_symmetry(activation, nullity, families):
    data = _data(5, 3, 16, 6)
    net = _small(activation)
    found = discover_symmetries(net, CROSS, data, method="numeric")
    assert found.facts is not None
    assert (found.facts["fields"], found.facts["single"], found.facts["nullity"]) == (82, 16, nullity)
    assert found.facts["trivial"] == 6
    assert found.facts["gap"] > 1e12
    combined = [s for s in found if s.kind == "rescale"]
    assert len(combined) == families
    for s in combined:
        weights = sorted(m.sign * m.weight for m in s.members)
        assert len(weights) == 3
        assert abs(sum(np.sign(weights))) == 1
        assert np.allclose(np.abs(weights), 1.0, atol=1e-9)
        assert max(s.violation, s.finite) < 1e-11
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    tracker = NoetherTracker(net, opt, found)
    _train(net, opt, data, 30)
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-11
    both = discover_symmetries(net, CROSS, data)
    assert not both.numeric
    assert both.dimension == 15 + families


def test_layers_propose_and_numbers_decide():
    data = _data(5, 3, 16, 6)
    names = {s.name: s for s in discover_symmetries(_small(nn.ReLU), CROSS, data, method="structure")}
    assert {n: s.count for n, s in names.items()} == {
        "5 shift": 6, "5 bias shift": 1, "0 scale": 4, "0 null bias": 4, "1 | 3": 4, "3 | 5": 6
    }  # fmt: skip
    smooth = discover_symmetries(_small(nn.GELU), CROSS, data, method="structure")
    assert not any(s.kind == "rescale" for s in smooth)
    # A squared error sees a shift of the outputs.
    shifted = [(x, torch.randn(16, 3)) for x, _ in data]
    assert not any(
        s.name.startswith("5") for s in discover_symmetries(_small(nn.ReLU), nn.functional.mse_loss, shifted)
    )


@pytest.mark.parametrize("eps", [1e-30, 1e-8, 1e-5, 1e-3])
def test_a_normalisation_with_eps_breaks_scale_in_proportion(eps):
    found = discover_symmetries(_net(eps), CROSS, _data(), method="structure", tol=1e-13)
    violation = found["0 scale"].violation
    if eps == 1e-30:
        assert violation < 1e-14
    else:
        # Variances before the normalisation are of order one to three: eps over them is what is left.
        assert 0.1 * eps < violation < 10 * eps


def test_convolutions_and_flattened_channels():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4, eps=1e-30), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 2),
        nn.ReLU(), nn.Flatten(), nn.Linear(12, 5),
    )  # fmt: skip
    g = torch.Generator().manual_seed(0)
    data = [(torch.randn(16, 1, 8, 8, generator=g), torch.randint(5, (16,), generator=g)) for _ in range(3)]
    found = {s.name: s for s in discover_symmetries(net, CROSS, data, method="structure")}
    assert found["0 scale"].count == 4
    assert found["1 | 4"].count == 4
    assert found["4 | 7"].members[-1].repeat == 4
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    tracker = NoetherTracker(net, opt, found.values())
    _train(net, opt, data, 60)
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-12


class Attention(nn.Module):
    num_heads, head_dim = 2, 3

    def __init__(self) -> None:
        super().__init__()
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            self.add_module(name, nn.Linear(6, 6, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, _ = x.shape
        q, k, v = (p(x).view(b, t, 2, 3).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        y = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, 6)).mean(1)


def _attention():
    net = nn.Sequential(Attention(), nn.Linear(6, 4))
    g = torch.Generator().manual_seed(0)
    return net, [(torch.randn(8, 5, 6, generator=g), torch.randint(4, (8,), generator=g)) for _ in range(4)]


def test_heads_of_attention():
    net, data = _attention()
    found = {s.name: s for s in discover_symmetries(net, CROSS, data, method="structure")}
    assert found["0 q | k"].count == found["0 v | o"].count == 18
    opt = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9, weight_decay=0.01)
    tracker = NoetherTracker(net, opt, found.values())
    _train(net, opt, data, 60)
    for name in ("0 q | k", "0 v | o"):
        record = tracker.record(name)
        assert record.measured.shape == (61, 2, 3, 3)
        assert record.errors()["exact"] < 1e-12
    # Angular momentum stays zero from rest, whatever decay and step.
    names = {n: p.detach() for n, p in net.named_parameters()}
    speeds = {n: opt.state[p]["momentum_buffer"] for n, p in net.named_parameters()}
    assert float(found["0 q | k"].angular_momentum(names, speeds).abs().max()) < 2e-13


def test_angular_momentum_decays_by_the_momentum_alone():
    net, data = _attention()
    family = {s.name: s for s in discover_symmetries(net, CROSS, data, method="structure")}["0 q | k"]
    opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    for p in net.parameters():
        opt.state[p]["momentum_buffer"] = torch.randn_like(p)

    def momentum() -> torch.Tensor:
        at = {n: p.detach() for n, p in net.named_parameters()}
        return family.angular_momentum(at, {n: opt.state[p]["momentum_buffer"] for n, p in net.named_parameters()})

    start = momentum()
    for k in range(1, 31):
        _train(net, opt, data, 1)
        assert float((momentum() - 0.9**k * start).abs().max() / start.abs().max()) < 2e-11


def test_two_linear_layers_drift_in_proportion_to_the_step():
    drifts = []
    for lr in (0.08, 0.04, 0.02, 0.01):
        torch.manual_seed(1)
        net = nn.Sequential(nn.Linear(6, 5, bias=False), nn.Linear(5, 4, bias=False))
        x, y = torch.randn(32, 6), torch.randn(32, 4)
        (family,) = discover_symmetries(net, nn.functional.mse_loss, [(x, y)], method="structure")
        assert family.kind == "linear"
        at = lambda net=net: {n: p.detach() for n, p in net.named_parameters()}  # noqa: E731
        start = family.charge(at()).clone()
        opt = torch.optim.SGD(net.parameters(), lr=lr)
        _train(net, opt, [(x, y)], round(8 / lr), nn.functional.mse_loss)
        drifts.append(float((family.charge(at()) - start).norm()))
    ratios = [a / b for a, b in pairwise(drifts)]
    assert all(1.9 < r < 2.2 for r in ratios), drifts


def test_a_stream_that_only_norms_read():
    class Stream(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(12, 6)
            self.attn = Attention()
            self.norm = nn.RMSNorm(6, eps=1e-30)
            self.last = nn.RMSNorm(6, eps=1e-30)
            self.head = nn.Linear(6, 12, bias=False)

        def forward(self, t: torch.Tensor) -> torch.Tensor:
            x = self.embed(t)
            return self.head(self.last(x.mean(1) + self.attn(self.norm(x))))

    g = torch.Generator().manual_seed(0)
    data = [(torch.randint(12, (8, 5), generator=g), torch.randint(12, (8,), generator=g)) for _ in range(3)]
    found = {s.name: s for s in discover_symmetries(Stream(), CROSS, data, method="structure")}
    assert set(found["residual stream scale"].parameters) == {"embed.weight", "attn.o_proj.weight"}


def test_dropout_and_running_means_do_not_confuse():
    net = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4, eps=1e-30), nn.ReLU(), nn.Dropout(0.3), nn.Linear(4, 3))
    before = net[1].running_mean.clone()
    found = {s.name for s in discover_symmetries(net, CROSS, _data(5, 3), method="structure")}
    assert {"0 scale", "1 | 4", "4 shift"} <= found
    assert torch.equal(net[1].running_mean, before)


# ---- budgets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["SGD", "AdamW", "RMSprop", "LBFGS", "Muon"])
def test_budgets_add_up(kind):
    net, data = _net(), _data()
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
    if kind == "Muon":
        symmetries = [s for s in symmetries if all(n.endswith("weight") and n[0] != "1" for n in s.parameters)]
        opt = torch.optim.Muon([p for p in net.parameters() if p.ndim == 2], lr=0.01)
    else:
        extra = {"AdamW": {"weight_decay": 0.1}, "SGD": {"momentum": 0.9, "weight_decay": 5e-3}}.get(kind, {})
        opt = getattr(torch.optim, kind)(net.parameters(), lr=0.01, **extra)
    tracker = NoetherTracker(net, opt, symmetries, budget=True)
    for k in range(30):
        x, y = data[k % 12]

        def closure(x=x, y=y):
            opt.zero_grad()
            loss = CROSS(net(x), y)
            loss.backward()
            return loss

        if kind == "LBFGS":
            opt.step(closure)
        else:
            closure()
            opt.step()
    for s in symmetries:
        parts = tracker.budget(s.name)
        total = parts["decay"] + parts["first order"] + parts["finite step"]
        # A charge is a sum of squares; its change is known to the rounding of these.
        size = np.abs(tracker.record(s.name).measured).max() + np.abs(parts["finite step"]).max()
        assert np.abs(total - parts["change"]).max() < 1e-12 * max(size, 1.0)


def test_metric_symmetry_breaking_of_adam():
    found = {}
    for kind in ("SGD", "Adam"):
        torch.manual_seed(0)
        net, data = _net(), _data()
        symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
        opt = getattr(torch.optim, kind)(net.parameters(), lr=0.01)
        tracker = NoetherTracker(net, opt, symmetries, budget=True)
        _train(net, opt, data, 40)
        found[kind] = float(np.abs(tracker.budget("3 | 5")["first order"]).max())
    assert found["SGD"] < 1e-14
    assert found["Adam"] > 1e-2


# ---- normalised layers -----------------------------------------------------------------------------------------------


class Rayleigh(nn.Module):
    """A loss of the direction alone, with fresh noise every step."""

    def __init__(self, d: int = 64) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(d))
        self.register_buffer("h", torch.linspace(0, 1, d))

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        u = self.w / self.w.norm()
        return (self.h * u * u).sum() + (noise * u).sum()


@pytest.mark.parametrize(
    ("lr", "momentum", "decay", "theory"),
    [(0.05, 0.0, 0.02, 0.04472), (0.05, 0.5, 0.02, 0.03651), (0.02, 0.9, 0.01, 0.01451)],
)
def test_the_relative_step_at_equilibrium(lr, momentum, decay, theory):
    assert math.sqrt(2 * lr * decay / (1 + momentum)) == pytest.approx(theory, abs=6e-6)
    net = Rayleigh()
    opt = torch.optim.SGD(net.parameters(), lr=lr, momentum=momentum, weight_decay=decay)
    g = torch.Generator().manual_seed(1)
    steps = []
    for k in range(6000):
        opt.zero_grad()
        net(torch.randn(64, generator=g)).backward()
        before = net.w.detach().clone()
        opt.step()
        if k > 3000:
            steps.append(float((net.w.detach() - before).pow(2).sum() / before.pow(2).sum()))
    assert math.sqrt(np.mean(steps)) == pytest.approx(theory, rel=0.01)


def test_effective_rate_is_rmsprop():
    lr, decay = 0.05, 0.02
    net = Rayleigh()
    family = ParameterSymmetry("w scale", "scale", (Member("w"),), 1)
    opt = torch.optim.SGD(net.parameters(), lr=lr, weight_decay=decay)
    tracker = NoetherTracker(net, opt, [family])
    g = torch.Generator().manual_seed(1)
    r2 = float(net.w.detach().pow(2).sum())
    rho, s = math.exp(-4 * lr * decay), 2 * decay * r2**2 / lr
    smoothed, exact = [], r2
    for _ in range(3000):
        opt.zero_grad()
        net(torch.randn(64, generator=g)).backward()
        length2 = float(net.w.detach().pow(2).sum())
        unit = float(net.w.grad.pow(2).sum()) * length2
        exact = (1 - lr * decay) ** 2 * exact + lr**2 * unit / exact
        s = rho * s + (1 - rho) * unit
        smoothed.append(math.sqrt(2 * lr * decay) / math.sqrt(s))
        opt.step()
    rates = tracker.effective_lr("w scale")[1:, 0]
    assert rates[-1] == pytest.approx(lr / exact, rel=1e-10)
    assert np.max(np.abs(np.array(smoothed) / rates - 1)) < 5e-3


# ---- bad input -------------------------------------------------------------------------------------------------------


def test_bad_input(tmp_path):
    net, data = _net(), _data()
    symmetries = list(discover_symmetries(net, CROSS, data[:3], method="structure"))
    with pytest.raises(InputError, match="does not step"):
        NoetherTracker(net, torch.optim.SGD(net[0].parameters(), lr=0.1), symmetries)
    with pytest.raises(InputError, match="no symmetry to track"):
        NoetherTracker(net, torch.optim.SGD(net.parameters(), lr=0.1), [])
    opt = torch.optim.SGD(net.parameters(), lr=1e200)
    tracker = NoetherTracker(net, opt, symmetries)
    with pytest.raises(UnknownNameError, match="did you mean '0 scale'"):
        tracker.record("0 scal")
    with pytest.raises(InputError, match="budget=True"):
        tracker.budget("0 scale")
    with pytest.raises(InputError, match="only lengths"):
        tracker.effective_lr("7 shift")
    _train(net, opt, data, 3)
    with pytest.raises(NonFiniteError, match="not finite from step"):
        tracker.record("3 | 5")
    with pytest.raises(InputError, match="structure"):
        discover_symmetries(net, CROSS, data, method="fx")
    with pytest.raises(SampleSizeError, match="at least 82"):
        discover_symmetries(_small(nn.ReLU), CROSS, _data(5, 3), method="numeric", samples=50)
    with pytest.raises(InputError, match="batches is empty"):
        discover_symmetries(net, CROSS, [])


def test_pictures_and_tables(tmp_path):
    pytest.importorskip("matplotlib")
    net, data = _net(), _data()
    symmetries = discover_symmetries(net, CROSS, data[:3], method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.05)
    with NoetherTracker(net, opt, symmetries) as tracker:
        _train(net, opt, data, 10)
    _train(net, opt, data, 5)
    assert tracker.record("0 scale").steps[-1] == 10
    tracker.plot(str(tmp_path / "charges.png"))
    assert (tmp_path / "charges.png").stat().st_size > 10_000
    for name, error in (("charges.bmp", InputError), ("missing/charges.png", OutputError)):
        with pytest.raises(error):
            tracker.plot(str(tmp_path / name))
    assert [p.name for p in tmp_path.iterdir()] == ["charges.png"]
    assert "7 bias shift" in tracker.report()
    assert "rescale" in str(symmetries)

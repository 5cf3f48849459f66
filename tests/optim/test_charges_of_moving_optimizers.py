"""Exact laws when a run is joined midway, when gradients are missing, with dampening, and for heads that share keys."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError  # noqa: E402
from symmeter.optim.noether import NoetherTracker, discover_symmetries  # noqa: E402

CROSS = nn.functional.cross_entropy


@pytest.fixture(autouse=True)
def _double():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def _data(*shape: int, classes: int = 3, number: int = 4):
    g = torch.Generator().manual_seed(3)
    return [(torch.randn(16, *shape, generator=g), torch.randint(classes, (16,), generator=g)) for _ in range(number)]


def _step(net, opt, batch, loss=CROSS):
    opt.zero_grad()
    loss(net(batch[0]), batch[1]).backward()


def _units():
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


SETTINGS = [
    {"momentum": 0.9},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.9, "dampening": 0.5},
    {},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_run_can_be_joined_midway(settings):
    net, data = _units(), _data(6)
    found = discover_symmetries(net, CROSS, data, method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.05, **settings)
    for k in range(30):
        if k == 10:
            tracker = NoetherTracker(net, opt, found)
        _step(net, opt, data[k % 4])
        opt.step()
    for record in tracker.records():
        errors = record.errors()
        assert errors["exact"] < 1e-12
        # The continuous model starts with the velocity too: from rest it would be off by a quarter and more.
        assert errors.get("continuous", 0.0) < 0.06


def test_dampening_spares_the_first_step_alone_also_for_translations():
    net, data = _units(), _data(6)
    found = [s for s in discover_symmetries(net, CROSS, data, method="structure") if s.kind == "translation"]
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, dampening=0.5, weight_decay=0.05)
    tracker = NoetherTracker(net, opt, found)
    for k in range(20):
        _step(net, opt, data[k % 4])
        opt.step()
    assert len(found) == 2
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-12


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_steps_without_gradients_move_nothing(settings):
    net, data = _units(), _data(6)
    found = discover_symmetries(net, CROSS, data, method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.01, **settings)
    tracker = NoetherTracker(net, opt, found, budget=True)
    for k in range(20):
        _step(net, opt, data[k % 4])
        if k % 5 == 4:
            opt.zero_grad(set_to_none=True)
        opt.step()
    for record in tracker.records():
        assert record.errors()["exact"] < 1e-12
        parts = tracker.budget(record.symmetry.name)
        total = parts["decay"] + parts["first order"] + parts["finite step"]
        assert abs(total - parts["change"]).max() < 1e-12


def test_members_that_move_one_without_the_other_have_no_law():
    net, data = _units(), _data(6)
    found = discover_symmetries(net, CROSS, data, method="structure")
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    tracker = NoetherTracker(net, opt, found)
    for k in range(6):
        _step(net, opt, data[k % 4])
        if k == 3:
            net[0].weight.grad = None
        opt.step()
    pair = tracker.record("0 | 2")
    assert not pair.predicted
    assert "no gradient at step 4" in pair.note
    assert tracker.record("2 shift").errors()["exact"] < 1e-12
    assert "0 | 2" in tracker.report()


class _SharedKeys(nn.Module):
    """Two groups of two query heads, each with keys and values of its own; no rotary positions."""

    num_heads, num_key_value_heads, head_dim = 4, 2, 2

    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.o_proj = nn.Linear(8, 8, bias=False), nn.Linear(8, 8, bias=False)
        self.k_proj, self.v_proj = nn.Linear(8, 4, bias=False), nn.Linear(8, 4, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, n, _ = x.shape
        q = self.q_proj(x).view(b, n, 4, 2).transpose(1, 2)
        k, v = (f(x).view(b, n, 2, 2).transpose(1, 2).repeat_interleave(2, 1) for f in (self.k_proj, self.v_proj))
        y = torch.softmax(q @ k.mT / 2**0.5, -1) @ v
        return self.o_proj(y.transpose(1, 2).reshape(b, n, 8))


class _Reader(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.self_attn = _SharedKeys()
        self.lm_head = nn.Linear(8, 11, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        return self.lm_head(x + self.self_attn(x))


def _next(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return CROSS(outputs.flatten(0, 1), targets.flatten())


def _sentences():
    g = torch.Generator().manual_seed(0)
    return [(torch.randint(11, (3, 7), generator=g), torch.randint(11, (3, 7), generator=g)) for _ in range(3)]


def test_heads_that_share_keys_have_the_sum_over_their_group():
    net, data = _Reader(), _sentences()
    found = discover_symmetries(net, _next, data, method="structure")
    assert {s.name: s.count for s in found if s.kind == "linear"} == {"self_attn q | k": 8, "self_attn v | o": 8}
    parameters = dict(net.named_parameters())
    q = net.self_attn.q_proj.weight.detach().view(4, 2, 8)
    k = net.self_attn.k_proj.weight.detach().view(2, 2, 8)
    by_hand = torch.stack([q[2 * g] @ q[2 * g].T + q[2 * g + 1] @ q[2 * g + 1].T - k[g] @ k[g].T for g in range(2)])
    assert torch.allclose(found["self_attn q | k"].charge(parameters), by_hand, atol=1e-14)
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    tracker = NoetherTracker(net, opt, [s for s in found if s.kind == "linear"])
    for step in range(40):
        _step(net, opt, data[step % 3], _next)
        opt.step()
    assert max(r.errors()["exact"] for r in tracker.records()) < 1e-11
    velocities = {n: opt.state[p]["momentum_buffer"] for n, p in parameters.items()}
    parameters = {n: p.detach() for n, p in parameters.items()}
    for record in tracker.records():
        assert float(record.symmetry.angular_momentum(parameters, velocities).abs().max()) < 1e-12


def test_a_query_head_alone_is_no_charge_when_keys_are_shared():
    net, data = _Reader(), _sentences()
    families = [s for s in discover_symmetries(net, _next, data, method="structure") if s.kind == "linear"]
    # One matrix for each group of heads, not for each head.
    assert [tuple(s.charge(dict(net.named_parameters())).shape) for s in families] == [(2, 2, 2), (2, 2, 2)]
    assert [s.blocks for s in families] == [(2, 2), (2, 2)]


def test_channels_before_grouped_convolutions():
    net = nn.Sequential(
        nn.Conv2d(4, 8, 1), nn.ReLU(), nn.Conv2d(8, 8, 3, groups=8), nn.ReLU(), nn.Conv2d(8, 6, 1, groups=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(6 * 16, 3),
    )  # fmt: skip
    data = _data(4, 6, 6)
    found = discover_symmetries(net, CROSS, data, method="structure")
    assert {s.name: s.count for s in found if s.kind == "rescale"} == {"0 | 2": 8, "2 | 4": 8, "4 | 7": 6}
    assert max(s.violation for s in found) < 1e-12
    w, v = net[2].weight.detach(), net[4].weight.detach()
    # Channel 5 is the second input of the second group, whose outputs are the last three.
    by_hand = w[5].pow(2).sum() + net[2].bias.detach()[5] ** 2 - v[3:, 1].pow(2).sum()
    assert torch.isclose(found["2 | 4"].charge(dict(net.named_parameters()))[5], by_hand)


def test_directions_of_weight_norm():
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    nn.utils.parametrizations.weight_norm(net[0])
    found = discover_symmetries(net, CROSS, _data(6))
    scale = next(s for s in found if s.kind == "scale")
    assert (scale.parameters, scale.count) == (("0.parametrizations.weight.original1",), 8)
    assert not found.numeric


def test_models_that_cannot_be_copied_are_named():
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    with pytest.warns(FutureWarning):
        nn.utils.weight_norm(net[0])
    with pytest.raises(InputError, match="parametrizations"):
        discover_symmetries(net, CROSS, _data(6))

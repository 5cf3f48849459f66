"""The optimizer: torch's own optimizers as oracles, checkpoints, schedulers, layouts, and input that is wrong."""

from __future__ import annotations

import copy
import io

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import (  # noqa: E402
    InputError,
    InputTypeError,
    NonFiniteError,
    ShapeError,
    UnknownNameError,
)
from symmeter.optim import SymmetryStack, classify, polar  # noqa: E402

V, D, F = 40, 16, 24


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(D, F, bias=False), nn.Linear(D, F, bias=False)
        self.down_proj = nn.Linear(F, D, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Net(nn.Module):
    def __init__(self, blocks: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, D)
        self.blocks = nn.ModuleList(Block() for _ in range(blocks))
        self.norm = nn.LayerNorm(D)
        self.lm_head = nn.Linear(D, V, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        for block in self.blocks:
            x = x + block(nn.functional.rms_norm(x, (D,)))
        return self.lm_head(self.norm(x))


def _net(seed: int = 0) -> Net:
    torch.manual_seed(seed)
    return Net()


def _loss(net: nn.Module, step: int = 0, tokens: int = V) -> torch.Tensor:
    t = torch.randint(tokens, (8, 9), generator=torch.Generator().manual_seed(step))
    return nn.functional.cross_entropy(net(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())


def _train(net: nn.Module, opt: torch.optim.Optimizer, steps: int, first: int = 0) -> list[float]:
    out = []
    for k in range(first, first + steps):
        opt.zero_grad()
        loss = _loss(net, k)
        loss.backward()
        opt.step()
        out.append(float(loss.detach()))
    return out


def _same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


# ---- oracles ---------------------------------------------------------------------------------------------------------


def test_rule_muon_is_torch_muon():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(12, 30, bias=False), nn.Tanh(), nn.Linear(30, 5, bias=False))
    other, x, y = copy.deepcopy(net), torch.randn(16, 12), torch.randn(16, 5)
    ours = SymmetryStack(net, lr=0.02, rule="muon", weight_decay=0.1)
    theirs = torch.optim.Muon(other.parameters(), lr=0.02, weight_decay=0.1)
    for _ in range(20):
        for model, opt in ((net, ours), (other, theirs)):
            opt.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            opt.step()
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.allclose(p, q, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("foreach", [None, True, False])
def test_what_adamw_gets_is_torch_adamw_bit_for_bit(foreach):
    ours, theirs = _net(), _net()
    roles = ("embedding", "lm_head", "mlp_gate_up", "mlp_down")
    decay = dict.fromkeys((*roles, "other"), 0.1)
    first = SymmetryStack(ours, lr=3e-3, rules=dict.fromkeys(roles, "adamw"), weight_decay=decay, foreach=foreach)
    second = torch.optim.AdamW(theirs.parameters(), lr=3e-3, betas=(0.9, 0.95), weight_decay=0.1, foreach=foreach)
    assert _train(ours, first, 10) == _train(theirs, second, 10)
    assert _same(ours, theirs)


def test_one_step_by_hand():
    net = _net().double()
    before = {n: p.detach().clone() for n, p in net.named_parameters()}
    opt = SymmetryStack(
        net, lr=0.01, scale="none", nesterov=False, momentum=0.5, polar="svd", row_eps=0.0,
        rules={"mlp_gate_up": "polar", "embedding": "row"}, weight_decay={"mlp_gate_up": 0.3},
    )  # fmt: skip
    _loss(net).backward()
    grads = {n: p.grad.clone() for n, p in net.named_parameters()}
    opt.step()
    after = dict(net.named_parameters())
    name = "blocks.1.up_proj.weight"
    u, _, vh = torch.linalg.svd(0.5 * grads[name], full_matrices=False)
    assert torch.allclose(after[name], before[name] * (1 - 0.01 * 0.3) - 0.01 * u @ vh, atol=1e-14)
    g = grads["embed.weight"]
    seen = g.norm(dim=1, keepdim=True)
    rows = torch.where(seen > 0, g / seen, torch.zeros_like(g))
    assert torch.allclose(after["embed.weight"], before["embed.weight"] - 0.01 * rows, atol=1e-14)
    g = grads["lm_head.weight"]
    g = g - g.mean(0)
    g = g / g.norm(dim=1, keepdim=True)
    assert torch.allclose(after["lm_head.weight"], before["lm_head.weight"] - 0.01 * (g - g.mean(0)), atol=1e-14)


@pytest.mark.parametrize("rule", ["row", "polar", "centered_hybrid"])
def test_scale_rms(rule):
    net = _net()
    before = net.lm_head.weight.detach().clone()
    opt = SymmetryStack(net, lr=0.5, rules={"lm_head": rule})
    _loss(net).backward()
    opt.step()
    moved = (net.lm_head.weight - before).detach()
    assert float(moved.pow(2).mean().sqrt()) == pytest.approx(0.5 * 0.2, rel=1e-4)


def test_other_scales():
    torch.manual_seed(0)
    shapes = {"wide": (8, 32), "tall": (32, 8)}
    expected = {
        "muon": {"wide": 1.0, "tall": 2.0},
        "rms_to_rms": {"wide": 0.5, "tall": 2.0},
        "none": {"wide": 1.0, "tall": 1.0},
    }
    for scale, factors in expected.items():
        for kind, (m, n) in shapes.items():
            net = nn.Linear(n, m, bias=False).double()
            g = torch.randn(m, n, dtype=torch.float64)
            before, net.weight.grad = net.weight.detach().clone(), g
            SymmetryStack(net, lr=1.0, scale=scale, polar="svd").step()
            assert torch.allclose(before - net.weight, factors[kind] * polar(g), atol=1e-12), (scale, kind)


def test_nuclear_scale_is_per_expert():
    experts = nn.Module()
    experts.gate_up_proj = nn.Parameter(torch.zeros(3, 8, 4, dtype=torch.float64))
    experts.down_proj = nn.Parameter(torch.zeros(3, 4, 4, dtype=torch.float64))
    experts.down_proj.requires_grad_(False)
    g = torch.randn(3, 8, 4, dtype=torch.float64)
    experts.gate_up_proj.grad = g
    opt = SymmetryStack(experts, lr=1.0, scale="nuclear", rules={"mlp_gate_up": "polar"}, polar="svd", nesterov=False)
    opt.step()
    for expert in range(3):
        for half in (slice(0, 4), slice(4, 8)):
            m = 0.05 * g[expert, half]
            expected = -polar(m) * torch.linalg.matrix_norm(m, "nuc")
            assert torch.allclose(experts.gate_up_proj[expert, half], expected, atol=1e-12)


def test_fused_and_split_layouts_move_alike():
    g = torch.Generator().manual_seed(0)
    gate, up, down = (torch.randn(s, generator=g) for s in ((F, D), (F, D), (D, F)))
    dg, du, dd = (torch.randn(s, generator=g) for s in ((F, D), (F, D), (D, F)))
    split = Block()
    fused = nn.Module()
    fused.gate_up_proj, fused.down_proj = nn.Linear(D, 2 * F, bias=False), nn.Linear(F, D, bias=False)
    with torch.no_grad():
        for layer, w, d in ((split.gate_proj, gate, dg), (split.up_proj, up, du), (split.down_proj, down, dd)):
            layer.weight.copy_(w)
            layer.weight.grad = d.clone()
        fused.gate_up_proj.weight.copy_(torch.cat((gate, up)))
        fused.down_proj.weight.copy_(down)
    fused.gate_up_proj.weight.grad, fused.down_proj.weight.grad = torch.cat((dg, du)), dd.clone()
    for net in (split, fused):
        SymmetryStack(net, lr=0.1).step()
    both = torch.cat((split.gate_proj.weight, split.up_proj.weight))
    assert torch.allclose(fused.gate_up_proj.weight, both, atol=1e-6)
    assert torch.allclose(fused.down_proj.weight, split.down_proj.weight, atol=1e-6)


def test_stacked_weights_move_as_each_alone():
    torch.manual_seed(1)
    many = nn.ModuleList(nn.Linear(12, 12, bias=False) for _ in range(3))
    alone = copy.deepcopy(many)
    for a, b in zip(many, alone, strict=True):
        a.weight.grad = torch.randn(12, 12)
        b.weight.grad = a.weight.grad.clone()
    SymmetryStack(many, lr=0.1).step()
    for layer in alone:
        SymmetryStack(layer, lr=0.1).step()
    for a, b in zip(many, alone, strict=True):
        assert torch.allclose(a.weight, b.weight, atol=1e-6)


# ---- rows without gradient -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("active", "moves"), [(False, True), (True, False)])
def test_ghosts_and_active_rows(active, moves):
    net = _net()
    opt = SymmetryStack(net, lr=0.01, active_rows_only=active)
    _train(net, opt, 2)
    before = net.embed.weight[20:].detach().clone()
    opt.zero_grad()
    _loss(net, 5, tokens=20).backward()
    opt.step()
    assert bool((net.embed.weight[20:] != before).any()) is moves
    assert bool((net.embed.weight[:20] != 0).all())


def test_the_mean_row_of_the_head_does_not_drift():
    drift = {}
    for rule in ("centered_row", "row", "adamw"):
        net = _net()
        start = net.lm_head.weight.mean(0).detach().clone()
        _train(net, SymmetryStack(net, lr=0.02, rules={"lm_head": rule}), 30)
        drift[rule] = float((net.lm_head.weight.detach().mean(0) - start).norm())
    assert drift["centered_row"] < 1e-6
    assert min(drift["row"], drift["adamw"]) > 1e-4


# ---- as an optimizer -------------------------------------------------------------------------------------------------


def test_training_reaches_the_entropy_of_what_can_be_known():
    net = _net()
    opt = SymmetryStack(net, lr=0.02)
    # The network sees one token; what follows a token in the batch is all that it can learn.
    t = torch.randint(V, (8, 9), generator=torch.Generator().manual_seed(0))
    counts = torch.zeros(V, V)
    counts.index_put_((t[:, :-1].flatten(), t[:, 1:].flatten()), torch.tensor(1.0), accumulate=True)
    rates = counts / counts.sum(1, keepdim=True)
    floor = -float(torch.xlogy(counts, rates).nan_to_num().sum() / counts.sum())
    assert float(_loss(net).detach()) > floor + 2.5
    for _ in range(150):
        opt.zero_grad()
        loss = _loss(net)
        loss.backward()
        opt.step()
    assert floor <= float(_loss(net).detach()) < floor + 0.05


def test_resume_is_bit_exact():
    straight = _net()
    opt = SymmetryStack(straight, lr=0.01, weight_decay=0.01)
    _train(straight, opt, 6)
    halfway = _net()
    first = SymmetryStack(halfway, lr=0.01, weight_decay=0.01)
    _train(halfway, first, 3)
    file = io.BytesIO()
    torch.save({"model": halfway.state_dict(), "opt": first.state_dict()}, file)
    file.seek(0)
    saved = torch.load(file, weights_only=True)
    resumed = _net(seed=9)
    resumed.load_state_dict(saved["model"])
    second = SymmetryStack(resumed, lr=0.5)
    second.load_state_dict(saved["opt"])
    _train(resumed, second, 3, first=3)
    assert _same(straight, resumed)


def test_copies_go_their_own_way():
    net = _net()
    opt = SymmetryStack(net, lr=0.01)
    _train(net, opt, 2)
    other = copy.deepcopy((net, opt))
    assert _train(net, opt, 3, first=2) == _train(*other, 3, first=2)
    assert len(other[1].plan) == len(opt.plan)


def test_schedulers_and_groups():
    net = _net()
    opt = SymmetryStack(net, lr=0.01, lr_mult={"embedding": 4.0}, weight_decay={"mlp_down": 0.1})
    by_role = {g["role"]: g for g in opt.param_groups}
    assert by_role["embedding"]["lr"] == pytest.approx(0.04)
    assert by_role["mlp_down"]["weight_decay"] == 0.1
    assert by_role["mlp_gate_up"]["weight_decay"] == 0.0
    schedule = torch.optim.lr_scheduler.LinearLR(opt, start_factor=1.0, end_factor=0.0, total_iters=4)
    for _ in range(4):
        _train(net, opt, 1)
        schedule.step()
    before = net.embed.weight.detach().clone()
    _train(net, opt, 1)
    assert torch.equal(net.embed.weight, before)


def test_closures_clipping_and_scalers():
    net = _net()
    opt = SymmetryStack(net, lr=0.01)

    def closure() -> torch.Tensor:
        opt.zero_grad()
        loss = _loss(net)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        return loss

    first = float(opt.step(closure).detach())
    assert float(opt.step(closure).detach()) < first
    scaler = torch.amp.GradScaler("cpu")
    opt.zero_grad()
    scaler.scale(_loss(net)).backward()
    scaler.step(opt)
    scaler.update()
    assert float(_loss(net).detach()) < first


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float64])
def test_other_precisions(kind):
    net = _net().to(kind)
    opt = SymmetryStack(net, lr=0.01)
    losses = _train(net, opt, 8)
    assert all(p.dtype == kind and bool(torch.isfinite(p).all()) for p in net.parameters())
    assert float(_loss(net, 0).detach()) < losses[0]


def test_zero_gradients_leave_weights():
    net = _net()
    opt = SymmetryStack(net, lr=0.1)
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    before = copy.deepcopy(net)
    opt.step()
    assert _same(net, before)


def test_parameters_without_gradient_are_left():
    net = _net()
    opt = SymmetryStack(net, lr=0.1)
    before = copy.deepcopy(net)
    net.norm.weight.grad = torch.ones(D)
    opt.step()
    moved = [n for (n, p), q in zip(net.named_parameters(), before.parameters(), strict=True) if not torch.equal(p, q)]
    assert moved == ["norm.weight"]


def test_groups_added_later():
    net = _net()
    opt = SymmetryStack(net, lr=0.1)
    extra = nn.Parameter(torch.zeros(4, 6))
    opt.add_param_group({"params": [extra]})
    extra.grad = torch.randn(4, 6)
    opt.step()
    assert float(extra.detach().norm()) > 0
    assert opt.param_groups[-1]["role"] == "hidden"


def test_a_complex_weight_moves_along_its_polar_factor():
    net = nn.Module()
    net.weight = nn.Parameter(torch.zeros(4, 3, dtype=torch.complex128))
    g = torch.randn(4, 3, dtype=torch.complex128)
    net.weight.grad = g
    SymmetryStack(net, lr=1.0, scale="none", polar="svd").step()
    u, _, vh = torch.linalg.svd(g, full_matrices=False)
    assert torch.allclose(net.weight, -(u @ vh), atol=1e-12)


# ---- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_gradients_that_are_not_finite_stop_before_anything_moves(bad):
    net = _net()
    opt = SymmetryStack(net, lr=0.1)
    _loss(net).backward()
    net.blocks[1].up_proj.weight.grad[3, 2] = bad
    before = copy.deepcopy(net)
    with pytest.raises(NonFiniteError, match=r"blocks\.1\.up_proj\.weight"):
        opt.step()
    assert _same(net, before)
    assert not opt.state
    skipping = SymmetryStack(net, lr=0.1, non_finite="skip")
    skipping.step()
    assert _same(net, before)


def test_sparse_gradients():
    net = nn.Sequential(nn.Embedding(30, 8, sparse=True), nn.Linear(8, 30))
    net(torch.tensor([1, 2])).sum().backward()
    with pytest.raises(InputError, match=r"0\.weight is sparse"):
        SymmetryStack(net).step()


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"lr": -1.0}, InputError, "lr is -1"),
        ({"lr": float("nan")}, InputError, "lr is nan"),
        ({"momentum": 1.0}, InputError, "momentum"),
        ({"betas": (0.9, 1.5)}, InputError, r"betas\[1\]"),
        ({"eps": -1e-8}, InputError, "eps"),
        ({"scale": "rsm"}, UnknownNameError, "did you mean 'rms'"),
        ({"rules": {"lm_head": "centred"}}, UnknownNameError, "centred"),
        ({"rules": {"other": "row"}}, InputError, "needs a matrix"),
        ({"rules": {"head": "row"}}, UnknownNameError, "lm_head"),
        ({"lr_mult": {"embeddings": 2.0}}, UnknownNameError, "did you mean 'embedding'"),
        ({"weight_decay": -0.1}, InputError, "weight_decay"),
        ({"non_finite": "warn"}, InputError, "non_finite"),
        ({"polar": "svdd"}, UnknownNameError, "did you mean 'svd'"),
        ({"order": "polar"}, InputError, "row_then_polar"),
        ({"row_eps": -1.0}, InputError, "row_eps"),
    ],
)
def test_arguments_that_cannot_be_right(arguments, error, says):
    with pytest.raises(error, match=says):
        SymmetryStack(_net(), **arguments)


def test_parameters_in_place_of_the_model():
    with pytest.raises(InputTypeError, match="needs the model"):
        SymmetryStack(_net().parameters())  # type: ignore[arg-type]


def test_a_plan_of_another_model():
    plan = classify(_net())
    with pytest.raises(InputError, match="which the model has not"):
        SymmetryStack(nn.Linear(3, 3), plan=plan)
    wrong = Net(2)
    wrong.lm_head = nn.Linear(D, V + 1, bias=False)
    with pytest.raises(ShapeError, match=r"lm_head\.weight"):
        SymmetryStack(wrong, plan=plan)


# ---- the compiled passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["row", "centered_row"])
@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("scale", ["rms", "none"])
def test_compiled_passes_are_the_plain_rule(monkeypatch, rule, nesterov, scale):
    pytest.importorskip("numba")
    from symmeter.optim import row_kernel

    moved = {}
    for compiled in (True, False):
        monkeypatch.setattr(row_kernel, "_LEAST", 1 if compiled else 1 << 60)
        net = _net()
        arguments = {"rules": {"lm_head": rule}, "weight_decay": {"lm_head": 0.1}}
        opt = SymmetryStack(net, lr=0.02, nesterov=nesterov, scale=scale, **arguments)
        _train(net, opt, 12)
        assert ("mean_row" in opt.state[net.lm_head.weight]) is (compiled and rule == "centered_row")
        moved[compiled] = net
    for (name, p), q in zip(moved[True].named_parameters(), moved[False].parameters(), strict=True):
        assert torch.allclose(p, q, rtol=0, atol=3e-5), name
    assert not _same(moved[True], _net())


def test_compiled_passes_resume_and_see_gradients_that_are_not_finite(monkeypatch):
    pytest.importorskip("numba")
    from symmeter.optim import row_kernel

    monkeypatch.setattr(row_kernel, "_LEAST", 1)
    test_resume_is_bit_exact()
    test_gradients_that_are_not_finite_stop_before_anything_moves(float("inf"))


def test_gradients_whose_sum_overflows_are_not_mistaken_for_infinite_ones():
    net = nn.Linear(64, 64, bias=False)
    net.weight.grad = torch.full((64, 64), 1e36)
    assert not bool(torch.isfinite(net.weight.grad.sum()))
    opt = SymmetryStack(net, lr=0.1)
    opt.step()
    assert "momentum" in opt.state[net.weight]
    net.weight.grad[0, 0] = float("nan")
    with pytest.raises(NonFiniteError):
        opt.step()

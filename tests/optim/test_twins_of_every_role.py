"""Twins for the roles that the mixture of experts has not: dense gates, hidden maps, positions, norms and biases.

Written out by hand: neurons change places, the residual basis is turned, two maps in sequence get another basis in the
middle, and where a table of positions or a gain fixes the basis its entries change places.
"""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.optim import SymmetryStack, classify  # noqa: E402

V, D, F, R, T = 20, 8, 12, 5, 7
STEPS = 50


@pytest.fixture(autouse=True)
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Gated(nn.Module):
    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.fused = fused
        if fused:
            self.gate_up_proj = nn.Linear(D, 2 * F, bias=False)
        else:
            self.gate_proj, self.up_proj = nn.Linear(D, F, bias=False), nn.Linear(D, F, bias=False)
        self.down_proj = nn.Linear(F, D, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate, up = self.gate_up_proj(x).chunk(2, -1) if self.fused else (self.gate_proj(x), self.up_proj(x))
        return self.down_proj(nn.functional.silu(gate) * up)


class Network(nn.Module):
    def __init__(self, fixed: bool, fused: bool) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, D)
        self.mlp = Gated(fused)
        self.into, self.out = nn.Linear(D, R, bias=False), nn.Linear(R, D, bias=fixed)
        self.wpe = nn.Embedding(T, D) if fixed else None
        self.norm = nn.RMSNorm(D, eps=1e-6, elementwise_affine=fixed)
        self.lm_head = nn.Linear(D, V, bias=False)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        x = x if self.wpe is None else x + self.wpe.weight[: tokens.shape[1]]
        plain = nn.functional.rms_norm
        x = x + self.mlp(plain(x, (D,), eps=1e-6))
        x = x + self.out(self.into(plain(x, (D,), eps=1e-6)))
        return self.lm_head(self.norm(x))


def _moved(net: Network, what: set[str]) -> dict[str, torch.Tensor]:
    g = torch.Generator().manual_seed(11)
    p = {n: q.detach() for n, q in net.named_parameters()}
    neurons = torch.randperm(F, generator=g) if "neurons" in what else torch.arange(F)
    turned = torch.linalg.qr(torch.randn(D, D, generator=g))[0]
    exchanged = torch.eye(D)[torch.randperm(D, generator=g)]
    basis = turned if "basis" in what else exchanged if "entries" in what else torch.eye(D)
    middle = torch.linalg.qr(torch.randn(R, R, generator=g))[0] if "middle" in what else torch.eye(R)
    shift = torch.randn(D, generator=g) * ("shift" in what)
    out = {
        "embed.weight": p["embed.weight"] @ basis,
        "mlp.down_proj.weight": (basis.T @ p["mlp.down_proj.weight"])[:, neurons],
        "into.weight": middle @ p["into.weight"] @ basis,
        "out.weight": basis.T @ p["out.weight"] @ middle.T,
        "lm_head.weight": p["lm_head.weight"] @ basis + shift,
    }
    if net.mlp.fused:
        both = torch.cat((neurons, neurons + F))
        out["mlp.gate_up_proj.weight"] = (p["mlp.gate_up_proj.weight"] @ basis)[both]
    else:
        for n in ("mlp.gate_proj.weight", "mlp.up_proj.weight"):
            out[n] = (p[n] @ basis)[neurons]
    for n in ("wpe.weight", "norm.weight", "out.bias"):
        if n in p:
            out[n] = p[n] @ basis
    assert set(out) == set(p)
    return out


def _run(make, what: set[str], fixed: bool, fused: bool = False) -> float:
    """Largest relative mismatch of a parameter, and of a loss, after all steps."""
    torch.manual_seed(0)
    net = Network(fixed, fused)
    with torch.no_grad():
        for p in net.parameters():
            # Gains and biases start at one number each, which hides exchanges.
            p.add_(0.1 * torch.randn_like(p))
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for n, v in _moved(net, what).items():
            twin.get_parameter(n).copy_(v)
    optimizers = make(net), make(twin)
    g, apart = torch.Generator().manual_seed(1), 0.0
    for _ in range(STEPS):
        t = torch.randint(V, (6, T), generator=g)
        losses = []
        for model, opt in zip((net, twin), optimizers, strict=True):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())
            loss.backward()
            opt.step()
            losses.append(loss.item())
        apart = max(apart, abs(losses[0] - losses[1]))
    gaps = [float((twin.get_parameter(n).detach() - v).norm() / v.norm()) for n, v in _moved(net, what).items()]
    return max(apart, *gaps)


def _stack(**settings):
    # Of AdamW, which has norms, biases and positions: moments that agree up to rounding are divided by each other.
    return lambda net: SymmetryStack(net, lr=0.02, eps=1e-5, **settings)


def _adamw(net):
    return torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=0.0, eps=1e-5)


def test_the_networks_have_these_roles():
    assert {"mlp_gate_up", "mlp_down", "hidden"} <= set(classify(Network(False, False)).roles)
    assert {"position", "other"} <= set(classify(Network(True, True)).roles)


@pytest.mark.parametrize("settings", [{}, {"row_scale": "relative"}, {"pair_gates": True}, {"polar": "svd"},
                                      {"rules": {"mlp_gate_up": "row", "mlp_down": "col"}}], ids=str)  # fmt: skip
@pytest.mark.parametrize("fused", [False, True])
def test_gates_and_hidden_maps_stay_twins(settings, fused):
    assert _run(_stack(**settings), {"neurons", "basis", "middle", "shift"}, False, fused) < 1e-9


def test_positions_norms_and_biases_stay_twins_when_entries_change_places():
    assert _run(_stack(), {"neurons", "entries", "middle", "shift"}, True) < 1e-9


@pytest.mark.parametrize("what", ["basis", "middle"])
def test_adamw_parts_what_is_turned(what):
    assert _run(_adamw, {what}, False) > 1e-3


def test_adamw_keeps_what_changes_places():
    assert _run(_adamw, {"neurons", "entries"}, True) < 1e-8


@pytest.mark.parametrize("role", ["embedding", "lm_head", "mlp_gate_up", "mlp_down", "hidden"])
def test_one_role_under_adamw_is_enough_to_part_them(role):
    """Each rule is needed: with AdamW on one role alone turned twins part."""
    assert _run(_stack(rules={role: "adamw"}), {"basis", "middle"}, False) > 1e-3

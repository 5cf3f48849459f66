"""Symmetric twins: two networks that a group element relates, trained side by side, must stay related for ever.

The network has every role: embedding, grouped-query attention, a mixture of experts with a router, and an output
projection. The twin exchanges tokens, experts, neurons and heads, turns the residual basis and every head, and shifts
the rows of router and output projection. Everything is written out by hand here.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.optim import SymmetryStack  # noqa: E402

V, D, F, E, HEADS, KV, H = 24, 12, 10, 4, 4, 2, 5
STEPS = 50


class Attention(nn.Module):
    num_heads, num_kv_heads, head_dim = HEADS, KV, H

    def __init__(self) -> None:
        super().__init__()
        self.q_proj, self.k_proj = nn.Linear(D, HEADS * H, bias=False), nn.Linear(D, KV * H, bias=False)
        self.v_proj, self.o_proj = nn.Linear(D, KV * H, bias=False), nn.Linear(HEADS * H, D, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, _ = x.shape
        q = self.q_proj(x).view(b, t, HEADS, H).transpose(1, 2)
        k, v = (
            p(x).view(b, t, KV, H).transpose(1, 2).repeat_interleave(HEADS // KV, 1) for p in (self.k_proj, self.v_proj)
        )
        y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, HEADS * H))


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.randn(E, 2 * F, D) / D**0.5)
        self.down_proj = nn.Parameter(torch.randn(E, D, F) / F**0.5)


class Mixture(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.router = nn.Linear(D, E, bias=False)
        self.experts = Experts()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weights = self.router(x).softmax(-1)
        gate, up = torch.einsum("efd,btd->btef", self.experts.gate_up_proj, x).chunk(2, -1)
        out = torch.einsum("edf,btef->bted", self.experts.down_proj, nn.functional.silu(gate) * up)
        return (weights[..., None] * out).sum(2)


def _rms(x: torch.Tensor) -> torch.Tensor:
    return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt()


class Network(nn.Module):
    def __init__(self, tied: bool = False) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, D)
        self.attn, self.mlp = Attention(), Mixture()
        self.lm_head = nn.Linear(D, V, bias=False)
        if tied:
            self.lm_head.weight = self.embed.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens)
        x = x + self.attn(_rms(x))
        x = x + self.mlp(_rms(x))
        return self.lm_head(_rms(x))


@dataclass
class Element:
    """A group element: permutations, rotations and shifts."""

    tokens: torch.Tensor
    experts: torch.Tensor
    neurons: torch.Tensor
    kv_heads: torch.Tensor
    basis: torch.Tensor
    values: torch.Tensor
    keys: torch.Tensor
    head_shift: torch.Tensor
    router_shift: torch.Tensor

    @classmethod
    def drawn(cls, what: set[str], seed: int = 7) -> Element:
        g = torch.Generator().manual_seed(seed)

        def permutation(n: int) -> torch.Tensor:
            return torch.randperm(n, generator=g) if "permutations" in what else torch.arange(n)

        def rotation(k: int, n: int) -> torch.Tensor:
            turned = torch.linalg.qr(torch.randn(k, n, n, generator=g))[0]
            return turned if "rotations" in what else torch.eye(n).expand(k, n, n)

        def shift() -> torch.Tensor:
            return torch.randn(D, generator=g) * ("shifts" in what)

        return cls(
            permutation(V), permutation(E), torch.stack([permutation(F) for _ in range(E)]), permutation(KV),
            rotation(1, D)[0], rotation(KV, H), rotation(KV, H), shift(), shift(),
        )  # fmt: skip

    def move(self, net: Network) -> dict[str, torch.Tensor]:
        """Parameters of the twin of a network."""
        p = {n: q.detach() for n, q in net.named_parameters()}
        group = HEADS // KV
        heads = torch.cat([self.kv_heads[k] * group + torch.arange(group) for k in range(KV)])

        def turned(name: str, number: int, order: torch.Tensor, by: torch.Tensor) -> torch.Tensor:
            rows = (p[name] @ self.basis).view(number, H, D)
            return (by @ rows)[order].reshape(number * H, D)

        keys = self.keys.repeat_interleave(group, 0)
        values = self.values.repeat_interleave(group, 0)
        out = {
            "embed.weight": (p["embed.weight"] @ self.basis)[self.tokens],
            "attn.q_proj.weight": turned("attn.q_proj.weight", HEADS, heads, keys),
            "attn.k_proj.weight": turned("attn.k_proj.weight", KV, self.kv_heads, self.keys),
            "attn.v_proj.weight": turned("attn.v_proj.weight", KV, self.kv_heads, self.values),
        }
        o = (self.basis.T @ p["attn.o_proj.weight"]).view(D, HEADS, H).transpose(0, 1)
        out["attn.o_proj.weight"] = (o @ values.mT)[heads].transpose(0, 1).reshape(D, HEADS * H)
        out["mlp.router.weight"] = (p["mlp.router.weight"] @ self.basis)[self.experts] + self.router_shift
        both = p["mlp.experts.gate_up_proj"] @ self.basis
        down = self.basis.T @ p["mlp.experts.down_proj"]
        gate, up = both.chunk(2, 1)
        n = self.neurons
        both = torch.stack([torch.cat((gate[e][n[e]], up[e][n[e]])) for e in range(E)])
        down = torch.stack([down[e][:, n[e]] for e in range(E)])
        out["mlp.experts.gate_up_proj"], out["mlp.experts.down_proj"] = both[self.experts], down[self.experts]
        if "lm_head.weight" in p:
            out["lm_head.weight"] = (p["lm_head.weight"] @ self.basis)[self.tokens] + self.head_shift
        return out


def _run(make, what: set[str], tied: bool = False, steps: int = STEPS) -> tuple[float, float]:
    """Largest difference of losses, and of parameters after mapping over, relative."""
    torch.manual_seed(0)
    net = Network(tied)
    element = Element.drawn(what)
    twin = copy.deepcopy(net)
    with torch.no_grad():
        for name, value in element.move(net).items():
            twin.get_parameter(name).copy_(value)
    renamed = torch.argsort(element.tokens)
    first, second = make(net), make(twin)
    g = torch.Generator().manual_seed(1)
    apart = 0.0
    for _ in range(steps):
        tokens = torch.randint(V, (6, 9), generator=g)
        losses = []
        for model, opt, t in ((net, first, tokens), (twin, second, renamed[tokens])):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten())
            loss.backward()
            opt.step()
            losses.append(loss.item())
        apart = max(apart, abs(losses[0] - losses[1]))
    expected = element.move(net)
    worst = max(float((twin.get_parameter(n).detach() - v).norm() / v.norm()) for n, v in expected.items())
    return apart, worst


@pytest.fixture(autouse=True)
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


ALL = {"permutations", "rotations", "shifts"}
STACKS = {
    "default": {},
    "without looking ahead": {"nesterov": False},
    "hybrids": {"rules": {"embedding": "row_hybrid", "lm_head": "centered_hybrid", "router": "centered_row"}},
    "centered hybrids": {"rules": {"router": "centered_hybrid", "embedding": "polar"}},
    "exact polar factors": {"polar": "svd"},
    "published scale": {"scale": "nuclear", "lr": 0.002},
    "spectral scale": {"scale": "rms_to_rms"},
    "relative eps": {"row_eps": "relative"},
    "active rows": {"active_rows_only": True},
    "other order": {"order": "polar_then_row", "polar": "svd"},
}


@pytest.mark.parametrize("name", STACKS)
def test_twins_stay_twins(name):
    apart, worst = _run(lambda net: SymmetryStack(net, **{"lr": 0.02, **STACKS[name]}), ALL)
    assert apart < 1e-9
    assert worst < 1e-9


def test_twins_of_tied_weights():
    apart, worst = _run(lambda net: SymmetryStack(net, lr=0.02), {"permutations", "rotations"}, tied=True)
    assert max(apart, worst) < 1e-9


def test_decay_commutes_with_what_is_linear():
    decay = dict.fromkeys(("embedding", "attention", "mlp_gate_up", "mlp_down", "router", "lm_head"), 0.1)
    make = lambda net: SymmetryStack(net, lr=0.02, weight_decay=decay)  # noqa: E731
    assert max(_run(make, {"permutations", "rotations"})) < 1e-9
    # A decayed shift is another shift, which is why output projection and router do not decay by default.
    assert _run(make, {"shifts"})[1] > 1e-3


def _adamw(net: nn.Module) -> torch.optim.Optimizer:
    # Moments that start equal up to rounding are divided by each other: eps keeps that from showing.
    return torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=0.0, eps=1e-5)


@pytest.mark.parametrize("what", [{"rotations"}, ALL])
def test_adamw_parts_twins_that_are_turned(what):
    apart, worst = _run(_adamw, what)
    assert apart > 1e-3
    assert worst > 1e-3


def test_adamw_parts_shifted_twins_by_decay_alone():
    # The gradient does not see a shift, so AdamW's step does not either; its decay does.
    decaying = lambda net: torch.optim.AdamW(net.parameters(), lr=0.02, weight_decay=0.1, eps=1e-5)  # noqa: E731
    assert _run(decaying, {"shifts"})[1] > 1e-3
    assert max(_run(_adamw, {"shifts"})) < 1e-8


def test_adamw_keeps_twins_that_are_exchanged():
    apart, worst = _run(_adamw, {"permutations"})
    assert apart < 1e-9
    assert worst < 1e-8


@pytest.mark.parametrize("rules", [{"lm_head": "row"}, {"router": "row"}])
def test_uncentered_rows_still_commute_with_shifts_but_move_along_them(rules):
    # Gradients do not see a shift, so neither does any rule: what centring prevents is the drift of the mean row.
    torch.manual_seed(0)
    net = Network()
    role = next(iter(rules))
    weight = net.lm_head.weight if role == "lm_head" else net.mlp.router.weight
    drift = {}
    for name, chosen in (("centered", {}), ("row", rules)):
        model = copy.deepcopy(net)
        start = weight.detach().mean(0)
        opt = SymmetryStack(model, lr=0.02, rules=chosen)
        for k in range(20):
            t = torch.randint(V, (6, 9), generator=torch.Generator().manual_seed(k))
            opt.zero_grad()
            nn.functional.cross_entropy(model(t[:, :-1]).flatten(0, 1), t[:, 1:].flatten()).backward()
            opt.step()
        end = (model.lm_head.weight if role == "lm_head" else model.mlp.router.weight).detach().mean(0)
        drift[name] = float((end - start).norm())
    assert drift["centered"] < 1e-12
    assert drift["row"] > 1e-4

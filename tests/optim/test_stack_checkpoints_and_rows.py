"""Checkpoints matched by name, groups added later, empty weights, rows that rest, rows relative to their weights."""

from __future__ import annotations

import copy

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError, ShapeError  # noqa: E402
from symmeter.optim import SymmetryStack, row_kernel, row_norm  # noqa: E402


def _net(v: int = 50, d: int = 16) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Embedding(v, d), nn.Linear(d, d, bias=False), nn.RMSNorm(d), nn.Linear(d, v, bias=False)
    )  # fmt: skip


def _gradients(net: nn.Module, seed: int) -> None:
    g = torch.Generator().manual_seed(seed)
    for p in net.parameters():
        p.grad = torch.randn(p.shape, generator=g, dtype=p.dtype)


def test_compiled_passes_after_a_step_without_them(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(row_kernel, "_LEAST", 1)
    ours, plain = _net(), _net()
    first, second = SymmetryStack(ours, lr=0.01), SymmetryStack(plain, lr=0.01)
    for k in range(6):
        monkeypatch.setattr(row_kernel, "_LEAST", 1)
        _gradients(ours, k)
        if k == 3:
            # No longer contiguous, so this step goes another way, and the mean row that was kept is out of date.
            ours[3].weight.grad = ours[3].weight.grad.t().contiguous().t()
        first.step()
        monkeypatch.setattr(row_kernel, "_LEAST", 1 << 40)
        _gradients(plain, k)
        second.step()
    assert torch.allclose(ours[3].weight, plain[3].weight, atol=2e-6)


class _Ordered(nn.Module):
    def __init__(self, backwards: bool) -> None:
        super().__init__()
        made = {"embed": nn.Embedding(50, 16), "one": nn.Linear(16, 16), "two": nn.Linear(16, 16)}
        for name in reversed(made) if backwards else made:
            self.add_module(name, made[name])


def test_checkpoints_are_matched_by_name():
    saved, other = _Ordered(False), _Ordered(True)
    first = SymmetryStack(saved, lr=0.01)
    for k in range(3):
        _gradients(saved, k)
        first.step()
    other.load_state_dict(saved.state_dict())
    second = SymmetryStack(other, lr=0.01)
    # torch keeps the tensors themselves.
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    g = torch.Generator().manual_seed(9)
    gradients = {n: torch.randn(p.shape, generator=g) for n, p in saved.named_parameters()}
    for net, opt in ((saved, first), (other, second)):
        for n, p in net.named_parameters():
            p.grad = gradients[n].clone()
        opt.step()
    assert all(torch.equal(p, other.get_parameter(n)) for n, p in saved.named_parameters())


def test_checkpoints_of_other_models_are_refused():
    opt = SymmetryStack(_net(), lr=0.01)
    with pytest.raises(InputError, match=r"nothing for embed\.weight"):
        SymmetryStack(_Ordered(False), lr=0.01).load_state_dict(opt.state_dict())


def test_groups_added_later_have_the_same_name_in_every_process():
    opts = []
    for _ in range(2):
        opt = SymmetryStack(_net(), lr=0.01)
        weight = nn.Parameter(torch.ones(8, 8))
        opt.add_param_group({"params": [weight], "role": "hidden"})
        weight.grad = torch.eye(8)
        opt.step()
        opts.append((opt, weight))
    assert opts[0][0].param_groups[-1]["param_names"] == opts[1][0].param_groups[-1]["param_names"]
    opts[1][0].load_state_dict(opts[0][0].state_dict())
    assert torch.equal(opts[1][0].state[opts[1][1]]["momentum"], opts[0][0].state[opts[0][1]]["momentum"])
    with pytest.raises(ShapeError, match="is for matrices"):
        opts[0][0].add_param_group({"params": [nn.Parameter(torch.ones(3))], "role": "hidden"})


def test_weights_without_entries_are_passed_over():
    net = nn.Sequential(nn.Linear(4, 4, bias=False))
    net.add_module("empty", nn.Linear(4, 0, bias=False))
    before = net[0].weight.detach().clone()
    opt = SymmetryStack(net, lr=0.01, row_eps="relative")
    _gradients(net, 0)
    opt.step()
    assert not torch.equal(before, net[0].weight)


def test_rows_that_rest_do_not_decay():
    net = _net()
    opt = SymmetryStack(net, lr=0.1, active_rows_only=True, weight_decay={"embedding": 0.1})
    before = net[0].weight.detach().clone()
    net[0].weight.grad = torch.zeros(50, 16)
    net[0].weight.grad[3] = 1.0
    opt.step()
    assert (net[0].weight != before).any(1).nonzero().flatten().tolist() == [3]


class _Gated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(6, 9, bias=False), nn.Linear(6, 9, bias=False)
        self.down_proj = nn.Linear(9, 6, bias=False)

    def forward(self, x):
        return self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x))


@pytest.mark.parametrize(("row_scale", "together"), [("relative", True), ("none", False)])
def test_relative_rows_commute_with_rescaling_ups_against_downs(row_scale, together):
    torch.manual_seed(0)
    net = _Gated().double()
    twin = copy.deepcopy(net)
    factors = torch.tensor([0.3, -2.0, 1.5, 0.7, 1.0, -1.1, 3.0, 0.5, 2.2], dtype=torch.float64)
    with torch.no_grad():
        twin.up_proj.weight.mul_(factors[:, None])
        twin.down_proj.weight.div_(factors)
    settings = {"lr": 0.02, "row_scale": row_scale, "row_eps": 0.0, "polar": "svd", "weight_decay": 0.1}
    opts = [SymmetryStack(m, **settings) for m in (net, twin)]
    x, y = torch.randn(20, 6, dtype=torch.float64), torch.randn(20, 6, dtype=torch.float64)
    for _ in range(30):
        for m, opt in zip((net, twin), opts):
            opt.zero_grad()
            (m(x) - y).pow(2).mean().backward()
            opt.step()
    gap = float((twin.up_proj.weight / factors[:, None] - net.up_proj.weight).abs().max())
    assert (gap < 1e-9) is together
    assert together or gap > 1e-2
    with pytest.raises(InputError, match="row_scale"):
        SymmetryStack(_Gated(), row_scale="rows")


@pytest.mark.parametrize(
    ("words", "plain", "relative"), [(2048, (0.74, 1.00), (0.73, 0.94)), (16384, (0.95, 0.81), (0.92, 0.41))]
)
def test_relative_eps_where_words_have_the_frequencies_of_zipf(words, plain, relative):
    """The table of docs/theory/optimizers.md: part of rows without gradient, and mean length of the rarest rows."""
    g = torch.Generator().manual_seed(0)
    frequency = 1 / torch.arange(1, words + 1, dtype=torch.float64)
    m = torch.zeros(words, 16, dtype=torch.float64)
    found = {1e-8: [], "relative": []}
    for k in range(300):
        t = torch.multinomial(frequency, 1536, True, generator=g)
        noise = torch.randn(1536, 16, generator=g, dtype=torch.float64) / 1536
        gradient = torch.zeros_like(m).index_add_(0, t, noise)
        m.lerp_(gradient, 0.05)
        if k < 150 or k % 10:
            continue
        still = (gradient == 0).all(1)
        for eps, rows in found.items():
            u = row_norm(m, eps)
            part = u[still].pow(2).sum() / u.pow(2).sum()
            rows.append((float(part), float(u[-512:].norm(dim=1).mean())))
    for eps, expected in ((1e-8, plain), ("relative", relative)):
        mean = torch.tensor(found[eps]).mean(0).tolist()
        assert mean == pytest.approx(expected, abs=0.015)

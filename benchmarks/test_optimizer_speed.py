"""Steps of optimizers beside torch's, charges beside plain training; one thread."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.optim import SymmetryStack  # noqa: E402
from symmeter.optim.noether import NoetherTracker, discover_symmetries  # noqa: E402
from symmeter.optim.pretraining import LanguageModel, NetworkShape  # noqa: E402


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _with_gradients(net: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    for p in net.parameters():
        p.grad = 1e-3 * torch.randn(p.shape, generator=generator)
    return net


@pytest.mark.parametrize("experts", [0, 4])
def test_a_step_beside_muon_and_adamw(beside: Any, experts: int) -> None:
    shape = NetworkShape(16384, 384, 6, 5, 1024 // max(experts, 1), experts)
    net = _with_gradients(LanguageModel(shape))
    inside = [p for n, p in net.named_parameters() if n.startswith("layers") and p.ndim == 2]
    # torch's Muon takes two axes only: stacked experts go to AdamW there.
    outside = [p for n, p in net.named_parameters() if not (n.startswith("layers") and p.ndim == 2)]
    stack = SymmetryStack(net, lr=1e-5)
    muon, adamw = torch.optim.Muon(inside, lr=1e-5), torch.optim.AdamW(outside, lr=1e-5)

    def both() -> None:
        muon.step()
        adamw.step()

    number = sum(p.numel() for p in net.parameters()) / 1e6
    what = f"step of the stack, {number:.1f} M parameters, {experts} experts"
    beside(what, stack.step, both, "torch Muon + AdamW", speedup=1 if not experts else None, rounds=12)


#: As it is by default, and as gradient descent does it: without looking ahead, and without asking whether gradients are
#: finite.
_WAYS = {"": {}, ", as SGD": {"nesterov": False, "non_finite": "ignore"}}


@pytest.mark.parametrize("way", list(_WAYS))
@pytest.mark.parametrize("rule", ["row", "centered_row"])
@pytest.mark.parametrize("fused", [False, True])
def test_row_rules_beside_gradient_descent(beside: Any, rule: str, fused: bool, way: str) -> None:
    net = nn.Sequential(nn.Embedding(16384, 384), nn.Linear(384, 16384, bias=False))
    net[0].weight.requires_grad_(False)
    gradient = 1e-3 * torch.randn(16384, 384)
    # That of an output projection under softmax: its columns add up to zero.
    net[1].weight.grad = gradient - gradient.mean(0)
    stack = SymmetryStack(net, lr=1e-5, rules={"lm_head": rule}, **_WAYS[way])
    plain = torch.optim.SGD([net[1].weight], lr=1e-5, momentum=0.9, fused=fused)
    name = f"SGD with momentum, {'fused: 5' if fused else '8'} accesses an entry"
    # Asked: within 1.3 times the traffic of gradient descent with momentum, which has 5 accesses. Centred rows need 6,
    # or 7 where nothing may move before the whole gradient is known to be finite: 1.2 or 1.4 times.
    beside(f"step of {rule}{way} on 16,384 x 384", stack.step, plain.step, name, speedup=1 / 1.3, rounds=40)


@pytest.mark.parametrize("every", [1, 10])
def test_training_with_and_without_charges(beside: Any, every: int) -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(256, 512, generator=generator), torch.randint(10, (256,), generator=generator)

    def made() -> tuple[nn.Module, torch.optim.Optimizer]:
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Linear(512, 1024), nn.BatchNorm1d(1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 10)
        )
        return net, torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    def ten_steps(net: nn.Module, opt: torch.optim.Optimizer) -> None:
        for _ in range(10):
            opt.zero_grad()
            nn.functional.cross_entropy(net(x), y).backward()
            opt.step()

    (net, opt), (other, plain) = made(), made()
    found = discover_symmetries(net, nn.functional.cross_entropy, [(x, y)] * 2, method="structure", tol=1e-3)
    NoetherTracker(net, opt, found, every=every)
    share = 0.05 if every == 1 else 0.01
    beside(f"ten steps, charges read at every {every}", lambda: ten_steps(net, opt), lambda: ten_steps(other, plain),
           "the same without charges", speedup=1 / (1 + share), rounds=15)  # fmt: skip

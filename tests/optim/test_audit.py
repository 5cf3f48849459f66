"""Audits of optimizers whose symmetry is known beforehand."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError, InputTypeError, NonFiniteError  # noqa: E402
from symmeter.optim import SymmetryStack, audit_optimizer  # noqa: E402
from symmeter.optim.audit import next_token_loss  # noqa: E402

V, D = 30, 8
TOKENS = torch.randint(V, (6, 9), generator=torch.Generator().manual_seed(0))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed, self.middle = nn.Embedding(V, D), nn.Linear(D, D)
        self.lm_head = nn.Linear(D, V, bias=False)

    def forward(self, t: torch.Tensor) -> torch.Tensor:
        return self.lm_head(torch.tanh(self.middle(self.embed(t))))


def test_sgd_commutes_with_everything_and_does_not_drift():
    found = audit_optimizer(torch.optim.SGD, Net(), TOKENS, lr=0.1, momentum=0.9)
    assert found.error < 1e-12
    # The gradient itself has no component along a free shift.
    assert found.drift < 1e-12


def test_the_stack_commutes():
    found = audit_optimizer(SymmetryStack, Net(), TOKENS, lr=0.02)
    assert found.error < 1e-9
    assert found.drift < 1e-12
    assert found.losses[-1] < found.losses[0]


def test_adamw_commutes_with_exchanges_alone_and_drifts():
    found = audit_optimizer(torch.optim.AdamW, Net(), TOKENS, lr=0.01, weight_decay=0.0, eps=1e-5)
    assert min(found.by_role().values()) > 0.1
    assert max(b.exchange_error for b in found.blocks) < 1e-8
    assert found.drift > 1e-2


def test_signs_of_the_first_step_by_hand():
    # AdamW's first step is lr times the sign of the gradient.
    found = audit_optimizer(torch.optim.Adam, Net(), TOKENS, steps=1, lr=0.01, eps=0.0)
    net = Net().double()
    next_token_loss(net, TOKENS).backward()
    g = net.lm_head.weight.grad
    mean = g.sign().mean(0)
    expected = float(mean.norm() * V**0.5 / g.sign().norm())
    block = next(b for b in found.blocks if b.name == "lm_head.weight")
    assert block.drift == pytest.approx(expected, rel=1e-6)


def test_the_model_is_left_alone():
    net = Net()
    before = [p.detach().clone() for p in net.parameters()]
    audit_optimizer(torch.optim.SGD, net, TOKENS, lr=0.1)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    assert all(p.grad is None and p.dtype == torch.float32 for p in net.parameters())


def test_prints_and_travels():
    found = audit_optimizer(torch.optim.SGD, Net(), (TOKENS[:, :-1], TOKENS[:, 1:]), lr=0.1)
    assert "lm_head" in str(found)
    assert json.loads(json.dumps(found.to_json()))["error"] == found.error


def test_bad_input():
    with pytest.raises(InputTypeError, match="needs a torch"):
        audit_optimizer(torch.optim.SGD, [1], TOKENS, lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(InputTypeError, match="class or function"):
        audit_optimizer(torch.optim.SGD(Net().parameters(), lr=0.1), Net(), TOKENS)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="steps is 0"):
        audit_optimizer(torch.optim.SGD, Net(), TOKENS, steps=0, lr=0.1)
    with pytest.raises(NonFiniteError, match="lower lr"):
        audit_optimizer(torch.optim.SGD, Net(), TOKENS, steps=20, lr=1e200)

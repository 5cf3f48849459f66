"""Twins of whole networks: which moves the loss does not see, and which optimizers keep the twins related."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from symmeter.errors import InputError  # noqa: E402
from symmeter.optim import SymmetryStack, audit_optimizer, classify  # noqa: E402
from symmeter.optim.network_moves import invariant_moves, network_moves  # noqa: E402
from symmeter.optim.pretraining.network import LanguageModel, NetworkShape  # noqa: E402


def _tokens(size: int = 40):
    return torch.randint(size, (3, 13), generator=torch.Generator().manual_seed(0))


def _net(**more):
    return LanguageModel(NetworkShape(40, 24, 4, 2, 16, **more))


def _twins(optimizer, net, **settings):
    found = audit_optimizer(optimizer, net, _tokens(), steps=1, twin_steps=8, **settings)
    return {t.kind: t for t in found.twins}


@pytest.mark.parametrize("more", [{}, {"experts": 4}, {"tied": True}], ids=["dense", "experts", "tied"])
def test_the_stack_keeps_every_twin(more):
    twins = _twins(SymmetryStack, _net(**more), lr=1e-2, polar="svd")
    moved = {k for k, t in twins.items() if t.blocks}
    assert moved == {"tokens", "neurons", "values"} | ({"shift"} if "tied" not in more else set()) | (
        {"experts"} if "experts" in more else set()
    )
    assert max(t.divergence for t in twins.values() if t.blocks) < 1e-9
    assert max(t.loss_gap for t in twins.values() if t.blocks) < 1e-9


def test_adamw_parts_turned_heads_alone():
    twins = _twins(torch.optim.AdamW, _net(experts=4), lr=1e-2, weight_decay=0.0)
    assert twins["values"].divergence > 0.1
    assert twins["values"].loss_gap > 1e-4
    assert max(twins[k].divergence for k in ("tokens", "neurons", "experts", "shift")) < 1e-8


def test_decay_parts_shifted_twins():
    assert _twins(torch.optim.AdamW, _net(), lr=1e-2, weight_decay=0.1)["shift"].divergence > 1e-3


def test_moves_that_the_loss_sees_are_left_out_and_said():
    # Queries and keys pass norms with gains and rotary positions, which turning does not commute with.
    found = audit_optimizer(torch.optim.SGD, _net(), _tokens(), steps=1, twin_steps=2, lr=0.1)
    queries = next(t for t in found.twins if t.kind == "queries")
    assert queries.divergence is None
    assert (queries.blocks, queries.left_out) == (0, 2)
    assert queries.change > 1e-6
    assert "twins, queries: none" in str(found)
    assert found.to_json()["twins"][-1]["left_out"] == 2


def test_a_head_with_a_bias_may_be_shifted_but_a_capped_one_may_not():
    class Capped(nn.Module):
        def __init__(self, cap: float) -> None:
            super().__init__()
            self.embed, self.lm_head, self.cap = nn.Embedding(40, 8), nn.Linear(8, 40), cap

        def forward(self, tokens):
            scores = self.lm_head(self.embed(tokens))
            return self.cap * torch.tanh(scores / self.cap) if self.cap else scores

    for cap, free in ((0.0, True), (2.0, False)):
        twins = {
            t.kind: t
            for t in audit_optimizer(torch.optim.SGD, Capped(cap), _tokens(), steps=1, twin_steps=2, lr=0.1).twins
        }
        # Roles do not know of the cap here; numbers do.
        assert bool(twins["shift"].blocks) is free
        assert twins["tokens"].blocks == 1


def test_experts_in_a_list_take_each_others_place():
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Linear(8, 3, bias=False)
            self.experts = nn.ModuleList(
                nn.ModuleDict({"up_proj": nn.Linear(8, 6), "down_proj": nn.Linear(6, 8)}) for _ in range(3)
            )

        def forward(self, x):
            weights = torch.softmax(self.gate(x), -1)
            outs = [e["down_proj"](torch.relu(e["up_proj"](x))) for e in self.experts]
            return sum(weights[..., k, None] * y for k, y in enumerate(outs))

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.mlp, self.lm_head = nn.Embedding(40, 8), Block(), nn.Linear(8, 40, bias=False)

        def forward(self, tokens):
            x = self.embed(tokens)
            return self.lm_head(x + self.mlp(x))

    net = Net().double()
    generator = torch.Generator().manual_seed(1)
    start = dict(net.named_parameters())
    moves = network_moves(classify(net), {n: p.detach() for n, p in start.items()}, generator)
    before = {n: p.detach().clone() for n, p in start.items()}

    def loss(model, batch):
        return nn.functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())

    kept, others = invariant_moves(net, moves, _tokens(), loss, generator)
    assert {m.kind for m in kept} == {"shift", "tokens", "experts", "neurons"}
    assert not others
    assert all(torch.equal(before[n], p) for n, p in net.named_parameters())
    experts = next(m for m in kept if m.kind == "experts")
    moved = experts(before)
    order = [
        k for k in range(3) for j in range(3) if torch.equal(moved["mlp.gate.weight"][j], before["mlp.gate.weight"][k])
    ]
    assert sorted(order) == [0, 1, 2]


def test_the_model_is_left_alone_and_bad_input_is_named():
    net = _net()
    before = [p.detach().clone() for p in net.parameters()]
    _twins(SymmetryStack, net, lr=1e-2)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters()))
    with pytest.raises(InputError, match="twin_steps"):
        audit_optimizer(SymmetryStack, net, _tokens(), twin_steps=-1)
    with pytest.raises(InputError, match="float64"):
        audit_optimizer(SymmetryStack, net, _tokens(), twin_steps=2, dtype=None)

"""Moves of a whole network that may leave its loss alone: shifts, exchanged tokens, neurons, experts, turned heads.

Roles propose them; whether the loss of this network really does not see one is decided by numbers, at its weights and
at others nearby. Only what passes is fit for comparing twins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from symmeter.optim.plan import Plan, PlanEntry

__all__ = ["MOVES", "NetworkMove", "invariant_moves", "network_moves", "place"]

#: Kinds of moves, and what each does.
MOVES = {
    "shift": "one vector added to all rows",
    "tokens": "tokens relabelled, in the data too",
    "neurons": "neurons of feed-forward blocks exchanged",
    "experts": "experts exchanged, with the rows of their router",
    "values": "values of each head turned, outputs turned back",
    "queries": "queries of each head turned, keys with them",
}

Tensors = dict[str, torch.Tensor]
Loss = Callable[[nn.Module, Any], torch.Tensor]
#: Relative change of the loss that is put down to rounding in double precision.
_ROUNDING = 1e-9
#: Of arguments of a model that are tokens.
_TOKEN_KEYS = ("input_ids", "labels", "decoder_input_ids", "tokens", "targets")


@dataclass(frozen=True, eq=False)
class NetworkMove:
    """A move of some parameters, and of the data where tokens are relabelled.

    Attributes
    ----------
    kind : str
        A key of :data:`MOVES`.
    where : str
        Which block.
    acts : mapping
        From the name of a parameter to what happens to it.
    relabels : tensor or None
        New number of each token.
    takes : mapping
        From the name of a parameter to that of another, whose value it gets.
    """

    kind: str
    where: str
    acts: Mapping[str, Callable[[torch.Tensor], torch.Tensor]]
    relabels: torch.Tensor | None = None
    takes: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, parameters: Mapping[str, torch.Tensor]) -> Tensors:
        """All parameters after the move."""
        moved = {n: self.acts[n](p) if n in self.acts else p for n, p in parameters.items()}
        return {**moved, **{n: parameters[other] for n, other in self.takes.items()}}

    @property
    def names(self) -> frozenset[str]:
        """Names of the parameters that it moves."""
        return frozenset(self.acts) | frozenset(self.takes)

    def batch(self, batch: Any) -> Any:
        """The data after the move."""
        if self.relabels is None:
            return batch
        if isinstance(batch, Mapping):
            return {k: self.batch(v) if k in _TOKEN_KEYS else v for k, v in batch.items()}
        if isinstance(batch, tuple | list):
            return tuple(self.batch(b) for b in batch)
        whole = isinstance(batch, torch.Tensor) and not batch.is_floating_point() and batch.dtype != torch.bool
        if not whole:
            return batch
        # Negative numbers say that a target does not count.
        return torch.where(batch >= 0, self.relabels.to(batch.device)[batch.clamp_min(0)], batch)


def network_moves(plan: Plan, parameters: Mapping[str, torch.Tensor], generator: torch.Generator) -> list[NetworkMove]:
    """Random moves that the roles of a plan suggest.

    Parameters
    ----------
    plan : Plan
    parameters : mapping of tensors
        By name, biases too.
    generator : torch.Generator
        On the CPU.
    """
    out = [_shift(e, parameters[e.name], generator) for e in plan if e.shifts]
    out += [*_tokens(plan, parameters, generator), *_experts(plan, parameters, generator)]
    blocks: dict[str, dict[str, PlanEntry]] = {}
    for e in plan:
        if e.role in ("attention", "mlp_gate_up", "mlp_down"):
            block = e.name.rsplit(".", 2)[0] if e.name.endswith("weight") else e.name.rpartition(".")[0]
            blocks.setdefault(block, {})[e.part] = e
    for block, parts in blocks.items():
        out += [*_neurons(block, parts, parameters, generator), *_heads(block, parts, parameters, generator)]
    return out


def invariant_moves(
    model: nn.Module, moves: list[NetworkMove], batch: Any, loss: Loss, generator: torch.Generator
) -> tuple[list[NetworkMove], list[tuple[NetworkMove, float]]]:
    """The moves that the loss does not see, and the others with its relative change.

    Parameters
    ----------
    model : torch.nn.Module
        In double precision; its weights are put back.
    moves : list of NetworkMove
    batch, loss
        As in training.
    generator : torch.Generator
        Of the weights nearby.
    """
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    # Biases of zero and gains of one would hide what only holds there.
    nearby = {n: p + 0.1 * (p.abs().mean() + 0.1) * _normal(p.shape, generator, p) for n, p in start.items()}
    kept, others = [], []
    for move in moves:
        change = max(_change(model, move, at, batch, loss) for at in (start, nearby))
        kept.append(move) if change <= _ROUNDING else others.append((move, change))
    place(model, start)
    return kept, others


@torch.no_grad()
def place(model: nn.Module, parameters: Mapping[str, torch.Tensor]) -> None:
    """Give a model these weights."""
    for n, p in model.named_parameters():
        if n in parameters:
            p.copy_(parameters[n])


@torch.no_grad()
def _change(model: nn.Module, move: NetworkMove, at: Mapping[str, torch.Tensor], batch: Any, loss: Loss) -> float:
    values = []
    for parameters, data in ((at, batch), (move(at), move.batch(batch))):
        place(model, parameters)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            values.append(float(loss(model, data)))
    change = abs(values[1] - values[0]) / max(abs(values[0]), 1e-300)
    return change if change == change else float("inf")


def _normal(shape: Any, generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(like)


def _order(n: int, generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    return torch.randperm(n, generator=generator).to(like.device)


def _rotations(heads: int, n: int, generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    q, r = torch.linalg.qr(torch.randn(heads, n, n, generator=generator, dtype=torch.float64))
    return (q * r.diagonal(dim1=-2, dim2=-1).sign()[:, None]).to(like)


def _bias_of(name: str, parameters: Mapping[str, torch.Tensor]) -> str:
    bias = name.removesuffix("weight") + "bias"
    return bias if name.endswith("weight") and bias in parameters else ""


def _shift(e: PlanEntry, p: torch.Tensor, generator: torch.Generator) -> NetworkMove:
    by = _normal((p.shape[-1],), generator, p) * p.std()
    by = by if not e.view.transpose[0] else _normal((p.shape[0], 1), generator, p) * p.std()
    return NetworkMove("shift", e.name, {e.name: lambda w: w + by})


def _tokens(plan: Plan, parameters: Mapping[str, torch.Tensor], generator: torch.Generator) -> Iterator[NetworkMove]:
    tables = [e for e in plan if e.role in ("embedding", "tied_embedding")]
    if not tables:
        return
    size = max(e.shape[0] for e in tables)
    order = _order(size, generator, parameters[tables[0].name])
    names = [e.name for e in plan if e.role in ("embedding", "tied_embedding", "lm_head") and e.shape[0] == size]
    names += [b for n in names if (b := _bias_of(n, parameters)) and parameters[b].shape[0] == size]
    yield NetworkMove("tokens", tables[0].name, {n: lambda w: w[order] for n in names}, torch.argsort(order))


def _experts(plan: Plan, parameters: Mapping[str, torch.Tensor], generator: torch.Generator) -> Iterator[NetworkMove]:
    for e in plan:
        if e.role != "router":
            continue
        axis = 1 if e.view.transpose[0] else 0
        number = e.shape[axis]
        block = e.name.rsplit(".", 2)[0]
        order = _order(number, generator, parameters[e.name])
        acts: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
            e.name: lambda w, order=order, axis=axis: w.index_select(axis, order)
        }
        bias = _bias_of(e.name, parameters)
        if bias:
            acts[bias] = lambda w, order=order: w[order]
        listed: dict[str, dict[int, str]] = {}
        taken: dict[str, str] = {}
        for n, p in parameters.items():
            one = re.fullmatch(re.escape(block) + r"\.experts\.(\d+)\.(.+)", n)
            if one:
                listed.setdefault(one[2], {})[int(one[1])] = n
            elif n.startswith(f"{block}.experts.") and p.ndim >= 2 and p.shape[0] == number:
                acts[n] = lambda w, order=order: w[order]
        for names in listed.values():
            for k, source in enumerate(order.tolist()):
                taken[names[k]] = names[source]
        yield NetworkMove("experts", block, acts, None, taken)


def _neurons(
    block: str, parts: Mapping[str, PlanEntry], parameters: Mapping[str, torch.Tensor], generator: torch.Generator
) -> Iterator[NetworkMove]:
    own = [e for part, e in parts.items() if e.role in ("mlp_gate_up", "mlp_down")]
    if "down" not in parts or len(own) < 2:
        return
    sizes = {e.view.split(torch.empty(e.shape, device="meta"))[0].shape[-2] for e in own}
    if len(sizes) != 1:
        return
    number = sizes.pop()
    order = _order(number, generator, parameters[own[0].name])

    def exchanged(e: PlanEntry) -> Callable[[torch.Tensor], torch.Tensor]:
        return lambda w: e.view.join(tuple(p[..., order, :] for p in e.view.split(w)), tuple(w.shape))

    acts = {e.name: exchanged(e) for e in own}
    for e in own:
        bias = _bias_of(e.name, parameters)
        if bias and e.part != "down":
            acts[bias] = lambda b: b.unflatten(-1, (-1, number))[..., order].flatten(-2)
    yield NetworkMove("neurons", block, acts)


def _heads(
    block: str, parts: Mapping[str, PlanEntry], parameters: Mapping[str, torch.Tensor], generator: torch.Generator
) -> Iterator[NetworkMove]:
    for kind, one, other in (("values", "v", "o"), ("queries", "q", "k")):
        if one not in parts or other not in parts:
            continue
        a, b = parts[one], parts[other]
        fewest, most = sorted((a.view.heads[0], b.view.heads[0]))
        if not fewest or most % fewest:
            continue
        width = a.view.split(torch.empty(a.shape, device="meta"))[0].shape[-2]
        turns = _rotations(fewest, width, generator, parameters[a.name])
        acts = {}
        for e in (a, b):
            own = turns.repeat_interleave(e.view.heads[0] // fewest, 0)
            acts[e.name] = lambda w, e=e, own=own: e.view.join((own @ e.view.split(w)[0],), tuple(w.shape))
            bias = _bias_of(e.name, parameters)
            if bias and e.part != "o":
                acts[bias] = lambda v, own=own: (own @ v.reshape(len(own), -1, 1)).flatten()
        yield NetworkMove(kind, block, acts)

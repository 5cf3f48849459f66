"""Twins of a whole network: copies that a move of the network relates, each trained on its own, and how far they part.

Nothing is told to the twins: gradients come from the loss of each. An optimizer that respects the symmetry keeps them
related for ever, up to rounding.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from symmeter.errors import NonFiniteError
from symmeter.optim.network_moves import MOVES, NetworkMove, invariant_moves, network_moves, place
from symmeter.optim.plan import Plan

__all__ = ["TwinAudit", "twin_divergence"]

Loss = Callable[[nn.Module, Any], torch.Tensor]


@dataclass(frozen=True)
class TwinAudit:
    """Twins of one kind.

    Attributes
    ----------
    kind : str
        A key of :data:`symmeter.optim.network_moves.MOVES`.
    blocks : int
        How many blocks were moved, all at once.
    left_out : int
        How many blocks of this kind were not moved, because the loss changed.
    change : float
        Largest relative change of the loss that led to leaving one out; 0 when none was.
    divergence : float or None
        Length of what the twins differ by after mapping back, over the length of the movement; None when no block was
        moved.
    loss_gap : float or None
        Largest difference of their losses over the steps.
    """

    kind: str
    blocks: int
    left_out: int
    change: float
    divergence: float | None
    loss_gap: float | None


def twin_divergence(
    made: Callable[[nn.Module], torch.optim.Optimizer],
    model: nn.Module,
    plan: Plan,
    batch: Any,
    loss: Loss,
    steps: int,
    generator: torch.Generator,
) -> tuple[TwinAudit, ...]:
    """Train a network and its twins, one twin for each kind of move.

    Parameters
    ----------
    made : callable
        From a model to an optimizer of it.
    model : torch.nn.Module
        In double precision; left as it is.
    plan : Plan
    batch, loss
        As in training; the same batch at every step.
    steps : int
    generator : torch.Generator

    Raises
    ------
    NonFiniteError
    """
    model = copy.deepcopy(model)
    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    kept, others = invariant_moves(model, network_moves(plan, start, generator), batch, loss, generator)
    first, losses = _trained(made, model, start, batch, loss, steps)
    out = []
    for kind in MOVES:
        moves = [m for m in kept if m.kind == kind]
        changes = [c for m, c in others if m.kind == kind]
        divergence = gap = None
        if moves:
            divergence, gap = _compared(made, model, moves, start, first, losses, batch, loss)
        if moves or changes:
            out.append(TwinAudit(kind, len(moves), len(changes), max(changes, default=0.0), divergence, gap))
    return tuple(out)


def _trained(
    made: Callable[[nn.Module], torch.optim.Optimizer],
    model: nn.Module,
    start: Mapping[str, torch.Tensor],
    batch: Any,
    loss: Loss,
    steps: int,
) -> tuple[dict[str, torch.Tensor], list[float]]:
    net = copy.deepcopy(model)
    place(net, start)
    optimizer = made(net)
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        with torch.random.fork_rng():
            torch.manual_seed(step)
            value = loss(net, batch)
        if not bool(torch.isfinite(value)):
            raise NonFiniteError(f"the loss is {float(value.detach())} after {step} steps; lower lr")
        value.backward()
        optimizer.step()
        losses.append(float(value.detach()))
    return {n: p.detach().clone() for n, p in net.named_parameters()}, losses


def _compared(
    made: Callable[[nn.Module], torch.optim.Optimizer],
    model: nn.Module,
    moves: list[NetworkMove],
    start: Mapping[str, torch.Tensor],
    first: Mapping[str, torch.Tensor],
    losses: list[float],
    batch: Any,
    loss: Loss,
) -> tuple[float, float]:
    origin, expected, data = dict(start), dict(first), batch
    for move in moves:
        origin, expected, data = move(origin), move(expected), move.batch(data)
    twin, twin_losses = _trained(made, model, origin, data, loss, len(losses))
    apart = sum(float((twin[n] - expected[n]).pow(2).sum()) for n in twin)
    moved = sum(float((first[n] - start[n]).pow(2).sum()) for n in first)
    divergence = (apart / moved) ** 0.5 if moved else 0.0
    return divergence, max(abs(a - b) for a, b in zip(losses, twin_losses, strict=True))

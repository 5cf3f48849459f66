"""How badly an optimizer breaks the symmetry of every block: a number for each, the drift along free shifts, twins.

Two copies of a network receive the same gradients, one of them moved by a random element of the groups of its blocks.
An optimizer that commutes with these groups keeps the copies related; what it does otherwise is the error.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError
from symmeter.optim.block_elements import BlockElement, random_elements
from symmeter.optim.classification import classify
from symmeter.optim.network_moves import MOVES
from symmeter.optim.network_twins import TwinAudit, twin_divergence
from symmeter.optim.plan import Plan
from symmeter.optim.stack import SymmetryStack

__all__ = ["BlockAudit", "OptimizerAudit", "audit_optimizer"]

Loss = Callable[[nn.Module, Any], torch.Tensor]


@dataclass(frozen=True)
class BlockAudit:
    """One parameter under an optimizer.

    Attributes
    ----------
    name, role, group : str
    error : float
        Length of what the two copies differ by, over the length of the movement; 0 for an equivariant update, about
        1.4 when the two have nothing to do with each other.
    exchange_error : float
        The same for permutations alone.
    drift : float or None
        Length of the movement of the mean row over that of the movement, where a shift of all rows is free.
    """

    name: str
    role: str
    group: str
    error: float
    exchange_error: float
    drift: float | None


@dataclass(frozen=True)
class OptimizerAudit:
    """What an audit found; print it for a table.

    Attributes
    ----------
    optimizer : str
    steps : int
    blocks : tuple of BlockAudit
    losses : tuple of float
        Of the network that was trained.
    precision : str
        Type in which the steps were taken.
    twins : tuple of TwinAudit
        How far copies of the whole network part that a move related which its loss does not see; empty when not asked
        for.
    """

    optimizer: str
    steps: int
    blocks: tuple[BlockAudit, ...]
    losses: tuple[float, ...]
    precision: str
    twins: tuple[TwinAudit, ...] = ()

    @property
    def error(self) -> float:
        """The largest error of a block."""
        return max((b.error for b in self.blocks), default=0.0)

    @property
    def drift(self) -> float:
        """The largest drift along a free shift."""
        return max((b.drift for b in self.blocks if b.drift is not None), default=0.0)

    def by_role(self) -> dict[str, float]:
        """The largest error of each role."""
        out: dict[str, float] = {}
        for b in self.blocks:
            out[b.role] = max(out.get(b.role, 0.0), b.error)
        return out

    def rows(self) -> list[dict[str, Any]]:
        """One line for each role: tensors, largest errors, largest drift."""
        lines = []
        for role in dict.fromkeys(b.role for b in self.blocks):
            some = [b for b in self.blocks if b.role == role]
            drifts = [b.drift for b in some if b.drift is not None]
            lines.append(
                {
                    "role": role,
                    "group": some[0].group,
                    "tensors": len(some),
                    "error": max(b.error for b in some),
                    "exchange error": max(b.exchange_error for b in some),
                    "drift": max(drifts) if drifts else None,
                }
            )
        return lines

    def __str__(self) -> str:
        head = ("role", "group", "tensors", "error", "exchange error", "drift")
        cells: list[tuple[str, ...]] = [head]
        for row in self.rows():
            cells.append(
                tuple(
                    "" if row[k] is None else f"{row[k]:.1e}" if isinstance(row[k], float) else str(row[k])
                    for k in head
                )
            )
        widths = [max(len(r[k]) for r in cells) for k in range(len(head))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip() for r in cells]
        title = f"{self.optimizer}, {self.steps} steps, {self.precision}"
        return "\n".join([title, *lines, *self._twin_lines()])

    def twin_rows(self) -> list[dict[str, Any]]:
        """One line for each kind of twins: blocks moved and left out, divergence, largest difference of the losses."""
        return [
            {
                "twins": t.kind, "moved": MOVES[t.kind], "blocks": t.blocks, "left out": t.left_out,
                "divergence": t.divergence, "loss gap": t.loss_gap,
            }
            for t in self.twins
        ]  # fmt: skip

    def _twin_lines(self) -> list[str]:
        lines = []
        for t in self.twins:
            left = f"; {t.left_out} left out, the loss changes by {t.change:.1e}" if t.left_out else ""
            if t.divergence is None:
                lines.append(f"twins, {t.kind}: none, the loss changes by {t.change:.1e}")
            else:
                blocks = f"{t.blocks} block{'s' if t.blocks > 1 else ''}"
                part = f"part by {t.divergence:.1e}, losses by {t.loss_gap:.1e}"
                lines.append(f"twins, {t.kind} ({MOVES[t.kind]}): {part} ({blocks}{left})")
        return lines

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "optimizer": self.optimizer, "steps": self.steps, "precision": self.precision, "losses": list(self.losses),
            "error": self.error, "drift": self.drift, "blocks": [dict(b.__dict__) for b in self.blocks],
            "twins": [dict(t.__dict__) for t in self.twins],
        }  # fmt: skip


def next_token_loss(model: nn.Module, batch: Any) -> torch.Tensor:
    """Cross-entropy: of pairs (inputs, targets), or of the next token where the batch is one tensor of tokens."""
    if isinstance(batch, torch.Tensor):
        inputs, targets = batch[..., :-1], batch[..., 1:]
    elif isinstance(batch, Mapping):
        out = model(**batch)
        return out.loss
    else:
        inputs, targets = batch
    out = model(inputs)
    scores = getattr(out, "logits", out)
    return nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), targets.reshape(-1))


def audit_optimizer(
    optimizer: Callable[..., torch.optim.Optimizer],
    model: nn.Module,
    batch: Any,
    loss: Loss | None = None,
    steps: int = 5,
    plan: Plan | None = None,
    seed: int = 0,
    dtype: torch.dtype | None = torch.float64,
    twin_steps: int = 0,
    **settings: Any,
) -> OptimizerAudit:
    """Measure how far an optimizer is from respecting the symmetry of every block.

    Parameters
    ----------
    optimizer : class or callable
        A ``torch.optim.Optimizer`` class, which is given the parameters, or :class:`SymmetryStack`, or a function of
        the model marked by ``takes_model = True``.
    model : torch.nn.Module
        Left as it is.
    batch : tensor, pair or mapping
        Tokens, (inputs, targets), or arguments of a model that returns its loss.
    loss : callable, optional
        From (model, batch) to a scalar; cross-entropy by default.
    steps : int
        How many steps; momentum needs a few to show.
    plan : Plan, optional
        Roles; classified by default.
    seed : int
        Of the elements.
    dtype : torch.dtype, optional
        Precision of the copies; None leaves that of the model. Optimizers that use bfloat16 inside show its rounding.
    twin_steps : int
        Also train this many steps a twin of the whole network for each kind of move that its loss does not see (checked
        first): rows shifted, tokens, neurons and experts exchanged, heads turned. 0 for none; needs double precision.
    **settings
        Of the optimizer: ``lr=1e-3``, ...

    Returns
    -------
    OptimizerAudit

    Raises
    ------
    InputTypeError, InputError, NonFiniteError

    Examples
    --------
    >>> net = nn.Sequential(nn.Embedding(40, 8), nn.Linear(8, 40, bias=False))
    >>> tokens = torch.randint(40, (4, 9), generator=torch.Generator().manual_seed(0))
    >>> audit_optimizer(SymmetryStack, net, tokens, lr=1e-2).error < 1e-9
    True
    >>> audit_optimizer(torch.optim.AdamW, net, tokens, lr=1e-2).error > 0.1
    True
    """
    if not isinstance(model, nn.Module):
        raise InputTypeError(f"audit_optimizer needs a torch.nn.Module, not {type(model).__name__}")
    if not callable(optimizer):
        raise InputTypeError("optimizer must be a class or function that makes one, not an optimizer that exists")
    if steps < 1:
        raise InputError(f"steps is {steps}; at least one is needed")
    if twin_steps < 0 or (twin_steps and dtype is not torch.float64):
        raise InputError(f"twin_steps is {twin_steps} with dtype {dtype}; it is >= 0, and twins need torch.float64")
    plan = classify(model) if plan is None else plan
    first = copy.deepcopy(model) if dtype is None else copy.deepcopy(model).to(dtype)
    start = {n: p.detach().clone() for n, p in first.named_parameters(remove_duplicate=False) if p.requires_grad}
    generator = torch.Generator().manual_seed(seed)
    twins = []
    for exchange_only in (False, True):
        twin = copy.deepcopy(first)
        elements = random_elements(plan, start, generator, exchange_only)
        _place(twin, elements, start)
        twins.append((twin, elements, _made(optimizer, twin, settings)))
    opt = _made(optimizer, first, settings)
    losses = _side_by_side(first, opt, twins, _as(batch, dtype), loss or next_token_loss, steps)
    blocks = tuple(_block(e.name, plan, first, start, twins) for e in plan if e.name in twins[0][1])
    name = getattr(optimizer, "__name__", type(optimizer).__name__)
    found: tuple[TwinAudit, ...] = ()
    if twin_steps:
        origin = copy.deepcopy(model).to(dtype)
        found = twin_divergence(
            lambda net: _made(optimizer, net, settings), origin, plan, _as(batch, dtype), loss or next_token_loss,
            twin_steps, generator,
        )  # fmt: skip
    precision = str(dtype or next(iter(start.values())).dtype).split(".")[-1]
    return OptimizerAudit(name, steps, blocks, losses, precision, found)


def _as(batch: Any, dtype: torch.dtype | None) -> Any:
    if dtype is None:
        return batch
    if isinstance(batch, torch.Tensor):
        return batch.to(dtype) if batch.is_floating_point() else batch
    if isinstance(batch, Mapping):
        return {k: _as(v, dtype) for k, v in batch.items()}
    return tuple(_as(b, dtype) for b in batch) if isinstance(batch, tuple | list) else batch


def _made(
    optimizer: Callable[..., torch.optim.Optimizer], model: nn.Module, settings: Mapping[str, Any]
) -> torch.optim.Optimizer:
    whole = optimizer is SymmetryStack or getattr(optimizer, "takes_model", False)
    trained = (p for p in model.parameters() if p.requires_grad)
    made = optimizer(model if whole else trained, **settings)
    if not isinstance(made, torch.optim.Optimizer):
        raise InputTypeError(f"{optimizer!r} made a {type(made).__name__}; it must make a torch.optim.Optimizer")
    return made


@torch.no_grad()
def _place(twin: nn.Module, elements: dict[str, BlockElement], start: dict[str, torch.Tensor]) -> None:
    for name, element in elements.items():
        twin.get_parameter(name).copy_(element(start[name], translate=True))


def _side_by_side(
    first: nn.Module, opt: torch.optim.Optimizer, twins: list[Any], batch: Any, loss: Loss, steps: int
) -> tuple[float, ...]:
    losses = []
    for _ in range(steps):
        opt.zero_grad()
        value = loss(first, batch)
        value.backward()
        if not bool(torch.isfinite(value)):
            raise NonFiniteError(f"the loss is {float(value.detach())} after {len(losses)} steps; lower lr")
        for twin, elements, twin_opt in twins:
            for (name, p), q in zip(first.named_parameters(), twin.parameters(), strict=True):
                if p.grad is not None:
                    q.grad = elements[name](p.grad) if name in elements else p.grad.clone()
            twin_opt.step()
        opt.step()
        losses.append(float(value.detach()))
    return tuple(losses)


@torch.no_grad()
def _block(name: str, plan: Plan, first: nn.Module, start: dict[str, torch.Tensor], twins: list[Any]) -> BlockAudit:
    entry = plan[name]
    moved = first.get_parameter(name) - start[name]
    length = float(moved.norm())
    errors = []
    for twin, elements, _ in twins:
        expected = elements[name](start[name] + moved, translate=True)
        gap = float((twin.get_parameter(name) - expected).norm())
        errors.append(gap / length if length else 0.0)
    drift = None
    if entry.shifts and length:
        drift = float(moved.mean(-2).norm() * moved.shape[-2] ** 0.5) / length
    return BlockAudit(name, entry.role, entry.group, errors[0], errors[1], drift)

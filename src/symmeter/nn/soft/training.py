"""One training loop for all networks of this room: penalties, tuning, early stopping and selection on validation data.

Every method of a comparison goes through it, so that they differ by their weights and penalties and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError

if TYPE_CHECKING:
    from symmeter.nn.soft.regularizer import PER

__all__ = ["Fit", "fit"]

Progress = Callable[[float, str], None]
_MSE: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = torch.nn.functional.mse_loss


@dataclass(frozen=True)
class Fit:
    """What a training left behind; the network holds the selected weights.

    Attributes
    ----------
    best_epoch : int
        Epoch of the selected weights; the last one without validation data.
    best_score : float
        Validation loss there; the training loss without validation data.
    epochs : int
        Epochs that were trained.
    stopped_early : bool
    history : tuple of (epoch, training loss, validation loss)
    """

    best_epoch: int
    best_score: float
    epochs: int
    stopped_early: bool
    history: tuple[tuple[int, float, float], ...] = field(repr=False)


def fit(
    net: torch.nn.Module,
    x: Float[torch.Tensor, "n ..."],
    y: Float[torch.Tensor, "n ..."],
    *,
    epochs: int,
    per: PER | None = None,
    batch: int | None = None,
    rate: float = 1e-3,
    decay: Callable[[], torch.Tensor] | None = None,
    validation: tuple[torch.Tensor, torch.Tensor] | None = None,
    check_every: int = 1,
    select_after: int | None = None,
    patience: int | None = None,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] = _MSE,
    loss_scale: float = 1.0,
    generator: torch.Generator | None = None,
    progress: Progress | None = None,
) -> Fit:
    """Train by Adam with a cosine rate, and keep the weights with the best validation loss.

    Parameters
    ----------
    net : torch.nn.Module
        Trained in place.
    x, y : tensors
        Inputs and targets, batch first.
    epochs : int
    per : PER, optional
        Its penalty is added to the loss (or applied after each step, in proximal mode), and it tunes its strengths.
    batch : int, optional
        Full batches when omitted.
    rate : float
        Falls to zero along a half cosine.
    decay : callable, optional
        A further term of the loss, such as ``lambda: net.decay(2e-4, 1.0)``.
    validation : (tensor, tensor), optional
    check_every : int
        Epochs between looks at the validation loss.
    select_after : int, optional
        Weights are selected, and patience counts, after this epoch: twice ``per.tune_at``, or 0 without a PER.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs.
    loss : callable
    loss_scale : float
        Factor of the loss, against penalties and decay.
    generator : torch.Generator, optional
        Orders the batches.
    progress : callable, optional

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        If tuning falls after the last epoch.
    NonFiniteError
        If the loss is NaN or infinite.
    """
    _check(x, y, epochs, per)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, fused=_can_fuse(net))
    select_after = (2 * per.tune_at if per is not None else 0) if select_after is None else select_after
    kept = _Selection(select_after, patience)
    history: list[tuple[int, float, float]] = []
    value = x.new_zeros(())
    last = 0
    net.train()
    for epoch in range(1, epochs + 1):
        last = epoch
        now = 0.5 * rate * (1 + math.cos(math.pi * (epoch - 1) / epochs))
        for group in optimizer.param_groups:
            group["lr"] = now
        for rows in _batches(len(x), batch, generator, x.device):
            optimizer.zero_grad(set_to_none=True)
            value = loss_scale * loss(net(x if rows is None else x[rows]), y if rows is None else y[rows])
            total = value if per is None else value + per.penalty()
            if decay is not None:
                total = total + decay()
            total.backward()
            optimizer.step()
            if per is not None:
                per.after_step(now)
        if per is not None:
            per.step(epoch)
        if epoch % check_every == 0 or epoch == epochs:
            trained = float(value.detach())
            _check_finite(trained, epoch, "training")
            score = _score(net, validation, loss) if validation is not None else trained
            _check_finite(score, epoch, "validation")
            history.append((epoch, trained, score))
            if progress is not None:
                progress(epoch / epochs, f"epoch {epoch}, loss {trained:.3g}")
            if validation is not None and kept.take(net, epoch, score):
                break
    stopped = last < epochs
    if kept.state is not None:
        net.load_state_dict(kept.state)
        return Fit(kept.epoch, kept.score, last, stopped, tuple(history))
    return Fit(last, history[-1][2] if history else math.nan, last, stopped, tuple(history))


class _Selection:
    """The best weights so far, and how long they have been the best."""

    def __init__(self, after: int, patience: int | None) -> None:
        self.after, self.patience = after, patience
        self.epoch, self.score = 0, math.inf
        self.state: dict[str, torch.Tensor] | None = None

    def take(self, net: torch.nn.Module, epoch: int, score: float) -> bool:
        """Look at a score; True when it is time to stop."""
        if epoch <= self.after:
            return False
        if score < self.score:
            self.epoch, self.score = epoch, score
            self.state = {k: v.detach().clone() for k, v in net.state_dict().items()}
        return self.patience is not None and epoch - self.epoch >= self.patience


def _check(x: torch.Tensor, y: torch.Tensor, epochs: int, per: Any) -> None:
    if len(x) != len(y):
        raise ShapeError(f"{len(x)} inputs and {len(y)} targets; give one target for each input")
    if len(x) == 0:
        raise InputError("there are no training samples")
    for name, t in (("inputs", x), ("targets", y)):
        if t.is_floating_point() and not bool(torch.isfinite(t).all()):
            raise NonFiniteError(f"the {name} contain NaN or infinity; remove such samples")
    if epochs < 1:
        raise InputError(f"epochs is {epochs}; it must be at least 1")
    if per is not None and per.tune_at >= epochs:
        raise InputError(
            f"tune_at = {per.tune_at} is not before the end of the training at epoch {epochs}; the strengths would "
            "never be used: tune earlier or train longer"
        )


def _check_finite(value: float, epoch: int, what: str) -> None:
    if not math.isfinite(value):
        raise NonFiniteError(
            f"the {what} loss is {value} in epoch {epoch}; lower the rate or the strength, or use proximal steps"
        )


def _batches(n: int, batch: int | None, generator: torch.Generator | None, device: torch.device) -> Any:
    if batch is None or batch >= n:
        return (None,)
    return torch.randperm(n, generator=generator).to(device).split(batch)


def _can_fuse(net: torch.nn.Module) -> bool | None:
    floats = all(p.is_floating_point() for p in net.parameters())
    return True if floats and all(p.device.type in ("cpu", "cuda") for p in net.parameters()) else None


@torch.no_grad()
def _score(net: torch.nn.Module, validation: tuple[torch.Tensor, torch.Tensor], loss: Any) -> float:
    net.eval()
    value = float(loss(net(validation[0]), validation[1]))
    net.train()
    return value

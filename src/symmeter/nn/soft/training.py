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
from symmeter.nn.soft.sampled_orbits import evaluating
from symmeter.nn.soft.training_state import Selection, TrainingFile

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
        The training loss is that of the epoch's last batch.
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
    checkpoint: Any = None,
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
        Weights are selected, and patience counts, after this epoch: twice ``per.tune_at`` but before the last, or 0
        without a PER.
    patience : int, optional
        Stop when the validation loss has not improved for so many epochs.
    loss : callable
    loss_scale : float
        Factor of the loss, against penalties and decay.
    generator : torch.Generator, optional
        Orders the batches.
    progress : callable, optional
        Called with the share that is done and a line of text.
    checkpoint : path, optional
        A file that is written every few seconds; if it exists, training goes on from it, to the same end as if it had
        not been interrupted. It holds numbers only and is loaded as such.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        If tuning falls after the last epoch, or the checkpoint is of another training.
    ShapeError
        If inputs, targets and outputs do not match.
    NonFiniteError
        If the loss is NaN or infinite.
    """
    _check_numbers(
        rate=rate, loss_scale=loss_scale, epochs=epochs, batch=batch, check_every=check_every, patience=patience
    )
    _check(x, y, epochs, per)
    _check_validation(validation)
    if select_after is None:
        select_after = 0 if per is None else min(2 * per.tune_at, epochs - 1)
    work = _Training(net, per, rate, decay, loss, loss_scale, validation, Selection(select_after, patience), progress)
    settings = {"epochs": epochs, "batch": batch, "rate": rate, "samples": len(x), "select_after": select_after}
    saved = net if per is None else per
    file = TrainingFile(checkpoint, settings, saved, work.optimizer, work.selection, generator)
    try:
        return work.run(x, y, epochs, check_every, lambda: _batches(len(x), batch, generator, x.device), file)
    except KeyboardInterrupt as stop:
        if checkpoint is None:
            raise
        raise KeyboardInterrupt(f"{checkpoint} holds the training up to epoch {file.epoch}") from stop


class _Training:
    """The loop over epochs, and what it does in each."""

    def __init__(
        self,
        net: torch.nn.Module,
        per: PER | None,
        rate: float,
        decay: Any,
        loss: Any,
        loss_scale: float,
        validation: Any,
        selection: Selection,
        progress: Progress | None,
    ) -> None:
        self.net, self.per, self.rate = net, per, rate
        self.decay, self.loss, self.loss_scale = decay, loss, loss_scale
        self.validation, self.selection, self.progress = validation, selection, progress
        self.optimizer = torch.optim.Adam(net.parameters(), lr=rate, fused=_can_fuse(net))
        # A regulariser's state is its strengths: selecting weights does not turn them back.
        self.chosen = per.net if per is not None and net is per else net

    def run(
        self, x: torch.Tensor, y: torch.Tensor, epochs: int, check_every: int, batches: Any, file: TrainingFile
    ) -> Fit:
        """All epochs, from where the file left off."""
        history = file.load()
        last = file.epoch
        stopped = self.selection.is_over(last)
        if self.per is not None and last == 0:
            self.per.tuner.forget()
        self.net.train()
        while last < epochs and not stopped:
            last += 1
            value = self._epoch(x, y, batches(), _cosine(self.rate, last - 1, epochs))
            if self.per is not None:
                self.per.step(last)
            if last % check_every == 0 or last == epochs:
                history.append(_looked_at(last, value, self.net, self.validation, self.loss))
                if self.progress is not None:
                    self.progress(last / epochs, f"epoch {last}, loss {history[-1][1]:.3g}")
                stopped = self.validation is not None and self.selection.take(self.chosen, last, history[-1][2])
                file.save(last, history)
        file.save(last, history, always=True)
        best = self.selection
        if best.state is None:
            return Fit(last, history[-1][2], last, last < epochs, tuple(history))
        self.chosen.load_state_dict(best.state)
        return Fit(best.epoch, best.score, last, last < epochs, tuple(history))

    def _epoch(self, x: torch.Tensor, y: torch.Tensor, batches: Any, rate: float) -> torch.Tensor:
        """The loss of the last batch, before penalties."""
        value = x.new_zeros(())
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        for rows in batches:
            self.optimizer.zero_grad(set_to_none=True)
            out, wanted = self.net(x if rows is None else x[rows]), y if rows is None else y[rows]
            _check_output(out, wanted, self.loss)
            value = self.loss_scale * self.loss(out, wanted)
            total = value if self.per is None else value + self.per.penalty()
            if self.decay is not None:
                total = total + self.decay()
            total.backward()
            self.optimizer.step()
            if self.per is not None:
                self.per.after_step(rate)
        return value.detach()


def _cosine(rate: float, epoch: int, epochs: int) -> float:
    return 0.5 * rate * (1 + math.cos(math.pi * epoch / epochs))


def _looked_at(
    epoch: int, value: torch.Tensor, net: torch.nn.Module, validation: Any, loss: Any
) -> tuple[int, float, float]:
    """Epoch, training loss and validation loss."""
    trained = float(value)
    _check_finite(trained, epoch, "training")
    score = _score(net, validation, loss) if validation is not None else trained
    _check_finite(score, epoch, "validation")
    return epoch, trained, score


def _check_output(out: Any, wanted: torch.Tensor, loss: Any) -> None:
    # Mean squared errors of (n, 1) and (n,) would be those of all pairs of samples, in silence.
    if loss is _MSE and out.shape != wanted.shape:
        raise ShapeError(
            f"the network gives outputs of shape {tuple(out.shape)}, the targets have shape {tuple(wanted.shape)}; "
            "give targets of the outputs' shape"
        )


def _check_validation(validation: Any) -> None:
    if validation is None:
        return
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise InputError("validation is given as a pair (inputs, targets)")
    x, y = validation
    if len(x) != len(y):
        raise ShapeError(f"{len(x)} validation inputs and {len(y)} targets; give one target for each input")
    if len(x) == 0:
        raise InputError("there are no validation samples; leave validation out")
    _check_all_finite(("validation inputs", x), ("validation targets", y))


def _check_numbers(*, rate: float, loss_scale: float, **counts: int | None) -> None:
    if not (math.isfinite(rate) and rate > 0):
        raise InputError(f"rate is {rate}; it must be a finite number above 0")
    if not math.isfinite(loss_scale):
        raise InputError(f"loss_scale is {loss_scale}; it must be finite")
    for name, n in counts.items():
        optional = name in ("batch", "patience")
        if not (n is None and optional) and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise InputError(f"{name} is {n!r}; it must be a whole number of at least 1")


def _check_all_finite(*named: tuple[str, torch.Tensor]) -> None:
    for name, t in named:
        if t.is_floating_point() and not bool(torch.isfinite(t).all()):
            raise NonFiniteError(f"the {name} contain NaN or infinity (in {t.dtype}); remove such samples")


def _check(x: torch.Tensor, y: torch.Tensor, epochs: int, per: Any) -> None:
    if len(x) != len(y):
        raise ShapeError(f"{len(x)} inputs and {len(y)} targets; give one target for each input")
    if len(x) == 0:
        raise InputError("there are no training samples")
    _check_all_finite(("inputs", x), ("targets", y))
    if per is not None and isinstance(epochs, int) and per.tune_at >= epochs:
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
    with evaluating(net):
        out = net(validation[0])
        _check_output(out, validation[1], loss)
        return float(loss(out, validation[1]))

"""Train a language model with an optimizer, with a schedule, checkpoints that resume bit by bit, and a curve."""

from __future__ import annotations

import io
import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import nn

from symmeter.errors import FileFormatError, InputError, NonFiniteError, OutputError
from symmeter.files import write_atomic
from symmeter.optim.pretraining.checks import check_numbers, check_whole
from symmeter.optim.pretraining.corpus import Corpus
from symmeter.optim.pretraining.interruption import interrupt_between_steps
from symmeter.optim.pretraining.network import LanguageModel, NetworkShape
from symmeter.optim.pretraining.recipes import make_optimizer
from symmeter.progress import Progress, silent

__all__ = ["Training", "TrainingPlan", "TrainingRun"]

_FILE = "training.pt"
#: Written and removed before the first step, to see whether the folder can be written to.
_PROBE = ".symmeter-probe"
#: Held-out batches of an evaluation, and seconds after which a checkpoint is due.
_CHECKED, _SECONDS = 40, 60.0


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides a run, beside the text.

    Attributes
    ----------
    optimizer : str
        A key of :data:`symmeter.optim.pretraining.RECIPES`.
    lr : float
        At its highest: it rises for ``warm_up`` steps, stays, and falls to zero over the last ``decay`` of the steps.
    steps, sequences, length, seed : int
    settings : mapping
        Of the optimizer: ``rules``, ``lr_mult``, ``row_eps``, ...
    warm_up : int
    decay : float
    balance : float
        Weight of the balancing loss of experts.
    label_offset : int
        1 for the next token.
    check_every : int
        Steps between evaluations.
    """

    optimizer: str = "stack"
    lr: float = 4e-3
    steps: int = 300
    sequences: int = 16
    length: int = 128
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    warm_up: int = 10
    decay: float = 0.4
    balance: float = 0.0
    label_offset: int = 1
    check_every: int = 100

    def __post_init__(self) -> None:
        check_whole(self, ("steps", "sequences", "length", "label_offset", "check_every"), 1)
        check_whole(self, ("seed", "warm_up"), 0)
        check_numbers(self, ("lr", "decay", "balance"))
        if not 0 <= self.decay <= 1:
            raise InputError(f"decay is {self.decay}; it is a share of the steps, in [0, 1]")
        if not self.lr > 0:
            raise InputError(f"lr is {self.lr}; it must be > 0")
        if not self.balance >= 0:
            raise InputError(f"balance is {self.balance}; it must be >= 0")

    def rate(self, step: int) -> float:
        """Factor of the learning rate at a step."""
        rise = min(1.0, (step + 1) / max(self.warm_up, 1))
        left = (self.steps - step) / max(self.decay * self.steps, 1e-9)
        return min(rise, 1.0, left)


@dataclass(frozen=True)
class TrainingRun:
    """What a run gave.

    Attributes
    ----------
    plan : TrainingPlan
    steps, train_loss : tuple
        Every step, nats a token.
    checked, held_out_loss : tuple
        Steps of evaluations and losses there.
    drift : float
        Length of the mean row of the output projection at the end over that at the start.
    seconds : float
        Of training, resumed parts included.
    optimizer_seconds : float
        Of these in the optimizer.
    """

    plan: TrainingPlan
    steps: tuple[int, ...]
    train_loss: tuple[float, ...]
    checked: tuple[int, ...]
    held_out_loss: tuple[float, ...]
    drift: float
    seconds: float
    optimizer_seconds: float

    @property
    def loss(self) -> float:
        """The last held-out loss."""
        return self.held_out_loss[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "plan": {**asdict(self.plan), "settings": dict(self.plan.settings)}}


class Training:
    """A run in progress.

    Parameters
    ----------
    corpus : Corpus
    shape : NetworkShape
    plan : TrainingPlan
    folder : path, optional
        Where checkpoints go. A run of the same plan that stopped there goes on; one of another plan is refused.

    Raises
    ------
    InputError, FileFormatError, OutputError
    """

    def __init__(
        self, corpus: Corpus, shape: NetworkShape, plan: TrainingPlan, folder: str | Path | None = None
    ) -> None:
        if len(corpus.train) <= plan.length + plan.label_offset:
            raise InputError(f"the text has {len(corpus.train)} tokens; sequences of {plan.length} do not fit")
        # Made before the first step, so that a text too short for them, or a folder that cannot be, costs no training.
        self._held_out = corpus.held_out_batches(plan.sequences, plan.length + plan.label_offset - 1, _CHECKED)
        self.corpus, self.plan, self.folder = corpus, plan, None if folder is None else Path(folder)
        self.model = LanguageModel(shape, plan.seed)
        self.optimizer = make_optimizer(plan.optimizer, self.model, plan.lr, **dict(plan.settings))
        self._rates = [g["lr"] for g in self.optimizer.param_groups]
        self._start = self._mean_row()
        self.step, self.train_loss = 0, []
        self._kept, self._whole = 0, True
        self.checked: list[int] = []
        self.held_out_loss: list[float] = []
        self.seconds = self.optimizer_seconds = 0.0
        described = json.dumps(
            [asdict(shape), {**asdict(plan), "settings": dict(plan.settings)}, corpus.digest], default=str
        )
        self._stamp = sha256(described.encode()).hexdigest()
        if self.folder is not None:
            _make_folder(self.folder)
            if (self.folder / _FILE).exists():
                self._resume(self.folder / _FILE)

    def _mean_row(self) -> float:
        return float(self.model.lm_head.weight.detach().mean(0).norm())

    def run(self, progress: Progress = silent, save_every: int = 200) -> TrainingRun:
        """Train to the end.

        Ctrl-C is heard at the end of a step, where a checkpoint is written; pressed twice it interrupts at once, and
        the last checkpoint is where the run goes on.

        Parameters
        ----------
        progress : callable
        save_every : int
            Steps between checkpoints, if there is a folder; one is also written every minute.

        Raises
        ------
        NonFiniteError
            When the loss stops being a number; the text says at which step.
        """
        saved = time.monotonic()
        try:
            with interrupt_between_steps() as interrupted:
                while self.step < self.plan.steps:
                    self._whole = False
                    self._one_step()
                    if self.step % self.plan.check_every == 0 or self.step == self.plan.steps:
                        self._check()
                    self._whole = True
                    if self.step % save_every == 0 or time.monotonic() - saved > _SECONDS:
                        self.save()
                        saved = time.monotonic()
                    progress(self.step / self.plan.steps, f"step {self.step}, loss {self.train_loss[-1]:.3f}")
                    if interrupted():
                        raise KeyboardInterrupt
        except KeyboardInterrupt:
            # In the middle of a step some weights have moved and others not: then the last checkpoint counts.
            if self._whole:
                self.save()
            if self.folder is None:
                raise
            where = f"{self._kept} of {self.plan.steps} steps are kept in {self.folder}; the same command goes on there"
            raise KeyboardInterrupt(where) from None
        self.save()
        return self.result()

    def _loss(self, tokens: torch.Tensor) -> torch.Tensor:
        offset = self.plan.label_offset
        scores = self.model(tokens[:, :-offset])
        return nn.functional.cross_entropy(scores.flatten(0, 1), tokens[:, offset:].flatten())

    def _one_step(self) -> None:
        began = time.perf_counter()
        plan, step = self.plan, self.step
        for group, rate in zip(self.optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * plan.rate(step)
        tokens = self.corpus.batch(step, plan.sequences, plan.length + plan.label_offset - 1, plan.seed)
        self.optimizer.zero_grad()
        loss = self._loss(tokens)
        (loss + plan.balance * self.model.balance() if plan.balance else loss).backward()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise NonFiniteError(f"the loss is {value} at step {step}; lower lr (it is {plan.lr:g})")
        moving = time.perf_counter()
        try:
            self.optimizer.step()
        except NonFiniteError as error:
            raise NonFiniteError(f"training stopped at step {step}; lower lr (it is {plan.lr:g}): {error}") from error
        ended = time.perf_counter()
        # Counted together at the end, so that an interruption leaves the last whole step.
        self.train_loss.append(value)
        self.step, self.seconds = step + 1, self.seconds + ended - began
        self.optimizer_seconds += ended - moving

    @torch.no_grad()
    def _check(self) -> None:
        value = float(torch.stack([self._loss(b) for b in self._held_out]).mean())
        if not math.isfinite(value):
            raise NonFiniteError(f"the held-out loss is {value} after step {self.step}; lower lr ({self.plan.lr:g})")
        self.checked.append(self.step)
        self.held_out_loss.append(value)

    def result(self) -> TrainingRun:
        """What there is so far."""
        drift = self._mean_row() / self._start if self._start else float("nan")
        return TrainingRun(
            self.plan, tuple(range(1, self.step + 1)), tuple(self.train_loss), tuple(self.checked),
            tuple(self.held_out_loss), drift, self.seconds, self.optimizer_seconds,
        )  # fmt: skip

    def save(self) -> None:
        """Write a checkpoint, if there is a folder; nothing is ever half-written."""
        if self.folder is None or (self._kept == self.step > 0):
            return
        state = {
            "stamp": self._stamp, "step": self.step, "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(), "train_loss": self.train_loss, "checked": self.checked,
            "held_out_loss": self.held_out_loss, "seconds": self.seconds, "optimizer_seconds": self.optimizer_seconds,
            "start": self._start,
        }  # fmt: skip
        buffer = io.BytesIO()
        torch.save(state, buffer)
        write_atomic(self.folder / _FILE, buffer.getvalue())
        self._kept = self.step

    def _resume(self, path: Path) -> None:
        try:
            state = torch.load(path, weights_only=True)
        except Exception as error:
            raise FileFormatError(f"{path} cannot be read as a checkpoint; remove it to start again") from error
        if not isinstance(state, dict) or state.get("stamp") != self._stamp:
            raise InputError(f"{path} belongs to a run with other settings; give another folder, or remove it")
        try:
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step, self.train_loss = state["step"], state["train_loss"]
            self.checked, self.held_out_loss = state["checked"], state["held_out_loss"]
            self.seconds, self.optimizer_seconds, self._start = (
                state["seconds"], state["optimizer_seconds"], state["start"]
            )  # fmt: skip
        except (KeyError, RuntimeError, InputError) as error:
            raise FileFormatError(f"{path} is not the checkpoint of this version; remove it to start again") from error
        self._kept = self.step


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / _PROBE, b"")
        (folder / _PROBE).unlink()
    except OutputError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"cannot keep checkpoints in {folder}: {reason}; give another folder") from None

"""Train a flow network by a recipe, with checkpoints from which a run goes on, and measure it over horizons."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from symmeter.errors import FileFormatError, InputError, InputTypeError, NonFiniteError
from symmeter.files import write_atomic
from symmeter.nn.flow.clips import load_clips
from symmeter.nn.flow.recipes import Recipe
from symmeter.progress import Progress, silent

__all__ = ["FlowTraining", "TrainedFlow", "accuracy", "horizon_errors"]

_FILE = "training.pt"
#: Steps between checkpoints.
_EVERY = 100


@dataclass(frozen=True)
class TrainedFlow:
    """What a run gave.

    Attributes
    ----------
    recipe : Recipe
    losses : tuple of float
        Of every step.
    seconds : float
        Of training, resumed parts included.
    """

    recipe: Recipe
    losses: tuple[float, ...]
    seconds: float


class FlowTraining:
    """A run in progress.

    Parameters
    ----------
    recipe : Recipe
    folder : path, optional
        Where checkpoints go. A run of the same recipe that stopped there goes on, bit by bit; another is refused.
    device : str or torch.device, optional
        Where to train; the processor when omitted.

    Raises
    ------
    InputError, FileFormatError
    """

    def __init__(
        self, recipe: Recipe, folder: str | Path | None = None, device: str | torch.device | None = None
    ) -> None:
        if not isinstance(recipe, Recipe):
            raise InputTypeError(f"the recipe is a {type(recipe).__name__}; give Recipe(...), or a preset by its name")
        self.recipe, self.folder = recipe, None if folder is None else Path(folder)
        self.device = _device(device)
        generator_state = torch.get_rng_state()
        torch.manual_seed(recipe.seed)
        self.model = recipe.model()
        torch.set_rng_state(generator_state)
        self.model.to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), recipe.lr)
        self.losses: list[float] = []
        self.seconds = 0.0
        self._batch = _batches(recipe)
        if self.folder is not None:
            self._resume(self.folder / _FILE)

    @property
    def step(self) -> int:
        """Steps done."""
        return len(self.losses)

    def run(self, progress: Progress = silent) -> TrainedFlow:
        """Train until the steps of the recipe are done.

        Raises
        ------
        NonFiniteError
            When the loss is no number any more.
        """
        while self.step < self.recipe.steps:
            progress(
                self.step / self.recipe.steps, f"step {self.step}, loss {self.losses[-1] if self.losses else 0:.4f}"
            )
            start = time.perf_counter()
            frames, labels = self._batch(self.step)
            loss = self._loss(frames.to(self.device), labels.to(self.device))
            if not bool(torch.isfinite(loss)):
                raise NonFiniteError(f"the loss of step {self.step} is {loss.item()}; take a smaller lr")
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
            self.optimizer.step()
            self.seconds += time.perf_counter() - start
            self.losses.append(loss.item())
            if self.folder is not None and (self.step % _EVERY == 0 or self.step == self.recipe.steps):
                self._save(self.folder / _FILE)
        progress(1.0, "done")
        return TrainedFlow(self.recipe, tuple(self.losses), self.seconds)

    def _loss(self, frames: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        recipe, half = self.recipe, self.recipe.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            if recipe.task == "classify":
                out, wanted = self.model(frames), labels
            else:
                out, wanted = self.model(frames[:, : recipe.given], recipe.predicted), frames[:, recipe.given :]
        measure = functional.cross_entropy if recipe.task == "classify" else functional.mse_loss
        return measure(out.float(), wanted)

    def _save(self, path: Path) -> None:
        stream = io.BytesIO()
        torch.save(
            {
                "recipe": json.dumps(self.recipe.to_json()),
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "losses": torch.tensor(self.losses, dtype=torch.float64),
                "seconds": self.seconds,
            },
            stream,
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, stream.getvalue())

    def _resume(self, path: Path) -> None:
        if not path.is_file():
            return
        try:
            kept = torch.load(path, weights_only=True, map_location=self.device)
            # A recipe of before may lack settings that are as they were then.
            before = {**json.loads(json.dumps(Recipe().to_json())), **json.loads(kept["recipe"])}
        except Exception as error:
            raise FileFormatError(f"{path} is no checkpoint of a flow network; remove it to start anew") from error
        now = json.loads(json.dumps(self.recipe.to_json()))
        other = [k for k in now if k != "steps" and now[k] != before.get(k)]
        if other:
            raise InputError(
                f"{path} is of a run with {other[0]} = {before.get(other[0])!r}, this one has {now[other[0]]!r}; take "
                "another folder"
            )
        self.model.load_state_dict(kept["model"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.losses, self.seconds = kept["losses"].tolist(), kept["seconds"]


def _device(device: str | torch.device | None) -> torch.device:
    try:
        found = torch.device("cpu" if device is None else device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise InputError(f"device {device!r} cannot be used here; take 'cpu', or 'cuda' where there is one") from error
    return found


def _batches(recipe: Recipe) -> Any:
    """A function from the number of a step to its frames and labels."""
    kind, _, folder = recipe.source.partition(":")
    if kind == "clips":
        if recipe.task != "classify":
            raise InputError("clips are for classification; prediction trains on moving sprites")
        clips = load_clips(folder, "train", length=recipe.given)

        def some(step: int) -> tuple[torch.Tensor, torch.Tensor]:
            generator = torch.Generator().manual_seed(hash_of(recipe.seed, step))
            which = torch.randint(len(clips.labels), (recipe.batch,), generator=generator).numpy()
            part = type(clips)(clips.frames[which], clips.labels[which], clips.classes)
            return part.moved(recipe.data_velocities, hash_of(recipe.seed, step), flips=True)

        return some
    data = recipe.data("train")

    def sprites(step: int) -> tuple[torch.Tensor, torch.Tensor]:
        frames, labels, _ = data.batch([(step * recipe.batch + k) % len(data) for k in range(recipe.batch)])
        return frames, labels[:, 0]

    return sprites


def hash_of(seed: int, step: int) -> int:
    """One number for the randomness of a step."""
    return (seed * 1_000_003 + step) % (2**31)


@torch.no_grad()
def horizon_errors(
    model: Any, recipe: Recipe, horizon: int, *, largest: int | None = None, count: int = 128
) -> list[float]:
    """Mean squared error of each predicted frame on test sprites, up to a horizon.

    Parameters
    ----------
    model : FlowSeq2Seq
    recipe : Recipe
    horizon : int
        Frames predicted; longer than in training tells how errors grow.
    largest : int, optional
        Largest velocity of the test data; that of the training data when omitted.
    count : int
        Sequences.
    """
    data = recipe.data("test", largest=largest, frames=recipe.given + horizon, count=count)
    frames = data.batch(range(count))[0].to(next(model.parameters()).device)
    model.eval()
    found = model(frames[:, : recipe.given], horizon)
    return ((found - frames[:, recipe.given :]) ** 2).mean((0, 2, 3, 4)).tolist()


@torch.no_grad()
def accuracy(model: Any, recipe: Recipe, *, largest: int | None = None, count: int = 400) -> float:
    """Share of test sequences that are classified right."""
    data = recipe.data("test", largest=largest, count=count)
    frames, labels, _ = data.batch(range(count))
    model.eval()
    found = model(frames.to(next(model.parameters()).device)).argmax(1).cpu()
    return float((found == labels[:, 0]).double().mean())

"""Training of image classifiers under a budget of steps or of processor time, with or without deformed copies."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import nn

from symmeter.errors import InputError, ShapeError
from symmeter.nn.affine.presets import AffinePreset
from symmeter.progress import Progress

__all__ = ["AffineTraining", "TrainingRun", "accuracy"]

#: Images and labels of an epoch.
Epoch = Callable[[int], tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class TrainingRun:
    """What a training was.

    Attributes
    ----------
    steps : int
    seconds : float
        Of processor time, on one thread.
    losses : tuple of float
        One for each step.
    """

    steps: int
    seconds: float
    losses: tuple[float, ...]


class AffineTraining:
    """Adam with a cosine schedule and cross-entropy, as the preset says.

    Parameters
    ----------
    model : torch.nn.Module
        From images to logits.
    recipe : AffinePreset
    data : callable
        From the number of an epoch to its images (N, C, H, W) in [0, 1] and labels (N,); a fixed set is
        ``lambda epoch: (images, labels)``.
    seconds : float, optional
        Train for so much processor time instead of the preset's epochs; the schedule follows the share that is used
        up, so that networks of different cost get equal time.
    seed : int
        Of the order of images.

    Examples
    --------
    >>> from symmeter.nn.affine import PRESETS
    >>> images, labels = torch.rand(8, 1, 20, 20), torch.arange(8) % 2
    >>> recipe = PRESETS["digits"].with_options(epochs=1, batch=4)
    >>> net = recipe.build(width=2, samples=2, classes=2)
    >>> AffineTraining(net, recipe, lambda epoch: (images, labels)).run().steps
    2
    """

    def __init__(
        self, model: nn.Module, recipe: AffinePreset, data: Epoch, *, seconds: float | None = None, seed: int = 0
    ) -> None:
        if seconds is not None and not seconds > 0:
            raise InputError(f"seconds is {seconds}; it must be above 0")
        self.model, self.recipe, self.data, self.seconds, self.seed = model, recipe, data, seconds, seed

    def run(self, progress: Progress | None = None) -> TrainingRun:
        """Train to the end of the budget; the model is in evaluation mode afterwards."""
        recipe, generator = self.recipe, torch.Generator().manual_seed(self.seed)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        device = next(self.model.parameters()).device
        scaler = torch.amp.GradScaler(device.type, enabled=recipe.mixed_precision and device.type == "cuda")
        losses: list[float] = []
        self.model.train()
        used, start, epoch, share = 0.0, time.process_time(), 0, 0.0
        while share < 1:
            # Making data is not training: its time is not counted.
            images, labels = _checked(*self.data(epoch))
            start = time.process_time()
            batches = torch.randperm(len(images), generator=generator).split(recipe.batch)
            for k, numbers in enumerate(batches):
                here = used + time.process_time() - start
                share = here / self.seconds if self.seconds else (epoch + k / len(batches)) / recipe.epochs
                if share >= 1:
                    break
                rate = recipe.last_rate + (recipe.rate - recipe.last_rate) * (1 + cos(pi * share)) / 2
                for part in optimizer.param_groups:
                    part["lr"] = rate
                losses.append(self._step(optimizer, scaler, images[numbers].to(device), labels[numbers].to(device)))
                if progress is not None and len(losses) % 10 == 0:
                    progress(min(share, 1.0), f"step {len(losses)}, loss {losses[-1]:.2f}")
            used += time.process_time() - start
            epoch += 1
            share = used / self.seconds if self.seconds else epoch / recipe.epochs
        self.model.eval()
        return TrainingRun(len(losses), used, tuple(losses))

    def _step(self, optimizer: Any, scaler: Any, x: torch.Tensor, labels: torch.Tensor) -> float:
        with torch.autocast(x.device.type, enabled=self.recipe.mixed_precision and x.device.type == "cuda"):
            loss = nn.functional.cross_entropy(self.model((x - 0.5) / 0.5), labels)
        optimizer.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return float(loss.detach())


def _checked(images: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = torch.as_tensor(images), torch.as_tensor(labels)
    if images.ndim < 3 or len(images) != len(labels) or len(images) == 0:
        raise ShapeError(
            f"an epoch is images (N, C, H, W) and labels (N,); got {tuple(images.shape)}, {tuple(labels.shape)}"
        )
    if images.dtype == torch.uint8:
        images = images.float() / 255
    return images, labels


@torch.no_grad()
def accuracy(
    model: Callable[[torch.Tensor], torch.Tensor],
    images: Float[torch.Tensor, "n c h w"],
    labels: Int[torch.Tensor, " n"],
    batch: int = 200,
) -> float:
    """Share of images in [0, 1] whose largest logit is the right one.

    Examples
    --------
    >>> brighter = lambda x: torch.stack([x.mean((1, 2, 3)), torch.zeros(len(x))], 1)
    >>> accuracy(brighter, torch.ones(2, 1, 3, 3), torch.zeros(2))
    1.0
    """
    images, labels = _checked(images, labels)
    right = 0
    for x, y in zip(images.split(batch), labels.split(batch)):
        right += int((model((x - 0.5) / 0.5).argmax(1).to(y.device) == y).sum())
    return right / len(labels)

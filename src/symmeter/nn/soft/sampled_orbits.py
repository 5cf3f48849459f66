"""A penalty on outputs, for models whose layers have no representation: ``|f(g x) - g f(x)|^2`` on sampled elements.

Not the paper's method, which looks at weights: this one costs further passes through the model, sees only the inputs
it is given, and is offered where nothing is known of the layers (compare Berndt and Stuehmer 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.nn.actions import TensorAction
from symmeter.nn.soft.candidates import Candidate

__all__ = ["SampledOrbitPenalty", "evaluating"]

_MEASURED = 16


@contextmanager
def evaluating(model: torch.nn.Module, differentiated: bool = False) -> Iterator[None]:
    """The model in evaluation mode, and each part of it in its own mode again afterwards."""
    # Backward passes of recurrent layers on a GPU exist in training mode only.
    kept = (torch.nn.RNNBase,) if differentiated and next(model.parameters()).is_cuda else ()
    modes = [(m, m.training) for m in model.modules() if not isinstance(m, kept)]
    for m, _ in modes:
        m.training = False
    try:
        yield
    finally:
        for m, mode in modes:
            m.training = mode


class SampledOrbitPenalty:
    """The mean squared difference between moving before and after the model, in units of the outputs' variance.

    Parameters
    ----------
    model : torch.nn.Module
    candidates : sequence of Candidate
    actions : sequence of (TensorAction, TensorAction)
        On the input and on the output, for each candidate.
    samples : int
        Elements for each call.
    generator : torch.Generator, optional
    """

    def __init__(
        self,
        model: torch.nn.Module,
        candidates: Sequence[Candidate],
        actions: Sequence[tuple[TensorAction, TensorAction]],
        samples: int = 2,
        generator: torch.Generator | None = None,
    ) -> None:
        self.model, self.candidates, self.actions = model, tuple(candidates), tuple(actions)
        self.samples = samples
        self.generator = torch.Generator().manual_seed(0) if generator is None else generator
        self.inputs: torch.Tensor | None = None
        self.notes = (
            "The layers' features are not known: the penalty compares outputs on sampled orbits instead of projecting "
            "weights.",
        )

    @property
    def squared_norm(self) -> float:
        """One: residuals are relative to the outputs already."""
        return 1.0

    def __call__(self, strengths: Float[np.ndarray, " groups"]) -> Float[torch.Tensor, ""]:
        """The weighted sum over candidates, on fresh elements."""
        x = self._x()
        used = [(j, float(s)) for j, s in enumerate(np.asarray(strengths, dtype=float)) if s]
        # Dropout would be penalised for its noise, and batch statistics would follow inputs that nobody gave.
        with evaluating(self.model, differentiated=True):
            y = self.model(x)
            parts = [s * self._one(j, x, y, self.samples, self.generator) for j, s in used]
        return torch.stack(parts).sum() if parts else y.new_zeros(())

    def residuals(self) -> Float[np.ndarray, " groups"]:
        """R of each candidate, on elements that are the same at every call."""
        x = self._x()
        with torch.no_grad(), evaluating(self.model):
            y = self.model(x)
            fixed = [torch.Generator().manual_seed(1) for _ in self.candidates]
            return np.array([float(self._one(j, x, y, _MEASURED, g)) for j, g in enumerate(fixed)])

    def _x(self) -> torch.Tensor:
        if self.inputs is None:
            raise InputError("orbits are sampled on inputs: call the regulariser itself, per(x), or per.penalty(x)")
        return self.inputs

    def _one(
        self, j: int, x: torch.Tensor, y: torch.Tensor, samples: int, generator: torch.Generator
    ) -> Float[torch.Tensor, ""]:
        into, out = self.actions[j]
        elements = into.draw(samples, generator)
        moved = into.apply(elements, x)
        first = self.model(moved.flatten(0, 1))
        second = out.apply(elements, y).flatten(0, 1)
        spread = y.detach().var(0).mean() if len(y) > 1 else y.detach().square().mean()
        return 0.5 * (first - second).square().mean() / spread.clamp_min(1e-12)

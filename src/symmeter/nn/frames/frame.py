"""Weighted sets of group elements, one for each sample of a batch, and the average of a network over them.

For weights with ``w(h x)(h g) = w(x)(g)`` the sum ``<phi>(x) = sum_g w(x)(g) g phi(g^-1 x)`` is exactly equivariant for
every network, whatever the stabiliser of x: elements that a symmetry of x exchanges have equal weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int, Shaped
from torch import nn

from symmeter.errors import InputError, InputTypeError, NonFiniteError
from symmeter.nn.frames.calling import check_answer
from symmeter.nn.frames.transforms import folds_vmap

__all__ = ["Frame", "WeightedAverage"]


@dataclass(frozen=True, eq=False)
class Frame:
    """Elements of all samples in one list, so that samples with few of them cost little beside one with many.

    Attributes
    ----------
    element : tensor of shape (M, ...)
        Shifts, angles or matrices.
    weight : tensor of shape (M,)
        Positive; they sum to 1 for each sample.
    sample : int tensor of shape (M,)
        Which sample each element belongs to, ascending.
    batch : int
        Number of samples B.
    """

    element: Shaped[torch.Tensor, "M ..."]
    weight: Float[torch.Tensor, " M"]
    sample: Int[torch.Tensor, " M"]
    batch: int

    @property
    def sizes(self) -> Int[torch.Tensor, " B"]:
        """Number of elements of each sample."""
        return torch.bincount(self.sample, minlength=self.batch)

    @property
    def elements(self) -> Shaped[torch.Tensor, "B K ..."]:
        """Elements by sample, filled up with zeros where a sample has fewer than K."""
        place, most = self._places()
        return self.element.new_zeros(self.batch, most, *self.element.shape[1:]).index_put(
            (self.sample, place), self.element
        )

    @property
    def weights(self) -> Float[torch.Tensor, "B K"]:
        """Weights by sample, zero where :attr:`elements` is filled up."""
        place, most = self._places()
        return self.weight.new_zeros(self.batch, most).index_put((self.sample, place), self.weight)

    def _places(self) -> tuple[torch.Tensor, int]:
        sizes = self.sizes
        start = torch.cumsum(sizes, 0) - sizes
        return torch.arange(len(self.sample), device=self.sample.device) - start[self.sample], int(sizes.max())

    def one_each(self, generator: torch.Generator | None = None) -> Frame:
        """One element of each sample, drawn by weight: the mean over draws is the average over the frame."""
        rows = torch.multinomial(self.weights.detach().double().cpu(), 1, generator=generator).squeeze(1)
        sizes = self.sizes
        chosen = torch.cumsum(sizes, 0) - sizes + rows.to(sizes.device)
        return Frame(self.element[chosen], torch.ones_like(self.weight[chosen]), self.sample[chosen], self.batch)


class WeightedAverage(nn.Module, ABC):
    """A network averaged over a weighted frame of its first input.

    Parameters
    ----------
    backbone : callable
        Takes the moved input, and any keyword arguments as they are; its first axis is the batch.
    output : str
        ``"scalars"`` makes it invariant; ``"same"`` lets the output move as the input does.
    power : float
        Exponent of the amplitudes in the weights.
    threshold : float
        Amplitudes below this share of the largest have weight 0, which saves evaluations; the weight falls to 0
        continuously.
    differentiable_frame : bool
        Let gradients flow through the weights and the elements.
    stochastic_train : bool
        One element of each sample while training.
    max_frames : int
        Largest number of elements of one sample.
    chunk : int, optional
        Largest number of elements evaluated at once.
    """

    def __init__(
        self,
        backbone: Any,
        *,
        output: str = "scalars",
        power: float = 2.0,
        threshold: float = 0.75,
        differentiable_frame: bool = False,
        stochastic_train: bool = False,
        max_frames: int = 4096,
        chunk: int | None = None,
    ) -> None:
        super().__init__()
        if not callable(backbone):
            raise InputTypeError(f"the backbone is a {type(backbone).__name__}; give a module or a function")
        output = {"scalar": "scalars", "invariant": "scalars"}.get(output, output)
        if output not in ("scalars", "same"):
            raise InputError(f"output is {output!r}; it is 'scalars' (invariant) or 'same' (moves as the input does)")
        if not 0.0 <= threshold < 1.0 or not power > 0.0:
            raise InputError(f"threshold is {threshold} and power {power}; give 0 <= threshold < 1 and a power above 0")
        if chunk is not None and chunk < 1:
            raise InputError(f"chunk is {chunk}; it is the number of elements evaluated at once, at least 1")
        self.backbone, self.output, self.power, self.threshold = backbone, output, power, threshold
        self.differentiable_frame, self.stochastic_train = differentiable_frame, stochastic_train
        self.max_frames, self.chunk = max_frames, chunk

    @abstractmethod
    def frame(self, x: torch.Tensor) -> Frame:
        """The frame of each sample."""

    @abstractmethod
    def apply(self, element: torch.Tensor, x: torch.Tensor, inverse: bool = False) -> torch.Tensor:
        """Move row m of x, shape (M, ...), by element m."""

    @abstractmethod
    def check(self, x: torch.Tensor, name: str) -> None:
        """Raise unless x can be moved."""

    def check_moves_alike(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Raise unless the group moves the answer as it moves the input."""

    @abstractmethod
    def action(self, x: torch.Tensor) -> Any:
        """The TensorAction of the group on tensors of this shape."""

    @folds_vmap
    def forward(self, x: torch.Tensor, **options: Any) -> torch.Tensor:
        """The average."""
        if not isinstance(x, torch.Tensor):
            raise InputTypeError(f"the input is a {type(x).__name__}; it must be a tensor")
        self.check(x, "the input")
        if not bool(torch.isfinite(x).all()):
            raise NonFiniteError("the input has NaN or infinite entries; a frame needs finite ones")
        found = self.frame(x if self.differentiable_frame else x.detach())
        most = int(found.sizes.max())
        if self.stochastic_train and self.training:
            found = found.one_each()
        elif most > self.max_frames:
            raise InputError(
                f"the frame of sample {int(found.sizes.argmax())} has {most} elements, more than max_frames = "
                f"{self.max_frames}; raise it"
            )
        step = len(found.sample) if self.chunk is None else self.chunk
        total: torch.Tensor | None = None
        for start in range(0, len(found.sample), step):
            at = found.sample[start : start + step]
            some, weight = found.element[start : start + step], found.weight[start : start + step]
            y = check_answer(self.backbone(self.apply(some, x[at], inverse=True), **options), len(at))
            if self.output == "same":
                self.check(y, "the answer of the backbone")
                self.check_moves_alike(x, y)
                y = self.apply(some, y)
            y = weight.to(y.real.dtype if y.is_complex() else y.dtype).reshape(-1, *[1] * (y.ndim - 1)) * y
            part = torch.zeros(found.batch, *y.shape[1:], dtype=y.dtype, device=y.device).index_add(0, at, y)
            total = part if total is None else total + part
        assert total is not None
        return total

    def equivariance_error(self, x: torch.Tensor, **options: Any) -> float:
        """Sampled equivariance error, see :func:`symmeter.nn.equivariance_error`."""
        from symmeter.nn.measure import equivariance_error

        there = self.action(x)
        return equivariance_error(self, x, there, there if self.output == "same" else there.trivial(), **options)

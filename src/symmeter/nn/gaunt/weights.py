"""Learnable weights of a product: one per degree and channel, or linear maps of channels degree by degree.

A grid merges all paths, so that a weight per path w[l1, l2, l3] must be a product w1[l1] w2[l2] w3[l3] (``separable``),
or a sum of such products over channels (``channel_mix``), which is a canonical polyadic form whose rank is the number
of channels. ``full``, one weight per path, needs the Clebsch-Gordan route.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch

from symmeter.errors import ShapeError
from symmeter.nn.gaunt.degrees import degree_index

__all__ = ["DegreeMix", "DegreeScale"]


@final
class DegreeScale(torch.nn.Module):
    """Multiply every degree of every channel by a weight: (..., C, K) with weights (C, L+1), which start at 1.

    Parameters
    ----------
    lmax, channels : int
    """

    def __init__(self, lmax: int, channels: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(channels, lmax + 1))
        self.register_buffer("degree", torch.from_numpy(degree_index(lmax).copy()), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.weight.index_select(1, self.degree).to(x.dtype)  # type: ignore[arg-type]

    def extra_repr(self) -> str:
        return f"{self.weight.shape[0]} channels, {self.weight.shape[1]} degrees"


@final
class DegreeMix(torch.nn.Module):
    """Mix channels with one matrix for each degree: (..., C, K) to (..., R, K), equivariant by Schur's lemma.

    Parameters
    ----------
    channels_in, channels_out : sequence of int
        Channels of each degree; where degrees have fewer than the largest number, the others are taken as zero.
    generator : torch.Generator, optional
        Weights are normal with variance 1 / channels_in.
    """

    def __init__(
        self, channels_in: Sequence[int], channels_out: Sequence[int], generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.channels_in, self.channels_out = tuple(channels_in), tuple(channels_out)
        self.weight = torch.nn.ParameterList(
            torch.randn(r, c, generator=generator) / max(c, 1) ** 0.5
            for r, c in zip(self.channels_out, self.channels_in, strict=True)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.ndim < 2 or x.shape[-2] != max(self.channels_in):
            raise ShapeError(
                f"coefficients have shape {tuple(x.shape)}; this mix takes {max(self.channels_in)} channels along the "
                "last axis but one"
            )
        rows = max(self.channels_out)
        parts = []
        for ell, w in enumerate(self.weight):
            block = x[..., : w.shape[1], ell * ell : (ell + 1) ** 2]
            mixed = w.to(x.dtype) @ block
            parts.append(mixed if w.shape[0] == rows else torch.nn.functional.pad(mixed, (0, 0, 0, rows - w.shape[0])))
        return torch.cat(parts, -1)

    def extra_repr(self) -> str:
        return f"{max(self.channels_in)} -> {max(self.channels_out)} channels, {len(self.weight)} degrees"

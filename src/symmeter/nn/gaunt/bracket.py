"""The Poisson bracket of two functions on the sphere, sampled: both tangential derivatives of both, then a projection.

``{f, g} = r.(grad f x grad g)`` is a polynomial of degree l1 + l2 - 1 on the sphere, so that rules for the product
are exact for it, too. With tangent vectors a x b = r it is f_a g_b - f_b g_a.
"""

from __future__ import annotations

from typing import final

import torch

from symmeter.nn.gaunt.constants import bracket_arrays
from symmeter.nn.gaunt.degrees import size_of
from symmeter.nn.gaunt.routes import Route

__all__ = ["BracketRoute"]


@final
class BracketRoute(Route):
    """Five matrix products: two derivatives of each input side by side, and the projection."""

    name = "dense"

    def __init__(self, lmaxes: tuple[int, int, int], normalization: str) -> None:
        super().__init__(lmaxes, bracket_arrays(lmaxes, normalization))

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        first, second, out = self.constants.tensors(x.dtype)
        fa, fb = (x @ first).chunk(2, -1)
        ga, gb = (y @ second).chunk(2, -1)
        found = torch.addcmul(fa * gb, fb, ga, value=-1) @ out
        size = size_of(self.lmaxes[2])
        return found if out.shape[1] == size else found[..., :size].contiguous()

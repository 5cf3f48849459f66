"""What the channels of different velocities hear of one another: a convolution over velocities and positions."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from symmeter.errors import InputError
from symmeter.nn.flow.flow import Flow, as_velocity

__all__ = ["VelocityCoupling"]


class VelocityCoupling(torch.nn.Module):
    """``sum over delta of W(delta) * h(nu + delta)``: one kernel for each difference of velocities.

    On a group of velocities this commutes with every flow of the group. On other sets channels near the edge hear less,
    which spoils the equivariance from the edge inwards.

    Parameters
    ----------
    flow : Flow
    features, out_features, kernel_size : int
    differences : True, or sequence of velocities
        True for all differences that are velocities of the set themselves.
    """

    def __init__(
        self,
        flow: Flow,
        features: int,
        out_features: int,
        kernel_size: int,
        differences: Any = True,
        *,
        bias: bool = False,
    ) -> None:
        super().__init__()
        if differences is not True and (isinstance(differences, str) or not isinstance(differences, Iterable)):
            raise InputError(f"coupling is {differences!r}; give True, False, or a list of differences of velocities")
        chosen = flow.velocities if differences is True else [as_velocity(d) for d in differences]
        if not chosen:
            raise InputError("the coupling has no differences of velocities; give True, or a list with velocity 0")
        table = [_places(flow, delta) for delta in chosen]
        missing = sum(row.count(None) for row in table)
        if missing:
            total = len(chosen) * len(flow)
            warnings.warn(
                f"{missing} of {total} couplings ({100 * missing / total:.0f} %) lead out of the set of velocities, "
                "which is no group: channels near its edge are not equivariant, and their error leaks inwards",
                UserWarning,
                stacklevel=3,
            )
        index = [[0 if k is None else k for k in row] for row in table]
        self.register_buffer("index", torch.tensor(index).T.reshape(-1), persistent=False)
        inside = torch.tensor([[k is not None for k in row] for row in table]).T
        self.register_buffer("inside", None if missing == 0 else inside, persistent=False)
        self.differences = tuple(chosen)
        self.mix = flow.convolution(features * len(chosen), out_features, kernel_size, bias=bias)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """(B, V, K, *grid) to (B, V, K', *grid)."""
        velocities, count = h.shape[1], len(self.differences)
        heard = h.index_select(1, self.index).unflatten(1, (velocities, count))  # type: ignore[arg-type]
        if self.inside is not None:
            mask: Any = self.inside
            mask = mask.to(h.dtype)
            heard = heard * mask.view(1, velocities, count, *[1] * (h.ndim - 2))
        return self.mix(heard.flatten(2, 3).flatten(0, 1)).unflatten(0, (h.shape[0], velocities))


def _places(flow: Flow, delta: Sequence[float]) -> list[int | None]:
    return [flow.index([a + b for a, b in zip(nu, delta)]) for nu in flow.velocities]

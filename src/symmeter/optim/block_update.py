"""The update of weights that share a rule and a shape: one direction for the stack of them, then one step each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from symmeter.optim.directions import row_lengths
from symmeter.optim.plan import PlanEntry
from symmeter.optim.rules import DirectionSettings, UpdateRule
from symmeter.optim.scales import scaled
from symmeter.optim.sharding import is_sharded, placed_like, sharded_update, whole

__all__ = ["BlockUpdate", "same_kind"]

#: Weights of more numbers than this gain nothing from standing in one stack.
_LARGE = 1 << 22
_LISTS: Any = torch


def same_kind(entries: Sequence[PlanEntry], parameters: Sequence[torch.Tensor]) -> Iterator[list[int]]:
    """Positions of weights that can be updated as one stack: same rule, view, shape, type and device."""
    kinds: dict[Any, list[int]] = {}
    for k, (e, p) in enumerate(zip(entries, parameters)):
        alone = p.numel() > _LARGE or e.view.flatten or type(p) not in (torch.Tensor, torch.nn.Parameter)
        key = (e.rule, e.inputs_in_rows, e.view, p.shape, p.dtype, p.device, k if alone else -1)
        kinds.setdefault(key, []).append(k)
    yield from kinds.values()


@dataclass(frozen=True)
class BlockUpdate:
    """How weights of one parameter group move.

    Attributes
    ----------
    settings : DirectionSettings
    scale : str
    alpha : float
    look_ahead : float or None
        Part of the momentum in a Nesterov step; None for the momentum alone.
    active_rows_only : bool
    relative_rows : bool
        Each row of the update is multiplied by the root mean square of that row of the weight.
    """

    settings: DirectionSettings
    scale: str
    alpha: float
    look_ahead: float | None
    active_rows_only: bool
    relative_rows: bool = False

    def __call__(
        self,
        entry: PlanEntry,
        parameters: list[torch.Tensor],
        momenta: list[torch.Tensor],
        gradients: list[torch.Tensor],
        lr: float,
    ) -> None:
        """Move the weights in place."""
        one = len(parameters) == 1
        source = momenta[0] if one else torch.stack(momenta)
        gradient = gradients[0] if one else torch.stack(gradients) if self._needs_gradient else None
        if self.look_ahead is not None and gradient is not None:
            source = torch.lerp(gradient, source, self.look_ahead)
        if one and is_sharded(source):
            seen = gradient if self.active_rows_only else None
            update = sharded_update(entry, source, seen, self.settings, self.scale, self.of_tensor)
        else:
            update = self.of_tensor(entry, source, gradient)
        if self.relative_rows:
            update = self._by_rows_of(entry, update, parameters[0] if one else torch.stack(parameters))
        if one:
            parameters[0].add_(update, alpha=-lr)
        else:
            _LISTS._foreach_add_(parameters, list(update.unbind()), alpha=-lr)

    def _by_rows_of(self, entry: PlanEntry, update: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if is_sharded(update):
            return placed_like(self._by_rows_of(entry, whole(update), whole(weight)), update)
        parts = zip(entry.view.split(update), entry.view.split(weight))
        moved = tuple(u * (row_lengths(w) / w.shape[-1] ** 0.5).to(u.dtype) for u, w in parts)
        return entry.view.join(moved, tuple(update.shape))

    @property
    def _needs_gradient(self) -> bool:
        return self.look_ahead is not None or self.active_rows_only

    def of_tensor(self, entry: PlanEntry, source: torch.Tensor, gradient: torch.Tensor | None = None) -> torch.Tensor:
        """The update for learning rate 1, of the shape of ``source``: a weight, or a stack of weights.

        Parameters
        ----------
        entry : PlanEntry
        source : tensor
            Momentum, looked ahead or not.
        gradient : tensor, optional
            Of this step; tells which rows are active.
        """
        rule, view = entry.direction, entry.view
        parts = view.split(source)
        masks: tuple[torch.Tensor | None, ...] = (None,) * len(parts)
        if self.active_rows_only and gradient is not None:
            masks = tuple((g != 0).any(-1, keepdim=True) for g in view.split(gradient))
        found = tuple(
            self._scaled(rule, part, mask, 3 if any(view.heads) else 2, entry.inputs_in_rows)
            for part, mask in zip(parts, masks)
        )
        return view.join(found, tuple(source.shape))

    def _scaled(
        self, rule: UpdateRule, part: torch.Tensor, mask: torch.Tensor | None, axes: int, turned: bool
    ) -> torch.Tensor:
        direction = rule(part, self.settings, mask)
        return scaled(direction, part, self.scale, self.alpha, axes, turned)

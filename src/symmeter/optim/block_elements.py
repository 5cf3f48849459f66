"""Random elements of the groups that act on blocks of weights, one element for a whole network at a time.

Each acts on a parameter through the view of its plan: rows are exchanged or turned, columns are turned, and rows of
output projections and routers are shifted. Nothing here asks whether the network as a whole is invariant.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from symmeter.optim.plan import Plan, PlanEntry

__all__ = ["BlockElement", "random_elements"]

#: Roles whose rows are exchanged; rows of others are turned.
_EXCHANGED = ("embedding", "tied_embedding", "lm_head", "router", "mlp_gate_up", "mlp_down")


@dataclass(frozen=True, eq=False)
class BlockElement:
    """How one parameter moves: for each part of its view, rows permuted or turned, columns turned, rows shifted.

    Attributes
    ----------
    entry : PlanEntry
    rows, columns : tuple of tensors
        Orthogonal matrices, or for rows a permutation as integers.
    shift : tensor or None
        Added to every row of a weight; gradients and updates do not see it.
    """

    entry: PlanEntry
    rows: tuple[torch.Tensor, ...]
    columns: tuple[torch.Tensor, ...]
    shift: torch.Tensor | None

    def __call__(self, tensor: torch.Tensor, translate: bool = False) -> torch.Tensor:
        """The linear part on a weight, gradient or update; with ``translate`` the shift too."""
        moved = []
        for part, rows, columns in zip(self.entry.view.split(tensor), self.rows, self.columns, strict=True):
            turned = part @ columns
            turned = turned[..., rows, :] if rows.dtype == torch.int64 else rows @ turned
            if translate and self.shift is not None:
                turned = turned + self.shift
            moved.append(turned)
        return self.entry.view.join(tuple(moved), tuple(tensor.shape))


def _rotation(n: int, generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    q, r = torch.linalg.qr(torch.randn(n, n, generator=generator, dtype=torch.float64))
    return (q * r.diagonal().sign()).to(like)


def random_elements(
    plan: Plan, parameters: dict[str, torch.Tensor], generator: torch.Generator, exchange_only: bool = False
) -> dict[str, BlockElement]:
    """An element for every parameter whose role has a group.

    Parameters
    ----------
    plan : Plan
    parameters : dict of tensors
        By name; types and devices of the elements.
    generator : torch.Generator
        On the CPU.
    exchange_only : bool
        Permutations alone, which every entrywise optimizer commutes with.
    """
    out = {}
    for entry in plan:
        if entry.role in ("other", "position", "lora") or len(entry.shape) < 2:
            continue
        like = parameters[entry.name]
        rows, columns = [], []
        for part in entry.view.split(torch.empty(entry.shape, device="meta")):
            m, n = part.shape[-2:]
            exchanged = entry.role in _EXCHANGED or exchange_only
            order = torch.randperm(m, generator=generator).to(like.device)
            rows.append(order if exchanged else _rotation(m, generator, like))
            columns.append(
                torch.eye(n, dtype=like.dtype, device=like.device) if exchange_only else _rotation(n, generator, like)
            )
        shift = None
        if entry.shifts and not exchange_only:
            shift = torch.randn(entry.shape[-1], generator=generator, dtype=torch.float64).to(like) * like.std()
        out[entry.name] = BlockElement(entry, tuple(rows), tuple(columns), shift)
    return out

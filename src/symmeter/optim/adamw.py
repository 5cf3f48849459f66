"""AdamW for the parameters that have no group of their own: torch's own step, bit for bit, on our parameter groups."""

from __future__ import annotations

from typing import Any

import torch
from torch.optim.adamw import adamw

__all__ = ["adamw_step"]


def adamw_step(group: dict[str, Any], parameters: list[torch.Tensor], state: Any) -> None:
    """One step of AdamW on parameters that have gradients.

    Parameters
    ----------
    group : dict
        With ``lr``, ``betas``, ``eps``, ``weight_decay`` and ``foreach``.
    parameters : list of tensors
    state : mapping
        From a parameter to its state, with the keys that :class:`torch.optim.AdamW` has.
    """
    if not parameters:
        return
    for p in parameters:
        if "step" not in state[p]:
            # A number on the CPU, as torch keeps it: no device has to answer for it.
            state[p]["step"] = torch.tensor(0.0, dtype=torch.get_default_dtype())
            state[p]["exp_avg"] = torch.zeros_like(p, memory_format=torch.preserve_format)
            state[p]["exp_avg_sq"] = torch.zeros_like(p, memory_format=torch.preserve_format)
    beta1, beta2 = group["betas"]
    adamw(
        parameters,
        [p.grad for p in parameters],  # type: ignore[misc]
        [state[p]["exp_avg"] for p in parameters],
        [state[p]["exp_avg_sq"] for p in parameters],
        [],
        [state[p]["step"] for p in parameters],
        foreach=group["foreach"],
        amsgrad=False,
        beta1=beta1,
        beta2=beta2,
        lr=group["lr"],
        weight_decay=group["weight_decay"],
        eps=group["eps"],
        maximize=False,
        has_complex=any(p.is_complex() for p in parameters),
    )

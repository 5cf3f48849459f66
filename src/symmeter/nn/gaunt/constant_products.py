"""Products of many rows with a constant matrix, by the quicker of the two libraries that PyTorch brings.

``torch.mm`` calls MKL, which fills half of the vector registers on processors of some makers: 110 operations per
nanosecond against 240 by oneDNN, measured on one core. oneDNN's product is an operator that ``torch.compile`` emits and
that has no derivative; it is taken where none is asked for, for products large enough to make up for its slower start,
and only if it gives what ``torch.mm`` gives when it is tried once.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import forward_ad

__all__ = ["FEWEST_MULTIPLICATIONS", "rows_times", "transforms_active"]

#: Multiplications from which oneDNN's product is quicker: its start takes eight microseconds more.
FEWEST_MULTIPLICATIONS = 1_200_000

#: Whether ``vmap`` or another function transform is at work; None where PyTorch does not tell.
transforms_active: Callable[[], bool] | None = getattr(torch._C, "_are_functorch_transforms_active", None)


def _tried_operator() -> Callable[..., torch.Tensor] | None:
    """oneDNN's product with a transposed matrix, or None where it is absent or wrong."""
    if platform.machine() not in ("x86_64", "AMD64") or transforms_active is None:
        return None
    try:
        call: Any = torch.ops.mkldnn._linear_pointwise.default
        rows, matrix = torch.arange(24.0).view(2, 4, 3), torch.arange(15.0).view(3, 5)
        found = call(rows, matrix[:, :4].t(), None, "none", [], "")
        return call if torch.equal(found, rows @ matrix[:, :4]) else None
    except (AttributeError, RuntimeError, TypeError):
        return None


_onednn = _tried_operator()


def rows_times(rows: torch.Tensor, matrix: torch.Tensor, narrow: torch.Tensor | None = None) -> torch.Tensor:
    """``rows @ matrix`` for rows (..., K) and a constant matrix (K, P), which are stored without gaps.

    Parameters
    ----------
    rows, matrix : tensors
    narrow : tensor, optional
        The columns of ``matrix`` that are wanted; the others are padding, which MKL's kernels like. The result may then
        be a view of a wider one.
    """
    if rows.numel() * matrix.shape[1] >= FEWEST_MULTIPLICATIONS and _onednn is not None and _suits_onednn(rows):
        # A matrix with gaps would send oneDNN to code that is a thousand times slower.
        return _onednn(rows, (matrix if narrow is None else narrow).t(), None, "none", [], "")
    found = rows @ matrix
    return found if narrow is None else found[..., : narrow.shape[1]]


def _suits_onednn(rows: torch.Tensor) -> bool:
    return (
        rows.dtype == torch.float32
        and rows.device.type == "cpu"
        and rows.is_contiguous()
        and not (rows.requires_grad and torch.is_grad_enabled())
        and not torch.compiler.is_compiling()
        and not transforms_active()  # type: ignore[misc]
        and forward_ad.unpack_dual(rows).tangent is None
    )

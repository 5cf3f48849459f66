"""The polar factor as an optimizer wants it: by matrix products, in the form and precision that suit shape and machine.

Long matrices go through the Gram matrix of their short side, 4 n d^2 operations in place of 20; others are iterated on
directly, in bfloat16 where the processor multiplies it faster than single precision.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch

from symmeter.linalg import POLAR_SCHEDULES, polar_factor, polar_iteration

__all__ = ["fast_half", "polar_of"]

#: From this ratio of sides on the Gram form is cheaper, and the same beside products in bfloat16.
_LONG, _LONG_BESIDE_HALF = 4, 16
#: Below this size single precision is as quick, and there is less to convert.
_SMALL = 64


@lru_cache(maxsize=8)
def fast_half(device: str) -> bool:
    """Whether matrices in bfloat16 are multiplied faster there than in single precision."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    if device != "cpu":
        return False
    # Instructions that multiply it; where it is only converted, single precision is faster.
    checks = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in checks)


def polar_of(m: Any, method: str = "auto") -> Any:
    """Polar factors of matrices (..., m, n), zero for zero.

    Parameters
    ----------
    m : tensor
    method : str
        ``"auto"`` takes five steps of Polar Express, whose singular values end within [0.86, 1.14]; other names as in
        :func:`symmeter.linalg.polar_factor`.
    """
    if method == "newton-schulz":
        return _as_muon(m)
    if method != "auto":
        return polar_factor(m, method)
    short, long = sorted(m.shape[-2:])
    if m.dtype == torch.float64:
        return polar_iteration(m, "polar-express-5", gram=long >= _LONG * short)
    half = short >= _SMALL and fast_half(m.device.type)
    gram = long >= (_LONG_BESIDE_HALF if half else _LONG) * short
    dtype = torch.bfloat16 if half and not gram else torch.float32
    return polar_iteration(m, "polar-express-5", gram=gram, dtype=dtype)


def _as_muon(m: torch.Tensor) -> torch.Tensor:
    """Newton-Schulz in bfloat16 with the order of operations of torch's Muon, so that its runs can be repeated."""
    x = m.to(torch.bfloat16)
    tall = m.shape[-2] > m.shape[-1]
    x = x.mT if tall else x
    length = torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True)
    x = x / length.clamp(min=1e-7)
    shape = x.shape
    x = x.reshape(-1, *shape[-2:]) if x.ndim > 2 else x
    product = torch.baddbmm if x.ndim > 2 else torch.addmm
    for a, b, c in POLAR_SCHEDULES["newton-schulz"]:
        gram = x @ x.mT
        x = product(x, product(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    x = x.reshape(shape)
    return (x.mT if tall else x).to(m.dtype)

"""Degrees, flat indices and normalisations of spherical-harmonic coefficients, with the checks of their errors."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.representations import degree_of, normalization_factors

__all__ = [
    "autocast_active",
    "check_coefficients",
    "check_degrees",
    "check_generator",
    "degree_index",
    "size_of",
    "working_dtype",
]


def size_of(lmax: int) -> int:
    """Number of coefficients of all degrees up to ``lmax``."""
    return (lmax + 1) ** 2


@lru_cache(maxsize=128)
def degree_index(lmax: int) -> np.ndarray:
    """The degree of every coefficient."""
    ell = np.arange(lmax + 1)
    return np.repeat(ell, 2 * ell + 1)


@lru_cache(maxsize=128)
def basis_factors(lmax: int, normalization: str) -> np.ndarray:
    """n_i in ``f = sum_i c_i n_i Y_i`` for orthonormal Y."""
    return normalization_factors(lmax, normalization)


def whole(value: Any, name: str) -> int:
    """A degree as a whole number >= 0.

    Raises
    ------
    InputTypeError, InputError
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise InputTypeError(f"{name} is {value!r}; it must be a whole number >= 0")
    if value < 0:
        raise InputError(f"{name} is {value}; it must be >= 0")
    return int(value)


def check_degrees(lmax1: Any, lmax2: Any, lmax_out: Any, allow_zero: bool) -> tuple[int, int, int]:
    """The three degrees; ``lmax_out`` is ``lmax1`` when not given.

    Raises
    ------
    InputError
        If output degrees above lmax1 + lmax2, which vanish identically, are asked for without ``allow_zero``.
    """
    a, b = whole(lmax1, "lmax1"), whole(lmax2, "lmax2")
    c = min(a, a + b) if lmax_out is None else whole(lmax_out, "lmax_out")
    if c > a + b and not allow_zero:
        raise InputError(
            f"lmax_out is {c}, but a product of degrees {a} and {b} has no degree above {a + b}: those outputs are "
            f"identically zero; use lmax_out <= {a + b}, or allow_zero=True"
        )
    return a, b, c


def check_generator(generator: Any) -> None:
    """Raise unless ``generator`` is None or a torch generator.

    Raises
    ------
    InputTypeError
    """
    if generator is not None and not isinstance(generator, torch.Generator):
        raise InputTypeError(
            f"generator is a {type(generator).__name__}; give torch.Generator().manual_seed(seed), or None"
        )


def check_normalization(normalization: str) -> str:
    """One of the three names.

    Raises
    ------
    UnknownNameError
    """
    if normalization not in ("integral", "component", "norm"):
        raise UnknownNameError(f"normalization is {normalization!r}; it must be one of integral, component, norm")
    return normalization


def check_coefficients(x: Any, lmax: int, name: str, finite: bool = False) -> None:
    """Raise unless ``x`` is a real floating tensor whose last axis has (lmax+1)^2 entries.

    Raises
    ------
    InputTypeError, ShapeError, NonFiniteError
    """
    if not isinstance(x, torch.Tensor):
        raise InputTypeError(f"{name} is a {type(x).__name__}; coefficients are given as a torch tensor")
    if not x.is_floating_point():
        raise InputTypeError(f"{name} is {x.dtype}; coefficients are real floating-point numbers, use .float()")
    if x.ndim == 0 or x.size(-1) != size_of(lmax):
        raise ShapeError(_size_text(x, lmax, name))
    if finite and not bool(torch.isfinite(x).all()):
        raise NonFiniteError(f"{name} contains NaN or infinity; clean the coefficients first")


def _size_text(x: torch.Tensor, lmax: int, name: str) -> str:
    text = f"{name} has shape {tuple(x.shape)}; its last axis must have (lmax+1)^2 = {size_of(lmax)} for lmax = {lmax}"
    try:
        return f"{text}, and {x.shape[-1]} entries fit lmax = {degree_of(x.shape[-1])}" if x.ndim else text
    except ShapeError:
        return f"{text}, and {x.shape[-1]} entries fit no lmax"


def working_dtype(*tensors: torch.Tensor) -> torch.dtype:
    """The precision of the arithmetic: that of the inputs, but at least float32."""
    kind = torch.float32
    for t in tensors:
        kind = torch.promote_types(kind, t.dtype)
    return kind


#: Whether autocast is on for any kind of device, the quickest question; None where PyTorch does not tell.
_any_autocast: Callable[[], bool] | None = getattr(torch._C, "_is_any_autocast_enabled", None)


def autocast_active(like: torch.Tensor) -> bool:
    """Whether autocast would round to half precision inside: matrices of a grid in bfloat16 ruin the equivariance."""
    if _any_autocast is not None and not _any_autocast():
        return False
    kind = like.device.type
    return kind != "meta" and torch.is_autocast_enabled(kind)

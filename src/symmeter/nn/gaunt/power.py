"""Many-body products: powers of one function on the sphere in a single pass, as in ACE and MACE.

The nu-fold product is sampled once on a rule that is exact for degree nu * L + L_out, raised to the power point by
point, and projected once; lower orders come along for one projection each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError, InputTypeError
from symmeter.nn.gaunt.constants import dense_arrays
from symmeter.nn.gaunt.cubature import full_rule
from symmeter.nn.gaunt.degrees import (
    autocast_active,
    check_coefficients,
    check_normalization,
    size_of,
    whole,
    working_dtype,
)
from symmeter.representations import degree_of

__all__ = ["gaunt_power"]


def _check_weights(weights: Any, nu: int) -> None:
    if not isinstance(weights, torch.Tensor) or not weights.is_floating_point():
        kind = weights.dtype if isinstance(weights, torch.Tensor) else type(weights).__name__
        raise InputTypeError(f"weights are {kind}; give a real floating-point tensor whose last axis is nu = {nu}")
    if weights.ndim == 0 or weights.shape[-1] != nu:
        raise InputError(f"weights have shape {tuple(weights.shape)}; the last axis must be nu = {nu}")


@lru_cache(maxsize=64)
def _matrices(
    nu: int, lmax: int, lmax_out: int, normalization: str, kind: torch.dtype, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    rule = full_rule(nu * lmax + lmax_out)
    arrays = dense_arrays((lmax, 0, lmax_out), normalization, rule)
    return tuple(torch.tensor(arrays[k], dtype=kind, device=device) for k in ("sample0", "project2"))  # type: ignore[return-value]


def gaunt_power(
    a: Float[torch.Tensor, "*b k"],
    nu: int,
    lmax_out: int | None = None,
    *,
    orders: bool = False,
    weights: Float[torch.Tensor, "nu"] | None = None,
    normalization: str = "integral",
) -> Float[torch.Tensor, "*b k_out"]:
    """Coefficients of f^nu up to degree ``lmax_out``, for f = sum_i a_i Y_i.

    Parameters
    ----------
    a : tensor of shape (..., (L+1)^2)
    nu : int
        Number of factors, at least 1.
    lmax_out : int, optional
        L when omitted.
    orders : bool
        Return f, f^2, ..., f^nu, stacked along a new axis before the coefficients.
    weights : tensor of shape (nu,) or (..., nu), optional
        Return sum_k weights[k-1] f^k instead; leading axes broadcast with those of ``a``.
    normalization : {"integral", "component", "norm"}

    Returns
    -------
    tensor of shape (..., K_out), or (..., nu, K_out) with ``orders``

    Examples
    --------
    >>> one = torch.tensor([(4 * torch.pi) ** 0.5, 0.0, 0.0, 0.0])  # the constant function 1
    >>> (gaunt_power(one, nu=3, lmax_out=1) / one[0]).round(decimals=3) + 0.0
    tensor([1., 0., 0., 0.])
    """
    check_normalization(normalization)
    nu = whole(nu, "nu")
    if nu < 1:
        raise InputError("nu is 0; a product has at least one factor")
    lmax = degree_of(a.shape[-1]) if isinstance(a, torch.Tensor) and a.ndim else 0
    check_coefficients(a, lmax, "a")
    out = lmax if lmax_out is None else whole(lmax_out, "lmax_out")
    if out > nu * lmax:
        raise InputError(f"lmax_out is {out}, but powers of degree {lmax} reach {nu * lmax}; ask for at most that")
    if orders and weights is not None:
        raise InputError("orders=True returns every order, weights their sum; give one of the two")
    if weights is not None:
        _check_weights(weights, nu)
    if autocast_active(a):
        with torch.autocast(a.device.type, enabled=False):
            return gaunt_power(a, nu, lmax_out, orders=orders, weights=weights, normalization=normalization)
    kind = working_dtype(a)
    sampling, projection = _matrices(nu, lmax, out, normalization, kind, a.device)
    f = a.to(kind) @ sampling
    if orders:
        powers = [f]
        for _ in range(nu - 1):
            powers.append(powers[-1] * f)
        found = torch.stack(powers, -2) @ projection
    elif weights is not None:
        w = weights.to(kind)
        # Horner's scheme: one product for each order.
        total = w[..., nu - 1, None] * f
        for k in range(nu - 2, -1, -1):
            total = (total + w[..., k, None]) * f
        found = total @ projection
    else:
        found = f.pow(nu) @ projection
    return found[..., : size_of(out)].to(a.dtype)

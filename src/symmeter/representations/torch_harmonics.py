"""Real spherical harmonics as a torch operator with derivatives of any order; imported only when tensors come in.

The gradient of a solid harmonic of degree l is a combination of solid harmonics of degree l-1, so the backward pass
calls the same operator again and is itself differentiable: forces, and gradients of forces, cost no graph of the
recursion. To compilers and to ``torch.func`` the recursion is one opaque operator, which never breaks their graphs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from symmeter.representations.real_harmonics_kernel import (
    LARGEST_SINGLE_DEGREE,
    fill_solid_harmonics,
    gradient_matrices,
    legendre_factors,
)
from symmeter.representations.spherical_harmonics import fill_rows

__all__ = ["torch_real_sph_harm"]


def torch_real_sph_harm(points: Any, degree: int, columns: tuple, scale: np.ndarray | None, normalize: bool) -> Any:
    """What :func:`symmeter.representations.real_sph_harm` does, for tensors."""
    z, x, y = columns
    polar = torch.stack([points[..., x], points[..., y], points[..., z]], -1)
    kind = polar.dtype
    half = kind in (torch.float16, torch.bfloat16)
    if half or (kind == torch.float32 and degree > LARGEST_SINGLE_DEGREE):
        polar = polar.to(torch.float32 if half and degree <= LARGEST_SINGLE_DEGREE else torch.float64)
    if normalize:
        largest = polar.detach().abs().amax(-1, keepdim=True)
        polar = polar / torch.where(largest > 0, largest, torch.ones_like(largest))
        square = (polar * polar).sum(-1, keepdim=True)
        polar = polar / torch.where(square > 0, square, torch.ones_like(square)).sqrt()
    values = SolidHarmonics.apply(polar.reshape(-1, 3), degree)
    if scale is not None:
        values = values * torch.tensor(scale.tolist(), dtype=values.dtype, device=values.device)
    return values.reshape(*points.shape[:-1], (degree + 1) ** 2).to(kind)


# Opaque to compilers, which trace the autograd function around it.
@torch.library.custom_op("symmeter::solid_harmonics", mutates_args=())
def _solid_harmonics(points: torch.Tensor, degree: int) -> torch.Tensor:
    """r^l Y_lm of points (n, 3), polar axis z."""
    if points.device.type == "cpu":
        # NumPy's transposed copies and its large pages are faster than torch's; the memory is shared.
        directions = points.detach().numpy()
        out = np.empty((len(points), (degree + 1) ** 2), dtype=directions.dtype)
        fill_rows(directions, degree, (2, 0, 1), False, None, out)
        return torch.from_numpy(out)
    diagonal, first, second = legendre_factors(degree)
    factors = (_move(diagonal, points), [_move(a, points) for a in first], [_move(a, points) for a in second])
    x, y, z = points.t().contiguous()
    values = points.new_empty((degree + 1) ** 2, len(points))
    fill_solid_harmonics(torch, degree, z, x, y, x * x + y * y + z * z, factors, values)
    # The recursion writes the sines in rising m.
    rows = [ell * ell + np.r_[np.arange(ell)[::-1], ell : 2 * ell + 1] for ell in range(degree + 1)]
    return values[torch.as_tensor(np.concatenate(rows), device=points.device)].t().contiguous()


def _move(values: np.ndarray, like: Any) -> Any:
    # Never cached: a compiler may call this with tensors that hold no data.
    return torch.tensor(values, dtype=like.dtype, device=like.device)


@_solid_harmonics.register_fake
def _(points: Any, degree: int) -> Any:
    return points.new_empty(points.shape[0], (degree + 1) ** 2)


@torch.library.custom_op("symmeter::solid_harmonics_gradient", mutates_args=())
def _gradient(like: torch.Tensor, ell: int) -> torch.Tensor:
    """The constants of the gradient of degree l, (2l+1, 3 (2l-1)), in the type of ``like``."""
    return _move(gradient_matrices(ell)[ell].transpose(1, 0, 2).reshape(2 * ell + 1, -1), like)


@_gradient.register_fake
def _(like: Any, ell: int) -> Any:
    return like.new_empty(2 * ell + 1, 3 * (2 * ell - 1))


@_gradient.register_vmap
def _(info: Any, in_dims: tuple, like: Any, ell: int) -> tuple[Any, None]:
    return _gradient(like.new_empty(0), ell), None


class SolidHarmonics(torch.autograd.Function):
    """The operator with its derivative, for eager autograd, ``torch.func`` and compilers alike."""

    @staticmethod
    def forward(points: Any, degree: int) -> Any:  # type: ignore[override]
        return _solid_harmonics(points.detach(), degree)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        ctx.save_for_backward(inputs[0])
        ctx.degree = inputs[1]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:  # type: ignore[override]
        (points,) = ctx.saved_tensors
        degree = ctx.degree
        out = torch.zeros_like(points)
        if degree == 0:
            return out, None
        lower = SolidHarmonics.apply(points, degree - 1)
        for ell in range(1, degree + 1):
            # (n, 2l+1) @ (2l+1, 3 (2l-1)), then contracted with the harmonics of degree l-1.
            pulled = grad[..., ell * ell : (ell + 1) ** 2] @ _gradient(points.detach(), ell)
            pulled = pulled.reshape(*grad.shape[:-1], 3, 2 * ell - 1)
            out = out + (pulled @ lower[..., (ell - 1) ** 2 : ell * ell, None]).squeeze(-1)
        return out, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, points: Any, degree: int) -> tuple[Any, int]:
        moved = points.movedim(in_dims[0], 0)
        out = SolidHarmonics.apply(moved.reshape(-1, 3), degree)
        return out.reshape(*moved.shape[:-1], (degree + 1) ** 2), 0

"""Rotations that bring directions to the polar axis, as block matrices for coefficients; differentiable everywhere.

The rotation is not unique and not continuous over the sphere; what is computed with it must not depend on the choice,
which is so for products with functions that are symmetric about the axis. Passaro and Zitnick (ICML 2023).
"""

from __future__ import annotations

import torch
from jaxtyping import Float

from symmeter.representations import wigner_D_all

__all__ = ["align", "alignment", "unalign"]


def alignment(directions: Float[torch.Tensor, "e 3"], lmax: int, axis: str = "y") -> list[Float[torch.Tensor, "e m m"]]:
    """For every degree the matrices that turn functions so that unit vectors ``directions`` become the polar axis."""
    return wigner_D_all(lmax, _to_pole(directions, axis), axis=axis, check=False)


def _to_pole(r: torch.Tensor, axis: str) -> Float[torch.Tensor, "e 3 3"]:
    pole = torch.zeros(3, dtype=r.dtype, device=r.device)
    pole[1 if axis == "y" else 2] = 1
    # Directions of the lower half go to the opposite pole, then half a turn: 1 + cosine never vanishes.
    lower = ((r * pole).sum(-1, keepdim=True) < 0)[..., None]
    turned = torch.where(lower[..., 0], -pole, pole).expand(r.shape)
    cosine = (r * turned).sum(-1)[..., None, None]
    v = torch.linalg.cross(r, turned)
    zero = torch.zeros_like(v[..., 0])
    rows = [[zero, -v[..., 2], v[..., 1]], [v[..., 2], zero, -v[..., 0]], [-v[..., 1], v[..., 0], zero]]
    skew = torch.stack([torch.stack(row, -1) for row in rows], -2)
    eye = torch.eye(3, dtype=r.dtype, device=r.device)
    rotation = eye + skew + skew @ skew / (1 + cosine)
    half_turn = torch.tensor([1.0, -1.0, -1.0], dtype=r.dtype, device=r.device)[:, None]
    return torch.where(lower, half_turn * rotation, rotation)


def align(
    x: Float[torch.Tensor, "e c k"], matrices: list[Float[torch.Tensor, "e m m"]]
) -> Float[torch.Tensor, "e c k"]:
    """Coefficients of the turned functions."""
    parts = [x[..., ell * ell : (ell + 1) ** 2] @ d.mT for ell, d in enumerate(matrices)]
    return torch.cat(parts, -1)


def unalign(
    x: Float[torch.Tensor, "e c k"], matrices: list[Float[torch.Tensor, "e m m"]]
) -> Float[torch.Tensor, "e c k"]:
    """Coefficients turned back."""
    parts = [x[..., ell * ell : (ell + 1) ** 2] @ d for ell, d in enumerate(matrices)]
    return torch.cat(parts, -1)

"""Principal axes of point clouds as frames: eigenvectors of the covariance with every choice of signs."""

from __future__ import annotations

from itertools import product

import torch
from jaxtyping import Bool, Float

from symmeter.nn.frames.eigenvectors import eigenvectors

__all__ = ["centred", "principal_axes", "relative_gap", "sign_choices"]


def centred(
    x: Float[torch.Tensor, "B n d"], mass: Float[torch.Tensor, "B n"] | None, translations: bool
) -> tuple[Float[torch.Tensor, "B n d"], Float[torch.Tensor, "B d"]]:
    """Positions about the weighted centroid (about the origin without translations), and that point.

    Points without weight are put at the centre; without ``mass`` all points weigh 1.
    """
    if mass is None:
        if not translations:
            return x, torch.zeros_like(x[:, 0])
        middle = x.mean(1, keepdim=True)
        return x - middle, middle.squeeze(1)
    total = mass.sum(1, keepdim=True)
    there = mass[..., None] > 0
    kept = torch.where(there, x, torch.zeros_like(x))
    centroid = (mass[:, None] @ kept).squeeze(1) / total if translations else torch.zeros_like(x[:, 0])
    return torch.where(there, kept - centroid[:, None], torch.zeros_like(x)), centroid


def principal_axes(
    y: Float[torch.Tensor, "B n d"],
    mass: Float[torch.Tensor, "B n"] | None,
    safe: Bool[torch.Tensor, " B"] | None = None,
) -> tuple[Float[torch.Tensor, "B d"], Float[torch.Tensor, "B d d"]]:
    """Eigenvalues (ascending) and eigenvectors of each covariance.

    Where ``safe`` is false the answer is that of a fixed matrix, so that nothing there can spoil a gradient.
    """
    covariance = (y if mass is None else y * mass[..., None]).mT @ y
    if safe is not None:
        fixed = torch.diag(torch.arange(1.0, y.shape[-1] + 1.0, dtype=y.dtype, device=y.device))
        covariance = torch.where(safe[:, None, None], covariance, fixed)
    return eigenvectors(covariance)


def relative_gap(values: Float[torch.Tensor, "B d"]) -> Float[torch.Tensor, " B"]:
    """Smallest difference of neighbouring eigenvalues over the largest eigenvalue; 0 where all vanish."""
    if values.shape[1] == 1:
        return torch.ones_like(values[:, 0])
    largest = values[:, -1]
    gap = values.diff(dim=1).amin(1)
    return torch.where(largest > 0, gap / torch.where(largest > 0, largest, torch.ones_like(largest)), 0.0)


def sign_choices(d: int, proper: bool, like: torch.Tensor) -> Float[torch.Tensor, "K d"]:
    """All choices of signs, 2^d; for proper frames half of them, which the determinant of the axes completes."""
    every = torch.tensor(list(product((1.0, -1.0), repeat=d)), dtype=like.dtype, device=like.device)
    return every[every.prod(1) > 0] if proper else every


def signed_axes(vectors: Float[torch.Tensor, "B d d"], proper: bool) -> Float[torch.Tensor, "B K d d"]:
    """The eigenvectors with every choice of signs, of determinant 1 when ``proper``."""
    if proper:
        turn = torch.linalg.det(vectors.detach()).sign()
        vectors = torch.cat([vectors[..., :-1], vectors[..., -1:] * turn[:, None, None]], dim=-1)
    signs = sign_choices(vectors.shape[-1], proper, vectors)
    return vectors[:, None] * signs[:, None, :]

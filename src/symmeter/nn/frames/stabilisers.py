"""Frames of clouds with a continuous stabiliser: all points on a line, all points at one place, too few eigenvalues.

The coordinates in a pose do not depend on how its axes are completed, but outputs that turn do: they are averaged over
the completions, by as many as the rank of the output needs for an exact average.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from jaxtyping import Float

from symmeter.groups import point_group

__all__ = ["block_axes", "line_axes", "place_axes"]

Listed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
#: Turns about an axis; exact for tensors of a lower rank than this.
_TURNS = 6
_TURNS_OF_A_BLOCK = 12


def _angles(count: int, like: torch.Tensor) -> torch.Tensor:
    return torch.arange(count, dtype=like.dtype, device=like.device) * (2 * np.pi / count)


def _planar(angles: torch.Tensor) -> Float[torch.Tensor, "t 2 2"]:
    c, s = torch.cos(angles), torch.sin(angles)
    return torch.stack([torch.stack([c, -s], -1), torch.stack([s, c], -1)], -2)


@cache
def _icosahedral(proper: bool) -> np.ndarray:
    return np.array(point_group("I" if proper else "Ih").matrices)


def _across(first: Float[torch.Tensor, "k 3"]) -> Float[torch.Tensor, "k 3 3"]:
    """Right-handed axes with the given first one."""
    # Whichever coordinate axis is least along it gives a second direction.
    least = first.detach().abs().argmin(dim=-1)
    other = torch.nn.functional.one_hot(least, 3).to(first)
    second = torch.linalg.cross(first, other)
    second = second / second.norm(dim=-1, keepdim=True)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def line_axes(y: Float[torch.Tensor, "B n 3"], mass: Float[torch.Tensor, "B n"], proper: bool, turning: bool) -> Listed:
    """Frames of collinear clouds in space: along each point, weighted by its squared distance, and turned about it."""
    size = (y**2).sum(-1)
    weight = size**2 * mass / mass.amax(1, keepdim=True)
    # Both senses of the line get the weight of their points; one pose each is enough.
    along = y[torch.arange(len(y), device=y.device), size.argmax(1)]
    along = along / along.norm(dim=-1, keepdim=True)
    ahead = (y * along[:, None]).sum(-1) > 0
    senses = torch.stack([(weight * ahead).sum(1), (weight * ~ahead).sum(1)], dim=1)
    senses = senses / senses.sum(1, keepdim=True)
    at, sense = torch.nonzero(senses.detach() > 0, as_tuple=True)
    axes = _across(along[at] * torch.where(sense == 0, 1.0, -1.0).to(y)[:, None])
    listed = senses[at, sense]
    if not turning:
        return axes, listed, at
    turns = _planar(_angles(_TURNS, y))
    about = torch.eye(3, dtype=y.dtype, device=y.device).repeat(len(turns), 1, 1)
    about[:, 1:, 1:] = turns
    if not proper:
        mirror = torch.diag(torch.tensor([1.0, 1.0, -1.0], dtype=y.dtype, device=y.device))
        about = torch.cat([about, about @ mirror])
    return _times(axes, listed, at, about)


def place_axes(y: Float[torch.Tensor, "B n d"], proper: bool, turning: bool) -> Listed:
    """Frames of clouds whose points all lie at the centre: every pose is as good."""
    number, d = len(y), y.shape[-1]
    eye = torch.eye(d, dtype=y.dtype, device=y.device)
    at = torch.arange(number, device=y.device)
    axes, weight = eye.repeat(number, 1, 1), torch.ones(number, dtype=y.dtype, device=y.device)
    if not turning:
        return axes, weight, at
    if d == 2:
        every = _planar(_angles(_TURNS, y))
        if not proper:
            every = torch.cat([every, every @ torch.diag(torch.tensor([1.0, -1.0], dtype=y.dtype, device=y.device))])
    else:
        # The icosahedral group averages tensors of rank 5 and less exactly.
        every = torch.from_numpy(_icosahedral(proper)).to(eye)
    return _times(axes, weight, at, every)


def block_axes(vectors: Float[torch.Tensor, "B 3 3"], pairs: torch.Tensor, proper: bool) -> Listed:
    """Principal axes turned within blocks of equal eigenvalues: an approximate average for general networks.

    Parameters
    ----------
    vectors : tensor of shape (B, d, d)
        Eigenvectors.
    pairs : bool tensor of shape (B, d - 1)
        Which neighbouring eigenvalues are equal.
    """
    parts = []
    d = vectors.shape[-1]
    for pattern in torch.unique(pairs, dim=0):
        at = torch.nonzero((pairs == pattern).all(1)).squeeze(1)
        axes = vectors[at]
        if d == 3 and bool(pattern.all()):
            every = torch.from_numpy(_icosahedral(True)).to(vectors)
        else:
            every = torch.eye(d, dtype=vectors.dtype, device=vectors.device)[None]
            for k in torch.nonzero(pattern).squeeze(1).tolist():
                turns = torch.eye(d, dtype=vectors.dtype, device=vectors.device).repeat(_TURNS_OF_A_BLOCK, 1, 1)
                turns[:, k : k + 2, k : k + 2] = _planar(_angles(_TURNS_OF_A_BLOCK, vectors))
                every = (every[:, None] @ turns).reshape(-1, d, d)
        weight = torch.ones(len(at), dtype=vectors.dtype, device=vectors.device)
        parts.append(_times(axes, weight, at, every))
    axes, weight, cloud = (torch.cat(some) for some in zip(*parts))
    from symmeter.nn.frames.principal_axes import signed_axes

    signed = signed_axes(axes, proper)
    k = signed.shape[1]
    return signed.reshape(-1, d, d), (weight / k).repeat_interleave(k), cloud.repeat_interleave(k)


def _times(axes: torch.Tensor, weight: torch.Tensor, at: torch.Tensor, every: torch.Tensor) -> Listed:
    d, k = axes.shape[-1], len(every)
    turned = (axes[:, None] @ every).reshape(-1, d, d)
    return turned, (weight / k).repeat_interleave(k), at.repeat_interleave(k)

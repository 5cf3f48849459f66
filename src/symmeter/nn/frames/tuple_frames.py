"""Weighted frames in any dimension: r points that span what the cloud spans, orthonormalised in their order.

In d dimensions d - 1 points fix axes up to a reflection, with a weight that grows with the volume that they span (for
d = 3 these are the pairs, for d = 2 the single points). A cloud that spans fewer dimensions is kept by every turn of
the complement; outputs that turn are averaged over signed permutations of axes of it, which average tensors of rank 2
and less as the whole group of turns does.
"""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.nn.frames.pair_frames import relative_weights

__all__ = ["signed_permutations", "tuple_axes"]

#: Largest number of ordered tuples of one cloud.
_MOST_TUPLES = 200_000
Listed = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


@cache
def signed_permutations(m: int, proper: bool) -> np.ndarray:
    """Matrices that permute m axes and change signs, of determinant 1 when ``proper``.

    Examples
    --------
    >>> signed_permutations(3, False).shape, signed_permutations(4, True).shape
    ((48, 3, 3), (192, 4, 4))
    """
    eye = np.eye(m)
    signs = np.array(list(product((1.0, -1.0), repeat=m)))
    every = np.concatenate([eye[list(p)] * signs[:, None, :] for p in permutations(range(m))])
    return every[np.linalg.det(every) > 0] if proper else every


def tuple_axes(
    y: Float[torch.Tensor, "B n d"],
    mass: Float[torch.Tensor, "B n"],
    rank: int,
    proper: bool,
    most: int,
    turning: bool = True,
) -> Listed:
    """(axes, weight, cloud) from every ordered choice of ``rank`` points that spans something.

    Parameters
    ----------
    y : tensor of shape (B, n, d)
        Centred positions of clouds that span ``rank`` dimensions, or d - 1 or d of them for ``rank = d - 1``.
    mass : tensor of shape (B, n)
        0 for padding.
    rank : int
        From 0, where all points lie at the centre, to d - 1.
    proper, most : bool, int
        See :func:`symmeter.nn.frames.pair_frames.weighted_axes`.
    turning : bool
        Whether clouds of lower rank need several completions of their axes.

    Raises
    ------
    InputError
        If there are too many choices, or too many that are alike.
    """
    number, n, d = y.shape
    if rank == 0:
        at = torch.arange(number, device=y.device)
        given = torch.zeros(number, d, 0, dtype=y.dtype, device=y.device)
        return _completed(given, torch.ones(number, dtype=y.dtype, device=y.device), at, proper, turning)
    tuples = _ordered_tuples(n, rank).to(y.device)
    scale = (y**2).sum(-1).amax(1).clamp(min=torch.finfo(y.dtype).tiny).sqrt()
    chosen = (y / scale[:, None, None])[:, tuples]
    share = mass / mass.amax(1, keepdim=True)
    volume = _squared_volume(chosen) * share[:, tuples].prod(-1)
    # Reflections are part of the completion.
    sides = 1 if proper else 2
    weight = relative_weights(volume, max(most // sides, 1) if rank == d - 1 else most)
    at, which = torch.nonzero(weight.detach() > 0, as_tuple=True)
    spanned = chosen[at, which].mT
    q, r = torch.linalg.qr(spanned)
    sign = torch.diagonal(r, dim1=-2, dim2=-1).detach().sign()
    return _completed(q * sign[:, None, :], weight[at, which], at, proper, turning)


def _squared_volume(chosen: Float[torch.Tensor, "B T r d"]) -> Float[torch.Tensor, "B T"]:
    """The squared volume that r vectors span, from what each adds to those before it.

    The determinant of their scalar products would lose twice the digits for clouds that are nearly flat.
    """
    volume = torch.ones_like(chosen[..., 0, 0])
    left = chosen
    for k in range(chosen.shape[2]):
        square = (left[:, :, k] ** 2).sum(-1)
        volume = volume * square
        along = left[:, :, k : k + 1] / torch.where(square > 0, square, torch.ones_like(square)).sqrt()[..., None, None]
        left = left - (left * along).sum(-1, keepdim=True) * along
    return volume


def _ordered_tuples(n: int, rank: int) -> torch.Tensor:
    count = 1
    for k in range(rank):
        count *= n - k
    if count > _MOST_TUPLES:
        raise InputError(
            f"a degenerate cloud of {n} points has {count} ordered choices of {rank}, more than {_MOST_TUPLES}; use "
            "degenerate='error', or fewer points"
        )
    return torch.tensor(list(permutations(range(n), rank)), dtype=torch.int64).reshape(-1, rank)


def _completed(given: torch.Tensor, weight: torch.Tensor, at: torch.Tensor, proper: bool, turning: bool) -> Listed:
    """Axes that begin with the given orthonormal columns, in every way that an output can tell apart."""
    d, rank = given.shape[1:]
    left = d - rank
    if left == 1:
        # The last column is the vector of cofactors, the cross product of any dimension.
        eye = torch.eye(d, dtype=given.dtype, device=given.device)
        last = torch.stack([torch.linalg.det(_beside(given, eye[:, i])) for i in range(d)], dim=-1)
        axes = torch.cat([given, last[..., None]], dim=-1)
        every = [1.0] if proper else [1.0, -1.0]
        ends = torch.tensor(every, dtype=given.dtype, device=given.device)
        factors = torch.diag_embed(torch.cat([ends.new_ones(len(ends), d - 1), ends[:, None]], dim=1))
        return _times(axes, weight, at, factors)
    axes = _any_completion(given)
    if not turning:
        return axes, weight, at
    every = torch.from_numpy(signed_permutations(left, proper)).to(given)
    factors = torch.eye(d, dtype=given.dtype, device=given.device).repeat(len(every), 1, 1)
    factors[:, rank:, rank:] = every
    return _times(axes, weight, at, factors)


def _any_completion(given: torch.Tensor) -> Float[torch.Tensor, "k d d"]:
    """Right-handed axes; columns that are added follow the given ones when these turn, so that gradients are right."""
    d, rank = given.shape[1:]
    full = torch.eye(d, dtype=given.dtype, device=given.device).repeat(len(given), 1, 1)
    if rank:
        full = torch.linalg.qr(given.detach(), mode="complete")[0]
    q, r = torch.linalg.qr(torch.cat([given, full[:, :, rank:]], dim=-1))
    axes = q * torch.diagonal(r, dim1=-2, dim2=-1).detach().sign()[:, None, :]
    turn = torch.linalg.det(axes.detach()).sign()
    return torch.cat([axes[..., :-1], axes[..., -1:] * turn[:, None, None]], dim=-1)


def _beside(given: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    return torch.cat([given, column.expand(len(given), -1)[..., None]], dim=-1)


def _times(axes: torch.Tensor, weight: torch.Tensor, at: torch.Tensor, every: torch.Tensor) -> Listed:
    d, k = axes.shape[-1], len(every)
    turned = (axes[:, None] @ every).reshape(-1, d, d)
    return turned, (weight / k).repeat_interleave(k), at.repeat_interleave(k)

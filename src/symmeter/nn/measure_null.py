"""The null of an equivariance error: what an unrelated motion of the same size would do to the output.

For a sample x and an element g the input g x is replaced by T x, which is turned away from x by the same angle t,
``cos t = <x, g x> / |x| |g x|``, but towards another sample x': with the unit vector u along the part of x' that is
orthogonal to x, ``T x = r (cos t x/|x| + sin t u)``. Its length r is that of g x, times the factor by which lengths
differ between x and x' to the power of the share of the way that T x goes: without it a model that sees lengths only
would have no null. The null error compares ``f(T x)`` with ``g f(x)``. A model that knows nothing of the group does not
care which of the two motions it sees, so the ratio of its error to the null is near 1; a model that is equivariant has
error 0 whatever the null is.

Two motions leave no room for another one of the same size. Where g x is x times a factor, T turns x by an equal
distance at the length of x instead; where g x is near -x, T turns by at most 120 degrees. Inputs of whole numbers
(tokens, 0-1 adjacency matrices) cannot be moved part of the way: another sample stands for T x. With a single sample u
is white noise of the sample's own scale.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int, Shaped

from symmeter.nn.elements import Elements
from symmeter.nn.measure_call import Bundle, ModelCall
from symmeter.nn.measure_error import ActionPair, discrepancies

__all__ = ["moved_apart", "null_errors", "null_partners", "unrelated_motion"]

_LARGEST_ANGLE = 2 * math.pi / 3


def unrelated_motion(
    x: Shaped[torch.Tensor, "B ..."],
    moved: Shaped[torch.Tensor, "K B ..."],
    other: Shaped[torch.Tensor, "K B ..."],
) -> Shaped[torch.Tensor, "K B ..."]:
    """``T x`` for each element and sample.

    Parameters
    ----------
    x : tensor of shape (B, ...)
        Samples.
    moved : tensor of shape (K, B, ...)
        ``g x``.
    other : tensor of shape (K, B, ...)
        The sample that T moves towards.

    Returns
    -------
    tensor of shape (K, B, ...)
        Turned from x by the same angle as ``moved``, up to the exceptions above.
    """
    if not (x.is_floating_point() or x.is_complex()) or bool((x == x.round() if not x.is_complex() else x == 0).all()):
        return other
    flat, goal, aside = x.flatten(1), moved.flatten(2), other.flatten(2)
    length = torch.linalg.vector_norm(flat, dim=-1)
    reach = torch.linalg.vector_norm(goal, dim=-1)
    axis = flat / _nonzero(length)[:, None]
    along = (axis.conj() * goal).sum(-1)
    across = torch.linalg.vector_norm(goal - along[..., None] * axis, dim=-1)
    angle = torch.atan2(across, along.real)
    radial = 2 * torch.asin((0.5 * (reach - length).abs() / _nonzero(length)).clamp(max=1.0))
    # A motion that is mostly a change of length is spent on turning; otherwise the length changes as under g.
    reach = torch.where(radial > angle, length.expand_as(reach), reach)
    angle = torch.maximum(angle, radial).clamp(max=_LARGEST_ANGLE)
    inner = (axis.conj() * aside).sum(-1)
    other_length = torch.linalg.vector_norm(aside, dim=-1)
    aside = aside - inner[..., None] * axis
    size = torch.linalg.vector_norm(aside, dim=-1)
    share = (angle / _nonzero(torch.atan2(size, inner.real))).clamp(max=1.0)
    reach = reach * (_nonzero(other_length) / _nonzero(length)) ** share
    out = (reach * torch.cos(angle))[..., None] * axis + (reach * torch.sin(angle) / _nonzero(size))[..., None] * aside
    # A zero sample has no direction to turn from, and a parallel one gives none to turn to.
    lost = (length == 0) | (size <= 1e-6 * other_length)
    out = torch.where(lost[..., None], other.flatten(2).expand_as(out), out)
    return out.reshape(moved.shape)


def _nonzero(t: torch.Tensor) -> torch.Tensor:
    return torch.where(t > 0, t, torch.ones_like(t))


def null_errors(
    call: ModelCall,
    x: Bundle,
    pair: ActionPair,
    elements: Elements,
    y: tuple[torch.Tensor, ...],
    generator: torch.Generator | None = None,
    partners: Int[torch.Tensor, "K B"] | None = None,
) -> Float[torch.Tensor, "K B"]:
    """The null error of every element on every sample, in the layout of the errors themselves.

    Parameters
    ----------
    partners : int tensor of shape (K, B), optional
        The sample that each unrelated motion goes towards, from :func:`null_partners`; drawn when omitted.
    """
    per = max(1, call.piece(x) // x.batch)
    partners = null_partners(len(elements), x.batch, generator) if partners is None else partners
    rows = []
    for start in range(0, len(elements), per):
        some = elements[start : start + per]
        here = None if partners is None else partners[start : start + per]
        towards = moved_apart(x, pair, pair.move_inputs(some, x), generator, here)
        folded = Bundle(tuple(t.flatten(0, 1) for t in towards), x.names, x.single, x.numpy)
        wanted = pair.move_outputs(some, y)
        rows.append(discrepancies(call(folded), wanted, len(some), x.batch))
    return torch.cat(rows)


def moved_apart(
    x: Bundle,
    pair: ActionPair,
    moved: tuple[torch.Tensor, ...],
    generator: torch.Generator | None = None,
    partners: Int[torch.Tensor, "K B"] | None = None,
) -> tuple[torch.Tensor, ...]:
    """``T x`` in place of each ``g x``; inputs that the group leaves alone stay as they are."""
    partners = null_partners(len(moved[0]), x.batch, generator) if partners is None else partners
    return tuple(
        unrelated_motion(t, there, _others(t, partners, generator)) if a.kind != "scalars" else there
        for a, t, there in zip(pair.inputs, x.tensors, moved)
    )


def null_partners(count: int, batch: int, generator: torch.Generator | None = None) -> Int[torch.Tensor, "K B"] | None:
    """For every element and sample the number of another sample; None when there is only one."""
    if batch == 1:
        return None
    return (torch.arange(batch) + torch.randint(1, batch, (count, batch), generator=generator)) % batch


def _others(t: torch.Tensor, partners: torch.Tensor | None, generator: torch.Generator | None) -> torch.Tensor:
    if partners is not None:
        return t[partners.to(t.device)]
    if not t.is_floating_point():
        shuffled = t.flatten()[torch.randperm(t.numel(), generator=generator).to(t.device)]
        return shuffled.reshape(1, *t.shape)
    noise = torch.randn(t.shape, generator=generator, dtype=torch.float64).to(t.device, t.dtype)
    return (noise * t.std(correction=0))[None]

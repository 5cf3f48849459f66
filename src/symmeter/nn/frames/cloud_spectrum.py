"""What every Euclidean frame needs of a batch of clouds: centred positions, spectrum of the covariance, and rank.

Clouds at one place, or on a line, have a continuous stabiliser, and rounding must not hide it: the rank is told from
distances rather than from eigenvalues, which lose half of the digits. Only clouds whose eigenvalues leave a doubt are
looked at a second time, so that ordinary batches cost one covariance and one eigenvalue problem.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Bool, Float, Int

from symmeter.errors import NonFiniteError
from symmeter.nn.frames.principal_axes import relative_gap

__all__ = ["CloudSpectrum", "cloud_spectrum"]

#: Distances from a line below this share of the size of a cloud count as none, in double and in single precision.
_FLAT = {True: 1e-6, False: 1e-4}
#: Equal points differ from their mean by the rounding of their coordinates.
_SAME = {True: 1e-13, False: 1e-6}
#: Sums of squares outside these bounds are taken again in units of the largest coordinate.
_SMALL, _LARGE = 1e-200, 1e200
#: Coordinates that are widened at once, half a megabyte of them.
_PIECE = 1 << 16


@dataclass(frozen=True, eq=False)
class CloudSpectrum:
    """Centred clouds and the eigenvalue problem of their covariance.

    Attributes
    ----------
    y : tensor of shape (B, n, d)
        Positions about the centroid, 0 for padding; clouds of extreme size are in units of their own.
    centroid : tensor of shape (B, d)
    values, vectors : tensors of shapes (B, d) and (B, d, d)
        Of the covariance, ascending; without gradient.
    gap : tensor of shape (B,)
        Smallest relative gap of neighbouring eigenvalues.
    ranks : int tensor of shape (B,)
        Number of dimensions that each cloud spans up to rounding; d where it spans d - 1 or d.
    """

    y: Float[torch.Tensor, "B n d"]
    centroid: Float[torch.Tensor, "B d"]
    values: Float[torch.Tensor, "B d"]
    vectors: Float[torch.Tensor, "B d d"]
    gap: Float[torch.Tensor, " B"]
    ranks: Int[torch.Tensor, " B"]

    def positions(self, which: Any = slice(None)) -> Float[torch.Tensor, "k n d"]:
        """Centred positions of some of the clouds, in double precision."""
        return self.y[which].to(torch.float64)

    def of(self, which: Bool[torch.Tensor, " B"]) -> CloudSpectrum:
        """Some of the clouds."""
        return CloudSpectrum(*(getattr(self, f.name)[which] for f in fields(self)))


def cloud_spectrum(
    points: Float[torch.Tensor, "B n d"], mass: Float[torch.Tensor, "B n"] | None, translations: bool
) -> CloudSpectrum:
    """Centre a batch and diagonalise its covariances.

    Parameters
    ----------
    points : tensor of shape (B, n, d)
        In double precision results whatever the precision of the points.
    mass : tensor of shape (B, n), optional
        Weights of the points, 0 for padding; equal ones when omitted.
    translations : bool
        Whether positions are taken about the centroid.

    Raises
    ------
    NonFiniteError
        Which point is NaN or infinite.
    """
    # Covariances in double precision: eigenvectors near a degeneracy amplify rounding. Subtracting the mean first costs
    # no more digits than single-precision points have, and half of the time.
    x = points if points.dtype == torch.float32 and mass is None else points.to(torch.float64)
    y, centroid = _centred(x, mass, translations)
    centroid = centroid.to(torch.float64)
    covariance = _covariance(y.detach(), mass)
    trace = covariance.diagonal(dim1=1, dim2=2).sum(1)
    # A NaN fails both comparisons.
    if not bool(((trace > _SMALL) & (trace < _LARGE)).all()):
        _check_finite(points, mass)
        x = points.to(torch.float64)
        unit = _unit(x.detach(), mass, trace)
        y, centroid = _centred(x / unit, mass, translations)
        centroid = centroid * unit[:, 0]
        covariance = _covariance(y.detach(), mass)
        origin = (centroid / unit[:, 0]).detach()
    else:
        origin = centroid.detach()
    values, vectors = torch.linalg.eigh(covariance)
    ranks = _ranks(y.detach(), mass, origin if translations else torch.zeros_like(origin), values, points.dtype)
    return CloudSpectrum(y, centroid, values, vectors, relative_gap(values), ranks)


def _centred(x: torch.Tensor, mass: torch.Tensor | None, translations: bool) -> tuple[torch.Tensor, torch.Tensor]:
    if mass is None:
        centroid = x.mean(1) if translations else torch.zeros_like(x[:, 0])
        return (x - centroid[:, None] if translations else x), centroid
    real = mass[..., None] > 0
    # Padding may hold anything, NaN included.
    x = torch.where(real, x, torch.zeros_like(x))
    if not translations:
        return x, torch.zeros_like(x[:, 0])
    centroid = (mass[:, None] @ x).squeeze(1) / mass.sum(1, keepdim=True)
    return torch.where(real, x - centroid[:, None], torch.zeros_like(x)), centroid


def _covariance(y: torch.Tensor, mass: torch.Tensor | None) -> Float[torch.Tensor, "B d d"]:
    if mass is not None:
        return (y * mass[..., None]).mT @ y
    if y.dtype == torch.float64:
        return y.mT @ y
    # In pieces that stay in the cache: a copy of the whole batch in double precision costs more than all else.
    step = max(1, _PIECE // (y.shape[1] * y.shape[2])) if y.device.type == "cpu" else len(y)
    return torch.cat([wide.mT @ wide for wide in (part.to(torch.float64) for part in y.split(step))])


def _check_finite(points: torch.Tensor, mass: torch.Tensor | None) -> None:
    bad = ~torch.isfinite(points).all(-1)
    if mass is not None:
        bad &= mass > 0
    if bool(bad.any()):
        b, i = bad.nonzero()[0].tolist()
        raise NonFiniteError(f"{int(bad.sum())} points are NaN or infinite, the first is point {i} of cloud {b}")


def _unit(x: torch.Tensor, mass: torch.Tensor | None, trace: torch.Tensor) -> Float[torch.Tensor, "B 1 1"]:
    """The largest coordinate of clouds whose squares leave the range of the numbers, 1 for the others."""
    largest = (x if mass is None else torch.where(mass[..., None] > 0, x, torch.zeros_like(x))).abs().amax((1, 2))
    ordinary = (trace > _SMALL) & (trace < _LARGE) | (largest == 0)
    return torch.where(ordinary, torch.ones_like(largest), largest)[:, None, None]


def _ranks(
    y: torch.Tensor, mass: torch.Tensor | None, origin: torch.Tensor, values: torch.Tensor, dtype: torch.dtype
) -> Int[torch.Tensor, " B"]:
    fine, d = dtype == torch.float64, y.shape[-1]
    total, least = _mass_bounds(y, mass)
    trace = values.clamp(min=0.0).sum(1)
    # Upper bounds of the distance of any point from the centre, and of the size of its coordinates.
    size = (trace / least).sqrt()
    scale = origin.norm(dim=1) + size
    near = _FLAT[fine] * size + 16 * torch.finfo(dtype).eps * scale
    doubt = trace <= 4 * total * (_SAME[fine] * scale) ** 2
    if d > 2:
        doubt |= values[:, -2] <= 4 * total * near**2
    if d > 3:
        doubt |= values[:, 1] <= 4 * total * near**2
    ranks = torch.full(values.shape[:1], d, dtype=torch.int64, device=y.device)
    some = torch.nonzero(doubt).squeeze(1)
    if not len(some):
        return ranks
    return ranks.index_copy(0, some, _ranks_by_distance(y[some].to(torch.float64), origin[some], dtype))


def _mass_bounds(y: torch.Tensor, mass: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Total and least mass of each cloud."""
    if mass is None:
        one = torch.ones(len(y), dtype=torch.float64, device=y.device)
        return one * y.shape[1], one
    return mass.sum(1), torch.where(mass > 0, mass, torch.inf).amin(1)


def _ranks_by_distance(y: torch.Tensor, origin: torch.Tensor, dtype: torch.dtype) -> Int[torch.Tensor, " k"]:
    """Take the farthest point, remove its direction, and so on: what is left after r steps is 0 for rank r."""
    fine, d = dtype == torch.float64, y.shape[-1]
    length = y.norm(dim=-1)
    size = length.amax(1)
    scale = (y + origin[:, None]).abs().amax((1, 2)) if bool((origin != 0).any()) else torch.zeros_like(size)
    ranks = torch.full(size.shape, d, dtype=torch.int64, device=y.device)
    found: Bool[torch.Tensor, " k"] = size <= _SAME[fine] * scale
    ranks = torch.where(found, torch.zeros_like(ranks), ranks)
    near = _FLAT[fine] * size + 16 * torch.finfo(dtype).eps * scale
    left = y
    rows = torch.arange(len(y), device=y.device)
    for rank in range(1, d - 1):
        far = left[rows, left.norm(dim=-1).argmax(1)]
        length = far.norm(dim=-1, keepdim=True)
        along = far / torch.where(length > 0, length, torch.ones_like(length))
        left = left - (left * along[:, None]).sum(-1, keepdim=True) * along[:, None]
        flat = left.norm(dim=-1).amax(1) <= near
        ranks = torch.where(flat & ~found, torch.full_like(ranks, rank), ranks)
        found = found | flat
    return ranks

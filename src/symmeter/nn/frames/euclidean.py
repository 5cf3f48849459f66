"""Frames of the groups O(d), SO(d), E(d) and SE(d): poses of a point cloud that turn, and move, with it.

Principal axes serve where the eigenvalues of the covariance are apart; near equal eigenvalues, where they would jump,
weighted frames of the points themselves take over continuously.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError, nearest_name
from symmeter.nn.frames.cloud_spectrum import CloudSpectrum, cloud_spectrum
from symmeter.nn.frames.eigenvectors import DegenerateCloudError
from symmeter.nn.frames.minimal_frames import minimal_poses
from symmeter.nn.frames.pair_frames import weighted_axes
from symmeter.nn.frames.poses import Poses, joined
from symmeter.nn.frames.principal_axes import principal_axes, relative_gap, signed_axes
from symmeter.nn.frames.stabilisers import block_axes, line_axes, place_axes
from symmeter.nn.frames.tuple_frames import tuple_axes

__all__ = ["POLICIES", "DegenerateCloudError", "EuclideanFrame"]

#: What to do where eigenvalues of the covariance are (nearly) equal.
POLICIES = ("blend", "weighted", "block", "error", "warn")


@dataclass(frozen=True)
class EuclideanFrame:
    """How to choose poses of point clouds.

    Parameters
    ----------
    group : str
        ``"O(d)"``, ``"SO(d)"``, ``"E(d)"`` or ``"SE(d)"``, such as ``"SE(3)"``.
    degenerate : {"blend", "weighted", "block", "error", "warn"}
        ``"blend"``: principal axes where all relative gaps of the eigenvalues exceed ``gaps[1]``, weighted frames of
        pairs of points (in d dimensions: of d - 1 points) below ``gaps[0]``, both in between; exact and continuous.
        ``"weighted"``: these alone. ``"block"``: turns within blocks of equal eigenvalues, approximate. ``"error"``
        raises, ``"warn"`` goes on with arbitrary axes.
    gaps : (float, float)
        Relative gaps between which the two kinds of frame are mixed.
    most : int
        Largest number of poses of one cloud.
    differentiable : bool
        Let gradients flow through the poses; without it forces of an averaged energy are not its gradient.
    frames : {"full", "minimal"}
        ``"minimal"`` keeps as many poses as the cloud, without labels, has symmetries; exact, but not continuous.

    References
    ----------
    O. Puny et al. (ICLR 2022), section 3.1; N. Dym, H. Lawrence, J. Siegel (2024), robust weighted frames.

    Examples
    --------
    >>> x = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]]])
    >>> frame = EuclideanFrame("SO(3)").compute(x)
    >>> frame.elements.shape, frame.weights.sum().item(), frame.degenerate.tolist()
    (torch.Size([1, 4, 3, 3]), 1.0, [False])
    """

    group: str = "E(3)"
    degenerate: str = "blend"
    gaps: tuple[float, float] = (0.002, 0.01)
    most: int = 1024
    differentiable: bool = False
    frames: str = "full"

    def __post_init__(self) -> None:
        proper, translations, d = parse_group(self.group)
        for name, value in (("proper", proper), ("translations", translations), ("dimension", d)):
            object.__setattr__(self, f"_{name}", value)
        if self.degenerate not in POLICIES:
            near = nearest_name(self.degenerate, POLICIES)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(POLICIES)}"
            raise UnknownNameError(f"no policy for degenerate clouds is called {self.degenerate!r}; {hint}")
        if d > 3 and self.degenerate == "block":
            raise InputError(f"turns within blocks are offered in 2 and 3 dimensions; for {self.group} use 'blend'")
        if self.frames not in ("full", "minimal"):
            raise InputError(f"frames is {self.frames!r}; use 'full' or 'minimal'")
        if not 0.0 <= self.gaps[0] < self.gaps[1] <= 1.0:
            raise InputError(f"gaps are {self.gaps}; give two relative gaps, the smaller one first")

    @property
    def dimension(self) -> int:
        """Dimension d of the space."""
        return self._dimension  # type: ignore[attr-defined]

    @property
    def proper(self) -> bool:
        """Whether reflections are left out."""
        return self._proper  # type: ignore[attr-defined]

    @property
    def translations(self) -> bool:
        """Whether clouds are centred."""
        return self._translations  # type: ignore[attr-defined]

    def compute(
        self,
        points: Float[torch.Tensor, "B n d"],
        mask: Bool[torch.Tensor, "B n"] | None = None,
        masses: Float[torch.Tensor, "B n"] | None = None,
        *,
        turning: bool = True,
        beside: Sequence[Callable[[], tuple[torch.Tensor, bool]]] = (),
    ) -> Poses:
        """The frame of each cloud of a batch.

        Parameters
        ----------
        points : tensor of shape (B, n, d)
        mask : bool tensor of shape (B, n), optional
            True for points, False for padding.
        masses : tensor of shape (B, n), optional
            Positive weights of the points.
        turning : bool
            Whether some output turns: clouds on a line, or at one place, then need several completions of their axes.
        beside : sequence of callables
            Each returns vectors of shape (B, k, d) that turn with the cloud, and whether they are positions; called
            where a cloud lies on a line or at one place, so that they take part in choosing its axes.

        Raises
        ------
        InputTypeError, ShapeError, NonFiniteError, InputError
        DegenerateCloudError
            With ``degenerate="error"``: which clouds, and their gaps.
        """
        mass = self._read(points, mask, masses)
        found = cloud_spectrum(points if self.differentiable else points.detach(), mass, self.translations)
        # Gradients of what does not turn do turn, so that they need the completions too.
        turning = turning or (points.requires_grad and torch.is_grad_enabled())
        low = found.ranks < self.dimension - 1
        every = torch.arange(len(points), device=points.device)
        groups = [(every, found, mass)]
        if beside and bool(low.any()):
            groups = [(every[~low], found.of(~low), None if mass is None else mass[~low])] if bool((~low).any()) else []
            joint, weights = self._with_vectors(found, mass, low, [make() for make in beside])
            groups.append((every[low], joint, weights))
        parts = []
        for which, spectrum, weights in groups:
            axes, weight, cloud = self._listed(spectrum, weights, turning)
            parts.append((axes, weight, which[cloud]))
        # One list is in order already.
        axes, weight, cloud = parts[0] if len(parts) == 1 and self.frames == "full" else joined(parts)
        return Poses(axes, weight, cloud, found.centroid, low | (found.gap < self.gaps[0]))

    # -- parts ---------------------------------------------------------------------------------------------------------

    def _listed(self, found: CloudSpectrum, mass: torch.Tensor | None, turning: bool):
        full = found.ranks >= self.dimension - 1
        parts = [self._rank_deficient(found, mass, rank, turning) for rank in torch.unique(found.ranks[~full]).tolist()]
        share = self._share_of_principal_axes(found, mass, full)
        use = torch.nonzero(full & (share.detach() > 0)).squeeze(1)
        if len(use):
            parts.append(self._principal(found, mass, share, use))
        use = torch.nonzero(full & (share.detach() < 1)).squeeze(1)
        if len(use):
            parts.append(self._degenerate(found, mass, share, use))
        listed = joined(parts)
        return minimal_poses(listed, found.positions(), mass) if self.frames == "minimal" else listed

    def _with_vectors(
        self,
        found: CloudSpectrum,
        mass: torch.Tensor | None,
        low: torch.Tensor,
        given: list[tuple[torch.Tensor, bool]],
    ) -> tuple[CloudSpectrum, torch.Tensor]:
        """Clouds of low rank with their vectors as further points about the centre, and the weights of all."""
        some = torch.nonzero(low).squeeze(1)
        y = found.positions(some)
        # Equal points differ from their mean by rounding, which no length may magnify.
        y = torch.where((found.ranks[some] > 0)[:, None, None], y, torch.zeros_like(y))
        parts = [(v - found.centroid[:, None] if positions else v)[some].to(y) for v, positions in given]
        vectors = torch.cat(parts if self.differentiable else [v.detach() for v in parts], dim=1)
        # Lengths in other units must not decide which of them count as nothing.
        both = torch.cat([_in_own_units(y), _in_own_units(vectors)], dim=1)
        weights = torch.cat([_masses(found.y, mass, some), torch.ones_like(vectors[..., 0].detach())], dim=1)
        return cloud_spectrum(both, weights, False), weights

    def _principal(self, found: CloudSpectrum, mass: torch.Tensor | None, share: torch.Tensor, use: torch.Tensor):
        known = found.vectors[use]
        if self.differentiable:
            known = principal_axes(found.positions(use), None if mass is None else mass[use])[1]
        axes = signed_axes(known, self.proper)
        k, d = axes.shape[1], self.dimension
        return axes.reshape(-1, d, d), (share[use] / k).repeat_interleave(k), use.repeat_interleave(k)

    def _degenerate(self, found: CloudSpectrum, mass: torch.Tensor | None, share: torch.Tensor, use: torch.Tensor):
        if self.degenerate == "error":
            listed = ", ".join(f"{b} (gap {float(found.gap[b]):.1e})" for b in use[:5].tolist())
            raise DegenerateCloudError(
                f"eigenvalues of the covariance are nearly equal for clouds {listed}; use degenerate='blend'"
            )
        y = found.positions(use)
        if self.degenerate == "block":
            values, vectors = principal_axes(y, None if mass is None else mass[use])
            equal = values.diff(dim=1) < self.gaps[0] * values[:, -1:]
            axes, weight, cloud = block_axes(vectors, equal, self.proper)
        else:
            axes, weight, cloud = self._weighted(y, _masses(found.y, mass, use))
        return axes, weight * (1.0 - share[use])[cloud], use[cloud]

    def _weighted(self, y: torch.Tensor, mass: torch.Tensor):
        if self.dimension <= 3:
            return weighted_axes(y, mass, self.proper, self.most)
        return tuple_axes(y, mass, self.dimension - 1, self.proper, self.most)

    def _rank_deficient(self, found: CloudSpectrum, mass: torch.Tensor | None, rank: int, turning: bool):
        some = torch.nonzero(found.ranks == rank).squeeze(1)
        y, weights = found.positions(some), _masses(found.y, mass, some)
        if self.dimension > 3:
            axes, weight, cloud = tuple_axes(y, weights, rank, self.proper, self.most, turning)
        elif rank == 0:
            axes, weight, cloud = place_axes(y, self.proper, turning)
        else:
            axes, weight, cloud = line_axes(y, weights, self.proper, turning)
        return axes, weight, some[cloud]

    def _share_of_principal_axes(
        self, found: CloudSpectrum, mass: torch.Tensor | None, full: torch.Tensor
    ) -> Float[torch.Tensor, " B"]:
        """1 where principal axes are used alone, 0 where they are not used."""
        gap = found.gap
        if self.degenerate == "weighted":
            return torch.zeros_like(gap)
        if self.degenerate == "warn":
            if bool((full & (gap < self.gaps[0])).any()):
                import warnings

                number = int((full & (gap < self.gaps[0])).sum())
                warnings.warn(f"{number} clouds have nearly equal eigenvalues; their axes are arbitrary", stacklevel=4)
            return torch.ones_like(gap)
        if self.degenerate in ("block", "error"):
            return (gap >= self.gaps[0]).to(gap)
        if self.differentiable:
            safe = full & (gap > 0.5 * self.gaps[0])
            gap = torch.where(
                safe, relative_gap(principal_axes(found.positions(), mass, safe)[0]), torch.zeros_like(gap)
            )
        t = ((gap - self.gaps[0]) / (self.gaps[1] - self.gaps[0])).clamp(0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)

    def _read(self, points: Any, mask: Any, masses: Any) -> Float[torch.Tensor, "B n"] | None:
        if not isinstance(points, torch.Tensor) or not points.is_floating_point():
            kind = str(points.dtype) if isinstance(points, torch.Tensor) else type(points).__name__
            raise InputTypeError(f"points are {kind}; give a floating-point tensor of shape (B, n, {self.dimension})")
        if points.ndim != 3 or points.shape[-1] != self.dimension or not len(points) or not points.shape[1]:
            single = "; give a single cloud as x[None]" if points.ndim == 2 else ""
            raise ShapeError(
                f"points have shape {tuple(points.shape)}; {self.group} takes (B, n, {self.dimension}), neither empty"
                f"{single}"
            )
        if masses is None and mask is None:
            return None
        mass = points.new_ones(points.shape[:2], dtype=torch.float64)
        if masses is not None:
            if masses.shape != mass.shape:
                raise ShapeError(
                    f"masses have shape {tuple(masses.shape)}; give one for each point, {tuple(mass.shape)}"
                )
            padding = torch.zeros_like(masses, dtype=torch.bool) if mask is None else ~mask.to(torch.bool)
            wrong = ~((masses > 0) & masses.isfinite() | padding)
            if bool(wrong.any()):
                b, i = wrong.nonzero()[0].tolist()
                raise InputError(f"the mass of point {i} of cloud {b} is {float(masses[b, i])}; masses are positive")
            mass = torch.where(padding, torch.ones_like(masses), masses).to(mass)
        if mask is not None:
            if mask.shape != mass.shape or mask.dtype != torch.bool:
                raise ShapeError(f"the mask is {mask.dtype}, {tuple(mask.shape)}; it must be bool, {tuple(mass.shape)}")
            empty = ~mask.any(1)
            if bool(empty.any()):
                raise InputError(f"cloud {int(empty.nonzero()[0])} has no points: its mask is False everywhere")
            mass = mass * mask
        return mass


def _masses(y: torch.Tensor, mass: torch.Tensor | None, some: torch.Tensor) -> Float[torch.Tensor, "B n"]:
    return torch.ones_like(y[some, :, 0].detach(), dtype=torch.float64) if mass is None else mass[some]


def _in_own_units(vectors: torch.Tensor) -> torch.Tensor:
    size = vectors.detach().norm(dim=-1).amax(1)[:, None, None]
    return vectors / torch.where(size > 0, size, torch.ones_like(size))


def parse_group(name: str) -> tuple[bool, bool, int]:
    """Whether the group is proper, whether it has translations, and its dimension.

    Raises
    ------
    UnknownNameError
    """
    found = re.fullmatch(r"(SO|O|SE|E)\((\d+)\)", str(name).replace(" ", "").upper())
    if not found or int(found[2]) < 2:
        raise UnknownNameError(f"no Euclidean frame is called {name!r}; known are O(d), SO(d), E(d), SE(d) for d >= 2")
    return found[1].startswith("S"), found[1].endswith("E"), int(found[2])

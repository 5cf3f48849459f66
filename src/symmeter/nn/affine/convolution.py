"""Lifting, group convolution and projection on R^n and a group H of linear maps, for signals on 1, 2 and 3 axes.

With samples h_1 ... h_N and their weights w, and sums over the pixels t of a window around x,

``lift:    out(x, h_i) = sum_t f(t) k(h_i^-1 (t - x)) / |det h_i|``,
``conv:    out(x, h_i) = sum_j w_j / |det h_j| sum_t f(t, h_j) k(h_i^-1 (t - x), h_i^-1 h_j)``,
``project: out(x)      = sum_j w_j / |det h_j| sum_t f(t, h_j) k(h_j^-1 (t - x))``.

Fields have shape (B, C, N, *grid). A move g of the signal makes ``out(x, h)`` into ``out(g^-1 x, g^-1 h)``. The plane
has x to the right and y up, as in :mod:`symmeter.nn.pixel_actions`; in volumes z runs along the first axis. Kernels
see a window of ``kernel_size`` pixels as cell centres of [-extent, extent]^n, and their values count per cell.
"""

from __future__ import annotations

import copy
from typing import Any, final

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.groups.lie.batches import check_choice
from symmeter.nn.affine.kernels import CoordinateNetwork, kernel_network
from symmeter.nn.affine.samples import GroupSampler, GroupSamples

__all__ = [
    "AffineConvolution",
    "GroupConv1d",
    "GroupConv2d",
    "GroupConv3d",
    "Lift1d",
    "Lift2d",
    "Lift3d",
    "Project1d",
    "Project2d",
    "Project3d",
    "window",
]

_CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
MASKS = ("auto", "hard", "smooth", "none")


def window(size: int, n: int, extent: float = 1.0) -> Float[torch.Tensor, "cells n"]:
    """Cell centres of [-extent, extent]^n in the order of the pixels of a window, as coordinates (x, y, z).

    Examples
    --------
    >>> window(2, 2).tolist()
    [[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]]
    """
    line = ((torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1) * extent
    axes = torch.meshgrid(*[line] * n, indexing="ij")
    # The last axis is x, the one before it is y and runs downwards, the first of three is z.
    columns = [axes[-1]] if n == 1 else [axes[-1], -axes[-2], *axes[:-2]]
    return torch.stack([c.flatten() for c in columns], dim=-1)


class AffineConvolution(nn.Module):
    """What lifting, group convolution and projection share; use those.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size : int
        Side of the window in pixels.
    group : str, MatrixLieGroup or DecomposedGroup, optional
        For a layer with samples of its own.
    samples : int
        Number of elements N, for a layer with samples of its own.
    sampler : GroupSampler, optional
        To share samples with other layers, instead of ``group`` and ``samples``.
    kernel : {"siren", "wire"} or torch.nn.Module
        See :mod:`symmeter.nn.affine.kernels`.
    rank : int, optional
        Group convolutions with kernels ``sum_r a_r(u) b_r(h)`` of so many terms: the group part mixes channels and
        samples, the part in space acts on each channel by itself. Many times fewer operations.
    mask : {"auto", "hard", "smooth", "none"}
        The kernel vanishes where ``|h^-1 u| > support``, with a jump or as ``sigmoid(2 (1 - r))``, r over all
        coordinates; "auto" is hard for groups of determinant 1 and smooth for others.
    angle : {"theta", "circle"}
        Whether kernels see the angle of a rotation of the plane, or its cosine and sine, which do not jump at pi.
    padding : int or "same"
    padding_mode : {"zeros", "circular", "replicate"}
        What stands outside the grid; "circular" makes signals on a torus, on which all shifts are exact.
    bias : bool
    extent : float
        Half the side of the window, in the kernel's units.
    support : float, optional
        The radius that the mask ends the kernel at, ``extent`` when omitted. Less leaves room in the window for kernels
        that are stretched.
    width, layers, first, hidden : optional
        Of the kernel's network.
    **sampling
        Of :class:`GroupSampler`: measure, radius, variance, points, angles, max_angle, turns, mode, jitter, seed.
    """

    n: int
    lifts: bool = False
    projects: bool = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int = 5,
        group: Any = None,
        samples: int = 10,
        *,
        sampler: GroupSampler | None = None,
        kernel: str | nn.Module = "siren",
        rank: int | None = None,
        mask: str = "auto",
        angle: str = "theta",
        padding: int | str = 0,
        padding_mode: str = "zeros",
        bias: bool = True,
        extent: float = 1.0,
        support: float | None = None,
        width: int = 60,
        layers: int = 2,
        first: float = 10.0,
        hidden: float = 10.0,
        **sampling: Any,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        for what, value in (("in_channels", in_channels), ("out_channels", out_channels), ("kernel_size", kernel_size)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{what} of {name} is {value!r}; it must be an integer of at least 1")
        if kernel_size == 1 and self.lifts:
            raise InputError(
                f"kernel_size of {name} is 1: the one point of the window is fixed by every group element, so that "
                "lifting would copy the image; use 3 or more"
            )
        if (group is None) == (sampler is None):
            raise InputError(f"{name} needs group= for samples of its own, or sampler= to share them; give one of them")
        if sampler is not None and not isinstance(sampler, GroupSampler):
            raise InputTypeError(f"the sampler of {name} is a {type(sampler).__name__}; give a GroupSampler")
        self.sampler = GroupSampler(group, samples, **sampling) if sampler is None else sampler
        if sampler is not None and sampling:
            raise InputError(f"{next(iter(sampling))} belongs to the sampler that {name} was given")
        if self.group.space_dimension != self.n:
            raise ShapeError(
                f"{name} is for signals on {self.n} axes, but {self.group.name} moves "
                f"{self.group.space_dimension} coordinates"
            )
        check_choice(mask, MASKS, "mask")
        check_choice(angle, ("theta", "circle"), "angle")
        check_choice(padding_mode, ("zeros", "circular", "replicate"), "padding_mode")
        self.padding_mode = padding_mode
        if padding != "same" and (isinstance(padding, bool) or not isinstance(padding, int) or padding < 0):
            raise InputError(f"padding of {name} is {padding!r}; give a number of pixels of at least 0, or 'same'")
        if padding == "same" and kernel_size % 2 == 0:
            raise InputError(f"padding='same' needs an odd kernel_size; {name} has {kernel_size}")
        if not 0 < extent < float("inf"):
            raise InputError(f"extent of {name} is {extent}; it must be positive and finite")
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        if support is not None and not 0 < support < float("inf"):
            raise InputError(f"support of {name} is {support}; it must be positive and finite")
        self.padding, self.extent, self.cell = padding, float(extent), 1.0
        self.support = self.extent if support is None else float(support)
        self.mask = mask if mask != "auto" else "smooth" if self._changes_volume() else "hard"
        self.angle = angle if self._has_angle() else "theta"
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        options = {"width": width, "layers": layers, "first": first, "hidden": hidden}
        self._make_kernels(kernel, rank, options)
        self.register_buffer("points", window(kernel_size, self.n, self.extent), persistent=False)

    @property
    def group(self) -> Any:
        """The group that the samples are of."""
        return self.sampler.group

    def _has_angle(self) -> bool:
        inner = getattr(self.group, "rotates", False) and self.n == 2
        # The basis of these groups has the rotation as its one skew generator.
        return bool(inner)

    def _changes_volume(self) -> bool:
        basis = getattr(getattr(self.group, "group", None), "basis", None)
        return True if basis is None else bool(abs(basis.trace(axis1=1, axis2=2)).max(initial=0.0) > 1e-12)

    def _make_kernels(self, kernel: str | nn.Module, rank: int | None, options: dict[str, Any]) -> None:
        cells = self.kernel_size**self.n
        k = 0 if self.lifts or self.projects else self.group.coordinate_dimension + (self.angle == "circle")
        inside, out = self.in_channels, self.out_channels
        self.rank = rank
        if rank is None:
            self.kernel = kernel_network(kernel, self.n, k, out * inside, inside, cells, **options)
            self.mixing = None
            return
        if self.lifts or self.projects or isinstance(kernel, nn.Module):
            raise InputError("rank= is for group convolutions with a kernel that is a network of this library")
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise InputError(f"rank is {rank!r}; it must be an integer of at least 1")
        self.kernel = kernel_network(kernel, self.n, 0, out * rank, rank, cells, **options)
        self.mixing = kernel_network(kernel, 0, k, rank * out * inside, inside, 1, **options)

    # -- kernels -------------------------------------------------------------------------------------------------------

    def _seen(self, c: torch.Tensor) -> torch.Tensor:
        """Group coordinates as the kernel gets them."""
        if self.angle == "theta":
            return c
        group: Any = self.group
        skew = group.group.basis[:, 1, 0] - group.group.basis[:, 0, 1]
        place = int(abs(skew * (group.group.basis[:, 1, 0] * group.group.basis[:, 0, 1] < 0)).argmax())
        theta = c[..., place] * float(skew[place]) / 2
        rest = [c[..., :place], c[..., place + 1 :]]
        return torch.cat([*rest, theta.cos()[..., None], theta.sin()[..., None]], dim=-1)

    def _window(self, samples: GroupSamples) -> Float[torch.Tensor, "N cells n"]:
        """``h^-1 u`` for every sample and cell."""
        u: Any = self.points
        return u.to(samples.inverses.dtype).to(samples.inverses.device) @ samples.inverses.mT

    def _masked(self, values: torch.Tensor, u: torch.Tensor, c: torch.Tensor | None) -> torch.Tensor:
        if self.mask == "none":
            return values
        square = (u / self.support).square().sum(-1, keepdim=True)
        if self.mask == "hard":
            return values * (square <= 1)
        if c is not None:
            square = square + c.square().sum(-1, keepdim=True)
        return values * torch.sigmoid(2 * (1 - torch.sqrt(square + 1e-24)))

    def kernel_values(self, outputs: GroupSamples, inputs: GroupSamples | None = None) -> torch.Tensor:
        """The kernel at all pairs of samples: (N, cells, out * in), or (N, M, cells, out * in) for convolutions.

        Coordinates are computed in the precision of the samples, values in that of the kernel's weights.
        """
        like = next((p for p in self.kernel.parameters()), outputs.elements)
        u = self._window(outputs).to(like.device, like.dtype)
        # Sines of large arguments lose their digits in half precision.
        with torch.autocast(like.device.type, enabled=False):
            if inputs is None:
                return self._valued(u, None)
            c = self._seen(outputs.relative(inputs)).to(like.device, like.dtype)
            return self._valued(u[:, None], c[:, :, None])

    def _valued(self, u: torch.Tensor, c: torch.Tensor | None) -> torch.Tensor:
        """The masked kernel; a network is evaluated only where a hard mask leaves something."""
        if self.mask != "hard" or not isinstance(self.kernel, CoordinateNetwork):
            return self._masked(self.kernel(u, c), u, c)
        inside = u.detach().square().sum(-1) <= self.support**2 * (1 + 1e-6)
        if c is None:
            values = self.kernel(u[inside], None)
            return torch.zeros(*u.shape[:-1], values.shape[-1], dtype=u.dtype, device=u.device).index_put(
                inside.nonzero(as_tuple=True), values
            )
        place = inside[:, 0].nonzero(as_tuple=True)
        values = self.kernel(u[:, 0][place][:, None], c[:, :, 0][place[0]])
        out = torch.zeros(len(u), u.shape[2], c.shape[1], values.shape[-1], dtype=u.dtype, device=u.device)
        return out.index_put(place, values).transpose(1, 2)

    def at_size(self, kernel_size: int) -> AffineConvolution:
        """The same layer, with the same weights, for a grid that is finer by ``kernel_size / self.kernel_size``."""
        other = copy.copy(self)
        other._buffers = dict(self._buffers)
        other.kernel_size = kernel_size
        other.cell = self.cell * (self.kernel_size / kernel_size) ** self.n
        other._buffers["points"] = window(kernel_size, self.n, self.extent).to(self.points)  # type: ignore[arg-type]
        if self.padding not in (0, "same"):
            raise InputError("at_size is for layers with padding 0 or 'same'")
        return other

    # -- forward -------------------------------------------------------------------------------------------------------

    def _convolve(self, x: torch.Tensor, weight: torch.Tensor, groups: int = 1) -> torch.Tensor:
        padding = self.kernel_size // 2 if self.padding == "same" else int(self.padding)
        weight = weight.unflatten(-1, [self.kernel_size] * self.n)
        if padding and self.padding_mode != "zeros":
            x, padding = functional.pad(x, [padding] * (2 * self.n), mode=self.padding_mode), 0
        if self.n == 2 and groups == 1 and x.shape[1] > 1 and x.shape[-1] * x.shape[-2] >= 64:
            x = x.contiguous(memory_format=torch.channels_last)
            weight = weight.contiguous(memory_format=torch.channels_last)
        return _CONVOLUTIONS[self.n](x, weight, padding=padding, groups=groups)

    def _with_bias(self, out: torch.Tensor, axes: int) -> torch.Tensor:
        if self.bias is None:
            return out
        return out + self.bias.to(out.dtype).reshape(-1, *[1] * axes)

    def _check(self, x: torch.Tensor, samples: GroupSamples | None = None) -> None:
        lead = ("B", str(self.in_channels), *(() if samples is None else (str(len(samples)),)))
        if not isinstance(x, torch.Tensor):
            raise InputTypeError(f"{type(self).__name__} takes a torch tensor; got {type(x).__name__}")
        right = x.ndim == len(lead) + self.n and x.shape[1] == self.in_channels
        if right and samples is not None:
            right = x.shape[2] == len(samples)
        if not right:
            grid = ", ".join(("D", "H", "W")[3 - self.n :])
            raise ShapeError(f"{type(self).__name__} takes shape ({', '.join(lead)}, {grid}); got {tuple(x.shape)}")
        least = min(x.shape[-self.n :])
        if self.padding == 0 and least < self.kernel_size:
            raise ShapeError(
                f"a side of {least} pixels is left, less than kernel_size {self.kernel_size}; use larger images or "
                "padding='same'"
            )

    def extra_repr(self) -> str:
        rank = "" if self.rank is None else f", rank={self.rank}"
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, {self.group.name}{rank}"


class _Lift(AffineConvolution):
    lifts = True

    def forward(self, x: torch.Tensor, samples: GroupSamples | None = None) -> torch.Tensor:
        """(B, C, *grid) to (B, out, N, *grid); draws the samples that following layers share.

        Parameters
        ----------
        samples : GroupSamples, optional
            To use these instead.
        """
        self._check(x)
        h = self.sampler.draw() if samples is None else samples
        values = self.kernel_values(h) * (self.cell / h.determinants.abs()).to(x)[:, None, None]
        # (N, cells, out * in) to (out * N, in, cells).
        weight = values.unflatten(-1, (self.out_channels, self.in_channels)).permute(2, 0, 3, 1).flatten(0, 1)
        out = self._convolve(x, weight.to(x.dtype)).unflatten(1, (self.out_channels, len(h)))
        return self._with_bias(out, self.n + 1)


class _GroupConv(AffineConvolution):
    def forward(
        self, x: torch.Tensor, samples: GroupSamples | None = None, outputs: GroupSamples | None = None
    ) -> torch.Tensor:
        """(B, C, N, *grid) to (B, out, M, *grid).

        Parameters
        ----------
        samples : GroupSamples, optional
            Of the input; those that the lifting drew when omitted.
        outputs : GroupSamples, optional
            Where to evaluate the output; at the samples of the input when omitted.
        """
        h = self.sampler.shared() if samples is None else samples
        self._check(x, h)
        to = h if outputs is None else outputs
        share = (h.weights / h.determinants.abs() * self.cell).to(x)
        out = self._full(x, h, to, share) if self.mixing is None else self._separable(x, h, to, share)
        return self._with_bias(out, self.n + 1)

    def _full(self, x: torch.Tensor, h: GroupSamples, to: GroupSamples, share: torch.Tensor) -> torch.Tensor:
        values = self.kernel_values(to, h) * share[:, None, None]
        # (M, N, cells, out * in) to (out * M, in * N, cells).
        weight = values.unflatten(-1, (self.out_channels, self.in_channels)).permute(3, 0, 4, 1, 2)
        weight = weight.flatten(2, 3).flatten(0, 1)
        return self._convolve(x.flatten(1, 2), weight.to(x.dtype)).unflatten(1, (self.out_channels, len(to)))

    def _separable(self, x: torch.Tensor, h: GroupSamples, to: GroupSamples, share: torch.Tensor) -> torch.Tensor:
        assert self.mixing is not None
        assert self.rank is not None
        r, c, m = self.rank, self.out_channels, len(to)
        like = next(self.mixing.parameters())
        coordinates = self._seen(to.relative(h)).to(like.device, like.dtype)
        with torch.autocast(like.device.type, enabled=False):
            mix = self.mixing(None, coordinates) * share.to(like.dtype)[:, None]
        # (M, N, r * out * in) to (out * M * r, in * N).
        mix = mix.unflatten(-1, (r, c, self.in_channels)).permute(3, 0, 2, 4, 1).flatten(3, 4).flatten(0, 2)
        mixed = torch.einsum("oi,bip->bop", mix.to(x.dtype), x.flatten(1, 2).flatten(2))
        values = self.kernel_values(to)
        # (M, cells, out * r) to (out * M * r, 1, cells): one kernel for each map, which torch does fastest.
        weight = values.unflatten(-1, (c, r)).permute(2, 0, 3, 1).flatten(0, 2)[:, None]
        out = self._convolve(mixed.unflatten(2, x.shape[-self.n :]), weight.to(x.dtype), groups=c * m * r)
        return out.unflatten(1, (c, m, r)).sum(3)


class _Project(AffineConvolution):
    projects = True

    def forward(self, x: torch.Tensor, samples: GroupSamples | None = None) -> torch.Tensor:
        """(B, C, N, *grid) to (B, out, *grid).

        Parameters
        ----------
        samples : GroupSamples, optional
            Of the input; those that the lifting drew when omitted.
        """
        h = self.sampler.shared() if samples is None else samples
        self._check(x, h)
        share = (h.weights / h.determinants.abs() * self.cell).to(x)
        values = self.kernel_values(h) * share[:, None, None]
        # (N, cells, out * in) to (out, in * N, cells).
        weight = values.unflatten(-1, (self.out_channels, self.in_channels)).permute(2, 3, 0, 1).flatten(1, 2)
        return self._with_bias(self._convolve(x.flatten(1, 2), weight.to(x.dtype)), self.n)


@final
class Lift2d(_Lift):
    """From images (B, C, H, W) to fields (B, out, N, H, W) on the plane and a group of 2 x 2 matrices.

    Parameters are those of :class:`AffineConvolution`.

    Examples
    --------
    >>> lift = Lift2d(1, 4, 5, group="sl2", samples=6)
    >>> conv = GroupConv2d(4, 8, 5, sampler=lift.sampler)
    >>> project = Project2d(8, 3, 5, sampler=lift.sampler)
    >>> field = conv(lift(torch.ones(2, 1, 20, 20)))
    >>> field.shape, project(field).shape
    (torch.Size([2, 8, 6, 12, 12]), torch.Size([2, 3, 8, 8]))
    """

    n = 2


@final
class Lift3d(_Lift):
    """From volumes (B, C, D, H, W) to fields (B, out, N, D, H, W) on space and a group of 3 x 3 matrices."""

    n = 3


@final
class Lift1d(_Lift):
    """From signals (B, C, W) to fields (B, out, N, W) on the line and positive scale factors."""

    n = 1


@final
class GroupConv2d(_GroupConv):
    """From fields (B, C, N, H, W) to fields, see :class:`Lift2d`; ``rank=`` makes kernels separable."""

    n = 2


@final
class GroupConv3d(_GroupConv):
    """From fields (B, C, N, D, H, W) to fields."""

    n = 3


@final
class GroupConv1d(_GroupConv):
    """From fields (B, C, N, W) to fields."""

    n = 1


@final
class Project2d(_Project):
    """From fields (B, C, N, H, W) to images (B, out, H, W), which move as images do."""

    n = 2


@final
class Project3d(_Project):
    """From fields (B, C, N, D, H, W) to volumes."""

    n = 3


@final
class Project1d(_Project):
    """From fields (B, C, N, W) to signals."""

    n = 1

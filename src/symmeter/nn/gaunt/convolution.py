"""Equivariant convolution over edges: features of the source times a function of the edge vector, summed at the target.

The filter h(r) = sum_l R_l(|r|) Y_l(r) is symmetric about r. With r turned to the polar axis it depends on theta
alone, and orders m do not mix: ``aligned`` multiplies latitude by latitude, O(L^3). ``so2`` keeps the alignment but
has a learned 2 x 2 block for every (l1, l3, |m|), as eSCN does: more weights, among them the odd paths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError
from symmeter.nn.gaunt.aligned import align, alignment, unalign
from symmeter.nn.gaunt.constants import separable_arrays
from symmeter.nn.gaunt.degrees import (
    autocast_active,
    check_coefficients,
    check_degrees,
    check_generator,
    degree_index,
    size_of,
    whole,
    working_dtype,
)
from symmeter.nn.gaunt.exact_constants import ExactConstants
from symmeter.nn.gaunt.routes import route_of
from symmeter.representations import real_sph_harm
from symmeter.representations.harmonic_conventions import polar_axis

__all__ = ["GauntConv"]

BACKENDS = ("aligned", "grid", "so2")


@final
class GauntConv(torch.nn.Module):
    """Messages x_source * h(r), summed at the target of each edge.

    Parameters
    ----------
    lmax_in, lmax_out, lmax_filter : int
    radial : callable or module, optional
        From distances (E, 1) to radial functions: (E, lmax_filter + 1), or (E, channels * (lmax_filter + 1)) for one
        set per channel; for ``so2``, (E, lmax_out + 1) or (E, channels * (lmax_out + 1)), which scale the message.
        All ones when omitted.
    channels : int, optional
        Channels of x, for ``so2`` and for checks; taken from x when omitted.
    backend : {"aligned", "grid", "so2"}
        ``aligned`` and ``grid`` give the same numbers.
    axis : {"e3nn", "standard"}
    generator : torch.Generator, optional
        For the weights of ``so2``.

    Raises
    ------
    InputError
        For edges of length zero, which have no direction.

    Examples
    --------
    >>> conv = GauntConv(lmax_in=2, lmax_out=2, lmax_filter=2)
    >>> x, r = torch.randn(3, 4, 9), torch.randn(5, 3)
    >>> conv(x, r, torch.tensor([[0, 1, 2, 0, 1], [1, 2, 0, 2, 0]])).shape
    torch.Size([3, 4, 9])
    """

    def __init__(
        self,
        lmax_in: int,
        lmax_out: int,
        lmax_filter: int,
        radial: Callable[[torch.Tensor], torch.Tensor] | None = None,
        *,
        channels: int | None = None,
        backend: str = "aligned",
        axis: str = "e3nn",
        allow_zero: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.lmaxes = check_degrees(lmax_in, lmax_filter, lmax_out, allow_zero)
        self.axis = polar_axis(axis)
        if backend not in BACKENDS:
            raise UnknownNameError(f"backend is {backend!r}; it must be one of {', '.join(BACKENDS)}")
        self.backend = backend
        if radial is not None and not callable(radial):
            raise InputTypeError(f"radial is a {type(radial).__name__}; give a function or module of distances (E, 1)")
        check_generator(generator)
        self.radial = radial
        self.channels = None if channels is None else whole(channels, "channels")
        if self.channels == 0:
            raise InputError("channels is 0; give at least one channel, or leave it out")
        if backend == "aligned":
            self.constants = ExactConstants(_latitude_arrays(self.lmaxes))
        elif backend == "grid":
            self.product = route_of("auto", self.lmaxes, "integral")
        else:
            if not self.channels:
                raise InputError("backend='so2' has weights per channel; give channels, such as channels=16")
            self.blocks = OrderBlocks(lmax_in, lmax_out, self.channels, generator)

    def forward(
        self,
        x: Float[torch.Tensor, "n c k"],
        edge_vec: Float[torch.Tensor, "e 3"],
        edge_index: Int[torch.Tensor, "2 e"],
        n_out: int | None = None,
    ) -> Float[torch.Tensor, "n_out c k_out"]:
        """Sums of messages at the targets.

        Parameters
        ----------
        x : tensor of shape (n, channels, (lmax_in+1)^2)
        edge_vec : tensor of shape (E, 3)
            From source to target, or the other way round, as the network means it.
        edge_index : integer tensor of shape (2, E)
            Sources, then targets.
        n_out : int, optional
            Number of targets; as many as sources when omitted.
        """
        self._check(x, edge_vec, edge_index)
        targets = x.shape[0] if n_out is None else whole(n_out, "n_out")
        if autocast_active(x):
            with torch.autocast(x.device.type, enabled=False):
                return self.forward(x, edge_vec, edge_index, n_out)
        length = torch.linalg.vector_norm(edge_vec, dim=-1, keepdim=True)
        if edge_vec.shape[0] and not torch.compiler.is_compiling() and x.device.type != "meta":
            _check_edges(length, edge_index, x.shape[0], targets)
        kind = working_dtype(x, edge_vec)
        unit = (edge_vec / length).to(kind)
        message = self._messages(x.to(kind).index_select(0, edge_index[0]), unit, self._radial(length, kind, x))
        out = message.new_zeros((targets, *message.shape[1:]))
        return out.index_add(0, edge_index[1], message).to(x.dtype)

    def _check(self, x: Any, edge_vec: Any, edge_index: Any) -> None:
        check_coefficients(x, self.lmaxes[0], "x")
        if x.ndim != 3 or (self.channels and x.shape[1] != self.channels):
            wanted = self.channels or "channels"
            raise ShapeError(f"x has shape {tuple(x.shape)}; it must be (nodes, {wanted}, {size_of(self.lmaxes[0])})")
        if not isinstance(edge_vec, torch.Tensor) or not edge_vec.is_floating_point():
            raise InputTypeError("edge_vec must be a real floating-point tensor of shape (edges, 3)")
        if edge_vec.ndim != 2 or edge_vec.shape[1] != 3:
            raise ShapeError(f"edge_vec has shape {tuple(edge_vec.shape)}; it must be (edges, 3)")
        if not isinstance(edge_index, torch.Tensor) or edge_index.dtype not in (torch.int64, torch.int32):
            kind = edge_index.dtype if isinstance(edge_index, torch.Tensor) else type(edge_index).__name__
            raise InputTypeError(f"edge_index is {kind}; it must be an integer tensor of shape (2, edges)")
        if tuple(edge_index.shape) != (2, edge_vec.shape[0]):
            raise ShapeError(f"edge_index has shape {tuple(edge_index.shape)}; it must be (2, {edge_vec.shape[0]})")

    def _radial(self, length: torch.Tensor, kind: torch.dtype, x: torch.Tensor) -> torch.Tensor:
        """(E, 1 or channels, degrees)."""
        degrees = (self.lmaxes[2] if self.backend == "so2" else self.lmaxes[1]) + 1
        if self.radial is None:
            return length.new_ones(len(length), 1, degrees, dtype=kind)
        r = self.radial(length)
        if not isinstance(r, torch.Tensor):
            raise InputTypeError(f"radial gives a {type(r).__name__}; it must give a tensor (edges, {degrees})")
        r = r.to(kind)
        if r.numel() not in (len(length) * degrees, len(length) * degrees * x.shape[1]):
            raise ShapeError(
                f"radial gives shape {tuple(r.shape)} for {len(length)} edges; it must be (edges, {degrees}) or "
                f"(edges, {x.shape[1] * degrees})"
            )
        return r.reshape(len(length), -1, degrees)

    def _messages(self, x: torch.Tensor, unit: torch.Tensor, radial: torch.Tensor) -> torch.Tensor:
        if self.backend == "grid":
            harmonics: Any = real_sph_harm(unit, self.lmaxes[1], axis=self.axis, normalize=False)  # type: ignore[arg-type]
            index = torch.as_tensor(degree_index(self.lmaxes[1]), device=x.device)
            return self.product(x, harmonics[:, None, :] * radial.index_select(-1, index))
        matrices = alignment(unit, max(self.lmaxes[0], self.lmaxes[2]), self.axis)
        turned = align(x, matrices[: self.lmaxes[0] + 1])
        if self.backend == "so2":
            index = torch.as_tensor(degree_index(self.lmaxes[2]), device=x.device)
            found = self.blocks(turned) * radial.index_select(-1, index)
        else:
            found = self._on_latitudes(turned, radial)
        return unalign(found, matrices[: self.lmaxes[2] + 1])

    def _on_latitudes(self, x: torch.Tensor, radial: torch.Tensor) -> torch.Tensor:
        gather, legendre, profile, weighted, back = self.constants.tensors(x.dtype)
        orders, degrees, _ = legendre.shape
        values = torch.einsum("ecml,mlt->ecmt", x.index_select(-1, gather).unflatten(-1, (orders, degrees)), legendre)
        values = values * (radial @ profile)[:, :, None, :]
        keep = weighted.shape[0]
        low = max(0, (keep - orders) // 2)
        # Orders that only one side has: the output's are zero, the input's are dropped.
        values = torch.nn.functional.pad(values, (0, 0, low, low)) if low else values[..., _middle(orders, keep), :]
        return torch.einsum("ecmt,mtl->ecml", values, weighted).flatten(-2).index_select(-1, back)

    def extra_repr(self) -> str:
        a, b, c = self.lmaxes
        return f"lmax {a} x filter {b} -> {c}, backend={self.backend!r}, axis={self.axis!r}"


def _check_edges(length: torch.Tensor, edge_index: torch.Tensor, sources: int, targets: int) -> None:
    """Raise for edges without a direction, and for nodes that do not exist."""
    if not bool(((length > 0) & torch.isfinite(length)).all()):
        zero = (length[:, 0] == 0).nonzero()
        raise InputError(
            f"edge {int(zero[0])} has length zero and no direction; remove self-loops"
            if len(zero)
            else "edge_vec contains NaN or infinity; clean the positions first"
        )
    for row, count, name in ((edge_index[0], sources, "source"), (edge_index[1], targets, "target")):
        low, high = int(row.min()), int(row.max())
        if low < 0 or high >= count:
            raise InputError(
                f"edge_index has the {name} {low if low < 0 else high}; there are {count} {name}s, numbered from 0"
            )


def _middle(orders: int, keep: int) -> slice:
    start = max(0, (orders - keep) // 2)
    return slice(start, orders - start)


def _latitude_arrays(lmaxes: tuple[int, int, int]) -> dict[str, np.ndarray]:
    """Legendre functions of the input and output by order, and the filter's profile over latitudes."""
    arrays = separable_arrays(lmaxes, "integral")
    middle = lmaxes[1]
    # Y_l at the pole is sqrt((2l+1)/4pi) for m = 0 and zero otherwise.
    at_pole = np.sqrt((2 * np.arange(middle + 1) + 1) / (4 * np.pi))
    return {
        "gather": arrays["gather0"],
        "legendre": arrays["legendre0"],
        "profile": arrays["legendre1"][middle] * at_pole[:, None],
        # The sum over longitudes of cos^2 and sin^2: 2 pi for m = 0; sqrt(2) of each harmonic makes it 2 pi for others.
        "weighted": arrays["weighted2"] * np.where(_orders(lmaxes[2]) == 0, 2 * np.pi, np.pi)[:, None, None],
        "back": arrays["back2"],
    }


def _orders(lmax: int) -> np.ndarray:
    return np.arange(-lmax, lmax + 1)


@final
class OrderBlocks(torch.nn.Module):
    """Linear maps that commute with turns about the polar axis: for each order |m| a complex matrix over degrees.

    Parameters
    ----------
    lmax_in, lmax_out, channels : int
    """

    def __init__(self, lmax_in: int, lmax_out: int, channels: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.lmax_in, self.lmax_out = lmax_in, lmax_out
        self.real, self.imaginary = torch.nn.ParameterList(), torch.nn.ParameterList()
        for m in range(min(lmax_in, lmax_out) + 1):
            shape = (channels, lmax_in + 1 - m, lmax_out + 1 - m)
            scale = (lmax_in + 1 - m) ** -0.5
            self.real.append(torch.randn(shape, generator=generator) * scale)
            if m:
                self.imaginary.append(torch.randn(shape, generator=generator) * scale)

    def forward(self, x: Float[torch.Tensor, "e c k"]) -> Float[torch.Tensor, "e c k_out"]:
        out = x.new_zeros((*x.shape[:-1], size_of(self.lmax_out)))
        for m, a in enumerate(self.real):
            source, target = (torch.arange(m, lmax + 1, device=x.device) for lmax in (self.lmax_in, self.lmax_out))
            source, target = source * source + source, target * target + target
            cosine = x.index_select(-1, source + m)
            a = a.to(x.dtype)
            if m == 0:
                out = out.index_copy(-1, target, torch.einsum("ecl,clk->eck", cosine, a))
                continue
            b, sine = self.imaginary[m - 1].to(x.dtype), x.index_select(-1, source - m)
            plus = torch.einsum("ecl,clk->eck", cosine, a) - torch.einsum("ecl,clk->eck", sine, b)
            minus = torch.einsum("ecl,clk->eck", cosine, b) + torch.einsum("ecl,clk->eck", sine, a)
            out = out.index_copy(-1, target + m, plus).index_copy(-1, target - m, minus)
        return out

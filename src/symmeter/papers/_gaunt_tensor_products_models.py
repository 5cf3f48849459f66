"""Two small equivariant models whose products can be exchanged: a many-body potential and a point-cloud classifier.

Both gather neighbours into coefficients A[channel, l m], multiply them twice (three bodies beside the centre), and read
scalars out, as the atomic cluster expansion does. Only the product differs: Gaunt, our Clebsch-Gordan route with one
weight per path, or e3nn's.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch

from symmeter.nn.gaunt import GauntTensorProduct
from symmeter.nn.gaunt.degrees import degree_index
from symmeter.nn.gaunt.weights import DegreeMix
from symmeter.papers._gaunt_tensor_products_data import CUTOFF
from symmeter.representations import real_sph_harm

__all__ = ["CloudClassifier", "Potential", "product_of"]


class _PeerProduct(torch.nn.Module):
    """e3nn's product behind coefficients (..., channels, K); with odd paths, the pair (product, pseudo-function)."""

    def __init__(self, lmax: int, lmax_out: int, channels: int, odd: bool) -> None:
        super().__init__()
        from e3nn import o3  # type: ignore[import-not-found]

        from symmeter.nn.gaunt.irreps_layout import IrrepsLayout
        from symmeter.representations import Irreps

        inputs = [(channels, (ell, (-1) ** ell)) for ell in range(lmax + 1)]
        outputs = [(channels, (ell, (-1) ** ell)) for ell in range(lmax_out + 1)]
        pseudo = [(channels, (ell, -((-1) ** ell))) for ell in range(1, lmax_out + 1)] if odd else []
        i, o = o3.Irreps(inputs), o3.Irreps(outputs + pseudo)
        instructions = [
            (a, b, c, "uuu", True)
            for a, (_, x) in enumerate(i)
            for b, (_, y) in enumerate(i)
            for c, (_, z) in enumerate(o)
            if z in x * y
        ]
        self.product = o3.TensorProduct(i, i, o, instructions)
        self.width = channels * (lmax_out + 1) ** 2
        self.odd = odd
        self.source = IrrepsLayout(Irreps(inputs))
        self.target = IrrepsLayout(Irreps(outputs))

    def _flat(self, f: torch.Tensor) -> torch.Tensor:
        return torch.cat(list(self.source.pieces(f).values()), -1)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> Any:
        out = self.product(self._flat(x), self._flat(y))
        natural = self.target.to_function(out[..., : self.width])
        if not self.odd:
            return natural
        channels = natural.shape[-2]
        zero = natural.new_zeros((*natural.shape[:-1], 1))
        blocks, start = [zero], self.width
        for ell in range(1, round(natural.shape[-1] ** 0.5)):
            size = channels * (2 * ell + 1)
            blocks.append(out[..., start : start + size].unflatten(-1, (channels, 2 * ell + 1)))
            start += size
        return natural, torch.cat(blocks, -1)


def product_of(engine: str, lmax: int, lmax_out: int, channels: int, odd: bool = False) -> torch.nn.Module:
    """The product of an engine: ``"gaunt"``, ``"cg"`` or ``"e3nn"``."""
    if engine == "e3nn":
        return _PeerProduct(lmax, lmax_out, channels, odd)
    weights = "separable" if engine == "gaunt" else "full"
    return GauntTensorProduct(lmax, lmax, lmax_out, channels=channels, weights=weights, antisymmetric=odd)


def _perceptron(*sizes: int) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for a, b in pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.SiLU()]
    return torch.nn.Sequential(*layers[:-1])


class _Neighbourhood(torch.nn.Module):
    """Coefficients A = sum over neighbours of R[channel, l](r) Y_lm(r)."""

    centres: torch.Tensor

    def __init__(self, lmax: int, channels: int, reach: float, basis: int = 8) -> None:
        super().__init__()
        self.lmax, self.channels, self.reach = lmax, channels, reach
        self.register_buffer("centres", torch.linspace(0.5 * reach / basis, reach, basis))
        self.register_buffer("degree", torch.from_numpy(degree_index(lmax).copy()))
        self.radial = _perceptron(basis, 24, channels * (lmax + 1))

    def forward(self, vectors: torch.Tensor, cut: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
        """Vectors (..., n, 3) to neighbours, their lengths and cut-off values (..., n): (..., channels, K)."""
        basis = torch.exp(-0.5 * ((length[..., None] - self.centres) * len(self.centres) / self.reach) ** 2)
        r = self.radial(basis).unflatten(-1, (self.channels, self.lmax + 1)) * cut[..., None, None]
        y: Any = real_sph_harm(vectors, self.lmax)  # type: ignore[arg-type]
        parts = [
            torch.einsum("...nc,...nm->...cm", r[..., ell], y[..., ell * ell : (ell + 1) ** 2])
            for ell in range(self.lmax + 1)
        ]
        return torch.cat(parts, -1)


class Potential(torch.nn.Module):
    """Energies of clusters (B, n, 3), with forces by differentiation.

    Parameters
    ----------
    engine : str
    lmax, channels : int
    seed : int
        Everything but the product starts alike for all engines.
    """

    def __init__(self, engine: str, lmax: int, channels: int, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.gather = _Neighbourhood(lmax, channels, CUTOFF)
        mixed = (channels,) * (lmax + 1)
        self.mixes = torch.nn.ModuleList(DegreeMix(mixed, mixed) for _ in range(3))
        self.readout = _perceptron(3 * channels, 32, 1)
        self.scale = torch.nn.Parameter(torch.ones(3 * channels))
        self.first = product_of(engine, lmax, lmax, channels)
        self.second = product_of(engine, lmax, 0, channels)

    def forward(self, positions: torch.Tensor) -> torch.Tensor:
        n = positions.shape[1]
        apart = positions[:, None] - positions[:, :, None]
        keep = ~torch.eye(n, dtype=torch.bool, device=positions.device)
        vectors = apart[:, keep].unflatten(1, (n, n - 1))
        length = vectors.norm(dim=-1)
        near = length < CUTOFF
        gap = torch.where(near, length / CUTOFF, torch.ones_like(length))
        cut = torch.where(near, (1 - gap**2) ** 3, torch.zeros_like(gap))
        a = self.gather(vectors, cut, length)
        two = self.first(self.mixes[0](a), self.mixes[1](a))
        three = self.second(two, self.mixes[2](a))
        scalars = torch.cat((a[..., 0], two[..., 0], three[..., 0]), -1) * self.scale
        return self.readout(scalars).sum((1, 2))


class CloudClassifier(torch.nn.Module):
    """Class scores of centred clouds (B, n, 3) from scalars, and from pseudo-scalars with ``odd``.

    Parameters
    ----------
    engine : str
    odd : bool
        With the antisymmetric product, without which a shape and its mirror image give the same numbers.
    """

    def __init__(self, engine: str, odd: bool, seed: int, lmax: int = 3, channels: int = 8, classes: int = 8) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.odd = odd
        self.gather = _Neighbourhood(lmax, channels, 2.2)
        mixed = (channels,) * (lmax + 1)
        self.mixes = torch.nn.ModuleList(DegreeMix(mixed, mixed) for _ in range(3))
        self.first = product_of(engine, lmax, lmax, channels, odd)
        self.second = product_of(engine, lmax, 0, channels)
        self.third = product_of(engine, lmax, 0, channels) if odd else None
        self.readout = _perceptron((3 + odd) * channels, 32, classes)
        self.scale = torch.nn.Parameter(torch.ones((3 + odd) * channels))

    def scalars(self, points: torch.Tensor) -> torch.Tensor:
        """Invariants, pseudo-scalars last."""
        length = points.norm(dim=-1)
        a = self.gather(points, torch.ones_like(length), length)
        b, c, d = (mix(a) for mix in self.mixes)
        found = self.first(b, c)
        two, pseudo = found if self.odd else (found, None)
        parts = [a[..., 0], two[..., 0], self.second(two, d)[..., 0]]
        if self.third is not None and pseudo is not None:
            parts.append(self.third(pseudo, d)[..., 0])
        return torch.cat(parts, -1)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        return self.readout(self.scalars(points) * self.scale)

"""The network on tensor features whose linear maps are free, and what it shares with those it is compared with.

A block is a linear map to the features and one gate for each that is no scalar, plus bilinear products of these, then
``sigmoid(gate) z`` (scalars gate themselves) plus a leak ``w swish(z)``, the one step besides the weights that respects
no group. The last layer is linear. The features' types, products and gates follow the base group.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from symmeter.errors import InputError, ShapeError
from symmeter.nn.soft.blocks import LayerMap, LinearMap
from symmeter.nn.soft.candidates import Candidate, candidate, candidates_of, check_products_follow
from symmeter.nn.soft.channels import as_type, gate_count, uniform_channels
from symmeter.nn.soft.products import BilinearProducts
from symmeter.nn.soft.projected_weights import WeightProjection
from symmeter.representations import TensorType

__all__ = [
    "GatedBlock",
    "SoftEMLP",
    "TensorLinear",
    "TensorNetwork",
    "maps_of",
    "parameters_of",
    "squared_norm",
    "squares_of",
]

#: Ways to start the weights; "halfsoft" halves what breaks the base group, "rpp" leaves a thousandth of it.
STARTS = ("orthogonal", "halfsoft", "rpp")
_LEAK = 1e-3


class TensorLinear(torch.nn.Module):
    """A linear layer that knows the features it leads from and to.

    Parameters
    ----------
    source, target : TensorType
    d : int
    generator : torch.Generator, optional
    """

    def __init__(
        self, source: TensorType, target: TensorType, d: int, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        self.source, self.target = source, target
        n_in, n_out = source.size(d), target.size(d)
        weight = torch.empty(n_out, n_in)
        torch.nn.init.orthogonal_(weight, generator=generator)
        self.weight = torch.nn.Parameter(weight)
        self.bias = torch.nn.Parameter(torch.rand(n_out, generator=generator) / math.sqrt(n_out))

    def forward(self, x: Float[torch.Tensor, "... n"]) -> Float[torch.Tensor, "... m"]:
        return torch.nn.functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"{self.source} -> {self.target}"


class GatedBlock(torch.nn.Module):
    """What follows a linear map: products, gates and the leak.

    Parameters
    ----------
    hidden : TensorType
        Sorted by kind, scalars first.
    d : int
    orthogonal : bool
        Whether the base group is.
    leak : bool
        Without it the block is equivariant.
    """

    gate: torch.Tensor

    def __init__(
        self, hidden: TensorType, d: int, orthogonal: bool, leak: bool = True, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        scalars = sum(rank == 0 for rank in hidden.ranks)
        tensors = tuple(t for t in hidden.terms if sum(t))
        self.hidden = hidden
        #: What the linear map before must give: scalars, then the gates, then the others.
        self.expects = TensorType(((0, 0),) * (scalars + gate_count(hidden)) + tensors)
        self.products = BilinearProducts(self.expects, d, orthogonal, generator=generator)
        self._scalars, self._signals = scalars, scalars + gate_count(hidden)
        sizes = np.array([d ** sum(t) for t in hidden.terms])
        #: For each coordinate that leaves the block, the scalar that opens it.
        self.register_buffer("gate", torch.from_numpy(np.repeat(np.arange(len(sizes)), sizes)), persistent=False)
        self.leak = torch.nn.Parameter(torch.full((hidden.size(d),), _LEAK)) if leak else None

    def forward(self, y: Float[torch.Tensor, "n b"]) -> Float[torch.Tensor, "m b"]:
        """From the linear map's output to the next one's input, the batch last in both."""
        z = self.products(y)
        gates = torch.sigmoid(z.narrow(0, 0, self._signals)).index_select(0, self.gate)
        values = z
        if self._signals > self._scalars:
            values = torch.cat([z.narrow(0, 0, self._scalars), z.narrow(0, self._signals, len(z) - self._signals)])
        out = gates * values
        if self.leak is None:
            return out
        return torch.addcmul(out, self.leak[:, None], torch.nn.functional.silu(values))


class TensorNetwork(torch.nn.Module):
    """What the networks share; concrete ones say what their weights are.

    Attributes
    ----------
    source, target : TensorType
        Features of the input and the output.
    base : Candidate
        The group that the features' types follow.
    linears : ModuleList of TensorLinear
    blocks : ModuleList of GatedBlock
    """

    def __init__(
        self,
        rep_in: TensorType | str,
        rep_out: TensorType | str,
        base: Any,
        channels: int | TensorType | str = 128,
        layers: int = 4,
        leak: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if isinstance(layers, bool) or not isinstance(layers, int) or layers < 1:
            raise InputError(f"layers is {layers!r}; it must be the number of linear layers, at least 1")
        self.base = candidate(getattr(base, "name", "base"), base)
        d = self.base.dimension
        self.source, self.target = as_type(rep_in, "rep_in"), as_type(rep_out, "rep_out")
        hidden = (
            uniform_channels(channels, d, self.base.is_orthogonal)
            if isinstance(channels, int)
            else _sorted(as_type(channels, "channels"))
        )
        self.hidden = hidden
        self.blocks = torch.nn.ModuleList(
            GatedBlock(hidden, d, self.base.is_orthogonal, leak, generator) for _ in range(layers - 1)
        )
        sources = [self.source] + [hidden] * (layers - 1)
        targets = [b.expects for b in self.gated_blocks] + [self.target]
        self.linears = torch.nn.ModuleList(TensorLinear(s, t, d, generator) for s, t in zip(sources, targets))

    @property
    def dimension(self) -> int:
        """Size d of the base space."""
        return self.base.dimension

    @property
    def gated_blocks(self) -> list[GatedBlock]:
        """The blocks, as what they are."""
        return list(self.blocks)  # type: ignore[arg-type]

    @property
    def linear_layers(self) -> list[TensorLinear]:
        """The linear layers, as what they are."""
        return list(self.linears)  # type: ignore[arg-type]

    def linear_maps(self) -> list[LinearMap]:
        """The parameters of the linear layers, with their features."""
        return maps_of(self.linears, "linears")

    def weights(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The weight and bias that each layer uses."""
        return [(layer.weight, layer.bias) for layer in self.linear_layers]

    def forward(self, x: Float[torch.Tensor, "b n"]) -> Float[torch.Tensor, "b m"]:
        size = self.source.size(self.dimension)
        if x.ndim != 2 or x.shape[1] != size:
            raise ShapeError(
                f"the input has shape {tuple(x.shape)}; {self.source} has {size} coordinates over a space of dimension "
                f"{self.dimension}, so give shape (batch, {size})"
            )
        pairs = self.weights()
        # The batch stands last inside: features of one kind are then contiguous, and nothing is copied between layers.
        h = x.mT
        for (weight, bias), block in zip(pairs, self.blocks):
            h = block(torch.addmm(bias[:, None], weight, h))
        weight, bias = pairs[-1]
        return torch.nn.functional.linear(h.mT, weight, bias)

    def decay(self, weight_decay: float = 0.0, gate_decay: float = 1.0) -> Float[torch.Tensor, ""]:
        """``weight_decay / 2 * sum(|W|^2 + |b|^2) + gate_decay * sum(w^2)`` over linear layers and leaks."""
        leaks = [b.leak for b in self.gated_blocks if b.leak is not None]
        total = self.linear_layers[0].weight.new_zeros(())
        if leaks and gate_decay:
            total = total + gate_decay * squared_norm(leaks)
        return total + self._weight_decay(weight_decay) if weight_decay else total

    def _weight_decay(self, weight_decay: float) -> torch.Tensor:
        return 0.5 * weight_decay * squares_of(self.linears)

    @torch.no_grad()
    def _mix(self, inside: float, whole: float, group: Candidate) -> None:
        """``W <- inside P W + whole W`` for all weights and biases."""
        parameters = parameters_of(self.linears)
        projection = WeightProjection(self.linear_maps(), group).to(parameters[0])
        for p, q in zip(parameters, projection(*parameters)):
            p.copy_(inside * q + whole * p)


class SoftEMLP(TensorNetwork):
    """A network with free weights, whose linear maps :class:`~symmeter.nn.soft.PER` draws towards candidate groups.

    Parameters
    ----------
    rep_in, rep_out : TensorType or str
        Features of input and output: ``5*Scalar + 5*Vector`` or ``"5T0+5T1"``.
    base : Group
        The largest group: it defines the features' types, products and gates, and gets no penalty.
    candidates : mapping of str to Group, optional
        Kept for :class:`~symmeter.nn.soft.PER`; subgroups of the base.
    channels : int or TensorType
        Width of the hidden layers, divided among tensors by the uniform rule, or the features themselves.
    layers : int
        Number of linear layers.
    init : {"orthogonal", "halfsoft", "rpp"}
    leak : bool
    generator : torch.Generator, optional

    Examples
    --------
    >>> from symmeter.groups import O, embed
    >>> from symmeter.representations import Scalar, Tensor, Vector
    >>> net = SoftEMLP(5 * Scalar + 5 * Vector, Tensor(2), base=O(3), channels=54, layers=2)
    >>> net(torch.randn(8, 20)).shape
    torch.Size([8, 9])
    """

    def __init__(
        self,
        rep_in: TensorType | str,
        rep_out: TensorType | str,
        base: Any,
        candidates: Any = None,
        channels: int | TensorType | str = 128,
        layers: int = 4,
        init: str = "orthogonal",
        leak: bool = True,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(rep_in, rep_out, base, channels, layers, leak, generator)
        if init not in STARTS:
            raise InputError(f"init is {init!r}; it must be one of {', '.join(STARTS)}")
        self.candidates: tuple[Candidate, ...] = (
            () if candidates is None else candidates_of(candidates, self.base.dimension)
        )
        check_products_follow(self.base, self.candidates)
        if init == "halfsoft":
            self._mix(0.5, 0.5, self.base)
        elif init == "rpp":
            self._mix(1.0, 1e-3, self.base)


def maps_of(layers: torch.nn.ModuleList, prefix: str) -> list[LinearMap]:
    """The weights and biases of some tensor layers, with their features."""
    return [
        LayerMap(f"{prefix}.{k}", layer, layer.target, layer.source)  # type: ignore[arg-type]
        for k, layer in enumerate(layers)
    ]


def parameters_of(layers: torch.nn.ModuleList) -> list[torch.Tensor]:
    """Weight and bias of each layer in turn."""
    return [p for layer in layers for p in (layer.weight, layer.bias)]  # type: ignore[misc]


def squares_of(layers: torch.nn.ModuleList) -> torch.Tensor:
    """``sum |W|^2 + |b|^2``."""
    return squared_norm(parameters_of(layers))


def squared_norm(parameters: Sequence[torch.Tensor]) -> torch.Tensor:
    """The sum of the squares of all entries, in two operations instead of two a tensor."""
    flat = torch.cat([p.reshape(-1) for p in parameters])
    return flat.dot(flat)


def _sorted(features: TensorType) -> TensorType:
    return TensorType(tuple(sorted(features.terms, key=lambda k: (sum(k), -k[0]))))

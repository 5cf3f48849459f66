"""The networks that soft equivariance is compared with, on the same blocks: hard, residual-pathway, and none at all.

``EMLP`` has ``W = P_G theta``; ``RPP`` has ``W = P_G theta + W'`` with Gaussian priors of different widths (Finzi,
Benton and Wilson 2021), ``MixedRPP`` the residual path within a subgroup; ``MLP`` knows no features.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.nn.soft.candidates import candidates_of, check_products_follow
from symmeter.nn.soft.networks import (
    SoftEMLP,
    TensorLinear,
    TensorNetwork,
    maps_of,
    parameters_of,
    squared_norm,
    squares_of,
)
from symmeter.nn.soft.projected_weights import WeightProjection
from symmeter.representations import TensorType

__all__ = ["EMLP", "MLP", "RPP", "MixedRPP", "with_weights"]


class EMLP(TensorNetwork):
    """A network that is exactly equivariant under a group: ``W = P_G theta``, without the leak.

    Parameters
    ----------
    rep_in, rep_out : TensorType or str
    group : Group
        The group to respect.
    base : Group, optional
        A larger group that products and gates follow; the group itself when omitted.
    channels, layers, generator
        As in :class:`SoftEMLP`.
    """

    def __init__(
        self,
        rep_in: TensorType | str,
        rep_out: TensorType | str,
        group: Any,
        base: Any = None,
        channels: int | TensorType | str = 128,
        layers: int = 4,
        generator: torch.Generator | None = None,
    ) -> None:
        base = group if base is None else base
        super().__init__(rep_in, rep_out, base, channels, layers, leak=False, generator=generator)
        self.group = candidates_of({getattr(group, "name", "group"): group}, self.base.dimension)[0]
        check_products_follow(self.base, [self.group])
        self.projection = WeightProjection(self.linear_maps(), self.group)

    def weights(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Projected weights."""
        return _pairs(self.projection(*parameters_of(self.linears)))


class RPP(TensorNetwork):
    """Residual-pathway prior: an equivariant path plus a free one, with Gaussian priors of different widths.

    Parameters
    ----------
    rep_in, rep_out, base, channels, layers, generator
        As in :class:`SoftEMLP`.
    basic_decay, equivariant_decay : float
        Factors of ``sum |W'|^2`` and ``sum |theta|^2`` in :meth:`decay`.
    """

    def __init__(
        self,
        rep_in: TensorType | str,
        rep_out: TensorType | str,
        base: Any,
        channels: int | TensorType | str = 128,
        layers: int = 4,
        basic_decay: float = 1.0,
        equivariant_decay: float = 1e-5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(rep_in, rep_out, base, channels, layers, True, generator)
        d = self.base.dimension
        for name, value in (("basic_decay", basic_decay), ("equivariant_decay", equivariant_decay)):
            if not 0 <= value < float("inf"):
                raise InputError(f"{name} is {value}; it must be a finite number of at least 0")
        self.basic_decay, self.equivariant_decay = basic_decay, equivariant_decay
        self.equivariant = torch.nn.ModuleList(
            TensorLinear(layer.source, layer.target, d, generator) for layer in self.linear_layers
        )
        with torch.no_grad():
            for p in parameters_of(self.linears):
                p.mul_(1e-3)
        self.projection = WeightProjection(maps_of(self.equivariant, "equivariant"), self.base)

    def weights(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The sum of the two paths."""
        inside = self.projection(*parameters_of(self.equivariant))
        return _pairs([p + q for p, q in zip(inside, self._residual())])

    def _residual(self) -> Sequence[torch.Tensor]:
        return parameters_of(self.linears)

    def _weight_decay(self, weight_decay: float) -> torch.Tensor:
        free, inside = squares_of(self.linears), squares_of(self.equivariant)
        return self.basic_decay * free + self.equivariant_decay * inside

    def decay(self, weight_decay: float = 1.0, gate_decay: float = 1.0) -> Float[torch.Tensor, ""]:
        """The priors of the two paths, ``basic_decay sum |W'|^2 + equivariant_decay sum |theta|^2``, and of the leak.

        Only whether ``weight_decay`` is zero matters; the widths of the priors are the network's own.
        """
        return super().decay(weight_decay, gate_decay)

    @torch.no_grad()
    def merged(self) -> SoftEMLP:
        """The same function as a :class:`SoftEMLP`, the two paths added up."""
        net = SoftEMLP(self.source, self.target, self.base, channels=self.hidden, layers=len(self.linears))
        return with_weights(net, self)


class MixedRPP(RPP):
    """A residual-pathway prior whose free path respects a subgroup.

    Parameters
    ----------
    subgroup : Group
        What the residual path is projected to.
    """

    def __init__(
        self,
        rep_in: TensorType | str,
        rep_out: TensorType | str,
        base: Any,
        subgroup: Any,
        channels: int | TensorType | str = 128,
        layers: int = 4,
        basic_decay: float = 1.0,
        equivariant_decay: float = 1e-5,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(rep_in, rep_out, base, channels, layers, basic_decay, equivariant_decay, generator)
        self.subgroup = candidates_of({getattr(subgroup, "name", "subgroup"): subgroup}, self.base.dimension)[0]
        check_products_follow(self.base, [self.subgroup])
        self.inner_projection = WeightProjection(self.linear_maps(), self.subgroup)

    def _residual(self) -> Sequence[torch.Tensor]:
        return self.inner_projection(*parameters_of(self.linears))


class MLP(torch.nn.Sequential):
    """An ordinary network, the comparator without any symmetry.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden widths, outputs.
    activation : type of torch.nn.Module

    Examples
    --------
    >>> MLP([6, 64, 64, 9])(torch.zeros(2, 6)).shape
    torch.Size([2, 9])
    """

    def __init__(self, sizes: Sequence[int], activation: type[torch.nn.Module] = torch.nn.SiLU) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise InputError(f"sizes are {list(sizes)}; give the inputs, hidden widths and outputs, each at least 1")
        layers: list[torch.nn.Module] = []
        for n_in, n_out in pairwise(sizes):
            layers += [torch.nn.Linear(n_in, n_out), activation()]
        super().__init__(*layers[:-1])

    def decay(self, weight_decay: float = 0.0, gate_decay: float = 0.0) -> Float[torch.Tensor, ""]:
        """``weight_decay / 2 * sum(|W|^2 + |b|^2)``."""
        return 0.5 * weight_decay * squared_norm(list(self.parameters()))


def _pairs(flat: Sequence[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return list(zip(flat[::2], flat[1::2]))


@torch.no_grad()
def with_weights(net: Any, other: TensorNetwork) -> Any:
    """Give a network the weights that another one uses, and its products and leaks."""
    like = other.linear_layers[0].weight
    net = net.to(device=like.device, dtype=like.dtype)
    for layer, (weight, bias) in zip(net.linear_layers, other.weights()):
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    for mine, theirs in zip(net.gated_blocks, other.gated_blocks):
        mine.products.load_state_dict(theirs.products.state_dict())
        if mine.leak is not None and theirs.leak is not None:
            mine.leak.copy_(theirs.leak)
        elif mine.leak is not None:
            mine.leak.zero_()
    return net

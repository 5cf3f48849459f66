"""The weights of many layers as rows of tensors, one matrix for each type of block.

Inside a layer from m copies of T(p) to n copies of T(q), equivariance asks the same of each of the n m blocks, and a
bias is a block from T(0). So all blocks of one type, over all layers, are gathered as the rows of one matrix, and
whatever a group wants of them is one matrix product. Each weight stands in exactly one row: gathering and scattering
are permutations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError
from symmeter.nn.soft.channels import coordinates_by_kind
from symmeter.nn.soft.null_space import block_signs
from symmeter.representations import TensorType

__all__ = ["BlockRows", "LayerMap", "LinearMap", "at_least_single", "check_is_parameter", "set_parameter"]


@dataclass(frozen=True, eq=False)
class LinearMap:
    """A weight and a bias, with the features that they lead from and to.

    Attributes
    ----------
    name : str
        Where it stands in the network.
    weight : tensor of shape (n_out, n_in) or (n_out, n_in, ...)
        Further axes, such as the taps of a convolution that a group does not move, count copies of the map.
    bias : tensor of shape (n_out,), or None
    target, source : TensorType
    """

    name: str
    weight: torch.Tensor
    bias: torch.Tensor | None
    target: TensorType
    source: TensorType

    def check_is_set(self) -> None:
        """Raise where new values of the weight would be lost; tensors that were given can always be set."""

    def check(self, d: int) -> None:
        """Raise unless the features fit the weight over a base space of dimension d.

        Raises
        ------
        ShapeError
            With both numbers.
        """
        for features, size, side in (
            (self.target, self.weight.shape[0], "outputs"),
            (self.source, self.weight.shape[1], "inputs"),
        ):
            if features.size(d) != size:
                raise ShapeError(
                    f"{self.name}: {features} has {features.size(d)} coordinates over a space of dimension {d}, but "
                    f"the layer has {size} {side}"
                )


def set_parameter(p: torch.Tensor, new: torch.Tensor, frozen_too: bool = False) -> None:
    """Give a parameter new values in place, unless it is frozen."""
    if frozen_too or p.requires_grad or not isinstance(p, torch.nn.Parameter):
        p.copy_(new)


class LayerMap(LinearMap):
    """A linear map that looks its tensors up in a layer at every use.

    Parameters of a layer are sometimes exchanged (``load_state_dict(assign=True)``, parametrisations); what was kept
    from before would then be penalised in their place, in silence.

    Parameters
    ----------
    name : str
    layer : Module
    target, source : TensorType
    weight, bias : str
        Names of the tensors in the layer.
    """

    def __init__(
        self,
        name: str,
        layer: torch.nn.Module,
        target: TensorType,
        source: TensorType,
        weight: str = "weight",
        bias: str = "bias",
    ) -> None:
        fields = {"name": name, "target": target, "source": source, "_at": (layer, weight, bias)}
        for key, value in fields.items():
            object.__setattr__(self, key, value)

    @property
    def weight(self) -> torch.Tensor:  # type: ignore[override]
        layer, name, _ = self._at  # type: ignore[attr-defined]
        return getattr(layer, name)

    def check_is_set(self) -> None:
        """Raise if the layer computes its tensors from others."""
        layer, *names = self._at  # type: ignore[attr-defined]
        for name in names:
            check_is_parameter(layer, name)

    @property
    def bias(self) -> torch.Tensor | None:  # type: ignore[override]
        layer, _, name = self._at  # type: ignore[attr-defined]
        return getattr(layer, name)


def at_least_single(kind: torch.dtype) -> torch.dtype:
    """The type itself, or single precision in place of half."""
    return torch.float32 if kind in (torch.float16, torch.bfloat16) else kind


def check_is_parameter(layer: torch.nn.Module, name: str) -> None:
    """Raise if a layer computes a tensor from others, so that setting it would change nothing.

    Raises
    ------
    InputError
    """
    if name not in layer._parameters and getattr(layer, name) is not None:
        raise InputError(
            f"{type(layer).__name__} computes its {name} from other parameters, so that it cannot be set; use "
            "mode='loss', or torch.nn.utils.parametrize.remove_parametrizations first"
        )


class BlockRows:
    """Where each weight stands among the rows, for a list of linear maps.

    Parameters
    ----------
    maps : sequence of LinearMap
    d : int
        Dimension of the base space.
    orthogonal : bool
        Whether all groups in play are orthogonal: then upper and lower indices are one, and there are fewer types.
    bias : bool
        Whether biases count.

    Attributes
    ----------
    signs : tuple of tuple of int
        The types of blocks, see :func:`~symmeter.nn.soft.null_space.block_signs`; the type without indices is last.
    shapes : tuple of (int, int)
        Rows and columns of the matrix of each type.
    """

    def __init__(self, maps: Sequence[LinearMap], d: int, orthogonal: bool, bias: bool = True) -> None:
        if not maps:
            raise InputError("there are no linear maps to regularise")
        for m in maps:
            m.check(d)
        rows: dict[tuple[int, ...], list[np.ndarray]] = {}
        self.maps = tuple(maps)
        self.with_bias = bias
        offset = 0
        for m in maps:
            offset = _add_rows(rows, m, d, orthogonal, bias, offset)
        free = rows.pop((), [])
        # Scalars are invariant whatever they do; they come last and are left out of the products.
        types = sorted(rows, key=lambda s: (len(s), s))
        stacks = [np.concatenate(rows[s]) for s in types]
        self.signs = tuple(types)
        self.shapes = tuple((len(s), s.shape[1]) for s in stacks)
        flat = [s.reshape(-1) for s in stacks] + [f.reshape(-1) for f in free]
        order = np.concatenate(flat) if flat else np.zeros(0, dtype=np.int64)
        self.size = len(order)
        self.used = sum(s.size for s in stacks)
        self.order: Int[torch.Tensor, " n"] = torch.from_numpy(order.copy())
        self.back: Int[torch.Tensor, " n"] = torch.from_numpy(np.argsort(order))

    def to(self, device: torch.device) -> None:
        """Move the two permutations."""
        if self.order.device != device:
            self.order, self.back = self.order.to(device), self.back.to(device)

    def parameters(self) -> list[torch.Tensor]:
        """Weights and biases, in the order of the flat vector."""
        out = []
        for m in self.maps:
            out.append(m.weight)
            if m.bias is not None and self.with_bias:
                out.append(m.bias)
        return out

    def flat(self, parameters: Sequence[torch.Tensor] | None = None) -> Float[torch.Tensor, " n"]:
        """All weights in one vector, in single precision at least: half precision has no room for residuals."""
        parameters = self.parameters() if parameters is None else parameters
        devices = sorted({str(p.device) for p in parameters})
        if len(devices) > 1:
            raise InputError(f"the layers lie on {', '.join(devices)}; move those of one regulariser to one device")
        flat = torch.cat([p.reshape(-1) for p in parameters])
        return flat.to(at_least_single(flat.dtype))

    def like(self) -> tuple[torch.dtype, torch.device]:
        """Type and device of the flat vector."""
        parameters = self.parameters()
        kind = reduce(torch.promote_types, (p.dtype for p in parameters))
        return at_least_single(kind), parameters[0].device

    def rows(self, flat: Float[torch.Tensor, " n"]) -> list[Float[torch.Tensor, "rows width"]]:
        """The matrix of each type."""
        self.to(flat.device)
        picked = flat.index_select(0, self.order[: self.used])
        pieces = picked.split([r * w for r, w in self.shapes]) if self.shapes else ()
        return [p.view(shape) for p, shape in zip(pieces, self.shapes)]

    def flattened(
        self, rows: Sequence[torch.Tensor], flat: Float[torch.Tensor, " n"] | None = None
    ) -> Float[torch.Tensor, " n"]:
        """The inverse of :meth:`rows`; entries between scalars come from ``flat``, or are zero."""
        first = rows[0] if rows else flat
        assert first is not None
        self.to(first.device)
        free = self.order[self.used :]
        rest = first.new_zeros(len(free)) if flat is None else flat.index_select(0, free)
        return torch.cat([*(r.reshape(-1) for r in rows), rest]).index_select(0, self.back)

    def set(self, rows: Sequence[torch.Tensor], flat: Float[torch.Tensor, " n"], frozen_too: bool = False) -> None:
        """Give the parameters the values of some rows; those that training leaves alone are left alone.

        Raises
        ------
        InputError
            For a layer that computes its weight.
        """
        for m in self.maps:
            m.check_is_set()
        for p, new in zip(self.parameters(), self.split(self.flattened(rows, flat))):
            set_parameter(p, new, frozen_too)

    def split(self, flat: Float[torch.Tensor, " n"]) -> list[torch.Tensor]:
        """The flat vector cut into tensors shaped as :meth:`parameters`."""
        shapes = [p.shape for p in self.parameters()]
        return [v.view(s) for v, s in zip(flat.split([s.numel() for s in shapes]), shapes)]


def _add_rows(
    rows: dict[tuple[int, ...], list[np.ndarray]], m: LinearMap, d: int, orthogonal: bool, bias: bool, offset: int
) -> int:
    """Record where the entries of one map stand in the flat vector; return where the next map begins."""
    targets, sources = coordinates_by_kind(m.target, d), coordinates_by_kind(m.source, d)
    n_in, taps = m.weight.shape[1], int(np.prod(m.weight.shape[2:], dtype=int))
    for out_kind, out in targets.items():
        for in_kind, into in sources.items():
            entry = (out[:, None, :, None] * n_in + into[None, :, None, :])[..., None, :, :] * taps
            places = offset + entry + np.arange(taps)[:, None, None]
            signs = block_signs(out_kind, in_kind, orthogonal)
            rows.setdefault(signs, []).append(places.reshape(-1, out.shape[1] * into.shape[1]))
    offset += m.weight.numel()
    if m.bias is not None and bias:
        for out_kind, out in targets.items():
            rows.setdefault(block_signs(out_kind, (0, 0), orthogonal), []).append(offset + out)
        offset += m.bias.numel()
    return offset

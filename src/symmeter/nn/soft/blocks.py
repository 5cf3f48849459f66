"""The weights of many layers as rows of tensors, one matrix for each type of block.

Inside a layer from m copies of T(p) to n copies of T(q), equivariance asks the same of each of the n m blocks, and a
bias is a block from T(0). So all blocks of one type, over all layers, are gathered as the rows of one matrix, and
whatever a group wants of them is one matrix product. Each weight stands in exactly one row: gathering and scattering
are permutations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from symmeter.errors import InputError, ShapeError
from symmeter.nn.soft.channels import coordinates_by_kind
from symmeter.nn.soft.null_space import block_signs
from symmeter.representations import TensorType

__all__ = ["BlockRows", "LinearMap"]


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
        """All weights in one vector."""
        return torch.cat([p.reshape(-1) for p in (self.parameters() if parameters is None else parameters)])

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

"""Continuous symmetries of a loss in the parameters, as families of units, with the charge that each unit carries.

A family names members: parts of parameters that move together. Translation adds to every entry of a part, scale
multiplies it, rescale multiplies some members and divides others, and a linear family multiplies one stack of matrices
by S and another by its inverse. After D. Kunin et al., arXiv:2012.04728, and H. Tanaka and D. Kunin, arXiv:2105.02716.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.optim.matrix_view import WHOLE, MatrixView

__all__ = ["KINDS", "Member", "ParameterSymmetry"]

#: What moves, and what gradient flow would keep.
KINDS = {
    "translation": "sum of the entries",
    "scale": "square of the length",
    "rescale": "difference of the squares of two lengths",
    "linear": "difference of two Gram matrices",
}

Tensors = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Member:
    """Part of a parameter.

    Attributes
    ----------
    name : str
        Of the parameter.
    axis : int or None
        The axis that numbers units: 0 for rows, 1 for columns; None when the whole parameter is one unit.
    sign : int
        1, or -1 for members that are divided.
    repeat : int
        So many neighbouring entries of ``axis`` belong to one unit: pixels of a channel that was flattened.
    view : MatrixView
        For linear families: how the parameter is a stack of matrices (heads, r, n) whose rows S mixes.
    weight : float
        Rate: the member is multiplied by ``exp(sign weight s)``.
    index : int or None
        This unit alone.
    groups : int
        Of a grouped convolution whose input channels are units: inputs of group k meet the k-th block of rows only.
    share : int
        For linear families: so many neighbouring heads of the stack are moved by one S, as query heads that share keys.
    """

    name: str
    axis: int | None = None
    sign: int = 1
    repeat: int = 1
    view: MatrixView = WHOLE
    weight: float = 1.0
    index: int | None = None
    groups: int = 1
    share: int = 1

    def number(self, tensor: torch.Tensor) -> int:
        """How many units it has."""
        if self.axis is None or self.index is not None:
            return 1
        return self.groups * tensor.shape[self.axis] // self.repeat

    def _part(self, tensor: torch.Tensor) -> tuple[torch.Tensor, int | None]:
        """The entries that count, and which of their axes numbers units."""
        if self.groups > 1:
            # (out, in / groups, ...) as (groups, in / groups, out / groups, ...): input channels come first.
            return tensor.unflatten(0, (self.groups, -1)).transpose(1, 2).flatten(0, 1), 0
        if self.axis is None or self.index is None:
            return tensor, self.axis
        return tensor.select(self.axis, self.index), None

    def _grouped(self, values: torch.Tensor) -> torch.Tensor:
        values = values.double().reshape(-1)
        return values.reshape(-1, self.repeat).sum(1) if self.repeat > 1 else values

    def sums(self, tensor: torch.Tensor) -> Float[torch.Tensor, " u"]:
        """Sum over the entries of each unit."""
        x, axis = self._part(tensor)
        over = [k for k in range(x.ndim) if k != axis]
        # A reading must not follow the parameter, so that nothing here is a view of it.
        return self._grouped(x.sum(over, dtype=torch.float64) if over else x.clone())

    def dots(self, first: torch.Tensor, second: torch.Tensor) -> Float[torch.Tensor, " u"]:
        """Scalar products of the entries of each unit, in the forms that torch reduces fastest."""
        x, axis = self._part(first)
        over = [k for k in range(x.ndim) if k != axis]
        if not over:
            return self._grouped(x * self._part(second)[0])
        y = self._part(second)[0]
        if axis is None:
            return self._grouped(torch.dot(x.reshape(-1), y.reshape(-1)))
        if axis == 0 and first is second:
            return self._grouped(torch.linalg.vector_norm(x, dim=over).double().square_())
        if axis != 0 and x.numel() > 2 * _BLOCK:
            # A product as large as a weight is new memory at every step, whose pages cost more than its numbers.
            rows = max(1, _BLOCK // (x.numel() // len(x)))
            parts = [(a * b).sum(over) for a, b in zip(x.split(rows), y.split(rows))]
            return self._grouped(torch.stack(parts).sum(0))
        return self._grouped((x * y).sum(over))

    def matrices(self, tensor: torch.Tensor) -> Float[torch.Tensor, "h r n"]:
        """The stack of matrices whose rows are mixed."""
        x = self.view.split(tensor)[0]
        x = x if x.ndim == 3 else x[None]
        if self.share == 1:
            return x
        # Columns of the heads that share stand side by side, so that products of rows are sums over these heads.
        return x.unflatten(0, (-1, self.share)).transpose(1, 2).flatten(-2)

    def joined(self, stack: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """The parameter of this shape whose :meth:`matrices` these are."""
        if self.share > 1:
            stack = stack.unflatten(-1, (self.share, -1)).transpose(1, 2).flatten(0, 1)
        return self.view.join((stack if any(self.view.heads) else stack[0],), shape)


#: Entries of a product that stay in the cache.
_BLOCK = 1 << 16


def _added(total: torch.Tensor | None, factor: float, term: torch.Tensor) -> torch.Tensor:
    if total is not None:
        return torch.add(total, term, alpha=factor)
    return term if factor == 1 else factor * term


@dataclass(frozen=True)
class ParameterSymmetry:
    """A family of symmetries of one kind, one for each unit.

    Attributes
    ----------
    name : str
        Short, for tables and plots: "features.0 scale".
    kind : str
        A key of :data:`KINDS`.
    members : tuple of Member
    count : int
        Units; for linear families the dimension, r^2 for each head.
    why : str
        What proposed it.
    violation : float
        Largest relative ``<g, xi>`` of a unit over the batches that were tried, NaN when not measured.
    finite : float
        Largest change of the loss under finite elements, NaN when not measured.
    violations : tuple of float
        For each batch that was tried.
    blocks : (int, int)
        Of linear families: how many matrices S, and their size.
    """

    name: str
    kind: str
    members: tuple[Member, ...]
    count: int
    why: str = ""
    violation: float = float("nan")
    finite: float = float("nan")
    violations: tuple[float, ...] = ()
    blocks: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind is {self.kind!r}; use one of {', '.join(KINDS)}")
        if not self.members:
            raise InputError(f"{self.name} has no member")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that it moves."""
        return tuple(dict.fromkeys(m.name for m in self.members))

    def pairing(self, first: Tensors, second: Tensors) -> torch.Tensor:
        """The form S between two tangent vectors: ``first^T S second`` of each unit; for translations ``first^T 1``.

        Parameters
        ----------
        first, second : mappings of tensors
            By parameter name; ``second`` is not looked at for translations.

        Returns
        -------
        tensor of shape (units,), or (heads, r, r) for linear families
            In double precision.
        """
        total: Any = None
        for m in self.members:
            if self.kind == "linear":
                x, y = m.matrices(first[m.name]).double(), m.matrices(second[m.name]).double()
                product = x @ y.mT
                total = _added(total, m.sign, (product + product.mT) / 2)
            elif self.kind == "translation":
                total = _added(total, m.sign * m.weight, m.sums(first[m.name]))
            else:
                total = _added(total, m.sign * m.weight, m.dots(first[m.name], second[m.name]))
        return total

    def charge(self, parameters: Tensors) -> torch.Tensor:
        """The charge of each unit."""
        return self.pairing(parameters, parameters)

    def angular_momentum(self, parameters: Tensors, velocities: Tensors) -> torch.Tensor:
        """Of linear families: the antisymmetric part of the sum of ``X V^T``, shape (heads, r, r).

        Raises
        ------
        InputError
            For other kinds.
        """
        if self.kind != "linear":
            raise InputError(f"{self.name} is a {self.kind} family; angular momentum belongs to linear ones")
        total: Any = 0
        for m in self.members:
            product = m.matrices(parameters[m.name]).double() @ m.matrices(velocities[m.name]).double().mT
            total = total + (product - product.mT) / 2
        return total

    def lengths(self, parameters: Tensors) -> torch.Tensor:
        """Square of the length of the generator's field, for each unit."""
        total: Any = 0
        for m in self.members:
            if self.kind == "linear":
                # The field of the symmetric generator with one entry: rows of both factors.
                square = m.matrices(parameters[m.name]).double().pow(2).sum(-1)
                total = total + (square[..., :, None] + square[..., None, :]) / 2
            else:
                x = parameters[m.name]
                if self.kind == "translation":
                    count = m.number(x)
                    entries = (
                        x.numel() if m.index is None or m.axis is None else x.numel() // x.shape[m.axis]
                    ) // count
                    total = total + torch.full((count,), m.weight**2 * entries, dtype=torch.float64, device=x.device)
                else:
                    total = total + m.weight**2 * m.dots(x, x)
        return total

    @torch.no_grad()
    def transform(self, parameters: Tensors, amounts: torch.Tensor) -> dict[str, torch.Tensor]:
        """Parameters after a finite element.

        Parameters
        ----------
        parameters : mapping of tensors
        amounts : tensor
            Of the shape of the charge; a logarithm of the factor for scale and rescale, a symmetric matrix for linear
            families.
        """
        out: dict[str, torch.Tensor] = {}
        for m in self.members:
            p = out.get(m.name, parameters[m.name])
            if self.kind == "linear":
                factor = torch.linalg.matrix_exp(m.sign * amounts).to(p.dtype)
                out[m.name] = m.joined(factor @ m.matrices(p), tuple(p.shape))
            else:
                out[m.name] = self._moved(m, p, amounts)
        return out

    def _moved(self, m: Member, p: torch.Tensor, amounts: torch.Tensor) -> torch.Tensor:
        a = amounts.to(p.dtype)
        if m.groups > 1:
            a = a.reshape(m.groups, 1, -1, *[1] * (p.ndim - 2))
            blocks = p.unflatten(0, (m.groups, -1))
            return (
                blocks + m.sign * a if self.kind == "translation" else blocks * torch.exp(m.sign * m.weight * a)
            ).flatten(0, 1)
        if m.index is not None and m.axis is not None:
            out = p.clone()
            one = out.select(m.axis, m.index)
            one.copy_(one + m.sign * a if self.kind == "translation" else one * torch.exp(m.sign * m.weight * a))
            return out
        if m.axis is not None:
            a = a.repeat_interleave(m.repeat) if m.repeat > 1 else a
            a = a.reshape([-1 if k == m.axis else 1 for k in range(p.ndim)])
        else:
            a = a.reshape(())
        return p + m.sign * a if self.kind == "translation" else p * torch.exp(m.sign * m.weight * a)

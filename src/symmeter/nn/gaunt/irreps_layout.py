"""From vectors laid out by irreps, as e3nn has them, to functions on the sphere with channels, and back.

A function on the sphere has one copy of each degree, of parity (-1)^l (a function of polar vectors, natural parity) or
-(-1)^l (a pseudo-function). A list of irreps is such functions, one for each channel, when all its parities are
natural, or none is.
"""

from __future__ import annotations

from typing import Any

import torch

from symmeter.errors import InputError, ShapeError
from symmeter.representations import Irreps

__all__ = ["IrrepsLayout", "split_by_parity"]


def split_by_parity(irreps: str | Irreps) -> tuple[Irreps, Irreps]:
    """The blocks of natural parity (-1)^l, and the others.

    Examples
    --------
    >>> split_by_parity("8x0e+8x1o+4x1e")
    (8x0e+8x1o, 4x1e)
    """
    given = Irreps(irreps)
    natural = [t for t in given if t.ir.p == (-1) ** t.ir.l]
    return Irreps(natural), Irreps([t for t in given if t.ir.p != (-1) ** t.ir.l])


def parity_of(irreps: Irreps, name: str) -> int:
    """1 when all parities are natural, -1 when none is.

    Raises
    ------
    InputError
        When they are mixed.
    """
    if not irreps or not irreps.dim:
        raise InputError(f"{name} is empty; give irreps such as '16x0e+16x1o+16x2e'")
    natural, others = split_by_parity(irreps)
    if natural.dim and others.dim:
        raise InputError(
            f"{name} {irreps} mixes natural parity (-1)^l ({natural}) with the opposite ({others}), which are no one "
            f"function on the sphere; split it by parity into two products, {natural} and {others}"
        )
    return 1 if natural.dim else -1


class IrrepsLayout:
    """Where the copies of each degree stand in a vector.

    Parameters
    ----------
    irreps : Irreps
    lmax : int, optional
        Degrees up to this one are made; the largest of the irreps when omitted.
    layout : {"mul_ir", "ir_mul"}
    """

    def __init__(self, irreps: Irreps, lmax: int | None = None, layout: str = "mul_ir") -> None:
        if layout not in ("mul_ir", "ir_mul"):
            raise InputError(f"layout is {layout!r}; it must be 'mul_ir' or 'ir_mul'")
        self.irreps = irreps
        self.layout = layout
        self.lmax = irreps.lmax if lmax is None else lmax
        self.blocks: list[list[tuple[slice, int]]] = [[] for _ in range(self.lmax + 1)]
        for (mul, ir), where in zip(irreps, irreps.slices()):
            if mul:
                self.blocks[ir.l].append((where, mul))
        self.counts = tuple(sum(mul for _, mul in b) for b in self.blocks)
        self.channels = max(self.counts)

    @property
    def regular(self) -> bool:
        """Whether every degree has as many copies, or none."""
        return all(n in (0, self.channels) for n in self.counts)

    def to_function(self, x: torch.Tensor, name: str = "the vector") -> torch.Tensor:
        """Coefficients (..., channels, (lmax+1)^2) of a vector (..., dim); missing copies are zero."""
        if not isinstance(x, torch.Tensor) or x.ndim == 0 or x.shape[-1] != self.irreps.dim:
            shape = tuple(getattr(x, "shape", ()))
            raise ShapeError(f"{name} has shape {shape}; irreps {self.irreps} take a last axis of {self.irreps.dim}")
        parts = []
        for ell, blocks in enumerate(self.blocks):
            rows = [self._block(x[..., where], mul, 2 * ell + 1) for where, mul in blocks]
            missing = self.channels - self.counts[ell]
            if missing:
                rows.append(x.new_zeros((*x.shape[:-1], missing, 2 * ell + 1)))
            parts.append(rows[0] if len(rows) == 1 else torch.cat(rows, -2))
        return torch.cat(parts, -1)

    def _block(self, x: torch.Tensor, mul: int, dim: int) -> torch.Tensor:
        if self.layout == "mul_ir":
            return x.unflatten(-1, (mul, dim))
        return x.unflatten(-1, (dim, mul)).transpose(-1, -2)

    def pieces(self, f: torch.Tensor) -> dict[tuple[int, int], torch.Tensor]:
        """Blocks of the vector by their place: what stands at each slice, from coefficients (..., C, K)."""
        out: dict[tuple[int, int], torch.Tensor] = {}
        for ell, blocks in enumerate(self.blocks):
            start = 0
            for where, mul in blocks:
                block = f[..., start : start + mul, ell * ell : (ell + 1) ** 2]
                out[where.start, where.stop] = (block if self.layout == "mul_ir" else block.mT).flatten(-2)
                start += mul
        return out


def assemble(pieces: dict[tuple[int, int], Any]) -> torch.Tensor:
    """The vector whose blocks these are, in their order."""
    return torch.cat([pieces[k] for k in sorted(pieces)], -1)

"""Parity bookkeeping of products between vectors laid out by irreps: which output blocks come from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from symmeter.errors import InputError
from symmeter.nn.gaunt.irreps_layout import IrrepsLayout, assemble, parity_of
from symmeter.representations import Irreps

__all__ = ["IrrepsInterface"]


@dataclass(frozen=True, eq=False)
class IrrepsInterface:
    """Layouts of the inputs, and of the two parts of the output.

    Attributes
    ----------
    first, second : IrrepsLayout
    even : IrrepsLayout or None
        Output blocks with the product of the inputs' parities.
    pseudo : IrrepsLayout or None
        Output blocks of the opposite parity, which the bracket gives.
    parities : tuple of int
        Of the inputs: 1 natural, -1 opposite.
    """

    irreps: tuple[Irreps, Irreps, Irreps]
    first: IrrepsLayout
    second: IrrepsLayout
    even: IrrepsLayout | None
    pseudo: IrrepsLayout | None
    parities: tuple[int, int]
    mixed: bool

    @classmethod
    def of(
        cls, irreps1: Any, irreps2: Any, irreps_out: Any, antisymmetric: bool, weights: str | None, layout: str
    ) -> IrrepsInterface:
        """Check a request and lay it out.

        Raises
        ------
        InputError
        """
        given = (Irreps(irreps1), Irreps(irreps2), Irreps(irreps_out))
        parities = parity_of(given[0], "irreps1"), parity_of(given[1], "irreps2")
        if not given[2].dim:
            raise InputError("irreps_out is empty; give irreps such as '16x0e+16x1o'")
        p = parities[0] * parities[1]
        lmax = given[2].lmax
        reach = given[0].lmax + given[1].lmax
        for mul, ir in given[2]:
            natural = ir.p == p * (-1) ** ir.l
            if mul and not natural and not antisymmetric:
                raise InputError(
                    f"irreps_out has {mul}x{ir}, but a product of {given[0]} and {given[1]} has parity "
                    f"{'(-1)^l' if p == 1 else '-(-1)^l'} only; remove it, or add the bracket by antisymmetric=True"
                )
            if mul and (ir.l > reach if natural else not _bracket_reaches(ir.l, given[0], given[1])):
                raise InputError(f"irreps_out has {mul}x{ir}, which no path from {given[0]} and {given[1]} reaches")
        first, second = IrrepsLayout(given[0], layout=layout), IrrepsLayout(given[1], layout=layout)
        even, pseudo = (_part(given[2], p * sign, lmax, layout) for sign in (1, -1))
        mixed = weights == "channel_mix"
        _check_multiplicities(given, first, second, [q for q in (even, pseudo) if q is not None], mixed)
        return cls(given, first, second, even, pseudo, parities, mixed)

    @property
    def lmax_out(self) -> int:
        """Largest degree of the output."""
        return self.irreps[2].lmax

    @property
    def channels_out(self) -> int:
        """Largest multiplicity of the product's part."""
        return 1 if self.even is None else self.even.channels

    @property
    def counts(self) -> tuple[Any, Any, Any]:
        """Channels of each degree, for mixes."""
        if not self.mixed:
            return None, None, None
        out = (1,) * (self.lmax_out + 1) if self.even is None else self.even.counts
        return self.first.counts, self.second.counts, out

    @property
    def bracket_counts(self) -> Any:
        """Channels of each degree of the bracket, for mixes."""
        return self.pseudo.counts if self.mixed and self.pseudo is not None else None

    def functions(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Coefficients of both inputs."""
        return self.first.to_function(x, "x"), self.second.to_function(y, "y")

    def vector(self, product: torch.Tensor, bracket: torch.Tensor | None) -> torch.Tensor:
        """The output's vector."""
        pieces = {} if self.even is None else self.even.pieces(product)
        if self.pseudo is not None and bracket is not None:
            pieces |= self.pseudo.pieces(bracket)
        return assemble(pieces)


def _bracket_reaches(ell: int, irreps1: Irreps, irreps2: Irreps) -> bool:
    return any((a.l + b.l + ell) % 2 and abs(a.l - b.l) <= ell <= a.l + b.l for _, a in irreps1 for _, b in irreps2)


def _part(irreps: Irreps, parity: int, lmax: int, layout: str) -> IrrepsLayout | None:
    """The layout of the blocks of one parity, at their places in the whole vector."""
    kept = [mul if ir.p == parity * (-1) ** ir.l else 0 for mul, ir in irreps]
    if not any(kept):
        return None
    # Slices are those of the whole list: other blocks are dropped after laying out.
    out = IrrepsLayout(irreps, lmax, layout)
    out.blocks = [[] for _ in range(lmax + 1)]
    for (mul, ir), keep, where in zip(irreps, kept, irreps.slices()):
        if keep:
            out.blocks[ir.l].append((where, mul))
    out.counts = tuple(sum(mul for _, mul in b) for b in out.blocks)
    out.channels = max(out.counts)
    return out


def _check_multiplicities(
    irreps: tuple[Irreps, Irreps, Irreps], first: Any, second: Any, outs: list[Any], mixed: bool
) -> None:
    if mixed:
        return
    channels = first.channels
    for name, given, part in (
        ("irreps1", irreps[0], first),
        ("irreps2", irreps[1], second),
        *(("irreps_out", irreps[2], out) for out in outs),
    ):
        allowed = (1, channels) if name == "irreps2" else (channels,)
        if not part.regular or part.channels not in allowed:
            raise InputError(
                f"{name} {given} has multiplicities other than {channels}; channel by channel they must be equal"
                f"{' (or 1)' if name == 'irreps2' else ''}, or use weights='channel_mix'"
            )

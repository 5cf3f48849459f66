"""What a product can and cannot express, beside the Clebsch-Gordan product of the same degrees.

A Gaunt product has no path with odd l1+l2+l3 (cross products), sums all paths to one output per degree, and its
weights per path have the rank of a product. The Poisson bracket restores the odd paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from symmeter.nn.gaunt.couplings import CouplingPath, coupling_paths

__all__ = ["ExpressivityReport", "allowed_paths"]


def allowed_paths(lmaxes: tuple[int, int, int]) -> tuple[tuple[int, int, int], ...]:
    """All (l1, l2, l3) that a Clebsch-Gordan product couples."""
    return tuple(
        (a, b, c)
        for a in range(lmaxes[0] + 1)
        for b in range(lmaxes[1] + 1)
        for c in range(abs(a - b), min(a + b, lmaxes[2]) + 1)
    )


@dataclass(frozen=True)
class ExpressivityReport:
    """What the product has, and what the Clebsch-Gordan product of the same degrees would have.

    Attributes
    ----------
    lmaxes : tuple of int
    paths : tuple of CouplingPath
    missing : tuple of (l1, l2, l3)
    weights : int
        Independent weights of the product.
    full_weights : int
        Weights that one per path and channel would be.
    rank : int or None
        Rank of the weights as a tensor w[l1, l2, l3] for each output; None when every path has its own.
    channels : int
    """

    lmaxes: tuple[int, int, int]
    paths: tuple[CouplingPath, ...]
    missing: tuple[tuple[int, int, int], ...]
    weights: int
    full_weights: int
    rank: int | None
    channels: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "lmax": list(self.lmaxes),
            "paths": len(self.paths),
            "missing": [list(p) for p in self.missing],
            "weights": self.weights,
            "full_weights": self.full_weights,
            "rank": self.rank,
            "channels": self.channels,
        }

    def __str__(self) -> str:
        total = len(self.paths) + len(self.missing)
        a, b, c = self.lmaxes
        lines = [f"degrees 0..{a} x 0..{b} -> 0..{c}: {len(self.paths)} of {total} Clebsch-Gordan paths"]
        if self.missing:
            shown = ", ".join(str(p) for p in self.missing[:6]) + (", ..." if len(self.missing) > 6 else "")
            lines.append(f"missing (l1+l2+l3 odd, cross products): {shown}; antisymmetric=True adds them")
        rank = "one weight per path" if self.rank is None else f"weights of rank {self.rank} per output"
        lines.append(f"{self.weights} independent weights, {self.full_weights} if each path had its own; {rank}")
        return "\n".join(lines)


def report(
    lmaxes: tuple[int, int, int], parities: tuple[int, ...], weights: int, rank: int | None, channels: int
) -> ExpressivityReport:
    """The report of a product that has the paths of these parities."""
    paths = tuple(p for parity in parities for p in coupling_paths(lmaxes, parity))
    have = {(p.l1, p.l2, p.l3) for p in paths}
    every = allowed_paths(lmaxes)
    missing = tuple(t for t in every if t not in have)
    return ExpressivityReport(lmaxes, paths, missing, weights, len(every) * channels, rank, channels)

"""Products by lists of coupling coefficients: the Gaunt table entry by entry, and one weight for every path.

``direct`` sums G_ijk x_i y_j over the entries that are not zero. ``cg`` keeps the paths (l1, l2, l3) apart, as
Clebsch-Gordan layers do, so that each has a weight of its own; with all weights 1 it is the Gaunt product again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from symmeter.nn.gaunt.degrees import basis_factors
from symmeter.representations import gaunt_constant, gaunt_table, poisson_constant, poisson_table, real_wigner_3j

__all__ = [
    "CouplingPath",
    "coupling_arrays",
    "coupling_paths",
    "path_arrays",
    "path_product",
    "sparse_product",
    "tensor_of_paths",
]


@dataclass(frozen=True)
class CouplingPath:
    """One way of three degrees to couple.

    Attributes
    ----------
    l1, l2, l3 : int
    parity : int
        1 when the output has the product of the inputs' natural parities (l1+l2+l3 even), -1 when it is a
        pseudo-tensor (odd).
    constant : float
        What the real 3j tensor is multiplied by: C for even sums, K for odd ones.
    """

    l1: int
    l2: int
    l3: int
    parity: int
    constant: float

    def __iter__(self) -> Iterator[float]:
        return iter((self.l1, self.l2, self.l3, self.parity, self.constant))


@lru_cache(maxsize=64)
def coupling_paths(lmaxes: tuple[int, int, int], parity: int) -> tuple[CouplingPath, ...]:
    """All paths of one parity whose constant is not zero."""
    constant = gaunt_constant if parity == 1 else poisson_constant
    out = []
    for l1 in range(lmaxes[0] + 1):
        for l2 in range(lmaxes[1] + 1):
            for l3 in range(abs(l1 - l2), min(l1 + l2, lmaxes[2]) + 1):
                if (l1 + l2 + l3) % 2 == (parity != 1):
                    c = constant(l1, l2, l3)
                    if abs(c) > 1e-13:
                        out.append(CouplingPath(l1, l2, l3, parity, c))
    return tuple(out)


@lru_cache(maxsize=64)
def coupling_arrays(lmaxes: tuple[int, int, int], normalization: str, parity: int) -> dict[str, np.ndarray]:
    """Entries of the Gaunt (parity 1) or Poisson (-1) table."""
    table = (gaunt_table if parity == 1 else poisson_table)(*lmaxes)
    first, second, out = (basis_factors(lmax, normalization) for lmax in lmaxes)
    values = table.values * first[table.i] * second[table.j] / out[table.k]
    return {"i": np.array(table.i), "j": np.array(table.j), "k": np.array(table.k), "values": values}


def sparse_product(x: torch.Tensor, y: torch.Tensor, constants: tuple[torch.Tensor, ...], size: int) -> torch.Tensor:
    """``z_k = sum T_ijk x_i y_j`` over the entries."""
    i, j, k, values = constants
    terms = x.index_select(-1, i) * y.index_select(-1, j) * values
    return terms.new_zeros((*terms.shape[:-1], size)).index_add(-1, k, terms)


@lru_cache(maxsize=64)
def path_arrays(lmaxes: tuple[int, int, int], normalization: str, parity: int) -> dict[str, np.ndarray]:
    """For each pair of degrees the matrix to all its paths; where their components go, and which path they are of."""
    paths = coupling_paths(lmaxes, parity)
    first, second, out = (basis_factors(lmax, normalization) for lmax in lmaxes)
    arrays: dict[str, np.ndarray] = {}
    target, owner = [], []
    for l1 in range(lmaxes[0] + 1):
        for l2 in range(lmaxes[1] + 1):
            members = [n for n, p in enumerate(paths) if (p.l1, p.l2) == (l1, l2)]
            blocks = []
            for n in members:
                p = paths[n]
                scale = p.constant * first[l1 * l1] * second[l2 * l2] / out[p.l3 * p.l3]
                blocks.append(scale * real_wigner_3j(l1, l2, p.l3).reshape(-1, 2 * p.l3 + 1))
                target.append(p.l3 * p.l3 + np.arange(2 * p.l3 + 1))
                owner.append(np.full(2 * p.l3 + 1, n))
            if members:
                arrays[f"pair{l1}_{l2}"] = np.concatenate(blocks, axis=1)
    empty = [np.zeros(0, dtype=np.int64)]
    return {"target": np.concatenate(target or empty), "owner": np.concatenate(owner or empty), **arrays}


def path_product(
    x: torch.Tensor,
    y: torch.Tensor,
    weight: torch.Tensor,
    pairs: list[tuple[int, int]],
    constants: tuple[torch.Tensor, ...],
    size: int,
) -> torch.Tensor:
    """Products of channels (..., C, K) with weights (C, number of paths), pair of degrees by pair of degrees."""
    target, owner, *matrices = constants
    parts = []
    for (l1, l2), matrix in zip(pairs, matrices):
        a, b = x[..., l1 * l1 : (l1 + 1) ** 2], y[..., l2 * l2 : (l2 + 1) ** 2]
        parts.append((a[..., :, None] * b[..., None, :]).flatten(-2) @ matrix)
    if not parts:
        return x.new_zeros((*torch.broadcast_shapes(x.shape[:-1], y.shape[:-1]), size))
    terms = torch.cat(parts, -1) * weight.index_select(-1, owner)
    return terms.new_zeros((*terms.shape[:-1], size)).index_add(-1, target, terms)


def tensor_of_paths(lmaxes: tuple[int, int, int], paths: tuple[CouplingPath, ...], weight: np.ndarray) -> np.ndarray:
    """Weights of paths (..., n) as an array (..., L1+1, L2+1, L3+1), zero where there is no path."""
    out = np.zeros((*weight.shape[:-1], *(lmax + 1 for lmax in lmaxes)))
    for n, p in enumerate(paths):
        out[..., p.l1, p.l2, p.l3] = weight[..., n]
    return out

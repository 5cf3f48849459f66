"""Bilinear products of tensor features that follow a group: scalar times tensor, dot and outer products, contractions.

Every product of two kinds whose result is a kind at hand is taken, with learned mixtures of the copies on both sides:
``z_c = (L x_a) . (R x_b)``, copy by copy. For orthogonal groups k neighbouring indices are contracted; for others k
upper indices with k lower ones. Mixing copies commutes with the group, so the layer is equivariant whatever it learns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float

from symmeter.representations import TensorType

__all__ = ["BilinearProducts", "Kind", "Path", "product_paths"]

Kind = tuple[int, int]
_LETTERS = "ijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Path:
    """One product: kinds of the factors and of the result, and how many index pairs are contracted."""

    left: Kind
    right: Kind
    result: Kind
    contracted: int


def product_paths(kinds: list[Kind], orthogonal: bool) -> tuple[Path, ...]:
    """All products of two of the kinds that give one of the kinds.

    Examples
    --------
    >>> for p in product_paths([(0, 0), (1, 0), (2, 0)], orthogonal=True):
    ...     print(p.left, p.right, "->", p.result)
    (0, 0) (0, 0) -> (0, 0)
    (0, 0) (1, 0) -> (1, 0)
    (0, 0) (2, 0) -> (2, 0)
    (1, 0) (1, 0) -> (2, 0)
    (1, 0) (1, 0) -> (0, 0)
    (2, 0) (1, 0) -> (1, 0)
    (2, 0) (2, 0) -> (2, 0)
    (2, 0) (2, 0) -> (0, 0)
    """
    order = {kind: k for k, kind in enumerate(kinds)}
    paths = []
    for a, b in product(kinds, kinds):
        most = min(sum(a), sum(b)) if orthogonal else min(a[0], b[1])
        for k in range(most + 1):
            kept = (a[0] + b[0] - (2 * k if orthogonal else k), a[1] + b[1] - (0 if orthogonal else k))
            # A product without contraction does not depend on the order; with one, the larger factor stands first.
            mirrored = order[a] > order[b] if k == 0 else orthogonal and order[a] < order[b]
            if kept in order and not mirrored:
                paths.append(Path(a, b, kept, k))
    return tuple(paths)


class BilinearProducts(torch.nn.Module):
    """``0.1 * bilinear(y)`` on features sorted by kind.

    Tensors have the batch last: mixing copies is then one matrix product, and products run along contiguous memory.

    Parameters
    ----------
    features : TensorType
        Sorted, scalars first.
    d : int
    orthogonal : bool
        Whether the type-defining group is.
    scale : float
    generator : torch.Generator, optional
    """

    def __init__(
        self,
        features: TensorType,
        d: int,
        orthogonal: bool = True,
        scale: float = 0.1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.d, self.orthogonal, self.scale = d, orthogonal, scale
        copies = {kind: features.terms.count(kind) for kind in dict.fromkeys(features.terms)}
        self.copies = copies
        self.paths = product_paths(list(copies), orthogonal)
        needed: dict[Kind, list[int]] = {kind: [] for kind in copies}
        #: For each path, the piece of each factor's mixtures that it takes.
        self._pieces: list[tuple[int, int]] = []
        for path in self.paths:
            taken = []
            for kind in (path.left, path.right):
                needed[kind].append(copies[path.result])
                taken.append(len(needed[kind]) - 1)
            self._pieces.append((taken[0], taken[1]))
        self.mixtures = torch.nn.ParameterDict()
        self._sizes: dict[Kind, list[int]] = {}
        for kind, sizes in needed.items():
            if sizes:
                # Rows of about unit norm keep the products at the size of the features.
                start = torch.randn(sum(sizes), copies[kind], generator=generator) / math.sqrt(copies[kind])
                self.mixtures[_key(kind)] = torch.nn.Parameter(start)
                self._sizes[kind] = sizes
        self._formulas = [_formula(p, orthogonal) for p in self.paths]
        self._pairs_first = [self._is_cheaper_before_mixing(p) for p in self.paths]
        self._needed = self._mixtures_needed()

    def _mixtures_needed(self) -> dict[Kind, list[int]]:
        """For each kind, which of its mixtures are formed before products are."""
        needed: dict[Kind, set[int]] = {}
        for path, (i, j), first in zip(self.paths, self._pieces, self._pairs_first):
            if not first:
                needed.setdefault(path.left, set()).add(i)
                needed.setdefault(path.right, set()).add(j)
        return {kind: sorted(places) for kind, places in needed.items()}

    def forward(self, features: dict[Kind, Float[torch.Tensor, "copies width b"]]) -> dict[Kind, torch.Tensor]:
        """What is to be added to the features of each kind."""
        weights = {kind: self.mixtures[_key(kind)].split(sizes) for kind, sizes in self._sizes.items()}
        mixed = self._mixed(features)
        total: dict[Kind, torch.Tensor] = {}
        for path, (i, j), formula, first in zip(self.paths, self._pieces, self._formulas, self._pairs_first):
            a, b = path.left, path.right
            if first:
                z = _mixed_pairs(self._all_pairs(path, features[a], features[b], formula), weights[a][i], weights[b][j])
            else:
                z = self._product(path, mixed[a][i], mixed[b][j], formula)
            total[path.result] = total[path.result] + z if path.result in total else z
        return {kind: self.scale * z for kind, z in total.items()}

    def _is_cheaper_before_mixing(self, path: Path) -> bool:
        """Whether to multiply all pairs of copies before mixing: where there are fewer of them than of results."""
        if sum(path.left) == 0 or sum(path.right) == 0:
            return False
        return self.copies[path.left] * self.copies[path.right] <= self.copies[path.result]

    def _mixed(self, x: dict[Kind, torch.Tensor]) -> dict[Kind, dict[int, torch.Tensor]]:
        """The mixtures of each kind that are needed, in one matrix product."""
        out: dict[Kind, dict[int, torch.Tensor]] = {}
        for kind, wanted in self._needed.items():
            sizes = self._sizes[kind]
            weights = self.mixtures[_key(kind)]
            if len(wanted) < len(sizes):
                pieces = weights.split(sizes)
                weights = torch.cat([pieces[i] for i in wanted])
            parts = (weights @ x[kind].flatten(1)).unflatten(1, x[kind].shape[1:]).split([sizes[i] for i in wanted])
            out[kind] = dict(zip(wanted, parts))
        return out

    def _all_pairs(self, path: Path, a: torch.Tensor, b: torch.Tensor, formula: str | None) -> torch.Tensor:
        """Products of all pairs of copies, of shape (copies of the left times copies of the right, width, b)."""
        m, n = len(a), len(b)
        left = a if n == 1 else a.repeat_interleave(n, dim=0)
        right = b if m == 1 else b.repeat(m, 1, 1)
        return self._product(path, left, right, formula)

    def _product(self, path: Path, a: torch.Tensor, b: torch.Tensor, formula: str | None) -> torch.Tensor:
        """Copy by copy, of shape (copies, width, b)."""
        if path.contracted == 0 and (sum(path.left) == 0 or sum(path.right) == 0):
            return a * b
        if formula is None:
            width = self.d**path.contracted
            if path.contracted == 0:
                return (a[:, :, None] * b[:, None]).flatten(1, 2)
            if a.shape[1] == b.shape[1] == width:
                return (a * b).sum(1, keepdim=True)
            left, right = a.unflatten(1, (-1, width)), b.unflatten(1, (width, -1))
            return (left[:, :, :, None] * right[:, None]).sum(2).flatten(1, 2)
        shape = [self.d] * sum(path.left), [self.d] * sum(path.right)
        batch = a.shape[2]
        product = torch.einsum(formula, a.reshape(-1, *shape[0], batch), b.reshape(-1, *shape[1], batch))
        return product.reshape(len(a), -1, batch)


def _mixed_pairs(pairs: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """``sum_jk L_cj R_ck pairs_jk``."""
    both = (left[:, :, None] * right[:, None, :]).flatten(1)
    return (both @ pairs.flatten(1)).unflatten(1, pairs.shape[1:])


def _key(kind: Kind) -> str:
    return f"{kind[0]}_{kind[1]}"


def _formula(path: Path, orthogonal: bool) -> str | None:
    """The einsum of a product that keeps upper indices before lower ones; None where neighbours are contracted."""
    if orthogonal:
        return None
    (p, q), (r, s), k = path.left, path.right, path.contracted
    letters = iter(_LETTERS)
    a = [next(letters) for _ in range(p + q)]
    b = [next(letters) for _ in range(r + s)]
    # The last k upper indices of the left factor meet the first k lower ones of the right factor.
    b[r : r + k] = a[p - k : p]
    out = a[: p - k] + b[:r] + a[p:] + b[r + k :]
    return f"A{''.join(a)}B,A{''.join(b)}B->A{''.join(out)}B"

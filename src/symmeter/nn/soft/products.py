"""Bilinear products of tensor features that follow a group: scalar times tensor, dot and outer products, contractions.

Every product of two kinds whose result is a kind at hand is taken, with learned mixtures of the copies on both sides:
``z_c = (L x_a) . (R x_b)``, copy by copy. For orthogonal groups k neighbouring indices are contracted; for others k
upper indices with k lower ones. Mixing copies commutes with the group, so the layer is equivariant whatever it learns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, product

import numpy as np
import torch
from jaxtyping import Float

from symmeter.representations import TensorType

__all__ = ["BilinearProducts", "Kind", "Path", "product_paths"]

Kind = tuple[int, int]


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
    """``y + 0.1 * bilinear(y)`` on features sorted by kind.

    Tensors have the batch last, so that each coordinate is one contiguous row. All products are then four steps,
    whatever the number of kinds: mix the copies (one matrix product a kind), pick the rows of all factors, multiply,
    and add each product to the row that it belongs to; large ones on a processor go path by path instead. Where there
    are fewer pairs of copies than results, pairs are multiplied before they are mixed.

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

    pick: torch.Tensor
    place: torch.Tensor
    pair_pick: torch.Tensor
    pair_place: torch.Tensor
    pair_result: torch.Tensor

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
        #: For each path, the piece of each factor's mixtures that it takes.
        self.pieces: list[tuple[int, int]] = []
        self._sizes: dict[Kind, list[int]] = {kind: [] for kind in copies}
        for path in self.paths:
            taken = []
            for kind in (path.left, path.right):
                self._sizes[kind].append(copies[path.result])
                taken.append(len(self._sizes[kind]) - 1)
            self.pieces.append((taken[0], taken[1]))
        self.mixtures = torch.nn.ParameterDict()
        for kind, sizes in self._sizes.items():
            if sizes:
                # Rows of about unit norm keep the products at the size of the features.
                start = torch.randn(sum(sizes), copies[kind], generator=generator) / math.sqrt(copies[kind])
                self.mixtures[_key(kind)] = torch.nn.Parameter(start)
        self._starts = _running(copies[kind] * d ** sum(kind) for kind in copies)
        self._pairs_first = [self._is_cheaper_before_mixing(p) for p in self.paths]
        self._plan_mixed()
        self._plan_pairs()

    def forward(self, y: Float[torch.Tensor, "n b"]) -> Float[torch.Tensor, "n b"]:
        """The features with their products added, one row a coordinate."""
        if not self._mixed_kinds:
            total = torch.zeros_like(y)
        elif self._is_large(y):
            total = self._path_by_path(y)
        else:
            mixed = torch.cat([m.flatten(0, 1) for m in self._mixed(y)])
            total = torch.zeros_like(y).index_add(0, self.place, _products(mixed, self.pick))
        if self._pair_kinds:
            pairs = y.new_zeros(self._pair_rows, y.shape[1])
            pairs = pairs.index_add(0, self.pair_place, _products(y, self.pair_pick))
            total = total.index_add(0, self.pair_result, self._mixed_pairs(pairs))
        # Scaling each product would be one more pass over ten times as many rows.
        return torch.add(y, total, alpha=self.scale)

    def _is_cheaper_before_mixing(self, path: Path) -> bool:
        """Whether to multiply all pairs of copies before mixing: where there are fewer of them than of results."""
        if sum(path.left) == 0 or sum(path.right) == 0:
            return False
        return self.copies[path.left] * self.copies[path.right] <= self.copies[path.result]

    # ---- mixed, then multiplied --------------------------------------------------------------------------------------

    def _plan_mixed(self) -> None:
        """Which rows of the mixtures are multiplied with each other, and the rows that their products go to."""
        wanted: dict[Kind, set[int]] = {kind: set() for kind in self.copies}
        chosen = [(p, ij) for p, ij, first in zip(self.paths, self.pieces, self._pairs_first) if not first]
        for path, (i, j) in chosen:
            wanted[path.left].add(i)
            wanted[path.right].add(j)
        self._mixed_kinds = [kind for kind in self.copies if wanted[kind]]
        self._wanted = {kind: sorted(wanted[kind]) for kind in self._mixed_kinds}
        offsets: dict[tuple[Kind, int], int] = {}
        total = 0
        for kind in self._mixed_kinds:
            rows, first = [], _running(self._sizes[kind])
            for piece in self._wanted[kind]:
                offsets[kind, piece] = total
                total += self._sizes[kind][piece] * self.d ** sum(kind)
                rows.append(np.arange(first[piece], first[piece + 1]))
            # Rows of mixtures whose pairs are multiplied first are left out.
            kept = np.concatenate(rows)
            every = len(kept) == first[-1]
            self.register_buffer(f"rows{_key(kind)}", None if every else torch.from_numpy(kept), persistent=False)
        left, right, place = [_NONE], [_NONE], [_NONE]
        for path, (i, j) in chosen:
            a, b, c = _terms(path, self.d, self.orthogonal)
            copy = np.arange(self.copies[path.result])[:, None]
            left.append(offsets[path.left, i] + copy * self.d ** sum(path.left) + a)
            right.append(offsets[path.right, j] + copy * self.d ** sum(path.right) + b)
            place.append(self._start(path.result) + copy * self.d ** sum(path.result) + c)
        self._keep("pick", left + right)
        self._keep("place", place)

    def _is_large(self, y: torch.Tensor) -> bool:
        """Whether memory is what counts on a processor: picked rows are then copies that cost more than operations."""
        return self.orthogonal and y.device.type == "cpu" and len(self.pick) * y.shape[1] > _LARGE

    def _path_by_path(self, y: torch.Tensor) -> torch.Tensor:
        """The products of mixtures without picking rows: every path on its own, from views of the mixtures."""
        parts: dict[tuple[Kind, int], torch.Tensor] = {}
        for kind, mixed in zip(self._mixed_kinds, self._mixed(y)):
            wanted = self._wanted[kind]
            pieces = mixed.split([self._sizes[kind][p] for p in wanted])
            parts.update(zip(((kind, p) for p in wanted), pieces))
        total: dict[Kind, torch.Tensor] = {}
        for path, (i, j), first in zip(self.paths, self.pieces, self._pairs_first):
            if not first:
                z = _contracted(parts[path.left, i], parts[path.right, j], self.d**path.contracted)
                total[path.result] = total[path.result] + z if path.result in total else z
        rows = [
            total[kind].flatten(0, 1) if kind in total else y.new_zeros(m * self.d ** sum(kind), y.shape[1])
            for kind, m in self.copies.items()
        ]
        return torch.cat(rows)

    def _mixed(self, y: torch.Tensor) -> list[torch.Tensor]:
        """The mixtures of each kind that are needed, of shape (mixtures, width, b), one matrix product a kind."""
        out = []
        for kind in self._mixed_kinds:
            weights, rows = self.mixtures[_key(kind)], getattr(self, f"rows{_key(kind)}")
            weights = weights if rows is None else weights.index_select(0, rows)
            start, count, width = self._start(kind), self.copies[kind], self.d ** sum(kind)
            features = y.narrow(0, start, count * width).reshape(count, width * y.shape[1])
            out.append((weights @ features).reshape(len(weights), width, y.shape[1]))
        return out

    # ---- multiplied, then mixed --------------------------------------------------------------------------------------

    def _plan_pairs(self) -> None:
        """The same for pairs of copies, gathered by the kind of their product so that one matrix mixes them all."""
        grouped: dict[Kind, list[int]] = {}
        for k, path in enumerate(self.paths):
            if self._pairs_first[k]:
                grouped.setdefault(path.result, []).append(k)
        self._pair_kinds = grouped
        left, right, place, result = [_NONE], [_NONE], [_NONE], [_NONE]
        total = 0
        for kind, members in grouped.items():
            for k in members:
                path = self.paths[k]
                a, b, c = _terms(path, self.d, self.orthogonal)
                m, n = self.copies[path.left], self.copies[path.right]
                pair = np.arange(m * n)[:, None]
                left.append(self._start(path.left) + pair // n * self.d ** sum(path.left) + a)
                right.append(self._start(path.right) + pair % n * self.d ** sum(path.right) + b)
                place.append(total + pair * self.d ** sum(kind) + c)
                total += m * n * self.d ** sum(kind)
            result.append(self._start(kind) + np.arange(self.copies[kind] * self.d ** sum(kind)))
        self._pair_rows = total
        self._keep("pair_pick", left + right)
        self._keep("pair_place", place)
        self._keep("pair_result", result)

    def _mixed_pairs(self, pairs: torch.Tensor) -> torch.Tensor:
        """``sum_jk L_cj R_ck pairs_jk`` for each kind of result, the pairs of all its paths side by side."""
        out, start = [], 0
        for kind, members in self._pair_kinds.items():
            both = torch.cat([self._pair_weights(k) for k in members], dim=1)
            (results, count), width = both.shape, self.d ** sum(kind)
            part = pairs.narrow(0, start, count * width).reshape(count, width * pairs.shape[1])
            out.append((both @ part).reshape(results * width, pairs.shape[1]))
            start += count * width
        return torch.cat(out)

    def _pair_weights(self, k: int) -> torch.Tensor:
        left, right = (
            self.mixtures[_key(kind)].narrow(0, sum(self._sizes[kind][:piece]), self._sizes[kind][piece])
            for kind, piece in zip((self.paths[k].left, self.paths[k].right), self.pieces[k])
        )
        return (left[:, :, None] * right[:, None, :]).flatten(1)

    def _start(self, kind: Kind) -> int:
        return self._starts[list(self.copies).index(kind)]

    def _keep(self, name: str, parts: list[np.ndarray]) -> None:
        flat = np.concatenate([p.reshape(-1) for p in parts]).astype(np.int64)
        self.register_buffer(name, torch.from_numpy(flat), persistent=False)


_NONE = np.zeros(0, dtype=np.int64)
#: Numbers picked by a product from which on it is done path by path.
_LARGE = 300_000


def _products(rows: torch.Tensor, pick: torch.Tensor) -> torch.Tensor:
    """Products of picked rows: those of all left factors stand first, then those of all right ones."""
    left, right = rows.index_select(0, pick).chunk(2)
    return left * right


def _contracted(a: torch.Tensor, b: torch.Tensor, width: int) -> torch.Tensor:
    """Products copy by copy, summed over the last indices of a and the first of b, which take ``width`` values."""
    if width == 1 and 1 in (a.shape[1], b.shape[1]):
        return a * b
    if width == a.shape[1] == b.shape[1]:
        return (a * b).sum(1, keepdim=True)
    if width == 1:
        return (a[:, :, None] * b[:, None]).flatten(1, 2)
    left, right = a.unflatten(1, (-1, width)), b.unflatten(1, (width, -1))
    return (left[:, :, :, None] * right[:, None]).sum(2).flatten(1, 2)


def _running(sizes: Iterable[int]) -> list[int]:
    """0 and the sums of the first 1, 2, ... sizes."""
    return [0, *accumulate(sizes)]


def _key(kind: Kind) -> str:
    return f"{kind[0]}_{kind[1]}"


def _terms(path: Path, d: int, orthogonal: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each term of a product of two tensors, the places of its factors and of the entry that it is added to."""
    (p, q), (r, s), k = path.left, path.right, path.contracted
    names = iter(range(p + q + r + s))
    a = [next(names) for _ in range(p + q)]
    b = [next(names) for _ in range(r + s)]
    if orthogonal:
        # The last k indices of the left factor meet the first k of the right one.
        b[:k] = a[len(a) - k :]
        out = a[: len(a) - k] + b[k:]
    else:
        # The last k upper indices of the left factor meet the first k lower ones of the right; upper before lower.
        b[r : r + k] = a[p - k : p]
        out = a[: p - k] + b[:r] + a[p:] + b[r + k :]
    every = out + [i for i in a if i not in out]
    values = dict(zip(every, np.indices((d,) * len(every)).reshape(len(every), d ** len(every))))

    def place(indices: list[int]) -> np.ndarray:
        found = np.zeros(d ** len(every), dtype=np.int64)
        for i in indices:
            found = found * d + values[i]
        return found

    return place(a), place(b), place(out)

"""Graphs as they are given, checked and padded: one or many, of one size or of several, in NumPy or torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError
from symmeter.nn.frames.permutation_keys import cluster_ranks, lexicographic_blocks
from symmeter.nn.frames.transforms import values_of

__all__ = ["GraphBatch", "graph_batch"]

_NARROW = ("float32", "float16", "bfloat16")
_WIDE = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """A padded batch of graphs.

    Attributes
    ----------
    adjacency : array of shape (B, N, N) or None
    features : array of shape (B, N, f) or None
    mask : bool array of shape (B, N)
    single : bool
        Whether one graph was given, without a batch axis.
    device : torch.device or None
        Of the tensors that were given; None for NumPy.
    rounding : float
        Relative differences that the rounding of the numbers given explains.
    """

    adjacency: Float[np.ndarray, "B N N"] | None
    features: Float[np.ndarray, "B N f"] | None
    mask: Bool[np.ndarray, "B N"]
    single: bool
    device: torch.device | None
    rounding: float = 64 * float(np.finfo(float).eps)

    @property
    def counts(self) -> Int[np.ndarray, " B"]:
        """Number of vertices of every graph."""
        return self.mask.sum(1)

    @property
    def positions(self) -> Int[np.ndarray, "B N"]:
        """Vertices first, in their order, then padding."""
        return np.argsort(~self.mask, axis=1, kind="stable")

    def part(self, which: np.ndarray, n: int) -> Float[np.ndarray, "b n n"] | None:
        """Adjacency of some graphs of n vertices, without padding."""
        if self.adjacency is None:
            return None
        here = self.positions[which][:, :n]
        return self.adjacency[which[:, None, None], here[:, :, None], here[:, None, :]]

    def feature_part(self, which: np.ndarray, n: int) -> Float[np.ndarray, "b n f"] | None:
        """Features of some graphs of n vertices, without padding."""
        if self.features is None:
            return None
        return self.features[which[:, None], self.positions[which][:, :n]]

    def check_symmetric(self, key: str, tol: float) -> None:
        """Raise, with the first pair of vertices that differs.

        Raises
        ------
        InputError
        """
        if self.adjacency is None:
            return
        a = self.adjacency
        scale = np.abs(a).max(axis=(1, 2), keepdims=True)
        bad = np.argwhere(np.abs(a - a.swapaxes(1, 2)) > tol * scale)
        if len(bad):
            b, i, j = bad[0].tolist()
            where = "" if self.single else f"graph {b}: "
            raise InputError(
                f"{where}adjacency[{i}, {j}] is {a[b, i, j]:g} but adjacency[{j}, {i}] is {a[b, j, i]:g}; the key "
                f'"{key}" needs a symmetric matrix, directed graphs can use "degree" or "refinement"'
            )

    def colours(self, tol: float) -> Int[np.ndarray, "B N N"]:
        """Adjacency entries as integers, equal within clusters."""
        number, width = self.mask.shape
        if self.adjacency is None:
            return np.zeros((number, width, width), dtype=np.int64)
        flat = self.adjacency.reshape(number, -1)
        return cluster_ranks(flat, tol).reshape(number, width, width)

    def vertex_colours(self, tol: float) -> Int[np.ndarray, "B N"]:
        """Ranks of the distinct rows of features among the vertices of each graph."""
        if self.features is None:
            return np.zeros(self.mask.shape, dtype=np.int64)
        scale = np.abs(self.features).max(axis=(1, 2), initial=0.0)
        ranks = [cluster_ranks(self.features[:, :, k], tol, scale) for k in range(self.features.shape[2])]
        return lexicographic_blocks(np.stack(ranks, -1)) if ranks else np.zeros(self.mask.shape, dtype=np.int64)

    def like(self, permutations: np.ndarray, squeeze: bool = True) -> Any:
        """Permutations in the kind of array that was given, without the batch axis for one graph."""
        found = permutations[0] if self.single and squeeze else permutations
        return found if self.device is None else torch.as_tensor(found, device=self.device)


def graph_batch(adjacency: Any = None, features: Any = None, mask: Any = None) -> GraphBatch:
    """Check and pad what was given, see :meth:`symmeter.nn.frames.PermutationFrame.compute`.

    Raises
    ------
    ShapeError, NonFiniteError, InputError
    """
    if adjacency is None and features is None:
        raise InputError("give an adjacency matrix, or features to sort by, or both")
    device = next((t.device for t in _tensors(adjacency, features)), None)
    if isinstance(adjacency, (list, tuple)) or (adjacency is None and isinstance(features, (list, tuple))):
        if mask is not None:
            raise InputError("a list of graphs is padded here and needs no mask; give one padded array, or no mask")
        adjacency, features, mask = _padded(adjacency, features)
    a, single = _adjacency(adjacency)
    f, alone = _features(features, a)
    single = single if a is not None else alone
    shape = a.shape[:2] if a is not None else f.shape[:2]  # type: ignore[union-attr]
    real = _mask(mask, shape)
    # Padding may hold anything, NaN included.
    if a is not None:
        a = _finite(np.where(real[:, :, None] & real[:, None, :], a, 0.0), "the adjacency matrix")
    if f is not None:
        f = _finite(np.where(real[:, :, None], f, 0.0), "the features")
    return GraphBatch(a, f, real, single, device, _rounding(adjacency, features))


def _rounding(*given: Any) -> float:
    """The coarsest of the numbers that were given; whole numbers are exact."""
    types = [str(getattr(v, "dtype", "")) for value in given for v in (value if isinstance(value, list) else [value])]
    names = [t.removeprefix("torch.") for t in types]
    return 64 * max(float(torch.finfo(getattr(torch, n)).eps) if n in _NARROW else _WIDE for n in names)


def _tensors(*values: Any) -> list[torch.Tensor]:
    flat = [v for value in values for v in (value if isinstance(value, (list, tuple)) else [value])]
    return [v for v in flat if isinstance(v, torch.Tensor)]


def _array(x: Any) -> np.ndarray:
    if isinstance(x, torch.Tensor):
        if x.layout != torch.strided:
            raise InputTypeError("a sparse tensor was given; frames take dense ones, as of .to_dense()")
        x = values_of(x)
    x = np.asarray(x)
    if x.dtype.kind not in "biuf":
        raise InputError(f"graphs need real numbers; got an array of type {x.dtype}")
    return x.astype(float)


def _padded(adjacency: Any, features: Any) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray]:
    matrices = None if adjacency is None else [_array(a) for a in adjacency]
    rows = None if features is None else [_array(f) for f in features]
    for k, a in enumerate(matrices or []):
        if a.ndim != 2 or a.shape[0] != a.shape[1]:
            raise ShapeError(f"graph {k}: an adjacency matrix is square; got shape {a.shape}")
    if matrices is not None and rows is not None and [len(a) for a in matrices] != [len(f) for f in rows]:
        raise ShapeError("the lists of adjacency matrices and of features differ in their numbers of vertices")
    counts = [len(x) for x in (matrices if matrices is not None else rows or [])]
    if not counts:
        raise InputError("the list of graphs is empty; give one graph or more")
    width = max(counts)
    a = None
    if matrices is not None:
        a = np.stack([np.pad(m, (0, width - len(m))) for m in matrices])
    f = None
    if rows is not None:
        if len({r.shape[1:] for r in rows}) > 1 or rows[0].ndim != 2:
            raise ShapeError("features need shape (vertices, f) with one f for all graphs")
        f = np.stack([np.pad(r, ((0, width - len(r)), (0, 0))) for r in rows])
    return a, f, np.arange(width) < np.array(counts)[:, None]


def _adjacency(adjacency: Any) -> tuple[np.ndarray | None, bool]:
    if adjacency is None:
        return None, False
    a = _array(adjacency)
    if a.ndim not in (2, 3) or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"an adjacency matrix has shape (n, n), a batch (B, n, n); got shape {a.shape}")
    single = a.ndim == 2
    return (a[None] if single else a), single


def _features(features: Any, a: np.ndarray | None) -> tuple[np.ndarray | None, bool]:
    if features is None:
        return None, False
    f = _array(features)
    single = f.ndim == 2
    f = f[None] if single else f
    if f.ndim != 3 or (a is not None and f.shape[:2] != a.shape[:2]):
        wanted = "(n, f) or (B, n, f)" if a is None else f"{(*a.shape[:2], 'f')}"
        raise ShapeError(f"features need shape {wanted}; got shape {np.shape(features)}")
    return f, single


def _finite(x: np.ndarray, name: str) -> np.ndarray:
    bad = ~np.isfinite(x)
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        raise NonFiniteError(f"{name}: {int(bad.sum())} entries are NaN or infinite, the first at {first}")
    return x


def _mask(mask: Any, shape: tuple[int, ...]) -> np.ndarray:
    if mask is None:
        real = np.ones(shape, dtype=bool)
    else:
        real = np.asarray(values_of(mask) if isinstance(mask, torch.Tensor) else mask).astype(bool)
        real = real[None] if real.ndim == 1 else real
        if real.shape != shape:
            raise ShapeError(f"mask has shape {real.shape}; {shape} fits the graphs")
    empty = np.flatnonzero(real.sum(1) == 0)
    if shape[0] == 0:
        raise InputError("the batch holds no graph; give one or more")
    if len(empty):
        raise InputError(f"graph {int(empty[0])} has no vertices; a frame needs one or more")
    return real

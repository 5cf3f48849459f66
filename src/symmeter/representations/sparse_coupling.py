"""Trilinear forms on spherical-harmonic coefficients, stored as the list of their non-zero entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from symmeter.errors import ShapeError
from symmeter.linalg.array_namespace import constant_like, is_torch, namespace_of

__all__ = ["SparseCoupling"]


@dataclass(frozen=True, eq=False)
class SparseCoupling:
    """The numbers ``T[i, j, k]`` that are not zero, ordered by k.

    Attributes
    ----------
    shape : tuple of int
        Sizes of the three indices; each is (L+1)^2 in the flat index l*l + l + m.
    i, j, k : int arrays of shape (n,)
    values : array of shape (n,)
    """

    shape: tuple[int, int, int]
    i: Int[np.ndarray, " n"]
    j: Int[np.ndarray, " n"]
    k: Int[np.ndarray, " n"]
    values: Float[np.ndarray, " n"]

    @staticmethod
    def of(shape: tuple[int, int, int], i: Any, j: Any, k: Any, values: Any) -> SparseCoupling:
        """Sort, drop exact zeros, and freeze."""
        keep = np.flatnonzero(values)
        key = (k[keep].astype(np.int64) * shape[0] + i[keep]) * shape[1] + j[keep]
        order = keep[np.argsort(key, kind="stable")]
        parts = [np.ascontiguousarray(a[order].astype(kind)) for a, kind in ((i, int), (j, int), (k, int))]
        parts.append(np.ascontiguousarray(values[order]))
        for a in parts:
            a.setflags(write=False)
        return SparseCoupling(shape, *parts)

    @property
    def nnz(self) -> int:
        """Number of entries."""
        return len(self.values)

    def dense(self) -> Float[np.ndarray, "a b c"]:
        """The full tensor."""
        out = np.zeros(self.shape, dtype=self.values.dtype)
        out[self.i, self.j, self.k] = self.values
        return out

    def contract(self, x: Any, y: Any) -> Any:
        """``z_k = sum_ij T_ijk x_i y_j`` along the last axes, which broadcast; NumPy or torch, differentiable there.

        Examples
        --------
        >>> from symmeter.representations import gaunt_table
        >>> one = np.array([np.sqrt(4 * np.pi), 0, 0, 0])  # the constant function 1
        >>> gaunt_table(1).contract(one, np.array([0.0, 1.0, 2.0, 3.0])).round(12)
        array([0., 1., 2., 3., 0., 0., 0., 0., 0.])
        """
        xp = namespace_of(x, y)
        x, y = (a if is_torch(a) else np.asarray(a) for a in (x, y))
        for name, a, n in (("x", x, self.shape[0]), ("y", y, self.shape[1])):
            if a.ndim == 0 or a.shape[-1] != n:
                raise ShapeError(f"{name} has shape {tuple(a.shape)}; the last axis must have {n} coefficients")
        if xp is np:
            products = x[..., self.i] * y[..., self.j] * self.values
            out = np.zeros((*products.shape[:-1], self.shape[2]), dtype=products.dtype)
            present, starts = np.unique(self.k, return_index=True)
            if len(starts):
                out[..., present] = np.add.reduceat(products, starts, axis=-1)
            return out
        like = x if is_torch(x) else y
        i, j, k = (constant_like(a, like) for a in (self.i, self.j, self.k))
        products = x[..., i] * y[..., j] * constant_like(self.values, like)
        out = products.new_zeros((*products.shape[:-1], self.shape[2]))
        return out.index_add(-1, k, products)

    def __repr__(self) -> str:
        return f"SparseCoupling({self.nnz} of {' x '.join(map(str, self.shape))} entries)"

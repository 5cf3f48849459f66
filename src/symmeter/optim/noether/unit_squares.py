"""Squares and products of units of parameters, each measured once however many families share it.

Families meet: the columns of a weight belong to the units before it and its rows to the units behind. On the processor
both come out of one pass over a weight (numba, extra ``fast``), with nothing of its size written beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from symmeter.optim.noether.symmetries import Member, ParameterSymmetry

__all__ = ["UnitPlan", "UnitSquares"]

#: Entries of the largest parameter.
_LEAST = 1 << 15


class UnitPlan:
    """Where the squares of rows and columns of each parameter stand in one vector.

    Parameters
    ----------
    symmetries : iterable of ParameterSymmetry
    parameters : mapping of tensors
        By name.
    """

    def __init__(self, symmetries: Iterable[ParameterSymmetry], parameters: Mapping[str, torch.Tensor]) -> None:
        self._covered: set[str] = set()
        axes: dict[str, set[int]] = {}
        for s in symmetries:
            if s.kind in ("scale", "rescale") and all(_plain(m, parameters.get(m.name)) for m in s.members):
                self._covered.add(s.name)
                for m in s.members:
                    axes.setdefault(m.name, set()).add(m.axis or 0)
        self.size = 0
        self.device = torch.device("cpu")
        #: By parameter, where its rows and its columns begin; -1 for what no family needs.
        self.starts: dict[str, tuple[int, int]] = {}
        for name, wanted in axes.items():
            p, start = parameters[name], [-1, -1]
            self.device = p.device
            for axis in wanted:
                start[axis], self.size = self.size, self.size + p.shape[axis]
            self.starts[name] = (start[0], start[1])
        largest = max((parameters[name].numel() for name in axes), default=0)
        #: Compiling takes a second, which small networks are not worth.
        self.compiled = self.device.type == "cpu" and largest >= _LEAST and find_spec("numba") is not None

    def covers(self, symmetry: ParameterSymmetry) -> bool:
        """Whether the charges of a family can be read off the squares of rows and columns."""
        return symmetry.name in self._covered

    def charges(self, symmetry: ParameterSymmetry, moments: Sequence[UnitSquares]) -> Float[torch.Tensor, "k u"]:
        """Charges of a family that is covered, at several moments at a time."""
        return self._summed(symmetry, moments, signed=True)

    def lengths(self, symmetry: ParameterSymmetry, moments: Sequence[UnitSquares]) -> Float[torch.Tensor, "k u"]:
        """Squares of the lengths of its fields."""
        return self._summed(symmetry, moments, signed=False)

    def _summed(self, symmetry: ParameterSymmetry, moments: Sequence[UnitSquares], signed: bool) -> torch.Tensor:
        total: Any = 0.0
        for m in symmetry.members:
            start = self.starts[m.name][m.axis or 0]
            own = torch.stack([q.values[start : start + m.repeat * symmetry.count] for q in moments])
            if m.repeat > 1:
                own = own.unflatten(1, (-1, m.repeat)).sum(2)
            total = torch.add(own * (m.sign * m.weight if signed else m.weight**2), total)
        return total


class UnitSquares:
    """Scalar products of the units of two tangent vectors at one moment, in double precision.

    They are numbers of their own and do not follow the tensors that were measured.

    Attributes
    ----------
    values : tensor of shape (size of the plan,)
        Where the plan says; meaningless for parameters that were not measured.
    """

    __slots__ = ("_known", "_plan", "_view", "values")

    def __init__(self, plan: UnitPlan) -> None:
        self._plan = plan
        self.values = torch.empty(plan.size, dtype=torch.float64, device=plan.device)
        self._view = self.values.numpy() if plan.compiled else None
        self._known: set[str] = set()

    def measure(
        self, names: Iterable[str], first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor] | None = None
    ) -> None:
        """Measure those of some parameters that are not known yet; squares where no ``second`` is given."""
        for name in names:
            if name in self._known:
                continue
            self._known.add(name)
            x = first[name]
            y = x if second is None else second[name]
            rows, columns = self._plan.starts[name]
            if self._view is None or not (_fits(x) and (y is x or (_fits(y) and y.dtype == x.dtype))):
                self._plainly(x, y, rows, columns)
                continue
            a, b = _matrix(x), None if y is x else _matrix(y)
            if x.ndim == 1:
                rows, columns = -1, rows
            if b is None:
                _kernels()[0](a, self._view, rows, columns)
            else:
                _kernels()[1](a, b, self._view, rows, columns)

    def _plainly(self, x: torch.Tensor, y: torch.Tensor, rows: int, columns: int) -> None:
        """Without compiled passes; numbers of half precision are multiplied in single."""
        if x.dtype not in (torch.float32, torch.float64):
            x, y = x.float(), y.float()
        product = x.double() * y.double() if x.ndim == 1 or x.dtype == torch.float64 else x * y
        if rows >= 0:
            sums = product if x.ndim == 1 else product.sum(1, dtype=torch.float64)
            self.values[rows : rows + len(x)] = sums
        if columns >= 0:
            self.values[columns : columns + x.shape[1]] = product.sum(0, dtype=torch.float64)


def _plain(m: Member, tensor: torch.Tensor | None) -> bool:
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        # Sharded tensors and other kinds reduce themselves.
        return False
    whole = m.axis is not None and m.index is None and m.groups == 1
    return tensor is not None and whole and (m.axis or 0) < tensor.ndim <= 2


def _fits(x: torch.Tensor) -> bool:
    return x.dtype in (torch.float32, torch.float64) and x.is_contiguous()


def _matrix(x: torch.Tensor) -> np.ndarray:
    """A view; vectors are one row, whose columns are their entries."""
    a = x.detach().numpy()
    return a if a.ndim == 2 else a.reshape(1, -1)


@lru_cache(maxsize=1)
def _kernels() -> tuple[Any, Any]:
    import numba

    # Sums may be taken in any order, which lets the compiler use vectors.
    made = [numba.njit(cache=True, fastmath=True)(f) for f in (_square_sums, _product_sums)]
    return made[0], made[1]


def _square_sums(x, out, rows, columns):  # pragma: no cover - compiled
    """Sums of squares of rows and of columns into ``out``; single precision for 256 rows, double between them."""
    v, d = x.shape
    some = np.zeros(d, dtype=x.dtype)
    kind = x.dtype.type
    if columns >= 0:
        out[columns : columns + d] = 0.0
    for first in range(0, v, 4):
        if first + 4 <= v:
            x0, x1, x2, x3 = x[first], x[first + 1], x[first + 2], x[first + 3]
            r0 = r1 = r2 = r3 = kind(0)
            for j in range(d):
                s0, s1, s2, s3 = x0[j] * x0[j], x1[j] * x1[j], x2[j] * x2[j], x3[j] * x3[j]
                r0 += s0
                r1 += s1
                r2 += s2
                r3 += s3
                some[j] += (s0 + s1) + (s2 + s3)
            if rows >= 0:
                k = rows + first
                out[k], out[k + 1], out[k + 2], out[k + 3] = r0, r1, r2, r3
        else:
            for i in range(first, v):
                xi = x[i]
                r = kind(0)
                for j in range(d):
                    s = xi[j] * xi[j]
                    r += s
                    some[j] += s
                if rows >= 0:
                    out[rows + i] = r
        if columns >= 0 and (first % 256 == 252 or first + 4 >= v):
            for j in range(d):
                out[columns + j] += some[j]
                some[j] = 0


def _product_sums(x, y, out, rows, columns):  # pragma: no cover - compiled
    """As :func:`_square_sums`, of two arrays."""
    v, d = x.shape
    some = np.zeros(d, dtype=x.dtype)
    kind = x.dtype.type
    if columns >= 0:
        out[columns : columns + d] = 0.0
    for i in range(v):
        xi, yi = x[i], y[i]
        r = kind(0)
        for j in range(d):
            s = xi[j] * yi[j]
            r += s
            some[j] += s
        if rows >= 0:
            out[rows + i] = r
        if columns >= 0 and (i % 256 == 255 or i == v - 1):
            for j in range(d):
                out[columns + j] += some[j]
                some[j] = 0

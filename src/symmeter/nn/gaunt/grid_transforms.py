"""From coefficients to grid values and back, in the three ways that pay: all points, paired ones, separated angles.

``dense``: one matrix product with all points of a rule, shape (..., n), the quickest for low degrees. ``paired``:
values are kept as their even and odd parts on one point of each antipodal pair, two arrays (..., n), which halves the
matrix products: even degrees fill only the even part. ``separable``: Legendre functions order by order, then a Fourier
sum over longitudes, O(L^3) in place of O(L^4); one array of shape (longitudes, ..., latitudes). Constants come as
tuples made in :mod:`symmeter.nn.gaunt.constants`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch

from symmeter.nn.gaunt.constant_products import rows_times

__all__ = ["Grid", "multiply", "project", "sample"]

Tensors = tuple[torch.Tensor, ...]


class Grid(NamedTuple):
    """How three factors meet on a grid.

    Attributes
    ----------
    route : {"dense", "paired", "separable"}
    first, second, out : tuples of tensors
        The constants of the three factors.
    points : int
        Numbers that the grid has for each row, in each of its arrays.
    small : tuple of tensors
        For ``dense``: the projections on the three factors once more, row by row in memory, which is how a product of
        few rows is quickest.
    """

    route: str
    first: Tensors
    second: Tensors
    out: Tensors
    points: int
    small: Tensors = ()

    @classmethod
    def of(cls, route: str, constants: Tensors) -> Grid:
        """Constants of the three factors, one after another."""
        n = len(constants) // 3
        first, second, out = (_unpadded(route, constants[k * n : (k + 1) * n]) for k in range(3))
        if route == "separable":
            points = out[2].shape[2] * out[4].shape[0]
        else:
            points = out[2 if route == "paired" else 0].shape[1]
        small = tuple(part[1].contiguous() for part in (first, second, out)) if route == "dense" else ()
        return cls(route, first, second, out, points, small)

    def along_first(self) -> Grid:
        """For the derivative along the first factor: (output, second) to first."""
        return Grid(self.route, self.out, self.second, self.first, self.points, self.small[::-1])

    def along_second(self) -> Grid:
        """For the derivative along the second factor: (first, output) to second."""
        small = (self.small[0], self.small[2], self.small[1]) if self.small else ()
        return Grid(self.route, self.first, self.out, self.second, self.points, small)


def _unpadded(route: str, constants: Tensors) -> Tensors:
    """None in place of narrow projections of a dense grid that are the whole ones: columns need not be dropped then."""
    if route == "dense" and constants[1].shape == constants[2].shape:
        return constants[0], constants[1], None  # type: ignore[return-value]
    return constants


def sample(x: torch.Tensor, route: str, constants: Tensors) -> Tensors:
    """Grid values of coefficients (..., K)."""
    if route == "dense":
        return (rows_times(x, constants[0]),)
    return _sample_paired(x, constants) if route == "paired" else (_sample_separable(x, constants),)


def project(values: Tensors, route: str, constants: Tensors) -> torch.Tensor:
    """Coefficients (..., K): the transpose of :func:`sample` with the weights of the grid."""
    if route == "dense":
        return rows_times(values[0], constants[1], constants[2]).contiguous()
    return _project_paired(values, constants) if route == "paired" else _project_separable(values[0], constants)


def multiply(a: Tensors, b: Tensors, *, spend: bool = False) -> Tensors:
    """Grid values of the product of two functions; of their even and odd parts where there are two.

    Parameters
    ----------
    spend : bool
        Overwrite ``a``, whose values are needed no more.
    """
    if len(a) == 1:
        return (a[0].mul_(b[0]) if spend else a[0] * b[0],)
    odd = (a[0] * b[1]).addcmul_(a[1], b[0])
    even = a[0].mul_(b[0]) if spend else a[0] * b[0]
    return even.addcmul_(a[1], b[1]), odd


def _sample_paired(x: torch.Tensor, constants: Tensors) -> Tensors:
    sort, _, even, odd, *_ = constants
    # Picking columns of a matrix is three times as fast as along the last of several axes.
    rows = x.reshape(-1, x.shape[-1])
    n = even.shape[0]
    shape = (*x.shape[:-1], even.shape[1])
    parts = rows_times(rows.index_select(1, sort[:n]), even), rows_times(rows.index_select(1, sort[n:]), odd)
    return parts[0].view(shape), parts[1].view(shape)


def _project_paired(values: Tensors, constants: Tensors) -> torch.Tensor:
    _, back, _, _, *matrices = constants
    parts = (rows_times(v.reshape(-1, v.shape[-1]), *m) for v, m in zip(values, (matrices[:2], matrices[2:])))
    both = torch.cat(tuple(parts), 1)
    return both.index_select(1, back).view(*values[0].shape[:-1], back.shape[0])


def _sample_separable(x: torch.Tensor, constants: Tensors) -> torch.Tensor:
    gather, _, legendre, _, fourier, _ = constants
    orders, degrees, latitudes = legendre.shape
    rows = x.reshape(-1, x.shape[-1])
    n = rows.shape[0]
    by_order = rows.index_select(1, gather).view(n, orders, degrees).transpose(0, 1)
    half = torch.bmm(by_order, legendre)
    values = fourier @ half.view(orders, n * latitudes)
    return values.view(fourier.shape[0], *x.shape[:-1], latitudes)


def _project_separable(values: torch.Tensor, constants: Tensors) -> torch.Tensor:
    _, back, _, legendre, _, fourier = constants
    orders, latitudes, _ = legendre.shape
    n = values.shape[1:-1].numel()
    half = (fourier @ values.reshape(values.shape[0], n * latitudes)).view(orders, n, latitudes)
    by_order = torch.bmm(half, legendre).transpose(0, 1)
    found = by_order.reshape(n, orders * legendre.shape[2]).index_select(1, back)
    return found.view(*values.shape[1:-1], back.shape[0])

"""From coefficients to grid values and back, in the three ways that pay: all points, paired ones, separated angles.

``dense``: one matrix product with all points of a rule, shape (..., n), the quickest for low degrees. ``paired``: values
are kept as their even and odd parts on one point of each antipodal pair, two arrays (..., n), which halves the matrix
products: even degrees fill only the even part. ``separable``: Legendre functions order by order, then a Fourier sum
over longitudes, O(L^3) in place of O(L^4); one array of shape (longitudes, ..., latitudes). Constants come as tuples
made in :mod:`symmeter.nn.gaunt.constants`.
"""

from __future__ import annotations

import torch

__all__ = ["grid_points", "multiply", "project", "sample"]

Tensors = tuple[torch.Tensor, ...]


def grid_points(route: str, constants: Tensors) -> int:
    """Numbers that a grid has for each row, in each of its arrays."""
    if route == "dense":
        return constants[0].shape[1]
    if route == "paired":
        return constants[2].shape[1]
    return constants[2].shape[2] * constants[4].shape[0]


def sample(x: torch.Tensor, route: str, constants: Tensors) -> Tensors:
    """Grid values of coefficients (..., K)."""
    if route == "dense":
        return (x @ constants[0],)
    return _sample_paired(x, constants) if route == "paired" else (_sample_separable(x, constants),)


def project(values: Tensors, route: str, constants: Tensors) -> torch.Tensor:
    """Coefficients (..., K): the transpose of :func:`sample` with the weights of the grid."""
    if route == "dense":
        sampling, projection = constants
        found = values[0] @ projection
        # Columns are padded to whole registers of the matrix product.
        size = sampling.shape[0]
        return found if found.shape[-1] == size else found[..., :size].contiguous()
    return _project_paired(values, constants) if route == "paired" else _project_separable(values[0], constants)


def multiply(a: Tensors, b: Tensors) -> Tensors:
    """Grid values of the product of two functions; of their even and odd parts where there are two."""
    if len(a) == 1:
        return (a[0] * b[0],)
    return torch.addcmul(a[0] * b[0], a[1], b[1]), torch.addcmul(a[0] * b[1], a[1], b[0])


def _sample_paired(x: torch.Tensor, constants: Tensors) -> Tensors:
    sort, _, even, odd, _, _ = constants
    rows = x.reshape(-1, x.shape[-1]).index_select(1, sort)
    n = even.shape[0]
    shape = (*x.shape[:-1], even.shape[1])
    return (rows[:, :n] @ even).view(shape), (rows[:, n:] @ odd).view(shape)


def _project_paired(values: Tensors, constants: Tensors) -> torch.Tensor:
    _, back, _, _, even, odd = constants
    a, b = (v.reshape(-1, v.shape[-1]) for v in values)
    # Columns are padded to whole registers of the matrix product; `back` skips the padding.
    both = torch.cat((a @ even, b @ odd), 1)
    return both.index_select(1, back).view(*values[0].shape[:-1], back.shape[0])


def _sample_separable(x: torch.Tensor, constants: Tensors) -> torch.Tensor:
    gather, _, legendre, _, fourier, _ = constants
    orders, degrees, latitudes = legendre.shape
    rows = x.reshape(-1, x.shape[-1])
    by_order = rows.index_select(1, gather).view(-1, orders, degrees).transpose(0, 1)
    half = torch.bmm(by_order, legendre)
    values = fourier @ half.view(orders, -1)
    return values.view(fourier.shape[0], *x.shape[:-1], latitudes)


def _project_separable(values: torch.Tensor, constants: Tensors) -> torch.Tensor:
    _, back, _, legendre, _, fourier = constants
    orders, latitudes, _ = legendre.shape
    half = (fourier @ values.reshape(values.shape[0], -1)).view(orders, -1, latitudes)
    by_order = torch.bmm(half, legendre).transpose(0, 1)
    return by_order.reshape(by_order.shape[0], -1).index_select(1, back).view(*values.shape[1:-1], back.shape[0])

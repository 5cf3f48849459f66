"""Directions of steepest descent that commute with a group: polar factors, normalised rows, and their centred forms.

Each takes matrices (..., m, n), rows being tokens, neurons or experts, and returns as many. Which group a direction
commutes with is a fact about it, listed in :mod:`symmeter.optim.rules`. After T. T.-K. Lau and W. Su, arXiv:2605.18106.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float

from symmeter.errors import InputError
from symmeter.linalg import inverse_square_root, polar_factor

__all__ = [
    "center",
    "centered_hybrid",
    "centered_row_norm",
    "column_norm",
    "hybrid",
    "left_spectral",
    "polar",
    "right_spectral",
    "row_lengths",
    "row_norm",
]

#: Added to lengths, as in the published runs.
ROW_EPS = 1e-8
#: For ``eps="relative"``: this part of the longest row.
RELATIVE_EPS = 1e-3

Matrices = Float[torch.Tensor, "*batch m n"]


def polar(m: Matrices, method: str = "svd", **options: Any) -> Matrices:
    """The orthogonal polar factor U V^T, zero on the null space: commutes with O(m) x O(n).

    Parameters
    ----------
    m : tensor of shape (..., m, n)
    method : str
        ``"svd"`` or ``"qdwh"``, exact, or an iteration of :data:`symmeter.linalg.POLAR_SCHEDULES`.
    **options
        Of :func:`symmeter.linalg.polar_factor`.

    Examples
    --------
    >>> polar(torch.tensor([[3.0, 4.0], [0.0, 5.0], [1.0, 0.0]], dtype=torch.float64)).numpy().round(6)
    array([[ 0.830956,  0.464249],
           [-0.402307,  0.882042],
           [ 0.384267, -0.080461]])
    """
    factor: Any = polar_factor
    return factor(m, method, **options)


def center(m: Matrices) -> Matrices:
    """Every row less the mean row: the part that a common shift of all rows does not change."""
    return m - m.mean(-2, keepdim=True)


def row_lengths(m: Matrices) -> Float[torch.Tensor, "*batch m 1"]:
    """Lengths of rows; half precision is added up in single."""
    kind = torch.promote_types(m.dtype, torch.float32)
    return torch.linalg.vector_norm(m, dim=-1, keepdim=True, dtype=kind)


def row_norm(m: Matrices, eps: float | str = ROW_EPS) -> Matrices:
    """Rows of length one: commutes with S_m x O(n).

    It is the direction of steepest descent for the norm that is the largest length of a row.

    Parameters
    ----------
    m : tensor of shape (..., m, n)
    eps : float or "relative"
        Added to each length, so that rows of zero stay zero. A row whose gradient has stopped keeps length one until
        its momentum is as small as that; ``"relative"`` is a thousandth of the longest row, and stops it soon.

    Examples
    --------
    >>> row_norm(torch.tensor([[3.0, 4.0], [0.0, 5.0], [0.0, 0.0]]), eps=0.0).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 1.0], [0.0, 0.0]]
    """
    return m / _divisor(row_lengths(m), eps).to(m.dtype)


def _divisor(lengths: torch.Tensor, eps: float | str) -> torch.Tensor:
    if isinstance(eps, str):
        if eps != "relative":
            raise InputError(f"eps is {eps!r}; use a number or 'relative'")
        eps_value = RELATIVE_EPS * lengths.amax(-2, keepdim=True)
    elif eps >= 0:
        eps_value = eps
    else:
        raise InputError(f"eps is {eps}; it is added to lengths and must be >= 0")
    total = lengths + eps_value
    return torch.where(total > 0, total, torch.ones_like(total))


def column_norm(m: Matrices, eps: float | str = ROW_EPS) -> Matrices:
    """Columns of length one: commutes with O(m) x S_n."""
    return row_norm(m.mT, eps).mT


def centered_row_norm(m: Matrices, eps: float | str = ROW_EPS) -> Matrices:
    """Rows of length one between two centrings: commutes with (S_m x O(n)) and common shifts, moves along no shift.

    Lengths of rows bring the mean back in; so the second centring is needed as much as the first.
    """
    return center(row_norm(center(m), eps))


def hybrid(
    m: Matrices, eps: float | str = ROW_EPS, method: str = "svd", order: str = "row_then_polar", **options: Any
) -> Matrices:
    """Normalised rows and then the polar factor, or the other order: commutes with S_m x O(n)."""
    if order == "row_then_polar":
        return polar(row_norm(m, eps), method, **options)
    if order == "polar_then_row":
        return row_norm(polar(m, method, **options), eps)
    raise InputError(f"order is {order!r}; use 'row_then_polar' or 'polar_then_row'")


def centered_hybrid(m: Matrices, eps: float | str = ROW_EPS, method: str = "svd", **options: Any) -> Matrices:
    """Normalised rows and the polar factor, centred before, between and after."""
    return center(polar(center(row_norm(center(m), eps)), method, **options))


def left_spectral(
    m: Matrices, damping: float = 0.0, method: str = "eigh", centered: bool = False, relative: bool = False
) -> Matrices:
    """``(M M^T + damping I)^(-1/2) M``: equal to the polar factor when undamped, from the Gram matrix of the rows.

    Parameters
    ----------
    m : tensor of shape (..., m, n)
    damping : float
    method : str
        Of :func:`symmeter.linalg.inverse_square_root`.
    centered : bool
        Centre before and after: the Gram matrix has the null vector of ones exactly, and a square root by products
        would magnify what rounding leaves there.
    relative : bool
        Whether ``damping`` is in units of the mean eigenvalue.
    """
    kind = torch.promote_types(m.dtype, torch.float32)
    x = m.to(kind)
    x = center(x) if centered else x
    gram: Any = x @ x.mT
    root: Any = inverse_square_root
    if not relative:
        out = root(gram, damping, method) @ x
    else:
        unit = gram.diagonal(dim1=-2, dim2=-1).mean(-1)[..., None, None]
        unit = torch.where(unit > 0, unit, torch.ones_like(unit))
        out = root(gram / unit, damping, method) @ (x / unit.sqrt())
    return (center(out) if centered else out).to(m.dtype)


def right_spectral(m: Matrices, damping: float = 0.0, method: str = "eigh", relative: bool = False) -> Matrices:
    """``M (M^T M + damping I)^(-1/2)``: the same from the Gram matrix of the columns."""
    return left_spectral(m.mT, damping, method, relative=relative).mT

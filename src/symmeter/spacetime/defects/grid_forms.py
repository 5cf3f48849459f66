"""Forms on grids: products, exterior derivatives, inverses of matrix fields; components first, points last and flat."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from jaxtyping import Float

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.spacetime.defects.grids import Grid

__all__ = ["cholesky_coframe", "exterior", "full_two_form", "inverses", "matrix_field", "pairs", "wedge", "wedge_two"]


def pairs(n: int) -> list[tuple[int, int]]:
    """Index pairs i < j of two-forms."""
    return list(combinations(range(n), 2))


def matrix_field(value: object, name: str, n: int | None = None) -> Float[np.ndarray, "n n *grid"]:
    """A finite real field of square matrices with as many grid directions as rows.

    Raises
    ------
    ShapeError, NonFiniteError
    """
    field = np.asarray(value)
    if field.dtype.kind not in "fiu":
        raise ShapeError(f"{name} has entries of kind {field.dtype}; give real numbers")
    field = field.astype(np.float64)
    if field.ndim < 4 or field.shape[0] != field.shape[1] or field.ndim != field.shape[0] + 2:
        right = "(2, 2, N1, N2) or (3, 3, N1, N2, N3)"
        raise ShapeError(f"{name} has shape {field.shape}; it should be {right}, components first")
    if n is not None and len(field) != n:
        raise ShapeError(f"{name} has {len(field)} components where there are {n} directions")
    if not np.isfinite(field).all():
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(field))[0][2:])
        raise NonFiniteError(f"{name} has NaN or infinity, first at grid point {where}")
    return field


def inverses(m: Float[np.ndarray, "n n p"], name: str, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Inverse matrices and determinants.

    Raises
    ------
    InputError
        Where a matrix is singular, with the place.
    """
    n = len(m)
    if n == 2:
        adjugate = np.array([[m[1, 1], -m[0, 1]], [-m[1, 0], m[0, 0]]])
        det = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    elif n == 3:
        adjugate = np.empty_like(m)
        for i in range(3):
            a, b = (i + 1) % 3, (i + 2) % 3
            for j in range(3):
                c, d = (j + 1) % 3, (j + 2) % 3
                adjugate[j, i] = m[a, c] * m[b, d] - m[a, d] * m[b, c]
        det = m[0, 0] * adjugate[0, 0] + m[0, 1] * adjugate[1, 0] + m[0, 2] * adjugate[2, 0]
    else:
        moved = np.moveaxis(m, -1, 0)
        det = np.linalg.det(moved)
        adjugate = np.moveaxis(np.linalg.inv(moved), 0, -1) * det if np.all(det) else np.empty_like(m)
    size = np.abs(m).max(axis=(0, 1)) ** n
    bad = np.abs(det) <= 1e-12 * size
    if bad.any():
        where = tuple(int(k) for k in np.unravel_index(int(np.argmax(bad)), shape))
        raise InputError(f"{name} is singular at grid point {where}: determinant {det[np.argmax(bad)]:.3g}")
    if det.min() < 0 < det.max():
        k = int(np.argmin(det))
        where = tuple(int(i) for i in np.unravel_index(k, shape))
        raise InputError(f"{name} changes its orientation at grid point {where}, so it is singular somewhere between")
    return adjugate / det, det


def cholesky_coframe(g: Float[np.ndarray, "n n p"], shape: tuple[int, ...]) -> Float[np.ndarray, "n n p"]:
    """The upper triangular coframe with ``g = e^T e``.

    Raises
    ------
    InputError
        Where the metric is not symmetric or not positive definite, with the place.
    """
    skew = np.abs(g - g.swapaxes(0, 1)).max()
    if skew > 1e-9 * np.abs(g).max():
        raise InputError(f"the metric is not symmetric: entries differ by {skew:.3g}")
    n = len(g)
    e = np.zeros_like(g)
    # By rows, as in the textbook, for all points at once.
    for i in range(n):
        square = g[i, i] - (e[:i, i] ** 2).sum(axis=0)
        bad = square <= 1e-14 * np.abs(g[i, i])
        if bad.any():
            where = tuple(int(k) for k in np.unravel_index(int(np.argmax(bad)), shape))
            raise InputError(f"the metric is not positive definite at grid point {where}")
        e[i, i] = np.sqrt(square)
        for j in range(i + 1, n):
            e[i, j] = (g[i, j] - (e[:i, i] * e[:i, j]).sum(axis=0)) / e[i, i]
    return e


def exterior(grid: Grid, form: Float[np.ndarray, "*c p"], degree: int) -> Float[np.ndarray, "*c q p"]:
    """The exterior derivative: functions, one-forms (last index n) and two-forms (last index over pairs).

    Of a function the last index of the result is i, of a one-form the pair i < j, of a two-form the triple i < j < k.
    """
    n = grid.dimension
    full = form.reshape(*form.shape[:-1], *grid.shape)
    if degree == 0:
        return grid.gradient(full).reshape(*form.shape[:-1], n, -1)
    lead = form.ndim - 2

    def piece(index: int, i: int) -> np.ndarray:
        return grid.derivative(np.take(full, index, axis=lead), i)

    if degree == 1:
        out = [piece(j, i) - piece(i, j) for i, j in pairs(n)]
    else:
        place = {p: k for k, p in enumerate(pairs(n))}
        out = [
            piece(place[j, k], i) - piece(place[i, k], j) + piece(place[i, j], k)
            for i, j, k in combinations(range(n), 3)
        ]
    if not out:
        return np.zeros((*form.shape[:-2], 0, form.shape[-1]))
    return np.stack(out, axis=lead).reshape(*form.shape[:-2], len(out), -1)


def wedge(left: np.ndarray, right: np.ndarray, letters: str) -> np.ndarray:
    """``left ^ right`` of two one-forms whose other indices are multiplied as in ``"ac,cb->ab"``; pairs come last."""
    inputs, target = letters.split("->")
    a, b = inputs.split(",")
    n = left.shape[-2]
    rule = f"{a}p,{b}p->{target}p"
    out = [
        np.einsum(rule, left[..., i, :], right[..., j, :]) - np.einsum(rule, left[..., j, :], right[..., i, :])
        for i, j in pairs(n)
    ]
    return np.stack(out, axis=-2)


def wedge_two(one: np.ndarray, two: np.ndarray, letters: str) -> np.ndarray:
    """``one ^ two`` of a one-form and a two-form, with other indices as in ``"ab,b->a"``; triples come last."""
    inputs, target = letters.split("->")
    a, b = inputs.split(",")
    n = one.shape[-2]
    place = {p: k for k, p in enumerate(pairs(n))}
    rule = f"{a}p,{b}p->{target}p"

    def term(i: int, jk: tuple[int, int]) -> np.ndarray:
        return np.einsum(rule, one[..., i, :], two[..., place[jk], :])

    out = [term(i, (j, k)) - term(j, (i, k)) + term(k, (i, j)) for i, j, k in combinations(range(n), 3)]
    if not out:
        shape = np.einsum(rule, one[..., 0, :], two[..., 0, :]).shape
        return np.zeros((*shape[:-1], 0, shape[-1]))
    return np.stack(out, axis=-2)


def full_two_form(form: np.ndarray, n: int) -> np.ndarray:
    """Antisymmetric components (..., n, n, p) from those of pairs."""
    out = np.zeros((*form.shape[:-2], n, n, form.shape[-1]))
    for k, (i, j) in enumerate(pairs(n)):
        out[..., i, j, :] = form[..., k, :]
        out[..., j, i, :] = -form[..., k, :]
    return out

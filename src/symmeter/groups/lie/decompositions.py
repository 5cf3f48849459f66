"""Polar, Cartan (KAK), Iwasawa, QR, Gauss (LDU) and semidirect coordinates of invertible matrices, and the ways back.

All take stacks. For n = 2 the polar coordinates have closed forms that stay smooth at rotations; larger matrices go
through the singular value decomposition and never through g g^T, which squares the condition number. The measures of
these coordinates are in :mod:`symmeter.groups.lie.density` (Knapp, Lie Groups Beyond an Introduction, chapter VIII).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Num

from symmeter.errors import NotAGroupElementError, ShapeError
from symmeter.groups.lie.batches import adjoint_of, as_matrices, as_vectors, check_choice, determinant, which
from symmeter.groups.lie.exponential import exp_hermitian
from symmeter.linalg import polar_svd

__all__ = [
    "Cartan",
    "Gauss",
    "Iwasawa",
    "Polar",
    "Semidirect",
    "from_iwasawa",
    "from_kak",
    "from_ldu",
    "from_polar",
    "from_semidirect",
    "iwasawa",
    "kak",
    "ldu",
    "orthogonal_factor",
    "polar",
    "qr",
    "semidirect",
]

_SINGULAR = 2.3e-16
#: Determinants and squares of entries between which products of four entries stay within the range of floats.
_SMALL, _LARGE = 1e-100, 1e150
#: Matrices worked on at a time, so that intermediate arrays stay in the cache.
_BLOCK = 8192


class Polar(NamedTuple):
    """``g = exp(X) R`` (left) or ``R exp(X)`` (right), X symmetric or Hermitian, R a rotation or unitary."""

    X: np.ndarray
    R: np.ndarray


class Cartan(NamedTuple):
    """``g = k1 diag(exp a) k2`` with a descending."""

    k1: np.ndarray
    a: np.ndarray
    k2: np.ndarray


class Iwasawa(NamedTuple):
    """``g = k diag(exp a) n`` ("kan") or ``g = k n diag(exp a)`` ("kna"), n unit upper triangular."""

    k: np.ndarray
    a: np.ndarray
    n: np.ndarray


class Gauss(NamedTuple):
    """``g = L diag(d) U`` with L unit lower and U unit upper triangular."""

    L: np.ndarray
    d: np.ndarray
    U: np.ndarray


class Semidirect(NamedTuple):
    """``g = (x, h)``: first the linear map h, then the translation by x."""

    x: np.ndarray
    h: np.ndarray


def _invertible(g: np.ndarray, positive: bool = True) -> np.ndarray:
    g = as_matrices(g, "the matrices")
    if np.iscomplexobj(g) or not positive:
        return g
    # The sign alone: determinants of large matrices leave the range of floats.
    sign = determinant(g) if g.shape[-1] == 2 else np.linalg.slogdet(g)[0]
    bad = sign <= 0
    if np.any(bad):
        det = np.linalg.det(g)[bad].flat[0]
        raise NotAGroupElementError(
            f"{which(bad)} has determinant {det:.3g}; this decomposition needs a determinant above 0"
        )
    return g


def _svd(g: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    u, s, v = np.linalg.svd(g)
    singular = s[..., -1] <= _SINGULAR * s[..., 0]
    if np.any(singular):
        least = s[..., -1][singular].flat[0]
        raise NotAGroupElementError(f"{which(singular)} is singular: a singular value is {least:.3g}")
    return u, s, v


def orthogonal_factor(g: Num[np.ndarray, "... n n"]) -> Num[np.ndarray, "... n n"]:
    """Orthogonal or unitary polar factor, the nearest such matrix in the Frobenius norm.

    Examples
    --------
    >>> orthogonal_factor(np.diag([2.0, -3.0]))
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    factor = polar_svd(as_matrices(g, "the matrices"), rtol=_SINGULAR)
    # The null space of a singular matrix is left out, and the factor falls short of an isometry by 1.
    short = np.linalg.norm(factor, axis=(-2, -1)) ** 2 < factor.shape[-1] - 0.5
    if np.any(short):
        raise NotAGroupElementError(f"{which(short)} is singular and has no unique nearest orthogonal matrix")
    return factor


def polar(g: Num[np.ndarray, "... n n"], side: str = "left") -> Polar:
    """Logarithm of the positive definite part, and the rotation: global coordinates on GL+(n) and SL(n).

    Parameters
    ----------
    g : array of shape (..., n, n)
        Real matrices of positive determinant, or complex invertible ones.
    side : {"left", "right"}
        ``g = exp(X) R`` or ``g = R exp(X)``.

    Returns
    -------
    Polar
        X, shape (..., n, n), symmetric or Hermitian; traceless for SL(n). R, orthogonal or unitary. Under
        ``g -> k g`` with a rotation k, the left X becomes ``k X k^T``.

    Raises
    ------
    NotAGroupElementError
        For a singular matrix or a determinant <= 0; the text says which.

    References
    ----------
    Mironenco and Forré, Lie Group Decompositions for Equivariant Neural Networks (2024).

    Examples
    --------
    >>> X, R = polar(np.array([[1.0, 1.0], [0.0, 1.0]]))
    >>> X.round(8), np.arctan2(R[1, 0], R[0, 0]).round(9)
    (array([[ 0.21520447,  0.43040894],
           [ 0.43040894, -0.21520447]]), np.float64(-0.463647609))
    """
    check_choice(side, ("left", "right"), "side")
    g = as_matrices(g, "the matrices")
    if g.shape[-1] == 2 and not np.iscomplexobj(g):
        return _polar_2x2(g, side)
    u, s, v = _svd(_invertible(g))
    basis = u if side == "left" else adjoint_of(v)
    return Polar((basis * np.log(s)[..., None, :]) @ adjoint_of(basis), u @ v)


def _polar_2x2(g: np.ndarray, side: str) -> Polar:
    flat = g.reshape(-1, 4)
    # One array for both: large ones get large pages of memory, and fresh small pages would cost more than the numbers.
    both = np.empty((2, len(flat), 4))
    X, R = both
    work = np.empty((10, min(_BLOCK, len(flat))))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for start in range(0, len(flat), _BLOCK):
            part = slice(start, start + _BLOCK)
            _polar_block(flat[part], X[part], R[part], work[:, : len(X[part])], side)
        bad = np.isnan(R[:, 0])
        if bad.any():
            bad[bad] = _polar_rescaled(flat, bad, X, R, side)
    if bad.any():
        bad = bad.reshape(g.shape[:-2])
        with np.errstate(over="ignore", under="ignore"):
            det = np.linalg.det(g[bad][0])
        raise NotAGroupElementError(
            f"{which(bad)} has determinant {det:.3g}; this decomposition needs a determinant above 0"
        )
    return Polar(X.reshape(g.shape), R.reshape(g.shape))


def _polar_rescaled(flat: np.ndarray, bad: np.ndarray, X: np.ndarray, R: np.ndarray, side: str) -> np.ndarray:
    """Another try where squares may have left the range of floats; whether it failed too."""
    size = np.abs(flat[bad]).max(axis=1)
    scaled = flat[bad] / np.where(size > 0, size, 1.0)[:, None]
    x, r = np.empty((2, len(size), 4))
    _polar_block(scaled, x, r, np.empty((10, len(size))), side)
    x[:, [0, 3]] += np.log(size)[:, None]
    X[bad], R[bad] = x, r
    return np.isnan(r[:, 0])


def _polar_block(g: np.ndarray, X: np.ndarray, R: np.ndarray, work: np.ndarray, side: str) -> None:
    """Into X and R, whose rows become NaN where the determinant is not positive; ``work`` is room for ten columns.

    With p + iq = (a + d) + i(c - b) and r + is = (a - d) + i(b + c), of absolute values S and D, singular values are
    (S + D) / 2 and (S - D) / 2, the rotation is (p + iq) / S, and half the difference of the diagonal of log P with
    the entry beside it is x (r + is)(p + iq) / (D S), or that with p - iq on the right, for sinh x = D / sqrt(4 det).
    """
    # One contiguous array per entry: strided arithmetic would dominate the time. All that follows is in place.
    np.copyto(work[:4], g.T)
    a, b, c, d, p, q, det, k, u, v = work
    np.multiply(a, d, out=det)
    det -= np.multiply(b, c, out=k)
    np.add(a, d, out=p)
    np.subtract(c, b, out=q)
    r, s = np.subtract(a, d, out=a), np.add(b, c, out=b)
    square = np.multiply(p, p, out=c)
    square += np.multiply(q, q, out=d)
    least = np.multiply(square, _SINGULAR, out=d)
    least += _SMALL
    det[~(det > least)] = np.nan
    if np.max(square, initial=0.0) > _LARGE:
        det[square > _LARGE] = np.nan
    other = np.multiply(r, r, out=d)
    other += np.multiply(s, s, out=k)
    # At a rotation both r and s vanish, and any finite factor is right.
    other += _SMALL**2
    product = np.sqrt(np.multiply(other, square, out=k), out=k)
    x = np.divide(other, det, out=d)
    x *= 0.25
    # arcsinh keeps the digits that arccosh of the half trace would lose near a rotation.
    factor = np.divide(np.arcsinh(np.sqrt(x, out=x), out=x), product, out=k)
    mean = np.log(det, out=u)
    mean *= 0.5
    if side == "right":
        np.negative(q, out=q)
    gap = np.multiply(r, p, out=v)
    gap -= np.multiply(s, q, out=d)
    gap *= factor
    np.add(mean, gap, out=X[:, 0])
    np.subtract(mean, gap, out=X[:, 3])
    beside = np.multiply(r, q, out=r)
    beside += np.multiply(s, p, out=s)
    beside *= factor
    X[:, 1] = X[:, 2] = beside
    size = np.sqrt(square, out=square)
    cos, sin = np.divide(p, size, out=p), np.divide(q, size, out=q)
    if side == "right":
        np.negative(sin, out=sin)
    cos[np.isnan(det)] = np.nan
    R[:, 0] = R[:, 3] = cos
    R[:, 2] = sin
    np.negative(sin, out=R[:, 1])


def from_polar(X: Num[np.ndarray, "... n n"], R: Num[np.ndarray, "... n n"], side: str = "left") -> np.ndarray:
    """``exp(X) R``, or ``R exp(X)`` for ``side="right"``."""
    check_choice(side, ("left", "right"), "side")
    X, R = as_matrices(X, "X"), as_matrices(R, "R")
    _same_size(X, R)
    p = exp_hermitian(X)
    return p @ R if side == "left" else R @ p


def kak(g: Num[np.ndarray, "... n n"]) -> Cartan:
    """Cartan decomposition ``g = k1 diag(exp a) k2`` with rotations (unitary matrices if g is complex).

    Raises
    ------
    NotAGroupElementError
        For a singular matrix or a determinant <= 0.

    Examples
    --------
    >>> kak(np.diag([1.0, np.e])).a
    array([1., 0.])
    """
    u, s, v = _svd(_invertible(g))
    if not np.iscomplexobj(u):
        flip = np.where(np.linalg.det(u) < 0, -1.0, 1.0)
        # The same reflection into both factors leaves the product, and makes both rotations.
        u, v = u.copy(), v.copy()
        u[..., :, -1] *= flip[..., None]
        v[..., -1, :] *= flip[..., None]
    return Cartan(u, np.log(s), v)


def from_kak(k1: Num[np.ndarray, "... n n"], a: Float[np.ndarray, "... n"], k2: Num[np.ndarray, "... n n"]):
    """``k1 diag(exp a) k2``."""
    k1, k2 = as_matrices(k1, "k1"), as_matrices(k2, "k2")
    _same_size(k1, k2)
    return (k1 * np.exp(as_vectors(a, "a", k1.shape[-1]))[..., None, :]) @ k2


def qr(g: Num[np.ndarray, "... n n"]) -> tuple[np.ndarray, np.ndarray]:
    """Q and R of ``g = Q R`` with a positive diagonal of R, which makes both unique.

    Examples
    --------
    >>> q, r = qr(np.array([[0.0, -2.0], [1.0, 0.0]]))
    >>> q, r
    (array([[ 0., -1.],
           [ 1.,  0.]]), array([[1., 0.],
           [0., 2.]]))
    """
    g = as_matrices(g, "the matrices")
    q, r = np.linalg.qr(g)
    diagonal = np.einsum("...ii->...i", r)
    size = np.abs(diagonal)
    bad = size.min(axis=-1) <= _SINGULAR * size.max(axis=-1)
    if np.any(bad):
        raise NotAGroupElementError(f"{which(bad)} is singular and has no unique QR decomposition")
    phase = diagonal / size
    return q * phase[..., None, :] + 0.0, np.conj(phase)[..., :, None] * r + 0.0


def iwasawa(g: Num[np.ndarray, "... n n"], order: str = "kan") -> Iwasawa:
    """Iwasawa decomposition into a rotation, a positive diagonal matrix ``diag(exp a)`` and a unit triangular one.

    Parameters
    ----------
    g : array of shape (..., n, n)
        Real with positive determinant, or complex invertible.
    order : {"kan", "kna"}

    Raises
    ------
    NotAGroupElementError
        For a singular matrix or a determinant <= 0.

    Examples
    --------
    >>> k, a, n = iwasawa(np.array([[0.0, -2.0], [1.0, 3.0]]))
    >>> k, np.exp(a), n
    (array([[ 0., -1.],
           [ 1.,  0.]]), array([1., 2.]), array([[1., 3.],
           [0., 1.]]))
    """
    check_choice(order, ("kan", "kna"), "order")
    k, r = qr(_invertible(g))
    diagonal = np.real(np.einsum("...ii->...i", r))
    n = r / (diagonal[..., :, None] if order == "kan" else diagonal[..., None, :])
    return Iwasawa(k, np.log(diagonal), n)


def from_iwasawa(
    k: Num[np.ndarray, "... n n"], a: Float[np.ndarray, "... n"], n: Num[np.ndarray, "... n n"], order: str = "kan"
) -> np.ndarray:
    """``k diag(exp a) n``, or ``k n diag(exp a)`` for ``order="kna"``."""
    check_choice(order, ("kan", "kna"), "order")
    k, n = as_matrices(k, "k"), as_matrices(n, "n")
    _same_size(k, n)
    d = np.exp(as_vectors(a, "a", k.shape[-1]))
    return (k * d[..., None, :]) @ n if order == "kan" else (k @ n) * d[..., None, :]


def ldu(g: Num[np.ndarray, "... n n"]) -> Gauss:
    """Gauss decomposition ``g = L diag(d) U``, on the open cell where no leading minor vanishes.

    Raises
    ------
    NotAGroupElementError
        If a leading minor vanishes; the text says of which matrix and of which size.

    Examples
    --------
    >>> lower, d, upper = ldu(np.array([[2.0, 4.0], [6.0, 13.0]]))
    >>> lower, d, upper
    (array([[1., 0.],
           [3., 1.]]), array([2., 1.]), array([[1., 2.],
           [0., 1.]]))
    """
    g = as_matrices(g, "the matrices")
    n = g.shape[-1]
    scale = np.abs(g).max(axis=(-2, -1))
    rest = g.copy()
    lower, upper = np.zeros_like(g), np.zeros_like(g)
    d = np.empty(g.shape[:-1], dtype=g.dtype)
    for k in range(n):
        pivot = rest[..., k, k]
        bad = np.abs(pivot) <= 1e-14 * scale
        if np.any(bad):
            raise NotAGroupElementError(
                f"{which(bad)} lies outside the big cell: its leading {k + 1} x {k + 1} minor vanishes; "
                "permute its rows first"
            )
        d[..., k] = pivot
        lower[..., k:, k] = rest[..., k:, k] / pivot[..., None]
        upper[..., k, k:] = rest[..., k, k:] / pivot[..., None]
        rest = rest - lower[..., :, k, None] * (pivot[..., None] * upper[..., k, :])[..., None, :]
    return Gauss(lower, d, upper)


def from_ldu(L: Num[np.ndarray, "... n n"], d: Num[np.ndarray, "... n"], U: Num[np.ndarray, "... n n"]) -> np.ndarray:
    """``L diag(d) U``."""
    L, U = as_matrices(L, "L"), as_matrices(U, "U")
    _same_size(L, U)
    return (L * np.asarray(d)[..., None, :]) @ U


def semidirect(g: Float[np.ndarray, "... m m"]) -> Semidirect:
    """Translation and linear part of homogeneous matrices ``[[h, x], [0, 1]]``.

    Raises
    ------
    NotAGroupElementError
        If a last row is not ``0 ... 0 1``.

    Examples
    --------
    >>> semidirect(np.array([[2.0, 5.0], [0.0, 1.0]]))
    Semidirect(x=array([5.]), h=array([[2.]]))
    """
    g = as_matrices(g, "the homogeneous matrices")
    last = np.zeros(g.shape[-1])
    last[-1] = 1
    bad = np.abs(g[..., -1, :] - last).max(axis=-1) > 1e-8
    if np.any(bad):
        raise NotAGroupElementError(f"{which(bad)} is not affine: its last row must be 0 ... 0 1")
    return Semidirect(g[..., :-1, -1].copy(), g[..., :-1, :-1].copy())


def from_semidirect(x: Float[np.ndarray, "... n"], h: Float[np.ndarray, "... n n"]) -> Float[np.ndarray, "... m m"]:
    """Homogeneous matrices of the maps ``y -> h y + x``."""
    h = as_matrices(h, "h")
    n = h.shape[-1]
    x = as_vectors(x, "x", n)
    out = np.zeros((*np.broadcast_shapes(x.shape[:-1], h.shape[:-2]), n + 1, n + 1), dtype=h.dtype)
    out[..., :n, :n], out[..., :n, n], out[..., n, n] = h, x, 1
    return out


def _same_size(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape[-1] != b.shape[-1]:
        raise ShapeError(f"the factors have sizes {a.shape[-1]} and {b.shape[-1]}; they must agree")
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise ShapeError(f"the stacks have shapes {a.shape} and {b.shape}; their leading parts must agree") from None

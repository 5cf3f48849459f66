"""Polar coordinates of matrices in torch, with gradients that stay finite where the stretches of a matrix coincide.

``g = exp(X) R``: for 2 x 2 matrices by closed forms that are smooth everywhere, and for larger ones by the singular
value decomposition with the derivative of the result itself. Differentiating through the decomposition instead, or
through eigenvectors of ``g g^T``, gives infinities at every rotation and every similarity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch.autograd.function import once_differentiable

from symmeter.errors import InputError, InputTypeError, NotAGroupElementError, ShapeError

__all__ = ["exp_symmetric", "log_rotation", "polar", "rotation_of"]

#: Coefficients in ``s = x^2`` of asinh(x)/x, sinh(x)/x, cosh(x) and asin(x)/x.
_ASINHC = (1.0, -1 / 6, 3 / 40, -5 / 112, 35 / 1152, -63 / 2816)
_SINHC = (1.0, 1 / 6, 1 / 120, 1 / 5040, 1 / 362880)
_COSH = (1.0, 1 / 2, 1 / 24, 1 / 720, 1 / 40320)
_ASINC = (1.0, 1 / 6, 3 / 40, 5 / 112, 35 / 1152, 63 / 2816)
#: Below this the series are exact to double precision.
_SMALL = 1e-3


def _of_square(s: torch.Tensor, series: Sequence[float], direct: Any) -> torch.Tensor:
    """An even function of ``x = sqrt s`` with derivatives also at 0, where the square root has none."""
    small = s < _SMALL
    near = torch.where(small, s, torch.zeros_like(s))
    out = torch.zeros_like(s)
    for coefficient in reversed(series):
        out = out * near + coefficient
    far = torch.where(small, torch.ones_like(s), s)
    return torch.where(small, out, direct(far.sqrt()))


def polar(
    g: Float[torch.Tensor, "... n n"],
) -> tuple[Float[torch.Tensor, "... n n"], Float[torch.Tensor, "... n n"]]:
    """Logarithm X of the positive definite part, and the rotation R, of ``g = exp(X) R``; differentiable.

    Parameters
    ----------
    g : tensor of shape (..., n, n)
        Positive determinants.

    Raises
    ------
    NotAGroupElementError
        Naming the first matrix whose determinant is not above 0.

    References
    ----------
    Higham, Functions of Matrices (2008), chapters 3 and 8, for the derivatives.

    Examples
    --------
    >>> X, R = polar(torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=torch.float64))
    >>> [round(float(v), 8) for v in (X[0, 0], X[0, 1], torch.atan2(R[1, 0], R[0, 0]))]
    [0.21520447, 0.43040894, -0.46364761]
    """
    _check_tensor(g, "polar coordinates")
    if g.ndim < 2 or g.shape[-1] != g.shape[-2]:
        raise ShapeError(f"polar coordinates are of square matrices (..., n, n); got shape {tuple(g.shape)}")
    if g.shape[-1] == 1:
        _check_determinants(g[..., 0, 0], g[..., 0, 0].abs())
        return torch.log(g), torch.ones_like(g)
    if g.shape[-1] == 2:
        return _polar_2x2(g)
    u, s, v = torch.linalg.svd(g.detach())
    _check_determinants(torch.linalg.det(g.detach()) * (s[..., -1] > 2.3e-16 * s[..., 0]), None)
    found: Any = _Polar.apply(g, u, s, v)
    return found


def _check_tensor(g: Any, what: str) -> None:
    if not isinstance(g, torch.Tensor) or not g.is_floating_point():
        kind = g.dtype if isinstance(g, torch.Tensor) else type(g).__name__
        raise InputTypeError(f"{what} are of floating-point torch tensors (..., n, n); got {kind}")


def _check_determinants(det: torch.Tensor, scale: torch.Tensor | None) -> None:
    bad = ~(det > (0 if scale is None else 2.3e-16 * scale))
    if bad.any():
        place = tuple(int(i) for i in bad.nonzero()[0]) if bad.ndim else ()
        which = f"matrix {place[0] if len(place) == 1 else place}" if place else "the matrix"
        raise NotAGroupElementError(
            f"{which} has determinant {float(det[place]):.3g}; polar coordinates need a determinant above 0"
        )


def _polar_2x2(g: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    a, b, c, d = g[..., 0, 0], g[..., 0, 1], g[..., 1, 0], g[..., 1, 1]
    det = a * d - b * c
    p, q = a + d, c - b
    square = p * p + q * q
    _check_determinants(det.detach(), square.detach())
    size = square.rsqrt()
    cos, sin = p * size, q * size
    # g R^T is symmetric: half the difference of its diagonal, and the entry beside it, are all that is needed. Both are
    # made of differences that vanish at rotations, so that small stretches keep their digits.
    r, s = a - d, b + c
    gap, beside = (r * cos - s * sin) / 2, (r * sin + s * cos) / 2
    # asinh keeps the digits that arccosh of the half trace would lose near a rotation.
    factor = _of_square((gap * gap + beside * beside) / det, _ASINHC, lambda x: torch.asinh(x) / x) * det.rsqrt()
    mean, gap, beside = torch.log(det) / 2, factor * gap, factor * beside
    return _matrix(mean + gap, beside, beside, mean - gap), _matrix(cos, -sin, sin, cos)


def _matrix(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, d: torch.Tensor) -> torch.Tensor:
    return torch.stack([a, b, c, d], dim=-1).unflatten(-1, (2, 2))


class _Polar(torch.autograd.Function):
    """Both factors from the singular values ``g = u s v``, and the derivative of the factors, not of u and v."""

    @staticmethod
    def forward(ctx: Any, g: torch.Tensor, u: torch.Tensor, s: torch.Tensor, v: torch.Tensor) -> Any:
        ctx.save_for_backward(u, s, v)
        return (u * s.log()[..., None, :]) @ u.mT, u @ v

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        u, s, v = ctx.saved_tensors
        of_x, of_r = gradients
        # In the frames of u and v, dR is (M - M^T) / (s_i + s_j), and dX the divided differences of the logarithm
        # times (s_j M + s_i M^T) / (s_i + s_j), both smooth where two singular values meet.
        rows, columns = s[..., :, None], s[..., None, :]
        both = rows + columns
        x, r = u.mT @ of_x @ u, u.mT @ of_r @ v.mT
        ratio = (columns - rows) / rows
        close = ratio.abs() < _SMALL
        series = 1 - ratio / 2 + ratio**2 / 3 - ratio**3 / 4 + ratio**4 / 5
        far = torch.log1p(torch.where(close, torch.ones_like(ratio), ratio))
        divided = torch.where(close, series, far / torch.where(close, torch.ones_like(ratio), ratio)) / rows
        m = divided * columns / both * (x + x.mT) + (r - r.mT) / both
        return u @ m @ v, None, None, None


def exp_symmetric(x: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... n n"]:
    """Exponential of symmetric matrices; differentiable, also at multiples of the identity.

    Examples
    --------
    >>> exp_symmetric(torch.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if x.shape[-1] == 1:
        return torch.exp(x)
    if x.shape[-1] != 2:
        return torch.linalg.matrix_exp(x)
    m, d, o = (x[..., 0, 0] + x[..., 1, 1]) / 2, (x[..., 0, 0] - x[..., 1, 1]) / 2, x[..., 0, 1]
    s = d * d + o * o
    size = torch.exp(m)
    cosh = size * _of_square(s, _COSH, torch.cosh)
    sinh = size * _of_square(s, _SINHC, lambda y: torch.sinh(y) / y)
    return _matrix(cosh + sinh * d, sinh * o, sinh * o, cosh - sinh * d)


def rotation_of(a: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... n n"]:
    """Exponential of skew matrices; differentiable.

    Examples
    --------
    >>> rotation_of(torch.tensor([[0.0, -torch.pi / 2], [torch.pi / 2, 0.0]])).round().abs()
    tensor([[0., 1.],
            [1., 0.]])
    """
    if a.shape[-1] == 2:
        angle = a[..., 1, 0]
        cos, sin = angle.cos(), angle.sin()
        return _matrix(cos, -sin, sin, cos)
    return torch.ones_like(a) if a.shape[-1] == 1 else torch.linalg.matrix_exp(a)


def log_rotation(r: Float[torch.Tensor, "... n n"]) -> Float[torch.Tensor, "... n n"]:
    """Skew logarithm of rotations of 1, 2 or 3 dimensions, angles in (-pi, pi]; differentiable off the cut at pi.

    Raises
    ------
    InputError
        For more dimensions.

    Examples
    --------
    >>> log_rotation(torch.tensor([[0.0, -1.0], [1.0, 0.0]])) * 2 / torch.pi
    tensor([[ 0., -1.],
            [ 1.,  0.]])
    """
    _check_tensor(r, "logarithms of rotations")
    n = r.shape[-1]
    if n == 1:
        return torch.zeros_like(r)
    if n == 2:
        angle = torch.atan2(r[..., 1, 0] - r[..., 0, 1], r[..., 0, 0] + r[..., 1, 1])
        nothing = torch.zeros_like(angle)
        return _matrix(nothing, -angle, angle, nothing)
    if n != 3:
        raise InputError(f"logarithms of rotations in torch are of 1, 2 or 3 dimensions; got {n}")
    return _log_3x3(r)


def _log_3x3(r: torch.Tensor) -> torch.Tensor:
    """By the unit quaternion, from its largest component, which keeps the axis exact up to angle pi."""
    diagonal = torch.diagonal(r, dim1=-2, dim2=-1)
    trace = diagonal.sum(-1, keepdim=True)
    skew = torch.stack([r[..., 2, 1] - r[..., 1, 2], r[..., 0, 2] - r[..., 2, 0], r[..., 1, 0] - r[..., 0, 1]], dim=-1)
    # Rows of 4 q q^T; each is the quaternion up to a factor.
    corner = torch.diag_embed(1 - trace + diagonal) + r + r.mT - torch.diag_embed(diagonal)
    top = torch.cat([1 + trace, skew], dim=-1)
    table = torch.cat([top[..., None, :], torch.cat([skew[..., :, None], corner], dim=-1)], dim=-2)
    largest = torch.diagonal(table.detach(), dim1=-2, dim2=-1).argmax(-1)
    q = torch.take_along_dim(table, largest[..., None, None], dim=-2)[..., 0, :]
    q = q / q.square().sum(-1, keepdim=True).sqrt()
    q = torch.where(q[..., :1] < 0, -q, q)
    w, v = q[..., 0], q[..., 1:]
    s = v.square().sum(-1)
    # Within a quarter turn asin(|v|)/|v| is smooth at the identity; beyond it |v| is far from 0.
    near = w > 0.8
    inner = torch.where(near, s, torch.full_like(s, 0.1))
    outer = torch.where(near, torch.ones_like(s), s).sqrt()
    factor = torch.where(
        near, 2 * _of_square(inner, _ASINC, lambda y: torch.asin(y) / y), 2 * torch.atan2(outer, w) / outer
    )
    x, y, z = (v * factor[..., None]).unbind(-1)
    nothing = torch.zeros_like(x)
    rows = [nothing, -z, y, z, nothing, -x, -y, x, nothing]
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))

"""Generalised overlap reduction functions of two pulsars, exact for every degree, in the frame of the pair.

Pulsar a is on the pole and b at azimuth zero, zeta away; k is the direction of propagation. ``Gamma_lm`` is the
integral of ``Y_lm (F+_a F+_b + Fx_a Fx_b)`` without pulsar term (Mingarelli et al., arXiv:1306.5394). The azimuth is
integrated in closed form and the height by Gauss-Legendre, which is exact once the pole at k = -a is taken out. With
``h = sin^2(zeta/2)``, ``Gamma_lm = s^m (A(h) + B(h) ln h)`` where B is closed and A smooth; beyond 26 degrees the whole
is smooth in ``1 - h``. Both are kept as Chebyshev series, so that many pairs cost one matrix product.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from symmeter.signals.pta.conventions import checked_lmax

__all__ = ["hellings_downs", "pair_frame_integrals", "pair_frame_overlap", "positive_orders"]

#: Terms of the series beyond the degree: the nearest singularity is at 1.105 in their variable, so 82 give rounding.
_TERMS = 84
#: Up to here the logarithm is taken out. Farther out that would cost digits: powers of 1 / (1 - h) cancel.
_NEAR = 0.05


def positive_orders(lmax: int) -> tuple[np.ndarray, np.ndarray]:
    """Degrees and orders (l, m >= 0) in the order of the columns: l = 0, then l = 1 with m = 0, 1, ..."""
    pairs = [(ell, m) for ell in range(lmax + 1) for m in range(ell + 1)]
    return np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])


def hellings_downs(zeta: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """The correlation of an isotropic background, 1/2 for two pulsars in one direction (no pulsar term).

    Examples
    --------
    >>> hellings_downs([0.0, np.pi / 2, np.pi]).round(6)
    array([ 0.5    , -0.14486,  0.25   ])
    """
    h = np.sin(np.asarray(zeta, dtype=float) / 2) ** 2
    # x ln x -> 0.
    return 0.5 - 0.25 * h + 1.5 * h * np.log(np.where(h > 0, h, 1.0))


def _legendre_parts(lmax: int, x: np.ndarray) -> list[list[np.ndarray]]:
    """``Q[m][l - m]`` with ``Y_lm = Q_lm(x) (1 - x^2)^(m/2) exp(i m phi)``, Condon-Shortley phase included."""
    out = []
    start = np.full_like(x, 1 / np.sqrt(4 * np.pi))
    for m in range(lmax + 1):
        if m:
            start = -start * np.sqrt((2 * m + 1) / (2 * m))
        column = [start]
        if m < lmax:
            column.append(np.sqrt(2 * m + 3) * x * start)
        for ell in range(m + 2, lmax + 1):
            a = np.sqrt((4 * ell * ell - 1) / (ell * ell - m * m))
            b = np.sqrt(((ell - 1) ** 2 - m * m) / (4 * (ell - 1) ** 2 - 1))
            column.append(a * (x * column[-1] - b * column[-2]))
        out.append(column)
    return out


def _isotropic_part(lmax: int, c: np.ndarray, s: np.ndarray) -> dict[tuple[int, int], np.ndarray]:
    """The piece that only degrees up to two have, divided by s^m."""
    x, w = np.polynomial.legendre.leggauss(6)
    q = _legendre_parts(min(lmax, 2), x)
    out = {}
    for ell in range(min(lmax, 2) + 1):
        base = q[0][ell] * w * (1 - x)
        out[ell, 0] = (np.pi / 2) * (base.sum() - c * (base * x).sum())
        if ell:
            out[ell, 1] = np.full_like(c, -(np.pi / 4) * (q[1][ell - 1] * w * (1 - x) * (1 - x * x)).sum())
    return out


def pair_frame_integrals(lmax: int, zeta: Float[np.ndarray, " p"]) -> Float[np.ndarray, "p k"]:
    """``Gamma_lm / sin(zeta)^m`` for m >= 0 by quadrature, without any table: the reference for the series.

    Parameters
    ----------
    lmax : int
    zeta : array of shape (p,)
        Angles between the pulsars, radians.

    Returns
    -------
    array of shape (p, (L+1)(L+2)/2)
        Columns as in :func:`positive_orders`.
    """
    zeta = np.atleast_1d(np.asarray(zeta, dtype=float))
    h1, h2 = np.sin(zeta / 2) ** 2, np.cos(zeta / 2) ** 2
    c, s = np.cos(zeta), np.sin(zeta)
    first = _isotropic_part(lmax, c, s)
    near = h1 <= _NEAR
    out = np.empty((len(zeta), (lmax + 1) * (lmax + 2) // 2))
    for which, nodes in ((near, lmax + 6), (~near, lmax + 60)):
        if which.any():
            out[which] = _second_part(lmax, h1[which], h2[which], nodes, bool(near[which][0]))
    for k, (ell, m) in enumerate(zip(*positive_orders(lmax))):
        out[:, k] = first.get((int(ell), int(m)), 0.0) - out[:, k]
    return out


def _second_part(lmax: int, h1: np.ndarray, h2: np.ndarray, nodes: int, subtract: bool) -> np.ndarray:
    """What is taken off, divided by s^m: below the height of -b and above it."""
    t, w = np.polynomial.legendre.leggauss(nodes)
    u, w = (t + 1) / 2, w / 2
    lower = _legendre_parts(lmax, -1 + 2 * h1[:, None] * u)
    upper = _legendre_parts(lmax, 1 - 2 * h2[:, None] * (1 - u))
    pole = _legendre_parts(lmax, np.array([-1.0]))
    log = np.log(np.where(h1 > 0, h1, 1.0))
    u0 = -h1 / h2 if subtract else None
    out = np.empty((len(h1), (lmax + 1) * (lmax + 2) // 2))
    for k, (ell, m) in enumerate(zip(*positive_orders(lmax))):
        below, above = lower[m][ell - m], upper[m][ell - m]
        sign = (-1.0) ** m
        # Powers of the height above the lower end, and of that below the upper one.
        low = (np.ones_like(u), u)[m] if m < 2 else (1 - u) * u ** (m - 1)
        high = (1 - u, (1 - u) ** 2)[m] if m < 2 else u * (1 - u) ** m
        f = high * above
        if subtract:
            assert u0 is not None
            at = ((1 - u0), (1 - u0) ** 2)[m] if m < 2 else u0 * (1 - u0) ** m
            f0 = at * pole[m][ell - m][0]
            rest = ((f - f0[:, None]) / (u - u0[:, None])) @ w
            integral = (rest - f0 * log) / h2
        else:
            integral = (f / (h1[:, None] + h2[:, None] * u)) @ w
        if m == 0:
            lo, up = 4 * np.pi * h1 * h2 * (below @ (w * low)), 4 * np.pi * h1 * h2**2 * integral
        elif m == 1:
            lo, up = -2 * np.pi * h1 * h2 * (below @ (w * low)), -2 * np.pi * h1 * h2**2 * integral
        else:
            lo, up = -2 * np.pi * sign * h1 * (below @ (w * low)), -2 * np.pi * sign * h2**2 * integral
        out[:, k] = lo + up
    return out


def _log_part(lmax: int, h1: np.ndarray, h2: np.ndarray) -> np.ndarray:
    """Factors of ``ln h1`` in ``Gamma_lm / s^m``."""
    pole = _legendre_parts(lmax, np.array([-1.0]))
    ell, m = positive_orders(lmax)
    value = np.array([pole[j][i - j][0] for i, j in zip(ell, m)])
    factor = np.where(m == 0, 4 * np.pi, 2 * np.pi * (-1.0) ** m) * value
    return factor * h1[:, None] * _powers(1 / h2, lmax)[:, m]


def _powers(x: np.ndarray, most: int) -> np.ndarray:
    return np.cumprod(np.column_stack((np.ones_like(x), *[x] * most)), axis=1) if most else np.ones((len(x), 1))


@lru_cache(maxsize=8)
def _series(lmax: int) -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev coefficients on both sides of 26 degrees, in ``h1`` and ``h2``, by columns."""
    n = lmax + _TERMS
    nodes = np.cos(np.pi * (np.arange(n) + 0.5) / n)
    small, wide = (nodes + 1) * (_NEAR / 2), (nodes + 1) * ((1 - _NEAR) / 2)
    angle = 2 * np.arcsin(np.sqrt(small))
    _, m = positive_orders(lmax)
    # Times h2^m the smooth part is a polynomial.
    near = pair_frame_integrals(lmax, angle) - _log_part(lmax, small, 1 - small) * np.log(small)[:, None]
    near = near * _powers(1 - small, lmax)[:, m]
    far = pair_frame_integrals(lmax, np.pi - 2 * np.arcsin(np.sqrt(wide)))
    transform = np.cos(np.pi * np.outer(np.arange(n), np.arange(n) + 0.5) / n) * (2 / n)
    transform[0] /= 2
    return transform @ near, transform @ far


def pair_frame_overlap(lmax: int, zeta: Float[np.ndarray, " p"]) -> Float[np.ndarray, "p k"]:
    """``Gamma_lm`` for m >= 0 in the frame of each pair; orders -m have the factor (-1)^m.

    Parameters
    ----------
    lmax : int
    zeta : array of shape (p,)
        Angles between the pulsars, radians.

    Returns
    -------
    array of shape (p, (L+1)(L+2)/2)

    Examples
    --------
    >>> pair_frame_overlap(2, [0.7])[0].round(8)
    array([ 0.21993344,  0.00534473, -0.00137955, -0.24486318,  0.20373014,
            0.18385898])
    """
    lmax = checked_lmax(lmax)
    zeta = np.atleast_1d(np.asarray(zeta, dtype=float))
    h1, h2 = np.sin(zeta / 2) ** 2, np.cos(zeta / 2) ** 2
    _, m = positive_orders(lmax)
    near_series, far_series = _series(lmax)
    near = h1 <= _NEAR
    out = np.empty((len(zeta), len(m)))
    if near.any():
        small, other = h1[near], h2[near]
        log = np.log(np.where(small > 0, small, 1.0))
        smooth = _chebyshev(2 * small / _NEAR - 1, len(near_series)) @ near_series
        out[near] = smooth * _powers(1 / other, lmax)[:, m] + _log_part(lmax, small, other) * log[:, None]
    if not near.all():
        out[~near] = _chebyshev(2 * h2[~near] / (1 - _NEAR) - 1, len(far_series)) @ far_series
    return out * _powers(np.sin(zeta), lmax)[:, m]


def _chebyshev(x: np.ndarray, n: int) -> np.ndarray:
    return np.polynomial.chebyshev.chebvander(x, n - 1)

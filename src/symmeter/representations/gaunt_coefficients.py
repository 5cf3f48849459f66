"""Gaunt coefficients and their antisymmetric relatives: products and Poisson brackets of functions on the sphere.

G_ijk is the integral of Y_i Y_j Y_k, a positive multiple C(l1, l2, l3) of the real 3j tensor for even l1+l2+l3 and zero
otherwise; the Poisson bracket r.(grad f x grad g) gives K(l1, l2, l3) for odd sums. Luo, Chen, Krishnapriyan,
"Gaunt tensor products" (ICLR 2024), section 3, and our derivation for the bracket.
"""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from jaxtyping import Float

from symmeter.errors import UnknownNameError
from symmeter.representations.coupling_tables import coupled_orders, distinct, real_entries, three_j_values
from symmeter.representations.harmonic_conventions import checked_degree
from symmeter.representations.sparse_coupling import SparseCoupling
from symmeter.representations.spherical_harmonics import real_sph_harm
from symmeter.representations.three_j_tensors import EXACT_SUM

__all__ = ["gaunt_constant", "gaunt_table", "poisson_constant", "poisson_table"]


def _constants(l1: np.ndarray, l2: np.ndarray, l3: np.ndarray, order: int) -> Float[np.ndarray, " n"]:
    """sqrt((2 l1+1)(2 l2+1)(2 l3+1)/4 pi) |(l1 l2 l3; order -order 0)|, entry by entry."""
    (a, b, c), which = distinct(l1, l2, l3)
    fits = np.minimum(a, b) >= order
    symbols = np.zeros(len(a))
    m = np.full(len(a), order)
    symbols[fits] = np.abs(three_j_values(a[fits], b[fits], c[fits], m[fits], -m[fits]))
    return (np.sqrt((2 * a + 1) * (2 * b + 1) * (2 * c + 1) / (4 * np.pi)) * symbols)[which]


def _single(l1: int, l2: int, l3: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([checked_degree(l1)]), np.array([checked_degree(l2)]), np.array([checked_degree(l3)])


def gaunt_constant(l1: int, l2: int, l3: int) -> float:
    """C(l1, l2, l3): the Gaunt tensor is C times the real 3j tensor; zero for odd l1+l2+l3.

    Examples
    --------
    >>> round(gaunt_constant(1, 1, 2), 10)
    0.6909882989
    """
    if (l1 + l2 + l3) % 2 or not abs(l1 - l2) <= l3 <= l1 + l2:
        return 0.0
    return float(_constants(*_single(l1, l2, l3), order=0)[0])


def poisson_constant(l1: int, l2: int, l3: int) -> float:
    """K(l1, l2, l3): the Poisson-bracket tensor is K times the real 3j tensor; zero for even l1+l2+l3.

    Examples
    --------
    >>> round(poisson_constant(1, 1, 1), 10)
    1.1968268412
    """
    if (l1 + l2 + l3) % 2 == 0 or not abs(l1 - l2) <= l3 <= l1 + l2:
        return 0.0
    constant = _constants(*_single(l1, l2, l3), order=1)[0]
    return float(constant * np.sqrt(l1 * (l1 + 1) * l2 * (l2 + 1)))


def _integrals(l1: np.ndarray, l2: np.ndarray, l3: np.ndarray, m1: np.ndarray, m2: np.ndarray) -> np.ndarray:
    """Integrals of Y_l1m1 Y_l2m2 Y_l3,-m1-m2 by Gauss-Legendre quadrature, one matrix product per pair (m1, m2).

    The azimuth gives 2 pi, and the product of three Legendre functions whose orders sum to zero is a polynomial.
    """
    if not l1.size:
        return np.zeros(0)
    tops = [int(v.max()) for v in (l1, l2, l3)]
    x, w = np.polynomial.legendre.leggauss(sum(tops) // 2 + 1)
    points = np.stack([np.sqrt(1 - x * x), 0 * x, x], -1)
    legendre = real_sph_harm(points, max(tops), axis="z")
    ell = np.arange(max(tops) + 1)
    out = np.empty(len(l1))
    pairs, which = distinct(m1, m2)
    order = np.argsort(which, kind="stable")
    for (p, q), members in zip(pairs.T, np.split(order, np.flatnonzero(np.diff(which[order])) + 1)):
        orders = (int(p), int(q), int(-p - q))
        # Cosine columns at azimuth 0 are sqrt(2) times the Legendre function; the phase is Condon and Shortley's.
        size = 2 * np.pi * np.prod([(-1.0) ** m if m > 0 else 1.0 for m in orders])
        size /= np.sqrt(2.0) ** sum(m != 0 for m in orders)
        a, b, c = (legendre[:, (ell * ell + ell)[abs(m) : top + 1] + abs(m)] for m, top in zip(orders, tops))
        joint = ((w[:, None] * a)[:, :, None] * b[:, None, :]).reshape(len(x), -1)
        block = (joint.T @ c).reshape(a.shape[1], b.shape[1], c.shape[1])
        at = (l - abs(m) for l, m in zip((l1[members], l2[members], l3[members]), orders))  # noqa: E741
        out[members] = size * block[tuple(at)]
    # Symbols that vanish by accident come out as rounding.
    return np.where(np.abs(out) < 1e-14, 0.0, out)


def _degrees(degree1: int, degree2: int | None, degree_out: int | None) -> tuple[int, int, int]:
    degree1 = checked_degree(degree1)
    degree2 = degree1 if degree2 is None else checked_degree(degree2)
    return degree1, degree2, degree1 + degree2 if degree_out is None else checked_degree(degree_out)


@lru_cache(maxsize=32)
def gaunt_table(
    degree1: int, degree2: int | None = None, degree_out: int | None = None, basis: str = "real"
) -> SparseCoupling:
    """Products of functions on the sphere: ``(f g)_k = sum_ij G_ijk f_i g_j`` for orthonormal harmonics.

    Parameters
    ----------
    degree1, degree2, degree_out : int
        Largest degrees; ``degree2`` is ``degree1`` and ``degree_out`` is ``degree1 + degree2`` when not given.
    basis : {"real", "complex"}
        ``real``: the integral of Y_i Y_j Y_k. ``complex``: the integral of Y_i Y_j conj(Y_k), which is what products of
        coefficients need; the integral without conjugation is :func:`symmeter.representations.gaunt`.

    Returns
    -------
    SparseCoupling
        Flat indices l*l + l + m; the same for both polar axes.

    Examples
    --------
    >>> table = gaunt_table(2)
    >>> table.nnz, round(float(table.dense()[0, 5, 5]), 12)  # Y_0 = 1 / sqrt(4 pi)
    (162, 0.282094791774)
    """
    degree1, degree2, degree_out = _degrees(degree1, degree2, degree_out)
    shape = ((degree1 + 1) ** 2, (degree2 + 1) ** 2, (degree_out + 1) ** 2)
    if basis == "real":
        # Quadrature is quicker than 3j symbols where their integer sums leave 64 bits.
        large = degree1 + degree2 + degree_out > EXACT_SUM
        how = {"integrals": _integrals} if large else {"factor": partial(_constants, order=0)}
        return SparseCoupling.of(shape, *real_entries(degree1, degree2, degree_out, 0, **how))
    if basis != "complex":
        raise UnknownNameError(f"basis is {basis!r}; it must be 'real' or 'complex'")
    l1, l2, l3, m1, m2 = coupled_orders(degree1, degree2, degree_out, 0, half=False)
    m3 = m1 + m2
    if degree1 + degree2 + degree_out > EXACT_SUM:
        values = _integrals(l1, l2, l3, m1, m2)
    else:
        # The 3j symbol at zero orders has the sign (-1)^((l1+l2+l3)/2).
        sign = 1.0 - 2.0 * ((l1 + l2 + l3) // 2 % 2)
        values = three_j_values(l1, l2, l3, m1, m2) * _constants(l1, l2, l3, 0) * sign
    # conj(Y_m) = (-1)^m Y_-m.
    values = values * (1.0 - 2.0 * (m3 % 2))
    return SparseCoupling.of(shape, l1 * l1 + l1 + m1, l2 * l2 + l2 + m2, l3 * l3 + l3 + m3, values)


@lru_cache(maxsize=32)
def poisson_table(degree1: int, degree2: int | None = None, degree_out: int | None = None) -> SparseCoupling:
    """Poisson brackets ``{f, g} = r.(grad f x grad g)`` on the unit sphere, real orthonormal harmonics.

    Examples
    --------
    >>> bracket = poisson_table(1, 1, 1)
    >>> x, y = np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 1.0, 0.0])
    >>> bracket.contract(x, y).round(10)  # sqrt(3 / 4 pi) times the cross product
    array([0.        , 0.        , 0.        , 0.48860251])
    """
    degree1, degree2, degree_out = _degrees(degree1, degree2, degree_out)
    shape = ((degree1 + 1) ** 2, (degree2 + 1) ** 2, (degree_out + 1) ** 2)

    def bracket(l1: np.ndarray, l2: np.ndarray, l3: np.ndarray) -> np.ndarray:
        return _constants(l1, l2, l3, 1) * np.sqrt(l1 * (l1 + 1.0) * l2 * (l2 + 1.0))

    return SparseCoupling.of(shape, *real_entries(degree1, degree2, degree_out, 1, bracket))

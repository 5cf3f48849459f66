"""Schouten, Weyl and Cotton tensors of a metric, exactly: what of its curvature a change of scale can remove."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from symmeter.errors import InputError
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.metrics import Components, Metric, Tensor
from symmeter.spacetime.polynomials import Poly, add_to, scaled

__all__ = ["cotton", "hessian", "is_conformally_flat", "schouten", "weyl"]


def schouten(metric: Metric) -> Tensor:
    """``P_ab = (R_ab - R g_ab / (2 (n - 1))) / (n - 2)``.

    Raises
    ------
    InputError
        In fewer than three dimensions.
    """
    n, space = metric.dimension, metric.space
    if n < 3:
        raise InputError(f"the Schouten tensor needs at least 3 dimensions; there are {n}")
    ricci, scalar = metric.ricci(), metric.scalar()
    found: Components = {}
    for i, j in product(range(n), repeat=2):
        p = dict(ricci[i, j])
        add_to(p, space.times(scalar, metric.g(i, j)), Fraction(-1, 2 * (n - 1)))
        if p := canonical(space, scaled(p, Fraction(1, n - 2))):
            found[i, j] = p
    return Tensor(metric, "dd", found)


def weyl(metric: Metric) -> Tensor:
    """``C_abcd``, all indices down: the trace-free part of the curvature. It vanishes in three dimensions.

    Examples
    --------
    >>> weyl(Metric("(-dt^2 + dx^2 + dy^2 + dz^2) b^2", functions="b(t)")).is_zero()
    True
    """
    n, space = metric.dimension, metric.space
    p, riemann = schouten(metric), metric.riemann()
    found: Components = {}
    for a, b, c, d in product(range(n), repeat=4):
        total: Poly = {}
        for e in range(n):
            add_to(total, space.times(metric.g(a, e), riemann[e, b, c, d]))
        for sign, (i, j), (k, m) in (
            (-1, (a, c), (b, d)),
            (1, (a, d), (b, c)),
            (1, (b, c), (a, d)),
            (-1, (b, d), (a, c)),
        ):
            add_to(total, space.times(metric.g(i, j), p[k, m]), sign)
        if total := canonical(space, total):
            found[a, b, c, d] = total
    return Tensor(metric, "dddd", found)


def cotton(metric: Metric) -> Tensor:
    """``C_abc = D_b P_ac - D_c P_ab``, which vanishes in three dimensions where the metric is conformally flat."""
    n, space = metric.dimension, metric.space
    p, gamma = schouten(metric), metric.christoffel()
    found: Components = {}
    for a, b, c in product(range(n), repeat=3):
        total = dict(space.derivative(p[a, c], b))
        add_to(total, space.derivative(p[a, b], c), -1)
        for e in range(n):
            # The terms with an index of P that is differentiated along cancel: the connection has no torsion.
            add_to(total, space.times(gamma[e, b, a], p[e, c]), -1)
            add_to(total, space.times(gamma[e, c, a], p[e, b]))
        if total := canonical(space, total):
            found[a, b, c] = total
    return Tensor(metric, "ddd", found)


def is_conformally_flat(metric: Metric) -> bool:
    """Whether a change of scale makes the metric flat: exact.

    Examples
    --------
    >>> is_conformally_flat(Metric("(dx^2 + dy^2 + dz^2)/z^2"))
    True
    """
    if metric.dimension < 3:
        return True
    return cotton(metric).is_zero() if metric.dimension == 3 else weyl(metric).is_zero()


def hessian(metric: Metric, p: Poly) -> Tensor:
    """``D_a D_b p`` of a function."""
    n, space, gamma = metric.dimension, metric.space, metric.christoffel()
    slope = [space.derivative(p, i) for i in range(n)]
    found: Components = {}
    for i, j in product(range(n), repeat=2):
        total = dict(space.derivative(slope[i], j))
        for e in range(n):
            add_to(total, space.times(gamma[e, i, j], slope[e]), -1)
        if total := canonical(space, total):
            found[i, j] = total
    return Tensor(metric, "dd", found)

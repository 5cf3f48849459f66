"""The covariant phase space of gravity: presymplectic potential and current, and the Noether current of a vector field.

For ``L = sqrt(-g) (R - 2 Lambda)``, a change h of the metric and a vector field xi, in units with 16 pi G = 1:
``theta^m = sqrt(-g) (D_n h^mn - D^m h)``, ``omega^m = delta_1 theta^m(delta_2) - delta_2 theta^m(delta_1)``, and
``theta^m(L_xi g) - xi^m L = d_n Q^mn + 2 sqrt(-g) (G^m_n + Lambda delta^m_n) xi^n`` with Komar's superpotential
``Q^mn = sqrt(-g) (D^n xi^m - D^m xi^n)``. The equations are exact, off shell.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from symmeter.errors import ShapeError
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.metrics import Components, Metric, Tensor
from symmeter.spacetime.polynomials import Poly, add_to, scaled
from symmeter.spacetime.surface_charges import MetricCalculus, volume_density

__all__ = [
    "komar_superpotential",
    "noether_current",
    "noether_identity",
    "presymplectic_current",
    "presymplectic_potential",
]


def presymplectic_potential(metric: Metric, change: Components | Tensor) -> tuple[Poly, ...]:
    """``theta^m`` of a change of the metric, a density.

    Parameters
    ----------
    metric : Metric
    change : Tensor or dict
        Components ``h_ij`` with indices down.

    Examples
    --------
    >>> g = Metric("-dt^2 + dx^2 + dy^2", functions="f(x)")
    >>> [g.space.text(p) for p in presymplectic_potential(g, {(2, 2): g.expression("f")})]
    ['0', '-f_x', '0']
    """
    n, space = metric.dimension, metric.space
    calculus = MetricCalculus(metric)
    h = _components(change)
    up = calculus.raised(h)
    slope = calculus.slope_of_twice_raised(up)
    trace = _trace(metric, h)
    volume = volume_density(metric)
    out = []
    for m in range(n):
        total: Poly = {}
        for s in range(n):
            add_to(total, slope.get((s, m, s), {}))
            add_to(total, space.times(metric.inverse()[m, s], space.derivative(trace, s)), -1)
        out.append(canonical(space, space.times(volume, canonical(space, total))))
    return tuple(out)


def presymplectic_current(metric: Metric, first: Components | Tensor, second: Components | Tensor) -> tuple[Poly, ...]:
    """``omega^m`` of two changes of the metric, a density; its divergence vanishes for solutions of the equations.

    ``sqrt(-g) P^mbcdef (h2_bc D_d h1_ef - h1_bc D_d h2_ef)`` with Wald's tensor P.

    Parameters
    ----------
    metric : Metric
    first, second : Tensor or dict
        Components with indices down; they do not depend on each other.

    Examples
    --------
    >>> g = Metric("-dt^2 + dx^2 + dy^2", functions="a(t,x) b(t,x)")
    >>> h = [{(2, 2): g.expression(name)} for name in "ab"]
    >>> presymplectic_current(g, *h)
    ({}, {}, {})
    """
    n, space = metric.dimension, metric.space
    calculus = MetricCalculus(metric)
    one, two = _components(first), _components(second)
    # The five terms of P, contracted: h^mn, traces, and D_d h_ef with its contractions.
    up = [calculus.raised(h) for h in (one, two)]
    trace = [_trace(metric, h) for h in (one, two)]
    slope = [calculus.slope_of_twice_raised(u) for u in up]
    volume = volume_density(metric)
    half = Fraction(1, 2)
    raise_slope = [
        {
            (d, e, f): calculus.total(space.times(metric.inverse()[d, s], k.get((s, e, f), {})) for s in range(n))
            for d, e, f in product(range(n), repeat=3)
        }
        for k in slope
    ]
    trace_slope = [[space.derivative(t, d) for d in range(n)] for t in trace]
    raised_trace_slope = [
        [calculus.total(space.times(metric.inverse()[d, s], t[s]) for s in range(n)) for d in range(n)]
        for t in trace_slope
    ]
    divergence = [[calculus.total(k.get((s, s, f), {}) for s in range(n)) for f in range(n)] for k in slope]
    lowered = [calculus.lowered_twice(u) for u in up]

    def half_of(m: int, k: int, d: int) -> Poly:
        """``P^mbcdef h_bc D_d k_ef`` with h the change number ``k`` and the other one differentiated."""
        total: Poly = {}
        for b, c in product(range(n), repeat=2):
            h_down, h_up = lowered[k].get((b, c), {}), up[k].get((b, c), {})
            # g^ae g^fb g^cd h_bc D_d k_ef = h_bc D^c k^mb.
            add_to(total, space.times(h_down, raise_slope[d].get((c, m, b), {})))
            # - 1/2 g^ad g^be g^fc: h_bc D^m k^bc.
            add_to(total, space.times(h_down, raise_slope[d].get((m, b, c), {})), -half)
            if b == m:
                # - 1/2 g^ab g^cd g^ef: h^mc D_c k.
                add_to(total, space.times(h_up, trace_slope[d][c]), -half)
        # - 1/2 g^bc g^ae g^fd: h D_d k^md, and 1/2 g^bc g^ad g^ef: h D^m k.
        add_to(total, space.times(trace[k], divergence[d][m]), -half)
        add_to(total, space.times(trace[k], raised_trace_slope[d][m]), half)
        return total

    out = []
    for m in range(n):
        total = dict(half_of(m, 1, 0))
        add_to(total, half_of(m, 0, 1), -1)
        out.append(canonical(space, space.times(volume, canonical(space, total))))
    return tuple(out)


def komar_superpotential(metric: Metric, field: Sequence[Poly | str]) -> Tensor:
    """``Q^mn = sqrt(-g) (D^n xi^m - D^m xi^n)``.

    Examples
    --------
    >>> g = Metric("-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2")
    >>> g.space.text(komar_superpotential(g, ("1", "0", "0", "0"))[0, 1])
    '2*m'
    """
    n, space = metric.dimension, metric.space
    calculus = MetricCalculus(metric)
    slope = calculus.slope_of_vector(_field(metric, field))
    volume = volume_density(metric)
    raised = {
        (a, b): calculus.total(space.times(metric.inverse()[a, c], slope.get((c, b), {})) for c in range(n))
        for a, b in product(range(n), repeat=2)
    }
    found: Components = {}
    for m, k in product(range(n), repeat=2):
        p = dict(raised[k, m])
        add_to(p, raised[m, k], -1)
        if p := canonical(space, space.times(volume, canonical(space, p))):
            found[m, k] = p
    return Tensor(metric, "uu", found)


def noether_current(metric: Metric, field: Sequence[Poly | str], cosmological: str | None = None) -> tuple[Poly, ...]:
    """``J^m = theta^m(L_xi g) - xi^m sqrt(-g) (R - 2 Lambda)``, conserved where the equations hold."""
    space, xi = metric.space, _field(metric, field)
    theta = presymplectic_potential(metric, metric.lie_derivative(xi))
    density = dict(metric.scalar())
    if cosmological is not None:
        add_to(density, metric.expression(cosmological), -2)
    lagrangian = canonical(space, space.times(volume_density(metric), canonical(space, density)))
    out = []
    for t, x in zip(theta, xi):
        p = dict(t)
        add_to(p, space.times(x, lagrangian), -1)
        out.append(canonical(space, p))
    return tuple(out)


def noether_identity(metric: Metric, field: Sequence[Poly | str], cosmological: str | None = None) -> tuple[Poly, ...]:
    """``J^m - d_n Q^mn - 2 sqrt(-g) (G^m_n + Lambda delta^m_n) xi^n``: exact zeros for every field and every metric."""
    n, space, xi = metric.dimension, metric.space, _field(metric, field)
    current, komar = noether_current(metric, xi, cosmological), komar_superpotential(metric, xi)
    einstein, volume = metric.einstein(cosmological), volume_density(metric)
    calculus = MetricCalculus(metric)
    out = []
    for m in range(n):
        p = dict(current[m])
        for k in range(n):
            add_to(p, space.derivative(komar[m, k], k), -1)
        contracted = calculus.total(
            space.times(metric.inverse()[m, a], space.times(einstein[a, k], xi[k]))
            for a, k in product(range(n), repeat=2)
        )
        add_to(p, space.times(volume, contracted), -2)
        out.append(canonical(space, p))
    return tuple(out)


def _components(change: Components | Tensor) -> Components:
    return change.components if isinstance(change, Tensor) else dict(change)


def _field(metric: Metric, field: Sequence[Poly | str]) -> list[Poly]:
    xi = [metric.expression(f) if isinstance(f, str) else f for f in field]
    if len(xi) != metric.dimension:
        raise ShapeError(f"{len(xi)} components for {metric.dimension} coordinates")
    return xi


def _trace(metric: Metric, h: Components) -> Poly:
    space, n = metric.space, metric.dimension
    total: Poly = {}
    for i, j in product(range(n), repeat=2):
        add_to(total, space.times(metric.inverse()[i, j], h.get((i, j), {})))
    return canonical(space, scaled(total, 1))

"""Surface charges of a metric, exactly: the superpotential of Iyer and Wald, and that of Barnich and Brandt.

For a vector field xi and a change h of the metric, ``k^mn`` is an antisymmetric density whose flux through a closed
surface is the change of the charge of xi. It is conserved where h solves the linearised equations and xi is a Killing
vector, or asymptotically so. Units: G = 1/(16 pi), so that ``delta Q = 1/(16 pi G) int k``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from symmeter.errors import InputError, InputTypeError, ShapeError
from symmeter.spacetime.denominators import canonical, square_root
from symmeter.spacetime.metrics import Components, Metric, Tensor
from symmeter.spacetime.polynomials import Number, Poly, add_to, scaled

__all__ = ["MetricCalculus", "curl_of_charge", "surface_charge", "volume_density"]


def volume_density(metric: Metric) -> Poly:
    """``sqrt(-det g)``, where that is a rational function.

    Raises
    ------
    InputError

    Examples
    --------
    >>> g = Metric("-dt^2 + dr^2 + r^2 dphi^2")
    >>> g.space.text(volume_density(g))
    'r'
    """
    found = square_root(metric.space, scaled(metric.determinant, -1))
    if found is None:
        text = metric.space.text(metric.determinant)
        raise InputError(f"-det g = {text} with its sign changed is no square; take coordinates in which it is one")
    return found


def surface_charge(
    metric: Metric, field: Sequence[Poly | str], change: Components | Tensor, *, barnich_brandt: bool = False
) -> Tensor:
    """``k^mn`` of a vector field and a change of the metric.

    ``sqrt(-g) [xi^n D^m h - xi^n D_s h^ms + xi_s D^n h^ms + h/2 D^n xi^m - h^ns D_s xi^m - (m <-> n)]``.

    Parameters
    ----------
    metric : Metric
    field : sequence of texts or polynomials
    change : Tensor or dict
        Components ``h_ij`` with indices down.
    barnich_brandt : bool
        Add ``h^sn (D^m xi_s + D_s xi^m)/2 - (m <-> n)``, which vanishes for Killing vectors.

    Returns
    -------
    Tensor
        With indices up, a density.

    Raises
    ------
    ShapeError, InputError
    """
    n, space = metric.dimension, metric.space
    xi = [metric.expression(f) if isinstance(f, str) else f for f in field]
    if len(xi) != n:
        raise ShapeError(f"{len(xi)} components for {n} coordinates")
    if not isinstance(change, (Tensor, Mapping)):
        raise InputTypeError(f"a change of the metric is a {type(change).__name__}; give a tensor or its components")
    h = change.components if isinstance(change, Tensor) else dict(change)
    if any(len(index) != 2 or not all(0 <= i < n for i in index) for index in h):
        raise ShapeError(f"a change of the metric has components h[i, j] with i and j below {n}")
    calculus = MetricCalculus(metric)
    up = calculus.raised(h)
    trace = calculus.total(
        space.times(metric.inverse()[i, j], h.get((i, j), {})) for i, j in product(range(n), repeat=2)
    )
    lower = [calculus.total(space.times(metric.g(a, b), xi[b]) for b in range(n)) for a in range(n)]
    # D_s h^mn, and D_a xi^b with both indices up.
    slope = calculus.slope_of_twice_raised(up)
    mixed = calculus.slope_of_vector(xi)
    twice = {
        (a, b): calculus.total(space.times(metric.inverse()[a, c], mixed.get((c, b), {})) for c in range(n))
        for a, b in product(range(n), repeat=2)
    }
    raised_slope = {
        (c, a, b): calculus.total(space.times(metric.inverse()[c, s], slope.get((s, a, b), {})) for s in range(n))
        for c, a, b in product(range(n), repeat=3)
    }
    trace_slope = [
        calculus.total(space.times(metric.inverse()[m, s], space.derivative(trace, s)) for s in range(n))
        for m in range(n)
    ]
    volume = volume_density(metric)

    def half(m: int, k: int) -> Poly:
        out: Poly = {}
        add_to(out, space.times(xi[k], trace_slope[m]))
        add_to(out, space.times(trace, twice[k, m]), _half())
        for s in range(n):
            add_to(out, space.times(xi[k], slope.get((s, m, s), {})), -1)
            add_to(out, space.times(lower[s], raised_slope[k, m, s]))
            add_to(out, space.times(up.get((k, s), {}), mixed.get((s, m), {})), -1)
            if barnich_brandt:
                for t in range(n):
                    # D^m xi_s with the index lowered, and D_s xi^m.
                    add_to(out, space.times(up.get((s, k), {}), space.times(metric.g(s, t), twice[m, t])), _half())
                add_to(out, space.times(up.get((s, k), {}), mixed.get((s, m), {})), _half())
        return canonical(space, out)

    found: Components = {}
    for m in range(n):
        for k in range(m + 1, n):
            p = dict(half(m, k))
            add_to(p, half(k, m), -1)
            if p := canonical(space, space.times(volume, canonical(space, p))):
                found[m, k], found[k, m] = p, scaled(p, -1)
    return Tensor(metric, "uu", found)


def _half() -> Number:
    from fractions import Fraction

    return Fraction(1, 2)


class MetricCalculus:
    """Covariant derivatives in the coordinates of a metric."""

    def __init__(self, metric: Metric) -> None:
        self.metric, self.space, self.n = metric, metric.space, metric.dimension
        self.gamma = metric.christoffel().components

    def total(self, terms: object) -> Poly:
        out: Poly = {}
        for p in terms:  # type: ignore[attr-defined]
            add_to(out, p)
        return canonical(self.space, out)

    def raised(self, h: Components) -> Components:
        """``h^mn``."""
        inverse, times = self.metric.inverse().components, self.space.times
        found = {}
        for m, k in product(range(self.n), repeat=2):
            p = self.total(
                times(times(inverse[m, a], inverse[k, b]), h[a, b])
                for a, b in product(range(self.n), repeat=2)
                if (m, a) in inverse and (k, b) in inverse and (a, b) in h
            )
            if p:
                found[m, k] = p
        return found

    def lowered_twice(self, up: Components) -> Components:
        """``h_mn`` of components with both indices up."""
        g, times = self.metric.components, self.space.times
        found = {}
        for m, k in product(range(self.n), repeat=2):
            p = self.total(
                times(times(g[m, a], g[k, b]), up[a, b])
                for a, b in product(range(self.n), repeat=2)
                if (m, a) in g and (k, b) in g and (a, b) in up
            )
            if p:
                found[m, k] = p
        return found

    def slope_of_vector(self, v: Sequence[Poly]) -> Components:
        """``D_a v^b``."""
        found = {}
        for a, b in product(range(self.n), repeat=2):
            p = dict(self.space.derivative(v[b], a))
            for c in range(self.n):
                if (b, a, c) in self.gamma:
                    add_to(p, self.space.times(self.gamma[b, a, c], v[c]))
            if p := canonical(self.space, p):
                found[a, b] = p
        return found

    def slope_of_twice_raised(self, up: Components) -> Components:
        """``D_s h^mn``."""
        found = {}
        for s, m, k in product(range(self.n), repeat=3):
            p = dict(self.space.derivative(up.get((m, k), {}), s))
            for c in range(self.n):
                if (m, s, c) in self.gamma and (c, k) in up:
                    add_to(p, self.space.times(self.gamma[m, s, c], up[c, k]))
                if (k, s, c) in self.gamma and (m, c) in up:
                    add_to(p, self.space.times(self.gamma[k, s, c], up[m, c]))
            if p := canonical(self.space, p):
                found[s, m, k] = p
        return found


def curl_of_charge(
    metric: Metric, field: Sequence[Poly | str], first: Mapping[str, str], second: Mapping[str, str], **options: bool
) -> Tensor:
    """``delta_1 k[delta_2 g] - delta_2 k[delta_1 g]``: zero, or a total derivative, where the charge is integrable.

    Parameters
    ----------
    metric : Metric
        A family with free functions, of which solutions are made.
    field : sequence of texts or polynomials
        May depend on the free functions: the symmetry of each member of the family.
    first, second : mapping
        Two changes of the free functions: from their names to texts.
    **options
        Of :func:`surface_charge`.

    Returns
    -------
    Tensor
        With indices up, a density.

    Examples
    --------
    >>> g = Metric("-dt^2 + f^2 dx^2", functions="f(t) a(t) b(t)")
    >>> curl_of_charge(g, ("1", "0"), {"f": "a"}, {"f": "b"}).is_zero()
    True
    """
    from symmeter.spacetime.prolonged import evolved

    space = metric.space
    xi = [metric.expression(f) if isinstance(f, str) else f for f in field]

    def characteristics(change: Mapping[str, str]) -> list[Poly]:
        for name in change:
            if name not in space.dependent:
                raise InputError(f"{name!r} is no free function of the metric ({', '.join(space.dependent)})")
        return [metric.expression(change[name]) if name in change else {} for name in space.dependent]

    q = [characteristics(first), characteristics(second)]

    def changed(components: Components, by: list[Poly]) -> Components:
        return {k: c for k, p in components.items() if (c := canonical(space, evolved(space, by, p)))}

    charges = [surface_charge(metric, xi, changed(metric.components, own), **options) for own in q]
    found: Components = {}
    for index in charges[0].components.keys() | charges[1].components.keys():
        p = evolved(space, q[0], charges[1][index])
        add_to(p, evolved(space, q[1], charges[0][index]), -1)
        if p := canonical(space, p):
            found[index] = p
    return Tensor(metric, "uu", found)

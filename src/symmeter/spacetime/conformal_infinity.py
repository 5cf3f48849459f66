"""Null infinity of three-dimensional spacetimes as the boundary of a rescaled metric, independent of coordinates.

``gbar = Omega^2 g`` extends to Omega = 0, where ``n_a = d_a Omega`` is null. In terms of gbar the vacuum equations are
``P_ab + D_a n_b / Omega - n^2 gbar_ab / (2 Omega^2) = 0`` with the Schouten tensor P. Charges are integrals of a closed
one-form on the boundary, so that they are the same on every cut of it. Units: 16 pi G = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product

from symmeter.errors import InputError
from symmeter.spacetime.conformal_curvature import hessian, schouten
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.metrics import Components, Metric, Tensor
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import Poly, add_to, degree_in, exponents, scaled

__all__ = ["ConformalCompletion", "Cut"]

_SYMMETRY = "T(phi) Y(phi)"
_MINUS_HALF = Fraction(-1, 2)


@dataclass(frozen=True)
class Cut:
    """What is found on a cut ``u = c(phi)`` of null infinity.

    Attributes
    ----------
    mass_aspect, angular_aspect : str
        ``Theta = -lim n^2 / Omega^2`` and ``N = P(l, m)`` with the tangent m of the cut and the null l, ``l.n = 1``.
    charge_density : str
        Of the symmetry (T, Y), by phi.
    """

    mass_aspect: str
    angular_aspect: str
    charge_density: str


class ConformalCompletion:
    """A metric in coordinates u, r, phi, extended to r = infinity with Omega = 1/r.

    Parameters
    ----------
    metric : Metric
        Of three dimensions.
    radius, time, angle : str
        Names of its coordinates; infinity is where the first is infinite.

    Raises
    ------
    InputError
        Where the rescaled metric does not extend to infinity.

    Examples
    --------
    >>> from symmeter.spacetime.known_metrics import known_metric
    >>> scri = ConformalCompletion(known_metric("bondi-3d"))
    >>> scri.solves_vacuum_equations(), scri.is_bondi_frame()
    (True, True)
    >>> scri.mass_aspect, scri.angular_aspect
    ('Theta', '(1/2)*u*Theta_{phi} + Xi')
    """

    def __init__(self, metric: Metric, *, radius: str = "r", time: str = "u", angle: str = "phi") -> None:
        x = metric.space.independent
        for name in (radius, time, angle):
            if name not in x:
                raise InputError(f"the metric has no coordinate {name!r} (it has {', '.join(x)}); say which one it is")
        if metric.dimension != 3:
            raise InputError(f"the metric has {metric.dimension} dimensions; null infinity is treated in 3")
        self.physical = metric
        self.metric = _rescaled(metric, radius, angle)
        names = self.metric.space.independent
        self._w, self._u, self._phi = names.index("Omega"), names.index(time), names.index(angle)
        space = self.metric.space
        for (i, j), p in self.metric.components.items():
            if _is_singular(self.metric, p, self._w):
                raise InputError(
                    f"Omega^2 g has {space.text(p)} at ({names[i]}, {names[j]}), which does not extend to Omega = 0"
                )

    # -- the interior --------------------------------------------------------------------------------------------------

    @cached_property
    def omega(self) -> Poly:
        """``Omega``."""
        return self.metric.space.poly(self._w)

    @cached_property
    def normal(self) -> tuple[Poly, ...]:
        """``n^a``, the gradient of Omega with its index up."""
        return tuple(self.metric.inverse()[i, self._w] for i in range(3))

    @cached_property
    def norm(self) -> Poly:
        """``n_a n^a``."""
        return self.normal[self._w]

    def field_equations(self) -> Tensor:
        """``P_ab + D_a n_b / Omega - n^2 gbar_ab / (2 Omega^2)``, zero where the physical metric is a vacuum."""
        metric, space = self.metric, self.metric.space
        p, second = schouten(metric), hessian(metric, self.omega)
        one_over = space.inverse(self.omega)
        square = space.times(one_over, one_over)
        found: Components = {}
        for i, j in product(range(3), repeat=2):
            total = dict(p[i, j])
            add_to(total, space.times(one_over, second[i, j]))
            add_to(total, scaled(space.times(square, space.times(self.norm, metric.g(i, j))), _MINUS_HALF))
            if total := canonical(space, total):
                found[i, j] = total
        return Tensor(metric, "dd", found)

    def solves_vacuum_equations(self) -> bool:
        """Whether the equations hold: exact."""
        return self.field_equations().is_zero()

    # -- the boundary --------------------------------------------------------------------------------------------------

    def at_infinity(self, p: Poly) -> Poly:
        """The limit Omega = 0.

        Raises
        ------
        InputError
            Where there is none.
        """
        space = self.metric.space
        p = canonical(space, p)
        if _is_singular(self.metric, p, self._w):
            raise InputError(f"{space.text(p)} has no limit at Omega = 0")
        if not any(v in space.factors.values() for m in p for v, _ in exponents(m)):
            return {m: c for m, c in p.items() if not degree_in(m, self._w)}
        return canonical(space, parse_expression(space.text(p), space, given={"Omega": {}}))

    def is_bondi_frame(self) -> bool:
        """Whether ``n^2 = O(Omega^2)``, ``D_a n_b = O(Omega)``, and circles have length 2 pi."""
        space = self.metric.space
        slow = not any(self.at_infinity(p) for _, p in hessian(self.metric, self.omega))
        one_over = space.inverse(self.omega)
        null = not self.at_infinity(space.times(one_over, self.norm))
        return slow and null and self.at_infinity(self.metric.g(self._phi, self._phi)) == {0: 1}

    @cached_property
    def _aspects(self) -> tuple[Poly, Poly]:
        space = self.metric.space
        one_over = space.inverse(self.omega)
        theta = scaled(self.at_infinity(space.times(space.times(one_over, one_over), self.norm)), -1)
        return theta, self.at_infinity(schouten(self.metric)[self._w, self._phi])

    @property
    def mass_aspect(self) -> str:
        """``Theta = -lim n^2 / Omega^2``."""
        return self.metric.space.text(self._aspects[0])

    @property
    def angular_aspect(self) -> str:
        """``N = P_ab l^a m^b`` on cuts of constant u."""
        return self.metric.space.text(self._aspects[1])

    def consequences(self) -> dict[str, bool]:
        """What the field equations say on the boundary: ``P_mm = -Theta/2``, ``P_ab n^a = 0`` and the like."""
        space, p = self.metric.space, schouten(self.metric)
        theta, n = self._aspects
        half = scaled(theta, _MINUS_HALF)
        at = self.at_infinity

        def same(a: Poly, b: Poly) -> bool:
            return not canonical(space, _minus(a, b))

        w, u, phi = self._w, self._u, self._phi
        return {
            "P_mm = -Theta/2": same(at(p[phi, phi]), half),
            "P_ln = Theta/2": same(at(p[u, w]), scaled(half, -1)),
            "P_lm = N": same(at(p[w, phi]), n),
            "P_ab n^a = 0 along the boundary": not at(p[u, u]) and not at(p[u, phi]),
            "R = 2 Theta": same(at(self.metric.scalar()), scaled(theta, 2)),
        }

    # -- symmetries and charges ----------------------------------------------------------------------------------------

    def _shift(self) -> Poly:
        """``f = T + u Y'``."""
        return self.metric.expression(f"T + {self.metric.space.independent[self._u]} Y'")

    def symmetry_conditions(self) -> list[str]:
        """Equations for ``xi = f d_u + Y d_phi`` on the boundary: ``L_xi q = 2 kappa q`` and ``L_xi n = -kappa n``.

        The factor kappa is eliminated. They say that Y depends on phi alone and f is linear in u with slope Y'.
        """
        space = self.metric.space
        names = (space.independent[self._u], space.independent[self._phi])
        if not self.is_bondi_frame():
            raise InputError("symmetries are stated in a Bondi frame; this metric is in another one")
        functions = f"f({','.join(names)}) y({','.join(names)})"
        boundary = Metric([["0", "0"], ["0", "1"]], coordinates=names, functions=functions)
        field = (boundary.expression("f"), boundary.expression("y"))
        change = boundary.lie_derivative(field)
        inner = boundary.space
        kappa = scaled(change[1, 1], -_MINUS_HALF)
        # [xi, n] = -n^a d_a xi for n = d_u.
        conditions = [change[0, 0], change[0, 1]]
        conditions += [_minus(inner.derivative(field[0], 0), kappa), inner.derivative(field[1], 0)]
        texts = [inner.text(canonical(inner, p)) for p in conditions]
        return list(dict.fromkeys(f"{t} = 0" for t in texts if t != "0"))

    def current(self) -> tuple[str, str]:
        """``j_u`` and ``j_phi`` of the one-form ``(f Theta + 2 Y N) dphi + Y Theta du`` for any T and Y."""
        return tuple(self.metric.space.text(p) for p in self._current())  # type: ignore[return-value]

    def _current(self) -> tuple[Poly, Poly]:
        metric, space = self.metric, self.metric.space
        theta, n = self._aspects
        y = metric.expression("Y")
        along = dict(space.times(self._shift(), theta))
        add_to(along, space.times(y, n), 2)
        return space.times(y, theta), along

    def current_is_closed(self) -> bool:
        """Whether ``d_u j_phi = d_phi j_u``: then the charge is the same on every cut. Exact, for all T and Y."""
        space = self.metric.space
        j_u, j_phi = self._current()
        return not canonical(space, _minus(space.derivative(j_phi, self._u), space.derivative(j_u, self._phi)))

    def cut(self, shape: str) -> Cut:
        """Aspects and charge density on the cut ``u = shape(phi)``, found from its own tangent and null vector.

        Parameters
        ----------
        shape : str
            A function of the angle that the metric knows, such as the name of one of its free functions.
        """
        metric, space = self.metric, self.metric.space
        c = metric.expression(shape)
        if space.derivative(c, self._u) or space.derivative(c, self._w):
            raise InputError(f"a cut u = {shape} depends on the angle alone")
        slope = space.derivative(c, self._phi)
        # m = d_phi + c' d_u is tangent; l = d_Omega - c' d_phi - c'^2/2 d_u is null, with l.m = 0 and l.n = 1.
        square = space.times(slope, slope)
        m = {self._phi: {0: 1}, self._u: slope}
        null = {self._w: {0: 1}, self._phi: scaled(slope, -1), self._u: scaled(square, _MINUS_HALF)}
        p = schouten(metric)
        total: Poly = {}
        for (a, va), (b, vb) in product(null.items(), m.items()):
            add_to(total, space.times(space.times(va, vb), self.at_infinity(p[a, b])))
        theta, n = self._aspects[0], canonical(space, total)
        y = metric.expression("Y")
        # xi = (f - Y c') n + Y m.
        along = space.times(_minus(self._shift(), space.times(y, slope)), theta)
        density = dict(along)
        add_to(density, space.times(y, n), 2)
        names = space.independent
        on_cut = {names[self._u]: c}
        texts = [
            space.text(canonical(space, parse_expression(space.text(q), space, given=on_cut)))
            for q in (theta, n, density)
        ]
        return Cut(*texts)


def _minus(a: Poly, b: Poly) -> Poly:
    out = dict(a)
    add_to(out, b, -1)
    return out


def _is_singular(metric: Metric, p: Poly, w: int) -> bool:
    twin = metric.space.inverses.get(w)
    return twin is not None and any(degree_in(m, twin) for m in p)


def _rescaled(metric: Metric, radius: str, angle: str) -> Metric:
    """``Omega^2 g`` in coordinates with Omega = 1/radius, with the free functions T and Y of symmetries."""
    moved = metric.in_coordinates([("Omega" if x == radius else x) for x in metric.space.independent],
                                  {radius: "1/Omega"}, functions=_SYMMETRY.replace("phi", angle))  # fmt: skip
    space = moved.space
    square = space.times(space.poly(space.independent.index("Omega")), space.poly(space.independent.index("Omega")))
    moved.components = {k: q for k, p in moved.components.items() if (q := canonical(space, space.times(square, p)))}
    return moved

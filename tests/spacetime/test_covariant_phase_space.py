"""Presymplectic potential and current: Noether's identity off shell, conservation on shell, where charges come from."""

from __future__ import annotations

import pytest

from symmeter.errors import ShapeError
from symmeter.spacetime import Metric
from symmeter.spacetime.covariant_phase_space import (
    komar_superpotential,
    noether_current,
    noether_identity,
    presymplectic_current,
    presymplectic_potential,
)
from symmeter.spacetime.denominators import canonical
from symmeter.spacetime.polynomials import add_to, scaled
from symmeter.spacetime.prolonged import evolved

BONDI = "Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2"
SOLUTIONS = "Theta(phi) Xi(phi) T(phi) Y(phi) A(phi) B(phi) C(phi) E(phi)"


@pytest.mark.parametrize(
    ("text", "functions", "field", "cosmological"),
    [
        # No equations hold for general functions, and the identity does.
        ("-f^2 dt^2 + b^2 dx^2 + dy^2", "f(x) b(t)", ("t x", "x^2", "t"), None),
        ("-f^2 dt^2 + dr^2/f^2 + r^2 dphi^2", "f(r)", ("1", "r t", "t"), "-1/l^2"),
        ("-dt^2 + b^2 (dx^2 + dy^2 + dz^2)", "b(t)", ("x", "t", "y z", "0"), None),
        ("M du^2 - 2 du dr + 2 N du dphi + r^2 dphi^2", "M(u,phi) N(u,phi)", ("u", "r", "u r"), None),
    ],
)
def test_noether_identity_is_exact_off_shell(text, functions, field, cosmological):
    g = Metric(text, functions=functions, parameters="l" if cosmological else "")
    assert all(p == {} for p in noether_identity(g, field, cosmological))
    # The constant is in it: without, the current is another one.
    if cosmological:
        assert noether_current(g, field) != noether_current(g, field, cosmological)


def test_komar_of_a_black_hole_is_its_mass():
    g = Metric("-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2")
    q = komar_superpotential(g, ("1", "0", "0", "0"))
    # 2 m over a sphere of 4 pi, in units of 16 pi G: half the mass, as Komar's integral without its factor two.
    assert q[0, 1] == g.expression("2 m")
    assert q[1, 0] == g.expression("-2 m")


def _changed(g, texts):
    space = g.space
    q = [g.expression(texts[name]) if name in texts else {} for name in space.dependent]
    return {k: p for k, v in g.components.items() if (p := canonical(space, evolved(space, q, v)))}, q


def test_the_current_is_the_curl_of_the_potential():
    # Along two directions in a family of metrics, which are no solutions.
    g = Metric("-f^2 dt^2 + b^2 dx^2 + c^2 dy^2", functions="f(x) b(t) c(t,x) p(x) q(t) s(t,x) v(x) w(t) z(t,x)")
    first, one = _changed(g, {"f": "p", "b": "q", "c": "s"})
    second, two = _changed(g, {"f": "v", "b": "w", "c": "z"})
    theta_1, theta_2 = presymplectic_potential(g, first), presymplectic_potential(g, second)
    omega = presymplectic_current(g, first, second)
    assert any(omega)
    for m in range(3):
        curl = evolved(g.space, one, theta_2[m])
        add_to(curl, evolved(g.space, two, theta_1[m]), -1)
        add_to(curl, omega[m], -1)
        assert canonical(g.space, curl) == {}


def test_it_is_conserved_between_solutions_and_comes_from_the_charges():
    g = Metric(BONDI, functions=SOLUTIONS)
    space = g.space
    first, _ = _changed(g, {"Theta": "A", "Xi": "B"})
    second, _ = _changed(g, {"Theta": "C", "Xi": "E"})
    omega = presymplectic_current(g, first, second)
    total: dict = {}
    for m in range(3):
        add_to(total, space.derivative(omega[m], m))
    assert canonical(space, total) == {}
    # omega(h, L_xi g) is the divergence of the surface charge k_xi[h], for any xi on shell.
    xi = ("T + u Y'", "r Y", "u Y")
    k = g.surface_charge(xi, first)
    moved = presymplectic_current(g, first, g.lie_derivative(xi))
    assert any(moved)
    for m in range(3):
        left = scaled(moved[m], 1)
        for n in range(3):
            add_to(left, space.derivative(k[m, n], n), -1)
        assert canonical(space, left) == {}


def test_bad_input():
    with pytest.raises(ShapeError, match="3 coordinates"):
        komar_superpotential(Metric("-dt^2 + dx^2 + dy^2"), ("1", "0"))

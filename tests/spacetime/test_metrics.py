"""Metrics: curvature of known spacetimes, identities for arbitrary functions, and numbers by finite differences."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime import Metric
from symmeter.spacetime.denominators import canonical, divided, split_factors
from symmeter.spacetime.polynomials import add_to, times
from symmeter.spacetime.vector_fields import numeric

S, D = "(r^2+a^2 y^2)", "(r^2-2 m r+a^2)"
KERR = (
    f"-(1-2 m r/{S}) dt^2 - 4 m r a (1-y^2)/{S} dt dphi + {S}/{D} dr^2 + {S}/(1-y^2) dy^2"
    f" + (1-y^2)(r^2+a^2+2 m r a^2 (1-y^2)/{S}) dphi^2"
)
BONDI = "Theta du^2 - 2 du dr + 2 (Xi + u Theta'/2) du dphi + r^2 dphi^2"


@pytest.mark.parametrize(
    "text",
    [
        "-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2",
        "-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 dθ^2 + r^2 sin(θ)^2 dphi^2",
        # Eddington and Finkelstein's coordinates, and those of Painleve.
        "-(1-2m/r) dv^2 + 2 dv dr + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2",
        "-dt^2 + dx^2 + dy^2 + dz^2",
        "-x^2 dt^2 + dx^2 + dy^2",
        # A wave that moves along z with any profile.
        "2 du dv + H(u, x, y) du^2 + dx^2 + dy^2",
        KERR,
    ],
)
def test_vacuum(text: str) -> None:
    if text.startswith("2 du dv"):
        # Flat only where the profile is harmonic: x^2 - y^2 times anything.
        text = text.replace("H(u, x, y)", "f (x^2 - y^2)")
        assert Metric(text, functions="f(u)").ricci().is_zero()
        assert not Metric(text.replace("- y^2", "+ y^2"), functions="f(u)").ricci().is_zero()
        return
    assert Metric(text).ricci().is_zero()


def test_the_bondi_family_of_three_dimensions() -> None:
    g = Metric(BONDI, functions="Theta(phi) Xi(phi)")
    assert g.ricci().is_zero()
    assert g.riemann().is_zero()
    inverse = g.inverse()
    u, r, phi = 0, 1, 2
    assert inverse.text(u, r) == "-1"
    assert inverse.text(phi, phi) == "r^-2"
    n = g.expression("(Xi + u Theta'/2)/r^2")
    assert inverse[r, phi] == n
    # Any other angular term is no solution.
    assert not Metric(BONDI.replace("/2", "/3"), functions="Theta(phi) Xi(phi)").ricci().is_zero()


def test_bondi_masses_and_their_sources() -> None:
    # ds^2 = M du^2 - 2 du dr + 2 N du dphi + r^2 dphi^2: what remains of Ricci are the two laws of Bondi.
    g = Metric("M du^2 - 2 du dr + 2 N du dphi + r^2 dphi^2", functions="M(u,phi) N(u,phi)")
    ricci = g.ricci()
    assert ricci[1, 1] == ricci[1, 2] == {}
    law = g.expression("D(M,phi)/2 - D(N,u)")
    assert canonical(g.space, g.space.times(ricci[0, 2], g.expression("r"))) == law
    # On its solutions what is left is the loss of mass.
    left = g.expression("-D(M,u)/(2 r) + D(D(N,u) - D(M,phi)/2, phi)/r^2 + N (D(M,phi)/2 - D(N,u))/r^3")
    assert ricci[0, 0] == left


def test_exact_bondi_symmetries_and_their_brackets() -> None:
    # xi with f = T + u Y': the gauge is kept exactly, and Theta, Xi change as the coadjoint action says.
    g = Metric(BONDI, functions="Theta(phi) Xi(phi) T(phi) Y(phi)")
    xi = g.vector("T + u Y'", "-r Y' + T'' + u Y''' - (T' + u Y'')(Xi + u Theta'/2)/r", "Y - (T' + u Y'')/r")
    change = g.lie_derivative(xi)
    assert change[1, 1] == change[1, 2] == change[2, 2] == change[0, 1] == {}
    delta_theta = g.expression("Y Theta' + 2 Y' Theta - 2 Y'''")
    delta_xi = g.expression("Y Xi' + 2 Y' Xi + T Theta'/2 + T' Theta - T'''")
    assert change[0, 0] == delta_theta
    wanted = dict(delta_xi)
    add_to(wanted, g.expression("u/2 D(Y Theta' + 2 Y' Theta - 2 Y''', phi)"))
    assert change[0, 2] == wanted


def test_spaces_of_constant_curvature() -> None:
    sphere = Metric("dθ^2 + sin(θ)^2 dphi^2")
    assert sphere.space.text(sphere.scalar()) == "2"
    assert sphere.is_killing(["0", "1"])
    assert sphere.is_killing(["sin(phi)", "cos(θ)/sin(θ) cos(phi)"])
    assert not sphere.is_killing(["1", "0"])
    ads = Metric("(-dt^2 + dx^2 + dz^2) l^2/z^2")
    assert ads.einstein("-1/l^2").is_zero()
    assert not ads.einstein("1/l^2").is_zero()
    # Dilation of anti-de Sitter space.
    assert ads.is_killing(["t", "x", "z"])


def test_friedmann_equation() -> None:
    g = Metric(
        "-dt^2 + b^2 (dr^2/(1 - k r^2) + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2)", functions="b(t)", parameters="k"
    )
    assert g.einstein()[0, 0] == g.expression("3 (b'^2 + k)/b^2")


def test_bianchi_identity_for_arbitrary_functions() -> None:
    g = Metric("-A dt^2 + B dr^2 + 2 C dt dr + r^2 dy^2/(1-y^2) + r^2 (1-y^2) dphi^2", functions="A(t,r) B(t,r) C(r)")
    n, space = 4, g.space
    einstein, inverse, gamma = g.einstein(), g.inverse(), g.christoffel()
    mixed = {}
    for a, b in product(range(n), repeat=2):
        p: dict = {}
        for c in range(n):
            add_to(p, space.times(inverse[a, c], einstein[c, b]))
        mixed[a, b] = canonical(space, p)
    for b in range(n):
        p = {}
        for a in range(n):
            add_to(p, space.derivative(mixed[a, b], a))
            for c in range(n):
                add_to(p, space.times(gamma[a, a, c], mixed[c, b]))
                add_to(p, space.times(gamma[c, a, b], mixed[a, c]), -1)
        assert canonical(space, p) == {}


def test_riemann_against_finite_differences() -> None:
    text = [["1 + x^2", "x y / 2"], ["x y / 2", "2 + y^2 + x"]]
    g = Metric(text, "x y")
    point = np.array([0.3, -0.4])

    def value(p: dict, z: np.ndarray) -> float:
        return float(numeric(g.space, p)(z))

    def metric(z: np.ndarray) -> np.ndarray:
        return np.array([[value(g.g(i, j), z) for j in range(2)] for i in range(2)])

    h = 1e-3

    def slope(f, z: np.ndarray, k: int) -> np.ndarray:
        e = np.zeros(2)
        e[k] = h
        return (8 * (f(z + e) - f(z - e)) - (f(z + 2 * e) - f(z - 2 * e))) / (12 * h)

    def gamma(z: np.ndarray) -> np.ndarray:
        inverse = np.linalg.inv(metric(z))
        d = np.stack([slope(metric, z, k) for k in range(2)], -1)
        lower = (d + d.transpose(0, 2, 1) - d.transpose(1, 2, 0).transpose(1, 0, 2).transpose(2, 0, 1)) / 2
        lower = np.array(
            [[[(d[a, b, c] + d[a, c, b] - d[b, c, a]) / 2 for c in range(2)] for b in range(2)] for a in range(2)]
        )
        return np.einsum("ae,ebc->abc", inverse, lower)

    numbers = gamma(point)
    dg = np.stack([slope(gamma, point, k) for k in range(2)], -1)
    riemann = g.riemann()
    for a, b, c, d in product(range(2), repeat=4):
        wanted = dg[a, b, d, c] - dg[a, b, c, d]
        wanted += numbers[a, c] @ numbers[:, b, d] - numbers[a, d] @ numbers[:, b, c]
        assert abs(value(riemann[a, b, c, d], point) - wanted) < 1e-7
        assert abs(value(g.christoffel()[a, b, c], point) - numbers[a, b, c]) < 1e-9


def test_fractions_are_cancelled() -> None:
    g = Metric("dx^2 + dy^2")
    space = g.space
    assert g.expression("(x^2 - y^2)/(x - y) - x - y") == {}
    assert g.expression("1/(x+y) + 1/(x-y) - 2x/(x^2-y^2)") == {}
    assert space.text(g.expression("(x+1)^3/(x+1)^2")) == "x + 1"
    assert g.expression("1/(1/(x+y)) - x - y") == {}
    p = g.expression("(x + 2 y)^2 x")
    content, factors = split_factors(space, p)
    product_of_all = content
    for f, e in factors:
        for _ in range(e):
            product_of_all = times(product_of_all, f)
    assert product_of_all == p
    assert divided(g.expression("x^3 + y^3"), g.expression("x + y")) == g.expression("x^2 - x y + y^2")
    assert divided(g.expression("x^3 + y^3"), g.expression("x - y")) is None


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: Metric("dx dy dx"), InputError, "not quadratic"),
        (lambda: Metric("x^2 + y"), InputError, "no differentials"),
        (lambda: Metric("dx^2 + 2 dx dy + dy^2").inverse(), InputError, "degenerate"),
        (lambda: Metric([["1", "x"], ["0", "1"]], "x y"), InputError, "not symmetric"),
        (lambda: Metric([["1", "x"]], "x y"), ShapeError, "2 coordinates"),
        (lambda: Metric("f dx^2 + dy^2", functions="f(z)"), InputError, "no coordinate"),
        (lambda: Metric("f dx^2 + dy^2", functions="f"), InputError, "has no arguments"),
        (lambda: Metric("dx^2 + dy^2").is_killing(["1"]), ShapeError, "2 coordinates"),
        (lambda: Metric("dx^2 + (1 + dy^2"), InputError, "is missing"),
    ],
)
def test_bad_metrics(make, kind, words) -> None:
    with pytest.raises(kind, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)

"""Killing vectors: known isometry groups, counted and found, and checked by the Lie derivative itself."""

from __future__ import annotations

from math import comb

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Metric
from symmeter.spacetime.conformal_curvature import cotton, is_conformally_flat, schouten, weyl
from symmeter.spacetime.killing import conformal_killing_vectors, killing_vectors
from symmeter.spacetime.killing_factors import turning_factors
from symmeter.spacetime.known_metrics import known_metric

SPHERE = "dtheta^2 + sin(theta)^2 dphi^2"


@pytest.mark.parametrize(
    ("text", "functions", "dimension", "found"),
    [
        ("dx^2 + dy^2", "", 3, 3),
        ("-dt^2 + dx^2 + dy^2 + dz^2", "", 10, 10),
        ("(dx^2 + dy^2)/y^2", "", 3, 3),
        ("(-dt^2 + dx^2 + dz^2)/z^2", "", 6, 6),
        (SPHERE, "", 3, 3),
        ("dx^2/(1-x^2) + (1-x^2) dp^2", "", 3, 3),
        ("dr^2 + r^2 dphi^2", "", 3, 3),
        ("dr^2/(1-k r^2) + r^2 dphi^2", "", 3, 3),
        (f"-(1-2m/r) dt^2 + dr^2/(1-2m/r) + r^2 ({SPHERE})", "", 4, 4),
        (f"-dt^2 + b^2 (dr^2/(1-k r^2) + r^2 ({SPHERE}))", "b(t)", 6, 6),
        # A plane wave has five; one of them is the same for every profile.
        ("2 du dv + h (x^2 - y^2) du^2 + dx^2 + dy^2", "h(u)", 1, 1),
        ("2 du dv + (x^2 - y^2) du^2 + dx^2 + dy^2", "", 6, 2),
        # Nothing is left of a general surface of revolution but its turn.
        ("dr^2 + f^2 dphi^2", "f(r)", 1, 1),
    ],
)
def test_isometries_are_counted_and_found(text, functions, dimension, found):
    g = Metric(text, functions=functions)
    known = g.killing_vectors()
    assert known.size is not None
    assert known.size.dimension == dimension
    assert len(known) == found
    assert known.complete is (found == dimension)
    # Every one of them is checked by what it must do.
    for field in known:
        components = [field.space.text(c) for c in field.coefficients]
        assert g.is_killing(components), components


def test_kerr_has_two_and_static_coordinates_hide_those_of_de_sitter():
    assert [str(f) for f in killing_vectors(known_metric("kerr"))] == ["∂_t", "∂_phi"]
    hidden = killing_vectors(known_metric("de-sitter"))
    assert hidden.statement.startswith("2 of 10 Killing vectors")
    # The same space in flat slices: 7 are polynomial; three need no more than a square.
    flat = killing_vectors(Metric("(-dt^2 + dx^2 + dy^2 + dz^2)/t^2"))
    assert flat.statement == "all 10 Killing vectors found"
    assert flat.algebra is not None
    assert flat.algebra.name == "so(4,1)"


@pytest.mark.parametrize("n", [3, 4])
def test_conformal_groups_of_flat_and_conformally_flat_spaces(n):
    names = "txyz"[:n]
    flat = "-dt^2 + " + " + ".join(f"d{x}^2" for x in names[1:])
    for text in (flat, f"({flat})/{names[-1]}^2"):
        found = Metric(text).conformal_killing_vectors()
        assert found.complete
        assert len(found) == comb(n + 2, 2)
        assert found.algebra is not None
        assert found.algebra.name == f"so({n},2)"


def test_factors_and_bad_input():
    sphere = Metric(SPHERE)
    assert len(killing_vectors(sphere, factors=())) == 1
    by_hand = killing_vectors(sphere, 0, factors=("sin(phi)", "cos(phi)", "sin(phi)*cos(theta)/sin(theta)",
                                                  "cos(phi)*cos(theta)/sin(theta)"))  # fmt: skip
    assert by_hand.complete
    assert turning_factors(Metric("dx^2 + dy^2")) == []
    with pytest.raises(InputError, match="on a line"):
        Metric("dx^2").conformal_killing_vectors()


def test_weyl_and_cotton_tell_what_a_change_of_scale_removes():
    # Schwarzschild: C_trtr = -2 m / r^3 up to the sign of the index pair.
    hole = known_metric("schwarzschild")
    c = weyl(hole)
    assert c[0, 1, 0, 1] == hole.expression("-2 m/r^3")
    # All traces vanish, and it is the whole curvature of a vacuum.
    inverse, riemann = hole.inverse(), hole.riemann()
    assert not c.is_zero()
    for (a, b, e, d), p in c:
        lowered = hole.space.times(hole.g(a, a), riemann[a, b, e, d])
        assert hole.expression(hole.space.text(lowered)) == p
    for b in range(4):
        for d in range(4):
            total = "+".join(
                f"({hole.space.text(hole.space.times(inverse[a, e], c[a, b, e, d]))})"
                for a in range(4)
                for e in range(4)
            )
            assert hole.expression(total) == {}
    assert not is_conformally_flat(hole)
    assert is_conformally_flat(known_metric("friedmann"))
    assert is_conformally_flat(Metric(SPHERE))
    # Nil geometry is homogeneous and not conformally flat.
    assert not cotton(Metric("dx^2 + dy^2 + (dz - x dy)^2")).is_zero()
    with pytest.raises(InputError, match="at least 3"):
        schouten(Metric(SPHERE))


@pytest.mark.parametrize(
    ("line", "number", "conformal", "algebra"),
    [
        # Known: flat slices of de Sitter space, Goedel's universe, Taub-NUT for every f, Rindler's wedge, Friedmann's.
        ("-dt^2 + exp(2 H t) (dx^2 + dy^2 + dz^2)", 10, 15, "so(4,1) at H = 2 and at H = 11"),
        ("-dt^2 - 2 exp(x) dt dy + dx^2 - exp(2x)/2 dy^2 + dz^2", 5, None, "sl(2,R) + radical of dimension 2"),
        (
            "-f(r)*(dt + 2*n*cos(theta)*dphi)^2 + dr^2/f(r) + (r^2 + n^2)*(dtheta^2 + sin^2(theta)*dphi^2)",
            4,
            None,
            None,
        ),
        ("-x^2 dt^2 + dx^2 + dy^2", 6, None, None),
        ("-dt^2 + a(t)^2 (dx^2 + dy^2 + dz^2)", 6, None, None),
    ],
)
def test_functions_are_found_that_killing_vectors_need(line, number, conformal, algebra) -> None:
    g = Metric(line)
    found = killing_vectors(g)
    assert (found.dim, found.complete) == (number, True)
    if algebra is not None:
        assert found.algebra_name == algebra
    if conformal is not None:
        assert conformal_killing_vectors(g).dim == conformal


def test_free_functions_are_taken_from_the_text() -> None:
    g = Metric("-dt^2 + a(t)^2*dx^2 + k (t + x) dy^2")
    assert g.space.depends == {"a": ("t",)}
    assert "k" in g.space.parameters
    same = Metric("-dt^2 + a(t)^2*dx^2 + k (t + x) dy^2", functions="a(t)")
    assert str(g.ricci()) == str(same.ricci())
    with pytest.raises(InputError, match="a depends on t and on x"):
        Metric("-dt^2 + a(t)*dx^2 + a(x)*dy^2")
    with pytest.raises(InputError, match="power before the argument"):
        Metric("dt^2 + sin^-1(t) dx^2")


@pytest.mark.parametrize(
    ("line", "number", "algebra"),
    [
        # Spaces of constant curvature have n(n + 1)/2 Killing vectors, in whatever coordinates; products have those of
        # their factors.
        ("dr^2 + sinh(r)^2 dphi^2", 3, "sl(2,R)"),
        ("dr^2 + cosh(r)^2 dphi^2", 3, "sl(2,R)"),
        ("-dt^2 + cosh(t)^2 dx^2", 3, "sl(2,R)"),
        ("dchi^2 + sin(chi)^2 (dtheta^2 + sin(theta)^2 dphi^2)", 6, "so(4)"),
        ("deta^2 + sin(eta)^2 dphi^2 + cos(eta)^2 dpsi^2", 6, "so(4)"),
        ("dtheta^2 + sin(theta)^2 dphi^2 + (dpsi + cos(theta) dphi)^2", 6, "so(4)"),
        ("-cosh(rho)^2 dt^2 + drho^2 + sinh(rho)^2 dphi^2", 6, "so(2,2)"),
        ("-dt^2 + cosh(t)^2 (dchi^2 + sin(chi)^2 (dtheta^2 + sin(theta)^2 dphi^2))", 10, "so(4,1)"),
        ("-dt^2 + a(t)^2 (dchi^2 + sin(chi)^2 (dtheta^2 + sin(theta)^2 dphi^2))", 6, "so(4)"),
        ("-dt^2 + a(t)^2 (dchi^2 + sinh(chi)^2 (dtheta^2 + sin(theta)^2 dphi^2))", 6, "so(3,1)"),
        ("dtheta^2 + sin(theta)^2 dphi^2 + dalpha^2 + sin(alpha)^2 dbeta^2", 6, "so(4)"),
        ("-r^2 dt^2 + dr^2/r^2 + dtheta^2 + sin(theta)^2 dphi^2", 6, "sl(2,R) + so(3)"),
        ("-(1+r^2) dt^2 + dr^2/(1+r^2) + r^2 (dtheta^2 + sin(theta)^2 dphi^2)", 10, "so(3,2)"),
        ("-(1-x^2) dt^2 + dx^2/(1-x^2) + dtheta^2 + sin(theta)^2 dphi^2", 6, "sl(2,R) + so(3)"),
        ("-(r^2-m^2) dt^2 + dr^2/(r^2-m^2) + r^2 dphi^2", 6, "so(2,2) at m = 2 and at m = 11"),
        ("-(1-r^2/L^2) dt^2 + dr^2/(1-r^2/L^2)", 3, "sl(2,R) at L = 2 and at L = 11"),
        ("-exp(2 U(r)) dt^2 + exp(-2U(r)) (exp(2k(r)) (dr^2 + dz^2) + r^2 dphi^2)", 3, "R^3"),
        ("-(1-2m(v)/r) dv^2 + 2 dv dr + r^2 (dtheta^2 + sin(theta)^2 dphi^2)", 3, "so(3)"),
    ],
)
def test_spaces_in_coordinates_that_people_use(line, number, algebra) -> None:
    found = killing_vectors(Metric(line))
    assert (found.dim, found.complete, found.algebra_name) == (number, True, algebra)


@pytest.mark.parametrize(
    ("line", "number", "whole"),
    [
        # Guesses that have free functions in them are passed over: f, exp(U) and a horizon that moves.
        ("-(f(x) + r^2) dt^2 + dr^2 + dx^2", 1, 1),
        ("exp(2 U(x)) (dx^2 + dy^2)/(1 + y^4)", 0, 0),
        ("-(1 + exp(2x) r^2) dt^2 + dr^2 + dx^2 + cos(w)^2 dy^2 + dw^2", 2, None),
    ],
)
def test_guesses_that_do_not_fit_do_no_harm(line, number, whole) -> None:
    found = killing_vectors(Metric(line))
    assert found.dim >= number
    assert whole is None or found.size.dimension == whole

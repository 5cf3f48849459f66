"""Exact coordinates: where they are proven, they agree with float64 and have exact properties."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.shapes import Quadratic, circumradius_polynomial, poly, uniform
from symmeter.shapes.exact_coordinates import proves
from symmeter.shapes.quadratic_field import recognised

#: Snub figures need cubic or larger fields.
NOT_QUADRATIC = (12, 29, 32, 40, 46, 57, 60, 64, 69, 72, 74, 75)


@pytest.mark.parametrize("number", [n for n in range(1, 76) if n not in NOT_QUADRATIC])
def test_uniform_polyhedra(number):
    p = uniform(number)
    exact = p.exact_vertices
    assert exact is not None
    for row, point in zip(exact, p.vertices):
        assert [float(x) for x in row] == pytest.approx(point.tolist(), rel=2e-14, abs=2e-14)
    squared = {x * x + y * y + z * z for x, y, z in exact}
    assert len(squared) == 1
    assert {x.d for row in exact for x in row} == {2 if number <= 21 else 5}


@pytest.mark.parametrize("number", NOT_QUADRATIC)
def test_snub_figures_have_none(number):
    assert uniform(number).exact_vertices is None


def test_catalan_and_some_johnson_solids():
    assert [n for n in range(1, 14) if poly(f"C{n}").exact_vertices is None] == [12, 13]
    assert all(poly(f"J{n}").exact_vertices is not None for n in (1, 8, 28, 37, 67, 72, 80, 91))


def test_a_wrong_guess_is_not_proven():
    p = uniform(9)
    exact = [list(row) for row in p.exact_vertices]
    assert proves(exact, p)
    exact[0][0] = exact[0][0] + Quadratic(Fraction(1, 10**15), Fraction(0), 2)
    assert not proves(exact, p)


def test_arithmetic():
    golden = Quadratic(Fraction(1, 2), Fraction(1, 2), 5)
    one = Quadratic(Fraction(1), Fraction(0), 5)
    assert golden * golden == golden + one
    assert float(golden) == pytest.approx((1 + 5**0.5) / 2)
    assert not golden - golden
    assert [str(x) for x in (golden, -golden, one, golden + golden)] == [
        "(1 + sqrt(5))/2",
        "(-1 - sqrt(5))/2",
        "1",
        "1 + sqrt(5)",
    ]
    with pytest.raises(InputError, match="different fields"):
        _ = one + Quadratic(Fraction(1), Fraction(0), 2)
    assert recognised(float(golden), 5) == golden
    assert recognised(3.14159265358979, 5) is None


@pytest.mark.parametrize("number", NOT_QUADRATIC)
def test_circumradii_of_snub_figures_solve_irreducible_polynomials(number):
    sympy = pytest.importorskip("sympy")
    p = uniform(number)
    coefficients = circumradius_polynomial(p)
    roots = np.roots(coefficients)
    assert np.abs(roots - p.circumradius**2).min() < 1e-9
    x = sympy.Symbol("x")
    assert sympy.Poly(list(coefficients), x).is_irreducible
    assert np.gcd.reduce(coefficients) == 1


def test_relatives_share_their_polynomial():
    """U57, U69 and U74 are solutions of the same equations; so are U40 and U60, U32 and U72."""
    pytest.importorskip("mpmath")
    assert len({circumradius_polynomial(uniform(n)) for n in (29, 57, 69, 74)}) == 1
    assert circumradius_polynomial(uniform(40)) == circumradius_polynomial(uniform(60))
    assert circumradius_polynomial(uniform(32)) == circumradius_polynomial(uniform(72))


def test_polynomials_of_others():
    pytest.importorskip("mpmath")
    assert circumradius_polynomial(poly("cube")) == (4, -3)
    with pytest.raises(InputError, match="not uniform"):
        circumradius_polynomial(poly("J1"))
    with pytest.raises(InputError, match="not uniform"):
        circumradius_polynomial(poly("C1"))

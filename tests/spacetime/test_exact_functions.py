"""Zero is told exactly for functions that are related: ratios, parts of angles, roots, logarithms."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Metric, PDESystem

BOTH = [
    "sin(x) - tan(x)*cos(x)",
    "cot(x)*tan(x) - 1",
    "1/cos(x)^2 - 1 - tan(x)^2",
    "sec(x) - 1/cos(x)",
    "tanh(x)^2 + sech(x)^2 - 1",
    "cos(x)^2/sin(x) - 1/sin(x) + sin(x)",
    "1/(sin(x)*cos(x)) - sin(x)/cos(x) - cos(x)/sin(x)",
    "cosh(x)^2/sinh(x) - 1/sinh(x) - sinh(x)",
    "2*sin(x/2)*cos(x/2) - sin(x)",
    "sin(x) - 2*sin(x/2)*cos(x/2)",
    "cos(x/2)*cos(x/3)*2 - cos(5*x/6) - cos(x/6)",
    "cosh(x) - 1 - 2*sinh(x/2)^2",
    "exp(x/2)^2 - exp(x)",
    "exp(x/2)*exp(x/3) - exp(5*x/6)",
    "exp(x)^(1/2) - exp(x/2)",
    "x^(3/2) - x*sqrt(x)",
    "x^(-1/2)*sqrt(x) - 1",
    "x^(1/2)*x^(1/3) - x^(5/6)",
    "sqrt(x)*sqrt(y) - sqrt(x*y)",
    "sqrt(4*x) - 2*sqrt(x)",
    "log(x^2*y) - 2*log(x) - log(y)",
    "log(exp(x)) - x",
    "exp(2*log(x)) - x^2",
]


#: Denominators inside denominators and roots.
NESTED = [
    "1/(x + 1/(y + 1)) - (y + 1)/(x*y + x + 1)",
    "1/(exp(x/2) + 1/(cos(y) + 2)) - (exp(x/2) - 1/(cos(y) + 2))/(exp(x) - 1/(cos(y) + 2)^2)",
    "1/(1 + sqrt(1 + 1/(x + 1))) + (x + 1)*(1 - sqrt(1 + 1/(x + 1)))",
    "sqrt(1/(x + 2)) - 1/sqrt(x + 2)",
    "sqrt((2*x + y)/(3*y + 6*x + 6)) - sqrt(2*x + y)/(sqrt(3)*sqrt(y + 2*x + 2))",
    "sqrt(1/2) - 1/sqrt(2)",
    "sqrt(12) - 2*sqrt(3)",
    "sqrt(x/2 + 1/3) - sqrt(3*x + 2)/sqrt(6)",
    "sqrt(1 - x^2/4) - sqrt(4 - x^2)/2",
]


@pytest.mark.parametrize("text", NESTED)
def test_denominators_inside_denominators(text: str) -> None:
    assert _number(text, 0.7, 1.3) == pytest.approx(0, abs=1e-12)
    assert Metric("dx^2 + dy^2").expression(text) == {}
    assert Metric("dx^2 + dy^2").expression(f"{text} + 1/1000") != {}


def test_two_solitons_of_any_speeds() -> None:
    # Hirota's tau function, whose interaction term has a denominator of its own; and a wrong one.
    kdv = PDESystem("u_t + 6 u u_x + u_xxx", parameters="k l")
    for sign, solves in (("-", True), ("+", False)):
        tau = f"1 + exp(k*x - k^3*t) + exp(l*x - l^3*t) + (k{sign}l)^2/(k+l)^2*exp((k+l)*x - (k^3+l^3)*t)"
        (left,) = kdv.residual(u=f"2*D({tau}, x, x)/({tau}) - 2*D({tau}, x)^2/({tau})^2")
        assert (left == {}) == solves


def _number(text: str, x: float, y: float) -> float:
    """The value of a text, by SymPy."""
    sympy = pytest.importorskip("sympy")
    return float(sympy.sympify(text.replace("^", "**")).subs({"x": x, "y": y}))


@pytest.mark.parametrize("text", BOTH)
def test_what_is_zero_is_empty(text: str) -> None:
    assert _number(text, 0.7, 1.3) == pytest.approx(0, abs=1e-12)
    assert Metric("dx^2 + dy^2").expression(text) == {}
    assert PDESystem("u_xx = 0", "x y").expression(text) == {}


@pytest.mark.parametrize("text", ["sin(x) - tan(x)", "exp(x/2) - exp(x)", "x^(3/2) - sqrt(x)", "log(x*y) - log(x)"])
def test_what_is_not_zero_is_not_empty(text: str) -> None:
    assert abs(_number(text, 0.7, 1.3)) > 1e-3
    assert Metric("dx^2 + dy^2").expression(text) != {}


def test_an_angle_that_is_cut_after_it_was_divided_by_is_refused() -> None:
    with pytest.raises(InputError, match="part of that angle"):
        PDESystem("u_xx = 0", "x y").expression("1/cos(x) + cos(x/2)")


@pytest.mark.parametrize("text", ["1/0", "x/(y - y)", "x^(1/0)", "1/(tan(x)*cos(x) - sin(x))"])
def test_division_by_zero(text: str) -> None:
    with pytest.raises(InputError, match="divided by zero"):
        Metric("dx^2 + dy^2").expression(text)


def test_logarithm_of_zero() -> None:
    with pytest.raises(InputError, match="no value"):
        Metric("dx^2").expression("log(0)")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        # The round sphere, three times in disguise.
        ("tan(x)^2 cos(x)^2 dy^2 + dx^2", 3),
        ("dx^2 + 4 sin(x/2)^2 cos(x/2)^2 dy^2", 3),
        ("x^2/(1+x^2)/(1-(sqrt(1+x^2)-1)^2) dx^2 + (sqrt(1+x^2)-1)^2 dphi^2", 3),
        # Flat, with a root of a sum, and a number that is no square.
        ("sqrt(1+x^2) dx^2 + dy^2", 3),
        ("sqrt(2) dx^2 + dy^2", 3),
        # No symmetry but the one to be seen.
        ("dx^2 + sqrt(1-x) dy^2", 1),
        ("dr^2 + tanh(r)^2 dphi^2", 1),
    ],
)
def test_killing_vectors_are_counted_right(line: str, number: int) -> None:
    found = Metric(line).killing_vectors()
    assert found.size.dimension == number
    assert found.complete == (found.dim == number)


def test_cube_roots_of_sums_are_not_counted() -> None:
    found = Metric("(1+x^2)^(1/3) dx^2 + dy^2").killing_vectors(1)
    assert found.size is None
    assert not found.complete
    assert "not counted" in found.statement


def test_ratios_in_equations() -> None:
    # Linear equations of second order have eight symmetries, whatever their coefficients.
    for text in ("u'' + cot(x) u' + 2 u", "u'' - u'/(sin(x) cos(x))", "u'' + tanh(x) u' + x u"):
        assert PDESystem(text, "x", "u").point_symmetries(1).size.dimension == 8


def test_fields_with_roots_flow() -> None:
    # Rotations of the sphere in y = cos(theta) have sqrt(1 - y^2) in them: they move points along great circles.
    found = Metric("dy^2/(1-y^2) + (1-y^2) dphi^2").killing_vectors()
    assert found.complete
    turning = next(f for f in found if "^(1/2)" in str(f))
    y, phi = turning.flow(np.array([0.2, 0.4]), 0.3)
    before, after = (
        np.array([np.sqrt(1 - a * a) * np.cos(b), np.sqrt(1 - a * a) * np.sin(b), a]) for a, b in ((0.2, 0.4), (y, phi))
    )
    # One of the three places is left as it is, and the flow goes on by the same angle.
    kept = np.flatnonzero(np.isclose(before, after, atol=1e-7))
    assert len(kept) == 1
    plane = [k for k in range(3) if k not in kept]
    angles = [np.arctan2(v[plane[1]], v[plane[0]]) for v in (before, after)]
    assert abs(angles[1] - angles[0]) == pytest.approx(0.3, abs=1e-7)

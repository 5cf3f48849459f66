"""Equations whose leading derivative is multiplied by a sum: soap films, curve shortening, Born and Infeld's fields."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import factorial
from random import Random

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Lagrangian, PDESystem
from symmeter.spacetime.genericity import conditions, never_vanishes
from symmeter.spacetime.parsing import parse_expression

SOAP_FILM = "(1 + u_y^2) u_xx - 2 u_x u_y u_xy + (1 + u_x^2) u_yy"
CURVE_SHORTENING = "u_t = u_xx/(1 + u_x^2)"
BORN_INFELD = "(1 - u_t^2) u_xx + 2 u_x u_t u_tx - (1 + u_x^2) u_tt"
MEAN_CURVATURE_FLOW = f"u_t = ({SOAP_FILM})/(1 + u_x^2 + u_y^2)"
SOAP_FILM_IN_4D = (
    "(1+u_y^2+u_z^2) u_xx + (1+u_x^2+u_z^2) u_yy + (1+u_x^2+u_y^2) u_zz"
    "- 2 u_x u_y u_xy - 2 u_x u_z u_xz - 2 u_y u_z u_yz"
)


class Series:
    """Polynomials in two variables up to second order, with fractions: all that the second method needs."""

    def __init__(self, terms: dict[tuple[int, int], Fraction]) -> None:
        self.terms = {k: v for k, v in terms.items() if v and sum(k) <= 2}

    def __add__(self, other: Series | int) -> Series:
        right = other.terms if isinstance(other, Series) else {(0, 0): Fraction(other)}
        return Series({k: self.terms.get(k, 0) + right.get(k, 0) for k in {*self.terms, *right}})

    def __mul__(self, other: Series | Fraction | int) -> Series:
        if not isinstance(other, Series):
            return Series({k: v * other for k, v in self.terms.items()})
        out: dict[tuple[int, int], Fraction] = {}
        for (i, j), a in self.terms.items():
            for (k, m), b in other.terms.items():
                out[i + k, j + m] = out.get((i + k, j + m), Fraction(0)) + a * b
        return Series(out)

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other: Series | int) -> Series:
        return self + other * -1

    def __rsub__(self, other: int) -> Series:
        return self * -1 + other

    def derivative(self, i: int, j: int) -> Fraction:
        return self.terms.get((i, j), Fraction(0)) * factorial(i) * factorial(j)


#: As functions of x, y, u, u_x, u_y, u_xx, u_xy, u_yy (t and x where there is time); which of them each is solved for.
BY_HAND: dict[str, tuple[str, str, Callable[..., Series], int, dict[int, int]]] = {
    "soap film": (
        SOAP_FILM, "x y", lambda x, y, u, p, q, r, s, t: (1 + q * q) * r - 2 * (p * q * s) + (1 + p * p) * t, 5,
        {0: 3, 2: 7}),
    "curve shortening": (
        CURVE_SHORTENING, "t x", lambda x, y, u, p, q, r, s, t: (1 + q * q) * p - t, 7, {1: 5}),
    "Born-Infeld": (
        BORN_INFELD, "t x", lambda x, y, u, p, q, r, s, t: (1 - p * p) * t + 2 * (p * q * s) - (1 + q * q) * r, 5,
        {1: 7}),
    "diffusion": ("u_t = (1 + u^2) u_xx", "t x", lambda x, y, u, p, q, r, s, t: p - (1 + u * u) * t, 3, {2: 3}),
    "Monge-Ampere": (
        "u_xx u_yy - u_xy^2 - 1", "x y", lambda x, y, u, p, q, r, s, t: r * t - s * s - 1, 5, {1: 9}),
    "developable": (
        "u_xx u_yy - u_xy^2", "x y", lambda x, y, u, p, q, r, s, t: r * t - s * s, 5, {1: 12, 2: 15}),
    "elliptic, with u": (
        "(1 + u^2 + u_y^2) u_xx + u_yy + u u_x^2", "x y",
        lambda x, y, u, p, q, r, s, t: (1 + u * u + q * q) * r + t + u * p * p, 5, {1: 2}),
    "hyperbolic": (
        "(u + u_y) u_xx - (1 - u_x) u_yy", "x y",
        lambda x, y, u, p, q, r, s, t: (u + q) * r - (1 - p) * t, 5, {1: 2}),
}  # fmt: skip


def dimension_by_points(equation: Callable[..., Series], lead: int, degree: int) -> int:
    """Polynomial fields whose prolongation kills the equation at random rational jets: no splitting, no ring."""
    rng = Random(3)
    basis = [(k, *e) for k in range(3) for e in product(range(degree + 1), repeat=3) if sum(e) <= degree]
    rows = []
    while len(rows) < len(basis) + 6:
        jet = [Fraction(rng.randint(-9, 9), rng.randint(1, 3)) for _ in range(8)]
        at = [Series({(0, 0): v}) for v in jet]
        zero, one = (
            equation(*at[:lead], Series({(0, 0): Fraction(n)}), *at[lead + 1 :]).derivative(0, 0) for n in (0, 1)
        )
        if one == zero:
            continue
        jet[lead] = zero / (zero - one)
        rows.append([changed(equation, jet, b) for b in basis])
    return len(basis) - rank(rows)


def changed(equation: Callable[..., Series], jet: list[Fraction], field: tuple[int, ...]) -> Fraction:
    """The equation's change at a jet under one field, by expanding the moved function."""
    x0, y0, u0, p, q, r, s, t = jet
    x, y = Series({(0, 0): x0, (1, 0): Fraction(1)}), Series({(0, 0): y0, (0, 1): Fraction(1)})
    u = Series({(0, 0): u0, (1, 0): p, (0, 1): q, (2, 0): r / 2, (1, 1): s, (0, 2): t / 2})
    u_x, u_y = Series({(0, 0): p, (1, 0): r, (0, 1): s}), Series({(0, 0): q, (1, 0): s, (0, 1): t})
    k, a, b, c = field
    value = Series({(0, 0): Fraction(1)})
    for factor, n in ((x, a), (y, b), (u, c)):
        for _ in range(n):
            value = value * factor
    moved = [value if n == k else Series({}) for n in range(3)]
    q_series = moved[2] - moved[0] * u_x - moved[1] * u_y
    xi, eta = (m.derivative(0, 0) for m in moved[:2])
    beyond = {(0, 0): (p, q), (1, 0): (r, s), (0, 1): (s, t)}
    steps = [xi, eta]
    for i, j in ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)):
        # Third derivatives of u cancel; they are zero here.
        up, right = beyond.get((i, j), (Fraction(0), Fraction(0)))
        steps.append(q_series.derivative(i, j) + xi * up + eta * right)
    return equation(*(Series({(0, 0): v, (1, 0): d}) for v, d in zip(jet, steps))).derivative(1, 0)


def rank(rows: list[list[Fraction]]) -> int:
    found = 0
    for column in range(len(rows[0])):
        pivot = next((n for n in range(found, len(rows)) if rows[n][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        lead = rows[found]
        for n in range(found + 1, len(rows)):
            if rows[n][column]:
                factor = rows[n][column] / lead[column]
                rows[n] = [a - factor * b for a, b in zip(rows[n], lead)]
        found += 1
    return found


@pytest.mark.parametrize("name", BY_HAND)
def test_numbers_of_symmetries_agree_with_random_jets(name: str) -> None:
    text, indep, equation, lead, numbers = BY_HAND[name]
    system = PDESystem(text, indep, "u")
    for degree, number in numbers.items():
        found = system.point_symmetries(degree, size=False)
        assert found.dim == dimension_by_points(equation, lead, degree) == number
        assert all(system.is_symmetry(f) for f in found)


def test_a_string_in_four_dimensions() -> None:
    # World sheets t, x -> (t, x, u, v) of least area: the Poincare group of R^(1,3), and scaling.
    factors = "(1 + u_x^2 + v_x^2)", "(u_t u_x + v_t v_x)", "(1 - u_t^2 - v_t^2)"
    text = "; ".join(f"{factors[0]} {w}_tt - 2 {factors[1]} {w}_tx - {factors[2]} {w}_xx" for w in "uv")
    found = PDESystem(text, "t x", "u v").point_symmetries()
    assert (found.statement, found.where) == ("all 11 symmetries found", ())
    assert found.algebra is not None
    assert len(found.algebra.radical) == 5


@pytest.mark.parametrize(
    ("text", "indep", "number", "algebra"),
    [
        (SOAP_FILM, "x y", 7, "so(3) + radical of dimension 4"),
        (SOAP_FILM_IN_4D, "x y z", 11, None),
        (CURVE_SHORTENING, "t x", 5, "solvable of dimension 5"),
        (MEAN_CURVATURE_FLOW, "t x y", 8, None),
        (BORN_INFELD, "t x", 7, "sl(2,R) + radical of dimension 4"),
        ("u_t = (1 + u^2) u_xx", "t x", 3, None),
        ("(1 + u^2) u_t = u_xx", "t x", 3, None),
        ("u_t - u_xxt + 3 u u_x - 2 u_x u_xx - u u_xxx", "t x", 3, None),
    ],
)
def test_literature(text: str, indep: str, number: int, algebra: str | None) -> None:
    system = PDESystem(text, indep, "u")
    found = system.point_symmetries()
    assert (found.dim, found.complete, found.where) == (number, True, ())
    assert found.statement == f"all {number} symmetries found"
    assert found.algebra is not None
    assert found.algebra.jacobi_holds
    assert algebra is None or found.algebra.name == algebra
    assert all(system.is_symmetry(f) for f in found)


def test_where_it_holds_is_said_only_where_it_must_be() -> None:
    found = PDESystem("u_xx u_yy - u_xy^2 - 1", "x y", "u").point_symmetries()
    assert (found.where, found.statement) == (("u_yy",), "all 9 symmetries found, where u_yy is not zero")
    hyperbolic = PDESystem("(1 - u_y) u_xx + (u - u_x) u_yy", "x y", "u")
    assert [hyperbolic.space.text(p) for p in hyperbolic.orthonomic.divisors] == ["u_y - 1"]
    # One choice of leading derivative cannot fail, another can.
    assert PDESystem("(1 - u_t^2) u_tt + u_t u_tx - u_xx").orthonomic.leading() == ["u_xx"]
    assert PDESystem("(1 - u_t^2) u_tt + u_t u_tx - (2 + u_x^2) u_xx").orthonomic.leading() == ["u_xx"]
    assert PDESystem("u u_t = u_xx").orthonomic.leading() == ["u_xx"]
    two = PDESystem("u_x u_xx + u_yy u_y^2 (1 - u_x)", "x y", "u").point_symmetries()
    assert two.statement.endswith(", where u_x is not zero")
    sphere = Lagrangian("sqrt(u_s^2 + sin(u)^2)", "s", "u").field_equations.point_symmetries()
    assert sphere.statement == "1 of 8 symmetries found with polynomial coefficients, where sin(u) is not zero"


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("1 + u_x^2", True),
        ("-1 - u_x^2", True),
        ("3 + 2 u^2 u_x^2 + u_t^4", True),
        ("1 + (u_x + u_t)^2", True),
        ("1 + u_x + u_x^2", True),
        ("1 + 2 u_x + u_x^2", False),
        ("1 - u_x^2", False),
        ("u_x^2 + u_t^2", False),
        ("1 + u_x", False),
        ("1 + u_x u_t", False),
        ("1 + u_x^2 + 3 u_x u_t + u_t^2", False),
        ("u^2 u_x^2 + u u_x + 1 + u^2", False),
        ("exp(u)", True),
        ("exp(u_x) + exp(u)", True),
        ("1 + exp(2 u) + u_x^2", True),
        ("1 - exp(u)", False),
        ("u^2", False),
    ],
)
def test_what_never_vanishes(text: str, never: bool) -> None:
    space = PDESystem("u_t").space
    p = parse_expression(text, space)
    assert never_vanishes(space, p) is never
    assert bool(conditions(space, p)) is not never


def test_factors_are_stated_one_by_one() -> None:
    space = PDESystem("u_t").space
    p = parse_expression("-6 u^3 u_x (1 + u_t^2)", space)
    assert [space.text(q) for q in conditions(space, p)] == ["u", "u_x"]
    p = parse_expression("-6 u^3 (1 - u_t^2)^2", space)
    assert [space.text(q) for q in conditions(space, p)] == ["u", "u_t^2 - 1"]


@pytest.mark.parametrize(
    ("plain", "function", "where"),
    [
        ("u_t - u_xx", "(w + w^3/3)", []),
        ("u_t + 6 u u_x + u_xxx", "(w + w^3/3)", []),
        ("u_tt - u_xx + u^3", "(w + exp(w))", []),
        ("u_t - u u_x - u_xx", "(w + sin(w)/2)", ["cos(w) + 2"]),
        ("u_t - u u_x - u_xx", "(w^2 + w)", ["2*w + 1"]),
    ],
)
def test_other_coordinates_have_as_many_symmetries(plain: str, function: str, where: list[str]) -> None:
    # Every derivative of highest order has the derivative of the function as a factor, 1 + w^2 and the like.
    system = PDESystem(plain)
    moved = PDESystem(_moved(plain, "u", function), "t x", "w")
    mine, other = moved.point_symmetries(1).size, system.point_symmetries(1).size
    assert mine is not None
    assert other is not None
    assert (mine.dimension, mine.functions_of) == (other.dimension, other.functions_of)
    assert mine.counts == other.counts
    assert [moved.space.text(p) for p in moved.orthonomic.divisors] == where


def test_systems_are_completed_over_denominators() -> None:
    # The potential of heat: z_x = w, z_t = w_x, from which w_t = w_xx follows; then w = v + v^3/3.
    plain = PDESystem("z_x = w; z_t = w_x", "t x", "z w")
    moved = PDESystem("z_x = v + v^3/3; z_t = (1 + v^2) v_x", "t x", "z v")
    assert len(plain.orthonomic.added) == len(moved.orthonomic.added) == 1
    mine, other = moved.point_symmetries(0).size, plain.point_symmetries(1).size
    assert mine is not None
    assert other is not None
    assert (mine.counts, mine.functions_of) == (other.counts, other.functions_of)
    (heat,) = moved.orthonomic.added
    assert moved.on_solutions(heat) == {}
    assert moved.on_solutions(moved.expression("z_xt - (1 + v^2) v_t")) == {}
    assert moved.on_solutions(moved.expression("z_xt - (1 + v^2) v_t + v")) != {}


def _moved(text: str, name: str, value: str) -> str:
    """A text with a function for a variable, its derivatives written D(value, x, x)."""
    import re

    def put(match: re.Match[str]) -> str:
        letters = match.group(1) or ""
        return f"D({value}, {', '.join(letters)})" if letters else value

    return re.sub(rf"\b{name}(?:_([a-z]+))?(?![A-Za-z0-9_])", put, text)


def test_denominators_of_an_equation_are_cleared() -> None:
    given, cleared = PDESystem(CURVE_SHORTENING), PDESystem("(1 + u_x^2) u_t = u_xx")
    (equation,) = given.equations
    assert len(equation) == 3
    assert given.on_solutions(given.expression("(1 + u_x^2) u_t - u_xx")) == {}
    assert len(given.determining) == len(cleared.determining)
    assert given.cleared == (given.space.text(equation),)
    assert cleared.cleared == ()
    assert not given.space.denominators
    root = PDESystem("u_t = u_xx/(1 + u_x^2)^(3/2)").point_symmetries()
    # Translations, and (t, x, u) to (4 t, 2 x, 2 u) for every factor.
    assert (root.dim, root.complete) == (4, True)
    assert given.residual(u="3 x + 2") == ({},)
    assert PDESystem("(1 + u_x^2)^(1/2) u_t = u_xx").cleared == ()
    with pytest.raises(InputError, match="divided by zero"):
        PDESystem("u_t = u_xx/((u + 1)^2 - u^2 - 2 u - 1)")


@pytest.mark.parametrize(
    ("factor", "number"), [("f(u_x)", 4), ("sin(u_x)", 4), ("exp(u_x)", 5), ("u_x^(1/2)", 5), ("1/(1 - u_x^2)", 5)]
)
def test_functions_of_derivatives_are_split_by(factor: str, number: int) -> None:
    # Classification of u_t = f(u_x) u_xx by Akhatov, Gazizov and Ibragimov (1989): four in general, five for powers,
    # exponentials, and exp(n arctan(u_x))/(1 + u_x^2), also where that is of hyperbolic form.
    found = PDESystem(f"u_t = {factor} u_xx", functions="f").point_symmetries()
    assert (found.dim, found.complete) == (number, True)


def test_the_sphere_in_graph_form_has_all_symmetries_of_straight_lines() -> None:
    # With w = cot(u) the equation is w'' + w = 0: sl(3).
    equation = PDESystem("u'' = 2 cos(u)/sin(u) u'^2 + sin(u) cos(u)", "x", "u")
    factors = ["sin(u)^2 cos(x)", "sin(u)^2 sin(x)", "sin(u) cos(u)", "cos(2x)", "sin(2x)", "sin(u) cos(u) cos(2x)",
               "sin(u) cos(u) sin(2x)", "cos(u)/sin(u) cos(x)", "cos(u)/sin(u) sin(x)", "cos(u)^2 cos(x)",
               "cos(u)^2 sin(x)"]  # fmt: skip
    found = equation.point_symmetries(0, factors=factors)
    assert (found.dim, found.complete) == (8, True)
    assert found.algebra is not None
    assert found.algebra.name == "sl(3,R)"
    assert all(equation.is_symmetry(f) for f in found)


def test_geodesics_with_affine_parameter() -> None:
    # Rotations, and shifts and scalings of the parameter.
    found = PDESystem("a'' = sin(a) cos(a) b'^2; b'' = -2 cos(a)/sin(a) a' b'", "s", "a b").point_symmetries()
    assert found.size is not None
    assert found.size.dimension == 5


def test_generalised_symmetries_and_brackets_over_denominators() -> None:
    film = PDESystem(SOAP_FILM, "x y", "u")
    flows = film.generalised_symmetries(order=1, degree=2)
    assert len(flows) == film.point_symmetries().dim == 7
    assert all(not any(s.verify()) for s in flows)
    by_text = {str(s): s for s in flows}
    shift, turn = by_text["u_τ = u_y"], by_text["u_τ = x*u_y - y*u_x"]
    assert str(turn.bracket(shift)) in ("u_τ = u_x", "u_τ = -u_x")
    assert by_text["u_τ = 1"].bracket(shift).is_zero()


def test_conservation_laws_are_looked_for() -> None:
    laws = PDESystem("u_xx u_yy - u_xy^2 - 1", "x y", "u").conservation_laws(order=1, degree=2)
    assert len(laws) == 11
    assert all(law.verify() == {} for law in laws)
    other = PDESystem("D((1 + u_y^2) u_x, x) + D(u_y, y)", "x y", "u").conservation_laws(order=0, degree=0)
    assert [law.multipliers for law in other] == [({0: 1},)]


def test_laws_of_what_was_divided_are_laws_of_what_is_left() -> None:
    text = "u_t = u_xx/(1 + u) - u_x^2/(1 + u)^2"
    laws = PDESystem(text).conservation_laws(order=0, degree=2)
    # u_t = D_x(u_x/(1 + u)); multiplied by (1 + u)^2, it has no multiplier that is a polynomial.
    assert len(laws) == 0
    assert str(laws).endswith("= 0")


def test_noether_currents_of_a_soap_film() -> None:
    film = Lagrangian("sqrt(1 + u_x^2 + u_y^2)", "x y", "u")
    chosen = film.variational_symmetries()
    # Motions of space keep the area; scaling does not.
    assert len(chosen) == 6
    assert all(film.noether(f).verify() == {} for f in chosen)

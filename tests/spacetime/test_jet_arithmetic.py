"""Differential polynomials against SymPy, and the parser: what it reads, and where it points."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError
from symmeter.spacetime.antiderivatives import antiderivative
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.parsing import parse_equation, parse_expression
from symmeter.spacetime.polynomials import add_to, exponents, power, times
from symmeter.spacetime.variational import current_of, divergence, euler

sympy = pytest.importorskip("sympy")

T, X = sympy.symbols("t x")
U = sympy.Function("u")(T, X)


def in_sympy(space: JetSpace, p: dict) -> sympy.Expr:
    """The same expression with SymPy's functions and derivatives; no text is evaluated."""

    def symbol(v: int) -> sympy.Expr:
        variable = space.variables[v]
        if variable.kind == "independent":
            return (T, X)[variable.number]
        if variable.kind == "jet":
            pairs = [(s, n) for s, n in zip((T, X), variable.index) if n]
            return sympy.Derivative(U, *pairs) if pairs else U
        if variable.kind == "parameter":
            return sympy.Symbol(variable.name)
        if variable.name.startswith("1/"):
            return 1 / in_sympy(space, space.functions[v].argument)
        name = variable.name.split("(")[0]
        return getattr(sympy, name)(in_sympy(space, space.functions[v].argument))

    total = sympy.Integer(0)
    for m, c in p.items():
        term = sympy.Rational(Fraction(c).numerator, Fraction(c).denominator)
        for v, e in exponents(m):
            term *= symbol(v) ** e
        total += term
    return total


TEXTS = [
    "u_t + 6*u*u_x + u_xxx",
    "u^3 u_xx - 2/3 t x^2 u_tx",
    "sin(2u) u_x + cos(u)^2",
    "exp(u - x) u_t^2",
    "sinh(u) cosh(u) + sinh(u)^2",
    "u_x / u + log(u) u_xx",
    "x^-2 u_t + u",
]


@pytest.mark.parametrize("text", TEXTS)
def test_total_derivatives_are_those_of_sympy(text: str) -> None:
    space = JetSpace(("t", "x"), ("u",))
    p = parse_expression(text, space)
    for i, s in enumerate((T, X)):
        found = in_sympy(space, space.derivative(p, i))
        wanted = sympy.diff(in_sympy(space, p), s)
        assert sympy.simplify(sympy.expand(found - wanted)) == 0


@pytest.mark.parametrize(
    "text", ["u_t^2/2 - u_x^2/2", "u_xx^2 u", "u_t u_x + u^2 u_xx", "u_x^2 sin(u)", "u_t^2 u_xx^2"]
)
def test_euler_operator_is_that_of_sympy(text: str) -> None:
    from sympy.calculus.euler import euler_equations

    space = JetSpace(("t", "x"), ("u",))
    p = parse_expression(text, space)
    wanted = euler_equations(in_sympy(space, p), [U], [T, X])[0].lhs
    assert sympy.simplify(in_sympy(space, euler(space, p, 0)) - wanted.doit()) == 0


@st.composite
def densities(draw) -> str:
    letters = ["t", "x", "u", "u_t", "u_x", "u_xx", "u_tx"]
    terms = draw(
        st.lists(st.tuples(st.integers(-5, 5), st.lists(st.sampled_from(letters), max_size=4)), min_size=1, max_size=4)
    )
    return " + ".join(f"({c})" + "".join(f"*{v}" for v in vs) for c, vs in terms)


@given(first=densities(), second=densities())
@settings(max_examples=60, deadline=None)
def test_a_divergence_has_no_euler_expression_and_a_current(first: str, second: str) -> None:
    space = JetSpace(("t", "x"), ("u",))
    current = tuple(parse_expression(text, space) for text in (first, second))
    p = divergence(space, current)
    assert euler(space, p, 0) == {}
    found = current_of(space, p)
    left = divergence(space, found)
    add_to(left, p, -1)
    assert left == {}


@pytest.mark.parametrize(
    "text", ["u_x sin(u)", "u_t exp(u) u_x + u_tx exp(u)", "x u_x f'(u) + f(u)", "u_tt u_t - u_xx u_t + u_t cos(u)"]
)
def test_currents_with_functions_of_u(text: str) -> None:
    space = JetSpace(("t", "x"), ("u",))
    p = parse_expression(text, space, ("f",))
    if text.startswith("u_tt"):
        assert euler(space, p, 0) == {}
    left = divergence(space, current_of(space, p))
    add_to(left, p, -1)
    assert space.reduced(left) == {}


def test_what_is_no_divergence_is_refused() -> None:
    space = JetSpace(("t", "x"), ("u",))
    with pytest.raises(InputError, match=r"u\^2 is no total divergence"):
        current_of(space, parse_expression("u^2", space))


def test_relations_are_applied() -> None:
    space = JetSpace(("t", "x"), ("u",), ("k",))
    for text in (
        "sin(u)^2 + cos(u)^2 - 1",
        "cosh(k x)^2 - sinh(k x)^2 - 1",
        "exp(u) exp(-u) - 1",
        "u / u - 1",
        "sqrt(u)^2 - u",
        "u^(2/3) u^(2/3) u^(2/3) - u^2",
        "D(u^(1/2), x) 2 u^(1/2) - u_x",
    ):
        assert space.reduced(parse_expression(text, space)) == {}, text


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(-9, 9)), max_size=6),
    st.lists(st.tuples(st.integers(0, 6), st.integers(-9, 9)), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_products_of_polynomials(first: list, second: list) -> None:
    z = sympy.Symbol("z")
    a, b = ({}, {})
    for target, given_terms in ((a, first), (b, second)):
        for e, c in given_terms:
            add_to(target, {e: c} if c else {})

    def as_sympy(p: dict) -> sympy.Poly:
        return sympy.Poly(sum((c * z**m for m, c in p.items()), sympy.Integer(0)), z)

    assert as_sympy(times(a, b)) == as_sympy(a) * as_sympy(b)
    assert as_sympy(power(a, 3)) == as_sympy(a) ** 3


def test_antiderivatives_are_right() -> None:
    space = JetSpace(("t", "x"), ("u",))
    u = space.jet(0, (0, 0))
    for text in (
        "u^2 sin(3u)",
        "u cosh(u)",
        "exp(2u) u^3",
        "x u^5",
        "1/u",
        "u^-3",
        "u^(1/2) u",
        "cos(u + x)",
    ):
        p = parse_expression(text, space, ("f",))
        back = space.partial(antiderivative(space, p, u), u)
        add_to(back, p, -1)
        assert space.reduced(back) == {}, text
    with pytest.raises(InputError, match="no antiderivative"):
        antiderivative(space, parse_expression("sin(u) exp(u)", space), u)


@pytest.mark.parametrize(
    "pair",
    [
        ("u_t = u_xx", "D(u,t) - D(u, x, 2)"),
        ("u_{tx} = 0", "D(u_t, x)"),
        ("u_tt = c^2*u_xx", "u_tt - c**2 u_xx"),
        ("2 u u_x", "u_x*u*2"),
        ("-(u - x)(u + x)", "x^2 - u^2"),
        ("u(t, x) = 0.5", "u - 1/2"),
        ("u (u + 1)", "u^2 + u"),
    ],
)
def test_the_same_equation_in_two_hands(pair) -> None:
    space = JetSpace(("t", "x"), ("u",), ("c",))
    first, second = (parse_equation(text, space) for text in pair)
    assert first == second
    assert parse_expression(space.text(first), space) == first


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("u_t = u_y", "'y' names no independent variables (t, x), at character 7"),
        ("u_t + 3 )", "')' is not expected, at character 9"),
        ("w_x + u", "'w' is no dependent variable"),
        ("u_t = 1/(u+1)", "no rule; multiply the equation by it, at character 8"),
        ("u_t @ 3", "'@' has no meaning here, at character 5"),
        ("sn(u)", "did you mean 'sin'?, at character 1"),
        ("(u_t", "a ')' is missing, at character 5"),
        ("u_t +", "the text ends where something is expected, at character 6"),
        ("u^999", "exponent 999 is too large"),
        ("u^u", "an exponent is a number"),
        ("D(u, y)", "differentiate by one of t, x"),
        ("u'", "a prime needs a single independent variable"),
        ("(u + x)^(1/2)", "powers are of a single variable"),
        ("(" * 70 + "u" + ")" * 70, "more than 60 brackets"),
        ("__import__('os')", "has no meaning here"),
    ],
)
def test_errors_point_at_the_character(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_equation(text, JetSpace(("t", "x"), ("u",)))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("(u^2)_xx", "2 u u_xx + 2 u_x^2"),
        ("(k(u) u_x)_x", "k(u) u_xx + k'(u) u_x^2"),
        ("log(u)_xx", "u_xx/u - u_x^2/u^2"),
        ("D_x(u u_x)", "D(u u_x, x)"),
        ("D_xx(u^2)_t", "2 u u_txx + 2 u_t u_xx + 4 u_x u_tx"),
        ("((u^2)_x u)_{t,x}", "D(2 u^2 u_x, t, x)"),
        ("(u)_x^2", "u_x^2"),
        ("x (x u)_x", "x^2 u_x + x u"),
    ],
)
def test_derivatives_of_what_stands_in_brackets(short, long) -> None:
    space = JetSpace(("t", "x"), ("u",))
    difference = dict(parse_expression(short, space, ("k",)))
    add_to(difference, parse_expression(long, space, ("k",)), -1)
    assert space.reduced(difference) == {}


@pytest.mark.parametrize(
    ("text", "place"), [("u _x", 3), ("3_x", 2), ("(u)_y", 4), ("+_x", 2), ("(u)_", 4), ("(u)_{x", 4), ("_x", 1)]
)
def test_indices_without_brackets_before_them_are_pointed_at(text, place) -> None:
    with pytest.raises(InputError, match=f"at character {place}:"):
        parse_expression(text, JetSpace(("t", "x"), ("u",)))

"""What goes out in LaTeX can be typeset; what SymPy says comes in and goes out as it was."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError, InputTypeError
from symmeter.spacetime import Lagrangian, Metric, PDESystem
from symmeter.spacetime.known_metrics import KNOWN, known_metric
from symmeter.spacetime.latex import fields_latex, line_element_latex, polynomial_latex
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.sympy_exchange import read_sympy, to_sympy

sympy = pytest.importorskip("sympy")
T, X, NU = sympy.symbols("t x nu")
U, V = (sympy.Function(n)(T, X) for n in "uv")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("u_t + 6*u*u_x + u_xxx", r"u_{xxx} + 6 u u_{x} + u_{t}"),
        ("-u/3", r"-\tfrac{1}{3} u"),
        ("u^2*sin(u)", r"u^{2} \sin\left(u\right)"),
        ("sqrt(u)*u_x", r"u_{x} u^{\tfrac{1}{2}}"),
        ("exp(-u)", r"\left(e^{u}\right)^{-1}"),
        ("nu*u_xx/u", r"\nu u_{xx} u^{-1}"),
        ("0", "0"),
    ],
)
def test_polynomials(text, latex):
    space = PDESystem("u_t = u_x", parameters="nu").space
    found = polynomial_latex(space, parse_expression(text, space))
    assert found.replace("1/2", r"\tfrac{1}{2}") == latex


def test_it_can_be_typeset():
    mathtext = pytest.importorskip("matplotlib.mathtext")
    parser = mathtext.MathTextParser("agg")
    texts = [line_element_latex(known_metric(name)) for name in KNOWN]
    for equation in ("u_t + 6*u*u_x + u_xxx", "u_t = u_xx", "u_tt = u_xx + sin(u)"):
        texts += fields_latex(list(PDESystem(equation).point_symmetries())).replace("&", "").split("\\\\\n")
    for text in texts:
        parser.parse(f"${text.replace('tfrac', 'frac')}$")
    assert line_element_latex(Metric("dr^2 + 2 r^2 dphi dr")) == r"dr^{2} + 2 r^{2}\,dr d\phi"


@pytest.mark.parametrize(
    "expression",
    [
        U.diff(T) + 6 * U * U.diff(X) + U.diff(X, 3),
        U.diff(T) - NU * U.diff(X, 2) + sympy.sin(U) ** 2 - sympy.Rational(2, 3) * X,
        U.diff(T, X) + sympy.exp(U) / (1 + 0 * X),
        U.diff(T) * V - sympy.sqrt(X) * V.diff(X, T),
        (U + V.diff(X)) ** 3 + 1 / X,
    ],
)
def test_expressions_come_back(expression):
    found = read_sympy([expression])
    system = PDESystem(found.texts, found.independent, found.dependent, parameters=found.parameters)
    back = to_sympy(system.space, system.equations[0])
    assert sympy.simplify(sympy.expand(back - expression)) == 0


def test_symmetries_from_sympy_are_those_of_the_text():
    burgers = PDESystem.from_sympy(sympy.Eq(U.diff(T) + U * U.diff(X), NU * U.diff(X, 2)))
    typed = PDESystem("u_t + u*u_x = nu*u_xx", parameters="nu")
    assert [str(f) for f in burgers.point_symmetries()] == [str(f) for f in typed.point_symmetries()]
    general = PDESystem.from_sympy(U.diff(T, 2) - U.diff(X, 2) - sympy.Function("F")(U))
    assert general.functions == ("F",)
    assert general.point_symmetries().dim == 3


def test_euler_lagrange_agrees_with_sympy():
    density = U.diff(T) ** 2 / 2 - U.diff(X) ** 2 / 2 - sympy.cos(U) * U**2
    lagrangian = Lagrangian.from_sympy(density)
    (ours,) = lagrangian.euler_expressions
    (theirs,) = sympy.calculus.euler.euler_equations(density, U, (T, X))
    assert sympy.simplify(to_sympy(lagrangian.space, ours) - theirs.lhs) == 0


@pytest.mark.parametrize(
    ("expressions", "error", "words"),
    [
        (["u_t"], InputTypeError, "is a str"),
        ([T**2], InputError, "no unknown function"),
        ([U + sympy.Function("w")(T)], InputError, "w is a function of t"),
        ([U ** sympy.Symbol("n")], InputError, "exponent is no number"),
        ([U + sympy.pi], InputError, "no counterpart"),
    ],
)
def test_bad_input(expressions, error, words):
    with pytest.raises(error, match=words):
        read_sympy(expressions)

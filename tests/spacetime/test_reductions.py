"""Reductions by symmetries: their equations against SymPy's chain rule, and solutions that are known."""

from __future__ import annotations

import pytest

from symmeter.errors import InputError
from symmeter.spacetime import PDESystem
from symmeter.spacetime.vector_fields import VectorField, sum_of

KDV = "u_t + 6*u*u_x + u_xxx"


@pytest.mark.parametrize(
    ("equation", "solution"),
    [
        (KDV, "2/cosh(x - 4*t)^2"),
        (KDV, "x/(6*t)"),
        ("u_t = u_xx", "t^(-1/2)*exp(-x^2/(4*t))"),
        ("u_t + u*u_x = u_xx", "x/t"),
        ("u_t + u*u_x = u_xx", "-2*sinh(x)/(cosh(x) + exp(-t))"),
    ],
)
def test_residuals_of_known_solutions(equation, solution):
    assert PDESystem(equation).residual(u=solution) == ({},)
    assert PDESystem(equation).residual(u=f"{solution} + t") != ({},)


def test_travelling_waves_of_kdv():
    kdv = PDESystem(KDV)
    fields = list(kdv.point_symmetries())
    wave = kdv.reduced_by(sum_of(fields, [1, 4, 0, 0]))
    assert wave.ansatz == ("z = -4*t + x", "u = w")
    assert wave.system.space.independent == ("z",)
    assert wave.system.residual(w="2/cosh(z)^2") == ({},)
    assert wave.system.residual(w="3/cosh(z)^2") != ({},)


@pytest.mark.parametrize(
    ("equation", "which", "solution"),
    [
        # u = x/(6t) + c/t; the heat kernel is t^(-1/2) exp(-x^2/4t); the Burgers boost likewise.
        (KDV, "6*t ∂_x + ∂_u", "3/t"),
        ("u_t = u_xx", "2*t ∂_x - x*u ∂_u", "t^(-1/2)"),
        ("u_t + u*u_x = u_xx", "t ∂_x + ∂_u", "5/t"),
    ],
)
def test_what_is_left_in_time_alone(equation, which, solution):
    system = PDESystem(equation)
    (field,) = [f for f in system.point_symmetries() if str(f) == which]
    reduction = system.reduced_by(field)
    assert reduction.system.space.independent == ("t",)
    assert reduction.system.residual(w=solution) == ({},)
    # The ansatz itself then solves the first equation.
    ansatz = reduction.ansatz[-1].removeprefix("u = ").replace("w", f"({solution})")
    assert system.residual(u=ansatz) == ({},)


def _sympy_residual(form, equation):
    """u_t, u_x, ... of an ansatz by SymPy, put into a function of them."""
    sympy = pytest.importorskip("sympy")
    t, x = sympy.symbols("t x", positive=True)
    w = sympy.Function("w")
    return sympy, t, x, w, sympy.simplify(equation(form(sympy, w, t, x), t, x, sympy))


def test_scaling_of_kdv_agrees_with_sympy():
    kdv = PDESystem(KDV)
    (field,) = [f for f in kdv.point_symmetries() if "-3*t ∂_t" in str(f)]
    assert kdv.reduced_by(field).system.texts == ("w_zzz - (1/3)*z*w_z + 6*w*w_z - (2/3)*w",)
    sympy, _, x, w, left = _sympy_residual(
        lambda s, w, t, x: t ** s.Rational(-2, 3) * w(x * t ** s.Rational(-1, 3)),
        lambda u, t, x, s: (u.diff(t) + 6 * u * u.diff(x) + u.diff(x, 3)).subs(t, 1),
    )
    expected = w(x).diff(x, 3) - x * w(x).diff(x) / 3 + 6 * w(x) * w(x).diff(x) - 2 * w(x) / 3
    assert sympy.simplify((left - expected).doit()) == 0


def test_boosts_and_rotations_leave_radial_equations():
    sine_gordon = PDESystem("u_tt = u_xx + sin(u)")
    boost = sine_gordon.point_symmetries()[2]
    found = sine_gordon.reduced_by(boost)
    assert found.ansatz[0] == "z = sqrt(t^2 - x^2)"
    assert found.system.space.text(found.system.equations[0]) == "w_zz + z^-1*w_z - sin(w)"
    wave = PDESystem("u_tt = u_xx + u_yy", indep="t x y")
    (turn,) = [f for f in wave.point_symmetries(1) if str(f) == "-y ∂_x + x ∂_y"]
    radial = wave.reduced_by(turn)
    # Bessel's equation: cos(t) J_0(r) has no closed form here, but (t^2 + r^2/2) is a solution as well.
    assert radial.system.residual(w="t^2 + z^2/2") == ({},)
    assert radial.system.residual(w="t^2 + z^2") != ({},)
    # Reduced once more, by its scaling of t and z.
    again = [f for f in radial.system.point_symmetries(1) if str(f) == "z ∂_z + t ∂_t"]
    assert radial.system.reduced_by(again[0]).system.space.independent == ("z0",)


def test_what_has_no_reduction():
    heat = PDESystem("u_t = u_xx")
    fields = {str(f): f for f in heat.point_symmetries()}
    with pytest.raises(InputError, match="moves no independent variable"):
        heat.reduced_by(fields["u ∂_u"])
    with pytest.raises(InputError, match="its invariants are not found"):
        heat.reduced_by(next(f for k, f in fields.items() if k.startswith("-4*t^2")))
    with pytest.raises(InputError, match="is no symmetry"):
        heat.reduced_by(VectorField(heat.space, (heat.expression("x"), {}, {})))
    with pytest.raises(InputError, match="one variable"):
        PDESystem("y''", "x", "y").reduced_by(PDESystem("y''", "x", "y").point_symmetries()[0])

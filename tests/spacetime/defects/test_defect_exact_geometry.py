"""Metric-affine geometry in closed form: the formulas of the classical solutions, identities, the first order."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.spacetime import Metric
from symmeter.spacetime.defects import MetricAffine, perturbed_metric


def zero(values):
    return all(v.is_zero() for v in np.asarray(values, dtype=object).flat)


@pytest.fixture(scope="module")
def conformal():
    return MetricAffine.coincident("exp(2 s)*(dx^2+dy^2+dz^2)", "x y z", functions="s(x,y,z)")


def test_point_defects_are_weyl(conformal):
    traces = conformal.nonmetricity.traces()
    for i, x in enumerate("xyz"):
        assert traces.Q[i].equals(f"-3 s_{x}")
        assert traces.P[i].equals(f"-s_{x}")
        assert traces.A[i].equals(f"-s_{x}")
    assert zero(traces.B)
    assert zero(conformal.torsion.components)
    parts = conformal.nonmetricity.irreps()
    assert zero(parts.S)
    assert zero(parts.H)
    formula = "-exp(-2 s)*(4*(s_xx+s_yy+s_zz) + 2*(s_x^2+s_y^2+s_z^2))"
    assert conformal.riemann().scalar().equals(formula)
    assert conformal.flatness_scalar().equals(formula)
    assert zero(conformal.obstruction())


def test_cones_are_flat_and_have_a_second_trace_only():
    cone = MetricAffine.coincident("dx^2 + dy^2 + (a^2-1) (x dy - y dx)^2/(x^2+y^2) + dz^2", "x y z")
    traces = cone.nonmetricity.traces()
    assert zero(traces.Q)
    assert zero(cone.torsion.components)
    for i, x in enumerate("xy"):
        assert traces.P[i].equals(f"-(1-a^2)/(2 a^2) {x}/(x^2+y^2)")
    assert traces.P[2].is_zero()
    parts = cone.nonmetricity.irreps()
    assert not zero(parts.S)
    assert not zero(parts.H)
    assert not zero(cone.obstruction())
    assert cone.riemann().largest == 0
    assert cone.flatness_scalar().is_zero()


def test_the_same_cone_as_torsion():
    cone = MetricAffine.weitzenboeck(["dr", "a r dphi", "dz"], coordinates="r phi z")
    assert zero(cone.nonmetricity.components)
    assert cone.torsion.trace[0].equals("-1/r")
    assert cone.riemann().largest == 0
    assert cone.flatness_scalar().is_zero()


def test_screw_and_edge_have_no_torsion_away_from_their_cores():
    phi = "(x dy - y dx)/(x^2+y^2)"
    for forms in (["dx", "dy", f"dz + B {phi}"], [f"dx + B {phi}", "dy", "dz"]):
        G = MetricAffine.weitzenboeck(forms, coordinates="x y z")
        assert zero(G.torsion.components)
        assert G.riemann().largest == 0
    # A density that is spread out: f(r) dx ^ dy along z is a third axial.
    G = MetricAffine.weitzenboeck(["dx", "dy", "dz + F dy"], coordinates="x y z", functions="F(x,y)")
    norms = G.torsion.irreps().norms
    assert G.torsion.axial_squared.equals("F_x^2")
    assert (norms["axial"] * 2 - norms["tensor"]).is_zero()
    assert zero(G.torsion.trace)


def test_identities_with_everything_at_once():
    G = MetricAffine(
        ["exp(s) dx", "dy+ x dz", "dz"],
        "general",
        [["1", "y", "0"], ["0", "1+x^2", "0"], ["z", "0", "1"]],
        coordinates="x y z",
        functions="s(x,y,z)",
    )
    assert G.curvature().largest == 0
    assert G.bianchi_residuals() == {"DT": 0.0, "DQ": 0.0, "DR": 0.0}
    assert (G.flatness_scalar() - G.riemann().scalar()).is_zero()
    assert not G.riemann().scalar().is_zero()
    assert zero(G.christoffel + G.frame.raised(G.distortion) - G.connection)


def test_bianchi_identities_with_curvature():
    omega = [[["x", "0", "y"], ["1", "z", "0"], ["0", "0", "0"]]] * 3
    G = MetricAffine(["exp(s) dx", "dy+ x dz", "dz"], "metric_affine", connection=omega, coordinates="x y z",
                     functions="s(x,y,z)")  # fmt: skip
    assert G.curvature().largest > 0
    assert G.bianchi_residuals() == {"DT": 0.0, "DQ": 0.0, "DR": 0.0}
    with pytest.raises(InputError, match=r"not flat: .* components"):
        MetricAffine(["dx", "dy", "dz"], "general", connection=omega, coordinates="x y z")


def test_against_sympy_from_the_definitions():
    """Squares of torsion and nonmetricity, and the curvature scalar, of polynomial fields at a rational point."""
    sympy = pytest.importorskip("sympy")
    x = sympy.symbols("x y")
    e = sympy.Matrix([[1 + x[1] ** 2, x[0]], [0, 2 + x[0] * x[1]]])
    L = sympy.Matrix([[1, x[1]], [x[0] ** 2, 1 + x[1]]])
    G = MetricAffine([["1+y^2", "x"], ["0", "2+x*y"]], "general", [["1", "y"], ["x^2", "1+y"]], coordinates="x y")
    omega = [L.inv() * L.diff(v) for v in x]
    X = e.inv()
    torsion = (e[:, 1].diff(x[0]) - e[:, 0].diff(x[1])) + omega[0] * e[:, 1] - omega[1] * e[:, 0]
    torsion = torsion / e.det()
    Q = [sum(((omega[i] + omega[i].T) * X[i, c] for i in range(2)), sympy.zeros(2)) / 2 for c in range(2)]
    square = sum(Q[c][a, b] ** 2 for a in range(2) for b in range(2) for c in range(2))
    at = {x[0]: sympy.Rational(1, 3), x[1]: sympy.Rational(2, 5)}
    parts = G.nonmetricity.irreps()
    for ours, theirs in (
        (sum(G.torsion.irreps().norms.values()), 2 * (torsion[0] ** 2 + torsion[1] ** 2)),
        (sum(parts.norms.values()), square),
        (G.frame.norm(parts.Q, 1), sum((Q[c].trace()) ** 2 for c in range(2))),
        (G.frame.norm(parts.P, 1), sum(sum(Q[c][a, c] for c in range(2)) ** 2 for a in range(2))),
    ):
        assert sympy.nsimplify(ours.to_sympy().subs(at) - theirs.subs(at)) == 0
        assert theirs.subs(at) != 0
    # Gauss: d omega_12 = K e1 ^ e2 in an orthonormal coframe.
    d = [e[a, 1].diff(x[0]) - e[a, 0].diff(x[1]) for a in range(2)]
    w = [-(d[0] * e[0, i] + d[1] * e[1, i]) / e.det() for i in range(2)]
    K = (w[1].diff(x[0]) - w[0].diff(x[1])) / e.det()
    ours = G.riemann().scalar().to_sympy().subs(at)
    assert sympy.nsimplify(ours - 2 * K.subs(at)) == 0
    assert ours != 0


def test_scalars_are_typeset():
    cone = MetricAffine.weitzenboeck(["dr", "a r dphi"], coordinates="r phi")
    trace = cone.torsion.trace[0]
    assert "r" in trace.latex
    assert trace._repr_latex_().startswith("$")


def test_levi_civita_gauge_has_curvature_only():
    sphere = MetricAffine.levi_civita(["dx", "sin(x) dy"], coordinates="x y")
    assert zero(sphere.torsion.components)
    assert zero(sphere.nonmetricity.components)
    assert sphere.riemann().scalar().equals("2")
    assert sphere.curvature().scalar().equals("2")


@pytest.mark.parametrize("n", [2, 3])
def test_first_order(n):
    """``R~ = 2 div(Q - P)``, and the Einstein tensor is the incompatibility of h/2."""
    G = MetricAffine.coincident(perturbed_metric(n))
    traces = G.nonmetricity.traces()
    div = sum(((traces.Q[i] - traces.P[i]).derivative(i) for i in range(n)), start=0)
    scalar = G.riemann().scalar()
    assert (scalar - div * 2).is_zero()
    assert not scalar.is_zero()
    if n == 3:
        expected = "eps*(h11_yy - 2*h12_xy + h22_xx)/2"
        assert G.riemann().einstein()[2, 2].equals(expected)


def test_a_metric_of_the_asymptotic_half_is_taken_as_it_is():
    g = Metric("dr^2 + r^2 dphi^2")
    assert MetricAffine.coincident(g).riemann().largest == 0


def test_the_convention_of_nonmetricity_is_a_factor(conformal):
    other = MetricAffine.coincident(
        "exp(2 s)*(dx^2+dy^2+dz^2)", "x y z", functions="s(x,y,z)", nonmetricity_convention="D g"
    )
    assert other.nonmetricity.traces().A[0].equals("2 s_x")
    assert (other.flatness_scalar().text, str(conformal)) == (
        conformal.flatness_scalar().text,
        "<coincident geometry in x, y, z, exact>",
    )


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: MetricAffine(["dx", "dx", "dz"], "weitzenboeck", coordinates="x y z"), InputError, "singular"),
        (lambda: MetricAffine(["dx", "dy"], "weitzenboeck", coordinates="x y z"), ShapeError, "2 one-forms for 3"),
        (lambda: MetricAffine(["dx", "dy^2"], "weitzenboeck", coordinates="x y"), InputError, "not linear"),
        (lambda: MetricAffine(["dx", "y dy +"], "weitzenboeck", coordinates="x y"), InputError, "at character 7"),
        (lambda: MetricAffine.coincident([["1", "x"], ["0", "1"]], "x y"), InputError, "not symmetric"),
        (
            lambda: MetricAffine(["dx", "dy"], "general", [["1", "0"], ["x", "0"]], coordinates="x y"),
            InputError,
            "Lambda",
        ),
        (lambda: MetricAffine(["dx", "dy"], "weitzenboeck", spacing=1.0), InputError, "spacing= is of grids"),
    ],
)
def test_what_cannot_be_is_said(make, error, words):
    with pytest.raises(error, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)

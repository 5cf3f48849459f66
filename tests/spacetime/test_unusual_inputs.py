"""What people give by mistake, or in a form that is rare: refused in one line, or answered right."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, InputTypeError
from symmeter.spacetime import BMS3State, Lagrangian, Metric, PDESystem, SampledSolution, bms3

KDV = "u_t + 6*u*u_x + u_xxx"
PLANE = Metric("-dt^2 + dr^2 + r^2 dphi^2")
AXIS = np.linspace(0, 1, 30)


def test_a_lagrangian_takes_names_that_stand_alone_for_constants() -> None:
    # As in the contract: m is named nowhere, and the symmetry comes from another system.
    symmetries = PDESystem(KDV, indep="t x", dep="u").point_symmetries()
    current = Lagrangian("u_t**2/2 - u_x**2/2 - m**2*u**2/2", "t x", "u").noether(symmetries[0])
    assert current.verify() == {}
    space = current.lagrangian.space
    # L = u_t^2/2 - V: the energy with a minus.
    assert space.text(current.current[0]) == "-(1/2)*u_t^2 - (1/2)*u_x^2 - (1/2)*u^2*m^2"
    with pytest.raises(InputError, match="'sni' is unknown"):
        Lagrangian("u_t^2/2 - sni(u)")


def test_fields_of_systems_in_other_variables_are_refused() -> None:
    field = PDESystem("v_t = v_xx", "t x", "v").point_symmetries(1)[0]
    with pytest.raises(InputError, match="wanted is one in t, x; u"):
        Lagrangian("u_t^2/2 - u_x^2/2").noether(field)
    with pytest.raises(InputError, match="wanted is one in t, x; u"):
        PDESystem(KDV).is_symmetry(field)
    for wrong in ("u_t", None):
        with pytest.raises(InputTypeError, match="no symmetry"):
            Lagrangian("u_t^2/2 - u_x^2/2").noether(wrong)


def test_a_lagrangian_linear_in_u_has_no_solutions() -> None:
    with pytest.raises(InputError, match="1 = 0 has no solutions"):
        _ = Lagrangian("u").field_equations


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: PDESystem(5), "equations are 5"),
        (lambda: PDESystem(None), "equations are None"),
        (lambda: PDESystem(["u_t = u_xx", 3]), "equations are"),
        (lambda: PDESystem("u_t = u_xx").point_symmetries(-1), "degree is -1"),
        (lambda: PDESystem("u_t = u_xx").point_symmetries(1.5), "degree is 1.5"),
        (lambda: PDESystem("u_t = u_xx").conservation_laws(order=-1), "order is -1"),
        (lambda: PDESystem("u_t = u_xx").conservation_laws(order=30, degree=6), "at most 60,000"),
        (lambda: PDESystem("u_t = u_xx").generalised_symmetries(order=1, degree=-2), "degree is -2"),
        (lambda: Metric("f(s) dt^2 + dr^2"), "'f' is unknown"),
        (lambda: Metric("dtheta^2 + arctan(theta)^2 dphi^2"), "'arctan' is unknown"),
        (lambda: Metric("dx^2 + 2 dx dy + dy^2").killing_vectors(), "degenerate"),
        (lambda: Metric("1/0*dx^2 + dy^2"), "divided by zero"),
        (lambda: PDESystem("u_t = u(x)"), "u is a function of t, x"),
        (lambda: Metric(5), "5 is no metric"),
        (lambda: PLANE.bracket(("1", "0"), ("0", "1", "0")), "2 and 3 components"),
        (lambda: PLANE.surface_charge(("1", "0", "0"), None), "NoneType"),
        (lambda: PLANE.surface_charge(("1", "0", "0"), {(0, 5): {0: 1}}), "below 3"),
        (lambda: SampledSolution(PDESystem("u_t = u_xx"), AXIS, AXIS, {"u": np.eye(30) * 1j}), "complex"),
        (lambda: BMS3State(-1.0, 0.0, G="1"), "G is '1'"),
        (lambda: BMS3State(-1.0, 0.0, n=12.5), "n is 12.5"),
        (lambda: BMS3State(-1.0, 0.0).transform("x"), "F is str"),
        (lambda: BMS3State(1e6, 0.0).orbit(), "too much"),
        (lambda: bms3.algebra(3).central_charges(G=0), "G is 0"),
        (lambda: bms3.algebra(3).central_charges(G=-1), "G is -1"),
    ],
)
def test_refused_in_one_line(make, words) -> None:
    with pytest.raises((InputError, InputTypeError), match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_line_element_may_be_written_with_its_left_side() -> None:
    assert Metric("ds^2 = dr^2 + r^2 dphi^2").riemann().is_zero()
    assert Metric("ds^2 = dr^2 + r^2 dphi^2").space.independent == ("r", "phi")


def test_multiples_by_a_parameter_are_no_symmetries_of_their_own() -> None:
    wave, unit = (PDESystem(f"u_tt = {k}u_xx", parameters="c").point_symmetries(3) for k in ("c^2*", ""))
    assert wave.dim <= unit.dim == 16
    assert PDESystem("u_t = k*u_x", parameters="k").point_symmetries(2).dim < 60


def test_functions_of_as_many_variables_as_there_are() -> None:
    # u_t + (u^2/2 + p)_x = 0 is kept by what keeps an area: functions of t, x, u and p.
    found = PDESystem("u_t + u*u_x + p_x = 0", "t x", "u p").point_symmetries(1)
    assert found.size.functions_of == 4
    assert "functions of 4 variables" in found.statement


class TestOrbits:
    def test_close_to_the_vacuum(self) -> None:
        for root in (0.999995, 1.00005, 1.99999):
            found = BMS3State(-(root**2), 0.0).orbit()
            assert found.kind == "elliptic"
            assert found.representative == pytest.approx(-(root**2), abs=1e-6)

    def test_spin_without_mass_is_no_vacuum(self) -> None:
        # Xi of a supertranslated vacuum is -(alpha' + alpha'''), whose mean vanishes: J_0 cannot be made so.
        assert BMS3State(-1.0, 0.3).orbit().kind == "exceptional"
        moved = BMS3State(-1.0, 0.0).transform(lambda p: p + 0.3 * np.sin(p), lambda p: np.cos(2 * p) + np.sin(3 * p))
        assert moved.orbit().kind == "vacuum"
        assert BMS3State(-1.0, 0.3).transform(lambda p: p + 0.3 * np.sin(p)).orbit().kind == "exceptional"

    @pytest.mark.parametrize("n", [8, 9, 31, 64])
    def test_points_that_do_not_resolve_the_moved_data(self, n: int) -> None:
        with pytest.raises(InputError, match="take more points"):
            BMS3State(-1.0, 0.0, n=n).transform(lambda p: p + 0.95 * np.sin(p))

    @pytest.mark.parametrize("n", [255, 256, 1024])
    def test_strong_maps_with_enough_points(self, n: int) -> None:
        found = BMS3State(-1.0, 0.0, n=n).transform(lambda p: p + 0.95 * np.sin(p)).orbit()
        assert (found.kind, found.winding) == ("vacuum", 1)


class TestSympy:
    sympy = pytest.importorskip("sympy")

    def _u(self):
        t, x = self.sympy.symbols("t x")
        return t, x, self.sympy.Function("u")(t, x)

    def test_functions_with_rules_are_no_arbitrary_ones(self) -> None:
        t, x, u = self._u()
        system = PDESystem.from_sympy(u.diff(t) - self.sympy.tanh(u) * u.diff(x, 2))
        assert system.functions == ()
        symmetries = PDESystem("u_t = sinh(u)/cosh(u)*u_xx").point_symmetries()
        assert [str(s) for s in system.point_symmetries()] == [str(s) for s in symmetries]
        with pytest.raises(InputError, match="Abs has no rule"):
            PDESystem.from_sympy(u.diff(t) - abs(u) * u.diff(x, 2))

    def test_equations_at_two_points_are_refused(self) -> None:
        t, x, u = self._u()
        with pytest.raises(InputError, match="another point"):
            PDESystem.from_sympy(u.diff(t) - u.subs(x, 2 * x))

    def test_derivatives_of_arbitrary_functions(self) -> None:
        t, x, u = self._u()
        f = self.sympy.Function("f")
        found = PDESystem.from_sympy(u.diff(t) - f(u).diff(x))
        same = PDESystem("u_t = f'(u)*u_x", functions="f")
        assert found.equations[0] == found.expression(same.space.text(same.equations[0]))

    def test_there_and_back(self) -> None:
        from symmeter.spacetime.sympy_exchange import to_sympy

        same = PDESystem("u_t = f'(u)*u_x + sqrt(u)", functions="f")
        back = PDESystem.from_sympy(to_sympy(same.space, same.equations[0]))
        assert back.equations[0] == back.expression(same.space.text(same.equations[0]))

    def test_an_unknown_alone(self) -> None:
        assert PDESystem.from_sympy(self._u()[2]).texts == ("u",)


def _asked(path, indep, dep):
    from symmeter.cli.spacetime_equations import EquationInput

    return EquationInput(str(path), indep, dep, "", "", None, False, False)


class TestFiles:
    def test_a_file_says_its_variables_to_every_command(self, tmp_path) -> None:
        path = tmp_path / "oscillator.txt"
        path.write_text("independent: s\ndependent: q\nparameters: w\nlagrangian: q'^2/2 - w^2 q^2/2\n")
        assert _asked(path, "t x", "u").system().point_symmetries(1).size.dimension == 8
        path.write_text("y'' + y = 0\n")
        assert _asked(path, "x", "y").system().space.dependent == ("y",)

    def test_what_is_no_text(self, tmp_path) -> None:
        from symmeter.subjects.line_elements import read_metric

        path = tmp_path / "bytes.txt"
        path.write_bytes(b"\xff\xfe\x00")
        for read in (lambda: _asked(path, "t x", "u").system(), lambda: read_metric(path)):
            with pytest.raises(InputError, match="no text in UTF-8"):
                read()

    def test_numbers_in_files(self, tmp_path) -> None:
        import symmeter

        path = tmp_path / "heat.txt"
        path.write_text("u_t = u_xx\norder: two\n")
        with pytest.raises(InputError, match="order: 'two'"):
            symmeter.find(path)

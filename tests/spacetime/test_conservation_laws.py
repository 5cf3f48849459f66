"""Conservation laws by multipliers and by Noether's theorems: known lists, exact identities, a numerical drift."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.spacetime import Lagrangian, PDESystem


def multipliers(system: PDESystem, **options) -> list[str]:
    laws = system.conservation_laws(**options)
    assert all(law.verify() == {} for law in laws)
    return [", ".join(system.space.text(m) for m in law.multipliers) for law in laws]


def test_kdv_has_four_laws_of_this_kind() -> None:
    found = multipliers(PDESystem("u_t + 6*u*u_x + u_xxx"), order=2, degree=2)
    assert found == ["1", "u", "-6*t*u + x", "u_xx + 3*u^2"]


def test_kdv_has_one_law_of_each_even_weight() -> None:
    kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    weights = {"u": 2, "u_x": 3, "u_xx": 4, "u_xxx": 5, "u_xxxx": 6, "u_xxxxx": 7}
    for weight, wanted in ((4, "u_xx + 3*u^2"), (5, None), (6, "u_xxxx + 10*u*u_xx + 5*u_x^2 + 10*u^3"), (7, None)):

        def keep(monomial: dict, weight: int = weight) -> bool:
            return sum(weights.get(k, 99) * e for k, e in monomial.items()) == weight

        found = multipliers(kdv, order=5, degree=3, keep=keep)
        assert found == ([] if wanted is None else [wanted])


def test_burgers_has_one() -> None:
    assert multipliers(PDESystem("u_t + u*u_x = u_xx"), order=2, degree=2) == ["1"]


def test_sine_gordon_has_energy_momentum_and_boost() -> None:
    found = multipliers(PDESystem("u_tt = u_xx + sin(u)"), order=1, degree=2)
    assert found == ["u_t", "u_x", "t*u_x + x*u_t"]


def test_shallow_water_has_mass_momentum_energy() -> None:
    water = PDESystem("rho_t + D(rho*v, x); v_t + v v_x + rho_x", dep="rho v")
    laws = water.conservation_laws(order=0, degree=2)
    densities = [water.space.text(law.density) for law in laws]
    assert "rho" in densities
    assert "rho*v" in densities
    assert "rho*v^2 + rho^2" in densities


def test_laws_hold_on_a_simulated_solution() -> None:
    # Two solitons of KdV by the exact formula; integrals of three densities, at two times.
    kdv = PDESystem("u_t + 6*u*u_x + u_xxx")
    from symmeter.spacetime.polynomials import exponents

    x = np.linspace(-40, 40, 2**12, endpoint=False)
    k = 2 * np.pi * np.fft.rfftfreq(len(x), x[1] - x[0])

    def solution(t: float) -> np.ndarray:
        a, b = 0.8, 1.3
        e1, e2 = np.exp(2 * a * x - 8 * a**3 * t), np.exp(2 * b * x - 8 * b**3 * t)
        tau = 1 + e1 + e2 + ((a - b) / (a + b)) ** 2 * e1 * e2
        log = np.log(tau)
        lifted = log - (log[-1] - log[0]) * (x - x[0]) / (x[-1] - x[0])
        # Second derivative by finite differences of high order, far from the ends.
        h = x[1] - x[0]
        d = (
            np.convolve(
                lifted,
                np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560]),
                "same",
            )
            / h**2
        )
        d[:8] = d[-8:] = 0
        return 2 * d

    def integral(density: dict, u: np.ndarray) -> float:
        spectrum = np.fft.rfft(u)
        total = np.zeros_like(u)
        for m, c in density.items():
            term = np.full_like(u, float(c))
            for v, e in exponents(m):
                variable = kdv.space.variables[v]
                order = variable.index[1]
                term = term * np.fft.irfft(spectrum * (1j * k) ** order, len(u)) ** e
            total += term
        return float(total.sum() * (x[1] - x[0]))

    laws = [law for law in kdv.conservation_laws() if "x" not in kdv.space.text(law.multipliers[0]).replace("u_xx", "")]
    assert len(laws) == 3
    for law in laws:
        before, after = (integral(law.density, solution(t)) for t in (-0.4, 0.5))
        assert abs(before - after) < 1e-5 * abs(before)


def test_noether_currents_of_klein_gordon() -> None:
    L = Lagrangian("u_t**2/2 - u_x**2/2 - m**2*u**2/2", "t x", "u", parameters="m")
    symmetries = L.variational_symmetries()
    assert [str(s) for s in symmetries] == ["∂_t", "∂_x", "x ∂_t + t ∂_x"]
    for s in symmetries:
        current = L.noether(s)
        assert current.verify() == {}
        assert any(current.current)
    energy = L.noether(symmetries[0])
    assert L.space.text(energy.current[0]) == "-(1/2)*u_t^2 - (1/2)*u_x^2 - (1/2)*u^2*m^2"


def test_mechanics_fixes_the_sign() -> None:
    L = Lagrangian("u_t^2/2 - V(u)", "t", "u", functions="V")
    (time,) = L.variational_symmetries()
    assert L.space.text(L.noether(time).current[0]) == "-(1/2)*u_t^2 - V(u)"


def test_the_kepler_problem_has_energy_and_angular_momentum() -> None:
    L = Lagrangian("(x_t^2 + y_t^2)/2 - k (x^2 + y^2)/2", "t", "x y", parameters="k")
    found = [str(s) for s in L.variational_symmetries()]
    assert "∂_t" in found
    assert any("x ∂_y" in f and "y ∂_x" in f for f in found)
    # A generalised symmetry: the second quadratic integral of the oscillator.
    current = L.noether(["y_t", "x_t"])
    assert current.verify() == {}
    assert L.space.text(current.current[0]) == "x_t*y_t + x*y*k"


def test_what_changes_the_action_has_no_current() -> None:
    L = Lagrangian("u_t^2/2 - u_x^2/2 - u^4")
    with pytest.raises(InputError, match="changes the action"):
        L.noether(["u"])
    scaling = next(s for s in L.field_equations.point_symmetries(1, size=False) if "u ∂_u" in str(s))
    assert L.is_variational(scaling) == (L.change(scaling) == {})


def test_maxwell_has_its_identity() -> None:
    # E^mu of -F^2/4 in four dimensions: D_mu E^mu vanishes off shell.
    names, x = ["a", "b", "c", "d"], ["t", "x", "y", "z"]
    sign = [-1, 1, 1, 1]
    terms = []
    for m in range(4):
        for n in range(m):
            f = f"({names[n]}_{x[m]} - {names[m]}_{x[n]})"
            terms.append(f"({-sign[m] * sign[n]})*{f}^2/2")
    L = Lagrangian(" + ".join(terms), " ".join(x), " ".join(names))
    assert all(L.euler_expressions)
    identity = L.noether_identity([{v: "1"} for v in x])
    assert identity.holds
    assert not L.noether_identity([{v: str(k + 1)} for k, v in enumerate(x)]).holds


def test_too_many_multipliers_are_refused() -> None:
    with pytest.raises(InputError, match="lower order or degree"):
        PDESystem("u_t = u_xx").conservation_laws(order=9, degree=8)


def test_multipliers_may_have_functions() -> None:
    """Of a damped wave exp(t); of heat whatever solves the equation backwards, by another road."""
    telegraph = PDESystem("u_tt + u_t - u_xx")
    plain = telegraph.conservation_laws(order=1, degree=1)
    laws = telegraph.conservation_laws(order=1, degree=1, factors=["exp(t)"])
    assert all(law.verify() == {} for law in laws)
    added = {telegraph.space.text(law.multipliers[0]) for law in laws}
    added -= {telegraph.space.text(law.multipliers[0]) for law in plain}
    # Mass and its moment, and energy and momentum, which decay as exp(-t).
    assert {"exp(t)", "x*exp(t)"} <= added
    assert "2*u_t*exp(t) + u*exp(t)" in added
    assert added & {"exp(t)*u_x", "u_x*exp(t)"}
    heat = PDESystem("u_t = u_xx")
    backwards = PDESystem("u_t = -u_xx")
    found = heat.conservation_laws(order=0, degree=1, factors=["exp(t)*sin(x)", "exp(t)*cos(x)"])
    texts = [heat.space.text(law.multipliers[0]) for law in found]
    # 1, x, exp(t) sin(x), exp(t) cos(x), and the derivatives of exp(k^2 t) sin(k x) and its like by k at 1.
    assert len(texts) == 6
    for law, text in zip(found, texts):
        assert law.verify() == {}
        assert backwards.residual(u=text) == ({},)


def test_functions_for_multipliers_that_cannot_be_read() -> None:
    with pytest.raises(InputError, match="at character"):
        PDESystem("u_t = u_xx").conservation_laws(factors=["exp(t"])


def test_currents_of_a_soap_film_leave_no_closed_curve() -> None:
    """Multipliers with roots: three translations and three turns; their fluxes through a circle on Scherk's surface."""
    film = PDESystem("(1 + u_y^2)*u_xx - 2*u_x*u_y*u_xy + (1 + u_x^2)*u_yy", "x y")
    laws = film.conservation_laws(order=1, degree=2, factors=["1/sqrt(1 + u_x^2 + u_y^2)^3"])
    assert len(laws) == 6
    assert film.conservation_laws(order=1, degree=2).laws == ()
    phi = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    nx, ny = np.cos(phi), np.sin(phi)
    x, y = 0.1 + 0.5 * nx, -0.2 + 0.4 * ny
    # u = log(cos y / cos x) is minimal; of its square the area is not least, and the fluxes do not vanish.
    for square, closed in ((False, True), (True, False)):
        u, u_x, u_y = np.log(np.cos(y) / np.cos(x)), np.tan(x), -np.tan(y)
        if square:
            u, u_x, u_y = u**2, 2 * u * u_x, 2 * u * u_y
        values = {"x": x, "y": y, "u": u, "u_x": u_x, "u_y": u_y}
        worst = []
        for law in laws:
            assert law.verify() == {}
            j = [_value(laws.system.space.text(c), values) for c in law.current]
            worst.append(abs((j[0] * 0.4 * nx + j[1] * 0.5 * ny).mean()))
        assert (max(worst) < 1e-13) == closed


def _value(text: str, values: dict[str, np.ndarray]) -> np.ndarray:
    """A text of ours at points, by SymPy."""
    sympy = pytest.importorskip("sympy")
    from sympy.parsing.sympy_parser import convert_xor, parse_expr, standard_transformations

    names = {name: sympy.Symbol(name) for name in values}
    expression = parse_expr(text, names, transformations=(*standard_transformations, convert_xor))
    return sympy.lambdify(list(names.values()), expression)(*values.values())

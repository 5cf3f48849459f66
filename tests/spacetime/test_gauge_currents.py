"""Noether's second theorem: J = S + D k exactly; surface terms of electrodynamics, Chern-Simons and Yang-Mills."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from symmeter.errors import InputError, InputTypeError
from symmeter.spacetime import Lagrangian, PDESystem
from symmeter.spacetime.gauge_currents import GaugeCurrent
from symmeter.spacetime.jets import JetSpace
from symmeter.spacetime.parsing import parse_expression
from symmeter.spacetime.polynomials import add_to
from symmeter.spacetime.surface_terms import by_parts, curl_of, divergence_of_curl, linear_parts

#: Signs of the metric, time first.
SIGN = (-1, 1, 1, 1)


def strength(names: str, x: str, m: int, n: int) -> str:
    return f"({names[n]}_{x[m]} - {names[m]}_{x[n]})"


def maxwell(names: str, x: str, more: str = "") -> str:
    """``-F^2/4`` and something else."""
    terms = [f"({-SIGN[m] * SIGN[n]})*{strength(names, x, m, n)}^2/2" for m, n in combinations(range(len(x)), 2)]
    return " + ".join(terms) + more


def gradient(x: str) -> list[str]:
    return [f"lambda_{v}" for v in x]


def expected(found: GaugeCurrent, text: str) -> dict:
    return parse_expression(text, found.space)


def is_exact(found: GaugeCurrent) -> bool:
    return found.verify() == ({},) * (len(found.current) + len(found.gauge))


@pytest.mark.parametrize("x", ["tx", "txy", "txyz"])
def test_electrodynamics_has_the_field_strength_as_surface_term(x: str) -> None:
    names = "abcd"[: len(x)]
    found = Lagrangian(maxwell(names, x), " ".join(x), " ".join(names)).gauge_current(gradient(x))
    assert is_exact(found)
    for m, n in combinations(range(len(x)), 2):
        # J = -F^mn d_n lambda and S = -lambda d_n F^nm give k^mn = -F^mn lambda.
        k = expected(found, f"({-SIGN[m] * SIGN[n]})*{strength(names, x, m, n)}*lambda")
        assert found.superpotential(m, n) == k
        assert found.superpotential(x[n], x[m]) == {key: -c for key, c in k.items()}
    assert [found.space.text(s) for s in found.vanishing] == [f"-lambda*E_{u}" for u in names]
    assert found.superpotential(0, 0) == {}


def test_charge_of_matter_is_a_flux() -> None:
    # A charged scalar u + i v in three dimensions: at lambda = 1 the current of charge is S + d_n F^nm.
    x, names = "txy", "abc"
    matter = "".join(
        f" - ({SIGN[m]})*((u_{v} + e*{names[m]}*v)^2 + (v_{v} - e*{names[m]}*u)^2)/2" for m, v in enumerate(x)
    )
    L = Lagrangian(maxwell(names, x, matter + " - m^2*(u^2 + v^2)/2"), "t x y", "a b c u v")
    found = L.gauge_current([*gradient(x), "-e*lambda*v", "e*lambda*u"])
    assert is_exact(found)
    for m, n in combinations(range(3), 2):
        k = expected(found, f"({-SIGN[m] * SIGN[n]})*{strength(names, x, m, n)}*lambda")
        assert found.superpotential(m, n) == k
    # The global charge by Noether's first theorem: e (u v_t - v u_t) - a e^2 (u^2 + v^2) for any fields at all, and on
    # solutions, where E_a is zero, the flux of the electric field.
    charge = L.noether(["0", "0", "0", "-e*v", "e*u"]).current[0]
    written = expected(found, L.space.text(charge))
    assert written == expected(found, "e*(u*v_t - v*u_t) - a*e^2*(u^2 + v^2)")
    add_to(written, found.euler_expressions[0])
    assert written == expected(found, "D(b_t - a_x, x) + D(c_t - a_y, y)")


def test_chern_simons_has_half_the_potential() -> None:
    L = Lagrangian("a*(c_x - b_y)/2 + b*(a_y - c_t)/2 + c*(b_t - a_x)/2", "t x y", "a b c")
    found = L.gauge_current(["f_t", "f_x", "f_y"])
    assert is_exact(found)
    assert found.gauge == ("f",)
    # k^mn = epsilon^mnr a_r f / 2, of which no field equation is of second order.
    texts = {ij: found.space.text(p) for ij, p in found.surface.items()}
    assert texts == {(0, 1): "(1/2)*c*f", (0, 2): "-(1/2)*b*f", (1, 2): "(1/2)*a*f"}


def levi_civita(i: int, j: int, k: int) -> int:
    return (i - j) * (j - k) * (k - i) // 2


def test_yang_mills_has_the_field_strength_of_su2() -> None:
    x = "txy"
    names = [[f"{c}{i + 1}" for i in range(3)] for c in "abc"]

    def field(m: int, n: int, i: int) -> str:
        text = f"{names[n][i]}_{x[m]} - {names[m][i]}_{x[n]}"
        for j, k in product(range(3), repeat=2):
            if e := levi_civita(i, j, k):
                text += f" + ({e})*g*{names[m][j]}*{names[n][k]}"
        return f"({text})"

    terms = [f"({-SIGN[m] * SIGN[n]})*{field(m, n, i)}^2/2" for m, n in combinations(range(3), 2) for i in range(3)]
    L = Lagrangian(" + ".join(terms), "t x y", " ".join(c for row in names for c in row))
    changes = []
    for m, i in product(range(3), repeat=2):
        text = f"f{i + 1}_{x[m]}"
        for j, k in product(range(3), repeat=2):
            if e := levi_civita(i, j, k):
                text += f" + ({e})*g*{names[m][j]}*f{k + 1}"
        changes.append(text)
    found = L.gauge_current(changes)
    assert set(found.gauge) == {"f1", "f2", "f3"}
    assert is_exact(found)
    for m, n in combinations(range(3), 2):
        k = " + ".join(f"({-SIGN[m] * SIGN[n]})*{field(m, n, i)}*f{i + 1}" for i in range(3))
        assert found.superpotential(m, n) == expected(found, k)
    # Without the bracket in the change of the potential, the action is not kept.
    with pytest.raises(InputError, match="changes the action"):
        L.gauge_current([f"f{i + 1}_{x[m]}" for m, i in product(range(3), repeat=2)])


@pytest.mark.parametrize(
    ("text", "dep", "changes", "moved"),
    [
        # With a frame e on the world line, once as changes of the fields at a point, once with the time moved.
        ("(x_s^2 - y_s^2)/(2 e) - e m^2/2", "x y e", ["-f x_s", "-f y_s", "-D(f e, s)"], None),
        ("(x_s^2 - y_s^2)/(2 e) - e m^2/2", "x y e", ["0", "0", "-f_s e"], {"s": "f"}),
        ("-m sqrt(x_s^2 - y_s^2)", "x y", ["-f x_s", "-f y_s"], None),
        ("-m sqrt(x_s^2 - y_s^2)", "x y", ["0", "0"], {"s": "f"}),
    ],
)
def test_a_world_line_has_no_surface_term(text: str, dep: str, changes: list[str], moved: dict | None) -> None:
    found = Lagrangian(text, "s", dep).gauge_current(changes, moved=moved)
    assert is_exact(found)
    assert found.surface == {}
    # The Hamiltonian vanishes on solutions, and by itself where there is no frame.
    assert bool(found.vanishing[0]) == ("e" in dep)
    assert any(found.identities)


def test_a_parametrised_field_theory_is_free_of_coordinates() -> None:
    # A free field u in coordinates (s, r) whose embedding T, R of the plane is dynamic as well.
    bar = "(T_s R_r - T_r R_s)"
    L = Lagrangian(f"((u_s R_r - u_r R_s)^2 - (u_r T_s - u_s T_r)^2)/(2 {bar})", "s r", "u T R")
    found = L.gauge_current(["0", "0", "0"], moved={"s": "p", "r": "q"})
    assert found.gauge == ("p", "q")
    assert is_exact(found)
    # Scalars only: the changes have no derivative of p and q, so that nothing is left for the boundary.
    assert found.surface == {}


def test_higher_derivatives_of_podolsky() -> None:
    # -F^2/4 + (l^2/2) (d_m F^mn)^2 in three dimensions: E^n = d_m H^mn with H = F + l^2 (d^m j^n - d^n j^m).
    x, names = "txy", "abc"
    currents = []
    for n in range(3):
        parts = [f"({SIGN[m] * SIGN[n]})*D({strength(names, x, m, n)}, {x[m]})" for m in range(3) if m != n]
        currents.append(f"({' + '.join(parts)})")
    more = "".join(f" + ({SIGN[n]})*l^2*{j}^2/2" for n, j in enumerate(currents))
    L = Lagrangian(maxwell(names, x, more), "t x y", "a b c")
    found = L.gauge_current(gradient(x))
    assert is_exact(found)
    assert max(sum(index) for p in found.surface.values() for (a, index) in found.space.jets_of(p) if a == 3) == 1
    # Where lambda is constant the charge is the flux of H.
    none = (0, 0, 0)
    constant = {ij: linear_parts(found.space, p, [3])[3, none] for ij, p in found.surface.items()}
    wanted = {}
    for m, n in combinations(range(3), 2):
        raised = [f"({SIGN[m]})*D({currents[n]}, {x[m]})", f"({SIGN[n]})*D({currents[m]}, {x[n]})"]
        h = f"({SIGN[m] * SIGN[n]})*{strength(names, x, m, n)} + l^2*({raised[0]} - {raised[1]})"
        wanted[m, n] = expected(found, f"-({h})")
    assert divergence_of_curl(found.space, constant) == divergence_of_curl(found.space, wanted)


def test_second_derivatives_of_a_gauge_function() -> None:
    # b = f_xx, a = -f_tx leave (a_x + b_t)^2 as it is: a potential of a potential.
    L = Lagrangian("(a_x + b_t)^2/2", "t x", "a b")
    found = L.gauge_current(["-f_tx", "f_xx"])
    assert is_exact(found)
    assert found.surface
    assert max(sum(index) for p in found.surface.values() for (a, index) in found.space.jets_of(p) if a == 2) == 1
    # Off shell D_i J^i = -Q^a E_a.
    space = found.space
    left = {}
    for i, j in enumerate(found.current):
        add_to(left, space.derivative(j, i))
    for q, e in zip(found.characteristics, found.euler_expressions, strict=True):
        add_to(left, space.times(q, e))
    assert left == {}


def test_fields_inside_functions_need_no_integral() -> None:
    # A Stueckelberg field with any potential of the invariant field strength.
    L = Lagrangian("sin(a_x - b_t) + f(a_x - b_t) - (a - u_t)^2*exp(b - u_x)", "t x", "a b u", functions="f")
    found = L.gauge_current(["h_t", "h_x", "h"])
    assert is_exact(found)
    k = parse_expression("-h*(cos(a_x - b_t) + f'(a_x - b_t))", found.space, ("f",))
    assert found.superpotential("t", "x") == k


def test_a_surface_term_is_the_same_as_its_operators() -> None:
    L = Lagrangian("(a_x - b_t)^2/2", "t x", "b a")
    one, two = L.gauge_current(["lambda_x", "lambda_t"]), L.gauge_current([{"x": "1"}, {"t": "1"}])
    assert str(one) == str(two)
    assert "k^tx = lambda*b_t - lambda*a_x" in str(one)
    assert one.latex().splitlines()[0] == r"-\partial_{t} E_{a} - \partial_{x} E_{b} = 0\\"
    assert [caption for caption, _ in one.formulas()][-1] == "surface term k^tx"


def test_what_has_no_gauge_symmetry_says_so() -> None:
    proca = Lagrangian(maxwell("ab", "tx", " + m^2*(a^2 - b^2)/2"), "t x", "a b")
    with pytest.raises(InputError, match="no gauge symmetry: it changes the action") as error:
        proca.gauge_current(["lambda_t", "lambda_x"])
    assert "\n" not in str(error.value)
    L = Lagrangian("(a_x - b_t)^2/2", "t x", "b a")
    for wrong, kind, text in (
        (["lambda_x"], InputError, "1 changes for 2"),
        ("lambda_x", InputTypeError, "give a change for each"),
        (["lambda_x^2", "0"], InputError, "not linear in lambda"),
        (["sin(lambda)", "0"], InputError, "not linear in lambda"),
        (["a*lambda + 1", "0"], InputError, "not linear in lambda"),
        (["a_x", "b"], InputError, "no free function"),
        ([3, "lambda_x"], InputTypeError, "is no change of a field"),
        ([{"z": "1"}, "lambda_x"], InputError, "names no derivatives by t, x"),
    ):
        with pytest.raises(kind, match=text):
            L.gauge_current(wrong)
    with pytest.raises(InputError, match="cannot be moved"):
        L.gauge_current(["0", "0"], moved={"z": "lambda"})
    with pytest.raises(InputError, match="changes nothing"):
        L.gauge_current(["lambda - lambda", "0"], "lambda")


def test_closed_currents_of_any_order_are_curls() -> None:
    # The curl of a random k is found again up to what has no divergence; and what is not closed is refused.
    space = JetSpace(("t", "x", "y"), ("u", "f", "g"))
    k = {
        (0, 1): parse_expression("u f_txy + x u_t^2 g_yy + 3 f", space),
        (0, 2): parse_expression("u^2 f_xx - g_tt + u u_xy g_x", space),
        (1, 2): parse_expression("t f_tyy + u_y g", space),
    }
    current = divergence_of_curl(space, k)
    found = curl_of(space, current, [1, 2])
    assert divergence_of_curl(space, found) == current
    with pytest.raises(InputError, match="not conserved"):
        curl_of(space, [parse_expression(t, space) for t in ("f_t", "0", "0")], [1, 2])
    p = parse_expression("u f_xxy + g_t", space)
    parts, rest = by_parts(space, p, [1, 2])
    total = dict(rest)
    for i, j in enumerate(parts):
        add_to(total, space.derivative(j, i))
    assert total == p
    assert space.text(rest) == "-f*u_xxy"


def test_lagrangians_with_roots_of_sums() -> None:
    soap = Lagrangian("sqrt(1 + u_x^2 + u_y^2)", "x y", "u")
    system = soap.field_equations
    wanted = system.expression("-(1 + u_y^2)*u_xx + 2*u_x*u_y*u_xy - (1 + u_x^2)*u_yy")
    assert system.equations == (wanted,)
    # Scherk's surface is minimal.
    scherk = PDESystem(soap.field_equations.texts, "x y", "u")
    assert scherk.residual(u="log(cos(y)) - log(cos(x))") == ({},)
    sphere = Lagrangian("(x_t^2 + y_t^2)/(1 + x^2 + y^2)^2", "t", "x y")
    rotation = sphere.noether(["-y", "x"])
    assert rotation.verify() == {}

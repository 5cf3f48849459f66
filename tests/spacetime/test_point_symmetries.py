"""Point symmetries of equations of physics: how many, which, and what algebra; against tables and direct checks."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.linalg.rational import rational_null_space, rational_solution
from symmeter.spacetime import PDESystem, VectorField
from symmeter.spacetime.ansatz import polynomial_solutions
from symmeter.spacetime.taylor_size import taylor_counts

NAVIER_STOKES = (
    "u_t+u u_x+v u_y+w u_z+p_x-u_xx-u_yy-u_zz; v_t+u v_x+v v_y+w v_z+p_y-v_xx-v_yy-v_zz;"
    "w_t+u w_x+v w_y+w w_z+p_z-w_xx-w_yy-w_zz; u_x+v_y+w_z"
)
#: For the pressure; without it, it is found.
POISSON = "p_xx+p_yy+p_zz + u_x^2+v_y^2+w_z^2 + 2 u_y v_x + 2 u_z w_x + 2 v_z w_y"
#: Equations, variables; number of determining equations; symmetries by degree of polynomials.
TABLE = {
    "KdV": ("u_t+6u u_x+u_xxx", "t x", "u", 18, {1: 4, 2: 4, 3: 4}),
    "Burgers": ("u_t+u u_x=u_xx", "t x", "u", 9, {1: 4, 2: 5, 3: 5}),
    "heat": ("u_t=u_xx", "t x", "u", 9, {1: 6, 2: 8, 3: 10, 4: 11}),
    "wave 2+1": ("u_tt=u_xx+u_yy", "t x y", "u", 21, {2: 20, 3: 27}),
    "wave 3+1": ("u_tt=u_xx+u_yy+u_zz", "t x y z", "u", 32, {2: 30}),
    "cubic NLS": ("u_t+v_xx+2v(u^2+v^2); v_t-u_xx-2u(u^2+v^2)", "t x", "u v", 31, {1: 4, 2: 5, 3: 5}),
    "free Schroedinger": ("u_t+v_xx; v_t-u_xx", "t x", "u v", 31, {2: 12, 3: 15}),
    "u'' = 0": ("u''", "x", "u", 4, {2: 8, 3: 8}),
    "u''' = 0": ("u'''", "x", "u", 9, {2: 7, 3: 7}),
    "Navier-Stokes": (NAVIER_STOKES, "t x y z", "u v w p", None, {1: 13, 2: 17}),
    "Navier-Stokes, closed": (NAVIER_STOKES + ";" + POISSON, "t x y z", "u v w p", 499, {1: 13, 2: 17}),
}


def system(name: str) -> PDESystem:
    text, indep, dep, _, _ = TABLE[name]
    return PDESystem(text, indep, dep)


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_symmetries(name: str) -> None:
    found = system(name)
    _, indep, dep, number, by_degree = TABLE[name]
    if number is not None:
        assert len(found.determining) == number
    unknowns = len(indep.split()) + len(dep.split())
    for degree, wanted in by_degree.items():
        assert len(polynomial_solutions(found.space, found.determining, unknowns, degree)) == wanted


@pytest.mark.parametrize(
    ("name", "order", "counts"),
    [
        ("u'' = 0", 7, [2, 6, 8, 8, 8, 8]),
        ("Burgers", 7, [3, 5, 5, 5]),
        ("KdV", 7, [3, 4, 4]),
        ("cubic NLS", 6, [4, 5, 5, 5]),
        ("heat", 8, [3, 8, 11, 13, 15, 17]),
    ],
)
def test_sizes_by_taylor_series(name: str, order: int, counts: list[int]) -> None:
    found = system(name)
    unknowns = len(found.space.independent) + len(found.space.dependent)
    for seed in (0, 1):
        assert taylor_counts(found.space, found.determining, unknowns, order, seed)[: len(counts)] == counts


@pytest.mark.parametrize(
    ("name", "dimension", "functions_of"),
    [
        ("KdV", 4, None),
        ("Burgers", 5, None),
        ("cubic NLS", 5, None),
        ("u'' = 0", 8, None),
        ("u''' = 0", 7, None),
        ("heat", None, 1),
        ("wave 2+1", None, 2),
        ("wave 3+1", None, 3),
        ("free Schroedinger", None, 1),
        ("Navier-Stokes", None, 1),
    ],
)
def test_completeness_is_stated(name: str, dimension: int | None, functions_of: int | None) -> None:
    found = system(name).point_symmetries()
    assert found.size is not None
    assert (found.size.dimension, found.size.functions_of) == (dimension, functions_of)
    assert found.complete == (dimension is not None)


@pytest.mark.parametrize("name", [n for n in TABLE if not n.startswith("wave 3")])
def test_every_generator_maps_solutions_to_solutions(name: str) -> None:
    found = system(name)
    symmetries = found.point_symmetries(2, size=False)
    for field in symmetries:
        assert found.is_symmetry(field)
    # A field that is none: u d/du is no symmetry of a nonlinear equation with these scalings alone.
    wrong = [{} for _ in found.space.independent] + [
        {0: 1} if a == 0 else {} for a in range(len(found.space.dependent))
    ]
    bad = VectorField(found.space, tuple([{k + 5 << 12 * 0: 1} if k == 0 else c for k, c in enumerate(wrong)]))
    assert not found.is_symmetry(bad)


def test_the_oscillator_is_found_whole_with_its_own_functions() -> None:
    oscillator = PDESystem("u'' + u", "x", "u")
    polynomial = oscillator.point_symmetries()
    assert (polynomial.dim, polynomial.complete) == (2, False)
    assert polynomial.statement.startswith("2 of 8 symmetries found")
    whole = oscillator.point_symmetries(2, factors=["sin(x)", "cos(x)", "sin(2x)", "cos(2x)"])
    assert whole.complete
    assert whole.algebra is not None
    assert whole.algebra.name == "sl(3,R)"
    assert all(oscillator.is_symmetry(f) for f in whole)


def test_incompressible_flow_gets_its_pressure_equation() -> None:
    found = PDESystem(NAVIER_STOKES, "t x y z", "u v w p")
    assert sorted(found.orthonomic.leading()) == ["p_zz", "u_t", "v_t", "w_t", "w_z"]
    (added,) = found.orthonomic.added
    space = found.space
    wanted = found.expression("p_xx + p_yy + p_zz + 2 u_x^2 + 2 v_y^2 + 2 u_x v_y + 2 u_y v_x + 2 u_z w_x + 2 v_z w_y")
    assert found.on_solutions(wanted) == {}
    assert len(added) > 5
    bare = PDESystem(NAVIER_STOKES, "t x y z", "u v w p", complete=False)
    assert not bare.orthonomic.added
    # It is no consequence by substitution alone.
    assert bare.on_solutions(bare.expression(space.text(wanted))) != {}


@pytest.mark.parametrize(
    ("text", "options", "dimension"),
    [
        ("u_t = D(u^-2 u_x, x)", {}, 4),
        ("u_t = D(u^(-4/3) u_x, x)", {}, 5),
        ("u_t = D(u^(1/2) u_x, x)", {}, 4),
        ("u_tt = u_xx + sin(u)", {}, 3),
        ("u_tt = u_xx + f(u)", {"functions": "f"}, 3),
        ("u_t = u_xx + k u^2", {"parameters": "k"}, 3),
        ("u_tt + u_t = u_xx + u^3", {}, 2),
        ("u_t + u^2 u_x + u_xxx", {}, 3),
        # Two functions that the group classification of diffusion knows: exponential and general.
        ("u_t = D(exp(u) u_x, x)", {}, 4),
        ("u_t = D(f(u) u_x, x)", {"functions": "f"}, 3),
    ],
)
def test_known_classifications(text: str, options: dict, dimension: int) -> None:
    found = PDESystem(text, "t x", "u", **options).point_symmetries()
    assert found.size is not None
    assert found.size.dimension == dimension
    assert found.complete


def test_parameters_stay_symbols() -> None:
    found = PDESystem("u_t = nu*u_xx", "t x", "u", parameters="nu")
    symmetries = found.point_symmetries(2)
    assert symmetries.dim == 8
    assert all(found.is_symmetry(f) for f in symmetries)
    assert any("nu" in str(f) for f in symmetries)


def test_algebras_have_their_names() -> None:
    free = PDESystem("u''", "x", "u").point_symmetries().algebra
    assert free is not None
    assert free.name == "sl(3,R)"
    assert free.jacobi_holds
    burgers = PDESystem("u_t+u u_x=u_xx").point_symmetries().algebra
    assert burgers is not None
    assert burgers.name == "sl(2,R) + radical of dimension 2"
    assert burgers.derived_series == (5,)
    kdv = PDESystem("u_t+6u u_x+u_xxx").point_symmetries().algebra
    assert kdv is not None
    assert kdv.is_solvable
    assert kdv.derived_series == (4, 3, 1, 0)
    assert PDESystem("u_tt = u_xx + sin(u)").point_symmetries().algebra.name == "solvable of dimension 3"
    laplace = PDESystem("u_xx + u_yy + u_zz = u^5", "x y z", "u").point_symmetries()
    assert laplace.complete
    # The conformal group of space.
    assert laplace.algebra.name == "so(4,1)"


def test_structure_constants_are_those_of_the_brackets() -> None:
    symmetries = PDESystem("u''", "x", "u").point_symmetries()
    c = symmetries.structure_constants
    assert c is not None
    rng = np.random.default_rng(0)
    points = rng.normal(size=(5, 2))
    from symmeter.spacetime.vector_fields import numeric

    def at(field) -> np.ndarray:
        return np.stack([np.broadcast_to(numeric(field.space, p)(points.T), 5) for p in field.coefficients])

    values = [at(f) for f in symmetries]
    for i in range(8):
        for j in range(8):
            bracket = at(symmetries[i].bracket(symmetries[j]))
            assert np.allclose(bracket, sum(c[i, j, k] * values[k] for k in range(8)), atol=1e-9)
    assert np.allclose(c, -c.transpose(1, 0, 2))
    jacobi = np.einsum("ijl,lkm->ijkm", c, c)
    assert np.allclose(jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3), 0)


def test_flows_move_solutions_to_solutions() -> None:
    # A soliton of u_t + 6 u u_x + u_xxx, moved by each symmetry, solves the equation still.
    symmetries = PDESystem("u_t+6u u_x+u_xxx").point_symmetries()

    def soliton(t, x):
        return 0.5 / np.cosh(0.5 * (x - t)) ** 2

    t, x = np.meshgrid(np.linspace(-0.3, 0.3, 61), np.linspace(-3, 3, 601), indexing="ij")
    for k in range(4):
        eps = 0.2
        # The moved graph at (t, x): the height of the old one at the point that flows there.
        forth, back = symmetries.flow(k, eps), symmetries.flow(k, -eps)
        source = back(np.stack([t, x, np.zeros_like(t)], -1))
        moved = forth(np.stack([source[..., 0], source[..., 1], soliton(source[..., 0], source[..., 1])], -1))
        assert np.allclose(moved[..., 0], t)
        assert np.allclose(moved[..., 1], x)
        u = moved[..., 2]
        dt, dx = t[1, 0] - t[0, 0], x[0, 1] - x[0, 0]
        ut = (u[2:, 3:-3] - u[:-2, 3:-3]) / (2 * dt)
        mid = u[1:-1]
        ux = (mid[:, 4:-2] - mid[:, 2:-4]) / (2 * dx)
        uxxx = (mid[:, 5:-1] - 2 * mid[:, 4:-2] + 2 * mid[:, 2:-4] - mid[:, 1:-5]) / (2 * dx**3)
        assert np.abs(ut + 6 * mid[:, 3:-3] * ux + uxxx).max() < 2e-3


def test_projective_flow_numerically() -> None:
    symmetries = PDESystem("u''", "x", "u").point_symmetries()
    projective = next(f for f in symmetries if str(f) == "x^2 ∂_x + x*u ∂_u")
    points = np.array([[0.5, 2.0], [-1.0, 3.0]])
    moved = projective.flow(points, 0.3)
    assert np.allclose(moved, points / (1 - 0.3 * points[:, :1]), atol=1e-9)
    with pytest.raises(ShapeError, match="the 2 numbers"):
        projective.flow(np.zeros(3), 0.1)
    with pytest.raises(InputError, match="does not exist"):
        projective.flow(np.array([1.0, 1.0]), 2.0)


@pytest.mark.parametrize(
    ("text", "indep", "dep", "words"),
    [
        ("u_t^3 + u_t = u_x^3 + u_x^2", "t x", "u", "not linear in its leading derivative"),
        ("", "t x", "u", "no equation"),
        ("x + t", "t x", "u", "has no u in it"),
        ("u_t = u; u_x = t", "t x", "u", "there are no solutions"),
        ("u_t", "t x", "t", "named twice"),
        ("u_t", "t_1 x", "u", "underscore"),
        ("(u + 1) u_t = u_xx; u_t = u_x", "t x", "u", ""),
    ],
)
def test_bad_systems(text: str, indep: str, dep: str, words: str) -> None:
    if not words:
        assert PDESystem(text, indep, dep).orthonomic.rules
        return
    with pytest.raises(InputError, match=words):
        _ = PDESystem(text, indep, dep).orthonomic


def test_large_ansatz_is_refused_with_its_size() -> None:
    with pytest.raises(InputError, match="coefficients, about"):
        PDESystem(NAVIER_STOKES, "t x y z", "u v w p").point_symmetries(9, size=False)


def test_rational_null_spaces_against_numpy() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        a = rng.integers(-4, 5, (6, 9)) * (rng.random((6, 9)) < 0.5)
        a[5] = a[0] + 2 * a[1]
        rows = [{j: int(v) for j, v in enumerate(r) if v} for r in a]
        basis = rational_null_space(rows, 9)
        assert len(basis) == 9 - np.linalg.matrix_rank(a)
        for x in basis:
            dense = np.array([float(x.get(j, 0)) for j in range(9)])
            assert np.abs(a @ dense).max() < 1e-9
        b = a @ rng.integers(-3, 4, 9)
        solution = rational_solution(rows, [int(v) for v in b], 9)
        assert solution is not None
        assert np.allclose(a @ np.array([float(solution.get(j, 0)) for j in range(9)]), b)
    assert rational_solution([{0: 1}, {0: 1}], [1, 2], 1) is None
    # Fractions beyond one prime.
    big = 3**41
    (x,) = rational_null_space([{0: big, 1: -(2**70 + 1)}], 2)
    assert x[0] * big == (2**70 + 1) * x[1]


def test_parameters_that_were_taken_to_be_general_are_told() -> None:
    fisher = PDESystem("u_t = u_xx + k*u^2", parameters="k")
    assert fisher.point_symmetries(2).dim == 3
    # Without the term it is the heat equation: 8 of degree two, and arbitrary functions.
    (case,) = fisher.special_cases(2).values()
    assert case.dim == 8
    assert case.size is not None
    assert case.size.functions_of == 1
    # A speed that can be scaled away has no special value but zero.
    speed = PDESystem("u_t + c*u*u_x + u_xxx", parameters="c")
    assert speed.special_cases(2)["c = 0"].dim > speed.point_symmetries(2).dim
    # The mass of a Klein-Gordon field: without it dilations and conformal motions are symmetries as well.
    massive = PDESystem("u_tt = u_xx + u_yy - m^2*u", indep="t x y", parameters="m")
    assert massive.special_cases(2)["m = 0"].dim == 20
    # Without a parameter, or where zero leaves no equation in the form that was solved, nothing is said.
    assert PDESystem("u_t + 6*u*u_x + u_xxx").special_cases() == {}
    assert PDESystem("u_t = u_xx/k", parameters="k").special_cases(2) == {}


@pytest.mark.parametrize(
    ("text", "names", "others"),
    [
        # Known: of the heat equation in one and two dimensions; of waves the conformal group and u d/du.
        ("u_t = u_xx", "t x", 6),
        ("u_t = x^2*u_xx + x*u_x", "t x", 3),  # the others have logarithms
        ("u_t = u_xx + u_yy", "t x y", 9),
        ("u_tt = u_xx + u_yy", "t x y", 11),
        ("u_t = u_xx + sin(x)", "t x", 1),
    ],
)
def test_solutions_of_linear_equations_are_told_from_the_other_symmetries(text, names, others) -> None:
    system = PDESystem(text, indep=names)
    found = system.point_symmetries(3)
    assert found.dim - len(found.superpositions) == others
    assert found.superpositions
    (homogeneous,) = found.homogeneous
    for field in found.superpositions:
        # Its coefficient solves the homogeneous equation, by another road.
        text = system.space.text(field.coefficients[-1])
        assert PDESystem(f"{homogeneous} = 0", indep=names).residual(u=text) == ({},)
        assert system.is_symmetry(field)
    assert f"linear: f ∂_u for every solution of {homogeneous} = 0 ({len(found.superpositions)} of these) and " in (
        found.statement
    )


@pytest.mark.parametrize("text", ["u_t = u*u_x", "u_t = u_xx + sin(u)", "u_t = F(u_x)*u_xx", "u_x*u_y = 1 + u_xy"])
def test_nothing_is_added_to_solutions_of_other_equations(text) -> None:
    system = PDESystem(text, indep="t x" if "t" in text else "x y", functions="F")
    found = system.point_symmetries(1)
    assert found.homogeneous == found.superpositions == ()
    assert "linear" not in found.statement


@pytest.mark.parametrize(
    ("text", "names", "number", "algebra", "where"),
    [
        # Rays of light have the conformal group of one dimension more: so(n + 1, 2) of (n + 2)(n + 3)/2 dimensions.
        ("u_x^2 + u_y^2 = 1", "x y", 10, "so(3,2)", "u_y^2 - 1"),
        ("u_x^2 + u_y^2 + u_z^2 = 1", "x y z", 15, "so(4,2)", "u_y^2 + u_z^2 - 1"),
        ("u_t^2 + u_t u_x + u_x^2 = 1", "t x", 10, "so(3,2)", "3*u_x^2 - 4"),
        ("u_x u_y = 1", "x y", 10, "so(3,2)", "u_y"),
        ("u_t^2 = u_x^2 + u_y^2 + m^2", "t x y", 15, "so(4,2) at m = 2 and at m = 11", "u_x^2 + u_y^2 + m^2"),
    ],
)
def test_equations_are_solved_by_roots_where_they_are_linear_in_no_leading_derivative(
    text, names, number, algebra, where
) -> None:
    found = PDESystem(text, names, "u", parameters="m").point_symmetries(2)
    assert (found.dim, found.complete, found.algebra_name) == (number, True, algebra)
    assert found.where == (where,)
    # The same branch written out.
    if text == "u_x^2 + u_y^2 = 1":
        branch = PDESystem("u_x = sqrt(1 - u_y^2)", names, "u").point_symmetries(2)
        assert [str(g) for g in branch] == [str(g) for g in found]


def test_a_square_that_vanishes_is_solved_for_what_it_is_the_square_of() -> None:
    square, plain = (PDESystem(f"{text} = 0").point_symmetries(2) for text in ("u_t^2", "u_t"))
    assert [str(g) for g in square] == [str(g) for g in plain]


def test_a_symmetry_moves_a_solution_of_the_eikonal_equation_to_another() -> None:
    """Points of the graph of a plane wave are moved by the flow of a conformal field, and slopes measured after it."""
    found = PDESystem("u_x^2 + u_y^2 = 1", "x y").point_symmetries(2)
    field = next(g for g in found if str(g).startswith("2*x*u"))
    x, y = np.meshgrid(np.linspace(0.1, 0.3, 41), np.linspace(0.2, 0.4, 41), indexing="ij")
    u = 0.6 * x + 0.8 * y + 0.1
    moved = field.flow(np.stack([x, y, u], axis=-1), 0.2)
    d = [np.gradient(moved, axis=k, edge_order=2) for k in (0, 1)]
    # u_x and u_y on the moved surface from the two tangents.
    slopes = np.linalg.solve(
        np.stack([d[0][..., :2], d[1][..., :2]], axis=-2), np.stack([d[0][..., 2:], d[1][..., 2:]], axis=-2)
    )
    assert np.ptp(slopes[..., 0, 0]) > 1e-3  # no plane any more
    assert np.abs((slopes**2).sum(axis=(-2, -1)) - 1)[2:-2, 2:-2].max() < 1e-5


def test_powers_may_be_constants_without_a_number() -> None:
    """Of diffusion, after Ovsiannikov: four symmetries for every power, five for -4/3; and other powers."""
    general = PDESystem("u_t = (u^m u_x)_x", parameters="m")
    found = general.point_symmetries()
    assert (found.dim, found.complete) == (4, True)
    assert "-t*m ∂_t + u ∂_u" in map(str, found)
    for power, number in (("2", 4), ("(-4/3)", 5)):
        special = PDESystem(f"u_t = (u^{power} u_x)_x").point_symmetries(2)
        assert (special.dim, special.complete) == (number, True)
    for text, number in (
        ("u_t + u^m u_x + u_xxx", 3),
        ("u_t = u_xx + u^m", 3),
        ("u_t = u_x^m u_xx", 5),
        ("u_t = ((1+u^2)^m u_x)_x", 3),
        ("u_tt = u_xx + u^(2m+1)", 4),
    ):
        symbolic = PDESystem(text, parameters="m").point_symmetries(2)
        assert (symbolic.dim, symbolic.complete) == (number, True)
        assert all(symbolic.system.is_symmetry(g) for g in symbolic)
    space = general.space
    (equation,) = general.equations
    assert general.expression(space.text(equation)) == equation
    with pytest.raises(InputError, match="an exponent is a number or a constant"):
        PDESystem("u_t = u^x")

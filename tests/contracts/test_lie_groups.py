"""Properties x objects: what every exported Lie group must satisfy, each by an independent route."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import scipy.linalg

import symmeter.groups
from symmeter.errors import (
    InputError,
    InputTypeError,
    NonFiniteError,
    NotAGroupElementError,
    SampleSizeError,
    ShapeError,
)
from symmeter.groups import lie
from symmeter.groups.lie import (
    SE,
    SL,
    SO,
    SU,
    Affine,
    ConformalRotations,
    E,
    EmbeddedGroup,
    GLp,
    Lorentz,
    MatrixLieGroup,
    O,
    Poincare,
    ReductiveGroup,
    Scalings,
    Sim,
    Sp,
    Translations,
    U,
    embed,
    integrate,
    named_lie_group,
)

GROUPS = [
    *(O(2), O(3), O(4), SO(2), SO(3), SO(4), SO(5), U(1), U(2), U(3), SU(2), SU(3), SU(4), Sp(2), Sp(4), Sp(6)),
    *(Sp(4, form="spin"), GLp(1), GLp(2), GLp(3), GLp(2, alpha=3.0), SL(2), SL(3), SL(4), Scalings(3)),
    *(Scalings(2, isotropic=True), ConformalRotations(2), ConformalRotations(3), Lorentz(), Lorentz(1), Lorentz(2)),
    *(Affine(2), Affine(3), Affine(SL(2)), Affine(SO(2)), E(2), E(3), SE(2), SE(3), Sim(2), Sim(3), Poincare()),
    *(Poincare(2), Translations(1), Translations(3), embed(O(2), 3, [0, 2]), embed(SU(2), 3, [2, 0])),
    *(embed(GLp(2), 4, [1, 3]), embed(SO(3), 4, [0, 1, 2])),
]
REDUCTIVE = [G for G in GROUPS if isinstance(G, ReductiveGroup)]
every_group = pytest.mark.parametrize("G", GROUPS, ids=lambda G: f"{G.name}{G._parameters[1:]}")
every_reductive_group = pytest.mark.parametrize("G", REDUCTIVE, ids=str)

DIMENSIONS = {"SO(5)": 10, "O(4)": 6, "U(3)": 9, "SU(4)": 15, "Sp(6)": 21, "GL+(3,R)": 9, "SL(4,R)": 15, "R+^3": 3}
DIMENSIONS |= {"CO+(3)": 4, "SO+(1,3)": 6, "Aff(GL+(3,R))": 12, "Aff(SL(2,R))": 5, "E(3)": 6, "SE(3)": 6, "Sim(3)": 7}
DIMENSIONS |= {"Poincare(1,3)": 10, "R^3": 3}


def coefficients(G: MatrixLieGroup, count: int, size: float = 0.5, seed: int = 0) -> np.ndarray:
    return size * np.random.default_rng(seed).uniform(-1, 1, (count, G.dimension))


def test_no_exported_group_escapes():
    classes = {c for c in map(lie.__dict__.get, lie.__all__) if inspect.isclass(c) and issubclass(c, MatrixLieGroup)}
    assert {c for c in classes if not inspect.isabstract(c)} - {lie.SemidirectGroup} == {type(G) for G in GROUPS}
    # Names that are read as groups lead to the same ones.
    assert {type(named_lie_group(G.name)) for G in GROUPS if len(G._parameters) == 1} <= classes


def test_scalings_say_what_their_members_are():
    with pytest.raises(NotAGroupElementError, match="positive multiples of the identity"):
        Scalings(2, isotropic=True).check(np.diag([2.0, 3.0]))
    with pytest.raises(NotAGroupElementError, match="diagonal with positive entries"):
        Scalings(2).check(np.ones((2, 2)))


@pytest.mark.parametrize("axes", [[0.5, 1], "ab", [True, False], 3, [-1, 0], [0, 0], [0, 3], [0], []])
def test_axes_that_do_not_fit_are_refused(axes):
    with pytest.raises(InputError, match="axes"):
        embed(O(2), 3, axes)


def test_the_larger_space_has_a_whole_dimension_and_the_group_is_a_lie_group():
    for size in (2.5, 0, True, "3"):
        with pytest.raises(InputError, match="larger space"):
            embed(O(2), size, [0, 1])
    with pytest.raises(InputTypeError, match="matrix Lie group"):
        embed(symmeter.groups.symmetric(2), 3, [0, 1])


def test_embedded_groups_are_read_back_and_may_be_embedded_again():
    G = embed(embed(O(2), 3, [2, 0]), 5, [4, 1, 0])
    assert named_lie_group(str(embed(O(2), 3, [2, 0]))) == embed(O(2), 3, [2, 0])
    assert embed(O(3), 3, [0, 1, 2]) is not embed(O(3), 3, [1, 0, 2])
    mirror = np.eye(5)
    mirror[0, 0] = -1.0
    # Axis 0 of O(2) is axis 2 of the first space, which is axis 0 of the second.
    np.testing.assert_array_equal(G.discrete_generators[0], mirror)
    turn = G.exp([np.pi / 2]).round(12)
    assert turn[4, 0] == 1
    assert turn[0, 4] == -1


def test_every_name_is_also_one_of_groups():
    for name in lie.__all__:
        assert getattr(symmeter.groups, name) is getattr(lie, name)
    assert set(lie.__all__) <= set(dir(symmeter.groups))


@every_group
def test_the_dimension_is_the_number_of_named_independent_generators(G):
    assert G.dimension == len(G.generator_names) == len(set(G.generator_names))
    rows = np.concatenate([G.basis.real, G.basis.imag]).reshape(2, G.dimension, -1).swapaxes(0, 1)
    assert np.linalg.matrix_rank(rows.reshape(G.dimension, -1)) == G.dimension == DIMENSIONS.get(G.name, G.dimension)


@every_group
def test_discrete_generators_reach_the_components_that_exponentials_do_not(G):
    assert 2 ** len(G.discrete_generators) == G.components
    for h in G.discrete_generators:
        assert h in G
        # Members of the identity component of a real group preserve orientation.
        assert np.linalg.det(h) == pytest.approx(-1.0)


@every_group
def test_exponentials_are_members_and_agree_with_scipy(G):
    c = coefficients(G, 5)
    g = G.exp(c)
    np.testing.assert_allclose(g, [scipy.linalg.expm(np.tensordot(x, G.basis, 1)) for x in c], atol=1e-13)
    assert G.defect(g).max() < 1e-13
    assert g[0] in G


@every_group
def test_log_undoes_exp(G):
    c = coefficients(G, 20, 0.8, seed=1)
    np.testing.assert_allclose(G.log(G.exp(c)), c, atol=1e-12)
    single = G.log(G.exp(c[0]))
    assert single.shape == (G.dimension,)


@every_group
def test_products_inverses_and_projections_stay_inside(G):
    g, h = G.exp(coefficients(G, 8, seed=2)), G.exp(coefficients(G, 8, seed=3))
    assert G.defect(g @ h).max() < 1e-12
    np.testing.assert_allclose(g @ G.inverse(g), np.broadcast_to(np.eye(G.size), g.shape), atol=1e-13)
    np.testing.assert_allclose(G.project(g), g, atol=1e-12)


@every_group
def test_a_perturbation_shows_in_the_defect_and_projection_removes_it(G):
    g = G.exp(coefficients(G, 4, seed=4))
    noise = np.random.default_rng(5).standard_normal(g.shape)
    off = g + 1e-4 * noise
    if isinstance(G, GLp):
        assert (G.defect(off) == 0).all()
        off[:, 0] *= -1
        assert np.isinf(G.defect(off)).all()
        return
    assert (G.defect(off) > 1e-6).all()
    assert not G.contains(off).any()
    with pytest.raises(NotAGroupElementError, match="matrix 0 of 4 is not in"):
        G.check(off)
    if not isinstance(G, lie.SemidirectGroup) and not isinstance(G, Lorentz):
        near = G.project(off)
        assert G.defect(near).max() < 1e-12
        assert np.abs(near - off).max() < 3e-3


@every_group
def test_structure_constants_close_the_algebra_and_satisfy_jacobi(G):
    f = G.structure_constants
    e = G.basis
    products = e[:, None] @ e[None]
    brackets = products - products.swapaxes(0, 1)
    np.testing.assert_allclose(brackets, np.tensordot(f, e, axes=1), atol=1e-13)
    jacobi = np.einsum("abd,dce->abce", f, f)
    total = jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3)
    assert np.abs(total).max(initial=0) < 1e-12


@every_group
def test_the_adjoint_is_a_representation_and_the_exponential_of_ad(G):
    c = coefficients(G, 3, seed=6)
    g = G.exp(c)
    a = G.adjoint(g)
    np.testing.assert_allclose(G.adjoint(g[0] @ g[1]), a[0] @ a[1], atol=1e-12)
    np.testing.assert_allclose(a, [scipy.linalg.expm(x) for x in G.ad(c)], atol=1e-12)
    x = coefficients(G, 1, seed=7)[0]
    np.testing.assert_allclose(a[2] @ x, G.vee(g[2] @ G.hat(x) @ np.linalg.inv(g[2])), atol=1e-12)


@every_group
def test_the_killing_form_is_invariant_and_tells_compact_semisimple_groups(G):
    k = G.killing_form
    a = G.adjoint(G.exp(coefficients(G, 1, seed=8)))[0]
    np.testing.assert_allclose(a.T @ k @ a, k, atol=1e-11)
    ads = G.ad(np.eye(G.dimension))
    np.testing.assert_allclose(k, np.einsum("aij,bji->ab", ads, ads), atol=1e-12)
    values = np.linalg.eigvalsh(k)
    if isinstance(G, (SU, Sp)) or (isinstance(G, (SO, O)) and G.size > 2):
        assert values.max() < -1e-3
    if isinstance(G, (SL, Lorentz)) and G.dimension > 1:
        # p directions are positive and k directions negative, by Cartan.
        assert (values > 1e-3).sum() == len(G._symmetric)
        assert (values < -1e-3).sum() == G.maximal_compact.dimension


@pytest.mark.parametrize("G", [G for G in GROUPS if G.dimension <= 12], ids=str)
def test_the_density_in_exponential_coordinates_is_the_jacobian(G):
    c, h = coefficients(G, 1, 0.7, seed=9)[0], 1e-5
    g = G.exp(c)
    steps = (G.exp(c + h * np.eye(G.dimension)) - G.exp(c - h * np.eye(G.dimension))) / (2 * h)
    left = np.linalg.det(G.vee(np.linalg.inv(g) @ steps, tolerance=1e-4))
    right = np.linalg.det(G.vee(steps @ np.linalg.inv(g), tolerance=1e-4))
    np.testing.assert_allclose(G.exponential_density(c), abs(left), rtol=1e-7)
    np.testing.assert_allclose(G.exponential_density(c, side="right"), abs(right), rtol=1e-7)
    np.testing.assert_allclose(G.modular(g), abs(left) / abs(right), rtol=1e-6)


@every_group
def test_samples_are_members_with_normalised_weights_and_a_seed(G):
    radius = None if G.is_compact else 1.2
    g, w = G.sample(50, radius=radius, rng=1)
    again = G.sample(50, radius=radius, rng=1)
    np.testing.assert_array_equal(g, again[0])
    np.testing.assert_array_equal(w, again[1])
    assert not np.array_equal(g, G.sample(50, radius=radius, rng=2)[0])
    assert G.defect(g).max() < 1e-12
    assert (w > 0).all()
    np.testing.assert_allclose(w.sum(), 1, atol=1e-12)
    if G.is_compact:
        np.testing.assert_array_equal(w, np.full(50, 1 / 50))


@every_group
def test_lognormal_samples_come_with_their_inverses(G):
    g, inverse = G.sample_pairs(20, rng=3)
    np.testing.assert_allclose(g @ inverse, np.broadcast_to(np.eye(G.size), g.shape), atol=1e-13)
    np.testing.assert_array_equal(G.sample(20, measure="lognormal", rng=3)[0], g)


def bump(g: np.ndarray) -> np.ndarray:
    """Decays in every direction of every group, and has no symmetry of its own."""
    n = g.shape[-1]
    shift = np.arange(n * n).reshape(n, n) / n**2 - 0.4
    inverse = np.linalg.inv(g)
    return np.exp(-0.5 * (np.abs(g - shift) ** 2 + np.abs(inverse) ** 2).sum(axis=(-2, -1)) + n)


# Larger members of the families have a variance too large for a short run.
@pytest.mark.parametrize("G", [G for G in GROUPS if G.size <= 4 and G.dimension <= 10], ids=str)
@pytest.mark.parametrize("side", ["left", "right"])
def test_haar_measure_is_invariant(G, side):
    h = G.exp(coefficients(G, 1, 0.6, seed=10)[0])
    options = {"n": 24_000, "method": "halton", "side": side, "scale": 0.8}

    def both(g):
        return np.stack([bump(g), bump(h @ g if side == "left" else g @ h)], axis=1)

    (plain, moved), (error, other) = integrate(both, G, seed=11, **options)
    assert abs(plain - moved) < 5 * np.hypot(error, other) + 1e-9
    assert np.hypot(error, other) < 0.1 * plain


@pytest.mark.parametrize("G", [Affine(1), Affine(2), Sim(2)], ids=str)
def test_the_modular_function_is_the_ratio_of_a_right_translation(G):
    h = G.exp(coefficients(G, 1, 0.6, seed=12)[0])
    (plain, moved), (error, other) = integrate(
        lambda g: np.stack([bump(g), bump(g @ h)], axis=1), G, n=60_000, seed=13, method="halton", scale=0.8
    )
    _, linear = G.semidirect(h)
    np.testing.assert_allclose(G.modular(h), 1 / abs(np.linalg.det(linear)), rtol=1e-12)
    assert abs(moved * G.modular(h) - plain) < 5 * np.hypot(other * G.modular(h), error)
    assert abs(moved - plain) > 20 * np.hypot(other, error)


def test_left_and_right_measure_agree_exactly_for_unimodular_groups():
    unimodular = {G.name: G.is_unimodular for G in GROUPS}
    assert {name for name, yes in unimodular.items() if not yes} == {
        "Aff(GL+(2,R))",
        "Aff(GL+(3,R))",
        "Sim(2)",
        "Sim(3)",
    }


@every_reductive_group
def test_polar_coordinates_exist_for_every_element_and_are_undone(G):
    g = G.sample(30, radius=2.0, rng=14)[0]
    X, k = G.polar(g)
    np.testing.assert_allclose(X, X.swapaxes(1, 2), atol=1e-12)
    assert G.maximal_compact.size == 1 or G.maximal_compact.defect(k).max() < 1e-12
    np.testing.assert_allclose(np.array([scipy.linalg.expm(x) for x in X]) @ k, g, atol=1e-11)
    np.testing.assert_allclose(G.from_polar(X, k), g, atol=1e-11)
    np.testing.assert_allclose(G.from_coordinates(G.coordinates(g)), g, atol=1e-11)


@every_reductive_group
def test_the_polar_density_is_the_jacobian(G):
    K = G.maximal_compact
    c = 0.5 * np.random.default_rng(15).uniform(-1, 1, len(G._symmetric))

    def jacobian(c):
        h, eye = 1e-5, np.eye(len(c))
        X = np.tensordot(c + h * np.stack([eye, -eye]), G._symmetric, axes=1)
        p = np.array([scipy.linalg.expm(x) for x in X.reshape(-1, G.size, G.size)]).reshape(X.shape)
        base = scipy.linalg.expm(np.tensordot(c, G._symmetric, axes=1))
        rows = [np.linalg.inv(base) @ d for d in (p[0] - p[1]) / (2 * h)]
        rows += list(K.basis) if K.size == G.size else []
        return abs(np.linalg.det(G.vee(np.array(rows), tolerance=1e-4)))

    X = np.tensordot(c, G._symmetric, axes=1)
    np.testing.assert_allclose(G.haar_density(X), jacobian(c) / jacobian(0 * c), rtol=1e-7)


@every_group
def test_names_are_read_back_and_groups_are_values(G):
    twin = type(G)(*G._parameters) if not isinstance(G, lie.SemidirectGroup) else named_lie_group(G.name)
    assert twin == G
    assert hash(twin) == hash(G)
    assert repr(G) == str(G) == G.name
    if len(G._parameters) == 1 or isinstance(G, lie.SemidirectGroup) or (isinstance(G, EmbeddedGroup) and G.is_compact):
        assert named_lie_group(G.name) == G
    assert Translations(7) != G
    with pytest.raises(ValueError, match="read-only"):
        G.basis[0] = 0


@every_group
def test_bad_input_is_refused_in_one_line(G):
    bad = np.broadcast_to(np.eye(G.size), (3, G.size, G.size)).copy()
    bad[1, 0, 0] = np.nan
    calls = [
        (ShapeError, lambda: G.defect(np.eye(G.size + 1))),
        (ShapeError, lambda: G.exp(np.zeros(G.dimension + 1))),
        (NonFiniteError, lambda: G.log(bad)),
        (NonFiniteError, lambda: G.exp(np.full(G.dimension, np.inf))),
        (SampleSizeError, lambda: G.sample(0, measure="lognormal")),
        (SampleSizeError, lambda: G.sample(2.5, measure="lognormal")),
        (InputError, lambda: G.sample(3, measure="haa", radius=1.0)),
        (InputError, lambda: G.vee(np.eye(G.size) * (1 + 2j))),
        (InputError, lambda: G.chart(np.zeros(G.cube_dimension))),
        (InputError, lambda: G.sample_pairs(3, variance=-1.0)),
        (InputError, lambda: integrate(bump, G, n=3)),
    ]
    if not G.is_compact:
        calls.append((InputError, lambda: G.sample(3)))
        calls.append((InputError, lambda: G.sample(3, radius=np.inf)))
    for error, call in calls:
        with pytest.raises(error) as caught:
            call()
        assert "\n" not in str(caught.value)


# -- groups that are given by an algebra alone ------------------------------------------------------------------------

#: Local types, which name a group by its algebra: Sp(4) is SO(5), SU(2) is SO(3).
ALGEBRAS = {
    "SO(3)": SO(3).basis,
    "SO(3) x SO(3)": SO(4).basis,
    "SU(3)": SU(3).basis,
    "SO(5)": Sp(4).basis,
    "SO(3) x U(1)": U(2).basis,
    "U(1)": SO(2).basis,
}
every_algebra = pytest.mark.parametrize("name", ALGEBRAS)


@every_algebra
def test_algebras_satisfy_jacobi_and_have_an_invariant_killing_form(name):
    algebra = symmeter.groups.LieAlgebra(ALGEBRAS[name])
    f, e = algebra.structure_constants, algebra.basis
    assert algebra.is_closed
    np.testing.assert_allclose(
        e[:, None] @ e[None] - e[None] @ e[:, None], np.tensordot(f, e, axes=1), atol=1e-12, rtol=0
    )
    np.testing.assert_allclose(f, -f.swapaxes(0, 1), atol=1e-12)
    jacobi = np.einsum("abd,dce->abce", f, f)
    total = jacobi + jacobi.transpose(1, 2, 0, 3) + jacobi.transpose(2, 0, 1, 3)
    assert np.abs(total).max() < 1e-12
    np.testing.assert_allclose(algebra.killing_form, np.einsum("acd,bdc->ab", f, f), atol=1e-12)
    # Against the basis that is orthonormal for the trace, the constants of a compact algebra are antisymmetric.
    np.testing.assert_allclose(f, -f.swapaxes(1, 2), atol=1e-12)


@every_algebra
def test_groups_of_algebras_are_unitary_and_their_elements_multiply_inside(name):
    group = symmeter.groups.LieGroup(symmeter.groups.LieAlgebra(ALGEBRAS[name]))
    assert group.name == name
    rng = np.random.default_rng(20)
    c = 0.4 * rng.standard_normal((2, group.dimension))
    g, h = group.element(c[0]), group.element(c[1])
    np.testing.assert_allclose(g, scipy.linalg.expm(np.tensordot(c[0], group.algebra.basis, axes=1)), atol=1e-13)
    np.testing.assert_allclose(g @ g.conj().T, np.eye(len(g)), atol=1e-13)
    np.testing.assert_allclose(group.element(0.3 * c[0]) @ group.element(0.7 * c[0]), g, atol=1e-13)
    assert g @ h in group
    # One entry's sign breaks membership, unless all diagonal phases belong to the group.
    assert np.diag([-1.0] + [1.0] * (len(g) - 1)) @ g not in group or name == "SO(3) x U(1)"

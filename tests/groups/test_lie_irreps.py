"""Irreducible representations against commutation relations, Weyl's formulas, Haar orthogonality, SymPy and SciPy."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.groups import LieAlgebra
from symmeter.groups.lie import (
    SO,
    SU,
    Lorentz,
    RootSystem,
    Sp,
    SUIrrep,
    gell_mann,
    integrate,
    lorentz_generators,
    lorentz_irrep,
    named_lie_group,
    so3_generators,
    so3_irrep,
    sp_generators,
    spin_irrep,
    spin_matrices,
    symplectic_form,
)

DIAGRAMS = [
    (1, 0),
    (4, 0),
    (1, 0, 0),
    (1, 1, 0),
    (2, 1, 0),
    (3, 0, 0),
    (4, 2, 0),
    (5, 1, 0),
    (1, 1, 0, 0),
    (2, 1, 1, 0),
]
DIAGRAMS += [(3, 1, 0, 0), (3, 2, 1, 0), (2, 1, 0, 0, 0), (1, 1, 1, 0, 0, 0), (0, 0, 0)]
every_irrep = pytest.mark.parametrize("irrep", [SUIrrep(p) for p in DIAGRAMS], ids=lambda r: str(r.partition))


def commutators(stack: np.ndarray) -> np.ndarray:
    products = stack[:, None] @ stack[None]
    return products - products.swapaxes(0, 1)


# -- SU(N) ------------------------------------------------------------------------------------------------------------


def test_gell_mann_matrices_are_the_usual_ones():
    pauli = [[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]
    np.testing.assert_allclose(gell_mann(2), pauli, atol=1e-15)
    for n in (2, 3, 4, 6):
        stack = gell_mann(n)
        np.testing.assert_allclose(stack, stack.conj().swapaxes(1, 2))
        np.testing.assert_allclose(np.einsum("aij,bji->ab", stack, stack), 2 * np.eye(n * n - 1), atol=1e-14)
        # Completeness (Fierz): sum_a T_ij T_kl = (d_il d_jk - d_ij d_kl / n) / 2.
        eye = np.eye(n)
        fierz = (np.einsum("il,jk->ijkl", eye, eye) - np.einsum("ij,kl->ijkl", eye, eye) / n) / 2
        np.testing.assert_allclose(np.einsum("aij,akl->ijkl", stack / 2, stack / 2), fierz, atol=1e-14)


def test_structure_constants_of_su3_are_those_of_the_tables():
    f = SU(3).structure_constants
    known = {(1, 2, 3): 1, (1, 4, 7): 0.5, (1, 5, 6): -0.5, (2, 4, 6): 0.5, (2, 5, 7): 0.5, (3, 4, 5): 0.5}
    known |= {(3, 6, 7): -0.5, (4, 5, 8): 3**0.5 / 2, (6, 7, 8): 3**0.5 / 2}
    expected = np.zeros((8, 8, 8))
    for (a, b, c), value in known.items():
        for p, sign in (
            ((a, b, c), 1),
            ((b, c, a), 1),
            ((c, a, b), 1),
            ((b, a, c), -1),
            ((a, c, b), -1),
            ((c, b, a), -1),
        ):
            expected[tuple(i - 1 for i in p)] = sign * value
    np.testing.assert_allclose(f, expected, atol=1e-15)


@every_irrep
def test_generators_obey_the_algebra_and_have_the_casimir(irrep):
    T = irrep.generators
    np.testing.assert_allclose(T, T.conj().swapaxes(1, 2), atol=1e-14)
    f = SU(irrep.n).structure_constants
    np.testing.assert_allclose(commutators(T), 1j * np.tensordot(f, T, axes=1), atol=1e-12)
    d = irrep.dimension
    np.testing.assert_allclose(np.einsum("aij,ajk->ik", T, T), float(irrep.casimir) * np.eye(d), atol=1e-12)
    # Schur: nothing but multiples of the identity commutes with all of them.
    if d <= 20:
        rows = np.concatenate([np.kron(t, np.eye(d)) - np.kron(np.eye(d), t.T) for t in T])
        assert (np.linalg.svd(rows, compute_uv=False) < 1e-10).sum() == 1


@every_irrep
def test_matrix_units_multiply_as_a_lie_algebra(irrep):
    e, n = irrep.elementary, irrep.n
    eye = np.eye(n)
    for i, j, k, l in product(range(n), repeat=4):  # noqa: E741
        bracket = e[i, j] @ e[k, l] - e[k, l] @ e[i, j]
        np.testing.assert_allclose(bracket, eye[j, k] * e[i, l] - eye[l, i] * e[k, j], atol=1e-12)


@every_irrep
def test_patterns_weights_and_dimension_agree(irrep):
    assert len(irrep.patterns) == irrep.dimension == RootSystem("A", irrep.n - 1).dimension(irrep.dynkin)
    labels = -np.diff(irrep.weights, axis=1)
    found, count = np.unique(labels, axis=0, return_counts=True)
    expected = RootSystem("A", irrep.n - 1).weights(irrep.dynkin)
    assert {tuple(map(int, w)): int(c) for w, c in zip(found, count)} == expected
    assert irrep.casimir == RootSystem("A", irrep.n - 1).casimir(irrep.dynkin)
    assert irrep.conjugate.conjugate == irrep
    assert irrep.conjugate.dimension == irrep.dimension
    assert tuple(irrep.weights[0]) == irrep.partition


@pytest.mark.parametrize("irrep", [SUIrrep(p) for p in DIAGRAMS[:10]], ids=lambda r: str(r.partition))
def test_matrices_of_elements_are_a_unitary_representation(irrep):
    g = SU(irrep.n).sample(6, rng=1)[0]
    D = irrep(g)
    one = np.eye(irrep.dimension)
    np.testing.assert_allclose(D @ D.conj().swapaxes(1, 2), np.broadcast_to(one, D.shape), atol=1e-12)
    np.testing.assert_allclose(irrep(g[0] @ g[1]), D[0] @ D[1], atol=1e-11)
    centre = np.exp(2j * np.pi / irrep.n)
    np.testing.assert_allclose(irrep(centre * np.eye(irrep.n)), centre**irrep.n_ality * one, atol=1e-11)
    angles = np.angle(np.linalg.eigvals(g))
    angles[:, 0] -= angles.sum(axis=1)
    np.testing.assert_allclose(irrep.character(angles), np.einsum("bii->b", D), atol=1e-10)
    np.testing.assert_allclose(np.einsum("bii->b", irrep.conjugate(g)), np.einsum("bii->b", D).conj(), atol=1e-10)


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_the_fundamental_is_the_group_itself_and_the_adjoint_has_its_character(n):
    g = SU(n).sample(4, rng=2)[0]
    np.testing.assert_allclose(SU(n).irrep((1,) + (0,) * (n - 2))(g), g, atol=1e-13)
    adjoint = SUIrrep((2,) + (1,) * (n - 2) + (0,))
    assert adjoint.dimension == n * n - 1
    assert adjoint.casimir == n
    np.testing.assert_allclose(
        np.einsum("bii->b", adjoint(g)), np.trace(SU(n).adjoint(g), axis1=1, axis2=2), atol=1e-12
    )


def test_characters_are_orthonormal_under_haar_measure():
    irreps = [SUIrrep(p) for p in ((0, 0, 0), (1, 0, 0), (1, 1, 0), (2, 0, 0), (2, 1, 0))]

    def overlaps(g):
        characters = np.stack([np.einsum("bii->b", r(g)) for r in irreps], axis=1)
        return characters[:, :, None].conj() * characters[:, None, :]

    value, error = integrate(overlaps, SU(3), n=4_000, seed=3)
    assert (np.abs(value - np.eye(len(irreps))) < 5 * error + 1e-9).all()
    assert error.max() < 0.1


def test_antisymmetric_and_symmetric_powers_have_their_matrices_up_to_a_basis():
    g = SU(4).sample(1, rng=4)[0][0]
    sextet = SUIrrep((1, 1, 0, 0))(g)
    pairs = [(i, j) for i in range(4) for j in range(i + 1, 4)]
    minors = np.array([[g[i, k] * g[j, m] - g[i, m] * g[j, k] for k, m in pairs] for i, j in pairs])
    np.testing.assert_allclose(np.poly(sextet), np.poly(minors), atol=1e-12)


DIMENSIONS = {
    ("su(3)", (1, 1)): 8,
    ("su(3)", (3, 0)): 10,
    ("su(3)", (2, 2)): 27,
    ("su(4)", (0, 1, 0)): 6,
    ("su(4)", (0, 2, 0)): 20,
    ("su(5)", (0, 1, 0, 0)): 10,
    ("su(6)", (0, 0, 1, 0, 0)): 20,
    ("so(5)", (0, 1)): 4,
    ("so(5)", (1, 0)): 5,
    ("so(7)", (0, 0, 1)): 8,
    ("so(8)", (0, 0, 0, 1)): 8,
    ("so(10)", (0, 0, 0, 0, 1)): 16,
    ("so(10)", (0, 1, 0, 0, 0)): 45,
    ("sp(4)", (1, 0)): 4,
    ("sp(4)", (0, 1)): 5,
    ("sp(6)", (0, 0, 1)): 14,
    ("G2", (1, 0)): 7,
    ("G2", (0, 1)): 14,
    ("F4", (0, 0, 0, 1)): 26,
    ("F4", (1, 0, 0, 0)): 52,
    ("E6", (1, 0, 0, 0, 0, 0)): 27,
    ("E7", (0, 0, 0, 0, 0, 0, 1)): 56,
    ("E8", (0, 0, 0, 0, 0, 0, 0, 1)): 248,
}


@pytest.mark.parametrize(("name", "labels"), DIMENSIONS, ids=str)
def test_dimensions_and_weight_counts_are_those_of_the_tables(name, labels):
    system = RootSystem.of(name)
    weights = system.weights(labels)
    assert system.dimension(labels) == sum(weights.values()) == DIMENSIONS[name, labels]
    # Weights add up to zero, and their square lengths to the index times the rank.
    assert not np.any(np.array(list(weights)).T @ np.array(list(weights.values())))
    total = sum(m * system.inner(w, w) for w, m in weights.items())
    assert total == 2 * system.index(labels) * system.rank


ALGEBRAS = {
    "A4": 24,
    "B2": 10,
    "B4": 36,
    "C3": 21,
    "D4": 28,
    "D5": 45,
    "E6": 78,
    "E7": 133,
    "E8": 248,
    "F4": 52,
    "G2": 14,
}


@pytest.mark.parametrize("name", ALGEBRAS)
def test_root_systems_agree_with_sympy(name):
    peer = pytest.importorskip("sympy.liealgebras.cartan_type").CartanType(name)
    system = RootSystem.of(name)
    np.testing.assert_array_equal(system.cartan_matrix, np.array(peer.cartan_matrix()).astype(int))
    assert len(system.positive_roots) == len(peer.positive_roots())
    assert system.algebra_dimension == ALGEBRAS[name]
    # The highest root is the highest weight of the adjoint representation, whose Casimir is the dual Coxeter number.
    adjoint = tuple(int(x) for x in system.positive_roots[-1])
    assert system.dimension(adjoint) == ALGEBRAS[name]
    coxeter = {"A4": 5, "B2": 3, "B4": 7, "C3": 4, "D4": 6, "D5": 8, "E6": 12, "E7": 18, "E8": 30, "F4": 9, "G2": 4}
    assert system.casimir(adjoint) == coxeter[name]


@pytest.mark.parametrize("name", ["SU(3)", "SU(4)", "SO(5)", "SO(6)", "SO(7)", "Sp(4)", "Sp(6)"])
def test_root_systems_agree_with_the_algebras_of_the_groups(name):
    """Rank and dimension of the matrices, and the Casimir of the defining representation up to one factor."""
    G, system = named_lie_group(name), RootSystem.of(name)
    assert isinstance(G.algebra, LieAlgebra)
    assert (G.algebra.rank, G.dimension) == (system.rank, system.algebra_dimension)
    defining = (1,) + (0,) * (system.rank - 1)
    # The ratio of the Killing form to the trace form is the ratio of the indices of adjoint and defining.
    ratio = G.killing_form[0, 0] / np.trace(G.basis[0] @ G.basis[0]).real
    adjoint = tuple(int(x) for x in system.positive_roots[-1])
    np.testing.assert_allclose(ratio, float(system.index(adjoint) / system.index(defining)), rtol=1e-12)


def test_octets_and_spins_multiply_as_known():
    octet = SUIrrep((2, 1, 0))
    found = {r.dimension: m for r, m in octet.tensor(octet).items()}
    assert [(r.dimension, m) for r, m in octet.tensor(octet).items()] == [(27, 1), (10, 1), (10, 1), (8, 2), (1, 1)]
    assert sum(d * m for d, m in found.items()) + 10 == 64
    assert RootSystem("A", 1).tensor_product((3,), (2,)) == {(5,): 1, (3,): 1, (1,): 1}
    assert RootSystem.of("so(10)").tensor_product((0, 0, 0, 0, 1), (0, 0, 0, 0, 1)) == {
        (0, 0, 0, 0, 2): 1,
        (0, 0, 1, 0, 0): 1,
        (1, 0, 0, 0, 0): 1,
    }


@given(
    st.sampled_from(["A2", "A3", "B2", "C3", "D4", "G2"]),
    st.lists(st.integers(0, 2), min_size=4, max_size=4),
    st.lists(st.integers(0, 1), min_size=4, max_size=4),
)
def test_tensor_products_keep_dimension_and_index(name, one, other):
    system = RootSystem.of(name)
    a, b = tuple(one[: system.rank]), tuple(other[: system.rank])
    if system.dimension(a) * system.dimension(b) > 40_000 or system.dimension(b) > 200:
        return
    parts = system.tensor_product(a, b)
    assert min(parts.values()) > 0
    assert sum(m * system.dimension(w) for w, m in parts.items()) == system.dimension(a) * system.dimension(b)
    index = sum(m * system.index(w) for w, m in parts.items())
    assert index == system.index(a) * system.dimension(b) + system.index(b) * system.dimension(a)
    assert parts == system.tensor_product(b, a)
    dual = system.tensor_product(a, system.conjugate(a)) if system.dimension(a) <= 64 else {(0,) * system.rank: 1}
    assert dual[(0,) * system.rank] == 1


# -- SU(2), SO(3) -----------------------------------------------------------------------------------------------------

SPINS = pytest.mark.parametrize("j", [0, 0.5, 1, Fraction(3, 2), 2, 7 / 2, 6])


@SPINS
def test_spin_matrices(j):
    J = spin_matrices(j)
    f = SU(2).structure_constants
    np.testing.assert_allclose(commutators(J), 1j * np.tensordot(f, J, axes=1), atol=1e-13)
    np.testing.assert_allclose(np.einsum("aij,ajk->ik", J, J), float(j * (j + 1)) * np.eye(len(J[0])), atol=1e-12)
    np.testing.assert_allclose(np.diag(J[2]).real, float(j) - np.arange(len(J[0])))
    np.testing.assert_allclose(J, SUIrrep((int(2 * j), 0)).generators, atol=1e-13)


@SPINS
def test_spin_matrices_of_elements(j):
    g = SU(2).sample(6, rng=5)[0]
    D = spin_irrep(j, g)
    np.testing.assert_allclose(spin_irrep(j, g[0] @ g[1]), D[0] @ D[1], atol=1e-12)
    np.testing.assert_allclose(spin_irrep(j, -np.eye(2)), (-1) ** int(2 * j) * np.eye(D.shape[-1]), atol=1e-12)
    half = np.arccos(np.trace(g, axis1=1, axis2=2).real / 2)
    d = D.shape[-1]
    np.testing.assert_allclose(np.trace(D, axis1=1, axis2=2).real, np.sin(d * half) / np.sin(half), atol=1e-11)


@pytest.mark.parametrize("j", [Fraction(1, 2), Fraction(1), Fraction(3, 2), Fraction(2)])
def test_small_d_matrices_agree_with_sympy(j):
    sympy = pytest.importorskip("sympy")
    rotation = pytest.importorskip("sympy.physics.quantum.spin").Rotation
    beta = 0.7
    g = scipy.linalg.expm(-1j * beta * gell_mann(2)[1] / 2)
    found = spin_irrep(j, g)
    two = int(2 * j)
    for a, b in product(range(two + 1), repeat=2):
        m, k = (sympy.Rational(two - 2 * x, 2) for x in (a, b))
        expected = rotation.d(sympy.Rational(two, 2), m, k, sympy.Float(beta, 30)).doit()
        np.testing.assert_allclose(found[a, b], complex(expected), atol=1e-13)


def real_harmonics(l: int, x: np.ndarray) -> np.ndarray:  # noqa: E741
    """From SciPy's complex harmonics, whose Condon-Shortley phase is divided out."""
    from scipy.special import sph_harm_y

    theta, phi = np.arccos(x[:, 2]), np.arctan2(x[:, 1], x[:, 0])
    out = []
    for m in range(-l, l + 1):
        y = sph_harm_y(l, abs(m), theta, phi) * (-1) ** m * (np.sqrt(2) if m else 1)
        out.append(y.imag if m < 0 else y.real)
    return np.array(out)


@pytest.mark.parametrize("degree", [0, 1, 2, 3, 6])
def test_rotation_matrices_turn_harmonics(degree):
    g = SO(3).sample(3, rng=6)[0]
    x = np.random.default_rng(7).standard_normal((20, 3))
    x /= np.linalg.norm(x, axis=1)[:, None]
    D = so3_irrep(degree, g)
    for r, d in zip(g, D):
        np.testing.assert_allclose(real_harmonics(degree, x @ r.T), d @ real_harmonics(degree, x), atol=1e-12)
    np.testing.assert_allclose(so3_irrep(degree, g[0] @ g[1]), D[0] @ D[1], atol=1e-12)
    L = so3_generators(degree)
    np.testing.assert_allclose(commutators(L)[0, 1], L[2], atol=1e-13)
    casimir = np.einsum("aij,ajk->ik", L, L)
    np.testing.assert_allclose(casimir, -degree * (degree + 1) * np.eye(2 * degree + 1), atol=1e-12)
    half_turn = np.diag([1.0, -1.0, -1.0])
    np.testing.assert_allclose(
        real_harmonics(degree, x @ half_turn), so3_irrep(degree, half_turn) @ real_harmonics(degree, x), atol=1e-12
    )


# -- Lorentz ----------------------------------------------------------------------------------------------------------

PAIRS = pytest.mark.parametrize(("m", "n"), [(0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5), (1, 0), (1, 0.5), (1, 1.5)])


@PAIRS
def test_lorentz_generators_have_the_structure_constants_of_the_group(m, n):
    G = lorentz_generators(m, n)
    np.testing.assert_allclose(commutators(G), np.tensordot(Lorentz().structure_constants, G, axes=1), atol=1e-13)
    J, K = 1j * G[:3], G[3:]
    one = np.eye(int((2 * m + 1) * (2 * n + 1)))
    # The two Casimirs, with the physicists' boosts i K.
    first = np.einsum("aij,ajk->ik", J, J) + np.einsum("aij,ajk->ik", K, K)
    np.testing.assert_allclose(first, 2 * (m * (m + 1) + n * (n + 1)) * one, atol=1e-12)
    second = np.einsum("aij,ajk->ik", J, K)
    np.testing.assert_allclose(second, (n * (n + 1) - m * (m + 1)) * one, atol=1e-12)
    if m or n:
        boost = lorentz_irrep(m, n, [0, 0, 0, 0.3, 0.2, -0.4])
        assert np.abs(boost @ boost.conj().T - one).max() > 0.1


def test_the_vector_is_one_half_one_half():
    G, V = lorentz_generators(0.5, 0.5), Lorentz().basis
    rows = np.concatenate([np.kron(np.eye(4), g) - np.kron(v.T, np.eye(4)) for g, v in zip(G, V)])
    s = np.linalg.svd(rows, compute_uv=False)
    assert (s < 1e-12).sum() == 1
    c = 0.7 * np.random.default_rng(8).standard_normal((5, 6))
    np.testing.assert_allclose(
        np.trace(lorentz_irrep(0.5, 0.5, c), axis1=1, axis2=2), np.trace(Lorentz().exp(c), axis1=1, axis2=2), atol=1e-11
    )


@pytest.mark.parametrize(("m", "n", "sign"), [(0.5, 0, -1), (0, 0.5, 1)])
def test_weyl_spinors_cover_the_vectors(m, n, sign):
    """``A (p . sigma) A^H = (L p) . sigma`` with sigma = (1, s sigma_i) and s = -1 for left-handed spinors."""
    c = 0.6 * np.random.default_rng(9).standard_normal(6)
    A, L = lorentz_irrep(m, n, c), Lorentz().exp(c)
    np.testing.assert_allclose(np.linalg.det(A), 1, atol=1e-12)
    sigma = np.concatenate([np.eye(2)[None], sign * gell_mann(2)])
    p = np.array([1.3, 0.2, -0.7, 0.4])
    np.testing.assert_allclose(A @ np.tensordot(p, sigma, 1) @ A.conj().T, np.tensordot(L @ p, sigma, 1), atol=1e-12)


def test_conjugation_exchanges_the_two_spins():
    c = 0.5 * np.random.default_rng(10).standard_normal(6)
    left, right = lorentz_irrep(0.5, 0, c), lorentz_irrep(0, 0.5, c)
    epsilon = np.array([[0, 1], [-1, 0]])
    np.testing.assert_allclose(epsilon @ left.conj() @ epsilon.T, right, atol=1e-13)


@pytest.mark.parametrize(
    ("generators", "forms"),
    [(Lorentz().basis, [np.diag([1.0, -1, -1, -1])]), (SO(4).basis, [np.eye(4)])],
    ids=["Lorentz", "SO(4)"],
)
def test_the_invariant_metric_follows_from_the_generators(generators, forms):
    """Solutions of L^T J + J L = 0 among symmetric J: diag(1, -1, -1, -1) for the Lorentz group, alone."""
    rows = np.concatenate([np.kron(x.T, np.eye(4)) + np.kron(np.eye(4), x.T) for x in generators])
    _, s, v = np.linalg.svd(rows)
    null = [w.reshape(4, 4) for w, size in zip(v, s) if size < 1e-12]
    assert len(null) == len(forms)
    np.testing.assert_allclose(null[0] / null[0][0, 0], forms[0], atol=1e-12)
    turned = generators[:3]
    if generators is not SO(4).basis and np.allclose(turned[:, 0], 0):
        rows = np.concatenate([np.kron(x.T, np.eye(4)) + np.kron(np.eye(4), x.T) for x in turned])
        assert (np.linalg.svd(rows, compute_uv=False) < 1e-12).sum() == 2


# -- Sp(2N) -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [2, 4, 6, 8])
@pytest.mark.parametrize("form", ["blocks", "spin"])
def test_symplectic_generators(size, form):
    T, J = sp_generators(size, form), symplectic_form(size, form)
    assert len(T) == size * (size + 1) // 2
    np.testing.assert_allclose(T, T.conj().swapaxes(1, 2))
    np.testing.assert_allclose(T.swapaxes(1, 2) @ J + J @ T, np.zeros_like(T), atol=1e-15)
    np.testing.assert_allclose(np.einsum("aij,bji->ab", T, T), np.eye(len(T)) / 2, atol=1e-14)
    np.testing.assert_allclose(J @ J, -np.eye(size))
    np.testing.assert_allclose(J.T, -J)
    # The quadratic Casimir of the fundamental, (2n + 1) / 4 for Sp(2n).
    np.testing.assert_allclose(np.einsum("aij,ajk->ik", T, T), (size + 1) / 4 * np.eye(size), atol=1e-13)


def test_spin_matrices_lie_in_sp_of_the_spin_form():
    for size in (2, 4, 6):
        J = spin_matrices((size - 1) / 2)
        Sp(size, "spin").vee(-1j * J)
        with pytest.raises(InputError, match="not in the Lie algebra"):
            Sp(size, "blocks").vee(-1j * J) if size > 2 else Sp(2).vee(-1j * gell_mann(2) * 1j)


def gamma_matrices() -> np.ndarray:
    S = spin_matrices(1.5)
    anti = lambda a, b: (a @ b + b @ a) / np.sqrt(3)  # noqa: E731
    return np.array(
        [
            anti(S[0], S[1]),
            anti(S[2], S[0]),
            anti(S[2], S[1]),
            S[2] @ S[2] - 1.25 * np.eye(4),
            (S[0] @ S[0] - S[1] @ S[1]) / np.sqrt(3),
        ]
    )


def test_the_sp4_of_spin_three_halves():
    """Gamma matrices are a Clifford algebra, their commutators span sp(4), and the bond model has that symmetry."""
    gamma = gamma_matrices()
    anti = gamma[:, None] @ gamma[None] + gamma[None] @ gamma[:, None]
    np.testing.assert_allclose(anti, 2 * np.einsum("ab,ij->abij", np.eye(5), np.eye(4)), atol=1e-14)
    pairs = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    L = np.array([-0.25j * (gamma[a] @ gamma[b] - gamma[b] @ gamma[a]) for a, b in pairs])
    G = Sp(4, "spin")
    assert np.linalg.matrix_rank(G.vee(-1j * L)) == 10
    # -J0 Q0 - J2 Q2 = 1/4 [(J0 + J2) L.L + (3 J2 - J0) n.n] - (J0 + 5 J2)/16 with n = Gamma / 2.
    S = spin_matrices(1.5)
    total = np.array([np.kron(s, np.eye(4)) + np.kron(np.eye(4), s) for s in S])
    casimir = np.einsum("aij,ajk->ik", total, total).real
    values, vectors = np.linalg.eigh(casimir)
    q = {spin: vectors[:, np.abs(values - spin * (spin + 1)) < 1e-9] for spin in (0, 2)}
    Q0, Q2 = (q[spin] @ q[spin].T for spin in (0, 2))
    LL = sum(np.kron(x, x) for x in L)
    nn = sum(np.kron(x, x) for x in gamma / 2)
    for j0, j2 in ((1.0, 0.3), (0.7, 0.7), (1.0, 0.0)):
        H = -j0 * Q0 - j2 * Q2
        expected = ((j0 + j2) * LL + (3 * j2 - j0) * nn) / 4 - (j0 + 5 * j2) / 16 * np.eye(16)
        np.testing.assert_allclose(H, expected, atol=1e-14)
        g = G.sample(1, rng=11)[0][0]
        two = np.kron(g, g)
        np.testing.assert_allclose(two @ H @ two.conj().T, H, atol=1e-13)


# -- bad input --------------------------------------------------------------------------------------------------------


def test_bad_representations_are_refused():
    calls = [
        (InputError, "must not grow", lambda: SUIrrep((1, 2, 0))),
        (InputError, "N >= 2 integers", lambda: SUIrrep((1,))),
        (InputError, "N >= 2 integers", lambda: SUIrrep((1.5, 0))),
        (ShapeError, "2 Dynkin labels; got 3", lambda: SU(3).irrep((1, 1, 0))),
        (InputError, "integers >= 0", lambda: SU(3).irrep((1, -1))),
        (ClosureError, "dimension 15625", lambda: SUIrrep.from_dynkin((24, 24)).patterns),
        (InputError, "traceless; the trace is 3", lambda: SUIrrep((1, 0, 0)).algebra(np.eye(3))),
        (NotAGroupElementError, "not in SU", lambda: SUIrrep((1, 0))(2 * np.eye(2))),
        (InputError, "one group", lambda: SUIrrep((1, 0)).tensor(SUIrrep((1, 0, 0)))),
        (InputError, r"a spin is 0, 1/2", lambda: spin_matrices(0.3)),
        (InputError, r"a spin is 0, 1/2", lambda: spin_matrices(-1)),
        (InputError, "integer >= 0", lambda: so3_generators(1.5)),
        (ShapeError, r"\(\.\.\., 6\)", lambda: lorentz_irrep(0.5, 0, np.zeros(5))),
        (InputError, "even number", lambda: sp_generators(3)),
        (UnknownNameError, "did you mean 'blocks'", lambda: Sp(4, "block")),
        (UnknownNameError, "A2", lambda: RootSystem.of("su(1)")),
        (UnknownNameError, "not a simple type", lambda: RootSystem("E", 9)),
        (ShapeError, "2 Dynkin labels", lambda: RootSystem("A", 2).dimension((1,))),
        (InputError, "integers >= 0", lambda: RootSystem("A", 2).weights((1, -1))),
        (InputError, "integers >= 0", lambda: RootSystem("A", 2).weights((1, 0.5))),
        (ClosureError, "cap=10", lambda: RootSystem("A", 2).weights((5, 5), cap=10)),
        (InputError, "SO\\(n\\) needs an integer", lambda: SO(0)),
        (InputError, "SU\\(n\\) needs an integer", lambda: SU(2.0)),
    ]
    for error, text, call in calls:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [("SO(x)", "did you mean"), ("SOO(3)", r"did you mean 'SO\(3\)'"), ("banana", "known are|did you")],
)
def test_unknown_names_get_the_closest_one(name, text):
    with pytest.raises(UnknownNameError, match=text):
        named_lie_group(name)

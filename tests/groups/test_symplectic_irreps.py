"""Irreps of the compact Sp(2n) against the commutation relations, Weyl's formulas, Haar orthogonality and SO(5)."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.groups.lie import SO, Sp, SpIrrep, integrate, sp_generators, spin_matrices

#: Dynkin labels and published dimensions (Slansky, Physics Reports 79, 1981, tables for Sp(4) and Sp(6)).
DIMENSIONS = {(1,): 2, (3,): 4, (1, 0): 4, (0, 1): 5, (2, 0): 10, (0, 2): 14, (1, 1): 16, (3, 0): 20, (0, 3): 30}
DIMENSIONS |= {(2, 1): 35, (1, 0, 0): 6, (0, 1, 0): 14, (0, 0, 1): 14, (2, 0, 0): 21, (1, 1, 0): 64, (1, 0, 1): 70}
DIMENSIONS |= {(0, 0, 0): 1}
both_forms = pytest.mark.parametrize("form", ["blocks", "spin"])


@pytest.mark.parametrize("labels", DIMENSIONS, ids=str)
@both_forms
def test_generators_obey_the_algebra_and_have_the_casimir(labels, form):
    irrep = SpIrrep(labels, form)
    T = irrep.generators
    assert T.shape[-1] == irrep.dimension == DIMENSIONS[labels]
    np.testing.assert_allclose(T, T.conj().swapaxes(1, 2), atol=1e-14)
    X, f = -1j * T, Sp(irrep.size, form).structure_constants
    a, b = np.random.default_rng(0).standard_normal((2, len(T)))
    one, other = np.tensordot(a, X, axes=1), np.tensordot(b, X, axes=1)
    bracket = np.tensordot(np.einsum("a,b,abc->c", a, b, f), X, axes=1)
    np.testing.assert_allclose(one @ other - other @ one, bracket, atol=1e-11)
    casimir = sum(x @ x for x in T)
    np.testing.assert_allclose(casimir, float(irrep.casimir) * np.eye(irrep.dimension), atol=1e-12)
    # Index: tr T_a T_b = T delta_ab.
    np.testing.assert_allclose(
        np.einsum("aij,bji->ab", T, T), float(irrep.root_system.index(labels)) * np.eye(len(T)), atol=1e-11
    )
    assert Counter(map(tuple, irrep.weights.tolist())) == Counter(irrep.root_system.weights(labels))


@pytest.mark.parametrize("labels", [(1,), (0, 1), (1, 1), (0, 0, 1)], ids=str)
@both_forms
def test_matrices_of_elements_are_a_unitary_representation(labels, form):
    irrep = SpIrrep(labels, form)
    G = Sp(irrep.size, form)
    g, h = G.sample(3, rng=1)[0], G.sample(3, rng=2)[0]
    D = irrep(g)
    np.testing.assert_allclose(D @ irrep(h), irrep(g @ h), atol=1e-12)
    np.testing.assert_allclose(
        D @ D.conj().swapaxes(1, 2), np.broadcast_to(np.eye(irrep.dimension), D.shape), atol=1e-13
    )
    # The centre: -1 acts by the parity of the boxes.
    boxes = sum(k * a for k, a in enumerate(labels, 1))
    np.testing.assert_allclose(irrep(-np.eye(irrep.size)), (-1) ** boxes * np.eye(irrep.dimension), atol=1e-12)


@both_forms
def test_the_defining_representation_is_the_group_itself(form):
    g = Sp(4, form).sample(5, rng=3)[0]
    np.testing.assert_allclose(
        np.trace(SpIrrep((1, 0), form)(g), axis1=1, axis2=2), np.trace(g, axis1=1, axis2=2), atol=1e-12
    )
    # tr of the antisymmetric square is that of the five and of the singlet.
    square = (np.trace(g, axis1=1, axis2=2) ** 2 - np.trace(g @ g, axis1=1, axis2=2)) / 2
    np.testing.assert_allclose(np.trace(SpIrrep((0, 1), form)(g), axis1=1, axis2=2), square - 1, atol=1e-12)


def test_sp_2_is_the_spin_representations():
    T = SpIrrep((3,)).generators
    values = np.linalg.eigvalsh(T)
    np.testing.assert_allclose(
        values, np.broadcast_to(np.linalg.eigvalsh(spin_matrices(1.5)[2]), values.shape), atol=1e-13
    )


def test_the_five_of_sp_4_is_the_vector_of_so_5():
    """Real up to a basis, orthogonal, and with the dimension of so(5)."""
    five = SpIrrep((0, 1))
    assert five.is_real
    assert not SpIrrep((1, 0)).is_real
    X = -1j * five.generators
    # A symmetric invariant form: X^T B + B X = 0.
    rows = np.concatenate([np.kron(x.T, np.eye(5)) + np.kron(np.eye(5), x.T) for x in X])
    _, size, v = np.linalg.svd(rows)
    assert (size < 1e-10).sum() == 1
    form = v[-1].conj().reshape(5, 5)
    np.testing.assert_allclose(form, form.T, atol=1e-12)
    flat = np.concatenate([X.real, X.imag], axis=1).reshape(len(X), -1)
    assert np.linalg.matrix_rank(flat) == SO(5).dimension
    antisymmetric = SpIrrep((1, 0))
    X = -1j * antisymmetric.generators
    rows = np.concatenate([np.kron(x.T, np.eye(4)) + np.kron(np.eye(4), x.T) for x in X])
    form = np.linalg.svd(rows)[2][-1].conj().reshape(4, 4)
    np.testing.assert_allclose(form, -form.T, atol=1e-12)


def test_characters_are_orthonormal_under_haar_measure():
    irreps = [SpIrrep(labels) for labels in ((0, 0), (1, 0), (0, 1), (2, 0))]

    def products(g):
        chi = np.stack([np.trace(r(g), axis1=1, axis2=2) for r in irreps], axis=1)
        return chi[:, :, None] * chi[:, None, :].conj()

    value, error = integrate(products, Sp(4), n=6_000, seed=4)
    assert np.abs(value - np.eye(4)).max() < 5 * error.max()
    assert error.max() < 0.05


def test_tensor_products_of_spin_three_halves_fermions():
    """Two fermions of the spin-3/2 Hubbard model: 4 x 4 = 1 + 5 + 10; the ten are the adjoint."""
    four = SpIrrep((1, 0), "spin")
    found = {r.dimension: n for r, n in four.tensor(four).items()}
    assert found == {1: 1, 5: 1, 10: 1}
    assert SpIrrep((2, 0)).casimir == Fraction(3)
    adjoint = SpIrrep((2, 0), "spin")
    g = Sp(4, "spin").sample(3, rng=5)[0]
    np.testing.assert_allclose(
        np.trace(adjoint(g), axis1=1, axis2=2), np.trace(Sp(4, "spin").adjoint(g), axis1=1, axis2=2), atol=1e-12
    )
    assert Sp(4, "spin").irrep((2, 0)) == adjoint


def test_bad_irreps_are_refused():
    calls = [
        (ShapeError, "2 Dynkin labels; got 1", lambda: Sp(4).irrep((1,))),
        (InputError, "integers >= 0", lambda: Sp(4).irrep((1, -1))),
        (InputError, "n >= 1 Dynkin labels", lambda: SpIrrep(())),
        (UnknownNameError, "did you mean 'spin'", lambda: SpIrrep((1, 0), "spinn")),
        (ClosureError, "dimension 10000", lambda: SpIrrep((9, 9)).generators),
        (InputError, "one group", lambda: SpIrrep((1, 0)).tensor(SpIrrep((1, 0), "spin"))),
        (InputError, "not in the algebra", lambda: SpIrrep((1, 0)).algebra(np.eye(4))),
        (NotAGroupElementError, "not in Sp", lambda: SpIrrep((1, 0))(2 * np.eye(4))),
    ]
    for error, text, call in calls:
        with pytest.raises(error, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)


def test_the_image_of_the_algebra_is_linear_and_extends_the_generators():
    irrep = SpIrrep((1, 1))
    T = sp_generators(4)
    np.testing.assert_allclose(irrep.algebra(2 * T[0] - 3j * T[4]), 2 * irrep.generators[0] - 3j * irrep.generators[4])

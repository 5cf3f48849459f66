import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NotHermitianError, ShapeError
from symmeter.linalg import generalized_eigh


def pencil(d, seed, is_complex):
    """Gram matrices of a basis and of its image under a map: the shape of the double-commutator problem."""
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((d, d + 3))
    image = rng.standard_normal((d + 3, d + 3))
    if is_complex:
        basis = basis + 1j * rng.standard_normal(basis.shape)
        image = image + 1j * rng.standard_normal(image.shape)
    return basis, image


def grams(basis, image):
    moved = basis @ image
    return moved.conj() @ moved.T, basis.conj() @ basis.T


@settings(max_examples=30, deadline=None)
@given(d=st.integers(1, 8), seed=st.integers(0, 10**6), is_complex=st.booleans())
def test_agrees_with_scipy_when_the_metric_is_definite(d, seed, is_complex):
    a, b = grams(*pencil(d, seed, is_complex))
    found = generalized_eigh(a, b)
    expected = scipy.linalg.eigh(a, b, eigvals_only=True)
    np.testing.assert_allclose(found.eigenvalues, expected, rtol=1e-8, atol=1e-8 * expected[-1])
    c = found.vectors
    np.testing.assert_allclose(c.conj().T @ b @ c, np.eye(d), atol=1e-8)
    np.testing.assert_allclose(a @ c, b @ c * found.eigenvalues, atol=1e-7 * np.abs(a).max())
    assert found.rank == d
    assert found.dependent.size == 0


@settings(max_examples=30, deadline=None)
@given(
    d=st.integers(2, 7),
    extra=st.integers(1, 4),
    seed=st.integers(0, 10**6),
    is_complex=st.booleans(),
    exponent=st.integers(-6, 6),
)
def test_dependent_elements_change_nothing(d, extra, seed, is_complex, exponent):
    basis, image = pencil(d, seed, is_complex)
    rng = np.random.default_rng(seed + 1)
    # Integer combinations of a few elements, of any length: the kind of dependence a dictionary has.
    mix = rng.integers(-2, 3, size=(extra, d)).astype(float) * 10.0**exponent
    more = np.vstack([basis, mix @ basis])
    plain, extended = generalized_eigh(*grams(basis, image)), generalized_eigh(*grams(more, image))
    assert extended.rank == d
    assert len(extended.dependent) == extra
    np.testing.assert_allclose(extended.eigenvalues, plain.eigenvalues, rtol=1e-6, atol=1e-9 * plain.eigenvalues[-1])
    assert np.linalg.matrix_rank(basis.T @ np.vstack([np.eye(d), mix / 10.0**exponent])[extended.kept].T) == d
    assert extended.coupling < 1e-6


def test_the_fixed_oracle_of_the_double_commutator():
    r = np.array([[1, 0.5, 0], [0.5, 2, 0], [0, 0, 3]])
    e = np.zeros((3, 3, 3))
    e[0][[0, 1], [1, 0]] = [1, -1]
    e[1][[0, 2], [2, 0]] = [1, -1]
    e[2][[0, 1, 2], [1, 2, 0]] = 1
    commutators = [r @ b - b @ r for b in e]
    lhs = np.array([[np.sum(x * y) for y in commutators] for x in commutators])
    gram = np.array([[np.sum(x * y) for y in e] for x in e])
    np.testing.assert_allclose(lhs, [[4, 0, 2], [0, 8.5, -5.75], [2, -5.75, 7]])
    found = generalized_eigh(lhs, gram)
    # Characteristic polynomial of the pencil, by hand from the 3 x 3 determinants.
    for value in found.eigenvalues:
        assert abs(np.linalg.det(lhs - value * gram)) < 1e-9
    assert np.all(np.diff(found.eigenvalues) > 0)


def test_badly_scaled_but_independent_generators_are_all_kept():
    basis, image = pencil(5, 11, False)
    scale = 10.0 ** np.array([0, -7, 5, -4, 2])
    found = generalized_eigh(*grams(scale[:, None] * basis, image))
    assert found.rank == 5
    np.testing.assert_allclose(found.eigenvalues, generalized_eigh(*grams(basis, image)).eigenvalues, rtol=1e-9)


def test_an_element_that_cancelled_to_rounding_is_dropped():
    basis, image = pencil(3, 5, False)
    dust = 1e-17 * np.random.default_rng(0).standard_normal((1, 6))
    found = generalized_eigh(*grams(np.vstack([basis, dust]), image))
    assert found.dependent.tolist() == [3]


def test_coupling_reports_a_pencil_that_is_not_a_pair_of_gram_matrices():
    found = generalized_eigh(np.eye(2), np.diag([1.0, 0.0]))
    assert found.eigenvalues.tolist() == [1.0]
    # The zero element is dropped before scaling, so nothing of A couples to it in the scaled basis...
    assert found.coupling == 0.0
    # ...but a dependent pair on which A disagrees does.
    assert generalized_eigh(np.diag([1.0, 0.0]), np.ones((2, 2))).coupling > 0.5


def test_result_is_immutable():
    found = generalized_eigh(np.eye(2), np.eye(2))
    with pytest.raises(ValueError, match="read-only"):
        found.eigenvalues[0] = 3.0
    with pytest.raises(AttributeError):
        found.rank = 1


@pytest.mark.parametrize(
    ("a", "b", "error"),
    [
        (np.eye(2), np.eye(3), ShapeError),
        (np.eye(2), np.zeros((2, 2)), InputError),
        (np.eye(2), np.array([[1.0, 2.0], [2.0, 1.0]]), InputError),
        (np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2), NotHermitianError),
    ],
)
def test_bad_pencils_are_refused(a, b, error):
    with pytest.raises(error):
        generalized_eigh(a, b)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError, NotHermitianError, ShapeError
from symmeter.linalg import as_hermitian, dependent_columns, pivoted_cholesky


def gram(d, r, seed, complex_entries=False):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((d, r))
    if complex_entries:
        x = x + 1j * rng.standard_normal((d, r))
    return x @ x.conj().T


@settings(max_examples=40, deadline=None)
@given(d=st.integers(1, 12), r=st.integers(1, 12), seed=st.integers(0, 10**6), is_complex=st.booleans())
def test_factor_reproduces_the_matrix_and_its_rank(d, r, seed, is_complex):
    g = gram(d, r, seed, is_complex)
    factor, pivots, rank = pivoted_cholesky(g)
    assert rank == np.linalg.matrix_rank(g, hermitian=True, tol=1e-9 * np.abs(g).max())
    assert sorted(pivots.tolist()) == list(range(d))
    np.testing.assert_allclose(factor @ factor.conj().T, g, atol=1e-9 * np.abs(g).max())
    trapezoid = factor[pivots]
    np.testing.assert_array_equal(np.triu(trapezoid[:rank], 1), 0)


def test_kept_columns_span_and_dependent_ones_are_named():
    rng = np.random.default_rng(3)
    b = rng.standard_normal((5, 9))
    stacked = np.vstack([b, b[0] + b[3], 2 * b[2], np.zeros(9)])
    out = dependent_columns(stacked @ stacked.T)
    assert len(out) == 3
    assert 7 in out
    kept = np.setdiff1d(np.arange(8), out)
    assert np.linalg.matrix_rank(stacked[kept]) == 5
    assert np.intersect1d(out, [2, 6]).size == 1
    assert np.intersect1d(out, [0, 3, 5]).size == 1


def test_short_elements_survive_the_scaled_test_and_cancelled_ones_do_not():
    b = np.array([[1.0, 0, 0], [0, 1e-9, 0], [0, 0, 1.0], [1e-17, 0, 0]])
    assert dependent_columns(b @ b.T).tolist() == [3]
    assert dependent_columns(b @ b.T, scaled=False).tolist() == [1, 3]


def test_max_rank_stops_early():
    assert pivoted_cholesky(np.eye(4), max_rank=2).rank == 2


def test_zero_matrix_has_rank_zero():
    assert pivoted_cholesky(np.zeros((3, 3))).rank == 0


@pytest.mark.parametrize(
    ("matrix", "error", "words"),
    [
        (np.diag([1.0, -1.0]), InputError, "positive semidefinite"),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), InputError, "positive semidefinite"),
        (np.ones((2, 3)), ShapeError, "square"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), NonFiniteError, r"2 entries .*first at \(0, 1\)"),
        (np.array([[1.0, 0.5], [0.0, 1.0]]), NotHermitianError, "symmetric"),
        (np.array([[1.0, 0.5j], [0.5j, 1.0]]), NotHermitianError, "Hermitian"),
    ],
)
def test_bad_matrices_are_named(matrix, error, words):
    with pytest.raises(error, match=words) as caught:
        pivoted_cholesky(matrix)
    assert "\n" not in str(caught.value)


def test_as_hermitian_removes_rounding_and_keeps_the_input():
    a = np.array([[1.0, 2.0], [2.0 + 1e-12, 3.0]])
    before = a.copy()
    out = as_hermitian(a)
    np.testing.assert_array_equal(out, out.T)
    np.testing.assert_array_equal(a, before)

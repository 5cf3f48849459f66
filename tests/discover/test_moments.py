"""Second moments: exact sums, degrees of freedom, fourth moments, and the errors for unusable input."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover.moments import moments_of_covariance, moments_of_samples
from symmeter.errors import InputError, NonFiniteError, NotHermitianError, SampleSizeError, ShapeError


def test_covariance_is_numpys() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 5)) + 7.0
    m = moments_of_samples(x)
    np.testing.assert_allclose(m.covariance, np.cov(x.T), atol=1e-12)
    assert m.n == 29
    np.testing.assert_allclose(m.mean, x.mean(0))
    z = x + 1j * rng.standard_normal((30, 5))
    m = moments_of_samples(z)
    # NumPy conjugates the second factor too: R_ij = <x_i conj(x_j)>.
    np.testing.assert_allclose(m.covariance, np.cov(z.T), atol=1e-12)
    assert m.is_complex
    raw = moments_of_samples(x, center=False)
    np.testing.assert_allclose(raw.covariance, x.T @ x / 30)
    assert raw.n == 30


def test_kept_rows_have_the_covariance_as_their_mean_square() -> None:
    x = np.random.default_rng(1).standard_normal((40, 4)) @ np.diag([1.0, 2.0, 3.0, 4.0])
    m = moments_of_samples(x)
    np.testing.assert_allclose(m.rows.T @ m.rows / len(m.rows), m.covariance, atol=1e-12)
    assert len(moments_of_samples(np.random.default_rng(2).standard_normal((5000, 2))).rows) == 5000


def test_rows_are_kept_at_random_and_reproducibly() -> None:
    x = np.arange(8000.0).reshape(4000, 2) + np.random.default_rng(0).standard_normal((4000, 2))
    a, b, c = (moments_of_samples(x, rng=seed).rows for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    # A trend along the table would bias the first rows.
    assert abs(a[:, 0].mean()) < 0.1 * x[:, 0].std()


def test_thin_factor_when_samples_are_few() -> None:
    x = np.random.default_rng(0).standard_normal((6, 20))
    m = moments_of_samples(x)
    np.testing.assert_allclose(m.factor @ m.factor.T, m.covariance, atol=1e-12)
    assert moments_of_samples(x.T).factor is None


def test_fourth_moments_gaussian_formula_against_the_sample() -> None:
    rng = np.random.default_rng(0)
    root = rng.standard_normal((4, 4))
    for complex_data in (False, True):
        z = rng.standard_normal((200_000, 4))
        if complex_data:
            z = (z + 1j * rng.standard_normal((200_000, 4))) / np.sqrt(2)
        x = z @ root.T
        gaussian, free = (moments_of_samples(x, gaussian=g, center=False) for g in (True, False))
        assert gaussian.is_distribution_free is False
        sample = (x * (np.abs(x) ** 2).sum(1)[:, None]).T @ x.conj() / len(x)
        scale = np.abs(sample).max()
        assert np.abs(gaussian.quartic_weight - sample).max() < 0.03 * scale
        assert gaussian.fourth_norm == pytest.approx(((np.abs(x) ** 2).sum(1) ** 2).mean(), rel=0.03)
        # The distribution-free weight is the mean over the kept rows, exactly.
        y = free.rows
        np.testing.assert_allclose(
            free.quartic_weight, (y * (np.abs(y) ** 2).sum(1)[:, None]).T @ y.conj() / len(y), rtol=1e-10, atol=1e-10
        )


def test_traces_and_spectrum() -> None:
    r = np.array([[2.0, 1.0], [1.0, 3.0]])
    m = moments_of_covariance(r, 10)
    assert (m.trace, m.squared, m.n, m.is_exact) == (5.0, 15.0, 10, False)
    np.testing.assert_allclose(m.spectrum, np.linalg.eigvalsh(r))
    assert moments_of_covariance(r).is_exact
    assert moments_of_covariance(np.array([[2, 1], [1, 3]])).covariance.dtype == float


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: moments_of_samples(np.zeros(4)), ShapeError, r"n rows and M columns; got an array of shape \(4,\)"),
        (lambda: moments_of_samples(np.zeros((5, 1))), ShapeError, "at least two columns; the data have 1"),
        (lambda: moments_of_samples(np.zeros((2, 3))), SampleSizeError, "2 samples cannot show .* at least 3"),
        (lambda: moments_of_samples(np.zeros((1, 3))), SampleSizeError, "1 sample cannot show"),
        (lambda: moments_of_samples(np.array([["a", "b"]] * 4)), InputError, "samples must be numbers; got an array"),
        (lambda: moments_of_covariance(np.zeros((2, 3))), ShapeError, r"square matrix; got shape \(2, 3\)"),
        (lambda: moments_of_covariance(np.ones((1, 1))), ShapeError, "the covariance is 1 x 1"),
        (lambda: moments_of_covariance(np.eye(3), 2), SampleSizeError, "n = 2: .* at least 3 samples"),
        (lambda: moments_of_covariance(np.eye(3), 4.5), SampleSizeError, "n = 4.5: .* whole number"),
        (lambda: moments_of_covariance(np.array([["a", "b"], ["c", "d"]])), InputError, "holds numbers"),
    ],
)
def test_errors(build, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        build()


def test_an_asymmetric_covariance_is_refused_with_its_asymmetry() -> None:
    r = np.eye(3)
    r[0, 2] = 0.25
    with pytest.raises(NotHermitianError, match=r"not symmetric: entries \(0,2\) and \(2,0\) differ by 0\.25"):
        moments_of_covariance(r)
    # A complex symmetric matrix is not Hermitian.
    with pytest.raises(NotHermitianError, match=r"not Hermitian: entries \(0,1\) and \(1,0\) differ by 2 "):
        moments_of_covariance(np.array([[1.0, 1j], [1j, 1.0]]))
    rounding = np.eye(3)
    rounding[0, 1] = 1e-10
    fixed = moments_of_covariance(rounding).covariance
    np.testing.assert_array_equal(fixed, fixed.T)


def test_values_that_are_not_finite_are_counted_and_located() -> None:
    x = np.zeros((10, 4))
    x[3, 2], x[7, 0] = np.nan, np.inf
    with pytest.raises(NonFiniteError, match="samples: 2 values are NaN or infinite, the first at row 3, column 2"):
        moments_of_samples(x)
    r = np.eye(3)
    r[1, 1] = np.nan
    with pytest.raises(NonFiniteError, match="covariance: 1 value is NaN or infinite, the first at row 1, column 1"):
        moments_of_covariance(r)

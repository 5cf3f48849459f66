"""Real and complex harmonics against closed forms, SciPy, quadrature, and the peer package whose order we follow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, ShapeError, UnknownNameError
from symmeter.representations import (
    complex_sph_harm,
    gauss_legendre_grid,
    real_sph_harm,
    real_sph_harm_gradient,
    unit_vectors,
)

RNG = np.random.default_rng(11)
POINTS = RNG.standard_normal((40, 3))
UNIT = POINTS / np.linalg.norm(POINTS, axis=1, keepdims=True)


def test_degree_two_in_closed_form_with_polar_axis_z():
    x, y, z = UNIT.T
    ours = real_sph_harm(UNIT, 2, axis="z")
    a = np.sqrt(15 / (4 * np.pi))
    expected = [
        np.full(len(x), 1 / np.sqrt(4 * np.pi)),
        *(np.sqrt(3 / (4 * np.pi)) * c for c in (y, z, x)),
        a * x * y,
        a * y * z,
        np.sqrt(5 / (16 * np.pi)) * (3 * z * z - 1),
        a * x * z,
        a / 2 * (x * x - y * y),
    ]
    np.testing.assert_allclose(ours, np.stack(expected, 1), atol=1e-14)


def test_polar_axis_y_orders_degree_one_as_x_y_z():
    np.testing.assert_allclose(real_sph_harm(UNIT, 1)[:, 1:], np.sqrt(3 / (4 * np.pi)) * UNIT, atol=1e-15)
    np.testing.assert_allclose(
        real_sph_harm(UNIT, 8), real_sph_harm(UNIT[:, [2, 0, 1]], 8, axis="standard"), atol=1e-15
    )


def test_values_at_the_pole():
    y = real_sph_harm([0.0, 1.0, 0.0], 12)
    ell = np.arange(13)
    np.testing.assert_allclose(y[ell * ell + ell], np.sqrt((2 * ell + 1) / (4 * np.pi)), rtol=1e-14)
    y[ell * ell + ell] = 0
    assert np.abs(y).max() < 1e-15


@pytest.mark.parametrize("degree", [1, 7, 40, 100])
def test_complex_harmonics_agree_with_scipy(degree):
    sph_harm_y = pytest.importorskip("scipy.special", minversion=None).sph_harm_y
    theta, phi = RNG.uniform(0.01, np.pi - 0.01, 12), RNG.uniform(-np.pi, np.pi, 12)
    ours = complex_sph_harm(unit_vectors(theta, phi), degree)
    for ell in {0, 1, degree // 2, degree}:
        for m in range(-ell, ell + 1):
            np.testing.assert_allclose(
                ours[:, ell * ell + ell + m], sph_harm_y(ell, m, theta, phi), atol=3e-14 * max(degree, 1)
            )


@given(st.integers(0, 60), st.integers(0, 2**31))
def test_addition_theorem(degree, seed):
    r = np.random.default_rng(seed).standard_normal((2, 3))
    r /= np.linalg.norm(r, axis=1, keepdims=True)
    y = real_sph_harm(r, degree)[:, degree**2 :]
    series = np.zeros(degree + 1)
    series[degree] = (2 * degree + 1) / (4 * np.pi)
    expected = np.polynomial.legendre.legval(r[0] @ r[1], series)
    assert abs(y[0] @ y[1] - expected) < 1e-13 * (degree + 1) ** 2


@pytest.mark.parametrize("axis", ["y", "z"])
def test_orthonormal_by_quadrature(axis):
    grid = gauss_legendre_grid(48)
    y = real_sph_harm(grid.points, 24, axis=axis)
    np.testing.assert_allclose((y.T * grid.weights) @ y, np.eye(625), atol=2e-13)


@pytest.mark.parametrize(("normalization", "total"), [("component", lambda n: n), ("norm", lambda n: 1 + 0 * n)])
def test_other_normalizations(normalization, total):
    y = real_sph_harm(UNIT, 6, normalization=normalization)
    for ell in range(7):
        square = (y[:, ell * ell : (ell + 1) ** 2] ** 2).sum(1)
        np.testing.assert_allclose(square, total(2 * ell + 1), rtol=1e-13)


def test_solid_harmonics_are_homogeneous_and_directions_ignore_length():
    solid, unit = real_sph_harm(2 * UNIT, 7, normalize=False), real_sph_harm(UNIT, 7)
    ell = np.repeat(np.arange(8), 2 * np.arange(8) + 1)
    np.testing.assert_allclose(solid, unit * 2.0**ell, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(real_sph_harm(1e-200 * UNIT, 7), unit, atol=1e-13)
    np.testing.assert_allclose(real_sph_harm(1e200 * UNIT, 7), unit, atol=1e-13)


def test_solid_harmonics_satisfy_laplace():
    r, h = np.array([0.3, -0.7, 0.5]), 1e-3
    steps = np.concatenate([np.eye(3), -np.eye(3)]) * h
    laplacian = (real_sph_harm(r + steps, 5, normalize=False) - real_sph_harm(r, 5, normalize=False)).sum(0) / h**2
    assert np.abs(laplacian).max() < 1e-4


def test_a_zero_vector_among_others():
    y = real_sph_harm([[0.0, 0.0, 0.0], [0.0, 2.0, 0.0]], 4)
    np.testing.assert_allclose(y[0], [1 / np.sqrt(4 * np.pi)] + [0] * 24)
    np.testing.assert_allclose(y[1], real_sph_harm([0.0, 1.0, 0.0], 4), atol=1e-15)


def test_single_precision_keeps_its_type_and_its_digits():
    y = real_sph_harm(UNIT.astype(np.float32), 10)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, real_sph_harm(UNIT, 10), atol=2e-5)
    high = real_sph_harm(UNIT.astype(np.float32), 200)
    assert high.dtype == np.float32
    assert np.isfinite(high).all()


def test_degree_1000_is_finite_and_obeys_the_addition_theorem():
    r = np.concatenate([UNIT[:3], [[1e-9, 1.0, 1e-9]]])
    y = real_sph_harm(r, 1000)[:, 1000**2 :]
    np.testing.assert_allclose((y**2).sum(1), 2001 / (4 * np.pi), rtol=1e-9)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("normalize", [True, False])
def test_gradient_agrees_with_differences(axis, normalize):
    values, gradient = real_sph_harm_gradient(POINTS, 6, axis=axis, normalize=normalize, normalization="component")
    options = {"axis": axis, "normalize": normalize, "normalization": "component"}
    np.testing.assert_allclose(values, real_sph_harm(POINTS, 6, **options), rtol=1e-12, atol=1e-11)
    h = 1e-6
    for a in range(3):
        step = h * np.eye(3)[a]
        numeric = (real_sph_harm(POINTS + step, 6, **options) - real_sph_harm(POINTS - step, 6, **options)) / (2 * h)
        scale = np.abs(numeric).max(axis=0) + 1
        assert (np.abs(gradient[:, a] - numeric) / scale).max() < 1e-7


@pytest.mark.parametrize("normalization", ["integral", "component", "norm"])
def test_agree_with_e3nn(normalization):
    torch = pytest.importorskip("torch")
    o3 = pytest.importorskip("e3nn.o3")
    theirs = o3.spherical_harmonics(list(range(11)), torch.tensor(POINTS), True, normalization=normalization)
    np.testing.assert_allclose(real_sph_harm(POINTS, 10, normalization=normalization), theirs.numpy(), atol=1e-12)


def test_bad_input_is_named():
    with pytest.raises(ShapeError, match="last axis"):
        real_sph_harm(np.zeros((3, 2)), 1)
    with pytest.raises(InputError, match="must be >= 0"):
        real_sph_harm(UNIT, -1)
    with pytest.raises(InputTypeError, match="whole number"):
        real_sph_harm(UNIT, 1.5)
    with pytest.raises(UnknownNameError, match="axis is 'x'"):
        real_sph_harm(UNIT, 1, axis="x")
    with pytest.raises(UnknownNameError, match="integral, component, norm"):
        real_sph_harm(UNIT, 1, normalization="unit")
    with pytest.raises(InputTypeError, match="complex"):
        real_sph_harm(UNIT + 0j, 1)
    with pytest.raises(InputError, match="zero vector"):
        real_sph_harm_gradient(np.zeros(3), 2)
    with pytest.raises(InputError, match="1400"):
        real_sph_harm(UNIT, 2000)


def test_the_points_of_the_caller_stay_as_they_are():
    # A single point is contiguous either way round, so that a view of it would be normalised in place.
    point = np.array([[0.0, 0.0, 2.0]])
    point.setflags(write=False)
    values = real_sph_harm(point, 2)
    assert point.tolist() == [[0.0, 0.0, 2.0]]
    assert np.allclose(values, real_sph_harm(np.array([[0.0, 0.0, 2.0], [1.0, 0.0, 0.0]]), 2)[:1])

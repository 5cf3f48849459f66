"""Sphere grids integrate what they say, and fail where they say."""

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.representations import fibonacci_grid, gauss_legendre_grid, lebedev_grid, real_sph_harm


def monomial_integral(a, b, c):
    """Integral of x^a y^b z^c over the unit sphere (Folland 2001)."""
    from math import gamma

    if a % 2 or b % 2 or c % 2:
        return 0.0
    p, q, r = ((v + 1) / 2 for v in (a, b, c))
    return 2 * gamma(p) * gamma(q) * gamma(r) / gamma(p + q + r)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("degree", [0, 1, 2, 5, 12])
def test_gauss_legendre_is_exact_for_all_monomials(degree, axis):
    grid = gauss_legendre_grid(degree, axis=axis)
    x, y, z = grid.points.T
    assert len(grid) == (degree // 2 + 1) * (degree + 1)
    for a in range(degree + 1):
        for b in range(degree + 1 - a):
            for c in range(degree + 1 - a - b):
                assert abs(grid.integrate(x**a * y**b * z**c) - monomial_integral(a, b, c)) < 1e-13


@pytest.mark.parametrize(("rows", "columns"), [(9, 21), (11, 20)])
def test_one_row_or_column_too_few_is_far_off(rows, columns):
    """Negative control: degree 20 needs 11 x 21 points."""
    full, short = gauss_legendre_grid(20), gauss_legendre_grid(20, n_theta=rows, n_phi=columns)
    assert full.degree == 20
    assert short.degree < 20

    def error(grid):
        y = real_sph_harm(grid.points, 10)
        return np.abs((y.T * grid.weights) @ y - np.eye(121)).max()

    assert error(full) < 1e-13
    assert error(short) > 1e-2


@pytest.mark.parametrize("degree", [3, 6, 17, 31, 40, 131])
def test_lebedev_rules(degree):
    grid = lebedev_grid(degree)
    assert grid.degree >= degree
    half = min(grid.degree // 2, 12)
    y = real_sph_harm(grid.points, half)
    np.testing.assert_allclose((y.T * grid.weights) @ y, np.eye((half + 1) ** 2), atol=1e-11)


def test_fibonacci_with_exact_and_with_equal_weights():
    exact = fibonacci_grid(300, degree=12)
    y = real_sph_harm(exact.points, 6)
    np.testing.assert_allclose((y.T * exact.weights) @ y, np.eye(49), atol=1e-12)
    assert exact.weights.min() > 0
    k = np.sqrt(0.89)
    integral = 4 * np.pi * np.sinh(k) / k

    def error(n):
        grid = fibonacci_grid(n)
        assert np.ptp(grid.weights) == 0
        return abs(grid.integrate(np.exp(grid.points @ np.array([0.3, -0.8, 0.4]))) - integral) / integral

    # Eight times the points: faster than 1/n.
    assert error(4000) < error(500) / 8
    assert error(4000) < 1e-5


@pytest.mark.parametrize("grid", [gauss_legendre_grid(16), fibonacci_grid(600, degree=16), lebedev_grid(16)], ids=repr)
@pytest.mark.parametrize("axis", ["y", "z"])
def test_analysis_undoes_synthesis(grid, axis):
    c = np.random.default_rng(1).standard_normal((3, 81))
    np.testing.assert_allclose(grid.analyse(grid.synthesise(c, axis), 8, axis), c, atol=1e-10)
    assert grid.weights.sum() == pytest.approx(4 * np.pi, rel=1e-13)
    np.testing.assert_allclose(np.linalg.norm(grid.points, axis=1), 1, rtol=1e-13)


def test_bad_input_is_named():
    grid = gauss_legendre_grid(6)
    with pytest.raises(InputError, match="needs 8"):
        grid.analyse(np.zeros(len(grid)), 4)
    with pytest.raises(ShapeError, match="one value per point, 28"):
        grid.integrate(np.zeros(5))
    with pytest.raises(InputError, match="at least 81"):
        fibonacci_grid(50, degree=8)
    with pytest.raises(InputError, match="131"):
        lebedev_grid(132)
    with pytest.raises(InputError, match="empty"):
        gauss_legendre_grid(3, n_phi=0)
    with pytest.raises(InputError, match="larger than"):
        gauss_legendre_grid(100_000)
    assert grid.integrate([1.0] * len(grid)) == pytest.approx(4 * np.pi)

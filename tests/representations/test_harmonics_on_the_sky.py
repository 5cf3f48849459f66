"""Overlap functions of pulsar pairs: harmonics, quadrature and Wigner matrices against printed numbers.

The integrand jumps at the direction opposite to a pulsar, so that quadrature converges slowly: the check of the
closed forms on 800 x 1600 directions reached 9e-6, which is the tolerance here.
"""

from functools import cache

import numpy as np
import pytest

from symmeter.representations import (
    complex_sph_harm,
    gauss_legendre_grid,
    matrix_from_euler,
    real_sph_harm,
    real_to_complex,
    wigner_D,
)

QUADRATURE = 9e-6
BETA = 3 / (8 * np.pi)


@cache
def directions(degree=500):
    grid = gauss_legendre_grid(degree, axis="z")
    return grid.points, grid.weights


def response(p, k):
    """F^+ and F^x of a pulsar at p for waves that travel along k."""
    theta, phi = np.arccos(k[:, 2]), np.arctan2(k[:, 1], k[:, 0])
    along = np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)], axis=1) @ p
    across = np.stack([-np.sin(phi), np.cos(phi), 0 * phi], axis=1) @ p
    return np.stack([(along**2 - across**2) / 2, along * across]) / (1 + k @ p)


def kernel(a, b, grid_degree=500):
    k, weights = directions(grid_degree)
    return (response(a, k) * response(b, k)).sum(axis=0) * weights


@cache
def gamma(zeta, degree, grid_degree=500):
    a, b = np.array([0.0, 0, 1]), np.array([np.sin(zeta), 0, np.cos(zeta)])
    return kernel(a, b, grid_degree) @ complex_sph_harm(directions(grid_degree)[0], degree)


@pytest.mark.parametrize(
    ("zeta", "l", "m", "value"),
    [
        (0.7, 0, 0, 0.2199334372),
        (0.7, 1, 0, 0.0053447270),
        (0.7, 1, 1, -0.0013795495),
        (0.7, 2, 0, -0.2448631777),
        (0.7, 2, 1, 0.2037301442),
        (0.7, 2, 2, 0.1838589781),
        (0.7, 3, 2, -0.1344526404),
        (0.7, 6, 0, 0.0878343889),
        (0.7, 6, 3, -0.0514419110),
        (0.7, 8, 1, -0.0523137333),
        (0.7, 8, 8, 0.0035199506),
        (1.1, 0, 0, -0.2364165405),
        (1.1, 1, 0, 0.2136454537),
        (1.1, 2, 0, 0.0277900603),
        (1.1, 3, 3, 0.1435006655),
    ],
)
def test_overlap_functions_in_the_frame_of_the_pair(zeta, l, m, value):  # noqa: E741
    found = gamma(zeta, 8)
    assert abs(found[l * l + l + m] - value) < QUADRATURE
    # Gamma is real, and Gamma_l,-m = (-1)^m Gamma_lm.
    assert abs(found[l * l + l - m] - (-1) ** m * value) < QUADRATURE


def direction(right_ascension, declination):
    return np.array(
        [
            np.cos(declination) * np.cos(right_ascension),
            np.cos(declination) * np.sin(right_ascension),
            np.sin(declination),
        ]
    )


def test_a_pair_of_pulsars_on_the_sky():
    """J1713+0747 and J1909-3744, positions from their names, in the real basis; and the same by rotating the frame."""
    turn = lambda h, m: 2 * np.pi * (h + m / 60) / 24  # noqa: E731
    a = direction(turn(17, 13), np.radians(7 + 47 / 60))
    b = direction(turn(19, 9), -np.radians(37 + 44 / 60))
    zeta = 2 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))
    assert np.degrees(zeta) == pytest.approx(52.9539961, abs=1e-7)
    expected = np.array([-0.00885667, -0.02235964, -0.00617607, 0.00042455, 0.01155903, -0.02096432, 0.03229308,
                         -0.03989317, 0.01121275])  # fmt: skip
    direct = BETA * kernel(a, b, 1000) @ real_sph_harm(directions(1000)[0], 2, axis="z")
    # Both jumps lie off the axis of the grid here, where its error is ten times that of the frame of the pair.
    np.testing.assert_allclose(direct, expected, atol=10 * BETA * QUADRATURE)
    # R = Rz(phi) Ry(theta) Rz(gamma) takes the frame of the pair to the sky.
    theta, phi = np.arccos(a[2]), np.arctan2(a[1], a[0])
    first = matrix_from_euler(phi, theta, 0.0)
    x, y, _ = first.T @ b
    turned = matrix_from_euler(phi, theta, np.arctan2(y, x))
    for ell in range(3):
        own = gamma(zeta, 2, 1000)[ell * ell : (ell + 1) ** 2]
        # Functions at turned points: the conjugate of exp(-i m phi) d exp(-i m' gamma).
        sky = wigner_D(ell, turned, "complex").conj() @ own
        real = np.linalg.solve(real_to_complex(ell), BETA * sky)
        np.testing.assert_allclose(real, expected[ell * ell : (ell + 1) ** 2], atol=BETA * QUADRATURE)
        # Independent of the frame.
        assert (np.abs(sky) ** 2).sum() == pytest.approx((np.abs(own) ** 2).sum(), rel=1e-12)

"""Skies and fits: closed forms, coverage, false alarms, and recoveries with the uncertainties that were promised."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.representations import real_sph_harm
from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT

NAMES = list(SIXTY_EIGHT)
ISOTROPIC = np.sqrt(4 * np.pi)


@pytest.fixture(scope="module")
def array():
    return pta.Array.from_jnames(NAMES)


# ---- skies -----------------------------------------------------------------------------------------------------------


def test_the_square_of_a_function():
    # b00 = 1, b10 = 0.3, b11 = 0.2 + 0.1 i complex; real components carry sqrt(2) (-1)^m.
    b = np.array([1.0, -np.sqrt(2) * 0.1, 0.3, -np.sqrt(2) * 0.2])
    assert (b**2).sum() == pytest.approx(1.19)
    c = pta.square(b).c
    expected = {(0, 0): 3.544908, (1, 0): 1.787348, (2, 0): 0.106577}
    for (ell, m), value in expected.items():
        assert c[ell * ell + ell + m] == pytest.approx(value, abs=1e-6)
    for (ell, m), value in {
        (1, 1): 1.191566 + 0.595783j,
        (2, 1): 0.276895 + 0.138447j,
        (2, 2): 0.097897 + 0.130529j,
    }.items():
        scale = np.sqrt(2) * (-1.0) ** m
        assert c[ell * ell + ell + m] == pytest.approx(scale * value.real, abs=1e-5)
        assert c[ell * ell + ell - m] == pytest.approx(scale * value.imag, abs=1e-5)
    points = np.random.default_rng(0).standard_normal((50, 3))
    direct = (real_sph_harm(points, 1, axis="z") @ b) ** 2 * 4 * np.pi / 1.19
    assert np.allclose(pta.square(b).values(points), direct, atol=1e-12)
    assert pta.square(b).least >= 0


def test_equal_sources_have_a_white_spectrum():
    rng = np.random.default_rng(1)
    n = 40
    mean = np.mean([n * pta.population(n, lmax=3, weights=np.ones(n), rng=rng).spectrum for _ in range(400)], axis=0)
    # A mean of 2 l + 1 squares, 400 times: standard errors are below 0.05.
    assert np.allclose(mean[1:], 1.0, atol=0.15)
    assert mean[0] == pytest.approx(n)


def test_one_over_the_effective_number_of_sources():
    medians = {n: np.median([pta.population(n, lmax=0, seed=k).shot_noise for k in range(60)]) for n in (1000, 10000)}
    assert medians[1000] == pytest.approx(0.0056, rel=0.25)
    assert medians[10000] == pytest.approx(0.00120, rel=0.25)


# ---- linear fits -----------------------------------------------------------------------------------------------------


def _dipole() -> np.ndarray:
    c = np.zeros(4)
    c[0], c[2] = ISOTROPIC, 0.5 * ISOTROPIC
    return c


def test_a_dipole_is_recovered_with_fisher_errors(array):
    rng = np.random.default_rng(2)
    truth, sigma = _dipole(), 0.1
    clean = array.orf(truth)
    fisher = pta.fisher_matrix(array, 1, sigma)
    promised = np.sqrt(np.diag(np.linalg.inv(fisher)))
    first = pta.AnisotropyFit(array, clean, sigma, 1)
    assert np.allclose(first.c_lm, truth, atol=1e-10)
    assert np.allclose(np.sqrt(np.diag(first.cov)), promised)
    inverse = first.cov @ first._design.T
    draws = (inverse @ (clean + sigma * rng.standard_normal((500, len(clean)))).T / sigma).T
    assert draws[:, 2].mean() == pytest.approx(1.772, abs=4 * promised[2] / np.sqrt(500))
    assert np.allclose(draws.std(0) / promised, 1.0, atol=0.13)
    covered = np.abs(draws[:, 2] - truth[2]) < 1.645 * promised[2]
    assert covered.mean() == pytest.approx(0.90, abs=0.04)


@pytest.mark.parametrize(("lmax", "condition"), [(2, 23.6), (6, 576.0)])
def test_condition_numbers(array, lmax, condition):
    assert pta.AnisotropyFit(array, array.orf(), 0.1, lmax).condition == pytest.approx(condition, rel=0.02)


def test_false_alarms_are_uniform(array):
    rng = np.random.default_rng(3)
    clean = array.orf()
    p = np.sort([
        pta.AnisotropyFit(array, clean + 0.1 * rng.standard_normal(len(clean)), 0.1, 2).p_value() for _ in range(300)
    ])  # fmt: skip
    # Kolmogorov's distance at the level of one in a thousand.
    assert np.abs(p - (np.arange(300) + 0.5) / 300).max() < 1.95 / np.sqrt(300)


def test_a_covariance_of_pairs(array):
    rng = np.random.default_rng(5)
    small = pta.Array.from_jnames(NAMES[:9])
    p = len(small.pairs)
    root = 0.1 * (np.eye(p) + 0.1 * rng.standard_normal((p, p)))
    cov = root @ root.T
    rho = small.orf(_dipole()) + root @ rng.standard_normal(p)
    fit = pta.AnisotropyFit(small, rho, cov, 1)
    b = pta.BETA * small.orf_basis(1)
    inverse = np.linalg.inv(cov)
    expected = np.linalg.solve(b.T @ inverse @ b, b.T @ inverse @ rho)
    assert np.allclose(fit.c_lm, expected, atol=1e-9)
    assert fit.chi2() == pytest.approx(float((rho - b @ expected) @ inverse @ (rho - b @ expected)))


def test_noise_is_taken_off_the_spectrum(array):
    rng = np.random.default_rng(6)
    clean = array.orf()
    found = [pta.AnisotropyFit(array, clean + 0.3 * rng.standard_normal(len(clean)), 0.3, 2).C_l for _ in range(200)]
    error = np.std(found, axis=0) / np.sqrt(200)
    assert np.all(np.abs(np.mean(found, axis=0)[1:]) < 4 * error[1:])


def test_a_held_monopole_and_upper_limits(array):
    rho = array.orf(_dipole()) + 0.1 * np.random.default_rng(7).standard_normal(len(array.pairs))
    held = pta.AnisotropyFit(array, rho, 0.1, 2, fixed_monopole=True)
    assert held.c_lm[0] == pytest.approx(ISOTROPIC)
    assert held.cov[0, 0] == 0
    limit = held.upper_limit(1, rng=np.random.default_rng(0))
    # The dipole itself: its square over three orders and the monopole's.
    assert 0.25 / 3 < limit < 2 * 0.25 / 3


# ---- positive fits and maps ------------------------------------------------------------------------------------------


def test_a_positive_fit_finds_a_positive_sky(array):
    b = np.array([1.0, 0.1, 0.5, -0.3])
    truth = pta.square(b)
    fit = pta.AnisotropyFit(array, array.orf(truth.c), 0.05, 2, basis="sqrt")
    assert np.allclose(fit.c_lm, truth.c, atol=1e-4)
    assert fit.power.least > -1e-9
    noisy = array.orf() + 0.5 * np.random.default_rng(8).standard_normal(len(array.pairs))
    linear, positive = (pta.AnisotropyFit(array, noisy, 0.5, 2, basis=k) for k in ("linear", "sqrt"))
    assert linear.power.least < 0 <= positive.power.least + 1e-9
    assert positive.p_value(20, np.random.default_rng(9)) > 0.04


def test_radiometer_points_at_a_single_source(array):
    k = np.array([[0.2, -0.7, 0.6]])
    k /= np.linalg.norm(k)
    from symmeter.signals.pta.information import point_kernel

    rho = 4 * np.pi * pta.BETA * point_kernel(array, k)[:, 0]
    grid = pta.healpix_directions(13)
    power, error = pta.radiometer_map(array, rho, 0.1, np.vstack((k, grid)))
    assert power[0] == pytest.approx(1.0)
    assert (error > 0).all()
    snr = power / error
    assert np.degrees(np.arccos(np.clip(grid[np.argmax(snr[1:])] @ k[0], -1, 1))) < 6


def test_the_kernel_of_one_direction_is_the_sum_of_its_harmonics(array):
    from symmeter.signals.pta.information import point_kernel

    small = pta.Array.from_jnames(NAMES[:6])
    points = np.random.default_rng(1).standard_normal((4000, 3))
    kernel = point_kernel(small, points)
    # Mean over directions of the kernel times a harmonic, by Monte Carlo.
    y = real_sph_harm(points, 2, axis="z")
    products = kernel[:, :, None] * y[None] * 4 * np.pi
    error = products.std(1) / np.sqrt(len(points))
    assert np.all(np.abs(products.mean(1) - small.orf_basis(2)) < 5 * error + 1e-12)


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda a: pta.AnisotropyFit(a, np.zeros(5), 0.1, 1), ShapeError, "2278 pairs"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), -0.1, 1), InputError, "positive and finite"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), np.ones(7), 1), ShapeError, "one for each"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 1, basis="sqr"), UnknownNameError, "did you mean 'sqrt'"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 3, basis="sqrt"), InputError, "even"),
        (lambda a: pta.AnisotropyFit(a, a.orf() * np.nan, 0.1, 1), NonFiniteError, "NaN"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2).upper_limit(3), InputError, "from 1 to lmax"),
        (lambda a: pta.AnisotropyFit(a, a.orf(), 0.1, 2, basis="sqrt").p_value(), InputError, "n_sim"),
        (lambda a: pta.SkyPower([0.0, 1.0, 0.0, 0.0]), InputError, "mean power"),
        (lambda a: pta.population(0), InputError, "n_sources is 0"),
        (lambda a: pta.population(5, slope=-0.5), InputError, "slope"),
        (lambda a: pta.square([0.0, 0, 0, 0]), InputError, "zero"),
    ],
)
def test_bad_input(make, error, says, array):
    with pytest.raises(error, match=says):
        make(array)


def test_a_covariance_that_is_none(array):
    small = pta.Array.from_jnames(NAMES[:3])
    with pytest.raises(InputError, match="not positive definite"):
        pta.fisher_matrix(small, 1, -np.eye(3))
    with pytest.warns(UserWarning, match="condition number"):
        pta.AnisotropyFit(small, small.orf(), 0.1, 3)

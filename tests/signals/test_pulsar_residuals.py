"""Simulated residuals have the covariance of the theory; the likelihood has the right gradient and information."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.signals import pta
from symmeter.signals.pta.example_arrays import SIXTY_EIGHT

ISOTROPIC = np.sqrt(4 * np.pi)


@pytest.fixture(scope="module")
def array():
    return pta.Array.from_jnames(SIXTY_EIGHT[::9])


@pytest.mark.parametrize("pulsar_term", [True, False])
def test_covariance_of_simulated_skies(array, pulsar_term):
    sky = pta.SkyPower([ISOTROPIC, 0.3 * ISOTROPIC, 0.0, 0.4 * ISOTROPIC])
    # Many frequencies of one density are as many skies.
    f, r = pta.simulate(array, sky, bins=4000, gamma=0.0, directions=1500, pulsar_term=pulsar_term, seed=1)
    density = pta.power_law(f, gamma=0.0)
    found = (r.T @ r.conj() / len(f)).real / density[0]
    expected = array.orf_matrix(sky.c)
    if not pulsar_term:
        expected = expected - 0.5 * np.diag(np.diag(expected))
    # Standard error of a covariance of complex normal numbers.
    error = np.sqrt(np.outer(np.diag(expected), np.diag(expected)) / len(f))
    assert np.all(np.abs(found - expected) < 4.5 * error + 0.004)


def test_white_noise_alone():
    array = pta.Array.from_jnames(SIXTY_EIGHT[:3])
    _, r = pta.simulate(array, [ISOTROPIC], bins=3000, amplitude=1e-30, white=1e-7, directions=100, seed=0)
    assert np.mean(np.abs(r) ** 2) == pytest.approx(2 * 1e-14 * 14 * 86400, rel=0.05)


def test_power_law():
    year = 365.25 * 86400
    assert pta.power_law([1 / year], 1e-15)[0] == pytest.approx(1e-30 / (12 * np.pi**2) * year**3)
    ratio = pta.power_law([2 / year])[0] / pta.power_law([1 / year])[0]
    assert ratio == pytest.approx(2 ** (-13 / 3))


def _likelihood(array, lmax=2, seed=2):
    sky = pta.SkyPower([ISOTROPIC, 0.0, 0.4 * ISOTROPIC, 0.0])
    f, r = pta.simulate(array, sky, bins=12, white=1e-8, seed=seed)
    noise = np.full(r.shape, 2 * 1e-16 * 14 * 86400)
    return pta.ResidualLikelihood(array, r, pta.power_law(f), noise, lmax)


def test_value_and_gradient(array):
    like = _likelihood(array)
    c = np.zeros(9)
    c[0], c[2], c[5] = ISOTROPIC, 0.5, 0.2
    value, gradient = like(c)
    direct = 0.0
    for k in range(12):
        cov = like.density[k] * array.orf_matrix(c) + np.diag(like.noise[k])
        r = like.amplitudes[k]
        direct -= float((r.conj() @ np.linalg.solve(cov, r)).real + np.linalg.slogdet(cov)[1])
    assert value == pytest.approx(direct, rel=1e-10)
    for j in range(9):
        step = np.zeros(9)
        step[j] = 1e-5
        slope = (like(c + step)[0] - like(c - step)[0]) / 2e-5
        assert gradient[j] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_information_is_the_covariance_of_the_gradient(array):
    c = np.zeros(4)
    c[0], c[2] = ISOTROPIC, 0.4 * ISOTROPIC
    slopes = []
    for seed in range(300):
        like = _likelihood(array, lmax=1, seed=seed)
        slopes.append(like(c)[1])
    expected = like.fisher(c)
    found = np.cov(np.array(slopes).T)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.abs((found - expected) / scale).max() < 0.3
    mean = np.mean(slopes, axis=0) / np.sqrt(np.diag(expected) / 300)
    assert np.abs(mean).max() < 4


def test_bad_input(array):
    with pytest.raises(InputError, match="positive skies"):
        pta.simulate(array, pta.SkyPower([ISOTROPIC, 0.0, 4 * ISOTROPIC, 0.0]))
    with pytest.raises(InputError, match="bins"):
        pta.simulate(array, pta.SkyPower([ISOTROPIC]), bins=0)
    with pytest.raises(InputError, match="frequencies"):
        pta.power_law([0.0])
    with pytest.raises(ShapeError, match="pulsars at each"):
        pta.ResidualLikelihood(array, np.zeros((3, 2)), np.ones(3), np.ones((3, 2)), 1)
    like = _likelihood(array)
    with pytest.raises(InputError, match="negative somewhere"):
        like(np.array([ISOTROPIC, 0, 60.0, 0, 0, 0, 0, 0, 0]))

"""Transfer functions against published numbers, a second integrator, flux, limits, and the holes' own modes."""

# ruff: noqa: E741  (l is the degree, as in every book)

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize_scalar
from scipy.special import lambertw

from symmeter.errors import InputError, NonFiniteError, ShapeError
from symmeter.signals.echoes.quasinormal_modes import quasinormal_frequency
from symmeter.signals.echoes.radial_equations import Hole, regge_wheeler, teukolsky
from symmeter.signals.echoes.spheroidal_eigenvalues import spheroidal_eigenvalues
from symmeter.signals.echoes.transfer_functions import (
    kerr_transfer_function,
    schwarzschild_transfer_function,
    starobinsky_constant,
    transfer_function,
)

OMEGA = np.array([0.05, 0.1, 0.2, 0.3, 0.37367, 0.5, 0.7, 1.0])


def test_greybody_factors_of_schwarzschild():
    found = schwarzschild_transfer_function([0.1, 0.2, 0.3, 0.37367, 0.4, 0.5, 0.7]).greybody
    known = [3.0552e-6, 8.675936e-4, 0.05479056, 0.46858187, 0.68982132, 0.98451544, 0.99996863]
    # The prototype behind these digits was unitary to 1e-8.
    np.testing.assert_allclose(found, known, rtol=2e-5)
    np.testing.assert_allclose(found[2:], known[2:], atol=2e-8)


def test_energy_is_kept_and_both_sides_reflect_alike():
    c = regge_wheeler(OMEGA, 2)
    r, t = c.reflected / c.incident, 1.0 / c.incident
    assert np.abs(np.abs(r) ** 2 + np.abs(t) ** 2 - 1).max() < 1e-13
    found = schwarzschild_transfer_function(OMEGA)
    np.testing.assert_allclose(
        found.reflection, -np.conj(c.reflected) / np.conj(c.incident) * t / np.conj(t), atol=1e-13
    )
    assert np.abs(np.abs(found.reflection) ** 2 + found.greybody - 1).max() < 1e-13
    # Cavity-side reflection in terms of the outside amplitudes, as Wronskians give it.
    np.testing.assert_allclose(found.reflection, -np.conj(c.reflected) / c.incident, atol=1e-13)


def _integrated(omega, potential):
    """Outside reflection and transmission by Runge and Kutta in the tortoise coordinate."""

    def radius(x):
        return 2.0 * (1.0 + lambertw(np.exp(x / 2.0 - 1.0)).real) if x < 600 else x - 2 * np.log(x / 2)

    # Farther in, r - 2 would lose its digits beside 2.
    start, end = -30.0, 1200.0

    def rhs(x, y):
        return [y[2], y[3], (potential(y[4]) - omega**2) * y[0], (potential(y[4]) - omega**2) * y[1], 1 - 2 / y[4]]

    wave = np.exp(-1j * omega * start)
    slope = -1j * omega * wave
    y0 = [wave.real, wave.imag, slope.real, slope.imag, radius(start)]
    y = solve_ivp(rhs, (start, end), y0, method="DOP853", rtol=1e-11, atol=1e-13).y[:, -1]
    psi, dpsi, r, x = y[0] + 1j * y[1], y[2] + 1j * y[3], y[4], end

    # Two terms of the series at infinity; l (l + 1) = 6.
    def far(sign):
        c1 = -6.0 / (2j * sign * omega)
        value = np.exp(1j * sign * omega * x) * (1 + c1 / r)
        return value, 1j * sign * omega * value - np.exp(1j * sign * omega * x) * c1 / r**2

    (up, dup), (down, ddown) = far(1), far(-1)
    w = up * ddown - dup * down
    return (psi * ddown - dpsi * down) / w, (up * dpsi - dup * psi) / w


@pytest.mark.parametrize("omega", [0.25, 0.45])
def test_a_second_integrator_for_both_parities(omega):
    n = 2.0
    odd = _integrated(omega, lambda r: (1 - 2 / r) * (6 / r**2 - 6 / r**3))
    even = _integrated(
        omega,
        lambda r: (
            (1 - 2 / r) * (2 * n**2 * (n + 1) * r**3 + 6 * n**2 * r**2 + 18 * n * r + 18) / (r**3 * (n * r + 3) ** 2)
        ),
    )
    for parity, (out, into) in (("odd", odd), ("even", even)):
        found = schwarzschild_transfer_function([omega], parity=parity)
        assert found.outside[0] == pytest.approx(out / into, abs=2e-5)
        assert found.transmission[0] == pytest.approx(1 / into, abs=2e-5)
        assert found.greybody[0] == pytest.approx(1 - abs(out / into) ** 2, abs=1e-6)


def test_a_rotating_hole_without_spin_is_schwarzschilds_phases_included():
    ours, theirs = kerr_transfer_function(OMEGA, 1e-13, m=1), schwarzschild_transfer_function(OMEGA)
    for name in ("reflection", "transmission", "outside", "greybody"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=2e-9)


@pytest.mark.parametrize("spin", [0.3, 0.69, 0.95])
def test_flux_of_rotating_holes(spin):
    hole = Hole(spin)
    top = 2 * hole.angular_velocity
    omega = np.concatenate([np.linspace(0.05, 0.98 * top, 9), np.linspace(1.02 * top, 1.1, 9)])
    k = omega - top
    found = kerr_transfer_function(omega, spin)
    c = teukolsky(omega, spin, -2, 2, 2)
    outside = np.abs(c.reflected / c.incident) ** 2 * starobinsky_constant(omega, spin, 2, 2) / (256 * omega**8)
    assert np.abs(outside + found.greybody - 1).max() < 2e-8
    # The cavity's side comes from another solution, the one that leaves the horizon.
    assert np.abs(np.abs(found.reflection) ** 2 + found.greybody - 1).max() < 1e-10
    assert np.all(np.sign(found.greybody) == np.sign(k))
    # Teukolsky's equation for the opposite spin weight gives the same share of energy.
    epsilon = np.sqrt(1 - spin**2) / (4 * hole.outer)
    plus = teukolsky(omega, spin, 2, 2, 2)
    other = omega**3 / (k * (k**2 + 4 * epsilon**2) * (2 * hole.outer) ** 3) / np.abs(plus.incident) ** 2
    np.testing.assert_allclose(other, found.greybody, rtol=1e-8)
    scalar = kerr_transfer_function(omega, spin, s=0)
    assert np.abs(np.abs(scalar.reflection) ** 2 + scalar.greybody - 1).max() < 1e-10


def test_the_amplitude_of_sasaki_and_nakamura_into_the_horizon():
    from symmeter.signals.echoes.transfer_functions import _nakamura_at_horizon

    omega, spin, m = np.array([0.1, 0.3, 0.6]), 0.69, 2
    hole, c = Hole(spin), spin * omega
    separation = spheroidal_eigenvalues(c, -2, 2, m).real + c**2 - 2 * m * c
    into = _nakamura_at_horizon(omega, hole, separation, m, omega - m * hole.angular_velocity)[1]
    r = hole.outer
    published = np.sqrt(2 * r) * (
        (8 - 24j * omega - 16 * omega**2) * r**2
        + (12j * spin * m - 16 + 16 * spin * m * omega + 24j * omega) * r
        - 4 * spin**2 * m**2
        - 12j * spin * m
        + 8
    )
    np.testing.assert_allclose(into, published, rtol=1e-12)


def test_quasinormal_frequencies():
    assert quasinormal_frequency() == pytest.approx(0.37367168 - 0.08896232j, abs=1e-8)
    assert quasinormal_frequency(0.0, 3, 0) == pytest.approx(0.59944329 - 0.09270305j, abs=1e-8)
    assert quasinormal_frequency(0.0, 2, 2, guess=0.35 - 0.27j) == pytest.approx(0.34671100 - 0.27391488j, abs=1e-8)
    assert quasinormal_frequency(0.68) == pytest.approx(0.5239751042900845 - 0.08151262363119974j, abs=1e-13)


@pytest.mark.parametrize("spin", [0.0, 0.4, 0.69])
def test_the_incident_wave_vanishes_at_quasinormal_frequencies(spin):
    mode = quasinormal_frequency(spin)
    at = np.array([mode, mode + 1e-3])
    c = teukolsky(at, spin, -2, 2, 2)
    slope = abs(c.incident[1] - c.incident[0]) / 1e-3
    # How far the zero lies from Leaver's frequency.
    assert abs(c.incident[0]) / slope < 1e-4
    if spin == 0.0:
        c = regge_wheeler(at, 2)
        assert abs(c.incident[0]) / (abs(c.incident[1] - c.incident[0]) / 1e-3) < 1e-8


@pytest.mark.parametrize("spin", [0.0, 0.3, 0.69])
def test_long_waves_follow_the_analytic_law(spin):
    hole = Hole(spin)
    omega = np.array([0.002, 0.004, 0.008])
    k = omega - 2 * hole.angular_velocity
    gravity, area = 2 * np.pi * hole.temperature, 8 * np.pi * hole.outer
    law = (factorial(4) / (factorial(4) * 15)) ** 2 * 2 * (k / gravity) * (area * gravity * omega / (2 * np.pi)) ** 5
    law = law * (1 + (k / gravity) ** 2) * (1 + (k / (2 * gravity)) ** 2)
    ratio = transfer_function(omega, spin).greybody / law
    # It holds to first order: the rest is proportional to the frequency and vanishes with it.
    first = (ratio - 1) / omega
    assert abs(first[0] / first[2] - 1) < 0.06
    assert abs(2 * ratio[0] - ratio[1] - 1) < 5e-4


@pytest.mark.parametrize(("l", "gap"), [(5, 0.05), (10, 0.025)])
def test_short_waves_follow_wkb_at_the_top_of_the_barrier(l, gap):
    def potential(r):
        return (1 - 2 / r) * (l * (l + 1) / r**2 - 6 / r**3)

    top = minimize_scalar(lambda r: -potential(r), bounds=(2.5, 4), method="bounded", options={"xatol": 1e-10}).x
    h = 1e-3
    curvature = (1 - 2 / top) ** 2 * (potential(top + h) - 2 * potential(top) + potential(top - h)) / h**2
    omega = np.sqrt(potential(top)) * np.array([0.98, 1.0, 1.02])
    wkb = 1 / (1 + np.exp(-2 * np.pi * (omega**2 - potential(top)) / np.sqrt(-2 * curvature)))
    assert np.abs(schwarzschild_transfer_function(omega, l).greybody - wkb).max() < gap


def test_superradiance_grows_with_spin_up_to_the_known_bound():
    def strongest(spin):
        top = 2 * Hole(spin).angular_velocity
        return -kerr_transfer_function(top * np.linspace(0.6, 0.999, 300), spin).greybody.min()

    found = [strongest(s) for s in (0.69, 0.9, 0.99, 0.999)]
    assert np.all(np.diff(found) > 0)
    # 138 % at the extremal limit (Teukolsky and Press).
    assert 1.0 < found[-1] < 1.38


def test_splines_between_frequencies():
    coarse = kerr_transfer_function(np.linspace(0.02, 1.0, 800), 0.69)
    omega = np.linspace(0.0211, 0.99, 307)
    fine, found = kerr_transfer_function(omega, 0.69), coarse.at(omega)
    for name in ("reflection", "transmission", "greybody"):
        assert np.abs(getattr(found, name) - getattr(fine, name)).max() < 1e-7
    with pytest.raises(InputError, match="reach beyond"):
        coarse.at(np.array([0.5, 1.1]))


def test_a_hole_that_turns_the_other_way():
    one, other = kerr_transfer_function(OMEGA, -0.5, m=2), kerr_transfer_function(OMEGA, 0.5, m=-2)
    np.testing.assert_array_equal(one.reflection, other.reflection)
    np.testing.assert_array_equal(one.horizon_frequency, other.horizon_frequency)


@pytest.mark.parametrize(("s", "l", "m"), [(-2, 2, 2), (-2, 3, 1), (0, 2, 0), (2, 4, -3)])
def test_spheroidal_eigenvalues_by_collocation(s, l, m):
    c = 0.7
    up, down = abs(m + s) / 2, abs(m - s) / 2
    # S = (1 - u)^up (1 + u)^down P(u), P a polynomial of degree 23 in Chebyshev's basis, at Chebyshev's points.
    size = 24
    cheb = np.polynomial.chebyshev
    u = np.cos(np.pi * (np.arange(size) + 0.5) / size)
    values = cheb.chebvander(u, size - 1)
    first = np.array([cheb.chebval(u, cheb.chebder(row)) for row in np.eye(size)]).T
    second = np.array([cheb.chebval(u, cheb.chebder(row, 2)) for row in np.eye(size)]).T
    w = u[:, None]
    rest = c**2 * w**2 - 2 * c * s * w + s * (s + 1) - (up + down) * (up + down + 1)
    left = (1 - w**2) * second + (2 * down - 2 * up - (2 * up + 2 * down + 2) * w) * first + rest * values
    found = np.sort(np.linalg.eigvals(-np.linalg.solve(values, left)).real)
    ours = spheroidal_eigenvalues(np.array([c]), s, l, m)[0].real
    assert found[l - max(abs(m), abs(s))] == pytest.approx(ours, abs=1e-10)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: transfer_function([0.3], spin=1.0), InputError, "spin"),
        (lambda: transfer_function([0.3], spin=0.9999), InputError, "up to 0.999"),
        (lambda: transfer_function([0.3], spin="fast"), InputError, "number"),
        (lambda: transfer_function([0.0], 0.5), InputError, "below 0.001"),
        (lambda: transfer_function([150.0], 0.5), InputError, "not hertz"),
        (lambda: transfer_function([0.3, np.nan], 0.5), NonFiniteError, "not finite"),
        (lambda: transfer_function([[0.3]], 0.5), ShapeError, "list"),
        (lambda: transfer_function([0.3 + 0.1j], 0.5), InputError, "real"),
        (lambda: transfer_function([0.3], 0.5, l=1), InputError, "l >= "),
        (lambda: transfer_function([0.3], 0.5, l=2.0), InputError, "whole number"),
        (lambda: transfer_function([0.3], 0.5, s=-1), InputError, "s = -2 or 0"),
        (lambda: schwarzschild_transfer_function([0.3], parity="both"), InputError, "parity"),
    ],
)
def test_what_cannot_be_right(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)

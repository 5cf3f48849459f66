"""Supertranslated vacua in the bulk, and supertranslations of the sphere with the Lorentz group."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.representations import gauss_legendre_grid, real_sph_harm
from symmeter.spacetime import BMS3State, Supertranslations
from symmeter.spacetime.bms4 import shear_eigenvalue
from symmeter.spacetime.vacua import displacement, radial_step, smallest_stretch, supertranslated_minkowski


def alpha(phi):
    return 0.7 + 0.4 * np.cos(2 * phi) + 0.2 * np.sin(3 * phi)


def test_a_map_of_flat_space_is_the_supertranslated_vacuum():
    g = supertranslated_minkowski()
    wanted = {(0, 0): "-1", (0, 1): "-1", (0, 2): "-(D(alpha, phi) + D(alpha, phi, phi, phi))", (2, 2): "r^2"}
    for i in range(3):
        for j in range(i, 3):
            assert g.g(i, j) == g.expression(wanted.get((i, j), "0"))
    # Flat for any cut-off and any alpha, and no longer of that form where the cut-off varies.
    bent = supertranslated_minkowski(cutoff="chi")
    assert bent.riemann().is_zero()
    assert bent.g(1, 1) != {}
    # The same aspects as from the transformation law.
    state = BMS3State(-1.0, 0.0).transform(alpha=alpha)
    phi = state.phi
    slopes = -0.8 * np.sin(2 * phi) + 0.6 * np.cos(3 * phi), 3.2 * np.sin(2 * phi) - 5.4 * np.cos(3 * phi)
    np.testing.assert_allclose(state.Xi, -(slopes[0] + slopes[1]), atol=1e-10)


def test_translations_are_constant_displacements():
    phi = 2 * np.pi * np.arange(32) / 32
    np.testing.assert_allclose(displacement(lambda p: np.ones_like(p), phi), np.tile([1.0, 0, 0], (32, 1)), atol=1e-13)
    np.testing.assert_allclose(displacement(np.cos, phi), np.tile([0, -1.0, 0], (32, 1)), atol=1e-13)
    np.testing.assert_allclose(displacement(np.sin, phi), np.tile([0, 0, -1.0], (32, 1)), atol=1e-13)
    # Null where it varies: the time component changes as fast as the others together.
    fine = 2 * np.pi * np.arange(256) / 256
    a = displacement(alpha, fine)
    slope = np.fft.irfft(1j * np.fft.rfftfreq(256, 1 / 256)[:, None] * np.fft.rfft(a, axis=0), 256, axis=0)
    np.testing.assert_allclose(slope[:, 0] ** 2, slope[:, 1] ** 2 + slope[:, 2] ** 2, atol=1e-9)


def test_a_wide_cut_off_folds_nowhere_and_a_narrow_one_does():
    assert smallest_stretch(alpha, 12.0, 12.0) > 0.3
    assert smallest_stretch(alpha, 1.0, 1.0) < 0
    assert smallest_stretch(lambda p: 0 * p, 1.0, 1.0) == pytest.approx(1.0)
    r = np.linspace(0, 5, 200)
    chi = radial_step(r, 1.0, 2.0)
    assert np.all(np.diff(chi) >= 0)
    assert set(chi[r <= 1]) == {0.0}
    assert set(chi[r >= 3]) == {1.0}
    with pytest.raises(InputError, match="width above 0"):
        radial_step(r, 1.0, 0.0)
    with pytest.raises(InputError, match="at least 8 angles"):
        displacement(alpha, np.array([0.0, 1.0]))


@pytest.mark.parametrize("lmax", [3, 6])
def test_boosts_and_rotations_are_the_lorentz_algebra(lmax):
    room = Supertranslations(lmax)
    axes = np.eye(3)
    j, k = [room.rotation(a) for a in axes], [room.boost(a) for a in axes]
    inside = lmax**2  # of degrees below the largest, which products leave

    def bracket(a, b):
        return (a @ b - b @ a)[:, :inside][:inside]

    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        np.testing.assert_allclose(bracket(j[a], j[b]), j[c][:, :inside][:inside], atol=1e-12)
        np.testing.assert_allclose(bracket(j[a], k[b]), k[c][:, :inside][:inside], atol=1e-12)
        np.testing.assert_allclose(bracket(k[a], k[b]), -j[c][:, :inside][:inside], atol=1e-12)
        np.testing.assert_allclose(bracket(j[a], k[a]), 0, atol=1e-12)


def test_translations_are_the_only_ideal_that_is_finite():
    room = Supertranslations(5)
    moves = [f(a) for f in (room.rotation, room.boost) for a in np.eye(3)]
    for top in range(1, 5):
        n = (top + 1) ** 2
        leaks = max(np.abs(m[n:, :n]).max() for m in moves)
        assert bool(leaks < 1e-12) == (top == 1)
    # They are Minkowski's vectors: boosts and rotations keep f_0^2 - |f_1|^2.
    # The harmonic of x is sqrt(3) times as large as that of 1.
    metric = np.diag([1.0, -3, -3, -3])
    for m in moves:
        np.testing.assert_allclose(m[:4, :4].T @ metric + metric @ m[:4, :4], 0, atol=1e-12)


def test_boosts_act_as_the_differential_operator_says():
    room = Supertranslations(6)
    rng = np.random.default_rng(0)
    f = np.concatenate([rng.normal(size=25), np.zeros(24)])
    n = np.array([0.3, -0.5, 0.8])
    x = rng.normal(size=(40, 3))
    x /= np.linalg.norm(x, axis=1)[:, None]
    step = 1e-5
    # D^A(n.x) D_A f: along n, projected on the sphere.
    along = n - (x @ n)[:, None] * x

    def value(points):
        return real_sph_harm(points, 6) @ f

    slope = (value(x + step * along) - value(x - step * along)) / (2 * step)
    np.testing.assert_allclose(real_sph_harm(x, 6) @ (room.boost(n) @ f), slope + (x @ n) * value(x), atol=1e-7)


def test_shear_of_a_supertranslation():
    assert [shear_eigenvalue(d) for d in (0, 1, 2, 3)] == [0, 0, 24, 120]
    room = Supertranslations(4)
    rng = np.random.default_rng(1)
    f = rng.normal(size=25)
    np.testing.assert_array_equal(room.shear_source(f)[:4], 0)
    # The integral of C_AB C^AB is 2 f D^2 (D^2 + 2) f, with C from second derivatives in a frame.
    grid = gauss_legendre_grid(12)
    step, total = 1e-3, 0.0
    for x, weight in zip(grid.points, grid.weights):
        e1 = np.cross(x, [0.3, 0.5, 0.8])
        e1 /= np.linalg.norm(e1)
        e2 = np.cross(x, e1)

        def at(a, b, x=x, e1=e1, e2=e2):
            # Along great circles, whose second derivative is the covariant one.
            v = a * e1 + b * e2
            s = np.linalg.norm(v)
            return float(real_sph_harm(np.cos(s) * x + np.sinc(s / np.pi) * v, 4) @ f)

        f11 = (at(step, 0) - 2 * at(0, 0) + at(-step, 0)) / step**2
        f22 = (at(0, step) - 2 * at(0, 0) + at(0, -step)) / step**2
        f12 = (at(step, step) - at(step, -step) - at(-step, step) + at(-step, -step)) / (4 * step**2)
        plus, cross = -(f11 - f22), -2 * f12
        total += weight * 2 * (plus**2 + cross**2)
    assert total == pytest.approx(2 * float(-room.shear_source(f) @ f), rel=1e-4)


def test_charges_and_bad_input():
    room = Supertranslations(2)
    energy = np.zeros(9)
    energy[0] = np.sqrt(4 * np.pi)  # f = 1
    mass = np.zeros(9)
    mass[0] = 1.5 * np.sqrt(4 * np.pi)  # m = 3/2 everywhere: a mass of 3/2 for G = 1
    assert room.charge(energy, mass) == pytest.approx(1.5)
    assert room.charge(energy, mass, G=2.0) == pytest.approx(0.75)
    with pytest.raises(InputError, match="lmax"):
        Supertranslations(0)
    with pytest.raises(InputError, match="must be > 0"):
        room.charge(energy, mass, G=0.0)
    with pytest.raises(ShapeError, match="9 numbers"):
        room.shear_source(np.zeros(4))
    with pytest.raises(ShapeError, match="three components"):
        room.boost(np.zeros(2))

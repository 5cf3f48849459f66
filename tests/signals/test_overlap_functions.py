"""Overlap reduction functions: closed forms, published values, quadrature over the sky, and what symmetry demands."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.representations import complex_sph_harm, gauss_legendre_grid, real_sph_harm, wigner_D_all
from symmeter.signals import pta
from symmeter.signals.pta.overlap_functions import pair_frame_integrals, pair_frame_overlap, positive_orders

PI = np.pi


def _closed(zeta):
    """``s^m (A + B ln sin^2(zeta/2))`` of degrees up to three, from the published table."""
    c, s = np.cos(zeta), np.sin(zeta)
    log = 2 * np.log(np.sin(zeta / 2))
    q = lambda k: np.sqrt(k * PI)  # noqa: E731
    p, n = 1 + c, 1 - c
    table = {
        (0, 0): (q(1) * (c + 3) / 6, q(1) * n),
        (1, 0): (q(3) * p * (3 * c - 4) / 6, -q(3) * n),
        (1, 1): (-q(6) * (3 * c - 4) / 12, q(6) * n / (2 * p)),
        (2, 0): (-q(5) * (15 * c**3 + 45 * c**2 - 19 * c - 45) / 60, q(5) * n),
        (2, 1): (q(30) * (5 * c**2 + 15 * c - 21) / 60, -q(30) * n / (2 * p)),
        (2, 2): (-q(30) * (c**2 + 4 * c - 9) / (24 * p), q(30) * n / (2 * p**2)),
        (3, 0): (-q(7) * n * p * (5 * c**2 + 10 * c + 17) / 24, -q(7) * n),
        (3, 1): (q(21) * n * (5 * c**2 + 15 * c + 34) / 48, q(21) * n / p),
        (3, 2): (q(210) * (c**3 + 3 * c**2 + 9 * c - 17) / (48 * p), -q(210) * n / (2 * p**2)),
        (3, 3): (-q(35) * (c**3 + 4 * c**2 + 17 * c - 34) / (48 * p**2), q(35) * n / p**3),
    }
    return {lm: s ** lm[1] * (a + b * log) for lm, (a, b) in table.items()}


def _columns(lmax):
    return {(int(a), int(b)): k for k, (a, b) in enumerate(zip(*positive_orders(lmax), strict=True))}


def test_closed_forms_of_low_degrees():
    zeta = np.linspace(0.01, 2.9, 300)
    found = pair_frame_overlap(3, zeta)
    for lm, values in _closed(zeta).items():
        assert np.abs(found[:, _columns(3)[lm]] - values).max() < 3e-12, lm


@pytest.mark.parametrize(
    ("zeta", "values"),
    [
        (
            0.7,
            {
                (0, 0): 0.2199334372, (1, 0): 0.0053447270, (1, 1): -0.0013795495, (2, 0): -0.2448631777,
                (2, 1): 0.2037301442, (2, 2): 0.1838589781, (3, 2): -0.1344526404, (6, 0): 0.0878343889,
                (6, 3): -0.0514419110, (8, 1): -0.0523137333, (8, 8): 0.0035199506,
            },
        ),
        (1.1, {(0, 0): -0.2364165405, (1, 0): 0.2136454537, (2, 0): 0.0277900603, (3, 3): 0.1435006655}),
    ],
)  # fmt: skip
def test_published_values(zeta, values):
    found = pair_frame_overlap(8, [zeta])[0]
    for lm, value in values.items():
        assert found[_columns(8)[lm]] == pytest.approx(value, abs=2e-10)


@pytest.mark.parametrize(("lmax", "tol"), [(3, 3e-14), (8, 1e-13), (20, 1e-11), (32, 1e-10)])
def test_series_and_quadrature_agree_at_every_angle(lmax, tol):
    zeta = np.concatenate((np.geomspace(1e-6, 0.4, 60), np.linspace(0.4, 3.1415, 200)))
    order = positive_orders(lmax)[1]
    exact = pair_frame_integrals(lmax, zeta) * np.sin(zeta)[:, None] ** order
    assert np.abs(pair_frame_overlap(lmax, zeta) - exact).max() < tol


def test_the_ends():
    at_zero, at_pi = pair_frame_overlap(6, [0.0, PI])
    columns = _columns(6)
    expected = {(0, 0): 2 * np.sqrt(PI) / 3, (1, 0): -np.sqrt(PI / 3), (2, 0): np.sqrt(PI / 5) / 3}
    for lm, k in columns.items():
        assert at_zero[k] == pytest.approx(expected.get(lm, 0.0), abs=1e-13)
    expected = {(0, 0): np.sqrt(PI) / 3, (2, 0): -np.sqrt(PI / 5) / 3}
    for lm, k in columns.items():
        assert at_pi[k] == pytest.approx(expected.get(lm, 0.0), abs=1e-13)


def test_hellings_and_downs():
    zeta = np.linspace(0, PI, 500)
    curve = pta.hellings_downs(zeta)
    x = (1 - np.cos(zeta[1:])) / 2
    assert np.allclose(curve[1:], 1.5 * x * np.log(x) - x / 4 + 0.5, atol=1e-14)
    assert (curve[0], curve[-1]) == (pytest.approx(0.5), pytest.approx(0.25))
    assert np.allclose(np.sqrt(4 * PI) * pta.BETA * pair_frame_overlap(4, zeta)[:, 0], curve, atol=1e-14)
    for degrees in (49.3173, 121.7889):
        assert abs(pta.hellings_downs(np.radians(degrees))) < 2e-6
    assert pta.hellings_downs(np.radians(82.4839)) == pytest.approx(-0.1518973, abs=1e-7)


# ---- arrays ----------------------------------------------------------------------------------------------------------


def _array(n: int = 9, seed: int = 0) -> pta.Array:
    x = np.random.default_rng(seed).standard_normal((n, 3))
    return pta.Array(x, tuple(f"P{k}" for k in range(n)))


def _antenna(directions, k):
    """F+ and Fx of each pulsar for waves that propagate along k, with theta and phi as polarisation basis."""
    theta, phi = np.arctan2(np.hypot(k[:, 0], k[:, 1]), k[:, 2]), np.arctan2(k[:, 1], k[:, 0])
    e1 = np.stack((np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), -np.sin(theta)), -1)
    e2 = np.stack((-np.sin(phi), np.cos(phi), np.zeros_like(phi)), -1)
    a, b, along = directions @ e1.T, directions @ e2.T, directions @ k.T
    return (a * a - b * b) / (2 * (1 + along)), a * b / (1 + along)


def test_quadrature_over_the_sky():
    array, lmax = _array(5), 4
    grid = gauss_legendre_grid(900, axis="z")
    plus, cross = _antenna(array.directions, grid.points)
    a, b = array.pairs.T
    kernel = (plus[a] * plus[b] + cross[a] * cross[b]) * grid.weights
    # The kernel has a kink where waves come along a pulsar; the grid resolves it to a few parts in a million.
    assert np.abs(kernel @ real_sph_harm(grid.points, lmax, axis="z") - array.orf_basis(lmax)).max() < 3e-5
    complex_basis = array.orf_basis(lmax, real=False)
    assert np.abs(kernel @ complex_sph_harm(grid.points, lmax) - complex_basis).max() < 3e-5


def test_a_pair_of_real_pulsars():
    array = pta.Array.from_jnames(["J1713+0747", "J1909-3744"])
    assert np.degrees(array.angles[0]) == pytest.approx(52.9539961, abs=1e-6)
    expected = [-0.00885667, -0.02235964, -0.00617607, 0.00042455, 0.01155903, -0.02096432, 0.03229308, -0.03989317,
                0.01121275]  # fmt: skip
    assert np.allclose(pta.BETA * array.orf_basis(2)[0], expected, atol=6e-9)


def test_exchange_of_pulsars_changes_nothing():
    array = _array(12)
    turned = pta.Array(array.directions[::-1], array.names)
    place = {tuple(p): k for k, p in enumerate(turned.pairs.tolist())}
    order = [place[11 - b, 11 - a] for a, b in array.pairs]
    assert np.abs(array.orf_basis(16) - turned.orf_basis(16)[order]).max() < 1e-12


@pytest.mark.parametrize("improper", [False, True])
def test_rotations_and_reflections_of_the_sky(improper):
    array = _array(8)
    q = np.linalg.qr(np.random.default_rng(4).standard_normal((3, 3)))[0]
    q = q * np.sign(np.linalg.det(q))
    moved = pta.Array(array.directions @ q.T * (-1 if improper else 1), array.names)
    before, after = array.orf_basis(5), moved.orf_basis(5)
    blocks = wigner_D_all(5, q, axis="z")
    for ell, d in enumerate(blocks):
        some = slice(ell * ell, (ell + 1) ** 2)
        sign = (-1.0) ** ell if improper else 1.0
        assert np.abs(after[:, some] - sign * before[:, some] @ d.T).max() < 1e-12
        assert np.allclose((after[:, some] ** 2).sum(1), (before[:, some] ** 2).sum(1), atol=1e-12)


def test_all_degrees_together_give_back_the_antennas():
    array = _array(3, seed=2)
    lmax = 60
    k = np.array([[0.3, -0.5, 0.8124038405]])
    basis = array.orf_basis(lmax)
    y = real_sph_harm(k, lmax, axis="z")[0]
    plus, cross = _antenna(array.directions, k)
    a, b = array.pairs.T
    expected = (plus[a] * plus[b] + cross[a] * cross[b])[:, 0]
    # Coefficients fall as the inverse square of the degree, smoothed against the ringing of a cut series.
    ell = np.repeat(np.arange(lmax + 1), 2 * np.arange(lmax + 1) + 1)
    smooth = np.exp(-ell * (ell + 1) / (2 * (lmax / 4) ** 2))
    assert np.abs(basis @ (smooth * y) - expected).max() < 0.01


def test_isotropic_and_positive_skies():
    array = _array(20)
    assert np.allclose(array.orf(), pta.hellings_downs(array.angles), atol=1e-13)
    matrix = array.orf_matrix()
    assert np.allclose(np.diag(matrix), 1.0)
    assert np.linalg.eigvalsh(matrix).min() > 0
    # A dipole of positive power everywhere.
    c = np.array([np.sqrt(4 * PI), 0.4, -0.3, 1.2])
    assert np.linalg.eigvalsh(array.orf_matrix(c)).min() > -1e-12


def test_conventions():
    array = _array(4)
    own = array.orf_basis(3)
    ell = np.repeat(np.arange(4), 2 * np.arange(4) + 1)
    assert np.allclose(array.orf_basis(3, convention="source"), own * (-1.0) ** ell)
    c = np.random.default_rng(1).standard_normal(16)
    for name in ("source", "enterprise"):
        other = pta.convert_coefficients(c, "mingarelli", name)
        assert np.allclose(array.orf(other, convention=name), array.orf(c), atol=1e-13)
        assert np.allclose(pta.convert_coefficients(other, name, "mingarelli"), c)


def test_ecliptic_positions():
    pole = pta.Array.from_ecliptic([0.0, 0.0], [PI / 2, 0.0])
    assert np.degrees(np.arcsin(pole.directions[0, 2])) == pytest.approx(90 - 23.4392911, abs=1e-6)
    assert np.allclose(pole.directions[1], [1, 0, 0])


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: pta.Array.from_jnames(["J1713+0747", "J19093744"]), InputError, "no pulsar name"),
        (lambda: pta.Array.from_jnames(["J2613+0747", "J1909-3744"]), InputError, "no place in the sky"),
        (lambda: pta.Array.from_jnames(["J1713+0747"] * 2), InputError, "at one place"),
        (lambda: pta.Array.from_jnames(["J1713+0747"]), ShapeError, "at least two"),
        (lambda: pta.Array.from_equatorial([1.0, 2.0], [0.3, 80.0]), InputError, "radians"),
        (lambda: pta.Array.from_equatorial([1.0, 2.0], [0.3]), ShapeError, "one of each"),
        (lambda: pta.Array(np.zeros((2, 3)), ("a", "b")), InputError, "zero or not finite"),
        (lambda: _array().orf_basis(-1), InputError, "lmax is -1"),
        (lambda: _array().orf_basis(2, convention="sources"), UnknownNameError, "did you mean 'source'"),
        (lambda: _array().orf_basis(2, real=False, convention="enterprise"), InputError, "real harmonics"),
        (lambda: _array().orf(np.ones(5)), ShapeError, r"\(lmax \+ 1\)\^2"),
    ],
)
def test_bad_input(make, error, says):
    with pytest.raises(error, match=says):
        make()

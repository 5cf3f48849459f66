"""Wigner matrices against exponentials of angular momentum, closed forms, high precision, and the group law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.representations import (
    angular_momentum,
    complex_sph_harm,
    euler_from_matrix,
    matrix_from_euler,
    matrix_from_quaternion,
    random_rotations,
    real_sph_harm,
    rotation_generators,
    wigner_D,
    wigner_d,
    wigner_D_all,
    wigner_d_all,
    wigner_D_spin,
)

ANGLES = [0.0, 1e-3, 0.3, np.pi / 2, 1.9, 3.0, np.pi, -2.2, 4.0]


def expm(a):
    scipy_linalg = pytest.importorskip("scipy.linalg")
    return scipy_linalg.expm(a)


@pytest.mark.parametrize("j", [0, 0.5, 1, 1.5, 2, 3.5, 6])
@pytest.mark.parametrize("beta", ANGLES)
def test_small_d_is_the_exponential_of_jy(j, beta):
    np.testing.assert_allclose(wigner_d(j, beta), expm(-1j * beta * angular_momentum(j)[1]), atol=2e-14)


def test_small_d_in_closed_form():
    b = 0.7
    c, s = np.cos(b), np.sin(b)
    one = [
        [(1 + c) / 2, s / np.sqrt(2), (1 - c) / 2],
        [-s / np.sqrt(2), c, s / np.sqrt(2)],
        [(1 - c) / 2, -s / np.sqrt(2), (1 + c) / 2],
    ]
    np.testing.assert_allclose(wigner_d(1, b), one, atol=1e-15)
    assert wigner_d(2, b)[2, 2] == pytest.approx((3 * c * c - 1) / 2, abs=1e-15)
    assert wigner_d(2, b)[4, 2] == pytest.approx(np.sqrt(3 / 8) * s * s, abs=1e-15)
    assert wigner_d(2, b)[4, 3] == pytest.approx(-s * (1 + c) / 2, abs=1e-15)


@pytest.mark.parametrize("beta", [1e-3, 0.05, 0.7, 3.0, 3.1415])
@pytest.mark.parametrize(("m", "n"), [(0, 0), (5, 3), (20, -20), (50, 50), (50, -50), (99, 98)])
def test_degree_100_against_40_digits(beta, m, n):
    mp = pytest.importorskip("mpmath")
    with mp.workdps(40):
        b = mp.mpf(beta)
        size = mp.sqrt(mp.fac(100 + m) * mp.fac(100 - m) / (mp.fac(100 + n) * mp.fac(100 - n)))
        power = mp.sin(b / 2) ** (m - n) * mp.cos(b / 2) ** (m + n)
        exact = (-1) ** (m - n) * size * power * mp.jacobi(100 - m, m - n, m + n, mp.cos(b))
    assert abs(wigner_d(100, beta)[100 + m, 100 + n] - float(exact)) < 1e-13


@pytest.mark.parametrize("degree", [64, 100, 200])
def test_orthogonal_to_high_degree(degree):
    for beta in (1e-3, 0.7, np.pi / 2, 3.14159):
        for d in wigner_d_all(degree, beta)[:: degree // 4]:
            assert np.abs(d @ d.T - np.eye(len(d))).max() < 2e-14 * degree
    real = wigner_D(degree, random_rotations(1, rng=2)[0])
    assert np.abs(real @ real.T - np.eye(2 * degree + 1)).max() < 2e-14 * degree


@pytest.mark.parametrize("j", [0.5, 1, 1.5, 4])
def test_spin_matrices_of_quaternions(j):
    q = np.random.default_rng(3).standard_normal(4)
    q /= np.linalg.norm(q)
    angle = 2 * np.arctan2(np.linalg.norm(q[1:]), q[0])
    axis = q[1:] / np.linalg.norm(q[1:])
    expected = expm(-1j * angle * np.tensordot(axis, angular_momentum(j), 1))
    np.testing.assert_allclose(wigner_D_spin(j, q), expected, atol=1e-14)
    np.testing.assert_allclose(wigner_D_spin(j, -q), (-1) ** round(2 * j) * expected, atol=1e-14)
    if j == round(j):
        np.testing.assert_allclose(wigner_D(int(j), matrix_from_quaternion(q), basis="complex"), expected, atol=1e-14)


def test_complex_matrix_from_euler_angles_is_the_textbook_product():
    a, b, c = 0.4, 1.1, -2.0
    m = np.arange(-3, 4)
    expected = np.exp(-1j * m[:, None] * a) * wigner_d(3, b) * np.exp(-1j * m[None, :] * c)
    np.testing.assert_allclose(wigner_D(3, matrix_from_euler(a, b, c), basis="complex"), expected, atol=1e-14)


@pytest.mark.parametrize("axis", ["y", "z"])
@pytest.mark.parametrize("sign", [1, -1])
def test_real_matrix_rotates_harmonics(axis, sign):
    r = np.random.default_rng(0).standard_normal((9, 3))
    for rotation in random_rotations(3, rng=1):
        rotation = sign * rotation
        for ell, D in enumerate(wigner_D_all(9, rotation, axis=axis)):
            s = slice(ell * ell, (ell + 1) ** 2)
            before, after = real_sph_harm(r, 9, axis=axis)[:, s], real_sph_harm(r @ rotation.T, 9, axis=axis)[:, s]
            np.testing.assert_allclose(after, before @ D.T, atol=2e-13)


def test_complex_matrix_rotates_functions():
    r = np.random.default_rng(0).standard_normal((9, 3))
    rotation = random_rotations(1, rng=1)[0]
    s = slice(16, 25)
    D = wigner_D(4, rotation, basis="complex")
    np.testing.assert_allclose(complex_sph_harm(r @ rotation, 4)[:, s], complex_sph_harm(r, 4)[:, s] @ D, atol=1e-13)


@given(st.integers(0, 20), st.integers(0, 2**31))
def test_homomorphism(degree, seed):
    a, b = random_rotations(2, rng=seed)
    for basis in ("real", "complex"):
        product = wigner_D(degree, a, basis) @ wigner_D(degree, b, basis)
        np.testing.assert_allclose(product, wigner_D(degree, a @ b, basis), atol=1e-12)


def test_half_odd_homomorphism_on_quaternions():
    p, q = np.random.default_rng(8).standard_normal((2, 4))
    w = p[0] * q[0] - p[1:] @ q[1:]
    v = p[0] * q[1:] + q[0] * p[1:] + np.cross(p[1:], q[1:])
    np.testing.assert_allclose(
        wigner_D_spin(2.5, p) @ wigner_D_spin(2.5, q), wigner_D_spin(2.5, np.array([w, *v])), atol=1e-14
    )


@pytest.mark.parametrize("axis", ["y", "z"])
def test_generators_exponentiate_to_the_matrices(axis):
    theta = np.array([0.3, -1.2, 0.8])
    rotation = expm(np.tensordot(theta, rotation_generators(1, "y"), 1))
    for ell in (0, 1, 2, 5):
        g = rotation_generators(ell, axis)
        np.testing.assert_allclose(g[0] @ g[1] - g[1] @ g[0], g[2], atol=1e-13)
        np.testing.assert_allclose(expm(np.tensordot(theta, g, 1)), wigner_D(ell, rotation, axis=axis), atol=1e-13)


def test_no_gimbal_lock_and_no_loss_near_it():
    for tilt in (0.0, 1e-12, 1e-8, 1e-4):
        for base in (0.0, np.pi):
            rotation = matrix_from_euler(0.3, base + tilt, 0.9)
            D = wigner_D(60, rotation, axis="z")
            expected = wigner_D(60, matrix_from_euler(0.3, 0.0, 0.0), axis="z") @ wigner_D(
                60, matrix_from_euler(0.0, base + tilt, 0.9), axis="z"
            )
            np.testing.assert_allclose(D, expected, atol=1e-11)


def test_batches_and_single_precision():
    rotations = random_rotations(6, rng=4).reshape(2, 3, 3, 3)
    D = wigner_D(3, rotations)
    assert D.shape == (2, 3, 7, 7)
    np.testing.assert_allclose(D[1, 2], wigner_D(3, rotations[1, 2]), atol=1e-15)
    single = wigner_D(3, rotations.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, D, atol=1e-5)
    assert wigner_D(3, rotations.astype(np.float32), basis="complex").dtype == np.complex64
    assert wigner_d(2, np.zeros((4, 0))).shape == (4, 0, 5, 5)


@pytest.mark.parametrize("order", ["ZYZ", "YXY"])
def test_euler_angles_round_trip(order):
    for rotation in (*random_rotations(5, rng=9), np.eye(3), np.diag([-1.0, 1.0, -1.0])):
        again = matrix_from_euler(*euler_from_matrix(rotation, order), order)
        np.testing.assert_allclose(again, rotation, atol=1e-14)


def test_random_rotations_follow_haar_measure():
    r = random_rotations(20_000, rng=0)
    # Schur orthogonality: the mean of D is 0 and that of D_ij^2 is 1 / dimension.
    D = wigner_D(2, r)
    assert np.abs(D.mean(0)).max() < 0.02
    assert np.abs((D**2).mean(0) - 0.2).max() < 0.01


def test_agree_with_e3nn():
    torch = pytest.importorskip("torch")
    o3 = pytest.importorskip("e3nn.o3")
    a, b, c = 0.3, 1.7, -0.6
    angles = (torch.tensor(v, dtype=torch.float64) for v in (a, b, c))
    alpha, beta, gamma = angles
    np.testing.assert_allclose(
        o3.angles_to_matrix(alpha, beta, gamma).numpy(), matrix_from_euler(a, b, c, "YXY"), atol=1e-14
    )
    for ell in range(7):
        # The peer stores its constants in single precision; ours is tested to 1e-13 above.
        theirs = o3.wigner_D(ell, alpha, beta, gamma).numpy()
        np.testing.assert_allclose(wigner_D(ell, matrix_from_euler(a, b, c, "YXY")), theirs, atol=4e-6)


def test_bad_input_is_named():
    with pytest.raises(NotAGroupElementError, match="not orthogonal"):
        wigner_D(1, 2 * np.eye(3))
    with pytest.raises(ShapeError, match=r"\(\.\.\., 3, 3\)"):
        wigner_D(1, np.eye(2))
    with pytest.raises(InputError, match="half-odd"):
        wigner_d(0.3, 1.0)
    with pytest.raises(InputError, match="500"):
        wigner_d(501, 1.0)
    with pytest.raises(UnknownNameError, match="'real' or 'complex'"):
        wigner_D(1, np.eye(3), basis="imaginary")
    with pytest.raises(UnknownNameError, match="ZYZ"):
        matrix_from_euler(0.0, 0.0, 0.0, "XYZ")
    with pytest.raises(NotAGroupElementError, match="quaternion"):
        wigner_D_spin(1, np.zeros(4))

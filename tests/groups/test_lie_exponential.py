"""Exponentials and logarithms against SciPy, and their branches: near the cut exact, on the cut refused."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from symmeter.errors import InputError
from symmeter.groups.lie import (
    SE,
    SO,
    SU,
    Affine,
    E,
    Lorentz,
    O,
    Sp,
    U,
    expm,
    log_positive,
    log_rotation,
    log_special_unitary,
    logm,
)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("size", [1e-9, 0.1, 3.0, 30.0])
@pytest.mark.parametrize("kind", ["real", "complex"])
def test_expm_agrees_with_scipy(n, size, kind):
    rng = np.random.default_rng(n)
    a = size * rng.standard_normal((6, n, n)) / np.sqrt(n)
    if kind == "complex":
        a = a + 1j * size * rng.standard_normal((6, n, n)) / np.sqrt(n)
    expected = scipy.linalg.expm(a)
    scale = np.abs(expected).max(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(expm(a) / scale, expected / scale, atol=2e-14 * (1 + size))


def test_expm_of_2x2_has_no_overflow_and_no_gap_between_its_branches():
    np.testing.assert_allclose(expm(np.diag([0.0, -1600.0])), np.diag([1.0, 0.0]), atol=1e-13)
    for x in (0.0, 1e-9, 0.99e-4, 1.01e-4):
        for sign in (1, -1):
            a = np.array([[0.3, x], [sign * x, 0.3]])
            np.testing.assert_allclose(expm(a), scipy.linalg.expm(a), rtol=0, atol=1e-15)


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize("kind", ["real", "complex"])
def test_logm_agrees_with_scipy(n, kind):
    rng = np.random.default_rng(n)
    x = 0.6 * rng.standard_normal((8, n, n))
    if kind == "complex":
        x = x + 0.6j * rng.standard_normal((8, n, n))
    g = scipy.linalg.expm(x)
    for one, found in zip(g, logm(g)):
        np.testing.assert_allclose(found, scipy.linalg.logm(one), atol=1e-11 * np.linalg.cond(one))


def test_logm_of_wide_spread_eigenvalues_and_of_jordan_blocks():
    g = np.diag([1e6, 1.0, 1e-3]) @ (np.eye(3) + np.triu(np.ones((3, 3)), 1) / 7)
    np.testing.assert_allclose(logm(g), scipy.linalg.logm(g), rtol=1e-10, atol=1e-12)
    jordan = np.eye(4) + np.diag([1.0] * 3, 1)
    n = jordan - np.eye(4)
    np.testing.assert_allclose(logm(jordan), n - n @ n / 2 + n @ n @ n / 3, atol=1e-13)


@pytest.mark.parametrize(
    "g", [np.diag([-2.0, -0.5]), np.diag([1.0, -1.0, -3.0]), -np.eye(2), np.array([[-1.0, 1.0], [0.0, -1.0]])]
)
def test_logm_refuses_the_negative_axis(g):
    stack = np.array([np.eye(len(g)), g])
    with pytest.raises(InputError, match="matrix 1 of 2 is on the cut"):
        logm(stack)


def test_logm_of_a_singular_matrix_and_log_of_an_indefinite_one():
    with pytest.raises(InputError, match="singular"):
        logm(np.diag([1.0, 0.0, 2.0]))
    with pytest.raises(InputError, match=r"smallest eigenvalue is -1"):
        log_positive(np.diag([1.0, -1.0]))


@pytest.mark.parametrize("n", [2, 3, 4, 5, 7])
def test_rotation_logarithms_are_exact_up_to_the_cut(n):
    rng = np.random.default_rng(n)
    q = SO(n).sample(1, rng=rng)[0][0]
    for gap in (1.0, 1e-2, 1e-5, 1e-8):
        skew = np.zeros((n, n))
        skew[1, 0], skew[0, 1] = np.pi - gap, gap - np.pi
        if n >= 4:
            skew[3, 2], skew[2, 3] = -0.4, 0.4
        x = q @ skew @ q.T
        r = scipy.linalg.expm(x)
        # The logarithm near the cut magnifies rounding of r by pi / gap; nothing can do better.
        np.testing.assert_allclose(log_rotation(r), x, atol=1e-14 * (1 + 40 / gap))
        np.testing.assert_allclose(SO(n).exp(SO(n).vee(log_rotation(r))), r, atol=1e-13)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_rotations_by_pi_are_refused_or_chosen(n):
    q = SO(n).sample(1, rng=n)[0][0]
    half = q @ np.diag([-1.0, -1.0] + [1.0] * (n - 2)) @ q.T
    stack = np.array([np.eye(n), half])
    with pytest.raises(InputError, match=r"matrix 1 of 2 is on the cut.*on_cut='choose'"):
        SO(n).log(stack)
    c = SO(n).log(stack, on_cut="choose")
    np.testing.assert_allclose(SO(n).exp(c), stack, atol=1e-13)
    np.testing.assert_allclose(np.linalg.norm(c[1]), np.pi, atol=1e-12)
    np.testing.assert_array_equal(c, SO(n).log(stack, on_cut="choose"))


def test_minus_one_in_four_dimensions_has_two_half_turns():
    c = SO(4).log(-np.eye(4), on_cut="choose")
    np.testing.assert_allclose(SO(4).exp(c), -np.eye(4), atol=1e-14)


def test_reflections_have_no_logarithm():
    for G in (O(3), E(3)):
        g = np.eye(G.size)
        g[0, 0] = -1
        with pytest.raises(InputError, match="determinant -1"):
            G.log(g)


@pytest.mark.parametrize("n", [3, 4, 5])
def test_special_unitary_logarithms_are_traceless_where_the_principal_ones_are_not(n):
    angles = 0.9 * np.pi + np.linspace(-0.1, 0.1, n)
    angles[-1] = -angles[:-1].sum()
    v = U(n).sample(1, rng=n)[0][0]
    g = (v * np.exp(1j * angles)) @ v.conj().T
    assert abs(np.trace(scipy.linalg.logm(g))) > 6
    c = SU(n).log(g)
    np.testing.assert_allclose(SU(n).exp(c), g, atol=1e-13)
    spread = np.ptp(np.linalg.eigvalsh(1j * SU(n).hat(c)))
    assert spread <= 2 * np.pi


def test_the_centre_of_su_n_is_on_the_cut_and_an_eigenvalue_minus_one_need_not_be():
    with pytest.raises(InputError, match="two of its angles differ by 2 pi"):
        SU(2).log(-np.eye(2))
    with pytest.raises(InputError, match="differ by 2 pi"):
        SU(3).log(np.exp(2j * np.pi / 3) * np.eye(3))
    g = np.diag([-1, 1j, 1j])
    np.testing.assert_allclose(SU(3).exp(SU(3).log(g)), g, atol=1e-14)
    for G, centre in ((SU(2), -np.eye(2)), (SU(3), np.exp(2j * np.pi / 3) * np.eye(3))):
        np.testing.assert_allclose(G.exp(G.log(centre, on_cut="choose")), centre, atol=1e-14)
    np.testing.assert_allclose(np.trace(log_special_unitary(np.diag([-1.0 + 0j, -1, 1]), "choose")), 0, atol=1e-14)


@pytest.mark.parametrize("G", [U(1), U(3), Sp(2), Sp(4), Sp(4, "spin"), Sp(6)], ids=str)
def test_an_eigenvalue_minus_one_is_the_cut_of_u_n_and_sp(G):
    with pytest.raises(InputError, match="eigenvalue -1"):
        G.log(-np.eye(G.size))
    np.testing.assert_allclose(G.exp(G.log(-np.eye(G.size), on_cut="choose")), -np.eye(G.size), atol=1e-13)
    mixed = np.diag([-1.0] + [1.0] * (G.size // 2 - 1)) if G.size > 1 else -np.eye(1)
    if isinstance(G, Sp) and G.size == 4:
        g = G.exp(2 * np.pi / np.linalg.norm(np.linalg.eigvals(G.basis[0]), np.inf) / 2 * np.eye(G.dimension)[0])
        assert np.abs(np.linalg.eigvals(g) + 1).min() < 1e-12
        np.testing.assert_allclose(G.exp(G.log(g, on_cut="choose")), g, atol=1e-13)
    assert mixed.shape[0] >= 1


def test_degenerate_angles_keep_orthonormal_eigenvectors():
    rng = np.random.default_rng(1)
    v = U(6).sample(1, rng=rng)[0][0]
    for angles in ([0.3] * 6, [0.3, 0.3, 0.3, -1.0, -1.0, 2.0], [2.0, 2 * 0.6180339887 - 2.0, 1, 1, 1, 1]):
        x = (v * (1j * np.array(angles))) @ v.conj().T
        np.testing.assert_allclose(U(6).hat(U(6).log(scipy.linalg.expm(x))), x, atol=2e-13)


def test_rigid_motions_near_a_half_turn():
    c = np.array([0.0, 0.0, np.pi - 1e-6, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(SE(3).log(SE(3).exp(c)), c, atol=1e-8)
    with pytest.raises(InputError, match="on the cut"):
        SE(3).log(SE(3).exp([0, 0, np.pi, 1.0, 2.0, 3.0]))
    # A screw motion moves along its axis by the full translation.
    np.testing.assert_allclose(SE(3).exp([0, 0, 2.0, 0, 0, 5.0])[:3, 3], [0, 0, 5], atol=1e-14)


def test_strong_boosts_and_the_lorentz_cut():
    G = Lorentz()
    c = np.array([0.2, -0.1, 2.9, 0.5, -3.0, 4.0])
    np.testing.assert_allclose(G.log(G.exp(c)), c, rtol=1e-7)
    null = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    np.testing.assert_allclose(G.log(G.exp(null)), null, atol=1e-12)
    half_turn = G.exp([0, 0, np.pi, 0, 0, 0.7])
    with pytest.raises(InputError, match="on the cut"):
        G.log(half_turn)
    chosen = G.log(half_turn, on_cut="choose")
    np.testing.assert_allclose(np.abs(chosen), [0, 0, np.pi, 0, 0, 0.7], atol=1e-12)


@pytest.mark.parametrize("d", [2, 3, 4, 5])
def test_half_turns_seen_by_a_moving_observer_have_a_chosen_logarithm(d):
    G = Lorentz(d)
    rng = np.random.default_rng(d)
    turns = [i for i, name in enumerate(G.generator_names) if name.startswith("J")]
    boosts = [i for i, name in enumerate(G.generator_names) if name.startswith("K")]
    still = np.zeros(G.dimension)
    still[turns[-1]] = np.pi
    if d == 3:
        still[boosts[-1]] = 0.4  # along the axis of Jz
    for _ in range(5):
        frame = G.exp(0.5 * rng.standard_normal(G.dimension))
        g = frame @ G.exp(still) @ G.inverse(frame)
        with pytest.raises(InputError, match="on the cut"):
            G.log(g)
        stack = np.stack([g, frame])
        np.testing.assert_allclose(G.exp(G.log(stack, on_cut="choose")), stack, atol=1e-9)
    # Away from the cut the choice changes nothing.
    np.testing.assert_array_equal(G.log(frame, on_cut="choose"), G.log(frame))


def test_affine_logarithms_by_the_closed_form_of_a_shear():
    g = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 4.0], [0.0, 0.0, 1.0]])
    n = g - np.eye(3)
    G = Affine(2)
    np.testing.assert_allclose(G.hat(G.log(g)), n - n @ n / 2, atol=1e-14)

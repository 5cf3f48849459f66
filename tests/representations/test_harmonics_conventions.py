"""Conversions between conventions never change the function that coefficients stand for."""

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.representations import (
    HarmonicConvention,
    alm_from_real,
    axis_matrix,
    complex_from_real,
    complex_sph_harm,
    conversion_matrix,
    convert_coefficients,
    convert_harmonics,
    degree_of,
    real_from_alm,
    real_sph_harm,
    real_to_complex,
)

RNG = np.random.default_rng(5)
R = RNG.standard_normal((20, 3))
L = 5


def test_real_to_complex_is_unitary_and_fits_both_functions():
    for ell in range(7):
        u = real_to_complex(ell)
        np.testing.assert_allclose(u @ u.conj().T, np.eye(2 * ell + 1), atol=1e-15)
        s = slice(ell * ell, (ell + 1) ** 2)
        np.testing.assert_allclose(
            complex_sph_harm(R, ell)[:, s], real_sph_harm(R, ell, axis="z")[:, s] @ u.T, atol=1e-14
        )


def test_axis_matrix_turns_one_order_into_the_other():
    for ell in range(8):
        s = slice(ell * ell, (ell + 1) ** 2)
        y, z = real_sph_harm(R, ell)[:, s], real_sph_harm(R, ell, axis="z")[:, s]
        np.testing.assert_allclose(y @ axis_matrix(ell, "y", "z").T, z, atol=1e-13)
        np.testing.assert_allclose(z @ axis_matrix(ell, "z", "y").T, y, atol=1e-13)


def test_matrices_of_degree_one_are_permutations_to_the_last_bit():
    assert set(np.unique(axis_matrix(1))) == {0.0, 1.0}
    assert set(np.unique(conversion_matrix(1, "e3nn", "pyscf"))) == {0.0, 1.0}
    np.testing.assert_array_equal(conversion_matrix(1, "e3nn", "pyscf"), np.eye(3))


def test_healpix_coefficients_are_integrals_with_the_conjugate_harmonic():
    c = RNG.standard_normal((3, 16))
    alm = alm_from_real(c)
    assert alm.shape == (3, 10)
    full = convert_coefficients(c + 0j, "physics", "scipy")
    m, position = 0, 0
    for m in range(4):
        for ell in range(m, 4):
            np.testing.assert_allclose(alm[:, position], full[:, ell * ell + ell + m], atol=1e-14)
            # A real function: the other half follows.
            np.testing.assert_allclose(full[:, ell * ell + ell - m], (-1) ** m * full[:, ell * ell + ell + m].conj())
            position += 1
    np.testing.assert_allclose(real_from_alm(alm), c, atol=1e-14)
    np.testing.assert_allclose(real_from_alm(alm_from_real(c, axis="y"), axis="y"), c, atol=1e-13)


def test_skies_given_by_sources_differ_in_the_sign_of_odd_degrees():
    for ell in range(5):
        matrix = conversion_matrix(ell, "mingarelli", "source")
        np.testing.assert_allclose(matrix, (-1) ** ell * np.eye(2 * ell + 1), atol=1e-15)
    y = real_sph_harm(R, L)
    np.testing.assert_allclose(convert_harmonics(y, "symmeter", "source"), complex_sph_harm(-R, L), atol=1e-13)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'e3nn'"):
        conversion_matrix(1, "e3n", "scipy")
    with pytest.raises(ShapeError, match="10 coefficients"):
        convert_harmonics(np.zeros(10), "e3nn", "scipy")
    with pytest.raises(ShapeError, match="a_lm"):
        real_from_alm(np.zeros(5))
    with pytest.raises(InputError, match="p_as_xyz"):
        HarmonicConvention(kind="complex", p_as_xyz=True)
    with pytest.raises(UnknownNameError, match="direction is 'back'"):
        HarmonicConvention(direction="back")
    with pytest.raises(ShapeError, match="5 coefficients"):
        complex_from_real(np.zeros(5))
    assert degree_of(1) == 0

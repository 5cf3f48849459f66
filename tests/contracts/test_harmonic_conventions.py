"""Properties x objects: what every named convention of spherical harmonics must satisfy, with SciPy as the judge."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy.special import eval_legendre, sph_harm_y

from symmeter.conventions import CONVENTIONS
from symmeter.representations import (
    HARMONIC_CONVENTIONS,
    complex_sph_harm,
    conversion_matrix,
    convert_coefficients,
    convert_harmonics,
    gauss_legendre_grid,
    normalization_factors,
    random_rotations,
    real_sph_harm,
    wigner_D,
)

L = 5
RNG = np.random.default_rng(5)
POINTS = RNG.standard_normal((20, 3))
POINTS /= np.linalg.norm(POINTS, axis=1, keepdims=True)
ELL = np.repeat(np.arange(L + 1), 2 * np.arange(L + 1) + 1)
M = np.arange((L + 1) ** 2) - ELL * ELL - ELL


def of_scipy(r: np.ndarray) -> np.ndarray:
    return sph_harm_y(ELL, M, np.arccos(np.clip(r[:, 2:], -1, 1)), np.arctan2(r[:, 1:2], r[:, :1]))


def standard(r: np.ndarray) -> np.ndarray:
    """Real harmonics without Condon-Shortley phase, polar axis z, from SciPy's complex ones."""
    y = sph_harm_y(ELL, np.abs(M), np.arccos(np.clip(r[:, 2:], -1, 1)), np.arctan2(r[:, 1:2], r[:, :1]))
    return np.where(M == 0, y.real, np.sqrt(2) * (-1.0) ** M * np.where(M > 0, y.real, y.imag))


def e3nn(r: np.ndarray) -> np.ndarray:
    return standard(r[:, [2, 0, 1]])


def pyscf(r: np.ndarray) -> np.ndarray:
    out = standard(r)
    out[:, 1:4] = np.sqrt(3 / (4 * np.pi)) * r
    return out


#: Each tool's harmonics from its own definition, and not from conversion matrices.
DEFINITIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "symmeter": e3nn,
    "e3nn": e3nn,
    "e3nn-component": lambda r: e3nn(r) * np.sqrt(4 * np.pi),
    "e3nn-norm": lambda r: e3nn(r) * np.sqrt(4 * np.pi / (2 * ELL + 1)),
    "physics": standard,
    "standard": standard,
    "pyscf": pyscf,
    "scipy": of_scipy,
    "healpix": of_scipy,
    "mingarelli": of_scipy,
    "source": lambda r: of_scipy(-r),
    "enterprise": lambda r: standard(r) * (-1.0) ** M,
}
every_convention = pytest.mark.parametrize("name", HARMONIC_CONVENTIONS)


def blocks(ell: int) -> slice:
    return slice(ell * ell, (ell + 1) ** 2)


def test_no_named_convention_escapes():
    assert set(DEFINITIONS) == set(HARMONIC_CONVENTIONS)


def test_the_table_of_conventions_names_them_all_and_says_what_the_default_is():
    (row,) = [c for c in CONVENTIONS if c.matter == "real spherical harmonics"]
    ours = HARMONIC_CONVENTIONS["symmeter"]
    assert f"polar axis {ours.axis}" in row.ours
    assert ("orthonormal" in row.ours) == (ours.normalization == "integral")
    assert ours.kind == "real"
    assert "no Condon-Shortley phase" in row.ours
    words = set(row.others.replace(",", " ").replace(";", " ").replace(":", " ").split())
    assert set(HARMONIC_CONVENTIONS) - {"symmeter"} <= words


@every_convention
def test_the_library_evaluates_it_as_scipy_does(name):
    convention = HARMONIC_CONVENTIONS[name]
    if convention.kind == "complex":
        ours = complex_sph_harm(-POINTS if convention.direction == "opposite" else POINTS, L)
    else:
        ours = real_sph_harm(POINTS, L, axis=convention.axis, normalization=convention.normalization)
        if convention.p_as_xyz:
            ours[:, 1:4] = ours[:, [3, 1, 2]]
        if convention.phase == "alternating":
            ours = ours * (-1.0) ** M
    np.testing.assert_allclose(ours, DEFINITIONS[name](POINTS), atol=1e-13)


@every_convention
def test_orthogonality_and_norm(name):
    grid = gauss_legendre_grid(2 * L)
    y = DEFINITIONS[name](grid.points)
    norms = normalization_factors(L, HARMONIC_CONVENTIONS[name].normalization) ** 2
    np.testing.assert_allclose((y.conj().T * grid.weights) @ y, np.diag(norms), atol=1e-12)


@every_convention
def test_addition_theorem(name):
    y = convert_harmonics(real_sph_harm(POINTS, L), "symmeter", name)
    cosines = POINTS @ POINTS.T
    norms = normalization_factors(L, HARMONIC_CONVENTIONS[name].normalization) ** 2
    for ell in range(L + 1):
        part = y[:, blocks(ell)]
        expected = norms[ell * ell] * (2 * ell + 1) / (4 * np.pi) * eval_legendre(ell, cosines)
        np.testing.assert_allclose(part @ part.conj().T, expected, atol=1e-12)


@every_convention
def test_rotation_matrices_are_unitary_homomorphisms_that_rotate_the_functions(name):
    g, h = random_rotations(2, rng=3)
    y = DEFINITIONS[name]
    for ell in range(L + 1):
        to = conversion_matrix(ell, "symmeter", name)
        back = np.linalg.inv(to)
        dg, dh, dgh = (to @ wigner_D(ell, r) @ back for r in (g, h, g @ h))
        np.testing.assert_allclose(dg @ dh, dgh, atol=1e-12)
        np.testing.assert_allclose(dg @ dg.conj().T, np.eye(2 * ell + 1), atol=1e-12)
        np.testing.assert_allclose(y(POINTS @ g.T)[:, blocks(ell)], y(POINTS)[:, blocks(ell)] @ dg.T, atol=1e-12)
        # An integer, 2 cos(angle) + 1 for l = 1, in whatever basis.
        angle = np.arccos((np.trace(g) - 1) / 2)
        np.testing.assert_allclose(np.trace(dg), 1 + 2 * np.cos(angle * np.arange(1, ell + 1)).sum(), atol=1e-12)


@pytest.mark.parametrize(("source", "target"), list(product(HARMONIC_CONVENTIONS, repeat=2)))
def test_harmonics_and_coefficients_between_all_named_conventions(source, target):
    first, second = DEFINITIONS[source](POINTS), DEFINITIONS[target](POINTS)
    np.testing.assert_allclose(convert_harmonics(first, source, target), second, atol=1e-12)
    c = RNG.standard_normal((L + 1) ** 2) + 1j * RNG.standard_normal((L + 1) ** 2)
    moved = convert_coefficients(c, source, target)
    np.testing.assert_allclose(second @ moved, first @ c, atol=1e-11)
    np.testing.assert_allclose(convert_coefficients(moved, target, source), c, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "normalization"), [("e3nn", "integral"), ("e3nn-component", "component"), ("e3nn-norm", "norm")]
)
def test_agreement_with_e3nn(name, normalization):
    o3 = pytest.importorskip("e3nn.o3")
    torch = pytest.importorskip("torch")
    theirs = o3.spherical_harmonics(list(range(L + 1)), torch.tensor(POINTS), True, normalization=normalization)
    np.testing.assert_allclose(DEFINITIONS[name](POINTS), theirs.numpy(), atol=1e-12)

"""SL(2, C) over the Lorentz group, and the closed logarithm: near the cut, for strong boosts and null rotations."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg

from symmeter.errors import InputError, NotAGroupElementError
from symmeter.groups.lie import Lorentz, gell_mann, logm, lorentz_irrep, spinor_lift

G = Lorentz()
SIGMA = np.concatenate([np.eye(2)[None], gell_mann(2)])


def elements(count: int, size: float = 1.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return G.exp(size * rng.standard_normal((count, 6))) @ G.exp(size * rng.standard_normal((count, 6)))


def test_lifts_have_determinant_one_and_cover_the_element():
    g = elements(50)
    A = spinor_lift(g)
    np.testing.assert_allclose(np.linalg.det(A), 1, atol=1e-11)
    assert (np.trace(A, axis1=1, axis2=2).real >= 0).all()
    p = np.random.default_rng(1).standard_normal((50, 4))
    moved = A @ np.einsum("bm,mij->bij", p, SIGMA) @ A.conj().swapaxes(1, 2)
    expected = np.einsum("bmn,bn,mij->bij", g, p, SIGMA)
    assert (np.abs(moved - expected).max(axis=(1, 2)) < 1e-12 * np.abs(g).max(axis=(1, 2)) * 10).all()


def test_lifts_multiply_up_to_a_sign():
    g, h = elements(40, 0.7), elements(40, 0.7, seed=2)
    product, whole = spinor_lift(g) @ spinor_lift(h), spinor_lift(g @ h)
    sign = np.sign(np.real(np.einsum("bij,bij->b", product.conj(), whole)))
    np.testing.assert_allclose(product, sign[:, None, None] * whole, atol=1e-10)
    assert set(sign.tolist()) == {1.0, -1.0}


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6, 1e-8])
@pytest.mark.parametrize("rapidity", [0.0, 1.0])
def test_the_logarithm_keeps_its_digits_beside_the_cut(gap, rapidity):
    c = np.array([0, 0, np.pi - gap, 0, 0, rapidity])
    g = G.exp(c)
    np.testing.assert_allclose(G.log(g), c, atol=2e-15)
    frame = G.exp([0.3, -0.2, 0.4, 0.5, 0.1, -0.3])
    moved = frame @ g @ G.inverse(frame)
    np.testing.assert_allclose(
        G.hat(G.log(moved)), frame @ G.hat(c) @ G.inverse(frame), atol=2e-14 / min(1.0, gap * 1e6)
    )


def test_the_general_logarithm_keeps_its_digits_beside_the_cut():
    """Square roots alone lost five of them here."""
    for gap in (1e-3, 1e-6, 1e-7):
        a, b = np.pi - gap, 0.5
        X = np.array([[0, -a, 0, 0], [a, 0, 0, 0], [0, 0, b, 1.0], [0, 0, 0, -b]])
        frame = np.eye(4) + 0.2 * np.random.default_rng(3).standard_normal((4, 4))
        inside = frame @ X @ np.linalg.inv(frame)
        stack = np.stack([scipy.linalg.expm(inside), np.diag([1.0, 2.0, 3.0, 4.0])])
        np.testing.assert_allclose(logm(stack)[0], inside, atol=1e-15 * 100 / gap)
        np.testing.assert_allclose(logm(stack)[1], np.diag(np.log([1.0, 2.0, 3.0, 4.0])), atol=1e-14)


@pytest.mark.parametrize("size", [1e-9, 1e-4, 1.0, 3.0])
def test_the_logarithm_undoes_the_exponential(size):
    c = size * np.array([0.3, 0.2, 0.5, 1.0, 2.0, 3.0])
    np.testing.assert_allclose(G.log(G.exp(c)), c, rtol=1e-12)


def test_null_rotations():
    null = np.array([1.0, 0, 0, 0, 1.0, 0])
    X = G.hat(null)
    np.testing.assert_allclose(X @ X @ X, 0, atol=1e-15)
    for size in (1e-6, 1.0, 20.0):
        np.testing.assert_allclose(G.log(G.exp(size * null)), size * null, atol=1e-12 * max(1.0, size**2))


@pytest.mark.parametrize("rapidity", [0.0, 0.5, 2.0, 4.0])
def test_half_turns_of_moving_observers_are_on_the_cut(rapidity):
    frame = G.boost(rapidity * np.array([0.6, 0.8, 0.3]))
    g = frame @ np.diag([1.0, -1.0, -1.0, 1.0]) @ G.metric @ frame.T @ G.metric
    with pytest.raises(InputError, match=r"on the cut.*on_cut='choose'"):
        G.log(g)
    chosen = G.log(g, on_cut="choose")
    np.testing.assert_allclose(G.exp(chosen), g, atol=1e-9 * np.abs(g).max())
    first = chosen[:3][np.abs(chosen[:3]) > 1e-6][0]
    assert first > 0
    # The invariants of the Lie algebra: theta^2 - eta^2 = pi^2 and theta . eta = 0.
    theta, eta = chosen[:3], chosen[3:]
    assert theta @ theta - eta @ eta == pytest.approx(np.pi**2, rel=1e-6)
    assert abs(theta @ eta) < 1e-6 * (1 + theta @ theta)


@pytest.mark.parametrize("d", [1, 2, 4, 5])
def test_other_dimensions(d):
    group = Lorentz(d)
    c = 0.6 * np.random.default_rng(d).standard_normal((30, group.dimension))
    np.testing.assert_allclose(group.log(group.exp(c)), c, atol=1e-12)


@pytest.mark.parametrize(("m", "n"), [(0, 0.5), (0.5, 0.5), (1, 0), (1, 1), (0.5, 1)])
def test_representations_of_elements(m, n):
    g, h = elements(10, 0.4, seed=4), elements(10, 0.4, seed=5)
    product, whole = lorentz_irrep(m, n, g) @ lorentz_irrep(m, n, h), lorentz_irrep(m, n, g @ h)
    if (m + n) % 1 == 0:
        np.testing.assert_allclose(product, whole, atol=1e-9)
    else:
        sign = np.sign(np.real(np.einsum("bij,bij->b", product.conj(), whole)))
        np.testing.assert_allclose(product, sign[:, None, None] * whole, atol=1e-9)
    if (m, n) == (0, 0.5):
        np.testing.assert_allclose(lorentz_irrep(m, n, g), spinor_lift(g), atol=1e-12)
    with pytest.raises(NotAGroupElementError, match=r"SO\+\(1,3\)"):
        lorentz_irrep(m, n, 2 * np.eye(4))

"""Decompositions against closed forms, a second method and their own inverses; the dossier's numbers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, NonFiniteError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.groups.lie import (
    SE,
    SL,
    SO,
    Affine,
    GLp,
    Lorentz,
    O,
    from_iwasawa,
    from_kak,
    from_ldu,
    from_polar,
    from_semidirect,
    iwasawa,
    kak,
    ldu,
    polar,
    qr,
    semidirect,
)

SIZES = pytest.mark.parametrize("n", [1, 2, 3, 4, 6])


def matrices(n: int, count: int = 40, seed: int = 0, positive: bool = True) -> np.ndarray:
    g = np.random.default_rng(seed).standard_normal((count, n, n))
    if positive:
        g[np.linalg.det(g) < 0, 0] *= -1
    return g


def angle(r: np.ndarray) -> np.ndarray:
    return np.arctan2(r[..., 1, 0], r[..., 0, 0])


@given(st.floats(-1e3, 1e3))
def test_polar_of_a_shear_is_known(t):
    X, R = polar(np.array([[1, t], [0, 1]]))
    np.testing.assert_allclose(angle(R), -np.arctan(t / 2), atol=1e-15)
    np.testing.assert_allclose(np.linalg.eigvalsh(X), [-np.arcsinh(abs(t) / 2), np.arcsinh(abs(t) / 2)], atol=1e-10)


def test_polar_of_the_unit_shear_to_ten_digits():
    X, R = polar(np.array([[1.0, 1.0], [0.0, 1.0]]))
    assert abs(angle(R) + 0.4636476090) < 5e-11
    np.testing.assert_allclose(X, [[0.21520447, 0.43040894], [0.43040894, -0.21520447]], atol=5e-9)
    np.testing.assert_allclose(np.linalg.eigvalsh(X)[1], 0.4812118251, atol=5e-11)


def test_polar_of_the_worked_example():
    X, R = polar(np.array([[1.2, 0.4], [-0.1, 0.9]]))
    np.testing.assert_allclose(X, [[0.22625282, 0.10436214], [0.10436214, -0.11292413]], atol=5e-9)
    # The dossier prints -.23374317, which is cut off and not rounded; the closed form decides.
    np.testing.assert_allclose(angle(R), -np.arctan(0.5 / 2.1), atol=1e-15)
    assert -0.23374319 < angle(R) < -0.23374317


def test_an_element_without_a_logarithm_has_polar_coordinates():
    g = np.diag([-2.0, -0.5])
    with pytest.raises(InputError, match=r"on the cut: it has the eigenvalue -2"):
        SL(2).log(g)
    X, R = polar(g)
    np.testing.assert_allclose(X, np.diag([np.log(2), -np.log(2)]), atol=1e-15)
    np.testing.assert_allclose(R, -np.eye(2), atol=1e-15)
    c = SL(2).coordinates(g)
    np.testing.assert_allclose(SL(2).from_coordinates(c), g, atol=1e-14)
    np.testing.assert_allclose(SL(2).hat(c)[1, 0], np.pi, atol=1e-14)


@SIZES
@pytest.mark.parametrize("side", ["left", "right"])
def test_polar_agrees_with_scipy_and_is_undone(n, side):
    g = matrices(n)
    X, R = polar(g, side)
    for one, x, r in zip(g, X, R):
        u, p = scipy.linalg.polar(one, side=side)
        np.testing.assert_allclose(r, u, atol=1e-12 * np.linalg.cond(one))
        np.testing.assert_allclose(scipy.linalg.expm(x), p, atol=1e-12 * np.linalg.cond(one))
    np.testing.assert_allclose(from_polar(X, R, side), g, atol=1e-13)


@pytest.mark.parametrize(("n", "error"), [(2, 1e-15), (3, 1e-14), (4, 2e-14)])
def test_round_trip_errors_stay_near_rounding(n, error):
    g = matrices(n, 200, seed=1)
    assert np.abs(from_polar(*polar(g)) - g).max() < 8 * error


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.floats(-3.1, 3.1))
def test_the_closed_form_for_2x2_agrees_with_the_singular_values(a, b, c, theta):
    X = np.array([[a, b], [b, c]])
    R = np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])
    g = scipy.linalg.expm(X) @ R
    u, s, v = np.linalg.svd(g)
    found = polar(g)
    cond = s[0] / s[1]
    np.testing.assert_allclose(found.R, u @ v, atol=1e-15 * cond + 1e-14)
    np.testing.assert_allclose(found.X, (u * np.log(s)) @ u.T, atol=1e-14 * cond + 1e-13)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("cond", [1e6, 1e12])
def test_the_rotation_survives_bad_condition(n, cond):
    """By eigenvectors of g g^T the rotation would be wrong by 3e-6 at condition 1e6, and altogether at 1e12."""
    rng = np.random.default_rng(2)
    k1, k2 = SO(n).sample(2, rng=rng)[0]
    g = (k1 * np.geomspace(1, 1 / cond, n)) @ k2
    R = polar(g).R
    np.testing.assert_allclose(R.T @ R, np.eye(n), atol=1e-14)
    # Entries of g carry rounding of 1e-16, which moves the polar factor by 1e-16 / s_min at most.
    assert np.abs(R - k1 @ k2).max() < 1e-15 * cond / 2
    p = g @ R.T
    np.testing.assert_allclose(p, p.T, atol=1e-15)
    assert np.linalg.eigvalsh(p).min() > -1e-15


@pytest.mark.parametrize("n", [2, 3, 4])
def test_near_a_rotation_no_digits_are_lost(n):
    k = SO(n).sample(1, rng=3)[0][0]
    x = 1e-9 * np.random.default_rng(4).standard_normal((n, n))
    x = x + x.T
    X, R = polar((np.eye(n) + x + x @ x / 2) @ k)
    # arccosh of the half trace would be wrong by 1e-8; what remains is rounding of g, and of the SVD for n > 2.
    np.testing.assert_allclose(X, x, atol=1e-15 if n == 2 else 1e-14)
    np.testing.assert_allclose(R, k, atol=1e-15 if n == 2 else 1e-14)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e-80, 1e80, 1e160, 1e300])
def test_scales_whose_determinant_leaves_the_floats_only_shift_the_logarithm(side, scale):
    g = matrices(2, 20, seed=3)
    one, other = polar(g, side), polar(scale * g, side)
    np.testing.assert_allclose(other.X, one.X + np.log(scale) * np.eye(2), rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(other.R, one.R, atol=1e-14)
    g[7] = [[1, 2], [2, 1]]
    with pytest.raises(NotAGroupElementError, match="matrix 7 of 20"):
        polar(scale * g, side)


def test_blocks_of_a_long_stack_agree_with_single_matrices():
    g = matrices(2, 20_000, seed=4)
    X, R = polar(g, "right")
    for k in (0, 8191, 8192, 16_384, 19_999):
        np.testing.assert_array_equal(X[k], polar(g[k], "right").X)
        np.testing.assert_array_equal(R[k], polar(g[k], "right").R)


def test_complex_matrices_have_a_unitary_factor():
    rng = np.random.default_rng(5)
    g = rng.standard_normal((5, 3, 3)) + 1j * rng.standard_normal((5, 3, 3))
    X, R = polar(g)
    np.testing.assert_allclose(from_polar(X, R), g, atol=1e-13)
    np.testing.assert_allclose(R @ R.conj().swapaxes(1, 2), np.broadcast_to(np.eye(3), g.shape), atol=1e-14)
    k1, a, k2 = kak(g)
    np.testing.assert_allclose(from_kak(k1, a, k2), g, atol=1e-13)
    np.testing.assert_allclose(from_iwasawa(*iwasawa(g)), g, atol=1e-13)


@SIZES
def test_left_rotations_conjugate_the_polar_logarithm(n):
    g, k = matrices(n, 10, seed=6), SO(n).sample(10, rng=7)[0]
    X, R = polar(g)
    moved = polar(k @ g)
    np.testing.assert_allclose(moved.X, k @ X @ k.swapaxes(1, 2), atol=1e-12)
    np.testing.assert_allclose(moved.R, k @ R, atol=1e-12)


@SIZES
def test_right_and_left_polar_are_conjugate(n):
    g = matrices(n, 10, seed=8)
    left, right = polar(g), polar(g, "right")
    np.testing.assert_allclose(right.X, left.R.swapaxes(1, 2) @ left.X @ left.R, atol=1e-12)
    np.testing.assert_allclose(right.R, left.R, atol=1e-12)


@SIZES
def test_kak_has_rotations_falling_exponents_and_is_undone(n):
    g = matrices(n)
    k1, a, k2 = kak(g)
    assert SO(n).defect(k1).max() < 1e-13
    assert SO(n).defect(k2).max() < 1e-13
    assert (np.diff(a, axis=-1) <= 0).all()
    np.testing.assert_allclose(from_kak(k1, a, k2), g, atol=1e-13)
    np.testing.assert_allclose(np.exp(a), np.linalg.svd(g)[1], rtol=1e-10)


@SIZES
@pytest.mark.parametrize("order", ["kan", "kna"])
def test_iwasawa_has_its_shape_and_is_undone(n, order):
    g = matrices(n)
    k, a, u = iwasawa(g, order)
    assert SO(n).defect(k).max() < 1e-13
    np.testing.assert_allclose(np.einsum("...ii->...i", u), 1, atol=1e-12)
    assert np.abs(np.tril(u, -1)).max(initial=0) == 0
    np.testing.assert_allclose(from_iwasawa(k, a, u, order), g, atol=1e-12)
    # Products of exponents are Gram determinants of the leading columns.
    gram = [np.linalg.det(g[:, :, :m].swapaxes(1, 2) @ g[:, :, :m]) for m in range(1, n + 1)]
    np.testing.assert_allclose(np.cumsum(a, axis=1), 0.5 * np.log(gram).T, rtol=1e-6, atol=1e-9)


@SIZES
def test_ldu_has_its_shape_and_leading_minors(n):
    g = matrices(n, positive=False)
    lower, d, upper = ldu(g)
    assert np.abs(np.triu(lower, 1)).max(initial=0) == np.abs(np.tril(upper, -1)).max(initial=0) == 0
    np.testing.assert_allclose(np.einsum("...ii->...i", lower), 1)
    np.testing.assert_allclose(from_ldu(lower, d, upper), g, atol=1e-10)
    minors = np.array([np.linalg.det(g[:, :m, :m]) for m in range(1, n + 1)]).T
    np.testing.assert_allclose(np.cumprod(d, axis=1), minors, rtol=1e-8)


@SIZES
def test_qr_has_a_positive_diagonal(n):
    g = matrices(n, positive=False) + 1j * matrices(n, seed=9)
    q, r = qr(g)
    np.testing.assert_allclose(q @ r, g, atol=1e-13)
    diagonal = np.einsum("...ii->...i", r)
    assert (diagonal.real > 0).all()
    assert np.abs(diagonal.imag).max() < 1e-14


@pytest.mark.parametrize("alpha", [1.0, 2.5])
@pytest.mark.parametrize("n", [2, 3, 4])
def test_linear_generators_are_orthonormal_and_undone(n, alpha):
    for G in (GLp(n, alpha), SL(n, alpha)):
        gram = alpha * np.einsum("aij,bij->ab", G.basis, G.basis)
        np.testing.assert_allclose(gram, np.eye(G.dimension), atol=1e-15)
        c = np.random.default_rng(13).standard_normal((5, G.dimension))
        np.testing.assert_allclose(G.vee(G.hat(c)), c, atol=1e-14)
    assert abs(np.einsum("aii->a", SL(n).basis)).max() < 1e-15


def test_linear_generators_of_size_two_are_those_of_the_dossier():
    r = np.sqrt(0.5)
    np.testing.assert_allclose(GLp(2).basis, [[[1, 0], [0, 0]], [[0, r], [r, 0]], [[0, 0], [0, 1]], [[0, -r], [r, 0]]])
    np.testing.assert_allclose(SL(2).basis, [[[r, 0], [0, -r]], [[0, r], [r, 0]], [[0, -r], [r, 0]]])


def test_semidirect_parts_multiply_as_they_should():
    G = Affine(2)
    g, k = G.sample(6, radius=1.0, rng=10)[0], G.sample(6, radius=1.0, rng=11)[0]
    (x, h), (y, l) = semidirect(g), semidirect(k)  # noqa: E741
    np.testing.assert_allclose(g @ k, from_semidirect(x + (h @ y[..., None])[..., 0], h @ l), atol=1e-14)
    np.testing.assert_allclose(G.act(g @ k, [1.0, 2.0]), G.act(g, G.act(k, [1.0, 2.0])), atol=1e-13)
    np.testing.assert_allclose(G.from_semidirect(*G.semidirect(g)), g, atol=0)


@pytest.mark.parametrize("d", [2, 3, 4])
def test_lorentz_decompositions_are_undone(d):
    G = Lorentz(d)
    g = G.sample(40, radius=3.0, rng=12)[0]
    k1, a, k2 = G.kak(g)
    assert (a >= 0).all()
    assert max(G.maximal_compact.defect(k1).max(), G.maximal_compact.defect(k2).max()) < 1e-11
    np.testing.assert_allclose(G.from_kak(k1, a, k2), g, atol=1e-11)
    np.testing.assert_allclose(np.cosh(a), g[:, 0, 0], rtol=1e-11)
    k, a, n = G.iwasawa(g)
    np.testing.assert_allclose(G.from_iwasawa(k, a, n), g, atol=1e-10)
    ray = np.zeros(d + 1)
    ray[[0, -1]] = 1
    np.testing.assert_allclose(n @ ray, np.broadcast_to(ray, (40, d + 1)), atol=1e-10)
    # Null rotations are unipotent: the third power of n - 1 vanishes.
    np.testing.assert_allclose(np.linalg.matrix_power(n - np.eye(d + 1), 3), 0 * n, atol=1e-9)


def test_a_boost_along_any_axis_matches_the_textbook():
    G = Lorentz()
    beta = np.array([0.3, -0.5, 0.2])
    speed = np.linalg.norm(beta)
    g = G.boost(np.arctanh(speed) * beta / speed)
    gamma = 1 / np.sqrt(1 - speed**2)
    expected = np.eye(4)
    expected[0, 0] = gamma
    expected[0, 1:] = expected[1:, 0] = gamma * beta
    expected[1:, 1:] += (gamma - 1) * np.outer(beta, beta) / speed**2
    np.testing.assert_allclose(g, expected, atol=1e-14)
    np.testing.assert_allclose(G.rapidity(g), np.arctanh(speed) * beta / speed, atol=1e-14)
    p, q = np.array([5.0, 3, 0, 4]), np.array([13.0, 0, 5, 12])
    np.testing.assert_allclose((g @ p) @ G.metric @ (g @ q), 17, atol=1e-12)
    np.testing.assert_allclose((p - q) @ G.metric @ (p - q), -34)


def test_wigner_rotation_of_two_boosts():
    """Composition of perpendicular boosts: tan(angle) known in closed form."""
    G = Lorentz()
    a, b = 0.7, 1.1
    X, k = G.polar(G.boost([a, 0, 0]) @ G.boost([0, b, 0]))
    # tan(e/2) = tanh(a/2) tanh(b/2) for perpendicular boosts (Thomas-Wigner).
    turn = np.arctan2(k[2, 1], k[1, 1])
    np.testing.assert_allclose(np.tan(abs(turn) / 2), np.tanh(a / 2) * np.tanh(b / 2), rtol=1e-12)
    np.testing.assert_allclose(np.cosh(np.linalg.norm(X[0, 1:])), np.cosh(a) * np.cosh(b), rtol=1e-12)


def test_stacks_of_any_shape_and_single_matrices():
    g = matrices(2, 12).reshape(3, 4, 2, 2)
    X, R = polar(g)
    assert X.shape == R.shape == (3, 4, 2, 2)
    np.testing.assert_array_equal(polar(g[1, 2]).X, X[1, 2])
    assert kak(g).a.shape == (3, 4, 2)
    assert polar(np.zeros((0, 3, 3))).X.shape == (0, 3, 3)
    assert polar(np.zeros((0, 2, 2))).X.shape == (0, 2, 2)


SINGULAR = np.array([np.eye(2), np.eye(2), [[1.0, 2.0], [2.0, 4.0]]])
FLIPPED = np.array([np.eye(3), np.diag([1.0, 1.0, -2.0])])


@pytest.mark.parametrize("function", [polar, kak, iwasawa, GLp(2).polar])
def test_singular_matrices_are_named(function):
    with pytest.raises(NotAGroupElementError, match="matrix 2 of 3"):
        function(SINGULAR)


@pytest.mark.parametrize("function", [polar, kak, iwasawa, GLp(3).polar, GLp(3).log])
def test_negative_determinants_are_named(function):
    with pytest.raises(NotAGroupElementError, match="matrix 1 of 2"):
        function(FLIPPED)


@pytest.mark.parametrize("n", [2, 3])
def test_special_linear_needs_determinant_one(n):
    with pytest.raises(NotAGroupElementError, match=r"not in SL\(.,R\): its defect is 0\.1.*determinant 1"):
        SL(n).polar(np.diag([1.1] + [1.0] * (n - 1)))
    drifted = np.diag([1 + 1e-9] + [1.0] * (n - 1))
    assert abs(np.trace(SL(n).polar(drifted).X)) < 1e-15


def test_wrong_shapes_names_and_numbers():
    with pytest.raises(ShapeError, match=r"\(2, 3\)"):
        polar(np.ones((2, 3)))
    with pytest.raises(UnknownNameError, match="did you mean 'left'"):
        polar(np.eye(2), side="lef")
    with pytest.raises(UnknownNameError, match="did you mean 'kan'"):
        iwasawa(np.eye(2), order="kank")
    with pytest.raises(NonFiniteError, match="matrix 0 of 1"):
        kak(np.full((1, 2, 2), np.nan))
    with pytest.raises(ShapeError, match="must agree"):
        from_polar(np.eye(2), np.eye(3))
    with pytest.raises(ShapeError, match="leading parts"):
        from_polar(np.zeros((2, 3, 3)), np.zeros((4, 3, 3)))
    with pytest.raises(NotAGroupElementError, match="leading 2 x 2 minor"):
        ldu(np.array([[1.0, 1, 0], [1, 1, 1], [0, 1, 1]]))
    with pytest.raises(NotAGroupElementError, match=r"last row must be 0 \.\.\. 0 1"):
        semidirect(np.ones((3, 3)))
    with pytest.raises(InputError, match="must be numbers"):
        polar(np.array([["a", "b"], ["c", "d"]]))
    with pytest.raises(NotAGroupElementError, match="matrix 1 of 2 is singular"):
        O(2).project(np.array([np.eye(2), np.ones((2, 2))]))
    with pytest.raises(NotAGroupElementError, match=r"SE\(2\)"):
        SE(2).inverse(2 * np.eye(3))

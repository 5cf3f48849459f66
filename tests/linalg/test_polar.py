"""Polar factors against closed numbers, definitions, and each other; NumPy and torch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, NonFiniteError, ShapeError, UnknownNameError
from symmeter.linalg import (
    POLAR_SCHEDULES,
    inverse_square_root,
    polar_decomposition,
    polar_factor,
    polar_iteration,
    polar_qdwh,
    polar_svd,
    singular_value_map,
)

SIGMA = np.array([1e-3, 1e-2, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
# Section 5.3 of the dossier on symmetry-compatible optimizers.
MAPS = {
    ("newton-schulz", 5): [0.470544, 0.698917, 1.122332, 0.712120, 1.079592, 0.765439, 1.120323, 0.682011, 0.696436],
    ("polar-express", 5): [0.729003, 0.906027, 1.115448, 0.878715, 1.093326, 0.884924, 0.880701, 1.049388, 1.019028],
    ("polar-express-5", 5): [0.858873, 1.02711, 1.060512, 1.059161, 0.983142, 0.910611, 0.935634, 0.874922, 0.859129],
}


def random_matrix(shape, complex_=False, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal(shape)
    return a + 1j * rng.standard_normal(shape) if complex_ else a


@pytest.mark.parametrize(("name", "steps"), list(MAPS))
def test_scalar_maps_of_the_dossier(name, steps):
    np.testing.assert_allclose(singular_value_map(SIGMA, name, steps), MAPS[name, steps], atol=6e-7)


def test_eight_steps_of_polar_express_converge():
    error = 1 - singular_value_map(SIGMA, "polar-express")
    assert error[0] == pytest.approx(2.1e-8, rel=0.05)
    assert np.abs(error[1:]).max() < 1e-9


def test_ranges_of_the_five_step_maps():
    s = np.geomspace(1e-3, 1, 20001)
    for name, low, high in (
        ("newton-schulz", 0.471, 1.202),
        ("polar-express", 0.729, 1.124),
        ("polar-express-5", 0.859, 1.141),
    ):
        values = singular_value_map(s, name, 5)
        assert round(values.min(), 3) == low
        assert round(values.max(), 3) == high


def test_worked_matrices_of_the_dossier():
    g = np.array([[3.0, 4], [0, 5], [1, 0]])
    expected = [[0.8309558014, 0.4642493873], [-0.4023073008, 0.8820422098], [0.3842672140, -0.0804614602]]
    for method in ("svd", "qdwh", "cubic", "quintic"):
        np.testing.assert_allclose(polar_factor(g, method), expected, atol=6e-11)
    i, j = np.meshgrid(np.arange(5), np.arange(3), indexing="ij")
    g = np.sin(1 + 3 * i + j**2 + i * j)
    np.testing.assert_allclose(polar_svd(g)[0], [0.53986216, 0.56595404, -0.54294112], atol=6e-9)
    # <G, polar(G)> is the nuclear norm.
    assert (g * polar_qdwh(g)).sum() == pytest.approx(np.linalg.norm(g, "nuc"))
    # Centred left-spectral rule: Pi (Pi M M^T Pi)^(-1/2) Pi M.
    m = np.array([[3.0, 4], [0, 5], [1, 0]])
    m = m - m.mean(0)
    root = inverse_square_root(m @ m.T)
    centred = [[0.7715167498, 0.2672612419], [-0.6172133998, 0.5345224838], [-0.1543033500, -0.8017837257]]
    np.testing.assert_allclose(root @ m, centred, atol=1e-9)


def unit_rows(m):
    return m / np.linalg.norm(m, axis=1, keepdims=True)


def test_compositions_of_rules_of_the_dossier():
    """Rows to unit length before or after the polar factor; the smooth 5 x 3 example; singular values."""
    g = np.array([[3.0, 4], [0, 5], [1, 0]])
    np.testing.assert_allclose(np.linalg.svd(g)[1], [6.7158242818, 2.4285189347], atol=6e-11)
    assert (g * polar_svd(g)).sum() == pytest.approx(9.1443432165, abs=6e-11)
    before = [[0.4242640687, 0.5656854249], [-0.1405887450, 0.8125483400], [0.8945584412, -0.1405887450]]
    after = [[0.8729919144, 0.4877346794], [-0.4149814921, 0.9098298529], [0.9787735433, -0.2049447509]]
    np.testing.assert_allclose(polar_svd(unit_rows(g)), before, atol=6e-11)
    np.testing.assert_allclose(unit_rows(polar_qdwh(g)), after, atol=6e-11)
    i, j = np.meshgrid(np.arange(5), np.arange(3), indexing="ij")
    g = np.sin(1 + 3 * i + j**2 + i * j)
    np.testing.assert_allclose(np.linalg.svd(g)[1], [1.7121, 1.6574, 1.3198], atol=6e-5)
    np.testing.assert_allclose(polar_svd(unit_rows(g))[0], [0.52138294, 0.50222904, -0.54659612], atol=6e-9)
    m = g - g.mean(0)
    left = inverse_square_root(m @ m.T) @ m
    np.testing.assert_allclose(left[0], [0.46775117, 0.52968782, -0.54294936], atol=6e-9)


def test_the_left_spectral_rule_gives_the_projector_off_the_mean():
    m = random_matrix((8, 64), seed=3)
    m = m - m.mean(0)
    u = inverse_square_root(m @ m.T) @ m
    np.testing.assert_allclose(u @ u.T, np.eye(8) - 1 / 8, atol=1e-12)


def test_gram_form_equals_the_direct_form():
    g = random_matrix((120, 9), seed=4)
    direct = polar_iteration(g.T.copy(), "polar-express").T
    np.testing.assert_allclose(polar_iteration(g, "polar-express"), direct, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (40, 8), (16, 16), (7, 30, 10), (2, 3, 4, 9)])
@pytest.mark.parametrize("complex_", [False, True])
def test_all_methods_agree_with_the_svd(shape, complex_):
    m = random_matrix(shape, complex_)
    u = polar_svd(m)
    left = u @ u.conj().swapaxes(-1, -2) if shape[-2] <= shape[-1] else u.conj().swapaxes(-1, -2) @ u
    np.testing.assert_allclose(left, np.broadcast_to(np.eye(min(shape[-2:])), left.shape), atol=1e-13)
    np.testing.assert_allclose(polar_qdwh(m), u, atol=1e-12)
    np.testing.assert_allclose(polar_iteration(m, "quintic", steps=40), u, atol=1e-12)
    np.testing.assert_allclose(polar_iteration(m, "cubic", steps=60), u, atol=1e-12)
    # The last steps' coefficients are rounded to 16 digits, the map to 1e-9.
    np.testing.assert_allclose(polar_iteration(m, "polar-express"), u, atol=1e-6)


@pytest.mark.parametrize("name", list(POLAR_SCHEDULES))
def test_iterations_act_on_singular_values_alone(name):
    m = random_matrix((12, 7), seed=3)
    u, s, vh = np.linalg.svd(m, full_matrices=False)
    mapped = singular_value_map(s / (np.linalg.norm(m) + 1e-7), name)
    for gram in (False, True):
        np.testing.assert_allclose(polar_iteration(m, name, gram=gram), (u * mapped) @ vh, atol=1e-11)


def test_decomposition_is_isometry_times_positive():
    for complex_ in (False, True):
        m = random_matrix((4, 9, 6), complex_, seed=1)
        u, p = polar_decomposition(m)
        np.testing.assert_allclose(u @ p, m, atol=1e-13)
        np.testing.assert_allclose(p, p.conj().swapaxes(-1, -2), atol=1e-13)
        assert np.linalg.eigvalsh(p).min() > 0


def test_rank_deficient_and_zero_matrices():
    m = np.outer([1.0, 2, 3], [4.0, 5])
    u = polar_svd(m)
    np.testing.assert_allclose(u, m / np.linalg.norm(m), atol=1e-15)
    for method in ("svd", "newton-schulz", "polar-express", "quintic", "qdwh"):
        assert np.abs(polar_factor(np.zeros((3, 2)), method)).max() == 0


def test_qdwh_is_orthogonal_at_any_condition_number():
    u, _, vh = np.linalg.svd(random_matrix((40, 40)))
    m = (u * np.logspace(0, -13, 40)) @ vh
    found = polar_qdwh(m)
    np.testing.assert_allclose(found @ found.T, np.eye(40), atol=1e-13)
    h = found.T @ m
    np.testing.assert_allclose(h, h.T, atol=1e-14)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**31))
def test_equivariant_under_rotations_of_both_sides(rows, columns, seed):
    rng = np.random.default_rng(seed)
    m = rng.standard_normal((rows, columns))
    q, r = np.linalg.qr(rng.standard_normal((rows, rows)))[0], np.linalg.qr(rng.standard_normal((columns, columns)))[0]
    for name in ("newton-schulz", "polar-express"):
        np.testing.assert_allclose(polar_iteration(q @ m @ r, name), q @ polar_iteration(m, name) @ r, atol=1e-6)


@pytest.mark.parametrize(
    ("damping", "method", "tolerance"),
    [(0.0, "quintic", 1e-10), (1e-2, "polar-express", 1e-6), (1e-2, "quintic", 1e-10)],
)
def test_inverse_square_roots(damping, method, tolerance):
    a = random_matrix((8, 64))
    c = a @ a.T
    expected = inverse_square_root(c, damping)
    np.testing.assert_allclose(expected @ (c + damping * np.eye(8)) @ expected, np.eye(8), atol=1e-12)
    np.testing.assert_allclose(inverse_square_root(c, damping, method, steps=30), expected, atol=tolerance)


def test_inverse_square_root_leaves_the_null_space_at_zero():
    c = np.ones((3, 3))
    np.testing.assert_allclose(inverse_square_root(c), np.ones((3, 3)) / 3**1.5, atol=1e-15)


def test_torch_gives_the_same_and_keeps_types():
    torch = pytest.importorskip("torch")
    m = random_matrix((3, 20, 5), seed=2)
    t = torch.tensor(m)
    for method in ("svd", "qdwh", "polar-express", "newton-schulz", "quintic"):
        np.testing.assert_allclose(polar_factor(t, method).numpy(), polar_factor(m, method), atol=1e-11)
    np.testing.assert_allclose(
        inverse_square_root(t.mT @ t).numpy(), inverse_square_root(m.swapaxes(1, 2) @ m), atol=1e-12
    )
    half = t.to(torch.bfloat16)
    for method in ("svd", "newton-schulz", "qdwh"):
        assert polar_factor(half, method).dtype == torch.bfloat16
    low = polar_iteration(t.float(), "newton-schulz", dtype=torch.bfloat16)
    assert low.dtype == torch.float32
    values = torch.linalg.svdvals(low)
    assert 0.6 < float(values.min()) <= float(values.max()) < 1.3
    small = torch.tensor(m[0, :4, :3], requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: polar_iteration(x, "polar-express-5"), small)


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="did you mean 'newton-schulz'"):
        polar_factor(np.eye(2), "newton-shulz")
    with pytest.raises(UnknownNameError, match="no schedule"):
        singular_value_map([1.0], "halley")
    with pytest.raises(ShapeError, match=r"\(\.\.\., m, n\)"):
        polar_svd(np.zeros(3))
    with pytest.raises(NonFiniteError, match="NaN"):
        polar_qdwh(np.array([[np.nan]]))
    with pytest.raises(InputError, match="steps is 0"):
        polar_iteration(np.eye(2), steps=0)
    with pytest.raises(InputTypeError, match="numbers are needed"):
        polar_svd(np.array([["a"]]))
    with pytest.raises(InputError, match="smallest"):
        polar_qdwh(np.eye(2), smallest=-1.0)
    with pytest.raises(ShapeError, match="square"):
        inverse_square_root(np.zeros((2, 3)))
    with pytest.raises(InputError, match="positive semidefinite"):
        inverse_square_root(np.diag([1.0, -1.0]))
    with pytest.raises(InputError, match="damping is -1"):
        inverse_square_root(np.eye(2), damping=-1.0)


def test_row_rules_of_the_dossier_around_the_polar_factor():
    """Unit columns, centred unit rows, and the centred hybrid: rows of Pi polar(Pi N(Pi M))."""
    centred = lambda m: m - m.mean(0)  # noqa: E731
    g = np.array([[3.0, 4], [0, 5], [1, 0]])
    columns = [[0.9486832981, 0.6246950476], [0, 0.7808688094], [0.3162277660, 0]]
    np.testing.assert_allclose(unit_rows(g.T).T, columns, atol=6e-11)
    rows = [[0.7933725246, 0.3969416504], [-0.6188205974, 0.7144961893], [-0.1745519272, -1.1114378397]]
    np.testing.assert_allclose(centred(unit_rows(centred(g))), rows, atol=6e-11)
    i, j = np.meshgrid(np.arange(5), np.arange(3), indexing="ij")
    g = np.sin(1 + 3 * i + j**2 + i * j)
    once = centred(unit_rows(centred(g)))
    np.testing.assert_allclose(once[0], [0.47818333, 0.70407704, -0.64730275], atol=6e-9)
    hybrid = centred(polar_svd(once))
    np.testing.assert_allclose(hybrid[0], [0.46579913, 0.53958835, -0.53198481], atol=6e-9)


def test_equivariance_of_the_dossiers_table():
    """Rows from 1e-3 to 10: the exact factors see both rotations; unit rows after them see the left one no more."""
    rng = np.random.default_rng(4)
    m = rng.standard_normal((40, 8)) * np.geomspace(1e-3, 10, 40)[:, None]
    q, r = np.linalg.qr(rng.standard_normal((40, 40)))[0], np.linalg.qr(rng.standard_normal((8, 8)))[0]
    p = np.eye(40)[rng.permutation(40)]

    def error(rule, left):
        expected = left @ rule(m) @ r
        return np.linalg.norm(rule(left @ m @ r) - expected) / np.linalg.norm(expected)

    rules = [polar_svd, polar_qdwh, lambda x: x @ inverse_square_root(x.T @ x)]
    assert max(error(rule, left) for rule in rules for left in (q, p)) < 1e-12
    for rule in (unit_rows, lambda x: unit_rows(polar_svd(x)), lambda x: polar_svd(unit_rows(x))):
        assert error(rule, p) < 1e-11
        assert error(rule, q) > 0.1


def test_a_zero_matrix_and_half_precision():
    assert np.abs(inverse_square_root(np.zeros((3, 3)), method="polar-express")).max() < np.inf
    torch = pytest.importorskip("torch")
    half = torch.tensor(random_matrix((5, 3))).to(torch.bfloat16)
    u, p = polar_decomposition(half)
    assert u.dtype == p.dtype == torch.bfloat16
    assert float((u @ p - half).abs().max()) < 0.05
    gram = (half.mT @ half).to(torch.bfloat16)
    for method in ("eigh", "quintic"):
        root = inverse_square_root(gram, 0.1, method)
        assert root.dtype == torch.bfloat16
        np.testing.assert_allclose(
            root.double().numpy(), inverse_square_root(gram.double().numpy(), 0.1), rtol=0.02, atol=0.02
        )


@pytest.mark.parametrize(("damping", "order"), [(1e-8, -10), (1e-4, -6), (1e-2, -4)])
def test_damping_shrinks_singular_values_by_a_known_amount(damping, order):
    m = np.random.default_rng(0).standard_normal((8, 64))
    u = inverse_square_root(m @ m.T, damping) @ m
    s = np.linalg.svd(m, compute_uv=False)
    np.testing.assert_allclose(
        np.linalg.svd(u, compute_uv=False), np.sort(s / np.sqrt(s**2 + damping))[::-1], rtol=1e-14
    )
    # A factor damped too much is visibly not orthogonal: |u u^T - 1| is about damping / s^2.
    error = np.linalg.norm(u @ u.T - np.eye(8))
    assert error == pytest.approx(np.linalg.norm(damping / (s**2 + damping)), rel=1e-4)
    assert 10.0**order < error < 10.0 ** (order + 1)


def test_rows_scaled_by_the_inverse_root_span_what_the_gradient_spans():
    # Of rank 7: its polar factor is a projector's root, u u^T = Pi, without damping.
    m = np.random.default_rng(1).standard_normal((8, 64))
    m -= m.mean(axis=0)
    u = inverse_square_root(m @ m.T) @ m
    np.testing.assert_allclose(u @ u.T, np.eye(8) - 1 / 8, atol=1e-13)

"""3j, 6j, Clebsch-Gordan and Gaunt coefficients against SymPy, closed forms, quadrature, invariance and e3nn."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import assume, given
from hypothesis import strategies as st

from symmeter.errors import InputError, ShapeError, UnknownNameError
from symmeter.representations import (
    clebsch_gordan,
    clebsch_gordan_table,
    clebsch_gordan_tensor,
    complex_sph_harm,
    e3nn_sign,
    gaunt,
    gaunt_constant,
    gaunt_table,
    gauss_legendre_grid,
    poisson_constant,
    poisson_table,
    random_rotations,
    real_sph_harm,
    real_sph_harm_gradient,
    real_wigner_3j,
    wigner_3j,
    wigner_3j_square,
    wigner_3j_tensor,
    wigner_6j,
    wigner_D,
    wigner_D_all,
)
from symmeter.representations.three_j_tensors import _by_recursion

TRIPLES = [(a, b, c) for a in range(4) for b in range(4) for c in range(abs(a - b), a + b + 1)]


def block(dense, a, b, c):
    return dense[a * a : (a + 1) ** 2, b * b : (b + 1) ** 2, c * c : (c + 1) ** 2]


spins = st.integers(0, 9)


@given(spins, spins, spins, st.data())
def test_single_symbols_agree_with_sympy(a, b, c, data):
    wigner = pytest.importorskip("sympy.physics.wigner")
    sympy = pytest.importorskip("sympy")
    half = sympy.Rational(1, 2)
    assume((a + b + c) % 2 == 0 and abs(a - b) <= c <= a + b)
    p = 2 * data.draw(st.integers(0, a)) - a
    q = 2 * data.draw(st.integers(0, b)) - b
    r = -p - q
    assume(abs(r) <= c)
    exact = wigner.wigner_3j(*(half * v for v in (a, b, c, p, q, r)))
    assert abs(wigner_3j(a / 2, b / 2, c / 2, p / 2, q / 2, r / 2) - float(exact)) < 1e-15
    assert sympy.sign(exact) * exact**2 == sympy.Rational(
        *wigner_3j_square(a / 2, b / 2, c / 2, p / 2, q / 2, r / 2).as_integer_ratio()
    )
    cg = wigner.clebsch_gordan(half * a, half * b, half * c, half * p, half * q, -half * r)
    assert abs(clebsch_gordan(a / 2, p / 2, b / 2, q / 2, c / 2, -r / 2) - float(cg)) < 1e-15


@pytest.mark.parametrize(
    "spins", [(1, 1, 1, 1, 1, 1), (2, 3, 4, 3, 2, 3), (0.5, 1.5, 1, 2, 1, 1.5), (8, 7, 6, 5, 4, 3)]
)
def test_6j_agrees_with_sympy(spins):
    wigner = pytest.importorskip("sympy.physics.wigner")
    sympy = pytest.importorskip("sympy")
    assert abs(wigner_6j(*spins) - float(wigner.wigner_6j(*(sympy.Rational(v) for v in spins)))) < 1e-15


def test_6j_orthogonality():
    a, b, c, d = 3, 2, 2.5, 1.5
    e = np.arange(1, 6)
    f = np.arange(0.5, 6)
    table = np.array([[wigner_6j(a, b, x, d, c, y) for x in e] for y in f])
    gram = (table * (2 * e + 1)) @ table.T
    allowed = np.abs(table).max(1) > 0
    np.testing.assert_allclose(gram[np.ix_(allowed, allowed)], np.diag(1 / (2 * f[allowed] + 1)), atol=1e-15)


def test_gaunt_symbols_agree_with_sympy_and_quadrature():
    wigner = pytest.importorskip("sympy.physics.wigner")
    grid = gauss_legendre_grid(12)
    y = complex_sph_harm(grid.points, 4)
    for l1, l2, l3, m1, m2 in [(1, 1, 2, 1, -1), (2, 3, 3, 1, 1), (4, 2, 2, -3, 1), (4, 4, 4, 2, -2), (3, 2, 2, 1, 0)]:
        m3 = -m1 - m2
        value = gaunt(l1, l2, l3, m1, m2, m3)
        assert abs(value - float(wigner.gaunt(l1, l2, l3, m1, m2, m3))) < 1e-15
        fields = [y[:, a * a + a + m] for a, m in ((l1, m1), (l2, m2), (l3, m3))]
        assert abs(value - grid.integrate(np.prod(fields, axis=0))) < 1e-14


@pytest.mark.parametrize("j", [(0, 0, 0), (0.5, 0.5, 1), (2, 1.5, 2.5), (5, 4, 3), (15.5, 14, 13.5), (20, 20, 2)])
def test_tensors_match_single_symbols_and_the_recursion_matches_the_sum(j):
    tensor = wigner_3j_tensor(*j)
    a, b, c = (round(2 * v) for v in j)
    rows = _by_recursion(a, b, c)
    rng = np.random.default_rng(0)
    for _ in range(60):
        p, q = 2 * rng.integers(0, a + 1) - a, 2 * rng.integers(0, b + 1) - b
        if abs(p + q) > c:
            continue
        exact = wigner_3j(*j, p / 2, q / 2, -(p + q) / 2)
        assert abs(tensor[(p + a) // 2, (q + b) // 2, (c - p - q) // 2] - exact) < 1e-15
        assert abs(rows[(p + q + c) // 2, (p + a) // 2] - exact) < 1e-15


@pytest.mark.parametrize("j", [(100, 100, 100), (90, 120, 60.0), (100.5, 99, 2.5), (64, 64, 128)])
def test_tensors_at_high_degree_against_exact_integers(j):
    tensor = wigner_3j_tensor(*j)
    a, b, c = (round(2 * v) for v in j)
    rng = np.random.default_rng(1)
    seen = 0
    while seen < 25:
        p, q = 2 * rng.integers(0, a + 1) - a, 2 * rng.integers(0, b + 1) - b
        if abs(p + q) > c:
            continue
        seen += 1
        exact = wigner_3j(*j, p / 2, q / 2, -(p + q) / 2)
        assert abs(tensor[(p + a) // 2, (q + b) // 2, (c - p - q) // 2] - exact) < 1e-14
    np.testing.assert_allclose(np.einsum("abc,abd->cd", tensor, tensor) * (c + 1), np.eye(c + 1), atol=1e-12)


def test_clebsch_gordan_tensors_are_unitary_and_couple_spins():
    blocks = [clebsch_gordan_tensor(2, 1.5, j).reshape(20, -1) for j in (0.5, 1.5, 2.5, 3.5)]
    whole = np.concatenate(blocks, axis=1)
    np.testing.assert_allclose(whole.T @ whole, np.eye(20), atol=1e-14)
    r = random_rotations(1, rng=0)[0]
    D = [wigner_D(ell, r, "complex") for ell in range(4)]
    c = clebsch_gordan_tensor(2, 1, 3)
    np.testing.assert_allclose(
        np.einsum("am,bn,mnk->abk", D[2], D[1], c), np.einsum("abj,jk->abk", c, D[3]), atol=1e-14
    )


@pytest.mark.parametrize("triple", TRIPLES)
def test_real_3j_is_invariant_normalised_and_ordered_as_said(triple):
    tensor = real_wigner_3j(*triple)
    assert np.linalg.norm(tensor) == pytest.approx(1, abs=1e-14)
    for axis in ("y", "z"):
        D = wigner_D_all(7, random_rotations(1, rng=3)[0], axis=axis)
        a, b, c = (D[ell] for ell in triple)
        np.testing.assert_allclose(np.einsum("abc,ai,bj,ck->ijk", tensor, a, b, c), tensor, atol=1e-13)
    swapped = real_wigner_3j(triple[1], triple[0], triple[2]).transpose(1, 0, 2)
    np.testing.assert_allclose(swapped, (-1) ** sum(triple) * tensor, atol=1e-14)


def test_real_3j_agrees_with_e3nn():
    torch = pytest.importorskip("torch")
    o3 = pytest.importorskip("e3nn.o3")
    for a, b, c in [*TRIPLES, (6, 5, 4), (8, 8, 8)]:
        theirs = o3.wigner_3j(a, b, c, dtype=torch.float64).numpy()
        np.testing.assert_allclose(real_wigner_3j(a, b, c), theirs, atol=2e-15)


def test_signs_of_the_old_version_where_they_differ():
    # Read off the constants that e3nn 0.4.4 ships, for all triples of degrees up to 4, 4, 5.
    triples = ((a, b, c) for a in range(5) for b in range(5) for c in range(abs(a - b), min(a + b, 5) + 1))
    assert [t for t in triples if e3nn_sign(*t) == -1] == [
        (1, 2, 2), (1, 3, 3), (1, 4, 4), (2, 1, 2), (2, 2, 1), (3, 1, 3), (3, 3, 1), (4, 1, 4), (4, 4, 1), (4, 4, 5)
    ]  # fmt: skip
    np.testing.assert_allclose(real_wigner_3j(1, 2, 2, version="0.4.4"), -real_wigner_3j(1, 2, 2))
    old, new = clebsch_gordan_table(2, version="0.4").dense(), clebsch_gordan_table(2).dense()
    np.testing.assert_allclose(block(old, 2, 2, 1), -block(new, 2, 2, 1))
    np.testing.assert_allclose(block(old, 2, 2, 2), block(new, 2, 2, 2))


@pytest.mark.parametrize("shape", [(0, 0, 0), (2, 3, 4), (3, 1, 2), (4, 4, 8)])
def test_tables_hold_every_block(shape):
    real = clebsch_gordan_table(*shape).dense()
    complex_ = clebsch_gordan_table(*shape, basis="complex").dense()
    for a in range(shape[0] + 1):
        for b in range(shape[1] + 1):
            for c in range(shape[2] + 1):
                coupled = abs(a - b) <= c <= a + b
                expected = real_wigner_3j(a, b, c) if coupled else 0.0
                np.testing.assert_allclose(block(real, a, b, c), expected, atol=1e-15)
                expected = clebsch_gordan_tensor(a, b, c) if coupled else 0.0
                np.testing.assert_allclose(block(complex_, a, b, c), expected, atol=1e-15)


@pytest.mark.parametrize("axis", ["y", "z"])
def test_real_gaunt_table_by_quadrature(axis):
    grid = gauss_legendre_grid(13)
    y = [real_sph_harm(grid.points, ell, axis=axis) for ell in (3, 4, 6)]
    direct = np.einsum("p,pa,pb,pc->abc", grid.weights, *y, optimize=True)
    np.testing.assert_allclose(gaunt_table(3, 4, 6).dense(), direct, atol=1e-13)


def test_complex_gaunt_table_multiplies_functions():
    grid = gauss_legendre_grid(14)
    y = complex_sph_harm(grid.points, 7)
    rng = np.random.default_rng(2)
    f, g = (rng.standard_normal(n) + 1j * rng.standard_normal(n) for n in (16, 25))
    h = gaunt_table(3, 4, basis="complex").contract(f, g)
    np.testing.assert_allclose(y @ h, (y[:, :16] @ f) * (y[:, :25] @ g), atol=1e-12)


def test_tables_beyond_64_bit_sums_match_exact_symbols():
    for basis in ("real", "complex"):
        table = gaunt_table(20, 22, 24, basis=basis)
        pick = np.random.default_rng(3).integers(table.nnz, size=40)
        for n in pick:
            ell = [int(np.sqrt(v[n])) for v in (table.i, table.j, table.k)]
            m = [int(v[n]) - a * a - a for v, a in zip((table.i, table.j, table.k), ell)]
            if basis == "complex":
                exact = (-1) ** m[2] * gaunt(*ell, m[0], m[1], -m[2])
            else:
                exact = gaunt_constant(*ell) * real_wigner_3j(*ell)[tuple(a + b for a, b in zip(ell, m))]
            assert abs(table.values[n] - exact) < 1e-13


def test_a_table_beyond_64_bit_sums_continues_the_smaller_one():
    large = gaunt_table(24, 20, 24)
    inside = (large.i < 100) & (large.j < 100) & (large.k < 100)
    small = gaunt_table(9, 9, 9)
    np.testing.assert_allclose(large.values[inside], small.values, atol=1e-15)
    x, y = real_sph_harm([0.3, -0.2, 0.9], 24), real_sph_harm([0.1, 0.7, 0.4], 20)
    # Associativity is not at stake here, only that f g at a point is f times g for a band-limited pair.
    narrow, wide = np.zeros(625), np.zeros(441)
    narrow[144:169], wide[144:169] = x[144:169], y[144:169]
    r = real_sph_harm([-0.5, 0.4, 0.6], 24)
    assert r @ large.contract(narrow, wide) == pytest.approx((r @ narrow) * (r[:441] @ wide), abs=1e-11)


def test_constants_of_the_gaunt_dossier():
    gaunts = {(1, 1, 0): 0.4886025119, (1, 1, 2): 0.6909882989, (1, 2, 3): 0.8462843753, (2, 2, 2): 0.7539300439,
              (3, 3, 2): 0.8618138236, (4, 4, 4): 1.0213581196, (3, 4, 5): 1.0496865793}  # fmt: skip
    for triple, value in gaunts.items():
        assert gaunt_constant(*triple) == pytest.approx(value, abs=1e-8)
    # Its printed 1.0115032966 and the closed form differ in the tenth digit.
    assert gaunt_constant(2, 2, 4) == pytest.approx(np.sqrt(225 / (4 * np.pi) * 2 / 35), abs=1e-15)
    poissons = {(1, 1, 1): 1.1968268412, (1, 2, 2): 2.6761861742, (1, 3, 3): 4.4781159911, (2, 2, 1): 2.6761861742,
                (2, 2, 3): 5.3523723485, (3, 3, 3): 9.6738361893}  # fmt: skip
    for triple, value in poissons.items():
        assert poisson_constant(*triple) == pytest.approx(value, abs=1e-8)
    assert gaunt_constant(1, 1, 1) == poisson_constant(1, 1, 2) == 0


def test_constants_are_positive_on_every_path():
    for a in range(6):
        for b in range(6):
            for c in range(abs(a - b), a + b + 1):
                if (a + b + c) % 2 == 0:
                    assert gaunt_constant(a, b, c) > 0
                else:
                    assert poisson_constant(a, b, c) > 0


def test_worked_products_of_the_gaunt_dossier():
    x, y = np.sin(np.arange(9) + 1.0), np.cos(2.0 * np.arange(9) + 1)
    product = [-0.275345282821, -0.096407154538, 0.088843205749, 0.063608070527, 0.31350680968, 0.025833426998,
               0.195645406042, -0.023661443197, 0.072030084108]  # fmt: skip
    z = gaunt_table(1).contract(x[:4], y[:4])
    np.testing.assert_allclose(z, product, atol=1e-11)
    assert z @ z == pytest.approx(0.240027673544, abs=1e-12)
    z = gaunt_table(2, 1).contract(x, y[:4])
    assert z @ z == pytest.approx(0.685993181718, abs=1e-12)
    assert z.sum() == pytest.approx(0.32795882144, abs=1e-11)
    bracket = poisson_table(1, 1, 1).contract(x[:4], y[:4])
    np.testing.assert_allclose(bracket, [0, 0.1568741143465, 0.03112760143764, 0.1942884131437], atol=1e-13)
    bracket = poisson_table(2, 2, 3).contract(x, y)
    assert bracket @ bracket == pytest.approx(16.309373962141, abs=1e-11)
    square = gaunt_table(2).contract(x, x)
    cube = gaunt_table(4, 2, 2).contract(square, x)
    expected = [1.004687049144, 0.77323308368, -0.479436118117, -0.896940249081, -0.972521519608, -0.547200378799,
                0.262546038242, 1.06308219499, 0.42522806308]  # fmt: skip
    np.testing.assert_allclose(cube, expected, atol=1e-11)


def test_poisson_bracket_by_gradients_and_quadrature():
    grid = gauss_legendre_grid(12)
    _, grad = real_sph_harm_gradient(grid.points, 3)
    y = real_sph_harm(grid.points, 5)
    bracket = np.einsum("px,pxab->pab", grid.points, np.cross(grad[:, :, :, None], grad[:, :, None, :], axis=1))
    direct = np.einsum("p,pab,pc->abc", grid.weights, bracket, y)
    np.testing.assert_allclose(poisson_table(3, 3, 5).dense(), direct, atol=1e-12)


def test_number_of_even_paths():
    for degree, count in zip((1, 2, 3, 4, 5, 6, 8), (4, 11, 23, 42, 69, 106, 215)):
        table = gaunt_table(degree, degree, degree)
        ell = [np.sqrt(n).astype(int) for n in (table.i, table.j, table.k)]
        assert len(set(zip(*(a.tolist() for a in ell)))) == count
    for degree in range(1, 6):
        table = gaunt_table(degree, degree, 2 * degree)
        ell = [np.sqrt(n).astype(int) for n in (table.i, table.j, table.k)]
        count = (degree + 1) * (degree + 2) * (2 * degree + 3) // 6
        assert len(set(zip(*(a.tolist() for a in ell)))) == count


def test_algebra_of_products_and_brackets():
    rng = np.random.default_rng(7)
    f, g, h = (rng.standard_normal(9) for _ in range(3))
    times, wide = gaunt_table(2), gaunt_table(4, 2)
    np.testing.assert_allclose(times.contract(f, g), times.contract(g, f), atol=1e-14)
    unit = np.sqrt(4 * np.pi) * np.eye(9)[0]
    np.testing.assert_allclose(times.contract(unit, f)[:9], f, atol=1e-14)
    left = wide.contract(times.contract(f, g), h)
    np.testing.assert_allclose(left, wide.contract(times.contract(g, h), f), atol=1e-13)
    cut = gaunt_table(2, 2, 2)
    assert np.abs(cut.contract(cut.contract(f, g), h) - cut.contract(f, cut.contract(g, h))).max() > 1e-3
    bracket = poisson_table(2, 2, 4)
    np.testing.assert_allclose(bracket.contract(f, g), -bracket.contract(g, f), atol=1e-13)
    np.testing.assert_allclose(bracket.contract(f, f), 0, atol=1e-13)
    second = poisson_table(4, 2, 6)
    jacobi = sum(second.contract(bracket.contract(a, b), c) for a, b, c in ((f, g, h), (g, h, f), (h, f, g)))
    assert np.abs(jacobi).max() < 1e-12
    leibniz = poisson_table(2, 4).contract(f, times.contract(g, h))
    parts = wide.contract(bracket.contract(f, g), h) + wide.contract(bracket.contract(f, h), g)
    np.testing.assert_allclose(leibniz, parts, atol=1e-12)


def test_products_and_brackets_commute_with_rotations_and_mirrors():
    """Brackets flip parity: a mirror turns them with one sign more than products."""
    rng = np.random.default_rng(9)
    f, g = rng.standard_normal(9), rng.standard_normal(9)
    for sign in (1, -1):
        r = sign * random_rotations(1, rng=1)[0]
        turn = [scipy.linalg.block_diag(*(wigner_D(n, sign * r) * sign**n for n in range(top + 1))) for top in (2, 4)]
        product, bracket = gaunt_table(2, 2, 4), poisson_table(2, 2, 4)
        left = product.contract(turn[0] @ f, turn[0] @ g)
        np.testing.assert_allclose(left, turn[1] @ product.contract(f, g), atol=1e-12)
        left = bracket.contract(turn[0] @ f, turn[0] @ g)
        np.testing.assert_allclose(left, sign * turn[1] @ bracket.contract(f, g), atol=1e-12)


def test_square_root_map_of_the_pulsar_dossier():
    b = np.zeros(4, dtype=complex)
    b[0], b[2], b[3] = 1, 0.3, 0.2 + 0.1j
    b[1] = -np.conj(b[3])
    total = (np.abs(b) ** 2).sum()
    c = gaunt_table(1, basis="complex").contract(b, b) * 4 * np.pi / total
    assert total == pytest.approx(1.19)
    expected = {0: 3.544908, 2: 1.787348, 3: 1.191566 + 0.595783j, 6: 0.106577, 7: 0.276895 + 0.138447j,
                8: 0.097897 + 0.130529j}  # fmt: skip
    for index, value in expected.items():
        assert abs(c[index] - value) < 1e-6


def test_bad_input_is_named():
    with pytest.raises(InputError, match="do not couple"):
        real_wigner_3j(1, 1, 3)
    with pytest.raises(InputError, match="do not couple"):
        wigner_3j_tensor(0.5, 0.5, 0.5)
    with pytest.raises(UnknownNameError, match="version"):
        real_wigner_3j(1, 1, 1, version="new")
    with pytest.raises(ShapeError, match="4 coefficients"):
        gaunt_table(1).contract(np.zeros(3), np.zeros(4))
    with pytest.raises(InputError, match="half-odd"):
        wigner_3j(0.3, 1, 1, 0, 0, 0)
    with pytest.raises(UnknownNameError, match="'real' or 'complex'"):
        gaunt_table(1, basis="quaternionic")
    for spin in (np.nan, np.inf, 1e9, "1"):
        with pytest.raises(InputError, match="angular momentum is"):
            wigner_3j(spin, 1, 1, 0, 0, 0)
        with pytest.raises(InputError, match="the spin is"):
            wigner_3j_tensor(spin, 1, 1)
    assert real_wigner_3j(1, 1, 1, version=0.5)[0, 1, 2] > 0

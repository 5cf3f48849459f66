"""Maps between algebras keep the relations and the matrices."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import sympy

from symmeter.errors import InputError
from symmeter.quantum import ops
from symmeter.quantum.ops.encodings import fenwick_matrix
from symmeter.quantum.ops.maps import dyson_maleev, particle_hole, substitute


def test_jordan_wigner_and_majorana_keep_matrices(dense, words, multiply):
    rng = np.random.default_rng(0)
    f, q, g = ops.Fermions(), ops.Paulis(), ops.Majoranas()
    from_f, from_q, from_g = dense((f, 4)), dense((q, 4)), dense((g, 8))
    for _ in range(15):
        o = multiply(words(rng, [(f, 4)], 4), 1 + 2j)
        np.testing.assert_allclose(from_q(ops.jordan_wigner(o)), from_f(o), atol=1e-12)
        np.testing.assert_allclose(from_g(ops.majorana_form(o)), from_f(o), atol=1e-12)
        np.testing.assert_allclose(from_q(ops.jordan_wigner(ops.majorana_form(o))), from_f(o), atol=1e-12)


def test_jordan_wigner_of_a_hop_over_one_site():
    f, q = ops.Fermions(), ops.Paulis()
    hop = (f.cre(0) * f.ann(2)).plus_hc()
    assert ops.jordan_wigner(hop) == Fraction(1, 2) * (q.X(0) * q.Z(1) * q.X(2) + q.Y(0) * q.Z(1) * q.Y(2))


ENCODINGS = {"parity": ops.parity_encoding, "bravyi-kitaev": ops.bravyi_kitaev, "jordan-wigner": None}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("modes", [3, 4])
def test_linear_encodings_permute_basis_states(name, modes, dense, words, multiply):
    rng = np.random.default_rng(2)
    f, q = ops.Fermions(), ops.Paulis()
    from_f, from_q = dense((f, modes)), dense((q, modes))
    matrix = {
        "parity": np.tril(np.ones((modes, modes), int)),
        "bravyi-kitaev": fenwick_matrix(modes),
        "jordan-wigner": np.eye(modes, dtype=int),
    }[name]
    occupations = np.array([[k >> (modes - 1 - j) & 1 for j in range(modes)] for k in range(2**modes)])
    images = (occupations @ matrix.T % 2) @ (1 << np.arange(modes)[::-1])
    for _ in range(8):
        o = multiply(words(rng, [(f, modes)], 3), 1)
        found = ENCODINGS[name](o, modes) if ENCODINGS[name] else ops.encoded(o, matrix)
        np.testing.assert_allclose(from_q(found)[np.ix_(images, images)], from_f(o), atol=1e-12)
    assert ops.encoded(f.ann(2), np.eye(3, dtype=int)) == ops.jordan_wigner(f.ann(2))


def test_bravyi_kitaev_agrees_with_openfermion():
    of = pytest.importorskip("openfermion")
    f = ops.Fermions()
    for modes in (4, 5, 8):
        for j in range(modes):
            theirs = of.bravyi_kitaev(of.FermionOperator(((j, 1), (0, 0))), n_qubits=modes)
            assert ops.bravyi_kitaev(f.cre(j) * f.ann(0), modes) == ops.from_openfermion(theirs)


def test_bad_encodings_are_told():
    f = ops.Fermions()
    with pytest.raises(InputError, match="invertible modulo 2"):
        ops.encoded(f.n(0), np.ones((2, 2), int))
    with pytest.raises(InputError, match="acts on mode 5"):
        ops.encoded(f.n(5), np.eye(2, dtype=int))


def test_particle_hole_exchange_is_an_involution(words, multiply):
    rng = np.random.default_rng(1)
    f = ops.Fermions()
    for _ in range(10):
        a, b = (multiply(words(rng, [(f, 4)], 3), 1) for _ in range(2))
        assert particle_hole(particle_hole(a, [0, 3]), [0, 3]) == a
        assert particle_hole(a * b, [0, 3]) == particle_hole(a, [0, 3]) * particle_hole(b, [0, 3])


def test_schwinger_bosons_obey_the_spin_algebra():
    s, u = ops.Spins(), ops.SUN(3)
    up, down, z = (ops.schwinger_bosons(x) for x in (s.plus(0), s.minus(0), s.z(0)))
    assert ops.commutator(up, down) == 2 * z
    assert ops.commutator(z, up) == up
    b = ops.Bosons()
    n = b.n(0) + b.n(1)
    assert (up * down + down * up) / 2 + z * z == n / 2 * (n / 2 + 1)
    e = [[ops.schwinger_bosons(u.X(a, c, 0)) if a or c else ops.Bosons().n(0) for c in range(3)] for a in range(3)]
    assert ops.commutator(e[0][1], e[1][2]) == e[0][2]
    assert ops.commutator(e[0][1], e[1][0]) == ops.Bosons().n(0) - ops.Bosons().n(1)


def test_dyson_maleev_is_exact():
    s = ops.Spins()
    length = sympy.Symbol("S", positive=True)
    up, down, z = (dyson_maleev(x, spin=length) for x in (s.plus(0), s.minus(0), s.z(0)))
    assert ops.commutator(up, down) == 2 * z
    assert ops.commutator(z, up) == up
    assert ops.commutator(z, down) == -down


@pytest.mark.parametrize("order", [1, 2, 3])
def test_holstein_primakoff_errors_are_of_the_next_order(order):
    s = ops.Spins()
    for length in (20, 40):
        up = ops.holstein_primakoff(s.plus(0), order, spin=length)
        down = ops.holstein_primakoff(s.minus(0), order, spin=length)
        defect = ops.commutator(up, down) - 2 * ops.holstein_primakoff(s.z(0), order, spin=length)
        size = max(abs(complex(v)) for v in defect.terms.values()) if len(defect) else 0.0
        assert size < 3.0 * length**-order
    assert up.adjoint() == down


def test_linear_spin_waves_of_a_bond():
    length = sympy.Symbol("S", positive=True)
    found = ops.holstein_primakoff(ops.Spins().dot(0, 1), 0, spin=length)
    b = ops.Bosons()
    assert found.constant == length**2
    assert found.coefficient(b.n(0)) == -length
    assert found.coefficient(b.cre(0) * b.ann(1)) == length


def test_bogoliubov_rotations_keep_the_algebra():
    f = ops.Fermions()
    cos, sin = Fraction(3, 5), Fraction(4, 5)

    def rule(s, kind, mode):
        sign = 1 if mode == 0 else -1
        partner = s.cre(1 - mode) if kind == "c" else s.ann(1 - mode)
        return cos * (s.ann(mode) if kind == "c" else s.cre(mode)) + sign * sin * partner

    gamma = [substitute(f.ann(k), rule) for k in range(2)]
    for a in range(2):
        for b in range(2):
            assert ops.anticommutator(gamma[a], gamma[b].adjoint()) == int(a == b)
            assert ops.anticommutator(gamma[a], gamma[b]) == 0


@pytest.mark.parametrize("family", [ops.Fermions(), ops.Bosons()], ids=["fermions", "bosons"])
def test_bogoliubov_transformations_of_matrices(family):
    rng = np.random.default_rng(0)
    n = 3
    orthogonal, _ = np.linalg.qr(rng.normal(size=(n, n)))
    angle = 0.7
    if family.fermionic:
        turn = np.zeros((n, n))
        turn[0, 1], turn[1, 0] = np.sin(angle), -np.sin(angle)
        u, v = orthogonal @ np.diag([np.cos(angle), np.cos(angle), 1]), orthogonal @ turn
    else:
        u, v = np.cosh(angle) * orthogonal, np.sinh(angle) * orthogonal
    bracket = ops.anticommutator if family.fermionic else ops.commutator
    images = [ops.bogoliubov(family.ann(k), u, v) for k in range(n)]
    for a in range(n):
        for b in range(n):
            assert (bracket(images[a], images[b].adjoint()) - int(a == b)).is_zero(1e-12)
            assert bracket(images[a], images[b]).is_zero(1e-12)
    product = family.cre(0) * family.ann(2)
    assert (ops.bogoliubov(product, u, v) - images[0].adjoint() * images[2]).is_zero(1e-12)
    with pytest.raises(InputError, match="not a canonical transformation"):
        ops.bogoliubov(product, u, 2 * v)


def test_schrieffer_wolff_errors_are_of_fourth_order(dense):
    f = ops.Fermions()
    matrix = dense((f, 4))
    gaps = []
    for strength in (0.02, 0.04):
        unperturbed = 1.0 * f.n(2) + 1.7 * f.n(3)
        mix = [(0, 2, 1.0), (1, 2, 0.4), (0, 3, -0.7), (1, 3, 0.9)]
        v = ops.total((strength * x * f.cre(i) * f.ann(j)).plus_hc() for i, j, x in mix)
        effective, generator = ops.schrieffer_wolff(unperturbed, v)
        assert (generator + generator.adjoint()).is_zero(1e-12)
        assert ops.commutator(effective, unperturbed).is_zero(1e-12)
        assert (ops.commutator(generator, unperturbed) + v).is_zero(1e-12)
        exact = np.linalg.eigvalsh(matrix(unperturbed + v))
        gaps.append(np.abs(np.linalg.eigvalsh(matrix(effective)) - exact).max())
    assert gaps[1] / gaps[0] == pytest.approx(16, rel=0.15)
    with pytest.raises(InputError, match="does not change the unperturbed energy by a number"):
        ops.schrieffer_wolff(f.n(0) * f.n(1), f.cre(0) * f.ann(2))


def test_dispersive_shift_of_a_qubit():
    w, d, g = sympy.symbols("omega Delta g", positive=True)
    q, b = ops.Spins("1/2"), ops.Bosons()
    effective, _ = ops.schrieffer_wolff(w * b.n(0) + d * q.z(0), g * (q.plus(0) * b.ann(0) + q.minus(0) * b.cre(0)))
    shift = effective.coefficient(q.z(0) * b.n(0))
    assert sympy.simplify(shift - 2 * g**2 / (d - w)) == 0
    assert sympy.simplify(effective.coefficient(q.z(0)) - d - g**2 / (d - w)) == 0


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_baker_campbell_hausdorff_against_matrices(order, dense):
    q = ops.Paulis()
    matrix = dense((q, 2))
    x = Fraction(1, 60) * (q.X(0) + q.Z(0) * q.X(1))
    y = Fraction(1, 60) * (q.Z(0) + 2 * q.Y(0) * q.Y(1) + q.Z(1))
    series = matrix(ops.baker_campbell_hausdorff(x, y, order))
    exact = scipy.linalg.logm(scipy.linalg.expm(matrix(x)) @ scipy.linalg.expm(matrix(y)))
    error = np.abs(series - exact).max()
    previous = np.abs(matrix(ops.baker_campbell_hausdorff(x, y, order - 1)) - exact).max()
    assert error < 0.5 * previous
    assert error < 5 * 0.1 ** (order + 1)


def test_displacements_are_finite_series():
    b = ops.Bosons()
    alpha = Fraction(1, 3)
    found = ops.similarity(alpha * b.ann(0) - alpha * b.cre(0), b.n(0), 4)
    assert found == (b.cre(0) + alpha) * (b.ann(0) + alpha)
    assert ops.similarity(b.cre(0), b.ann(0), 3) == b.ann(0) - 1


def test_wrong_algebras_are_refused():
    with pytest.raises(InputError, match="maps fermions"):
        ops.jordan_wigner(ops.Bosons().n(0))
    with pytest.raises(InputError, match="have no length"):
        ops.holstein_primakoff(ops.Spins().plus(0))
    with pytest.raises(InputError, match="from 1 to 10"):
        ops.baker_campbell_hausdorff(ops.Paulis().X(0), ops.Paulis().Y(0), 0)

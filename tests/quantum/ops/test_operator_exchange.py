"""OpenFermion, QuSpin and SymPy objects there and back; with the packages present, term by term on random inputs."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum import ops


class FermionOperator:
    """Looks like OpenFermion's for the reader, which looks at the name and the terms only."""

    def __init__(self, terms):
        self.terms = terms


class QubitOperator(FermionOperator):
    pass


class MajoranaOperator(FermionOperator):
    pass


def test_openfermion_objects_are_read_without_openfermion():
    f = ops.Fermions()
    found = ops.from_openfermion(FermionOperator({((1, 0), (1, 1), (0, 0)): 2.0, (): 1j}))
    assert found == 2.0 * f.ann(1) * f.cre(1) * f.ann(0) + 1j
    two = ops.Fermions(["up", "dn"], sites=3)
    assert ops.from_openfermion(FermionOperator({((5, 1), (2, 0)): 1}), two, interleaved=True) == two.cre(
        2, "dn"
    ) * two.ann(1, "up")
    assert ops.from_openfermion(QubitOperator({((0, "X"), (3, "Z")): 1})) == ops.Paulis().X(0) * ops.Paulis().Z(3)
    assert ops.from_openfermion(MajoranaOperator({(3, 1): 1})) == -ops.Majoranas().g(1) * ops.Majoranas().g(3)
    with pytest.raises(InputTypeError, match="got int"):
        ops.from_openfermion(3)
    with pytest.raises(InputError, match="6 modes"):
        ops.from_openfermion(FermionOperator({((7, 1),): 1}), two)
    with pytest.raises(InputError, match="one species"):
        ops.to_openfermion(f.n(0) * ops.Bosons().n(0))


@pytest.mark.parametrize("seed", range(6))
def test_fermions_agree_with_openfermion_term_by_term(seed):
    of = pytest.importorskip("openfermion")
    rng = random.Random(seed)
    sums = []
    for _ in range(2):
        total = of.FermionOperator()
        for _ in range(12):
            word = tuple((rng.randint(0, 6), rng.randint(0, 1)) for _ in range(rng.randint(0, 5)))
            total += of.FermionOperator(word, complex(rng.uniform(-1, 1), rng.uniform(-1, 1)))
        sums.append(total)
    a, b = (ops.from_openfermion(x) for x in sums)
    pairs = {
        "product": (a * b, of.normal_ordered(sums[0] * sums[1])),
        "commutator": (ops.commutator(a, b), of.normal_ordered(of.commutator(sums[0], sums[1]))),
        "adjoint": (a.adjoint(), of.normal_ordered(of.hermitian_conjugated(sums[0]))),
    }
    for ours, theirs in pairs.values():
        back = of.normal_ordered(ops.to_openfermion(ours))
        difference = back - theirs
        difference.compress(1e-11)
        assert not difference.terms
        assert (ours - ops.from_openfermion(theirs)).is_zero(1e-11)
    images = of.jordan_wigner(sums[0])
    assert (ops.jordan_wigner(a) - ops.from_openfermion(images)).is_zero(1e-11)


def test_large_quartic_products_agree_with_openfermion():
    of = pytest.importorskip("openfermion")
    rng = np.random.default_rng(0)
    theirs = []
    for _ in range(2):
        total = of.FermionOperator()
        for _ in range(40):
            i, j = rng.choice(8, 2, replace=False)
            k, m = rng.choice(8, 2, replace=False)
            total += of.FermionOperator(((int(i), 1), (int(j), 1), (int(k), 0), (int(m), 0)), float(rng.normal()))
        theirs.append(total)
    a, b = (ops.from_openfermion(x) for x in theirs)
    ours = a * b
    wanted = of.normal_ordered(theirs[0] * theirs[1])
    wanted.compress(1e-13)
    assert len(ours) == len(wanted.terms)
    assert (ours - ops.from_openfermion(wanted)).is_zero(1e-11)


def test_bosons_qubits_and_majoranas_agree_with_openfermion():
    of = pytest.importorskip("openfermion")
    rng = random.Random(3)
    for _ in range(8):
        word = tuple((rng.randint(0, 1), rng.randint(0, 1)) for _ in range(6))
        theirs = of.normal_ordered(of.BosonOperator(word, 1.5))
        ours = ops.from_openfermion(of.BosonOperator(word, 1.5))
        assert (ours - ops.from_openfermion(theirs)).is_zero(1e-9)
        assert of.normal_ordered(ops.to_openfermion(ours)) == theirs
        p, q = (of.QubitOperator(tuple((k, rng.choice("XYZ")) for k in range(3)), 1.0) for _ in range(2))
        assert (ops.from_openfermion(p) * ops.from_openfermion(q) - ops.from_openfermion(p * q)).is_zero()
        m, n = (of.MajoranaOperator(tuple(rng.sample(range(6), 3)), 1.0) for _ in range(2))
        assert (ops.from_openfermion(m) * ops.from_openfermion(n) - ops.from_openfermion(m * n)).is_zero()


def test_quspin_lists_are_read():
    s = ops.Spins("1/2")
    found = ops.from_quspin([["zz", [[1, 0, 1]]], ["+-", [[0.5, 0, 1]]], ["-+", [[0.5, 0, 1]]]], s)
    assert found == s.z(0) * s.z(1) + 0.5 * (s.plus(0) * s.minus(1)).plus_hc()
    q = ops.Paulis()
    assert ops.from_quspin([["+", [[1, 0]]]], q) == q.X(0) + 1j * q.Y(0)
    assert ops.from_quspin([["+", [[1, 0]]]], q, pauli=-1) == q.plus(0)
    f = ops.Fermions(["up", "dn"], sites=2)
    assert ops.from_quspin([["n|n", [[4, 1, 1]]]], f) == 4 * f.n(1, "up") * f.n(1, "dn")
    assert ops.from_quspin([["+|-", [[1, 0, 1]]]], f) == f.cre(0, "up") * f.ann(1, "dn")
    spinless = ops.Fermions()
    assert ops.from_quspin([["z", [[1, 0]]]], spinless) == spinless.n(0) - Fraction(1, 2)
    for bad, text in [
        ([["zq", [[1, 0, 1]]]], "letter 'q'"),
        ([["zz", [[1, 0]]]], "2 sites"),
        ([["z|z", [[1, 0, 0]]]], "two flavours"),
        (["zz"], None),
    ]:
        with pytest.raises(InputError, match=text):
            ops.from_quspin(bad, s)


def test_quspin_lists_there_and_back(words, multiply):
    rng = np.random.default_rng(0)
    flavoured = ops.Fermions(["up", "dn"], sites=3)
    for species, modes in ((ops.Fermions(), 4), (ops.Bosons(), 3), (ops.Spins(1), 3), (ops.Paulis(), 3)):
        for _ in range(6):
            o = multiply(words(rng, [(species, modes)], 4), 2) + 1
            assert ops.from_quspin(ops.to_quspin(o), species) == o
    for _ in range(10):
        o = ops.Operator((), {}) + 1
        for _ in range(4):
            kind = flavoured.cre if rng.integers(2) else flavoured.ann
            o = o * kind(int(rng.integers(3)), str(rng.choice(["up", "dn"])))
        assert ops.from_quspin(ops.to_quspin(o), flavoured) == o


@pytest.mark.parametrize("seed", range(2))
def test_matrices_of_quspin(seed, dense, words, multiply):
    pytest.importorskip("quspin")
    from quspin.basis import spin_basis_general, spinful_fermion_basis_general, spinless_fermion_basis_general
    from quspin.operators import hamiltonian

    rng = np.random.default_rng(seed)
    quiet = {"check_herm": False, "check_symm": False, "check_pcon": False, "dtype": np.complex128}
    cases = [
        (ops.Spins("1/2"), 3, spin_basis_general(3, pauli=0)),
        (ops.Spins(1), 2, spin_basis_general(2, S="1", pauli=0)),
        (ops.Paulis(), 3, spin_basis_general(3, pauli=1)),
        (ops.Fermions(), 3, spinless_fermion_basis_general(3)),
        (ops.Fermions(["up", "dn"], sites=2), 4, spinful_fermion_basis_general(2)),
    ]
    for species, modes, basis in cases:
        matrix = dense((species, modes))
        letters = []
        for s, kind, m in words(rng, [(species, modes)], 4):
            label = s.label(m)
            letters.append((kind, *(label if isinstance(label, tuple) else (label,))))
        o = ops.word(species, *letters).plus_hc() + 0.5
        theirs = hamiltonian(ops.to_quspin(o), [], basis=basis, **quiet).toarray()
        ours = matrix(o)
        # Eigenvalues and traces of powers do not depend on the order and phases of basis states.
        np.testing.assert_allclose(np.linalg.eigvalsh(theirs), np.linalg.eigvalsh(ours), atol=1e-10)


class SparsePauliOp:
    """Looks like Qiskit's for the reader."""

    def __init__(self, pairs):
        self.pairs = pairs

    def to_list(self):
        return self.pairs


def test_labels_of_qiskit_are_reversed():
    q = ops.Paulis()
    o = 2 * q.X(0) * q.Z(2) - 1j * q.Y(1)
    assert ops.from_qiskit(SparsePauliOp(ops.pauli_labels(o, little_endian=True))) == o
    assert ops.from_qiskit([("ZIX", 2.0)]) == 2.0 * q.X(0) * q.Z(2)
    assert dict(ops.pauli_labels(o, 4)) == {"XIZI": 2, "IYII": ops.Gaussian(0, -1)}
    with pytest.raises(InputError, match="too short"):
        ops.pauli_labels(o, 2)
    with pytest.raises(InputError, match="'Q'"):
        ops.from_qiskit([("XQ", 1)])
    with pytest.raises(InputTypeError, match="SparsePauliOp"):
        ops.from_qiskit(3)


def test_sympy_objects_there_and_back():
    from sympy.physics.quantum import Commutator, Dagger
    from sympy.physics.quantum.boson import BosonOp
    from sympy.physics.quantum.pauli import SigmaMinus, SigmaX, SigmaY
    from sympy.physics.secondquant import B, Bd, F, Fd

    f, b, q = ops.Fermions(), ops.Bosons(), ops.Paulis()
    t = sympy.Symbol("t")
    assert ops.from_sympy(t * F(0) * Fd(1) / 2 + 3) == -t / 2 * f.cre(1) * f.ann(0) + 3
    assert ops.from_sympy(B(0) ** 2 * Bd(0)) == b.ann(0) ** 2 * b.cre(0)
    i, j = sympy.symbols("i j")
    x, y = ops.indices("i j")
    assert ops.from_sympy(F(i) * Fd(j)) == f.ann(x) * f.cre(y)
    assert ops.from_sympy(SigmaX(0) * SigmaY(0)) == 1j * q.Z(0)
    assert ops.from_sympy(SigmaMinus("q2")) == q.minus(2)
    a = BosonOp("a")
    assert ops.from_sympy(Commutator(a, Dagger(a))) == 1
    o = 2 * f.cre(0) * f.ann(1) + t * b.cre(0) * b.ann(2) * f.n(3) + Fraction(1, 3)
    assert ops.from_sympy(ops.to_sympy(o)) == o
    p = q.X(0) * q.Z(2) + 1j * q.Y(1)
    assert ops.from_sympy(ops.to_sympy(p)) == p
    e = f.ann(x) * f.cre(y)
    assert ops.from_sympy(ops.to_sympy(e)) == e
    with pytest.raises(InputTypeError, match="no operator that is known"):
        ops.from_sympy(sympy.Symbol("A", commutative=False))
    with pytest.raises(InputTypeError):
        ops.from_sympy("F(0)")
    with pytest.raises(InputError, match="no counterpart"):
        ops.to_sympy(ops.Majoranas().g(0))


def test_sympy_agrees_with_wick():
    from sympy.physics.secondquant import F, Fd, wicks

    rng = random.Random(5)
    for _ in range(6):
        # SymPy cannot repeat an operator; it then orders with respect to its Fermi vacuum, so all states are particles.
        order = rng.sample(range(4), 4)
        word = [(F if rng.randint(0, 1) else Fd)(sympy.Symbol(f"x{k}", above_fermi=True)) for k in order]
        theirs = wicks(sympy.Mul(*word))
        plain = {sympy.Symbol(f"x{k}", above_fermi=True): k for k in range(4)}
        total = ops.Operator((), {}) + 1
        for letter in word:
            kind = ops.Fermions().ann if isinstance(letter, F) else ops.Fermions().cre
            total = total * kind(plain[letter.state])
        terms = sympy.Add.make_args(theirs.doit())
        # Different states: every contraction is a delta of different numbers, one term is left.
        assert len(total) == 1
        assert len([t for t in terms if not t.atoms(sympy.KroneckerDelta)]) == 1

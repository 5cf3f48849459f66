"""Equality is decided exactly, and every counterexample is one."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum import ops
from symmeter.quantum.ops import fock

F, B = ops.Fermions(["up", "dn"]), ops.Bosons()


def test_true_and_false_statements_of_the_public_grader():
    f = ops.Fermions()
    c1, c2, d1 = f.ann(1), f.ann(2), f.cre(1)
    n = f.n(1)
    assert ops.equivalent(n**2, n)
    assert ops.equivalent(c1 * d1, 1 - d1 * c1)
    assert ops.equivalent(c1 * c2, -c2 * c1)
    assert ops.equivalent(ops.commutator(n, c1), -c1)
    assert not ops.equivalent(d1 * c1, c1 * d1)
    assert not ops.equivalent(c1 * c2, c2 * c1)


PAIRS = [
    (F.n(0, "up"), F.n(0, "dn")),
    (F.cre(0, "up") * F.ann(1, "dn"), F.ann(1, "dn") * F.cre(0, "up")),
    (B.ann(0) * B.n(0), B.n(0) * B.ann(0)),
    (B.n(0) ** 2, B.n(0)),
    (B.cre(0) ** 2 * B.ann(1), B.cre(0) * B.ann(1)),
    (ops.Spins(1).z(0) ** 2, ops.Spins(1).z(0)),
    (ops.Spins(1).dot(0, 1), ops.Spins(1).dot(0, 1) ** 2),
    (ops.Spins().plus(0) * ops.Spins().minus(0), ops.Spins().minus(0) * ops.Spins().plus(0)),
    (ops.Paulis().X(0) * ops.Paulis().Y(0), -1j * ops.Paulis().Z(0)),
    (ops.Paulis().Z(0) * ops.Paulis().Z(1), ops.Paulis().Z(0)),
    (ops.Majoranas().g(0) * ops.Majoranas().g(3), ops.Majoranas().g(3) * ops.Majoranas().g(0)),
    (ops.SUN(3).swap(0, 1), ops.Expression.lift(1).operator()),
    (F.n(0, "up") * B.n(0), F.n(0, "up") * B.n(1)),
    (F.ann(0, "up") * ops.Majoranas().g(0), ops.Majoranas().g(0) * F.ann(0, "up")),
    (2 * F.n(0, "up"), (2 + 1e-9) * F.n(0, "up")),
]


@pytest.mark.parametrize("pair", PAIRS, ids=[str(k) for k in range(len(PAIRS))])
def test_counterexamples_tell_the_sides_apart(pair):
    found = ops.equivalent(*pair)
    assert not found.equal
    assert found.counterexample.left != found.counterexample.right
    assert "|" in found.counterexample.bra
    assert "different: between" in str(found)


def test_counterexamples_of_random_differences():
    rng = np.random.default_rng(0)
    f, b = ops.Fermions(), ops.Bosons()
    generators = [f.ann(0), f.cre(0), f.ann(1), f.cre(1), b.ann(0), b.cre(0), b.ann(1)]
    for _ in range(30):
        a = generators[rng.integers(7)] * generators[rng.integers(7)] * generators[rng.integers(7)]
        c = generators[rng.integers(7)] * generators[rng.integers(7)]
        same = ops.equivalent(a, c)
        assert same.equal == (a - c).is_zero()
        if not same:
            assert same.counterexample.left != same.counterexample.right


def test_amplitudes_are_those_of_matrices(dense, words, multiply):
    rng = np.random.default_rng(1)
    parts = [(ops.Fermions(), 3), (ops.Paulis(), 1)]
    matrix = dense((parts[1][0], 1), parts[0])
    matrix = dense(parts[0], parts[1])
    for _ in range(10):
        o = multiply(words(rng, parts, 4), 1)
        o = o + 0 * ops.Fermions().n(0) + 0 * ops.Paulis().Z(0)
        big = matrix(o)
        order = [s.name for s in o.species]
        for column in range(16):
            occupied = sum(1 << k for k in range(3) if column >> (3 - k) & 1)
            label = {"c": occupied, r"\sigma": column & 1}
            images = fock.apply(o, tuple(label[n] for n in order))
            vector = np.zeros(16, complex)
            for state, value in images.items():
                here = dict(zip(order, state))
                row = sum(1 << (3 - k) for k in range(3) if here["c"] >> k & 1) + here[r"\sigma"]
                vector[row] += complex(value)
            # c^+ in ascending order on the vacuum is the Jordan-Wigner basis state itself.
            np.testing.assert_allclose(big[:, column], vector, atol=1e-12)


def test_amplitudes_of_mixed_species_are_those_of_matrices(dense, words, multiply):
    rng = np.random.default_rng(4)
    spin, majorana, fermion = ops.Spins("1/2"), ops.Majoranas(), ops.Fermions()
    parts = [(spin, 1), (majorana, 4), (fermion, 2)]
    matrix = dense(*parts)
    for _ in range(10):
        o = multiply(words(rng, parts, 5), 1) + 0 * spin.z(0) * fermion.n(0) * majorana.g(0)
        assert [s.name for s in o.species] == ["S", r"\gamma", "c"]
        big = matrix(o)
        # Basis states: the spin, two Majorana modes, two fermion modes, the first the slowest.
        for column in range(32):
            b = [column >> (4 - k) & 1 for k in range(5)]
            images = fock.apply(o, (((0, 1),) if b[0] else (), b[1] + 2 * b[2], b[3] + 2 * b[4]))
            vector = np.zeros(32, complex)
            for (down, g, c), value in images.items():
                bits = [len(down), g & 1, g >> 1, c & 1, c >> 1]
                vector[sum(v << (4 - k) for k, v in enumerate(bits))] += complex(value)
            # S- of a spin 1/2 needs no normalisation.
            np.testing.assert_allclose(big[:, column], vector, atol=1e-12)


def test_constraints_restrict_the_question():
    up, dn = F.n(0, "up"), F.n(0, "dn")
    one = up + dn - 1
    assert ops.equivalent(up * dn, 0, modulo=[one])
    assert not ops.equivalent(up * dn, 0)
    assert ops.equivalent((up - dn) ** 2, 1, modulo=[one])
    found = ops.equivalent(up, dn, modulo=[one])
    assert not found
    assert found.counterexample.left != found.counterexample.right
    flip = F.cre(0, "up") * F.ann(0, "dn")
    assert ops.equivalent(flip * flip.adjoint(), up, modulo=[one])
    with pytest.raises(InputError, match="not diagonal"):
        ops.equivalent(up, dn, modulo=[flip + flip.adjoint()])
    with pytest.raises(InputError, match="no state satisfies"):
        ops.equivalent(up, dn, modulo=[up + dn - 3])


def test_symbolic_coefficients():
    a, b = sympy.symbols("a b")
    x = sympy.Symbol("x", real=True)
    n = F.n(0, "up")
    assert ops.equivalent((a + b) ** 2 * n, (a**2 + 2 * a * b + b**2) * n)
    assert ops.equivalent(sympy.sin(x) ** 2 * n + sympy.cos(x) ** 2 * n, n)
    assert ops.equivalent(sympy.sqrt(2) * sympy.sqrt(3) * n, sympy.sqrt(6) * n)
    nested = sympy.sqrt(3 + 2 * sympy.sqrt(2))
    assert ops.equivalent(nested * n, (1 + sympy.sqrt(2)) * n)
    found = ops.equivalent(a * n, b * n)
    assert not found
    assert set(found.counterexample.values) == {"a", "b"}
    assert not ops.equivalent(a * n, sympy.conjugate(a) * n)
    assert not ops.equivalent(sympy.exp(x) * n, (1 + x + x**2 / 2) * n)


def test_expressions_are_checked_on_lattices():
    i, j = ops.indices("i j")
    f = ops.Fermions()
    found = ops.equivalent(f.cre(i) * f.ann(j), f.ann(j) * f.cre(i))
    assert not found
    assert found.counterexample.size == 2
    assert ops.equivalent(f.cre(i) * f.ann(j), -1 * f.ann(j) * f.cre(i), distinct=[(i, j)])
    assert not ops.equivalent(f.cre(i) * f.ann(j), f.ann(j) * f.cre(i), distinct=[(i, j)])
    spin = ops.Spins(1)
    assert ops.equivalent(spin.z(i) ** 3, spin.z(i))
    assert not ops.equivalent(spin.z(i) ** 2, spin.z(i))
    # A single coefficient off by one part in a thousand.
    h = ops.Sum(ops.tensor("t", i, j) * f.cre(i) * f.ann(j), i, j)
    assert not ops.equivalent(h, h * Fraction(1001, 1000))
    with pytest.raises(InputError, match="concrete operators"):
        ops.equivalent(h, h, modulo=[f.n(0)])
    with pytest.raises(InputTypeError, match="compared with operators"):
        ops.equivalent(h, "h")


def test_freedoms_of_a_comparison():
    import cmath

    hop = F.cre(0, "up") * F.ann(1, "up") + 2 * F.n(0, "dn")
    assert ops.equivalent(hop, 1j * hop, up_to="phase")
    assert ops.equivalent(cmath.exp(0.3j) * hop, hop, up_to="phase")
    assert not ops.equivalent(hop, 2 * hop, up_to="phase")
    assert ops.equivalent(hop, 2 * hop, up_to="factor")
    assert not ops.equivalent(hop, hop + F.n(0, "up"), up_to="factor")
    assert not ops.equivalent(hop, 1j * hop)
    assert ops.equivalent(hop, hop.adjoint(), up_to="adjoint")
    assert not ops.equivalent(hop, 2 * hop.adjoint(), up_to="adjoint")
    i, j = ops.indices("i j")
    f = ops.Fermions()
    assert ops.equivalent(f.ann(i) * f.ann(j), f.ann(j) * f.ann(i), up_to="phase")
    with pytest.raises(InputError, match="up to a phase"):
        ops.equivalent(hop, hop, up_to="luck")


def test_rounding_is_told_from_difference():
    n = F.n(0, "up")
    assert ops.equivalent((0.1 + 0.2) * n, 0.3 * n)
    assert not ops.equivalent((0.1 + 1e-12) * n, 0.1 * n)
    assert ops.equivalent((0.1 + 1e-12) * n, 0.1 * n, tol=1e-9)

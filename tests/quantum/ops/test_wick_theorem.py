"""Averages by Wick's theorem against exact diagonalisation, matchings against their counts, mean-field decouplings."""

from fractions import Fraction
from itertools import product as every
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, NotHermitianError, ShapeError
from symmeter.quantum import ops
from symmeter.quantum.ops.gaussian_states import SymbolicState
from symmeter.quantum.ops.maps import particle_hole
from symmeter.quantum.ops.pairings import matched_sum, matchings


def thermal_average(matrix, hamiltonian, beta):
    energies, states = np.linalg.eigh(hamiltonian)
    weights = np.exp(-beta * (energies - energies.min()))
    return np.einsum("a,ia,ij,ja->", weights / weights.sum(), states.conj(), matrix, states)


def random_quadratic(species, modes, rng, pairing, gap=0.0):
    h = rng.normal(size=(modes, modes)) + 1j * rng.normal(size=(modes, modes))
    h = (h + h.conj().T) / 2 + gap * np.eye(modes)
    total = ops.Operator((), {})
    for i, j in every(range(modes), repeat=2):
        total = total + complex(h[i, j]) * species.cre(i) * species.ann(j)
        if pairing and i < j:
            total = total + (complex(*rng.normal(size=2)) * pairing * species.cre(i) * species.cre(j)).plus_hc()
    return total


@pytest.mark.parametrize("pairing", [0.0, 1.0])
def test_fermions_at_finite_temperature(pairing, dense, words, multiply):
    rng = np.random.default_rng(2)
    f = ops.Fermions()
    matrix = dense((f, 4))
    h = random_quadratic(f, 4, rng, pairing)
    state = ops.thermal(h, beta=0.8)
    assert state.anomalous == bool(pairing)
    for length in (1, 2, 3, 4, 4, 4, 6, 6):
        letters = words(rng, [(f, 4)], length)
        wanted = thermal_average(matrix.word(letters), matrix(h), 0.8)
        assert np.isclose(complex(ops.expectation(multiply(letters, 1), state)), wanted, atol=1e-11)


def test_four_point_functions_are_determinants(dense):
    rng = np.random.default_rng(4)
    f = ops.Fermions()
    matrix = dense((f, 4))
    h = random_quadratic(f, 4, rng, 0.0)
    state = ops.thermal(h, beta=1.3, chemical_potential=0.2)
    grand = matrix(h) - 0.2 * matrix(sum((f.n(k) for k in range(1, 4)), f.n(0)))
    big = ops.Operator((), {})
    for i, j, k, m in every(range(4), repeat=4):
        big = big + float(rng.normal()) * f.cre(i) * f.ann(j) * f.cre(k) * f.ann(m)
    assert len(big) <= 64
    wanted = thermal_average(matrix(big), grand, 1.3)
    assert np.isclose(complex(ops.expectation(big, state)), wanted)
    for i, j, k, m in [(0, 1, 2, 3), (1, 1, 2, 2), (3, 0, 0, 3)]:
        o = f.cre(i) * f.ann(j) * f.cre(k) * f.ann(m)
        assert np.isclose(complex(ops.expectation(o, state)), thermal_average(matrix(o), grand, 1.3))


def test_many_terms_at_once_agree_with_one_by_one():
    rng = np.random.default_rng(8)
    f = ops.Fermions()
    normal = rng.normal(size=(7, 7))
    state = ops.GaussianState((normal + normal.T) / 20 + np.eye(7) / 2)
    terms = {}
    while len(terms) < 90:
        masks = tuple(sum(1 << int(m) for m in rng.choice(7, 3, replace=False)) for _ in range(2))
        terms[(masks,)] = float(rng.normal())
    big = ops.Operator((f,), terms)
    single = sum(complex(ops.expectation(ops.Operator((f,), {k: v}), state)) for k, v in terms.items())
    assert np.isclose(complex(ops.expectation(big, state)), single)


@pytest.mark.parametrize("pairing", [0.0, 0.3])
def test_bosons_at_finite_temperature(pairing, dense):
    rng = np.random.default_rng(6)
    b = ops.Bosons()
    h = random_quadratic(b, 2, rng, 0.0, gap=6.0)
    if pairing:
        h = h + pairing * (b.cre(0) * b.cre(1) + (0.5 + 0.2j) * b.cre(0) ** 2).plus_hc()
    matrix = dense((b, 2), levels=10)
    state = ops.thermal(h, beta=1.0)
    hamiltonian = matrix(h)
    for o in (b.n(0), b.cre(0) * b.ann(1), b.n(0) ** 2, b.n(0) * b.n(1), b.ann(0) ** 2, b.ann(0) * b.ann(1) * b.n(0)):
        wanted = thermal_average(matrix(o), hamiltonian, 1.0)
        assert np.isclose(complex(ops.expectation(o, state)), wanted, atol=2e-6)


def test_fermi_sea_is_a_product_state(dense, words, multiply):
    rng = np.random.default_rng(9)
    f = ops.Fermions(sites=4)
    matrix = dense((f, 4))
    sea = ops.FermiSea([0, 2], f)
    place = int("1010", 2)
    for _ in range(20):
        letters = words(rng, [(f, 4)], 4)
        o = multiply(letters, 1)
        assert ops.expectation(o, sea) == round(matrix.word(letters)[place, place].real)
        # Particle-hole exchange of the sea makes its average the constant of the normal-ordered sum.
        assert particle_hole(o, [0, 2]).constant == ops.expectation(o, sea)


def test_the_vacuum_average_is_the_constant():
    b = ops.Bosons()
    assert ops.expectation(b.ann(0) ** 3 * b.cre(0) ** 3, ops.Vacuum()) == 6
    i, j, k, m = ops.indices("i j k m")
    f = ops.Fermions()
    found = ops.expectation(f.ann(i) * f.ann(j) * f.cre(k) * f.cre(m), ops.Vacuum())
    assert found == ops.delta(i, m) * ops.delta(j, k) - ops.delta(i, k) * ops.delta(j, m)


@given(st.integers(0, 4))
def test_matchings_are_counted_by_odd_factorials(n):
    found = list(matchings(range(2 * n)))
    assert len(found) == len(set(found)) == prod(range(1, 2 * n, 2))
    assert matched_sum(lambda p, q: 1, 2 * n, False) == len(found)
    assert matched_sum(lambda p, q: 1, 2 * n, True) == sum(sign for sign, _ in found) == 1


def test_pfaffians_square_to_determinants():
    rng = np.random.default_rng(0)
    for n in (2, 4, 6, 8):
        a = rng.integers(-3, 4, (n, n))
        a = np.triu(a, 1) - np.triu(a, 1).T
        pfaffian = matched_sum(lambda p, q, a=a: int(a[p, q]), n, True)
        assert np.isclose(pfaffian**2, np.linalg.det(a))
    assert matched_sum(lambda p, q: 1, 5, True) == 0


def test_tables_of_contractions_add_up():
    rng = np.random.default_rng(3)
    f = ops.Fermions()
    normal = rng.normal(size=(4, 4))
    state = ops.GaussianState((normal + normal.T) / 8 + np.eye(4) / 2)
    factors = [("cd", 0), ("c", 1), ("cd", 2), ("c", 0), ("cd", 1), ("c", 3)]
    table = ops.contractions(f, factors, state)
    assert len(table) == 6
    total = ops.expectation(ops.word(f, *factors), state)
    assert np.isclose(sum(c.value for c in table), total)
    assert {c.sign for c in table} == {1, -1}


def test_mean_field_keeps_the_average():
    rng = np.random.default_rng(5)
    f = ops.Fermions()
    h = random_quadratic(f, 4, rng, 0.6)
    state = ops.thermal(h, beta=1.0)
    quartic = 2.0 * f.n(0) * f.n(1) + (0.7 * f.cre(0) * f.cre(2) * f.ann(3) * f.ann(1)).plus_hc() + 0.5 * f.n(3)
    decoupled = ops.mean_field(quartic, state)
    assert decoupled.degree == 2
    assert np.isclose(complex(ops.expectation(decoupled, state)), complex(ops.expectation(quartic, state)))


def test_mean_field_with_symbols_has_every_channel():
    import sympy

    f = ops.Fermions(["up", "dn"])
    n = f.n(0, "up") * f.n(0, "dn")
    normal = ops.mean_field(n, SymbolicState())
    name = sympy.Symbol
    up, dn = name("<cd[0,up] c[0,up]>"), name("<cd[0,dn] c[0,dn]>")
    flip, flop = name("<cd[0,up] c[0,dn]>"), name("<cd[0,dn] c[0,up]>")
    assert normal.coefficient(f.n(0, "up")) == dn
    assert normal.coefficient(f.cre(0, "dn") * f.ann(0, "up")) == -flip
    assert sympy.expand(normal.constant + up * dn - flip * flop) == 0
    with_pairs = ops.mean_field(n, SymbolicState(anomalous=True))
    assert len(with_pairs) == len(normal) + 2


def test_bad_input_is_told():
    f, q = ops.Fermions(), ops.Paulis()
    with pytest.raises(InputError, match="not quadratic"):
        ops.thermal(f.n(0) * f.n(1), 1.0)
    with pytest.raises(NotHermitianError, match="plus_hc"):
        ops.thermal(f.cre(0) * f.ann(1), 1.0)
    with pytest.raises(InputError, match="no thermal state"):
        ops.thermal(-1.0 * ops.Bosons().n(0), 1.0)
    with pytest.raises(InputError, match="temperature is positive"):
        ops.thermal(f.n(0), 0.0)
    with pytest.raises(InputError, match="fermions and bosons"):
        ops.expectation(q.Z(0), ops.FermiSea([0], f))
    with pytest.raises(InputError, match="modes 0 to 1"):
        ops.expectation(f.n(5), ops.GaussianState(np.eye(2)))
    with pytest.raises(ShapeError):
        ops.GaussianState(np.ones((2, 3)))
    with pytest.raises(NotHermitianError):
        ops.GaussianState(np.array([[0, 1], [2, 0]]))
    with pytest.raises(InputError, match="four fermions"):
        ops.mean_field(f.n(0) * f.n(1) * f.n(2), ops.Vacuum())
    assert ops.expectation(Fraction(1, 3) * f.n(0), ops.FermiSea([0], f)) == Fraction(1, 3)

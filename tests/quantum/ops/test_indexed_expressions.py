"""Sums over indices: deltas, canonical dummies, signs, momentum sums; every identity also on concrete lattices."""

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError
from symmeter.quantum import ops
from symmeter.quantum.ops.indexed_symbols import phase
from symmeter.quantum.ops.instantiation import Instance

I_, J, K, L = ops.indices("i j k l")
P, Q, R = ops.indices("p q r", range="momentum")
UP, DN = ops.indices("sigma tau", range="spin", size="2", labels=("up", "dn"))
F, B, S, G = ops.Fermions(), ops.Bosons(), ops.Spins(), ops.Majoranas()
C, CD = F.ann, F.cre
D = ops.delta


def t(a, b):
    return ops.tensor("t", a, b)


def test_canonical_anticommutators():
    assert ops.anticommutator(C(I_), CD(J)) == D(I_, J)
    assert ops.anticommutator(C(I_), C(J)).is_zero()
    assert ops.commutator(B.ann(I_), B.cre(J)) == D(I_, J)
    assert ops.commutator(S.plus(I_), S.minus(J)) == 2 * D(I_, J) * S.z(I_)
    assert ops.anticommutator(G.g(I_), G.g(J)) == 2 * D(I_, J)
    assert (C(I_) * C(I_)).is_zero()
    assert str(C(I_) * CD(I_)) == "1 - cd[i] c[i]"


def test_hopping_moves_operators():
    h = ops.Sum(t(I_, J) * CD(I_) * C(J), I_, J)
    assert ops.commutator(h, CD(K)) == ops.Sum(t(I_, K) * CD(I_), I_)
    assert ops.commutator(h, C(K)) == -1 * ops.Sum(t(K, I_) * C(I_), I_)
    number = ops.Sum(CD(I_) * C(I_), I_)
    assert ops.commutator(h, number).is_zero()
    density = CD(K) * C(K)
    assert ops.commutator(h, density) == ops.Sum(t(I_, K) * CD(I_) * C(K) - t(K, I_) * CD(K) * C(I_), I_)
    assert str(ops.commutator(h, CD(K))) == "sum_i t[i,k] cd[i]"


def test_dummies_have_no_names():
    a = ops.Sum(t(I_, J) * CD(I_) * C(J), I_, J)
    b = ops.Sum(t(L, K) * CD(L) * C(K), K, L)
    assert a == b
    assert a != ops.Sum(t(J, I_) * CD(I_) * C(J), I_, J)
    assert a * a == b * a
    quartic = ops.Sum(ops.tensor("V", I_, J, K, L) * CD(I_) * CD(J) * C(K) * C(L), I_, J, K, L)
    turned = ops.Sum(ops.tensor("V", J, I_, L, K) * CD(I_) * CD(J) * C(K) * C(L), I_, J, K, L)
    crossed = ops.Sum(ops.tensor("V", J, I_, K, L) * CD(I_) * CD(J) * C(K) * C(L), I_, J, K, L)
    assert quartic == turned
    assert quartic != crossed
    anti = ops.Sum(ops.tensor("V", I_, J, K, L) * CD(J) * CD(I_) * C(K) * C(L), I_, J, K, L)
    assert anti == -1 * quartic


def test_antisymmetric_sums_vanish():
    symmetric = lambda a, b: ops.tensor("A", a, b, properties="symmetric")  # noqa: E731
    anti = lambda a, b: ops.tensor("B", a, b, properties="antisymmetric")  # noqa: E731
    assert ops.Sum(symmetric(I_, J) * C(I_) * C(J), I_, J).is_zero()
    assert not ops.Sum(anti(I_, J) * C(I_) * C(J), I_, J).is_zero()
    assert ops.Sum(anti(I_, J) * B.ann(I_) * B.ann(J), I_, J).is_zero()
    assert ops.Sum(C(I_) * C(J), I_, J).is_zero()
    assert anti(I_, I_).is_zero()
    assert ops.tensor("A", I_, I_, properties="hollow").is_zero()


def test_deltas_are_solved_under_sums():
    assert ops.Sum(D(I_, J) * C(I_), I_) == C(J)
    assert ops.Sum(D(I_, J) * D(J, K) * C(I_), I_, J) == C(K)
    assert ops.Sum(D(I_, J), I_, J) == sympy.Symbol("N", integer=True, positive=True)
    assert D(I_, J) * C(I_) == D(I_, J) * C(J)
    assert D(I_, J) * D(J, K) == D(I_, K) * D(I_, J)
    assert ops.Sum(D(I_, 3) * C(I_), I_) == ops.Expression.lift(C(3))
    assert D(I_, I_ + 1).is_zero()
    assert D(UP, "up") * F.ann(UP) == D(UP, "up") * F.ann(ops.Index.named("x")).substitute({"x": "up"})


def test_distinct_indices():
    product = C(I_) * CD(J)
    assert product.assuming_distinct((I_, J)) == -1 * CD(J) * C(I_)
    chain = D(I_, J) * D(J, K) * C(I_)
    assert chain.assuming_distinct((I_, K)).is_zero()
    assert not chain.assuming_distinct((I_, L)).is_zero()


def test_sums_may_be_shifted():
    assert ops.Sum(CD(I_ + 1) * C(I_ + 2), I_) == ops.Sum(CD(I_) * C(I_ + 1), I_)
    current = ops.Sum(CD(I_) * C(I_ + 1) - CD(I_ + 1) * C(I_), I_)
    assert current == ops.Sum(CD(I_ - 1) * C(I_) - CD(I_ + 3) * C(I_ + 2), I_)
    hop = ops.Sum(CD(I_) * C(I_ + 1) + CD(I_ + 1) * C(I_), I_)
    assert ops.commutator(hop, current).is_zero()
    assert ops.commutator(ops.Sum(CD(I_) * C(I_ + 1), I_), CD(J) * C(J)) == CD(J - 1) * C(J) - CD(J) * C(J + 1)


def test_density_waves_commute():
    def rho(q):
        return ops.Sum(CD(P + q) * C(P), P)

    k = ops.indices("k", range="momentum")
    assert ops.commutator(rho(Q), rho(R)).is_zero()
    assert ops.commutator(rho(Q), CD(k)) == CD(k + Q)
    assert ops.Sum(C(P) * C(-P), P).is_zero()


def test_sums_of_phases():
    n = sympy.Symbol("N", integer=True, positive=True)
    assert ops.Sum(phase(P, I_) * phase(P, J, -1), P) == n * D(I_, J)
    there = ops.Sum(phase(P, I_) * C(P), P)
    back = ops.Sum(phase(Q, I_, -1) * there, I_) / n
    assert back == C(Q)
    assert bool(ops.equivalent(back, C(Q)))
    number = ops.Sum(there.adjoint() * there, I_) / n
    assert number == ops.Sum(CD(P) * C(P), P)


def test_adjoints():
    h = ops.Sum(t(I_, J) * CD(I_) * C(J), I_, J)
    assert h != h.adjoint()
    assert h.adjoint().adjoint() == h
    herm = ops.Sum(ops.tensor("t", I_, J, properties="hermitian") * CD(I_) * C(J), I_, J)
    assert herm == herm.adjoint()
    assert (1j * herm).adjoint() == -1j * herm
    assert (S.plus(I_) * S.z(J)).adjoint() == S.z(J) * S.minus(I_)
    assert (G.g(I_) * G.g(J)).adjoint() == G.g(J) * G.g(I_)
    assert (C(I_) * B.ann(J) * G.g(K)).adjoint() == G.g(K) * B.cre(J) * CD(I_)


def test_spins_one_half_with_indices():
    half = ops.Spins("1/2")
    assert half.z(I_) * half.z(I_) == ops.Expression.lift(1) / 4
    assert (half.plus(I_) * half.plus(I_)).is_zero()
    q = ops.Paulis()
    assert q.X(I_) * q.Y(I_) == 1j * q.Z(I_)
    assert ops.commutator(q.X(I_), q.Y(J)) == 2j * D(I_, J) * q.Z(I_)
    u = ops.SUN(3)
    assert ops.commutator(u.X(0, 1, I_), u.X(1, 2, J)) == D(I_, J) * u.X(0, 2, I_)


LETTERS = [C(I_), CD(I_), C(J), CD(J), CD(K), B.ann(I_), B.cre(J), S.plus(I_), S.minus(J), S.z(I_), G.g(I_), G.g(J)]


@pytest.mark.parametrize("seed", range(4))
@given(st.lists(st.integers(0, len(LETTERS) - 1), min_size=1, max_size=5))
def test_products_agree_with_concrete_lattices(seed, chosen):
    whole = LETTERS[chosen[0]]
    for k in chosen[1:]:
        whole = whole * LETTERS[k]
    values = {n: int(v) for n, v in zip("ijk", np.random.default_rng(seed).integers(0, 2, 3))}
    parts = [LETTERS[k] for k in chosen]
    instance = Instance(2, seed=seed, values=values)
    found, *letters = instance.operators(whole, *parts)
    product = letters[0]
    for o in letters[1:]:
        product = product * o
    assert (found - product).is_zero()


def random_sum(rng):
    """A sum over one to three indices of a few letters with random shifts, symbols and free indices."""
    names = ops.indices("a b d")
    slots = [*names, I_, J, names[0] + 1, names[1] - 2, names[0] + names[1], -names[0]]
    families = [(F.cre, F.ann), (B.cre, B.ann), (G.g, G.g), (S.plus, S.z)]
    up, down = families[rng.integers(4)]
    total = 1
    for _ in range(int(rng.integers(1, 4))):
        total = (up, down)[rng.integers(2)](slots[rng.integers(len(slots))]) * total
    if rng.integers(2):
        words = ["", "real", "hermitian", "symmetric", "antisymmetric", "hollow"][rng.integers(6)]
        total = ops.tensor("V" + words, slots[rng.integers(5)], slots[rng.integers(5)], properties=words) * total
    if rng.integers(3) == 0:
        total = D(slots[rng.integers(5)], slots[rng.integers(5)]) * total
    return ops.Sum(total, *names[: int(rng.integers(0, 4))])


@pytest.mark.parametrize("seed", range(60))
def test_random_sums_agree_with_concrete_lattices(seed):
    rng = np.random.default_rng(seed)
    a, b = random_sum(rng), random_sum(rng)
    size = 7
    instance = Instance(size, seed=seed, values={"i": 0, "j": 2, "a": 1, "b": 4, "d": 6})
    parts = {"product": a * b, "sum": a + 2 * b, "adjoint": (a * 1j).adjoint(), "commutator": ops.commutator(a, b)}
    left, right, *found = instance.operators(a, b, *parts.values())
    wanted = {
        "product": left * right,
        "sum": left + 2 * right,
        "adjoint": (left * 1j).adjoint(),
        "commutator": left * right - right * left,
    }
    for name, operator in zip(parts, found):
        assert (operator - wanted[name]).is_zero(), name


@pytest.mark.parametrize("seed", range(40))
def test_random_expressions_are_written_and_read_back(seed):
    rng = np.random.default_rng(seed)
    e = random_sum(rng)
    symbols = {"V" + w: f"function {w}" for w in ("", "real", "hermitian", "symmetric", "antisymmetric", "hollow")}
    symbols["N"] = ""
    species = [F, B, S, G]
    again = ops.parse_latex(ops.latex(e), algebra=species, symbols=symbols)
    assert ops.equivalent(e, again), ops.latex(e)


@pytest.mark.parametrize("seed", range(5))
def test_jacobi_with_indices(seed):
    rng = np.random.default_rng(seed)
    a, b, c = (
        LETTERS[rng.integers(7)] * LETTERS[rng.integers(7)] + LETTERS[rng.integers(7)] * LETTERS[rng.integers(7)]
        for _ in range(3)
    )
    k = ops.commutator
    assert (k(a, k(b, c)) + k(b, k(c, a)) + k(c, k(a, b))).is_zero()


def test_sums_over_named_values():
    f = ops.Fermions(["up", "dn"])
    total = ops.Sum(f.cre(I_, UP) * f.ann(I_, UP), UP)
    spelled = sum((f.cre(I_, s) * f.ann(I_, s) for s in ("dn",)), f.cre(I_, "up") * f.ann(I_, "up"))
    assert total != spelled
    assert bool(ops.equivalent(total, spelled))
    assert ops.Sum(ops.Expression.lift(1), UP) == 2
    flipped = ops.Sum(f.cre(I_, UP + 1) * f.ann(I_, UP + 1), UP)
    assert bool(ops.equivalent(total, flipped))
    assert not ops.equivalent(total, ops.Sum(f.cre(I_, UP + 1) * f.ann(I_, UP), UP))


def test_back_to_operators():
    assert (C(I_) * CD(J)).substitute({"i": 0, "j": 0}).operator() == C(0) * CD(0)
    with pytest.raises(InputError, match="still has indices"):
        C(I_).operator()
    ring = ops.Sum(CD(I_) * C(I_ + 1), I_).instantiate(4)
    assert len(ring) == 4
    table = np.arange(9).reshape(3, 3)
    found = ops.Sum(t(I_, J) * CD(I_) * C(J), I_, J).instantiate(3, tensors={"t": lambda i, j: int(table[i, j])})
    f = found.species[0]
    for i in range(3):
        for j in range(3):
            assert found.coefficient(f.cre(i) * f.ann(j)) == table[i, j]


def test_bad_indices_are_told():
    with pytest.raises(InputError, match="indices of one range add"):
        _ = I_ + P
    with pytest.raises(InputError, match="not a single index"):
        ops.Sum(C(I_), I_ + 1)
    with pytest.raises(InputError, match="summed twice"):
        ops.Sum(C(I_), I_, I_)
    with pytest.raises(InputTypeError, match="an index is"):
        D(I_, 0.5)
    with pytest.raises(InputError, match="properties of a symbol"):
        ops.tensor("t", I_, properties="nice")
    with pytest.raises(InputTypeError, match="neither true nor false"):
        bool(C(I_))
    with pytest.raises(InputError, match="does not run over"):
        D(UP, "left")

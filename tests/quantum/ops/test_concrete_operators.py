"""Every algebra against dense matrices, and the identities of the textbooks."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, InputTypeError, NonFiniteError, UnknownNameError
from symmeter.quantum import ops

FAMILIES = {
    "fermions": [(ops.Fermions(), 4)],
    "bosons": [(ops.Bosons(), 2)],
    "spin 1/2": [(ops.Spins("1/2"), 3)],
    "spin 1": [(ops.Spins(1), 2)],
    "spin 5/2": [(ops.Spins("5/2"), 1)],
    "pauli": [(ops.Paulis(), 3)],
    "majorana": [(ops.Majoranas(), 6)],
    "colours": [(ops.SUN(3), 2)],
    "two fermions": [(ops.Fermions(name="c"), 2), (ops.Fermions(name="d"), 2)],
    "fermions, majorana, spins": [(ops.Fermions(), 2), (ops.Spins(1), 1), (ops.Majoranas(), 4)],
    "fermions and bosons": [(ops.Bosons(), 1), (ops.Fermions(), 2)],
    "pauli and colours": [(ops.SUN(2), 1), (ops.Paulis(), 2)],
}
LEVELS = 10


def compared(family, matrix, degree):
    """Rows and columns that truncation of the bosons does not reach."""
    parts = FAMILIES[family]
    sizes = []
    for s, modes in parts:
        if isinstance(s, ops.Bosons):
            sizes += [np.arange(LEVELS) < LEVELS - degree] * modes
        elif isinstance(s, ops.Majoranas):
            sizes += [np.ones(2, bool)] * (modes // 2)
        else:
            d = int(2 * s.spin) + 1 if isinstance(s, ops.Spins) else s.colours if isinstance(s, ops.SUN) else 2
            sizes += [np.ones(d, bool)] * modes
    keep = np.ones(1, bool)
    for x in sizes:
        keep = np.kron(keep, x).astype(bool)
    return matrix[np.ix_(keep, keep)]


@pytest.mark.parametrize("family", FAMILIES)
def test_products_have_the_matrices_of_their_letters(family, dense, words, multiply):
    rng = np.random.default_rng(7)
    parts = FAMILIES[family]
    matrix = dense(*parts, levels=LEVELS)
    for _ in range(25):
        letters = words(rng, parts, int(rng.integers(1, 7)))
        found = multiply(letters)
        wanted = matrix.word(letters)
        degree = len(letters)
        np.testing.assert_allclose(
            compared(family, matrix(found), degree),
            compared(family, wanted, degree),
            atol=1e-9 * (1 + np.abs(wanted).max()),
        )


KINDS = {"Fermions": "c cd n", "Bosons": "a ad", "Spins": "S+ S- Sz Sx Sy", "Paulis": "X Y Z p+ p-", "Majoranas": "g"}


def letters(family):
    """One operator of a family."""
    choices = []
    for s, modes in FAMILIES[family]:
        kinds = KINDS.get(type(s).__name__)
        names = kinds.split() if kinds else [s.kind(a, b) for a in range(s.colours) for b in range(s.colours)]
        choices += [(s, kind, m) for kind in names for m in range(modes)]
    return st.sampled_from(choices)


def sums(family, length=3, terms=2):
    """A sum of products of a family, with exact complex coefficients."""
    words = st.lists(letters(family), min_size=1, max_size=length)
    numbers = st.builds(ops.Gaussian, st.fractions(-3, 3, max_denominator=7), st.integers(-2, 2))

    def build(pairs):
        total = ops.Operator((), {})
        for number, chosen in pairs:
            term = ops.Operator((), {}) + 1
            for s, kind, m in chosen:
                term = term * ops.word(s, (kind, m))
            total = total + number * term
        return total

    return st.lists(st.tuples(numbers, words), min_size=1, max_size=terms).map(build)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12)
@given(data=st.data())
def test_adjoints_reverse_products(family, data):
    a, b = data.draw(sums(family)), data.draw(sums(family))
    assert (a * b).adjoint() == b.adjoint() * a.adjoint()
    assert a.adjoint().adjoint() == a
    assert a.plus_hc().is_hermitian()


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=8)
@given(data=st.data())
def test_jacobi_leibniz_and_associativity(family, data):
    a, b, c = (data.draw(sums(family, length=2)) for _ in range(3))
    k = ops.commutator
    assert (a * b) * c == a * (b * c)
    assert (k(a, k(b, c)) + k(b, k(c, a)) + k(c, k(a, b))).is_zero()
    assert k(a, b * c) == k(a, b) * c + b * k(a, c)
    assert k(a, b) == a * b - b * a
    assert ops.anticommutator(a, b) == a * b + b * a


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=12)
@given(data=st.data())
def test_normal_ordering_twice_changes_nothing(family, data):
    once = data.draw(sums(family, length=5))
    again = ops.Operator((), {})
    for value, word in once:
        term = ops.Operator((), {}) + value
        for s, factor in word:
            term = term * ops.word(s, factor)
        again = again + term
    assert once == again


def test_numbers_of_other_packages_multiply_operators():
    n = ops.Fermions().n(0)
    for two in (np.float64(2), np.int32(2), Fraction(2), ops.Gaussian(2, 0), 2.0, 2 + 0j):
        assert two * n == n * two == n + n
    i = ops.indices("i")
    assert np.float64(2) * ops.Fermions().ann(i) == 2.0 * ops.Fermions().ann(i)
    assert 2 * i + 1 == i + i + 1
    with pytest.raises(TypeError):
        n.terms[()] = 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=8),
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=8),
)
def test_fermion_words_of_any_kind(left, right):
    f = ops.Fermions()

    def build(letters):
        return ops.word(f, *(("cd" if up else "c", m) for m, up in letters))

    a, b = build(left), build(right)
    assert a * b == build(left + right)
    assert (a * b).adjoint() == build([(m, not up) for m, up in reversed(left + right)])


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4), st.integers(0, 4))
def test_boson_powers_follow_the_closed_formula(p, q, r, s):
    b = ops.Bosons()
    got = b.cre(0) ** p * b.ann(0) ** q * b.cre(0) ** r * b.ann(0) ** s
    # On (b^+)^n |0> the amplitude is a falling factorial: an independent way to the same numbers.
    from symmeter.quantum.ops.fock import apply

    def falling(n, k):
        out = 1
        for j in range(k):
            out *= n - j
        return out

    for n in range(9):
        wanted = falling(n, s) * falling(n - s + r, q)
        image = apply(got, (((0, n),) if n else (),))
        assert list(image.values()) == ([wanted] if wanted else [])


def test_identities_of_the_dossier():
    b = ops.Bosons()
    assert b.ann(0) ** 3 * b.cre(0) ** 2 == b.cre(0) ** 2 * b.ann(0) ** 3 + 6 * b.cre(0) * b.ann(0) ** 2 + 6 * b.ann(0)
    d = ops.Spins(1).dot(0, 1)
    assert d**3 == -2 * d**2 + d + 2
    assert d**2 != -2 * d + 2
    s = ops.Spins()
    assert ops.commutator(s.plus(0), s.minus(0)) == 2 * s.z(0)
    assert ops.commutator(s.x(0), s.y(0)) == 1j * s.z(0)
    assert ops.commutator(s.x(0), s.y(1)) == 0


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_anti_normal_words_have_two_to_the_k_terms(k):
    f = ops.Fermions()
    word = ops.word(f, *(("c", m) for m in range(k)), *(("cd", m) for m in reversed(range(k))))
    assert len(word) == 2**k


@pytest.mark.parametrize("spin", ["1/2", 1, "3/2", 2, "7/2"])
def test_spins_know_their_length(spin):
    s = ops.Spins(spin)
    x, y, z = s.x(0), s.y(0), s.z(0)
    length = Fraction(spin)
    assert x**2 + y**2 + z**2 == length * (length + 1)
    assert s.plus(0) ** int(2 * length + 1) == 0
    assert s.plus(0) ** int(2 * length) != 0
    levels = [length - k for k in range(int(2 * length) + 1)]
    product = 1
    for m in levels:
        product = product * (z - m)
    assert product == 0


def test_the_casimir_is_central_when_the_length_is_unknown():
    s = ops.Spins()
    casimir = s.x(0) ** 2 + s.y(0) ** 2 + s.z(0) ** 2
    assert all(ops.commutator(casimir, g(0)) == 0 for g in (s.x, s.y, s.z, s.plus))
    assert s.plus(0) ** 4 != 0


@pytest.mark.parametrize("n", [2, 3, 4])
def test_colour_generators(n):
    u = ops.SUN(n)
    generators = [u.T(k, 0) for k in range(n * n - 1)]
    assert all(g.is_hermitian() for g in generators)
    casimir = sum((g * g for g in generators[1:]), generators[0] * generators[0])
    assert casimir == Fraction(n * n - 1, 2 * n)
    swap = sum((u.T(k, 0) * u.T(k, 1) for k in range(1, n * n - 1)), u.T(0, 0) * u.T(0, 1)) * 2 + Fraction(1, n)
    assert swap == u.swap(0, 1)
    assert sum((u.X(a, a, 0) for a in range(1, n)), u.X(0, 0, 0)) == 1


def test_traces_are_constants(dense, words, multiply):
    rng = np.random.default_rng(0)
    q, f = ops.Paulis(), ops.Fermions()
    for species, modes in ((q, 3), (f, 4)):
        matrix = dense((species, modes))
        for _ in range(10):
            o = multiply(words(rng, [(species, modes)], 4), 1) + Fraction(1, 3)
            if species is q:
                trace = o.constant
            else:
                # A diagonal monomial of k densities has the trace 2^(modes - k), all others have none; the order of its
                # annihilators is that of its creators reversed, so that the sign is +1.
                diagonal = [(v, p[0].bit_count()) for (p,), v in o.terms.items() if p[0] == p[1]]
                trace = sum(v * Fraction(1, 2) ** k for v, k in diagonal)
            assert np.isclose(complex(trace), np.trace(matrix(o)) / 2**modes)


def test_hubbard_ring_conserves_what_it_should():
    length, t, u = 6, 1, 4
    f = ops.Fermions(["up", "dn"], sites=length, periodic=True)
    c, cd = f.ann, f.cre
    hop = sum(((cd(i, s) * c(i + 1, s)).plus_hc() for i in range(length) for s in f.flavours), ops.Operator((), {}))
    h = -t * hop + u * sum((f.n(i, "up") * f.n(i, "dn") for i in range(length)), ops.Operator((), {}))
    up = sum((f.n(i, "up") for i in range(1, length)), f.n(0, "up"))
    eta = sum(((-1) ** i * cd(i, "up") * cd(i, "dn") for i in range(1, length)), cd(0, "up") * cd(0, "dn"))
    assert ops.commutator(h, up).is_zero()
    assert ops.commutator(h, f.number()).is_zero()
    assert ops.commutator(h, eta) == u * eta
    mu = Fraction(1, 3)
    assert ops.commutator(h - mu * f.number(), eta) == (u - 2 * mu) * eta
    squared = eta * eta.adjoint() + eta.adjoint() * eta
    assert ops.commutator(h, squared).is_zero()
    wrong = sum((cd(i, "up") * cd(i, "dn") for i in range(1, length)), cd(0, "up") * cd(0, "dn"))
    assert ops.commutator(h, wrong) != u * wrong


def test_the_third_charge_of_the_heisenberg_ring_needs_spin_one_half():
    def rings(s):
        h = ops.total(s.dot(i, i + 1) for i in range(8))
        return h, ops.total(ops.commutator(s.dot(i, i + 1), s.dot(i + 1, i + 2)) for i in range(8))

    assert ops.commutator(*rings(ops.Spins("1/2", sites=8, periodic=True))).is_zero()
    assert not ops.commutator(*rings(ops.Spins(1, sites=8, periodic=True))).is_zero()


def test_numbers_stay_exact():
    q = ops.Paulis()
    value = (Fraction(1, 3) * q.X(0) * q.Y(0)).terms
    ((_, coefficient),) = value.items()
    assert coefficient == ops.Gaussian(0, Fraction(1, 3))
    assert (ops.Fermions().n(0) * 0.1 * 3 - 0.3 * ops.Fermions().n(0)).is_zero()
    assert not (ops.Fermions().n(0) * (1 + 1e-12) - ops.Fermions().n(0)).is_zero()
    big = 10**30
    assert (ops.Fermions().n(0) * big + 1).coefficient(ops.Fermions().n(0)) == big


def test_numeric_terms_for_matrix_builders():
    f, s = ops.Fermions(["up", "dn"], sites=2), ops.Spins("1/2")
    assert list((f.cre(0, "up") * f.ann(1, "dn") * 2).numeric_terms()) == [(2, (("cd", (0, "up")), ("c", (1, "dn"))))]
    mixed = f.n(1, "dn") * s.z(3)
    assert list(mixed.numeric_terms()) == [(1, (("Sz", ("S", 3)), ("cd", ("c", 1, "dn")), ("c", ("c", 1, "dn"))))]
    import sympy

    with pytest.raises(InputError, match=r"the term cd\[0,up\] c\[0,up\] has the symbols t"):
        list((sympy.Symbol("t") * f.n(0, "up")).numeric_terms())


def test_bad_input_is_told():
    f = ops.Fermions(["up", "dn"], sites=2)
    with pytest.raises(UnknownNameError, match="did you mean up"):
        f.ann(0, "ub")
    with pytest.raises(InputError, match="no site 2; its sites are 0 to 1"):
        f.ann(2, "up")
    with pytest.raises(InputError, match="takes a site and a flavour"):
        f.ann(0)
    with pytest.raises(InputError, match="two species are called c"):
        _ = f.n(0, "up") * ops.Fermions().n(0)
    with pytest.raises(InputTypeError, match="neither true nor false"):
        bool(f.n(0))
    with pytest.raises(NonFiniteError):
        _ = f.n(0) * float("nan")
    with pytest.raises(InputError, match="multiple of 1/2"):
        ops.Spins("1/3")
    with pytest.raises(InputError, match="0 to 64"):
        _ = f.n(0) ** -1
    with pytest.raises(InputError, match="divided by 0"):
        _ = f.n(0) / 0
    with pytest.raises(TypeError):
        _ = f.n(0) * "x"
    with pytest.raises(InputTypeError, match="for 4 sites say sites=4"):
        ops.Fermions(4)


def test_symbolic_coefficients_are_a_ring():
    import sympy

    t, u = sympy.symbols("t U")
    f = ops.Fermions()
    h = t * (f.cre(0) * f.ann(1)).plus_hc() + u * f.n(0) * f.n(1)
    assert ops.commutator(h, f.n(0) + f.n(1)).is_zero()
    squared = h * h
    hop = f.cre(0) * f.ann(1)
    assert squared.coefficient(f.n(0)) == t**2
    assert (hop * t).adjoint().coefficient(f.cre(1) * f.ann(0)) == sympy.conjugate(t)
    assert h.subs({"t": 2, "U": 3}) == 2 * hop.plus_hc() + 3 * f.n(0) * f.n(1)
    assert ((t + u) ** 2 * f.n(0) - (t**2 + 2 * t * u + u**2) * f.n(0)).is_zero()

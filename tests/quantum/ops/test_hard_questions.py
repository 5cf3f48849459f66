"""Questions that used to be answered wrongly or never: equality, states, substitutions, text without end."""

from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
import sympy

from symmeter.errors import InputError, SymmeterError
from symmeter.quantum import ops

X, Y = sympy.symbols("x y")
R = sympy.Symbol("r", real=True)
POSITIVE = sympy.Symbol("p", positive=True)
N = ops.Fermions().n(0)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sympy.sqrt(X**2), X),
        (abs(R), R),
        (sympy.sqrt(R**2), R),
        (sympy.log(X**2), 2 * sympy.log(X)),
        (sympy.sqrt(X) * sympy.sqrt(Y), sympy.sqrt(X * Y)),
        (sympy.re(X), X),
        (sympy.sqrt(R) ** 2 - R + sympy.sign(R), 1),
        (sympy.exp(10**6), 1),
        (X**3000, 1),
    ],
)
def test_branches_and_signs_of_coefficients(left, right):
    verdict = ops.equivalent(left * N, right * N)
    assert not verdict
    assert verdict.counterexample is not None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (sympy.sqrt(POSITIVE**2), POSITIVE),
        (abs(POSITIVE), POSITIVE),
        (sympy.sqrt(R**2), abs(R)),
        (sympy.sin(2 * X), 2 * sympy.sin(X) * sympy.cos(X)),
        ((X**2 - 1) / (X - 1), X + 1),
        (sympy.cosh(X) ** 2 - sympy.sinh(X) ** 2, 1),
        (abs(X * Y), abs(X) * abs(Y)),
        (sympy.gamma(X + 1), X * sympy.gamma(X)),
    ],
)
def test_coefficients_that_are_equal(left, right):
    assert ops.equivalent(left * N, right * N)


def test_a_coefficient_beyond_all_numbers_is_refused_in_one_line():
    with pytest.raises(InputError, match="no value that can be computed"):
        ops.equivalent(*ops.parse_identity(r"e^{e^{e^{e^{9}}}} n_1 = n_1"))
    verdict = ops.equivalent(*ops.parse_identity("1000! x n_1 = x n_1"))
    assert "e+" in str(verdict)


FALSE = [
    r"\delta_{ij}\delta_{kl} (1-\delta_{jk}) = 0",
    r"\delta_{ij} n_k (1-\delta_{jk}) = 0",
    r"\delta_{i,j+2} c_k = 0",
    r"\delta_{i,j+3} n_k = \delta_{i,j+3} n_k (1-\delta_{jk})",
    r"\delta_{i,j+1}\delta_{k,l+1} n_m = 0",
    r"\sum_k e^{8 i k j} = N",
    r"\sum_k e^{5 i k j} = N \delta_{j,0}",
    r"\sum_i c_i^\dagger c_{i+2} = \sum_i c_{i+2}^\dagger c_i",
    r"\sum_i n_i n_{i+3} = \sum_i n_i n_{i+2}",
    r"c_i c_j c_k^\dagger = c_k^\dagger c_i c_j",
    r"[n_i n_j, c_k] = -\delta_{ik} n_j c_i - \delta_{jk} n_i c_j",
    r"n_i n_j = \delta_{ij} n_i",
    r"S^z_i S^z_j = \delta_{ij}",
    r"\sigma^z_i \sigma^z_j = \delta_{ij}",
    r"\sigma^x_i \sigma^y_j = i \sigma^z_i \delta_{ij}",
    r"b_i^2 b_j^{\dagger} = b_j^\dagger b_i^2 + \delta_{ij} b_i",
    r"\{c_i, c_j\} = \delta_{ij}",
    r"[S^z_i, S^+_j] = \delta_{ij} S^-_i",
    r"c_{i\sigma} c_{i\bar\sigma} = c_{i\bar\sigma} c_{i\sigma}",
    r"\sum_\sigma n_{i\sigma} = n_{i\uparrow}",
]
TRUE = [
    r"\delta_{ij}\delta_{jk} = \delta_{ik}\delta_{kj}",
    r"\delta_{i,j+2}\delta_{j,k+1} = \delta_{i,k+3}\delta_{j,k+1}",
    r"\delta_{i,j} n_j = \delta_{i,j} n_i",
    r"\sum_j \delta_{i,j+2} n_j = n_{i-2}",
    r"\sum_k e^{2 i k j} = \sum_k e^{-2 i k j}",
    r"\sum_i c_i^\dagger c_{i+2} = \sum_j c_{j-2}^\dagger c_j",
    r"[n_i n_j, c_k] = -\delta_{ik} c_i n_j - \delta_{jk} n_i c_j",
    r"\sigma^z_i \sigma^z_i = 1",
    r"\sigma^x_i \sigma^y_i = i \sigma^z_i",
    r"[\sigma^x_i, \sigma^y_j] = 2 i \delta_{ij} \sigma^z_i",
    r"b_i^2 b_j^{\dagger} = b_j^\dagger b_i^2 + 2 \delta_{ij} b_i",
    r"c_{i\sigma} c_{i\bar\sigma} = - c_{i\bar\sigma} c_{i\sigma}",
    r"\sum_\sigma n_{i\sigma} = n_{i\uparrow} + n_{i\downarrow}",
    r"[\mathbf{S}_1 \cdot \mathbf{S}_2, S^z_1 + S^z_2] = 0",
    r"[\sum_i S^z_i, S^+_j] = S^+_j",
    r"c_i^\dagger c_j^\dagger c_j c_i = n_i n_j - \delta_{ij} n_i",
    r"(c_i^\dagger c_j)^\dagger = c_j^\dagger c_i",
    r"\sum_{ij} A_{ij} \delta_{ij} = \sum_i A_{ii}",
    r"[b_i^\dagger b_i, b_j^\dagger b_j] = 0",
    r"\frac{1}{N^2} \sum_{k q} e^{i k (i-j)} e^{i q (j-l)} = \delta_{ij}\delta_{jl}",
]


@pytest.mark.parametrize("text", FALSE)
def test_false_with_coincident_indices(text):
    verdict = ops.equivalent(*ops.parse_identity(text))
    assert not verdict
    assert verdict.counterexample is not None


@pytest.mark.parametrize("text", TRUE)
def test_true_with_coincident_indices(text):
    verdict = ops.equivalent(*ops.parse_identity(text))
    assert verdict, str(verdict)


@pytest.mark.parametrize("multiple", [2, 3, 5, 7, 12])
def test_multiples_of_an_index_permute_sites_on_some_lattices_only(multiple):
    i = ops.indices("i")
    f = ops.Fermions()
    assert not ops.equivalent(ops.Sum(f.n(multiple * i), i), ops.Sum(f.n(i), i))
    assert not ops.equivalent(f.n(multiple * i), f.n(0))
    assert ops.equivalent(ops.Sum(f.n(multiple * i), i), ops.Sum(f.n(-multiple * i), i))


def test_symbols_in_front_of_sums_take_every_quadrant():
    for false in (
        r"|x| \sum_i n_i = x \sum_i n_i",
        r"\sqrt{x^2} \sum_i n_i = x \sum_i n_i",
        r"U \sum_i n_i = 2 U \sum_i n_i",
        r"U \sum_{i<j} n_i n_j = U \sum_{i \neq j} n_i n_j",
    ):
        verdict = ops.equivalent(*ops.parse_identity(false))
        assert not verdict
        assert verdict.counterexample is not None
    assert ops.equivalent(*ops.parse_identity(r"|x|^2 \sum_i n_i = x x^* \sum_i n_i"))
    i = ops.indices("i")
    total = ops.Sum(ops.Fermions().n(i), i)
    assert not ops.equivalent(abs(R) * total, R * total)
    assert ops.equivalent(abs(POSITIVE) * total, POSITIVE * total)


def test_a_symbol_is_no_phase():
    t, angle = sympy.Symbol("t"), sympy.Symbol("a", real=True)
    assert not ops.equivalent(t * N, N, up_to="phase")
    assert ops.equivalent(t * N, N, up_to="factor")
    assert ops.equivalent(sympy.exp(sympy.I * angle) * N, N, up_to="phase")


def test_substitutions_happen_at_once():
    i, j = ops.indices("i j")
    f = ops.Fermions()
    pair = f.ann(i) * f.cre(j) * f.ann(i + 1)
    assert pair.substitute({"i": j, "j": i}) == f.ann(j) * f.cre(i) * f.ann(j + 1)


def test_states_refuse_operators_of_other_modes():
    f, finite, d = ops.Fermions(), ops.Fermions(sites=4), ops.Fermions(name="d")
    with pytest.raises(InputError, match="modes are others"):
        ops.expectation(f.n(0), ops.FermiSea([0], finite))
    assert ops.expectation(d.n(0), ops.FermiSea([0], finite)) == 0
    state = ops.thermal(f.n(0) * 1.0, beta=2.0)
    for wrong in (d.n(0), ops.Bosons().n(0), f.n(0) * d.n(0)):
        with pytest.raises(InputError, match=r"the state is one of|one species"):
            ops.expectation(wrong, state)
    with pytest.raises(InputError, match="has the symbols x"):
        ops.thermal(X * f.n(0), 1.0)


def test_rounding_is_no_energy():
    f = ops.Fermions()
    level = 0.1 + 0.2 - 0.3
    assert level != 0
    hop = (f.cre(0) * f.ann(1)).plus_hc()
    effective, generator = ops.schrieffer_wolff((0.1 + 0.2) * f.n(0) + 0.3 * f.n(1), 0.1 * hop)
    assert generator.is_zero()
    assert max(abs(v) for v in effective.terms.values()) < 1


# --- closed forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("power", range(1, 9))
def test_powers_of_a_number_operator_have_stirling_numbers(power):
    b = ops.Bosons()
    found = b.n(0) ** power
    for k in range(1, power + 1):
        stirling = sum((-1) ** (k - j) * comb(k, j) * j**power for j in range(k + 1)) // factorial(k)
        assert found.coefficient(b.cre(0) ** k * b.ann(0) ** k) == stirling
    assert len(found) == power


@pytest.mark.parametrize("power", range(1, 7))
def test_anti_normal_products_are_laguerre_polynomials(power):
    b = ops.Bosons()
    found = b.ann(0) ** power * b.cre(0) ** power
    # a^n a^+^n = n! :L_n(-a^+ a):
    for k in range(power + 1):
        laguerre = Fraction(factorial(power) * comb(power, k), factorial(k))
        assert found.coefficient(b.cre(0) ** k * b.ann(0) ** k) == laguerre


def test_mixed_products_have_the_signs_of_matrices(dense, words, multiply):
    rng = np.random.default_rng(3)
    f, d, g, q = ops.Fermions(), ops.Fermions(name="d"), ops.Majoranas(), ops.Paulis()
    parts = [(f, 1), (d, 1), (q, 1), (g, 4)]
    # Matrices in the order of the names, as the algebra keeps it.
    matrices = dense(*sorted(parts, key=lambda p: p[0].name))
    for _ in range(60):
        letters = words(rng, parts, int(rng.integers(2, 9)))
        z = int(rng.integers(-3, 4)) + 1j * int(rng.integers(1, 4))
        found = multiply(letters, z)
        expected = z * matrices.word(letters)
        np.testing.assert_allclose(matrices(found), expected, atol=1e-12)
        np.testing.assert_allclose(matrices(found.adjoint()), expected.conj().T, atol=1e-12)


@pytest.mark.parametrize("colours", [2, 3, 4])
def test_generators_are_complete(colours):
    s = ops.SUN(colours)
    total = ops.total(s.T(k, 0) * s.T(k, 1) for k in range(colours**2 - 1))
    assert total == s.swap(0, 1) * Fraction(1, 2) - Fraction(1, 2 * colours)
    i = ops.indices("i")
    assert ops.equivalent(sum((s.X(a, a, i) for a in range(1, colours)), s.X(0, 0, i)), 1 + 0 * s.X(0, 0, i))


# --- text that must not hang ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "a" * 20_000,
        "=" * 20_000,
        "c_1=" * 5_000,
        "-" * 20_000,
        "c_{99999999999999999999}",
        "(10^{64})^{64} (10^{64})^{10} c_1",
        r"\log(0) c_1",
        "\\frac" * 4_000,
        "[" * 9_000,
        "c_1" * 1_000_000,
        r"c_1 \undefined{x}",
        "c_1}",
    ],
)
def test_endless_text_is_refused_in_one_line(text):
    with pytest.raises(SymmeterError) as caught:
        ops.parse_identity(text) if "=" in text else ops.parse_latex(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_declared_words_in_long_runs_of_letters():
    product = ops.parse_latex("gap" * 40 + "c_1", symbols={"gap": "real"})
    assert product == sympy.Symbol("gap", real=True) ** 40 * ops.Fermions().ann(1)

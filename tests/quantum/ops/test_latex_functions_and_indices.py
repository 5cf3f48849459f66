"""Arguments of functions without brackets, functions of indices, bonds with spins, and the dossier's own lines."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from symmeter.errors import InputError
from symmeter.quantum import ops

THETA, X, Y, A, B = sympy.symbols("theta x y a b")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\cos\theta \sin\theta", sympy.cos(THETA) * sympy.sin(THETA)),
        (r"\cos 2\theta", sympy.cos(2 * THETA)),
        (r"\sin x (a + b)", sympy.sin(X) * (A + B)),
        (r"\cos\theta \cdot x", sympy.cos(THETA) * X),
        (r"\sin\theta/2", sympy.sin(THETA / 2)),
        (r"\ln^2 x \, y", sympy.log(X * Y) ** 2),
        (r"\sin^2\theta + \cos^2\theta", sympy.sin(THETA) ** 2 + sympy.cos(THETA) ** 2),
        (r"\sin^{-1} x", sympy.asin(X)),
        (r"\cos x \frac{a}{2}", sympy.cos(X) * A / 2),
        (r"\exp(x) \cos y", sympy.exp(X) * sympy.cos(Y)),
    ],
)
def test_where_an_argument_without_brackets_ends(text, value):
    found = ops.parse_latex(text, ops.Spins())
    assert sympy.simplify(found - value) == 0


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (r"\sin\theta c_1", r"\sin(\theta) c_1"),
        (r"\sin^2\theta c_1^\dagger c_1", r"(\sin(\theta))^2 c_1^\dagger c_1"),
        (r"\cos\theta\, c_1 + \sin\theta\, c_2", r"\cos(\theta) c_1 + \sin(\theta) c_2"),
        (r"\ln x\, c_1", r"\log(x) c_1"),
        (r"c_1 \otimes c_2", r"c_1 c_2"),
    ],
)
def test_an_argument_ends_before_an_operator(text, same):
    assert ops.parse_latex(text) == ops.parse_latex(same)


def test_dispersion_of_the_ring_is_its_hopping_in_space():
    """sum_k 2 cos k c_k^+ c_k against sums over sites with Fourier phases."""
    dispersion = ops.parse_latex(r"\sum_k 2\cos k\, c_k^\dagger c_k")
    hopping = ops.parse_latex(
        r"\frac1N \sum_{k q i} (e^{i k (i+1)} e^{-i q i} + e^{i k i} e^{-i q (i+1)}) c_k^\dagger c_q"
    )
    assert ops.equivalent(dispersion, hopping).equal
    wrong = ops.parse_latex(r"\sum_k 2\sin k\, c_k^\dagger c_k")
    assert not ops.equivalent(dispersion, wrong).equal
    # On four sites the band is 2 cos(2 pi k / 4).
    op = dispersion.instantiate(4)
    band = [complex(sum(c for c, w in op if [m for _, (_, m) in w] == [k, k])) for k in range(4)]
    assert np.allclose(band, 2 * np.cos(2 * np.pi * np.arange(4) / 4))


def test_cosine_and_sine_of_a_momentum_obey_pythagoras():
    left = ops.parse_latex(r"\sum_k (\cos^2 k + \sin^2 k) c_k^\dagger c_k")
    assert left == ops.parse_latex(r"\sum_k c_k^\dagger c_k")


def test_a_symbol_with_an_index_in_brackets_depends_on_it():
    bracket = ops.parse_latex(r"\sum_{k q} V(q) c_{k+q}^\dagger c_k")
    subscript = ops.parse_latex(r"\sum_{k q} V_q c_{k+q}^\dagger c_k")
    constant = ops.parse_latex(r"V \sum_{k q} c_{k+q}^\dagger c_k")
    assert bracket == subscript
    assert ops.parse_latex(r"\sum_{k q} \frac{1}{2} V(q) c_{k+q}^\dagger c_k") == subscript / 2
    assert not ops.equivalent(bracket, constant).equal
    assert ops.parse_latex(r"\sum_{k q} V(k-q) c_k^\dagger c_q") == ops.parse_latex(
        r"\sum_{k q} V_{k-q} c_k^\dagger c_q"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\sum_i (-1)^i n_i", "the index i stands in a power"),
        (r"\sum_k k c_k^\dagger c_k", "the index k stands as a number"),
        (r"\sum_k \cos(k a) c_k^\dagger c_k", "as in .epsilon_k"),
        (r"\sum_{\langle i \rangle} n_i", "a bond has two ends; 1"),
        (r"\sum_{\langle i j k \rangle} n_i", "a bond has two ends; 3"),
    ],
)
def test_indices_never_pass_for_symbols(text, words):
    with pytest.raises(InputError, match=words):
        ops.parse_latex(text)


def test_bonds_do_not_depend_on_the_spin_summed_beside_them():
    hopping = r"\sum_{\langle i,j\rangle,\sigma} c_{i\sigma}^\dagger c_{j\sigma}"
    raising = r"\sum_i c_{i\uparrow}^\dagger c_{i\downarrow}"
    algebra = ops.Fermions(["up", "dn"])
    both = [ops.parse_latex(t, algebra) for t in (hopping, raising)]
    # Spin rotations commute with hopping that is the same for both spins, and only with such.
    assert ops.equivalent(ops.commutator(*both), 0 * both[0]).equal
    unequal = ops.parse_latex(r"\sum_{ij\sigma} t_{ij\sigma} c_{i\sigma}^\dagger c_{j\sigma}", algebra)
    assert not ops.equivalent(ops.commutator(unequal, both[1]), 0 * both[0]).equal


def test_lines_of_the_proposed_interface_run_as_they_stand():
    f = ops.Fermions(["up", "dn"], sites=4)
    c, cd = f.ann, f.cre
    t = sympy.Symbol("t", real=True)
    h = sum(-t * (cd(i, s) * c(i + 1, s)).plus_hc() for i in range(3) for s in f.flavours)
    assert ops.commutator(h, f.number()).is_zero()
    x = ops.parse_latex(r"\sum_k \epsilon_k c_k^\dagger c_k", algebra=f.indexed("k"), symbols={"epsilon": "function"})
    y = ops.parse_latex(
        r"\sum_q \epsilon_q (1 - c_q c_q^\dagger)", algebra=f.indexed("q"), symbols={"epsilon": "function"}
    )
    found = ops.equivalent(x, y, modulo=[])
    assert found.equal
    assert found.counterexample is None
    assert ops.equivalent(x, 2 * y).counterexample is not None
    spinful = ops.parse_latex(
        r"\sum_{k\sigma} \epsilon_k c_{k\sigma}^\dagger c_{k\sigma}", f.indexed("k"), {"epsilon": "function"}
    )
    assert "sigma" in str(spinful)


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{\langle i j\rangle} S_i^z S_j^z",
        r"\sum_{\langle i,j\rangle,\sigma} c_{i\sigma}^\dagger c_{j\sigma}",
        r"\sum_{i<j} t_{ij} c_i^\dagger c_j",
        r"\sum_{i<j} V_{ij} n_i n_j + \sum_{\langle i j\rangle} c_i^\dagger c_j",
        r"\sum_{i<j, k} t_{ijk} c_i^\dagger c_j n_k",
        r"\sum_k \cos k c_k^\dagger c_k",
    ],
)
def test_bonds_and_orders_are_written_as_they_are_read(text):
    found = ops.parse_latex(text)
    assert ops.parse_latex(ops.latex(found)) == found


@pytest.mark.parametrize("k", [3, 4, 5, 6])
def test_an_antinormal_word_survives_latex(k):
    f = ops.Fermions()
    product = 1
    for i in range(k):
        product = product * f.ann(i)
    for i in reversed(range(k)):
        product = product * f.cre(i)
    assert len(product) == 2**k
    assert ops.parse_latex(ops.latex(product), f) == product


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\frac{d}{dx} x^3", 3 * X**2),
        (r"\frac{\partial}{\partial x} \sin x", sympy.cos(X)),
        (r"\partial_x (x^2 y)", 2 * X * Y),
        (r"\frac{d^2}{dx^2} x^3 y", 6 * X * Y),
        (r"\partial_x^2 x^3", 6 * X),
        (r"\int_0^1 x^2 dx", sympy.Rational(1, 3)),
        (r"\int_0^a x y \, \mathrm{d}x", A**2 * Y / 2),
        (r"2 + \int_{-1}^{1} dx", 4),
    ],
)
def test_derivatives_and_polynomial_integrals_are_exact(text, value):
    assert sympy.simplify(ops.parse_latex(text, ops.Spins()) - value) == 0


def test_derivatives_act_on_the_coefficients_of_operators():
    assert ops.parse_latex(r"\partial_x (x^2 c_1 + y c_2)") == ops.parse_latex(r"2 x c_1")


def test_a_declared_d_is_a_symbol_and_no_derivative():
    assert ops.parse_latex(r"\frac{d}{dx} x^3", ops.Spins(), ["d", "x"]) == X**2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"\int_0^{\infty} \exp(-x) dx", 1.0),
        (r"\int_0^1 \frac{4}{1 + x^2} dx", np.pi),
        (r"\int_{-\infty}^{\infty} \exp(-x^2) dx", np.sqrt(np.pi)),
    ],
)
def test_other_integrals_go_by_quadrature(text, value):
    assert abs(ops.parse_latex(text, ops.Spins()) - value) < 1e-9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"\int x dx", "both limits"),
        (r"\int_0^1 x", "ends with its variable"),
        (r"\int_0^1 \frac{1}{x} dx", "quadrature"),
        (r"\int_0^1 c_1 dx", "not of operators"),
        (r"\int_0^1 \sin(x y) dx", "only x is free"),
        (r"O(N^2)", "class of growth"),
        (r"\mathcal{O}(N \log N)", "class of growth"),
        (r"\partial_{2} x", "by a symbol"),
    ],
)
def test_bad_calculus_is_told(text, words):
    with pytest.raises(InputError, match=words):
        ops.parse_latex(text)

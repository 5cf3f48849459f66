"""Cyclotomic numbers against floating point, field axioms and SymPy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError
from symmeter.groups import Cyclotomic
from symmeter.groups.cyclotomic import cyclotomic_polynomial, reduction_matrix, totient

z = Cyclotomic.root


@st.composite
def cyclotomics(draw: st.DrawFn) -> Cyclotomic:
    n = draw(st.integers(1, 15))
    coefficients = draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))
    return Cyclotomic(n, coefficients, draw(st.integers(1, 4)))


@settings(max_examples=80, deadline=None)
@given(cyclotomics(), cyclotomics(), cyclotomics())
def test_field_axioms_and_agreement_with_complex_numbers(a, b, c):
    assert a * (b + c) == a * b + a * c
    assert (a * b) * c == a * (b * c)
    assert a - a == 0
    assert complex(a + b) == pytest.approx(complex(a) + complex(b), abs=1e-9)
    assert complex(a * b) == pytest.approx(complex(a) * complex(b), abs=1e-9)
    assert complex(a.conjugate()) == pytest.approx(complex(a).conjugate(), abs=1e-9)
    if b:
        assert (a / b) * b == a
        assert len({b, b * 1, b + a - a}) == 1


@settings(max_examples=100, deadline=None)
@given(cyclotomics())
def test_the_conductor_is_the_smallest(a):
    n = a.conductor
    assert Cyclotomic(n, [0]) == 0
    # In a smaller field every automorphism that fixes its root of unity would fix the number.
    for p in [p for p in range(2, n + 1) if n % p == 0 and all(p % q for q in range(2, p))]:
        m = n // p
        moving = [a.galois(k) for k in range(1, n + 1) if np.gcd(k, n) == 1 and k % m == 1 % m]
        assert any(x != a for x in moving)


@pytest.mark.parametrize("n", [1, 2, 9, 12, 15, 30, 105])
def test_cyclotomic_polynomials_against_sympy(n):
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x")
    assert list(cyclotomic_polynomial(n)) == sympy.Poly(sympy.cyclotomic_poly(n, x), x).all_coeffs()[::-1]
    assert totient(n) == sympy.totient(n)
    powers = np.exp(2j * np.pi * np.arange(totient(n)) / n)
    assert np.abs(reduction_matrix(n) @ powers - np.exp(2j * np.pi * np.arange(n) / n)).max() < 1e-9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (z(1), "1"),
        (z(2) / 2, "-1/2"),
        (z(4), "i"),
        (-z(4), "-i"),
        (z(3), "w"),
        (z(3) ** 2, "w^2"),
        (z(6), "-w^2"),
        (2 * z(3), "2w"),
        (z(5) + z(5, 4) + 1, "phi"),
        (z(5, 2) + z(5, 3) + 1, "1 - phi"),
        (z(5) + z(5, 4) - z(5, 2) - z(5, 3), "sqrt(5)"),
        (z(8) + z(8, 7), "sqrt(2)"),
        (z(8) + z(8, 3), "i*sqrt(2)"),
        (z(12) + z(12, 11), "sqrt(3)"),
        (z(3) - z(3, 2), "i*sqrt(3)"),
        (z(7) + z(7, 2) + z(7, 4), "(-1 + i*sqrt(7))/2"),
        (z(7) + z(7, 6), "2cos(2pi/7)"),
        (z(7, 2) + z(7, 5), "2cos(4pi/7)"),
        (z(16) + z(16, 15), "2cos(pi/8)"),
        (z(8), "z8"),
        (z(8, 5), "-z8"),
        (1 + z(4), "1 + i"),
        (1 - 2 * z(4), "1 - 2i"),
        (z(7) * z(3) + z(7, 6) * z(3), "z21^4 + z21^10"),
        (z(1) * 0, "0"),
    ],
)
def test_people_write_them_so(value, text):
    assert str(value) == text


def test_norms_and_rationals():
    assert (1 + z(4)).norm() == 2
    assert (z(5) + z(5, 4)).norm() == -1
    assert hash(Cyclotomic(1, [1], 2)) == hash(Fraction(1, 2))
    assert Cyclotomic(1, [1], 2) == Fraction(1, 2)
    assert int(z(3) + z(3, 2)) == -1
    assert float(z(5) + z(5, 4)) == pytest.approx((5**0.5 - 1) / 2)
    assert 1 / z(7) == z(7, 6)
    assert z(9) ** -2 == z(9, 7)


def test_refusals():
    with pytest.raises(InputError, match="not real"):
        float(z(4))
    with pytest.raises(InputError, match="not an integer"):
        int(z(3))
    with pytest.raises(InputError, match="division by zero"):
        1 / (z(3) + z(3, 2) + 1)
    with pytest.raises(InputError, match="denominator"):
        Cyclotomic(3, [1], 0)
    with pytest.raises(InputError, match="coprime"):
        z(9).galois(3)
    with pytest.raises(InputError):
        Cyclotomic(0, [1])

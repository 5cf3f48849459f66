"""Permutations against direct evaluation, SymPy and their own identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symmeter.errors import InputError, NotAGroupElementError, ShapeError
from symmeter.groups import Permutation, left_to_right


def permutations(degree: int) -> st.SearchStrategy[Permutation]:
    return st.permutations(range(degree)).map(Permutation)


triples = st.integers(1, 9).flatmap(lambda n: st.tuples(permutations(n), permutations(n), permutations(n)))


@given(triples)
def test_product_applies_the_right_factor_first(pqr: tuple[Permutation, ...]) -> None:
    p, q, r = pqr
    assert [(p * q)(i) for i in range(p.degree)] == [p(q(i)) for i in range(p.degree)]
    assert (p * q) * r == p * (q * r)
    assert (p * q).inverse() == ~q * ~p
    assert np.array_equal((p * q).matrix(), p.matrix() @ q.matrix())


@given(triples, st.integers(-12, 12))
def test_power_order_and_parity(pqr: tuple[Permutation, ...], k: int) -> None:
    p, q, _ = pqr
    one = Permutation.identity(p.degree)
    expected = one
    for _ in range(abs(k)):
        expected = expected * (p if k > 0 else ~p)
    assert p**k == expected
    assert p**p.order == one
    assert all(p**d != one for d in range(1, p.order))
    assert (p * q).parity == (p.parity + q.parity) % 2
    assert (-1) ** p.parity == round(np.linalg.det(p.matrix()))


@given(triples)
def test_cycle_text_is_read_back(pqr: tuple[Permutation, ...]) -> None:
    p = pqr[0]
    assert Permutation.parse(p.cycle_text(), p.degree) == p
    assert Permutation.from_cycles(p.cycles(), p.degree) == p
    assert Permutation.parse(p.cycle_text().replace(",", " , "), p.degree) == p
    assert Permutation.parse(p.cycle_text().replace(",", " "), p.degree) == p
    moved = {i for c in p.cycles() for i in c}
    assert set(p.fixed_points.tolist()) == set(range(p.degree)) - moved


def test_left_to_right_agrees_with_sympy() -> None:
    sympy = pytest.importorskip("sympy.combinatorics")
    rng = np.random.default_rng(0)
    for _ in range(20):
        a, b, c = (rng.permutation(7).tolist() for _ in range(3))
        theirs = sympy.Permutation(a) * sympy.Permutation(b) * sympy.Permutation(c)
        assert left_to_right(*map(Permutation, (a, b, c))).images.tolist() == theirs.array_form


def test_values_are_immutable_and_hashable() -> None:
    images = np.array([1, 0, 2])
    p = Permutation(images)
    images[:] = [0, 1, 2]
    assert p(0) == 1
    with pytest.raises(ValueError, match="read-only"):
        p.images[0] = 2
    assert len({p, Permutation([1, 0, 2]), Permutation([0, 1, 2])}) == 2
    assert eval(repr(p), {"Permutation": lambda text, degree: Permutation.parse(text, degree)}) == p


def test_names_of_columns_in_cycles() -> None:
    p = Permutation([1, 2, 0, 4, 3])
    assert p.cycle_text(names="abcde") == "(a,b,c)(d,e)"
    assert p.cycle_text(max_cycles=1) == "(0,1,2)... 2 cycles"
    assert Permutation.identity(3).cycle_text() == "()"
    with pytest.raises(ShapeError, match="2 names for 5 points"):
        p.cycle_text(names="ab")


@pytest.mark.parametrize("images", [[1, 2, 3], [0, 0, 1], [-1, 0, 1], [0.0, 1.0], ["a", "b"]])
def test_no_permutation_is_refused(images: list) -> None:
    with pytest.raises(NotAGroupElementError):
        Permutation(images)


MALFORMED = ["", "  ", "(0,1", "0,1)", "(0,,1)", "(0,1,)", "(,0)", "(0,x)", "((0,1))", "(0,1)x", "(-1,0)", "(0 1 , )"]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_cycles_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        Permutation.parse(text)


@pytest.mark.parametrize("text", ["(0,1)(1,2)", "(0,0)", "(0,9)"])
def test_cycles_must_be_disjoint_and_in_range(text: str) -> None:
    with pytest.raises(NotAGroupElementError):
        Permutation.parse(text, degree=5)


def test_shapes_must_agree() -> None:
    with pytest.raises(ShapeError):
        Permutation([1, 0]) * Permutation([0, 1, 2])
    with pytest.raises(ShapeError):
        Permutation([[0, 1]])
    with pytest.raises(InputError):
        Permutation([1, 0])(2)

"""Transformations against their dense matrices: products, powers, inverses, orders and texts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import InputError, NotAGroupElementError, ShapeError
from symmeter.representations import Dense, Monomial, Transformation, as_transformation


@st.composite
def monomials(draw: st.DrawFn, size: int, roots: tuple[int, ...] = (1, 2, 3, 4, 6)) -> Monomial:
    images = draw(st.permutations(range(size)))
    r = draw(st.sampled_from(roots))
    turns = np.array(draw(st.lists(st.integers(0, r - 1), min_size=size, max_size=size)))
    return Monomial(images, None if r == 1 else np.exp(2j * np.pi * turns / r))


@st.composite
def monomial_pairs(draw: st.DrawFn) -> tuple[Monomial, Monomial]:
    size = draw(st.integers(1, 7))
    return draw(monomials(size)), draw(monomials(size))


def matrix_order(a: np.ndarray, cap: int = 200) -> int | None:
    power = np.eye(len(a))
    for k in range(1, cap + 1):
        power = power @ a
        if np.abs(power - np.eye(len(a))).max() < 1e-9:
            return k
    return None


def haar_orthogonal(m: int, seed: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((m, m)))
    return q * np.sign(np.diag(r))


@settings(max_examples=80, deadline=None)
@given(monomial_pairs(), st.integers(0, 2**32 - 1))
def test_monomial_maps_are_their_matrices(pair: tuple[Monomial, Monomial], seed: int) -> None:
    p, q = pair
    m = p.dimension
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((3, m)) + 1j * rng.standard_normal((3, m))
    r = rng.standard_normal((m, m)) + 1j * rng.standard_normal((m, m))
    a, b = p.matrix(), q.matrix()
    np.testing.assert_allclose(a @ a.conj().T, np.eye(m), atol=1e-14)
    # The convention of the house: coordinate i goes to images[i].
    i = int(rng.integers(m))
    assert np.flatnonzero(a[:, i]).tolist() == [p.images[i]]
    np.testing.assert_allclose(p.apply(x), x @ a.T, atol=1e-14)
    np.testing.assert_allclose(p.conjugate(r), a @ r @ a.conj().T, atol=1e-13)
    np.testing.assert_allclose((p @ q).matrix(), a @ b, atol=1e-14)
    np.testing.assert_allclose((p @ q).apply(x), p.apply(q.apply(x)), atol=1e-14)
    np.testing.assert_allclose(p.inverse().matrix(), a.conj().T, atol=1e-14)
    np.testing.assert_allclose((p @ p.inverse()).matrix(), np.eye(m), atol=1e-14)
    assert p.distance_to_identity() == pytest.approx(np.abs(a - np.eye(m)).max(), abs=1e-12)
    assert p.is_real == (not np.iscomplexobj(a))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7).flatmap(monomials), st.integers(-7, 9))
def test_powers_and_order(p: Monomial, exponent: int) -> None:
    a = p.matrix()
    np.testing.assert_allclose(p.power(exponent).matrix(), np.linalg.matrix_power(a, exponent), atol=1e-12)
    assert p.order() == matrix_order(a)
    assert Dense(a).order() == matrix_order(a)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6).flatmap(monomials))
def test_lifting_is_the_action_on_points_with_phases(p: Monomial) -> None:
    r = 12 if p.phase_order is not None else 1
    root = np.exp(2j * np.pi / r)
    lifted, m = p.lifted(r), p.dimension
    assert sorted(lifted.tolist()) == list(range(r * m))
    for k in (0, 1, r - 1):
        for i in range(m):
            moved = p.apply(np.eye(m)[i] * root**k)
            turn, image = divmod(int(lifted[k * m + i]), m)
            np.testing.assert_allclose(moved, np.eye(m)[image] * root**turn, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(8)))
def test_cycles_compose_back_to_the_permutation(images: list[int]) -> None:
    p = Monomial(images)
    rebuilt = np.arange(8)
    for cycle in p.cycles():
        assert len(cycle) > 1
        assert cycle[0] == min(cycle)
        for here, there in zip(cycle, cycle[1:] + cycle[:1]):
            rebuilt[here] = there
    assert rebuilt.tolist() == list(images)


def test_phase_order() -> None:
    assert Monomial([1, 0]).phase_order == 1
    assert Monomial([1, 0], [1, -1]).phase_order == 2
    assert Monomial([0, 1], np.exp(2j * np.pi * np.array([1 / 3, 1 / 4]))).phase_order == 12
    assert Monomial([0, 1], np.exp(1j * np.array([1.0, 0.0]))).phase_order is None
    assert Monomial([0, 1], np.exp(1j * np.array([1.0, 0.0]))).order() is None


def test_orders_of_rotations() -> None:
    def turn(angle: float) -> Dense:
        return Dense([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    assert [turn(2 * np.pi * k / 12).order() for k in (1, 2, 3, 5)] == [12, 6, 4, 12]
    assert turn(2 * np.pi / 7).power(3).order() == 7
    assert turn(1.0).order(cap=500) is None
    assert Monomial(np.roll(np.arange(12), 1)).order(cap=11) is None


def test_dense_maps() -> None:
    a, b = haar_orthogonal(5, 0), haar_orthogonal(5, 1)
    p, q = Dense(a, name="a"), Dense(b, name="b")
    x = np.random.default_rng(2).standard_normal((4, 5))
    np.testing.assert_allclose(p.apply(x), x @ a.T)
    np.testing.assert_allclose((p @ q).matrix(), a @ b)
    np.testing.assert_allclose(p.conjugate(np.diag(np.arange(5.0))), a @ np.diag(np.arange(5.0)) @ a.T)
    np.testing.assert_allclose(p.power(-3).matrix(), np.linalg.inv(a @ a @ a), atol=1e-12)
    shift = Monomial(np.roll(np.arange(5), -1), name="s")
    np.testing.assert_allclose((p @ shift).matrix(), a @ shift.matrix())
    np.testing.assert_allclose((shift @ p).matrix(), shift.matrix() @ a)
    assert p.rename("other").name == "other"
    with pytest.raises(ValueError, match="read-only"):
        p.matrix()[0, 0] = 1.0


def test_values_are_read_only() -> None:
    p = Monomial([1, 2, 0], [1.0, -1.0, 1.0])
    for array in (p.images, p.sources, p.phases):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_reading_transformations() -> None:
    p = as_transformation([2, 0, 1])
    assert isinstance(p, Monomial)
    assert as_transformation(p) is p
    signed = as_transformation(np.array([[0.0, -1.0], [1.0, 0.0]]), name="turn")
    assert isinstance(signed, Monomial)
    assert signed.phases is not None
    assert signed.phases.tolist() == [1.0, -1.0]
    assert signed.name == "turn"
    assert isinstance(as_transformation(np.eye(3)), Monomial)
    dense = as_transformation(haar_orthogonal(3, 4))
    assert isinstance(dense, Dense)
    # A complex array without imaginary part is a real map.
    assert as_transformation(haar_orthogonal(3, 4).astype(complex)).is_real


def test_equality_and_hash() -> None:
    p = Monomial([1, 2, 0])
    assert p == Monomial([1, 2, 0], np.ones(3), name="other")
    assert p == Monomial([1, 2, 0], np.ones(3, dtype=complex))
    assert p != Monomial([1, 2, 0], [1, 1, -1])
    assert Monomial([1, 2, 0], [1, 1, -1]) != p
    assert p != Monomial([2, 0, 1])
    assert hash(p) == hash(Monomial([1, 2, 0]))


def test_texts() -> None:
    p = Monomial([1, 0, 3, 2, 4], name="swap")
    assert p.describe() == "(0,1)(2,3)"
    assert p.describe(["a", "b", "c", "d", "e"]) == "(a,b)(c,d)"
    assert Monomial(range(3)).describe() == "()"
    assert Monomial([0, 1], [1, -1]).describe() == "with signs on 1 coordinate"
    assert Monomial([1, 0], [1j, 1]).describe() == "(0,1) with phases on 1 coordinate"
    many = Monomial(np.arange(16).reshape(8, 2)[:, ::-1].ravel())
    assert many.describe().endswith("... 8 cycles")
    assert repr(p) == "Monomial(swap: (0,1)(2,3))"
    assert repr(Dense(haar_orthogonal(3, 0), name="q")) == "Dense(q: orthogonal 3 x 3 matrix)"
    assert (p @ p.inverse()).name == "swap swap^-1"


@pytest.mark.parametrize(
    ("build", "error", "text"),
    [
        (lambda: Monomial([0, 0, 1]), NotAGroupElementError, r"not a permutation of 0\.\.2: .*got \[0, 0, 1\]"),
        (lambda: Monomial([0, 3, 1]), NotAGroupElementError, r"not a permutation of 0\.\.2"),
        (lambda: Monomial([0] * 20), NotAGroupElementError, r"not a permutation of 0\.\.19.*\.\.\."),
        (lambda: Monomial([]), ShapeError, r"a permutation is a list of M indices; got an array of shape \(0,\)"),
        (lambda: Monomial([[0, 1], [1, 0]]), ShapeError, r"shape \(2, 2\)"),
        (lambda: Monomial([0, 1], [1, 1, 1], name="g"), ShapeError, "g: 3 phases for 2 coordinates"),
        (lambda: Monomial([0, 1], [1, 2]), NotAGroupElementError, r"modulus 1; got \|phase\| = 2"),
        (lambda: Dense([[1.0, 2.0]]), ShapeError, r"square matrix; got shape \(1, 2\)"),
        (lambda: Dense([[1.0, 0.5], [0.0, 1.0]], name="shear"), NotAGroupElementError, "shear: not orthogonal"),
        (lambda: Dense([[np.nan, 0.0], [0.0, 1.0]]), NotAGroupElementError, "not orthogonal or unitary"),
        (lambda: as_transformation(np.diag([1.0, 2.0])), NotAGroupElementError, "modulus 1"),
        (lambda: Monomial([1, 0]).apply(np.zeros((2, 3))), ShapeError, "moves vectors of 2 coordinates"),
        (lambda: Dense(haar_orthogonal(3, 0)).apply(np.zeros(2)), ShapeError, "moves vectors of 3 coordinates"),
        (lambda: Monomial([1, 0]) @ Monomial([1, 0, 2]), ShapeError, "they do not compose"),
        (lambda: Monomial([0, 1], [1, 1j]).lifted(2), InputError, "no 2-th roots of unity"),
    ],
)
def test_bad_values_say_what_is_wrong(build, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        build()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("p", [Monomial([1, 2, 0], [1, 1j, -1], name="m"), Dense(haar_orthogonal(3, 8), name="d")])
def test_every_transformation_meets_the_group_axioms(p: Transformation) -> None:
    q = as_transformation([2, 1, 0])
    r = Dense(haar_orthogonal(3, 9))
    np.testing.assert_allclose(((p @ q) @ r).matrix(), (p @ (q @ r)).matrix(), atol=1e-14)
    np.testing.assert_allclose((p @ q).inverse().matrix(), (q.inverse() @ p.inverse()).matrix(), atol=1e-14)
    assert (p @ p.inverse()).distance_to_identity() < 1e-14
    assert p.power(0).distance_to_identity() == 0.0

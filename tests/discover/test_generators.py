"""Generators against dense matrices, and what makes a dictionary unusable."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.discover import dictionary
from symmeter.discover.generators import generators_of, parities
from symmeter.errors import EmptyDictionaryError, NonFiniteError, ShapeError
from symmeter.representations import Dense, Monomial


def mixed_dictionary() -> list:
    """Permutations, signs, phases, orthogonal and unitary maps, and matrices that are no group elements."""
    rng = np.random.default_rng(3)
    q = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    u = np.linalg.qr(rng.standard_normal((6, 6)) + 1j * rng.standard_normal((6, 6)))[0]
    a = rng.standard_normal((6, 6))
    return [
        Monomial([1, 2, 0, 4, 3, 5], name="p"),
        Monomial([1, 0, 2, 3, 4, 5], name="swap"),
        Monomial([1, 2, 3, 4, 5, 0], [1, -1, 1, 1, 1, -1], name="signed"),
        Monomial([1, 0, 2, 3, 4, 5], [1, -1, 1, -1, 1, 1], name="signed 2"),
        Monomial([0, 2, 1, 3, 4, 5], np.exp(2j * np.pi * np.array([1, 2, 0, 3, 1, 0]) / 4), name="phased"),
        Dense(q, name="q"),
        Dense(u, name="u"),
        a,
        a - a.T,
        a @ a.T,
    ]


def test_group_elements_split_into_traceless_hermitian_and_skew_parts() -> None:
    parts = generators_of(mixed_dictionary(), 6)
    for g in parts:
        b = g.matrix()
        if g.parity:
            np.testing.assert_allclose(b.conj().T, g.parity * b, atol=1e-13)
        if g.name != "matrix 7":
            assert abs(np.trace(b)) < 1e-12
        if g.source is None:
            continue
        # B is proportional to P + parity P^H up to a multiple of the identity.
        p = g.source.matrix()
        part = p + g.parity * p.conj().T
        part = part - np.trace(part) / 6 * np.eye(6)
        ratio = np.vdot(part, b) / np.vdot(part, part)
        np.testing.assert_allclose(b, ratio * part, atol=1e-12)
        assert ratio.real > 0
        assert abs(ratio.imag) < 1e-12


def test_products_and_entries_are_those_of_the_matrix() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((6, 4)) + 1j * rng.standard_normal((6, 4))
    for g in generators_of(mixed_dictionary(), 6):
        b = g.matrix()
        np.testing.assert_allclose(g.adjoint_times(a), b.conj().T @ a, atol=1e-13)
        np.testing.assert_allclose(g.times(a), b @ a, atol=1e-13)
        rows, columns, values = g.entries()
        dense = np.zeros((6, 6), dtype=complex)
        np.add.at(dense, (rows, columns), values)
        np.testing.assert_allclose(dense, b, atol=1e-14)
        assert g.is_complex == np.iscomplexobj(b)
        assert g.dimension == 6


def test_involutions_and_antihermitian_elements_give_one_part() -> None:
    swap, quarter = Monomial([1, 0, 2]), Monomial([1, 0], [1.0, -1.0])
    (only,) = generators_of([swap], 3)
    assert only.parity == 1
    np.testing.assert_allclose(only.matrix(), swap.matrix() - np.eye(3) / 3)
    (only,) = generators_of([quarter], 2)
    assert only.parity == -1
    np.testing.assert_allclose(only.matrix(), quarter.matrix())
    signs, parts = generators_of([Monomial([1, 2, 0])], 3)
    assert (signs.parity, parts.parity) == (-1, 1)


def test_a_unit_multiple_of_the_identity_moves_nothing() -> None:
    shift = Monomial([1, 2, 3, 0])
    assert len(generators_of([Monomial(range(4), 1j * np.ones(4)), shift], 4)) == 2


def test_matrices_that_are_read_as_group_elements() -> None:
    g = generators_of([np.roll(np.eye(5), 1, axis=0)], 5)
    assert [x.parity for x in g] == [-1, 1]
    assert all(isinstance(x.source, Monomial) for x in g)
    assert g[0].name == "matrix 0"


def test_remove_trivial_false_takes_matrices_as_they_stand() -> None:
    listed = mixed_dictionary()
    raw = generators_of([*listed, np.eye(6)], 6, remove_trivial=False)
    assert len(raw) == len(listed) + 1
    for element, g in zip([*listed, np.eye(6)], raw):
        expected = element if isinstance(element, np.ndarray) else element.matrix()
        np.testing.assert_array_equal(g.matrix(), expected)


def test_parities_mix_back_to_the_generators() -> None:
    raw = generators_of(mixed_dictionary(), 6, remove_trivial=False)
    parts, mixing = parities(raw)
    for k, g in enumerate(raw):
        total = sum(mixing[k, e] * parts[e].matrix() for e in range(len(parts)))
        np.testing.assert_allclose(total, g.matrix(), atol=1e-14)
    assert all(p.parity in (1, -1) for p in parts)


@pytest.mark.parametrize(
    ("elements", "error", "text"),
    [
        ([], EmptyDictionaryError, "the dictionary is empty; give at least one transformation or M x M matrix"),
        ([np.eye(4)], EmptyDictionaryError, "every element of the dictionary is a multiple of the identity"),
        ([2.0 * np.eye(4), Monomial(range(4))], EmptyDictionaryError, "commutes with any covariance"),
        ([1j * np.eye(4)], EmptyDictionaryError, "multiple of the identity"),
        ([np.zeros((4, 4))], EmptyDictionaryError, "multiple of the identity"),
        ([np.ones((3, 4))], ShapeError, r"dictionary element 0 must be a square matrix; got shape \(3, 4\)"),
        ([np.eye(4), [1.0, 2.0]], ShapeError, r"dictionary element 1 must be a square matrix; got shape \(2,\)"),
        ([*dictionary.ring_shifts(4), np.eye(5)], ShapeError, r"element 1 \(matrix 1\) moves 5 coordinates, the data"),
        ([Monomial([1, 0], name="swap")], ShapeError, r"element 0 \(swap\) moves 2 coordinates, the data have 4"),
        ([np.full((4, 4), np.nan)], NonFiniteError, "dictionary element 0 holds NaN or infinity"),
    ],
)
def test_errors(elements: list, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        generators_of(elements, 4)

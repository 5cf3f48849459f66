"""Isotypic decompositions of representations whose splitting is known, and the dimension count of the commutant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.groups import LieAlgebra, symmetric
from symmeter.representations import (
    Action,
    Dense,
    FlowAction,
    Monomial,
    MonomialAction,
    action_of,
    isotypic_decomposition,
)


def summary(action: Action, complex: bool = False) -> list[tuple[int, int, int]]:
    return [(c.dimension, c.multiplicity, c.division) for c in isotypic_decomposition(action, complex=complex)]


def copies(action: MonomialAction, k: int) -> MonomialAction:
    """The same group on k copies of the space."""
    m = action.dimension
    shifts = m * np.arange(k)[:, None]
    phases = [None if g.phases is None else np.tile(g.phases, k) for g in action.generators]
    return MonomialAction([Monomial((shifts + g.images).ravel(), s) for g, s in zip(action.generators, phases)])


def ring(m: int) -> MonomialAction:
    return MonomialAction([Monomial(np.roll(np.arange(m), -1))])


def quaternions() -> MonomialAction:
    """Left multiplication by i and j on 1, i, j, k: the four-dimensional representation of Q8."""
    return MonomialAction([Monomial([1, 0, 3, 2], [1, -1, 1, -1]), Monomial([2, 3, 0, 1], [1, -1, -1, 1])])


@pytest.mark.parametrize("m", [3, 4, 5, 8, 9])
def test_cyclic_shifts(m: int) -> None:
    # Real: planes of the frequencies k and m - k; complex: every frequency by itself.
    planes = (m - 1) // 2
    assert summary(ring(m)) == [(2, 1, 1)] * planes + [(1, 1, 1)] * (m - 2 * planes)
    assert summary(ring(m), complex=True) == [(1, 1, 2)] * m
    # Two copies show that the planes are of complex type.
    lines = [(1, 2, 1)] * (m - 2 * planes)
    assert summary(copies(ring(m), 2)) == [(2, 2, 2)] * planes + lines


@pytest.mark.parametrize("n", [3, 4, 6])
def test_symmetric_group_has_the_standard_representation(n: int) -> None:
    action = MonomialAction([Monomial(g.images) for g in symmetric(n).generators])
    assert summary(action) == [(n - 1, 1, 1), (1, 1, 1)]
    assert summary(copies(action, 3)) == [(n - 1, 3, 1), (1, 3, 1)]
    constant = isotypic_decomposition(action)[-1].basis
    np.testing.assert_allclose(np.abs(constant), np.full((n, 1), n**-0.5), atol=1e-10)


def test_dihedral_planes_are_of_real_type() -> None:
    m = 7
    flip = Monomial(-np.arange(m) % m)
    action = MonomialAction([*ring(m).generators, flip])
    assert summary(copies(action, 2)) == [(2, 2, 1)] * 3 + [(1, 2, 1)]


def test_quaternion_group() -> None:
    assert quaternions().group.order == 8
    assert summary(quaternions()) == [(4, 1, 1)]
    assert summary(copies(quaternions(), 2)) == [(4, 2, 4)]
    assert summary(copies(quaternions(), 3)) == [(4, 3, 4)]
    # Over the complex numbers it is twice a two-dimensional one.
    assert summary(quaternions(), complex=True) == [(2, 2, 2)]
    # Quaternion-Hermitian matrices of size k have k + 4 k (k - 1) / 2 real parameters.
    assert isotypic_decomposition(copies(quaternions(), 3))[0].commutant_dimension == 15


def test_flow_of_so3_on_three_vectors() -> None:
    generators = [np.zeros((3, 3)) for _ in range(3)]
    for a, (i, j) in zip(generators, [(1, 2), (2, 0), (0, 1)]):
        a[j, i], a[i, j] = 1.0, -1.0
    action = FlowAction(LieAlgebra([np.kron(np.eye(3), a) for a in generators]))
    assert summary(action) == [(3, 3, 1)]


def test_dense_group_in_any_basis() -> None:
    rng = np.random.default_rng(2)
    q = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    generators = [q @ g.matrix() @ q.T for g in copies(ring(3), 2).generators]
    assert summary(action_of([Dense(g) for g in generators])) == [(2, 2, 2), (1, 2, 1)]


def test_bases_are_invariant_and_complete() -> None:
    action = copies(ring(6), 2)
    parts = isotypic_decomposition(action)
    whole = np.concatenate([c.basis for c in parts], axis=1)
    np.testing.assert_allclose(whole.T @ whole, np.eye(12), atol=1e-10)
    for c in parts:
        assert c.basis.shape == (12, c.dimension * c.multiplicity)
        projector = c.basis @ c.basis.T
        for g in action.generators:
            np.testing.assert_allclose(g.conjugate(projector), projector, atol=1e-9)
        # Each part is a whole isotypic component: it commutes with everything that the group commutes with.
        r = action.average(np.random.default_rng(1).standard_normal((12, 12)))
        np.testing.assert_allclose(projector @ r, r @ projector, atol=1e-9)


def test_the_answer_does_not_depend_on_the_draw() -> None:
    action = copies(quaternions(), 2)
    for seed in range(5):
        parts = isotypic_decomposition(action, rng=seed)
        assert [(c.dimension, c.multiplicity, c.division) for c in parts] == [(4, 2, 4)]


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 7).flatmap(lambda m: st.lists(st.permutations(range(m)), min_size=1, max_size=3)))
def test_commutant_dimension_is_the_number_of_orbitals(images: list[list[int]]) -> None:
    action = MonomialAction([Monomial(p) for p in images])
    for complex in (False, True):
        parts = isotypic_decomposition(action, complex=complex)
        assert sum(c.dimension * c.multiplicity for c in parts) == action.dimension
        # Burnside: invariant symmetric (Hermitian) matrices are functions on orbits of unordered (ordered) pairs.
        orbitals = action.group.number_of_orbitals(symmetric=not complex)
        assert sum(c.commutant_dimension for c in parts) == orbitals


def monomial_strategy(m: int) -> st.SearchStrategy[Monomial]:
    return st.builds(
        lambda p, s: Monomial(p, np.array(s)),
        st.permutations(range(m)),
        st.lists(st.sampled_from([1.0, -1.0]), min_size=m, max_size=m),
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 6).flatmap(lambda m: st.lists(monomial_strategy(m), min_size=1, max_size=3)))
def test_commutant_dimension_of_signed_permutations_against_linear_algebra(generators: list[Monomial]) -> None:
    action = MonomialAction(generators)
    m = action.dimension
    rows = []
    for i in range(m):
        for j in range(i, m):
            e = np.zeros((m, m))
            e[i, j] = e[j, i] = 1.0
            rows.append(action.average(e).ravel())
    parts = isotypic_decomposition(action)
    assert sum(c.commutant_dimension for c in parts) == np.linalg.matrix_rank(np.array(rows), tol=1e-9)


def test_a_weak_random_coupling_does_not_lose_a_block() -> None:
    images = (
        [0, 1, 2, 4, 3, 5, 6, 13, 14, 15, 12, 11, 8, 7, 10, 9],
        [0, 15, 12, 13, 14, 5, 6, 7, 8, 9, 10, 11, 4, 3, 2, 1],
    )
    parts = isotypic_decomposition(MonomialAction([Monomial(p) for p in images]))
    assert sum(c.dimension * c.multiplicity for c in parts) == 16

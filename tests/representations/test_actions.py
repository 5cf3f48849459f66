"""Group averages against brute force: permutations, signs, phases, dense finite groups and flows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from symmeter.errors import ClosureError, InputError, ShapeError
from symmeter.groups import LieAlgebra, cyclic, symmetric
from symmeter.representations import (
    Action,
    Dense,
    FiniteMatrixAction,
    FlowAction,
    Monomial,
    MonomialAction,
    Space,
    Transformation,
    action_of,
    as_transformation,
)


def closure(generators: Sequence[np.ndarray], cap: int = 1000) -> np.ndarray:
    """All products of some matrices, by brute force."""
    m = len(generators[0])
    found = [np.eye(m, dtype=complex)]
    keys = {np.round(found[0], 6).tobytes()}
    frontier = list(found)
    while frontier:
        fresh = []
        for a in frontier:
            for g in generators:
                b = g @ a
                # Adding 0 turns -0.0 into 0.0, which has other bytes.
                key = (np.round(b, 6) + (0.0 + 0.0j)).tobytes()
                if key not in keys:
                    keys.add(key)
                    fresh.append(b)
        found += fresh
        frontier = fresh
        assert len(found) <= cap
    return np.array(found)


def haar_orthogonal(m: int, seed: int) -> np.ndarray:
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((m, m)))
    return q * np.sign(np.diag(r))


def haar_unitary(m: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.standard_normal((m, m)) + 1j * rng.standard_normal((m, m)))
    return q * (np.diag(r) / np.abs(np.diag(r)))


def check_against(action: Action, elements: np.ndarray, tolerance: float = 1e-12) -> None:
    m = action.dimension
    rng = np.random.default_rng(5)
    x = rng.standard_normal((4, m)) + 1j * rng.standard_normal((4, m))
    r = rng.standard_normal((m, m)) + 1j * rng.standard_normal((m, m))
    reynolds = elements.mean(0)
    np.testing.assert_allclose(action.project(x), x @ reynolds.T, atol=tolerance)
    twirled = np.mean([g @ r @ g.conj().T for g in elements], axis=0)
    np.testing.assert_allclose(action.average(r), twirled, atol=tolerance)
    np.testing.assert_allclose(action.symmetrize(r @ r.conj().T), action.average(r @ r.conj().T), atol=tolerance)
    projector = action.projector()
    p = projector.matrix()
    np.testing.assert_allclose(p, reynolds, atol=tolerance)
    np.testing.assert_allclose(p @ p, p, atol=tolerance)
    np.testing.assert_allclose(p, p.conj().T, atol=tolerance)
    for g in action.generators:
        np.testing.assert_allclose(g.matrix() @ p, p, atol=tolerance)
        np.testing.assert_allclose(g.conjugate(action.average(r)), action.average(r), atol=tolerance)
    assert projector.rank == round(np.trace(reynolds).real)
    # Matrix free on either side, for one vector or many.
    np.testing.assert_allclose(projector @ x[0], reynolds @ x[0], atol=tolerance)
    np.testing.assert_allclose(projector @ x.T, reynolds @ x.T, atol=tolerance)
    np.testing.assert_allclose(x @ projector, x @ reynolds, atol=tolerance)
    np.testing.assert_allclose(projector.matvec(x[0]), projector.rmatvec(x[0]), atol=tolerance)


@st.composite
def generator_sets(draw: st.DrawFn) -> list[Monomial]:
    m = draw(st.integers(1, 3))
    root = draw(st.integers(1, 4))
    out = []
    for _ in range(draw(st.integers(1, 2))):
        images = draw(st.permutations(range(m)))
        turns = np.array(draw(st.lists(st.integers(0, root - 1), min_size=m, max_size=m)))
        out.append(Monomial(images, None if root == 1 else np.exp(2j * np.pi * turns / root)))
    return out


@settings(max_examples=60, deadline=None)
@given(generator_sets())
def test_monomial_averages_against_all_elements(generators: list[Monomial]) -> None:
    action = MonomialAction(generators)
    elements = closure([g.matrix() for g in generators])
    check_against(action, elements)
    assert action.group.order == len(elements)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6).flatmap(lambda m: st.lists(st.permutations(range(m)), min_size=1, max_size=2)))
def test_permutation_averages_against_all_elements(images: list[list[int]]) -> None:
    generators = [Monomial(p) for p in images]
    action = MonomialAction(generators)
    elements = closure([g.matrix() for g in generators])
    check_against(action, elements)
    labels = action.pair_labels
    # Two pairs share a label exactly when some element moves one to the other.
    m = action.dimension
    flat = np.array([[np.argmax(np.abs(g[:, i])) for i in range(m)] for g in elements])
    for i in range(m):
        for j in range(m):
            orbit = {(a, b) for a, b in zip(flat[:, i].tolist(), flat[:, j].tolist())}
            assert {(a, b) for a, b in zip(*np.nonzero(labels == labels[i, j]))} == orbit


def test_dense_finite_groups_against_all_elements() -> None:
    # D5 and the binary dihedral group of order 8, in bases where nothing is monomial.
    q = haar_orthogonal(4, 1)
    turn = expm(2 * np.pi / 5 * np.kron(np.diag([1.0, 2.0]), np.array([[0.0, -1.0], [1.0, 0.0]])))
    mirror = np.kron(np.eye(2), np.diag([1.0, -1.0]))
    generators = [Dense(q @ turn @ q.T), Dense(q @ mirror @ q.T)]
    action = action_of(generators)
    assert isinstance(action, FiniteMatrixAction)
    assert action.group.order == 10
    check_against(action, closure([g.matrix() for g in generators]))

    u = haar_unitary(3, 2)
    i_matrix, j_matrix = np.array([[1j, 0], [0, -1j]]), np.array([[0, 1], [-1, 0]], dtype=complex)
    pair = [np.block([[a, np.zeros((2, 1))], [np.zeros((1, 2)), np.eye(1)]]) for a in (i_matrix, j_matrix)]
    generators = [Dense(u @ a @ u.conj().T) for a in pair]
    action = action_of(generators)
    assert action.group.order == 8
    check_against(action, closure([g.matrix() for g in generators]))
    assert action.projector().dtype == complex
    assert action.projector().rank == 1


def test_a_monomial_among_dense_generators_joins_the_matrix_group() -> None:
    quarter = Monomial([1, 0], [1.0, -1.0])
    eighth = Dense(np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2))
    action = action_of([quarter, eighth])
    assert isinstance(action, FiniteMatrixAction)
    assert action.group.order == 8
    check_against(action, closure([quarter.matrix(), eighth.matrix()]))


_LX, _LY, _LZ = (
    np.array(a, dtype=float)
    for a in (
        [[0, 0, 0], [0, 0, -1], [0, 1, 0]],
        [[0, 0, 1], [0, 0, 0], [-1, 0, 0]],
        [[0, -1, 0], [1, 0, 0], [0, 0, 0]],
    )
)


def test_flow_of_a_circle_against_the_numeric_average_over_the_angle() -> None:
    # Rates 1, 2 and 0: a period of 2 pi, so that equidistant angles average exactly.
    a = np.zeros((5, 5))
    a[1, 0], a[0, 1], a[3, 2], a[2, 3] = 1.0, -1.0, 2.0, -2.0
    q = haar_orthogonal(5, 3)
    algebra = LieAlgebra([q @ a @ q.T])
    action = FlowAction(algebra)
    elements = np.array([q @ expm(2 * np.pi * k / 64 * a) @ q.T for k in range(64)])
    check_against(action, elements, 1e-10)
    assert action.projector().rank == 1


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_flow_of_so3_against_haar_quadrature(copies: int) -> None:
    # Euler angles, exact for the degrees that occur here: equidistant in the turns, Gauss-Legendre in cos(beta).
    nodes, weights = np.polynomial.legendre.leggauss(6)
    elements, measure = [], []
    for alpha in 2 * np.pi * np.arange(6) / 6:
        for c, w in zip(nodes, weights):
            for gamma in 2 * np.pi * np.arange(6) / 6:
                g = expm(alpha * _LZ) @ expm(np.arccos(c) * _LY) @ expm(gamma * _LZ)
                elements.append(np.kron(np.eye(copies), g))
                measure.append(w)
    measure = np.array(measure) / np.sum(measure)
    action = FlowAction(LieAlgebra([np.kron(np.eye(copies), a) for a in (_LX, _LY, _LZ)]))
    r = np.random.default_rng(0).standard_normal((3 * copies, 3 * copies))
    haar = sum(w * g @ r @ g.T for w, g in zip(measure, elements))
    np.testing.assert_allclose(action.average(r), haar, atol=1e-10)
    # Schur: a copy of the trivial part for every pair of copies, r_ij -> (tr r_ij / 3) I.
    blocks = np.einsum("iaja->ij", r.reshape(copies, 3, copies, 3)) / 3.0
    np.testing.assert_allclose(action.average(r), np.kron(blocks, np.eye(3)), atol=1e-10)
    assert action.projector().rank == 0
    assert action.group.order is None
    assert [g.name for g in action.generators] == ["exp(1 A1)", "exp(1 A2)", "exp(1 A3)"]


def test_flow_of_su2_on_complex_data() -> None:
    sigma = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.array([[1, 0], [0, -1]])]
    action = FlowAction(LieAlgebra([np.kron(1j * s, np.eye(2)) for s in sigma]))
    rng = np.random.default_rng(1)
    r = rng.standard_normal((4, 4)) + 1j * rng.standard_normal((4, 4))
    expected = np.kron(np.eye(2), np.einsum("aiaj->ij", r.reshape(2, 2, 2, 2)) / 2.0)
    np.testing.assert_allclose(action.average(r), expected, atol=1e-10)


def test_the_average_of_what_is_symmetric_already_does_not_move() -> None:
    action = FlowAction(LieAlgebra([_LX, _LY, _LZ]))
    np.testing.assert_allclose(action.average(2.5 * np.eye(3)), 2.5 * np.eye(3), atol=1e-12)


def test_symmetrize_is_the_nearest_symmetric_matrix() -> None:
    action = MonomialAction([Monomial(np.roll(np.arange(6), -1))])
    rng = np.random.default_rng(3)
    x = rng.standard_normal((20, 6))
    r = x.T @ x
    s = action.symmetrize(r)
    assert np.array_equal(s, s.T)
    lag = (np.arange(6)[:, None] - np.arange(6)) % 6
    for _ in range(20):
        circulant = rng.standard_normal(6)[lag]
        assert np.linalg.norm(r - s) <= np.linalg.norm(r - (s + 0.1 * circulant))
        assert abs(np.vdot(r - s, circulant)) < 1e-10
    # Phases on real data leave a real matrix, and keep what is Hermitian Hermitian.
    phased = MonomialAction([Monomial(range(3), np.exp(2j * np.pi * np.arange(3) / 3))])
    assert not np.iscomplexobj(phased.symmetrize(r[:3, :3]))


def test_large_groups_average_without_listing_elements() -> None:
    m = 60
    action = MonomialAction([Monomial(np.roll(np.arange(m), 1)), Monomial([1, 0, *range(2, m)])])
    r = np.random.default_rng(0).standard_normal((m, m))
    diagonal = np.trace(r) / m
    off = (r.sum() - np.trace(r)) / (m * (m - 1))
    np.testing.assert_allclose(action.average(r), off + (diagonal - off) * np.eye(m), atol=1e-12)
    assert action.group == symmetric(m)


def test_commutant_key_tells_groups_by_what_they_average_to() -> None:
    ring = np.arange(7)
    shift, other = Monomial(np.roll(ring, -1)), Monomial(np.roll(ring, -3))
    flip = Monomial(-ring % 7)
    keys = [MonomialAction(g).commutant_key() for g in ([shift], [other], [other, shift], [shift, flip], [flip])]
    assert keys[0] == keys[1] == keys[2]
    assert len({keys[0], keys[3], keys[4]}) == 3
    signs = [MonomialAction([Monomial([1, 0], s)]).commutant_key() for s in ([1, 1], [-1, -1], [1, -1], [-1, 1])]
    # A swap and minus a swap conjugate alike; a quarter turn and its inverse too, but not like a swap.
    assert signs[0] == signs[1]
    assert signs[2] == signs[3]
    assert signs[0] != signs[2]


def test_given_group_and_trivial_action() -> None:
    space = Space(4, names=("a", "b", "c", "d"))
    trivial = MonomialAction([], space)
    r = np.arange(16.0).reshape(4, 4)
    np.testing.assert_array_equal(trivial.average(r), r)
    assert trivial.group.order == 1
    assert trivial.projector().rank == 4
    known = cyclic(4)
    action = MonomialAction([Monomial(g.images) for g in known.generators], group=known)
    assert action.group is known
    assert repr(action).startswith("MonomialAction(C4 on 4 columns: permutation")


def test_space_texts_and_errors() -> None:
    assert Space(64, grid=(8, 8)).describe() == "the 8 x 8 grid"
    assert Space(3).describe() == "3 columns"
    with pytest.raises(ShapeError, match=r"grid 2x3 has 6 cells, the space has 5 coordinates"):
        Space(5, grid=(2, 3))
    with pytest.raises(ShapeError, match="2 names for 3 coordinates; give one name each"):
        Space(3, names=("a", "b"))


def test_errors() -> None:
    shift = Monomial([1, 2, 0], name="shift")
    action = MonomialAction([shift])
    with pytest.raises(ShapeError, match=r"must be 3 x 3, got shape \(2, 2\)"):
        action.symmetrize(np.eye(2))
    with pytest.raises(ShapeError, match="the action moves 3 coordinates; got shape"):
        action.project(np.zeros(4))
    with pytest.raises(ShapeError, match=r"acts on 3 coordinates; got shape \(5, 3\); for rows of samples write X @ P"):
        action.projector() @ np.zeros((5, 3))
    with pytest.raises(ShapeError, match="acts on 3 coordinates"):
        action.projector() @ np.float64(2.0)
    with pytest.raises(ShapeError, match="shift moves 3 coordinates, the space has 4"):
        MonomialAction([shift], Space(4))
    with pytest.raises(InputError, match="an action needs a generator or a space"):
        MonomialAction([])
    with pytest.raises(InputError, match="phases must be roots of unity"):
        MonomialAction([Monomial([0, 1], [1.0, np.exp(1j)])])
    infinite = as_transformation(np.array([[np.cos(1), -np.sin(1)], [np.sin(1), np.cos(1)]]))
    with pytest.raises(ClosureError, match="more than the cap of 50"):
        action_of([infinite], cap=50)


def test_a_phase_that_is_no_root_of_unity_is_refused_as_infinite() -> None:
    irrational: Transformation = Monomial([0, 1], [1.0, np.exp(1j)])
    with pytest.raises(ClosureError):
        action_of([irrational], cap=100)

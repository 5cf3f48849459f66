"""From generators back to permutations: flows that pass through them, and Hermitian combinations that stand for one."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import logm

from symmeter.discover import DoubleCommutator, dictionary
from symmeter.discover.rounding import nearest_group_element, nearest_permutation, permutations_on_flow
from symmeter.errors import InputError
from symmeter.representations import Dense, Monomial


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 2**32 - 1))
def test_nearest_permutation_is_the_best_of_all(images: list[int], seed: int) -> None:
    a = np.random.default_rng(seed).standard_normal((5, 5))
    best = max(permutations(range(5)), key=lambda p: sum(a[p[i], i] for i in range(5)))
    assert nearest_permutation(a).images.tolist() == list(best)
    p = Monomial(images)
    assert nearest_permutation(p.matrix() + 0.2 * np.tanh(a)) == p


@pytest.mark.parametrize("m", [3, 5, 6, 7, 10])
def test_the_flow_of_the_logarithm_of_a_shift_passes_through_its_powers(m: int) -> None:
    # An odd cycle is a rotation without the eigenvalue -1 and has a real logarithm.
    shift = dictionary.ring_shifts(m)[0]
    if m % 2 == 0:
        # An even cycle has determinant -1; its square is a pair of odd cycles.
        shift = shift.power(2)
    a = logm(shift.matrix() + 0.0)
    a = np.real(a - a.T) / 2
    np.testing.assert_allclose(a, -a.T)
    found = permutations_on_flow(a)
    assert found[0][0] < 1e-6
    close = {p.images.tobytes() for d, p in found if d < 1e-6}
    order = shift.order()
    assert order is not None
    assert {shift.power(k).images.tobytes() for k in range(1, order)} <= close
    assert all(p.distance_to_identity() > 0 for _, p in found)
    assert [d for d, _ in found] == sorted(d for d, _ in found)


def test_distances_are_those_of_the_matrices() -> None:
    a = np.zeros((3, 3))
    a[1, 0], a[0, 1] = 1.0, -1.0
    # A rotation of one plane never comes near a permutation but the identity: the swap has determinant -1.
    assert permutations_on_flow(a, tolerance=0.3) == []
    diagonal = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    found = permutations_on_flow(diagonal + 0.02 * a)
    assert found
    for distance, p in found:
        assert 0 < distance < 0.35
        assert p.order() == 3


def test_other_angle_assignments_give_no_permutation() -> None:
    """The commutant fixes the eigenplanes only: equal turns of the planes of C5 meet no permutation."""
    k = np.arange(5)
    planes = []
    for f in (1, 2):
        c, s = np.cos(2 * np.pi * f * k / 5), np.sin(2 * np.pi * f * k / 5)
        planes.append((np.outer(s, c) - np.outer(c, s)) * 2 / 5)
    right = permutations_on_flow(planes[0] + 2 * planes[1])
    assert right[0][0] < 1e-6
    assert right[0][1].order() == 5
    assert all(d > 1e-2 for d, _ in permutations_on_flow(planes[0] + np.sqrt(3) * planes[1], largest_order=6))


def test_nearest_group_element() -> None:
    swap = Monomial([1, 0, 3, 2, 4, 5])
    reduced = swap.matrix() - np.trace(swap.matrix()) / 6 * np.eye(6)
    assert nearest_group_element(reduced) == swap
    assert nearest_group_element(-0.3 * reduced) == swap
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    mirror = q @ np.diag([1.0, 1.0, 1.0, -1.0]) @ q.T
    found = nearest_group_element(2.5 * (mirror - 0.5 * np.eye(4)))
    assert isinstance(found, Dense)
    assert min(np.abs(found.matrix() - s * mirror).max() for s in (1, -1)) < 1e-10
    assert nearest_group_element(np.diag([1.0, 2.0, 3.0, 4.0])) is None
    shift = dictionary.ring_shifts(5)[0].matrix()
    p = nearest_group_element(np.real(logm(shift) - logm(shift).T) / 2)
    assert isinstance(p, Monomial)
    assert p.order() == 5


def test_a_skew_dictionary_rounds_to_a_group() -> None:
    m = 5
    lag = np.abs(np.arange(m)[:, None] - np.arange(m))
    r = 0.6 ** np.minimum(lag, m - lag)
    generator = np.real(logm(dictionary.ring_shifts(m)[0].matrix()))
    fit = DoubleCommutator([generator - generator.T], metric="frobenius").fit(cov=r)
    assert fit.candidates() == []
    group = fit.to_group()
    assert group.order == 5
    assert group.identifiability == "supergroup only"
    # A rotation that meets no permutation gives none.
    plane = np.zeros((4, 4))
    plane[1, 0], plane[0, 1] = 1.0, -1.0
    fit = DoubleCommutator([plane], metric="frobenius").fit(cov=np.diag([1.0, 1.0, 2.0, 3.0]))
    with pytest.raises(InputError, match="no accepted generator rounds to a permutation"):
        fit.to_group()

"""Matrix groups against groups of known order and against their permutation representations."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError
from symmeter.groups import MatrixGroup, Permutation, dihedral, symmetric
from symmeter.groups.approximate_index import ApproximateIndex


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


MIRROR = np.diag([1.0, -1.0])
GOLDEN = (1 + 5**0.5) / 2
FIVEFOLD = 0.5 * np.array([[1, -GOLDEN, 1 / GOLDEN], [GOLDEN, 1 / GOLDEN, -1], [1 / GOLDEN, 1, GOLDEN]])
THREEFOLD = np.eye(3)[[2, 0, 1]]

CASES = {
    "D7": ([rotation(2 * np.pi / 7), MIRROR], 14),
    "C360": ([rotation(2 * np.pi / 360)], 360),
    "D4": ([rotation(np.pi / 2), MIRROR], 8),
    "A5": ([FIVEFOLD, THREEFOLD], 60),
    "C2 x A5": ([FIVEFOLD, THREEFOLD, -np.eye(3)], 120),
    "Q8": ([np.diag([1j, -1j]), np.array([[0, 1], [-1, 0]])], 8),
    "C2^3": ([np.diag([-1.0, 1, 1]), np.diag([1.0, -1, 1]), np.diag([1.0, 1, -1])], 8),
    "S5": ([Permutation([1, 0, 2, 3, 4]).matrix(), Permutation([1, 2, 3, 4, 0]).matrix()], 120),
    "C1": ([np.eye(4)], 1),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("turned", [False, True])
def test_known_groups(name: str, turned: bool) -> None:
    generators, order = CASES[name]
    generators = [np.asarray(g) for g in generators]
    if turned:
        # In a general basis no entry is a round number.
        m = len(generators[0])
        q = np.linalg.qr(np.random.default_rng(m).standard_normal((m, m)))[0]
        generators = [q @ g @ q.T for g in generators]
    group = MatrixGroup(generators)
    assert group.order == order
    elements = group.elements_array()
    assert np.allclose(elements[0], np.eye(group.dimension))
    gaps = np.linalg.norm(elements[:, None] - elements[None], axis=(2, 3)) if order <= 120 else np.full((1, 1), np.inf)
    np.fill_diagonal(gaps, np.inf)
    assert gaps.min() > 1e-3
    assert all(a @ b in group for a in elements[:5] for b in elements[-5:])
    assert group.is_abelian == (name in ("C360", "C2^3", "C1"))
    permutations = group.as_permutation_group()
    assert permutations.order == order
    # The icosahedral group with inversion acts transitively on the images of the axes: its name is not certain there.
    assert group.name == name or (name == "C2 x A5" and group.name == "order 120")


def test_membership() -> None:
    group = MatrixGroup([rotation(2 * np.pi / 5)])
    assert rotation(4 * np.pi / 5) in group
    assert rotation(4 * np.pi / 5 + 1e-6) not in group
    assert MIRROR not in group
    assert np.eye(3) not in group
    assert "text" not in group


def test_permutation_matrices_agree_with_the_permutation_group() -> None:
    for group in (dihedral(9), symmetric(4)):
        assert MatrixGroup([g.matrix() for g in group.generators]).order == group.order


def test_infinite_groups_meet_the_cap() -> None:
    with pytest.raises(ClosureError, match="cap of 500 elements"):
        MatrixGroup([rotation(1.0)], cap=500)
    with pytest.raises(ClosureError, match="cap of 300 elements"):
        MatrixGroup([MIRROR, rotation(1.0) @ MIRROR], cap=300)
    with pytest.raises(ClosureError, match="cap of 23"):
        MatrixGroup([g.matrix() for g in symmetric(4).generators], cap=23)
    assert MatrixGroup([g.matrix() for g in symmetric(4).generators], cap=24).order == 24


def test_copies_on_both_sides_of_a_rounding_boundary_are_one() -> None:
    # 0.5 + 1e-12 and 0.5 - 1e-12 differ in every number of decimals; as rounded hash keys they would be two elements.
    index = ApproximateIndex(3, tolerance=1e-8)
    base = np.array([0.5, 1.25e-8, -0.15])
    assert index.add(np.array([base + 1e-12, base - 1e-12, base + 1e-5])).tolist() == [0, 2]
    assert index.find(np.array([base, base + 1e-5, base + 1e-6])).tolist() == [0, 1, -1]


def test_equal_projections_are_not_taken_for_equal_vectors() -> None:
    index = ApproximateIndex(2, tolerance=1e-8)
    direction = index._direction[0]
    across = np.array([-direction[1], direction[0]])
    index.add(np.zeros((1, 2)))
    assert index.find(across[None]).tolist() == [-1]
    assert index.add(np.array([across, 2 * across])).tolist() == [0, 1]


def test_errors() -> None:
    with pytest.raises(NotAGroupElementError, match="generator 1 is not orthogonal or unitary"):
        MatrixGroup([np.eye(2), 2 * np.eye(2)])
    with pytest.raises(ShapeError, match="generator 1"):
        MatrixGroup([np.eye(2), np.eye(3)])
    with pytest.raises(InputError, match="at least one generator"):
        MatrixGroup([])
    with pytest.raises(NotAGroupElementError):
        MatrixGroup([np.full((2, 2), np.nan)])

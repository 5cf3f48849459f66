"""Names must be certain: right where given, and never a guess."""

from __future__ import annotations

from itertools import pairwise
from math import gcd, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.groups import (
    Permutation,
    PermutationGroup,
    abelian_invariants,
    alternating,
    automorphism_group,
    cyclic,
    dihedral,
    direct_product,
    identify,
    symmetric,
    trivial,
)


def regular(group: PermutationGroup) -> PermutationGroup:
    """The group acting on itself by multiplication from the left."""
    elements = list(group.elements())
    number = {g: i for i, g in enumerate(elements)}
    return PermutationGroup([[number[s * g] for g in elements] for s in group.generators], degree=len(elements))


# Generators of the quaternion group, of the dicyclic group of order 12 and of SL(2, 3) as regular permutations.
QUATERNION = PermutationGroup([Permutation.parse("(0,1,2,3)(4,5,6,7)"), Permutation.parse("(0,4,2,6)(1,7,3,5)")])
DICYCLIC_12 = PermutationGroup([Permutation.parse("(0,1,2)", 7), Permutation.parse("(1,2)(3,4,5,6)", 7)])

NAMED = {
    "C1": trivial(3),
    "C8": cyclic(8),
    "D4": dihedral(4),
    "D12": dihedral(12),
    "S3": dihedral(3),
    "S4": symmetric(4),
    "S64": symmetric(64),
    "A4": alternating(4),
    "A9": alternating(9),
    "C2 x C4": direct_product(cyclic(2), cyclic(4)),
    "C2^3": direct_product(cyclic(2), cyclic(2), cyclic(2)),
    "C2 x C2": PermutationGroup([[1, 0, 2, 3], [0, 1, 3, 2]]),
    "C12": direct_product(cyclic(3), cyclic(4)),
    "C2 x C2 x C12": direct_product(cyclic(2), cyclic(6), cyclic(4)),
    "S4 x S4": direct_product(symmetric(4), symmetric(4)),
    "C8 x C8": direct_product(cyclic(8), cyclic(8)),
    "C2 x C12 x D5 x S5": direct_product(cyclic(6), cyclic(4), symmetric(5), dihedral(5)),
    "S4 wr C2": automorphism_group(np.kron(np.eye(2, dtype=int), np.ones((4, 4), dtype=int))),
    "Q8": QUATERNION,
}


@pytest.mark.parametrize("name", NAMED)
def test_names(name: str) -> None:
    assert NAMED[name].name == name


@pytest.mark.parametrize("name", ["C8", "D4", "D12", "S3", "S4", "A4", "C2^3", "C12", "Q8"])
def test_small_groups_keep_their_names_in_the_regular_representation(name: str) -> None:
    assert regular(NAMED[name]).name == name


def test_groups_that_resemble_a_dihedral_group_are_not_called_so() -> None:
    assert DICYCLIC_12.order == 12
    assert DICYCLIC_12.name == "Dic3"
    # The modular group of order 16 has a cyclic subgroup of index two as well.
    modular = PermutationGroup([np.roll(np.arange(8), -1), 5 * np.arange(8) % 8])
    assert (modular.order, modular.name) == (16, "M16")
    semidihedral = PermutationGroup([np.roll(np.arange(8), -1), 3 * np.arange(8) % 8])
    assert (semidihedral.order, semidihedral.name) == (16, "SD16")


def test_a_diagonal_action_is_not_a_product() -> None:
    turn = np.concatenate([np.roll(np.arange(5), -1), 5 + np.roll(np.arange(5), -1)])
    flip = np.concatenate([-np.arange(5) % 5, 5 + (-np.arange(5) % 5)])
    assert PermutationGroup([turn, flip]).name == "D5"
    # Three points and a swap tied to their parity: S3 and not S3 x C2.
    assert PermutationGroup([[1, 2, 0, 3, 4], [1, 0, 2, 4, 3]]).name == "S3"


def test_shifts_and_reflections_of_a_grid() -> None:
    i = np.arange(24).reshape(4, 6)
    moves = [np.roll(i, 1, 0), np.roll(i, 1, 1), i[::-1], i[:, ::-1]]
    group = PermutationGroup([m.ravel() for m in moves])
    assert (group.order, group.name) == (96, "D4 x D6")
    assert PermutationGroup([m.ravel() for m in moves[:2]]).name == "C2 x C12"


def test_a_central_product_is_not_a_direct_one() -> None:
    # Multiplications of D4 from the left and from the right commute, but share the half turn: order 32 and not 64.
    elements = list(dihedral(4).elements())
    number = {g: i for i, g in enumerate(elements)}
    left = [[number[s * g] for g in elements] for s in dihedral(4).generators]
    right = [[number[g * s] for g in elements] for s in dihedral(4).generators]
    group = PermutationGroup(left + right)
    assert (group.order, group.name) == (32, "2^(1+4)+")


def test_the_library_names_what_is_left_up_to_order_63() -> None:
    affine = PermutationGroup([[1, 2, 3, 4, 0], [0, 2, 4, 1, 3]])
    assert affine.name == "C5 : C4"
    assert str(affine) == "C5 : C4"
    assert repr(affine) == "PermutationGroup(C5 : C4 of order 20 on 5 points)"
    # x -> a x + b modulo 8, a = 1, 3, 5, 7.
    holomorph = PermutationGroup([np.roll(np.arange(8), -1), 3 * np.arange(8) % 8, 5 * np.arange(8) % 8])
    assert (holomorph.order, holomorph.name) == (32, identify(holomorph.to_finite()).name)
    assert not holomorph.name.startswith("order")


def test_unknown_structure_is_an_order() -> None:
    # x -> a x + b modulo 13: order 156, beyond the library.
    ring = np.arange(13)
    affine = PermutationGroup([np.roll(ring, -1), 2 * ring % 13])
    assert affine.name == "order 156"
    assert str(affine) == "order 156"
    assert repr(affine) == "PermutationGroup(order 156 on 13 points)"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=4))
def test_abelian_invariants_against_element_orders(sizes: list[int]) -> None:
    group = direct_product(*(cyclic(n) for n in sizes))
    invariants = abelian_invariants(group)
    assert prod(invariants) == prod(sizes)
    assert all(b % a == 0 for a, b in pairwise(invariants))
    assert all(d > 1 for d in invariants)
    # Elements with x^k = 1: both descriptions must count the same for every k.
    for k in range(1, 13):
        assert prod(gcd(d, k) for d in invariants) == prod(gcd(n, k) for n in sizes)

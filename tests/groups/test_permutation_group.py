"""Permutation groups against brute-force closure, SymPy, Burnside's lemma and known orders."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import ClosureError, InputError, ShapeError
from symmeter.groups import (
    Permutation,
    PermutationGroup,
    alternating,
    cyclic,
    dihedral,
    direct_product,
    symmetric,
    trivial,
)


def closure(generators: list[tuple[int, ...]], degree: int) -> set[tuple[int, ...]]:
    """All products, by brute force."""
    found = {tuple(range(degree))}
    frontier = list(found)
    while frontier:
        frontier = [c for a in frontier for g in generators for c in [tuple(a[i] for i in g)] if c not in found]
        frontier = list(dict.fromkeys(frontier))
        found.update(frontier)
    return found


@st.composite
def generator_lists(draw: st.DrawFn, max_degree: int = 6) -> tuple[list[tuple[int, ...]], int]:
    n = draw(st.integers(1, max_degree))
    return draw(st.lists(st.permutations(range(n)).map(tuple), max_size=3)), n


def grid(h: int) -> dict[str, np.ndarray]:
    i = np.arange(h * h).reshape(h, h)
    moved = {
        "down": np.roll(i, 1, 0),
        "right": np.roll(i, 1, 1),
        "flip_x": i[:, ::-1],
        "flip_y": i[::-1],
        "transpose": i.T,
    }
    return {name: a.ravel() for name, a in moved.items()}


def wreath(a: int, b: int) -> PermutationGroup:
    """S_a wr S_b on a * b points, block by block."""
    i = np.arange(a * b).reshape(b, a)
    rows = []
    for s in symmetric(a).generators:
        row = i.copy()
        row[0] = s.images
        rows.append(row.ravel())
    rows.extend(i[s.images].ravel() for s in symmetric(b).generators)
    return PermutationGroup(rows)


@settings(max_examples=60, deadline=None)
@given(generator_lists(), st.integers(0, 2**32))
def test_against_brute_force(listed: tuple[list[tuple[int, ...]], int], seed: int) -> None:
    generators, n = listed
    group = PermutationGroup(generators, degree=n)
    everything = closure(generators, n)
    assert group.order == len(everything)
    assert {tuple(r) for r in group.elements_array().tolist()} == everything
    assert group.elements_array()[0].tolist() == list(range(n))
    others = np.array([np.random.default_rng(seed).permutation(n) for _ in range(20)])
    assert group.contains_all(others).tolist() == [tuple(r) in everything for r in others.tolist()]
    assert group.random(seed) in group
    orbit_of = [sorted({g[i] for g in everything}) for i in range(n)]
    assert [o.tolist() for o in group.orbits()] == [o for i, o in enumerate(orbit_of) if o[0] == i]
    assert group.is_abelian == all(
        tuple(a[i] for i in b) == tuple(b[i] for i in a) for a in everything for b in generators
    )
    points = [n - 1, 0]
    fixing = {g for g in everything if all(g[i] == i for i in points)}
    assert {tuple(r) for r in group.stabilizer(points).elements_array().tolist()} == fixing
    assert group.exponent() == np.lcm.reduce([Permutation(g).order for g in everything])


@settings(max_examples=60, deadline=None)
@given(generator_lists())
def test_orbitals_by_brute_force_and_by_counting_fixed_points(listed: tuple[list[tuple[int, ...]], int]) -> None:
    generators, n = listed
    group = PermutationGroup(generators, degree=n)
    elements = sorted(closure(generators, n))
    classes = {(i, j): min((g[i], g[j]) for g in elements) for i in range(n) for j in range(n)}
    numbers = {c: k for k, c in enumerate(dict.fromkeys(classes.values()))}
    assert group.orbitals().tolist() == [[numbers[classes[i, j]] for j in range(n)] for i in range(n)]
    # Burnside: orbits are the mean number of fixed points; on unordered pairs those of g and of g^2 enter.
    fixed = np.array([[sum(g[i] == i for i in range(n)), sum(g[g[i]] == i for i in range(n))] for g in elements])
    assert group.number_of_orbitals() * len(elements) == (fixed[:, 0] ** 2).sum()
    assert 2 * group.number_of_orbitals(symmetric=True) * len(elements) == (fixed[:, 0] ** 2 + fixed[:, 1]).sum()


@settings(max_examples=40, deadline=None)
@given(st.integers(7, 12), st.integers(0, 2**32))
def test_order_and_membership_against_sympy(n: int, seed: int) -> None:
    sympy = pytest.importorskip("sympy.combinatorics")
    rng = np.random.default_rng(seed)
    # Permutations of small support and block structure, so that proper subgroups of S_n come up.
    rows = []
    for _ in range(2):
        row = np.arange(n)
        chosen = rng.choice(n, size=4, replace=False)
        row[chosen] = row[rng.permutation(chosen)]
        rows.append(row.tolist())
    ours = PermutationGroup(rows)
    theirs = sympy.PermutationGroup([sympy.Permutation(r) for r in rows])
    assert ours.order == theirs.order()
    q = rng.permutation(n).tolist()
    assert (q in ours) == theirs.contains(sympy.Permutation(q))


MATHIEU_24 = [
    "(0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22)",
    "(2,16,9,6,8)(3,12,13,18,4)(7,17,10,11,22)(14,19,21,20,15)",
    "(0,23)(1,22)(2,11)(3,15)(4,17)(5,9)(6,19)(7,13)(8,20)(10,16)(12,21)(14,18)",
]


@pytest.mark.parametrize(
    ("group", "order"),
    [
        (PermutationGroup([Permutation.parse(t, 24) for t in MATHIEU_24]), 244_823_040),
        (PermutationGroup([Permutation.parse(t, 24) for t in MATHIEU_24]).stabilizer([23]), 10_200_960),
        (PermutationGroup([[1, 2, 3, 4, 5, 6, 0], [0, 2, 4, 6, 1, 3, 5], [0, 2, 1, 5, 4, 3, 6]]), 168),
        (PermutationGroup(list(grid(16).values())), 16 * 16 * 8),
        (PermutationGroup(list(grid(32).values())), 32 * 32 * 8),
        (PermutationGroup([grid(32)["down"], grid(32)["right"]]), 1024),
        (wreath(4, 4), factorial(4) ** 4 * factorial(4)),
        (wreath(3, 7), factorial(3) ** 7 * factorial(7)),
        (direct_product(symmetric(16), alternating(12)), factorial(16) * factorial(12) // 2),
    ],
    ids=["M24", "M23", "L3(2)", "grid 16", "grid 32", "torus 32", "S4 wr S4", "S3 wr S7", "S16 x A12"],
)
def test_known_orders_without_enumeration(group: PermutationGroup, order: int) -> None:
    assert group.order == order
    assert group.stabilizer(group.base).order == 1
    assert all(g in group for g in group.strong_generators)
    assert PermutationGroup(group.strong_generators, degree=group.degree).order == order


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 64])
def test_symmetric_and_alternating_groups_from_two_generators(n: int) -> None:
    ring, swap, turn = np.arange(n), np.arange(n), np.arange(n)
    swap[:2] = swap[:2][::-1]
    turn[:3] = np.roll(turn[:3], 1)
    full = PermutationGroup([swap, np.roll(ring, 1)])
    assert full.order == factorial(n) == symmetric(n).order
    assert full == symmetric(n)
    even = PermutationGroup([turn, np.roll(ring, 1) if n % 2 else np.concatenate([[0], np.roll(ring[1:], 1)])])
    assert even.order == max(factorial(n) // 2, 1) == alternating(n).order or n < 3
    odd = Permutation(swap)
    assert (odd in alternating(n)) == (n == 1)
    g = alternating(n).random(3)
    assert g.parity == 0
    assert g in even or n < 3


@pytest.mark.parametrize("n", [3, 5, 8, 11])
@pytest.mark.parametrize("make", [symmetric, alternating])
def test_stabilizers_of_giants_along_any_base(make: type, n: int) -> None:
    group = make(n)
    assert group.stabilizer([n - 1]).order * n == group.order
    assert group.stabilizer([1, n - 1]).order == max(1, group.order // (n * (n - 1)))
    again = PermutationGroup(group.strong_generators, degree=n)
    assert again.order == group.order
    if group.order < 10_000:
        rows = group.elements_array()
        assert len(np.unique(rows, axis=0)) == group.order


def test_named_groups() -> None:
    assert [cyclic(n).order for n in (1, 2, 5, 12)] == [1, 2, 5, 12]
    assert [dihedral(n).order for n in (1, 2, 3, 4, 9)] == [1, 2, 6, 8, 18]
    assert trivial(4).order == 1
    assert [o.tolist() for o in trivial(2).orbits()] == [[0], [1]]
    product = direct_product(cyclic(3), dihedral(4))
    assert (product.order, product.degree) == (24, 7)
    assert cyclic(6).is_subgroup_of(dihedral(6))
    assert not dihedral(6).is_subgroup_of(cyclic(6))
    assert cyclic(5).is_transitive
    assert not direct_product(cyclic(2), cyclic(2)).is_transitive


def test_equality_does_not_depend_on_generators() -> None:
    g = dihedral(7)
    again = PermutationGroup([~g.generators[0], g.generators[1] * g.generators[0]])
    assert g == again
    assert hash(g) == hash(again)
    assert g != PermutationGroup([g.generators[0] ** 2])
    assert g != cyclic(14)


def test_restriction_to_the_moved_points() -> None:
    group = PermutationGroup([[0, 2, 3, 4, 1, 5, 6], [0, 1, 4, 3, 2, 5, 6]]).stabilizer([0, 5])
    small = group.restricted_to_support()
    assert (small.degree, small.order) == (4, 8)
    assert small == dihedral(4)
    assert PermutationGroup(small.generators).order == 8


def test_random_elements_are_uniform() -> None:
    rng = np.random.default_rng(5)
    group = PermutationGroup([[1, 2, 3, 0], [2, 1, 0, 3]])
    counts: dict[Permutation, int] = {}
    for _ in range(4000):
        g = group.random(rng)
        counts[g] = counts.get(g, 0) + 1
    expected = 4000 / group.order
    chi2 = sum((c - expected) ** 2 / expected for c in counts.values())
    assert len(counts) == 8
    # The 0.9999 quantile of chi-squared with 7 degrees of freedom.
    assert chi2 < 29.9


@pytest.mark.parametrize("n", [5, 7, 8, 12])
def test_two_closure_of_cyclic_groups(n: int) -> None:
    # Complex Hermitian circulants single out Z_n; real symmetric ones only D_n.
    group = cyclic(n)
    assert group.two_closure() == group
    assert group.is_two_closed()
    assert group.two_closure(symmetric=True) == dihedral(n)
    assert not group.is_two_closed(symmetric=True)
    assert dihedral(n).is_two_closed(symmetric=True)


def test_two_closure_of_two_transitive_groups_is_everything() -> None:
    assert alternating(6).two_closure() == symmetric(6)
    affine = PermutationGroup([[1, 2, 3, 4, 0], [0, 2, 4, 1, 3]])
    assert affine.order == 20
    assert affine.two_closure() == symmetric(5)


@settings(max_examples=40, deadline=None)
@given(generator_lists())
def test_two_closure_by_brute_force(listed: tuple[list[tuple[int, ...]], int]) -> None:
    from itertools import permutations

    generators, n = listed
    group = PermutationGroup(generators, degree=n)
    for sym in (False, True):
        labels = group.orbitals(sym)
        everything = [p for p in map(list, permutations(range(n))) if np.array_equal(labels[np.ix_(p, p)], labels)]
        closed = group.two_closure(sym)
        assert closed.order == len(everything)
        assert group.is_subgroup_of(closed)
        assert closed.number_of_orbitals(sym) == group.number_of_orbitals(sym)


def test_errors_say_what_would_be_right() -> None:
    with pytest.raises(ClosureError, match="order 40320, more than the cap of 20000"):
        symmetric(8).elements_array()
    with pytest.raises(InputError, match="degree="):
        PermutationGroup([])
    with pytest.raises(ShapeError, match="generator 1 moves 3 points"):
        PermutationGroup([[1, 0], [0, 2, 1]])
    with pytest.raises(InputError, match=r"outside 0\.\.3"):
        symmetric(4).stabilizer([4])
    with pytest.raises(InputError, match="at least one point"):
        cyclic(0)
    assert [0, 1] not in symmetric(3)
    assert "text" not in symmetric(3)

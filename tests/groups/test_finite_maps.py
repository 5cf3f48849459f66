"""Subgroups, quotients, homomorphisms and automorphisms of finite groups, against exhaustive enumeration."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from symmeter.errors import ClosureError, InputError, NotAGroupElementError
from symmeter.groups import (
    FiniteGroup,
    alternating_group,
    cyclic_group,
    dicyclic_group,
    dihedral_group,
    direct_product_group,
    elementary_abelian_group,
    extraspecial_group,
    small_groups,
    special_linear_group,
    symmetric_group,
)
from symmeter.groups.homomorphisms import is_homomorphism

SMALL = [
    cyclic_group(1),
    cyclic_group(6),
    elementary_abelian_group(2, 2),
    symmetric_group(3),
    dihedral_group(4),
    dicyclic_group(2),
    dicyclic_group(3),
    alternating_group(4),
]


def all_homomorphisms(g: FiniteGroup, h: FiniteGroup) -> set[tuple[int, ...]]:
    """Every assignment of images to the generators, spread over words and checked on all pairs."""
    words = g.words()
    found = set()
    for images in product(range(h.order), repeat=len(g.generators)):
        f = [0] * g.order
        for y, k, x in words:
            f[y] = int(h.table[images[k], f[x]])
        if all(f[g.table[a, b]] == h.table[f[a], f[b]] for a in range(g.order) for b in range(g.order)):
            found.add(tuple(f))
    return found


@pytest.mark.parametrize("g", SMALL, ids=lambda g: g.name)
@pytest.mark.parametrize("h", SMALL, ids=lambda g: g.name)
def test_homomorphisms_are_those_of_brute_force(g, h):
    assert {tuple(f) for f in g.homomorphisms(h).tolist()} == all_homomorphisms(g, h)


@pytest.mark.parametrize(("n", "g"), [(n, g) for n in (2, 3, 4, 6) for g in SMALL], ids=lambda x: getattr(x, "name", x))
def test_frobenius_the_number_of_roots_of_one_is_divisible(n, g):
    count = len(cyclic_group(n).homomorphisms(g))
    assert count == int((n % g.element_orders == 0).sum())
    assert count % np.gcd(n, g.order) == 0


@pytest.mark.parametrize("g", SMALL[1:], ids=lambda g: g.name)
def test_subgroups_are_those_of_brute_force(g):
    closed = set()
    for size in [d for d in range(1, g.order + 1) if g.order % d == 0]:
        for rest in combinations(range(1, g.order), size - 1):
            members = [0, *rest]
            if set(g.table[np.ix_(members, members)].ravel().tolist()) == set(members):
                closed.add(tuple(members))
    classes = g.subgroup_classes
    seen = set()
    for s in classes:
        orbit = {tuple(sorted(g.conjugation[x, s.members].tolist())) for x in range(g.order)}
        assert len(orbit) == s.number_of_conjugates
        assert not orbit & seen
        seen |= orbit
    assert seen == closed
    normal = {tuple(s.members.tolist()) for s in g.normal_subgroups}
    assert normal == {
        m for m in closed if all(set(g.conjugation[x, list(m)].tolist()) == set(m) for x in range(g.order))
    }


@pytest.mark.parametrize(
    ("group", "classes", "total", "normal"),
    [
        (symmetric_group(4), 11, 30, 4),
        (alternating_group(5), 9, 59, 2),
        (symmetric_group(5), 19, 156, 3),
        (elementary_abelian_group(2, 4), 67, 67, 67),
        (elementary_abelian_group(3, 3), 28, 28, 28),
        (special_linear_group(2, 3), 7, 15, 4),
        (dihedral_group(6), 10, 16, 7),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_known_numbers_of_subgroups(group, classes, total, normal):
    found = group.subgroup_classes
    assert len(found) == classes
    assert sum(s.number_of_conjugates for s in found) == total
    assert len(group.normal_subgroups) == sum(s.is_normal for s in found) == normal


@pytest.mark.parametrize(
    ("group", "order"),
    [
        (cyclic_group(12), 4),
        (elementary_abelian_group(2, 4), 20160),
        (elementary_abelian_group(3, 3), 11232),
        (dihedral_group(4), 8),
        (dicyclic_group(2), 24),
        (alternating_group(4), 24),
        (symmetric_group(4), 24),
        (alternating_group(5), 120),
        (symmetric_group(6), 1440),
        (extraspecial_group(3), 432),
        (extraspecial_group(2, 2, "+"), 1152),
        (extraspecial_group(2, 2, "-"), 1920),
        (cyclic_group(1), 1),
        (cyclic_group(2), 1),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_known_orders_of_automorphism_groups(group, order):
    found = group.automorphism_group
    assert found.order == order
    assert all(is_homomorphism(group, group, f.images) for f in found.generators)


@pytest.mark.parametrize("n", [8, 12, 16])
def test_automorphisms_are_the_bijective_endomorphisms(n):
    for g in small_groups(n):
        if len(g.generators) > 2:
            continue
        bijective = [f for f in g.homomorphisms(g) if len(set(f.tolist())) == n]
        assert g.automorphism_group.order == len(bijective)


def test_quotients():
    g = symmetric_group(4)
    v4 = next(s for s in g.normal_subgroups if s.order == 4)
    q, cosets = g.quotient(v4)
    assert q.name == "S3"
    assert is_homomorphism(g, q, cosets)
    assert set(np.flatnonzero(cosets == 0).tolist()) == set(v4.members.tolist())
    assert g.quotient(list(range(24)))[0].order == 1
    not_normal = next(s for s in g.subgroup_classes if s.order == 6)
    with pytest.raises(NotAGroupElementError, match="not normal: element"):
        g.quotient(not_normal)
    with pytest.raises(InputError, match="another group"):
        symmetric_group(3).quotient(v4)


def test_every_homomorphism_theorem():
    g, h = dihedral_group(6), symmetric_group(4)
    for f in g.homomorphisms(h):
        kernel = np.flatnonzero(f == 0).tolist()
        image = h.subgroup(f.tolist())
        assert g.quotient(kernel)[0].is_isomorphic(image.group)


def test_isomorphism_tells_all_groups_of_an_order_apart():
    groups = small_groups(24)
    for i, g in enumerate(groups):
        for j, h in enumerate(groups):
            f = g.isomorphism(h)
            assert (f is not None) == (i == j)


def test_subgroups_as_groups():
    g = direct_product_group(symmetric_group(3), cyclic_group(4))
    for s in g.subgroup_classes:
        embedded = s.members
        assert np.array_equal(embedded[s.group.table], g.table[np.ix_(embedded, embedded)])
        assert s.index * s.order == 24
        assert s <= s
        assert len(g.normalizer(s.members.tolist())) == s.normalizer_order
    with pytest.raises(ClosureError, match="cap of 5"):
        g.homomorphisms(g, cap=5)

"""Properties x objects: what every finite group that symmeter.groups exports, or makes, must satisfy."""

from __future__ import annotations

import inspect
import re
from functools import cache

import numpy as np
import pytest

import symmeter.groups as sg
from symmeter.groups import FiniteGroup, Group, MatrixGroup, PermutationGroup
from symmeter.groups.homomorphisms import is_homomorphism

QUATERNIONS = [np.array([[1j, 0], [0, -1j]]), np.array([[0, 1], [-1, 0]], dtype=complex)]

#: Exported name -> groups that it makes. A class stands for what its constructor makes.
GROUPS: dict[str, list[Group]] = {
    "cyclic_group": [sg.cyclic_group(n) for n in (1, 2, 9, 30)],
    "dihedral_group": [sg.dihedral_group(n) for n in (1, 2, 3, 10)],
    "dicyclic_group": [sg.dicyclic_group(n) for n in (1, 2, 3, 8)],
    "semidihedral_group": [sg.semidihedral_group(32)],
    "metacyclic_group": [sg.metacyclic_group(13, 4, 5), sg.metacyclic_group(9, 3, 4)],
    "affine_group": [sg.affine_group(2), sg.affine_group(7)],
    "symmetric_group": [sg.symmetric_group(n) for n in (1, 2, 4)],
    "alternating_group": [sg.alternating_group(n) for n in (1, 3, 5)],
    "elementary_abelian_group": [sg.elementary_abelian_group(2, 0), sg.elementary_abelian_group(3, 3)],
    "extraspecial_group": [
        sg.extraspecial_group(2, 2, "-"),
        sg.extraspecial_group(3, 1, "-"),
        sg.extraspecial_group(5),
    ],
    "special_linear_group": [sg.special_linear_group(2, 3), sg.special_linear_group(1, 5)],
    "general_linear_group": [sg.general_linear_group(2, 3), sg.general_linear_group(1, 7)],
    "point_group": [sg.point_group(s) for s in ("C1", "D3d", "Th", "S8", "Oh")],
    "double_group": [sg.double_group(s) for s in ("D3", "O", "C2v")],
    "small_group": [sg.small_group(18, 4), sg.small_group(32, 6), sg.small_group(60, 5)],
    "named_group": [sg.named_group("C7 : C3"), sg.named_group("C2 x Q8")],
    "direct_product_group": [sg.direct_product_group(sg.symmetric_group(3), sg.cyclic_group(4))],
    "semidirect_product": [
        sg.semidirect_product(sg.cyclic_group(9), sg.cyclic_group(3), {1: [4 * x % 9 for x in range(9)]})
    ],
    "central_product": [sg.central_product(sg.dihedral_group(4), sg.cyclic_group(4))],
    "wreath_product": [sg.wreath_product(sg.cyclic_group(3), sg.cyclic_group(2))],
    "small_groups": list(sg.small_groups(12)),
    "trivial": [sg.trivial(3)],
    "cyclic": [sg.cyclic(6)],
    "dihedral": [sg.dihedral(2), sg.dihedral(5)],
    "symmetric": [sg.symmetric(1), sg.symmetric(4)],
    "alternating": [sg.alternating(4)],
    "direct_product": [sg.direct_product(sg.cyclic(4), sg.symmetric(3))],
    "automorphism_group": [sg.automorphism_group(np.kron(np.eye(2, dtype=int), np.ones((2, 2), dtype=int)))],
    "FiniteGroup": [
        FiniteGroup([[0, 1], [1, 0]]),
        FiniteGroup.from_presentation("a^3, b^4, b a b^-1 = a^-1"),
        FiniteGroup.from_permutations([[1, 2, 3, 4, 0], [0, 2, 4, 1, 3]]),
    ],
    "PermutationGroup": [PermutationGroup([[1, 0, 2, 3, 4], [0, 1, 3, 4, 2]])],
    "MatrixGroup": [MatrixGroup(QUATERNIONS), MatrixGroup(list(sg.point_group("Td").matrices[:6]))],
    "PointGroup": [sg.PointGroup("C3v")],
    "DoubleGroup": [sg.DoubleGroup(sg.PointGroup("D2"))],
}
#: Exported classes without a table: of infinite groups (test_lie_groups.py) and of names (test_known_by_name.py).
WITHOUT_TABLE = {"LieGroup", "NamedGroup"}
OBJECTS = [(family, g) for family, groups in GROUPS.items() for g in groups]


@cache
def as_table(index: int) -> FiniteGroup:
    g = OBJECTS[index][1]
    return g if isinstance(g, FiniteGroup) else g.to_finite()


CASES = [pytest.param(as_table(i), id=f"{f}-{as_table(i).name}-{g.order}") for i, (f, g) in enumerate(OBJECTS)]
ELEMENTS = [pytest.param(g, id=f"{f}-{g.name}") for f, g in OBJECTS if not isinstance(g, FiniteGroup)]


def test_no_exported_group_escapes():
    """Every function that says it returns groups, and every class of groups, must have an entry."""
    exported = {name: getattr(sg, name) for name in sg.__all__}
    annotation = re.compile(r"\b(Finite|Point|Double|Permutation|Matrix)?Group\b")
    makers = {
        name
        for name, value in exported.items()
        if callable(value)
        and not inspect.isclass(value)
        and annotation.search(str(inspect.signature(value).return_annotation))
    }
    classes = {
        name
        for name, value in exported.items()
        if inspect.isclass(value) and issubclass(value, Group) and not inspect.isabstract(value)
    }
    assert makers | classes == set(GROUPS) | WITHOUT_TABLE
    assert len(makers) > 25
    assert all(groups for groups in GROUPS.values())
    for name in classes - WITHOUT_TABLE:
        assert all(isinstance(g, exported[name]) for g in GROUPS[name])


@pytest.mark.parametrize("g", ELEMENTS)
def test_elements_are_a_group_of_unitary_matrices(g):
    """Permutations and matrices: the table of products, membership, Burnside's count of orbits."""
    elements = list(g.elements())
    table = g.to_finite().table
    permutations = isinstance(g, PermutationGroup)
    rho = np.array([x.matrix() if permutations else x for x in elements])
    assert len(elements) == g.order
    np.testing.assert_allclose(rho[0], np.eye(len(rho[0])), atol=1e-12)
    np.testing.assert_allclose(rho[:, None] @ rho[None], rho[table], atol=1e-9)
    np.testing.assert_allclose(rho @ rho.conj().swapaxes(1, 2), np.broadcast_to(rho[0], rho.shape), atol=1e-9)
    assert all(x in g for x in elements)
    if permutations:
        assert np.trace(rho, axis1=1, axis2=2).mean() == pytest.approx(len(np.unique(g.orbit_labels)))
        outside = [p for p in sg.symmetric(g.degree).elements() if p not in set(elements)]
        assert len(outside) + g.order == sg.symmetric(g.degree).order
        assert not any(p in g for p in outside[:50])
    else:
        assert 1.1 * rho[-1] not in g


@pytest.mark.parametrize("g", CASES)
def test_axioms(g):
    n, t = g.order, g.table
    assert FiniteGroup(np.array(t)) == g
    assert np.array_equal(t[0], np.arange(n))
    assert np.array_equal(t[np.arange(n), g.inverses], np.zeros(n))
    assert g.closure(g.generators).size == n
    assert g.is_finite
    assert isinstance(g.name, str)
    assert repr(g).count("order") >= 1
    assert hash(g) == hash(FiniteGroup(np.array(t)))


@pytest.mark.parametrize("g", CASES)
def test_lagrange_and_classes(g):
    n = g.order
    assert (n % g.element_orders == 0).all()
    assert n % g.exponent == 0 or g.exponent <= n
    assert g.class_sizes.sum() == n
    assert (n % g.class_sizes == 0).all()
    # Burnside: the number of commuting pairs is the order times the number of classes.
    assert (g.table == g.table.T).sum() == n * g.number_of_classes
    for p in (2, 3, 5):
        powers = g.power_map(p)
        assert np.array_equal(g.class_labels[g.power(p)], powers[g.class_labels])
    assert len(set(g.class_names)) == g.number_of_classes
    assert g.center.size == (g.class_sizes == 1).sum()


@pytest.mark.parametrize("g", CASES)
def test_inner_automorphisms_are_automorphisms(g):
    for x in g.generators:
        assert is_homomorphism(g, g, g.conjugation[x])
    inner = len(np.unique(g.conjugation, axis=0))
    assert inner == g.order // g.center.size
    assert g.automorphism_group.order % inner == 0


@pytest.mark.parametrize("g", CASES)
def test_words_reach_everything(g):
    reached = {0}
    for y, k, x in g.words():
        assert x in reached
        assert g.product(g.generators[k], x) == y
        reached.add(y)
    assert len(reached) == g.order


@pytest.mark.parametrize("g", CASES)
def test_character_table(g):
    t = g.character_table
    n, k = g.order, g.number_of_classes
    assert len(t) == k
    assert (t.degrees**2).sum() == n
    assert np.abs((t.values * g.class_sizes) @ t.values.conj().T / n - np.eye(k)).max() < 1e-10
    assert np.abs(t.values.T @ t.values.conj() - np.diag(n / g.class_sizes)).max() < 1e-8
    assert np.abs(np.array([[complex(v) for v in row] for row in t.exact]) - t.values).max() < 1e-10
    assert all(v.is_integral for row in t.exact for v in row)
    assert t[0] == (1,) * k
    assert (t.indicators * t.degrees).sum() == (g.element_orders <= 2).sum()
    # Class-algebra constants are non-negative integers.
    if k <= 16:
        omega = t.values * g.class_sizes / t.degrees[:, None]
        constants = np.einsum("ri,rj,rk,r->ijk", omega, omega, t.values.conj(), t.degrees) / n
        assert np.abs(constants - np.rint(constants.real)).max() < 1e-8
        assert constants.real.min() > -1e-8
    assert str(t).startswith(f"{g.name}, order {n}")


@pytest.mark.parametrize("g", CASES)
def test_irreps(g):
    t = g.character_table
    for i in {0, len(t) // 2, len(t) - 1}:
        d = g.irrep(i)
        assert np.abs(np.trace(d[g.class_representatives], axis1=1, axis2=2) - t.values[i]).max() < 1e-10
        assert max((np.abs(d[x] @ d - d[g.table[x]]).max() for x in g.generators), default=0.0) < 1e-10


@pytest.mark.parametrize("g", [c for c in CASES if c.values[0].order <= 63])
def test_identification_is_an_isomorphism(g):
    found = sg.identify(g)
    f = g.isomorphism(found.group)
    assert f is not None
    assert np.array_equal(f[g.table], found.group.table[f[:, None], f[None, :]])
    if " : " not in found.name and " . " not in found.name:
        assert sg.named_group(found.name).is_isomorphic(g)


@pytest.mark.parametrize("g", CASES)
def test_permutations_of_itself(g):
    p = g.to_permutation_group()
    assert p.order == g.order
    assert p.to_finite().is_isomorphic(g)

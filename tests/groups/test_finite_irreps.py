"""Irrep matrices, projectors and symmetry-adapted bases, against characters and known decompositions."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NotAGroupElementError, ShapeError
from symmeter.groups import (
    FiniteGroup,
    alternating_group,
    cyclic_group,
    dicyclic_group,
    dihedral,
    dihedral_group,
    direct_product_group,
    extraspecial_group,
    isotypic_projector,
    named_group,
    small_groups,
    special_linear_group,
    symmetric,
    symmetric_group,
    symmetry_adapted_basis,
)
from symmeter.groups.representation_matrices import homomorphism_defect, representation_character

SOME = [
    cyclic_group(1),
    cyclic_group(5),
    dihedral_group(5),
    dicyclic_group(3),
    symmetric_group(4),
    alternating_group(5),
    special_linear_group(2, 3),
    special_linear_group(2, 5),
    extraspecial_group(3),
    extraspecial_group(2, 2, "+"),
    extraspecial_group(2, 2, "-"),
    named_group("C7 : C3"),
    named_group("2O"),
    symmetric_group(5),
    # Its irreps of dimension 4 occur twice in every representation induced from a cyclic subgroup.
    direct_product_group(dicyclic_group(2), dicyclic_group(2)),
]


def check_irreps(g: FiniteGroup) -> None:
    t = g.character_table
    for i in range(len(t)):
        d = g.irrep(i)
        assert d.shape == (g.order, t.degrees[i], t.degrees[i])
        assert homomorphism_defect(g, d) < 1e-11
        assert np.abs(d @ d.conj().swapaxes(1, 2) - np.eye(d.shape[1])).max() < 1e-11
        assert np.abs(representation_character(g, d) - t.values[i]).max() < 1e-11
        assert np.isrealobj(d) == (t.indicators[i] == 1)


@pytest.mark.parametrize("g", SOME, ids=lambda g: g.name)
def test_irreps_are_unitary_homomorphisms_with_the_right_character(g):
    check_irreps(g)


@pytest.mark.parametrize("n", [8, 12, 16, 18, 21, 24, 32, 48])
def test_irreps_of_the_library(n):
    for g in small_groups(n):
        check_irreps(g)


@pytest.mark.parametrize("g", SOME, ids=lambda g: g.name)
def test_great_orthogonality(g):
    """Matrix elements of all irreps are orthogonal functions on the group, and span them all."""
    t = g.character_table
    functions = np.concatenate(
        [g.irrep(i).reshape(g.order, -1).T * np.sqrt(d / g.order) for i, d in enumerate(t.degrees)]
    )
    assert functions.shape == (g.order, g.order)
    assert np.abs(functions @ functions.conj().T - np.eye(g.order)).max() < 1e-10


@pytest.mark.parametrize("g", [g for g in SOME if (g.character_table.indicators == -1).any()], ids=lambda g: g.name)
def test_quaternionic_irreps_have_an_antisymmetric_form(g):
    t = g.character_table
    i = int(np.flatnonzero(t.indicators == -1)[0])
    d = g.irrep(i)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((d.shape[1],) * 2)
    form = np.mean(d.swapaxes(1, 2) @ x @ d, axis=0)
    assert np.abs(form + form.T).max() < 1e-10
    assert np.linalg.svd(form)[1].min() > 1e-3


@pytest.mark.parametrize("g", SOME[2:8], ids=lambda g: g.name)
def test_the_regular_representation_holds_each_irrep_as_often_as_its_degree(g):
    basis = symmetry_adapted_basis(g, g.table)
    assert np.array_equal(basis.multiplicities, g.character_table.degrees)
    assert np.abs(basis.matrix.conj().T @ basis.matrix - np.eye(g.order)).max() < 1e-10
    total = sum(isotypic_projector(g, g.table, i) for i in range(g.number_of_classes))
    assert np.abs(total - np.eye(g.order)).max() < 1e-10


def test_in_the_adapted_basis_all_blocks_are_the_irreps():
    ring = dihedral(6)
    g, rho = ring.to_finite(), ring.elements_array()
    basis = symmetry_adapted_basis(g, rho)
    matrices = np.zeros((g.order, 6, 6))
    for x in range(g.order):
        matrices[x, rho[x], np.arange(6)] = 1
    moved = basis.matrix.conj().T @ matrices @ basis.matrix
    expected = np.zeros_like(moved)
    at = 0
    for i, m in enumerate(basis.multiplicities.tolist()):
        for _ in range(m):
            d = g.irrep(i)
            expected[:, at : at + d.shape[1], at : at + d.shape[1]] = d
            at += d.shape[1]
    assert np.abs(moved - expected).max() < 1e-10
    assert np.array_equal(
        basis.irreps, np.repeat(np.arange(len(basis.multiplicities)), basis.multiplicities * g.character_table.degrees)
    )


def test_a_symmetric_hamiltonian_splits_into_sectors_with_the_whole_spectrum():
    points = symmetric(4)
    g = points.to_finite()
    rho = np.array([np.kron(np.eye(4)[:, r].T, np.eye(4)[:, r].T).T for r in points.elements_array()])
    rng = np.random.default_rng(5)
    h = rng.standard_normal((16, 16))
    h = np.mean(rho @ (h + h.T) @ rho.swapaxes(1, 2), axis=0)
    basis = symmetry_adapted_basis(g, rho)
    levels = []
    for i, d in enumerate(g.character_table.degrees.tolist()):
        if basis.multiplicities[i]:
            v = basis.sector(i)
            inside = v.conj().T @ h @ v
            assert np.abs(h @ v - v @ inside).max() < 1e-10
            levels.extend(np.repeat(np.linalg.eigvalsh(inside), d))
    assert np.sort(levels) == pytest.approx(np.linalg.eigvalsh(h), abs=1e-9)


def test_permutations_and_their_matrices_agree():
    ring = dihedral(5)
    g, rho = ring.to_finite(), ring.elements_array()
    matrices = np.zeros((10, 5, 5))
    for x in range(10):
        matrices[x, rho[x], np.arange(5)] = 1
    assert homomorphism_defect(g, matrices) == 0
    assert np.array_equal(representation_character(g, rho), representation_character(g, matrices))
    for i in range(g.number_of_classes):
        p = isotypic_projector(g, rho, i)
        assert np.abs(p - isotypic_projector(g, matrices, i)).max() < 1e-12
        assert np.abs(p @ p - p).max() < 1e-12


def test_representations_from_generators():
    g = FiniteGroup.from_presentation("a^4, b^2, a b a b")
    quarter, mirror = np.array([[0, -1], [1, 0]]), np.diag([1, -1])
    a, b = g.generators
    rho = g.representation({a: quarter, b: mirror})
    assert homomorphism_defect(g, rho) == 0
    assert g.character_table.decompose(representation_character(g, rho)).sum() == 1
    assert np.array_equal(g.representation([quarter, mirror]), rho)


def test_projectors_and_bases_refuse_what_is_no_homomorphism():
    g = symmetric_group(3)
    zero = np.zeros((6, 2, 2))
    with pytest.raises(NotAGroupElementError, match="rho of the identity misses it by up to"):
        isotypic_projector(g, zero, 0)
    wrong = np.array(g.irrep(2))
    wrong[[1, 2]] = wrong[[2, 1]]
    with pytest.raises(NotAGroupElementError, match=r"rho\[\d\] rho\[x\] misses rho\[\d x\] by up to"):
        isotypic_projector(g, wrong, 0)
    action = np.array(g.table)
    action[[1, 2]] = action[[2, 1]]
    for call in (lambda: isotypic_projector(g, action, 0), lambda: symmetry_adapted_basis(g, action)):
        with pytest.raises(NotAGroupElementError, match="the permutations are no action"):
            call()
    # A representation need not be unitary to have projectors.
    change = np.array([[1.0, 2.0], [0.0, 3.0]])
    skewed = change @ np.real(g.irrep(2)) @ np.linalg.inv(change)
    np.testing.assert_allclose(isotypic_projector(g, skewed, 2), np.eye(2), atol=1e-14)


def test_matrices_that_are_no_representation():
    g = cyclic_group(4)
    with pytest.raises(NotAGroupElementError, match=r"rho\[1\] rho\[3\] misses rho\[0\] by 0.\d+"):
        g.representation({1: np.array([[np.exp(0.45j * np.pi)]])})
    with pytest.raises(ShapeError, match="2 matrices for the 1 generators"):
        g.representation([np.eye(1), np.eye(1)])
    with pytest.raises(ShapeError, match="square"):
        g.representation({1: np.ones((2, 3))})
    with pytest.raises(InputError, match="generate 2 of 4"):
        g.representation({2: -np.eye(1)})
    with pytest.raises(InputError, match="finite"):
        g.representation({1: np.array([[np.nan]])})
    rho = g.representation({1: np.diag([1j, 1])})
    with pytest.raises(NotAGroupElementError, match="not unitary"):
        symmetry_adapted_basis(g, np.array([np.diag([2.0**k, 1]) for k in range(4)]))
    broken = np.array(rho)
    broken[1] = broken[2]
    with pytest.raises(NotAGroupElementError, match="no representation"):
        symmetry_adapted_basis(g, broken)
    with pytest.raises(ShapeError, match=r"\(4, M, M\)"):
        symmetry_adapted_basis(g, np.eye(4))
    with pytest.raises(InputError, match="no irrep 9"):
        g.irrep(9)

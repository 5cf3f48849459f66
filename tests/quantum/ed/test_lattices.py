"""Bonds and symmetry groups of lattices, against coordination numbers and graph automorphisms."""

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.quantum import lattices

LARGE = {
    "chain": (lambda: lattices.chain(9), 2, 9 * 2),
    "square": (lambda: lattices.square(5, 5), 4, 25 * 8),
    "rectangle": (lambda: lattices.square(5, 6), 4, 30 * 4),
    "triangular": (lambda: lattices.triangular(5), 6, 25 * 12),
    "honeycomb": (lambda: lattices.honeycomb(4), 3, 16 * 12),
    "kagome": (lambda: lattices.kagome(3), 4, 9 * 12),
}


@pytest.mark.parametrize("name", LARGE)
def test_coordination_and_space_group(name):
    make, coordination, order = LARGE[name]
    lattice = make()
    degrees = np.bincount(lattice.edges().reshape(-1), minlength=lattice.sites)
    assert (degrees == coordination).all()
    assert lattice.space_group.order == order
    assert lattice.translations.order * lattice.point_group.order == order


@pytest.mark.parametrize("name", LARGE)
def test_symmetries_keep_all_distances(name):
    lattice = LARGE[name][0]()
    for images in lattice.generators().values():
        np.testing.assert_allclose(lattice.distances[np.ix_(images, images)], lattice.distances, atol=1e-9)


@pytest.mark.parametrize("name", LARGE)
def test_named_generators_generate_the_space_group(name):
    from symmeter.groups import PermutationGroup

    lattice = LARGE[name][0]()
    found = PermutationGroup([g.tolist() for g in lattice.generators().values()], degree=lattice.sites)
    assert found.order == lattice.space_group.order


def test_shells_of_the_square_lattice():
    lattice = lattices.square(6, 6)
    np.testing.assert_allclose(lattice.shells[:4], [1, np.sqrt(2), 2, np.sqrt(5)])
    assert [len(lattice.edges(k)) for k in (1, 2, 3, 4)] == [72, 72, 72, 144]


def test_small_rings_count_a_bond_once():
    assert lattices.chain(2).edges().tolist() == [[0, 1]]
    assert len(lattices.square(2, 2).edges()) == 4
    assert len(lattices.triangular(2).edges()) == 6


def test_sublattices():
    assert lattices.chain(6).sublattices.tolist() == [0, 1] * 3
    assert lattices.chain(5).sublattices is None
    assert lattices.triangular(3).sublattices is None
    assert sorted(np.bincount(lattices.honeycomb(3).sublattices)) == [9, 9]


def test_graphs_against_networkx():
    networkx = pytest.importorskip("networkx")
    petersen = lattices.graph(networkx.petersen_graph())
    assert petersen.space_group.order == 120
    assert len(petersen.edges(2)) == 30
    path = lattices.graph([(0, 1), (1, 2), (2, 3)])
    np.testing.assert_array_equal(path.distances, np.abs(np.subtract.outer(range(4), range(4))))


def test_bad_lattices():
    with pytest.raises(InputError, match="length must be a whole number"):
        lattices.chain(0)
    with pytest.raises(InputError, match=r"edge \(1, 1\) must join two different sites"):
        lattices.graph([(1, 1)])
    with pytest.raises(InputError, match="pairs of sites"):
        lattices.graph([1, 2])
    with pytest.raises(InputError, match="one for each of the 2 directions"):
        lattices.square(3, 3, periodic=[True])

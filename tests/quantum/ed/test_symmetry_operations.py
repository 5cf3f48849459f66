"""Symmetry operations and their groups against dense unitaries: homomorphism, signs, projective groups, defects."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, UnknownNameError
from symmeter.quantum import Hamiltonian, HilbertSpace, ProductBasis, Symmetry, SymmetryGroup, models
from symmeter.quantum.ed.conservation import moved_term
from symmeter.quantum.ed.orbits import Orbits

SPACES = {
    "spins": HilbertSpace.spins(4),
    "spins one": HilbertSpace.spins(3, 1),
    "fermions": HilbertSpace.fermions(5),
    "clocks": HilbertSpace.clocks(3, 3),
    "bosons": HilbertSpace.bosons(3, 2),
    "spinful": HilbertSpace.spinful_fermions(2),
}


def random_symmetry(space, rng):
    d = space.sites[0].levels
    fermionic = space.sites[0].is_fermionic
    levels = list(range(d)) if fermionic else rng.permutation(d).tolist()
    phases = [f"{rng.integers(6)}/6" for _ in range(d)]
    on = rng.permutation(space.number)[: rng.integers(1, space.number + 1)].tolist()
    return Symmetry.sites(space, rng.permutation(space.number)) * Symmetry.local(space, levels, phases, on=on)


@pytest.mark.parametrize("name", SPACES)
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_products_are_products_of_unitaries(name, seed):
    space, rng = SPACES[name], np.random.default_rng(seed)
    g, h = random_symmetry(space, rng), random_symmetry(space, rng)
    a, b, c = (x.matrix().toarray() for x in (g, h, g * h))
    np.testing.assert_allclose(a @ b, c, atol=1e-12)
    np.testing.assert_allclose(a @ a.conj().T, np.eye(len(a)), atol=1e-12)
    assert np.allclose(a, c) == (g == g * h)


@pytest.mark.parametrize("name", SPACES)
def test_terms_move_as_their_matrices_do(name, hermitian_terms, kronecker):
    space, rng = SPACES[name], np.random.default_rng(8)
    for _ in range(5):
        g = random_symmetry(space, rng)
        hamiltonian = Hamiltonian(space, hermitian_terms(space, 6, rng))
        u = g.matrix().toarray()
        moved = Hamiltonian(space, [moved_term(t, g) for t in hamiltonian.terms])
        expected = u @ hamiltonian.matrix().toarray() @ u.conj().T
        np.testing.assert_allclose(moved.matrix().toarray(), expected, atol=1e-11)


def test_exchange_of_fermions_changes_sign():
    space = HilbertSpace.fermions(3)
    swap = Symmetry.sites(space, [1, 0, 2])
    codes = np.arange(8)
    target, turns = swap.apply(codes)
    filled = space.levels(codes).astype(bool)
    np.testing.assert_array_equal(turns % 2, filled[:, 0] & filled[:, 1])
    np.testing.assert_array_equal(space.levels(target), space.levels(codes)[:, [1, 0, 2]])


def test_a_group_has_the_irreps_of_its_table():
    space = HilbertSpace.spins(5)
    ring = SymmetryGroup(
        space, {"T": Symmetry.sites(space, [1, 2, 3, 4, 0]), "P": Symmetry.sites(space, [4, 3, 2, 1, 0])}
    )
    assert ring.group.name == "D5"
    assert sorted(label.degree for label in ring.irreps) == [1, 1, 2, 2]
    for label in ring.irreps:
        matrices = ring.matrices(label)
        np.testing.assert_allclose(
            matrices[ring.group.table], np.einsum("aij,bjk->abik", matrices, matrices), atol=1e-12
        )
    assert ring.irrep({"T": 0, "P": "-"}).quantum_numbers == (("T", 0), ("P", 1))
    assert ring.irrep((0, "+")) == ring.irrep()


def test_quantum_numbers_are_eigenvalues():
    """T of a momentum state is exp(2 pi i k / n)."""
    chain = models.heisenberg(5)
    translation = chain.symmetries["T"].matrix()
    for block in chain.sectors(["T"]):
        states = block.sector.embed(np.eye(block.dimension))
        k = block.label.values[0]
        np.testing.assert_allclose(translation @ states, np.exp(2j * np.pi * k / 5) * states, atol=1e-12)


@pytest.mark.parametrize("names", [["T", "P"], ["T", "P", "F"]])
def test_embedded_sectors_are_first_rows_of_irreps(names):
    """``P_ij`` built from dense unitaries takes row j to row i, and the sector is row 0."""
    chain = models.heisenberg(6)
    group = chain.symmetry_group(*names)
    unitaries = np.stack([g.matrix().toarray() for g in group.elements])
    for block in chain.sectors(group):
        d = block.degeneracy
        matrices = group.matrices(block.label)
        projector = np.tensordot(matrices[:, 0, 0].conj(), unitaries, axes=1) * d / group.order
        states = block.sector.embed(np.eye(block.dimension))
        np.testing.assert_allclose(projector @ states, states, atol=1e-11)
        assert abs(np.trace(projector) - block.dimension) < 1e-9


def test_projective_groups():
    """X and Z on an odd number of spins commute up to a sign: every level is twofold."""
    for length, projective in ((3, True), (4, False)):
        chain = models.xxz(length, delta=0.3)
        space = chain.space
        group = SymmetryGroup(
            space, {"X": Symmetry.local(space, [1, 0]), "Z": Symmetry.local(space, [0, 1], [0, "1/2"])}
        )
        assert group.is_projective == projective
        assert group.modulo_scalars().order == 4
        assert group.order == (8 if projective else 4)
        spectra = chain.spectra(group)
        assert {s.degeneracy for s in spectra} == ({2} if projective else {1})
        np.testing.assert_allclose(spectra.energies, chain.eigenvalues(), atol=1e-12)


def test_orbits_partition_the_basis():
    hubbard = models.fermi_hubbard(4)
    basis = ProductBasis(hubbard.space, {"Nup": 2, "Ndn": 2})
    group = hubbard.symmetry_group("T", "P", "S")
    orbits = Orbits.of(basis, group)
    sizes = np.bincount(orbits.label)
    np.testing.assert_array_equal(sizes * orbits.stabilizer_sizes, group.order)
    everyone = np.arange(basis.size)
    g, turn = orbits.moves(everyone)
    for k in everyone:
        element = group.elements[g[k]]
        representative = basis.codes[orbits.representatives[orbits.label[k]]]
        target, phase = element.apply(np.array([representative]))
        assert target[0] == basis.codes[k]
        # |t> = exp(2 pi i turn / modulus) g |r>, so that the two phases cancel.
        assert (turn[k] / orbits.modulus + phase[0] / (2 * element.modulus)) % 1 == 0


def test_a_symmetry_that_does_not_commute_is_named():
    chain = models.heisenberg(6, J=[1.0, 1.0, 1.0, 1.0, 1.0, 1.2])
    translation = {"T": Symmetry.sites(chain.space, np.roll(np.arange(6), -1))}
    with pytest.raises(InputError, match=r"symmetry T does not commute.*= 0\.\d+.*term \d+ \(.*\) changes by 0\.\d"):
        chain.symmetric_basis(translation)


def test_a_symmetry_written_in_other_terms_is_accepted():
    """Fields shared out unevenly among bonds: no two terms match, their sum does."""
    space = HilbertSpace.spins(3)
    terms = [(1.0, (("Sz", i), ("Sz", (i + 1) % 3))) for i in range(3)]
    lopsided = [(0.5, (("Sx", 0),)), (1.0, (("Sx", 1),)), (1.0, (("Sx", 2),)), (0.25, (("Sx", 0), ("X", 1), ("X", 1)))]
    lopsided.append((0.25, (("Sx", 0), ("X", 2), ("X", 2))))
    chain = Hamiltonian(space, terms + lopsided)
    group = {"T": Symmetry.sites(space, [1, 2, 0])}
    np.testing.assert_allclose(chain.spectra(group).energies, chain.eigenvalues(), atol=1e-12)
    split = [(0.3, (("n", 0),)), (0.3, (("n", 1),)), (0.3, (("c", 1), ("cd", 1))), (-0.3, ()), (0.3, (("n", 1),))]
    fermions = Hamiltonian(HilbertSpace.fermions(2), split)
    swap = {"S": Symmetry.sites(fermions.space, [1, 0])}
    np.testing.assert_allclose(fermions.spectra(swap).energies, fermions.eigenvalues(), atol=1e-12)


def test_bad_symmetries():
    spins, mixed = HilbertSpace.spins(3), HilbertSpace.spins(1) * HilbertSpace.bosons(1, 1)
    with pytest.raises(NotAGroupElementError, match="no permutation of the sites"):
        Symmetry.sites(spins, [0, 0, 1])
    with pytest.raises(NotAGroupElementError, match=r"site 0 \(spin, 2 levels\) cannot go to site 1"):
        Symmetry.sites(mixed, [1, 0])
    with pytest.raises(NotAGroupElementError, match="no permutation of the 2 levels"):
        Symmetry.local(spins, [0, 0])
    with pytest.raises(NotAGroupElementError, match="not monomial"):
        Symmetry.local(HilbertSpace.fermions(2), [1, 0])
    with pytest.raises(InputError, match="fraction"):
        Symmetry.local(spins, [0, 1], [0, np.sqrt(2)])
    with pytest.raises(ClosureError, match="more than 10 elements"):
        SymmetryGroup(
            spins, {"T": Symmetry.sites(spins, [1, 2, 0]), "F": Symmetry.local(spins, [1, 0], on=[0])}, cap=10
        )
    ring = models.heisenberg(4).symmetry_group("T", "P")
    with pytest.raises(UnknownNameError, match="no generator 'p'; did you mean 'P'"):
        ring.irrep({"T": 0, "p": 0})
    with pytest.raises(InputError, match="signs name sectors of operations of order 2"):
        ring.irrep({"T": "+", "P": 0})
    with pytest.raises(InputError, match="no sector is"):
        ring.irrep({"T": 1, "P": 0})
    with pytest.raises(InputError, match=r"the symmetry F takes .* out of itself"):
        models.heisenberg(4).spectra(["F"], {"Sz": 1})


@pytest.mark.parametrize(
    ("model", "names", "charges", "pairs"),
    [
        (lambda: models.heisenberg(5), ["T"], {}, {(1,): (4,), (2,): (3,), (0,): (0,)}),
        (lambda: models.quantum_torus_chain(3, 0.6), ["U", "V"], {}, {(1, 1): (1, 2), (1, 0): (1, 0), (0, 1): (0, 2)}),
        (lambda: models.driven_bose_hubbard(4, 2), ["T"], {"N": 2}, {(1,): (1,), (2,): (2,)}),
    ],
)
def test_complex_conjugation_pairs_sectors(model, names, charges, pairs):
    """Levels that are shared are those that a block alone finds."""
    hamiltonian = model()
    group = hamiltonian.symmetry_group(*names)
    for one, other in pairs.items():
        assert group.conjugate_irrep(group.irrep(one)) == group.irrep(other)
    for block in hamiltonian.sectors(group, charges):
        alone = hamiltonian.sector(block.label, group, charges)
        np.testing.assert_allclose(block.eigenvalues(), alone.eigenvalues(), atol=1e-12)


def test_complex_conjugation_may_leave_the_group():
    space = HilbertSpace.clocks(2, 3)
    mixed = Symmetry.local(space, [1, 2, 0], [0, "1/3", "2/3"])
    group = SymmetryGroup(space, {"W": mixed})
    assert group.conjugate_irrep(group.irreps[0]) is None


@pytest.mark.parametrize(
    ("model", "names", "charges"),
    [
        (lambda: models.driven_bose_hubbard(5, 3), ["T"], {"N": 3}),
        (lambda: models.quantum_torus_chain(3, 0.6), ["U", "V"], {}),
        (lambda: models.heisenberg(6), ["T"], {"Sz": 0}),
    ],
)
def test_sectors_that_are_their_own_conjugates_are_real(model, names, charges):
    hamiltonian = model()
    real = []
    for block in hamiltonian.sectors(names, charges):
        dense, exact = block.dense(), block.matrix().toarray()
        np.testing.assert_allclose(dense, exact, atol=1e-13)
        real.append(np.isrealobj(dense))
    assert any(real)
    assert all(real) == ("driven" in hamiltonian.name)


def test_orbits_of_groups_too_large_for_short_integers():
    pytest.importorskip("numba")
    space = HilbertSpace.spins(10)
    group = SymmetryGroup(space, {"R": Symmetry.local(space, [0, 1], [0, "1/1260"])})
    basis = ProductBasis(space)
    plain, compiled = Orbits.of(basis, group, compiled=False), Orbits.of(basis, group, compiled=True)
    assert plain.packed.dtype == np.int64
    np.testing.assert_array_equal(plain.label, compiled.label)
    np.testing.assert_array_equal(plain.stabilizer_turn, compiled.stabilizer_turn)
    # A diagonal operation: every state is its own orbit, with the whole group as stabilizer.
    assert len(plain.representatives) == basis.size
    filled = space.levels(basis.codes).sum(axis=1)
    np.testing.assert_array_equal(plain.stabilizer_turn.reshape(basis.size, -1)[:, 1], filled)

"""Agreement with QuSpin to 1e-10 on a dozen models, in symmetry sectors where both name them."""

import numpy as np
import pytest

pytest.importorskip("quspin")

from quspin.basis import (
    boson_basis_1d,
    boson_basis_general,
    spin_basis_1d,
    spin_basis_general,
    spinful_fermion_basis_1d,
    spinful_fermion_basis_general,
    spinless_fermion_basis_1d,
)
from quspin.operators import hamiltonian

from symmeter.quantum import Hamiltonian, HilbertSpace, SymmetryGroup, lattices, models

QUIET = {"check_symm": False, "check_herm": False, "check_pcon": False}


def peer(static, basis, dtype=np.complex128):
    return hamiltonian(static, [], basis=basis, dtype=dtype, **QUIET).eigvalsh()


def exchange(edges, J=1.0, delta=1.0):
    flips = [[J / 2, i, j] for i, j in edges]
    return [["+-", flips], ["-+", flips], ["zz", [[J * delta, i, j] for i, j in edges]]]


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


def ring(n):
    return [(i, (i + 1) % n) for i in range(n)]


@pytest.mark.parametrize("k", [0, 5])
@pytest.mark.parametrize("parity", [1, -1])
def test_heisenberg_with_momentum_and_parity(k, parity):
    basis = spin_basis_1d(10, Nup=5, kblock=k, pblock=parity, pauli=False)
    sector = models.heisenberg(10).sector({"T": k, "P": "+" if parity == 1 else "-"}, ["T", "P"], {"Sz": 0})
    same(sector.eigenvalues(), peer(exchange(ring(10)), basis))


@pytest.mark.parametrize("k", range(4))
def test_xxz_with_momentum(k):
    basis = spin_basis_1d(9, Nup=4, kblock=k, pauli=False)
    theirs = peer(exchange(ring(9), 0.8, 1.3), basis)
    sector = models.xxz(9, 0.8, 1.3).sector({"T": k}, ["T"], {"Sz": -0.5})
    same(sector.eigenvalues(), theirs)


def test_heisenberg_with_spin_one():
    basis = spin_basis_1d(6, S="1", Nup=6, kblock=0, pblock=1, pauli=False)
    same(
        models.heisenberg(6, spin=1).sector({"T": 0, "P": "+"}, ["T", "P"], {"Sz": 0}).eigenvalues(),
        peer(exchange(ring(6)), basis),
    )


@pytest.mark.parametrize("flip", [1, -1])
def test_transverse_ising_with_spin_flip(flip):
    basis = spin_basis_1d(8, kblock=0, pblock=1, zblock=flip)
    static = [["zz", [[-1.0, i, j] for i, j in ring(8)]], ["x", [[-0.7, i] for i in range(8)]]]
    sector = models.ising(8, 1.0, 0.7).sector({"T": 0, "P": "+", "F": "+" if flip == 1 else "-"}, ["T", "P", "F"])
    same(sector.eigenvalues(), peer(static, basis))


def test_disordered_ising_in_a_tilted_field():
    rng = np.random.default_rng(0)
    across, along = rng.normal(size=7), rng.normal(size=7)
    static = [
        ["zz", [[-1.0, i, i + 1] for i in range(6)]],
        ["x", [[-h, i] for i, h in enumerate(across)]],
        ["z", [[-h, i] for i, h in enumerate(along)]],
    ]
    same(models.ising(7, 1.0, across, along, periodic=False).eigenvalues(), peer(static, spin_basis_1d(7)))


@pytest.mark.parametrize("k", [0, 1, 3])
def test_bose_hubbard_with_momentum(k):
    n, number = 6, 4
    basis = boson_basis_1d(n, Nb=number, sps=number + 1, kblock=k)
    static = [
        ["+-", [[-0.6, i, j] for i, j in ring(n)]],
        ["-+", [[-0.6, i, j] for i, j in ring(n)]],
        ["nn", [[1.1, i, i] for i in range(n)]],
        ["n", [[-1.1, i] for i in range(n)]],
    ]
    sector = models.bose_hubbard(n, number, 0.6, 2.2).sector({"T": k}, ["T"], {"N": number})
    same(sector.eigenvalues(), peer(static, basis))


@pytest.mark.parametrize("number", [3, 4])
def test_spinless_fermions_with_momentum(number):
    """Momenta of fermion states depend on conventions, so the sectors are compared together."""
    n = 8
    static = [
        ["+-", [[-1.0, i, j] for i, j in ring(n)]],
        ["-+", [[1.0, i, j] for i, j in ring(n)]],
        ["nn", [[0.9, i, j] for i, j in ring(n)]],
    ]
    spectra = models.spinless_fermions(n, 1.0, 0.9).spectra(["T"], {"N": number})
    whole = peer(static, spinless_fermion_basis_1d(n, Nf=number))
    same(spectra.energies, whole)
    for k in range(n):
        same(spectra[k,], peer(static, spinless_fermion_basis_1d(n, Nf=number, kblock=k)))


def test_fermi_hubbard_with_momentum():
    n = 5
    static = [
        ["+-|", [[-1.0, i, j] for i, j in ring(n)]], ["-+|", [[1.0, i, j] for i, j in ring(n)]],
        ["|+-", [[-1.0, i, j] for i, j in ring(n)]], ["|-+", [[1.0, i, j] for i, j in ring(n)]],
        ["n|n", [[3.0, i, i] for i in range(n)]],
    ]  # fmt: skip
    spectra = models.fermi_hubbard(n, 1.0, 3.0).spectra(["T"], {"Nup": 2, "Ndn": 3})
    for k in range(n):
        same(spectra[k,], peer(static, spinful_fermion_basis_1d(n, Nf=(2, 3), kblock=k)))


def test_hubbard_ring_with_a_flux():
    n, phase = 4, np.exp(0.4j)
    static = [
        ["+-|", [[-phase, i, j] for i, j in ring(n)]], ["-+|", [[phase.conj(), i, j] for i, j in ring(n)]],
        ["|+-", [[-phase, i, j] for i, j in ring(n)]], ["|-+", [[phase.conj(), i, j] for i, j in ring(n)]],
        ["n|n", [[2.0, i, i] for i in range(n)]],
    ]  # fmt: skip
    edges = lattices.chain(n).edges().tolist()
    hopping = [phase if (i, j) != (0, n - 1) else phase.conj() for i, j in edges]
    ours = models.fermi_hubbard(n, hopping, 2.0).eigenvalues({"Nup": 2, "Ndn": 1})
    same(ours, peer(static, spinful_fermion_basis_1d(n, Nf=(2, 1))))


def test_tj_without_double_occupancy():
    n, J = 5, 0.6
    # S+ S- with QuSpin's strings, all operators of the up species left of those of the down species.
    flips = [[-J / 2, i, j, i, j] for i, j in ring(n)]
    static = [
        ["+-|", [[-1.0, i, j] for i, j in ring(n)]], ["-+|", [[1.0, i, j] for i, j in ring(n)]],
        ["|+-", [[-1.0, i, j] for i, j in ring(n)]], ["|-+", [[1.0, i, j] for i, j in ring(n)]],
        ["+-|-+", [[-c, *s] for c, *s in flips]], ["-+|+-", [[-c, *s] for c, *s in flips]],
        ["n|n", [[-J / 2, i, j] for i, j in ring(n)] + [[-J / 2, j, i] for i, j in ring(n)]],
    ]  # fmt: skip
    basis = spinful_fermion_basis_general(n, Nf=(2, 1), double_occupancy=False)
    theirs = peer(static, basis)
    same(models.tj(n, 1.0, J).eigenvalues({"Nup": 2, "Ndn": 1}), theirs)


def test_square_lattice_with_both_momenta():
    lattice = lattices.square(4, 3)
    edges = lattice.edges().tolist()
    translations = {"T0": lattice.translation(0), "T1": lattice.translation(1)}
    model = models.heisenberg(lattice)
    group = model.symmetry_group("T0", "T1")
    for k in ((0, 0), (2, 0), (1, 2)):
        maps = {name: (np.argsort(p), q) for (name, p), q in zip(translations.items(), k)}
        basis = spin_basis_general(12, Nup=4, pauli=False, **{f"block{n}": m for n, m in maps.items()})
        sector = model.sector({"T0": k[0], "T1": k[1]}, group, {"Sz": -2})
        same(sector.eigenvalues(), peer(exchange(edges), basis))


def test_dzyaloshinskii_moriya_ring():
    """A complex Hamiltonian: D . (S x S) along z."""
    n, D = 8, 0.7
    terms = [(0.5j * D, (("S+", i), ("S-", j))) for i, j in ring(n)]
    terms += [(-0.5j * D, (("S-", i), ("S+", j))) for i, j in ring(n)]
    plain = models.heisenberg(n)
    ours = Hamiltonian(HilbertSpace.spins(n), [*plain.terms, *terms])
    static = [
        *exchange(ring(n)),
        ["+-", [[0.5j * D, i, j] for i, j in ring(n)]],
        ["-+", [[-0.5j * D, i, j] for i, j in ring(n)]],
    ]
    group = SymmetryGroup(ours.space, {"T": plain.symmetries["T"]})
    for k in range(n):
        theirs = peer(static, spin_basis_1d(n, Nup=4, kblock=k, pauli=False))
        mine = ours.sector({"T": k}, group, {"Sz": 0}).eigenvalues()
        mirrored = ours.sector({"T": -k}, group, {"Sz": 0}).eigenvalues()
        # QuSpin's momentum may count the other way round; without reflection the two differ.
        assert min(np.abs(mine - theirs).max(), np.abs(mirrored - theirs).max()) < 1e-10


def test_bosons_on_a_graph():
    edges = [(0, 1), (1, 2), (2, 0), (2, 3)]
    static = [
        ["+-", [[-1.0, i, j] for i, j in edges]],
        ["-+", [[-1.0, i, j] for i, j in edges]],
        ["nn", [[0.75, i, i] for i in range(4)] + [[0.3, i, j] for i, j in edges]],
        ["n", [[-0.75 - 0.2, i] for i in range(4)]],
    ]
    ours = models.bose_hubbard(lattices.graph(edges), 3, 1.0, 1.5, 0.2, 0.3).eigenvalues({"N": 3})
    same(ours, peer(static, boson_basis_general(4, Nb=3, sps=4)))


def test_matrices_entry_by_entry():
    """Sites and states are ordered alike, so whole matrices agree, not only their spectra."""
    spins = hamiltonian(exchange(ring(6), 0.8, 1.3), [], basis=spin_basis_1d(6, Nup=3, pauli=False), **QUIET)
    np.testing.assert_allclose(models.xxz(6, 0.8, 1.3).matrix({"Sz": 0}).toarray(), spins.toarray(), atol=1e-12)

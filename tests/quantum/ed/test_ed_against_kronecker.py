"""Matrices, sectors and spectra against dense Kronecker products: every model, every sector, NumPy and numba."""

import numpy as np
import pytest
from scipy import sparse

from symmeter.quantum import (
    Hamiltonian,
    HilbertSpace,
    ProductBasis,
    SymmetricBasis,
    Symmetry,
    SymmetryGroup,
    lattices,
    models,
)
from symmeter.quantum.ed.blocks import Block

RNG = np.random.default_rng(5)
CASES = {
    "heisenberg": (lambda: models.heisenberg(7), ["T", "P", "F"], {}),
    "heisenberg, Sz": (lambda: models.heisenberg(8, J2=0.3), ["T", "P"], {"Sz": 1}),
    "spin one": (lambda: models.heisenberg(4, spin=1, J2=0.2), ["T", "P", "F"], {}),
    "spin three halves": (lambda: models.xxz(3, delta=0.4, spin="3/2"), ["T", "P"], {}),
    "ising": (lambda: models.ising(6, 1.0, 0.7, 0.3), ["T", "P"], {}),
    "triangular": (lambda: models.heisenberg(lattices.triangular(3)), "lattice", {"Sz": "3/2"}),
    "square": (lambda: models.heisenberg(lattices.square(3, 2), field=0.2), None, {"Sz": 1}),
    "honeycomb": (lambda: models.heisenberg(lattices.honeycomb(2)), "lattice", {"Sz": 2}),
    "star": (lambda: models.heisenberg(lattices.graph([(0, 1), (0, 2), (0, 3), (0, 4)])), None, {}),
    "clock": (lambda: models.clock(4, 3), ["T", "P", "Q", "C"], {}),
    "clock of four": (lambda: models.clock(3, 4, f=0.4, periodic=False), ["Q", "C"], {}),
    "potts": (lambda: models.potts(4, 3, 1.0, 0.6), ["T", "Q", "S"], {}),
    "torus": (lambda: models.quantum_torus_chain(3, 0.9), ["U", "V"], {}),
    "torus, projective": (lambda: models.quantum_torus_chain(4, 0.9), ["U", "V", "T"], {}),
    "bose-hubbard": (lambda: models.bose_hubbard(4, 3, 0.7, 2.0, V=0.3), ["T", "P"], {"N": 3}),
    "driven, odd": (lambda: models.driven_bose_hubbard(4, 3), ["T", "R", "Pi"], {"N": 3}),
    "driven, even": (lambda: models.driven_bose_hubbard(4, 2), ["T", "R", "Pi"], {"N": 2}),
    "spinless": (lambda: models.spinless_fermions(6, V=0.8), ["T", "P"], {}),
    "hubbard": (lambda: models.fermi_hubbard(4, U=3.0), ["T", "P", "S"], {}),
    "hubbard, square": (lambda: models.fermi_hubbard(lattices.square(2, 2), U=3.0), None, {"Nup": 2, "Ndn": 2}),
    "colours": (lambda: models.sun_heisenberg(4, 3), ["T", "P", "Q", "S"], {}),
}


def group_of(hamiltonian, names):
    """The named symmetries, all of them for None, or those of the lattice."""
    if names == "lattice":
        names = [n for n in hamiltonian.symmetries if n != "F"]
    return hamiltonian.symmetry_group(*(names or ()))


def charged(hamiltonian, charges):
    """Places of the states with these charges in the tensor product, by brute force."""
    space = hamiltonian.space
    dims = [s.levels for s in space.sites]
    levels = np.stack(np.unravel_index(np.arange(np.prod(dims)), dims), axis=1)
    kept = np.ones(len(levels), dtype=bool)
    for name, total in charges.items():
        carriers = [(i, s.charges[name]) for i, s in enumerate(space.sites) if name in s.charges]
        values = sum(np.array(c.values)[levels[:, i]] for i, c in carriers)
        kept &= values == space.charge_units({name: total})[name]
    return np.flatnonzero(kept)


def dense(hamiltonian, charges):
    """Kronecker products of the terms' own matrices, Jordan-Wigner strings included."""
    space = hamiltonian.space
    dims = [s.levels for s in space.sites]
    total = sparse.csr_array((int(np.prod(dims)),) * 2, dtype=complex)
    for coefficient, factors in [(t.coefficient, t.factors) for t in hamiltonian.terms]:
        product = sparse.eye_array(total.shape[0], format="csr")
        for matrix, site, odd in factors:
            whole = np.ones((1, 1))
            for j, d in enumerate(dims):
                string = odd and j < site and space.sites[j].kind == "fermion"
                whole = sparse.kron(
                    whole, matrix if j == site else np.diag([1.0, -1.0]) if string else np.eye(d), "csr"
                )
            product = product @ whole
        total = total + coefficient * product
    places = charged(hamiltonian, charges)
    return total[places][:, places].toarray()


@pytest.fixture(scope="module")
def oracle():
    known = {}

    def spectrum(name):
        if name not in known:
            make, _, charges = CASES[name]
            known[name] = dense(make(), charges)
        return known[name]

    return spectrum


@pytest.mark.parametrize("name", CASES)
def test_matrix_is_the_kronecker_product(name, oracle):
    make, _, charges = CASES[name]
    found = make().matrix(charges).toarray()
    assert np.abs(found - oracle(name)).max() < 1e-12


@pytest.mark.parametrize("name", CASES)
def test_all_sectors_together_have_the_spectrum(name, oracle):
    make, names, charges = CASES[name]
    hamiltonian = make()
    spectra = hamiltonian.spectra(group_of(hamiltonian, names), charges)
    expected = np.linalg.eigvalsh(oracle(name))
    assert spectra.dimension == len(expected)
    assert len(spectra.levels) > 1 or spectra.group.is_projective
    np.testing.assert_allclose(spectra.energies, expected, atol=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_numba_and_numpy_agree(name):
    pytest.importorskip("numba")
    make, names, charges = CASES[name]
    hamiltonian = make()
    checked = hamiltonian.symmetric_basis(group_of(hamiltonian, names), charges)
    plain = SymmetricBasis(checked.basis, checked.group, compiled=False)
    compiled = SymmetricBasis(checked.basis, checked.group, compiled=True)
    np.testing.assert_array_equal(plain.orbits.representatives, compiled.orbits.representatives)
    np.testing.assert_array_equal(plain.orbits.label, compiled.orbits.label)
    np.testing.assert_array_equal(plain.orbits.stabilizer_start, compiled.orbits.stabilizer_start)
    for a, b in zip(plain.sectors(), compiled.sectors(), strict=True):
        left, right = Block(hamiltonian, a).matrix(compiled=False), Block(hamiltonian, b).matrix(compiled=True)
        assert abs(left - right).max() < 1e-12
        assert abs(left - left.conj().T).max() < 1e-12
        v = RNG.standard_normal(a.dimension) + 1j * RNG.standard_normal(a.dimension)
        for block, with_numba in ((Block(hamiltonian, a), False), (Block(hamiltonian, b), True)):
            np.testing.assert_allclose(block.apply(v, compiled=with_numba), left @ v, atol=1e-11)


@pytest.mark.parametrize(
    "name", ["heisenberg, Sz", "star", "potts", "torus, projective", "driven, odd", "hubbard, square"]
)
def test_embedded_states_are_eigenstates_and_orthonormal(name, oracle):
    make, names, charges = CASES[name]
    hamiltonian = make()
    matrix = oracle(name)
    found = []
    for block in hamiltonian.sectors(group_of(hamiltonian, names), charges):
        energies, states = block.eigenstates()
        whole = block.sector.embed(states)
        found.append(whole)
        np.testing.assert_allclose(matrix @ whole, whole * energies, atol=1e-10)
    together = np.concatenate(found, axis=1)
    np.testing.assert_allclose(together.conj().T @ together, np.eye(together.shape[1]), atol=1e-10)


@pytest.mark.parametrize("seed", range(6))
def test_random_operator_sums_on_mixed_spaces(seed, kronecker, hermitian_terms):
    rng = np.random.default_rng(seed)
    spaces = [
        HilbertSpace.spins(2, 1) * HilbertSpace.bosons(1, 2) * HilbertSpace.fermions(2),
        HilbertSpace.fermions(2) * HilbertSpace.clocks(1, 3) * HilbertSpace.fermions(2),
        HilbertSpace.spinful_fermions(2) * HilbertSpace.spins(1, "3/2"),
        HilbertSpace.colours(2, 3) * HilbertSpace.spins(2),
        HilbertSpace.clocks(2, 5),
        HilbertSpace.spins(5),
    ]
    space = spaces[seed]
    terms = hermitian_terms(space, 12, rng)
    found = Hamiltonian(space, terms).matrix().toarray()
    np.testing.assert_allclose(found, kronecker(space, terms), atol=1e-11)


@pytest.mark.parametrize("compiled", [False, True])
def test_products_on_many_sites(compiled, kronecker):
    """Strings that touch too many sites for a small matrix: bosons, Sx of spin 1, Pauli strings, fermions far apart."""
    if compiled:
        pytest.importorskip("numba")
    cases = [
        (HilbertSpace.bosons(4, 2), [(0.7, (("ad", 0), ("ad", 1), ("a", 2), ("a", 3), ("n", 0)))]),
        (HilbertSpace.bosons(3, 4), [(0.7 + 0.2j, (("ad", 0), ("a", 1), ("n", 2), ("a", 1), ("ad", 2)))]),
        (HilbertSpace.spins(5, 1), [(0.3, tuple(("Sx", i) for i in range(5)))]),
        (HilbertSpace.spins(9), [(0.3, tuple(("X" if i % 2 else "Y", i) for i in range(9)))]),
        (HilbertSpace.spins(9), [(0.3, tuple(("Z", i) for i in range(9)))]),
        (
            HilbertSpace.fermions(9),
            [(0.5j, tuple(("cd" if i % 2 else "c", i) for i in (8, 1, 0, 3, 2, 5, 4, 7, 6, 1)))],
        ),
    ]
    adjoint = {"a": "ad", "ad": "a", "c": "cd", "cd": "c"}
    for space, terms in cases:
        both = terms + [
            (complex(c).conjugate(), tuple((adjoint.get(n, n), i) for n, i in reversed(f))) for c, f in terms
        ]
        hamiltonian = Hamiltonian(space, both)
        block = Block(hamiltonian, SymmetricBasis(ProductBasis(space)).sector())
        np.testing.assert_allclose(block.matrix(compiled=compiled).toarray(), kronecker(space, both), atol=1e-12)


def test_tj_is_the_projected_hubbard_space(kronecker):
    """The t-J matrix is the block of its terms on states without double occupancy."""
    hamiltonian = models.tj(4, 1.0, 0.4)
    free = HilbertSpace.spinful_fermions(4)
    levels = free.levels(np.arange(256))
    kept = np.flatnonzero(~((levels[:, :4] & levels[:, 4:]).any(axis=1)))
    total = dense(hamiltonian, {})[np.ix_(kept, kept)]
    np.testing.assert_allclose(hamiltonian.matrix().toarray(), total, atol=1e-12)
    spectra = hamiltonian.spectra(["T", "P", "S"])
    np.testing.assert_allclose(spectra.energies, np.linalg.eigvalsh(total), atol=1e-11)


def test_a_constraint_projects_the_hamiltonian():
    """Flips of Rydberg atoms that may not be excited next to each other: the PXP chain, Fibonacci many states."""
    n = 8
    space = HilbertSpace.spins(n)
    hamiltonian = Hamiltonian(space, [(1.0, (("X", i),)) for i in range(n)], "PXP")
    apart = lambda levels: ~(((1 - levels) & (1 - np.roll(levels, 1, axis=1))).any(axis=1))  # noqa: E731
    basis = hamiltonian.basis(keep=apart)
    assert basis.size == 47  # Lucas number
    everything = hamiltonian.matrix().toarray()
    expected = np.linalg.eigvalsh(everything[np.ix_(basis.codes, basis.codes)])
    group = SymmetryGroup(space, {"T": Symmetry.sites(space, np.roll(np.arange(n), -1))})
    spectra = hamiltonian.spectra(group, keep=apart)
    np.testing.assert_allclose(spectra.energies, expected, atol=1e-12)
    np.testing.assert_allclose(hamiltonian.block(keep=apart).eigenvalues(), expected, atol=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
def test_codes_too_wide_for_tables_are_searched(compiled):
    """Ten boson sites of 32 levels need 50 bits; with two bosons three levels say the same."""
    if compiled:
        pytest.importorskip("numba")
    wide, narrow = models.bose_hubbard(10, 31, 1.0, 3.0), models.bose_hubbard(10, 2, 1.0, 3.0)
    checked = wide.symmetric_basis(["T", "P"], {"N": 2})
    assert len(checked.basis.rank_tables[1]) == 0
    basis = SymmetricBasis(checked.basis, checked.group, compiled=compiled)
    found = [np.repeat(np.linalg.eigvalsh(b.matrix(compiled).toarray()), b.degeneracy) for b in wide.on(basis)]
    np.testing.assert_allclose(np.sort(np.concatenate(found)), narrow.eigenvalues({"N": 2}), atol=1e-11)
    assert checked.basis.rank(np.array([3, checked.basis.codes[5]])).tolist() == [-1, 5]

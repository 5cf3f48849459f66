"""Spectra that are known in closed form or from the literature: free fermions, dimers, rings, SU(N), SO(4), clocks."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest

from symmeter.quantum import HilbertSpace, ProductBasis, lattices, models
from symmeter.quantum.ed.blocks import Block


def occupied(levels, number):
    """All sums of so many levels."""
    return np.sort([sum(c) for c in combinations(levels, number)])


@pytest.mark.parametrize("up", range(9))
def test_the_xx_ring_is_free_fermions(up):
    """Jordan-Wigner: momenta are shifted by half a step when the number of fermions is even."""
    n = 8
    k = 2 * np.pi * (np.arange(n) + (0.5 if up % 2 == 0 else 0.0)) / n
    found = models.xxz(n, delta=0.0).eigenvalues({"Sz": up - n / 2})
    np.testing.assert_allclose(found, occupied(np.cos(k), up), atol=1e-12)


@pytest.mark.parametrize("g", [0.3, 1.0, 1.7])
def test_the_transverse_ising_ring_is_free_fermions(g):
    n = 8
    spectra = models.ising(n, 1.0, g).spectra(["F"]).by_label()
    for parity in (0, 1):
        k = 2 * np.pi * (np.arange(n) + (0.5 if parity == 0 else 0.0)) / n
        energies = 2 * np.sqrt(1 + g * g - 2 * g * np.cos(k))
        if parity:
            energies[0] = 2 * (g - 1)
        levels = [
            sum(chosen) - energies.sum() / 2
            for many in range(parity, n + 1, 2)
            for chosen in combinations(energies, many)
        ]
        np.testing.assert_allclose(spectra[parity], np.sort(levels), atol=1e-11)


@pytest.mark.parametrize("periodic", [True, False])
def test_spinless_fermions_without_interaction(periodic):
    n = 7
    hopping = np.diag(np.ones(n - 1), 1)
    hopping[0, -1] = float(periodic)
    levels = np.linalg.eigvalsh(-(hopping + hopping.T))
    hamiltonian = models.spinless_fermions(n, periodic=periodic)
    for number in range(n + 1):
        np.testing.assert_allclose(hamiltonian.eigenvalues({"N": number}), occupied(levels, number), atol=1e-12)


def test_hubbard_without_repulsion_with_a_flux():
    """Complex hopping: a ring with a flux through it."""
    n, t = 4, np.exp(0.3j)
    edges = lattices.chain(n).edges()
    hopping = np.array([t if j == i + 1 else np.conj(t) for i, j in edges])
    matrix = np.zeros((n, n), dtype=complex)
    matrix[edges[:, 0], edges[:, 1]] = -hopping
    levels = np.linalg.eigvalsh(matrix + matrix.conj().T)
    found = models.fermi_hubbard(n, hopping, 0.0).eigenvalues({"Nup": 2, "Ndn": 1})
    expected = np.sort([a + b for a, b in product(occupied(levels, 2), occupied(levels, 1))])
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("u", [0.0, 1.0, 8.0])
def test_the_hubbard_dimer(u):
    found = models.fermi_hubbard(2, 1.0, u, periodic=False).eigenvalues({"Nup": 1, "Ndn": 1})
    root = np.sqrt(u * u + 16)
    np.testing.assert_allclose(found, np.sort([(u - root) / 2, 0.0, u, (u + root) / 2]), atol=1e-12)


def test_the_heisenberg_ring_of_four():
    """E = (S(S+1) - S_A(S_A+1) - S_B(S_B+1)) / 2 with S_A, S_B in {0, 1}."""
    levels = []
    for a, b in product((0, 1), repeat=2):
        for s in range(abs(a - b), a + b + 1):
            levels += [(s * (s + 1) - a * (a + 1) - b * (b + 1)) / 2] * (2 * s + 1)
    np.testing.assert_allclose(models.heisenberg(4).eigenvalues(), np.sort(levels), atol=1e-12)


@pytest.mark.parametrize(
    ("made", "charges", "energies"),
    [
        (lambda: models.heisenberg(6), {"Sz": 0}, [-2.80277564]),
        (lambda: models.heisenberg(8), {"Sz": 0}, [-3.65109341, -3.12841906]),
        (lambda: models.heisenberg(10), {"Sz": 0}, [-4.51544635, -4.51544635 + 0.42323905]),
        (lambda: models.heisenberg(12), {"Sz": 0}, [-5.38739092]),
        (lambda: models.heisenberg(8, J2=0.5), {"Sz": 0}, [-3.0, -3.0]),
        (lambda: models.heisenberg(6, spin=1), {"Sz": 0}, [-8.61742318, -8.61742318 + 0.72062736]),
        (lambda: models.ising(8, 1.0, 1.0), {}, [-10.25166179]),
        (lambda: models.sun_heisenberg(8, 4), dict.fromkeys(("N0", "N1", "N2"), 2), [-6.9210097400]),
        (lambda: models.sun_heisenberg(9, 3), dict.fromkeys(("N0", "N1"), 3), [-6.5794357591]),
        (lambda: models.sun_heisenberg(12, 2), {"N0": 6}, [-4.7747818349]),
        (lambda: models.fermi_hubbard(4, 1.0, 4.0), {"Nup": 2, "Ndn": 2}, [-2.1027484835]),
        (lambda: models.fermi_hubbard(lattices.square(2, 2), 1.0, 8.0), {"Nup": 2, "Ndn": 2}, [-1.3202349583]),
        (lambda: models.fermi_hubbard(6, 1.0, 4.0), {"Nup": 3, "Ndn": 3}, [-3.6687061789]),
    ],
)
def test_energies_from_the_literature(made, charges, energies):
    found = made().lowest(len(energies), charges)
    np.testing.assert_allclose(found, energies, atol=2e-8)


@pytest.mark.parametrize("length", [6, 8, 10])
def test_bethe_ansatz_of_the_heisenberg_ring(length):
    """Ground state of the antiferromagnetic ring from Bethe's equations, solved by iteration."""
    number = length // 2
    quantum = np.arange(number) - (number - 1) / 2
    x = np.zeros(number)
    for _ in range(3000):
        # 2 L arctan(2 x_j) = 2 pi I_j + 2 sum_k arctan(x_j - x_k)
        phases = (np.pi * quantum + np.arctan(x[:, None] - x[None, :]).sum(axis=1)) / length
        x = np.tan(phases) / 2
    energy = length / 4 - (2 / (1 + 4 * x**2)).sum()
    found = models.heisenberg(length).lowest(1, {"Sz": 0})
    np.testing.assert_allclose(found, [energy], atol=1e-9)


def test_multiplets_of_total_spin():
    """Ten spins 1/2: singlets, triplets, ... as often as the Catalan triangle says."""
    n = 8
    sizes = [len(models.heisenberg(n).eigenvalues({"Sz": s})) for s in range(n // 2 + 1)]
    assert sizes == [comb(n, n // 2 + s) for s in range(n // 2 + 1)]
    levels = {s: models.heisenberg(n).eigenvalues({"Sz": s}) for s in (0, 1)}
    pool = list(levels[0])
    for e in levels[1]:
        near = int(np.argmin(np.abs(np.array(pool) - e)))
        assert abs(pool.pop(near) - e) < 1e-10
    assert len(pool) == comb(n, n // 2) - comb(n, n // 2 - 1)


@pytest.mark.parametrize("length", [3, 4, 5])
def test_irreps_of_the_s3_chain(length):
    rng = np.random.default_rng(3)
    chain = models.clock(length, 3, rng.normal(1, 0.3, length - 1), rng.normal(1, 0.3, length), periodic=False)
    group = chain.symmetry_group("Q", "C")
    assert group.group.name == "S3"
    sizes = {(s.degeneracy, s.label.values): s.dimension for s in chain.sectors(group)}
    assert sizes[1, (0, 0)] == (3 ** (length - 1) + 1) // 2
    assert sizes[1, (0, 1)] == (3 ** (length - 1) - 1) // 2
    assert [v for (degree, _), v in sizes.items() if degree == 2] == [3 ** (length - 1)]


def test_the_torus_chain_at_self_duality():
    """L = 6, theta = pi/4: patterns {(00)}, {01, 02, 10, 20}, {11, 12, 21, 22}, 81 levels each."""
    rng = np.random.default_rng(1)
    spectra = models.quantum_torus_chain(6, np.pi / 4, rng.normal(1, 0.3, 6)).spectra(["U", "V"]).by_label()
    assert [len(e) for e in spectra.values()] == [81] * 9
    for pattern in ([(0, 1), (0, 2), (1, 0), (2, 0)], [(1, 1), (1, 2), (2, 1), (2, 2)]):
        for label in pattern[1:]:
            np.testing.assert_allclose(spectra[label], spectra[pattern[0]], atol=1e-11)
    assert np.abs(spectra[0, 1] - spectra[1, 1]).max() > 1e-3
    assert np.abs(spectra[0, 1] - spectra[0, 0]).max() > 1e-3


def test_the_torus_chain_off_self_duality():
    """theta = pi/4 + 0.1: {00}, {01, 02}, {10, 20}, {11, 12, 21, 22}."""
    spectra = models.quantum_torus_chain(6, np.pi / 4 + 0.1, np.linspace(0.8, 1.3, 6)).spectra(["U", "V"]).by_label()
    same = lambda a, b: np.abs(spectra[a] - spectra[b]).max() < 1e-10  # noqa: E731
    assert same((0, 1), (0, 2))
    assert same((1, 0), (2, 0))
    assert not same((0, 1), (1, 0))
    assert same((1, 1), (1, 2))
    assert same((1, 1), (2, 1))
    assert same((1, 1), (2, 2))


@pytest.mark.parametrize("length", [4, 5])
def test_the_torus_chain_is_projective_unless_three_divides_its_length(length):
    chain = models.quantum_torus_chain(length, 0.8, np.linspace(0.8, 1.3, length))
    group = chain.symmetry_group("U", "V")
    assert group.is_projective
    assert group.modulo_scalars().order == 9
    spectra = chain.spectra(group)
    assert [s.degeneracy for s in spectra] == [3]
    by_u = chain.spectra(["U"]).by_label()
    np.testing.assert_allclose(by_u[0], by_u[1], atol=1e-11)
    np.testing.assert_allclose(by_u[0], by_u[2], atol=1e-11)
    np.testing.assert_allclose(by_u[0], spectra.levels[0].energies, atol=1e-11)


def test_the_fourier_transform_of_the_torus_sites():
    """Multiplicities of F = 1, i, -1, -i in sector (0, 0) of six sites are 20, 20, 21, 20."""
    w = np.exp(2j * np.pi / 3)
    fourier = w ** np.outer(range(3), range(3)) / np.sqrt(3)
    chain = models.quantum_torus_chain(6, np.pi / 4)
    sector = chain.symmetric_basis(["U", "V"]).sector((0, 0))
    states = sector.embed(np.eye(81)).reshape((3,) * 6 + (81,))
    moved = states
    for site in range(6):
        moved = np.moveaxis(np.tensordot(fourier, moved, axes=(1, site)), 0, site)
    block = states.reshape(-1, 81).conj().T @ moved.reshape(-1, 81)
    turns = np.linalg.eigvals(block)
    counts = {z: int(np.sum(np.abs(turns - z) < 1e-8)) for z in (1, 1j, -1, -1j)}
    assert sorted(counts.values()) == [20, 20, 20, 21]
    assert counts[-1] == 21
    matrix = Block(chain, sector).dense()
    assert np.abs(block @ matrix - matrix @ block).max() < 1e-10


def test_the_driven_bose_hubbard_ring_is_projective_for_odd_numbers():
    """L = 8, five bosons: patterns {0, 4}, {2, 6}, {1, 3, 5, 7} of 99 levels; irreps of dimensions 2, 2, 2, 2, 4."""
    ring = models.driven_bose_hubbard(8, 5)
    momentum = ring.spectra(["T"], {"N": 5}).by_label()
    assert [len(momentum[k]) for k in range(8)] == [99] * 8
    for same in ([0, 4], [2, 6], [1, 3, 5, 7]):
        for k in same[1:]:
            np.testing.assert_allclose(momentum[k], momentum[same[0]], atol=1e-10)
    assert np.abs(momentum[0] - momentum[2]).max() > 1e-3
    spectra = ring.spectra(["T", "R", "Pi"], {"N": 5})
    assert [s.degeneracy for s in spectra] == [2, 2, 2, 2, 4]
    assert spectra.dimension == comb(12, 5)


def test_the_driven_ring_with_four_bosons():
    """Momenta k and -k agree; 43, 42 and 40 levels in 4, +-2 and the odd ones, 41 and a doubled one in 0."""
    momentum = models.driven_bose_hubbard(8, 4).spectra(["T"], {"N": 4}).by_label()
    assert {k: len(e) for k, e in momentum.items()} == {0: 43, 1: 40, 2: 42, 3: 40, 4: 43, 5: 40, 6: 42, 7: 40}
    for k in (1, 2, 3):
        np.testing.assert_allclose(momentum[k], momentum[8 - k], atol=1e-10)


def test_eta_pairing_makes_rectangles():
    """Random bipartite Hubbard chain of four sites: SO(4) multiplets (2s, 2 eta) as often as the dossier counts."""
    rng = np.random.default_rng(2)
    chain = models.fermi_hubbard(4, rng.normal(1, 0.3, 3), rng.normal(3, 0.5, 4), symmetric=True, periodic=False)
    levels = {}
    for up, dn in product(range(5), repeat=2):
        for e in chain.eigenvalues({"Nup": up, "Ndn": dn}):
            levels.setdefault(round(e, 8), []).append((up - dn, up + dn - 4))
    counts = {}
    for found in levels.values():
        spin, eta = max(a for a, _ in found), max(b for _, b in found)
        assert len(found) == (spin + 1) * (eta + 1)
        counts[spin, eta] = counts.get((spin, eta), 0) + 1
    assert counts == {
        (0, 0): 10, (0, 2): 9, (0, 4): 1, (1, 1): 16, (1, 3): 4, (2, 0): 9, (2, 2): 6, (3, 1): 4, (4, 0): 1,
    }  # fmt: skip


def test_the_potts_model_is_the_clock_model_of_three_levels():
    """``delta(a, b) = (1 + Z Zd + h.c.) / 3``."""
    potts = models.potts(5, 3, 3.0, 0.7).eigenvalues()
    clock = models.clock(5, 3, 1.0, 0.7).eigenvalues()
    np.testing.assert_allclose(potts, clock - 5, atol=1e-11)


def test_hard_core_bosons_are_the_xy_chain():
    bosons = models.bose_hubbard(6, 1, 0.5, 0.0).eigenvalues()
    spins = models.xxz(6, -1.0, 0.0).eigenvalues()
    np.testing.assert_allclose(bosons, spins, atol=1e-12)


@pytest.mark.parametrize(
    ("space", "charges", "size"),
    [
        (HilbertSpace.spins(20), {"Sz": 0}, comb(20, 10)),
        (HilbertSpace.spins(40), {"Sz": 0}, comb(40, 20)),
        (HilbertSpace.bosons(8, 5), {"N": 5}, comb(12, 5)),
        (HilbertSpace.spinful_fermions(10), {"Nup": 5, "Ndn": 5}, comb(10, 5) ** 2),
        (HilbertSpace.colours(12, 4), dict.fromkeys(("N0", "N1", "N2"), 3), 369_600),
        (HilbertSpace.tj(6), {"Nup": 2, "Ndn": 2}, comb(6, 2) * comb(4, 2)),
        (HilbertSpace.clocks(6, 3), {"Q": 0}, 3**5),
        (HilbertSpace.spins(4, 1), {}, 81),
    ],
)
def test_sizes_of_bases(space, charges, size):
    basis = ProductBasis(space, charges)
    assert (len(basis.codes) if basis.is_constrained else basis.unconstrained_size) == size


def test_the_square_of_sixteen_spins_with_its_whole_space_group():
    """256 operations, 40 irreps up to dimension six; ground state energy -0.7017802 a site (Schulz, Ziman 1992)."""
    model = models.heisenberg(lattices.square(4, 4))
    basis = model.symmetric_basis(None, {"Sz": 0})
    assert basis.basis.size == 12870
    whole = model.symmetric_basis(list(model.symmetries), {"Sz": 0})
    sectors = whole.sectors()
    assert sum(s.dimension * s.degeneracy for s in sectors) == 12870
    trivial = min(Block(model, s).lowest(1)[0] for s in sectors if s.degeneracy == 1)
    assert trivial / 16 == pytest.approx(-0.7017802, abs=1e-7)
    assert trivial == pytest.approx(model.block({"Sz": 0}).lowest(1)[0], abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("length", "colours", "momentum", "energy", "gap"),
    [(12, 4, 6, -10.1109837255, 0.610423), (12, 3, 0, -8.6245268046, 0.700305)],
)
def test_rings_of_colours_in_momentum_sectors(length, colours, momentum, energy, gap):
    """369 600 states of four colours: the ground state has momentum pi."""
    ring = models.sun_heisenberg(length, colours)
    charges = {f"N{a}": length // colours for a in range(colours - 1)}
    blocks = ring.sectors(["T"], charges)
    lowest = np.sort(np.concatenate([b.lowest(2) for b in blocks if b.label.values[0] <= length // 2]))
    ground = blocks[momentum].lowest(1)[0]
    assert abs(ground - energy) < 1e-8
    assert lowest[0] == pytest.approx(ground, abs=1e-9)
    assert abs(lowest[1] - lowest[0] - gap) < 1e-5


def test_dimensions_of_spaces():
    assert HilbertSpace.tj(5).dimension == 3**5 == ProductBasis(HilbertSpace.tj(5)).size
    both = HilbertSpace.spins(2) * HilbertSpace.tj(2) * HilbertSpace.bosons(1, 2)
    assert both.dimension == 4 * 9 * 3 == ProductBasis(both).size
    assert both.exclusive == ((2, 4), (3, 5))

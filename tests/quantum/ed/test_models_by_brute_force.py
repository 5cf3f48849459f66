"""Every model on every lattice: matrices from textbook formulas, and the union of all sectors of all its symmetries."""

from functools import reduce
from itertools import combinations

import numpy as np
import pytest

from symmeter.errors import FileFormatError, InputError
from symmeter.quantum import Hamiltonian, HilbertSpace, ProductBasis, SymmetryGroup, lattices, models
from symmeter.quantum.ed.lanczos import lowest_states
from symmeter.quantum.ed.sectors import SymmetricBasis
from symmeter.quantum.ed.symmetry import Symmetry
from symmeter.quantum.model_files import parse_model

LATTICES = {
    "one": lattices.chain(1),
    "two": lattices.chain(2),
    "ring of 4": lattices.chain(4),
    "ring of 5": lattices.chain(5),
    "line": lattices.chain(4, periodic=False),
    "square": lattices.square(2, 2),
    "ladder": lattices.square(3, 2, periodic=[True, False]),
    "triangular": lattices.triangular(2),
    "honeycomb": lattices.honeycomb(2, 1),
    "kagome": lattices.kagome(1),
    "star": lattices.graph([(0, 1), (0, 2), (0, 3)]),
}


def embedded(factors, dims):
    return reduce(np.kron, [factors.get(i, np.eye(d)) for i, d in enumerate(dims)])


def spin_matrices(s):
    m = s - np.arange(int(2 * s) + 1)
    up = np.diag(np.sqrt(s * (s + 1) - m[1:] * m[:-1]), 1)
    return (up + up.T) / 2, (up - up.T) / 2j, np.diag(m)


def heisenberg(lattice, s, delta):
    dims = [int(2 * s) + 1] * lattice.sites
    x, y, z = spin_matrices(s)
    out = np.zeros((dims[0] ** len(dims),) * 2, dtype=complex)
    for i, j in lattice.edges().tolist():
        for factor, m in ((1.0, x), (1.0, y), (delta, z)):
            out += factor * embedded({i: m, j: m}, dims)
    return out


def ladder_operators(modes):
    """Annihilators by Jordan and Wigner."""
    c, sign = np.array([[0.0, 1.0], [0.0, 0.0]]), np.diag([1.0, -1.0])
    return [embedded({i: c, **dict.fromkeys(range(i), sign)}, [2] * modes) for i in range(modes)]


def hubbard(lattice, t, U, mu):
    n = lattice.sites
    c = ladder_operators(2 * n)
    number = [a.T @ a for a in c]
    out = np.zeros_like(c[0])
    for i, j in lattice.edges().tolist():
        for s in (0, n):
            out -= t * (c[i + s].T @ c[j + s] + c[j + s].T @ c[i + s])
    for i in range(n):
        out += U * number[i] @ number[i + n] - mu * (number[i] + number[i + n])
    return out


def tj(lattice, t, J):
    n = lattice.sites
    c = ladder_operators(2 * n)
    number = [a.T @ a for a in c]
    out = hubbard(lattice, t, 0.0, 0.0)
    for i, j in lattice.edges().tolist():
        raising = [c[k].T @ c[k + n] for k in (i, j)]
        z = [(number[k] - number[k + n]) / 2 for k in (i, j)]
        both = (number[i] + number[i + n]) @ (number[j] + number[j + n])
        out += J * ((raising[0] @ raising[1].T + raising[0].T @ raising[1]) / 2 + z[0] @ z[1] - both / 4)
    single = np.ones(len(out), dtype=bool)
    for i in range(n):
        single &= np.diag(number[i] @ number[i + n]) == 0
    return out[np.ix_(single, single)]


def spinless(lattice, t, V, mu):
    c = ladder_operators(lattice.sites)
    number = [a.T @ a for a in c]
    out = -mu * sum(number)
    for i, j in lattice.edges().tolist():
        out = out - t * (c[i].T @ c[j] + c[j].T @ c[i]) + V * number[i] @ number[j]
    return out


def bosons(lattice, nmax, t, U, mu, V):
    dims = [nmax + 1] * lattice.sites
    a, n = np.diag(np.sqrt(np.arange(1.0, nmax + 1)), 1), np.diag(np.arange(nmax + 1.0))
    out = np.zeros((dims[0] ** len(dims),) * 2)
    for i, j in lattice.edges().tolist():
        out += V * embedded({i: n, j: n}, dims) - t * (embedded({i: a.T, j: a}, dims) + embedded({i: a, j: a.T}, dims))
    for i in range(lattice.sites):
        out += embedded({i: U / 2 * n @ (n - np.eye(nmax + 1)) - mu * n}, dims)
    return out


def clock(lattice, q, J, f, potts):
    dims = [q] * lattice.sites
    z, x = np.diag(np.exp(2j * np.pi * np.arange(q) / q)), np.roll(np.eye(q), 1, axis=0)
    out = np.zeros((q ** len(dims),) * 2, dtype=complex)
    # delta(a, b) = (1/q) sum_k w^(k (a - b))
    powers, weight = (range(q), 1 / q) if potts else ((1, -1), 1.0)
    for i, j in lattice.edges().tolist():
        for k in powers:
            out -= (
                J * weight * embedded({i: z**k * np.eye(q) if k >= 0 else z.conj(), j: np.diag(np.diag(z) ** -k)}, dims)
            )
    for i in range(lattice.sites):
        for k in range(1, q) if potts else (1, q - 1):
            out -= f * embedded({i: np.linalg.matrix_power(x, k)}, dims)
    return out


def exchange_of_colours(lattice, n):
    levels = np.indices((n,) * lattice.sites).reshape(lattice.sites, -1)
    out = np.zeros((levels.shape[1],) * 2)
    for i, j in lattice.edges().tolist():
        swapped = levels.copy()
        swapped[[i, j]] = levels[[j, i]]
        out[np.ravel_multi_index(tuple(swapped), (n,) * lattice.sites), np.arange(levels.shape[1])] += 1
    return out


def ising(lattice, J, g, h):
    dims = [2] * lattice.sites
    x, z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    out = np.zeros((2 ** len(dims),) * 2)
    for i, j in lattice.edges().tolist():
        out -= J * embedded({i: z, j: z}, dims)
    for i in range(lattice.sites):
        out -= embedded({i: g * x + h * z}, dims)
    return out


MODELS = {
    "heisenberg": (lambda a: models.heisenberg(a), lambda a: heisenberg(a, 0.5, 1.0)),
    "heisenberg, spin 3/2": (lambda a: models.heisenberg(a, spin="3/2"), lambda a: heisenberg(a, 1.5, 1.0)),
    "xxz, spin 1": (lambda a: models.xxz(a, 1.0, -0.6, spin=1), lambda a: heisenberg(a, 1.0, -0.6)),
    "ising": (lambda a: models.ising(a, 0.9, 0.7, 0.0), lambda a: ising(a, 0.9, 0.7, 0.0)),
    "ising, tilted": (lambda a: models.ising(a, 0.9, 0.7, 0.2), lambda a: ising(a, 0.9, 0.7, 0.2)),
    "hubbard": (lambda a: models.fermi_hubbard(a, 1.0, 3.0, 0.4), lambda a: hubbard(a, 1.0, 3.0, 0.4)),
    "t-J": (lambda a: models.tj(a, 1.0, 0.7), lambda a: tj(a, 1.0, 0.7)),
    "spinless": (lambda a: models.spinless_fermions(a, 1.0, 0.8, 0.3), lambda a: spinless(a, 1.0, 0.8, 0.3)),
    "bosons": (lambda a: models.bose_hubbard(a, 2, 1.0, 1.7, 0.2, 0.4), lambda a: bosons(a, 2, 1.0, 1.7, 0.2, 0.4)),
    "clock": (lambda a: models.clock(a, 3, 1.0, 0.6), lambda a: clock(a, 3, 1.0, 0.6, False)),
    "potts": (lambda a: models.potts(a, 3, 1.0, 0.6), lambda a: clock(a, 3, 1.0, 0.6, True)),
    "colours": (lambda a: models.sun_heisenberg(a, 3), lambda a: exchange_of_colours(a, 3)),
}
#: Levels a site, for the matrices of the oracle.
LEVELS = {
    "heisenberg, spin 3/2": 4,
    "hubbard": 4,
    "t-J": 4,
    "heisenberg": 2,
    "ising": 2,
    "ising, tilted": 2,
    "spinless": 2,
}
CASES = [
    (m, a) for m in MODELS for a in LATTICES if LEVELS.get(m, 3) ** LATTICES[a].sites <= (70 if "3/2" in m else 260)
]


@pytest.mark.parametrize(("model", "lattice"), CASES)
def test_the_union_of_all_sectors_is_the_whole_spectrum(model, lattice):
    ours, textbook = MODELS[model]
    made = ours(LATTICES[lattice])
    dense = textbook(LATTICES[lattice])
    np.testing.assert_allclose(made.matrix().toarray(), dense, atol=1e-12)
    expected = np.linalg.eigvalsh(dense)
    names = list(made.symmetries)
    groups = [[name] for name in names] + [list(pair) for pair in combinations(names[:3], 2)] + [names]
    for chosen in groups if names else [[]]:
        found = made.spectra(chosen or None)
        np.testing.assert_allclose(found.energies, expected, atol=1e-10)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("made", "chosen"),
    [
        (models.heisenberg(lattices.triangular(3, 2)), ["T0", "T1", "F"]),
        (models.potts(4, 3), ["Q", "S", "T", "P"]),
        (models.sun_heisenberg(4, 3), ["Q", "S", "T"]),
        (models.fermi_hubbard(lattices.chain(4)), ["T", "P", "S"]),
        (models.quantum_torus_chain(4), ["U", "V", "C"]),
        (models.tj(lattices.square(2, 2)), None),
    ],
    ids=lambda x: x.name if isinstance(x, Hamiltonian) else "",
)
def test_states_of_all_sectors_are_eigenstates_on_the_whole_space(made, chosen, compiled):
    """Also the non-Abelian and projective ones; matrices, products without a matrix and embedded vectors agree."""
    group = made.symmetry_group(*(chosen or list(made.symmetries)))
    basis = SymmetricBasis(ProductBasis(made.space), group, compiled)
    whole = made.matrix()
    rng = np.random.default_rng(0)
    states = 0
    for block in made.on(basis):
        matrix = block.matrix(compiled).toarray()
        v = rng.standard_normal(block.dimension)
        np.testing.assert_allclose(block.apply(v, compiled), matrix @ v, atol=1e-12)
        energies, vectors = np.linalg.eigh(matrix)
        lifted = block.sector.embed(vectors)
        np.testing.assert_allclose(lifted.conj().T @ lifted, np.eye(block.dimension), atol=1e-10)
        np.testing.assert_allclose(whole @ lifted, lifted * energies, atol=1e-10)
        states += block.dimension * block.degeneracy
    assert states == made.space.dimension


@pytest.mark.parametrize("compiled", [True, False, None])
def test_symmetries_that_change_a_charge_are_refused(compiled):
    """Charge conjugation at charge 1 of Z3, a cycle of colours, and a swap that moves a charge to another site."""
    clocks, colours = models.clock(3, 3), models.sun_heisenberg(4, 3)
    mixed = HilbertSpace.bosons(2, 2) * HilbertSpace.spins(2)
    swapped = Symmetry.local(mixed, [2, 0, 1], on=[0])
    cases = [
        (ProductBasis(clocks.space, {"Q": 1}), clocks.symmetry_group("C"), "C"),
        (ProductBasis(colours.space, {"N0": 2, "N1": 1}), colours.symmetry_group("Q"), "Q"),
        (ProductBasis(mixed, {"N": 2}), SymmetryGroup(mixed, {"W": swapped}), "W"),
    ]
    for basis, group, name in cases:
        with pytest.raises(InputError, match=f"the symmetry {name} takes .* out of itself"):
            SymmetricBasis(basis, group, compiled).orbits  # noqa: B018
    inside = SymmetricBasis(ProductBasis(clocks.space, {"Q": 0}), clocks.symmetry_group("C"), compiled)
    assert sum(s.dimension for s in inside.sectors()) == 9


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("copies", [2, 3, 7])
def test_all_copies_of_degenerate_levels(copies, seed):
    """An exact diagonal operator keeps rounding from bringing further copies in."""
    levels = np.concatenate([np.full(copies, -2.0), np.full(4, -1.5), np.linspace(0, 3, 600)])
    for k in (2, copies, copies + 3):
        energies, states = lowest_states(lambda v: levels * v, len(levels), k, rng=seed)
        np.testing.assert_allclose(energies, np.sort(levels)[:k], atol=1e-10)
        np.testing.assert_allclose(states.T @ states, np.eye(k), atol=1e-9)
        np.testing.assert_allclose(levels[:, None] * states, states * energies, atol=1e-9)


def test_the_multiplet_of_the_ferromagnet_is_whole():
    """S = 5 of ten spins: eleven states at -10/4, without any symmetry."""
    energies = models.heisenberg(10, J=-1.0).lowest(12)
    np.testing.assert_allclose(energies[:11], -2.5, atol=1e-10)
    assert energies[11] > -2.5 + 1e-3


def test_twisted_rings():
    """A flux through the ring spread over the bonds or put on one of them; translation with a gauge is a symmetry."""
    n, flux = 5, 2 * np.pi / 15
    edges = lattices.chain(n).edges().tolist()
    around = {(0, n - 1): -1}
    spread = [np.exp(1j * flux / n * around.get((i, j), 1)) for i, j in edges]
    one = [np.exp(-1j * flux) if (i, j) == (0, n - 1) else 1.0 for i, j in edges]
    levels = -2 * np.cos(2 * np.pi * np.arange(n) / n + flux / n)
    for make, charge in ((models.spinless_fermions, "N"), (lambda a, t: models.bose_hubbard(a, 2, t, 1.3), "N")):
        even, odd = make(n, spread), make(n, one)
        np.testing.assert_allclose(even.eigenvalues({charge: 1}), np.sort(levels), atol=1e-12)
        np.testing.assert_allclose(odd.eigenvalues(), even.eigenvalues(), atol=1e-10)
        assert not odd.symmetries
        turn = Symmetry.sites(even.space, [(i + 1) % n for i in range(n)])
        assert np.allclose(even.spectra({"T": turn}).energies, even.eigenvalues(), atol=1e-10)
        # exp(i flux) = exp(2 pi i / 15): the gauge on the site behind the twisted bond.
        phases = [[f"{(k if i == 0 else 0)}/15" for k in range(even.space.sites[0].levels)] for i in range(n)]
        gauge = Symmetry.phases(even.space, phases)
        found = [g for g in (gauge, gauge.conjugate()) if _commutes(odd, g * turn)]
        assert len(found) == 1
        assert np.allclose(odd.spectra({"T": found[0] * turn}).energies, odd.eigenvalues(), atol=1e-10)


def _commutes(made, g):
    u, h = g.matrix(), made.matrix()
    return abs(u @ h - h @ u).max() < 1e-10


def test_complex_hopping_has_a_direction():
    """A uniform phase on the bonds i < j is no uniform flux: the closing bond counts the other way round."""
    assert models.bose_hubbard(4, 2, t=np.exp(0.3j)).symmetries == {}
    assert set(models.bose_hubbard(4, 2, t=1 + 0j).symmetries) == {"T", "P"}
    assert models.heisenberg(2, J2=np.int64(0)).eigenvalues().round(9).tolist() == [-0.75, 0.25, 0.25, 0.25]


def test_empty_sectors_and_spaces_too_large_for_lanczos():
    empty = models.heisenberg(4).sector({"T": 1}, ["T"], {"Sz": 2})
    assert empty.dimension == 0
    assert len(empty.eigenvalues()) == 0
    with pytest.raises(InputError, match="the sector T=1 of Heisenberg on chain 4 is empty"):
        empty.lowest()
    with pytest.raises(InputError, match=r"Lanczos for 1 of 1099511627776 levels.*TiB.*fix charges \(Sz\)"):
        models.heisenberg(40).lowest()
    with pytest.raises(InputError, match="quantum number of T is a whole number modulo 4; got None"):
        models.heisenberg(4).sector({"T": None}, ["T"])
    with pytest.raises(InputError, match="edges are pairs of sites"):
        lattices.graph([(0.5, 1)])


def test_model_files_and_the_ends_of_chains():
    file = "{{model: quantum_torus_chain, lattice: {{kind: {}, size: 4{}}}}}"
    expected = models.quantum_torus_chain(4, periodic=False).eigenvalues()
    found = parse_model(file.format("chain", ", periodic: false")).hamiltonian.eigenvalues()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    with pytest.raises(FileFormatError, match="line 1: the model quantum_torus_chain lives on a chain; got square"):
        parse_model(file.format("square", ""))
    with pytest.raises(FileFormatError, match="periodic belongs to the lattice"):
        parse_model("{model: heisenberg, lattice: {kind: chain, size: 4}, parameters: {periodic: false}}")
    with pytest.raises(FileFormatError, match="lives on a ring"):
        parse_model(
            "{model: driven_bose_hubbard, lattice: {kind: chain, size: 4, periodic: false}, parameters: {bosons: 2}}"
        )
    many = "{lattice: {kind: chain, size: 2}, space: {kind: colour, N: 12}, terms: [{coefficient: 1, operators: '%s'}]}"
    assert len(parse_model(many % "E10,3_0 E3,10_0").hamiltonian.terms) == 1

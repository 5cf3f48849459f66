"""Spaces that lack irreps, projective classes beyond the library, traces in time, and the torus chain by hand."""

from __future__ import annotations

from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError, UnknownNameError
from symmeter.groups import FiniteGroup, identify, named_group, small_group, small_groups
from symmeter.quantum import models
from symmeter.quantum.symmetry_bootstrap import (
    SectorSpectra,
    Seed,
    bootstrap,
    known_subgroup,
    symmetric_random_spectra,
    xsff,
)
from symmeter.quantum.symmetry_bootstrap.central_covers import central_covers, cohomology, groups_with_projective_irreps
from symmeter.quantum.symmetry_bootstrap.identities import (
    centralizer_orders,
    index_test,
    number_of_double_cosets,
    ramp_matrix,
)
from symmeter.quantum.symmetry_bootstrap.patterns import find_patterns
from symmeter.quantum.symmetry_bootstrap.projective import central_extensions

S3 = named_group("S3")
Z3_IN_S3 = S3.subgroup([int(S3.class_representatives[2])])


# --- identities beyond order 24 ---------------------------------------------------------------------------------------


def test_identities_hold_for_every_pair_of_orders_twenty_five_to_thirty_one():
    pairs = 0
    for order in range(25, 32):
        for g in small_groups(order):
            for h in g.subgroup_classes:
                known = known_subgroup(h.group)
                a = ramp_matrix(g.character_table.branching(h))
                assert index_test(known, a).index == h.index
                assert a[0, 0] == number_of_double_cosets(h)
                orders, problem = centralizer_orders(known, a)
                assert problem == ""
                wanted = [len(g.centralizer(int(h.members[x]))) for x in h.group.class_representatives]
                assert orders.tolist() == wanted
                pairs += 1
    # 5 groups of order 27, 4 of order 28 and 30, 2 of order 26, and those of prime order and 25.
    assert pairs > 60


def test_round_trip_for_every_pair_of_order_sixteen():
    for g in small_groups(16):
        for h in g.subgroup_classes[:-1]:
            sizes = (6 * g.character_table.degrees).tolist()
            p = find_patterns(symmetric_random_spectra(h, sizes, "GOE", rng=1))
            wanted = g.character_table.branching(h)
            assert {tuple(r) for r in p.rows.tolist()} == {tuple(r) for r in wanted.tolist()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["D4", "A4"])
def test_ramp_of_two_hundred_realisations_gives_the_ramp_matrix(name):
    g = named_group(name)
    h = next(s for s in g.subgroup_classes if s.order == {"D4": 4, "A4": 3}[name] and s.is_normal == (name == "D4"))
    b = g.character_table.branching(h)
    sizes = [120] * len(b)
    spectra = symmetric_random_spectra(h, sizes, "GUE", realisations=200, rng=5)
    seed = xsff.seed(spectra, route="ramp")
    assert seed.antiunitary is False
    assert np.array_equal(seed.ramp, ramp_matrix(b))


# --- missing irreps ---------------------------------------------------------------------------------------------------


def test_space_without_the_sign_irrep_is_unresolved_and_not_inconsistent():
    # Blocks of sizes 3, 0, 5: the sign irrep of S3 carries no level.
    spectra = symmetric_random_spectra(Z3_IN_S3, [3, 0, 5], "GUE", rng=0)
    found = bootstrap(xsff.seed(spectra, route="levels"))
    assert found.status == "unresolved"
    assert "S3" in {g.name for g in found.groups}
    assert not found.complete
    assert found.summary.startswith("Unresolved: irreps of the hidden group are absent")


@pytest.mark.parametrize(("length", "number"), [(4, 1), (4, 2), (4, 3)])
def test_few_bosons_claim_no_order(length, number):
    h = models.driven_bose_hubbard(length, number)
    spectra = SectorSpectra.from_hamiltonian(h, "T", charges={"N": number})
    assert bootstrap(xsff.seed(spectra, route="levels")).status == "unresolved"


def test_one_level_an_irrep_is_no_evidence():
    # Nine levels without any coincidence fit every abelian group of order nine, and prove none.
    rng = np.random.default_rng(0)
    spectra = SectorSpectra.from_levels([np.sort(rng.standard_normal(3)) for _ in range(3)], "Z3")
    found = bootstrap(xsff.seed(spectra, route="levels"), antiunitary=False)
    assert {g.order for g in found.groups} == {3}


def test_nine_levels_do_not_choose_between_a_group_and_time_reversal():
    spectra = SectorSpectra.from_levels([[0.0, 1.0, 2.0], [0.1, 0.5, 1.5], [0.1, 0.5, 1.5]], "Z3")
    found = bootstrap(xsff.seed(spectra))
    assert found.status == "unresolved"
    assert {g.name for g in found.groups} == {"C3", "S3"}


@pytest.mark.parametrize("rows", [[[1, 2, 0]], [[0, 0, 1, 2]], [[0, 1, 2, 4]]])
def test_generators_that_are_no_permutations_are_refused(rows):
    with pytest.raises(InputError, match="no permutation of 0 to 3"):
        SectorSpectra.from_hamiltonian(np.eye(4), "Z3", rows)


def test_bad_options_and_entries_are_refused():
    with pytest.raises(NonFiniteError, match="NaN or infinite"):
        SectorSpectra.from_hamiltonian(np.full((3, 3), np.nan), "Z3", [[1, 2, 0]])
    with pytest.raises(InputError, match="True, False or 'auto'"):
        bootstrap(Seed.from_ramp([[2, 1], [1, 2]], "Z2"), antiunitary="maybe")


# --- projective classes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "p", "dimension"),
    [
        # Hom(H_2, Z_p) + Ext(H_1, Z_p) from the known Schur multipliers: D4, A4, S4 have Z2, Q8 and S3 none.
        ("Z2", 2, 1), ("Z3", 2, 0), ("Z2xZ2", 2, 3), ("D4", 2, 3), ("Q8", 2, 2), ("S3", 2, 1), ("A4", 2, 1),
        ("S4", 2, 2), ("A5", 2, 1), ("Z3xZ3", 3, 3), ("A4", 3, 1), ("S3", 3, 0),
    ],
)  # fmt: skip
def test_second_cohomology_is_the_known_one(name, p, dimension):
    assert cohomology(named_group(name), p)[1] == dimension


def test_covers_of_the_klein_group_and_of_a5():
    found = [identify(c).name for c in central_covers(named_group("Z2xZ2"), 2)]
    # Eight classes: one trivial, three C2 x C4, three D4, one Q8.
    assert {n: found.count(n) for n in set(found)} == {"C2^3": 1, "C2 x C4": 3, "D4": 3, "Q8": 1}
    # Degrees of the binary icosahedral group that A5 lacks: 2, 2, 4, 6.
    degrees = [sorted(c.character_table.degrees.tolist()) for c in central_covers(named_group("A5"), 2)]
    assert sorted(degrees) == [[1, 1, 3, 3, 3, 3, 4, 4, 5, 5], [1, 2, 2, 3, 3, 4, 4, 5, 6]]


def test_built_covers_agree_with_the_library_where_both_reach(monkeypatch):
    import symmeter.quantum.symmetry_bootstrap.central_covers as built

    known = known_subgroup("Z6")
    rows = np.array([[1, 0, 0, 1, 0, 0], [1, 0, 0, 1, 0, 0], [0, 1, 1, 0, 1, 1]])
    library = {base for _, base in central_extensions(known, rows, 24)}
    copies = {g.number: built._copies(g.group, known) for g in built.identities(24)}
    by_hand = {
        g
        for g in built.identities(24)
        for c in central_covers(g.group, 2)
        if copies[g.number]
        and built._carries(c, g.group, 2, known, copies[g.number], sorted(map(tuple, rows.tolist())))
    }
    assert by_hand == library


def bosons_by_hand(length, number):
    """T, R and Pi of bosons in momentum modes as matrices, on states sorted by occupations."""
    states = []
    for chosen in combinations_with_replacement(range(length), number):
        states.append(tuple(chosen.count(k) for k in range(length)))
    position = {s: i for i, s in enumerate(states)}

    def moved(change):
        u = np.zeros((len(states),) * 2, dtype=complex)
        for s, i in position.items():
            u[position[tuple(s[change(k) % length] for k in range(length))], i] = 1
        return u

    momentum = np.array([sum(k * n for k, n in enumerate(s)) for s in states])
    t = np.diag(np.exp(2j * np.pi * momentum / length))
    return t, moved(lambda k: -k), moved(lambda k: k + length // 2)


def test_odd_bosons_carry_a_projective_class_of_the_group_built_by_hand():
    t, r, pi = bosons_by_hand(6, 3)
    assert np.allclose(t @ pi, -pi @ t)
    # The group of T, R, Pi modulo phases, by multiplying out.
    gens = [t, r, pi]

    def key(u):
        first = u.ravel()[np.flatnonzero(np.abs(u.ravel()) > 0.5)[0]]
        return (np.round(u / first, 6) + 0.0).tobytes()

    elements, order = {key(np.eye(len(t), dtype=complex)): 0}, [np.eye(len(t), dtype=complex)]
    for u in order:
        for g in gens:
            v = g @ u
            if key(v) not in elements:
                elements[key(v)] = len(order)
                order.append(v)
    table = np.array([[elements[key(u @ v)] for v in order] for u in order])
    truth = identify(FiniteGroup(table))
    assert truth == identify(small_group(24, 14))
    spectra = SectorSpectra.from_hamiltonian(models.driven_bose_hubbard(6, 3), "T", charges={"N": 3})
    found = bootstrap(xsff.seed(spectra, route="levels"))
    assert found.status == "projective"
    assert found.order == 24
    assert truth in found.projective_groups


def test_projective_class_beyond_the_library_of_extensions_is_named():
    def row(*charges):
        return [int(a in charges) for a in range(8)]

    rows = np.array([row(0, 4), row(0, 4), row(2, 6), row(2, 6), row(1, 3, 5, 7)])
    found = {str(g) for g, _ in groups_with_projective_irreps(known_subgroup("Z8"), rows, 32)}
    assert "C2 x D8 (SmallGroup(32, 39))" in found
    # The sum over g, h commuting up to the class counts irreps; groups without Z8 cannot appear.
    assert all((small_group(32, int(s.split(", ")[1].rstrip(")"))).element_orders == 8).any() for s in found)


# --- traces -----------------------------------------------------------------------------------------------------------


def test_levels_come_back_from_traces():
    spectra = symmetric_random_spectra(Z3_IN_S3, [12, 9, 15], "GOE", rng=4)
    step = 5.5 / spectra.bandwidth
    t = step * np.arange(240)
    traces = {label: np.exp(-1j * np.outer(t, a[0])).sum(axis=1) for label, a in zip(spectra.labels, spectra.levels)}
    back = SectorSpectra.from_traces(t, traces, Z3_IN_S3.group)
    for mine, true in zip(back.levels, spectra.levels):
        assert np.abs(mine - true).max() < 1e-8
    assert sorted(map(tuple, find_patterns(back, 1e-7).rows.tolist())) == [(0, 1, 1), (1, 0, 0)]


def test_noisy_traces_give_the_group_through_the_plateau():
    rng = np.random.default_rng(2)
    spectra = symmetric_random_spectra(Z3_IN_S3, [12, 12, 24], "GOE", rng=0)
    t = np.concatenate([[0.0], np.sort(rng.uniform(1e3, 3e6, 160_000))])
    traces = {label: np.exp(-1j * np.outer(t, a[0])).sum(axis=1) for label, a in zip("012", spectra.levels)}
    for z in traces.values():
        z[1:] += 0.01 * (rng.standard_normal(len(t) - 1) + 1j * rng.standard_normal(len(t) - 1))
    seed = xsff.seed_of_traces(t, traces, "Z3", antiunitary=False)
    assert {r.pattern: r.levels for r in seed.rows} == {(1, 0, 0): 24.0, (0, 1, 1): 24.0}
    assert bootstrap(seed).name == "S3"
    with pytest.raises(SampleSizeError, match="not safe to round"):
        xsff.seed_of_traces(t[:200], {k: z[:200] for k, z in traces.items()}, "Z3")


def test_traces_that_are_none_are_refused():
    t = np.arange(40) * 0.5
    good = 1 + np.exp(-2j * t)
    with pytest.raises(ShapeError, match="40 values"):
        SectorSpectra.from_traces(t, [good[:-1], good], "Z2")
    with pytest.raises(UnknownNameError, match="no irrep of Z2"):
        SectorSpectra.from_traces(t, {"0": good, "5": good}, "Z2")
    with pytest.raises(InputError, match="evenly spaced"):
        SectorSpectra.from_traces(t**1.1, [good, good], "Z2")
    with pytest.raises(InputError, match=r"is 1\.5, no number"):
        SectorSpectra.from_traces(t, [good, 1.5 * np.exp(-1j * t)], "Z2")
    with pytest.raises(SampleSizeError, match="do not resolve"):
        SectorSpectra.from_traces(t[:6], [good[:6] * 4, good[:6] + np.exp(-1.1j * t[:6]) + np.exp(-0.3j * t[:6])], "Z2")


# --- the torus chain by hand ------------------------------------------------------------------------------------------

W = np.exp(2j * np.pi / 3)
U1 = np.diag([1, W, W**2])
V1 = np.roll(np.eye(3), 1, axis=0)


def at(length, **sites):
    """Product of one-site matrices; keys ``s0``, ``s1``, ..."""
    out = np.ones((1, 1), dtype=complex)
    for i in range(length):
        out = np.kron(out, sites.get(f"s{i}", np.eye(3)))
    return out


def torus_chain(length, theta, couplings, chiral=0.0):
    """Open chain; the chiral term keeps charge conjugation and breaks complex conjugation."""
    h = np.zeros((3**length,) * 2, dtype=complex)
    for i, j in zip(range(length), couplings):
        if i + 1 == length:
            break
        for m, c in ((U1, np.cos(theta)), (V1, np.sin(theta)), (U1 @ V1, chiral)):
            bond = j * c * at(length, **{f"s{i}": m, f"s{i + 1}": m.conj().T})
            h += bond + bond.conj().T
    every = [f"s{i}" for i in range(length)]
    return h, at(length, **dict.fromkeys(every, U1)), at(length, **dict.fromkeys(every, V1))


COUPLINGS = [1.0, 0.73, 1.31, 0.82, 1.12]


def names_of(pattern):
    labels = known_subgroup("Z3xZ3").labels
    return tuple(label.replace(",", "") for label, m in zip(labels, pattern) if m)


def test_chain_by_hand_has_the_algebra_of_the_dossier():
    assert np.allclose(U1 @ V1, W * V1 @ U1)


def test_self_dual_levels_split_evenly_under_the_fourier_matrix():
    h, _, _ = torus_chain(6, np.pi / 4, COUPLINGS)
    f1 = np.array([[W ** (a * b) for a in range(3)] for b in range(3)]) / np.sqrt(3)
    # U -> V -> U^+ under the right power of F; the phase is chosen so that the trace of F is +-i.
    f = at(6, **dict.fromkeys([f"s{i}" for i in range(6)], f1))
    assert np.abs(f @ h - h @ f).max() < 1e-12
    assert np.allclose(np.linalg.matrix_power(f1, 4), np.eye(3))
    every = [f"s{i}" for i in range(6)]

    def whole(m):
        return at(6, **dict.fromkeys(every, m))

    powers = [np.linalg.matrix_power(f1, n) for n in range(4)]
    shifts = [np.linalg.matrix_power(U1, a) @ np.linalg.matrix_power(V1, b) for a, b in product(range(3), repeat=2)]
    into = sum(whole(m) for m in shifts) / 9
    counts = []
    for q in range(4):
        project = sum(whole(m) * (1j ** (-q * n)) / 4 for n, m in enumerate(powers))
        counts.append(round((project * into.T).sum().real))
    assert sum(counts) == 81
    assert sorted(counts) == [20, 20, 20, 21]


def test_off_self_duality_time_reversal_joins_two_pairs_and_a_chiral_term_parts_them():
    theta = np.pi / 4 + 0.1
    h, u, v = torus_chain(3, theta, COUPLINGS)
    joined = find_patterns(SectorSpectra.from_hamiltonian(h, "Z3xZ3", [u, v]))
    assert {names_of(r) for r in joined.rows.tolist()} == {
        ("00",), ("01", "02"), ("10", "20"), ("11", "12", "21", "22"),
    }  # fmt: skip
    h, u, v = torus_chain(6, theta, COUPLINGS, chiral=0.2)
    spectra = SectorSpectra.from_hamiltonian(h, "Z3xZ3", [u, v])
    parted = find_patterns(spectra)
    assert {names_of(r) for r in parted.rows.tolist()} == {
        ("00",), ("01", "02"), ("10", "20"), ("11", "22"), ("12", "21"),
    }  # fmt: skip
    seed = xsff.seed(spectra, route="levels")
    assert set(seed.index_rows) == {2.0}
    found = bootstrap(seed, antiunitary=False)
    assert found.status == "unique"
    assert found.order == 18
    assert found.groups[0].name == "C3 : S3"


def test_hidden_symmetry_that_is_not_local_is_found_all_the_same():
    """A random circuit that commutes with N hides the Fourier matrix; no output changes."""
    h, u, v = torus_chain(3, np.pi / 4, COUPLINGS)
    rng = np.random.default_rng(1)
    mixing = np.zeros_like(h)
    x = rng.standard_normal(h.shape) + 1j * rng.standard_normal(h.shape)
    for a, b in product(range(3), repeat=2):
        g = np.linalg.matrix_power(u, a) @ np.linalg.matrix_power(v, b)
        mixing += g @ (x + x.conj().T) @ g.conj().T
    w, q = np.linalg.eigh(mixing)
    turn = (q * np.exp(1j * w)) @ q.conj().T
    plain = SectorSpectra.from_hamiltonian(h, "Z3xZ3", [u, v])
    hidden = SectorSpectra.from_hamiltonian(turn @ h @ turn.conj().T, "Z3xZ3", [u, v])
    assert all(np.abs(a - b).max() < 1e-10 for a, b in zip(plain.levels, hidden.levels))

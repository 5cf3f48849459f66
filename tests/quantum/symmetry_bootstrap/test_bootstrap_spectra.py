"""From levels to seeds to groups, on planted random blocks and on lattice models."""

from __future__ import annotations

import json

import numpy as np
import pytest

import symmeter as sm
from symmeter.errors import InputError, NonFiniteError, SampleSizeError, ShapeError, SymmeterError, UnknownNameError
from symmeter.groups import named_group, small_groups
from symmeter.quantum import models
from symmeter.quantum.symmetry_bootstrap import (
    ChargeSpectra,
    SectorSpectra,
    bootstrap,
    known_subgroup,
    symmetric_random_hamiltonian,
    symmetric_random_spectra,
    xsff,
)
from symmeter.quantum.symmetry_bootstrap.form_factors import CLASSES, form_factor, inverse_form_factor
from symmeter.quantum.symmetry_bootstrap.patterns import find_patterns
from symmeter.quantum.symmetry_bootstrap.plateau import exact_plateau, patterns_of_plateau, time_average

S3 = named_group("S3")
Z3_IN_S3 = S3.subgroup([int(S3.class_representatives[2])])


def regular(table, factor):
    """Multiplicities of a multiple of the regular representation."""
    return (factor * table.degrees).tolist()


def test_round_trip_for_every_pair_of_order_up_to_twelve():
    for order in (4, 6, 8, 12):
        for g in small_groups(order):
            for h in g.subgroup_classes[:-1]:
                spectra = symmetric_random_spectra(h, regular(g.character_table, 24), "GOE", rng=order)
                p = find_patterns(spectra)
                wanted = g.character_table.branching(h)
                assert sorted(map(tuple, p.rows.tolist())) == sorted(set(map(tuple, wanted.tolist())))
                for row, n in zip(p.rows, p.counts):
                    same = [i for i, w in enumerate(wanted.tolist()) if w == row.tolist()]
                    assert n == sum(24 * int(g.character_table.degrees[i]) for i in same)


@pytest.mark.parametrize(("ensemble", "present"), [("GOE", True), ("GUE", False)])
def test_ramp_and_gap_ratios_count_blocks_and_see_time_reversal(ensemble, present):
    spectra = symmetric_random_spectra(Z3_IN_S3, [120, 120, 240], ensemble, realisations=40, rng=3)
    seed = xsff.seed(spectra, route="ramp")
    assert seed.antiunitary is present
    assert seed.source == "ramp"
    assert [(r.pattern, r.blocks, r.ensemble) for r in seed.rows] == [
        ((1, 0, 0), 2, ensemble),
        ((0, 1, 1), 1, ensemble),
    ]
    assert bootstrap(seed).name == "S3"
    weight = 2 if present else 1
    off = np.abs(seed.gue_ramp - weight * np.array([[2, 0, 0], [0, 1, 1], [0, 1, 1]]))
    assert (off < 5 * seed.gue_ramp_error + 0.3 * weight).all()


def test_z3_with_time_reversal_is_told_from_s3_by_statistics():
    known = known_subgroup("Z3")
    spectra = symmetric_random_spectra(
        (known, np.eye(3, dtype=int)), 150, ["GOE", "GUE", "GUE"], realisations=60, rng=1, pairs=[(1, 2)]
    )
    found = bootstrap(xsff.seed(spectra))
    assert found.antiunitary
    assert found.index == 1
    assert [g.name for g in found.groups] == ["C3"]


def test_independent_levels_go_by_their_numbers_and_the_ramp_refuses():
    spectra = symmetric_random_spectra(Z3_IN_S3, [120, 120, 240], "Poisson", realisations=20, rng=2)
    with pytest.raises(SampleSizeError, match="whole number of blocks"):
        xsff.seed(spectra, route="ramp")
    seed = xsff.seed(spectra)
    assert seed.source == "levels"
    assert seed.antiunitary is None
    undecided = bootstrap(seed)
    assert "S3" in {g.name for g in undecided.groups}
    assert undecided.status == "ambiguous"
    assert bootstrap(seed, antiunitary=False).name == "S3"


def test_basis_does_not_matter():
    h, u = symmetric_random_hamiltonian(S3, [8, 7, 9], rng=0)
    cycle = int(S3.class_representatives[2])
    q = symmetric_random_hamiltonian(S3, [8, 7, 9], "GUE", rng=5)[0]
    w, v = np.linalg.eigh(q)
    turn = (v * np.exp(1j * w)) @ v.conj().T
    first = SectorSpectra.from_hamiltonian(h, "Z3", [u[cycle]])
    again = SectorSpectra.from_hamiltonian(turn @ h @ turn.conj().T, "Z3", [turn @ u[cycle] @ turn.conj().T])
    assert first.dims.tolist() == [15, 9, 9]
    for a, b in zip(first.levels, again.levels):
        assert np.abs(a - b).max() < 1e-10
    whole = np.sort(np.concatenate([a[0] for a in first.levels]))
    assert np.abs(whole - np.linalg.eigvalsh(h)).max() < 1e-10


def test_non_abelian_subgroup_of_a_matrix():
    s4 = named_group("S4")
    h, u = symmetric_random_hamiltonian(s4, [4, 4, 4, 4, 4], rng=0)
    s3 = next(x for x in s4.subgroup_classes if x.name == "S3")
    spectra = SectorSpectra.from_hamiltonian(h, s3.group, [u[s3.members[g]] for g in s3.group.generators])
    b = s4.character_table.branching(s3)
    assert spectra.dims.tolist() == (4 * b.sum(axis=0)).tolist()
    assert sorted(map(tuple, find_patterns(spectra).rows.tolist())) == sorted(set(map(tuple, b.tolist())))


def test_matrix_errors_say_what_is_wrong():
    h, u = symmetric_random_hamiltonian(S3, [3, 3, 3], rng=0)
    cycle = u[int(S3.class_representatives[2])]
    with pytest.raises(InputError, match=r"does not commute.*entries up to"):
        SectorSpectra.from_hamiltonian(h + np.diag(np.arange(len(h))), "Z3", [cycle])
    with pytest.raises(InputError, match="not Hermitian"):
        SectorSpectra.from_hamiltonian(h + 1j * np.eye(len(h)), "Z3", [cycle])
    with pytest.raises(InputError, match="breaks a relation"):
        SectorSpectra.from_hamiltonian(h, "Z2", [cycle])
    x, z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])
    with pytest.raises(InputError, match="N is projective"):
        SectorSpectra.from_hamiltonian(np.eye(2), "Z2xZ2", [x, z])


def test_bad_levels_say_what_is_wrong():
    good = {"0": [0.0, 1.0], "1": [0.5], "2": [0.5]}
    cases = [
        ({**good, "3": [1.0]}, UnknownNameError, "no irrep of Z3"),
        ({"0": [0.0], "1": [1.0]}, InputError, "'2' of Z3 is missing"),
        ({**good, "0": [1.0, 0.0]}, InputError, "not sorted at position 1"),
        ({**good, "0": [0.0, np.nan]}, NonFiniteError, "level 1 of realisation 0"),
        ({**good, "0": [[0.0], [1.0]]}, ShapeError, "different numbers of realisations"),
    ]
    for levels, kind, words in cases:
        with pytest.raises(kind, match=words):
            SectorSpectra.from_levels(levels, "Z3")
    with pytest.raises(SymmeterError, match="no group is called"):
        SectorSpectra.from_levels(good, "Z3y")
    with pytest.raises(SampleSizeError, match="has 1 levels"):
        xsff.seed(SectorSpectra.from_levels(good, "Z3"), route="ramp")


def test_accidental_coincidences_are_told_and_left_out():
    spectra = symmetric_random_spectra(Z3_IN_S3, [100, 100, 200], "GOE", rng=0)
    levels = [a.copy() for a in spectra.levels]
    levels[0][0, 50] = levels[1][0, 50]
    levels[0].sort(axis=1)
    found = find_patterns(SectorSpectra(spectra.known, tuple(levels)))
    assert [a.pattern for a in found.accidental] == [(1, 1, 1)]
    assert found.rows.tolist() == [[1, 0, 0], [0, 1, 1]]
    assert found.counts.tolist() == [200, 200]


def test_plateau_is_the_late_time_average_and_gives_the_patterns_back():
    spectra = symmetric_random_spectra(Z3_IN_S3, [30, 30, 60], "GOE", rng=0)
    patterns = find_patterns(spectra)
    p = exact_plateau(patterns)
    assert np.abs(time_average(spectra, 1e7) - p).max() < 0.2
    rows, counts = patterns_of_plateau(p, spectra.dims)
    assert {tuple(r): int(n) for r, n in zip(rows.tolist(), counts)} == {(1, 0, 0): 60, (0, 1, 1): 60}


def test_time_average_is_the_sum_over_all_pairs():
    spectra = symmetric_random_spectra(Z3_IN_S3, [5, 5, 5], "GUE", rng=0)
    width, center = 3.0, 1.7
    e = [a[0] for a in spectra.levels]
    d = e[0][:, None] - e[1][None, :]
    assert np.isclose(
        time_average(spectra, width, center)[0, 1], (np.exp(-((d * width) ** 2) / 2) * np.cos(d * center)).sum()
    )


def test_curve_at_time_zero_and_its_trace():
    spectra = symmetric_random_spectra(Z3_IN_S3, [5, 5, 5], "GUE", realisations=3, rng=0)
    curve = xsff.curve(spectra, np.array([0.0, 0.3]), filter=None, connected=False)
    assert np.allclose(curve.values[:, :, 0], np.outer(spectra.dims, spectra.dims))
    z = [np.exp(-0.3j * a).sum(axis=1) for a in spectra.levels]
    assert np.isclose(curve.between("X1", "X2")[1], (z[0] * z[1].conj()).mean())
    with pytest.raises(SampleSizeError):
        xsff.curve(spectra.realisation(0), np.array([1.0]))


def test_form_factors_invert_and_begin_with_two_over_beta():
    x = np.linspace(0.01, 0.6, 30)
    for name in CLASSES:
        assert np.abs(inverse_form_factor(name, form_factor(name, x)) - x).max() < 1e-6
        beta = {"GOE": 1, "GUE": 2, "GSE": 4}[name]
        assert np.isclose(form_factor(name, np.array([1e-6]))[0] / 1e-6, 2 / beta, rtol=1e-4)


def test_torus_chain_has_the_levels_and_group_of_the_dossier():
    spectra = SectorSpectra.from_hamiltonian(models.quantum_torus_chain(6, J=[1.0, 0.7, 1.3, 0.8, 1.1, 0.9]), "U,V")
    seed = xsff.seed(spectra, route="levels")
    assert [(r.levels, r.blocks, sum(r.pattern)) for r in seed.rows] == [(81, 4, 1), (81, 1, 4), (81, 1, 4)]
    assert [str(g) for g in bootstrap(seed).groups] == ["(C3 x C3) : C4 (SmallGroup(36, 9))"]


def test_driven_bosons_are_projective_for_odd_numbers():
    spectra = SectorSpectra.from_hamiltonian(models.driven_bose_hubbard(8, 5), "T", charges={"N": 5})
    seed = xsff.seed(spectra, route="levels")
    assert sorted((r.levels, r.blocks, r.pattern) for r in seed.rows) == [
        (99, 1, (0, 1, 0, 1, 0, 1, 0, 1)),
        (99, 2, (0, 0, 1, 0, 0, 0, 1, 0)),
        (99, 2, (1, 0, 0, 0, 1, 0, 0, 0)),
    ]
    found = bootstrap(seed)
    assert found.status == "projective"
    assert found.order == 32


def test_torus_of_length_four_is_refused_as_projective():
    with pytest.raises(InputError, match="3-fold degenerate"):
        SectorSpectra.from_hamiltonian(models.quantum_torus_chain(4), "U,V")


@pytest.mark.parametrize(("length", "projective"), [(3, True), (4, False)])
def test_hubbard_multiplets_are_those_of_so4(length, projective):
    rng = np.random.default_rng(0)
    h = models.fermi_hubbard(
        length, t=rng.uniform(0.5, 1.5, length - 1), U=rng.uniform(2, 6, length), symmetric=True, periodic=False
    )
    levels = {
        (f"{up - down}/2", f"{up + down - length}/2"): h.eigenvalues({"Nup": up, "Ndn": down})
        for up in range(length + 1)
        for down in range(length + 1)
    }
    found = bootstrap(ChargeSpectra.from_levels({",".join(k): v for k, v in levels.items()}))
    assert found.status == "continuous"
    assert found.weights.algebra == "A1 x A1"
    assert found.name == "SO(4)"
    assert found.weights.is_projective is projective
    if length == 4:
        counts = {tuple(int(2 * x) for x in w): n for w, _, n in found.weights.irreps}
        wanted = {(0, 0): 10, (0, 2): 9, (0, 4): 1, (1, 1): 16, (1, 3): 4, (2, 0): 9, (2, 2): 6, (3, 1): 4, (4, 0): 1}
        assert counts == wanted


def test_find_gives_a_report_that_saves(tmp_path):
    report = sm.find(models.quantum_torus_chain(6, J=[1.0, 0.7, 1.3, 0.8, 1.1, 0.9]), subgroup="U,V")
    assert report.best.group.name == "(C3 x C3) : C4"
    assert report.best.defect < 1e-9
    with pytest.raises(InputError, match="spectra alone"):
        report.best.projector() @ np.zeros(report.best.action.dimension)
    plain = json.loads(report.save(tmp_path / "r.json").read_text())
    assert plain["bootstrap"]["order"] == 36
    page = report.save(tmp_path / "r.html").read_text()
    assert "Character table" in page
    assert "svg-curves" in page


def test_find_reads_model_files_and_levels(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("{model: heisenberg, lattice: {kind: chain, size: 6}, charges: {Sz: 0}, subgroup: [T]}")
    assert "heisenberg" in repr(sm.find(path)).lower()
    spectra = symmetric_random_spectra(Z3_IN_S3, [40, 40, 80], "GOE", rng=0)
    np.savez(tmp_path / "levels.npz", **{str(i): a for i, a in enumerate(spectra.levels)})
    assert "S3" in sm.find(tmp_path / "levels.npz", subgroup="Z3").summary

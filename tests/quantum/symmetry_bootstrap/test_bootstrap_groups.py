"""The bootstrap finds the group that was planted, lists all that fit, and says why others do not."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError
from symmeter.groups import identify, named_group, small_groups
from symmeter.quantum.symmetry_bootstrap import Seed, bootstrap, known_subgroup
from symmeter.quantum.symmetry_bootstrap.algebra import search_rings
from symmeter.quantum.symmetry_bootstrap.branching_candidates import branching_matrices
from symmeter.quantum.symmetry_bootstrap.budget import Budget
from symmeter.quantum.symmetry_bootstrap.identities import (
    centralizer_orders,
    index_test,
    number_of_double_cosets,
    ramp_matrix,
)
from symmeter.quantum.symmetry_bootstrap.library_pairs import pairs_with_ramp
from symmeter.quantum.symmetry_bootstrap.ring_isomorphism import ring_isomorphism

A5_FROM_A4 = [[2, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 4]]
#: Charges in the order 0, 1, 2, 3, 4.
A5_FROM_Z5 = [[4, 2, 2, 2, 2], [2, 3, 2, 2, 3], [2, 2, 3, 3, 2], [2, 2, 3, 3, 2], [2, 3, 2, 2, 3]]


def every_pair(orders):
    """(G, H, sectors of H, branching) for every conjugacy class of subgroups."""
    for order in orders:
        for g in small_groups(order):
            for h in g.subgroup_classes:
                yield g, h, known_subgroup(h.group), g.character_table.branching(h)


@pytest.mark.parametrize(
    ("subgroup", "ramp", "name"),
    [
        ("Z3", [[2, 0, 0], [0, 1, 1], [0, 1, 1]], "S3"),
        ("Z2", [[2, 1], [1, 2]], "S3"),
        ("S3", [[2, 0, 1], [0, 2, 1], [1, 1, 3]], "S4"),
        ("A4", A5_FROM_A4, "A5"),
        ("Z5", A5_FROM_Z5, "A5"),
    ],
)
def test_ramp_matrix_alone_gives_the_group_of_the_dossier(subgroup, ramp, name):
    found = bootstrap(Seed.from_ramp(ramp, subgroup))
    assert found.status == "unique"
    assert found.complete
    assert [g.name for g in found.groups] == [name]
    assert found.best.found_by == ("algebra", "library")


def test_a5_has_golden_characters():
    table = bootstrap(Seed.from_ramp(A5_FROM_Z5, "Z5")).character_table
    assert table is not None
    assert np.isclose(np.abs(table.values - (1 + 5**0.5) / 2).min(), 0, atol=1e-12)
    gram = (table.values * table.group.class_sizes) @ table.values.conj().T / 60
    assert np.abs(gram - np.eye(5)).max() < 1e-10


def test_search_without_library_agrees_with_the_library_for_every_pair_up_to_order_twelve():
    """Neither side knows the other: fusion rings that pass all tests, and pairs (G, N) with that ramp."""
    for g, _, known, b in every_pair(range(1, 13)):
        a = ramp_matrix(b)
        budget = Budget(5_000)
        search = search_rings(known, branching_matrices(known, a, g.order, budget), g.order, budget)
        pairs = pairs_with_ramp(g.order, known, a)
        assert search.complete
        for ring in search.rings:
            assert any(
                ring_isomorphism((ring.branching, ring.fusion), (p.branching, p.fusion)) is not None for p in pairs
            )
        for p in pairs:
            assert any(
                ring_isomorphism((r.branching, r.fusion), (p.branching, p.fusion)) is not None for r in search.rings
            )


def test_truth_is_among_the_answers_for_every_pair_of_five_orders():
    for g, _, known, b in every_pair((6, 9, 10, 12, 14)):
        found = bootstrap(Seed.from_ramp(ramp_matrix(b), known))
        assert identify(g) in found.groups


def test_identities_hold_for_every_pair_up_to_order_twenty_four():
    for g, h, known, b in every_pair(range(2, 25)):
        a = ramp_matrix(b)
        assert index_test(known, a).index == h.index
        assert a[0, 0] == number_of_double_cosets(h)
        orders, problem = centralizer_orders(known, a)
        expected = [len(g.centralizer(int(h.members[x]))) for x in h.group.class_representatives]
        assert problem == ""
        assert orders.tolist() == expected


def test_torus_ramp_rejects_the_impostor_by_its_power_map():
    known = known_subgroup("Z3xZ3")
    a = np.zeros((9, 9), dtype=int)
    a[0, 0] = 4
    for orbit in (("0,1", "0,2", "1,0", "2,0"), ("1,1", "1,2", "2,1", "2,2")):
        i = [known.labels.index(x) for x in orbit]
        a[np.ix_(i, i)] = 1
    found = bootstrap(Seed.from_ramp(a, "Z3xZ3"))
    assert str(found.groups[0]) == "(C3 x C3) : C4 (SmallGroup(36, 9))"
    assert found.status == "unique"
    assert any("power map x -> x^2" in why for why in found.rejected)


def test_d4_and_q8_share_a_table_and_differ_in_power_maps_and_indicators():
    d4, q8 = named_group("D4"), named_group("Q8")
    assert np.allclose(
        np.sort_complex(d4.character_table.values.ravel()), np.sort_complex(q8.character_table.values.ravel())
    )
    extra = [int((g.power_map(2) != 0).sum()) for g in (d4, q8)]
    assert extra == [1, 3]
    assert [int(g.character_table.indicators[-1]) for g in (d4, q8)] == [1, -1]


def test_wigner_class_tells_d4_from_q8():
    rows = {(1, 0, 0, 0): 2, (0, 0, 1, 0): 2}
    plain = bootstrap(Seed.from_patterns({**rows, (0, 1, 0, 1): 1}, "Z4"))
    assert plain.status == "ambiguous"
    assert {g.name for g in plain.groups} == {"D4", "Q8"}
    goe = dict.fromkeys(rows, "GOE")
    real = bootstrap(Seed.from_patterns({**rows, (0, 1, 0, 1): 1}, "Z4", {**goe, (0, 1, 0, 1): "GOE"}))
    kramers = bootstrap(Seed.from_patterns({**rows, (0, 2, 0, 2): 1}, "Z4", {**goe, (0, 2, 0, 2): "GSE"}))
    assert [g.name for g in real.groups] == ["D4"]
    assert [g.name for g in kramers.groups] == ["Q8"]


def test_z3_with_time_reversal_and_s3_share_a_ramp():
    ramp = [[2, 0, 0], [0, 1, 1], [0, 1, 1]]
    with_t = bootstrap(Seed.from_ramp(ramp, "Z3", antiunitary=True))
    assert with_t.index == 1
    assert [g.name for g in with_t.groups] == ["C3"]
    assert [g.name for g in bootstrap(Seed.from_ramp(ramp, "Z3")).groups] == ["S3"]


def test_anti_unitary_that_does_not_commute_explains_four_fold_orbits():
    known = known_subgroup("Z3xZ3")

    def row(*names):
        return tuple(int(label in names) for label in known.labels)

    four = row("1,1", "1,2", "2,1", "2,2")
    blocks = {row("0,0"): 2, row("0,1", "0,2"): 1, row("1,0", "2,0"): 1, four: 1}
    seed = Seed.from_patterns(blocks, "Z3xZ3", {**dict.fromkeys(blocks, "GOE"), four: "GUE"})
    assert sorted(set(seed.index_rows)) == [2.0, 4.0]
    assert set(seed.gue_index_rows) == {4.0}
    found = bootstrap(seed)
    assert found.antiunitary
    assert found.order == 18
    assert found.groups[0].name == "C3 : S3"
    assert "anti-unitary" in found.summary


def test_projective_patterns_say_so():
    blocks = {(1, 0, 0, 0, 1, 0, 0, 0): 2, (0, 0, 1, 0, 0, 0, 1, 0): 2, (0, 1, 0, 1, 0, 1, 0, 1): 1}
    found = bootstrap(Seed.from_patterns(blocks, "Z8"))
    assert found.status == "projective"
    assert found.order == 32
    assert found.projective_dims == (2, 2, 2, 2, 4)


def test_projective_irreps_of_the_klein_group_are_found_in_its_extensions():
    found = bootstrap(Seed.from_patterns({(1, 1): 1}, "Z2"))
    assert found.status == "projective"
    assert found.order == 4
    assert "D4" in found.notes[0]
    assert "C2 x C2" in found.notes[0]


def test_beyond_the_library_the_table_is_still_found():
    g = named_group("S5")
    h = next(h for h in g.subgroup_classes if h.name == "S4")
    found = bootstrap(Seed.from_ramp(ramp_matrix(g.character_table.branching(h)), h.group))
    assert found.order == 120
    assert sorted(found.irreps.tolist()) == [1, 1, 4, 4, 5, 5, 6]
    mine, theirs = (np.sort(np.round(v.real.ravel(), 6)) for v in (found.best.values, g.character_table.values))
    assert np.array_equal(mine, theirs)


@pytest.mark.parametrize(
    ("ramp", "words"),
    [
        ([[2, 1], [1, 3]], "0: 3, 1: 4"),
        ([[2.5, 1], [1, 2]], "no integers"),
        ([[2, 1], [0, 2]], "symmetric"),
    ],
)
def test_bad_ramp_matrices_name_the_sectors(ramp, words):
    with pytest.raises(InputError, match=words):
        bootstrap(Seed.from_ramp(ramp, "Z2"))


def test_order_above_the_limit_is_refused():
    with pytest.raises(InputError, match="max_order=5"):
        bootstrap(Seed.from_ramp([[2, 1], [1, 2]], "Z2"), max_order=5)


def test_a_search_cut_short_says_so_and_the_library_completes_it():
    found = bootstrap(Seed.from_ramp([[24]], "trivial"), max_steps=50)
    assert found.complete
    assert len(found.groups) == 15
    assert any("cut short" in n for n in found.notes)

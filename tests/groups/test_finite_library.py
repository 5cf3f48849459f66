"""The library of groups of order up to 63: numbers, identification, names."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import ClosureError, InputError, UnknownNameError
from symmeter.groups import (
    FiniteGroup,
    MatrixGroup,
    alternating_group,
    cyclic,
    cyclic_group,
    dicyclic_group,
    dihedral,
    dihedral_group,
    direct_product_group,
    extraspecial_group,
    general_linear_group,
    identify,
    named_group,
    number_of_groups,
    small_group,
    small_groups,
    special_linear_group,
    symmetric,
    symmetric_group,
)
from symmeter.groups.fingerprints import fingerprint
from symmeter.groups.library import DATA_PATH, NUMBERS_OF_GROUPS, identities

# OEIS A000001 from 1 on.
KNOWN = (
    "1 1 1 2 1 2 1 5 2 2 1 5 1 2 1 14 1 5 1 5 2 2 1 15 2 2 5 4 1 4 1 51 1 2 1 14 1 2 2 14 1 6 1 4 2 2 1 52 2 5 1 5 1 "
    "15 2 13 2 2 1 13 1 2 4"
)


def test_the_numbers_of_groups_are_the_known_ones():
    assert list(NUMBERS_OF_GROUPS) == [int(x) for x in KNOWN.split()]
    assert [len(identities(n)) for n in range(1, 64)] == list(NUMBERS_OF_GROUPS)
    assert number_of_groups(32) == 51


def test_all_groups_are_groups_and_pairwise_different():
    seen = set()
    for n in range(1, 64):
        for g in small_groups(n):
            assert FiniteGroup(np.array(g.table)).order == n
            seen.add(fingerprint(g))
    # Isomorphic groups share a fingerprint, so that different ones prove different groups.
    assert len(seen) == sum(NUMBERS_OF_GROUPS)


def test_the_data_are_small():
    assert DATA_PATH.stat().st_size < 300_000


@pytest.mark.parametrize("n", [8, 16, 24, 32, 48, 54, 60])
def test_relabelled_groups_are_identified(n):
    rng = np.random.default_rng(n)
    for k in range(1, number_of_groups(n) + 1):
        t = small_group(n, k).table
        relabel = np.concatenate([[0], 1 + rng.permutation(n - 1)])
        back = np.argsort(relabel)
        moved = FiniteGroup(relabel[t[np.ix_(back, back)]])
        found = identify(moved)
        assert (found.order, found.number) == (n, k)


def test_prime_cases_of_theory():
    # Order p^2: two abelian groups; order p^3: five; order pq with q = 1 mod p: two; squarefree counts by Hoelder.
    for p in (2, 3, 5, 7):
        assert all(g.is_abelian for g in small_groups(p * p))
        assert number_of_groups(p * p) == 2
    assert number_of_groups(27) == number_of_groups(8) == 5
    assert sum(g.is_abelian for g in small_groups(32)) == 7
    assert sum(g.is_abelian for g in small_groups(48)) == 5
    assert sum(g.number_of_classes == 17 for g in small_groups(32)) == 2


@pytest.mark.parametrize(
    ("group", "number"),
    [
        # Numbers of the SmallGroups library as the literature cites them.
        (cyclic_group(4), 1),
        (symmetric_group(3), 1),
        (dihedral_group(4), 3),
        (dicyclic_group(2), 4),
        (alternating_group(4), 3),
        (special_linear_group(2, 3), 3),
        (symmetric_group(4), 12),
        (named_group("C7 : C3"), 1),
        (extraspecial_group(3, 1, "+"), 3),
        (extraspecial_group(2, 2, "+"), 49),
        (extraspecial_group(2, 2, "-"), 50),
        (direct_product_group(symmetric_group(3), symmetric_group(3)), 10),
        (general_linear_group(2, 3), 29),
        (alternating_group(5), 5),
        (named_group("2O"), 28),
        (named_group("Oh"), 48),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_numbers_that_papers_cite(group, number):
    assert identify(group).number == number


def test_identify_reads_every_kind_of_group():
    assert identify(dihedral(4)).name == "D4"
    assert identify(cyclic(6)).group.is_isomorphic(cyclic_group(6))
    assert identify(MatrixGroup([np.diag([1j, -1j]), np.array([[0, 1], [-1, 0]])])).name == "Q8"
    assert str(identify(symmetric(4))) == "S4 (SmallGroup(24, 12))"
    assert identify(symmetric(4)).to_json() == {"order": 24, "number": 12, "name": "S4"}
    with pytest.raises(InputError, match="order 120"):
        identify(symmetric(5))
    with pytest.raises(InputError, match=r"numbered 1\.\.5"):
        small_group(8, 6)
    with pytest.raises(InputError):
        small_group(0, 1)


@pytest.mark.parametrize("n", [12, 16, 18, 21, 24, 30, 36, 42, 60])
def test_names_of_direct_products_are_true(n):
    for g in small_groups(n):
        if " x " in g.name and ":" not in g.name and "." not in g.name:
            assert identify(named_group(g.name)) == identify(g)


@pytest.mark.parametrize(
    ("name", "order", "classes"),
    [
        ("Z6", 6, 6),
        ("D6", 12, 6),
        ("Q16", 16, 7),
        ("Dic5", 20, 8),
        ("SD16", 16, 7),
        ("M16", 16, 10),
        ("S5", 120, 7),
        ("A6", 360, 7),
        ("SL(2,5)", 120, 9),
        ("GL(2,3)", 48, 8),
        ("C2^3", 8, 8),
        ("C2 x S4", 48, 10),
        ("(C3 x C3) x S3", 54, 27),
        ("3^(1+2)-", 27, 11),
        ("SmallGroup(32, 49)", 32, 17),
        ("Td", 24, 5),
        ("2I", 120, 9),
        ("2T", 24, 7),
        ("Z3xZ3", 9, 9),
        ("(Z3xZ3):Z4", 36, 6),
        ("Z_3^2 : Z_4", 36, 6),
        ("S3×Z_2", 12, 6),
        ("C2 wr C2", 8, 5),
        ("V4", 4, 4),
        ("PSL(2,7)", 168, 6),
    ],
)
def test_names_are_read(name, order, classes):
    g = named_group(name)
    assert (g.order, g.number_of_classes) == (order, classes)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("D6x", UnknownNameError, "did you mean D6"),
        ("", UnknownNameError, "characters"),
        ("Q9", UnknownNameError, "Q8"),
        ("C5 : C8", InputError, r"SmallGroup\(40, 1\) or SmallGroup\(40, 3\)"),
        ("S12", ClosureError, "cap"),
        ("C99999", ClosureError, "order 99999"),
        ("SmallGroup(64, 1)", InputError, "1..63"),
        ("2^(1+3)+", UnknownNameError, "extraspecial"),
        ("GL(2,4)", InputError, "not prime"),
        ("C0", InputError, "at least 1"),
    ],
)
def test_names_that_are_refused(name, error, words):
    with pytest.raises(error, match=words) as e:
        named_group(name)
    assert "\n" not in str(e.value)

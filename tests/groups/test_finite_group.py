"""Cayley tables: validation, ways in, structure and products, against brute force, SymPy and known presentations."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symmeter.errors import ClosureError, InputError, NotAGroupElementError, ShapeError
from symmeter.groups import (
    FiniteGroup,
    MatrixGroup,
    PermutationGroup,
    alternating_group,
    central_product,
    cyclic_group,
    dicyclic_group,
    dihedral_group,
    direct_product_group,
    elementary_abelian_group,
    extraspecial_group,
    semidirect_product,
    special_linear_group,
    symmetric,
    symmetric_group,
    wreath_product,
)

# A loop of order 5 that is not a group: a Latin square with an identity (the smallest such loops have order 5).
LOOP = [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2], [2, 4, 0, 1, 3], [3, 2, 4, 0, 1], [4, 3, 1, 2, 0]]


def brute_force_group_axioms(t: np.ndarray) -> bool:
    n = len(t)
    identity = all(t[0, x] == x == t[x, 0] for x in range(n))
    inverse = all(any(t[x, y] == 0 for y in range(n)) for x in range(n))
    return (
        identity
        and inverse
        and all(t[t[a, b], c] == t[a, t[b, c]] for a in range(n) for b in range(n) for c in range(n))
    )


def test_a_loop_is_refused_with_a_triple_that_fails():
    t = np.array(LOOP)
    with pytest.raises(NotAGroupElementError, match=r"not associative.*triple \(a, b, c\) = \((\d), (\d), (\d)\)") as e:
        FiniteGroup(t)
    a, b, c = (int(x) for x in str(e.value).split("(a, b, c) = (")[1].rstrip(")").split(", "))
    assert t[t[a, b], c] != t[a, t[b, c]]


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ([[0, 1], [1, 1]], NotAGroupElementError, "row 1 .* element 1 twice"),
        ([[0, 1], [0, 1]], NotAGroupElementError, "column 0 .* element 0 twice"),
        ([[0, 2], [1, 0]], NotAGroupElementError, r"entry \(0, 1\) of the table is 2"),
        ([[0, -1], [1, 0]], NotAGroupElementError, r"entry \(0, 1\) of the table is -1"),
        ([[0, 1, 2], [1, 2, 0]], ShapeError, r"\(2, 3\)"),
        ([[0.0, 1.0], [1.0, 0.0]], NotAGroupElementError, "integers"),
        ([[1, 0, 2], [0, 2, 1], [2, 1, 0]], NotAGroupElementError, "no identity"),
        (np.zeros((0, 0), dtype=int), ShapeError, "square"),
    ],
)
def test_tables_that_are_no_groups(table, error, words):
    with pytest.raises(error, match=words) as e:
        FiniteGroup(np.array(table))
    assert "\n" not in str(e.value)


def test_an_identity_elsewhere_is_moved_to_the_front():
    n = 6
    shifted = (np.add.outer(np.arange(n), np.arange(n)) - 2) % n
    g = FiniteGroup(shifted)
    assert brute_force_group_axioms(g.table)
    assert g.is_isomorphic(cyclic_group(6))


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(7)).map(list), st.permutations(range(7)).map(list))
def test_relabelled_tables_are_the_same_group(p, q):
    g = special_linear_group(2, 3) if p[0] % 2 else dicyclic_group(5)
    rng = np.random.default_rng(p + q)
    relabel = np.concatenate([[0], 1 + rng.permutation(g.order - 1)])
    back = np.argsort(relabel)
    h = FiniteGroup(relabel[g.table[np.ix_(back, back)]])
    f = g.isomorphism(h)
    assert f is not None
    assert np.array_equal(f[g.table], h.table[f[:, None], f[None, :]])
    assert np.array_equal(np.sort(f), np.arange(g.order))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.permutations(range(5)), min_size=1, max_size=2))
def test_permutation_groups_become_tables_in_the_order_of_their_elements(generators):
    group = PermutationGroup([list(g) for g in generators])
    finite = group.to_finite()
    rows = group.elements_array()
    where = {tuple(r): k for k, r in enumerate(rows.tolist())}
    products = np.array([[where[tuple(a[b])] for b in rows] for a in rows])
    assert np.array_equal(finite.table, products)
    assert finite.closure(finite.generators).size == finite.order
    assert finite.is_abelian == group.is_abelian


def test_matrix_groups_become_tables_with_their_matrices():
    quarter, mirror = np.array([[0.0, -1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
    g = MatrixGroup([quarter, mirror]).to_finite()
    m = g.matrices
    assert m is not None
    assert np.abs(m[:, None] @ m[None] - m[g.table]).max() < 1e-12
    assert g.name == "D4"


def test_closure_past_the_cap():
    with pytest.raises(ClosureError, match="cap of 100"):
        symmetric(5).to_finite(cap=100)
    with pytest.raises(ClosureError, match="cap"):
        FiniteGroup.from_presentation("a^2, b^3, (ab)^5", cap=59)
    with pytest.raises(ClosureError, match="did not close"):
        FiniteGroup.from_presentation("a^2, b^2", cap=50)
    with pytest.raises(ClosureError, match="cap"):
        wreath_product(symmetric_group(4), symmetric(4))
    with pytest.raises(ClosureError):
        MatrixGroup([np.array([[0.6, -0.8], [0.8, 0.6]])], cap=200)


@pytest.mark.parametrize(
    ("text", "order", "name"),
    [
        ("a", 1, "C1"),
        ("a^12", 12, "C12"),
        ("a^4, b^2 = a^2, b a b^-1 = a^-1", 8, "Q8"),
        ("a, b | a^2, b^2, (a b)^5", 10, "D5"),
        ("a^7, b^3, B a b = a^2", 21, "C7 : C3"),
        ("a^2, b^3, (a b)^4", 24, "S4"),
        ("<a, b | a^3, b^3, (a b)^2>", 12, "A4"),
        ("a^2, b^2, c^2, (ab)^3, (bc)^3, [a, c]", 24, "S4"),
        ("a^2, b^3, (a*b)^5", 60, "A5"),
        ("a^3 = b^2, b^2 = (a b)^2 ", 12, "Dic3"),
        ("a^2 = b^3, b^3 = (ab)^5, a^4", 120, "SL(2,5)"),
        ("a^2, b^3, (ab)^7, [a, b]^4", 168, "GL(3,2)"),
        ("a b = b a, a^2, b^2", 4, "C2 x C2"),
        ("a^2, b^3, (a b)^7, (a b a b^-1)^4", 168, "GL(3,2)"),
        ("a^( 2 ), b^(-3), (a b^-1)^2", 6, "S3"),
    ],
)
def test_presentations(text, order, name):
    g = FiniteGroup.from_presentation(text)
    assert FiniteGroup(np.array(g.table)) == g
    assert (g.order, g.name) == (order, name)


def test_presentations_agree_with_sympy():
    fp = pytest.importorskip("sympy.combinatorics.fp_groups")
    free = pytest.importorskip("sympy.combinatorics.free_groups")
    for k, m, n in [(2, 3, 3), (2, 3, 4), (2, 4, 4), (3, 3, 3), (2, 3, 5)]:
        extra = "" if (k, m, n) not in [(2, 4, 4), (3, 3, 3)] else ", [a, b]^2"
        group, a, b = free.free_group("a, b")
        relators = [a**k, b**m, (a * b) ** n]
        if extra:
            relators.append((a * b * a**-1 * b**-1) ** 2)
        assert (
            FiniteGroup.from_presentation(f"a^{k}, b^{m}, (ab)^{n}{extra}").order == fp.FpGroup(group, relators).order()
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a^2, (b", "bracket"),
        ("a | b^2", "no generator"),
        ("a^x", "integer exponent"),
        ("", "names no generator"),
        ("a^999999, b^999999", "longer than"),
        ("(" * 80 + "a" + ")" * 80, "deeper"),
        ("[a]", "commutator"),
    ],
)
def test_presentations_that_cannot_be_read(text, words):
    with pytest.raises(InputError, match=words):
        FiniteGroup.from_presentation(text)


def test_structure_against_brute_force():
    g = special_linear_group(2, 3)
    t, n = g.table, g.order
    assert set(g.center.tolist()) == {x for x in range(n) if all(t[x, y] == t[y, x] for y in range(n))}
    commutators = {int(t[t[a, b], t[g.inverses[a], g.inverses[b]]]) for a in range(n) for b in range(n)}
    assert set(g.derived_subgroup.tolist()) == set(g.closure(sorted(commutators)).tolist())
    for x in range(n):
        conjugates = {int(t[t[h, x], g.inverses[h]]) for h in range(n)}
        assert set(g.classes[g.class_labels[x]].tolist()) == conjugates
        assert [t[h, x] == t[x, h] for h in range(n)] == [h in g.centralizer(x).tolist() for h in range(n)]
    for k in (-3, -1, 0, 2, 5):
        powers = g.power(k)
        for x in range(n):
            y = 0
            for _ in range(abs(k)):
                y = int(t[y, x if k >= 0 else g.inverses[x]])
            assert powers[x] == y


@pytest.mark.parametrize(
    ("group", "series", "central", "exponent"),
    [
        (symmetric_group(4), [24, 12, 4, 1], [24, 12], 12),
        (dihedral_group(8), [16, 4, 1], [16, 4, 2, 1], 8),
        (alternating_group(5), [60], [60], 30),
        (dicyclic_group(3), [12, 3, 1], [12, 3], 12),
        (extraspecial_group(3), [27, 3, 1], [27, 3, 1], 3),
        (cyclic_group(1), [1], [1], 1),
    ],
)
def test_series(group, series, central, exponent):
    assert [s.size for s in group.derived_series] == series
    assert [s.size for s in group.lower_central_series] == central
    assert group.exponent == exponent
    assert group.is_solvable == (series[-1] == 1)
    assert group.is_nilpotent == (central[-1] == 1)


def test_simple_and_perfect():
    assert alternating_group(5).is_simple
    assert special_linear_group(2, 5).is_perfect
    assert not special_linear_group(2, 5).is_simple
    assert cyclic_group(7).is_simple
    assert not cyclic_group(1).is_simple


def test_direct_product_is_the_pairs():
    a, b = symmetric_group(3), dicyclic_group(2)
    g = direct_product_group(a, b)
    for x, y in [(5, 9), (40, 17), (31, 46)]:
        (p, q), (r, s) = divmod(x, 8), divmod(y, 8)
        assert g.product(x, y) == a.product(p, r) * 8 + b.product(q, s)
    assert g.number_of_classes == a.number_of_classes * b.number_of_classes
    assert brute_force_group_axioms(direct_product_group(cyclic_group(2), symmetric_group(3)).table)


def test_semidirect_product():
    holomorph = semidirect_product(cyclic_group(5), cyclic_group(4), {1: [2 * x % 5 for x in range(5)]})
    assert FiniteGroup(np.array(holomorph.table)).center.size == 1
    assert holomorph.number_of_classes == 5
    trivial = semidirect_product(cyclic_group(3), cyclic_group(4), {1: [0, 1, 2]})
    assert trivial.is_isomorphic(cyclic_group(12))
    whole = [[x if h % 2 == 0 else -x % 3 for x in range(3)] for h in range(4)]
    assert semidirect_product(cyclic_group(3), cyclic_group(4), np.array(whole)).is_isomorphic(dicyclic_group(3))
    with pytest.raises(NotAGroupElementError, match="no homomorphism"):
        semidirect_product(cyclic_group(5), cyclic_group(3), {1: [2 * x % 5 for x in range(5)]})
    with pytest.raises(NotAGroupElementError, match="no automorphism"):
        semidirect_product(cyclic_group(4), cyclic_group(2), {1: [0, 2, 1, 3]})
    with pytest.raises(NotAGroupElementError, match="not permute"):
        semidirect_product(cyclic_group(4), cyclic_group(2), {1: [0, 2, 0, 2]})
    with pytest.raises(InputError, match="too few"):
        semidirect_product(cyclic_group(4), elementary_abelian_group(2, 2), {1: [0, 3, 2, 1]})


def test_central_products():
    d, q, c4 = dihedral_group(4), dicyclic_group(2), cyclic_group(4)
    assert central_product(d, c4).is_isomorphic(central_product(q, c4))
    assert not central_product(d, d).is_isomorphic(central_product(d, q))
    assert central_product(c4, c4, {2: 2}).is_isomorphic(direct_product_group(cyclic_group(2), c4))
    assert central_product(d, q, {}).order == 64
    with pytest.raises(NotAGroupElementError, match="centres"):
        central_product(d, q, {1: 1})
    with pytest.raises(NotAGroupElementError, match="no isomorphism"):
        central_product(c4, c4, {1: 2})


def test_wreath_products_match_the_permutations_that_keep_blocks():
    g = wreath_product(cyclic_group(2), symmetric(3))
    kept = [
        p
        for p in permutations(range(6))
        if all({p[2 * i] // 2, p[2 * i + 1] // 2} in ({0}, {1}, {2}) for i in range(3))
    ]
    h = PermutationGroup([list(p) for p in kept]).to_finite()
    assert len(kept) == g.order == 48
    assert g.is_isomorphic(h)
    assert wreath_product(cyclic_group(2), cyclic_group(2)).is_isomorphic(dihedral_group(4))
    assert FiniteGroup(np.array(wreath_product(cyclic_group(3), cyclic_group(2)).table)).order == 18


def test_immutable_and_hashable():
    g = cyclic_group(4)
    assert not g.table.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        g.table[0, 0] = 1
    assert len({g, cyclic_group(4), cyclic_group(5)}) == 2
    assert 3 in g
    assert 4 not in g
    assert list(g.elements()) == [0, 1, 2, 3]
    with pytest.raises(InputError, match="no element"):
        g.product(1, 7)


def test_class_names_go_on_after_z():
    names = elementary_abelian_group(2, 5).class_names
    assert names[0] == "1a"
    assert names[26] == "2z"
    assert names[27] == "2aa"
    assert len(set(names)) == 32

"""Character tables: exact orthogonality, published tables, and the identities of restriction, induction and fusion."""

from __future__ import annotations

from math import gcd

import numpy as np
import pytest

from symmeter.errors import InputError, ShapeError
from symmeter.groups import (
    Cyclotomic,
    alternating_group,
    burnside_dixon,
    cyclic_group,
    dicyclic_group,
    dihedral_group,
    direct_product_group,
    elementary_abelian_group,
    extraspecial_group,
    named_group,
    small_groups,
    special_linear_group,
    symmetric_group,
)

z = Cyclotomic.root
PHI = z(5) + z(5, 4) + 1
W = z(3)

SOME = [
    cyclic_group(1),
    cyclic_group(8),
    cyclic_group(15),
    dihedral_group(7),
    dicyclic_group(3),
    symmetric_group(4),
    alternating_group(5),
    special_linear_group(2, 3),
    special_linear_group(2, 5),
    extraspecial_group(3),
    extraspecial_group(2, 2, "-"),
    named_group("C7 : C3"),
    named_group("2O"),
    symmetric_group(5),
]


@pytest.mark.parametrize("g", SOME, ids=lambda g: g.name)
def test_orthogonality_is_exact(g):
    x = g.character_table.exact
    sizes = g.class_sizes.tolist()
    k = len(x)
    conjugate = [[v.conjugate() for v in row] for row in x]
    for i in range(k):
        for j in range(i + 1):
            total = sum((s * a * b for s, a, b in zip(sizes, x[i], conjugate[j])), Cyclotomic(1, [0]))
            assert total == (g.order if i == j else 0)
            total = sum((x[r][i] * conjugate[r][j] for r in range(k)), Cyclotomic(1, [0]))
            assert total == (g.order // sizes[i] if i == j else 0)


def orthogonal_modulo_a_prime(g) -> bool:
    """Both relations in F_p for a large p = 1 mod e, where a root of unity of order e exists."""
    e, t = g.exponent, g.character_table.eigenvalue_multiplicities
    p = next(p for p in range(10**6 // e * e + 1, 10**8, e) if all(p % d for d in range(2, int(p**0.5) + 1)))
    root = (
        next(
            r
            for h in range(2, p)
            for r in [pow(h, (p - 1) // e, p)]
            if all(pow(r, e // q, p) != 1 for q in range(2, e + 1) if e % q == 0)
        )
        if e > 1
        else 1
    )
    powers = np.array([pow(root, k, p) for k in range(e)])
    x, y = t @ powers % p, t @ powers[(-np.arange(e)) % e] % p
    rows = (x * g.class_sizes % p) @ y.T % p
    return bool(np.array_equal(rows, np.eye(len(t), dtype=int) * g.order % p))


@pytest.mark.parametrize("n", [*range(1, 32), 36, 48, 54, 60])
def test_tables_of_the_library(n):
    for g in small_groups(n):
        t = g.character_table
        assert orthogonal_modulo_a_prime(g)
        assert (t.degrees**2).sum() == n
        assert all(n % d == 0 for d in t.degrees.tolist())
        assert np.abs((t.values * g.class_sizes) @ t.values.conj().T / n - np.eye(len(t))).max() < 1e-10
        # Frobenius and Schur: square roots of 1 are counted by the indicators.
        assert (t.indicators * t.degrees).sum() == (g.element_orders <= 2).sum()
        assert (t.degrees == 1).sum() == n // g.derived_subgroup.size
        real_classes = (g.class_labels[g.inverses[g.class_representatives]] == np.arange(len(t))).sum()
        assert real_classes == (t.indicators != 0).sum()


def rows_of(g, order: list[int] | None = None) -> set[tuple]:
    return {tuple(row) for row in g.character_table.exact}


def test_a5_is_the_published_table():
    # Atlas of Finite Groups: classes 1a 2a 3a 5a 5b.
    expected = {
        (1, 1, 1, 1, 1),
        (3, -1, 0, PHI, 1 - PHI),
        (3, -1, 0, 1 - PHI, PHI),
        (4, 0, 1, -1, -1),
        (5, 1, -1, 0, 0),
    }
    assert rows_of(alternating_group(5)) == expected


def test_s4_is_the_published_table():
    g = symmetric_group(4)
    assert g.class_names == ("1a", "2a", "2b", "3a", "4a")
    assert g.class_sizes.tolist() == [1, 3, 6, 8, 6]
    expected = {(1, 1, 1, 1, 1), (1, 1, -1, 1, -1), (2, 2, 0, -1, 0), (3, -1, 1, 0, -1), (3, -1, -1, 0, 1)}
    assert rows_of(g) == expected


def test_q8_and_d4_share_a_table_but_not_their_squares():
    q, d = dicyclic_group(2), dihedral_group(4)
    assert sorted(q.class_sizes.tolist()) == sorted(d.class_sizes.tolist())
    assert q.character_table.indicators.tolist() == [1, 1, 1, 1, -1]
    assert d.character_table.indicators.tolist() == [1, 1, 1, 1, 1]
    # In D4 one class squares to the central involution, in Q8 three do.
    for g, squares in ((d, 1), (q, 3)):
        centre = g.class_labels[g.center[g.center > 0][0]]
        assert (g.power_map(2) == centre).sum() == squares
    as_columns = [sorted(zip(*g.character_table.values.real.tolist())) for g in (q, d)]
    assert as_columns[0] == as_columns[1]


def test_sl23_is_the_published_table():
    g = special_linear_group(2, 3)
    assert g.character_table.degrees.tolist() == [1, 1, 1, 2, 2, 2, 3]
    # On an element of order 6 with square of order 3: 1, w, w^2 and minus these.
    six = g.class_names.index("6a")
    assert {row[six] for row in g.character_table.exact if row[0] == 1} == {Cyclotomic(1, [1]), W, W**2}
    assert {row[six] for row in g.character_table.exact if row[0] == 2} == {Cyclotomic(1, [1]), W, W**2}
    assert g.character_table.types.count("quaternionic") == 1
    assert g.character_table.types.count("complex") == 4


def test_binary_octahedral_has_square_roots_of_two():
    t = named_group("2O").character_table
    assert t.degrees.tolist() == [1, 1, 2, 2, 2, 3, 3, 4]
    assert t.types.count("quaternionic") == 3
    root = z(8) + z(8, 7)
    assert sorted(str(v) for row in t.exact for v in row if not v.is_rational) == sorted(["sqrt(2)", "-sqrt(2)"] * 2)
    assert root * root == 2


@pytest.mark.parametrize("n", [3, 4, 5, 8, 9, 12])
def test_dihedral_characters_are_cosines(n):
    g = dihedral_group(n)
    t = g.character_table
    rotation = g.class_labels[1]
    twos = {row[rotation] for row in t.exact if row[0] == 2}
    assert twos == {z(n, k) + z(n, -k) for k in range(1, (n + 1) // 2)}
    assert (t.indicators == 1).all()


@pytest.mark.parametrize("n", [1, 2, 7, 12, 60])
def test_cyclic_characters_are_all_powers_of_a_root(n):
    g = cyclic_group(n)
    column = g.class_labels[1 % n]
    assert {row[column] for row in g.character_table.exact} == {z(n, k) for k in range(n)}


def test_symmetric_group_characters_count_fixed_points():
    for n in (3, 4, 5):
        g = symmetric_group(n)
        from symmeter.groups import symmetric

        rows = symmetric(n).elements_array()
        fixed = np.array([(rows[x] == np.arange(n)).sum() for x in g.class_representatives])
        m = g.character_table.decompose(fixed)
        assert sorted(m.tolist(), reverse=True)[:3] == [1, 1, 0]
        assert {int(d) for d, c in zip(g.character_table.degrees, m) if c} == {1, n - 1}
        # Characters of symmetric groups are rational integers (Frobenius).
        assert all(v.is_rational and v.is_integral for row in g.character_table.exact for v in row)


@pytest.mark.parametrize("g", SOME[1:], ids=lambda g: g.name)
def test_galois_conjugates_and_power_maps(g):
    t = g.character_table
    e = g.exponent
    for a in [a for a in range(1, e) if gcd(a, e) == 1][:4]:
        classes = g.power_map(a)
        for row in t.exact[:6]:
            for c in range(len(t)):
                n = row[c].conductor
                assert row[classes[c]] == row[c].galois(a % n if n > 1 else 1)


@pytest.mark.parametrize("g", SOME, ids=lambda g: g.name)
def test_fusion_is_an_associative_based_ring(g):
    t = g.character_table
    n = t.fusion
    k = len(t)
    assert np.array_equal(n[0], np.eye(k, dtype=int))
    assert np.array_equal(n, n.swapaxes(0, 1))
    assert np.array_equal(n[:, :, 0], np.eye(k, dtype=int)[t.dual])
    assert np.array_equal(np.einsum("ijm,mkl->ijkl", n, n), np.einsum("jkm,iml->ijkl", n, n))
    assert np.array_equal(np.einsum("ijm,m->ij", n, t.degrees), np.outer(t.degrees, t.degrees))
    for i in range(min(k, 6)):
        alternating, symmetric_part = t.exterior_and_symmetric_square(i)
        assert np.array_equal(alternating + symmetric_part, n[i, i])
        # The trivial irrep sits in the symmetric or antisymmetric square as the indicator says.
        assert symmetric_part[0] - alternating[0] == t.indicators[i]


@pytest.mark.parametrize("n", range(2, 32))
def test_restriction_and_induction_for_every_subgroup(n):
    """Dossier on the bootstrap, section 2.2, for every (G, N) of the library."""
    for g in small_groups(n):
        t = g.character_table
        for s in g.subgroup_classes:
            h = s.group.character_table
            b = t.branching(s)
            d = h.degrees
            a = b.T @ b
            assert np.array_equal(b @ d, t.degrees)
            assert np.array_equal(b.T @ t.degrees, s.index * d)
            assert np.array_equal(a @ d, s.index * d)
            induced = np.array([t.induce(row, s) for row in h.values])
            assert np.array_equal(t.decompose(induced), b.T)
            # Known columns, and centralizers from A alone.
            assert np.abs(t.restrict(t.values[-1], s) - b[-1] @ h.values).max() < 1e-9
            centralizers = np.einsum("ab,ac,bc->c", a, h.values, h.values.conj()).real
            assert np.array_equal(np.rint(centralizers), g.order // g.class_sizes[s.class_fusion])
            # The number of double cosets.
            cosets = {frozenset(g.table[np.ix_(g.table[s.members, x], s.members)].ravel().tolist()) for x in range(n)}
            assert a[0, 0] == len(cosets)


@pytest.mark.parametrize(
    ("group", "order", "name", "expected"),
    [
        # Rows sorted; the matrices A of the dossier, section 3.
        ("S3", 3, "C3", [[2, 0, 0], [0, 1, 1], [0, 1, 1]]),
        ("S3", 2, "C2", [[2, 1], [1, 2]]),
        ("S4", 6, "S3", [[2, 0, 1], [0, 2, 1], [1, 1, 3]]),
        ("A5", 12, "A4", [[2, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 1], [1, 1, 1, 4]]),
        ("A5", 5, "C5", [[4, 2, 2, 2, 2], [2, 3, 3, 2, 2], [2, 3, 3, 2, 2], [2, 2, 2, 3, 3], [2, 2, 2, 3, 3]]),
    ],
)
def test_ramp_matrices_of_the_dossier(group, order, name, expected):
    g = named_group(group)
    s = next(s for s in g.subgroup_classes if s.order == order and s.name == name)
    b = g.character_table.branching(s)
    a = b.T @ b
    assert np.array_equal(a, a.T)
    assert sorted(map(sorted, a.tolist())) == sorted(map(sorted, expected))
    assert sorted(np.linalg.eigvalsh(a).round(9)) == pytest.approx(
        sorted(np.linalg.eigvalsh(np.array(expected))), abs=1e-8
    )


def test_the_order_36_group_of_the_torus_chain():
    # (Z3 x Z3) : Z4, recovered in the dossier's torus example: dimensions 1, 1, 1, 1, 4, 4.
    g = next(
        g
        for g in small_groups(36)
        if g.character_table.degrees.tolist() == [1, 1, 1, 1, 4, 4]
        and g.center.size == 1
        and g.quotient(g.derived_subgroup.tolist())[0].name == "C4"
    )
    n = next(s for s in g.normal_subgroups if s.order == 9)
    b = g.character_table.branching(n)
    assert sorted(map(tuple, b.tolist())) == sorted([(1, *[0] * 8)] * 4 + [tuple(r) for r in b[-2:].tolist()])
    assert b[-2:].sum(axis=0).tolist() == [0, *[1] * 8]


@pytest.mark.parametrize("m", [1, 2, 7, 20])
def test_both_ways_to_the_characteristic_polynomial_agree(m):
    """Newton's identities for few classes, the relation between the powers for many."""
    p = 1_009
    rng = np.random.default_rng(m)
    for _ in range(5):
        a, start = rng.integers(0, p, (m, m)), rng.integers(0, p, m)
        polynomial, krylov = burnside_dixon._by_traces(a, start, p)
        found = burnside_dixon._by_relation(a, start, p)
        assert found is not None
        assert found[0] == polynomial
        assert np.array_equal(found[1], krylov)
        # Cayley and Hamilton.
        power, total = np.eye(m, dtype=np.int64), np.zeros((m, m), dtype=np.int64)
        for c in polynomial:
            total, power = (total + c * power) % p, power @ a % p
        assert not total.any()
        roots = [x for x in range(p) if sum(c * pow(x, k, p) for k, c in enumerate(polynomial)) % p == 0]
        assert burnside_dixon._roots(polynomial, p).tolist() == roots


def test_roots_in_a_field_in_which_two_products_overflow():
    p = 2_147_407
    roots = [5, 77, 1_000_000, 2_147_406]
    polynomial = [1]
    for r in roots:
        polynomial = [(a - r * b) % p for a, b in zip([0, *polynomial], [*polynomial, 0])]
    assert burnside_dixon._roots(polynomial, p).tolist() == roots


def test_many_classes_that_are_not_linear():
    g = direct_product_group(cyclic_group(45), symmetric_group(3))
    t = g.character_table
    assert t.degrees.tolist() == [1] * 90 + [2] * 45
    assert np.abs((t.values * g.class_sizes) @ t.values.conj().T / g.order - np.eye(135)).max() < 1e-10
    small = symmetric_group(3).character_table.values
    expected = np.kron(cyclic_group(45).character_table.values, small)
    # Each row is a product of a power of a root of unity and a row of S3.
    norms = np.sort(np.abs(t.values).sum(axis=1))
    np.testing.assert_allclose(norms, np.sort(np.abs(expected).sum(axis=1)), atol=1e-9)


def test_kernels_and_faithful_irreps():
    t = named_group("S4").character_table
    assert [len(t.kernel(i)) for i in range(5)] == [24, 12, 4, 1, 1]
    assert t.faithful == (3, 4)
    assert elementary_abelian_group(2, 2).character_table.faithful == ()


def test_values_that_are_no_characters():
    t = symmetric_group(3).character_table
    with pytest.raises(InputError, match="no integer"):
        t.decompose(np.array([1.0, 0.0, 0.0]))
    with pytest.raises(ShapeError, match="3 values"):
        t.decompose(np.ones(4))
    with pytest.raises(InputError, match="no irrep 3"):
        t[3]
    with pytest.raises(InputError, match="another group"):
        t.branching(cyclic_group(6).subgroup([2]))
    with pytest.raises(ShapeError):
        t.induce(np.ones(5), symmetric_group(3).subgroup([1]))


def test_the_text_is_laid_out_like_the_atlas():
    text = str(alternating_group(5).character_table)
    assert "golden ratio" in text
    lines = text.splitlines()
    assert lines[0] == "A5, order 60"
    assert len({len(line) for line in lines[2:] if line and "=" not in line}) == 1
    assert str(symmetric_group(3).character_table).count("=") == 0
    assert "w = exp(2 pi i/3)" in str(special_linear_group(2, 3).character_table)
    data = symmetric_group(3).character_table.to_json()
    assert data["irreps"][2] == {"name": "X3", "degree": 2, "indicator": 1, "type": "real", "values": ["2", "0", "-1"]}
    assert data["power_maps"] == {"2": ["1a", "1a", "3a"], "3": ["1a", "2a", "1a"]}

"""Point groups and their double groups: symbols, orders, matrices and Mulliken's symbols from published tables."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputError, NotAGroupElementError, ShapeError, UnknownNameError
from symmeter.groups import (
    FiniteGroup,
    double_group,
    identify,
    mulliken_symbols,
    point_group,
    point_group_symbol,
)
from symmeter.groups.point_groups import CRYSTALLOGRAPHIC

# Orders from International Tables A, table 3.2.1.
ORDERS = {
    "C1": 1,
    "Ci": 2,
    "C2": 2,
    "Cs": 2,
    "C2h": 4,
    "D2": 4,
    "C2v": 4,
    "D2h": 8,
    "C4": 4,
    "S4": 4,
    "C4h": 8,
    "D4": 8,
    "C4v": 8,
    "D2d": 8,
    "D4h": 16,
    "C3": 3,
    "S6": 6,
    "D3": 6,
    "C3v": 6,
    "D3d": 12,
    "C6": 6,
    "C3h": 6,
    "C6h": 12,
    "D6": 12,
    "C6v": 12,
    "D3h": 12,
    "D6h": 24,
    "T": 12,
    "Th": 24,
    "O": 24,
    "Td": 24,
    "Oh": 48,
}
AXIAL = [
    s
    for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
    for s in (f"C{n}", f"C{n}v", f"C{n}h", f"S{2 * n}", f"D{n}", f"D{n}h", f"D{n}d")
]


def test_there_are_32_crystallographic_groups():
    assert {s for groups in CRYSTALLOGRAPHIC.values() for s in groups} == set(ORDERS)
    assert len(ORDERS) == 32
    assert sum(point_group(s).has_inversion for s in ORDERS) == 11
    assert sum(point_group(s).is_chiral for s in ORDERS) == 11
    assert sum(point_group(s).is_polar for s in ORDERS) == 10


@pytest.mark.parametrize("symbol", [*ORDERS, *AXIAL, "I", "Ih"])
def test_symbols_and_matrices(symbol):
    g = point_group(symbol)
    m = g.matrices
    assert m is not None
    assert np.array_equal(m[0], np.eye(3))
    assert np.abs(m @ m.swapaxes(1, 2) - np.eye(3)).max() < 1e-12
    assert np.abs(m[:, None] @ m[None] - m[g.table]).max() < 1e-11
    assert FiniteGroup(np.array(g.table)).order == g.order == ORDERS.get(g.name, g.order)
    assert point_group(g.hermann_mauguin) is point_group(g.hermann_mauguin)
    assert point_group(g.hermann_mauguin).name == g.name
    rng = np.random.default_rng(len(symbol))
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    assert point_group_symbol(turn @ m @ turn.T) == g.name
    symbols = mulliken_symbols(g)
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize(
    ("symbol", "order"),
    [("C7", 7), ("C7v", 14), ("C8h", 16), ("S8", 8), ("D9", 18), ("D9h", 36), ("D5d", 20), ("I", 60), ("Ih", 120)],
)
def test_orders_of_other_groups(symbol, order):
    assert point_group(symbol).order == order
    assert not point_group(symbol).is_crystallographic
    assert point_group(symbol).crystal_system is None


@pytest.mark.parametrize(
    ("writing", "name"),
    [
        ("-4m2", "D2d"),
        ("-6m2", "D3h"),
        ("m3m", "Oh"),
        ("C_{2v}", "C2v"),
        (" 6/mmm ", "D6h"),
        ("2/m", "C2h"),
        ("S2", "Ci"),
        ("S3", "C3h"),
        ("C3i", "S6"),
        ("Vd", "D2d"),
        ("8mm", "C8v"),
        ("-8", "S8"),
        ("-10", "C5h"),
        ("-82m", "D4d"),
        ("-5m", "D5d"),
        ("10/mmm", "D10h"),
        ("C1h", "Cs"),
        ("4/m -3 2/m", "Oh"),
        ("2/m -3", "Th"),
        ("6/m 2/m 2/m", "D6h"),
        ("-3 2/m", "D3d"),
        ("m-35", "Ih"),
        ("\u22121", "Ci"),
    ],
)
def test_other_writings(writing, name):
    assert point_group(writing).name == name


@pytest.mark.parametrize(
    ("symbol", "words"), [("C2d", "did you mean"), ("Xy", "no point group"), ("C0", "no point"), ("D9999h", "500")]
)
def test_unknown_symbols(symbol, words):
    with pytest.raises(UnknownNameError, match=words):
        point_group(symbol)


def test_matrices_that_are_no_group_have_no_symbol():
    five = point_group("C5").matrices
    with pytest.raises(NotAGroupElementError, match=r"product of matrices \d and \d is not among them"):
        point_group_symbol(five[:2])
    with pytest.raises(NotAGroupElementError, match="the identity is not among them"):
        point_group_symbol(five[1:])
    with pytest.raises(NotAGroupElementError, match="appears twice"):
        point_group_symbol(np.concatenate([five, five[:1]]))
    # A union of two subgroups.
    oh = point_group("Oh")
    mixed = np.concatenate([point_group("C4").matrices, point_group("C2v").matrices[2:]])
    with pytest.raises(NotAGroupElementError, match="is not among them"):
        point_group_symbol(mixed)
    noise = 1e-8 * np.random.default_rng(0).standard_normal(oh.matrices.shape)
    assert point_group_symbol(oh.matrices + noise) == "Oh"


def test_matrices_that_are_no_point_group():
    with pytest.raises(ShapeError, match=r"\(n, 3, 3\)"):
        point_group_symbol(np.eye(3))
    with pytest.raises(InputError, match="not orthogonal"):
        point_group_symbol(2 * np.eye(3)[None])


def test_abstract_structure_of_point_groups():
    same = {"Td": "S4", "O": "S4", "T": "A4", "Oh": "C2 x S4", "Th": "C2 x A4", "I": "A5", "C3v": "S3", "D4d": "D8"}
    assert {symbol: identify(point_group(symbol)).name for symbol in same} == same
    assert point_group("Ih").is_isomorphic(FiniteGroup.from_presentation("a^2, b^3, (ab)^5, c^2, [a,c], [b,c]"))


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("C2v", "A1 A2 B1 B2"),
        ("C3v", "A1 A2 E"),
        ("D3h", "A1' A2' A1'' A2'' E' E''"),
        ("D4h", "A1g A1u A2g A2u B1g B1u B2g B2u Eg Eu"),
        ("D6h", "A1g A1u A2g A2u B1g B1u B2g B2u E1g E1u E2g E2u"),
        ("D2d", "A1 A2 B1 B2 E"),
        ("D2h", "Ag Au B1g B1u B2g B2u B3g B3u"),
        ("D4d", "A1 A2 B1 B2 E1 E2 E3"),
        ("Td", "A1 A2 E T1 T2"),
        ("Oh", "A1g A1u A2g A2u Eg Eu T1g T1u T2g T2u"),
        ("Ih", "Ag Au Gg Gu Hg Hu T1g T1u T2g T2u"),
        ("Cs", "A' A''"),
        ("T", "1E 2E A T"),
        ("S4", "1E 2E A B"),
        ("C5h", "1E1' 1E1'' 1E2' 1E2'' 2E1' 2E1'' 2E2' 2E2'' A' A''"),
    ],
)
def test_mulliken_symbols_of_published_tables(symbol, expected):
    assert sorted(mulliken_symbols(point_group(symbol))) == sorted(expected.split())


@pytest.mark.parametrize(
    ("symbol", "vector", "axial"),
    [
        # Where x, y, z and the rotations stand in published tables.
        ("C2v", "A1 B1 B2", "A2 B1 B2"),
        ("C3v", "A1 E", "A2 E"),
        ("D3h", "A2'' E'", "A2' E''"),
        ("D2d", "B2 E", "A2 E"),
        ("D4h", "A2u Eu", "A2g Eg"),
        ("D6h", "A2u E1u", "A2g E1g"),
        ("D4d", "B2 E1", "A2 E3"),
        ("Td", "T2", "T1"),
        ("Oh", "T1u", "T1g"),
        ("Ih", "T1u", "T1g"),
        ("D2", "B1 B2 B3", "B1 B2 B3"),
        ("C2h", "Au Bu Bu", "Ag Bg Bg"),
    ],
)
def test_vectors_and_rotations_transform_as_published(symbol, vector, axial):
    g = point_group(symbol)
    names = mulliken_symbols(g)
    trace = np.trace(g.matrices[g.class_representatives], axis1=1, axis2=2)
    for character, expected in ((trace, vector), (trace * g.determinants[g.class_representatives], axial)):
        found = [n for n, m in zip(names, g.character_table.decompose(character)) for _ in range(m)]
        assert sorted(found) == sorted(expected.split())


@pytest.mark.parametrize("symbol", ["C1", "C3", "D2", "D3", "D4", "D6", "T", "O", "I", "Td", "Oh", "C2v", "D3d", "Ih"])
def test_double_groups(symbol):
    g = double_group(symbol)
    n = g.point_group.order
    assert g.order == 2 * n
    assert FiniteGroup(np.array(g.table)) == g
    s = g.spinors
    assert np.abs(s[:, None] @ s[None] - s[g.table]).max() < 1e-12
    assert np.abs(np.linalg.det(s) - 1).max() < 1e-12
    assert np.array_equal(g.covering[g.table], g.point_group.table[np.ix_(g.covering, g.covering)])
    # The double-valued irreps and those of the point group share the order: sum of squares n each.
    t = g.character_table
    doubled = list(g.spinor_irreps)
    assert (t.degrees[doubled] ** 2).sum() == n
    assert np.trace(s, axis1=1, axis2=2)[g.full_turn] == -2
    spin_half = t.decompose(np.trace(s[g.class_representatives], axis1=1, axis2=2))
    assert set(np.flatnonzero(spin_half)) <= set(doubled)
    # su2 -> so3: tr(sigma_i U sigma_j U^H) / 2 is the rotation.
    sigma = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    rotated = np.einsum("iab,gbc,jcd,gad->gij", sigma, s, sigma, s.conj()).real / 2
    r = g.point_group.matrices[g.covering]
    assert np.abs(rotated - r * np.linalg.det(r)[:, None, None]).max() < 1e-11


@pytest.mark.parametrize(
    ("symbol", "number", "degrees"),
    [
        ("D2", (8, 4), [2]),
        ("T", (24, 3), [2, 2, 2]),
        ("O", (48, 28), [2, 2, 4]),
        ("D3", (12, 1), [1, 1, 2]),
        ("I", None, [2, 2, 4, 6]),
    ],
)
def test_double_groups_of_rotations_are_the_binary_groups(symbol, number, degrees):
    g = double_group(symbol)
    if number:
        assert (g.order, identify(g).number) == number
    assert sorted(g.character_table.degrees[list(g.spinor_irreps)].tolist()) == degrees


def test_operation_names():
    g = point_group("Oh")
    names = g.operation_names
    counts = {n: names.count(n) for n in set(names)}
    assert counts == {"E": 1, "i": 1, "C4": 6, "C2": 9, "C3": 8, "S4": 6, "S6": 8, "sigma": 9}
    assert point_group("C5").operation_names.count("C5^2") == 2


@pytest.mark.parametrize(
    ("written", "answer"),
    [("C3V", "did you mean C3v"), ("oh", "did you mean Oh"), ("D6h7", "did you mean D6h"), ("D*h", "linear shape")],
)
def test_near_misses_get_the_name_that_was_meant(written: str, answer: str) -> None:
    with pytest.raises(UnknownNameError, match=answer):
        point_group(written)

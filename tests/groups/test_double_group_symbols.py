"""Names of double-valued irreps against published tables (Altmann and Herzig 1994; Koster et al. 1963)."""

from __future__ import annotations

import numpy as np
import pytest

from symmeter.errors import InputTypeError
from symmeter.groups import cyclic_group, double_group, mulliken_symbols, point_group, symmetric
from symmeter.groups.point_groups import CRYSTALLOGRAPHIC

PUBLISHED = {
    "C1": "A1/2",
    "Ci": "A1/2g A1/2u",
    "C3": "1E1/2 2E1/2 A3/2",
    "C4": "1E1/2 2E1/2 1E3/2 2E3/2",
    "C2v": "E1/2",
    "D3": "E1/2 1E3/2 2E3/2",
    "D4": "E1/2 E3/2",
    "D6": "E1/2 E3/2 E5/2",
    "D3h": "E1/2 E3/2 E5/2",
    "D2d": "E1/2 E3/2",
    "D4d": "E1/2 E3/2 E5/2 E7/2",
    "D4h": "E1/2g E1/2u E3/2g E3/2u",
    "T": "E1/2 1G3/2 2G3/2",
    "O": "E1/2 E5/2 G3/2",
    "Td": "E1/2 E5/2 G3/2",
    "Oh": "E1/2g E1/2u E5/2g E5/2u G3/2g G3/2u",
    "I": "E1/2 E7/2 G3/2 I5/2",
    "Ih": "E1/2g E1/2u E7/2g E7/2u G3/2g G3/2u I5/2g I5/2u",
}
SYMBOLS = [s for groups in CRYSTALLOGRAPHIC.values() for s in groups]


@pytest.mark.parametrize(("symbol", "expected"), PUBLISHED.items(), ids=list(PUBLISHED))
def test_symbols_of_published_tables(symbol, expected):
    g = double_group(symbol)
    names = mulliken_symbols(g)
    assert sorted(names[i] for i in g.spinor_irreps) == sorted(expected.split())


@pytest.mark.parametrize("symbol", [*SYMBOLS, "C5", "S8", "D5d", "D8h", "I", "Ih"])
def test_every_irrep_has_a_name_of_its_own(symbol):
    g, below = double_group(symbol), point_group(symbol)
    names = mulliken_symbols(g)
    assert len(set(names)) == len(names) == g.number_of_classes
    assert sorted(names[i] for i in range(len(names)) if i not in g.spinor_irreps) == sorted(mulliken_symbols(below))
    # Single-valued irreps carry the name of the irrep of the point group with the same characters.
    for i, name in enumerate(names):
        if i not in g.spinor_irreps:
            row = below.character_table.values[mulliken_symbols(below).index(name)]
            np.testing.assert_allclose(
                g.character_table.values[i], row[below.class_labels[g.covering[g.class_representatives]]], atol=1e-12
            )


@pytest.mark.parametrize(
    ("symbol", "spins"),
    [
        # How the levels of spin 1/2, 3/2, ... split (Bethe 1929 for O; Judd 1957 for I).
        ("O", ["E1/2", "G3/2", "E5/2 G3/2", "E1/2 E5/2 G3/2", "E1/2 G3/2 G3/2"]),
        ("I", ["E1/2", "G3/2", "I5/2", "E7/2 I5/2", "G3/2 I5/2"]),
        ("D3", ["E1/2", "1E3/2 2E3/2 E1/2", "1E3/2 2E3/2 E1/2 E1/2"]),
    ],
)
def test_splitting_of_spin_multiplets(symbol, spins):
    g = double_group(symbol)
    names = mulliken_symbols(g)
    trace = np.trace(g.spinors[g.class_representatives], axis1=1, axis2=2).real
    half_angle = np.arccos(np.clip(trace / 2, -1, 1))
    for k, expected in enumerate(spins):
        m = np.arange(-k - 0.5, k + 1)
        character = np.cos(2 * m[:, None] * half_angle).sum(axis=0)
        found = [n for n, count in zip(names, g.character_table.decompose(character)) for _ in range(count)]
        assert sorted(found) == sorted(expected.split())


@pytest.mark.parametrize("group", [cyclic_group(3), symmetric(3)])
def test_groups_without_such_names_are_refused(group):
    with pytest.raises(InputTypeError, match="point_group or double_group"):
        mulliken_symbols(group)

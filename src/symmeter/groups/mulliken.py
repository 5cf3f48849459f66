"""Mulliken's symbols of the irreps of point groups: A1g, E'', T2u, ... as spectroscopists write them.

A and B are one-dimensional (symmetric and antisymmetric under the principal rotation), E two-, T three-, G four- and H
five-dimensional; g and u tell the parity, ' and '' the behaviour under the horizontal mirror when there is no
inversion. A pair of complex conjugate characters is E with the prefixes 1 and 2. Mulliken 1955; Altmann and Herzig,
Point-Group Theory Tables, 1994.

Double-valued irreps carry the smallest spin j in whose multiplet they occur: E1/2, G3/2, E5/2u. Their letters follow
the dimension too, G for four (F in Altmann and Herzig's tables) and I for six; a pair of complex conjugates bears the
letter of both together with the prefixes 1 and 2.
"""

from __future__ import annotations

import re

import numpy as np

from symmeter.errors import InputTypeError
from symmeter.groups.double_groups import DoubleGroup
from symmeter.groups.point_groups import PointGroup

__all__ = ["mulliken_symbols"]

# Half turns about z, y, x: B1, B2 and B3 are symmetric under one of them.
_TURNS = ((-1, -1, 1), (-1, 1, -1), (1, -1, -1))
_LETTERS = {1: "A", 2: "E", 3: "T", 4: "G", 5: "H", 6: "I"}


def mulliken_symbols(group: PointGroup | DoubleGroup) -> tuple[str, ...]:
    """Symbol of each row of ``group.character_table``; they are all different.

    Raises
    ------
    InputTypeError
        For a group that is no point group and no double group: its irreps have no such names.

    Examples
    --------
    >>> from symmeter.groups import point_group
    >>> mulliken_symbols(point_group("C3v"))
    ('A1', 'A2', 'E')
    >>> mulliken_symbols(point_group("Oh"))[-4:]
    ('T2g', 'T1g', 'T2u', 'T1u')
    >>> from symmeter.groups import double_group
    >>> sorted(set(mulliken_symbols(double_group("O"))) - set(mulliken_symbols(point_group("O"))))
    ['E1/2', 'E5/2', 'G3/2']
    """
    if isinstance(group, DoubleGroup):
        return _double_valued(group)
    if not isinstance(group, PointGroup):
        raise InputTypeError(
            f"Mulliken's symbols name the irreps of point groups and double groups; got {group!r}: "
            "make it with point_group or double_group"
        )
    return tuple(_Symbols(group).symbol(i) for i in range(group.number_of_classes))


class _Symbols:
    def __init__(self, group: PointGroup) -> None:
        assert group.matrices is not None
        self.group, self.matrices = group, group.matrices
        self.values = group.character_table.values[:, group.class_labels]
        self.degrees = group.character_table.degrees
        family = re.match(r"[A-Z]", group.name)
        self.family = family[0] if family else ""
        self.inversion = self.find(-np.eye(3))
        self.mirror = self.find(np.diag([1.0, 1.0, -1.0]))
        self.principal, self.order = self.principal_element()

    def find(self, matrix: np.ndarray) -> int | None:
        near = np.flatnonzero(np.abs(self.matrices - matrix).max(axis=(1, 2)) < 1e-9)
        return int(near[0]) if near.size else None

    def principal_element(self) -> tuple[int, int]:
        """Element by which A and B, and the E's, are told apart, and its order."""
        name = self.group.name
        if self.family in "TOI":
            turn = {"T": "C3", "Th": "C3", "Td": "S4", "O": "C4", "Oh": "C4", "I": "C5", "Ih": "C5"}[name]
            k = self.group.operation_names.index(turn)
            return k, int(self.group.element_orders[k])
        along = np.abs(np.abs(self.matrices[:, 2, 2]) - 1) < 1e-9
        proper = self.group.determinants > 0
        # D_nd with even n and S_4k are classified by their rotoreflection, the others by their rotation.
        n = int(re.sub(r"\D", "", name) or 1)
        improper = (name.endswith("d") and n % 2 == 0) or (self.family == "S" and n % 4 == 0)
        fitting = along & (~proper if improper else proper) & (self.matrices[:, 2, 2] > 0 if not improper else True)
        turns = np.arctan2(self.matrices[:, 1, 0], self.matrices[:, 0, 0]) / (2 * np.pi)
        smallest = np.where(fitting & (turns > 1e-9), turns, 2.0)
        if smallest.min() > 1:
            return 0, 1
        k = int(np.argmin(smallest))
        return k, round(1 / float(turns[k]))

    def symbol(self, i: int) -> str:
        if self.group.name in ("D2", "D2h"):
            return self.rhombic(i) + self.parity(i)
        letter, subscript = self.letter(i), self.subscript(i)
        return f"{letter}{subscript}{self.parity(i)}"

    def parity(self, i: int) -> str:
        d = self.degrees[i]
        if self.inversion is not None:
            return "g" if self.values[i, self.inversion].real > 0 else "u"
        if self.mirror is not None and self.family not in "TOI":
            return "'" if self.values[i, self.mirror].real / d > 0 else "''"
        return ""

    def letter(self, i: int) -> str:
        if self.degrees[i] > 1:
            return _LETTERS[int(self.degrees[i])]
        value = self.values[i, self.principal]
        if abs(self.values[i].imag).max() > 1e-9:
            return "1E" if self.first_of_pair(i) else "2E"
        return "A" if value.real > 0 or self.family in "TOI" else "B"

    def first_of_pair(self, i: int) -> bool:
        return bool(self.values[i, self.principal].imag > 0)

    def subscript(self, i: int) -> str:
        d, value = int(self.degrees[i]), self.values[i, self.principal]
        if self.letter(i) in ("A", "B"):
            return self.mirror_subscript(i)
        if self.family in "TOI":
            two_kinds = d == 3 and self.group.name not in ("T", "Th")
            return ("1" if value.real > 0 else "2") if two_kinds else ""
        # E_k turns k times as fast as a vector under the principal element.
        trace = 2 * value.real if d == 1 else value.real
        k = round(float(np.arccos(np.clip(trace / 2, -1, 1))) * self.order / (2 * np.pi))
        alike = (self.letter(i), self.parity(i))
        several = [j for j in range(len(self.degrees)) if (self.letter(j), self.parity(j)) == alike]
        return str(k) if len(several) > 1 else ""

    def mirror_subscript(self, i: int) -> str:
        """1 or 2: symmetric or not under the secondary axis, or the vertical mirror where there is none."""
        name = self.group.name
        if self.family in "TOI":
            if name in ("O", "Oh", "Td"):
                return "1" if self.values[i, self.principal].real > 0 else "2"
            return ""
        secondary = self.find(np.diag([1.0, -1.0, -1.0])) if self.family == "D" else None
        if secondary is None and name.endswith("v"):
            secondary = self.find(np.diag([1.0, -1.0, 1.0]))
        if secondary is None:
            return ""
        return "1" if self.values[i, secondary].real > 0 else "2"

    def rhombic(self, i: int) -> str:
        signs = [bool(np.real(self.values[i, self.find(np.diag(s))]) > 0) for s in _TURNS]
        return "A" if all(signs) else f"B{signs.index(True) + 1}"


def _double_valued(group: DoubleGroup) -> tuple[str, ...]:
    """Symbols of the irreps of the point group, and of those in which the rotation by 2 pi is minus one."""
    below, table = group.point_group, group.character_table
    single = dict(zip(_rounded(below.character_table.values[:, below.class_labels]), mulliken_symbols(below)))
    lowest = group.covering[group.class_representatives]
    found: dict[int, str] = {}
    for i, row in enumerate(_rounded(table.values[:, group.class_labels][:, : below.order])):
        if i not in group.spinor_irreps:
            found[i] = single[row]
    spins = _smallest_spins(group)
    central = np.flatnonzero(np.abs(np.asarray(below.matrices)[lowest] + np.eye(3)).max(axis=(1, 2)) < 1e-9)
    traces = np.real(np.trace(group.spinors[group.class_representatives], axis1=1, axis2=2))
    for i in group.spinor_irreps:
        degree, values = int(table.degrees[i]), table.values[i]
        letter = _LETTERS[degree]
        imaginary = values.imag[np.abs(values.imag) > 1e-9]
        if imaginary.size:
            letter = f"{1 if imaginary[0] > 0 else 2}{_LETTERS[2 * degree]}"
        parity = ""
        if central.size:
            # Of the two elements over the inversion the one that leaves spinors alone.
            unmoved = central[np.argmax(traces[central])]
            parity = "g" if values[unmoved].real > 0 else "u"
        found[i] = f"{letter}{spins[i]}/2{parity}"
    return tuple(found[i] for i in range(len(table)))


def _rounded(values: np.ndarray) -> list[tuple[complex, ...]]:
    return [tuple(row) for row in (np.round(values, 6) + 0).tolist()]


def _smallest_spins(group: DoubleGroup) -> dict[int, int]:
    """Twice the smallest spin in whose multiplet, of either parity, each double-valued irrep occurs."""
    table = group.character_table
    proper = np.asarray(group.point_group.determinants)[group.covering[group.class_representatives]]
    central = np.abs(np.asarray(group.point_group.matrices) + np.eye(3)).max(axis=(1, 2)).min() < 1e-9
    trace = np.real(np.trace(group.spinors[group.class_representatives], axis1=1, axis2=2))
    before, now = np.ones_like(trace), trace
    spins: dict[int, int] = {}
    twice = 1
    while len(spins) < len(group.spinor_irreps):
        occurring = table.decompose(now)
        if central:
            occurring = occurring + table.decompose(now * proper)
        for i in np.flatnonzero(occurring).tolist():
            spins.setdefault(i, twice)
        # Characters of spins j + 1/2, j and j - 1/2 at one element, whose trace in spin 1/2 is t.
        before, now, twice = now, trace * now - before, twice + 1
        before, now, twice = now, trace * now - before, twice + 1
    return spins

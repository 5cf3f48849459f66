"""Symbols of the elements, their covalent radii, and the colours in which atoms are drawn.

References
----------
B. Cordero et al., Covalent radii revisited, Dalton Transactions (2008) 2832 (Mn, Fe and Co in the low-spin state).
"""

from __future__ import annotations

import re

import numpy as np
from jaxtyping import Float, Int

__all__ = ["SYMBOLS", "bonds_between", "colour_of", "covalent_radius", "element_symbol"]

_NAMES = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr "
    "Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W "
    "Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt "
    "Ds Rg Cn Nh Fl Mc Lv Ts Og"
)
SYMBOLS = tuple(_NAMES.split())
#: Picometres, hydrogen to curium.
_RADII = (
    "31 28 128 96 84 76 71 66 57 58 166 141 121 111 107 105 102 106 203 176 170 160 153 139 139 132 126 124 "
    "132 122 122 120 119 120 120 116 220 195 190 175 164 154 147 146 142 139 145 144 142 139 139 138 139 140 "
    "244 215 207 204 203 201 199 198 198 196 194 192 192 189 190 187 187 175 170 162 151 144 141 136 136 132 "
    "145 146 148 140 150 150 260 221 215 206 200 196 190 187 180 169"
)
_RADIUS = {s: int(r) / 100 for s, r in zip(SYMBOLS, _RADII.split())}
#: Atoms whose distance is up to this many sums of their covalent radii are drawn as bonded.
_REACH = 1.25
_COLOURS = {
    "H": "#eef1f3",
    "D": "#dfe6ea",
    "B": "#eab092",
    "C": "#566069",
    "N": "#3f63d0",
    "O": "#d9362b",
    "F": "#74c04a",
    "Si": "#c9b38c",
    "P": "#e8892b",
    "S": "#e6c32e",
    "Cl": "#3fae55",
    "Br": "#96351f",
    "I": "#7a3a9a",
    "Fe": "#d0652c",
    "Cu": "#c07a3a",
    "Au": "#d9b02f",
    "Ag": "#b8c2ca",
    "Pt": "#a9b6c4",
    "Se": "#d99a2b",
    "Xe": "#4aa3bd",
    "Zn": "#7f86b5",
}
_FAMILIES = (
    ("He Ne Ar Kr Rn", "#57b8c9"),
    ("Li Na K Rb Cs Fr", "#8f5bd6"),
    ("Be Mg Ca Sr Ba Ra", "#2f9350"),
    ("Al Ga In Tl Ge Sn Pb As Sb Bi Te Po At", "#a0887c"),
)
_OTHER = "#8799ad"


def element_symbol(text: str) -> str | None:
    """The element that a label means: ``"FE"``, ``"C12"``, ``"26"`` or ``"Fe"``; None when it means none.

    Deuterium is kept apart from hydrogen.

    Examples
    --------
    >>> [element_symbol(s) for s in ("FE", "C12", "26", "D", "H1'", "X")]
    ['Fe', 'C', 'Fe', 'D', 'H', None]
    """
    word = text.strip()
    if word.isascii() and word.isdigit():
        return SYMBOLS[int(word) - 1] if 1 <= int(word) <= len(SYMBOLS) else None
    letters = re.match(r"[A-Za-z]+", word)
    if letters is None:
        return None
    for size in (2, 1):
        name = letters[0][:size].capitalize()
        whole = len(letters[0]) == size
        if len(name) == size and (name in SYMBOLS or name in ("D", "T")) and (whole or size == 1):
            return name
    return None


def covalent_radius(symbol: str) -> float:
    """Covalent radius in angstroms; 1.5 where none is known."""
    return _RADIUS.get({"D": "H", "T": "H"}.get(symbol, symbol), 1.5)


def colour_of(symbol: str) -> str:
    """The colour of an atom, ``#rrggbb``."""
    if symbol in _COLOURS:
        return _COLOURS[symbol]
    return next((c for names, c in _FAMILIES if symbol in names.split()), _OTHER)


def bonds_between(points: Float[np.ndarray, "n 3"], symbols: tuple[str, ...]) -> Int[np.ndarray, "b 2"]:
    """Pairs of atoms that are close enough to be bonded, by their covalent radii; coordinates in angstroms.

    Examples
    --------
    >>> bonds_between(np.array([[0, 0, 0.119], [0, 0.763, -0.477], [0, -0.763, -0.477]]), ("O", "H", "H")).tolist()
    [[0, 1], [0, 2]]
    """
    from scipy.spatial import KDTree

    radius = np.array([covalent_radius(s) for s in symbols])
    pairs = KDTree(points).query_pairs(2.0 * _REACH * float(radius.max()), output_type="ndarray")
    if not len(pairs):
        return np.zeros((0, 2), dtype=np.int64)
    distance = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    near = distance <= _REACH * radius[pairs].sum(axis=1)
    found = np.sort(pairs[near], axis=1)
    return found[np.lexsort((found[:, 1], found[:, 0]))]

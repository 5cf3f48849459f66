"""Point groups: finite subgroups of O(3) by their Schoenflies or Hermann-Mauguin names, as matrices, and the way back.

Setting: the principal axis is z; secondary twofold axes start at x; the mirrors of C_nv start with the xz plane. Cubic
groups have their fourfold (or twofold) axes along x, y, z and a threefold axis along (1, 1, 1); icosahedral groups have
twofold axes along x, y, z and fivefold axes along (0, +-1, phi). International Tables for Crystallography A, chapter
3.2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from math import pi, sqrt

import numpy as np
from jaxtyping import Bool, Float

from symmeter.errors import InputError, NotAGroupElementError, ShapeError, UnknownNameError, nearest_name
from symmeter.groups.finite_group import FiniteGroup
from symmeter.groups.matrix_group import MatrixGroup

__all__ = ["CRYSTALLOGRAPHIC", "PointGroup", "point_group", "point_group_symbol"]

#: The 32 crystallographic point groups: Schoenflies and Hermann-Mauguin symbols, by crystal system.
CRYSTALLOGRAPHIC = {
    "triclinic": {"C1": "1", "Ci": "-1"},
    "monoclinic": {"C2": "2", "Cs": "m", "C2h": "2/m"},
    "orthorhombic": {"D2": "222", "C2v": "mm2", "D2h": "mmm"},
    "tetragonal": {
        "C4": "4",
        "S4": "-4",
        "C4h": "4/m",
        "D4": "422",
        "C4v": "4mm",
        "D2d": "-42m",
        "D4h": "4/mmm",
    },
    "trigonal": {"C3": "3", "S6": "-3", "D3": "32", "C3v": "3m", "D3d": "-3m"},
    "hexagonal": {
        "C6": "6",
        "C3h": "-6",
        "C6h": "6/m",
        "D6": "622",
        "C6v": "6mm",
        "D3h": "-62m",
        "D6h": "6/mmm",
    },
    "cubic": {"T": "23", "Th": "m-3", "O": "432", "Td": "-43m", "Oh": "m-3m"},
}
_SYSTEMS = {s: system for system, groups in CRYSTALLOGRAPHIC.items() for s in groups}
_OTHER_WRITINGS = {
    "-4m2": "D2d",
    "-6m2": "D3h",
    "m3": "Th",
    "m3m": "Oh",
    "532": "I",
    "53m": "Ih",
    "C3i": "S6",
    "S2": "Ci",
    "S1": "Cs",
    "C1h": "Cs",
    "C1v": "Cs",
    "D1": "C2",
    "D1h": "C2v",
    "D1d": "C2h",
    "V": "D2",
    "Vh": "D2h",
    "Vd": "D2d",
    "2mm": "C2v",
    "m2m": "C2v",
    # Full symbols, where they differ from the short ones.
    "2/m2/m2/m": "D2h",
    "4/m2/m2/m": "D4h",
    "-32/m": "D3d",
    "6/m2/m2/m": "D6h",
    "2/m-3": "Th",
    "4/m-32/m": "Oh",
    "2/m-3-5": "Ih",
    "m-35": "Ih",
}
_CUBIC = ("T", "Th", "Td", "O", "Oh", "I", "Ih")
_ICOSAHEDRAL = {"I": "235", "Ih": "m-3-5"}
_GOLDEN = (1 + sqrt(5)) / 2
_LARGEST_AXIS = 500


class PointGroup(FiniteGroup):
    """A finite group of rotations, reflections and rotoreflections of space that fix the origin.

    Made by :func:`point_group`. It is a :class:`FiniteGroup` whose :attr:`matrices` are orthogonal 3 x 3 matrices.

    Examples
    --------
    >>> G = point_group("-43m")
    >>> G, G.schoenflies, G.crystal_system, G.is_chiral
    (PointGroup(Td of order 24), 'Td', 'cubic', False)
    """

    def __init__(self, schoenflies: str) -> None:
        group = MatrixGroup(_generators(schoenflies), cap=4 * _LARGEST_AXIS).to_finite()
        cleaned = _cleaned(np.array(group.matrices))
        self._set(np.array(group.table), schoenflies, cleaned, group.generators)

    @property
    def schoenflies(self) -> str:
        """Symbol such as "D3d"."""
        return self.name

    @property
    def hermann_mauguin(self) -> str:
        """International symbol such as "-3m"."""
        return _hermann_mauguin(self.name)

    @property
    def crystal_system(self) -> str | None:
        """Crystal system; None for a group that no lattice has."""
        return _SYSTEMS.get(self.name)

    @property
    def is_crystallographic(self) -> bool:
        return self.name in _SYSTEMS

    @cached_property
    def determinants(self) -> Float[np.ndarray, " n"]:
        """+1 for rotations, -1 for the others."""
        return np.rint(np.linalg.det(self._o3))

    @property
    def _o3(self) -> np.ndarray:
        assert self.matrices is not None
        return self.matrices

    @property
    def is_chiral(self) -> bool:
        """Whether all elements are rotations."""
        return bool((self.determinants > 0).all())

    @property
    def has_inversion(self) -> bool:
        return bool((np.abs(self._o3 + np.eye(3)).max(axis=(1, 2)) < 1e-9).any())

    @property
    def is_polar(self) -> bool:
        """Whether some vector is fixed by all elements."""
        return bool(np.abs(self._o3.mean(axis=0)).max() > 1e-9)

    @cached_property
    def operation_names(self) -> tuple[str, ...]:
        """Name of each element: "E", "C3", "C3^2", "i", "sigma", "S4", ..."""
        return tuple(_operation_name(m) for m in self._o3)


@lru_cache(maxsize=256)
def point_group(symbol: str) -> PointGroup:
    """The point group with a Schoenflies or Hermann-Mauguin symbol.

    Parameters
    ----------
    symbol : str
        Such as "C2v", "D6h", "S8", "Oh", "I"; or "mm2", "6/mmm", "-8", "m-3m". Axes of any order are accepted.

    Raises
    ------
    UnknownNameError
        If there is no such group; the text proposes the nearest symbol.

    Examples
    --------
    >>> point_group("D3d").hermann_mauguin, point_group("6/mmm").schoenflies, point_group("Ih").order
    ('-3m', 'D6h', 120)
    """
    return PointGroup(_schoenflies(symbol))


def _schoenflies(symbol: str) -> str:
    """The symbol in the one writing that is used here."""
    text = re.sub(r"[\s_{}]", "", str(symbol)).replace("−", "-").replace("–", "-")
    text = _OTHER_WRITINGS.get(text, text)
    if text in _SYSTEMS or text in _CUBIC:
        return text
    if text in _by_international():
        return _by_international()[text]
    found = re.fullmatch(r"([CDS])(\d{1,4})([hvdi]?)", text)
    if found:
        family, n, suffix = found[1], int(found[2]), found[3]
        allowed = {"C": "hv", "D": "hd", "S": ""}[family]
        if n > 2 * _LARGEST_AXIS:
            raise UnknownNameError(f"{symbol!r}: axes beyond order {_LARGEST_AXIS} are not made")
        if n >= 1 and (not suffix or suffix in allowed):
            return f"C{n}h" if family == "S" and n % 2 else f"{family}{n}{suffix}"
    known = [*_SYSTEMS, *_CUBIC, "-3m", "mm2", "222", "4/mmm", "6/mmm", "-43m", "m-3m"]
    if re.fullmatch(r"[CD](\*|inf|oo|∞)[hv]", text, re.IGNORECASE):
        raise UnknownNameError(
            f"{symbol!r} is the infinite group of a linear shape; take a finite one such as C6v or D6h"
        )
    near = nearest_name(text, known, cutoff=0.3)
    hint = f"did you mean {near}?" if near else "write it as C2v, D6h, S8, Oh, mm2 or -43m"
    raise UnknownNameError(f"no point group is called {symbol!r}; {hint}")


@lru_cache(maxsize=1)
def _by_international() -> dict[str, str]:
    """Schoenflies by international symbols; where two axes write alike (D3 and C32 are both 32) the lower one wins."""
    found = {hm: s for groups in CRYSTALLOGRAPHIC.values() for s, hm in groups.items()}
    found.update({hm: s for s, hm in _ICOSAHEDRAL.items()})
    for n in range(4, _LARGEST_AXIS + 1):
        for s in (f"C{n}", f"C{n}v", f"C{n}h", f"S{2 * n}", f"D{n}", f"D{n}h", f"D{n}d"):
            international = _hermann_mauguin(s)
            found.setdefault(international, s)
            if international.startswith("-") and international.endswith("2m"):
                found.setdefault(international[:-2] + "m2", s)
    return found


def _hermann_mauguin(s: str) -> str:
    if s in _SYSTEMS:
        return CRYSTALLOGRAPHIC[_SYSTEMS[s]][s]
    if s in _ICOSAHEDRAL:
        return _ICOSAHEDRAL[s]
    found = re.fullmatch(r"([CDS])(\d+)([hvd]?)", s)
    assert found is not None
    n, even = int(found[2]), int(found[2]) % 2 == 0
    return {
        "C": f"{n}",
        "Cv": f"{n}mm" if even else f"{n}m",
        "Ch": f"{n}/m" if even else f"-{2 * n}",
        "S": f"-{n}" if n % 4 == 0 else f"-{n // 2}",
        "D": f"{n}22" if even else f"{n}2",
        "Dh": f"{n}/mmm" if even else f"-{2 * n}2m",
        "Dd": f"-{2 * n}2m" if even else f"-{n}m",
    }[found[1] + found[3]]


def _rotation(axis: Sequence[float], turn: float) -> np.ndarray:
    """Rotation by a fraction of a full turn about an axis (Rodrigues)."""
    x, y, z = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = 2 * pi * turn
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def _generators(s: str) -> list[np.ndarray]:
    horizontal, vertical = np.diag([1.0, 1.0, -1.0]), np.diag([1.0, -1.0, 1.0])
    twofold, inversion = np.diag([1.0, -1.0, -1.0]), -np.eye(3)
    if s in ("Cs", "Ci"):
        return [horizontal if s == "Cs" else inversion]
    if s in _CUBIC:
        threefold = _rotation([1, 1, 1], 1 / 3)
        quarter = _rotation([0, 0, 1], 1 / 4)
        first = {"T": quarter @ quarter, "O": quarter, "I": _rotation([0, 1, _GOLDEN], 1 / 5)}[s[0]]
        if s == "Td":
            return [-quarter, threefold]
        return [first, threefold, *([inversion] if s.endswith("h") else [])]
    found = re.fullmatch(r"([CDS])(\d+)([hvd]?)", s)
    assert found is not None
    n, suffix = int(found[2]), found[3]
    turn = _rotation([0, 0, 1], 1 / n)
    if found[1] == "S":
        return [turn @ horizontal]
    if suffix == "d":
        return [_rotation([0, 0, 1], 1 / (2 * n)) @ horizontal, twofold]
    extra = {"": [], "h": [horizontal], "v": [vertical]}[suffix]
    return [turn, *([twofold] if found[1] == "D" else []), *extra]


def _cleaned(matrices: np.ndarray) -> np.ndarray:
    """Entries 0, 1/2 and 1 exactly, so that the identity and the cubic groups have no rounding errors."""
    halves = np.rint(2 * matrices) / 2
    return np.where(np.abs(matrices - halves) < 1e-12, halves + 0.0, matrices)


def _angle(matrix: np.ndarray) -> float:
    """Rotation angle of a proper rotation, in turns, 0..1/2."""
    return float(np.arccos(np.clip((np.trace(matrix) - 1) / 2, -1, 1)) / (2 * pi))


def _operation_name(matrix: np.ndarray) -> str:
    proper = np.linalg.det(matrix) > 0
    # A rotoreflection by t is minus a rotation by t + 1/2.
    t = _angle(matrix) if proper else 0.5 - _angle(-matrix)
    if t < 1e-9:
        return "E" if proper else "sigma"
    if not proper and abs(t - 0.5) < 1e-9:
        return "i"
    n = next(n for n in range(2, 4 * _LARGEST_AXIS) if abs(n * t - round(n * t)) < 1e-7)
    k = round(n * t)
    return f"{'C' if proper else 'S'}{n}" + (f"^{k}" if k > 1 else "")


def point_group_symbol(matrices: Float[np.ndarray, "n 3 3"], tolerance: float = 1e-6, *, is_group: bool = False) -> str:
    """Schoenflies symbol of a finite group of orthogonal 3 x 3 matrices, in any orientation.

    Parameters
    ----------
    matrices : array of shape (n, 3, 3)
        All elements of the group.
    tolerance : float
        How far an entry may be off.
    is_group : bool
        Whether they are known to be a group; then it is not checked.

    Raises
    ------
    InputError, NotAGroupElementError
        If a matrix is not orthogonal, or the matrices are no group: the text names the product that is missing.

    Examples
    --------
    >>> point_group_symbol(point_group("D4h").matrices)
    'D4h'
    """
    a = np.asarray(matrices, dtype=float)
    if a.ndim != 3 or a.shape[1:] != (3, 3):
        raise ShapeError(f"a point group is an array of shape (n, 3, 3); got {a.shape}")
    defect = float(np.abs(a @ a.swapaxes(1, 2) - np.eye(3)).max())
    if not defect <= tolerance:
        raise InputError(f"the matrices are not orthogonal: |A A^T - I| reaches {defect:.2g}, above {tolerance:g}")
    if not is_group:
        _check_closed(a, tolerance)
    proper = np.linalg.det(a) > 0
    traces = np.trace(a, axis1=1, axis2=2) * np.where(proper, 1.0, -1.0)
    turns = np.arccos(np.clip((traces - 1.0) / 2.0, -1.0, 1.0)) / (2 * pi)
    rotations = a[proper]
    angles = turns[proper]
    inversion = bool((~proper & (turns < 1e-4)).any())
    counts = {n: int((np.abs(angles - 1 / n) < 1e-4).sum()) for n in (2, 3, 4, 5)}
    improper = bool((~proper).any())
    order = len(rotations)
    if order == 60 and counts[5] == 24 // 2:
        return "Ih" if improper else "I"
    if order == 24 and counts[3] == 8:
        return "Oh" if improper else "O"
    if order == 12 and counts[3] == 8:
        return "T" if not improper else "Th" if inversion else "Td"
    return _axial_symbol(a, proper, turns, inversion)


def _check_closed(a: np.ndarray, tolerance: float) -> None:
    """Whether the matrices are a group: right multiplications by a few that generate all of them permute them."""
    n = len(a)
    flat = a.reshape(n, 9)

    def places(products: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nearest = np.argmax(products.reshape(-1, 9) @ flat.T, axis=1)
        return nearest, np.abs(products - a[nearest]).max(axis=(1, 2))

    (identity,), (off,) = places(np.eye(3)[None])
    if off > 10 * tolerance:
        raise NotAGroupElementError("the matrices are no group: the identity is not among them")
    reached = np.zeros(n, dtype=bool)
    reached[identity] = True
    maps: list[np.ndarray] = []
    while not reached.all():
        k = int(np.argmin(reached))
        moved, off = places(a @ a[k])
        if off.max() > 10 * tolerance:
            raise NotAGroupElementError(
                f"the matrices are no group: the product of matrices {int(np.argmax(off))} and {k} is not among them"
            )
        if len(np.unique(moved)) < n:
            raise NotAGroupElementError("the matrices are no list of a group's elements: one of them appears twice")
        maps.append(moved)
        frontier = np.flatnonzero(reached)
        while frontier.size:
            images = np.unique(np.concatenate([m[frontier] for m in maps]))
            frontier = images[~reached[images]]
            reached[frontier] = True


def _axial_symbol(a: np.ndarray, proper: Bool[np.ndarray, " n"], turns: np.ndarray, inversion: bool) -> str:
    rotations, angles = a[proper], turns[proper]
    order = len(rotations)
    mirrors = a[~proper & (np.abs(turns - 0.5) < 1e-4)]
    nontrivial = angles > 1e-6
    largest = 1 if not nontrivial.any() else round(1 / angles[nontrivial].min())
    dihedral = order == 2 * largest and largest >= 2
    if order == 1:
        return "C1" if len(a) == 1 else "Ci" if inversion else "Cs"
    axis = _axis(rotations[nontrivial][int(np.argmin(angles[nontrivial]))])
    horizontal = any(np.abs(m @ axis + axis).max() < 1e-4 for m in mirrors)
    if len(a) == order:
        return f"D{largest}" if dihedral else f"C{largest}"
    if dihedral:
        # D2h has three mirrors at right angles, D2d two that share its rotoreflection axis.
        if largest == 2:
            return "D2h" if inversion else "D2d"
        return f"D{largest}h" if horizontal else f"D{largest}d"
    if horizontal:
        return f"C{largest}h"
    return f"C{largest}v" if len(mirrors) else f"S{2 * largest}"


def _axis(rotation: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eig(rotation)
    return np.real(vectors[:, int(np.argmin(np.abs(values - 1)))])

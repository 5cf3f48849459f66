"""Groups by the names people write, as groups that can move what is to be moved.

``"C4"`` turns a picture or a plane, is a rotation group of space for three coordinates, and cyclic shifts of four
nodes; the kind of tensor decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symmeter.errors import InputError, SymmeterError, UnknownNameError
from symmeter.groups import (
    FiniteGroup,
    alternating,
    cyclic,
    cyclic_group,
    dihedral,
    dihedral_group,
    named_group,
    point_group,
    symmetric,
)
from symmeter.groups.lie import SO, Scalings, Translations, named_lie_group

__all__ = ["group_of_kind", "planar_group"]

_PERMUTED = ("nodes", "tokens", "adjacency")


@lru_cache(maxsize=64)
def planar_group(name: str) -> FiniteGroup:
    """``Cn`` or ``Dn`` with its 2 x 2 matrices: element k turns by ``2 pi k / n``, element n + k flips up-down first.

    ``"flips"`` has both flips, ``"flip x"`` only left-right, ``"flip y"`` only up-down.

    Raises
    ------
    UnknownNameError
    """
    flips = {"flips": [[1, 1], [-1, -1], [1, -1], [-1, 1]], "flip x": [[1, 1], [-1, 1]], "flip y": [[1, 1], [1, -1]]}
    if name in flips:
        matrices = np.array([np.diag(d) for d in flips[name]], dtype=float)
        bare = dihedral_group(2) if name == "flips" else cyclic_group(2)
        return FiniteGroup.trusted(bare.table, name, matrices, bare.generators)
    found = re.fullmatch(r"([CZD])_?(\d{1,3})", name)
    if not found or int(found[2]) < 1:
        raise UnknownNameError(f"no group of the plane is called {name!r}; known are Cn, Dn, flips, flip x, flip y")
    n = int(found[2])
    angle = 2 * np.pi * np.arange(n) / n
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)
    turn[np.abs(turn) < 1e-15] = 0.0
    if n in (1, 2, 4):
        turn = np.rint(turn)
    if found[1] != "D":
        bare = cyclic_group(n)
        return FiniteGroup.trusted(bare.table, f"C{n}", turn, bare.generators)
    bare = dihedral_group(n) if n > 1 else cyclic_group(2)
    matrices = np.concatenate([turn, turn @ np.diag([1.0, -1.0])])
    return FiniteGroup.trusted(bare.table, f"D{n}", matrices, bare.generators)


def group_of_kind(name: str, kind: str, shape: Sequence[int] | None = None) -> Any:
    """The group of that name for moving tensors of this kind.

    Parameters
    ----------
    name : str
    kind : str
        A key of :data:`symmeter.nn.actions.KINDS`.
    shape : sequence of int, optional
        Shape of the tensor, batch first; tells the dimension where the name does not.

    Raises
    ------
    UnknownNameError, InputError
    """
    text = name.strip()
    if kind in _PERMUTED:
        return _permutations(text, kind, shape)
    lowered = text.lower()
    if kind == "pixels" and lowered not in ("rotations", "scalings"):
        return _of_the_plane(text)
    dimension = shape[-1] if shape is not None and len(shape) > 1 and kind != "scalars" else None
    words = {"translations": Translations, "scalings": lambda n: Scalings(n, isotropic=True), "rotations": SO}
    if lowered in words:
        n = 2 if kind == "pixels" else dimension
        if n is None:
            raise InputError(f"{name!r} in how many dimensions? Give like=x, or a name such as 'R^3' or 'SO(3)'")
        return words[lowered](n)
    if re.fullmatch(r"[CZD]_?\d+|flips|flip [xy]", text) and dimension in (None, 2):
        return planar_group(text)
    return _of_space(text, dimension)


def _permutations(text: str, kind: str, shape: Sequence[int] | None) -> Any:
    n = None if shape is None or len(shape) < 2 else int(shape[-1] if kind == "adjacency" else shape[1])
    if text.lower() in ("permutations", "sn", "s_n") or text.lower() == "shifts":
        if n is None:
            raise InputError(f"{text!r} of how many {kind}? Give like=x, or a name such as 'S5'")
        return cyclic(n) if text.lower() == "shifts" else symmetric(n)
    found = re.fullmatch(r"([SACZD])_?(\d{1,5})", text)
    if not found:
        raise UnknownNameError(f"no permutation group of {kind} is called {text!r}; known are Sn, An, Cn, Dn")
    makers = {"S": symmetric, "A": alternating, "C": cyclic, "Z": cyclic, "D": dihedral}
    return makers[found[1]](int(found[2]))


def _of_the_plane(text: str) -> Any:
    try:
        return planar_group(text.replace("SO2", "SO(2)"))
    except UnknownNameError:
        pass
    try:
        return named_lie_group(text)
    except UnknownNameError:
        raise UnknownNameError(
            f"no group of pictures is called {text!r}; known are C4, D4, flips, flip x, flip y, shifts, SO(2), SE(2), "
            "R+ on R^2 and their like"
        ) from None


def _of_space(text: str, dimension: int | None) -> Any:
    if re.fullmatch(r"([SACZD])_?\d+", text):
        if text[0] in "SA" and text != "S2":
            return _permutations(text, "vectors", None)
        return point_group(text.replace("Z", "C").replace("_", "")) if dimension == 3 else named_group(text)
    errors = []
    for read in (named_lie_group, point_group, named_group):
        try:
            return read(text)
        except SymmeterError as error:
            errors.append(error)
    raise UnknownNameError(str(errors[0]))

"""Matrix Lie groups by the names people write: "SO(3)", "SL(2,R)", "SO+(1,3)", "Aff(SL(2))"."""

from __future__ import annotations

import re
from collections.abc import Callable

from symmeter.errors import UnknownNameError, nearest_name
from symmeter.groups.lie.affine import SE, Affine, E, Poincare, Sim, Translations
from symmeter.groups.lie.compact import SO, SU, O, Sp, U
from symmeter.groups.lie.embedded import embed
from symmeter.groups.lie.lorentz import Lorentz
from symmeter.groups.lie.matrix_lie_group import MatrixLieGroup
from symmeter.groups.lie.reductive import SL, ConformalRotations, GLp, Scalings

__all__ = ["named_lie_group"]

_PATTERNS: tuple[tuple[str, Callable[[int], MatrixLieGroup]], ...] = (
    (r"O\((\d+)\)", O),
    (r"SO\((\d+)\)", SO),
    (r"U\((\d+)\)", U),
    (r"SU\((\d+)\)", SU),
    (r"U?Sp\((\d+)\)", Sp),
    (r"GL(?:\+|p)\((\d+)(?:,R)?\)", GLp),
    (r"SL\((\d+)(?:,R)?\)", SL),
    (r"CO\+\((\d+)\)", ConformalRotations),
    (r"E\((\d+)\)", E),
    (r"SE\((\d+)\)", SE),
    (r"Sim\((\d+)\)", Sim),
    (r"SO\+?\(1,(\d+)\)", Lorentz),
    (r"Poincar[eé]\(1,(\d+)\)", Poincare),
    (r"R\^(\d+)", Translations),
    (r"R\+\^(\d+)", Scalings),
    (r"R\+ on R\^(\d+)", lambda n: Scalings(n, isotropic=True)),
    (r"Aff\((\d+)(?:,R)?\)", Affine),
)
_WORDS: dict[str, Callable[[], MatrixLieGroup]] = {"Lorentz": Lorentz, "Poincare": Poincare, "Poincaré": Poincare}
_FAMILIES = (
    *("O(3)", "SO(3)", "U(2)", "SU(2)", "Sp(4)", "GL+(2)", "SL(2)", "CO+(2)", "E(3)", "SE(3)", "Sim(2)"),
    *("SO+(1,3)", "Poincare(1,3)", "R^3", "R+^2", "Aff(2)", "Aff(SL(2))", "Lorentz", "Poincare"),
)


def named_lie_group(name: str) -> MatrixLieGroup:
    """The group of that name; every group's own ``name`` is read back.

    Raises
    ------
    UnknownNameError
        With the closest name.

    Examples
    --------
    >>> named_lie_group("Aff(SL(2))"), named_lie_group("Lorentz").dimension
    (Aff(SL(2,R)), 6)
    """
    text = name.strip()
    compact = text if text.startswith("R+ on") else re.sub(r"\s+", "", text)
    if compact in _WORDS:
        return _WORDS[compact]()
    for pattern, build in _PATTERNS:
        found = re.fullmatch(pattern, compact)
        if found:
            return build(int(found[1]))
    inside = re.fullmatch(r"(.+) on axes (\d+(?:,\d+)*) of (\d+)", text)
    if inside:
        return embed(named_lie_group(inside[1]), int(inside[3]), [int(a) for a in inside[2].split(",")])
    inner = re.fullmatch(r"Aff\((.+)\)", compact)
    if inner and not inner[1].startswith("Aff"):
        return Affine(named_lie_group(inner[1]))
    digits = re.search(r"\d+(?=\D*$)", compact)
    choices = [re.sub(r"\d(?=\D*$)", digits[0], f) if digits else f for f in _FAMILIES]
    close = nearest_name(compact, choices, cutoff=0.3)
    hint = f"did you mean {close!r}?" if close else f"known are {', '.join(_FAMILIES)}"
    raise UnknownNameError(f"no matrix Lie group is called {name!r}; {hint}")

"""Finite groups by name: "D6", "C2 x S4", "SL(2,3)", "2O", "Oh", "C7 : C3", "SmallGroup(32,49)"."""

from __future__ import annotations

import re
from functools import lru_cache

from symmeter.errors import InputError, UnknownNameError, nearest_name
from symmeter.groups.constructions import direct_product_group, wreath_product
from symmeter.groups.finite_group import FiniteGroup

__all__ = ["named_group"]

_ALIASES = {
    "V4": "C2 x C2",
    "K4": "C2 x C2",
    "T'": "SL(2,3)",
    "T7": "C7 : C3",
    "F20": "C5 : C4",
    "F21": "C7 : C3",
    "He3": "3^(1+2)+",
    "Delta(27)": "3^(1+2)+",
    "PSL(2,5)": "A5",
    "PSL(2,7)": "GL(3,2)",
}
# Names that several groups of the library share, decided by custom.
_BY_CUSTOM = {"C5 : C4": (20, 3), "C7 : C6": (42, 1), "Delta(54)": (54, 8), "C4 o D4": (16, 13), "Pauli": (16, 13)}
_LONGEST = 200


@lru_cache(maxsize=256)
def named_group(name: str) -> FiniteGroup:
    """The group with a name.

    Parameters
    ----------
    name : str
        A family (``C6`` or ``Z6``, ``D4`` of order 8, ``Dic3``, ``Q8``, ``SD16``, ``M16``, ``S4``, ``A5``, ``SL(2,3)``,
        ``GL(2,3)``, ``2^(1+4)+``), a point group with a letter that only those have (``Oh``, ``C2v``, ``Td``) or its
        double group (``2O``), a product ``A x B``, wreath product ``A wr B`` or power ``C2^3`` of these, a name of the
        library (``C7 : C3``), or ``SmallGroup(n, k)``. Spaces do not matter: ``Z3xZ3`` is ``C3 x C3``.

    Raises
    ------
    UnknownNameError
        If nothing is called so; the text proposes the nearest name.
    InputError
        If several groups have this name; the text lists their numbers.

    Examples
    --------
    >>> named_group("C2 x S4").order, named_group("SmallGroup(21, 1)").name
    (48, 'C7 : C3')
    """
    text = _spaced(str(name))
    if not text or len(text) > _LONGEST:
        raise UnknownNameError(f"a group name has 1..{_LONGEST} characters, such as 'D6' or 'C2 x S4'; got {len(text)}")
    text = _ALIASES.get(text, text)
    found = re.fullmatch(r"SmallGroup ?\( ?(\d{1,6}) ?, ?(\d{1,6}) ?\)", text)
    if found:
        from symmeter.groups.library import small_group

        return small_group(int(found[1]), int(found[2]))
    group = _family(text) or _from_library(text) or _product(text)
    if group is None:
        raise UnknownNameError(f"no group is called {name!r}; {_hint(text)}")
    return group


def _spaced(text: str) -> str:
    """One writing of products: "Z3^2:Z4" as "(C3 x C3) : C4"."""
    text = " ".join(text.replace("×", "x").replace("⋊", ":").split())
    text = re.sub(r"\s*(x|:|\bwr\b)\s*", r" \1 ", text)
    text = re.sub(r"\bZ_?(\d+)", r"C\1", text)
    return re.sub(r"(C\d+)\^([2-9])(?= :)", lambda m: f"({' x '.join([m[1]] * int(m[2]))})", text)


def _family(text: str) -> FiniteGroup | None:
    from symmeter.groups import families as f

    found = re.fullmatch(r"(C|Z|D|Dih|Dic|Q|SD|QD|M|S|A)_?(\d{1,5})", text)
    if found:
        kind, n = found[1], int(found[2])
        if kind == "Q":
            if n % 4 or n < 8:
                raise UnknownNameError(f"no group is called {text!r}; quaternion groups are Q8, Q12, Q16, ...")
            return f.dicyclic_group(n // 4)
        if kind == "M":
            if n < 16 or n & (n - 1):
                raise UnknownNameError(f"no group is called {text!r}; modular groups are M16, M32, ...")
            return f.metacyclic_group(n // 2, 2, n // 4 + 1, name=text)
        makers = {
            "C": f.cyclic_group,
            "Z": f.cyclic_group,
            "D": f.dihedral_group,
            "Dih": f.dihedral_group,
            "Dic": f.dicyclic_group,
            "SD": f.semidihedral_group,
            "QD": f.semidihedral_group,
            "S": f.symmetric_group,
            "A": f.alternating_group,
        }
        return makers[kind](n)
    found = re.fullmatch(r"([SG])L ?\( ?(\d) ?, ?(\d{1,2}) ?\)", text)
    if found:
        return (f.special_linear_group if found[1] == "S" else f.general_linear_group)(int(found[2]), int(found[3]))
    found = re.fullmatch(r"(\d{1,3})\^ ?\( ?1 ?\+ ?(\d) ?\)_?([+-])", text)
    if found:
        if int(found[2]) % 2:
            raise UnknownNameError(f"no group is called {text!r}; extraspecial groups are p^(1+2k)+ and p^(1+2k)-")
        return f.extraspecial_group(int(found[1]), int(found[2]) // 2, found[3])
    found = re.fullmatch(r"(.+)\^(\d)", text)
    if found and found[1].count("(") == found[1].count(")") and " x " not in found[1]:
        base = named_group(_unwrapped(found[1]))
        return direct_product_group(*[base] * int(found[2])) if int(found[2]) else f.cyclic_group(1)
    return _point_group(text)


def _point_group(text: str) -> FiniteGroup | None:
    """Schoenflies symbols that mean nothing else."""
    if not re.fullmatch(r"2?(C\d+[hv]|D\d+[hd]|[TOI][hd]?|Cs|Ci|D\d+|C\d+)", text):
        return None
    from symmeter.groups.double_groups import double_group
    from symmeter.groups.point_groups import point_group

    return double_group(text[1:]) if text[0] == "2" else point_group(text)


def _unwrapped(text: str) -> str:
    """Without brackets around the whole."""
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for k, c in enumerate(text):
            depth += (c == "(") - (c == ")")
            if depth == 0 and k < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _product(text: str) -> FiniteGroup | None:
    whole = _unwrapped(text)
    if whole != text:
        return named_group(whole)
    parts = _parts(text, " x ")
    if len(parts) < 2 or not all(parts):
        wreath = _parts(text, " wr ")
        if len(wreath) != 2 or not all(wreath):
            return None
        return wreath_product(named_group(wreath[0]), named_group(wreath[1]))
    factors = [named_group(p) for p in parts]
    written = [f"({g.name})" if " " in g.name else g.name for g in factors]
    return direct_product_group(*factors, name=" x ".join(written))


def _parts(text: str, sign: str) -> list[str]:
    """Parts between signs outside brackets."""
    parts, depth, current = [], 0, ""
    for c in text + " ":
        depth += (c == "(") - (c == ")")
        current += c
        if depth == 0 and current.endswith(sign):
            parts.append(current[: -len(sign)].strip())
            current = ""
    return [*parts, current.strip()]


@lru_cache(maxsize=1)
def _library_names() -> dict[str, list[tuple[int, int]]]:
    from symmeter.groups.library import LARGEST_ORDER, identities

    found: dict[str, list[tuple[int, int]]] = {}
    for n in range(1, LARGEST_ORDER + 1):
        for g in identities(n):
            found.setdefault(g.name, []).append((n, g.number))
    return found


def _from_library(text: str) -> FiniteGroup | None:
    from symmeter.groups.library import small_group

    if text in _BY_CUSTOM:
        return small_group(*_BY_CUSTOM[text])
    places = _library_names().get(text) or _library_names().get(_unwrapped(text)) or []
    if len(places) > 1:
        listed = " or ".join(f"SmallGroup({n}, {k})" for n, k in places)
        raise InputError(f"several groups are called {text!r}: write {listed}")
    return small_group(*places[0]) if places else None


def _hint(text: str) -> str:
    near = nearest_name(text, [*_library_names(), *_ALIASES, "Oh", "Td", "Th", "Ih", "2O", "2I", "S5", "S6"])
    return f"did you mean {near}?" if near else "write it as D6, Q8, S4, SL(2,3), C2 x S4, Oh or SmallGroup(32, 49)"

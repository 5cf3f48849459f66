"""Letters with scripts as operators: which mode, which component, which pair of colours."""

from __future__ import annotations

from typing import Any

from symmeter.errors import InputError
from symmeter.quantum.ops.colours import SUN
from symmeter.quantum.ops.expression import Expression
from symmeter.quantum.ops.fermions import Fermions
from symmeter.quantum.ops.index_forms import Index
from symmeter.quantum.ops.latex_indices import subscripts
from symmeter.quantum.ops.latex_names import Names
from symmeter.quantum.ops.latex_tokens import Token
from symmeter.quantum.ops.latex_tree import Name, Scripted
from symmeter.quantum.ops.latex_vectors import SpinVector
from symmeter.quantum.ops.paulis import Paulis
from symmeter.quantum.ops.species import Species
from symmeter.quantum.ops.spins import Spins

__all__ = ["operator_of", "stands_alone"]

_SPIN_LETTERS = {"x": "Sx", "y": "Sy", "z": "Sz", "+": "S+", "-": "S-"}
_PAULI_LETTERS = {"x": "X", "y": "Y", "z": "Z", "+": "p+", "-": "p-"}
#: A value and the tokens of the superscript that are still to be read.
Found = tuple[Any, tuple[Token, ...]]


def stands_alone(species: Species, base: Name, node: Scripted) -> bool:
    """Whether a letter without subscript is an operator, of the only site: a ladder operator, a spin component."""
    if base.text in ("n", "X", "Y", "Z"):
        return species.sites == 1
    if isinstance(species, (Spins, Paulis)):
        return base.accent == "bold" or (bool(node.upper) and node.upper[0].text in _SPIN_LETTERS)
    return not isinstance(species, SUN)


def operator_of(names: Names, species: Species, base: Name, node: Scripted) -> Found:
    """The operator that a letter of a species means, and what is left of its superscript."""
    slots = tuple(names.slot(s) for s in subscripts(node.lower)) if node.lower else (0,)
    labelled = slots[0] in species.flavours or (isinstance(slots[0], Index) and bool(slots[0].range.labels))
    if species.flavours and len(slots) == 1 and labelled:
        slots = (0, *slots)
    if base.text == "n":
        return _density(species, slots, base.column), node.upper
    if isinstance(species, (Spins, Paulis)):
        return _spin(species, base, node, slots)
    if isinstance(species, SUN):
        return _unit(species, node, slots), ()
    kind = {"Fermions": "c", "Bosons": "a", "Majoranas": "g"}[type(species).__name__]
    return _letter(species, kind, slots, base.column), node.upper


def _letter(species: Species, kind: str, slots: tuple[Any, ...], column: int) -> Any:
    try:
        if species.sites is None and any(isinstance(s, int) and s < 0 for s in slots):
            # Places of a cyclic range, as shifts of an index make them.
            return Expression.letter(species, kind, slots)
        return species._make(kind, slots)
    except InputError as error:
        raise type(error)(f"column {column}: {error}") from None


def _density(species: Species, slots: tuple[Any, ...], column: int) -> Any:
    """The occupation of a mode; of a site, all flavours together, when no flavour is named."""
    up, down = ("cd", "c") if isinstance(species, Fermions) else ("ad", "a")
    every = [(*slots, f) for f in species.flavours] if len(slots) == 1 and species.sites != 1 else []
    total: Any = 0
    for place in every or [slots]:
        total = total + _letter(species, up, place, column) * _letter(species, down, place, column)
    return total


def _spin(species: Species, base: Name, node: Scripted, slots: tuple[Any, ...]) -> Found:
    text = base.text
    if text in ("X", "Y", "Z"):
        return _letter(species, text, slots, base.column), node.upper
    letters = _PAULI_LETTERS if isinstance(species, Paulis) else _SPIN_LETTERS
    if base.accent == "bold" and not node.upper:
        return SpinVector(tuple(_letter(species, letters[a], slots, base.column) for a in "xyz"), base.column), ()
    if not node.upper or node.upper[0].text not in letters:
        raise InputError(f"column {base.column}: {text} needs a component, as in {text}^z or {text}^+")
    return _letter(species, letters[node.upper[0].text], slots, base.column), node.upper[1:]


def _unit(species: SUN, node: Scripted, slots: tuple[Any, ...]) -> Any:
    """``X^{ab}``: two digits, or two numbers with a comma."""
    texts = [t.text for t in node.upper if t.text != ","]
    if len(texts) == 1 and len(texts[0]) == 2:
        texts = list(texts[0])
    if len(texts) != 2 or not all(t.isdigit() and int(t) < species.colours for t in texts):
        raise InputError(
            f"column {node.column}: {species.name} needs two colours below {species.colours}, "
            f"as in {species.name}^{{01}}_i"
        )
    return _letter(species, species.kind(int(texts[0]), int(texts[1])), slots, node.column)
